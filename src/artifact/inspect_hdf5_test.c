/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts on files that h5py wrote (fuzz/corpus/hdf5), and on samples of others. */
#include "tests/corpus.h"
#include "tests/findings.h"

#define FILE_BYTES_MAX 65536

static uint8_t buffer[FILE_BYTES_MAX];

static struct sr_bytes load(const char *name)
{
    char path[4096];
    const char *root = getenv("STRONGROOM_SOURCE");
    (void)snprintf(path, sizeof path, "%s/fuzz/corpus/hdf5/%s", root != NULL ? root : ".", name);
    FILE *f = fopen(path, "rb");
    CHECK(f != NULL);
    size_t len = f != NULL ? fread(buffer, 1, sizeof buffer, f) : 0;
    if (f != NULL) {
        (void)fclose(f);
    }
    return sr_bytes(buffer, len);
}

static struct findings look(struct sr_bytes file)
{
    return findings_of("model.h5", SR_PROFILE_TENSORS, file);
}

static void what_models_have_passes(void)
{
    static const char *const NAMES[] = {
        "earliest_empty",  "latest_empty",       "earliest_keras",  "latest_keras",
        "latest_chunked",  "earliest_chunked",   "latest_deflate",  "earliest_deflate",
        "latest_vlen",     "earliest_vlen",      "latest_hardlink", "earliest_hardlink",
        "earliest_types",  "earliest_manyattrs", "latest_nested",   "earliest_resizable",
        "earliest_comment"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        struct sr_bytes file = load(NAMES[i]);
        struct findings f = look(file);
        CHECK(f.verdict == SR_VERDICT_PASS && f.covered == file.len);
        CHECK(strcmp(f.format, "hdf5") == 0);
    }
}

static void what_looks_elsewhere_is_refused(void)
{
    static const struct {
        const char *name;
        enum sr_rule rule;
        enum sr_verdict verdict;
    } CASES[] = {
        {"earliest_extlink", SR_RULE_HDF5_EXTERNAL, SR_VERDICT_BLOCK},
        {"latest_extlink", SR_RULE_HDF5_EXTERNAL, SR_VERDICT_BLOCK},
        {"earliest_extstorage", SR_RULE_HDF5_EXTERNAL, SR_VERDICT_BLOCK}, /* CVE-2026-1669 */
        {"latest_extstorage", SR_RULE_HDF5_EXTERNAL, SR_VERDICT_BLOCK},
        {"virtual", SR_RULE_HDF5_VIRTUAL, SR_VERDICT_BLOCK},
        {"earliest_unwritten", SR_RULE_HDF5_SHAPE, SR_VERDICT_BLOCK}, /* CVE-2026-0897 */
        {"latest_unwritten", SR_RULE_HDF5_SHAPE, SR_VERDICT_BLOCK},
        {"earliest_softlink", SR_RULE_HDF5_SOFT_LINK, SR_VERDICT_REVIEW},
        {"latest_softlink", SR_RULE_HDF5_SOFT_LINK, SR_VERDICT_REVIEW},
        {"earliest_lzf", SR_RULE_HDF5_FILTER, SR_VERDICT_UNPARSABLE},
        {"latest_scaleoff", SR_RULE_HDF5_FILTER, SR_VERDICT_UNPARSABLE},
        {"userblock", SR_RULE_MALFORMED, SR_VERDICT_UNPARSABLE},
        /* An attribute that was changed leaves what it was in a heap. */
        {"earliest_modattr", SR_RULE_NOT_COVERED, SR_VERDICT_UNPARSABLE},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct findings f = look(load(CASES[i].name));
        CHECK(f.verdict == CASES[i].verdict && findings_has(&f, CASES[i].rule));
    }
}

/* Overwrite what is found with something as long. */
static void replace(struct sr_bytes file, const char *what, const char *by)
{
    uint8_t *found = memmem(buffer, file.len, what, strlen(what));
    CHECK(found != NULL && strlen(what) == strlen(by));
    if (found != NULL) {
        memcpy(found, by, strlen(by));
    }
}

static void the_configuration_is_looked_at(void) /* CVE-2025-9905 */
{
    struct sr_bytes file = load("earliest_keras");
    replace(file, "\"layers\": []", "\"a\":\"\\u0000\"");
    CHECK(look(file).verdict == SR_VERDICT_UNPARSABLE);
    file = load("earliest_keras");
    replace(file, "\"class_name\": \"Sequential\"", "\"class_name\":\"__lambda__\" ");
    struct findings f = look(file);
    CHECK(f.verdict == SR_VERDICT_BLOCK && findings_has(&f, SR_RULE_KERAS_CODE));
    CHECK(f.last.offset > 0);
}

static void bytes_that_nobody_owns_are_found(void)
{
    struct sr_bytes file = load("earliest_keras");
    CHECK(look(file).verdict == SR_VERDICT_PASS);
    /* Where entries of a group could be. */
    uint8_t *symbols = memmem(buffer, file.len, "SNOD", 4);
    CHECK(symbols != NULL);
    if (symbols != NULL) {
        symbols[320] = 'P';
        struct findings f = look(file);
        CHECK(f.verdict == SR_VERDICT_UNPARSABLE && findings_has(&f, SR_RULE_NOT_COVERED));
        symbols[320] = 0;
    }
    memcpy(buffer + file.len, "PK", 2);
    CHECK(look(sr_bytes(buffer, file.len + 2)).verdict == SR_VERDICT_UNPARSABLE);
}

static enum sr_verdict sample(const char *name)
{
    FILE *f = corpus_open("modelaudit", name);
    size_t len = f != NULL ? fread(buffer, 1, sizeof buffer, f) : 0;
    CHECK(f != NULL);
    if (f != NULL) {
        (void)fclose(f);
    }
    return look(sr_bytes(buffer, len)).verdict;
}

static void samples_get_their_verdicts(void)
{
    CHECK(sample("files/samples/keras/malicious_lambda.h5") == SR_VERDICT_BLOCK);
    CHECK(sample("files/samples/keras/safe_model.h5") == SR_VERDICT_PASS);
}

int main(void)
{
    RUN(what_models_have_passes);
    RUN(what_looks_elsewhere_is_refused);
    RUN(the_configuration_is_looked_at);
    RUN(bytes_that_nobody_owns_are_found);
    FILE *manifest = corpus_open("modelaudit", "MANIFEST.tsv");
    if (manifest != NULL) {
        (void)fclose(manifest);
        RUN(samples_get_their_verdicts);
    } else {
        SKIP(samples_get_their_verdicts, CORPUS_ABSENT);
    }
    return check_done();
}
