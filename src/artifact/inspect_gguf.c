/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "artifact/format.h"
#include "artifact/inert.h"
#include "artifact/magic.h"
#include "base/text.h"
#include "formats/gguf.h"

extern const struct sr_format sr_format_jinja;

#define NOT_SAID UINT64_MAX

/* What a file says of the set that it is a part of, and of itself. */
struct metadata {
    struct sr_inspection *in;
    uint64_t number; /* from 0 */
    uint64_t count;
    uint64_t tensors; /* of all files of the set */
};

static bool ends(struct sr_bytes text, const char *with)
{
    size_t len = strlen(with);
    return text.len >= len && memcmp(text.ptr + text.len - len, with, len) == 0;
}

/* U-22: the template of a model, and those for special uses, under `tokenizer.chat_template.x`. */
static bool is_template(struct sr_bytes key)
{
    return sr_text_begins(key, "tokenizer.chat_template");
}

/* Tokens are data, whatever they spell; and the file of a tokenizer travels in one value. */
static bool is_vocabulary(struct sr_bytes key)
{
    return sr_text_begins(key, "tokenizer.ggml.") || sr_text_begins(key, "tokenizer.huggingface.");
}

/* Where a model comes from. */
static bool may_have_address(struct sr_bytes key)
{
    return sr_text_begins(key, "general.") &&
           (ends(key, "url") || ends(key, "link") || ends(key, "doi"));
}

static void check_text(struct metadata *m, const struct sr_gguf_value *value)
{
    bool is_link = may_have_address(value->key) && sr_text_begins(value->text, "https://");
    if (is_template(value->key)) {
        (void)sr_inspection_member(m->in, value->key, value->text, &sr_format_jinja);
        return;
    }
    if (is_vocabulary(value->key)) {
        return;
    }
    if (!sr_text_is_utf8(value->text)) {
        sr_inspection_find(m->in, SR_RULE_MALFORMED, value->offset, value->text.len,
                           "a string that is not UTF-8");
        return;
    }
    if (!is_link || sr_inert_class(value->text) != SR_INERT_ADDRESS) {
        sr_inert_check(m->in, value->text, value->offset);
    }
}

static void visit(void *ctx, const struct sr_gguf_value *value)
{
    struct metadata *m = ctx;
    if (value->is_text) {
        check_text(m, value);
    }
    if (!value->is_number) {
        return;
    }
    if (sr_text_equal(value->key, sr_text_view("split.no"))) {
        m->number = value->number;
    } else if (sr_text_equal(value->key, sr_text_view("split.count"))) {
        m->count = value->number;
    } else if (sr_text_equal(value->key, sr_text_view("split.tensors.count"))) {
        m->tensors = value->number;
    }
}

#define SUFFIX_BYTES (sizeof "-00001-of-00002.gguf" - 1)
#define PARTS_MAX 99999

/* Five digits. */
static bool read_part(const uint8_t *at, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < 5; i++) {
        if (at[i] < '0' || at[i] > '9') {
            return false;
        }
        *out = *out * 10 + (uint64_t)(at[i] - '0');
    }
    return true;
}

/* U-23: the name of a part says which it is, of how many. */
static bool read_name(struct sr_bytes name, uint64_t *out_number, uint64_t *out_count)
{
    if (name.len < SUFFIX_BYTES) {
        return false;
    }
    const uint8_t *at = name.ptr + name.len - SUFFIX_BYTES;
    return at[0] == '-' && memcmp(at + 6, "-of-", 4) == 0 && memcmp(at + 15, ".gguf", 5) == 0 &&
           read_part(at + 1, out_number) && read_part(at + 10, out_count);
}

/* The other parts are opened with this one. */
static void refer_to_parts(struct sr_inspection *in, struct sr_bytes name, uint64_t count)
{
    char other[256];
    struct sr_bytes base = sr_magic_base_name(name);
    if (base.len >= sizeof other) {
        return;
    }
    memcpy(other, base.ptr, base.len);
    for (uint64_t i = 1; i <= count && i <= PARTS_MAX; i++) {
        (void)snprintf(other + base.len - SUFFIX_BYTES, SUFFIX_BYTES + 1, "-%05u-of-%05u.gguf",
                       (unsigned)i, (unsigned)count);
        sr_inspection_refer(in, sr_text_view(other), 0);
    }
}

/* U-23: what name and metadata say of the set agrees. */
static void check_split(const struct metadata *m, struct sr_bytes name, size_t tensors)
{
    uint64_t number = 0;
    uint64_t count = 0;
    bool is_named = read_name(name, &number, &count);
    bool is_part = m->count != NOT_SAID && m->count > 1;
    if (!is_named && !is_part) {
        return;
    }
    if (!is_named || !is_part || m->number == NOT_SAID || m->number + 1 != number ||
        m->count != count || (m->tensors != NOT_SAID && m->tensors < tensors)) {
        sr_inspection_find(m->in, SR_RULE_SPLIT, 0, 0,
                           "split.no %lld, split.count %lld, but the name says %llu of %llu",
                           (long long)m->number, (long long)m->count, (unsigned long long)number,
                           (unsigned long long)count);
        return;
    }
    refer_to_parts(m->in, name, count);
}

static bool is_zero(struct sr_bytes bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        if (bytes.ptr[i] != 0) {
            return false;
        }
    }
    return true;
}

/* Cover what lies in [begin, end) between tensors if it is padding. */
static void cover_padding(struct sr_inspection *in, struct sr_bytes file, uint64_t begin,
                          uint64_t end)
{
    if (is_zero(sr_bytes(file.ptr + begin, (size_t)(end - begin)))) {
        sr_inspection_cover(in, begin, end - begin);
    }
}

/* The decoder has placed the tensors one after the other, each padded, and nothing after them. */
static void cover(struct sr_inspection *in, struct sr_bytes file, const struct sr_tensors *tensors)
{
    size_t count = sr_tensors_count(tensors);
    uint64_t at = count > 0 ? sr_tensors_at(tensors, 0).begin : file.len;
    sr_inspection_cover(in, 0, at);
    for (size_t i = 0; i < count; i++) {
        struct sr_tensor t = sr_tensors_at(tensors, i);
        cover_padding(in, file, at, t.begin);
        sr_inspection_cover(in, t.begin, t.end - t.begin);
        at = t.end;
    }
    cover_padding(in, file, at, file.len);
}

static enum sr_match match(const struct sr_subject *blob)
{
    return blob->bytes.len >= 4 && memcmp(blob->bytes.ptr, "GGUF", 4) == 0 ? SR_MATCH_BYTES
                                                                           : SR_MATCH_NO;
}

static void inspect(struct sr_inspection *in, const struct sr_subject *blob)
{
    SR_AUTO(sr_tensors) tensors = NULL;
    struct metadata m = {.in = in, .number = NOT_SAID, .count = NOT_SAID, .tensors = NOT_SAID};
    struct sr_err err = {0};
    enum sr_status status = sr_gguf_walk(blob->bytes, visit, &m, &tensors, &err);
    if (status != SR_OK) {
        sr_inspection_fail(in, status, 0, &err);
        return;
    }
    check_split(&m, blob->name, sr_tensors_count(tensors));
    cover(in, blob->bytes, tensors);
}

static const char *const EXTENSIONS[] = {".gguf", NULL};
const struct sr_format sr_format_gguf = {
    .name = "gguf",
    .title = "GGUF",
    .extensions = EXTENSIONS,
    .match = match,
    .inspect = inspect,
};
