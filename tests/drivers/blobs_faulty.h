/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_TESTS_DRIVERS_BLOBS_FAULTY_H
#define SR_TESTS_DRIVERS_BLOBS_FAULTY_H

#include <stdbool.h>

/*
 * Blobs driver "faulty": a driver that holds a driver. "faulty:dir:/some/where" is
 * "dir:/some/where" until a fault is armed. Link store_test_drivers (src/store/meson.build) into
 * the test.
 *
 * One fault at a time, for the whole process; counting is thread-safe, arming is not.
 */

enum faulty_call {
    FAULTY_CREATE,
    FAULTY_OPEN,
    FAULTY_STAGE,
    FAULTY_RESERVE,
    FAULTY_STAGED_READ,
    FAULTY_WRITE,
    FAULTY_PUBLISH,
    FAULTY_DROP_STAGED,
    FAULTY_OPEN_BLOB,
    FAULTY_READ,
    FAULTY_REMOVE,
    FAULTY_LIST,
    FAULTY_FREE_BYTES,
    FAULTY_CALL_COUNT
};

enum faulty_kind {
    FAULTY_EIO,    /* that call fails with IO and does nothing */
    FAULTY_ENOSPC, /* that call and all later ones of its sort fail with IO: the disk stays full */
    FAULTY_SHORT,  /* a read gives the first half and TRUNCATED; a write puts the first half and
                      fails with IO */
    FAULTY_TORN,   /* a write puts its first half and lies that it put all; any other call does its
                      work and fails with IO, as if the answer was lost */
    FAULTY_FLIP,   /* a read succeeds with one bit wrong; a write puts one bit wrong */
    FAULTY_SLOW,   /* that call and all later ones of its sort take 5 ms longer */
    FAULTY_KIND_COUNT
};

/* The nth call of this sort from now on (from 1) has the fault. Counts start again. */
void faulty_arm(enum faulty_call call, enum faulty_kind kind, unsigned nth);
/* No faults from now on. Counts start again. */
void faulty_disarm(void);
/* Whether the armed fault has happened. */
bool faulty_fired(void);
/* How many calls of this sort there were since the counts started. */
unsigned faulty_count(enum faulty_call call);

#endif /* SR_TESTS_DRIVERS_BLOBS_FAULTY_H */
