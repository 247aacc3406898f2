/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_TESTS_TORCHES_H
#define SR_TESTS_TORCHES_H

#include <stdint.h>
#include <string.h>

#include "base/bytes.h"
#include "tests/check.h"

/*
 * Pickles as torch.save() writes them, right or wrong:
 *
 *     struct torches t = {0};
 *     torches_begin(&t);                                   an OrderedDict
 *     torches_item(&t, "weight", &(struct torches_tensor){...});
 *     struct sr_bytes data_pkl = torches_end(&t);
 */
#define TORCHES_BYTES (1 << 14)

struct torches {
    uint8_t bytes[TORCHES_BYTES];
    size_t len;
};

/* Zero is FloatStorage, key "0", of 6 elements on the CPU; a tensor of 6 of them. */
struct torches_tensor {
    const char *storage;
    const char *key;
    uint64_t numel;
    uint64_t offset;
    unsigned rank; /* 0 with no sizes: 1 */
    const uint64_t *sizes;
    const uint64_t *strides;
    bool is_legacy;      /* the persistent id has a view, None */
    uint64_t view_numel; /* not 0, in a legacy file: it is in a view of the storage */
    uint64_t view_offset;
    bool is_conjugate; /* and says so beside the storage */
};

static inline void torches_raw(struct torches *t, const void *data, size_t len)
{
    CHECK(len <= sizeof t->bytes - t->len);
    if (len <= sizeof t->bytes - t->len) {
        memcpy(t->bytes + t->len, data, len);
        t->len += len;
    }
}

static inline void torches_op(struct torches *t, const char *text)
{
    torches_raw(t, text, strlen(text));
}

static inline void torches_number(struct torches *t, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        uint8_t byte = (uint8_t)(value >> (8 * i));
        torches_raw(t, &byte, 1);
    }
}

static inline void torches_text(struct torches *t, const char *text)
{
    torches_op(t, "X");
    torches_number(t, strlen(text), 4);
    torches_op(t, text);
}

static inline void torches_int(struct torches *t, uint64_t value)
{
    if (value < (uint64_t)1 << 31) {
        torches_op(t, "J");
        torches_number(t, value, 4);
    } else {
        torches_raw(t, "\x8a\x08", 2);
        torches_number(t, value, 8);
    }
}

static inline void torches_tuple(struct torches *t, const uint64_t *values, unsigned count)
{
    torches_op(t, "(");
    for (unsigned i = 0; i < count; i++) {
        torches_int(t, values[i]);
    }
    torches_op(t, "t");
}

static inline void torches_proto(struct torches *t)
{
    torches_raw(t, "\x80\x02", 2);
}

static inline void torches_begin(struct torches *t)
{
    torches_proto(t);
    torches_op(t, "ccollections\nOrderedDict\n)R(");
}

static inline void torches_storage(struct torches *t, const struct torches_tensor *tensor)
{
    torches_op(t, "(");
    torches_text(t, "storage");
    torches_op(t, "ctorch\n");
    torches_op(t, tensor->storage != NULL ? tensor->storage : "FloatStorage");
    torches_op(t, "\n");
    torches_text(t, tensor->key != NULL ? tensor->key : "0");
    torches_text(t, "cpu");
    torches_int(t, tensor->numel != 0 ? tensor->numel : 6);
    if (tensor->view_numel > 0) {
        torches_op(t, "(");
        torches_text(t, "view");
        torches_int(t, tensor->view_offset);
        torches_int(t, tensor->view_numel);
        torches_op(t, "ttQ");
    } else {
        torches_op(t, tensor->is_legacy ? "NtQ" : "tQ");
    }
}

static inline void torches_put_tensor(struct torches *t, const struct torches_tensor *tensor)
{
    static const uint64_t SIX[] = {6};
    static const uint64_t ONE[] = {1};
    bool is_plain = tensor->sizes == NULL;
    torches_op(t, "ctorch._utils\n_rebuild_tensor_v2\n(");
    torches_storage(t, tensor);
    torches_int(t, tensor->offset);
    torches_tuple(t, is_plain ? SIX : tensor->sizes, is_plain ? 1 : tensor->rank);
    torches_tuple(t, is_plain ? ONE : tensor->strides, is_plain ? 1 : tensor->rank);
    torches_raw(t, "\x89", 1);
    torches_op(t, "ccollections\nOrderedDict\n)R");
    if (tensor->is_conjugate) {
        torches_op(t, "}");
        torches_text(t, "conj");
        torches_raw(t, "\x88s", 2);
    }
    torches_op(t, "tR");
}

static inline void torches_item(struct torches *t, const char *key,
                                const struct torches_tensor *tensor)
{
    torches_text(t, key);
    torches_put_tensor(t, tensor);
}

static inline struct sr_bytes torches_end(struct torches *t)
{
    torches_op(t, "u.");
    return sr_bytes(t->bytes, t->len);
}

#endif /* SR_TESTS_TORCHES_H */
