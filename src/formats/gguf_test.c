/* SPDX-License-Identifier: Apache-2.0 */
/* Each rule of docs/formats/gguf.md is broken alone; valid files give the right ranges. */
#include "formats/gguf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "tests/check.h"
#include "tests/corpus.h"
#include "tests/fault.h"

/* Little-endian numbers below 256, and strings, as literals to be put side by side. */
#define N4(byte) byte "\0\0\0"
#define N8(byte) byte "\0\0\0\0\0\0\0"
#define STR(len, text) N8(len) text
#define HEADER(tensors, keys) "GGUF" N4("\3") N8(tensors) N8(keys)
/* An info of one dimension: name of one letter, rank 1. */
#define INFO(name, dim, type, offset) STR("\1", name) N4("\1") N8(dim) N4(type) N8(offset)
#define F32 "\0"
#define ALL_BITS "\xff\xff\xff\xff\xff\xff\xff\xff"
#define TEXT(literal) literal, sizeof(literal) - 1

#define FILE_BYTES_MAX 8192
static uint8_t file[FILE_BYTES_MAX];

/* Decode a file that begins with text and goes on with zeros. */
static enum sr_status decode(const char *text, size_t len, size_t file_bytes,
                             struct sr_tensors **out, struct sr_err *err)
{
    memset(file, 0, sizeof file);
    memcpy(file, text, len);
    return sr_gguf_decode(sr_bytes(file, file_bytes), file_bytes, out, err);
}

/* 61 bytes: header, one info; padded to 64; 8 bytes of data padded to 96. */
#define ONE HEADER("\1", "\0") INFO("a", "\2", F32, "\0")

static const struct {
    const char *text;
    size_t len;
    size_t file_bytes;
    enum sr_status status;
    const char *message; /* after "gguf: " */
} BAD_FILES[] = {
    /* U-1 */
    {TEXT("GGU"), 3, SR_TRUNCATED, "magic at byte 0: the file ends at byte 3"},
    {TEXT("GGUF\3"), 7, SR_TRUNCATED, "version at byte 4: the file ends at byte 7"},
    {TEXT("GGUf" N4("\3") N8("") N8("")), 24, SR_MALFORMED, "magic at byte 0: not 'GGUF'"},
    {TEXT("GGUF" N4("\3") N8("\0")), 23, SR_TRUNCATED,
     "key count at byte 16: the file ends at byte 23"},
    /* U-2 */
    {TEXT("GGUF" N4("\1")), 24, SR_MALFORMED, "version at byte 4: not 2 or 3: 1"},
    {TEXT("GGUF" N4("\4")), 24, SR_MALFORMED, "version at byte 4: not 2 or 3: 4"},
    {TEXT("GGUF"), 24, SR_MALFORMED, "version at byte 4: not 2 or 3: 0"},
    {TEXT("GGUF\0\0\0\3"), 24, SR_MALFORMED, "version at byte 4: big-endian file, 50331648"},
    /* U-3, U-4 */
    {TEXT("GGUF" N4("\3") "\1\0\4\0\0\0\0\0" N8("\0")), 24, SR_TOO_LARGE,
     "tensor count at byte 8: 262145 is over 262144"},
    {TEXT("GGUF" N4("\3") ALL_BITS N8("\0")), 24, SR_TOO_LARGE,
     "tensor count at byte 8: 18446744073709551615 is over 262144"},
    {TEXT("GGUF" N4("\3") N8("\0") "\1\0\1\0\0\0\0\0"), 24, SR_TOO_LARGE,
     "key count at byte 16: 65537 is over 65536"},
    /* U-5 */
    {TEXT(HEADER("\0", "\1") STR("\2", "k")), 33, SR_MALFORMED,
     "key at byte 32: 2 items of 1 bytes, but the file has 1 bytes left"},
    {TEXT(HEADER("\0", "\1") STR("\1", "k") N4("\10") ALL_BITS), 64, SR_MALFORMED,
     "key 'k': string at byte 45: 18446744073709551615 items of 1 bytes, but the file has 19 bytes "
     "left"},
    /* U-6 */
    {TEXT(HEADER("\0", "\1") STR("\0", "")), 64, SR_MALFORMED, "key at byte 32: empty"},
    {TEXT(HEADER("\0", "\1") "\0\0\1\0\0\0\0\0"), 64, SR_TOO_LARGE,
     "key at byte 32: 65536 bytes, the limit is 65535"},
    {TEXT(HEADER("\0", "\1") STR("\2", "k ")), 64, SR_MALFORMED,
     "key at byte 32: 0x20 is not printable ASCII"},
    {TEXT(HEADER("\0", "\1") STR("\2", "k\x7f")), 64, SR_MALFORMED,
     "key at byte 32: 0x7f is not printable ASCII"},
    {TEXT(HEADER("\0", "\1") STR("\2", "\xc3\xa4")), 64, SR_MALFORMED,
     "key at byte 32: 0xc3 is not printable ASCII"},
    /* U-7 */
    {TEXT(HEADER("\0", "\2") STR("\1", "k") N4("\0") "x" STR("\1", "k") N4("\0") "x"), 64,
     SR_MALFORMED, "key 'k' at byte 46: there twice"},
    /* U-8 */
    {TEXT(HEADER("\0", "\1") STR("\1", "k") N4("\15")), 64, SR_MALFORMED,
     "key 'k': type before byte 37: 13 is not known"},
    /* U-9 */
    {TEXT(HEADER("\0", "\1") STR("\1", "k") N4("\11") N4("\11") N8("\0")), 64, SR_MALFORMED,
     "key 'k': array type before byte 41: array of arrays"},
    {TEXT(HEADER("\0", "\1") STR("\1", "k") N4("\11") N4("\15") N8("\0")), 64, SR_MALFORMED,
     "key 'k': array type before byte 41: 13 is not known"},
    {TEXT(HEADER("\0", "\1") STR("\1", "k") N4("\11") N4("\4") N8("\4")), 64, SR_MALFORMED,
     "key 'k': value at byte 49: 4 items of 4 bytes, but the file has 15 bytes left"},
    {TEXT(HEADER("\0", "\1") STR("\1", "k") N4("\11") N4("\12") "\0\0\0\0\0\0\0\x20"), 64,
     SR_MALFORMED,
     "key 'k': value at byte 49: 2305843009213693952 items of 8 bytes, but the file has 15 bytes "
     "left"},
    {TEXT(HEADER("\0", "\1") STR("\1", "k") N4("\11") N4("\10") ALL_BITS), 72, SR_TRUNCATED,
     "key 'k': string at byte 65: the file ends at byte 72"},
    /* U-10 */
    {TEXT(HEADER("\0", "\1") STR("\1", "k") N4("\7") "\2"), 64, SR_MALFORMED,
     "key 'k': value at byte 37: bool is 0x02"},
    {TEXT(HEADER("\0", "\1") STR("\1", "k") N4("\11") N4("\7") N8("\3") "\1\0\xff"), 64,
     SR_MALFORMED, "key 'k': value at byte 51: bool is 0xff"},
    /* U-11 */
    {TEXT(HEADER("\0", "\1") STR("\21", "general.alignment") N4("\12") N8("\40")), 96, SR_MALFORMED,
     "key 'general.alignment': type is 10, not 4 (u32)"},
    {TEXT(HEADER("\0", "\1") STR("\21", "general.alignment") N4("\11") N4("\4") N8("\1") N4("\40")),
     96, SR_MALFORMED, "key 'general.alignment': type is 9, not 4 (u32)"},
    {TEXT(HEADER("\0", "\1") STR("\21", "general.alignment") N4("\4") N4("\0")), 96, SR_MALFORMED,
     "key 'general.alignment': 0 is not a power of two"},
    {TEXT(HEADER("\0", "\1") STR("\21", "general.alignment") N4("\4") N4("\60")), 96, SR_MALFORMED,
     "key 'general.alignment': 48 is not a power of two"},
    {TEXT(HEADER("\0", "\1") STR("\21", "general.alignment") N4("\4") "\0\0\100\0"), 96,
     SR_TOO_LARGE, "key 'general.alignment': 4194304 is over 2097152"},
    /* U-12 */
    {TEXT(HEADER("\1", "\0") STR("\0", "")), 64, SR_MALFORMED,
     "tensor name at byte 32: empty or not UTF-8"},
    {TEXT(HEADER("\1", "\0") STR("\1", "\xff")), 64, SR_MALFORMED,
     "tensor name at byte 32: empty or not UTF-8"},
    {TEXT(HEADER("\1", "\0") STR("\2", "a\0")), 64, SR_MALFORMED,
     "tensor name at byte 32: empty or not UTF-8"},
    {TEXT(HEADER("\1", "\0") N8("\100")), 128, SR_TOO_LARGE,
     "tensor name at byte 32: 64 bytes, the limit is 63"},
    /* U-13 */
    {TEXT(HEADER("\2", "\0") INFO("a", "\2", F32, "\0") INFO("a", "\2", F32, "\40")), 160,
     SR_MALFORMED, "tensor 'a' at byte 65: there twice"},
    /* U-14 */
    {TEXT(HEADER("\1", "\0") STR("\1", "a") N4("\5")), 96, SR_MALFORMED,
     "tensor 'a' at byte 32: rank before byte 37: 5 is over 4"},
    /* U-15 */
    {TEXT(HEADER("\1", "\0") STR("\1", "a") N4("\1") "\0\0\0\0\0\0\0\x80" N4("\30") N8("\0")), 96,
     SR_MALFORMED, "tensor 'a' at byte 32: shape: 2^63 elements or more"},
    {TEXT(HEADER("\1", "\0") STR("\1", "a") N4("\2") N8("\0") ALL_BITS N4("\30") N8("\0")), 96,
     SR_MALFORMED, "tensor 'a' at byte 32: shape: dimension 18446744073709551615 is negative"},
    {TEXT(HEADER("\1", "\0") STR("\1", "a") N4("\2") "\0\0\0\0\1\0\0\0"
                                                     "\0\0\0\0\1\0\0\0" N4("\30") N8("\0")),
     96, SR_MALFORMED, "tensor 'a' at byte 32: shape: 2^63 elements or more"},
    {TEXT(HEADER("\1", "\0") STR("\1", "a") N4("\1") "\0\0\0\0\0\0\0\x7f" N4("\34") N8("\0")), 96,
     SR_MALFORMED, "tensor 'a' at byte 32: shape: the size overflows"},
    /* U-16 */
    {TEXT(HEADER("\1", "\0") INFO("a", "\40", "\4", "\0")), 160, SR_MALFORMED,
     "tensor 'a' at byte 32: type before byte 49: 4 is not known"},
    {TEXT(HEADER("\1", "\0") INFO("a", "\40", "\53", "\0")), 160, SR_MALFORMED,
     "tensor 'a' at byte 32: type before byte 49: 43 is not known"},
    {TEXT(HEADER("\1", "\0") INFO("a", "\40", "\0\1", "\0")), 160, SR_MALFORMED,
     "tensor 'a' at byte 32: type before byte 49: 256 is not known"},
    /* U-17 */
    {TEXT(HEADER("\1", "\0") INFO("a", "\41", "\10", "\0")), 160, SR_MALFORMED,
     "tensor 'a' at byte 32: shape: a row of 33 is not in blocks of 32 as Q8_0 has"},
    {TEXT(HEADER("\1", "\0") STR("\1", "a") N4("\2") N8("\20") N8("\2") N4("\10") N8("\0")), 160,
     SR_MALFORMED, "tensor 'a' at byte 32: shape: a row of 16 is not in blocks of 32 as Q8_0 has"},
    {TEXT(HEADER("\1", "\0") STR("\1", "a") N4("\0") N4("\10") N8("\0")), 160, SR_MALFORMED,
     "tensor 'a' at byte 32: shape: a row of 1 is not in blocks of 32 as Q8_0 has"},
    /* U-18 */
    {TEXT(HEADER("\1", "\0") INFO("a", "\2", F32, "\40")), 160, SR_MALFORMED,
     "tensor 'a' at byte 32: offset before byte 57: 32 is not 0, the padded end of the tensor "
     "before it"},
    {TEXT(HEADER("\2", "\0") INFO("a", "\2", F32, "\0") INFO("b", "\2", F32, "\10")), 160,
     SR_MALFORMED,
     "tensor 'b' at byte 65: offset before byte 90: 8 is not 32, the padded end of the tensor "
     "before it"},
    {TEXT(HEADER("\2", "\0") INFO("a", "\2", F32, "\0") INFO("b", "\2", F32, "\0")), 160,
     SR_MALFORMED,
     "tensor 'b' at byte 65: offset before byte 90: 0 is not 32, the padded end of the tensor "
     "before it"},
    /* U-19 */
    {TEXT(ONE "\1"), 96, SR_MALFORMED, "padding at byte 57 is 0x01"},
    {TEXT(ONE "\0\0\0\0\0\0\2"), 96, SR_MALFORMED, "padding at byte 63 is 0x02"},
    {TEXT(HEADER("\0", "\0") "\3"), 32, SR_MALFORMED, "padding at byte 24 is 0x03"},
    /* U-20 */
    {TEXT(ONE), 71, SR_MALFORMED, "the data ends at byte 72, the file at 71"},
    {TEXT(ONE), 97, SR_MALFORMED, "1 bytes after the data, at byte 96"},
    {TEXT(HEADER("\0", "\0")), 33, SR_MALFORMED, "1 bytes after the data, at byte 32"},
    {TEXT(HEADER("\1", "\0") INFO("a", "\377", F32, "\0")), 160, SR_MALFORMED,
     "tensor 'a' at byte 32: 1020 bytes at 0 are past the end of a file of 160"},
    {TEXT(HEADER("\2", "\0") INFO("a", "\27", F32, "\0") INFO("b", "\0", F32, "\140")), 95,
     SR_MALFORMED, "tensor 'b' at byte 65: 0 bytes at 96 are past the end of a file of 95"},
};

static bool says(const struct sr_err *err, const char *message)
{
    size_t prefix = strlen("gguf: ");
    return strncmp(err->message, "gguf: ", prefix) == 0 &&
           strcmp(err->message + prefix, message) == 0;
}

static void each_rule_refuses(void)
{
    for (size_t i = 0; i < sizeof BAD_FILES / sizeof BAD_FILES[0]; i++) {
        SR_AUTO(sr_tensors) t = NULL;
        struct sr_err err = {0};
        enum sr_status status =
            decode(BAD_FILES[i].text, BAD_FILES[i].len, BAD_FILES[i].file_bytes, &t, &err);
        bool says_it = says(&err, BAD_FILES[i].message);
        CHECK(status == BAD_FILES[i].status);
        CHECK(says_it);
        CHECK(t == NULL);
        if (status != BAD_FILES[i].status || !says_it) {
            printf("# case %zu: %s: %s\n# wanted: %s\n", i, sr_status_info(status)->slug,
                   err.message, BAD_FILES[i].message);
        }
    }
}

/* Every type of value, alignment of 8, a tensor of each kind of shape, an empty one. */
static const char RICH[] = "GGUF" N4("\2") N8("\4") N8("\10") /* version 2 */
    STR("\2", "u8") N4("\0") "\xff"                           /* scalars */
    STR("\3", "f64") N4("\14") ALL_BITS                       /* of 1 and 8 bytes, */
        STR("\1", "s") N4("\10") STR("\3", "x\0\xff")         /* any string, */
    STR("\1", "b") N4("\7") "\1"                              /* bool, */
    STR("\21", "general.alignment") N4("\4") N4("\10")        /* alignment, */
    STR("\2", "a1") N4("\11") N4("\3") N8("\2") "\1\2\3\4"    /* array of i16, */
    STR("\2", "a2") N4("\11") N4("\10") N8("\2") STR("\0", "") STR("\1", "y") /* of strings, */
    STR("\2", "a3") N4("\11") N4("\6") N8("\0")                               /* empty */
    STR("\3", "q.w") N4("\2") N8("\40") N8("\3") N4("\10") N8("\0")           /* 102 bytes */
    STR("\2", "\xc3\xa4") N4("\0") N4("\36") N8("\150")                       /* rank 0, BF16 */
    STR("\1", "e") N4("\2") N8("\5") N8("\0") N4("\0") N8("\160")             /* empty */
    STR("\1", "z") N4("\4") N8("\1") N8("\2") N8("\1") N8("\3") N4("\30") N8("\160");

static void valid_file_gives_ranges(void)
{
    static const struct {
        const char *name;
        const char *dtype;
        uint8_t rank;
        uint64_t begin; /* from the begin of the data */
        uint64_t end;
    } EXPECTED[] = {
        {"q.w", "Q8_0", 2, 0, 102},
        {"\xc3\xa4", "BF16", 0, 104, 106},
        {"e", "F32", 2, 112, 112},
        {"z", "I8", 4, 112, 118},
    };
    uint64_t data_begin = (sizeof RICH - 1 + 7) / 8 * 8;
    for (uint64_t file_bytes = data_begin + 116; file_bytes <= data_begin + 122; file_bytes++) {
        SR_AUTO(sr_tensors) t = NULL;
        enum sr_status status = decode(RICH, sizeof RICH - 1, file_bytes, &t, NULL);
        bool fits = file_bytes >= data_begin + 118 && file_bytes <= data_begin + 120;
        CHECK(status == (fits ? SR_OK : SR_MALFORMED)); /* U-20: the last padding may be missing */
        CHECK(t == NULL || sr_tensors_count(t) == 4);
        for (size_t i = 0; t != NULL && i < sr_tensors_count(t); i++) {
            struct sr_tensor tensor = sr_tensors_at(t, i);
            CHECK(sr_text_equal(tensor.name, sr_text_view(EXPECTED[i].name)));
            CHECK(strcmp(tensor.dtype, EXPECTED[i].dtype) == 0 && tensor.rank == EXPECTED[i].rank);
            CHECK(tensor.begin == data_begin + EXPECTED[i].begin);
            CHECK(tensor.end == data_begin + EXPECTED[i].end);
        }
    }
}

static void file_without_tensors_is_valid(void)
{
    for (size_t file_bytes = 24; file_bytes <= 32; file_bytes++) {
        SR_AUTO(sr_tensors) t = NULL;
        CHECK(decode(TEXT(HEADER("\0", "\0")), file_bytes, &t, NULL) == SR_OK);
        CHECK(t != NULL && sr_tensors_count(t) == 0);
    }
}

/* At the limit is not over it: the file is valid, or what is said is something else. */
static void limits_themselves_are_allowed(void)
{
    static const struct {
        const char *text;
        size_t len;
        enum sr_status status;
        const char *message;
    } CASES[] = {
        {TEXT("GGUF" N4("\3") "\0\0\4\0\0\0\0\0" N8("\0")), SR_TRUNCATED, /* U-3 */
         "tensor name at byte 24: the file ends at byte 24"},
        {TEXT("GGUF" N4("\3") N8("\0") "\0\0\1\0\0\0\0\0"), SR_TRUNCATED, /* U-4 */
         "key at byte 24: the file ends at byte 24"},
        {TEXT(HEADER("\0", "\1") STR("\1", "k") N4("\10") STR("\2", "ab")), SR_OK, ""}, /* U-5 */
        {TEXT(HEADER("\0", "\1") STR("\1", "k") N4("\11") N4("\1") STR("\2", "ab")), SR_OK,
         ""}, /* U-9 */
        {TEXT(HEADER("\0", "\1") STR("\21", "general.alignment") N4("\4") "\0\0\40\0"), SR_OK,
         ""}, /* U-11 */
        {TEXT(HEADER("\1", "\0") STR("\1", "a")
                  N4("\1") "\377\377\377\377\377\377\377\177" N4("\30") N8("\0")),
         SR_MALFORMED, /* U-15, of elements */
         "tensor 'a' at byte 32: 9223372036854775807 bytes at 0 are past the end of a file of 57"},
        {TEXT(HEADER("\1", "\0") STR("\1", "a") N4("\2")
                  N8("\0") "\377\377\377\377\377\377\377\177" N4("\30") N8("\0")),
         SR_MALFORMED, /* U-15, of a dimension */
         "the data ends at byte 96, the file at 65"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        SR_AUTO(sr_tensors) t = NULL;
        struct sr_err err = {0};
        enum sr_status status = decode(CASES[i].text, CASES[i].len, CASES[i].len, &t, &err);
        bool says_it = status == SR_OK ? t != NULL : says(&err, CASES[i].message);
        CHECK(status == CASES[i].status);
        CHECK(says_it);
        if (!says_it) {
            printf("# case %zu: %s: %s\n", i, sr_status_info(status)->slug, err.message);
        }
    }
}

/* Fewer bytes of the same file: more are asked for until the data begins, then all is known. */
static void asks_for_more_until_the_data(void)
{
    size_t data_begin = (sizeof RICH - 1 + 7) / 8 * 8;
    size_t file_bytes = data_begin + 120;
    memset(file, 0, sizeof file);
    memcpy(file, RICH, sizeof RICH - 1);
    for (size_t len = 0; len <= file_bytes; len++) {
        SR_AUTO(sr_tensors) t = NULL;
        struct sr_err err = {0};
        enum sr_status status = sr_gguf_decode(sr_bytes(file, len), file_bytes, &t, &err);
        CHECK(status == (len < data_begin ? SR_TRUNCATED : SR_OK));
        CHECK((t != NULL) == (status == SR_OK));
        CHECK(status == SR_OK || strstr(err.message, "bytes are not enough") != NULL);
    }
    for (size_t len = 0; len < file_bytes - 2; len++) { /* the file itself is cut */
        SR_AUTO(sr_tensors) t = NULL;
        enum sr_status status = sr_gguf_decode(sr_bytes(file, len), len, &t, NULL);
        CHECK(status == SR_TRUNCATED || status == SR_MALFORMED);
        CHECK(t == NULL);
    }
}

/* U-21: with so much of it seen and no end, nobody is asked for more. */
static void metadata_has_a_limit(void)
{
    static const char START[] = HEADER("\0", "\1") STR("\1", "k") N4("\10") "\0\0\0\0\1\0\0\0";
    uint8_t *head = calloc(1, SR_LIMIT_GGUF_HEADER_BYTES + 1);
    if (head == NULL) {
        CHECK(false);
        return;
    }
    memcpy(head, START, sizeof START - 1);
    uint64_t file_bytes = (uint64_t)1 << 40;
    for (unsigned over = 0; over < 3; over++) {
        SR_AUTO(sr_tensors) t = NULL;
        struct sr_err err = {0};
        size_t len = (size_t)SR_LIMIT_GGUF_HEADER_BYTES - 1 + over;
        enum sr_status status = sr_gguf_decode(sr_bytes(head, len), file_bytes, &t, &err);
        CHECK(status == (over == 0 ? SR_TRUNCATED : SR_TOO_LARGE));
        CHECK(over == 0 || says(&err, "key 'k': string at byte 45: metadata is over 134217728"
                                      " bytes"));
    }
    free(head);
}

static void names_of_files_are_told_apart(void)
{
    static const char *const NO[] = {"", ".gguf", "gguf", "a.gguf.part", "a.GGUF", "a.ggufx"};
    CHECK(sr_gguf_is_name(sr_text_view("a.gguf")));
    CHECK(sr_gguf_is_name(sr_text_view("d/m-00001-of-00005.gguf")));
    for (size_t i = 0; i < sizeof NO / sizeof NO[0]; i++) {
        CHECK(!sr_gguf_is_name(sr_text_view(NO[i])));
    }
}

static void survives_failing_memory(void)
{
    FAULT_SWEEP {
        SR_AUTO(sr_tensors) t = NULL;
        struct sr_err err = {0};
        size_t file_bytes = (sizeof RICH - 1 + 7) / 8 * 8 + 120;
        enum sr_status status = decode(RICH, sizeof RICH - 1, file_bytes, &t, &err);
        CHECK(status == (fault_fired() ? SR_NO_MEMORY : SR_OK));
        CHECK((t == NULL) == fault_fired());
        CHECK((err.message[0] != '\0') == fault_fired());
    }
    CHECK(fault_sweep_faults() == 12);
}

static void samples_of_others_decode(void)
{
    CHECK(corpus_check(".gguf", sr_gguf_decode) > 0);
}

int main(void)
{
    RUN(each_rule_refuses);
    RUN(valid_file_gives_ranges);
    RUN(file_without_tensors_is_valid);
    RUN(limits_themselves_are_allowed);
    RUN(asks_for_more_until_the_data);
    RUN(metadata_has_a_limit);
    RUN(names_of_files_are_told_apart);
    RUN(survives_failing_memory);
    if (corpus_check(".gguf", NULL) > 0) {
        RUN(samples_of_others_decode);
    } else {
        SKIP(samples_of_others_decode, CORPUS_ABSENT);
    }
    return check_done();
}
