/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_GRAPH_CALLS_H
#define SR_ARTIFACT_GRAPH_CALLS_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/status.h"

/*
 * The functions that a computation graph defines itself, and who calls them. A graph names an
 * operator before or after the function of that name, so all are collected first and looked up at
 * the end. Names are hostile views that outlive the collection. One thread.
 */
struct sr_graph_calls;

struct sr_graph_name {
    struct sr_bytes domain;
    struct sr_bytes name;
    struct sr_bytes overload;
    uint64_t offset; /* where it stands, for findings */
};

#define SR_GRAPH_FUNCTIONS_MAX ((size_t)1 << 16)
#define SR_GRAPH_CALLS_MAX ((size_t)1 << 22)
#define SR_GRAPH_NOBODY SIZE_MAX

/* errors  NO_MEMORY */
enum sr_status sr_graph_calls_new(struct sr_graph_calls **out) SR_MUST_USE;
void sr_graph_calls_free(struct sr_graph_calls *c);
SR_DEFINE_AUTO(sr_graph_calls)

/*
 * errors  TOO_LARGE  over SR_GRAPH_FUNCTIONS_MAX or SR_GRAPH_CALLS_MAX
 *         NO_MEMORY
 */
enum sr_status sr_graph_calls_define(struct sr_graph_calls *c,
                                     const struct sr_graph_name *name) SR_MUST_USE;
/* caller: the number of the function (in the order of defining) whose body calls; it may be defined
 * later. SR_GRAPH_NOBODY: the main graph. */
enum sr_status sr_graph_calls_call(struct sr_graph_calls *c, size_t caller,
                                   const struct sr_graph_name *name) SR_MUST_USE;

/*
 * After the last define and call: look them all up. No name may be asked for before.
 *
 * errors  CONFLICT  two functions have one name: *out_fault
 *         NO_MEMORY
 */
enum sr_status sr_graph_calls_resolve(struct sr_graph_calls *c,
                                      struct sr_graph_name *out_fault) SR_MUST_USE;

/* The calls that name no function here: at or after *at, which moves on; false when none is left.
 */
bool sr_graph_calls_foreign(const struct sr_graph_calls *c, size_t *at, struct sr_graph_name *out);

/* Whether some function has that domain. */
bool sr_graph_calls_has_domain(const struct sr_graph_calls *c, struct sr_bytes domain);

/*
 * Whether functions call one another in a circle; *out is one of them or of those that call them.
 * errors  NO_MEMORY
 */
enum sr_status sr_graph_calls_cycle(const struct sr_graph_calls *c, bool *out_found,
                                    struct sr_graph_name *out) SR_MUST_USE;

#endif /* SR_ARTIFACT_GRAPH_CALLS_H */
