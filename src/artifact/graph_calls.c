/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/graph_calls.h"

#include <stdlib.h>
#include <string.h>

struct function {
    struct sr_graph_name name;
    size_t number; /* in the order of defining */
};

struct call {
    struct sr_graph_name name;
    size_t caller;
    size_t callee; /* SR_GRAPH_NOBODY: no function here */
};

struct sr_graph_calls {
    struct function *functions; /* sorted by name once resolved */
    size_t function_count;
    size_t function_room;
    struct call *calls;
    size_t call_count;
    size_t call_room;
};

enum sr_status sr_graph_calls_new(struct sr_graph_calls **out)
{
    struct sr_graph_calls *c = calloc(1, sizeof *c);
    if (c == NULL) {
        return SR_NO_MEMORY;
    }
    *out = c;
    return SR_OK;
}

void sr_graph_calls_free(struct sr_graph_calls *c)
{
    if (c != NULL) {
        free(c->functions);
        free(c->calls);
        free(c);
    }
}

/* Room for one more of *count elements of size bytes; *array moves. */
static enum sr_status reserve(void **array, size_t *room, size_t count, size_t size, size_t max)
{
    if (count >= max) {
        return SR_TOO_LARGE;
    }
    if (count < *room) {
        return SR_OK;
    }
    size_t wanted = *room == 0 ? 64 : *room * 2;
    void *grown = reallocarray(*array, wanted, size);
    if (grown == NULL) {
        return SR_NO_MEMORY;
    }
    *array = grown;
    *room = wanted;
    return SR_OK;
}

enum sr_status sr_graph_calls_define(struct sr_graph_calls *c, const struct sr_graph_name *name)
{
    void *array = c->functions;
    enum sr_status status = reserve(&array, &c->function_room, c->function_count,
                                    sizeof *c->functions, SR_GRAPH_FUNCTIONS_MAX);
    c->functions = array;
    SR_TRY(status);
    c->functions[c->function_count] = (struct function){.name = *name, .number = c->function_count};
    c->function_count++;
    return SR_OK;
}

enum sr_status sr_graph_calls_call(struct sr_graph_calls *c, size_t caller,
                                   const struct sr_graph_name *name)
{
    void *array = c->calls;
    enum sr_status status =
        reserve(&array, &c->call_room, c->call_count, sizeof *c->calls, SR_GRAPH_CALLS_MAX);
    c->calls = array;
    SR_TRY(status);
    c->calls[c->call_count++] =
        (struct call){.name = *name, .caller = caller, .callee = SR_GRAPH_NOBODY};
    return SR_OK;
}

static int compare_bytes(struct sr_bytes a, struct sr_bytes b) /* lint: callback */
{
    if (a.len != b.len) {
        return a.len < b.len ? -1 : 1;
    }
    return a.len == 0 ? 0 : memcmp(a.ptr, b.ptr, a.len);
}

static int compare_names(const void *a, const void *b) /* lint: callback */
{
    const struct sr_graph_name *x = a;
    const struct sr_graph_name *y = b;
    int order = compare_bytes(x->name, y->name);
    order = order != 0 ? order : compare_bytes(x->domain, y->domain);
    return order != 0 ? order : compare_bytes(x->overload, y->overload);
}

static int compare_functions(const void *a, const void *b) /* lint: callback */
{
    const struct function *x = a;
    const struct function *y = b;
    return compare_names(&x->name, &y->name);
}

enum sr_status sr_graph_calls_resolve(struct sr_graph_calls *c, struct sr_graph_name *out_fault)
{
    if (c->function_count == 0) {
        return SR_OK;
    }
    qsort(c->functions, c->function_count, sizeof *c->functions, compare_functions);
    for (size_t i = 1; i < c->function_count; i++) {
        if (compare_functions(&c->functions[i - 1], &c->functions[i]) == 0) {
            *out_fault = c->functions[i].name;
            return SR_CONFLICT;
        }
    }
    for (size_t i = 0; i < c->call_count; i++) {
        struct function wanted = {.name = c->calls[i].name};
        const struct function *found = bsearch(&wanted, c->functions, c->function_count,
                                               sizeof *c->functions, compare_functions);
        c->calls[i].callee = found != NULL ? found->number : SR_GRAPH_NOBODY;
    }
    return SR_OK;
}

bool sr_graph_calls_foreign(const struct sr_graph_calls *c, size_t *at, struct sr_graph_name *out)
{
    for (size_t i = *at; i < c->call_count; i++) {
        if (c->calls[i].callee == SR_GRAPH_NOBODY) {
            *out = c->calls[i].name;
            *at = i + 1;
            return true;
        }
    }
    *at = c->call_count;
    return false;
}

bool sr_graph_calls_has_domain(const struct sr_graph_calls *c, struct sr_bytes domain)
{
    for (size_t i = 0; i < c->function_count; i++) {
        if (compare_bytes(c->functions[i].name.domain, domain) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether a call is an edge between two functions. */
static bool is_edge(const struct sr_graph_calls *c, const struct call *call)
{
    return call->caller < c->function_count && call->callee < c->function_count;
}

static int compare_callers(const void *a, const void *b) /* lint: callback */
{
    const struct call *const *x = a;
    const struct call *const *y = b;
    return (*x)->caller < (*y)->caller ? -1 : (*x)->caller > (*y)->caller;
}

/* What Kahn's algorithm needs: edges by caller, how many call each function, those that none does.
 */
struct order {
    const struct call **edges;
    size_t edge_count;
    size_t *first; /* of each function's edges; one more for the end */
    size_t *callers;
    size_t *queue;
};

static void free_order(struct order *o)
{
    free(o->edges);
    free(o->first);
    free(o->callers);
    free(o->queue);
}

static enum sr_status make_order(const struct sr_graph_calls *c, struct order *o)
{
    o->edges = calloc(c->call_count + 1, sizeof(const struct call *));
    o->first = calloc(c->function_count + 1, sizeof *o->first);
    o->callers = calloc(c->function_count + 1, sizeof *o->callers);
    o->queue = calloc(c->function_count + 1, sizeof *o->queue);
    if (o->edges == NULL || o->first == NULL || o->callers == NULL || o->queue == NULL) {
        return SR_NO_MEMORY;
    }
    for (size_t i = 0; i < c->call_count; i++) {
        if (is_edge(c, &c->calls[i])) {
            o->edges[o->edge_count++] = &c->calls[i];
            o->callers[c->calls[i].callee]++;
        }
    }
    qsort(o->edges, o->edge_count, sizeof(const struct call *), compare_callers);
    for (size_t f = 0, e = 0; f <= c->function_count; f++) {
        while (e < o->edge_count && o->edges[e]->caller < f) {
            e++;
        }
        o->first[f] = e;
    }
    return SR_OK;
}

/* Take away functions that nobody (left) calls, until none is left or only circles are. */
static size_t take_away(const struct sr_graph_calls *c, struct order *o)
{
    size_t taken = 0;
    size_t queued = 0;
    for (size_t f = 0; f < c->function_count; f++) {
        if (o->callers[f] == 0) {
            o->queue[queued++] = f;
        }
    }
    while (taken < queued) {
        size_t f = o->queue[taken++];
        for (size_t e = o->first[f]; e < o->first[f + 1]; e++) {
            size_t callee = o->edges[e]->callee;
            o->callers[callee]--;
            if (o->callers[callee] == 0) {
                o->queue[queued++] = callee;
            }
        }
    }
    return taken;
}

enum sr_status sr_graph_calls_cycle(const struct sr_graph_calls *c, bool *out_found,
                                    struct sr_graph_name *out)
{
    SR_CLEANUP(free_order) struct order o = {0};
    SR_TRY(make_order(c, &o));
    bool is_found = take_away(c, &o) < c->function_count;
    for (size_t i = 0; is_found && i < c->function_count; i++) {
        if (o.callers[c->functions[i].number] > 0) {
            *out = c->functions[i].name;
        }
    }
    *out_found = is_found;
    return SR_OK;
}
