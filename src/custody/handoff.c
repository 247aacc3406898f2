/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/handoff.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "crypto/rand.h"
#include "custody/book.h"
#include "custody/bundle_file.h"
#include "custody/deposit_inspect.h"
#include "custody/handoff_impl.h"
#include "custody/own_card.h"
#include "custody/own_chain.h"
#include "custody/pedigree.h"
#include "custody/query.h"
#include "custody/room_impl.h"

#define INFO_LABEL "strongroom handoff v1"
#define TRAVELS 3 /* documents */

/* A version on its way out. */
struct offering {
    struct sr_room *room;
    const struct sr_handoff_offer_params *params;
    struct sr_room_card receiver;
    uint8_t receiver_digest[SR_SHA256_BYTES];
    struct sr_room_card own;
    struct sr_catalog_version version;
    struct sr_catalog_file *files;
    size_t count;
    unsigned tier;
    struct sr_buf *document[TRAVELS];
    struct sr_bytes bytes[TRAVELS];
    struct sr_act_name name[TRAVELS]; /* and digests */
    size_t document_count;
    struct sr_buf *chain_text;
    struct sr_chain *chain;
    struct sr_chain_verdict verdict;
    struct sr_bundle bundle;
    bool is_again;
};

static void offering_clear(struct offering *o)
{
    for (size_t i = 0; i < TRAVELS; i++) {
        sr_buf_free(o->document[i]);
    }
    sr_chain_free(o->chain);
    sr_buf_free(o->chain_text);
    free(o->files);
    sr_bundle_clear(&o->bundle);
}

void sr_handoff_info(const struct sr_act *offer, const uint8_t *offer_digest,
                     const struct sr_id *receiver, uint8_t out[SR_HANDOFF_INFO_BYTES])
{
    const struct sr_bytes parts[] = {
        sr_text_view(INFO_LABEL),
        sr_bytes(offer->field[SR_FIELD_handoff].id.bytes, SR_ID_BYTES),
        sr_bytes(offer_digest, SR_SHA256_BYTES),
        sr_bytes(offer->field[SR_FIELD_version].id.bytes, SR_ID_BYTES),
        sr_bytes(offer->room.bytes, SR_ID_BYTES),
        sr_bytes(receiver->bytes, SR_ID_BYTES),
    };
    size_t at = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        memcpy(out + at, parts[i].ptr, parts[i].len);
        at += parts[i].len;
    }
}

void sr_handoff_set(struct sr_act *act, enum sr_act_field field, const char *text)
{
    if (text != NULL) {
        sr_act_set_word(act, field, text);
    }
}

enum sr_status sr_handoff_begin(struct sr_room *r, const struct sr_catalog_version *version,
                                const struct sr_id *handoff, struct sr_act *act, uint64_t *event,
                                struct sr_err *err)
{
    const struct sr_state *state = NULL;
    SR_TRY(sr_custody_state(r, &state, err));
    const struct sr_state_version *v = sr_state_version(state, &version->id);
    if (v == NULL) {
        return sr_fail(err, SR_NOT_FOUND, "'%s' is not in custody by any act", version->name);
    }
    sr_custody_about(act, version);
    sr_act_set_id(act, SR_FIELD_handoff, handoff);
    sr_act_set_number(act, SR_FIELD_event, v->event + 1);
    if (v->event > 0) {
        sr_act_set_digest(act, SR_FIELD_previous, v->event_digest);
    }
    *event = v->event + 1;
    return SR_OK;
}

enum sr_status sr_handoff_verify(const struct sr_chain *chain, struct sr_chain_verdict *out,
                                 struct sr_err *err)
{
    SR_TRY(sr_chain_verify(chain, NULL, 0, out, err));
    return out->state == SR_CHAIN_BROKEN
               ? sr_fail(err, SR_UNTRUSTED, "the custody chain is broken at event %zu: %s", out->at,
                         out->reason)
               : SR_OK;
}

static enum sr_status look(struct offering *o, struct sr_err *err)
{
    const struct sr_handoff_offer_params *params = o->params;
    SR_TRY(sr_room_need_keys(o->room, err));
    SR_TRY(sr_room_card_open(params->card, &o->receiver, o->receiver_digest, err));
    SR_TRY(sr_own_card(o->room, params->organisation, &o->own, NULL, err));
    if (sr_text_id_equal(&o->receiver.room, &o->own.room)) {
        return sr_fail(err, SR_CONFLICT, "the card is of this room");
    }
    SR_TRY(sr_query_resolve(o->room, sr_text_view(params->ref), &o->version, err));
    SR_TRY(sr_catalog_files(o->room->catalog, &o->version.id, &o->files, &o->count, err));
    return sr_pedigree_tier(o->room, &o->version.id, &o->tier, err);
}

/* The lineage as another room can use it: parents by their digests, not by this room's ids. */
static enum sr_status encode_lineage(struct offering *o, struct sr_buf *out, struct sr_err *err)
{
    SR_CLEANUP(sr_lineage_record_clear) struct sr_lineage_record record = {0};
    SR_AUTO(sr_pedigree) pedigree = NULL;
    bool is_found = false;
    SR_TRY(sr_pedigree_load_record(o->room, &o->version.id, &record, &is_found, err));
    if (!is_found) {
        return SR_NOT_FOUND;
    }
    SR_TRY(sr_pedigree_new(o->room, &o->version.id, &pedigree, err));
    size_t parents = 0;
    const struct sr_catalog_version *parent = sr_pedigree_parents(pedigree, &parents);
    for (size_t i = 0; i < parents && record.outside_count < SR_LINEAGE_OUTSIDE_MAX; i++) {
        memcpy(record.outside[record.outside_count++], parent[i].digest, SR_SHA256_BYTES);
    }
    enum sr_status status = sr_lineage_encode(&record, out);
    return status == SR_OK ? SR_OK : sr_fail(err, status, "cannot write down a lineage");
}

static enum sr_status add_document(struct offering *o, const char *name, struct sr_err *err)
{
    size_t i = o->document_count;
    SR_TRY(sr_buf_new(SR_BUNDLE_DOCUMENT_BYTES_MAX, &o->document[i]));
    enum sr_status status =
        strcmp(name, SR_PEDIGREE_DOCUMENT) == 0
            ? encode_lineage(o, o->document[i], err)
            : sr_catalog_document(o->room->catalog, &o->version.id, name, o->document[i], err);
    if (status == SR_NOT_FOUND) {
        sr_buf_free(SR_TAKE(o->document[i]));
        return SR_OK;
    }
    SR_TRY(status);
    o->bytes[i] = sr_buf_view(o->document[i]);
    o->name[i].name = sr_text_view(name);
    SR_TRY(sr_sha256_once(o->bytes[i], o->name[i].sha256));
    o->document_count++;
    return SR_OK;
}

static enum sr_status add_documents(struct offering *o, struct sr_err *err)
{
    /* In byte order. */
    SR_TRY(add_document(o, SR_DEPOSIT_REPORT, err));
    SR_TRY(add_document(o, SR_PEDIGREE_DOCUMENT, err));
    return add_document(o, SR_PEDIGREE_PROVENANCE, err);
}

/* The chain as it is now; whether the last event is an offer to the same card that is open. */
static enum sr_status read_chain(struct offering *o, bool *out_is_offered, struct sr_err *err)
{
    sr_chain_free(SR_TAKE(o->chain));
    sr_buf_free(SR_TAKE(o->chain_text));
    SR_TRY(sr_buf_new(SR_CHAIN_BYTES_MAX, &o->chain_text));
    SR_TRY(sr_own_chain(o->room, &o->version.id, o->chain_text, err));
    SR_TRY(sr_chain_decode(sr_buf_view(o->chain_text), &o->chain, err));
    SR_TRY(sr_handoff_verify(o->chain, &o->verdict, err));
    *out_is_offered = false;
    if (o->verdict.state != SR_CHAIN_OFFERED) {
        return SR_OK;
    }
    const struct sr_act *offer = o->verdict.offer->act;
    *out_is_offered =
        memcmp(offer->field[SR_FIELD_card].digest, o->receiver_digest, SR_SHA256_BYTES) == 0 &&
        sr_time_now_utc_ms() < (int64_t)offer->field[SR_FIELD_until].number;
    return SR_OK;
}

static enum sr_status make_offer(struct offering *o, struct sr_err *err)
{
    const struct sr_handoff_offer_params *params = o->params;
    struct sr_act act = {.verb = SR_VERB_OFFER};
    struct sr_id handoff;
    uint8_t card[SR_SHA256_BYTES];
    uint64_t event = 0;
    if (sr_rand_id(&handoff) != SR_OK) {
        return sr_fail(err, SR_INTERNAL, "cannot make a random id");
    }
    SR_TRY(sr_custody_put_text(o->room, sr_room_card_trim(params->card), card, err));
    SR_TRY(sr_handoff_begin(o->room, &o->version, &handoff, &act, &event, err));
    sr_act_set_word(&act, SR_FIELD_from,
                    o->own.organisation[0] != '\0' ? o->own.organisation : o->own.origin);
    sr_act_set_word(&act, SR_FIELD_to, o->receiver.origin);
    sr_act_set_digest(&act, SR_FIELD_card, card);
    sr_act_set_number(&act, SR_FIELD_until, (uint64_t)params->until_utc_ms);
    sr_act_set_number(&act, SR_FIELD_tier, o->tier);
    sr_act_set_word(&act, SR_FIELD_kind, o->version.kind);
    sr_handoff_set(&act, SR_FIELD_reason, params->reason);
    sr_handoff_set(&act, SR_FIELD_ticket, params->ticket);
    sr_handoff_set(&act, SR_FIELD_conditions, params->conditions);
    if (o->document_count > 0) {
        sr_act_set_digests(&act, SR_FIELD_documents, o->name, o->document_count);
    }
    return sr_custody_do(o->room, NULL, &act, o->version.digest, NULL, NULL, err);
}

static enum sr_status fill_bundle(struct offering *o, struct sr_err *err)
{
    struct sr_bundle *b = &o->bundle;
    b->version = o->version.id;
    b->chain = sr_buf_view(o->chain_text);
    b->document_count = o->document_count;
    for (size_t i = 0; i < o->document_count; i++) {
        b->document[i].name = o->name[i].name;
        b->document[i].bytes = (uint32_t)o->bytes[i].len;
        memcpy(b->document[i].sha256, o->name[i].sha256, SR_SHA256_BYTES);
    }
    b->files = calloc(o->count, sizeof *b->files);
    if (b->files == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for the files of a bundle");
    }
    b->file_count = o->count;
    for (size_t i = 0; i < o->count; i++) {
        const struct sr_body_facts *facts = &o->files[i].facts;
        struct sr_bundle_entry *entry = &b->files[i];
        entry->path = sr_text_view(o->files[i].path);
        entry->object = o->files[i].object;
        entry->kind = facts->kind;
        entry->plain_bytes = facts->plain_bytes;
        entry->tensor_count = facts->tensor_count;
        entry->body_bytes = facts->body_bytes;
        memcpy(entry->sha256, facts->sha256, sizeof entry->sha256);
        memcpy(entry->root, facts->root, sizeof entry->root);
        memcpy(entry->body_root, facts->body_root, sizeof entry->body_root);
    }
    return SR_OK;
}

static enum sr_status write_bundle(struct offering *o, struct sr_err *err)
{
    SR_AUTO(sr_secret) dek = NULL;
    SR_AUTO(sr_buf) slot = NULL;
    uint8_t info[SR_HANDOFF_INFO_BYTES];
    struct sr_body_name body = {.object = o->files[0].object,
                                .version = o->version.id,
                                .file_index = o->files[0].file_index};
    SR_TRY(fill_bundle(o, err));
    SR_TRY(sr_room_dek(o->room, &body, &dek, err));
    SR_TRY(sr_buf_new(SR_BUNDLE_SLOT_BYTES, &slot));
    sr_handoff_info(o->verdict.offer->act, o->verdict.offer->digest, &o->receiver.room, info);
    SR_TRY(sr_hpke_seal(o->receiver.transport, sr_bytes(info, sizeof info), sr_bytes(NULL, 0), dek,
                        slot, err));
    o->bundle.slot = sr_buf_view(slot);
    return sr_bundle_file_write(o->params->out, &o->bundle, o->bytes,
                                o->params->with_bodies ? o->room->blobs : NULL,
                                &o->params->progress, err);
}

enum sr_status sr_handoff_offer(struct sr_room *r, const struct sr_handoff_offer_params *params,
                                struct sr_handoff_offer_result *out, struct sr_err *err)
{
    SR_CLEANUP(offering_clear) struct offering o = {.room = r, .params = params};
    SR_TRY(look(&o, err));
    SR_TRY(add_documents(&o, err));
    SR_TRY(read_chain(&o, &o.is_again, err));
    if (!o.is_again) {
        bool is_offered = false;
        SR_TRY(make_offer(&o, err));
        SR_TRY(read_chain(&o, &is_offered, err));
        if (!is_offered) {
            return sr_fail(err, SR_INTERNAL, "the offer is not in the chain");
        }
    }
    SR_TRY(write_bundle(&o, err));
    const struct sr_act *offer = o.verdict.offer->act;
    *out = (struct sr_handoff_offer_result){
        .version = o.version,
        .handoff = offer->field[SR_FIELD_handoff].id,
        .until_utc_ms = (int64_t)offer->field[SR_FIELD_until].number,
        .is_again = o.is_again,
    };
    memcpy(out->offer, o.verdict.offer->digest, sizeof out->offer);
    return SR_OK;
}
