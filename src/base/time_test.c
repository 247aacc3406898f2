/* SPDX-License-Identifier: Apache-2.0 */
/* Times are printed in one form whatever their value. */
#include "base/time.h"

#include <string.h>

#include "tests/check.h"

static void formats_known_moments(void)
{
    char text[SR_TIME_TEXT_BYTES];
    sr_time_format(0, text);
    CHECK(strcmp(text, "1970-01-01T00:00:00.000Z") == 0);
    sr_time_format(1700000000123, text);
    CHECK(strcmp(text, "2023-11-14T22:13:20.123Z") == 0);
    sr_time_format(-1, text);
    CHECK(strcmp(text, "1969-12-31T23:59:59.999Z") == 0);
    sr_time_format(253402300799999, text);
    CHECK(strcmp(text, "9999-12-31T23:59:59.999Z") == 0);
}

static void refuses_years_that_do_not_fit(void)
{
    char text[SR_TIME_TEXT_BYTES];
    sr_time_format(253402300800000, text);
    CHECK(strcmp(text, "invalid") == 0);
    sr_time_format(INT64_MAX, text);
    CHECK(strcmp(text, "invalid") == 0);
    sr_time_format(INT64_MIN + 1000, text);
    CHECK(strcmp(text, "invalid") == 0);
}

static void now_is_after_this_was_written(void)
{
    CHECK(sr_time_now_utc_ms() > 1700000000000);
}

int main(void)
{
    RUN(formats_known_moments);
    RUN(refuses_years_that_do_not_fit);
    RUN(now_is_after_this_was_written);
    return check_done();
}
