/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_BUNDLE_FILE_H
#define SR_CUSTODY_BUNDLE_FILE_H

#include "base/io.h"
#include "base/progress.h"
#include "formats/bundle.h"
#include "store/blobs.h"

/*
 * Bundles as files: written whole or not at all, read with bounded memory. What a bundle says is
 * not judged here but for lengths and the digests of its own parts.
 * source  docs/formats/bundle.md (BU-1, BU-2, BU-8)
 */

/*
 * Write a bundle to path, where nothing may be: to a temporary name beside it, synced, renamed.
 * Bodies come from the store as they are.
 *
 * documents  the bytes of each document of b
 * blobs      NULL: without the bodies
 * errors  CONFLICT  there is something of that name
 *         NOT_FOUND (its folder, a body), TRUNCATED, CORRUPT  a body is not as long as b says
 *         MALFORMED, TOO_LARGE, CANCELLED, IO, NO_MEMORY, INTERNAL
 */
enum sr_status sr_bundle_file_write(const char *path, const struct sr_bundle *b,
                                    const struct sr_bytes *documents, struct sr_blobs *blobs,
                                    const struct sr_progress *progress,
                                    struct sr_err *err) SR_MUST_USE;

struct sr_bundle_file;

/*
 * Open a bundle: its prefix, head and length are checked. The file is hostile, and must not change
 * while it is open; what would come of that is found when bodies are decrypted.
 *
 * errors  MALFORMED, UNSUPPORTED, TRUNCATED, TOO_LARGE  as formats/bundle.h; NOT_FOUND; IO,
 * NO_MEMORY
 */
enum sr_status sr_bundle_file_open(const char *path, struct sr_bundle_file **out,
                                   struct sr_err *err) SR_MUST_USE;
void sr_bundle_file_free(struct sr_bundle_file *f);
SR_DEFINE_AUTO(sr_bundle_file)

/* Valid as long as f. */
const struct sr_bundle *sr_bundle_file_view(const struct sr_bundle_file *f);
bool sr_bundle_file_has_bodies(const struct sr_bundle_file *f);
/* Append a document. errors  CORRUPT  it is not what its digest says; TOO_LARGE (out's), IO */
enum sr_status sr_bundle_file_document(const struct sr_bundle_file *f, size_t index,
                                       struct sr_buf *out, struct sr_err *err) SR_MUST_USE;
/* The bytes of a body, of a bundle that has them; valid as long as f and *ctx. */
struct sr_bundle_body {
    const struct sr_bundle_file *file;
    uint64_t at;
};
struct sr_source sr_bundle_file_body(const struct sr_bundle_file *f, size_t index,
                                     struct sr_bundle_body *ctx);

#endif /* SR_CUSTODY_BUNDLE_FILE_H */
