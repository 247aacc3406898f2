/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/when.h"

#include "base/time.h"
#include "tests/check.h"

static int64_t parse(const char *text)
{
    int64_t ms = -1;
    struct sr_err err = {0};
    return sr_when_parse("until", text, &ms, &err) == SR_OK ? ms : -1;
}

static void days_and_times_are_utc(void)
{
    CHECK(parse("1970-01-01") == 0);
    CHECK(parse("2000-02-29") == INT64_C(951782400000));
    CHECK(parse("2026-11-21T08:00:00Z") == INT64_C(1795248000000));
    CHECK(parse("2100-03-01") == INT64_C(4107542400000));
}

static void what_is_no_day_is_refused(void)
{
    static const char *const BAD[] = {
        "2026-02-29",           "2026-13-01", "2026-00-10", "2026-1-1",  "2026-11-21T24:00:00Z",
        "2026-11-21 08:00:00Z", "tomorrow",   "",           "1969-12-31"};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        CHECK(parse(BAD[i]) == -1);
    }
}

static void durations_count_from_now(void)
{
    int64_t before = sr_time_now_utc_ms();
    int64_t then = parse("180d");
    CHECK(then >= before + INT64_C(180) * 86400000);
    CHECK(then <= sr_time_now_utc_ms() + INT64_C(180) * 86400000);
}

int main(void)
{
    RUN(days_and_times_are_utc);
    RUN(what_is_no_day_is_refused);
    RUN(durations_count_from_now);
    return check_done();
}
