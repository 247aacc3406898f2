/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_AGENT_SEGMENT_CACHE_H
#define SR_AGENT_SEGMENT_CACHE_H

#include "base/pool.h"

/*
 * The only plaintext a mount holds: a fixed number of decrypted segments in locked memory, shared
 * by all files. Readers pin a segment while they copy from it; when one file is read in order,
 * worker threads decrypt the segments ahead of the reader on all cores.
 *
 * What did not authenticate never enters: a failed load leaves no segment, and each reader of it
 * gets the status.
 *
 * Thread-safe.
 */
struct sr_segment_cache;

/* Where segments come from. */
struct sr_segment_loader {
    /*
     * Fill out with the plaintext of len bytes from offset of file; on failure out is wiped. Called
     * from several threads.
     */
    enum sr_status (*load)(void *ctx, size_t file, uint64_t offset, uint8_t *out, size_t len,
                           struct sr_err *err);
    /* Plaintext length of a file in bytes. */
    uint64_t (*file_bytes)(void *ctx, size_t file);
    void *ctx;
};

struct sr_segment_cache_params {
    struct sr_segment_loader loader;
    size_t segment_bytes; /* <= the pool's buffer size */
    size_t file_count;    /* files are 0-based indexes < file_count */
    unsigned threads;     /* that decrypt ahead; 0: none */
    struct sr_pool *pool; /* all of its buffers are taken; outlives the cache */
};

/* errors  NO_MEMORY, INTERNAL (a thread cannot be started) */
enum sr_status sr_segment_cache_new(const struct sr_segment_cache_params *params,
                                    struct sr_segment_cache **out, struct sr_err *err) SR_MUST_USE;
/* Stops the threads, wipes and gives the buffers back. No segment may be pinned. */
void sr_segment_cache_free(struct sr_segment_cache *c);
SR_DEFINE_AUTO(sr_segment_cache)

/* A pinned segment: valid until it is put back. */
struct sr_segment {
    const uint8_t *data;
    size_t len;
    size_t entry; /* the cache's own */
};

/*
 * Pin segment number `number` (0-based) of file, loading it if it is not there. A thread may pin at
 * most two at a time; the pool must have more buffers than there are such threads, or all of them
 * could wait for each other.
 *
 * errors  TOO_LARGE  past the end of the file; and the loader's
 */
enum sr_status sr_segment_cache_get(struct sr_segment_cache *c, size_t file, uint64_t number,
                                    struct sr_segment *out, struct sr_err *err) SR_MUST_USE;
void sr_segment_cache_put(struct sr_segment_cache *c, struct sr_segment segment);

/* Wipe every segment of file that nobody has pinned. */
void sr_segment_cache_drop(struct sr_segment_cache *c, size_t file);

#endif /* SR_AGENT_SEGMENT_CACHE_H */
