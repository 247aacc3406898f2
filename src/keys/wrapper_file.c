/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wrapper driver "file": the root KEKs are in a small file, wrapped under a key that scrypt makes
 * of a passphrase. The layout is keyfile.h's; here is what the fields protect.
 *
 *     master = scrypt(passphrase, salt)
 *     check  = expand(master, "check")      is this the passphrase?
 *     seal   = expand(master, "seal" || everything before the seal)
 *     each root KEK = AES-256-GCM under expand(master, "wrap"), bound to its key id
 *
 * source  docs/formats/key-file.md (MUSTs F-n), docs/backends/wrapper-file.md
 */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/aead.h"
#include "crypto/kdf.h"
#include "crypto/rand.h"
#include "keys/keyfile.h"
#include "keys/passphrase.h"
#include "keys/private_file.h"
#include "keys/wrapper.h"

extern const struct sr_wrapper_driver sr_wrapper_file;

#define MASTER_BYTES 32
#define IV_BYTES ((size_t)SR_AEAD_IV_BYTES)
#define WRAPPED_BYTES (IV_BYTES + SR_KEK_BYTES + SR_AEAD_TAG_BYTES)

/* docs/design/0004-passphrase-cost.md */
#define LOG2_N_TYPED 17
#define LOG2_N_GENERATED SR_KEYFILE_LOG2_N_MIN

static const char LABEL_CHECK[] = "strongroom/v1/key-file/check";
static const char LABEL_SEAL[] = "strongroom/v1/key-file/seal";
static const char LABEL_WRAP[] = "strongroom/v1/key-file/wrap";
static const char LABEL_GENERATION[] = "strongroom/v1/key-file/generation";
static const char LABEL_GROUP[] = "strongroom/v1/key-file/wrapped";

/* What is in the file, with its keys. */
struct holder {
    struct sr_keyfile file;
    struct sr_secret *master;
    struct sr_secret *keks; /* file.generation_count of them, in the file's order */
};

struct file_wrapper {
    struct sr_wrapper base;
    struct holder holder;
    struct sr_buf *image; /* the file as it was read or written last */
    char *path;
};

static void holder_clear(struct holder *h)
{
    sr_secret_free(h->master);
    sr_secret_free(h->keks);
    *h = (struct holder){0};
}

static void file_close(struct sr_wrapper *w)
{
    struct file_wrapper *self = (struct file_wrapper *)w;
    holder_clear(&self->holder);
    sr_buf_free(self->image);
    free(self->path);
    free(self);
}

static void file_wrapper_free(struct file_wrapper *self)
{
    if (self != NULL) {
        file_close(&self->base);
    }
}
SR_DEFINE_AUTO(file_wrapper)

static const uint8_t *kek_view(const struct holder *h, size_t index)
{
    return sr_secret_view(h->keks) + index * SR_KEK_BYTES;
}

/* An expanded AES key is as secret as the key; sr_aead keeps it in secret memory. */
static enum sr_status wrap_key(const uint8_t key[SR_AEAD_KEY_BYTES], struct sr_bytes aad,
                               const uint8_t *plain, uint8_t out[WRAPPED_BYTES], struct sr_err *err)
{
    SR_AUTO(sr_aead) aead = NULL;
    SR_TRY(sr_aead_new(key, &aead, err));
    enum sr_status status = sr_rand_bytes(out, IV_BYTES);
    if (status == SR_OK) {
        status = sr_aead_seal(aead, out, aad, sr_bytes(plain, SR_KEK_BYTES), out + IV_BYTES,
                              out + IV_BYTES + SR_KEK_BYTES);
    }
    return status == SR_OK ? SR_OK : sr_fail(err, status, "encrypt a key");
}

/* On CORRUPT err is the caller's to fill: it knows which key this is. */
static enum sr_status unwrap_key(const uint8_t key[SR_AEAD_KEY_BYTES], struct sr_bytes aad,
                                 const uint8_t wrapped[WRAPPED_BYTES], uint8_t *out,
                                 struct sr_err *err)
{
    SR_AUTO(sr_aead) aead = NULL;
    SR_TRY(sr_aead_new(key, &aead, err));
    enum sr_status status =
        sr_aead_open(aead, wrapped, aad, sr_bytes(wrapped + IV_BYTES, SR_KEK_BYTES),
                     wrapped + IV_BYTES + SR_KEK_BYTES, out);
    return status == SR_OK || status == SR_CORRUPT ? status : sr_fail(err, status, "decrypt a key");
}

/* out = expand(master, label || rest), out_bytes of them. */
static enum sr_status derive(const struct holder *h, const char *label, struct sr_bytes rest,
                             uint8_t *out, size_t out_bytes, struct sr_err *err)
{
    const struct sr_bytes parts[] = {sr_text_view(label), rest};
    enum sr_status status =
        sr_kdf_expand(sr_bytes(sr_secret_view(h->master), MASTER_BYTES), parts, 2, out, out_bytes);
    return status == SR_OK ? SR_OK : sr_fail(err, status, "derive a key of the key file");
}

static enum sr_status derive_wrap_key(const struct holder *h, struct sr_secret **out,
                                      struct sr_err *err)
{
    SR_AUTO(sr_secret) key = NULL;
    SR_TRY(sr_secret_new(SR_AEAD_KEY_BYTES, &key, err));
    SR_TRY(derive(h, LABEL_WRAP, sr_bytes(NULL, 0), sr_secret_bytes(key), SR_AEAD_KEY_BYTES, err));
    *out = SR_TAKE(key);
    return SR_OK;
}

/* F-8: a wrapped root KEK opens only under its own key id. */
struct generation_aad {
    uint8_t bytes[sizeof LABEL_GENERATION - 1 + SR_ID_BYTES];
};

static struct generation_aad generation_aad(const struct sr_id *id)
{
    struct generation_aad aad;
    memcpy(aad.bytes, LABEL_GENERATION, sizeof LABEL_GENERATION - 1);
    memcpy(aad.bytes + sizeof LABEL_GENERATION - 1, id->bytes, SR_ID_BYTES);
    return aad;
}

/* Run scrypt; h->file has the salt and the parameters. */
static enum sr_status set_master(struct holder *h, const struct sr_secret *passphrase,
                                 struct sr_err *err)
{
    assert(h->master == NULL);

    SR_AUTO(sr_secret) master = NULL;
    SR_TRY(sr_secret_new(MASTER_BYTES, &master, err));
    enum sr_status status =
        sr_kdf_scrypt(sr_bytes(sr_secret_view(passphrase), sr_secret_len(passphrase)),
                      sr_bytes(h->file.salt, sizeof h->file.salt), h->file.log2_n, h->file.r,
                      h->file.p, sr_secret_bytes(master), MASTER_BYTES);
    if (status != SR_OK) {
        return sr_fail(err, status, "scrypt with %" PRIu64 " MiB of memory",
                       ((uint64_t)128 * h->file.r << h->file.log2_n) >> 20);
    }
    h->master = SR_TAKE(master);
    return SR_OK;
}

/* F-5: choose salt and cost for a passphrase that is new, and derive what follows from it. */
static enum sr_status set_passphrase(struct holder *h, const struct sr_secret *passphrase,
                                     struct sr_err *err)
{
    h->file.log2_n = sr_passphrase_is_generated(passphrase) ? LOG2_N_GENERATED : LOG2_N_TYPED;
    h->file.r = SR_KEYFILE_R;
    h->file.p = 1;
    enum sr_status status = sr_rand_bytes(h->file.salt, sizeof h->file.salt);
    if (status != SR_OK) {
        return sr_fail(err, status, "random bytes for a salt");
    }
    SR_TRY(set_master(h, passphrase, err));
    return derive(h, LABEL_CHECK, sr_bytes(NULL, 0), h->file.check, sizeof h->file.check, err);
}

/* F-7: is this the passphrase? Only then: is this the file that it was used to write? */
static enum sr_status check_passphrase(struct holder *h, const struct sr_secret *passphrase,
                                       struct sr_bytes image, struct sr_err *err)
{
    uint8_t mac[SR_KEYFILE_MAC_BYTES];
    SR_TRY(set_master(h, passphrase, err));
    SR_TRY(derive(h, LABEL_CHECK, sr_bytes(NULL, 0), mac, sizeof mac, err));
    if (!sr_secret_equal_bytes(sr_bytes(mac, sizeof mac), sr_bytes(h->file.check, sizeof mac))) {
        bool mistyped =
            sr_passphrase_looks_generated(passphrase) && !sr_passphrase_is_generated(passphrase);
        return sr_fail(err, SR_UNAUTHENTICATED, "this is not the passphrase%s",
                       mistyped ? "; it has a typing error" : "");
    }
    SR_TRY(derive(h, LABEL_SEAL, sr_keyfile_sealed(image), mac, sizeof mac, err));
    if (!sr_secret_equal_bytes(sr_bytes(mac, sizeof mac), sr_bytes(h->file.seal, sizeof mac))) {
        return sr_fail(err, SR_CORRUPT, "somebody without the passphrase has changed the key file");
    }
    return SR_OK;
}

static enum sr_status unwrap_generations(struct holder *h, struct sr_err *err)
{
    SR_AUTO(sr_secret) key = NULL;
    SR_AUTO(sr_secret) keks = NULL;
    SR_TRY(derive_wrap_key(h, &key, err));
    SR_TRY(sr_secret_new(SR_WRAPPER_GENERATIONS_MAX * SR_KEK_BYTES, &keks, err));
    for (size_t i = 0; i < h->file.generation_count; i++) {
        const struct sr_keyfile_generation *g = &h->file.generations[i];
        struct generation_aad aad = generation_aad(&g->id);
        enum sr_status status =
            unwrap_key(sr_secret_view(key), sr_bytes(aad.bytes, sizeof aad.bytes), g->wrapped,
                       sr_secret_bytes(keks) + i * SR_KEK_BYTES, err);
        if (status == SR_CORRUPT) {
            return sr_fail(err, SR_CORRUPT, "root key %zu does not authenticate", i);
        }
        SR_TRY(status);
    }
    h->keks = SR_TAKE(keks);
    return SR_OK;
}

/* Wrap every root KEK anew, as a new master wants; h->keks and the ids are set. */
static enum sr_status wrap_generations(struct holder *h, struct sr_err *err)
{
    SR_AUTO(sr_secret) key = NULL;
    SR_TRY(derive_wrap_key(h, &key, err));
    for (size_t i = 0; i < h->file.generation_count; i++) {
        struct sr_keyfile_generation *g = &h->file.generations[i];
        struct generation_aad aad = generation_aad(&g->id);
        SR_TRY(wrap_key(sr_secret_view(key), sr_bytes(aad.bytes, sizeof aad.bytes), kek_view(h, i),
                        g->wrapped, err));
    }
    return SR_OK;
}

/* Encode the file; its seal comes last, over the encoding of all the rest. */
static enum sr_status encode_holder(struct holder *h, struct sr_buf **out, struct sr_err *err)
{
    SR_AUTO(sr_buf) image = NULL;
    enum sr_status status = sr_buf_new(SR_KEYFILE_BYTES_MAX, &image);
    if (status == SR_OK) {
        status = sr_keyfile_encode(&h->file, image);
    }
    if (status == SR_OK) {
        SR_TRY(derive(h, LABEL_SEAL, sr_keyfile_sealed(sr_buf_view(image)), h->file.seal,
                      sizeof h->file.seal, err));
        sr_buf_clear(image);
        status = sr_keyfile_encode(&h->file, image);
    }
    if (status != SR_OK) {
        return sr_fail(err, status, "encode a key file");
    }
    *out = SR_TAKE(image);
    return SR_OK;
}

/* Add a random root KEK at the end; h->keks has room. It is not wrapped yet. */
static enum sr_status add_kek(struct holder *h, struct sr_err *err)
{
    assert(h->file.generation_count < SR_WRAPPER_GENERATIONS_MAX);

    size_t index = h->file.generation_count;
    enum sr_status status = sr_rand_id(&h->file.generations[index].id);
    if (status == SR_OK) {
        status = sr_rand_bytes(sr_secret_bytes(h->keks) + index * SR_KEK_BYTES, SR_KEK_BYTES);
    }
    if (status != SR_OK) {
        return sr_fail(err, status, "random bytes for a root key");
    }
    h->file.generation_count++;
    return SR_OK;
}

static enum sr_status file_create(const char *rest, const struct sr_secret *passphrase,
                                  struct sr_err *err)
{
    if (passphrase == NULL) {
        return sr_fail(err, SR_USAGE, "a key file needs a passphrase");
    }
    SR_CLEANUP(holder_clear) struct holder h = {0};
    SR_AUTO(sr_buf) image = NULL;
    SR_TRY(set_passphrase(&h, passphrase, err));
    SR_TRY(sr_secret_new(SR_WRAPPER_GENERATIONS_MAX * SR_KEK_BYTES, &h.keks, err));
    SR_TRY(add_kek(&h, err));
    SR_TRY(wrap_generations(&h, err));
    SR_TRY(encode_holder(&h, &image, err));
    return sr_private_file_create(rest, sr_buf_view(image), err);
}

/* Read the file and take its keys out. */
static enum sr_status load(struct file_wrapper *self, const struct sr_secret *passphrase,
                           struct sr_err *err)
{
    if (sr_buf_new(SR_KEYFILE_BYTES_MAX + 1, &self->image) != SR_OK) {
        return sr_fail(err, SR_NO_MEMORY, "read a key file");
    }
    enum sr_status status =
        sr_private_file_read(self->path, SR_KEYFILE_BYTES_MAX, self->image, err);
    if (status == SR_TOO_LARGE) {
        return sr_fail(err, SR_CORRUPT, "'%s' is too large for a key file", self->path);
    }
    SR_TRY(status);
    struct sr_bytes image = sr_buf_view(self->image);
    status = sr_keyfile_decode(image, &self->holder.file, err);
    if (status == SR_OK) {
        status = check_passphrase(&self->holder, passphrase, image, err);
    }
    if (status == SR_OK) {
        status = unwrap_generations(&self->holder, err);
    }
    return status == SR_OK ? SR_OK : sr_context(err, status, "'%s'", self->path);
}

static enum sr_status file_open(const char *rest, const struct sr_secret *passphrase,
                                struct sr_wrapper **out, struct sr_err *err)
{
    if (passphrase == NULL) {
        return sr_fail(err, SR_USAGE, "a key file needs a passphrase");
    }
    SR_AUTO(file_wrapper) self = calloc(1, sizeof *self);
    if (self == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "open a key file");
    }
    self->base.driver = &sr_wrapper_file;
    self->path = calloc(1, strlen(rest) + 1);
    if (self->path == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "open a key file");
    }
    memcpy(self->path, rest, strlen(rest));
    SR_TRY(load(self, passphrase, err));
    *out = &SR_TAKE(self)->base;
    return SR_OK;
}

/* F-9: what a key wrapped by this holder is bound to: which root KEK, and what the caller says. */
struct wrapped_aad {
    uint8_t bytes[sizeof LABEL_GROUP - 1 + SR_ID_BYTES + SR_WRAP_AAD_BYTES_MAX];
    size_t len;
};

static struct wrapped_aad wrapped_aad(const struct sr_id *id, struct sr_bytes aad)
{
    struct wrapped_aad all;
    size_t fixed = sizeof LABEL_GROUP - 1 + SR_ID_BYTES;
    memcpy(all.bytes, LABEL_GROUP, sizeof LABEL_GROUP - 1);
    memcpy(all.bytes + sizeof LABEL_GROUP - 1, id->bytes, SR_ID_BYTES);
    if (aad.len > 0) {
        memcpy(all.bytes + fixed, aad.ptr, aad.len);
    }
    all.len = fixed + aad.len;
    return all;
}

static enum sr_status file_wrap(struct sr_wrapper *w, const struct sr_secret *key,
                                struct sr_bytes aad, struct sr_wrapped *out, struct sr_err *err)
{
    const struct holder *h = &((const struct file_wrapper *)w)->holder;
    size_t newest = h->file.generation_count - 1;
    struct wrapped_aad all = wrapped_aad(&h->file.generations[newest].id, aad);
    SR_TRY(wrap_key(kek_view(h, newest), sr_bytes(all.bytes, all.len), sr_secret_view(key),
                    out->bytes, err));
    out->key_id = h->file.generations[newest].id;
    out->len = WRAPPED_BYTES;
    return SR_OK;
}

/* The index of the root KEK with this id, or generation_count. */
static size_t find_kek(const struct holder *h, const struct sr_id *id)
{
    size_t i = 0;
    while (i < h->file.generation_count && !sr_text_id_equal(&h->file.generations[i].id, id)) {
        i++;
    }
    return i;
}

static enum sr_status file_unwrap(struct sr_wrapper *w, const struct sr_wrapped *wrapped,
                                  struct sr_bytes aad, struct sr_secret **out, struct sr_err *err)
{
    const struct holder *h = &((const struct file_wrapper *)w)->holder;
    size_t index = find_kek(h, &wrapped->key_id);
    if (index == h->file.generation_count) {
        char id[SR_ID_TEXT_BYTES];
        sr_text_hex(sr_bytes(wrapped->key_id.bytes, SR_ID_BYTES), id);
        return sr_fail(err, SR_CORRUPT, "no root key '%s' in the key file", id);
    }
    if (wrapped->len != WRAPPED_BYTES) {
        return sr_fail(err, SR_CORRUPT, "a wrapped key cannot have %zu bytes", wrapped->len);
    }
    SR_AUTO(sr_secret) key = NULL;
    SR_TRY(sr_secret_new(SR_KEK_BYTES, &key, err));
    struct wrapped_aad all = wrapped_aad(&wrapped->key_id, aad);
    enum sr_status status = unwrap_key(kek_view(h, index), sr_bytes(all.bytes, all.len),
                                       wrapped->bytes, sr_secret_bytes(key), err);
    if (status == SR_CORRUPT) {
        return sr_fail(err, SR_CORRUPT, "a wrapped key does not authenticate");
    }
    SR_TRY(status);
    *out = SR_TAKE(key);
    return SR_OK;
}

/* A copy to change and then publish; with_master: still under the same passphrase. */
static enum sr_status copy_holder(const struct holder *from, bool with_master, struct holder *to,
                                  struct sr_err *err)
{
    to->file = from->file;
    SR_TRY(sr_secret_new(SR_WRAPPER_GENERATIONS_MAX * SR_KEK_BYTES, &to->keks, err));
    memcpy(sr_secret_bytes(to->keks), sr_secret_view(from->keks), sr_secret_len(from->keks));
    if (with_master) {
        SR_TRY(sr_secret_new(MASTER_BYTES, &to->master, err));
        memcpy(sr_secret_bytes(to->master), sr_secret_view(from->master), MASTER_BYTES);
    }
    return SR_OK;
}

/* Make next the holder: on disk first, then here. Takes what next has, if it succeeds. */
static enum sr_status publish(struct file_wrapper *self, struct holder *next, struct sr_err *err)
{
    SR_AUTO(sr_buf) image = NULL;
    SR_TRY(wrap_generations(next, err));
    SR_TRY(encode_holder(next, &image, err));
    SR_TRY(sr_private_file_replace(self->path, sr_buf_view(self->image), sr_buf_view(image), err));
    holder_clear(&self->holder);
    self->holder = *next;
    *next = (struct holder){0};
    sr_buf_free(self->image);
    self->image = SR_TAKE(image);
    return SR_OK;
}

static enum sr_status file_add_generation(struct sr_wrapper *w,
                                          const struct sr_secret *new_passphrase,
                                          struct sr_err *err)
{
    struct file_wrapper *self = (struct file_wrapper *)w;
    if (self->holder.file.generation_count == SR_WRAPPER_GENERATIONS_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "'%s' has %u root keys already", self->path,
                       SR_WRAPPER_GENERATIONS_MAX);
    }
    SR_CLEANUP(holder_clear) struct holder next = {0};
    SR_TRY(copy_holder(&self->holder, new_passphrase == NULL, &next, err));
    if (new_passphrase != NULL) {
        SR_TRY(set_passphrase(&next, new_passphrase, err));
    }
    SR_TRY(add_kek(&next, err));
    return publish(self, &next, err);
}

static enum sr_status file_keep_only(struct sr_wrapper *w, const struct sr_id *key_id,
                                     struct sr_err *err)
{
    struct file_wrapper *self = (struct file_wrapper *)w;
    size_t index = find_kek(&self->holder, key_id);
    if (index == self->holder.file.generation_count) {
        char id[SR_ID_TEXT_BYTES];
        sr_text_hex(sr_bytes(key_id->bytes, SR_ID_BYTES), id);
        return sr_fail(err, SR_NOT_FOUND, "no root key '%s' in '%s'", id, self->path);
    }
    SR_CLEANUP(holder_clear) struct holder next = {0};
    SR_TRY(copy_holder(&self->holder, true, &next, err));
    uint8_t *keks = sr_secret_bytes(next.keks);
    memmove(keks, keks + index * SR_KEK_BYTES, SR_KEK_BYTES);
    explicit_bzero(keks + SR_KEK_BYTES, sr_secret_len(next.keks) - SR_KEK_BYTES);
    next.file.generations[0] = next.file.generations[index];
    next.file.generation_count = 1;
    return publish(self, &next, err);
}

static void file_current(const struct sr_wrapper *w, struct sr_id *out_key_id, size_t *out_count)
{
    const struct sr_keyfile *f = &((const struct file_wrapper *)w)->holder.file;
    *out_key_id = f->generations[f->generation_count - 1].id;
    *out_count = f->generation_count;
}

const struct sr_wrapper_driver sr_wrapper_file = {
    .scheme = "file",
    .summary = "root keys in a private file, under a passphrase",
    .create = file_create,
    .open = file_open,
    .wrap = file_wrap,
    .unwrap = file_unwrap,
    .add_generation = file_add_generation,
    .keep_only = file_keep_only,
    .current = file_current,
    .close = file_close,
};

static_assert(WRAPPED_BYTES == SR_KEYFILE_WRAPPED_BYTES, "the layout's wrapped key");
static_assert(WRAPPED_BYTES <= SR_WRAPPED_BYTES_MAX, "fits the port's");
static_assert(SR_KEK_BYTES == SR_AEAD_KEY_BYTES, "a root KEK is an AES-256 key");
