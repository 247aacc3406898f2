/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checked: opcodes come one after the other without gaps, arguments lie within them, an opcode
 * decodes again to the same, and without its last byte a stream is not whole.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "formats/pickle.h"
#include "fuzz/require.h"

static void check_op(struct sr_bytes input, const struct sr_pickle_op *op, uint64_t end)
{
    struct sr_pickle_op again = {0};
    int64_t integer = 0;
    uint64_t slot = 0;
    REQUIRE(op->at < end && end <= input.len);
    REQUIRE(op->code == input.ptr[op->at] && sr_pickle_opcodes[op->code].name != NULL);
    REQUIRE(op->arg.len == 0 ||
            (op->arg.ptr > input.ptr + op->at && op->arg.ptr + op->arg.len <= input.ptr + end));
    (void)sr_pickle_integer(op, &integer);
    enum sr_pickle_form form = sr_pickle_opcodes[op->code].form;
    if (op->code == SR_PICKLE_CODE_GET || op->code == SR_PICKLE_CODE_BINGET ||
        op->code == SR_PICKLE_CODE_LONG_BINGET) {
        (void)sr_pickle_slot(op, &slot);
    }
    if (form >= SR_PICKLE_FORM_LINE) {
        again = sr_pickle_again(input, op->at);
        REQUIRE(again.arg.ptr == op->arg.ptr && again.arg.len == op->arg.len);
    }
}

static enum sr_status decode(struct sr_bytes input, bool is_checked, struct sr_err *err)
{
    struct sr_pickle_reader r = sr_pickle_reader(input, 0);
    struct sr_pickle_op op = {0};
    while (op.code != SR_PICKLE_CODE_STOP) {
        uint64_t at = r.at;
        enum sr_status status = sr_pickle_next(&r, &op, err);
        if (status != SR_OK) {
            REQUIRE(r.at == at);
            return status;
        }
        REQUIRE(op.at == at);
        if (is_checked) {
            check_op(input, &op, r.at);
        }
    }
    return r.at == input.len ? SR_OK : SR_CONFLICT;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); /* lint: callback */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) /* lint: callback */
{
    struct sr_bytes input = sr_bytes(data, size);
    struct sr_err err = {0};
    enum sr_status status = decode(input, true, &err);
    REQUIRE(status == SR_OK || status == SR_CONFLICT ||
            (err.status == status && strncmp(err.message, "pickle: ", 8) == 0));
    REQUIRE(sr_text_is_utf8(sr_text_view(err.message)));
    if (status == SR_OK) {
        enum sr_status shorter = decode(sr_bytes(data, size - 1), false, NULL);
        REQUIRE(shorter == SR_TRUNCATED || shorter == SR_MALFORMED);
    }
    return 0;
}
