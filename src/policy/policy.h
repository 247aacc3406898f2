/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_POLICY_POLICY_H
#define SR_POLICY_POLICY_H

#include "acts/act.h"

/*
 * A policy: a text that people write and read (docs/policy.md), decoded. Its digest is the SHA-256
 * of its bytes; that is its version. Immutable; any number of threads may use one. Pure.
 *
 * The first rule in the file that names a verb and a class of its subject decides; where none does,
 * the answer is no.
 */

#define SR_POLICY_BYTES_MAX 65536
#define SR_POLICY_NAME_BYTES                                                                       \
    64 /* of roles, classes, rules, attributes: a-z 0-9 '-', with the NUL */
#define SR_POLICY_ROLES_MAX 64
#define SR_POLICY_CLASSES_MAX 64
#define SR_POLICY_RULES_MAX 256
#define SR_POLICY_NEEDS_MAX 8
#define SR_POLICY_LIST_MAX 16
#define SR_POLICY_WITNESSES_MAX 32

struct sr_policy_list { /* indexes or names, count of them */
    size_t count;
    uint8_t index[SR_POLICY_LIST_MAX];
};

struct sr_policy_class {
    char name[SR_POLICY_NAME_BYTES];
    unsigned line;
    unsigned tier_min; /* 1..5 */
    unsigned tier_max;
    size_t kinds; /* 0: any */
    char kind[SR_POLICY_LIST_MAX][32];
    char artifact[132]; /* a name, or a beginning and '*'; "": any */
};

struct sr_policy_need { /* "2 of officer" */
    unsigned count;     /* 1..16 */
    uint8_t role;
};

#define SR_POLICY_TYPE_BIT(type) (1U << (type))
enum sr_principal_type {
    SR_PRINCIPAL_HUMAN,
    SR_PRINCIPAL_SERVICE,
    SR_PRINCIPAL_WORKLOAD,
    SR_PRINCIPAL_AGENT,
    SR_PRINCIPAL_TYPE_COUNT
};
const char *sr_principal_type_word(enum sr_principal_type type);
bool sr_principal_type_from_word(struct sr_bytes word, enum sr_principal_type *out);

#define SR_POLICY_NO_LIMIT INT64_MAX

struct sr_policy_rule {
    char name[SR_POLICY_NAME_BYTES];
    unsigned line;  /* 1-based, where it begins */
    uint64_t verbs; /* bits of enum sr_verb; only of group ACT */
    bool any_class; /* also for verbs that are about no version */
    struct sr_policy_list classes;
    bool forbids;             /* nothing below but verbs and classes counts */
    bool by_unlocked;         /* whoever unlocked the room, through the room's own key */
    bool by_anyone;           /* every principal of the types */
    struct sr_policy_list by; /* roles */
    unsigned types;           /* SR_POLICY_TYPE_BIT()s of who may act or ask */
    size_t needs;             /* 0: directly, without a request */
    struct sr_policy_need need[SR_POLICY_NEEDS_MAX];
    bool needs_reason;
    bool needs_ticket;
    bool needs_host;
    bool needs_workload;
    bool needs_hardware;     /* reviews by keys of FIDO2 authenticators */
    bool needs_verification; /* and with PIN or finger */
    size_t attributes;       /* that the actor or requester has to have, unexpired */
    char attribute[SR_POLICY_LIST_MAX][SR_POLICY_NAME_BYTES];
    size_t reviewer_attributes;
    char reviewer_attribute[SR_POLICY_LIST_MAX][SR_POLICY_NAME_BYTES];
    int64_t lasts_ms_max;    /* of a grant */
    int64_t request_ms_max;  /* a request without quorum expires after that */
    int64_t approval_ms_max; /* an approval counts that long, until the grant's first use too */
    int64_t wait_ms;         /* from the last needed approval to the first use */
    unsigned days;           /* bit 0 Monday .. bit 6 Sunday; 0x7f: all */
    unsigned minute_from;    /* of the day, UTC; from == to: all day */
    unsigned minute_to;      /* may be before from: over midnight */
    uint64_t bytes_max;      /* of a grant; a request must say bytes when there is a limit */
    uint64_t files_max;
    uint64_t copies_max;    /* exports that one grant allows */
    uint64_t uses_max;      /* uses (mounts) that one grant allows */
    unsigned witnesses;     /* that have cosigned lately; 0: none needed */
    int64_t witness_ms_max; /* how lately */
    size_t controls;        /* what it is checked against: views of the policy's text */
    struct sr_bytes control[SR_POLICY_LIST_MAX];
};

struct sr_policy_break_glass {
    bool is_allowed;
    unsigned line;
    struct sr_policy_list holders; /* roles */
    uint64_t verbs;                /* never EXPORT */
    int64_t lasts_ms_max;
    int64_t review_ms_max;           /* due after that */
    struct sr_policy_list reviewers; /* roles; never the holder */
    bool needs_hardware;
};

struct sr_policy_witness {
    struct sr_bytes name;
    struct sr_bytes vkey; /* text of ledger/vkey.h, not looked into here */
    struct sr_bytes url;  /* empty: none */
};

struct sr_policy {
    uint8_t digest[SR_SHA256_BYTES];
    struct sr_bytes text; /* the policy's own copy */
    struct sr_bytes name; /* "lab", "tier-3" */
    size_t roles;
    char role[SR_POLICY_ROLES_MAX][SR_POLICY_NAME_BYTES];
    size_t classes;
    struct sr_policy_class class[SR_POLICY_CLASSES_MAX];
    size_t rules;
    struct sr_policy_rule *rule;
    struct sr_policy_break_glass break_glass;
    size_t suspending; /* attributes without which, expired, all rights of a human rest */
    char suspending_attribute[SR_POLICY_LIST_MAX][SR_POLICY_NAME_BYTES];
    int64_t act_ms_max;   /* how old an act may be when it comes in; default 24 h */
    int64_t act_ahead_ms; /* and how far ahead of the room's clock; default 2 min */
    size_t witnesses;
    struct sr_policy_witness witness[SR_POLICY_WITNESSES_MAX];
};

/*
 * Decode a policy. text is hostile and is copied. err says "line L, column C: ...".
 *
 * errors  MALFORMED  not a policy; also what could never mean what it says: a rule that an earlier
 *                    one hides, a role that is used and not declared, a quorum nobody can meet, a
 *                    policy under which the policy itself can never be changed
 *         TOO_LARGE, NO_MEMORY, INTERNAL
 */
enum sr_status sr_policy_parse(struct sr_bytes text, struct sr_policy **out,
                               struct sr_err *err) SR_MUST_USE;
void sr_policy_free(struct sr_policy *p);
SR_DEFINE_AUTO(sr_policy)

/* The built-in ones: "local", "tier-1" .. "tier-5"; text as in src/policy/profiles/. Static. */
enum sr_status sr_policy_builtin(const char *name,
                                 struct sr_bytes *out) SR_MUST_USE; /* NOT_FOUND */
/* Names in order; NULL after the last. */
const char *sr_policy_builtin_name(size_t index);

/* Index of a role; false when there is none. name is hostile. */
bool sr_policy_find_role(const struct sr_policy *p, struct sr_bytes name, uint8_t *out);

/* What a rule is chosen by, of a version. All zero with is_version false: about no version. */
struct sr_policy_subject {
    bool is_version;
    unsigned tier;
    struct sr_bytes kind;
    struct sr_bytes artifact;
};
/* Whether a version is of a class; never what is no version, or of a tier outside 1..5. */
bool sr_policy_class_has(const struct sr_policy_class *c, const struct sr_policy_subject *subject);
/* The rule that decides; NULL when there is none. */
const struct sr_policy_rule *sr_policy_rule_for(const struct sr_policy *p, enum sr_verb verb,
                                                const struct sr_policy_subject *subject);

/* Whether a rule's hours include a minute (0..1439, UTC) of a day (0: Monday). Hours over midnight
 * belong to the day on which they begin. */
bool sr_policy_rule_is_open(const struct sr_policy_rule *rule, unsigned day, unsigned minute);

/*
 * Append what a rule demands, for people, without a newline: "by engineer; needs 2 of officer and 1
 * of security, not the requester; requires reason; for at most 8h". errors  TOO_LARGE, NO_MEMORY
 */
enum sr_status sr_policy_rule_describe(const struct sr_policy *p, const struct sr_policy_rule *rule,
                                       struct sr_buf *out) SR_MUST_USE;

#endif /* SR_POLICY_POLICY_H */
