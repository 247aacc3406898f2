/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kill store_victim.c before every durable step, and let every step fail: the next run brings the
 * deposit to its end, and nothing is lost, doubled or left over. argv: the victim and crash.so.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/blobs.h"
#include "tests/catalog_fixture.h"
#include "tests/check.h"
#include "tests/scratch.h"

static char scratch_dir[64];
static char victim_dir[128];
static const char *victim;
static const char *library;

/* A new, empty directory for the victim. */
static void fresh_dir(void)
{
    static unsigned number;
    (void)snprintf(victim_dir, sizeof victim_dir, "%s/%u", scratch_dir, number++);
    CHECK(mkdir(victim_dir, 0700) == 0);
}

/* Run the victim with two variables set (NULL: none); its wait status. */
static int run_victim(char *first, char *second)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        (void)dup2(null, STDERR_FILENO);
        (void)setenv("LD_PRELOAD", library, 1);
        if ((first != NULL && putenv(first) != 0) || (second != NULL && putenv(second) != 0)) {
            _exit(200);
        }
        (void)execl(victim, victim, victim_dir, (char *)NULL);
        _exit(201);
    }
    CHECK(waitpid(child, &status, 0) == child);
    return status;
}

/* How many steps an undisturbed run has. */
static unsigned count_steps(void)
{
    char variable[200];
    char line[32] = "0";
    fresh_dir();
    (void)snprintf(variable, sizeof variable, "STRONGROOM_CRASH_COUNT_FILE=%s.count", victim_dir);
    CHECK(run_victim(variable, NULL) == 0);
    FILE *f = fopen(strchr(variable, '=') + 1, "r");
    CHECK(f != NULL && fgets(line, sizeof line, f) != NULL);
    if (f != NULL) {
        (void)fclose(f);
    }
    return (unsigned)strtoul(line, NULL, 10);
}

struct seen {
    unsigned published;
    unsigned others;
};

static enum sr_status see_blob(void *ctx, const struct sr_id *object, enum sr_blob_state state,
                               uint64_t bytes, struct sr_err *err)
{
    struct seen *seen = ctx;
    (void)object;
    (void)err;
    if (state == SR_BLOB_PUBLISHED && bytes == 8) {
        seen->published++;
    } else {
        seen->others++;
    }
    return SR_OK;
}

static void see_stray(void *ctx, const char *name)
{
    printf("# stray %s\n", name);
    ((struct seen *)ctx)->others++;
}

static enum sr_status see_act(void *ctx, const struct sr_act_record *act, struct sr_err *err)
{
    (void)act;
    (void)err;
    ++*(unsigned *)ctx;
    return SR_OK;
}

/* All is there, once, and nothing else is. */
static void check_result(void)
{
    char uri[160];
    SR_AUTO(sr_blobs) b = NULL;
    SR_AUTO(sr_catalog) c = NULL;
    struct seen seen = {0};
    struct sr_catalog_version v = {0};
    const struct sr_id version = id(100);
    unsigned acts = 0;
    (void)snprintf(uri, sizeof uri, "dir:%s/blobs", victim_dir);
    CHECK(sr_blobs_open(uri, &b, NULL) == SR_OK);
    CHECK(sr_blobs_list(b, see_blob, see_stray, &seen, NULL) == SR_OK);
    CHECK(seen.published == FILES && seen.others == 0);
    (void)snprintf(uri, sizeof uri, "sqlite:%s/catalog", victim_dir);
    CHECK(sr_catalog_open(uri, &c, NULL) == SR_OK);
    CHECK(sr_catalog_version_by_id(c, &version, &v, NULL) == SR_OK);
    CHECK(v.state == SR_VERSION_SEALED && v.plain_bytes == 3003);
    CHECK(sr_catalog_acts(c, &(struct sr_acts_query){0}, see_act, &acts, NULL) == SR_OK);
    CHECK(acts == 2);
}

static void goes_on_after_a_kill_at_every_step(void)
{
    unsigned steps = count_steps();
    printf("# %u steps\n", steps);
    CHECK(steps > 50);
    check_result();
    for (unsigned n = 1; n <= steps; n++) {
        char variable[64];
        fresh_dir();
        (void)snprintf(variable, sizeof variable, "STRONGROOM_CRASH_AT=%u", n);
        int status = run_victim(variable, NULL);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        int faults = check_faults;
        CHECK(run_victim(NULL, NULL) == 0);
        check_result();
        if (check_faults != faults) {
            printf("# killed before step %u, in %s\n", n, victim_dir);
        }
    }
}

static void goes_on_after_a_failure_of_every_step(void)
{
    static char *const ERRORS[] = {"STRONGROOM_FAULT_ERRNO=ENOSPC", "STRONGROOM_FAULT_ERRNO=EIO"};
    unsigned steps = count_steps();
    unsigned failures = 0;
    for (unsigned n = 1; n <= steps; n++) {
        char variable[64];
        char error[64];
        fresh_dir();
        (void)snprintf(variable, sizeof variable, "STRONGROOM_FAULT_AT=%u", n);
        (void)snprintf(error, sizeof error, "%s", ERRORS[n % 2]);
        int status = run_victim(variable, error);
        /* It says so, or it did not matter (a hint, the removal of a journal); it does not crash.
         */
        CHECK(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 10));
        failures += WIFEXITED(status) && WEXITSTATUS(status) == 10;
        int faults = check_faults;
        CHECK(run_victim(NULL, NULL) == 0);
        check_result();
        if (check_faults != faults) {
            printf("# failed step %u, in %s\n", n, victim_dir);
        }
    }
    printf("# %u failures were reported\n", failures);
    CHECK(failures > steps / 2);
}

int main(int argc, char **argv)
{
    /* In memory if that is possible: a kill loses nothing that was written, whatever it is on. */
    (void)snprintf(scratch_dir, sizeof scratch_dir, "%s/sr-store-crash-XXXXXX",
                   access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (argc != 3 || !scratch_make(scratch_dir)) {
        return 1;
    }
    victim = argv[1];
    library = argv[2];
    RUN(goes_on_after_a_kill_at_every_step);
    RUN(goes_on_after_a_failure_of_every_step);
    if (check_tests_failed == 0) {
        scratch_remove(scratch_dir);
    }
    return check_done();
}
