/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "formats/hdf5_parts.h"

/* Pieces of one object header: each names the next, so that few are ever open. */
#define PIECES_MAX 64
#define FILTERS_MAX 32

enum message_type {
    MESSAGE_NIL = 0x00,
    MESSAGE_SPACE = 0x01,
    MESSAGE_LINK_INFO = 0x02,
    MESSAGE_TYPE = 0x03,
    MESSAGE_FILL_OLD = 0x04,
    MESSAGE_FILL = 0x05,
    MESSAGE_LINK = 0x06,
    MESSAGE_EXTERNAL = 0x07,
    MESSAGE_LAYOUT = 0x08,
    MESSAGE_GROUP_INFO = 0x0a,
    MESSAGE_FILTERS = 0x0b,
    MESSAGE_ATTRIBUTE = 0x0c,
    MESSAGE_COMMENT = 0x0d,
    MESSAGE_CONTINUATION = 0x10,
    MESSAGE_SYMBOLS = 0x11,
    MESSAGE_TIME = 0x12,
    MESSAGE_ATTRIBUTE_INFO = 0x15,
    MESSAGE_REFERENCES = 0x16,
    MESSAGE_COUNT
};

/* Flags of messages. */
#define FLAG_SHARED 0x02u

struct piece {
    uint64_t address;
    uint64_t len;
};

struct header {
    struct sr_hdf5_file *f;
    struct sr_hdf5_object object;
    uint8_t version;
    bool has_order; /* version 2: messages have a creation order */
    uint32_t seen;  /* a bit for each type of message */
    uint32_t messages;
    struct piece pieces[PIECES_MAX];
    size_t piece_count;
    struct sr_hdf5_dataset_parts parts;
    bool is_external;
    struct sr_hdf5_object symbols;
    uint64_t link_heap, link_tree, link_order;
    uint64_t attribute_heap, attribute_tree, attribute_order;
};

static bool has(const struct header *h, enum message_type type)
{
    return (h->seen & (uint32_t)1 << type) != 0;
}

/*
 * Messages.
 */

static enum sr_status read_link_info(struct header *h, struct sr_reader *r)
{
    uint8_t version = 0;
    uint8_t flags = 0;
    uint64_t skipped = 0;
    SR_TRY(sr_reader_u8(r, &version));
    SR_TRY(sr_reader_u8(r, &flags));
    if (version != 0 || flags > 3) {
        return SR_UNSUPPORTED;
    }
    if ((flags & 1) != 0) {
        SR_TRY(sr_reader_u64le(r, &skipped));
    }
    SR_TRY(sr_reader_u64le(r, &h->link_heap));
    SR_TRY(sr_reader_u64le(r, &h->link_tree));
    if ((flags & 2) != 0) {
        SR_TRY(sr_reader_u64le(r, &h->link_order));
    }
    return SR_OK;
}

static enum sr_status read_attribute_info(struct header *h, struct sr_reader *r)
{
    uint8_t version = 0;
    uint8_t flags = 0;
    uint16_t skipped = 0;
    SR_TRY(sr_reader_u8(r, &version));
    SR_TRY(sr_reader_u8(r, &flags));
    if (version != 0 || flags > 3) {
        return SR_UNSUPPORTED;
    }
    if ((flags & 1) != 0) {
        SR_TRY(sr_reader_u16le(r, &skipped));
    }
    SR_TRY(sr_reader_u64le(r, &h->attribute_heap));
    SR_TRY(sr_reader_u64le(r, &h->attribute_tree));
    if ((flags & 2) != 0) {
        SR_TRY(sr_reader_u64le(r, &h->attribute_order));
    }
    return SR_OK;
}

static enum sr_status read_fill(struct sr_reader *r)
{
    struct sr_bytes skipped;
    uint8_t version = 0;
    uint8_t flags = 0;
    uint32_t size = 0;
    SR_TRY(sr_reader_u8(r, &version));
    if (version == 0 || version > 3) {
        return SR_UNSUPPORTED;
    }
    if (version == 3) {
        SR_TRY(sr_reader_u8(r, &flags));
        flags = (flags & 0x20) != 0;
    } else { /* when allocated, when written, whether defined */
        SR_TRY(sr_reader_take(r, 2, &skipped));
        SR_TRY(sr_reader_u8(r, &flags));
        flags = version == 1 || flags == 1;
    }
    if (flags == 0) {
        return SR_OK;
    }
    SR_TRY(sr_reader_u32le(r, &size));
    return sr_reader_take(r, size == UINT32_MAX ? 0 : size, &skipped);
}

static enum sr_status read_fill_old(struct sr_reader *r)
{
    struct sr_bytes skipped;
    uint32_t size = 0;
    SR_TRY(sr_reader_u32le(r, &size));
    return sr_reader_take(r, size, &skipped);
}

/* A link to another file: H-40 */
static enum sr_status read_external_link(struct sr_hdf5_file *f, struct sr_bytes value)
{
    struct sr_reader r = sr_reader(value);
    uint8_t version = 0;
    struct sr_bytes file;
    struct sr_bytes path;
    SR_TRY(sr_reader_u8(&r, &version));
    SR_TRY(sr_hdf5_cstring(&r, 1, &file));
    SR_TRY(sr_hdf5_cstring(&r, 1, &path));
    sr_hdf5_feature(f, SR_HDF5_EXTERNAL_LINK, sr_hdf5_offset(f, value), file);
    return SR_OK;
}

enum { LINK_HARD = 0, LINK_SOFT = 1, LINK_EXTERNAL = 64 };

static enum sr_status read_link_target(struct sr_hdf5_file *f, uint8_t type, struct sr_reader *r)
{
    struct sr_hdf5_object object = {.tree = SR_HDF5_NOWHERE, .heap = SR_HDF5_NOWHERE};
    uint16_t len = 0;
    struct sr_bytes value;
    if (type == LINK_HARD) {
        SR_TRY(sr_reader_u64le(r, &object.address));
        return sr_hdf5_push(f, &object);
    }
    SR_TRY(sr_reader_u16le(r, &len));
    SR_TRY(sr_reader_take(r, len, &value));
    if (type == LINK_EXTERNAL) {
        return read_external_link(f, value);
    }
    sr_hdf5_feature(f, type == LINK_SOFT ? SR_HDF5_SOFT_LINK : SR_HDF5_USER_LINK,
                    sr_hdf5_offset(f, value), value);
    return SR_OK;
}

enum sr_status sr_hdf5_link(struct sr_hdf5_file *f, struct sr_reader *r)
{
    uint8_t version = 0;
    uint8_t flags = 0;
    uint8_t type = LINK_HARD;
    uint8_t charset = 0;
    uint64_t skipped = 0;
    uint64_t len = 0;
    struct sr_bytes name;
    SR_TRY(sr_reader_u8(r, &version));
    SR_TRY(sr_reader_u8(r, &flags));
    if (version != 1 || flags > 0x1f) {
        return SR_UNSUPPORTED;
    }
    if ((flags & 8) != 0) {
        SR_TRY(sr_reader_u8(r, &type));
    }
    if ((flags & 4) != 0) {
        SR_TRY(sr_reader_u64le(r, &skipped));
    }
    if ((flags & 16) != 0) {
        SR_TRY(sr_reader_u8(r, &charset));
    }
    SR_TRY(sr_hdf5_uint(r, (size_t)1 << (flags & 3), &len));
    if (len > r->rest.len) {
        return SR_TRUNCATED;
    }
    SR_TRY(sr_reader_take(r, (size_t)len, &name));
    sr_hdf5_text(f, SR_HDF5_LINK_NAME, sr_bytes(NULL, 0), name);
    return read_link_target(f, type, r);
}

/* Data in other files: H-41. What is stored where is not looked at further. */
static enum sr_status read_external(struct header *h, struct sr_reader *r)
{
    struct sr_bytes head;
    struct sr_bytes name = {0};
    struct sr_hdf5_heap heap = {0};
    uint64_t address = 0;
    uint64_t name_at = 0;
    uint64_t offset = sr_hdf5_offset(h->f, r->rest);
    h->is_external = true;
    SR_TRY(sr_reader_take(r, 8, &head));
    SR_TRY(sr_reader_u64le(r, &address));
    if (r->rest.len >= 8 && sr_reader_u64le(r, &name_at) == SR_OK &&
        sr_hdf5_heap_open(h->f, address, &heap) == SR_OK) {
        (void)!sr_hdf5_heap_text(h->f, &heap, name_at, &name);
    }
    sr_hdf5_feature(h->f, SR_HDF5_EXTERNAL_STORAGE, offset, name);
    return sr_reader_take(r, r->rest.len, &head);
}

/* Versions 1 and 2 of a layout: files of before 2003. */
static enum sr_status read_old_layout(struct sr_hdf5_layout *l, struct sr_reader *r)
{
    struct sr_bytes skipped;
    uint32_t size = 0;
    SR_TRY(sr_reader_u8(r, &l->rank));
    SR_TRY(sr_reader_u8(r, &l->class));
    SR_TRY(sr_reader_take(r, 5, &skipped));
    if (l->class > 2 || l->rank > SR_HDF5_RANK_MAX + 1) {
        return SR_UNSUPPORTED;
    }
    l->address = SR_HDF5_NOWHERE;
    if (l->class != 0) {
        SR_TRY(sr_reader_u64le(r, &l->address));
    }
    l->bytes = SR_HDF5_NOWHERE; /* as many as the shape says */
    for (uint8_t i = 0; i < l->rank; i++) {
        SR_TRY(sr_reader_u32le(r, &size));
        l->chunk[i] = size;
    }
    if (l->class == 0) {
        SR_TRY(sr_reader_u32le(r, &size));
        return sr_reader_take(r, size, &l->compact);
    }
    return SR_OK;
}

/* How chunks are found in version 4. */
static enum sr_status read_index(struct sr_hdf5_layout *l, uint8_t flags, struct sr_reader *r)
{
    enum { SINGLE = 1, IMPLICIT, FIXED_ARRAY, EXTENSIBLE_ARRAY, TREE };
    static const uint8_t SKIPPED[] = {0, 0, 0, 0, 5, 6};
    struct sr_bytes skipped;
    SR_TRY(sr_reader_u8(r, &l->index));
    if (l->index < SINGLE || l->index > TREE) {
        return SR_UNSUPPORTED;
    }
    l->is_single_filtered = l->index == SINGLE && (flags & 2) != 0;
    if (l->is_single_filtered) {
        uint32_t mask = 0;
        SR_TRY(sr_reader_u64le(r, &l->bytes));
        SR_TRY(sr_reader_u32le(r, &mask));
    }
    if (l->index == FIXED_ARRAY) {
        SR_TRY(sr_reader_u8(r, &l->page_bits));
    }
    SR_TRY(sr_reader_take(r, SKIPPED[l->index], &skipped));
    return sr_reader_u64le(r, &l->address);
}

static enum sr_status read_chunks(struct sr_hdf5_layout *l, struct sr_reader *r)
{
    uint8_t flags = 0;
    uint8_t size = 4;
    if (l->version == 4) {
        SR_TRY(sr_reader_u8(r, &flags));
    }
    SR_TRY(sr_reader_u8(r, &l->rank));
    if (l->version == 4) {
        SR_TRY(sr_reader_u8(r, &size));
    } else {
        SR_TRY(sr_reader_u64le(r, &l->address));
    }
    if (l->rank < 2 || l->rank > SR_HDF5_RANK_MAX + 1 || size == 0 || size > 8 || flags > 3) {
        return SR_UNSUPPORTED;
    }
    for (uint8_t i = 0; i < l->rank; i++) {
        SR_TRY(sr_hdf5_uint(r, size, &l->chunk[i]));
    }
    return l->version == 4 ? read_index(l, flags, r) : SR_OK;
}

enum { LAYOUT_COMPACT, LAYOUT_CONTIGUOUS, LAYOUT_CHUNKED, LAYOUT_VIRTUAL };

static enum sr_status read_layout(struct header *h, struct sr_reader *r)
{
    struct sr_hdf5_layout *l = &h->parts.layout;
    uint64_t offset = sr_hdf5_offset(h->f, r->rest);
    struct sr_bytes none = {0};
    uint16_t size = 0;
    SR_TRY(sr_reader_u8(r, &l->version));
    if (l->version == 1 || l->version == 2) {
        return read_old_layout(l, r);
    }
    if (l->version != 3 && l->version != 4) {
        return SR_UNSUPPORTED;
    }
    SR_TRY(sr_reader_u8(r, &l->class));
    switch (l->class) {
    case LAYOUT_COMPACT:
        SR_TRY(sr_reader_u16le(r, &size));
        return sr_reader_take(r, size, &l->compact);
    case LAYOUT_CONTIGUOUS:
        SR_TRY(sr_reader_u64le(r, &l->address));
        return sr_reader_u64le(r, &l->bytes);
    case LAYOUT_CHUNKED:
        return read_chunks(l, r);
    case LAYOUT_VIRTUAL: /* H-42 */
        sr_hdf5_feature(h->f, SR_HDF5_VIRTUAL, offset, none);
        h->is_external = true;
        return sr_reader_take(r, r->rest.len, &none);
    default:
        return SR_UNSUPPORTED;
    }
}

static enum sr_status read_filter(struct header *h, uint8_t version, struct sr_reader *r)
{
    enum { DEFLATE = 1, SHUFFLE, FLETCHER32 };
    uint16_t id = 0;
    uint16_t name_len = 0;
    uint16_t flags = 0;
    uint16_t values = 0;
    struct sr_bytes name = {0};
    struct sr_bytes skipped;
    uint64_t offset = sr_hdf5_offset(h->f, r->rest);
    SR_TRY(sr_reader_u16le(r, &id));
    if (version == 1 || id >= 256) {
        SR_TRY(sr_reader_u16le(r, &name_len));
    }
    SR_TRY(sr_reader_u16le(r, &flags));
    SR_TRY(sr_reader_u16le(r, &values));
    SR_TRY(sr_reader_take(r, version == 1 ? ((size_t)name_len + 7) & ~(size_t)7 : name_len, &name));
    SR_TRY(sr_reader_take(r, (size_t)values * 4 + (version == 1 && values % 2 == 1 ? 4 : 0),
                          &skipped));
    if (id < DEFLATE || id > FLETCHER32) { /* H-24 */
        h->parts.filters.is_unknown = true;
        sr_hdf5_feature(h->f, SR_HDF5_FILTER, offset, name);
    }
    return SR_OK;
}

static enum sr_status read_filters(struct header *h, struct sr_reader *r)
{
    uint8_t version = 0;
    uint8_t count = 0;
    struct sr_bytes reserved;
    SR_TRY(sr_reader_u8(r, &version));
    SR_TRY(sr_reader_u8(r, &count));
    if ((version != 1 && version != 2) || count > FILTERS_MAX) {
        return SR_UNSUPPORTED;
    }
    SR_TRY(sr_reader_take(r, version == 1 ? 6 : 0, &reserved));
    for (uint8_t i = 0; i < count; i++) {
        SR_TRY(read_filter(h, version, r));
    }
    h->parts.filters.is_filtered = count > 0;
    return SR_OK;
}

struct attribute_head {
    uint8_t version;
    uint16_t name_len, type_len, space_len;
};

static enum sr_status read_attribute_head(struct sr_reader *r, struct attribute_head *a)
{
    uint8_t flags = 0;
    uint8_t charset = 0;
    SR_TRY(sr_reader_u8(r, &a->version));
    SR_TRY(sr_reader_u8(r, &flags));
    SR_TRY(sr_reader_u16le(r, &a->name_len));
    SR_TRY(sr_reader_u16le(r, &a->type_len));
    SR_TRY(sr_reader_u16le(r, &a->space_len));
    if (a->version == 0 || a->version > 3 || flags != 0) { /* shared parts: H-22 */
        return SR_UNSUPPORTED;
    }
    return a->version == 3 ? sr_reader_u8(r, &charset) : SR_OK;
}

/* A part of an attribute; version 1 fills each up to a multiple of 8. */
static enum sr_status take_part(struct sr_reader *r, uint8_t version, uint16_t len,
                                struct sr_bytes *out)
{
    struct sr_bytes part;
    SR_TRY(sr_reader_take(r, version == 1 ? ((size_t)len + 7) & ~(size_t)7 : len, &part));
    *out = sr_bytes(part.ptr, len);
    return sr_hdf5_is_zero(sr_bytes(part.ptr + len, part.len - len)) ? SR_OK : SR_MALFORMED;
}

static enum sr_status rest_is_zero(const struct sr_reader *r)
{
    return sr_hdf5_is_zero(r->rest) ? SR_OK : SR_MALFORMED;
}

enum sr_status sr_hdf5_attribute(struct sr_hdf5_file *f, struct sr_reader *r)
{
    struct attribute_head head = {0};
    struct sr_bytes name_part;
    struct sr_bytes type_part;
    struct sr_bytes space_part;
    struct sr_bytes name;
    struct sr_bytes data;
    struct sr_hdf5_type type = {0};
    struct sr_hdf5_space space = {0};
    uint64_t bytes = 0;
    SR_TRY(read_attribute_head(r, &head));
    SR_TRY(take_part(r, head.version, head.name_len, &name_part));
    SR_TRY(take_part(r, head.version, head.type_len, &type_part));
    SR_TRY(take_part(r, head.version, head.space_len, &space_part));
    struct sr_reader name_reader = sr_reader(name_part);
    struct sr_reader type_reader = sr_reader(type_part);
    struct sr_reader space_reader = sr_reader(space_part);
    SR_TRY(sr_hdf5_cstring(&name_reader, 1, &name));
    SR_TRY(rest_is_zero(&name_reader));
    SR_TRY(sr_hdf5_read_type(f, &type_reader, &type));
    SR_TRY(rest_is_zero(&type_reader));
    SR_TRY(sr_hdf5_read_space(f, &space_reader, &space));
    SR_TRY(rest_is_zero(&space_reader));
    SR_TRY(sr_hdf5_data_bytes(f, &space, &type, &bytes));
    if (bytes > r->rest.len) { /* H-30 */
        return SR_TRUNCATED;
    }
    SR_TRY(sr_reader_take(r, (size_t)bytes, &data));
    sr_hdf5_text(f, SR_HDF5_ATTRIBUTE_NAME, sr_bytes(NULL, 0), name);
    return sr_hdf5_elements(f, &type, SR_HDF5_ATTRIBUTE, name, data);
}

static enum sr_status read_comment(struct header *h, struct sr_reader *r)
{
    struct sr_bytes text;
    SR_TRY(sr_hdf5_cstring(r, 1, &text));
    sr_hdf5_text(h->f, SR_HDF5_COMMENT, sr_bytes(NULL, 0), text);
    return SR_OK;
}

static enum sr_status read_continuation(struct header *h, struct sr_reader *r)
{
    struct piece piece = {0};
    SR_TRY(sr_reader_u64le(r, &piece.address));
    SR_TRY(sr_reader_u64le(r, &piece.len));
    if (h->piece_count >= PIECES_MAX) {
        return sr_fail(h->f->err, SR_TOO_LARGE, "object header in over %d pieces", PIECES_MAX);
    }
    h->pieces[h->piece_count++] = piece;
    return SR_OK;
}

static enum sr_status read_group_info(struct sr_reader *r)
{
    struct sr_bytes skipped;
    uint8_t version = 0;
    uint8_t flags = 0;
    SR_TRY(sr_reader_u8(r, &version));
    SR_TRY(sr_reader_u8(r, &flags));
    if (version != 0 || flags > 3) {
        return SR_UNSUPPORTED;
    }
    return sr_reader_take(r, ((flags & 1) != 0 ? 4 : 0) + ((flags & 2) != 0 ? 4 : 0), &skipped);
}

static enum sr_status skip(struct sr_reader *r, size_t len)
{
    struct sr_bytes skipped;
    return sr_reader_take(r, len, &skipped);
}

static enum sr_status read_symbols_message(struct header *h, struct sr_reader *r)
{
    SR_TRY(sr_reader_u64le(r, &h->symbols.tree));
    return sr_reader_u64le(r, &h->symbols.heap);
}

static enum sr_status read_body(struct header *h, enum message_type type, struct sr_reader *r)
{
    switch (type) {
    case MESSAGE_NIL:
        return SR_OK;
    case MESSAGE_SPACE:
        return sr_hdf5_read_space(h->f, r, &h->parts.space);
    case MESSAGE_LINK_INFO:
        return read_link_info(h, r);
    case MESSAGE_TYPE:
        return sr_hdf5_read_type(h->f, r, &h->parts.type);
    case MESSAGE_FILL_OLD:
        return read_fill_old(r);
    case MESSAGE_FILL:
        return read_fill(r);
    case MESSAGE_LINK:
        return sr_hdf5_link(h->f, r);
    case MESSAGE_EXTERNAL:
        return read_external(h, r);
    case MESSAGE_LAYOUT:
        return read_layout(h, r);
    case MESSAGE_GROUP_INFO:
        return read_group_info(r);
    case MESSAGE_FILTERS:
        return read_filters(h, r);
    case MESSAGE_ATTRIBUTE:
        return sr_hdf5_attribute(h->f, r);
    case MESSAGE_COMMENT:
        return read_comment(h, r);
    case MESSAGE_CONTINUATION:
        return read_continuation(h, r);
    case MESSAGE_SYMBOLS:
        return read_symbols_message(h, r);
    case MESSAGE_TIME:
        return skip(r, 8);
    case MESSAGE_ATTRIBUTE_INFO:
        return read_attribute_info(h, r);
    case MESSAGE_REFERENCES:
        return skip(r, 5);
    case MESSAGE_COUNT:
        break;
    }
    return SR_UNSUPPORTED; /* H-8 */
}

/* What may be there more than once. */
static bool may_repeat(uint16_t type)
{
    return type == MESSAGE_NIL || type == MESSAGE_LINK || type == MESSAGE_ATTRIBUTE ||
           type == MESSAGE_CONTINUATION;
}

static enum sr_status read_message(struct header *h, uint16_t type, uint8_t flags,
                                   struct sr_bytes body)
{
    struct sr_reader r = sr_reader(body);
    enum sr_status status = SR_UNSUPPORTED;
    SR_TRY(sr_hdf5_work(h->f, 1));
    if (type == MESSAGE_NIL) {
        sr_hdf5_unused(h->f, body);
        return SR_OK;
    }
    if (type < MESSAGE_COUNT && (flags & FLAG_SHARED) == 0) {
        bool is_again = has(h, (enum message_type)type) && !may_repeat(type);
        h->seen |= (uint32_t)1 << type;
        status = is_again ? SR_MALFORMED : read_body(h, (enum message_type)type, &r); /* H-9 */
    }
    if (status == SR_OK && !sr_hdf5_is_zero(r.rest)) { /* H-7 */
        status = SR_MALFORMED;
    }
    if (status != SR_OK) {
        return sr_context(h->f->err, status, "message 0x%02x at byte %" PRIu64, type,
                          sr_hdf5_offset(h->f, body));
    }
    sr_hdf5_claim(h->f, body);
    return SR_OK;
}

/*
 * Headers: pieces, full of messages.
 */

static enum sr_status read_message_head(struct header *h, struct sr_reader *r, uint16_t *type,
                                        uint16_t *len, uint8_t *flags)
{
    struct sr_bytes reserved;
    if (h->version == 1) {
        SR_TRY(sr_reader_u16le(r, type));
        SR_TRY(sr_reader_u16le(r, len));
        SR_TRY(sr_reader_u8(r, flags));
        return sr_reader_take(r, 3, &reserved);
    }
    uint8_t type_byte = 0;
    SR_TRY(sr_reader_u8(r, &type_byte));
    SR_TRY(sr_reader_u16le(r, len));
    SR_TRY(sr_reader_u8(r, flags));
    *type = type_byte;
    return sr_reader_take(r, h->has_order ? 2 : 0, &reserved);
}

static enum sr_status read_messages(struct header *h, struct sr_bytes piece)
{
    struct sr_reader r = sr_reader(piece);
    size_t head_len = h->version == 1 ? 8 : h->has_order ? 6 : 4;
    while (r.rest.len >= head_len) {
        uint16_t type = 0;
        uint16_t len = 0;
        uint8_t flags = 0;
        struct sr_bytes body;
        struct sr_bytes head = sr_bytes(r.rest.ptr, head_len);
        SR_TRY(read_message_head(h, &r, &type, &len, &flags));
        if (sr_reader_take(&r, len, &body) != SR_OK) { /* H-7 */
            return sr_fail(h->f->err, SR_MALFORMED,
                           "message 0x%02x at byte %" PRIu64 " is longer than its header", type,
                           sr_hdf5_offset(h->f, head));
        }
        h->messages++;
        sr_hdf5_claim(h->f, head);
        SR_TRY(read_message(h, type, flags, body));
    }
    /* A gap that is too short for a message. */
    sr_hdf5_unused(h->f, r.rest);
    return SR_OK;
}

static enum sr_status read_piece(struct header *h, const struct piece *piece)
{
    struct sr_hdf5_file *f = h->f;
    struct sr_bytes block;
    if (h->version == 1) {
        SR_TRY(sr_hdf5_enter(f, "object header", piece->address));
        SR_TRY(sr_hdf5_view(f, "object header", piece->address, piece->len, &block));
        return read_messages(h, block);
    }
    SR_TRY(sr_hdf5_block(f, "OCHK", piece->address, piece->len, &block));
    if (block.len < 8) {
        return sr_fail(f->err, SR_MALFORMED, "object header at byte %" PRIu64 ": %" PRIu64 " bytes",
                       piece->address, piece->len);
    }
    SR_TRY(sr_hdf5_checksum(f, block));
    sr_hdf5_claim(f, sr_bytes(block.ptr, 4));
    sr_hdf5_claim(f, sr_bytes(block.ptr + block.len - 4, 4));
    return read_messages(h, sr_bytes(block.ptr + 4, block.len - 8));
}

static enum sr_status read_pieces(struct header *h)
{
    for (size_t i = 0; i < h->piece_count; i++) {
        SR_TRY(read_piece(h, &h->pieces[i]));
    }
    return SR_OK;
}

static enum sr_status read_old_header(struct header *h)
{
    enum { HEAD_BYTES = 16 };
    struct sr_hdf5_file *f = h->f;
    struct sr_bytes head;
    struct sr_bytes block;
    uint16_t versions = 0;
    uint16_t messages = 0;
    uint32_t references = 0;
    uint32_t len = 0;
    SR_TRY(sr_hdf5_view(f, "object header", h->object.address, HEAD_BYTES, &head));
    struct sr_reader r = sr_reader(head);
    SR_TRY(sr_reader_u16le(&r, &versions));
    SR_TRY(sr_reader_u16le(&r, &messages));
    SR_TRY(sr_reader_u32le(&r, &references));
    SR_TRY(sr_reader_u32le(&r, &len));
    if (versions != 1 || !sr_hdf5_is_zero(r.rest)) {
        return sr_fail(f->err, SR_MALFORMED, "byte %" PRIu64 ": no object header",
                       h->object.address);
    }
    h->version = 1;
    sr_hdf5_claim(f, head);
    SR_TRY(sr_hdf5_view(f, "object header", h->object.address + HEAD_BYTES, len, &block));
    SR_TRY(read_messages(h, block));
    SR_TRY(read_pieces(h));
    if (h->messages != messages) { /* H-7 */
        return sr_fail(f->err, SR_MALFORMED,
                       "object header at byte %" PRIu64 ": %" PRIu32 " messages, not %u",
                       h->object.address, h->messages, messages);
    }
    return SR_OK;
}

static enum sr_status read_new_header(struct header *h)
{
    enum { HEAD_BYTES_MAX = 34 };
    struct sr_hdf5_file *f = h->f;
    struct sr_bytes block = {0};
    struct sr_bytes skipped;
    uint8_t version = 0;
    uint8_t flags = 0;
    uint64_t len = 0;
    uint64_t left = f->bytes.len - h->object.address;
    SR_TRY(sr_hdf5_view(f, "object header", h->object.address,
                        left < HEAD_BYTES_MAX ? left : HEAD_BYTES_MAX, &block));
    struct sr_reader r = sr_reader(block);
    SR_TRY(sr_reader_take(&r, 4, &skipped));
    SR_TRY(sr_reader_u8(&r, &version));
    SR_TRY(sr_reader_u8(&r, &flags));
    if (memcmp(block.ptr, "OHDR", 4) != 0 || version != 2 || (flags & 0xc0) != 0) {
        return sr_fail(f->err, SR_MALFORMED, "byte %" PRIu64 ": no object header",
                       h->object.address);
    }
    /* Times; when to store attributes elsewhere. */
    SR_TRY(sr_reader_take(&r, ((flags & 0x20) != 0 ? 16 : 0) + ((flags & 0x10) != 0 ? 4 : 0),
                          &skipped));
    SR_TRY(sr_hdf5_uint(&r, (size_t)1 << (flags & 3), &len));
    h->version = 2;
    h->has_order = (flags & 4) != 0;
    if (len > f->bytes.len) { /* H-5 */
        return sr_fail(f->err, SR_MALFORMED, "object header at byte %" PRIu64 ": %" PRIu64 " bytes",
                       h->object.address, len);
    }
    SR_TRY(sr_hdf5_view(f, "object header", h->object.address, r.offset + len + 4, &block));
    SR_TRY(sr_hdf5_checksum(f, block));
    sr_hdf5_claim(f, sr_bytes(block.ptr, r.offset));
    sr_hdf5_claim(f, sr_bytes(block.ptr + block.len - 4, 4));
    SR_TRY(read_messages(h, sr_bytes(block.ptr + r.offset, (size_t)len)));
    return read_pieces(h);
}

/*
 * What the messages make together.
 */

static enum sr_status check_chunk_shape(struct header *h)
{
    struct sr_hdf5_dataset_parts *d = &h->parts;
    d->layout.chunk_bytes = 1;
    if (d->layout.rank != d->space.rank + 1 ||
        d->layout.chunk[d->layout.rank - 1] != d->type.size) { /* H-23 */
        return sr_fail(h->f->err, SR_MALFORMED, "layout: chunks of rank %u of another element",
                       d->layout.rank);
    }
    for (uint8_t i = 0; i < d->layout.rank; i++) {
        if (d->layout.chunk[i] == 0 ||
            __builtin_mul_overflow(d->layout.chunk_bytes, d->layout.chunk[i],
                                   &d->layout.chunk_bytes) ||
            d->layout.chunk_bytes > UINT32_MAX) { /* H-23 */
            return sr_fail(h->f->err, SR_MALFORMED, "layout: chunks of 0 bytes, or over 2^32");
        }
    }
    return SR_OK;
}

static enum sr_status read_flat(struct header *h, uint64_t bytes)
{
    struct sr_hdf5_dataset_parts *d = &h->parts;
    struct sr_bytes none = {0};
    struct sr_bytes data = d->layout.compact;
    uint64_t stored = d->layout.class == LAYOUT_COMPACT ? data.len : d->layout.bytes;
    if (d->filters.is_filtered) { /* H-24 */
        return sr_fail(h->f->err, SR_MALFORMED, "layout: filters without chunks");
    }
    if (d->layout.class == LAYOUT_CONTIGUOUS && d->layout.address == SR_HDF5_NOWHERE) {
        return SR_OK; /* never written */
    }
    stored = stored == SR_HDF5_NOWHERE ? bytes : stored;
    if (stored != bytes) { /* H-23 */
        return sr_fail(h->f->err, SR_MALFORMED,
                       "layout: %" PRIu64 " bytes, the shape says %" PRIu64, stored, bytes);
    }
    if (d->layout.class == LAYOUT_CONTIGUOUS) {
        SR_TRY(sr_hdf5_view(h->f, "data", d->layout.address, bytes, &data));
        sr_hdf5_claim(h->f, data);
    }
    d->stored = bytes;
    return sr_hdf5_elements(h->f, &d->type, SR_HDF5_DATA, none, data);
}

static enum sr_status read_data(struct header *h, uint64_t bytes)
{
    struct sr_hdf5_dataset_parts *d = &h->parts;
    if (d->layout.class != LAYOUT_CHUNKED) {
        return read_flat(h, bytes);
    }
    SR_TRY(check_chunk_shape(h));
    if (d->layout.address == SR_HDF5_NOWHERE) {
        return SR_OK; /* never written */
    }
    return d->layout.version == 4 ? sr_hdf5_chunk_index(h->f, d) : sr_hdf5_chunk_tree(h->f, d);
}

static enum sr_status finish_dataset(struct header *h)
{
    struct sr_hdf5_dataset_parts *d = &h->parts;
    uint64_t bytes = 0;
    if (!has(h, MESSAGE_SPACE) || !has(h, MESSAGE_TYPE) || has(h, MESSAGE_SYMBOLS) ||
        has(h, MESSAGE_LINK) || has(h, MESSAGE_LINK_INFO)) { /* H-9 */
        return sr_fail(h->f->err, SR_MALFORMED, "a data set without shape or type, or with links");
    }
    SR_TRY(sr_hdf5_data_bytes(h->f, &d->space, &d->type, &bytes));
    if (!h->is_external) {
        SR_TRY(read_data(h, bytes));
    }
    struct sr_hdf5_dataset event = {.offset = h->object.address,
                                    .rank = d->space.rank,
                                    .bytes = bytes,
                                    .stored = h->is_external ? bytes : d->stored};
    memcpy(event.dims, d->space.dims, sizeof event.dims);
    h->f->events->dataset(h->f->events->ctx, &event);
    return SR_OK;
}

static enum sr_status finish(struct header *h)
{
    const struct sr_hdf5_object *o = &h->object;
    if (o->tree != SR_HDF5_NOWHERE &&
        (o->tree != h->symbols.tree || o->heap != h->symbols.heap)) { /* H-10 */
        return sr_fail(h->f->err, SR_MALFORMED, "its link has another symbol table");
    }
    if (h->attribute_heap != SR_HDF5_NOWHERE) {
        SR_TRY(sr_hdf5_dense(h->f, h->attribute_heap, h->attribute_tree, h->attribute_order,
                             SR_HDF5_DENSE_ATTRIBUTES));
    }
    if (has(h, MESSAGE_LAYOUT)) {
        return finish_dataset(h);
    }
    if (has(h, MESSAGE_SYMBOLS) && has(h, MESSAGE_LINK_INFO)) { /* H-9 */
        return sr_fail(h->f->err, SR_MALFORMED, "a group of both kinds");
    }
    if (has(h, MESSAGE_SYMBOLS)) {
        return sr_hdf5_symbols(h->f, h->symbols.tree, h->symbols.heap);
    }
    if (h->link_heap != SR_HDF5_NOWHERE) {
        return sr_hdf5_dense(h->f, h->link_heap, h->link_tree, h->link_order, SR_HDF5_DENSE_LINKS);
    }
    if (!has(h, MESSAGE_LINK_INFO) && !has(h, MESSAGE_TYPE)) { /* H-9 */
        return sr_fail(h->f->err, SR_UNSUPPORTED, "neither a group nor a data set nor a type");
    }
    return SR_OK;
}

enum sr_status sr_hdf5_read_object(struct sr_hdf5_file *f, const struct sr_hdf5_object *object)
{
    struct header h = {
        .f = f,
        .object = *object,
        .symbols = {.tree = SR_HDF5_NOWHERE, .heap = SR_HDF5_NOWHERE},
        .link_heap = SR_HDF5_NOWHERE,
        .link_order = SR_HDF5_NOWHERE,
        .attribute_heap = SR_HDF5_NOWHERE,
        .attribute_order = SR_HDF5_NOWHERE,
    };
    struct sr_bytes first;
    SR_TRY(sr_hdf5_enter(f, "object header", object->address));
    SR_TRY(sr_hdf5_view(f, "object header", object->address, 1, &first));
    enum sr_status status = first.ptr[0] == 'O' ? read_new_header(&h) : read_old_header(&h);
    if (status == SR_OK) {
        status = finish(&h);
    }
    if (status != SR_OK) {
        return sr_context(f->err, status, "object at byte %" PRIu64, object->address);
    }
    return SR_OK;
}
