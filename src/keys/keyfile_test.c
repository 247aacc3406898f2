/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layout of the key file: what encodes decodes to the same, any flipped bit and any other
 * length is refused, and what somebody wrote who repaired the checksum is held to the limits.
 */
#include "keys/keyfile.h"

#include <string.h>

#include "tests/check.h"

/* A file in which every field differs from its neighbours. */
static struct sr_keyfile make_file(size_t generations)
{
    struct sr_keyfile f = {.log2_n = 17, .r = 8, .p = 1, .generation_count = generations};
    memset(f.salt, 0x51, sizeof f.salt);
    memset(f.check, 0x52, sizeof f.check);
    memset(f.seal, 0x53, sizeof f.seal);
    for (size_t i = 0; i < generations; i++) {
        memset(f.generations[i].id.bytes, (int)i, SR_ID_BYTES);
        memset(f.generations[i].wrapped, (int)(0x80 + i), SR_KEYFILE_WRAPPED_BYTES);
    }
    return f;
}

/* Its encoding; the buffer is the caller's to free. */
static struct sr_buf *encode(const struct sr_keyfile *f)
{
    struct sr_buf *b = NULL;
    CHECK(sr_buf_new(SR_KEYFILE_BYTES_MAX, &b) == SR_OK);
    CHECK(sr_keyfile_encode(f, b) == SR_OK);
    return b;
}

static size_t copy_image(const struct sr_keyfile *f, uint8_t out[SR_KEYFILE_BYTES_MAX])
{
    SR_AUTO(sr_buf) b = encode(f);
    memcpy(out, sr_buf_view(b).ptr, sr_buf_view(b).len);
    return sr_buf_view(b).len;
}

/* F-3: what somebody does who wants a changed file to be looked at. */
static void repair_checksum(uint8_t *image, size_t len)
{
    CHECK(sr_sha256_once(sr_bytes(image, len - SR_SHA256_BYTES), image + len - SR_SHA256_BYTES) ==
          SR_OK);
}

static void decodes_what_it_encodes(void)
{
    for (size_t count = 1; count <= SR_WRAPPER_GENERATIONS_MAX; count++) {
        const struct sr_keyfile f = make_file(count);
        struct sr_keyfile back;
        uint8_t image[SR_KEYFILE_BYTES_MAX];
        size_t len = copy_image(&f, image);
        CHECK(len == 144 + 76 * count);
        CHECK(sr_keyfile_sealed(sr_bytes(image, len)).len == len - 64);
        CHECK(sr_keyfile_decode(sr_bytes(image, len), &back, NULL) == SR_OK);
        CHECK(back.generation_count == count && back.log2_n == 17 && back.r == 8 && back.p == 1);
        uint8_t again[SR_KEYFILE_BYTES_MAX];
        CHECK(copy_image(&back, again) == len && memcmp(image, again, len) == 0);
    }
}

static void every_field_is_where_the_document_says(void)
{
    const struct sr_keyfile f = make_file(2);
    uint8_t image[SR_KEYFILE_BYTES_MAX];
    size_t len = copy_image(&f, image);
    CHECK(memcmp(image, "\x89SRKEY\r\n\0\x01\x11\x08\x01\x02\0\0", 16) == 0);
    CHECK(image[16] == 0x51 && image[47] == 0x51);
    CHECK(image[48] == 0x52 && image[79] == 0x52);
    CHECK(image[80] == 0 && image[96] == 0x80 && image[155] == 0x80);
    CHECK(image[156] == 1 && image[172] == 0x81 && image[231] == 0x81);
    CHECK(image[232] == 0x53 && image[263] == 0x53 && len == 296);
}

static void refuses_every_flipped_bit(void)
{
    const struct sr_keyfile f = make_file(2);
    uint8_t image[SR_KEYFILE_BYTES_MAX];
    size_t len = copy_image(&f, image);
    struct sr_keyfile out;
    for (size_t bit = 0; bit < 8 * len; bit++) {
        image[bit / 8] ^= (uint8_t)(1U << bit % 8);
        CHECK(sr_keyfile_decode(sr_bytes(image, len), &out, NULL) == SR_CORRUPT);
        image[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    CHECK(sr_keyfile_decode(sr_bytes(image, len), &out, NULL) == SR_OK);
}

static void refuses_every_other_length(void)
{
    const struct sr_keyfile f = make_file(2);
    uint8_t image[SR_KEYFILE_BYTES_MAX + 76] = {0};
    size_t right = copy_image(&f, image);
    struct sr_keyfile out;
    for (size_t len = 0; len <= sizeof image; len++) {
        CHECK(len == right || sr_keyfile_decode(sr_bytes(image, len), &out, NULL) == SR_CORRUPT);
        /* Also when the checksum is right for that length. */
        if (len > right || (len < right && len >= SR_SHA256_BYTES)) {
            uint8_t cut[sizeof image];
            memcpy(cut, image, sizeof image);
            repair_checksum(cut, len);
            CHECK(sr_keyfile_decode(sr_bytes(cut, len), &out, NULL) == SR_CORRUPT);
        }
    }
}

static void holds_fields_to_their_limits(void)
{
    static const struct {
        size_t offset;
        uint8_t value;
        enum sr_status status;
        const char *said;
    } CASES[] = {
        {8, 1, SR_UNSUPPORTED, "version 257 at offset 8"},
        {9, 0, SR_UNSUPPORTED, "version 0 at offset 8"},
        {9, 2, SR_UNSUPPORTED, "version 2 at offset 8"},
        {10, 9, SR_CORRUPT, "offset 10"},
        {10, 21, SR_CORRUPT, "scrypt parameters 21, 8, 1 at offset 10"},
        {10, 63, SR_CORRUPT, "offset 10"},
        {10, 255, SR_CORRUPT, "offset 10"},
        {11, 0, SR_CORRUPT, "offset 10"},
        {11, 7, SR_CORRUPT, "offset 10"},
        {11, 255, SR_CORRUPT, "offset 10"},
        {12, 0, SR_CORRUPT, "offset 10"},
        {12, 5, SR_CORRUPT, "offset 10"},
        {13, 0, SR_CORRUPT, "0 generations at offset 13"},
        {13, 1, SR_CORRUPT, "76 bytes too many at offset 188"},
        {13, 3, SR_CORRUPT, "wrapped key at offset 248 passes the end"},
        {13, 17, SR_CORRUPT, "17 generations at offset 13"},
        {14, 1, SR_CORRUPT, "reserved bytes at offset 14"},
        {15, 1, SR_CORRUPT, "reserved bytes at offset 14"},
        {10, 10, SR_OK, ""},
        {10, 20, SR_OK, ""},
        {12, 4, SR_OK, ""},
    };
    const struct sr_keyfile f = make_file(2);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        uint8_t image[SR_KEYFILE_BYTES_MAX];
        size_t len = copy_image(&f, image);
        image[CASES[i].offset] = CASES[i].value;
        repair_checksum(image, len);
        struct sr_keyfile out;
        struct sr_err err = {0};
        enum sr_status status = sr_keyfile_decode(sr_bytes(image, len), &out, &err);
        CHECK(status == CASES[i].status);
        CHECK(strstr(err.message, CASES[i].said) != NULL);
        if (status != CASES[i].status || strstr(err.message, CASES[i].said) == NULL) {
            printf("# case %zu: status %d, '%s'\n", i, (int)status, err.message);
        }
    }
}

static void refuses_a_key_id_that_is_there_twice(void)
{
    struct sr_keyfile f = make_file(3);
    f.generations[2].id = f.generations[0].id;
    uint8_t image[SR_KEYFILE_BYTES_MAX];
    size_t len = copy_image(&f, image);
    struct sr_keyfile out;
    struct sr_err err = {0};
    CHECK(sr_keyfile_decode(sr_bytes(image, len), &out, &err) == SR_CORRUPT);
    CHECK(strstr(err.message, "offset 232 is there twice") != NULL);
}

static void leaves_its_output_alone_when_it_fails(void)
{
    struct sr_keyfile out;
    struct sr_keyfile before;
    memset(&out, 0xee, sizeof out);
    memcpy(&before, &out, sizeof out);
    const struct sr_keyfile f = make_file(1);
    uint8_t image[SR_KEYFILE_BYTES_MAX];
    size_t len = copy_image(&f, image);
    image[len - 1] ^= 1;
    CHECK(sr_keyfile_decode(sr_bytes(image, len), &out, NULL) == SR_CORRUPT);
    CHECK(memcmp(&out, &before, sizeof out) == 0);
}

int main(void)
{
    RUN(decodes_what_it_encodes);
    RUN(every_field_is_where_the_document_says);
    RUN(refuses_every_flipped_bit);
    RUN(refuses_every_other_length);
    RUN(holds_fields_to_their_limits);
    RUN(refuses_a_key_id_that_is_there_twice);
    RUN(leaves_its_output_alone_when_it_fails);
    return check_done();
}
