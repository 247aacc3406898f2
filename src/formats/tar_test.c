/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/tar.h"

#include "base/text.h"
#include "tests/tars.h"

static struct tars T;

/* The first member; its fault, or why there is none. */
static const char *first_fault(struct sr_bytes file)
{
    static struct sr_err err;
    static struct sr_tar t;
    struct sr_tar_member m = {0};
    bool found = false;
    err = (struct sr_err){0};
    t = sr_tar(file);
    if (sr_tar_next(&t, &found, &m, &err) != SR_OK) {
        return err.message;
    }
    return m.fault == NULL ? "" : m.fault;
}

static void check_fault(const char *rule, const char *wanted)
{
    const char *fault = first_fault(sr_bytes(T.bytes, T.len));
    CHECK(strstr(fault, wanted) != NULL);
    if (strstr(fault, wanted) == NULL) {
        printf("# %s: '%s', not '%s'\n", rule, fault, wanted);
    }
}

/* One member, a file "a" with "abc" in it. */
static void one(void)
{
    T = (struct tars){0};
    tars_add(&T, '0', "a", "abc", 3);
    (void)tars_end(&T);
}

/* Go on in an archive; a member without a name when there is none. */
static struct sr_tar_member next(struct sr_tar *t)
{
    struct sr_tar_member m = {0};
    struct sr_tar_member none = {0};
    bool found = false;
    CHECK(sr_tar_next(t, &found, &m, NULL) == SR_OK);
    return found ? m : none;
}

static void members_are_read_in_order(void)
{
    static struct sr_tar t;
    T = (struct tars){0};
    tars_add(&T, '5', "x/", NULL, 0);
    tars_add(&T, '0', "x/a", "abc", 3);
    tars_add(&T, '\0', "x/b", "d", 1);
    tars_add(&T, '2', "x/c", NULL, 0);
    tars_add(&T, '3', "x/d", NULL, 0);
    t = sr_tar(tars_end(&T));
    CHECK(next(&t).type == SR_TAR_FOLDER);
    struct sr_tar_member m = next(&t);
    CHECK(m.type == SR_TAR_FILE && m.fault == NULL);
    CHECK(sr_text_equal(m.name, sr_text_view("x/a")));
    CHECK(sr_text_equal(m.content, sr_text_view("abc")) && m.offset == 1024);
    CHECK(m.header_offset == 512);
    CHECK(next(&t).type == SR_TAR_FILE);
    m = next(&t);
    CHECK(m.type == SR_TAR_LINK && sr_text_equal(m.link, sr_text_view("../x")));
    m = next(&t);
    CHECK(m.type == SR_TAR_DEVICE && m.fault == NULL);
    CHECK(next(&t).name.len == 0);
    CHECK(t.at == T.len);
}

static struct sr_tar_member second_name(char type, const char *records, size_t len)
{
    static struct sr_tar t;
    struct sr_tar_member m = {0};
    bool found = false;
    T = (struct tars){0};
    tars_add(&T, type, "ignored", records, len);
    tars_add(&T, '0', "short", "abc", 3);
    t = sr_tar(tars_end(&T));
    CHECK(sr_tar_next(&t, &found, &m, NULL) == SR_OK && found);
    return m;
}

#define SECOND(type, text) second_name(type, text, sizeof text - 1)

static void longer_names_are_read(void)
{
    struct sr_tar_member m = SECOND('x', "15 path=long\n\n");
    CHECK(m.fault != NULL);
    m = SECOND('x', "13 path=longx");
    CHECK(m.fault != NULL); /* no newline */
    m = SECOND('x', "13 path=long\n30 mtime=1.0000000000000000\n");
    CHECK(m.fault != NULL); /* a record longer than all */
    m = SECOND('x', "13 path=long\n11 mtime=1\n10 size=3\n");
    CHECK(m.fault == NULL && sr_text_equal(m.name, sr_text_view("long")));
    CHECK(m.content.len == 3 && m.header_offset == 0);
    m = SECOND('L', "longer\0");
    CHECK(m.fault == NULL && sr_text_equal(m.name, sr_text_view("longer")));
    m = SECOND('K', "link\0");
    CHECK(m.fault == NULL && sr_text_equal(m.link, sr_text_view("link")));
    m = SECOND('g', "11 mtime=1\n");
    CHECK(m.fault == NULL);
    /* ustar's two parts. */
    one();
    memcpy(T.bytes + 345, "folder", 6);
    tars_sum(&T, 0);
    static struct sr_tar t;
    bool found = false;
    t = sr_tar(sr_bytes(T.bytes, T.len));
    CHECK(sr_tar_next(&t, &found, &m, NULL) == SR_OK && found);
    CHECK(sr_text_equal(m.name, sr_text_view("folder/a")));
}

static void odd_records_of_pax_are_told(void)
{
    const struct {
        char type;
        const char *records;
        const char *fault;
    } cases[] = {
        {'x', "13 path=long\n13 path=more\n", "there twice"},
        {'x', "17 GNU.sparse=1\n\n", "not known"},
        {'x', "11 size=-1\n", "size"},
        {'x', "10 size=3\n10 size=3\n", "there twice"},
        {'x', "10 path=\xff\n", "not UTF-8"},
        {'x', "nothing\n", "a broken record"},
        {'x', "4 a\n", "a broken record"},
        {'x', "9 mtime 1\n", "a broken record"},
        {'g', "13 path=long\n", "for all members"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sr_tar_member m =
            second_name(cases[i].type, cases[i].records, strlen(cases[i].records));
        CHECK(m.fault != NULL && strstr(m.fault, cases[i].fault) != NULL);
        if (m.fault == NULL || strstr(m.fault, cases[i].fault) == NULL) {
            printf("# %s: %s\n", cases[i].records, m.fault == NULL ? "" : m.fault);
        }
    }
    CHECK(SECOND('L', "a\0b").fault != NULL);
    CHECK(SECOND('L', "").fault != NULL);
}

static void broken_headers_end_it(void)
{
    one();
    T.bytes[0] ^= 1;
    check_fault("TR-2", "wrong checksum");
    one();
    memcpy(T.bytes + 124, "9", 1);
    tars_sum(&T, 0);
    check_fault("TR-4", "size");
    one();
    memset(T.bytes + 124, ' ', 12);
    tars_sum(&T, 0);
    check_fault("TR-4", "size");
    one();
    T.bytes[124] = 0x80;
    tars_sum(&T, 0);
    check_fault("TR-4", "size");
    one();
    memset(T.bytes + 148, 0, 8);
    check_fault("TR-2", "wrong checksum");
}

static void sizes_in_binary_are_read(void)
{
    one();
    memset(T.bytes + 124, 0, 12);
    T.bytes[124] = 0x80;
    T.bytes[135] = 3;
    tars_sum(&T, 0);
    check_fault("TR-4", "");
    CHECK(first_fault(sr_bytes(T.bytes, T.len))[0] == '\0');
    T.bytes[128] = 0x80; /* negative, as 64 bits */
    tars_sum(&T, 0);
    check_fault("TR-4", "size");
}

static void odd_members_are_told(void)
{
    one();
    T.bytes[50] = 'x';
    tars_sum(&T, 0);
    check_fault("TR-3", "after the end of a text field");
    one();
    T.bytes[511] = 'x';
    tars_sum(&T, 0);
    check_fault("TR-3", "at the end of the header");
    one();
    T.bytes[156] = 'S';
    tars_sum(&T, 0);
    check_fault("TR-5", "a type that is not known");
    one();
    T.bytes[156] = '2';
    tars_sum(&T, 0);
    check_fault("TR-5", "a size where there is no content");
    one();
    T.bytes[1] = '/';
    tars_sum(&T, 0);
    check_fault("TR-5", "a folder with data");
    one();
    T.bytes[512 + 3] = 'x';
    check_fault("TR-7", "padding that is not zero");
    one();
    T.len = 512 + 2;
    check_fault("TR-7", "cut off");
    T.len = 512 + 3;
    check_fault("TR-7", "padding that is not zero, or cut off");
}

static void the_end_is_two_empty_blocks_and_zeros(void)
{
    T = (struct tars){0};
    (void)tars_end(&T);
    CHECK(first_fault(sr_bytes(T.bytes, T.len))[0] == '\0');
    CHECK(first_fault(sr_bytes(T.bytes, 10240))[0] == '\0');
    T.len = 512;
    check_fault("TR-1", "end of the archive");
    T.len = 1025;
    check_fault("TR-1", "bytes after it");
    T.len = 2048;
    T.bytes[2000] = 1;
    check_fault("TR-1", "bytes after it");
    T.len = 100;
    check_fault("TR-1", "the file ends");
}

static void a_tar_file_is_told_by_its_first_header(void)
{
    one();
    CHECK(sr_tar_is_likely(sr_bytes(T.bytes, T.len)));
    CHECK(sr_tar_is_likely(sr_bytes(T.bytes, 512)));
    CHECK(!sr_tar_is_likely(sr_bytes(T.bytes, 511)));
    T.bytes[0] ^= 1;
    CHECK(!sr_tar_is_likely(sr_bytes(T.bytes, T.len)));
    memset(T.bytes, 0, sizeof T.bytes);
    CHECK(!sr_tar_is_likely(sr_bytes(T.bytes, T.len)));
}

int main(void)
{
    RUN(members_are_read_in_order);
    RUN(longer_names_are_read);
    RUN(odd_records_of_pax_are_told);
    RUN(broken_headers_end_it);
    RUN(sizes_in_binary_are_read);
    RUN(odd_members_are_told);
    RUN(the_end_is_two_empty_blocks_and_zeros);
    RUN(a_tar_file_is_told_by_its_first_header);
    return check_done();
}
