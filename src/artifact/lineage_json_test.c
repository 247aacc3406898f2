/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/lineage_json.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tests/check.h"

static struct sr_lineage_record full(void)
{
    struct sr_lineage_record r = {
        .tier = 3,
        .step = SR_STEP_MERGE,
        .verdict = SR_VERDICT_REVIEW,
        .profile = SR_PROFILE_SKLEARN,
        .reason = "looked at by two",
        .builder = "https://ci.example/1",
        .builder_key = "ab",
        .outside_count = 1,
    };
    memset(r.outside[0], 7, SR_SHA256_BYTES);
    memset(r.ruleset, 9, SR_SHA256_BYTES);
    CHECK(sr_lineage_record_add(&r, SR_FACT_LICENCE, "apache-2.0") == SR_OK);
    CHECK(sr_lineage_record_add(&r, SR_FACT_DATASET, "a \"b\"") == SR_OK);
    return r;
}

static void what_is_written_is_read(void)
{
    struct sr_lineage_record r = full();
    struct sr_lineage_record back = {0};
    SR_AUTO(sr_buf) text = NULL;
    SR_AUTO(sr_buf) again = NULL;
    CHECK(sr_buf_new(SR_LINEAGE_BYTES_MAX, &text) == SR_OK);
    CHECK(sr_buf_new(SR_LINEAGE_BYTES_MAX, &again) == SR_OK);
    CHECK(sr_lineage_encode(&r, text) == SR_OK);
    CHECK(sr_lineage_decode(sr_buf_view(text), &back, NULL) == SR_OK);
    CHECK(back.tier == 3 && back.step == SR_STEP_MERGE && back.outside_count == 1);
    CHECK(strcmp(sr_lineage_record_find(&back, SR_FACT_LICENCE), "apache-2.0") == 0);
    CHECK(strcmp(sr_lineage_record_find(&back, SR_FACT_LANGUAGE), "") == 0);
    CHECK(sr_lineage_encode(&back, again) == SR_OK);
    CHECK(sr_text_equal(sr_buf_view(text), sr_buf_view(again)));
    sr_lineage_record_clear(&r);
    sr_lineage_record_clear(&back);
}

/* Replace the first `from` in a valid text by `to`: it must not decode any more. */
static void check_altered(const char *from, const char *to)
{
    struct sr_lineage_record r = full();
    struct sr_lineage_record back = {0};
    SR_AUTO(sr_buf) text = NULL;
    SR_AUTO(sr_buf) altered = NULL;
    CHECK(sr_buf_new(SR_LINEAGE_BYTES_MAX, &text) == SR_OK);
    CHECK(sr_buf_new(SR_LINEAGE_BYTES_MAX, &altered) == SR_OK);
    CHECK(sr_lineage_encode(&r, text) == SR_OK);
    struct sr_bytes whole = sr_buf_view(text);
    const uint8_t *at = memmem(whole.ptr, whole.len, from, strlen(from));
    CHECK(at != NULL);
    if (at != NULL) {
        size_t before = (size_t)(at - whole.ptr);
        CHECK(sr_buf_append(altered, sr_bytes(whole.ptr, before)) == SR_OK);
        CHECK(sr_buf_append(altered, sr_text_view(to)) == SR_OK);
        CHECK(sr_buf_append(altered, sr_bytes(at + strlen(from),
                                              whole.len - before - strlen(from))) == SR_OK);
        CHECK(sr_lineage_decode(sr_buf_view(altered), &back, NULL) == SR_CORRUPT);
    }
    sr_lineage_record_clear(&r);
}

static void what_is_none_is_refused(void)
{
    check_altered("\"tier\":3", "\"tier\":6");
    check_altered("\"tier\":3", "\"tier\":0");
    check_altered("\"format\":1", "\"format\":2");
    check_altered("\"merge\"", "\"dance\"");
    check_altered("\"REVIEW\"", "\"FINE\"");
    check_altered("\"sklearn\"", "\"all\"");
    check_altered("\"licence\"", "\"license\"");
    check_altered("0707", "07");
    check_altered("0909", "09");
    check_altered("looked", "\\u0007");
    check_altered("\"tier\":3", "\"tier\":3,\"x\":1");
    check_altered("\"builder_key\":\"ab\",", "");
}

int main(void)
{
    RUN(what_is_written_is_read);
    RUN(what_is_none_is_refused);
    return check_done();
}
