/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_LINEAGE_JSON_H
#define SR_ARTIFACT_LINEAGE_JSON_H

#include "artifact/finding.h"
#include "artifact/lineage.h"
#include "base/buf.h"

/*
 * The document "lineage.json" of a version: what its depositor and its publisher said of it, and
 * what inspection said, fixed by the act of its deposit. What the catalog knows anyway (name, kind,
 * files, parents in this room) is not in it.
 * source  docs/formats/lineage.md (rules LN-n)
 */

#define SR_LINEAGE_TIER_MIN 1
#define SR_LINEAGE_TIER_MAX 5
#define SR_LINEAGE_OUTSIDE_MAX 64 /* parents that are not in this room */
#define SR_LINEAGE_FACTS_MAX 256
#define SR_LINEAGE_TEXT_BYTES 257
#define SR_LINEAGE_BYTES_MAX ((size_t)1 << 20)

struct sr_lineage_fact {
    enum sr_fact_key key;
    char value[SR_LINEAGE_TEXT_BYTES]; /* printable ASCII */
};

struct sr_lineage_record {
    unsigned tier; /* 1..5 */
    enum sr_step step;
    enum sr_verdict verdict; /* of the whole artifact */
    uint8_t ruleset[SR_SHA256_BYTES];
    enum sr_profile profile;
    char reason[SR_LINEAGE_TEXT_BYTES];  /* why REVIEW was accepted; "" when it was not needed */
    char builder[SR_LINEAGE_TEXT_BYTES]; /* of the provenance; "" without one */
    char builder_key[65];                /* hint of the key that signed it; "" when nobody did */
    uint8_t outside[SR_LINEAGE_OUTSIDE_MAX][SR_SHA256_BYTES]; /* manifest roots, as given */
    size_t outside_count;
    struct sr_lineage_fact *facts; /* fact_count of them; owned */
    size_t fact_count;
};

void sr_lineage_record_clear(struct sr_lineage_record *r);

/* Add a fact, cut to SR_LINEAGE_TEXT_BYTES. errors  TOO_LARGE (SR_LINEAGE_FACTS_MAX), NO_MEMORY */
enum sr_status sr_lineage_record_add(struct sr_lineage_record *r, enum sr_fact_key key,
                                     const char *value) SR_MUST_USE;
/* The first fact of that key; "" when there is none. Valid as long as r does not change. */
const char *sr_lineage_record_find(const struct sr_lineage_record *r, enum sr_fact_key key);

/* Canonical: members sorted, no white space. errors  TOO_LARGE, NO_MEMORY, MALFORMED (a text) */
enum sr_status sr_lineage_encode(const struct sr_lineage_record *r, struct sr_buf *out) SR_MUST_USE;
/*
 * Strict. text comes from the catalog and is decoded as hostile. Clear *out in any case but a
 * failure.
 *
 * errors  CORRUPT, NO_MEMORY
 */
enum sr_status sr_lineage_decode(struct sr_bytes text, struct sr_lineage_record *out,
                                 struct sr_err *err) SR_MUST_USE;

#endif /* SR_ARTIFACT_LINEAGE_JSON_H */
