/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An evidence pack: lines that are accepted are written again byte for byte, in the order in which
 * they may come, and memory does not grow with what the pack says.
 */
#include <string.h>

#include "audit/pack.h"
#include "base/text.h"
#include "fuzz/require.h"

struct text {
    struct sr_bytes rest;
    size_t step;
};

static enum sr_status read_text(void *ctx, uint8_t *out, size_t len, size_t *out_got,
                                struct sr_err *err)
{
    struct text *t = ctx;
    (void)err;
    size_t n = t->rest.len < t->step ? t->rest.len : t->step;
    n = n < len ? n : len;
    if (n > 0) {
        memcpy(out, t->rest.ptr, n);
        t->rest = sr_bytes(t->rest.ptr + n, t->rest.len - n);
    }
    *out_got = n;
    return SR_OK;
}

static void try_line(struct sr_bytes text, unsigned *order)
{
    SR_CLEANUP(sr_pack_line_clear) struct sr_pack_line line = {0};
    SR_AUTO(sr_buf) out = NULL;
    if (sr_pack_line_decode(text, &line, NULL) != SR_OK) {
        return;
    }
    REQUIRE(sr_buf_new(text.len + 1, &out) == SR_OK);
    REQUIRE(sr_pack_line_encode(&line, out, NULL) == SR_OK);
    struct sr_bytes again = sr_buf_view(out);
    REQUIRE(again.len == text.len + 1 && again.ptr[text.len] == '\n');
    REQUIRE(memcmp(again.ptr, text.ptr, text.len) == 0);
    if (sr_pack_order(order, line.kind, NULL) == SR_OK) {
        REQUIRE(*order == 1 + (unsigned)line.kind);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SR_AUTO(sr_pack_reader) r = NULL;
    struct text t = {.rest = sr_bytes(data, size), .step = size % 97 + 1};
    struct sr_pack_source source = {.read = read_text, .ctx = &t};
    struct sr_bytes line;
    uint64_t number = 1;
    unsigned order = 0;
    REQUIRE(sr_pack_reader_new(&source, &r, NULL) == SR_OK);
    while (number > 0 && sr_pack_reader_next(r, &line, &number, NULL) == SR_OK) {
        if (number > 0) {
            REQUIRE(line.len > 0 && memchr(line.ptr, '\n', line.len) == NULL);
            try_line(line, &order);
        }
    }
    return 0;
}
