/* SPDX-License-Identifier: Apache-2.0 */
/* The list of kinds has its default and no word twice, and each fits the catalog. */
#include "custody/kind.h"

#include <string.h>

#include "store/catalog.h"
#include "tests/check.h"

static void lists_each_once(void)
{
    CHECK(sr_kind_count() >= 11);
    for (size_t i = 0; i < sr_kind_count(); i++) {
        const struct sr_kind *kind = sr_kind_at(i);
        CHECK(sr_kind_is_known(kind->word));
        CHECK(strlen(kind->word) < SR_CATALOG_KIND_BYTES && kind->title[0] != '\0');
        for (size_t j = 0; j < i; j++) {
            CHECK(strcmp(kind->word, sr_kind_at(j)->word) != 0);
        }
    }
}

static void knows_its_words_only(void)
{
    CHECK(sr_kind_is_known(SR_KIND_DEFAULT));
    CHECK(sr_kind_is_known("optimizer-state"));
    CHECK(!sr_kind_is_known(""));
    CHECK(!sr_kind_is_known("Base"));
    CHECK(!sr_kind_is_known("bas"));
}

int main(void)
{
    RUN(lists_each_once);
    RUN(knows_its_words_only);
    return check_done();
}
