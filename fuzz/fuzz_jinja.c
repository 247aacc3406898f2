/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A template. Checked: notes come in the order of the text or from within it, and a walk gives the
 * same notes each time; a fault has a message.
 */
#include <stdlib.h>

#include "base/text.h"
#include "formats/jinja.h"
#include "fuzz/require.h"

struct seen {
    size_t size;
    uint64_t count;
    uint64_t sum;
};

static void keep(void *ctx, const struct sr_jinja_note *note)
{
    struct seen *seen = ctx;
    REQUIRE(note->offset < seen->size);
    REQUIRE(note->text.len <= seen->size);
    seen->count++;
    seen->sum = seen->sum * 31 + note->offset * 16 + note->kind + note->text.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); /* lint: callback */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) /* lint: callback */
{
    struct seen first = {.size = size};
    struct seen second = {.size = size};
    struct sr_err err = {0};
    enum sr_status status = sr_jinja_walk(sr_bytes(data, size), keep, &first, &err);
    REQUIRE(status == SR_OK || (err.status == status && err.message[0] != '\0'));
    REQUIRE(sr_text_is_utf8(sr_text_view(err.message)));
    REQUIRE(sr_jinja_walk(sr_bytes(data, size), keep, &second, NULL) == status);
    REQUIRE(first.count == second.count && first.sum == second.sum);
    return 0;
}
