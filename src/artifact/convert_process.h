/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_CONVERT_PROCESS_H
#define SR_ARTIFACT_CONVERT_PROCESS_H

#include "artifact/convert.h"

/*
 * Conversion in a process without rights (base/sandbox.h), which sees the input and can do nothing
 * but send what is to be written. It is taken for hostile, because the input may be: where it may
 * write is bounded, what it says is decoded strictly, and what it has written is read by the strict
 * decoder before anybody else gets it.
 */

struct sr_convert_params {
    const char *name; /* of the input, NUL-terminated; hostile */
    int input_fd;     /* a file that nobody can change any more (staging.h) */
    uint64_t input_bytes;
    int output_fd;                /* an empty file, open for reading and writing; not synced here */
    bool (*cancelled)(void *ctx); /* asked several times a second; may be NULL */
    void *ctx;
};

/*
 * Convert. Fork in a process of one thread that has no secret in its memory.
 *
 * errors  those of sr_convert()
 *         UNINSPECTED  the process died, took too long, or said what no such process says
 *         CANCELLED, IO (also: it cannot be isolated), UNSUPPORTED (nor on this processor)
 */
enum sr_status sr_convert_isolated(const struct sr_convert_params *params, struct sr_converted *out,
                                   struct sr_err *err) SR_MUST_USE;

#endif /* SR_ARTIFACT_CONVERT_PROCESS_H */
