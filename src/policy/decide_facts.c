/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "acts/roster.h"
#include "policy/decide_impl.h"

/* What each verb demands of the state: docs/decision.md, D-6, D-7, D-18 to D-20. */

#define TIER_MIN 1
#define TIER_MAX 5
#define LINEAGE_DOCUMENT "lineage.json"

static bool is_word(struct sr_bytes text, const char *word)
{
    return sr_text_equal(text, sr_text_view(word));
}

static bool is_digest(const uint8_t *a, const uint8_t *b)
{
    return memcmp(a, b, SR_SHA256_BYTES) == 0;
}

/* ---- D-6: versions. */

static const struct sr_state_handoff *handoff_of(const struct sr_ask *ask)
{
    return sr_state_handoff(ask->s, &ask->act->field[SR_FIELD_handoff].id);
}

/* A deposit, and what another room hands over. */
static bool brings_version(const struct sr_ask *ask)
{
    return ask->verb == SR_VERB_DEPOSIT || (ask->verb == SR_VERB_ACCEPT && handoff_of(ask) == NULL);
}

static bool is_named(const struct sr_ask *ask)
{
    struct sr_bytes artifact = sr_ask_text(ask->act, SR_FIELD_artifact);
    char name[SR_ACT_SUBJECT_NAME_BYTES];
    if (artifact.len == 0 || artifact.len >= sizeof name || ask->act->subject_count != 1) {
        return false;
    }
    int len = snprintf(name, sizeof name, "%.*s@%" PRIu64, (int)artifact.len,
                       (const char *)artifact.ptr, sr_ask_number(ask->act, SR_FIELD_number));
    return len > 0 && (size_t)len < sizeof name && is_word(ask->act->subjects[0].name, name);
}

static enum sr_reason look_at_new_subject(struct sr_ask *ask)
{
    struct sr_bytes artifact = sr_ask_text(ask->act, SR_FIELD_artifact);
    uint64_t number = sr_ask_number(ask->act, SR_FIELD_number);
    if (ask->version != NULL || sr_state_version_named(ask->s, artifact, number) != NULL) {
        return sr_ask_no(ask, SR_REASON_VERSION_EXISTS, "%.*s@%" PRIu64, (int)artifact.len,
                         (const char *)artifact.ptr, number);
    }
    if (number == 0) {
        return sr_ask_no(ask, SR_REASON_MALFORMED, "number");
    }
    return is_named(ask) ? SR_REASON_NONE : SR_REASON_ALTERED_SUBJECT;
}

/* What another room has offered, and what never came in. */
static bool refuses_incoming(const struct sr_ask *ask)
{
    return ask->version == NULL && ask->verb == SR_VERB_REJECT && handoff_of(ask) == NULL;
}

enum sr_reason sr_ask_subject(struct sr_ask *ask)
{
    if (sr_verb_info(ask->verb)->about != SR_VERB_ABOUT_VERSION) {
        return SR_REASON_NONE;
    }
    const struct sr_state_version *v = ask->version;
    struct sr_bytes artifact = sr_ask_text(ask->act, SR_FIELD_artifact);
    uint64_t number = sr_ask_number(ask->act, SR_FIELD_number);
    if (brings_version(ask)) {
        return look_at_new_subject(ask);
    }
    if (refuses_incoming(ask)) {
        return is_named(ask) ? SR_REASON_NONE : SR_REASON_ALTERED_SUBJECT;
    }
    if (v == NULL) {
        return SR_REASON_NO_SUCH_VERSION;
    }
    bool is_it = is_word(artifact, v->artifact) && number == v->number && is_named(ask) &&
                 is_digest(ask->act->subjects[0].sha256, v->digest);
    return is_it ? SR_REASON_NONE : sr_ask_no(ask, SR_REASON_ALTERED_SUBJECT, "%s", v->name);
}

/* ---- D-7: deposits and releases. */

static bool has_document(const struct sr_act *act, const char *name)
{
    const struct sr_act_value *documents = &act->field[SR_FIELD_documents];
    for (size_t i = 0; sr_act_has(act, SR_FIELD_documents) && i < documents->count; i++) {
        if (is_word(documents->digests[i].name, name)) {
            return true;
        }
    }
    return false;
}

enum sr_reason sr_ask_inspected(struct sr_ask *ask)
{
    struct sr_bytes verdict = sr_ask_text(ask->act, SR_FIELD_verdict);
    bool has_because = sr_act_has(ask->act, SR_FIELD_because);
    if (is_word(verdict, "PASS")) {
        return has_because
                   ? sr_ask_no(ask, SR_REASON_MALFORMED, "what passed inspection needs no reason")
                   : SR_REASON_NONE;
    }
    return is_word(verdict, "REVIEW") && has_because
               ? SR_REASON_NONE
               : sr_ask_no(ask, SR_REASON_NOT_INSPECTED, "%.*s", (int)verdict.len,
                           (const char *)verdict.ptr);
}

static enum sr_reason look_at_size(struct sr_ask *ask)
{
    uint64_t tier = sr_ask_number(ask->act, SR_FIELD_tier);
    if (tier < TIER_MIN || tier > TIER_MAX) {
        return sr_ask_no(ask, SR_REASON_MALFORMED, "tier");
    }
    return sr_ask_number(ask->act, SR_FIELD_files) == 0
               ? sr_ask_no(ask, SR_REASON_MALFORMED, "files")
               : SR_REASON_NONE;
}

/* A derivative is never less protected than what it was made from. */
static enum sr_reason look_at_lineage(struct sr_ask *ask)
{
    if (!has_document(ask->act, LINEAGE_DOCUMENT)) {
        return sr_ask_no(ask, SR_REASON_LINEAGE, "it has none");
    }
    const struct sr_act_value *parents = &ask->act->field[SR_FIELD_parents];
    size_t count = sr_act_has(ask->act, SR_FIELD_parents) ? parents->count : 0;
    for (size_t i = 0; i < count; i++) {
        const struct sr_state_version *parent = sr_state_version(ask->s, &parents->ids[i]);
        if (parent == NULL) {
            return sr_ask_no(ask, SR_REASON_LINEAGE, "parent %zu is not in custody", i + 1);
        }
        if (sr_ask_number(ask->act, SR_FIELD_tier) < parent->tier) {
            return sr_ask_no(ask, SR_REASON_LINEAGE, "tier %" PRIu64 " is below tier %u of %s",
                             sr_ask_number(ask->act, SR_FIELD_tier), parent->tier, parent->name);
        }
    }
    return SR_REASON_NONE;
}

static enum sr_reason look_at_deposit(struct sr_ask *ask)
{
    static const struct sr_ask_step STEPS[] = {
        {"its tier and files", look_at_size},
        {"its lineage", look_at_lineage},
        {"its inspection", sr_ask_inspected},
    };
    return sr_ask_steps(ask, STEPS, sizeof STEPS / sizeof STEPS[0]);
}

static enum sr_reason look_at_release(struct sr_ask *ask)
{
    if (ask->version->is_disposed) {
        return sr_ask_no(ask, SR_REASON_HANDOFF_STATE, "%s is disposed of", ask->version->name);
    }
    return ask->version->custodian != NULL
               ? sr_ask_no(ask, SR_REASON_WRONG_CUSTODIAN, "it is %s", ask->version->custodian)
               : SR_REASON_NONE;
}

static enum sr_reason look_at_workload(struct sr_ask *ask)
{
    if (!sr_act_has(ask->act, SR_FIELD_workload)) {
        return SR_REASON_NONE;
    }
    struct sr_bytes name = sr_ask_text(ask->act, SR_FIELD_workload);
    const struct sr_principal *p = sr_state_principal(ask->s, name);
    bool is_one = sr_people_is_here(p) &&
                  (p->type == SR_PRINCIPAL_WORKLOAD || p->type == SR_PRINCIPAL_SERVICE);
    return is_one ? SR_REASON_NONE
                  : sr_ask_no(ask, SR_REASON_NO_SUCH_PRINCIPAL, "workload %.*s", (int)name.len,
                              (const char *)name.ptr);
}

/* ---- D-7: principals. */

enum sr_reason sr_ask_new_key(struct sr_ask *ask, struct sr_bytes line,
                              uint8_t out_material[SR_SHA256_BYTES])
{
    SR_AUTO(sr_act_key) key = NULL;
    struct sr_err err = {0};
    if (sr_act_key_parse(line, &key, &err) != SR_OK) {
        return sr_ask_no(ask, SR_REASON_MALFORMED, "key: %s", err.message);
    }
    if (!is_word(line, sr_act_key_line(key))) {
        return sr_ask_no(ask, SR_REASON_MALFORMED, "key: not in its one spelling");
    }
    if (sr_people_material(key, out_material) != SR_OK) {
        return sr_ask_no(ask, SR_REASON_MALFORMED, "key: it cannot be written");
    }
    const char *fingerprint = sr_act_key_fingerprint(key);
    return sr_state_knows_material(ask->s, out_material) ||
                   sr_state_key_owner(ask->s, fingerprint, NULL) != NULL
               ? sr_ask_no(ask, SR_REASON_KEY_IN_USE, "%s", fingerprint)
               : SR_REASON_NONE;
}

enum sr_reason sr_ask_roles(struct sr_ask *ask, const struct sr_policy *policy,
                            const struct sr_bytes *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t role = 0;
        if (!sr_policy_find_role(policy, names[i], &role)) {
            return sr_ask_no(ask, SR_REASON_NO_SUCH_ROLE, "%.*s", (int)names[i].len,
                             (const char *)names[i].ptr);
        }
    }
    return SR_REASON_NONE;
}

/* Roles that approve, hold or judge: people's. */
static uint64_t governing_roles(const struct sr_policy *policy)
{
    uint64_t bits = sr_people_list_bits(&policy->break_glass.holders) |
                    sr_people_list_bits(&policy->break_glass.reviewers);
    for (size_t i = 0; i < policy->rules; i++) {
        for (size_t k = 0; k < policy->rule[i].needs; k++) {
            bits |= UINT64_C(1) << policy->rule[i].need[k].role;
        }
    }
    return bits;
}

static enum sr_reason look_at_roles(struct sr_ask *ask, enum sr_principal_type type)
{
    if (!sr_act_has(ask->act, SR_FIELD_roles)) {
        return SR_REASON_NONE;
    }
    const struct sr_act_value *roles = &ask->act->field[SR_FIELD_roles];
    enum sr_reason reason = sr_ask_roles(ask, ask->policy, roles->texts, roles->count);
    if (reason != SR_REASON_NONE || (type != SR_PRINCIPAL_AGENT && type != SR_PRINCIPAL_WORKLOAD)) {
        return reason;
    }
    uint64_t bits = sr_people_role_bits(ask->policy, roles->texts, roles->count);
    return (bits & governing_roles(ask->policy)) != 0
               ? sr_ask_no(ask, SR_REASON_WRONG_TYPE, "it may not have a role that approves")
               : SR_REASON_NONE;
}

static enum sr_reason look_at_owner(struct sr_ask *ask, enum sr_principal_type type)
{
    bool has_owner = sr_act_has(ask->act, SR_FIELD_owner);
    if (type == SR_PRINCIPAL_HUMAN) {
        return has_owner ? sr_ask_no(ask, SR_REASON_MALFORMED, "nobody answers for a human")
                         : SR_REASON_NONE;
    }
    const struct sr_principal *owner =
        has_owner ? sr_state_principal(ask->s, sr_ask_text(ask->act, SR_FIELD_owner)) : NULL;
    bool is_one = owner != NULL && owner->type == SR_PRINCIPAL_HUMAN && sr_people_is_here(owner);
    return is_one ? SR_REASON_NONE : SR_REASON_NO_OWNER;
}

static enum sr_reason look_at_enrol(struct sr_ask *ask)
{
    struct sr_bytes name = sr_ask_text(ask->act, SR_FIELD_principal);
    if (sr_state_principal(ask->s, name) != NULL) {
        return sr_ask_no(ask, SR_REASON_PRINCIPAL_EXISTS, "%.*s", (int)name.len,
                         (const char *)name.ptr);
    }
    enum sr_principal_type type = SR_PRINCIPAL_HUMAN;
    if (!sr_people_is_name(name) ||
        !sr_principal_type_from_word(sr_ask_text(ask->act, SR_FIELD_type), &type)) {
        return sr_ask_no(ask, SR_REASON_MALFORMED, "name or type");
    }
    enum sr_reason reason = look_at_owner(ask, type);
    if (reason == SR_REASON_NONE) {
        reason = look_at_roles(ask, type);
    }
    uint8_t material[SR_SHA256_BYTES];
    return reason != SR_REASON_NONE
               ? reason
               : sr_ask_new_key(ask, sr_ask_text(ask->act, SR_FIELD_key), material);
}

static bool is_attribute_name(struct sr_bytes name)
{
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.ptr[i];
        if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-') {
            return false;
        }
    }
    return name.len >= 1 && name.len < SR_POLICY_NAME_BYTES;
}

static enum sr_reason look_at_attribute(struct sr_ask *ask, const struct sr_principal *p)
{
    struct sr_bytes name = sr_ask_text(ask->act, SR_FIELD_attribute);
    if (!is_attribute_name(name)) {
        return sr_ask_no(ask, SR_REASON_MALFORMED, "attribute");
    }
    for (size_t i = 0; i < p->attributes; i++) {
        if (is_word(name, p->attribute[i].name)) {
            return SR_REASON_NONE;
        }
    }
    return p->attributes >= SR_PEOPLE_ATTRIBUTES_MAX
               ? sr_ask_no(ask, SR_REASON_TOO_MUCH, "%s has %zu attributes", p->name, p->attributes)
               : SR_REASON_NONE;
}

static enum sr_reason look_at_principal(struct sr_ask *ask)
{
    if (ask->verb == SR_VERB_ENROL) {
        return look_at_enrol(ask);
    }
    struct sr_bytes name = sr_ask_text(ask->act, SR_FIELD_principal);
    const struct sr_principal *p = sr_state_principal(ask->s, name);
    if (!sr_people_is_here(p)) {
        return sr_ask_no(ask, SR_REASON_NO_SUCH_PRINCIPAL, "%.*s", (int)name.len,
                         (const char *)name.ptr);
    }
    uint8_t material[SR_SHA256_BYTES];
    if (ask->verb == SR_VERB_ADD_KEY) {
        return sr_ask_new_key(ask, sr_ask_text(ask->act, SR_FIELD_key), material);
    }
    if (ask->verb == SR_VERB_ATTRIBUTE) {
        return look_at_attribute(ask, p);
    }
    return ask->verb == SR_VERB_ROLES ? look_at_roles(ask, p->type) : SR_REASON_NONE;
}

/* ---- D-18: a policy under which it could never be changed again is a trap. */

/* Persons by what they could approve (bits: needs of the rule), and who of them may ask. */
#define MASKS 256
struct electorate {
    const struct sr_policy *policy;
    const struct sr_policy_rule *rule;
    unsigned count[MASKS]; /* at most SR_MATCHING_SEATS_MAX + 1 each: more change nothing */
    bool asks[MASKS + 1];  /* the last: whose person is not counted, having no key */
};

static void add_person(struct electorate *e, uint64_t role_bits)
{
    unsigned *count = &e->count[sr_matching_mask(e->rule, role_bits)];
    *count += *count <= SR_MATCHING_SEATS_MAX;
}

static bool is_asker(const struct electorate *e, enum sr_principal_type type, uint64_t role_bits)
{
    struct sr_principal p = {.type = type, .role_bits = role_bits};
    return sr_ask_by(e->rule, &p) == SR_REASON_NONE;
}

/* Whether all but one person of a kind (-1 or MASKS: all) fill the places. */
static bool suffices_without(const struct electorate *e, int kind)
{
    struct sr_matching m;
    sr_matching_init(&m, e->rule);
    for (int mask = 0; mask < MASKS; mask++) {
        unsigned count = e->count[mask] - (mask == kind && e->count[mask] > 0);
        for (unsigned i = 0; i < count; i++) {
            if (!sr_matching_offer(&m, NULL, (uint8_t)mask)) {
                break; /* and nobody of the same kind */
            }
        }
    }
    return sr_matching_is_full(&m);
}

static uint64_t bits_of(const struct sr_policy *policy, const struct sr_principal *p)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < p->roles; i++) {
        struct sr_bytes role = sr_text_view(p->role[i]);
        bits |= sr_people_role_bits(policy, &role, 1);
    }
    return bits;
}

static void add_principals(struct electorate *e, const struct sr_state *s)
{
    for (size_t i = 0; i < sr_state_principal_count(s); i++) {
        const struct sr_principal *p = sr_state_principal_at(s, i);
        if (!sr_people_is_here(p) || !sr_people_can_sign(p, false)) {
            continue;
        }
        uint64_t bits = bits_of(e->policy, p);
        const struct sr_principal *person = sr_state_principal(s, sr_text_view(p->person));
        if (p->type == SR_PRINCIPAL_HUMAN) {
            add_person(e, bits);
        }
        if (is_asker(e, p->type, bits)) {
            bool is_counted = sr_people_can_sign(person, false);
            e->asks[is_counted ? sr_matching_mask(e->rule, bits_of(e->policy, person)) : MASKS] =
                true;
        }
    }
}

static void add_roster(struct electorate *e, const struct sr_act_value *roster)
{
    for (size_t i = 0; i < roster->count; i++) {
        struct sr_roster line = {0};
        if (sr_roster_parse(roster->texts[i], &line, NULL) == SR_OK) {
            uint64_t bits = sr_people_role_bits(e->policy, line.role, line.roles);
            add_person(e, bits);
            if (is_asker(e, SR_PRINCIPAL_HUMAN, bits)) {
                e->asks[sr_matching_mask(e->rule, bits)] = true;
            }
        }
    }
}

enum sr_reason sr_ask_policy(struct sr_ask *ask, const struct sr_policy *policy,
                             const struct sr_act_value *roster)
{
    struct sr_policy_subject none = {0};
    struct electorate e = {.policy = policy,
                           .rule = sr_policy_rule_for(policy, SR_VERB_POLICY, &none)};
    if (e.rule == NULL || e.rule->forbids) {
        return sr_ask_no(ask, SR_REASON_BAD_POLICY, "it could never be changed");
    }
    if (roster != NULL) {
        add_roster(&e, roster);
    } else {
        add_principals(&e, ask->s);
    }
    if (e.rule->by_unlocked && suffices_without(&e, -1)) {
        return SR_REASON_NONE;
    }
    for (int kind = 0; kind <= MASKS; kind++) {
        if (e.asks[kind] && suffices_without(&e, kind)) {
            return SR_REASON_NONE;
        }
    }
    return sr_ask_no(ask, SR_REASON_BAD_POLICY, "too few people could change it again");
}

static enum sr_reason look_at_new_policy(struct sr_ask *ask)
{
    if (ask->is_request) {
        return SR_REASON_NONE; /* the text comes with the act itself */
    }
    const struct sr_policy *policy = ask->event->policy;
    if (policy == NULL || !is_digest(policy->digest, ask->act->field[SR_FIELD_policy].digest)) {
        return SR_REASON_ALTERED_SUBJECT;
    }
    return is_digest(policy->digest, ask->policy->digest)
               ? sr_ask_no(ask, SR_REASON_BAD_POLICY, "it is in force already")
               : sr_ask_policy(ask, policy, NULL);
}

/* ---- D-20: the first act. */

#define ROSTER_MAX 32 /* fields.def */

static enum sr_reason look_at_founder(struct sr_ask *ask, const struct sr_roster *line,
                                      struct sr_bytes names[ROSTER_MAX],
                                      uint8_t (*materials)[SR_SHA256_BYTES], size_t index)
{
    if (!sr_people_is_name(line->name)) {
        return sr_ask_no(ask, SR_REASON_MALFORMED, "roster: line %zu: name", index + 1);
    }
    enum sr_reason reason = sr_ask_roles(ask, ask->event->policy, line->role, line->roles);
    if (reason == SR_REASON_NONE) {
        reason = sr_ask_new_key(ask, line->key, materials[index + 1]);
    }
    names[index] = line->name;
    for (size_t i = 0; i <= index && reason == SR_REASON_NONE; i++) {
        if (i < index && sr_text_equal(names[i], line->name)) {
            return sr_ask_no(ask, SR_REASON_PRINCIPAL_EXISTS, "%.*s", (int)line->name.len,
                             (const char *)line->name.ptr);
        }
        if (is_digest(materials[i], materials[index + 1])) { /* 0 is the room's */
            reason = sr_ask_no(ask, SR_REASON_KEY_IN_USE, "roster: line %zu", index + 1);
        }
    }
    return reason;
}

static enum sr_reason look_at_roster(struct sr_ask *ask, const uint8_t room[SR_SHA256_BYTES])
{
    static const struct sr_act_value NOBODY = {.count = 0};
    const struct sr_act_value *roster =
        sr_act_has(ask->act, SR_FIELD_roster) ? &ask->act->field[SR_FIELD_roster] : &NOBODY;
    struct sr_bytes names[ROSTER_MAX] = {{NULL, 0}};
    uint8_t materials[ROSTER_MAX + 1][SR_SHA256_BYTES];
    if (roster->count > ROSTER_MAX) {
        return sr_ask_no(ask, SR_REASON_MALFORMED, "roster");
    }
    memcpy(materials[0], room, SR_SHA256_BYTES);
    for (size_t i = 0; i < roster->count; i++) {
        struct sr_roster line = {0};
        struct sr_err err = {0};
        if (sr_roster_parse(roster->texts[i], &line, &err) != SR_OK) {
            return sr_ask_no(ask, SR_REASON_MALFORMED, "roster: %s", err.message);
        }
        enum sr_reason reason = look_at_founder(ask, &line, names, materials, i);
        if (reason != SR_REASON_NONE) {
            return reason;
        }
    }
    return sr_ask_policy(ask, ask->event->policy, roster);
}

enum sr_reason sr_ask_first(struct sr_ask *ask)
{
    static const struct sr_id NO_ROOM;
    if (!ask->event->is_room) {
        return SR_REASON_ONLY_THE_ROOM;
    }
    if (sr_text_id_equal(&ask->act->room, &NO_ROOM)) {
        return sr_ask_no(ask, SR_REASON_MALFORMED, "room");
    }
    uint8_t material[SR_SHA256_BYTES];
    struct sr_bytes line = sr_ask_text(ask->act, SR_FIELD_key);
    enum sr_reason reason = sr_ask_new_key(ask, line, material);
    if (reason != SR_REASON_NONE) {
        return reason;
    }
    SR_AUTO(sr_act_key) key = NULL;
    if (sr_act_key_parse(line, &key, NULL) != SR_OK ||
        strcmp(sr_act_key_fingerprint(key), ask->event->fingerprint) != 0) {
        return sr_ask_no(ask, SR_REASON_NOT_ACTORS_KEY, "the room's key signs its first act");
    }
    const struct sr_policy *policy = ask->event->policy;
    if (policy == NULL || !is_digest(policy->digest, ask->act->field[SR_FIELD_policy].digest)) {
        return SR_REASON_ALTERED_SUBJECT;
    }
    return look_at_roster(ask, material);
}

/* ---- D-7. */

static enum sr_reason look_at_epoch(struct sr_ask *ask)
{
    return sr_ask_number(ask->act, SR_FIELD_epoch) > sr_state_epoch(ask->s)
               ? SR_REASON_NONE
               : sr_ask_no(ask, SR_REASON_MALFORMED, "epoch: not above %" PRIu64,
                           sr_state_epoch(ask->s));
}

enum sr_reason sr_ask_facts(struct sr_ask *ask)
{
    static enum sr_reason (*const FACTS[SR_VERB_COUNT])(struct sr_ask *) = {
        [SR_VERB_DEPOSIT] = look_at_deposit,     [SR_VERB_EXPORT] = look_at_release,
        [SR_VERB_READ] = look_at_release,        [SR_VERB_USE] = look_at_release,
        [SR_VERB_ROTATE] = look_at_epoch,        [SR_VERB_ENROL] = look_at_principal,
        [SR_VERB_ROLES] = look_at_principal,     [SR_VERB_ADD_KEY] = look_at_principal,
        [SR_VERB_ATTRIBUTE] = look_at_principal, [SR_VERB_LEAVE] = look_at_principal,
        [SR_VERB_POLICY] = look_at_new_policy,   [SR_VERB_OFFER] = sr_ask_handoff,
        [SR_VERB_ACCEPT] = sr_ask_handoff,       [SR_VERB_REJECT] = sr_ask_handoff,
        [SR_VERB_RETURN] = sr_ask_handoff,       [SR_VERB_DISPOSE] = sr_ask_handoff,
    };
    if (FACTS[ask->verb] == NULL) {
        return sr_ask_no(ask, SR_REASON_MALFORMED, "nothing is known about that verb");
    }
    enum sr_reason reason = FACTS[ask->verb](ask);
    return reason == SR_REASON_NONE ? look_at_workload(ask) : reason;
}
