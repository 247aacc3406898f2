/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "artifact/format.h"
#include "formats/gguf.h"

static enum sr_match match(const struct sr_blob *blob)
{
    return blob->bytes.len >= 4 && memcmp(blob->bytes.ptr, "GGUF", 4) == 0 ? SR_MATCH_BYTES
                                                                           : SR_MATCH_NO;
}

static void inspect(struct sr_inspection *in, const struct sr_blob *blob)
{
    SR_AUTO(sr_tensors) tensors = NULL;
    struct sr_err err = {0};
    enum sr_status status = sr_gguf_decode(blob->bytes, blob->bytes.len, &tensors, &err);
    if (status != SR_OK) {
        sr_inspection_fail(in, status, 0, &err);
        return;
    }
    sr_inspection_cover(in, 0, blob->bytes.len);
}

static const char *const EXTENSIONS[] = {".gguf", NULL};
const struct sr_format sr_format_gguf = {
    .name = "gguf",
    .title = "GGUF",
    .extensions = EXTENSIONS,
    .match = match,
    .inspect = inspect,
};
