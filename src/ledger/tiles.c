/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/tiles.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/folder.h"
#include "base/text.h"
#include "formats/tile.h"

struct end {
    unsigned width; /* 0..255 between calls */
    uint8_t hash[SR_TILE_WIDTH][SR_SHA256_BYTES];
};

struct sr_tiles {
    int folder;
    uint64_t size;
    uint64_t flushed; /* the size whose partial tiles are there and durable */
    struct end end[SR_TILE_LEVELS];
    struct sr_buf *bundle;
    bool is_cached;
    struct sr_tile cached; /* the full tile that was read last, and its hashes */
    uint8_t cache[SR_TILE_WIDTH][SR_SHA256_BYTES];
    struct sr_buf *read; /* the full bundle that was read last; NULL: none */
    uint64_t read_index;
};

static enum sr_status fail_io(struct sr_err *err, const char *what, const char *path)
{
    return sr_fail(err, SR_IO, "cannot %s '%s': %s", what, path, strerrordesc_np(errno));
}

void sr_tiles_free(struct sr_tiles *t)
{
    if (t != NULL) {
        sr_buf_free(t->bundle);
        sr_buf_free(t->read);
        free(t);
    }
}

uint64_t sr_tiles_size(const struct sr_tiles *t)
{
    return t->size;
}

/* Make the folders that path is in. */
static enum sr_status make_folders(int folder, const char *path, struct sr_err *err)
{
    char prefix[SR_TILE_PATH_BYTES_MAX];
    for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        size_t len = (size_t)(slash - path);
        memcpy(prefix, path, len);
        prefix[len] = '\0';
        if (mkdirat(folder, prefix, 0700) != 0 && errno != EEXIST) {
            return fail_io(err, "make", prefix);
        }
    }
    return SR_OK;
}

static enum sr_status write_tile(const struct sr_tiles *t, const struct sr_tile *tile,
                                 struct sr_bytes data, struct sr_err *err)
{
    char path[SR_TILE_PATH_BYTES_MAX];
    const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;
    sr_tile_path(tile, path);
    SR_AUTO_FD fd = openat(t->folder, path, flags, 0600);
    if (fd < 0 && errno == ENOENT) {
        SR_TRY(make_folders(t->folder, path, err));
        fd = openat(t->folder, path, flags, 0600);
    }
    if (fd < 0) {
        return fail_io(err, "make", path);
    }
    while (data.len > 0) {
        ssize_t n = write(fd, data.ptr, data.len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return fail_io(err, "write", path);
        }
        data = sr_bytes(data.ptr + n, data.len - (size_t)n);
    }
    return SR_OK;
}

/* Append the tile's file, or that of the full tile if the partial one is gone. */
static enum sr_status read_tile(const struct sr_tiles *t, const struct sr_tile *tile,
                                struct sr_buf *out, struct sr_err *err)
{
    char path[SR_TILE_PATH_BYTES_MAX];
    struct sr_tile full = *tile;
    sr_tile_path(tile, path);
    enum sr_status status = sr_folder_read_file(t->folder, path, out, NULL);
    if (status == SR_NOT_FOUND && tile->width < SR_TILE_WIDTH) {
        full.width = SR_TILE_WIDTH;
        sr_tile_path(&full, path);
        status = sr_folder_read_file(t->folder, path, out, NULL);
    }
    if (status == SR_NOT_FOUND) {
        return sr_fail(err, SR_CORRUPT, "tile '%s' is missing", path);
    }
    return status == SR_OK ? SR_OK : sr_fail(err, status, "cannot read tile '%s'", path);
}

static enum sr_status read_hashes(const struct sr_tiles *t, const struct sr_tile *tile,
                                  uint8_t (*out)[SR_SHA256_BYTES], struct sr_err *err)
{
    SR_AUTO(sr_buf) data = NULL;
    size_t len = (size_t)tile->width * SR_SHA256_BYTES;
    SR_TRY(sr_buf_new(SR_TILE_WIDTH * SR_SHA256_BYTES, &data));
    SR_TRY(read_tile(t, tile, data, err));
    if (sr_buf_view(data).len < len) {
        return sr_fail(err, SR_CORRUPT, "a tile of level %u is too short", tile->level);
    }
    memcpy(out, sr_buf_view(data).ptr, len);
    return SR_OK;
}

/* The entries of the last bundle, which have to hash to the end of level 0. */
static enum sr_status load_bundle(struct sr_tiles *t, struct sr_err *err)
{
    SR_AUTO(sr_buf) data = NULL;
    struct sr_tile tile = {
        .is_entries = true, .index = t->size / SR_TILE_WIDTH, .width = t->end[0].width};
    SR_TRY(sr_buf_new(SR_TILE_BUNDLE_BYTES_MAX, &data));
    SR_TRY(read_tile(t, &tile, data, err));
    struct sr_bytes rest = sr_buf_view(data);
    for (unsigned i = 0; i < tile.width; i++) {
        struct sr_bytes entry;
        uint8_t leaf[SR_SHA256_BYTES];
        if (sr_tile_next_entry(&rest, &entry) != SR_OK) {
            return sr_fail(err, SR_CORRUPT, "the last bundle is too short");
        }
        SR_TRY(sr_merkle_leaf(entry, leaf));
        if (memcmp(leaf, t->end[0].hash[i], sizeof leaf) != 0) {
            return sr_fail(err, SR_CORRUPT, "the last bundle does not go with its hashes");
        }
        SR_TRY(sr_tile_put_entry(entry, t->bundle));
    }
    return SR_OK;
}

enum sr_status sr_tiles_open(int folder, uint64_t size, struct sr_tiles **out, struct sr_err *err)
{
    SR_AUTO(sr_tiles) t = calloc(1, sizeof *t);
    if (t == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for tiles");
    }
    t->folder = folder;
    t->size = t->flushed = size;
    SR_TRY(sr_buf_new(SR_TILE_BUNDLE_BYTES_MAX, &t->bundle));
    for (unsigned level = 0; level < SR_TILE_LEVELS; level++) {
        struct sr_tile tile = {.level = level, .width = sr_tile_partial_width(level, size)};
        t->end[level].width = tile.width;
        if (tile.width > 0) {
            tile.index = size >> (8 * level) >> 8;
            SR_TRY(read_hashes(t, &tile, t->end[level].hash, err));
        }
    }
    if (t->end[0].width > 0) {
        SR_TRY(load_bundle(t, err));
    }
    *out = SR_TAKE(t);
    return SR_OK;
}

/* The root of a full tile, or of a power of two of hashes in it. */
static enum sr_status fold(const uint8_t (*hashes)[SR_SHA256_BYTES], size_t count,
                           uint8_t out[SR_SHA256_BYTES])
{
    uint8_t row[SR_TILE_WIDTH][SR_SHA256_BYTES];
    memcpy(row, hashes, count * SR_SHA256_BYTES);
    for (; count > 1; count /= 2) {
        for (size_t i = 0; i < count / 2; i++) {
            SR_TRY(sr_merkle_node(row[2 * i], row[2 * i + 1], row[i]));
        }
    }
    memcpy(out, row[0], SR_SHA256_BYTES);
    return SR_OK;
}

enum sr_status sr_tiles_add(struct sr_tiles *t, struct sr_bytes entry, struct sr_err *err)
{
    uint8_t hash[SR_SHA256_BYTES];
    SR_TRY(sr_merkle_leaf(entry, hash));
    SR_TRY(sr_tile_put_entry(entry, t->bundle));
    uint64_t index = t->size;
    for (unsigned level = 0; level < SR_TILE_LEVELS; level++, index >>= 8) {
        struct end *end = &t->end[level];
        struct sr_tile tile = {.level = level, .index = index >> 8, .width = SR_TILE_WIDTH};
        memcpy(end->hash[end->width++], hash, sizeof hash);
        if (end->width < SR_TILE_WIDTH) {
            break;
        }
        SR_TRY(write_tile(t, &tile, sr_bytes(end->hash, sizeof end->hash), err));
        SR_TRY(fold((const uint8_t(*)[SR_SHA256_BYTES])end->hash, SR_TILE_WIDTH, hash));
        end->width = 0;
        if (level == 0) {
            tile.is_entries = true;
            SR_TRY(write_tile(t, &tile, sr_buf_view(t->bundle), err));
            sr_buf_clear(t->bundle);
        }
    }
    t->size++;
    return SR_OK;
}

enum sr_status sr_tiles_flush(struct sr_tiles *t, struct sr_err *err)
{
    for (unsigned level = 0; level < SR_TILE_LEVELS; level++) {
        struct sr_tile tile = {.level = level, .width = t->end[level].width};
        /* A file that a checkpoint may cover is never written again: a crash would leave half. */
        if (tile.width == 0 || t->size >> (8 * level) == t->flushed >> (8 * level)) {
            continue;
        }
        tile.index = t->size >> (8 * level) >> 8;
        size_t len = (size_t)tile.width * SR_SHA256_BYTES;
        SR_TRY(write_tile(t, &tile, sr_bytes(t->end[level].hash, len), err));
        if (level == 0) {
            tile.is_entries = true;
            SR_TRY(write_tile(t, &tile, sr_buf_view(t->bundle), err));
        }
    }
    /* One call for any number of files and folders. source  syncfs(2): reports errors since 5.8 */
    if (t->size != t->flushed && syncfs(t->folder) != 0) {
        return fail_io(err, "sync", "tile");
    }
    t->flushed = t->size;
    return SR_OK;
}

static enum sr_status node(void *ctx, unsigned level, uint64_t index, uint8_t out[SR_SHA256_BYTES],
                           struct sr_err *err)
{
    struct sr_tiles *t = ctx;
    uint64_t first = index << level % 8; /* of the hashes at the tile's level */
    size_t count = (size_t)1 << level % 8;
    struct sr_tile tile = {.level = level / 8, .index = first >> 8, .width = SR_TILE_WIDTH};
    const uint8_t(*hashes)[SR_SHA256_BYTES] = (const uint8_t(*)[SR_SHA256_BYTES])t->cache;
    assert(index < t->size >> level);
    if (tile.index == t->size >> (8 * tile.level) >> 8) {
        hashes = (const uint8_t(*)[SR_SHA256_BYTES])t->end[tile.level].hash;
    } else if (!t->is_cached || t->cached.level != tile.level || t->cached.index != tile.index) {
        t->is_cached = false;
        SR_TRY(read_hashes(t, &tile, t->cache, err));
        t->cached = tile;
        t->is_cached = true;
    }
    return fold(hashes + first % SR_TILE_WIDTH, count, out);
}

struct sr_tree_nodes sr_tiles_nodes(struct sr_tiles *t)
{
    return (struct sr_tree_nodes){.node = node, .ctx = t};
}

/* The bundle that index is in, from memory or from its file. */
static enum sr_status bundle_of(struct sr_tiles *t, uint64_t index, struct sr_bytes *out,
                                struct sr_err *err)
{
    SR_AUTO(sr_buf) data = NULL;
    struct sr_tile tile = {
        .is_entries = true, .index = index / SR_TILE_WIDTH, .width = SR_TILE_WIDTH};
    if (tile.index == t->size / SR_TILE_WIDTH) {
        *out = sr_buf_view(t->bundle);
        return SR_OK;
    }
    if (t->read == NULL || t->read_index != tile.index) {
        SR_TRY(sr_buf_new(SR_TILE_BUNDLE_BYTES_MAX, &data));
        SR_TRY(read_tile(t, &tile, data, err));
        sr_buf_free(t->read);
        t->read = SR_TAKE(data);
        t->read_index = tile.index;
    }
    *out = sr_buf_view(t->read);
    return SR_OK;
}

enum sr_status sr_tiles_entry(struct sr_tiles *t, uint64_t index, struct sr_buf *out,
                              struct sr_err *err)
{
    struct sr_bytes rest;
    struct sr_bytes entry = {0};
    uint8_t leaf[SR_SHA256_BYTES];
    uint8_t expected[SR_SHA256_BYTES];
    if (index >= t->size) {
        return sr_fail(err, SR_NOT_FOUND, "the log has only %" PRIu64 " leaves", t->size);
    }
    SR_TRY(bundle_of(t, index, &rest, err));
    for (uint64_t i = 0; i <= index % SR_TILE_WIDTH; i++) {
        if (sr_tile_next_entry(&rest, &entry) != SR_OK) {
            return sr_fail(err, SR_CORRUPT, "the bundle of entry %" PRIu64 " is too short", index);
        }
    }
    SR_TRY(node(t, 0, index, expected, err));
    SR_TRY(sr_merkle_leaf(entry, leaf));
    if (memcmp(leaf, expected, sizeof leaf) != 0) {
        return sr_fail(err, SR_CORRUPT, "entry %" PRIu64 " does not go with its hash", index);
    }
    return sr_buf_append(out, entry);
}

void sr_tiles_prune(const struct sr_tiles *t, uint64_t size)
{
    char path[SR_TILE_PATH_BYTES_MAX];
    char folder[SR_TILE_PATH_BYTES_MAX + 2];
    struct sr_tile tile = {.width = SR_TILE_WIDTH};
    for (unsigned level = 0; level < SR_TILE_LEVELS; level++) {
        tile.level = level;
        tile.index = size >> (8 * level) >> 8;
        if (sr_tile_partial_width(level, size) == 0 || t->size >> (8 * level) >> 8 == tile.index) {
            continue;
        }
        for (unsigned i = 0; i < (level == 0 ? 2U : 1U); i++) {
            tile.is_entries = i == 1;
            sr_tile_path(&tile, path);
            (void)snprintf(folder, sizeof folder, "%s.p", path);
            enum sr_status ignored = sr_folder_remove_tree(t->folder, folder, NULL);
            (void)ignored;
        }
        tile.is_entries = false;
    }
}
