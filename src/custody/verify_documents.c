/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/verify_documents.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/hash.h"
#include "custody/deed.h"
#include "custody/room_impl.h"
#include "formats/json.h"

#define ACT_DEPTH_MAX 8

/* The act of one version's deposit, while it is looked for. */
struct search {
    const struct sr_id *version;
    struct sr_json *found; /* NULL: not yet */
};

static void search_clear(struct search *s)
{
    sr_json_free(s->found);
}

static void free_documents(struct sr_catalog_document **documents)
{
    free(*documents);
}

/* Whether the recorded act is about this version. */
static bool is_about(struct sr_json_value act, const struct sr_id *version)
{
    struct sr_json_value subject;
    struct sr_json_value text;
    struct sr_id id;
    return sr_json_kind(act) == SR_JSON_OBJECT && sr_json_find(act, "version", &subject) &&
           sr_json_kind(subject) == SR_JSON_OBJECT && sr_json_find(subject, "id", &text) &&
           sr_json_kind(text) == SR_JSON_STRING &&
           sr_text_unhex(sr_json_string(text), id.bytes, SR_ID_BYTES) == SR_OK &&
           sr_text_id_equal(&id, version);
}

static enum sr_status visit(void *ctx, const struct sr_act_record *act, struct sr_err *err)
{
    struct search *s = ctx;
    SR_AUTO(sr_json) json = NULL;
    if (s->found != NULL || strcmp(act->verb, sr_deed_info(SR_DEED_DEPOSIT)->word) != 0) {
        return SR_OK;
    }
    enum sr_status status = sr_json_decode(act->body, ACT_DEPTH_MAX, &json, err);
    if (status != SR_OK) {
        return sr_context(err, status == SR_NO_MEMORY ? status : SR_CORRUPT, "act %llu",
                          (unsigned long long)act->seq);
    }
    if (is_about(sr_json_root(json), s->version)) {
        s->found = SR_TAKE(json);
    }
    return SR_OK;
}

/* The digest that the act has for a document; false when it names none of that name. */
static bool recorded_digest(struct sr_json_value documents, const char *name,
                            uint8_t out[SR_SHA256_BYTES])
{
    struct sr_json_value hex;
    return sr_json_find(documents, name, &hex) && sr_json_kind(hex) == SR_JSON_STRING &&
           sr_text_unhex(sr_json_string(hex), out, SR_SHA256_BYTES) == SR_OK;
}

static enum sr_status check_document(struct sr_room *r, const struct sr_id *version,
                                     struct sr_json_value documents, const char *name,
                                     struct sr_err *err)
{
    SR_AUTO(sr_buf) body = NULL;
    uint8_t recorded[SR_SHA256_BYTES];
    uint8_t digest[SR_SHA256_BYTES];
    if (!recorded_digest(documents, name, recorded)) {
        return sr_fail(err, SR_CORRUPT, "document '%s' is not in the act of the deposit", name);
    }
    SR_TRY(sr_buf_new(SR_CATALOG_DOCUMENT_BYTES_MAX, &body));
    SR_TRY(sr_catalog_document(r->catalog, version, name, body, err));
    if (sr_sha256_once(sr_buf_view(body), digest) != SR_OK) {
        return sr_fail(err, SR_INTERNAL, "cannot compute a digest");
    }
    if (memcmp(digest, recorded, sizeof digest) != 0) {
        return sr_fail(err, SR_CORRUPT, "document '%s' is not what the act of the deposit says",
                       name);
    }
    return SR_OK;
}

enum sr_status sr_verify_documents(struct sr_room *r, const struct sr_id *version,
                                   struct sr_err *err)
{
    SR_CLEANUP(search_clear) struct search s = {.version = version};
    SR_CLEANUP(free_documents) struct sr_catalog_document *kept = NULL;
    struct sr_json_value documents;
    size_t count = 0;
    SR_TRY(
        sr_catalog_acts(r->catalog, &(struct sr_acts_query){.with_leaves = true}, visit, &s, err));
    if (s.found == NULL) {
        return sr_fail(err, SR_CORRUPT, "no act took the version into custody");
    }
    SR_TRY(sr_catalog_documents(r->catalog, version, &kept, &count, err));
    if (!sr_json_find(sr_json_root(s.found), "documents", &documents)) {
        return count == 0 ? SR_OK
                          : sr_fail(err, SR_CORRUPT, "document '%s' was added after the deposit",
                                    kept[0].name);
    }
    if (sr_json_kind(documents) != SR_JSON_OBJECT || sr_json_count(documents) != count) {
        return sr_fail(err, SR_CORRUPT, "the version has %zu documents, its act names %zu", count,
                       sr_json_kind(documents) == SR_JSON_OBJECT ? sr_json_count(documents) : 0);
    }
    for (size_t i = 0; i < count; i++) {
        SR_TRY(check_document(r, version, documents, kept[i].name, err));
    }
    return SR_OK;
}
