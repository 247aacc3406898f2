/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The statement of an act: what is accepted is written back as the same, and its page for people is
 * lines of plain text.
 */
#include <stdlib.h>
#include <string.h>

#include "acts/describe.h"
#include "fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void describe(const struct sr_act *act)
{
    SR_AUTO(sr_buf) out = NULL;
    REQUIRE(sr_buf_new((size_t)1 << 20, &out) == SR_OK);
    REQUIRE(sr_act_describe(act, out) == SR_OK);
    struct sr_bytes page = sr_buf_view(out);
    while (page.len > 0) {
        const uint8_t *end = memchr(page.ptr, '\n', page.len);
        REQUIRE(end != NULL);
        size_t len = (size_t)(end - page.ptr);
        REQUIRE(len > SR_DESCRIBE_INDENT && sr_text_is_plain(sr_bytes(page.ptr, len)));
        page = sr_bytes(end + 1, page.len - len - 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sr_bytes input = sr_bytes(data, size);
    SR_AUTO(sr_act_text) t = NULL;
    SR_AUTO(sr_buf) out = NULL;
    if (sr_act_decode(input, &t, NULL) == SR_OK) {
        REQUIRE(sr_buf_new(input.len, &out) == SR_OK);
        REQUIRE(sr_act_encode(sr_act_text_view(t), out, NULL) == SR_OK);
        REQUIRE(sr_text_equal(sr_buf_view(out), input));
        describe(sr_act_text_view(t));
    }
    return 0;
}
