/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/room_signature.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/folder.h"
#include "custody/room_impl.h"
#include "custody/signing_key.h"
#include "custody/verify.h"
#include "formats/members.h"

#define FOLDER "signatures"
#define NAME_BYTES (SR_ID_TEXT_BYTES + sizeof ".publisher")
#define PUBLISHER_BYTES_MAX 16384

static void free_resources(struct sr_oms_resource **resources)
{
    free(*resources);
}

/* "<version><suffix>" */
static void name_of(const struct sr_id *version, const char *suffix, char out[NAME_BYTES])
{
    char id[SR_ID_TEXT_BYTES];
    sr_text_hex(sr_bytes(version->bytes, SR_ID_BYTES), id);
    (void)snprintf(out, NAME_BYTES, "%s%s", id, suffix);
}

static bool has_file(const struct sr_catalog_file *files, size_t count, const char *path)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(files[i].path, path) == 0) {
            return true;
        }
    }
    return false;
}

const char *sr_room_signature_name(const struct sr_catalog_file *files, size_t count)
{
    /* A copy that went through rooms before has signatures of these. */
    static const char *const NAMES[] = {"model.sig", "strongroom.sig", "strongroom-2.sig",
                                        "strongroom-3.sig"};
    size_t i = 0;
    while (i + 1 < sizeof NAMES / sizeof NAMES[0] && has_file(files, count, NAMES[i])) {
        i++;
    }
    return NAMES[i];
}

static enum sr_status write_file(struct sr_room *r, const char *name, struct sr_bytes data,
                                 struct sr_err *err)
{
    SR_AUTO_FD folder = -1;
    SR_TRY(sr_folder_make(r->dir_fd, FOLDER, err));
    SR_TRY(sr_folder_open(r->dir_fd, FOLDER, &folder, err));
    return sr_folder_write_file(folder, name, data, err);
}

static enum sr_status read_file(struct sr_room *r, const char *name, struct sr_buf *out,
                                struct sr_err *err)
{
    SR_AUTO_FD folder = -1;
    SR_TRY(sr_folder_open(r->dir_fd, FOLDER, &folder, err));
    return sr_folder_read_file(folder, name, out, err);
}

/* Remove what is kept of the publisher's signature, or of both. */
static enum sr_status remove_files(struct sr_room *r, const struct sr_id *version, bool both,
                                   struct sr_err *err)
{
    SR_AUTO_FD folder = -1;
    char name[NAME_BYTES];
    enum sr_status status = sr_folder_open(r->dir_fd, FOLDER, &folder, err);
    if (status == SR_NOT_FOUND) {
        return SR_OK;
    }
    SR_TRY(status);
    name_of(version, ".publisher", name);
    SR_TRY(sr_folder_remove_file(folder, name, err));
    name_of(version, ".sig", name);
    return both ? sr_folder_remove_file(folder, name, err) : SR_OK;
}

/* errors  INTERNAL, NO_MEMORY */
static enum sr_status describe(const struct sr_catalog_file *files, size_t count,
                               struct sr_oms_statement *s, struct sr_err *err)
{
    s->resources = calloc(count, sizeof *s->resources);
    if (s->resources == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory to sign a version");
    }
    s->resource_count = count;
    for (size_t i = 0; i < count; i++) {
        s->resources[i].name = sr_text_view(files[i].path);
        memcpy(s->resources[i].digest, files[i].facts.sha256, SR_SHA256_BYTES);
    }
    enum sr_status status = sr_verify_digest(files, count, s->root);
    return status == SR_OK ? SR_OK : sr_fail(err, status, "cannot compute a version's digest");
}

enum sr_status sr_room_signature_make(struct sr_room *r, const struct sr_id *version,
                                      const struct sr_catalog_file *files, size_t count,
                                      struct sr_err *err)
{
    if (!sr_signing_key_exists(r)) {
        return SR_OK;
    }
    SR_AUTO(sr_signer) signer = NULL;
    SR_AUTO(sr_buf) bundle = NULL;
    SR_CLEANUP(free_resources) struct sr_oms_resource *resources = NULL;
    struct sr_catalog_version facts;
    char name[NAME_BYTES];
    struct sr_bytes ignored = sr_text_view(sr_room_signature_name(files, count));
    struct sr_oms_statement statement = {.ignored = &ignored, .ignored_count = 1};
    SR_TRY(sr_signing_key_find(r, &signer, err));
    SR_TRY(sr_catalog_version_by_id(r->catalog, version, &facts, err));
    statement.subject = sr_text_view(facts.name);
    SR_TRY(describe(files, count, &statement, err));
    resources = statement.resources;
    SR_TRY(sr_buf_new(SR_OMS_BUNDLE_BYTES_MAX, &bundle));
    SR_TRY(sr_signature_sign(&statement, signer, NULL, bundle, err));
    name_of(version, ".sig", name);
    return write_file(r, name, sr_buf_view(bundle), err);
}

enum sr_status sr_room_signature_load(struct sr_room *r, const struct sr_id *version,
                                      struct sr_buf *out, struct sr_err *err)
{
    char name[NAME_BYTES];
    name_of(version, ".sig", name);
    return read_file(r, name, out, err);
}

static bool is_over(const struct sr_oms_statement *s, const struct sr_catalog_file *files,
                    size_t count)
{
    if (s->method != SR_OMS_FILES || s->hash != SR_OMS_SHA256 || s->resource_count != count) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!sr_text_equal(s->resources[i].name, sr_text_view(files[i].path)) ||
            memcmp(s->resources[i].digest, files[i].facts.sha256, SR_SHA256_BYTES) != 0) {
            return false;
        }
    }
    return true;
}

enum sr_status sr_room_signature_check(struct sr_room *r, const struct sr_id *version,
                                       const struct sr_catalog_file *files, size_t count,
                                       bool *out_is_signed, struct sr_err *err)
{
    SR_AUTO(sr_signer) signer = NULL;
    SR_AUTO(sr_buf) bundle = NULL;
    SR_AUTO(sr_oms_statement) statement = NULL;
    struct sr_signature_result result = {0};
    SR_TRY(sr_buf_new(SR_OMS_BUNDLE_BYTES_MAX, &bundle));
    enum sr_status status = sr_room_signature_load(r, version, bundle, err);
    if (status == SR_NOT_FOUND) {
        *out_is_signed = false;
        return SR_OK;
    }
    SR_TRY(status);
    status = sr_signing_key_find(r, &signer, err);
    if (status == SR_NOT_FOUND) {
        return sr_fail(err, SR_CORRUPT, "the version is signed, and the room has no signing key");
    }
    SR_TRY(status);
    struct sr_signature_trust trust = {.key = signer->public_key};
    status = sr_signature_open(sr_buf_view(bundle), &trust, &result, &statement, err);
    if (status != SR_OK && status != SR_NO_MEMORY && status != SR_INTERNAL) {
        return sr_context(err, SR_CORRUPT, "the room's signature of the version");
    }
    SR_TRY(status);
    if (!is_over(statement, files, count)) {
        return sr_fail(err, SR_CORRUPT, "the room's signature is of other files than the catalog");
    }
    *out_is_signed = true;
    return SR_OK;
}

enum sr_status sr_room_signature_hint(struct sr_room *r, const struct sr_id *version,
                                      char out[SR_OMS_HINT_BYTES])
{
    SR_AUTO(sr_buf) text = NULL;
    SR_AUTO(sr_oms_bundle) bundle = NULL;
    out[0] = '\0';
    SR_TRY(sr_buf_new(SR_OMS_BUNDLE_BYTES_MAX, &text));
    if (sr_room_signature_load(r, version, text, NULL) == SR_OK &&
        sr_oms_bundle_decode(sr_buf_view(text), &bundle, NULL) == SR_OK) {
        memcpy(out, bundle->hint, SR_OMS_HINT_BYTES);
    }
    return SR_OK;
}

static enum sr_status put_text(struct sr_json_writer *w, const char *key, const char *text)
{
    SR_TRY(sr_json_key(w, key));
    return sr_json_put_string(w, sr_text_view(text));
}

enum sr_status sr_room_publisher_store(struct sr_room *r, const struct sr_id *version,
                                       const struct sr_publisher *publisher, struct sr_err *err)
{
    SR_AUTO(sr_buf) text = NULL;
    char name[NAME_BYTES];
    name_of(version, ".publisher", name);
    if (publisher->state == SR_PUBLISHER_NONE) {
        return remove_files(r, version, false, err);
    }
    SR_TRY(sr_buf_new(PUBLISHER_BYTES_MAX, &text));
    struct sr_json_writer w = {.out = text};
    SR_TRY(sr_json_open_object(&w));
    SR_TRY(put_text(&w, "state", sr_publisher_state_name(publisher->state)));
    SR_TRY(put_text(&w, "file", publisher->file));
    SR_TRY(put_text(&w, "key_hint", publisher->hint));
    SR_TRY(put_text(&w, "signer", publisher->signer));
    SR_TRY(sr_json_close_object(&w));
    SR_TRY(sr_buf_append(text, sr_text_view("\n")));
    return write_file(r, name, sr_buf_view(text), err);
}

/* A text member that fits out with its NUL. */
static enum sr_status get_text(struct sr_json_value object, const char *key, char *out,
                               size_t out_bytes, struct sr_err *err)
{
    struct sr_bytes text;
    SR_TRY(sr_members_string(object, "publisher", key, &text, err));
    if (text.len >= out_bytes) {
        return sr_fail(err, SR_MALFORMED, "publisher: %s: too long", key);
    }
    memcpy(out, text.ptr, text.len);
    out[text.len] = '\0';
    return SR_OK;
}

static enum sr_status decode_publisher(struct sr_bytes text, struct sr_publisher *out,
                                       struct sr_err *err)
{
    static const char *const MEMBERS[] = {"state", "file", "key_hint", "signer", NULL};
    SR_AUTO(sr_json) j = NULL;
    struct sr_bytes state;
    SR_TRY(sr_json_decode(text, 1, &j, err));
    struct sr_json_value root = sr_json_root(j);
    SR_TRY(sr_members_check(root, "publisher", MEMBERS, err));
    SR_TRY(sr_members_string(root, "publisher", "state", &state, err));
    SR_TRY(get_text(root, "file", out->file, sizeof out->file, err));
    SR_TRY(get_text(root, "key_hint", out->hint, sizeof out->hint, err));
    SR_TRY(get_text(root, "signer", out->signer, sizeof out->signer, err));
    for (out->state = SR_PUBLISHER_NONE; out->state <= SR_PUBLISHER_VERIFIED; out->state++) {
        if (sr_text_equal(state, sr_text_view(sr_publisher_state_name(out->state)))) {
            return SR_OK;
        }
    }
    return sr_fail(err, SR_MALFORMED, "publisher: state: not one of its words");
}

enum sr_status sr_room_publisher_load(struct sr_room *r, const struct sr_id *version,
                                      struct sr_publisher *out, struct sr_err *err)
{
    SR_AUTO(sr_buf) text = NULL;
    struct sr_publisher found = {0};
    char name[NAME_BYTES];
    name_of(version, ".publisher", name);
    SR_TRY(sr_buf_new(PUBLISHER_BYTES_MAX, &text));
    enum sr_status status = read_file(r, name, text, err);
    if (status == SR_NOT_FOUND) {
        *out = found;
        return SR_OK;
    }
    if (status == SR_OK) {
        status = decode_publisher(sr_buf_view(text), &found, err);
    }
    if (status == SR_MALFORMED || status == SR_TOO_LARGE) {
        return sr_context(err, SR_CORRUPT, "what the room kept of a publisher's signature");
    }
    SR_TRY(status);
    *out = found;
    return SR_OK;
}

enum sr_status sr_room_signature_remove(struct sr_room *r, const struct sr_id *version,
                                        struct sr_err *err)
{
    return remove_files(r, version, true, err);
}
