/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_RECOVER_IMPL_H
#define SR_CUSTODY_RECOVER_IMPL_H

#include "custody/hold.h"
#include "custody/recover.h"

/* The parts of recovery that a deposit uses, and the rest of custody/ before it writes. */

/* As sr_recover(), but looks through the whole store only when something says that it must. */
enum sr_status sr_recover_deposits(struct sr_room *r, struct sr_recover_result *out,
                                   struct sr_err *err) SR_MUST_USE;

/*
 * All bodies of a staged version are sealed and inspected: apply its act of deposit. The caller has
 * the hold. errors  those of sr_custody_apply() */
enum sr_status sr_recover_finish(struct sr_room *r, const struct sr_id *version,
                                 const struct sr_hold_intent *intent,
                                 struct sr_err *err) SR_MUST_USE;

/* Remove a staged version and its bodies. The caller has the hold. */
enum sr_status sr_recover_drop(struct sr_room *r, const struct sr_id *version,
                               struct sr_err *err) SR_MUST_USE;

/*
 * Whether nothing but its act is missing: sealed whole, inspected, and with its lineage. Then
 * intent is loaded. The caller has the hold. errors  BUSY, CORRUPT, IO, NO_MEMORY
 */
enum sr_status sr_recover_is_ready(struct sr_room *r, const struct sr_id *version,
                                   const struct sr_hold *hold, struct sr_hold_intent *out_intent,
                                   bool *out, struct sr_err *err) SR_MUST_USE;

/* Whether all files are sealed and their bodies are in the store, as long as they must be. */
bool sr_recover_is_whole(struct sr_room *r, const struct sr_catalog_file *files, size_t count);

/* Whether those that are sealed have their bodies in the store. */
bool sr_recover_has_bodies(struct sr_room *r, const struct sr_catalog_file *files, size_t count);

#endif /* SR_CUSTODY_RECOVER_IMPL_H */
