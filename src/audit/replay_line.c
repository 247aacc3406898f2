/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <string.h>

#include "audit/replay_impl.h"
#include "crypto/merkle.h"

void sr_replay_line_clear(struct sr_replay_line *item)
{
    sr_envelope_free(item->envelope);
    sr_pack_line_clear(&item->line);
    *item = (struct sr_replay_line){0};
}

/* Whether a status says something of the input, not of this machine. */
static bool is_of_input(enum sr_status status)
{
    return status != SR_OK && status != SR_NO_MEMORY && status != SR_INTERNAL && status != SR_IO;
}

/* A check that failed because of the input is a finding; any other failure ends the replay. */
static bool holds(struct sr_replay_line *item, enum sr_status status,
                  enum sr_replay_finding finding)
{
    if (status == SR_OK) {
        return true;
    }
    if (is_of_input(status)) {
        item->finding = finding;
    } else {
        item->status = status;
    }
    return false;
}

static enum sr_status check_digest(struct sr_bytes data, const uint8_t digest[SR_SHA256_BYTES],
                                   const char *what, struct sr_err *err)
{
    uint8_t got[SR_SHA256_BYTES];
    SR_TRY(sr_sha256_once(data, got));
    return memcmp(got, digest, sizeof got) == 0
               ? SR_OK
               : sr_fail(err, SR_UNTRUSTED, "the digest of %s is another one", what);
}

/* What the ledger holds is made of salt and entry, so it is these that the root speaks for. */
static enum sr_status make_leaf(struct sr_replay_line *item)
{
    uint8_t commitment[SR_COMMITMENT_BYTES];
    SR_TRY(sr_commitment_make(item->line.salt, item->line.entry, commitment));
    return sr_merkle_leaf(sr_bytes(commitment, sizeof commitment), item->leaf);
}

static enum sr_status verify(struct sr_replay_line *item)
{
    return sr_envelope_verify(item->envelope, item->key, &item->proof, &item->err);
}

static void check_signature(struct sr_replay_line *item, const struct sr_replay_keys *keys)
{
    item->key = sr_replay_keys_find(keys, sr_envelope_keyid(item->envelope));
    enum sr_status status =
        item->key != NULL
            ? SR_OK
            : sr_fail(&item->err, SR_UNTRUSTED, "no key with the fingerprint that it names");
    if (holds(item, status, SR_FOUND_KEY)) {
        (void)holds(item, verify(item), SR_FOUND_SIGNATURE);
    }
}

/* In this order, so that the first finding is the one nearest to its cause. */
static void check_leaf(struct sr_replay_line *item, const struct sr_replay_keys *keys)
{
    struct sr_err *err = &item->err;
    const struct sr_pack_line *line = &item->line;
    if (line->is_withheld) {
        memcpy(item->leaf, line->hash, sizeof item->leaf);
        return;
    }
    if (!holds(item, make_leaf(item), SR_FOUND_ENTRY) ||
        !holds(item, sr_entry_decode(line->entry, &item->entry, err), SR_FOUND_ENTRY) ||
        !holds(item, check_digest(line->envelope, item->entry.envelope, "the envelope", err),
               SR_FOUND_ENVELOPE) ||
        !holds(item, sr_envelope_open(line->envelope, &item->envelope, err), SR_FOUND_ACT)) {
        return;
    }
    if (memcmp(sr_envelope_digest(item->envelope), item->entry.act, SR_SHA256_BYTES) != 0) {
        (void)holds(item, sr_fail(err, SR_UNTRUSTED, "the entry names another act"),
                    SR_FOUND_ENVELOPE);
        return;
    }
    check_signature(item, keys);
}

void sr_replay_line_check(struct sr_replay_line *item, const struct sr_replay_keys *keys)
{
    assert(item->line.json == NULL && item->status == SR_OK);
    item->status = sr_pack_line_decode(item->raw, &item->line, &item->err);
    if (item->status != SR_OK) {
        return;
    }
    if (item->line.kind == SR_PACK_LEAF) {
        check_leaf(item, keys);
    } else if (item->line.kind == SR_PACK_TEXT) {
        (void)holds(item, check_digest(item->line.text, item->line.digest, "the text", &item->err),
                    SR_FOUND_TEXT);
    }
}
