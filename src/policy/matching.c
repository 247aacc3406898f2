/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/matching.h"

#include <assert.h>
#include <string.h>

_Static_assert(SR_POLICY_NEEDS_MAX <= 8, "a mask of needs is a byte");

/* A search for a place that is free: breadth first over needs, of which there are at most 8. */
struct search {
    unsigned seen;                      /* needs, as bits */
    int came_from[SR_POLICY_NEEDS_MAX]; /* the seat that would move here; NOBODY: the new person */
    size_t queue[SR_POLICY_NEEDS_MAX];
    size_t queued;
};
enum { NOBODY = -1 };

void sr_matching_init(struct sr_matching *m, const struct sr_policy_rule *rule)
{
    memset(m, 0, sizeof *m);
    m->needs = rule->needs;
    for (size_t i = 0; i < m->needs; i++) {
        m->capacity[i] = rule->need[i].count;
        m->places += rule->need[i].count;
    }
    assert(m->needs <= SR_POLICY_NEEDS_MAX && m->places <= SR_MATCHING_SEATS_MAX);
}

uint8_t sr_matching_mask(const struct sr_policy_rule *rule, uint64_t role_bits)
{
    unsigned mask = 0;
    for (size_t i = 0; i < rule->needs; i++) {
        mask |= (unsigned)(role_bits >> rule->need[i].role & 1) << i;
    }
    return (uint8_t)mask;
}

bool sr_matching_is_full(const struct sr_matching *m)
{
    return m->seats == m->places;
}

static void enqueue(struct search *q, const struct sr_matching *m, unsigned mask, int from)
{
    for (size_t need = 0; need < m->needs; need++) {
        if ((mask & ~q->seen) >> need & 1) {
            q->seen |= 1U << need;
            q->came_from[need] = from;
            q->queue[q->queued++] = need;
        }
    }
}

/* A need with a free place that can be had by moving people along; false: there is none. */
static bool find_free(struct search *q, const struct sr_matching *m, size_t *out)
{
    for (size_t at = 0; at < q->queued; at++) {
        size_t need = q->queue[at];
        if (m->used[need] < m->capacity[need]) {
            *out = need;
            return true;
        }
        for (size_t i = 0; i < m->seats; i++) {
            if (m->seat[i].need == need) {
                enqueue(q, m, m->seat[i].mask, (int)i);
            }
        }
    }
    return false;
}

static bool is_seated(const struct sr_matching *m, const char *person)
{
    for (size_t i = 0; person != NULL && i < m->seats; i++) {
        if (m->seat[i].person != NULL && strcmp(m->seat[i].person, person) == 0) {
            return true;
        }
    }
    return false;
}

bool sr_matching_offer(struct sr_matching *m, const char *person, uint8_t mask)
{
    struct search q = {0};
    size_t need = 0;
    enqueue(&q, m, mask, NOBODY);
    if (sr_matching_is_full(m) || is_seated(m, person) || !find_free(&q, m, &need)) {
        return false;
    }
    m->used[need]++;
    while (q.came_from[need] != NOBODY) {
        struct sr_matching_seat *moved = &m->seat[q.came_from[need]];
        size_t left = moved->need;
        moved->need = (uint8_t)need;
        need = left;
    }
    m->seat[m->seats++] = (struct sr_matching_seat){person, mask, (uint8_t)need};
    return true;
}
