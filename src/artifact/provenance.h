/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_PROVENANCE_H
#define SR_ARTIFACT_PROVENANCE_H

#include "artifact/lineage.h"
#include "base/bytes.h"
#include "base/status.h"

/*
 * SLSA provenance: how a version was made, as its builder says. Read from an in-toto Statement v1
 * whose predicate is SLSA Provenance v1. Who signed it is checked before this (formats/dsse.h);
 * here it is only understood. Pure.
 * source  slsa.dev/spec/v1.0/provenance; in-toto Attestation Framework, Statement v1
 */

#define SR_PROVENANCE_BYTES_MAX ((size_t)4 << 20)
#define SR_PROVENANCE_SUBJECTS_MAX 4096
#define SR_PROVENANCE_INPUTS_MAX 1024
#define SR_PROVENANCE_TEXT_BYTES 256

/* A step is named by its build type: "urn:strongroom:step:quantise". */
#define SR_PROVENANCE_STEP_PREFIX "urn:strongroom:step:"

struct sr_provenance {
    enum sr_step step; /* UNKNOWN for a build type that is not ours */
    char build_type[SR_PROVENANCE_TEXT_BYTES];
    char builder[SR_PROVENANCE_TEXT_BYTES]; /* runDetails.builder.id */
    uint8_t (*subjects)[SR_SHA256_BYTES];   /* what was made; subject_count of them */
    size_t subject_count;
    uint8_t (*inputs)[SR_SHA256_BYTES]; /* what it was made from; those without SHA-256 left out */
    size_t input_count;
};

/*
 * statement is hostile. Free with sr_provenance_free(), which takes NULL.
 *
 * errors  MALFORMED  not such a statement; err says which member
 *         TOO_LARGE  over a limit above
 *         NO_MEMORY
 */
enum sr_status sr_provenance_decode(struct sr_bytes statement, struct sr_provenance **out,
                                    struct sr_err *err) SR_MUST_USE;
void sr_provenance_free(struct sr_provenance *p);
SR_DEFINE_AUTO(sr_provenance)

/* Whether it is about something with this digest. */
bool sr_provenance_is_about(const struct sr_provenance *p, const uint8_t sha256[SR_SHA256_BYTES]);
/* Whether it says that something with this digest went in. */
bool sr_provenance_has_input(const struct sr_provenance *p, const uint8_t sha256[SR_SHA256_BYTES]);

#endif /* SR_ARTIFACT_PROVENANCE_H */
