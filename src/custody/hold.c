/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/hold.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/folder.h"
#include "custody/deposit_facts.h"
#include "formats/json.h"

#define INTENT_BYTES_MAX 8192
#define INTENT_DEPTH_MAX 2
#define FORMAT 1
#define NAME_BYTES 48
#define ID_CHARS (SR_ID_TEXT_BYTES - 1)

struct sr_hold {
    int folder_fd; /* the room's, not ours */
    int lock_fd;
    char lock[NAME_BYTES];
    char intent[NAME_BYTES];
};

static void name_file(const struct sr_id *version, const char *suffix, char out[NAME_BYTES])
{
    char id[SR_ID_TEXT_BYTES];
    sr_text_hex(sr_bytes(version->bytes, SR_ID_BYTES), id);
    (void)snprintf(out, NAME_BYTES, "%s%s", id, suffix);
}

enum sr_status sr_hold_take(int deposits_fd, const struct sr_id *version, struct sr_hold **out,
                            struct sr_err *err)
{
    SR_AUTO(sr_hold) h = calloc(1, sizeof *h);
    if (h == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory to hold a deposit");
    }
    h->folder_fd = deposits_fd;
    h->lock_fd = -1;
    name_file(version, ".lock", h->lock);
    name_file(version, ".json", h->intent);
    SR_TRY(sr_folder_lock(deposits_fd, h->lock, SR_LOCK_EXCLUSIVE, 0, &h->lock_fd, err));
    *out = SR_TAKE(h);
    return SR_OK;
}

void sr_hold_free(struct sr_hold *h)
{
    if (h == NULL) {
        return;
    }
    sr_folder_close_fd(&h->lock_fd);
    free(h);
}

enum sr_status sr_hold_encode(const struct sr_hold_intent *intent, struct sr_buf *out)
{
    struct sr_json_writer w = {.out = out};
    SR_TRY(sr_json_open_object(&w));
    SR_TRY(sr_json_key(&w, "actor"));
    SR_TRY(sr_json_put_string(&w, sr_text_view(intent->actor)));
    SR_TRY(sr_json_key(&w, "format"));
    SR_TRY(sr_json_put_u64(&w, FORMAT));
    if (intent->is_inspected) {
        SR_TRY(sr_deposit_put_inspection(&w, &intent->inspection));
    }
    if (intent->is_offered) {
        SR_TRY(sr_json_key(&w, "offer"));
        SR_TRY(sr_json_put_hex(&w, sr_bytes(intent->offer, sizeof intent->offer)));
    }
    SR_TRY(sr_json_key(&w, "parents"));
    SR_TRY(sr_json_open_array(&w));
    for (size_t i = 0; i < intent->parent_count; i++) {
        SR_TRY(sr_json_put_hex(&w, sr_bytes(intent->parents[i].bytes, SR_ID_BYTES)));
    }
    SR_TRY(sr_json_close_array(&w));
    return sr_json_close_object(&w);
}

static bool get_parents(struct sr_json_value array, struct sr_hold_intent *out)
{
    if (sr_json_kind(array) != SR_JSON_ARRAY || sr_json_count(array) > SR_DEPOSIT_PARENTS_MAX) {
        return false;
    }
    out->parent_count = sr_json_count(array);
    for (size_t i = 0; i < out->parent_count; i++) {
        struct sr_json_value id = sr_json_at(array, i);
        if (sr_json_kind(id) != SR_JSON_STRING ||
            sr_text_unhex(sr_json_string(id), out->parents[i].bytes, SR_ID_BYTES) != SR_OK) {
            return false;
        }
    }
    return true;
}

static bool get_text(struct sr_json_value object, const char *key, struct sr_bytes *out)
{
    struct sr_json_value value;
    if (!sr_json_find(object, key, &value) || sr_json_kind(value) != SR_JSON_STRING) {
        return false;
    }
    *out = sr_json_string(value);
    return true;
}

static bool get_profile(struct sr_bytes word, enum sr_profile *out)
{
    for (unsigned i = 0; i < SR_PROFILE_COUNT; i++) {
        if (sr_text_equal(word, sr_text_view(sr_profile_name((enum sr_profile)i)))) {
            *out = (enum sr_profile)i;
            return true;
        }
    }
    return false;
}

/* Only what could be recorded: PASS, or REVIEW with a reason. sr_decide() looks again. */
static bool get_inspection(struct sr_json_value object, struct sr_deposit_inspection *out)
{
    struct sr_bytes profile;
    struct sr_bytes reason;
    struct sr_bytes ruleset;
    struct sr_bytes verdict;
    if (sr_json_kind(object) != SR_JSON_OBJECT || sr_json_count(object) != 4 ||
        !get_text(object, "profile", &profile) || !get_profile(profile, &out->profile) ||
        !get_text(object, "reason", &reason) || reason.len > SR_DEPOSIT_REASON_BYTES_MAX ||
        !get_text(object, "ruleset", &ruleset) ||
        sr_text_unhex(ruleset, out->ruleset, sizeof out->ruleset) != SR_OK ||
        !get_text(object, "verdict", &verdict)) {
        return false;
    }
    memcpy(out->reason, reason.ptr, reason.len);
    out->reason[reason.len] = '\0';
    out->verdict = reason.len == 0 ? SR_VERDICT_PASS : SR_VERDICT_REVIEW;
    return sr_text_equal(verdict, sr_text_view(sr_verdict_name(out->verdict)));
}

static bool get_actor(struct sr_json_value root, struct sr_hold_intent *out)
{
    struct sr_bytes text;
    if (!get_text(root, "actor", &text) || text.len > SR_ROOM_ACTOR_BYTES_MAX) {
        return false;
    }
    memcpy(out->actor, text.ptr, text.len);
    out->actor[text.len] = '\0';
    return sr_deposit_is_actor(out->actor);
}

static bool get_offer(struct sr_json_value root, struct sr_hold_intent *out)
{
    struct sr_json_value offer;
    out->is_offered = sr_json_find(root, "offer", &offer);
    return !out->is_offered ||
           (sr_json_kind(offer) == SR_JSON_STRING &&
            sr_text_unhex(sr_json_string(offer), out->offer, sizeof out->offer) == SR_OK);
}

static bool is_our_format(struct sr_json_value root)
{
    struct sr_json_value format;
    return sr_json_find(root, "format", &format) && sr_json_kind(format) == SR_JSON_INTEGER &&
           sr_json_integer(format) == FORMAT;
}

static bool get_intent(struct sr_json_value root, struct sr_hold_intent *out)
{
    struct sr_json_value parents;
    struct sr_json_value inspection;
    if (sr_json_kind(root) != SR_JSON_OBJECT || !get_actor(root, out) || !is_our_format(root) ||
        !sr_json_find(root, "parents", &parents) || !get_parents(parents, out) ||
        !get_offer(root, out)) {
        return false;
    }
    out->is_inspected = sr_json_find(root, "inspection", &inspection);
    size_t members = 3U + (out->is_inspected ? 1U : 0U) + (out->is_offered ? 1U : 0U);
    return sr_json_count(root) == members &&
           (!out->is_inspected || get_inspection(inspection, &out->inspection));
}

enum sr_status sr_hold_decode(struct sr_bytes text, struct sr_hold_intent *out, struct sr_err *err)
{
    SR_AUTO(sr_json) json = NULL;
    enum sr_status status = sr_json_decode(text, INTENT_DEPTH_MAX, &json, err);
    if (status != SR_OK) {
        return sr_context(err, status == SR_NO_MEMORY ? status : SR_CORRUPT,
                          "the intent of a deposit");
    }
    struct sr_hold_intent intent = {0};
    if (!get_intent(sr_json_root(json), &intent)) {
        return sr_fail(err, SR_CORRUPT, "the intent of a deposit is not one");
    }
    *out = intent;
    return SR_OK;
}

enum sr_status sr_hold_store(struct sr_hold *h, const struct sr_hold_intent *intent,
                             struct sr_err *err)
{
    SR_AUTO(sr_buf) text = NULL;
    SR_TRY(sr_buf_new(INTENT_BYTES_MAX, &text));
    enum sr_status status = sr_hold_encode(intent, text);
    if (status != SR_OK) {
        return sr_fail(err, status, "cannot write down what is to be deposited");
    }
    return sr_folder_write_file(h->folder_fd, h->intent, sr_buf_view(text), err);
}

enum sr_status sr_hold_load(const struct sr_hold *h, struct sr_hold_intent *out, struct sr_err *err)
{
    SR_AUTO(sr_buf) text = NULL;
    SR_TRY(sr_buf_new(INTENT_BYTES_MAX, &text));
    enum sr_status status = sr_folder_read_file(h->folder_fd, h->intent, text, err);
    if (status == SR_TOO_LARGE) {
        return sr_fail(err, SR_CORRUPT, "the intent of a deposit is too large");
    }
    SR_TRY(status);
    return sr_hold_decode(sr_buf_view(text), out, err);
}

enum sr_status sr_hold_end(struct sr_hold *h, struct sr_err *err)
{
    SR_AUTO(sr_hold) hold = h;
    char temporary[NAME_BYTES + 4];
    (void)snprintf(temporary, sizeof temporary, "%s.new", hold->intent);
    SR_TRY(sr_folder_remove_file(hold->folder_fd, temporary, err));
    SR_TRY(sr_folder_remove_file(hold->folder_fd, hold->intent, err));
    /* The lock last: as long as its name is there, nobody else can think it is his. */
    SR_TRY(sr_folder_remove_file(hold->folder_fd, hold->lock, err));
    return sr_folder_sync(hold->folder_fd, err);
}

void sr_hold_abandon(struct sr_hold *h)
{
    if (h != NULL && sr_hold_end(h, NULL) != SR_OK) {
        return;
    }
}

bool sr_hold_is_live(int deposits_fd, const struct sr_id *version)
{
    char lock[NAME_BYTES];
    name_file(version, ".lock", lock);
    return sr_folder_is_locked(deposits_fd, lock);
}

struct ids {
    struct sr_id *array;
    size_t count;
    size_t capacity;
};

static enum sr_status add_id(void *ctx, const char *name, struct sr_err *err)
{
    struct ids *ids = ctx;
    struct sr_id id;
    if (strlen(name) <= ID_CHARS ||
        sr_text_unhex(sr_bytes(name, ID_CHARS), id.bytes, SR_ID_BYTES) != SR_OK) {
        return SR_OK; /* not ours */
    }
    for (size_t i = 0; i < ids->count; i++) {
        if (sr_text_id_equal(&ids->array[i], &id)) {
            return SR_OK;
        }
    }
    if (ids->count == ids->capacity) {
        size_t capacity = ids->capacity == 0 ? 8 : 2 * ids->capacity;
        struct sr_id *array = reallocarray(ids->array, capacity, sizeof *array);
        if (array == NULL) {
            return sr_fail(err, SR_NO_MEMORY, "no memory for the deposits in progress");
        }
        ids->array = array;
        ids->capacity = capacity;
    }
    ids->array[ids->count++] = id;
    return SR_OK;
}

enum sr_status sr_hold_list(int deposits_fd, struct sr_id **out, size_t *out_count,
                            struct sr_err *err)
{
    struct ids ids = {0};
    enum sr_status status = sr_folder_list(deposits_fd, add_id, &ids, err);
    if (status != SR_OK) {
        free(ids.array);
        return status;
    }
    *out = ids.array;
    *out_count = ids.count;
    return SR_OK;
}
