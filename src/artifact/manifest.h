/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_MANIFEST_H
#define SR_ARTIFACT_MANIFEST_H

#include <stdbool.h>

#include "artifact/walk.h"
#include "formats/oms.h"

/*
 * The files of a model as they lie in a folder (or the one file), found once and hashed later, and
 * only if they are still what was found. What is to be ignored is left out, and said. Links and
 * special files are refused, unless they are to be ignored; no link is followed below the path that
 * was given.
 *
 * One thread uses it; hashing makes threads of its own.
 */
struct sr_manifest;

/* What was left out: an entry of the folder, with all below it. */
struct sr_manifest_ignored {
    char *path;
    uint64_t files; /* 1 for a file; for a folder, how many are below it */
};

struct sr_manifest_params {
    const char *path;               /* trusted; links in it are followed */
    const struct sr_bytes *ignored; /* relative plain paths; a folder stands for all below it */
    size_t ignored_count;
    const char *signature; /* a file that is left out wherever it lies; NULL: none. It may be absent
                            */
    bool ignore_git;       /* leave out .git, .gitattributes, .github and .gitignore at the top */
};

/*
 * errors  NOT_FOUND    path
 *         UNSUPPORTED  a link or special file; err names it
 *         MALFORMED    a name that is not UTF-8 or has control characters; no file at all
 *         TOO_LARGE    files, path, or one file's bytes
 *         IO, NO_MEMORY
 */
enum sr_status sr_manifest_new(const struct sr_manifest_params *params, struct sr_manifest **out,
                               struct sr_err *err) SR_MUST_USE;
void sr_manifest_free(struct sr_manifest *m);
SR_DEFINE_AUTO(sr_manifest)

/* In byte order of their paths, which is the order of Unicode code points. At least one. */
size_t sr_manifest_count(const struct sr_manifest *m);
/* path: relative; of a single file, its name. */
const struct sr_walk_file *sr_manifest_at(const struct sr_manifest *m, size_t index);
uint64_t sr_manifest_bytes(const struct sr_manifest *m);
/* Only entries that are there. */
size_t sr_manifest_ignored_count(const struct sr_manifest *m);
const struct sr_manifest_ignored *sr_manifest_ignored_at(const struct sr_manifest *m, size_t index);
/* Whether path is a single file, not a folder. */
bool sr_manifest_is_file(const struct sr_manifest *m);
/* The last part of the absolute path without links: what a model is called. */
const char *sr_manifest_name(const struct sr_manifest *m);

/* The entries that ignore_git means; ends with NULL. */
extern const char *const SR_MANIFEST_GIT[];

/* A range of a file to hash. */
struct sr_manifest_piece {
    size_t file;
    uint64_t begin; /* <= end <= the file's length */
    uint64_t end;
    uint8_t digest[SR_OMS_DIGEST_BYTES_MAX]; /* filled in */
};

/*
 * Hash the pieces, several at a time.
 *
 * threads  0: one for each core
 * errors   CONFLICT  a file is not what was found any more; err names it
 *          IO, NO_MEMORY, INTERNAL
 */
enum sr_status sr_manifest_hash(const struct sr_manifest *m, enum sr_oms_hash hash,
                                struct sr_manifest_piece *pieces, size_t count, unsigned threads,
                                struct sr_err *err) SR_MUST_USE;

#endif /* SR_ARTIFACT_MANIFEST_H */
