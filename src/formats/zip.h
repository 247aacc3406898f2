/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_ZIP_H
#define SR_FORMATS_ZIP_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/status.h"

/*
 * The two directories of a zip file, read and compared. Strict where readers differ: what a lenient
 * reader would make of a broken file is for inspect_zip.c. Pure; works on the whole file in memory.
 * source  PKWARE APPNOTE.TXT 6.3.10; docs/formats/zip.md (rules Z-n)
 */
struct sr_zip;

#define SR_ZIP_STORED 0
#define SR_ZIP_DEFLATED 8
/* Refused; some readers have them. */
#define SR_ZIP_BZIP2 12
#define SR_ZIP_LZMA 14

struct sr_zip_member {
    struct sr_bytes name; /* hostile; as the central directory has it */
    uint16_t flags;
    uint16_t method; /* SR_ZIP_STORED or SR_ZIP_DEFLATED */
    uint32_t crc32;
    uint64_t packed_bytes;
    uint64_t bytes;
    uint64_t header_offset; /* of the local header, in the file */
    uint64_t data_offset;   /* of the packed data */
    uint64_t end;           /* of its entry: after the data, and its descriptor if it has one */
    uint32_t attributes;    /* external; a Unix mode in the upper 16 bits, whoever made it */
};

/*
 * bytes is hostile and has to outlive *out.
 *
 * What is packed is not unpacked here, so checksums are not checked: Z-17 is for the caller.
 *
 * errors  MALFORMED    a rule is broken; TRUNCATED: there is no end record, or it is cut off
 *         UNSUPPORTED  encrypted, split over several files, or packed by another method
 *         TOO_LARGE    over SR_LIMIT_INSPECT_MEMBERS
 *         NO_MEMORY    err says field and offset, here and above
 */
enum sr_status sr_zip_decode(struct sr_bytes bytes, struct sr_zip **out,
                             struct sr_err *err) SR_MUST_USE;
void sr_zip_free(struct sr_zip *z);
SR_DEFINE_AUTO(sr_zip)

/* In the order of their data in the file. The entries and the directory tile the whole file. */
size_t sr_zip_count(const struct sr_zip *z);
const struct sr_zip_member *sr_zip_at(const struct sr_zip *z, size_t index);
/* By name; false when there is none. */
bool sr_zip_find(const struct sr_zip *z, struct sr_bytes name, size_t *out_index);

/*
 * Whether a zip reader would take bytes for a zip file: it begins as one, or has near its end an
 * end record that its directory stands in front of, with anything before and after. With is_last,
 * an end record counts only where it and its comment are the last bytes. Fast.
 */
bool sr_zip_is_likely(struct sr_bytes bytes, bool is_last);

#endif /* SR_FORMATS_ZIP_H */
