/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "artifact/coverage.h"
#include "artifact/format.h"
#include "artifact/inert.h"
#include "artifact/keras.h"
#include "base/limits.h"
#include "base/text.h"
#include "formats/hdf5.h"

/* What a data set may say beyond what the file holds of it: one that nobody wrote to yet. */
#define UNWRITTEN_BYTES_MAX ((uint64_t)1 << 20)
/* The library looks for its signature at 512, 1024, 2048... when it is not at 0. */
#define USER_BLOCK_BYTES_MIN 512

struct look {
    struct sr_inspection *in;
    const struct sr_subject *blob;
    struct sr_coverage *claimed; /* to know the gaps */
    uint64_t unwritten;          /* what all shapes say beyond what the file holds */
    bool is_shape_found;
};

static enum sr_match match(const struct sr_subject *blob)
{
    struct sr_bytes rest = blob->bytes;
    if (sr_hdf5_is(rest)) {
        return SR_MATCH_BYTES;
    }
    for (size_t at = USER_BLOCK_BYTES_MIN; at < rest.len && at <= SIZE_MAX / 2; at *= 2) {
        if (sr_hdf5_is(sr_bytes(rest.ptr + at, rest.len - at))) { /* H-1 */
            return SR_MATCH_BYTES;
        }
    }
    return SR_MATCH_NO;
}

static void on_claim(void *ctx, uint64_t offset, uint64_t len)
{
    struct look *l = ctx;
    enum sr_status status = sr_coverage_claim(l->claimed, offset, len);
    if (status != SR_OK) {
        sr_inspection_fail(l->in, status, offset, NULL);
    }
    sr_inspection_cover(l->in, offset, len);
}

static bool is_config(struct sr_bytes name)
{
    return sr_text_equal(name, sr_text_view("model_config")) ||
           sr_text_equal(name, sr_text_view("training_config"));
}

static void on_text(void *ctx, const struct sr_hdf5_text *text)
{
    struct look *l = ctx;
    uint64_t offset = text->text.len == 0 ? 0 : (uint64_t)(text->text.ptr - l->blob->bytes.ptr);
    if (text->kind == SR_HDF5_ATTRIBUTE && is_config(text->name)) { /* H-50 */
        sr_keras_config_inspect(l->in, text->text, offset);
        return;
    }
    sr_inert_check(l->in, text->text, offset); /* H-51 */
}

/* H-26: CVE-2026-0897, a shape that makes the reader allocate what the file never held. */
static void on_dataset(void *ctx, const struct sr_hdf5_dataset *dataset)
{
    struct look *l = ctx;
    uint64_t explained = 0;
    uint64_t rest = 0;
    if (__builtin_mul_overflow(dataset->stored, (uint64_t)SR_LIMIT_INSPECT_RATIO, &explained)) {
        explained = UINT64_MAX;
    }
    if (dataset->bytes > explained) {
        rest = dataset->bytes - explained;
    }
    if (__builtin_add_overflow(l->unwritten, rest, &l->unwritten)) {
        l->unwritten = UINT64_MAX;
    }
    if (l->unwritten > UNWRITTEN_BYTES_MAX && !l->is_shape_found) {
        l->is_shape_found = true;
        sr_inspection_find(l->in, SR_RULE_HDF5_SHAPE, dataset->offset, 0,
                           "a data set of %llu bytes, of which the file holds %llu",
                           (unsigned long long)dataset->bytes, (unsigned long long)dataset->stored);
    }
}

static void on_feature(void *ctx, enum sr_hdf5_feature feature, uint64_t offset,
                       struct sr_bytes text)
{
    static const enum sr_rule RULES[] = {
        [SR_HDF5_EXTERNAL_LINK] = SR_RULE_HDF5_EXTERNAL,
        [SR_HDF5_SOFT_LINK] = SR_RULE_HDF5_SOFT_LINK,
        [SR_HDF5_USER_LINK] = SR_RULE_HDF5_USER_LINK,
        [SR_HDF5_EXTERNAL_STORAGE] = SR_RULE_HDF5_EXTERNAL,
        [SR_HDF5_VIRTUAL] = SR_RULE_HDF5_VIRTUAL,
        [SR_HDF5_FILTER] = SR_RULE_HDF5_FILTER,
    };
    struct look *l = ctx;
    char quoted[SR_EVIDENCE_BYTES];
    sr_inspection_find(l->in, RULES[feature], offset, text.len, "'%s'",
                       sr_inspection_quote(text, quoted));
}

/* H-15: the library leaves gaps between its blocks; those are zero. */
static void claim_gaps(struct look *l)
{
    struct sr_bytes bytes = l->blob->bytes;
    struct sr_coverage_fault fault = {0};
    uint64_t from = 0;
    while (sr_coverage_fault(l->claimed, bytes.len, from, &fault)) {
        from = fault.offset + fault.len;
        bool is_gap = !fault.is_twice && fault.offset < bytes.len && from <= bytes.len;
        if (is_gap && sr_hdf5_is_zero(sr_bytes(bytes.ptr + fault.offset, (size_t)fault.len))) {
            sr_inspection_cover(l->in, fault.offset, fault.len);
        }
    }
}

static void inspect(struct sr_inspection *in, const struct sr_subject *blob)
{
    SR_AUTO(sr_coverage) claimed = NULL;
    struct sr_err err = {0};
    struct look look = {.in = in, .blob = blob};
    if (sr_coverage_new(&claimed) != SR_OK) {
        sr_inspection_fail(in, SR_NO_MEMORY, 0, NULL);
        return;
    }
    look.claimed = claimed;
    struct sr_hdf5_events events = {.claim = on_claim,
                                    .text = on_text,
                                    .dataset = on_dataset,
                                    .feature = on_feature,
                                    .ctx = &look};
    enum sr_status status = sr_hdf5_decode(blob->bytes, &events, &err);
    if (status != SR_OK) {
        sr_inspection_fail(in, status, 0, &err);
        return;
    }
    claim_gaps(&look);
}

static const char *const EXTENSIONS[] = {".h5", ".hdf5", ".hdf", ".he5", NULL};
const struct sr_format sr_format_hdf5 = {
    .name = "hdf5",
    .title = "HDF5",
    .extensions = EXTENSIONS,
    .match = match,
    .inspect = inspect,
};
