/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TL_OPTIM_H
#define TL_OPTIM_H

#include "model.h"

/*
 * AdamW (arXiv:1711.05101) with a linear warm-up, a cosine decay to a tenth, and the gradient's
 * norm clipped to 1.
 */
struct tl_schedule {
    float rate_max;
    size_t steps_warmup;
    size_t steps_total;
};

struct tl_optim;

struct tl_optim *tl_optim_new(const struct tl_model *model, const struct tl_schedule *schedule);
void tl_optim_free(struct tl_optim *optim);
SR_DEFINE_AUTO(tl_optim)

/* Change the model's weights by one step; grads has weight_count elements. */
void tl_optim_step(struct tl_optim *optim, struct tl_model *model, const float *grads);

#endif /* TL_OPTIM_H */
