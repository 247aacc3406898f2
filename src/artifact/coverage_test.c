/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/coverage.h"

#include "tests/check.h"

static void all_claimed_once_is_no_fault(void)
{
    SR_AUTO(sr_coverage) c = NULL;
    struct sr_coverage_fault fault;
    CHECK(sr_coverage_new(&c) == SR_OK);
    CHECK(sr_coverage_claim(c, 50, 50) == SR_OK);
    CHECK(sr_coverage_claim(c, 0, 20) == SR_OK);
    CHECK(sr_coverage_claim(c, 20, 30) == SR_OK);
    CHECK(sr_coverage_claim(c, 30, 0) == SR_OK);
    CHECK(!sr_coverage_fault(c, 100, 0, &fault));
    CHECK(sr_coverage_bytes(c) == 100);
}

static void gaps_are_found_one_after_the_other(void)
{
    SR_AUTO(sr_coverage) c = NULL;
    struct sr_coverage_fault fault = {0};
    CHECK(sr_coverage_new(&c) == SR_OK);
    CHECK(sr_coverage_claim(c, 10, 10) == SR_OK);
    CHECK(sr_coverage_claim(c, 30, 10) == SR_OK);
    CHECK(sr_coverage_fault(c, 50, 0, &fault) && fault.offset == 0 && fault.len == 10);
    CHECK(sr_coverage_fault(c, 50, 10, &fault) && fault.offset == 20 && fault.len == 10);
    CHECK(sr_coverage_fault(c, 50, 30, &fault) && fault.offset == 40 && fault.len == 10);
    CHECK(!fault.is_twice);
    CHECK(!sr_coverage_fault(c, 50, 50, &fault));
    CHECK(sr_coverage_bytes(c) == 20);
}

static void what_is_claimed_twice_is_found(void)
{
    SR_AUTO(sr_coverage) c = NULL;
    struct sr_coverage_fault fault = {0};
    CHECK(sr_coverage_new(&c) == SR_OK);
    CHECK(sr_coverage_claim(c, 0, 30) == SR_OK);
    CHECK(sr_coverage_claim(c, 20, 5) == SR_OK);
    CHECK(sr_coverage_fault(c, 30, 0, &fault));
    CHECK(fault.is_twice && fault.offset == 20 && fault.len == 5);
    CHECK(!sr_coverage_fault(c, 30, 25, &fault));
}

static void a_claim_beyond_the_end_is_a_fault(void)
{
    SR_AUTO(sr_coverage) c = NULL;
    struct sr_coverage_fault fault = {0};
    CHECK(sr_coverage_new(&c) == SR_OK);
    CHECK(sr_coverage_claim(c, 0, 31) == SR_OK);
    CHECK(sr_coverage_fault(c, 30, 0, &fault) && fault.offset == 30 && fault.len == 1);
    CHECK(sr_coverage_claim(c, UINT64_MAX, 2) == SR_TOO_LARGE);
}

int main(void)
{
    RUN(all_claimed_once_is_no_fault);
    RUN(gaps_are_found_one_after_the_other);
    RUN(what_is_claimed_twice_is_found);
    RUN(a_claim_beyond_the_end_is_a_fault);
    return check_done();
}
