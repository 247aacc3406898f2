/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/provenance.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "tests/check.h"

#define MADE "1111111111111111111111111111111111111111111111111111111111111111"
#define FROM "2222222222222222222222222222222222222222222222222222222222222222"

/* A statement with each part replaceable. */
struct parts {
    const char *type;
    const char *predicate_type;
    const char *subject;
    const char *build_type;
    const char *inputs;
    const char *details;
};

static struct parts good(void)
{
    return (struct parts){
        .type = "https://in-toto.io/Statement/v1",
        .predicate_type = "https://slsa.dev/provenance/v1",
        .subject = "[{\"name\":\"m\",\"digest\":{\"sha256\":\"" MADE "\"}}]",
        .build_type = "urn:strongroom:step:quantise",
        .inputs = "[{\"uri\":\"a\"},{\"name\":\"b\",\"digest\":{\"sha256\":\"" FROM "\"}}]",
        .details = "{\"builder\":{\"id\":\"https://ci.example/1\"}}",
    };
}

static enum sr_status decode(const struct parts *p, struct sr_provenance **out)
{
    char text[4096];
    (void)snprintf(text, sizeof text,
                   "{\"_type\":\"%s\",\"subject\":%s,\"predicateType\":\"%s\",\"predicate\":{"
                   "\"buildDefinition\":{\"buildType\":\"%s\",\"externalParameters\":{\"n\":4.5},"
                   "\"resolvedDependencies\":%s},\"runDetails\":%s}}",
                   p->type, p->subject, p->predicate_type, p->build_type, p->inputs, p->details);
    return sr_provenance_decode(sr_text_view(text), out, NULL);
}

static void a_statement_is_understood(void)
{
    SR_AUTO(sr_provenance) out = NULL;
    struct parts p = good();
    uint8_t digest[SR_SHA256_BYTES];
    CHECK(decode(&p, &out) == SR_OK);
    if (out == NULL) {
        return;
    }
    CHECK(out->step == SR_STEP_QUANTISE);
    CHECK(strcmp(out->builder, "https://ci.example/1") == 0);
    CHECK(out->subject_count == 1 && out->input_count == 1);
    memset(digest, 0x11, sizeof digest);
    CHECK(sr_provenance_is_about(out, digest) && !sr_provenance_has_input(out, digest));
    memset(digest, 0x22, sizeof digest);
    CHECK(!sr_provenance_is_about(out, digest) && sr_provenance_has_input(out, digest));
}

static void a_foreign_build_type_is_no_step(void)
{
    SR_AUTO(sr_provenance) out = NULL;
    struct parts p = good();
    p.build_type = "https://example.com/train@v1";
    CHECK(decode(&p, &out) == SR_OK && out->step == SR_STEP_UNKNOWN);
}

static void check_refused(struct parts p)
{
    SR_AUTO(sr_provenance) out = NULL;
    CHECK(decode(&p, &out) == SR_MALFORMED);
    CHECK(out == NULL);
}

static void what_is_no_provenance_is_refused(void)
{
    struct parts p = good();
    p.type = "https://in-toto.io/Statement/v0.1";
    check_refused(p);
    p = good();
    p.predicate_type = "https://slsa.dev/provenance/v0.2";
    check_refused(p);
    p = good();
    p.subject = "[]";
    check_refused(p);
    p = good();
    p.subject = "[{\"name\":\"m\"}]";
    check_refused(p);
    p = good();
    p.build_type = "urn:strongroom:step:dance";
    check_refused(p);
    p = good();
    p.inputs = "{}";
    check_refused(p);
    p = good();
    p.details = "{\"builder\":{}}";
    check_refused(p);
    p = good();
    p.details = "{\"builder\":{\"id\":\"\\u0007\"}}";
    check_refused(p);
}

int main(void)
{
    RUN(a_statement_is_understood);
    RUN(a_foreign_build_type_is_no_step);
    RUN(what_is_no_provenance_is_refused);
    return check_done();
}
