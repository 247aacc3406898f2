/* SPDX-License-Identifier: Apache-2.0 */
/* A copy holds what was read, its digest is the copy's, and nobody can change it. */
#include "artifact/staging.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/folder.h"
#include "tests/check.h"
#include "tests/room.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/dev/shm/sr-staging-XXXXXX";

static int open_file(const char *name)
{
    int fd = open(room_path(scratch_dir, name), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    CHECK(fd >= 0);
    return fd;
}

static void nobody_writes_to(int fd)
{
    CHECK(pwrite(fd, "x", 1, 0) != 1);
    CHECK(ftruncate(fd, 12345678) != 0);
    CHECK(mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
}

/* Stage len bytes, in memory or not, and look at the copy. */
static void stage(size_t len, uint64_t memory_bytes)
{
    struct sr_err err = {0};
    SR_AUTO(sr_staging) s = NULL;
    uint8_t *bytes = room_bytes(len, 7);
    uint8_t *copy = malloc(len + 1);
    uint8_t expected[SR_SHA256_BYTES];
    uint8_t digest[SR_SHA256_BYTES];
    room_write(scratch_dir, "file", bytes, len);
    SR_AUTO_FD fd = open_file("file");
    CHECK(sr_staging_new(fd, "file", memory_bytes, NULL, &s, &err) == SR_OK);
    CHECK(sr_staging_bytes(s) == len);
    int copied = -1;
    sr_staging_fd(s, &copied);
    /* What happens to the file now does not matter. */
    room_write(scratch_dir, "file", "other", 5);
    CHECK(pread(copied, copy, len + 1, 0) == (ssize_t)len);
    CHECK(memcmp(copy, bytes, len) == 0);
    CHECK(sr_staging_sha256(s, digest, &err) == SR_OK);
    CHECK(sr_sha256_once(sr_bytes(bytes, len), expected) == SR_OK);
    CHECK(memcmp(digest, expected, sizeof digest) == 0);
    nobody_writes_to(copied);
    free(copy);
    free(bytes);
}

static void copies_what_was_there(void)
{
    static const size_t LENGTHS[] = {0, 1, 262144, 262145, (4 << 20), (4 << 20) + 1, 9000001};
    for (size_t i = 0; i < sizeof LENGTHS / sizeof LENGTHS[0]; i++) {
        stage(LENGTHS[i], 0);
        stage(LENGTHS[i], 1); /* in a file */
    }
}

static void refuses(const char *name, enum sr_status expected, const char *words)
{
    struct sr_err err = {0};
    struct sr_staging *s = NULL;
    SR_AUTO_FD fd = open_file(name);
    CHECK(sr_staging_new(fd, name, 0, NULL, &s, &err) == expected);
    CHECK(s == NULL && strstr(err.message, words) != NULL);
}

static void takes_regular_files_only(void)
{
    CHECK(mkfifo(room_path(scratch_dir, "pipe"), 0600) == 0);
    refuses("pipe", SR_UNSUPPORTED, "'pipe' is a pipe");
    room_mkdir(scratch_dir, "folder");
    refuses("folder", SR_UNSUPPORTED, "'folder' is a folder");
    SR_AUTO_FD fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    struct sr_staging *s = NULL;
    CHECK(sr_staging_new(fd, "null", 0, NULL, &s, NULL) == SR_UNSUPPORTED);
}

/* Progress that writes to the file that is being read. */
struct meddling {
    bool grows;
    bool stops;
};

static void meddle(void *ctx, uint64_t bytes)
{
    const struct meddling *m = ctx;
    (void)bytes;
    if (!m->stops) {
        CHECK(truncate(room_path(scratch_dir, "live"), m->grows ? 9000000 : 300000) == 0);
    }
}

static bool is_stopped(void *ctx)
{
    const struct meddling *m = ctx;
    return m->stops;
}

static void notices_what_changes(void)
{
    static const struct meddling CASES[] = {{.grows = true}, {.grows = false}, {.stops = true}};
    for (size_t i = 0; i < 3; i++) {
        struct meddling m = CASES[i];
        const struct sr_progress progress = {.ctx = &m, .advance = meddle, .cancelled = is_stopped};
        struct sr_staging *s = NULL;
        room_write_random(scratch_dir, "live", 8 << 20, 3);
        SR_AUTO_FD fd = open_file("live");
        CHECK(sr_staging_new(fd, "live", 0, &progress, &s, NULL) ==
              (m.stops ? SR_CANCELLED : SR_CONFLICT));
        CHECK(s == NULL);
    }
}

static void says_where_there_is_no_room(void)
{
    struct sr_err err = {0};
    struct sr_staging *s = NULL;
    SR_AUTO_FD fd = open_file("live");
    CHECK(setenv("TMPDIR", "/nowhere", 1) == 0);
    CHECK(sr_staging_new(fd, "live", 1, NULL, &s, &err) == SR_IO);
    CHECK(strstr(err.message, "'/nowhere' (TMPDIR)") != NULL);
    CHECK(unsetenv("TMPDIR") == 0);
}

int main(void)
{
    if (!room_scratch(scratch_dir)) {
        return 1;
    }
    RUN(copies_what_was_there);
    RUN(takes_regular_files_only);
    RUN(notices_what_changes);
    RUN(says_where_there_is_no_room);
    scratch_remove(scratch_dir);
    return check_done();
}
