/* SPDX-License-Identifier: Apache-2.0 */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Put /dev/null where a standard descriptor is closed; open() takes the lowest that is free. */
static enum sr_status fill_standard_fds(struct sr_err *err)
{
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) >= 0) {
            continue;
        }
        if (open("/dev/null", O_RDWR) != fd) { /* inherited like those it stands for */
            return sr_fail(err, SR_IO, "open '/dev/null' as descriptor %d: %s", fd,
                           strerror(errno));
        }
    }
    return SR_OK;
}

enum sr_status sr_process_harden(bool no_new_privileges, struct sr_err *err)
{
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};

    (void)umask(S_IRWXG | S_IRWXO);
    SR_TRY(fill_standard_fds(err));
    /* Kernels before 5.11 lack it; what they inherit stays as it was. */
    if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) != 0 && errno != ENOSYS && errno != EINVAL) {
        return sr_fail(err, SR_IO, "close descriptors on exec: %s", strerror(errno));
    }
    if (setrlimit(RLIMIT_CORE, &none) != 0) {
        return sr_fail(err, SR_IO, "turn off core dumps: %s", strerror(errno));
    }
    /* The limit does not hold when the core pattern names a program; this does. */
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return sr_fail(err, SR_IO, "keep other processes out: %s", strerror(errno));
    }
    if (no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return sr_fail(err, SR_IO, "give up new privileges: %s", strerror(errno));
    }
    return SR_OK;
}
