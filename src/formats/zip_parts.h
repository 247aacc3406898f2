/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_ZIP_PARTS_H
#define SR_FORMATS_ZIP_PARTS_H

#include <stdbool.h>

#include "base/reader.h"

/*
 * The records of a zip file, one by one, as they stand: what the strict reader (zip.h) compares and
 * the lenient one (zip_salvage.h) collects. Each function reads the record at byte `at` of file; it
 * is false when its signature is not there or it does not fit. Views point into the file. Hostile.
 * source  PKWARE APPNOTE.TXT 6.3.10, section 4.3
 */

#define SR_ZIP_LOCAL_MAGIC "PK\3\4"
#define SR_ZIP_CENTRAL_MAGIC "PK\1\2"
#define SR_ZIP_END_MAGIC "PK\5\6"
#define SR_ZIP_WIDE_END_MAGIC "PK\6\6"
#define SR_ZIP_LOCATOR_MAGIC "PK\6\7"
#define SR_ZIP_DESCRIPTOR_MAGIC "PK\7\10"

#define SR_ZIP_LOCAL_BYTES 30
#define SR_ZIP_CENTRAL_BYTES 46
#define SR_ZIP_END_BYTES 22
#define SR_ZIP_LOCATOR_BYTES 20
#define SR_ZIP_WIDE_END_BYTES 56
/* Where readers look for the end record: its length and the longest comment. */
#define SR_ZIP_TAIL_BYTES (SR_ZIP_END_BYTES + 65535)

#define SR_ZIP_FLAG_DESCRIPTOR 0x0008u
#define SR_ZIP_FLAG_UTF8 0x0800u
/* Encrypted; strongly encrypted; with a masked directory. */
#define SR_ZIP_FLAGS_ENCRYPTED (0x0001u | 0x0040u | 0x2000u)
/* And 0x6: how hard DEFLATE tried. */
#define SR_ZIP_FLAGS_KNOWN (0x0006u | SR_ZIP_FLAG_DESCRIPTOR | SR_ZIP_FLAG_UTF8)

/* A local header or an entry of the central directory. */
struct sr_zip_entry {
    struct sr_bytes name;
    struct sr_bytes comment; /* central only */
    uint16_t needed;         /* version, in tenths; its upper byte says nothing */
    uint16_t flags;
    uint16_t method;
    uint16_t disk; /* central only */
    uint32_t crc32;
    uint32_t attributes;   /* central only */
    uint64_t packed_bytes; /* those of zip64 where the record refers to them */
    uint64_t bytes;
    uint64_t offset;         /* central: of the local header; local: of the data */
    const char *extra_fault; /* static; what is wrong with the extra fields, else NULL */
};

bool sr_zip_read_local(struct sr_bytes file, uint64_t at, struct sr_zip_entry *out);
bool sr_zip_read_central(struct sr_bytes file, uint64_t at, struct sr_zip_entry *out,
                         uint64_t *out_next);

struct sr_zip_end {
    uint16_t disk;
    uint16_t directory_disk;
    uint16_t count_here;
    uint16_t count;
    uint32_t directory_bytes;
    uint32_t directory_offset;
    uint16_t comment_bytes;  /* as announced */
    struct sr_bytes comment; /* as much of it as there is */
};

bool sr_zip_read_end(struct sr_bytes file, uint64_t at, struct sr_zip_end *out);

struct sr_zip_wide_end {
    uint64_t count;
    uint64_t directory_bytes;
    uint64_t directory_offset;
};

/* Also false when it is of another version, of another part, or has two counts. */
bool sr_zip_read_wide_end(struct sr_bytes file, uint64_t at, struct sr_zip_wide_end *out);
/* out_wide_end  where it says that the end record of zip64 is */
bool sr_zip_read_locator(struct sr_bytes file, uint64_t at, uint64_t *out_wide_end);

/*
 * The end record of zip64 that belongs to the end record at that byte: directly in front of it, or
 * where the locator says. false: none.
 */
bool sr_zip_find_wide_end(struct sr_bytes file, uint64_t at, uint64_t *out_at,
                          struct sr_zip_wide_end *out);

/* Whether an end record at that byte has a central directory where it, or zip64, says. */
bool sr_zip_has_directory(struct sr_bytes file, uint64_t at, const struct sr_zip_end *end);

/* A size of a data descriptor: 4 bytes, or 8 when is_wide. */
bool sr_zip_read_size(struct sr_reader *r, bool is_wide, uint64_t *out);

#endif /* SR_FORMATS_ZIP_PARTS_H */
