/* SPDX-License-Identifier: Apache-2.0 */
/* A clock that is wrong, for one process: preload this and set CLOCK_SHIFT_S, in seconds. */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t id, struct timespec *out) /* lint: callback */
{
    const char *shift = getenv("CLOCK_SHIFT_S");
    long failed = syscall(SYS_clock_gettime, id, out);
    if (failed == 0 && id == CLOCK_REALTIME && shift != NULL) {
        out->tv_sec += strtoll(shift, NULL, 10);
    }
    return (int)failed;
}
