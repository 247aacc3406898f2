/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/bar.h"

#include <string.h>

#include "tests/check.h"

/* What must hold: the line tells the truth at both ends, and never divides by nothing. */

static char line[SR_BAR_LINE_BYTES];

static const char *format(uint64_t done, uint64_t total, uint64_t elapsed_ms)
{
    sr_bar_format("sealing", done, total, elapsed_ms, line);
    return line;
}

static void test_in_the_middle(void)
{
    CHECK(strcmp(format((uint64_t)1 << 30, (uint64_t)4 << 30, 2000),
                 "sealing  1.0 GiB of 4.0 GiB  25%  512.0 MiB/s  0:06 left") == 0);
}

static void test_at_the_start(void)
{
    CHECK(strcmp(format(0, 4096, 0), "sealing  0 B of 4.0 KiB  0%  0 B/s  -:-- left") == 0);
    CHECK(strcmp(format(0, 4096, 5000), "sealing  0 B of 4.0 KiB  0%  0 B/s  -:-- left") == 0);
}

static void test_at_the_end(void)
{
    CHECK(strcmp(format(4096, 4096, 1000),
                 "sealing  4.0 KiB of 4.0 KiB  100%  4.0 KiB/s  0:00 left") == 0);
    CHECK(strstr(format(0, 0, 10), "100%") != NULL);
    /* One byte short is not 100 %. */
    CHECK(strstr(format(((uint64_t)1 << 30) - 1, (uint64_t)1 << 30, 10), " 99% ") != NULL);
    /* More than was announced. */
    CHECK(strstr(format(8192, 4096, 10), "100%") != NULL);
}

static void test_quiet_without_a_terminal(void)
{
    struct sr_cli cli = {.has_terminal_messages = false};
    struct sr_bar bar = sr_bar(&cli, "sealing");
    struct sr_progress progress = sr_bar_progress(&bar);
    progress.start(progress.ctx, 100, 1);
    bar.started_ms -= 10000; /* long enough for a bar to appear */
    progress.advance(progress.ctx, 60);
    CHECK(!bar.is_shown);
    CHECK(bar.done_bytes == 60 && bar.total_bytes == 100);
    CHECK(!progress.cancelled(progress.ctx));
}

int main(void)
{
    RUN(test_in_the_middle);
    RUN(test_at_the_start);
    RUN(test_at_the_end);
    RUN(test_quiet_without_a_terminal);
    return check_done();
}
