/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_BASE_PROCESS_H
#define SR_BASE_PROCESS_H

#include <stdbool.h>

#include "base/status.h"

/*
 * What every program of this project does first, before it touches a key: make itself a poor
 * target. After this the process leaves no core dump, cannot be traced or have its memory read by
 * other processes of its user (root still can), makes files that only the user can read, has
 * something on descriptors 0, 1 and 2 (so that no file opened later is taken for one of them), and
 * hands none above them to a program it starts.
 *
 * no_new_privileges  also give up gaining rights by starting setuid programs, for good. Not for
 *                    who mounts: fusermount3 is setuid.
 * errors             IO  the kernel refuses one of these; go no further
 * source             prctl(2): PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS
 */
enum sr_status sr_process_harden(bool no_new_privileges, struct sr_err *err) SR_MUST_USE;

#endif /* SR_BASE_PROCESS_H */
