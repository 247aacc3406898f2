/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes differ each time, fill all of what was asked for, and failure leaves nothing. */
#include "crypto/rand.h"

#include <string.h>

#include "tests/check.h"
#include "tests/fault.h"

static void fills_every_byte(void)
{
    uint8_t seen[37] = {0};
    for (int round = 0; round < 16; round++) { /* a byte is 0 in all 16 with chance 2^-128 */
        uint8_t out[38] = {0};
        CHECK(sr_rand_bytes(out, 37) == SR_OK);
        CHECK(out[37] == 0);
        for (size_t i = 0; i < sizeof seen; i++) {
            seen[i] |= out[i];
        }
    }
    for (size_t i = 0; i < sizeof seen; i++) {
        CHECK(seen[i] != 0);
    }
    CHECK(sr_rand_bytes(seen, 0) == SR_OK);
}

static void identifiers_differ(void)
{
    struct sr_id a = {{0}};
    struct sr_id b = {{0}};
    CHECK(sr_rand_id(&a) == SR_OK);
    CHECK(sr_rand_id(&b) == SR_OK);
    CHECK(!sr_text_id_equal(&a, &b));
}

static void secrets_differ(void)
{
    SR_AUTO(sr_secret) a = NULL;
    SR_AUTO(sr_secret) b = NULL;
    CHECK(sr_rand_secret(32, &a, NULL) == SR_OK);
    CHECK(sr_rand_secret(32, &b, NULL) == SR_OK);
    CHECK(sr_secret_len(a) == 32);
    CHECK(!sr_secret_equal(a, b));
}

static void every_failure_is_reported(void)
{
    FAULT_SWEEP {
        SR_AUTO(sr_secret) s = NULL;
        struct sr_err err = {0};
        enum sr_status status = sr_rand_secret(32, &s, &err);
        CHECK((status == SR_OK) == !fault_fired());
        CHECK((s != NULL) == (status == SR_OK));
        CHECK(err.status == status);
    }
    CHECK(fault_sweep_faults() == 6); /* those of sr_secret_new() and the generator */

    uint8_t out[4] = {1, 2, 3, 4};
    fault_arm(1);
    CHECK(sr_rand_bytes(out, sizeof out) == SR_INTERNAL);
    CHECK(memcmp(out, (const uint8_t[4]){0}, 4) == 0);
    struct sr_id id = {{7}};
    fault_arm(1);
    CHECK(sr_rand_id(&id) == SR_INTERNAL);
    CHECK(id.bytes[0] == 7);
}

int main(void)
{
    RUN(fills_every_byte);
    RUN(identifiers_differ);
    RUN(secrets_differ);
    RUN(every_failure_is_reported);
    return check_done();
}
