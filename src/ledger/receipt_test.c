/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: a receipt that we make verifies; one of another log, origin, entry or place, or
 * without the log's own signature, does not.
 */
#include "ledger/receipt.h"

#include "formats/tlog_proof.h"
#include "tests/log_keys.h"

#define ORIGIN "example.org/log"

struct scene {
    struct sr_signer *log_key;
    struct sr_signer *witness_key;
    struct sr_vkey *log;
    struct sr_vkey *witness;
};

static void scene_make(struct scene *s)
{
    s->log_key = log_signer(1);
    s->witness_key = log_signer(2);
    s->log = log_vkey(ORIGIN, SR_VKEY_ED25519, s->log_key);
    s->witness = log_vkey("example.org/w", SR_VKEY_COSIGNATURE, s->witness_key);
}

static void scene_clear(struct scene *s)
{
    sr_signer_free(s->log_key);
    sr_signer_free(s->witness_key);
    sr_vkey_free(s->log);
    sr_vkey_free(s->witness);
}

/* A signed checkpoint of the tree of the leaves "0" and "1", or of none. */
static struct sr_buf *make_checkpoint(const struct scene *s, struct sr_checkpoint *c,
                                      bool is_signed_by_log)
{
    SR_AUTO(sr_buf) text = NULL;
    struct sr_buf *note = NULL;
    c->origin = sr_text_view(ORIGIN);
    CHECK(sr_buf_new(4096, &text) == SR_OK && sr_buf_new(4096, &note) == SR_OK);
    CHECK(sr_checkpoint_encode(c, text) == SR_OK);
    CHECK(sr_note_encode_text(sr_buf_view(text), note) == SR_OK);
    if (is_signed_by_log) {
        CHECK(sr_vkey_sign(s->log, s->log_key, 0, sr_buf_view(text), note, NULL) == SR_OK);
    }
    CHECK(sr_vkey_sign(s->witness, s->witness_key, 7, sr_buf_view(text), note, NULL) == SR_OK);
    return note;
}

static struct sr_buf *make_receipt(const struct scene *s, uint64_t index, bool is_signed_by_log)
{
    struct sr_tlog_proof p = {.index = index, .hashes = 1};
    struct sr_checkpoint c = {.size = 2};
    uint8_t leaf[2][SR_SHA256_BYTES];
    struct sr_buf *out = NULL;
    CHECK(sr_merkle_leaf(sr_text_view("0"), leaf[0]) == SR_OK);
    CHECK(sr_merkle_leaf(sr_text_view("1"), leaf[1]) == SR_OK);
    CHECK(sr_merkle_node(leaf[0], leaf[1], c.root) == SR_OK);
    memcpy(p.hash[0], leaf[1], sizeof leaf[1]);
    SR_AUTO(sr_buf) note = make_checkpoint(s, &c, is_signed_by_log);
    p.checkpoint = sr_buf_view(note);
    CHECK(sr_buf_new(SR_TLOG_PROOF_BYTES_MAX, &out) == SR_OK);
    CHECK(sr_tlog_proof_encode(&p, out) == SR_OK);
    return out;
}

static enum sr_status verify(const struct scene *s, const struct sr_buf *receipt, const char *entry,
                             const char *origin, struct sr_receipt *out)
{
    const struct sr_vkey *keys[] = {s->log, s->witness};
    struct sr_vkey_mark marks[2];
    return sr_receipt_verify(sr_buf_view(receipt), sr_text_view(entry), sr_text_view(origin), keys,
                             2, out, marks, NULL);
}

static void receipts_show_their_entry_only(void)
{
    SR_CLEANUP(scene_clear) struct scene s = {0};
    struct sr_receipt r = {0};
    scene_make(&s);
    SR_AUTO(sr_buf) good = make_receipt(&s, 0, true);
    CHECK(verify(&s, good, "0", ORIGIN, &r) == SR_OK);
    CHECK(r.index == 0 && r.size == 2);
    CHECK(verify(&s, good, "1", ORIGIN, &r) == SR_UNTRUSTED);
    CHECK(verify(&s, good, "0", "example.org/other", &r) == SR_UNTRUSTED);
    SR_AUTO(sr_buf) elsewhere = make_receipt(&s, 1, true);
    CHECK(verify(&s, elsewhere, "0", ORIGIN, &r) == SR_UNTRUSTED);
    SR_AUTO(sr_buf) witnessed_only = make_receipt(&s, 0, false);
    CHECK(verify(&s, witnessed_only, "0", ORIGIN, &r) == SR_UNTRUSTED);
    CHECK(sr_buf_append(good, sr_text_view("more\n")) == SR_OK);
    CHECK(verify(&s, good, "0", ORIGIN, &r) == SR_MALFORMED);
}

static void the_root_of_no_leaves_is_known(void)
{
    SR_CLEANUP(scene_clear) struct scene s = {0};
    struct sr_checkpoint c = {0};
    struct sr_checkpoint out;
    scene_make(&s);
    const struct sr_vkey *keys[] = {s.log};
    SR_AUTO(sr_buf) wrong = make_checkpoint(&s, &c, true);
    CHECK(sr_receipt_checkpoint(sr_buf_view(wrong), sr_text_view(ORIGIN), keys, 1, &out, NULL,
                                NULL) == SR_UNTRUSTED);
    CHECK(sr_sha256_once(sr_bytes(NULL, 0), c.root) == SR_OK);
    SR_AUTO(sr_buf) good = make_checkpoint(&s, &c, true);
    CHECK(sr_receipt_checkpoint(sr_buf_view(good), sr_text_view(ORIGIN), keys, 1, &out, NULL,
                                NULL) == SR_OK);
}

int main(void)
{
    RUN(receipts_show_their_entry_only);
    RUN(the_root_of_no_leaves_is_known);
    return check_done();
}
