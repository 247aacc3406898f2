/* SPDX-License-Identifier: Apache-2.0 */
/* A buffer keeps what was put in, never passes its limit, and a refused append changes nothing. */
#include "base/buf.h"

#include <string.h>

#include "tests/check.h"
#include "tests/fault.h"

static void keeps_what_was_appended_across_growth(void)
{
    SR_AUTO(sr_buf) b = NULL;
    CHECK(sr_buf_new(100000, &b) == SR_OK);
    for (unsigned i = 0; i < 5000; i++) {
        uint8_t pair[2] = {(uint8_t)i, (uint8_t)(i >> 8)};
        CHECK(sr_buf_append(b, sr_bytes(pair, sizeof pair)) == SR_OK);
    }
    struct sr_bytes view = sr_buf_view(b);
    CHECK(view.len == 10000);
    CHECK(view.ptr[9998] == (4999 & 0xff) && view.ptr[9999] == 4999 >> 8);
    CHECK(view.ptr[2 * 1234] == (1234 & 0xff));
}

static void refuses_to_pass_its_limit(void)
{
    SR_AUTO(sr_buf) b = NULL;
    uint8_t *at = NULL;
    CHECK(sr_buf_new(10, &b) == SR_OK);
    CHECK(sr_buf_append(b, sr_bytes("0123456789", 10)) == SR_OK);
    CHECK(sr_buf_append(b, sr_bytes("x", 1)) == SR_TOO_LARGE);
    CHECK(sr_buf_extend(b, SIZE_MAX, &at) == SR_TOO_LARGE);
    CHECK(sr_buf_view(b).len == 10);
    CHECK(memcmp(sr_buf_view(b).ptr, "0123456789", 10) == 0);
    CHECK(sr_buf_extend(b, 0, &at) == SR_OK);
}

static void extension_is_zeroed_after_clear(void)
{
    SR_AUTO(sr_buf) b = NULL;
    uint8_t *at = NULL;
    CHECK(sr_buf_new(64, &b) == SR_OK);
    CHECK(sr_buf_append(b, sr_bytes("secret name", 11)) == SR_OK);
    sr_buf_clear(b);
    CHECK(sr_buf_view(b).len == 0);
    CHECK(sr_buf_extend(b, 11, &at) == SR_OK);
    CHECK(at[0] == 0 && at[10] == 0);
}

static void every_failure_is_reported(void)
{
    FAULT_SWEEP {
        SR_AUTO(sr_buf) b = NULL;
        enum sr_status status = sr_buf_new(1000, &b);
        if (status == SR_OK) {
            status = sr_buf_append(b, sr_bytes("x", 1));
        }
        CHECK((status == SR_OK) == !fault_fired());
    }
    CHECK(fault_sweep_faults() == 2);
}

int main(void)
{
    RUN(keeps_what_was_appended_across_growth);
    RUN(refuses_to_pass_its_limit);
    RUN(extension_is_zeroed_after_clear);
    RUN(every_failure_is_reported);
    return check_done();
}
