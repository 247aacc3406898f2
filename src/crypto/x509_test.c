/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: a chain is good only under a given root, now or at the time that is asked about,
 * for a leaf that may sign code and has the name that is asked for. More cases, with certificates
 * that another program made: tests/oms/oms_test.py.
 */
#include "crypto/x509.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "tests/check.h"

/* A certificate with its key. */
struct made {
    X509 *certificate;
    EVP_PKEY *pkey;
    struct sr_buf *der;
};

static void made_clear(struct made *m)
{
    X509_free(m->certificate);
    EVP_PKEY_free(m->pkey);
    sr_buf_free(m->der);
}
#define AUTO_MADE SR_CLEANUP(made_clear) struct made

static void extend(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    CHECK(extension != NULL && X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

static const char *const CA[] = {"critical,CA:TRUE", "critical,keyCertSign", NULL, NULL};
static const char *const LEAF[] = {"critical,CA:FALSE", "critical,digitalSignature", "codeSigning",
                                   "email:a@good.example"};
static const char *const WEB[] = {"critical,CA:FALSE", "critical,digitalSignature", "serverAuth",
                                  NULL};

/* Valid from 100 days ago for that many days. values: of the extensions below; NULL: without. */
static struct made make(const char *name, const struct made *issuer, const char *const values[4],
                        long days)
{
    static const int NIDS[] = {NID_basic_constraints, NID_key_usage, NID_ext_key_usage,
                               NID_subject_alt_name};
    static long serial;
    struct made m = {.certificate = X509_new(),
                     .pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256")};
    const struct made *by = issuer != NULL ? issuer : &m;
    X509_NAME *subject = X509_get_subject_name(m.certificate);
    CHECK(X509_set_version(m.certificate, 2) == 1);
    CHECK(ASN1_INTEGER_set(X509_get_serialNumber(m.certificate), ++serial) == 1);
    CHECK(X509_gmtime_adj(X509_getm_notBefore(m.certificate), -100L * 86400) != NULL);
    CHECK(X509_gmtime_adj(X509_getm_notAfter(m.certificate), (days - 100) * 86400) != NULL);
    CHECK(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1,
                                     -1, 0) == 1);
    CHECK(X509_set_issuer_name(m.certificate, X509_get_subject_name(by->certificate)) == 1);
    CHECK(X509_set_pubkey(m.certificate, m.pkey) == 1);
    for (size_t i = 0; i < 4; i++) {
        if (values[i] != NULL) {
            extend(m.certificate, NIDS[i], values[i]);
        }
    }
    CHECK(X509_sign(m.certificate, by->pkey, EVP_sha256()) > 0);
    unsigned char *der = NULL;
    int len = i2d_X509(m.certificate, &der);
    CHECK(len > 0 && sr_buf_new(8192, &m.der) == SR_OK);
    CHECK(sr_buf_append(m.der, sr_bytes(der, (size_t)len)) == SR_OK);
    OPENSSL_free(der);
    return m;
}

static struct sr_x509 *list(const struct made *a, const struct made *b)
{
    struct sr_x509 *x = NULL;
    struct sr_bytes der[] = {sr_buf_view(a->der),
                             b != NULL ? sr_buf_view(b->der) : sr_bytes(NULL, 0)};
    CHECK(sr_x509_from_der(der, b != NULL ? 2 : 1, &x, NULL) == SR_OK);
    return x;
}

static enum sr_status verify(const struct made *leaf, const struct made *issuer,
                             const struct made *root, const struct sr_x509_policy *policy)
{
    SR_AUTO(sr_x509) chain = list(leaf, issuer);
    SR_AUTO(sr_x509) roots = list(root, NULL);
    return sr_x509_verify(chain, roots, policy, NULL);
}

static void test_chains(void)
{
    struct sr_x509_policy policy = {0};
    AUTO_MADE root = make("root", NULL, CA, 1000);
    AUTO_MADE other = make("root", NULL, CA, 1000);
    AUTO_MADE issuer = make("issuer", &root, CA, 1000);
    AUTO_MADE leaf = make("leaf", &issuer, LEAF, 1000);
    AUTO_MADE of_leaf = make("of leaf", &leaf, LEAF, 1000);
    CHECK(verify(&leaf, &issuer, &root, &policy) == SR_OK);
    CHECK(verify(&leaf, NULL, &root, &policy) == SR_UNTRUSTED);
    CHECK(verify(&leaf, &issuer, &other, &policy) == SR_UNTRUSTED);
    /* Neither what comes along nor an issuer that is no root is an anchor. */
    CHECK(verify(&leaf, &issuer, &issuer, &policy) == SR_UNTRUSTED);
    CHECK(verify(&of_leaf, &leaf, &issuer, &policy) == SR_UNTRUSTED);
}

static void test_times(void)
{
    struct sr_x509_policy now = {0};
    struct sr_x509_policy then = {.at_utc_s = time(NULL) - 95L * 86400};
    struct sr_x509_policy before = {.at_utc_s = time(NULL) - 105L * 86400};
    AUTO_MADE root = make("root", NULL, CA, 1000);
    AUTO_MADE leaf = make("leaf", &root, LEAF, 10);
    CHECK(verify(&leaf, NULL, &root, &now) == SR_UNTRUSTED);
    CHECK(verify(&leaf, NULL, &root, &then) == SR_OK);
    CHECK(verify(&leaf, NULL, &root, &before) == SR_UNTRUSTED);
}

static void test_usage(void)
{
    struct sr_x509_policy strict = {0};
    struct sr_x509_policy any = {.any_usage = true};
    static const char *const NONE[] = {"critical,CA:FALSE", NULL, NULL, NULL};
    static const char *const CODE_ONLY[] = {"critical,CA:FALSE", NULL, "codeSigning", NULL};
    static const char *const AGREEMENT[] = {"critical,CA:FALSE", "keyAgreement", "codeSigning",
                                            NULL};
    AUTO_MADE root = make("root", NULL, CA, 1000);
    AUTO_MADE web = make("web", &root, WEB, 1000);
    AUTO_MADE none = make("none", &root, NONE, 1000);
    AUTO_MADE code = make("code", &root, CODE_ONLY, 1000);
    AUTO_MADE agreement = make("agreement", &root, AGREEMENT, 1000);
    CHECK(verify(&web, NULL, &root, &strict) == SR_UNTRUSTED);
    CHECK(verify(&web, NULL, &root, &any) == SR_OK);
    CHECK(verify(&none, NULL, &root, &strict) == SR_UNTRUSTED);
    CHECK(verify(&none, NULL, &root, &any) == SR_UNTRUSTED);
    CHECK(verify(&code, NULL, &root, &strict) == SR_OK);
    CHECK(verify(&agreement, NULL, &root, &strict) == SR_UNTRUSTED);
}

static enum sr_status verify_name(const struct made *leaf, const struct made *root,
                                  const char *name)
{
    struct sr_x509_policy policy = {.name = name};
    return verify(leaf, NULL, root, &policy);
}

static void test_names(void)
{
    char subject[SR_X509_NAME_BYTES];
    AUTO_MADE root = make("root", NULL, CA, 1000);
    AUTO_MADE leaf = make("the leaf", &root, LEAF, 1000);
    SR_AUTO(sr_x509) x = list(&leaf, NULL);
    sr_x509_leaf_subject(x, subject);
    CHECK(strcmp(subject, "CN=the leaf") == 0);
    CHECK(verify_name(&leaf, &root, "a@good.example") == SR_OK);
    CHECK(verify_name(&leaf, &root, "the leaf") == SR_OK);
    CHECK(verify_name(&leaf, &root, "CN=the leaf") == SR_OK);
    CHECK(verify_name(&leaf, &root, "A@good.example") == SR_UNTRUSTED);
    CHECK(verify_name(&leaf, &root, "the lea") == SR_UNTRUSTED);
    CHECK(verify_name(&leaf, &root, "") == SR_UNTRUSTED);
}

static void test_what_is_no_certificate(void)
{
    SR_AUTO(sr_x509) x = NULL;
    AUTO_MADE root = make("root", NULL, CA, 1000);
    struct sr_bytes whole = sr_buf_view(root.der);
    struct sr_bytes cut = sr_bytes(whole.ptr, whole.len - 1);
    CHECK(sr_x509_from_der(&cut, 1, &x, NULL) == SR_MALFORMED);
    CHECK(sr_x509_from_der(NULL, 0, &x, NULL) == SR_MALFORMED);
    CHECK(sr_buf_append(root.der, sr_text_view("x")) == SR_OK);
    whole = sr_buf_view(root.der);
    CHECK(sr_x509_from_der(&whole, 1, &x, NULL) == SR_MALFORMED);
    CHECK(sr_x509_from_pem(sr_bytes(NULL, 0), &x, NULL) == SR_MALFORMED);
    CHECK(sr_x509_from_pem(sr_text_view("text"), &x, NULL) == SR_MALFORMED);
    CHECK(sr_x509_from_pem(sr_text_view("-----BEGIN CERTIFICATE-----\nAAAA\n"
                                        "-----END CERTIFICATE-----\n"),
                           &x, NULL) == SR_MALFORMED);
    CHECK(x == NULL);
}

static void test_pem_der_and_key(void)
{
    SR_AUTO(sr_x509) x = NULL;
    SR_AUTO(sr_buf) der = NULL;
    SR_AUTO(sr_public_key) key = NULL;
    AUTO_MADE root = make("root", NULL, CA, 1000);
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    for (int i = 0; i < SR_X509_COUNT_MAX; i++) {
        CHECK(PEM_write_bio_X509(bio, root.certificate) == 1);
    }
    long len = BIO_get_mem_data(bio, &text);
    CHECK(sr_x509_from_pem(sr_bytes(text, (size_t)len), &x, NULL) == SR_OK);
    CHECK(sr_x509_count(x) == SR_X509_COUNT_MAX);
    CHECK(sr_buf_new(8192, &der) == SR_OK);
    CHECK(sr_x509_der(x, SR_X509_COUNT_MAX - 1, der) == SR_OK);
    CHECK(sr_text_equal(sr_buf_view(der), sr_buf_view(root.der)));
    CHECK(sr_x509_leaf_key(x, &key, NULL) == SR_OK);
    CHECK(sr_public_key_algorithm(key) == SR_SIGN_ECDSA_P256_SHA256);
    SR_AUTO(sr_x509) more = NULL;
    CHECK(PEM_write_bio_X509(bio, root.certificate) == 1);
    len = BIO_get_mem_data(bio, &text);
    CHECK(sr_x509_from_pem(sr_bytes(text, (size_t)len), &more, NULL) == SR_TOO_LARGE);
    BIO_free(bio);
}

int main(void)
{
    RUN(test_chains);
    RUN(test_times);
    RUN(test_usage);
    RUN(test_names);
    RUN(test_what_is_no_certificate);
    RUN(test_pem_der_and_key);
    return check_done();
}
