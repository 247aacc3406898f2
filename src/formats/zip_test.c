/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/zip.h"

#include "base/text.h"
#include "formats/zip_salvage.h"
#include "tests/zips.h"

/* What a test does to a right file. */
struct change {
    const char *rule;
    size_t at;
    uint64_t value;
    unsigned bytes;
    enum sr_status status;
    const char *message; /* some of it */
};

static enum sr_status decode(struct sr_bytes bytes, struct sr_err *err)
{
    SR_AUTO(sr_zip) zip = NULL;
    enum sr_status status = sr_zip_decode(bytes, &zip, err);
    CHECK((status == SR_OK) == (zip != NULL));
    return status;
}

static void check_refused(struct sr_bytes bytes, const char *rule, enum sr_status status,
                          const char *message)
{
    struct sr_err err = {0};
    enum sr_status found = decode(bytes, &err);
    CHECK(found == status);
    CHECK(strstr(err.message, message) != NULL);
    if (found != status || strstr(err.message, message) == NULL) {
        printf("# %s: %s: '%s'\n", rule, sr_status_info(found)->slug, err.message);
    }
}

/* Two members, a.txt and b.txt, of 3 and 4 bytes. */
static struct sr_bytes two_members(struct zips *z)
{
    *z = (struct zips){0};
    zips_add(z, "a.txt", "one", 3);
    zips_add(z, "b.txt", "four", 4);
    return zips_end(z);
}

static void a_right_file_is_read(void)
{
    static struct zips z;
    SR_AUTO(sr_zip) zip = NULL;
    size_t index = 9;
    CHECK(sr_zip_decode(two_members(&z), &zip, NULL) == SR_OK);
    if (zip == NULL) {
        return;
    }
    CHECK(sr_zip_count(zip) == 2);
    const struct sr_zip_member *b = sr_zip_at(zip, 1);
    CHECK(sr_text_equal(b->name, sr_text_view("b.txt")));
    CHECK(b->method == SR_ZIP_STORED && b->bytes == 4 && b->packed_bytes == 4);
    CHECK(b->header_offset == z.headers[1] && b->data_offset == z.data[1]);
    CHECK(b->end == z.directory);
    CHECK(b->crc32 == sr_crc32(0, sr_text_view("four")));
    CHECK(sr_zip_find(zip, sr_text_view("b.txt"), &index) && index == 1);
    CHECK(!sr_zip_find(zip, sr_text_view("c.txt"), &index));
}

static void members_come_in_the_order_of_their_data(void)
{
    static struct zips z;
    SR_AUTO(sr_zip) zip = NULL;
    (void)two_members(&z);
    /* Swap the two entries of the directory: names and offsets are all that differs in length. */
    size_t each = z.centrals[1] - z.centrals[0];
    uint8_t kept[64];
    memcpy(kept, z.bytes + z.centrals[0], each);
    memmove(z.bytes + z.centrals[0], z.bytes + z.centrals[1], each);
    memcpy(z.bytes + z.centrals[1], kept, each);
    CHECK(sr_zip_decode(sr_bytes(z.bytes, z.len), &zip, NULL) == SR_OK);
    CHECK(zip != NULL && sr_text_equal(sr_zip_at(zip, 0)->name, sr_text_view("a.txt")));
}

static void pytorch_padding_zip64_and_descriptors_are_read(void)
{
    static struct zips z;
    struct sr_err err = {0};
    z = (struct zips){.is_wide_end = true};
    zips_add_as(&z, (struct zips_member){
                        .name = "m/data.pkl", .content = "x", .packed_bytes = 1, .align = 64});
    CHECK(z.data[0] % 64 == 0);
    zips_add_as(
        &z, (struct zips_member){
                .name = "m/0", .content = "yy", .packed_bytes = 2, .align = 64, .flags = 0x808});
    zips_add_as(&z, (struct zips_member){
                        .name = "m/1", .content = "zz", .packed_bytes = 2, .is_wide = true});
    zips_add_as(
        &z, (struct zips_member){
                .name = "m/2", .content = "zz", .packed_bytes = 2, .flags = 8, .is_wide = true});
    zips_add_as(&z, (struct zips_member){.name = "m/3/"});
    zips_add_as(&z, (struct zips_member){.name = "m/4",
                                         .extra = "\1\0\20\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
                                         .extra_bytes = 20});
    zips_add_as(&z, (struct zips_member){.name = "m/\xc3\xa4", .flags = 0x800});
    CHECK(decode(zips_end(&z), &err) == SR_OK);
    if (err.message[0] != '\0') {
        printf("# %s\n", err.message);
    }
    /* The end record may refer to zip64 for all of its fields. */
    zips_set(&z, z.end + 8, UINT64_MAX, 8);
    zips_set(&z, z.end + 16, UINT32_MAX, 4);
    CHECK(decode(sr_bytes(z.bytes, z.len), NULL) == SR_OK);
}

static void an_empty_file_of_members_is_right(void)
{
    static struct zips z;
    z = (struct zips){0};
    CHECK(decode(zips_end(&z), NULL) == SR_OK);
    CHECK(sr_zip_is_likely(sr_bytes(z.bytes, z.len), false));
}

static void each_broken_field_is_refused(void)
{
    static struct zips z;
    (void)two_members(&z);
    size_t a = z.headers[0];
    size_t central = z.centrals[0];
    size_t end = z.end;
    const struct change changes[] = {
        {"Z-2", end, 'X', 1, SR_TRUNCATED, "not in the last 22"},
        {"Z-2", end + 4, 1, 2, SR_UNSUPPORTED, "one part of several"},
        {"Z-2", end + 6, 1, 2, SR_UNSUPPORTED, "one part of several"},
        {"Z-2", end + 8, 1, 2, SR_MALFORMED, "two counts"},
        {"Z-2", end + 20, 1, 2, SR_MALFORMED, "a comment"},
        {"Z-3", end + 8, 0xffffffff, 4, SR_MALFORMED, "wants zip64"},
        {"Z-3", end + 16, 0xffffffff, 4, SR_MALFORMED, "wants zip64"},
        {"Z-4", end + 16, 0, 4, SR_MALFORMED, "do not end at"},
        {"Z-4", end + 8, 0x00030003, 4, SR_MALFORMED, "no entry"},
        {"Z-4", end + 8, 0x00010001, 4, SR_MALFORMED, "more entries"},
        {"Z-4", central, 'X', 1, SR_MALFORMED, "no entry"},
        {"Z-4", central + 34, 1, 2, SR_MALFORMED, "another disk"},
        {"Z-5", central + 28, 0, 2, SR_MALFORMED, "name at byte"},
        {"Z-5", central + 46, 0xff, 1, SR_MALFORMED, "in no known encoding"},
        {"Z-6", central + 8, 1, 2, SR_UNSUPPORTED, "encrypted (flags 0x0001)"},
        {"Z-6", central + 8, 0x40, 2, SR_UNSUPPORTED, "encrypted"},
        {"Z-6", central + 8, 0x2000, 2, SR_UNSUPPORTED, "encrypted"},
        {"Z-6", central + 8, 0x20, 2, SR_MALFORMED, "flags 0x0020"},
        {"Z-6", central + 8, 0x10, 2, SR_MALFORMED, "flags 0x0010"},
        {"Z-7", central + 10, 12, 2, SR_UNSUPPORTED, "method 12"},
        {"Z-7", central + 6, 64, 2, SR_UNSUPPORTED, "needs version 64"},
        {"Z-7", a + 4, 64, 2, SR_UNSUPPORTED, "needs version 64"},
        {"Z-9", central + 24, 9, 4, SR_MALFORMED, "stored 9 bytes as 3"},
        {"Z-11", a, 'X', 1, SR_MALFORMED, "no local header"},
        {"Z-12", central + 42, 1, 4, SR_MALFORMED, "begins at byte 1"},
        {"Z-13", a + 6, 1, 2, SR_MALFORMED, "disagree"},
        {"Z-13", a + 8, 8, 2, SR_MALFORMED, "disagree"},
        {"Z-13", a + 14, 1, 4, SR_MALFORMED, "disagree"},
        {"Z-13", a + 18, 2, 4, SR_MALFORMED, "disagree"},
        {"Z-13", a + 22, 2, 4, SR_MALFORMED, "disagree"},
        {"Z-13", a + 30, 'b', 1, SR_MALFORMED, "disagree"},
        {"Z-13", a + 26, 6, 2, SR_MALFORMED, "disagree"},
    };
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        (void)two_members(&z);
        zips_set(&z, changes[i].at, changes[i].value, changes[i].bytes);
        check_refused(sr_bytes(z.bytes, z.len), changes[i].rule, changes[i].status,
                      changes[i].message);
    }
}

static void each_broken_field_of_zip64_is_refused(void)
{
    static struct zips z;
    const struct change changes[] = {
        {"Z-3", 4, 45, 8, SR_MALFORMED, "zip64 end record"},
        {"Z-3", 16, 1, 4, SR_MALFORMED, "zip64 end record"},
        {"Z-3", 20, 1, 4, SR_MALFORMED, "zip64 end record"},
        {"Z-3", 24, 2, 8, SR_MALFORMED, "zip64 end record"},
        {"Z-3", 32, 2, 8, SR_MALFORMED, "zip64 end record"},
        {"Z-3", 40, 2, 8, SR_MALFORMED, "not what the end record says"},
        {"Z-3", 48, 2, 8, SR_MALFORMED, "not what the end record says"},
        {"Z-3", 64, 2, 8, SR_MALFORMED, "zip64 locator"},
    };
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        z = (struct zips){.is_wide_end = true};
        zips_add(&z, "a", "one", 3);
        (void)zips_end(&z);
        zips_set(&z, z.wide_end + changes[i].at, changes[i].value, changes[i].bytes);
        check_refused(sr_bytes(z.bytes, z.len), changes[i].rule, changes[i].status,
                      changes[i].message);
    }
}

static void check_members_refused(const struct zips_member *members, size_t count, const char *rule,
                                  const char *message)
{
    static struct zips z;
    z = (struct zips){0};
    for (size_t i = 0; i < count; i++) {
        zips_add_as(&z, members[i]);
    }
    check_refused(zips_end(&z), rule, SR_MALFORMED, message);
}

static void odd_members_are_refused(void)
{
    const struct zips_member twice[] = {{.name = "a"}, {.name = "a"}};
    const struct zips_member folder = {.name = "a/", .content = "x", .packed_bytes = 1};
    const struct zips_member renamed = {.name = "a", .central_name = "b"};
    const struct zips_member unicode = {
        .name = "a", .extra = "\x75\x70\x05\0\1abcd", .extra_bytes = 9};
    const struct zips_member padding = {.name = "a", .extra = "FB\1\0X", .extra_bytes = 5};
    const struct zips_member cut = {.name = "a", .extra = "FB\2\0Z", .extra_bytes = 5};
    const struct zips_member alone = {.name = "a", .extra = "\1\0\10\0abcdefgh", .extra_bytes = 12};
    const struct zips_member other = {
        .name = "a", .extra = "\1\0\20\0abcdefghabcdefgh", .extra_bytes = 20};
    const struct zips_member longer = {
        .name = "a", .extra = "\1\0\21\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", .extra_bytes = 21};
    check_members_refused(twice, 2, "Z-5", "its name is there twice");
    check_members_refused(&folder, 1, "Z-10", "a folder with data");
    check_members_refused(&renamed, 1, "Z-13", "disagree");
    check_members_refused(&unicode, 1, "Z-8", "extra field: unknown");
    check_members_refused(&padding, 1, "Z-8", "extra field: unknown");
    check_members_refused(&cut, 1, "Z-8", "extra field: cut off");
    check_members_refused(&alone, 1, "Z-8", "extra field: zip64: ");
    check_members_refused(&other, 1, "Z-8", "extra field: zip64: other sizes");
    check_members_refused(&longer, 1, "Z-8", "extra field: zip64: too long");
}

static void wrong_descriptors_are_refused(void)
{
    static struct zips z;
    for (size_t i = 0; i < 16; i++) {
        z = (struct zips){0};
        zips_add_as(
            &z, (struct zips_member){.name = "a", .content = "one", .packed_bytes = 3, .flags = 8});
        (void)zips_end(&z);
        z.bytes[z.data[0] + 3 + i] ^= 1;
        check_refused(sr_bytes(z.bytes, z.len), "Z-14", SR_MALFORMED, "no right data descriptor");
    }
}

static void bytes_that_belong_to_no_member_are_refused(void)
{
    static struct zips z;
    z = (struct zips){0};
    zips_raw(&z, "#!", 2);
    zips_add(&z, "a", "one", 3);
    check_refused(zips_end(&z), "Z-12", SR_MALFORMED, "begins at byte 2");
    z = (struct zips){0};
    zips_add(&z, "a", "one", 3);
    zips_raw(&z, "gap", 3);
    zips_add(&z, "b", "two", 3);
    check_refused(zips_end(&z), "Z-12", SR_MALFORMED, "not where the one before ends");
    z = (struct zips){0};
    zips_add(&z, "a", "one", 3);
    zips_raw(&z, "gap", 3);
    check_refused(zips_end(&z), "Z-12", SR_MALFORMED, "but members end at");
    (void)two_members(&z);
    zips_raw(&z, "after", 5);
    check_refused(sr_bytes(z.bytes, z.len), "Z-2", SR_TRUNCATED, "end record");
    CHECK(sr_zip_is_likely(sr_bytes(z.bytes, z.len), false));
}

static void every_cut_is_refused(void)
{
    static struct zips z;
    struct sr_bytes whole = two_members(&z);
    for (size_t len = 0; len < whole.len; len++) {
        struct sr_err err = {0};
        CHECK(decode(sr_bytes(whole.ptr, len), &err) != SR_OK);
        CHECK(err.message[0] != '\0');
    }
}

/* Whether some scrap has that name and content. */
static bool salvages(struct sr_bytes file, const char *name, const char *content)
{
    struct sr_zip_salvage s = sr_zip_salvage(file);
    struct sr_zip_scrap scrap = {0};
    while (sr_zip_salvage_next(&s, &scrap)) {
        if (sr_text_equal(scrap.name, sr_text_view(name)) &&
            sr_text_equal(scrap.packed, sr_text_view(content))) {
            return true;
        }
    }
    return false;
}

static void lenient_readers_members_are_found(void)
{
    static struct zips z;
    struct sr_bytes whole = two_members(&z);
    CHECK(salvages(whole, "a.txt", "one") && salvages(whole, "b.txt", "four"));
    CHECK(salvages(sr_bytes(whole.ptr, z.directory), "b.txt", "four"));
    CHECK(salvages(sr_bytes(whole.ptr + 5, whole.len - 5), "b.txt", "four"));
    CHECK(salvages(sr_bytes(whole.ptr, z.data[1] + 2), "b.txt", "fo"));
    /* The two kinds of entry say different things: both are given out. */
    zips_set(&z, z.centrals[1] + 20, 2, 4);
    zips_set(&z, z.centrals[1] + 46, 'x', 1);
    CHECK(salvages(whole, "b.txt", "four") && salvages(whole, "x.txt", "fo"));
    /* A directory that counts from behind what was put in front. */
    z = (struct zips){0};
    zips_add_as(&z, (struct zips_member){
                        .name = "a", .central_name = "b", .content = "one", .packed_bytes = 3});
    (void)zips_end(&z);
    memmove(z.bytes + 7, z.bytes, z.len);
    CHECK(salvages(sr_bytes(z.bytes, z.len + 7), "b", "one"));
    /* A size that only a descriptor has. */
    z = (struct zips){0};
    zips_add_as(&z,
                (struct zips_member){.name = "a", .content = "one", .packed_bytes = 3, .flags = 8});
    CHECK(salvages(sr_bytes(z.bytes, z.len), "a", "one"));
    CHECK(salvages(sr_bytes(z.bytes, z.data[0] + 2), "a", "on"));
}

static void what_is_a_zip_file_to_somebody_is_likely(void)
{
    static struct zips z;
    struct sr_bytes whole = two_members(&z);
    CHECK(sr_zip_is_likely(whole, false));
    CHECK(sr_zip_is_likely(sr_bytes(whole.ptr, 4), false));
    CHECK(sr_zip_is_likely(sr_bytes(whole.ptr + 3, whole.len - 3), false));
    CHECK(!sr_zip_is_likely(sr_bytes(whole.ptr + 3, whole.len - 4), false));
    CHECK(!sr_zip_is_likely(sr_text_view("PK\5\6 is how it ends, but this is only a text of it"),
                            false));
    CHECK(!sr_zip_is_likely(sr_bytes(NULL, 0), false));
    /* With bytes before, and after or not. */
    uint8_t longer[512] = {0};
    memcpy(longer + 5, whole.ptr, whole.len);
    CHECK(sr_zip_is_likely(sr_bytes(longer, whole.len + 5), true));
    CHECK(sr_zip_is_likely(sr_bytes(longer, whole.len + 9), false));
    CHECK(!sr_zip_is_likely(sr_bytes(longer, whole.len + 9), true));
}

/* Bytes in front, and all that the end record says is in that of zip64. */
static void a_zip64_file_with_bytes_in_front_is_likely(void)
{
    static struct zips z;
    z = (struct zips){.is_wide_end = true};
    zips_add_as(&z, (struct zips_member){
                        .name = "a", .central_name = "b", .content = "one", .packed_bytes = 3});
    (void)zips_end(&z);
    zips_set(&z, z.end + 8, UINT64_MAX, 8);
    zips_set(&z, z.end + 16, UINT32_MAX, 4);
    memmove(z.bytes + 7, z.bytes, z.len);
    memset(z.bytes, 'x', 7);
    CHECK(sr_zip_is_likely(sr_bytes(z.bytes, z.len + 7), true));
    CHECK(salvages(sr_bytes(z.bytes, z.len + 7), "b", "one"));
    /* Where only the locator leads to it. */
    zips_set(&z, z.wide_end + 7 + 64, z.wide_end + 7, 8);
    CHECK(sr_zip_is_likely(sr_bytes(z.bytes, z.len + 7), true));
}

int main(void)
{
    RUN(a_right_file_is_read);
    RUN(members_come_in_the_order_of_their_data);
    RUN(pytorch_padding_zip64_and_descriptors_are_read);
    RUN(an_empty_file_of_members_is_right);
    RUN(each_broken_field_is_refused);
    RUN(each_broken_field_of_zip64_is_refused);
    RUN(odd_members_are_refused);
    RUN(wrong_descriptors_are_refused);
    RUN(bytes_that_belong_to_no_member_are_refused);
    RUN(every_cut_is_refused);
    RUN(lenient_readers_members_are_found);
    RUN(what_is_a_zip_file_to_somebody_is_likely);
    RUN(a_zip64_file_with_bytes_in_front_is_likely);
    return check_done();
}
