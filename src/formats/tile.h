/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_TILE_H
#define SR_FORMATS_TILE_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * Names of tiles, and bundles of entries. A tile of hashes is its hashes, side by side: hash i of
 * tile n at level l is the root of the 256^l leaves from (n * 256 + i) * 256^l. Pure.
 * source  C2SP tlog-tiles v0.1.0; docs/formats/tlog-tiles.md (rules T-1 to T-7)
 */

#define SR_TILE_WIDTH 256
#define SR_TILE_LEVELS 8 /* 256^8 leaves are more than a size in 64 bits can say */
#define SR_TILE_HASH_BYTES 32
#define SR_TILE_PATH_BYTES_MAX 64 /* with the NUL */
#define SR_TILE_LEAF_BYTES_MAX 65535
#define SR_TILE_BUNDLE_BYTES_MAX ((size_t)SR_TILE_WIDTH * (2 + SR_TILE_LEAF_BYTES_MAX))

struct sr_tile {
    bool is_entries;
    unsigned level; /* 0..SR_TILE_LEVELS - 1; 0 for entries */
    uint64_t index; /* under 2^56 */
    unsigned width; /* 1..SR_TILE_WIDTH; below it the tile is partial */
};

/*
 * Decode "tile/L/N", "tile/L/N.p/W", "tile/entries/N" or "tile/entries/N.p/W". path is hostile.
 *
 * errors  MALFORMED  another spelling, or a number outside its range
 */
enum sr_status sr_tile_decode(struct sr_bytes path, struct sr_tile *out,
                              struct sr_err *err) SR_MUST_USE;
/* Write the path and a NUL. tile is within the ranges above. */
void sr_tile_path(const struct sr_tile *tile, char out[SR_TILE_PATH_BYTES_MAX]);

/* How many hashes or entries the last tile of a level has in a log of size leaves: 0..255. */
unsigned sr_tile_partial_width(unsigned level, uint64_t size);

/*
 * Take the next entry of a bundle. *rest is hostile; when it is empty, the bundle ends.
 * errors  TRUNCATED  the entry runs past the end
 */
enum sr_status sr_tile_next_entry(struct sr_bytes *rest, struct sr_bytes *out) SR_MUST_USE;
/* Append an entry to a bundle. errors  TOO_LARGE (SR_TILE_LEAF_BYTES_MAX, out's), NO_MEMORY */
enum sr_status sr_tile_put_entry(struct sr_bytes entry, struct sr_buf *out) SR_MUST_USE;

#endif /* SR_FORMATS_TILE_H */
