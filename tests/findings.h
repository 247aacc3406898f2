/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_TESTS_FINDINGS_H
#define SR_TESTS_FINDINGS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "artifact/inspection.h"
#include "tests/check.h"

/*
 * Inspect bytes in this process and keep what was found, for tests of parsers:
 *
 *     struct findings f = findings_of("model.pkl", SR_PROFILE_TENSORS, bytes);
 *     CHECK(f.verdict == SR_VERDICT_BLOCK && findings_has(&f, SR_RULE_PICKLE_...));
 */

struct findings {
    enum sr_verdict verdict;
    const char *format;
    uint64_t covered;
    unsigned count;
    unsigned of_rule[SR_RULE_COUNT];
    struct sr_finding last; /* its texts are in the two below */
    char member[SR_MEMBER_BYTES];
    char evidence[SR_EVIDENCE_BYTES];
    char referred[2048]; /* names, each followed by a newline */
    unsigned globals;
    char facts[2048]; /* "licence=mit", each followed by a newline */
};

static inline void findings_keep(void *ctx, const struct sr_finding *finding)
{
    struct findings *f = ctx;
    f->count++;
    f->of_rule[finding->rule]++;
    f->last = *finding;
    (void)snprintf(f->member, sizeof f->member, "%s", finding->member);
    (void)snprintf(f->evidence, sizeof f->evidence, "%s", finding->evidence);
    if (getenv("FINDINGS_SHOW") != NULL) {
        printf("# %s %s at %llu+%llu in '%s': %s\n",
               sr_verdict_name(sr_rule_info(finding->rule)->verdict),
               sr_rule_info(finding->rule)->id, (unsigned long long)finding->offset,
               (unsigned long long)finding->length, finding->member, finding->evidence);
    }
}

static inline void findings_global(void *ctx, const struct sr_global *global)
{
    struct findings *f = ctx;
    (void)global;
    f->globals++;
}

static inline void findings_refer(void *ctx, const char *path)
{
    struct findings *f = ctx;
    size_t len = strlen(f->referred);
    (void)snprintf(f->referred + len, sizeof f->referred - len, "%s\n", path);
}

static inline void findings_fact(void *ctx, const struct sr_fact *fact)
{
    struct findings *f = ctx;
    size_t len = strlen(f->facts);
    (void)snprintf(f->facts + len, sizeof f->facts - len, "%s=%s\n", sr_fact_word(fact->key),
                   fact->value);
}

static inline struct findings findings_of(const char *name, enum sr_profile profile,
                                          struct sr_bytes bytes)
{
    struct findings f = {0};
    struct sr_inspection_events events = {.finding = findings_keep,
                                          .global = findings_global,
                                          .fact = findings_fact,
                                          .reference = findings_refer,
                                          .ctx = &f};
    SR_AUTO(sr_inspection) in = NULL;
    struct sr_inspected result = {.verdict = SR_VERDICT_UNPARSABLE, .format = "unknown"};
    CHECK(sr_inspection_new(profile, &events, &in) == SR_OK);
    if (in != NULL) {
        sr_inspection_file(in, sr_bytes(name, strlen(name)), bytes, &result);
    }
    f.verdict = result.verdict;
    f.format = result.format;
    f.covered = result.covered;
    return f;
}

struct findings_file {
    const char *name;
    struct sr_bytes bytes;
};

/* The same for the files of one artifact, in this order, with what they say of one another. The
 * verdict is the worst; format and covered are the last file's. */
static inline struct findings findings_of_files(const struct findings_file *files, size_t count,
                                                enum sr_profile profile)
{
    struct findings f = {0};
    struct sr_inspection_events events = {.finding = findings_keep,
                                          .global = findings_global,
                                          .fact = findings_fact,
                                          .reference = findings_refer,
                                          .ctx = &f};
    SR_AUTO(sr_inspection) in = NULL;
    CHECK(sr_inspection_new(profile, &events, &in) == SR_OK);
    for (size_t i = 0; in != NULL && i < count; i++) {
        struct sr_inspected result = {.verdict = SR_VERDICT_UNPARSABLE, .format = "unknown"};
        sr_inspection_file(in, sr_bytes(files[i].name, strlen(files[i].name)), files[i].bytes,
                           &result);
        f.verdict = sr_verdict_worst(f.verdict, result.verdict);
        f.format = result.format;
        f.covered = result.covered;
    }
    if (in != NULL) {
        f.verdict = sr_verdict_worst(f.verdict, sr_inspection_end(in));
    }
    return f;
}

static inline bool findings_has(const struct findings *f, enum sr_rule rule)
{
    return f->of_rule[rule] > 0;
}

/* Whether the verdict is that one, with that rule among the findings; else what it was is shown. */
static inline bool findings_is(const struct findings *f, enum sr_verdict verdict, enum sr_rule rule)
{
    bool is_so = f->verdict == verdict && findings_has(f, rule);
    if (!is_so) {
        printf("# %s: %s\n", sr_verdict_name(f->verdict), f->evidence);
    }
    return is_so;
}

/* Whether it passed without a finding. */
static inline bool findings_pass(const struct findings *f)
{
    if (f->verdict != SR_VERDICT_PASS) {
        printf("# %s: %s\n", sr_verdict_name(f->verdict), f->evidence);
    }
    return f->verdict == SR_VERDICT_PASS && f->count == 0;
}

#endif /* SR_TESTS_FINDINGS_H */
