/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "policy/diff_impl.h"
#include "policy/say.h"

static bool allows(const struct sr_diff_side *side)
{
    return side->rule != NULL && !side->rule->forbids;
}

/* Whether who holds a role, by its name, may act or ask. NULL: who holds none. */
static bool may(const struct sr_diff_side *side, const char *role)
{
    uint8_t index = 0;
    if (!allows(side)) {
        return false;
    }
    return side->rule->by_anyone ||
           (role != NULL && sr_policy_find_role(side->p, sr_text_view(role), &index) &&
            memchr(side->rule->by.index, index, side->rule->by.count) != NULL);
}

/* How many of a role a rule needs. */
static unsigned needed(const struct sr_diff_side *side, const char *role)
{
    for (size_t i = 0; i < side->rule->needs; i++) {
        if (strcmp(side->p->role[side->rule->need[i].role], role) == 0) {
            return side->rule->need[i].count;
        }
    }
    return 0;
}

/* Walks the names of the roles of both policies: those of a, then those that only b has. */
static const char *role_at(const struct sr_policy *a, const struct sr_policy *b, size_t *at)
{
    uint8_t index = 0;
    for (; *at < a->roles + b->roles; (*at)++) {
        const char *role = *at < a->roles ? a->role[*at] : b->role[*at - a->roles];
        if (*at < a->roles || !sr_policy_find_role(a, sr_text_view(role), &index)) {
            (*at)++;
            return role;
        }
    }
    return NULL;
}

static enum sr_status diff_actor(const struct sr_diff_side *a, const struct sr_diff_side *b,
                                 const char *role, const char *shown, struct sr_buf *out)
{
    bool before = may(a, role);
    if (before == may(b, role)) {
        return SR_OK;
    }
    const struct sr_diff_side *side = before ? a : b;
    if (side->rule->needs > 0) {
        SR_TRY(sr_say(out, "  %s %s: %s ask, with approval of ", before ? "-" : "+", shown,
                      before ? "may no longer" : "may now"));
        SR_TRY(sr_say_needs(out, side->p, side->rule));
        return sr_say(out, "\n");
    }
    return sr_say(out, "  %s %s: %s, without asking anybody\n", before ? "-" : "+", shown,
                  before ? "may no longer do it" : "may now do it");
}

static bool is_unlocked(const struct sr_diff_side *side)
{
    return allows(side) && side->rule->by_unlocked;
}

static enum sr_status diff_actors(const struct sr_diff_side *a, const struct sr_diff_side *b,
                                  struct sr_buf *out)
{
    const char *role = NULL;
    size_t at = 0;
    while ((role = role_at(a->p, b->p, &at)) != NULL) {
        SR_TRY(diff_actor(a, b, role, role, out));
    }
    SR_TRY(diff_actor(a, b, NULL, "who holds no role", out));
    if (is_unlocked(a) != is_unlocked(b)) {
        return sr_say(out, is_unlocked(a) ? "  - whoever unlocked the room: may no longer do it\n"
                                          : "  + whoever unlocked the room: may now do it\n");
    }
    return SR_OK;
}

/* Those who are asked: a role that has to approve can prevent. */
static enum sr_status diff_reviewers(const struct sr_diff_side *a, const struct sr_diff_side *b,
                                     struct sr_buf *out)
{
    const char *role = NULL;
    size_t at = 0;
    while ((role = role_at(a->p, b->p, &at)) != NULL) {
        unsigned before = allows(a) ? needed(a, role) : 0;
        unsigned after = allows(b) ? needed(b, role) : 0;
        if (before > 0 && after == 0 && allows(b)) {
            SR_TRY(sr_say(out, "  - %s: no longer asked for approval\n", role));
        } else if (before == 0 && after > 0 && allows(a)) {
            SR_TRY(sr_say(out, "  + %s: now asked for approval\n", role));
        }
    }
    return SR_OK;
}

/* Signs of a change for those who ask. */
static const char *sign(bool grows, bool shrinks)
{
    return grows && shrinks ? "~" : grows ? "+" : "-";
}

static enum sr_status diff_needs(const struct sr_diff_side *a, const struct sr_diff_side *b,
                                 struct sr_buf *out)
{
    const char *role = NULL;
    size_t at = 0;
    bool grows = false;
    bool shrinks = false;
    while ((role = role_at(a->p, b->p, &at)) != NULL) {
        grows = grows || needed(b, role) < needed(a, role);
        shrinks = shrinks || needed(b, role) > needed(a, role);
    }
    if (!grows && !shrinks) {
        return SR_OK;
    }
    SR_TRY(sr_say(out, "  %s who asks: needs ", sign(grows, shrinks)));
    SR_TRY(sr_say_needs(out, a->p, a->rule));
    SR_TRY(sr_say(out, ", now "));
    SR_TRY(sr_say_needs(out, b->p, b->rule));
    return sr_say(out, "\n");
}

static enum sr_status diff_types(const struct sr_policy_rule *a, const struct sr_policy_rule *b,
                                 struct sr_buf *out)
{
    for (enum sr_principal_type type = 0; type < SR_PRINCIPAL_TYPE_COUNT; type++) {
        bool before = (a->types & SR_POLICY_TYPE_BIT(type)) != 0;
        bool after = (b->types & SR_POLICY_TYPE_BIT(type)) != 0;
        if (before != after) {
            SR_TRY(sr_say(out, "  %s every %s: may %s\n", after ? "+" : "-",
                          sr_principal_type_word(type), after ? "now" : "no longer"));
        }
    }
    return SR_OK;
}

static enum sr_status diff_required(const struct sr_policy_rule *a, const struct sr_policy_rule *b,
                                    struct sr_buf *out)
{
    const struct {
        bool before;
        bool after;
        const char *what;
    } terms[] = {
        {a->needs_reason, b->needs_reason, "give a reason"},
        {a->needs_ticket, b->needs_ticket, "give a ticket"},
        {a->needs_host, b->needs_host, "name a host"},
        {a->needs_workload, b->needs_workload, "name a workload"},
        {a->needs_hardware, b->needs_hardware, "have reviews by hardware keys"},
        {a->needs_verification, b->needs_verification, "have reviews with PIN or finger"},
    };
    for (size_t i = 0; i < sizeof terms / sizeof terms[0]; i++) {
        if (terms[i].before != terms[i].after) {
            SR_TRY(sr_say(out, "  %s who asks: %s %s\n", terms[i].after ? "-" : "+",
                          terms[i].after ? "must now" : "need no longer", terms[i].what));
        }
    }
    return SR_OK;
}

static bool has_name(const char (*names)[SR_POLICY_NAME_BYTES], size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

struct names {
    const char (*name)[SR_POLICY_NAME_BYTES];
    size_t count;
};

static enum sr_status diff_names(struct names a, struct names b, const char *who,
                                 struct sr_buf *out)
{
    for (size_t i = 0; i < a.count; i++) {
        if (!has_name(b.name, b.count, a.name[i])) {
            SR_TRY(sr_say(out, "  + %s: need no longer have %s\n", who, a.name[i]));
        }
    }
    for (size_t i = 0; i < b.count; i++) {
        if (!has_name(a.name, a.count, b.name[i])) {
            SR_TRY(sr_say(out, "  - %s: must now have %s\n", who, b.name[i]));
        }
    }
    return SR_OK;
}

/* more_is_more: whether the greater value gives more power. */
static enum sr_status diff_duration(const char *who, const char *what, int64_t before,
                                    int64_t after, bool more_is_more, struct sr_buf *out)
{
    if (before == after) {
        return SR_OK;
    }
    SR_TRY(sr_say(out, "  %s %s: %s ", (after > before) == more_is_more ? "+" : "-", who, what));
    SR_TRY(sr_say_duration(out, before));
    SR_TRY(sr_say(out, ", now "));
    SR_TRY(sr_say_duration(out, after));
    return sr_say(out, "\n");
}

static enum sr_status say_count(struct sr_buf *out, uint64_t count)
{
    return count == SR_POLICY_NO_LIMIT ? sr_say(out, "no limit") : sr_say(out, "%" PRIu64, count);
}

static enum sr_status diff_count(const char *what, uint64_t before, uint64_t after,
                                 enum sr_status (*say)(struct sr_buf *, uint64_t),
                                 struct sr_buf *out)
{
    if (before == after) {
        return SR_OK;
    }
    SR_TRY(sr_say(out, "  %s who asks: %s at most ", after > before ? "+" : "-", what));
    SR_TRY(say(out, before));
    SR_TRY(sr_say(out, ", now "));
    SR_TRY(say(out, after));
    return sr_say(out, "\n");
}

static enum sr_status diff_hours(const struct sr_policy_rule *a, const struct sr_policy_rule *b,
                                 struct sr_buf *out)
{
    bool grows = false;
    bool shrinks = false;
    for (unsigned i = 0; i < 7 * 1440; i++) {
        bool before = sr_policy_rule_is_open(a, i / 1440, i % 1440);
        bool after = sr_policy_rule_is_open(b, i / 1440, i % 1440);
        grows = grows || (after && !before);
        shrinks = shrinks || (before && !after);
    }
    if (!grows && !shrinks) {
        return SR_OK;
    }
    SR_TRY(sr_say(out, "  %s who asks: ", sign(grows, shrinks)));
    SR_TRY(sr_say_hours(out, a));
    SR_TRY(sr_say(out, ", now "));
    SR_TRY(sr_say_hours(out, b));
    return sr_say(out, "\n");
}

static enum sr_status say_witnesses(struct sr_buf *out, const struct sr_policy_rule *rule)
{
    if (rule->witnesses == 0) {
        return sr_say(out, "no witnesses");
    }
    SR_TRY(sr_say(out, "%u within ", rule->witnesses));
    return sr_say_duration(out, rule->witness_ms_max);
}

static enum sr_status diff_witnesses(const struct sr_policy_rule *a, const struct sr_policy_rule *b,
                                     struct sr_buf *out)
{
    /* No witnesses are needed lately: as if any time would do. */
    int64_t before = a->witnesses > 0 ? a->witness_ms_max : SR_POLICY_NO_LIMIT;
    int64_t after = b->witnesses > 0 ? b->witness_ms_max : SR_POLICY_NO_LIMIT;
    bool grows = b->witnesses < a->witnesses || after > before;
    bool shrinks = b->witnesses > a->witnesses || after < before;
    if (!grows && !shrinks) {
        return SR_OK;
    }
    SR_TRY(sr_say(out, "  %s who asks: witnesses: ", sign(grows, shrinks)));
    SR_TRY(say_witnesses(out, a));
    SR_TRY(sr_say(out, ", now "));
    SR_TRY(say_witnesses(out, b));
    return sr_say(out, "\n");
}

static enum sr_status diff_limits(const struct sr_policy_rule *a, const struct sr_policy_rule *b,
                                  struct sr_buf *out)
{
    const char *who = "who asks";
    SR_TRY(diff_duration(who, "for at most", a->lasts_ms_max, b->lasts_ms_max, true, out));
    SR_TRY(diff_duration(who, "request expires after", a->request_ms_max, b->request_ms_max, true,
                         out));
    SR_TRY(diff_duration(who, "approvals expire after", a->approval_ms_max, b->approval_ms_max,
                         true, out));
    SR_TRY(diff_duration(who, "wait", a->wait_ms, b->wait_ms, false, out));
    SR_TRY(diff_hours(a, b, out));
    SR_TRY(diff_count("bytes", a->bytes_max, b->bytes_max, sr_say_size, out));
    SR_TRY(diff_count("files", a->files_max, b->files_max, say_count, out));
    SR_TRY(diff_count("copies", a->copies_max, b->copies_max, say_count, out));
    SR_TRY(diff_count("uses", a->uses_max, b->uses_max, say_count, out));
    return diff_witnesses(a, b, out);
}

enum sr_status sr_diff_rules(const struct sr_diff_side *a, const struct sr_diff_side *b,
                             struct sr_buf *out)
{
    SR_TRY(diff_actors(a, b, out));
    if (!allows(a) || !allows(b)) {
        return SR_OK; /* who may now, or may no longer, has been said */
    }
    const struct sr_policy_rule *ra = a->rule;
    const struct sr_policy_rule *rb = b->rule;
    SR_TRY(diff_needs(a, b, out));
    SR_TRY(diff_reviewers(a, b, out));
    SR_TRY(diff_types(ra, rb, out));
    SR_TRY(diff_required(ra, rb, out));
    SR_TRY(diff_names((struct names){ra->attribute, ra->attributes},
                      (struct names){rb->attribute, rb->attributes}, "who asks", out));
    SR_TRY(diff_names((struct names){ra->reviewer_attribute, ra->reviewer_attributes},
                      (struct names){rb->reviewer_attribute, rb->reviewer_attributes},
                      "who approves", out));
    return diff_limits(ra, rb, out);
}

static bool holds(const struct sr_policy *p, const struct sr_policy_list *list, const char *role)
{
    uint8_t index = 0;
    return p->break_glass.is_allowed && sr_policy_find_role(p, sr_text_view(role), &index) &&
           memchr(list->index, index, list->count) != NULL;
}

static enum sr_status diff_glass_roles(const struct sr_policy *a, const struct sr_policy *b,
                                       struct sr_buf *out)
{
    const char *role = NULL;
    size_t at = 0;
    while ((role = role_at(a, b, &at)) != NULL) {
        bool before = holds(a, &a->break_glass.holders, role);
        bool after = holds(b, &b->break_glass.holders, role);
        if (before != after) {
            SR_TRY(sr_say(out, "  %s %s: may %s break the glass\n", after ? "+" : "-", role,
                          after ? "now" : "no longer"));
        }
        before = holds(a, &a->break_glass.reviewers, role);
        after = holds(b, &b->break_glass.reviewers, role);
        if (before != after) {
            SR_TRY(sr_say(out, "  %s %s: %s reviews it afterwards\n", after ? "+" : "-", role,
                          after ? "now" : "no longer"));
        }
    }
    return SR_OK;
}

static enum sr_status diff_glass(const struct sr_policy *a, const struct sr_policy *b,
                                 struct sr_buf *out)
{
    const struct sr_policy_break_glass *ga = &a->break_glass;
    const struct sr_policy_break_glass *gb = &b->break_glass;
    SR_TRY(diff_glass_roles(a, b, out));
    if (!ga->is_allowed || !gb->is_allowed) {
        return SR_OK;
    }
    for (enum sr_verb verb = 0; verb < SR_VERB_COUNT; verb++) {
        bool before = (ga->verbs >> verb & 1) != 0;
        bool after = (gb->verbs >> verb & 1) != 0;
        if (before != after) {
            SR_TRY(sr_say(out, "  %s who breaks the glass: may %s %s\n", after ? "+" : "-",
                          after ? "now" : "no longer", sr_verb_info(verb)->word));
        }
    }
    const char *who = "who breaks the glass";
    SR_TRY(diff_duration(who, "for at most", ga->lasts_ms_max, gb->lasts_ms_max, true, out));
    SR_TRY(diff_duration(who, "review within", ga->review_ms_max, gb->review_ms_max, true, out));
    if (ga->needs_hardware != gb->needs_hardware) {
        SR_TRY(sr_say(out, "  %s %s: %s a hardware key\n", gb->needs_hardware ? "-" : "+", who,
                      gb->needs_hardware ? "must now have" : "need no longer have"));
    }
    return SR_OK;
}

static bool has_witness(const struct sr_policy *p, const struct sr_policy_witness *witness)
{
    for (size_t i = 0; i < p->witnesses; i++) {
        if (sr_text_equal(p->witness[i].vkey, witness->vkey)) {
            return true;
        }
    }
    return false;
}

static enum sr_status diff_witness_list(const struct sr_policy *a, const struct sr_policy *b,
                                        const char *change, struct sr_buf *out)
{
    for (size_t i = 0; i < b->witnesses; i++) {
        if (!has_witness(a, &b->witness[i])) {
            SR_TRY(sr_say(out, "  %s\n", change));
            SR_TRY(sr_say(out, "      %.*s\n", (int)b->witness[i].vkey.len,
                          (const char *)b->witness[i].vkey.ptr));
        }
    }
    return SR_OK;
}

enum sr_status sr_diff_rest(const struct sr_policy *a, const struct sr_policy *b,
                            struct sr_buf *out)
{
    SR_TRY(diff_glass(a, b, out));
    SR_TRY(diff_names((struct names){a->suspending_attribute, a->suspending},
                      (struct names){b->suspending_attribute, b->suspending}, "everybody", out));
    SR_TRY(diff_duration("everybody", "acts within", a->act_ms_max, b->act_ms_max, true, out));
    SR_TRY(diff_duration("everybody", "acts ahead", a->act_ahead_ms, b->act_ahead_ms, true, out));
    SR_TRY(diff_witness_list(b, a, "- a witness is no longer believed:", out));
    return diff_witness_list(a, b, "+ a witness is now believed:", out);
}
