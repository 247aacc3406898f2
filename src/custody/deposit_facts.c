/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/deposit_facts.h"

#include <string.h>

#include "custody/room.h"

static enum sr_status put_text(struct sr_json_writer *w, const char *key, const char *text)
{
    SR_TRY(sr_json_key(w, key));
    return sr_json_put_string(w, sr_text_view(text));
}

enum sr_status sr_deposit_put_inspection(struct sr_json_writer *w,
                                         const struct sr_deposit_inspection *inspection)
{
    SR_TRY(sr_json_key(w, "inspection"));
    SR_TRY(sr_json_open_object(w));
    SR_TRY(put_text(w, "profile", sr_profile_name(inspection->profile)));
    SR_TRY(put_text(w, "reason", inspection->reason));
    SR_TRY(sr_json_key(w, "ruleset"));
    SR_TRY(sr_json_put_hex(w, sr_bytes(inspection->ruleset, sizeof inspection->ruleset)));
    SR_TRY(put_text(w, "verdict", sr_verdict_name(inspection->verdict)));
    return sr_json_close_object(w);
}

/* Text that goes into the record: there, not over max, UTF-8, nothing that moves a terminal. */
static bool is_plain_text(const char *text, size_t bytes_max)
{
    size_t len = strnlen(text, bytes_max + 1);
    if (len == 0 || len > bytes_max || !sr_text_is_utf8(sr_bytes(text, len))) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        uint8_t c = (uint8_t)text[i];
        /* C1 controls are two bytes in UTF-8: 0xc2 0x80..0x9f. */
        bool is_c1 = c == 0xc2 && (uint8_t)text[i + 1] < 0xa0;
        if (c < 0x20 || c == 0x7f || is_c1) {
            return false;
        }
    }
    return true;
}

bool sr_deposit_is_actor(const char *actor)
{
    return is_plain_text(actor, SR_ROOM_ACTOR_BYTES_MAX);
}

bool sr_deposit_is_reason(const char *reason)
{
    return is_plain_text(reason, SR_DEPOSIT_REASON_BYTES_MAX);
}
