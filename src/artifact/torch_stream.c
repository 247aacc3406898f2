/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/torch_stream.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "formats/nameset.h"

#define FIRST_STORAGES 64

struct sr_torch_stream {
    struct sr_inspection *in;
    bool is_big_endian;
    struct sr_nameset *keys;
    struct sr_torch_storage *storages; /* as the keys are numbered */
    size_t capacity;
    size_t first_tensor; /* the number of the first tensor of the running stream */
};

enum sr_status sr_torch_stream_new(struct sr_inspection *in, bool is_big_endian,
                                   struct sr_torch_stream **out)
{
    SR_AUTO(sr_torch_stream) s = calloc(1, sizeof *s);
    if (s == NULL) {
        return SR_NO_MEMORY;
    }
    s->in = in;
    s->is_big_endian = is_big_endian;
    SR_TRY(sr_nameset_new(&s->keys));
    *out = SR_TAKE(s);
    return SR_OK;
}

void sr_torch_stream_free(struct sr_torch_stream *s)
{
    if (s != NULL) {
        sr_nameset_free(s->keys);
        free(s->storages);
        free(s);
    }
}

size_t sr_torch_stream_count(const struct sr_torch_stream *s)
{
    return sr_nameset_count(s->keys);
}

struct sr_torch_storage *sr_torch_stream_at(struct sr_torch_stream *s, size_t index)
{
    assert(index < sr_nameset_count(s->keys));
    return &s->storages[index];
}

struct sr_torch_storage *sr_torch_stream_find(struct sr_torch_stream *s, struct sr_bytes key)
{
    size_t index = 0;
    return sr_nameset_find(s->keys, key, &index) ? &s->storages[index] : NULL;
}

static enum sr_status grow(struct sr_torch_stream *s)
{
    if (sr_nameset_count(s->keys) < s->capacity) {
        return SR_OK;
    }
    size_t capacity = s->capacity == 0 ? FIRST_STORAGES : s->capacity * 2;
    struct sr_torch_storage *storages = reallocarray(s->storages, capacity, sizeof *storages);
    if (storages == NULL) {
        return SR_NO_MEMORY;
    }
    s->storages = storages;
    s->capacity = capacity;
    return SR_OK;
}

static enum sr_status add(struct sr_torch_stream *s, const struct sr_pickle_storage *storage,
                          uint64_t bytes)
{
    SR_TRY(grow(s));
    assert(s->storages != NULL);
    size_t index = sr_nameset_count(s->keys);
    SR_TRY(sr_nameset_add(s->keys, storage->key));
    s->storages[index] = (struct sr_torch_storage){.key = storage->key,
                                                   .bytes = bytes,
                                                   .element_bytes = storage->element_bytes,
                                                   .number = sr_inspection_storage(s->in)};
    return SR_OK;
}

/* PT-7: whoever names a storage again says the same of it. */
static void check_again(struct sr_torch_stream *s, const struct sr_torch_storage *known,
                        const struct sr_pickle_storage *storage, uint64_t bytes, uint64_t at)
{
    char quoted[SR_EVIDENCE_BYTES];
    if (known->bytes != bytes) {
        sr_inspection_find(s->in, SR_RULE_TORCH_STORAGE, at, 0,
                           "storage '%.64s' has %" PRIu64 " bytes here and %" PRIu64 " before",
                           sr_inspection_quote(storage->key, quoted), bytes, known->bytes);
    }
}

/* PT-12: a view of a storage lies in it. */
static bool view_fits(const struct sr_pickle_storage *storage)
{
    return !storage->has_view || (storage->view_offset <= storage->numel &&
                                  storage->view_numel <= storage->numel - storage->view_offset);
}

static bool on_storage(void *ctx, const struct sr_pickle_storage *storage, uint64_t at)
{
    struct sr_torch_stream *s = ctx;
    char quoted[SR_EVIDENCE_BYTES];
    uint64_t bytes = 0;
    if (__builtin_mul_overflow(storage->numel, (uint64_t)storage->element_bytes, &bytes) ||
        !view_fits(storage)) {
        sr_inspection_find(s->in, SR_RULE_TORCH_BOUNDS, at, 0,
                           "storage '%.64s' of %" PRIu64 " elements",
                           sr_inspection_quote(storage->key, quoted), storage->numel);
        return true;
    }
    const struct sr_torch_storage *known = sr_torch_stream_find(s, storage->key);
    if (known != NULL) {
        check_again(s, known, storage, bytes, at);
        return true;
    }
    enum sr_status status = add(s, storage, bytes);
    if (status != SR_OK) {
        sr_inspection_fail(s->in, status, at, NULL);
    }
    return true;
}

/* PT-12: a tensor in a view of a storage lies in the view. In the storage it lies by PT-8. */
static bool tensor_fits(const struct sr_pickle_tensor *tensor)
{
    const struct sr_pickle_storage *storage = tensor->storage;
    return view_fits(storage) && (!storage->has_view || tensor->end <= storage->view_numel);
}

static void on_tensor(void *ctx, const struct sr_pickle_tensor *tensor)
{
    struct sr_torch_stream *s = ctx;
    char quoted[SR_EVIDENCE_BYTES];
    const struct sr_torch_storage *known = sr_torch_stream_find(s, tensor->storage->key);
    if (!tensor_fits(tensor)) {
        sr_inspection_find(s->in, SR_RULE_TORCH_BOUNDS, tensor->at, 0,
                           "tensor at %" PRIu64 " of storage '%.64s' of %" PRIu64 " elements",
                           tensor->offset, sr_inspection_quote(tensor->storage->key, quoted),
                           tensor->storage->numel);
    }
    uint64_t begin = tensor->storage->has_view ? tensor->storage->view_offset : 0;
    struct sr_storage_view view = {.storage = known != NULL ? known->number : 0,
                                   .dtype = known != NULL && !tensor->has_metadata ? tensor->dtype
                                                                                   : NULL,
                                   .element_bytes = tensor->element_bytes,
                                   .is_big_endian = s->is_big_endian,
                                   .offset = tensor->offset + begin,
                                   .rank = (uint8_t)tensor->rank,
                                   .sizes = tensor->sizes,
                                   .strides = tensor->strides};
    size_t number = sr_inspection_tensor(s->in, &view);
    if (tensor->index == 0) {
        s->first_tensor = number;
    }
}

static void on_entry(void *ctx, struct sr_bytes path, bool is_whole, size_t tensor)
{
    struct sr_torch_stream *s = ctx;
    sr_inspection_tensor_name(s->in, s->first_tensor + tensor, path, is_whole);
}

void sr_torch_stream_run(struct sr_torch_stream *s, struct sr_bytes bytes, uint64_t offset,
                         struct sr_pickle_result *out)
{
    struct sr_pickle_run run = {.context = SR_PICKLE_TORCH,
                                .ctx = s,
                                .storage = on_storage,
                                .tensor = on_tensor,
                                .entry = on_entry};
    sr_pickle_run(s->in, &run, bytes, offset, out);
}
