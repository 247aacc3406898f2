/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_KEYS_WRAPPER_H
#define SR_KEYS_WRAPPER_H

#include "base/secret.h"
#include "base/text.h"

/*
 * Port: whoever holds the room's root key-encryption key (KEK) and wraps group KEKs with it: a file
 * under a passphrase now; a PKCS#11 token, a TPM later. The rest of the program knows this header,
 * not the drivers. A driver is src/keys/wrapper_<scheme>.c, one line in drivers.def, a fixture in
 * tests/conformance/wrapper_test.c and docs/backends/wrapper-<scheme>.md.
 *
 * A holder may have more than one generation of root KEK at a time (during rotation); each has a
 * random key id. Wrapping uses the newest; unwrapping names the one it needs.
 *
 * Not thread-safe: one thread per opened wrapper.
 */

#define SR_KEK_BYTES 32
#define SR_WRAPPED_BYTES_MAX 512
#define SR_WRAP_AAD_BYTES_MAX 1024
/* Bounds what a hostile holder can make us allocate. */
#define SR_WRAPPER_GENERATIONS_MAX 16

/* A key in wrapped form, as it is stored. Not secret. */
struct sr_wrapped {
    struct sr_id key_id; /* the root KEK that wrapped it */
    uint8_t bytes[SR_WRAPPED_BYTES_MAX];
    size_t len;
};

/* An opened wrapper. A driver embeds this as the first member of its own struct. */
struct sr_wrapper {
    const struct sr_wrapper_driver *driver;
};

struct sr_wrapper_driver {
    const char *scheme;  /* [a-z0-9]+, unique */
    const char *summary; /* one line */

    /*
     * Make the holder with a first root KEK, durably; CONFLICT if there is one already.
     * passphrase may be NULL; a driver that needs one then says USAGE.
     */
    enum sr_status (*create)(const char *rest, const struct sr_secret *passphrase,
                             struct sr_err *err);
    /*
     * Open. UNAUTHENTICATED when the passphrase is wrong; CORRUPT when the holder is damaged;
     * UNSUPPORTED when it is of another format version. *out is non-NULL, with ->driver set.
     */
    enum sr_status (*open)(const char *rest, const struct sr_secret *passphrase,
                           struct sr_wrapper **out, struct sr_err *err);
    enum sr_status (*wrap)(struct sr_wrapper *w, const struct sr_secret *key, struct sr_bytes aad,
                           struct sr_wrapped *out, struct sr_err *err);
    /* CORRUPT when wrapped was not made by this holder with this aad, or has changed. */
    enum sr_status (*unwrap)(struct sr_wrapper *w, const struct sr_wrapped *wrapped,
                             struct sr_bytes aad, struct sr_secret **out, struct sr_err *err);
    /*
     * Add a new root KEK, durably, beside the older ones; from now on wrap() uses it. With
     * new_passphrase (may be NULL: unchanged) the holder is protected by that from now on. When
     * this fails, w goes on as it was. TOO_LARGE over SR_WRAPPER_GENERATIONS_MAX; BUSY or CONFLICT
     * when another process changes, or has changed, the holder since it was opened.
     */
    enum sr_status (*add_generation)(struct sr_wrapper *w, const struct sr_secret *new_passphrase,
                                     struct sr_err *err);
    /* Destroy all root KEKs but the one with this id, durably. NOT_FOUND; BUSY, CONFLICT as above.
     */
    enum sr_status (*keep_only)(struct sr_wrapper *w, const struct sr_id *key_id,
                                struct sr_err *err);
    /* The key id wrap() uses, and how many generations there are. */
    void (*current)(const struct sr_wrapper *w, struct sr_id *out_key_id, size_t *out_count);
    void (*close)(struct sr_wrapper *w);
};

/*
 * uri is "<scheme>:<rest>", trusted (the room's configuration). These call the driver, check what
 * goes in and what comes out, and put the scheme in front of messages.
 *
 * key         SR_KEK_BYTES
 * aad         at most SR_WRAP_AAD_BYTES_MAX; what the key is for, unwrapping needs the same
 * wrapped     hostile (it comes from the catalog)
 * passphrase  1..SR_PASSPHRASE_BYTES_MAX bytes (keys/passphrase.h), or NULL
 * errors      USAGE (no scheme), UNSUPPORTED (no such driver), and the driver's:
 *             UNAUTHENTICATED, CORRUPT, CONFLICT, BUSY, TOO_LARGE, NOT_FOUND,
 *             DENIED (file open to others), IO, NO_MEMORY, INTERNAL
 */
enum sr_status sr_wrapper_create(const char *uri, const struct sr_secret *passphrase,
                                 struct sr_err *err) SR_MUST_USE;
enum sr_status sr_wrapper_open(const char *uri, const struct sr_secret *passphrase,
                               struct sr_wrapper **out, struct sr_err *err) SR_MUST_USE;
enum sr_status sr_wrapper_wrap(struct sr_wrapper *w, const struct sr_secret *key,
                               struct sr_bytes aad, struct sr_wrapped *out,
                               struct sr_err *err) SR_MUST_USE;
enum sr_status sr_wrapper_unwrap(struct sr_wrapper *w, const struct sr_wrapped *wrapped,
                                 struct sr_bytes aad, struct sr_secret **out,
                                 struct sr_err *err) SR_MUST_USE;
enum sr_status sr_wrapper_add_generation(struct sr_wrapper *w,
                                         const struct sr_secret *new_passphrase,
                                         struct sr_err *err) SR_MUST_USE;
enum sr_status sr_wrapper_keep_only(struct sr_wrapper *w, const struct sr_id *key_id,
                                    struct sr_err *err) SR_MUST_USE;
void sr_wrapper_current(const struct sr_wrapper *w, struct sr_id *out_key_id, size_t *out_count);
void sr_wrapper_free(struct sr_wrapper *w);
SR_DEFINE_AUTO(sr_wrapper)

#endif /* SR_KEYS_WRAPPER_H */
