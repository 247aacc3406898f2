/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/when.h"

#include <string.h>

#include "base/quantity.h"
#include "base/text.h"
#include "base/time.h"

#define DAY_MS INT64_C(86400000)

/* "2026-11-21T08:00:00Z": which digits are where. */
static const char pattern[] = "0000-00-00T00:00:00Z";
#define DAY_BYTES 10

static bool fits(const char *text, size_t len)
{
    if (strlen(text) != len) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        bool is_digit = text[i] >= '0' && text[i] <= '9';
        if (pattern[i] == '0' ? !is_digit : text[i] != pattern[i]) {
            return false;
        }
    }
    return true;
}

static int64_t number(const char *text, size_t at, size_t len)
{
    int64_t value = 0;
    for (size_t i = 0; i < len; i++) {
        value = value * 10 + (text[at + i] - '0');
    }
    return value;
}

/* Days since 1970 of a day of the Gregorian calendar, whose year begins in March here. */
static int64_t days(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = y / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int64_t days_in_month(int64_t year, int64_t month)
{
    return days(month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1, 1) -
           days(year, month, 1);
}

static bool parse_day(const char *text, int64_t *out)
{
    int64_t year = number(text, 0, 4);
    int64_t month = number(text, 5, 2);
    int64_t day = number(text, 8, 2);
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) {
        return false;
    }
    *out = days(year, month, day);
    return true;
}

static bool parse_time(const char *text, int64_t *out_ms)
{
    int64_t hour = number(text, 11, 2);
    int64_t minute = number(text, 14, 2);
    int64_t second = number(text, 17, 2);
    *out_ms = ((hour * 60 + minute) * 60 + second) * 1000;
    return hour <= 23 && minute <= 59 && second <= 59;
}

static bool parse_calendar(const char *text, int64_t *out)
{
    int64_t day = 0;
    int64_t ms = 0;
    bool has_time = fits(text, sizeof pattern - 1);
    if ((!has_time && !fits(text, DAY_BYTES)) || !parse_day(text, &day) ||
        (has_time && !parse_time(text, &ms))) {
        return false;
    }
    *out = day * DAY_MS + ms;
    return true;
}

enum sr_status sr_when_parse(const char *option, const char *text, int64_t *out_utc_ms,
                             struct sr_err *err)
{
    int64_t ms = 0;
    if (parse_calendar(text, &ms)) {
        *out_utc_ms = ms;
        return SR_OK;
    }
    if (sr_quantity_duration(sr_text_view(text), &ms) == SR_OK && ms < 36500 * DAY_MS) {
        *out_utc_ms = sr_time_now_utc_ms() + ms;
        return SR_OK;
    }
    return sr_fail(err, SR_USAGE,
                   "'--%s' takes a day '2027-06-30', a time '2027-06-30T08:00:00Z', or a duration "
                   "from now, '180d'",
                   option);
}
