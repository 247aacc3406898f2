/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What only the driver "dir" does: what its directory looks like, what it makes of things that it
 * did not put there, and what it makes of an interrupted publish. docs/backends/blobs-dir.md names
 * the invariants (D-In).
 */
#include <assert.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/blobs.h"
#include "tests/check.h"
#include "tests/scratch.h"

#define PATH_BYTES 192

static char scratch_dir[] = "/tmp/sr-dir-XXXXXX";

static const struct sr_id ID = {{0xab, 0xcd, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
#define PART "staged/abcd030405060708090a0b0c0d0e0f10.part"
#define BODY "ab/abcd030405060708090a0b0c0d0e0f10.body"

struct place {
    char uri[PATH_BYTES];
    const char *path;
};

static void fresh_place(struct place *p)
{
    static unsigned number;
    (void)snprintf(p->uri, sizeof p->uri, "dir:%s/%u", scratch_dir, number++);
    p->path = strchr(p->uri, ':') + 1;
}

static struct sr_blobs *fresh_store(struct place *p)
{
    struct sr_blobs *b = NULL;
    fresh_place(p);
    CHECK(sr_blobs_create(p->uri, NULL) == SR_OK);
    CHECK(sr_blobs_open(p->uri, &b, NULL) == SR_OK);
    assert(b != NULL);
    return b;
}

/* The path of something in the store; valid until the next call. */
static const char *in(const struct place *p, const char *name)
{
    static char path[2 * PATH_BYTES];
    (void)snprintf(path, sizeof path, "%s/%s", p->path, name);
    return path;
}

static bool exists(const struct place *p, const char *name)
{
    struct stat info;
    return lstat(in(p, name), &info) == 0;
}

static unsigned mode_of(const struct place *p, const char *name)
{
    struct stat info = {0};
    CHECK(lstat(in(p, name), &info) == 0);
    return info.st_mode & 07777;
}

static void put_file(const struct place *p, const char *name, const char *text)
{
    int fd = open(in(p, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CHECK(fd >= 0);
    CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    CHECK(close(fd) == 0);
}

static enum sr_status write_text(struct sr_staged *s, uint64_t offset, const char *text,
                                 struct sr_err *err)
{
    struct sr_sink sink;
    struct sr_source source;
    sr_staged_io(s, &sink, &source);
    return sink.write_at(sink.ctx, offset, sr_text_view(text), err);
}

static struct sr_staged *stage_with(struct sr_blobs *b, const char *text)
{
    struct sr_staged *s = NULL;
    CHECK(sr_blobs_stage(b, &ID, &s, NULL) == SR_OK);
    assert(s != NULL);
    CHECK(write_text(s, 0, text, NULL) == SR_OK);
    return s;
}

static bool blob_holds(struct sr_blobs *b, const char *text)
{
    SR_AUTO(sr_blob) blob = NULL;
    uint8_t bytes[64];
    if (sr_blobs_open_blob(b, &ID, &blob, NULL) != SR_OK) {
        return false;
    }
    struct sr_source source = sr_blob_source(blob);
    return source.bytes == strlen(text) &&
           source.read_at(source.ctx, 0, bytes, strlen(text), NULL) == SR_OK &&
           memcmp(bytes, text, strlen(text)) == 0;
}

static void keeps_its_files_to_itself(void)
{
    struct place p;
    mode_t before = umask(0);
    SR_AUTO(sr_blobs) b = fresh_store(&p);
    struct sr_staged *s = stage_with(b, "text");
    CHECK(mode_of(&p, ".") == 0700);
    CHECK(mode_of(&p, "staged") == 0700);
    CHECK(mode_of(&p, PART) == 0600);
    CHECK(sr_staged_publish(s, 4, NULL) == SR_OK);
    (void)umask(before);
    CHECK(mode_of(&p, "ab") == 0700);
    CHECK(mode_of(&p, BODY) == 0400);
    CHECK(!exists(&p, PART));
}

/* D-I1 */
static void is_made_only_where_nothing_is(void)
{
    struct place p;
    struct sr_blobs *b = NULL;
    fresh_place(&p);
    CHECK(mkdir(p.path, 0700) == 0); /* what an interrupted create leaves */
    CHECK(sr_blobs_open(p.uri, &b, NULL) == SR_NOT_FOUND);
    CHECK(sr_blobs_create(p.uri, NULL) == SR_OK);

    fresh_place(&p);
    CHECK(mkdir(p.path, 0700) == 0);
    put_file(&p, "thesis.txt", "years of work");
    CHECK(sr_blobs_create(p.uri, NULL) == SR_CONFLICT);
    CHECK(!exists(&p, "staged"));

    struct place file = p;
    (void)snprintf(file.uri, sizeof file.uri, "dir:%s", in(&p, "thesis.txt"));
    CHECK(sr_blobs_create(file.uri, NULL) == SR_IO);
    CHECK(sr_blobs_open(file.uri, &b, NULL) == SR_IO);
    CHECK(b == NULL);
}

/* D-I2: nothing is written through a link that somebody left under a name of ours. */
static void follows_no_links(void)
{
    struct place p;
    struct sr_staged *s = NULL;
    struct sr_blob *blob = NULL;
    SR_AUTO(sr_blobs) b = fresh_store(&p);
    put_file(&p, "victim", "untouched");
    CHECK(symlink("../victim", in(&p, PART)) == 0);
    CHECK(sr_blobs_stage(b, &ID, &s, NULL) == SR_IO);
    CHECK(unlink(in(&p, PART)) == 0);
    CHECK(mkfifo(in(&p, PART), 0600) == 0);
    CHECK(sr_blobs_stage(b, &ID, &s, NULL) == SR_IO);
    CHECK(unlink(in(&p, PART)) == 0);

    CHECK(mkdir(in(&p, "ab"), 0700) == 0);
    CHECK(symlink("../victim", in(&p, BODY)) == 0);
    CHECK(sr_blobs_open_blob(b, &ID, &blob, NULL) == SR_IO);
    CHECK(unlink(in(&p, BODY)) == 0);
    CHECK(rmdir(in(&p, "ab")) == 0);
    s = stage_with(b, "text");
    CHECK(mkdir(in(&p, "elsewhere"), 0700) == 0);
    CHECK(symlink("elsewhere", in(&p, "ab")) == 0);
    CHECK(sr_staged_publish(s, 4, NULL) == SR_IO);
    CHECK(!exists(&p, "elsewhere/abcd030405060708090a0b0c0d0e0f10.body"));
    CHECK(exists(&p, PART));
    s = NULL;
    CHECK(sr_blobs_stage(b, &ID, &s, NULL) == SR_IO);
    CHECK(s == NULL && blob == NULL);
}

static char strays[512];

static void note_stray(void *ctx, const char *name)
{
    (void)ctx;
    size_t len = strlen(strays);
    (void)snprintf(strays + len, sizeof strays - len, "[%s]", name);
}

static enum sr_status count_blob(void *ctx, const struct sr_id *object, enum sr_blob_state state,
                                 uint64_t bytes, struct sr_err *err)
{
    (void)state;
    (void)bytes;
    (void)err;
    CHECK(sr_text_id_equal(object, &ID));
    ++*(unsigned *)ctx;
    return SR_OK;
}

static void reports_strays_by_name(void)
{
    static const char *const STRAYS[] = {
        "note.txt",
        "staged/note.txt",
        "staged/abcd030405060708090a0b0c0d0e0f10.body",
        "staged/ABCD030405060708090A0B0C0D0E0F10.part",
        "staged/abcd030405060708090a0b0c0d0e0f10.part~",
        "ab/abcd030405060708090a0b0c0d0e0f10.part",
        "cd/abcd030405060708090a0b0c0d0e0f10.body",
    };
    struct place p;
    unsigned count = 0;
    SR_AUTO(sr_blobs) b = fresh_store(&p);
    CHECK(sr_staged_publish(stage_with(b, "text"), 4, NULL) == SR_OK);
    CHECK(mkdir(in(&p, "cd"), 0700) == 0);
    for (size_t i = 0; i < sizeof STRAYS / sizeof STRAYS[0]; i++) {
        put_file(&p, STRAYS[i], "");
    }
    CHECK(mkdir(in(&p, "abc"), 0700) == 0);
    strays[0] = '\0';
    CHECK(sr_blobs_list(b, count_blob, note_stray, &count, NULL) == SR_OK);
    CHECK(count == 1);
    for (size_t i = 0; i < sizeof STRAYS / sizeof STRAYS[0]; i++) {
        char bracketed[80];
        (void)snprintf(bracketed, sizeof bracketed, "[%s]", STRAYS[i]);
        CHECK(strstr(strays, bracketed) != NULL);
    }
    CHECK(strstr(strays, "[abc]") != NULL);
    CHECK(strstr(strays, "[" BODY "]") == NULL);
}

/* D-I4: also against a name that appeared after the blob was staged. */
static void publishes_over_nothing(void)
{
    struct place p;
    struct sr_staged *s = NULL;
    SR_AUTO(sr_blobs) b = fresh_store(&p);
    s = stage_with(b, "the second");
    CHECK(mkdir(in(&p, "ab"), 0700) == 0);
    put_file(&p, BODY, "the first");
    CHECK(sr_staged_publish(s, 10, NULL) == SR_CONFLICT);
    CHECK(blob_holds(b, "the first"));
}

/* D-I5: a publish by link and unlink that stopped between the two. */
static void ends_an_interrupted_publish(void)
{
    struct place p;
    char body[2 * PATH_BYTES];
    struct sr_staged *s = NULL;
    SR_AUTO(sr_blobs) b = fresh_store(&p);
    sr_staged_free(stage_with(b, "whole"));
    CHECK(mkdir(in(&p, "ab"), 0700) == 0);
    (void)snprintf(body, sizeof body, "%s", in(&p, BODY));
    CHECK(link(in(&p, PART), body) == 0);
    CHECK(chmod(body, 0400) == 0);
    CHECK(sr_blobs_stage(b, &ID, &s, NULL) == SR_CONFLICT);
    CHECK(s == NULL);
    CHECK(!exists(&p, PART));
    CHECK(blob_holds(b, "whole"));
}

/* Give the store away and become its owner: root may write everything. False: we are not root. */
static bool become_nobody(const struct place *p)
{
    static const uid_t NOBODY = 65534;
    static const char *const OWNED[] = {"..", ".", "staged", PART};
    bool ok = geteuid() == 0;
    for (size_t i = 0; ok && i < sizeof OWNED / sizeof OWNED[0]; i++) {
        ok = chown(in(p, OWNED[i]), NOBODY, NOBODY) == 0;
    }
    return ok && setgid(NOBODY) == 0 && setuid(NOBODY) == 0;
}

/* A publish that stopped before the rename has taken the right to write away already. */
static void goes_on_with_a_file_that_is_read_only(void)
{
    struct place p;
    SR_AUTO(sr_blobs) b = fresh_store(&p);
    sr_staged_free(stage_with(b, "whole"));
    CHECK(chmod(in(&p, PART), 0400) == 0);
    pid_t child = fork();
    if (child == 0) {
        struct sr_staged *s = NULL;
        bool was_root = geteuid() == 0;
        bool ok = become_nobody(&p) || !was_root;
        ok = ok && sr_blobs_stage(b, &ID, &s, NULL) == SR_OK;
        ok = ok && write_text(s, 5, "!", NULL) == SR_OK;
        ok = ok && sr_staged_publish(s, 6, NULL) == SR_OK && blob_holds(b, "whole!");
        _exit(ok ? 0 : 1);
    }
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void has_room_for_offsets_over_four_gib(void)
{
    static const uint64_t FAR = ((uint64_t)5 << 30) + 123;
    struct place p;
    uint8_t bytes[3];
    SR_AUTO(sr_blobs) b = fresh_store(&p);
    struct sr_staged *s = stage_with(b, "near");
    CHECK(write_text(s, FAR, "far", NULL) == SR_OK);
    CHECK(sr_staged_publish(s, FAR + 3, NULL) == SR_OK);
    SR_AUTO(sr_blob) blob = NULL;
    CHECK(sr_blobs_open_blob(b, &ID, &blob, NULL) == SR_OK);
    struct sr_source source = sr_blob_source(blob);
    CHECK(source.bytes == FAR + 3);
    CHECK(source.read_at(source.ctx, FAR, bytes, 3, NULL) == SR_OK);
    CHECK(memcmp(bytes, "far", 3) == 0);
}

static void messages_name_file_and_offset(void)
{
    struct place p;
    struct sr_err err = {0};
    uint8_t bytes[8];
    SR_AUTO(sr_blobs) b = fresh_store(&p);
    struct sr_staged *s = stage_with(b, "text");
    CHECK(write_text(s, (uint64_t)INT64_MAX, "xy", &err) == SR_IO);
    CHECK(strstr(err.message, PART) != NULL);
    CHECK(strstr(err.message, "9223372036854775807") != NULL);
    CHECK(sr_staged_publish(s, 4, NULL) == SR_OK);
    SR_AUTO(sr_blob) blob = NULL;
    CHECK(sr_blobs_open_blob(b, &ID, &blob, NULL) == SR_OK);
    struct sr_source source = sr_blob_source(blob);
    err = (struct sr_err){0};
    CHECK(source.read_at(source.ctx, 2, bytes, 8, &err) == SR_TRUNCATED);
    CHECK(strstr(err.message, BODY) != NULL);
    CHECK(strstr(err.message, "offset 4, 6 bytes") != NULL);
}

static void gives_back_what_was_reserved(void)
{
    struct place p;
    struct stat info = {0};
    SR_AUTO(sr_blobs) b = fresh_store(&p);
    struct sr_staged *s = stage_with(b, "text");
    CHECK(sr_staged_reserve(s, 1 << 20, NULL) == SR_OK);
    CHECK(sr_staged_publish(s, 4, NULL) == SR_OK);
    CHECK(stat(in(&p, BODY), &info) == 0);
    CHECK(info.st_blocks * 512 <= 8192);
    s = NULL;
    struct sr_id other = ID;
    other.bytes[0] = 0;
    CHECK(sr_blobs_stage(b, &other, &s, NULL) == SR_OK);
    /* No file system here has this much room. */
    CHECK(sr_staged_reserve(s, (uint64_t)1 << 60, NULL) == SR_IO);
    sr_staged_free(s);
}

/* D-I3: between opening a file and locking it, the name can come to mean another one. flock() is
 * wrapped by the linker (meson.build), so that this happens exactly there. */

static const struct place *swap_in; /* where to do it, once; NULL: nowhere */

int __real_flock(int fd, int operation);
int __wrap_flock(int fd, int operation);
int __wrap_flock(int fd, int operation)
{
    if (swap_in != NULL) {
        const struct place *p = swap_in;
        swap_in = NULL;
        CHECK(unlink(in(p, PART)) == 0);
        put_file(p, PART, "another");
    }
    return __real_flock(fd, operation);
}

static void a_lock_counts_only_for_the_file_under_the_name(void)
{
    struct place p;
    struct sr_staged *s = NULL;
    SR_AUTO(sr_blobs) b = fresh_store(&p);
    put_file(&p, PART, "one");
    swap_in = &p;
    CHECK(sr_blobs_stage(b, &ID, &s, NULL) == SR_OK);
    CHECK(swap_in == NULL);
    CHECK(sr_staged_publish(s, 7, NULL) == SR_OK);
    CHECK(blob_holds(b, "another"));
}

/* Stage, publish, drop and remove of one name by many processes at once. Whatever a process is
 * told it has done must be so, and nobody may hold what another has published. */
#define CONTENDERS 4
#define TURNS 150

/* With the blob held: give it up, or publish and remove it. */
static bool use_hold(struct sr_blobs *b, struct sr_staged *s, unsigned who, unsigned turn)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%u-%u", who, turn);
    bool written = write_text(s, 0, text, NULL) == SR_OK;
    if (turn % 3 == 0) {
        sr_staged_free(s);
        enum sr_status status = sr_blobs_drop_staged(b, &ID, NULL);
        return written && (status == SR_OK || status == SR_BUSY || status == SR_NOT_FOUND);
    }
    /* We held it, so nobody else could publish it, and what is published is ours. */
    return sr_staged_publish(s, strlen(text), NULL) == SR_OK && written && blob_holds(b, text) &&
           sr_blobs_remove(b, &ID, NULL) == SR_OK;
}

static void contend(const struct place *p, unsigned who)
{
    struct sr_blobs *b = NULL;
    bool ok = sr_blobs_open(p->uri, &b, NULL) == SR_OK;
    for (unsigned turn = 0; ok && turn < TURNS; turn++) {
        struct sr_staged *s = NULL;
        enum sr_status status = sr_blobs_stage(b, &ID, &s, NULL);
        ok = status == SR_OK ? use_hold(b, s, who, turn)
                             : status == SR_BUSY || status == SR_CONFLICT;
    }
    sr_blobs_free(b);
    _exit(ok ? 0 : 1);
}

static void contenders_agree_on_who_did_what(void)
{
    struct place p;
    pid_t children[CONTENDERS];
    SR_AUTO(sr_blobs) b = fresh_store(&p);
    for (unsigned i = 0; i < CONTENDERS; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            contend(&p, i);
        }
    }
    for (unsigned i = 0; i < CONTENDERS; i++) {
        int status = -1;
        CHECK(waitpid(children[i], &status, 0) == children[i]);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
}

int main(void)
{
    if (!scratch_make(scratch_dir)) {
        return 1;
    }
    RUN(keeps_its_files_to_itself);
    RUN(is_made_only_where_nothing_is);
    RUN(follows_no_links);
    RUN(reports_strays_by_name);
    RUN(publishes_over_nothing);
    RUN(ends_an_interrupted_publish);
    RUN(goes_on_with_a_file_that_is_read_only);
    RUN(has_room_for_offsets_over_four_gib);
    RUN(messages_name_file_and_offset);
    RUN(gives_back_what_was_reserved);
    RUN(a_lock_counts_only_for_the_file_under_the_name);
    RUN(contenders_agree_on_who_did_what);
    scratch_remove(scratch_dir);
    return check_done();
}
