/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: what was signed verifies with its key and stays verified only while the files are
 * the same; shards are checked to the last byte; BLAKE2b too; without trust nothing is trusted.
 * Against what others made: tests/oms/oms_test.py.
 */
#include "artifact/signature.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "crypto/blake2b.h"
#include "crypto/hash.h"
#include "tests/check.h"
#include "tests/scratch.h"
#include "tests/signing_key.h"

static char scratch_dir[] = "/tmp/sr-signature-XXXXXX";

/* The path of a file in the scratch folder; the same few buffers are used in turn. */
static const char *at(const char *name)
{
    static char buffers[8][512];
    static unsigned next;
    char *out = buffers[next++ % 8];
    (void)snprintf(out, sizeof buffers[0], "%s/%s", scratch_dir, name);
    return out;
}

static void put(const char *name, struct sr_bytes data)
{
    int fd = open(at(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert(fd >= 0);
    CHECK(write(fd, data.ptr, data.len) == (ssize_t)data.len);
    CHECK(close(fd) == 0);
}

static void put_text(const char *name, const char *text)
{
    put(name, sr_text_view(text));
}

static struct sr_signer *make_signer(void)
{
    struct sr_signer *signer = NULL;
    CHECK(sr_signer_from_pem(sr_text_view(SIGNING_KEY), NULL, &signer, NULL) == SR_OK);
    return signer;
}

/* Sign whatever the statement says, over the specification's message. */
static struct sr_buf *sign_payload(struct sr_bytes payload)
{
    SR_AUTO(sr_signer) signer = make_signer();
    SR_AUTO(sr_buf) message = NULL;
    SR_AUTO(sr_buf) signature = NULL;
    struct sr_buf *out = NULL;
    CHECK(sr_buf_new(65536, &message) == SR_OK && sr_buf_new(1024, &signature) == SR_OK);
    CHECK(sr_buf_new(65536, &out) == SR_OK);
    CHECK(sr_dsse_pae(sr_text_view(SR_OMS_PAYLOAD_TYPE), payload, message) == SR_OK);
    CHECK(sr_signer_sign(signer, sr_buf_view(message), signature, NULL) == SR_OK);
    CHECK(sr_oms_bundle_encode(SIGNING_KEY_HINT, NULL, 0, payload, sr_buf_view(signature), out) ==
          SR_OK);
    return out;
}

/* What a check said. */
struct said {
    struct sr_signature_result result;
    struct sr_err err;
    unsigned problems[3];
    bool has_trust;
    bool ignore_unsigned;
};

static void on_problem(void *ctx, enum sr_signature_problem problem, const char *path)
{
    struct said *said = ctx;
    CHECK(path[0] != '\0');
    said->problems[problem]++;
}

static enum sr_status check(const char *model, struct sr_bytes bundle, struct said *said)
{
    SR_AUTO(sr_public_key) key = NULL;
    CHECK(sr_public_key_from_pem(sr_text_view(SIGNING_KEY_PUBLIC), &key, NULL) == SR_OK);
    struct sr_signature_check params = {
        .path = at(model),
        .bundle = bundle,
        .signature = at("model/model.sig"),
        .trust = {.key = said->has_trust ? key : NULL},
        .ignore_unsigned = said->ignore_unsigned,
        .threads = 2,
        .on_problem = on_problem,
        .ctx = said,
    };
    enum sr_status status = sr_signature_check(&params, &said->result, &said->err);
    sr_manifest_free(said->result.files_found);
    said->result.files_found = NULL;
    return status;
}

static struct sr_buf *sign(const char *model)
{
    SR_AUTO(sr_signer) signer = make_signer();
    struct sr_buf *out = NULL;
    struct sr_signature_made made = {0};
    struct sr_signature_make params = {
        .path = at(model), .signature = at("model/model.sig"), .signer = signer};
    CHECK(sr_buf_new(65536, &out) == SR_OK);
    CHECK(sr_signature_make(&params, out, &made, NULL) == SR_OK);
    return out;
}

static void make_model(void)
{
    (void)mkdir(at("model"), 0700);
    (void)mkdir(at("model/a"), 0700);
    put_text("model/a/b", "one");
    put_text("model/a.txt", "two");
    put_text("model/empty", "");
}

static void test_files(void)
{
    make_model();
    SR_AUTO(sr_buf) bundle = sign("model");
    put("model/model.sig", sr_buf_view(bundle));
    struct said good = {.has_trust = true};
    CHECK(check("model", sr_buf_view(bundle), &good) == SR_OK);
    CHECK(good.result.is_trusted && good.result.files == 3 && good.result.bytes == 6);
    CHECK(good.result.is_ordered && strcmp(good.result.hint, SIGNING_KEY_HINT) == 0);
    put_text("model/a.txt", "twO");
    put_text("model/more", "x");
    CHECK(unlink(at("model/empty")) == 0);
    struct said bad = {.has_trust = true};
    CHECK(check("model", sr_buf_view(bundle), &bad) == SR_CORRUPT);
    CHECK(bad.problems[SR_SIGNATURE_DIFFERS] == 1 && bad.problems[SR_SIGNATURE_MISSING] == 1 &&
          bad.problems[SR_SIGNATURE_EXTRA] == 1 && bad.result.problems == 3);
    CHECK(strncmp(bad.err.message, "3 files are not as signed; '", 28) == 0);
    make_model();
    struct said more = {.has_trust = true, .ignore_unsigned = true};
    CHECK(check("model", sr_buf_view(bundle), &more) == SR_OK);
    CHECK(more.result.unsigned_files == 1 && more.problems[SR_SIGNATURE_EXTRA] == 1);
    CHECK(unlink(at("model/more")) == 0);
}

static void test_without_trust(void)
{
    make_model();
    SR_AUTO(sr_buf) bundle = sign("model");
    struct said said = {0};
    CHECK(check("model", sr_buf_view(bundle), &said) == SR_OK);
    CHECK(!said.result.is_trusted && said.result.files == 3);
    put_text("model/a.txt", "other");
    struct said bad = {0};
    CHECK(check("model", sr_buf_view(bundle), &bad) == SR_CORRUPT);
}

static void test_single_file(void)
{
    make_model();
    SR_AUTO(sr_buf) bundle = sign("model/a.txt");
    struct said good = {.has_trust = true};
    CHECK(check("model/a.txt", sr_buf_view(bundle), &good) == SR_OK);
    struct said other = {.has_trust = true};
    CHECK(check("model/a/b", sr_buf_view(bundle), &other) == SR_CORRUPT);
}

static void digest_of(enum sr_oms_hash hash, struct sr_bytes data, char *out)
{
    uint8_t digest[SR_OMS_DIGEST_BYTES_MAX];
    SR_AUTO(sr_blake2b) h = NULL;
    CHECK(sr_blake2b_new(&h) == SR_OK);
    CHECK(sr_sha256_once(data, digest) == SR_OK);
    if (hash == SR_OMS_BLAKE2B) {
        CHECK(sr_blake2b_update(h, data) == SR_OK && sr_blake2b_final(h, digest) == SR_OK);
    }
    sr_text_hex(sr_bytes(digest, sr_oms_hash_bytes(hash)), out);
}

/* A statement over one file, "f", cut at the given places; the root is computed. */
struct cut {
    unsigned begin;
    unsigned end;
};

static struct sr_buf *sign_cuts(const char *text, const struct cut *cuts, size_t count,
                                enum sr_oms_hash hash)
{
    char payload[8192];
    char list[4096] = "";
    char hex[2 * SR_OMS_DIGEST_BYTES_MAX + 1];
    char root_hex[65];
    uint8_t digests[8 * SR_OMS_DIGEST_BYTES_MAX];
    uint8_t root[SR_SHA256_BYTES];
    size_t bytes = sr_oms_hash_bytes(hash);
    const char *name = hash == SR_OMS_SHA256 ? "sha256" : "blake2b";
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(list);
        digest_of(hash, sr_bytes(text + cuts[i].begin, cuts[i].end - cuts[i].begin), hex);
        CHECK(sr_text_unhex(sr_text_view(hex), digests + i * bytes, bytes) == SR_OK);
        (void)snprintf(list + len, sizeof list - len,
                       "%s{\"name\":\"f:%u:%u\",\"algorithm\":\"%s\",\"digest\":\"%s\"}",
                       i == 0 ? "" : ",", cuts[i].begin, cuts[i].end, name, hex);
    }
    CHECK(sr_sha256_once(sr_bytes(digests, count * bytes), root) == SR_OK);
    sr_text_hex(sr_bytes(root, sizeof root), root_hex);
    (void)snprintf(payload, sizeof payload,
                   "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"name\":\"m\","
                   "\"digest\":{\"sha256\":\"%s\"}}],\"predicateType\":"
                   "\"https://model_signing/signature/v1.0\",\"predicate\":{\"serialization\":{"
                   "\"method\":\"shards\",\"shard_size\":4,\"hash_type\":\"%s\","
                   "\"allow_symlinks\":false},\"resources\":[%s]}}",
                   root_hex, name, list);
    return sign_payload(sr_text_view(payload));
}

static enum sr_status check_cuts(const struct cut *cuts, size_t count, enum sr_oms_hash hash)
{
    SR_AUTO(sr_buf) bundle = sign_cuts("0123456789", cuts, count, hash);
    struct said said = {.has_trust = true};
    return check("shards", sr_buf_view(bundle), &said);
}

static void test_shards(void)
{
    static const struct cut WHOLE[] = {{4, 8}, {0, 4}, {8, 10}};
    static const struct cut HOLE[] = {{0, 4}, {5, 10}};
    static const struct cut OVERLAP[] = {{0, 4}, {3, 10}};
    static const struct cut SHORT[] = {{0, 4}, {4, 9}};
    static const struct cut LATE[] = {{4, 10}};
    (void)mkdir(at("shards"), 0700);
    put_text("shards/f", "0123456789");
    CHECK(check_cuts(WHOLE, 3, SR_OMS_SHA256) == SR_OK);
    CHECK(check_cuts(WHOLE, 3, SR_OMS_BLAKE2B) == SR_OK);
    CHECK(check_cuts(HOLE, 2, SR_OMS_SHA256) == SR_MALFORMED);
    CHECK(check_cuts(OVERLAP, 2, SR_OMS_SHA256) == SR_MALFORMED);
    CHECK(check_cuts(LATE, 1, SR_OMS_SHA256) == SR_MALFORMED);
    CHECK(check_cuts(SHORT, 2, SR_OMS_SHA256) == SR_CORRUPT);
    put_text("shards/f", "0123456788");
    CHECK(check_cuts(WHOLE, 3, SR_OMS_SHA256) == SR_CORRUPT);
    CHECK(check_cuts(WHOLE, 3, SR_OMS_BLAKE2B) == SR_CORRUPT);
    put_text("shards/f", "0123456789");
    /* Nobody can say whether an empty file was signed. */
    put_text("shards/empty", "");
    SR_AUTO(sr_buf) bundle = sign_cuts("0123456789", WHOLE, 3, SR_OMS_SHA256);
    struct said said = {.has_trust = true};
    CHECK(check("shards", sr_buf_view(bundle), &said) == SR_OK);
    CHECK(said.result.unsigned_files == 1 && said.result.files == 1 && said.result.bytes == 10);
}

/* A good signature of the wrong text: nothing of it may be taken for a statement about files. */
static void test_signed_text_that_is_no_statement(void)
{
    make_model();
    SR_AUTO(sr_buf) bundle = sign_payload(sr_text_view("{\"a\":1}"));
    struct said said = {.has_trust = true};
    CHECK(check("model", sr_buf_view(bundle), &said) == SR_MALFORMED);
}

static void test_links_and_changes(void)
{
    char model[512];
    (void)snprintf(model, sizeof model, "%s", at("model"));
    struct sr_manifest_params params = {.path = model};
    SR_AUTO(sr_manifest) m = NULL;
    SR_AUTO(sr_manifest) none = NULL;
    struct sr_manifest_piece piece = {.file = 0, .end = 3};
    make_model();
    CHECK(sr_manifest_new(&params, &m, NULL) == SR_OK);
    CHECK(strcmp(sr_manifest_at(m, 0)->path, "a.txt") == 0);
    CHECK(sr_manifest_hash(m, SR_OMS_SHA256, &piece, 1, 0, NULL) == SR_OK);
    CHECK(unlink(at("model/a.txt")) == 0);
    CHECK(sr_manifest_hash(m, SR_OMS_SHA256, &piece, 1, 0, NULL) == SR_CONFLICT);
    CHECK(symlink("a/b", at("model/a.txt")) == 0);
    CHECK(sr_manifest_hash(m, SR_OMS_SHA256, &piece, 1, 0, NULL) == SR_CONFLICT);
    CHECK(sr_manifest_new(&params, &none, NULL) == SR_UNSUPPORTED);
    CHECK(unlink(at("model/a.txt")) == 0);
    put_text("model/a.txt", "more than before");
    CHECK(sr_manifest_hash(m, SR_OMS_SHA256, &piece, 1, 0, NULL) == SR_CONFLICT);
    put_text("model/a\nb", "x");
    CHECK(sr_manifest_new(&params, &none, NULL) == SR_MALFORMED);
    CHECK(unlink(at("model/a\nb")) == 0);
    params.path = at("nothing");
    CHECK(sr_manifest_new(&params, &none, NULL) == SR_NOT_FOUND);
    (void)mkdir(at("void"), 0700);
    params.path = at("void");
    CHECK(sr_manifest_new(&params, &none, NULL) == SR_MALFORMED);
    CHECK(none == NULL);
}

int main(void)
{
    if (!scratch_make(scratch_dir)) {
        return 1;
    }
    RUN(test_files);
    RUN(test_without_trust);
    RUN(test_single_file);
    RUN(test_shards);
    RUN(test_signed_text_that_is_no_statement);
    RUN(test_links_and_changes);
    scratch_remove(scratch_dir);
    return check_done();
}
