/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/deposit_inspect.h"

#include <stdlib.h>
#include <string.h>

#include "custody/deposit_facts.h"
#include "custody/room_impl.h"

/* For segments of which a chunk has a part: one is enough, another saves no time. */
#define POOL_BUFFERS 2

struct looking {
    const struct sr_deposit_look *look;
    struct sr_catalog_file *files;
    size_t count;
    bool *is_deferred;
    struct sr_pool *pool;
};

static void looking_clear(struct looking *l)
{
    sr_pool_free(l->pool);
    free(l->is_deferred);
    free(l->files);
}

static enum sr_status read_at(void *ctx, uint64_t offset, uint8_t *out, size_t len,
                              struct sr_err *err)
{
    return sr_body_read(ctx, offset, out, len, err);
}

static enum sr_status look_at(struct looking *l, size_t n, bool may_defer, struct sr_err *err)
{
    const struct sr_deposit_look *look = l->look;
    const struct sr_catalog_file *file = &l->files[n];
    SR_AUTO(sr_room_body) body = NULL;
    size_t index = 0;
    SR_TRY(sr_room_open_under(look->room, look->version, file, look->dek, l->pool, &body, err));
    const struct sr_source source = {
        .read_at = read_at, .ctx = sr_room_body_view(body), .bytes = file->facts.plain_bytes};
    const struct sr_inspector_input input = {
        .path = file->path,
        .bytes = file->facts.plain_bytes,
        .fd = -1,
        .source = &source,
        .may_defer = may_defer,
        .cancelled = look->progress->cancelled,
        .ctx = look->progress->ctx,
    };
    SR_TRY(sr_inspector_file(look->inspector, &input, look->report, &index, err));
    l->is_deferred[n] = index == SR_INSPECTOR_DEFERRED;
    if (!l->is_deferred[n]) {
        sr_report_set_sha256(look->report, index, file->facts.sha256);
    }
    return SR_OK;
}

static enum sr_status look_at_all(struct looking *l, struct sr_err *err)
{
    for (size_t n = 0; n < l->count; n++) {
        SR_TRY(look_at(l, n, true, err));
    }
    for (size_t n = 0; n < l->count; n++) {
        if (l->is_deferred[n]) {
            SR_TRY(look_at(l, n, false, err));
        }
    }
    return sr_inspector_finish(l->look->inspector, l->look->report, err);
}

enum sr_status sr_deposit_look(const struct sr_deposit_look *look, struct sr_err *err)
{
    SR_CLEANUP(looking_clear) struct looking l = {.look = look};
    SR_TRY(sr_catalog_files(look->room->catalog, look->version, &l.files, &l.count, err));
    l.is_deferred = calloc(l.count, sizeof *l.is_deferred);
    if (l.is_deferred == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a list of files");
    }
    SR_TRY(sr_pool_new(SR_BODY_SEGMENT_BYTES, POOL_BUFFERS, 1, &l.pool, err));
    SR_TRY(look_at_all(&l, err));
    sr_report_sort(look->report);
    return SR_OK;
}

enum sr_status sr_deposit_check_reason(const char *accept_review, struct sr_err *err)
{
    if (accept_review != NULL && !sr_deposit_is_reason(accept_review)) {
        return sr_fail(err, SR_MALFORMED,
                       "the reason to accept what needs review is not plain UTF-8 text of 1 to %d "
                       "bytes",
                       SR_DEPOSIT_REASON_BYTES_MAX);
    }
    return SR_OK;
}

enum sr_status sr_deposit_judge(const struct sr_report *report, const char *accept_review,
                                struct sr_deposit_inspection *out, struct sr_err *err)
{
    enum sr_verdict verdict = sr_report_verdict(report);
    bool is_accepted = accept_review != NULL && verdict == SR_VERDICT_REVIEW;
    if (!is_accepted) {
        SR_TRY(sr_report_status(report, err));
    }
    *out = (struct sr_deposit_inspection){.verdict = verdict, .profile = sr_report_profile(report)};
    sr_report_ruleset(out->ruleset);
    if (is_accepted) {
        memcpy(out->reason, accept_review, strlen(accept_review) + 1);
    }
    return SR_OK;
}

enum sr_status sr_deposit_keep_report(struct sr_room *r, const struct sr_id *version,
                                      const struct sr_report *report, struct sr_err *err)
{
    SR_AUTO(sr_buf) text = NULL;
    SR_TRY(sr_buf_new(SR_CATALOG_DOCUMENT_BYTES_MAX, &text));
    struct sr_json_writer w = {.out = text};
    enum sr_status status = sr_report_json(report, &w);
    if (status != SR_OK) {
        return sr_fail(err, status, "what inspection found is too much to keep");
    }
    return sr_catalog_put_document(r->catalog, version, SR_DEPOSIT_REPORT, sr_buf_view(text), err);
}
