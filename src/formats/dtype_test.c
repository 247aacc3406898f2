/* SPDX-License-Identifier: Apache-2.0 */
/* The table has the sizes that the formats say, and every way to find an entry agrees. */
#include "formats/dtype.h"

#include <string.h>

#include "base/text.h"
#include "tests/check.h"

static const struct sr_dtype *named(const char *name)
{
    return sr_dtype_by_name(sr_text_view(name));
}

static void every_way_to_find_an_entry_agrees(void)
{
    unsigned found = 0;
    unsigned in_safetensors = 0;
    unsigned in_gguf = 0;
    for (unsigned code = 0; code <= UINT8_MAX; code++) {
        const struct sr_dtype *d = sr_dtype_by_code((uint8_t)code);
        if (d == NULL) {
            continue;
        }
        found++;
        in_safetensors += d->in_safetensors;
        CHECK(d->code == code && d->block_elements > 0 && d->block_bytes > 0);
        CHECK(named(d->name) == d);
        if (d->gguf_type >= 0) {
            in_gguf++;
            CHECK(sr_dtype_by_gguf_type((uint32_t)d->gguf_type) == d);
        }
    }
    CHECK(found == 49);
    CHECK(in_safetensors == 22); /* artifacts: 22 dtypes */
    CHECK(in_gguf == 35);        /* types 0..42 without the eight that were removed */
}

static void unknown_types_are_not_found(void)
{
    static const uint32_t GONE[] = {4, 5, 31, 32, 33, 36, 37, 38, 43, UINT32_MAX};
    for (size_t i = 0; i < sizeof GONE / sizeof GONE[0]; i++) {
        CHECK(sr_dtype_by_gguf_type(GONE[i]) == NULL);
    }
    CHECK(named("") == NULL);
    CHECK(named("f32") == NULL);
    CHECK(named("F3") == NULL);
    CHECK(named("F322") == NULL);
    CHECK(sr_dtype_by_code(0) == NULL);
}

static void bytes_are_whole_blocks(void)
{
    static const struct {
        const char *name;
        uint64_t elements;
        uint64_t bytes; /* 0: refused */
    } CASES[] = {
        {"F32", 3, 12},
        {"F4", 2, 1},
        {"F4", 3, 0},
        {"F6_E2M3", 4, 3},
        {"F6_E3M2", 8, 6},
        {"F6_E3M2", 2, 0},
        {"C64", 2, 16},
        {"Q4_K", 512, 288},
        {"Q4_K", 255, 0},
        {"NVFP4", 64, 36},
        {"Q8_0", 32, 34},
        {"F64", UINT64_MAX / 8, UINT64_MAX / 8 * 8},
        {"F64", UINT64_MAX / 8 + 1, 0},
        {"Q8_0", UINT64_MAX - 31, 0},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        uint64_t bytes = 0;
        bool fits = sr_dtype_bytes(named(CASES[i].name), CASES[i].elements, &bytes);
        CHECK(fits == (CASES[i].bytes != 0));
        CHECK(bytes == CASES[i].bytes);
    }
    uint64_t bytes = 7;
    CHECK(sr_dtype_bytes(named("Q4_K"), 0, &bytes) && bytes == 0);
}

static void elements_are_the_product(void)
{
    static const uint64_t SHAPE[] = {2, 3, 5};
    static const uint64_t HUGE[] = {(uint64_t)1 << 32, (uint64_t)1 << 32};
    static const uint64_t ZERO_LAST[] = {(uint64_t)1 << 32, (uint64_t)1 << 32, 0};
    static const uint64_t ZERO[] = {7, 0, (uint64_t)1 << 63};
    uint64_t elements = 9;
    CHECK(sr_dtype_elements(SHAPE, 3, &elements) && elements == 30);
    static const uint64_t MOST[] = {UINT64_MAX / 5, 5};
    CHECK(sr_dtype_elements(MOST, 2, &elements) && elements == UINT64_MAX);
    CHECK(sr_dtype_elements(NULL, 0, &elements) && elements == 1);
    CHECK(!sr_dtype_elements(HUGE, 2, &elements));
    CHECK(!sr_dtype_elements(ZERO_LAST, 3, &elements));
    CHECK(!sr_dtype_elements(ZERO, 3, &elements));
    CHECK(elements == 1);
    CHECK(sr_dtype_elements(ZERO, 2, &elements) && elements == 0);
}

int main(void)
{
    RUN(every_way_to_find_an_entry_agrees);
    RUN(unknown_types_are_not_found);
    RUN(bytes_are_whole_blocks);
    RUN(elements_are_the_product);
    return check_done();
}
