/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first byte says where the file's length comes from: even, from the header, which can then be
 * valid without its data; odd, from the input's size. The rest is the file's head.
 * Checked: ranges follow each other from the end of the header to the end of the file, each as long
 * as its dtype and shape say, and the header is JSON when read as a whole.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "formats/dtype.h"
#include "formats/json.h"
#include "formats/safetensors.h"
#include "fuzz/require.h"

static void check_tensors(const struct sr_tensors *t, uint64_t head_bytes, uint64_t file_bytes)
{
    uint64_t end = head_bytes;
    for (size_t i = 0; i < sr_tensors_count(t); i++) {
        struct sr_tensor tensor = sr_tensors_at(t, i);
        struct sr_tensor found = {0};
        const struct sr_dtype *dtype = sr_dtype_by_name(sr_text_view(tensor.dtype));
        uint64_t elements = 0;
        uint64_t bytes = 0;
        REQUIRE(dtype != NULL && dtype->in_safetensors);
        REQUIRE(sr_dtype_elements(tensor.shape, tensor.rank, &elements));
        REQUIRE(sr_dtype_bytes(dtype, elements, &bytes));
        REQUIRE(tensor.begin == end);
        REQUIRE(tensor.end - tensor.begin == bytes);
        REQUIRE(sr_tensors_find(t, tensor.name, &found) && found.name.ptr == tensor.name.ptr);
        end = tensor.end;
    }
    REQUIRE(end == file_bytes);
}

/* A length for the file that makes the data end where the header may want it to. */
static uint64_t fitting_file_bytes(struct sr_bytes head)
{
    uint64_t file_bytes = head.len;
    uint64_t head_bytes = 0;
    if (sr_safetensors_head_bytes(head, file_bytes, &head_bytes, NULL) != SR_OK) {
        return file_bytes;
    }
    /* The largest number that an array ends with is a good guess at the end of the data. */
    uint64_t largest = 0;
    uint64_t number = 0;
    for (size_t i = 8; i < head_bytes; i++) {
        uint8_t c = head.ptr[i];
        if (c == ']' && number > largest && number < ((uint64_t)1 << 62)) {
            largest = number;
        }
        number = c >= '0' && c <= '9' ? number * 10 + (uint64_t)(c - '0') : 0;
    }
    return head_bytes + largest;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); /* lint: callback */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) /* lint: callback */
{
    if (size == 0) {
        return 0;
    }
    struct sr_bytes head = sr_bytes(data + 1, size - 1);
    uint64_t file_bytes = data[0] % 2 == 0 ? fitting_file_bytes(head) : head.len;
    SR_AUTO(sr_tensors) t = NULL;
    struct sr_err err = {0};
    enum sr_status status = sr_safetensors_decode(head, file_bytes, &t, &err);
    REQUIRE((status == SR_OK) == (t != NULL));
    REQUIRE(status == SR_OK || (err.status == status && err.message[0] != '\0'));
    REQUIRE(sr_text_is_utf8(sr_text_view(err.message)));
    REQUIRE(status != SR_NO_MEMORY && status != SR_CONFLICT);
    if (t != NULL) {
        uint64_t head_bytes = 0;
        REQUIRE(sr_safetensors_head_bytes(head, file_bytes, &head_bytes, NULL) == SR_OK);
        check_tensors(t, head_bytes, file_bytes);
        SR_AUTO(sr_json) whole = NULL;
        struct sr_bytes header = sr_bytes(head.ptr + 8, (size_t)head_bytes - 8);
        REQUIRE(sr_json_decode(header, 3, &whole, NULL) == SR_OK);
    }
    return 0;
}
