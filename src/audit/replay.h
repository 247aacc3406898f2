/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_AUDIT_REPLAY_H
#define SR_AUDIT_REPLAY_H

#include "audit/pack.h"
#include "ledger/vkey.h"
#include "policy/decide.h"

/*
 * Everything a room has ever decided, decided again from its evidence pack and nothing else: each
 * leaf, signature, time and root is verified, each act is decided by the policy that was in force,
 * and the state is built from those that were allowed. Lines are verified side by side on all cores
 * and judged in order. No network, no room, no clock.
 *
 * What is believed beforehand is the room's vkey, and what else the auditor brings: witnesses, and
 * checkpoints that were seen earlier. Who has the room's key can write another history from the
 * start; only these, and the people's own signatures, contradict it.
 * source  docs/auditing.md
 */

enum sr_replay_finding {
#define FINDING(name, slug, text) SR_FOUND_##name,
#include "audit/findings.def"
#undef FINDING
    SR_FOUND_COUNT
};
const char *sr_replay_finding_slug(enum sr_replay_finding finding);
const char *sr_replay_finding_text(enum sr_replay_finding finding);

/* A checkpoint that was seen earlier, elsewhere. */
struct sr_replay_seen {
    uint64_t size;
    uint8_t root[SR_SHA256_BYTES];
};

/* One act, before it is judged, in order. Valid during the call. Nothing of it is to be believed
 * until the replay is through. */
struct sr_replay_act {
    const struct sr_entry *entry;
    const struct sr_act *act;
    const struct sr_state *before; /* without it */
};

#define SR_REPLAY_WITNESSES_MAX 64
#define SR_REPLAY_THREADS_MAX 256
/* What all texts of one pack may take in memory. */
#define SR_REPLAY_TEXTS_BYTES_MAX ((size_t)1 << 30)

struct sr_replay_options {
    const struct sr_vkey *key; /* of the room; NULL: the pack's own, which proves nothing of whose
                                  it is */
    const struct sr_vkey *const *witness; /* that have to have cosigned the checkpoint */
    size_t witnesses;                     /* 0..SR_REPLAY_WITNESSES_MAX */
    const struct sr_replay_seen *seen;    /* that the ledger has to lead on from */
    size_t seen_count;
    unsigned threads;                                         /* 0: as many as there are cores */
    void (*on_act)(void *ctx, const struct sr_replay_act *a); /* may be NULL */
    void *ctx;
};

#define SR_REPLAY_WORD_BYTES 32
#define SR_REPLAY_NAME_BYTES 256
#define SR_REPLAY_KEY_BYTES 384

struct sr_replay_witness {
    char name[SR_REPLAY_NAME_BYTES]; /* printable */
    bool has_signed;
    uint64_t utc_s;
};

struct sr_replay_report {
    enum sr_replay_finding finding;
    uint64_t seq;                     /* of the first act that is not consistent; 0: not of one */
    char verb[SR_REPLAY_WORD_BYTES];  /* of it; "" when that is not known, as the next two */
    char actor[SR_REPLAY_NAME_BYTES]; /* printable */
    int64_t time_utc_ms;
    char why[SR_ERR_MESSAGE_BYTES];
    bool is_own_key; /* nobody said what the key should be */
    struct sr_id room;
    char origin[SR_REPLAY_NAME_BYTES]; /* printable */
    char key[SR_REPLAY_KEY_BYTES];     /* the vkey that was believed; printable */
    uint64_t acts;                     /* that were shown and judged */
    uint64_t refused;                  /* among them */
    uint64_t withheld;
    uint64_t since;
    uint64_t signatures; /* that were verified, of acts */
    uint64_t size;       /* of the checkpoint */
    uint8_t root[SR_SHA256_BYTES];
    int64_t first_utc_ms; /* times of the first and last act; 0: none */
    int64_t last_utc_ms;
    size_t witnesses;
    struct sr_replay_witness witness[SR_REPLAY_WITNESSES_MAX];
};

/*
 * Replay a pack. All of it is hostile.
 *
 * out_state  the state after the last act; may be NULL. Only when OK.
 * out        also filled, as far as it came, when it fails; may not be NULL
 * errors     UNTRUSTED  not consistent: out has the first finding, err its words
 *            MALFORMED, TRUNCATED, UNSUPPORTED, TOO_LARGE  not a pack
 *            IO, NO_MEMORY, INTERNAL
 */
enum sr_status sr_replay(const struct sr_pack_source *source,
                         const struct sr_replay_options *options, struct sr_state **out_state,
                         struct sr_replay_report *out, struct sr_err *err) SR_MUST_USE;

/* "SIZE:ROOT", the root in hexadecimal or base64. text is hostile. errors  MALFORMED, NO_MEMORY */
enum sr_status sr_replay_seen_parse(struct sr_bytes text, struct sr_replay_seen *out,
                                    struct sr_err *err) SR_MUST_USE;
/*
 * From what an auditor kept: a checkpoint, or a whole pack, whose last one it is. It is not
 * verified: it says what was seen.
 * errors  MALFORMED, TRUNCATED, TOO_LARGE, UNSUPPORTED, IO, NO_MEMORY
 */
enum sr_status sr_replay_seen_note(struct sr_bytes data, struct sr_replay_seen *out,
                                   struct sr_err *err) SR_MUST_USE;
enum sr_status sr_replay_seen_pack(const struct sr_pack_source *source, struct sr_replay_seen *out,
                                   struct sr_err *err) SR_MUST_USE;

#endif /* SR_AUDIT_REPLAY_H */
