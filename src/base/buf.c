/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct sr_buf {
    uint8_t *data;
    size_t len;
    size_t capacity;
    size_t bytes_max;
};

#define FIRST_CAPACITY_BYTES 256

enum sr_status sr_buf_new(size_t bytes_max, struct sr_buf **out)
{
    struct sr_buf *b = calloc(1, sizeof *b);
    if (b == NULL) {
        return SR_NO_MEMORY;
    }
    b->bytes_max = bytes_max;
    *out = b;
    return SR_OK;
}

static void release(struct sr_buf *b)
{
    if (b->data != NULL) {
        explicit_bzero(b->data, b->len);
    }
    free(b->data);
}

void sr_buf_free(struct sr_buf *b)
{
    if (b != NULL) {
        release(b);
        free(b);
    }
}

/* Not realloc(): it may leave a copy behind that nobody wipes. */
static enum sr_status grow(struct sr_buf *b, size_t needed)
{
    size_t capacity = b->capacity == 0 ? FIRST_CAPACITY_BYTES : b->capacity;
    while (capacity < needed) {
        capacity = capacity > b->bytes_max / 2 ? b->bytes_max : capacity * 2;
    }
    uint8_t *data = calloc(1, capacity);
    if (data == NULL) {
        return SR_NO_MEMORY;
    }
    if (b->data != NULL) {
        memcpy(data, b->data, b->len);
    }
    release(b);
    b->data = data;
    b->capacity = capacity;
    return SR_OK;
}

enum sr_status sr_buf_extend(struct sr_buf *b, size_t len, uint8_t **out)
{
    if (len > b->bytes_max - b->len) {
        return SR_TOO_LARGE;
    }
    if (b->data == NULL || len > b->capacity - b->len) {
        SR_TRY(grow(b, b->len + len));
    }
    uint8_t *at = b->data + b->len;
    memset(at, 0, len);
    b->len += len;
    *out = at;
    return SR_OK;
}

enum sr_status sr_buf_append(struct sr_buf *b, struct sr_bytes data)
{
    assert(data.ptr != NULL || data.len == 0);

    uint8_t *at = NULL;
    SR_TRY(sr_buf_extend(b, data.len, &at));
    if (data.len > 0) {
        memcpy(at, data.ptr, data.len);
    }
    return SR_OK;
}

struct sr_bytes sr_buf_view(const struct sr_buf *b)
{
    return sr_bytes(b->data, b->len);
}

void sr_buf_clear(struct sr_buf *b)
{
    if (b->data != NULL) {
        explicit_bzero(b->data, b->len);
    }
    b->len = 0;
}
