/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/unpack.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tests/check.h"

/* "hello hello hello hello\n", packed by Python's standard library. */
static const char PLAIN[] = "hello hello hello hello\n";
static const uint8_t DEFLATE[] = {0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0xc8, 0x40, 0x27, 0xb9, 0x00};
static const uint8_t ZLIB[] = {0x78, 0x9c, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0xc8,
                               0x40, 0x27, 0xb9, 0x00, 0x70, 0xbe, 0x08, 0xbb};
static const uint8_t GZIP[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03,
                               0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0xc8, 0x40, 0x27, 0xb9,
                               0x00, 0x00, 0x88, 0x59, 0x0b, 0x18, 0x00, 0x00, 0x00};
static const uint8_t BZIP2[] = {
    0x42, 0x5a, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, 0x6f, 0x4f, 0x10, 0xf3, 0x00, 0x00,
    0x05, 0xd1, 0x00, 0x00, 0x10, 0x40, 0x00, 0x02, 0x44, 0xa0, 0x00, 0x30, 0xc0, 0x02, 0xa8, 0x34,
    0x71, 0x0d, 0xad, 0x87, 0x0f, 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, 0x6f, 0x4f, 0x10, 0xf3};
static const uint8_t XZ[] = {
    0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x04, 0xe6, 0xd6, 0xb4, 0x46, 0x02, 0x00, 0x21,
    0x01, 0x16, 0x00, 0x00, 0x00, 0x74, 0x2f, 0xe5, 0xa3, 0xe0, 0x00, 0x17, 0x00, 0x0c, 0x5d,
    0x00, 0x34, 0x19, 0x49, 0xee, 0x8d, 0xe9, 0x56, 0x0a, 0xc1, 0x21, 0xb0, 0x00, 0x00, 0x6c,
    0x14, 0xed, 0x1b, 0x3b, 0x68, 0xbb, 0x91, 0x00, 0x01, 0x28, 0x18, 0xd7, 0x83, 0xb7, 0x6e,
    0x1f, 0xb6, 0xf3, 0x7d, 0x01, 0x00, 0x00, 0x00, 0x00, 0x04, 0x59, 0x5a};
static const uint8_t LZMA[] = {0x5d, 0x00, 0x00, 0x80, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                               0xff, 0xff, 0x00, 0x34, 0x19, 0x49, 0xee, 0x8d, 0xe9, 0x56, 0x0a,
                               0xc1, 0xb6, 0x20, 0xb7, 0xff, 0xff, 0xba, 0x34, 0x00, 0x00};
static const uint8_t LZ4[] = {0x04, 0x22, 0x4d, 0x18, 0x64, 0x40, 0xa7, 0x10, 0x00,
                              0x00, 0x00, 0x68, 0x68, 0x65, 0x6c, 0x6c, 0x6f, 0x20,
                              0x06, 0x00, 0x60, 0x68, 0x65, 0x6c, 0x6c, 0x6f, 0x0a,
                              0x00, 0x00, 0x00, 0x00, 0xe2, 0xff, 0x03, 0x42};

static struct sr_bytes sample(enum sr_packing packing)
{
    const struct sr_bytes samples[] = {
        sr_bytes(DEFLATE, sizeof DEFLATE), sr_bytes(ZLIB, sizeof ZLIB), sr_bytes(GZIP, sizeof GZIP),
        sr_bytes(BZIP2, sizeof BZIP2),     sr_bytes(XZ, sizeof XZ),     sr_bytes(LZMA, sizeof LZMA),
        sr_bytes(LZ4, sizeof LZ4)};
    return samples[packing];
}

static void each_packing_unpacks(void)
{
    for (unsigned p = 0; p < SR_PACKING_COUNT; p++) {
        SR_AUTO(sr_unpacked) u = NULL;
        CHECK(sr_unpack(p, sample(p), 1000, &u) == SR_OK);
        CHECK(u != NULL && sr_unpacked_end(u, NULL) == SR_OK);
        CHECK(u != NULL && sr_text_equal(sr_unpacked_view(u), sr_text_view(PLAIN)));
        CHECK(u != NULL && sr_unpacked_used(u) == sample(p).len);
    }
}

static void what_follows_is_left(void)
{
    for (unsigned p = 0; p < SR_PACKING_COUNT; p++) {
        SR_AUTO(sr_unpacked) u = NULL;
        uint8_t longer[200] = {0};
        memcpy(longer, sample(p).ptr, sample(p).len);
        CHECK(sr_unpack(p, sr_bytes(longer, sizeof longer), 1000, &u) == SR_OK);
        CHECK(u != NULL && sr_unpacked_end(u, NULL) == SR_OK);
        CHECK(u != NULL && sr_unpacked_used(u) == sample(p).len);
    }
}

static void every_cut_is_truncated_and_what_came_before_is_kept(void)
{
    for (unsigned p = 0; p < SR_PACKING_COUNT; p++) {
        for (size_t len = 0; len < sample(p).len; len++) {
            SR_AUTO(sr_unpacked) u = NULL;
            struct sr_err err = {0};
            CHECK(sr_unpack(p, sr_bytes(sample(p).ptr, len), 1000, &u) == SR_OK);
            if (u == NULL) {
                continue;
            }
            struct sr_bytes got = sr_unpacked_view(u);
            /* Of "LZMA alone" the last bytes only flush its range coder. */
            CHECK(sr_unpacked_end(u, &err) == SR_TRUNCATED ||
                  (p == SR_PACKING_LZMA && got.len == strlen(PLAIN)));
            CHECK(got.len <= strlen(PLAIN));
            CHECK(got.len == 0 || memcmp(got.ptr, PLAIN, got.len) == 0);
        }
    }
}

static void a_bound_is_kept(void)
{
    for (unsigned p = 0; p < SR_PACKING_COUNT; p++) {
        for (size_t max = 0; max < strlen(PLAIN); max++) {
            SR_AUTO(sr_unpacked) u = NULL;
            struct sr_err err = {0};
            CHECK(sr_unpack(p, sample(p), max, &u) == SR_OK);
            CHECK(u != NULL && sr_unpacked_end(u, &err) == SR_TOO_LARGE);
            CHECK(strstr(err.message, "budget") != NULL);
            CHECK(u != NULL && sr_unpacked_view(u).len == max);
        }
        SR_AUTO(sr_unpacked) exact = NULL;
        CHECK(sr_unpack(p, sample(p), strlen(PLAIN), &exact) == SR_OK);
        CHECK(exact != NULL && sr_unpacked_end(exact, NULL) == SR_OK);
    }
}

static void broken_streams_are_told(void)
{
    for (unsigned p = 0; p < SR_PACKING_COUNT; p++) {
        SR_AUTO(sr_unpacked) u = NULL;
        struct sr_err err = {0};
        uint8_t noise[64];
        memset(noise, 0xff, sizeof noise);
        CHECK(sr_unpack(p, sr_bytes(noise, sizeof noise), 1000, &u) == SR_OK);
        CHECK(u != NULL && sr_unpacked_end(u, &err) == SR_MALFORMED);
        CHECK(strncmp(err.message, sr_packing_name(p), strlen(sr_packing_name(p))) == 0);
    }
}

static void checksums_are_checked(void)
{
    const enum sr_packing with[] = {SR_PACKING_ZLIB, SR_PACKING_GZIP, SR_PACKING_BZIP2,
                                    SR_PACKING_XZ, SR_PACKING_LZ4};
    const size_t at[] = {sizeof ZLIB - 1, sizeof GZIP - 8, 10, sizeof XZ - 30, sizeof LZ4 - 1};
    for (size_t i = 0; i < sizeof with / sizeof with[0]; i++) {
        SR_AUTO(sr_unpacked) u = NULL;
        uint8_t copy[200];
        memcpy(copy, sample(with[i]).ptr, sample(with[i]).len);
        copy[at[i]] ^= 1;
        CHECK(sr_unpack(with[i], sr_bytes(copy, sample(with[i]).len), 1000, &u) == SR_OK);
        CHECK(u != NULL && sr_unpacked_end(u, NULL) == SR_MALFORMED);
    }
}

/* A megabyte of zeros and back: the output grows in steps. */
static void much_is_unpacked(void)
{
    /* Stored blocks of DEFLATE, 32 times 32 KiB: 5 bytes of header for each. */
    enum { BLOCK = 1 << 15, BLOCKS = 32 };
    uint8_t *packed = calloc(BLOCKS, BLOCK + 5);
    CHECK(packed != NULL);
    for (size_t i = 0; packed != NULL && i < BLOCKS; i++) {
        uint8_t *block = packed + i * (BLOCK + 5);
        const uint8_t head[5] = {i == BLOCKS - 1, 0, 0x80, 0xff, 0x7f};
        memcpy(block, head, sizeof head);
        memset(block + 5, (int)i, BLOCK);
    }
    SR_AUTO(sr_unpacked) u = NULL;
    CHECK(sr_unpack(SR_PACKING_DEFLATE, sr_bytes(packed, BLOCKS * (BLOCK + 5)), 1 << 20, &u) ==
          SR_OK);
    CHECK(u != NULL && sr_unpacked_end(u, NULL) == SR_OK);
    CHECK(u != NULL && sr_unpacked_view(u).len == 1 << 20);
    CHECK(u != NULL && sr_unpacked_view(u).ptr[(1 << 20) - 1] == BLOCKS - 1);
    free(packed);
}

/* An LZMA header that wants a dictionary of 1 GiB. */
static void a_huge_dictionary_is_refused(void)
{
    SR_AUTO(sr_unpacked) u = NULL;
    uint8_t copy[sizeof LZMA];
    memcpy(copy, LZMA, sizeof LZMA);
    copy[4] = 0x40;
    CHECK(sr_unpack(SR_PACKING_LZMA, sr_bytes(copy, sizeof copy), 1000, &u) == SR_OK);
    CHECK(u != NULL && sr_unpacked_end(u, NULL) == SR_TOO_LARGE);
}

int main(void)
{
    RUN(each_packing_unpacks);
    RUN(what_follows_is_left);
    RUN(every_cut_is_truncated_and_what_came_before_is_kept);
    RUN(a_bound_is_kept);
    RUN(broken_streams_are_told);
    RUN(checksums_are_checked);
    RUN(much_is_unpacked);
    RUN(a_huge_dictionary_is_refused);
    return check_done();
}
