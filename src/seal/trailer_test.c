/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A trailer comes back as it was put in, and is canonical: bytes that decode encode to the same
 * bytes, whatever was changed in them. Trailers of several segments open as well.
 */
#include "seal/trailer.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "tests/check.h"
#include "tests/fault.h"

static const struct sr_trailer TRAILER = {
    .kind = SR_FILE_GGUF,
    .plain_bytes = 1000,
    .sha256 = {1},
    .root = {2},
    .table_digest = {3},
};

static struct sr_buf *new_buf(void)
{
    struct sr_buf *b = NULL;
    CHECK(sr_buf_new(SR_LIMIT_TRAILER_BYTES, &b) == SR_OK);
    return b;
}

/* TRAILER with one tensor that ends at end. */
static struct sr_buf *encode(uint64_t end)
{
    static const uint64_t SHAPE[] = {2};
    const struct sr_tensor tensor = {sr_bytes("w", 1), "F32", 1, SHAPE, 0, end};
    SR_AUTO(sr_tensors) tensors = NULL;
    SR_AUTO(sr_buf) index = new_buf();
    struct sr_buf *out = new_buf();
    CHECK(sr_tensors_new(&tensors) == SR_OK);
    CHECK(sr_tensors_add(tensors, &tensor) == SR_OK);
    CHECK(sr_tensors_encode(tensors, index) == SR_OK);
    CHECK(sr_trailer_encode(&TRAILER, sr_buf_view(index), out) == SR_OK);
    return out;
}

/* Decode and, if that succeeds, require that encoding gives the same bytes. */
static enum sr_status decode_again(struct sr_bytes input)
{
    struct sr_trailer t = {0};
    SR_AUTO(sr_tensors) tensors = NULL;
    SR_AUTO(sr_buf) index = new_buf();
    SR_AUTO(sr_buf) again = new_buf();
    SR_TRY(sr_trailer_decode(input, &t, &tensors, NULL));
    CHECK(sr_tensors_encode(tensors, index) == SR_OK);
    CHECK(sr_trailer_encode(&t, sr_buf_view(index), again) == SR_OK);
    CHECK(sr_buf_view(again).len == input.len);
    CHECK(memcmp(sr_buf_view(again).ptr, input.ptr, input.len) == 0);
    return SR_OK;
}

static void comes_back_as_it_was(void)
{
    struct sr_trailer t = {0};
    SR_AUTO(sr_tensors) tensors = NULL;
    SR_AUTO(sr_buf) encoded = encode(1000);
    CHECK(sr_trailer_decode(sr_buf_view(encoded), &t, &tensors, NULL) == SR_OK);
    CHECK(t.kind == SR_FILE_GGUF && t.plain_bytes == 1000);
    CHECK(t.sha256[0] == 1 && t.root[0] == 2 && t.table_digest[0] == 3);
    CHECK(sr_tensors_count(tensors) == 1);
    CHECK(sr_tensors_at(tensors, 0).end == 1000);
}

static void is_canonical(void)
{
    SR_AUTO(sr_buf) encoded = encode(8);
    struct sr_bytes view = sr_buf_view(encoded);
    uint8_t *copy = malloc(view.len + 1);
    memcpy(copy, view.ptr, view.len);
    copy[view.len] = 0;
    for (size_t bit = 0; bit < view.len * 8; bit++) {
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        enum sr_status status = decode_again(sr_bytes(copy, view.len));
        CHECK(status == SR_OK || status == SR_CORRUPT || status == SR_UNSUPPORTED);
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t len = 0; len < view.len; len++) {
        CHECK(decode_again(sr_bytes(copy, len)) == SR_CORRUPT);
    }
    CHECK(decode_again(sr_bytes(copy, view.len + 1)) == SR_CORRUPT);
    free(copy);
}

static void fields_are_checked(void)
{
    SR_AUTO(sr_buf) encoded = encode(8);
    SR_AUTO(sr_buf) too_far = encode(1001);
    struct sr_err err = {0};
    struct sr_trailer t = {0};
    SR_AUTO(sr_tensors) tensors = NULL;
    uint8_t copy[512] = {0};
    struct sr_bytes view = sr_buf_view(encoded);
    CHECK(view.len <= sizeof copy);
    static const struct {
        size_t at;
        enum sr_status expected;
    } CASES[] = {{1, SR_UNSUPPORTED}, {2, SR_UNSUPPORTED}, {3, SR_CORRUPT}};
    for (size_t i = 0; i < 3; i++) {
        memcpy(copy, view.ptr, view.len);
        copy[CASES[i].at] += 5;
        CHECK(sr_trailer_decode(sr_bytes(copy, view.len), &t, &tensors, &err) == CASES[i].expected);
        CHECK(tensors == NULL && t.plain_bytes == 0);
    }
    CHECK(sr_trailer_decode(sr_buf_view(too_far), &t, &tensors, &err) == SR_CORRUPT); /* B-10 */
    CHECK(strstr(err.message, "ends after its file") != NULL);
}

static void long_ones_are_sealed_in_segments(void)
{
    const size_t plain_bytes = 2 * SR_BODY_PAYLOAD_BYTES + 77;
    const struct sr_layout l = sr_layout_of(5, plain_bytes);
    const struct sr_bytes aad = sr_bytes("aad", 3);
    uint8_t *plain = calloc(1, plain_bytes);
    uint8_t *sealed = calloc(1, l.trailer_bytes);
    uint8_t *out = calloc(1, plain_bytes);
    SR_AUTO(sr_secret) key = NULL;
    CHECK(sr_secret_new(32, &key, NULL) == SR_OK);
    plain[plain_bytes - 1] = 42;
    CHECK(sr_layout_trailer_segments(&l) == 3);
    CHECK(sr_trailer_seal(key, aad, &l, sr_bytes(plain, plain_bytes), sealed, NULL) == SR_OK);
    CHECK(sr_trailer_unseal(key, aad, &l, sealed, out, NULL) == SR_OK);
    CHECK(memcmp(plain, out, plain_bytes) == 0);
    CHECK(sr_trailer_unseal(key, sr_bytes("AAD", 3), &l, sealed, out, NULL) == SR_CORRUPT);
    sealed[l.trailer_bytes - 1] ^= 1;
    CHECK(sr_trailer_unseal(key, aad, &l, sealed, out, NULL) == SR_CORRUPT);
    free(out);
    free(sealed);
    free(plain);
}

static void every_failure_is_reported(void)
{
    SR_AUTO(sr_buf) encoded = encode(8);
    FAULT_SWEEP {
        struct sr_trailer t = {0};
        struct sr_err err = {0};
        SR_AUTO(sr_tensors) tensors = NULL;
        enum sr_status status = sr_trailer_decode(sr_buf_view(encoded), &t, &tensors, &err);
        CHECK(status == (fault_fired() ? SR_NO_MEMORY : SR_OK));
        CHECK(err.status == status);
    }
    CHECK(fault_sweep_faults() >= 1);
}

int main(void)
{
    RUN(comes_back_as_it_was);
    RUN(is_canonical);
    RUN(fields_are_checked);
    RUN(long_ones_are_sealed_in_segments);
    RUN(every_failure_is_reported);
    return check_done();
}
