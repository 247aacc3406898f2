/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_TESTS_SAMPLE_ACT_H
#define SR_TESTS_SAMPLE_ACT_H

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "acts/act.h"

/*
 * Acts of every verb, built from the tables alone: all fields that the verb must have, each with
 * some value of its type. What a test wants to be otherwise it sets afterwards, and calls
 * sample_act_finish(), which makes the subject anew.
 */
#define SAMPLE_ITEMS 70

struct sample_act {
    struct sr_act act;
    struct sr_act_name subject;
    char subject_name[SR_ACT_SUBJECT_NAME_BYTES];
    char text[8192];
    char names[SAMPLE_ITEMS][8];
    struct sr_bytes texts[SAMPLE_ITEMS];
    struct sr_id ids[SAMPLE_ITEMS];
    struct sr_act_name digests[SAMPLE_ITEMS];
};

static const uint8_t SAMPLE_DIGEST[SR_SHA256_BYTES] = {0xab, 0xcd, 0xef};

/* Set a field of whatever type: a text of size bytes, the number size, a list of size items. */
static inline void sample_act_set(struct sample_act *s, enum sr_act_field field, uint64_t size)
{
    static const struct sr_id id = {.bytes = {0x1d}};
    switch (sr_field_info(field)->type) {
    case SR_FIELD_TYPE_TEXT:
        assert(size <= sizeof s->text);
        sr_act_set_text(&s->act, field, sr_bytes(s->text, size));
        return;
    case SR_FIELD_TYPE_NUMBER:
    case SR_FIELD_TYPE_TIME:
    case SR_FIELD_TYPE_FLAG:
        sr_act_set_number(&s->act, field, size);
        return;
    case SR_FIELD_TYPE_DIGEST:
        sr_act_set_digest(&s->act, field, SAMPLE_DIGEST);
        return;
    case SR_FIELD_TYPE_ID:
        sr_act_set_id(&s->act, field, &id);
        return;
    case SR_FIELD_TYPE_TEXTS:
        assert(size <= SAMPLE_ITEMS);
        sr_act_set_texts(&s->act, field, s->texts, size);
        return;
    case SR_FIELD_TYPE_IDS:
        assert(size <= SAMPLE_ITEMS);
        sr_act_set_ids(&s->act, field, s->ids, size);
        return;
    case SR_FIELD_TYPE_DIGESTS:
    default:
        assert(size <= SAMPLE_ITEMS);
        sr_act_set_digests(&s->act, field, s->digests, size);
        return;
    }
}

static inline void sample_act_finish(struct sample_act *s)
{
    enum sr_status status = sr_act_subject(&s->act, SAMPLE_DIGEST, s->subject_name, &s->subject);
    (void)status; /* a test that takes away what it is made of keeps the old one */
}

/* asked: of a REQUEST; else not looked at. */
static inline void sample_act(struct sample_act *s, enum sr_verb verb, enum sr_verb asked)
{
    *s = (struct sample_act){0};
    memset(s->text, 'x', sizeof s->text);
    for (size_t i = 0; i < SAMPLE_ITEMS; i++) {
        (void)snprintf(s->names[i], sizeof s->names[i], "n%03zu", i);
        s->texts[i] = sr_text_view(s->names[i]);
        s->ids[i].bytes[0] = (uint8_t)i;
        s->digests[i] = (struct sr_act_name){.name = s->texts[i], .sha256 = {(uint8_t)i}};
    }
    s->act = (struct sr_act){
        .verb = verb,
        .room = {.bytes = {0x40}},
        .actor = sr_text_view("alice"),
        .time_utc_ms = 1700000000000,
        .nonce = {0x4e},
        .ledger_size = 7,
        .ledger_root = {0x70},
        .subjects = &s->subject,
        .subject_count = 1,
    };
    uint64_t must = sr_verb_info(verb)->must;
    if (verb == SR_VERB_REQUEST) {
        must |= sr_verb_info(asked)->must & ~sr_verb_info(asked)->open;
    }
    if (sr_verb_info(verb)->group != SR_VERB_GROUP_SYSTEM) {
        s->act.policy[0] = 0x90;
    }
    for (unsigned i = 0; i < SR_FIELD_COUNT; i++) {
        if ((must >> i & 1) != 0) {
            sample_act_set(s, (enum sr_act_field)i, 1);
        }
    }
    if (verb == SR_VERB_REQUEST) {
        sr_act_set_word(&s->act, SR_FIELD_what, sr_verb_info(asked)->word);
    }
    sample_act_finish(s);
}

#endif /* SR_TESTS_SAMPLE_ACT_H */
