/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_KEYS_SLOT_H
#define SR_KEYS_SLOT_H

#include "keys/wrapper.h"
#include "seal/body.h"

/*
 * Root KEK -> group KEK -> slot (wrapped DEK) -> file key. A slot is one wrap of a version's data
 * key for one body, kept apart from the body in the catalog. It is bound by associated data to the
 * room, the object, the version, the file and the group it was made for, and carries a commitment
 * to the DEK that is checked before the DEK is used: a slot that was swapped or altered is refused.
 * source  docs/formats/slot.md (MUSTs K-n)
 */

#define SR_DEK_BYTES 32
#define SR_SLOT_WRAPPED_BYTES 60 /* IV 12, key 32, tag 16 */

/* A group KEK, as it is stored: wrapped by the root. */
struct sr_group {
    struct sr_id id;
    uint64_t epoch; /* 1, and one more at each rotation */
    struct sr_wrapped wrapped;
};

struct sr_slot {
    struct sr_id id;
    struct sr_body_name body;
    struct sr_id group;
    uint64_t group_epoch;
    uint8_t wrapped[SR_SLOT_WRAPPED_BYTES];
    uint8_t commitment[32];
};

/*
 * Make a new group (epoch 1) or its next epoch with a new random KEK, wrapped by root.
 *
 * errors  as sr_wrapper_wrap() and sr_rand_secret()
 */
enum sr_status sr_group_make(struct sr_wrapper *root, const struct sr_id *room,
                             const struct sr_id *group, uint64_t epoch, struct sr_group *out,
                             struct sr_secret **out_kek, struct sr_err *err) SR_MUST_USE;
/*
 * Unwrap a group's KEK. group is hostile (it comes from the catalog).
 *
 * errors  CORRUPT  not made by this root for this room, group and epoch; also sr_wrapper_unwrap()'s
 */
enum sr_status sr_group_open(struct sr_wrapper *root, const struct sr_id *room,
                             const struct sr_group *group, struct sr_secret **out_kek,
                             struct sr_err *err) SR_MUST_USE;

/*
 * Wrap a group's KEK again, by the newest root KEK: same id and epoch, no slot changes. What
 * follows sr_wrapper_add_generation(), for every group, before sr_wrapper_keep_only().
 *
 * errors  as sr_group_open() and sr_wrapper_wrap()
 */
enum sr_status sr_group_rewrap(struct sr_wrapper *root, const struct sr_id *room,
                               const struct sr_group *group, struct sr_group *out,
                               struct sr_err *err) SR_MUST_USE;

/* A new random DEK. errors  as sr_rand_secret() */
enum sr_status sr_dek_make(struct sr_secret **out, struct sr_err *err) SR_MUST_USE;

/* Wrap dek for one body of one room. errors  INTERNAL, NO_MEMORY, IO */
enum sr_status sr_slot_make(const struct sr_secret *group_kek, const struct sr_group *group,
                            const struct sr_id *room, const struct sr_body_name *body,
                            const struct sr_secret *dek, struct sr_slot *out,
                            struct sr_err *err) SR_MUST_USE;
/*
 * Unwrap. body says what the caller wants to open; slot comes from the catalog and is hostile.
 *
 * errors  CORRUPT  made for another room, object, version, file or group, altered, or its
 *                  commitment does not match
 *         NO_MEMORY, IO, INTERNAL
 */
enum sr_status sr_slot_open(const struct sr_secret *group_kek, const struct sr_group *group,
                            const struct sr_id *room, const struct sr_body_name *body,
                            const struct sr_slot *slot, struct sr_secret **out_dek,
                            struct sr_err *err) SR_MUST_USE;

#endif /* SR_KEYS_SLOT_H */
