/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: a bundle is written whole or not at all and over nothing; what is read is what
 * was written; a file that was cut, extended or altered in its head or documents is refused. What
 * was altered in a body is found by who decrypts it.
 */
#include "custody/bundle_file.h"

#include <dirent.h>

#include "crypto/hash.h"
#include "tests/check.h"
#include "tests/room.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/dev/shm/sr-bundle-file-XXXXXX";

#define BODY_BYTES 3000000 /* more than a chunk */
static const char DOCUMENT[] = "{\"a\":1}";
static const struct sr_progress QUIET = {0};

static uint8_t *body;
static uint8_t slot[SR_BUNDLE_SLOT_BYTES];
static struct sr_bundle_entry entries[2];
static struct sr_bundle bundle;
static struct sr_bytes documents[1];
static struct sr_blobs *blobs;

static void put_blob(const struct sr_id *object, struct sr_bytes data)
{
    SR_AUTO(sr_staged) staged = NULL;
    struct sr_sink sink;
    struct sr_source source;
    CHECK(sr_blobs_stage(blobs, object, &staged, NULL) == SR_OK);
    sr_staged_io(staged, &sink, &source);
    CHECK(sink.write_at(sink.ctx, 0, data, NULL) == SR_OK);
    CHECK(sr_staged_publish(SR_TAKE(staged), data.len, NULL) == SR_OK);
}

static void setup(void)
{
    char uri[2200];
    (void)snprintf(uri, sizeof uri, "dir:%s", room_path(scratch_dir, "blobs"));
    CHECK(sr_blobs_create(uri, NULL) == SR_OK && sr_blobs_open(uri, &blobs, NULL) == SR_OK);
    body = room_bytes(BODY_BYTES, 1);
    documents[0] = sr_text_view(DOCUMENT);
    entries[0] =
        (struct sr_bundle_entry){.path = sr_text_view("a.json"), .object = {{1}}, .body_bytes = 10};
    entries[1] = (struct sr_bundle_entry){
        .path = sr_text_view("m.gguf"), .object = {{2}}, .body_bytes = BODY_BYTES};
    bundle = (struct sr_bundle){
        .version = {{3}},
        .chain = sr_text_view("{}"),
        .slot = sr_bytes(slot, sizeof slot),
        .document = {{.name = sr_text_view("lineage.json"), .bytes = sizeof DOCUMENT - 1}},
        .document_count = 1,
        .files = entries,
        .file_count = 2};
    CHECK(sr_sha256_once(documents[0], bundle.document[0].sha256) == SR_OK);
    put_blob(&entries[0].object, sr_bytes(body, 10));
    put_blob(&entries[1].object, sr_bytes(body, BODY_BYTES));
}

static size_t count_files(void)
{
    DIR *dir = opendir(scratch_dir);
    size_t count = 0;
    CHECK(dir != NULL);
    while (readdir(dir) != NULL) {
        count++;
    }
    (void)closedir(dir);
    return count;
}

static enum sr_status write_to(const char *name, bool with_bodies)
{
    return sr_bundle_file_write(room_path(scratch_dir, name), &bundle, documents,
                                with_bodies ? blobs : NULL, &QUIET, NULL);
}

static void reads_what_it_wrote(void)
{
    SR_AUTO(sr_bundle_file) f = NULL;
    SR_AUTO(sr_buf) text = NULL;
    struct sr_bundle_body ctx;
    CHECK(write_to("whole", true) == SR_OK);
    CHECK(sr_bundle_file_open(room_path(scratch_dir, "whole"), &f, NULL) == SR_OK);
    CHECK(sr_bundle_file_has_bodies(f));
    CHECK(sr_text_id_equal(&sr_bundle_file_view(f)->version, &bundle.version));
    CHECK(sr_buf_new(1024, &text) == SR_OK);
    CHECK(sr_bundle_file_document(f, 0, text, NULL) == SR_OK);
    CHECK(sr_text_equal(sr_buf_view(text), documents[0]));
    for (size_t i = 0; i < 2; i++) {
        struct sr_source source = sr_bundle_file_body(f, i, &ctx);
        uint8_t *read = malloc((size_t)source.bytes);
        CHECK(source.bytes == entries[i].body_bytes);
        CHECK(source.read_at(source.ctx, 0, read, (size_t)source.bytes, NULL) == SR_OK);
        CHECK(memcmp(read, body, (size_t)source.bytes) == 0);
        free(read);
    }
}

static void without_bodies(void)
{
    SR_AUTO(sr_bundle_file) f = NULL;
    struct stat found;
    CHECK(write_to("head", false) == SR_OK);
    CHECK(sr_bundle_file_open(room_path(scratch_dir, "head"), &f, NULL) == SR_OK);
    CHECK(!sr_bundle_file_has_bodies(f));
    CHECK(stat(room_path(scratch_dir, "head"), &found) == 0 && found.st_size < 2000);
    CHECK((found.st_mode & 0777) == 0600);
}

static void over_nothing_and_nothing_half(void)
{
    size_t before = count_files();
    CHECK(write_to("whole", true) == SR_CONFLICT);
    CHECK(write_to("none/x", true) == SR_NOT_FOUND);
    entries[1].body_bytes++;
    CHECK(write_to("half", true) == SR_CORRUPT);
    entries[1].body_bytes--;
    entries[1].object.bytes[0] = 9;
    CHECK(write_to("half", true) == SR_NOT_FOUND);
    entries[1].object.bytes[0] = 2;
    CHECK(count_files() == before);
}

static enum sr_status open_changed(size_t cut, size_t at, const char *more)
{
    SR_AUTO(sr_bundle_file) f = NULL;
    SR_AUTO(sr_buf) text = NULL;
    size_t len = 0;
    uint8_t *whole = room_read(scratch_dir, "head", &len);
    CHECK(sr_buf_new(8192, &text) == SR_OK);
    CHECK(sr_buf_append(text, sr_bytes(whole, cut == 0 ? len : cut)) == SR_OK);
    CHECK(sr_buf_append(text, sr_text_view(more)) == SR_OK);
    free(whole);
    uint8_t copy[8192];
    struct sr_bytes view = sr_buf_view(text);
    memcpy(copy, view.ptr, view.len);
    if (at < view.len) {
        copy[at] ^= 1;
    }
    room_write(scratch_dir, "changed", copy, view.len);
    enum sr_status status = sr_bundle_file_open(room_path(scratch_dir, "changed"), &f, NULL);
    if (status != SR_OK) {
        return status;
    }
    sr_buf_clear(text);
    return sr_bundle_file_document(f, 0, text, NULL);
}

static void refuses_what_was_changed(void)
{
    struct stat found;
    CHECK(stat(room_path(scratch_dir, "head"), &found) == 0);
    size_t len = (size_t)found.st_size;
    CHECK(open_changed(0, SIZE_MAX, "") == SR_OK);
    CHECK(open_changed(0, SIZE_MAX, "x") == SR_MALFORMED);
    CHECK(open_changed(len - 1, SIZE_MAX, "") == SR_TRUNCATED);
    CHECK(open_changed(60, SIZE_MAX, "") == SR_TRUNCATED);
    CHECK(open_changed(30, SIZE_MAX, "") == SR_MALFORMED);
    for (size_t i = 0; i < len; i++) {
        CHECK(open_changed(0, i, "") != SR_OK);
    }
    SR_AUTO(sr_bundle_file) f = NULL;
    CHECK(sr_bundle_file_open(scratch_dir, &f, NULL) == SR_MALFORMED);
    CHECK(sr_bundle_file_open(room_path(scratch_dir, "nothing"), &f, NULL) == SR_NOT_FOUND);
}

int main(void)
{
    if (!room_scratch(scratch_dir)) {
        return 1;
    }
    setup();
    RUN(reads_what_it_wrote);
    RUN(without_bodies);
    RUN(over_nothing_and_nothing_half);
    RUN(refuses_what_was_changed);
    sr_blobs_free(blobs);
    free(body);
    scratch_remove(scratch_dir);
    return check_done();
}
