/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "formats/hdf5_parts.h"

/* Levels of a version 1 tree: 32 entries in a node make 2^50 in ten. */
#define LEVELS_MAX 16
#define NODE_HEAD_BYTES 24
#define SYMBOL_BYTES 40
#define SYMBOL_HEAD_BYTES 8

enum { TREE_GROUP, TREE_CHUNKS };

struct node {
    struct sr_reader r; /* over keys and children */
    uint8_t level;
    uint16_t left; /* children to come */
};

struct tree {
    struct sr_hdf5_file *f;
    uint8_t type;
    uint32_t key_bytes;
    uint32_t k;
    struct node nodes[LEVELS_MAX];
    size_t depth;
};

static enum sr_status open_node(struct tree *t, uint64_t address, bool is_root, uint8_t level)
{
    struct sr_hdf5_file *f = t->f;
    struct sr_bytes block;
    struct sr_bytes head;
    struct node n = {0};
    uint16_t used = 0;
    uint64_t bytes =
        NODE_HEAD_BYTES + (uint64_t)t->k * 2 * 8 + ((uint64_t)t->k * 2 + 1) * t->key_bytes;
    SR_TRY(sr_hdf5_block(f, "TREE", address, bytes, &block));
    n.r = sr_reader(block);
    SR_TRY(sr_reader_take(&n.r, 6, &head));
    SR_TRY(sr_reader_u16le(&n.r, &used));
    n.level = head.ptr[5];
    n.left = used;
    if (head.ptr[4] != t->type || used > t->k * 2 || (!is_root && n.level != level) ||
        t->depth >= LEVELS_MAX) { /* H-11 */
        return sr_fail(f->err, SR_MALFORMED,
                       "tree node at byte %" PRIu64 ": type %u, level %u, %u entries", address,
                       head.ptr[4], n.level, used);
    }
    struct sr_bytes siblings;
    SR_TRY(sr_reader_take(&n.r, 16, &siblings));
    size_t end = NODE_HEAD_BYTES + (size_t)used * 8 + ((size_t)used + 1) * t->key_bytes;
    sr_hdf5_claim(f, sr_bytes(block.ptr, end));
    sr_hdf5_unused(f, sr_bytes(block.ptr + end, block.len - end));
    t->nodes[t->depth++] = n;
    return SR_OK;
}

/*
 * The next leaf: its key and its address. *out_found is false at the end.
 */
static enum sr_status next_leaf(struct tree *t, bool *out_found, struct sr_bytes *out_key,
                                uint64_t *out_address)
{
    *out_found = false;
    while (t->depth > 0) {
        struct node *n = &t->nodes[t->depth - 1];
        SR_TRY(sr_hdf5_work(t->f, 1));
        if (n->left == 0) {
            t->depth--;
            continue;
        }
        n->left--;
        SR_TRY(sr_reader_take(&n->r, t->key_bytes, out_key));
        SR_TRY(sr_reader_u64le(&n->r, out_address));
        if (n->level == 0) {
            *out_found = true;
            return SR_OK;
        }
        SR_TRY(open_node(t, *out_address, false, (uint8_t)(n->level - 1)));
    }
    return SR_OK;
}

/*
 * Groups.
 */

enum { CACHE_NOTHING, CACHE_GROUP, CACHE_SOFT_LINK };

static enum sr_status read_symbol(struct sr_hdf5_file *f, const struct sr_hdf5_heap *heap,
                                  struct sr_reader *r)
{
    uint64_t name_at = 0;
    struct sr_hdf5_object object = {0};
    uint32_t cache = 0;
    uint32_t reserved = 0;
    struct sr_bytes name;
    uint64_t offset = sr_hdf5_offset(f, r->rest);
    SR_TRY(sr_reader_u64le(r, &name_at));
    SR_TRY(sr_reader_u64le(r, &object.address));
    SR_TRY(sr_reader_u32le(r, &cache));
    SR_TRY(sr_reader_u32le(r, &reserved));
    SR_TRY(sr_reader_u64le(r, &object.tree));
    SR_TRY(sr_reader_u64le(r, &object.heap));
    SR_TRY(sr_hdf5_heap_text(f, heap, name_at, &name));
    sr_hdf5_text(f, SR_HDF5_LINK_NAME, sr_bytes(NULL, 0), name);
    if (cache == CACHE_SOFT_LINK) {
        struct sr_bytes target;
        SR_TRY(sr_hdf5_heap_text(f, heap, object.tree & 0xffffffff, &target));
        sr_hdf5_feature(f, SR_HDF5_SOFT_LINK, offset, target);
        return SR_OK;
    }
    if (cache > CACHE_SOFT_LINK) {
        return sr_fail(f->err, SR_UNSUPPORTED, "symbol: cache type %" PRIu32, cache);
    }
    if (cache == CACHE_NOTHING) {
        object.tree = SR_HDF5_NOWHERE;
        object.heap = SR_HDF5_NOWHERE;
    }
    return sr_hdf5_push(f, &object);
}

static enum sr_status read_symbols(struct sr_hdf5_file *f, const struct sr_hdf5_heap *heap,
                                   uint64_t address)
{
    struct sr_bytes block;
    struct sr_bytes head;
    uint16_t count = 0;
    uint64_t bytes = SYMBOL_HEAD_BYTES + (uint64_t)f->group_leaf_k * 2 * SYMBOL_BYTES;
    SR_TRY(sr_hdf5_block(f, "SNOD", address, bytes, &block));
    struct sr_reader r = sr_reader(block);
    SR_TRY(sr_reader_take(&r, 6, &head));
    SR_TRY(sr_reader_u16le(&r, &count));
    if (head.ptr[4] != 1 || count > f->group_leaf_k * 2) { /* H-11 */
        return sr_fail(f->err, SR_MALFORMED, "symbols at byte %" PRIu64 ": version %u, %u entries",
                       address, head.ptr[4], count);
    }
    for (uint16_t i = 0; i < count; i++) {
        SR_TRY(read_symbol(f, heap, &r));
    }
    sr_hdf5_claim(f, sr_bytes(block.ptr, r.offset));
    sr_hdf5_unused(f, r.rest);
    return SR_OK;
}

enum sr_status sr_hdf5_symbols(struct sr_hdf5_file *f, uint64_t tree, uint64_t heap)
{
    struct sr_hdf5_heap names = {0};
    struct tree t = {.f = f, .type = TREE_GROUP, .key_bytes = 8, .k = f->group_node_k};
    bool found = true;
    SR_TRY(sr_hdf5_heap_open(f, heap, &names));
    SR_TRY(open_node(&t, tree, true, 0));
    while (found) {
        struct sr_bytes key;
        uint64_t address = 0;
        SR_TRY(next_leaf(&t, &found, &key, &address));
        if (found) {
            SR_TRY(read_symbols(f, &names, address));
        }
    }
    return SR_OK;
}

/*
 * Chunks.
 */

enum sr_status sr_hdf5_chunk(struct sr_hdf5_file *f, struct sr_hdf5_dataset_parts *d,
                             uint64_t address, uint64_t bytes)
{
    struct sr_bytes data;
    if (!d->filters.is_filtered && bytes != d->layout.chunk_bytes) { /* H-23 */
        return sr_fail(f->err, SR_MALFORMED,
                       "chunk at byte %" PRIu64 ": %" PRIu64 " bytes, not %" PRIu64, address, bytes,
                       d->layout.chunk_bytes);
    }
    SR_TRY(sr_hdf5_view(f, "chunk", address, bytes, &data));
    sr_hdf5_claim(f, data);
    d->stored += bytes;
    if (!d->filters.is_filtered) {
        struct sr_bytes none = {0};
        return sr_hdf5_elements(f, &d->type, SR_HDF5_DATA, none, data);
    }
    if (d->type.class == SR_HDF5_CLASS_VLEN || d->type.has_inner_vlen) { /* H-21 */
        return sr_fail(f->err, SR_UNSUPPORTED, "packed values of any length");
    }
    return SR_OK;
}

/* Where a chunk is: in the shape, at a multiple of the chunk's, after the chunk before it. H-23 */
static enum sr_status check_place(struct sr_hdf5_file *f, const struct sr_hdf5_dataset_parts *d,
                                  struct sr_reader *key, uint64_t *last, bool is_first)
{
    bool is_after = is_first;
    bool is_decided = is_first;
    bool is_good = true;
    for (uint8_t i = 0; i < d->layout.rank; i++) {
        uint64_t at = 0;
        SR_TRY(sr_reader_u64le(key, &at));
        bool is_element = i + 1 == d->layout.rank;
        is_good = is_good && (is_element ? at == 0 : at < d->space.dims[i]) &&
                  at % d->layout.chunk[i] == 0;
        if (!is_decided && at != last[i]) {
            is_decided = true;
            is_after = at > last[i];
        }
        last[i] = at;
    }
    if (!is_good || !is_after) {
        return sr_fail(f->err, SR_MALFORMED,
                       "chunk: its place is not in the shape, or not after the one before it");
    }
    return SR_OK;
}

enum sr_status sr_hdf5_chunk_tree(struct sr_hdf5_file *f, struct sr_hdf5_dataset_parts *d)
{
    struct tree t = {.f = f,
                     .type = TREE_CHUNKS,
                     .key_bytes = 8 + 8 * (uint32_t)d->layout.rank,
                     .k = f->chunk_node_k};
    uint64_t last[SR_HDF5_RANK_MAX + 1] = {0};
    bool is_first = true;
    SR_TRY(open_node(&t, d->layout.address, true, 0));
    while (true) {
        struct sr_bytes key;
        uint64_t address = 0;
        uint32_t bytes = 0;
        uint32_t mask = 0;
        bool found = false;
        SR_TRY(next_leaf(&t, &found, &key, &address));
        if (!found) {
            return SR_OK;
        }
        struct sr_reader r = sr_reader(key);
        SR_TRY(sr_reader_u32le(&r, &bytes));
        SR_TRY(sr_reader_u32le(&r, &mask));
        SR_TRY(check_place(f, d, &r, last, is_first));
        SR_TRY(sr_hdf5_chunk(f, d, address, bytes));
        is_first = false;
    }
}
