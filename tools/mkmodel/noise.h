/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TL_MKMODEL_NOISE_H
#define TL_MKMODEL_NOISE_H

#include <stddef.h>
#include <stdint.h>

#include "random.h"

/*
 * Weights that look like weights, fast: normal with deviation 0.02, drawn by 16 random bits from a
 * table of quantiles, four at a time from one 64-bit number.
 */
enum mk_type {
    MK_BF16,
    MK_F16,
};

struct mk_noise {
    struct tl_random random;
    uint16_t quantiles[1 << 16];
};

void mk_noise_init(struct mk_noise *noise, uint64_t seed, enum mk_type type);

/* count values of two bytes, in the byte order of the machine: little-endian on all we support. */
void mk_noise_fill(struct mk_noise *noise, uint16_t *out, size_t count);

#endif /* TL_MKMODEL_NOISE_H */
