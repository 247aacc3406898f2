/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/bar.h"

#include <stdio.h>
#include <time.h>

#include "cli/human.h"
#include "cli/signals.h"

/* Shorter operations need no bar; drawing more often only flickers. */
#define APPEARS_AFTER_MS 400
#define DRAW_EVERY_MS 100

static int64_t steady_ms(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail: the clock exists, &now is ours */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct sr_bar sr_bar(const struct sr_cli *cli, const char *label)
{
    return (struct sr_bar){.cli = cli, .label = label, .started_ms = steady_ms()};
}

void sr_bar_format(const char *label, uint64_t done_bytes, uint64_t total_bytes,
                   uint64_t elapsed_ms, char out[SR_BAR_LINE_BYTES])
{
    char done[SR_HUMAN_BYTES];
    char total[SR_HUMAN_BYTES];
    char rate[SR_HUMAN_BYTES];
    char left[SR_HUMAN_BYTES] = "";
    sr_human_bytes(done_bytes, done);
    sr_human_bytes(total_bytes, total);
    double per_second = elapsed_ms == 0 ? 0.0 : (double)done_bytes * 1000.0 / (double)elapsed_ms;
    sr_human_bytes((uint64_t)per_second, rate);
    /* A file may grow while it is read: never more than all, never less than nothing left. */
    uint64_t rest = done_bytes < total_bytes ? total_bytes - done_bytes : 0;
    double share = total_bytes == 0 ? 1.0 : 1.0 - (double)rest / (double)total_bytes;
    if (per_second >= 1.0) {
        sr_human_seconds((uint64_t)((double)rest / per_second), left);
    }
    (void)snprintf(out, SR_BAR_LINE_BYTES, "%s  %s of %s  %d%%  %s/s  %s left", label, done, total,
                   (int)(share * 100.0), rate, left[0] == '\0' ? "-:--" : left);
}

static void draw(struct sr_bar *bar, int64_t now_ms)
{
    char line[SR_BAR_LINE_BYTES];
    sr_bar_format(bar->label, bar->done_bytes, bar->total_bytes,
                  (uint64_t)(now_ms - bar->started_ms), line);
    (void)fprintf(stderr, "\r%s\x1b[K", line); /* ECMA-48 EL: erase to the end of the line */
    (void)fflush(stderr);
    bar->drawn_ms = now_ms;
    bar->is_shown = true;
}

static void on_start(void *ctx, uint64_t total_bytes, uint64_t files)
{
    (void)files;
    struct sr_bar *bar = ctx;
    bar->total_bytes = total_bytes;
    bar->done_bytes = 0;
    bar->started_ms = steady_ms();
}

static void on_advance(void *ctx, uint64_t bytes)
{
    struct sr_bar *bar = ctx;
    bar->done_bytes += bytes;
    if (bar->cli->is_json || !bar->cli->has_terminal_messages) {
        return;
    }
    int64_t now = steady_ms();
    bool is_due = bar->is_shown ? now - bar->drawn_ms >= DRAW_EVERY_MS
                                : now - bar->started_ms >= APPEARS_AFTER_MS;
    if (is_due) {
        draw(bar, now);
    }
}

struct sr_progress sr_bar_progress(struct sr_bar *bar)
{
    return (struct sr_progress){
        .ctx = bar,
        .start = on_start,
        .advance = on_advance,
        .cancelled = sr_signals_cancelled,
    };
}

void sr_bar_clear(struct sr_bar *bar)
{
    if (bar->is_shown) {
        (void)fprintf(stderr, "\r\x1b[K");
        bar->is_shown = false;
    }
}
