/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/note.h"

#include <string.h>

#include "base/text.h"
#include "formats/base64.h"

/* An em dash and a space: N-5. */
static const char MARK[] = "\xe2\x80\x94 ";
enum { MARK_BYTES = sizeof MARK - 1 };

void sr_note_clear(struct sr_note *note)
{
    sr_buf_free(note->memory);
    *note = (struct sr_note){0};
}

bool sr_note_is_text(struct sr_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < 0x20 && text.ptr[i] != '\n') {
            return false;
        }
    }
    return text.len > 0 && text.ptr[text.len - 1] == '\n' && sr_text_is_utf8(text);
}

/* White space beyond ASCII. source  Unicode 15, White_Space */
static const char *const SPACES[] = {
    "\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81",
    "\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86",
    "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8",
    "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80",
};

bool sr_note_is_name(struct sr_bytes name)
{
    if (name.len == 0 || name.len > SR_NOTE_NAME_BYTES_MAX || !sr_text_is_utf8(name)) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] <= ' ' || name.ptr[i] == '+') {
            return false;
        }
    }
    for (size_t i = 0; i < sizeof SPACES / sizeof SPACES[0]; i++) {
        if (memmem(name.ptr, name.len, SPACES[i], strlen(SPACES[i])) != NULL) {
            return false;
        }
    }
    return true;
}

/* Where the last empty line begins: the offset of the second of two newlines. N-3 */
static bool find_separator(struct sr_bytes data, size_t *out)
{
    for (size_t i = data.len; i >= 2; i--) {
        if (data.ptr[i - 1] == '\n' && data.ptr[i - 2] == '\n') {
            *out = i - 1;
            return true;
        }
    }
    return false;
}

/* One line without its newline. The signature's length is set, its place not yet. */
static enum sr_status decode_line(struct sr_bytes line, struct sr_note *note, struct sr_err *err)
{
    size_t number = note->signatures + 1;
    if (note->signatures == SR_NOTE_SIGNATURES_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "over %d signatures", SR_NOTE_SIGNATURES_MAX);
    }
    if (line.len < MARK_BYTES || memcmp(line.ptr, MARK, MARK_BYTES) != 0) {
        return sr_fail(err, SR_MALFORMED, "signature %zu does not begin with a dash (N-5)", number);
    }
    struct sr_bytes rest = sr_bytes(line.ptr + MARK_BYTES, line.len - MARK_BYTES);
    const uint8_t *space = rest.len > 0 ? memchr(rest.ptr, ' ', rest.len) : NULL;
    if (space == NULL) {
        return sr_fail(err, SR_MALFORMED, "signature %zu has no space behind its name (N-5)",
                       number);
    }
    struct sr_note_signature *s = &note->signature[note->signatures];
    s->name = sr_bytes(rest.ptr, (size_t)(space - rest.ptr));
    if (s->name.len > SR_NOTE_NAME_BYTES_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "the name of signature %zu is over %d bytes", number,
                       SR_NOTE_NAME_BYTES_MAX);
    }
    if (!sr_note_is_name(s->name)) {
        return sr_fail(err, SR_MALFORMED, "signature %zu has no proper key name (N-6)", number);
    }
    size_t before = sr_buf_view(note->memory).len;
    struct sr_bytes text = sr_bytes(space + 1, rest.len - s->name.len - 1);
    enum sr_status status = sr_base64_decode(text, note->memory);
    if (status == SR_NO_MEMORY) {
        return status;
    }
    size_t len = sr_buf_view(note->memory).len - before;
    if (status != SR_OK || len <= SR_NOTE_KEY_ID_BYTES) {
        return sr_fail(err, SR_MALFORMED, "signature %zu is not base64 of over 4 bytes (N-7)",
                       number);
    }
    s->signature = sr_bytes(NULL, len - SR_NOTE_KEY_ID_BYTES);
    note->signatures++;
    return SR_OK;
}

/* Now that the memory does not grow any more. */
static void place_signatures(struct sr_note *note)
{
    const uint8_t *at = sr_buf_view(note->memory).ptr;
    for (size_t i = 0; i < note->signatures; i++) {
        struct sr_note_signature *s = &note->signature[i];
        memcpy(s->key_id, at, sizeof s->key_id);
        s->signature.ptr = at + sizeof s->key_id;
        at += sizeof s->key_id + s->signature.len;
    }
}

enum sr_status sr_note_decode(struct sr_bytes data, struct sr_note *out, struct sr_err *err)
{
    size_t separator = 0;
    if (data.len > SR_NOTE_BYTES_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "a note of over %d bytes", SR_NOTE_BYTES_MAX);
    }
    if (!sr_note_is_text(data)) {
        return sr_fail(err, SR_MALFORMED, "not lines of text in UTF-8 (N-1, N-2)");
    }
    if (!find_separator(data, &separator)) {
        return sr_fail(err, SR_MALFORMED, "no empty line in front of signatures (N-3)");
    }
    out->text = sr_bytes(data.ptr, separator);
    SR_TRY(sr_buf_new(SR_NOTE_BYTES_MAX, &out->memory));
    struct sr_bytes rest = sr_bytes(data.ptr + separator + 1, data.len - separator - 1);
    if (rest.len == 0) {
        return sr_fail(err, SR_MALFORMED, "no signature (N-4)");
    }
    while (rest.len > 0) {
        const uint8_t *end = memchr(rest.ptr, '\n', rest.len);
        size_t len = (size_t)(end - rest.ptr); /* sr_note_is_text(): there is one */
        SR_TRY(decode_line(sr_bytes(rest.ptr, len), out, err));
        rest = sr_bytes(end + 1, rest.len - len - 1);
    }
    place_signatures(out);
    return SR_OK;
}

enum sr_status sr_note_encode_text(struct sr_bytes text, struct sr_buf *out)
{
    if (!sr_note_is_text(text)) {
        return SR_MALFORMED;
    }
    SR_TRY(sr_buf_append(out, text));
    return sr_buf_append(out, sr_bytes("\n", 1));
}

enum sr_status sr_note_encode_signature(const struct sr_note_signature *signature,
                                        struct sr_buf *out)
{
    if (!sr_note_is_name(signature->name) || signature->signature.len == 0) {
        return SR_MALFORMED;
    }
    SR_AUTO(sr_buf) bytes = NULL;
    SR_TRY(sr_buf_new(SR_NOTE_BYTES_MAX, &bytes));
    SR_TRY(sr_buf_append(bytes, sr_bytes(signature->key_id, sizeof signature->key_id)));
    SR_TRY(sr_buf_append(bytes, signature->signature));
    SR_TRY(sr_buf_append(out, sr_bytes(MARK, MARK_BYTES)));
    SR_TRY(sr_buf_append(out, signature->name));
    SR_TRY(sr_buf_append(out, sr_bytes(" ", 1)));
    SR_TRY(sr_base64_encode(sr_buf_view(bytes), out));
    return sr_buf_append(out, sr_bytes("\n", 1));
}
