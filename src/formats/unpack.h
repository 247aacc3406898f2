/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_UNPACK_H
#define SR_FORMATS_UNPACK_H

#include "base/attr.h"
#include "base/bytes.h"
#include "base/status.h"

/*
 * Compressed streams, unpacked into memory up to a bound. What came out before a stream broke is
 * kept: a loader that reads while it unpacks has run it by then.
 *
 * One thread for each.
 */
struct sr_unpacked;

enum sr_packing {
    SR_PACKING_DEFLATE, /* bare, as in zip: RFC 1951 */
    SR_PACKING_ZLIB,    /* RFC 1950 */
    SR_PACKING_GZIP,    /* RFC 1952; one member */
    SR_PACKING_BZIP2,   /* one stream */
    SR_PACKING_XZ,      /* one stream; source: the .xz file format, 1.1.0 */
    SR_PACKING_LZMA,    /* the format before xz: "LZMA alone" */
    SR_PACKING_LZ4,     /* one frame; source: LZ4 frame format 1.6.2 */
    SR_PACKING_COUNT
};
/* "deflate", "zlib", "gzip", "bzip2", "xz", "lzma", "lz4". */
const char *sr_packing_name(enum sr_packing packing);

/*
 * Unpack the stream at the beginning of packed (hostile) into at most bytes_max bytes. SR_OK says
 * only that there is something to look at: how it ended is sr_unpacked_end().
 *
 * errors  NO_MEMORY  for its state; nothing was unpacked
 */
enum sr_status sr_unpack(enum sr_packing packing, struct sr_bytes packed, uint64_t bytes_max,
                         struct sr_unpacked **out) SR_MUST_USE;
void sr_unpacked_free(struct sr_unpacked *u);
SR_DEFINE_AUTO(sr_unpacked)

/* What came out; valid as long as u. */
struct sr_bytes sr_unpacked_view(const struct sr_unpacked *u);
/* How many bytes of packed the stream has; all that were read when it is broken. */
uint64_t sr_unpacked_used(const struct sr_unpacked *u);
/*
 * Whether it is whole, its own checksums included.
 * errors  MALFORMED  TRUNCATED
 *         TOO_LARGE  over bytes_max, or it wants a dictionary of over 128 MiB
 *         NO_MEMORY  what came out is only the beginning
 */
enum sr_status sr_unpacked_end(const struct sr_unpacked *u, struct sr_err *err) SR_MUST_USE;

#endif /* SR_FORMATS_UNPACK_H */
