/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/tensorflow.h"

#include <string.h>

#include "tests/check.h"

/* Every message can be reached, and each is small enough to be walked. */
static void has_a_schema_that_can_be_walked(void)
{
    const struct sr_protobuf_message *seen[128] = {&sr_tf_saved_model};
    size_t count = 1;
    for (size_t i = 0; i < count; i++) {
        CHECK(seen[i]->count > 0 && seen[i]->count <= SR_PROTOBUF_FIELDS_MAX);
        for (size_t f = 0; f < seen[i]->count; f++) {
            const struct sr_protobuf_field *field = &seen[i]->fields[f];
            CHECK((field->kind == SR_PROTOBUF_MESSAGE) == (field->message != NULL));
            CHECK(f == 0 || field->number > seen[i]->fields[f - 1].number);
            size_t at = 0;
            while (field->message != NULL && at < count && seen[at] != field->message) {
                at++;
            }
            if (field->message != NULL && at == count && count < 128) {
                seen[count++] = field->message;
            }
        }
    }
    CHECK(count == 83);
}

static void knows_the_bytes_of_elements(void)
{
    CHECK(sr_tf_dtype_bytes(1) == 4 && sr_tf_dtype_bytes(18) == 16 && sr_tf_dtype_bytes(30) == 1);
    CHECK(sr_tf_dtype_bytes(7) == 0 && sr_tf_dtype_bytes(31) == 0);
    CHECK(sr_tf_dtype_bytes(UINT64_MAX) == 0);
}

int main(void)
{
    RUN(knows_the_bytes_of_elements);
    RUN(has_a_schema_that_can_be_walked);
    return check_done();
}
