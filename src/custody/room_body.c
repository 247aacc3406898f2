/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "custody/room.h"
#include "custody/room_impl.h"

struct sr_room_body {
    struct sr_blob *blob;
    struct sr_body *body;
};

void sr_room_body_free(struct sr_room_body *b)
{
    if (b == NULL) {
        return;
    }
    sr_body_free(b->body);
    sr_blob_free(b->blob);
    free(b);
}

struct sr_body *sr_room_body_view(const struct sr_room_body *b)
{
    return b->body;
}

/* Body and catalog must tell the same story: a restored old catalog beside a new body does not. */
static bool agree(const struct sr_body_facts *body, const struct sr_body_facts *catalog)
{
    return body->kind == catalog->kind && body->plain_bytes == catalog->plain_bytes &&
           body->tensor_count == catalog->tensor_count &&
           memcmp(body->sha256, catalog->sha256, sizeof body->sha256) == 0 &&
           memcmp(body->root, catalog->root, sizeof body->root) == 0;
}

static enum sr_status open_body(struct sr_room *r, const struct sr_body_name *name,
                                const struct sr_body_facts *facts, const struct sr_secret *dek,
                                struct sr_pool *pool, struct sr_room_body *out, struct sr_err *err)
{
    SR_AUTO(sr_secret) own = NULL;
    if (dek == NULL) {
        SR_TRY(sr_room_dek(r, name, &own, err));
        dek = own;
    }
    enum sr_status status = sr_blobs_open_blob(r->blobs, &name->object, &out->blob, err);
    if (status != SR_OK) {
        return status == SR_NOT_FOUND ? sr_fail(err, status, "the body is not in the store")
                                      : status;
    }
    struct sr_source stored = sr_blob_source(out->blob);
    if (stored.bytes != facts->body_bytes) {
        return sr_fail(err, SR_CORRUPT, "the body has %llu bytes and should have %llu",
                       (unsigned long long)stored.bytes, (unsigned long long)facts->body_bytes);
    }
    SR_TRY(sr_body_open(name, dek, stored, pool, &out->body, err));
    if (!agree(sr_body_facts(out->body), facts)) {
        return sr_fail(err, SR_CORRUPT, "the body is not the one the catalog describes");
    }
    return SR_OK;
}

enum sr_status sr_room_open_under(struct sr_room *r, const struct sr_id *version,
                                  const struct sr_catalog_file *file, const struct sr_secret *dek,
                                  struct sr_pool *pool, struct sr_room_body **out,
                                  struct sr_err *err)
{
    SR_AUTO(sr_room_body) b = calloc(1, sizeof *b);
    if (b == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a body");
    }
    struct sr_body_name name = {
        .object = file->object, .version = *version, .file_index = file->file_index};
    enum sr_status status = open_body(r, &name, &file->facts, dek, pool, b, err);
    if (status != SR_OK) {
        return sr_context(err, status, "'%s'", file->path);
    }
    *out = SR_TAKE(b);
    return SR_OK;
}

enum sr_status sr_room_open_unreleased(struct sr_room *r, const struct sr_id *version,
                                       const struct sr_catalog_file *file, struct sr_pool *pool,
                                       struct sr_room_body **out, struct sr_err *err)
{
    return sr_room_open_under(r, version, file, NULL, pool, out, err);
}

enum sr_status sr_room_open_body(struct sr_room *r, const struct sr_permit *permit,
                                 const struct sr_catalog_file *file, struct sr_pool *pool,
                                 struct sr_room_body **out, struct sr_err *err)
{
    assert(permit->room == r);
    if (!sr_verb_releases(permit->verb)) {
        return sr_fail(err, SR_DENIED, "a permit to %s releases nothing",
                       sr_verb_info(permit->verb)->word);
    }
    /* A file of another version does not open either: its body is bound to that version. */
    return sr_room_open_unreleased(r, &permit->version, file, pool, out, err);
}
