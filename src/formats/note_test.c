/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: a note comes apart into what it was put together from; each rule of
 * docs/formats/note.md has a text that breaks it alone.
 */
#include "formats/note.h"

#include <string.h>

#include "base/text.h"
#include "tests/check.h"

#define DASH "\xe2\x80\x94 "
#define LINE DASH "name AAAAAAE=\n"

static enum sr_status decode(const char *text, struct sr_note *out)
{
    struct sr_err err = {0};
    enum sr_status status = sr_note_decode(sr_text_view(text), out, &err);
    CHECK(status == SR_OK || err.message[0] != '\0');
    return status;
}

static bool is_refused(const char *text)
{
    SR_CLEANUP(sr_note_clear) struct sr_note note = {0};
    return decode(text, &note) == SR_MALFORMED;
}

static void a_note_comes_apart(void)
{
    SR_CLEANUP(sr_note_clear) struct sr_note note = {0};
    CHECK(decode("text\n\nmore\n\n" LINE DASH "x/y AQIDBAUG\n", &note) == SR_OK);
    CHECK(sr_text_equal(note.text, sr_text_view("text\n\nmore\n"))); /* N-3: the last empty line */
    CHECK(note.signatures == 2);
    CHECK(sr_text_equal(note.signature[0].name, sr_text_view("name")));
    CHECK(sr_text_equal(note.signature[0].signature, sr_bytes("\1", 1)));
    CHECK(sr_text_equal(note.signature[1].name, sr_text_view("x/y")));
    CHECK(memcmp(note.signature[1].key_id, "\1\2\3\4", 4) == 0);
    CHECK(sr_text_equal(note.signature[1].signature, sr_bytes("\5\6", 2)));
}

static void what_comes_apart_goes_together(void)
{
    static const char TEXT[] = "text\n\n" LINE DASH "x/y AQIDBAUG\n";
    SR_CLEANUP(sr_note_clear) struct sr_note note = {0};
    SR_AUTO(sr_buf) out = NULL;
    CHECK(decode(TEXT, &note) == SR_OK);
    CHECK(sr_buf_new(SR_NOTE_BYTES_MAX, &out) == SR_OK);
    CHECK(sr_note_encode_text(note.text, out) == SR_OK);
    for (size_t i = 0; i < note.signatures; i++) {
        CHECK(sr_note_encode_signature(&note.signature[i], out) == SR_OK);
    }
    CHECK(sr_text_equal(sr_buf_view(out), sr_text_view(TEXT)));
    CHECK(sr_note_encode_text(sr_text_view("no newline"), out) == SR_MALFORMED);
    note.signature[0].name = sr_text_view("a b");
    CHECK(sr_note_encode_signature(&note.signature[0], out) == SR_MALFORMED);
    note.signature[1].signature.len = 0;
    CHECK(sr_note_encode_signature(&note.signature[1], out) == SR_MALFORMED);
}

static void broken_notes_are_refused(void)
{
    CHECK(is_refused(""));
    CHECK(is_refused("t\xff\n\n" LINE));             /* N-1 */
    CHECK(is_refused("t\t\n\n" LINE));               /* N-2 */
    CHECK(is_refused("t\r\n\n" LINE));               /* N-2 */
    CHECK(is_refused("text\n\n" DASH "a AAAAAAE=")); /* N-2: no newline */
    CHECK(is_refused("text\n" LINE));                /* N-3 */
    CHECK(is_refused("text\n\n"));                   /* N-4 */
    CHECK(is_refused("\n"));
    CHECK(is_refused("text\n\n- name AAAAAAE=\n"));            /* N-5 */
    CHECK(is_refused("text\n\n" DASH "nameAAAAAAE=\n"));       /* N-5 */
    CHECK(is_refused("text\n\n" DASH " AAAAAAE=\n"));          /* N-6 */
    CHECK(is_refused("text\n\n" DASH "a+b AAAAAAE=\n"));       /* N-6 */
    CHECK(is_refused("text\n\n" DASH "a\xc2\xa0 AAAAAAE=\n")); /* N-6: no-break space */
    CHECK(is_refused("text\n\n" DASH "name AAAAAA==\n"));      /* N-7: nothing but the ID */
    CHECK(is_refused("text\n\n" DASH "name AAAAAAF=\n"));      /* N-7: a bit behind the end */
    CHECK(is_refused("text\n\n" DASH "name AAAAAAE\n"));       /* N-7: no padding */
    CHECK(is_refused("text\n\n" DASH "name  AAAAAAE=\n"));     /* N-7: two spaces */
    CHECK(is_refused("text\n\n" DASH "name AAAAAAE= \n"));     /* N-7 */
    CHECK(is_refused("text\n\n" DASH "name \n"));              /* N-7 */
}

static void limits_hold(void)
{
    static char text[SR_NOTE_BYTES_MAX + 2];
    SR_CLEANUP(sr_note_clear) struct sr_note note = {0};
    SR_CLEANUP(sr_note_clear) struct sr_note other = {0};
    SR_CLEANUP(sr_note_clear) struct sr_note named = {0};
    size_t len = (size_t)snprintf(text, sizeof text, "text\n\n");
    for (size_t i = 0; i < SR_NOTE_SIGNATURES_MAX; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "%s", LINE);
    }
    CHECK(decode(text, &note) == SR_OK && note.signatures == SR_NOTE_SIGNATURES_MAX);
    (void)snprintf(text + len, sizeof text - len, "%s", LINE);
    CHECK(decode(text, &other) == SR_TOO_LARGE);
    memset(text, 'a', sizeof text - 1);
    CHECK(decode(text, &other) == SR_TOO_LARGE);
    (void)snprintf(text, sizeof text, "text\n\n" DASH "%0300d AAAAAAE=\n", 0);
    CHECK(decode(text, &named) == SR_TOO_LARGE);
}

int main(void)
{
    RUN(a_note_comes_apart);
    RUN(what_comes_apart_goes_together);
    RUN(broken_notes_are_refused);
    RUN(limits_hold);
    return check_done();
}
