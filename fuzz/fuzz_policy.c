/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy's text. Checked of what is taken: rules have what rules must have and can be described,
 * somebody may change the policy, and the rule that is found is the first for its verb; it is no
 * other policy than itself, and can be compared with any.
 */
#include <string.h>

#include "fuzz/require.h"
#include "policy/explain.h"

static void check_rules(const struct sr_policy *p)
{
    uint64_t acts = 0;
    for (enum sr_verb verb = 0; verb < SR_VERB_COUNT; verb++) {
        if (sr_verb_info(verb)->group == SR_VERB_GROUP_ACT) {
            acts |= UINT64_C(1) << verb;
        }
    }
    for (size_t i = 0; i < p->rules; i++) {
        const struct sr_policy_rule *rule = &p->rule[i];
        SR_AUTO(sr_buf) out = NULL;
        REQUIRE(rule->verbs != 0 && (rule->verbs & ~acts) == 0);
        REQUIRE(rule->any_class != (rule->classes.count > 0));
        REQUIRE(rule->forbids || rule->by_anyone || rule->by_unlocked || rule->by.count > 0);
        REQUIRE(rule->needs > 0 || (rule->types & SR_POLICY_TYPE_BIT(SR_PRINCIPAL_AGENT)) == 0);
        REQUIRE(sr_buf_new(16384, &out) == SR_OK);
        REQUIRE(sr_policy_rule_describe(p, rule, out) == SR_OK);
    }
}

/* The rule that is found names the verb, and no earlier one is for the subject. */
static void check_lookup(const struct sr_policy *p, const struct sr_policy_subject *subject)
{
    for (enum sr_verb verb = 0; verb < SR_VERB_COUNT; verb++) {
        const struct sr_policy_rule *rule = sr_policy_rule_for(p, verb, subject);
        REQUIRE(rule == NULL || (rule->verbs >> verb & 1) != 0);
        for (const struct sr_policy_rule *r = p->rule; rule != NULL && r < rule; r++) {
            REQUIRE((r->verbs >> verb & 1) == 0 || !r->any_class);
        }
    }
}

static void check_subjects(const struct sr_policy *p)
{
    struct sr_policy_subject none = {.is_version = false};
    const struct sr_policy_rule *change = sr_policy_rule_for(p, SR_VERB_POLICY, &none);
    REQUIRE(change != NULL && !change->forbids);
    check_lookup(p, &none);
    for (size_t i = 0; i < p->classes; i++) {
        const struct sr_policy_class *c = &p->class[i];
        const char *kind = c->kinds > 0 ? c->kind[0] : "other";
        struct sr_bytes artifact = sr_bytes(c->artifact, strlen(c->artifact));
        struct sr_policy_subject subject = {.is_version = true,
                                            .tier = c->tier_min,
                                            .kind = sr_bytes(kind, strlen(kind)),
                                            .artifact = artifact};
        REQUIRE(sr_policy_class_has(c, &subject));
        check_lookup(p, &subject);
    }
}

static void check_diff(const struct sr_policy *p)
{
    static const char SAME[] = "nobody's power changes\n";
    struct sr_bytes text = {0};
    SR_AUTO(sr_policy) other = NULL;
    SR_AUTO(sr_buf) same = NULL;
    SR_AUTO(sr_buf) change = NULL;
    REQUIRE(sr_buf_new(64, &same) == SR_OK);
    REQUIRE(sr_explain_diff(p, p, same) == SR_OK);
    REQUIRE(sr_text_equal(sr_buf_view(same), sr_text_view(SAME)));
    REQUIRE(sr_policy_builtin("tier-4", &text) == SR_OK);
    REQUIRE(sr_policy_parse(text, &other, NULL) == SR_OK);
    REQUIRE(sr_buf_new((size_t)1 << 22, &change) == SR_OK);
    REQUIRE(sr_explain_diff(other, p, change) == SR_OK);
    REQUIRE(sr_buf_view(change).len > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); /* lint: callback */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) /* lint: callback */
{
    SR_AUTO(sr_policy) p = NULL;
    struct sr_err err = {0};
    enum sr_status status = sr_policy_parse(sr_bytes(data, size), &p, &err);
    REQUIRE(status == SR_OK || (err.status == status && err.message[0] != '\0'));
    REQUIRE((status == SR_OK) == (p != NULL));
    if (p != NULL) {
        check_rules(p);
        check_subjects(p);
        check_diff(p);
    }
    return 0;
}
