/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/query.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "custody/hold.h"
#include "custody/ref.h"
#include "custody/room_impl.h"

/* Versions that were found; freed by the cleanup. */
struct found {
    struct sr_catalog_version *array;
    size_t count;
};

static void found_clear(struct found *f)
{
    free(f->array);
}

static void free_files(struct sr_catalog_file **files)
{
    free(*files);
}

static void free_ids(struct sr_id **ids)
{
    free(*ids);
}

static bool is_sealed(const struct sr_catalog_version *v, const void *ctx)
{
    (void)ctx;
    return v->state == SR_VERSION_SEALED;
}

static bool has_digits(const struct sr_catalog_version *v, const void *ctx)
{
    const char *digits = ctx;
    char digest[SR_REF_DIGITS_MAX + 1];
    sr_text_hex(sr_bytes(v->digest, sizeof v->digest), digest);
    return is_sealed(v, NULL) && strncmp(digest, digits, strlen(digits)) == 0;
}

/* Keep those for which keep says so. */
static void filter(struct found *f, bool (*keep)(const struct sr_catalog_version *v, const void *),
                   const void *ctx)
{
    size_t kept = 0;
    for (size_t i = 0; i < f->count; i++) {
        if (keep(&f->array[i], ctx)) {
            f->array[kept++] = f->array[i];
        }
    }
    f->count = kept;
}

enum sr_status sr_query_versions(struct sr_room *r, const char *name,
                                 struct sr_catalog_version **out, size_t *out_count,
                                 struct sr_err *err)
{
    struct found f = {0};
    SR_TRY(sr_catalog_versions(r->catalog, name, &f.array, &f.count, err));
    filter(&f, is_sealed, NULL);
    *out = f.array;
    *out_count = f.count;
    return SR_OK;
}

/* Name the first few: "llama@1, llama@2, ...". */
static void list_candidates(const struct found *f, char *out, size_t out_bytes)
{
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; i < f->count && i < 4 && at < out_bytes; i++) {
        int n = snprintf(out + at, out_bytes - at, "%s%.40s@%" PRIu64, i == 0 ? "" : ", ",
                         f->array[i].name, f->array[i].number);
        at += n > 0 ? (size_t)n : 0;
    }
    if (f->count > 4 && at < out_bytes) {
        (void)snprintf(out + at, out_bytes - at, ", and %zu more", f->count - 4);
    }
}

static enum sr_status find_by_name(struct sr_room *r, const struct sr_ref *ref, struct found *out,
                                   struct sr_err *err)
{
    if (ref->name[0] == '\0') {
        return SR_OK;
    }
    SR_TRY(sr_query_versions(r, ref->name, &out->array, &out->count, err));
    size_t found = 0;
    for (size_t i = 0; i < out->count; i++) {
        if (ref->number == 0 || out->array[i].number == ref->number) {
            out->array[0] = out->array[i]; /* at last the latest: they are sorted */
            found = 1;
        }
    }
    out->count = found;
    return SR_OK;
}

static enum sr_status find_by_digits(struct sr_room *r, const char *digits, struct found *out,
                                     struct sr_err *err)
{
    if (digits[0] == '\0') {
        return SR_OK;
    }
    SR_TRY(sr_catalog_versions(r->catalog, NULL, &out->array, &out->count, err));
    filter(out, has_digits, digits);
    return SR_OK;
}

static enum sr_status fail_ambiguous(const char *what, const struct found *f, struct sr_err *err)
{
    char names[200];
    list_candidates(f, names, sizeof names);
    return sr_fail(err, SR_CONFLICT, "%s means more than one version: %s", what, names);
}

enum sr_status sr_query_resolve(struct sr_room *r, struct sr_bytes text,
                                struct sr_catalog_version *out, struct sr_err *err)
{
    struct sr_ref ref;
    SR_TRY(sr_ref_parse(text, &ref, err));
    SR_CLEANUP(found_clear) struct found named = {0};
    SR_CLEANUP(found_clear) struct found digested = {0};
    SR_TRY(find_by_name(r, &ref, &named, err));
    SR_TRY(find_by_digits(r, ref.digits, &digested, err));
    if (digested.count > 1) {
        return fail_ambiguous("that digest", &digested, err);
    }
    if (named.count == 1 && digested.count == 1 &&
        !sr_text_id_equal(&named.array[0].id, &digested.array[0].id)) {
        /* Whoever names an artifact like another's digest shall not be taken for it. */
        return fail_ambiguous("that, as a digest and as a name,", &digested, err);
    }
    const struct sr_catalog_version *meant = named.count == 1 ? named.array : digested.array;
    if (named.count + digested.count == 0 || meant == NULL) {
        return sr_fail(err, SR_NOT_FOUND,
                       "'%.*s' is not in custody; 'strongroom list' shows what is", (int)text.len,
                       (const char *)text.ptr);
    }
    *out = *meant;
    return SR_OK;
}

enum sr_status sr_query_files(struct sr_room *r, const struct sr_id *version,
                              struct sr_catalog_file **out, size_t *out_count, struct sr_err *err)
{
    return sr_catalog_files(r->catalog, version, out, out_count, err);
}

static bool is_path(const struct sr_catalog_file *file, struct sr_bytes path)
{
    return sr_text_equal(sr_text_view(file->path), path);
}

/* How long a path is that inner begins with, followed by '@' or the end; SIZE_MAX: not this. */
static size_t match(const struct sr_catalog_file *file, struct sr_bytes inner)
{
    size_t len = strlen(file->path);
    bool begins = len <= inner.len && is_path(file, sr_bytes(inner.ptr, len));
    return begins && (len == inner.len || inner.ptr[len] == '@') ? len : SIZE_MAX;
}

enum sr_status sr_query_file(struct sr_room *r, const struct sr_id *version, struct sr_bytes inner,
                             struct sr_catalog_file *out, struct sr_bytes *out_tensor,
                             struct sr_err *err)
{
    SR_CLEANUP(free_files) struct sr_catalog_file *files = NULL;
    size_t count = 0;
    SR_TRY(sr_catalog_files(r->catalog, version, &files, &count, err));
    const struct sr_catalog_file *best = NULL;
    size_t best_len = 0;
    for (size_t i = 0; i < count; i++) {
        size_t len = match(&files[i], inner);
        if (len != SIZE_MAX && (best == NULL || len > best_len)) {
            best = &files[i];
            best_len = len;
        }
    }
    if (best == NULL) {
        return sr_fail(err, SR_NOT_FOUND, "no file '%.*s' in that version",
                       (int)(inner.len < 128 ? inner.len : 128),
                       inner.len == 0 ? "" : (const char *)inner.ptr);
    }
    *out = *best;
    *out_tensor = best_len == inner.len
                      ? sr_bytes(NULL, 0)
                      : sr_bytes(inner.ptr + best_len + 1, inner.len - best_len - 1);
    return SR_OK;
}

static enum sr_status copy_tensors(const struct sr_tensors *from, struct sr_tensors **out)
{
    SR_AUTO(sr_tensors) copy = NULL;
    SR_TRY(sr_tensors_new(&copy));
    for (size_t i = 0; i < sr_tensors_count(from); i++) {
        struct sr_tensor tensor = sr_tensors_at(from, i);
        SR_TRY(sr_tensors_add(copy, &tensor));
    }
    *out = SR_TAKE(copy);
    return SR_OK;
}

enum sr_status sr_query_tensors(struct sr_room *r, const struct sr_catalog_file *file,
                                const struct sr_id *version, struct sr_tensors **out,
                                struct sr_err *err)
{
    SR_AUTO(sr_pool) pool = NULL;
    SR_AUTO(sr_room_body) body = NULL;
    SR_TRY(sr_room_need_keys(r, err));
    SR_TRY(sr_pool_new(SR_BODY_SEGMENT_BYTES, 1, 1, &pool, err));
    SR_TRY(sr_room_open_unreleased(r, version, file, pool, &body, err));
    enum sr_status status = copy_tensors(sr_body_tensors(sr_room_body_view(body)), out);
    return status == SR_OK ? SR_OK
                           : sr_fail(err, status, "cannot list the tensors of '%s'", file->path);
}

/* The versions of count ids, in their order. */
static enum sr_status look_up(struct sr_room *r, const struct sr_id *ids, size_t count,
                              struct sr_catalog_version **out, struct sr_err *err)
{
    SR_CLEANUP(found_clear)
    struct found f = {.array = calloc(count == 0 ? 1 : count, sizeof *f.array)};
    if (f.array == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a list of versions");
    }
    for (size_t i = 0; i < count; i++) {
        enum sr_status status = sr_catalog_version_by_id(r->catalog, &ids[i], &f.array[i], err);
        if (status != SR_OK) {
            return status == SR_NOT_FOUND
                       ? sr_fail(err, SR_CORRUPT, "the catalog has no version that it refers to")
                       : status;
        }
    }
    *out = SR_TAKE(f.array);
    return SR_OK;
}

enum sr_status sr_query_parents(struct sr_room *r, const struct sr_id *version,
                                struct sr_catalog_version **out, size_t *out_count,
                                struct sr_err *err)
{
    SR_CLEANUP(free_ids) struct sr_id *ids = NULL;
    size_t count = 0;
    SR_TRY(sr_catalog_parents(r->catalog, version, &ids, &count, err));
    SR_TRY(look_up(r, ids, count, out, err));
    *out_count = count;
    return SR_OK;
}

static enum sr_status is_child(struct sr_room *r, const struct sr_catalog_version *v,
                               const struct sr_id *parent, bool *out, struct sr_err *err)
{
    SR_CLEANUP(free_ids) struct sr_id *ids = NULL;
    size_t count = 0;
    SR_TRY(sr_catalog_parents(r->catalog, &v->id, &ids, &count, err));
    bool found = false;
    for (size_t i = 0; i < count; i++) {
        found = found || sr_text_id_equal(&ids[i], parent);
    }
    *out = found;
    return SR_OK;
}

enum sr_status sr_query_children(struct sr_room *r, const struct sr_id *version,
                                 struct sr_catalog_version **out, size_t *out_count,
                                 struct sr_err *err)
{
    SR_CLEANUP(found_clear) struct found f = {0};
    SR_TRY(sr_query_versions(r, NULL, &f.array, &f.count, err));
    size_t kept = 0;
    for (size_t i = 0; i < f.count; i++) {
        bool is = false;
        SR_TRY(is_child(r, &f.array[i], version, &is, err));
        if (is) {
            f.array[kept++] = f.array[i];
        }
    }
    *out = SR_TAKE(f.array);
    *out_count = kept;
    return SR_OK;
}

static enum sr_status measure(struct sr_room *r, struct sr_query_interrupted *item,
                              struct sr_err *err)
{
    SR_CLEANUP(free_files) struct sr_catalog_file *files = NULL;
    size_t count = 0;
    enum sr_status status = sr_catalog_files(r->catalog, &item->version.id, &files, &count, err);
    if (status == SR_NOT_FOUND) {
        return SR_OK; /* it went away meanwhile */
    }
    SR_TRY(status);
    for (size_t i = 0; i < count; i++) {
        if (files[i].sealed) {
            item->files_sealed++;
            item->plain_bytes_sealed += files[i].facts.plain_bytes;
        }
    }
    item->is_running = sr_hold_is_live(r->deposits_fd, &item->version.id);
    return SR_OK;
}

static void free_interrupted(struct sr_query_interrupted **array)
{
    free(*array);
}

enum sr_status sr_query_interrupted(struct sr_room *r, struct sr_query_interrupted **out,
                                    size_t *out_count, struct sr_err *err)
{
    SR_CLEANUP(found_clear) struct found f = {0};
    SR_TRY(sr_catalog_versions(r->catalog, NULL, &f.array, &f.count, err));
    size_t staged = 0;
    for (size_t i = 0; i < f.count; i++) {
        staged += f.array[i].state == SR_VERSION_STAGED;
    }
    SR_CLEANUP(free_interrupted)
    struct sr_query_interrupted *array = calloc(staged == 0 ? 1 : staged, sizeof *array);
    if (array == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a list of deposits");
    }
    size_t at = 0;
    for (size_t i = 0; i < f.count; i++) {
        if (f.array[i].state == SR_VERSION_STAGED) {
            array[at].version = f.array[i];
            SR_TRY(measure(r, &array[at++], err));
        }
    }
    *out = SR_TAKE(array);
    *out_count = staged;
    return SR_OK;
}

enum sr_status sr_query_acts(struct sr_room *r, uint64_t after_seq,
                             enum sr_status (*visit)(void *ctx, const struct sr_act_record *act,
                                                     struct sr_err *err),
                             void *ctx, struct sr_err *err)
{
    const struct sr_acts_query query = {.after_seq = after_seq, .with_leaves = true};
    return sr_catalog_acts(r->catalog, &query, visit, ctx, err);
}

enum sr_status sr_query_version_acts(struct sr_room *r, const struct sr_id *version,
                                     enum sr_status (*visit)(void *ctx,
                                                             const struct sr_act_record *act,
                                                             struct sr_err *err),
                                     void *ctx, struct sr_err *err)
{
    const struct sr_acts_query query = {.which = SR_ACTS_BY_VERSION, .id = version};
    return sr_catalog_acts(r->catalog, &query, visit, ctx, err);
}
