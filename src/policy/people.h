/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_POLICY_PEOPLE_H
#define SR_POLICY_PEOPLE_H

#include "policy/state.h"

/* Small facts about principals that state and decision share. Pure. */

/* Whether text may be a principal's name: 1..127 ASCII letters, digits, and any of . _ - @ + so
 * that no two names look alike to a reader but are not. text is hostile. */
bool sr_people_is_name(struct sr_bytes text);

/*
 * What a key is, whatever its spelling: SHA-256 of its SubjectPublicKeyInfo. Two spellings of one
 * key are not two keys. errors  NO_MEMORY, INTERNAL
 */
enum sr_status sr_people_material(const struct sr_act_key *key,
                                  uint8_t out[SR_SHA256_BYTES]) SR_MUST_USE;

/* The roles of a policy that are among names, as bits by index. */
uint64_t sr_people_role_bits(const struct sr_policy *policy, const struct sr_bytes *names,
                             size_t count);
/* As bits by index. */
uint64_t sr_people_list_bits(const struct sr_policy_list *list);

/* Whether p has an attribute, and it is not over at now. */
bool sr_people_has_attribute(const struct sr_principal *p, const char *name, int64_t now_utc_ms);
bool sr_people_is_here(const struct sr_principal *p); /* p may be NULL: no */

/* Whether p has a key that is not revoked; of hardware, when that is demanded. */
bool sr_people_can_sign(const struct sr_principal *p, bool needs_hardware);

#define SR_PEOPLE_ATTRIBUTES_MAX 64

#endif /* SR_POLICY_PEOPLE_H */
