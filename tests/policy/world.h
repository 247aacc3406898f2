/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_TESTS_POLICY_WORLD_H
#define SR_TESTS_POLICY_WORLD_H

#include "history.h"

/*
 * A small room full of people, for random histories: what happens in it comes from one seed. Each
 * act that comes in is decided three times: by src/policy, by the oracle, and by the invariants.
 */

/* ---- Chance, repeatable: splitmix64 (Steele, Lea, Flood 2014). */
struct chance {
    uint64_t state;
};
uint64_t chance_next(struct chance *c);
/* 0..below-1; 0 when below is 0 */
size_t chance_below(struct chance *c, size_t below);
/* true in percent of 100 cases */
bool chance_of(struct chance *c, unsigned percent);

#define ACTORS_MAX 20
#define ACTOR_KEYS_MAX 4
struct actor {
    char name[16];
    enum sr_principal_type type;
    size_t owner; /* index; oneself for humans */
    size_t key[ACTOR_KEYS_MAX];
    size_t keys;
};

#define VERSIONS_MAX 8
struct known_version {
    struct sr_id id;
    struct sr_id handoff; /* the last of its chain, with its offer */
    uint8_t offer[SR_SHA256_BYTES];
    uint8_t last[SR_SHA256_BYTES];
    uint64_t event;
    const char *artifact;
    uint64_t number;
    const char *kind;
    unsigned tier;
    uint8_t digest[SR_SHA256_BYTES];
};

#define REQUESTS_MAX 48
struct known_request {
    const struct sr_act *act; /* the history's */
    uint8_t digest[SR_SHA256_BYTES];
    size_t requester;
    size_t policy; /* POLICY: which text */
};

#define POLICIES_MAX 6
#define POLICY_TEXT_BYTES 8192
struct known_policy {
    char text[POLICY_TEXT_BYTES];
    uint8_t digest[SR_SHA256_BYTES];
};

/* The kinds of attack; the table of attempts has a line for each. */
enum attack {
#define ATTACK(name, words) ATTACK_##name,
#include "attacks.def"
#undef ATTACK
    ATTACK_COUNT
};

struct tally {
    uint64_t histories;
    uint64_t unborn; /* the first policy is one under which nobody could change it: refused */
    uint64_t asked;  /* acts decided */
    uint64_t allowed;
    uint64_t pending;
    uint64_t by_reason[SR_REASON_COUNT];
    uint64_t by_verb[SR_VERB_COUNT]; /* allowed */
    uint64_t verified;               /* signatures */
    uint64_t tampered;               /* envelopes that were refused for one changed byte */
    uint64_t disagreements;
    uint64_t broken; /* invariants */
    uint64_t attempts[ATTACK_COUNT];
    uint64_t armed[ATTACK_COUNT]; /* the grant would have been good but for the attack */
    uint64_t successes[ATTACK_COUNT];
};

struct world {
    struct chance chance;
    uint64_t seed;
    struct history h;
    struct sr_state *state;
    struct sr_id room;
    int64_t now;
    int64_t witnessed[4];
    size_t witnesses;
    struct actor actor[ACTORS_MAX];
    size_t actors;
    size_t keys_given;
    size_t hardware_given;
    uint64_t epoch;
    struct known_version version[VERSIONS_MAX];
    size_t versions;
    struct known_request request[REQUESTS_MAX];
    size_t requests;
    struct known_policy policy[POLICIES_MAX];
    size_t policies;
    size_t in_force;
    enum attack attack; /* under way; ATTACK_COUNT: none */
    bool is_signed;     /* every act really is signed, and its envelope opened and verified */
    bool is_over;       /* a disagreement: what follows would mean nothing */
    struct tally *tally;
};

/* Everything that is chosen of an act before it is sent. */
struct draft {
    struct sr_act act;
    struct sr_act_name subject;
    char subject_name[SR_ACT_SUBJECT_NAME_BYTES];
    uint8_t subject_digest[SR_SHA256_BYTES];
    struct sr_bytes texts[8];
    struct sr_id ids[3];
    struct sr_act_name document;
    char lines[8][320];
    size_t key; /* that signs */
    bool is_room;
    size_t policy; /* that comes with it; POLICIES_MAX: none */
    bool has_subject_digest;
};

/* false when the policy could not be decoded, which is a failure of the test. */
bool world_begin(struct world *w, uint64_t seed, bool is_signed, struct tally *tally);
/* Fold all of it once more and compare; then free. */
void world_end(struct world *w);

/* Start an act of somebody: everything that all acts have. */
void draft_begin(struct world *w, struct draft *d, enum sr_verb verb, size_t actor);
void draft_version(struct draft *d, const struct known_version *v);
/* Send it. Returns what src/policy says. */
enum sr_reason world_send(struct world *w, struct draft *d);
/* Send what is there already once more, signed by another key; KEYS: by the same. */
enum sr_reason world_resend(struct world *w, const struct entry *e, size_t key);
const uint8_t *world_policy(const struct world *w);

/* Count a disagreement and show it; the history ends there. */
void world_object(struct world *w, const char *fmt, ...) SR_PRINTF(2, 3);
void random_bytes(struct chance *c, uint8_t *out, size_t len);

/* ---- Moves: what people do. */

/* A number of an actor; of a human. */
size_t pick_actor(struct world *w);
size_t pick_human(struct world *w);
/* Make d, which has been begun, an act of its verb with fields as they might be. */
void draft_fill(struct world *w, struct draft *d);
/* Make it a request for that instead. */
void draft_ask(struct world *w, struct draft *d);
/* The act that a request asks for, by the requester. */
void draft_granted(struct world *w, struct draft *d, const struct known_request *r);
/* An act of a verb about a request: approve, deny, withdraw, revoke, judge. */
void draft_about(struct world *w, struct draft *d, enum sr_verb verb, size_t actor,
                 const struct known_request *r);
/* Send a filled draft and remember what became of it: new names, keys, versions, requests. */
enum sr_reason world_do(struct world *w, struct draft *d);
/* Somebody asks; what they ask for, NULL when it was refused. */
const struct known_request *world_ask(struct world *w, enum sr_verb verb, size_t actor);
/* Let everybody approve in a random order until it stands as granted; whether it does. */
bool world_approve(struct world *w, const struct known_request *r);
enum sr_request_state world_standing(struct world *w, const struct known_request *r);
/* Something that a room begins with: a version, a second key, a service. */
void world_settle(struct world *w);
void world_attest(struct world *w);
/* Something that somebody might do. */
void world_move(struct world *w);

/* ---- Attacks. */

/* Try one attack of a kind. */
void world_attack(struct world *w, enum attack attack);

/* Write a policy; random, but one that decodes. out POLICY_TEXT_BYTES. */
void policy_write(struct chance *c, char *out);

/*
 * Why an act that was allowed must not have been, in words; NULL: no objection. Looks only at the
 * list before it, and is written apart from both implementations.
 */
const char *invariant_broken(const struct history *h, const struct sr_state_event *event,
                             int64_t now);

#endif /* SR_TESTS_POLICY_WORLD_H */
