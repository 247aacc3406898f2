/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/json_walk.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tests/check.h"

struct seen {
    char text[2048]; /* depth, key and value of each event */
    struct sr_err err;
    enum sr_status status;
};

static void keep(void *ctx, const struct sr_event *event)
{
    static const char *const SIGNS[] = {"{", "}", "[", "]", "\"", "#", "?", "null"};
    struct seen *seen = ctx;
    size_t len = strlen(seen->text);
    (void)snprintf(seen->text + len, sizeof seen->text - len, "%u%s%.*s%s%s%.*s ", event->depth,
                   event->has_key ? ":" : "", (int)event->key.len, (const char *)event->key.ptr,
                   event->has_key ? "=" : "", SIGNS[event->kind],
                   event->kind == SR_EVENT_NULL ? 0 : (int)event->text.len,
                   (const char *)event->text.ptr);
}

static struct seen walk(struct sr_bytes text)
{
    struct seen seen = {.status = SR_OK};
    seen.status = sr_json_walk(text, keep, &seen, &seen.err);
    return seen;
}

static void check_seen(const char *text, const char *events)
{
    struct seen seen = walk(sr_text_view(text));
    if (strcmp(seen.text, events) != 0) {
        printf("# %s\n#  has '%s', not '%s': %s\n", text, seen.text, events, seen.err.message);
    }
    CHECK(seen.status == SR_OK);
    CHECK(strcmp(seen.text, events) == 0);
}

static void values_are_met_in_order(void)
{
    check_seen("{}", "0{ 0} ");
    check_seen(" [ ] ", "0[ 0] ");
    check_seen("\"a\"", "0\"a ");
    check_seen("{\"a\": [1, -2.5e+3, true, false, null], \"b\": {\"c\": \"d\"}}",
               "0{ 1:a=[ 2#1 2#-2.5e+3 2?true 2?false 2null 1:a=] 1:b={ 2:c=\"d 1:b=} 0} ");
}

static void numbers_keep_their_spelling(void)
{
    check_seen("1000000000000000019884624838656", "0#1000000000000000019884624838656 ");
    check_seen("[0, -0, 0.10, 1E5]", "0[ 1#0 1#-0 1#0.10 1#1E5 0] ");
}

static void escapes_are_resolved(void)
{
    check_seen("{\"\\u0061\\n\": \"\\\"\\\\\\/\\b\\f\\r\\t\"}", "0{ 1:a\n=\"\"\\/\b\f\r\t 0} ");
    check_seen("\"\\u00e9\\u20ac\\ud83d\\ude00\"", "0\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 ");
    struct seen seen = walk(sr_text_view("\"a\\u0000\""));
    CHECK(seen.status == SR_OK);
}

static void check_status(const char *text, enum sr_status status)
{
    struct seen seen = walk(sr_text_view(text));
    if (seen.status != status) {
        printf("# %s is %d: %s\n", text, (int)seen.status, seen.err.message);
    }
    CHECK(seen.status == status);
    CHECK(seen.err.message[0] != '\0');
}

static void what_is_not_json_is_refused(void)
{
    static const char *const TEXTS[] = {
        "{\"a\":1,\"a\":2}",
        "{\"a\":1,\"\\u0061\":2}",
        "[1,]",
        "{\"a\":1,}",
        "{,}",
        "[1 2]",
        "{\"a\" 1}",
        "{a:1}",
        "[01]",
        "[1.]",
        "[.5]",
        "[1e]",
        "[+1]",
        "[NaN]",
        "[Infinity]",
        "[--1]",
        "\"\\x\"",
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\\u12g4\"",
        "\"\\ud800\\u0041\"",
        "\"a\nb\"",
        "{} {}",
        "[}",
        "{]",
        "[tru]",
        "'a'",
        "//",
        "\xef\xbb\xbf{}",
        "\"\xff\"",
        "[-]",
        "[1234567890123456789012345678901234567890123456789012345678901234567890]",
    };
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        check_status(TEXTS[i], SR_MALFORMED);
    }
    CHECK(walk(sr_bytes("[\0]", 3)).status == SR_MALFORMED);
}

static void what_ends_too_early_is_truncated(void)
{
    static const char *const TEXTS[] = {"",        " ",        "{",   "[",     "[1",  "{\"a\"",
                                        "{\"a\":", "{\"a\":1", "\"a", "\"a\\", "[1,", "{\"a\":1,"};
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        check_status(TEXTS[i], SR_TRUNCATED);
    }
}

static void ignore(void *ctx, const struct sr_event *event)
{
    size_t *count = ctx;
    (void)event;
    (*count)++;
}

static void depth_is_limited(void)
{
    char text[2 * SR_JSON_WALK_DEPTH_MAX + 3] = {0};
    size_t count = 0;
    memset(text, '[', SR_JSON_WALK_DEPTH_MAX);
    memset(text + SR_JSON_WALK_DEPTH_MAX, ']', SR_JSON_WALK_DEPTH_MAX);
    CHECK(sr_json_walk(sr_text_view(text), ignore, &count, NULL) == SR_OK);
    CHECK(count == (size_t)2 * SR_JSON_WALK_DEPTH_MAX);
    memset(text, '[', SR_JSON_WALK_DEPTH_MAX + 1);
    CHECK(sr_json_walk(sr_text_view(text), ignore, &count, NULL) == SR_TOO_LARGE);
}

/* A vocabulary: many keys, some of them copies. */
static void many_keys_are_told_apart(void)
{
    enum { KEYS = 100000, BYTES = 24 };
    char *text = calloc(KEYS + 1, BYTES);
    CHECK(text != NULL);
    if (text == NULL) {
        return;
    }
    char *at = text;
    *at++ = '{';
    for (unsigned i = 0; i < KEYS; i++) {
        at += snprintf(at, BYTES, "%s\"%s%u\":%u", i > 0 ? "," : "", i % 2 > 0 ? "\\n" : "k", i, i);
    }
    (void)stpcpy(at, "}");
    size_t count = 0;
    CHECK(sr_json_walk(sr_text_view(text), ignore, &count, NULL) == SR_OK);
    CHECK(count == KEYS + 2);
    free(text);
}

int main(void)
{
    RUN(values_are_met_in_order);
    RUN(numbers_keep_their_spelling);
    RUN(escapes_are_resolved);
    RUN(what_is_not_json_is_refused);
    RUN(what_ends_too_early_is_truncated);
    RUN(depth_is_limited);
    RUN(many_keys_are_told_apart);
    return check_done();
}
