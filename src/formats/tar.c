/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/tar.h"

#include <string.h>

#include "base/text.h"

#define BLOCK_BYTES 512

/* Where the fields of a header are, and how long. */
#define NAME_AT 0
#define NAME_BYTES 100
#define SIZE_AT 124
#define SIZE_BYTES 12
#define SUM_AT 148
#define SUM_BYTES 8
#define TYPE_AT 156
#define LINK_AT 157
#define LINK_BYTES 100
#define MAGIC_AT 257
#define PREFIX_AT 345
#define PREFIX_BYTES 155

/* What the headers in front of a member say about it. */
struct extended {
    struct sr_bytes name; /* len 0: nothing */
    struct sr_bytes link;
    bool has_size;
    uint64_t size;
    const char *fault;
};

struct sr_tar sr_tar(struct sr_bytes file)
{
    return (struct sr_tar){.file = file};
}

static bool is_zero(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

/* Digits in octal, between spaces in front and a NUL or space behind. */
static bool read_octal(const uint8_t *field, size_t len, uint64_t *out)
{
    size_t at = 0;
    uint64_t value = 0;
    while (at < len && field[at] == ' ') {
        at++;
    }
    size_t first = at;
    for (; at < len && field[at] >= '0' && field[at] <= '7'; at++) {
        value = value << 3 | (uint64_t)(field[at] - '0'); /* 12 digits are 36 bits */
    }
    bool has_digits = at > first;
    for (; at < len; at++) {
        if (field[at] != ' ' && field[at] != '\0') {
            return false;
        }
    }
    *out = value;
    return has_digits;
}

/* A size: octal, or GNU's binary form for over 8 GiB. */
static bool read_size(const uint8_t *field, uint64_t *out)
{
    if (field[0] != 0x80) {
        return read_octal(field, SIZE_BYTES, out);
    }
    if (!is_zero(field + 1, SIZE_BYTES - 9) || (field[SIZE_BYTES - 8] & 0x80) != 0) {
        return false;
    }
    uint64_t value = 0;
    for (size_t i = SIZE_BYTES - 8; i < SIZE_BYTES; i++) {
        value = value << 8 | field[i];
    }
    *out = value;
    return true;
}

/* TR-2: the sum of all bytes of the header, with spaces in place of the sum. */
static bool has_right_sum(const uint8_t *header)
{
    uint64_t wanted = 0;
    uint64_t sum = 0;
    for (size_t i = 0; i < BLOCK_BYTES; i++) {
        sum += i >= SUM_AT && i < SUM_AT + SUM_BYTES ? ' ' : header[i];
    }
    return read_octal(header + SUM_AT, SUM_BYTES, &wanted) && sum == wanted;
}

bool sr_tar_is_likely(struct sr_bytes file)
{
    return file.len >= BLOCK_BYTES && has_right_sum(file.ptr);
}

/* A text field: up to its NUL, after which there is nothing. */
static struct sr_bytes text_field(const uint8_t *field, size_t len, const char **fault)
{
    const uint8_t *nul = memchr(field, 0, len);
    size_t text_len = nul != NULL ? (size_t)(nul - field) : len;
    if (!is_zero(field + text_len, len - text_len)) {
        *fault = "bytes after the end of a text field";
    }
    return sr_bytes(field, text_len);
}

/* The name in the header itself: of ustar in two parts. */
static struct sr_bytes header_name(struct sr_tar *t, const uint8_t *header, const char **fault)
{
    struct sr_bytes name = text_field(header + NAME_AT, NAME_BYTES, fault);
    bool is_ustar = memcmp(header + MAGIC_AT, "ustar\0", 6) == 0;
    if (!is_ustar || header[PREFIX_AT] == 0) {
        return name;
    }
    struct sr_bytes prefix = text_field(header + PREFIX_AT, PREFIX_BYTES, fault);
    memcpy(t->path, prefix.ptr, prefix.len);
    t->path[prefix.len] = '/';
    memcpy(t->path + prefix.len + 1, name.ptr, name.len);
    return sr_bytes(t->path, prefix.len + 1 + name.len);
}

static enum sr_tar_type type_of(char letter, struct sr_bytes name)
{
    switch (letter) {
    case '\0':
    case '0':
        /* Before ustar there was no letter for folders. */
        return name.len > 0 && name.ptr[name.len - 1] == '/' ? SR_TAR_FOLDER : SR_TAR_FILE;
    case '1':
    case '2':
        return SR_TAR_LINK;
    case '3':
    case '4':
    case '6':
        return SR_TAR_DEVICE;
    case '5':
        return SR_TAR_FOLDER;
    default:
        return SR_TAR_OTHER;
    }
}

/* A record of pax: what it says, in bytes and in decimal, then a space, "key=value" and a newline.
 */
static bool next_record(struct sr_bytes *rest, struct sr_bytes *key, struct sr_bytes *value)
{
    const uint8_t *space = rest->len > 0 ? memchr(rest->ptr, ' ', rest->len) : NULL;
    uint64_t len = 0;
    if (space == NULL || sr_text_parse_u64(sr_bytes(rest->ptr, (size_t)(space - rest->ptr)), 5,
                                           rest->len, &len) != SR_OK) {
        return false;
    }
    const uint8_t *end = rest->ptr + len;
    const uint8_t *equals = space < end ? memchr(space, '=', (size_t)(end - space)) : NULL;
    if (equals == NULL || end[-1] != '\n') {
        return false;
    }
    *key = sr_bytes(space + 1, (size_t)(equals - space) - 1);
    *value = sr_bytes(equals + 1, (size_t)(end - equals) - 2);
    *rest = sr_bytes(end, rest->len - (size_t)len);
    return true;
}

/* Keys that change nothing for who reads the content. */
static bool is_inert_key(struct sr_bytes key)
{
    static const char *const KEYS[] = {"mtime", "atime", "ctime", "uid",
                                       "gid",   "uname", "gname", "comment"};
    for (size_t i = 0; i < sizeof KEYS / sizeof KEYS[0]; i++) {
        if (sr_text_equal(key, sr_text_view(KEYS[i]))) {
            return true;
        }
    }
    return sr_text_begins(key, "LIBARCHIVE.") || sr_text_begins(key, "SCHILY.");
}

/* TR-6. Returns what is wrong, or NULL. */
static const char *take_record(struct sr_bytes key, struct sr_bytes value, struct extended *e)
{
    if (is_inert_key(key)) {
        return NULL;
    }
    if (sr_text_equal(key, sr_text_view("path")) && e->name.len == 0 && value.len > 0) {
        e->name = value;
        return sr_text_is_utf8(value) ? NULL : "pax: a path that is not UTF-8";
    }
    if (sr_text_equal(key, sr_text_view("linkpath")) && e->link.len == 0) {
        e->link = value;
        return NULL;
    }
    if (sr_text_equal(key, sr_text_view("size")) && !e->has_size) {
        e->has_size = sr_text_parse_u64(value, 0, INT64_MAX, &e->size) == SR_OK;
        return e->has_size ? NULL : "pax: size";
    }
    return "pax: a key that is not known, or there twice";
}

static void read_pax(struct sr_bytes records, bool is_global, struct extended *e)
{
    while (records.len > 0) {
        struct sr_bytes key = {0};
        struct sr_bytes value = {0};
        if (!next_record(&records, &key, &value)) {
            e->fault = "pax: a broken record";
            return;
        }
        const char *fault = NULL;
        if (is_global) { /* what it says about names would hold for all that follow */
            fault = is_inert_key(key) ? NULL : "pax: a key for all members";
        } else {
            fault = take_record(key, value, e);
        }
        e->fault = e->fault == NULL ? fault : e->fault;
    }
}

/* GNU's long names end with a NUL. */
static struct sr_bytes long_name(struct sr_bytes content, const char **fault)
{
    if (content.len == 0) {
        *fault = "an empty long name";
        return content;
    }
    return text_field(content.ptr, content.len, fault);
}

struct part {
    const uint8_t *header;
    struct sr_bytes content;
    uint64_t offset;    /* of content */
    bool is_cut;        /* the file ends within it */
    bool has_idle_size; /* its type has no content: readers differ on whether to skip that much */
};

/* Read a header and what it says is behind it, and go past both. */
static enum sr_status read_part(struct sr_tar *t, const struct extended *e, struct part *out,
                                struct sr_err *err)
{
    uint64_t size = 0;
    size_t left = t->file.len - t->at;
    if (left < BLOCK_BYTES) {
        return sr_fail(err, SR_TRUNCATED, "header at byte %zu: the file ends", t->at);
    }
    const uint8_t *header = t->file.ptr + t->at;
    if (!has_right_sum(header)) { /* TR-2 */
        return sr_fail(err, SR_MALFORMED, "header at byte %zu: wrong checksum", t->at);
    }
    if (!read_size(header + SIZE_AT, &size)) { /* TR-4 */
        return sr_fail(err, SR_MALFORMED, "header at byte %zu: size", t->at);
    }
    bool is_member = strchr("xgLK", header[TYPE_AT]) == NULL || header[TYPE_AT] == '\0';
    size = is_member && e->has_size ? e->size : size;
    bool has_content = header[TYPE_AT] < '1' || header[TYPE_AT] > '6';
    bool has_idle_size = !has_content && size != 0;
    size = has_content ? size : 0;
    left -= BLOCK_BYTES;
    *out =
        (struct part){.header = header,
                      .offset = t->at + BLOCK_BYTES,
                      .is_cut = size > left,
                      .has_idle_size = has_idle_size,
                      .content = sr_bytes(header + BLOCK_BYTES, size > left ? left : (size_t)size)};
    size_t padded = out->content.len + (BLOCK_BYTES - out->content.len % BLOCK_BYTES) % BLOCK_BYTES;
    t->at += BLOCK_BYTES + (padded > left ? left : padded);
    return SR_OK;
}

/* TR-7: what fills the last block of the content, and the end of the header. */
static const char *padding_fault(const struct sr_tar *t, const struct part *part)
{
    size_t end = (size_t)part->offset + part->content.len;
    if (part->is_cut) {
        return "cut off";
    }
    if (!is_zero(t->file.ptr + end, t->at - end) || t->at % BLOCK_BYTES != 0) {
        return "padding that is not zero, or cut off";
    }
    if (part->has_idle_size) {
        return "a size where there is no content";
    }
    return is_zero(part->header + PREFIX_AT + PREFIX_BYTES, BLOCK_BYTES - PREFIX_AT - PREFIX_BYTES)
               ? NULL
               : "bytes at the end of the header";
}

static void make_member(struct sr_tar *t, const struct part *part, const struct extended *e,
                        struct sr_tar_member *m)
{
    const char *fault = e->fault;
    struct sr_bytes name = header_name(t, part->header, &fault);
    struct sr_bytes link = text_field(part->header + LINK_AT, LINK_BYTES, &fault);
    m->name = e->name.len > 0 ? e->name : name;
    m->link = e->link.len > 0 ? e->link : link;
    m->type_letter = (char)part->header[TYPE_AT];
    m->type = type_of(m->type_letter, m->name);
    m->content = part->content;
    m->offset = part->offset;
    const char *padding = padding_fault(t, part);
    m->fault = fault == NULL ? padding : fault;
    if (m->type == SR_TAR_OTHER && m->fault == NULL) { /* TR-5 */
        m->fault = "a type that is not known";
    }
    if (m->type == SR_TAR_FOLDER && m->content.len > 0 && m->fault == NULL) {
        m->fault = "a folder with data";
    }
}

/* Headers in front of a member: of pax and GNU. Returns whether this was one. */
static bool take_extension(const struct sr_tar *t, const struct part *part, struct extended *e)
{
    const char *padding = NULL;
    switch (part->header[TYPE_AT]) {
    case 'x':
    case 'g':
        read_pax(part->content, part->header[TYPE_AT] == 'g', e);
        break;
    case 'L':
        e->fault = e->name.len > 0 ? "two names" : e->fault;
        e->name = long_name(part->content, &e->fault);
        break;
    case 'K':
        e->link = long_name(part->content, &e->fault);
        break;
    default:
        return false;
    }
    padding = padding_fault(t, part);
    e->fault = e->fault == NULL ? padding : e->fault;
    return true;
}

/* TR-1: two empty blocks end it, and nothing but zeros follows. */
static enum sr_status check_end(struct sr_tar *t, struct sr_err *err)
{
    size_t left = t->file.len - t->at;
    if (left < (size_t)2 * BLOCK_BYTES) {
        return sr_fail(err, SR_TRUNCATED, "end of the archive at byte %zu: %zu bytes", t->at, left);
    }
    if (left % BLOCK_BYTES != 0 || !is_zero(t->file.ptr + t->at, left)) {
        return sr_fail(err, SR_MALFORMED, "end of the archive at byte %zu: bytes after it", t->at);
    }
    t->at = t->file.len;
    return SR_OK;
}

enum sr_status sr_tar_next(struct sr_tar *t, bool *out_found, struct sr_tar_member *out,
                           struct sr_err *err)
{
    struct sr_tar_member m = {.header_offset = t->at};
    struct extended e = {0};
    struct part part = {0};
    size_t left = t->file.len - t->at;
    if (left >= BLOCK_BYTES && is_zero(t->file.ptr + t->at, BLOCK_BYTES)) {
        SR_TRY(check_end(t, err));
        *out_found = false;
        return SR_OK;
    }
    do {
        SR_TRY(read_part(t, &e, &part, err));
    } while (take_extension(t, &part, &e));
    make_member(t, &part, &e, &m);
    *out = m;
    *out_found = true;
    return SR_OK;
}
