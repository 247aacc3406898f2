/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/convert_gather.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

/* What is gathered before it is written. */
#define ROOM_BYTES ((size_t)1 << 20)

/* Where the next element is. */
struct walk {
    const struct sr_storage_view *view;
    uint64_t index[SR_LIMIT_TENSOR_RANK];
    uint64_t element; /* in the storage */
};

static bool is_empty(const struct sr_storage_view *view)
{
    for (uint8_t i = 0; i < view->rank; i++) {
        if (view->sizes[i] == 0) {
            return true;
        }
    }
    return false;
}

/* How many elements there are, and one past the last in the storage; false: no such numbers. */
static bool measure(const struct sr_storage_view *view, uint64_t *out_elements, uint64_t *out_end)
{
    uint64_t last = view->offset;
    uint64_t elements = 1;
    for (uint8_t i = 0; i < view->rank; i++) {
        uint64_t reach = 0;
        if (__builtin_mul_overflow(elements, view->sizes[i], &elements) ||
            __builtin_mul_overflow(view->sizes[i] - 1, view->strides[i], &reach) ||
            __builtin_add_overflow(last, reach, &last)) {
            return false;
        }
    }
    *out_elements = elements;
    return !__builtin_add_overflow(last, (uint64_t)1, out_end);
}

/* Whether the elements lie in the storage as they are to be written. */
static bool is_contiguous(const struct sr_storage_view *view)
{
    uint64_t stride = 1;
    for (uint8_t i = view->rank; i > 0; i--) {
        if (view->sizes[i - 1] != 1 && view->strides[i - 1] != stride) {
            return false;
        }
        stride *= view->sizes[i - 1];
    }
    return true;
}

/* To the next element of another row than the last dimension's. */
static void next_row(struct walk *w)
{
    for (uint8_t i = (uint8_t)(w->view->rank - 1); i > 0; i--) {
        uint8_t d = (uint8_t)(i - 1);
        w->element += w->view->strides[d];
        if (++w->index[d] < w->view->sizes[d]) {
            return;
        }
        w->element -= w->view->strides[d] * w->view->sizes[d];
        w->index[d] = 0;
    }
}

/* A copy whose length the compiler knows. */
static void copy(uint8_t *to, const uint8_t *from, uint64_t step, size_t bytes, size_t count)
{
    switch (bytes) {
    case 1:
        for (size_t i = 0; i < count; i++) {
            to[i] = from[i * step];
        }
        break;
    case 2:
        for (size_t i = 0; i < count; i++) {
            memcpy(to + 2 * i, from + i * step, 2);
        }
        break;
    case 4:
        for (size_t i = 0; i < count; i++) {
            memcpy(to + 4 * i, from + i * step, 4);
        }
        break;
    default:
        for (size_t i = 0; i < count; i++) {
            memcpy(to + bytes * i, from + i * step, bytes);
        }
        break;
    }
}

/* Up to max elements of the row that the walk is in, from its index on; returns how many. */
static size_t take(struct walk *w, struct sr_bytes storage, uint8_t *to, size_t max)
{
    const struct sr_storage_view *view = w->view;
    size_t bytes = view->element_bytes;
    if (view->rank == 0) {
        memcpy(to, storage.ptr + w->element * bytes, bytes);
        return 1;
    }
    uint8_t last = (uint8_t)(view->rank - 1);
    uint64_t left = view->sizes[last] - w->index[last];
    size_t count = left < max ? (size_t)left : max;
    copy(to, storage.ptr + w->element * bytes, view->strides[last] * bytes, bytes, count);
    w->index[last] += count;
    w->element += view->strides[last] * count;
    if (w->index[last] == view->sizes[last]) {
        w->element -= view->strides[last] * view->sizes[last];
        w->index[last] = 0;
        next_row(w);
    }
    return count;
}

/* A complex number is two numbers. */
static void swap(const struct sr_storage_view *view, uint8_t *data, size_t len)
{
    size_t unit = strcmp(view->dtype, "C64") == 0 ? 4 : view->element_bytes;
    for (size_t at = 0; at + unit <= len; at += unit) {
        for (size_t i = 0; i < unit / 2; i++) {
            uint8_t kept = data[at + i];
            data[at + i] = data[at + unit - 1 - i];
            data[at + unit - 1 - i] = kept;
        }
    }
}

static void free_room(uint8_t **room)
{
    free(*room);
}

static enum sr_status gather(const struct sr_storage_view *view, struct sr_bytes storage,
                             uint64_t elements, const struct sr_sink *sink, uint64_t at,
                             struct sr_err *err)
{
    struct walk w = {.view = view, .element = view->offset};
    SR_CLEANUP(free_room) uint8_t *room = malloc(ROOM_BYTES);
    if (room == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory to gather a tensor");
    }
    size_t bytes = view->element_bytes;
    size_t used = 0;
    for (uint64_t done = 0; done < elements;) {
        size_t count = take(&w, storage, room + used * bytes, ROOM_BYTES / bytes - used);
        done += count;
        used += count;
        if (used == ROOM_BYTES / bytes || done == elements) {
            if (view->is_big_endian) {
                swap(view, room, used * bytes);
            }
            SR_TRY(sink->write_at(sink->ctx, at, sr_bytes(room, used * bytes), err));
            at += used * bytes;
            used = 0;
        }
    }
    return SR_OK;
}

enum sr_status sr_convert_gather(const struct sr_storage_view *view, struct sr_bytes storage,
                                 const struct sr_sink *sink, uint64_t at, struct sr_err *err)
{
    uint64_t elements = 0;
    uint64_t end = 0;
    if (is_empty(view)) {
        return SR_OK;
    }
    if (!measure(view, &elements, &end) || end > storage.len / view->element_bytes) {
        return sr_fail(err, SR_MALFORMED, "it reaches beyond its storage of %zu bytes",
                       storage.len);
    }
    bool needs_swap = view->is_big_endian && view->element_bytes > 1;
    if (needs_swap || !is_contiguous(view)) {
        return gather(view, storage, elements, sink, at, err);
    }
    size_t bytes = view->element_bytes;
    return sink->write_at(
        sink->ctx, at, sr_bytes(storage.ptr + view->offset * bytes, (size_t)elements * bytes), err);
}
