/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/protobuf.h"

#include <assert.h>

#include "base/limits.h"
#include "base/reader.h"
#include "base/text.h"

enum wire { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_LENGTH = 2, WIRE_FIXED32 = 5 };

/* One value as the wire has it. */
struct raw {
    uint32_t number;
    uint32_t wire;
    uint64_t value;
    struct sr_bytes bytes; /* of LENGTH: the content; else as encoded */
    size_t offset;         /* of bytes, from the reader's begin */
};

/*
 * Seven bits a byte, the lowest first (PB-2). Only the shortest form: a longer one is a second
 * spelling of the same message, and decoders differ in what they do beyond 64 bits.
 */
static enum sr_status read_varint(struct sr_reader *r, uint64_t *out)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = 0;
        SR_TRY(sr_reader_u8(r, &byte));
        if (shift == 63 && byte > 1) {
            return SR_MALFORMED;
        }
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            if (byte == 0 && shift > 0) {
                return SR_MALFORMED;
            }
            *out = value;
            return SR_OK;
        }
    }
    return SR_MALFORMED;
}

/* PB-3, PB-4: field numbers from 1 to 2^29 - 1, but not those kept for implementations; no groups.
 */
static enum sr_status read_tag(struct sr_reader *r, uint32_t *out_number, uint32_t *out_wire)
{
    uint64_t tag = 0;
    SR_TRY(read_varint(r, &tag));
    uint64_t number = tag >> 3;
    uint32_t wire = (uint32_t)(tag & 7);
    if (number == 0 || number >= (1U << 29) || (number >= 19000 && number <= 19999)) {
        return SR_MALFORMED;
    }
    if (wire != WIRE_VARINT && wire != WIRE_FIXED64 && wire != WIRE_LENGTH &&
        wire != WIRE_FIXED32) {
        return SR_MALFORMED;
    }
    *out_number = (uint32_t)number;
    *out_wire = wire;
    return SR_OK;
}

static enum sr_status read_value(struct sr_reader *r, struct raw *raw)
{
    struct sr_bytes begin = r->rest;
    raw->offset = r->offset;
    if (raw->wire == WIRE_VARINT) {
        SR_TRY(read_varint(r, &raw->value));
    } else if (raw->wire == WIRE_FIXED64) {
        SR_TRY(sr_reader_u64le(r, &raw->value));
    } else if (raw->wire == WIRE_FIXED32) {
        uint32_t value = 0;
        SR_TRY(sr_reader_u32le(r, &value));
        raw->value = value;
    } else {
        SR_TRY(read_varint(r, &raw->value));
        raw->offset = r->offset;
        return raw->value > r->rest.len ? SR_TRUNCATED
                                        : sr_reader_take(r, (size_t)raw->value, &raw->bytes);
    }
    raw->bytes = sr_bytes(begin.ptr, r->offset - raw->offset);
    return SR_OK;
}

static enum sr_status read_raw(struct sr_reader *r, struct raw *raw)
{
    SR_TRY(read_tag(r, &raw->number, &raw->wire));
    return read_value(r, raw);
}

static uint32_t wire_of(enum sr_protobuf_kind kind)
{
    if (kind >= SR_PROTOBUF_STRING) {
        return WIRE_LENGTH;
    }
    if (kind == SR_PROTOBUF_FIXED32) {
        return WIRE_FIXED32;
    }
    return kind == SR_PROTOBUF_FIXED64 ? WIRE_FIXED64 : WIRE_VARINT;
}

static bool is_packed(const struct sr_protobuf_field *field, uint32_t wire)
{
    return field->is_repeated && field->kind < SR_PROTOBUF_STRING && wire == WIRE_LENGTH;
}

static const struct sr_protobuf_field *find_field(const struct sr_protobuf_message *message,
                                                  uint32_t number)
{
    for (size_t i = 0; i < message->count; i++) {
        if (message->fields[i].number == number) {
            return &message->fields[i];
        }
    }
    return NULL;
}

void sr_protobuf_init(struct sr_protobuf *p, struct sr_bytes input,
                      const struct sr_protobuf_message *root)
{
    assert(root->count <= SR_PROTOBUF_FIELDS_MAX);
    p->input = input;
    p->at = 0;
    p->items = 0;
    p->depth = 1;
    p->is_done = false;
    p->packed_end = 0;
    p->packed_field = NULL;
    p->levels[0] = (struct sr_protobuf_level){.message = root, .end = input.len};
}

static struct sr_protobuf_level *top(struct sr_protobuf *p)
{
    return &p->levels[p->depth - 1];
}

static enum sr_status fault(const struct sr_protobuf *p, const char *what, enum sr_status status,
                            struct sr_err *err)
{
    const struct sr_protobuf_level *level = &p->levels[p->depth - 1];
    return sr_fail(err, status, "protobuf: %s at byte %zu: %s", level->message->name, p->at, what);
}

/* What a number's kind allows of 64 bits (PB-5). */
static enum sr_status convert(enum sr_protobuf_kind kind, uint64_t *value)
{
    bool is_fine = true;
    if (kind == SR_PROTOBUF_INT32) {
        is_fine = *value <= INT32_MAX || *value >= (uint64_t)INT32_MIN;
    } else if (kind == SR_PROTOBUF_UINT32) {
        is_fine = *value <= UINT32_MAX;
    } else if (kind == SR_PROTOBUF_BOOL) {
        is_fine = *value <= 1;
    } else if (kind == SR_PROTOBUF_SINT64) {
        *value = (*value >> 1) ^ (0 - (*value & 1));
    }
    return is_fine ? SR_OK : SR_MALFORMED;
}

/* One of the packed numbers that the walk is in. */
static enum sr_status next_packed(struct sr_protobuf *p, struct sr_protobuf_item *item,
                                  struct sr_err *err)
{
    struct sr_reader r = sr_reader(sr_bytes(p->input.ptr + p->at, p->packed_end - p->at));
    item->event = SR_PROTOBUF_VALUE;
    item->field = p->packed_field;
    item->number = p->packed_field->number;
    item->offset = p->at;
    item->bytes = r.rest;
    enum sr_status status = read_varint(&r, &item->value);
    if (status == SR_OK) {
        status = convert(p->packed_field->kind, &item->value);
    }
    if (status != SR_OK) {
        return fault(p, p->packed_field->name, status, err);
    }
    item->bytes.len = r.offset;
    p->at += r.offset;
    if (p->at == p->packed_end) {
        p->packed_end = 0;
    }
    return SR_OK;
}

/* PB-6: a field that is not repeated is there once, and one of a oneof's. */
static enum sr_status note_seen(struct sr_protobuf *p, const struct sr_protobuf_field *field,
                                struct sr_err *err)
{
    struct sr_protobuf_level *level = top(p);
    uint64_t bit = (uint64_t)1 << (field - level->message->fields);
    uint32_t oneof = field->oneof != 0 ? 1U << field->oneof : 0;
    if ((!field->is_repeated && (level->seen & bit) != 0) || (level->oneofs & oneof) != 0) {
        return sr_fail(err, SR_MALFORMED, "protobuf: %s at byte %zu: '%s' is there twice",
                       level->message->name, p->at, field->name);
    }
    level->seen |= bit;
    level->oneofs |= oneof;
    return SR_OK;
}

static enum sr_status enter(struct sr_protobuf *p, struct sr_protobuf_item *item,
                            struct sr_err *err)
{
    if (p->depth == SR_PROTOBUF_DEPTH_MAX) {
        return fault(p, "nested too deep", SR_TOO_LARGE, err);
    }
    assert(item->field->message->count <= SR_PROTOBUF_FIELDS_MAX);
    p->at = item->offset;
    p->levels[p->depth] = (struct sr_protobuf_level){.message = item->field->message,
                                                     .field = item->field,
                                                     .begin = item->offset,
                                                     .end = item->offset + item->bytes.len};
    p->depth++;
    item->event = SR_PROTOBUF_ENTER;
    item->message = item->field->message;
    item->depth++;
    return SR_OK;
}

/* Packed numbers: those of fixed width in one piece, the others one by one (PB-7). */
static enum sr_status begin_packed(struct sr_protobuf *p, struct sr_protobuf_item *item,
                                   struct sr_err *err)
{
    uint32_t wire = wire_of(item->field->kind);
    if (wire == WIRE_VARINT) {
        p->at = item->offset;
        p->packed_field = item->field;
        p->packed_end = item->bytes.len > 0 ? item->offset + item->bytes.len : 0;
        return SR_OK;
    }
    size_t width = wire == WIRE_FIXED32 ? 4 : 8;
    if (item->bytes.len % width != 0) {
        return fault(p, "packed numbers end in the middle of one", SR_MALFORMED, err);
    }
    p->at = item->offset + item->bytes.len;
    item->event = SR_PROTOBUF_RUN;
    item->count = item->bytes.len / width;
    return SR_OK;
}

static enum sr_status take_value(struct sr_protobuf *p, struct sr_protobuf_item *item,
                                 struct sr_err *err)
{
    enum sr_status status = convert(item->field->kind, &item->value);
    if (status == SR_OK && item->field->kind == SR_PROTOBUF_STRING &&
        !sr_text_is_utf8(item->bytes)) {
        status = SR_MALFORMED;
    }
    if (status != SR_OK) {
        return sr_fail(err, status, "protobuf: %s at byte %zu: '%s' is out of range or not UTF-8",
                       item->message->name, p->at, item->field->name);
    }
    item->event = SR_PROTOBUF_VALUE;
    p->at = item->offset + item->bytes.len;
    return SR_OK;
}

static enum sr_status next_field(struct sr_protobuf *p, struct sr_protobuf_item *item,
                                 struct sr_err *err)
{
    const struct sr_protobuf_level *level = top(p);
    struct sr_reader r = sr_reader(sr_bytes(p->input.ptr + p->at, level->end - p->at));
    struct raw raw = {0};
    enum sr_status status = read_raw(&r, &raw);
    if (status != SR_OK) {
        return fault(p,
                     status == SR_TRUNCATED ? "a value runs past the end"
                                            : "not a field number and value",
                     status, err);
    }
    item->number = raw.number;
    item->offset = p->at + raw.offset;
    item->value = raw.value;
    item->bytes = raw.bytes;
    item->field = find_field(level->message, raw.number);
    if (item->field == NULL) {
        item->event = SR_PROTOBUF_UNKNOWN;
        p->at += r.offset;
        return SR_OK;
    }
    bool packed = is_packed(item->field, raw.wire);
    if (!packed && raw.wire != wire_of(item->field->kind)) {
        return sr_fail(err, SR_MALFORMED, "protobuf: %s at byte %zu: '%s' has wire type %u",
                       level->message->name, p->at, item->field->name, raw.wire);
    }
    SR_TRY(note_seen(p, item->field, err));
    if (packed) {
        return begin_packed(p, item, err);
    }
    return item->field->kind == SR_PROTOBUF_MESSAGE ? enter(p, item, err)
                                                    : take_value(p, item, err);
}

static void leave(struct sr_protobuf *p, struct sr_protobuf_item *item)
{
    const struct sr_protobuf_level *level = top(p);
    item->event = p->depth == 1 ? SR_PROTOBUF_END : SR_PROTOBUF_LEAVE;
    item->field = level->field;
    item->number = level->field != NULL ? level->field->number : 0;
    item->offset = level->begin;
    item->bytes = sr_bytes(p->input.ptr + level->begin, level->end - level->begin);
    p->is_done = p->depth == 1;
    p->depth--;
}

enum sr_status sr_protobuf_next(struct sr_protobuf *p, struct sr_protobuf_item *out,
                                struct sr_err *err)
{
    assert(!p->is_done && p->depth > 0);
    if (p->input.len > INT32_MAX) {
        return fault(p, "over 2 GiB", SR_TOO_LARGE, err);
    }
    for (;;) {
        if (++p->items > SR_LIMIT_PROTOBUF_ITEMS) {
            return fault(p, "too many fields", SR_TOO_LARGE, err);
        }
        struct sr_protobuf_item item = {.message = top(p)->message,
                                        .depth = p->depth - 1,
                                        .count = 1,
                                        .event = SR_PROTOBUF_END};
        if (p->packed_end != 0) {
            SR_TRY(next_packed(p, &item, err));
        } else if (p->at == top(p)->end) {
            leave(p, &item);
        } else {
            SR_TRY(next_field(p, &item, err));
            if (item.event == SR_PROTOBUF_END) {
                continue; /* packed numbers begin */
            }
        }
        *out = item;
        return SR_OK;
    }
}

bool sr_protobuf_skim(struct sr_bytes input, const struct sr_protobuf_message *message,
                      unsigned fields_max, uint64_t *out_seen)
{
    struct sr_reader r = sr_reader(input);
    uint64_t seen = 0;
    for (unsigned i = 0; r.rest.len > 0; i++) {
        struct raw raw = {0};
        if (i == fields_max || read_raw(&r, &raw) != SR_OK) {
            return false;
        }
        const struct sr_protobuf_field *field = find_field(message, raw.number);
        if (field == NULL || (raw.wire != wire_of(field->kind) && !is_packed(field, raw.wire))) {
            return false;
        }
        seen |= (uint64_t)1 << (field - message->fields);
    }
    *out_seen = seen;
    return true;
}

bool sr_protobuf_peek(struct sr_bytes input, uint32_t number, unsigned fields_max,
                      struct sr_bytes *out)
{
    struct sr_reader r = sr_reader(input);
    for (unsigned i = 0; i < fields_max && r.rest.len > 0; i++) {
        struct raw raw = {0};
        if (read_raw(&r, &raw) != SR_OK) {
            return false;
        }
        if (raw.number == number && raw.wire == WIRE_LENGTH) {
            *out = raw.bytes;
            return true;
        }
    }
    return false;
}
