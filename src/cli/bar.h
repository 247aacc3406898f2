/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CLI_BAR_H
#define SR_CLI_BAR_H

#include "base/progress.h"
#include "cli/cli.h"

/*
 * The progress of a long operation, on stderr when that is a terminal and the result is not JSON:
 * bytes, percent, rate, time left. Quiet otherwise. It appears when an operation takes longer than
 * a moment, and takes its line away when it ends.
 */
struct sr_bar {
    const struct sr_cli *cli;
    const char *label; /* "sealing" */
    uint64_t total_bytes;
    uint64_t done_bytes;
    int64_t started_ms; /* of a clock that never goes back */
    int64_t drawn_ms;
    bool is_shown;
};

struct sr_bar sr_bar(const struct sr_cli *cli, const char *label);

/* What to hand to the operation: draws bar, and stops when a signal has asked (cli/signals.h). bar
 * must outlive it. */
struct sr_progress sr_bar_progress(struct sr_bar *bar);

/* Take it off the screen. */
void sr_bar_clear(struct sr_bar *bar);

/*
 * The line, without control characters, NUL-terminated: "sealing  1.2 GiB of 4.0 GiB  30%
 * 1.5 GiB/s  0:02 left". Pure. elapsed_ms may be 0.
 */
#define SR_BAR_LINE_BYTES 160
void sr_bar_format(const char *label, uint64_t done_bytes, uint64_t total_bytes,
                   uint64_t elapsed_ms, char out[SR_BAR_LINE_BYTES]);

#endif /* SR_CLI_BAR_H */
