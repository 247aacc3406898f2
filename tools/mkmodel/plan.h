/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TL_MKMODEL_PLAN_H
#define TL_MKMODEL_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "model.h"

/*
 * The shape of a Llama model of about a given size, and the list of its tensors in file order. The
 * proportions are those of published models: hidden size 128 times the layers, four query heads to
 * one key-value head, a feed-forward of about 8/3; the feed-forward is then fitted so that the
 * total is right.
 */
struct mk_item {
    char name[TL_NAME_BYTES]; /* as in a Hugging Face folder */
    char gguf_name[TL_NAME_BYTES];
    uint64_t rows;
    uint64_t cols;
    bool is_vector;
};

struct mk_plan {
    struct tl_shape shape;
    uint64_t key_value_heads;
    struct mk_item *items;
    size_t count;
    uint64_t weight_count;
};

/* weights: how many there should be, two bytes each. vocab: 0 for one that fits the size. */
bool mk_plan_new(uint64_t weights, size_t vocab, struct mk_plan *out,
                 struct tl_err *err) SR_MUST_USE;
void mk_plan_clear(struct mk_plan *plan);
#define MK_AUTO_PLAN SR_CLEANUP(mk_plan_clear) struct mk_plan

#endif /* TL_MKMODEL_PLAN_H */
