/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: rules O-1 to O-22 of docs/formats/oms.md; what is written reads as the same. */
#include "formats/oms.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "tests/check.h"

#define HEX "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define MEDIA "\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\","
#define ENVELOPE                                                                                   \
    "\"dsseEnvelope\":{\"payload\":\"e30=\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":"       \
    "\"AQID\"}]}"
#define BUNDLE(material) "{" MEDIA "\"verificationMaterial\":{" material "}," ENVELOPE "}"

static enum sr_status decode_bundle(const char *text, struct sr_oms_bundle **out)
{
    return sr_oms_bundle_decode(sr_text_view(text), out, NULL);
}

static enum sr_status bundle(const char *text)
{
    SR_AUTO(sr_oms_bundle) b = NULL;
    return decode_bundle(text, &b);
}

static void test_bundle_with_key(void)
{
    SR_AUTO(sr_oms_bundle) b = NULL;
    SR_AUTO(sr_oms_bundle) old = NULL;
    CHECK(decode_bundle(BUNDLE("\"publicKey\":{\"hint\":\"" HEX "\"},\"tlogEntries\":[]"), &b) ==
          SR_OK);
    CHECK(b->material == SR_OMS_KEY && strcmp(b->hint, HEX) == 0 && b->public_key_pem == NULL);
    CHECK(decode_bundle(BUNDLE("\"publicKey\":{\"rawBytes\":\"AQID\",\"keyDetails\":\"x\"}"),
                        &old) == SR_OK);
    CHECK(old->hint[0] == '\0' && sr_buf_view(old->public_key_pem).len == 3);
    CHECK(bundle(BUNDLE("\"publicKey\":{}")) == SR_OK);
}

static void test_bundle_with_certificates(void)
{
    SR_AUTO(sr_oms_bundle) b = NULL;
    SR_AUTO(sr_oms_bundle) keyless = NULL;
    CHECK(decode_bundle(BUNDLE("\"x509CertificateChain\":{\"certificates\":[{\"rawBytes\":\"AQ==\"}"
                               ",{\"rawBytes\":\"Ag==\"}]},\"timestampVerificationData\":null"),
                        &b) == SR_OK);
    CHECK(b->material == SR_OMS_CERTIFICATES && b->certificate_count == 2);
    CHECK(sr_buf_view(b->certificates[1]).ptr[0] == 2);
    CHECK(decode_bundle(BUNDLE("\"certificate\":{\"rawBytes\":\"AQ==\"},\"tlogEntries\":[{}]"),
                        &keyless) == SR_OK);
    CHECK(keyless->material == SR_OMS_KEYLESS);
}

static void test_bundle_refuses(void)
{
    static const char *const WRONG[] = {
        "",
        "[]",
        "{}",
        "{" MEDIA ENVELOPE "}",
        "{" MEDIA "\"verificationMaterial\":{\"publicKey\":{}}}",
        "{\"mediaType\":\"x\",\"verificationMaterial\":{\"publicKey\":{}}," ENVELOPE "}",
        "{" MEDIA MEDIA "\"verificationMaterial\":{\"publicKey\":{}}," ENVELOPE "}",
        "{" MEDIA "\"verificationMaterial\":{\"publicKey\":{}}," ENVELOPE ",\"x\":1}",
        "{" MEDIA "\"verificationMaterial\":[]," ENVELOPE "}",
        BUNDLE(""),
        BUNDLE("\"publicKey\":{},\"certificate\":{\"rawBytes\":\"AQ==\"}"),
        BUNDLE("\"publicKey\":{},\"x\":1"),
        BUNDLE("\"publicKey\":{},\"tlogEntries\":{}"),
        BUNDLE("\"publicKey\":{},\"timestampVerificationData\":[]"),
        BUNDLE("\"publicKey\":[]"),
        BUNDLE("\"publicKey\":{\"x\":1}"),
        BUNDLE("\"publicKey\":{\"hint\":\"00\"}"),
        BUNDLE("\"publicKey\":{\"hint\":7}"),
        BUNDLE("\"publicKey\":{\"keyDetails\":7}"),
        BUNDLE("\"publicKey\":{\"rawBytes\":\"A\"}"),
        BUNDLE("\"publicKey\":{\"rawBytes\":\"\"}"),
        BUNDLE("\"x509CertificateChain\":{}"),
        BUNDLE("\"x509CertificateChain\":{\"certificates\":[]}"),
        BUNDLE("\"x509CertificateChain\":{\"certificates\":[{}]}"),
        BUNDLE("\"x509CertificateChain\":{\"certificates\":[{\"rawBytes\":\"AQ==\",\"x\":1}]}"),
    };
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        CHECK(bundle(WRONG[i]) == SR_MALFORMED);
    }
#define ONE "{\"rawBytes\":\"AQ==\"},"
#define FOUR ONE ONE ONE ONE
    CHECK(bundle(BUNDLE("\"x509CertificateChain\":{\"certificates\":[" FOUR FOUR FOUR FOUR
                        "{\"rawBytes\":\"AQ==\"}]}")) == SR_TOO_LARGE);
    SR_AUTO(sr_oms_bundle) b = NULL;
    CHECK(sr_oms_bundle_decode(sr_bytes("", SR_OMS_BUNDLE_BYTES_MAX + 1), &b, NULL) ==
          SR_TOO_LARGE);
}

static void test_bundle_round_trip(void)
{
    SR_AUTO(sr_buf) text = NULL;
    SR_AUTO(sr_oms_bundle) b = NULL;
    struct sr_bytes der[] = {sr_text_view("one"), sr_text_view("two")};
    CHECK(sr_buf_new(8192, &text) == SR_OK);
    CHECK(sr_oms_bundle_encode(HEX, NULL, 0, sr_text_view("{}"), sr_text_view("s"), text) == SR_OK);
    CHECK(sr_oms_bundle_decode(sr_buf_view(text), &b, NULL) == SR_OK);
    CHECK(strcmp(b->hint, HEX) == 0);
    CHECK(sr_text_equal(sr_buf_view(b->envelope.payload), sr_text_view("{}")));
    sr_buf_clear(text);
    sr_oms_bundle_free(SR_TAKE(b));
    CHECK(sr_oms_bundle_encode(HEX, der, 2, sr_text_view("{}"), sr_text_view("s"), text) == SR_OK);
    CHECK(sr_oms_bundle_decode(sr_buf_view(text), &b, NULL) == SR_OK);
    CHECK(b->certificate_count == 2 &&
          sr_text_equal(sr_buf_view(b->certificates[1]), sr_text_view("two")));
}

static bool old_message_is(const char *payload, size_t len, const char *wanted)
{
    SR_AUTO(sr_buf) b = NULL;
    return sr_buf_new(1024, &b) == SR_OK &&
           sr_oms_old_message(sr_bytes(payload, len), b) == SR_OK &&
           sr_text_equal(sr_buf_view(b), sr_text_view(wanted));
}

/* The right sides are what Python prints. */
static void test_old_message(void)
{
#define OLD "DSSEV1 28 application/vnd.in-toto+json "
    CHECK(old_message_is("", 0, OLD "0 b''"));
    CHECK(old_message_is("{\"a\": 1}\n", 9, OLD "9 b'{\"a\": 1}\\n'"));
    CHECK(old_message_is("it's", 4, OLD "4 b\"it's\""));
    CHECK(old_message_is("it's \"x\"", 8, OLD "8 b'it\\'s \"x\"'"));
    CHECK(old_message_is("\\\t\r\0\x1f\x7f\xc3\xa9~", 9,
                         OLD "9 b'\\\\\\t\\r\\x00\\x1f\\x7f\\xc3\\xa9~'"));
}

#define TYPE "\"_type\":\"https://in-toto.io/Statement/v1\","
#define SUBJECT "\"subject\":[{\"name\":\"m\",\"digest\":{\"sha256\":\"" HEX "\"}}],"
#define KIND "\"predicateType\":\"https://model_signing/signature/v1.0\","
#define SERIAL "\"method\":\"files\",\"hash_type\":\"sha256\",\"allow_symlinks\":false"
#define FILE1(name, algorithm)                                                                     \
    "{\"name\":\"" name "\",\"algorithm\":\"" algorithm "\",\"digest\":\"" HEX "\"}"
#define STATEMENT(serial, resources)                                                               \
    "{" TYPE SUBJECT KIND "\"predicate\":{\"serialization\":{" serial                              \
    "},\"resources\":[" resources "]}}"
#define SHARDS "\"method\":\"shards\",\"hash_type\":\"sha256\",\"allow_symlinks\":false,"

static enum sr_status decode_statement(const char *text, struct sr_oms_statement **out)
{
    return sr_oms_statement_decode(sr_text_view(text), out, NULL);
}

static enum sr_status statement(const char *text)
{
    SR_AUTO(sr_oms_statement) s = NULL;
    return decode_statement(text, &s);
}

static void test_statement_of_files(void)
{
    SR_AUTO(sr_oms_statement) s = NULL;
    CHECK(decode_statement(STATEMENT(SERIAL ",\"ignore_paths\":[\".git\",\"x/y\"]",
                                     FILE1("b", "sha256") "," FILE1("a/c", "sha256")),
                           &s) == SR_OK);
    CHECK(s->method == SR_OMS_FILES && s->hash == SR_OMS_SHA256 && s->resource_count == 2);
    CHECK(sr_text_equal(s->subject, sr_text_view("m")) && s->root[1] == 0x11);
    CHECK(sr_text_equal(s->resources[1].name, sr_text_view("a/c")));
    CHECK(s->resources[1].digest[31] == 0xff);
    CHECK(s->has_ignored && s->ignored_count == 2 &&
          sr_text_equal(s->ignored[1], sr_text_view("x/y")));
    CHECK(statement(STATEMENT(SERIAL, FILE1(".", "sha256"))) == SR_OK);
    CHECK(statement("{" TYPE SUBJECT KIND "\"predicate\":{\"serialization\":{" SERIAL
                    "},\"resources\":[" FILE1("a", "sha256") "],\"more\":{}}}") == SR_OK);
}

static void test_statement_of_shards(void)
{
    SR_AUTO(sr_oms_statement) s = NULL;
    CHECK(decode_statement(
              STATEMENT(SHARDS "\"shard_size\":8",
                        FILE1("a:b:0:8", "sha256") "," FILE1("a:b:8:9", "sha256-sharded-8")),
              &s) == SR_OK);
    CHECK(s->method == SR_OMS_SHARDS);
    CHECK(sr_text_equal(s->resources[1].name, sr_text_view("a:b")));
    CHECK(s->resources[1].begin == 8 && s->resources[1].end == 9);
    CHECK(statement(STATEMENT(SHARDS "\"shard_size\":8.0", FILE1(".:0:8", "sha256"))) == SR_OK);
    static const char *const NAMES[] = {
        STATEMENT(SHARDS "\"shard_size\":8", FILE1("a", "sha256")),
        STATEMENT(SHARDS "\"shard_size\":8", FILE1("a:8", "sha256")),
        STATEMENT(SHARDS "\"shard_size\":8", FILE1("a:8:8", "sha256")),
        STATEMENT(SHARDS "\"shard_size\":8", FILE1("a:08:9", "sha256")),
        STATEMENT(SHARDS "\"shard_size\":8", FILE1("a:0:-1", "sha256")),
        STATEMENT(SHARDS "\"shard_size\":8", FILE1(":0:1", "sha256")),
        STATEMENT(SHARDS "\"shard_size\":8", FILE1("a:0:1", "sha256-sharded-x")),
        STATEMENT(SHARDS "\"shard_size\":8", FILE1("a:0:1", "sha256") "," FILE1("a:0:1", "sha256")),
        STATEMENT(SHARDS "\"shard_size\":0", FILE1("a:0:1", "sha256")),
        STATEMENT(SHARDS "\"shard_size\":\"8\"", FILE1("a:0:1", "sha256")),
        STATEMENT("\"method\":\"shards\",\"hash_type\":\"sha256\",\"allow_symlinks\":false",
                  FILE1("a:0:1", "sha256")),
    };
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        CHECK(statement(NAMES[i]) == SR_MALFORMED);
    }
}

static void test_other_hash(void)
{
    SR_AUTO(sr_oms_statement) s = NULL;
    CHECK(decode_statement(
              STATEMENT("\"method\":\"files\",\"hash_type\":\"blake2b\",\"allow_symlinks\":true",
                        "{\"name\":\"a\",\"algorithm\":\"blake2b\",\"digest\":\"" HEX HEX "\"}"),
              &s) == SR_OK);
    CHECK(s->hash == SR_OMS_BLAKE2B && s->resources[0].digest[63] == 0xff);
    CHECK(statement(
              STATEMENT("\"method\":\"files\",\"hash_type\":\"blake3\",\"allow_symlinks\":false",
                        FILE1("a", "blake3"))) == SR_UNSUPPORTED);
    CHECK(
        statement(STATEMENT("\"method\":\"tree\",\"hash_type\":\"sha256\",\"allow_symlinks\":false",
                            FILE1("a", "sha256"))) == SR_UNSUPPORTED);
}

#define OLD_KIND "\"predicateType\":\"https://model_signing/Digests/v0.1\",\"predicate\":{}"
#define OLD_FILE(name)                                                                             \
    "{\"name\":\"" name "\",\"digest\":{\"sha256\":\"" HEX "\"},\"annotations\":{}}"

static void test_old_statement(void)
{
    SR_AUTO(sr_oms_statement) s = NULL;
    CHECK(decode_statement("{" TYPE "\"subject\":[" OLD_FILE("a") "," OLD_FILE("b") "]," OLD_KIND
                                                                                    "}",
                           &s) == SR_OK);
    CHECK(s->method == SR_OMS_DIGESTS && s->resource_count == 2);
    CHECK(statement("{" TYPE "\"subject\":[" OLD_FILE("a") "," OLD_FILE("a") "]," OLD_KIND "}") ==
          SR_MALFORMED);
    CHECK(statement("{" TYPE "\"subject\":[" OLD_FILE("..") "]," OLD_KIND "}") == SR_MALFORMED);
    CHECK(statement("{" TYPE "\"subject\":[]," OLD_KIND "}") == SR_MALFORMED);
}

static void test_statement_refuses(void)
{
    static const char *const WRONG[] = {
        "[]",
        "{}",
        STATEMENT(SERIAL, ""),
        STATEMENT(SERIAL, FILE1("a", "sha256") "," FILE1("a", "sha256")),
        STATEMENT(SERIAL, FILE1("a", "sha256") "," FILE1(".", "sha256")),
        STATEMENT(SERIAL, FILE1("../a", "sha256")),
        STATEMENT(SERIAL, FILE1("/a", "sha256")),
        STATEMENT(SERIAL, FILE1("a//b", "sha256")),
        STATEMENT(SERIAL, FILE1("a/./b", "sha256")),
        STATEMENT(SERIAL, FILE1("a/", "sha256")),
        STATEMENT(SERIAL, FILE1("", "sha256")),
        STATEMENT(SERIAL, FILE1("a\\nb", "sha256")),
        STATEMENT(SERIAL, FILE1("a", "sha512")),
        STATEMENT(SERIAL, FILE1("a", "sha256-sharded-8")),
        STATEMENT(SERIAL, "{\"name\":\"a\",\"algorithm\":\"sha256\",\"digest\":\"00\"}"),
        STATEMENT(SERIAL, "{\"name\":\"a\",\"digest\":\"" HEX "\"}"),
        STATEMENT(SERIAL, "7"),
        STATEMENT(SERIAL ",\"shard_size\":8", FILE1("a", "sha256")),
        STATEMENT(SERIAL ",\"more\":8", FILE1("a", "sha256")),
        STATEMENT(SERIAL ",\"ignore_paths\":[\".\"]", FILE1("a", "sha256")),
        STATEMENT(SERIAL ",\"ignore_paths\":[\"../a\"]", FILE1("a", "sha256")),
        STATEMENT(SERIAL ",\"ignore_paths\":[7]", FILE1("a", "sha256")),
        STATEMENT(SERIAL ",\"ignore_paths\":{}", FILE1("a", "sha256")),
        STATEMENT("\"method\":\"files\",\"hash_type\":\"sha256\"", FILE1("a", "sha256")),
        STATEMENT("\"method\":\"files\",\"allow_symlinks\":false", FILE1("a", "sha256")),
        STATEMENT("\"hash_type\":\"sha256\",\"allow_symlinks\":false", FILE1("a", "sha256")),
        "{\"_type\":\"x\"," SUBJECT KIND "\"predicate\":{}}",
        "{" TYPE KIND "\"predicate\":{}}",
        "{" TYPE "\"subject\":[]," KIND "\"predicate\":{}}",
        "{" TYPE SUBJECT KIND "\"predicate\":[]}",
        "{" TYPE SUBJECT KIND "\"predicate\":{},\"more\":1}",
        "{" TYPE "\"subject\":[{\"name\":\"m\",\"digest\":{\"sha256\":\"00\"}}]," KIND
        "\"predicate\":{}}",
        "{" TYPE "\"subject\":[{\"name\":\"m\",\"digest\":{\"md5\":\"00\"}}]," KIND
        "\"predicate\":{}}",
    };
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        CHECK(statement(WRONG[i]) == SR_MALFORMED);
    }
    static char many[65536] = "";
    char *end = many + snprintf(many, sizeof many,
                                "{" TYPE SUBJECT KIND "\"predicate\":{\"serialization\":{" SERIAL
                                ",\"ignore_paths\":[\"a\"");
    for (size_t i = 0; i < SR_OMS_IGNORED_MAX; i++) {
        memcpy(end, ",\"a\"", 4);
        end += 4;
    }
    (void)snprintf(end, 1024, "]},\"resources\":[" FILE1("a", "sha256") "]}}");
    CHECK(statement(many) == SR_TOO_LARGE);
    CHECK(statement("{" TYPE SUBJECT "\"predicateType\":\"x\",\"predicate\":{}}") ==
          SR_UNSUPPORTED);
}

static void test_statement_round_trip(void)
{
    struct sr_oms_resource resources[] = {{.name = sr_text_view("a"), .digest = {1}},
                                          {.name = sr_text_view("b \"q\""), .digest = {2}}};
    struct sr_bytes ignored[] = {sr_text_view(".git")};
    struct sr_oms_statement made = {.subject = sr_text_view("model"),
                                    .root = {3},
                                    .resources = resources,
                                    .resource_count = 2,
                                    .ignored = ignored,
                                    .ignored_count = 1};
    SR_AUTO(sr_buf) text = NULL;
    SR_AUTO(sr_oms_statement) s = NULL;
    CHECK(sr_buf_new(8192, &text) == SR_OK);
    CHECK(sr_oms_statement_encode(&made, text) == SR_OK);
    CHECK(sr_oms_statement_decode(sr_buf_view(text), &s, NULL) == SR_OK);
    CHECK(s->resource_count == 2 && s->root[0] == 3 && s->resources[1].digest[0] == 2);
    CHECK(sr_text_equal(s->resources[1].name, resources[1].name));
    CHECK(sr_text_equal(s->subject, made.subject));
    CHECK(s->ignored_count == 1 && sr_text_equal(s->ignored[0], ignored[0]));
}

/* As many files as a version may have, with usual names. */
static void test_largest_statement(void)
{
    static char names[SR_LIMIT_FILES][32];
    static struct sr_oms_resource resources[SR_LIMIT_FILES];
    SR_AUTO(sr_buf) text = NULL;
    SR_AUTO(sr_oms_statement) s = NULL;
    for (size_t i = 0; i < SR_LIMIT_FILES; i++) {
        (void)snprintf(names[i], sizeof names[i], "layers/model-%06zu.bin", i);
        resources[i].name = sr_text_view(names[i]);
    }
    struct sr_oms_statement made = {
        .subject = sr_text_view("model"), .resources = resources, .resource_count = SR_LIMIT_FILES};
    CHECK(sr_buf_new(SR_OMS_BUNDLE_BYTES_MAX / 2, &text) == SR_OK);
    CHECK(sr_oms_statement_encode(&made, text) == SR_OK);
    CHECK(sr_oms_statement_decode(sr_buf_view(text), &s, NULL) == SR_OK);
    CHECK(s != NULL && s->resource_count == SR_LIMIT_FILES);
}

static void test_plain_paths(void)
{
    char longest[SR_LIMIT_PATH_BYTES + 1];
    memset(longest, 'a', sizeof longest);
    CHECK(sr_oms_is_plain(sr_bytes(longest, SR_LIMIT_PATH_BYTES)));
    CHECK(!sr_oms_is_plain(sr_bytes(longest, SR_LIMIT_PATH_BYTES + 1)));
    CHECK(sr_oms_is_plain(sr_text_view("...")) && sr_oms_is_plain(sr_text_view("a..b/.c")));
    CHECK(!sr_oms_is_plain(sr_text_view("a\x7f")) && !sr_oms_is_plain(sr_text_view("a\xc2\x85")));
    CHECK(sr_oms_is_plain(sr_text_view("\xc2\xa0")) && !sr_oms_is_plain(sr_text_view("\xff")));
}

int main(void)
{
    RUN(test_bundle_with_key);
    RUN(test_bundle_with_certificates);
    RUN(test_bundle_refuses);
    RUN(test_bundle_round_trip);
    RUN(test_old_message);
    RUN(test_statement_of_files);
    RUN(test_statement_of_shards);
    RUN(test_other_hash);
    RUN(test_old_statement);
    RUN(test_statement_refuses);
    RUN(test_statement_round_trip);
    RUN(test_largest_statement);
    RUN(test_plain_paths);
    return check_done();
}
