/* SPDX-License-Identifier: Apache-2.0 */
/* After hardening, a process is as the header says; each test is a child of its own. */
#include "base/process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/check.h"

/* Whether body, run in a child, returns true. */
static bool in_child(bool (*body)(void))
{
    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        _exit(body() ? 0 : 1);
    }
    int status = 0;
    return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool has_no_dumps(void)
{
    struct rlimit core = {.rlim_cur = 1, .rlim_max = 1};
    return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1 && sr_process_harden(false, NULL) == SR_OK &&
           prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 && getrlimit(RLIMIT_CORE, &core) == 0 &&
           core.rlim_cur == 0 && core.rlim_max == 0;
}

static bool makes_private_files(void)
{
    (void)umask(0);
    return sr_process_harden(false, NULL) == SR_OK && umask(0) == 077;
}

static bool fills_standard_fds(void)
{
    struct stat null;
    struct stat info[3];
    bool ok = stat("/dev/null", &null) == 0;
    ok = close(0) == 0 && close(2) == 0 && ok;
    ok = sr_process_harden(false, NULL) == SR_OK && ok;
    for (int fd = 0; fd <= 2; fd++) {
        ok = fstat(fd, &info[fd]) == 0 && fcntl(fd, F_GETFD) == 0 && ok;
    }
    return ok && info[0].st_rdev == null.st_rdev && info[2].st_rdev == null.st_rdev &&
           open("/dev/null", O_RDONLY | O_CLOEXEC) >= 3;
}

static bool hands_no_other_fds_on(void)
{
    int fd = open("/dev/null", O_RDONLY);
    return fd >= 3 && fcntl(fd, F_GETFD) == 0 && sr_process_harden(false, NULL) == SR_OK &&
           fcntl(fd, F_GETFD) == FD_CLOEXEC;
}

static bool keeps_setuid_programs_when_told(void)
{
    return sr_process_harden(false, NULL) == SR_OK && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0;
}

static bool gives_them_up_when_told(void)
{
    return sr_process_harden(true, NULL) == SR_OK && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

static bool may_be_done_twice(void)
{
    return sr_process_harden(true, NULL) == SR_OK && sr_process_harden(true, NULL) == SR_OK;
}

static void hardens_all_that_it_says(void)
{
    CHECK(in_child(has_no_dumps));
    CHECK(in_child(makes_private_files));
    CHECK(in_child(fills_standard_fds));
    CHECK(in_child(hands_no_other_fds_on));
    CHECK(in_child(gives_them_up_when_told));
    CHECK(in_child(may_be_done_twice));
    /* Under a supervisor that has given them up already, there is nothing to see. */
    CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 || in_child(keeps_setuid_programs_when_told));
}

int main(void)
{
    RUN(hardens_all_that_it_says);
    return check_done();
}
