/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_AGENT_HOST_H
#define SR_AGENT_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/*
 * What this machine is like, for `doctor`: facts that make plaintext safe or fast, read from the
 * kernel and judged by nobody here. Nothing is changed.
 */

#define SR_HOST_UNLIMITED UINT64_MAX

/* Where memory that is not locked may end up. In order: the worst area counts. */
enum sr_host_swap {
    SR_HOST_SWAP_NONE,
    SR_HOST_SWAP_RAM,       /* zram only: never leaves the machine's memory */
    SR_HOST_SWAP_ENCRYPTED, /* device-mapper's crypt target, and zram */
    SR_HOST_SWAP_OPEN,      /* not known to be encrypted */
    SR_HOST_SWAP_UNKNOWN,   /* the kernel does not say */
};

enum sr_host_clock {
    SR_HOST_CLOCK_SANE,
    SR_HOST_CLOCK_BEFORE_BUILD, /* earlier than this program was written */
    SR_HOST_CLOCK_BEHIND_FILES, /* earlier than something that was made by it */
};

struct sr_host {
    uint64_t memlock_soft_bytes; /* SR_HOST_UNLIMITED, also for who may exceed it */
    uint64_t memlock_hard_bytes;
    enum sr_host_swap swap;
    uint64_t swap_bytes;
    uint64_t swap_used_bytes;
    char core_pattern[129];  /* /proc/sys/kernel/core_pattern; "" if unknown */
    bool core_runs_program;  /* it begins with '|': dumps go to a program, whatever the limit */
    char kernel[66];         /* release, "6.1.0-40-amd64" */
    bool has_fuse_device;    /* /dev/fuse is there and may be opened */
    char fusermount[64];     /* path of fusermount3; "" if not found */
    bool fusermount_is_suid; /* else only root can mount with it */
    bool has_aes;            /* CPU flags; false where the kernel does not say */
    bool has_vaes;
    bool has_vpclmulqdq;
    bool has_avx512;
    bool has_sha_ni;
    uint32_t cpus; /* online */
};

/*
 * Fill *out; what cannot be found out is as its comment says, or false, or 0.
 *
 * root  what to put before absolute paths: "" but in tests
 */
void sr_host_read(const char *root, struct sr_host *out);

/*
 * Judge the clock. now_utc_ms is what it says; newest_file_utc_ms the modification time of
 * something that this machine wrote earlier (the catalog), 0 if there is nothing. Differences under
 * a minute are forgiven: clocks are set.
 */
enum sr_host_clock sr_host_judge_clock(int64_t now_utc_ms, int64_t newest_file_utc_ms);

/*
 * Bytes free for who runs this on the file system that path is on.
 *
 * errors  NOT_FOUND, IO
 */
enum sr_status sr_host_free_bytes(const char *path, uint64_t *out, struct sr_err *err) SR_MUST_USE;

#endif /* SR_AGENT_HOST_H */
