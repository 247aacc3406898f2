/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/across.h"

#include <stdlib.h>
#include <string.h>

#include "formats/nameset.h"

#define NOT_SEEN UINT32_MAX

/* A file that was looked at, or that one spoke of. */
struct file {
    struct sr_bytes path;
    uint64_t bytes;
    size_t tensor_count;
    uint32_t number; /* in the order of looking; NOT_SEEN: only spoken of */
    bool is_spoken_of;
};

struct claim {
    uint32_t from; /* number of the file that says it */
    size_t on;     /* index into files */
    struct sr_bytes tensor;
    uint64_t begin;
    uint64_t end;
    uint64_t offset;
};

struct total {
    uint32_t from;
    uint64_t bytes;
    uint64_t offset;
};

/* A growing array of one kind of these. */
struct list {
    void *items;
    size_t count;
    size_t capacity;
};

struct sr_across {
    struct list files;  /* struct file; numbered as in paths */
    struct list claims; /* struct claim, in the order of from */
    struct list totals; /* struct total */
    struct list sizes;  /* uint64_t: of the tensors, numbered as in tensors */
    struct list texts;  /* char *: what the names below are views of */
    struct sr_nameset *paths;
    struct sr_nameset *tensors; /* keys of tensor_key() */
    size_t name_bytes;
    uint32_t seen;  /* files looked at */
    size_t current; /* index into files */
};

enum sr_status sr_across_new(struct sr_across **out)
{
    SR_AUTO(sr_across) a = calloc(1, sizeof *a);
    if (a == NULL) {
        return SR_NO_MEMORY;
    }
    SR_TRY(sr_nameset_new(&a->paths));
    SR_TRY(sr_nameset_new(&a->tensors));
    *out = SR_TAKE(a);
    return SR_OK;
}

void sr_across_free(struct sr_across *a)
{
    if (a == NULL) {
        return;
    }
    char **texts = a->texts.items;
    for (size_t i = 0; i < a->texts.count; i++) {
        free(texts[i]);
    }
    free(a->files.items);
    free(a->claims.items);
    free(a->totals.items);
    free(a->sizes.items);
    free(a->texts.items);
    sr_nameset_free(a->paths);
    sr_nameset_free(a->tensors);
    free(a);
}

static enum sr_status add(struct list *list, const void *item, size_t item_bytes)
{
    if (list->count >= SR_ACROSS_ENTRIES_MAX) {
        return SR_TOO_LARGE;
    }
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? 16 : 2 * list->capacity;
        void *items = reallocarray(list->items, capacity, item_bytes);
        if (items == NULL) {
            return SR_NO_MEMORY;
        }
        list->items = items;
        list->capacity = capacity;
    }
    memcpy((uint8_t *)list->items + list->count * item_bytes, item, item_bytes);
    list->count++;
    return SR_OK;
}

/* A copy of head and tail, one after the other, that lives as long as a. */
static enum sr_status keep(struct sr_across *a, struct sr_bytes head, struct sr_bytes tail,
                           struct sr_bytes *out)
{
    if (head.len + tail.len > SR_ACROSS_NAME_BYTES_MAX - a->name_bytes) {
        return SR_TOO_LARGE;
    }
    char *text = malloc(head.len + tail.len + 1);
    if (text == NULL) {
        return SR_NO_MEMORY;
    }
    enum sr_status status = add(&a->texts, &text, sizeof text);
    if (status != SR_OK) {
        free(text);
        return status;
    }
    if (head.len > 0) {
        memcpy(text, head.ptr, head.len);
    }
    if (tail.len > 0) {
        memcpy(text + head.len, tail.ptr, tail.len);
    }
    a->name_bytes += head.len + tail.len;
    *out = sr_bytes(text, head.len + tail.len);
    return SR_OK;
}

static struct file *file_at(const struct sr_across *a, size_t index)
{
    return &((struct file *)a->files.items)[index];
}

/* The file of that path; added when it is new. */
static enum sr_status find_file(struct sr_across *a, struct sr_bytes path, size_t *out_index)
{
    if (sr_nameset_find(a->paths, path, out_index)) {
        return SR_OK;
    }
    struct file file = {.number = NOT_SEEN};
    SR_TRY(keep(a, path, sr_bytes(NULL, 0), &file.path));
    SR_TRY(sr_nameset_add(a->paths, file.path));
    *out_index = a->files.count;
    return add(&a->files, &file, sizeof file);
}

enum sr_status sr_across_file(struct sr_across *a, struct sr_bytes path, uint64_t bytes,
                              uint32_t *out_file)
{
    *out_file = a->seen;
    a->seen++;
    SR_TRY(find_file(a, path, &a->current));
    struct file *file = file_at(a, a->current);
    file->bytes = bytes;
    file->number = *out_file;
    return SR_OK;
}

/* Tensors of all files are in one set: the file's number goes before the name. */
static struct sr_bytes tensor_key_head(const size_t *file)
{
    return sr_bytes(file, sizeof *file);
}

enum sr_status sr_across_tensor(struct sr_across *a, struct sr_bytes name, uint64_t bytes)
{
    struct sr_bytes key = {0};
    SR_TRY(keep(a, tensor_key_head(&a->current), name, &key));
    enum sr_status status = sr_nameset_add(a->tensors, key);
    if (status == SR_CONFLICT) {
        return SR_OK; /* the parser of its file reports it */
    }
    SR_TRY(status);
    file_at(a, a->current)->tensor_count++;
    return add(&a->sizes, &bytes, sizeof bytes);
}

enum sr_status sr_across_claim(struct sr_across *a, const struct sr_claim *claim, bool *out_is_new)
{
    struct claim kept = {.from = file_at(a, a->current)->number,
                         .begin = claim->begin,
                         .end = claim->end,
                         .offset = claim->offset};
    SR_TRY(find_file(a, claim->file, &kept.on));
    *out_is_new = !file_at(a, kept.on)->is_spoken_of;
    file_at(a, kept.on)->is_spoken_of = true;
    if (claim->tensor.len > 0) {
        SR_TRY(keep(a, tensor_key_head(&kept.on), claim->tensor, &kept.tensor));
    }
    return add(&a->claims, &kept, sizeof kept);
}

enum sr_status sr_across_total(struct sr_across *a, uint64_t bytes, uint64_t offset)
{
    struct total total = {.from = file_at(a, a->current)->number, .bytes = bytes, .offset = offset};
    return add(&a->totals, &total, sizeof total);
}

static int compare_ranges(const void *a, const void *b) /* lint: callback */
{
    const struct claim *one = a;
    const struct claim *other = b;
    return (one->begin > other->begin) - (one->begin < other->begin);
}

enum sr_status sr_across_cover(const struct sr_across *a, struct sr_bytes path,
                               struct sr_coverage *coverage, bool *out_found)
{
    size_t on = 0;
    *out_found = false;
    if (a->claims.count == 0 || !sr_nameset_find(a->paths, path, &on)) {
        return SR_OK;
    }
    struct claim *ranges = calloc(a->claims.count, sizeof *ranges);
    if (ranges == NULL) {
        return SR_NO_MEMORY;
    }
    size_t count = 0;
    const struct claim *claims = a->claims.items;
    for (size_t i = 0; i < a->claims.count; i++) {
        if (claims[i].on == on && claims[i].end > claims[i].begin) {
            ranges[count++] = claims[i];
        }
    }
    qsort(ranges, count, sizeof *ranges, compare_ranges);
    enum sr_status status = SR_OK;
    uint64_t at = 0;
    for (size_t i = 0; i < count && status == SR_OK; i++) {
        uint64_t begin = ranges[i].begin > at ? ranges[i].begin : at;
        if (ranges[i].end > begin) {
            status = sr_coverage_claim(coverage, begin, ranges[i].end - begin);
            at = ranges[i].end;
        }
    }
    free(ranges);
    *out_found = count > 0;
    return status;
}

/* A comparison in progress. */
struct check {
    const struct sr_across *a;
    void (*found)(void *ctx, const struct sr_across_fault *fault);
    void *ctx;
    size_t *mapped; /* for each file: its tensors that the index in question claims */
    bool *is_missing;
};

static void report(const struct check *c, enum sr_rule rule, const struct claim *claim, uint64_t is,
                   uint64_t said)
{
    struct sr_across_fault fault = {.rule = rule,
                                    .file = claim->from,
                                    .offset = claim->offset,
                                    .path = file_at(c->a, claim->on)->path,
                                    .is = is,
                                    .said = said};
    if (claim->tensor.len > sizeof(size_t)) {
        fault.what =
            sr_bytes(claim->tensor.ptr + sizeof(size_t), claim->tensor.len - sizeof(size_t));
    }
    c->found(c->ctx, &fault);
}

/* One claim; adds the bytes of its tensor to *total. */
static void check_claim(struct check *c, const struct claim *claim, uint64_t *total)
{
    const struct file *file = file_at(c->a, claim->on);
    if (file->number == NOT_SEEN) {
        if (!c->is_missing[claim->on]) {
            report(c, SR_RULE_REFERENCE_MISSING, claim, 0, 0);
        }
        c->is_missing[claim->on] = true;
        return;
    }
    if (claim->end > file->bytes) {
        report(c, SR_RULE_REFERENCE_RANGE, claim, file->bytes, claim->end);
    }
    /* A file without tensors is of a format that does not list them. */
    if (claim->tensor.len == 0 || file->tensor_count == 0) {
        return;
    }
    size_t tensor = 0;
    if (!sr_nameset_find(c->a->tensors, claim->tensor, &tensor)) {
        report(c, SR_RULE_INDEX_TENSOR, claim, 0, 0);
        return;
    }
    c->mapped[claim->on]++;
    if (__builtin_add_overflow(*total, ((const uint64_t *)c->a->sizes.items)[tensor], total)) {
        *total = UINT64_MAX;
    }
}

static void check_total(const struct check *c, uint32_t from, uint64_t total)
{
    const struct total *totals = c->a->totals.items;
    for (size_t i = 0; i < c->a->totals.count; i++) {
        if (totals[i].from == from && totals[i].bytes != total) {
            struct sr_across_fault fault = {.rule = SR_RULE_INDEX_TOTAL,
                                            .file = from,
                                            .offset = totals[i].offset,
                                            .is = total,
                                            .said = totals[i].bytes};
            c->found(c->ctx, &fault);
        }
    }
}

/* The claims [begin, end), all of one file. */
static void check_from(struct check *c, size_t begin, size_t end)
{
    const struct claim *claims = c->a->claims.items;
    uint64_t total = 0;
    bool is_all = true;
    for (size_t i = begin; i < end; i++) {
        check_claim(c, &claims[i], &total);
        is_all =
            is_all && (claims[i].tensor.len == 0 || file_at(c->a, claims[i].on)->tensor_count > 0);
    }
    for (size_t i = begin; i < end; i++) {
        const struct file *file = file_at(c->a, claims[i].on);
        size_t mapped = c->mapped[claims[i].on];
        c->mapped[claims[i].on] = 0;
        if (mapped > 0 && mapped < file->tensor_count) {
            report(c, SR_RULE_INDEX_UNMAPPED, &claims[i], file->tensor_count, mapped);
        }
    }
    if (is_all) {
        check_total(c, claims[begin].from, total);
    }
}

enum sr_status sr_across_check(const struct sr_across *a,
                               void (*found)(void *ctx, const struct sr_across_fault *fault),
                               void *ctx)
{
    struct check c = {.a = a, .found = found, .ctx = ctx};
    size_t count = a->files.count + 1;
    c.mapped = calloc(count, sizeof *c.mapped);
    c.is_missing = calloc(count, sizeof *c.is_missing);
    if (c.mapped == NULL || c.is_missing == NULL) {
        free(c.mapped);
        free(c.is_missing);
        return SR_NO_MEMORY;
    }
    const struct claim *claims = a->claims.items;
    for (size_t begin = 0, end = 0; begin < a->claims.count; begin = end) {
        end = begin + 1;
        while (end < a->claims.count && claims[end].from == claims[begin].from) {
            end++;
        }
        check_from(&c, begin, end);
    }
    free(c.mapped);
    free(c.is_missing);
    return SR_OK;
}
