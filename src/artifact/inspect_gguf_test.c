/* SPDX-License-Identifier: Apache-2.0 */
/* GGUF as a whole: metadata, sets of parts, and files as the attacks on its readers made them. */
#include "base/text.h"
#include "tests/findings.h"

#define FILE_BYTES_MAX 4096

/* A file that is being put together. */
struct file {
    uint8_t bytes[FILE_BYTES_MAX];
    size_t len;
};

static void put(struct file *f, const void *bytes, size_t len)
{
    CHECK(len <= sizeof f->bytes - f->len);
    memcpy(f->bytes + f->len, bytes, len);
    f->len += len;
}

static void put_number(struct file *f, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        uint8_t byte = (uint8_t)(value >> 8 * i);
        put(f, &byte, 1);
    }
}

static void put_text(struct file *f, const char *text)
{
    put_number(f, strlen(text), 8);
    put(f, text, strlen(text));
}

static struct file begin(uint64_t tensors, uint64_t keys)
{
    struct file f = {.len = 0};
    put(&f, "GGUF", 4);
    put_number(&f, 3, 4);
    put_number(&f, tensors, 8);
    put_number(&f, keys, 8);
    return f;
}

static void put_string(struct file *f, const char *key, const char *value)
{
    put_text(f, key);
    put_number(f, 8, 4);
    put_text(f, value);
}

static void put_u16(struct file *f, const char *key, uint64_t value)
{
    put_text(f, key);
    put_number(f, 2, 4);
    put_number(f, value, 2);
}

/* An info of a tensor of F32, or of another type. */
static void put_info(struct file *f, const char *name, uint64_t width, uint64_t type,
                     uint64_t offset)
{
    put_text(f, name);
    put_number(f, 1, 4);
    put_number(f, width, 8);
    put_number(f, type, 4);
    put_number(f, offset, 8);
}

static void pad(struct file *f)
{
    while (f->len % 32 != 0) {
        put_number(f, 0, 1);
    }
}

/* One tensor of two floats after the keys that are there, with padding after it. */
static void finish(struct file *f)
{
    put_info(f, "a", 2, 0, 0);
    pad(f);
    put_number(f, 0, 8);
    pad(f);
}

static struct findings look(const struct file *f, const char *name)
{
    return findings_of(name, SR_PROFILE_TENSORS, sr_bytes(f->bytes, f->len));
}

static void check(const struct file *f, const char *name, enum sr_rule rule,
                  enum sr_verdict verdict)
{
    struct findings found = look(f, name);
    if (found.verdict != verdict) {
        printf("# %s: %s\n", sr_verdict_name(found.verdict), found.evidence);
    }
    CHECK(found.verdict == verdict);
    CHECK(rule == SR_RULE_COUNT ? found.count == 0 : findings_has(&found, rule));
    CHECK(strcmp(found.format, "gguf") == 0);
}

static void ordinary_files_pass(void)
{
    struct file f = begin(1, 5);
    put_string(&f, "general.name", "Model");
    put_string(&f, "general.license.link", "https://example.org/license");
    put_string(&f, "tokenizer.chat_template", "{% for m in messages %}{{ m.content }}{% endfor %}");
    put_text(&f, "tokenizer.ggml.tokens");
    put_number(&f, 9, 4);
    put_number(&f, 8, 4);
    put_number(&f, 2, 8);
    put_text(&f, "__import__('os')");
    put_text(&f, "\xff"); /* a piece of a character */
    put_u16(&f, "split.count", 1);
    finish(&f);
    check(&f, "model.gguf", SR_RULE_COUNT, SR_VERDICT_PASS);
}

static void metadata_is_judged(void)
{
    static const struct {
        const char *key;
        const char *value;
        enum sr_rule rule;
        enum sr_verdict verdict;
    } SAMPLES[] = {
        {"tokenizer.chat_template", "{{ ''.__class__ }}", SR_RULE_TEMPLATE_ATTRIBUTE,
         SR_VERDICT_BLOCK},
        {"tokenizer.chat_template.tool_use", "{{ cycler.x }}", SR_RULE_TEMPLATE_GLOBAL,
         SR_VERDICT_BLOCK},
        {"general.description", "import os; os.abort()", SR_RULE_TEXT_CODE, SR_VERDICT_REVIEW},
        {"general.url", "http://c2.example/x", SR_RULE_TEXT_ADDRESS, SR_VERDICT_REVIEW},
        {"general.x", "https://c2.example/x", SR_RULE_TEXT_ADDRESS, SR_VERDICT_REVIEW},
        {"general.name", "\xff", SR_RULE_MALFORMED, SR_VERDICT_UNPARSABLE},
    };
    for (size_t i = 0; i < sizeof SAMPLES / sizeof SAMPLES[0]; i++) {
        struct file f = begin(1, 1);
        put_string(&f, SAMPLES[i].key, SAMPLES[i].value);
        finish(&f);
        check(&f, "model.gguf", SAMPLES[i].rule, SAMPLES[i].verdict);
    }
}

static struct file part(uint64_t number, uint64_t count)
{
    struct file f = begin(1, 2);
    put_u16(&f, "split.no", number);
    put_u16(&f, "split.count", count);
    finish(&f);
    return f;
}

static void parts_of_a_set_agree(void)
{
    struct file f = part(0, 2);
    struct findings found = look(&f, "m/model-00001-of-00002.gguf");
    CHECK(found.verdict == SR_VERDICT_PASS && found.count == 0);
    CHECK(strcmp(found.referred, "m/model-00001-of-00002.gguf\nm/model-00002-of-00002.gguf\n") ==
          0);
    check(&f, "model-00002-of-00002.gguf", SR_RULE_SPLIT, SR_VERDICT_UNPARSABLE);
    check(&f, "model-00001-of-00003.gguf", SR_RULE_SPLIT, SR_VERDICT_UNPARSABLE);
    check(&f, "model.gguf", SR_RULE_SPLIT, SR_VERDICT_UNPARSABLE);
    f = begin(1, 0);
    finish(&f);
    check(&f, "model-00001-of-00002.gguf", SR_RULE_SPLIT, SR_VERDICT_UNPARSABLE);
    check(&f, "model-0001-of-00002.gguf", SR_RULE_COUNT, SR_VERDICT_PASS);
}

static void padding_hides_nothing(void)
{
    struct file f = begin(1, 0);
    finish(&f);
    f.bytes[f.len - 1] = 'x';
    check(&f, "model.gguf", SR_RULE_NOT_COVERED, SR_VERDICT_UNPARSABLE);
}

/* Sizes and counts that lie, as in CVE-2024-21825, CVE-2024-23605, CVE-2025-49847, CVE-2025-53630,
 * CVE-2026-27940 and CVE-2026-7482. */
static void lies_about_sizes_are_refused(void)
{
    struct file f = begin(1, 1);
    put_text(&f, "tokenizer.ggml.tokens"); /* an array that is longer than the file */
    put_number(&f, 9, 4);
    put_number(&f, 8, 4);
    put_number(&f, UINT64_MAX / 8 + 2, 8);
    finish(&f);
    check(&f, "model.gguf", SR_RULE_MALFORMED, SR_VERDICT_UNPARSABLE);

    f = begin(1, 1);
    put_text(&f, "general.name"); /* a string whose length wraps round */
    put_number(&f, 8, 4);
    put_number(&f, UINT64_MAX, 8);
    finish(&f);
    check(&f, "model.gguf", SR_RULE_MALFORMED, SR_VERDICT_UNPARSABLE);

    f = begin(UINT64_MAX, 0); /* tensors without number */
    finish(&f);
    check(&f, "model.gguf", SR_RULE_BUDGET, SR_VERDICT_UNPARSABLE);

    f = begin(1, 0); /* a width whose bytes wrap round */
    put_info(&f, "a", (uint64_t)1 << 62, 0, 0);
    pad(&f);
    check(&f, "model.gguf", SR_RULE_MALFORMED, SR_VERDICT_UNPARSABLE);

    f = begin(1, 0); /* more data than the file has */
    put_info(&f, "a", 1 << 20, 0, 0);
    pad(&f);
    check(&f, "model.gguf", SR_RULE_MALFORMED, SR_VERDICT_UNPARSABLE);

    f = begin(1, 0); /* an offset into something else */
    put_info(&f, "a", 2, 0, (uint64_t)0 - 32);
    pad(&f);
    put_number(&f, 0, 8);
    check(&f, "model.gguf", SR_RULE_MALFORMED, SR_VERDICT_UNPARSABLE);

    f = begin(1, 0); /* a type that is not in the table of sizes */
    put_info(&f, "a", 2, 4, 0);
    pad(&f);
    put_number(&f, 0, 8);
    check(&f, "model.gguf", SR_RULE_MALFORMED, SR_VERDICT_UNPARSABLE);
}

static void check_refused(const struct file *f)
{
    static const char *const NAMES[] = {"model.gguf", "model.bin", "notes.txt"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        CHECK(look(f, NAMES[i]).verdict != SR_VERDICT_PASS);
    }
}

/* An info with these dimensions, and the data of one float. */
static void put_shape(struct file *f, uint32_t rank, const uint64_t *shape, uint64_t type)
{
    put_text(f, "a");
    put_number(f, rank, 4);
    for (uint32_t i = 0; i < rank && i < 8; i++) {
        put_number(f, shape[i], 8);
    }
    put_number(f, type, 4);
    put_number(f, 0, 8);
    pad(f);
    put_number(f, 0, 4);
    pad(f);
}

/* Dimensions of which the product, or the size in bytes, comes out as that of one float when it is
 * not checked: as in CVE-2025-53630, and in CVE-2026-27940, which got past its first repair. */
static void dimensions_that_wrap_round_are_refused(void)
{
    static const struct {
        uint32_t rank;
        uint32_t type;
        uint64_t shape[5];
    } SAMPLES[] = {
        {1, 0, {((uint64_t)1 << 62) + 1}},
        {1, 1, {((uint64_t)1 << 63) + 2}},
        {2, 0, {(uint64_t)1 << 32, ((uint64_t)1 << 32) + 1}},
        {2, 24, {(uint64_t)1 << 63, 2}},
        {3, 0, {1, UINT64_MAX, UINT64_MAX}},
        {4, 0, {(uint64_t)1 << 16, (uint64_t)1 << 16, (uint64_t)1 << 16, (uint64_t)1 << 16}},
        {4, 0, {UINT64_MAX, 1, 1, 1}},
        {5, 0, {1, 1, 1, 1, 1}},
        {UINT32_MAX, 0, {1}},
        {1, 2, {1}},  /* a part of a block */
        {1, 2, {33}}, /* a block and a part */
        {2, 2, {16, 2}},
        {1, 43, {1}},
        {1, UINT32_MAX, {1}},
    };
    for (size_t i = 0; i < sizeof SAMPLES / sizeof SAMPLES[0]; i++) {
        struct file f = begin(1, 0);
        put_shape(&f, SAMPLES[i].rank, SAMPLES[i].shape, SAMPLES[i].type);
        check_refused(&f);
    }
    struct file f = begin(1, 0);
    put_shape(&f, 4, (const uint64_t[]){1, 1, 1, 1}, 0);
    CHECK(look(&f, "model.gguf").verdict == SR_VERDICT_PASS);
}

/* Two tensors, of which the second is where the first is, or their sizes add up to nothing. */
static void tensors_that_do_not_follow_one_another_are_refused(void)
{
    static const struct {
        const char *name;
        uint64_t width;
        uint64_t offset;
    } SECOND[] = {
        {"b", 2, 0},  {"b", 2, 8},
        {"b", 2, 64}, {"b", ((uint64_t)1 << 62) - 16, 32},
        {"a", 2, 32}, {"b", 2, UINT64_MAX - 31},
    };
    for (size_t i = 0; i < sizeof SECOND / sizeof SECOND[0]; i++) {
        struct file f = begin(2, 0);
        put_info(&f, "a", 2, 0, 0);
        put_info(&f, SECOND[i].name, SECOND[i].width, 0, SECOND[i].offset);
        pad(&f);
        for (unsigned j = 0; j < 8; j++) {
            put_number(&f, 0, 8);
        }
        check_refused(&f);
    }
}

/* Lengths of keys, texts and arrays; types in places where they make no sense. */
static void metadata_that_lies_is_refused(void)
{
    static const uint64_t LENGTHS[] = {
        0, (uint64_t)1 << 31, (uint64_t)1 << 32, (uint64_t)1 << 62, (uint64_t)1 << 63, UINT64_MAX};
    for (size_t i = 0; i < sizeof LENGTHS / sizeof LENGTHS[0]; i++) {
        struct file f = begin(1, 1);
        put_number(&f, LENGTHS[i], 8); /* of a key */
        put(&f, "general.name", 12);
        put_number(&f, 8, 4);
        put_text(&f, "x");
        finish(&f);
        check_refused(&f);
        f = begin(1, 1);
        put_text(&f, "general.name"); /* of a text */
        put_number(&f, 8, 4);
        put_number(&f, LENGTHS[i], 8);
        put(&f, "x", 1);
        finish(&f);
        check_refused(&f);
        f = begin(1, 1);
        put_text(&f, "k"); /* of an array of u64: eight times that wraps round */
        put_number(&f, 9, 4);
        put_number(&f, 10, 4);
        put_number(&f, LENGTHS[i], 8);
        put_number(&f, 1, 8);
        finish(&f);
        check_refused(&f);
    }
    static const uint64_t ALIGNMENTS[] = {0, 3, 24, 33, UINT32_MAX, (uint64_t)1 << 31};
    for (size_t i = 0; i < sizeof ALIGNMENTS / sizeof ALIGNMENTS[0]; i++) {
        struct file f = begin(1, 1);
        put_text(&f, "general.alignment");
        put_number(&f, 4, 4);
        put_number(&f, ALIGNMENTS[i], 4);
        finish(&f);
        check_refused(&f);
    }
    struct file f = begin(1, 1);
    put_text(&f, "k"); /* an array of arrays */
    put_number(&f, 9, 4);
    put_number(&f, 9, 4);
    put_number(&f, 1, 8);
    put_number(&f, 4, 4);
    put_number(&f, 0, 8);
    finish(&f);
    check_refused(&f);
    f = begin(1, 2);
    put_string(&f, "tokenizer.chat_template", "a"); /* of two, readers take either */
    put_string(&f, "tokenizer.chat_template", "b");
    finish(&f);
    check_refused(&f);
    f = begin(1, 1);
    put_text(&f, "k");
    put_number(&f, 13, 4);
    put_number(&f, 0, 8);
    finish(&f);
    check_refused(&f);
}

int main(void)
{
    RUN(ordinary_files_pass);
    RUN(metadata_is_judged);
    RUN(parts_of_a_set_agree);
    RUN(padding_hides_nothing);
    RUN(lies_about_sizes_are_refused);
    RUN(dimensions_that_wrap_round_are_refused);
    RUN(tensors_that_do_not_follow_one_another_are_refused);
    RUN(metadata_that_lies_is_refused);
    return check_done();
}
