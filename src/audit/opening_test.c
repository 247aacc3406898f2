/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: salt and entry give the leaf that was committed to; nothing shorter, and no entry
 * in another spelling, is read. */
#include "audit/opening.h"

#include <string.h>

#include "tests/check.h"

static struct sr_buf *make(uint8_t leaf[SR_COMMITMENT_BYTES])
{
    uint8_t salt[SR_COMMITMENT_SALT_BYTES];
    const struct sr_entry entry = {
        .seq = 7, .time_utc_ms = 1000, .outcome = SR_OUTCOME_REFUSED, .reason = "quorum"};
    struct sr_buf *out = NULL;
    SR_AUTO(sr_buf) text = NULL;
    memset(salt, 9, sizeof salt);
    CHECK(sr_buf_new(SR_OPENING_BYTES_MAX, &out) == SR_OK);
    CHECK(sr_buf_new(SR_ENTRY_BYTES_MAX, &text) == SR_OK);
    CHECK(sr_entry_encode(&entry, text, NULL) == SR_OK);
    CHECK(sr_commitment_make(salt, sr_buf_view(text), leaf) == SR_OK);
    CHECK(sr_buf_append(out, sr_bytes(salt, sizeof salt)) == SR_OK);
    CHECK(sr_buf_append(out, sr_buf_view(text)) == SR_OK);
    return out;
}

static void opens_what_was_committed_to(void)
{
    uint8_t made[SR_COMMITMENT_BYTES];
    uint8_t read[SR_COMMITMENT_BYTES];
    struct sr_entry entry;
    SR_AUTO(sr_buf) opening = make(made);
    CHECK(sr_opening_read(sr_buf_view(opening), read, &entry, NULL) == SR_OK);
    CHECK(memcmp(made, read, sizeof made) == 0);
    CHECK(entry.seq == 7 && entry.outcome == SR_OUTCOME_REFUSED &&
          strcmp(entry.reason, "quorum") == 0);
}

static void refuses_what_is_none(void)
{
    uint8_t leaf[SR_COMMITMENT_BYTES];
    struct sr_entry entry;
    SR_AUTO(sr_buf) opening = make(leaf);
    struct sr_bytes all = sr_buf_view(opening);
    CHECK(sr_opening_read(sr_bytes(NULL, 0), leaf, &entry, NULL) == SR_MALFORMED);
    CHECK(sr_opening_read(sr_bytes(all.ptr, SR_COMMITMENT_SALT_BYTES), leaf, &entry, NULL) ==
          SR_MALFORMED);
    for (size_t i = SR_COMMITMENT_SALT_BYTES + 1; i < all.len; i++) {
        CHECK(sr_opening_read(sr_bytes(all.ptr, i), leaf, &entry, NULL) != SR_OK);
    }
}

int main(void)
{
    RUN(opens_what_was_committed_to);
    RUN(refuses_what_is_none);
    return check_done();
}
