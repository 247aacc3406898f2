/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CLI_SCREEN_H
#define SR_CLI_SCREEN_H

#include <stdio.h>

#include "base/bytes.h"
#include "cli/cli.h"

/*
 * Text for people. Everything that may carry hostile text goes through here: what a terminal would
 * act on (control characters, the C1 set, changes of direction, what is no UTF-8) is shown as \xNN
 * and cannot act. The same text is written to a terminal, a file and a pipe; only colour and
 * progress depend on where it goes.
 *
 * Failures to write show when main() flushes stdout.
 */

/* The longest line that is printed; the rest is cut. Longer than two paths and a sentence. */
#define SR_SCREEN_LINE_BYTES 16384

/* Write text to stream, made harmless. */
void sr_screen_put(FILE *stream, struct sr_bytes text);

/* One line of the result. */
void sr_screen_line(const char *fmt, ...) SR_PRINTF(1, 2);

/* Text of several lines, each of them after indent spaces. */
void sr_screen_lines(struct sr_bytes text, size_t indent);

/* A heading, bold where there is colour. */
void sr_screen_heading(const struct sr_cli *cli, const char *text);

/* One line to stderr for a person who watches: nothing unless stderr is a terminal, or with --json.
 */
void sr_screen_note(const struct sr_cli *cli, const char *fmt, ...) SR_PRINTF(2, 3);

/* The command to suggest when this one has succeeded; main() shows it. */
void sr_screen_next(struct sr_cli *cli, const char *fmt, ...) SR_PRINTF(2, 3);

/*
 * text in lines of at most 80 columns, each after indent spaces; an empty line in text begins a
 * paragraph. Trusted (a descriptor's).
 */
void sr_screen_paragraphs(FILE *stream, const char *text, size_t indent);

#endif /* SR_CLI_SCREEN_H */
