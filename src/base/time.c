/* SPDX-License-Identifier: Apache-2.0 */
#include "base/time.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

int64_t sr_time_now_utc_ms(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail: the clock exists, &now is ours */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void sr_time_format(int64_t utc_ms, char out[SR_TIME_TEXT_BYTES])
{
    int64_t ms = utc_ms % 1000 < 0 ? utc_ms % 1000 + 1000 : utc_ms % 1000;
    time_t seconds = (time_t)((utc_ms - ms) / 1000);
    struct tm parts = {0};
    char line[64];
    if (gmtime_r(&seconds, &parts) == NULL || parts.tm_year < -1900 ||
        parts.tm_year > 9999 - 1900) {
        memcpy(out, "invalid", sizeof "invalid");
        return;
    }
    (void)snprintf(line, sizeof line, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900,
                   parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                   (int)ms);
    memcpy(out, line, SR_TIME_TEXT_BYTES);
}
