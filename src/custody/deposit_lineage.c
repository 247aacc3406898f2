/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/deposit_lineage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "artifact/card.h"
#include "artifact/provenance_envelope.h"
#include "artifact/report.h"
#include "custody/pedigree.h"
#include "custody/query.h"
#include "custody/room_impl.h"
#include "custody/verify.h"

#define DIGEST_PREFIX "sha256:"
#define REF_BYTES (SR_LIMIT_NAME_BYTES + 24)

struct sr_deposit_lineage {
    const struct sr_deposit_params *params;
    struct sr_lineage_record record;
    struct sr_provenance *provenance; /* NULL: none */
    uint8_t parents[SR_DEPOSIT_PARENTS_MAX]
                   [SR_SHA256_BYTES]; /* manifest roots, those in this room */
    size_t parent_count;
    unsigned parent_tier; /* the highest; 0: it has no parents here */
    char highest[REF_BYTES];
};

void sr_deposit_lineage_free(struct sr_deposit_lineage *l)
{
    if (l == NULL) {
        return;
    }
    sr_lineage_record_clear(&l->record);
    sr_provenance_free(l->provenance);
    free(l);
}

static void name_version(const struct sr_catalog_version *v, char out[REF_BYTES])
{
    (void)snprintf(out, REF_BYTES, "%s@%llu", v->name, (unsigned long long)v->number);
}

/* "sha256:" and all digits. */
static bool is_whole_digest(const char *text, uint8_t out[SR_SHA256_BYTES])
{
    size_t prefix = strlen(DIGEST_PREFIX);
    return strncmp(text, DIGEST_PREFIX, prefix) == 0 &&
           sr_text_unhex(sr_text_view(text + prefix), out, SR_SHA256_BYTES) == SR_OK;
}

static enum sr_status given_twice(const char *parent, struct sr_err *err)
{
    return sr_fail(err, SR_MALFORMED, "parent '%s' is given twice", parent);
}

static enum sr_status add_parent(struct sr_deposit_lineage *l, struct sr_room *r,
                                 const struct sr_catalog_version *parent, const char *text,
                                 struct sr_hold_intent *intent, struct sr_err *err)
{
    unsigned tier = 0;
    for (size_t i = 0; i < intent->parent_count; i++) {
        if (sr_text_id_equal(&intent->parents[i], &parent->id)) {
            return given_twice(text, err);
        }
    }
    SR_TRY(sr_pedigree_tier(r, &parent->id, &tier, err));
    if (tier > l->parent_tier) {
        l->parent_tier = tier;
        name_version(parent, l->highest);
    }
    memcpy(l->parents[l->parent_count++], parent->digest, SR_SHA256_BYTES);
    intent->parents[intent->parent_count++] = parent->id;
    return SR_OK;
}

static enum sr_status add_outside(struct sr_deposit_lineage *l, const uint8_t *digest,
                                  const char *text, struct sr_err *err)
{
    struct sr_lineage_record *record = &l->record;
    for (size_t i = 0; i < record->outside_count; i++) {
        if (memcmp(record->outside[i], digest, SR_SHA256_BYTES) == 0) {
            return given_twice(text, err);
        }
    }
    memcpy(record->outside[record->outside_count++], digest, SR_SHA256_BYTES);
    return SR_OK;
}

static enum sr_status find_parents(struct sr_deposit_lineage *l, struct sr_room *r,
                                   struct sr_hold_intent *intent, struct sr_err *err)
{
    const struct sr_deposit_params *params = l->params;
    if (params->parent_count > SR_DEPOSIT_PARENTS_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "more than %u parents", SR_DEPOSIT_PARENTS_MAX);
    }
    for (size_t i = 0; i < params->parent_count; i++) {
        const char *text = params->parents[i];
        struct sr_catalog_version parent;
        uint8_t digest[SR_SHA256_BYTES];
        enum sr_status status = sr_query_resolve(r, sr_text_view(text), &parent, err);
        if (status == SR_NOT_FOUND && params->allow_unknown_parents &&
            is_whole_digest(text, digest)) {
            SR_TRY(add_outside(l, digest, text, err));
            continue;
        }
        SR_TRY(status);
        SR_TRY(add_parent(l, r, &parent, text, intent, err));
    }
    return SR_OK;
}

static enum sr_status choose_tier(struct sr_deposit_lineage *l, struct sr_err *err)
{
    unsigned lowest = l->parent_tier > SR_LINEAGE_TIER_MIN ? l->parent_tier : SR_LINEAGE_TIER_MIN;
    unsigned tier = l->params->tier == 0 ? lowest : l->params->tier;
    if (tier > SR_LINEAGE_TIER_MAX) {
        return sr_fail(err, SR_MALFORMED, "tier %u is none of %d to %d", tier, SR_LINEAGE_TIER_MIN,
                       SR_LINEAGE_TIER_MAX);
    }
    if (tier < lowest) {
        return sr_fail(err, SR_DENIED, "tier %u is below tier %u of '%s', its parent", tier,
                       l->parent_tier, l->highest);
    }
    l->record.tier = tier;
    return SR_OK;
}

static bool is_parent(const struct sr_deposit_lineage *l, const uint8_t *digest)
{
    for (size_t i = 0; i < l->parent_count; i++) {
        if (memcmp(l->parents[i], digest, SR_SHA256_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

/* A version of this room that went in must be among the parents. */
static enum sr_status check_input(const struct sr_deposit_lineage *l, struct sr_room *r,
                                  const uint8_t *digest, struct sr_err *err)
{
    struct sr_catalog_version *versions = NULL;
    size_t count = 0;
    char ref[REF_BYTES] = "";
    if (is_parent(l, digest)) {
        return SR_OK;
    }
    SR_TRY(sr_catalog_versions_by_digest(r->catalog, digest, &versions, &count, err));
    if (count > 0) {
        name_version(&versions[0], ref);
    }
    free(versions);
    return count == 0 ? SR_OK
                      : sr_fail(err, SR_CONFLICT,
                                "provenance says that it was made from '%s', which is not among "
                                "its parents; add '--parent %s'",
                                ref, ref);
}

static enum sr_status read_provenance(struct sr_deposit_lineage *l, struct sr_room *r,
                                      struct sr_err *err)
{
    const struct sr_deposit_params *params = l->params;
    struct sr_lineage_record *record = &l->record;
    record->step = params->step;
    if (params->provenance.len == 0) {
        return SR_OK;
    }
    SR_TRY(sr_provenance_open(params->provenance, params->provenance_key, &l->provenance,
                              record->builder_key, err));
    const struct sr_provenance *p = l->provenance;
    (void)snprintf(record->builder, sizeof record->builder, "%s", p->builder);
    if (record->step == SR_STEP_UNKNOWN) {
        record->step = p->step;
    }
    if (p->step != SR_STEP_UNKNOWN && p->step != record->step) {
        return sr_fail(err, SR_CONFLICT, "provenance says that the step was '%s', not '%s'",
                       sr_step_name(p->step), sr_step_name(record->step));
    }
    for (size_t i = 0; i < p->input_count; i++) {
        SR_TRY(check_input(l, r, p->inputs[i], err));
    }
    return SR_OK;
}

enum sr_status sr_deposit_lineage_new(struct sr_room *r, const struct sr_deposit_params *params,
                                      struct sr_hold_intent *intent,
                                      struct sr_deposit_lineage **out, struct sr_err *err)
{
    SR_AUTO(sr_deposit_lineage) l = calloc(1, sizeof *l);
    if (l == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a lineage");
    }
    l->params = params;
    SR_TRY(find_parents(l, r, intent, err));
    SR_TRY(choose_tier(l, err));
    SR_TRY(read_provenance(l, r, err));
    *out = SR_TAKE(l);
    return SR_OK;
}

enum sr_status sr_deposit_lineage_fits(const struct sr_deposit_lineage *l, struct sr_room *r,
                                       const struct sr_id *version, bool *out, struct sr_err *err)
{
    SR_AUTO(sr_buf) text = NULL;
    if (l->provenance != NULL) {
        *out = true; /* in the place of whatever is there */
        return SR_OK;
    }
    SR_TRY(sr_buf_new(SR_CATALOG_DOCUMENT_BYTES_MAX, &text));
    enum sr_status status =
        sr_catalog_document(r->catalog, version, SR_PEDIGREE_PROVENANCE, text, err);
    *out = status == SR_NOT_FOUND;
    return status == SR_NOT_FOUND ? SR_OK : status;
}

static void free_files(struct sr_catalog_file **files)
{
    free(*files);
}

enum sr_status sr_deposit_lineage_check(const struct sr_deposit_lineage *l, struct sr_room *r,
                                        const struct sr_id *version, struct sr_err *err)
{
    SR_CLEANUP(free_files) struct sr_catalog_file *files = NULL;
    size_t count = 0;
    uint8_t root[SR_SHA256_BYTES];
    if (l->provenance == NULL) {
        return SR_OK;
    }
    SR_TRY(sr_catalog_files(r->catalog, version, &files, &count, err));
    if (sr_verify_digest(files, count, root) != SR_OK) {
        return sr_fail(err, SR_INTERNAL, "cannot compute the digest of the version");
    }
    if (sr_provenance_is_about(l->provenance, root)) {
        return SR_OK;
    }
    for (size_t i = 0; i < count; i++) {
        if (!sr_provenance_is_about(l->provenance, files[i].facts.sha256)) {
            return sr_fail(err, SR_CONFLICT, "provenance is not about '%s'", files[i].path);
        }
    }
    return SR_OK;
}

static enum sr_status take_facts(struct sr_lineage_record *record,
                                 const struct sr_report_file *file, struct sr_err *err)
{
    for (size_t i = 0; i < file->fact_count; i++) {
        enum sr_status status =
            sr_lineage_record_add(record, file->facts[i].key, file->facts[i].value);
        if (status != SR_OK && status != SR_TOO_LARGE) {
            return sr_fail(err, status, "no memory for a lineage");
        }
    }
    return SR_OK;
}

/* What the files claim, in the order of their paths; what is over the limit is left out. */
static enum sr_status take_claims(struct sr_lineage_record *record, const struct sr_report *report,
                                  struct sr_err *err)
{
    for (size_t i = 0; i < sr_report_count(report); i++) {
        struct sr_report_file file = sr_report_at(report, i);
        struct sr_bytes path = sr_text_view(file.path);
        /* Others say nothing, unless somebody has got hold of the worker. */
        if (sr_card_is_card(path) || sr_card_is_config(path)) {
            SR_TRY(take_facts(record, &file, err));
        }
    }
    return SR_OK;
}

static enum sr_status keep_record(const struct sr_lineage_record *record, struct sr_room *r,
                                  const struct sr_id *version, struct sr_err *err)
{
    SR_AUTO(sr_buf) text = NULL;
    SR_TRY(sr_buf_new(SR_LINEAGE_BYTES_MAX, &text));
    enum sr_status status = sr_lineage_encode(record, text);
    if (status != SR_OK) {
        return sr_fail(err, status, "cannot write down a lineage");
    }
    return sr_catalog_put_document(r->catalog, version, SR_PEDIGREE_DOCUMENT, sr_buf_view(text),
                                   err);
}

enum sr_status sr_deposit_lineage_keep(struct sr_deposit_lineage *l, struct sr_room *r,
                                       const struct sr_id *version,
                                       const struct sr_deposit_inspection *inspection,
                                       const struct sr_report *report, struct sr_err *err)
{
    struct sr_lineage_record *record = &l->record;
    record->verdict = inspection->verdict;
    record->profile = inspection->profile;
    memcpy(record->ruleset, inspection->ruleset, sizeof record->ruleset);
    (void)sr_inspection_quote(sr_text_view(inspection->reason), record->reason);
    SR_TRY(take_claims(record, report, err));
    if (l->provenance != NULL) {
        SR_TRY(sr_catalog_put_document(r->catalog, version, SR_PEDIGREE_PROVENANCE,
                                       l->params->provenance, err));
    }
    return keep_record(record, r, version, err);
}
