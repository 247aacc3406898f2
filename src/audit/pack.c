/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/pack.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "formats/base64.h"
#include "formats/jcs.h"
#include "formats/members.h"

#define ORIGIN_BYTES_MAX 255
#define KEY_BYTES_MAX 4096
#define NOTE_BYTES_MAX 1000000 /* formats/note.h */

static const char *const WORDS[SR_PACK_KIND_COUNT] = {
    "strongroom-pack", "key", "witness", "text", "leaf", "checkpoint", "end",
};

const char *sr_pack_kind_word(enum sr_pack_kind kind)
{
    assert(kind < SR_PACK_KIND_COUNT);
    return WORDS[kind];
}

void sr_pack_line_clear(struct sr_pack_line *line)
{
    sr_json_free(line->json);
    sr_buf_free(line->memory);
    *line = (struct sr_pack_line){0};
}

/* Writing. Members in byte order of their names, which is canonical (EP-2). */

static enum sr_status put_word(struct sr_json_writer *w, const char *key, const char *word)
{
    SR_TRY(sr_json_key(w, key));
    return sr_json_put_string(w, sr_text_view(word));
}

static enum sr_status put_text(struct sr_json_writer *w, const char *key, struct sr_bytes text)
{
    SR_TRY(sr_json_key(w, key));
    return sr_json_put_string(w, text);
}

static enum sr_status put_hex(struct sr_json_writer *w, const char *key, const uint8_t *data,
                              size_t len)
{
    SR_TRY(sr_json_key(w, key));
    return sr_json_put_hex(w, sr_bytes(data, len));
}

static enum sr_status put_number(struct sr_json_writer *w, const char *key, uint64_t number)
{
    if (number > (uint64_t)SR_JCS_INTEGER_MAX) {
        return SR_MALFORMED;
    }
    SR_TRY(sr_json_key(w, key));
    return sr_json_put_u64(w, number);
}

/* A text that is canonical JSON already, to the byte. */
static enum sr_status put_canonical(struct sr_json_writer *w, const char *key, struct sr_bytes text)
{
    SR_TRY(sr_json_key(w, key));
    w->needs_comma = true;
    return sr_buf_append(w->out, text);
}

/* errors  NO_MEMORY */
static enum sr_status is_canonical_object(struct sr_bytes text, bool *out)
{
    SR_AUTO(sr_json) json = NULL;
    enum sr_status status = SR_MALFORMED;
    if (text.len > 0 && text.ptr[0] == '{') {
        status = sr_jcs_decode(text, &json, NULL);
    }
    *out = status == SR_OK;
    return status == SR_NO_MEMORY ? status : SR_OK;
}

/* EP-9: an envelope is shown as the object that it is where that keeps its bytes. */
static enum sr_status put_envelope(struct sr_json_writer *w, struct sr_bytes envelope)
{
    bool is_object;
    SR_TRY(is_canonical_object(envelope, &is_object));
    if (is_object) {
        return put_canonical(w, "envelope", envelope);
    }
    SR_AUTO(sr_buf) text = NULL;
    SR_TRY(sr_buf_new(SR_PACK_LINE_BYTES_MAX, &text));
    SR_TRY(sr_base64_encode(envelope, text));
    return put_text(w, "envelope", sr_buf_view(text));
}

static enum sr_status put_leaf(struct sr_json_writer *w, const struct sr_pack_line *line)
{
    if (line->is_withheld) {
        SR_TRY(put_hex(w, "hash", line->hash, sizeof line->hash));
        SR_TRY(put_word(w, "kind", WORDS[SR_PACK_LEAF]));
        return put_number(w, "seq", line->seq);
    }
    bool is_object;
    SR_TRY(is_canonical_object(line->entry, &is_object));
    if (!is_object) {
        return SR_MALFORMED;
    }
    SR_TRY(put_canonical(w, "entry", line->entry));
    SR_TRY(put_envelope(w, line->envelope));
    SR_TRY(put_word(w, "kind", WORDS[SR_PACK_LEAF]));
    SR_TRY(put_hex(w, "salt", line->salt, sizeof line->salt));
    return put_number(w, "seq", line->seq);
}

static enum sr_status put_head(struct sr_json_writer *w, const struct sr_pack_line *line)
{
    SR_TRY(put_number(w, "format", SR_PACK_FORMAT));
    SR_TRY(put_text(w, "key", line->key));
    SR_TRY(put_word(w, "kind", WORDS[SR_PACK_HEAD]));
    SR_TRY(put_text(w, "origin", line->origin));
    SR_TRY(put_hex(w, "room", line->room.bytes, sizeof line->room.bytes));
    return put_number(w, "since", line->since);
}

static enum sr_status put_members(struct sr_json_writer *w, const struct sr_pack_line *line)
{
    switch (line->kind) {
    case SR_PACK_HEAD:
        return put_head(w, line);
    case SR_PACK_KEY:
    case SR_PACK_WITNESS:
        SR_TRY(put_text(w, "key", line->key));
        return put_word(w, "kind", WORDS[line->kind]);
    case SR_PACK_TEXT:
        SR_TRY(put_hex(w, "digest", line->digest, sizeof line->digest));
        SR_TRY(put_word(w, "kind", WORDS[SR_PACK_TEXT]));
        return put_text(w, "text", line->text);
    case SR_PACK_LEAF:
        return put_leaf(w, line);
    case SR_PACK_CHECKPOINT:
        SR_TRY(put_word(w, "kind", WORDS[SR_PACK_CHECKPOINT]));
        return put_text(w, "note", line->text);
    case SR_PACK_END:
    case SR_PACK_KIND_COUNT:
    default:
        SR_TRY(put_hex(w, "digest", line->digest, sizeof line->digest));
        return put_word(w, "kind", WORDS[SR_PACK_END]);
    }
}

enum sr_status sr_pack_line_encode(const struct sr_pack_line *line, struct sr_buf *out,
                                   struct sr_err *err)
{
    SR_AUTO(sr_buf) text = NULL;
    SR_AUTO(sr_json) json = NULL;
    SR_TRY(sr_buf_new(SR_PACK_LINE_BYTES_MAX, &text));
    struct sr_json_writer w = {.out = text};
    assert((unsigned)line->kind < sizeof WORDS / sizeof WORDS[0]);
    enum sr_status status = sr_json_open_object(&w);
    status = status == SR_OK ? put_members(&w, line) : status;
    status = status == SR_OK ? sr_json_close_object(&w) : status;
    if (status != SR_OK) {
        return sr_fail(err, status, "a line of kind '%s' cannot be written", WORDS[line->kind]);
    }
    if (line->kind == SR_PACK_LEAF) {
        SR_TRY(sr_buf_append(out, sr_buf_view(text)));
    } else {
        /* DEL is written otherwise by sr_json_put_string(). */
        SR_TRY(sr_json_decode(sr_buf_view(text), SR_JCS_DEPTH_MAX, &json, err));
        SR_TRY(sr_jcs_encode(sr_json_root(json), out, err));
    }
    return sr_buf_append(out, sr_text_view("\n"));
}

/* Reading. */

struct decoder {
    struct sr_bytes text;
    struct sr_json_value root;
    struct sr_pack_line *out;
    const char *word;
    struct sr_err *err;
};

static enum sr_status get_text(struct decoder *d, const char *key, size_t bytes_max,
                               struct sr_bytes *out)
{
    struct sr_bytes text;
    SR_TRY(sr_members_string(d->root, d->word, key, &text, d->err));
    if (text.len > bytes_max) {
        return sr_fail(d->err, SR_TOO_LARGE, "%s: %s: over %zu bytes", d->word, key, bytes_max);
    }
    *out = text;
    return SR_OK;
}

static enum sr_status get_hex(struct decoder *d, const char *key, uint8_t *out, size_t len)
{
    struct sr_bytes text;
    SR_TRY(sr_members_string(d->root, d->word, key, &text, d->err));
    if (sr_text_unhex(text, out, len) != SR_OK) {
        return sr_fail(d->err, SR_MALFORMED, "%s: %s: not %zu bytes in hexadecimal", d->word, key,
                       len);
    }
    return SR_OK;
}

static enum sr_status get_number(struct decoder *d, const char *key, uint64_t *out)
{
    struct sr_json_value value;
    SR_TRY(sr_members_get(d->root, d->word, key, SR_JSON_INTEGER, &value, d->err));
    if (sr_json_integer(value) < 1) {
        return sr_fail(d->err, SR_MALFORMED, "%s: %s: below 1", d->word, key);
    }
    *out = (uint64_t)sr_json_integer(value);
    return SR_OK;
}

static enum sr_status check_members(struct decoder *d, const char *const *names)
{
    return sr_members_check(d->root, d->word, names, d->err);
}

/* EP-4 */
static enum sr_status decode_head(struct decoder *d)
{
    static const char *const NAMES[] = {"format", "key", "kind", "origin", "room", "since", NULL};
    uint64_t format;
    SR_TRY(get_number(d, "format", &format));
    if (format != SR_PACK_FORMAT) {
        return sr_fail(d->err, SR_UNSUPPORTED, "a pack of another format than %d", SR_PACK_FORMAT);
    }
    SR_TRY(check_members(d, NAMES));
    SR_TRY(get_text(d, "key", KEY_BYTES_MAX, &d->out->key));
    SR_TRY(get_text(d, "origin", ORIGIN_BYTES_MAX, &d->out->origin));
    SR_TRY(get_hex(d, "room", d->out->room.bytes, sizeof d->out->room.bytes));
    return get_number(d, "since", &d->out->since);
}

/* EP-5, EP-6 */
static enum sr_status decode_key(struct decoder *d)
{
    static const char *const NAMES[] = {"key", "kind", NULL};
    SR_TRY(check_members(d, NAMES));
    return get_text(d, "key", KEY_BYTES_MAX, &d->out->key);
}

/* EP-7 */
static enum sr_status decode_text(struct decoder *d)
{
    static const char *const NAMES[] = {"digest", "kind", "text", NULL};
    SR_TRY(check_members(d, NAMES));
    SR_TRY(get_hex(d, "digest", d->out->digest, sizeof d->out->digest));
    return get_text(d, "text", SR_PACK_TEXT_BYTES_MAX, &d->out->text);
}

/* The bytes of a member that is there, in a text that is canonical: where it stands in it. */
static enum sr_status find_part(struct decoder *d, const char *key, struct sr_bytes *out)
{
    struct sr_json_members walk = {.text = d->text};
    struct sr_json_member member;
    bool has_found = false;
    do {
        SR_TRY(sr_json_members_next(&walk, &has_found, &member, d->err));
    } while (has_found &&
             !sr_text_equal(sr_bytes(member.key.ptr + 1, member.key.len - 2), sr_text_view(key)));
    if (!has_found) {
        return sr_fail(d->err, SR_MALFORMED, "%s: %s: missing", d->word, key);
    }
    *out = member.value;
    return SR_OK;
}

/* EP-9 */
static enum sr_status decode_envelope(struct decoder *d)
{
    struct sr_json_value value;
    if (!sr_json_find(d->root, "envelope", &value) ||
        (sr_json_kind(value) != SR_JSON_OBJECT && sr_json_kind(value) != SR_JSON_STRING)) {
        return sr_fail(d->err, SR_MALFORMED, "%s: envelope: neither an object nor base64", d->word);
    }
    if (sr_json_kind(value) == SR_JSON_OBJECT) {
        SR_TRY(find_part(d, "envelope", &d->out->envelope));
    } else {
        SR_TRY(sr_buf_new(SR_PACK_ENVELOPE_BYTES_MAX, &d->out->memory));
        enum sr_status status = sr_base64_decode(sr_json_string(value), d->out->memory);
        if (status != SR_OK) {
            return sr_fail(d->err, status, "%s: envelope: not base64 of an envelope", d->word);
        }
        d->out->envelope = sr_buf_view(d->out->memory);
        bool is_object;
        SR_TRY(is_canonical_object(d->out->envelope, &is_object));
        if (is_object) {
            return sr_fail(d->err, SR_MALFORMED, "%s: envelope: is an object", d->word);
        }
    }
    return d->out->envelope.len <= SR_PACK_ENVELOPE_BYTES_MAX
               ? SR_OK
               : sr_fail(d->err, SR_TOO_LARGE, "%s: envelope: too long", d->word);
}

/* EP-8 */
static enum sr_status decode_leaf(struct decoder *d)
{
    static const char *const SHOWN[] = {"entry", "envelope", "kind", "salt", "seq", NULL};
    static const char *const WITHHELD[] = {"hash", "kind", "seq", NULL};
    struct sr_json_value value;
    SR_TRY(get_number(d, "seq", &d->out->seq));
    d->out->is_withheld = sr_json_find(d->root, "hash", &value);
    if (d->out->is_withheld) {
        SR_TRY(check_members(d, WITHHELD));
        return get_hex(d, "hash", d->out->hash, sizeof d->out->hash);
    }
    SR_TRY(check_members(d, SHOWN));
    SR_TRY(get_hex(d, "salt", d->out->salt, sizeof d->out->salt));
    SR_TRY(sr_members_get(d->root, d->word, "entry", SR_JSON_OBJECT, &value, d->err));
    SR_TRY(find_part(d, "entry", &d->out->entry));
    if (d->out->entry.len > SR_ENTRY_BYTES_MAX) {
        return sr_fail(d->err, SR_TOO_LARGE, "%s: entry: too long", d->word);
    }
    return decode_envelope(d);
}

/* EP-10 */
static enum sr_status decode_checkpoint(struct decoder *d)
{
    static const char *const NAMES[] = {"kind", "note", NULL};
    SR_TRY(check_members(d, NAMES));
    return get_text(d, "note", NOTE_BYTES_MAX, &d->out->text);
}

/* EP-11 */
static enum sr_status decode_end(struct decoder *d)
{
    static const char *const NAMES[] = {"digest", "kind", NULL};
    SR_TRY(check_members(d, NAMES));
    return get_hex(d, "digest", d->out->digest, sizeof d->out->digest);
}

static bool is_object_within(struct sr_bytes value, size_t bytes_max)
{
    return value.len <= bytes_max && value.ptr[0] == '{';
}

static bool take_leaf(struct sr_bytes text, struct sr_pack_line *out)
{
    struct sr_json_members walk = {.text = text};
    struct sr_bytes kind;
    return sr_members_take(&walk, "entry", &out->entry) &&
           sr_members_take(&walk, "envelope", &out->envelope) &&
           sr_members_take_word(&walk, "kind", &kind) &&
           sr_text_equal(kind, sr_text_view(WORDS[SR_PACK_LEAF])) &&
           sr_members_take_hex(&walk, "salt", out->salt, sizeof out->salt) &&
           sr_members_take_number(&walk, "seq", 1, (uint64_t)SR_JCS_INTEGER_MAX, &out->seq) &&
           sr_members_take_end(&walk);
}

/*
 * Leaves are most of a pack, and as we write them they need no tree to be taken apart. False:
 * nothing is said, and the line is decoded as all others are.
 */
static bool decode_plain_leaf(struct sr_bytes text, struct sr_pack_line *out)
{
    struct sr_pack_line line = {.kind = SR_PACK_LEAF};
    if (!sr_text_begins(text, "{\"entry\":") || !sr_jcs_is_plain(text) || !take_leaf(text, &line) ||
        !is_object_within(line.entry, SR_ENTRY_BYTES_MAX) ||
        !is_object_within(line.envelope, SR_PACK_ENVELOPE_BYTES_MAX)) {
        return false;
    }
    *out = line;
    return true;
}

static enum sr_status decode_kind(struct decoder *d)
{
    struct sr_bytes word;
    SR_TRY(sr_members_string(d->root, "line", "kind", &word, d->err));
    unsigned kind = 0;
    while (kind < SR_PACK_KIND_COUNT && !sr_text_equal(word, sr_text_view(WORDS[kind]))) {
        kind++;
    }
    if (kind == SR_PACK_KIND_COUNT) {
        return sr_fail(d->err, SR_MALFORMED, "line: kind: not one of a pack's");
    }
    d->out->kind = (enum sr_pack_kind)kind;
    d->word = WORDS[kind];
    return SR_OK;
}

enum sr_status sr_pack_line_decode(struct sr_bytes text, struct sr_pack_line *out,
                                   struct sr_err *err)
{
    *out = (struct sr_pack_line){0};
    if (text.len > SR_PACK_LINE_BYTES_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "line: over %zu bytes", SR_PACK_LINE_BYTES_MAX);
    }
    if (decode_plain_leaf(text, out)) {
        return SR_OK;
    }
    enum sr_status status = sr_jcs_decode(text, &out->json, err); /* EP-2 */
    if (status == SR_UNSUPPORTED) {
        return sr_fail(err, SR_MALFORMED, "line: not in canonical JSON");
    }
    SR_TRY(status);
    struct decoder d = {
        .text = text, .root = sr_json_root(out->json), .out = out, .word = "line", .err = err};
    if (sr_json_kind(d.root) != SR_JSON_OBJECT) {
        return sr_fail(err, SR_MALFORMED, "line: not an object");
    }
    SR_TRY(decode_kind(&d));
    switch (out->kind) {
    case SR_PACK_HEAD:
        return decode_head(&d);
    case SR_PACK_KEY:
    case SR_PACK_WITNESS:
        return decode_key(&d);
    case SR_PACK_TEXT:
        return decode_text(&d);
    case SR_PACK_LEAF:
        return decode_leaf(&d);
    case SR_PACK_CHECKPOINT:
        return decode_checkpoint(&d);
    case SR_PACK_END:
    case SR_PACK_KIND_COUNT:
    default:
        return decode_end(&d);
    }
}

/* EP-3 */
enum sr_status sr_pack_order(unsigned *state, enum sr_pack_kind kind, struct sr_err *err)
{
    /* The kinds that may come first, and after each kind: bits. */
    static const unsigned HEAD = 1U << SR_PACK_HEAD;
    static const unsigned KEY = 1U << SR_PACK_KEY;
    static const unsigned WITNESS = 1U << SR_PACK_WITNESS;
    static const unsigned BODY = 1U << SR_PACK_TEXT | 1U << SR_PACK_LEAF;
    static const unsigned LAST = 1U << SR_PACK_CHECKPOINT;
    unsigned next[SR_PACK_KIND_COUNT + 1] = {0};
    next[0] = HEAD;
    next[1 + SR_PACK_HEAD] = KEY | WITNESS | BODY | LAST;
    next[1 + SR_PACK_KEY] = KEY | WITNESS | BODY | LAST;
    next[1 + SR_PACK_WITNESS] = WITNESS | BODY | LAST;
    next[1 + SR_PACK_TEXT] = BODY | LAST;
    next[1 + SR_PACK_LEAF] = BODY | LAST;
    next[1 + SR_PACK_CHECKPOINT] = 1U << SR_PACK_END;
    if ((next[*state] >> kind & 1) == 0) {
        return sr_fail(err, SR_MALFORMED, "a line of kind '%s' may not be %s", WORDS[kind],
                       *state == 0 ? "the first" : "here");
    }
    *state = 1 + (unsigned)kind;
    return SR_OK;
}
