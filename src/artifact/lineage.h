/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_LINEAGE_H
#define SR_ARTIFACT_LINEAGE_H

#include <stdbool.h>

#include "artifact/verdict.h"
#include "crypto/hash.h"

/*
 * Where a version comes from and what is said of it: what bills of materials and statements are
 * made of. Strings are NUL-terminated, may be hostile where they come from a publisher, and are
 * borrowed; NULL or "" where a fact is not known.
 */

/* The step that made a version from its parents. */
enum sr_step {
    SR_STEP_UNKNOWN,
    SR_STEP_TRAIN,
    SR_STEP_FINE_TUNE,
    SR_STEP_QUANTISE,
    SR_STEP_MERGE,
    SR_STEP_CONVERT,
    SR_STEP_SHARD,
    SR_STEP_COUNT
};
/* "unknown", "train", "fine-tune", "quantise", "merge", "convert", "shard". */
const char *sr_step_name(enum sr_step step);
/* By its name; false when there is none of it. */
bool sr_step_by_name(const char *name, enum sr_step *out);

struct sr_lineage_parent {
    const char *ref;                 /* "llama@3"; NULL: not in this room */
    uint8_t digest[SR_SHA256_BYTES]; /* its manifest root */
};

struct sr_lineage_file {
    const char *path;
    uint64_t bytes;
    uint8_t sha256[SR_SHA256_BYTES];
};

/* Facts that a publisher claims, from the model card; never evidence. */
struct sr_lineage_claims {
    const char *licence; /* an SPDX identifier or the publisher's own word */
    const char *licence_link;
    const char *pipeline_tag; /* "text-generation" */
    const char *library_name; /* "transformers" */
    const char *architecture; /* "LlamaForCausalLM", from config.json */
    const char *model_type;   /* "llama", from config.json */
    const char *base_model;
    const char *const *datasets; /* dataset_count of them */
    size_t dataset_count;
    const char *const *languages;
    size_t language_count;
};

struct sr_lineage {
    char room[33]; /* id, hexadecimal */
    const char *name;
    uint64_t number;
    const char *kind;
    uint8_t digest[SR_SHA256_BYTES]; /* manifest root: OMS subject */
    int64_t created_utc_ms;
    unsigned tier; /* 1..5 */
    enum sr_step step;
    bool has_verdict;
    enum sr_verdict verdict;
    uint8_t ruleset[SR_SHA256_BYTES];
    const struct sr_lineage_parent *parents;
    size_t parent_count;
    const struct sr_lineage_file *files; /* by path */
    size_t file_count;
    struct sr_lineage_claims claims;
};

#endif /* SR_ARTIFACT_LINEAGE_H */
