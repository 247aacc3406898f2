/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/format.h"
#include "formats/safetensors.h"

static enum sr_match match(const struct sr_blob *blob)
{
    /* The length of the header, then its JSON. */
    const uint8_t *p = blob->bytes.ptr;
    return blob->bytes.len > 9 && p[8] == '{' && p[4] == 0 && p[5] == 0 && p[6] == 0 && p[7] == 0
               ? SR_MATCH_BYTES
               : SR_MATCH_NO;
}

static void inspect(struct sr_inspection *in, const struct sr_blob *blob)
{
    SR_AUTO(sr_tensors) tensors = NULL;
    struct sr_err err = {0};
    enum sr_status status = sr_safetensors_decode(blob->bytes, blob->bytes.len, &tensors, &err);
    if (status != SR_OK) {
        sr_inspection_fail(in, status, 0, &err);
        return;
    }
    /* The decoder allows neither holes nor overlaps nor trailing bytes: it explains every byte. */
    sr_inspection_cover(in, 0, blob->bytes.len);
}

static const char *const EXTENSIONS[] = {".safetensors", NULL};
const struct sr_format sr_format_safetensors = {
    .name = "safetensors",
    .title = "safetensors",
    .extensions = EXTENSIONS,
    .match = match,
    .inspect = inspect,
};
