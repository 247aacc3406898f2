/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_ZIP_SALVAGE_H
#define SR_FORMATS_ZIP_SALVAGE_H

#include <stdbool.h>

#include "base/bytes.h"

/*
 * What lenient readers would get out of a broken zip file. Loaders ignore checksums, flags, names
 * that disagree, bytes before and after; some go by the local headers, some by the central
 * directory, some by the last of several. So everything that looks like either kind of entry is
 * given out, wherever it is:
 *
 *     struct sr_zip_salvage s = sr_zip_salvage(file);
 *     while (sr_zip_salvage_next(&s, &scrap)) { ... }
 *
 * Each scrap is what some reader would take for a member; the same bytes may come more than once.
 * Finding them takes time linear in the file; looking at them may not, which is for the caller to
 * bound. Pure; hostile.
 */
struct sr_zip_scrap {
    struct sr_bytes name;
    struct sr_bytes packed;
    uint64_t offset; /* of packed, in the file */
    uint16_t method;
};

struct sr_zip_salvage {
    struct sr_bytes file;
    size_t at;
    bool is_central; /* local headers are done */
    /* What was put in front of the file after its directory was written, by the end record and by
     * that of zip64. */
    uint64_t shift;
    uint64_t wide_shift;
};

struct sr_zip_salvage sr_zip_salvage(struct sr_bytes file);
/* The next scrap; false at the end. */
bool sr_zip_salvage_next(struct sr_zip_salvage *s, struct sr_zip_scrap *out);

#endif /* SR_FORMATS_ZIP_SALVAGE_H */
