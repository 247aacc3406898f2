/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/opening.h"

#include <string.h>

enum sr_status sr_opening_read(struct sr_bytes opening, uint8_t out_leaf[SR_COMMITMENT_BYTES],
                               struct sr_entry *out, struct sr_err *err)
{
    uint8_t leaf[SR_COMMITMENT_BYTES];
    if (opening.len <= SR_COMMITMENT_SALT_BYTES) {
        return sr_fail(err, SR_MALFORMED, "%zu bytes are no salt and entry (P-9)", opening.len);
    }
    struct sr_bytes entry =
        sr_bytes(opening.ptr + SR_COMMITMENT_SALT_BYTES, opening.len - SR_COMMITMENT_SALT_BYTES);
    SR_TRY(sr_commitment_make(opening.ptr, entry, leaf));
    SR_TRY(sr_entry_decode(entry, out, err));
    memcpy(out_leaf, leaf, sizeof leaf);
    return SR_OK;
}
