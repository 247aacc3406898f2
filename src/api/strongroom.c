/* SPDX-License-Identifier: Apache-2.0 */
/* The public interface over custody/: it checks what comes from outside and translates words. */
#include <strongroom/strongroom.h>

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build_config.h"
#include "custody/query.h"
#include "custody/room.h"
#include "custody/submit.h"
#include "custody/watch.h"
#include "keys/passphrase.h"

/* Segments lent to reads that do not cover whole segments; each such read needs one. */
#define POOL_SEGMENTS_WANTED 4
#define POOL_SEGMENTS_MIN 1

struct strongroom_room {
    struct sr_room *room;
};

struct strongroom_version {
    struct sr_room *room;
    atomic_uint_fast64_t *served; /* bytes; for the record when it is closed */
    struct sr_catalog_version facts;
    struct sr_permit *permit;
    struct sr_watch *watch;
    struct sr_pool *pool;
    struct sr_catalog_file *files;
    struct sr_room_body **bodies;
    size_t count;
};

/* The public numbers are the exit codes, which never change (base/status.def). */
static enum strongroom_status finish(enum sr_status status, const struct sr_err *err,
                                     struct strongroom_error *error)
{
    enum strongroom_status number = (enum strongroom_status)sr_status_info(status)->exit_code;
    if (error != NULL) {
        *error = (struct strongroom_error){.status = number};
        if (status != SR_OK) {
            bool has_message = err != NULL && err->message[0] != '\0';
            (void)snprintf(error->message, sizeof error->message, "%s",
                           has_message ? err->message : sr_status_info(status)->title);
        }
    }
    return number;
}

const char *strongroom_library_version(void)
{
    return SR_VERSION;
}

static enum sr_status open_room(const char *dir, const char *passphrase_file, struct sr_room **out,
                                struct sr_err *err)
{
    char actor[32];
    (void)snprintf(actor, sizeof actor, "uid:%u", (unsigned)getuid());
    SR_AUTO(sr_secret) passphrase = NULL;
    SR_TRY(sr_passphrase_from_file(passphrase_file, &passphrase, err));
    return sr_room_open(dir, actor, passphrase, out, err);
}

enum strongroom_status strongroom_room_open(const char *dir, const char *passphrase_file,
                                            struct strongroom_room **out,
                                            struct strongroom_error *error)
{
    struct sr_err err = {0};
    if (dir == NULL || passphrase_file == NULL || out == NULL) {
        return finish(sr_fail(&err, SR_USAGE, "an argument is NULL"), &err, error);
    }
    struct strongroom_room *room = calloc(1, sizeof *room);
    if (room == NULL) {
        return finish(sr_fail(&err, SR_NO_MEMORY, "open a room"), &err, error);
    }
    enum sr_status status = open_room(dir, passphrase_file, &room->room, &err);
    if (status != SR_OK) {
        free(room);
        return finish(status, &err, error);
    }
    *out = room;
    return finish(SR_OK, NULL, error);
}

void strongroom_room_close(struct strongroom_room *room)
{
    if (room != NULL) {
        sr_room_free(room->room);
        free(room);
    }
}

void strongroom_version_close(struct strongroom_version *version)
{
    if (version == NULL) {
        return;
    }
    if (version->bodies != NULL) {
        /* A record that cannot be written does not keep anybody from closing. */
        (void)!sr_custody_served(version->room, version->permit, atomic_load(version->served),
                                 version->count, NULL);
    }
    free(version->served);
    for (size_t i = 0; version->bodies != NULL && i < version->count; i++) {
        sr_room_body_free(version->bodies[i]);
    }
    free(version->bodies);
    free(version->files);
    sr_pool_free(version->pool);
    sr_watch_free(version->watch);
    sr_permit_free(version->permit);
    free(version);
}

/* Record the use, then open every body under the permit. */
static enum sr_status open_version(struct sr_room *room, const char *ref,
                                   struct strongroom_version *v, struct sr_err *err)
{
    v->room = room;
    v->served = calloc(1, sizeof *v->served);
    if (v->served == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "open a version");
    }
    SR_TRY(sr_query_resolve(room, sr_text_view(ref), &v->facts, err));
    SR_TRY(sr_query_files(room, &v->facts.id, &v->files, &v->count, err));
    struct sr_act act = {.verb = SR_VERB_USE};
    sr_custody_about(&act, &v->facts);
    sr_act_set_word(&act, SR_FIELD_at, "libstrongroom");
    SR_TRY(sr_custody_use(room, &act, v->facts.digest, &v->permit, err));
    SR_TRY(sr_watch_new(room, v->permit, &v->watch, err));
    SR_TRY(sr_watch_take(v->watch, 0, v->count, err));
    SR_TRY(
        sr_pool_new(SR_BODY_SEGMENT_BYTES, POOL_SEGMENTS_WANTED, POOL_SEGMENTS_MIN, &v->pool, err));
    v->bodies = calloc(v->count + 1, sizeof(struct sr_room_body *));
    if (v->bodies == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "open a version");
    }
    for (size_t i = 0; i < v->count; i++) {
        SR_TRY(sr_room_open_body(room, v->permit, &v->files[i], v->pool, &v->bodies[i], err));
    }
    return SR_OK;
}

enum strongroom_status strongroom_version_open(struct strongroom_room *room, const char *ref,
                                               struct strongroom_version **out,
                                               struct strongroom_error *error)
{
    struct sr_err err = {0};
    if (room == NULL || ref == NULL || out == NULL) {
        return finish(sr_fail(&err, SR_USAGE, "an argument is NULL"), &err, error);
    }
    struct strongroom_version *v = calloc(1, sizeof *v);
    if (v == NULL) {
        return finish(sr_fail(&err, SR_NO_MEMORY, "open a version"), &err, error);
    }
    enum sr_status status = open_version(room->room, ref, v, &err);
    if (status != SR_OK) {
        strongroom_version_close(v);
        return finish(status, &err, error);
    }
    *out = v;
    return finish(SR_OK, NULL, error);
}

const char *strongroom_version_name(const struct strongroom_version *version)
{
    return version->facts.name;
}

uint64_t strongroom_version_number(const struct strongroom_version *version)
{
    return version->facts.number;
}

void strongroom_version_digest(const struct strongroom_version *version, uint8_t out[32])
{
    memcpy(out, version->facts.digest, sizeof version->facts.digest);
}

size_t strongroom_file_count(const struct strongroom_version *version)
{
    return version->count;
}

enum strongroom_status strongroom_file_at(const struct strongroom_version *version, size_t index,
                                          struct strongroom_file *out)
{
    if (index >= version->count) {
        return STRONGROOM_NOT_FOUND;
    }
    const struct sr_catalog_file *file = &version->files[index];
    *out = (struct strongroom_file){.path = file->path,
                                    .kind = sr_file_kind_name(file->facts.kind),
                                    .bytes = file->facts.plain_bytes,
                                    .tensor_count = file->facts.tensor_count};
    memcpy(out->sha256, file->facts.sha256, sizeof out->sha256);
    return STRONGROOM_OK;
}

enum strongroom_status strongroom_file_find(const struct strongroom_version *version,
                                            const char *path, size_t *out_index)
{
    for (size_t i = 0; i < version->count; i++) {
        if (strcmp(version->files[i].path, path) == 0) {
            *out_index = i;
            return STRONGROOM_OK;
        }
    }
    return STRONGROOM_NOT_FOUND;
}

/* Only while the permit holds, and only as much as it allows; then nothing is decrypted. */
static enum sr_status read_body(const struct strongroom_version *v, size_t file, uint64_t offset,
                                void *out, size_t len, struct sr_err *err)
{
    SR_TRY(sr_watch_go_on(v->watch, err));
    SR_TRY(sr_watch_take(v->watch, len, 0, err));
    enum sr_status status = sr_body_read(sr_room_body_view(v->bodies[file]), offset, out, len, err);
    if (status != SR_OK) {
        sr_watch_give_back(v->watch, len, 0);
        return sr_context(err, status, "'%s'", v->files[file].path);
    }
    atomic_fetch_add(v->served, len);
    return SR_OK;
}

enum strongroom_status strongroom_read(const struct strongroom_version *version, size_t file,
                                       uint64_t offset, void *out, size_t len,
                                       struct strongroom_error *error)
{
    struct sr_err err = {0};
    if (file >= version->count) {
        return finish(sr_fail(&err, SR_NOT_FOUND, "no file number %zu", file), &err, error);
    }
    return finish(read_body(version, file, offset, out, len, &err), &err, error);
}

/* Names in a tensor index are followed by a NUL (formats/tensors.h). */
static struct strongroom_tensor translate(size_t file, const struct sr_tensor *tensor)
{
    return (struct strongroom_tensor){.name = (const char *)tensor->name.ptr,
                                      .dtype = tensor->dtype,
                                      .shape = tensor->shape,
                                      .rank = tensor->rank,
                                      .file = file,
                                      .offset = tensor->begin,
                                      .bytes = tensor->end - tensor->begin};
}

static const struct sr_tensors *tensors_of(const struct strongroom_version *version, size_t file)
{
    return sr_body_tensors(sr_room_body_view(version->bodies[file]));
}

enum strongroom_status strongroom_tensor_at(const struct strongroom_version *version, size_t file,
                                            uint64_t index, struct strongroom_tensor *out)
{
    if (file >= version->count || index >= sr_tensors_count(tensors_of(version, file))) {
        return STRONGROOM_NOT_FOUND;
    }
    struct sr_tensor tensor = sr_tensors_at(tensors_of(version, file), (size_t)index);
    *out = translate(file, &tensor);
    return STRONGROOM_OK;
}

enum strongroom_status strongroom_tensor_find(const struct strongroom_version *version,
                                              const char *name, struct strongroom_tensor *out)
{
    size_t found = 0;
    struct strongroom_tensor hit;
    for (size_t i = 0; i < version->count; i++) {
        struct sr_tensor tensor;
        if (sr_tensors_find(tensors_of(version, i), sr_text_view(name), &tensor)) {
            hit = translate(i, &tensor);
            found++;
        }
    }
    if (found != 1) {
        return found == 0 ? STRONGROOM_NOT_FOUND : STRONGROOM_CONFLICT;
    }
    *out = hit;
    return STRONGROOM_OK;
}

enum strongroom_status strongroom_tensor_read(const struct strongroom_version *version,
                                              const struct strongroom_tensor *tensor, void *out,
                                              struct strongroom_error *error)
{
    return strongroom_read(version, tensor->file, tensor->offset, out, (size_t)tensor->bytes,
                           error);
}
