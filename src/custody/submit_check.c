/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/submit_check.h"

#include <stdlib.h>
#include <string.h>

#include "custody/pedigree.h"
#include "custody/verify.h"

static void free_files(struct sr_catalog_file **files)
{
    free(*files);
}

static void free_documents(struct sr_deposit_document **documents)
{
    free(*documents);
}

bool sr_submit_takes_in(const struct sr_act *act)
{
    return act->verb == SR_VERB_DEPOSIT ||
           (act->verb == SR_VERB_ACCEPT && sr_act_has(act, SR_FIELD_from));
}

static enum sr_status differs(const char *what, struct sr_err *err)
{
    return sr_fail(err, SR_CONFLICT, "the act has another %s than the version", what);
}

static bool is_text(const struct sr_act *act, enum sr_act_field field, const char *text)
{
    return sr_act_has(act, field) && sr_text_equal(act->field[field].text, sr_text_view(text));
}

static enum sr_status check_name(const struct sr_act *act, const struct sr_catalog_version *v,
                                 struct sr_err *err)
{
    if (!is_text(act, SR_FIELD_artifact, v->name)) {
        return differs("name", err);
    }
    return act->field[SR_FIELD_number].number == v->number ? SR_OK : differs("number", err);
}

static enum sr_status check_files(struct sr_room *r, const struct sr_act *act,
                                  const struct sr_catalog_version *v, struct sr_err *err)
{
    SR_CLEANUP(free_files) struct sr_catalog_file *files = NULL;
    size_t count = 0;
    uint8_t digest[SR_SHA256_BYTES];
    SR_TRY(sr_catalog_files(r->catalog, &v->id, &files, &count, err));
    for (size_t i = 0; i < count; i++) {
        if (!files[i].sealed) {
            return sr_fail(err, SR_CONFLICT, "not all files of the version are sealed");
        }
    }
    if (sr_act_has(act, SR_FIELD_files) && act->field[SR_FIELD_files].number != count) {
        return differs("number of files", err);
    }
    if (sr_verify_digest(files, count, digest) != SR_OK) {
        return sr_fail(err, SR_INTERNAL, "cannot compute the digest of the version");
    }
    return memcmp(digest, act->subjects[0].sha256, sizeof digest) == 0 ? SR_OK
                                                                       : differs("digest", err);
}

/* The act fixes the documents: all there are, as they are. */
static enum sr_status check_documents(struct sr_room *r, const struct sr_act *act,
                                      const struct sr_id *version, struct sr_err *err)
{
    SR_CLEANUP(free_documents) struct sr_deposit_document *kept = NULL;
    size_t count = 0;
    size_t named = 0;
    SR_TRY(sr_pedigree_documents(r, version, &kept, &count, err));
    if (sr_act_has(act, SR_FIELD_documents)) {
        named = act->field[SR_FIELD_documents].count;
    }
    if (named != count) {
        return differs("number of documents", err);
    }
    for (size_t i = 0; i < count; i++) {
        const struct sr_act_name *name = &act->field[SR_FIELD_documents].digests[i];
        if (!sr_text_equal(name->name, sr_text_view(kept[i].name)) ||
            memcmp(name->sha256, kept[i].sha256, sizeof name->sha256) != 0) {
            return sr_fail(err, SR_CONFLICT, "the act has another document '%s' than the version",
                           kept[i].name);
        }
    }
    return SR_OK;
}

/* The tier in the lineage is what `show` tells. */
static enum sr_status check_lineage(struct sr_room *r, const struct sr_act *act,
                                    const struct sr_id *version, struct sr_err *err)
{
    struct sr_lineage_record record = {0};
    bool is_found = false;
    SR_TRY(sr_pedigree_load_record(r, version, &record, &is_found, err));
    unsigned tier = record.tier;
    sr_lineage_record_clear(&record);
    return !is_found || !sr_act_has(act, SR_FIELD_tier) || act->field[SR_FIELD_tier].number == tier
               ? SR_OK
               : differs("tier", err);
}

static enum sr_status check_staged(struct sr_room *r, const struct sr_act *act,
                                   const struct sr_catalog_version *v, struct sr_err *err)
{
    if (v->state != SR_VERSION_STAGED) {
        return sr_fail(err, SR_CONFLICT, "the version is in custody already");
    }
    if (!is_text(act, SR_FIELD_kind, v->kind)) {
        return differs("kind", err);
    }
    SR_TRY(check_files(r, act, v, err));
    SR_TRY(check_documents(r, act, &v->id, err));
    return check_lineage(r, act, &v->id, err);
}

enum sr_status sr_submit_check(struct sr_room *r, const struct sr_act *act, struct sr_err *err)
{
    struct sr_catalog_version v;
    bool takes_in = sr_submit_takes_in(act);
    if (!takes_in && !sr_verb_releases(act->verb)) {
        return SR_OK;
    }
    enum sr_status status =
        sr_catalog_version_by_id(r->catalog, &act->field[SR_FIELD_version].id, &v, err);
    if (status != SR_OK) {
        return status == SR_NOT_FOUND ? sr_fail(err, status, "no such version") : status;
    }
    SR_TRY(check_name(act, &v, err));
    if (takes_in) {
        return check_staged(r, act, &v, err);
    }
    if (v.state != SR_VERSION_SEALED) {
        return sr_fail(err, SR_CONFLICT, "the version is not in custody yet");
    }
    return memcmp(v.digest, act->subjects[0].sha256, sizeof v.digest) == 0 ? SR_OK
                                                                           : differs("digest", err);
}
