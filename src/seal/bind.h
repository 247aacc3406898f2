/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_SEAL_BIND_H
#define SR_SEAL_BIND_H

#include "seal/body.h"

/*
 * What ties a sealed body to its name: the key of its file and the associated data of its two
 * streams. source docs/formats/sealed-body.md
 */

#define SR_BIND_BODY_AAD_BYTES 58
#define SR_BIND_TRAILER_AAD_BYTES 143

/*
 * The key of one file, from the version's data key (32 bytes). B-6.
 *
 * errors  NO_MEMORY, IO (as sr_secret_new), INTERNAL
 */
enum sr_status sr_bind_file_key(const struct sr_secret *dek, const struct sr_id *object,
                                struct sr_secret **out, struct sr_err *err) SR_MUST_USE;

/* B-7; out has SR_BIND_BODY_AAD_BYTES. */
void sr_bind_body_aad(const struct sr_body_name *name, uint8_t *out);

/* B-8; floe_header is that of the body's stream, out has SR_BIND_TRAILER_AAD_BYTES. */
void sr_bind_trailer_aad(const struct sr_body_name *name, uint64_t stream_bytes,
                         const uint8_t *floe_header, uint8_t *out);

#endif /* SR_SEAL_BIND_H */
