/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/audit_query.h"

#include <stdlib.h>
#include <string.h>

#include "acts/entry.h"
#include "custody/book.h"
#include "custody/room_impl.h"

enum sr_status sr_audit_query_touched(struct sr_room *r, const struct sr_id *version,
                                      enum sr_status (*visit)(void *ctx,
                                                              const struct sr_act_record *act,
                                                              struct sr_err *err),
                                      void *ctx, struct sr_err *err)
{
    const struct sr_acts_query query = {.which = SR_ACTS_BY_VERSION, .id = version};
    return sr_catalog_acts(r->catalog, &query, visit, ctx, err);
}

enum sr_status sr_audit_query_did(struct sr_room *r, const char *principal,
                                  enum sr_status (*visit)(void *ctx,
                                                          const struct sr_act_record *act,
                                                          struct sr_err *err),
                                  void *ctx, struct sr_err *err)
{
    const struct sr_acts_query query = {.which = SR_ACTS_BY_ACTOR, .actor = principal};
    return sr_catalog_acts(r->catalog, &query, visit, ctx, err);
}

/* Which acts have to be folded, by seq; and the names whose requests matter. */
struct seqs {
    uint64_t *seq;
    size_t count;
};

struct names {
    char (*name)[SR_REACH_NAME_BYTES];
    size_t count;
};

struct digests {
    uint8_t (*digest)[SR_SHA256_BYTES];
    size_t count;
};

struct gathering {
    struct sr_room *room;
    const char *principal;
    int64_t to_utc_ms;
    struct seqs seqs;
    struct names names;
    struct digests requests;
};

static void gathering_clear(struct gathering *g)
{
    free(g->seqs.seq);
    free(g->names.name);
    free(g->requests.digest);
}

/* Room for one more in an array that doubles at powers of two. */
static enum sr_status grow(void **array, size_t count, size_t bytes, struct sr_err *err)
{
    if ((count & (count - 1)) != 0) {
        return SR_OK;
    }
    void *more = realloc(*array, (count == 0 ? 1 : 2 * count) * bytes);
    if (more == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for an answer");
    }
    *array = more;
    return SR_OK;
}

static enum sr_status add_seq(struct gathering *g, uint64_t seq, struct sr_err *err)
{
    void *array = g->seqs.seq;
    SR_TRY(grow(&array, g->seqs.count, sizeof *g->seqs.seq, err));
    g->seqs.seq = array;
    g->seqs.seq[g->seqs.count++] = seq;
    return SR_OK;
}

static enum sr_status add_name(struct gathering *g, struct sr_bytes name, struct sr_err *err)
{
    void *array = g->names.name;
    if (name.len >= SR_REACH_NAME_BYTES) {
        return SR_OK;
    }
    SR_TRY(grow(&array, g->names.count, sizeof *g->names.name, err));
    g->names.name = array;
    char *to = g->names.name[g->names.count++];
    memcpy(to, name.ptr, name.len);
    to[name.len] = '\0';
    return SR_OK;
}

static enum sr_status add_request(struct gathering *g, const uint8_t digest[SR_SHA256_BYTES],
                                  struct sr_err *err)
{
    void *array = g->requests.digest;
    SR_TRY(grow(&array, g->requests.count, sizeof *g->requests.digest, err));
    g->requests.digest = array;
    memcpy(g->requests.digest[g->requests.count++], digest, SR_SHA256_BYTES);
    return SR_OK;
}

/* People, policies and versions; with the requests under which they were changed, and the names of
 * those for whom the principal answers. */
static enum sr_status gather_governing(void *ctx, const struct sr_act_record *act,
                                       struct sr_err *err)
{
    struct gathering *g = ctx;
    SR_AUTO(sr_envelope) e = NULL;
    if (act->time_utc_ms > g->to_utc_ms) {
        return SR_CANCELLED;
    }
    SR_TRY(add_seq(g, act->seq, err));
    if (act->has_request) {
        SR_TRY(add_request(g, act->request, err));
    }
    if (strcmp(act->verb, sr_verb_info(SR_VERB_ENROL)->word) != 0) {
        return SR_OK;
    }
    SR_TRY(sr_envelope_open(act->body, &e, err));
    const struct sr_act *enrol = sr_envelope_act(e);
    return sr_act_has(enrol, SR_FIELD_owner) &&
                   sr_text_equal(enrol->field[SR_FIELD_owner].text, sr_text_view(g->principal))
               ? add_name(g, enrol->field[SR_FIELD_principal].text, err)
               : SR_OK;
}

static enum sr_status gather_own(void *ctx, const struct sr_act_record *act, struct sr_err *err)
{
    struct gathering *g = ctx;
    bool is_request = strcmp(act->verb, sr_verb_info(SR_VERB_REQUEST)->word) == 0;
    if (act->time_utc_ms > g->to_utc_ms) {
        return SR_CANCELLED;
    }
    return is_request && !act->is_refused && act->has_request ? add_request(g, act->request, err)
                                                              : SR_OK;
}

/* A request with its reviews, and what was done under it; uses and records only use it up. */
static enum sr_status gather_request(void *ctx, const struct sr_act_record *act, struct sr_err *err)
{
    struct gathering *g = ctx;
    enum sr_verb verb = SR_VERB_COUNT;
    if (act->time_utc_ms > g->to_utc_ms) {
        return SR_CANCELLED;
    }
    if (!sr_verb_from_word(sr_text_view(act->verb), &verb)) {
        return sr_fail(err, SR_CORRUPT, "act %llu has an unknown verb",
                       (unsigned long long)act->seq);
    }
    return act->is_refused || sr_verb_info(verb)->group != SR_VERB_GROUP_REVIEW
               ? SR_OK
               : add_seq(g, act->seq, err);
}

static enum sr_status walk(struct gathering *g, const struct sr_acts_query *query,
                           enum sr_status (*visit)(void *ctx, const struct sr_act_record *act,
                                                   struct sr_err *err),
                           struct sr_err *err)
{
    enum sr_status status = sr_catalog_acts(g->room->catalog, query, visit, g, err);
    return status == SR_CANCELLED ? SR_OK : status;
}

static int compare_seqs(const void *a, const void *b) /* lint: callback */
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static enum sr_status gather(struct gathering *g, struct sr_err *err)
{
    const struct sr_acts_query governing = {.which = SR_ACTS_THAT_GOVERN, .with_leaves = true};
    SR_TRY(add_name(g, sr_text_view(g->principal), err));
    SR_TRY(walk(g, &governing, gather_governing, err));
    for (size_t i = 0; i < g->names.count; i++) {
        const struct sr_acts_query own = {.which = SR_ACTS_BY_ACTOR, .actor = g->names.name[i]};
        SR_TRY(walk(g, &own, gather_own, err));
    }
    for (size_t i = 0; i < g->requests.count; i++) {
        const struct sr_acts_query request = {.which = SR_ACTS_BY_REQUEST,
                                              .request = g->requests.digest[i]};
        SR_TRY(walk(g, &request, gather_request, err));
    }
    if (g->seqs.count > 1) {
        qsort(g->seqs.seq, g->seqs.count, sizeof *g->seqs.seq, compare_seqs);
    }
    return SR_OK;
}

/* Folding them. */

struct folding {
    struct sr_room *room;
    struct sr_reach *reach;
    struct sr_state *state;
    struct sr_envelope *envelope; /* of the act that was read; NULL: none */
    int64_t time_utc_ms;
    uint64_t seq;
    struct sr_act_key *key; /* the room's */
};

static void folding_clear(struct folding *f)
{
    sr_state_free(f->state);
    sr_envelope_free(f->envelope);
    sr_act_key_free(f->key);
}

static enum sr_status read_one(void *ctx, const struct sr_act_record *act, struct sr_err *err)
{
    struct folding *f = ctx;
    if (f->envelope != NULL) {
        return SR_CANCELLED; /* the one that was asked for is there */
    }
    f->time_utc_ms = act->time_utc_ms;
    f->seq = act->seq;
    return sr_envelope_open(act->body, &f->envelope, err);
}

/* The first act names the room's key. */
static enum sr_status get_key(struct folding *f, const struct sr_act *act, struct sr_err *err)
{
    if (f->key != NULL || !sr_act_has(act, SR_FIELD_key) ||
        sr_verb_info(act->verb)->group != SR_VERB_GROUP_SYSTEM) {
        return SR_OK;
    }
    return sr_act_key_parse(act->field[SR_FIELD_key].text, &f->key, err);
}

static enum sr_status fold(struct folding *f, struct sr_err *err)
{
    const struct sr_act *act = sr_envelope_act(f->envelope);
    const uint8_t *digest = sr_envelope_digest(f->envelope);
    struct sr_state_event event = {.act = act,
                                   .digest = digest,
                                   .fingerprint = sr_envelope_keyid(f->envelope),
                                   .proof = {.is_hardware = true, .has_verification = true},
                                   .seq = f->seq,
                                   .time_utc_ms = f->time_utc_ms};
    SR_TRY(get_key(f, act, err));
    event.is_room =
        f->key != NULL && strcmp(event.fingerprint, sr_act_key_fingerprint(f->key)) == 0;
    if (act->verb == SR_VERB_INIT || act->verb == SR_VERB_POLICY || act->verb == SR_VERB_ADOPT) {
        SR_TRY(sr_book_policy(f->room, act->field[SR_FIELD_policy].digest, &event.policy, err));
    }
    SR_TRY(sr_reach_step(f->reach, act, digest, f->time_utc_ms, f->state, err));
    return sr_state_apply(f->state, &event, err);
}

static enum sr_status fold_seq(struct folding *f, uint64_t seq, struct sr_err *err)
{
    const struct sr_acts_query query = {
        .which = SR_ACTS_ALL, .after_seq = seq - 1, .with_leaves = true};
    enum sr_status status = sr_catalog_acts(f->room->catalog, &query, read_one, f, err);
    if (status != SR_OK && status != SR_CANCELLED) {
        return status;
    }
    if (f->envelope == NULL || f->seq != seq) {
        return sr_fail(err, SR_CORRUPT, "act %llu is not there", (unsigned long long)seq);
    }
    status = fold(f, err);
    sr_envelope_free(f->envelope);
    f->envelope = NULL;
    return status;
}

enum sr_status sr_audit_query_reach(struct sr_room *r, const char *principal, int64_t from_utc_ms,
                                    int64_t to_utc_ms, struct sr_reach **out, struct sr_err *err)
{
    SR_CLEANUP(gathering_clear)
    struct gathering g = {.room = r, .principal = principal, .to_utc_ms = to_utc_ms};
    SR_CLEANUP(folding_clear) struct folding f = {.room = r};
    SR_AUTO(sr_reach) reach = NULL;
    SR_TRY(gather(&g, err));
    SR_TRY(sr_reach_new(sr_text_view(principal), from_utc_ms, to_utc_ms, &reach, err));
    SR_TRY(sr_state_new(&f.state));
    f.reach = reach;
    for (size_t i = 0; i < g.seqs.count; i++) {
        if (i == 0 || g.seqs.seq[i] != g.seqs.seq[i - 1]) {
            SR_TRY(fold_seq(&f, g.seqs.seq[i], err));
        }
    }
    SR_TRY(sr_reach_end(reach, f.state, err));
    if (sr_state_principal(f.state, sr_text_view(principal)) == NULL) {
        return sr_fail(err, SR_NOT_FOUND, "no principal '%s' then", principal);
    }
    *out = SR_TAKE(reach);
    return SR_OK;
}
