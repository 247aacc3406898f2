/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_BASE_SECRET_H
#define SR_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/status.h"

/*
 * Bytes that must not leak: keys, and plaintext weights on their way through.
 *
 * A secret has pages of its own: locked in RAM, left out of core dumps, empty in a forked child,
 * and ending against an inaccessible page, so that reading past its end is a crash, not a leak.
 * It is wiped when freed. It is a type of its own so that nothing which prints, logs or encodes
 * can be handed one by accident.
 *
 * What this does not do: erase copies the compiler kept in registers or spilled to the stack, or
 * stop a process with ptrace rights (docs/design/0005-secret-memory.md).
 */
struct sr_secret;

/*
 * Allocate a zeroed secret of len bytes, 1 <= len <= SR_SECRET_BYTES_MAX. Free it with
 * sr_secret_free().
 *
 * errors  NO_MEMORY  no address space, or the limit on locked memory (RLIMIT_MEMLOCK) is reached;
 *                    there is no fallback to unlocked memory
 *         IO         the kernel refuses a protection we rely on
 */
enum sr_status sr_secret_new(size_t len, struct sr_secret **out, struct sr_err *err) SR_MUST_USE;

#define SR_SECRET_BYTES_MAX ((size_t)64 << 20)

/* Wipe and release. NULL is fine. */
void sr_secret_free(struct sr_secret *s);
SR_DEFINE_AUTO(sr_secret)

/* The bytes and their number. The pointer is valid until sr_secret_free(). */
uint8_t *sr_secret_bytes(struct sr_secret *s);
const uint8_t *sr_secret_view(const struct sr_secret *s);
size_t sr_secret_len(const struct sr_secret *s);

/* Whether a and b hold the same bytes. Time depends on the lengths only. */
bool sr_secret_equal(const struct sr_secret *a, const struct sr_secret *b);
/* The same for tags and commitments, which are not secret but are compared with what is. */
bool sr_secret_equal_bytes(struct sr_bytes a, struct sr_bytes b);

#endif /* SR_BASE_SECRET_H */
