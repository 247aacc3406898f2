/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/provenance_envelope.h"

#include <string.h>

#include "base/text.h"
#include "formats/dsse.h"
#include "tests/check.h"
#include "tests/signing_key.h"

#define STATEMENT                                                                                  \
    "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"digest\":{\"sha256\":"         \
    "\"1111111111111111111111111111111111111111111111111111111111111111\"}}],"                     \
    "\"predicateType\":\"https://slsa.dev/provenance/v1\",\"predicate\":{\"buildDefinition\":{"    \
    "\"buildType\":\"urn:strongroom:step:merge\"},\"runDetails\":{\"builder\":{\"id\":\"ci\"}}}}"

static struct sr_public_key *key;

/* STATEMENT, signed by SIGNING_KEY, with one text in place of another; NULL: as it is. */
static enum sr_status open_signed(const struct sr_public_key *by, const char *what,
                                  const char *instead, char hint[SR_SIGN_HINT_BYTES],
                                  struct sr_err *err)
{
    SR_AUTO(sr_signer) signer = NULL;
    SR_AUTO(sr_buf) text = NULL;
    SR_AUTO(sr_provenance) out = NULL;
    char bytes[4096];
    CHECK(sr_signer_from_pem(sr_text_view(SIGNING_KEY), NULL, &signer, err) == SR_OK);
    CHECK(sr_buf_new(sizeof bytes, &text) == SR_OK);
    CHECK(sr_provenance_seal(sr_text_view(STATEMENT), signer, text, err) == SR_OK);
    struct sr_bytes view = sr_buf_view(text);
    memcpy(bytes, view.ptr, view.len);
    uint8_t *found = what != NULL ? memmem(bytes, view.len, what, strlen(what)) : NULL;
    CHECK((what == NULL) == (found == NULL));
    if (found != NULL) {
        memcpy(found, instead, strlen(instead));
    }
    enum sr_status status = sr_provenance_open(sr_bytes(bytes, view.len), by, &out, hint, err);
    CHECK((status == SR_OK) == (out != NULL));
    CHECK(out == NULL || out->step == SR_STEP_MERGE);
    return status;
}

static void who_signed_is_checked(void)
{
    struct sr_err err = {0};
    char hint[SR_SIGN_HINT_BYTES] = "?";
    CHECK(open_signed(key, NULL, NULL, hint, &err) == SR_OK);
    CHECK(strcmp(hint, SIGNING_KEY_HINT) == 0);
    CHECK(open_signed(NULL, NULL, NULL, hint, &err) == SR_UNTRUSTED);
    /* A changed statement: the first letters of its base64. */
    CHECK(open_signed(key, "eyJfdHlw", "eyJfdHlx", hint, &err) == SR_UNTRUSTED);
    CHECK(open_signed(key, "in-toto", "in-tota", hint, &err) == SR_MALFORMED);
    CHECK(strstr(err.message, "payloadType") != NULL);
}

static void a_bare_statement_has_no_signer(void)
{
    SR_AUTO(sr_provenance) out = NULL;
    struct sr_err err = {0};
    char hint[SR_SIGN_HINT_BYTES] = "?";
    CHECK(sr_provenance_open(sr_text_view(STATEMENT), key, &out, hint, &err) == SR_UNTRUSTED);
    CHECK(out == NULL && strcmp(hint, "?") == 0);
    CHECK(sr_provenance_open(sr_text_view(STATEMENT), NULL, &out, hint, &err) == SR_OK);
    CHECK(hint[0] == '\0' && strcmp(out->builder, "ci") == 0);
}

static void what_is_neither_is_refused(void)
{
    static const char *const TEXTS[] = {"", "[]", "{}", "{\"payloadType\":1}", "x"};
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        SR_AUTO(sr_provenance) out = NULL;
        char hint[SR_SIGN_HINT_BYTES];
        enum sr_status status = sr_provenance_open(sr_text_view(TEXTS[i]), NULL, &out, hint, NULL);
        CHECK(status == SR_MALFORMED || status == SR_TRUNCATED);
    }
}

int main(void)
{
    if (sr_public_key_from_pem(sr_text_view(SIGNING_KEY_PUBLIC), &key, NULL) != SR_OK) {
        return 1;
    }
    RUN(who_signed_is_checked);
    RUN(a_bare_statement_has_no_signer);
    RUN(what_is_neither_is_refused);
    sr_public_key_free(key);
    return check_done();
}
