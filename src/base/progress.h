/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_BASE_PROGRESS_H
#define SR_BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * How a long operation tells its caller how far it is and learns that it should stop. Every member
 * may be NULL. start comes once, from the calling thread, before the first advance. advance comes
 * from any thread but never from two at once. cancelled may be asked by several threads at once;
 * once true it must stay true, and the operation ends with CANCELLED.
 */
struct sr_progress {
    void *ctx;
    void (*start)(void *ctx, uint64_t total_bytes, uint64_t files);
    void (*advance)(void *ctx, uint64_t bytes); /* so many more are done */
    bool (*cancelled)(void *ctx);
};

#endif /* SR_BASE_PROGRESS_H */
