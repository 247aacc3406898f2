/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/writer.h"
#include "policy/state_impl.h"

/*
 * Everything that a decision can depend on, in the order in which it came: every number as 8 bytes,
 * every text with its length, every list with its count, so that no two states look alike.
 */

/* Of one thing; each fits: names, keys and reviews are short, and a request is named by digest. */
#define THING_BYTES_MAX ((size_t)1 << 20)

struct sink {
    struct sr_buf *buf;
    struct sr_sha256 *hash;
    enum sr_status status; /* the first failure */
};

static void note(struct sink *k, enum sr_status status)
{
    k->status = k->status == SR_OK ? status : k->status;
}

static void put_number(struct sink *k, uint64_t value)
{
    note(k, sr_writer_u64be(k->buf, value));
}

static void put_time(struct sink *k, int64_t value)
{
    put_number(k, (uint64_t)value);
}

static void put_bytes(struct sink *k, struct sr_bytes data)
{
    note(k, sr_writer_block_u32be(k->buf, data));
}

/* NULL is another text than "". */
static void put_text(struct sink *k, const char *text)
{
    put_number(k, text != NULL);
    put_bytes(k, text == NULL ? sr_bytes(NULL, 0) : sr_text_view(text));
}

static void put_digest(struct sink *k, const uint8_t digest[SR_SHA256_BYTES])
{
    put_bytes(k, sr_bytes(digest, SR_SHA256_BYTES));
}

static void put_id(struct sink *k, const struct sr_id *id)
{
    put_bytes(k, sr_bytes(id->bytes, SR_ID_BYTES));
}

static void flush(struct sink *k)
{
    if (k->status == SR_OK) {
        note(k, sr_sha256_update(k->hash, sr_buf_view(k->buf)));
    }
    sr_buf_clear(k->buf);
}

static void put_room(struct sink *k, const struct sr_state *s)
{
    put_number(k, s->has_room);
    put_id(k, &s->room);
    put_text(k, s->room_key == NULL ? NULL : sr_act_key_line(s->room_key));
    put_number(k, s->policy != NULL);
    if (s->policy != NULL) {
        put_digest(k, s->policy->digest);
    }
    put_number(k, s->seq);
    put_time(k, s->time_utc_ms);
    put_number(k, s->epoch);
    flush(k);
}

static void put_principal(struct sink *k, const struct sr_principal *p)
{
    put_text(k, p->name);
    put_number(k, p->type);
    put_text(k, p->person);
    put_text(k, p->organisation);
    put_time(k, p->left_utc_ms);
    put_number(k, p->seq);
    put_number(k, p->unjudged);
    put_number(k, p->roles);
    for (size_t i = 0; i < p->roles; i++) {
        put_text(k, p->role[i]);
    }
    put_number(k, p->keys);
    for (size_t i = 0; i < p->keys; i++) {
        put_text(k, sr_act_key_line(p->key[i].key));
        put_time(k, p->key[i].from_utc_ms);
        put_time(k, p->key[i].revoked_utc_ms);
        put_number(k, p->key[i].seq);
        flush(k);
    }
    put_number(k, p->attributes);
    for (size_t i = 0; i < p->attributes; i++) {
        put_text(k, p->attribute[i].name);
        put_time(k, p->attribute[i].until_utc_ms);
    }
    flush(k);
}

static void put_version(struct sink *k, const struct sr_state_version *v)
{
    put_id(k, &v->id);
    put_text(k, v->name);
    put_text(k, v->artifact);
    put_number(k, v->number);
    put_text(k, v->kind);
    put_number(k, v->tier);
    put_digest(k, v->digest);
    put_text(k, v->custodian);
    put_number(k, v->event);
    put_digest(k, v->event_digest);
    put_number(k, v->is_disposed);
    put_number(k, v->has_offer);
    put_time(k, v->offer_until_utc_ms);
    put_number(k, v->seq);
    flush(k);
}

static void put_review(struct sink *k, const struct sr_review *r)
{
    put_text(k, r->reviewer);
    put_text(k, r->person);
    put_number(k, r->approves);
    put_number(k, r->is_withdrawn);
    put_number(k, r->is_hardware);
    put_number(k, r->has_verification);
    put_text(k, r->fingerprint);
    put_time(k, r->time_utc_ms);
    put_number(k, r->seq);
    put_digest(k, r->digest);
    put_digest(k, r->policy);
    flush(k);
}

static void put_request(struct sink *k, const struct sr_request *r)
{
    put_digest(k, r->digest);
    put_text(k, r->person);
    put_text(k, r->fingerprint);
    put_time(k, r->time_utc_ms);
    put_number(k, r->seq);
    put_number(k, r->is_room);
    put_number(k, r->is_break_glass);
    put_number(k, r->is_denied);
    put_number(k, r->is_withdrawn);
    put_number(k, r->is_judged);
    put_time(k, r->revoked_utc_ms);
    put_time(k, r->granted_utc_ms);
    put_time(k, r->first_use_utc_ms);
    put_number(k, r->uses);
    put_number(k, r->copies);
    put_number(k, r->bytes_served);
    put_number(k, r->files_served);
    put_number(k, r->files_opened);
    put_number(k, r->reviews);
    for (size_t i = 0; i < r->reviews; i++) {
        put_review(k, &r->review[i]);
    }
    flush(k);
}

static void put_handoff(struct sink *k, const struct sr_state_handoff *h)
{
    put_id(k, &h->id);
    put_id(k, &h->version);
    put_number(k, h->phase);
    put_digest(k, h->offer);
    put_number(k, h->event);
    put_text(k, h->to);
    put_time(k, h->until_utc_ms);
    put_number(k, h->is_incoming);
    put_number(k, h->seq);
    flush(k);
}

static void put_nonces(struct sink *k, const struct sr_state *s)
{
    size_t count = sr_nameset_count(s->nonces);
    put_number(k, count);
    for (size_t i = 0; i < count; i++) {
        put_bytes(
            k,
            sr_bytes(s->nonce_page[i / SR_STATE_NONCES_PER_PAGE]->at[i % SR_STATE_NONCES_PER_PAGE],
                     SR_ACT_NONCE_BYTES));
        flush(k);
    }
}

static void put_all(struct sink *k, const struct sr_state *s)
{
    put_room(k, s);
    put_number(k, s->principals.count);
    for (size_t i = 0; i < s->principals.count; i++) {
        put_principal(k, s->principals.at[i]);
    }
    put_number(k, s->versions.count);
    for (size_t i = 0; i < s->versions.count; i++) {
        put_version(k, s->versions.at[i]);
    }
    put_number(k, s->requests.count);
    for (size_t i = 0; i < s->requests.count; i++) {
        put_request(k, s->requests.at[i]);
    }
    put_number(k, s->handoffs.count);
    for (size_t i = 0; i < s->handoffs.count; i++) {
        put_handoff(k, s->handoffs.at[i]);
    }
    put_nonces(k, s);
    flush(k);
}

enum sr_status sr_state_digest(const struct sr_state *s, uint8_t out[SR_SHA256_BYTES])
{
    SR_AUTO(sr_buf) buf = NULL;
    SR_AUTO(sr_sha256) hash = NULL;
    SR_TRY(sr_buf_new(THING_BYTES_MAX, &buf));
    SR_TRY(sr_sha256_new(&hash));
    struct sink k = {.buf = buf, .hash = hash};
    put_all(&k, s);
    SR_TRY(k.status);
    return sr_sha256_final(hash, out);
}
