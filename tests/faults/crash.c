/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A library for LD_PRELOAD that makes any program die, or one of its calls fail, at the nth step
 * that could become durable. It works on the binaries that ship: there is no switch for tests in
 * them. Never installed.
 *
 *     STRONGROOM_CRASH_AT=n         SIGKILL before the nth counted call takes effect; from 1
 *     STRONGROOM_CRASH_WHEN=after   ... after it has taken effect
 *     STRONGROOM_FAULT_AT=n         the nth counted call fails and does nothing
 *     STRONGROOM_FAULT_ERRNO=name   ... with EIO (so without this), ENOSPC, EDQUOT, EROFS or EINTR
 *     STRONGROOM_FAULT_STICKY=1     ... and so do all later ones
 *     STRONGROOM_CRASH_COUNT_FILE=f at exit, f gets the number of counted calls and a newline
 *     STRONGROOM_CRASH_LOG_FILE=f   f gets a line "<n> <call>" for each
 *
 * Counted: write, pwrite, fsync, fdatasync, sync_file_range, ftruncate, fallocate and fchmod on
 * regular files and directories (not on terminals, pipes and sockets), and rename*, link*, unlink*
 * and mkdir*, all threads together. Each process counts for itself. Not counted: what libc does
 * inside (stdio), and writes to mappings.
 *
 * To sweep an operation, run it once for its count, then once for each n up to it. Calls go to the
 * kernel directly, so that nothing here depends on the order of libraries.
 */
/* libc would give two functions of 64-bit offsets one name; here both are wanted. */
#undef _FILE_OFFSET_BITS

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_uint calls;
static unsigned crash_at; /* 0: never */
static bool crash_after;
static unsigned fault_at;
static bool fault_sticky;
static long fault_errno = EIO;
static const char *count_file;
static int log_fd = -1;

static unsigned number_from(const char *name)
{
    const char *text = getenv(name);
    unsigned n = 0;
    for (; text != NULL && *text >= '0' && *text <= '9'; text++) {
        n = n * 10 + (unsigned)(*text - '0');
    }
    return n;
}

static long errno_from(const char *name)
{
    static const struct {
        const char *name;
        long value;
    } KNOWN[] = {
        {"EIO", EIO}, {"ENOSPC", ENOSPC}, {"EDQUOT", EDQUOT}, {"EROFS", EROFS}, {"EINTR", EINTR}};
    const char *text = getenv(name);
    for (size_t i = 0; text != NULL && i < sizeof KNOWN / sizeof KNOWN[0]; i++) {
        if (strcmp(text, KNOWN[i].name) == 0) {
            return KNOWN[i].value;
        }
    }
    return EIO;
}

__attribute__((constructor)) static void begin(void)
{
    const char *when = getenv("STRONGROOM_CRASH_WHEN");
    const char *log_file = getenv("STRONGROOM_CRASH_LOG_FILE");
    crash_at = number_from("STRONGROOM_CRASH_AT");
    crash_after = when != NULL && strcmp(when, "after") == 0;
    fault_at = number_from("STRONGROOM_FAULT_AT");
    fault_sticky = number_from("STRONGROOM_FAULT_STICKY") == 1;
    fault_errno = errno_from("STRONGROOM_FAULT_ERRNO");
    count_file = getenv("STRONGROOM_CRASH_COUNT_FILE");
    if (log_file != NULL) {
        log_fd = open(log_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    }
}

/* Write "<n><end>", around the counting. */
static void put_number(int fd, unsigned n, const char *end)
{
    char text[64];
    size_t at = 16;
    text[at] = '\0';
    do {
        text[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    size_t len = 16 - at;
    size_t end_len = strnlen(end, sizeof text - 17);
    memcpy(text + 16, end, end_len);
    (void)syscall(SYS_write, fd, text + at, len + end_len);
}

__attribute__((destructor)) static void end(void)
{
    if (count_file != NULL) {
        int fd = open(count_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        put_number(fd, atomic_load(&calls), "\n");
        (void)syscall(SYS_close, fd);
    }
}

static void die(void)
{
    (void)syscall(SYS_kill, getpid(), SIGKILL);
    for (;;) {
        (void)pause(); /* another thread may see the signal first */
    }
}

/* Count a call that is about to be made; the errno it has to fail with, or 0. */
static long before(const char *name, unsigned *out_number)
{
    unsigned n = atomic_fetch_add(&calls, 1) + 1;
    *out_number = n;
    if (log_fd >= 0) {
        char line[32] = " ";
        size_t len = strnlen(name, sizeof line - 3);
        memcpy(line + 1, name, len);
        memcpy(line + 1 + len, "\n", 2);
        put_number(log_fd, n, line);
    }
    if (n == crash_at && !crash_after) {
        die();
    }
    bool fails = fault_at != 0 && (n == fault_at || (fault_sticky && n > fault_at));
    return fails ? fault_errno : 0;
}

static bool is_file(int fd)
{
    struct stat info;
    int saved = errno;
    bool yes = fstat(fd, &info) == 0 && (S_ISREG(info.st_mode) || S_ISDIR(info.st_mode));
    errno = saved;
    return yes;
}

/* One system call, counted if it should be; arguments are as the kernel takes them. */
static long counted(const char *name, bool count, long number, long a, long b, long c, long d,
                    long e)
{
    unsigned n = 0;
    long error = count ? before(name, &n) : 0;
    if (error != 0) {
        errno = (int)error;
        return -1;
    }
    long result = syscall(number, a, b, c, d, e);
    if (count && n == crash_at && crash_after) {
        die();
    }
    return result;
}

/* The calls themselves; their declarations are libc's. */

ssize_t write(int fd, const void *bytes, size_t len)
{
    return counted("write", is_file(fd), SYS_write, fd, (long)bytes, (long)len, 0, 0);
}

/* With offsets of 64 bits the two names of each are one function. */
_Static_assert(sizeof(off_t) == 8, "for 64-bit machines");
#define PWRITE(name)                                                                               \
    ssize_t name(int fd, const void *bytes, size_t len, off_t offset)                              \
    {                                                                                              \
        return counted("pwrite", is_file(fd), SYS_pwrite64, fd, (long)bytes, (long)len, offset,    \
                       0);                                                                         \
    }
#define FTRUNCATE(name)                                                                            \
    int name(int fd, off_t len)                                                                    \
    {                                                                                              \
        return (int)counted("ftruncate", is_file(fd), SYS_ftruncate, fd, len, 0, 0, 0);            \
    }
#define FALLOCATE(name)                                                                            \
    int name(int fd, int mode, off_t offset, off_t len)                                            \
    {                                                                                              \
        return (int)counted("fallocate", is_file(fd), SYS_fallocate, fd, mode, offset, len, 0);    \
    }
PWRITE(pwrite)
PWRITE(pwrite64)
FTRUNCATE(ftruncate)
FTRUNCATE(ftruncate64)
FALLOCATE(fallocate)
FALLOCATE(fallocate64)

int fsync(int fd)
{
    return (int)counted("fsync", is_file(fd), SYS_fsync, fd, 0, 0, 0, 0);
}

int fdatasync(int fd)
{
    return (int)counted("fdatasync", is_file(fd), SYS_fdatasync, fd, 0, 0, 0, 0);
}

int sync_file_range(int fd, off64_t offset, off64_t len, unsigned flags)
{
    return (int)counted("sync_file_range", is_file(fd), SYS_sync_file_range, fd, offset, len,
                        (long)flags, 0);
}

int fchmod(int fd, mode_t mode)
{
    return (int)counted("fchmod", is_file(fd), SYS_fchmod, fd, (long)mode, 0, 0, 0);
}

int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
    return (int)counted("rename", true, SYS_renameat2, from_fd, (long)from, to_fd, (long)to,
                        (long)flags);
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    return renameat2(from_fd, from, to_fd, to, 0);
}

int rename(const char *from, const char *to)
{
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
    return (int)counted("link", true, SYS_linkat, from_fd, (long)from, to_fd, (long)to, flags);
}

int link(const char *from, const char *to)
{
    return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlinkat(int dir_fd, const char *path, int flags)
{
    return (int)counted("unlink", true, SYS_unlinkat, dir_fd, (long)path, flags, 0, 0);
}

int unlink(const char *path)
{
    return unlinkat(AT_FDCWD, path, 0);
}

int mkdirat(int dir_fd, const char *path, mode_t mode)
{
    return (int)counted("mkdir", true, SYS_mkdirat, dir_fd, (long)path, (long)mode, 0, 0);
}

int mkdir(const char *path, mode_t mode)
{
    return mkdirat(AT_FDCWD, path, mode);
}
