/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/manifest.h"

#include <assert.h>
#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>

#include "artifact/manifest_impl.h"
#include "base/limits.h"
#include "base/text.h"

const char *const SR_MANIFEST_GIT[] = {".git", ".gitattributes", ".github", ".gitignore", NULL};

static void fts_freep(FTS **fts)
{
    if (*fts != NULL) {
        (void)fts_close(*fts);
    }
}

void sr_manifest_free(struct sr_manifest *m)
{
    if (m == NULL) {
        return;
    }
    for (size_t i = 0; i < m->count; i++) {
        free(m->files[i].path);
    }
    for (size_t i = 0; i < m->ignored_count; i++) {
        free(m->ignored[i].path);
    }
    free(m->files);
    free(m->ignored);
    free(m->source);
    free(m->root);
    free(m);
}

size_t sr_manifest_count(const struct sr_manifest *m)
{
    return m->count;
}

const struct sr_manifest_file *sr_manifest_at(const struct sr_manifest *m, size_t index)
{
    assert(index < m->count);
    return &m->files[index];
}

uint64_t sr_manifest_bytes(const struct sr_manifest *m)
{
    return m->bytes;
}

size_t sr_manifest_ignored_count(const struct sr_manifest *m)
{
    return m->ignored_count;
}

const struct sr_manifest_ignored *sr_manifest_ignored_at(const struct sr_manifest *m, size_t index)
{
    assert(index < m->ignored_count);
    return &m->ignored[index];
}

bool sr_manifest_is_file(const struct sr_manifest *m)
{
    return m->is_file;
}

const char *sr_manifest_name(const struct sr_manifest *m)
{
    const char *slash = strrchr(m->source, '/');
    assert(slash != NULL);
    return slash[1] != '\0' ? slash + 1 : m->source;
}

/* Room for one more of elements of element_bytes. */
static enum sr_status grow(void **list, size_t count, size_t element_bytes, struct sr_err *err)
{
    /* A power of two is full: double it. */
    if ((count & (count - 1)) != 0) {
        return SR_OK;
    }
    if (count >= SR_LIMIT_FILES) {
        return sr_fail(err, SR_TOO_LARGE, "more than %u files", SR_LIMIT_FILES);
    }
    void *more = reallocarray(*list, count == 0 ? 1 : 2 * count, element_bytes);
    if (more == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a list of files");
    }
    *list = more;
    return SR_OK;
}

static enum sr_status add_file(struct sr_manifest *m, const char *path, const struct stat *found,
                               struct sr_err *err)
{
    if (!sr_oms_is_plain(sr_text_view(path))) {
        return sr_fail(err, SR_MALFORMED,
                       "'%s': its name is not UTF-8, has control characters, or is too long", path);
    }
    if ((uint64_t)found->st_size > SR_LIMIT_FILE_BYTES) {
        return sr_fail(err, SR_TOO_LARGE, "'%s' has more than %llu bytes", path,
                       (unsigned long long)SR_LIMIT_FILE_BYTES);
    }
    void *files = m->files;
    SR_TRY(grow(&files, m->count, sizeof *m->files, err));
    m->files = files;
    char *copy = strdup(path);
    if (copy == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a list of files");
    }
    m->files[m->count++] = (struct sr_manifest_file){.path = copy, .found = *found};
    m->bytes += (uint64_t)found->st_size;
    return SR_OK;
}

static enum sr_status add_ignored(struct sr_manifest *m, const char *path, struct sr_err *err)
{
    void *ignored = m->ignored;
    SR_TRY(grow(&ignored, m->ignored_count, sizeof *m->ignored, err));
    m->ignored = ignored;
    char *copy = strdup(path);
    if (copy == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a list of files");
    }
    m->ignored[m->ignored_count++] = (struct sr_manifest_ignored){.path = copy};
    return SR_OK;
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* What the walk leaves out. */
struct filter {
    const struct sr_manifest_params *params;
    struct stat signature;
    bool has_signature; /* it is there */
};

static bool is_ignored(const struct filter *f, const char *path, const struct stat *found)
{
    const struct sr_manifest_params *p = f->params;
    for (size_t i = 0; i < p->ignored_count; i++) {
        if (sr_text_equal(p->ignored[i], sr_text_view(path))) {
            return true;
        }
    }
    for (size_t i = 0; p->ignore_git && SR_MANIFEST_GIT[i] != NULL; i++) {
        if (strcmp(path, SR_MANIFEST_GIT[i]) == 0) {
            return true;
        }
    }
    return f->has_signature && S_ISREG(found->st_mode) && is_same_file(found, &f->signature);
}

static const char *kind_of(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFLNK:
        return "a symbolic link; use a copy in which it is a file ('cp -rL')";
    case S_IFIFO:
        return "a pipe";
    case S_IFSOCK:
        return "a socket";
    default:
        return "a device";
    }
}

/* The walk, and the ignored folder that it is in. */
struct walk {
    struct sr_manifest *m;
    struct filter filter;
    size_t prefix;       /* bytes of fts_path before the relative path */
    short ignored_level; /* of the folder; 0: in none */
};

static enum sr_status visit_ignored(struct walk *w, const FTSENT *e)
{
    struct sr_manifest_ignored *folder = &w->m->ignored[w->m->ignored_count - 1];
    if (e->fts_info == FTS_DP && e->fts_level == w->ignored_level) {
        w->ignored_level = 0;
    } else if (e->fts_info != FTS_D && e->fts_info != FTS_DP) {
        folder->files++;
    }
    return SR_OK;
}

static enum sr_status visit(struct walk *w, const FTSENT *e, struct sr_err *err)
{
    const char *path = e->fts_path + w->prefix;
    if (w->ignored_level != 0) {
        return visit_ignored(w, e);
    }
    if (e->fts_info == FTS_DP || e->fts_level == FTS_ROOTLEVEL) {
        return SR_OK;
    }
    if (e->fts_info == FTS_ERR || e->fts_info == FTS_DNR || e->fts_info == FTS_NS) {
        return sr_fail(err, SR_IO, "cannot read '%s': %s", path, strerror(e->fts_errno));
    }
    if (is_ignored(&w->filter, path, e->fts_statp)) {
        SR_TRY(add_ignored(w->m, path, err));
        w->ignored_level = e->fts_info == FTS_D ? e->fts_level : 0;
        w->m->ignored[w->m->ignored_count - 1].files = e->fts_info == FTS_D ? 0 : 1;
        return SR_OK;
    }
    if (e->fts_info == FTS_D) {
        return SR_OK;
    }
    if (e->fts_info == FTS_F) {
        return add_file(w->m, path, e->fts_statp, err);
    }
    return sr_fail(err, SR_UNSUPPORTED, "'%s' is %s", path, kind_of(e->fts_statp->st_mode));
}

static enum sr_status walk_folder(struct walk *w, struct sr_err *err)
{
    char *const roots[] = {w->m->root, NULL};
    SR_CLEANUP(fts_freep) FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    if (fts == NULL) {
        return sr_fail(err, SR_IO, "cannot read '%s': %s", w->m->root, strerror(errno));
    }
    w->prefix = strlen(w->m->root) + (strcmp(w->m->root, "/") != 0);
    for (;;) {
        errno = 0;
        const FTSENT *e = fts_read(fts);
        if (e == NULL) {
            return errno == 0
                       ? SR_OK
                       : sr_fail(err, SR_IO, "cannot read '%s': %s", w->m->root, strerror(errno));
        }
        SR_TRY(visit(w, e, err));
    }
}

static enum sr_status find(struct walk *w, const struct stat *found, struct sr_err *err)
{
    struct sr_manifest *m = w->m;
    const char *signature = w->filter.params->signature;
    w->filter.has_signature = signature != NULL && stat(signature, &w->filter.signature) == 0;
    m->root = strdup(m->source);
    if (m->root == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a list of files");
    }
    if (S_ISDIR(found->st_mode)) {
        return walk_folder(w, err);
    }
    if (!S_ISREG(found->st_mode)) {
        return sr_fail(err, SR_UNSUPPORTED, "'%s' is %s", m->source, kind_of(found->st_mode));
    }
    m->is_file = true;
    char *slash = strrchr(m->root, '/');
    assert(slash != NULL);
    slash[slash == m->root ? 1 : 0] = '\0';
    return add_file(m, sr_manifest_name(m), found, err);
}

static int compare_files(const void *a, const void *b) /* lint: callback */
{
    const struct sr_manifest_file *one = a;
    const struct sr_manifest_file *other = b;
    return strcmp(one->path, other->path);
}

enum sr_status sr_manifest_new(const struct sr_manifest_params *params, struct sr_manifest **out,
                               struct sr_err *err)
{
    SR_AUTO(sr_manifest) m = calloc(1, sizeof *m);
    struct stat found;
    if (m == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a list of files");
    }
    m->source = realpath(params->path, NULL);
    if (m->source == NULL || lstat(m->source, &found) != 0) {
        return sr_fail(err, errno == ENOENT ? SR_NOT_FOUND : SR_IO, "cannot find '%s': %s",
                       params->path, strerror(errno));
    }
    struct walk walk = {.m = m, .filter = {.params = params}};
    SR_TRY(find(&walk, &found, err));
    if (m->count == 0) {
        return sr_fail(err, SR_MALFORMED, "'%s' has no files", params->path);
    }
    qsort(m->files, m->count, sizeof *m->files, compare_files);
    *out = SR_TAKE(m);
    return SR_OK;
}
