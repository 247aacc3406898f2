/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_SEAL_WRITE_H
#define SR_SEAL_WRITE_H

#include "seal/body.h"

/*
 * Sealing files into bodies: one pass over each input, bounded memory, all cores. Each segment is
 * encrypted under a fresh random IV, whoever tries and however often, so a crash never reuses one.
 *
 * The caller supplies inputs and outputs through a plan; the same few worker threads take segments
 * from several files at a time, because the SHA-256 of one file cannot be split over cores.
 */

/* One file to seal, as the plan's begin() hands it over. */
struct sr_seal_job {
    struct sr_body_name name;
    enum sr_file_kind kind;
    const struct sr_tensors *tensors; /* decoded from the same bytes; NULL: none */
    struct sr_source source;          /* the plaintext; must deliver exactly source.bytes */
    struct sr_sink sink;              /* where the body goes */
    /*
     * What an interrupted attempt under the same name and key has left in the sink; bytes 0 when
     * nothing. Segments in it that authenticate and hold the source's bytes are kept, all others
     * are sealed anew (B-14).
     */
    struct sr_source staged;
};

struct sr_seal_plan {
    size_t count;                /* files, 0-based index < count */
    const struct sr_secret *dek; /* of the version; 32 bytes */
    unsigned threads;            /* 1..SR_SEAL_THREADS_MAX */
    /*
     * For plaintext and ciphertext buffers together; plaintext is in locked memory, of which the
     * system may allow less. Too little for all threads makes them fewer, down to one, which takes
     * SR_SEAL_MEMORY_BYTES_MIN in any case; more than SR_SEAL_MEMORY_BYTES_PER_THREAD for each is
     * not used.
     */
    size_t memory_bytes;
    void *ctx;

    /* Open file index. Calls come one at a time, in order, from any worker. */
    enum sr_status (*begin)(void *ctx, size_t index, struct sr_seal_job *out, struct sr_err *err);
    /* The body is written in full: make it durable. From any worker, several at once. */
    enum sr_status (*end)(void *ctx, size_t index, const struct sr_body_facts *facts,
                          struct sr_err *err);
    /* Called once for each begun file, last: close what begin() opened. */
    void (*close)(void *ctx, size_t index);
    /* So many more plaintext bytes are done. Calls come one at a time. May be NULL. */
    void (*progress)(void *ctx, uint64_t bytes);
    /* Asked between segments: true stops with CANCELLED. From any worker. May be NULL. */
    bool (*cancelled)(void *ctx);
};

#define SR_SEAL_THREADS_MAX 16
#define SR_SEAL_BATCH_MAX 8 /* segments that a thread takes at a time */
#define SR_SEAL_MEMORY_BYTES_MIN ((size_t)4 << 20)
#define SR_SEAL_MEMORY_BYTES_PER_THREAD ((size_t)(2 * SR_SEAL_BATCH_MAX + 2) << 20)

/*
 * Seal every file of the plan. The first failure stops all and is returned. The calling thread is
 * one of the plan's threads.
 *
 * errors  what begin() and end() return, those of source and sink (TRUNCATED when a source ends
 *         early: it changed under us), TOO_LARGE (over SR_LIMIT_FILE_BYTES or _TRAILER_BYTES),
 *         CANCELLED, NO_MEMORY, IO (as sr_secret_new), INTERNAL
 */
enum sr_status sr_seal_write(const struct sr_seal_plan *plan, struct sr_err *err) SR_MUST_USE;

#endif /* SR_SEAL_WRITE_H */
