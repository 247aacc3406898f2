/* SPDX-License-Identifier: Apache-2.0 */
/* What is recorded of an act is fixed to the byte: it will be signed. */
#include "custody/deed.h"

#include <string.h>

#include "tests/check.h"

static const struct sr_id room = {{0xaa}};

static struct sr_catalog_version version = {
    .id = {{1, 2}},
    .name = "llama",
    .number = 3,
    .state = SR_VERSION_SEALED,
    .kind = "instruct",
    .digest = {0xff},
    .file_count = 2,
};

#define ZEROS_30 "000000000000000000000000000000"
#define ROOM_HEX "aa" ZEROS_30
#define VERSION(digest)                                                                            \
    "\"version\":{\"digest\":\"" digest ZEROS_30 "00000000000000000000000000000000\","             \
    "\"files\":2,\"id\":\"0102"                                                                    \
    "0000000000000000000000000000\",\"name\":\"llama\",\"number\":3}}"
#define TAIL(verb) "\"time_utc_ms\":42,\"verb\":\"" verb "\","

static bool encodes(const struct sr_deed *act, const struct sr_catalog_version *v,
                    const char *expected)
{
    SR_AUTO(sr_buf) out = NULL;
    if (sr_buf_new(4096, &out) != SR_OK || sr_deed_encode(act, &room, v, out) != SR_OK) {
        return false;
    }
    struct sr_bytes text = sr_buf_view(out);
    bool same = sr_text_equal(text, sr_text_view(expected));
    if (!same) {
        printf("# got      %.*s\n# expected %s\n", (int)text.len, (const char *)text.ptr, expected);
    }
    return same;
}

static void encodes_each_verb(void)
{
    struct sr_deed act = {.verb = SR_DEED_INIT, .actor = "o", .time_utc_ms = 42};
    CHECK(encodes(&act, NULL,
                  "{\"actor\":\"o\",\"format\":1,\"room\":\"" ROOM_HEX
                  "\",\"time_utc_ms\":42,\"verb\":\"init\"}"));
    act.verb = SR_DEED_ROTATE;
    act.rotate.epoch = 2;
    CHECK(encodes(&act, NULL,
                  "{\"actor\":\"o\",\"epoch\":2,\"format\":1,\"room\":\"" ROOM_HEX
                  "\",\"time_utc_ms\":42,\"verb\":\"rotate\"}"));
    act = (struct sr_deed){
        .verb = SR_DEED_EXPORT, .actor = "o", .time_utc_ms = 42, .export = {.to = "/x"}};
    CHECK(encodes(&act, &version,
                  "{\"actor\":\"o\",\"format\":1,\"room\":\"" ROOM_HEX
                  "\",\"time_utc_ms\":42,\"to\":\"/x\",\"verb\":\"export\"," VERSION("ff")));
    act =
        (struct sr_deed){.verb = SR_DEED_USE, .actor = "o", .time_utc_ms = 42, .use = {.at = "/m"}};
    CHECK(encodes(&act, &version,
                  "{\"actor\":\"o\",\"at\":\"/m\",\"format\":1,\"room\":\"" ROOM_HEX
                  "\"," TAIL("use") VERSION("ff")));
}

static void encodes_a_read(void)
{
    struct sr_deed act = {
        .verb = SR_DEED_READ, .actor = "o", .time_utc_ms = 42, .read = {.file = "a\"b"}};
    CHECK(encodes(&act, &version,
                  "{\"actor\":\"o\",\"file\":\"a\\\"b\",\"format\":1,\"room\":\"" ROOM_HEX
                  "\"," TAIL("read") VERSION("ff")));
    act.read.tensor = "w";
    CHECK(encodes(&act, &version,
                  "{\"actor\":\"o\",\"file\":\"a\\\"b\",\"format\":1,\"room\":\"" ROOM_HEX
                  "\",\"tensor\":\"w\"," TAIL("read") VERSION("ff")));
}

static void encodes_a_deposit(void)
{
    struct sr_id parents[2] = {{{5}}, {{6}}};
    struct sr_deed act = {.verb = SR_DEED_DEPOSIT, .actor = "o", .time_utc_ms = 42};
    act.deposit.digest[0] = 0xee; /* the version has none yet */
    act.deposit.parents = parents;
    act.deposit.parent_count = 2;
    struct sr_deed_inspection inspection = {.verdict = SR_VERDICT_REVIEW, .reason = "read it"};
    inspection.ruleset[0] = 0xdd;
    act.deposit.inspection = &inspection;
    static const struct sr_deed_document DOCUMENTS[] = {{"inspection.json", {0xcc}},
                                                        {"lineage.json", {0xbb}}};
    act.deposit.documents = DOCUMENTS;
    act.deposit.document_count = 2;
    act.deposit.step = SR_STEP_FINE_TUNE;
    act.deposit.tier = 3;
    CHECK(encodes(
        &act, &version,
        "{\"actor\":\"o\",\"documents\":{\"inspection.json\":\"cc" ZEROS_30
        "00000000000000000000000000000000\",\"lineage.json\":\"bb" ZEROS_30
        "00000000000000000000000000000000\"},\"format\":1,\"inspection\":{\"profile\":\"tensors\","
        "\"reason\":\"read it\","
        "\"ruleset\":\"dd" ZEROS_30 "00000000000000000000000000000000\","
        "\"verdict\":\"REVIEW\"},\"kind\":\"instruct\",\"parents\":[\"05" ZEROS_30
        "\",\"06" ZEROS_30 "\"],\"room\":\"" ROOM_HEX
        "\",\"step\":\"fine-tune\",\"tier\":3," TAIL("deposit") VERSION("ee")));
}

static void names_every_verb(void)
{
    for (unsigned i = 0; i < SR_DEED_COUNT; i++) {
        const struct sr_deed_info *info = sr_deed_info((enum sr_deed_verb)i);
        CHECK(info->word[0] != '\0' && strlen(info->word) < 32 && info->title[0] != '\0');
        for (unsigned j = 0; j < i; j++) {
            CHECK(strcmp(info->word, sr_deed_info((enum sr_deed_verb)j)->word) != 0);
        }
    }
    CHECK(sr_deed_info(SR_DEED_EXPORT)->releases && sr_deed_info(SR_DEED_READ)->releases &&
          sr_deed_info(SR_DEED_USE)->releases);
    CHECK(!sr_deed_info(SR_DEED_DEPOSIT)->releases && !sr_deed_info(SR_DEED_INIT)->releases &&
          !sr_deed_info(SR_DEED_ROTATE)->releases);
}

int main(void)
{
    RUN(encodes_each_verb);
    RUN(encodes_a_read);
    RUN(encodes_a_deposit);
    RUN(names_every_verb);
    return check_done();
}
