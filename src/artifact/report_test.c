/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/report.h"

#include <string.h>

#include "base/text.h"
#include "tests/check.h"

static const struct sr_inspected PASSED = {
    .verdict = SR_VERDICT_PASS, .format = "gguf", .bytes = 10, .covered = 10};

static size_t begin(struct sr_report *r, const char *path)
{
    size_t index = SIZE_MAX;
    CHECK(sr_report_begin(r, path, &index) == SR_OK);
    return index;
}

static void add(struct sr_report *r, size_t index, enum sr_rule rule)
{
    struct sr_finding finding = {
        .rule = rule, .offset = 7, .length = 3, .member = "m", .evidence = "what was seen"};
    sr_report_add(r, index, &finding);
}

static void nothing_inspected_is_no_pass(void)
{
    SR_AUTO(sr_report) r = NULL;
    CHECK(sr_report_new(SR_PROFILE_TENSORS, &r) == SR_OK);
    CHECK(sr_report_verdict(r) == SR_VERDICT_UNPARSABLE);
    CHECK(sr_report_status(r, NULL) == SR_UNINSPECTED);
}

static void a_file_without_an_end_is_unparsable(void)
{
    SR_AUTO(sr_report) r = NULL;
    struct sr_err err = {0};
    CHECK(sr_report_new(SR_PROFILE_TENSORS, &r) == SR_OK);
    size_t index = begin(r, "a");
    CHECK(sr_report_at(r, index).verdict == SR_VERDICT_UNPARSABLE);
    sr_report_end(r, index, &PASSED);
    CHECK(sr_report_status(r, &err) == SR_OK);
    CHECK(sr_report_verdict(r) == SR_VERDICT_PASS);
}

static void findings_outweigh_what_was_said(void)
{
    SR_AUTO(sr_report) r = NULL;
    struct sr_err err = {0};
    CHECK(sr_report_new(SR_PROFILE_TENSORS, &r) == SR_OK);
    size_t a = begin(r, "a");
    size_t b = begin(r, "b");
    sr_report_end(r, a, &PASSED);
    add(r, b, SR_RULE_MALFORMED);
    add(r, b, SR_RULE_POLYGLOT);
    sr_report_end(r, b, &PASSED);
    CHECK(sr_report_at(r, a).verdict == SR_VERDICT_PASS);
    CHECK(sr_report_at(r, b).verdict == SR_VERDICT_BLOCK);
    CHECK(sr_report_status(r, &err) == SR_REFUSED);
    CHECK(strcmp(err.message, "BLOCK: 'b' in m at 7: polyglot: what was seen") == 0);
    CHECK(sr_report_count_of(r, SR_VERDICT_BLOCK) == 1);
    /* A late one counts as well. */
    add(r, a, SR_RULE_MISNAMED);
    CHECK(sr_report_at(r, a).verdict == SR_VERDICT_REVIEW);
}

static void paths_are_unique_and_sorted(void)
{
    SR_AUTO(sr_report) r = NULL;
    size_t index = 0;
    CHECK(sr_report_new(SR_PROFILE_TENSORS, &r) == SR_OK);
    (void)begin(r, "b");
    (void)begin(r, "a");
    CHECK(sr_report_begin(r, "a", &index) == SR_CONFLICT);
    CHECK(sr_report_find(r, "a", &index) && index == 1);
    sr_report_sort(r);
    CHECK(strcmp(sr_report_at(r, 0).path, "a") == 0);
}

static void files_move_to_another_report(void)
{
    SR_AUTO(sr_report) r = NULL;
    SR_AUTO(sr_report) from = NULL;
    CHECK(sr_report_new(SR_PROFILE_TENSORS, &r) == SR_OK);
    CHECK(sr_report_new(SR_PROFILE_TENSORS, &from) == SR_OK);
    add(from, begin(from, "x"), SR_RULE_POLYGLOT);
    (void)begin(from, "y");
    CHECK(sr_report_take(r, from, "dir") == SR_OK);
    CHECK(sr_report_count(from) == 0 && sr_report_count(r) == 2);
    sr_report_sort(r);
    CHECK(strcmp(sr_report_at(r, 0).path, "dir/x") == 0);
    CHECK(sr_report_at(r, 0).verdict == SR_VERDICT_BLOCK);
    CHECK(sr_report_at(r, 0).finding_count == 1);
}

static void texts_are_json(void)
{
    SR_AUTO(sr_report) r = NULL;
    SR_AUTO(sr_buf) out = NULL;
    SR_AUTO(sr_json) json = NULL;
    struct sr_err err = {0};
    CHECK(sr_report_new(SR_PROFILE_SKLEARN, &r) == SR_OK);
    add(r, begin(r, "a \xff\"b"), SR_RULE_POLYGLOT);
    CHECK(sr_buf_new((size_t)1 << 20, &out) == SR_OK);
    struct sr_json_writer w = {.out = out};
    CHECK(sr_report_json(r, &w) == SR_OK);
    CHECK(sr_json_decode(sr_buf_view(out), 8, &json, &err) == SR_OK);
    struct sr_json_value files;
    CHECK(sr_json_find(sr_json_root(json), "files", &files) && sr_json_count(files) == 1);
    sr_json_free(SR_TAKE(json));
    sr_buf_clear(out);
    CHECK(sr_report_sarif(r, out) == SR_OK);
    CHECK(sr_json_decode(sr_buf_view(out), 16, &json, &err) == SR_OK);
}

int main(void)
{
    RUN(nothing_inspected_is_no_pass);
    RUN(a_file_without_an_end_is_unparsable);
    RUN(findings_outweigh_what_was_said);
    RUN(paths_are_unique_and_sorted);
    RUN(files_move_to_another_report);
    RUN(texts_are_json);
    return check_done();
}
