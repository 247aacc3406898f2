/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_BUNDLE_H
#define SR_FORMATS_BUNDLE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/text.h"
#include "formats/tensors.h"

/*
 * A bundle: a version on its way from one room to another, in one file: a prefix, the head, the
 * version's documents, and, unless they travel another way, its sealed bodies as they are. The head
 * says of each part how long it is, so that a reader knows all offsets before it reads the first
 * body. Nothing in it can be read without a key but the head. Pure: who reads and writes the file
 * hands the prefix and the head over.
 * source  docs/formats/bundle.md (rules BU-n)
 */

#define SR_BUNDLE_PREFIX_BYTES 48
#define SR_BUNDLE_HEAD_BYTES_MAX ((size_t)64 << 20)
#define SR_BUNDLE_CHAIN_BYTES_MAX ((size_t)4 << 20)
#define SR_BUNDLE_SLOT_BYTES 80 /* crypto/hpke.h: a data key, sealed */
#define SR_BUNDLE_DOCUMENTS_MAX 16
#define SR_BUNDLE_DOCUMENT_NAME_BYTES_MAX 63
#define SR_BUNDLE_DOCUMENT_BYTES_MAX ((uint32_t)16 << 20)
#define SR_BUNDLE_DIGEST_BYTES 32

struct sr_bundle_prefix {
    bool has_bodies; /* they follow the documents */
    uint32_t head_bytes;
    uint8_t head_sha256[SR_BUNDLE_DIGEST_BYTES];
};

/* As the sender's catalog has it (store/catalog.h). */
struct sr_bundle_entry {
    struct sr_bytes path; /* inside the artifact: relative, no part of it "." or ".." or empty */
    struct sr_id object;
    enum sr_file_kind kind;
    uint64_t plain_bytes;
    uint8_t sha256[SR_BUNDLE_DIGEST_BYTES];
    uint8_t root[SR_BUNDLE_DIGEST_BYTES];
    uint64_t tensor_count;
    uint64_t body_bytes;
    uint8_t body_root[SR_BUNDLE_DIGEST_BYTES];
};

struct sr_bundle_document {
    struct sr_bytes name; /* of a-z, 0-9, '.' and '-' */
    uint32_t bytes;
    uint8_t sha256[SR_BUNDLE_DIGEST_BYTES];
};

struct sr_bundle {
    struct sr_id version;
    struct sr_bytes chain; /* audit/chain.h; its last event is the offer */
    struct sr_bytes slot;  /* SR_BUNDLE_SLOT_BYTES */
    struct sr_bundle_document document[SR_BUNDLE_DOCUMENTS_MAX]; /* by name */
    size_t document_count;
    struct sr_bundle_entry *files; /* file_count of them, by path; owned */
    size_t file_count;             /* 1..SR_LIMIT_FILES */
};
void sr_bundle_clear(struct sr_bundle *b);

/* Write the prefix of a head. errors  TOO_LARGE, NO_MEMORY */
enum sr_status sr_bundle_put_prefix(const struct sr_bundle_prefix *prefix,
                                    struct sr_buf *out) SR_MUST_USE;
/*
 * data  SR_BUNDLE_PREFIX_BYTES of hostile bytes
 * errors  MALFORMED    not a bundle
 *         UNSUPPORTED  of another format version
 *         TOO_LARGE    a head over its limit
 *         TRUNCATED    fewer bytes
 */
enum sr_status sr_bundle_get_prefix(struct sr_bytes data, struct sr_bundle_prefix *out,
                                    struct sr_err *err) SR_MUST_USE;

/* Append a head. errors  MALFORMED (a member is not as above), TOO_LARGE, NO_MEMORY */
enum sr_status sr_bundle_encode(const struct sr_bundle *b, struct sr_buf *out,
                                struct sr_err *err) SR_MUST_USE;
/*
 * Decode a head, which is hostile; that it is the one of its prefix is the caller's to check. What
 * comes out points into it. Start from all zero; clear also after a failure.
 *
 * errors  MALFORMED, TRUNCATED, TOO_LARGE (a field over its limit), NO_MEMORY; err names the field
 */
enum sr_status sr_bundle_decode(struct sr_bytes head, struct sr_bundle *out,
                                struct sr_err *err) SR_MUST_USE;

/* How long the whole file has to be. errors  TOO_LARGE  more than any file can be */
enum sr_status sr_bundle_total(const struct sr_bundle_prefix *prefix, const struct sr_bundle *b,
                               uint64_t *out) SR_MUST_USE;
/* Where the first document is; the others follow it one after the other, then the bodies. */
uint64_t sr_bundle_documents_at(const struct sr_bundle_prefix *prefix);

#endif /* SR_FORMATS_BUNDLE_H */
