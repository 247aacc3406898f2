/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/archive.h"

#include "base/text.h"
#include "tests/findings.h"
#include "tests/zips.h"

/* The smallest safetensors file, and one that is not right. */
static const uint8_t GOOD[] = {2, 0, 0, 0, 0, 0, 0, 0, '{', '}'};

static struct findings look(struct zips *z)
{
    return findings_of("model.zip", SR_PROFILE_TENSORS, zips_end(z));
}

static void a_zip_of_what_passes_passes(void)
{
    static struct zips z;
    z = (struct zips){0};
    zips_add(&z, "a.safetensors", GOOD, sizeof GOOD);
    zips_add(&z, "folder/", NULL, 0);
    zips_add(&z, "folder/b.safetensors", GOOD, sizeof GOOD);
    struct findings f = look(&z);
    CHECK(f.verdict == SR_VERDICT_PASS && f.count == 0);
    CHECK(strcmp(f.format, "zip") == 0);
    CHECK(f.covered == z.len);
}

static void each_member_counts(void)
{
    static struct zips z;
    z = (struct zips){0};
    zips_add(&z, "a.safetensors", GOOD, sizeof GOOD);
    zips_add(&z, "b.safetensors", GOOD, sizeof GOOD - 1);
    struct findings f = look(&z);
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE);
    CHECK(strcmp(f.member, "b.safetensors") == 0);
}

/* GOOD in one stored block of DEFLATE. */
static const uint8_t DEFLATED[] = {1, 10, 0, 0xf5, 0xff, 2, 0, 0, 0, 0, 0, 0, 0, '{', '}', 'x'};
/* Without what follows it. */
#define DEFLATED_BYTES (sizeof DEFLATED - 1)

static struct findings look_at_deflated(size_t packed_bytes, size_t bytes, uint32_t crc32)
{
    static struct zips z;
    z = (struct zips){0};
    zips_add_as(&z, (struct zips_member){.name = "a.safetensors",
                                         .content = DEFLATED,
                                         .packed_bytes = packed_bytes,
                                         .bytes = bytes,
                                         .method = SR_ZIP_DEFLATED,
                                         .crc32 = crc32});
    return look(&z);
}

static void a_deflated_member_is_unpacked_and_checked(void)
{
    uint32_t right = sr_crc32(0, sr_bytes(GOOD, sizeof GOOD));
    CHECK(look_at_deflated(DEFLATED_BYTES, sizeof GOOD, right).verdict == SR_VERDICT_PASS);
    struct findings sum = look_at_deflated(DEFLATED_BYTES, sizeof GOOD, right ^ 1);
    CHECK(sum.verdict == SR_VERDICT_UNPARSABLE && findings_has(&sum, SR_RULE_ARCHIVE_CHECKSUM));
    struct findings cut = look_at_deflated(DEFLATED_BYTES - 1, sizeof GOOD, right);
    CHECK(cut.verdict == SR_VERDICT_UNPARSABLE && findings_has(&cut, SR_RULE_TRUNCATED));
    struct findings after = look_at_deflated(sizeof DEFLATED, sizeof GOOD, right);
    CHECK(after.verdict == SR_VERDICT_UNPARSABLE && findings_has(&after, SR_RULE_MALFORMED));
    struct findings more = look_at_deflated(DEFLATED_BYTES, sizeof GOOD + 1, right);
    CHECK(more.verdict == SR_VERDICT_UNPARSABLE && findings_has(&more, SR_RULE_MALFORMED));
    struct findings less = look_at_deflated(DEFLATED_BYTES, sizeof GOOD - 1, right);
    CHECK(less.verdict == SR_VERDICT_UNPARSABLE && findings_has(&less, SR_RULE_MALFORMED));
    struct findings bomb = look_at_deflated(DEFLATED_BYTES, 1 << 30, right);
    CHECK(bomb.verdict == SR_VERDICT_UNPARSABLE && findings_has(&bomb, SR_RULE_BUDGET));
}

static void a_wrong_checksum_of_a_stored_member_is_found(void)
{
    static struct zips z;
    z = (struct zips){0};
    zips_add_as(
        &z, (struct zips_member){
                .name = "a.safetensors", .content = GOOD, .packed_bytes = sizeof GOOD, .crc32 = 7});
    struct findings f = look(&z);
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE && findings_has(&f, SR_RULE_ARCHIVE_CHECKSUM));
}

static struct findings look_at_name(const char *name)
{
    static struct zips z;
    z = (struct zips){0};
    zips_add(&z, name, GOOD, sizeof GOOD);
    return look(&z);
}

static void names_that_leave_the_folder_block(void)
{
    const char *const outside[] = {
        "../a.safetensors",    "/a.safetensors",    "a/../../b.safetensors",
        "C:/a.safetensors",    "..\\a.safetensors", "\\a.safetensors",
        "a/..\\b.safetensors", "d:a.safetensors",   "a/.."};
    const char *const odd[] = {"a//b.safetensors", "./a.safetensors", "a\\b.safetensors",
                               "a\nb.safetensors"};
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++) {
        struct findings f = look_at_name(outside[i]);
        CHECK(f.verdict == SR_VERDICT_BLOCK);
        CHECK(findings_has(&f, SR_RULE_ARCHIVE_NAME_OUTSIDE));
    }
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        struct findings f = look_at_name(odd[i]);
        CHECK(f.verdict == SR_VERDICT_UNPARSABLE);
        CHECK(findings_has(&f, SR_RULE_ARCHIVE_NAME_ODD));
    }
    CHECK(look_at_name("a..b/..c.safetensors").verdict == SR_VERDICT_PASS);
}

static void a_nul_in_a_name_blocks(void)
{
    static struct zips z;
    z = (struct zips){0};
    zips_add(&z, "a.safetensors_.txt", GOOD, sizeof GOOD);
    (void)zips_end(&z);
    z.bytes[z.headers[0] + 30 + 13] = 0;
    z.bytes[z.centrals[0] + 46 + 13] = 0;
    struct findings f = findings_of("model.zip", SR_PROFILE_TENSORS, sr_bytes(z.bytes, z.len));
    CHECK(f.verdict == SR_VERDICT_BLOCK && findings_has(&f, SR_RULE_ARCHIVE_NAME_OUTSIDE));
}

static void links_and_devices_block(void)
{
    const uint32_t types[] = {0120777, 020666, 060666, 010666, 0140777};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        static struct zips z;
        z = (struct zips){0};
        zips_add_as(&z, (struct zips_member){.name = "a.safetensors",
                                             .content = GOOD,
                                             .packed_bytes = sizeof GOOD,
                                             .attributes = types[i] << 16});
        struct findings f = look(&z);
        CHECK(f.verdict == SR_VERDICT_BLOCK && findings_has(&f, SR_RULE_ARCHIVE_LINK));
    }
}

static void names_that_differ_in_case_are_refused(void)
{
    static struct zips z;
    z = (struct zips){0};
    zips_add(&z, "a.safetensors", GOOD, sizeof GOOD);
    zips_add(&z, "A.safetensors", GOOD, sizeof GOOD);
    struct findings f = look(&z);
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE && findings_has(&f, SR_RULE_ARCHIVE_NAME_TWICE));
}

/* Broken files are refused, and what lenient loaders would still read is told. */
static void what_a_broken_zip_hides_is_found(void)
{
    static struct zips inner;
    static struct zips z;
    inner = (struct zips){0};
    zips_add(&inner, "../evil", GOOD, sizeof GOOD);
    struct sr_bytes evil = zips_end(&inner);
    for (unsigned i = 0; i < 6; i++) {
        z = (struct zips){0};
        if (i == 5) {
            zips_raw(&z, "prefix", 6);
        }
        zips_add(&z, "x.zip", evil.ptr, evil.len);
        struct sr_bytes file = zips_end(&z);
        if (i == 0) {
            zips_set(&z, z.headers[0] + 14, 0, 4);
        } else if (i == 1) {
            zips_set(&z, z.centrals[0] + 8, 1, 2);
        } else if (i == 2) {
            file.len = z.directory;
        } else if (i == 3) {
            zips_set(&z, z.headers[0] + 30, 'y', 1);
        } else if (i == 4) {
            z.bytes[z.len++] = '!';
            file.len++;
        }
        struct findings f = findings_of("model.zip", SR_PROFILE_TENSORS, file);
        CHECK(f.verdict == SR_VERDICT_BLOCK);
        CHECK(findings_has(&f, SR_RULE_ARCHIVE_NAME_OUTSIDE));
        CHECK(findings_has(&f, SR_RULE_MALFORMED) || findings_has(&f, SR_RULE_TRUNCATED) ||
              findings_has(&f, SR_RULE_ARCHIVE_UNSUPPORTED));
    }
}

/* A local header of "../evil", packed with LZMA as zip has it, and with bzip2. */
static const uint8_t EVIL_LZMA[] = {0x09, 0x04, 0x05, 0x00, 0x5d, 0x00, 0x00, 0x80, 0x00, 0x00,
                                    0x28, 0x12, 0xbc, 0x60, 0x28, 0x97, 0xd5, 0x8b, 0xfa, 0x6d,
                                    0xb6, 0x2d, 0x7e, 0xfa, 0x1e, 0xb7, 0x2a, 0x5e, 0x83, 0x34,
                                    0x84, 0x2d, 0x6c, 0xc7, 0x90, 0xff, 0xf9, 0x60, 0x20, 0x00};
static const uint8_t EVIL_BZIP2[] = {
    0x42, 0x5a, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, 0xad, 0xcb, 0x4d, 0xcd,
    0x00, 0x00, 0x0c, 0x77, 0x80, 0x6c, 0xa0, 0x04, 0x00, 0x00, 0x01, 0x80, 0x08, 0x40,
    0x00, 0x02, 0x24, 0x01, 0x40, 0x20, 0x00, 0x21, 0xa9, 0xb5, 0x0f, 0x50, 0x0d, 0xa8,
    0x53, 0x00, 0x04, 0xd1, 0x10, 0x6f, 0x00, 0x05, 0x1a, 0x44, 0x62, 0x32, 0x36, 0xf8,
    0xe6, 0x5f, 0xc5, 0xdc, 0x91, 0x4e, 0x14, 0x24, 0x2b, 0x72, 0xd3, 0x73, 0x40};

static void methods_that_are_refused_are_looked_at(void)
{
    const struct {
        uint16_t method;
        struct sr_bytes packed;
    } cases[] = {{SR_ZIP_LZMA, {EVIL_LZMA, sizeof EVIL_LZMA}},
                 {SR_ZIP_BZIP2, {EVIL_BZIP2, sizeof EVIL_BZIP2}}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static struct zips z;
        z = (struct zips){0};
        zips_add_as(&z, (struct zips_member){.name = "a.zip",
                                             .method = cases[i].method,
                                             .content = cases[i].packed.ptr,
                                             .packed_bytes = cases[i].packed.len,
                                             .bytes = 38});
        struct findings f = look(&z);
        CHECK(findings_has(&f, SR_RULE_ARCHIVE_UNSUPPORTED));
        CHECK(f.verdict == SR_VERDICT_BLOCK && findings_has(&f, SR_RULE_ARCHIVE_NAME_OUTSIDE));
    }
}

static void zips_in_zips_end_somewhere(void)
{
    static struct zips levels[2];
    struct sr_bytes content = sr_bytes(GOOD, sizeof GOOD);
    const char *name = "a.safetensors";
    for (unsigned i = 0; i <= SR_INSPECTION_DEPTH_MAX; i++) {
        struct zips *z = &levels[i % 2];
        *z = (struct zips){0};
        zips_add(z, name, content.ptr, content.len);
        content = zips_end(z);
        name = "a.zip";
        struct findings f = findings_of(name, SR_PROFILE_TENSORS, content);
        CHECK(findings_has(&f, SR_RULE_NESTING) == (i + 2 > SR_INSPECTION_DEPTH_MAX));
        CHECK((f.verdict == SR_VERDICT_PASS) == (i + 2 <= SR_INSPECTION_DEPTH_MAX));
    }
}

static void a_name_of_zip_without_a_zip_is_refused(void)
{
    struct findings f =
        findings_of("model.zip", SR_PROFILE_TENSORS, sr_text_view("this is none of them"));
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE);
}

int main(void)
{
    RUN(a_zip_of_what_passes_passes);
    RUN(each_member_counts);
    RUN(a_deflated_member_is_unpacked_and_checked);
    RUN(a_wrong_checksum_of_a_stored_member_is_found);
    RUN(names_that_leave_the_folder_block);
    RUN(a_nul_in_a_name_blocks);
    RUN(links_and_devices_block);
    RUN(names_that_differ_in_case_are_refused);
    RUN(what_a_broken_zip_hides_is_found);
    RUN(methods_that_are_refused_are_looked_at);
    RUN(zips_in_zips_end_somewhere);
    RUN(a_name_of_zip_without_a_zip_is_refused);
    return check_done();
}
