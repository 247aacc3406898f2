/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/tlog_policy.h"

#include <string.h>

#include "base/text.h"
#include "formats/lines.h"
#include "formats/quote.h"

enum { RAW_KEY_DIGITS = 64 };

/* A policy while it is read. */
struct reading {
    struct sr_tlog_policy *policy;
    struct sr_bytes rest; /* of the line */
    size_t line;
    bool has_quorum;
    bool has_keys; /* so is_sigsum is known */
    bool is_member[SR_TLOG_POLICY_NODES_MAX];
};

static enum sr_status fail(const struct reading *r, struct sr_err *err, const char *what)
{
    return sr_fail(err, SR_MALFORMED, "line %zu: %s", r->line, what);
}

/* The next item of the line; empty when there is none. */
static struct sr_bytes take_item(struct reading *r)
{
    struct sr_bytes rest = r->rest;
    while (rest.len > 0 && (*rest.ptr == ' ' || *rest.ptr == '\t')) {
        rest = sr_bytes(rest.ptr + 1, rest.len - 1);
    }
    size_t len = 0;
    while (len < rest.len && rest.ptr[len] != ' ' && rest.ptr[len] != '\t') {
        len++;
    }
    r->rest = sr_bytes(rest.ptr + len, rest.len - len);
    return sr_bytes(rest.ptr, len);
}

static bool begins_comment(struct sr_bytes item)
{
    return item.len > 0 && *item.ptr == '#';
}

static bool is_word(struct sr_bytes item, const char *word)
{
    return sr_text_equal(item, sr_text_view(word));
}

static size_t find_node(const struct sr_tlog_policy *p, struct sr_bytes name)
{
    for (size_t i = 0; i < p->nodes; i++) {
        if (sr_text_equal(p->node[i].name, name)) {
            return i;
        }
    }
    return SR_TLOG_POLICY_NONE;
}

/* TP-8: 64 hexadecimal digits are no vkey, which has '+' in it. */
static bool is_raw_key(struct sr_bytes key)
{
    uint8_t raw[RAW_KEY_DIGITS / 2];
    return key.len == RAW_KEY_DIGITS && sr_text_unhex(key, raw, sizeof raw) == SR_OK;
}

/* KEY [URL] [#...], to the end of the line. */
static enum sr_status take_key(struct reading *r, struct sr_bytes *out_key,
                               struct sr_bytes *out_url, struct sr_err *err)
{
    struct sr_bytes key = take_item(r);
    if (key.len == 0 || begins_comment(key)) {
        return fail(r, err, "a key is missing (TP-3)");
    }
    if (r->has_keys && r->policy->is_sigsum != is_raw_key(key)) {
        return fail(r, err, "vkeys and hexadecimal keys in one file (TP-8)");
    }
    struct sr_bytes url = take_item(r);
    struct sr_bytes more = begins_comment(url) ? sr_bytes(NULL, 0) : take_item(r);
    if (more.len > 0 && !begins_comment(more)) {
        return fail(r, err, "something behind the URL (TP-3)");
    }
    r->policy->is_sigsum = is_raw_key(key);
    r->has_keys = true;
    *out_key = key;
    *out_url = begins_comment(url) ? sr_bytes(NULL, 0) : url;
    return SR_OK;
}

static enum sr_status decode_log(struct reading *r, struct sr_err *err)
{
    struct sr_tlog_policy *p = r->policy;
    struct sr_tlog_policy_log log = {0};
    SR_TRY(take_key(r, &log.key, &log.url, err));
    if (p->logs == SR_TLOG_POLICY_LOGS_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "over %d logs (TP-9)", SR_TLOG_POLICY_LOGS_MAX);
    }
    p->log[p->logs++] = log;
    return SR_OK;
}

/* The name of a new node. */
static enum sr_status take_name(struct reading *r, struct sr_bytes *out, struct sr_err *err)
{
    struct sr_bytes name = take_item(r);
    if (name.len == 0 || begins_comment(name) || is_word(name, "none")) {
        return fail(r, err, "a name is missing, is 'none' or begins with '#' (TP-4)");
    }
    if (find_node(r->policy, name) != SR_TLOG_POLICY_NONE) {
        return sr_fail(err, SR_MALFORMED, "line %zu: '%s' is defined twice (TP-4)", r->line,
                       sr_quote(name).text);
    }
    if (r->policy->nodes == SR_TLOG_POLICY_NODES_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "over %d witnesses and groups (TP-9)",
                       SR_TLOG_POLICY_NODES_MAX);
    }
    *out = name;
    return SR_OK;
}

static enum sr_status decode_witness(struct reading *r, struct sr_err *err)
{
    struct sr_tlog_policy_node node = {0};
    SR_TRY(take_name(r, &node.name, err));
    SR_TRY(take_key(r, &node.key, &node.url, err));
    r->policy->node[r->policy->nodes++] = node;
    return SR_OK;
}

/* TP-6: somebody who is defined before, and a member of no other group. */
static enum sr_status add_member(struct reading *r, struct sr_bytes name, struct sr_err *err)
{
    struct sr_tlog_policy *p = r->policy;
    size_t index = find_node(p, name);
    if (index == SR_TLOG_POLICY_NONE) {
        return sr_fail(err, SR_MALFORMED, "line %zu: '%s' is not defined before (TP-6)", r->line,
                       sr_quote(name).text);
    }
    if (r->is_member[index]) {
        return sr_fail(err, SR_MALFORMED, "line %zu: '%s' is a member twice (TP-6)", r->line,
                       sr_quote(name).text);
    }
    r->is_member[index] = true;
    p->member[p->members++] = index;
    return SR_OK;
}

static enum sr_status decode_group(struct reading *r, struct sr_err *err)
{
    struct sr_tlog_policy *p = r->policy;
    struct sr_tlog_policy_node node = {.is_group = true, .first = p->members};
    uint64_t needed = 1;
    SR_TRY(take_name(r, &node.name, err));
    struct sr_bytes how = take_item(r);
    for (struct sr_bytes name = take_item(r); name.len > 0; name = take_item(r)) {
        SR_TRY(add_member(r, name, err));
        node.count++;
    }
    if (node.count == 0) {
        return fail(r, err, "a group without members (TP-5)");
    }
    if (is_word(how, "all")) {
        needed = node.count;
    } else if (!is_word(how, "any") && sr_text_parse_u64(how, 1, node.count, &needed) != SR_OK) {
        return fail(r, err, "a group needs 'all', 'any' or a number of its members (TP-5)");
    }
    node.needed = (size_t)needed;
    p->node[p->nodes++] = node;
    return SR_OK;
}

static enum sr_status decode_quorum(struct reading *r, struct sr_err *err)
{
    struct sr_bytes name = take_item(r);
    if (r->has_quorum) {
        return fail(r, err, "a second quorum (TP-7)");
    }
    r->has_quorum = true;
    r->policy->quorum = find_node(r->policy, name);
    if (r->policy->quorum == SR_TLOG_POLICY_NONE && !is_word(name, "none")) {
        return sr_fail(err, SR_MALFORMED, "line %zu: '%s' is not defined before (TP-7)", r->line,
                       sr_quote(name).text);
    }
    return take_item(r).len == 0 ? SR_OK : fail(r, err, "something behind the quorum (TP-7)");
}

static enum sr_status decode_line(struct reading *r, struct sr_err *err)
{
    static const struct {
        const char *word;
        enum sr_status (*decode)(struct reading *r, struct sr_err *err);
    } LINES[] = {
        {"log", decode_log},
        {"witness", decode_witness},
        {"group", decode_group},
        {"quorum", decode_quorum},
    };
    struct sr_bytes word = take_item(r);
    if (word.len == 0 || begins_comment(word)) {
        return SR_OK;
    }
    for (size_t i = 0; i < sizeof LINES / sizeof LINES[0]; i++) {
        if (is_word(word, LINES[i].word)) {
            return LINES[i].decode(r, err);
        }
    }
    return sr_fail(err, SR_MALFORMED, "line %zu: '%s' is no word of policies (TP-2)", r->line,
                   sr_quote(word).text);
}

/* TP-1 */
static bool has_bad_octets(struct sr_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        if ((c < 0x20 && c != '\t' && c != '\n') || c == 0x7f) {
            return true;
        }
    }
    return false;
}

enum sr_status sr_tlog_policy_decode(struct sr_bytes text, struct sr_tlog_policy *out,
                                     struct sr_err *err)
{
    struct sr_tlog_policy policy = {.quorum = SR_TLOG_POLICY_NONE};
    struct reading r = {.policy = &policy};
    if (text.len > SR_TLOG_POLICY_BYTES_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "a policy of over %d bytes", SR_TLOG_POLICY_BYTES_MAX);
    }
    if (has_bad_octets(text)) {
        return sr_fail(err, SR_MALFORMED, "control characters in a policy (TP-1)");
    }
    while (text.len > 0) {
        r.line++;
        if (!sr_lines_take(&text, &r.rest)) {
            return fail(&r, err, "no newline at its end (TP-1)");
        }
        SR_TRY(decode_line(&r, err));
    }
    if (!r.has_quorum) {
        return sr_fail(err, SR_MALFORMED, "a policy without quorum (TP-7)");
    }
    *out = policy;
    return SR_OK;
}
