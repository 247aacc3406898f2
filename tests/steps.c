/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/steps.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/types.h>
#include <unistd.h>

static unsigned armed;
static unsigned counted;
static enum steps_what armed_what;
static bool fired;

void steps_arm(unsigned nth, enum steps_what what)
{
    armed = nth;
    armed_what = what;
    counted = 0;
    fired = false;
}

bool steps_fired(void)
{
    return fired;
}

static bool fails_now(void)
{
    counted++;
    if (armed == 0 || counted != armed) {
        return false;
    }
    if (armed_what == STEPS_KILL) {
        (void)kill(getpid(), SIGKILL);
    }
    fired = true;
    errno = armed_what == STEPS_FAIL_SPACE ? ENOSPC : EIO;
    return true;
}

/* Define __wrap_<name>, which is a step. */
#define STEP(name, params, args)                                                                   \
    int __real_##name params;                                                                      \
    int __wrap_##name params;                                                                      \
    int __wrap_##name params                                                                       \
    {                                                                                              \
        return fails_now() ? -1 : __real_##name args;                                              \
    }

static void (*lock_hook)(void);

void steps_before_lock(void (*hook)(void))
{
    lock_hook = hook;
}

int __real_flock(int fd, int operation);
int __wrap_flock(int fd, int operation);
int __wrap_flock(int fd, int operation)
{
    void (*hook)(void) = lock_hook;
    lock_hook = NULL;
    if (hook != NULL) {
        hook();
    }
    return __real_flock(fd, operation);
}

STEP(fsync, (int fd), (fd))
STEP(unlinkat, (int folder, const char *name, int flags), (folder, name, flags))
STEP(renameat, (int from_folder, const char *from, int to_folder, const char *to),
     (from_folder, from, to_folder, to))
STEP(linkat, (int from_folder, const char *from, int to_folder, const char *to, int flags),
     (from_folder, from, to_folder, to, flags))

ssize_t __real_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len)
{
    if (!fails_now()) {
        return __real_write(fd, data, len);
    }
    if (armed_what == STEPS_FAIL_SPACE && __real_write(fd, data, len / 2) < 0) {
        perror("half a write");
    }
    errno = armed_what == STEPS_FAIL_SPACE ? ENOSPC : EIO;
    return -1;
}

/* With _FILE_OFFSET_BITS=64, openat() is openat64(). Only one that creates is a step. */
int __real_openat64(int folder, const char *name, int flags, ...);
int __wrap_openat64(int folder, const char *name, int flags, ...);
int __wrap_openat64(int folder, const char *name, int flags, ...)
{
    mode_t mode = 0;
    if ((flags & O_CREAT) != 0) {
        va_list args;
        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
        if (fails_now()) {
            return -1;
        }
    }
    return __real_openat64(folder, name, flags, mode);
}
