/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the compiler must get right, because a decision rests on code of this form: GCC 12.2 at -O2
 * did not (meson.build says what is done about it).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/check.h"

#define FIELDS 48

struct fields {
    uint64_t has;
    uint64_t field[FIELDS];
};

__attribute__((noinline)) static bool is_equal(uint64_t a, uint64_t b)
{
    return a == b;
}

/* 1 + the first field in which the two differ, or 0. */
__attribute__((noinline)) static size_t difference(const struct fields *a, const struct fields *b,
                                                   uint64_t looked_at)
{
    for (size_t i = 0; i < FIELDS; i++) {
        if ((looked_at >> i & 1) == 0) {
            continue;
        }
        bool in_a = (a->has >> i & 1) != 0;
        bool in_b = (b->has >> i & 1) != 0;
        if (in_a != in_b || (in_a && !is_equal(a->field[i], b->field[i]))) {
            return i + 1;
        }
    }
    return 0;
}

static void bits_of_two_words_are_compared(void)
{
    struct fields a = {.has = 5};
    struct fields b = {.has = 5};
    CHECK(difference(&a, &b, UINT64_MAX) == 0);
    b.field[2] = 1;
    CHECK(difference(&a, &b, UINT64_MAX) == 3);
    b.has = 4;
    CHECK(difference(&a, &b, UINT64_MAX) == 1);
}

int main(void)
{
    RUN(bits_of_two_words_are_compared);
    return check_done();
}
