/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blobs driver "memory": the port's contract in as few lines as possible, to read beside the real
 * ones and to run the conformance suite against. Stores are lists under their names and live until
 * the process ends, so that one can be closed and opened again; holds are between threads only.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "store/blobs.h"

extern const struct sr_blobs_driver sr_blobs_memory;

struct entry {
    struct entry *next;
    struct sr_id object;
    bool published;
    bool held;
    unsigned readers; /* keeps a removed blob alive, as an open file would */
    bool removed;
    uint8_t *bytes;
    size_t len;
};

struct store {
    struct store *next;
    char name[256];
    struct entry *entries;
};

struct memory_blobs {
    struct sr_blobs base;
    struct store *store;
};
struct memory_staged {
    struct sr_staged base;
    struct entry *entry;
};
struct memory_blob {
    struct sr_blob base;
    struct entry *entry;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards everything below */
static struct store *stores;

static void lock_leave(pthread_mutex_t **m)
{
    (void)pthread_mutex_unlock(*m);
}
#define WITH_LOCK                                                                                  \
    SR_CLEANUP(lock_leave) pthread_mutex_t *locked_ = &lock;                                       \
    (void)pthread_mutex_lock(locked_)

static struct store *find_store(const char *name)
{
    struct store *s = stores;
    while (s != NULL && strcmp(s->name, name) != 0) {
        s = s->next;
    }
    return s;
}

static struct entry *find_entry(struct sr_blobs *b, const struct sr_id *object)
{
    struct entry *e = ((struct memory_blobs *)b)->store->entries;
    while (e != NULL && (e->removed || !sr_text_id_equal(&e->object, object))) {
        e = e->next;
    }
    return e;
}

static enum sr_status memory_create(const char *rest, struct sr_err *err)
{
    WITH_LOCK;
    if (find_store(rest) != NULL) {
        return sr_fail(err, SR_CONFLICT, "'%s' is there already", rest);
    }
    struct store *s = calloc(1, sizeof *s);
    if (s == NULL || strlen(rest) >= sizeof s->name) {
        free(s);
        return sr_fail(err, SR_NO_MEMORY, "create '%s'", rest);
    }
    memcpy(s->name, rest, strlen(rest));
    s->next = stores;
    stores = s;
    return SR_OK;
}

static enum sr_status memory_open(const char *rest, struct sr_blobs **out, struct sr_err *err)
{
    WITH_LOCK;
    struct store *s = find_store(rest);
    if (s == NULL) {
        return sr_fail(err, SR_NOT_FOUND, "no '%s'", rest);
    }
    struct memory_blobs *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "open '%s'", rest);
    }
    self->base.driver = &sr_blobs_memory;
    self->store = s;
    *out = &self->base;
    return SR_OK;
}

static void memory_close(struct sr_blobs *b)
{
    free(b);
}

static void drop_bytes(struct entry *e)
{
    e->removed = true;
    if (e->readers == 0) {
        free(e->bytes);
        e->bytes = NULL;
        e->len = 0;
    }
}

static enum sr_status memory_read_at(void *ctx, uint64_t offset, uint8_t *out, size_t len,
                                     struct sr_err *err)
{
    WITH_LOCK;
    const struct entry *e = ctx;
    if (offset > e->len || len > e->len - offset) {
        return sr_fail(err, SR_TRUNCATED, "the blob ends at offset %zu", e->len);
    }
    if (len > 0) {
        memcpy(out, e->bytes + offset, len);
    }
    return SR_OK;
}

static enum sr_status memory_write_at(void *ctx, uint64_t offset, struct sr_bytes data,
                                      struct sr_err *err)
{
    WITH_LOCK;
    struct entry *e = ctx;
    if (offset > SIZE_MAX - data.len) {
        return sr_fail(err, SR_IO, "the blob is too large");
    }
    if (offset + data.len > e->len) {
        uint8_t *grown = calloc(1, offset + data.len);
        if (grown == NULL) {
            return sr_fail(err, SR_IO, "the blob is too large");
        }
        if (e->len > 0) {
            memcpy(grown, e->bytes, e->len);
        }
        free(e->bytes);
        e->bytes = grown;
        e->len = offset + data.len;
    }
    if (data.len > 0) {
        memcpy(e->bytes + offset, data.ptr, data.len);
    }
    return SR_OK;
}

static enum sr_status memory_stage(struct sr_blobs *b, const struct sr_id *object,
                                   struct sr_staged **out, struct sr_err *err)
{
    WITH_LOCK;
    struct memory_staged *self = calloc(1, sizeof *self);
    struct entry *e = find_entry(b, object);
    struct entry *fresh = e == NULL ? calloc(1, sizeof *fresh) : NULL;
    if (self == NULL || (e == NULL && fresh == NULL)) {
        free(self);
        free(fresh);
        return sr_fail(err, SR_NO_MEMORY, "stage a blob");
    }
    if (e != NULL && (e->published || e->held)) {
        free(self);
        return sr_fail(err, e->published ? SR_CONFLICT : SR_BUSY, "the blob is %s",
                       e->published ? "published" : "held");
    }
    if (e == NULL) {
        struct memory_blobs *store = (struct memory_blobs *)b;
        e = fresh;
        e->object = *object;
        e->next = store->store->entries;
        store->store->entries = e;
    }
    e->held = true;
    self->base.blobs = b;
    self->entry = e;
    *out = &self->base;
    return SR_OK;
}

static void memory_staged_io(struct sr_staged *s, struct sr_sink *out_sink,
                             struct sr_source *out_source)
{
    WITH_LOCK;
    struct entry *e = ((struct memory_staged *)s)->entry;
    *out_sink = (struct sr_sink){.write_at = memory_write_at, .ctx = e};
    *out_source = (struct sr_source){.read_at = memory_read_at, .ctx = e, .bytes = e->len};
}

static void memory_release(struct sr_staged *s)
{
    WITH_LOCK;
    ((struct memory_staged *)s)->entry->held = false;
    free(s);
}

static enum sr_status memory_publish(struct sr_staged *s, uint64_t bytes, struct sr_err *err)
{
    WITH_LOCK;
    struct entry *e = ((struct memory_staged *)s)->entry;
    free(s);
    e->held = false;
    if (bytes > e->len) {
        return sr_fail(err, SR_TRUNCATED, "the blob has only %zu bytes", e->len);
    }
    e->len = (size_t)bytes;
    e->published = true;
    return SR_OK;
}

static enum sr_status memory_drop_staged(struct sr_blobs *b, const struct sr_id *object,
                                         struct sr_err *err)
{
    WITH_LOCK;
    struct entry *e = find_entry(b, object);
    if (e == NULL || e->published) {
        return sr_fail(err, SR_NOT_FOUND, "no staged blob");
    }
    if (e->held) {
        return sr_fail(err, SR_BUSY, "the blob is held");
    }
    drop_bytes(e);
    return SR_OK;
}

static enum sr_status memory_open_blob(struct sr_blobs *b, const struct sr_id *object,
                                       struct sr_blob **out, struct sr_err *err)
{
    WITH_LOCK;
    struct entry *e = find_entry(b, object);
    if (e == NULL || !e->published) {
        return sr_fail(err, SR_NOT_FOUND, "no published blob");
    }
    struct memory_blob *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "open a blob");
    }
    e->readers++;
    self->base.blobs = b;
    self->entry = e;
    *out = &self->base;
    return SR_OK;
}

static struct sr_source memory_blob_source(struct sr_blob *blob)
{
    WITH_LOCK;
    struct entry *e = ((struct memory_blob *)blob)->entry;
    return (struct sr_source){.read_at = memory_read_at, .ctx = e, .bytes = e->len};
}

static void memory_close_blob(struct sr_blob *blob)
{
    WITH_LOCK;
    struct entry *e = ((struct memory_blob *)blob)->entry;
    e->readers--;
    if (e->removed) {
        drop_bytes(e);
    }
    free(blob);
}

static enum sr_status memory_remove(struct sr_blobs *b, const struct sr_id *object,
                                    struct sr_err *err)
{
    WITH_LOCK;
    struct entry *e = find_entry(b, object);
    if (e == NULL || !e->published) {
        return sr_fail(err, SR_NOT_FOUND, "no published blob");
    }
    drop_bytes(e);
    return SR_OK;
}

/* Without the lock: visit may call the store. Fine, as nothing is ever taken off the list. */
static enum sr_status
memory_list(struct sr_blobs *b,
            enum sr_status (*visit)(void *ctx, const struct sr_id *object, enum sr_blob_state state,
                                    uint64_t bytes, struct sr_err *err),
            void (*stray)(void *ctx, const char *name), void *ctx, struct sr_err *err)
{
    (void)stray;
    for (struct entry *e = ((struct memory_blobs *)b)->store->entries; e != NULL; e = e->next) {
        if (!e->removed) {
            SR_TRY(visit(ctx, &e->object, e->published ? SR_BLOB_PUBLISHED : SR_BLOB_STAGED, e->len,
                         err));
        }
    }
    return SR_OK;
}

static enum sr_status memory_free_bytes(struct sr_blobs *b, uint64_t *out, struct sr_err *err)
{
    (void)b;
    (void)err;
    *out = UINT64_MAX;
    return SR_OK;
}

const struct sr_blobs_driver sr_blobs_memory = {
    .scheme = "memory",
    .summary = "in memory (tests)",
    .create = memory_create,
    .open = memory_open,
    .close = memory_close,
    .stage = memory_stage,
    .staged_io = memory_staged_io,
    .publish = memory_publish,
    .release = memory_release,
    .drop_staged = memory_drop_staged,
    .open_blob = memory_open_blob,
    .blob_source = memory_blob_source,
    .close_blob = memory_close_blob,
    .remove = memory_remove,
    .list = memory_list,
    .free_bytes = memory_free_bytes,
};
