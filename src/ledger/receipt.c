/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/receipt.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "formats/quote.h"

_Static_assert(SR_TREE_PROOF_HASHES_MAX == SR_TLOG_PROOF_HASHES_MAX, "proofs of one length");

/* The keys that signed; the first of them must have. */
static enum sr_status verify_keys(const struct sr_note *note, const struct sr_vkey *const *keys,
                                  size_t count, struct sr_vkey_mark *marks, struct sr_err *err)
{
    struct sr_vkey_mark log;
    SR_TRY(sr_vkey_verify_note(keys, count, note, marks, err));
    return sr_vkey_verify_note(keys, 1, note, &log, err);
}

enum sr_status sr_receipt_checkpoint(struct sr_bytes note, struct sr_bytes origin,
                                     const struct sr_vkey *const *keys, size_t count,
                                     struct sr_checkpoint *out, struct sr_vkey_mark *marks,
                                     struct sr_err *err)
{
    assert(count > 0);
    SR_CLEANUP(sr_note_clear) struct sr_note n = {0};
    struct sr_checkpoint c;
    uint8_t nothing[SR_SHA256_BYTES];
    SR_TRY(sr_note_decode(note, &n, err));
    SR_TRY(verify_keys(&n, keys, count, marks, err));
    SR_TRY(sr_checkpoint_decode(n.text, &c, err));
    if (!sr_text_equal(c.origin, origin)) {
        return sr_fail(err, SR_UNTRUSTED, "a checkpoint of another log, '%s'",
                       sr_quote(c.origin).text);
    }
    SR_TRY(sr_sha256_once(sr_bytes(NULL, 0), nothing));
    if (c.size == 0 && memcmp(c.root, nothing, sizeof nothing) != 0) {
        return sr_fail(err, SR_UNTRUSTED, "a root of no leaves that cannot be");
    }
    *out = c;
    return SR_OK;
}

enum sr_status sr_receipt_path(const struct sr_tlog_proof *proof, struct sr_bytes entry,
                               const struct sr_checkpoint *checkpoint, struct sr_receipt *out,
                               struct sr_err *err)
{
    struct sr_tree_proof path = {.hashes = proof->hashes};
    uint8_t leaf[SR_SHA256_BYTES];
    memcpy(path.hash, proof->hash, sizeof path.hash);
    SR_TRY(sr_merkle_leaf(entry, leaf));
    SR_TRY(sr_tree_verify_inclusion(leaf, proof->index, checkpoint->size, &path, checkpoint->root,
                                    err));
    *out = (struct sr_receipt){.index = proof->index, .size = checkpoint->size};
    memcpy(out->root, checkpoint->root, sizeof out->root);
    return SR_OK;
}

enum sr_status sr_receipt_verify(struct sr_bytes receipt, struct sr_bytes entry,
                                 struct sr_bytes origin, const struct sr_vkey *const *keys,
                                 size_t count, struct sr_receipt *out, struct sr_vkey_mark *marks,
                                 struct sr_err *err)
{
    SR_CLEANUP(sr_tlog_proof_clear) struct sr_tlog_proof p = {0};
    struct sr_checkpoint c;
    SR_TRY(sr_tlog_proof_decode(receipt, &p, err));
    SR_TRY(sr_receipt_checkpoint(p.checkpoint, origin, keys, count, &c, marks, err));
    return sr_receipt_path(&p, entry, &c, out, err);
}
