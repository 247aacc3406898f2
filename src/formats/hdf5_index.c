/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "formats/hdf5_parts.h"

enum { INDEX_SINGLE = 1, INDEX_IMPLICIT, INDEX_FIXED_ARRAY };

/* How many chunks a shape needs; work bounds what is done for each. */
static enum sr_status count_chunks(struct sr_hdf5_file *f, const struct sr_hdf5_dataset_parts *d,
                                   uint64_t *out)
{
    uint64_t count = 1;
    for (uint8_t i = 0; i < d->space.rank; i++) {
        uint64_t n =
            d->space.dims[i] / d->layout.chunk[i] + (d->space.dims[i] % d->layout.chunk[i] != 0);
        if (__builtin_mul_overflow(count, n, &count)) {
            return sr_fail(f->err, SR_MALFORMED, "layout: the number of chunks overflows");
        }
    }
    *out = count;
    return SR_OK;
}

static enum sr_status read_single(struct sr_hdf5_file *f, struct sr_hdf5_dataset_parts *d)
{
    uint64_t bytes = d->layout.is_single_filtered ? d->layout.bytes : d->layout.chunk_bytes;
    return sr_hdf5_chunk(f, d, d->layout.address, bytes);
}

/* All chunks, one after the other. */
static enum sr_status read_implicit(struct sr_hdf5_file *f, struct sr_hdf5_dataset_parts *d)
{
    uint64_t count = 0;
    uint64_t address = d->layout.address;
    SR_TRY(count_chunks(f, d, &count));
    for (uint64_t i = 0; i < count; i++) {
        SR_TRY(sr_hdf5_chunk(f, d, address, d->layout.chunk_bytes));
        address += d->layout.chunk_bytes; /* both are in the file */
    }
    return SR_OK;
}

struct fixed_array {
    uint64_t address;
    uint8_t is_filtered;
    uint8_t entry_bytes;
    uint8_t page_bits;
    uint64_t count;
    uint64_t block;
};

static enum sr_status read_array_head(struct sr_hdf5_file *f, struct fixed_array *a)
{
    enum { HEAD_BYTES = 28 };
    struct sr_bytes head;
    struct sr_bytes skipped;
    uint8_t version = 0;
    SR_TRY(sr_hdf5_block(f, "FAHD", a->address, HEAD_BYTES, &head));
    SR_TRY(sr_hdf5_checksum(f, head));
    struct sr_reader r = sr_reader(head);
    SR_TRY(sr_reader_take(&r, 4, &skipped));
    SR_TRY(sr_reader_u8(&r, &version));
    SR_TRY(sr_reader_u8(&r, &a->is_filtered));
    SR_TRY(sr_reader_u8(&r, &a->entry_bytes));
    SR_TRY(sr_reader_u8(&r, &a->page_bits));
    SR_TRY(sr_reader_u64le(&r, &a->count));
    SR_TRY(sr_reader_u64le(&r, &a->block));
    if (version != 0 || a->is_filtered > 1 || a->entry_bytes < (a->is_filtered == 1 ? 13 : 8) ||
        a->entry_bytes > (a->is_filtered == 1 ? 20 : 8)) {
        return sr_fail(f->err, SR_MALFORMED, "array at byte %" PRIu64 ": entries of %u bytes",
                       a->address, a->entry_bytes);
    }
    if (a->page_bits >= 64 || a->count > (uint64_t)1 << a->page_bits) { /* H-25 */
        return sr_fail(f->err, SR_UNSUPPORTED, "array at byte %" PRIu64 ": in pages", a->address);
    }
    sr_hdf5_claim(f, head);
    return SR_OK;
}

/* One entry: an address, and where there are filters also a length and a mask. */
static enum sr_status read_entry(struct sr_hdf5_file *f, struct sr_hdf5_dataset_parts *d,
                                 const struct fixed_array *a, struct sr_reader *r)
{
    uint64_t address = 0;
    uint64_t bytes = d->layout.chunk_bytes;
    uint32_t mask = 0;
    SR_TRY(sr_reader_u64le(r, &address));
    if (a->is_filtered == 1) {
        SR_TRY(sr_hdf5_uint(r, (size_t)a->entry_bytes - 12, &bytes));
        SR_TRY(sr_reader_u32le(r, &mask));
    }
    return address == SR_HDF5_NOWHERE ? SR_OK : sr_hdf5_chunk(f, d, address, bytes);
}

static enum sr_status read_fixed_array(struct sr_hdf5_file *f, struct sr_hdf5_dataset_parts *d)
{
    enum { BLOCK_HEAD_BYTES = 14 };
    struct fixed_array a = {.address = d->layout.address};
    struct sr_bytes block;
    struct sr_bytes head;
    uint64_t count = 0;
    uint64_t owner = 0;
    SR_TRY(read_array_head(f, &a));
    SR_TRY(count_chunks(f, d, &count));
    if (a.count != count || (a.is_filtered == 1) != d->filters.is_filtered ||
        a.count > f->bytes.len) { /* H-25 */
        return sr_fail(f->err, SR_MALFORMED, "array at byte %" PRIu64 ": %" PRIu64 " entries",
                       a.address, a.count);
    }
    if (a.block == SR_HDF5_NOWHERE) {
        return SR_OK;
    }
    SR_TRY(
        sr_hdf5_block(f, "FADB", a.block, BLOCK_HEAD_BYTES + a.count * a.entry_bytes + 4, &block));
    SR_TRY(sr_hdf5_checksum(f, block));
    struct sr_reader r = sr_reader(block);
    SR_TRY(sr_reader_take(&r, 6, &head));
    SR_TRY(sr_reader_u64le(&r, &owner));
    if (head.ptr[4] != 0 || head.ptr[5] != a.is_filtered || owner != a.address) {
        return sr_fail(f->err, SR_MALFORMED, "array block at byte %" PRIu64, a.block);
    }
    for (uint64_t i = 0; i < a.count; i++) {
        SR_TRY(read_entry(f, d, &a, &r));
    }
    sr_hdf5_claim(f, block);
    return SR_OK;
}

enum sr_status sr_hdf5_chunk_index(struct sr_hdf5_file *f, struct sr_hdf5_dataset_parts *d)
{
    switch (d->layout.index) {
    case INDEX_SINGLE:
        return read_single(f, d);
    case INDEX_IMPLICIT:
        return read_implicit(f, d);
    case INDEX_FIXED_ARRAY:
        return read_fixed_array(f, d);
    default: /* data sets that grow: H-25 */
        return sr_fail(f->err, SR_UNSUPPORTED, "layout: chunk index %u", d->layout.index);
    }
}
