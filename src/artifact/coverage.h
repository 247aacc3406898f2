/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_COVERAGE_H
#define SR_ARTIFACT_COVERAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/status.h"

/*
 * Which bytes of a file some parser has understood. Each byte is claimed by exactly one part of the
 * format: what nobody claims may be a second file, what is claimed twice is read two ways.
 * Claims may come in any order; those that touch the one before cost no memory.
 */
struct sr_coverage;

#define SR_COVERAGE_RANGES_MAX ((size_t)1 << 21)

/* errors  NO_MEMORY */
enum sr_status sr_coverage_new(struct sr_coverage **out) SR_MUST_USE;
void sr_coverage_free(struct sr_coverage *c);
SR_DEFINE_AUTO(sr_coverage)

/*
 * Claim len bytes (may be 0) from offset.
 * errors  TOO_LARGE  over SR_COVERAGE_RANGES_MAX, or the range does not fit 64 bits
 *         NO_MEMORY
 */
enum sr_status sr_coverage_claim(struct sr_coverage *c, uint64_t offset, uint64_t len) SR_MUST_USE;

/* A range that is wrong. */
struct sr_coverage_fault {
    uint64_t offset;
    uint64_t len;
    bool is_twice; /* claimed twice; else by nobody, or beyond the end */
};

/*
 * The first fault at or after from of a file of that many bytes; false when there is none. Call
 * after the last claim, in a loop with from = fault.offset + fault.len.
 */
bool sr_coverage_fault(struct sr_coverage *c, uint64_t bytes, uint64_t from,
                       struct sr_coverage_fault *out);

/* How many bytes are claimed at least once. */
uint64_t sr_coverage_bytes(struct sr_coverage *c);

#endif /* SR_ARTIFACT_COVERAGE_H */
