/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_TESTS_POLICY_HISTORY_H
#define SR_TESTS_POLICY_HISTORY_H

#include "acts/roster.h"
#include "policy/decide.h"

/*
 * The plain list of all acts that were allowed, oldest first: all that the oracle and the
 * invariants look at. Nothing is indexed, nothing is summed up.
 */
#define HISTORY_MAX 256
#define HISTORY_FINGERPRINT_BYTES 64

struct entry {
    struct sr_act_text *text; /* the history's */
    const struct sr_act *act; /* of text */
    uint8_t digest[SR_SHA256_BYTES];
    char fingerprint[HISTORY_FINGERPRINT_BYTES]; /* of the key that signed */
    bool is_room;
    struct sr_act_proof proof;
    int64_t time_utc_ms;
    struct sr_roster roster[8]; /* INIT: the first people, taken apart */
    size_t rosters;
    struct sr_policy *policy; /* INIT, ADOPT, POLICY: a copy of its own, the history's */
};

struct history {
    struct entry entry[HISTORY_MAX];
    size_t count;
};

/* Take the roster of an act of INIT apart into e; false when it has a line that is none. */
bool history_read_roster(struct entry *e, const struct sr_act *act);
void history_clear(struct history *h);

/* One text of keys, made once for all worlds: real key lines, so that they decode. */
#define KEYS_PLAIN 40
#define KEYS_HARDWARE 16
#define ROOM_KEY (KEYS_PLAIN - 1) /* nobody else has it */
#define KEYS (KEYS_PLAIN + KEYS_HARDWARE)
/* The last plain keys, of the room and of people, once more in another spelling. */
#define KEYS_TWINS 30
#define KEYS_AND_TWINS (KEYS + KEYS_TWINS)
struct test_key {
    char line[160];
    char fingerprint[HISTORY_FINGERPRINT_BYTES];
    bool is_hardware;
};
const struct test_key *keys_make(void);
/* Whether the keys will have to sign; before a history begins. */
void keys_spell(bool for_signing);
/* Who signs with a plain key. The caller frees it. */
struct sr_act_signer *keys_signer(size_t index);
/* Which key a line is, in whatever spelling: an index; KEYS_AND_TWINS: none. */
size_t keys_identity(struct sr_bytes line);
/* The fingerprint of a key's line; "" when it is none of the keys. */
const char *keys_fingerprint(struct sr_bytes line);

#endif /* SR_TESTS_POLICY_HISTORY_H */
