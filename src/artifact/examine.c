/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/examine.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "artifact/inspector.h"
#include "artifact/staging.h"
#include "artifact/walk.h"
#include "base/folder.h"

struct examination {
    const struct sr_examine_params *params;
    struct sr_report *report;
    struct sr_walk *walk;
    struct sr_inspector *inspector;
    size_t *deferred; /* in the walk */
    size_t deferred_count;
};

static void examination_clear(struct examination *e)
{
    sr_inspector_free(e->inspector);
    sr_walk_free(e->walk);
    free(e->deferred);
}

/* Put a file into the report that the inspector does not get to see. */
static enum sr_status note(struct examination *e, const char *path, enum sr_rule rule,
                           const char *evidence, struct sr_err *err)
{
    size_t index = 0;
    enum sr_status status = sr_report_begin(e->report, path, &index);
    if (status != SR_OK) {
        return sr_fail(err, status, "'%s' cannot be put into the report", path);
    }
    struct sr_finding finding = {.rule = rule, .member = "", .evidence = evidence};
    struct sr_inspected inspected = {.verdict = sr_rule_info(rule)->verdict, .format = "unknown"};
    sr_report_add(e->report, index, &finding);
    sr_report_end(e->report, index, &inspected);
    return SR_OK;
}

/* Whether a failure is that of one file, and not of the whole. */
static bool is_of_file(enum sr_status status)
{
    return status == SR_IO || status == SR_CONFLICT || status == SR_NOT_FOUND ||
           status == SR_UNSUPPORTED || status == SR_TOO_LARGE;
}

static enum sr_status note_unreadable(struct examination *e, const char *path,
                                      enum sr_status status, const struct sr_err *why,
                                      struct sr_err *err)
{
    char evidence[SR_EVIDENCE_BYTES];
    if (!is_of_file(status)) {
        return sr_fail(err, status, "%s", why->message);
    }
    (void)sr_inspection_quote(sr_bytes(why->message, strlen(why->message)), evidence);
    return note(e, path, SR_RULE_UNREADABLE, evidence, err);
}

static enum sr_status note_odd(struct examination *e, const struct sr_walk_file *file,
                               struct sr_err *err)
{
    if (!S_ISLNK(file->found.st_mode)) {
        return note(e, file->path, SR_RULE_NOT_A_FILE, "", err);
    }
    char target[SR_EVIDENCE_BYTES];
    char evidence[SR_EVIDENCE_BYTES];
    int root = -1;
    sr_walk_root(e->walk, &root);
    ssize_t len = readlinkat(root, file->path, target, sizeof target);
    (void)sr_inspection_quote(sr_bytes(target, len < 0 ? 0 : (size_t)len), evidence);
    return note(e, file->path, SR_RULE_SYMLINK, evidence, err);
}

/* Have the copy of a file looked at, while it is still being hashed. */
static enum sr_status look(struct examination *e, const char *path, struct sr_staging *staging,
                           bool may_defer, size_t *out_index, struct sr_err *err)
{
    struct sr_inspector_input input = {
        .path = path,
        .bytes = sr_staging_bytes(staging),
        .may_defer = may_defer,
        .cancelled = e->params->progress.cancelled,
        .ctx = e->params->progress.ctx,
    };
    uint8_t digest[SR_SHA256_BYTES];
    sr_staging_fd(staging, &input.fd);
    SR_TRY(sr_inspector_file(e->inspector, &input, e->report, out_index, err));
    if (*out_index == SR_INSPECTOR_DEFERRED) {
        return SR_OK;
    }
    SR_TRY(sr_staging_sha256(staging, digest, err));
    sr_report_set_sha256(e->report, *out_index, digest);
    return SR_OK;
}

/* Copy an open file of the walk and have it looked at. */
static enum sr_status examine_walked(struct examination *e, size_t n, bool may_defer,
                                     struct sr_err *err)
{
    const struct sr_walk_file *file = sr_walk_at(e->walk, n);
    SR_AUTO(sr_staging) staging = NULL;
    SR_AUTO_FD fd = -1;
    struct sr_err why = {0};
    size_t index = 0;
    /* What was put off is copied twice; it counts for the progress once. */
    const struct sr_progress *progress = may_defer ? &e->params->progress : NULL;
    enum sr_status status = sr_walk_open(e->walk, n, &fd, &why);
    if (status == SR_OK) {
        status = sr_staging_new(fd, file->path, e->params->memory_bytes, progress, &staging, &why);
    }
    if (status == SR_OK) {
        status = sr_walk_check(e->walk, n, fd, &why);
    }
    if (status != SR_OK) {
        return note_unreadable(e, file->path, status, &why, err);
    }
    SR_TRY(look(e, file->path, staging, may_defer, &index, err));
    if (index == SR_INSPECTOR_DEFERRED) {
        e->deferred[e->deferred_count++] = n;
    }
    return SR_OK;
}

static enum sr_status examine_walk(struct examination *e, struct sr_err *err)
{
    for (size_t n = 0; n < sr_walk_count(e->walk); n++) {
        const struct sr_walk_file *file = sr_walk_at(e->walk, n);
        SR_TRY(S_ISREG(file->found.st_mode) ? examine_walked(e, n, true, err)
                                            : note_odd(e, file, err));
    }
    for (size_t n = 0; n < e->deferred_count; n++) {
        SR_TRY(examine_walked(e, e->deferred[n], false, err));
    }
    return SR_OK;
}

/* Open what a file refers to: below the folder, without links, whatever is put there meanwhile. */
static enum sr_status open_beneath(int root, const char *path, int *out_fd, struct sr_err *err)
{
    struct open_how how = {
        .flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    long fd = syscall(SYS_openat2, root, path, &how, sizeof how);
    if (fd < 0) {
        bool is_missing = errno == ENOENT || errno == ENOTDIR;
        return sr_fail(err, is_missing ? SR_NOT_FOUND : SR_IO, "cannot open '%s': %s", path,
                       strerror(errno));
    }
    *out_fd = (int)fd;
    return SR_OK;
}

static enum sr_status examine_reference(struct examination *e, const char *path, struct sr_err *err)
{
    SR_AUTO(sr_staging) staging = NULL;
    SR_AUTO_FD fd = -1;
    struct sr_err why = {0};
    size_t index = 0;
    int root = -1;
    sr_walk_root(e->walk, &root);
    enum sr_status status = open_beneath(root, path, &fd, &why);
    if (status == SR_NOT_FOUND) {
        return SR_OK; /* the inspection says that it is missing */
    }
    if (status == SR_OK) {
        status = sr_staging_new(fd, path, e->params->memory_bytes, NULL, &staging, &why);
    }
    return status == SR_OK ? look(e, path, staging, false, &index, err)
                           : note_unreadable(e, path, status, &why, err);
}

/* In a folder all files are looked at anyway. What one file refers to may refer to more. */
static enum sr_status examine_references(struct examination *e, struct sr_err *err)
{
    for (size_t n = 0; n < sr_inspector_reference_count(e->inspector); n++) {
        const char *path = sr_inspector_reference(e->inspector, n);
        size_t known = 0;
        if (!sr_report_find(e->report, path, &known)) {
            SR_TRY(examine_reference(e, path, err));
        }
    }
    return SR_OK;
}

enum sr_status sr_examine(const struct sr_examine_params *params, struct sr_report *report,
                          struct sr_err *err)
{
    SR_CLEANUP(examination_clear)
    struct examination e = {.params = params, .report = report};
    struct sr_inspector_params how = {
        .profile = params->profile, .timeout_ms = params->timeout_ms, .may_restart = true};
    assert(sr_report_count(report) == 0);
    SR_TRY(sr_inspector_start(&how, &e.inspector, err));
    SR_TRY(sr_walk_all(params->path, &e.walk, err));
    e.deferred = calloc(sr_walk_count(e.walk), sizeof *e.deferred);
    if (e.deferred == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a list of files");
    }
    if (params->progress.start != NULL) {
        params->progress.start(params->progress.ctx, sr_walk_bytes(e.walk), sr_walk_count(e.walk));
    }
    SR_TRY(examine_walk(&e, err));
    SR_TRY(examine_references(&e, err));
    SR_TRY(sr_inspector_finish(e.inspector, report, err));
    sr_report_sort(report);
    return SR_OK;
}
