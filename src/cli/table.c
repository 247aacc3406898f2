/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/screen.h"

#define COLUMNS_MAX 12
#define GAP 2

struct sr_table {
    const char *const *headings;
    size_t columns;
    size_t widths[COLUMNS_MAX];
    char **cells; /* harmless text, row by row */
    size_t count;
    size_t capacity;
};

static const char *heading(const struct sr_table *t, size_t column)
{
    const char *text = t->headings[column];
    return text[0] == '>' ? text + 1 : text;
}

/* Characters, not bytes: continuation bytes do not count. */
static size_t width(const char *text)
{
    size_t characters = 0;
    for (; *text != '\0'; text++) {
        characters += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return characters;
}

enum sr_status sr_table_new(const char *const *columns, struct sr_table **out, struct sr_err *err)
{
    SR_AUTO(sr_table) t = calloc(1, sizeof *t);
    if (t == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a table");
    }
    t->headings = columns;
    for (; columns[t->columns] != NULL; t->columns++) {
        assert(t->columns < COLUMNS_MAX);
        t->widths[t->columns] = width(heading(t, t->columns));
    }
    *out = SR_TAKE(t);
    return SR_OK;
}

void sr_table_free(struct sr_table *t)
{
    if (t == NULL) {
        return;
    }
    for (size_t i = 0; i < t->count; i++) {
        free(t->cells[i]);
    }
    free(t->cells);
    free(t);
}

static void close_stream(FILE **stream)
{
    if (*stream != NULL) {
        (void)fclose(*stream);
    }
}

static void free_text(char **text)
{
    free(*text);
}

/* Format and make harmless; NULL when there is no memory. On the heap: a stack buffer for the
 * longest cell would be cleared for each of the 400,000 that a large model's tensors have. */
SR_PRINTF(1, 0)
static char *harmless(const char *fmt, va_list args)
{
    SR_CLEANUP(free_text) char *text = NULL;
    char *copy = NULL;
    size_t len = 0;
    if (vasprintf(&text, fmt, args) < 0) {
        text = NULL; /* vasprintf(3): undefined on failure */
        return NULL;
    }
    {
        SR_CLEANUP(close_stream) FILE *stream = open_memstream(&copy, &len);
        if (stream == NULL) {
            return NULL;
        }
        sr_screen_put(stream, sr_text_view(text));
    }
    return copy;
}

static enum sr_status make_room(struct sr_table *t, struct sr_err *err)
{
    if (t->count < t->capacity) {
        return SR_OK;
    }
    size_t capacity = t->capacity == 0 ? 64 : 2 * t->capacity;
    char **cells = realloc(t->cells, capacity * sizeof cells[0]);
    if (cells == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a table of %zu cells", capacity);
    }
    t->cells = cells;
    t->capacity = capacity;
    return SR_OK;
}

enum sr_status sr_table_cell(struct sr_table *t, struct sr_err *err, const char *fmt, ...)
{
    SR_TRY(make_room(t, err));
    va_list args;
    va_start(args, fmt);
    char *cell = harmless(fmt, args);
    va_end(args);
    if (cell == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a table");
    }
    size_t column = t->count % t->columns;
    size_t characters = width(cell);
    t->widths[column] = characters > t->widths[column] ? characters : t->widths[column];
    t->cells[t->count++] = cell;
    return SR_OK;
}

static void print_cell(const struct sr_table *t, size_t column, const char *text)
{
    int padding = (int)(t->widths[column] - width(text));
    bool is_last = column + 1 == t->columns;
    if (t->headings[column][0] == '>') {
        printf("%*s%s", padding, "", text);
    } else {
        printf("%s%*s", text, is_last ? 0 : padding, "");
    }
    printf("%*s", is_last ? 0 : GAP, "");
}

void sr_table_print(const struct sr_cli *cli, const struct sr_table *t, size_t indent)
{
    assert(t->count % t->columns == 0);
    printf("%*s%s", (int)indent, "", cli->has_colour ? "\x1b[1m" : "");
    for (size_t column = 0; column < t->columns; column++) {
        print_cell(t, column, heading(t, column));
    }
    printf("%s\n", cli->has_colour ? "\x1b[0m" : "");
    for (size_t i = 0; i < t->count; i++) {
        printf("%*s", i % t->columns == 0 ? (int)indent : 0, "");
        print_cell(t, i % t->columns, t->cells[i]);
        printf("%s", (i + 1) % t->columns == 0 ? "\n" : "");
    }
}
