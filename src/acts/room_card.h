/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ACTS_ROOM_CARD_H
#define SR_ACTS_ROOM_CARD_H

#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/hpke.h"
#include "crypto/sign.h"

/*
 * A room's card: what it says of itself to other rooms, so that they can send to it and know what
 * it signs. Canonical JSON in a DSSE envelope that the room signs by its own key, the one the card
 * names: so nobody can pass off another's transport key as his, or make a card of a key that he
 * does not have. Whose room it is, the card cannot prove: people compare its digest by another way.
 * Pure.
 * source  docs/formats/card.md (rules CA-n)
 */

#define SR_ROOM_CARD_BYTES_MAX 8192 /* of the envelope */
#define SR_ROOM_CARD_TEXT_BYTES 129 /* of origin and organisation, with the NUL */
#define SR_ROOM_CARD_KEY_BYTES 128  /* of the key's line, with the NUL */

struct sr_room_card {
    char origin[SR_ROOM_CARD_TEXT_BYTES];       /* of its ledger */
    char organisation[SR_ROOM_CARD_TEXT_BYTES]; /* "": it says none */
    char key[SR_ROOM_CARD_KEY_BYTES];           /* signs its records: a line of acts/key.h */
    struct sr_id room;
    uint8_t transport[SR_HPKE_KEY_BYTES]; /* what keys are sealed to */
};

/* Append the canonical JSON. errors  MALFORMED  a member is not what it must be; TOO_LARGE,
 * NO_MEMORY, INTERNAL */
enum sr_status sr_room_card_encode(const struct sr_room_card *card, struct sr_buf *out,
                                   struct sr_err *err) SR_MUST_USE;
/*
 * Decode the canonical JSON. payload is hostile; that it is signed is for sr_room_card_open().
 *
 * errors  MALFORMED    not such a text; err names the member
 *         UNSUPPORTED  a later format, or a key that is not Ed25519
 *         TOO_LARGE, NO_MEMORY, INTERNAL
 */
enum sr_status sr_room_card_decode(struct sr_bytes payload, struct sr_room_card *out,
                                   struct sr_err *err) SR_MUST_USE;

/* Append the envelope of card, signed by the room's key, which has to be card->key. errors  as
 * sr_room_card_encode() and sr_signer_sign(); INTERNAL  another key */
enum sr_status sr_room_card_sign(const struct sr_room_card *card, struct sr_signer *signer,
                                 struct sr_buf *out, struct sr_err *err) SR_MUST_USE;
/*
 * Open an envelope and verify that the key it names has signed it. data is hostile; one newline at
 * its end is fine.
 *
 * out_digest  SHA-256 of the envelope without that newline: the card's name; may be NULL
 * errors      as sr_room_card_decode(); UNTRUSTED  not signed by its key
 */
enum sr_status sr_room_card_open(struct sr_bytes data, struct sr_room_card *out,
                                 uint8_t out_digest[SR_SHA256_BYTES],
                                 struct sr_err *err) SR_MUST_USE;

/* The envelope without a newline at its end: what is kept, and what has the card's name. */
struct sr_bytes sr_room_card_trim(struct sr_bytes data);

/* The key line of an Ed25519 public key. errors  UNSUPPORTED (another kind), NO_MEMORY, INTERNAL */
enum sr_status sr_room_card_key_line(const struct sr_public_key *key,
                                     char out[SR_ROOM_CARD_KEY_BYTES],
                                     struct sr_err *err) SR_MUST_USE;

#endif /* SR_ACTS_ROOM_CARD_H */
