/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_ROOM_SIGNATURE_H
#define SR_CUSTODY_ROOM_SIGNATURE_H

#include "custody/deposit_signature.h"
#include "custody/room.h"

/*
 * What a room keeps of signatures, in files beside the catalog: `signatures/<version>.sig`, its own
 * over the files of a version, and `signatures/<version>.publisher`, what was found of the
 * publisher's when the version came in. Neither holds a secret.
 * source  docs/formats/room.md
 */

/* The name of the signature in an exported copy: "model.sig", or one that the version does not have
 * yet: "strongroom.sig", "strongroom-2.sig", "strongroom-3.sig". Static. */
const char *sr_room_signature_name(const struct sr_catalog_file *files, size_t count);

/*
 * Sign the files of a version, durably. Nothing to do when the room has no signing key.
 * files   all, sealed, in order
 * errors  UNAUTHENTICATED  the room has a key and is locked
 *         those of sr_signing_key_find() and sr_signature_sign()
 */
enum sr_status sr_room_signature_make(struct sr_room *r, const struct sr_id *version,
                                      const struct sr_catalog_file *files, size_t count,
                                      struct sr_err *err) SR_MUST_USE;

/* Append the bundle to out. errors  NOT_FOUND (the version is not signed), TOO_LARGE, IO,
 * NO_MEMORY */
enum sr_status sr_room_signature_load(struct sr_room *r, const struct sr_id *version,
                                      struct sr_buf *out, struct sr_err *err) SR_MUST_USE;

/*
 * Whether the version's signature is by this room's key and over these files.
 * *out_is_signed  false when there is none
 * errors  UNAUTHENTICATED  the room is locked
 *         CORRUPT          there is one and it is not; NO_MEMORY, IO, INTERNAL
 */
enum sr_status sr_room_signature_check(struct sr_room *r, const struct sr_id *version,
                                       const struct sr_catalog_file *files, size_t count,
                                       bool *out_is_signed, struct sr_err *err) SR_MUST_USE;

/* The key that the version's signature names, unverified; "" when there is none. errors  NO_MEMORY
 */
enum sr_status sr_room_signature_hint(struct sr_room *r, const struct sr_id *version,
                                      char out[SR_OMS_HINT_BYTES]) SR_MUST_USE;

/* Keep or read what was found of a publisher's signature; NONE when nothing was kept.
 * errors  CORRUPT (load), IO, NO_MEMORY, TOO_LARGE */
enum sr_status sr_room_publisher_store(struct sr_room *r, const struct sr_id *version,
                                       const struct sr_publisher *publisher,
                                       struct sr_err *err) SR_MUST_USE;
enum sr_status sr_room_publisher_load(struct sr_room *r, const struct sr_id *version,
                                      struct sr_publisher *out, struct sr_err *err) SR_MUST_USE;

/* Remove all that is kept of a version. errors  IO */
enum sr_status sr_room_signature_remove(struct sr_room *r, const struct sr_id *version,
                                        struct sr_err *err) SR_MUST_USE;

#endif /* SR_CUSTODY_ROOM_SIGNATURE_H */
