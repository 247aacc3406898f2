/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_AUDIT_QUERY_H
#define SR_CUSTODY_AUDIT_QUERY_H

#include "audit/reach.h"
#include "custody/room.h"

/*
 * Questions about the past of a room, answered from the catalog's indexes: nothing is verified
 * here, that is for the book (custody/book.h) and for auditors (audit/replay.h). They work in a
 * locked room, change nothing and record nothing.
 *
 * errors of all  BUSY, CORRUPT, IO, NO_MEMORY, and those of visit
 */

/* Acts and records about a version, allowed and refused, in order of seq. */
enum sr_status sr_audit_query_touched(struct sr_room *r, const struct sr_id *version,
                                      enum sr_status (*visit)(void *ctx,
                                                              const struct sr_act_record *act,
                                                              struct sr_err *err),
                                      void *ctx, struct sr_err *err) SR_MUST_USE;
/* What a principal, of this name, has done and tried. */
enum sr_status sr_audit_query_did(struct sr_room *r, const char *principal,
                                  enum sr_status (*visit)(void *ctx,
                                                          const struct sr_act_record *act,
                                                          struct sr_err *err),
                                  void *ctx, struct sr_err *err) SR_MUST_USE;
/*
 * What a principal could have reached (audit/reach.h). Only what they and the room's rules,
 * people and versions went through is looked at, so it does not matter how much others did.
 */
enum sr_status sr_audit_query_reach(struct sr_room *r, const char *principal, int64_t from_utc_ms,
                                    int64_t to_utc_ms, struct sr_reach **out,
                                    struct sr_err *err) SR_MUST_USE;

#endif /* SR_CUSTODY_AUDIT_QUERY_H */
