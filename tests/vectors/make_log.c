/* SPDX-License-Identifier: Apache-2.0 */
/*
 * make_log: print a log of 600 leaves ("leaf 0", ...) for a program that shares no code with us
 * (verify_log.go): its key, its checkpoints of 1, 255, 256, 257 and 600 leaves, a receipt of some
 * leaves in each, and the proof from each checkpoint to the last; each as "<kind> <bytes>", a
 * newline and that many bytes.
 */
#include <stdlib.h>

#include "formats/checkpoint.h"
#include "formats/lines.h"
#include "formats/tlog_proof.h"
#include "ledger/tree.h"
#include "tests/log_keys.h"

#define ORIGIN "example.org/strongroom/test"
enum { LEAVES = 600, BYTES_MAX = 65536 };

static struct sr_buf *new_buf(void)
{
    struct sr_buf *out = NULL;
    if (sr_buf_new(BYTES_MAX, &out) != SR_OK) {
        abort();
    }
    return out;
}

static void require(enum sr_status status)
{
    if (status != SR_OK) {
        abort();
    }
}

static void print(const char *kind, const struct sr_buf *b)
{
    struct sr_bytes view = sr_buf_view(b);
    printf("%s %zu\n", kind, view.len);
    (void)fwrite(view.ptr, 1, view.len, stdout);
}

static struct sr_buf *sign(const struct sr_tree_nodes *nodes, uint64_t size,
                           const struct sr_vkey *key, struct sr_signer *signer)
{
    struct sr_checkpoint c = {.origin = sr_text_view(ORIGIN), .size = size};
    SR_AUTO(sr_buf) text = new_buf();
    struct sr_buf *note = new_buf();
    require(sr_tree_root(nodes, size, c.root, NULL));
    require(sr_checkpoint_encode(&c, text));
    require(sr_note_encode_text(sr_buf_view(text), note));
    require(sr_vkey_sign(key, signer, 0, sr_buf_view(text), note, NULL));
    return note;
}

static void print_receipt(const struct sr_tree_nodes *nodes, uint64_t index, uint64_t size,
                          const struct sr_buf *note)
{
    struct sr_tree_proof path;
    struct sr_tlog_proof p = {.index = index, .checkpoint = sr_buf_view(note)};
    SR_AUTO(sr_buf) out = new_buf();
    require(sr_tree_prove_inclusion(nodes, index, size, &path, NULL));
    p.hashes = path.hashes;
    memcpy(p.hash, path.hash, sizeof p.hash);
    require(sr_tlog_proof_encode(&p, out));
    print("receipt", out);
}

static void print_growth(const struct sr_tree_nodes *nodes, uint64_t old, uint64_t size)
{
    struct sr_tree_proof path;
    SR_AUTO(sr_buf) out = new_buf();
    require(sr_tree_prove_consistency(nodes, old, size, &path, NULL));
    require(sr_lines_put_number("old ", old, out));
    for (size_t i = 0; i < path.hashes; i++) {
        require(sr_lines_put_hash(path.hash[i], out));
    }
    print("growth", out);
}

int main(void)
{
    static const uint64_t SIZES[] = {1, 255, 256, 257, LEAVES};
    SR_AUTO(sr_tree) tree = NULL;
    SR_AUTO(sr_signer) signer = log_signer(3);
    SR_AUTO(sr_vkey) key = log_vkey(ORIGIN, SR_VKEY_ED25519, signer);
    SR_AUTO(sr_buf) text = new_buf();
    require(sr_tree_new(&tree));
    for (unsigned i = 0; i < LEAVES; i++) {
        char leaf[16];
        uint8_t hash[SR_SHA256_BYTES];
        (void)snprintf(leaf, sizeof leaf, "leaf %u", i);
        require(sr_merkle_leaf(sr_text_view(leaf), hash));
        require(sr_tree_append(tree, hash));
    }
    struct sr_tree_nodes nodes = sr_tree_nodes(tree);
    require(sr_vkey_text(key, text));
    print("vkey", text);
    for (size_t i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++) {
        SR_AUTO(sr_buf) note = sign(&nodes, SIZES[i], key, signer);
        print("checkpoint", note);
        print_receipt(&nodes, 0, SIZES[i], note);
        print_receipt(&nodes, SIZES[i] / 2, SIZES[i], note);
        print_receipt(&nodes, SIZES[i] - 1, SIZES[i], note);
    }
    for (size_t i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++) {
        print_growth(&nodes, SIZES[i], LEAVES);
    }
    return 0;
}
