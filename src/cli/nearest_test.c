/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/nearest.h"

#include <string.h>

#include "tests/check.h"

/* What must hold: one slip finds the word, the closest wins, something unlike finds nothing. */

static const char *search(const char *word)
{
    static const char *const WORDS[] = {"init", "list", "show", "deposit", "keys rotate"};
    struct sr_nearest nearest = sr_nearest(word, strlen(word));
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
        sr_nearest_offer(&nearest, WORDS[i]);
    }
    return nearest.best == NULL ? "" : nearest.best;
}

static void test_one_slip_of_each_sort(void)
{
    CHECK(strcmp(search("depsit"), "deposit") == 0);   /* left out */
    CHECK(strcmp(search("deposiit"), "deposit") == 0); /* doubled */
    CHECK(strcmp(search("depocit"), "deposit") == 0);  /* replaced */
    CHECK(strcmp(search("dpeosit"), "deposit") == 0);  /* swapped */
    CHECK(strcmp(search("keys rotake"), "keys rotate") == 0);
}

static void test_a_swap_is_one_edit(void)
{
    struct sr_nearest nearest = sr_nearest("dpeosit", 7);
    sr_nearest_offer(&nearest, "deposit");
    CHECK(nearest.distance == 1);
}

static void test_the_closest_wins(void)
{
    CHECK(strcmp(search("lisp"), "list") == 0);
    CHECK(strcmp(search("iniit"), "init") == 0);
}

static void test_nothing_is_close(void)
{
    CHECK(strcmp(search("frobnicate"), "") == 0);
    CHECK(strcmp(search(""), "") == 0);
    CHECK(strcmp(search("a-word-that-is-longer-than-any-name-could-be"), "") == 0);
}

int main(void)
{
    RUN(test_one_slip_of_each_sort);
    RUN(test_a_swap_is_one_edit);
    RUN(test_the_closest_wins);
    RUN(test_nothing_is_close);
    return check_done();
}
