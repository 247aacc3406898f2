/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/keys.h"

#include <string.h>

#include "base/text.h"
#include "tests/check.h"

static void copies_outlive_what_they_were_made_of(void)
{
    SR_AUTO(sr_keys) k = NULL;
    CHECK(sr_keys_new(&k) == SR_OK);
    for (unsigned i = 0; i < 100; i++) {
        char text[8];
        (void)snprintf(text, sizeof text, "k%u", i);
        struct sr_bytes key = sr_text_view(text);
        CHECK(sr_keys_add(k, &key, true) == SR_OK);
        CHECK((const char *)key.ptr != text && sr_text_equal(key, sr_text_view(text)));
    }
    struct sr_bytes again = sr_text_view("k7");
    CHECK(sr_keys_add(k, &again, false) == SR_CONFLICT);
    struct sr_bytes empty = sr_bytes(NULL, 0);
    CHECK(sr_keys_add(k, &empty, true) == SR_OK);
    CHECK(sr_keys_count(k) == 101);
}

int main(void)
{
    RUN(copies_outlive_what_they_were_made_of);
    return check_done();
}
