/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_TESTS_SCRATCH_H
#define SR_TESTS_SCRATCH_H

#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/*
 * A directory of its own for a test: `static char scratch_dir[] = "/tmp/sr-name-XXXXXX";`, then
 * scratch_make(scratch_dir) first and scratch_remove(scratch_dir) last in main().
 */
static inline bool scratch_make(char *template)
{
    return mkdtemp(template) != NULL;
}

static inline int scratch_remove_one(const char *path, const struct stat *info, int type,
                                     struct FTW *at) /* lint: callback */
{
    (void)info;
    (void)type;
    (void)at;
    return remove(path);
}

/* Remove it with all that is in it; symbolic links are removed, not followed. */
static inline void scratch_remove(const char *dir)
{
    if (nftw(dir, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0) {
        printf("# cannot remove %s\n", dir);
    }
}

#endif /* SR_TESTS_SCRATCH_H */
