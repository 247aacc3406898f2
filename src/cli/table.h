/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CLI_TABLE_H
#define SR_CLI_TABLE_H

#include "cli/cli.h"

/*
 * Rows in columns for people. Cells may hold hostile text; it is made harmless as in cli/screen.h
 * before its width is measured. Width is in characters: wide ones (CJK) move what follows, which
 * harms nothing.
 */
struct sr_table;

/*
 * columns are headings, ended by NULL, at most 12; one that starts with '>' is aligned right. They
 * are kept, not copied.
 *
 * errors  NO_MEMORY
 */
enum sr_status sr_table_new(const char *const *columns, struct sr_table **out,
                            struct sr_err *err) SR_MUST_USE;
void sr_table_free(struct sr_table *t);
SR_DEFINE_AUTO(sr_table)

/* The next cell, from left to right, row by row. errors  NO_MEMORY */
enum sr_status sr_table_cell(struct sr_table *t, struct sr_err *err, const char *fmt,
                             ...) SR_MUST_USE SR_PRINTF(3, 4);

/* Print to stdout, after indent spaces. Rows must be whole. */
void sr_table_print(const struct sr_cli *cli, const struct sr_table *t, size_t indent);

#endif /* SR_CLI_TABLE_H */
