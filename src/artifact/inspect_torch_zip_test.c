/* SPDX-License-Identifier: Apache-2.0 */
/* Each rule of docs/formats/pytorch.md for zip files is broken alone. */
#include "artifact/archive.h"

#include "tests/findings.h"
#include "tests/torches.h"
#include "tests/zips.h"

static struct zips zip;
static struct torches pickle;
static const uint8_t DATA[64];

static void add(const char *name, const void *content, size_t len)
{
    zips_add_as(&zip, (struct zips_member){
                          .name = name, .content = content, .packed_bytes = len, .align = 64});
}

static void add_text(const char *name, const char *text)
{
    add(name, text, strlen(text));
}

/* A file of this pickle so far: one that passes, when the pickle names storage "0" of 24 bytes. */
static void begin(void)
{
    zip = (struct zips){0};
    add("m/data.pkl", pickle.bytes, pickle.len);
    add_text("m/.format_version", "1");
    add_text("m/.storage_alignment", "64");
    add_text("m/byteorder", "little");
    add("m/data/0", DATA, 24);
    add_text("m/version", "3\n");
    add_text("m/.data/serialization_id", "0361162702521463308600000021836735972839");
}

static struct findings end(void)
{
    return findings_of("model.pt", SR_PROFILE_TENSORS, zips_end(&zip));
}

static void pickle_of(const struct torches_tensor *tensor)
{
    pickle = (struct torches){0};
    torches_begin(&pickle);
    torches_item(&pickle, "w", tensor);
    (void)torches_end(&pickle);
}

static struct findings look(const struct torches_tensor *tensor)
{
    pickle_of(tensor);
    begin();
    return end();
}

static const struct torches_tensor PLAIN;

static void what_torch_writes_passes(void)
{
    struct findings f = look(&PLAIN);
    CHECK(f.verdict == SR_VERDICT_PASS && f.count == 0);
    CHECK(strcmp(f.format, "pytorch-zip") == 0);
    CHECK(f.covered == zip.len);
    CHECK(f.globals == 3);
}

/* PT-8, CVE-2026-24747 */
static void a_tensor_lies_in_its_storage(void)
{
    static const uint64_t SIZES[] = {2, 3};
    static const uint64_t STRIDES[] = {3, 1};
    static const uint64_t TRANSPOSED[] = {1, 2};
    static const uint64_t WIDE[] = {4, 1};
    static const uint64_t HUGE[] = {UINT64_MAX / 2, 1};
    static const uint64_t EMPTY[] = {0, 3};
    const struct torches_tensor good[] = {
        {.rank = 2, .sizes = SIZES, .strides = STRIDES},
        {.rank = 2, .sizes = SIZES, .strides = TRANSPOSED},
        {.rank = 2, .sizes = EMPTY, .strides = STRIDES},
        {.offset = 5, .rank = 0, .sizes = SIZES, .strides = STRIDES},
    };
    const struct torches_tensor bad[] = {
        {.offset = 1},
        {.offset = 6, .rank = 0, .sizes = SIZES, .strides = STRIDES},
        {.offset = INT64_MAX, .rank = 0, .sizes = SIZES, .strides = STRIDES},
        {.offset = 1, .rank = 2, .sizes = SIZES, .strides = STRIDES},
        {.rank = 2, .sizes = SIZES, .strides = WIDE},
        {.rank = 2, .sizes = SIZES, .strides = HUGE},
        {.offset = 7, .rank = 2, .sizes = EMPTY, .strides = STRIDES},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        CHECK(look(&good[i]).verdict == SR_VERDICT_PASS);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct findings f = look(&bad[i]);
        CHECK(f.verdict == SR_VERDICT_BLOCK && findings_has(&f, SR_RULE_PICKLE_TENSOR_EXTENT));
    }
}

/* PT-6 */
static void a_storage_is_as_large_as_the_pickle_says(void)
{
    struct findings f = look(&(struct torches_tensor){.numel = 7});
    CHECK(f.verdict == SR_VERDICT_BLOCK && findings_has(&f, SR_RULE_TORCH_BOUNDS));
    f = look(&(struct torches_tensor){.storage = "HalfStorage"});
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE && findings_has(&f, SR_RULE_TORCH_STORAGE));
    f = look(&(struct torches_tensor){.key = "1"});
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE && findings_has(&f, SR_RULE_TORCH_STORAGE));
    f = look(&(struct torches_tensor){.numel = (uint64_t)1 << 62});
    CHECK(f.verdict == SR_VERDICT_BLOCK && findings_has(&f, SR_RULE_TORCH_BOUNDS));
}

/* PT-7 */
static void a_storage_that_two_tensors_share_is_the_same(void)
{
    pickle = (struct torches){0};
    torches_begin(&pickle);
    torches_item(&pickle, "a", &PLAIN);
    torches_item(&pickle, "b", &PLAIN);
    (void)torches_end(&pickle);
    begin();
    CHECK(end().verdict == SR_VERDICT_PASS);
    pickle = (struct torches){0};
    torches_begin(&pickle);
    torches_item(&pickle, "a", &PLAIN);
    torches_item(&pickle, "b", &(struct torches_tensor){.numel = 8});
    (void)torches_end(&pickle);
    begin();
    struct findings f = end();
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE && findings_has(&f, SR_RULE_TORCH_STORAGE));
}

/* PT-6 */
static void every_storage_is_used(void)
{
    pickle_of(&PLAIN);
    begin();
    add("m/data/1", DATA, 24);
    struct findings f = end();
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE && findings_has(&f, SR_RULE_TORCH_STORAGE));
}

/* PT-1 */
static void there_is_one_folder(void)
{
    pickle_of(&PLAIN);
    begin();
    add_text("n/version", "3\n");
    CHECK(end().verdict == SR_VERDICT_UNPARSABLE);
    begin();
    add_text("version", "3\n");
    CHECK(end().verdict == SR_VERDICT_UNPARSABLE);
}

/* PT-2 */
static void members_are_stored(void)
{
    static const uint8_t STORED_BLOCK[] = {1, 2, 0, 0xfd, 0xff, '3', '\n'};
    pickle_of(&PLAIN);
    zip = (struct zips){0};
    add("m/data.pkl", pickle.bytes, pickle.len);
    add("m/data/0", DATA, 24);
    zips_add_as(&zip, (struct zips_member){.name = "m/version",
                                           .content = STORED_BLOCK,
                                           .packed_bytes = sizeof STORED_BLOCK,
                                           .bytes = 2,
                                           .method = 8,
                                           .crc32 = sr_crc32(0, sr_bytes("3\n", 2))});
    struct findings f = end();
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE && findings_has(&f, SR_RULE_MALFORMED));
    CHECK(strcmp(f.evidence, "'m/version' is compressed") == 0);
}

/* PT-3 */
static void other_members_are_looked_at_and_reviewed(void)
{
    static const uint8_t SAFETENSORS[] = {2, 0, 0, 0, 0, 0, 0, 0, '{', '}'};
    pickle_of(&PLAIN);
    begin();
    add("m/x.safetensors", SAFETENSORS, sizeof SAFETENSORS);
    struct findings f = end();
    CHECK(f.verdict == SR_VERDICT_REVIEW && findings_has(&f, SR_RULE_TORCH_MEMBER));
    begin();
    add("m/x.so", SAFETENSORS, sizeof SAFETENSORS);
    f = end();
    CHECK(f.verdict == SR_VERDICT_BLOCK && findings_has(&f, SR_RULE_TORCH_NATIVE));
}

/* PT-4 */
static void the_small_members_say_what_they_may(void)
{
    static const struct {
        const char *text[5]; /* version, byteorder, format, alignment, id */
        bool passes;
    } CASES[] = {
        {{"3\n", "little", "1", "64", "12"}, true},   {{"3", "big", "1", "4096", "0"}, true},
        {{"11\n", "little", "1", "64", "12"}, false}, {{"3\n\n", "little", "1", "64", "12"}, false},
        {{"3\n", "middle", "1", "64", "12"}, false},  {{"3\n", "little", "2", "64", "12"}, false},
        {{"3\n", "little", "1", "0", "12"}, false},   {{"3\n", "little", "1", "64", "x"}, false},
        {{"3\n", "little", "1", "64", ""}, false},    {{"", "little", "1", "64", "12"}, false},
    };
    static const char *const NAMES[] = {"m/version", "m/byteorder", "m/.format_version",
                                        "m/.storage_alignment", "m/.data/serialization_id"};
    pickle_of(&PLAIN);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        zip = (struct zips){0};
        add("m/data.pkl", pickle.bytes, pickle.len);
        add("m/data/0", DATA, 24);
        for (size_t n = 0; n < 5; n++) {
            add_text(NAMES[n], CASES[i].text[n]);
        }
        struct findings f = end();
        CHECK((f.verdict == SR_VERDICT_PASS) == CASES[i].passes);
        CHECK(CASES[i].passes || findings_has(&f, SR_RULE_MALFORMED));
    }
    static char many[100];
    memset(many, '7', sizeof many);
    begin();
    zip.count--; /* the last one again, longer */
    zip.len = zip.headers[zip.count];
    add("m/.data/serialization_id", many, sizeof many);
    CHECK(end().verdict == SR_VERDICT_UNPARSABLE);
}

/* PT-5 */
static void pickle_and_version_are_there(void)
{
    pickle_of(&PLAIN);
    zip = (struct zips){0};
    add("m/data.pkl", pickle.bytes, pickle.len);
    add("m/data/0", DATA, 24);
    struct findings f = end();
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE);
    CHECK(strcmp(f.evidence, "there is no member 'version'") == 0);
}

static void pickle_that_runs(void)
{
    pickle = (struct torches){0};
    torches_proto(&pickle);
    torches_op(&pickle, "cposix\nsystem\n(");
    torches_text(&pickle, "id");
    torches_op(&pickle, "tR.");
}

static void code_is_found_whatever_else_is_wrong(void)
{
    pickle_that_runs();
    begin();
    CHECK(end().verdict == SR_VERDICT_BLOCK);
    zip = (struct zips){0};
    add("data.pkl", pickle.bytes, pickle.len);
    CHECK(end().verdict == SR_VERDICT_BLOCK);
    zip = (struct zips){0};
    add("m/DATA.PKL", pickle.bytes, pickle.len);
    struct findings f = end();
    CHECK(f.verdict == SR_VERDICT_BLOCK && strcmp(f.format, "pytorch-zip") == 0);
    zip = (struct zips){0};
    add("m/other.pkl", pickle.bytes, pickle.len);
    struct torches bad = pickle;
    pickle_of(&PLAIN);
    add("m/data.pkl", pickle.bytes, pickle.len);
    add("m/version", "3\n", 2);
    add("n/data.pkl", bad.bytes, bad.len);
    CHECK(end().verdict == SR_VERDICT_BLOCK);
}

static void a_file_of_two_kinds_is_looked_at_as_this_one(void)
{
    static const char *const OTHERS[] = {"schema.json", "config.json", "metadata.json"};
    for (size_t i = 0; i < sizeof OTHERS / sizeof OTHERS[0]; i++) {
        pickle_that_runs();
        begin();
        add_text(OTHERS[i], "{}");
        CHECK(end().verdict == SR_VERDICT_BLOCK);
    }
}

static void what_follows_the_pickle_is_not_understood(void)
{
    pickle_of(&PLAIN);
    torches_op(&pickle, "x");
    begin();
    struct findings f = end();
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE);
}

/* PT-10 */
static void a_program_is_reviewed(void)
{
    static const char CODE[] = "def forward(self, x):\n  return torch.add(x, x)\n";
    pickle_of(&PLAIN);
    begin();
    add_text("m/code/__torch__.py", CODE);
    add("m/constants.pkl", "\x80\2).", 4);
    struct findings f = end();
    CHECK(f.verdict == SR_VERDICT_REVIEW && findings_has(&f, SR_RULE_TORCH_SCRIPT));
    CHECK(strstr(f.evidence, "1 members of code, 'm/code/__torch__.py'") != NULL);
    /* PyTorch compresses the code, and only that. */
    static const uint8_t STORED_BLOCK[] = {1, 4, 0, 0xfb, 0xff, 'p', 'a', 's', 's'};
    begin();
    zips_add_as(&zip, (struct zips_member){.name = "m/code/__torch__.py",
                                           .content = STORED_BLOCK,
                                           .packed_bytes = sizeof STORED_BLOCK,
                                           .bytes = 4,
                                           .method = 8,
                                           .crc32 = sr_crc32(0, sr_bytes("pass", 4))});
    CHECK(end().verdict == SR_VERDICT_REVIEW);
    pickle_that_runs();
    struct torches bad = pickle;
    pickle_of(&PLAIN);
    begin();
    add_text("m/code/__torch__.py", CODE);
    add("m/constants.pkl", bad.bytes, bad.len);
    CHECK(end().verdict == SR_VERDICT_BLOCK);
}

/* PT-11 */
static void an_export_is_reviewed_and_its_code_blocked(void)
{
    zip = (struct zips){0};
    add_text("m/archive_format", "pt2");
    struct findings f = end();
    CHECK(findings_has(&f, SR_RULE_TORCH_EXPORT) && f.verdict >= SR_VERDICT_REVIEW);
    CHECK(f.verdict != SR_VERDICT_BLOCK);
    zip = (struct zips){0};
    add_text("m/archive_format", "pt2");
    add_text("m/data/aotinductor/model/x.so", "\x7f"
                                              "ELF");
    f = end();
    CHECK(f.verdict == SR_VERDICT_BLOCK && findings_has(&f, SR_RULE_TORCH_NATIVE));
}

int main(void)
{
    RUN(what_torch_writes_passes);
    RUN(a_tensor_lies_in_its_storage);
    RUN(a_storage_is_as_large_as_the_pickle_says);
    RUN(a_storage_that_two_tensors_share_is_the_same);
    RUN(every_storage_is_used);
    RUN(there_is_one_folder);
    RUN(members_are_stored);
    RUN(other_members_are_looked_at_and_reviewed);
    RUN(the_small_members_say_what_they_may);
    RUN(pickle_and_version_are_there);
    RUN(code_is_found_whatever_else_is_wrong);
    RUN(a_file_of_two_kinds_is_looked_at_as_this_one);
    RUN(what_follows_the_pickle_is_not_understood);
    RUN(a_program_is_reviewed);
    RUN(an_export_is_reviewed_and_its_code_blocked);
    return check_done();
}
