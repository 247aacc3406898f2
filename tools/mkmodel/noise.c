/* SPDX-License-Identifier: Apache-2.0 */
#include "noise.h"

#include <math.h>
#include <string.h>

#define DEVIATION 0.02
#define COUNT (1 << 16)
#define PER_DRAW 4

/* Round to nearest, ties to even; the values here are finite. */
static uint16_t to_bf16(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (uint16_t)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

/* The same for IEEE binary16; |value| is below 2^15. */
static uint16_t to_f16(float value)
{
    const uint16_t sign = signbit(value) ? 0x8000 : 0;
    const float size = fabsf(value);
    if (size < 0x1p-14F) {
        return (uint16_t)(sign | (uint16_t)lrintf(size * 0x1p24F));
    }
    uint32_t bits;
    memcpy(&bits, &size, sizeof bits);
    bits += 0xFFF + (bits >> 13 & 1);
    return (uint16_t)(sign | (uint16_t)((bits >> 13) - (112U << 10)));
}

/* The x for which a standard normal value is above x with this probability, 0 < p <= 0.5. */
static double upper_quantile(double p)
{
    double low = 0;
    double high = 8;
    for (unsigned i = 0; i < 40; i++) {
        const double middle = (low + high) / 2;
        if (0.5 * erfc(middle * sqrt(0.5)) > p) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

void mk_noise_init(struct mk_noise *noise, uint64_t seed, enum mk_type type)
{
    noise->random.state = seed;
    for (size_t i = 0; i < COUNT / 2; i++) {
        const float value = (float)(DEVIATION * upper_quantile(((double)i + 0.5) / COUNT));
        noise->quantiles[i] = type == MK_BF16 ? to_bf16(value) : to_f16(value);
        noise->quantiles[COUNT - 1 - i] = noise->quantiles[i] | 0x8000;
    }
}

void mk_noise_fill(struct mk_noise *noise, uint16_t *out, size_t count)
{
    for (size_t i = 0; i < count; i += PER_DRAW) {
        const uint64_t draw = tl_random_u64(&noise->random);
        const size_t here = count - i < PER_DRAW ? count - i : PER_DRAW;
        const uint16_t four[PER_DRAW] = {
            noise->quantiles[draw & 0xFFFF], noise->quantiles[draw >> 16 & 0xFFFF],
            noise->quantiles[draw >> 32 & 0xFFFF], noise->quantiles[draw >> 48]};
        memcpy(out + i, four, here * sizeof *out);
    }
}
