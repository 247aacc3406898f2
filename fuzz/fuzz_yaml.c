/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A YAML text. Checked: maps and lists close in the order in which they opened, there is one value,
 * and the front matter of the text is within it.
 */
#include <stdlib.h>

#include "base/text.h"
#include "formats/yaml.h"
#include "fuzz/require.h"

struct seen {
    unsigned depth;
    unsigned roots;
    size_t size;
};

static void visit(void *ctx, const struct sr_event *event)
{
    struct seen *seen = ctx;
    bool closes = event->kind == SR_EVENT_MAP_END || event->kind == SR_EVENT_LIST_END;
    seen->depth -= closes;
    REQUIRE(event->depth == seen->depth);
    REQUIRE(event->offset <= seen->size);
    seen->roots += event->depth == 0 && !closes;
    seen->depth += event->kind == SR_EVENT_MAP || event->kind == SR_EVENT_LIST;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); /* lint: callback */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) /* lint: callback */
{
    struct sr_bytes text = sr_bytes(data, size);
    struct seen seen = {.size = size};
    struct sr_err err = {0};
    struct sr_bytes front = {0};
    size_t offset = 0;
    enum sr_status status = sr_yaml_walk(text, visit, &seen, &err);
    REQUIRE(status == SR_OK || (err.status == status && err.message[0] != '\0'));
    REQUIRE(status != SR_OK || (seen.depth == 0 && seen.roots == 1));
    if (sr_yaml_front_matter(text, &front, &offset)) {
        REQUIRE(offset + front.len <= size && front.ptr == data + offset);
    }
    return 0;
}
