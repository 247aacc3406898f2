/* SPDX-License-Identifier: Apache-2.0 */
/* The lineage of a version. Checked: what is accepted is written again and read as the same. */
#include <stdlib.h>

#include "artifact/lineage_json.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) /* lint: callback */
{
    struct sr_lineage_record r = {0};
    struct sr_lineage_record back = {0};
    struct sr_err err = {0};
    SR_AUTO(sr_buf) text = NULL;
    SR_AUTO(sr_buf) again = NULL;
    if (sr_lineage_decode(sr_bytes(data, size), &r, &err) != SR_OK) {
        return 0;
    }
    require(sr_buf_new(SR_LINEAGE_BYTES_MAX, &text) == SR_OK);
    require(sr_buf_new(SR_LINEAGE_BYTES_MAX, &again) == SR_OK);
    require(sr_lineage_encode(&r, text) == SR_OK);
    require(sr_lineage_decode(sr_buf_view(text), &back, &err) == SR_OK);
    require(sr_lineage_encode(&back, again) == SR_OK);
    require(sr_text_equal(sr_buf_view(text), sr_buf_view(again)));
    sr_lineage_record_clear(&r);
    sr_lineage_record_clear(&back);
    return 0;
}
