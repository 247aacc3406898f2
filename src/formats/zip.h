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

struct sr_zip_member {
    struct sr_bytes name; /* hostile; as the central directory has it */
    uint16_t flags;
    uint16_t method; /* 0 stored, 8 deflated */
    uint32_t crc32;
    uint64_t packed_bytes;
    uint64_t bytes;
    uint64_t header_offset; /* of the local header, in the file */
    uint64_t data_offset;   /* of the packed data */
    struct sr_bytes extra;  /* of the local header */
};

/*
 * bytes is hostile and has to outlive *out.
 *
 * errors  MALFORMED, TRUNCATED, TOO_LARGE, UNSUPPORTED (encrypted, split), NO_MEMORY; err says
 * field and offset
 */
enum sr_status sr_zip_decode(struct sr_bytes bytes, struct sr_zip **out,
                             struct sr_err *err) SR_MUST_USE;
void sr_zip_free(struct sr_zip *z);
SR_DEFINE_AUTO(sr_zip)

/* In the order of their data in the file. */
size_t sr_zip_count(const struct sr_zip *z);
const struct sr_zip_member *sr_zip_at(const struct sr_zip *z, size_t index);
/* By name; false when there is none. */
bool sr_zip_find(const struct sr_zip *z, struct sr_bytes name, size_t *out_index);

#endif /* SR_FORMATS_ZIP_H */
