/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_LEDGER_COMMITMENT_H
#define SR_LEDGER_COMMITMENT_H

#include "crypto/hash.h"

/*
 * What the ledger holds of an act: SHA-256(salt || canonical bytes). The log can be shown to anyone
 * and says nothing of the act; who has act and salt can show that this leaf is of it. A salt is
 * random and used once, or acts that are easy to guess could be tried.
 */

#define SR_COMMITMENT_SALT_BYTES 32
#define SR_COMMITMENT_BYTES SR_SHA256_BYTES

/* errors  INTERNAL  the generator failed */
enum sr_status sr_commitment_salt(uint8_t out[SR_COMMITMENT_SALT_BYTES]) SR_MUST_USE;
/* errors  INTERNAL, NO_MEMORY */
enum sr_status sr_commitment_make(const uint8_t salt[SR_COMMITMENT_SALT_BYTES],
                                  struct sr_bytes canonical,
                                  uint8_t out[SR_COMMITMENT_BYTES]) SR_MUST_USE;
/* errors  UNTRUSTED  commitment is of something else; INTERNAL, NO_MEMORY */
enum sr_status sr_commitment_check(const uint8_t salt[SR_COMMITMENT_SALT_BYTES],
                                   struct sr_bytes canonical, struct sr_bytes commitment,
                                   struct sr_err *err) SR_MUST_USE;

#endif /* SR_LEDGER_COMMITMENT_H */
