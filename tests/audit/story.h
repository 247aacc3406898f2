/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_TESTS_AUDIT_STORY_H
#define SR_TESTS_AUDIT_STORY_H

#include "tests/audit/world.h"

/*
 * The history that frauds are planted in: a laboratory with two officers, a security engineer and
 * two engineers, in which everything is done once that a policy can decide. Each act has a label.
 */

enum story_person {
    ROOM = WORLD_ROOM,
    ALICE,  /* engineer */
    BOB,    /* officer */
    CAROL,  /* officer; her first key is revoked in the middle */
    DAVE,   /* security */
    ERIN,   /* engineer; leaves */
    FRANK,  /* enrolled later */
    CAROL2, /* carol's second key */
    MALLORY /* nobody */
};

/* What an act says, before it is somebody's. */
struct story_fields {
    struct sr_act act;
    uint8_t digest[SR_SHA256_BYTES]; /* of the version or policy */
    bool has_digest;
    struct sr_bytes texts[8];
    struct sr_act_name documents[1];
    struct sr_bytes policy; /* text that it brings */
};

/* Fill f. number: of the version of "llama". */
void story_version(struct story_fields *f, enum sr_verb verb, uint64_t number);
void story_deposit(struct story_fields *f, uint64_t number);
void story_enrol(struct world *w, struct story_fields *f, size_t who, const char *role);
void story_roles(struct story_fields *f, const char *name, const char *role);
void story_leave(struct world *w, struct story_fields *f, const char *name);
/* needs: what the new policy demands for use, "2 of officer" */
void story_policy(struct world *w, struct story_fields *f, const char *needs);

/* Ask for what f says; do it, under a request (its label) or directly (NULL). */
void story_ask(struct world *w, const char *label, size_t who, const struct story_fields *f);
void story_do(struct world *w, const char *label, size_t who, const struct story_fields *f,
              const char *request);
/* APPROVE, DENY, WITHDRAW, REVOKE or JUDGE a request. */
void story_review(struct world *w, const char *label, size_t who, enum sr_verb verb,
                  const char *request);

/* All of it. w is made by it; the note of the pack is cosigned. */
void story_tell(struct world *w);

#endif /* SR_TESTS_AUDIT_STORY_H */
