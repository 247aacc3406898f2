/* SPDX-License-Identifier: Apache-2.0 */
/* Words of a policy's line, and the values they stand for. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/quantity.h"
#include "policy/parse_impl.h"

/* Ten years: longer than anything here should last. */
#define DURATION_MS_MAX ((int64_t)3653 * 24 * 3600 * 1000)

enum sr_status sr_policy_at(struct sr_policy_parser *pr, const struct sr_policy_word *word,
                            enum sr_status status)
{
    return sr_context(pr->err, status, "line %u, column %u", word->line, word->column);
}

enum sr_status sr_policy_at_end(struct sr_policy_parser *pr, enum sr_status status)
{
    return sr_context(pr->err, status, "line %u, column %u", pr->line, pr->end_column);
}

bool sr_policy_word_is(const struct sr_policy_word *word, const char *literal)
{
    return sr_text_equal(word->text, sr_text_view(literal));
}

bool sr_policy_more(const struct sr_policy_parser *pr)
{
    return pr->at < pr->words;
}

enum sr_status sr_policy_next(struct sr_policy_parser *pr, const char *what,
                              const struct sr_policy_word **out)
{
    if (!sr_policy_more(pr)) {
        enum sr_status status =
            sr_policy_at_end(pr, sr_fail(pr->err, SR_MALFORMED, "%s is missing here", what));
        assert(status != SR_OK); /* the compiler sees one file at a time */
        return status;
    }
    *out = &pr->word[pr->at++];
    return SR_OK;
}

bool sr_policy_take(struct sr_policy_parser *pr, const char *literal)
{
    bool is = sr_policy_more(pr) && sr_policy_word_is(&pr->word[pr->at], literal);
    pr->at += is;
    return is;
}

enum sr_status sr_policy_expect(struct sr_policy_parser *pr, const char *literal)
{
    const struct sr_policy_word *word = NULL;
    char what[32];
    (void)snprintf(what, sizeof what, "'%s'", literal);
    SR_TRY(sr_policy_next(pr, what, &word));
    if (!sr_policy_word_is(word, literal)) {
        return sr_policy_at(pr, word,
                            sr_fail(pr->err, SR_MALFORMED, "'%s' where '%s' should be",
                                    sr_quote(word->text).text, literal));
    }
    return SR_OK;
}

static bool is_name(struct sr_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        bool is_letter = c >= 'a' && c <= 'z';
        bool is_inner = i > 0 && ((c >= '0' && c <= '9') || c == '-');
        if (!is_letter && !is_inner) {
            return false;
        }
    }
    return text.len > 0;
}

enum sr_status sr_policy_take_name(struct sr_policy_parser *pr, const char *what,
                                   char out[SR_POLICY_NAME_BYTES])
{
    const struct sr_policy_word *word = NULL;
    SR_TRY(sr_policy_next(pr, what, &word));
    if (!is_name(word->text)) {
        return sr_policy_at(
            pr, word,
            sr_fail(pr->err, SR_MALFORMED,
                    "'%s' is not %s: names have a-z, 0-9 and '-' and begin with a letter",
                    sr_quote(word->text).text, what));
    }
    if (word->text.len >= SR_POLICY_NAME_BYTES) {
        return sr_policy_at(pr, word,
                            sr_fail(pr->err, SR_MALFORMED, "a name has at most %d characters",
                                    SR_POLICY_NAME_BYTES - 1));
    }
    memcpy(out, word->text.ptr, word->text.len);
    out[word->text.len] = '\0';
    return SR_OK;
}

enum sr_status sr_policy_take_number(struct sr_policy_parser *pr, const char *what, uint64_t min,
                                     uint64_t max, uint64_t *out)
{
    const struct sr_policy_word *word = NULL;
    SR_TRY(sr_policy_next(pr, what, &word));
    if (sr_text_parse_u64(word->text, min, max, out) != SR_OK) {
        return sr_policy_at(pr, word,
                            sr_fail(pr->err, SR_MALFORMED,
                                    "'%s' is not %s: a number from %" PRIu64 " to %" PRIu64,
                                    sr_quote(word->text).text, what, min, max));
    }
    return SR_OK;
}

enum sr_status sr_policy_take_duration(struct sr_policy_parser *pr, int64_t *out_ms)
{
    const struct sr_policy_word *word = NULL;
    int64_t ms = 0;
    SR_TRY(sr_policy_next(pr, "a time such as 8h", &word));
    if (sr_quantity_duration(word->text, &ms) != SR_OK || ms > DURATION_MS_MAX) {
        return sr_policy_at(
            pr, word,
            sr_fail(
                pr->err, SR_MALFORMED,
                "'%s' is not a time: a number and ms, s, m, h, d or w, over 0, at most ten years",
                sr_quote(word->text).text));
    }
    *out_ms = ms;
    return SR_OK;
}

enum sr_status sr_policy_take_size(struct sr_policy_parser *pr, uint64_t *out_bytes)
{
    const struct sr_policy_word *word = NULL;
    SR_TRY(sr_policy_next(pr, "a size such as 200GB", &word));
    if (sr_quantity_bytes(word->text, out_bytes) != SR_OK) {
        return sr_policy_at(pr, word,
                            sr_fail(pr->err, SR_MALFORMED,
                                    "'%s' is not a size: a number and B, KB, MB, GB, TB, KiB, MiB, "
                                    "GiB or TiB, over 0, under 2^53 bytes",
                                    sr_quote(word->text).text));
    }
    return SR_OK;
}

static const char *const DAY[7] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

static bool find_day(struct sr_bytes text, unsigned *out)
{
    for (unsigned i = 0; i < 7; i++) {
        if (sr_text_equal(text, sr_text_view(DAY[i]))) {
            *out = i;
            return true;
        }
    }
    return false;
}

/* "fri", or "sat-mon", which goes over the end of the week. */
static bool parse_days(struct sr_bytes text, unsigned *out)
{
    unsigned from = 0;
    unsigned to = 0;
    unsigned days = 0;
    bool is_range = text.len == 7 && text.ptr[3] == '-';
    if ((text.len != 3 && !is_range) || !find_day(sr_bytes(text.ptr, 3), &from)) {
        return false;
    }
    to = from;
    if (is_range && (!find_day(sr_bytes(text.ptr + 4, 3), &to) || to == from)) {
        return false;
    }
    for (unsigned day = from;; day = (day + 1) % 7) {
        days |= 1U << day;
        if (day == to) {
            break;
        }
    }
    *out = days;
    return true;
}

/* "HH:MM"; 24:00 only where a day ends. */
static bool parse_clock(struct sr_bytes text, bool is_end, unsigned *out)
{
    for (size_t i = 0; i < text.len; i++) {
        if (i != 2 && (text.ptr[i] < '0' || text.ptr[i] > '9')) {
            return false;
        }
    }
    if (text.len != 5 || text.ptr[2] != ':') {
        return false;
    }
    unsigned hour = (text.ptr[0] - '0') * 10U + (text.ptr[1] - '0');
    unsigned minute = (text.ptr[3] - '0') * 10U + (text.ptr[4] - '0');
    if (minute > 59 || hour > 24 || (hour == 24 && (minute > 0 || !is_end))) {
        return false;
    }
    *out = hour % 24 * 60 + minute;
    return true;
}

/* "08:00-18:00". From and to may only be the same minute as 00:00-24:00, all day. */
static bool parse_span(struct sr_bytes text, unsigned *from, unsigned *to)
{
    return text.len == 11 && text.ptr[5] == '-' &&
           parse_clock(sr_bytes(text.ptr, 5), false, from) &&
           parse_clock(sr_bytes(text.ptr + 6, 5), true, to) &&
           (*from != *to || memcmp(text.ptr + 6, "24", 2) == 0);
}

enum sr_status sr_policy_take_hours(struct sr_policy_parser *pr, unsigned *days, unsigned *from,
                                    unsigned *to)
{
    const struct sr_policy_word *word = NULL;
    unsigned day = 0;
    unsigned all = 0;
    SR_TRY(sr_policy_next(pr, "a day such as mon-fri", &word));
    while (parse_days(word->text, &day)) {
        if ((all & day) != 0) {
            return sr_policy_at(pr, word,
                                sr_fail(pr->err, SR_MALFORMED, "'%s': a day is named twice",
                                        sr_quote(word->text).text));
        }
        all |= day;
        SR_TRY(sr_policy_next(pr, "a span such as 08:00-18:00", &word));
    }
    if (all == 0) {
        return sr_policy_at(pr, word,
                            sr_fail(pr->err, SR_MALFORMED,
                                    "'%s' is not a day: mon, tue, wed, thu, fri, sat, sun, or two "
                                    "of them as mon-fri",
                                    sr_quote(word->text).text));
    }
    if (!parse_span(word->text, from, to)) {
        return sr_policy_at(pr, word,
                            sr_fail(pr->err, SR_MALFORMED,
                                    "'%s' is not a span of hours: 08:00-18:00, UTC, or 00:00-24:00 "
                                    "for all day",
                                    sr_quote(word->text).text));
    }
    *days = all;
    return SR_OK;
}

enum sr_status sr_policy_take_moment(struct sr_policy_parser *pr, unsigned *day, unsigned *minute)
{
    const struct sr_policy_word *word = NULL;
    const struct sr_policy_word *clock = NULL;
    SR_TRY(sr_policy_next(pr, "a day such as sat", &word));
    SR_TRY(sr_policy_next(pr, "a time of day such as 03:00", &clock));
    if (!find_day(word->text, day) || !parse_clock(clock->text, false, minute)) {
        return sr_policy_at(pr, word,
                            sr_fail(pr->err, SR_MALFORMED,
                                    "'%s' and the next are not a moment such as sat 03:00",
                                    sr_quote(word->text).text));
    }
    return SR_OK;
}

enum sr_status sr_policy_take_role(struct sr_policy_parser *pr, uint8_t *out)
{
    const struct sr_policy_word *word = NULL;
    SR_TRY(sr_policy_next(pr, "a role", &word));
    if (!sr_policy_find_role(pr->p, word->text, out)) {
        return sr_policy_at(pr, word,
                            sr_fail(pr->err, SR_MALFORMED, "role '%s' is not declared above",
                                    sr_quote(word->text).text));
    }
    return SR_OK;
}

enum sr_status sr_policy_take_roles(struct sr_policy_parser *pr, struct sr_policy_list *out)
{
    struct sr_policy_list list = {0};
    do {
        uint8_t role = 0;
        SR_TRY(sr_policy_take_role(pr, &role));
        if (memchr(list.index, role, list.count) != NULL) {
            return sr_policy_at(
                pr, &pr->word[pr->at - 1],
                sr_fail(pr->err, SR_MALFORMED, "role '%s' is named twice", pr->p->role[role]));
        }
        if (list.count == SR_POLICY_LIST_MAX) {
            return sr_policy_at(
                pr, &pr->word[pr->at - 1],
                sr_fail(pr->err, SR_MALFORMED, "more than %d roles", SR_POLICY_LIST_MAX));
        }
        list.index[list.count++] = role;
    } while (sr_policy_more(pr));
    *out = list;
    return SR_OK;
}

enum sr_status sr_policy_take_verbs(struct sr_policy_parser *pr, uint64_t *out)
{
    uint64_t verbs = 0;
    do {
        const struct sr_policy_word *word = NULL;
        enum sr_verb verb;
        SR_TRY(sr_policy_next(pr, "a verb", &word));
        if (!sr_verb_from_word(word->text, &verb)) {
            return sr_policy_at(
                pr, word,
                sr_fail(pr->err, SR_MALFORMED, "there is no verb '%s'", sr_quote(word->text).text));
        }
        const struct sr_verb_info *info = sr_verb_info(verb);
        if (info->group != SR_VERB_GROUP_ACT) {
            return sr_policy_at(pr, word,
                                sr_fail(pr->err, SR_MALFORMED,
                                        "verb '%s' is not decided by rules of a policy",
                                        info->word));
        }
        if ((verbs >> verb & 1) != 0) {
            return sr_policy_at(
                pr, word, sr_fail(pr->err, SR_MALFORMED, "verb '%s' is named twice", info->word));
        }
        verbs |= UINT64_C(1) << verb;
    } while (sr_policy_more(pr));
    *out = verbs;
    return SR_OK;
}

enum sr_status sr_policy_take_names(struct sr_policy_parser *pr, const char *what,
                                    char (*out)[SR_POLICY_NAME_BYTES], size_t *count)
{
    size_t names = 0;
    do {
        char name[SR_POLICY_NAME_BYTES] = {0};
        SR_TRY(sr_policy_take_name(pr, what, name));
        for (size_t i = 0; i < names; i++) {
            if (strcmp(out[i], name) == 0) {
                return sr_policy_at(pr, &pr->word[pr->at - 1],
                                    sr_fail(pr->err, SR_MALFORMED, "'%s' is named twice", name));
            }
        }
        if (names == SR_POLICY_LIST_MAX) {
            return sr_policy_at(
                pr, &pr->word[pr->at - 1],
                sr_fail(pr->err, SR_MALFORMED, "more than %d names", SR_POLICY_LIST_MAX));
        }
        memcpy(out[names++], name, sizeof name);
    } while (sr_policy_more(pr));
    *count = names;
    return SR_OK;
}
