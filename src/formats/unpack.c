/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/unpack.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "formats/unpack_impl.h"

#define FIRST_BYTES ((size_t)64 << 10)

struct sr_unpacked {
    uint8_t *bytes;
    size_t len;
    size_t capacity;
    size_t used;
    enum sr_packing packing;
    enum sr_status end;
};

/* A stream on its way. */
struct run {
    const struct sr_unpack_codec *codec;
    void *state;
};

const char *sr_packing_name(enum sr_packing packing)
{
    static const char *const NAMES[] = {"deflate", "zlib", "gzip", "bzip2", "xz", "lzma", "lz4"};
    assert((unsigned)packing < SR_PACKING_COUNT);
    return NAMES[packing];
}

static const struct sr_unpack_codec *codec_of(enum sr_packing packing)
{
    static const struct sr_unpack_codec *const CODECS[] = {
        &sr_unpack_zlib, &sr_unpack_zlib, &sr_unpack_zlib, &sr_unpack_bzip2,
        &sr_unpack_lzma, &sr_unpack_lzma, &sr_unpack_lz4};
    return CODECS[packing];
}

void sr_unpacked_free(struct sr_unpacked *u)
{
    if (u != NULL) {
        free(u->bytes);
        free(u);
    }
}

struct sr_bytes sr_unpacked_view(const struct sr_unpacked *u)
{
    return sr_bytes(u->bytes, u->len);
}

uint64_t sr_unpacked_used(const struct sr_unpacked *u)
{
    return u->used;
}

enum sr_status sr_unpacked_end(const struct sr_unpacked *u, struct sr_err *err)
{
    if (u->end == SR_OK) {
        return SR_OK;
    }
    const char *what = "is broken";
    if (u->end == SR_TRUNCATED) {
        what = "ends before its end mark";
    } else if (u->end == SR_TOO_LARGE) {
        what = "is larger than the budget allows";
    } else if (u->end == SR_NO_MEMORY) {
        what = "takes more memory than there is";
    }
    return sr_fail(err, u->end, "%s stream %s at byte %zu, after %zu bytes unpacked",
                   sr_packing_name(u->packing), what, u->used, u->len);
}

/* Room for more: twice as much, up to one byte over what is allowed, to see that there is more. */
static enum sr_status grow(struct sr_unpacked *u, uint64_t bytes_max)
{
    if (u->len > bytes_max) {
        return SR_TOO_LARGE;
    }
    if (u->len < u->capacity) {
        return SR_OK;
    }
    uint64_t capacity = u->capacity == 0 ? FIRST_BYTES : (uint64_t)u->capacity * 2;
    capacity = capacity > bytes_max ? bytes_max + 1 : capacity;
    uint8_t *bytes = realloc(u->bytes, (size_t)capacity);
    if (bytes == NULL) {
        return SR_NO_MEMORY;
    }
    u->bytes = bytes;
    u->capacity = (size_t)capacity;
    return SR_OK;
}

static enum sr_status drain(struct run *run, struct sr_bytes packed, uint64_t bytes_max,
                            struct sr_unpacked *u)
{
    struct sr_unpack_step step = {.in = packed.ptr, .in_len = packed.len};
    while (!step.is_end) {
        SR_TRY(grow(u, bytes_max));
        step.out = u->bytes + u->len;
        step.out_len = u->capacity - u->len;
        size_t in_before = step.in_len;
        size_t out_before = step.out_len;
        enum sr_status status = run->codec->step(run->state, &step);
        u->len += out_before - step.out_len;
        u->used += in_before - step.in_len;
        SR_TRY(status);
        if (!step.is_end && in_before == step.in_len && out_before == step.out_len) {
            return SR_TRUNCATED;
        }
    }
    return u->len > bytes_max ? SR_TOO_LARGE : SR_OK;
}

enum sr_status sr_unpack(enum sr_packing packing, struct sr_bytes packed, uint64_t bytes_max,
                         struct sr_unpacked **out)
{
    struct run run = {.codec = codec_of(packing)};
    struct sr_unpacked *u = calloc(1, sizeof *u);
    if (u == NULL) {
        return SR_NO_MEMORY;
    }
    u->packing = packing;
    if (run.codec->begin(packing, &run.state) != SR_OK) {
        free(u);
        return SR_NO_MEMORY;
    }
    u->end = drain(&run, packed, bytes_max, u);
    /* What was made to see that there is more is not part of what is allowed. */
    u->len = u->len > bytes_max ? (size_t)bytes_max : u->len;
    run.codec->end(run.state);
    *out = u;
    return SR_OK;
}
