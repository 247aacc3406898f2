/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_TESTS_AUDITOR_H
#define SR_TESTS_AUDITOR_H

#include <stdio.h>
#include <string.h>

#include "audit/replay.h"
#include "custody/audit_pack.h"

/* An auditor for tests of rooms: what a room did, whatever the test was about, has to follow from
 * its policies. Packs are in memory. */

static inline enum sr_status auditor_append(void *ctx, struct sr_bytes data, struct sr_err *err)
{
    (void)err;
    return sr_buf_append(ctx, data);
}

struct auditor_text {
    struct sr_bytes rest;
};

static inline enum sr_status auditor_read(void *ctx, uint8_t *out, size_t len, size_t *out_got,
                                          struct sr_err *err)
{
    struct auditor_text *t = ctx;
    (void)err;
    *out_got = t->rest.len < len ? t->rest.len : len;
    if (*out_got > 0) {
        memcpy(out, t->rest.ptr, *out_got);
        t->rest = sr_bytes(t->rest.ptr + *out_got, t->rest.len - *out_got);
    }
    return SR_OK;
}

static inline enum sr_status auditor_pack(struct sr_room *r, uint64_t since, struct sr_buf *out,
                                          struct sr_audit_packed *done, struct sr_err *err)
{
    struct sr_pack_sink sink = {.write = auditor_append, .ctx = out};
    return sr_audit_pack_write(r, since, &sink, done, err);
}

static inline enum sr_status auditor_replay(struct sr_bytes pack, struct sr_replay_report *report,
                                            struct sr_err *err)
{
    struct auditor_text t = {.rest = pack};
    struct sr_pack_source source = {.read = auditor_read, .ctx = &t};
    struct sr_replay_options options = {.threads = 2};
    return sr_replay(&source, &options, NULL, report, err);
}

/* Whether all that the room did is consistent; says why not. */
static inline bool auditor_agrees(struct sr_room *r)
{
    SR_AUTO(sr_buf) pack = NULL;
    struct sr_audit_packed done;
    struct sr_replay_report report;
    struct sr_err err = {0};
    enum sr_status status = sr_buf_new((size_t)1 << 26, &pack);
    status = status == SR_OK ? auditor_pack(r, 1, pack, &done, &err) : status;
    status = status == SR_OK ? auditor_replay(sr_buf_view(pack), &report, &err) : status;
    if (status != SR_OK) {
        printf("# the auditor: %s\n", err.message);
    }
    return status == SR_OK && report.acts == done.acts;
}

#endif /* SR_TESTS_AUDITOR_H */
