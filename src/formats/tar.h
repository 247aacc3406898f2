/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_TAR_H
#define SR_FORMATS_TAR_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/status.h"

/*
 * A tar file, member by member: ustar, pax and GNU's long names. A member that breaks a rule which
 * lenient readers do not check comes out with what is wrong; where no reader goes on, this does not
 * either.
 *
 *     struct sr_tar t = sr_tar(file);
 *     SR_TRY(sr_tar_next(&t, &member, &found, err));  until it is not found
 *
 * Pure; works on the whole file in memory. Hostile.
 * source  POSIX.1-2017, pax, "ustar Interchange Format"; docs/formats/tar.md (rules TR-n)
 */
struct sr_tar {
    struct sr_bytes file;
    size_t at;
    char path[256]; /* of the last member, when its two parts had to be joined */
};

enum sr_tar_type {
    SR_TAR_FILE,
    SR_TAR_FOLDER,
    SR_TAR_LINK,   /* symbolic or hard */
    SR_TAR_DEVICE, /* or a FIFO */
    SR_TAR_OTHER   /* sparse, or a type that is not known: readers take it for a file */
};

struct sr_tar_member {
    struct sr_bytes name; /* may point into struct sr_tar: valid until the next call */
    struct sr_bytes link; /* where a link points */
    struct sr_bytes content;
    uint64_t header_offset; /* of its first header, those of pax included */
    uint64_t offset;        /* of content */
    enum sr_tar_type type;
    char type_letter;
    const char *fault; /* static: what is wrong with it, though readers go on; else NULL */
};

struct sr_tar sr_tar(struct sr_bytes file);

/*
 * The next member; *out_found is false at the end of the archive, when all the rest has been
 * looked at too.
 *
 * errors  MALFORMED  TRUNCATED  err says field and offset; there is no next member
 */
enum sr_status sr_tar_next(struct sr_tar *t, bool *out_found, struct sr_tar_member *out,
                           struct sr_err *err) SR_MUST_USE;

/* Whether a file begins with the header of a member. */
bool sr_tar_is_likely(struct sr_bytes file);

#endif /* SR_FORMATS_TAR_H */
