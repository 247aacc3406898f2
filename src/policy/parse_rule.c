/* SPDX-License-Identifier: Apache-2.0 */
/* The clauses of a rule; PL-7 to PL-19 of docs/policy.md. */
#include <string.h>

#include "policy/parse_impl.h"

struct sr_policy_rule *sr_policy_open_rule(struct sr_policy_parser *pr)
{
    return &pr->p->rule[pr->p->rules - 1];
}

static enum sr_status read_verbs(struct sr_policy_parser *pr)
{
    return sr_policy_take_verbs(pr, &sr_policy_open_rule(pr)->verbs);
}

static enum sr_status take_class(struct sr_policy_parser *pr, uint8_t *out)
{
    const struct sr_policy_word *word = NULL;
    SR_TRY(sr_policy_next(pr, "a class, or 'any'", &word));
    for (size_t i = 0; i < pr->p->classes; i++) {
        if (sr_policy_word_is(word, pr->p->class[i].name)) {
            *out = (uint8_t)i;
            return SR_OK;
        }
    }
    return sr_policy_at(pr, word,
                        sr_fail(pr->err, SR_MALFORMED, "class '%s' is not declared above",
                                sr_quote(word->text).text));
}

static enum sr_status read_class(struct sr_policy_parser *pr)
{
    struct sr_policy_rule *rule = sr_policy_open_rule(pr);
    struct sr_policy_list list = {0};
    if (sr_policy_take(pr, "any")) {
        rule->any_class = true;
        return SR_OK;
    }
    do {
        uint8_t class = 0;
        SR_TRY(take_class(pr, &class));
        if (memchr(list.index, class, list.count) != NULL || list.count == SR_POLICY_LIST_MAX) {
            return sr_policy_at(pr, &pr->word[pr->at - 1],
                                sr_fail(pr->err, SR_MALFORMED,
                                        "class '%s' is named twice, or there are more than %d",
                                        pr->p->class[class].name, SR_POLICY_LIST_MAX));
        }
        list.index[list.count++] = class;
    } while (sr_policy_more(pr));
    rule->classes = list;
    return SR_OK;
}

static enum sr_status read_by(struct sr_policy_parser *pr)
{
    struct sr_policy_rule *rule = sr_policy_open_rule(pr);
    rule->by_anyone = sr_policy_take(pr, "anyone");
    rule->by_unlocked = !rule->by_anyone && sr_policy_take(pr, "unlocked");
    return rule->by_anyone || rule->by_unlocked ? SR_OK : sr_policy_take_roles(pr, &rule->by);
}

static enum sr_status read_types(struct sr_policy_parser *pr)
{
    struct sr_policy_rule *rule = sr_policy_open_rule(pr);
    unsigned types = 0;
    do {
        const struct sr_policy_word *word = NULL;
        enum sr_principal_type type;
        SR_TRY(sr_policy_next(pr, "a type of principal", &word));
        if (!sr_principal_type_from_word(word->text, &type)) {
            return sr_policy_at(
                pr, word,
                sr_fail(pr->err, SR_MALFORMED,
                        "'%s' is not a type of principal: human, service, workload or agent",
                        sr_quote(word->text).text));
        }
        if ((types & SR_POLICY_TYPE_BIT(type)) != 0) {
            return sr_policy_at(pr, word,
                                sr_fail(pr->err, SR_MALFORMED, "type '%s' is named twice",
                                        sr_principal_type_word(type)));
        }
        types |= SR_POLICY_TYPE_BIT(type);
    } while (sr_policy_more(pr));
    rule->types = types;
    return SR_OK;
}

/* Take the next word without the comma behind it, when it has one. */
static bool drop_comma(struct sr_policy_parser *pr)
{
    struct sr_policy_word *word = sr_policy_more(pr) ? &pr->word[pr->at] : NULL;
    if (word == NULL || word->text.ptr[word->text.len - 1] != ',') {
        return false;
    }
    word->text.len--;
    return true;
}

/* "not the requester" and "distinct persons" always hold; whoever writes them is not wrong. */
static enum sr_status read_courtesies(struct sr_policy_parser *pr)
{
    for (bool goes_on = true; goes_on;) {
        if (sr_policy_take(pr, "not")) {
            SR_TRY(sr_policy_expect(pr, "the"));
            goes_on = drop_comma(pr);
            SR_TRY(sr_policy_expect(pr, "requester"));
        } else {
            SR_TRY(sr_policy_expect(pr, "distinct"));
            goes_on = drop_comma(pr);
            SR_TRY(sr_policy_expect(pr, "persons"));
        }
    }
    return SR_OK;
}

static enum sr_status take_need(struct sr_policy_parser *pr, bool *out_comma)
{
    struct sr_policy_rule *rule = sr_policy_open_rule(pr);
    const struct sr_policy_word *first = sr_policy_more(pr) ? &pr->word[pr->at] : NULL;
    uint64_t count = 0;
    uint8_t role = 0;
    SR_TRY(sr_policy_take_number(pr, "how many persons", 1, 16, &count));
    SR_TRY(sr_policy_expect(pr, "of"));
    *out_comma = drop_comma(pr);
    SR_TRY(sr_policy_take_role(pr, &role));
    if (rule->needs == SR_POLICY_NEEDS_MAX) {
        return sr_policy_at(
            pr, first, sr_fail(pr->err, SR_MALFORMED, "more than %d groups", SR_POLICY_NEEDS_MAX));
    }
    for (size_t i = 0; i < rule->needs; i++) {
        count += rule->need[i].count;
        if (rule->need[i].role == role) {
            return sr_policy_at(
                pr, first,
                sr_fail(pr->err, SR_MALFORMED, "role '%s' is named twice", pr->p->role[role]));
        }
    }
    if (count > 16) {
        return sr_policy_at(pr, first,
                            sr_fail(pr->err, SR_MALFORMED, "more than 16 persons would be needed"));
    }
    for (size_t i = 0; i < rule->needs; i++) {
        count -= rule->need[i].count;
    }
    rule->need[rule->needs++] = (struct sr_policy_need){.count = (unsigned)count, .role = role};
    return SR_OK;
}

static enum sr_status read_needs(struct sr_policy_parser *pr)
{
    bool comma = false;
    SR_TRY(take_need(pr, &comma));
    while (!comma && sr_policy_more(pr)) {
        SR_TRY(sr_policy_expect(pr, "and"));
        SR_TRY(take_need(pr, &comma));
    }
    return comma ? read_courtesies(pr) : SR_OK;
}

static enum sr_status read_requires(struct sr_policy_parser *pr)
{
    struct sr_policy_rule *rule = sr_policy_open_rule(pr);
    const struct {
        const char *word;
        bool *flag;
    } terms[] = {
        {"reason", &rule->needs_reason},
        {"ticket", &rule->needs_ticket},
        {"host", &rule->needs_host},
        {"workload", &rule->needs_workload},
        {"hardware-key", &rule->needs_hardware},
        {"verification", &rule->needs_verification},
    };
    do {
        const struct sr_policy_word *word = NULL;
        size_t i = 0;
        SR_TRY(sr_policy_next(pr, "what is required", &word));
        while (i < sizeof terms / sizeof terms[0] && !sr_policy_word_is(word, terms[i].word)) {
            i++;
        }
        if (i == sizeof terms / sizeof terms[0] || *terms[i].flag) {
            return sr_policy_at(pr, word,
                                sr_fail(pr->err, SR_MALFORMED,
                                        "'%s' is there twice, or is not one of reason, ticket, "
                                        "host, workload, hardware-key, verification",
                                        sr_quote(word->text).text));
        }
        *terms[i].flag = true;
    } while (sr_policy_more(pr));
    /* Only a hardware key can show that somebody was verified. */
    rule->needs_hardware = rule->needs_hardware || rule->needs_verification;
    return SR_OK;
}

static enum sr_status read_attributes(struct sr_policy_parser *pr)
{
    struct sr_policy_rule *rule = sr_policy_open_rule(pr);
    return sr_policy_take_names(pr, "an attribute", rule->attribute, &rule->attributes);
}

static enum sr_status read_reviewer_attributes(struct sr_policy_parser *pr)
{
    struct sr_policy_rule *rule = sr_policy_open_rule(pr);
    return sr_policy_take_names(pr, "an attribute", rule->reviewer_attribute,
                                &rule->reviewer_attributes);
}

static enum sr_status expect_at_most(struct sr_policy_parser *pr)
{
    SR_TRY(sr_policy_expect(pr, "at"));
    return sr_policy_expect(pr, "most");
}

static enum sr_status read_for(struct sr_policy_parser *pr)
{
    SR_TRY(expect_at_most(pr));
    return sr_policy_take_duration(pr, &sr_policy_open_rule(pr)->lasts_ms_max);
}

static enum sr_status expect_expiry(struct sr_policy_parser *pr, const char *verb)
{
    SR_TRY(sr_policy_expect(pr, verb));
    return sr_policy_expect(pr, "after");
}

static enum sr_status read_request(struct sr_policy_parser *pr)
{
    SR_TRY(expect_expiry(pr, "expires"));
    return sr_policy_take_duration(pr, &sr_policy_open_rule(pr)->request_ms_max);
}

static enum sr_status read_approvals(struct sr_policy_parser *pr)
{
    SR_TRY(expect_expiry(pr, "expire"));
    return sr_policy_take_duration(pr, &sr_policy_open_rule(pr)->approval_ms_max);
}

static enum sr_status read_wait(struct sr_policy_parser *pr)
{
    return sr_policy_take_duration(pr, &sr_policy_open_rule(pr)->wait_ms);
}

static enum sr_status read_hours(struct sr_policy_parser *pr)
{
    struct sr_policy_rule *rule = sr_policy_open_rule(pr);
    return sr_policy_take_hours(pr, &rule->days, &rule->minute_from, &rule->minute_to);
}

static enum sr_status read_bytes(struct sr_policy_parser *pr)
{
    SR_TRY(expect_at_most(pr));
    return sr_policy_take_size(pr, &sr_policy_open_rule(pr)->bytes_max);
}

enum { COUNT_MAX = 1000000000 };

static enum sr_status read_files(struct sr_policy_parser *pr)
{
    SR_TRY(expect_at_most(pr));
    return sr_policy_take_number(pr, "how many files", 1, COUNT_MAX,
                                 &sr_policy_open_rule(pr)->files_max);
}

static enum sr_status read_copies(struct sr_policy_parser *pr)
{
    SR_TRY(expect_at_most(pr));
    return sr_policy_take_number(pr, "how many copies", 1, COUNT_MAX,
                                 &sr_policy_open_rule(pr)->copies_max);
}

static enum sr_status read_uses(struct sr_policy_parser *pr)
{
    SR_TRY(expect_at_most(pr));
    return sr_policy_take_number(pr, "how many uses", 1, COUNT_MAX,
                                 &sr_policy_open_rule(pr)->uses_max);
}

static enum sr_status read_witnesses(struct sr_policy_parser *pr)
{
    struct sr_policy_rule *rule = sr_policy_open_rule(pr);
    uint64_t count = 0;
    SR_TRY(sr_policy_take_number(pr, "how many witnesses", 1, SR_POLICY_WITNESSES_MAX, &count));
    SR_TRY(sr_policy_expect(pr, "within"));
    SR_TRY(sr_policy_take_duration(pr, &rule->witness_ms_max));
    rule->witnesses = (unsigned)count;
    return SR_OK;
}

/* "ACC-03", "AC-3(2)" */
static bool is_control(struct sr_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        bool is_letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        bool is_inner = i > 0 && c != '\0' && strchr("0123456789-.()", c) != NULL;
        if (!is_letter && !is_inner) {
            return false;
        }
    }
    return text.len <= 31;
}

static enum sr_status read_checked(struct sr_policy_parser *pr)
{
    struct sr_policy_rule *rule = sr_policy_open_rule(pr);
    do {
        const struct sr_policy_word *word = NULL;
        SR_TRY(sr_policy_next(pr, "a control such as ACC-05", &word));
        if (!is_control(word->text) || rule->controls == SR_POLICY_LIST_MAX) {
            return sr_policy_at(
                pr, word,
                sr_fail(pr->err, SR_MALFORMED,
                        "'%s' is not a control such as ACC-05, or there are more than %d",
                        sr_quote(word->text).text, SR_POLICY_LIST_MAX));
        }
        rule->control[rule->controls++] = word->text;
    } while (sr_policy_more(pr));
    return SR_OK;
}

static enum sr_status read_forbid(struct sr_policy_parser *pr)
{
    sr_policy_open_rule(pr)->forbids = true;
    return SR_OK;
}

const struct sr_policy_clause SR_POLICY_RULE_CLAUSES[] = {
    [SR_POLICY_IN_VERBS] = {"verbs", read_verbs},
    [SR_POLICY_IN_CLASS] = {"class", read_class},
    [SR_POLICY_IN_BY] = {"by", read_by},
    [SR_POLICY_IN_TYPES] = {"types", read_types},
    [SR_POLICY_IN_NEEDS] = {"needs", read_needs},
    [SR_POLICY_IN_REQUIRES] = {"requires", read_requires},
    [SR_POLICY_IN_ATTRIBUTES] = {"attributes", read_attributes},
    [SR_POLICY_IN_REVIEWER_ATTRIBUTES] = {"reviewer-attributes", read_reviewer_attributes},
    [SR_POLICY_IN_FOR] = {"for", read_for},
    [SR_POLICY_IN_REQUEST] = {"request", read_request},
    [SR_POLICY_IN_APPROVALS] = {"approvals", read_approvals},
    [SR_POLICY_IN_WAIT] = {"wait", read_wait},
    [SR_POLICY_IN_HOURS] = {"hours", read_hours},
    [SR_POLICY_IN_BYTES] = {"bytes", read_bytes},
    [SR_POLICY_IN_FILES] = {"files", read_files},
    [SR_POLICY_IN_COPIES] = {"copies", read_copies},
    [SR_POLICY_IN_USES] = {"uses", read_uses},
    [SR_POLICY_IN_WITNESSES] = {"witnesses", read_witnesses},
    [SR_POLICY_IN_CHECKED] = {"checked-against", read_checked},
    [SR_POLICY_IN_FORBID] = {"forbid", read_forbid},
    {NULL, NULL},
};
