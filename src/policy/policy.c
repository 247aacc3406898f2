/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void sr_policy_free(struct sr_policy *p)
{
    if (p == NULL) {
        return;
    }
    /* The policy's own copy: cast, because views are of const bytes. */
    free((void *)(uintptr_t)p->text.ptr);
    free(p->rule);
    free(p);
}

static const char *const TYPE_WORD[SR_PRINCIPAL_TYPE_COUNT] = {
    [SR_PRINCIPAL_HUMAN] = "human",
    [SR_PRINCIPAL_SERVICE] = "service",
    [SR_PRINCIPAL_WORKLOAD] = "workload",
    [SR_PRINCIPAL_AGENT] = "agent",
};

const char *sr_principal_type_word(enum sr_principal_type type)
{
    assert(type >= 0 && type < SR_PRINCIPAL_TYPE_COUNT);
    return TYPE_WORD[type];
}

bool sr_principal_type_from_word(struct sr_bytes word, enum sr_principal_type *out)
{
    for (enum sr_principal_type type = 0; type < SR_PRINCIPAL_TYPE_COUNT; type++) {
        if (sr_text_equal(word, sr_text_view(TYPE_WORD[type]))) {
            *out = type;
            return true;
        }
    }
    return false;
}

bool sr_policy_find_role(const struct sr_policy *p, struct sr_bytes name, uint8_t *out)
{
    for (size_t i = 0; i < p->roles; i++) {
        if (sr_text_equal(name, sr_text_view(p->role[i]))) {
            *out = (uint8_t)i;
            return true;
        }
    }
    return false;
}

static bool has_kind(const struct sr_policy_class *c, struct sr_bytes kind)
{
    bool has = c->kinds == 0;
    for (size_t i = 0; i < c->kinds && !has; i++) {
        has = sr_text_equal(kind, sr_text_view(c->kind[i]));
    }
    return has;
}

/* A name, or a beginning and '*'. */
static bool is_named(const struct sr_policy_class *c, struct sr_bytes artifact)
{
    size_t len = strlen(c->artifact);
    if (len == 0) {
        return true;
    }
    if (c->artifact[len - 1] != '*') {
        return sr_text_equal(artifact, sr_text_view(c->artifact));
    }
    return artifact.len >= len - 1 && memcmp(artifact.ptr, c->artifact, len - 1) == 0;
}

bool sr_policy_class_has(const struct sr_policy_class *c, const struct sr_policy_subject *subject)
{
    return subject->is_version && subject->tier >= c->tier_min && subject->tier <= c->tier_max &&
           has_kind(c, subject->kind) && is_named(c, subject->artifact);
}

static bool is_for(const struct sr_policy *p, const struct sr_policy_rule *rule,
                   const struct sr_policy_subject *subject)
{
    bool is = rule->any_class;
    for (size_t i = 0; i < rule->classes.count && !is; i++) {
        is = sr_policy_class_has(&p->class[rule->classes.index[i]], subject);
    }
    return is;
}

const struct sr_policy_rule *sr_policy_rule_for(const struct sr_policy *p, enum sr_verb verb,
                                                const struct sr_policy_subject *subject)
{
    for (size_t i = 0; i < p->rules; i++) {
        if ((p->rule[i].verbs >> verb & 1) != 0 && is_for(p, &p->rule[i], subject)) {
            return &p->rule[i];
        }
    }
    return NULL;
}

bool sr_policy_rule_is_open(const struct sr_policy_rule *rule, unsigned day, unsigned minute)
{
    bool is_day = (rule->days >> day & 1) != 0;
    bool is_day_before = (rule->days >> (day + 6) % 7 & 1) != 0;
    if (rule->minute_from == rule->minute_to) {
        return is_day;
    }
    if (rule->minute_from < rule->minute_to) {
        return is_day && minute >= rule->minute_from && minute < rule->minute_to;
    }
    return (is_day && minute >= rule->minute_from) || (is_day_before && minute < rule->minute_to);
}
