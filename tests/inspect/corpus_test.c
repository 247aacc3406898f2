/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What inspection says of the public samples: malware, differentials, and ordinary models. Bytes
 * only; nothing is loaded. `inspect_corpus SET...` shows each file of these sets.
 */
#include <dirent.h>

#include "tests/corpus.h"
#include "tests/findings.h"

#define SAMPLE_BYTES_MAX ((size_t)1 << 24)

enum label { MALICIOUS, SUSPICIOUS, BENIGN, MALFORMED, UNSCANNABLE, COMPANION, LABEL_COUNT };
static const char *const LABELS[LABEL_COUNT] = {"malicious", "suspicious",  "benign",
                                                "malformed", "unscannable", "companion"};

/* Samples by label and verdict. */
struct tally {
    unsigned of[LABEL_COUNT][SR_VERDICT_COUNT];
};

static bool is_shown(int argc, char **argv, const char *set)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], set) == 0 || strcmp(argv[i], "all") == 0) {
            return true;
        }
    }
    return false;
}

static struct sr_bytes read_sample(const char *set, const char *name, uint8_t *into)
{
    FILE *f = corpus_open(set, name);
    CHECK(f != NULL);
    if (f == NULL) {
        return sr_bytes(NULL, 0);
    }
    size_t len = fread(into, 1, SAMPLE_BYTES_MAX, f);
    (void)fclose(f);
    CHECK(len < SAMPLE_BYTES_MAX);
    return sr_bytes(into, len);
}

/* Whether this verdict is one that this label may not have. */
static bool is_miss(enum label label, enum sr_verdict verdict)
{
    if (label == BENIGN) {
        return verdict != SR_VERDICT_PASS;
    }
    if (label == MALICIOUS) {
        return verdict != SR_VERDICT_BLOCK;
    }
    return label != COMPANION && verdict == SR_VERDICT_PASS;
}

static void inspect_set(const char *set, enum sr_profile profile, bool shown, struct tally *tally)
{
    static uint8_t data[SAMPLE_BYTES_MAX];
    FILE *manifest = corpus_open(set, "MANIFEST.tsv");
    char line[4096];
    while (manifest != NULL && fgets(line, sizeof line, manifest) != NULL) {
        char *rest = line;
        const char *name = strsep(&rest, "\t");
        const char *verdict = strsep(&rest, "\t");
        for (unsigned label = 0; label < LABEL_COUNT; label++) {
            if (verdict == NULL || strcmp(verdict, LABELS[label]) != 0) {
                continue;
            }
            struct findings f = findings_of(name, profile, read_sample(set, name, data));
            tally->of[label][f.verdict]++;
            if (shown || is_miss((enum label)label, f.verdict)) {
                printf("# %-11s %-10s %-14s %s/%s: %s: %s\n", verdict, sr_verdict_name(f.verdict),
                       f.format, set, name, f.count > 0 ? sr_rule_info(f.last.rule)->id : "",
                       f.evidence);
            }
        }
    }
    if (manifest != NULL) {
        (void)fclose(manifest);
    }
}

static void inspect_all(enum sr_profile profile, int argc, char **argv, struct tally *tally)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/corpus", corpus_root());
    struct dirent **sets = NULL;
    int count = scandir(path, &sets, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        if (sets[i]->d_name[0] != '.') {
            inspect_set(sets[i]->d_name, profile, is_shown(argc, argv, sets[i]->d_name), tally);
        }
        free(sets[i]);
    }
    free(sets);
}

static void show(enum sr_profile profile, const struct tally *t)
{
    printf("# profile %-10s %6s %6s %10s %6s\n", sr_profile_name(profile), "PASS", "REVIEW",
           "UNPARSABLE", "BLOCK");
    for (unsigned i = 0; i < LABEL_COUNT; i++) {
        printf("# %-18s %6u %6u %10u %6u\n", LABELS[i], t->of[i][SR_VERDICT_PASS],
               t->of[i][SR_VERDICT_REVIEW], t->of[i][SR_VERDICT_UNPARSABLE],
               t->of[i][SR_VERDICT_BLOCK]);
    }
}

static struct tally tensors;
static struct tally sklearn;

static void nothing_hostile_passes(void)
{
    for (unsigned i = 0; i < LABEL_COUNT; i++) {
        if (i != BENIGN && i != COMPANION) {
            CHECK(tensors.of[i][SR_VERDICT_PASS] == 0);
            CHECK(sklearn.of[i][SR_VERDICT_PASS] == 0);
        }
    }
}

static void malicious_samples_are_blocked(void)
{
    const unsigned *of = tensors.of[MALICIOUS];
    unsigned all = of[0] + of[1] + of[2] + of[3];
    CHECK(all >= 177);
    CHECK(of[SR_VERDICT_BLOCK] * 100 >= all * 97);
    CHECK(sklearn.of[MALICIOUS][SR_VERDICT_BLOCK] * 100 >= all * 97);
}

static void ordinary_models_pass(void)
{
    CHECK(tensors.of[BENIGN][SR_VERDICT_BLOCK] == 0);
    CHECK(sklearn.of[BENIGN][SR_VERDICT_BLOCK] == 0);
    CHECK(tensors.of[BENIGN][SR_VERDICT_REVIEW] <= 8);
    CHECK(sklearn.of[BENIGN][SR_VERDICT_REVIEW] <= 3);
    CHECK(tensors.of[BENIGN][SR_VERDICT_UNPARSABLE] <= 1);
}

int main(int argc, char **argv)
{
    FILE *manifest = corpus_open("picklescan", "MANIFEST.tsv");
    if (manifest == NULL) {
        SKIP(nothing_hostile_passes, CORPUS_ABSENT);
        SKIP(malicious_samples_are_blocked, CORPUS_ABSENT);
        SKIP(ordinary_models_pass, CORPUS_ABSENT);
        return check_done();
    }
    (void)fclose(manifest);
    inspect_all(SR_PROFILE_TENSORS, argc, argv, &tensors);
    show(SR_PROFILE_TENSORS, &tensors);
    inspect_all(SR_PROFILE_SKLEARN, 0, NULL, &sklearn);
    show(SR_PROFILE_SKLEARN, &sklearn);
    RUN(nothing_hostile_passes);
    RUN(malicious_samples_are_blocked);
    RUN(ordinary_models_pass);
    return check_done();
}
