/* SPDX-License-Identifier: Apache-2.0 */
/* What is not in a rule; PL-2 to PL-6 and PL-30 of docs/policy.md. */
#include <string.h>

#include "policy/parse_impl.h"

static enum sr_status read_policy(struct sr_policy_parser *pr)
{
    const struct sr_policy_word *word = NULL;
    SR_TRY(sr_policy_next(pr, "a name in quotes", &word));
    struct sr_bytes text = word->text;
    bool is_good = text.len >= 3 && text.len <= SR_POLICY_NAME_BYTES + 1 && text.ptr[0] == '"' &&
                   text.ptr[text.len - 1] == '"';
    for (size_t i = 1; is_good && i < text.len - 1; i++) {
        uint8_t c = text.ptr[i];
        is_good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    }
    if (!is_good) {
        return sr_policy_at(pr, word,
                            sr_fail(pr->err, SR_MALFORMED,
                                    "%s is not a policy's name in quotes: \"lab\", of a-z, 0-9, "
                                    "'-' and '.', at most %d",
                                    sr_quote(text).text, SR_POLICY_NAME_BYTES - 1));
    }
    pr->p->name = sr_bytes(text.ptr + 1, text.len - 2);
    return SR_OK;
}

/* A name that is declared here: not one that is there already, nor a word of the language. */
static enum sr_status refuse_taken(struct sr_policy_parser *pr, bool is_taken)
{
    const struct sr_policy_word *word = &pr->word[pr->at - 1];
    if (is_taken) {
        return sr_policy_at(
            pr, word,
            sr_fail(pr->err, SR_MALFORMED, "'%s' is declared already", sr_quote(word->text).text));
    }
    if (sr_policy_word_is(word, "any") || sr_policy_word_is(word, "anyone") ||
        sr_policy_word_is(word, "unlocked")) {
        return sr_policy_at(pr, word,
                            sr_fail(pr->err, SR_MALFORMED, "'%s' is a word of the language",
                                    sr_quote(word->text).text));
    }
    return SR_OK;
}

static enum sr_status refuse_more(struct sr_policy_parser *pr, size_t count, size_t max,
                                  const char *what)
{
    if (count >= max) {
        return sr_policy_at(pr, &pr->word[pr->at - 1],
                            sr_fail(pr->err, SR_MALFORMED, "more than %zu %s", max, what));
    }
    return SR_OK;
}

static enum sr_status read_role(struct sr_policy_parser *pr)
{
    struct sr_policy *p = pr->p;
    char name[SR_POLICY_NAME_BYTES] = {0};
    uint8_t index;
    SR_TRY(sr_policy_take_name(pr, "a role", name));
    SR_TRY(refuse_taken(pr, sr_policy_find_role(p, sr_text_view(name), &index)));
    SR_TRY(refuse_more(pr, p->roles, SR_POLICY_ROLES_MAX, "roles"));
    memcpy(p->role[p->roles++], name, sizeof name);
    return SR_OK;
}

static enum sr_status read_class(struct sr_policy_parser *pr)
{
    struct sr_policy *p = pr->p;
    char name[SR_POLICY_NAME_BYTES] = {0};
    bool is_taken = false;
    if (p->rules > 0) {
        return sr_policy_at(pr, &pr->word[0],
                            sr_fail(pr->err, SR_MALFORMED,
                                    "classes are declared above the first rule, and this is not "
                                    "in a rule"));
    }
    SR_TRY(sr_policy_take_name(pr, "a class", name));
    for (size_t i = 0; i < p->classes; i++) {
        is_taken = is_taken || strcmp(p->class[i].name, name) == 0;
    }
    SR_TRY(refuse_taken(pr, is_taken));
    SR_TRY(refuse_more(pr, p->classes, SR_POLICY_CLASSES_MAX, "classes"));
    struct sr_policy_class *class = &p->class[p->classes++];
    *class = (struct sr_policy_class){.line = pr->line, .tier_min = 1, .tier_max = 5};
    memcpy(class->name, name, sizeof name);
    pr->section = SR_POLICY_SECTION_CLASS;
    return SR_OK;
}

static enum sr_status read_rule(struct sr_policy_parser *pr)
{
    struct sr_policy *p = pr->p;
    char name[SR_POLICY_NAME_BYTES] = {0};
    bool is_taken = false;
    SR_TRY(sr_policy_take_name(pr, "a rule", name));
    for (size_t i = 0; i < p->rules; i++) {
        is_taken = is_taken || strcmp(p->rule[i].name, name) == 0;
    }
    SR_TRY(refuse_taken(pr, is_taken));
    SR_TRY(refuse_more(pr, p->rules, SR_POLICY_RULES_MAX, "rules"));
    struct sr_policy_rule *rule = &p->rule[p->rules++];
    *rule = (struct sr_policy_rule){
        .line = pr->line,
        .types = SR_POLICY_TYPE_BIT(SR_PRINCIPAL_HUMAN) | SR_POLICY_TYPE_BIT(SR_PRINCIPAL_SERVICE) |
                 SR_POLICY_TYPE_BIT(SR_PRINCIPAL_WORKLOAD),
        .lasts_ms_max = SR_POLICY_NO_LIMIT,
        .request_ms_max = SR_POLICY_NO_LIMIT,
        .approval_ms_max = SR_POLICY_NO_LIMIT,
        .days = 0x7f,
        .bytes_max = SR_POLICY_NO_LIMIT,
        .files_max = SR_POLICY_NO_LIMIT,
        .copies_max = SR_POLICY_NO_LIMIT,
        .uses_max = SR_POLICY_NO_LIMIT,
    };
    memcpy(rule->name, name, sizeof name);
    pr->section = SR_POLICY_SECTION_RULE;
    return SR_OK;
}

static enum sr_status read_break_glass(struct sr_policy_parser *pr)
{
    pr->p->break_glass.is_allowed = true;
    pr->p->break_glass.line = pr->line;
    pr->section = SR_POLICY_SECTION_BREAK_GLASS;
    return SR_OK;
}

static enum sr_status read_suspend(struct sr_policy_parser *pr)
{
    SR_TRY(sr_policy_expect(pr, "without"));
    return sr_policy_take_names(pr, "an attribute", pr->p->suspending_attribute,
                                &pr->p->suspending);
}

static enum sr_status read_acts(struct sr_policy_parser *pr)
{
    SR_TRY(sr_policy_expect(pr, "within"));
    SR_TRY(sr_policy_take_duration(pr, &pr->p->act_ms_max));
    return sr_policy_take(pr, "ahead") ? sr_policy_take_duration(pr, &pr->p->act_ahead_ms) : SR_OK;
}

/* What comes after the first two '+' of "name+hash+key": whose signatures count as one. */
static struct sr_bytes key_of(struct sr_bytes vkey)
{
    for (unsigned i = 0; i < 2; i++) {
        const uint8_t *plus = vkey.len > 0 ? memchr(vkey.ptr, '+', vkey.len) : NULL;
        size_t skip = plus != NULL ? (size_t)(plus - vkey.ptr) + 1 : vkey.len;
        vkey = sr_bytes(vkey.ptr + skip, vkey.len - skip);
    }
    return vkey;
}

static bool is_url(struct sr_bytes text)
{
    return text.len > 8 && text.len <= 1024 &&
           (sr_text_begins(text, "http://") || sr_text_begins(text, "https://"));
}

static enum sr_status read_witness(struct sr_policy_parser *pr)
{
    struct sr_policy *p = pr->p;
    const struct sr_policy_word *name = NULL;
    const struct sr_policy_word *vkey = NULL;
    const struct sr_policy_word *url = NULL;
    SR_TRY(sr_policy_next(pr, "a witness's name", &name));
    SR_TRY(sr_policy_next(pr, "its key, NAME+HASH+KEY", &vkey));
    SR_TRY(refuse_more(pr, p->witnesses, SR_POLICY_WITNESSES_MAX, "witnesses"));
    if (key_of(vkey->text).len == 0 || vkey->text.ptr[0] == '+') {
        return sr_policy_at(pr, vkey,
                            sr_fail(pr->err, SR_MALFORMED, "'%s' is not a key NAME+HASH+KEY",
                                    sr_quote(vkey->text).text));
    }
    for (size_t i = 0; i < p->witnesses; i++) {
        if (sr_text_equal(name->text, p->witness[i].name) ||
            sr_text_equal(key_of(vkey->text), key_of(p->witness[i].vkey))) {
            return sr_policy_at(pr, name,
                                sr_fail(pr->err, SR_MALFORMED,
                                        "a witness of this name or key is declared already: '%s'",
                                        sr_quote(p->witness[i].name).text));
        }
    }
    struct sr_policy_witness witness = {.name = name->text, .vkey = vkey->text};
    if (sr_policy_more(pr)) {
        SR_TRY(sr_policy_next(pr, "its address", &url));
        if (!is_url(url->text)) {
            return sr_policy_at(pr, url,
                                sr_fail(pr->err, SR_MALFORMED,
                                        "'%s' is not an address: https://HOST/...",
                                        sr_quote(url->text).text));
        }
        witness.url = url->text;
    }
    p->witness[p->witnesses++] = witness;
    return SR_OK;
}

static struct sr_policy_class *open_class(struct sr_policy_parser *pr)
{
    return &pr->p->class[pr->p->classes - 1];
}

/* "3" or "3..5" */
static enum sr_status read_tier(struct sr_policy_parser *pr)
{
    const struct sr_policy_word *word = NULL;
    SR_TRY(sr_policy_next(pr, "a tier such as 3 or 3..5", &word));
    struct sr_bytes text = word->text;
    const uint8_t *at = text.ptr;
    bool is_one = text.len == 1 && at[0] >= '1' && at[0] <= '5';
    bool is_span = text.len == 4 && at[0] >= '1' && at[0] <= at[3] && at[3] <= '5' &&
                   at[1] == '.' && at[2] == '.';
    if (!is_one && !is_span) {
        return sr_policy_at(pr, word,
                            sr_fail(pr->err, SR_MALFORMED,
                                    "'%s' is not a tier: 1 to 5, or from..to as in 3..5",
                                    sr_quote(text).text));
    }
    open_class(pr)->tier_min = (unsigned)(at[0] - '0');
    open_class(pr)->tier_max = (unsigned)(at[text.len - 1] - '0');
    return SR_OK;
}

bool sr_policy_is_kind(struct sr_bytes word)
{
#define KIND(word, title) word,
    static const char *const KINDS[] = {
#include "acts/kinds.def"
    };
#undef KIND
    for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++) {
        if (sr_text_equal(word, sr_text_view(KINDS[i]))) {
            return true;
        }
    }
    return false;
}

static enum sr_status read_kind(struct sr_policy_parser *pr)
{
    struct sr_policy_class *class = open_class(pr);
    do {
        const struct sr_policy_word *word = NULL;
        SR_TRY(sr_policy_next(pr, "a kind", &word));
        /* A misspelt kind would never match: the class would quietly protect nothing. */
        bool is_good = sr_policy_is_kind(word->text);
        for (size_t i = 0; i < class->kinds; i++) {
            is_good = is_good && !sr_policy_word_is(word, class->kind[i]);
        }
        if (!is_good || class->kinds == SR_POLICY_LIST_MAX) {
            return sr_policy_at(pr, word,
                                sr_fail(pr->err, SR_MALFORMED,
                                        "'%s' is not a kind of artifact, or is named twice",
                                        sr_quote(word->text).text));
        }
        memcpy(class->kind[class->kinds++], word->text.ptr, word->text.len);
    } while (sr_policy_more(pr));
    return SR_OK;
}

/* As src/custody/ref.h has them. */
bool sr_policy_is_artifact(struct sr_bytes text)
{
    bool is_good = text.len >= 1 && text.len <= 128;
    for (size_t i = 0; i < text.len && is_good; i++) {
        uint8_t c = text.ptr[i];
        bool is_first = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        is_good = is_first || (i > 0 && (c == '.' || c == '_' || c == '-'));
    }
    return is_good;
}

/* A name, or its beginning and '*'. */
static enum sr_status read_artifact(struct sr_policy_parser *pr)
{
    const struct sr_policy_word *word = NULL;
    SR_TRY(sr_policy_next(pr, "an artifact's name", &word));
    struct sr_bytes text = word->text;
    size_t len = text.len - (text.ptr[text.len - 1] == '*');
    bool is_good = sr_policy_is_artifact(sr_bytes(text.ptr, len));
    if (!is_good) {
        return sr_policy_at(pr, word,
                            sr_fail(pr->err, SR_MALFORMED,
                                    "'%s' is not an artifact's name, nor a beginning and '*'",
                                    sr_quote(text).text));
    }
    memcpy(open_class(pr)->artifact, text.ptr, text.len);
    return SR_OK;
}

static enum sr_status read_holders(struct sr_policy_parser *pr)
{
    return sr_policy_take_roles(pr, &pr->p->break_glass.holders);
}

/* What an emergency can be about: using weights, and containing harm. Never power over others,
 * never a copy that stays outside. */
static enum sr_status read_glass_verbs(struct sr_policy_parser *pr)
{
    uint64_t allowed = UINT64_C(1) << SR_VERB_USE | UINT64_C(1) << SR_VERB_READ |
                       UINT64_C(1) << SR_VERB_ROTATE | UINT64_C(1) << SR_VERB_LEAVE;
    size_t first = pr->at;
    SR_TRY(sr_policy_take_verbs(pr, &pr->p->break_glass.verbs));
    for (size_t i = first; i < pr->words; i++) {
        enum sr_verb verb;
        if (sr_verb_from_word(pr->word[i].text, &verb) && (allowed >> verb & 1) == 0) {
            return sr_policy_at(
                pr, &pr->word[i],
                verb == SR_VERB_EXPORT
                    ? sr_fail(pr->err, SR_MALFORMED, "break-glass never exports")
                    : sr_fail(pr->err, SR_MALFORMED,
                              "break-glass is for use, read, rotate and leave, not for '%s'",
                              sr_verb_info(verb)->word));
        }
    }
    return SR_OK;
}

static enum sr_status read_glass_for(struct sr_policy_parser *pr)
{
    SR_TRY(sr_policy_expect(pr, "at"));
    SR_TRY(sr_policy_expect(pr, "most"));
    return sr_policy_take_duration(pr, &pr->p->break_glass.lasts_ms_max);
}

static enum sr_status read_glass_review(struct sr_policy_parser *pr)
{
    SR_TRY(sr_policy_expect(pr, "within"));
    SR_TRY(sr_policy_take_duration(pr, &pr->p->break_glass.review_ms_max));
    SR_TRY(sr_policy_expect(pr, "by"));
    return sr_policy_take_roles(pr, &pr->p->break_glass.reviewers);
}

static enum sr_status read_glass_requires(struct sr_policy_parser *pr)
{
    pr->p->break_glass.needs_hardware = true;
    return sr_policy_expect(pr, "hardware-key");
}

const struct sr_policy_clause SR_POLICY_TOP_CLAUSES[] = {
    [SR_POLICY_TOP_POLICY] = {"policy", read_policy},
    [SR_POLICY_TOP_ROLE] = {"role", read_role},
    [SR_POLICY_TOP_CLASS] = {"class", read_class},
    [SR_POLICY_TOP_RULE] = {"rule", read_rule},
    [SR_POLICY_TOP_BREAK_GLASS] = {"break-glass", read_break_glass},
    [SR_POLICY_TOP_SUSPEND] = {"suspend", read_suspend},
    [SR_POLICY_TOP_ACTS] = {"acts", read_acts},
    [SR_POLICY_TOP_WITNESS] = {"witness", read_witness},
    {NULL, NULL},
};

const struct sr_policy_clause SR_POLICY_CLASS_CLAUSES[] = {
    {"tier", read_tier},
    {"kind", read_kind},
    {"artifact", read_artifact},
    {NULL, NULL},
};

enum { IN_HOLDERS, IN_GLASS_VERBS, IN_GLASS_FOR, IN_GLASS_REVIEW, IN_GLASS_REQUIRES };
const struct sr_policy_clause SR_POLICY_BREAK_GLASS_CLAUSES[] = {
    [IN_HOLDERS] = {"holders", read_holders},
    [IN_GLASS_VERBS] = {"verbs", read_glass_verbs},
    [IN_GLASS_FOR] = {"for", read_glass_for},
    [IN_GLASS_REVIEW] = {"review", read_glass_review},
    [IN_GLASS_REQUIRES] = {"requires", read_glass_requires},
    {NULL, NULL},
};

enum sr_status sr_policy_check_break_glass(struct sr_policy_parser *pr)
{
    for (unsigned i = IN_HOLDERS; i <= IN_GLASS_REVIEW; i++) {
        if ((pr->seen >> i & 1) == 0) {
            return sr_policy_at(pr, &pr->opened,
                                sr_fail(pr->err, SR_MALFORMED, "break-glass needs '%s'",
                                        SR_POLICY_BREAK_GLASS_CLAUSES[i].word));
        }
    }
    return SR_OK;
}
