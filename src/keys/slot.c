/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/slot.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/writer.h"
#include "crypto/aead.h"
#include "crypto/kdf.h"
#include "crypto/rand.h"

#define IV_BYTES ((size_t)SR_AEAD_IV_BYTES)
#define COMMITMENT_BYTES 32

static const char LABEL_GROUP[] = "strongroom/v1/group";
static const char LABEL_SLOT[] = "strongroom/v1/slot";
static const char LABEL_COMMIT[] = "strongroom/v1/commit";

/* K-2: what a wrapped group KEK is bound to. Every field has a fixed length. */
struct group_aad {
    uint8_t bytes[sizeof LABEL_GROUP - 1 + 2 * SR_ID_BYTES + 8];
};

/* K-5: what a slot is bound to. Every field has a fixed length. */
struct slot_aad {
    uint8_t bytes[sizeof LABEL_SLOT - 1 + 5 * SR_ID_BYTES + 4 + 8];
};

static uint8_t *put_id(uint8_t *at, const struct sr_id *id)
{
    memcpy(at, id->bytes, SR_ID_BYTES);
    return at + SR_ID_BYTES;
}

static struct group_aad group_aad(const struct sr_id *room, const struct sr_id *group,
                                  uint64_t epoch)
{
    struct group_aad aad;
    memcpy(aad.bytes, LABEL_GROUP, sizeof LABEL_GROUP - 1);
    uint8_t *at = put_id(aad.bytes + sizeof LABEL_GROUP - 1, room);
    at = put_id(at, group);
    sr_writer_put_u64be(at, epoch);
    assert(at + 8 == aad.bytes + sizeof aad.bytes);
    return aad;
}

static struct slot_aad slot_aad(const struct sr_id *room, const struct sr_body_name *body,
                                const struct sr_group *group, const struct sr_id *slot)
{
    struct slot_aad aad;
    memcpy(aad.bytes, LABEL_SLOT, sizeof LABEL_SLOT - 1);
    uint8_t *at = put_id(aad.bytes + sizeof LABEL_SLOT - 1, room);
    at = put_id(at, &body->object);
    at = put_id(at, &body->version);
    sr_writer_put_u32be(at, body->file_index);
    at = put_id(at + 4, &group->id);
    sr_writer_put_u64be(at, group->epoch);
    at = put_id(at + 8, slot);
    assert(at == aad.bytes + sizeof aad.bytes);
    return aad;
}

/* K-4: each slot has a key of its own, used for one encryption. */
static enum sr_status slot_aead(const struct sr_secret *group_kek, const struct sr_id *slot,
                                struct sr_aead **out, struct sr_err *err)
{
    SR_AUTO(sr_secret) key = NULL;
    SR_TRY(sr_secret_new(SR_AEAD_KEY_BYTES, &key, err));
    const struct sr_bytes parts[] = {sr_text_view(LABEL_SLOT), sr_bytes(slot->bytes, SR_ID_BYTES)};
    enum sr_status status = sr_kdf_expand(sr_bytes(sr_secret_view(group_kek), SR_KEK_BYTES), parts,
                                          2, sr_secret_bytes(key), SR_AEAD_KEY_BYTES);
    if (status != SR_OK) {
        return sr_fail(err, status, "derive the key of a slot");
    }
    return sr_aead_new(sr_secret_view(key), out, err);
}

/* K-6 */
static enum sr_status commit(const struct sr_secret *dek, const struct sr_id *object,
                             uint8_t out[COMMITMENT_BYTES], struct sr_err *err)
{
    const struct sr_bytes parts[] = {sr_text_view(LABEL_COMMIT),
                                     sr_bytes(object->bytes, SR_ID_BYTES)};
    enum sr_status status =
        sr_kdf_expand(sr_bytes(sr_secret_view(dek), SR_DEK_BYTES), parts, 2, out, COMMITMENT_BYTES);
    return status == SR_OK ? SR_OK : sr_fail(err, status, "commit to a data key");
}

enum sr_status sr_group_make(struct sr_wrapper *root, const struct sr_id *room,
                             const struct sr_id *group, uint64_t epoch, struct sr_group *out,
                             struct sr_secret **out_kek, struct sr_err *err)
{
    assert(epoch >= 1);

    SR_AUTO(sr_secret) kek = NULL;
    SR_TRY(sr_rand_secret(SR_KEK_BYTES, &kek, err));
    struct sr_group made = {.id = *group, .epoch = epoch};
    struct group_aad aad = group_aad(room, group, epoch);
    SR_TRY(sr_wrapper_wrap(root, kek, sr_bytes(aad.bytes, sizeof aad.bytes), &made.wrapped, err));
    *out = made;
    *out_kek = SR_TAKE(kek);
    return SR_OK;
}

enum sr_status sr_group_open(struct sr_wrapper *root, const struct sr_id *room,
                             const struct sr_group *group, struct sr_secret **out_kek,
                             struct sr_err *err)
{
    struct group_aad aad = group_aad(room, &group->id, group->epoch);
    enum sr_status status = sr_wrapper_unwrap(root, &group->wrapped,
                                              sr_bytes(aad.bytes, sizeof aad.bytes), out_kek, err);
    if (status == SR_OK) {
        return SR_OK;
    }
    char id[SR_ID_TEXT_BYTES];
    sr_text_hex(sr_bytes(group->id.bytes, SR_ID_BYTES), id);
    return sr_context(err, status, "key of group '%s', epoch %" PRIu64, id, group->epoch);
}

enum sr_status sr_group_rewrap(struct sr_wrapper *root, const struct sr_id *room,
                               const struct sr_group *group, struct sr_group *out,
                               struct sr_err *err)
{
    SR_AUTO(sr_secret) kek = NULL;
    SR_TRY(sr_group_open(root, room, group, &kek, err));
    struct sr_group made = {.id = group->id, .epoch = group->epoch};
    struct group_aad aad = group_aad(room, &group->id, group->epoch);
    SR_TRY(sr_wrapper_wrap(root, kek, sr_bytes(aad.bytes, sizeof aad.bytes), &made.wrapped, err));
    *out = made;
    return SR_OK;
}

/* K-1 */
enum sr_status sr_dek_make(struct sr_secret **out, struct sr_err *err)
{
    return sr_rand_secret(SR_DEK_BYTES, out, err);
}

enum sr_status sr_slot_make(const struct sr_secret *group_kek, const struct sr_group *group,
                            const struct sr_id *room, const struct sr_body_name *body,
                            const struct sr_secret *dek, struct sr_slot *out, struct sr_err *err)
{
    assert(sr_secret_len(group_kek) == SR_KEK_BYTES);
    assert(sr_secret_len(dek) == SR_DEK_BYTES);

    struct sr_slot made = {.body = *body, .group = group->id, .group_epoch = group->epoch};
    enum sr_status status = sr_rand_id(&made.id);
    if (status == SR_OK) {
        status = sr_rand_bytes(made.wrapped, IV_BYTES);
    }
    if (status != SR_OK) {
        return sr_fail(err, status, "random bytes for a slot");
    }
    SR_AUTO(sr_aead) aead = NULL;
    SR_TRY(slot_aead(group_kek, &made.id, &aead, err));
    struct slot_aad aad = slot_aad(room, body, group, &made.id);
    status = sr_aead_seal(aead, made.wrapped, sr_bytes(aad.bytes, sizeof aad.bytes),
                          sr_bytes(sr_secret_view(dek), SR_DEK_BYTES), made.wrapped + IV_BYTES,
                          made.wrapped + IV_BYTES + SR_DEK_BYTES);
    if (status != SR_OK) {
        return sr_fail(err, status, "encrypt a data key");
    }
    SR_TRY(commit(dek, &body->object, made.commitment, err));
    *out = made;
    return SR_OK;
}

/* K-3: these are in the associated data too; to compare them first makes a better message. */
static enum sr_status check_names(const struct sr_slot *slot, const struct sr_group *group,
                                  const struct sr_body_name *body, struct sr_err *err)
{
    const char *differing = NULL;
    if (!sr_text_id_equal(&slot->body.object, &body->object)) {
        differing = "object";
    } else if (!sr_text_id_equal(&slot->body.version, &body->version)) {
        differing = "version";
    } else if (slot->body.file_index != body->file_index) {
        differing = "file";
    } else if (!sr_text_id_equal(&slot->group, &group->id)) {
        differing = "group";
    } else if (slot->group_epoch != group->epoch) {
        differing = "epoch";
    }
    return differing == NULL ? SR_OK : sr_fail(err, SR_CORRUPT, "made for another %s", differing);
}

static enum sr_status open_slot(const struct sr_secret *group_kek, const struct sr_group *group,
                                const struct sr_id *room, const struct sr_body_name *body,
                                const struct sr_slot *slot, struct sr_secret **out,
                                struct sr_err *err)
{
    SR_AUTO(sr_secret) dek = NULL;
    SR_AUTO(sr_aead) aead = NULL;
    SR_TRY(check_names(slot, group, body, err));
    SR_TRY(sr_secret_new(SR_DEK_BYTES, &dek, err));
    SR_TRY(slot_aead(group_kek, &slot->id, &aead, err));
    struct slot_aad aad = slot_aad(room, body, group, &slot->id);
    enum sr_status status =
        sr_aead_open(aead, slot->wrapped, sr_bytes(aad.bytes, sizeof aad.bytes),
                     sr_bytes(slot->wrapped + IV_BYTES, SR_DEK_BYTES),
                     slot->wrapped + IV_BYTES + SR_DEK_BYTES, sr_secret_bytes(dek));
    if (status != SR_OK) {
        return sr_fail(err, status,
                       status == SR_CORRUPT ? "altered, or made for another room"
                                            : "decrypt a data key");
    }
    /* K-7 */
    uint8_t commitment[COMMITMENT_BYTES];
    SR_TRY(commit(dek, &body->object, commitment, err));
    if (!sr_secret_equal_bytes(sr_bytes(commitment, sizeof commitment),
                               sr_bytes(slot->commitment, sizeof slot->commitment))) {
        return sr_fail(err, SR_CORRUPT, "commitment does not match its data key");
    }
    *out = SR_TAKE(dek);
    return SR_OK;
}

enum sr_status sr_slot_open(const struct sr_secret *group_kek, const struct sr_group *group,
                            const struct sr_id *room, const struct sr_body_name *body,
                            const struct sr_slot *slot, struct sr_secret **out_dek,
                            struct sr_err *err)
{
    assert(sr_secret_len(group_kek) == SR_KEK_BYTES);

    enum sr_status status = open_slot(group_kek, group, room, body, slot, out_dek, err);
    if (status == SR_OK) {
        return SR_OK;
    }
    char id[SR_ID_TEXT_BYTES];
    sr_text_hex(sr_bytes(slot->id.bytes, SR_ID_BYTES), id);
    return sr_context(err, status, "slot '%s'", id);
}

static_assert(SR_SLOT_WRAPPED_BYTES == SR_AEAD_IV_BYTES + SR_DEK_BYTES + SR_AEAD_TAG_BYTES,
              "IV, key, tag");
static_assert(COMMITMENT_BYTES == sizeof((struct sr_slot){0}).commitment, "the stored commitment");
