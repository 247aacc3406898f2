/* SPDX-License-Identifier: Apache-2.0 */
/* Each rule of docs/formats/npy.md is broken alone; what NumPy writes is read as it meant it. */
#include "formats/npy.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "tests/check.h"

static uint8_t file[1 << 18];

/* A file of this version, header and so many zeros of data. */
static struct sr_bytes make_file(uint8_t major, const char *header, size_t header_len,
                                 size_t data_bytes)
{
    size_t at = 0;
    memset(file, 0, sizeof file);
    memcpy(file, "\x93NUMPY", 6);
    file[6] = major;
    for (at = 8; at < (major == 1 ? 10U : 12U); at++) {
        file[at] = (uint8_t)(header_len >> 8 * (at - 8));
    }
    memcpy(file + at, header, header_len);
    return sr_bytes(file, at + header_len + data_bytes);
}

static enum sr_status decode(const char *header, size_t data_bytes, struct sr_npy *out,
                             struct sr_err *err)
{
    return sr_npy_decode(make_file(1, header, strlen(header), data_bytes), out, err);
}

#define REST "'fortran_order': False, 'shape': (2,), }\n"
#define TYPE(descr) "{'descr': " descr ", " REST
#define SHAPE(shape) "{'descr': '<f4', 'fortran_order': False, 'shape': " shape ", }\n"

static const struct {
    const char *header;
    size_t data_bytes;
    enum sr_status status;
    const char *message; /* after "npy: " */
} BAD[] = {
    /* N-4 */
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 8, SR_MALFORMED,
     "header at byte 67: not spaces and a newline at the end"},
    {TYPE("'<f4'") " ", 8, SR_MALFORMED, "header at byte 67: not spaces and a newline at the end"},
    {"{'descr': '<f4', " REST "x\n", 8, SR_MALFORMED,
     "header at byte 67: not spaces and a newline at the end"},
    /* N-5 */
    {"", 0, SR_MALFORMED, "header at byte 10: not '{'"},
    {"{'descr': '<f4', 'fortran_order': False, }\n", 8, SR_MALFORMED,
     "header at byte 51: not a string"},
    {"{'descr': '<f4', 'descr': '<f4', 'shape': (2,), }\n", 8, SR_MALFORMED,
     "header before byte 34: key 'descr' unknown or twice"},
    {"{'descr': '<f4', 'order': False, 'shape': (2,), }\n", 8, SR_MALFORMED,
     "header before byte 34: key 'order' unknown or twice"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': 1}\n", 8, SR_MALFORMED,
     "header at byte 66: not '}'"},
    {"{'descr': '<f4' 'fortran_order': False, 'shape': (2,), }\n", 8, SR_MALFORMED,
     "header at byte 26: not ','"},
    {"{'descr' '<f4', " REST, 8, SR_MALFORMED, "header at byte 19: not ':'"},
    {"{'descr': '<f4', 'fortran_order': 0, 'shape': (2,), }\n", 8, SR_MALFORMED,
     "header at byte 44: not True or False"},
    {"{'descr': '<f4', 'fortran_order': __import__('os'), 'shape': (2,), }\n", 8, SR_MALFORMED,
     "header at byte 44: not True or False"},
    /* N-6 */
    {TYPE("'\\x3cf4'"), 8, SR_MALFORMED,
     "header at byte 21: an escape or a control character in a string"},
    {TYPE("'<f\t4'"), 8, SR_MALFORMED,
     "header at byte 23: an escape or a control character in a string"},
    {"{'descr", 8, SR_MALFORMED, "header at byte 11: a string that does not end"},
    {TYPE("<f4"), 8, SR_MALFORMED, "header at byte 20: not a string"},
    /* N-8 */
    {TYPE("[]"), 8, SR_MALFORMED, "header at byte 21: not '('"},
    {TYPE("[('a', '<f4')('b', '<f4')]"), 16, SR_MALFORMED, "header at byte 33: not ',' or ']'"},
    {TYPE("[('a', '<f4'"), 8, SR_MALFORMED, "header at byte 34: not '('"},
    {TYPE("[('a' '<f4')]"), 8, SR_MALFORMED, "header at byte 26: not ','"},
    {TYPE("[[[[[[[[["), 8, SR_MALFORMED, "header at byte 21: not '('"},
    {TYPE("[('a',[('a',[('a',[('a',[('a',[('a',[('a',[('a',[('a', '<f4')])])])])])])])])]"), 8,
     SR_TOO_LARGE, "header at byte 69: types nested over 8 deep"},
    {TYPE("[('a', '<f4', (4294967296, 4294967296))]"), 8, SR_MALFORMED,
     "header at byte 58: the size of a field overflows"},
    {TYPE("[('a', '<f4', (4611686018427387903,)), ('b', '<f4', (4611686018427387903,))]"), 8,
     SR_MALFORMED, "header at byte 94: the size of a record overflows"},
    /* N-9 */
    {SHAPE("2"), 8, SR_MALFORMED, "header at byte 60: not '('"},
    {SHAPE("(2)"), 8, SR_MALFORMED, "header at byte 63: a dimension in parentheses is not a tuple"},
    {SHAPE("(1 2)"), 8, SR_MALFORMED, "header at byte 63: not ',' or ')'"},
    {SHAPE("(-2,)"), 8, SR_MALFORMED, "header at byte 61: not a dimension"},
    {SHAPE("(02,)"), 8, SR_MALFORMED, "header at byte 63: not a dimension"},
    {SHAPE("(2.0,)"), 8, SR_MALFORMED, "header at byte 62: not ',' or ')'"},
    {SHAPE("(,)"), 8, SR_MALFORMED, "header at byte 61: not a dimension"},
    {SHAPE("(99999999999999999999,)"), 8, SR_MALFORMED, "header at byte 81: not a dimension"},
    /* N-10, N-11, N-12 */
    {TYPE("''"), 8, SR_MALFORMED, "header before byte 22: type '' is not known"},
    {TYPE("'<'"), 8, SR_MALFORMED, "header before byte 23: type '<' is not known"},
    {TYPE("'f4'"), 8, SR_MALFORMED, "header before byte 24: type 'f4' is not known"},
    {TYPE("'=f4'"), 8, SR_MALFORMED, "header before byte 25: type '=f4' is not known"},
    {TYPE("'|f4'"), 8, SR_MALFORMED, "header before byte 25: type '|f4' is not known"},
    {TYPE("'<f'"), 8, SR_MALFORMED, "header before byte 24: type '<f' is not known"},
    {TYPE("'<f3'"), 6, SR_MALFORMED, "header before byte 25: type '<f3' is not known"},
    {TYPE("'<c4'"), 8, SR_MALFORMED, "header before byte 25: type '<c4' is not known"},
    {TYPE("'<i16'"), 32, SR_MALFORMED, "header before byte 26: type '<i16' is not known"},
    {TYPE("'|b2'"), 4, SR_MALFORMED, "header before byte 25: type '|b2' is not known"},
    {TYPE("'<q8'"), 16, SR_MALFORMED, "header before byte 25: type '<q8' is not known"},
    {TYPE("'|O2'"), 16, SR_MALFORMED, "header before byte 25: type '|O2' is not known"},
    {TYPE("'<f4x'"), 8, SR_MALFORMED, "header before byte 26: type '<f4x' is not known"},
    {TYPE("'|S1234567890'"), 8, SR_MALFORMED, "header before byte 34: type '|S1234567890' is"},
    {TYPE("'<M8[xs]'"), 16, SR_MALFORMED, "header before byte 29: type '<M8[xs]' is not known"},
    {TYPE("'<M8[ns'"), 16, SR_MALFORMED, "header before byte 28: type '<M8[ns' is not known"},
    {TYPE("'<M8[]'"), 16, SR_MALFORMED, "header before byte 27: type '<M8[]' is not known"},
    {TYPE("'<M4'"), 8, SR_MALFORMED, "header before byte 25: type '<M4' is not known"},
    /* N-13 */
    {TYPE("'<f4'"), 7, SR_TRUNCATED, "data at byte 68: 7 bytes, shape and type say 8"},
    {TYPE("'<f4'"), 9, SR_MALFORMED, "data at byte 68: 9 bytes, shape and type say 8"},
    {SHAPE("(4611686018427387904,)"), 0, SR_TOO_LARGE, "shape: the size overflows"},
    {SHAPE("(9223372036854775807, 0, 8)"), 0, SR_TOO_LARGE, "shape: the size overflows"},
};

static void each_rule_is_enforced(void)
{
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        struct sr_npy npy = {.rank = 77};
        struct sr_err err = {0};
        enum sr_status status = decode(BAD[i].header, BAD[i].data_bytes, &npy, &err);
        bool as_said = strncmp(err.message, "npy: ", 5) == 0 &&
                       strncmp(err.message + 5, BAD[i].message, strlen(BAD[i].message)) == 0;
        if (status != BAD[i].status || !as_said) {
            printf("# %s -> %s: %s\n", BAD[i].header, sr_status_info(status)->slug, err.message);
        }
        CHECK(status == BAD[i].status && as_said);
        CHECK(npy.rank == 77);
    }
}

static const struct {
    const char *header;
    size_t data_bytes;
    enum sr_npy_kind kind;
    uint64_t item_bytes;
} GOOD[] = {
    {TYPE("'<f4'"), 8, SR_NPY_FLOAT, 4},
    {TYPE("'>f8'"), 16, SR_NPY_FLOAT, 8},
    {TYPE("'<f2'"), 4, SR_NPY_FLOAT, 2},
    {TYPE("'|b1'"), 2, SR_NPY_BOOL, 1},
    {TYPE("'|u1'"), 2, SR_NPY_UINT, 1},
    {TYPE("'u1'"), 2, SR_NPY_UINT, 1},
    {TYPE("\"<i8\""), 16, SR_NPY_INT, 8},
    {TYPE("'<c8'"), 16, SR_NPY_COMPLEX, 8},
    {TYPE("'<M8[ns]'"), 16, SR_NPY_TIME, 8},
    {TYPE("'<m8[25us]'"), 16, SR_NPY_TIME, 8},
    {TYPE("'<M8'"), 16, SR_NPY_TIME, 8},
    {TYPE("'<U3'"), 24, SR_NPY_TEXT, 12},
    {TYPE("'|S0'"), 0, SR_NPY_TEXT, 0},
    {TYPE("'|V2'"), 4, SR_NPY_VOID, 2},
    {TYPE("'|O'"), 123, SR_NPY_OBJECT, 0},
    {TYPE("'|O8'"), 123, SR_NPY_OBJECT, 0},
    {TYPE("[('a', '<f4'), ('b', '|u1', (3,)), ('', '|V1')]"), 16, SR_NPY_RECORD, 8},
    {TYPE("[('a', '<f4', (2, 3))]"), 48, SR_NPY_RECORD, 24},
    {TYPE("[(('title', 'a'), [('x', '<i2'), ('y', '<i2'),], (2,)), ('b', '<f4')]"), 24,
     SR_NPY_RECORD, 12},
    {"{'shape':(2,),'descr':'<f4','fortran_order':True}   \n", 8, SR_NPY_FLOAT, 4},
    {SHAPE("()"), 4, SR_NPY_FLOAT, 4},
    {SHAPE("(0,)"), 0, SR_NPY_FLOAT, 4},
    {SHAPE("(2L,)"), 8, SR_NPY_FLOAT, 4},
};

static void what_numpy_writes_is_read(void)
{
    for (size_t i = 0; i < sizeof GOOD / sizeof GOOD[0]; i++) {
        struct sr_npy npy = {0};
        struct sr_err err = {0};
        enum sr_status status = decode(GOOD[i].header, GOOD[i].data_bytes, &npy, &err);
        if (status != SR_OK) {
            printf("# %s -> %s\n", GOOD[i].header, err.message);
        }
        CHECK(status == SR_OK);
        CHECK(npy.kind == GOOD[i].kind && npy.item_bytes == GOOD[i].item_bytes);
        CHECK(npy.data_offset == 10 + strlen(GOOD[i].header));
    }
}

static void fields_are_as_the_header_says(void)
{
    struct sr_npy npy = {0};
    CHECK(decode("{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3, 0), }\n", 0, &npy,
                 NULL) == SR_OK);
    CHECK(npy.is_big_endian && npy.is_fortran && !npy.has_object);
    CHECK(npy.rank == 3 && npy.shape[0] == 2 && npy.shape[1] == 3 && npy.shape[2] == 0);
    CHECK(decode(TYPE("[('a', [('b', '|O')])]"), 50, &npy, NULL) == SR_OK);
    CHECK(npy.has_object && npy.kind == SR_NPY_RECORD);
    CHECK(decode(SHAPE("()"), 4, &npy, NULL) == SR_OK);
    CHECK(!npy.is_big_endian && !npy.is_fortran && npy.rank == 0);
}

static void a_shape_has_at_most_64_dimensions(void)
{
    char header[512] = "{'descr': '<f4', 'fortran_order': False, 'shape': (";
    struct sr_npy npy = {0};
    struct sr_err err = {0};
    for (size_t i = 0, at = strlen(header); i < 64; i++, at += 2) {
        memcpy(header + at, "1,", 3);
    }
    size_t len = strlen(header);
    memcpy(header + len, ")}\n", 4);
    CHECK(decode(header, 4, &npy, &err) == SR_OK && npy.rank == 64);
    memcpy(header + len, "1)}\n", 5);
    CHECK(decode(header, 4, &npy, &err) == SR_TOO_LARGE);
    CHECK(strcmp(err.message, "npy: header at byte 189: over 64 dimensions") == 0);
}

/* N-1, N-2, N-3, N-7 */
static void the_head_is_checked(void)
{
    struct sr_npy npy = {0};
    struct sr_err err = {0};
    const char *good = TYPE("'<f4'");
    const char *named = TYPE("[('\xc3\xa4', '<f4')]");
    const char *latin = TYPE("[('\xe4', '<f4')]");
    CHECK(sr_npy_is(sr_bytes("\x93NUMPY", 6)) && !sr_npy_is(sr_bytes("\x93NUMP", 5)));
    CHECK(sr_npy_decode(sr_bytes("\x93NUMPX\1\0", 8), &npy, &err) == SR_MALFORMED);
    CHECK(sr_npy_decode(sr_bytes("\x93NUMPY\1", 7), &npy, &err) == SR_TRUNCATED);
    CHECK(sr_npy_decode(sr_bytes("\x93NUMPY\1\0\1", 9), &npy, &err) == SR_TRUNCATED);
    CHECK(sr_npy_decode(sr_bytes("\x93NUMPY\1\0\1\0", 10), &npy, &err) == SR_TRUNCATED);
    CHECK(sr_npy_decode(sr_bytes("\x93NUMPY\1\1\1\0", 10), &npy, &err) == SR_MALFORMED);
    CHECK(sr_npy_decode(make_file(0, good, strlen(good), 8), &npy, &err) == SR_MALFORMED);
    CHECK(sr_npy_decode(make_file(4, good, strlen(good), 8), &npy, &err) == SR_MALFORMED);
    CHECK(sr_npy_decode(make_file(2, good, strlen(good), 8), &npy, &err) == SR_OK);
    CHECK(npy.data_offset == 12 + strlen(good));
    size_t offset = 0;
    CHECK(sr_npy_data_offset(make_file(2, "what", 4, 8), &offset, &err) == SR_OK && offset == 16);
    CHECK(sr_npy_data_offset(make_file(4, "what", 4, 8), &offset, &err) == SR_MALFORMED);
    CHECK(sr_npy_decode(make_file(2, "", 0, 0), &npy, &err) == SR_MALFORMED);
    static char large[65537];
    CHECK(sr_npy_decode(make_file(2, large, sizeof large, 8), &npy, &err) == SR_TOO_LARGE);
    CHECK(sr_npy_decode(make_file(2, large, sizeof large - 1, 8), &npy, &err) == SR_MALFORMED);
    CHECK(sr_npy_decode(make_file(3, named, strlen(named), 8), &npy, &err) == SR_OK);
    CHECK(sr_npy_decode(make_file(3, latin, strlen(latin), 8), &npy, &err) == SR_MALFORMED);
    CHECK(sr_npy_decode(make_file(1, latin, strlen(latin), 8), &npy, &err) == SR_OK);
    /* Python 2's L is no longer written in version 3. */
    CHECK(sr_npy_decode(make_file(3, SHAPE("(2L,)"), strlen(SHAPE("(2L,)")), 8), &npy, &err) ==
          SR_MALFORMED);
}

int main(void)
{
    RUN(each_rule_is_enforced);
    RUN(what_numpy_writes_is_read);
    RUN(fields_are_as_the_header_says);
    RUN(a_shape_has_at_most_64_dimensions);
    RUN(the_head_is_checked);
    return check_done();
}
