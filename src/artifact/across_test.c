/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/across.h"

#include <string.h>

#include "base/text.h"
#include "tests/check.h"

struct seen {
    unsigned count;
    unsigned of_rule[SR_RULE_COUNT];
    struct sr_across_fault last;
};

static void keep_fault(void *ctx, const struct sr_across_fault *fault)
{
    struct seen *seen = ctx;
    seen->count++;
    seen->of_rule[fault->rule]++;
    seen->last = *fault;
}

static struct seen faults_of(const struct sr_across *a)
{
    struct seen seen = {0};
    CHECK(sr_across_check(a, keep_fault, &seen) == SR_OK);
    return seen;
}

static void begin(struct sr_across *a, const char *path, uint64_t bytes)
{
    uint32_t file = 0;
    CHECK(sr_across_file(a, sr_text_view(path), bytes, &file) == SR_OK);
}

static void tensor(struct sr_across *a, const char *name, uint64_t bytes)
{
    CHECK(sr_across_tensor(a, sr_text_view(name), bytes) == SR_OK);
}

static bool claim(struct sr_across *a, const char *file, const char *name, uint64_t from,
                  uint64_t to)
{
    bool is_new = false;
    struct sr_claim c = {.file = sr_text_view(file),
                         .tensor = sr_text_view(name),
                         .begin = from,
                         .end = to,
                         .offset = 7};
    CHECK(sr_across_claim(a, &c, &is_new) == SR_OK);
    return is_new;
}

/* Two shards with an index between them, in the order in which a folder has them. */
static struct sr_across *shards(const char *second_tensor)
{
    struct sr_across *a = NULL;
    CHECK(sr_across_new(&a) == SR_OK);
    begin(a, "m/1.safetensors", 100);
    tensor(a, "a", 60);
    begin(a, "m/index.json", 50);
    CHECK(claim(a, "m/1.safetensors", "a", 0, 0));
    CHECK(claim(a, "m/2.safetensors", "b", 0, 0));
    CHECK(!claim(a, "m/2.safetensors", "c", 0, 0));
    CHECK(sr_across_total(a, 90, 3) == SR_OK);
    begin(a, "m/2.safetensors", 100);
    tensor(a, "b", 20);
    tensor(a, second_tensor, 10);
    return a;
}

static void an_index_that_is_right_has_no_fault(void)
{
    SR_AUTO(sr_across) a = shards("c");
    CHECK(faults_of(a).count == 0);
}

static void a_tensor_that_is_not_there_is_found(void)
{
    SR_AUTO(sr_across) a = shards("d");
    struct seen seen = faults_of(a);
    CHECK(seen.of_rule[SR_RULE_INDEX_TENSOR] == 1);
    CHECK(seen.of_rule[SR_RULE_INDEX_UNMAPPED] == 1);
    CHECK(seen.of_rule[SR_RULE_INDEX_TOTAL] == 1);
    CHECK(seen.count == 3);
    CHECK(seen.last.file == 1 && seen.last.offset == 3);
    CHECK(seen.last.is == 80 && seen.last.said == 90);
}

static void a_tensor_in_two_shards_is_found(void)
{
    SR_AUTO(sr_across) a = shards("c");
    tensor(a, "a", 60);
    struct seen seen = faults_of(a);
    CHECK(seen.count == 1 && seen.last.rule == SR_RULE_INDEX_UNMAPPED);
    CHECK(seen.last.is == 3 && seen.last.said == 2);
    CHECK(sr_text_equal(seen.last.path, sr_text_view("m/2.safetensors")));
}

static void a_file_that_was_not_seen_is_missing_once(void)
{
    SR_AUTO(sr_across) a = NULL;
    CHECK(sr_across_new(&a) == SR_OK);
    begin(a, "index.json", 50);
    (void)claim(a, "x.safetensors", "a", 0, 0);
    (void)claim(a, "x.safetensors", "b", 0, 0);
    struct seen seen = faults_of(a);
    CHECK(seen.count == 1 && seen.last.rule == SR_RULE_REFERENCE_MISSING && seen.last.file == 0);
}

static void data_that_is_taken_is_covered_and_ends_in_time(void)
{
    SR_AUTO(sr_across) a = NULL;
    SR_AUTO(sr_coverage) coverage = NULL;
    struct sr_coverage_fault fault = {0};
    bool found = false;
    CHECK(sr_across_new(&a) == SR_OK && sr_coverage_new(&coverage) == SR_OK);
    begin(a, "model.onnx", 50);
    (void)claim(a, "data", "", 40, 100);
    (void)claim(a, "data", "", 0, 20);
    (void)claim(a, "data", "", 10, 30);
    CHECK(sr_across_cover(a, sr_text_view("other"), coverage, &found) == SR_OK && !found);
    CHECK(sr_across_cover(a, sr_text_view("data"), coverage, &found) == SR_OK && found);
    CHECK(sr_coverage_fault(coverage, 100, 0, &fault));
    CHECK(fault.offset == 30 && fault.len == 10 && !fault.is_twice);
    begin(a, "data", 99);
    struct seen seen = faults_of(a);
    CHECK(seen.count == 1 && seen.last.rule == SR_RULE_REFERENCE_RANGE);
    CHECK(seen.last.is == 99 && seen.last.said == 100);
}

int main(void)
{
    RUN(an_index_that_is_right_has_no_fault);
    RUN(a_tensor_that_is_not_there_is_found);
    RUN(a_tensor_in_two_shards_is_found);
    RUN(a_file_that_was_not_seen_is_missing_once);
    RUN(data_that_is_taken_is_covered_and_ends_in_time);
    return check_done();
}
