/* SPDX-License-Identifier: Apache-2.0 */
/* What goes in comes out, by number and by name; the encoding has one spelling for each index. */
#include "formats/tensors.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "base/writer.h"
#include "tests/check.h"
#include "tests/fault.h"

static const uint64_t SHAPE[] = {2, 3};

static struct sr_tensor example(const char *name)
{
    return (struct sr_tensor){
        .name = sr_text_view(name),
        .dtype = "BF16",
        .rank = 2,
        .shape = SHAPE,
        .begin = 100,
        .end = 112,
    };
}

/* docs/formats/tensor-index.md: the example there, byte for byte. */
static const uint8_t ENCODED[] = {
    0, 0, 0,   2,                                                    /* count */
    0, 1, 'a', 15,  2,                                               /* name, BF16, rank */
    0, 0, 0,   0,   0,  0, 0, 2,   0, 0, 0, 0, 0, 0,   0, 3,         /* shape */
    0, 0, 0,   0,   0,  0, 0, 100, 0, 0, 0, 0, 0, 0,   0, 112,       /* range */
    0, 2, 'b', 'c', 40, 0, 0, 0,   0, 0, 0, 0, 0, 112, 0, 0,   0, 0, /* Q4_K, rank 0 */
    0, 0, 0,   112,
};

static void kinds_have_names(void)
{
    CHECK(strcmp(sr_file_kind_name(SR_FILE_OTHER), "other") == 0);
    CHECK(strcmp(sr_file_kind_name(SR_FILE_SAFETENSORS), "safetensors") == 0);
    CHECK(strcmp(sr_file_kind_name(SR_FILE_GGUF), "gguf") == 0);
}

static enum sr_status add_example(struct sr_tensors *t)
{
    struct sr_tensor a = example("a");
    struct sr_tensor b = {.name = sr_text_view("bc"), .dtype = "Q4_K", .begin = 112, .end = 112};
    SR_TRY(sr_tensors_add(t, &a));
    return sr_tensors_add(t, &b);
}

static void check_example(const struct sr_tensors *t)
{
    CHECK(sr_tensors_count(t) == 2);
    struct sr_tensor a = sr_tensors_at(t, 0);
    CHECK(sr_text_equal(a.name, sr_text_view("a")) && strcmp(a.dtype, "BF16") == 0);
    CHECK(a.rank == 2 && a.shape[0] == 2 && a.shape[1] == 3 && a.begin == 100 && a.end == 112);
    struct sr_tensor b = a;
    CHECK(sr_tensors_find(t, sr_text_view("bc"), &b));
    CHECK(strcmp(b.dtype, "Q4_K") == 0 && b.rank == 0 && b.begin == 112 && b.end == 112);
    CHECK(!sr_tensors_find(t, sr_text_view("b"), &b));
}

static void encodes_as_documented(void)
{
    SR_AUTO(sr_tensors) t = NULL;
    SR_AUTO(sr_buf) buf = NULL;
    CHECK(sr_tensors_new(&t) == SR_OK);
    CHECK(sr_buf_new(sizeof ENCODED, &buf) == SR_OK);
    CHECK(add_example(t) == SR_OK);
    check_example(t);
    CHECK(sr_tensors_encode(t, buf) == SR_OK);
    CHECK(sr_text_equal(sr_buf_view(buf), sr_bytes(ENCODED, sizeof ENCODED)));
}

static void decodes_what_it_encodes(void)
{
    struct sr_reader r = sr_reader(sr_bytes(ENCODED, sizeof ENCODED));
    SR_AUTO(sr_tensors) t = NULL;
    CHECK(sr_tensors_decode(&r, &t) == SR_OK);
    CHECK(sr_reader_end(&r) == SR_OK);
    if (t != NULL) {
        check_example(t);
    }
}

static void every_truncation_is_refused(void)
{
    for (size_t len = 0; len < sizeof ENCODED; len++) {
        struct sr_reader r = sr_reader(sr_bytes(ENCODED, len));
        SR_AUTO(sr_tensors) t = NULL;
        CHECK(sr_tensors_decode(&r, &t) == SR_TRUNCATED);
        CHECK(t == NULL && r.offset == 0);
    }
    uint8_t long_buf[sizeof ENCODED + 1] = {0};
    memcpy(long_buf, ENCODED, sizeof ENCODED);
    struct sr_reader r = sr_reader(sr_bytes(long_buf, sizeof long_buf));
    SR_AUTO(sr_tensors) t = NULL;
    CHECK(sr_tensors_decode(&r, &t) == SR_OK && r.rest.len == 1); /* the caller ends the format */
}

static void each_rule_refuses(void)
{
    static const struct {
        const char *rule;
        size_t at; /* this byte of the example becomes value */
        uint8_t value;
        enum sr_status status;
    } CASES[] = {
        {"T-1: not over", 1, 3, SR_TRUNCATED},      {"T-1: too many", 1, 4, SR_TOO_LARGE},
        {"T-2: name is empty", 5, 0, SR_MALFORMED}, {"T-2: name is too long", 4, 5, SR_TOO_LARGE},
        {"T-2: not UTF-8", 6, 0xff, SR_MALFORMED},  {"T-2: NUL", 6, 0, SR_MALFORMED},
        {"T-4: dtype", 7, 0, SR_MALFORMED},         {"T-4: dtype", 7, 23, SR_MALFORMED},
        {"T-5: rank", 8, 65, SR_TOO_LARGE},         {"T-6: end < begin", 40, 99, SR_MALFORMED},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        uint8_t bytes[sizeof ENCODED];
        memcpy(bytes, ENCODED, sizeof bytes);
        bytes[CASES[i].at] = CASES[i].value;
        struct sr_reader r = sr_reader(sr_bytes(bytes, sizeof bytes));
        SR_AUTO(sr_tensors) t = NULL;
        enum sr_status status = sr_tensors_decode(&r, &t);
        if (status != CASES[i].status) {
            printf("# %s: %s\n", CASES[i].rule, sr_status_info(status)->slug);
        }
        CHECK(status == CASES[i].status && t == NULL && r.offset == 0);
    }
}

static void duplicate_is_refused(void) /* T-3 */
{
    uint8_t bytes[2 * sizeof ENCODED];
    memcpy(bytes, ENCODED, 41);
    memcpy(bytes + 41, ENCODED + 4, 37);
    struct sr_reader r = sr_reader(sr_bytes(bytes, 41 + 37));
    SR_AUTO(sr_tensors) t = NULL;
    CHECK(sr_tensors_decode(&r, &t) == SR_CONFLICT);
}

static void add_checks_its_input(void)
{
    static char long_name[SR_LIMIT_TENSOR_NAME_BYTES + 2];
    memset(long_name, 'n', sizeof long_name - 1);
    static const uint64_t LONG_SHAPE[SR_LIMIT_TENSOR_RANK] = {0};
    SR_AUTO(sr_tensors) t = NULL;
    CHECK(sr_tensors_new(&t) == SR_OK);
    struct sr_tensor tensor = example("");
    CHECK(sr_tensors_add(t, &tensor) == SR_MALFORMED);
    tensor = example("\xc0\x80");
    CHECK(sr_tensors_add(t, &tensor) == SR_MALFORMED);
    tensor = example("x");
    tensor.dtype = "f32";
    CHECK(sr_tensors_add(t, &tensor) == SR_MALFORMED);
    tensor = example("x");
    tensor.end = tensor.begin - 1;
    CHECK(sr_tensors_add(t, &tensor) == SR_MALFORMED);
    tensor = example("x");
    tensor.rank = SR_LIMIT_TENSOR_RANK + 1;
    CHECK(sr_tensors_add(t, &tensor) == SR_TOO_LARGE);
    tensor = example(long_name);
    CHECK(sr_tensors_add(t, &tensor) == SR_TOO_LARGE);
    CHECK(sr_tensors_count(t) == 0);
    tensor.name.len--;
    tensor.rank = SR_LIMIT_TENSOR_RANK;
    tensor.shape = LONG_SHAPE;
    CHECK(sr_tensors_add(t, &tensor) == SR_OK);
    CHECK(sr_tensors_add(t, &tensor) == SR_CONFLICT);
    CHECK(sr_tensors_count(t) == 1);

    SR_AUTO(sr_buf) buf = NULL;
    SR_AUTO(sr_tensors) back = NULL;
    CHECK(sr_buf_new(4096, &buf) == SR_OK);
    CHECK(sr_tensors_encode(t, buf) == SR_OK);
    struct sr_reader r = sr_reader(sr_buf_view(buf));
    CHECK(sr_tensors_decode(&r, &back) == SR_OK); /* T-2, T-5: not over the limits */
}

/* Views of tensors do not move when others are added, and the count has its limit. */
static void holds_as_many_as_the_limit(void)
{
    SR_AUTO(sr_tensors) t = NULL;
    CHECK(sr_tensors_new(&t) == SR_OK);
    char name[16];
    struct sr_tensor first = {0};
    for (unsigned i = 0; i < SR_LIMIT_TENSORS; i++) {
        (void)snprintf(name, sizeof name, "%u", i);
        struct sr_tensor tensor = example(name);
        tensor.begin = i;
        tensor.end = i;
        if (sr_tensors_add(t, &tensor) != SR_OK) {
            CHECK(false);
            return;
        }
        first = i == 0 ? sr_tensors_at(t, 0) : first;
    }
    struct sr_tensor one_more = example("x");
    CHECK(sr_tensors_add(t, &one_more) == SR_TOO_LARGE);
    CHECK(sr_tensors_find(t, sr_text_view("262143"), &one_more) && one_more.begin == 262143);
    CHECK(sr_text_equal(first.name, sr_text_view("0")));

    SR_AUTO(sr_buf) buf = NULL;
    CHECK(sr_buf_new(SR_LIMIT_TRAILER_BYTES, &buf) == SR_OK);
    CHECK(sr_tensors_encode(t, buf) == SR_OK);
    struct sr_reader r = sr_reader(sr_buf_view(buf));
    SR_AUTO(sr_tensors) back = NULL;
    CHECK(sr_tensors_decode(&r, &back) == SR_OK); /* T-1: not over the limit */
    CHECK(back != NULL && sr_tensors_count(back) == SR_LIMIT_TENSORS);
    SR_AUTO(sr_buf) small = NULL;
    CHECK(sr_buf_new(1000, &small) == SR_OK);
    CHECK(sr_tensors_encode(t, small) == SR_TOO_LARGE);
}

static void survives_failing_memory(void)
{
    FAULT_SWEEP {
        struct sr_reader r = sr_reader(sr_bytes(ENCODED, sizeof ENCODED));
        SR_AUTO(sr_tensors) t = NULL;
        enum sr_status status = sr_tensors_decode(&r, &t);
        CHECK(status == (fault_fired() ? SR_NO_MEMORY : SR_OK));
        CHECK((t == NULL) == fault_fired());
    }
    CHECK(fault_sweep_faults() == 7); /* index, names, list, names' two tables, two tensors */
}

int main(void)
{
    RUN(kinds_have_names);
    RUN(encodes_as_documented);
    RUN(decodes_what_it_encodes);
    RUN(every_truncation_is_refused);
    RUN(each_rule_refuses);
    RUN(duplicate_is_refused);
    RUN(add_checks_its_input);
    RUN(holds_as_many_as_the_limit);
    RUN(survives_failing_memory);
    return check_done();
}
