/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "formats/hdf5_parts.h"

/*
 * Many links or attributes of one object: each is an object in a fractal heap, found through a
 * version 2 B-tree of their names' hashes. H-14
 */

/* Deeper than 2^40 records. */
#define LEVELS_MAX 12
#define RECORD_BYTES_MAX 64
#define ROWS_MAX 64
#define NODE_PREFIX_BYTES 6  /* signature, version, type */
#define NODE_AROUND_BYTES 10 /* and a checksum */

/* How many bytes a number up to max is written in. */
static uint8_t size_of(uint64_t max)
{
    uint8_t size = 1;
    while (max > 0xff) {
        max >>= 8;
        size++;
    }
    return size;
}

static enum sr_status unsupported(struct sr_hdf5_file *f, const char *what, uint64_t address)
{
    return sr_fail(f->err, SR_UNSUPPORTED, "%s at byte %" PRIu64, what, address);
}

static enum sr_status malformed(struct sr_hdf5_file *f, const char *what, uint64_t address)
{
    return sr_fail(f->err, SR_MALFORMED, "%s at byte %" PRIu64, what, address);
}

/*
 * Fractal heaps: a table of blocks that double in size.
 */

/* A direct block: so many bytes of the heap's own space, at offset. */
struct direct {
    uint64_t offset;
    struct sr_bytes block;
};

struct heap {
    uint64_t address;
    uint16_t id_bytes;
    uint8_t flags;
    uint8_t offset_bytes;
    uint8_t length_bytes;
    uint16_t width;
    uint64_t start; /* bytes of the first blocks */
    uint64_t direct_max;
    uint16_t direct_rows;
    uint64_t root;
    uint16_t root_rows;
    uint64_t free_space;
    struct sr_buf *directs; /* of struct direct, in the order of their offsets */
};

#define HEAP_CHECKSUMS 2u

static uint8_t log2_of(uint64_t power)
{
    uint8_t n = 0;
    while (power > 1) {
        power >>= 1;
        n++;
    }
    return n;
}

static bool is_power(uint64_t n)
{
    return n != 0 && (n & (n - 1)) == 0;
}

static uint64_t row_block_bytes(const struct heap *h, uint16_t row)
{
    return row == 0 ? h->start : h->start << (row - 1);
}

static uint64_t row_offset(const struct heap *h, uint16_t row)
{
    return row == 0 ? 0 : (h->width * h->start) << (row - 1);
}

/* The doubling table has to be one, and small enough for no shift to overflow. */
static enum sr_status check_table(struct sr_hdf5_file *f, struct heap *h, uint16_t bits)
{
    bool is_table = is_power(h->start) && is_power(h->direct_max) && is_power(h->width) &&
                    h->start <= h->direct_max && h->direct_max <= (uint64_t)1 << 32 && bits <= 48;
    if (!is_table) {
        return malformed(f, "table of the fractal heap", h->address);
    }
    h->direct_rows = (uint16_t)(log2_of(h->direct_max) - log2_of(h->start) + 2);
    uint8_t first = (uint8_t)(log2_of(h->start) + log2_of(h->width));
    if (bits < first || h->root_rows > bits - first + 1) {
        return malformed(f, "rows of the fractal heap", h->address);
    }
    h->offset_bytes = (uint8_t)((bits + 7) / 8);
    return SR_OK;
}

static enum sr_status read_heap_head(struct sr_hdf5_file *f, struct heap *h)
{
    enum { HEAD_BYTES = 146, COUNTS_BYTES = 64 };
    struct sr_bytes head;
    struct sr_bytes skipped;
    uint8_t version = 0;
    uint16_t filter_bytes = 0;
    uint16_t bits = 0;
    uint16_t first_rows = 0;
    uint32_t managed_max = 0;
    uint64_t huge_tree = 0;
    SR_TRY(sr_hdf5_block(f, "FRHP", h->address, HEAD_BYTES, &head));
    SR_TRY(sr_hdf5_checksum(f, head));
    struct sr_reader r = sr_reader(head);
    SR_TRY(sr_reader_take(&r, 4, &skipped));
    SR_TRY(sr_reader_u8(&r, &version));
    SR_TRY(sr_reader_u16le(&r, &h->id_bytes));
    SR_TRY(sr_reader_u16le(&r, &filter_bytes));
    SR_TRY(sr_reader_u8(&r, &h->flags));
    SR_TRY(sr_reader_u32le(&r, &managed_max));
    SR_TRY(sr_reader_take(&r, 8, &skipped)); /* the next huge object's number */
    SR_TRY(sr_reader_u64le(&r, &huge_tree));
    SR_TRY(sr_reader_take(&r, 8, &skipped)); /* how much is free */
    SR_TRY(sr_reader_u64le(&r, &h->free_space));
    SR_TRY(sr_reader_take(&r, COUNTS_BYTES, &skipped));
    SR_TRY(sr_reader_u16le(&r, &h->width));
    SR_TRY(sr_reader_u64le(&r, &h->start));
    SR_TRY(sr_reader_u64le(&r, &h->direct_max));
    SR_TRY(sr_reader_u16le(&r, &bits));
    SR_TRY(sr_reader_u16le(&r, &first_rows));
    SR_TRY(sr_reader_u64le(&r, &h->root));
    SR_TRY(sr_reader_u16le(&r, &h->root_rows));
    if (version != 0 || filter_bytes != 0 || huge_tree != SR_HDF5_NOWHERE) {
        return unsupported(f, "fractal heap with filters or huge objects", h->address);
    }
    SR_TRY(check_table(f, h, bits));
    uint8_t by_block = size_of(h->direct_max);
    uint8_t by_object = size_of(managed_max);
    h->length_bytes = by_block < by_object ? by_block : by_object;
    sr_hdf5_claim(f, head);
    return SR_OK;
}

/* What direct and indirect blocks begin with. */
static enum sr_status read_block_head(struct sr_hdf5_file *f, const struct heap *h,
                                      struct sr_reader *r, uint64_t offset)
{
    struct sr_bytes signature;
    uint8_t version = 0;
    uint64_t owner = 0;
    uint64_t at = 0;
    SR_TRY(sr_reader_take(r, 4, &signature));
    SR_TRY(sr_reader_u8(r, &version));
    SR_TRY(sr_reader_u64le(r, &owner));
    SR_TRY(sr_hdf5_uint(r, h->offset_bytes, &at));
    if (version != 0 || owner != h->address || at != offset) {
        return malformed(f, "block of the fractal heap", sr_hdf5_offset(f, signature));
    }
    return SR_OK;
}

/* Its checksum stands in its head, so it is not checked here: objects have to parse anyway. */
static enum sr_status read_direct(struct sr_hdf5_file *f, struct heap *h, uint64_t address,
                                  uint64_t offset, uint64_t bytes)
{
    struct direct direct = {.offset = offset};
    struct sr_bytes checksum;
    SR_TRY(sr_hdf5_block(f, "FHDB", address, bytes, &direct.block));
    struct sr_reader r = sr_reader(direct.block);
    SR_TRY(read_block_head(f, h, &r, offset));
    SR_TRY(sr_reader_take(&r, (h->flags & HEAP_CHECKSUMS) != 0 ? 4 : 0, &checksum));
    sr_hdf5_claim(f, sr_bytes(direct.block.ptr, r.offset));
    enum sr_status status = sr_buf_append(h->directs, sr_bytes(&direct, sizeof direct));
    return status == SR_OK ? SR_OK : sr_fail(f->err, status, "no memory for the fractal heap");
}

/* An indirect block: the addresses of the blocks of its rows. */
struct indirect {
    struct sr_reader r;
    uint64_t offset;
    uint16_t rows;
    uint16_t row;
    uint16_t column;
};

static enum sr_status open_indirect(struct sr_hdf5_file *f, const struct heap *h, uint64_t address,
                                    uint64_t offset, uint16_t rows, struct indirect *out)
{
    struct indirect i = {.offset = offset, .rows = rows};
    struct sr_bytes block;
    uint64_t bytes = 4 + 1 + 8 + h->offset_bytes + (uint64_t)rows * h->width * 8 + 4;
    SR_TRY(sr_hdf5_block(f, "FHIB", address, bytes, &block));
    SR_TRY(sr_hdf5_checksum(f, block));
    i.r = sr_reader(block);
    SR_TRY(read_block_head(f, h, &i.r, offset));
    sr_hdf5_claim(f, block);
    *out = i;
    return SR_OK;
}

/* The next block of an indirect one; its place is where the ones before it end. */
static enum sr_status read_child(struct sr_hdf5_file *f, struct heap *h,
                                 struct indirect stack[LEVELS_MAX], size_t *depth)
{
    struct indirect *i = &stack[*depth - 1];
    uint64_t address = 0;
    uint64_t bytes = row_block_bytes(h, i->row);
    uint64_t offset = i->offset + row_offset(h, i->row) + i->column * bytes;
    bool is_direct = i->row < h->direct_rows;
    SR_TRY(sr_hdf5_work(f, 1));
    SR_TRY(sr_reader_u64le(&i->r, &address));
    i->column++;
    if (i->column == h->width) {
        i->column = 0;
        i->row++;
    }
    if (address == SR_HDF5_NOWHERE) {
        return SR_OK;
    }
    if (is_direct) {
        return read_direct(f, h, address, offset, bytes);
    }
    if (*depth >= LEVELS_MAX) {
        return malformed(f, "too deep a fractal heap", h->address);
    }
    uint16_t rows = (uint16_t)(log2_of(bytes) - log2_of(h->start * h->width) + 1);
    SR_TRY(open_indirect(f, h, address, offset, rows, &stack[*depth]));
    ++*depth;
    return SR_OK;
}

static enum sr_status read_blocks(struct sr_hdf5_file *f, struct heap *h)
{
    struct indirect stack[LEVELS_MAX];
    size_t depth = 0;
    if (h->root == SR_HDF5_NOWHERE) {
        return SR_OK;
    }
    if (h->root_rows == 0) {
        return read_direct(f, h, h->root, 0, h->start);
    }
    SR_TRY(open_indirect(f, h, h->root, 0, h->root_rows, &stack[0]));
    depth = 1;
    while (depth > 0) {
        if (stack[depth - 1].row == stack[depth - 1].rows) {
            depth--;
        } else {
            SR_TRY(read_child(f, h, stack, &depth));
        }
    }
    return SR_OK;
}

/* The list of free sections, which nobody needs for reading. */
static enum sr_status read_free_space(struct sr_hdf5_file *f, uint64_t address)
{
    enum { HEAD_BYTES = 82, SKIPPED_BYTES = 54, LIST_HEAD_BYTES = 13 };
    struct sr_bytes head;
    struct sr_bytes skipped;
    struct sr_bytes list;
    uint64_t list_at = 0;
    uint64_t used = 0;
    uint64_t allocated = 0;
    SR_TRY(sr_hdf5_block(f, "FSHD", address, HEAD_BYTES, &head));
    SR_TRY(sr_hdf5_checksum(f, head));
    struct sr_reader r = sr_reader(head);
    SR_TRY(sr_reader_take(&r, SKIPPED_BYTES, &skipped));
    SR_TRY(sr_reader_u64le(&r, &list_at));
    SR_TRY(sr_reader_u64le(&r, &used));
    SR_TRY(sr_reader_u64le(&r, &allocated));
    sr_hdf5_claim(f, head);
    if (list_at == SR_HDF5_NOWHERE) {
        return SR_OK;
    }
    SR_TRY(sr_hdf5_block(f, "FSSE", list_at, allocated, &list));
    if (used < LIST_HEAD_BYTES + 4 || used > allocated) {
        return malformed(f, "list of free space", list_at);
    }
    struct sr_bytes filled = sr_bytes(list.ptr, (size_t)used);
    SR_TRY(sr_hdf5_checksum(f, filled));
    sr_hdf5_claim(f, filled);
    sr_hdf5_unused(f, sr_bytes(list.ptr + used, list.len - (size_t)used));
    return SR_OK;
}

/* The direct block that offset is in; NULL: none. */
static const struct direct *find_direct(const struct heap *h, uint64_t offset)
{
    struct sr_bytes all = sr_buf_view(h->directs);
    size_t low = 0;
    size_t high = all.len / sizeof(struct direct);
    struct direct const *directs = (const void *)all.ptr;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (offset < directs[mid].offset) {
            high = mid;
        } else if (offset - directs[mid].offset >= directs[mid].block.len) {
            low = mid + 1;
        } else {
            return &directs[mid];
        }
    }
    return NULL;
}

/* The object that an identifier stands for; claims it, unless it is within the identifier. */
static enum sr_status find_object(struct sr_hdf5_file *f, const struct heap *h, struct sr_bytes id,
                                  struct sr_bytes *out)
{
    enum { MANAGED = 0, HUGE = 1, TINY = 2 };
    struct sr_reader r = sr_reader(id);
    uint8_t head = 0;
    uint64_t offset = 0;
    uint64_t length = 0;
    SR_TRY(sr_reader_u8(&r, &head));
    if (head >> 4 == TINY) {
        return sr_reader_take(&r, (size_t)(head & 0xf) + 1, out);
    }
    if (head != MANAGED) {
        return unsupported(f, "identifier of a fractal heap", sr_hdf5_offset(f, id));
    }
    SR_TRY(sr_hdf5_uint(&r, h->offset_bytes, &offset));
    SR_TRY(sr_hdf5_uint(&r, h->length_bytes, &length));
    const struct direct *direct = find_direct(h, offset);
    if (direct == NULL || length > direct->block.len - (offset - direct->offset)) {
        return malformed(f, "identifier of a fractal heap", sr_hdf5_offset(f, id));
    }
    *out = sr_bytes(direct->block.ptr + (offset - direct->offset), (size_t)length);
    SR_TRY(sr_hdf5_enter(f, "object of a fractal heap", sr_hdf5_offset(f, *out)));
    sr_hdf5_claim(f, *out);
    return SR_OK;
}

/*
 * Version 2 trees.
 */

struct node2 {
    struct sr_reader children;
    uint16_t left; /* children to come */
    uint16_t depth;
};

struct tree2 {
    struct sr_hdf5_file *f;
    const struct heap *heap;
    uint64_t address;
    uint8_t type;
    uint32_t node_bytes;
    uint16_t record_bytes;
    uint16_t depth;
    uint8_t count_bytes;             /* of a child's own records */
    uint8_t total_bytes[LEVELS_MAX]; /* of all records under a node of that depth */
    uint64_t records;
    struct node2 nodes[LEVELS_MAX];
    size_t open;
};

enum {
    RECORD_LINK_NAME = SR_HDF5_DENSE_LINKS,
    RECORD_LINK_ORDER,
    RECORD_ATTRIBUTE_NAME = SR_HDF5_DENSE_ATTRIBUTES,
    RECORD_ATTRIBUTE_ORDER
};

static enum sr_status read_record(struct tree2 *t, struct sr_bytes record)
{
    struct sr_reader r = sr_reader(record);
    struct sr_bytes id;
    struct sr_bytes object;
    uint8_t flags = 0;
    uint32_t hash = 0;
    SR_TRY(sr_hdf5_work(t->f, 1));
    if (t->type == RECORD_LINK_ORDER || t->type == RECORD_ATTRIBUTE_ORDER) {
        return SR_OK; /* the same objects once more */
    }
    if (t->type == RECORD_LINK_NAME) {
        SR_TRY(sr_reader_u32le(&r, &hash));
    }
    SR_TRY(sr_reader_take(&r, t->heap->id_bytes, &id));
    if (t->type == RECORD_ATTRIBUTE_NAME) {
        SR_TRY(sr_reader_u8(&r, &flags));
    }
    if (flags != 0) {
        return unsupported(t->f, "shared attribute", sr_hdf5_offset(t->f, record));
    }
    SR_TRY(find_object(t->f, t->heap, id, &object));
    struct sr_reader body = sr_reader(object);
    SR_TRY(t->type == RECORD_LINK_NAME ? sr_hdf5_link(t->f, &body)
                                       : sr_hdf5_attribute(t->f, &body));
    return sr_hdf5_is_zero(body.rest)
               ? SR_OK
               : malformed(t->f, "object of the fractal heap", sr_hdf5_offset(t->f, object));
}

/* How large the numbers in inner nodes are, which goes with how many records a node can have. */
static enum sr_status size_tree(struct tree2 *t)
{
    uint64_t room = t->node_bytes - NODE_AROUND_BYTES;
    uint64_t most = room / t->record_bytes;
    uint64_t under = most;
    t->count_bytes = size_of(most);
    for (uint16_t depth = 1; depth <= t->depth; depth++) {
        uint64_t pointer = 8 + (uint64_t)t->count_bytes + t->total_bytes[depth - 1];
        if (room < pointer) {
            return malformed(t->f, "nodes of the tree", t->address);
        }
        most = (room - pointer) / (t->record_bytes + pointer);
        if (__builtin_mul_overflow(under, most + 1, &under) ||
            __builtin_add_overflow(under, most, &under)) {
            return malformed(t->f, "depth of the tree", t->address);
        }
        t->total_bytes[depth] = size_of(under);
    }
    return SR_OK;
}

static size_t pointer_bytes(const struct tree2 *t, uint16_t depth)
{
    return 8 + (size_t)t->count_bytes + t->total_bytes[depth - 1];
}

static enum sr_status open_node2(struct tree2 *t, uint64_t address, uint64_t count, uint16_t depth)
{
    struct sr_hdf5_file *f = t->f;
    struct sr_bytes block;
    struct sr_bytes head;
    struct node2 n = {.depth = depth};
    SR_TRY(sr_hdf5_block(f, depth == 0 ? "BTLF" : "BTIN", address, t->node_bytes, &block));
    uint64_t used = NODE_AROUND_BYTES + count * t->record_bytes +
                    (depth == 0 ? 0 : (count + 1) * pointer_bytes(t, depth));
    if (count > UINT16_MAX || used > block.len || t->open >= LEVELS_MAX) {
        return malformed(f, "node of the tree", address);
    }
    struct sr_bytes filled = sr_bytes(block.ptr, (size_t)used);
    SR_TRY(sr_hdf5_checksum(f, filled));
    n.children = sr_reader(filled);
    SR_TRY(sr_reader_take(&n.children, NODE_PREFIX_BYTES, &head));
    if (head.ptr[4] != 0 || head.ptr[5] != t->type) {
        return malformed(f, "node of the tree", address);
    }
    for (uint64_t i = 0; i < count; i++) {
        struct sr_bytes record;
        SR_TRY(sr_reader_take(&n.children, t->record_bytes, &record));
        SR_TRY(read_record(t, record));
    }
    t->records += count;
    n.left = depth == 0 ? 0 : (uint16_t)(count + 1);
    sr_hdf5_claim(f, filled);
    sr_hdf5_unused(f, sr_bytes(block.ptr + used, block.len - (size_t)used));
    t->nodes[t->open++] = n;
    return SR_OK;
}

static enum sr_status read_nodes(struct tree2 *t)
{
    while (t->open > 0) {
        struct node2 *n = &t->nodes[t->open - 1];
        uint64_t address = 0;
        uint64_t count = 0;
        uint64_t total = 0;
        if (n->left == 0) {
            t->open--;
            continue;
        }
        n->left--;
        SR_TRY(sr_reader_u64le(&n->children, &address));
        SR_TRY(sr_hdf5_uint(&n->children, t->count_bytes, &count));
        SR_TRY(sr_hdf5_uint(&n->children, t->total_bytes[n->depth - 1], &total));
        SR_TRY(open_node2(t, address, count, (uint16_t)(n->depth - 1)));
    }
    return SR_OK;
}

static enum sr_status read_tree(struct tree2 *t)
{
    enum { HEAD_BYTES = 38 };
    struct sr_bytes head;
    struct sr_bytes first;
    struct sr_bytes percents;
    uint64_t root = 0;
    uint16_t root_records = 0;
    uint64_t records = 0;
    SR_TRY(sr_hdf5_block(t->f, "BTHD", t->address, HEAD_BYTES, &head));
    SR_TRY(sr_hdf5_checksum(t->f, head));
    struct sr_reader r = sr_reader(head);
    SR_TRY(sr_reader_take(&r, 6, &first));
    SR_TRY(sr_reader_u32le(&r, &t->node_bytes));
    SR_TRY(sr_reader_u16le(&r, &t->record_bytes));
    SR_TRY(sr_reader_u16le(&r, &t->depth));
    SR_TRY(sr_reader_take(&r, 2, &percents));
    SR_TRY(sr_reader_u64le(&r, &root));
    SR_TRY(sr_reader_u16le(&r, &root_records));
    SR_TRY(sr_reader_u64le(&r, &records));
    if (first.ptr[4] != 0 || first.ptr[5] != t->type || t->depth >= LEVELS_MAX ||
        t->node_bytes < NODE_AROUND_BYTES + RECORD_BYTES_MAX || t->record_bytes == 0 ||
        t->record_bytes > RECORD_BYTES_MAX) {
        return malformed(t->f, "tree", t->address);
    }
    sr_hdf5_claim(t->f, head);
    SR_TRY(size_tree(t));
    if (root != SR_HDF5_NOWHERE) {
        SR_TRY(open_node2(t, root, root_records, t->depth));
        SR_TRY(read_nodes(t));
    }
    return t->records == records ? SR_OK
                                 : malformed(t->f, "number of records of the tree", t->address);
}

static enum sr_status read_trees(struct sr_hdf5_file *f, const struct heap *h, uint64_t tree,
                                 uint64_t order_tree, enum sr_hdf5_dense type)
{
    struct tree2 names = {.f = f, .heap = h, .address = tree, .type = (uint8_t)type};
    struct tree2 order = {.f = f, .heap = h, .address = order_tree, .type = (uint8_t)(type + 1)};
    SR_TRY(read_tree(&names));
    if (order_tree == SR_HDF5_NOWHERE) {
        return SR_OK;
    }
    SR_TRY(read_tree(&order));
    return names.records == order.records ? SR_OK : malformed(f, "trees differ; tree", order_tree);
}

enum sr_status sr_hdf5_dense(struct sr_hdf5_file *f, uint64_t heap, uint64_t tree,
                             uint64_t order_tree, enum sr_hdf5_dense type)
{
    struct heap h = {.address = heap};
    SR_AUTO(sr_buf) directs = NULL;
    SR_TRY(read_heap_head(f, &h));
    if (sr_buf_new(f->bytes.len + sizeof(struct direct), &directs) != SR_OK) {
        return sr_fail(f->err, SR_NO_MEMORY, "no memory for the fractal heap");
    }
    h.directs = directs;
    SR_TRY(read_blocks(f, &h));
    if (h.free_space != SR_HDF5_NOWHERE) {
        SR_TRY(read_free_space(f, h.free_space));
    }
    return read_trees(f, &h, tree, order_tree, type);
}
