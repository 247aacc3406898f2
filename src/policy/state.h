/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_POLICY_STATE_H
#define SR_POLICY_STATE_H

#include "acts/envelope.h"
#include "policy/policy.h"

/*
 * The state of custody: what follows from the acts that were allowed, and from nothing else. The
 * room keeps one, the auditor makes the same one again. sr_state_apply() is the only thing that
 * changes it. In memory, with hash tables; one thread at a time writes, any number read between.
 * No input or output.
 */
struct sr_state;

/* errors  NO_MEMORY, INTERNAL */
enum sr_status sr_state_new(struct sr_state **out) SR_MUST_USE;
void sr_state_free(struct sr_state *s);
SR_DEFINE_AUTO(sr_state)

/* An act as it came in, its signature verified. All is borrowed and copied where it is kept. */
struct sr_state_event {
    const struct sr_act *act;
    const uint8_t *digest;   /* of the act */
    const char *fingerprint; /* of the key that signed */
    bool is_room;            /* signed by the room's own key */
    struct sr_act_proof proof;
    uint64_t seq;
    int64_t time_utc_ms;      /* the room's clock when it was allowed */
    struct sr_policy *policy; /* INIT, POLICY, ADOPT: the one that comes into force; the state keeps
                                 it and frees it; NULL for all others */
};

/*
 * Fold an allowed act into the state. Takes event->policy, also when it fails.
 * errors  CORRUPT  it cannot have been allowed in this state; nothing is changed
 *         NO_MEMORY
 */
enum sr_status sr_state_apply(struct sr_state *s, const struct sr_state_event *event,
                              struct sr_err *err) SR_MUST_USE;

struct sr_state_key {
    struct sr_act_key *key;
    uint8_t material[SR_SHA256_BYTES]; /* of the public key, whatever its spelling */
    int64_t from_utc_ms;
    int64_t revoked_utc_ms; /* 0: active */
    uint64_t seq;           /* that enrolled it */
};
struct sr_state_attribute {
    char name[SR_POLICY_NAME_BYTES];
    int64_t until_utc_ms;
};
struct sr_principal {
    char *name;
    enum sr_principal_type type;
    char *person;       /* who counts once: itself for a human, else the owner */
    char *organisation; /* NULL: this room's */
    char **role;        /* names; policies know them by index */
    size_t roles;
    uint64_t role_bits; /* of these, the roles of the policy in force, by index */
    struct sr_state_key *key;
    size_t keys;
    struct sr_state_attribute *attribute;
    size_t attributes;
    int64_t left_utc_ms; /* 0: is here */
    uint64_t seq;        /* that enrolled it */
    size_t unjudged;     /* break-glass requests of this person that nobody has judged */
};

struct sr_state_version {
    struct sr_id id;
    char *name; /* "llama@3" */
    char *artifact;
    uint64_t number;
    char *kind;
    unsigned tier;
    uint8_t digest[SR_SHA256_BYTES];
    char *custodian; /* of record; NULL: this room */
    uint64_t event;  /* last of its chain; 0: none */
    uint8_t event_digest[SR_SHA256_BYTES];
    bool is_disposed;
    bool has_offer; /* the last offer has no answer; it is open until offer_until_utc_ms */
    int64_t offer_until_utc_ms;
    uint64_t seq;
};

struct sr_review {
    char *reviewer; /* principal */
    char *person;
    bool approves;
    bool is_withdrawn;
    bool is_hardware;
    bool has_verification;
    char *fingerprint; /* of the key it was signed with: revoked later, it no longer counts */
    int64_t time_utc_ms;
    uint64_t seq;
    uint8_t digest[SR_SHA256_BYTES];
    uint8_t policy[SR_SHA256_BYTES]; /* that was in force: under another it does not count */
};

struct sr_request {
    uint8_t digest[SR_SHA256_BYTES];
    struct sr_act_text *act; /* the request itself */
    char *person;            /* of the requester */
    char *fingerprint;
    int64_t time_utc_ms; /* when it came in, by the room's clock */
    uint64_t seq;
    bool is_room; /* whoever had unlocked the room asks */
    bool is_break_glass;
    bool is_denied; /* by anybody, for good */
    bool is_withdrawn;
    bool is_judged;           /* break-glass: reviewed */
    int64_t revoked_utc_ms;   /* 0: not */
    struct sr_review *review; /* in the order in which they came */
    size_t reviews;
    int64_t granted_utc_ms;   /* when its quorum was there first; 0: never yet */
    int64_t first_use_utc_ms; /* 0: not used yet */
    uint64_t uses;            /* of acts that named it */
    uint64_t copies;          /* EXPORTs among them */
    uint64_t bytes_served;    /* by SERVED records that name it; saturating, as the next two */
    uint64_t files_served;    /* by SERVED records */
    uint64_t files_opened;    /* OPENED records; of the two counts the greater one counts */
};

/*
 * Handing over, in each of the two rooms by acts of that room only: an act of another room is
 * OTHER_ROOM, whatever it says. docs/handoff.md has the whole.
 *   OFFER   in the room that has custody: event is version.event + 1, previous is event_digest
 *           (absent when event is 1). One offer at a time may be open (HANDOFF_STATE); at an event
 *           that is there already: HANDOFF_FORK. Its offer is open until `until` passes.
 *   ACCEPT  of a handoff that the state knows: the receiver's answer is in, and is kept as the text
 *           `results`; open only; offer, event (offer's + 1) and version as offered; the custodian
 *           is `to` from now on; it may come in after `until`, as long as there is no later
 *           event. Of a handoff it does not know (is_incoming): the version comes
 *           into custody here, as by DEPOSIT; it must have from, tier, kind, files, verdict,
 *           and no version of this id may be in custody; its chain goes on at event. The state's
 *           handoff then has `to` = from: the room it came from.
 *   REJECT  of an open handoff: as it was before, but for the event. Of what another room has
 *           offered, and what never came in: it is recorded, and nothing follows from it.
 *   RETURN  an incoming one that was accepted: the custodian is the handoff's `to`, which gave it.
 *           One that this room offered and that was accepted: this room is the custodian again.
 *   DISPOSE by the custodian: nothing may be done with the version afterwards.
 * Each of them sets version.event and event_digest. Who is not the custodian may neither OFFER nor
 * DISPOSE (WRONG_CUSTODIAN).
 */
enum sr_handoff_phase {
    SR_HANDOFF_OFFERED,
    SR_HANDOFF_ACCEPTED,
    SR_HANDOFF_REJECTED,
    SR_HANDOFF_RETURNED
};
struct sr_state_handoff {
    struct sr_id id;
    struct sr_id version;
    enum sr_handoff_phase phase;
    uint8_t offer[SR_SHA256_BYTES];
    uint64_t event;
    char *to;
    int64_t until_utc_ms; /* of the offer; 0 when incoming */
    bool is_incoming;     /* the offer is another room's */
    uint64_t seq;
};

/* What is asked. Pointers are valid until the next sr_state_apply(); NULL: there is none. */
bool sr_state_has_room(const struct sr_state *s);
const struct sr_id *sr_state_room(const struct sr_state *s);
const struct sr_act_key *sr_state_room_key(const struct sr_state *s);
const struct sr_policy *sr_state_policy(const struct sr_state *s);
uint64_t sr_state_seq(const struct sr_state *s);   /* of the last act that was applied */
int64_t sr_state_time(const struct sr_state *s);   /* its time */
uint64_t sr_state_epoch(const struct sr_state *s); /* of the group keys, by ROTATE; at first 1 */
bool sr_state_knows_nonce(const struct sr_state *s, const uint8_t nonce[SR_ACT_NONCE_BYTES]);
const struct sr_principal *sr_state_principal(const struct sr_state *s, struct sr_bytes name);
/* By the fingerprint of a key that is or was theirs; *out_key may be NULL. */
const struct sr_principal *sr_state_key_owner(const struct sr_state *s, const char *fingerprint,
                                              const struct sr_state_key **out_key);
/* Whether a public key is or was somebody's, or is the room's, in whatever spelling. */
bool sr_state_knows_material(const struct sr_state *s, const uint8_t material[SR_SHA256_BYTES]);
const struct sr_state_version *sr_state_version(const struct sr_state *s, const struct sr_id *id);
const struct sr_state_version *sr_state_version_named(const struct sr_state *s,
                                                      struct sr_bytes artifact, uint64_t number);
const struct sr_request *sr_state_request(const struct sr_state *s,
                                          const uint8_t digest[SR_SHA256_BYTES]);
const struct sr_state_handoff *sr_state_handoff(const struct sr_state *s, const struct sr_id *id);

/* Walks, in the order in which they came; index 0.. */
size_t sr_state_principal_count(const struct sr_state *s);
const struct sr_principal *sr_state_principal_at(const struct sr_state *s, size_t index);
size_t sr_state_request_count(const struct sr_state *s);
const struct sr_request *sr_state_request_at(const struct sr_state *s, size_t index);
size_t sr_state_version_count(const struct sr_state *s);
const struct sr_state_version *sr_state_version_at(const struct sr_state *s, size_t index);
size_t sr_state_handoff_count(const struct sr_state *s);
const struct sr_state_handoff *sr_state_handoff_at(const struct sr_state *s, size_t index);

/*
 * The SHA-256 of a canonical text of all of the state: two states are the same when theirs is.
 * errors  NO_MEMORY, INTERNAL
 */
enum sr_status sr_state_digest(const struct sr_state *s, uint8_t out[SR_SHA256_BYTES]) SR_MUST_USE;

#endif /* SR_POLICY_STATE_H */
