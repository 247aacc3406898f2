/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/verify_documents.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/hash.h"
#include "custody/room_impl.h"
#include "custody/submit.h"

/* The act that took a version into custody. */
static enum sr_status take_act(void *ctx, const struct sr_act_record *record, struct sr_err *err)
{
    struct sr_envelope **out = ctx;
    return *out != NULL ? sr_fail(err, SR_CANCELLED, "enough")
                        : sr_envelope_open(record->body, out, err);
}

/* As the state has it, which is that of the ledger. */
static enum sr_status find_act(struct sr_room *r, const struct sr_id *version,
                               struct sr_envelope **out, struct sr_err *err)
{
    const struct sr_state *state = NULL;
    struct sr_err ignored = {0};
    SR_TRY(sr_custody_state(r, &state, err));
    const struct sr_state_version *v = sr_state_version(state, version);
    if (v == NULL) {
        return sr_fail(err, SR_CORRUPT, "no act took the version into custody");
    }
    const struct sr_acts_query query = {.after_seq = v->seq - 1, .with_leaves = true};
    enum sr_status status = sr_catalog_acts(r->catalog, &query, take_act, out, &ignored);
    return status == SR_OK || status == SR_CANCELLED ? SR_OK
                                                     : sr_fail(err, status, "%s", ignored.message);
}

static void free_documents(struct sr_catalog_document **documents)
{
    free(*documents);
}

/* What the room has of a document that the act names: of the version, or, when the version is from
 * before there were such, among its texts. */
static enum sr_status read_document(struct sr_room *r, const struct sr_id *version,
                                    const struct sr_act_name *named, struct sr_buf *out,
                                    struct sr_err *err)
{
    char name[SR_CATALOG_DOCUMENT_NAME_BYTES];
    if (named->name.len == 0 || named->name.len >= sizeof name) {
        return sr_fail(err, SR_CORRUPT, "the act of the deposit names no such document");
    }
    memcpy(name, named->name.ptr, named->name.len);
    name[named->name.len] = '\0';
    struct sr_err missing = {0};
    enum sr_status status = sr_catalog_document(r->catalog, version, name, out, &missing);
    if (status == SR_NOT_FOUND) {
        status = sr_custody_text(r, named->sha256, out, &missing);
    }
    if (status == SR_NOT_FOUND) {
        return sr_fail(err, SR_CORRUPT, "document '%s' is missing", name);
    }
    return status == SR_OK ? SR_OK : sr_fail(err, status, "%s", missing.message);
}

static enum sr_status check_document(struct sr_room *r, const struct sr_id *version,
                                     const struct sr_act_name *named, struct sr_err *err)
{
    SR_AUTO(sr_buf) body = NULL;
    uint8_t digest[SR_SHA256_BYTES];
    SR_TRY(sr_buf_new(SR_CATALOG_DOCUMENT_BYTES_MAX, &body));
    SR_TRY(read_document(r, version, named, body, err));
    if (sr_sha256_once(sr_buf_view(body), digest) != SR_OK) {
        return sr_fail(err, SR_INTERNAL, "cannot compute a digest");
    }
    if (memcmp(digest, named->sha256, sizeof digest) != 0) {
        return sr_fail(err, SR_CORRUPT, "document '%.*s' is not what the act of the deposit says",
                       (int)named->name.len, (const char *)named->name.ptr);
    }
    return SR_OK;
}

static bool is_named(const struct sr_act_name *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (sr_text_equal(names[i].name, sr_text_view(name))) {
            return true;
        }
    }
    return false;
}

enum sr_status sr_verify_documents(struct sr_room *r, const struct sr_id *version,
                                   struct sr_err *err)
{
    SR_AUTO(sr_envelope) e = NULL;
    SR_CLEANUP(free_documents) struct sr_catalog_document *kept = NULL;
    size_t count = 0;
    SR_TRY(find_act(r, version, &e, err));
    if (e == NULL) {
        return sr_fail(err, SR_CORRUPT, "no act took the version into custody");
    }
    const struct sr_act *act = sr_envelope_act(e);
    bool has_names = sr_act_has(act, SR_FIELD_documents);
    const struct sr_act_name *names = has_names ? act->field[SR_FIELD_documents].digests : NULL;
    size_t named = has_names ? act->field[SR_FIELD_documents].count : 0;
    SR_TRY(sr_catalog_documents(r->catalog, version, &kept, &count, err));
    for (size_t i = 0; i < count; i++) {
        if (!is_named(names, named, kept[i].name)) {
            return sr_fail(err, SR_CORRUPT, "document '%s' is not in the act of the deposit",
                           kept[i].name);
        }
    }
    for (size_t i = 0; i < named; i++) {
        SR_TRY(check_document(r, version, &names[i], err));
    }
    return SR_OK;
}
