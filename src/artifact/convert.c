/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/convert.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "artifact/convert_gather.h"
#include "base/limits.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "formats/dtype.h"
#include "formats/nameset.h"
#include "formats/quote.h"
#include "formats/safetensors.h"
#include "formats/safetensors_write.h"

/* CV-4: what the only tensor of a file is called. */
#define ONLY_NAME "tensor"
#define FIRST_ITEMS 64

struct tensor {
    struct sr_storage_view view; /* its sizes and strides are in dims */
    uint64_t *dims;              /* rank sizes, then rank strides */
    size_t names;
};

/* A name of a tensor: an entry of the output. */
struct entry {
    char *name; /* NUL-terminated */
    size_t tensor;
    size_t storage; /* of the tensor */
    uint64_t begin; /* in the output */
};

struct storage {
    bool is_used; /* by a tensor */
    bool is_seen; /* its bytes */
};

/* An array that grows. */
struct list {
    size_t count;
    size_t capacity;
};

struct convert {
    struct sr_bytes input;
    struct tensor *tensors;
    struct list tensor_list;
    struct entry *entries;
    struct list entry_list;
    struct storage *storages;
    struct list storage_list;
    struct sr_nameset *names;  /* of the entries, as they are numbered */
    struct entry **by_storage; /* the entries, by storage */
    uint64_t bytes;            /* of all tensors so far */
    const struct sr_sink *sink;
    size_t tensors_again; /* how many the second look has met */
    enum sr_verdict worst;
    char finding[SR_ERR_MESSAGE_BYTES];
    enum sr_status status; /* the first failure in a callback */
    struct sr_err *err;
};

static void convert_clear(struct convert *c)
{
    for (size_t i = 0; i < c->tensor_list.count; i++) {
        free(c->tensors[i].dims);
    }
    for (size_t i = 0; i < c->entry_list.count; i++) {
        free(c->entries[i].name);
    }
    free(c->tensors);
    free(c->entries);
    free(c->storages);
    free(c->by_storage);
    sr_nameset_free(c->names);
}

/* Room for item index, all of it zero; the array's address may change. */
static bool reach(void **items, struct list *list, size_t index, size_t item_bytes)
{
    if (index >= list->capacity) {
        size_t capacity = list->capacity == 0 ? FIRST_ITEMS : list->capacity;
        while (capacity <= index) {
            capacity *= 2;
        }
        void *grown = reallocarray(*items, capacity, item_bytes);
        if (grown == NULL) {
            return false;
        }
        *items = grown;
        list->capacity = capacity;
    }
    if (index >= list->count) {
        memset((uint8_t *)*items + list->count * item_bytes, 0,
               (index + 1 - list->count) * item_bytes);
        list->count = index + 1;
    }
    return true;
}

static bool no_memory(struct convert *c)
{
    c->status = sr_fail(c->err, SR_NO_MEMORY, "no memory for %zu tensors", c->tensor_list.count);
    return false;
}

static bool reach_storage(struct convert *c, size_t storage)
{
    void *items = c->storages;
    if (!reach(&items, &c->storage_list, storage, sizeof *c->storages)) {
        return no_memory(c);
    }
    c->storages = items;
    return true;
}

/*
 * The first look: what there is.
 */

static void on_finding(void *ctx, const struct sr_finding *finding)
{
    struct convert *c = ctx;
    const struct sr_rule_info *rule = sr_rule_info(finding->rule);
    struct sr_err text = {0};
    if (rule->verdict <= c->worst) {
        return;
    }
    c->worst = rule->verdict;
    (void)!sr_fail(&text, SR_REFUSED, "%s at byte %" PRIu64 "%s%.80s: %.100s", rule->id,
                   finding->offset, finding->member[0] != '\0' ? " of " : "", finding->member,
                   finding->evidence[0] != '\0' ? finding->evidence : rule->happens);
    memcpy(c->finding, text.message, sizeof c->finding);
}

/* CV-6: a tensor of so many bytes will be written once more. */
static bool count_bytes(struct convert *c, const struct sr_storage_view *view)
{
    uint64_t allowed = SR_LIMIT_CONVERT_FREE_BYTES;
    uint64_t elements = 0;
    uint64_t bytes = 0;
    if (c->input.len > allowed / SR_LIMIT_CONVERT_RATIO) {
        allowed = (uint64_t)c->input.len * SR_LIMIT_CONVERT_RATIO;
    }
    return sr_dtype_elements(view->sizes, view->rank, &elements) &&
           !__builtin_mul_overflow(elements, (uint64_t)view->element_bytes, &bytes) &&
           !__builtin_add_overflow(c->bytes, bytes, &c->bytes) && c->bytes <= allowed;
}

static bool keep_tensor(struct convert *c, size_t number, const struct sr_storage_view *view)
{
    void *items = c->tensors;
    if (number >= SR_LIMIT_TENSORS) {
        c->status = sr_fail(c->err, SR_TOO_LARGE, "over %d tensors", SR_LIMIT_TENSORS);
        return false;
    }
    if (!reach(&items, &c->tensor_list, number, sizeof *c->tensors)) {
        return no_memory(c);
    }
    c->tensors = items;
    struct tensor *tensor = &c->tensors[number];
    size_t rank = view->rank;
    tensor->dims = calloc(2 * rank + 1, sizeof *tensor->dims);
    if (tensor->dims == NULL) {
        return no_memory(c);
    }
    if (rank > 0) {
        memcpy(tensor->dims, view->sizes, rank * sizeof *tensor->dims);
        memcpy(tensor->dims + rank, view->strides, rank * sizeof *tensor->dims);
    }
    tensor->view = *view;
    tensor->view.sizes = tensor->dims;
    tensor->view.strides = tensor->dims + rank;
    return true;
}

static void on_tensor(void *ctx, size_t number, const struct sr_storage_view *view)
{
    struct convert *c = ctx;
    if (c->status != SR_OK || !reach_storage(c, view->storage)) {
        return;
    }
    c->storages[view->storage].is_used = true;
    (void)keep_tensor(c, number, view);
}

static bool keep_entry(struct convert *c, struct sr_bytes name, size_t tensor)
{
    void *items = c->entries;
    size_t number = c->entry_list.count;
    if (!reach(&items, &c->entry_list, number, sizeof *c->entries)) {
        return no_memory(c);
    }
    c->entries = items;
    struct entry *entry = &c->entries[number];
    entry->tensor = tensor;
    entry->storage = c->tensors[tensor].view.storage;
    entry->name = calloc(name.len + 1, 1);
    if (entry->name == NULL) {
        return no_memory(c);
    }
    memcpy(entry->name, name.ptr, name.len);
    enum sr_status status = sr_nameset_add(c->names, sr_bytes(entry->name, name.len));
    if (status != SR_OK) {
        return no_memory(c);
    }
    c->tensors[tensor].names++;
    return true;
}

/* CV-3, CV-4, CV-5 */
static void on_name(void *ctx, size_t tensor, struct sr_bytes name, bool is_whole)
{
    struct convert *c = ctx;
    size_t known = 0;
    if (c->status != SR_OK || tensor >= c->tensor_list.count) {
        return;
    }
    name = name.len == 0 ? sr_text_view(ONLY_NAME) : name;
    if (!is_whole || !sr_text_is_utf8(name)) {
        c->status = sr_fail(c->err, SR_MALFORMED, "tensor '%s': its name is too long or not UTF-8",
                            sr_quote(name).text);
        return;
    }
    if (sr_nameset_find(c->names, name, &known)) {
        if (c->entries[known].tensor != tensor) {
            c->status =
                sr_fail(c->err, SR_CONFLICT, "two tensors are called '%s'", sr_quote(name).text);
        }
        return;
    }
    if (!count_bytes(c, &c->tensors[tensor].view)) {
        c->status = sr_fail(c->err, SR_TOO_LARGE,
                            "tensor '%s': the output would be too large for an input of %zu bytes",
                            sr_quote(name).text, c->input.len);
        return;
    }
    (void)keep_entry(c, name, tensor);
}

static void on_storage(void *ctx, size_t storage, struct sr_bytes bytes)
{
    struct convert *c = ctx;
    (void)bytes;
    if (c->status == SR_OK && reach_storage(c, storage)) {
        c->storages[storage].is_seen = true;
    }
}

/* CV-1 */
static enum sr_status check_verdict(const struct convert *c, const struct sr_inspected *inspected,
                                    struct sr_err *err)
{
    if (inspected->verdict == SR_VERDICT_PASS) {
        return SR_OK;
    }
    return sr_fail(err, inspected->verdict == SR_VERDICT_UNPARSABLE ? SR_UNINSPECTED : SR_REFUSED,
                   "its verdict is %s: %s", sr_verdict_name(inspected->verdict), c->finding);
}

/* CV-2 */
static enum sr_status check_format(const struct sr_inspected *inspected, struct sr_err *err)
{
    static const char *const FORMATS[] = {"pytorch-zip", "pytorch-legacy", "npy", "npz"};
    for (size_t i = 0; i < sizeof FORMATS / sizeof FORMATS[0]; i++) {
        if (strcmp(inspected->format, FORMATS[i]) == 0) {
            return SR_OK;
        }
    }
    return sr_fail(err, SR_UNSUPPORTED, "its format is %s: only PyTorch and NumPy are converted",
                   inspected->format);
}

/* CV-3: each tensor has a name and a type, each storage belongs to tensors and is there. */
static enum sr_status check_whole(const struct convert *c, struct sr_err *err)
{
    if (c->tensor_list.count == 0) {
        return sr_fail(err, SR_UNSUPPORTED, "there are no tensors in it");
    }
    for (size_t i = 0; i < c->tensor_list.count; i++) {
        if (c->tensors[i].names == 0) {
            return sr_fail(err, SR_UNSUPPORTED, "tensor %zu of %zu has no name", i,
                           c->tensor_list.count);
        }
    }
    for (size_t i = 0; i < c->entry_list.count; i++) {
        if (c->tensors[c->entries[i].tensor].view.dtype == NULL) {
            return sr_fail(err, SR_UNSUPPORTED, "tensor '%s': safetensors has no such type",
                           sr_quote(sr_text_view(c->entries[i].name)).text);
        }
    }
    for (size_t i = 0; i < c->storage_list.count; i++) {
        if (c->storages[i].is_used != c->storages[i].is_seen) {
            return sr_fail(err, SR_UNSUPPORTED, "storage %zu of %zu is of no plain tensor", i,
                           c->storage_list.count);
        }
    }
    return SR_OK;
}

static enum sr_status look(struct convert *c, struct sr_bytes name,
                           const struct sr_tensor_sink *tensors, struct sr_inspected *out)
{
    SR_AUTO(sr_inspection) in = NULL;
    struct sr_inspection_events events = {.finding = on_finding, .ctx = c, .tensors = tensors};
    if (sr_inspection_new(SR_PROFILE_TENSORS, &events, &in) != SR_OK) {
        return sr_fail(c->err, SR_NO_MEMORY, "no memory for an inspection");
    }
    sr_inspection_file(in, name, c->input, out);
    return SR_OK;
}

static enum sr_status first_look(struct convert *c, struct sr_bytes name, struct sr_converted *out)
{
    struct sr_tensor_sink tensors = {
        .tensor = on_tensor, .name = on_name, .storage = on_storage, .ctx = c};
    struct sr_inspected inspected = {0};
    if (sr_nameset_new(&c->names) != SR_OK) {
        (void)no_memory(c);
        return c->status;
    }
    SR_TRY(look(c, name, &tensors, &inspected));
    out->verdict = inspected.verdict;
    SR_TRY(check_verdict(c, &inspected, c->err));
    SR_TRY(check_format(&inspected, c->err));
    SR_TRY(c->status);
    return check_whole(c, c->err);
}

/*
 * The head.
 */

static int compare_storages(const void *a, const void *b) /* lint: callback */
{
    const struct entry *const *one = a;
    const struct entry *const *other = b;
    return ((*one)->storage > (*other)->storage) - ((*one)->storage < (*other)->storage);
}

/* CV-8: where it comes from. */
static enum sr_status encode_head(const struct convert *c, struct sr_tensor *tensors,
                                  struct sr_buf *head)
{
    uint8_t digest[SR_SHA256_BYTES];
    char hex[2 * SR_SHA256_BYTES + 1];
    if (sr_sha256_once(c->input, digest) != SR_OK) {
        return sr_fail(c->err, SR_INTERNAL, "cannot hash the input");
    }
    sr_text_hex(sr_bytes(digest, sizeof digest), hex);
    struct sr_safetensors_note notes[] = {{"format", "pt"},
                                          {"strongroom.converted_from_sha256", hex}};
    return sr_safetensors_encode(tensors, c->entry_list.count, notes, 2, head, c->err);
}

static void free_tensors(struct sr_tensor **tensors)
{
    free(*tensors);
}

/* Lay the output out and write its head, once the strict decoder has read it. */
static enum sr_status write_head(struct convert *c, struct sr_converted *out)
{
    SR_AUTO(sr_buf) head = NULL;
    SR_AUTO(sr_tensors) again = NULL;
    size_t count = c->entry_list.count;
    SR_CLEANUP(free_tensors) struct sr_tensor *tensors = calloc(count, sizeof *tensors);
    c->by_storage = calloc(count, sizeof(struct entry *));
    if (tensors == NULL || c->by_storage == NULL ||
        sr_buf_new(SR_LIMIT_SAFETENSORS_HEADER_BYTES + 8, &head) != SR_OK) {
        (void)no_memory(c);
        return c->status;
    }
    for (size_t i = 0; i < count; i++) {
        const struct sr_storage_view *view = &c->tensors[c->entries[i].tensor].view;
        tensors[i] = (struct sr_tensor){.name = sr_text_view(c->entries[i].name),
                                        .dtype = view->dtype,
                                        .rank = view->rank,
                                        .shape = view->sizes};
        c->by_storage[i] = &c->entries[i];
    }
    SR_TRY(encode_head(c, tensors, head));
    out->bytes = tensors[count - 1].end;
    out->tensors = count;
    for (size_t i = 0; i < count; i++) {
        size_t entry = 0;
        if (!sr_nameset_find(c->names, tensors[i].name, &entry)) {
            return sr_fail(c->err, SR_INTERNAL, "a name was lost");
        }
        c->entries[entry].begin = tensors[i].begin;
    }
    qsort(c->by_storage, count, sizeof(struct entry *), compare_storages);
    SR_TRY(sr_safetensors_decode(sr_buf_view(head), out->bytes, &again, c->err));
    return c->sink->write_at(c->sink->ctx, 0, sr_buf_view(head), c->err);
}

/*
 * The second look: the same again, with the bytes.
 */

static bool is_same(const struct sr_storage_view *a, const struct sr_storage_view *b)
{
    size_t dims = a->rank * sizeof *a->sizes;
    return a->storage == b->storage && a->dtype == b->dtype &&
           a->element_bytes == b->element_bytes && a->is_big_endian == b->is_big_endian &&
           a->offset == b->offset && a->rank == b->rank &&
           (a->rank == 0 ||
            (memcmp(a->sizes, b->sizes, dims) == 0 && memcmp(a->strides, b->strides, dims) == 0));
}

static void on_tensor_again(void *ctx, size_t number, const struct sr_storage_view *view)
{
    struct convert *c = ctx;
    c->tensors_again++;
    if (c->status == SR_OK &&
        (number >= c->tensor_list.count || !is_same(view, &c->tensors[number].view))) {
        c->status = sr_fail(c->err, SR_CORRUPT, "the input changed while it was read");
    }
}

static void on_name_again(void *ctx, size_t tensor, struct sr_bytes name, bool is_whole)
{
    (void)ctx;
    (void)tensor;
    (void)name;
    (void)is_whole;
}

/* The first entry of a storage. */
static size_t find_entry(const struct convert *c, size_t storage)
{
    size_t begin = 0;
    size_t end = c->entry_list.count;
    while (begin < end) {
        size_t middle = begin + (end - begin) / 2;
        if (c->by_storage[middle]->storage < storage) {
            begin = middle + 1;
        } else {
            end = middle;
        }
    }
    return begin;
}

static void on_storage_again(void *ctx, size_t storage, struct sr_bytes bytes)
{
    struct convert *c = ctx;
    if (c->status != SR_OK || storage >= c->storage_list.count) {
        return;
    }
    c->storages[storage].is_seen = false; /* and never again */
    for (size_t i = find_entry(c, storage);
         i < c->entry_list.count && c->by_storage[i]->storage == storage; i++) {
        const struct entry *entry = c->by_storage[i];
        c->status = sr_convert_gather(&c->tensors[entry->tensor].view, bytes, c->sink, entry->begin,
                                      c->err);
        if (c->status != SR_OK) {
            c->status = sr_context(c->err, c->status, "tensor '%s'",
                                   sr_quote(sr_text_view(entry->name)).text);
            return;
        }
    }
}

static enum sr_status second_look(struct convert *c, struct sr_bytes name)
{
    struct sr_tensor_sink tensors = {
        .tensor = on_tensor_again, .name = on_name_again, .storage = on_storage_again, .ctx = c};
    struct sr_inspected inspected = {0};
    SR_TRY(look(c, name, &tensors, &inspected));
    SR_TRY(c->status);
    bool is_all = inspected.verdict == SR_VERDICT_PASS && c->tensors_again == c->tensor_list.count;
    for (size_t i = 0; i < c->storage_list.count; i++) {
        is_all = is_all && !c->storages[i].is_seen;
    }
    return is_all ? SR_OK : sr_fail(c->err, SR_CORRUPT, "the input changed while it was read");
}

enum sr_status sr_convert(struct sr_bytes name, struct sr_bytes input, const struct sr_sink *sink,
                          struct sr_converted *out, struct sr_err *err)
{
    struct sr_err own = {0};
    SR_CLEANUP(convert_clear)
    struct convert c = {.input = input, .sink = sink, .err = err != NULL ? err : &own};
    struct sr_converted converted = {.verdict = SR_VERDICT_UNPARSABLE};
    SR_TRY(first_look(&c, name, &converted));
    SR_TRY(write_head(&c, &converted));
    SR_TRY(second_look(&c, name));
    *out = converted;
    return SR_OK;
}
