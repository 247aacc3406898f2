/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: tiles give the roots and proofs of the tree in memory, also when opened again. */
#include "ledger/tiles.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/folder.h"
#include "base/text.h"
#include "tests/check.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/tmp/sr-tiles-XXXXXX";
static int folder = -1;

static void compare(struct sr_tiles *t, struct sr_tree *tree)
{
    struct sr_tree_nodes ours = sr_tiles_nodes(t);
    struct sr_tree_nodes theirs = sr_tree_nodes(tree);
    uint64_t size = sr_tree_size(tree);
    struct sr_tree_proof a = {0};
    struct sr_tree_proof b = {0};
    CHECK(sr_tiles_size(t) == size);
    for (uint64_t i = 0; i < size; i += 61) {
        CHECK(sr_tree_prove_inclusion(&ours, i, size, &a, NULL) == SR_OK);
        CHECK(sr_tree_prove_inclusion(&theirs, i, size, &b, NULL) == SR_OK);
        CHECK(a.hashes == b.hashes && memcmp(a.hash, b.hash, 32 * a.hashes) == 0);
        CHECK(sr_tree_prove_consistency(&ours, i, size, &a, NULL) == SR_OK);
        CHECK(sr_tree_prove_consistency(&theirs, i, size, &b, NULL) == SR_OK);
        CHECK(a.hashes == b.hashes && memcmp(a.hash, b.hash, 32 * a.hashes) == 0);
    }
}

static void tiles_are_the_tree(void)
{
    static const uint64_t STOPS[] = {1, 255, 256, 257, 1000, 66000};
    SR_AUTO(sr_tiles) t = NULL;
    SR_AUTO(sr_tree) tree = NULL;
    CHECK(sr_tree_new(&tree) == SR_OK);
    CHECK(sr_tiles_open(folder, 0, &t, NULL) == SR_OK);
    for (size_t stop = 0; stop < sizeof STOPS / sizeof STOPS[0]; stop++) {
        for (uint64_t i = sr_tree_size(tree); i < STOPS[stop]; i++) {
            uint8_t leaf[SR_SHA256_BYTES];
            struct sr_bytes entry = sr_bytes(&i, sizeof i);
            CHECK(sr_merkle_leaf(entry, leaf) == SR_OK);
            CHECK(sr_tree_append(tree, leaf) == SR_OK);
            CHECK(sr_tiles_add(t, entry, NULL) == SR_OK);
        }
        CHECK(sr_tiles_flush(t, NULL) == SR_OK);
        compare(t, tree);
        sr_tiles_free(SR_TAKE(t));
        CHECK(sr_tiles_open(folder, STOPS[stop], &t, NULL) == SR_OK);
        compare(t, tree);
    }
}

/* Else a crash while it is written would take away what a checkpoint covers. */
static void what_is_published_is_not_written_again(void)
{
    SR_AUTO(sr_tiles) t = NULL;
    CHECK(sr_tiles_open(folder, 1000, &t, NULL) == SR_OK);
    CHECK(unlinkat(folder, "tile/1/000.p/3", 0) == 0);
    CHECK(unlinkat(folder, "tile/0/003.p/232", 0) == 0);
    CHECK(sr_tiles_flush(t, NULL) == SR_OK);
    CHECK(faccessat(folder, "tile/0/003.p/232", F_OK, 0) != 0);
    CHECK(sr_tiles_add(t, sr_text_view("one"), NULL) == SR_OK);
    CHECK(sr_tiles_flush(t, NULL) == SR_OK);
    CHECK(faccessat(folder, "tile/1/000.p/3", F_OK, 0) != 0); /* the level has not grown */
    CHECK(faccessat(folder, "tile/0/003.p/233", F_OK, 0) == 0);
}

static void entries_are_read_back(void)
{
    static const uint64_t PLACES[] = {0, 255, 256, 700, 65535, 65536, 65999};
    SR_AUTO(sr_tiles) t = NULL;
    SR_AUTO(sr_buf) out = NULL;
    uint64_t value = 0;
    CHECK(sr_buf_new(64, &out) == SR_OK);
    CHECK(sr_tiles_open(folder, 66000, &t, NULL) == SR_OK);
    CHECK(sr_tiles_add(t, sr_text_view("new"), NULL) == SR_OK);
    for (size_t i = 0; i < sizeof PLACES / sizeof PLACES[0]; i++) {
        sr_buf_clear(out);
        CHECK(sr_tiles_entry(t, PLACES[i], out, NULL) == SR_OK);
        CHECK(sr_buf_view(out).len == sizeof value);
        memcpy(&value, sr_buf_view(out).ptr, sizeof value);
        CHECK(value == PLACES[i]);
    }
    sr_buf_clear(out);
    CHECK(sr_tiles_entry(t, 66000, out, NULL) == SR_OK); /* only in memory */
    CHECK(sr_text_equal(sr_buf_view(out), sr_text_view("new")));
    CHECK(sr_tiles_entry(t, 66001, out, NULL) == SR_NOT_FOUND);
    SR_AUTO_FD fd = openat(folder, "tile/entries/001", O_WRONLY | O_CLOEXEC);
    CHECK(fd >= 0 && pwrite(fd, "XX", 2, 2) == 2);
    CHECK(sr_tiles_entry(t, 256, out, NULL) == SR_CORRUPT);
    CHECK(sr_tiles_entry(t, 257, out, NULL) == SR_OK);
}

/* Of partial tiles those go that are full now, and no others. */
static void old_partial_tiles_go(void)
{
    SR_AUTO(sr_tiles) t = NULL;
    CHECK(sr_tiles_open(folder, 66000, &t, NULL) == SR_OK);
    CHECK(faccessat(folder, "tile/0/000.p/1", F_OK, 0) == 0);
    CHECK(faccessat(folder, "tile/entries/003.p/232", F_OK, 0) == 0);
    sr_tiles_prune(t, 66000);
    CHECK(faccessat(folder, "tile/0/257.p/208", F_OK, 0) == 0);
    sr_tiles_prune(t, 1);
    CHECK(faccessat(folder, "tile/0/000.p", F_OK, 0) != 0);
    CHECK(faccessat(folder, "tile/entries/000.p", F_OK, 0) != 0);
    sr_tiles_prune(t, 1000);
    CHECK(faccessat(folder, "tile/entries/003.p", F_OK, 0) != 0);
    CHECK(faccessat(folder, "tile/1/000.p", F_OK, 0) != 0);
    CHECK(faccessat(folder, "tile/0/000", F_OK, 0) == 0);
    CHECK(faccessat(folder, "tile/1/001.p/1", F_OK, 0) == 0);
    sr_tiles_free(SR_TAKE(t));
    CHECK(sr_tiles_open(folder, 1000, &t, NULL) == SR_OK); /* T-8: from the full ones */
}

static void damage_is_found(void)
{
    SR_AUTO(sr_tiles) t = NULL;
    /* A partial tile may go when the full one is there. */
    CHECK(sr_tiles_open(folder, 255, &t, NULL) == SR_OK);
    sr_tiles_free(SR_TAKE(t));
    SR_AUTO_FD fd = openat(folder, "tile/entries/257.p/208", O_WRONLY | O_CLOEXEC);
    CHECK(fd >= 0 && pwrite(fd, "XX", 2, 2) == 2);
    CHECK(sr_tiles_open(folder, 66000, &t, NULL) == SR_CORRUPT);
    CHECK(unlinkat(folder, "tile/2/000.p/1", 0) == 0);
    CHECK(sr_tiles_open(folder, 66000, &t, NULL) == SR_CORRUPT);
    CHECK(sr_tiles_open(folder, 67000, &t, NULL) == SR_CORRUPT);
}

int main(void)
{
    if (!scratch_make(scratch_dir) ||
        sr_folder_open(AT_FDCWD, scratch_dir, &folder, NULL) != SR_OK) {
        return 1;
    }
    RUN(tiles_are_the_tree);
    RUN(what_is_published_is_not_written_again);
    RUN(entries_are_read_back);
    RUN(old_partial_tiles_go);
    RUN(damage_is_found);
    sr_folder_close_fd(&folder);
    scratch_remove(scratch_dir);
    return check_done();
}
