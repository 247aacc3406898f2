/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* One for the socket, one for a file that was received. */
#define FDS_MAX 2
#define STACK_BYTES_MAX ((rlim_t)8 << 20)

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#define X32_BIT 0x40000000 /* the other set of calls that this processor has: none of it */
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#define X32_BIT 0x40000000
#endif

static enum sr_status fail_errno(struct sr_err *err, const char *what)
{
    return sr_fail(err, SR_IO, "cannot isolate: %s: %s", what, strerror(errno));
}

/* The socket becomes descriptor 0, and nothing else stays. */
static enum sr_status keep_one_fd(int fd, struct sr_err *err)
{
    if (fd != 0 && dup2(fd, 0) != 0) {
        return fail_errno(err, "move a descriptor");
    }
    if (syscall(SYS_close_range, 1U, ~0U, 0U) == 0) {
        return SR_OK;
    }
    if (errno != ENOSYS) {
        return fail_errno(err, "close descriptors");
    }
    long fds = sysconf(_SC_OPEN_MAX); /* before Linux 5.9 */
    for (int i = 1; i < fds; i++) {
        (void)close(i);
    }
    return SR_OK;
}

/* The parent decides what a signal from the terminal means: it knows what is half done. */
static void leave_signals_to_parent(void)
{
    static const int SIGNALS[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTSTP};
    for (size_t i = 0; i < sizeof SIGNALS / sizeof SIGNALS[0]; i++) {
        (void)signal(SIGNALS[i], SIG_IGN);
    }
}

static enum sr_status drop_rights(int parent, struct sr_err *err)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}, {0}};
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) {
        return fail_errno(err, "die with the parent");
    }
    if (getppid() != parent) {
        return sr_fail(err, SR_IO, "cannot isolate: the parent is gone");
    }
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return fail_errno(err, "keep other processes out");
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return fail_errno(err, "give up new privileges");
    }
    if (syscall(SYS_capset, &header, none) != 0) {
        return fail_errno(err, "give up capabilities");
    }
    return SR_OK;
}

static enum sr_status limit(__rlimit_resource_t resource, rlim_t soft, rlim_t hard,
                            struct sr_err *err)
{
    struct rlimit now;
    if (getrlimit(resource, &now) != 0) {
        return fail_errno(err, "ask for a limit");
    }
    struct rlimit less = {.rlim_cur = soft < now.rlim_max ? soft : now.rlim_max,
                          .rlim_max = hard < now.rlim_max ? hard : now.rlim_max};
    return setrlimit(resource, &less) == 0 ? SR_OK : fail_errno(err, "set a limit");
}

static enum sr_status set_limits(const struct sr_sandbox *s, struct sr_err *err)
{
    static const __rlimit_resource_t NONE[] = {RLIMIT_FSIZE, RLIMIT_NPROC, RLIMIT_CORE,
                                               RLIMIT_MEMLOCK, RLIMIT_MSGQUEUE};
    for (size_t i = 0; i < sizeof NONE / sizeof NONE[0]; i++) {
        SR_TRY(limit(NONE[i], 0, 0, err));
    }
    SR_TRY(limit(RLIMIT_NOFILE, FDS_MAX, FDS_MAX, err));
    SR_TRY(limit(RLIMIT_STACK, STACK_BYTES_MAX, STACK_BYTES_MAX, err));
    /* The parent raises the soft one with each file; the process itself may not. */
    SR_TRY(limit(RLIMIT_CPU, s->cpu_s, RLIM_INFINITY, err));
    if (SR_SANDBOX_IS_WATCHED) {
        return SR_OK; /* its shadow has reserved more than that already */
    }
    SR_TRY(limit(RLIMIT_DATA, s->data_bytes, s->data_bytes, err));
    return limit(RLIMIT_AS, s->space_bytes, s->space_bytes, err);
}

/*
 * Landlock's rights by version of its interface: those of files have grown with each, those of
 * networks came with 4, scopes with 6. To handle a right and to have no rule for it is to give it
 * up. Not in all kernels' headers, so by number.
 */
struct landlock_rights {
    uint64_t files;
    uint64_t net;
    uint64_t scopes;
};
#define LANDLOCK_ASK_VERSION 1U

static enum sr_status drop_files_and_net(struct sr_err *err)
{
    static const unsigned FILE_RIGHTS[] = {0, 13, 14, 15, 15, 16};
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_ASK_VERSION);
    if (version <= 0) {
        return SR_OK; /* not in this kernel, or not switched on: seccomp stands alone */
    }
    size_t known = sizeof FILE_RIGHTS / sizeof FILE_RIGHTS[0] - 1;
    unsigned rights = FILE_RIGHTS[(size_t)version < known ? (size_t)version : known];
    struct landlock_rights all = {.files = (UINT64_C(1) << rights) - 1};
    size_t len = sizeof all.files;
    if (version >= 4) {
        all.net = 3;
        len += sizeof all.net;
    }
    if (version >= 6) {
        all.scopes = 3;
        len += sizeof all.scopes;
    }
    long ruleset = syscall(SYS_landlock_create_ruleset, &all, len, 0U);
    if (ruleset < 0) {
        return fail_errno(err, "make a Landlock ruleset");
    }
    long failed = syscall(SYS_landlock_restrict_self, (int)ruleset, 0U);
    int error = errno;
    (void)close((int)ruleset);
    errno = error;
    return failed == 0 ? SR_OK : fail_errno(err, "enter a Landlock ruleset");
}

#ifdef ARCH

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
/* The lower half of an argument: little-endian, as both processors here are. */
#define LOAD_ARG(n) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[n]))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_##what)
/* Skip so many instructions unless the accumulator is value. */
#define UNLESS(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (skip))
#define ALLOW(name) UNLESS(SYS_##name, 1), RETURN(ALLOW)
/* Only on the socket. Upper halves do not matter: the kernel takes descriptors as int. */
#define ALLOW_ON_SOCKET(name)                                                                      \
    UNLESS(SYS_##name, 4), LOAD_ARG(0), UNLESS(0, 1), RETURN(ALLOW), RETURN(KILL_PROCESS)
/* Only for memory that is never executed. */
#define ALLOW_NOT_EXEC(name)                                                                       \
    UNLESS(SYS_##name, 4), LOAD_ARG(2), BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 1, 0),     \
        RETURN(ALLOW), RETURN(KILL_PROCESS)

static enum sr_status filter_calls(struct sr_err *err)
{
    static struct sock_filter FILTER[] = {
        LOAD(arch),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
        RETURN(KILL_PROCESS),
        LOAD(nr),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1),
        RETURN(KILL_PROCESS),
        ALLOW_ON_SOCKET(read),
        ALLOW_ON_SOCKET(write),
        ALLOW_ON_SOCKET(sendto),
        ALLOW_ON_SOCKET(recvmsg),
        ALLOW_NOT_EXEC(mmap),
        ALLOW_NOT_EXEC(mprotect),
        ALLOW(munmap),
        ALLOW(mremap),
        ALLOW(madvise),
        ALLOW(brk),
        ALLOW(close),
        ALLOW(rt_sigreturn),  /* out of the handler that fetches what is looked at */
        ALLOW(futex),         /* pthread_once() ends with one */
        ALLOW(clock_gettime), /* where the kernel's page for it does not answer */
        ALLOW(getrandom),
        ALLOW(exit),
        ALLOW(exit_group),
#if SR_SANDBOX_IS_WATCHED
        ALLOW(sigaltstack), /* asked before each call that does not return */
#endif
        RETURN(KILL_PROCESS),
    };
    struct sock_fprog program = {.len = sizeof FILTER / sizeof FILTER[0], .filter = FILTER};
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0U, &program) != 0) {
        return fail_errno(err, "set a seccomp filter");
    }
    return SR_OK;
}

#else

static enum sr_status filter_calls(struct sr_err *err)
{
    return sr_fail(err, SR_UNSUPPORTED, "cannot isolate: no seccomp filter for this processor");
}

#endif

enum sr_status sr_sandbox_enter(const struct sr_sandbox *sandbox, struct sr_err *err)
{
    leave_signals_to_parent();
    SR_TRY(keep_one_fd(sandbox->fd, err));
    SR_TRY(drop_rights(sandbox->parent, err));
    SR_TRY(drop_files_and_net(err)); /* takes a descriptor for a moment */
    SR_TRY(set_limits(sandbox, err));
    return filter_calls(err);
}
