/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: the tables of verbs and fields in docs/formats/act.md are those of verbs.def and
 * fields.def. `test_acts_tables --write docs/formats/act.md` writes them anew.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "acts/act.h"
#include "tests/check.h"

enum { PAGE_BYTES_MAX = 1 << 18 };

static void put(struct sr_buf *out, const char *text)
{
    CHECK(sr_buf_append(out, sr_text_view(text)) == SR_OK);
}

static void put_fields_of(struct sr_buf *out, uint64_t set)
{
    const char *before = "";
    for (unsigned i = 0; i < SR_FIELD_COUNT; i++) {
        if ((set >> i & 1) != 0) {
            put(out, before);
            put(out, "`");
            put(out, sr_field_info((enum sr_act_field)i)->name);
            put(out, "`");
            before = " ";
        }
    }
}

/* What a group may have is said once, in the text. */
static uint64_t of_group(enum sr_verb_group group)
{
    uint64_t request = SR_FIELD_BIT(request);
    if (group == SR_VERB_GROUP_ACT) {
        return request | SR_FIELD_BIT(reason) | SR_FIELD_BIT(ticket);
    }
    return group == SR_VERB_GROUP_RECORD ? request : 0;
}

static void put_verb(struct sr_buf *out, enum sr_verb verb)
{
    static const char *const GROUPS[] = {"system", "record", "act", "review"};
    static const char *const ABOUT[] = {"room", "version", "principal", "request", "policy"};
    const struct sr_verb_info *info = sr_verb_info(verb);
    put(out, "| `");
    put(out, info->word);
    put(out, "` | ");
    put(out, GROUPS[info->group]);
    put(out, " | ");
    put(out, verb == SR_VERB_REQUEST ? "what it asks for is about" : ABOUT[info->about]);
    put(out, " | ");
    put(out, info->changes ? "yes" : "no");
    put(out, " | ");
    put_fields_of(out, info->must);
    put(out, " | ");
    if (verb == SR_VERB_REQUEST) {
        put(out, "AC-10");
    } else {
        put_fields_of(out, info->may & ~of_group(info->group));
    }
    put(out, " | ");
    put_fields_of(out, info->open);
    put(out, " | ");
    put(out, info->title);
    put(out, " |\n");
}

static void put_limit(struct sr_buf *out, const struct sr_field_info *info)
{
    char text[64] = "";
    switch (info->type) {
    case SR_FIELD_TYPE_TEXT:
        (void)snprintf(text, sizeof text, "1 to %lld bytes", (long long)info->max);
        break;
    case SR_FIELD_TYPE_TEXTS:
    case SR_FIELD_TYPE_IDS:
    case SR_FIELD_TYPE_DIGESTS:
        (void)snprintf(text, sizeof text, "1 to %lld", (long long)info->max);
        break;
    case SR_FIELD_TYPE_NUMBER:
        (void)snprintf(text, sizeof text, info->max == INT64_MAX ? "to 2^53 - 1" : "to %lld",
                       (long long)info->max);
        break;
    case SR_FIELD_TYPE_TIME:
    case SR_FIELD_TYPE_DIGEST:
    case SR_FIELD_TYPE_ID:
    case SR_FIELD_TYPE_FLAG:
    default:
        break;
    }
    put(out, text);
}

static void put_field(struct sr_buf *out, enum sr_act_field field)
{
    static const char *const TYPES[] = {"text", "number", "time", "digest", "id",
                                        "flag", "texts",  "ids",  "digests"};
    const struct sr_field_info *info = sr_field_info(field);
    put(out, "| `");
    put(out, info->name);
    put(out, "` | ");
    put(out, TYPES[info->type]);
    put(out, " | ");
    put_limit(out, info);
    put(out, " | ");
    put(out, info->text);
    put(out, " |\n");
}

static struct sr_buf *verbs(void)
{
    struct sr_buf *out = NULL;
    CHECK(sr_buf_new(PAGE_BYTES_MAX, &out) == SR_OK);
    put(out,
        "| verb | group | about | changes custody | must have | may have | a request may leave "
        "open | what was done |\n|---|---|---|---|---|---|---|---|\n");
    for (unsigned i = 0; i < SR_VERB_COUNT; i++) {
        put_verb(out, (enum sr_verb)i);
    }
    return out;
}

static struct sr_buf *fields(void)
{
    struct sr_buf *out = NULL;
    CHECK(sr_buf_new(PAGE_BYTES_MAX, &out) == SR_OK);
    put(out, "| field | type | limit | what it says |\n|---|---|---|---|\n");
    for (unsigned i = 0; i < SR_FIELD_COUNT; i++) {
        put_field(out, (enum sr_act_field)i);
    }
    return out;
}

static char *read_page(const char *path)
{
    char *page = calloc(1, PAGE_BYTES_MAX);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t len = 0;
    ssize_t n = 1;
    while (page != NULL && fd >= 0 && n > 0) {
        n = read(fd, page + len, PAGE_BYTES_MAX - 1 - len);
        len += n > 0 ? (size_t)n : 0;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    CHECK(len > 0);
    return page;
}

/* What is between the lines that say where a table begins and ends. */
static struct sr_bytes part(const char *page, const char *name)
{
    char begin[64];
    char end[64];
    (void)snprintf(begin, sizeof begin, "<!-- generated: %s -->\n", name);
    (void)snprintf(end, sizeof end, "<!-- end: %s -->\n", name);
    const char *from = strstr(page, begin);
    const char *to = from != NULL ? strstr(from, end) : NULL;
    CHECK(to != NULL);
    return to != NULL ? sr_bytes(from + strlen(begin), (size_t)(to - from) - strlen(begin))
                      : sr_bytes("", 0);
}

static void test_the_page_has_the_tables(void)
{
    char path[4096];
    const char *source = getenv("STRONGROOM_SOURCE");
    SR_AUTO(sr_buf) all_verbs = verbs();
    SR_AUTO(sr_buf) all_fields = fields();
    (void)snprintf(path, sizeof path, "%s/docs/formats/act.md", source != NULL ? source : ".");
    char *page = read_page(path);
    CHECK(page != NULL && sr_text_equal(part(page, "verbs"), sr_buf_view(all_verbs)));
    CHECK(page != NULL && sr_text_equal(part(page, "fields"), sr_buf_view(all_fields)));
    free(page);
}

static void write_all(int fd, struct sr_bytes data)
{
    CHECK(write(fd, data.ptr, data.len) == (ssize_t)data.len);
}

static void rewrite(const char *path)
{
    SR_AUTO(sr_buf) all_verbs = verbs();
    SR_AUTO(sr_buf) all_fields = fields();
    char *page = read_page(path);
    struct sr_bytes first = part(page, "verbs");
    struct sr_bytes second = part(page, "fields");
    const char *middle = (const char *)first.ptr + first.len;
    const char *rest = (const char *)second.ptr + second.len;
    int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    CHECK(fd >= 0);
    write_all(fd, sr_bytes(page, (size_t)((const char *)first.ptr - page)));
    write_all(fd, sr_buf_view(all_verbs));
    write_all(fd, sr_bytes(middle, (size_t)((const char *)second.ptr - middle)));
    write_all(fd, sr_buf_view(all_fields));
    write_all(fd, sr_bytes(rest, strlen(rest)));
    (void)close(fd);
    free(page);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--write") == 0) {
        rewrite(argv[2]);
        return check_faults == 0 ? 0 : 1;
    }
    RUN(test_the_page_has_the_tables);
    return check_done();
}
