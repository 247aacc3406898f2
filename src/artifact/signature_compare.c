/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "artifact/signature_impl.h"
#include "base/limits.h"
#include "base/text.h"
#include "formats/quote.h"

/* Signed resources of one file, as a run of the sorted list. */
struct signed_file {
    struct sr_bytes name;
    const struct sr_oms_resource **first;
    size_t count;
};

/* A comparison on its way: two sorted lists that are merged. */
struct comparison {
    const struct sr_signature_check *params;
    const struct sr_oms_statement *s;
    const struct sr_manifest *m;
    const struct sr_oms_resource **sorted; /* by name, then by begin */
    const struct sr_oms_resource **wanted; /* what each piece has to be */
    struct sr_manifest_piece *pieces;
    size_t piece_count;
    uint8_t *is_bad; /* for each file found */
    struct sr_signature_result *out;
    char first[SR_QUOTE_BYTES + 32]; /* of the problems, for the message */
};

static void comparison_clear(struct comparison *c)
{
    free(c->sorted);
    free(c->wanted);
    free(c->pieces);
    free(c->is_bad);
}

static int compare_names(struct sr_bytes a, struct sr_bytes b) /* lint: callback */
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = memcmp(a.ptr, b.ptr, len);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_resources(const void *a, const void *b) /* lint: callback */
{
    const struct sr_oms_resource *one = *(const struct sr_oms_resource *const *)a;
    const struct sr_oms_resource *other = *(const struct sr_oms_resource *const *)b;
    int order = compare_names(one->name, other->name);
    return order != 0 ? order : (one->begin > other->begin) - (one->begin < other->begin);
}

static enum sr_status allocate(struct comparison *c, struct sr_err *err)
{
    size_t count = c->s->resource_count;
    c->sorted = calloc(count, sizeof(struct sr_oms_resource *));
    c->wanted = calloc(count, sizeof(struct sr_oms_resource *));
    c->pieces = calloc(count, sizeof *c->pieces);
    c->is_bad = calloc(sr_manifest_count(c->m), 1);
    if (c->sorted == NULL || c->wanted == NULL || c->pieces == NULL || c->is_bad == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory to check a signature");
    }
    c->out->is_ordered = true;
    for (size_t i = 0; i < count; i++) {
        c->sorted[i] = &c->s->resources[i];
        if (i > 0 && compare_resources(&c->sorted[i - 1], &c->sorted[i]) > 0) {
            c->out->is_ordered = false;
        }
    }
    qsort(c->sorted, count, sizeof(void *), compare_resources);
    return SR_OK;
}

static void report(struct comparison *c, enum sr_signature_problem problem, const char *path)
{
    if (problem == SR_SIGNATURE_EXTRA && c->params->ignore_unsigned) {
        c->out->unsigned_files++;
    } else if (c->out->problems++ == 0) {
        const char *what = problem == SR_SIGNATURE_DIFFERS   ? "is not what was signed"
                           : problem == SR_SIGNATURE_MISSING ? "is missing"
                                                             : "was not signed";
        (void)snprintf(c->first, sizeof c->first, "'%s' %s", sr_quote(sr_text_view(path)).text,
                       what);
    }
    if (c->params->on_problem != NULL) {
        c->params->on_problem(c->params->ctx, problem, path);
    }
}

/* Shards of one file: from its first byte to its last, without holes and once each. */
static enum sr_status check_shards(const struct signed_file *f, struct sr_err *err)
{
    uint64_t at = 0;
    for (size_t i = 0; i < f->count; i++) {
        if (f->first[i]->begin != at) {
            return sr_fail(err, SR_MALFORMED,
                           "statement: shards of '%s' leave a hole or overlap at byte %llu",
                           sr_quote(f->name).text, (unsigned long long)at);
        }
        at = f->first[i]->end;
    }
    return SR_OK;
}

/* A file that is signed and there: what has to be hashed. */
static enum sr_status plan(struct comparison *c, const struct signed_file *f, size_t index,
                           struct sr_err *err)
{
    uint64_t bytes = (uint64_t)sr_manifest_at(c->m, index)->found.st_size;
    bool is_sharded = c->s->method == SR_OMS_SHARDS;
    if (is_sharded) {
        SR_TRY(check_shards(f, err));
        if (f->first[f->count - 1]->end != bytes) {
            c->is_bad[index] = 1;
            return SR_OK;
        }
    }
    for (size_t i = 0; i < f->count; i++) {
        const struct sr_oms_resource *r = f->first[i];
        c->wanted[c->piece_count] = r;
        c->pieces[c->piece_count++] = (struct sr_manifest_piece){
            .file = index, .begin = r->begin, .end = is_sharded ? r->end : bytes};
    }
    return SR_OK;
}

/* The file that begins at sorted[at]. */
static struct signed_file next_signed(const struct comparison *c, size_t at)
{
    struct signed_file f = {.name = c->sorted[at]->name, .first = &c->sorted[at], .count = 1};
    while (at + f.count < c->s->resource_count &&
           sr_text_equal(c->sorted[at + f.count]->name, f.name)) {
        f.count++;
    }
    /* Older signers call a single file ".". */
    if (sr_manifest_is_file(c->m) && sr_text_equal(f.name, sr_text_view("."))) {
        f.name = sr_text_view(sr_manifest_at(c->m, 0)->path);
    }
    return f;
}

static void report_missing(struct comparison *c, struct sr_bytes name)
{
    char path[SR_LIMIT_PATH_BYTES + 1];
    size_t len = name.len < sizeof path - 1 ? name.len : sizeof path - 1;
    memcpy(path, name.ptr, len);
    path[len] = '\0';
    report(c, SR_SIGNATURE_MISSING, path);
}

/* Method 'shards' has no entry for an empty file, so nobody can say whether it was signed. */
static bool is_beyond_method(const struct comparison *c, size_t index)
{
    return c->s->method == SR_OMS_SHARDS && sr_manifest_at(c->m, index)->found.st_size == 0;
}

static enum sr_status merge(struct comparison *c, struct sr_err *err)
{
    size_t found = 0;
    for (size_t at = 0; at < c->s->resource_count || found < sr_manifest_count(c->m);) {
        bool has_found = found < sr_manifest_count(c->m);
        const char *path = has_found ? sr_manifest_at(c->m, found)->path : "";
        struct signed_file f = {0};
        int order = -1;
        if (at < c->s->resource_count) {
            f = next_signed(c, at);
            order = has_found ? compare_names(sr_text_view(path), f.name) : 1;
        }
        if (order == 0) {
            SR_TRY(plan(c, &f, found, err));
        } else if (order > 0) {
            report_missing(c, f.name);
        } else if (is_beyond_method(c, found)) {
            c->out->unsigned_files++;
        } else {
            report(c, SR_SIGNATURE_EXTRA, path);
        }
        at += order >= 0 ? f.count : 0;
        found += order <= 0;
    }
    return SR_OK;
}

static enum sr_status hash(struct comparison *c, struct sr_err *err)
{
    SR_TRY(sr_manifest_hash(c->m, c->s->hash, c->pieces, c->piece_count, c->params->threads, err));
    for (size_t i = 0; i < c->piece_count; i++) {
        if (memcmp(c->pieces[i].digest, c->wanted[i]->digest, sr_oms_hash_bytes(c->s->hash)) != 0) {
            c->is_bad[c->pieces[i].file] = 1;
        }
    }
    return SR_OK;
}

/* Count what is good and report what is not, each file once. */
static void conclude(struct comparison *c)
{
    size_t last = SIZE_MAX;
    for (size_t i = 0; i < c->piece_count; i++) {
        size_t file = c->pieces[i].file;
        if (file != last && !c->is_bad[file]) {
            c->out->files++;
            c->out->bytes += (uint64_t)sr_manifest_at(c->m, file)->found.st_size;
        }
        last = file;
    }
    for (size_t i = 0; i < sr_manifest_count(c->m); i++) {
        if (c->is_bad[i]) {
            report(c, SR_SIGNATURE_DIFFERS, sr_manifest_at(c->m, i)->path);
        }
    }
}

enum sr_status sr_signature_compare(const struct sr_signature_check *params,
                                    const struct sr_oms_statement *s, const struct sr_manifest *m,
                                    struct sr_signature_result *out, struct sr_err *err)
{
    SR_CLEANUP(comparison_clear)
    struct comparison c = {.params = params, .s = s, .m = m, .out = out};
    SR_TRY(allocate(&c, err));
    SR_TRY(merge(&c, err));
    SR_TRY(hash(&c, err));
    conclude(&c);
    if (out->problems == 0) {
        return SR_OK;
    }
    return out->problems == 1 ? sr_fail(err, SR_CORRUPT, "%s", c.first)
                              : sr_fail(err, SR_CORRUPT, "%llu files are not as signed; %s",
                                        (unsigned long long)out->problems, c.first);
}
