/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/witnessed.h"

#include <string.h>

struct keys { /* the room's first */
    size_t count;
    const struct sr_vkey *key[1 + SR_POLICY_WITNESSES_MAX];
    size_t owned; /* from 1 on */
    struct sr_vkey *witness[SR_POLICY_WITNESSES_MAX];
};

static void keys_clear(struct keys *k)
{
    for (size_t i = 0; i < k->owned; i++) {
        sr_vkey_free(k->witness[i]);
    }
}

static bool knows(const struct keys *k, const struct sr_vkey *vkey)
{
    for (size_t i = 1; i < k->count; i++) {
        if (sr_public_key_equal(sr_vkey_key(k->key[i]), sr_vkey_key(vkey))) {
            return true;
        }
    }
    return false;
}

static enum sr_status add_witnesses(struct keys *k, const struct sr_policy *policy)
{
    for (size_t i = 0; i < policy->witnesses; i++) {
        SR_AUTO(sr_vkey) vkey = NULL;
        enum sr_status status = sr_vkey_parse(policy->witness[i].vkey, &vkey, NULL);
        if (status == SR_NO_MEMORY || status == SR_INTERNAL) {
            return status;
        }
        if (status == SR_OK && sr_vkey_type(vkey) == SR_VKEY_COSIGNATURE && !knows(k, vkey)) {
            k->key[k->count++] = vkey;
            k->witness[k->owned++] = SR_TAKE(vkey);
        }
    }
    return SR_OK;
}

enum sr_status sr_witnessed_read(struct sr_bytes note, struct sr_bytes origin,
                                 const struct sr_vkey *room, const struct sr_policy *policy,
                                 struct sr_witnessed *out, struct sr_err *err)
{
    SR_CLEANUP(keys_clear) struct keys keys = {.count = 1, .key = {room}};
    struct sr_vkey_mark marks[1 + SR_POLICY_WITNESSES_MAX] = {0};
    struct sr_checkpoint checkpoint;
    SR_TRY(add_witnesses(&keys, policy));
    SR_TRY(sr_receipt_checkpoint(note, origin, keys.key, keys.count, &checkpoint, marks, err));
    struct sr_witnessed found = {.size = checkpoint.size};
    memcpy(found.root, checkpoint.root, sizeof found.root);
    for (size_t i = 1; i < keys.count; i++) {
        if (marks[i].has_signed && marks[i].utc_s <= INT64_MAX / 1000) {
            found.utc_ms[found.count++] = (int64_t)marks[i].utc_s * 1000;
        }
    }
    *out = found;
    return SR_OK;
}
