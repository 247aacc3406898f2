/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: every version that comes in is signed by the room over exactly its files; a
 * signature that is another's, of another version, or changed is refused; what was found of a
 * publisher's signature is kept as it was.
 */
#include "custody/room_signature.h"

#include "custody/verify.h"
#include "tests/check.h"
#include "tests/room.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/dev/shm/sr-room-signature-XXXXXX";
static struct sr_room *r;
static struct sr_catalog_version one;
static struct sr_catalog_version two;

static enum sr_status check(const struct sr_catalog_version *version, bool *out_is_signed)
{
    SR_CLEANUP(room_free_files) struct sr_catalog_file *files = NULL;
    size_t count = 0;
    CHECK(sr_query_files(r, &version->id, &files, &count, NULL) == SR_OK);
    return sr_room_signature_check(r, &version->id, files, count, out_is_signed, NULL);
}

static const char *file_of(const struct sr_catalog_version *version, const char *suffix)
{
    static char name[128];
    char id[SR_ID_TEXT_BYTES];
    sr_text_hex(sr_bytes(version->id.bytes, SR_ID_BYTES), id);
    (void)snprintf(name, sizeof name, "room/signatures/%s%s", id, suffix);
    return name;
}

static void every_version_is_signed(void)
{
    bool is_signed = false;
    char hint[SR_OMS_HINT_BYTES];
    CHECK(check(&one, &is_signed) == SR_OK && is_signed);
    is_signed = false;
    CHECK(check(&two, &is_signed) == SR_OK && is_signed);
    CHECK(sr_room_signature_hint(r, &one.id, hint) == SR_OK && strlen(hint) == 64);
    struct sr_verify_params params = {.version = one.id};
    struct sr_verify_result result = {0};
    CHECK(sr_verify(r, &params, &result, NULL) == SR_OK && result.is_signed);
}

static void others_are_refused(void)
{
    bool is_signed = false;
    size_t len = 0;
    size_t other_len = 0;
    uint8_t *mine = room_read(scratch_dir, file_of(&one, ".sig"), &len);
    uint8_t *other = room_read(scratch_dir, file_of(&two, ".sig"), &other_len);
    room_write(scratch_dir, file_of(&one, ".sig"), other, other_len);
    CHECK(check(&one, &is_signed) == SR_CORRUPT);
    for (size_t at = 0; at < len; at += 97) {
        mine[at] ^= 1;
        room_write(scratch_dir, file_of(&one, ".sig"), mine, len);
        CHECK(check(&one, &is_signed) == SR_CORRUPT);
        mine[at] ^= 1;
    }
    CHECK(!is_signed);
    struct sr_verify_params params = {.version = one.id};
    struct sr_verify_result result = {0};
    CHECK(sr_verify(r, &params, &result, NULL) == SR_CORRUPT && result.bad == 0);
    CHECK(unlink(room_path(scratch_dir, file_of(&one, ".sig"))) == 0);
    CHECK(check(&one, &is_signed) == SR_OK && !is_signed);
    room_write(scratch_dir, file_of(&one, ".sig"), mine, len);
    CHECK(check(&one, &is_signed) == SR_OK && is_signed);
    free(mine);
    free(other);
}

static void publishers_are_kept(void)
{
    struct sr_publisher in = {.state = SR_PUBLISHER_VERIFIED, .file = "model.sig", .hint = "ab"};
    struct sr_publisher out = {0};
    (void)snprintf(in.signer, sizeof in.signer, "CN=\\\"x\\\"");
    CHECK(sr_room_publisher_load(r, &one.id, &out, NULL) == SR_OK);
    CHECK(out.state == SR_PUBLISHER_NONE);
    CHECK(sr_room_publisher_store(r, &one.id, &in, NULL) == SR_OK);
    CHECK(sr_room_publisher_load(r, &one.id, &out, NULL) == SR_OK);
    CHECK(out.state == in.state && strcmp(out.file, in.file) == 0);
    CHECK(strcmp(out.hint, in.hint) == 0 && strcmp(out.signer, in.signer) == 0);
    static const char *const WRONG[] = {
        "",
        "{}",
        "{\"state\":\"other\",\"file\":\"\",\"key_hint\":\"\",\"signer\":\"\"}",
        "{\"state\":\"none\",\"file\":\"\",\"key_hint\":\"\",\"signer\":\"\",\"more\":1}",
        "{\"state\":\"none\",\"file\":7,\"key_hint\":\"\",\"signer\":\"\"}",
    };
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        room_write(scratch_dir, file_of(&one, ".publisher"), WRONG[i], strlen(WRONG[i]));
        CHECK(sr_room_publisher_load(r, &one.id, &out, NULL) == SR_CORRUPT);
    }
    in.state = SR_PUBLISHER_NONE;
    CHECK(sr_room_publisher_store(r, &one.id, &in, NULL) == SR_OK);
    CHECK(sr_room_publisher_load(r, &one.id, &out, NULL) == SR_OK);
    CHECK(out.state == SR_PUBLISHER_NONE);
    CHECK(sr_room_signature_remove(r, &two.id, NULL) == SR_OK);
    bool is_signed = true;
    CHECK(check(&two, &is_signed) == SR_OK && !is_signed);
}

static void names_that_are_taken(void)
{
    struct sr_catalog_file files[3] = {
        {.path = "a"}, {.path = "model.sig"}, {.path = "strongroom.sig"}};
    CHECK(strcmp(sr_room_signature_name(files, 1), "model.sig") == 0);
    CHECK(strcmp(sr_room_signature_name(files, 2), "strongroom.sig") == 0);
    CHECK(strcmp(sr_room_signature_name(files, 3), "strongroom-2.sig") == 0);
}

int main(void)
{
    struct sr_deposit_result result;
    if (!room_scratch(scratch_dir)) {
        return 1;
    }
    room_make_model(scratch_dir, "model", 1);
    room_make_model(scratch_dir, "other", 2);
    r = room_new(scratch_dir, "room");
    CHECK(room_deposit(r, room_path(scratch_dir, "model"), "one", 0, &result, NULL) == SR_OK);
    one = result.version;
    CHECK(room_deposit(r, room_path(scratch_dir, "other"), "two", 0, &result, NULL) == SR_OK);
    two = result.version;
    RUN(every_version_is_signed);
    RUN(others_are_refused);
    RUN(publishers_are_kept);
    RUN(names_that_are_taken);
    sr_room_free(r);
    scratch_remove(scratch_dir);
    return check_done();
}
