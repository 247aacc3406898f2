/* SPDX-License-Identifier: Apache-2.0 */
/* Text, lines and sections; PL-1 and PL-2 of docs/policy.md. */
#include <stdlib.h>
#include <string.h>

#include "formats/lines.h"
#include "policy/parse_impl.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)

static const struct sr_policy_clause *const CLAUSES[SR_POLICY_SECTION_COUNT] = {
    [SR_POLICY_SECTION_TOP] = SR_POLICY_TOP_CLAUSES,
    [SR_POLICY_SECTION_CLASS] = SR_POLICY_CLASS_CLAUSES,
    [SR_POLICY_SECTION_RULE] = SR_POLICY_RULE_CLAUSES,
    [SR_POLICY_SECTION_BREAK_GLASS] = SR_POLICY_BREAK_GLASS_CLAUSES,
};
/* These may be there more than once. */
#define MANY                                                                                       \
    (1U << SR_POLICY_TOP_ROLE | 1U << SR_POLICY_TOP_CLASS | 1U << SR_POLICY_TOP_RULE |             \
     1U << SR_POLICY_TOP_WITNESS)

/* The section that was open is complete. */
static enum sr_status close_section(struct sr_policy_parser *pr)
{
    enum sr_policy_section section = pr->section;
    pr->section = SR_POLICY_SECTION_TOP;
    if (section == SR_POLICY_SECTION_RULE) {
        return sr_policy_check_rule(pr);
    }
    return section == SR_POLICY_SECTION_BREAK_GLASS ? sr_policy_check_break_glass(pr) : SR_OK;
}

static bool find_clause(const struct sr_policy_clause *table, const struct sr_policy_word *word,
                        unsigned *out)
{
    for (unsigned i = 0; table[i].word != NULL; i++) {
        if (sr_policy_word_is(word, table[i].word)) {
            *out = i;
            return true;
        }
    }
    return false;
}

static enum sr_status refuse_twice(struct sr_policy_parser *pr, uint64_t seen, unsigned clause,
                                   const struct sr_policy_word *where)
{
    if ((seen >> clause & 1) != 0) {
        return sr_policy_at(pr, &pr->word[0],
                            sr_fail(pr->err, SR_MALFORMED, "'%s' is there already, in line %u",
                                    sr_quote(pr->word[0].text).text, where[clause].line));
    }
    return SR_OK;
}

static enum sr_status read_in_section(struct sr_policy_parser *pr, unsigned clause)
{
    SR_TRY(refuse_twice(pr, pr->seen, clause, pr->where));
    pr->seen |= UINT64_C(1) << clause;
    pr->where[clause] = pr->word[0];
    return CLAUSES[pr->section][clause].read(pr);
}

static enum sr_status read_at_top(struct sr_policy_parser *pr, unsigned clause)
{
    SR_TRY(close_section(pr));
    if (clause != SR_POLICY_TOP_POLICY && (pr->seen_top >> SR_POLICY_TOP_POLICY & 1) == 0) {
        return sr_policy_at(
            pr, &pr->word[0],
            sr_fail(pr->err, SR_MALFORMED, "a policy begins with its name: policy \"lab\""));
    }
    SR_TRY(refuse_twice(pr, (MANY >> clause & 1) != 0 ? 0 : pr->seen_top, clause, pr->where_top));
    pr->seen_top |= UINT64_C(1) << clause;
    pr->where_top[clause] = pr->word[0];
    pr->opened = pr->word[0];
    pr->seen = 0;
    return SR_POLICY_TOP_CLAUSES[clause].read(pr);
}

static enum sr_status read_line(struct sr_policy_parser *pr)
{
    const struct sr_policy_word *word = &pr->word[0];
    unsigned clause = 0;
    pr->at = 1;
    /* In a rule, "class" is the rule's. */
    if (find_clause(CLAUSES[pr->section], word, &clause) && pr->section != SR_POLICY_SECTION_TOP) {
        SR_TRY(read_in_section(pr, clause));
    } else if (find_clause(SR_POLICY_TOP_CLAUSES, word, &clause)) {
        SR_TRY(read_at_top(pr, clause));
    } else {
        return sr_policy_at(
            pr, word,
            sr_fail(pr->err, SR_MALFORMED, "'%s' is not known here", sr_quote(word->text).text));
    }
    return sr_policy_refuse_rest(pr);
}

/* Characters that one does not see, or that show text in another order than it is read in: what an
 * officer signs has to be what they saw. Unicode 15: general category Cf and Zl, Zp, of the basic
 * plane and plane 14, by their first bytes in UTF-8. */
static bool is_unseen(struct sr_bytes rest)
{
    static const struct {
        uint8_t begin[2];
        uint8_t from;
        uint8_t to;
    } UNSEEN[] = {
        {{0xe2, 0x80}, 0x8b, 0x8f}, /* U+200B..200F */
        {{0xe2, 0x80}, 0xa8, 0xae}, /* U+2028..202E */
        {{0xe2, 0x81}, 0xa0, 0xaf}, /* U+2060..206F */
        {{0xef, 0xbb}, 0xbf, 0xbf}, /* U+FEFF */
        {{0xd8, 0x9c}, 0x00, 0xff}, /* U+061C, two bytes */
        {{0xf3, 0xa0}, 0x80, 0xbf}, /* U+E0000.. */
    };
    if (rest.len >= 2 && rest.ptr[0] == 0xc2 && rest.ptr[1] <= 0xad) {
        return rest.ptr[1] <= 0x9f || rest.ptr[1] == 0xad; /* U+0080..009F, U+00AD */
    }
    for (size_t i = 0; i < sizeof UNSEEN / sizeof UNSEEN[0]; i++) {
        if (rest.len >= 2 && memcmp(rest.ptr, UNSEEN[i].begin, 2) == 0 &&
            (rest.len == 2 || (rest.ptr[2] >= UNSEEN[i].from && rest.ptr[2] <= UNSEEN[i].to))) {
            return true;
        }
    }
    return false;
}

/* Check the characters from offset on; all are a comment when is_comment. */
static enum sr_status check_characters(struct sr_policy_parser *pr, struct sr_bytes line,
                                       size_t from, size_t to, bool is_comment)
{
    for (size_t i = from; i < to; i++) {
        uint8_t c = line.ptr[i];
        bool is_good = (c >= 0x20 && c < 0x7f) || c == '\t' ||
                       (is_comment && c >= 0x80 && !is_unseen(sr_bytes(line.ptr + i, to - i)));
        if (!is_good) {
            struct sr_policy_word word = {.line = pr->line, .column = (unsigned)i + 1};
            return sr_policy_at(
                pr, &word,
                sr_fail(pr->err, SR_MALFORMED, "byte 0x%02x: %s", c,
                        c == '\r' ? "lines end with a newline alone"
                                  : "only printable ASCII, and visible UTF-8 in comments"));
        }
    }
    return SR_OK;
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t';
}

/* Cut a line into words; a word that begins with '#' begins a comment. */
static enum sr_status split_line(struct sr_policy_parser *pr, struct sr_bytes line)
{
    size_t at = 0;
    pr->words = 0;
    pr->end_column = 1;
    while (at < line.len) {
        size_t begin = at;
        while (at < line.len && is_space(line.ptr[at])) {
            at++;
        }
        if (at < line.len && line.ptr[at] == '#') {
            return check_characters(pr, line, at, line.len, true);
        }
        begin = at;
        while (at < line.len && !is_space(line.ptr[at])) {
            at++;
        }
        SR_TRY(check_characters(pr, line, begin, at, false));
        if (at > begin && pr->words == SR_POLICY_WORDS_MAX) {
            pr->end_column = (unsigned)begin + 1;
            return sr_policy_at_end(
                pr, sr_fail(pr->err, SR_MALFORMED, "more than %d words", SR_POLICY_WORDS_MAX));
        }
        if (at > begin) {
            pr->word[pr->words++] =
                (struct sr_policy_word){.text = sr_bytes(line.ptr + begin, at - begin),
                                        .line = pr->line,
                                        .column = (unsigned)begin + 1};
            pr->end_column = (unsigned)at + 1;
        }
    }
    return SR_OK;
}

enum sr_status sr_policy_take_line(struct sr_policy_parser *pr, struct sr_bytes *rest)
{
    struct sr_bytes line = *rest;
    pr->line++;
    pr->at = 0;
    if (!sr_lines_take(rest, &line)) {
        rest->len = 0; /* the last line may do without a newline */
    }
    if (line.len > SR_POLICY_LINE_BYTES_MAX) {
        pr->end_column = SR_POLICY_LINE_BYTES_MAX + 1;
        return sr_policy_at_end(pr, sr_fail(pr->err, SR_MALFORMED, "a line of over %d bytes",
                                            SR_POLICY_LINE_BYTES_MAX));
    }
    return split_line(pr, line);
}

enum sr_status sr_policy_refuse_rest(struct sr_policy_parser *pr)
{
    if (!sr_policy_more(pr)) {
        return SR_OK;
    }
    return sr_policy_at(pr, &pr->word[pr->at],
                        sr_fail(pr->err, SR_MALFORMED, "'%s' should not be there",
                                sr_quote(pr->word[pr->at].text).text));
}

static enum sr_status read_lines(struct sr_policy_parser *pr)
{
    struct sr_bytes rest = pr->p->text;
    while (rest.len > 0) {
        SR_TRY(sr_policy_take_line(pr, &rest));
        if (pr->words > 0) {
            SR_TRY(read_line(pr));
        }
    }
    pr->line += pr->line == 0; /* of no text at all */
    SR_TRY(close_section(pr));
    return sr_policy_check_all(pr);
}

static void free_covers(struct sr_policy_covers **covers)
{
    free(*covers);
}

/* An empty policy with its own copy of the text, and room for as many rules as there can be. */
static enum sr_status new_policy(struct sr_bytes text, struct sr_policy **out)
{
    SR_AUTO(sr_policy) p = calloc(1, sizeof *p);
    uint8_t *copy = calloc(1, text.len + 1);
    if (p == NULL || copy == NULL) {
        free(copy);
        return SR_NO_MEMORY;
    }
    if (text.len > 0) {
        memcpy(copy, text.ptr, text.len);
    }
    p->text = sr_bytes(copy, text.len);
    p->act_ms_max = DAY_MS;
    p->act_ahead_ms = 120000;
    p->rule = calloc(SR_POLICY_RULES_MAX, sizeof *p->rule);
    if (p->rule == NULL) {
        return SR_NO_MEMORY;
    }
    *out = SR_TAKE(p);
    return SR_OK;
}

/* Give back what was not needed of the room for rules. */
static void trim(struct sr_policy *p)
{
    struct sr_policy_rule *fewer = realloc(p->rule, (p->rules > 0 ? p->rules : 1) * sizeof *fewer);
    if (fewer != NULL) {
        p->rule = fewer;
    }
}

enum sr_status sr_policy_parse(struct sr_bytes text, struct sr_policy **out, struct sr_err *err)
{
    SR_AUTO(sr_policy) p = NULL;
    if (text.len > SR_POLICY_BYTES_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "a policy has at most %d bytes", SR_POLICY_BYTES_MAX);
    }
    if (!sr_text_is_utf8(text)) {
        return sr_fail(err, SR_MALFORMED, "the policy is not UTF-8");
    }
    SR_TRY(new_policy(text, &p));
    struct sr_policy_parser pr = {.p = p, .err = err, .end_column = 1};
    SR_CLEANUP(free_covers) struct sr_policy_covers *covers = calloc(1, sizeof *covers);
    if (covers == NULL) {
        return SR_NO_MEMORY;
    }
    pr.covers = covers;
    SR_TRY(read_lines(&pr));
    SR_TRY(sr_sha256_once(p->text, p->digest));
    trim(p);
    *out = SR_TAKE(p);
    return SR_OK;
}
