/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/yaml.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tests/check.h"

/* What must hold: what is accepted is what every reader of YAML makes of it; the rest is refused.
 */

struct seen {
    char text[4096]; /* each event: `key=`, a sign for its kind, its text */
    struct sr_err err;
    enum sr_status status;
};

static void keep(void *ctx, const struct sr_event *event)
{
    static const char *const SIGNS[] = {"{", "}", "[", "]", "\"", "#", "?", "null"};
    struct seen *seen = ctx;
    size_t len = strlen(seen->text);
    bool closes = event->kind == SR_EVENT_MAP_END || event->kind == SR_EVENT_LIST_END;
    (void)snprintf(seen->text + len, sizeof seen->text - len, "%.*s%s%s%.*s ",
                   closes ? 0 : (int)event->key.len, (const char *)event->key.ptr,
                   event->has_key && !closes ? "=" : "", SIGNS[event->kind], (int)event->text.len,
                   (const char *)event->text.ptr);
}

static struct seen walk(const char *text)
{
    struct seen seen = {.status = SR_OK};
    seen.status = sr_yaml_walk(sr_text_view(text), keep, &seen, &seen.err);
    return seen;
}

static void check_seen(const char *text, const char *events)
{
    struct seen seen = walk(text);
    if (seen.status != SR_OK || strcmp(seen.text, events) != 0) {
        printf("# %s\n#  has '%s', not '%s': %s\n", text, seen.text, events, seen.err.message);
    }
    CHECK(seen.status == SR_OK);
    CHECK(strcmp(seen.text, events) == 0);
}

static void check_refused(const char *text, enum sr_status status)
{
    struct seen seen = walk(text);
    if (seen.status != status) {
        printf("# %s is %d: '%s' %s\n", text, (int)seen.status, seen.text, seen.err.message);
    }
    CHECK(seen.status == status);
    CHECK(seen.err.message[0] != '\0');
}

static void nothing_is_null(void)
{
    check_seen("", "null ");
    check_seen("# a comment\n\n  # another\n", "null ");
    check_seen("---\n", "null ");
    check_seen("---\n...\n", "null ");
}

static void maps_and_lists_nest(void)
{
    check_seen("a: 1\nb:\n  c: d\n  e: f\ng: h", "{ a=#1 b={ c=\"d e=\"f } g=\"h } ");
    check_seen("- a\n- b\n", "[ \"a \"b ] ");
    check_seen("a:\n- b\n- c\nd: e\n", "{ a=[ \"b \"c ] d=\"e } ");
    check_seen("a:\n  - b: 1\n    c: 2\n  - d: 3\n", "{ a=[ { b=#1 c=#2 } { d=#3 } ] } ");
    check_seen("- - a\n  - b\n- c\n", "[ [ \"a \"b ] \"c ] ");
    check_seen("a:\nb:\n  -\n  - c\n", "{ a=null b=[ null \"c ] } ");
    check_seen("a:\n  b:\n    c:\nd: e\n", "{ a={ b={ c=null } } d=\"e } ");
    check_seen("---\na: b\n...\n# end\n", "{ a=\"b } ");
    check_seen("a: b # c\n# d\ne: f#g\r\nh: i\r\n", "{ a=\"b e=\"f#g h=\"i } ");
    check_seen("-\n  a: b\n-   c: d\n    e: f\n", "[ { a=\"b } { c=\"d e=\"f } ] ");
}

static void plain_scalars_have_kinds(void)
{
    check_seen("[null, ~, Null, NULL, true, True, FALSE, yes, on]",
               "[ null null null null ?true ?true ?false \"yes \"on ] ");
    check_seen("[0, -1, 1.5, 1e5, 1E-5, 01, 0x1, 1., .5, 1_0, 12:30, 2024-01-01]",
               "[ #0 #-1 #1.5 #1e5 #1E-5 \"01 \"0x1 \"1. \".5 \"1_0 \"12:30 \"2024-01-01 ] ");
    check_seen("a: b c\n  d\n\n  e\nf: g", "{ a=\"b c d\ne f=\"g } ");
    check_seen("a:\n  b\n  c\n", "{ a=\"b c } ");
    check_seen("a\nb\n", "\"a b ");
    check_seen("http://x:80/y: -z\n", "{ http://x:80/y=\"-z } ");
    check_seen("a: b\n  - c\n", "{ a=\"b - c } ");
}

static void quoted_scalars_are_resolved(void)
{
    check_seen("'a': 'it''s'\n", "{ a=\"it's } ");
    check_seen("\"a b\" : \"\\x41\\u00e9\\U0001f600\\n\\t\\\"\\\\\\/\"",
               "{ a b=\"A\xc3\xa9\xf0\x9f\x98\x80\n\t\"\\/ } ");
    check_seen("a: \"b  \n   c\n\n   d\\\n   e \\\n  \\ f\"\n", "{ a=\"b c\nde  f } ");
    check_seen("a: 'b\n  c'\nd: 'e'", "{ a=\"b c d=\"e } ");
    check_seen("a: '# b: c' # d\n", "{ a=\"# b: c } ");
    check_seen("'{{ a }}'", "\"{{ a }} ");
    check_seen("\"\\N\\_\\L\\P\\e\\a\\b\\v\\f\\r\\ \"",
               "\"\xc2\x85\xc2\xa0\xe2\x80\xa8\xe2\x80\xa9\x1b\a\b\v\f\r  ");
    check_seen("a: ''\n", "{ a=\" } ");
}

static void block_scalars_keep_or_fold_lines(void)
{
    check_seen("a: |\n  b\n   c\n\n  d\ne: f\n", "{ a=\"b\n c\n\nd\n e=\"f } ");
    check_seen("a: >\n  b\n  c\n\n  d\n   e\n  f\n", "{ a=\"b c\nd\n e\nf\n } ");
    check_seen("a: |-\n  b\n\nc: |+\n  d\n\ne: f\n", "{ a=\"b c=\"d\n\n e=\"f } ");
    check_seen("a: |2-\n   b\n", "{ a=\" b } ");
    check_seen("a: >-\n\n\n  b\n", "{ a=\"\n\nb } ");
    check_seen("- |\n a\n- b\n", "[ \"a\n \"b ] ");
    check_seen("a: |\nb: c\n", "{ a=\" b=\"c } ");
    check_seen("a: | # comment\n  # text\n", "{ a=\"# text\n } ");
    check_seen("|\na\n", "\"a\n ");
}

static void flow_is_read(void)
{
    check_seen("{}", "{ } ");
    check_seen("[]", "[ ] ");
    check_seen("a: {b: [c, {d: 1}], \"e\":f, g, 'h': }\ni: j",
               "{ a={ b=[ \"c { d=#1 } ] e=\"f g=null h=null } i=\"j } ");
    check_seen("[a, # b\n  c,\n]", "[ \"a \"c ] ");
    check_seen("- [a, b]\n- {c: d}\n", "[ [ \"a \"b ] { c=\"d } ] ");
    check_seen("{a: 'b', c: \"d\", e:1}", "{ a=\"b c=\"d e:1=null } ");
}

/* Each is of YAML, or nearly. */
static const char *const REFUSED[] = {
    "a: !!python/object/apply:os.abort []",
    "!x a: b",
    "a: &b c",
    "a: *b",
    "<<: {a: b}",
    "%YAML 1.1\n---\na: b",
    "? a\n: b",
    "a: b\na: c",
    "{a: 1, 'a': 2}",
    "\ta: b",
    "a:\n\tb: c",
    "a: b\n---\nc: d",
    "a: b\n...\nc: d",
    "--- a",
    "---\n---\n",
    "a: b: c",
    "a: - b",
    "a: b\n  c: d",
    "a: 'b",
    "a: \"b",
    "a: [b",
    "a: {b: c",
    "[a, b",
    "[a]]",
    "[a: b]",
    "{a b: c}: d",
    "{'a' b}",
    "[,]",
    "[a,,b]",
    "a: @b",
    "a: `b",
    "a: %b",
    "a\n: b",
    "a: b\n c: d",
    "  a: b\nc: d",
    "a:\n  - b\n c",
    "- a\nb: c",
    "a: b\n- c",
    "a: \"\\q\"",
    "a: \"\\xg0\"",
    "a: \"\\ud800\"",
    "a: 'b' c",
    "a: |x\n  b",
    "\xef\xbb\xbf"
    "a: b",
    "a: b\x01",
    "a: b\rc: d",
    "a: \xc2\x85",
    "a: \xe2\x80\xa8",
    "a: \xff",
    "a: \"b\n---\nc\"",
    "{? a: b}",
    "[a b]: c",
    "a: ]",
    "- a\n - b\n- : c",
    "x\ny: z",
    "a: #\n b: c\nd",
    "[a, !b c]",
    "a: >9\n  b",
};

static void what_makes_objects_or_is_ambiguous_is_refused(void)
{
    for (size_t i = 0; i < sizeof REFUSED / sizeof REFUSED[0]; i++) {
        check_refused(REFUSED[i], SR_MALFORMED);
    }
}

static void budgets_hold(void)
{
    char deep[SR_YAML_DEPTH_MAX + 2] = {0};
    memset(deep, '[', SR_YAML_DEPTH_MAX + 1);
    check_refused(deep, SR_TOO_LARGE);
    char *large = calloc(1, SR_YAML_BYTES_MAX + 2);
    CHECK(large != NULL);
    if (large != NULL) {
        memset(large, 'x', SR_YAML_BYTES_MAX + 1);
        check_refused(large, SR_TOO_LARGE);
        free(large);
    }
}

static void front_matter_is_found(void)
{
    struct sr_bytes found = {0};
    size_t offset = 0;
    CHECK(sr_yaml_front_matter(sr_text_view("---\nlicense: mit\n---\n# Title\n"), &found, &offset));
    CHECK(sr_text_equal(found, sr_text_view("license: mit\n")) && offset == 4);
    CHECK(sr_yaml_front_matter(sr_text_view("---\r\na: b\r\n---"), &found, &offset));
    CHECK(sr_text_equal(found, sr_text_view("a: b\r\n")) && offset == 5);
    CHECK(sr_yaml_front_matter(sr_text_view("---\n---\n"), &found, &offset) && found.len == 0);
    CHECK(!sr_yaml_front_matter(sr_text_view("# Title\n---\n"), &found, &offset));
    CHECK(!sr_yaml_front_matter(sr_text_view("---\na: b\n"), &found, &offset));
    CHECK(!sr_yaml_front_matter(sr_text_view("----\na: b\n---\n"), &found, &offset));
    CHECK(!sr_yaml_front_matter(sr_bytes(NULL, 0), &found, &offset));
}

int main(void)
{
    RUN(nothing_is_null);
    RUN(maps_and_lists_nest);
    RUN(plain_scalars_have_kinds);
    RUN(quoted_scalars_are_resolved);
    RUN(block_scalars_keep_or_fold_lines);
    RUN(flow_is_read);
    RUN(what_makes_objects_or_is_ambiguous_is_refused);
    RUN(budgets_hold);
    RUN(front_matter_is_found);
    return check_done();
}
