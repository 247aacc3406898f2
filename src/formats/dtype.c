/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/dtype.h"

#include <stddef.h>

#include "base/text.h"

static const struct sr_dtype DTYPES[] = {
#define DTYPE(code, name, elements, bytes, st, gguf) {#name, code, st, gguf, elements, bytes},
#include "formats/dtype.def"
#undef DTYPE
};

#define DTYPE_COUNT (sizeof DTYPES / sizeof DTYPES[0])

const struct sr_dtype *sr_dtype_by_name(struct sr_bytes name)
{
    for (size_t i = 0; i < DTYPE_COUNT; i++) {
        if (sr_text_equal(sr_text_view(DTYPES[i].name), name)) {
            return &DTYPES[i];
        }
    }
    return NULL;
}

const struct sr_dtype *sr_dtype_by_code(uint8_t code)
{
    for (size_t i = 0; i < DTYPE_COUNT; i++) {
        if (DTYPES[i].code == code) {
            return &DTYPES[i];
        }
    }
    return NULL;
}

const struct sr_dtype *sr_dtype_by_gguf_type(uint32_t gguf_type)
{
    for (size_t i = 0; i < DTYPE_COUNT; i++) {
        if (DTYPES[i].gguf_type >= 0 && (uint32_t)DTYPES[i].gguf_type == gguf_type) {
            return &DTYPES[i];
        }
    }
    return NULL;
}

bool sr_dtype_bytes(const struct sr_dtype *dtype, uint64_t elements, uint64_t *out)
{
    uint64_t blocks = elements / dtype->block_elements;
    if (elements % dtype->block_elements != 0 || blocks > UINT64_MAX / dtype->block_bytes) {
        return false;
    }
    *out = blocks * dtype->block_bytes;
    return true;
}

bool sr_dtype_elements(const uint64_t *shape, uint8_t rank, uint64_t *out)
{
    uint64_t elements = 1;
    bool has_zero = false;
    for (uint8_t i = 0; i < rank; i++) {
        if (shape[i] == 0) {
            has_zero = true;
            continue;
        }
        if (elements > UINT64_MAX / shape[i]) {
            return false;
        }
        elements *= shape[i];
    }
    *out = has_zero ? 0 : elements;
    return true;
}
