/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_SEAL_FLOE_H
#define SR_SEAL_FLOE_H

#include "base/bytes.h"
#include "base/secret.h"

/*
 * FLOE: authenticated encryption of one long stream in segments of equal size, any of which can be
 * opened alone. The header commits to the key and to associated data; a segment is bound to its
 * stream, to its place and to being the last or not.
 *
 * One parameter set: AES-256-GCM, HKDF-SHA-384, IV of 32 bytes, a new segment key every 2^20
 * segments. Every segment gets a fresh random IV each time it is sealed, so sealing one again
 * never reuses a nonce.
 *
 * An open stream is immutable to its users: any number of threads may seal and open its segments at
 * once. Segment keys are derived at first use and kept, in secret memory.
 *
 * This layer does not know how many segments there are: whoever reads a stream must ask for the
 * last one as the last one.
 *
 * source  FLOE specification (C2SP, Snowflake), known answers in floe_test.c
 */

#define SR_FLOE_KEY_BYTES 32
#define SR_FLOE_PARAMS_BYTES 10
#define SR_FLOE_IV_BYTES 32
#define SR_FLOE_HEADER_BYTES 74 /* parameters, IV, header tag */
#define SR_FLOE_AAD_BYTES_MAX 256

/* What a segment is longer than its plaintext: length word and IV in front, tag behind. */
#define SR_FLOE_HEAD_BYTES 16
#define SR_FLOE_TAG_BYTES 16
#define SR_FLOE_OVERHEAD_BYTES (SR_FLOE_HEAD_BYTES + SR_FLOE_TAG_BYTES)

/* 2^20 segments under each; enough for 2^45 bytes in segments of 1 MiB. */
#define SR_FLOE_SEGMENT_KEYS_MAX 32

struct sr_floe;

/*
 * Begin a new stream under a random IV.
 *
 * key            SR_FLOE_KEY_BYTES, uniformly random; not kept
 * aad            at most SR_FLOE_AAD_BYTES_MAX
 * segment_bytes  of a sealed segment that is not the last; over SR_FLOE_OVERHEAD_BYTES
 * out_header     SR_FLOE_HEADER_BYTES
 * errors         NO_MEMORY, IO (as sr_secret_new), INTERNAL
 */
enum sr_status sr_floe_create(const struct sr_secret *key, struct sr_bytes aad,
                              uint32_t segment_bytes, uint8_t *out_header, struct sr_floe **out,
                              struct sr_err *err) SR_MUST_USE;

/*
 * Open a stream by its header (SR_FLOE_HEADER_BYTES, hostile).
 *
 * errors  UNSUPPORTED  other algorithms, IV length or segment length than asked for
 *         CORRUPT      the header was not made with this key and associated data
 *         NO_MEMORY, IO, INTERNAL
 */
enum sr_status sr_floe_open(const struct sr_secret *key, struct sr_bytes aad,
                            uint32_t segment_bytes, const uint8_t *header, struct sr_floe **out,
                            struct sr_err *err) SR_MUST_USE;
void sr_floe_free(struct sr_floe *f);
SR_DEFINE_AUTO(sr_floe)

/*
 * Seal one segment under a fresh random IV.
 *
 * index  0-based
 * plain  a full segment's worth unless is_final, then any length up to that
 * out    plain.len + SR_FLOE_OVERHEAD_BYTES; must not overlap plain
 * errors TOO_LARGE  index is over what this implementation keeps keys for
 *        NO_MEMORY, IO, INTERNAL
 */
enum sr_status sr_floe_seal(struct sr_floe *f, uint64_t index, bool is_final, struct sr_bytes plain,
                            uint8_t *out, struct sr_err *err) SR_MUST_USE;

/* A sealed segment in its parts, as it may lie in memory; hostile. */
struct sr_floe_segment {
    const uint8_t *head; /* SR_FLOE_HEAD_BYTES */
    struct sr_bytes body;
    const uint8_t *tag; /* SR_FLOE_TAG_BYTES */
};

/*
 * Open one segment to out, which has room for body.len bytes and may be body itself. When it does
 * not authenticate, out is wiped.
 *
 * errors  CORRUPT    wrong length, length word, place, finality, or any bit of it
 *         TOO_LARGE  as sr_floe_seal()
 *         NO_MEMORY, IO, INTERNAL
 */
enum sr_status sr_floe_unseal(struct sr_floe *f, uint64_t index, bool is_final,
                              const struct sr_floe_segment *segment, uint8_t *out,
                              struct sr_err *err) SR_MUST_USE;

/* The parts of a segment that lies in one piece; sealed.len >= SR_FLOE_OVERHEAD_BYTES. */
struct sr_floe_segment sr_floe_split(struct sr_bytes sealed);

#endif /* SR_SEAL_FLOE_H */
