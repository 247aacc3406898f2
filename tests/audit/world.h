/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_TESTS_AUDIT_WORLD_H
#define SR_TESTS_AUDIT_WORLD_H

#include "acts/entry.h"
#include "acts/envelope.h"
#include "base/buf.h"
#include "ledger/commitment.h"
#include "ledger/tree.h"
#include "ledger/vkey.h"
#include "policy/decide.h"

/*
 * A room without a room: real keys, acts, decisions, entries, leaves and checkpoints, all in
 * memory, made by the code that a room uses. Time, salts and nonces are counted up, so a history is
 * the same each time. What is made can be changed afterwards, and written as an evidence pack. What
 * goes wrong in here is a fault of the test, which then aborts.
 */

#define WORLD_ORIGIN "strongroom.example/lab"
#define WORLD_WITNESS "witness.example"
#define WORLD_MINUTE_MS ((int64_t)60000)

struct world_person {
    const char *name; /* NULL: the room itself */
    struct sr_act_signer *signer;
};
#define WORLD_PEOPLE_MAX 16
#define WORLD_ROOM 0 /* index of the room itself */

struct world_leaf {
    char label[24]; /* how tests find it */
    struct sr_entry entry;
    struct sr_buf *envelope;
    uint8_t salt[SR_COMMITMENT_SALT_BYTES];
    struct sr_buf *text; /* of the entry, where it is not that of entry; else NULL */
    bool is_withheld;
    bool is_room; /* signed by the room */
};

struct world_text {
    uint8_t digest[SR_SHA256_BYTES];
    struct sr_buf *body;
};
#define WORLD_TEXTS_MAX 32

enum world_force { WORLD_AS_DECIDED, WORLD_ALLOW, WORLD_REFUSE };

struct world {
    struct sr_id room;
    int64_t now_utc_ms;
    uint64_t counter; /* of nonces and salts */
    struct sr_signer *signer;
    struct sr_vkey *key;
    struct sr_signer *witness_signer;
    struct sr_vkey *witness;
    struct world_person person[WORLD_PEOPLE_MAX];
    size_t people;
    struct sr_state *state;
    struct sr_tree *tree;
    uint64_t seen_size; /* of the checkpoint that people see; see world_publish() */
    uint8_t seen_root[SR_SHA256_BYTES];
    struct world_leaf *leaf;
    size_t leaves;
    size_t leaves_room;
    struct world_text text[WORLD_TEXTS_MAX];
    size_t texts;
    struct sr_buf *note; /* of the pack: the last checkpoint */
    uint64_t folds;      /* acts that the state follows from */
    uint64_t since;
    bool names_witness;          /* the pack does */
    struct sr_decision decision; /* the last */

    /* For the next act only. */
    enum world_force force;
    size_t signs_as;                                   /* whose key; 0: the actor's own */
    bool has_cosigned;                                 /* the decision relies on witnesses */
    void (*edit)(struct world *w, struct sr_act *act); /* before it is signed */
};

void world_init(struct world *w);
void world_clear(struct world *w);

/* Add somebody who has a key of their own; index. Enrolling them is an act. */
size_t world_person(struct world *w, const char *name);
/* Line of the key, lives as long as w. */
const char *world_key_line(const struct world *w, size_t who);

/* Keep a text; its digest. */
void world_put_text(struct world *w, struct sr_bytes body, uint8_t out[SR_SHA256_BYTES]);

/*
 * Complete an act (room, actor, time, nonce, policy, what was seen of the ledger, subject), sign it
 * and let it be decided; a minute passes. digest: of a version's manifest or a policy, else NULL.
 * policy: text of the policy that it brings; else empty. The leaf is valid until the next act.
 */
struct world_leaf *world_submit(struct world *w, const char *label, size_t who, struct sr_act *act,
                                const uint8_t *digest, struct sr_bytes policy);

/* The last leaf of that label; aborts when there is none. */
struct world_leaf *world_find(const struct world *w, const char *label);
size_t world_index(const struct world *w, const char *label);
/* One more leaf, all zero, at the end. */
struct world_leaf *world_new_leaf(struct world *w);

/* What people see from now on is the tree as it is now. */
void world_publish(struct world *w);
/* Sign a checkpoint of the first size leaves, by the room and, perhaps, by the witness. */
void world_checkpoint(const struct world *w, uint64_t size, bool is_cosigned, struct sr_buf *out);

/* For who changes what was made: all leaves get their numbers again, and their counts. */
void world_renumber(struct world *w);
void world_recount(struct world *w);
/* A tree of the leaves as they are now. */
void world_rebuild(struct world *w);
/* The same by who has the room's key: all that the room has signed is signed anew, to fit. */
void world_resign(struct world *w);

/* Write the pack. */
void world_pack(const struct world *w, struct sr_buf *out);

#endif /* SR_TESTS_AUDIT_WORLD_H */
