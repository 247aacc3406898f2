/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "artifact/format.h"
#include "artifact/pickle.h"
#include "formats/npy.h"

static enum sr_match match(const struct sr_subject *blob)
{
    return sr_npy_is(blob->bytes) ? SR_MATCH_BYTES : SR_MATCH_NO;
}

/* N-13: an object array is a pickle; numpy.load() runs it and looks no further. */
static void inspect_objects(struct sr_inspection *in, struct sr_bytes bytes, uint64_t offset)
{
    struct sr_pickle_run run = {.context = SR_PICKLE_NUMPY};
    struct sr_pickle_result result;
    sr_pickle_run(in, &run, bytes, offset, &result);
    /* A newline that an editor put at the end, as in a file of NumPy's own tests. */
    if (result.is_whole && bytes.len - result.end == 1 && bytes.ptr[result.end] == '\n') {
        sr_inspection_cover(in, result.end, 1);
    }
}

/* What safetensors calls it; NULL: it has no such type. */
static const char *dtype_of(const struct sr_npy *npy)
{
    static const struct {
        enum sr_npy_kind kind;
        uint64_t bytes;
        const char *name;
    } DTYPES[] = {
        {SR_NPY_BOOL, 1, "BOOL"},   {SR_NPY_INT, 1, "I8"},    {SR_NPY_INT, 2, "I16"},
        {SR_NPY_INT, 4, "I32"},     {SR_NPY_INT, 8, "I64"},   {SR_NPY_UINT, 1, "U8"},
        {SR_NPY_UINT, 2, "U16"},    {SR_NPY_UINT, 4, "U32"},  {SR_NPY_UINT, 8, "U64"},
        {SR_NPY_FLOAT, 2, "F16"},   {SR_NPY_FLOAT, 4, "F32"}, {SR_NPY_FLOAT, 8, "F64"},
        {SR_NPY_COMPLEX, 8, "C64"},
    };
    for (size_t i = 0; i < sizeof DTYPES / sizeof DTYPES[0]; i++) {
        if (DTYPES[i].kind == npy->kind && DTYPES[i].bytes == npy->item_bytes) {
            return DTYPES[i].name;
        }
    }
    return NULL;
}

/* In elements; decoding saw to it that the products fit. */
static void set_strides(const struct sr_npy *npy, uint64_t strides[SR_NPY_RANK_MAX])
{
    uint64_t stride = 1;
    for (uint8_t i = 0; i < npy->rank; i++) {
        uint8_t dimension = npy->is_fortran ? i : (uint8_t)(npy->rank - 1 - i);
        strides[dimension] = stride;
        stride *= npy->shape[dimension] == 0 ? 1 : npy->shape[dimension];
    }
}

/* What the array is called: in a .npz file as its member, without the suffix. */
static struct sr_bytes name_of(const struct sr_subject *blob)
{
    struct sr_bytes name = blob->outer != NULL ? blob->name : sr_bytes(NULL, 0);
    if (name.len > 4 && memcmp(name.ptr + name.len - 4, ".npy", 4) == 0) {
        name.len -= 4;
    }
    return name;
}

static void hand_out(struct sr_inspection *in, const struct sr_subject *blob,
                     const struct sr_npy *npy)
{
    uint64_t strides[SR_NPY_RANK_MAX];
    struct sr_storage_view view = {.storage = sr_inspection_storage(in), .element_bytes = 1};
    view.dtype = dtype_of(npy);
    if (view.dtype != NULL) {
        set_strides(npy, strides);
        view.element_bytes = (uint32_t)npy->item_bytes;
        view.is_big_endian = npy->is_big_endian;
        view.rank = npy->rank;
        view.sizes = npy->shape;
        view.strides = strides;
    }
    size_t tensor = sr_inspection_tensor(in, &view);
    sr_inspection_tensor_name(in, tensor, name_of(blob), true);
    sr_inspection_storage_bytes(
        in, view.storage,
        sr_bytes(blob->bytes.ptr + npy->data_offset, blob->bytes.len - npy->data_offset));
}

/* A header that is refused here may please a lenient reader: what it would unpickle is looked at.
 */
static void inspect_broken(struct sr_inspection *in, const struct sr_subject *blob)
{
    size_t offset = 0;
    if (sr_npy_data_offset(blob->bytes, &offset, NULL) == SR_OK &&
        sr_pickle_would_run(sr_bytes(blob->bytes.ptr + offset, blob->bytes.len - offset))) {
        inspect_objects(in, blob->bytes, offset);
    }
}

static void inspect(struct sr_inspection *in, const struct sr_subject *blob)
{
    struct sr_npy npy = {0};
    struct sr_err err = {0};
    enum sr_status status = sr_npy_decode(blob->bytes, &npy, &err);
    if (status != SR_OK) {
        sr_inspection_fail(in, status, 0, &err);
        inspect_broken(in, blob);
        return;
    }
    if (npy.has_object) {
        sr_inspection_cover(in, 0, npy.data_offset);
        inspect_objects(in, blob->bytes, npy.data_offset);
    } else {
        sr_inspection_cover(in, 0, blob->bytes.len);
    }
    hand_out(in, blob, &npy);
}

static const char *const EXTENSIONS[] = {".npy", NULL};
const struct sr_format sr_format_npy = {
    .name = "npy",
    .title = "NumPy array",
    .extensions = EXTENSIONS,
    .match = match,
    .inspect = inspect,
};
