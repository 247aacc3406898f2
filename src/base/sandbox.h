/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_BASE_SANDBOX_H
#define SR_BASE_SANDBOX_H

#include <stdint.h>

#include "base/status.h"

/*
 * 1 in a build with a sanitizer that shadows memory. There the sandbox has one hole for its runtime
 * (sigaltstack) and no limits on memory; a build that ships has neither.
 */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SR_SANDBOX_IS_WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) ||                         \
    __has_feature(thread_sanitizer)
#define SR_SANDBOX_IS_WATCHED 1
#endif
#endif
#ifndef SR_SANDBOX_IS_WATCHED
#define SR_SANDBOX_IS_WATCHED 0
#endif

/*
 * Giving up all rights, for a process that works on hostile bytes: afterwards it can compute,
 * manage its own memory, and exchange messages on one descriptor. It cannot open, create or delete
 * anything, reach a network or another process, start a program or thread, make memory executable,
 * or gain rights again; whatever else it asks of the kernel kills it.
 *
 * In layers, so that a hole in one is not a hole in all: no descriptors but one, no capabilities,
 * no new privileges, not dumpable, dead when its parent is, limits, Landlock where the kernel has
 * it, and a seccomp filter that lists what is allowed.
 *
 * What this does not do: hide what was in the process's memory before. Fork the process before
 * there is a secret in it.
 */
struct sr_sandbox {
    int fd;               /* a socket; becomes descriptor 0, all others are closed */
    int parent;           /* the process id of the parent, as it knew itself */
    uint64_t data_bytes;  /* private memory it may have in all; RLIMIT_DATA */
    uint64_t space_bytes; /* address space, mappings of files included; RLIMIT_AS */
    unsigned cpu_s;       /* processor time; its parent may add to it; RLIMIT_CPU */
};

/*
 * Call it in a fresh child with one thread. Everything that libraries do once (seeds, tables) must
 * have been done.
 *
 * After it: read, write, sendto, recvmsg on descriptor 0; mmap (not executable) of a descriptor
 * that was received; close; memory; the clock; random bytes; exit.
 *
 * errors  IO           the kernel refuses a layer, or the parent is gone; go no further
 *         UNSUPPORTED  no seccomp filter for this processor
 * source  seccomp(2), landlock(7), prctl(2), getrlimit(2)
 */
enum sr_status sr_sandbox_enter(const struct sr_sandbox *sandbox, struct sr_err *err) SR_MUST_USE;

#endif /* SR_BASE_SANDBOX_H */
