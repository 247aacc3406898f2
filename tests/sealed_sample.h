/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_TESTS_SEALED_SAMPLE_H
#define SR_TESTS_SEALED_SAMPLE_H

#include "tests/check.h"
#include "tests/sealed.h"

/* A sealed body of made-up bytes, under a fixed name, with all that is needed to open it. */

static const struct sr_body_name NAME = {
    .object = {{1, 2, 3}},
    .version = {{4, 5, 6}},
    .file_index = 7,
};

struct sample {
    struct sr_pool *pool;
    struct sr_secret *dek;
    struct sr_tensors *tensors;
    struct sealed_memory plain;
    struct sealed_memory body;
    struct sr_body_facts facts;
};

static inline struct sr_secret *make_dek(uint8_t first)
{
    struct sr_secret *dek = NULL;
    CHECK(sr_secret_new(32, &dek, NULL) == SR_OK);
    sr_secret_bytes(dek)[0] = first;
    return dek;
}

static inline void seal_sample(struct sample *s, const struct sr_body_name *name,
                               size_t plain_bytes, uint64_t seed)
{
    *s = (struct sample){.dek = make_dek(9)};
    CHECK(sr_pool_new(SR_BODY_SEGMENT_BYTES, 2, 1, &s->pool, NULL) == SR_OK);
    sealed_memory_new(&s->plain, plain_bytes);
    sealed_fill(s->plain.data, plain_bytes, seed);
    s->plain.bytes = plain_bytes;
    sealed_memory_new(&s->body, sealed_capacity(plain_bytes));

    static const uint64_t SHAPE[] = {2, 3};
    const struct sr_tensor tensor = {sr_bytes("layer.weight", 12), "BF16", 2, SHAPE, 8, 20};
    CHECK(sr_tensors_new(&s->tensors) == SR_OK);
    if (plain_bytes >= tensor.end) {
        CHECK(sr_tensors_add(s->tensors, &tensor) == SR_OK);
    }
    struct sealed_one one = {.job = {.name = *name,
                                     .kind = SR_FILE_SAFETENSORS,
                                     .tensors = s->tensors,
                                     .source = sealed_memory_source(&s->plain),
                                     .sink = sealed_memory_sink(&s->body)}};
    struct sr_err err = {0};
    enum sr_status status = sealed_write(&one, s->dek, 2, &err);
    CHECK(status == SR_OK);
    if (status != SR_OK) {
        printf("# %s\n", err.message);
    }
    CHECK(one.begun == 1 && one.ended == 1 && one.closed == 1);
    s->facts = one.facts;
}

static inline void drop_sample(struct sample *s)
{
    sealed_memory_free(&s->body);
    sealed_memory_free(&s->plain);
    sr_tensors_free(s->tensors);
    sr_secret_free(s->dek);
    sr_pool_free(s->pool);
}

static inline enum sr_status open_as(struct sample *s, const struct sr_body_name *name,
                                     struct sr_body **out, struct sr_err *err)
{
    return sr_body_open(name, s->dek, sealed_memory_source(&s->body), s->pool, out, err);
}

/* Open and read everything, as `cat` does. */
static inline enum sr_status read_all(struct sample *s, struct sr_err *err)
{
    SR_AUTO(sr_body) b = NULL;
    SR_TRY(open_as(s, &NAME, &b, err));
    size_t len = (size_t)sr_body_facts(b)->plain_bytes;
    uint8_t *out = malloc(len + 1);
    CHECK(len == s->plain.bytes);
    if (out == NULL) {
        return SR_NO_MEMORY;
    }
    enum sr_status status = sr_body_read(b, 0, out, len, err);
    CHECK(status != SR_OK || memcmp(out, s->plain.data, len) == 0);
    free(out);
    return status;
}

#endif /* SR_TESTS_SEALED_SAMPLE_H */
