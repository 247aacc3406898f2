/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: rules AC-1, AC-2, AC-17 to AC-19 of docs/formats/act.md. */
#include "acts/envelope.h"

#include "formats/base64.h"
#include "formats/dsse.h"
#include "tests/check.h"
#include "tests/fake_agent.h"
#include "tests/fault.h"
#include "tests/sample_act.h"
#include "tests/signing_key.h"
#include "tests/soft_signer.h"

#define TYPE "application/vnd.in-toto+json"

static struct sr_buf *new_buf(void)
{
    struct sr_buf *out = NULL;
    CHECK(sr_buf_new(2 * SR_ENVELOPE_BYTES_MAX, &out) == SR_OK);
    return out;
}

/* The statement of some act. */
static struct sr_buf *statement_of(enum sr_verb verb)
{
    struct sample_act s;
    struct sr_buf *out = new_buf();
    sample_act(&s, verb, SR_VERB_USE);
    CHECK(sr_act_encode(&s.act, out, NULL) == SR_OK);
    return out;
}

static void makes_and_verifies(struct sr_act_signer *signer, const struct sr_act_key *other)
{
    struct sample_act s;
    uint8_t digest[SR_SHA256_BYTES];
    SR_AUTO(sr_buf) out = new_buf();
    SR_AUTO(sr_buf) again = new_buf();
    SR_AUTO(sr_buf) statement = statement_of(SR_VERB_APPROVE);
    SR_AUTO(sr_envelope) e = NULL;
    struct sr_err err = {0};
    sample_act(&s, SR_VERB_APPROVE, SR_VERB_USE);
    CHECK(sr_envelope_make(&s.act, signer, out, digest, &err) == SR_OK);
    CHECK(sr_envelope_open(sr_buf_view(out), &e, &err) == SR_OK);
    CHECK(sr_text_equal(sr_envelope_statement(e), sr_buf_view(statement)));
    CHECK(sr_text_equal(sr_envelope_bytes(e), sr_buf_view(out)));
    CHECK(memcmp(sr_envelope_digest(e), digest, sizeof digest) == 0);
    CHECK(sr_envelope_act(e)->verb == SR_VERB_APPROVE);
    CHECK(sr_envelope_signature(e).len >= 64);
    CHECK(strcmp(sr_envelope_keyid(e), sr_act_key_fingerprint(signer->key)) == 0);
    CHECK(sr_envelope_verify(e, signer->key, NULL, &err) == SR_OK);
    CHECK(sr_envelope_verify(e, other, NULL, &err) == SR_UNTRUSTED);
    CHECK(sr_envelope_make_of(sr_buf_view(statement), signer, again, &err) == SR_OK);
    SR_AUTO(sr_envelope) same = NULL;
    CHECK(sr_envelope_open(sr_buf_view(again), &same, &err) == SR_OK);
    CHECK(memcmp(sr_envelope_digest(same), digest, sizeof digest) == 0);
    CHECK(sr_envelope_verify(same, signer->key, NULL, &err) == SR_OK);
}

static struct sr_act_signer *pem_signer(void)
{
    struct sr_signer *pem = NULL;
    struct sr_act_signer *out = NULL;
    CHECK(sr_signer_from_pem(sr_text_view(SIGNING_KEY), NULL, &pem, NULL) == SR_OK);
    CHECK(sr_act_signer_plain(pem, &out, NULL) == SR_OK);
    return out;
}

static void test_every_kind_of_signer(void)
{
    SR_AUTO(sr_act_signer) ed25519 = NULL;
    SR_AUTO(sr_act_signer) p384 = NULL;
    SR_AUTO(sr_act_signer) p256 = pem_signer();
    SR_AUTO(sr_act_signer) ssh = &soft_signer(SOFT_SSH, 2)->signer;
    SR_AUTO(sr_act_signer) sk = &soft_signer(SOFT_SK, 3)->signer;
    SR_AUTO(sr_secret) seed = NULL;
    struct sr_signer *plain = NULL;
    CHECK(sr_act_signer_plain(soft_key(1), &ed25519, NULL) == SR_OK);
    CHECK(sr_secret_new(SR_SIGN_SEED_BYTES, &seed, NULL) == SR_OK);
    CHECK(sr_signer_from_seed(seed, &plain, NULL) == SR_OK);
    CHECK(sr_act_signer_plain(plain, &p384, NULL) == SR_OK);
    makes_and_verifies(ed25519, p256->key);
    makes_and_verifies(p256, p384->key);
    makes_and_verifies(p384, ssh->key);
    makes_and_verifies(ssh, sk->key);
    makes_and_verifies(sk, ed25519->key);
}

/* The exact text, so that others can make one; Ed25519 is deterministic. */
static void test_exact_text(void)
{
    SR_AUTO(sr_act_signer) signer = &soft_signer(SOFT_PLAIN, 1)->signer;
    SR_AUTO(sr_buf) statement = statement_of(SR_VERB_DENY);
    SR_AUTO(sr_buf) pae = new_buf();
    SR_AUTO(sr_buf) raw = new_buf();
    SR_AUTO(sr_buf) sig = new_buf();
    SR_AUTO(sr_buf) payload = new_buf();
    SR_AUTO(sr_buf) out = new_buf();
    static char expected[SR_ENVELOPE_BYTES_MAX];
    CHECK(sr_envelope_make_of(sr_buf_view(statement), signer, out, NULL) == SR_OK);
    CHECK(sr_dsse_pae(sr_text_view(TYPE), sr_buf_view(statement), pae) == SR_OK);
    CHECK(signer->sign(signer, sr_buf_view(pae), raw, NULL) == SR_OK);
    CHECK(sr_base64_encode(sr_buf_view(raw), sig) == SR_OK);
    CHECK(sr_base64_encode(sr_buf_view(statement), payload) == SR_OK);
    (void)snprintf(expected, sizeof expected,
                   "{\"payload\":\"%.*s\",\"payloadType\":\"" TYPE
                   "\",\"signatures\":[{\"keyid\":\"%s\",\"sig\":\"%.*s\"}]}",
                   (int)sr_buf_view(payload).len, (const char *)sr_buf_view(payload).ptr,
                   sr_act_key_fingerprint(signer->key), (int)sr_buf_view(sig).len,
                   (const char *)sr_buf_view(sig).ptr);
    CHECK(sr_text_equal(sr_buf_view(out), sr_text_view(expected)));
}

/* An envelope with parts of a test's choice; signatures: what is between the brackets. */
static enum sr_status open_parts(struct sr_bytes statement, const char *type,
                                 const char *signatures, struct sr_envelope **out,
                                 struct sr_err *err)
{
    SR_AUTO(sr_buf) payload = new_buf();
    static char text[2 * SR_ENVELOPE_BYTES_MAX];
    CHECK(sr_base64_encode(statement, payload) == SR_OK);
    int len =
        snprintf(text, sizeof text,
                 "{ \"payloadType\": \"%s\", \"payload\": \"%.*s\", \"signatures\": [%s]}", type,
                 (int)sr_buf_view(payload).len, (const char *)sr_buf_view(payload).ptr, signatures);
    return sr_envelope_open(sr_bytes(text, (size_t)len), out, err);
}

#define SIG "{\"sig\":\"AQID\",\"keyid\":\"k\"}"

static void refuses(struct sr_bytes statement, const char *type, const char *signatures,
                    enum sr_status expected, const char *why)
{
    SR_AUTO(sr_envelope) e = NULL;
    struct sr_err err = {0};
    enum sr_status status = open_parts(statement, type, signatures, &e, &err);
    if (status != expected || strstr(err.message, why) == NULL || e != NULL) {
        printf("# %d '%s', expected '%s'\n", (int)status, err.message, why);
        CHECK(false);
    }
}

static void test_other_envelopes_are_refused(void)
{
    SR_AUTO(sr_buf) statement = statement_of(SR_VERB_APPROVE);
    SR_AUTO(sr_envelope) good = NULL;
    struct sr_bytes s = sr_buf_view(statement);
    static char keyid[256];
    CHECK(open_parts(s, TYPE, SIG, &good, NULL) == SR_OK);
    CHECK(strcmp(sr_envelope_keyid(good), "k") == 0);
    refuses(s, TYPE, SIG "," SIG, SR_MALFORMED, "signatures: 2, not exactly one");
    refuses(s, TYPE, "", SR_MALFORMED, "signatures: 0, not exactly one");
    refuses(s, TYPE, "{\"sig\":\"AQID\",\"cert\":\"x\"}", SR_MALFORMED, "unknown member 'cert'");
    refuses(s, TYPE, "{\"sig\":\"\"}", SR_MALFORMED, "sig");
    refuses(s, "application/json", SIG, SR_UNSUPPORTED, "payloadType 'application/json', not");
    refuses(s, "application/vnd.in-toto+json2", SIG, SR_UNSUPPORTED, "payloadType");
    refuses(sr_text_view("{}"), TYPE, SIG, SR_MALFORMED, "act:");
    refuses(sr_text_view("hello"), TYPE, SIG, SR_MALFORMED, "");
    refuses(s, TYPE, "{\"sig\":\"AQID\",\"keyid\":\"\xc3\xa9\"}", SR_MALFORMED, "keyid");
    refuses(s, TYPE, "{\"sig\":\"AQID\",\"keyid\":\"a\\u001bb\"}", SR_MALFORMED, "keyid");
    (void)snprintf(keyid, sizeof keyid, "{\"sig\":\"AQID\",\"keyid\":\"%0129d\"}", 0);
    refuses(s, TYPE, keyid, SR_MALFORMED, "keyid: not up to 128 bytes");
    SR_AUTO(sr_envelope) e = NULL;
    (void)snprintf(keyid, sizeof keyid, "{\"sig\":\"AQID\",\"keyid\":\"%0128d\"}", 0);
    CHECK(open_parts(s, TYPE, keyid, &e, NULL) == SR_OK);
}

static void test_sizes(void)
{
    static char big[SR_ENVELOPE_BYTES_MAX + 1];
    SR_AUTO(sr_envelope) e = NULL;
    memset(big, ' ', sizeof big);
    CHECK(sr_envelope_open(sr_bytes(big, sizeof big), &e, NULL) == SR_TOO_LARGE);
    CHECK(sr_envelope_open(sr_bytes(big, sizeof big - 1), &e, NULL) == SR_MALFORMED);
    CHECK(sr_envelope_open(sr_bytes(NULL, 0), &e, NULL) == SR_MALFORMED);
    CHECK(sr_envelope_open(sr_text_view("[]"), &e, NULL) == SR_MALFORMED);
    memset(big, '[', sizeof big);
    CHECK(sr_envelope_open(sr_bytes(big, 1000), &e, NULL) == SR_TOO_LARGE);
}

/* The largest act of all goes into an envelope. */
static void test_the_largest_act(void)
{
    static char lines[23][SR_ACT_ITEM_BYTES_MAX];
    struct sample_act s;
    SR_AUTO(sr_act_signer) signer = &soft_signer(SOFT_SK, 1)->signer;
    SR_AUTO(sr_buf) statement = new_buf();
    SR_AUTO(sr_buf) out = new_buf();
    SR_AUTO(sr_envelope) e = NULL;
    sample_act(&s, SR_VERB_INIT, SR_VERB_USE);
    for (size_t i = 0; i < 23; i++) {
        memset(lines[i], 'a' + (int)i, sizeof lines[i]);
        s.texts[i] = sr_bytes(lines[i], sizeof lines[i]);
    }
    sample_act_set(&s, SR_FIELD_roster, 22);
    CHECK(sr_act_encode(&s.act, statement, NULL) == SR_OK);
    size_t spare = SR_ACT_BYTES_MAX - sr_buf_view(statement).len;
    CHECK(spare > 3 && spare <= SR_ACT_ITEM_BYTES_MAX + 3);
    s.texts[22].len = spare - 3; /* two quotes and a comma */
    sample_act_set(&s, SR_FIELD_roster, 23);
    sr_buf_clear(statement);
    CHECK(sr_act_encode(&s.act, statement, NULL) == SR_OK);
    CHECK(sr_buf_view(statement).len == SR_ACT_BYTES_MAX);
    CHECK(sr_envelope_make(&s.act, signer, out, NULL, NULL) == SR_OK);
    CHECK(sr_envelope_open(sr_buf_view(out), &e, NULL) == SR_OK);
}

/* The signature of one act under the statement of another. */
static void test_signature_over_another_statement(void)
{
    for (int kind = SOFT_PLAIN; kind <= SOFT_SK; kind++) {
        SR_AUTO(sr_act_signer) signer = &soft_signer((enum soft_kind)kind, 5)->signer;
        SR_AUTO(sr_buf) approve = statement_of(SR_VERB_APPROVE);
        SR_AUTO(sr_buf) deny = statement_of(SR_VERB_DENY);
        SR_AUTO(sr_buf) pae = new_buf();
        SR_AUTO(sr_buf) raw = new_buf();
        SR_AUTO(sr_buf) sig = new_buf();
        SR_AUTO(sr_envelope) e = NULL;
        static char signatures[4096];
        struct sr_act_proof proof = {.counter = 99};
        struct sr_err err = {0};
        CHECK(sr_dsse_pae(sr_text_view(TYPE), sr_buf_view(deny), pae) == SR_OK);
        CHECK(signer->sign(signer, sr_buf_view(pae), raw, NULL) == SR_OK);
        CHECK(sr_base64_encode(sr_buf_view(raw), sig) == SR_OK);
        (void)snprintf(signatures, sizeof signatures, "{\"sig\":\"%.*s\"}",
                       (int)sr_buf_view(sig).len, (const char *)sr_buf_view(sig).ptr);
        CHECK(open_parts(sr_buf_view(approve), TYPE, signatures, &e, &err) == SR_OK);
        CHECK(sr_envelope_verify(e, signer->key, &proof, &err) == SR_UNTRUSTED);
        CHECK(proof.counter == 99);
        sr_envelope_free(SR_TAKE(e));
        CHECK(open_parts(sr_buf_view(deny), TYPE, signatures, &e, &err) == SR_OK);
        CHECK(sr_envelope_verify(e, signer->key, &proof, &err) == SR_OK);
        CHECK(proof.is_hardware == (kind == SOFT_SK));
    }
}

/* What a signer hands out that is no signature of an act never becomes an envelope. */
static void test_wrong_signatures_do_not_leave(void)
{
    struct soft_signer *s = soft_signer(SOFT_SK, 6);
    SR_AUTO(sr_act_signer) signer = &s->signer;
    SR_AUTO(sr_buf) statement = statement_of(SR_VERB_APPROVE);
    SR_AUTO(sr_buf) out = new_buf();
    struct sr_err err = {0};
    s->flags = 0;
    CHECK(sr_envelope_make_of(sr_buf_view(statement), signer, out, &err) == SR_UNTRUSTED);
    CHECK(strstr(err.message, "without user presence") != NULL);
    s->flags = SR_SSH_SIGNATURE_PRESENCE | 8;
    CHECK(sr_envelope_make_of(sr_buf_view(statement), signer, out, &err) == SR_UNTRUSTED);
    s->flags = SR_SSH_SIGNATURE_PRESENCE;
    s->name_space = "file";
    CHECK(sr_envelope_make_of(sr_buf_view(statement), signer, out, &err) == SR_UNTRUSTED);
    CHECK(strstr(err.message, "for namespace 'file', not 'act@strongroom'") != NULL);
    CHECK(sr_buf_view(out).len == 0);
    s->name_space = SR_SSHSIG_NAMESPACE_ACT;
    CHECK(sr_envelope_make_of(sr_text_view("{}"), signer, out, &err) == SR_MALFORMED);
    CHECK(sr_envelope_make_of(sr_buf_view(statement), signer, out, &err) == SR_OK);
}

static void test_what_hardware_showed(void)
{
    struct soft_signer *s = soft_signer(SOFT_SK, 6);
    SR_AUTO(sr_act_signer) signer = &s->signer;
    SR_AUTO(sr_buf) statement = statement_of(SR_VERB_APPROVE);
    for (int i = 0; i < 2; i++) {
        SR_AUTO(sr_buf) out = new_buf();
        SR_AUTO(sr_envelope) e = NULL;
        struct sr_act_proof proof = {0};
        if (i == 1) {
            s->flags |= SR_SSH_SIGNATURE_VERIFICATION;
        }
        CHECK(sr_envelope_make_of(sr_buf_view(statement), signer, out, NULL) == SR_OK);
        CHECK(sr_envelope_open(sr_buf_view(out), &e, NULL) == SR_OK);
        CHECK(sr_envelope_verify(e, signer->key, &proof, NULL) == SR_OK);
        CHECK(proof.is_hardware && proof.has_presence && proof.has_verification == (i == 1));
        CHECK(proof.counter == (uint32_t)i + 1);
    }
}

/* An agent's answer to one request: the soft key's signature over what the statement makes. */
static void agent_answer(struct soft_signer *s, struct sr_bytes statement, struct sr_buf *out)
{
    SR_AUTO(sr_buf) pae = new_buf();
    SR_AUTO(sr_buf) data = new_buf();
    SR_AUTO(sr_buf) blob = new_buf();
    CHECK(sr_dsse_pae(sr_text_view(TYPE), statement, pae) == SR_OK);
    CHECK(sr_ssh_verifier_signed_data(sr_text_view(SR_SSHSIG_NAMESPACE_ACT), SR_SSHSIG_SHA512,
                                      sr_buf_view(pae), data) == SR_OK);
    soft_sign_data(s, sr_buf_view(data), blob);
    CHECK(sr_writer_u32be(out, (uint32_t)sr_buf_view(blob).len + 5) == SR_OK);
    CHECK(sr_writer_u8(out, 14) == SR_OK);
    CHECK(sr_writer_block_u32be(out, sr_buf_view(blob)) == SR_OK);
}

static enum sr_status make_by_agent(struct soft_signer *s, bool needs_verification,
                                    struct sr_buf *out, struct sr_err *err)
{
    SR_AUTO(sr_buf) statement = statement_of(SR_VERB_APPROVE);
    SR_AUTO(sr_buf) answer = new_buf();
    struct sr_ssh_connection *c = NULL;
    enum sr_status status;
    agent_answer(s, sr_buf_view(statement), answer);
    struct fake_agent a = {
        .answers = {{sr_buf_view(answer).ptr, sr_buf_view(answer).len}},
        .count = 1,
    };
    fake_agent_start(&a);
    {
        SR_AUTO(sr_act_signer) signer = NULL;
        CHECK(sr_ssh_connection_open(a.path, 60000, &c, NULL) == SR_OK);
        CHECK(sr_act_signer_agent(c, s->act_key, needs_verification, &signer, NULL) == SR_OK);
        status = sr_envelope_make_of(sr_buf_view(statement), signer, out, err);
    }
    fake_agent_stop(&a);
    return status;
}

static void test_by_an_agent(void)
{
    struct soft_signer *s = soft_signer(SOFT_SK, 9);
    SR_AUTO(sr_act_signer) signer = &s->signer;
    SR_AUTO(sr_buf) out = new_buf();
    SR_AUTO(sr_envelope) e = NULL;
    struct sr_err err = {0};
    CHECK(make_by_agent(s, false, out, &err) == SR_OK);
    CHECK(sr_envelope_open(sr_buf_view(out), &e, NULL) == SR_OK);
    CHECK(sr_envelope_verify(e, s->act_key, NULL, NULL) == SR_OK);
    sr_buf_clear(out);
    CHECK(make_by_agent(s, true, out, &err) == SR_UNTRUSTED);
    CHECK(strstr(err.message, "without user verification") != NULL);
    CHECK(sr_buf_view(out).len == 0);
}

static void test_agents_have_ssh_keys_only(void)
{
    SR_AUTO(sr_act_signer) plain = pem_signer();
    SR_AUTO(sr_act_signer) signer = NULL;
    CHECK(sr_act_signer_agent(NULL, plain->key, false, &signer, NULL) == SR_UNSUPPORTED);
    CHECK(signer == NULL);
}

static void test_faults(void)
{
    SR_AUTO(sr_act_signer) signer = pem_signer();
    SR_AUTO(sr_buf) statement = statement_of(SR_VERB_APPROVE);
    SR_AUTO(sr_buf) out = new_buf();
    FAULT_SWEEP {
        SR_AUTO(sr_envelope) e = NULL;
        sr_buf_clear(out);
        enum sr_status status = sr_envelope_make_of(sr_buf_view(statement), signer, out, NULL);
        if (status == SR_OK) {
            status = sr_envelope_open(sr_buf_view(out), &e, NULL);
        }
        if (status == SR_OK) {
            status = sr_envelope_verify(e, signer->key, NULL, NULL);
        }
        CHECK((status == SR_OK) == !fault_fired());
    }
    CHECK(fault_sweep_faults() >= 20);
}

int main(void)
{
    RUN(test_every_kind_of_signer);
    RUN(test_exact_text);
    RUN(test_other_envelopes_are_refused);
    RUN(test_sizes);
    RUN(test_the_largest_act);
    RUN(test_signature_over_another_statement);
    RUN(test_wrong_signatures_do_not_leave);
    RUN(test_what_hardware_showed);
    RUN(test_by_an_agent);
    RUN(test_agents_have_ssh_keys_only);
    RUN(test_faults);
    return check_done();
}
