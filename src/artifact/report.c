/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/report.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "formats/nameset.h"

#define FORMAT_BYTES 64

struct file {
    char *path;
    struct sr_report_file shown; /* its lists are ours */
    struct sr_report_finding *findings;
    size_t finding_capacity;
    struct sr_report_global *globals;
    size_t global_capacity;
    struct sr_report_fact *facts;
    size_t fact_capacity;
    enum sr_verdict findings_worst;
    enum sr_verdict said; /* at its end */
    char format[FORMAT_BYTES];
};

struct sr_report {
    enum sr_profile profile;
    struct file *files;
    size_t count;
    size_t capacity;
    size_t text_bytes;
    struct sr_nameset *paths; /* numbers as those of files, until they are sorted */
};

enum sr_status sr_report_new(enum sr_profile profile, struct sr_report **out)
{
    SR_AUTO(sr_report) r = calloc(1, sizeof *r);
    if (r == NULL) {
        return SR_NO_MEMORY;
    }
    r->profile = profile;
    SR_TRY(sr_nameset_new(&r->paths));
    *out = SR_TAKE(r);
    return SR_OK;
}

/* Lists hold texts of ours behind pointers to const: only what made them may free them. */
static void free_text(const char *text)
{
    free((void *)(uintptr_t)text);
}

static void file_clear(struct file *f)
{
    for (size_t i = 0; i < f->shown.finding_count; i++) {
        free_text(f->findings[i].member);
        free_text(f->findings[i].evidence);
    }
    for (size_t i = 0; i < f->shown.global_count; i++) {
        free_text(f->globals[i].module);
        free_text(f->globals[i].name);
    }
    for (size_t i = 0; i < f->shown.fact_count; i++) {
        free_text(f->facts[i].value);
    }
    free(f->findings);
    free(f->globals);
    free(f->facts);
    free(f->path);
}

void sr_report_free(struct sr_report *r)
{
    if (r == NULL) {
        return;
    }
    for (size_t i = 0; i < r->count; i++) {
        file_clear(&r->files[i]);
    }
    free(r->files);
    sr_nameset_free(r->paths);
    free(r);
}

static bool is_plain(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text < 0x20 || *text > 0x7e) {
            return false;
        }
    }
    return true;
}

/* A copy that the report's budget has room for, else NULL. */
static char *keep(struct sr_report *r, const char *text)
{
    size_t bytes = strlen(text) + 1;
    if (r->text_bytes > SR_REPORT_BYTES_MAX || bytes > SR_REPORT_BYTES_MAX - r->text_bytes) {
        return NULL;
    }
    char *copy = strdup(text);
    r->text_bytes += copy != NULL ? bytes : 0;
    return copy;
}

enum sr_status sr_report_begin(struct sr_report *r, const char *path, size_t *out_index)
{
    if (r->count >= SR_LIMIT_FILES) {
        return SR_TOO_LARGE;
    }
    if (r->count == r->capacity) {
        size_t capacity = r->capacity == 0 ? 16 : r->capacity * 2;
        struct file *files = reallocarray(r->files, capacity, sizeof *files);
        if (files == NULL) {
            return SR_NO_MEMORY;
        }
        r->files = files;
        r->capacity = capacity;
    }
    char *copy = strdup(path);
    enum sr_status status =
        copy == NULL ? SR_NO_MEMORY : sr_nameset_add(r->paths, sr_text_view(copy));
    if (status != SR_OK) {
        free(copy);
        return status;
    }
    struct file *f = &r->files[r->count];
    *f = (struct file){.path = copy, .said = SR_VERDICT_UNPARSABLE};
    f->shown = (struct sr_report_file){.path = copy};
    memcpy(f->format, "unknown", sizeof "unknown");
    *out_index = r->count++;
    return SR_OK;
}

bool sr_report_find(const struct sr_report *r, const char *path, size_t *out_index)
{
    assert(r->paths != NULL);
    return sr_nameset_find(r->paths, sr_text_view(path), out_index);
}

static struct file *file_at(struct sr_report *r, size_t index)
{
    assert(index < r->count);
    return &r->files[index];
}

static bool grow_findings(struct file *f)
{
    if (f->shown.finding_count < f->finding_capacity) {
        return true;
    }
    size_t capacity = f->finding_capacity == 0 ? 4 : f->finding_capacity * 2;
    struct sr_report_finding *findings = reallocarray(f->findings, capacity, sizeof *findings);
    if (findings == NULL) {
        return false;
    }
    f->findings = findings;
    f->finding_capacity = capacity;
    return true;
}

void sr_report_add(struct sr_report *r, size_t index, const struct sr_finding *finding)
{
    struct file *f = file_at(r, index);
    assert(is_plain(finding->member) && is_plain(finding->evidence));
    f->findings_worst = sr_verdict_worst(f->findings_worst, sr_rule_info(finding->rule)->verdict);
    char *member = keep(r, finding->member);
    char *evidence = keep(r, finding->evidence);
    if (member == NULL || evidence == NULL || !grow_findings(f)) {
        f->findings_worst = sr_verdict_worst(f->findings_worst, SR_VERDICT_REVIEW);
        free(member);
        free(evidence);
        return;
    }
    f->findings[f->shown.finding_count++] = (struct sr_report_finding){.rule = finding->rule,
                                                                       .offset = finding->offset,
                                                                       .length = finding->length,
                                                                       .member = member,
                                                                       .evidence = evidence};
}

static bool grow_globals(struct file *f)
{
    if (f->shown.global_count < f->global_capacity) {
        return true;
    }
    size_t capacity = f->global_capacity == 0 ? 4 : f->global_capacity * 2;
    struct sr_report_global *globals = reallocarray(f->globals, capacity, sizeof *globals);
    if (globals == NULL) {
        return false;
    }
    f->globals = globals;
    f->global_capacity = capacity;
    return true;
}

/* One of the words that roles have: what comes from a worker is not taken at its word. */
static const char *role_word(const char *role)
{
    static const char *const ROLES[] = {"type", "rebuild", "marker", "danger"};
    for (size_t i = 0; i < sizeof ROLES / sizeof ROLES[0]; i++) {
        if (strcmp(role, ROLES[i]) == 0) {
            return ROLES[i];
        }
    }
    return "unknown";
}

void sr_report_add_global(struct sr_report *r, size_t index, const struct sr_global *global)
{
    struct file *f = file_at(r, index);
    assert(is_plain(global->module) && is_plain(global->name));
    char *module = keep(r, global->module);
    char *name = keep(r, global->name);
    if (module == NULL || name == NULL || !grow_globals(f)) {
        free(module);
        free(name);
        return;
    }
    f->globals[f->shown.global_count++] =
        (struct sr_report_global){.module = module, .name = name, .role = role_word(global->role)};
}

static bool grow_facts(struct file *f)
{
    if (f->shown.fact_count < f->fact_capacity) {
        return true;
    }
    size_t capacity = f->fact_capacity == 0 ? 4 : f->fact_capacity * 2;
    struct sr_report_fact *facts = reallocarray(f->facts, capacity, sizeof *facts);
    if (facts == NULL) {
        return false;
    }
    f->facts = facts;
    f->fact_capacity = capacity;
    return true;
}

void sr_report_add_fact(struct sr_report *r, size_t index, const struct sr_fact *fact)
{
    struct file *f = file_at(r, index);
    assert((unsigned)fact->key < SR_FACT_COUNT && is_plain(fact->value));
    char *value = keep(r, fact->value);
    if (value == NULL || !grow_facts(f)) {
        free(value);
        return;
    }
    f->facts[f->shown.fact_count++] = (struct sr_report_fact){.key = fact->key, .value = value};
}

void sr_report_set_sha256(struct sr_report *r, size_t index, const uint8_t sha256[SR_SHA256_BYTES])
{
    struct file *f = file_at(r, index);
    memcpy(f->shown.sha256, sha256, SR_SHA256_BYTES);
    f->shown.has_sha256 = true;
}

void sr_report_end(struct sr_report *r, size_t index, const struct sr_inspected *inspected)
{
    struct file *f = file_at(r, index);
    f->said = inspected->verdict;
    (void)snprintf(f->format, sizeof f->format, "%s", inspected->format);
    f->shown.bytes = inspected->bytes;
    f->shown.covered = inspected->covered;
}

/* "<prefix>/<path>", or path alone; for free(). */
static char *join(const char *prefix, const char *path)
{
    size_t bytes = strlen(prefix) + strlen(path) + 2;
    char *out = malloc(bytes);
    if (out != NULL) {
        (void)snprintf(out, bytes, "%s%s%s", prefix, prefix[0] != '\0' ? "/" : "", path);
    }
    return out;
}

enum sr_status sr_report_take(struct sr_report *r, struct sr_report *from, const char *prefix)
{
    while (from->count > 0) {
        struct file *moved = &from->files[from->count - 1];
        char *path = join(prefix, moved->path);
        size_t index = 0;
        enum sr_status status = path == NULL ? SR_NO_MEMORY : sr_report_begin(r, path, &index);
        free(path);
        SR_TRY(status);
        path = r->files[index].path;
        free(moved->path);
        r->files[index] = *moved;
        r->files[index].path = path;
        r->files[index].shown.path = path;
        from->count--;
    }
    r->text_bytes += from->text_bytes;
    from->text_bytes = 0;
    return SR_OK;
}

static int compare_files(const void *a, const void *b) /* lint: callback */
{
    return strcmp(((const struct file *)a)->path, ((const struct file *)b)->path);
}

void sr_report_sort(struct sr_report *r)
{
    if (r->count > 1) {
        qsort(r->files, r->count, sizeof *r->files, compare_files);
    }
    sr_nameset_free(SR_TAKE(r->paths)); /* its numbers are wrong now */
}

size_t sr_report_count(const struct sr_report *r)
{
    return r->count;
}

struct sr_report_file sr_report_at(const struct sr_report *r, size_t index)
{
    assert(index < r->count);
    const struct file *f = &r->files[index];
    struct sr_report_file shown = f->shown;
    shown.format = f->format;
    shown.findings = f->findings;
    shown.globals = f->globals;
    shown.facts = f->facts;
    shown.verdict = sr_verdict_worst(f->said, f->findings_worst);
    return shown;
}

enum sr_profile sr_report_profile(const struct sr_report *r)
{
    return r->profile;
}

enum sr_verdict sr_report_verdict(const struct sr_report *r)
{
    enum sr_verdict worst = r->count == 0 ? SR_VERDICT_UNPARSABLE : SR_VERDICT_PASS;
    for (size_t i = 0; i < r->count; i++) {
        worst = sr_verdict_worst(worst, sr_report_at(r, i).verdict);
    }
    return worst;
}

size_t sr_report_count_of(const struct sr_report *r, enum sr_verdict verdict)
{
    size_t count = 0;
    for (size_t i = 0; i < r->count; i++) {
        count += sr_report_at(r, i).verdict == verdict;
    }
    return count;
}

/* The first finding that makes the file what it is; NULL when its end is all there is. */
static const struct sr_report_finding *first_finding(const struct sr_report_file *file)
{
    for (size_t i = 0; i < file->finding_count; i++) {
        if (sr_rule_info(file->findings[i].rule)->verdict == file->verdict) {
            return &file->findings[i];
        }
    }
    return NULL;
}

enum sr_status sr_report_status(const struct sr_report *r, struct sr_err *err)
{
    enum sr_verdict worst = sr_report_verdict(r);
    if (worst == SR_VERDICT_PASS) {
        return SR_OK;
    }
    enum sr_status status = worst == SR_VERDICT_UNPARSABLE ? SR_UNINSPECTED : SR_REFUSED;
    for (size_t i = 0; i < r->count; i++) {
        struct sr_report_file file = sr_report_at(r, i);
        if (file.verdict != worst) {
            continue;
        }
        const struct sr_report_finding *finding = first_finding(&file);
        if (finding == NULL) {
            return sr_fail(err, status, "%s: '%s'", sr_verdict_name(worst), file.path);
        }
        return sr_fail(err, status, "%s: '%s'%s%s at %llu: %s: %s", sr_verdict_name(worst),
                       file.path, finding->member[0] != '\0' ? " in " : "", finding->member,
                       (unsigned long long)finding->offset, sr_rule_info(finding->rule)->id,
                       finding->evidence);
    }
    return sr_fail(err, status, "there is nothing to inspect");
}
