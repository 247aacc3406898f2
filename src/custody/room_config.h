/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_ROOM_CONFIG_H
#define SR_CUSTODY_ROOM_CONFIG_H

#include "base/buf.h"
#include "base/text.h"

/*
 * room.json: where the parts of a room are. Pure.
 * source  docs/formats/room.md, R-2 and R-3
 */

#define SR_ROOM_CONFIG_FILE "room.json"
#define SR_ROOM_CONFIG_BYTES_MAX 4096
#define SR_ROOM_CONFIG_URI_BYTES 512

struct sr_room_config {
    char blobs[SR_ROOM_CONFIG_URI_BYTES]; /* URIs of the drivers; NUL-terminated */
    char catalog[SR_ROOM_CONFIG_URI_BYTES];
    char keys[SR_ROOM_CONFIG_URI_BYTES];
};

/* What a new room has. */
extern const struct sr_room_config sr_room_config_default;

/* errors  TOO_LARGE, NO_MEMORY, MALFORMED (a URI is not UTF-8) */
enum sr_status sr_room_config_encode(const struct sr_room_config *config,
                                     struct sr_buf *out) SR_MUST_USE;

/*
 * Strict: exactly the members of format 1, each a URI "<scheme>:<rest>".
 *
 * errors  CORRUPT      anything else; err says what
 *         UNSUPPORTED  a later format
 *         NO_MEMORY
 */
enum sr_status sr_room_config_decode(struct sr_bytes text, struct sr_room_config *out,
                                     struct sr_err *err) SR_MUST_USE;

/*
 * The URI with its rest made absolute: a rest that does not begin with '/' is below dir (an
 * absolute path). out has out_bytes.
 *
 * errors  TOO_LARGE, CORRUPT (a part of the rest is "..")
 */
enum sr_status sr_room_config_resolve(const char *uri, const char *dir, char *out, size_t out_bytes,
                                      struct sr_err *err) SR_MUST_USE;

#endif /* SR_CUSTODY_ROOM_CONFIG_H */
