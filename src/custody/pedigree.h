/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_PEDIGREE_H
#define SR_CUSTODY_PEDIGREE_H

#include "artifact/lineage.h"
#include "artifact/lineage_json.h"
#include "custody/room.h"

/*
 * What a room knows of where a version comes from: the catalog's facts and the document
 * "lineage.json", gathered for `show`, bills of materials and the deposit of a derivative. Works in
 * a locked room.
 */
struct sr_pedigree;

#define SR_PEDIGREE_DOCUMENT "lineage.json"

/*
 * version  in custody, or staged
 * errors   NOT_FOUND, BUSY, CORRUPT, IO, NO_MEMORY
 */
enum sr_status sr_pedigree_new(struct sr_room *r, const struct sr_id *version,
                               struct sr_pedigree **out, struct sr_err *err) SR_MUST_USE;
void sr_pedigree_free(struct sr_pedigree *p);
SR_DEFINE_AUTO(sr_pedigree)

/* Views, valid as long as p. */
const struct sr_lineage *sr_pedigree_lineage(const struct sr_pedigree *p);
/* NULL for a version from before there were lineages. */
const struct sr_lineage_record *sr_pedigree_record(const struct sr_pedigree *p);

/*
 * The record alone; *out_found false, and *out untouched, when the version has none. Clear *out
 * when it was found. errors  BUSY, CORRUPT, IO, NO_MEMORY
 */
enum sr_status sr_pedigree_load_record(struct sr_room *r, const struct sr_id *version,
                                       struct sr_lineage_record *out, bool *out_found,
                                       struct sr_err *err) SR_MUST_USE;

#endif /* SR_CUSTODY_PEDIGREE_H */
