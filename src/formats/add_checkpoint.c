/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/add_checkpoint.h"

#include <string.h>

#include "base/text.h"
#include "formats/lines.h"

static const char OLD[] = "old ";

static enum sr_status decode_old(struct sr_bytes *rest, uint64_t *out, struct sr_err *err)
{
    struct sr_bytes line;
    size_t len = strlen(OLD);
    if (!sr_lines_take(rest, &line) || line.len < len || memcmp(line.ptr, OLD, len) != 0 ||
        sr_text_parse_u64(sr_bytes(line.ptr + len, line.len - len), 0, UINT64_MAX, out) != SR_OK) {
        return sr_fail(err, SR_MALFORMED, "line 1 is not 'old' and a size (W-1)");
    }
    return SR_OK;
}

enum sr_status sr_add_checkpoint_decode(struct sr_bytes data, struct sr_add_checkpoint *out,
                                        struct sr_err *err)
{
    struct sr_add_checkpoint request = {0};
    struct sr_bytes rest = data;
    struct sr_bytes line = {0};
    if (data.len > SR_ADD_CHECKPOINT_BYTES_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "a request of over %zu bytes",
                       SR_ADD_CHECKPOINT_BYTES_MAX);
    }
    SR_TRY(decode_old(&rest, &request.old_size, err));
    for (;;) {
        if (!sr_lines_take(&rest, &line)) {
            return sr_fail(err, SR_MALFORMED, "no empty line behind the proof (W-3)");
        }
        if (line.len == 0) {
            break;
        }
        if (request.hashes == SR_ADD_CHECKPOINT_HASHES_MAX) {
            return sr_fail(err, SR_TOO_LARGE, "over %d hashes (W-2)", SR_ADD_CHECKPOINT_HASHES_MAX);
        }
        enum sr_status status = sr_lines_hash(line, request.hash[request.hashes]);
        if (status != SR_OK) {
            return sr_fail(err, status, "line %zu is not 32 bytes of base64 (W-2)",
                           request.hashes + 2);
        }
        request.hashes++;
    }
    if (rest.len == 0 || rest.ptr[rest.len - 1] != '\n') {
        return sr_fail(err, SR_MALFORMED, "no checkpoint that ends in a newline (W-4)");
    }
    request.checkpoint = rest;
    *out = request;
    return SR_OK;
}

enum sr_status sr_add_checkpoint_encode(const struct sr_add_checkpoint *request, struct sr_buf *out)
{
    struct sr_bytes checkpoint = request->checkpoint;
    if (request->hashes > SR_ADD_CHECKPOINT_HASHES_MAX) {
        return SR_TOO_LARGE;
    }
    if (checkpoint.len == 0 || checkpoint.ptr[checkpoint.len - 1] != '\n') {
        return SR_MALFORMED;
    }
    SR_TRY(sr_lines_put_number(OLD, request->old_size, out));
    for (size_t i = 0; i < request->hashes; i++) {
        SR_TRY(sr_lines_put_hash(request->hash[i], out));
    }
    SR_TRY(sr_buf_append(out, sr_bytes("\n", 1)));
    return sr_buf_append(out, checkpoint);
}

enum sr_status sr_add_checkpoint_decode_size(struct sr_bytes data, uint64_t *out)
{
    if (data.len < 2 || data.ptr[data.len - 1] != '\n') {
        return SR_MALFORMED;
    }
    return sr_text_parse_u64(sr_bytes(data.ptr, data.len - 1), 0, UINT64_MAX, out) == SR_OK
               ? SR_OK
               : SR_MALFORMED;
}
