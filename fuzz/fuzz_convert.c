/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The input is a file to convert. Checked: what is converted is a safetensors file that the strict
 * decoder takes, each byte of it written once; nothing is written for what is refused; and no
 * tensor of what passes reaches beyond its storage.
 */
#include <stdlib.h>
#include <string.h>

#include "artifact/convert.h"
#include "base/text.h"
#include "formats/safetensors.h"
#include "fuzz/require.h"

/* What is kept of an output; of a longer one, the length counts alone. */
#define KEPT_BYTES ((size_t)1 << 20)

struct output {
    uint8_t *bytes;
    uint64_t written;
    uint64_t end;
};

static enum sr_status keep(void *ctx, uint64_t offset, struct sr_bytes data, struct sr_err *err)
{
    struct output *out = ctx;
    (void)err;
    out->written += data.len;
    out->end = offset + data.len > out->end ? offset + data.len : out->end;
    if (offset <= KEPT_BYTES && data.len <= KEPT_BYTES - offset) {
        memcpy(out->bytes + offset, data.ptr, data.len);
    }
    return SR_OK;
}

static void check_output(const struct output *out, const struct sr_converted *converted)
{
    SR_AUTO(sr_tensors) tensors = NULL;
    REQUIRE(converted->verdict == SR_VERDICT_PASS);
    REQUIRE(out->written == converted->bytes && out->end <= converted->bytes);
    size_t len = converted->bytes < KEPT_BYTES ? (size_t)converted->bytes : KEPT_BYTES;
    REQUIRE(sr_safetensors_decode(sr_bytes(out->bytes, len), converted->bytes, &tensors, NULL) ==
            SR_OK);
    REQUIRE(sr_tensors_count(tensors) == converted->tensors);
}

/* What is said last: names before it may say anything. */
static bool is_beyond(const char *message)
{
    static const char SAID[] = ": it reaches beyond its storage";
    const char *last = strrchr(message, ':');
    return last != NULL && strncmp(last, SAID, sizeof SAID - 1) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); /* lint: callback */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) /* lint: callback */
{
    struct output out = {.bytes = malloc(KEPT_BYTES)};
    struct sr_sink sink = {.write_at = keep, .ctx = &out};
    struct sr_converted converted = {0};
    struct sr_err err = {0};
    if (out.bytes == NULL) {
        return 0;
    }
    enum sr_status status =
        sr_convert(sr_text_view("m.pt"), sr_bytes(data, size), &sink, &converted, &err);
    REQUIRE(status != SR_CORRUPT && status != SR_INTERNAL && status != SR_IO);
    REQUIRE(status == SR_OK || (err.status == status && err.message[0] != '\0'));
    REQUIRE(status == SR_OK || out.written == 0);
    REQUIRE(status != SR_MALFORMED || !is_beyond(err.message));
    if (status == SR_OK) {
        check_output(&out, &converted);
    }
    free(out.bytes);
    return 0;
}
