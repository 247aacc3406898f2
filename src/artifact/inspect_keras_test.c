/* SPDX-License-Identifier: Apache-2.0 */
/* .keras files, made here: each member counts, and what does not belong there is refused. */
#include "artifact/archive.h"
#include "tests/corpus.h"
#include "tests/findings.h"
#include "tests/zips.h"

#define WEIGHTS_BYTES_MAX 32768
#define CONFIG                                                                                     \
    "{\"module\":\"keras\",\"class_name\":\"Sequential\",\"config\":{\"layers\":[]},"              \
    "\"registered_name\":null,\"build_config\":{\"input_shape\":[null,4]},\"compile_config\":{}}"
#define METADATA "{\"keras_version\": \"3.15.0\", \"date_saved\": \"2026-05-13@21:23:40\"}"

static uint8_t weights[WEIGHTS_BYTES_MAX];

static size_t load_weights(const char *name)
{
    char path[4096];
    const char *root = getenv("STRONGROOM_SOURCE");
    (void)snprintf(path, sizeof path, "%s/fuzz/corpus/hdf5/%s", root != NULL ? root : ".", name);
    FILE *f = fopen(path, "rb");
    CHECK(f != NULL);
    size_t len = f != NULL ? fread(weights, 1, sizeof weights, f) : 0;
    if (f != NULL) {
        (void)fclose(f);
    }
    return len;
}

static struct zips archive;

static void add_text(const char *name, const char *text)
{
    zips_add(&archive, name, text, strlen(text));
}

/* A .keras file with that configuration and those weights, and one more member unless NULL. */
static struct findings look(const char *config, const char *hdf5, const char *more,
                            const char *content)
{
    archive = (struct zips){0};
    add_text("metadata.json", METADATA);
    add_text("config.json", config);
    zips_add(&archive, "model.weights.h5", weights, load_weights(hdf5));
    if (more != NULL) {
        add_text(more, content);
    }
    return findings_of("model.keras", SR_PROFILE_TENSORS, zips_end(&archive));
}

static void a_model_passes(void)
{
    struct findings f = look(CONFIG, "earliest_keras", NULL, NULL);
    CHECK(f.verdict == SR_VERDICT_PASS && f.count == 0);
    CHECK(strcmp(f.format, "keras") == 0);
    f = look(CONFIG, "earliest_keras", "model.weights.json", "{\"a\":{\"b\":[\"c\",1]}}");
    CHECK(f.verdict == SR_VERDICT_PASS);
    f = look(CONFIG, "earliest_keras", "assets/", "");
    CHECK(f.verdict == SR_VERDICT_PASS);
}

static void each_member_is_looked_at(void)
{
    struct findings f = look("{\"module\":\"os\",\"class_name\":\"function\",\"config\":\"x\"}",
                             "earliest_keras", NULL, NULL);
    CHECK(f.verdict == SR_VERDICT_BLOCK && findings_has(&f, SR_RULE_KERAS_MODULE));
    CHECK(strcmp(f.member, "config.json") == 0);
    f = look(CONFIG, "earliest_extstorage", NULL, NULL); /* CVE-2026-1669 */
    CHECK(f.verdict == SR_VERDICT_BLOCK && findings_has(&f, SR_RULE_HDF5_EXTERNAL));
    CHECK(strcmp(f.member, "model.weights.h5") == 0);
    f = look(CONFIG, "latest_unwritten", NULL, NULL); /* CVE-2026-0897 */
    CHECK(f.verdict == SR_VERDICT_BLOCK && findings_has(&f, SR_RULE_HDF5_SHAPE));
    f = look(CONFIG, "earliest_keras", "model.weights.json", "{\"a\":[[1]]}");
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE && findings_has(&f, SR_RULE_MALFORMED));
    f = look(CONFIG, "earliest_keras", "model.weights.json", "[]");
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE && findings_has(&f, SR_RULE_MALFORMED));
    f = look(CONFIG, "earliest_keras", "model.weights.json",
             "{\"a\":\"import os; exec(input())\"}");
    CHECK(f.verdict == SR_VERDICT_REVIEW);
}

static void other_members_are_refused(void)
{
    struct findings f = look(CONFIG, "earliest_keras", "extra.pkl", "\x80\x04N.");
    CHECK(f.verdict >= SR_VERDICT_UNPARSABLE && findings_has(&f, SR_RULE_ARCHIVE_MEMBER_UNKNOWN));
    f = look(CONFIG, "earliest_keras", "assets/x", "\x01\x02");
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE && findings_has(&f, SR_RULE_UNKNOWN_FORMAT));
}

static void what_is_only_named_so_is_no_model(void)
{
    archive = (struct zips){0};
    add_text("metadata.json", METADATA);
    struct findings f = findings_of("model.keras", SR_PROFILE_TENSORS, zips_end(&archive));
    CHECK(f.verdict != SR_VERDICT_PASS && findings_has(&f, SR_RULE_MISNAMED));
}

static void an_architecture_alone_is_looked_at(void)
{
    struct findings f =
        findings_of("model.json", SR_PROFILE_TENSORS, sr_bytes(CONFIG, strlen(CONFIG)));
    CHECK(f.verdict == SR_VERDICT_PASS && strcmp(f.format, "keras-config") == 0);
    const char *lambda = "{\"class_name\":\"Lambda\",\"config\":{\"function\":\"lambda x: 1\"}}";
    f = findings_of("model.json", SR_PROFILE_TENSORS, sr_bytes(lambda, strlen(lambda)));
    CHECK(f.verdict == SR_VERDICT_BLOCK);
    const char *other =
        "{\"class_name\":\"Dense\",\"config\":{},\"auto_map\":{\"AutoModel\":\"x.y\"}}";
    f = findings_of("config.json", SR_PROFILE_TENSORS, sr_bytes(other, strlen(other)));
    CHECK(f.verdict == SR_VERDICT_REVIEW && findings_has(&f, SR_RULE_KERAS_UNLISTED));
}

/* It needs a class that its publisher registers; the file imports nothing. */
static void a_registered_class_is_noted(void)
{
    FILE *f = corpus_open("benign-keras", "files/pre_pr22362_nested_container.keras");
    static uint8_t file[1 << 16];
    size_t len = fread(file, 1, sizeof file, f);
    (void)fclose(f);
    struct findings found = findings_of("a.keras", SR_PROFILE_TENSORS, sr_bytes(file, len));
    CHECK(found.verdict == SR_VERDICT_PASS && found.count == 1);
    CHECK(findings_has(&found, SR_RULE_KERAS_REGISTERED));
}

int main(void)
{
    RUN(a_model_passes);
    RUN(each_member_is_looked_at);
    RUN(other_members_are_refused);
    RUN(what_is_only_named_so_is_no_model);
    RUN(an_architecture_alone_is_looked_at);
    FILE *f = corpus_open("benign-keras", "files/pre_pr22362_nested_container.keras");
    if (f != NULL) {
        (void)fclose(f);
        RUN(a_registered_class_is_noted);
    } else {
        SKIP(a_registered_class_is_noted, CORPUS_ABSENT);
    }
    return check_done();
}
