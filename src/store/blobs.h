/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_STORE_BLOBS_H
#define SR_STORE_BLOBS_H

#include "base/io.h"
#include "base/text.h"

/*
 * Port: where sealed bodies are kept; a directory now, S3 later. Blobs are named by object id,
 * written once, and all ciphertext or public. A driver is src/store/blobs_<scheme>.c, one line in
 * drivers.def, a fixture in tests/conformance/blobs_test.c and docs/backends/blobs-<scheme>.md.
 * Each embeds the three structs below as the first member of its own.
 *
 * A blob being written is *staged*: invisible under its name, held by one process (the hold ends
 * with the process, however it ends), kept across a crash until somebody resumes or drops it.
 * publish() makes it appear under its name, whole, durable, and never over another.
 *
 * A driver's functions may be called from several threads; one staged blob is written by many
 * threads at different offsets and published by one.
 */

struct sr_blobs {
    const struct sr_blobs_driver *driver;
};
struct sr_staged {
    struct sr_blobs *blobs;
};
struct sr_blob {
    struct sr_blobs *blobs;
};

enum sr_blob_state { SR_BLOB_STAGED, SR_BLOB_PUBLISHED };

struct sr_blobs_driver {
    const char *scheme;  /* [a-z0-9]+, unique */
    const char *summary; /* one line */

    /* Make the store (CONFLICT if it is there), or open it (NOT_FOUND). A create() that was
     * interrupted left the whole store or what the next one goes on from. */
    enum sr_status (*create)(const char *rest, struct sr_err *err);
    enum sr_status (*open)(const char *rest, struct sr_blobs **out, struct sr_err *err);
    void (*close)(struct sr_blobs *b);

    /* Begin or resume: what an earlier holder left is there. BUSY: held by a live process;
     * CONFLICT: published already, and durably, whatever interrupted the one who published it. */
    enum sr_status (*stage)(struct sr_blobs *b, const struct sr_id *object, struct sr_staged **out,
                            struct sr_err *err);
    /* The sink to write to and the source to read back what is there (bytes = current length). */
    void (*staged_io)(struct sr_staged *s, struct sr_sink *out_sink, struct sr_source *out_source);
    /* Set room aside for bytes in all, so that a full medium is found before the work and not after
     * it; IO if there is none. The length does not change. May be NULL. */
    enum sr_status (*staged_reserve)(struct sr_staged *s, uint64_t bytes, struct sr_err *err);
    /* Hint that [offset, offset+len) is complete and may go to the medium now. May be NULL. */
    void (*staged_flush_hint)(struct sr_staged *s, uint64_t offset, uint64_t len);
    /* Make it exactly bytes long (what is beyond is cut, TRUNCATED if it is shorter), sync it, and
     * let it appear under its name, durably; CONFLICT if the name is taken. s is released in any
     * case; after a failure it is still staged, or published whole. */
    enum sr_status (*publish)(struct sr_staged *s, uint64_t bytes, struct sr_err *err);
    /* Let go without publishing; what was written stays for a later stage(). */
    void (*release)(struct sr_staged *s);
    /* Remove a staged blob that no live process holds: BUSY if one does, NOT_FOUND if none. */
    enum sr_status (*drop_staged)(struct sr_blobs *b, const struct sr_id *object,
                                  struct sr_err *err);

    /* Open a published blob for reading. NOT_FOUND. */
    enum sr_status (*open_blob)(struct sr_blobs *b, const struct sr_id *object,
                                struct sr_blob **out, struct sr_err *err);
    struct sr_source (*blob_source)(struct sr_blob *blob);
    void (*close_blob)(struct sr_blob *blob);
    /* Remove a published blob, durably. NOT_FOUND. */
    enum sr_status (*remove)(struct sr_blobs *b, const struct sr_id *object, struct sr_err *err);

    /* Call visit for each staged and published blob, in no order, until it fails. Anything in the
     * store that is neither is reported by name through stray (may be NULL); the name is hostile.
     */
    enum sr_status (*list)(struct sr_blobs *b,
                           enum sr_status (*visit)(void *ctx, const struct sr_id *object,
                                                   enum sr_blob_state state, uint64_t bytes,
                                                   struct sr_err *err),
                           void (*stray)(void *ctx, const char *name), void *ctx,
                           struct sr_err *err);
    /* Bytes that can still be written, as far as the store can tell; UINT64_MAX if it cannot. */
    enum sr_status (*free_bytes)(struct sr_blobs *b, uint64_t *out, struct sr_err *err);
};

/*
 * uri is "<scheme>:<rest>", trusted. As with keys/wrapper.h the functions below call the driver,
 * check both directions and put the scheme in front of messages.
 *
 * errors of all  USAGE, UNSUPPORTED (uri), NOT_FOUND, CONFLICT, BUSY, TRUNCATED as said above; IO
 *                (disk full and EIO included; err names the file), NO_MEMORY
 */
enum sr_status sr_blobs_create(const char *uri, struct sr_err *err) SR_MUST_USE;
enum sr_status sr_blobs_open(const char *uri, struct sr_blobs **out,
                             struct sr_err *err) SR_MUST_USE;
void sr_blobs_free(struct sr_blobs *b);
SR_DEFINE_AUTO(sr_blobs)

enum sr_status sr_blobs_stage(struct sr_blobs *b, const struct sr_id *object,
                              struct sr_staged **out, struct sr_err *err) SR_MUST_USE;
void sr_staged_io(struct sr_staged *s, struct sr_sink *out_sink, struct sr_source *out_source);
enum sr_status sr_staged_reserve(struct sr_staged *s, uint64_t bytes,
                                 struct sr_err *err) SR_MUST_USE;
void sr_staged_flush_hint(struct sr_staged *s, uint64_t offset, uint64_t len);
/* Takes s, whatever the result. */
enum sr_status sr_staged_publish(struct sr_staged *s, uint64_t bytes,
                                 struct sr_err *err) SR_MUST_USE;
/* Release without publishing. NULL is fine. */
void sr_staged_free(struct sr_staged *s);
SR_DEFINE_AUTO(sr_staged)
enum sr_status sr_blobs_drop_staged(struct sr_blobs *b, const struct sr_id *object,
                                    struct sr_err *err) SR_MUST_USE;

enum sr_status sr_blobs_open_blob(struct sr_blobs *b, const struct sr_id *object,
                                  struct sr_blob **out, struct sr_err *err) SR_MUST_USE;
struct sr_source sr_blob_source(struct sr_blob *blob);
void sr_blob_free(struct sr_blob *blob);
SR_DEFINE_AUTO(sr_blob)
enum sr_status sr_blobs_remove(struct sr_blobs *b, const struct sr_id *object,
                               struct sr_err *err) SR_MUST_USE;
enum sr_status sr_blobs_list(struct sr_blobs *b,
                             enum sr_status (*visit)(void *ctx, const struct sr_id *object,
                                                     enum sr_blob_state state, uint64_t bytes,
                                                     struct sr_err *err),
                             void (*stray)(void *ctx, const char *name), void *ctx,
                             struct sr_err *err) SR_MUST_USE;
enum sr_status sr_blobs_free_bytes(struct sr_blobs *b, uint64_t *out,
                                   struct sr_err *err) SR_MUST_USE;

#endif /* SR_STORE_BLOBS_H */
