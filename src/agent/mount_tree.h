/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_AGENT_MOUNT_TREE_H
#define SR_AGENT_MOUNT_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/status.h"

/*
 * The folders and files of a mount, as inode numbers: built once from the paths of an artifact
 * version, then only read, by any number of threads. Inode 1 is the root.
 */
struct sr_mount_tree;

#define SR_MOUNT_ROOT_INODE 1

struct sr_mount_node {
    uint64_t inode;
    uint64_t parent;
    bool is_folder;
    size_t file;          /* 0-based index in the list it was built from; only for files */
    struct sr_bytes name; /* one path component; empty for the root */
    uint64_t subfolders;  /* only for folders: their link count is this + 2 */
};

/*
 * paths are relative, '/'-separated, authenticated (they come from the catalog), but checked again.
 *
 * errors  CORRUPT  an empty, '.' or '..' component, or a path that is both a file and a folder
 *         NO_MEMORY
 */
enum sr_status sr_mount_tree_new(const char *const *paths, size_t count, struct sr_mount_tree **out,
                                 struct sr_err *err) SR_MUST_USE;
void sr_mount_tree_free(struct sr_mount_tree *t);
SR_DEFINE_AUTO(sr_mount_tree)

/* The node with that inode number; false when there is none. */
bool sr_mount_tree_node(const struct sr_mount_tree *t, uint64_t inode, struct sr_mount_node *out);
/* The child of a folder by name; false when there is none. */
bool sr_mount_tree_child(const struct sr_mount_tree *t, uint64_t folder, struct sr_bytes name,
                         struct sr_mount_node *out);
/* The child of a folder at position 0, 1, ... in a fixed order; false past the last. */
bool sr_mount_tree_child_at(const struct sr_mount_tree *t, uint64_t folder, size_t position,
                            struct sr_mount_node *out);
/* The inode of file index. */
uint64_t sr_mount_tree_inode_of(const struct sr_mount_tree *t, size_t file);

#endif /* SR_AGENT_MOUNT_TREE_H */
