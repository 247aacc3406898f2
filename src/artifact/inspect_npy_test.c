/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays of numbers pass; what is pickled inside one is judged as a pickle. */
#include "artifact/inspection.h"

#include "tests/findings.h"
#include "tests/zips.h"

#define NUMBERS "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n"
#define OBJECTS "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n"
#define RECORDS "{'descr': [('a', '|O')], 'fortran_order': False, 'shape': (1,), }\n"
/* What a lenient reader evaluates, and the strict one refuses. */
#define ESCAPED "{'descr': '|\\x4f', 'fortran_order': False, 'shape': (1,), }\n"
#define CODE                                                                                       \
    "\x80\x02"                                                                                     \
    "cposix\nsystem\nX\2\0\0\0id\x85R."
/* What NumPy pickles for an array of one None. */
#define NONE                                                                                       \
    "\x80\x02"                                                                                     \
    "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85"                               \
    "c_codecs\nencode\nX\1\0\0\0bX\6\0\0\0latin1\x86R\x87R"                                        \
    "(K\1K\1\x85"                                                                                  \
    "cnumpy\ndtype\nX\2\0\0\0O8\x89\x88\x87R(K\3X\1\0\0\0|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xff"   \
    "K?tb\x89]Natb."

static uint8_t file[4096];

/* A file of this header and data; each with its own length, for there are NULs in them. */
static struct sr_bytes npy(const char *header, const void *data, size_t len)
{
    size_t header_len = strlen(header);
    memcpy(file, "\x93NUMPY\1\0", 8);
    file[8] = (uint8_t)header_len;
    file[9] = 0;
    memcpy(file + 10, header, header_len);
    memcpy(file + 10 + header_len, data, len);
    return sr_bytes(file, 10 + header_len + len);
}

static struct findings look(struct sr_bytes bytes)
{
    return findings_of("a.npy", SR_PROFILE_TENSORS, bytes);
}

static void numbers_pass(void)
{
    struct findings f = look(npy(NUMBERS, "12345678", 8));
    CHECK(f.verdict == SR_VERDICT_PASS && f.count == 0 && f.covered == 10 + strlen(NUMBERS) + 8);
    CHECK(strcmp(f.format, "npy") == 0);
    f = look(npy(NUMBERS, "123456789", 9));
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE && findings_has(&f, SR_RULE_MALFORMED));
}

static void objects_are_pickles(void)
{
    struct findings f = look(npy(OBJECTS, NONE, sizeof NONE - 1));
    CHECK(f.verdict == SR_VERDICT_PASS && f.globals > 0);
    CHECK(look(npy(OBJECTS, CODE, sizeof CODE - 1)).verdict == SR_VERDICT_BLOCK);
    CHECK(look(npy(RECORDS, CODE, sizeof CODE - 1)).verdict == SR_VERDICT_BLOCK);
    CHECK(look(npy(OBJECTS, NONE "x", sizeof NONE)).verdict == SR_VERDICT_UNPARSABLE);
    CHECK(look(npy(OBJECTS, NONE "\n", sizeof NONE)).verdict == SR_VERDICT_PASS);
    CHECK(look(npy(OBJECTS, NONE "\n\n", sizeof NONE + 1)).verdict == SR_VERDICT_UNPARSABLE);
    CHECK(look(npy(OBJECTS, "", 0)).verdict == SR_VERDICT_UNPARSABLE);
}

static void a_header_that_is_refused_hides_nothing(void)
{
    CHECK(look(npy(ESCAPED, CODE, sizeof CODE - 1)).verdict == SR_VERDICT_BLOCK);
    CHECK(look(npy(ESCAPED, NONE, sizeof NONE - 1)).verdict == SR_VERDICT_UNPARSABLE);
}

static struct findings look_at_zip(const char *name, struct sr_bytes second)
{
    static struct zips z;
    z = (struct zips){0};
    zips_add(&z, name, second.ptr, second.len);
    struct sr_bytes first = npy(NUMBERS, "12345678", 8);
    zips_add(&z, "a.npy", first.ptr, first.len);
    return findings_of("a.npz", SR_PROFILE_TENSORS, zips_end(&z));
}

static void each_array_of_an_npz_file_counts(void)
{
    static const uint8_t SAFETENSORS[] = {2, 0, 0, 0, 0, 0, 0, 0, '{', '}'};
    struct findings f = look_at_zip("b.npy", npy(NUMBERS, "12345678", 8));
    CHECK(f.verdict == SR_VERDICT_PASS && strcmp(f.format, "npz") == 0);
    f = look_at_zip("b.npy", npy(OBJECTS, CODE, sizeof CODE - 1));
    CHECK(f.verdict == SR_VERDICT_BLOCK && strcmp(f.member, "b.npy") == 0);
    f = look_at_zip("b.safetensors", sr_bytes(SAFETENSORS, sizeof SAFETENSORS));
    CHECK(f.verdict == SR_VERDICT_REVIEW && findings_has(&f, SR_RULE_NPZ_MEMBER));
}

int main(void)
{
    RUN(numbers_pass);
    RUN(objects_are_pickles);
    RUN(a_header_that_is_refused_hides_nothing);
    RUN(each_array_of_an_npz_file_counts);
    return check_done();
}
