/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: with a signer demanded, only what they signed whole comes in; a signature that
 * says something else than the files is refused whoever is trusted; without anybody to trust, a
 * signature is noted and nothing is claimed.
 */
#include "custody/deposit_signature.h"

#include <string.h>

#include "tests/check.h"
#include "tests/room.h"
#include "tests/scratch.h"
#include "tests/signing_key.h"

static char scratch_dir[] = "/dev/shm/sr-publisher-XXXXXX";

/* A model in a folder of its own, signed as name; "" leaves it unsigned. */
static const char *make_model(const char *folder, const char *name)
{
    static char path[1024];
    SR_AUTO(sr_signer) signer = NULL;
    SR_AUTO(sr_buf) bundle = NULL;
    struct sr_signature_made made;
    room_mkdir(scratch_dir, folder);
    (void)snprintf(path, sizeof path, "%s", room_path(scratch_dir, folder));
    room_write(path, "config.json", "{}", 2);
    room_mkdir(path, "sub");
    room_write(path, "sub/weights", "1234", 4);
    struct sr_bytes left_out[] = {sr_text_view("notes")};
    struct sr_signature_make params = {.path = path, .ignored = left_out, .ignored_count = 1};
    CHECK(sr_signer_from_pem(sr_text_view(SIGNING_KEY), NULL, &signer, NULL) == SR_OK);
    params.signer = signer;
    CHECK(sr_buf_new(65536, &bundle) == SR_OK);
    CHECK(sr_signature_make(&params, bundle, &made, NULL) == SR_OK);
    if (name[0] != '\0') {
        room_write(path, name, sr_buf_view(bundle).ptr, sr_buf_view(bundle).len);
    }
    return path;
}

static enum sr_status check(const char *path, const char *trusted, struct sr_publisher *out,
                            struct sr_err *err)
{
    SR_AUTO(sr_walk) walk = NULL;
    SR_AUTO(sr_public_key) key = NULL;
    CHECK(sr_walk_all(path, &walk, NULL) == SR_OK);
    if (trusted == NULL) {
        return sr_deposit_signature_check(walk, NULL, 1, out, err);
    }
    CHECK(sr_public_key_from_pem(sr_text_view(trusted), &key, NULL) == SR_OK);
    struct sr_signature_trust trust = {.key = key};
    return sr_deposit_signature_check(walk, &trust, 1, out, err);
}

/* Another key than SIGNING_KEY_PUBLIC. */
static const char OTHER_KEY[] = "-----BEGIN PUBLIC KEY-----\n"
                                "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqfdZOYwml3nSqSiZTe6wrCwzYdzK\n"
                                "zP3vZJFsyFi8UMOx2NC12ji/L2YFBBAniG60AmxQzRihtdHukPQUnNhWug==\n"
                                "-----END PUBLIC KEY-----\n";

static void test_signed(void)
{
    struct sr_publisher out = {0};
    struct sr_err err = {0};
    const char *path = make_model("signed", "model.sig");
    CHECK(check(path, SIGNING_KEY_PUBLIC, &out, &err) == SR_OK);
    CHECK(out.state == SR_PUBLISHER_VERIFIED && strcmp(out.file, "model.sig") == 0);
    CHECK(strcmp(out.hint, SIGNING_KEY_HINT) == 0 && out.signer[0] == '\0');
    CHECK(check(path, OTHER_KEY, &out, &err) == SR_UNTRUSTED);
    CHECK(check(path, NULL, &out, &err) == SR_OK && out.state == SR_PUBLISHER_UNVERIFIED);
    room_write(path, "config.json", "[]", 2);
    CHECK(check(path, SIGNING_KEY_PUBLIC, &out, &err) == SR_CORRUPT);
    CHECK(check(path, NULL, &out, &err) == SR_CORRUPT);
    CHECK(strstr(err.message, "model.sig") != NULL && strstr(err.message, "config.json") != NULL);
}

static void test_added_and_left_out(void)
{
    struct sr_publisher out = {0};
    const char *path = make_model("more", "release.sig");
    room_write(path, ".gitattributes", "x", 1);
    CHECK(check(path, SIGNING_KEY_PUBLIC, &out, NULL) == SR_OK);
    CHECK(strcmp(out.file, "release.sig") == 0);
    room_write(path, "notes", "x", 1);
    CHECK(check(path, SIGNING_KEY_PUBLIC, &out, NULL) == SR_UNTRUSTED);
    CHECK(check(path, NULL, &out, NULL) == SR_OK && out.state == SR_PUBLISHER_UNVERIFIED);
    room_write(path, "added", "x", 1);
    CHECK(check(path, NULL, &out, NULL) == SR_CORRUPT);
}

static void test_unsigned(void)
{
    struct sr_publisher out = {0};
    const char *path = make_model("unsigned", "");
    CHECK(check(path, NULL, &out, NULL) == SR_OK && out.state == SR_PUBLISHER_NONE);
    CHECK(check(path, SIGNING_KEY_PUBLIC, &out, NULL) == SR_UNTRUSTED);
    /* Other files of that name are no signatures. */
    room_write(path, "model.sig", "-----BEGIN PGP SIGNATURE-----", 29);
    CHECK(check(path, NULL, &out, NULL) == SR_OK && out.state == SR_PUBLISHER_NONE);
    CHECK(check(path, SIGNING_KEY_PUBLIC, &out, NULL) == SR_UNTRUSTED);
    CHECK(strcmp(sr_publisher_state_name(SR_PUBLISHER_UNVERIFIED), "present, not verified") == 0);
}

static void test_single_file(void)
{
    struct sr_publisher out = {0};
    char file[2048];
    SR_AUTO(sr_signer) signer = NULL;
    SR_AUTO(sr_buf) bundle = NULL;
    struct sr_signature_made made;
    const char *path = make_model("single", "");
    (void)snprintf(file, sizeof file, "%s/config.json", path);
    CHECK(sr_signer_from_pem(sr_text_view(SIGNING_KEY), NULL, &signer, NULL) == SR_OK);
    struct sr_signature_make params = {.path = file, .signer = signer};
    CHECK(sr_buf_new(65536, &bundle) == SR_OK);
    CHECK(sr_signature_make(&params, bundle, &made, NULL) == SR_OK);
    CHECK(check(file, SIGNING_KEY_PUBLIC, &out, NULL) == SR_UNTRUSTED);
    room_write(path, "config.json.sig", sr_buf_view(bundle).ptr, sr_buf_view(bundle).len);
    CHECK(check(file, SIGNING_KEY_PUBLIC, &out, NULL) == SR_OK);
    CHECK(out.state == SR_PUBLISHER_VERIFIED && strcmp(out.file, "config.json.sig") == 0);
    room_write(path, "config.json", "[]", 2);
    CHECK(check(file, NULL, &out, NULL) == SR_CORRUPT);
}

/* Of two signatures, one that is trusted is enough, but neither may say otherwise. */
static void test_two_signatures(void)
{
    struct sr_publisher out = {0};
    const char *path = make_model("two", "b.sig");
    char bundle[65536];
    const char *from = room_path(path, "b.sig");
    FILE *f = fopen(from, "re");
    CHECK(f != NULL);
    size_t len = fread(bundle, 1, sizeof bundle, f);
    CHECK(fclose(f) == 0);
    char *hint = memmem(bundle, len, SIGNING_KEY_HINT, 64);
    CHECK(hint != NULL);
    hint[0] = hint[0] == '0' ? '1' : '0';
    room_write(path, "a.sig", bundle, len);
    CHECK(check(path, SIGNING_KEY_PUBLIC, &out, NULL) == SR_OK);
    CHECK(out.state == SR_PUBLISHER_VERIFIED && strcmp(out.file, "b.sig") == 0);
}

int main(void)
{
    if (!room_scratch(scratch_dir)) {
        return 1;
    }
    RUN(test_signed);
    RUN(test_added_and_left_out);
    RUN(test_unsigned);
    RUN(test_single_file);
    RUN(test_two_signatures);
    scratch_remove(scratch_dir);
    return check_done();
}
