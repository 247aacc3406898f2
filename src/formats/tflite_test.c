/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/tflite.h"

#include <string.h>

#include "tests/check.h"

static size_t parts_of(const char *slots)
{
    size_t parts = 0;
    for (; *slots != '\0'; slots++) {
        CHECK(strchr("bhilBHILsTVU", *slots) != NULL);
        parts += *slots == 'T' || *slots == 'V' || *slots == 'U';
    }
    return parts;
}

/* Every table can be reached, has only letters that are known, and as many parts as they need. */
static void has_a_schema_that_can_be_walked(void)
{
    const struct sr_flatbuffer_type *seen[256] = {&sr_tflite_model};
    size_t count = 1;
    for (size_t i = 0; i < count; i++) {
        size_t parts = seen[i]->slots != NULL ? parts_of(seen[i]->slots) : seen[i]->count;
        for (size_t p = 0; p < parts; p++) {
            size_t at = 0;
            while (at < count && seen[at] != seen[i]->parts[p]) {
                at++;
            }
            if (at == count && count < 256) {
                seen[count++] = seen[i]->parts[p];
            }
        }
    }
    CHECK(count == 169);
}

static void knows_the_bits_of_elements(void)
{
    CHECK(sr_tflite_type_bits(0) == 32 && sr_tflite_type_bits(17) == 4);
    CHECK(sr_tflite_type_bits(5) == 0 && sr_tflite_type_bits(UINT64_MAX) == 0);
}

int main(void)
{
    RUN(has_a_schema_that_can_be_walked);
    RUN(knows_the_bits_of_elements);
    return check_done();
}
