/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes that tie a body to its name are those of docs/formats/sealed-body.md (B-6 to B-8). The
 * expected key was computed with another implementation of HKDF (python3-cryptography).
 */
#include "seal/bind.h"

#include <string.h>

#include "seal/floe.h"
#include "tests/check.h"
#include "tests/fault.h"

static const struct sr_body_name NAME = {
    .object = {{'o', 'b', 'j', 'e', 'c', 't', '-', '-', '-', '-', '-', '-', '-', '-', '-', '1'}},
    .version = {{'v', 'e', 'r', 's', 'i', 'o', 'n', '-', '-', '-', '-', '-', '-', '-', '-', '2'}},
    .file_index = 0x01020304,
};

static void associated_data_is_as_documented(void)
{
    static const char BODY[] = "strongroom/v1/body\0\1\0\1object---------1version--------2\1\2\3\4";
    static const char TRAILER[] =
        "strongroom/v1/trailer\0\1\0\1object---------1version--------2\1\2\3\4\0\0\1\0\0\0\0\5";
    uint8_t floe_header[SR_FLOE_HEADER_BYTES];
    uint8_t body[SR_BIND_BODY_AAD_BYTES];
    uint8_t trailer[SR_BIND_TRAILER_AAD_BYTES];
    memset(floe_header, 'f', sizeof floe_header);

    sr_bind_body_aad(&NAME, body);
    CHECK(sizeof body == sizeof BODY - 1);
    CHECK(memcmp(body, BODY, sizeof body) == 0);
    sr_bind_trailer_aad(&NAME, 0x10000000005, floe_header, trailer);
    CHECK(sizeof trailer == sizeof TRAILER - 1 + sizeof floe_header);
    CHECK(memcmp(trailer, TRAILER, sizeof TRAILER - 1) == 0);
    CHECK(memcmp(trailer + sizeof TRAILER - 1, floe_header, sizeof floe_header) == 0);
}

static void file_key_is_as_documented(void)
{
    static const uint8_t EXPECTED[32] = {0x53, 0xc4, 0xfe, 0x91, 0x8c, 0x47, 0x90, 0xa1,
                                         0x31, 0xc4, 0xff, 0x61, 0x9f, 0x39, 0x6c, 0x1f,
                                         0x3b, 0x41, 0x46, 0xa4, 0xcd, 0x34, 0x9d, 0x27,
                                         0xd9, 0x0f, 0x42, 0xaf, 0x02, 0xd7, 0xf9, 0x17};
    SR_AUTO(sr_secret) dek = NULL;
    SR_AUTO(sr_secret) key = NULL;
    CHECK(sr_secret_new(32, &dek, NULL) == SR_OK);
    memset(sr_secret_bytes(dek), 'k', 32);
    CHECK(sr_bind_file_key(dek, &NAME.object, &key, NULL) == SR_OK);
    CHECK(sr_secret_len(key) == 32);
    CHECK(memcmp(sr_secret_view(key), EXPECTED, sizeof EXPECTED) == 0);
}

static void every_failure_is_reported(void)
{
    SR_AUTO(sr_secret) dek = NULL;
    CHECK(sr_secret_new(32, &dek, NULL) == SR_OK);
    FAULT_SWEEP {
        SR_AUTO(sr_secret) key = NULL;
        struct sr_err err = {0};
        enum sr_status status = sr_bind_file_key(dek, &NAME.object, &key, &err);
        CHECK((status == SR_OK) == !fault_fired());
        CHECK((key != NULL) == (status == SR_OK) && err.status == status);
    }
    CHECK(fault_sweep_faults() >= 5);
}

int main(void)
{
    RUN(associated_data_is_as_documented);
    RUN(file_key_is_as_documented);
    RUN(every_failure_is_reported);
    return check_done();
}
