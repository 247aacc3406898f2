/* SPDX-License-Identifier: Apache-2.0 */
/* A walk finds every file once, in byte order, and opens only what it found. deposit_test.c has
 * what it refuses. */
#include "artifact/walk.h"

#include "base/folder.h"
#include "tests/check.h"
#include "tests/room.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/dev/shm/sr-walk-XXXXXX";
static int room_fd = -1; /* a folder elsewhere */

static void sorts_by_bytes(void)
{
    struct sr_err err = {0};
    SR_AUTO(sr_walk) w = NULL;
    room_mkdir(scratch_dir, "tree");
    room_mkdir(scratch_dir, "tree/d");
    room_write(scratch_dir, "tree/B", "12", 2);
    room_write(scratch_dir, "tree/a-b", "", 0);
    room_write(scratch_dir, "tree/a.b", "", 0);
    room_write(scratch_dir, "tree/ab", "", 0);
    room_write(scratch_dir, "tree/\xc3\xa4", "345", 3);
    room_mkdir(scratch_dir, "tree/e");
    room_mkdir(scratch_dir, "tree/e/f");
    room_write(scratch_dir, "tree/e/f/g", "", 0);
    CHECK(sr_walk_new(room_path(scratch_dir, "tree"), room_fd, &w, &err) == SR_OK);
    CHECK(sr_walk_count(w) == 6 && sr_walk_bytes(w) == 5);
    static const char *const order[] = {"B", "a-b", "a.b", "ab", "e/f/g", "\xc3\xa4"};
    for (size_t i = 0; i < 6; i++) {
        CHECK(strcmp(sr_walk_at(w, i)->path, order[i]) == 0);
    }
    CHECK(strcmp(sr_walk_source(w), room_path(scratch_dir, "tree")) == 0);
}

static void opens_what_it_found(void)
{
    struct sr_err err = {0};
    SR_AUTO(sr_walk) w = NULL;
    SR_AUTO_FD fd = -1;
    char c = 0;
    room_mkdir(scratch_dir, "live");
    room_mkdir(scratch_dir, "live/sub");
    room_write(scratch_dir, "live/sub/a", "1", 1);
    room_write(scratch_dir, "live/sub/b", "2", 1);
    CHECK(sr_walk_new(room_path(scratch_dir, "live"), room_fd, &w, &err) == SR_OK);
    CHECK(sr_walk_open(w, 1, &fd, &err) == SR_OK);
    CHECK(read(fd, &c, 1) == 1 && c == '2');
    CHECK(sr_walk_check(w, 1, fd, &err) == SR_OK);
    room_write(scratch_dir, "live/sub/b", "22", 2);
    CHECK(sr_walk_check(w, 1, fd, &err) == SR_CONFLICT);
    sr_folder_close_fd(&fd);
    CHECK(sr_walk_open(w, 1, &fd, &err) == SR_CONFLICT);
    CHECK(strstr(err.message, "'sub/b' changed") != NULL);
    /* The same bytes in another file are another file. */
    CHECK(unlink(room_path(scratch_dir, "live/sub/a")) == 0);
    CHECK(sr_walk_open(w, 0, &fd, &err) == SR_CONFLICT);
    CHECK(symlink("b", room_path(scratch_dir, "live/sub/a")) == 0);
    CHECK(sr_walk_open(w, 0, &fd, &err) == SR_CONFLICT);
    /* A folder on the way became a link. */
    CHECK(rename(room_path(scratch_dir, "live/sub"), room_path(scratch_dir, "moved")) == 0);
    CHECK(symlink("../moved", room_path(scratch_dir, "live/sub")) == 0);
    CHECK(sr_walk_open(w, 1, &fd, &err) != SR_OK);
    CHECK(fd == -1);
}

static void limits_depth_and_path(void)
{
    struct sr_err err = {0};
    struct sr_walk *w = NULL;
    char path[1024] = "deep";
    room_mkdir(scratch_dir, path);
    for (unsigned i = 0; i <= SR_WALK_DEPTH_MAX; i++) {
        memcpy(path + strlen(path), "/d", 3);
        room_mkdir(scratch_dir, path);
    }
    CHECK(sr_walk_new(room_path(scratch_dir, "deep"), room_fd, &w, &err) == SR_TOO_LARGE);
    CHECK(strstr(err.message, "deep") != NULL);
    char name[201];
    memset(name, 'n', 200);
    name[200] = '\0';
    memcpy(path, "long", 5);
    room_mkdir(scratch_dir, path);
    for (unsigned i = 0; i < 4; i++) {
        size_t len = strlen(path);
        path[len] = '/';
        memcpy(path + len + 1, name, sizeof name);
        room_mkdir(scratch_dir, path);
    }
    CHECK(chdir(room_path(scratch_dir, path)) == 0);
    CHECK(mkdir(name, 0700) == 0 && chdir(name) == 0 && mkdir(name, 0700) == 0);
    CHECK(sr_walk_new(room_path(scratch_dir, "long"), room_fd, &w, &err) == SR_TOO_LARGE);
    CHECK(strstr(err.message, "its path is over") != NULL);
    CHECK(chdir("/") == 0 && w == NULL);
}

static void lists_everything_for_a_look(void)
{
    struct sr_err err = {0};
    SR_AUTO(sr_walk) w = NULL;
    SR_AUTO_FD fd = -1;
    room_mkdir(scratch_dir, "odd");
    room_write(scratch_dir, "odd/a\nb\xff", "12", 2);
    CHECK(symlink("a", room_path(scratch_dir, "odd/link")) == 0);
    CHECK(mkfifo(room_path(scratch_dir, "odd/pipe"), 0600) == 0);
    CHECK(sr_walk_new(room_path(scratch_dir, "odd"), room_fd, &w, &err) != SR_OK);
    CHECK(sr_walk_all(room_path(scratch_dir, "odd"), &w, &err) == SR_OK);
    CHECK(sr_walk_count(w) == 3 && sr_walk_bytes(w) == 2);
    CHECK(strcmp(sr_walk_at(w, 0)->path, "a\nb\xff") == 0);
    CHECK(S_ISLNK(sr_walk_at(w, 1)->found.st_mode) && S_ISFIFO(sr_walk_at(w, 2)->found.st_mode));
    CHECK(sr_walk_open(w, 0, &fd, &err) == SR_OK);
    int root = -1;
    sr_walk_root(w, &root);
    CHECK(faccessat(root, "pipe", F_OK, 0) == 0);
}

int main(void)
{
    if (!room_scratch(scratch_dir)) {
        return 1;
    }
    room_mkdir(scratch_dir, "room");
    if (sr_folder_open(AT_FDCWD, room_path(scratch_dir, "room"), &room_fd, NULL) != SR_OK) {
        return 1;
    }
    RUN(sorts_by_bytes);
    RUN(opens_what_it_found);
    RUN(limits_depth_and_path);
    RUN(lists_everything_for_a_look);
    sr_folder_close_fd(&room_fd);
    scratch_remove(scratch_dir);
    return check_done();
}
