/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_TESTS_STEPS_H
#define SR_TESTS_STEPS_H

#include <stdbool.h>

/*
 * Crashes and full disks: the system calls that change a file system (openat to create, write,
 * fsync, linkat, renameat, unlinkat) are wrapped by the linker in tests that link steps.c, and the
 * nth of them fails or kills this process before it is made. What fault.h is for memory.
 */
enum steps_what {
    STEPS_FAIL_IO,    /* EIO */
    STEPS_FAIL_SPACE, /* ENOSPC; of a write, after half of it was made */
    STEPS_KILL,       /* SIGKILL to this process */
};

void steps_arm(unsigned nth, enum steps_what what); /* from 1; 0 disarms */
bool steps_fired(void);

/* Call hook, once, just before the next flock(): what another process may do at that moment. */
void steps_before_lock(void (*hook)(void));

#endif /* SR_TESTS_STEPS_H */
