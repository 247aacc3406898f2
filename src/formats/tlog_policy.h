/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_TLOG_POLICY_H
#define SR_FORMATS_TLOG_POLICY_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/status.h"

/*
 * A trust policy for logs: which logs are known, which witnesses, and which of them have to have
 * cosigned before a checkpoint counts. Two dialects: that of C2SP, whose keys are vkeys, and
 * Sigsum's, whose keys are 64 hexadecimal digits. Keys are not looked into here. Pure; what a
 * policy means is in ledger/quorum.h. source  C2SP tlog-policy; docs/formats/tlog-policy.md (rules
 * TP-1 to TP-9)
 */

#define SR_TLOG_POLICY_BYTES_MAX 65536
#define SR_TLOG_POLICY_LOGS_MAX 64
/* Witnesses and groups together. */
#define SR_TLOG_POLICY_NODES_MAX 128
#define SR_TLOG_POLICY_NONE SIZE_MAX

struct sr_tlog_policy_log {
    struct sr_bytes key; /* a vkey, or 64 hexadecimal digits */
    struct sr_bytes url; /* empty: none */
};

/* A witness or a group: they have one space of names. */
struct sr_tlog_policy_node {
    struct sr_bytes name;
    bool is_group;
    /* Of a witness. */
    struct sr_bytes key;
    struct sr_bytes url;
    /* Of a group: so many of its members, which are members[first .. first + count - 1]. */
    size_t needed; /* 1..count */
    size_t first;
    size_t count;
};

struct sr_tlog_policy {
    bool is_sigsum;
    size_t logs;
    struct sr_tlog_policy_log log[SR_TLOG_POLICY_LOGS_MAX];
    size_t nodes;
    struct sr_tlog_policy_node node[SR_TLOG_POLICY_NODES_MAX];
    size_t members;                          /* nobody is a member twice */
    size_t member[SR_TLOG_POLICY_NODES_MAX]; /* of node, always one before its group */
    size_t quorum;                           /* of node; SR_TLOG_POLICY_NONE: nobody is needed */
};

/*
 * Decode a policy. text is hostile and has to outlive *out, which has views of it.
 *
 * errors  MALFORMED  it breaks a rule; the message names the line
 *         TOO_LARGE  over one of the limits above
 */
enum sr_status sr_tlog_policy_decode(struct sr_bytes text, struct sr_tlog_policy *out,
                                     struct sr_err *err) SR_MUST_USE;

#endif /* SR_FORMATS_TLOG_POLICY_H */
