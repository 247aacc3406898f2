/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/hdf5.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "formats/hdf5_parts.h"

#define SIGNATURE "\x89HDF\r\n\x1a\n"
#define SIGNATURE_BYTES 8
#define CHUNK_NODE_K_DEFAULT 32

bool sr_hdf5_is(struct sr_bytes bytes)
{
    return bytes.len >= SIGNATURE_BYTES && memcmp(bytes.ptr, SIGNATURE, SIGNATURE_BYTES) == 0;
}

enum sr_status sr_hdf5_work(struct sr_hdf5_file *f, uint64_t steps)
{
    uint64_t total = 0;
    if (__builtin_add_overflow(f->work, steps, &total) || total > SR_LIMIT_HDF5_WORK) {
        return sr_fail(f->err, SR_TOO_LARGE, "over %" PRIu64 " steps", SR_LIMIT_HDF5_WORK);
    }
    f->work = total;
    return SR_OK;
}

enum sr_status sr_hdf5_view(struct sr_hdf5_file *f, const char *what, uint64_t address,
                            uint64_t len, struct sr_bytes *out)
{
    SR_TRY(sr_hdf5_work(f, 1));
    if (address > f->bytes.len || len > f->bytes.len - address) { /* H-5 */
        return sr_fail(f->err, SR_MALFORMED,
                       "%s: %" PRIu64 " bytes at %" PRIu64 " are past the end of a file of %zu",
                       what, len, address, f->bytes.len);
    }
    *out = sr_bytes(f->bytes.ptr + address, (size_t)len);
    return SR_OK;
}

/* The page for entry index, made when it is the first of it; NULL: no memory. */
static void *page_of(void **pages, size_t index, size_t entry_bytes)
{
    void **page = &pages[index / SR_HDF5_PAGE];
    if (*page == NULL) {
        *page = calloc(SR_HDF5_PAGE, entry_bytes);
    }
    return *page;
}

enum sr_status sr_hdf5_enter(struct sr_hdf5_file *f, const char *what, uint64_t address)
{
    if (f->block_count >= SR_LIMIT_HDF5_BLOCKS) {
        return sr_fail(f->err, SR_TOO_LARGE, "over %d blocks", SR_LIMIT_HDF5_BLOCKS);
    }
    uint64_t *page = page_of(f->blocks, f->block_count, sizeof *page);
    if (page == NULL) {
        return sr_fail(f->err, SR_NO_MEMORY, "no memory for %zu blocks", f->block_count);
    }
    uint64_t *kept = &page[f->block_count % SR_HDF5_PAGE];
    *kept = address;
    enum sr_status status = sr_nameset_add(f->block_set, sr_bytes(kept, sizeof *kept));
    if (status == SR_CONFLICT) { /* H-6 */
        return sr_fail(f->err, SR_MALFORMED, "%s at byte %" PRIu64 " is used twice", what, address);
    }
    if (status != SR_OK) {
        return sr_fail(f->err, status, "no memory for %zu blocks", f->block_count);
    }
    f->block_count++;
    return SR_OK;
}

enum sr_status sr_hdf5_block(struct sr_hdf5_file *f, const char *signature, uint64_t address,
                             uint64_t len, struct sr_bytes *out)
{
    struct sr_bytes block;
    SR_TRY(sr_hdf5_enter(f, signature, address));
    SR_TRY(sr_hdf5_view(f, signature, address, len, &block));
    if (len < 4 || memcmp(block.ptr, signature, 4) != 0) {
        return sr_fail(f->err, SR_MALFORMED, "byte %" PRIu64 ": no signature '%s'", address,
                       signature);
    }
    *out = block;
    return SR_OK;
}

uint64_t sr_hdf5_offset(const struct sr_hdf5_file *f, struct sr_bytes view)
{
    return view.ptr == NULL ? 0 : (uint64_t)(view.ptr - f->bytes.ptr);
}

void sr_hdf5_claim(const struct sr_hdf5_file *f, struct sr_bytes view)
{
    if (view.len > 0) {
        f->events->claim(f->events->ctx, sr_hdf5_offset(f, view), view.len);
    }
}

bool sr_hdf5_is_zero(struct sr_bytes bytes)
{
    /* All bytes are equal when each equals the one before it. */
    return bytes.len == 0 ||
           (bytes.ptr[0] == 0 && memcmp(bytes.ptr, bytes.ptr + 1, bytes.len - 1) == 0);
}

void sr_hdf5_unused(const struct sr_hdf5_file *f, struct sr_bytes view)
{
    if (sr_hdf5_is_zero(view)) {
        sr_hdf5_claim(f, view);
    }
}

void sr_hdf5_text(const struct sr_hdf5_file *f, enum sr_hdf5_text_kind kind, struct sr_bytes name,
                  struct sr_bytes text)
{
    struct sr_hdf5_text event = {.kind = kind, .name = name, .text = text};
    f->events->text(f->events->ctx, &event);
}

void sr_hdf5_feature(const struct sr_hdf5_file *f, enum sr_hdf5_feature feature, uint64_t offset,
                     struct sr_bytes text)
{
    f->events->feature(f->events->ctx, feature, offset, text);
}

enum sr_status sr_hdf5_uint(struct sr_reader *r, size_t size, uint64_t *out)
{
    struct sr_bytes bytes;
    uint64_t value = 0;
    SR_TRY(sr_reader_take(r, size, &bytes));
    for (size_t i = bytes.len; i > 0; i--) {
        value = value << 8 | bytes.ptr[i - 1];
    }
    *out = value;
    return SR_OK;
}

enum sr_status sr_hdf5_cstring(struct sr_reader *r, size_t align, struct sr_bytes *out)
{
    struct sr_bytes rest = r->rest;
    struct sr_bytes whole;
    const uint8_t *end = rest.len > 0 ? memchr(rest.ptr, 0, rest.len) : NULL;
    if (end == NULL) {
        return SR_TRUNCATED;
    }
    size_t len = (size_t)(end - rest.ptr);
    SR_TRY(sr_reader_take(r, (len + align) / align * align, &whole));
    if (!sr_hdf5_is_zero(sr_bytes(whole.ptr + len, whole.len - len))) {
        return SR_MALFORMED;
    }
    *out = sr_bytes(whole.ptr, len);
    return SR_OK;
}

static struct sr_hdf5_object *object_at(const struct sr_hdf5_file *f, size_t index)
{
    struct sr_hdf5_object *page = f->objects[index / SR_HDF5_PAGE];
    return &page[index % SR_HDF5_PAGE];
}

/* What two links to one object say of it must agree: readers use either. H-10 */
static enum sr_status merge(struct sr_hdf5_file *f, struct sr_hdf5_object *old,
                            const struct sr_hdf5_object *new)
{
    if (new->tree == SR_HDF5_NOWHERE) {
        return SR_OK;
    }
    if (old->tree == SR_HDF5_NOWHERE) {
        old->tree = new->tree;
        old->heap = new->heap;
    }
    if (old->tree != new->tree || old->heap != new->heap) {
        return sr_fail(f->err, SR_MALFORMED,
                       "object at byte %" PRIu64 ": links differ about its symbol table",
                       old->address);
    }
    return SR_OK;
}

enum sr_status sr_hdf5_push(struct sr_hdf5_file *f, const struct sr_hdf5_object *object)
{
    size_t index = 0;
    SR_TRY(sr_hdf5_work(f, 1));
    if (sr_nameset_find(f->object_set, sr_bytes(&object->address, sizeof object->address),
                        &index)) {
        return merge(f, object_at(f, index), object);
    }
    if (f->object_count >= SR_LIMIT_HDF5_OBJECTS) {
        return sr_fail(f->err, SR_TOO_LARGE, "over %d objects", SR_LIMIT_HDF5_OBJECTS);
    }
    struct sr_hdf5_object *page = page_of(f->objects, f->object_count, sizeof *page);
    struct sr_hdf5_object *kept = page != NULL ? &page[f->object_count % SR_HDF5_PAGE] : NULL;
    if (kept != NULL) {
        *kept = *object;
    }
    if (kept == NULL ||
        sr_nameset_add(f->object_set, sr_bytes(&kept->address, sizeof kept->address)) != SR_OK) {
        return sr_fail(f->err, SR_NO_MEMORY, "no memory for %zu objects", f->object_count);
    }
    f->object_count++;
    return SR_OK;
}

/*
 * Jenkins' lookup3, hashlittle(), byte by byte.
 * source  HDF5 File Format Specification 3.0, III (checksums); Bob Jenkins, lookup3.c, 2006
 */
struct mix {
    uint32_t a, b, c;
};

static uint32_t rotate(uint32_t x, unsigned k)
{
    return x << k | x >> (32 - k);
}

static void mix(struct mix *m)
{
    static const uint8_t TURNS[2][3] = {{4, 6, 8}, {16, 19, 4}};
    for (size_t i = 0; i < 2; i++) {
        m->a -= m->c;
        m->a ^= rotate(m->c, TURNS[i][0]);
        m->c += m->b;
        m->b -= m->a;
        m->b ^= rotate(m->a, TURNS[i][1]);
        m->a += m->c;
        m->c -= m->b;
        m->c ^= rotate(m->b, TURNS[i][2]);
        m->b += m->a;
    }
}

static void mix_last(struct mix *m)
{
    m->c ^= m->b;
    m->c -= rotate(m->b, 14);
    m->a ^= m->c;
    m->a -= rotate(m->c, 11);
    m->b ^= m->a;
    m->b -= rotate(m->a, 25);
    m->c ^= m->b;
    m->c -= rotate(m->b, 16);
    m->a ^= m->c;
    m->a -= rotate(m->c, 4);
    m->b ^= m->a;
    m->b -= rotate(m->a, 14);
    m->c ^= m->b;
    m->c -= rotate(m->b, 24);
}

static void add_bytes(struct mix *m, const uint8_t *p, size_t len)
{
    uint32_t words[3] = {0};
    for (size_t i = 0; i < len; i++) {
        words[i / 4] |= (uint32_t)p[i] << 8 * (i % 4);
    }
    m->a += words[0];
    m->b += words[1];
    m->c += words[2];
}

static uint32_t hash(struct sr_bytes data)
{
    uint32_t start = 0xdeadbeef + (uint32_t)data.len;
    struct mix m = {start, start, start};
    while (data.len > 12) {
        add_bytes(&m, data.ptr, 12);
        mix(&m);
        data = sr_bytes(data.ptr + 12, data.len - 12);
    }
    if (data.len > 0) {
        add_bytes(&m, data.ptr, data.len);
        mix_last(&m);
    }
    return m.c;
}

enum sr_status sr_hdf5_checksum(struct sr_hdf5_file *f, struct sr_bytes block)
{
    uint64_t stored = 0;
    struct sr_reader r = sr_reader(block);
    struct sr_bytes body;
    SR_TRY(sr_hdf5_work(f, block.len / 64));
    SR_TRY(sr_reader_take(&r, block.len < 4 ? 0 : block.len - 4, &body));
    SR_TRY(sr_hdf5_uint(&r, 4, &stored));
    if (hash(body) != stored) { /* H-4 */
        return sr_fail(f->err, SR_MALFORMED,
                       "checksum of %zu bytes at byte %" PRIu64 " is %08" PRIx32 ", not %08" PRIx64,
                       body.len, sr_hdf5_offset(f, block), hash(body), stored);
    }
    return SR_OK;
}

/*
 * The superblock.
 */

struct superblock {
    uint64_t base;
    uint64_t free_space;
    uint64_t end;
    uint64_t driver;
    uint64_t extension;
    struct sr_hdf5_object root;
};

static enum sr_status check_superblock(struct sr_hdf5_file *f, const struct superblock *s)
{
    if (s->base != 0) { /* H-2 */
        return sr_fail(f->err, SR_UNSUPPORTED, "superblock: base address %" PRIu64, s->base);
    }
    if (s->free_space != SR_HDF5_NOWHERE || s->driver != SR_HDF5_NOWHERE ||
        s->extension != SR_HDF5_NOWHERE) { /* H-2 */
        return sr_fail(f->err, SR_UNSUPPORTED, "superblock: free-space, driver or extension block");
    }
    if (s->end > f->bytes.len) { /* H-3 */
        return sr_fail(f->err, SR_TRUNCATED,
                       "superblock: the file ends at byte %" PRIu64 ", it says %" PRIu64,
                       (uint64_t)f->bytes.len, s->end);
    }
    if (s->end < f->bytes.len) { /* H-3 */
        return sr_fail(f->err, SR_MALFORMED, "superblock: %" PRIu64 " bytes after the end",
                       f->bytes.len - s->end);
    }
    return SR_OK;
}

/* The root's entry of versions 0 and 1. */
static enum sr_status read_root_entry(struct sr_reader *r, struct superblock *s)
{
    uint64_t name = 0;
    uint32_t cache = 0;
    uint32_t reserved = 0;
    SR_TRY(sr_reader_u64le(r, &name));
    SR_TRY(sr_reader_u64le(r, &s->root.address));
    SR_TRY(sr_reader_u32le(r, &cache));
    SR_TRY(sr_reader_u32le(r, &reserved));
    SR_TRY(sr_reader_u64le(r, &s->root.tree));
    SR_TRY(sr_reader_u64le(r, &s->root.heap));
    if (name != 0 || reserved != 0 || cache > 1) {
        return SR_MALFORMED;
    }
    if (cache == 0) {
        s->root.tree = SR_HDF5_NOWHERE;
        s->root.heap = SR_HDF5_NOWHERE;
    }
    return SR_OK;
}

static enum sr_status check_sizes(struct sr_hdf5_file *f, uint8_t offsets, uint8_t lengths)
{
    if (offsets != 8 || lengths != 8) { /* H-2 */
        return sr_fail(f->err, SR_UNSUPPORTED, "superblock: sizes of %u and %u bytes", offsets,
                       lengths);
    }
    return SR_OK;
}

/* Versions 0 and 1. */
static enum sr_status read_old(struct sr_hdf5_file *f, struct sr_reader *r, uint8_t version,
                               struct superblock *s)
{
    struct sr_bytes versions;
    uint16_t leaf_k = 0;
    uint16_t node_k = 0;
    uint32_t flags = 0;
    SR_TRY(sr_reader_take(r, 7, &versions));
    const uint8_t *v = versions.ptr;
    SR_TRY(check_sizes(f, v[4], v[5]));
    if (v[0] != 0 || v[1] != 0 || v[2] != 0 || v[3] != 0 || v[6] != 0) { /* H-2 */
        return sr_fail(f->err, SR_UNSUPPORTED, "superblock: version of a part");
    }
    SR_TRY(sr_reader_u16le(r, &leaf_k));
    SR_TRY(sr_reader_u16le(r, &node_k));
    SR_TRY(sr_reader_u32le(r, &flags));
    f->chunk_node_k = CHUNK_NODE_K_DEFAULT;
    if (version == 1) {
        uint16_t chunk_k = 0;
        uint16_t reserved = 0;
        SR_TRY(sr_reader_u16le(r, &chunk_k));
        SR_TRY(sr_reader_u16le(r, &reserved));
        f->chunk_node_k = chunk_k;
    }
    f->group_leaf_k = leaf_k;
    f->group_node_k = node_k;
    SR_TRY(sr_reader_u64le(r, &s->base));
    SR_TRY(sr_reader_u64le(r, &s->free_space));
    SR_TRY(sr_reader_u64le(r, &s->end));
    SR_TRY(sr_reader_u64le(r, &s->driver));
    SR_TRY(read_root_entry(r, s));
    if (leaf_k == 0 || node_k == 0 || f->chunk_node_k == 0) {
        return SR_MALFORMED;
    }
    return SR_OK;
}

/* Versions 2 and 3. */
static enum sr_status read_new(struct sr_hdf5_file *f, struct sr_reader *r, struct superblock *s)
{
    struct sr_bytes sizes;
    uint32_t checksum = 0;
    SR_TRY(sr_reader_take(r, 3, &sizes));
    SR_TRY(check_sizes(f, sizes.ptr[0], sizes.ptr[1]));
    SR_TRY(sr_reader_u64le(r, &s->base));
    SR_TRY(sr_reader_u64le(r, &s->extension));
    SR_TRY(sr_reader_u64le(r, &s->end));
    SR_TRY(sr_reader_u64le(r, &s->root.address));
    SR_TRY(sr_reader_u32le(r, &checksum));
    /* What version 1 trees have when no superblock says so. */
    f->group_leaf_k = 4;
    f->group_node_k = 16;
    f->chunk_node_k = CHUNK_NODE_K_DEFAULT;
    return sr_hdf5_checksum(f, sr_bytes(f->bytes.ptr, r->offset));
}

static enum sr_status read_superblock(struct sr_hdf5_file *f)
{
    struct sr_reader r = sr_reader(f->bytes);
    struct sr_bytes signature;
    uint8_t version = 0;
    struct superblock s = {
        .free_space = SR_HDF5_NOWHERE,
        .driver = SR_HDF5_NOWHERE,
        .extension = SR_HDF5_NOWHERE,
        .root = {.tree = SR_HDF5_NOWHERE, .heap = SR_HDF5_NOWHERE},
    };
    SR_TRY(sr_reader_take(&r, SIGNATURE_BYTES, &signature));
    SR_TRY(sr_reader_u8(&r, &version));
    if (!sr_hdf5_is(f->bytes)) { /* H-1 */
        return sr_fail(f->err, SR_MALFORMED, "byte 0: no signature");
    }
    if (version > 3) { /* H-2 */
        return sr_fail(f->err, SR_UNSUPPORTED, "superblock at byte 0: version %u", version);
    }
    SR_TRY(version < 2 ? read_old(f, &r, version, &s) : read_new(f, &r, &s));
    SR_TRY(check_superblock(f, &s));
    sr_hdf5_claim(f, sr_bytes(f->bytes.ptr, r.offset));
    return sr_hdf5_push(f, &s.root);
}

static enum sr_status walk(struct sr_hdf5_file *f)
{
    enum sr_status status = read_superblock(f);
    if (status != SR_OK) {
        return f->err != NULL && f->err->message[0] != '\0'
                   ? status
                   : sr_fail(f->err, status, "superblock at byte 0");
    }
    for (size_t i = 0; i < f->object_count; i++) {
        SR_TRY(sr_hdf5_read_object(f, object_at(f, i)));
    }
    return SR_OK;
}

#define OBJECT_PAGES (SR_LIMIT_HDF5_OBJECTS / SR_HDF5_PAGE)
#define BLOCK_PAGES (SR_LIMIT_HDF5_BLOCKS / SR_HDF5_PAGE)

static void release(struct sr_hdf5_file *f)
{
    for (size_t i = 0; f->objects != NULL && i < OBJECT_PAGES; i++) {
        free(f->objects[i]);
    }
    for (size_t i = 0; f->blocks != NULL && i < BLOCK_PAGES; i++) {
        free(f->blocks[i]);
    }
    free(f->objects);
    free(f->blocks);
    sr_nameset_free(f->object_set);
    sr_nameset_free(f->block_set);
}

enum sr_status sr_hdf5_decode(struct sr_bytes bytes, const struct sr_hdf5_events *events,
                              struct sr_err *err)
{
    struct sr_err own = {0};
    struct sr_hdf5_file f = {.bytes = bytes, .events = events, .err = err != NULL ? err : &own};
    enum sr_status status = SR_NO_MEMORY;
    f.objects = calloc(OBJECT_PAGES, sizeof *f.objects);
    f.blocks = calloc(BLOCK_PAGES, sizeof *f.blocks);
    if (f.objects != NULL && f.blocks != NULL && sr_nameset_new(&f.object_set) == SR_OK &&
        sr_nameset_new(&f.block_set) == SR_OK) {
        status = walk(&f);
    }
    release(&f);
    return status == SR_OK ? SR_OK : sr_context(err, status, "hdf5");
}
