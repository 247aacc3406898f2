/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TL_RANDOM_H
#define TL_RANDOM_H

#include <stdint.h>

/*
 * Reproducible random numbers: SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). Not for secrets.
 */
struct tl_random {
    uint64_t state;
};

static inline uint64_t tl_random_u64(struct tl_random *random)
{
    random->state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = random->state;
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

/* 0 .. below - 1; below > 0. The bias is below / 2^64. */
static inline uint64_t tl_random_below(struct tl_random *random, uint64_t below)
{
    return tl_random_u64(random) % below;
}

/*
 * Mean 0, deviation 1, within [-6, 6]: the sum of twelve uniform numbers less six. Additions only,
 * so the bits do not depend on a mathematical library.
 */
static inline float tl_random_normal(struct tl_random *random)
{
    double sum = -6.0;
    for (unsigned i = 0; i < 12; i++) {
        sum += (double)(tl_random_u64(random) >> 11) * 0x1p-53;
    }
    return (float)sum;
}

#endif /* TL_RANDOM_H */
