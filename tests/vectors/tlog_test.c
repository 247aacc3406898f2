/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logs, notes and proofs of others: what they made verifies, what they refuse is refused, and no
 * single bit of what verifies can be changed. The vectors are not in this repository: they are
 * <STRONGROOM_TESTDATA>/tlog.
 */
#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <unistd.h>

#include "base/folder.h"
#include "base/text.h"
#include "formats/json.h"
#include "formats/lines.h"
#include "formats/tile.h"
#include "formats/tlog_proof.h"
#include "ledger/receipt.h"
#include "tests/check.h"
#include "tests/vectors/tlog_load.h"

/* Whether a note verifies with all of count keys. */
static bool note_is_good(struct sr_bytes data, const struct sr_vkey *const *keys, size_t count)
{
    SR_CLEANUP(sr_note_clear) struct sr_note note = {0};
    struct sr_vkey_mark marks[4] = {{0}};
    bool is_good = sr_note_decode(data, &note, NULL) == SR_OK &&
                   sr_vkey_verify_note(keys, count, &note, marks, NULL) == SR_OK;
    for (size_t i = 0; is_good && i < count; i++) {
        is_good = marks[i].has_signed;
    }
    return is_good;
}

static void check_note(const char *name, const struct sr_vkey *const *keys, size_t count)
{
    SR_AUTO(sr_buf) text = load(name);
    struct sr_bytes view = sr_buf_view(text);
    uint8_t copy[8192];
    unsigned accepted = 0;
    CHECK(note_is_good(view, keys, count));
    CHECK(view.len <= sizeof copy);
    for (size_t bit = 0; view.len <= sizeof copy && bit < 8 * view.len; bit++) {
        memcpy(copy, view.ptr, view.len);
        copy[bit / 8] ^= (uint8_t)(1U << bit % 8);
        accepted += note_is_good(sr_bytes(copy, view.len), keys, count);
    }
    CHECK(accepted == 0);
}

static void notes_verify_and_no_bit_of_them_changes(void)
{
    static const char *const NAMES[][2] = {
        {"notes/c2sp-signed-note-example.note", "notes/c2sp-signed-note-example.vkey"},
        {"notes/sum.golang.org-35225469.checkpoint", "notes/sum.golang.org-35225469.vkey"},
        {"notes/ecdsa-rekor-v1.note", "notes/ecdsa-rekor-v1.vkey"},
        {"notes/ecdsa-pixel.note", "notes/ecdsa-pixel.vkey"},
    };
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        SR_AUTO(sr_vkey) vkey = load_vkey(NAMES[i][1]);
        const struct sr_vkey *keys[] = {vkey};
        check_note(NAMES[i][0], keys, 1);
    }
    SR_AUTO(sr_vkey) peter = load_vkey("notes/xmod-peter.vkey");
    SR_AUTO(sr_vkey) enoch = load_vkey("notes/xmod-enoch.vkey");
    const struct sr_vkey *both[] = {peter, enoch};
    check_note("notes/xmod-two-signers.note", both, 2);
    SR_AUTO(sr_buf) text = load("notes/xmod-two-signers.note");
    CHECK(note_is_good(sr_buf_view(text), both, 1));
    CHECK(note_is_good(sr_buf_view(text), both + 1, 1));
}

static void lines_of_later_types_are_ignored(void)
{
    SR_AUTO(sr_buf) text = load("notes/mldsa44-checkpoint.note");
    SR_AUTO(sr_buf) key = load("notes/mldsa44-checkpoint.vkey");
    SR_CLEANUP(sr_note_clear) struct sr_note note = {0};
    SR_AUTO(sr_vkey) vkey = NULL;
    struct sr_checkpoint c;
    CHECK(sr_note_decode(sr_buf_view(text), &note, NULL) == SR_OK);
    CHECK(note.signatures == 1 && note.signature[0].signature.len == 2428);
    CHECK(sr_checkpoint_decode(note.text, &c, NULL) == SR_OK && c.size == 1);
    CHECK(sr_vkey_parse(first_line(key), &vkey, NULL) == SR_UNSUPPORTED);
}

/* A member of a JSON object as bytes; false when they are not 32. */
static bool hash_of(struct sr_json_value object, const char *key, uint8_t out[32])
{
    struct sr_json_value value;
    return sr_json_find(object, key, &value) && sr_json_kind(value) == SR_JSON_STRING &&
           sr_lines_hash(sr_json_string(value), out) == SR_OK;
}

static uint64_t number_of(struct sr_json_value object, const char *key)
{
    struct sr_json_value value;
    CHECK(sr_json_find(object, key, &value));
    return (uint64_t)sr_json_integer(value);
}

static bool proof_of(struct sr_json_value object, const char *key, struct sr_tree_proof *out)
{
    struct sr_json_value array;
    *out = (struct sr_tree_proof){0};
    if (!sr_json_find(object, key, &array) || sr_json_kind(array) != SR_JSON_ARRAY) {
        return true; /* null: none */
    }
    for (size_t i = 0; i < sr_json_count(array); i++) {
        if (i == SR_TREE_PROOF_HASHES_MAX ||
            sr_lines_hash(sr_json_string(sr_json_at(array, i)), out->hash[i]) != SR_OK) {
            return false;
        }
        out->hashes++;
    }
    return true;
}

struct tree_case {
    bool is_inclusion;
    uint64_t old; /* size or index */
    uint64_t size;
    uint8_t old_hash[32];
    uint8_t root[32];
    struct sr_tree_proof proof;
};

static bool tree_case_is_good(const struct tree_case *c)
{
    return (c->is_inclusion
                ? sr_tree_verify_inclusion(c->old_hash, c->old, c->size, &c->proof, c->root, NULL)
                : sr_tree_verify_consistency(c->old, c->old_hash, c->size, c->root, &c->proof,
                                             NULL)) == SR_OK;
}

/* A path of no hash has nothing to change but what it starts from and ends at. */
static unsigned changed_bits_accepted(const struct tree_case *good)
{
    unsigned accepted = 0;
    for (size_t bit = 0; bit < 256 * (good->proof.hashes + 2); bit++) {
        struct tree_case c = *good;
        size_t part = bit / 256;
        uint8_t *hash = part == 0 ? c.old_hash : part == 1 ? c.root : c.proof.hash[part - 2];
        hash[bit % 256 / 8] ^= (uint8_t)(1U << bit % 8);
        accepted += tree_case_is_good(&c);
    }
    return accepted;
}

/* Some roots of consistency proofs are words: what counts is whether they are equal. */
static bool any_hash_of(struct sr_json_value object, const char *key, uint8_t out[32])
{
    struct sr_json_value value;
    return hash_of(object, key, out) ||
           (key[0] == 'r' && strlen(key) == 5 && sr_json_find(object, key, &value) &&
            sr_json_kind(value) == SR_JSON_STRING &&
            sr_sha256_once(sr_json_string(value), out) == SR_OK);
}

/* Whether the case is good; *out says what it is. */
static bool judge_case(struct sr_json_value root, struct tree_case *out)
{
    bool is_inclusion = out->is_inclusion;
    out->old = number_of(root, is_inclusion ? "leafIdx" : "size1");
    out->size = number_of(root, is_inclusion ? "treeSize" : "size2");
    return any_hash_of(root, is_inclusion ? "leafHash" : "root1", out->old_hash) &&
           any_hash_of(root, is_inclusion ? "root" : "root2", out->root) &&
           proof_of(root, "proof", &out->proof) && tree_case_is_good(out);
}

/* Two cases have the index 2^64 - 1, which our JSON does not: another one behind the end will do.
 */
static void lower_index(const struct sr_buf *text)
{
    struct sr_bytes view = sr_buf_view(text);
    static const char LARGE[] = "18446744073709551615";
    char *at = memmem(view.ptr, view.len, LARGE, strlen(LARGE));
    if (at != NULL) {
        memset(at, ' ', 2);
    }
}

static void check_case(const char *path, bool is_inclusion)
{
    SR_AUTO(sr_buf) text = load(path);
    lower_index(text);
    SR_AUTO(sr_json) j = NULL;
    struct sr_err err = {0};
    struct sr_json_value want;
    struct tree_case c = {.is_inclusion = is_inclusion};
    if (sr_json_decode(sr_buf_view(text), 8, &j, &err) != SR_OK) {
        printf("# %s: %s\n", path, err.message);
        CHECK(false);
        return;
    }
    CHECK(sr_json_find(sr_json_root(j), "wantErr", &want));
    bool is_good = judge_case(sr_json_root(j), &c);
    /* That library refuses an old size of 0; the protocol of witnesses asks for it. */
    bool is_policy = !is_inclusion && c.old == 0 && is_good;
    if (is_good == sr_json_bool(want) && !is_policy) {
        printf("# %s: judged %d\n", path, is_good);
        CHECK(false);
    }
    if (is_good && !is_policy && c.old != c.size && c.size > 1) {
        CHECK(changed_bits_accepted(&c) == 0);
    }
}

static void check_cases(const char *kind, bool is_inclusion, size_t expected)
{
    char pattern[4096];
    glob_t found = {0};
    size_t cases = 0;
    (void)snprintf(pattern, sizeof pattern, "%s/tlog/rfc6962-proofs/%s/*/*.json", corpus_root(),
                   kind);
    CHECK(glob(pattern, 0, NULL, &found) == 0);
    (void)snprintf(pattern, sizeof pattern, "%s/tlog/rfc6962-proofs/%s/*/*/*.json", corpus_root(),
                   kind);
    (void)glob(pattern, GLOB_APPEND, NULL, &found);
    for (size_t i = 0; i < found.gl_pathc; i++, cases++) {
        check_case(found.gl_pathv[i], is_inclusion);
    }
    globfree(&found);
    printf("# %s: %zu cases\n", kind, cases);
    CHECK(cases == expected);
}

static void proofs_of_others_are_judged_as_they_say(void)
{
    check_cases("inclusion", true, 98);
    check_cases("consistency", false, 98);
}

/* A log of 15 leaves, with a checkpoint at each size. */
static void a_log_verifies_at_each_size(void)
{
    SR_AUTO(sr_vkey) vkey = load_vkey("tessera-log-15/log.vkey");
    SR_AUTO(sr_buf) leaves = load("tessera-log-15/leaves.txt");
    struct sr_merkle tree = {0};
    struct sr_bytes rest = sr_buf_view(leaves);
    const struct sr_vkey *keys[] = {vkey};
    for (unsigned size = 0; size <= 15; size++) {
        char name[64];
        struct sr_checkpoint c;
        uint8_t root[32];
        struct sr_bytes line;
        (void)snprintf(name, sizeof name, "tessera-log-15/checkpoint.%u", size);
        SR_AUTO(sr_buf) note = load(name);
        CHECK(sr_receipt_checkpoint(sr_buf_view(note), sr_vkey_name(vkey), keys, 1, &c, NULL,
                                    NULL) == SR_OK);
        CHECK(c.size == size);
        CHECK(sr_merkle_root(&tree, root) == SR_OK);
        CHECK(memcmp(root, c.root, sizeof root) == 0);
        check_note(name, keys, 1);
        CHECK(size == 15 || sr_lines_take(&rest, &line));
        CHECK(sr_merkle_leaf(line, root) == SR_OK);
        CHECK(sr_merkle_add(&tree, root) == SR_OK);
    }
}

/* Add a bundle's leaves to tree; they have to be the hashes of the tile. */
static void add_bundle(const char *folder, const char *tail, struct sr_tree *tree)
{
    char name[128];
    (void)snprintf(name, sizeof name, "%s/tile/entries/%s", folder, tail);
    SR_AUTO(sr_buf) bundle = load(name);
    (void)snprintf(name, sizeof name, "%s/tile/0/%s", folder, tail);
    SR_AUTO(sr_buf) hashes = load(name);
    struct sr_bytes rest = sr_buf_view(bundle);
    struct sr_bytes tile = sr_buf_view(hashes);
    struct sr_bytes entry;
    size_t at = 0;
    while (rest.len > 0 && sr_tile_next_entry(&rest, &entry) == SR_OK) {
        uint8_t leaf[32];
        CHECK(sr_merkle_leaf(entry, leaf) == SR_OK);
        CHECK(at + 32 <= tile.len && memcmp(tile.ptr + at, leaf, 32) == 0);
        CHECK(sr_tree_append(tree, leaf) == SR_OK);
        at += 32;
    }
    CHECK(rest.len == 0 && at == tile.len);
}

static void tiles_and_checkpoints_agree(void)
{
    SR_AUTO(sr_vkey) log = load_vkey("generated/log.vkey");
    SR_AUTO(sr_vkey) witness = load_vkey("generated/witness.vkey");
    SR_AUTO(sr_tree) tree = NULL;
    const struct sr_vkey *keys[] = {log, witness};
    CHECK(sr_tree_new(&tree) == SR_OK);
    add_bundle("generated/log600", "000", tree);
    add_bundle("generated/log600", "001", tree);
    add_bundle("generated/log600", "002.p/88", tree);
    static const char *const NAMES[] = {"generated/log600/checkpoint.513",
                                        "generated/log600/checkpoint"};
    struct sr_tree_nodes nodes = sr_tree_nodes(tree);
    for (size_t i = 0; i < 2; i++) {
        SR_AUTO(sr_buf) note = load(NAMES[i]);
        struct sr_checkpoint c;
        struct sr_vkey_mark marks[2];
        uint8_t root[32];
        CHECK(sr_receipt_checkpoint(sr_buf_view(note), sr_vkey_name(log), keys, 2, &c, marks,
                                    NULL) == SR_OK);
        CHECK(marks[0].has_signed && marks[1].has_signed && marks[1].utc_s > 0);
        CHECK(sr_tree_root(&nodes, c.size, root, NULL) == SR_OK);
        CHECK(memcmp(root, c.root, sizeof root) == 0);
        check_note(NAMES[i], keys, 2);
    }
    SR_AUTO(sr_buf) upper = load("generated/log600/tile/1/000.p/2");
    for (unsigned i = 0; i < 2; i++) {
        uint8_t hash[32];
        CHECK(nodes.node(nodes.ctx, 8, i, hash, NULL) == SR_OK);
        CHECK(memcmp(sr_buf_view(upper).ptr + 32 * (size_t)i, hash, 32) == 0);
    }
}

/* Whether a receipt shows entry, under the log's and the witness's signature. */
static bool receipt_is_good(struct sr_bytes receipt, struct sr_bytes entry,
                            const struct sr_vkey *const keys[2])
{
    struct sr_receipt r;
    struct sr_vkey_mark marks[2];
    return sr_receipt_verify(receipt, entry, sr_vkey_name(keys[0]), keys, 2, &r, marks, NULL) ==
               SR_OK &&
           marks[0].has_signed && marks[1].has_signed && r.index == 300 && r.size == 600;
}

static void a_receipt_verifies_and_no_bit_of_it_changes(void)
{
    SR_AUTO(sr_vkey) log = load_vkey("generated/log.vkey");
    SR_AUTO(sr_vkey) witness = load_vkey("generated/witness.vkey");
    const struct sr_vkey *keys[] = {log, witness};
    SR_AUTO(sr_buf) text = load("generated/entry300-in-600.tlog-proof");
    SR_AUTO(sr_buf) bundle = load("generated/log600/tile/entries/001");
    struct sr_bytes view = sr_buf_view(text);
    struct sr_bytes rest = sr_buf_view(bundle);
    struct sr_bytes entry = {0};
    for (unsigned i = 256; i <= 300; i++) {
        CHECK(sr_tile_next_entry(&rest, &entry) == SR_OK);
    }
    CHECK(receipt_is_good(view, entry, keys));
    CHECK(!receipt_is_good(view, sr_bytes(entry.ptr, entry.len - 1), keys));
    uint8_t copy[4096];
    unsigned accepted = 0;
    CHECK(view.len <= sizeof copy);
    for (size_t bit = 0; view.len <= sizeof copy && bit < 8 * view.len; bit++) {
        memcpy(copy, view.ptr, view.len);
        copy[bit / 8] ^= (uint8_t)(1U << bit % 8);
        accepted += receipt_is_good(sr_bytes(copy, view.len), entry, keys);
    }
    CHECK(accepted == 0);
}

static void receipts_parse_as_others_do(void)
{
    SR_AUTO(sr_buf) text = load("tlog-proof/cases.json");
    SR_AUTO(sr_json) j = NULL;
    CHECK(sr_json_decode(sr_buf_view(text), 8, &j, NULL) == SR_OK);
    size_t count = j != NULL ? sr_json_count(sr_json_root(j)) : 0;
    CHECK(count == 8);
    for (size_t i = 0; i < count; i++) {
        struct sr_json_value one = sr_json_at(sr_json_root(j), i);
        struct sr_json_value data;
        struct sr_json_value ok;
        SR_CLEANUP(sr_tlog_proof_clear) struct sr_tlog_proof p = {0};
        CHECK(sr_json_find(one, "text", &data) && sr_json_find(one, "ok", &ok));
        enum sr_status status = sr_tlog_proof_decode(sr_json_string(data), &p, NULL);
        CHECK((status == SR_OK) == sr_json_bool(ok));
    }
}

/* The tiles of one level as SHA-256 of each; how many there are. */
static size_t check_level(struct sr_json_value digests, const struct sr_tree_nodes *nodes,
                          unsigned level, uint64_t size)
{
    size_t tiles = 0;
    uint64_t hashes = size >> (8 * level);
    for (uint64_t at = 0; at < hashes; at += SR_TILE_WIDTH, tiles++) {
        static uint8_t tile[SR_TILE_WIDTH][32];
        char path[SR_TILE_PATH_BYTES_MAX];
        uint8_t digest[32];
        char hex[65];
        struct sr_json_value expected;
        unsigned width = hashes - at < SR_TILE_WIDTH ? (unsigned)(hashes - at) : SR_TILE_WIDTH;
        struct sr_tile t = {.level = level, .index = at / SR_TILE_WIDTH, .width = width};
        for (unsigned i = 0; i < width; i++) {
            CHECK(nodes->node(nodes->ctx, 8 * level, at + i, tile[i], NULL) == SR_OK);
        }
        CHECK(sr_sha256_once(sr_bytes(tile, 32 * (size_t)width), digest) == SR_OK);
        sr_text_hex(sr_bytes(digest, sizeof digest), hex);
        sr_tile_path(&t, path);
        CHECK(sr_json_find(digests, path, &expected) &&
              sr_text_equal(sr_json_string(expected), sr_text_view(hex)));
    }
    return tiles;
}

static void check_proof(struct sr_json_value one, const char *key, const struct sr_tree_proof *ours)
{
    struct sr_tree_proof theirs;
    CHECK(proof_of(one, key, &theirs));
    CHECK(theirs.hashes == ours->hashes && memcmp(theirs.hash, ours->hash, 32 * ours->hashes) == 0);
}

static void check_proofs(struct sr_json_value root, const struct sr_tree_nodes *nodes)
{
    struct sr_json_value array;
    struct sr_tree_proof proof;
    CHECK(sr_json_find(root, "inclusion", &array) && sr_json_count(array) == 7);
    for (size_t i = 0; i < sr_json_count(array); i++) {
        struct sr_json_value one = sr_json_at(array, i);
        uint64_t index = number_of(one, "index");
        struct tree_case c = {.is_inclusion = true, .old = index, .size = 70000};
        CHECK(sr_tree_prove_inclusion(nodes, index, 70000, &proof, NULL) == SR_OK);
        check_proof(one, "proof_b64", &proof);
        c.proof = proof;
        CHECK(nodes->node(nodes->ctx, 0, index, c.old_hash, NULL) == SR_OK);
        CHECK(hash_of(root, "root_b64", c.root) && tree_case_is_good(&c));
    }
    CHECK(sr_json_find(root, "consistency", &array) && sr_json_count(array) == 8);
    for (size_t i = 0; i < sr_json_count(array); i++) {
        struct sr_json_value one = sr_json_at(array, i);
        struct tree_case c = {.old = number_of(one, "old"), .size = 70000};
        CHECK(sr_tree_prove_consistency(nodes, c.old, 70000, &proof, NULL) == SR_OK);
        check_proof(one, "proof_b64", &proof);
        c.proof = proof;
        CHECK(hash_of(one, "old_root_b64", c.old_hash) && hash_of(root, "root_b64", c.root));
        CHECK(tree_case_is_good(&c));
    }
}

static void seventy_thousand_leaves_give_the_same_tiles_and_proofs(void)
{
    SR_AUTO(sr_buf) text = load("generated/log70000.json");
    SR_AUTO(sr_json) j = NULL;
    SR_AUTO(sr_tree) tree = NULL;
    struct sr_json_value digests;
    uint8_t root[32];
    uint8_t expected[32];
    CHECK(sr_json_decode(sr_buf_view(text), 8, &j, NULL) == SR_OK);
    CHECK(sr_tree_new(&tree) == SR_OK);
    if (j == NULL) {
        return;
    }
    for (unsigned i = 0; i < 70000; i++) {
        char entry[32];
        uint8_t leaf[32];
        (void)snprintf(entry, sizeof entry, "entry-%08u", i);
        CHECK(sr_merkle_leaf(sr_text_view(entry), leaf) == SR_OK);
        CHECK(sr_tree_append(tree, leaf) == SR_OK);
    }
    struct sr_tree_nodes nodes = sr_tree_nodes(tree);
    CHECK(sr_tree_root(&nodes, 70000, root, NULL) == SR_OK);
    CHECK(hash_of(sr_json_root(j), "root_b64", expected) && memcmp(root, expected, 32) == 0);
    CHECK(sr_json_find(sr_json_root(j), "tile_sha256", &digests));
    size_t tiles = 0;
    for (unsigned level = 0; level < SR_TILE_LEVELS; level++) {
        tiles += check_level(digests, &nodes, level, 70000);
    }
    CHECK(tiles == 277 && sr_json_count(digests) == 277);
    check_proofs(sr_json_root(j), &nodes);
}

int main(void)
{
    if (!tlog_is_there()) {
        SKIP(notes_verify_and_no_bit_of_them_changes, TLOG_ABSENT);
        return check_done();
    }
    RUN(notes_verify_and_no_bit_of_them_changes);
    RUN(lines_of_later_types_are_ignored);
    RUN(proofs_of_others_are_judged_as_they_say);
    RUN(a_log_verifies_at_each_size);
    RUN(tiles_and_checkpoints_agree);
    RUN(a_receipt_verifies_and_no_bit_of_it_changes);
    RUN(receipts_parse_as_others_do);
    RUN(seventy_thousand_leaves_give_the_same_tiles_and_proofs);
    return check_done();
}
