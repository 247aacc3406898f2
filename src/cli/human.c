/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/human.h"

#include <stdio.h>
#include <string.h>

#include "base/time.h"

void sr_human_bytes(uint64_t bytes, char out[SR_HUMAN_BYTES])
{
    static const char *const UNITS[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    size_t unit = 0;
    uint64_t rest = 0; /* below the unit shown, in 1024ths of it */
    while (bytes >= 1024) {
        rest = bytes % 1024;
        bytes /= 1024;
        unit++;
    }
    if (unit == 0) {
        (void)snprintf(out, SR_HUMAN_BYTES, "%llu B", (unsigned long long)bytes);
    } else {
        (void)snprintf(out, SR_HUMAN_BYTES, "%llu.%llu %s", (unsigned long long)bytes,
                       (unsigned long long)(rest * 10 / 1024), UNITS[unit]);
    }
}

void sr_human_seconds(uint64_t seconds, char out[SR_HUMAN_BYTES])
{
    unsigned long long hours = seconds / 3600;
    unsigned minutes = (unsigned)(seconds / 60 % 60);
    unsigned rest = (unsigned)(seconds % 60);
    if (hours > 0) {
        (void)snprintf(out, SR_HUMAN_BYTES, "%llu:%02u:%02u", hours, minutes, rest);
    } else {
        (void)snprintf(out, SR_HUMAN_BYTES, "%u:%02u", minutes, rest);
    }
}

void sr_human_time(int64_t utc_ms, char out[SR_HUMAN_BYTES])
{
    char full[SR_TIME_TEXT_BYTES];
    sr_time_format(utc_ms, full);
    if (strlen(full) < 19) {
        (void)snprintf(out, SR_HUMAN_BYTES, "%s", full);
        return;
    }
    (void)snprintf(out, SR_HUMAN_BYTES, "%.10s %.8sZ", full, full + 11);
}

void sr_human_percent(uint64_t ppm, char out[SR_HUMAN_BYTES])
{
    (void)snprintf(out, SR_HUMAN_BYTES, "%llu.%04llu", (unsigned long long)(ppm / 10000),
                   (unsigned long long)(ppm % 10000));
    char *end = out + strlen(out);
    while (end[-1] == '0') {
        *--end = '\0';
    }
    if (end[-1] == '.') {
        end[-1] = '\0';
    }
}
