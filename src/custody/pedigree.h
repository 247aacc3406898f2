/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_PEDIGREE_H
#define SR_CUSTODY_PEDIGREE_H

#include "artifact/lineage.h"
#include "artifact/lineage_json.h"
#include "custody/deposit_facts.h"
#include "custody/room.h"

/*
 * What a room knows of where a version comes from: the catalog's facts and the document
 * "lineage.json", gathered for `show`, bills of materials and the deposit of a derivative. Works in
 * a locked room.
 */
struct sr_pedigree;

#define SR_PEDIGREE_DOCUMENT "lineage.json"
#define SR_PEDIGREE_PROVENANCE "provenance.json" /* as it came; only when it did */

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

/* The parents that are in this room: the first *out_count of the lineage's. A view as well. */
const struct sr_catalog_version *sr_pedigree_parents(const struct sr_pedigree *p,
                                                     size_t *out_count);

/*
 * The record alone; *out_found false, and *out untouched, when the version has none. Clear *out
 * when it was found. errors  BUSY, CORRUPT, IO, NO_MEMORY
 */
enum sr_status sr_pedigree_load_record(struct sr_room *r, const struct sr_id *version,
                                       struct sr_lineage_record *out, bool *out_found,
                                       struct sr_err *err) SR_MUST_USE;

/* 1..5; that of a version without a record is the lowest. errors  as sr_pedigree_load_record() */
enum sr_status sr_pedigree_tier(struct sr_room *r, const struct sr_id *version, unsigned *out,
                                struct sr_err *err) SR_MUST_USE;

/* The documents of a version with their digests, by name; *out is for free().
 * errors  BUSY, CORRUPT, IO, NO_MEMORY */
enum sr_status sr_pedigree_documents(struct sr_room *r, const struct sr_id *version,
                                     struct sr_deposit_document **out, size_t *out_count,
                                     struct sr_err *err) SR_MUST_USE;

/* What else a model is used with: a file of the version, or a parent of that kind. */
enum sr_pedigree_part {
    SR_PEDIGREE_TOKENIZER, /* tokenizer.json, tokenizer.model; parent: tokenizer */
    SR_PEDIGREE_CONFIG,    /* config.json; parent: config */
    SR_PEDIGREE_CARD,      /* README.md */
    SR_PEDIGREE_CONTAINER, /* parent: container */
    SR_PEDIGREE_PART_COUNT
};
/* "tokenizer", "config", "card", "container" */
const char *sr_pedigree_part_name(enum sr_pedigree_part part);
/* SHA-256 of the file, or the manifest root of the parent; NULL when there is none. Valid as long
 * as p. */
const uint8_t *sr_pedigree_part(const struct sr_pedigree *p, enum sr_pedigree_part part);

#endif /* SR_CUSTODY_PEDIGREE_H */
