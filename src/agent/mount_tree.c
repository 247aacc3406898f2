/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/mount_tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/*
 * Nodes sorted by (parent, name), so that a folder's children stand together and are found by
 * bisection. Inode numbers are given out in the order of creation and looked up in by_inode.
 */
struct node {
    uint64_t inode;
    uint64_t parent;
    char *name;
    size_t name_len;
    bool is_folder;
    size_t file;
    uint64_t subfolders;
};

struct sr_mount_tree {
    struct node *nodes;
    size_t count, capacity;
    size_t *by_inode; /* inode - 1 -> index in nodes */
    uint64_t *file_inodes;
};

void sr_mount_tree_free(struct sr_mount_tree *t)
{
    if (t == NULL) {
        return;
    }
    for (size_t i = 0; i < t->count; i++) {
        free(t->nodes[i].name);
    }
    free(t->nodes);
    free(t->by_inode);
    free(t->file_inodes);
    free(t);
}

static enum sr_status add(struct sr_mount_tree *t, uint64_t parent, struct sr_bytes name,
                          struct node **out)
{
    if (t->count == t->capacity) {
        size_t capacity = t->capacity == 0 ? 64 : t->capacity * 2;
        struct node *nodes = reallocarray(t->nodes, capacity, sizeof *nodes);
        if (nodes == NULL) {
            return SR_NO_MEMORY;
        }
        t->nodes = nodes;
        t->capacity = capacity;
    }
    char *copy = calloc(1, name.len + 1);
    if (copy == NULL) {
        return SR_NO_MEMORY;
    }
    if (name.len > 0) {
        memcpy(copy, name.ptr, name.len);
    }
    struct node *n = &t->nodes[t->count++];
    *n = (struct node){.inode = t->count, .parent = parent, .name = copy, .name_len = name.len};
    *out = n;
    return SR_OK;
}

/*
 * Paths come in byte order, so a folder's paths stand together: only the folders on the way to the
 * last path can be the parents of the next. open[] holds them, by inode.
 */
#define DEPTH_MAX 128

struct builder {
    struct sr_mount_tree *tree;
    uint64_t open[DEPTH_MAX];
    size_t depth;
};

static bool is_plain(struct sr_bytes name)
{
    return name.len > 0 && !sr_text_equal(name, sr_text_view(".")) &&
           !sr_text_equal(name, sr_text_view(".."));
}

static struct sr_bytes node_name(const struct node *n)
{
    return sr_bytes(n->name, n->name_len);
}

/* Enter the folder that is component number level (0-based) of a path, making it if it is new. */
static enum sr_status enter(struct builder *b, size_t level, struct sr_bytes name)
{
    if (level + 1 >= DEPTH_MAX) {
        return SR_TOO_LARGE;
    }
    if (b->depth > level + 1 &&
        sr_text_equal(node_name(&b->tree->nodes[b->open[level + 1] - 1]), name)) {
        return SR_OK;
    }
    struct node *n = NULL;
    SR_TRY(add(b->tree, b->open[level], name, &n));
    n->is_folder = true;
    b->tree->nodes[b->open[level] - 1].subfolders++;
    b->open[level + 1] = n->inode;
    b->depth = level + 2;
    return SR_OK;
}

static enum sr_status add_path(struct builder *b, struct sr_bytes path, size_t file)
{
    size_t level = 0;
    for (;;) {
        const uint8_t *slash = path.len > 0 ? memchr(path.ptr, '/', path.len) : NULL;
        struct sr_bytes name =
            slash == NULL ? path : sr_bytes(path.ptr, (size_t)(slash - path.ptr));
        if (!is_plain(name)) {
            return SR_CORRUPT;
        }
        if (slash == NULL) {
            b->depth = level + 1;
            struct node *n = NULL;
            SR_TRY(add(b->tree, b->open[level], name, &n));
            n->file = file;
            b->tree->file_inodes[file] = n->inode;
            return SR_OK;
        }
        SR_TRY(enter(b, level, name));
        path = sr_bytes(slash + 1, path.len - name.len - 1);
        level++;
    }
}

static int compare_name(const struct node *n, struct sr_bytes name) /* lint: callback */
{
    size_t len = n->name_len < name.len ? n->name_len : name.len;
    int order = len == 0 ? 0 : memcmp(n->name, name.ptr, len);
    if (order != 0) {
        return order;
    }
    return (n->name_len > name.len) - (n->name_len < name.len);
}

static int compare_nodes(const void *a, const void *b) /* lint: callback */
{
    const struct node *left = a;
    const struct node *right = b;
    if (left->parent != right->parent) {
        return left->parent < right->parent ? -1 : 1;
    }
    return compare_name(left, node_name(right));
}

/* Sort, index, and refuse two children of one name (a path that is a file and a folder). */
static enum sr_status finish(struct sr_mount_tree *t)
{
    qsort(t->nodes, t->count, sizeof *t->nodes, compare_nodes);
    t->by_inode = calloc(t->count, sizeof *t->by_inode);
    if (t->by_inode == NULL) {
        return SR_NO_MEMORY;
    }
    for (size_t i = 0; i < t->count; i++) {
        if (i > 0 && compare_nodes(&t->nodes[i - 1], &t->nodes[i]) == 0) {
            return SR_CORRUPT;
        }
        t->by_inode[t->nodes[i].inode - 1] = i;
    }
    return SR_OK;
}

enum sr_status sr_mount_tree_new(const char *const *paths, size_t count, struct sr_mount_tree **out,
                                 struct sr_err *err)
{
    SR_AUTO(sr_mount_tree) t = calloc(1, sizeof *t);
    if (t == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "list the files of a mount");
    }
    t->file_inodes = calloc(count > 0 ? count : 1, sizeof *t->file_inodes);
    struct builder b = {.tree = t, .open = {SR_MOUNT_ROOT_INODE}, .depth = 1};
    struct node *root = NULL;
    if (t->file_inodes == NULL || add(t, 0, sr_bytes(NULL, 0), &root) != SR_OK) {
        return sr_fail(err, SR_NO_MEMORY, "list the files of a mount");
    }
    root->is_folder = true;
    for (size_t i = 0; i < count; i++) {
        enum sr_status status = add_path(&b, sr_text_view(paths[i]), i);
        if (status != SR_OK) {
            return sr_context(err, status, "file path '%s'", paths[i]);
        }
    }
    enum sr_status status = finish(t);
    if (status != SR_OK) {
        return sr_fail(err, status, "two files of the version have one path");
    }
    *out = SR_TAKE(t);
    return SR_OK;
}

static struct sr_mount_node publish(const struct node *n)
{
    return (struct sr_mount_node){.inode = n->inode,
                                  .parent = n->parent,
                                  .is_folder = n->is_folder,
                                  .file = n->file,
                                  .name = node_name(n),
                                  .subfolders = n->subfolders};
}

bool sr_mount_tree_node(const struct sr_mount_tree *t, uint64_t inode, struct sr_mount_node *out)
{
    if (inode == 0 || inode > t->count) {
        return false;
    }
    *out = publish(&t->nodes[t->by_inode[inode - 1]]);
    return true;
}

/* The first index whose node is not before (folder, name). */
static size_t lower_bound(const struct sr_mount_tree *t, uint64_t folder, struct sr_bytes name)
{
    size_t low = 0;
    size_t high = t->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct node *n = &t->nodes[middle];
        bool before = n->parent < folder || (n->parent == folder && compare_name(n, name) < 0);
        low = before ? middle + 1 : low;
        high = before ? high : middle;
    }
    return low;
}

bool sr_mount_tree_child(const struct sr_mount_tree *t, uint64_t folder, struct sr_bytes name,
                         struct sr_mount_node *out)
{
    size_t at = lower_bound(t, folder, name);
    if (at == t->count || t->nodes[at].parent != folder || compare_name(&t->nodes[at], name) != 0) {
        return false;
    }
    *out = publish(&t->nodes[at]);
    return true;
}

bool sr_mount_tree_child_at(const struct sr_mount_tree *t, uint64_t folder, size_t position,
                            struct sr_mount_node *out)
{
    size_t first = lower_bound(t, folder, sr_bytes(NULL, 0));
    if (position >= t->count - first || t->nodes[first + position].parent != folder) {
        return false;
    }
    *out = publish(&t->nodes[first + position]);
    return true;
}

uint64_t sr_mount_tree_inode_of(const struct sr_mount_tree *t, size_t file)
{
    return t->file_inodes[file];
}
