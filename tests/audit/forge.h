/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_TESTS_AUDIT_FORGE_H
#define SR_TESTS_AUDIT_FORGE_H

#include "audit/replay.h"
#include "tests/audit/story.h"

/*
 * What can be done to a history by who has no business to. A forger works on what the database
 * holds (leaves, texts, the checkpoint), and computes every digest anew that needs no key.
 */

enum forger {
    ADMIN,  /* changes the database; has no key, so the checkpoint stays what it was */
    CHEAT,  /* runs the room, and does what it must not when it happens; witnesses sign along */
    REWRITE /* has the room's key, and afterwards signs all again that the room signs; no witness
               signs that */
};

struct fraud {
    const char *name;
    enum forger forger;
    void (*plant)(struct world *w, const struct fraud *f);
    const char *label; /* of the act that it is done to */
    const char *from;  /* what is replaced, or another label */
    const char *to;
    enum sr_replay_finding finding;
    const char *at; /* label of the act that gives it away; NULL: none */
    struct {
        bool has_seen;      /* an earlier checkpoint, */
        bool wants_witness; /* or demands that the witness signed */
    } auditor;
    /* Of a cheat, an act that is allowed whatever the decision says. */
    size_t who;
    size_t signs_as; /* 0: who */
    enum sr_verb verb;
    uint64_t number;   /* of the version; 0: 1 */
    const char *under; /* label of the request; NULL: none */
    void (*edit)(struct world *w, struct sr_act *act);
};

/* Acts that are there. */
void forge_drop(struct world *w, const struct fraud *f);      /* and number the rest anew */
void forge_drop_only(struct world *w, const struct fraud *f); /* and do not */
void forge_cut(struct world *w, const struct fraud *f);       /* it and all after it */
void forge_swap(struct world *w, const struct fraud *f);      /* with the act `from` */
void forge_twice(struct world *w, const struct fraud *f);     /* the same again behind it */
void forge_act_of(struct world *w, const struct fraud *f);    /* put the act `from` in its place */
void forge_envelope_of(struct world *w, const struct fraud *f);  /* but leave the entry */
void forge_signature_of(struct world *w, const struct fraud *f); /* of the act `from` */
void forge_payload(struct world *w, const struct fraud *f);      /* replace `from` by `to` in it */
void forge_signer(struct world *w, const struct fraud *f);       /* mallory signs it */
void forge_garbage(struct world *w, const struct fraud *f);      /* the envelope is none */
void forge_entry(struct world *w, const struct fraud *f);        /* replace in the entry's text */
void forge_act_digest(struct world *w, const struct fraud *f);   /* the entry names another act */
void forge_allow(struct world *w, const struct fraud *f);
void forge_refuse(struct world *w, const struct fraud *f);  /* for the reason `to` */
void forge_reason(struct world *w, const struct fraud *f);  /* another one, `to` */
void forge_later(struct world *w, const struct fraud *f);   /* half a minute */
void forge_earlier(struct world *w, const struct fraud *f); /* three minutes */
void forge_salt(struct world *w, const struct fraud *f);
void forge_hide(struct world *w, const struct fraud *f);
void forge_hide_early(struct world *w, const struct fraud *f);  /* in a pack since the act behind */
void forge_cosigned_of(struct world *w, const struct fraud *f); /* what `from` relied on */

/* Texts; the one that has `from` in it. */
void forge_text(struct world *w, const struct fraud *f);        /* the digest stays */
void forge_text_digest(struct world *w, const struct fraud *f); /* the digest fits */
void forge_text_drop(struct world *w, const struct fraud *f);

/* The checkpoint and the head. */
void forge_note_size(struct world *w, const struct fraud *f);        /* one less */
void forge_note_root(struct world *w, const struct fraud *f);        /* of as many other acts */
void forge_note_signer(struct world *w, const struct fraud *f);      /* by another key */
void forge_note_signature(struct world *w, const struct fraud *f);   /* one bit of the room's */
void forge_note_cosignature(struct world *w, const struct fraud *f); /* of the witness's */
void forge_note_unwitnessed(struct world *w, const struct fraud *f);
void forge_room(struct world *w, const struct fraud *f);

#endif /* SR_TESTS_AUDIT_FORGE_H */
