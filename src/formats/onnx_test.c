/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/onnx.h"

#include <string.h>

#include "tests/check.h"

static void counts_the_bytes_of_elements(void)
{
    static const struct {
        uint64_t number;
        const char *name;
        uint64_t elements;
        uint64_t bytes;
    } CASES[] = {
        {1, "FLOAT", 3, 12}, {15, "COMPLEX128", 2, 32}, {22, "INT4", 3, 2}, {26, "INT2", 9, 3}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        const struct sr_onnx_dtype *dtype = sr_onnx_dtype(CASES[i].number);
        uint64_t bytes = 0;
        CHECK(dtype != NULL && strcmp(dtype->name, CASES[i].name) == 0);
        CHECK(sr_onnx_dtype_bytes(dtype, CASES[i].elements, &bytes) && bytes == CASES[i].bytes);
        CHECK(!sr_onnx_dtype_bytes(dtype, UINT64_MAX, &bytes));
    }
    CHECK(sr_onnx_dtype(0) == NULL && sr_onnx_dtype(27) == NULL &&
          sr_onnx_dtype(UINT64_MAX) == NULL);
    CHECK(sr_onnx_dtype(SR_ONNX_DTYPE_STRING)->bits == 0);
}

/* Every message can be reached, and each is small enough to be walked. */
static void has_a_schema_that_can_be_walked(void)
{
    const struct sr_protobuf_message *seen[64] = {&sr_onnx_model};
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
            if (field->message != NULL && at == count && count < 64) {
                seen[count++] = field->message;
            }
        }
    }
    CHECK(count == 26);
}

int main(void)
{
    RUN(counts_the_bytes_of_elements);
    RUN(has_a_schema_that_can_be_walked);
    return check_done();
}
