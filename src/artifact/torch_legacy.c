/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/torch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "artifact/torch_stream.h"
#include "base/reader.h"
#include "base/text.h"

/* In the second pickle and in the third. */
#define PROTOCOL 1001

#define PROTO_BYTES 2
#define FRAME_BYTES 9

bool sr_torch_legacy_is(struct sr_bytes bytes)
{
    /* LONG1 of ten bytes, 0x1950a86a20f9469cfc6c, STOP. */
    static const uint8_t MAGIC[] = {0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9,
                                    0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e};
    if (bytes.len < PROTO_BYTES || bytes.ptr[0] != 0x80) {
        return false;
    }
    bytes = sr_bytes(bytes.ptr + PROTO_BYTES, bytes.len - PROTO_BYTES);
    if (bytes.len > FRAME_BYTES && bytes.ptr[0] == 0x95) {
        bytes = sr_bytes(bytes.ptr + FRAME_BYTES, bytes.len - FRAME_BYTES);
    }
    return bytes.len >= sizeof MAGIC && memcmp(bytes.ptr, MAGIC, sizeof MAGIC) == 0;
}

/* A file that is being looked at. */
struct legacy {
    struct sr_inspection *in;
    struct sr_bytes bytes;
    uint64_t at; /* all before it has been looked at */
    struct sr_torch_stream *stream;
    size_t *order; /* of the storages in the file, by their index in the stream */
    size_t order_count;
};

static void malformed(struct legacy *l, const char *what)
{
    sr_inspection_find(l->in, SR_RULE_MALFORMED, l->at, 0, "%s", what);
}

/*
 * PT-21: one of the pickles around the object, which are plain data. false when it cannot be read
 * to its end; what it says may be wrong all the same.
 */
static bool run_plain(struct legacy *l, const char *title,
                      void (*item)(void *ctx, const struct sr_pickle_scalar *key,
                                   const struct sr_pickle_scalar *value),
                      struct sr_pickle_result *out)
{
    struct sr_pickle_run run = {.context = SR_PICKLE_TORCH, .ctx = l, .item = item};
    sr_pickle_run(l->in, &run, l->bytes, l->at, out);
    if (out->globals > 0 || out->calls > 0) {
        malformed(l, title);
    }
    l->at = out->end;
    return out->is_whole;
}

/* PT-22 */
static void on_sys_info(void *ctx, const struct sr_pickle_scalar *key,
                        const struct sr_pickle_scalar *value)
{
    struct legacy *l = ctx;
    bool is_good = false;
    if (key->kind == SR_PICKLE_TEXT && sr_text_equal(key->text, sr_text_view("protocol_version"))) {
        is_good = value->kind == SR_PICKLE_INT && value->integer == PROTOCOL;
    } else if (key->kind == SR_PICKLE_TEXT &&
               sr_text_equal(key->text, sr_text_view("little_endian"))) {
        /* The storages are little-endian whatever machine wrote them. */
        is_good = value->kind == SR_PICKLE_BOOL;
    } else if (key->kind == SR_PICKLE_TEXT &&
               sr_text_equal(key->text, sr_text_view("type_sizes"))) {
        is_good = value->kind == SR_PICKLE_DICT;
    }
    if (!is_good) {
        malformed(l, "the third pickle is not what the system was");
    }
}

/* PT-23: the keys of the storages, in the order of their bytes. */
static void on_key(void *ctx, const struct sr_pickle_scalar *key,
                   const struct sr_pickle_scalar *value)
{
    struct legacy *l = ctx;
    char quoted[SR_EVIDENCE_BYTES];
    struct sr_torch_storage *storage = NULL;
    if (key->kind == SR_PICKLE_NONE && value->kind == SR_PICKLE_TEXT) {
        storage = sr_torch_stream_find(l->stream, value->text);
    }
    if (storage == NULL || storage->is_found) {
        sr_inspection_find(l->in, SR_RULE_TORCH_STORAGE, l->at, 0,
                           "key '%.100s' is of no storage, or there twice",
                           sr_inspection_quote(value->text, quoted));
        return;
    }
    storage->is_found = true;
    l->order[l->order_count++] = (size_t)(storage - sr_torch_stream_at(l->stream, 0));
}

/* PT-24: a count of elements, and as many. */
static bool look_at_storage(struct legacy *l, const struct sr_torch_storage *storage)
{
    struct sr_reader r = sr_reader(sr_bytes(l->bytes.ptr + l->at, (size_t)(l->bytes.len - l->at)));
    char quoted[SR_EVIDENCE_BYTES];
    uint64_t count = 0;
    struct sr_bytes data;
    (void)sr_inspection_quote(storage->key, quoted);
    if (sr_reader_u64le(&r, &count) != SR_OK) {
        sr_inspection_find(l->in, SR_RULE_TRUNCATED, l->at, 0, "no storage '%.100s'", quoted);
        return false;
    }
    if (count != storage->bytes / storage->element_bytes) {
        sr_inspection_find(l->in, SR_RULE_TORCH_BOUNDS, l->at, 8,
                           "storage '%.100s' has %" PRIu64 " elements here, %" PRIu64 " before",
                           quoted, count, storage->bytes / storage->element_bytes);
        return false;
    }
    if (storage->bytes > SIZE_MAX || sr_reader_take(&r, (size_t)storage->bytes, &data) != SR_OK) {
        sr_inspection_find(l->in, SR_RULE_TRUNCATED, l->at, 0,
                           "storage '%.100s' of %" PRIu64 " bytes", quoted, storage->bytes);
        return false;
    }
    sr_inspection_cover(l->in, l->at, r.offset);
    sr_inspection_storage_bytes(l->in, storage->number, data);
    l->at += r.offset;
    return true;
}

static void look_at_storages(struct legacy *l)
{
    if (l->order_count != sr_torch_stream_count(l->stream)) {
        sr_inspection_find(l->in, SR_RULE_TORCH_STORAGE, l->at, 0,
                           "the pickle names %zu storages, the list of keys has %zu",
                           sr_torch_stream_count(l->stream), l->order_count);
    }
    for (size_t i = 0; i < l->order_count; i++) {
        if (!look_at_storage(l, sr_torch_stream_at(l->stream, l->order[i]))) {
            return;
        }
    }
}

/* The three pickles before the object. */
static bool look_at_head(struct legacy *l)
{
    struct sr_pickle_result result;
    if (!run_plain(l, "the first pickle is not plain", NULL, &result) ||
        !run_plain(l, "the second pickle is not plain", NULL, &result)) {
        return false;
    }
    if (result.value.kind != SR_PICKLE_INT || result.value.integer != PROTOCOL) {
        malformed(l, "the second pickle is not the number 1001");
    }
    return run_plain(l, "the third pickle is not plain", on_sys_info, &result);
}

static void look_at_object(struct legacy *l)
{
    struct sr_pickle_result result;
    sr_torch_stream_run(l->stream, l->bytes, l->at, &result);
    l->at = result.end;
    if (!result.is_whole) {
        return;
    }
    l->order = calloc(sr_torch_stream_count(l->stream) + 1, sizeof *l->order);
    if (l->order == NULL) {
        sr_inspection_fail(l->in, SR_NO_MEMORY, l->at, NULL);
        return;
    }
    if (run_plain(l, "the fifth pickle is not plain", on_key, &result)) {
        look_at_storages(l);
    }
    free(SR_TAKE(l->order));
}

void sr_torch_legacy_inspect(struct sr_inspection *in, const struct sr_subject *blob)
{
    SR_AUTO(sr_torch_stream) stream = NULL;
    enum sr_status status = sr_torch_stream_new(in, false, &stream);
    if (status != SR_OK) {
        sr_inspection_fail(in, status, 0, NULL);
        return;
    }
    sr_inspection_called(in, "pytorch-legacy");
    struct legacy l = {.in = in, .bytes = blob->bytes, .stream = stream};
    if (look_at_head(&l)) {
        look_at_object(&l);
    }
}

bool sr_torch_tar_is(const struct sr_bytes *names, size_t count)
{
    static const char *const MEMBERS[] = {"sys_info", "pickle", "storages", "tensors"};
    unsigned found = 0;
    for (size_t i = 0; i < count; i++) {
        struct sr_bytes name = names[i];
        if (name.len > 2 && name.ptr[0] == '.' && name.ptr[1] == '/') {
            name = sr_bytes(name.ptr + 2, name.len - 2);
        }
        for (unsigned m = 0; m < sizeof MEMBERS / sizeof MEMBERS[0]; m++) {
            found |= sr_text_equal(name, sr_text_view(MEMBERS[m])) ? 1U << m : 0U;
        }
    }
    /* Its loader needs "pickle" and "storages"; without them it is no such archive. */
    return (found & 6U) == 6U;
}
