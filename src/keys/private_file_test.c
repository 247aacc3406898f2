/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever happens while a private file is made or replaced (the process is killed, the disk is
 * full, another process does the same), it holds the old or the new content, only its owner can
 * read it, and the next change cleans up.
 */
#include "keys/private_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/check.h"
#include "tests/fault.h"
#include "tests/scratch.h"
#include "tests/steps.h"

static char scratch_dir[] = "/tmp/sr-private-XXXXXX";
static char path[64];

static const struct sr_bytes OLD = {(const uint8_t *)"the old content", 15};
static const struct sr_bytes NEW = {(const uint8_t *)"the content that is new", 23};

static bool holds(struct sr_bytes content)
{
    SR_AUTO(sr_buf) b = NULL;
    return sr_buf_new(100, &b) == SR_OK && sr_private_file_read(path, 100, b, NULL) == SR_OK &&
           sr_buf_view(b).len == content.len &&
           memcmp(sr_buf_view(b).ptr, content.ptr, content.len) == 0;
}

static enum sr_status read_status(const char *at)
{
    SR_AUTO(sr_buf) b = NULL;
    CHECK(sr_buf_new(100, &b) == SR_OK);
    return sr_private_file_read(at, 15, b, NULL);
}

/* How many names there are in the folder. */
static unsigned names(void)
{
    unsigned count = 0;
    DIR *dir = opendir(scratch_dir);
    for (const struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;) {
        count += e->d_name[0] != '.';
    }
    CHECK(dir != NULL && closedir(dir) == 0);
    return count;
}

static void start_with_old(void)
{
    (void)unlink(path);
    CHECK(sr_private_file_create(path, OLD, NULL) == SR_OK);
    CHECK(holds(OLD) && names() == 1);
}

static void start_with_nothing(void)
{
    start_with_old(); /* cleans up what an earlier round left */
    CHECK(unlink(path) == 0);
}

static void only_the_owner_can_read_it(void)
{
    struct stat info;
    mode_t before = umask(0);
    start_with_old();
    CHECK(stat(path, &info) == 0 && (info.st_mode & 07777) == 0600);
    (void)umask(0777);
    CHECK(sr_private_file_replace(path, OLD, NEW, NULL) == SR_OK);
    CHECK(stat(path, &info) == 0 && (info.st_mode & 07777) == 0600);
    (void)umask(before);

    static const mode_t OPEN[] = {0640, 0604, 0620, 0602, 0610, 0601};
    for (size_t i = 0; i < sizeof OPEN / sizeof OPEN[0]; i++) {
        struct sr_err err = {0};
        SR_AUTO(sr_buf) b = NULL;
        CHECK(sr_buf_new(100, &b) == SR_OK);
        CHECK(chmod(path, OPEN[i]) == 0);
        CHECK(sr_private_file_read(path, 100, b, &err) == SR_DENIED);
        CHECK(strstr(err.message, "chmod 600") != NULL);
        CHECK(sr_private_file_replace(path, NEW, OLD, NULL) == SR_DENIED);
    }
}

static void is_made_once(void)
{
    start_with_old();
    CHECK(sr_private_file_create(path, NEW, NULL) == SR_CONFLICT);
    CHECK(holds(OLD) && names() == 1);
}

static void is_replaced_only_when_it_is_what_was_expected(void)
{
    start_with_old();
    CHECK(sr_private_file_replace(path, NEW, NEW, NULL) == SR_CONFLICT);
    CHECK(sr_private_file_replace(path, sr_bytes(OLD.ptr, OLD.len - 1), NEW, NULL) == SR_CONFLICT);
    CHECK(holds(OLD));
    CHECK(sr_private_file_replace(path, OLD, NEW, NULL) == SR_OK);
    CHECK(holds(NEW) && names() == 1);
}

static void replace_with_new(void)
{
    CHECK(sr_private_file_replace(path, OLD, NEW, NULL) == SR_OK);
}

/* Opened, then replaced by another before it is locked: the lock is on a file that is gone. */
static void a_lock_on_a_replaced_file_is_no_lock(void)
{
    start_with_old();
    steps_before_lock(replace_with_new);
    CHECK(sr_private_file_replace(path, OLD, OLD, NULL) == SR_CONFLICT);
    CHECK(holds(NEW));
}

static void waits_for_nobody(void)
{
    start_with_old();
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    CHECK(flock(fd, LOCK_EX | LOCK_NB) == 0);
    CHECK(sr_private_file_replace(path, OLD, NEW, NULL) == SR_BUSY);
    CHECK(close(fd) == 0);
    CHECK(sr_private_file_replace(path, OLD, NEW, NULL) == SR_OK);
}

static void refuses_what_is_not_a_file(void)
{
    char other[80];
    (void)snprintf(other, sizeof other, "%s/other", scratch_dir);
    start_with_old();
    CHECK(symlink(path, other) == 0);
    CHECK(read_status(other) == SR_DENIED);
    CHECK(sr_private_file_create(other, NEW, NULL) == SR_CONFLICT);
    CHECK(unlink(other) == 0 && mkfifo(other, 0600) == 0);
    CHECK(read_status(other) == SR_DENIED); /* and does not wait for a writer */
    CHECK(unlink(other) == 0 && mkdir(other, 0700) == 0);
    CHECK(read_status(other) == SR_DENIED);
    CHECK(rmdir(other) == 0);
    CHECK(read_status(other) == SR_NOT_FOUND);
}

static void refuses_impossible_paths(void)
{
    char too_long[PATH_MAX + 10] = "";
    memset(too_long, '/', sizeof too_long - 2);
    CHECK(read_status(too_long) == SR_USAGE);
    memset(too_long, 'a', 250); /* no room for a draft's name */
    too_long[250] = '\0';
    CHECK(read_status(too_long) == SR_USAGE);
    CHECK(read_status("") == SR_USAGE);
    CHECK(read_status("/tmp/") == SR_USAGE);
    CHECK(read_status("/nonexistent-folder/key") == SR_NOT_FOUND);
    CHECK(sr_private_file_create("/nonexistent-folder/key", NEW, NULL) == SR_NOT_FOUND);
}

static void reads_no_more_than_it_may(void)
{
    start_with_old();
    CHECK(read_status(path) == SR_OK); /* exactly 15 */
    CHECK(sr_private_file_replace(path, OLD, NEW, NULL) == SR_OK);
    CHECK(read_status(path) == SR_TOO_LARGE);
}

static void touch(const char *name)
{
    char at[128];
    (void)snprintf(at, sizeof at, "%s/%s", scratch_dir, name);
    int fd = open(at, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    CHECK(fd >= 0 && close(fd) == 0);
}

static void removes_dead_drafts_and_nothing_else(void)
{
    start_with_old();
    touch("key.new-0123456789abcdef");  /* a dead writer's */
    touch("key.new-0123456789abcdeF");  /* not ours: upper case */
    touch("key.new-0123456789abcde");   /* not ours: too short */
    touch("key2.new-0123456789abcdef"); /* another file's */
    touch("key.new-1111111111111111");  /* a living writer's: locked */
    char at[128];
    (void)snprintf(at, sizeof at, "%s/key.new-1111111111111111", scratch_dir);
    int fd = open(at, O_RDONLY | O_CLOEXEC);
    CHECK(flock(fd, LOCK_EX | LOCK_NB) == 0);
    CHECK(names() == 6);
    CHECK(sr_private_file_replace(path, OLD, NEW, NULL) == SR_OK);
    CHECK(names() == 5);
    CHECK(close(fd) == 0);
    CHECK(sr_private_file_replace(path, NEW, OLD, NULL) == SR_OK);
    CHECK(names() == 4);
    scratch_remove(scratch_dir);
    CHECK(mkdir(scratch_dir, 0700) == 0);
}

/* One change, in a child that is killed before its nth step. Whether it was. */
static bool is_killed_at(unsigned nth, bool creates)
{
    pid_t child = fork();
    if (child == 0) {
        steps_arm(nth, STEPS_KILL);
        enum sr_status status = creates ? sr_private_file_create(path, NEW, NULL)
                                        : sr_private_file_replace(path, OLD, NEW, NULL);
        _exit(status == SR_OK ? 0 : 1);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static void a_kill_at_any_step_of_creating_leaves_all_or_nothing(void)
{
    unsigned nth = 0;
    bool killed = true;
    while (killed) {
        start_with_nothing();
        killed = is_killed_at(++nth, true);
        bool is_there = access(path, F_OK) == 0;
        CHECK(!is_there || holds(NEW));
        CHECK(killed || is_there);
        enum sr_status status = is_there ? sr_private_file_replace(path, NEW, OLD, NULL)
                                         : sr_private_file_create(path, OLD, NULL);
        CHECK(status == SR_OK && holds(OLD));
        CHECK(names() == 1); /* also what was killed between link and unlink */
    }
    CHECK(nth == 7); /* creat, write, fsync, link, unlink, fsync of the folder, none */
}

static void a_kill_at_any_step_of_replacing_leaves_old_or_new(void)
{
    unsigned nth = 0;
    bool killed = true;
    while (killed) {
        start_with_old();
        killed = is_killed_at(++nth, false);
        bool is_new = holds(NEW);
        CHECK(is_new || holds(OLD));
        CHECK(killed || is_new);
        CHECK(sr_private_file_replace(path, is_new ? NEW : OLD, OLD, NULL) == SR_OK);
        CHECK(names() == 1);
    }
    CHECK(nth == 6); /* creat, write, fsync, rename, fsync of the folder, none */
}

static void every_failing_step_is_reported(void)
{
    for (unsigned round = 0; round < 4; round++) {
        bool creates = round % 2 == 0;
        enum steps_what what = round < 2 ? STEPS_FAIL_IO : STEPS_FAIL_SPACE;
        unsigned nth = 0;
        bool fired = true;
        while (fired) {
            if (creates) {
                start_with_nothing();
            } else {
                start_with_old();
            }
            steps_arm(++nth, what);
            struct sr_err err = {0};
            enum sr_status status = creates ? sr_private_file_create(path, NEW, &err)
                                            : sr_private_file_replace(path, OLD, NEW, &err);
            fired = steps_fired();
            steps_arm(0, what);
            CHECK(status == (fired ? SR_IO : SR_OK));
            bool is_there = access(path, F_OK) == 0;
            CHECK(creates ? !is_there || holds(NEW) : holds(OLD) || holds(NEW));
            CHECK(names() == (unsigned)is_there); /* no draft is left */
        }
        CHECK(nth == (creates ? 7 : 6));
    }
}

/* root may read any folder, so this is tried as nobody. */
static void a_folder_that_cannot_be_read_is_an_error(void)
{
    start_with_old();
    CHECK(chmod(scratch_dir, 0700) == 0);
    pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && seteuid(65534) != 0) {
            _exit(2);
        }
        CHECK(geteuid() == 65534 || chmod(scratch_dir, 0) == 0);
        _exit(read_status(path) == SR_IO && sr_private_file_create(path, NEW, NULL) == SR_IO ? 0
                                                                                             : 1);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(chmod(scratch_dir, 0700) == 0);
}

static void survives_every_failing_allocation(void)
{
    FAULT_SWEEP {
        SR_AUTO(sr_buf) b = NULL;
        enum sr_status status = sr_buf_new(100, &b);
        (void)unlink(path);
        status = status != SR_OK ? status : sr_private_file_create(path, OLD, NULL);
        status = status != SR_OK ? status : sr_private_file_replace(path, OLD, NEW, NULL);
        status = status != SR_OK ? status : sr_private_file_read(path, 100, b, NULL);
        CHECK((status == SR_OK) == !fault_fired());
    }
    CHECK(fault_sweep_faults() >= 4);
}

int main(void)
{
    if (!scratch_make(scratch_dir)) {
        return 1;
    }
    (void)snprintf(path, sizeof path, "%s/key", scratch_dir);
    RUN(only_the_owner_can_read_it);
    RUN(is_made_once);
    RUN(is_replaced_only_when_it_is_what_was_expected);
    RUN(a_lock_on_a_replaced_file_is_no_lock);
    RUN(waits_for_nobody);
    RUN(refuses_what_is_not_a_file);
    RUN(refuses_impossible_paths);
    RUN(reads_no_more_than_it_may);
    RUN(removes_dead_drafts_and_nothing_else);
    RUN(a_kill_at_any_step_of_creating_leaves_all_or_nothing);
    RUN(a_kill_at_any_step_of_replacing_leaves_old_or_new);
    RUN(every_failing_step_is_reported);
    RUN(a_folder_that_cannot_be_read_is_an_error);
    RUN(survives_every_failing_allocation);
    scratch_remove(scratch_dir);
    return check_done();
}
