/* SPDX-License-Identifier: Apache-2.0 */
/* A URI without a well-formed scheme is refused; everything behind the first colon is the rest. */
#include "store/scheme.h"

#include <string.h>

#include "tests/check.h"

static void splits_at_the_first_colon(void)
{
    struct sr_bytes scheme = {0};
    const char *rest = NULL;
    CHECK(sr_scheme_split("faulty:dir:/a:b", &scheme, &rest, NULL) == SR_OK);
    CHECK(scheme.len == 6);
    CHECK(sr_scheme_is(scheme, "faulty"));
    CHECK(!sr_scheme_is(scheme, "fault"));
    CHECK(!sr_scheme_is(scheme, "faulty2"));
    CHECK(rest != NULL && strcmp(rest, "dir:/a:b") == 0);
}

static void refuses_what_has_no_scheme_or_no_rest(void)
{
    static const char *const BAD[] = {"", ":", ":x", "dir", "dir:", "/a:b", "Dir:/a", "d r:/a"};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        struct sr_bytes scheme = {0};
        const char *rest = NULL;
        struct sr_err err = {0};
        CHECK(sr_scheme_split(BAD[i], &scheme, &rest, &err) == SR_USAGE);
        CHECK(scheme.ptr == NULL && rest == NULL);
        CHECK(strstr(err.message, BAD[i]) != NULL);
    }
}

int main(void)
{
    RUN(splits_at_the_first_colon);
    RUN(refuses_what_has_no_scheme_or_no_rest);
    return check_done();
}
