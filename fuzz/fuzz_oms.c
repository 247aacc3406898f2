/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Model signatures: the input is a bundle, or a statement. Of what is accepted: names and ignored
 * paths are plain, shards are not empty, no name is there twice, digests have their length; a
 * statement of files is written back as one that is accepted as the same.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "formats/nameset.h"
#include "formats/oms.h"
#include "fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_resources(const struct sr_oms_statement *s)
{
    SR_AUTO(sr_nameset) names = NULL;
    REQUIRE(sr_nameset_new(&names) == SR_OK);
    REQUIRE(s->resource_count > 0);
    for (size_t i = 0; i < s->resource_count; i++) {
        const struct sr_oms_resource *r = &s->resources[i];
        REQUIRE(sr_oms_is_plain(r->name) || sr_text_equal(r->name, sr_text_view(".")));
        REQUIRE(s->method != SR_OMS_SHARDS || r->begin < r->end);
        REQUIRE(s->method == SR_OMS_SHARDS || sr_nameset_add(names, r->name) == SR_OK);
    }
    for (size_t i = 0; i < s->ignored_count; i++) {
        REQUIRE(sr_oms_is_plain(s->ignored[i]));
    }
}

static void check_again(const struct sr_oms_statement *s, size_t size)
{
    SR_AUTO(sr_buf) text = NULL;
    SR_AUTO(sr_oms_statement) again = NULL;
    REQUIRE(sr_buf_new(16 * size + 4096, &text) == SR_OK);
    REQUIRE(sr_oms_statement_encode(s, text) == SR_OK);
    REQUIRE(sr_oms_statement_decode(sr_buf_view(text), &again, NULL) == SR_OK);
    REQUIRE(again->resource_count == s->resource_count);
    REQUIRE(memcmp(again->root, s->root, sizeof s->root) == 0);
    for (size_t i = 0; i < s->resource_count; i++) {
        REQUIRE(sr_text_equal(again->resources[i].name, s->resources[i].name));
        REQUIRE(memcmp(again->resources[i].digest, s->resources[i].digest, 32) == 0);
    }
}

static void statement(struct sr_bytes text)
{
    SR_AUTO(sr_oms_statement) s = NULL;
    if (sr_oms_statement_decode(text, &s, NULL) != SR_OK) {
        return;
    }
    check_resources(s);
    if (s->method == SR_OMS_FILES && s->hash == SR_OMS_SHA256) {
        check_again(s, text.len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SR_AUTO(sr_oms_bundle) b = NULL;
    SR_AUTO(sr_buf) message = NULL;
    statement(sr_bytes(data, size));
    if (sr_oms_bundle_decode(sr_bytes(data, size), &b, NULL) != SR_OK) {
        return 0;
    }
    REQUIRE((b->material == SR_OMS_KEY) == (b->certificate_count == 0));
    struct sr_bytes payload = sr_buf_view(b->envelope.payload);
    REQUIRE(payload.len > 0 && sr_buf_view(b->envelope.signature).len > 0);
    REQUIRE(sr_buf_new(5 * size + 256, &message) == SR_OK);
    REQUIRE(sr_oms_old_message(payload, message) == SR_OK);
    statement(payload);
    return 0;
}
