/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash.c counts what it says it counts, kills before or after the call it is told, and fails the
 * call it is told. argv: the victim program and the library.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/check.h"
#include "tests/scratch.h"

/* In the order of crash_victim.c. */
static const char *const CALLS[] = {
    "write",     "pwrite",    "fsync",  "fdatasync", "sync_file_range",
    "ftruncate", "fallocate", "fchmod", "rename",    "rename",
    "rename",    "link",      "link",   "unlink",    "unlink",
    "mkdir",     "mkdir"};
#define CALL_COUNT ((int)(sizeof CALLS / sizeof CALLS[0]))
#define AT_RENAME 9
#define AT_MKDIR 16

static char scratch_dir[] = "/tmp/sr-crash-XXXXXX";
static char victim_dir[128];
static const char *victim;
static const char *library;

/* Run the victim in an empty directory with these variables set ("NAME=value", NULL at the end);
 * its wait status. */
static int run_victim(const char *const *variables)
{
    static int number;
    int status = -1;
    (void)snprintf(victim_dir, sizeof victim_dir, "%s/%d", scratch_dir, number++);
    CHECK(mkdir(victim_dir, 0700) == 0);
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        (void)dup2(null, STDOUT_FILENO);
        for (size_t i = 0; variables[i] != NULL; i++) {
            char *variable = strdup(variables[i]);
            if (variable == NULL || putenv(variable) != 0) {
                _exit(200);
            }
        }
        (void)setenv("LD_PRELOAD", library, 1);
        (void)execl(victim, victim, victim_dir, (char *)NULL);
        _exit(201);
    }
    CHECK(waitpid(child, &status, 0) == child);
    return status;
}

static bool exists(const char *name)
{
    char path[160];
    (void)snprintf(path, sizeof path, "%s/%s", victim_dir, name);
    return access(path, F_OK) == 0;
}

/* "NAME=<directory>/<file>" */
static void path_variable(char out[160], const char *name, const char *file)
{
    (void)snprintf(out, 160, "%s=%s/%s", name, scratch_dir, file);
}

static void counts_every_call_and_writes_no_other(void)
{
    char count_file[160];
    char log_file[160];
    path_variable(count_file, "STRONGROOM_CRASH_COUNT_FILE", "count");
    path_variable(log_file, "STRONGROOM_CRASH_LOG_FILE", "log");
    CHECK(run_victim((const char *const[]){count_file, log_file, NULL}) == 0);
    CHECK(exists("d") && exists("g") && exists("h") && !exists("e") && !exists("f"));

    FILE *file = fopen(strchr(count_file, '=') + 1, "r");
    CHECK(file != NULL);
    char line[64] = "";
    char expected[64];
    if (file != NULL) {
        CHECK(fgets(line, sizeof line, file) != NULL);
        (void)fclose(file);
    }
    (void)snprintf(expected, sizeof expected, "%d\n", CALL_COUNT);
    CHECK(strcmp(line, expected) == 0);

    file = fopen(strchr(log_file, '=') + 1, "r");
    CHECK(file != NULL);
    for (int i = 0; file != NULL && i < CALL_COUNT; i++) {
        (void)snprintf(expected, sizeof expected, "%d %s\n", i + 1, CALLS[i]);
        CHECK(fgets(line, sizeof line, file) != NULL);
        CHECK(strcmp(line, expected) == 0);
    }
    if (file != NULL) {
        CHECK(fgets(line, sizeof line, file) == NULL);
        (void)fclose(file);
    }
}

static int run_with_number(const char *name, int n, const char *more)
{
    char variable[64];
    (void)snprintf(variable, sizeof variable, "%s=%d", name, n);
    return run_victim((const char *const[]){variable, more, NULL});
}

static void kills_before_or_after_each_call(void)
{
    for (int n = 1; n <= CALL_COUNT; n++) {
        int status = run_with_number("STRONGROOM_CRASH_AT", n, NULL);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        CHECK(exists("a") == (n <= AT_RENAME));
        CHECK(exists("g") == (n > AT_MKDIR));
        status = run_with_number("STRONGROOM_CRASH_AT", n, "STRONGROOM_CRASH_WHEN=after");
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        CHECK(exists("a") == (n < AT_RENAME));
        CHECK(exists("g") == (n >= AT_MKDIR));
    }
    CHECK(run_with_number("STRONGROOM_CRASH_AT", CALL_COUNT + 1, NULL) == 0);
}

static void fails_each_call(void)
{
    for (int n = 1; n <= CALL_COUNT; n++) {
        int status = run_with_number("STRONGROOM_FAULT_AT", n, NULL);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == EIO);
        CHECK(exists("a") == (n <= AT_RENAME));
        status = run_with_number("STRONGROOM_FAULT_AT", n, "STRONGROOM_FAULT_ERRNO=ENOSPC");
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == ENOSPC);
    }
    CHECK(run_with_number("STRONGROOM_FAULT_AT", CALL_COUNT + 1, NULL) == 0);
}

int main(int argc, char **argv)
{
    if (argc != 3 || !scratch_make(scratch_dir)) {
        return 1;
    }
    victim = argv[1];
    library = argv[2];
    RUN(counts_every_call_and_writes_no_other);
    RUN(kills_before_or_after_each_call);
    RUN(fails_each_call);
    scratch_remove(scratch_dir);
    return check_done();
}
