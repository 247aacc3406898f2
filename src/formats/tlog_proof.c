/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/tlog_proof.h"

#include <string.h>

#include "base/text.h"
#include "formats/base64.h"
#include "formats/lines.h"

static const char HEADER[] = "c2sp.org/tlog-proof@v1";

void sr_tlog_proof_clear(struct sr_tlog_proof *proof)
{
    sr_buf_free(proof->extra);
    *proof = (struct sr_tlog_proof){0};
}

/* Take a line that begins with prefix; *out is what follows. Takes nothing when it does not. */
static bool take_field(struct sr_bytes *rest, const char *prefix, struct sr_bytes *out)
{
    struct sr_bytes after = *rest;
    struct sr_bytes line;
    size_t len = strlen(prefix);
    if (!sr_lines_take(&after, &line) || line.len < len || memcmp(line.ptr, prefix, len) != 0) {
        return false;
    }
    *out = sr_bytes(line.ptr + len, line.len - len);
    *rest = after;
    return true;
}

static enum sr_status decode_extra(struct sr_bytes text, struct sr_tlog_proof *out,
                                   struct sr_err *err)
{
    SR_TRY(sr_buf_new(SR_TLOG_PROOF_EXTRA_BYTES_MAX, &out->extra));
    enum sr_status status = text.len == 0 ? SR_MALFORMED : sr_base64_decode(text, out->extra);
    if (status == SR_MALFORMED) {
        return sr_fail(err, status, "line 2: extra is not base64 (P-3)");
    }
    if (status == SR_TOO_LARGE) {
        return sr_fail(err, status, "line 2: extra is over %d bytes",
                       SR_TLOG_PROOF_EXTRA_BYTES_MAX);
    }
    return status;
}

/* Hashes up to an empty line, which is taken as well. */
static enum sr_status decode_hashes(struct sr_bytes *rest, struct sr_tlog_proof *out,
                                    struct sr_err *err)
{
    struct sr_bytes line;
    while (sr_lines_take(rest, &line)) {
        if (line.len == 0) {
            return SR_OK;
        }
        if (out->hashes == SR_TLOG_PROOF_HASHES_MAX) {
            return sr_fail(err, SR_TOO_LARGE, "over %d hashes", SR_TLOG_PROOF_HASHES_MAX);
        }
        enum sr_status status = sr_lines_hash(line, out->hash[out->hashes]);
        if (status == SR_MALFORMED) {
            return sr_fail(err, status, "hash %zu is not 32 bytes of base64 (P-5)",
                           out->hashes + 1);
        }
        SR_TRY(status);
        out->hashes++;
    }
    return sr_fail(err, SR_MALFORMED, "no empty line behind the hashes (P-6)");
}

enum sr_status sr_tlog_proof_decode(struct sr_bytes data, struct sr_tlog_proof *out,
                                    struct sr_err *err)
{
    struct sr_bytes rest = data;
    struct sr_bytes text;
    if (data.len > SR_TLOG_PROOF_BYTES_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "a receipt of over %d bytes", SR_TLOG_PROOF_BYTES_MAX);
    }
    if (!take_field(&rest, HEADER, &text) || text.len != 0) {
        return sr_fail(err, SR_MALFORMED, "line 1 is not '%s' (P-1)", HEADER);
    }
    if (take_field(&rest, "extra ", &text)) {
        SR_TRY(decode_extra(text, out, err));
    }
    if (!take_field(&rest, "index ", &text) ||
        sr_text_parse_u64(text, 0, UINT64_MAX, &out->index) != SR_OK) {
        return sr_fail(err, SR_MALFORMED, "no index in decimal digits (P-4)");
    }
    SR_TRY(decode_hashes(&rest, out, err));
    if (rest.len == 0 || rest.ptr[rest.len - 1] != '\n') {
        return sr_fail(err, SR_MALFORMED, "no checkpoint that ends in a newline (P-7)");
    }
    out->checkpoint = rest;
    return SR_OK;
}

enum sr_status sr_tlog_proof_encode(const struct sr_tlog_proof *proof, struct sr_buf *out)
{
    struct sr_bytes checkpoint = proof->checkpoint;
    if (proof->hashes > SR_TLOG_PROOF_HASHES_MAX) {
        return SR_TOO_LARGE;
    }
    if (checkpoint.len == 0 || checkpoint.ptr[checkpoint.len - 1] != '\n' ||
        (proof->extra != NULL && sr_buf_view(proof->extra).len == 0)) {
        return SR_MALFORMED;
    }
    SR_TRY(sr_buf_append(out, sr_text_view(HEADER)));
    SR_TRY(sr_buf_append(out, sr_bytes("\n", 1)));
    if (proof->extra != NULL) {
        SR_TRY(sr_buf_append(out, sr_text_view("extra ")));
        SR_TRY(sr_base64_encode(sr_buf_view(proof->extra), out));
        SR_TRY(sr_buf_append(out, sr_bytes("\n", 1)));
    }
    SR_TRY(sr_lines_put_number("index ", proof->index, out));
    for (size_t i = 0; i < proof->hashes; i++) {
        SR_TRY(sr_lines_put_hash(proof->hash[i], out));
    }
    SR_TRY(sr_buf_append(out, sr_bytes("\n", 1)));
    return sr_buf_append(out, checkpoint);
}
