/* SPDX-License-Identifier: Apache-2.0 */
/* Each rule of docs/formats/pytorch.md for files of before 1.6 is broken alone. */
#include "artifact/torch.h"

#include "base/text.h"
#include "tests/findings.h"
#include "tests/torches.h"

static struct torches file;

static const char MAGIC[] = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";

static void put_head(uint64_t protocol, const char *key)
{
    file = (struct torches){0};
    torches_raw(&file, MAGIC, sizeof MAGIC - 1);
    torches_proto(&file);
    torches_int(&file, protocol);
    torches_op(&file, ".");
    torches_proto(&file);
    torches_op(&file, "}(");
    torches_text(&file, key);
    torches_int(&file, 1001);
    torches_text(&file, "little_endian");
    torches_op(&file, "\x88");
    torches_text(&file, "type_sizes");
    torches_op(&file, "}u.");
}

static void put_object(void)
{
    torches_begin(&file);
    torches_item(&file, "a", &(struct torches_tensor){.key = "94", .is_legacy = true});
    torches_item(&file, "b",
                 &(struct torches_tensor){
                     .key = "95", .storage = "ByteStorage", .numel = 6, .is_legacy = true});
    (void)torches_end(&file);
}

static void put_keys(const char *first, const char *second)
{
    torches_proto(&file);
    torches_op(&file, "](");
    torches_text(&file, first);
    if (second != NULL) {
        torches_text(&file, second);
    }
    torches_op(&file, "e.");
}

static void put_storage(uint64_t count, size_t bytes)
{
    static const uint8_t DATA[64];
    torches_number(&file, count, 8);
    torches_raw(&file, DATA, bytes);
}

static void put_all_before_storages(void)
{
    put_head(1001, "protocol_version");
    put_object();
    put_keys("94", "95");
}

static struct findings look(void)
{
    return findings_of("model.pth", SR_PROFILE_TENSORS, sr_bytes(file.bytes, file.len));
}

static void what_torch_wrote_passes(void)
{
    put_all_before_storages();
    put_storage(6, 24);
    put_storage(6, 6);
    struct findings f = look();
    CHECK(f.verdict == SR_VERDICT_PASS && f.count == 0 && f.covered == file.len);
    CHECK(strcmp(f.format, "pytorch-legacy") == 0);
    put_head(1001, "protocol_version");
    put_object();
    put_keys("95", "94");
    put_storage(6, 6);
    put_storage(6, 24);
    CHECK(look().verdict == SR_VERDICT_PASS);
}

/* PT-24 */
static void storages_are_as_long_as_they_say(void)
{
    put_all_before_storages();
    put_storage(6, 24);
    put_storage(5, 6);
    struct findings f = look();
    CHECK(f.verdict == SR_VERDICT_BLOCK && findings_has(&f, SR_RULE_TORCH_BOUNDS));
    put_all_before_storages();
    put_storage(6, 24);
    put_storage(6, 5);
    f = look();
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE && findings_has(&f, SR_RULE_TRUNCATED));
    put_all_before_storages();
    put_storage(6, 24);
    torches_number(&file, 6, 7);
    f = look();
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE && findings_has(&f, SR_RULE_TRUNCATED));
    put_all_before_storages();
    put_storage(6, 24);
    put_storage(6, 7);
    f = look();
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE && findings_has(&f, SR_RULE_NOT_COVERED));
}

static struct findings look_at_view(uint64_t view_offset, uint64_t view_numel, uint64_t offset,
                                    uint64_t size)
{
    const uint64_t stride = 1;
    put_head(1001, "protocol_version");
    torches_begin(&file);
    torches_item(&file, "a",
                 &(struct torches_tensor){.is_legacy = true,
                                          .view_offset = view_offset,
                                          .view_numel = view_numel,
                                          .offset = offset,
                                          .rank = 1,
                                          .sizes = &size,
                                          .strides = &stride});
    (void)torches_end(&file);
    put_keys("0", NULL);
    put_storage(6, 24);
    return look();
}

/* PT-12 */
static void a_tensor_lies_in_its_view(void)
{
    static const uint64_t BAD[][4] = {
        {2, 3, 0, 4}, {2, 3, 1, 3}, {2, 5, 0, 1}, {7, 1, 0, 1}, {INT64_MAX, INT64_MAX, 0, 1}};
    CHECK(look_at_view(2, 3, 0, 3).verdict == SR_VERDICT_PASS);
    CHECK(look_at_view(2, 4, 1, 3).verdict == SR_VERDICT_PASS);
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        struct findings f = look_at_view(BAD[i][0], BAD[i][1], BAD[i][2], BAD[i][3]);
        CHECK(f.verdict == SR_VERDICT_BLOCK && findings_has(&f, SR_RULE_TORCH_BOUNDS));
    }
}

static void check_keys(const char *first, const char *second)
{
    put_head(1001, "protocol_version");
    put_object();
    put_keys(first, second);
    put_storage(6, 24);
    put_storage(6, 6);
    struct findings f = look();
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE && findings_has(&f, SR_RULE_TORCH_STORAGE));
}

/* PT-23 */
static void keys_are_those_of_the_storages(void)
{
    check_keys("94", NULL);
    check_keys("94", "96");
    check_keys("94", "94");
}

/* PT-21, PT-22 */
static void the_head_is_plain(void)
{
    put_head(1002, "protocol_version");
    struct findings f = look();
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE && findings_has(&f, SR_RULE_MALFORMED));
    put_head(1001, "protocol");
    f = look();
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE && findings_has(&f, SR_RULE_MALFORMED));
    file = (struct torches){0};
    torches_raw(&file, MAGIC, sizeof MAGIC - 1);
    torches_begin(&file);
    (void)torches_end(&file);
    f = look();
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE && findings_has(&f, SR_RULE_MALFORMED));
}

static void code_is_found_in_each_pickle(void)
{
    static const char CODE[] = "\x80\x02"
                               "cposix\nsystem\nX\2\0\0\0id\x85R.";
    for (unsigned before = 0; before < 4; before++) {
        file = (struct torches){0};
        torches_raw(&file, MAGIC, sizeof MAGIC - 1);
        if (before == 3) {
            put_head(1001, "protocol_version");
            put_object();
        } else if (before == 2) {
            put_head(1001, "protocol_version");
        } else if (before == 1) {
            torches_op(&file, "\x80\x02M\xe9\x03.");
        }
        torches_raw(&file, CODE, sizeof CODE - 1);
        CHECK(look().verdict == SR_VERDICT_BLOCK);
    }
}

static void only_a_literal_magic_number_counts(void)
{
    static const char FRAMED[] =
        "\x80\x04\x95\x0d\0\0\0\0\0\0\0\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
    CHECK(sr_torch_legacy_is(sr_bytes(MAGIC, sizeof MAGIC - 1)));
    CHECK(sr_torch_legacy_is(sr_bytes(FRAMED, sizeof FRAMED - 1)));
    CHECK(!sr_torch_legacy_is(sr_bytes(MAGIC, sizeof MAGIC - 2)));
    CHECK(!sr_torch_legacy_is(sr_bytes("\x80\x02c__builtin__\neval\n", 20)));
    CHECK(!sr_torch_legacy_is(sr_bytes("", 0)));
}

static void a_tar_archive_is_known_by_its_members(void)
{
    struct sr_bytes names[] = {sr_text_view("sys_info"), sr_text_view("./pickle"),
                               sr_text_view("storages"), sr_text_view("tensors")};
    CHECK(sr_torch_tar_is(names, 4));
    CHECK(sr_torch_tar_is(names + 1, 2));
    CHECK(!sr_torch_tar_is(names, 2));
    CHECK(!sr_torch_tar_is(names + 2, 2));
}

int main(void)
{
    RUN(what_torch_wrote_passes);
    RUN(storages_are_as_long_as_they_say);
    RUN(a_tensor_lies_in_its_view);
    RUN(keys_are_those_of_the_storages);
    RUN(the_head_is_plain);
    RUN(code_is_found_in_each_pickle);
    RUN(only_a_literal_magic_number_counts);
    RUN(a_tar_archive_is_known_by_its_members);
    return check_done();
}
