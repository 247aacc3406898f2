/* SPDX-License-Identifier: Apache-2.0 */
/* Each rule of docs/formats/safetensors.md is broken alone; valid files give the right ranges. */
#include "formats/safetensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "tests/check.h"
#include "tests/corpus.h"
#include "tests/fault.h"

static uint8_t file[1 << 21];

/* Put the length and the header into `file`; returns how long both are. */
static size_t make_file(const char *header, size_t header_len)
{
    for (size_t i = 0; i < 8; i++) {
        file[i] = (uint8_t)(header_len >> 8 * i);
    }
    memcpy(file + 8, header, header_len);
    return 8 + header_len;
}

/* Decode a file of this header and so many bytes of data. */
static enum sr_status decode(const char *header, size_t header_len, uint64_t data_bytes,
                             struct sr_tensors **out, struct sr_err *err)
{
    size_t len = make_file(header, header_len);
    return sr_safetensors_decode(sr_bytes(file, len), len + data_bytes, out, err);
}

#define TEXT(literal) literal, sizeof(literal) - 1
/* A tensor of two bytes, to put a second one behind. */
#define FIRST "\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}"
#define ONLY(dtype, shape, offsets)                                                                \
    TEXT("{\"t\":{\"dtype\":" dtype ",\"shape\":" shape ",\"data_offsets\":" offsets "}}")

static const struct {
    const char *header;
    size_t header_len;
    uint64_t data_bytes;
    enum sr_status status;
    const char *message; /* after "safetensors: " */
} BAD_HEADERS[] = {
    /* S-4 */
    {TEXT(" {}"), 0, SR_MALFORMED, "header at byte 8: not '{'"},
    {TEXT("[]"), 0, SR_MALFORMED, "header at byte 8: not '{'"},
    {TEXT("{}\n"), 0, SR_MALFORMED, "header at byte 10: 0x0a after the object"},
    {TEXT("{} x"), 0, SR_MALFORMED, "header at byte 11: 0x78 after the object"},
    {TEXT("{}\0"), 0, SR_MALFORMED, "header at byte 10: 0x00 after the object"},
    /* S-5 */
    {TEXT("{,"), 0, SR_MALFORMED, "json: expected a key at byte 9"},
    {TEXT("{" FIRST ",}"), 2, SR_MALFORMED, "json: expected a key at byte 61"},
    {TEXT("{\"a\\x\":1}"), 0, SR_MALFORMED, "json: invalid syntax at byte 13"},
    {TEXT("{\"\xff\":1}"), 0, SR_MALFORMED, "json: not UTF-8 at byte 10"},
    {TEXT("{\"a\\u0000b\":1}"), 0, SR_MALFORMED, "json: NUL in a string at byte 19"},
    {TEXT("{\"t\":{\"a\":[[1]]}}"), 0, SR_TOO_LARGE,
     "tensor 't' at byte 9: json: nested deeper than 2 at byte 19"},
    {TEXT("{\"t\":{\"dtype\":\"U8\",\"dtype\":\"U8\"}}"), 0, SR_MALFORMED,
     "tensor 't' at byte 9: json: duplicate key at byte 34"},
    /* S-6 */
    {TEXT("{" FIRST "," FIRST "}"), 2, SR_MALFORMED, "tensor 'a' at byte 61: duplicate key"},
    {TEXT("{" FIRST ",\"\\u0061\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[2,2]}}"), 2,
     SR_MALFORMED, "tensor 'a' at byte 61: duplicate key"},
    {TEXT("{\"__metadata__\":{},\"__metadata__\":{}}"), 0, SR_MALFORMED,
     "'__metadata__' at byte 27: duplicate key"},
    /* S-7 */
    {TEXT("{\"__metadata__\":null}"), 0, SR_MALFORMED, "'__metadata__' at byte 9: not an object"},
    {TEXT("{\"__metadata__\":{\"a\":1}}"), 0, SR_MALFORMED,
     "'__metadata__' at byte 9: value of 'a' is not a string"},
    {TEXT("{\"__metadata__\":{\"a\":{}}}"), 0, SR_TOO_LARGE,
     "'__metadata__' at byte 9: json: nested deeper than 1 at byte 29"},
    {TEXT("{\"__metadata__\":{\"a\":\"b\",\"a\":\"c\"}}"), 0, SR_MALFORMED,
     "'__metadata__' at byte 9: json: duplicate key at byte 36"},
    /* S-8; over 1,024 bytes: below */
    {TEXT("{\"\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}"), 0, SR_MALFORMED,
     "tensor '' at byte 9: name is empty"},
    /* S-9 */
    {TEXT("{\"t\":[]}"), 0, SR_MALFORMED,
     "tensor 't' at byte 9: not an object of exactly 'dtype', 'shape' and 'data_offsets'"},
    {TEXT("{\"t\":{\"dtype\":\"U8\",\"shape\":[0]}}"), 0, SR_MALFORMED,
     "tensor 't' at byte 9: not an object of exactly 'dtype', 'shape' and 'data_offsets'"},
    {TEXT("{\"t\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0],\"x\":0}}"), 0,
     SR_MALFORMED,
     "tensor 't' at byte 9: not an object of exactly 'dtype', 'shape' and 'data_offsets'"},
    {TEXT("{\"t\":{\"dtype\":\"U8\",\"shape\":[0],\"offsets\":[0,0]}}"), 0, SR_MALFORMED,
     "tensor 't' at byte 9: not an object of exactly 'dtype', 'shape' and 'data_offsets'"},
    /* S-10 */
    {ONLY("7", "[1]", "[0,1]"), 1, SR_MALFORMED, "tensor 't' at byte 9: dtype: not a string"},
    {ONLY("\"u8\"", "[1]", "[0,1]"), 1, SR_MALFORMED,
     "tensor 't' at byte 9: dtype: 'u8' is not known"},
    {ONLY("\"Q8_0\"", "[32]", "[0,34]"), 34, SR_MALFORMED,
     "tensor 't' at byte 9: dtype: 'Q8_0' is not known"},
    /* S-11 */
    {ONLY("\"U8\"", "1", "[0,1]"), 1, SR_MALFORMED,
     "tensor 't' at byte 9: shape: not an array of integers from 0 up"},
    {ONLY("\"U8\"", "[-1]", "[0,1]"), 1, SR_MALFORMED,
     "tensor 't' at byte 9: shape: not an array of integers from 0 up"},
    {ONLY("\"U8\"", "[1.0]", "[0,1]"), 1, SR_MALFORMED,
     "tensor 't' at byte 9: shape: not an array of integers from 0 up"},
    {ONLY("\"U8\"", "[1e0]", "[0,1]"), 1, SR_MALFORMED,
     "tensor 't' at byte 9: shape: not an array of integers from 0 up"},
    {ONLY("\"U8\"", "[-0]", "[0,0]"), 0, SR_MALFORMED,
     "tensor 't' at byte 9: json: integer '-0' at byte 36"},
    {ONLY("\"U8\"",
          "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
          "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]",
          "[0,1]"),
     1, SR_TOO_LARGE, "tensor 't' at byte 9: shape: 65 dimensions, the limit is 64"},
    /* S-12 */
    {ONLY("\"U8\"", "[1]", "[0]"), 1, SR_MALFORMED,
     "tensor 't' at byte 9: data_offsets: not two integers from 0 up"},
    {ONLY("\"U8\"", "[1]", "[0,1,2]"), 1, SR_MALFORMED,
     "tensor 't' at byte 9: data_offsets: not two integers from 0 up"},
    {ONLY("\"U8\"", "[1]", "[-1,0]"), 1, SR_MALFORMED,
     "tensor 't' at byte 9: data_offsets: not two integers from 0 up"},
    {ONLY("\"U8\"", "[1]", "{}"), 1, SR_MALFORMED,
     "tensor 't' at byte 9: data_offsets: not two integers from 0 up"},
    {ONLY("\"U8\"", "[1]", "[1,0]"), 1, SR_MALFORMED,
     "tensor 't' at byte 9: data_offsets: end 0 is before begin 1"},
    /* S-13 */
    {ONLY("\"U8\"", "[4294967296,4294967296]", "[0,0]"), 0, SR_MALFORMED,
     "tensor 't' at byte 9: shape: the size overflows or is no whole number of bytes of U8"},
    {ONLY("\"U8\"", "[4294967296,4294967296,0]", "[0,0]"), 0, SR_MALFORMED,
     "tensor 't' at byte 9: shape: the size overflows or is no whole number of bytes of U8"},
    {ONLY("\"C64\"", "[4611686018427387904]", "[0,0]"), 0, SR_MALFORMED,
     "tensor 't' at byte 9: shape: the size overflows or is no whole number of bytes of C64"},
    {ONLY("\"F4\"", "[3]", "[0,2]"), 2, SR_MALFORMED,
     "tensor 't' at byte 9: shape: the size overflows or is no whole number of bytes of F4"},
    {ONLY("\"F6_E2M3\"", "[2]", "[0,2]"), 2, SR_MALFORMED,
     "tensor 't' at byte 9: shape: the size overflows or is no whole number of bytes of "
     "F6_E2M3"},
    /* S-14 */
    {ONLY("\"F32\"", "[2,3]", "[0,23]"), 23, SR_MALFORMED,
     "tensor 't' at byte 9: data_offsets: 0 to 23, but shape and dtype need 24 bytes"},
    {ONLY("\"F32\"", "[]", "[0,0]"), 0, SR_MALFORMED,
     "tensor 't' at byte 9: data_offsets: 0 to 0, but shape and dtype need 4 bytes"},
    /* S-15 */
    {ONLY("\"U8\"", "[1]", "[1,2]"), 2, SR_MALFORMED,
     "tensor 't' at byte 9: data_offsets: begin 1 is not 0, the end of the tensor before it"},
    {TEXT("{" FIRST ",\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[3,4]}}"), 4,
     SR_MALFORMED,
     "tensor 'b' at byte 61: data_offsets: begin 3 is not 2, the end of the tensor before it"},
    {TEXT("{" FIRST ",\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}"), 2,
     SR_MALFORMED,
     "tensor 'b' at byte 61: data_offsets: begin 1 is not 2, the end of the tensor before it"},
    {TEXT("{" FIRST ",\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}"), 2,
     SR_MALFORMED,
     "tensor 'b' at byte 61: data_offsets: begin 0 is not 2, the end of the tensor before it"},
    {TEXT("{" FIRST ",\"b\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[1,1]}}"), 2,
     SR_MALFORMED,
     "tensor 'b' at byte 61: data_offsets: begin 1 is not 2, the end of the tensor before it"},
    /* S-16 */
    {TEXT("{" FIRST "}"), 1, SR_TRUNCATED, "the data should have 2 bytes but has 1"},
    {TEXT("{" FIRST "}"), 3, SR_MALFORMED, "1 bytes after the last tensor, at byte 63"},
    {TEXT("{}"), 1, SR_MALFORMED, "1 bytes after the last tensor, at byte 10"},
};

static bool says(const struct sr_err *err, const char *message)
{
    size_t prefix = strlen("safetensors: ");
    return strncmp(err->message, "safetensors: ", prefix) == 0 &&
           strcmp(err->message + prefix, message) == 0;
}

static void each_rule_refuses(void)
{
    for (size_t i = 0; i < sizeof BAD_HEADERS / sizeof BAD_HEADERS[0]; i++) {
        SR_AUTO(sr_tensors) t = NULL;
        struct sr_err err = {0};
        enum sr_status status = decode(BAD_HEADERS[i].header, BAD_HEADERS[i].header_len,
                                       BAD_HEADERS[i].data_bytes, &t, &err);
        bool says_it = says(&err, BAD_HEADERS[i].message);
        CHECK(status == BAD_HEADERS[i].status);
        CHECK(says_it);
        CHECK(t == NULL);
        if (status != BAD_HEADERS[i].status || !says_it) {
            printf("# %s: %s: %s\n", BAD_HEADERS[i].header, sr_status_info(status)->slug,
                   err.message);
        }
    }
}

/* S-1, S-2, S-3: what is said before the header is read. */
static void head_length_is_checked(void)
{
    static const struct {
        uint64_t header_bytes;
        uint64_t file_bytes;
        size_t head_len;
        enum sr_status status;
    } CASES[] = {
        {2, 0, 0, SR_TRUNCATED},
        {2, 7, 7, SR_TRUNCATED},
        {2, 9, 8, SR_TRUNCATED},
        {2, 100, 7, SR_TRUNCATED},
        {0, 100, 8, SR_MALFORMED},
        {1, 100, 8, SR_MALFORMED},
        {93, 100, 8, SR_TRUNCATED},
        {100000001, UINT64_MAX, 8, SR_TOO_LARGE},
        {UINT64_MAX, UINT64_MAX, 8, SR_TOO_LARGE},
        {2, 10, 8, SR_OK},
        {92, 100, 8, SR_OK},
        {100000000, 100000008, 8, SR_OK},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        uint8_t head[8];
        for (size_t b = 0; b < 8; b++) {
            head[b] = (uint8_t)(CASES[i].header_bytes >> 8 * b);
        }
        uint64_t needed = 0;
        struct sr_err err = {0};
        enum sr_status status = sr_safetensors_head_bytes(sr_bytes(head, CASES[i].head_len),
                                                          CASES[i].file_bytes, &needed, &err);
        CHECK(status == CASES[i].status);
        CHECK(needed == (status == SR_OK ? 8 + CASES[i].header_bytes : 0));
        CHECK((status == SR_OK) == (err.message[0] == '\0'));
        SR_AUTO(sr_tensors) t = NULL;
        enum sr_status short_head =
            sr_safetensors_decode(sr_bytes(head, CASES[i].head_len), CASES[i].file_bytes, &t, NULL);
        CHECK(short_head == (status == SR_OK ? SR_TRUNCATED : status));
    }
}

static void names_of_files_are_told_apart(void)
{
    static const char *const YES[] = {"model.safetensors", "a/b-00001-of-00002.safetensors"};
    static const char *const NO[] = {"",
                                     ".safetensors",
                                     "model.safetensors.index.json",
                                     "safetensors",
                                     "model.SAFETENSORS",
                                     "x.safetensor"};
    for (size_t i = 0; i < sizeof YES / sizeof YES[0]; i++) {
        CHECK(sr_safetensors_is_name(sr_text_view(YES[i])));
    }
    for (size_t i = 0; i < sizeof NO / sizeof NO[0]; i++) {
        CHECK(!sr_safetensors_is_name(sr_text_view(NO[i])));
    }
}

static void empty_file_is_valid(void)
{
    SR_AUTO(sr_tensors) t = NULL;
    CHECK(decode(TEXT("{}"), 0, &t, NULL) == SR_OK);
    CHECK(t != NULL && sr_tensors_count(t) == 0);
    SR_AUTO(sr_tensors) padded = NULL;
    CHECK(decode(TEXT("{\"__metadata__\":{\"format\":\"pt\",\"x\":\"\"}}   "), 0, &padded, NULL) ==
          SR_OK);
    CHECK(padded != NULL && sr_tensors_count(padded) == 0);
}

/* In any order in the header, with empty tensors, rank 0 and blocks of less than a byte. */
static void tensors_come_in_the_order_of_their_data(void)
{
    static const char HEADER[] =
        "{\"z\":{\"shape\":[],\"dtype\":\"F64\",\"data_offsets\":[3,11]},"
        "\"b\" : {\"dtype\":\"F6_E3M2\",\"shape\":[2,2],\"data_offsets\":[0,3]},\n"
        "\"y\":{\"dtype\":\"F32\",\"shape\":[4,0],\"data_offsets\":[3,3]},"
        "\"\\u00e4\":{\"dtype\":\"F4\",\"shape\":[2],\"data_offsets\":[11,12]}}  ";
    static const struct {
        const char *name;
        const char *dtype;
        uint8_t rank;
        uint64_t begin;
        uint64_t end;
    } EXPECTED[] = {
        {"b", "F6_E3M2", 2, 0, 3},
        {"y", "F32", 2, 3, 3},
        {"z", "F64", 0, 3, 11},
        {"\xc3\xa4", "F4", 1, 11, 12},
    };
    SR_AUTO(sr_tensors) t = NULL;
    CHECK(decode(HEADER, sizeof HEADER - 1, 12, &t, NULL) == SR_OK);
    CHECK(t != NULL && sr_tensors_count(t) == 4);
    for (size_t i = 0; t != NULL && i < sr_tensors_count(t); i++) {
        struct sr_tensor tensor = sr_tensors_at(t, i);
        uint64_t data_begin = 8 + sizeof HEADER - 1;
        CHECK(sr_text_equal(tensor.name, sr_text_view(EXPECTED[i].name)));
        CHECK(strcmp(tensor.dtype, EXPECTED[i].dtype) == 0 && tensor.rank == EXPECTED[i].rank);
        CHECK(tensor.begin == data_begin + EXPECTED[i].begin);
        CHECK(tensor.end == data_begin + EXPECTED[i].end);
    }
}

static void long_names_have_a_limit(void) /* S-8 */
{
    static char header[1200];
    for (size_t len = SR_LIMIT_TENSOR_NAME_BYTES; len <= SR_LIMIT_TENSOR_NAME_BYTES + 1; len++) {
        memcpy(header, "{\"", 2);
        memset(header + 2, 'n', len);
        static const char REST[] = "\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}";
        memcpy(header + 2 + len, REST, sizeof REST);
        SR_AUTO(sr_tensors) t = NULL;
        struct sr_err err = {0};
        enum sr_status status = decode(header, strlen(header), 0, &t, &err);
        CHECK(status == (len == SR_LIMIT_TENSOR_NAME_BYTES ? SR_OK : SR_TOO_LARGE));
        if (status != SR_OK) {
            CHECK(strstr(err.message, "nnn...' at byte 9: name of 1025 bytes") != NULL);
        }
    }
}

static void most_dimensions_are_allowed(void) /* S-11 */
{
    static char header[400] = "{\"t\":{\"dtype\":\"U8\",\"data_offsets\":[0,1],\"shape\":[1";
    size_t len = strlen(header);
    for (unsigned i = 1; i < SR_LIMIT_TENSOR_RANK; i++) {
        memcpy(header + len, ",1", 2);
        len += 2;
    }
    memcpy(header + len, "]}}", 3);
    SR_AUTO(sr_tensors) t = NULL;
    CHECK(decode(header, len + 3, 1, &t, NULL) == SR_OK);
    CHECK(t != NULL && sr_tensors_at(t, 0).rank == SR_LIMIT_TENSOR_RANK);
}

static void tensors_have_a_limit(void) /* S-17 */
{
    static char header[20000000];
    size_t len = 0;
    for (unsigned i = 0; i <= SR_LIMIT_TENSORS; i++) {
        len += (size_t)snprintf(
            header + len, 100, "%c\"%u\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[%u,%u]}",
            i == 0 ? '{' : ',', i, i, i + 1);
    }
    header[len] = '}';
    len++;
    uint8_t *head = calloc(1, 8 + len);
    if (head == NULL) {
        CHECK(false);
        return;
    }
    for (size_t i = 0; i < 8; i++) {
        head[i] = (uint8_t)(len >> 8 * i);
    }
    memcpy(head + 8, header, len);
    SR_AUTO(sr_tensors) t = NULL;
    struct sr_err err = {0};
    uint64_t file_bytes = 8 + len + SR_LIMIT_TENSORS + 1;
    CHECK(sr_safetensors_decode(sr_bytes(head, 8 + len), file_bytes, &t, &err) == SR_TOO_LARGE);
    CHECK(strstr(err.message, "tensor '262144' at byte") != NULL); /* not one before */
    CHECK(strstr(err.message, "over 262144 tensors") != NULL);
    free(head);
}

static void every_truncation_is_refused(void)
{
    size_t len = make_file(TEXT("{\"__metadata__\":{\"k\":\"v\"}," FIRST "}"));
    for (size_t cut = 0; cut < len; cut++) {
        SR_AUTO(sr_tensors) t = NULL;
        CHECK(sr_safetensors_decode(sr_bytes(file, cut), cut, &t, NULL) == SR_TRUNCATED);
        CHECK(sr_safetensors_decode(sr_bytes(file, cut), len + 2, &t, NULL) == SR_TRUNCATED);
        CHECK(t == NULL);
    }
}

static void survives_failing_memory(void)
{
    static const char HEADER[] = "{\"__metadata__\":{\"format\":\"pt\"},\"b\":{\"dtype\":\"U8\","
                                 "\"shape\":[1],\"data_offsets\":[2,3]}," FIRST "}";
    FAULT_SWEEP {
        SR_AUTO(sr_tensors) t = NULL;
        struct sr_err err = {0};
        enum sr_status status = decode(HEADER, sizeof HEADER - 1, 3, &t, &err);
        CHECK(status == (fault_fired() ? SR_NO_MEMORY : SR_OK));
        CHECK((t == NULL) == fault_fired());
        CHECK((err.message[0] != '\0') == fault_fired());
    }
    CHECK(fault_sweep_faults() > 50);
}

static void samples_of_others_decode(void)
{
    CHECK(corpus_check(".safetensors", sr_safetensors_decode) >= 8);
}

int main(void)
{
    RUN(each_rule_refuses);
    RUN(head_length_is_checked);
    RUN(names_of_files_are_told_apart);
    RUN(empty_file_is_valid);
    RUN(tensors_come_in_the_order_of_their_data);
    RUN(long_names_have_a_limit);
    RUN(most_dimensions_are_allowed);
    RUN(tensors_have_a_limit);
    RUN(every_truncation_is_refused);
    RUN(survives_failing_memory);
    if (corpus_check(".safetensors", NULL) > 0) {
        RUN(samples_of_others_decode);
    } else {
        SKIP(samples_of_others_decode, CORPUS_ABSENT);
    }
    return check_done();
}
