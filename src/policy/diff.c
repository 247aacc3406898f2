/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Versions that neither of two policies tells apart are one piece: a tier, a kind that some class
 * names or any other, a name that some class names or any other. In each piece one rule of each
 * policy decides; pieces and verbs with the same two rules are shown together.
 */
#include <stdlib.h>
#include <string.h>

#include "policy/diff_impl.h"
#include "policy/say.h"

enum {
    TIERS = 5,
    KINDS_MAX = 12, /* acts/kinds.def has 11; and any other */
    NAMES_MAX = 2 * SR_POLICY_CLASSES_MAX + 1,
    NO_RULE = SR_POLICY_RULES_MAX,
    DIFF_BYTES_MAX = 1 << 16 /* of what changes between two rules */
};

struct pair { /* the rules that decide, by their index, or NO_RULE */
    uint16_t a;
    uint16_t b;
};

struct verb_pieces {
    struct pair piece[NAMES_MAX][KINDS_MAX][TIERS];
    struct pair none; /* about no version */
};

struct met { /* of one verb: pairs that some piece had already */
    bool pair[NO_RULE + 1][NO_RULE + 1];
};

struct diff {
    const struct sr_policy *a;
    const struct sr_policy *b;
    size_t kinds; /* and any other, which is the last */
    const char *kind[KINDS_MAX];
    size_t names;
    const char *name[NAMES_MAX];
    struct verb_pieces *verb; /* SR_VERB_COUNT */
    struct met *met;
};

/* What no kind and no name can be, and so stands for those that nobody names. */
#define OTHER "~"

static void add(const char **list, size_t *count, size_t max, const char *word)
{
    for (size_t i = 0; i < *count; i++) {
        if (strcmp(list[i], word) == 0) {
            return;
        }
    }
    if (*count < max) {
        list[(*count)++] = word;
    }
}

static void collect(struct diff *d, const struct sr_policy *p)
{
    for (size_t i = 0; i < p->classes; i++) {
        for (size_t k = 0; k < p->class[i].kinds; k++) {
            add(d->kind, &d->kinds, KINDS_MAX - 1, p->class[i].kind[k]);
        }
        if (p->class[i].artifact[0] != '\0') {
            add(d->name, &d->names, NAMES_MAX - 1, p->class[i].artifact);
        }
    }
}

static uint16_t rule_of(const struct sr_policy *p, enum sr_verb verb,
                        const struct sr_policy_subject *subject)
{
    const struct sr_policy_rule *rule = sr_policy_rule_for(p, verb, subject);
    return rule != NULL ? (uint16_t)(rule - p->rule) : (uint16_t)NO_RULE;
}

static struct pair pair_of(const struct diff *d, enum sr_verb verb,
                           const struct sr_policy_subject *subject)
{
    return (struct pair){.a = rule_of(d->a, verb, subject), .b = rule_of(d->b, verb, subject)};
}

/* A name of the pattern that is of no longer pattern: "llama*" is met by "llama~". */
static struct sr_bytes sample(const char *pattern, char room[136])
{
    size_t len = strlen(pattern);
    memcpy(room, pattern, len);
    if (room[len - 1] == '*') {
        room[len - 1] = '~';
    }
    return sr_bytes(room, len);
}

static void find_rules(const struct diff *d, enum sr_verb verb)
{
    char room[136];
    struct sr_policy_subject none = {.is_version = false};
    d->verb[verb].none = pair_of(d, verb, &none);
    for (size_t n = 0; n < d->names; n++) {
        for (size_t k = 0; k < d->kinds; k++) {
            for (unsigned t = 0; t < TIERS; t++) {
                struct sr_policy_subject subject = {.is_version = true,
                                                    .tier = t + 1,
                                                    .kind = sr_text_view(d->kind[k]),
                                                    .artifact = sample(d->name[n], room)};
                d->verb[verb].piece[n][k][t] = pair_of(d, verb, &subject);
            }
        }
    }
}

static bool is_pair(struct pair x, struct pair y)
{
    return x.a == y.a && x.b == y.b;
}

/* Tiers, as bits, in which the pair decides. */
static unsigned tiers_of(const struct diff *d, enum sr_verb verb, struct pair pair, size_t name,
                         size_t kind)
{
    unsigned tiers = 0;
    for (unsigned t = 0; t < TIERS; t++) {
        tiers |= is_pair(d->verb[verb].piece[name][kind][t], pair) ? 1U << t : 0U;
    }
    return tiers;
}

static bool is_about_version(enum sr_verb verb)
{
    return sr_verb_info(verb)->about == SR_VERB_ABOUT_VERSION;
}

/* Whether the same pieces have this pair for both verbs. */
static bool is_alike(const struct diff *d, enum sr_verb x, enum sr_verb y, struct pair pair)
{
    if (is_about_version(x) != is_about_version(y)) {
        return false;
    }
    if (!is_about_version(x)) {
        return is_pair(d->verb[x].none, pair) == is_pair(d->verb[y].none, pair);
    }
    for (size_t n = 0; n < d->names; n++) {
        for (size_t k = 0; k < d->kinds; k++) {
            if (tiers_of(d, x, pair, n, k) != tiers_of(d, y, pair, n, k)) {
                return false;
            }
        }
    }
    return true;
}

static enum sr_status say_tiers(struct sr_buf *out, unsigned tiers)
{
    if (tiers == 0x1f) {
        return sr_say(out, "any tier");
    }
    const char *between = "tier ";
    for (unsigned t = 0; t < TIERS; t++) {
        unsigned last = t;
        if ((tiers >> t & 1) == 0) {
            continue;
        }
        while (last + 1 < TIERS && (tiers >> (last + 1) & 1) != 0) {
            last++;
        }
        SR_TRY(last > t ? sr_say(out, "%s%u..%u", between, t + 1, last + 1)
                        : sr_say(out, "%s%u", between, t + 1));
        between = ", ";
        t = last;
    }
    return SR_OK;
}

/* The words of a list whose bit is set; the last of the list is "other". */
static enum sr_status say_words(struct sr_buf *out, const char *what, const char *const *list,
                                size_t count, const bool *is_in)
{
    size_t in = 0;
    for (size_t i = 0; i < count; i++) {
        in += is_in[i];
    }
    if (in == count) {
        return sr_say(out, "; any %s", what);
    }
    SR_TRY(sr_say(out, "; %s", what));
    for (size_t i = 0; i < count; i++) {
        if (is_in[i]) {
            SR_TRY(sr_say(out, " %s", i + 1 < count ? list[i] : "other than named here"));
        }
    }
    return SR_OK;
}

/* Whether the pair decides about any version of a name. */
static bool is_row_met(const struct diff *d, enum sr_verb verb, struct pair pair, size_t name)
{
    for (size_t k = 0; k < d->kinds; k++) {
        if (tiers_of(d, verb, pair, name, k) != 0) {
            return true;
        }
    }
    return false;
}

/* Whether two names have the same tiers of the same kinds with this pair. */
static bool is_row_alike(const struct diff *d, enum sr_verb verb, struct pair pair, size_t x,
                         size_t y)
{
    for (size_t k = 0; k < d->kinds; k++) {
        if (tiers_of(d, verb, pair, x, k) != tiers_of(d, verb, pair, y, k)) {
            return false;
        }
    }
    return true;
}

/* One line for each set of tiers that some kinds of the row have. */
static enum sr_status say_row(const struct diff *d, enum sr_verb verb, struct pair pair,
                              size_t name, const bool *names, struct sr_buf *out)
{
    for (size_t k = 0; k < d->kinds; k++) {
        unsigned tiers = tiers_of(d, verb, pair, name, k);
        bool kinds[KINDS_MAX] = {false};
        bool is_new = tiers != 0;
        for (size_t other = 0; other < d->kinds; other++) {
            kinds[other] = tiers_of(d, verb, pair, name, other) == tiers;
            is_new = is_new && !(other < k && kinds[other]);
        }
        if (is_new) {
            SR_TRY(sr_say(out, "  of "));
            SR_TRY(say_tiers(out, tiers));
            SR_TRY(say_words(out, "kind", d->kind, d->kinds, kinds));
            SR_TRY(say_words(out, "name", d->name, d->names, names));
            SR_TRY(sr_say(out, "\n"));
        }
    }
    return SR_OK;
}

static enum sr_status say_where(const struct diff *d, enum sr_verb verb, struct pair pair,
                                struct sr_buf *out)
{
    for (size_t n = 0; is_about_version(verb) && n < d->names; n++) {
        bool names[NAMES_MAX] = {false};
        bool is_new = is_row_met(d, verb, pair, n);
        for (size_t other = 0; is_new && other < d->names; other++) {
            names[other] = is_row_alike(d, verb, pair, n, other);
            is_new = is_new && !(other < n && names[other]);
        }
        if (is_new) {
            SR_TRY(say_row(d, verb, pair, n, names, out));
        }
    }
    return SR_OK;
}

static const struct sr_policy_rule *rule_at(const struct sr_policy *p, uint16_t index)
{
    return index == NO_RULE ? NULL : &p->rule[index];
}

static enum sr_status say_rule(struct sr_buf *out, const struct sr_policy_rule *rule)
{
    return rule == NULL ? sr_say(out, "no rule")
                        : sr_say(out, "rule '%s' (line %u)%s", rule->name, rule->line,
                                 rule->forbids ? ", which forbids" : "");
}

/* Everything about one pair of rules and the verbs that meet it in the same pieces as this one. */
static enum sr_status say_pair(const struct diff *d, enum sr_verb verb, struct pair pair,
                               struct sr_buf *out)
{
    struct sr_diff_side a = {.p = d->a, .rule = rule_at(d->a, pair.a)};
    struct sr_diff_side b = {.p = d->b, .rule = rule_at(d->b, pair.b)};
    SR_AUTO(sr_buf) changes = NULL;
    SR_TRY(sr_buf_new(DIFF_BYTES_MAX, &changes));
    SR_TRY(sr_diff_rules(&a, &b, changes));
    if (sr_buf_view(changes).len == 0) {
        return SR_OK;
    }
    SR_TRY(sr_say(out, "%s", sr_verb_info(verb)->word));
    for (enum sr_verb other = verb + 1; other < SR_VERB_COUNT; other++) {
        if (sr_verb_info(other)->group == SR_VERB_GROUP_ACT && is_alike(d, verb, other, pair)) {
            SR_TRY(sr_say(out, ", %s", sr_verb_info(other)->word));
        }
    }
    SR_TRY(sr_say(out, ": "));
    SR_TRY(say_rule(out, a.rule));
    SR_TRY(sr_say(out, ", now "));
    SR_TRY(say_rule(out, b.rule));
    SR_TRY(sr_say(out, "\n"));
    SR_TRY(say_where(d, verb, pair, out));
    return sr_buf_append(out, sr_buf_view(changes));
}

/* Whether an earlier verb has shown this pair for these pieces. */
static bool is_shown(const struct diff *d, enum sr_verb verb, struct pair pair)
{
    for (enum sr_verb other = 0; other < verb; other++) {
        if (sr_verb_info(other)->group == SR_VERB_GROUP_ACT && is_alike(d, verb, other, pair)) {
            return true;
        }
    }
    return false;
}

static enum sr_status say_verb(const struct diff *d, enum sr_verb verb, struct sr_buf *out)
{
    memset(d->met, 0, sizeof *d->met);
    if (!is_about_version(verb)) {
        struct pair pair = d->verb[verb].none;
        return is_shown(d, verb, pair) ? SR_OK : say_pair(d, verb, pair, out);
    }
    for (size_t i = 0; i < d->names * d->kinds * TIERS; i++) {
        size_t n = i / TIERS / d->kinds;
        size_t k = i / TIERS % d->kinds;
        struct pair pair = d->verb[verb].piece[n][k][i % TIERS];
        bool *met = &d->met->pair[pair.a][pair.b];
        if (!*met && !is_shown(d, verb, pair)) {
            SR_TRY(say_pair(d, verb, pair, out));
        }
        *met = true;
    }
    return SR_OK;
}

static void free_pieces(struct verb_pieces **pieces)
{
    free(*pieces);
}

static void free_met(struct met **met)
{
    free(*met);
}

static enum sr_status say_rest(const struct diff *d, struct sr_buf *out)
{
    SR_AUTO(sr_buf) changes = NULL;
    SR_TRY(sr_buf_new(DIFF_BYTES_MAX, &changes));
    SR_TRY(sr_diff_rest(d->a, d->b, changes));
    if (sr_buf_view(changes).len == 0) {
        return SR_OK;
    }
    SR_TRY(sr_say(out, "besides the rules\n"));
    return sr_buf_append(out, sr_buf_view(changes));
}

enum sr_status sr_explain_diff(const struct sr_policy *a, const struct sr_policy *b,
                               struct sr_buf *out)
{
    SR_CLEANUP(free_pieces)
    struct verb_pieces *pieces = calloc(SR_VERB_COUNT, sizeof *pieces);
    SR_CLEANUP(free_met) struct met *met = calloc(1, sizeof *met);
    struct diff d = {.a = a, .b = b, .verb = pieces, .met = met};
    size_t before = sr_buf_view(out).len;
    if (pieces == NULL || met == NULL) {
        return SR_NO_MEMORY;
    }
    collect(&d, a);
    collect(&d, b);
    d.kind[d.kinds++] = OTHER;
    d.name[d.names++] = OTHER;
    for (enum sr_verb verb = 0; verb < SR_VERB_COUNT; verb++) {
        if (sr_verb_info(verb)->group == SR_VERB_GROUP_ACT) {
            find_rules(&d, verb);
        }
    }
    for (enum sr_verb verb = 0; verb < SR_VERB_COUNT; verb++) {
        if (sr_verb_info(verb)->group == SR_VERB_GROUP_ACT) {
            SR_TRY(say_verb(&d, verb, out));
        }
    }
    SR_TRY(say_rest(&d, out));
    return sr_buf_view(out).len > before ? SR_OK : sr_say(out, "nobody's power changes\n");
}
