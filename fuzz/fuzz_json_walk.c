/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A JSON text. Checked: what the decoder of json.h accepts is accepted here; maps and lists close
 * in the order in which they opened.
 */
#include <stdlib.h>

#include "base/text.h"
#include "formats/json.h"
#include "formats/json_walk.h"
#include "fuzz/require.h"

struct seen {
    unsigned depth;
    size_t offset;
    size_t size;
};

static void visit(void *ctx, const struct sr_event *event)
{
    struct seen *seen = ctx;
    bool closes = event->kind == SR_EVENT_MAP_END || event->kind == SR_EVENT_LIST_END;
    seen->depth -= closes;
    REQUIRE(event->depth == seen->depth);
    REQUIRE(event->offset < seen->size && event->offset >= seen->offset);
    REQUIRE(event->text.len <= seen->size);
    seen->depth += event->kind == SR_EVENT_MAP || event->kind == SR_EVENT_LIST;
    seen->offset = event->offset;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); /* lint: callback */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) /* lint: callback */
{
    struct seen seen = {.size = size};
    struct sr_err err = {0};
    SR_AUTO(sr_json) tree = NULL;
    enum sr_status status = sr_json_walk(sr_bytes(data, size), visit, &seen, &err);
    REQUIRE(status == SR_OK || (err.status == status && err.message[0] != '\0'));
    REQUIRE(status != SR_OK || seen.depth == 0);
    if (sr_json_decode(sr_bytes(data, size), SR_JSON_WALK_DEPTH_MAX, &tree, NULL) == SR_OK) {
        REQUIRE(status == SR_OK);
    }
    return 0;
}
