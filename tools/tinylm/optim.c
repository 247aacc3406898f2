/* SPDX-License-Identifier: Apache-2.0 */
#include "optim.h"

#include <math.h>
#include <stdlib.h>

#include "matrix.h"

#define BETA1 0.9F
#define BETA2 0.98F
#define EPSILON 1e-8F
#define DECAY 0.1F
#define NORM_MAX 1.0

struct tl_optim {
    struct tl_schedule schedule;
    size_t step;
    double power1; /* BETA1 to the power of step */
    double power2;
    float *mean;
    float *square;
};

struct tl_optim *tl_optim_new(const struct tl_model *model, const struct tl_schedule *schedule)
{
    struct tl_optim *optim = tl_alloc(1, sizeof *optim);
    optim->schedule = *schedule;
    optim->power1 = 1;
    optim->power2 = 1;
    optim->mean = tl_alloc(model->weight_count, sizeof *optim->mean);
    optim->square = tl_alloc(model->weight_count, sizeof *optim->square);
    return optim;
}

void tl_optim_free(struct tl_optim *optim)
{
    if (optim != NULL) {
        free(optim->mean);
        free(optim->square);
        free(optim);
    }
}

static float rate_now(const struct tl_optim *optim)
{
    const struct tl_schedule *s = &optim->schedule;
    const double done = (double)optim->step;
    const double warmup = (double)s->steps_warmup;
    if (done < warmup) {
        return (float)((double)s->rate_max * (done + 1) / warmup);
    }
    const double rest = s->steps_total > s->steps_warmup ? (double)s->steps_total - warmup : 1;
    const double turn = (done - warmup) / rest;
    const double share = 0.1 + 0.45 * (1 + cos(acos(-1.0) * (turn > 1 ? 1 : turn)));
    return (float)((double)s->rate_max * share);
}

/* What the gradient is multiplied with so that its norm is at most NORM_MAX. */
static float clip(const struct tl_model *model, const float *grads)
{
    double sum = 0;
    for (size_t t = 0; t < model->tensor_count; t++) {
        const struct tl_tensor *tensor = &model->tensors[t];
        const float *at = grads + tensor->offset;
        sum += (double)tl_dot(at, at, tensor->rows * tensor->cols);
    }
    const double norm = sqrt(sum);
    return norm > NORM_MAX ? (float)(NORM_MAX / norm) : 1.0F;
}

void tl_optim_step(struct tl_optim *optim, struct tl_model *model, const float *grads)
{
    const float rate = rate_now(optim);
    const float factor = clip(model, grads);
    optim->step++;
    optim->power1 *= (double)BETA1;
    optim->power2 *= (double)BETA2;
    const float fix1 = (float)(1 / (1 - optim->power1));
    const float fix2 = (float)(1 / (1 - optim->power2));
    for (size_t t = 0; t < model->tensor_count; t++) {
        const struct tl_tensor *tensor = &model->tensors[t];
        const float decay = tensor->is_vector ? 0 : rate * DECAY;
        for (size_t i = tensor->offset; i < tensor->offset + tensor->rows * tensor->cols; i++) {
            const float g = grads[i] * factor;
            optim->mean[i] = BETA1 * optim->mean[i] + (1 - BETA1) * g;
            optim->square[i] = BETA2 * optim->square[i] + (1 - BETA2) * (g * g);
            const float step = optim->mean[i] * fix1 / (sqrtf(optim->square[i] * fix2) + EPSILON);
            model->weights[i] -= rate * step + decay * model->weights[i];
        }
    }
}
