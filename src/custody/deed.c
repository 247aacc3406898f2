/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/deed.h"

#include <assert.h>
#include <string.h>

#include "formats/json.h"

static const struct sr_deed_info verbs[SR_DEED_COUNT] = {
#define VERB(name, text, is_release, heading)                                                      \
    [SR_DEED_##name] = {.word = text, .releases = is_release, .title = heading},
#include "custody/verbs.def"
#undef VERB
};

const struct sr_deed_info *sr_deed_info(enum sr_deed_verb verb)
{
    assert((unsigned)verb < SR_DEED_COUNT);
    return &verbs[verb];
}

static enum sr_status put_text(struct sr_json_writer *w, const char *key, const char *text)
{
    SR_TRY(sr_json_key(w, key));
    return sr_json_put_string(w, sr_text_view(text));
}

static enum sr_status put_number(struct sr_json_writer *w, const char *key, uint64_t value)
{
    SR_TRY(sr_json_key(w, key));
    return sr_json_put_u64(w, value);
}

static enum sr_status put_hex(struct sr_json_writer *w, const char *key, const void *data,
                              size_t len)
{
    SR_TRY(sr_json_key(w, key));
    return sr_json_put_hex(w, sr_bytes(data, len));
}

static enum sr_status put_documents(struct sr_json_writer *w, const struct sr_deed *act)
{
    SR_TRY(sr_json_key(w, "documents"));
    SR_TRY(sr_json_open_object(w));
    for (size_t i = 0; i < act->deposit.document_count; i++) {
        const struct sr_deed_document *document = &act->deposit.documents[i];
        SR_TRY(put_hex(w, document->name, document->sha256, sizeof document->sha256));
    }
    return sr_json_close_object(w);
}

/* The members between "actor" and "format" in byte order. */
static enum sr_status put_early_fields(struct sr_json_writer *w, const struct sr_deed *act)
{
    if (act->verb == SR_DEED_USE) {
        return put_text(w, "at", act->use.at);
    }
    if (act->verb == SR_DEED_ROTATE) {
        return put_number(w, "epoch", act->rotate.epoch);
    }
    if (act->verb == SR_DEED_DEPOSIT) {
        return put_documents(w, act);
    }
    return act->verb == SR_DEED_READ ? put_text(w, "file", act->read.file) : SR_OK;
}

enum sr_status sr_deed_put_inspection(struct sr_json_writer *w,
                                      const struct sr_deed_inspection *inspection)
{
    SR_TRY(sr_json_key(w, "inspection"));
    SR_TRY(sr_json_open_object(w));
    SR_TRY(put_text(w, "profile", sr_profile_name(inspection->profile)));
    SR_TRY(put_text(w, "reason", inspection->reason));
    SR_TRY(put_hex(w, "ruleset", inspection->ruleset, sizeof inspection->ruleset));
    SR_TRY(put_text(w, "verdict", sr_verdict_name(inspection->verdict)));
    return sr_json_close_object(w);
}

/* Those between "format" and "room". */
static enum sr_status put_deposit_fields(struct sr_json_writer *w, const struct sr_deed *act,
                                         const struct sr_catalog_version *version)
{
    SR_TRY(sr_deed_put_inspection(w, act->deposit.inspection));
    SR_TRY(put_text(w, "kind", version->kind));
    SR_TRY(sr_json_key(w, "parents"));
    SR_TRY(sr_json_open_array(w));
    for (size_t i = 0; i < act->deposit.parent_count; i++) {
        SR_TRY(sr_json_put_hex(w, sr_bytes(act->deposit.parents[i].bytes, SR_ID_BYTES)));
    }
    return sr_json_close_array(w);
}

static enum sr_status put_version(struct sr_json_writer *w, const struct sr_deed *act,
                                  const struct sr_catalog_version *version)
{
    const uint8_t *digest = act->verb == SR_DEED_DEPOSIT ? act->deposit.digest : version->digest;
    SR_TRY(sr_json_key(w, "version"));
    SR_TRY(sr_json_open_object(w));
    SR_TRY(put_hex(w, "digest", digest, SR_SHA256_BYTES));
    SR_TRY(put_number(w, "files", version->file_count));
    SR_TRY(put_hex(w, "id", version->id.bytes, SR_ID_BYTES));
    SR_TRY(put_text(w, "name", version->name));
    SR_TRY(put_number(w, "number", version->number));
    return sr_json_close_object(w);
}

enum sr_status sr_deed_encode(const struct sr_deed *act, const struct sr_id *room,
                              const struct sr_catalog_version *version, struct sr_buf *out)
{
    assert(act->actor != NULL && act->time_utc_ms >= 0);
    struct sr_json_writer w = {.out = out};
    SR_TRY(sr_json_open_object(&w));
    SR_TRY(put_text(&w, "actor", act->actor));
    SR_TRY(put_early_fields(&w, act));
    SR_TRY(put_number(&w, "format", 1));
    if (act->verb == SR_DEED_DEPOSIT) {
        SR_TRY(put_deposit_fields(&w, act, version));
    }
    SR_TRY(put_hex(&w, "room", room->bytes, SR_ID_BYTES));
    if (act->verb == SR_DEED_DEPOSIT) {
        SR_TRY(put_text(&w, "step", sr_step_name(act->deposit.step)));
        SR_TRY(put_number(&w, "tier", act->deposit.tier));
    }
    if (act->verb == SR_DEED_READ && act->read.tensor != NULL) {
        SR_TRY(put_text(&w, "tensor", act->read.tensor));
    }
    SR_TRY(put_number(&w, "time_utc_ms", (uint64_t)act->time_utc_ms));
    if (act->verb == SR_DEED_EXPORT) {
        SR_TRY(put_text(&w, "to", act->export.to));
    }
    SR_TRY(put_text(&w, "verb", sr_deed_info(act->verb)->word));
    if (version != NULL) {
        SR_TRY(put_version(&w, act, version));
    }
    return sr_json_close_object(&w);
}
