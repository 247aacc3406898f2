/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_AGENT_MOUNT_H
#define SR_AGENT_MOUNT_H

#include "seal/body.h"

/*
 * One artifact version as a read-only folder, for programs that know nothing of us: FUSE,
 * low-level, several threads, visible to the mounting user only.
 *
 * Plaintext is in two places: the segment cache of this process (locked, not in core dumps, wiped),
 * and, unless private_pages is set, the kernel's page cache, which every model loader that maps
 * shared memory needs. Pages are dropped when a file is closed for the last time and when the mount
 * ends, and then touching an old mapping is SIGBUS. docs/mount.md says what that leaves.
 */

/* What was served. */
struct sr_mount_totals {
    uint64_t bytes; /* that were decrypted, also ahead of a reader, and each time anew */
    uint64_t files; /* that were opened */
};

struct sr_mount_params {
    const char *dir;   /* an existing folder */
    const char *label; /* shown in the mount table: "strongroom:llama@1" */
    size_t file_count;
    const char *const *paths;      /* of the files, byte-sorted, relative, '/'-separated */
    struct sr_body *const *bodies; /* of the same files, open; lent until the call returns */
    int64_t mtime_utc_ms;          /* shown for everything */
    bool private_pages;       /* keep plaintext out of the page cache; no shared mappings then */
    size_t memory_bytes;      /* for the segment cache; less if less can be locked */
    unsigned threads;         /* that decrypt ahead */
    void (*ready)(void *ctx); /* called once, when the folder can be read */
    /*
     * Called before a file is opened for the first time, from any thread, never two at a time: that
     * it is opened goes on record. What it refuses is not opened. NULL: nobody wants to know.
     */
    enum sr_status (*opened)(void *ctx, size_t file, struct sr_err *err);
    /*
     * Whether what is mounted may be read any longer; asked every SR_MOUNT_ASK_MS by one thread.
     * Once it is not OK, reads fail with EACCES, all pages are dropped, and the mount ends; err
     * says why, and it is reported. NULL: always.
     */
    enum sr_status (*may_go_on)(void *ctx, struct sr_err *err);
    /*
     * Called before bytes of a file are decrypted, from any number of threads. DENIED: they are
     * not, and who reads them gets EDQUOT. NULL: there is no quota.
     */
    enum sr_status (*take)(void *ctx, size_t bytes, struct sr_err *err);
    struct sr_mount_totals *totals; /* set when the call returns; NULL: nobody asks */
    /* One line about a read that failed; from any thread, never two at a time. */
    void (*report)(void *ctx, const char *line);
    void *ctx;
};

#define SR_MOUNT_ASK_MS 2000

/* A segment costs one buffer; fewer than this do not make a mount. */
#define SR_MOUNT_SEGMENTS_MIN 4

/*
 * Mount, serve until somebody unmounts it, the process gets SIGTERM, SIGINT or SIGHUP, or it may
 * not go on, then drop every page and unmount. Blocks these signals in the calling thread for good.
 * Call it before other threads exist.
 *
 * errors  DENIED       it might not go on; what may_go_on() said
 *         NOT_FOUND, CONFLICT  dir is not an empty folder
 *         NO_MEMORY    not enough memory can be locked
 *         UNSUPPORTED  this machine has no FUSE
 *         IO           the mount failed
 *         CORRUPT      the paths do not make a tree
 */
enum sr_status sr_mount_serve(const struct sr_mount_params *params, struct sr_err *err) SR_MUST_USE;

/*
 * Unmount dir.
 *
 * errors  NOT_FOUND  it is not one of our mounts
 *         BUSY       files in it are open
 *         IO
 */
enum sr_status sr_mount_end(const char *dir, struct sr_err *err) SR_MUST_USE;

#endif /* SR_AGENT_MOUNT_H */
