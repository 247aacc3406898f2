/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/deposit_inspect.h"

#include <stdlib.h>

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
