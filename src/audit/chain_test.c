/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: a chain is complete only when every event in it is signed by the room whose turn
 * it was, answers what was offered to that room, in time, about the same files; whatever else
 * somebody puts into the file, leaves out, turns round or has signed twice is found and named.
 */
#include "audit/chain.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/rand.h"
#include "tests/check.h"

#define NOW INT64_C(1800000000000)
#define DAY INT64_C(86400000)

/* A room, as others see it. */
struct party {
    struct sr_act_signer *signer;
    struct sr_room_card card;
    struct sr_buf *envelope; /* of the card */
    uint8_t card_digest[SR_SHA256_BYTES];
};

static struct party north;
static struct party south;
static struct party west;
static struct sr_act_signer *person; /* somebody of north, whom no other room knows */
static const struct sr_id VERSION = {{1, 2, 3}};
static uint8_t manifest[SR_SHA256_BYTES] = {4, 5, 6};

static struct sr_act_signer *new_signer(struct sr_room_card *card)
{
    SR_AUTO(sr_secret) seed = NULL;
    SR_AUTO(sr_signer) plain = NULL;
    struct sr_act_signer *signer = NULL;
    CHECK(sr_rand_secret(32, &seed, NULL) == SR_OK);
    CHECK(sr_signer_ed25519(seed, &plain, NULL) == SR_OK);
    if (card != NULL) {
        CHECK(sr_room_card_key_line(plain->public_key, card->key, NULL) == SR_OK);
    }
    CHECK(sr_act_signer_plain(SR_TAKE(plain), &signer, NULL) == SR_OK);
    return signer;
}

static void party_new(struct party *p, const char *origin)
{
    SR_AUTO(sr_secret) transport = NULL;
    SR_AUTO(sr_secret) seed = NULL;
    SR_AUTO(sr_signer) plain = NULL;
    SR_AUTO(sr_signer) same = NULL;
    memset(p, 0, sizeof *p);
    (void)snprintf(p->card.origin, sizeof p->card.origin, "%s", origin);
    CHECK(sr_rand_id(&p->card.room) == SR_OK);
    CHECK(sr_rand_secret(32, &transport, NULL) == SR_OK &&
          sr_rand_secret(32, &seed, NULL) == SR_OK);
    CHECK(sr_hpke_public_key(transport, p->card.transport, NULL) == SR_OK);
    CHECK(sr_signer_ed25519(seed, &plain, NULL) == SR_OK);
    CHECK(sr_signer_ed25519(seed, &same, NULL) == SR_OK);
    CHECK(sr_room_card_key_line(plain->public_key, p->card.key, NULL) == SR_OK);
    CHECK(sr_buf_new(SR_ROOM_CARD_BYTES_MAX, &p->envelope) == SR_OK);
    CHECK(sr_room_card_sign(&p->card, plain, p->envelope, NULL) == SR_OK);
    CHECK(sr_sha256_once(sr_buf_view(p->envelope), p->card_digest) == SR_OK);
    CHECK(sr_act_signer_plain(SR_TAKE(same), &p->signer, NULL) == SR_OK);
}

static void party_clear(struct party *p)
{
    sr_act_signer_free(p->signer);
    sr_buf_free(p->envelope);
}

/* An event that is being made. */
struct made {
    struct sr_act act;
    char name[SR_ACT_SUBJECT_NAME_BYTES];
    struct sr_act_name subject;
    const struct party *by;
    uint8_t digest[SR_SHA256_BYTES];
    struct sr_buf *by_person;
    struct sr_buf *by_room;
    struct sr_buf *results;
};

#define EVENTS_MAX 8
struct story {
    struct made made[EVENTS_MAX];
    size_t count;
    struct sr_id handoff;
    bool has_west_card;
};

static void story_clear(struct story *s)
{
    for (size_t i = 0; i < s->count; i++) {
        sr_buf_free(s->made[i].by_person);
        sr_buf_free(s->made[i].by_room);
        sr_buf_free(s->made[i].results);
    }
}

/* The next event, all but what a test changes; not signed yet. */
static struct made *next(struct story *s, const struct party *by, enum sr_verb verb, uint64_t event,
                         const struct made *previous)
{
    struct made *m = &s->made[s->count++];
    struct sr_act *act = &m->act;
    m->by = by;
    act->verb = verb;
    act->room = by->card.room;
    act->actor = sr_text_view("ada");
    act->time_utc_ms = NOW + (int64_t)event * 1000;
    CHECK(sr_rand_bytes(act->nonce, sizeof act->nonce) == SR_OK);
    act->policy[0] = 1;
    sr_act_set_word(act, SR_FIELD_artifact, "llama");
    sr_act_set_number(act, SR_FIELD_number, 1);
    sr_act_set_id(act, SR_FIELD_version, &VERSION);
    sr_act_set_id(act, SR_FIELD_handoff, &s->handoff);
    sr_act_set_number(act, SR_FIELD_event, event);
    if (previous != NULL) {
        sr_act_set_digest(act, SR_FIELD_previous, previous->digest);
    }
    CHECK(sr_act_subject(act, manifest, m->name, &m->subject) == SR_OK);
    act->subjects = &m->subject;
    act->subject_count = 1;
    return m;
}

static void sign(struct made *m)
{
    CHECK(sr_buf_new(SR_ENVELOPE_BYTES_MAX, &m->by_person) == SR_OK);
    CHECK(sr_buf_new(SR_ENVELOPE_BYTES_MAX, &m->by_room) == SR_OK);
    struct sr_err err = {0};
    enum sr_status status = sr_envelope_make(&m->act, person, m->by_person, m->digest, &err);
    CHECK(status == SR_OK);
    if (status != SR_OK) {
        printf("# %s\n", err.message);
    }
    CHECK(sr_envelope_make(&m->act, m->by->signer, m->by_room, NULL, NULL) == SR_OK);
}

static struct made *offer_to(struct story *s, const struct party *from, const struct party *to,
                             uint64_t event, const struct made *previous)
{
    CHECK(sr_rand_id(&s->handoff) == SR_OK);
    struct made *m = next(s, from, SR_VERB_OFFER, event, previous);
    sr_act_set_word(&m->act, SR_FIELD_from, "North Ltd");
    sr_act_set_word(&m->act, SR_FIELD_to, to->card.origin);
    sr_act_set_digest(&m->act, SR_FIELD_card, to->card_digest);
    sr_act_set_number(&m->act, SR_FIELD_until, (uint64_t)(NOW + 7 * DAY));
    sr_act_set_number(&m->act, SR_FIELD_tier, 3);
    sr_act_set_word(&m->act, SR_FIELD_kind, "base");
    return m;
}

static void set_results(struct made *m, struct sr_bytes text)
{
    uint8_t digest[SR_SHA256_BYTES];
    CHECK(sr_buf_new(100000, &m->results) == SR_OK && sr_buf_append(m->results, text) == SR_OK);
    CHECK(sr_sha256_once(text, digest) == SR_OK);
    sr_act_set_digest(&m->act, SR_FIELD_results, digest);
}

static struct made *answer(struct story *s, const struct party *by, enum sr_verb verb,
                           uint64_t event, const struct made *offer, const struct made *previous)
{
    struct made *m = next(s, by, verb, event, previous);
    sr_act_set_digest(&m->act, SR_FIELD_offer, offer->digest);
    if (verb == SR_VERB_ACCEPT) {
        sr_act_set_word(&m->act, SR_FIELD_from, "north");
        sr_act_set_number(&m->act, SR_FIELD_tier, 3);
        set_results(m, sr_text_view("{\"verdict\":\"PASS\"}"));
    }
    return m;
}

static struct sr_chain_part part_of(const struct made *m)
{
    return (struct sr_chain_part){.act = sr_buf_view(m->by_person),
                                  .room = sr_buf_view(m->by_room),
                                  .results = m->results == NULL ? sr_bytes(NULL, 0)
                                                                : sr_buf_view(m->results)};
}

/* The giver's record of an answer. */
static struct made *record(struct story *s, const struct party *by, const struct made *about,
                           const struct made *offer, const struct made *previous)
{
    SR_AUTO(sr_buf) text = NULL;
    struct sr_chain_part part = part_of(about);
    uint64_t event = previous->act.field[SR_FIELD_event].number + 1;
    struct made *m = next(s, by, about->act.verb, event, previous);
    CHECK(sr_buf_new(100000, &text) == SR_OK && sr_chain_encode_event(&part, text) == SR_OK);
    sr_act_set_digest(&m->act, SR_FIELD_offer, offer->digest);
    set_results(m, sr_buf_view(text));
    return m;
}

static struct sr_chain *chain_of(const struct story *s)
{
    struct sr_chain_part parts[EVENTS_MAX];
    struct sr_bytes cards[3] = {sr_buf_view(north.envelope), sr_buf_view(south.envelope),
                                sr_buf_view(west.envelope)};
    SR_AUTO(sr_buf) text = NULL;
    struct sr_chain *chain = NULL;
    struct sr_err err = {0};
    for (size_t i = 0; i < s->count; i++) {
        parts[i] = part_of(&s->made[i]);
    }
    CHECK(sr_buf_new(SR_CHAIN_BYTES_MAX, &text) == SR_OK);
    CHECK(sr_chain_encode(cards, s->has_west_card ? 3 : 2, parts, s->count, text) == SR_OK);
    enum sr_status status = sr_chain_decode(sr_buf_view(text), &chain, &err);
    CHECK(status == SR_OK);
    if (status != SR_OK) {
        printf("# %s\n", err.message);
    }
    return chain;
}

static struct sr_chain_verdict verify(const struct story *s)
{
    SR_AUTO(sr_chain) chain = chain_of(s);
    struct sr_chain_verdict verdict = {.state = SR_CHAIN_BROKEN};
    CHECK(sr_chain_verify(chain, north.card_digest, 1, &verdict, NULL) == SR_OK);
    verdict.first = NULL; /* it lives as long as the chain */
    return verdict;
}

static bool is_state(const struct story *s, enum sr_chain_state state)
{
    struct sr_chain_verdict verdict = verify(s);
    if (verdict.state != state) {
        printf("# %s: %s\n", sr_chain_state_word(verdict.state), verdict.reason);
    }
    return verdict.state == state;
}

static bool is_broken(const struct story *s, size_t at, const char *reason)
{
    struct sr_chain_verdict verdict = verify(s);
    bool is_it = verdict.state == SR_CHAIN_BROKEN && verdict.at == at &&
                 strstr(verdict.reason, reason) != NULL;
    if (!is_it) {
        printf("# %s at %zu: %s\n", sr_chain_state_word(verdict.state), verdict.at, verdict.reason);
    }
    return is_it;
}

static void nothing_is_empty(void)
{
    SR_CLEANUP(story_clear) struct story s = {0};
    CHECK(is_state(&s, SR_CHAIN_EMPTY));
}

static void offered_and_complete(void)
{
    SR_CLEANUP(story_clear) struct story s = {0};
    struct made *offer = offer_to(&s, &north, &south, 1, NULL);
    sign(offer);
    CHECK(is_state(&s, SR_CHAIN_OFFERED));
    struct made *accept = answer(&s, &south, SR_VERB_ACCEPT, 2, offer, offer);
    sign(accept);
    CHECK(is_state(&s, SR_CHAIN_COMPLETE));
    sign(record(&s, &north, accept, offer, offer));
    CHECK(is_state(&s, SR_CHAIN_COMPLETE));
    SR_AUTO(sr_chain) chain = chain_of(&s);
    struct sr_chain_verdict verdict;
    CHECK(sr_chain_verify(chain, north.card_digest, 1, &verdict, NULL) == SR_OK);
    CHECK(verdict.is_anchored && strcmp(verdict.first->card.origin, "north") == 0);
    CHECK(strcmp(verdict.custodian->card.origin, "south") == 0);
    /* To who does not know the first room's card by another way, nothing is proven. */
    CHECK(sr_chain_verify(chain, west.card_digest, 1, &verdict, NULL) == SR_OK);
    CHECK(!verdict.is_anchored);
    CHECK(sr_chain_verify(chain, NULL, 0, &verdict, NULL) == SR_OK && !verdict.is_anchored);
}

static void refused_leaves_the_custodian(void)
{
    SR_CLEANUP(story_clear) struct story s = {0};
    struct made *offer = offer_to(&s, &north, &south, 1, NULL);
    sign(offer);
    struct made *reject = answer(&s, &south, SR_VERB_REJECT, 2, offer, offer);
    sign(reject);
    SR_AUTO(sr_chain) chain = chain_of(&s);
    struct sr_chain_verdict verdict;
    CHECK(sr_chain_verify(chain, NULL, 0, &verdict, NULL) == SR_OK);
    CHECK(verdict.state == SR_CHAIN_REFUSED);
    CHECK(strcmp(verdict.custodian->card.origin, "north") == 0);
    /* Offered to another: the record of the refusal joins the two. */
    struct made *noted = record(&s, &north, reject, offer, offer);
    sign(noted);
    s.has_west_card = true;
    sign(offer_to(&s, &north, &west, 3, noted));
    CHECK(is_state(&s, SR_CHAIN_OFFERED));
}

static void goes_on_and_comes_back(void)
{
    SR_CLEANUP(story_clear) struct story s = {.has_west_card = true};
    struct made *one = offer_to(&s, &north, &south, 1, NULL);
    sign(one);
    struct sr_id first = s.handoff;
    struct made *accept = answer(&s, &south, SR_VERB_ACCEPT, 2, one, one);
    sign(accept);
    struct made *two = offer_to(&s, &south, &west, 3, accept);
    sign(two);
    struct made *accept_two = answer(&s, &west, SR_VERB_ACCEPT, 4, two, two);
    sign(accept_two);
    CHECK(is_state(&s, SR_CHAIN_COMPLETE));
    struct made *back = answer(&s, &west, SR_VERB_RETURN, 5, two, accept_two);
    sign(back);
    CHECK(is_state(&s, SR_CHAIN_RETURNED));
    struct made *noted = record(&s, &south, accept_two, two, two);
    sign(noted);
    struct made *had_back = record(&s, &south, back, two, noted);
    sign(had_back);
    CHECK(is_state(&s, SR_CHAIN_RETURNED));
    sign(next(&s, &south, SR_VERB_DISPOSE, 6, had_back));
    CHECK(is_state(&s, SR_CHAIN_DISPOSED));
    (void)first;
}

/* The pitfalls of handing over, one at a time. */

static void accept_of_another_offer(void)
{
    SR_CLEANUP(story_clear) struct story s = {0};
    struct made *offer = offer_to(&s, &north, &south, 1, NULL);
    sign(offer);
    struct made *accept = answer(&s, &south, SR_VERB_ACCEPT, 2, offer, offer);
    uint8_t other[SR_SHA256_BYTES] = {9};
    sr_act_set_digest(&accept->act, SR_FIELD_offer, other);
    sign(accept);
    CHECK(is_broken(&s, 1, "names an offer that is not there"));
}

static void other_subjects(void)
{
    SR_CLEANUP(story_clear) struct story s = {0};
    struct made *offer = offer_to(&s, &north, &south, 1, NULL);
    sign(offer);
    struct made *accept = answer(&s, &south, SR_VERB_ACCEPT, 2, offer, offer);
    accept->subject.sha256[0] ^= 1;
    sign(accept);
    CHECK(is_broken(&s, 1, "another version, or other files"));
}

/* A version is one subject: an act with two, in whatever order, is none. */
static void two_subjects(void)
{
    SR_CLEANUP(story_clear) struct story s = {0};
    SR_AUTO(sr_buf) text = NULL;
    struct made *offer = offer_to(&s, &north, &south, 1, NULL);
    struct sr_act_name both[2] = {offer->subject, offer->subject};
    both[1].name = sr_text_view("llama@2");
    offer->act.subjects = both;
    offer->act.subject_count = 2;
    CHECK(sr_buf_new(SR_ENVELOPE_BYTES_MAX, &text) == SR_OK);
    CHECK(sr_envelope_make(&offer->act, person, text, NULL, NULL) == SR_MALFORMED);
}

static void another_version(void)
{
    SR_CLEANUP(story_clear) struct story s = {0};
    struct made *offer = offer_to(&s, &north, &south, 1, NULL);
    sign(offer);
    struct made *accept = answer(&s, &south, SR_VERB_ACCEPT, 2, offer, offer);
    sr_act_set_id(&accept->act, SR_FIELD_version, &(struct sr_id){{7}});
    sign(accept);
    CHECK(is_broken(&s, 1, "another version, or other files"));
}

static void expired_offer(void)
{
    SR_CLEANUP(story_clear) struct story s = {0};
    struct made *offer = offer_to(&s, &north, &south, 1, NULL);
    sign(offer);
    struct made *accept = answer(&s, &south, SR_VERB_ACCEPT, 2, offer, offer);
    accept->act.time_utc_ms = NOW + 7 * DAY + 1;
    sign(accept);
    CHECK(is_broken(&s, 1, "expired"));
}

static void accept_before_its_offer(void)
{
    SR_CLEANUP(story_clear) struct story s = {0};
    struct made *offer = offer_to(&s, &north, &south, 1, NULL);
    sign(offer);
    struct made *accept = answer(&s, &south, SR_VERB_ACCEPT, 2, offer, offer);
    accept->act.time_utc_ms = offer->act.time_utc_ms - SR_CHAIN_SKEW_MS - 1;
    sign(accept);
    CHECK(is_broken(&s, 1, "before its offer"));
}

/* By somebody else, though the act says that it is the receiver's. */
static void accept_by_another_key(void)
{
    SR_CLEANUP(story_clear) struct story s = {0};
    struct made *offer = offer_to(&s, &north, &south, 1, NULL);
    sign(offer);
    struct made *accept = answer(&s, &south, SR_VERB_ACCEPT, 2, offer, offer);
    accept->by = &west;
    sign(accept);
    CHECK(is_broken(&s, 1, "not signed by the key on the card"));
}

/* The receiver has another key by now, and a card that says so: it is not the one that was offered
 * to. */
static void receiver_key_changed(void)
{
    SR_CLEANUP(story_clear) struct story s = {.has_west_card = true};
    struct party before = west;
    struct made *offer = offer_to(&s, &north, &south, 1, NULL);
    sign(offer);
    party_new(&west, "south");
    sr_buf_free(west.envelope);
    west.card.room = south.card.room;
    struct made *accept = answer(&s, &south, SR_VERB_ACCEPT, 2, offer, offer);
    accept->by = &west;
    sign(accept);
    sr_act_signer_free(west.signer);
    west = before;
    CHECK(is_broken(&s, 1, "not signed by the key on the card"));
}

static void accept_by_another_room(void)
{
    SR_CLEANUP(story_clear) struct story s = {.has_west_card = true};
    struct made *offer = offer_to(&s, &north, &south, 1, NULL);
    sign(offer);
    sign(answer(&s, &west, SR_VERB_ACCEPT, 2, offer, offer));
    CHECK(is_broken(&s, 1, "another room than the one whose turn"));
}

static void offer_by_who_has_it_not(void)
{
    SR_CLEANUP(story_clear) struct story s = {.has_west_card = true};
    struct made *offer = offer_to(&s, &north, &south, 1, NULL);
    sign(offer);
    struct made *accept = answer(&s, &south, SR_VERB_ACCEPT, 2, offer, offer);
    sign(accept);
    struct made *noted = record(&s, &north, accept, offer, offer);
    sign(noted);
    sign(offer_to(&s, &north, &west, 3, noted));
    CHECK(is_broken(&s, 3, "another room than the one whose turn"));
}

static void offer_without_the_receivers_card(void)
{
    SR_CLEANUP(story_clear) struct story s = {0};
    sign(offer_to(&s, &north, &west, 1, NULL));
    CHECK(is_broken(&s, 0, "card of the room it is for is missing"));
}

static void offer_that_names_another_origin(void)
{
    SR_CLEANUP(story_clear) struct story s = {0};
    struct made *offer = offer_to(&s, &north, &south, 1, NULL);
    sr_act_set_word(&offer->act, SR_FIELD_to, "east");
    sign(offer);
    CHECK(is_broken(&s, 0, "another room than its card says"));
}

static void lower_tier(void)
{
    SR_CLEANUP(story_clear) struct story s = {0};
    struct made *offer = offer_to(&s, &north, &south, 1, NULL);
    sign(offer);
    struct made *accept = answer(&s, &south, SR_VERB_ACCEPT, 2, offer, offer);
    sr_act_set_number(&accept->act, SR_FIELD_tier, 2);
    sign(accept);
    CHECK(is_broken(&s, 1, "lowers the tier"));
}

static void another_handoff(void)
{
    SR_CLEANUP(story_clear) struct story s = {0};
    struct made *offer = offer_to(&s, &north, &south, 1, NULL);
    sign(offer);
    struct made *accept = answer(&s, &south, SR_VERB_ACCEPT, 2, offer, offer);
    sr_act_set_id(&accept->act, SR_FIELD_handoff, &VERSION);
    sign(accept);
    CHECK(is_broken(&s, 1, "another handoff"));
}

static void two_accepts_are_a_fork(void)
{
    SR_CLEANUP(story_clear) struct story s = {0};
    struct made *offer = offer_to(&s, &north, &south, 1, NULL);
    sign(offer);
    sign(answer(&s, &south, SR_VERB_ACCEPT, 2, offer, offer));
    sign(answer(&s, &south, SR_VERB_ACCEPT, 2, offer, offer));
    CHECK(is_broken(&s, 2, "fork"));
    s.made[2].act.verb = SR_VERB_ACCEPT;
}

static void two_offers_at_one_number_are_a_fork(void)
{
    SR_CLEANUP(story_clear) struct story s = {.has_west_card = true};
    struct made *offer = offer_to(&s, &north, &south, 1, NULL);
    sign(offer);
    sign(offer_to(&s, &north, &west, 1, NULL));
    CHECK(is_broken(&s, 1, "fork"));
}

/* Each of two files is good; together they are not. */
static void forks_show_when_files_are_merged(void)
{
    SR_CLEANUP(story_clear) struct story a = {.has_west_card = true};
    SR_CLEANUP(story_clear) struct story b = {.has_west_card = true};
    struct sr_chain_verdict verdict;
    sign(offer_to(&a, &north, &south, 1, NULL));
    sign(offer_to(&b, &north, &west, 1, NULL));
    CHECK(is_state(&a, SR_CHAIN_OFFERED) && is_state(&b, SR_CHAIN_OFFERED));
    SR_AUTO(sr_chain) one = chain_of(&a);
    SR_AUTO(sr_chain) other = chain_of(&b);
    SR_AUTO(sr_chain) both = NULL;
    const struct sr_chain *list[] = {one, other};
    CHECK(sr_chain_merge(list, 2, &both, NULL) == SR_OK);
    CHECK(sr_chain_event_count(both) == 2 && sr_chain_card_count(both) == 3);
    CHECK(sr_chain_verify(both, NULL, 0, &verdict, NULL) == SR_OK);
    CHECK(verdict.state == SR_CHAIN_BROKEN && strstr(verdict.reason, "fork") != NULL);
    const struct sr_chain *twice[] = {one, one};
    SR_AUTO(sr_chain) same = NULL;
    CHECK(sr_chain_merge(twice, 2, &same, NULL) == SR_OK && sr_chain_event_count(same) == 1);
}

static void order_and_omission(void)
{
    SR_CLEANUP(story_clear) struct story s = {.has_west_card = true};
    struct made *one = offer_to(&s, &north, &south, 1, NULL);
    sign(one);
    struct made *accept = answer(&s, &south, SR_VERB_ACCEPT, 2, one, one);
    sign(accept);
    struct made *two = offer_to(&s, &south, &west, 3, accept);
    sign(two);
    struct story t = s;
    t.made[0] = s.made[1];
    t.made[1] = s.made[0];
    CHECK(is_broken(&t, 0, "names an offer that is not there"));
    t = s;
    t.made[1] = s.made[2];
    t.count = 2;
    CHECK(is_broken(&t, 1, "another room than the one whose turn"));
    t = s;
    t.made[0] = s.made[2];
    t.count = 1;
    CHECK(is_broken(&t, 0, "events before it are missing"));
    t = s;
    t.made[2] = s.made[1];
    CHECK(is_broken(&t, 2, "the same event twice"));
}

static void a_number_left_out(void)
{
    SR_CLEANUP(story_clear) struct story s = {0};
    struct made *offer = offer_to(&s, &north, &south, 1, NULL);
    sign(offer);
    sign(answer(&s, &south, SR_VERB_ACCEPT, 3, offer, offer));
    CHECK(is_broken(&s, 1, "event 3, after event 1"));
}

static void a_second_offer_while_one_is_open(void)
{
    SR_CLEANUP(story_clear) struct story s = {.has_west_card = true};
    struct made *one = offer_to(&s, &north, &south, 1, NULL);
    sign(one);
    struct made *two = offer_to(&s, &north, &west, 2, one);
    sign(two);
    CHECK(is_broken(&s, 1, "still open"));
    SR_CLEANUP(story_clear) struct story t = {.has_west_card = true};
    one = offer_to(&t, &north, &south, 1, NULL);
    sign(one);
    two = offer_to(&t, &north, &west, 2, one);
    two->act.time_utc_ms = NOW + 7 * DAY + 1;
    sr_act_set_number(&two->act, SR_FIELD_until, (uint64_t)(NOW + 9 * DAY));
    sign(two);
    CHECK(is_state(&t, SR_CHAIN_OFFERED));
}

static void other_results(void)
{
    SR_CLEANUP(story_clear) struct story s = {0};
    struct made *offer = offer_to(&s, &north, &south, 1, NULL);
    sign(offer);
    struct made *accept = answer(&s, &south, SR_VERB_ACCEPT, 2, offer, offer);
    sign(accept);
    sr_buf_clear(accept->results);
    CHECK(sr_buf_append(accept->results, sr_text_view("{\"verdict\":\"pass\"}")) == SR_OK);
    CHECK(is_broken(&s, 1, "results with it are not those"));
}

/* The giver claims an answer that it did not get. */
static void record_of_nothing(void)
{
    SR_CLEANUP(story_clear) struct story s = {0};
    struct made *offer = offer_to(&s, &north, &south, 1, NULL);
    sign(offer);
    struct made *claim = answer(&s, &north, SR_VERB_ACCEPT, 2, offer, offer);
    sign(claim);
    CHECK(is_broken(&s, 1, "records an answer that is not there"));
}

static void record_of_another_answer(void)
{
    SR_CLEANUP(story_clear) struct story s = {0};
    struct made *offer = offer_to(&s, &north, &south, 1, NULL);
    sign(offer);
    struct made *accept = answer(&s, &south, SR_VERB_ACCEPT, 2, offer, offer);
    sign(accept);
    struct made *wrong = record(&s, &north, offer, offer, offer);
    wrong->act.verb = SR_VERB_ACCEPT;
    sign(wrong);
    CHECK(is_broken(&s, 2, "records another answer"));
}

static void nothing_after_disposition(void)
{
    SR_CLEANUP(story_clear) struct story s = {0};
    struct made *gone = next(&s, &north, SR_VERB_DISPOSE, 1, NULL);
    sign(gone);
    CHECK(is_state(&s, SR_CHAIN_DISPOSED));
    sign(offer_to(&s, &north, &south, 2, gone));
    CHECK(is_broken(&s, 1, "after the version's disposition"));
}

static void other_verbs(void)
{
    SR_CLEANUP(story_clear) struct story s = {0};
    struct made *m = next(&s, &north, SR_VERB_EXPORT, 1, NULL);
    m->act.has = 0;
    sr_act_set_word(&m->act, SR_FIELD_artifact, "llama");
    sr_act_set_number(&m->act, SR_FIELD_number, 1);
    sr_act_set_id(&m->act, SR_FIELD_version, &VERSION);
    sr_act_set_word(&m->act, SR_FIELD_to, "/tmp/x");
    sign(m);
    CHECK(is_broken(&s, 0, "no event of a handoff"));
}

static enum sr_status decode(struct sr_bytes text)
{
    SR_AUTO(sr_chain) chain = NULL;
    return sr_chain_decode(text, &chain, NULL);
}

/* Two statements in one event: what is read must be what both have signed. */
static void the_room_signed_something_else(void)
{
    SR_CLEANUP(story_clear) struct story s = {0};
    struct sr_bytes cards[1] = {sr_buf_view(north.envelope)};
    SR_AUTO(sr_buf) text = NULL;
    sign(offer_to(&s, &north, &south, 1, NULL));
    sign(offer_to(&s, &north, &south, 1, NULL));
    struct sr_chain_part part = part_of(&s.made[0]);
    part.room = sr_buf_view(s.made[1].by_room);
    CHECK(sr_buf_new(SR_CHAIN_BYTES_MAX, &text) == SR_OK);
    CHECK(sr_chain_encode(cards, 1, &part, 1, text) == SR_OK);
    CHECK(decode(sr_buf_view(text)) == SR_MALFORMED);
}

/* Two signatures in one envelope, be they by one key or two: which one is looked at? */
static void two_signatures_in_one_envelope(void)
{
    SR_CLEANUP(story_clear) struct story s = {0};
    struct sr_bytes cards[1] = {sr_buf_view(north.envelope)};
    SR_AUTO(sr_buf) text = NULL;
    SR_AUTO(sr_buf) twice = NULL;
    sign(offer_to(&s, &north, &south, 1, NULL));
    struct sr_bytes one = sr_buf_view(s.made[0].by_room);
    CHECK(sr_buf_new(SR_ENVELOPE_BYTES_MAX, &twice) == SR_OK);
    const uint8_t *list = memmem(one.ptr, one.len, "[{", 2);
    CHECK(list != NULL && one.ptr[one.len - 1] == '}' && one.ptr[one.len - 2] == ']');
    struct sr_bytes signature = sr_bytes(list + 1, (size_t)(one.ptr + one.len - 2 - (list + 1)));
    CHECK(sr_buf_append(twice, sr_bytes(one.ptr, one.len - 2)) == SR_OK);
    CHECK(sr_buf_append(twice, sr_text_view(",")) == SR_OK);
    CHECK(sr_buf_append(twice, signature) == SR_OK);
    CHECK(sr_buf_append(twice, sr_text_view("]}")) == SR_OK);
    struct sr_chain_part part = {.act = sr_buf_view(twice)};
    CHECK(sr_buf_new(SR_CHAIN_BYTES_MAX, &text) == SR_OK);
    CHECK(sr_chain_encode(cards, 1, &part, 1, text) == SR_OK);
    CHECK(decode(sr_buf_view(text)) == SR_MALFORMED);
}

static void refuses_what_is_no_chain(void)
{
    static const struct {
        const char *text;
        enum sr_status status;
    } CASES[] = {
        {"{\"cards\":[],\"events\":[],\"format\":1}", SR_OK},
        {"{\"cards\":[],\"events\":[],\"format\":2}", SR_UNSUPPORTED},
        {"{\"cards\":[], \"events\":[],\"format\":1}", SR_MALFORMED},
        {"{\"cards\":[],\"events\":[]}", SR_MALFORMED},
        {"{\"cards\":[],\"events\":[{}],\"format\":1}", SR_MALFORMED},
        {"{\"cards\":[],\"events\":[{\"act\":\"\"}],\"format\":1}", SR_MALFORMED},
        {"{\"cards\":[],\"events\":[{\"act\":\"e30=\"}],\"format\":1}", SR_MALFORMED},
        {"{\"cards\":[\"e30=\"],\"events\":[],\"format\":1}", SR_MALFORMED},
        {"{\"cards\":[1],\"events\":[],\"format\":1}", SR_MALFORMED},
        {"{\"cards\":{},\"events\":[],\"format\":1}", SR_MALFORMED},
        {"{\"cards\":[],\"events\":[],\"format\":1,\"x\":1}", SR_MALFORMED},
        {"", SR_MALFORMED},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        enum sr_status status = decode(sr_text_view(CASES[i].text));
        CHECK(status == CASES[i].status);
        if (status != CASES[i].status) {
            printf("# case %zu: %s\n", i, sr_status_info(status)->slug);
        }
    }
    SR_AUTO(sr_buf) text = NULL;
    struct sr_chain_part none = {0};
    CHECK(sr_buf_new(1024, &text) == SR_OK);
    CHECK(sr_chain_encode_event(&none, text) == SR_MALFORMED);
}

static void run_good(void)
{
    RUN(nothing_is_empty);
    RUN(offered_and_complete);
    RUN(refused_leaves_the_custodian);
    RUN(goes_on_and_comes_back);
}

static void run_answers(void)
{
    RUN(accept_of_another_offer);
    RUN(other_subjects);
    RUN(two_subjects);
    RUN(another_version);
    RUN(expired_offer);
    RUN(accept_before_its_offer);
    RUN(accept_by_another_key);
    RUN(receiver_key_changed);
    RUN(accept_by_another_room);
    RUN(lower_tier);
    RUN(another_handoff);
    RUN(other_results);
    RUN(record_of_nothing);
    RUN(record_of_another_answer);
}

static void run_order(void)
{
    RUN(offer_by_who_has_it_not);
    RUN(offer_without_the_receivers_card);
    RUN(offer_that_names_another_origin);
    RUN(two_accepts_are_a_fork);
    RUN(two_offers_at_one_number_are_a_fork);
    RUN(forks_show_when_files_are_merged);
    RUN(order_and_omission);
    RUN(a_number_left_out);
    RUN(a_second_offer_while_one_is_open);
    RUN(nothing_after_disposition);
    RUN(other_verbs);
}

int main(void)
{
    party_new(&north, "north");
    party_new(&south, "south");
    party_new(&west, "west");
    person = new_signer(NULL);
    run_good();
    run_answers();
    run_order();
    RUN(the_room_signed_something_else);
    RUN(two_signatures_in_one_envelope);
    RUN(refuses_what_is_no_chain);
    sr_act_signer_free(person);
    party_clear(&north);
    party_clear(&south);
    party_clear(&west);
    return check_done();
}
