/* SPDX-License-Identifier: Apache-2.0 */
#include "server/witness_server.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "formats/add_checkpoint.h"

enum { IDLE_S = 30, CONNECTIONS = 256, THREADS = 4 };

struct sr_witness_server {
    struct sr_witness_server_options o;
    struct sr_listener *listener;
    pthread_mutex_t telling;
};

void sr_witness_server_free(struct sr_witness_server *s)
{
    if (s != NULL) {
        sr_listener_free(s->listener);
        (void)pthread_mutex_destroy(&s->telling);
        free(s);
    }
}

const char *sr_witness_server_address(const struct sr_witness_server *s)
{
    return sr_listener_address(s->listener);
}

/* "/<hash>/checkpoint": view of the hash, of whatever length; false for another path. */
static bool is_checkpoint(const char *path, struct sr_bytes *out_hash)
{
    static const char END[] = "/checkpoint";
    size_t len = strlen(path);
    size_t end = strlen(END);
    if (len <= end + 1 || strcmp(path + len - end, END) != 0) {
        return false;
    }
    *out_hash = sr_bytes(path + 1, len - end - 1);
    return true;
}

/* Whether request is by method; else *out says which is allowed. */
static bool is_method(const struct sr_listener_request *request, const char *method,
                      struct sr_listener_answer *out)
{
    if (strcmp(request->method, method) == 0) {
        return true;
    }
    out->status = 405;
    out->allow = method;
    return false;
}

static void answer(struct sr_witness_server *s, const struct sr_listener_request *request,
                   struct sr_listener_answer *out, struct sr_err *err)
{
    struct sr_witness_answer made = {0};
    struct sr_bytes hash;
    enum sr_status status = SR_OK;
    if (strcmp(request->path, "/add-checkpoint") == 0) {
        if (!is_method(request, "POST", out)) {
            return;
        }
        status = sr_witness_add_checkpoint(s->o.witness, request->body,
                                           (uint64_t)(sr_time_now_utc_ms() / 1000), &made, err);
    } else if (is_checkpoint(request->path, &hash)) {
        if (!is_method(request, "GET", out)) {
            return;
        }
        status = sr_witness_get_checkpoint(s->o.witness, hash, &made, err);
    } else {
        out->status = 404;
        return;
    }
    out->status = status == SR_OK ? made.status : 503;
    out->type = made.type;
    out->body = made.body;
}

static void handle(void *ctx, const struct sr_listener_request *request,
                   struct sr_listener_answer *out)
{
    struct sr_witness_server *s = ctx;
    struct sr_err err = {0};
    answer(s, request, out, &err);
    if (s->o.on_answer != NULL) {
        const struct sr_witness_server_event event = {.method = request->method,
                                                      .path = request->path,
                                                      .status = out->status,
                                                      .message = err.message};
        (void)pthread_mutex_lock(&s->telling);
        s->o.on_answer(s->o.ctx, &event);
        (void)pthread_mutex_unlock(&s->telling);
    }
}

enum sr_status sr_witness_server_open(const struct sr_witness_server_options *options,
                                      struct sr_witness_server **out, struct sr_err *err)
{
    SR_AUTO(sr_witness_server) s = calloc(1, sizeof *s);
    if (s == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a server");
    }
    s->o = *options;
    (void)pthread_mutex_init(&s->telling, NULL);
    const struct sr_listener_options listen = {
        .address = options->address,
        .body_bytes_max = SR_ADD_CHECKPOINT_BYTES_MAX,
        .idle_s = IDLE_S,
        .connections = CONNECTIONS,
        .threads = THREADS,
        .handle = handle,
        .ctx = s,
    };
    SR_TRY(sr_listener_open(&listen, &s->listener, err));
    *out = SR_TAKE(s);
    return SR_OK;
}
