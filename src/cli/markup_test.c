/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/markup.h"

#include <string.h>

#include "base/text.h"
#include "tests/check.h"

/* What must hold: quotes make code, apostrophes do not, nothing is lost or said twice. */

static bool next_is(struct sr_bytes *rest, const char *text, bool is_code)
{
    struct sr_markup_run run = {0};
    return sr_markup_next(rest, &run) && run.is_code == is_code &&
           sr_text_equal(run.text, sr_text_view(text));
}

static void test_quotes_are_code(void)
{
    struct sr_bytes rest = sr_text_view("use '--json' (or 'NO_COLOR')");
    CHECK(next_is(&rest, "use ", false));
    CHECK(next_is(&rest, "--json", true));
    CHECK(next_is(&rest, " (or ", false));
    CHECK(next_is(&rest, "NO_COLOR", true));
    CHECK(next_is(&rest, ")", false));
    struct sr_markup_run run = {0};
    CHECK(!sr_markup_next(&rest, &run));
}

static void test_apostrophes_are_not(void)
{
    struct sr_bytes rest = sr_text_view("the room's and the versions' keys");
    CHECK(next_is(&rest, "the room's and the versions' keys", false));
    rest = sr_text_view("a lone ' quote");
    CHECK(next_is(&rest, "a lone ' quote", false));
}

static void test_paragraphs(void)
{
    struct sr_bytes rest = sr_text_view("one\nstill one\n\ntwo");
    struct sr_bytes paragraph = {0};
    CHECK(sr_markup_paragraph(&rest, &paragraph));
    CHECK(sr_text_equal(paragraph, sr_text_view("one\nstill one")));
    CHECK(sr_markup_paragraph(&rest, &paragraph));
    CHECK(sr_text_equal(paragraph, sr_text_view("two")));
    CHECK(!sr_markup_paragraph(&rest, &paragraph));
}

int main(void)
{
    RUN(test_quotes_are_code);
    RUN(test_apostrophes_are_not);
    RUN(test_paragraphs);
    return check_done();
}
