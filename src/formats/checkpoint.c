/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/checkpoint.h"

#include "base/text.h"
#include "formats/lines.h"
#include "formats/note.h"

enum sr_status sr_checkpoint_decode(struct sr_bytes text, struct sr_checkpoint *out,
                                    struct sr_err *err)
{
    struct sr_checkpoint c = {0};
    struct sr_bytes rest = text;
    struct sr_bytes line;
    if (text.len > SR_CHECKPOINT_BYTES_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "a checkpoint of over %d bytes", SR_CHECKPOINT_BYTES_MAX);
    }
    if (!sr_note_is_text(text)) {
        return sr_fail(err, SR_MALFORMED, "not lines of text in UTF-8 (C-1)");
    }
    if (!sr_lines_take(&rest, &c.origin) || c.origin.len == 0) {
        return sr_fail(err, SR_MALFORMED, "line 1: no origin (C-2)");
    }
    if (c.origin.len > SR_CHECKPOINT_ORIGIN_BYTES_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "line 1: an origin of over %d bytes",
                       SR_CHECKPOINT_ORIGIN_BYTES_MAX);
    }
    if (!sr_lines_take(&rest, &line) || sr_text_parse_u64(line, 0, UINT64_MAX, &c.size) != SR_OK) {
        return sr_fail(err, SR_MALFORMED, "line 2: not a size in decimal digits (C-3)");
    }
    enum sr_status status =
        sr_lines_take(&rest, &line) ? sr_lines_hash(line, c.root) : SR_MALFORMED;
    if (status == SR_MALFORMED) {
        return sr_fail(err, status, "line 3: not 32 bytes of base64 (C-4)");
    }
    SR_TRY(status);
    if (!sr_lines_are_filled(rest)) {
        return sr_fail(err, SR_MALFORMED, "an empty extension line (C-5)");
    }
    c.extensions = rest;
    *out = c;
    return SR_OK;
}

enum sr_status sr_checkpoint_encode(const struct sr_checkpoint *checkpoint, struct sr_buf *out)
{
    SR_AUTO(sr_buf) text = NULL;
    struct sr_checkpoint again;
    SR_TRY(sr_buf_new(SR_CHECKPOINT_BYTES_MAX, &text));
    SR_TRY(sr_buf_append(text, checkpoint->origin));
    SR_TRY(sr_buf_append(text, sr_bytes("\n", 1)));
    SR_TRY(sr_lines_put_number("", checkpoint->size, text));
    SR_TRY(sr_lines_put_hash(checkpoint->root, text));
    SR_TRY(sr_buf_append(text, checkpoint->extensions));
    /* What could not be read back as the same is not written. */
    SR_TRY(sr_checkpoint_decode(sr_buf_view(text), &again, NULL));
    if (!sr_text_equal(again.origin, checkpoint->origin) ||
        !sr_text_equal(again.extensions, checkpoint->extensions)) {
        return SR_MALFORMED;
    }
    return sr_buf_append(out, sr_buf_view(text));
}
