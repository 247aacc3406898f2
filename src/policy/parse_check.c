/* SPDX-License-Identifier: Apache-2.0 */
/* What words alone cannot say wrongly: rules and policies that could never mean what they say. */
#include <string.h>

#include "policy/parse_impl.h"

static bool has(const struct sr_policy_parser *pr, unsigned clause)
{
    return (pr->seen >> clause & 1) != 0;
}

/* The first of the verbs for which some property holds. */
static bool find_verb(uint64_t verbs, bool (*is)(const struct sr_verb_info *), enum sr_verb *out)
{
    for (enum sr_verb verb = 0; verb < SR_VERB_COUNT; verb++) {
        if ((verbs >> verb & 1) != 0 && is(sr_verb_info(verb))) {
            *out = verb;
            return true;
        }
    }
    return false;
}

static bool is_about_version(const struct sr_verb_info *info)
{
    return info->about == SR_VERB_ABOUT_VERSION;
}

static bool is_about_other(const struct sr_verb_info *info)
{
    return info->about != SR_VERB_ABOUT_VERSION;
}

static enum sr_status refuse(struct sr_policy_parser *pr, unsigned clause, enum sr_status status)
{
    return sr_policy_at(pr, has(pr, clause) ? &pr->where[clause] : &pr->opened, status);
}

/* Verbs, and classes that go with them. A rule of verbs that are about no version needs no class.
 */
static enum sr_status check_subject(struct sr_policy_parser *pr)
{
    struct sr_policy_rule *rule = sr_policy_open_rule(pr);
    enum sr_verb verb = SR_VERB_COUNT;
    if (rule->verbs == 0) {
        return refuse(pr, SR_POLICY_IN_VERBS,
                      sr_fail(pr->err, SR_MALFORMED, "rule '%s' has no 'verbs'", rule->name));
    }
    if (!has(pr, SR_POLICY_IN_CLASS)) {
        if (find_verb(rule->verbs, is_about_version, &verb)) {
            return refuse(pr, SR_POLICY_IN_CLASS,
                          sr_fail(pr->err, SR_MALFORMED,
                                  "rule '%s' has no 'class', and verb '%s' is about versions",
                                  rule->name, sr_verb_info(verb)->word));
        }
        rule->any_class = true;
    }
    if (!rule->any_class && find_verb(rule->verbs, is_about_other, &verb)) {
        return refuse(pr, SR_POLICY_IN_CLASS,
                      sr_fail(pr->err, SR_MALFORMED,
                              "verb '%s' is not about versions, so it can only be in a rule with "
                              "'class any'",
                              sr_verb_info(verb)->word));
    }
    return SR_OK;
}

/* Clauses that a rule of this sort may have beside verbs, class and checked-against. */
#define BIT(clause) (UINT64_C(1) << SR_POLICY_IN_##clause)
#define ALWAYS (BIT(VERBS) | BIT(CLASS) | BIT(CHECKED))
#define OF_REVIEWS (BIT(REVIEWER_ATTRIBUTES) | BIT(REQUEST) | BIT(APPROVALS))

static enum sr_status refuse_beside(struct sr_policy_parser *pr, uint64_t clauses, const char *what)
{
    for (unsigned i = 0; SR_POLICY_RULE_CLAUSES[i].word != NULL; i++) {
        if ((pr->seen & clauses) >> i & 1) {
            return refuse(pr, i,
                          sr_fail(pr->err, SR_MALFORMED, "'%s' means nothing in a rule %s",
                                  SR_POLICY_RULE_CLAUSES[i].word, what));
        }
    }
    return SR_OK;
}

/* Nobody is asked: what is said of reviews means nothing. Limits do: of a grant that is there at
 * once, for a request that says why and for how long (docs/decision.md, D-10). */
static enum sr_status check_unasked(struct sr_policy_parser *pr)
{
    struct sr_policy_rule *rule = sr_policy_open_rule(pr);
    SR_TRY(refuse_beside(pr, OF_REVIEWS, "without 'needs': nobody reviews"));
    if (rule->needs_hardware) {
        return refuse(pr, SR_POLICY_IN_REQUIRES,
                      sr_fail(pr->err, SR_MALFORMED,
                              "hardware-key and verification are of reviewers, and the rule has no "
                              "'needs'"));
    }
    if ((rule->types & SR_POLICY_TYPE_BIT(SR_PRINCIPAL_AGENT)) != 0) {
        return refuse(pr, SR_POLICY_IN_TYPES,
                      sr_fail(pr->err, SR_MALFORMED,
                              "an agent may only ask, so a rule for agents has 'needs'"));
    }
    return SR_OK;
}

static bool is_release(const struct sr_verb_info *info)
{
    enum sr_verb verb = SR_VERB_COUNT;
    return sr_verb_from_word(sr_text_view(info->word), &verb) && sr_verb_releases(verb);
}

/* Quotas count what some verb does. */
static enum sr_status check_quotas(struct sr_policy_parser *pr)
{
    struct sr_policy_rule *rule = sr_policy_open_rule(pr);
    enum sr_verb verb = SR_VERB_COUNT;
    uint64_t quotas = 0;
    quotas |= (rule->verbs >> SR_VERB_EXPORT & 1) == 0 ? BIT(COPIES) : 0;
    quotas |= (rule->verbs >> SR_VERB_USE & 1) == 0 ? BIT(USES) : 0;
    quotas |= !find_verb(rule->verbs, is_release, &verb) ? BIT(FOR) | BIT(BYTES) | BIT(FILES) : 0;
    return refuse_beside(pr, quotas, "with these verbs");
}

static enum sr_status check_conditions(struct sr_policy_parser *pr)
{
    struct sr_policy_rule *rule = sr_policy_open_rule(pr);
    if (rule->forbids) {
        return refuse_beside(pr, ~(ALWAYS | BIT(FORBID)), "with 'forbid'");
    }
    if (!has(pr, SR_POLICY_IN_BY)) {
        return refuse(
            pr, SR_POLICY_IN_BY,
            sr_fail(pr->err, SR_MALFORMED, "rule '%s' says neither 'by' nor 'forbid'", rule->name));
    }
    if (rule->by_unlocked) {
        SR_TRY(refuse_beside(pr, ~(ALWAYS | BIT(BY) | BIT(HOURS) | BIT(WITNESSES)),
                             "by unlocked: there is no principal"));
    } else if (!has(pr, SR_POLICY_IN_NEEDS)) {
        SR_TRY(check_unasked(pr));
    }
    return check_quotas(pr);
}

/* Whether all artifacts of pattern a are of pattern b. */
static bool is_pattern_within(const char *a, const char *b)
{
    size_t a_len = strlen(a);
    size_t b_len = strlen(b);
    if (b_len == 0) {
        return true;
    }
    if (b[b_len - 1] != '*') {
        return strcmp(a, b) == 0;
    }
    return a_len >= b_len - 1 && strncmp(a, b, b_len - 1) == 0;
}

static bool has_kind(const struct sr_policy_class *c, const char *kind)
{
    bool is = c->kinds == 0;
    for (size_t i = 0; i < c->kinds && !is; i++) {
        is = strcmp(c->kind[i], kind) == 0;
    }
    return is;
}

static const struct sr_policy_class ANY = {.tier_min = 1, .tier_max = 5};

static const struct sr_policy_class *class_at(const struct sr_policy *p, size_t index)
{
    return index < p->classes ? &p->class[index] : &ANY;
}

/* The atoms of class a: its tiers by its kinds; any kind is one atom, which stands for those that
 * nobody names. Which of them are in b. */
static struct sr_policy_cover cover(const struct sr_policy_class *a,
                                    const struct sr_policy_class *b)
{
    struct sr_policy_cover c = {{0}};
    unsigned kinds = a->kinds == 0 ? b->kinds == 0 : 0;
    for (size_t i = 0; i < a->kinds; i++) {
        kinds |= has_kind(b, a->kind[i]) ? 1U << i : 0U;
    }
    for (unsigned tier = a->tier_min; tier <= a->tier_max; tier++) {
        bool is = tier >= b->tier_min && tier <= b->tier_max &&
                  is_pattern_within(a->artifact, b->artifact);
        c.kinds[tier - 1] = is ? (uint16_t)kinds : 0;
    }
    return c;
}

/* Classes are all above the first rule, so that this is done once. */
static void compare_classes(struct sr_policy_parser *pr)
{
    struct sr_policy_covers *covers = pr->covers;
    for (size_t a = 0; !covers->is_ready && a <= pr->p->classes; a++) {
        for (size_t b = 0; b <= pr->p->classes; b++) {
            covers->of[a][b] = cover(class_at(pr->p, a), class_at(pr->p, b));
        }
    }
    covers->is_ready = true;
}

static bool is_all_taken(struct sr_policy_parser *pr, enum sr_verb verb, size_t class)
{
    struct sr_policy_cover all = pr->covers->of[class][class];
    struct sr_policy_cover taken = pr->covers->taken[verb][class];
    for (unsigned tier = 0; tier < 5; tier++) {
        if ((all.kinds[tier] & ~taken.kinds[tier]) != 0) {
            return false;
        }
    }
    return true;
}

static void take(struct sr_policy_parser *pr, enum sr_verb verb, size_t class)
{
    struct sr_policy_covers *covers = pr->covers;
    for (size_t a = 0; a <= pr->p->classes; a++) {
        for (unsigned tier = 0; tier < 5; tier++) {
            covers->taken[verb][a].kinds[tier] |= covers->of[a][class].kinds[tier];
        }
    }
}

/* Whether something of the verb is left for the open rule; what it has is then taken. */
static bool claim(struct sr_policy_parser *pr, enum sr_verb verb)
{
    const struct sr_policy_rule *rule = sr_policy_open_rule(pr);
    bool is_left = false;
    if (is_about_other(sr_verb_info(verb))) {
        is_left = (pr->covers->taken_without >> verb & 1) == 0;
        pr->covers->taken_without |= UINT64_C(1) << verb;
        return is_left;
    }
    for (size_t i = 0; i < rule->classes.count; i++) {
        is_left = is_left || !is_all_taken(pr, verb, rule->classes.index[i]);
    }
    is_left = is_left || (rule->any_class && !is_all_taken(pr, verb, pr->p->classes));
    for (size_t i = 0; i < rule->classes.count; i++) {
        take(pr, verb, rule->classes.index[i]);
    }
    if (rule->any_class) {
        take(pr, verb, pr->p->classes);
    }
    return is_left;
}

/* Each verb of the rule decides something that no earlier rule decides. */
static enum sr_status check_not_hidden(struct sr_policy_parser *pr)
{
    const struct sr_policy_rule *rule = sr_policy_open_rule(pr);
    compare_classes(pr);
    for (enum sr_verb verb = 0; verb < SR_VERB_COUNT; verb++) {
        if ((rule->verbs >> verb & 1) != 0 && !claim(pr, verb)) {
            return refuse(pr, SR_POLICY_IN_VERBS,
                          sr_fail(pr->err, SR_MALFORMED,
                                  "rule '%s' never decides '%s': earlier rules do, for all its "
                                  "classes",
                                  rule->name, sr_verb_info(verb)->word));
        }
    }
    return SR_OK;
}

enum sr_status sr_policy_check_rule(struct sr_policy_parser *pr)
{
    SR_TRY(check_subject(pr));
    SR_TRY(check_conditions(pr));
    return check_not_hidden(pr);
}

/* Witnesses that the policy names and that are too few can only be an oversight; a profile, which
 * cannot know them, names none. */
static enum sr_status check_witnesses(struct sr_policy_parser *pr)
{
    for (size_t i = 0; i < pr->p->rules && pr->p->witnesses > 0; i++) {
        const struct sr_policy_rule *rule = &pr->p->rule[i];
        if (rule->witnesses > pr->p->witnesses) {
            struct sr_policy_word word = {.line = rule->line, .column = 1};
            return sr_policy_at(pr, &word,
                                sr_fail(pr->err, SR_MALFORMED,
                                        "rule '%s' asks for %u witnesses, and the policy has %zu",
                                        rule->name, rule->witnesses, pr->p->witnesses));
        }
    }
    return SR_OK;
}

enum sr_status sr_policy_check_all(struct sr_policy_parser *pr)
{
    struct sr_policy_subject none = {.is_version = false};
    if (pr->p->name.len == 0) {
        return sr_policy_at_end(
            pr, sr_fail(pr->err, SR_MALFORMED, "a policy begins with its name: policy \"lab\""));
    }
    const struct sr_policy_rule *rule = sr_policy_rule_for(pr->p, SR_VERB_POLICY, &none);
    if (rule == NULL || rule->forbids) {
        return sr_policy_at_end(
            pr, sr_fail(pr->err, SR_MALFORMED,
                        "nobody could ever change this policy: no rule allows the verb 'policy'"));
    }
    return check_witnesses(pr);
}
