/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_NOTE_H
#define SR_FORMATS_NOTE_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * Signed notes: a text and lines of signatures under it, each with the name and the ID of its key.
 * What a signature is made over depends on the type of the key, which only the reader's own list of
 * keys tells (ledger/vkey.h); this module takes the note apart and puts it together. Pure.
 * source  C2SP signed-note v1.0.0; docs/formats/note.md (rules N-1 to N-9)
 */

#define SR_NOTE_BYTES_MAX 1000000
#define SR_NOTE_SIGNATURES_MAX 100
#define SR_NOTE_NAME_BYTES_MAX 255
#define SR_NOTE_KEY_ID_BYTES 4

struct sr_note_signature {
    struct sr_bytes name; /* of the key; not empty, no white space, no '+' */
    uint8_t key_id[SR_NOTE_KEY_ID_BYTES];
    struct sr_bytes signature; /* what follows the key's ID; not empty */
};

struct sr_note {
    struct sr_bytes text; /* with its last newline; a view of the input */
    size_t signatures;    /* 1..SR_NOTE_SIGNATURES_MAX */
    struct sr_note_signature signature[SR_NOTE_SIGNATURES_MAX]; /* names are views of the input */
    struct sr_buf *memory;                                      /* where signatures are */
};
void sr_note_clear(struct sr_note *note);

/*
 * Take a note apart. data is hostile and has to outlive *out. Start from all zero; sr_note_clear()
 * also after a failure.
 *
 * errors  MALFORMED  it breaks a rule; the message names line or offset
 *         TOO_LARGE  over SR_NOTE_BYTES_MAX, SR_NOTE_SIGNATURES_MAX or SR_NOTE_NAME_BYTES_MAX
 *         NO_MEMORY
 */
enum sr_status sr_note_decode(struct sr_bytes data, struct sr_note *out,
                              struct sr_err *err) SR_MUST_USE;

/* Whether name can be a key's: UTF-8, not empty, no white space, control character or '+', at most
 * SR_NOTE_NAME_BYTES_MAX bytes. */
bool sr_note_is_name(struct sr_bytes name);

/*
 * Whether text can be signed: UTF-8, ends in a newline, no control character below 0x20 but
 * newlines.
 */
bool sr_note_is_text(struct sr_bytes text);

/*
 * Append what is before the first signature: text and an empty line. Then append lines of
 * signatures.
 *
 * errors  MALFORMED  the text or the name cannot be in a note
 *         TOO_LARGE, NO_MEMORY (out's)
 */
enum sr_status sr_note_encode_text(struct sr_bytes text, struct sr_buf *out) SR_MUST_USE;
enum sr_status sr_note_encode_signature(const struct sr_note_signature *signature,
                                        struct sr_buf *out) SR_MUST_USE;

#endif /* SR_FORMATS_NOTE_H */
