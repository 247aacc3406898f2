/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_WALK_H
#define SR_ARTIFACT_WALK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/attr.h"
#include "base/limits.h"
#include "base/status.h"

/*
 * The files of a folder that is to be deposited or inspected (or the one file), found once, in byte
 * order of their paths, and opened later only if they are still what was found. No symbolic link is
 * followed below the path that was given.
 */
struct sr_walk;

struct sr_walk_file {
    char *path; /* inside the artifact: relative, '/'-separated, NUL-terminated */
    struct stat found;
};

/* Folders inside folders; published models have two levels. */
#define SR_WALK_DEPTH_MAX 64

/*
 * room_fd  a folder that must not be in the source: the room it goes to
 * errors   NOT_FOUND    path
 *          UNSUPPORTED  an entry that is neither file nor folder; err names it
 *          MALFORMED    a name that is not UTF-8 or has control characters; no file at all
 *          TOO_LARGE    files, path, depth or one file's bytes
 *          CONFLICT     the room is inside the source
 *          IO, NO_MEMORY
 */
enum sr_status sr_walk_new(const char *path, int room_fd, struct sr_walk **out,
                           struct sr_err *err) SR_MUST_USE;
/*
 * The same for a look at what is there: an entry that is neither file nor folder is listed like a
 * file (its `found` says what it is; sr_walk_open() is not for it), and so is one whose name is
 * hostile. errors  as above, without UNSUPPORTED, CONFLICT and names
 */
enum sr_status sr_walk_all(const char *path, struct sr_walk **out, struct sr_err *err) SR_MUST_USE;
void sr_walk_free(struct sr_walk *w);
SR_DEFINE_AUTO(sr_walk)

size_t sr_walk_count(const struct sr_walk *w);
const struct sr_walk_file *sr_walk_at(const struct sr_walk *w, size_t index);
/* Of all files. */
uint64_t sr_walk_bytes(const struct sr_walk *w);
/* The absolute path of what was walked, without links. */
const char *sr_walk_source(const struct sr_walk *w);

/* The folder that the paths are relative to; for sr_walk_all() of one file, the file's. Open as
 * long as w. */
void sr_walk_root(const struct sr_walk *w, int *out_fd);

/* Open file index for reading. errors  CONFLICT  it is not what was found any more; IO */
enum sr_status sr_walk_open(const struct sr_walk *w, size_t index, int *out_fd,
                            struct sr_err *err) SR_MUST_USE;
/* Whether the open file fd is still what was found. errors  CONFLICT, IO */
enum sr_status sr_walk_check(const struct sr_walk *w, size_t index, int fd,
                             struct sr_err *err) SR_MUST_USE;

#endif /* SR_ARTIFACT_WALK_H */
