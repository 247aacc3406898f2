/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_DEPOSIT_LINEAGE_H
#define SR_CUSTODY_DEPOSIT_LINEAGE_H

#include "custody/deposit.h"
#include "custody/hold.h"

/*
 * The part of a deposit that says where the version comes from: parents, tier, step, provenance,
 * and the documents that are kept of it. What can be known before the work is checked before it.
 */
struct sr_deposit_lineage;

/*
 * Check what params says of the lineage, and fill in the intent's parents.
 *
 * params  kept
 * errors  NOT_FOUND (a parent), DENIED (the tier), CONFLICT (provenance says something else),
 *         MALFORMED, TOO_LARGE; those of sr_provenance_open() and sr_query_resolve()
 */
enum sr_status sr_deposit_lineage_new(struct sr_room *r, const struct sr_deposit_params *params,
                                      struct sr_hold_intent *intent,
                                      struct sr_deposit_lineage **out,
                                      struct sr_err *err) SR_MUST_USE;
void sr_deposit_lineage_free(struct sr_deposit_lineage *l);
SR_DEFINE_AUTO(sr_deposit_lineage)

/* Whether an interrupted deposit has no document that this one would not replace.
 * errors  BUSY, CORRUPT, IO, NO_MEMORY */
enum sr_status sr_deposit_lineage_fits(const struct sr_deposit_lineage *l, struct sr_room *r,
                                       const struct sr_id *version, bool *out,
                                       struct sr_err *err) SR_MUST_USE;

/* All files are sealed: check that the provenance is about them: the manifest root, or each file.
 * errors  CONFLICT  it is not; BUSY, CORRUPT, IO, NO_MEMORY, INTERNAL */
enum sr_status sr_deposit_lineage_check(const struct sr_deposit_lineage *l, struct sr_room *r,
                                        const struct sr_id *version,
                                        struct sr_err *err) SR_MUST_USE;

/* Keep the documents, with what inspection said and what it found claimed.
 * errors  BUSY, CORRUPT, IO, NO_MEMORY, TOO_LARGE */
enum sr_status sr_deposit_lineage_keep(struct sr_deposit_lineage *l, struct sr_room *r,
                                       const struct sr_id *version,
                                       const struct sr_deposit_inspection *inspection,
                                       const struct sr_report *report,
                                       struct sr_err *err) SR_MUST_USE;

#endif /* SR_CUSTODY_DEPOSIT_LINEAGE_H */
