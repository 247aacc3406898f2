/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "artifact/format.h"
#include "base/text.h"
#include "formats/unpack.h"

/*
 * Files that are one compressed stream, as joblib and people who copy models write them. What is in
 * it is a member without the name's last extension. docs/formats/compressed.md (rules C-n)
 */

/* Further streams that are looked at where one was expected. */
#define MORE_STREAMS_MAX 8

#define FORMAT(name) extern const struct sr_format sr_format_##name;
#include "artifact/formats.def"
#undef FORMAT

/* joblib picks the decompressor by bytes, so these go with any name that a pickle has. */
#define PICKLES ".joblib", ".pkl", ".pickle", ".p"
static const char *const PICKLE_EXTENSIONS[] = {PICKLES, NULL};

static bool begins(struct sr_bytes bytes, const char *magic, size_t len)
{
    return bytes.len >= len && memcmp(bytes.ptr, magic, len) == 0;
}

/* The name of what is inside: without the last extension, if that says how it is packed. */
static struct sr_bytes inner_name(struct sr_bytes name, const struct sr_format *format)
{
    size_t begin = name.len;
    while (begin > 0 && name.ptr[begin - 1] != '/') {
        begin--;
    }
    struct sr_bytes base = sr_bytes(name.ptr + begin, name.len - begin);
    size_t dot = base.len;
    while (dot > 0 && base.ptr[dot - 1] != '.') {
        dot--;
    }
    const struct sr_format pickle = {.extensions = PICKLE_EXTENSIONS};
    if (dot > 1 && sr_format_has_extension(format, base) &&
        !sr_format_has_extension(&pickle, base)) {
        base.len = dot - 1;
    }
    return base;
}

static void look_at_stream(struct sr_inspection *in, struct sr_bytes name,
                           const struct sr_unpacked *u, uint64_t offset)
{
    struct sr_err err = {0};
    struct sr_bytes content = sr_unpacked_view(u);
    enum sr_status status = sr_unpacked_end(u, &err);
    if (status != SR_OK) {
        sr_inspection_fail(in, status, offset, &err);
    }
    /* What came out before the stream broke has been run by a loader that reads as it unpacks. */
    if (sr_inspection_unpack(in, sr_unpacked_used(u), content.len) &&
        (content.len > 0 || status == SR_OK)) {
        (void)sr_inspection_member(in, name, content, NULL);
    }
}

/* C-3: one stream. Some readers go on to the next, others ignore what follows. */
static void look_at_rest(struct sr_inspection *in, enum sr_packing packing, struct sr_bytes name,
                         struct sr_bytes rest, uint64_t offset)
{
    sr_inspection_find(in, SR_RULE_COMPRESSED_MORE, offset, rest.len, "%zu bytes after the stream",
                       rest.len);
    for (unsigned i = 0; i < MORE_STREAMS_MAX && rest.len > 0; i++) {
        SR_AUTO(sr_unpacked) u = NULL;
        if (sr_unpack(packing, rest, sr_inspection_unpack_max(in, rest.len), &u) != SR_OK) {
            sr_inspection_fail(in, SR_NO_MEMORY, offset, NULL);
            return;
        }
        if (sr_unpacked_view(u).len == 0 && sr_unpacked_end(u, NULL) != SR_OK) {
            break; /* no stream */
        }
        look_at_stream(in, name, u, offset);
        size_t used = (size_t)sr_unpacked_used(u);
        rest = sr_bytes(rest.ptr + used, rest.len - used);
        offset += used;
    }
    if (rest.len > 0) {
        (void)sr_inspection_member(in, name, rest, NULL);
    }
}

/* Look at the stream that begins at `at`; wanted: how much it has to unpack to, or UINT64_MAX. */
static void inspect_stream(struct sr_inspection *in, const struct sr_subject *blob, size_t at,
                           enum sr_packing packing, const struct sr_format *format, uint64_t wanted)
{
    struct sr_bytes packed = sr_bytes(blob->bytes.ptr + at, blob->bytes.len - at);
    struct sr_bytes name = inner_name(blob->name, format);
    SR_AUTO(sr_unpacked) u = NULL;
    if (sr_unpack(packing, packed, sr_inspection_unpack_max(in, packed.len), &u) != SR_OK) {
        sr_inspection_fail(in, SR_NO_MEMORY, at, NULL);
        return;
    }
    size_t used = (size_t)sr_unpacked_used(u);
    sr_inspection_cover(in, 0, at + used);
    if (wanted != UINT64_MAX && wanted != sr_unpacked_view(u).len) { /* C-6 */
        sr_inspection_find(in, SR_RULE_MALFORMED, 0, at, "unpacks to %zu bytes, not %llu",
                           sr_unpacked_view(u).len, (unsigned long long)wanted);
    }
    bool is_whole = sr_unpacked_end(u, NULL) == SR_OK;
    look_at_stream(in, name, u, at);
    if (is_whole && used < packed.len) {
        look_at_rest(in, packing, name, sr_bytes(packed.ptr + used, packed.len - used), at + used);
    }
}

/* gzip */

static enum sr_match match_gzip(const struct sr_subject *blob)
{
    return begins(blob->bytes, "\x1f\x8b\10", 3) ? SR_MATCH_BYTES : SR_MATCH_NO;
}

/* Flags of the header: text, and the file's name. Comments and extra fields can hide things. */
#define GZIP_FLAGS_KNOWN (0x01u | 0x08u)

static void inspect_gzip(struct sr_inspection *in, const struct sr_subject *blob)
{
    if (blob->bytes.len > 3 && (blob->bytes.ptr[3] & ~GZIP_FLAGS_KNOWN) != 0) { /* C-4 */
        sr_inspection_find(in, SR_RULE_MALFORMED, 3, 1, "gzip header: flags 0x%02x",
                           blob->bytes.ptr[3]);
    }
    inspect_stream(in, blob, 0, SR_PACKING_GZIP, &sr_format_gzip, UINT64_MAX);
}

static const char *const GZIP_EXTENSIONS[] = {".gz", ".gzip", ".tgz", ".nemo", PICKLES, NULL};
const struct sr_format sr_format_gzip = {
    .name = "gzip",
    .title = "gzip",
    .extensions = GZIP_EXTENSIONS,
    .match = match_gzip,
    .inspect = inspect_gzip,
};

/* zlib */

#define ZLIB_TEXT_BYTES 64

static enum sr_match match_zlib(const struct sr_subject *blob)
{
    const uint8_t *b = blob->bytes.ptr;
    /* RFC 1950, section 2.2: deflate with a window of 32 KiB, no preset dictionary, a check. */
    if (blob->bytes.len < 3 || b[0] != 0x78 || (b[1] & 0x20) != 0 ||
        (b[0] * 256 + b[1]) % 31 != 0) {
        return SR_MATCH_NO;
    }
    /* Two bytes are few: "x^" begins a text as well. Packed bytes look like no text. */
    size_t shown = blob->bytes.len < ZLIB_TEXT_BYTES ? blob->bytes.len : ZLIB_TEXT_BYTES;
    for (size_t i = 1; i < shown; i++) {
        if (b[i] >= 0x7f || (b[i] < 0x20 && b[i] != '\n' && b[i] != '\r' && b[i] != '\t')) {
            return SR_MATCH_BYTES;
        }
    }
    return SR_MATCH_NO;
}

static void inspect_zlib(struct sr_inspection *in, const struct sr_subject *blob)
{
    inspect_stream(in, blob, 0, SR_PACKING_ZLIB, &sr_format_zlib, UINT64_MAX);
}

/* joblib calls its zlib streams .gz as well. */
static const char *const ZLIB_EXTENSIONS[] = {".z", ".zlib", ".gz", PICKLES, NULL};
const struct sr_format sr_format_zlib = {
    .name = "zlib",
    .title = "zlib",
    .extensions = ZLIB_EXTENSIONS,
    .match = match_zlib,
    .inspect = inspect_zlib,
};

/*
 * What joblib wrote before 0.10: "ZF", the unpacked length in hexadecimal padded with spaces, and a
 * zlib stream. source  joblib, numpy_pickle_compat.py, read_zfile()
 */

#define ZFILE_DIGITS_AT 4

static enum sr_match match_zfile(const struct sr_subject *blob)
{
    return begins(blob->bytes, "ZF0x", ZFILE_DIGITS_AT) ? SR_MATCH_BYTES : SR_MATCH_NO;
}

/* Up to 19 characters for the length, or 20 by Python 2; the first byte of zlib ends the spaces. */
#define ZFILE_FIELD_MAX (2 + 20)

static bool hex_digit(uint8_t c, uint64_t *out)
{
    if (c >= '0' && c <= '9') {
        *out = (uint64_t)(c - '0');
        return true;
    }
    *out = (uint64_t)(c - 'a') + 10;
    return c >= 'a' && c <= 'f';
}

/* Read the field; returns where it ends, or 0 when it is wrong. */
static size_t zfile_length(struct sr_bytes file, uint64_t *out)
{
    size_t at = ZFILE_DIGITS_AT;
    uint64_t length = 0;
    uint64_t digit = 0;
    while (at < file.len && at < ZFILE_DIGITS_AT + 16 && hex_digit(file.ptr[at], &digit)) {
        length = length << 4 | digit;
        at++;
    }
    if (at == ZFILE_DIGITS_AT) {
        return 0;
    }
    at += at < file.len && file.ptr[at] == 'L' ? 1 : 0;
    while (at < file.len && at < ZFILE_FIELD_MAX && file.ptr[at] == ' ') {
        at++;
    }
    *out = length;
    return at == ZFILE_FIELD_MAX - 1 || at == ZFILE_FIELD_MAX ? at : 0;
}

static void inspect_zfile(struct sr_inspection *in, const struct sr_subject *blob)
{
    uint64_t wanted = UINT64_MAX;
    size_t at = zfile_length(blob->bytes, &wanted);
    if (at == 0) { /* C-6 */
        sr_inspection_find(in, SR_RULE_MALFORMED, 0, 0, "length of the unpacked file");
        at = blob->bytes.len < ZFILE_FIELD_MAX - 1 ? blob->bytes.len : ZFILE_FIELD_MAX - 1;
        wanted = UINT64_MAX;
    }
    inspect_stream(in, blob, at, SR_PACKING_ZLIB, &sr_format_zfile, wanted);
}

const struct sr_format sr_format_zfile = {
    .name = "joblib-zfile",
    .title = "a compressed file of old joblib",
    .extensions = ZLIB_EXTENSIONS,
    .match = match_zfile,
    .inspect = inspect_zfile,
};

/* bzip2 */

static enum sr_match match_bzip2(const struct sr_subject *blob)
{
    /* A block, or the end of a stream without any, begins with the digits of pi or its root. */
    bool is_stream = blob->bytes.len >= 10 && begins(blob->bytes, "BZh", 3) &&
                     blob->bytes.ptr[3] >= '1' && blob->bytes.ptr[3] <= '9' &&
                     (memcmp(blob->bytes.ptr + 4, "1AY&SY", 6) == 0 ||
                      memcmp(blob->bytes.ptr + 4, "\x17\x72\x45\x38\x50\x90", 6) == 0);
    return is_stream ? SR_MATCH_BYTES : SR_MATCH_NO;
}

static void inspect_bzip2(struct sr_inspection *in, const struct sr_subject *blob)
{
    inspect_stream(in, blob, 0, SR_PACKING_BZIP2, &sr_format_bzip2, UINT64_MAX);
}

static const char *const BZIP2_EXTENSIONS[] = {".bz2", ".tbz2", PICKLES, NULL};
const struct sr_format sr_format_bzip2 = {
    .name = "bzip2",
    .title = "bzip2",
    .extensions = BZIP2_EXTENSIONS,
    .match = match_bzip2,
    .inspect = inspect_bzip2,
};

/* xz */

static enum sr_match match_xz(const struct sr_subject *blob)
{
    return begins(blob->bytes,
                  "\xfd"
                  "7zXZ\0",
                  6)
               ? SR_MATCH_BYTES
               : SR_MATCH_NO;
}

static void inspect_xz(struct sr_inspection *in, const struct sr_subject *blob)
{
    inspect_stream(in, blob, 0, SR_PACKING_XZ, &sr_format_xz, UINT64_MAX);
}

static const char *const XZ_EXTENSIONS[] = {".xz", ".txz", PICKLES, NULL};
const struct sr_format sr_format_xz = {
    .name = "xz",
    .title = "xz",
    .extensions = XZ_EXTENSIONS,
    .match = match_xz,
    .inspect = inspect_xz,
};

/* LZMA alone: no magic. What every encoder writes: lc 3, lp 0, pb 2; 2^n bytes of dictionary; and a
 * length under 1 TiB, or none. source  the .lzma file format, by L. Collin */
static enum sr_match match_lzma(const struct sr_subject *blob)
{
    const uint8_t *b = blob->bytes.ptr;
    if (blob->bytes.len < 14 || b[0] != 0x5d) {
        return SR_MATCH_NO;
    }
    uint32_t dictionary =
        (uint32_t)b[1] | (uint32_t)b[2] << 8 | (uint32_t)b[3] << 16 | (uint32_t)b[4] << 24;
    uint32_t top = dictionary & (dictionary - 1); /* 2^n + 2^(n-1) is possible as well */
    bool is_power = dictionary >= 4096 && (top == 0 || top == (dictionary ^ top) << 1);
    bool is_short = b[10] == 0 && b[11] == 0 && b[12] == 0;
    bool is_open = begins(sr_bytes(b + 5, 8), "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
    return is_power && (is_short || is_open) && b[13] == 0 ? SR_MATCH_BYTES : SR_MATCH_NO;
}

static void inspect_lzma(struct sr_inspection *in, const struct sr_subject *blob)
{
    inspect_stream(in, blob, 0, SR_PACKING_LZMA, &sr_format_lzma, UINT64_MAX);
}

static const char *const LZMA_EXTENSIONS[] = {".lzma", PICKLES, NULL};
const struct sr_format sr_format_lzma = {
    .name = "lzma",
    .title = "LZMA",
    .extensions = LZMA_EXTENSIONS,
    .match = match_lzma,
    .inspect = inspect_lzma,
};

/* lz4 */

static enum sr_match match_lz4(const struct sr_subject *blob)
{
    return begins(blob->bytes, "\4\x22\x4d\x18", 4) ? SR_MATCH_BYTES : SR_MATCH_NO;
}

static void inspect_lz4(struct sr_inspection *in, const struct sr_subject *blob)
{
    inspect_stream(in, blob, 0, SR_PACKING_LZ4, &sr_format_lz4, UINT64_MAX);
}

static const char *const LZ4_EXTENSIONS[] = {".lz4", PICKLES, NULL};
const struct sr_format sr_format_lz4 = {
    .name = "lz4",
    .title = "lz4",
    .extensions = LZ4_EXTENSIONS,
    .match = match_lz4,
    .inspect = inspect_lz4,
};
