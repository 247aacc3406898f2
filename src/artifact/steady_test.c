/* SPDX-License-Identifier: Apache-2.0 */
/* What is hashed and what is read are the same bytes, or the file is refused; also when it changes
 * and changes back. */
#include "artifact/steady.h"

#include "base/folder.h"
#include "tests/check.h"
#include "tests/room.h"
#include "tests/scratch.h"

#define CHUNK SR_STEADY_CHUNK_BYTES

static char scratch_dir[] = "/dev/shm/sr-steady-XXXXXX";

static int open_file(void)
{
    int fd = open(room_path(scratch_dir, "file"), O_RDWR | O_CLOEXEC);
    CHECK(fd >= 0);
    return fd;
}

static struct sr_steady *steady_of(int fd, const struct sr_progress *progress)
{
    struct sr_err err = {0};
    struct sr_steady *s = NULL;
    CHECK(sr_steady_new(fd, "file", progress, &s, &err) == SR_OK);
    return s;
}

static void look(size_t len)
{
    struct sr_err err = {0};
    uint8_t *bytes = room_bytes(len, 5);
    uint8_t *chunk = malloc(CHUNK);
    uint8_t expected[SR_SHA256_BYTES];
    uint8_t digest[SR_SHA256_BYTES];
    room_write(scratch_dir, "file", bytes, len);
    SR_AUTO_FD fd = open_file();
    SR_AUTO(sr_steady) s = steady_of(fd, NULL);
    struct sr_source source = sr_steady_source(s);
    CHECK(source.bytes == len);
    /* From the end, which the hashing comes to last; and twice. */
    for (size_t n = 2 * ((len + CHUNK - 1) / CHUNK); n-- > 0;) {
        size_t at = n / 2 * CHUNK;
        size_t part = len - at < CHUNK ? len - at : CHUNK;
        CHECK(source.read_at(source.ctx, at, chunk, part, &err) == SR_OK);
        CHECK(memcmp(chunk, bytes + at, part) == 0);
    }
    CHECK(sr_steady_sha256(s, digest, &err) == SR_OK);
    CHECK(sr_sha256_once(sr_bytes(bytes, len), expected) == SR_OK);
    CHECK(memcmp(digest, expected, sizeof digest) == 0);
    free(chunk);
    free(bytes);
}

static void reads_and_hashes_the_same(void)
{
    look(1);
    look(CHUNK - 1);
    look(CHUNK);
    look(CHUNK + 1);
    look(9 * CHUNK + 77);
}

static void flip(int fd, off_t at)
{
    uint8_t byte = 0;
    CHECK(pread(fd, &byte, 1, at) == 1);
    byte ^= 1;
    CHECK(pwrite(fd, &byte, 1, at) == 1);
}

static void refuses_a_chunk_that_changed(void)
{
    struct sr_err err = {0};
    uint8_t digest[SR_SHA256_BYTES];
    uint8_t *chunk = malloc(CHUNK);
    room_write_random(scratch_dir, "file", 4 * CHUNK, 1);
    SR_AUTO_FD fd = open_file();
    SR_AUTO(sr_steady) s = steady_of(fd, NULL);
    struct sr_source source = sr_steady_source(s);
    CHECK(sr_steady_sha256(s, digest, &err) == SR_OK);
    CHECK(source.read_at(source.ctx, 2 * CHUNK, chunk, CHUNK, &err) == SR_OK);
    flip(fd, 2 * CHUNK + 100);
    CHECK(source.read_at(source.ctx, 2 * CHUNK, chunk, CHUNK, &err) == SR_CONFLICT);
    CHECK(strstr(err.message, "'file' changed") != NULL);
    flip(fd, 2 * CHUNK + 100);
    CHECK(source.read_at(source.ctx, 2 * CHUNK, chunk, CHUNK, &err) == SR_OK);
    CHECK(ftruncate(fd, 3 * CHUNK) == 0);
    CHECK(source.read_at(source.ctx, 3 * CHUNK, chunk, CHUNK, &err) == SR_CONFLICT);
    free(chunk);
}

/* Progress that waits until it is let go, and may then find another file. */
struct gate {
    int passed;
    int open[2];
};

static void wait_at_gate(void *ctx, uint64_t bytes)
{
    struct gate *g = ctx;
    char c = 0;
    (void)bytes;
    if (g->passed++ == 0) {
        CHECK(read(g->open[0], &c, 1) == 1);
    }
}

/* A parser sees the end of a file long before the hashing gets there. */
static void refuses_what_changes_before_it_is_hashed(void)
{
    struct sr_err err = {0};
    uint8_t digest[SR_SHA256_BYTES];
    uint8_t *chunk = malloc(CHUNK);
    struct gate gate = {0};
    const struct sr_progress progress = {.ctx = &gate, .advance = wait_at_gate};
    CHECK(pipe(gate.open) == 0);
    room_write_random(scratch_dir, "file", 8 * CHUNK, 1);
    SR_AUTO_FD fd = open_file();
    SR_AUTO(sr_steady) s = steady_of(fd, &progress);
    struct sr_source source = sr_steady_source(s);
    CHECK(source.read_at(source.ctx, 7 * CHUNK, chunk, CHUNK, &err) == SR_OK);
    flip(fd, 8 * CHUNK - 1);
    CHECK(write(gate.open[1], "x", 1) == 1);
    CHECK(sr_steady_sha256(s, digest, &err) == SR_CONFLICT);
    (void)close(gate.open[0]);
    (void)close(gate.open[1]);
    free(chunk);
}

static void grow(void *ctx, uint64_t bytes)
{
    (void)bytes;
    (void)!pwrite(*(int *)ctx, "x", 1, 8 * CHUNK);
}

static bool stops(void *ctx)
{
    (void)ctx;
    return true;
}

static void refuses_what_grows_and_stops_when_asked(void)
{
    uint8_t digest[SR_SHA256_BYTES];
    room_write_random(scratch_dir, "file", 8 * CHUNK, 1);
    SR_AUTO_FD fd = open_file();
    const struct sr_progress growing = {.ctx = &fd, .advance = grow};
    SR_AUTO(sr_steady) s = steady_of(fd, &growing);
    CHECK(sr_steady_sha256(s, digest, NULL) == SR_CONFLICT);
    const struct sr_progress stopping = {.cancelled = stops};
    SR_AUTO(sr_steady) stopped = steady_of(fd, &stopping);
    CHECK(sr_steady_sha256(stopped, digest, NULL) == SR_CANCELLED);
    /* Nobody waits for this one. */
    SR_AUTO(sr_steady) dropped = steady_of(fd, NULL);
    CHECK(dropped != NULL);
    SR_AUTO_FD device = open("/dev/null", O_RDONLY | O_CLOEXEC);
    struct sr_steady *none = NULL;
    CHECK(sr_steady_new(device, "null", NULL, &none, NULL) == SR_UNSUPPORTED && none == NULL);
}

int main(void)
{
    if (!room_scratch(scratch_dir)) {
        return 1;
    }
    RUN(reads_and_hashes_the_same);
    RUN(refuses_a_chunk_that_changed);
    RUN(refuses_what_changes_before_it_is_hashed);
    RUN(refuses_what_grows_and_stops_when_asked);
    scratch_remove(scratch_dir);
    return check_done();
}
