/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kill custody_victim.c before every durable step of every operation, and let every step fail.
 * Then the same command again brings it to its end, or another one clears it up; what was in
 * custody before still is; no blob is orphaned; and no IV was used for two plaintexts.
 * argv: the victim, crash.so, and the name of one of the sweeps below, or none for all.
 */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <sys/wait.h>

#include "seal/body.h"
#include "tests/check.h"
#include "tests/room.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/dev/shm/sr-custody-crash-XXXXXX";
static const char *victim;
static const char *library;
static char base[256]; /* a room with one version in it, to be copied */

static char room_dir[256]; /* the copy that is worked on */

/* Run a program with crash.so set up by one or two variables (NULL: without it). */
static int spawn(char *const argv[], const char *first, const char *second)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        int log =
            open(room_path(scratch_dir, "log"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        (void)dup2(log, STDERR_FILENO);
        if (first != NULL) {
            (void)setenv("LD_PRELOAD", library, 1);
            (void)putenv(strdup(first));
        }
        if (second != NULL) {
            (void)putenv(strdup(second));
        }
        (void)execvp(argv[0], argv);
        _exit(201);
    }
    CHECK(waitpid(child, &status, 0) == child);
    return status;
}

static int run_with(const char *verb, const char *a, const char *b, const char *first,
                    const char *second)
{
    char *const argv[] = {strdup(victim),
                          strdup(verb),
                          strdup(room_dir),
                          a == NULL ? NULL : strdup(a),
                          b == NULL ? NULL : strdup(b),
                          NULL};
    int status = spawn(argv, first, second);
    for (size_t i = 0; i < 5; i++) {
        free(argv[i]);
    }
    return status;
}

static bool runs(const char *verb, const char *a, const char *b)
{
    int status = run_with(verb, a, b, NULL, NULL);
    if (status != 0) {
        size_t len = 0;
        uint8_t *log = room_read(scratch_dir, "log", &len);
        printf("# %s %s: status %d: %.*s\n", verb, room_dir, status, (int)len,
               log == NULL ? "" : (const char *)log);
        free(log);
    }
    return status == 0;
}

static void copy_tree(const char *from, const char *to)
{
    char *const argv[] = {strdup("cp"), strdup("-a"), strdup(from), strdup(to), NULL};
    CHECK(spawn(argv, NULL, NULL) == 0);
    for (size_t i = 0; i < 4; i++) {
        free(argv[i]);
    }
}

/* Where pins are: with each room its own, or a copy would be taken for the old one that it is. */
static void pins_of(const char *room, char out[272])
{
    (void)snprintf(out, 272, "%s.state", room);
    CHECK(setenv("XDG_STATE_HOME", out, 1) == 0);
}

/* A room of its own for the next run: a copy of base, or nothing yet. */
static void fresh_room(bool copy)
{
    static unsigned number;
    char pins[272];
    char base_pins[272];
    if (room_dir[0] != '\0' && check_faults == 0) {
        pins_of(room_dir, pins);
        scratch_remove(room_dir);
        scratch_remove(pins);
    }
    (void)snprintf(room_dir, sizeof room_dir, "%s/room-%u", scratch_dir, number++);
    pins_of(base, base_pins);
    pins_of(room_dir, pins);
    if (copy) {
        copy_tree(base, room_dir);
        copy_tree(base_pins, pins);
    }
}

static unsigned count_steps(const char *verb, const char *a, const char *b)
{
    char variable[320];
    char line[32] = "0";
    char name[] = "count";
    (void)snprintf(variable, sizeof variable, "STRONGROOM_CRASH_COUNT_FILE=%s/%s", scratch_dir,
                   name);
    CHECK(run_with(verb, a, b, variable, NULL) == 0);
    FILE *f = fopen(room_path(scratch_dir, name), "r");
    CHECK(f != NULL && fgets(line, sizeof line, f) != NULL);
    if (f != NULL) {
        (void)fclose(f);
    }
    uint64_t steps = 0;
    CHECK(sr_text_parse_u64(sr_bytes(line, strcspn(line, "\n")), 1, 100000, &steps) == SR_OK);
    printf("# %s: %u steps\n", verb, (unsigned)steps);
    return (unsigned)steps;
}

static bool was_killed(const char *verb, const char *a, const char *b, unsigned n)
{
    char variable[64];
    (void)snprintf(variable, sizeof variable, "STRONGROOM_CRASH_AT=%u", n);
    int status = run_with(verb, a, b, variable, NULL);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

/* Whether step n failed and was reported (true), or did not matter (false). */
static bool was_failed(const char *verb, const char *a, const char *b, unsigned n)
{
    char variable[64];
    (void)snprintf(variable, sizeof variable, "STRONGROOM_FAULT_AT=%u", n);
    int status =
        run_with(verb, a, b, variable,
                 n % 2 == 0 ? "STRONGROOM_FAULT_ERRNO=ENOSPC" : "STRONGROOM_FAULT_ERRNO=EIO");
    CHECK(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 10));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 10) {
        size_t len = 0;
        uint8_t *log = room_read(scratch_dir, "log", &len);
        CHECK(log != NULL && len > 20); /* it says why */
        free(log);
        return true;
    }
    return false;
}

/* Nothing of a deposit in progress, nothing but the files of a room. */
static void check_leftovers(void)
{
    static const char *const known[] = {
        "room.json",      "signatures",     "blobs",    "catalog.db", "keys",
        "catalog.db-wal", "catalog.db-shm", "deposits", "lock",       "ledger"};
    DIR *dir = opendir(room_path(room_dir, "deposits"));
    CHECK(dir != NULL);
    for (struct dirent *e = dir == NULL ? NULL : readdir(dir); e != NULL; e = readdir(dir)) {
        CHECK(e->d_name[0] == '.');
    }
    (void)closedir(dir);
    dir = opendir(room_dir);
    CHECK(dir != NULL);
    for (struct dirent *e = dir == NULL ? NULL : readdir(dir); e != NULL; e = readdir(dir)) {
        bool is_known = e->d_name[0] == '.';
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
            is_known = is_known || strcmp(e->d_name, known[i]) == 0;
        }
        CHECK(is_known);
    }
    (void)closedir(dir);
}

static void check_room(unsigned n)
{
    CHECK(runs("check", NULL, NULL));
    check_leftovers();
    if (check_faults != 0) {
        printf("# step %u, in %s\n", n, room_dir);
    }
}

/* What a killed deposit left of one body. */
struct leftover {
    char object[33];
    uint8_t *bytes;
    size_t len;
};

#define LEFTOVERS_MAX 8

static struct leftover leftovers[LEFTOVERS_MAX];
static size_t leftover_count;

static bool is_in_base(const char *object)
{
    char path[600];
    (void)snprintf(path, sizeof path, "%s/blobs/%.2s/%s.body", base, object, object);
    return access(path, F_OK) == 0;
}

static int keep_leftover(const char *path, const struct stat *st, int type,
                         struct FTW *at) /* lint: callback */
{
    const char *name = path + at->base;
    if (type == FTW_F && strlen(name) == 37 && !is_in_base(name) &&
        leftover_count < LEFTOVERS_MAX) {
        struct leftover *l = &leftovers[leftover_count++];
        memcpy(l->object, name, 32);
        char dir[600];
        (void)snprintf(dir, sizeof dir, "%.*s", at->base - 1, path);
        l->bytes = room_read(dir, name, &l->len);
        CHECK(l->len == (size_t)st->st_size);
    }
    return 0;
}

static void keep_leftovers(void)
{
    CHECK(nftw(room_path(room_dir, "blobs"), keep_leftover, 16, FTW_PHYS) == 0);
}

#define HEADER_BYTES 4096
#define IV_AT 4
#define IV_BYTES 12

/* Segment i of a body and how much of it there is. The final one's first word is its length. */
static size_t segment(const uint8_t *bytes, size_t len, size_t i, const uint8_t **out)
{
    size_t at = HEADER_BYTES + i * SR_BODY_SEGMENT_BYTES;
    if (at + IV_AT + IV_BYTES > len) {
        return 0;
    }
    *out = bytes + at;
    size_t word = (size_t)bytes[at] << 24 | (size_t)bytes[at + 1] << 16 |
                  (size_t)bytes[at + 2] << 8 | bytes[at + 3];
    size_t wanted = word < SR_BODY_SEGMENT_BYTES ? word : SR_BODY_SEGMENT_BYTES;
    return len - at < wanted ? len - at : wanted;
}

static bool is_written(const uint8_t *iv)
{
    static const uint8_t zeros[IV_BYTES];
    return memcmp(iv, zeros, IV_BYTES) != 0;
}

/* One IV, one ciphertext: whatever both have under the same IV must be the same bytes. */
static void compare_ivs(const struct leftover *l, const uint8_t *final, size_t final_len)
{
    const uint8_t *one = NULL;
    const uint8_t *other = NULL;
    for (size_t i = 0; segment(l->bytes, l->len, i, &one) != 0; i++) {
        size_t one_len = segment(l->bytes, l->len, i, &one);
        for (size_t j = 0; segment(final, final_len, j, &other) != 0; j++) {
            size_t other_len = segment(final, final_len, j, &other);
            if (!is_written(one + IV_AT) || memcmp(one + IV_AT, other + IV_AT, IV_BYTES) != 0) {
                continue;
            }
            size_t len = one_len < other_len ? one_len : other_len;
            CHECK(i == j);
            /* The rest of a segment that was not written to its end is zeros. */
            while (len > IV_AT + IV_BYTES && one[len - 1] == 0) {
                len--;
            }
            CHECK(memcmp(one, other, len) == 0);
        }
    }
}

static unsigned ivs_compared;

static void check_ivs(void)
{
    for (size_t i = 0; i < leftover_count; i++) {
        char shard[300];
        char name[48];
        (void)snprintf(shard, sizeof shard, "%s/blobs/%.2s", room_dir, leftovers[i].object);
        (void)snprintf(name, sizeof name, "%.32s.body", leftovers[i].object);
        size_t len = 0;
        uint8_t *final = room_read(shard, name, &len);
        if (final != NULL && leftovers[i].bytes != NULL) {
            compare_ivs(&leftovers[i], final, len);
            ivs_compared++;
        }
        free(final);
        free(leftovers[i].bytes);
    }
    leftover_count = 0;
}

static const char *source(void)
{
    return room_path(scratch_dir, "source");
}

static void deposit_goes_on(void)
{
    fresh_room(true);
    unsigned steps = count_steps("deposit", source(), "m");
    CHECK(steps > 50);
    for (unsigned n = 1; n <= steps && check_faults == 0; n++) {
        fresh_room(true);
        CHECK(was_killed("deposit", source(), "m", n));
        keep_leftovers();
        CHECK(runs("deposit", source(), "m"));
        check_ivs();
        check_room(n);
        CHECK(runs("export", "m", room_path(room_dir, "../out")));
        CHECK(room_same_file(room_path(scratch_dir, "out"), "model.safetensors", source(),
                             "model.safetensors"));
        scratch_remove(room_path(scratch_dir, "out"));
    }
    printf("# %u interrupted bodies were compared\n", ivs_compared);
    CHECK(ivs_compared > 10);
}

static void deposit_is_cleared_up(void)
{
    fresh_room(true);
    unsigned steps = count_steps("deposit", source(), "m");
    unsigned finished = 0;
    unsigned recorded = 0;
    for (unsigned n = 1; n <= steps && check_faults == 0; n++) {
        fresh_room(true);
        CHECK(was_killed("deposit", source(), "m", n));
        bool was_in = run_with("has", "m", NULL, NULL, NULL) == 0;
        CHECK(runs("deposit", room_path(scratch_dir, "source/config.json"), "other"));
        bool is_in = run_with("has", "m", NULL, NULL, NULL) == 0;
        CHECK(is_in || !was_in);
        recorded += was_in;
        finished += is_in && !was_in;
        check_room(n);
    }
    printf("# killed after the act %u times, finished by the other deposit %u times\n", recorded,
           finished);
    CHECK(recorded > 0 && finished > 0 && recorded + finished < steps);
}

static void deposit_reports_failures(void)
{
    fresh_room(true);
    unsigned steps = count_steps("deposit", source(), "m");
    unsigned reported = 0;
    for (unsigned n = 1; n <= steps && check_faults == 0; n++) {
        fresh_room(true);
        reported += was_failed("deposit", source(), "m", n);
        CHECK(runs("deposit", source(), "m"));
        check_room(n);
    }
    printf("# %u failures were reported\n", reported);
    CHECK(reported > steps / 2);
}

static void init_finishes(void)
{
    fresh_room(false);
    unsigned steps = count_steps("init", NULL, NULL);
    CHECK(steps > 20);
    for (unsigned n = 1; n <= steps && check_faults == 0; n++) {
        fresh_room(false);
        CHECK(was_killed("init", NULL, NULL, n));
        bool is_room = access(room_path(room_dir, "room.json"), F_OK) == 0;
        CHECK(is_room || runs("init", NULL, NULL));
        CHECK(runs("deposit", room_path(scratch_dir, "source/config.json"), "first"));
        check_room(n);
    }
}

static void init_reports_failures(void)
{
    fresh_room(false);
    unsigned steps = count_steps("init", NULL, NULL);
    unsigned reported = 0;
    for (unsigned n = 1; n <= steps && check_faults == 0; n++) {
        fresh_room(false);
        bool failed = was_failed("init", NULL, NULL, n);
        reported += failed;
        bool is_room = access(room_path(room_dir, "room.json"), F_OK) == 0;
        CHECK(failed || is_room);
        CHECK(is_room || runs("init", NULL, NULL));
        CHECK(runs("deposit", room_path(scratch_dir, "source/config.json"), "first"));
        check_room(n);
    }
    CHECK(reported > steps / 2);
}

/* No folder but out, and that only when it is whole. */
static void check_outputs(void)
{
    DIR *dir = opendir(room_path(scratch_dir, "outputs"));
    CHECK(dir != NULL);
    for (struct dirent *e = dir == NULL ? NULL : readdir(dir); e != NULL; e = readdir(dir)) {
        CHECK(strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
              strcmp(e->d_name, "out") == 0);
    }
    (void)closedir(dir);
    static const char *const files[] = {"model.safetensors", "config.json", ".hidden",
                                        "sub/data.bin"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        CHECK(room_same_file(room_path(scratch_dir, "outputs/out"), files[i], source(), files[i]));
    }
}

static void export_can_be_repeated(void)
{
    const char *out = strdup(room_path(scratch_dir, "outputs/out"));
    room_mkdir(scratch_dir, "outputs");
    fresh_room(true);
    unsigned steps = count_steps("export", "base", out);
    CHECK(steps > 10);
    for (unsigned n = 1; n <= 2 * steps && check_faults == 0; n++) {
        scratch_remove(room_path(scratch_dir, "outputs"));
        room_mkdir(scratch_dir, "outputs");
        fresh_room(true);
        if (n <= steps) {
            CHECK(was_killed("export", "base", out, n));
        } else {
            (void)was_failed("export", "base", out, n - steps);
        }
        /* It is there and whole, or it is not there. */
        CHECK(access(out, F_OK) == 0 || runs("export", "base", out));
        check_outputs();
        check_room(n);
    }
    free((void *)(uintptr_t)out);
}

static struct stat body_stats[16];
static size_t body_count;

static int note_body(const char *path, const struct stat *st, int type,
                     struct FTW *at) /* lint: callback */
{
    (void)path;
    (void)at;
    if (type == FTW_F && body_count < 16) {
        body_stats[body_count++] = *st;
    }
    return 0;
}

static void rotation_leaves_a_room_that_opens(void)
{
    fresh_room(true);
    unsigned steps = count_steps("rotate", NULL, NULL);
    CHECK(steps > 10);
    for (unsigned n = 1; n <= 2 * steps && check_faults == 0; n++) {
        fresh_room(true);
        body_count = 0;
        CHECK(nftw(room_path(room_dir, "blobs"), note_body, 16, FTW_PHYS) == 0);
        struct stat before[16];
        size_t before_count = body_count;
        memcpy(before, body_stats, sizeof before);
        if (n <= steps) {
            CHECK(was_killed("rotate", NULL, NULL, n));
        } else {
            (void)was_failed("rotate", NULL, NULL, n - steps);
        }
        check_room(n);
        CHECK(runs("rotate", NULL, NULL));
        check_room(n);
        body_count = 0;
        CHECK(nftw(room_path(room_dir, "blobs"), note_body, 16, FTW_PHYS) == 0);
        CHECK(before_count == 4 && body_count == 4);
        for (size_t i = 0; i < body_count; i++) {
            CHECK(before[i].st_ino == body_stats[i].st_ino &&
                  before[i].st_mtim.tv_nsec == body_stats[i].st_mtim.tv_nsec &&
                  before[i].st_ctim.tv_nsec == body_stats[i].st_ctim.tv_nsec);
        }
    }
}

static const struct {
    const char *name;
    void (*run)(void);
} sweeps[] = {
    {"init", init_finishes},
    {"init_fail", init_reports_failures},
    {"deposit", deposit_goes_on},
    {"deposit_other", deposit_is_cleared_up},
    {"deposit_fail", deposit_reports_failures},
    {"export", export_can_be_repeated},
    {"rotate", rotation_leaves_a_room_that_opens},
};

int main(int argc, char **argv)
{
    if (argc < 3 || !room_scratch(scratch_dir)) {
        return 1;
    }
    victim = argv[1];
    library = argv[2];
    const char *only = argc > 3 ? argv[3] : "";
    room_make_model(scratch_dir, "source", 5);
    fresh_room(false);
    memcpy(base, room_dir, sizeof base);
    CHECK(runs("init", NULL, NULL) && runs("deposit", source(), "base"));
    room_dir[0] = '\0';
    for (size_t i = 0; i < sizeof sweeps / sizeof sweeps[0]; i++) {
        if (only[0] == '\0' || strcmp(only, sweeps[i].name) == 0) {
            RUN(sweeps[i].run);
        }
    }
    if (check_tests_failed == 0) {
        scratch_remove(scratch_dir);
    }
    return check_done();
}
