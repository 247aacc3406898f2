/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_TESTS_PEOPLE_H
#define SR_TESTS_PEOPLE_H

#include "acts/envelope.h"
#include "acts/roster.h"
#include "tests/room.h"

/* A room with people in it, each with a key that follows from a number. */

#define PEOPLE_MAX 8

struct person {
    const char *name;
    const char *roles; /* "officer,security" */
    struct sr_act_signer *signer;
    struct sr_custody_as as;
};

/* The signer of key number n; the same one for the same number. */
static inline struct sr_act_signer *people_key(unsigned n)
{
    struct sr_act_signer *out = NULL;
    struct sr_signer *plain = NULL;
    SR_AUTO(sr_secret) seed = NULL;
    enum sr_status status = sr_secret_new(SR_SIGN_SEED_BYTES, &seed, NULL);
    assert(status == SR_OK);
    memset(sr_secret_bytes(seed), (int)n + 1, SR_SIGN_SEED_BYTES);
    status = sr_signer_ed25519(seed, &plain, NULL);
    assert(status == SR_OK);
    status = sr_act_signer_plain(plain, &out, NULL);
    assert(status == SR_OK);
    (void)status;
    return out;
}

static inline void people_clear(struct person *people, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        sr_act_signer_free(people[i].signer);
        people[i].signer = NULL;
    }
}

/* Their keys, and a line of the roster for each. */
static inline void people_meet(struct person *people, size_t count, struct sr_buf *text,
                               struct sr_bytes *lines)
{
    size_t begin[PEOPLE_MAX + 1] = {0};
    assert(count <= PEOPLE_MAX);
    for (size_t i = 0; i < count; i++) {
        struct sr_roster line = {.name = sr_text_view(people[i].name)};
        people[i].signer = people_key((unsigned)i);
        people[i].as = (struct sr_custody_as){.name = people[i].name, .signer = people[i].signer};
        line.key = sr_text_view(sr_act_key_line(people[i].signer->key));
        for (const char *at = people[i].roles; *at != '\0';) {
            size_t len = strcspn(at, ",");
            line.role[line.roles++] = sr_bytes(at, len);
            at += len + (at[len] == ',');
        }
        enum sr_status status = sr_roster_put(&line, text);
        assert(status == SR_OK);
        (void)status;
        begin[i + 1] = sr_buf_view(text).len;
    }
    for (size_t i = 0; i < count; i++) {
        lines[i] = sr_bytes(sr_buf_view(text).ptr + begin[i], begin[i + 1] - begin[i]);
    }
}

/* A fresh room "<dir>/<name>" of these people under a policy; open and unlocked. */
static inline struct sr_room *people_room(const char *dir, const char *name, struct person *people,
                                          size_t count, const char *policy)
{
    SR_AUTO(sr_secret) passphrase = room_secret(ROOM_PASSPHRASE);
    SR_AUTO(sr_buf) text = NULL;
    struct sr_bytes lines[PEOPLE_MAX];
    struct sr_err err = {0};
    enum sr_status status = sr_buf_new(65536, &text);
    assert(status == SR_OK);
    people_meet(people, count, text, lines);
    const struct sr_room_founding founding = {
        .roster = lines, .roster_count = count, .policy = sr_text_view(policy)};
    status = sr_room_create(room_path(dir, name), ROOM_ACTOR, passphrase, &founding, &err);
    if (status != SR_OK) {
        printf("# %s\n", err.message);
        abort();
    }
    return room_open(dir, name);
}

#endif /* SR_TESTS_PEOPLE_H */
