/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_OMS_H
#define SR_FORMATS_OMS_H

#include "formats/dsse.h"

/*
 * OpenSSF Model Signing v1.0: the bundle (what signs: a DSSE envelope and a hint at the key, or
 * certificates) and the statement in it (what is signed: the files of a model with their digests).
 * Decoding is strict: unknown and duplicate members are refused; what older signers wrote is read
 * as well (rules O-20 and on). No cryptography here, so that all of it can be fuzzed: whoever uses
 * a bundle verifies first and decodes the statement afterwards.
 *
 * Everything that comes out is hostile until the signature is verified.
 * source  docs/formats/oms.md (rules O-n); OMS specification v1.0
 */

/* Bundles of the largest published models have under 1 MiB. */
#define SR_OMS_BUNDLE_BYTES_MAX ((size_t)64 << 20)
#define SR_OMS_CERTIFICATES_MAX 16
/* Each file is compared with each of them. */
#define SR_OMS_IGNORED_MAX 1024
#define SR_OMS_DIGEST_BYTES_MAX 64
#define SR_OMS_ROOT_BYTES 32 /* SHA-256, whatever the files are hashed with */
#define SR_OMS_HINT_BYTES 65 /* 64 hexadecimal digits and a NUL */

extern const char SR_OMS_PAYLOAD_TYPE[]; /* "application/vnd.in-toto+json" */

enum sr_oms_material {
    SR_OMS_KEY,          /* a public key that the verifier has to know */
    SR_OMS_CERTIFICATES, /* a chain, leaf first */
    SR_OMS_KEYLESS       /* Sigstore: a short-lived certificate and a log; not verified here */
};

struct sr_oms_bundle {
    enum sr_oms_material material;
    char hint[SR_OMS_HINT_BYTES];  /* of the key; "" when there is none */
    struct sr_buf *public_key_pem; /* before v1.1 instead of a hint; else NULL */
    struct sr_buf *certificates[SR_OMS_CERTIFICATES_MAX]; /* DER, leaf first */
    size_t certificate_count;
    struct sr_dsse envelope;
};

/*
 * text is hostile.
 *
 * errors  MALFORMED  err names the member
 *         TOO_LARGE  over a limit above, or nested too deep
 *         NO_MEMORY
 */
enum sr_status sr_oms_bundle_decode(struct sr_bytes text, struct sr_oms_bundle **out,
                                    struct sr_err *err) SR_MUST_USE;
void sr_oms_bundle_free(struct sr_oms_bundle *b);
SR_DEFINE_AUTO(sr_oms_bundle)

/*
 * Write a bundle and a newline. With certificates (DER, leaf first) they are in it, else hint.
 * errors  TOO_LARGE, NO_MEMORY
 */
enum sr_status sr_oms_bundle_encode(const char *hint, const struct sr_bytes *certificates,
                                    size_t certificate_count, struct sr_bytes payload,
                                    struct sr_bytes signature, struct sr_buf *out) SR_MUST_USE;

/*
 * The message as v0.2 signed it: another prefix, and the payload as Python prints bytes. Only
 * statements of SR_OMS_DIGESTS may be signed like this (O-20). errors  TOO_LARGE, NO_MEMORY
 */
enum sr_status sr_oms_old_message(struct sr_bytes payload, struct sr_buf *out) SR_MUST_USE;

enum sr_oms_method {
    SR_OMS_FILES,  /* one resource for each file */
    SR_OMS_SHARDS, /* ranges of files; empty files have none */
    SR_OMS_DIGESTS /* v0.2: a subject for each file, no root */
};

enum sr_oms_hash { SR_OMS_SHA256, SR_OMS_BLAKE2B };
/* 32 or 64 */
size_t sr_oms_hash_bytes(enum sr_oms_hash hash);

struct sr_oms_resource {
    struct sr_bytes name; /* relative, '/'-separated, plain; or "." alone for a single file */
    uint64_t begin;       /* of a shard: begin < end */
    uint64_t end;
    uint8_t digest[SR_OMS_DIGEST_BYTES_MAX];
};

struct sr_oms_statement {
    enum sr_oms_method method;
    enum sr_oms_hash hash;
    struct sr_bytes subject; /* the model's name as its signer had it; "" for SR_OMS_DIGESTS */
    uint8_t root[SR_OMS_ROOT_BYTES];
    struct sr_oms_resource *resources; /* in the order that root is over; 1 or more */
    size_t resource_count;
    bool has_ignored;         /* v1.1 and later say what was left out */
    struct sr_bytes *ignored; /* relative, plain */
    size_t ignored_count;
    struct sr_json *json; /* views point into it */
};

/*
 * Decode a payload. It must be an in-toto statement v1 about files or shards, or the older form.
 * That root is right is not checked here.
 *
 * errors  MALFORMED    err names the member; also names that are there twice or lead elsewhere
 *         UNSUPPORTED  a predicate or hash that this program does not know
 *         TOO_LARGE, NO_MEMORY
 */
enum sr_status sr_oms_statement_decode(struct sr_bytes payload, struct sr_oms_statement **out,
                                       struct sr_err *err) SR_MUST_USE;
void sr_oms_statement_free(struct sr_oms_statement *s);
SR_DEFINE_AUTO(sr_oms_statement)

/*
 * Write the statement of SR_OMS_FILES with SHA-256: subject, root, resources and ignored of s; the
 * rest is not looked at. errors  TOO_LARGE, NO_MEMORY, MALFORMED (a name is not UTF-8)
 */
enum sr_status sr_oms_statement_encode(const struct sr_oms_statement *s,
                                       struct sr_buf *out) SR_MUST_USE;

/* Whether path is relative and plain: UTF-8 without control characters, no empty part, "." or
 * "..". */
bool sr_oms_is_plain(struct sr_bytes path);

#endif /* SR_FORMATS_OMS_H */
