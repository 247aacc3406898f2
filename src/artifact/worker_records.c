/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/worker_records.h"

#include <assert.h>
#include <string.h>

#include "base/reader.h"
#include "base/writer.h"

/* What a text may hold, by kind of record and place. */
enum alphabet {
    NO_TEXT,
    PRINTABLE, /* ASCII from space to '~' */
    WORD,      /* a-z, 0-9, '-', '_', '.'; not empty but for FINISH */
    PATH       /* any bytes but NUL; not empty */
};

struct text_rule {
    enum alphabet alphabet;
    size_t len_max;
};

#define WORD_LEN_MAX 63
#define MEMBER                                                                                     \
    {                                                                                              \
        PRINTABLE, SR_MEMBER_BYTES - 1                                                             \
    }
#define EVIDENCE                                                                                   \
    {                                                                                              \
        PRINTABLE, SR_EVIDENCE_BYTES - 1                                                           \
    }

static const struct text_rule TEXTS[SR_RECORD_KIND_COUNT][SR_RECORD_TEXTS] = {
    [SR_RECORD_FAILED] = {EVIDENCE},
    [SR_RECORD_FINDING] = {MEMBER, EVIDENCE},
    [SR_RECORD_GLOBAL] = {EVIDENCE, EVIDENCE, {WORD, WORD_LEN_MAX}},
    [SR_RECORD_REFERENCE] = {{PATH, SR_LIMIT_PATH_BYTES}},
    [SR_RECORD_ENDED] = {{WORD, WORD_LEN_MAX}},
    [SR_RECORD_FACT] = {EVIDENCE},
};

static bool is_in(enum alphabet alphabet, uint8_t c)
{
    if (alphabet == PATH) {
        return c != '\0';
    }
    if (alphabet == PRINTABLE) {
        return c >= 0x20 && c <= 0x7e;
    }
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

/* The writer's big-endian integers into fixed memory, one after the other. */
struct out {
    uint8_t *bytes;
    size_t len;
};

static void put(struct out *o, uint64_t value, size_t width)
{
    for (size_t i = width; i > 0; i--) {
        o->bytes[o->len++] = (uint8_t)(value >> (8 * (i - 1)));
    }
}

static void put_text(struct out *o, const struct text_rule *rule, const char *text)
{
    size_t len = strnlen(text, rule->len_max);
    put(o, len, 2);
    for (size_t i = 0; i < len; i++) {
        uint8_t c = (uint8_t)text[i];
        o->bytes[o->len++] = is_in(rule->alphabet, c) ? c : rule->alphabet == WORD ? '-' : '?';
    }
}

size_t sr_record_encode(const struct sr_record *record, uint8_t out[SR_RECORD_BYTES_MAX])
{
    assert(record->kind >= SR_RECORD_READY && record->kind < SR_RECORD_KIND_COUNT);
    struct out o = {.bytes = out};
    put(&o, record->kind, 1);
    if (record->kind == SR_RECORD_FINDING) {
        put(&o, record->rule, 2);
        put(&o, record->file, 4);
        put(&o, record->offset, 8);
        put(&o, record->length, 8);
    } else if (record->kind == SR_RECORD_NEED) {
        put(&o, record->chunk, 8);
    } else if (record->kind == SR_RECORD_FACT) {
        put(&o, record->key, 1);
    } else if (record->kind == SR_RECORD_ENDED) {
        put(&o, record->verdict, 1);
        put(&o, record->bytes, 8);
        put(&o, record->covered < record->bytes ? record->covered : record->bytes, 8);
    }
    for (size_t i = 0; i < SR_RECORD_TEXTS; i++) {
        const struct text_rule *rule = &TEXTS[record->kind][i];
        if (rule->alphabet != NO_TEXT) {
            put_text(&o, rule, record->text[i]);
        }
    }
    return o.len;
}

static enum sr_status take_text(struct sr_reader *r, const struct text_rule *rule,
                                char out[SR_RECORD_TEXT_BYTES])
{
    struct sr_bytes text;
    enum sr_status status = sr_reader_block_u16be(r, rule->len_max, &text);
    if (status != SR_OK) {
        return status == SR_TOO_LARGE ? SR_MALFORMED : status;
    }
    if (text.len == 0 && rule->alphabet == PATH) {
        return SR_MALFORMED;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (!is_in(rule->alphabet, text.ptr[i])) {
            return SR_MALFORMED;
        }
        out[i] = (char)text.ptr[i];
    }
    out[text.len] = '\0';
    return SR_OK;
}

static enum sr_status take_finding(struct sr_reader *r, struct sr_record *record)
{
    uint16_t rule = 0;
    SR_TRY(sr_reader_u16be(r, &rule));
    if (rule >= SR_RULE_COUNT) {
        return SR_MALFORMED;
    }
    record->rule = (enum sr_rule)rule;
    SR_TRY(sr_reader_u32be(r, &record->file));
    SR_TRY(sr_reader_u64be(r, &record->offset));
    return sr_reader_u64be(r, &record->length);
}

static enum sr_status take_ended(struct sr_reader *r, struct sr_record *record)
{
    uint8_t verdict = 0;
    SR_TRY(sr_reader_u8(r, &verdict));
    SR_TRY(sr_reader_u64be(r, &record->bytes));
    SR_TRY(sr_reader_u64be(r, &record->covered));
    if (verdict >= SR_VERDICT_COUNT || record->covered > record->bytes) {
        return SR_MALFORMED;
    }
    record->verdict = (enum sr_verdict)verdict;
    return SR_OK;
}

static enum sr_status take_fact(struct sr_reader *r, struct sr_record *record)
{
    uint8_t key = 0;
    SR_TRY(sr_reader_u8(r, &key));
    if (key >= SR_FACT_COUNT) {
        return SR_MALFORMED;
    }
    record->key = (enum sr_fact_key)key;
    return SR_OK;
}

static enum sr_status take_numbers(struct sr_reader *r, struct sr_record *record)
{
    if (record->kind == SR_RECORD_FINDING) {
        return take_finding(r, record);
    }
    if (record->kind == SR_RECORD_FACT) {
        return take_fact(r, record);
    }
    if (record->kind == SR_RECORD_NEED) {
        return sr_reader_u64be(r, &record->chunk);
    }
    return record->kind == SR_RECORD_ENDED ? take_ended(r, record) : SR_OK;
}

enum sr_status sr_record_decode(struct sr_bytes datagram, struct sr_record *out)
{
    struct sr_reader r = sr_reader(datagram);
    uint8_t kind = 0;
    SR_TRY(sr_reader_u8(&r, &kind));
    if (kind < SR_RECORD_READY || kind >= SR_RECORD_KIND_COUNT) {
        return SR_MALFORMED;
    }
    struct sr_record record = {.kind = (enum sr_record_kind)kind};
    SR_TRY(take_numbers(&r, &record));
    for (size_t i = 0; i < SR_RECORD_TEXTS; i++) {
        const struct text_rule *rule = &TEXTS[kind][i];
        if (rule->alphabet != NO_TEXT) {
            SR_TRY(take_text(&r, rule, record.text[i]));
        }
    }
    SR_TRY(sr_reader_end(&r));
    *out = record;
    return SR_OK;
}

static const struct text_rule REQUEST_PATH = {PATH, SR_LIMIT_PATH_BYTES};

size_t sr_request_encode(const struct sr_request *request, uint8_t out[SR_REQUEST_BYTES_MAX])
{
    struct out o = {.bytes = out};
    put(&o, request->kind, 1);
    if (request->kind == SR_REQUEST_FILE) {
        put(&o, request->is_fetched, 1);
        put(&o, request->may_defer, 1);
        put(&o, request->bytes, 8);
        put_text(&o, &REQUEST_PATH, request->path);
    }
    return o.len;
}

enum sr_status sr_request_decode(struct sr_bytes datagram, struct sr_request *out)
{
    struct sr_reader r = sr_reader(datagram);
    struct sr_request request = {0};
    uint8_t kind = 0;
    uint8_t is_fetched = 0;
    uint8_t may_defer = 0;
    SR_TRY(sr_reader_u8(&r, &kind));
    if (kind == SR_REQUEST_FILE) {
        char path[SR_RECORD_TEXT_BYTES];
        SR_TRY(sr_reader_u8(&r, &is_fetched));
        SR_TRY(sr_reader_u8(&r, &may_defer));
        SR_TRY(sr_reader_u64be(&r, &request.bytes));
        SR_TRY(take_text(&r, &REQUEST_PATH, path));
        memcpy(request.path, path, sizeof request.path);
    } else if (kind != SR_REQUEST_FINISH) {
        return SR_MALFORMED;
    }
    if (is_fetched > 1 || may_defer > 1) {
        return SR_MALFORMED;
    }
    request.kind = (enum sr_request_kind)kind;
    request.is_fetched = is_fetched == 1;
    request.may_defer = may_defer == 1;
    SR_TRY(sr_reader_end(&r));
    *out = request;
    return SR_OK;
}
