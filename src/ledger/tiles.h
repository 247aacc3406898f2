/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_LEDGER_TILES_H
#define SR_LEDGER_TILES_H

#include "base/buf.h"
#include "ledger/tree.h"

/*
 * A tree as tiles and bundles in a folder (docs/formats/tlog-tiles.md), and the ends that are not
 * full yet in memory. Full tiles are written at once, partial ones by sr_tiles_flush(), which also
 * makes all of them durable; what a checkpoint does not cover is written again after a crash, the
 * same bytes. Used by ledger/log.h, one thread at a time.
 */
struct sr_tiles;

/*
 * Read the ends of the tree of the first size leaves. folder is the caller's and outlives it.
 * errors  CORRUPT  a tile is missing or of wrong length, or a bundle does not go with its hashes
 *         IO, NO_MEMORY, INTERNAL
 */
enum sr_status sr_tiles_open(int folder, uint64_t size, struct sr_tiles **out,
                             struct sr_err *err) SR_MUST_USE;
void sr_tiles_free(struct sr_tiles *t);
SR_DEFINE_AUTO(sr_tiles)

uint64_t sr_tiles_size(const struct sr_tiles *t);
/* Add a leaf. After a failure t is good for nothing. errors  TOO_LARGE, IO, NO_MEMORY, INTERNAL */
enum sr_status sr_tiles_add(struct sr_tiles *t, struct sr_bytes entry,
                            struct sr_err *err) SR_MUST_USE;
/* Write the partial tiles and make everything durable. errors  IO */
enum sr_status sr_tiles_flush(struct sr_tiles *t, struct sr_err *err) SR_MUST_USE;
/*
 * Remove the partial tiles that a checkpoint of size needed and that are full now: who still wants
 * them reads the full ones (T-8). Whatever goes wrong, only files that nobody needs stay.
 */
void sr_tiles_prune(const struct sr_tiles *t, uint64_t size);
/*
 * Append entry number index, once it is seen to hash to its leaf.
 * errors  NOT_FOUND  there are fewer; CORRUPT, TOO_LARGE (out's), IO, NO_MEMORY, INTERNAL
 */
enum sr_status sr_tiles_entry(struct sr_tiles *t, uint64_t index, struct sr_buf *out,
                              struct sr_err *err) SR_MUST_USE;
/* The nodes of all leaves, as long as t lives. errors of node()  CORRUPT, IO, NO_MEMORY */
struct sr_tree_nodes sr_tiles_nodes(struct sr_tiles *t);

#endif /* SR_LEDGER_TILES_H */
