/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/room_key.h"

#include <assert.h>
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

#define FILE_BYTES_MAX 4096
#define FORMAT 1
#define WRAPS_MAX 2 /* by the root key, and while a rotation runs by the next */
#define LOCK_WAIT_MS 2000
#define AAD_BYTES_MAX 64

/* The seed as the file has it. */
struct wraps {
    struct sr_wrapped list[WRAPS_MAX];
    size_t count;
};

/* The names of the list in the header: in files and in associated data, so they never change. */
static const char *const NAMES[SR_ROOM_KEY_COUNT] = {
    [SR_ROOM_KEY_SIGNING] = "signing",
    [SR_ROOM_KEY_TRANSPORT] = "transport",
    [SR_ROOM_KEY_LEDGER] = "ledger",
};

/* One key of one room. */
struct key {
    const struct sr_room *room;
    char file[32]; /* in the room's folder */
    char path[PATH_MAX];
    /* What the wrapped seed is for: unwrapping needs the same, so no other key can be put here. */
    uint8_t aad[AAD_BYTES_MAX];
    size_t aad_bytes;
};

static void key_file(enum sr_room_key which, char out[32])
{
    assert(which < SR_ROOM_KEY_COUNT);
    (void)snprintf(out, 32, "keys/%s.key", NAMES[which]);
}

static enum sr_status key_of(const struct sr_room *r, enum sr_room_key which, struct key *out,
                             struct sr_err *err)
{
    out->room = r;
    key_file(which, out->file);
    int bytes = snprintf(out->path, sizeof out->path, "%s/%s", r->dir, out->file);
    if (bytes <= 0 || (size_t)bytes >= sizeof out->path) {
        return sr_fail(err, SR_TOO_LARGE, "the path of the room is too long");
    }
    bytes = snprintf((char *)out->aad, AAD_BYTES_MAX - SR_ID_BYTES, "strongroom %s key v1",
                     NAMES[which]);
    memcpy(out->aad + bytes, r->facts.id.bytes, SR_ID_BYTES);
    out->aad_bytes = (size_t)bytes + SR_ID_BYTES;
    return SR_OK;
}

static struct sr_bytes aad_of(const struct key *k)
{
    return sr_bytes(k->aad, k->aad_bytes);
}

bool sr_room_key_exists(const struct sr_room *r, enum sr_room_key which)
{
    char file[32];
    key_file(which, file);
    return faccessat(r->dir_fd, file, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
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

static enum sr_status decode_wrap(struct sr_json_value value, const char *file,
                                  struct sr_wrapped *out, struct sr_err *err)
{
    static const char *const MEMBERS[] = {"key", "wrapped", NULL};
    struct sr_bytes key;
    struct sr_bytes wrapped;
    SR_TRY(sr_members_check(value, file, MEMBERS, err));
    SR_TRY(sr_members_string(value, file, "key", &key, err));
    SR_TRY(sr_members_string(value, file, "wrapped", &wrapped, err));
    out->len = wrapped.len / 2;
    if (out->len > sizeof out->bytes ||
        sr_text_unhex(key, out->key_id.bytes, SR_ID_BYTES) != SR_OK ||
        sr_text_unhex(wrapped, out->bytes, out->len) != SR_OK) {
        return sr_fail(err, SR_MALFORMED, "%s: not hexadecimal digits, or too many", file);
    }
    return SR_OK;
}

static enum sr_status decode(struct sr_bytes text, const char *file, struct wraps *out,
                             struct sr_err *err)
{
    static const char *const MEMBERS[] = {"format", "wraps", NULL};
    SR_AUTO(sr_json) j = NULL;
    struct sr_json_value format;
    struct sr_json_value list;
    SR_TRY(sr_json_decode(text, 3, &j, err));
    struct sr_json_value root = sr_json_root(j);
    SR_TRY(sr_members_check(root, file, MEMBERS, err));
    SR_TRY(sr_members_get(root, file, "format", SR_JSON_INTEGER, &format, err));
    SR_TRY(sr_members_get(root, file, "wraps", SR_JSON_ARRAY, &list, err));
    size_t count = sr_json_count(list);
    if (sr_json_integer(format) != FORMAT || count == 0 || count > WRAPS_MAX) {
        return sr_fail(err, SR_MALFORMED, "%s: another format, or not 1 or 2 wraps", file);
    }
    for (; out->count < count; out->count++) {
        SR_TRY(decode_wrap(sr_json_at(list, out->count), file, &out->list[out->count], err));
    }
    return SR_OK;
}

static enum sr_status load(const struct key *k, struct sr_buf *text, struct wraps *out,
                           struct sr_err *err)
{
    SR_TRY(sr_private_file_read(k->path, FILE_BYTES_MAX, text, err));
    enum sr_status status = decode(sr_buf_view(text), k->file, out, err);
    return status == SR_MALFORMED || status == SR_TOO_LARGE
               ? sr_context(err, SR_CORRUPT, "a key of the room")
               : status;
}

/* Unwrap the seed with whichever root key there is. */
static enum sr_status open_seed(const struct key *k, struct sr_wrapper *wrapper,
                                const struct wraps *wraps, struct sr_secret **out,
                                struct sr_err *err)
{
    enum sr_status status = SR_CORRUPT;
    for (size_t i = 0; i < wraps->count && status == SR_CORRUPT; i++) {
        status = sr_wrapper_unwrap(wrapper, &wraps->list[i], aad_of(k), out, err);
    }
    if (status == SR_OK && sr_secret_len(*out) != SR_ROOM_KEY_SEED_BYTES) {
        sr_secret_free(SR_TAKE(*out));
        status = sr_fail(err, SR_CORRUPT, "the seed has another length");
    }
    return status == SR_OK ? SR_OK : sr_context(err, status, "%s", k->file);
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

enum sr_status sr_room_key_find(struct sr_room *r, enum sr_room_key which, struct sr_secret **out,
                                struct sr_err *err)
{
    SR_AUTO(sr_buf) text = NULL;
    SR_AUTO(sr_secret) seed = NULL;
    struct wraps wraps = {0};
    struct key k;
    SR_TRY(sr_room_need_keys(r, err));
    SR_TRY(key_of(r, which, &k, err));
    SR_TRY(sr_buf_new(FILE_BYTES_MAX, &text));
    SR_TRY(load(&k, text, &wraps, err));
    enum sr_status status = open_seed(&k, r->wrapper, &wraps, &seed, err);
    if (status == SR_CORRUPT) {
        SR_TRY(check_root(r, err)); /* or it is the key we have that is old */
    }
    SR_TRY(status);
    *out = SR_TAKE(seed);
    return SR_OK;
}

static enum sr_status make(struct sr_room *r, const struct key *k, struct sr_err *err)
{
    SR_AUTO_FD lock = -1;
    SR_AUTO(sr_buf) text = NULL;
    SR_AUTO(sr_secret) seed = NULL;
    struct wraps wraps = {.count = 1};
    /* No rotation may begin before the new file is there for it to wrap anew. */
    SR_TRY(
        sr_folder_lock(r->dir_fd, SR_ROOM_LOCK_FILE, SR_LOCK_EXCLUSIVE, LOCK_WAIT_MS, &lock, err));
    SR_TRY(check_root(r, err));
    SR_TRY(sr_rand_secret(SR_ROOM_KEY_SEED_BYTES, &seed, err));
    SR_TRY(sr_wrapper_wrap(r->wrapper, seed, aad_of(k), &wraps.list[0], err));
    SR_TRY(sr_buf_new(FILE_BYTES_MAX, &text));
    SR_TRY(encode(&wraps, text));
    enum sr_status status = sr_private_file_create(k->path, sr_buf_view(text), err);
    /* Another process was quicker: then it is that one. */
    return status == SR_CONFLICT ? SR_OK : status;
}

enum sr_status sr_room_key_open(struct sr_room *r, enum sr_room_key which, struct sr_secret **out,
                                struct sr_err *err)
{
    struct key k;
    enum sr_status status = sr_room_key_find(r, which, out, err);
    if (status != SR_NOT_FOUND) {
        return status;
    }
    SR_TRY(key_of(r, which, &k, err));
    SR_TRY(make(r, &k, err));
    return sr_room_key_find(r, which, out, err);
}

static enum sr_status rewrap(const struct key *k, struct sr_wrapper *wrapper, struct sr_err *err)
{
    SR_AUTO(sr_buf) before = NULL;
    SR_AUTO(sr_buf) after = NULL;
    SR_AUTO(sr_secret) seed = NULL;
    struct wraps old = {0};
    struct wraps new = {.count = 1};
    SR_TRY(sr_buf_new(FILE_BYTES_MAX, &before));
    SR_TRY(sr_buf_new(FILE_BYTES_MAX, &after));
    SR_TRY(load(k, before, &old, err));
    SR_TRY(open_seed(k, wrapper, &old, &seed, err));
    SR_TRY(sr_wrapper_wrap(wrapper, seed, aad_of(k), &new.list[0], err));
    /* Of two old forms one is by a root key that is gone: keep the one that opens. */
    for (size_t i = 0; i < old.count && new.count == 1; i++) {
        SR_AUTO(sr_secret) same = NULL;
        if (sr_wrapper_unwrap(wrapper, &old.list[i], aad_of(k), &same, NULL) == SR_OK) {
            new.list[1] = old.list[i];
            new.count = 2;
        }
    }
    SR_TRY(encode(&new, after));
    return sr_private_file_replace(k->path, sr_buf_view(before), sr_buf_view(after), err);
}

enum sr_status sr_room_key_rewrap_all(struct sr_room *r, struct sr_wrapper *wrapper,
                                      struct sr_err *err)
{
    for (unsigned i = 0; i < SR_ROOM_KEY_COUNT; i++) {
        struct key k;
        if (sr_room_key_exists(r, (enum sr_room_key)i)) {
            SR_TRY(key_of(r, (enum sr_room_key)i, &k, err));
            SR_TRY(rewrap(&k, wrapper, err));
        }
    }
    return SR_OK;
}
