/* SPDX-License-Identifier: Apache-2.0 */
#include "store/blobs.h"

#include <assert.h>
#include <stddef.h>

#include "store/drivers.h"
#include "store/scheme.h"

static enum sr_status find_driver(const char *uri, const struct sr_blobs_driver **out,
                                  const char **out_rest, struct sr_err *err)
{
    struct sr_bytes scheme = {0};
    const char *rest = NULL;
    SR_TRY(sr_scheme_split(uri, &scheme, &rest, err));
    for (size_t i = 0; sr_drivers_blobs[i] != NULL; i++) {
        if (sr_scheme_is(scheme, sr_drivers_blobs[i]->scheme)) {
            *out = sr_drivers_blobs[i];
            *out_rest = rest;
            return SR_OK;
        }
    }
    return sr_fail(err, SR_UNSUPPORTED, "no blobs driver '%.*s' in this build", (int)scheme.len,
                   (const char *)scheme.ptr);
}

/* Let a driver's result pass, with its scheme in front of the message. */
static enum sr_status passed(const struct sr_blobs_driver *driver, enum sr_status status,
                             struct sr_err *err)
{
    if (status == SR_OK) {
        return SR_OK;
    }
    return sr_context(err, status, "blobs '%s'", driver->scheme);
}

enum sr_status sr_blobs_create(const char *uri, struct sr_err *err)
{
    const struct sr_blobs_driver *driver = NULL;
    const char *rest = NULL;
    SR_TRY(find_driver(uri, &driver, &rest, err));
    return passed(driver, driver->create(rest, err), err);
}

enum sr_status sr_blobs_open(const char *uri, struct sr_blobs **out, struct sr_err *err)
{
    const struct sr_blobs_driver *driver = NULL;
    const char *rest = NULL;
    SR_TRY(find_driver(uri, &driver, &rest, err));
    struct sr_blobs *b = NULL;
    SR_TRY(passed(driver, driver->open(rest, &b, err), err));
    assert(b != NULL && b->driver == driver);
    *out = b;
    return SR_OK;
}

void sr_blobs_free(struct sr_blobs *b)
{
    if (b != NULL) {
        b->driver->close(b);
    }
}

enum sr_status sr_blobs_stage(struct sr_blobs *b, const struct sr_id *object,
                              struct sr_staged **out, struct sr_err *err)
{
    struct sr_staged *s = NULL;
    SR_TRY(passed(b->driver, b->driver->stage(b, object, &s, err), err));
    assert(s != NULL && s->blobs == b);
    *out = s;
    return SR_OK;
}

void sr_staged_io(struct sr_staged *s, struct sr_sink *out_sink, struct sr_source *out_source)
{
    s->blobs->driver->staged_io(s, out_sink, out_source);
    assert(out_sink->write_at != NULL && out_source->read_at != NULL);
}

enum sr_status sr_staged_reserve(struct sr_staged *s, uint64_t bytes, struct sr_err *err)
{
    const struct sr_blobs_driver *driver = s->blobs->driver;
    if (driver->staged_reserve == NULL) {
        return SR_OK;
    }
    return passed(driver, driver->staged_reserve(s, bytes, err), err);
}

void sr_staged_flush_hint(struct sr_staged *s, uint64_t offset, uint64_t len)
{
    if (s->blobs->driver->staged_flush_hint != NULL) {
        s->blobs->driver->staged_flush_hint(s, offset, len);
    }
}

enum sr_status sr_staged_publish(struct sr_staged *s, uint64_t bytes, struct sr_err *err)
{
    const struct sr_blobs_driver *driver = s->blobs->driver; /* s is gone afterwards */
    return passed(driver, driver->publish(s, bytes, err), err);
}

void sr_staged_free(struct sr_staged *s)
{
    if (s != NULL) {
        s->blobs->driver->release(s);
    }
}

enum sr_status sr_blobs_drop_staged(struct sr_blobs *b, const struct sr_id *object,
                                    struct sr_err *err)
{
    return passed(b->driver, b->driver->drop_staged(b, object, err), err);
}

enum sr_status sr_blobs_open_blob(struct sr_blobs *b, const struct sr_id *object,
                                  struct sr_blob **out, struct sr_err *err)
{
    struct sr_blob *blob = NULL;
    SR_TRY(passed(b->driver, b->driver->open_blob(b, object, &blob, err), err));
    assert(blob != NULL && blob->blobs == b);
    *out = blob;
    return SR_OK;
}

struct sr_source sr_blob_source(struct sr_blob *blob)
{
    struct sr_source source = blob->blobs->driver->blob_source(blob);
    assert(source.read_at != NULL);
    return source;
}

void sr_blob_free(struct sr_blob *blob)
{
    if (blob != NULL) {
        blob->blobs->driver->close_blob(blob);
    }
}

enum sr_status sr_blobs_remove(struct sr_blobs *b, const struct sr_id *object, struct sr_err *err)
{
    return passed(b->driver, b->driver->remove(b, object, err), err);
}

enum sr_status
sr_blobs_list(struct sr_blobs *b,
              enum sr_status (*visit)(void *ctx, const struct sr_id *object,
                                      enum sr_blob_state state, uint64_t bytes, struct sr_err *err),
              void (*stray)(void *ctx, const char *name), void *ctx, struct sr_err *err)
{
    assert(visit != NULL);
    return passed(b->driver, b->driver->list(b, visit, stray, ctx, err), err);
}

enum sr_status sr_blobs_free_bytes(struct sr_blobs *b, uint64_t *out, struct sr_err *err)
{
    uint64_t bytes = 0;
    SR_TRY(passed(b->driver, b->driver->free_bytes(b, &bytes, err), err));
    *out = bytes;
    return SR_OK;
}
