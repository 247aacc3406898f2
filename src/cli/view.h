/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CLI_VIEW_H
#define SR_CLI_VIEW_H

#include "cli/command.h"
#include "custody/deposit_signature.h"
#include "custody/query.h"

/* Versions as several commands show them: one form for people, one for scripts. */

/* "llama@3" */
#define SR_VIEW_REF_BYTES (SR_LIMIT_NAME_BYTES + 24)
void sr_view_ref(const struct sr_catalog_version *version, char out[SR_VIEW_REF_BYTES]);

/* "sha256:" and all digits */
#define SR_VIEW_DIGEST_BYTES (7 + 2 * SR_SHA256_BYTES + 1)
void sr_view_digest(const uint8_t digest[SR_SHA256_BYTES], char out[SR_VIEW_DIGEST_BYTES]);

/* Members of an open object. errors  TOO_LARGE, NO_MEMORY */
enum sr_status sr_view_put_version(struct sr_json_writer *w,
                                   const struct sr_catalog_version *version) SR_MUST_USE;

/* What sr_view_put_version() writes, for the descriptors. prefix is "" or "versions[].". */
#define SR_VIEW_VERSION_FIELDS(prefix)                                                             \
    {prefix "ref", "string", "name and number, 'llama@3'"},                                        \
        {prefix "name", "string", "of the artifact"},                                              \
        {prefix "version", "integer", "number within the artifact, from 1"},                       \
        {prefix "id", "string", "32 hexadecimal digits, never used twice"},                        \
        {prefix "kind", "string", "what the artifact is"},                                         \
        {prefix "digest", "string", "of the manifest: 'sha256:' and 64 digits"},                   \
        {prefix "files", "integer", "how many"},                                                   \
        {prefix "bytes", "integer", "of all files, plain"},                                        \
    {                                                                                              \
        prefix "deposited", "string", "when, RFC 3339 in UTC"                                      \
    }

/* What was found of a publisher's signature. errors  TOO_LARGE, NO_MEMORY */
enum sr_status sr_view_put_publisher(struct sr_json_writer *w,
                                     const struct sr_publisher *p) SR_MUST_USE;
#define SR_VIEW_PUBLISHER_FIELDS                                                                   \
    {"publisher_signature", "object", "what was found of its publisher's when it came in"},        \
        {"publisher_signature.state", "string", "'none', 'present, not verified' or 'verified'"},  \
        {"publisher_signature.file", "string", "the signature's; '' for none"},                    \
        {"publisher_signature.key_hint", "string", "of the signer's key; '' when not known"},      \
    {                                                                                              \
        "publisher_signature.signer", "string",                                                    \
            "subject of the signer's certificate; '' for a key"                                    \
    }

/*
 * The version that a REF of the command line means, in an open room.
 *
 * errors  those of sr_query_resolve()
 */
enum sr_status sr_view_resolve(struct sr_room *room, const char *ref,
                               struct sr_catalog_version *out, struct sr_err *err) SR_MUST_USE;

/* free() behind a cleanup attribute, for the arrays of custody/query.h. */
void sr_view_free_versions(struct sr_catalog_version **p);
void sr_view_free_files(struct sr_catalog_file **p);

#endif /* SR_CLI_VIEW_H */
