/* SPDX-License-Identifier: Apache-2.0 */
/* safetensors as a whole: what metadata may say, and files that lie as attacks on readers do. None
 * may pass, whatever the file is called. */
#include "base/text.h"
#include "tests/findings.h"

#define FILE_BYTES_MAX 1024

/* A file that says that its header has so many bytes. */
struct file {
    uint8_t bytes[FILE_BYTES_MAX];
    size_t len;
};

static struct file make(const char *header, uint64_t said, size_t data_bytes)
{
    struct file f = {.len = 8};
    size_t len = strlen(header);
    CHECK(len + data_bytes <= sizeof f.bytes - f.len);
    for (size_t i = 0; i < 8; i++) {
        f.bytes[i] = (uint8_t)(said >> 8 * i);
    }
    memcpy(f.bytes + f.len, header, len);
    f.len += len + data_bytes;
    return f;
}

static struct findings look(const struct file *f, const char *name)
{
    return findings_of(name, SR_PROFILE_TENSORS, sr_bytes(f->bytes, f->len));
}

static void check_refused(const struct file *f)
{
    static const char *const NAMES[] = {"model.safetensors", "model.bin", "notes.txt"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        struct findings found = look(f, NAMES[i]);
        if (found.verdict == SR_VERDICT_PASS) {
            printf("# passes as %s: %s\n", NAMES[i], (const char *)f->bytes + 8);
        }
        CHECK(found.verdict != SR_VERDICT_PASS);
    }
}

#define META(value) "{\"__metadata__\":{\"format\":" value "}}"
#define ONE(name, dtype, shape, offsets)                                                           \
    "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

static void ordinary_files_pass(void)
{
    static const char *const HEADERS[] = {
        "{" ONE("a", "U8", "[2]", "[0,2]") "," ONE("b", "F16", "[]", "[2,4]") "}",
        "{\"__metadata__\":{\"format\":\"pt\"}," ONE("a", "U8", "[4]", "[0,4]") "}  ",
        "{" ONE("a", "F4", "[2,4]", "[0,4]") "}",
        "{" ONE("b", "U8", "[2]", "[2,4]") "," ONE("a", "I8", "[2,1]", "[0,2]") "}",
    };
    for (size_t i = 0; i < sizeof HEADERS / sizeof HEADERS[0]; i++) {
        struct file f = make(HEADERS[i], strlen(HEADERS[i]), 4);
        struct findings found = look(&f, "model.safetensors");
        CHECK(found.verdict == SR_VERDICT_PASS && found.count == 0 && found.covered == f.len);
        CHECK(strcmp(found.format, "safetensors") == 0);
    }
}

static void metadata_is_judged(void)
{
    static const struct {
        const char *header;
        enum sr_rule rule;
        enum sr_verdict verdict;
    } SAMPLES[] = {
        {META("\"{{ ''.__class__.__mro__ }}\""), SR_RULE_TEXT_TEMPLATE, SR_VERDICT_REVIEW},
        {META("\"{{ ''['_\\\\\\n_class_\\\\\\n_'] }}\""), SR_RULE_TEXT_TEMPLATE, SR_VERDICT_REVIEW},
        {META("\"import os; os.abort()\""), SR_RULE_TEXT_CODE, SR_VERDICT_REVIEW},
        {META("\"http://c2.example/x\""), SR_RULE_TEXT_ADDRESS, SR_VERDICT_REVIEW},
        {META("1"), SR_RULE_MALFORMED, SR_VERDICT_UNPARSABLE},
        {META("{}"), SR_RULE_BUDGET, SR_VERDICT_UNPARSABLE},
        {"{\"__metadata__\":[]}", SR_RULE_MALFORMED, SR_VERDICT_UNPARSABLE},
        {"{\"__metadata__\":{\"a\":\"\",\"\\u0061\":\"\"}}", SR_RULE_MALFORMED,
         SR_VERDICT_UNPARSABLE},
        {"{\"__metadata__\":{},\"__metadata__\":{}}", SR_RULE_MALFORMED, SR_VERDICT_UNPARSABLE},
    };
    for (size_t i = 0; i < sizeof SAMPLES / sizeof SAMPLES[0]; i++) {
        struct file f = make(SAMPLES[i].header, strlen(SAMPLES[i].header), 0);
        struct findings found = look(&f, "model.safetensors");
        CHECK(found.verdict == SAMPLES[i].verdict && findings_has(&found, SAMPLES[i].rule));
    }
}

static void lies_about_the_header_are_refused(void)
{
    static const char HEADER[] = "{" ONE("a", "U8", "[4]", "[0,4]") "}";
    const uint64_t len = sizeof HEADER - 1;
    const uint64_t said[] = {0,
                             1,
                             2,
                             len - 1,
                             len + 1,
                             len + 4,
                             len + 5,
                             100000001,
                             len | (uint64_t)1 << 32,
                             len | (uint64_t)1 << 63,
                             UINT64_MAX - 7, /* with its own 8 bytes: 0 */
                             UINT64_MAX};
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        struct file f = make(HEADER, said[i], 4);
        check_refused(&f);
    }
}

static void lies_about_tensors_are_refused(void)
{
    static const char *const HEADERS[] = {
        /* holes, overlaps, other order than said, data that is left over or missing */
        "{" ONE("a", "U8", "[2]", "[2,4]") "}",
        "{" ONE("a", "U8", "[2]", "[0,2]") "}",
        "{" ONE("a", "U8", "[5]", "[0,5]") "}",
        "{" ONE("a", "U8", "[4]", "[0,4]") "," ONE("b", "U8", "[4]", "[0,4]") "}",
        "{" ONE("a", "U8", "[3]", "[0,3]") "," ONE("b", "U8", "[2]", "[2,4]") "}",
        "{" ONE("a", "U8", "[1]", "[0,1]") "," ONE("b", "U8", "[2]", "[2,4]") "}",
        "{" ONE("a", "U8", "[4]", "[4,0]") "}",
        "{" ONE("a", "U8", "[4]", "[-4,0]") "}",
        "{" ONE("a", "U8", "[4]", "[18446744073709551612,18446744073709551616]") "}",
        /* shapes that wrap round to 4, and dtypes that do not go with them */
        "{" ONE("a", "U8", "[4294967296,4294967297,4]", "[0,4]") "}",
        "{" ONE("a", "F32", "[4611686018427387905]", "[0,4]") "}",
        "{" ONE("a", "F4", "[9223372036854775816]", "[0,4]") "}",
        "{" ONE("a", "U8", "[-1,-4]", "[0,4]") "}",
        "{" ONE("a", "U8", "[4.0]", "[0,4]") "}",
        "{" ONE("a", "U8", "[4e0]", "[0,4]") "}",
        "{" ONE("a", "U8", "[true,4]", "[0,4]") "}",
        "{" ONE("a", "F32", "[4]", "[0,4]") "}",
        "{" ONE("a", "F4", "[9]", "[0,4]") "}",
        "{" ONE("a", "F128", "[1]", "[0,4]") "}",
        "{" ONE("a", "u8", "[4]", "[0,4]") "}",
        /* one name for two, and members that one reader sees and another does not */
        "{" ONE("a", "U8", "[4]", "[0,4]") "," ONE("a", "I8", "[4]", "[0,4]") "}",
        "{" ONE("a", "U8", "[4]", "[0,4]") "," ONE("\\u0061", "I8", "[0]", "[4,4]") "}",
        "{" ONE("a\\u0000b", "U8", "[4]", "[0,4]") "}",
        "{" ONE("\\ud800", "U8", "[4]", "[0,4]") "}",
        "{\"a\":{\"dtype\":\"U8\",\"dtype\":\"I8\",\"shape\":[4],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4],\"file\":\"../x\"}}",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4,8]}}",
        "{" ONE("a", "U8", "[4]", "[0,4]") "}{}",
    };
    for (size_t i = 0; i < sizeof HEADERS / sizeof HEADERS[0]; i++) {
        struct file f = make(HEADERS[i], strlen(HEADERS[i]), 4);
        check_refused(&f);
    }
}

int main(void)
{
    RUN(ordinary_files_pass);
    RUN(metadata_is_judged);
    RUN(lies_about_the_header_are_refused);
    RUN(lies_about_tensors_are_refused);
    return check_done();
}
