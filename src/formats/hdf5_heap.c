/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "formats/hdf5_parts.h"

/* The end of a local heap's list of free blocks; older versions of the library write the other. */
#define FREE_END 1
#define HEAP_HEAD_BYTES 32
#define FREE_HEAD_BYTES 16

/*
 * Local heaps: the names of one group.
 */

/* Free blocks, in the order of their offsets as in any order; each step is bounded by work. H-12 */
static enum sr_status claim_free(struct sr_hdf5_file *f, struct sr_bytes segment, uint64_t at)
{
    uint64_t seen = 0;
    while (at != FREE_END && at != SR_HDF5_NOWHERE) {
        uint64_t size = 0;
        uint64_t next = 0;
        SR_TRY(sr_hdf5_work(f, 1));
        if (at > segment.len || segment.len - at < FREE_HEAD_BYTES) {
            return sr_fail(f->err, SR_MALFORMED, "free block at %" PRIu64 " of a local heap", at);
        }
        struct sr_reader r = sr_reader(sr_bytes(segment.ptr + at, segment.len - (size_t)at));
        SR_TRY(sr_reader_u64le(&r, &next));
        SR_TRY(sr_reader_u64le(&r, &size));
        seen += size;
        if (size < FREE_HEAD_BYTES || size > segment.len - at || seen > segment.len) {
            return sr_fail(f->err, SR_MALFORMED,
                           "free block at %" PRIu64 " of a local heap: %" PRIu64 " bytes", at,
                           size);
        }
        sr_hdf5_claim(f, sr_bytes(segment.ptr + at, FREE_HEAD_BYTES));
        sr_hdf5_unused(
            f, sr_bytes(segment.ptr + at + FREE_HEAD_BYTES, (size_t)size - FREE_HEAD_BYTES));
        at = next;
    }
    return SR_OK;
}

enum sr_status sr_hdf5_heap_open(struct sr_hdf5_file *f, uint64_t address, struct sr_hdf5_heap *out)
{
    struct sr_bytes head;
    struct sr_bytes segment;
    uint64_t version = 0;
    uint64_t size = 0;
    uint64_t free_at = 0;
    uint64_t segment_at = 0;
    SR_TRY(sr_hdf5_block(f, "HEAP", address, HEAP_HEAD_BYTES, &head));
    struct sr_reader r = sr_reader(sr_bytes(head.ptr + 4, head.len - 4));
    SR_TRY(sr_hdf5_uint(&r, 4, &version));
    SR_TRY(sr_reader_u64le(&r, &size));
    SR_TRY(sr_reader_u64le(&r, &free_at));
    SR_TRY(sr_reader_u64le(&r, &segment_at));
    if (version != 0) {
        return sr_fail(f->err, SR_UNSUPPORTED, "local heap at byte %" PRIu64 ": version", address);
    }
    SR_TRY(sr_hdf5_view(f, "local heap", segment_at, size, &segment));
    SR_TRY(claim_free(f, segment, free_at));
    /* The empty name, which stands first; B-tree keys point to it. */
    if (segment.len < 8 || !sr_hdf5_is_zero(sr_bytes(segment.ptr, 8))) {
        return sr_fail(f->err, SR_MALFORMED, "local heap at byte %" PRIu64 ": no empty name",
                       address);
    }
    sr_hdf5_claim(f, head);
    sr_hdf5_claim(f, sr_bytes(segment.ptr, 8));
    out->segment = segment;
    return SR_OK;
}

enum sr_status sr_hdf5_heap_text(struct sr_hdf5_file *f, const struct sr_hdf5_heap *heap,
                                 uint64_t offset, struct sr_bytes *out)
{
    if (offset >= heap->segment.len) { /* H-5 */
        return sr_fail(f->err, SR_MALFORMED, "name at %" PRIu64 " of a local heap of %zu bytes",
                       offset, heap->segment.len);
    }
    struct sr_bytes rest = sr_bytes(heap->segment.ptr + offset, heap->segment.len - (size_t)offset);
    const uint8_t *end = memchr(rest.ptr, 0, rest.len);
    if (end == NULL) {
        return sr_fail(f->err, SR_MALFORMED, "name at %" PRIu64 " of a local heap: no end", offset);
    }
    size_t len = (size_t)(end - rest.ptr);
    size_t padded = (len + 8) & ~(size_t)7;
    padded = padded > rest.len ? rest.len : padded;
    /* Else a long name could be told of as often as there are links. */
    SR_TRY(sr_hdf5_enter(f, "name", sr_hdf5_offset(f, rest)));
    sr_hdf5_claim(f, sr_bytes(rest.ptr, len + 1));
    sr_hdf5_unused(f, sr_bytes(rest.ptr + len + 1, padded - len - 1));
    *out = sr_bytes(rest.ptr, len);
    return SR_OK;
}

/*
 * Global heaps: values of any length.
 */

struct object {
    uint16_t index;
    struct sr_bytes head;
    struct sr_bytes data;
    struct sr_bytes padding;
};

/* The next object of a collection; index 0 is its free space, which ends it. H-13 */
static enum sr_status next_object(struct sr_hdf5_file *f, struct sr_reader *r, struct object *out)
{
    struct object o = {0};
    uint64_t size = 0;
    SR_TRY(sr_hdf5_work(f, 1));
    SR_TRY(sr_reader_take(r, 16, &o.head));
    struct sr_reader head = sr_reader(o.head);
    uint64_t skipped = 0;
    SR_TRY(sr_reader_u16le(&head, &o.index));
    SR_TRY(sr_hdf5_uint(&head, 6, &skipped));
    SR_TRY(sr_reader_u64le(&head, &size));
    if (o.index == 0) { /* its size has its head in it */
        if (size != r->rest.len + 16) {
            return sr_fail(f->err, SR_MALFORMED, "global heap: free space of %" PRIu64 " bytes",
                           size);
        }
        SR_TRY(sr_reader_take(r, r->rest.len, &o.data));
    } else {
        if (size > r->rest.len) {
            return sr_fail(f->err, SR_MALFORMED, "global heap: object %u of %" PRIu64 " bytes",
                           o.index, size);
        }
        SR_TRY(sr_reader_take(r, (size_t)size, &o.data));
        size_t padding = (8 - (size_t)size % 8) % 8;
        SR_TRY(sr_reader_take(r, padding > r->rest.len ? r->rest.len : padding, &o.padding));
    }
    *out = o;
    return SR_OK;
}

/* On the first visit: all but the objects, which are claimed by what refers to them. */
static enum sr_status open_collection(struct sr_hdf5_file *f, struct sr_bytes collection)
{
    struct sr_reader r = sr_reader(sr_bytes(collection.ptr + 16, collection.len - 16));
    while (r.rest.len >= 16) {
        struct object o = {0};
        SR_TRY(next_object(f, &r, &o));
        if (o.index == 0) {
            sr_hdf5_claim(f, o.head);
            sr_hdf5_unused(f, o.data);
        }
    }
    sr_hdf5_claim(f, sr_bytes(collection.ptr, 16));
    sr_hdf5_unused(f, r.rest);
    return SR_OK;
}

static enum sr_status find_collection(struct sr_hdf5_file *f, uint64_t address,
                                      struct sr_bytes *out)
{
    struct sr_bytes head;
    uint64_t version = 0;
    uint64_t size = 0;
    size_t index = 0;
    SR_TRY(sr_hdf5_view(f, "global heap", address, 16, &head));
    if (memcmp(head.ptr, "GCOL", 4) != 0) {
        return sr_fail(f->err, SR_MALFORMED, "byte %" PRIu64 ": no signature 'GCOL'", address);
    }
    struct sr_reader r = sr_reader(sr_bytes(head.ptr + 4, 12));
    SR_TRY(sr_hdf5_uint(&r, 4, &version));
    SR_TRY(sr_reader_u64le(&r, &size));
    if (version != 1 || size < 16) {
        return sr_fail(f->err, SR_MALFORMED, "global heap at byte %" PRIu64 ": %" PRIu64 " bytes",
                       address, size);
    }
    SR_TRY(sr_hdf5_view(f, "global heap", address, size, out));
    if (sr_nameset_find(f->block_set, sr_bytes(&address, sizeof address), &index)) {
        return SR_OK;
    }
    SR_TRY(sr_hdf5_enter(f, "global heap", address));
    return open_collection(f, *out);
}

enum sr_status sr_hdf5_global(struct sr_hdf5_file *f, uint64_t address, uint32_t index,
                              struct sr_bytes *out)
{
    struct sr_bytes collection;
    SR_TRY(find_collection(f, address, &collection));
    struct sr_reader r = sr_reader(sr_bytes(collection.ptr + 16, collection.len - 16));
    while (index > 0 && r.rest.len >= 16) {
        struct object o = {0};
        SR_TRY(next_object(f, &r, &o));
        if (o.index == index) {
            SR_TRY(sr_hdf5_enter(f, "object of a global heap", sr_hdf5_offset(f, o.head)));
            sr_hdf5_claim(f, o.head);
            sr_hdf5_claim(f, o.data);
            sr_hdf5_unused(f, o.padding);
            *out = o.data;
            return SR_OK;
        }
    }
    return sr_fail(f->err, SR_MALFORMED, "global heap at byte %" PRIu64 ": no object %" PRIu32,
                   address, index);
}
