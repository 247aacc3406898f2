/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_POLICY_TEST_ROOM_H
#define SR_POLICY_TEST_ROOM_H

#include "policy/decide.h"

/*
 * A room that is made up for one case of policy/test_file.h: people with keys that nobody has, and
 * the state that the real decision is asked about. Nothing is signed, because the decision comes
 * after signatures (policy/decide.h); nothing is read or written. Deterministic.
 */

#define SR_TEST_PRINCIPALS_MAX 64
#define SR_TEST_VERSIONS_MAX 32
#define SR_TEST_NAME_BYTES 128
#define SR_TEST_KEY_BYTES 256

struct sr_test_principal {
    char name[SR_TEST_NAME_BYTES];
    enum sr_principal_type type;
    char owner[SR_TEST_NAME_BYTES]; /* of all but humans */
    struct sr_policy_list roles;
    size_t attributes;
    char attribute[SR_POLICY_LIST_MAX][SR_POLICY_NAME_BYTES]; /* attested, for years */
    bool is_hardware;                                         /* what its signatures show */
    bool has_verification;
    char key[SR_TEST_KEY_BYTES]; /* its line (acts/key.h); "": made by sr_test_room_key() */
    char fingerprint[SR_TEST_NAME_BYTES];
};

struct sr_test_version {
    char artifact[SR_TEST_NAME_BYTES + 4];
    uint64_t number;
    char kind[32];
    unsigned tier;
};

struct sr_test_cast {
    size_t principals;
    struct sr_test_principal principal[SR_TEST_PRINCIPALS_MAX];
    size_t versions;
    struct sr_test_version version[SR_TEST_VERSIONS_MAX];
};

/* Give a principal a public key of its own. errors  NO_MEMORY, INTERNAL */
enum sr_status sr_test_room_key(struct sr_test_principal *principal) SR_MUST_USE;

/* The Monday at 00:00 UTC of the week in which cases happen; everything before it is the past. */
#define SR_TEST_MONDAY_UTC_MS INT64_C(1767571200000) /* 2026-01-05 */

/* What a case does. Zero: not said. */
struct sr_test_ask {
    const struct sr_test_principal *actor;
    bool is_request;
    enum sr_verb verb;              /* of group ACT, but for REJECT and RETURN */
    struct sr_test_version version; /* verbs about versions */
    struct sr_test_principal about; /* verbs about principals: name, roles, one attribute, key */
    bool has_reason;
    bool has_ticket;
    bool has_host;
    bool is_break_glass;
    char workload[SR_TEST_NAME_BYTES];
    int64_t lasts_ms;
    uint64_t bytes;
    uint64_t files;
    struct sr_moment moment;
};

struct sr_test_room;
/*
 * A room under a policy with its cast, as of the Monday. The policy is copied.
 * errors  MALFORMED  the cast cannot be: err says who or what; NO_MEMORY, INTERNAL
 */
enum sr_status sr_test_room_new(const struct sr_policy *policy, const struct sr_test_cast *cast,
                                struct sr_test_room **out, struct sr_err *err) SR_MUST_USE;
void sr_test_room_free(struct sr_test_room *room);
SR_DEFINE_AUTO(sr_test_room)

/*
 * Make the act, decide it, and fold it into the room's state when it is allowed.
 * request     digest of an allowed request that the act names; NULL: none
 * out_digest  of the act; may be NULL
 * errors      MALFORMED  there can be no such act; NO_MEMORY, INTERNAL
 */
enum sr_status sr_test_room_act(struct sr_test_room *room, const struct sr_test_ask *ask,
                                const uint8_t *request, struct sr_decision *out,
                                uint8_t out_digest[SR_SHA256_BYTES],
                                struct sr_err *err) SR_MUST_USE;
/* The same for a review: verb APPROVE or DENY. */
enum sr_status sr_test_room_review(struct sr_test_room *room,
                                   const struct sr_test_principal *reviewer, enum sr_verb verb,
                                   const uint8_t request[SR_SHA256_BYTES],
                                   const struct sr_moment *moment, struct sr_decision *out,
                                   struct sr_err *err) SR_MUST_USE;
/* How an allowed request stands. */
struct sr_standing sr_test_room_standing(const struct sr_test_room *room,
                                         const uint8_t request[SR_SHA256_BYTES],
                                         const struct sr_moment *moment);

#endif /* SR_POLICY_TEST_ROOM_H */
