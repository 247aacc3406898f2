/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/quorum.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "crypto/hash.h"
#include "formats/quote.h"
#include "formats/tlog_policy.h"

struct sr_quorum {
    struct sr_buf *text; /* what the policy has views of */
    struct sr_tlog_policy policy;
    struct sr_vkey *log[SR_TLOG_POLICY_LOGS_MAX];
    size_t witnesses;
    size_t node[SR_TLOG_POLICY_NODES_MAX]; /* of the policy, for each witness */
    struct sr_vkey *witness[SR_TLOG_POLICY_NODES_MAX];
};

void sr_quorum_free(struct sr_quorum *quorum)
{
    if (quorum == NULL) {
        return;
    }
    for (size_t i = 0; i < quorum->policy.logs; i++) {
        sr_vkey_free(quorum->log[i]);
    }
    for (size_t i = 0; i < quorum->witnesses; i++) {
        sr_vkey_free(quorum->witness[i]);
    }
    sr_buf_free(quorum->text);
    free(quorum);
}

/* TP-10: another type for the same key and name. */
static enum sr_status retype(struct sr_vkey **vkey, enum sr_vkey_type type, struct sr_err *err)
{
    SR_AUTO(sr_vkey) made = NULL;
    SR_TRY(sr_vkey_new(sr_vkey_name(*vkey), type, sr_vkey_key(*vkey), &made, err));
    sr_vkey_free(*vkey);
    *vkey = SR_TAKE(made);
    return SR_OK;
}

/* A key of Sigsum's dialect. name empty: a log's, whose name is made from its key. */
static enum sr_status raw_key(struct sr_bytes digits, struct sr_bytes name, enum sr_vkey_type type,
                              struct sr_vkey **out, struct sr_err *err)
{
    SR_AUTO(sr_public_key) key = NULL;
    uint8_t raw[SR_SIGN_ED25519_KEY_BYTES];
    uint8_t digest[SR_SHA256_BYTES];
    char hex[2 * SR_SHA256_BYTES + 1];
    char origin[128];
    SR_TRY(sr_text_unhex(digits, raw, sizeof raw));
    SR_TRY(sr_public_key_from_raw(SR_SIGN_ED25519, sr_bytes(raw, sizeof raw), &key, err));
    if (name.len == 0) {
        SR_TRY(sr_sha256_once(sr_bytes(raw, sizeof raw), digest));
        sr_text_hex(sr_bytes(digest, sizeof digest), hex);
        (void)snprintf(origin, sizeof origin, "sigsum.org/v1/tree/%s", hex);
        name = sr_text_view(origin);
    }
    return sr_vkey_new(name, type, key, out, err);
}

static enum sr_status parse_key(const struct sr_tlog_policy *p, struct sr_bytes text,
                                struct sr_bytes name, enum sr_vkey_type type, struct sr_vkey **out,
                                struct sr_err *err)
{
    SR_AUTO(sr_vkey) vkey = NULL;
    if (p->is_sigsum) {
        return raw_key(text, name, type, out, err);
    }
    SR_TRY(sr_vkey_parse(text, &vkey, err));
    if (type == SR_VKEY_COSIGNATURE && sr_vkey_type(vkey) == SR_VKEY_ED25519) {
        SR_TRY(retype(&vkey, type, err));
    }
    if (sr_vkey_type(vkey) != type) {
        return sr_fail(err, SR_UNSUPPORTED, "a key of type %d, not %d (TP-10)",
                       (int)sr_vkey_type(vkey), (int)type);
    }
    *out = SR_TAKE(vkey);
    return SR_OK;
}

/* TP-11: two names of one key would count twice, and a log could witness itself. */
static bool has_key(const struct sr_quorum *q, size_t logs, const struct sr_public_key *key)
{
    for (size_t i = 0; i < logs; i++) {
        if (sr_public_key_equal(sr_vkey_key(q->log[i]), key)) {
            return true;
        }
    }
    for (size_t i = 0; i < q->witnesses; i++) {
        if (sr_public_key_equal(sr_vkey_key(q->witness[i]), key)) {
            return true;
        }
    }
    return false;
}

static enum sr_status parse_logs(struct sr_quorum *q, struct sr_err *err)
{
    for (size_t i = 0; i < q->policy.logs; i++) {
        enum sr_status status = parse_key(&q->policy, q->policy.log[i].key, sr_bytes(NULL, 0),
                                          SR_VKEY_ED25519, &q->log[i], err);
        if (status != SR_OK) {
            return sr_context(err, status, "log %zu", i + 1);
        }
        if (has_key(q, i, sr_vkey_key(q->log[i]))) {
            return sr_fail(err, SR_MALFORMED, "log %zu has the key of another one (TP-11)", i + 1);
        }
    }
    return SR_OK;
}

static enum sr_status parse_witnesses(struct sr_quorum *q, struct sr_err *err)
{
    for (size_t i = 0; i < q->policy.nodes; i++) {
        const struct sr_tlog_policy_node *node = &q->policy.node[i];
        SR_AUTO(sr_vkey) vkey = NULL;
        if (node->is_group) {
            continue;
        }
        enum sr_status status =
            parse_key(&q->policy, node->key, node->name, SR_VKEY_COSIGNATURE, &vkey, err);
        if (status != SR_OK) {
            return sr_context(err, status, "witness '%s'", sr_quote(node->name).text);
        }
        if (has_key(q, q->policy.logs, sr_vkey_key(vkey))) {
            return sr_fail(err, SR_MALFORMED, "witness '%s' has the key of another line (TP-11)",
                           sr_quote(node->name).text);
        }
        q->node[q->witnesses] = i;
        q->witness[q->witnesses++] = SR_TAKE(vkey);
    }
    return SR_OK;
}

enum sr_status sr_quorum_parse(struct sr_bytes text, struct sr_quorum **out, struct sr_err *err)
{
    SR_AUTO(sr_quorum) q = calloc(1, sizeof *q);
    if (q == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a policy");
    }
    if (text.len > SR_TLOG_POLICY_BYTES_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "a policy of over %d bytes", SR_TLOG_POLICY_BYTES_MAX);
    }
    SR_TRY(sr_buf_new(SR_TLOG_POLICY_BYTES_MAX, &q->text));
    SR_TRY(sr_buf_append(q->text, text));
    SR_TRY(sr_tlog_policy_decode(sr_buf_view(q->text), &q->policy, err));
    SR_TRY(parse_logs(q, err));
    SR_TRY(parse_witnesses(q, err));
    *out = SR_TAKE(q);
    return SR_OK;
}

size_t sr_quorum_logs(const struct sr_quorum *quorum)
{
    return quorum->policy.logs;
}

struct sr_quorum_party sr_quorum_log(const struct sr_quorum *quorum, size_t index)
{
    assert(index < quorum->policy.logs);
    return (struct sr_quorum_party){.name = sr_vkey_name(quorum->log[index]),
                                    .url = quorum->policy.log[index].url,
                                    .key = quorum->log[index]};
}

size_t sr_quorum_witnesses(const struct sr_quorum *quorum)
{
    return quorum->witnesses;
}

struct sr_quorum_party sr_quorum_witness(const struct sr_quorum *quorum, size_t index)
{
    assert(index < quorum->witnesses);
    const struct sr_tlog_policy_node *node = &quorum->policy.node[quorum->node[index]];
    return (struct sr_quorum_party){
        .name = node->name, .url = node->url, .key = quorum->witness[index]};
}

const struct sr_vkey *const *sr_quorum_witness_keys(const struct sr_quorum *quorum)
{
    return (const struct sr_vkey *const *)quorum->witness;
}

bool sr_quorum_is_met(const struct sr_quorum *quorum, const bool *has_signed)
{
    const struct sr_tlog_policy *p = &quorum->policy;
    bool holds[SR_TLOG_POLICY_NODES_MAX] = {false};
    size_t witness = 0;
    /* Members come before their groups (TP-6), so once through is enough. */
    for (size_t i = 0; i < p->nodes; i++) {
        const struct sr_tlog_policy_node *node = &p->node[i];
        size_t count = 0;
        if (!node->is_group) {
            holds[i] = has_signed[witness++];
            continue;
        }
        for (size_t m = 0; m < node->count; m++) {
            count += holds[p->member[node->first + m]];
        }
        holds[i] = count >= node->needed;
    }
    return p->quorum == SR_TLOG_POLICY_NONE || holds[p->quorum];
}

size_t sr_quorum_fresh(const struct sr_vkey_mark *marks, size_t count, uint64_t now_utc_s,
                       uint64_t within_s, bool *out)
{
    size_t fresh = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t utc_s = marks[i].utc_s;
        bool is_old = utc_s < now_utc_s && now_utc_s - utc_s > within_s;
        bool is_ahead = utc_s > now_utc_s && utc_s - now_utc_s > SR_QUORUM_AHEAD_S;
        bool is_fresh = marks[i].has_signed && (within_s == 0 || (!is_old && !is_ahead));
        fresh += is_fresh;
        if (out != NULL) {
            out[i] = is_fresh;
        }
    }
    return fresh;
}

/* The listed log that has signed, first in *keys, then all witnesses: errors but MALFORMED end it.
 */
static enum sr_status verify_any_log(const struct sr_quorum *q, struct sr_bytes note,
                                     struct sr_checkpoint *out, struct sr_vkey_mark *marks,
                                     struct sr_err *err)
{
    const struct sr_vkey *keys[1 + SR_TLOG_POLICY_NODES_MAX];
    struct sr_vkey_mark all[1 + SR_TLOG_POLICY_NODES_MAX] = {{0}};
    enum sr_status status =
        sr_fail(err, SR_UNTRUSTED, "the policy has no log that could have signed it");
    for (size_t i = 0; i < q->witnesses; i++) {
        keys[1 + i] = q->witness[i];
    }
    for (size_t i = 0; i < q->policy.logs; i++) {
        keys[0] = q->log[i];
        status = sr_receipt_checkpoint(note, sr_vkey_name(q->log[i]), keys, 1 + q->witnesses, out,
                                       all, err);
        if (status != SR_UNTRUSTED) {
            break;
        }
    }
    if (status == SR_OK) {
        memcpy(marks, &all[1], q->witnesses * sizeof marks[0]);
    }
    return status;
}

enum sr_status sr_quorum_checkpoint(const struct sr_quorum *quorum, struct sr_bytes note,
                                    uint64_t now_utc_s, uint64_t within_s,
                                    struct sr_checkpoint *out, struct sr_vkey_mark *marks,
                                    struct sr_err *err)
{
    struct sr_vkey_mark own[SR_TLOG_POLICY_NODES_MAX] = {{0}};
    bool is_fresh[SR_TLOG_POLICY_NODES_MAX] = {false};
    struct sr_checkpoint c;
    struct sr_err first = {0};
    enum sr_status status = verify_any_log(quorum, note, &c, own, &first);
    if (status != SR_OK) {
        return sr_fail(err, status, "%s", first.message);
    }
    size_t count = quorum->witnesses;
    if (marks != NULL) {
        memcpy(marks, own, count * sizeof own[0]);
    }
    size_t fresh = sr_quorum_fresh(own, count, now_utc_s, within_s, is_fresh);
    if (!sr_quorum_is_met(quorum, is_fresh)) {
        return sr_fail(err, SR_DENIED, "no quorum: %zu of %zu witnesses have cosigned, %zu lately",
                       sr_quorum_fresh(own, count, now_utc_s, 0, NULL), count, fresh);
    }
    *out = c;
    return SR_OK;
}

enum sr_status sr_quorum_receipt(const struct sr_quorum *quorum, struct sr_bytes receipt,
                                 struct sr_bytes entry, uint64_t now_utc_s, uint64_t within_s,
                                 struct sr_receipt *out, struct sr_vkey_mark *marks,
                                 struct sr_err *err)
{
    SR_CLEANUP(sr_tlog_proof_clear) struct sr_tlog_proof p = {0};
    struct sr_checkpoint c;
    SR_TRY(sr_tlog_proof_decode(receipt, &p, err));
    SR_TRY(sr_quorum_checkpoint(quorum, p.checkpoint, now_utc_s, within_s, &c, marks, err));
    return sr_receipt_path(&p, entry, &c, out, err);
}
