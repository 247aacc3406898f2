/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program for crash_test.c to kill: every call that crash.c counts, once, in the directory that
 * its argument names. Exits with the errno of the first one that fails, or with 0.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void must(bool done)
{
    if (!done) {
        _exit(errno);
    }
}

int main(int argc, char **argv)
{
    must(argc == 2 && chdir(argv[1]) == 0);
    int fd = open("a", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    must(fd >= 0);
    must(write(STDOUT_FILENO, "", 0) == 0); /* a pipe or terminal: not counted */
    must(write(fd, "1", 1) == 1);
    must(pwrite(fd, "2", 1, 1) == 1);
    must(fsync(fd) == 0);
    must(fdatasync(fd) == 0);
    must(sync_file_range(fd, 0, 2, SYNC_FILE_RANGE_WRITE) == 0);
    must(ftruncate(fd, 1) == 0);
    must(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 4096) == 0);
    must(fchmod(fd, 0400) == 0);
    must(rename("a", "b") == 0);
    must(renameat(AT_FDCWD, "b", AT_FDCWD, "c") == 0);
    must(renameat2(AT_FDCWD, "c", AT_FDCWD, "d", RENAME_NOREPLACE) == 0);
    must(link("d", "e") == 0);
    must(linkat(AT_FDCWD, "d", AT_FDCWD, "f", 0) == 0);
    must(unlink("e") == 0);
    must(unlinkat(AT_FDCWD, "f", 0) == 0);
    must(mkdir("g", 0700) == 0);
    must(mkdirat(AT_FDCWD, "h", 0700) == 0);
    return 0;
}
