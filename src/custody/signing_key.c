/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/signing_key.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/folder.h"
#include "crypto/rand.h"
#include "custody/room_impl.h"
#include "formats/members.h"
#include "keys/private_file.h"

#define FILE_NAME "keys/signing.key"
#define FILE_BYTES_MAX 4096
#define FORMAT 1
#define WRAPS_MAX 2 /* by the root key, and while a rotation runs by the next */
#define LOCK_WAIT_MS 2000
#define AAD_LABEL "strongroom signing key v1"

/* The seed as the file has it. */
struct wraps {
    struct sr_wrapped list[WRAPS_MAX];
    size_t count;
};

/* What the wrapped seed is for: unwrapping needs the same, so no other key can be put here. */
struct aad {
    uint8_t bytes[sizeof AAD_LABEL - 1 + SR_ID_BYTES];
};

static struct aad aad_of(const struct sr_room *r)
{
    struct aad aad;
    memcpy(aad.bytes, AAD_LABEL, sizeof AAD_LABEL - 1);
    memcpy(aad.bytes + sizeof AAD_LABEL - 1, r->facts.id.bytes, SR_ID_BYTES);
    return aad;
}

static enum sr_status place(const struct sr_room *r, char out[PATH_MAX], struct sr_err *err)
{
    int bytes = snprintf(out, PATH_MAX, "%s/" FILE_NAME, r->dir);
    return bytes > 0 && bytes < PATH_MAX
               ? SR_OK
               : sr_fail(err, SR_TOO_LARGE, "the path of the room is too long");
}

bool sr_signing_key_exists(const struct sr_room *r)
{
    return faccessat(r->dir_fd, FILE_NAME, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static enum sr_status encode(const struct wraps *wraps, struct sr_buf *out)
{
    struct sr_json_writer w = {.out = out};
    SR_TRY(sr_json_open_object(&w));
    SR_TRY(sr_json_key(&w, "format"));
    SR_TRY(sr_json_put_u64(&w, FORMAT));
    SR_TRY(sr_json_key(&w, "wraps"));
    SR_TRY(sr_json_open_array(&w));
    for (size_t i = 0; i < wraps->count; i++) {
        const struct sr_wrapped *one = &wraps->list[i];
        SR_TRY(sr_json_open_object(&w));
        SR_TRY(sr_json_key(&w, "key"));
        SR_TRY(sr_json_put_hex(&w, sr_bytes(one->key_id.bytes, SR_ID_BYTES)));
        SR_TRY(sr_json_key(&w, "wrapped"));
        SR_TRY(sr_json_put_hex(&w, sr_bytes(one->bytes, one->len)));
        SR_TRY(sr_json_close_object(&w));
    }
    SR_TRY(sr_json_close_array(&w));
    SR_TRY(sr_json_close_object(&w));
    return sr_buf_append(out, sr_text_view("\n"));
}

static enum sr_status decode_wrap(struct sr_json_value value, struct sr_wrapped *out,
                                  struct sr_err *err)
{
    static const char *const MEMBERS[] = {"key", "wrapped", NULL};
    struct sr_bytes key;
    struct sr_bytes wrapped;
    SR_TRY(sr_members_check(value, FILE_NAME, MEMBERS, err));
    SR_TRY(sr_members_string(value, FILE_NAME, "key", &key, err));
    SR_TRY(sr_members_string(value, FILE_NAME, "wrapped", &wrapped, err));
    out->len = wrapped.len / 2;
    if (out->len > sizeof out->bytes ||
        sr_text_unhex(key, out->key_id.bytes, SR_ID_BYTES) != SR_OK ||
        sr_text_unhex(wrapped, out->bytes, out->len) != SR_OK) {
        return sr_fail(err, SR_MALFORMED, FILE_NAME ": not hexadecimal digits, or too many");
    }
    return SR_OK;
}

static enum sr_status decode(struct sr_bytes text, struct wraps *out, struct sr_err *err)
{
    static const char *const MEMBERS[] = {"format", "wraps", NULL};
    SR_AUTO(sr_json) j = NULL;
    struct sr_json_value format;
    struct sr_json_value list;
    SR_TRY(sr_json_decode(text, 3, &j, err));
    struct sr_json_value root = sr_json_root(j);
    SR_TRY(sr_members_check(root, FILE_NAME, MEMBERS, err));
    SR_TRY(sr_members_get(root, FILE_NAME, "format", SR_JSON_INTEGER, &format, err));
    SR_TRY(sr_members_get(root, FILE_NAME, "wraps", SR_JSON_ARRAY, &list, err));
    size_t count = sr_json_count(list);
    if (sr_json_integer(format) != FORMAT || count == 0 || count > WRAPS_MAX) {
        return sr_fail(err, SR_MALFORMED, FILE_NAME ": another format, or not 1 or 2 wraps");
    }
    for (; out->count < count; out->count++) {
        SR_TRY(decode_wrap(sr_json_at(list, out->count), &out->list[out->count], err));
    }
    return SR_OK;
}

static enum sr_status load(const struct sr_room *r, struct sr_buf *text, struct wraps *out,
                           struct sr_err *err)
{
    char path[PATH_MAX];
    SR_TRY(place(r, path, err));
    SR_TRY(sr_private_file_read(path, FILE_BYTES_MAX, text, err));
    enum sr_status status = decode(sr_buf_view(text), out, err);
    return status == SR_MALFORMED || status == SR_TOO_LARGE
               ? sr_context(err, SR_CORRUPT, "the room's signing key")
               : status;
}

/* Unwrap the seed with whichever root key there is. */
static enum sr_status open_seed(const struct sr_room *r, struct sr_wrapper *wrapper,
                                const struct wraps *wraps, struct sr_secret **out,
                                struct sr_err *err)
{
    struct aad aad = aad_of(r);
    enum sr_status status = SR_CORRUPT;
    for (size_t i = 0; i < wraps->count && status == SR_CORRUPT; i++) {
        status = sr_wrapper_unwrap(wrapper, &wraps->list[i], sr_bytes(aad.bytes, sizeof aad.bytes),
                                   out, err);
    }
    return status == SR_OK ? SR_OK : sr_context(err, status, "the room's signing key");
}

/* That the root key we have is the one that stays. */
static enum sr_status check_root(struct sr_room *r, struct sr_err *err)
{
    SR_AUTO(sr_secret) kek = NULL;
    struct sr_group group;
    struct sr_id newest;
    size_t generations = 0;
    SR_TRY(sr_room_first_group(r, &group, &kek, err));
    sr_wrapper_current(r->wrapper, &newest, &generations);
    return generations == 1 && sr_text_id_equal(&newest, &group.wrapped.key_id)
               ? SR_OK
               : sr_fail(err, SR_CONFLICT,
                         "the keys were rotated since the room was opened; open it again");
}

enum sr_status sr_signing_key_find(struct sr_room *r, struct sr_signer **out, struct sr_err *err)
{
    SR_AUTO(sr_buf) text = NULL;
    SR_AUTO(sr_secret) seed = NULL;
    struct wraps wraps = {0};
    SR_TRY(sr_room_need_keys(r, err));
    SR_TRY(sr_buf_new(FILE_BYTES_MAX, &text));
    SR_TRY(load(r, text, &wraps, err));
    enum sr_status status = open_seed(r, r->wrapper, &wraps, &seed, err);
    if (status == SR_CORRUPT) {
        SR_TRY(check_root(r, err)); /* or it is the key we have that is old */
    }
    SR_TRY(status);
    return sr_signer_from_seed(seed, out, err);
}

static enum sr_status make(struct sr_room *r, struct sr_err *err)
{
    SR_AUTO_FD lock = -1;
    SR_AUTO(sr_buf) text = NULL;
    SR_AUTO(sr_secret) seed = NULL;
    struct aad aad = aad_of(r);
    struct wraps wraps = {.count = 1};
    char path[PATH_MAX];
    SR_TRY(place(r, path, err));
    /* No rotation may begin before the new file is there for it to wrap anew. */
    SR_TRY(
        sr_folder_lock(r->dir_fd, SR_ROOM_LOCK_FILE, SR_LOCK_EXCLUSIVE, LOCK_WAIT_MS, &lock, err));
    SR_TRY(check_root(r, err));
    SR_TRY(sr_rand_secret(SR_SIGN_SEED_BYTES, &seed, err));
    SR_TRY(sr_wrapper_wrap(r->wrapper, seed, sr_bytes(aad.bytes, sizeof aad.bytes), &wraps.list[0],
                           err));
    SR_TRY(sr_buf_new(FILE_BYTES_MAX, &text));
    SR_TRY(encode(&wraps, text));
    enum sr_status status = sr_private_file_create(path, sr_buf_view(text), err);
    /* Another process was quicker: then it is that one. */
    return status == SR_CONFLICT ? SR_OK : status;
}

enum sr_status sr_signing_key_open(struct sr_room *r, struct sr_signer **out, struct sr_err *err)
{
    enum sr_status status = sr_signing_key_find(r, out, err);
    if (status != SR_NOT_FOUND) {
        return status;
    }
    SR_TRY(make(r, err));
    return sr_signing_key_find(r, out, err);
}

enum sr_status sr_signing_key_rewrap(struct sr_room *r, struct sr_wrapper *wrapper,
                                     struct sr_err *err)
{
    SR_AUTO(sr_buf) before = NULL;
    SR_AUTO(sr_buf) after = NULL;
    SR_AUTO(sr_secret) seed = NULL;
    struct aad aad = aad_of(r);
    struct wraps old = {0};
    struct wraps new = {0};
    char path[PATH_MAX];
    if (!sr_signing_key_exists(r)) {
        return SR_OK;
    }
    SR_TRY(place(r, path, err));
    SR_TRY(sr_buf_new(FILE_BYTES_MAX, &before));
    SR_TRY(sr_buf_new(FILE_BYTES_MAX, &after));
    SR_TRY(load(r, before, &old, err));
    SR_TRY(open_seed(r, wrapper, &old, &seed, err));
    SR_TRY(
        sr_wrapper_wrap(wrapper, seed, sr_bytes(aad.bytes, sizeof aad.bytes), &new.list[0], err));
    /* Of two old forms one is by a root key that is gone: keep the one that opens. */
    for (size_t i = 0; i < old.count && new.count == 0; i++) {
        SR_AUTO(sr_secret) same = NULL;
        if (sr_wrapper_unwrap(wrapper, &old.list[i], sr_bytes(aad.bytes, sizeof aad.bytes), &same,
                              NULL) == SR_OK) {
            new.list[1] = old.list[i];
            new.count = 2;
        }
    }
    SR_TRY(encode(&new, after));
    return sr_private_file_replace(path, sr_buf_view(before), sr_buf_view(after), err);
}
