/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/own_card.h"

#include <string.h>

#include "custody/room_key.h"

/* The room's first act, which may say whose room it is. */
static enum sr_status look_at_first(void *ctx, const struct sr_act_record *record,
                                    struct sr_err *err)
{
    SR_AUTO(sr_envelope) e = NULL;
    struct sr_room_card *card = ctx;
    if (record->seq != 1) {
        return SR_CANCELLED;
    }
    SR_TRY(sr_envelope_open(record->body, &e, err));
    const struct sr_act *act = sr_envelope_act(e);
    if (sr_act_has(act, SR_FIELD_organisation)) {
        struct sr_bytes text = act->field[SR_FIELD_organisation].text;
        if (text.len >= sizeof card->organisation) {
            return sr_fail(err, SR_CORRUPT, "the organisation of the room is too long");
        }
        memcpy(card->organisation, text.ptr, text.len);
    }
    return SR_CANCELLED; /* the others are not looked at */
}

static enum sr_status find_organisation(struct sr_room *r, const char *given,
                                        struct sr_room_card *card, struct sr_err *err)
{
    if (given != NULL) {
        if (strlen(given) >= sizeof card->organisation) {
            return sr_fail(err, SR_MALFORMED, "the name of an organisation has at most %zu bytes",
                           sizeof card->organisation - 1);
        }
        memcpy(card->organisation, given, strlen(given) + 1);
        return SR_OK;
    }
    const struct sr_acts_query query = {.which = SR_ACTS_ALL, .with_leaves = true};
    enum sr_status status = sr_catalog_acts(r->catalog, &query, look_at_first, card, err);
    return status == SR_CANCELLED ? SR_OK : status;
}

static enum sr_status copy_text(const char *text, char *out, size_t out_bytes, struct sr_err *err)
{
    size_t len = strlen(text);
    if (len >= out_bytes) {
        return sr_fail(err, SR_CORRUPT, "a name of the room is too long for its card");
    }
    memcpy(out, text, len + 1);
    return SR_OK;
}

enum sr_status sr_own_card(struct sr_room *r, const char *organisation, struct sr_room_card *card,
                           struct sr_buf *out, struct sr_err *err)
{
    SR_CLEANUP(sr_book_close) struct sr_book_session s = {0};
    SR_AUTO(sr_secret) seed = NULL;
    struct sr_room_card made = {.room = r->facts.id};
    SR_TRY(sr_room_need_keys(r, err));
    SR_TRY(sr_room_key_open(r, SR_ROOM_KEY_TRANSPORT, &seed, err));
    SR_TRY(sr_hpke_public_key(seed, made.transport, err));
    SR_TRY(sr_book_open(r, &s, err));
    if (s.book->log_signer == NULL) {
        return sr_fail(err, SR_UNAUTHENTICATED, "the room is locked: it cannot sign its card");
    }
    SR_TRY(copy_text(s.book->origin, made.origin, sizeof made.origin, err));
    SR_TRY(copy_text(sr_act_key_line(s.book->key), made.key, sizeof made.key, err));
    SR_TRY(find_organisation(r, organisation, &made, err));
    if (out != NULL) {
        SR_TRY(sr_room_card_sign(&made, s.book->log_signer, out, err));
    }
    *card = made;
    return SR_OK;
}
