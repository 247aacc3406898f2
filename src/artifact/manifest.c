/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/manifest.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "artifact/manifest_impl.h"
#include "base/text.h"

const char *const SR_MANIFEST_GIT[] = {".git", ".gitattributes", ".github", ".gitignore", NULL};

void sr_manifest_free(struct sr_manifest *m)
{
    if (m == NULL) {
        return;
    }
    for (size_t i = 0; i < m->ignored_count; i++) {
        free(m->ignored[i].path);
    }
    free(m->ignored);
    free(m->files);
    sr_walk_free(m->walk);
    free(m);
}

size_t sr_manifest_count(const struct sr_manifest *m)
{
    return m->count;
}

const struct sr_walk_file *sr_manifest_at(const struct sr_manifest *m, size_t index)
{
    assert(index < m->count);
    return sr_walk_at(m->walk, m->files[index]);
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
    const char *source = sr_walk_source(m->walk);
    const char *slash = strrchr(source, '/');
    assert(slash != NULL);
    return slash[1] != '\0' ? slash + 1 : source;
}

/* What is left out. */
struct filter {
    const struct sr_manifest_params *params;
    struct stat signature;
    bool has_signature; /* it is there */
};

/* Whether path is entry or lies below it. */
static bool is_under(const char *path, struct sr_bytes entry)
{
    size_t len = strlen(path);
    return len >= entry.len && memcmp(path, entry.ptr, entry.len) == 0 &&
           (path[entry.len] == '\0' || path[entry.len] == '/');
}

/* The entry because of which the file is left out; empty when it is not. */
static struct sr_bytes find_entry(const struct filter *f, const struct sr_walk_file *file)
{
    const struct sr_manifest_params *p = f->params;
    for (size_t i = 0; i < p->ignored_count; i++) {
        if (is_under(file->path, p->ignored[i])) {
            return p->ignored[i];
        }
    }
    for (size_t i = 0; p->ignore_git && SR_MANIFEST_GIT[i] != NULL; i++) {
        if (is_under(file->path, sr_text_view(SR_MANIFEST_GIT[i]))) {
            return sr_text_view(SR_MANIFEST_GIT[i]);
        }
    }
    bool is_signature = f->has_signature && S_ISREG(file->found.st_mode) &&
                        file->found.st_dev == f->signature.st_dev &&
                        file->found.st_ino == f->signature.st_ino;
    return is_signature ? sr_text_view(file->path) : sr_bytes(NULL, 0);
}

/* Files below one entry follow each other but for those in between it and its folder ("a", "a-b",
 * "a/b"), so it is looked for. */
static enum sr_status add_ignored(struct sr_manifest *m, struct sr_bytes entry, struct sr_err *err)
{
    for (size_t i = m->ignored_count; i > 0; i--) {
        if (sr_text_equal(sr_text_view(m->ignored[i - 1].path), entry)) {
            m->ignored[i - 1].files++;
            return SR_OK;
        }
    }
    struct sr_manifest_ignored *more =
        reallocarray(m->ignored, m->ignored_count + 1, sizeof *m->ignored);
    if (more == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a list of files");
    }
    m->ignored = more;
    char *path = strndup((const char *)entry.ptr, entry.len);
    if (path == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a list of files");
    }
    m->ignored[m->ignored_count++] = (struct sr_manifest_ignored){.path = path, .files = 1};
    return SR_OK;
}

static enum sr_status check_file(const struct sr_walk_file *file, struct sr_err *err)
{
    if (!S_ISREG(file->found.st_mode)) {
        return sr_fail(err, SR_UNSUPPORTED, "'%s' is %s", file->path,
                       S_ISLNK(file->found.st_mode)
                           ? "a symbolic link; use a copy in which it is a file ('cp -rL')"
                           : "a pipe, socket or device");
    }
    return sr_oms_is_plain(sr_text_view(file->path))
               ? SR_OK
               : sr_fail(err, SR_MALFORMED, "'%s': its name is not UTF-8 or has control characters",
                         file->path);
}

static enum sr_status choose(struct sr_manifest *m, const struct filter *f, struct sr_err *err)
{
    m->files = calloc(sr_walk_count(m->walk), sizeof *m->files);
    if (m->files == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a list of files");
    }
    for (size_t i = 0; i < sr_walk_count(m->walk); i++) {
        const struct sr_walk_file *file = sr_walk_at(m->walk, i);
        struct sr_bytes entry = m->is_file ? sr_bytes(NULL, 0) : find_entry(f, file);
        if (entry.len > 0) {
            SR_TRY(add_ignored(m, entry, err));
            continue;
        }
        SR_TRY(check_file(file, err));
        m->files[m->count++] = i;
        m->bytes += (uint64_t)file->found.st_size;
    }
    return SR_OK;
}

enum sr_status sr_manifest_new(const struct sr_manifest_params *params, struct sr_manifest **out,
                               struct sr_err *err)
{
    SR_AUTO(sr_manifest) m = calloc(1, sizeof *m);
    struct filter filter = {.params = params};
    struct stat found;
    if (m == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a list of files");
    }
    filter.has_signature =
        params->signature != NULL && stat(params->signature, &filter.signature) == 0;
    SR_TRY(sr_walk_all(params->path, &m->walk, err));
    m->is_file = stat(sr_walk_source(m->walk), &found) == 0 && S_ISREG(found.st_mode);
    SR_TRY(choose(m, &filter, err));
    if (m->count == 0) {
        return sr_fail(err, SR_MALFORMED, "'%s' has no files but those that are left out",
                       params->path);
    }
    *out = SR_TAKE(m);
    return SR_OK;
}
