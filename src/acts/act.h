/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ACTS_ACT_H
#define SR_ACTS_ACT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/text.h"
#include "crypto/hash.h"

/*
 * An act: somebody says that something shall be so. It is an in-toto Statement v1 in canonical JSON
 * (RFC 8785), and its digest, the SHA-256 of those bytes, is its name everywhere: what is signed is
 * what is named is what is decided. What verbs and fields there are is in verbs.def and fields.def
 * and nowhere else. Pure.
 * source  in-toto Attestation Framework, Statement v1; docs/formats/act.md (rules AC-n)
 */

enum sr_field_type {
    SR_FIELD_TYPE_TEXT,
    SR_FIELD_TYPE_NUMBER,
    SR_FIELD_TYPE_TIME,
    SR_FIELD_TYPE_DIGEST,
    SR_FIELD_TYPE_ID,
    SR_FIELD_TYPE_FLAG,
    SR_FIELD_TYPE_TEXTS,
    SR_FIELD_TYPE_IDS,
    SR_FIELD_TYPE_DIGESTS
};

enum sr_act_field {
#define FIELD(name, type, max, text) SR_FIELD_##name,
#include "acts/fields.def"
#undef FIELD
    SR_FIELD_COUNT
};
#define SR_FIELD_BIT(name) (UINT64_C(1) << SR_FIELD_##name)

struct sr_field_info {
    const char *name; /* in JSON */
    enum sr_field_type type;
    int64_t max;      /* fields.def */
    const char *text; /* what it says */
};
/* Valid for every enum value. Static. */
const struct sr_field_info *sr_field_info(enum sr_act_field field);

enum sr_verb_group {
    SR_VERB_GROUP_SYSTEM,
    SR_VERB_GROUP_RECORD,
    SR_VERB_GROUP_ACT,
    SR_VERB_GROUP_REVIEW
};
enum sr_verb_about {
    SR_VERB_ABOUT_ROOM,
    SR_VERB_ABOUT_VERSION,
    SR_VERB_ABOUT_PRINCIPAL,
    SR_VERB_ABOUT_REQUEST,
    SR_VERB_ABOUT_POLICY
};

enum sr_verb {
#define VERB(name, word, group, about, changes, must, may, open, title) SR_VERB_##name,
#include "acts/verbs.def"
#undef VERB
    SR_VERB_COUNT
};

struct sr_verb_info {
    const char *word;
    enum sr_verb_group group;
    enum sr_verb_about about;
    bool changes;
    uint64_t must; /* SR_FIELD_BIT()s */
    uint64_t may;  /* beside must, with what verbs.def says that all of the group may have */
    uint64_t open; /* of both: what a request may leave open */
    const char *title;
};
/* Valid for every enum value. Static. */
const struct sr_verb_info *sr_verb_info(enum sr_verb verb);
/* word is hostile; false when there is none of that word. */
bool sr_verb_from_word(struct sr_bytes word, enum sr_verb *out);
/* The field of that name in JSON; false when there is none. name is hostile. */
bool sr_field_from_name(struct sr_bytes name, enum sr_act_field *out);
/* Whether plaintext leaves custody by it: EXPORT, READ, USE. */
bool sr_verb_releases(enum sr_verb verb);

/* Of a statement: in base64, with its signature, it has to go into SR_ENVELOPE_BYTES_MAX. */
#define SR_ACT_BYTES_MAX 47104
#define SR_ACT_ACTOR_BYTES_MAX 127
#define SR_ACT_ITEM_BYTES_MAX 2048
#define SR_ACT_ITEM_NAME_BYTES_MAX 63 /* of DIGESTS; printable ASCII */
#define SR_ACT_SUBJECTS_MAX 1         /* with more, two readers could look at different ones */
#define SR_ACT_NONCE_BYTES 16

struct sr_act_name { /* an entry of DIGESTS, or a subject */
    struct sr_bytes name;
    uint8_t sha256[SR_SHA256_BYTES];
};

struct sr_act_value { /* which member counts is said by the field's type */
    union {
        struct sr_bytes text;            /* TEXT */
        uint64_t number;                 /* NUMBER, TIME, FLAG (1) */
        struct sr_id id;                 /* ID */
        uint8_t digest[SR_SHA256_BYTES]; /* DIGEST */
        struct {
            union {
                const struct sr_bytes *texts;      /* TEXTS */
                const struct sr_id *ids;           /* IDS */
                const struct sr_act_name *digests; /* DIGESTS */
            };
            size_t count; /* of these three */
        };
    };
};

/*
 * One act. Texts and lists are borrowed: from the caller, or from the sr_act_text that it was
 * decoded from. Start from all zero.
 */
struct sr_act {
    enum sr_verb verb;
    struct sr_id room;
    struct sr_bytes actor; /* name of a principal; of an act of the room: who was at it */
    int64_t time_utc_ms;
    uint8_t nonce[SR_ACT_NONCE_BYTES];
    uint8_t policy[SR_SHA256_BYTES]; /* digest of the policy the actor saw; all zero, and not in the
                                        statement, of verbs of group SYSTEM and of no other */
    uint64_t ledger_size;            /* of the last checkpoint the actor saw; 0: none */
    uint8_t ledger_root[SR_SHA256_BYTES]; /* its root; all zero when ledger_size is 0 */
    const struct sr_act_name *subjects;   /* exactly one; see sr_act_subject() */
    size_t subject_count;
    uint64_t has; /* which fields: SR_FIELD_BIT()s */
    struct sr_act_value field[SR_FIELD_COUNT];
};

static inline bool sr_act_has(const struct sr_act *act, enum sr_act_field field)
{
    return (act->has >> field & 1) != 0;
}

/* Setters for who builds an act; each demands the field's type (asserted). Values are checked when
 * it is encoded. */
void sr_act_set_text(struct sr_act *act, enum sr_act_field field, struct sr_bytes text);
void sr_act_set_word(struct sr_act *act, enum sr_act_field field,
                     const char *text); /* NUL-terminated */
void sr_act_set_number(struct sr_act *act, enum sr_act_field field,
                       uint64_t number); /* and TIME, FLAG */
void sr_act_set_id(struct sr_act *act, enum sr_act_field field, const struct sr_id *id);
void sr_act_set_digest(struct sr_act *act, enum sr_act_field field,
                       const uint8_t digest[SR_SHA256_BYTES]);
void sr_act_set_texts(struct sr_act *act, enum sr_act_field field, const struct sr_bytes *texts,
                      size_t count);
void sr_act_set_ids(struct sr_act *act, enum sr_act_field field, const struct sr_id *ids,
                    size_t count);
void sr_act_set_digests(struct sr_act *act, enum sr_act_field field,
                        const struct sr_act_name *digests, size_t count);

/*
 * What the one subject of an act is, so that there is one way to name it: of a verb about the room
 * "room" and SHA-256 of the room's 16 bytes; "principal:NAME" and SHA-256 of NAME; "request" and
 * the request's digest; "policy" and the new policy's digest; of a version "NAME@NUMBER" and the
 * digest of its manifest. A REQUEST has the subject of what it asks for. sr_act_encode() and
 * sr_act_decode() see to it for all but the digest of versions, which only the catalog knows.
 *
 * act       room and fields are set
 * digest    of the version's manifest; not looked at for other verbs
 * name_out  where the subject's name is written
 * errors    MALFORMED  the fields that it is made of are not there; NO_MEMORY, INTERNAL
 */
#define SR_ACT_SUBJECT_NAME_BYTES 160
enum sr_status sr_act_subject(const struct sr_act *act, const uint8_t *digest,
                              char name_out[SR_ACT_SUBJECT_NAME_BYTES],
                              struct sr_act_name *out) SR_MUST_USE;
/* What an act is about: of its verb, or, of a REQUEST, of the verb that it asks for (ROOM when that
 * is none). */
enum sr_verb_about sr_act_about(const struct sr_act *act);
/* The verb that a REQUEST asks for; false when it is none that can be asked for. */
bool sr_act_asked_verb(const struct sr_act *request, enum sr_verb *out);

/*
 * Append the statement. Deterministic.
 * errors  MALFORMED  a field breaks fields.def or verbs.def, or the subject is not the act's; err
 *                    names it
 *         TOO_LARGE  over SR_ACT_BYTES_MAX, or out's limit
 *         NO_MEMORY, INTERNAL
 */
enum sr_status sr_act_encode(const struct sr_act *act, struct sr_buf *out,
                             struct sr_err *err) SR_MUST_USE;

/* A decoded act with the memory it points into. */
struct sr_act_text;
/*
 * Decode a statement, which has to be canonical to the byte. statement is hostile and is copied.
 *
 * errors  MALFORMED    not such a statement: unknown verb or member, a field that the verb does not
 *                      have, one that is missing, a value outside its range; err names it
 *         UNSUPPORTED  another predicateType or format, numbers with a fraction
 *         TOO_LARGE, NO_MEMORY, INTERNAL
 */
enum sr_status sr_act_decode(struct sr_bytes statement, struct sr_act_text **out,
                             struct sr_err *err) SR_MUST_USE;
void sr_act_text_free(struct sr_act_text *t);
SR_DEFINE_AUTO(sr_act_text)
/* Valid as long as t. */
const struct sr_act *sr_act_text_view(const struct sr_act_text *t);
struct sr_bytes sr_act_text_statement(const struct sr_act_text *t);
const uint8_t *
sr_act_text_digest(const struct sr_act_text *t); /* SR_SHA256_BYTES: the act's name */

/*
 * Whether an act is what a request asks for: request is of the verb REQUEST, its "what" is act's
 * verb, room and subject are equal, and every field that one of them has the other has too, with
 * the same value, but for
 *     request          of the act
 *     what, break_glass, and of lasts_ms, host, workload, bytes, files those that the verb does not
 *                      have: terms of the request
 *     reason, ticket   each may have its own
 *     open fields      (verbs.def) that the request does not have: left to the act
 * The actor is for the policy. err says which field differs. errors  DENIED  it is not
 */
enum sr_status sr_act_fits_request(const struct sr_act *act, const struct sr_act *request,
                                   struct sr_err *err) SR_MUST_USE;

#endif /* SR_ACTS_ACT_H */
