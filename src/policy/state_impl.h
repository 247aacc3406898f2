/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_POLICY_STATE_IMPL_H
#define SR_POLICY_STATE_IMPL_H

#include "formats/nameset.h"
#include "policy/state.h"

/* Shared by state*.c only. */

/* Things in the order in which they came, found by a name that each of them holds. */
struct sr_state_list {
    void **at;
    size_t count;
    size_t room;
    struct sr_nameset *names; /* name i is that of at[i] */
};

/* A key that is or was somebody's. Never moves: names of two sets point into it. */
struct sr_state_key_ref {
    struct sr_principal *owner;
    size_t index; /* in owner->key */
    uint8_t material[SR_SHA256_BYTES];
};

#define SR_STATE_NONCES_PER_PAGE 1024
struct sr_state_nonces {
    uint8_t at[SR_STATE_NONCES_PER_PAGE][SR_ACT_NONCE_BYTES];
};

struct sr_state {
    bool has_room;
    struct sr_id room;
    struct sr_act_key *room_key;
    uint8_t room_material[SR_SHA256_BYTES];
    struct sr_policy *policy;
    uint64_t seq;
    int64_t time_utc_ms;
    uint64_t epoch;
    struct sr_state_list principals;  /* struct sr_principal, by name */
    struct sr_state_list keys;        /* struct sr_state_key_ref, by fingerprint */
    struct sr_nameset *materials;     /* name i is that of keys.at[i] */
    struct sr_state_list versions;    /* struct sr_state_version, by id */
    struct sr_nameset *version_names; /* name i is that of versions.at[i] */
    struct sr_state_list requests;    /* struct sr_request, by digest */
    struct sr_state_list handoffs;    /* struct sr_state_handoff, by id */
    struct sr_nameset *nonces;        /* names are in the pages */
    struct sr_state_nonces **nonce_page;
    size_t nonce_pages;
};

/* Room for extra more: as many sr_state_list_add() cannot fail. errors  NO_MEMORY, TOO_LARGE */
enum sr_status sr_state_list_reserve(struct sr_state_list *l, size_t extra) SR_MUST_USE;
/* item's name must not be there and lives as long as the item. Takes item. */
void sr_state_list_add(struct sr_state_list *l, void *item, struct sr_bytes name);
void *sr_state_list_find(const struct sr_state_list *l, struct sr_bytes name);

void sr_state_principal_free(struct sr_principal *p);
void sr_state_version_free(struct sr_state_version *v);
void sr_state_request_free(struct sr_request *r);
void sr_state_handoff_free(struct sr_state_handoff *h);
SR_DEFINE_AUTO(sr_state_handoff)
static inline void sr_state_principal_freep(struct sr_principal **p)
{
    sr_state_principal_free(*p);
}
static inline void sr_state_version_freep(struct sr_state_version **v)
{
    sr_state_version_free(*v);
}
static inline void sr_state_request_freep(struct sr_request **r)
{
    sr_state_request_free(*r);
}

/* Frees what a review holds, not itself. */
void sr_state_review_clear(struct sr_review *review);

/*
 * Room for more: a copy of the first count of old's items, which is freed; NULL, and old is as it
 * was, when there is no memory. room: at least count.
 */
void *sr_state_grown(void *old, size_t count, size_t room, size_t item_bytes);

/* A copy of text with a NUL, to be freed. errors  NO_MEMORY */
enum sr_status sr_state_copy(struct sr_bytes text, char **out) SR_MUST_USE;

#endif /* SR_POLICY_STATE_IMPL_H */
