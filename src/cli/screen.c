/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/screen.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"

#define COLUMNS 80

/* The bytes of the UTF-8 character at the start of text; 0 when there is none. */
static size_t character_bytes(struct sr_bytes text)
{
    uint8_t lead = text.ptr[0];
    size_t len = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    return len <= text.len && sr_text_is_utf8(sr_bytes(text.ptr, len)) ? len : 0;
}

/* The code point of one well-formed character of len bytes. */
static uint32_t code_point(const uint8_t *c, size_t len)
{
    static const uint8_t LEAD_MASKS[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t value = c[0] & LEAD_MASKS[len];
    for (size_t i = 1; i < len; i++) {
        value = value << 6 | (c[i] & 0x3f);
    }
    return value;
}

/*
 * Whether a terminal shows the character and does nothing else: no C0, DEL or C1, no mark that
 * breaks lines or changes their direction, nothing that is there and not seen.
 * source  ECMA-48, section 5; Unicode standard annex 9, section 2
 */
static bool is_harmless(uint32_t character)
{
    static const struct {
        uint32_t first;
        uint32_t last;
    } ACTING[] = {
        {0x00, 0x1f},     {0x7f, 0x9f},     {0x200b, 0x200f}, {0x2028, 0x202e},
        {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe0fff},
    };
    for (size_t i = 0; i < sizeof ACTING / sizeof ACTING[0]; i++) {
        if (character >= ACTING[i].first && character <= ACTING[i].last) {
            return false;
        }
    }
    return true;
}

void sr_screen_put(FILE *stream, struct sr_bytes text)
{
    while (text.len > 0) {
        size_t len = character_bytes(text);
        if (len > 0 && is_harmless(code_point(text.ptr, len))) {
            (void)fwrite(text.ptr, 1, len, stream);
        } else {
            len = len == 0 ? 1 : len;
            for (size_t i = 0; i < len; i++) {
                (void)fprintf(stream, "\\x%02x", text.ptr[i]);
            }
        }
        text = sr_bytes(text.ptr + len, text.len - len);
    }
}

SR_PRINTF(2, 0)
static void put_line(FILE *stream, const char *fmt, va_list args)
{
    char line[SR_SCREEN_LINE_BYTES];
    if (vsnprintf(line, sizeof line, fmt, args) < 0) {
        line[0] = '\0';
    }
    sr_screen_put(stream, sr_text_view(line));
    (void)fputc('\n', stream);
}

void sr_screen_line(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    put_line(stdout, fmt, args);
    va_end(args);
}

void sr_screen_lines(struct sr_bytes text, size_t indent)
{
    while (text.len > 0) {
        const uint8_t *end = memchr(text.ptr, '\n', text.len);
        size_t len = end == NULL ? text.len : (size_t)(end - text.ptr);
        printf("%*s", (int)indent, "");
        sr_screen_put(stdout, sr_bytes(text.ptr, len));
        (void)putchar('\n');
        size_t taken = end == NULL ? len : len + 1;
        text = sr_bytes(text.ptr + taken, text.len - taken);
    }
}

void sr_screen_heading(const struct sr_cli *cli, const char *text)
{
    (void)fputs(cli->has_colour ? "\x1b[1m" : "", stdout);
    sr_screen_put(stdout, sr_text_view(text));
    (void)fputs(cli->has_colour ? "\x1b[0m\n" : "\n", stdout);
}

void sr_screen_note(const struct sr_cli *cli, const char *fmt, ...)
{
    if (cli->is_json || !cli->has_terminal_messages) {
        return;
    }
    va_list args;
    va_start(args, fmt);
    put_line(stderr, fmt, args);
    va_end(args);
}

void sr_screen_next(struct sr_cli *cli, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    if (vsnprintf(cli->next, sizeof cli->next, fmt, args) < 0) {
        cli->next[0] = '\0';
    }
    va_end(args);
}

static void put_indent(FILE *stream, size_t indent)
{
    (void)fprintf(stream, "%*s", (int)indent, "");
}

/* One paragraph, the len bytes at text. */
static void put_paragraph(FILE *stream, const char *text, size_t len, size_t indent)
{
    size_t column = indent;
    put_indent(stream, indent);
    for (size_t at = 0; at < len;) {
        size_t word = 0;
        while (at + word < len && text[at + word] != ' ' && text[at + word] != '\n') {
            word++;
        }
        bool is_first = column == indent;
        if (!is_first && column + 1 + word > COLUMNS) {
            (void)fputc('\n', stream);
            put_indent(stream, indent);
            column = indent;
            is_first = true;
        }
        (void)fprintf(stream, "%s%.*s", is_first ? "" : " ", (int)word, text + at);
        column += word + (is_first ? 0 : 1);
        at += word + 1;
    }
    (void)fputc('\n', stream);
}

void sr_screen_paragraphs(FILE *stream, const char *text, size_t indent)
{
    while (text[0] != '\0') {
        const char *end = strstr(text, "\n\n");
        size_t len = end == NULL ? strlen(text) : (size_t)(end - text);
        put_paragraph(stream, text, len, indent);
        text += len;
        if (end != NULL) {
            (void)fputc('\n', stream);
            text += 2;
        }
    }
}
