/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A proof of Sigsum: its text is not a format of ours, but what it says verifies with the parts
 * that are here. source  sigsum.org: a leaf signs its checksum, and the log a checkpoint
 */
#include <string.h>

#include "crypto/merkle.h"
#include "formats/base64.h"
#include "formats/checkpoint.h"
#include "formats/cosignature.h"
#include "ledger/tree.h"
#include "tests/vectors/tlog_load.h"

/* The rest of the index-th line that begins with key and '='. */
static struct sr_bytes field(const struct sr_buf *proof, const char *key, unsigned index)
{
    struct sr_bytes view = sr_buf_view(proof);
    size_t len = strlen(key);
    for (size_t at = 0; at + len < view.len; at++) {
        const uint8_t *end = memchr(view.ptr + at, '\n', view.len - at);
        if ((at == 0 || view.ptr[at - 1] == '\n') && memcmp(view.ptr + at, key, len) == 0 &&
            view.ptr[at + len] == '=' && end != NULL && index-- == 0) {
            return sr_bytes(view.ptr + at + len + 1, (size_t)(end - view.ptr) - at - len - 1);
        }
    }
    CHECK(false);
    return sr_bytes(NULL, 0);
}

/* The index-th word of text. */
static struct sr_bytes word(struct sr_bytes text, unsigned index)
{
    for (; index > 0; index--) {
        const uint8_t *space = memchr(text.ptr, ' ', text.len);
        CHECK(space != NULL);
        text = sr_bytes(space + 1, text.len - (size_t)(space + 1 - text.ptr));
    }
    const uint8_t *space = memchr(text.ptr, ' ', text.len);
    return space == NULL ? text : sr_bytes(text.ptr, (size_t)(space - text.ptr));
}

static void unhex(struct sr_bytes digits, uint8_t *out, size_t len)
{
    CHECK(sr_text_unhex(digits, out, len) == SR_OK);
}

/* The key of "ssh-ed25519 BASE64": the last 32 bytes. */
static struct sr_public_key *load_key(const char *name, uint8_t raw[32])
{
    SR_AUTO(sr_buf) text = load(name);
    SR_AUTO(sr_buf) blob = NULL;
    struct sr_public_key *key = NULL;
    CHECK(sr_buf_new(256, &blob) == SR_OK);
    CHECK(sr_base64_decode(word(first_line(text), 1), blob) == SR_OK);
    CHECK(sr_buf_view(blob).len == 51);
    memcpy(raw, sr_buf_view(blob).ptr + 19, 32);
    CHECK(sr_public_key_from_raw(SR_SIGN_ED25519, sr_bytes(raw, 32), &key, NULL) == SR_OK);
    return key;
}

static bool verifies(const struct sr_public_key *key, struct sr_bytes message,
                     struct sr_bytes hex_signature)
{
    uint8_t signature[64];
    unhex(hex_signature, signature, sizeof signature);
    return sr_public_key_verify(key, message, sr_bytes(signature, sizeof signature), NULL) == SR_OK;
}

/* The leaf: checksum of the message's hash, the submitter's signature, the hash of its key. */
static void check_leaf(const struct sr_buf *proof, uint8_t out_leaf[96])
{
    static const char NAMESPACE[] = "sigsum.org/v1/tree-leaf"; /* with its NUL */
    SR_AUTO(sr_buf) hex = load("sigsum-proof/message.hex");
    uint8_t raw[32];
    uint8_t message[32];
    uint8_t checksum[32];
    uint8_t to_sign[sizeof NAMESPACE + 32];
    uint8_t said[32];
    SR_AUTO(sr_public_key) submitter = load_key("sigsum-proof/submitter.pub", raw);
    struct sr_bytes leaf = field(proof, "leaf", 0);
    unhex(first_line(hex), message, sizeof message);
    CHECK(sr_sha256_once(sr_bytes(message, sizeof message), checksum) == SR_OK);
    memcpy(to_sign, NAMESPACE, sizeof NAMESPACE);
    memcpy(to_sign + sizeof NAMESPACE, checksum, sizeof checksum);
    CHECK(verifies(submitter, sr_bytes(to_sign, sizeof to_sign), word(leaf, 1)));
    memcpy(out_leaf, checksum, 32);
    unhex(word(leaf, 1), out_leaf + 32, 64);
    unhex(word(leaf, 0), said, sizeof said);
    CHECK(sr_sha256_once(sr_bytes(raw, sizeof raw), checksum) == SR_OK);
    CHECK(memcmp(said, checksum, sizeof said) == 0);
}

static void a_proof_of_sigsum_verifies(void)
{
    SR_AUTO(sr_buf) proof = load("sigsum-proof/cosigned-size4.proof");
    SR_AUTO(sr_buf) text = NULL;
    SR_AUTO(sr_buf) message = NULL;
    uint8_t raw[32];
    uint8_t leaf[128];
    uint8_t hash[32];
    char hex[65];
    char origin[128];
    struct sr_checkpoint c = {.size = 4};
    struct sr_tree_proof path = {.hashes = 2};
    uint64_t utc_s = 0;
    CHECK(sr_buf_new(1024, &text) == SR_OK && sr_buf_new(1024, &message) == SR_OK);
    SR_AUTO(sr_public_key) log = load_key("sigsum-proof/log.pub", raw);
    CHECK(sr_sha256_once(sr_bytes(raw, sizeof raw), hash) == SR_OK);
    sr_text_hex(sr_bytes(hash, sizeof hash), hex);
    CHECK(sr_text_equal(field(proof, "log", 0), sr_text_view(hex)));
    (void)snprintf(origin, sizeof origin, "sigsum.org/v1/tree/%s", hex);
    c.origin = sr_text_view(origin);
    unhex(field(proof, "root_hash", 0), c.root, sizeof c.root);
    CHECK(sr_checkpoint_encode(&c, text) == SR_OK);
    CHECK(verifies(log, sr_buf_view(text), field(proof, "signature", 0)));
    SR_AUTO(sr_public_key) witness = load_key("sigsum-proof/witness.pub", raw);
    struct sr_bytes cosignature = field(proof, "cosignature", 0);
    CHECK(sr_text_parse_u64(word(cosignature, 1), 0, UINT64_MAX, &utc_s) == SR_OK);
    CHECK(sr_cosignature_message(utc_s, sr_buf_view(text), message) == SR_OK);
    CHECK(verifies(witness, sr_buf_view(message), word(cosignature, 2)));
    check_leaf(proof, leaf);
    SR_AUTO(sr_public_key) submitter = load_key("sigsum-proof/submitter.pub", raw);
    CHECK(sr_sha256_once(sr_bytes(raw, sizeof raw), leaf + 96) == SR_OK);
    unhex(field(proof, "node_hash", 0), path.hash[0], 32);
    unhex(field(proof, "node_hash", 1), path.hash[1], 32);
    CHECK(sr_merkle_leaf(sr_bytes(leaf, sizeof leaf), hash) == SR_OK);
    CHECK(sr_tree_verify_inclusion(hash, 3, 4, &path, c.root, NULL) == SR_OK);
    path.hash[0][0] ^= 1;
    CHECK(sr_tree_verify_inclusion(hash, 3, 4, &path, c.root, NULL) == SR_UNTRUSTED);
}

int main(void)
{
    if (!tlog_is_there()) {
        SKIP(a_proof_of_sigsum_verifies, TLOG_ABSENT);
        return check_done();
    }
    RUN(a_proof_of_sigsum_verifies);
    return check_done();
}
