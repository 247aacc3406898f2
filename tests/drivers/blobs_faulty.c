/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/drivers/blobs_faulty.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/blobs.h"

extern const struct sr_blobs_driver sr_blobs_faulty;

static enum faulty_call armed_call;
static enum faulty_kind armed_kind;
static unsigned armed_nth; /* 0: none */
static atomic_bool fired;
static atomic_uint counts[FAULTY_CALL_COUNT];

void faulty_arm(enum faulty_call call, enum faulty_kind kind, unsigned nth)
{
    armed_call = call;
    armed_kind = kind;
    armed_nth = nth;
    atomic_store(&fired, false);
    for (size_t i = 0; i < FAULTY_CALL_COUNT; i++) {
        atomic_store(&counts[i], 0);
    }
}

void faulty_disarm(void)
{
    faulty_arm(FAULTY_CREATE, FAULTY_EIO, 0);
}

bool faulty_fired(void)
{
    return atomic_load(&fired);
}

unsigned faulty_count(enum faulty_call call)
{
    return atomic_load(&counts[call]);
}

/* Count this call. The fault it has to show, or FAULTY_KIND_COUNT for none. */
static enum faulty_kind next_fault(enum faulty_call call)
{
    unsigned n = atomic_fetch_add(&counts[call], 1) + 1;
    if (armed_nth == 0 || call != armed_call || n < armed_nth) {
        return FAULTY_KIND_COUNT;
    }
    bool lasting = armed_kind == FAULTY_ENOSPC || armed_kind == FAULTY_SLOW;
    if (n > armed_nth && !lasting) {
        return FAULTY_KIND_COUNT;
    }
    atomic_store(&fired, true);
    if (armed_kind == FAULTY_SLOW) {
        (void)nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
        return FAULTY_KIND_COUNT;
    }
    return armed_kind;
}

static enum sr_status refused(enum faulty_kind kind, struct sr_err *err)
{
    return sr_fail(err, SR_IO, "injected: %s",
                   kind == FAULTY_ENOSPC ? "no space left on device" : "input/output error");
}

/* Run a call that moves no data, with its fault. inner_call is evaluated at most once. */
#define WITH_FAULT(call, inner_call)                                                               \
    do {                                                                                           \
        enum faulty_kind fault_ = next_fault(call);                                                \
        if (fault_ != FAULTY_KIND_COUNT && fault_ != FAULTY_TORN) {                                \
            return refused(fault_, err);                                                           \
        }                                                                                          \
        SR_TRY(inner_call);                                                                        \
        if (fault_ == FAULTY_TORN) {                                                               \
            return refused(fault_, err);                                                           \
        }                                                                                          \
    } while (0)

struct faulty_blobs {
    struct sr_blobs base;
    struct sr_blobs *inner;
};
struct faulty_staged {
    struct sr_staged base;
    struct sr_staged *inner;
    struct sr_sink sink;
    struct sr_source source;
};
struct faulty_blob {
    struct sr_blob base;
    struct sr_blob *inner;
    struct sr_source source;
};

static struct sr_blobs *inner_of(struct sr_blobs *b)
{
    return ((struct faulty_blobs *)b)->inner;
}

static enum sr_status faulty_create(const char *rest, struct sr_err *err)
{
    WITH_FAULT(FAULTY_CREATE, sr_blobs_create(rest, err));
    return SR_OK;
}

static enum sr_status faulty_open(const char *rest, struct sr_blobs **out, struct sr_err *err)
{
    SR_AUTO(sr_blobs) inner = NULL;
    WITH_FAULT(FAULTY_OPEN, sr_blobs_open(rest, &inner, err));
    struct faulty_blobs *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "open '%s'", rest);
    }
    self->base.driver = &sr_blobs_faulty;
    self->inner = SR_TAKE(inner);
    *out = &self->base;
    return SR_OK;
}

static void faulty_close(struct sr_blobs *b)
{
    sr_blobs_free(inner_of(b));
    free(b);
}

static enum sr_status faulty_stage(struct sr_blobs *b, const struct sr_id *object,
                                   struct sr_staged **out, struct sr_err *err)
{
    SR_AUTO(sr_staged) inner = NULL;
    WITH_FAULT(FAULTY_STAGE, sr_blobs_stage(inner_of(b), object, &inner, err));
    struct faulty_staged *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "stage a blob");
    }
    self->base.blobs = b;
    self->inner = SR_TAKE(inner);
    sr_staged_io(self->inner, &self->sink, &self->source);
    *out = &self->base;
    return SR_OK;
}

static enum sr_status read_with_fault(enum faulty_call call, const struct sr_source *source,
                                      uint64_t offset, uint8_t *out, size_t len, struct sr_err *err)
{
    enum faulty_kind fault = next_fault(call);
    if (fault == FAULTY_SHORT) {
        SR_TRY(source->read_at(source->ctx, offset, out, len / 2, err));
        return sr_fail(err, SR_TRUNCATED, "injected: short read");
    }
    if (fault != FAULTY_KIND_COUNT && fault != FAULTY_FLIP) {
        return refused(fault, err);
    }
    SR_TRY(source->read_at(source->ctx, offset, out, len, err));
    if (fault == FAULTY_FLIP && len > 0) {
        out[len / 2] ^= 1;
    }
    return SR_OK;
}

static enum sr_status faulty_staged_read_at(void *ctx, uint64_t offset, uint8_t *out, size_t len,
                                            struct sr_err *err)
{
    const struct faulty_staged *self = ctx;
    return read_with_fault(FAULTY_STAGED_READ, &self->source, offset, out, len, err);
}

static enum sr_status faulty_read_at(void *ctx, uint64_t offset, uint8_t *out, size_t len,
                                     struct sr_err *err)
{
    const struct faulty_blob *self = ctx;
    return read_with_fault(FAULTY_READ, &self->source, offset, out, len, err);
}

static enum sr_status write_flipped(const struct sr_sink *sink, uint64_t offset,
                                    struct sr_bytes data, struct sr_err *err)
{
    size_t middle = data.len / 2;
    uint8_t wrong = 0;
    SR_TRY(sink->write_at(sink->ctx, offset, data, err));
    if (data.len > 0) {
        wrong = data.ptr[middle] ^ 1;
        SR_TRY(sink->write_at(sink->ctx, offset + middle, sr_bytes(&wrong, 1), err));
    }
    return SR_OK;
}

static enum sr_status faulty_write_at(void *ctx, uint64_t offset, struct sr_bytes data,
                                      struct sr_err *err)
{
    const struct sr_sink *sink = &((const struct faulty_staged *)ctx)->sink;
    enum faulty_kind fault = next_fault(FAULTY_WRITE);
    if (fault == FAULTY_FLIP) {
        return write_flipped(sink, offset, data, err);
    }
    if (fault == FAULTY_SHORT || fault == FAULTY_TORN) {
        SR_TRY(sink->write_at(sink->ctx, offset, sr_bytes(data.ptr, data.len / 2), err));
        return fault == FAULTY_TORN ? SR_OK : refused(fault, err);
    }
    if (fault != FAULTY_KIND_COUNT) {
        return refused(fault, err);
    }
    return sink->write_at(sink->ctx, offset, data, err);
}

static void faulty_staged_io(struct sr_staged *s, struct sr_sink *out_sink,
                             struct sr_source *out_source)
{
    struct faulty_staged *self = (struct faulty_staged *)s;
    struct sr_sink sink; /* self has them since it was staged, and others may be using those now */
    struct sr_source source;
    sr_staged_io(self->inner, &sink, &source);
    *out_sink = (struct sr_sink){.write_at = faulty_write_at, .ctx = self};
    *out_source =
        (struct sr_source){.read_at = faulty_staged_read_at, .ctx = self, .bytes = source.bytes};
}

static enum sr_status faulty_staged_reserve(struct sr_staged *s, uint64_t bytes, struct sr_err *err)
{
    WITH_FAULT(FAULTY_RESERVE, sr_staged_reserve(((struct faulty_staged *)s)->inner, bytes, err));
    return SR_OK;
}

static void faulty_staged_flush_hint(struct sr_staged *s, uint64_t offset, uint64_t len)
{
    sr_staged_flush_hint(((struct faulty_staged *)s)->inner, offset, len);
}

static enum sr_status faulty_publish(struct sr_staged *s, uint64_t bytes, struct sr_err *err)
{
    SR_AUTO(sr_staged) inner = ((struct faulty_staged *)s)->inner;
    free(s);
    WITH_FAULT(FAULTY_PUBLISH, sr_staged_publish(SR_TAKE(inner), bytes, err));
    return SR_OK;
}

static void faulty_release(struct sr_staged *s)
{
    sr_staged_free(((struct faulty_staged *)s)->inner);
    free(s);
}

static enum sr_status faulty_drop_staged(struct sr_blobs *b, const struct sr_id *object,
                                         struct sr_err *err)
{
    WITH_FAULT(FAULTY_DROP_STAGED, sr_blobs_drop_staged(inner_of(b), object, err));
    return SR_OK;
}

static enum sr_status faulty_open_blob(struct sr_blobs *b, const struct sr_id *object,
                                       struct sr_blob **out, struct sr_err *err)
{
    SR_AUTO(sr_blob) inner = NULL;
    WITH_FAULT(FAULTY_OPEN_BLOB, sr_blobs_open_blob(inner_of(b), object, &inner, err));
    struct faulty_blob *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "open a blob");
    }
    self->base.blobs = b;
    self->inner = SR_TAKE(inner);
    self->source = sr_blob_source(self->inner);
    *out = &self->base;
    return SR_OK;
}

static struct sr_source faulty_blob_source(struct sr_blob *blob)
{
    struct faulty_blob *self = (struct faulty_blob *)blob;
    return (struct sr_source){.read_at = faulty_read_at, .ctx = self, .bytes = self->source.bytes};
}

static void faulty_close_blob(struct sr_blob *blob)
{
    sr_blob_free(((struct faulty_blob *)blob)->inner);
    free(blob);
}

static enum sr_status faulty_remove(struct sr_blobs *b, const struct sr_id *object,
                                    struct sr_err *err)
{
    WITH_FAULT(FAULTY_REMOVE, sr_blobs_remove(inner_of(b), object, err));
    return SR_OK;
}

static enum sr_status
faulty_list(struct sr_blobs *b,
            enum sr_status (*visit)(void *ctx, const struct sr_id *object, enum sr_blob_state state,
                                    uint64_t bytes, struct sr_err *err),
            void (*stray)(void *ctx, const char *name), void *ctx, struct sr_err *err)
{
    WITH_FAULT(FAULTY_LIST, sr_blobs_list(inner_of(b), visit, stray, ctx, err));
    return SR_OK;
}

static enum sr_status faulty_free_bytes(struct sr_blobs *b, uint64_t *out, struct sr_err *err)
{
    WITH_FAULT(FAULTY_FREE_BYTES, sr_blobs_free_bytes(inner_of(b), out, err));
    return SR_OK;
}

const struct sr_blobs_driver sr_blobs_faulty = {
    .scheme = "faulty",
    .summary = "another driver, with faults (tests)",
    .create = faulty_create,
    .open = faulty_open,
    .close = faulty_close,
    .stage = faulty_stage,
    .staged_io = faulty_staged_io,
    .staged_reserve = faulty_staged_reserve,
    .staged_flush_hint = faulty_staged_flush_hint,
    .publish = faulty_publish,
    .release = faulty_release,
    .drop_staged = faulty_drop_staged,
    .open_blob = faulty_open_blob,
    .blob_source = faulty_blob_source,
    .close_blob = faulty_close_blob,
    .remove = faulty_remove,
    .list = faulty_list,
    .free_bytes = faulty_free_bytes,
};
