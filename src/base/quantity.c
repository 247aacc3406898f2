/* SPDX-License-Identifier: Apache-2.0 */
#include "base/quantity.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

struct unit {
    const char *name;
    uint64_t factor;
};

/* Longest first, for sr_quantity_put_duration(). */
static const struct unit durations[] = {
    {"w", UINT64_C(604800000)}, {"d", UINT64_C(86400000)}, {"h", UINT64_C(3600000)},
    {"m", UINT64_C(60000)},     {"s", UINT64_C(1000)},     {"ms", UINT64_C(1)},
};

static const struct unit sizes[] = {
    {"B", UINT64_C(1)},           {"KB", UINT64_C(1000)},          {"MB", UINT64_C(1000000)},
    {"GB", UINT64_C(1000000000)}, {"TB", UINT64_C(1000000000000)}, {"KiB", UINT64_C(1) << 10},
    {"MiB", UINT64_C(1) << 20},   {"GiB", UINT64_C(1) << 30},      {"TiB", UINT64_C(1) << 40},
};

static enum sr_status parse(struct sr_bytes text, const struct unit *units, size_t count,
                            uint64_t max, uint64_t *out)
{
    size_t digits = 0;
    while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9') {
        digits++;
    }
    uint64_t number = 0;
    SR_TRY(sr_text_parse_u64(sr_bytes(text.ptr, digits), 1, max, &number));
    struct sr_bytes name = sr_bytes(text.ptr + digits, text.len - digits);
    for (size_t i = 0; i < count; i++) {
        if (!sr_text_equal(name, sr_text_view(units[i].name))) {
            continue;
        }
        if (number > max / units[i].factor) {
            return SR_TOO_LARGE;
        }
        *out = number * units[i].factor;
        return SR_OK;
    }
    return SR_MALFORMED;
}

enum sr_status sr_quantity_duration(struct sr_bytes text, int64_t *out_ms)
{
    uint64_t ms = 0;
    SR_TRY(
        parse(text, durations, sizeof durations / sizeof durations[0], (uint64_t)INT64_MAX, &ms));
    *out_ms = (int64_t)ms;
    return SR_OK;
}

enum sr_status sr_quantity_bytes(struct sr_bytes text, uint64_t *out)
{
    return parse(text, sizes, sizeof sizes / sizeof sizes[0], (UINT64_C(1) << 53) - 1, out);
}

void sr_quantity_put_duration(int64_t ms, char out[SR_QUANTITY_TEXT_BYTES])
{
    const struct unit *last = &durations[sizeof durations / sizeof durations[0] - 1];
    const struct unit *unit = durations;
    while (unit < last && (uint64_t)ms % unit->factor != 0) {
        unit++;
    }
    (void)snprintf(out, SR_QUANTITY_TEXT_BYTES, "%" PRIu64 "%s", (uint64_t)ms / unit->factor,
                   unit->name);
}
