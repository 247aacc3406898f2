/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/people.h"

#include <string.h>

static bool is_name_byte(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("._-@+", c) != NULL);
}

bool sr_people_is_name(struct sr_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!is_name_byte(text.ptr[i])) {
            return false;
        }
    }
    return text.len >= 1 && text.len <= SR_ACT_ACTOR_BYTES_MAX;
}

#define DER_BYTES_MAX 1024

enum sr_status sr_people_material(const struct sr_act_key *key, uint8_t out[SR_SHA256_BYTES])
{
    SR_AUTO(sr_buf) der = NULL;
    SR_TRY(sr_buf_new(DER_BYTES_MAX, &der));
    const struct sr_public_key *public_key = sr_act_key_is_ssh(key)
                                                 ? sr_ssh_verifier_public_key(sr_act_key_ssh(key))
                                                 : sr_act_key_plain(key);
    SR_TRY(sr_public_key_der(public_key, der));
    return sr_sha256_once(sr_buf_view(der), out);
}

uint64_t sr_people_role_bits(const struct sr_policy *policy, const struct sr_bytes *names,
                             size_t count)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < count; i++) {
        uint8_t role = 0;
        if (sr_policy_find_role(policy, names[i], &role)) {
            bits |= UINT64_C(1) << role;
        }
    }
    return bits;
}

uint64_t sr_people_list_bits(const struct sr_policy_list *list)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < list->count; i++) {
        bits |= UINT64_C(1) << list->index[i];
    }
    return bits;
}

bool sr_people_has_attribute(const struct sr_principal *p, const char *name, int64_t now_utc_ms)
{
    for (size_t i = 0; i < p->attributes; i++) {
        if (strcmp(p->attribute[i].name, name) == 0) {
            return now_utc_ms < p->attribute[i].until_utc_ms;
        }
    }
    return false;
}

bool sr_people_is_here(const struct sr_principal *p)
{
    return p != NULL && p->left_utc_ms == 0;
}

bool sr_people_can_sign(const struct sr_principal *p, bool needs_hardware)
{
    for (size_t i = 0; i < p->keys; i++) {
        if (p->key[i].revoked_utc_ms == 0 &&
            (!needs_hardware || sr_act_key_is_hardware(p->key[i].key))) {
            return true;
        }
    }
    return false;
}
