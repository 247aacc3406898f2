/* SPDX-License-Identifier: Apache-2.0 */
#include "corpus.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define CORPUS_BYTES_MAX ((size_t)64 << 20)
#define HELD_OUT_SHARE 16

#define DEFAULT_DIR "/usr/share/common-licenses"
static const char *const default_names[] = {
    "Apache-2.0", "Artistic", "BSD",    "CC0-1.0",  "GFDL-1.2", "GFDL-1.3", "GPL-1",
    "GPL-2",      "GPL-3",    "LGPL-2", "LGPL-2.1", "LGPL-3",   "MPL-1.1",  "MPL-2.0",
};

static bool add_file(struct tl_buf *text, const char *path, struct tl_err *err)
{
    SR_CLEANUP(tl_map_close) struct tl_map map = {0};
    if (!tl_map_open(path, &map, err)) {
        return false;
    }
    if (map.len > CORPUS_BYTES_MAX - text->len) {
        return tl_fail(err, "'%s': the text is over %zu bytes", path, CORPUS_BYTES_MAX);
    }
    tl_buf_put(text, map.at, map.len);
    return true;
}

static int by_name(const void *a, const void *b) /* lint: callback */
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

struct names {
    char **at;
    size_t count;
};

static void names_clear(struct names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        free(names->at[i]);
    }
    free(names->at);
}

static void close_dir(DIR **dir)
{
    if (*dir != NULL) {
        (void)closedir(*dir);
    }
}

/* Paths of the regular files in a folder, sorted by bytes and not by the locale. */
static bool list(const char *path, struct names *out, struct tl_err *err)
{
    SR_CLEANUP(close_dir) DIR *dir = opendir(path);
    if (dir == NULL) {
        return tl_fail(err, "'%s': %s", path, strerror(errno));
    }
    size_t cap = 0;
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        char *file = tl_path_join(path, entry->d_name);
        struct stat info;
        if (lstat(file, &info) != 0 || !S_ISREG(info.st_mode)) {
            free(file);
            continue;
        }
        if (out->count == cap) {
            cap = cap * 2 + 16;
            char **grown = tl_alloc(cap, sizeof *grown);
            if (out->count > 0) {
                memcpy(grown, out->at, out->count * sizeof *grown);
            }
            free(out->at);
            out->at = grown;
        }
        out->at[out->count++] = file;
    }
    qsort(out->at, out->count, sizeof *out->at, by_name);
    return true;
}

static bool add_path(struct tl_buf *text, const char *path, struct tl_err *err)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        return tl_fail(err, "'%s': %s", path, strerror(errno));
    }
    if (!S_ISDIR(info.st_mode)) {
        return add_file(text, path, err);
    }
    SR_CLEANUP(names_clear) struct names names = {0};
    if (!list(path, &names, err)) {
        return false;
    }
    for (size_t i = 0; i < names.count; i++) {
        if (!add_file(text, names.at[i], err)) {
            return false;
        }
    }
    return true;
}

static bool add_default(struct tl_buf *text, struct tl_err *err)
{
    for (size_t i = 0; i < sizeof default_names / sizeof *default_names; i++) {
        TL_AUTO_CHARS path = tl_path_join(DEFAULT_DIR, default_names[i]);
        if (!add_file(text, path, err)) {
            return false;
        }
    }
    return true;
}

bool tl_corpus_load(const char *const *paths, size_t count, size_t least, struct tl_corpus *out,
                    struct tl_err *err)
{
    TL_AUTO_CORPUS corpus = {0};
    if (count == 0 && !add_default(&corpus.text, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!add_path(&corpus.text, paths[i], err)) {
            return false;
        }
    }
    const size_t held_out = corpus.text.len / HELD_OUT_SHARE;
    if (held_out < least) {
        return tl_fail(err, "a text of %zu bytes is too short; at least %zu are needed",
                       corpus.text.len, least * HELD_OUT_SHARE);
    }
    corpus.train_len = corpus.text.len - held_out;
    *out = corpus;
    corpus = (struct tl_corpus){0};
    return true;
}

void tl_corpus_clear(struct tl_corpus *corpus)
{
    tl_buf_clear(&corpus->text);
    *corpus = (struct tl_corpus){0};
}
