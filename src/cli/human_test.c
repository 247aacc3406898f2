/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/human.h"

#include <string.h>

#include "tests/check.h"

/* What must hold: the units change at the right places and nothing is rounded up. */

static char text[SR_HUMAN_BYTES];

static const char *bytes(uint64_t value)
{
    sr_human_bytes(value, text);
    return text;
}

static const char *seconds(uint64_t value)
{
    sr_human_seconds(value, text);
    return text;
}

static const char *percent(uint64_t ppm)
{
    sr_human_percent(ppm, text);
    return text;
}

static void test_bytes(void)
{
    CHECK(strcmp(bytes(0), "0 B") == 0);
    CHECK(strcmp(bytes(1023), "1023 B") == 0);
    CHECK(strcmp(bytes(1024), "1.0 KiB") == 0);
    CHECK(strcmp(bytes(1536), "1.5 KiB") == 0);
    CHECK(strcmp(bytes(((uint64_t)1 << 30) - 1), "1023.9 MiB") == 0);
    CHECK(strcmp(bytes(UINT64_MAX), "15.9 EiB") == 0);
}

static void test_seconds(void)
{
    CHECK(strcmp(seconds(5), "0:05") == 0);
    CHECK(strcmp(seconds(754), "12:34") == 0);
    CHECK(strcmp(seconds(3600 * 3 + 245), "3:04:05") == 0);
}

static void test_percent(void)
{
    CHECK(strcmp(percent(1000000), "100") == 0);
    CHECK(strcmp(percent(125000), "12.5") == 0);
    CHECK(strcmp(percent(1000), "0.1") == 0);
    CHECK(strcmp(percent(123), "0.0123") == 0);
    CHECK(strcmp(percent(0), "0") == 0);
}

static void test_time(void)
{
    sr_human_time(1795248000123, text);
    CHECK(strcmp(text, "2026-11-21 08:00:00Z") == 0);
    sr_human_time(INT64_MAX, text);
    CHECK(strcmp(text, "invalid") == 0);
}

int main(void)
{
    RUN(test_bytes);
    RUN(test_seconds);
    RUN(test_percent);
    RUN(test_time);
    return check_done();
}
