/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/found.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "crypto/rand.h"
#include "custody/book_impl.h"
#include "custody/found_impl.h"

void sr_found_act_clear(struct sr_found_act *a)
{
    sr_envelope_free(a->envelope);
    sr_policy_free(a->policy);
    sr_policy_free(a->book.policy);
}

enum sr_status sr_found_sign(struct sr_book_session *s, const struct sr_act *act,
                             const uint8_t *digest, struct sr_found_act *out, struct sr_err *err)
{
    SR_AUTO(sr_buf) text = NULL;
    char subject_name[SR_ACT_SUBJECT_NAME_BYTES];
    struct sr_act_name subject;
    struct sr_act made = *act;
    made.room = s->room->facts.id;
    if (made.actor.len == 0) {
        made.actor = sr_text_view(s->room->actor);
    }
    if (sr_rand_bytes(made.nonce, sizeof made.nonce) != SR_OK ||
        sr_act_subject(&made, digest, subject_name, &subject) != SR_OK) {
        return sr_fail(err, SR_INTERNAL, "cannot make the first act");
    }
    made.subjects = &subject;
    made.subject_count = 1;
    SR_TRY(sr_buf_new(SR_ENVELOPE_BYTES_MAX, &text));
    SR_TRY(sr_envelope_make(&made, s->book->signer, text, NULL, err));
    SR_TRY(sr_envelope_open(sr_buf_view(text), &out->envelope, err));
    out->book = (struct sr_book_act){
        .envelope = out->envelope,
        .who = {.fingerprint = sr_act_key_fingerprint(s->book->key), .is_room = true},
        .time_utc_ms = made.time_utc_ms};
    return SR_OK;
}

enum sr_status sr_found_decide(const struct sr_state *state, const struct sr_found_act *a,
                               uint64_t seq, struct sr_err *err)
{
    struct sr_state_event event = sr_book_event(&a->book);
    const struct sr_moment moment = {.now_utc_ms = a->book.time_utc_ms};
    event.seq = seq;
    event.policy = a->policy;
    struct sr_decision d = sr_policy_decide(state, &event, &moment);
    return d.ruling == SR_RULING_ALLOW
               ? SR_OK
               : sr_fail(err, sr_reason_status(d.reason), "%s: %s%s%s",
                         sr_verb_info(event.act->verb)->word, sr_reason_text(d.reason),
                         d.detail[0] == '\0' ? "" : "; ", d.detail);
}

enum sr_status sr_found_policy(struct sr_room *r, struct sr_bytes text,
                               uint8_t out_digest[SR_SHA256_BYTES], struct sr_policy **out,
                               struct sr_err *err)
{
    SR_TRY(sr_policy_parse(text, out, err));
    memcpy(out_digest, (*out)->digest, SR_SHA256_BYTES);
    return sr_catalog_put_text(r->catalog, out_digest, text, err);
}

static enum sr_status draft_init(struct sr_book_session *s, const struct sr_room_founding *founding,
                                 struct sr_found_act *out, struct sr_err *err)
{
    struct sr_act act = {.verb = SR_VERB_INIT, .time_utc_ms = s->room->facts.created_utc_ms};
    struct sr_bytes policy = founding->policy;
    uint8_t digest[SR_SHA256_BYTES];
    if (policy.len == 0) {
        SR_TRY(sr_policy_builtin("local", &policy));
    }
    SR_TRY(sr_found_policy(s->room, policy, digest, &out->policy, err));
    sr_act_set_word(&act, SR_FIELD_key, sr_act_key_line(s->book->key));
    sr_act_set_digest(&act, SR_FIELD_policy, digest);
    if (founding->roster_count > 0) {
        sr_act_set_texts(&act, SR_FIELD_roster, founding->roster, founding->roster_count);
    }
    if (founding->organisation != NULL) {
        sr_act_set_word(&act, SR_FIELD_organisation, founding->organisation);
    }
    return sr_found_sign(s, &act, NULL, out, err);
}

enum sr_status sr_found(struct sr_room *r, const struct sr_room_founding *founding,
                        struct sr_err *err)
{
    static const struct sr_room_founding ALONE;
    SR_CLEANUP(sr_book_close) struct sr_book_session s = {0};
    SR_CLEANUP(sr_found_act_clear) struct sr_found_act init = {0};
    SR_TRY(sr_book_begin(r, r->facts.created_utc_ms, &s, err));
    SR_TRY(draft_init(&s, founding == NULL ? &ALONE : founding, &init, err));
    SR_TRY(sr_found_decide(s.book->state, &init, 1, err));
    init.book.policy = SR_TAKE(init.policy);
    SR_TRY(sr_book_write(&s, &init.book, 1, NULL, err));
    return sr_book_publish(&s, r->facts.created_utc_ms, 0, err);
}

void sr_found_undo(struct sr_room *r)
{
    const struct sr_book *b = r->book;
    if (b != NULL && b->pin_fd >= 0) {
        (void)unlinkat(b->pin_fd, b->pin_name, 0);
    }
}
