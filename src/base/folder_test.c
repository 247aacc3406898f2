/* SPDX-License-Identifier: Apache-2.0 */
/* Files are replaced whole; links are not followed; a lock lasts as long as its holder, and the
 * holder may take the name away. */
#include "base/folder.h"

#include <signal.h>
#include <sys/wait.h>

#include "tests/check.h"
#include "tests/room.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/dev/shm/sr-folder-XXXXXX";
static int at = -1;

static void replaces_files(void)
{
    struct sr_err err = {0};
    SR_AUTO(sr_buf) buf = NULL;
    CHECK(sr_buf_new(16, &buf) == SR_OK);
    CHECK(sr_folder_read_file(at, "file", buf, &err) == SR_NOT_FOUND);
    CHECK(sr_folder_write_file(at, "file", sr_bytes("one", 3), &err) == SR_OK);
    CHECK(sr_folder_write_file(at, "file", sr_bytes("2", 1), &err) == SR_OK);
    CHECK(sr_folder_read_file(at, "file", buf, &err) == SR_OK);
    CHECK(sr_text_equal(sr_buf_view(buf), sr_text_view("2")));
    struct stat st;
    CHECK(fstatat(at, "file", &st, 0) == 0 && (st.st_mode & 07777) == 0600);
    CHECK(fstatat(at, "file.new", &st, 0) != 0);
    CHECK(sr_folder_write_file(at, "file", sr_bytes("0123456789abcdef0", 17), &err) == SR_OK);
    sr_buf_clear(buf);
    CHECK(sr_folder_read_file(at, "file", buf, &err) == SR_TOO_LARGE);
    CHECK(sr_folder_remove_file(at, "file", &err) == SR_OK);
    CHECK(sr_folder_remove_file(at, "file", &err) == SR_OK);
}

static void follows_no_links(void)
{
    struct sr_err err = {0};
    SR_AUTO(sr_buf) buf = NULL;
    int fd = -1;
    CHECK(sr_buf_new(16, &buf) == SR_OK);
    room_write(scratch_dir, "target", "keep", 4);
    CHECK(symlinkat("target", at, "link") == 0);
    CHECK(symlinkat(".", at, "dirlink") == 0);
    CHECK(sr_folder_read_file(at, "link", buf, &err) == SR_IO);
    CHECK(sr_folder_open(at, "dirlink", &fd, &err) == SR_IO);
    CHECK(sr_folder_lock(at, "link", SR_LOCK_SHARED, 0, &fd, &err) == SR_IO);
    CHECK(sr_folder_write_file(at, "link", sr_bytes("x", 1), &err) == SR_OK);
    CHECK(sr_folder_read_file(at, "target", buf, &err) == SR_OK);
    CHECK(sr_text_equal(sr_buf_view(buf), sr_text_view("keep")));
    CHECK(mkfifoat(at, "pipe", 0600) == 0);
    CHECK(sr_folder_read_file(at, "pipe", buf, &err) == SR_IO);
    CHECK(fd == -1);
}

static void removes_trees_but_not_beyond_links(void)
{
    struct sr_err err = {0};
    room_mkdir(scratch_dir, "outside");
    room_write(scratch_dir, "outside/keep", "x", 1);
    CHECK(sr_folder_make(at, "tree", &err) == SR_OK);
    CHECK(sr_folder_make(at, "tree", &err) == SR_OK);
    room_mkdir(scratch_dir, "tree/below");
    room_write(scratch_dir, "tree/below/file", "x", 1);
    CHECK(symlink("../outside", room_path(scratch_dir, "tree/link")) == 0);
    CHECK(sr_folder_remove_tree(at, "tree", &err) == SR_OK);
    CHECK(access(room_path(scratch_dir, "tree"), F_OK) != 0);
    CHECK(access(room_path(scratch_dir, "outside/keep"), F_OK) == 0);
    CHECK(sr_folder_remove_tree(at, "tree", &err) == SR_OK);
}

static void locks(void)
{
    struct sr_err err = {0};
    SR_AUTO_FD one = -1;
    SR_AUTO_FD other = -1;
    CHECK(!sr_folder_is_locked(at, "lock"));
    CHECK(sr_folder_lock(at, "lock", SR_LOCK_SHARED, 0, &one, &err) == SR_OK);
    CHECK(sr_folder_lock(at, "lock", SR_LOCK_SHARED, 0, &other, &err) == SR_OK);
    CHECK(sr_folder_is_locked(at, "lock"));
    sr_folder_close_fd(&other);
    CHECK(sr_folder_lock(at, "lock", SR_LOCK_EXCLUSIVE, 0, &other, &err) == SR_BUSY);
    CHECK(strstr(err.message, "'lock'") != NULL);
    sr_folder_close_fd(&one);
    CHECK(sr_folder_lock(at, "lock", SR_LOCK_EXCLUSIVE, 0, &one, &err) == SR_OK);
    CHECK(sr_folder_lock(at, "lock", SR_LOCK_SHARED, 0, &other, &err) == SR_BUSY);
    /* The name may go: who comes next has a file, and a lock, of his own. */
    CHECK(sr_folder_remove_file(at, "lock", &err) == SR_OK);
    CHECK(sr_folder_lock(at, "lock", SR_LOCK_EXCLUSIVE, 0, &other, &err) == SR_OK);
}

static void a_dead_holder_lets_go(void)
{
    struct sr_err err = {0};
    int ready[2];
    CHECK(pipe(ready) == 0);
    pid_t child = fork();
    if (child == 0) {
        int fd = -1;
        char c = sr_folder_lock(at, "death", SR_LOCK_EXCLUSIVE, 0, &fd, NULL) == SR_OK ? 'y' : 'n';
        if (write(ready[1], &c, 1) == 1) {
            (void)pause();
        }
        _exit(0);
    }
    char c = '\0';
    SR_AUTO_FD fd = -1;
    CHECK(read(ready[0], &c, 1) == 1 && c == 'y');
    CHECK(sr_folder_is_locked(at, "death"));
    CHECK(sr_folder_lock(at, "death", SR_LOCK_EXCLUSIVE, 0, &fd, &err) == SR_BUSY);
    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
    CHECK(!sr_folder_is_locked(at, "death"));
    CHECK(sr_folder_lock(at, "death", SR_LOCK_EXCLUSIVE, 0, &fd, &err) == SR_OK);
    (void)close(ready[0]);
    (void)close(ready[1]);
}

int main(void)
{
    if (!room_scratch(scratch_dir) || sr_folder_open(AT_FDCWD, scratch_dir, &at, NULL) != SR_OK) {
        return 1;
    }
    RUN(replaces_files);
    RUN(follows_no_links);
    RUN(removes_trees_but_not_beyond_links);
    RUN(locks);
    RUN(a_dead_holder_lets_go);
    sr_folder_close_fd(&at);
    scratch_remove(scratch_dir);
    return check_done();
}
