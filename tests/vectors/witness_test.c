/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests to witnesses and trust policies of others: each request gets the answer that is said to
 * be right, each policy is read and counted as its makers do.
 */
#include <string.h>

#include "formats/add_checkpoint.h"
#include "formats/json.h"
#include "formats/tile.h"
#include "ledger/quorum.h"
#include "ledger/receipt.h"
#include "ledger/tree.h"
#include "ledger/witness.h"
#include "tests/log_keys.h"
#include "tests/scratch.h"
#include "tests/vectors/tlog_load.h"

static char scratch_dir[] = "/tmp/sr-witness-vectors-XXXXXX";

static struct sr_bytes text_of(struct sr_json_value object, const char *key)
{
    struct sr_json_value value;
    CHECK(sr_json_find(object, key, &value));
    return sr_json_string(value);
}

/* The log that expected.json names: its raw key under the name of its origin. */
static struct sr_vkey *log_of(struct sr_json_value root)
{
    SR_AUTO(sr_public_key) key = NULL;
    struct sr_vkey *vkey = NULL;
    uint8_t raw[SR_SIGN_ED25519_KEY_BYTES];
    CHECK(sr_text_unhex(text_of(root, "log_ed25519_pub_hex"), raw, sizeof raw) == SR_OK);
    CHECK(sr_public_key_from_raw(SR_SIGN_ED25519, sr_bytes(raw, sizeof raw), &key, NULL) == SR_OK);
    CHECK(sr_vkey_new(text_of(root, "log_origin"), SR_VKEY_ED25519, key, &vkey, NULL) == SR_OK);
    return vkey;
}

/* What "body_assert" says: `body contains "..."` or `body == "..."`. */
static bool body_is(struct sr_bytes body, struct sr_bytes assertion)
{
    static const char CONTAINS[] = "body contains \"";
    size_t len = strlen(CONTAINS);
    if (assertion.len < len || memcmp(assertion.ptr, CONTAINS, len) != 0) {
        return sr_text_equal(assertion, sr_text_view("body == \"3\\n\"")) &&
               sr_text_equal(body, sr_text_view("3\n"));
    }
    return memmem(body.ptr, body.len, assertion.ptr + len, assertion.len - len - 1) != NULL;
}

static void check_request(struct sr_witness *w, struct sr_json_value item, uint64_t now_utc_s)
{
    char name[128];
    struct sr_json_value value;
    struct sr_bytes request = text_of(item, "request");
    SR_CLEANUP(sr_witness_answer_clear) struct sr_witness_answer answer = {0};
    (void)snprintf(name, sizeof name, "witness-protocol/%.*s", (int)request.len,
                   (const char *)request.ptr);
    SR_AUTO(sr_buf) body = load(name);
    CHECK(sr_witness_add_checkpoint(w, sr_buf_view(body), now_utc_s, &answer, NULL) == SR_OK);
    CHECK(sr_json_find(item, "status", &value));
    unsigned expected = (unsigned)sr_json_integer(value);
    struct sr_bytes said = text_of(item, "body_assert");
    /* An unknown origin: 403 when these were made, 404 in the specification since. */
    if (memmem(said.ptr, said.len, "unknown log", 11) != NULL) {
        CHECK(expected == 403);
        expected = 404;
    }
    if (answer.status != expected || !body_is(sr_buf_view(answer.body), said)) {
        printf("# %s: %u %.*s", name, answer.status, (int)sr_buf_view(answer.body).len,
               (const char *)sr_buf_view(answer.body).ptr);
        CHECK(false);
    }
}

static void requests_get_the_right_answers(void)
{
    SR_AUTO(sr_buf) text = load("witness-protocol/expected.json");
    SR_AUTO(sr_json) j = NULL;
    SR_AUTO(sr_signer) signer = log_signer(5);
    SR_AUTO(sr_witness) w = NULL;
    SR_AUTO_FD folder = -1;
    struct sr_json_value requests;
    CHECK(sr_json_decode(sr_buf_view(text), 8, &j, NULL) == SR_OK);
    CHECK(sr_json_find(sr_json_root(j), "requests", &requests) && sr_json_count(requests) == 8);
    SR_AUTO(sr_vkey) log = log_of(sr_json_root(j));
    CHECK(sr_folder_open(AT_FDCWD, scratch_dir, &folder, NULL) == SR_OK);
    CHECK(sr_witness_add(folder, log, sr_vkey_name(log), NULL) == SR_OK);
    CHECK(sr_witness_open(sr_text_view("example.com/witness"), signer, folder, &w, NULL) == SR_OK);
    for (size_t i = 0; i < sr_json_count(requests); i++) {
        check_request(w, sr_json_at(requests, i), 1000 + i);
    }
}

/* The request that was made from the specification: its proof leads from one checkpoint to the
 * other. */
static void a_request_proves_what_it_says(void)
{
    SR_AUTO(sr_vkey) log = load_vkey("generated/log.vkey");
    SR_AUTO(sr_buf) body = load("generated/add-checkpoint-513-600.request");
    SR_AUTO(sr_buf) old_note = load("generated/log600/checkpoint.513");
    SR_AUTO(sr_buf) again = NULL;
    const struct sr_vkey *keys[] = {log};
    struct sr_add_checkpoint request;
    struct sr_checkpoint c;
    struct sr_checkpoint old;
    struct sr_tree_proof proof = {0};
    CHECK(sr_add_checkpoint_decode(sr_buf_view(body), &request, NULL) == SR_OK);
    CHECK(sr_buf_new(65536, &again) == SR_OK);
    CHECK(sr_add_checkpoint_encode(&request, again) == SR_OK);
    CHECK(sr_text_equal(sr_buf_view(again), sr_buf_view(body)));
    CHECK(sr_receipt_checkpoint(request.checkpoint, sr_vkey_name(log), keys, 1, &c, NULL, NULL) ==
          SR_OK);
    CHECK(sr_receipt_checkpoint(sr_buf_view(old_note), sr_vkey_name(log), keys, 1, &old, NULL,
                                NULL) == SR_OK);
    CHECK(request.old_size == old.size && c.size == 600);
    proof.hashes = request.hashes;
    memcpy(proof.hash, request.hash, sizeof request.hash);
    CHECK(sr_tree_verify_consistency(old.size, old.root, c.size, c.root, &proof, NULL) == SR_OK);
    proof.hash[3][7] ^= 1;
    CHECK(sr_tree_verify_consistency(old.size, old.root, c.size, c.root, &proof, NULL) ==
          SR_UNTRUSTED);
}

static struct sr_quorum *load_policy(const char *name)
{
    SR_AUTO(sr_buf) text = load(name);
    struct sr_quorum *q = NULL;
    struct sr_err err = {0};
    if (sr_quorum_parse(sr_buf_view(text), &q, &err) != SR_OK) {
        printf("# %s: %s\n", name, err.message);
        CHECK(false);
    }
    return q;
}

static void two_of_two_are_needed(void)
{
    SR_AUTO(sr_quorum) q = load_policy("policy/c2sp-two-witness.policy");
    CHECK(sr_quorum_logs(q) == 0 && sr_quorum_witnesses(q) == 2);
    CHECK(sr_text_equal(sr_quorum_witness(q, 0).url, sr_text_view("https://sigsum.org/witness/")));
    CHECK(!sr_quorum_is_met(q, (bool[]){true, false}));
    CHECK(!sr_quorum_is_met(q, (bool[]){false, true}));
    CHECK(sr_quorum_is_met(q, (bool[]){true, true}));
}

static void a_checkpoint_counts_under_its_policy(void)
{
    SR_AUTO(sr_quorum) q = load_policy("generated/policy");
    SR_AUTO(sr_buf) note = load("generated/log600/checkpoint");
    struct sr_checkpoint c;
    struct sr_vkey_mark mark = {0};
    CHECK(sr_quorum_checkpoint(q, sr_buf_view(note), 0, 0, &c, &mark, NULL) == SR_OK);
    CHECK(c.size == 600 && mark.has_signed);
    CHECK(sr_quorum_checkpoint(q, sr_buf_view(note), mark.utc_s + 60, 60, &c, NULL, NULL) == SR_OK);
    CHECK(sr_quorum_checkpoint(q, sr_buf_view(note), mark.utc_s + 61, 60, &c, NULL, NULL) ==
          SR_DENIED);
}

static void a_receipt_counts_under_its_policy(void)
{
    SR_AUTO(sr_quorum) q = load_policy("generated/policy");
    SR_AUTO(sr_buf) receipt = load("generated/entry300-in-600.tlog-proof");
    SR_AUTO(sr_buf) bundle = load("generated/log600/tile/entries/001");
    struct sr_bytes rest = sr_buf_view(bundle);
    struct sr_bytes entry = {0};
    struct sr_receipt r;
    for (unsigned i = 256; i <= 300; i++) {
        CHECK(sr_tile_next_entry(&rest, &entry) == SR_OK);
    }
    struct sr_bytes view = sr_buf_view(receipt);
    CHECK(sr_quorum_receipt(q, view, entry, 0, 0, &r, NULL, NULL) == SR_OK && r.index == 300);
    entry.len--;
    CHECK(sr_quorum_receipt(q, view, entry, 0, 0, &r, NULL, NULL) == SR_UNTRUSTED);
}

/* Rules of the Sigsum project: 2 of 3; and 4 of 6, of which one is 2 of 3. */
static void policies_of_sigsum_are_counted(void)
{
    SR_AUTO(sr_quorum) generic = load_policy("policy/sigsum-generic-2025-1.sigsum-policy");
    SR_AUTO(sr_quorum) test = load_policy("policy/sigsum-test-2025-3.sigsum-policy");
    CHECK(sr_quorum_logs(generic) == 2 && sr_quorum_witnesses(generic) == 3);
    CHECK(sr_quorum_logs(test) == 2 && sr_quorum_witnesses(test) == 8);
    for (unsigned set = 0; set < 256; set++) {
        bool w[8];
        unsigned inner = 0;
        unsigned outer = 0;
        for (unsigned i = 0; i < 8; i++) {
            w[i] = set >> i & 1;
            inner += i < 3 && w[i];
            outer += i >= 3 && w[i];
        }
        CHECK(sr_quorum_is_met(test, w) == (outer + (inner >= 2) >= 4));
        CHECK(set > 7 || sr_quorum_is_met(generic, w) == (inner >= 2));
    }
    CHECK(sr_text_equal(sr_vkey_name(sr_quorum_log(generic, 0).key),
                        sr_text_view("sigsum.org/v1/tree/44ad38f8226ff9bd27629a41e55df727308d0a1cd8"
                                     "a2c31d3170048ac1dd22a1")));
}

int main(void)
{
    if (!tlog_is_there()) {
        SKIP(requests_get_the_right_answers, TLOG_ABSENT);
        return check_done();
    }
    if (!scratch_make(scratch_dir)) {
        return 1;
    }
    RUN(requests_get_the_right_answers);
    RUN(a_request_proves_what_it_says);
    RUN(two_of_two_are_needed);
    RUN(a_checkpoint_counts_under_its_policy);
    RUN(a_receipt_counts_under_its_policy);
    RUN(policies_of_sigsum_are_counted);
    scratch_remove(scratch_dir);
    return check_done();
}
