/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every path is reachable by names and by listing, nothing else is, and paths that cannot be a
 * tree are refused.
 */
#include "agent/mount_tree.h"

#include <string.h>

#include "base/text.h"
#include "tests/check.h"
#include "tests/fault.h"

/* Byte-sorted, with the traps: '-' and '.' sort before '/'. */
static const char *const PATHS[] = {
    "a-b/x", "a.txt", "a/b/deep.bin", "a/b/other", "a/c", "config.json", "z/only",
};
#define PATH_COUNT (sizeof PATHS / sizeof PATHS[0])

/* Walk down path by its components. */
static bool walk(const struct sr_mount_tree *t, const char *path, struct sr_mount_node *out)
{
    uint64_t at = SR_MOUNT_ROOT_INODE;
    for (;;) {
        const char *slash = strchr(path, '/');
        size_t len = slash == NULL ? strlen(path) : (size_t)(slash - path);
        if (!sr_mount_tree_child(t, at, sr_bytes(path, len), out)) {
            return false;
        }
        if (slash == NULL) {
            return true;
        }
        at = out->inode;
        path = slash + 1;
    }
}

static void every_path_is_found_and_nothing_else(void)
{
    SR_AUTO(sr_mount_tree) t = NULL;
    struct sr_mount_node node;
    CHECK(sr_mount_tree_new(PATHS, PATH_COUNT, &t, NULL) == SR_OK);
    for (size_t i = 0; i < PATH_COUNT; i++) {
        CHECK(walk(t, PATHS[i], &node));
        CHECK(!node.is_folder && node.file == i);
        CHECK(sr_mount_tree_inode_of(t, i) == node.inode);
    }
    CHECK(!walk(t, "a/b/missing", &node));
    CHECK(!walk(t, "a/b/deep.bi", &node));
    CHECK(!walk(t, "a.tx", &node));
    CHECK(!walk(t, "config.json/x", &node));
    CHECK(walk(t, "a/b", &node) && node.is_folder);
    CHECK(!sr_mount_tree_node(t, 0, &node));
    CHECK(!sr_mount_tree_node(t, 1000, &node));
}

static size_t list(const struct sr_mount_tree *t, uint64_t folder)
{
    struct sr_mount_node node;
    size_t count = 0;
    while (sr_mount_tree_child_at(t, folder, count, &node)) {
        CHECK(node.parent == folder);
        count++;
    }
    return count;
}

static void listings_are_complete(void)
{
    SR_AUTO(sr_mount_tree) t = NULL;
    struct sr_mount_node node;
    CHECK(sr_mount_tree_new(PATHS, PATH_COUNT, &t, NULL) == SR_OK);
    CHECK(list(t, SR_MOUNT_ROOT_INODE) == 5);
    CHECK(sr_mount_tree_node(t, SR_MOUNT_ROOT_INODE, &node));
    CHECK(node.is_folder && node.subfolders == 3);
    CHECK(walk(t, "a", &node) && list(t, node.inode) == 2 && node.subfolders == 1);
    CHECK(walk(t, "a/b", &node) && list(t, node.inode) == 2 && node.subfolders == 0);
    CHECK(walk(t, "a/c", &node) && list(t, node.inode) == 0);
}

static enum sr_status build(const char *first, const char *second)
{
    SR_AUTO(sr_mount_tree) t = NULL;
    const char *const paths[] = {first, second};
    return sr_mount_tree_new(paths, second == NULL ? 1 : 2, &t, NULL);
}

static void refuses_what_is_not_a_tree(void)
{
    CHECK(build("", NULL) == SR_CORRUPT);
    CHECK(build("/abs", NULL) == SR_CORRUPT);
    CHECK(build("a//b", NULL) == SR_CORRUPT);
    CHECK(build("a/", NULL) == SR_CORRUPT);
    CHECK(build("../a", NULL) == SR_CORRUPT);
    CHECK(build("a/./b", NULL) == SR_CORRUPT);
    CHECK(build("a/..", NULL) == SR_CORRUPT);
    CHECK(build("a", "a") == SR_CORRUPT);
    CHECK(build("a", "a/b") == SR_CORRUPT);
    CHECK(build("a", "b") == SR_OK);
    char deep[600];
    memset(deep, 0, sizeof deep);
    for (size_t i = 0; i + 2 < sizeof deep; i += 2) {
        memcpy(deep + i, "d/", 2);
    }
    deep[sizeof deep - 2] = 'f';
    CHECK(build(deep, NULL) == SR_TOO_LARGE);
}

static void an_empty_version_is_an_empty_folder(void)
{
    SR_AUTO(sr_mount_tree) t = NULL;
    CHECK(sr_mount_tree_new(NULL, 0, &t, NULL) == SR_OK);
    CHECK(list(t, SR_MOUNT_ROOT_INODE) == 0);
}

static void every_failure_is_reported(void)
{
    FAULT_SWEEP {
        SR_AUTO(sr_mount_tree) t = NULL;
        enum sr_status status = sr_mount_tree_new(PATHS, PATH_COUNT, &t, NULL);
        CHECK((status == SR_OK) == !fault_fired());
        CHECK((t != NULL) == (status == SR_OK));
    }
    CHECK(fault_sweep_faults() > 10);
}

int main(void)
{
    RUN(every_path_is_found_and_nothing_else);
    RUN(listings_are_complete);
    RUN(refuses_what_is_not_a_tree);
    RUN(an_empty_version_is_an_empty_folder);
    RUN(every_failure_is_reported);
    return check_done();
}
