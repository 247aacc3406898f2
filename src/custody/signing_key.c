/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/signing_key.h"

enum sr_status sr_signing_key_find(struct sr_room *r, struct sr_signer **out, struct sr_err *err)
{
    SR_AUTO(sr_secret) seed = NULL;
    SR_TRY(sr_room_key_find(r, SR_ROOM_KEY_SIGNING, &seed, err));
    return sr_signer_from_seed(seed, out, err);
}

enum sr_status sr_signing_key_open(struct sr_room *r, struct sr_signer **out, struct sr_err *err)
{
    SR_AUTO(sr_secret) seed = NULL;
    SR_TRY(sr_room_key_open(r, SR_ROOM_KEY_SIGNING, &seed, err));
    return sr_signer_from_seed(seed, out, err);
}

bool sr_signing_key_exists(const struct sr_room *r)
{
    return sr_room_key_exists(r, SR_ROOM_KEY_SIGNING);
}
