/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_ACROSS_H
#define SR_ARTIFACT_ACROSS_H

#include "artifact/coverage.h"
#include "artifact/inspection.h"

/*
 * What the files of one artifact say of one another: which they name, which tensors each holds and
 * is said to hold, and which bytes are taken from it. Kept while the files are looked at, one after
 * the other and in any order, and compared when all have been. Names are copied.
 *
 * One thread.
 */
struct sr_across;

/* Names and entries kept for one artifact; the largest published models need a tenth. */
#define SR_ACROSS_ENTRIES_MAX ((size_t)1 << 21)
#define SR_ACROSS_NAME_BYTES_MAX ((size_t)256 << 20)

/* errors  NO_MEMORY */
enum sr_status sr_across_new(struct sr_across **out) SR_MUST_USE;
void sr_across_free(struct sr_across *a);
SR_DEFINE_AUTO(sr_across)

/*
 * The next file is being looked at: paths are relative to the artifact's root. *out_file is its
 * number, 0-based, in the order of these calls.
 *
 * errors of all  TOO_LARGE  over the limits above
 *                NO_MEMORY
 */
enum sr_status sr_across_file(struct sr_across *a, struct sr_bytes path, uint64_t bytes,
                              uint32_t *out_file) SR_MUST_USE;

/* The file that is being looked at holds a tensor. */
enum sr_status sr_across_tensor(struct sr_across *a, struct sr_bytes name,
                                uint64_t bytes) SR_MUST_USE;

/* It says something of another; claim->file is a path from the root here. *out_is_new: nothing was
 * said of that file before. */
enum sr_status sr_across_claim(struct sr_across *a, const struct sr_claim *claim,
                               bool *out_is_new) SR_MUST_USE;

/* It says how many bytes the tensors have that it claims. */
enum sr_status sr_across_total(struct sr_across *a, uint64_t bytes, uint64_t offset) SR_MUST_USE;

/*
 * Claim, in coverage, the bytes of path that other files take, each byte once whatever the number
 * of tensors that share it. *out_found is false when none does.
 */
enum sr_status sr_across_cover(const struct sr_across *a, struct sr_bytes path,
                               struct sr_coverage *coverage, bool *out_found) SR_MUST_USE;

/* Something that does not agree. */
struct sr_across_fault {
    enum sr_rule rule;
    uint32_t file; /* the one that says it */
    uint64_t offset;
    struct sr_bytes path; /* of the file that it says it of; len 0: none */
    struct sr_bytes what; /* a tensor's name; len 0: none */
    uint64_t is;          /* bytes or tensors: what there is */
    uint64_t said;        /* and what was said */
};

/* Compare everything; found is called for each fault. errors  NO_MEMORY */
enum sr_status sr_across_check(const struct sr_across *a,
                               void (*found)(void *ctx, const struct sr_across_fault *fault),
                               void *ctx) SR_MUST_USE;

#endif /* SR_ARTIFACT_ACROSS_H */
