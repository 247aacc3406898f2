/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/custody.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "crypto/rand.h"
#include "custody/decide.h"
#include "custody/pedigree.h"
#include "custody/recover_impl.h"
#include "custody/room_impl.h"

void sr_permit_free(struct sr_permit *p)
{
    free(p);
}

uint64_t sr_permit_seq(const struct sr_permit *p)
{
    return p->seq;
}

/* One act on its way: what is needed to decide it, and the record that is made of it. */
struct passage {
    struct sr_deed act;
    struct sr_facts facts;
    struct sr_catalog_version version;
    struct sr_buf *text; /* the canonical act; freed by the cleanup below */
    struct sr_act_record record;
};

static void passage_clear(struct passage *p)
{
    sr_buf_free(p->text);
}

static bool is_about_version(enum sr_deed_verb verb)
{
    return verb != SR_DEED_INIT && verb != SR_DEED_ROTATE;
}

static void free_files(struct sr_catalog_file **files)
{
    free(*files);
}

static enum sr_status gather_parents(struct sr_room *r, struct passage *p, struct sr_err *err)
{
    struct sr_facts *facts = &p->facts;
    for (size_t i = 0; i < p->act.deposit.parent_count; i++) {
        struct sr_catalog_version parent;
        unsigned tier = 0;
        enum sr_status status =
            sr_catalog_version_by_id(r->catalog, &p->act.deposit.parents[i], &parent, err);
        if (status != SR_OK) {
            return status == SR_NOT_FOUND ? sr_fail(err, status, "no such parent") : status;
        }
        SR_TRY(sr_pedigree_tier(r, &parent.id, &tier, err));
        if (tier > facts->parent_tier) {
            facts->parent_tier = tier;
            (void)snprintf(facts->parent, sizeof facts->parent, "%s@%llu", parent.name,
                           (unsigned long long)parent.number);
        }
    }
    return SR_OK;
}

static enum sr_status gather(struct sr_room *r, struct passage *p, struct sr_err *err)
{
    p->facts.room = r->facts.id;
    if (!is_about_version(p->act.verb)) {
        return SR_OK;
    }
    enum sr_status status = sr_catalog_version_by_id(r->catalog, &p->act.version, &p->version, err);
    if (status != SR_OK) {
        return status == SR_NOT_FOUND ? sr_fail(err, status, "no such version") : status;
    }
    p->facts.has_version = true;
    p->facts.version = &p->version;
    if (p->act.verb != SR_DEED_DEPOSIT) {
        return SR_OK;
    }
    SR_CLEANUP(free_files) struct sr_catalog_file *files = NULL;
    size_t count = 0;
    SR_TRY(sr_catalog_files(r->catalog, &p->act.version, &files, &count, err));
    for (size_t i = 0; i < count; i++) {
        p->facts.files_sealed += files[i].sealed;
    }
    return gather_parents(r, p, err);
}

static enum sr_status decide(const struct passage *p, struct sr_err *err)
{
    struct sr_decision decision = sr_decide(&p->facts, &p->act, sr_time_now_utc_ms());
    if (decision.ruling == SR_RULING_ALLOW) {
        return SR_OK;
    }
    assert(decision.status != SR_OK);
    const char *word = sr_deed_info(p->act.verb)->word;
    if (p->facts.has_version) {
        return sr_fail(err, decision.status, "%s '%s@%llu': %s", word, p->version.name,
                       (unsigned long long)p->version.number, decision.reason);
    }
    return sr_fail(err, decision.status, "%s: %s", word, decision.reason);
}

/* Write the record that is appended. */
static enum sr_status put_on_record(struct passage *p, struct sr_err *err)
{
    enum sr_status status = sr_buf_new(SR_CATALOG_ACT_BODY_BYTES_MAX, &p->text);
    if (status == SR_OK) {
        status = sr_deed_encode(&p->act, &p->facts.room, p->facts.has_version ? &p->version : NULL,
                                p->text);
    }
    if (status == SR_OK) {
        status = sr_rand_id(&p->record.id);
    }
    if (status != SR_OK) {
        return sr_context(err, status, "cannot record the act");
    }
    const char *word = sr_deed_info(p->act.verb)->word;
    assert(strlen(word) < sizeof p->record.verb);
    assert(strlen(p->act.actor) < sizeof p->record.actor);
    memcpy(p->record.verb, word, strlen(word) + 1);
    memcpy(p->record.actor, p->act.actor, strlen(p->act.actor) + 1);
    p->record.time_utc_ms = p->act.time_utc_ms;
    p->record.body = sr_buf_view(p->text);
    return SR_OK;
}

/* Everything up to the change of state. */
static enum sr_status pass(struct sr_room *r, const struct sr_deed *act, struct passage *p,
                           struct sr_err *err)
{
    p->act = *act;
    if (p->act.actor == NULL) {
        p->act.actor = r->actor;
    }
    SR_TRY(gather(r, p, err));
    SR_TRY(decide(p, err));
    return put_on_record(p, err);
}

static enum sr_status change(struct sr_room *r, struct passage *p, struct sr_err *err)
{
    if (p->act.verb == SR_DEED_DEPOSIT) {
        return sr_catalog_commit_deposit(r->catalog, &p->act.version, p->act.deposit.digest,
                                         p->act.deposit.parents, p->act.deposit.parent_count,
                                         &p->record, err);
    }
    return sr_catalog_append_acts(r->catalog, &p->record, 1, err);
}

enum sr_status sr_custody_apply(struct sr_room *r, const struct sr_deed *act,
                                struct sr_permit **out, struct sr_err *err)
{
    if (!is_about_version(act->verb)) {
        return sr_fail(err, SR_USAGE, "'%s' comes in by a call of its own",
                       sr_deed_info(act->verb)->word);
    }
    SR_AUTO(sr_permit) permit = calloc(1, sizeof *permit);
    if (permit == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a permit");
    }
    if (act->verb == SR_DEED_USE) {
        /* It will run for long; what others left behind should not wait for its end. */
        struct sr_recover_result recovered;
        SR_TRY(sr_recover_deposits(r, &recovered, err));
    }
    SR_CLEANUP(passage_clear) struct passage p = {0};
    SR_TRY(pass(r, act, &p, err));
    SR_TRY(change(r, &p, err));
    *permit = (struct sr_permit){
        .room = r, .verb = act->verb, .version = act->version, .seq = p.record.seq};
    if (out != NULL) {
        *out = SR_TAKE(permit);
    }
    return SR_OK;
}

enum sr_status sr_custody_ask(struct sr_room *r, const struct sr_deed *act, struct sr_err *err)
{
    SR_CLEANUP(passage_clear) struct passage p = {0};
    return pass(r, act, &p, err);
}

enum sr_status sr_custody_rotate(struct sr_room *r, const struct sr_deed *act,
                                 const struct sr_custody_rotation *rotation, struct sr_err *err)
{
    assert(act->verb == SR_DEED_ROTATE);
    SR_CLEANUP(passage_clear) struct passage p = {0};
    SR_TRY(pass(r, act, &p, err));
    return sr_catalog_rotate(r->catalog, rotation->groups, rotation->group_count, rotation->rewrap,
                             rotation->ctx, &p.record, err);
}

enum sr_status sr_custody_found(const char *catalog_uri, const struct sr_catalog_room *room,
                                const struct sr_group *group, const char *actor, struct sr_err *err)
{
    SR_CLEANUP(passage_clear)
    struct passage p = {
        .act = {.verb = SR_DEED_INIT, .actor = actor, .time_utc_ms = room->created_utc_ms},
        .facts = {.room = room->id},
    };
    SR_TRY(decide(&p, err));
    SR_TRY(put_on_record(&p, err));
    return sr_catalog_create(catalog_uri, room, group, &p.record, err);
}
