/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_TESTS_SEALED_H
#define SR_TESTS_SEALED_H

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "seal/write.h"

/* Sealed bodies in memory, for tests, fuzz targets and benchmarks. Failures here are assertions. */

struct sealed_memory {
    uint8_t *data;
    size_t capacity;
    atomic_size_t bytes; /* up to the last byte written */
};

static inline enum sr_status sealed_memory_read(void *ctx, uint64_t offset, uint8_t *out,
                                                size_t len, struct sr_err *err)
{
    const struct sealed_memory *m = ctx;
    size_t bytes = atomic_load(&m->bytes);
    if (offset > bytes || len > bytes - offset) {
        return sr_fail(err, SR_TRUNCATED, "memory ends at %zu", bytes);
    }
    if (len > 0) {
        memcpy(out, m->data + offset, len);
    }
    return SR_OK;
}

static inline enum sr_status sealed_memory_write(void *ctx, uint64_t offset, struct sr_bytes data,
                                                 struct sr_err *err)
{
    struct sealed_memory *m = ctx;
    if (offset > m->capacity || data.len > m->capacity - offset) {
        return sr_fail(err, SR_IO, "memory is full");
    }
    if (data.len > 0) {
        memcpy(m->data + offset, data.ptr, data.len);
    }
    size_t end = (size_t)offset + data.len;
    size_t bytes = atomic_load(&m->bytes);
    while (bytes < end && !atomic_compare_exchange_weak(&m->bytes, &bytes, end)) {
    }
    return SR_OK;
}

static inline const uint8_t *sealed_memory_view(void *ctx, uint64_t offset, size_t len)
{
    const struct sealed_memory *m = ctx;
    size_t bytes = atomic_load(&m->bytes);
    return offset > bytes || len > bytes - offset ? NULL : m->data + offset;
}

static inline struct sr_source sealed_memory_source(struct sealed_memory *m)
{
    return (struct sr_source){
        .read_at = sealed_memory_read, .ctx = m, .bytes = atomic_load(&m->bytes)};
}

static inline struct sr_sink sealed_memory_sink(struct sealed_memory *m)
{
    return (struct sr_sink){.write_at = sealed_memory_write, .ctx = m};
}

static inline void sealed_memory_new(struct sealed_memory *m, size_t capacity)
{
    m->data = calloc(1, capacity > 0 ? capacity : 1);
    assert(m->data != NULL);
    m->capacity = capacity;
    atomic_store(&m->bytes, 0);
}

static inline void sealed_memory_free(struct sealed_memory *m)
{
    free(m->data);
    m->data = NULL;
}

/* More than a body of so many plaintext bytes needs, with a few tensors. */
static inline size_t sealed_capacity(size_t plain_bytes)
{
    return plain_bytes + (plain_bytes / SR_BODY_PAYLOAD_BYTES + 1) * 64 + 16384;
}

/* Bytes that no compressor or shift leaves as they are, the same for the same seed. */
static inline void sealed_fill(uint8_t *out, size_t len, uint64_t seed)
{
    uint64_t x = seed * 2 + 1;
    for (size_t i = 0; i < len; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        out[i] = (uint8_t)(x >> 56);
    }
}

/* A plan with one file, and what came of it. */
struct sealed_one {
    struct sr_seal_job job;
    struct sr_body_facts facts;
    unsigned begun;
    unsigned ended;
    unsigned closed;
};

static inline enum sr_status sealed_begin(void *ctx, size_t index, struct sr_seal_job *out,
                                          struct sr_err *err)
{
    (void)err;
    struct sealed_one *one = ctx;
    assert(index == 0);
    one->begun++;
    *out = one->job;
    return SR_OK;
}

static inline enum sr_status sealed_end(void *ctx, size_t index, const struct sr_body_facts *facts,
                                        struct sr_err *err)
{
    (void)index;
    (void)err;
    struct sealed_one *one = ctx;
    one->ended++;
    one->facts = *facts;
    return SR_OK;
}

static inline void sealed_close(void *ctx, size_t index)
{
    (void)index;
    struct sealed_one *one = ctx;
    one->closed++;
}

static inline enum sr_status sealed_write(struct sealed_one *one, const struct sr_secret *dek,
                                          unsigned threads, struct sr_err *err)
{
    const struct sr_seal_plan plan = {
        .count = 1,
        .dek = dek,
        .threads = threads,
        .memory_bytes = threads * SR_SEAL_MEMORY_BYTES_MIN,
        .ctx = one,
        .begin = sealed_begin,
        .end = sealed_end,
        .close = sealed_close,
    };
    return sr_seal_write(&plan, err);
}

#endif /* SR_TESTS_SEALED_H */
