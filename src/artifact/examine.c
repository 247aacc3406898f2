/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/examine.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "artifact/inspector.h"
#include "artifact/staging.h"
#include "artifact/steady.h"
#include "artifact/walk.h"
#include "base/folder.h"

/* Large files that are hashed at once, each by two threads. */
#define HASHING_MAX 4
/* In place of a number in the walk: what a file refers to. */
#define NOT_WALKED SIZE_MAX

/* An open file that is to be looked at. */
struct subject {
    const char *path;
    size_t walked; /* its number in the walk */
    int fd;
    bool may_defer;
};

/* One that was looked at and is still being hashed. */
struct hashing {
    struct sr_steady *steady;
    struct subject subject;
    size_t index; /* in the report */
};

struct examination {
    const struct sr_examine_params *params;
    struct sr_report *report;
    struct sr_walk *walk;
    struct sr_inspector *inspector;
    size_t *deferred; /* in the walk */
    size_t deferred_count;
    struct hashing hashing[HASHING_MAX]; /* the oldest first */
    size_t hashing_count;
};

static void hashing_clear(struct hashing *h)
{
    sr_steady_free(h->steady);
    sr_folder_close_fd(&h->subject.fd);
}

static void examination_clear(struct examination *e)
{
    for (size_t n = 0; n < e->hashing_count; n++) {
        hashing_clear(&e->hashing[n]);
    }
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

/* What is wrong with one file is in the report, whether it got there before or not. */
static enum sr_status note_unreadable(struct examination *e, const char *path,
                                      enum sr_status status, const struct sr_err *why,
                                      struct sr_err *err)
{
    char evidence[SR_EVIDENCE_BYTES];
    size_t index = 0;
    if (!is_of_file(status)) {
        return sr_fail(err, status, "%s", why->message);
    }
    (void)sr_inspection_quote(sr_bytes(why->message, strlen(why->message)), evidence);
    if (!sr_report_find(e->report, path, &index)) {
        return note(e, path, SR_RULE_UNREADABLE, evidence, err);
    }
    struct sr_finding finding = {.rule = SR_RULE_UNREADABLE, .member = "", .evidence = evidence};
    sr_report_add(e->report, index, &finding);
    return SR_OK;
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

static struct sr_inspector_input input_of(const struct examination *e, const struct subject *s)
{
    return (struct sr_inspector_input){
        .path = s->path,
        .fd = -1,
        .may_defer = s->may_defer,
        .cancelled = e->params->progress.cancelled,
        .ctx = e->params->progress.ctx,
    };
}

/* What was put off is read twice; it counts for the progress once. */
static const struct sr_progress *progress_of(const struct examination *e, const struct subject *s)
{
    return s->may_defer || s->walked == NOT_WALKED ? &e->params->progress : NULL;
}

static enum sr_status check_unchanged(const struct examination *e, const struct subject *s,
                                      struct sr_err *why)
{
    return s->walked == NOT_WALKED ? SR_OK : sr_walk_check(e->walk, s->walked, s->fd, why);
}

/*
 * Small files, as copies.
 */

static enum sr_status examine_copy(struct examination *e, const struct subject *s,
                                   size_t *out_index, struct sr_err *err)
{
    SR_AUTO(sr_staging) staging = NULL;
    struct sr_inspector_input input = input_of(e, s);
    struct sr_err why = {0};
    uint8_t digest[SR_SHA256_BYTES];
    enum sr_status status =
        sr_staging_new(s->fd, s->path, UINT64_MAX, progress_of(e, s), &staging, &why);
    if (status == SR_OK) {
        status = check_unchanged(e, s, &why);
    }
    if (status != SR_OK) {
        return note_unreadable(e, s->path, status, &why, err);
    }
    input.bytes = sr_staging_bytes(staging);
    sr_staging_fd(staging, &input.fd);
    SR_TRY(sr_inspector_file(e->inspector, &input, e->report, out_index, err));
    if (*out_index != SR_INSPECTOR_DEFERRED) {
        SR_TRY(sr_staging_sha256(staging, digest, err));
        sr_report_set_sha256(e->report, *out_index, digest);
    }
    return SR_OK;
}

/*
 * Large files, in chunks, while they are hashed.
 */

/* A source that remembers why it failed: that is the file's fault, and not the inspector's. */
struct watched {
    struct sr_source source;
    enum sr_status status;
    struct sr_err why;
};

static enum sr_status read_watched(void *ctx, uint64_t offset, uint8_t *out, size_t len,
                                   struct sr_err *err)
{
    struct watched *w = ctx;
    w->status = w->source.read_at(w->source.ctx, offset, out, len, &w->why);
    return w->status == SR_OK ? SR_OK : sr_fail(err, w->status, "%s", w->why.message);
}

/* Wait until the oldest that is being hashed is done with. */
static enum sr_status settle(struct examination *e, struct sr_err *err)
{
    SR_CLEANUP(hashing_clear) struct hashing h = e->hashing[0];
    struct sr_err why = {0};
    uint8_t digest[SR_SHA256_BYTES];
    e->hashing_count--;
    memmove(e->hashing, e->hashing + 1, e->hashing_count * sizeof h);
    enum sr_status status = sr_steady_sha256(h.steady, digest, &why);
    if (status == SR_OK) {
        status = check_unchanged(e, &h.subject, &why);
    }
    if (status != SR_OK) {
        return note_unreadable(e, h.subject.path, status, &why, err);
    }
    sr_report_set_sha256(e->report, h.index, digest);
    return SR_OK;
}

static enum sr_status settle_all(struct examination *e, struct sr_err *err)
{
    while (e->hashing_count > 0) {
        SR_TRY(settle(e, err));
    }
    return SR_OK;
}

/* Takes the descriptor of s. */
static enum sr_status examine_steady(struct examination *e, struct subject *s, size_t *out_index,
                                     struct sr_err *err)
{
    SR_AUTO(sr_steady) steady = NULL;
    struct watched watched = {.status = SR_OK};
    struct sr_err why = {0};
    if (e->hashing_count == HASHING_MAX) {
        SR_TRY(settle(e, err));
    }
    enum sr_status status = sr_steady_new(s->fd, s->path, progress_of(e, s), &steady, &why);
    if (status != SR_OK) {
        return note_unreadable(e, s->path, status, &why, err);
    }
    watched.source = sr_steady_source(steady);
    const struct sr_source source = {
        .read_at = read_watched, .ctx = &watched, .bytes = watched.source.bytes};
    struct sr_inspector_input input = input_of(e, s);
    input.source = &source;
    input.bytes = source.bytes;
    status = sr_inspector_file(e->inspector, &input, e->report, out_index, err);
    if (watched.status != SR_OK) {
        return note_unreadable(e, s->path, watched.status, &watched.why, err);
    }
    if (status == SR_OK && *out_index != SR_INSPECTOR_DEFERRED) {
        struct hashing *h = &e->hashing[e->hashing_count++];
        *h = (struct hashing){.steady = SR_TAKE(steady), .subject = *s, .index = *out_index};
        s->fd = -1;
    }
    return status;
}

/* Have an open file looked at. */
static enum sr_status examine_open(struct examination *e, struct subject *s, size_t *out_index,
                                   struct sr_err *err)
{
    uint64_t copied_bytes =
        e->params->copied_bytes != 0 ? e->params->copied_bytes : SR_EXAMINE_COPIED_BYTES;
    struct stat found;
    bool is_large = fstat(s->fd, &found) == 0 && S_ISREG(found.st_mode) &&
                    (uint64_t)found.st_size > copied_bytes;
    return is_large ? examine_steady(e, s, out_index, err) : examine_copy(e, s, out_index, err);
}

static void subject_clear(struct subject *s)
{
    sr_folder_close_fd(&s->fd);
}

static enum sr_status examine_walked(struct examination *e, size_t n, bool may_defer,
                                     struct sr_err *err)
{
    const struct sr_walk_file *file = sr_walk_at(e->walk, n);
    SR_CLEANUP(subject_clear)
    struct subject s = {.path = file->path, .walked = n, .fd = -1, .may_defer = may_defer};
    struct sr_err why = {0};
    size_t index = 0;
    enum sr_status status = sr_walk_open(e->walk, n, &s.fd, &why);
    if (status != SR_OK) {
        return note_unreadable(e, file->path, status, &why, err);
    }
    SR_TRY(examine_open(e, &s, &index, err));
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
    SR_CLEANUP(subject_clear) struct subject s = {.path = path, .walked = NOT_WALKED, .fd = -1};
    struct sr_err why = {0};
    size_t index = 0;
    int root = -1;
    sr_walk_root(e->walk, &root);
    enum sr_status status = open_beneath(root, path, &s.fd, &why);
    if (status == SR_NOT_FOUND) {
        return SR_OK; /* the inspection says that it is missing */
    }
    return status == SR_OK ? examine_open(e, &s, &index, err)
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
    SR_TRY(settle_all(&e, err));
    sr_report_sort(report);
    return SR_OK;
}
