/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_REPORT_H
#define SR_ARTIFACT_REPORT_H

#include "artifact/finding.h"
#include "base/buf.h"
#include "crypto/hash.h"
#include "formats/json.h"

/*
 * What inspection found in the files of one artifact: gathered while they are looked at, then read
 * by the screen, `inspect --json`, SARIF and the deposit. What was gathered stays, whatever happens
 * later. A file counts as UNPARSABLE until its end was reported.
 *
 * One thread at a time. Holds at most SR_REPORT_BYTES_MAX of text; what is over it is dropped, and
 * the file's verdict is at least REVIEW.
 */
struct sr_report;

#define SR_REPORT_BYTES_MAX ((size_t)256 << 20)

struct sr_report_finding {
    enum sr_rule rule;
    uint64_t offset;
    uint64_t length;
    const char *member;   /* printable ASCII */
    const char *evidence; /* printable ASCII */
};

struct sr_report_global {
    const char *module; /* printable ASCII */
    const char *name;
    const char *role;
};

struct sr_report_fact {
    enum sr_fact_key key;
    const char *value; /* printable ASCII */
};

struct sr_report_file {
    const char *path; /* hostile: as the file system has it */
    enum sr_verdict verdict;
    const char *format; /* a word; "unknown" */
    uint64_t bytes;
    uint64_t covered;
    bool has_sha256;
    uint8_t sha256[SR_SHA256_BYTES];
    const struct sr_report_finding *findings; /* in the order they were found */
    size_t finding_count;
    const struct sr_report_global *globals; /* in the order they were met */
    size_t global_count;
    const struct sr_report_fact *facts; /* in the order they were met */
    size_t fact_count;
};

/* errors  NO_MEMORY */
enum sr_status sr_report_new(enum sr_profile profile, struct sr_report **out) SR_MUST_USE;
void sr_report_free(struct sr_report *r);
SR_DEFINE_AUTO(sr_report)

/* Begin a file; *out_index is its number, from 0. errors  TOO_LARGE (SR_LIMIT_FILES), NO_MEMORY */
enum sr_status sr_report_begin(struct sr_report *r, const char *path,
                               size_t *out_index) SR_MUST_USE;
/* The number of the file with that path; false when there is none. */
bool sr_report_find(const struct sr_report *r, const char *path, size_t *out_index);
void sr_report_add(struct sr_report *r, size_t index, const struct sr_finding *finding);
void sr_report_add_global(struct sr_report *r, size_t index, const struct sr_global *global);
void sr_report_add_fact(struct sr_report *r, size_t index, const struct sr_fact *fact);
void sr_report_set_sha256(struct sr_report *r, size_t index, const uint8_t sha256[SR_SHA256_BYTES]);
/* The file was looked at to its end. Its verdict is the worst of this and of its findings, those
 * that come later too. */
void sr_report_end(struct sr_report *r, size_t index, const struct sr_inspected *inspected);

/*
 * Move all files of from into r, under "<prefix>/<path>" when prefix is not empty.
 * errors  CONFLICT (a path that is there already), TOO_LARGE, NO_MEMORY; from is then what is left
 */
enum sr_status sr_report_take(struct sr_report *r, struct sr_report *from,
                              const char *prefix) SR_MUST_USE;

/* Put the files into the order of their paths. Numbers given before are no longer valid. */
void sr_report_sort(struct sr_report *r);

size_t sr_report_count(const struct sr_report *r);
/* Valid until the report changes. */
struct sr_report_file sr_report_at(const struct sr_report *r, size_t index);
enum sr_profile sr_report_profile(const struct sr_report *r);
/* The worst of all files; UNPARSABLE when there is none. */
enum sr_verdict sr_report_verdict(const struct sr_report *r);
/* How many files have this verdict. */
size_t sr_report_count_of(const struct sr_report *r, enum sr_verdict verdict);

/*
 * How a verdict ends a command: OK for PASS, REFUSED for REVIEW and BLOCK, UNINSPECTED for
 * UNPARSABLE; err names the worst file and its first finding of that weight.
 */
enum sr_status sr_report_status(const struct sr_report *r, struct sr_err *err) SR_MUST_USE;

/*
 * As JSON, docs/formats/inspection-report.md: deterministic, no times. As SARIF 2.1.0 (OASIS).
 * errors  TOO_LARGE, NO_MEMORY
 */
enum sr_status sr_report_json(const struct sr_report *r, struct sr_json_writer *w) SR_MUST_USE;
enum sr_status sr_report_sarif(const struct sr_report *r, struct sr_buf *out) SR_MUST_USE;

/* The digest of everything that decides: rules, allow lists, and this version of the program. */
void sr_report_ruleset(uint8_t out[SR_SHA256_BYTES]);

#endif /* SR_ARTIFACT_REPORT_H */
