/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checked: all that is told of lies in the file, what is claimed is no more than the file when each
 * byte is claimed once, and the verdict of an inspection is that of its findings. Checksums that
 * are wrong are put right and the file is read again.
 */
#include "base/text.h"
#include "formats/hdf5.h"
#include "fuzz/inspect.h"
#include "tests/hdf5_repair.h"

#define REPAIRS_MAX 64

static void check_view(const struct sr_bytes *file, struct sr_bytes view)
{
    fuzz_require(view.len == 0 ||
                 (view.ptr >= file->ptr && view.len <= (size_t)(file->ptr + file->len - view.ptr)));
}

static void on_claim(void *ctx, uint64_t offset, uint64_t len)
{
    const struct sr_bytes *file = ctx;
    fuzz_require(len > 0 && offset < file->len && len <= file->len - offset);
}

static void on_text(void *ctx, const struct sr_hdf5_text *text)
{
    check_view(ctx, text->name);
    check_view(ctx, text->text);
}

static void on_dataset(void *ctx, const struct sr_hdf5_dataset *dataset)
{
    const struct sr_bytes *file = ctx;
    fuzz_require(dataset->rank <= SR_HDF5_RANK_MAX && dataset->offset < file->len);
}

static void on_feature(void *ctx, enum sr_hdf5_feature feature, uint64_t offset,
                       struct sr_bytes text)
{
    const struct sr_bytes *file = ctx;
    fuzz_require(feature <= SR_HDF5_FILTER && offset <= file->len);
    check_view(file, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); /* lint: callback */

static bool decode(uint8_t *data, size_t size)
{
    struct sr_bytes file = sr_bytes(data, size);
    struct sr_hdf5_events events = {.claim = on_claim,
                                    .text = on_text,
                                    .dataset = on_dataset,
                                    .feature = on_feature,
                                    .ctx = &file};
    struct sr_err err = {0};
    enum sr_status status = sr_hdf5_decode(file, &events, &err);
    fuzz_require(status == SR_OK || (err.status == status && err.message[0] != '\0'));
    fuzz_require(sr_text_is_utf8(sr_text_view(err.message)));
    fuzz_require(status != SR_NO_MEMORY && status != SR_CONFLICT);
    return status == SR_MALFORMED && hdf5_repair(data, size, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) /* lint: callback */
{
    uint8_t *copy = malloc(size + 1);
    if (copy == NULL) {
        return 0;
    }
    memcpy(copy, data, size);
    for (unsigned i = 0; i < REPAIRS_MAX && decode(copy, size); i++) {
    }
    /* Other formats have targets of their own. */
    if (sr_hdf5_is(sr_bytes(copy, size))) {
        fuzz_inspect("model.h5", copy, size);
    }
    free(copy);
    return 0;
}
