/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/screen.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tests/check.h"

/* What must hold: nothing that a terminal acts on gets out, and plain text is not touched. */

static char *captured;
static size_t captured_bytes;

static bool put_gives(struct sr_bytes text, const char *expected)
{
    FILE *stream = open_memstream(&captured, &captured_bytes);
    sr_screen_put(stream, text);
    (void)fclose(stream);
    bool same = strcmp(captured, expected) == 0;
    if (!same) {
        printf("# got %s\n", captured);
    }
    free(captured);
    return same;
}

static bool gives(const char *text, const char *expected)
{
    return put_gives(sr_text_view(text), expected);
}

static void test_plain_text_stays(void)
{
    CHECK(gives("model-00001.safetensors", "model-00001.safetensors"));
    CHECK(gives("Gr\xc3\xb6\xc3\x9f\x65 \xe6\xa8\xa1\xe5\x9e\x8b \xf0\x9f\xa6\x99",
                "Gr\xc3\xb6\xc3\x9f\x65 \xe6\xa8\xa1\xe5\x9e\x8b \xf0\x9f\xa6\x99"));
    CHECK(gives("", ""));
}

static void test_control_characters(void)
{
    CHECK(gives("a\x1b[2Jb\n\t\x7f", "a\\x1b[2Jb\\x0a\\x09\\x7f"));
    CHECK(put_gives(sr_bytes("a\0b", 3), "a\\x00b"));
    CHECK(gives("\xc2\x9b", "\\xc2\\x9b")); /* CSI as one C1 character */
    CHECK(gives("\xc2\xa0", "\xc2\xa0"));   /* the first that is none */
}

static void test_changes_of_direction(void)
{
    CHECK(gives("a\xe2\x80\xae"
                "b",
                "a\\xe2\\x80\\xae"
                "b"));                               /* U+202E */
    CHECK(gives("\xe2\x81\xa6", "\\xe2\\x81\\xa6")); /* U+2066 */
    CHECK(gives("\xe2\x80\xa8", "\\xe2\\x80\\xa8")); /* U+2028 */
    CHECK(gives("\xef\xbb\xbf", "\\xef\\xbb\\xbf")); /* U+FEFF */
    CHECK(gives("\xe2\x80\xa6", "\xe2\x80\xa6"));    /* an ellipsis is text */
}

static void test_what_is_no_utf8(void)
{
    CHECK(gives("a\xff"
                "b",
                "a\\xff"
                "b"));
    CHECK(gives("cut \xe6\xa8", "cut \\xe6\\xa8"));
    CHECK(gives("\x80", "\\x80"));
    CHECK(gives("\xed\xa0\x80", "\\xed\\xa0\\x80")); /* a surrogate */
}

static void test_paragraphs_are_wrapped(void)
{
    FILE *stream = open_memstream(&captured, &captured_bytes);
    sr_screen_paragraphs(stream,
                         "one two three four five six seven eight nine ten eleven twelve thirteen "
                         "fourteen fifteen\n\nsecond",
                         4);
    (void)fclose(stream);
    CHECK(strcmp(captured,
                 "    one two three four five six seven eight nine ten eleven twelve thirteen\n"
                 "    fourteen fifteen\n\n    second\n") == 0);
    free(captured);
}

int main(void)
{
    RUN(test_plain_text_stays);
    RUN(test_control_characters);
    RUN(test_changes_of_direction);
    RUN(test_what_is_no_utf8);
    RUN(test_paragraphs_are_wrapped);
    return check_done();
}
