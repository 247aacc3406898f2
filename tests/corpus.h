/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_TESTS_CORPUS_H
#define SR_TESTS_CORPUS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/tensors.h"
#include "tests/check.h"

/*
 * Samples of other projects, which are not in this repository: a folder `corpus` with a folder for
 * each set, in which MANIFEST.tsv gives a verdict for each file. STRONGROOM_TESTDATA names the
 * folder above `corpus`; without it, the one that the build was configured with. The samples hold
 * live malware: they are read as bytes, never loaded.
 */

static inline const char *corpus_root(void)
{
    const char *root = getenv("STRONGROOM_TESTDATA");
    root = root != NULL ? root : getenv("STRONGROOM_TESTDATA_DEFAULT");
    return root != NULL ? root : "";
}

/* Sets that have files of tensor formats. */
static const char *const CORPUS_SETS[] = {"benign-burn", "benign-candle", "modelaudit",
                                          "benign-realworld", "modelscan-eval"};

static inline FILE *corpus_open(const char *set, const char *name)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/corpus/%s/%s", corpus_root(), set, name);
    return fopen(path, "rb");
}

#define CORPUS_ABSENT "no samples; set STRONGROOM_TESTDATA"

/* Decode one sample whole; it must succeed unless the manifest says that it is malformed. */
static inline void corpus_check_file(const char *set, const char *name, const char *verdict,
                                     enum sr_status (*decode)(struct sr_bytes, uint64_t,
                                                              struct sr_tensors **,
                                                              struct sr_err *))
{
    enum { SAMPLE_BYTES_MAX = 1 << 22 };
    static uint8_t data[SAMPLE_BYTES_MAX];
    FILE *f = corpus_open(set, name);
    CHECK(f != NULL);
    if (f == NULL) {
        return;
    }
    size_t len = fread(data, 1, sizeof data, f);
    (void)fclose(f);
    SR_AUTO(sr_tensors) t = NULL;
    struct sr_err err = {0};
    enum sr_status status = decode(sr_bytes(data, len), len, &t, &err);
    printf("# %s/%s: %s %s, %zu tensors\n", set, name, sr_status_info(status)->slug, err.message,
           t != NULL ? sr_tensors_count(t) : 0);
    CHECK((status == SR_OK) == (strcmp(verdict, "malformed") != 0));
}

/* Decode all samples whose names end in suffix, unless decode is NULL; returns how many there are.
 */
static inline unsigned corpus_check(const char *suffix,
                                    enum sr_status (*decode)(struct sr_bytes, uint64_t,
                                                             struct sr_tensors **, struct sr_err *))
{
    unsigned samples = 0;
    for (size_t i = 0; i < sizeof CORPUS_SETS / sizeof CORPUS_SETS[0]; i++) {
        FILE *manifest = corpus_open(CORPUS_SETS[i], "MANIFEST.tsv");
        char line[4096];
        while (manifest != NULL && fgets(line, sizeof line, manifest) != NULL) {
            char *rest = line;
            const char *name = strsep(&rest, "\t");
            const char *verdict = strsep(&rest, "\t");
            size_t len = strlen(name);
            if (verdict != NULL && len > strlen(suffix) &&
                strcmp(name + len - strlen(suffix), suffix) == 0) {
                if (decode != NULL) {
                    corpus_check_file(CORPUS_SETS[i], name, verdict, decode);
                }
                samples++;
            }
        }
        if (manifest != NULL) {
            (void)fclose(manifest);
        }
    }
    return samples;
}

#endif /* SR_TESTS_CORPUS_H */
