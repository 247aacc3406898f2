/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/look_back.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "custody/audit_query.h"
#include "formats/json.h"

/* What one subject saw of somebody: how often which verb, and when last. */
struct touch {
    char *subject;
    enum sr_verb verb;
    uint64_t count;
    int64_t last_utc_ms;
};

struct touches {
    struct touch *items;
    size_t count;
    size_t room;
    uint64_t acts;
    uint64_t refused; /* that they tried, beside */
};

static void touches_clear(struct touches *t)
{
    for (size_t i = 0; i < t->count; i++) {
        free(t->items[i].subject);
    }
    free(t->items);
}

static struct touch *find(struct touches *t, struct sr_bytes subject, enum sr_verb verb)
{
    for (size_t i = 0; i < t->count; i++) {
        if (t->items[i].verb == verb && sr_text_equal(sr_text_view(t->items[i].subject), subject)) {
            return &t->items[i];
        }
    }
    return NULL;
}

static enum sr_status add(struct touches *t, struct sr_bytes subject, enum sr_verb verb,
                          struct touch **out)
{
    if (t->count == t->room) {
        size_t room = t->room == 0 ? 16 : 2 * t->room;
        struct touch *items = realloc(t->items, room * sizeof *items);
        if (items == NULL) {
            return SR_NO_MEMORY;
        }
        t->items = items;
        t->room = room;
    }
    char *name = strndup((const char *)subject.ptr, subject.len);
    if (name == NULL) {
        return SR_NO_MEMORY;
    }
    t->items[t->count] = (struct touch){.subject = name, .verb = verb};
    *out = &t->items[t->count++];
    return SR_OK;
}

/* What an act is about, as people call it: "llama@1", or the kind of thing. */
static void name_subject(const struct sr_state *state, const struct sr_act_record *record,
                         char out[SR_ACT_SUBJECT_NAME_BYTES])
{
    const struct sr_state_version *version =
        record->has_version ? sr_state_version(state, &record->version) : NULL;
    if (version != NULL) {
        (void)snprintf(out, SR_ACT_SUBJECT_NAME_BYTES, "%s@%" PRIu64, version->artifact,
                       version->number);
        return;
    }
    (void)snprintf(out, SR_ACT_SUBJECT_NAME_BYTES, "%s", record->has_request ? "request" : "room");
}

struct search {
    const struct sr_state *state;
    struct touches touches;
};

static void search_clear(struct search *s)
{
    touches_clear(&s->touches);
}

static enum sr_status visit(void *ctx, const struct sr_act_record *record, struct sr_err *err)
{
    struct search *s = ctx;
    struct touches *t = &s->touches;
    char subject[SR_ACT_SUBJECT_NAME_BYTES];
    enum sr_verb verb;
    if (record->is_refused) {
        t->refused++;
        return SR_OK;
    }
    if (!sr_verb_from_word(sr_text_view(record->verb), &verb)) {
        return sr_fail(err, SR_CORRUPT, "act %" PRIu64 " has no verb that is known", record->seq);
    }
    t->acts++;
    name_subject(s->state, record, subject);
    struct touch *touch = find(t, sr_text_view(subject), verb);
    if (touch == NULL && add(t, sr_text_view(subject), verb, &touch) != SR_OK) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for the look-back");
    }
    touch->count++;
    touch->last_utc_ms = record->time_utc_ms;
    return SR_OK;
}

static enum sr_status put_text(struct sr_json_writer *w, const char *key, struct sr_bytes text)
{
    SR_TRY(sr_json_key(w, key));
    return sr_json_put_string(w, text);
}

static enum sr_status put_number(struct sr_json_writer *w, const char *key, uint64_t value)
{
    SR_TRY(sr_json_key(w, key));
    return sr_json_put_u64(w, value);
}

static enum sr_status put_keys(struct sr_json_writer *w, const struct sr_principal *who)
{
    SR_TRY(sr_json_key(w, "keys"));
    SR_TRY(sr_json_open_array(w));
    for (size_t i = 0; i < who->keys; i++) {
        SR_TRY(sr_json_put_string(w, sr_text_view(sr_act_key_fingerprint(who->key[i].key))));
    }
    return sr_json_close_array(w);
}

static bool is_over(enum sr_request_state state)
{
    return state != SR_REQUEST_PENDING && state != SR_REQUEST_WAITING &&
           state != SR_REQUEST_GRANTED && state != SR_REQUEST_SUSPENDED;
}

static enum sr_status put_request(struct sr_json_writer *w, const struct sr_request *request,
                                  const struct sr_standing *standing)
{
    const struct sr_act *act = sr_act_text_view(request->act);
    SR_TRY(sr_json_open_object(w));
    SR_TRY(put_number(w, "bytes_served", request->bytes_served));
    SR_TRY(sr_json_key(w, "request"));
    SR_TRY(sr_json_put_hex(w, sr_bytes(request->digest, SR_SHA256_BYTES)));
    SR_TRY(put_text(w, "state", sr_text_view(sr_request_state_word(standing->state))));
    SR_TRY(put_text(w, "subject", act->subjects[0].name));
    SR_TRY(put_number(w, "uses", request->uses));
    SR_TRY(put_text(w, "what", act->field[SR_FIELD_what].text));
    return sr_json_close_object(w);
}

static enum sr_status put_requests(struct sr_json_writer *w, const struct sr_state *state,
                                   const struct sr_principal *who, const struct sr_moment *moment,
                                   struct sr_look_back_counts *counts)
{
    SR_TRY(sr_json_key(w, "requests"));
    SR_TRY(sr_json_open_array(w));
    for (size_t i = 0; i < sr_state_request_count(state); i++) {
        const struct sr_request *request = sr_state_request_at(state, i);
        if (!sr_text_equal(sr_act_text_view(request->act)->actor, sr_text_view(who->name))) {
            continue;
        }
        struct sr_standing standing = sr_policy_standing(state, request, moment);
        counts->open += !is_over(standing.state);
        SR_TRY(put_request(w, request, &standing));
    }
    return sr_json_close_array(w);
}

static enum sr_status put_reviews(struct sr_json_writer *w, const struct sr_state *state,
                                  const struct sr_principal *who,
                                  struct sr_look_back_counts *counts)
{
    SR_TRY(sr_json_key(w, "reviewed"));
    SR_TRY(sr_json_open_array(w));
    for (size_t i = 0; i < sr_state_request_count(state); i++) {
        const struct sr_request *request = sr_state_request_at(state, i);
        for (size_t j = 0; j < request->reviews; j++) {
            if (strcmp(request->review[j].reviewer, who->name) == 0) {
                SR_TRY(sr_json_put_hex(w, sr_bytes(request->digest, SR_SHA256_BYTES)));
                counts->reviews++;
            }
        }
    }
    return sr_json_close_array(w);
}

static enum sr_status put_touches(struct sr_json_writer *w, const struct touches *touches,
                                  struct sr_look_back_counts *counts)
{
    SR_TRY(sr_json_key(w, "touched"));
    SR_TRY(sr_json_open_array(w));
    for (size_t i = 0; i < touches->count; i++) {
        const struct touch *touch = &touches->items[i];
        SR_TRY(sr_json_open_object(w));
        SR_TRY(put_number(w, "count", touch->count));
        SR_TRY(put_number(w, "last_utc_ms", (uint64_t)touch->last_utc_ms));
        SR_TRY(put_text(w, "subject", sr_text_view(touch->subject)));
        SR_TRY(put_text(w, "verb", sr_text_view(sr_verb_info(touch->verb)->word)));
        SR_TRY(sr_json_close_object(w));
        if (sr_verb_releases(touch->verb)) {
            counts->releases += touch->count;
            counts->versions++;
        }
    }
    counts->acts = touches->acts;
    return sr_json_close_array(w);
}

/* Those they answer for leave with them. */
static enum sr_status put_owned(struct sr_json_writer *w, const struct sr_state *state,
                                const struct sr_principal *who)
{
    SR_TRY(sr_json_key(w, "answers_for"));
    SR_TRY(sr_json_open_array(w));
    for (size_t i = 0; i < sr_state_principal_count(state); i++) {
        const struct sr_principal *other = sr_state_principal_at(state, i);
        if (other != who && other->left_utc_ms == 0 && strcmp(other->person, who->name) == 0) {
            SR_TRY(sr_json_put_string(w, sr_text_view(other->name)));
        }
    }
    return sr_json_close_array(w);
}

static enum sr_status write_report(struct sr_buf *out, const struct sr_state *state,
                                   const struct sr_principal *who, const struct sr_moment *moment,
                                   const struct touches *touches,
                                   struct sr_look_back_counts *counts)
{
    struct sr_json_writer w = {.out = out};
    SR_TRY(sr_json_open_object(&w));
    SR_TRY(put_owned(&w, state, who));
    SR_TRY(put_number(&w, "format", 1));
    SR_TRY(put_keys(&w, who));
    SR_TRY(put_text(&w, "principal", sr_text_view(who->name)));
    SR_TRY(put_number(&w, "refused", touches->refused));
    SR_TRY(put_requests(&w, state, who, moment, counts));
    SR_TRY(put_reviews(&w, state, who, counts));
    SR_TRY(sr_json_key(&w, "roles"));
    SR_TRY(sr_json_open_array(&w));
    for (size_t i = 0; i < who->roles; i++) {
        SR_TRY(sr_json_put_string(&w, sr_text_view(who->role[i])));
    }
    SR_TRY(sr_json_close_array(&w));
    SR_TRY(put_touches(&w, touches, counts));
    return sr_json_close_object(&w);
}

enum sr_status sr_look_back(struct sr_room *r, const struct sr_principal *who, struct sr_buf *out,
                            struct sr_look_back_counts *counts, struct sr_err *err)
{
    SR_CLEANUP(search_clear) struct search search = {.state = NULL};
    struct sr_moment moment = {0};
    *counts = (struct sr_look_back_counts){0};
    SR_TRY(sr_custody_state(r, &search.state, err));
    SR_TRY(sr_custody_moment(r, &moment, err));
    SR_TRY(sr_audit_query_did(r, who->name, visit, &search, err));
    enum sr_status status = write_report(out, search.state, who, &moment, &search.touches, counts);
    return status == SR_OK ? SR_OK : sr_context(err, status, "cannot write the look-back");
}
