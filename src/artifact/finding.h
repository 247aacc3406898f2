/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_FINDING_H
#define SR_ARTIFACT_FINDING_H

#include "artifact/rule.h"
#include "base/bytes.h"

/* What inspection says: the words that worker, report and everything behind them share. */

/* Which globals a pickle may name: allow lists, data/globals-*.tsv. */
enum sr_profile {
    SR_PROFILE_TENSORS, /* arrays and tensors: the default */
    SR_PROFILE_SKLEARN, /* and the classes of scikit-learn */
    SR_PROFILE_COUNT
};
/* "tensors", "sklearn". */
const char *sr_profile_name(enum sr_profile profile);

#define SR_EVIDENCE_BYTES 257
#define SR_MEMBER_BYTES 1024

/* One finding, as it leaves the inspection. Text is ASCII without control characters. */
struct sr_finding {
    enum sr_rule rule;
    uint32_t file;   /* whose: 0 for the first call of sr_inspection_file(), 1 for the second... */
    uint64_t offset; /* in the bytes of the member, or of the file */
    uint64_t length; /* may be 0 */
    const char
        *member; /* "" for the file itself, else "archive/data.pkl"; nested: joined by "!/" */
    const char *evidence; /* what was seen there; may be "" */
};

/* A global that a pickle (or a class that a configuration) names, for the report's inventory. */
struct sr_global {
    const char *module;
    const char *name;
    const char *role; /* "type", "rebuild", "marker", "unknown", "danger" */
};

/* What a publisher says of the artifact: claims for its lineage, never evidence. */
enum sr_fact_key {
#define FACT(name, word) SR_FACT_##name,
#include "artifact/facts.def"
#undef FACT
    SR_FACT_COUNT
};
/* "licence"; valid for every enum value. */
const char *sr_fact_word(enum sr_fact_key key);

struct sr_fact {
    enum sr_fact_key key;
    const char *value; /* printable ASCII, under SR_EVIDENCE_BYTES */
};

/* What is said of one file at its end. */
struct sr_inspected {
    enum sr_verdict verdict;
    const char *format; /* of sr_format; "unknown" */
    uint64_t bytes;
    uint64_t covered;
};

/*
 * Hostile text made printable for evidence: ASCII, everything else as \xNN, cut with "..." at out's
 * size. Returns out.
 */
const char *sr_inspection_quote(struct sr_bytes text, char out[SR_EVIDENCE_BYTES]);

#endif /* SR_ARTIFACT_FINDING_H */
