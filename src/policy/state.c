/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/state.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/state_impl.h"

/* ---- Lists. */

#define FIRST_ROOM 16

void *sr_state_grown(void *old, size_t count, size_t room, size_t item_bytes)
{
    void *grown = calloc(room, item_bytes);
    if (grown != NULL) {
        if (count > 0) {
            memcpy(grown, old, count * item_bytes);
        }
        free(old);
    }
    return grown;
}

enum sr_status sr_state_list_reserve(struct sr_state_list *l, size_t extra)
{
    if (extra > l->room - l->count) {
        size_t room = 2 * l->room + FIRST_ROOM + extra;
        void **at = sr_state_grown(l->at, l->count, room, sizeof *at);
        if (at == NULL) {
            return SR_NO_MEMORY;
        }
        l->at = at;
        l->room = room;
    }
    return sr_nameset_reserve(l->names, extra);
}

void sr_state_list_add(struct sr_state_list *l, void *item, struct sr_bytes name)
{
    enum sr_status status = sr_nameset_add(l->names, name);
    assert(status == SR_OK && l->count < l->room);
    (void)status;
    l->at[l->count++] = item;
}

void *sr_state_list_find(const struct sr_state_list *l, struct sr_bytes name)
{
    size_t index = 0;
    return sr_nameset_find(l->names, name, &index) ? l->at[index] : NULL;
}

enum sr_status sr_state_copy(struct sr_bytes text, char **out)
{
    char *copy = calloc(text.len + 1, 1);
    if (copy == NULL) {
        return SR_NO_MEMORY;
    }
    if (text.len > 0) {
        memcpy(copy, text.ptr, text.len);
    }
    *out = copy;
    return SR_OK;
}

/* ---- Life. */

void sr_state_principal_free(struct sr_principal *p)
{
    if (p == NULL) {
        return;
    }
    for (size_t i = 0; i < p->roles; i++) {
        free(p->role[i]);
    }
    for (size_t i = 0; i < p->keys; i++) {
        sr_act_key_free(p->key[i].key);
    }
    free(p->name);
    free(p->person);
    free(p->organisation);
    free(p->role);
    free(p->key);
    free(p->attribute);
    free(p);
}

void sr_state_version_free(struct sr_state_version *v)
{
    if (v != NULL) {
        free(v->name);
        free(v->artifact);
        free(v->kind);
        free(v->custodian);
        free(v);
    }
}

void sr_state_review_clear(struct sr_review *review)
{
    free(review->reviewer);
    free(review->person);
    free(review->fingerprint);
}

void sr_state_request_free(struct sr_request *r)
{
    if (r == NULL) {
        return;
    }
    for (size_t i = 0; i < r->reviews; i++) {
        sr_state_review_clear(&r->review[i]);
    }
    sr_act_text_free(r->act);
    free(r->person);
    free(r->fingerprint);
    free(r->review);
    free(r);
}

void sr_state_handoff_free(struct sr_state_handoff *h)
{
    if (h != NULL) {
        free(h->to);
        free(h);
    }
}

static void list_clear(struct sr_state_list *l)
{
    free(l->at);
    sr_nameset_free(l->names);
}

void sr_state_free(struct sr_state *s)
{
    if (s == NULL) {
        return;
    }
    for (size_t i = 0; i < s->principals.count; i++) {
        sr_state_principal_free(s->principals.at[i]);
    }
    for (size_t i = 0; i < s->keys.count; i++) {
        free(s->keys.at[i]);
    }
    for (size_t i = 0; i < s->versions.count; i++) {
        sr_state_version_free(s->versions.at[i]);
    }
    for (size_t i = 0; i < s->requests.count; i++) {
        sr_state_request_free(s->requests.at[i]);
    }
    for (size_t i = 0; i < s->handoffs.count; i++) {
        sr_state_handoff_free(s->handoffs.at[i]);
    }
    for (size_t i = 0; i < s->nonce_pages; i++) {
        free(s->nonce_page[i]);
    }
    free(s->nonce_page);
    list_clear(&s->principals);
    list_clear(&s->keys);
    list_clear(&s->versions);
    list_clear(&s->requests);
    list_clear(&s->handoffs);
    sr_nameset_free(s->materials);
    sr_nameset_free(s->version_names);
    sr_nameset_free(s->nonces);
    sr_act_key_free(s->room_key);
    sr_policy_free(s->policy);
    free(s);
}

enum sr_status sr_state_new(struct sr_state **out)
{
    SR_AUTO(sr_state) s = calloc(1, sizeof *s);
    if (s == NULL) {
        return SR_NO_MEMORY;
    }
    s->epoch = 1;
    SR_TRY(sr_nameset_new(&s->principals.names));
    SR_TRY(sr_nameset_new(&s->keys.names));
    SR_TRY(sr_nameset_new(&s->versions.names));
    SR_TRY(sr_nameset_new(&s->requests.names));
    SR_TRY(sr_nameset_new(&s->handoffs.names));
    SR_TRY(sr_nameset_new(&s->materials));
    SR_TRY(sr_nameset_new(&s->version_names));
    SR_TRY(sr_nameset_new(&s->nonces));
    *out = SR_TAKE(s);
    return SR_OK;
}

/* ---- What is asked. */

bool sr_state_has_room(const struct sr_state *s)
{
    return s->has_room;
}

const struct sr_id *sr_state_room(const struct sr_state *s)
{
    return s->has_room ? &s->room : NULL;
}

const struct sr_act_key *sr_state_room_key(const struct sr_state *s)
{
    return s->room_key;
}

const struct sr_policy *sr_state_policy(const struct sr_state *s)
{
    return s->policy;
}

uint64_t sr_state_seq(const struct sr_state *s)
{
    return s->seq;
}

int64_t sr_state_time(const struct sr_state *s)
{
    return s->time_utc_ms;
}

uint64_t sr_state_epoch(const struct sr_state *s)
{
    return s->epoch;
}

bool sr_state_knows_nonce(const struct sr_state *s, const uint8_t nonce[SR_ACT_NONCE_BYTES])
{
    size_t index = 0;
    return sr_nameset_find(s->nonces, sr_bytes(nonce, SR_ACT_NONCE_BYTES), &index);
}

const struct sr_principal *sr_state_principal(const struct sr_state *s, struct sr_bytes name)
{
    return sr_state_list_find(&s->principals, name);
}

const struct sr_principal *sr_state_key_owner(const struct sr_state *s, const char *fingerprint,
                                              const struct sr_state_key **out_key)
{
    const struct sr_state_key_ref *ref = sr_state_list_find(&s->keys, sr_text_view(fingerprint));
    if (ref != NULL && out_key != NULL) {
        *out_key = &ref->owner->key[ref->index];
    }
    return ref == NULL ? NULL : ref->owner;
}

bool sr_state_knows_material(const struct sr_state *s, const uint8_t material[SR_SHA256_BYTES])
{
    size_t index = 0;
    return sr_nameset_find(s->materials, sr_bytes(material, SR_SHA256_BYTES), &index) ||
           (s->has_room && memcmp(s->room_material, material, SR_SHA256_BYTES) == 0);
}

const struct sr_state_version *sr_state_version(const struct sr_state *s, const struct sr_id *id)
{
    return sr_state_list_find(&s->versions, sr_bytes(id->bytes, SR_ID_BYTES));
}

const struct sr_state_version *sr_state_version_named(const struct sr_state *s,
                                                      struct sr_bytes artifact, uint64_t number)
{
    char name[SR_ACT_SUBJECT_NAME_BYTES];
    if (artifact.len > SR_ACT_SUBJECT_NAME_BYTES) {
        return NULL;
    }
    int len = snprintf(name, sizeof name, "%.*s@%" PRIu64, (int)artifact.len,
                       (const char *)artifact.ptr, number);
    size_t index = 0;
    bool is_there = len > 0 && (size_t)len < sizeof name &&
                    sr_nameset_find(s->version_names, sr_bytes(name, (size_t)len), &index);
    return is_there ? s->versions.at[index] : NULL;
}

const struct sr_request *sr_state_request(const struct sr_state *s,
                                          const uint8_t digest[SR_SHA256_BYTES])
{
    return sr_state_list_find(&s->requests, sr_bytes(digest, SR_SHA256_BYTES));
}

const struct sr_state_handoff *sr_state_handoff(const struct sr_state *s, const struct sr_id *id)
{
    return sr_state_list_find(&s->handoffs, sr_bytes(id->bytes, SR_ID_BYTES));
}

size_t sr_state_principal_count(const struct sr_state *s)
{
    return s->principals.count;
}

const struct sr_principal *sr_state_principal_at(const struct sr_state *s, size_t index)
{
    return s->principals.at[index];
}

size_t sr_state_request_count(const struct sr_state *s)
{
    return s->requests.count;
}

const struct sr_request *sr_state_request_at(const struct sr_state *s, size_t index)
{
    return s->requests.at[index];
}

size_t sr_state_version_count(const struct sr_state *s)
{
    return s->versions.count;
}

const struct sr_state_version *sr_state_version_at(const struct sr_state *s, size_t index)
{
    return s->versions.at[index];
}

size_t sr_state_handoff_count(const struct sr_state *s)
{
    return s->handoffs.count;
}

const struct sr_state_handoff *sr_state_handoff_at(const struct sr_state *s, size_t index)
{
    return s->handoffs.at[index];
}
