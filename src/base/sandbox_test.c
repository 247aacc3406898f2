/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whoever has entered the sandbox keeps one descriptor and no rights, and cannot be an orphan.
 * src/artifact/inspector_test.c tries what a parser that was taken over may try.
 */
#include "base/sandbox.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/check.h"

/* How a child ended that entered and then did something; 99: it did not enter. */
static void run(int (*deed)(void), int parent, int *out_status)
{
    int pair[2];
    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0);
    pid_t child = fork();
    if (child == 0) {
        struct sr_sandbox sandbox = {.fd = pair[1],
                                     .parent = parent,
                                     .data_bytes = (uint64_t)1 << 30,
                                     .space_bytes = (uint64_t)8 << 30,
                                     .cpu_s = 5};
        /* Past libc, where sanitizers hang their own ends, which are forbidden here. */
        (void)syscall(SYS_exit_group, sr_sandbox_enter(&sandbox, NULL) == SR_OK ? deed() : 99);
    }
    CHECK(waitpid(child, out_status, 0) == child);
    (void)close(pair[0]);
    (void)close(pair[1]);
}

static int do_nothing(void)
{
    return 7;
}

static int do_answer(void)
{
    return write(0, "x", 1) == 1 ? 7 : 8;
}

static int do_compute(void)
{
    char *memory = malloc(64 << 20);
    if (memory == NULL) {
        return 8;
    }
    memset(memory, 1, 64 << 20);
    int kept = memory[12345];
    free(memory);
    return kept == 1 ? 7 : 8;
}

static int do_take_much(void)
{
    void *much = malloc((size_t)2 << 30);
    bool is_refused = much == NULL;
    free(much);
    return is_refused ? 7 : 8;
}

static int do_open(void)
{
    int fd = open("/", O_RDONLY);
    return fd >= 0 ? 7 : 8;
}

static int do_print(void)
{
    return write(1, "x", 1) == 1 ? 7 : 8;
}

static int do_ask_limits(void)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_NOFILE, &limit);
}

static bool is_exit(int status, int code)
{
    return WIFEXITED(status) && WEXITSTATUS(status) == code;
}

static bool is_killed(int status)
{
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
}

static void leaves_what_computing_needs(void)
{
    int status = 0;
    run(do_nothing, getpid(), &status);
    CHECK(is_exit(status, 7));
    run(do_answer, getpid(), &status);
    CHECK(is_exit(status, 7));
    run(do_compute, getpid(), &status);
    CHECK(is_exit(status, 7));
}

static void bounds_memory(void)
{
#if SR_SANDBOX_IS_WATCHED
    printf("# a sanitizer needs more address space than a limit would leave\n");
#else
    int status = 0;
    run(do_take_much, getpid(), &status);
    CHECK(is_exit(status, 7));
#endif
}

static void kills_whoever_asks_for_more(void)
{
    int status = 0;
    run(do_open, getpid(), &status);
    CHECK(is_killed(status));
    run(do_print, getpid(), &status);
    CHECK(is_killed(status));
    run(do_ask_limits, getpid(), &status);
    CHECK(is_killed(status));
}

static void does_not_begin_without_its_parent(void)
{
    int status = 0;
    run(do_nothing, getpid() + 1, &status);
    CHECK(is_exit(status, 99));
}

int main(void)
{
    RUN(leaves_what_computing_needs);
    RUN(bounds_memory);
    RUN(kills_whoever_asks_for_more);
    RUN(does_not_begin_without_its_parent);
    return check_done();
}
