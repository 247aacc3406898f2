/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: a page has every field of an act and its subject's digest, whatever the verb; no
 * text of the act makes a line of its own or a control character.
 */
#include "acts/describe.h"

#include "tests/check.h"
#include "tests/fault.h"
#include "tests/sample_act.h"

static char page[65536];

static void describe(const struct sample_act *s)
{
    SR_AUTO(sr_buf) out = NULL;
    CHECK(sr_buf_new(sizeof page - 1, &out) == SR_OK);
    CHECK(sr_act_describe(&s->act, out) == SR_OK);
    struct sr_bytes text = sr_buf_view(out);
    memcpy(page, text.ptr, text.len);
    page[text.len] = '\0';
}

static bool has_line(const char *line)
{
    const char *at = strstr(page, line);
    while (at != NULL && at != page && at[-1] != '\n') {
        at = strstr(at + 1, line);
    }
    return at != NULL && at[strlen(line)] == '\n';
}

#define Z30 "000000000000000000000000000000"

static void test_a_request(void)
{
    struct sample_act s;
    sample_act(&s, SR_VERB_REQUEST, SR_VERB_USE);
    sr_act_set_word(&s.act, SR_FIELD_artifact, "llama");
    sr_act_set_number(&s.act, SR_FIELD_number, 3);
    sr_act_set_word(&s.act, SR_FIELD_host, "gpu-07");
    sr_act_set_word(&s.act, SR_FIELD_workload, "eval");
    sr_act_set_word(&s.act, SR_FIELD_reason, "quarterly evaluation");
    sr_act_set_word(&s.act, SR_FIELD_ticket, "SEC-17");
    sr_act_set_number(&s.act, SR_FIELD_lasts_ms, 7200000);
    sr_act_set_number(&s.act, SR_FIELD_bytes, 200000000000);
    sr_act_set_number(&s.act, SR_FIELD_files, 100);
    sample_act_finish(&s);
    describe(&s);
    CHECK(has_line("act             request"));
    CHECK(has_line("by              alice"));
    CHECK(has_line("at              2023-11-14T22:13:20.000Z"));
    CHECK(has_line("in room         40" Z30));
    CHECK(has_line("about           llama@3"));
    CHECK(has_line("with digest     sha256:abcdef0000000000000000000000000000" Z30));
    CHECK(has_line("asks for        use"));
    CHECK(has_line("version id      1d" Z30));
    CHECK(has_line("machine         gpu-07"));
    CHECK(has_line("workload        eval"));
    CHECK(has_line("bytes at most   200000000000 (200.0 GB)"));
    CHECK(has_line("files at most   100"));
    CHECK(has_line("for             2 h 0 min 0 s (7200000 ms)"));
    CHECK(has_line("reason          quarterly evaluation"));
    CHECK(has_line("ticket          SEC-17"));
    CHECK(has_line("ledger seen     7 entries"));
    CHECK(strstr(page, "BREAK-GLASS") == NULL);
    CHECK(strstr(page, "asks for") < strstr(page, "machine"));
    sr_act_set_number(&s.act, SR_FIELD_break_glass, 1);
    describe(&s);
    CHECK(strncmp(page, "BREAK-GLASS     without", 23) == 0);
}

static void test_numbers(void)
{
    struct sample_act s;
    sample_act(&s, SR_VERB_SERVED, SR_VERB_USE);
    sr_act_set_number(&s.act, SR_FIELD_bytes, 999);
    describe(&s);
    CHECK(has_line("bytes           999 (999.0 B)"));
    CHECK(has_line("files           1"));
    sr_act_set_number(&s.act, SR_FIELD_bytes, 1999999);
    describe(&s);
    CHECK(has_line("bytes           1999999 (1.9 MB)"));
    sample_act(&s, SR_VERB_REQUEST, SR_VERB_DEPOSIT);
    describe(&s);
    CHECK(has_line("files           1")); /* of the deposit, no limit */
    sample_act(&s, SR_VERB_ATTRIBUTE, SR_VERB_USE);
    sr_act_set_number(&s.act, SR_FIELD_until, 1700000000000);
    describe(&s);
    CHECK(has_line("until           2023-11-14T22:13:20.000Z"));
}

/* Set and not set: the page differs. So each field of each verb is on it. */
static void test_every_field_is_shown(void)
{
    static char without[sizeof page];
    for (unsigned verb = 0; verb < SR_VERB_COUNT; verb++) {
        for (unsigned field = 0; field < SR_FIELD_COUNT; field++) {
            struct sample_act s;
            sample_act(&s, (enum sr_verb)verb, SR_VERB_USE);
            s.act.has &= ~(UINT64_C(1) << field);
            describe(&s);
            memcpy(without, page, sizeof page);
            sample_act_set(&s, (enum sr_act_field)field, 2);
            describe(&s);
            CHECK(strcmp(without, page) != 0);
        }
    }
}

static void test_lists(void)
{
    struct sample_act s;
    sample_act(&s, SR_VERB_DEPOSIT, SR_VERB_USE);
    sample_act_set(&s, SR_FIELD_parents, 2);
    sample_act_set(&s, SR_FIELD_documents, 2);
    describe(&s);
    CHECK(has_line("parents         00" Z30));
    CHECK(has_line("                01" Z30));
    CHECK(has_line("documents       n000 sha256:00" Z30 Z30 "00"));
    CHECK(has_line("                n001 sha256:01" Z30 Z30 "00"));
    sample_act(&s, SR_VERB_ENROL, SR_VERB_USE);
    sample_act_set(&s, SR_FIELD_roles, 2);
    describe(&s);
    CHECK(has_line("roles           n000"));
    CHECK(has_line("                n001"));
}

/* An act that could not even be encoded shows nothing but '?' where it would act on a terminal. */
static void test_no_text_acts(void)
{
    static const char *const WRONG[] = {"a\nby              mallory", "\x1b[2J",
                                        "\xe2\x80\xae"
                                        "abc",
                                        "\xff\xfe",
                                        "\xc2\x9b"
                                        "31m"};
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        struct sample_act s;
        sample_act(&s, SR_VERB_EXPORT, SR_VERB_USE);
        s.act.actor = sr_text_view(WRONG[i]);
        s.subject.name = sr_text_view(WRONG[i]);
        sr_act_set_word(&s.act, SR_FIELD_to, WRONG[i]);
        sr_act_set_word(&s.act, SR_FIELD_reason, WRONG[i]);
        describe(&s);
        CHECK(!has_line("by              mallory"));
        CHECK(strchr(page, '?') != NULL);
        for (const char *at = page; *at != '\0'; at++) {
            CHECK(*at == '\n' || ((unsigned char)*at >= 0x20 && (unsigned char)*at < 0x7f));
        }
    }
}

static void test_long_texts_go_on_indented(void)
{
    struct sample_act s;
    char text[300];
    sample_act(&s, SR_VERB_EXPORT, SR_VERB_USE);
    memset(text, ' ', sizeof text);
    memcpy(text + SR_DESCRIBE_COLUMNS - SR_DESCRIBE_INDENT, "by              mallory", 23);
    text[sizeof text - 1] = 'x';
    sr_act_set_text(&s.act, SR_FIELD_reason, sr_bytes(text, sizeof text));
    describe(&s);
    CHECK(!has_line("by              mallory"));
    for (const char *at = page; *at != '\0';) {
        const char *end = strchr(at, '\n');
        CHECK(end != NULL && end - at <= SR_DESCRIBE_COLUMNS);
        at = end + 1;
    }
    sr_act_set_word(&s.act, SR_FIELD_reason, "\xc3\xa9t\xc3\xa9");
    describe(&s);
    CHECK(has_line("reason          \xc3\xa9t\xc3\xa9"));
}

static void test_limits_and_faults(void)
{
    struct sample_act s;
    SR_AUTO(sr_buf) small = NULL;
    sample_act(&s, SR_VERB_DEPOSIT, SR_VERB_USE);
    CHECK(sr_buf_new(100, &small) == SR_OK);
    CHECK(sr_act_describe(&s.act, small) == SR_TOO_LARGE);
    FAULT_SWEEP {
        SR_AUTO(sr_buf) out = NULL;
        enum sr_status status = sr_buf_new(65536, &out);
        if (status == SR_OK) {
            status = sr_act_describe(&s.act, out);
        }
        CHECK((status == SR_OK) == !fault_fired());
    }
    CHECK(fault_sweep_faults() >= 2);
}

int main(void)
{
    RUN(test_a_request);
    RUN(test_numbers);
    RUN(test_every_field_is_shown);
    RUN(test_lists);
    RUN(test_no_text_acts);
    RUN(test_long_texts_go_on_indented);
    RUN(test_limits_and_faults);
    return check_done();
}
