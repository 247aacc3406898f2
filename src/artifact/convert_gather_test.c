/* SPDX-License-Identifier: Apache-2.0 */
/* Views are written element by element in the order of their indices, whatever their strides. */
#include "artifact/convert_gather.h"

#include <string.h>

#include "tests/memory_sink.h"

static uint8_t storage[1 << 14];
static struct memory_sink sink;

static void fill(void)
{
    for (size_t i = 0; i < sizeof storage; i++) {
        storage[i] = (uint8_t)(i * 7 + i / 256);
    }
}

static enum sr_status gather(const struct sr_storage_view *view, size_t storage_bytes, uint64_t at)
{
    struct sr_sink to = memory_sink(&sink);
    memset(&sink, 0, sizeof sink);
    return sr_convert_gather(view, sr_bytes(storage, storage_bytes), &to, at, NULL);
}

static void check_element(size_t at, size_t element, size_t bytes)
{
    CHECK(memcmp(sink.bytes + at * bytes, storage + element * bytes, bytes) == 0);
}

/* 3 x 4 x 5, by this order of strides, of elements of so many bytes. */
static void check_strided(uint64_t a, uint64_t b, uint64_t c, uint32_t bytes)
{
    const uint64_t sizes[] = {3, 4, 5};
    const uint64_t strides[] = {a, b, c};
    struct sr_storage_view view = {.dtype = "U8",
                                   .element_bytes = bytes,
                                   .offset = 2,
                                   .rank = 3,
                                   .sizes = sizes,
                                   .strides = strides};
    uint64_t end = 2 + 2 * a + 3 * b + 4 * c + 1;
    CHECK(gather(&view, end * bytes, 0) == SR_OK);
    CHECK(sink.written == (size_t)60 * bytes);
    for (size_t i = 0; i < 60; i++) {
        check_element(i, 2 + i / 20 * a + i / 5 % 4 * b + i % 5 * c, bytes);
    }
    CHECK(gather(&view, end * bytes - 1, 0) == SR_MALFORMED);
}

static void strides_are_followed(void)
{
    static const uint32_t BYTES[] = {1, 2, 4, 8, 16};
    for (size_t i = 0; i < sizeof BYTES / sizeof BYTES[0]; i++) {
        check_strided(20, 5, 1, BYTES[i]);  /* contiguous */
        check_strided(1, 3, 12, BYTES[i]);  /* transposed */
        check_strided(40, 10, 2, BYTES[i]); /* every other */
        check_strided(0, 5, 1, BYTES[i]);   /* expanded */
        check_strided(0, 0, 0, BYTES[i]);
        check_strided(7, 0, 3, BYTES[i]);
    }
}

static void scalars_and_empty_tensors(void)
{
    const uint64_t sizes[] = {3, 0, UINT64_MAX};
    const uint64_t strides[] = {1, 1, UINT64_MAX};
    const uint64_t ones[] = {1, 1, 1};
    struct sr_storage_view view = {.dtype = "F32", .element_bytes = 4, .offset = 5};
    CHECK(gather(&view, 24, 16) == SR_OK && sink.written == 4);
    CHECK(memcmp(sink.bytes + 16, storage + 20, 4) == 0);
    CHECK(gather(&view, 23, 16) == SR_MALFORMED);
    view.rank = 3;
    view.sizes = sizes;
    view.strides = strides;
    CHECK(gather(&view, 24, 0) == SR_OK && sink.written == 0);
    view.sizes = ones;
    CHECK(gather(&view, 24, 0) == SR_OK && sink.written == 4);
    CHECK(memcmp(sink.bytes, storage + 20, 4) == 0);
}

static void what_overflows_is_refused(void)
{
    const uint64_t sizes[] = {(uint64_t)1 << 33, (uint64_t)1 << 33};
    const uint64_t zero[] = {0, 0};
    const uint64_t far[] = {UINT64_MAX / 4, 1};
    const uint64_t two[] = {2, 2};
    struct sr_storage_view view = {
        .dtype = "U8", .element_bytes = 1, .rank = 2, .sizes = sizes, .strides = zero};
    CHECK(gather(&view, sizeof storage, 0) == SR_MALFORMED);
    view.sizes = two;
    view.strides = far;
    CHECK(gather(&view, sizeof storage, 0) == SR_MALFORMED);
    view.offset = UINT64_MAX;
    view.strides = zero;
    CHECK(gather(&view, sizeof storage, 0) == SR_MALFORMED);
}

static void big_endian_is_swapped(void)
{
    const uint64_t size[] = {3};
    const uint64_t stride[] = {1};
    struct sr_storage_view view = {.dtype = "F32",
                                   .element_bytes = 4,
                                   .is_big_endian = true,
                                   .rank = 1,
                                   .sizes = size,
                                   .strides = stride};
    CHECK(gather(&view, 12, 0) == SR_OK);
    for (size_t i = 0; i < 12; i++) {
        CHECK(sink.bytes[i] == storage[i / 4 * 4 + 3 - i % 4]);
    }
    view.dtype = "C64";
    view.element_bytes = 8;
    CHECK(gather(&view, 24, 0) == SR_OK);
    for (size_t i = 0; i < 24; i++) {
        CHECK(sink.bytes[i] == storage[i / 4 * 4 + 3 - i % 4]);
    }
    view.dtype = "U8";
    view.element_bytes = 1;
    CHECK(gather(&view, 3, 0) == SR_OK && memcmp(sink.bytes, storage, 3) == 0);
}

/* Counts what is written, and keeps the last of it. */
static enum sr_status count(void *ctx, uint64_t offset, struct sr_bytes data, struct sr_err *err)
{
    uint64_t *expected = ctx;
    (void)err;
    CHECK(offset == *expected && data.len > 0);
    *expected += data.len;
    return SR_OK;
}

static void large_tensors_are_written_in_pieces(void)
{
    const uint64_t sizes[] = {3, 1000003};
    const uint64_t strides[] = {1, 0};
    uint64_t at = 8;
    struct sr_sink to = {.write_at = count, .ctx = &at};
    struct sr_storage_view view = {
        .dtype = "F16", .element_bytes = 2, .rank = 2, .sizes = sizes, .strides = strides};
    CHECK(sr_convert_gather(&view, sr_bytes(storage, 6), &to, 8, NULL) == SR_OK);
    CHECK(at == 8 + 3 * 1000003 * 2);
}

static void a_sink_that_fails_is_told(void)
{
    const uint64_t sizes[] = {2, 2};
    const uint64_t strides[] = {1, 2};
    struct sr_sink to = memory_sink(&sink);
    struct sr_err err = {0};
    struct sr_storage_view view = {
        .dtype = "F16", .element_bytes = 2, .rank = 2, .sizes = sizes, .strides = strides};
    memset(&sink, 0, sizeof sink);
    sink.writes_left = 1;
    CHECK(sr_convert_gather(&view, sr_bytes(storage, 8), &to, 0, &err) == SR_IO);
    CHECK(strcmp(err.message, "the disk is full") == 0);
}

int main(void)
{
    fill();
    RUN(strides_are_followed);
    RUN(scalars_and_empty_tensors);
    RUN(what_overflows_is_refused);
    RUN(big_endian_is_swapped);
    RUN(large_tensors_are_written_in_pieces);
    RUN(a_sink_that_fails_is_told);
    return check_done();
}
