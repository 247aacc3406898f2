/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/coverage.h"

#include <stdlib.h>

#define FIRST_RANGES 64

struct range {
    uint64_t begin;
    uint64_t end;
};

struct sr_coverage {
    struct range *ranges;
    size_t count;
    size_t capacity;
    bool is_sorted;
};

enum sr_status sr_coverage_new(struct sr_coverage **out)
{
    struct sr_coverage *c = calloc(1, sizeof *c);
    if (c == NULL) {
        return SR_NO_MEMORY;
    }
    c->is_sorted = true;
    *out = c;
    return SR_OK;
}

void sr_coverage_free(struct sr_coverage *c)
{
    if (c != NULL) {
        free(c->ranges);
        free(c);
    }
}

static enum sr_status grow(struct sr_coverage *c)
{
    if (c->count < c->capacity) {
        return SR_OK;
    }
    if (c->count >= SR_COVERAGE_RANGES_MAX) {
        return SR_TOO_LARGE;
    }
    size_t capacity = c->capacity == 0 ? FIRST_RANGES : c->capacity * 2;
    struct range *ranges = reallocarray(c->ranges, capacity, sizeof *ranges);
    if (ranges == NULL) {
        return SR_NO_MEMORY;
    }
    c->ranges = ranges;
    c->capacity = capacity;
    return SR_OK;
}

enum sr_status sr_coverage_claim(struct sr_coverage *c, uint64_t offset, uint64_t len)
{
    uint64_t end = 0;
    if (__builtin_add_overflow(offset, len, &end)) {
        return SR_TOO_LARGE;
    }
    if (len == 0) {
        return SR_OK;
    }
    if (c->count > 0) {
        struct range *last = &c->ranges[c->count - 1];
        if (last->end == offset) {
            last->end = end;
            return SR_OK;
        }
        c->is_sorted = c->is_sorted && last->end < offset;
    }
    SR_TRY(grow(c));
    c->ranges[c->count++] = (struct range){.begin = offset, .end = end};
    return SR_OK;
}

static int compare_ranges(const void *a, const void *b) /* lint: callback */
{
    const struct range *one = a;
    const struct range *other = b;
    if (one->begin != other->begin) {
        return (one->begin > other->begin) - (one->begin < other->begin);
    }
    return (one->end > other->end) - (one->end < other->end);
}

static void sort(struct sr_coverage *c)
{
    if (!c->is_sorted) {
        qsort(c->ranges, c->count, sizeof *c->ranges, compare_ranges);
        c->is_sorted = true;
    }
}

/* The part of [begin, end) that is at or after from; false when nothing of it is. */
static bool fault_after(uint64_t begin, uint64_t end, uint64_t from, bool is_twice,
                        struct sr_coverage_fault *out)
{
    begin = begin < from ? from : begin;
    if (begin >= end) {
        return false;
    }
    *out = (struct sr_coverage_fault){.offset = begin, .len = end - begin, .is_twice = is_twice};
    return true;
}

bool sr_coverage_fault(struct sr_coverage *c, uint64_t bytes, uint64_t from,
                       struct sr_coverage_fault *out)
{
    sort(c);
    uint64_t at = 0; /* all before it has been looked at */
    for (size_t i = 0; i < c->count; i++) {
        const struct range *r = &c->ranges[i];
        uint64_t twice_end = r->end < at ? r->end : at;
        if (r->begin < at && fault_after(r->begin, twice_end, from, true, out)) {
            return true;
        }
        if (r->begin > at && fault_after(at, r->begin, from, false, out)) {
            return true;
        }
        if (r->end > bytes &&
            fault_after(r->begin > bytes ? r->begin : bytes, r->end, from, false, out)) {
            return true;
        }
        at = r->end > at ? r->end : at;
    }
    return fault_after(at, bytes, from, false, out);
}

uint64_t sr_coverage_bytes(struct sr_coverage *c)
{
    sort(c);
    uint64_t total = 0;
    uint64_t at = 0;
    for (size_t i = 0; i < c->count; i++) {
        const struct range *r = &c->ranges[i];
        uint64_t begin = r->begin > at ? r->begin : at;
        if (r->end > begin) {
            total += r->end - begin;
            at = r->end;
        }
    }
    return total;
}
