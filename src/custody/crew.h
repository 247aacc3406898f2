/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_CREW_H
#define SR_CUSTODY_CREW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/status.h"

/* The same step for each of many things, on a few threads. */

#define SR_CREW_THREADS_MAX 16

struct sr_crew {
    unsigned threads; /* 1..SR_CREW_THREADS_MAX, the caller's included */
    uint64_t count;
    void *ctx;
    /* Do thing index; each is done once, begun in order. worker < threads. From any worker. */
    enum sr_status (*step)(void *ctx, unsigned worker, uint64_t index, struct sr_err *err);
    bool (*cancelled)(void *ctx); /* asked before each; from any worker. May be NULL. */
};

/*
 * Run. The first failure stops all, and is returned when every worker has ended.
 *
 * errors  step's, CANCELLED
 */
enum sr_status sr_crew_run(const struct sr_crew *crew, struct sr_err *err) SR_MUST_USE;

#endif /* SR_CUSTODY_CREW_H */
