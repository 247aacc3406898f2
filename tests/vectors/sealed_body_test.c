/* SPDX-License-Identifier: Apache-2.0 */
/* sealed_body_test MANIFEST: every frozen sealed body opens, or is refused with the status it says.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "formats/json.h"
#include "seal/scrub.h"
#include "tests/check.h"
#include "tests/sealed.h"

#define FILE_BYTES_MAX ((size_t)1 << 20)

static struct sr_json_value member(struct sr_json_value object, const char *key)
{
    struct sr_json_value v = {NULL};
    CHECK(sr_json_find(object, key, &v));
    return v;
}

static bool says(struct sr_json_value entry, const char *key, const char *text)
{
    return sr_text_equal(sr_json_string(member(entry, key)), sr_text_view(text));
}

static void unhex(struct sr_json_value entry, const char *key, uint8_t *out, size_t out_bytes)
{
    CHECK(sr_text_unhex(sr_json_string(member(entry, key)), out, out_bytes) == SR_OK);
}

static size_t load(const char *path, uint8_t *out)
{
    FILE *f = fopen(path, "rb");
    CHECK(f != NULL);
    size_t len = f == NULL ? 0 : fread(out, 1, FILE_BYTES_MAX, f);
    if (f != NULL) {
        (void)fclose(f);
    }
    return len;
}

/* The bytes and digests of a body that opened. */
static void check_content(struct sr_json_value entry, struct sr_body *b, struct sealed_memory *m)
{
    struct sr_body_facts expected = {0};
    struct sr_scrub_result result = {0};
    unhex(entry, "sha256", expected.sha256, sizeof expected.sha256);
    unhex(entry, "root", expected.root, sizeof expected.root);
    unhex(entry, "body_root", expected.body_root, sizeof expected.body_root);
    expected.plain_bytes = (uint64_t)sr_json_integer(member(entry, "plain_bytes"));
    CHECK(sr_scrub_opened(b, &expected, 0, &result, NULL) == SR_OK);
    CHECK(sr_scrub_stored(sealed_memory_source(m), m->bytes, expected.body_root, 0, &result,
                          NULL) == SR_OK);
    CHECK((int64_t)sr_body_facts(b)->kind == sr_json_integer(member(entry, "kind")));

    struct sr_json_value tensors = member(entry, "tensors");
    CHECK(sr_tensors_count(sr_body_tensors(b)) == sr_json_count(tensors));
    for (size_t i = 0; i < sr_json_count(tensors); i++) {
        struct sr_tensor t = sr_tensors_at(sr_body_tensors(b), i);
        struct sr_json_value told = sr_json_at(tensors, i);
        CHECK(sr_text_equal(sr_json_string(member(told, "name")), t.name));
        CHECK((uint64_t)sr_json_integer(member(told, "begin")) == t.begin);
        CHECK((uint64_t)sr_json_integer(member(told, "end")) == t.end);
        CHECK(sr_json_count(member(told, "shape")) == t.rank);
    }
}

static void check_entry(struct sr_json_value entry, const char *path)
{
    struct sealed_memory m;
    struct sr_body_name name = {.file_index =
                                    (uint32_t)sr_json_integer(member(entry, "file_index"))};
    SR_AUTO(sr_secret) dek = NULL;
    SR_AUTO(sr_pool) pool = NULL;
    sealed_memory_new(&m, FILE_BYTES_MAX);
    m.bytes = load(path, m.data);
    CHECK(sr_secret_new(32, &dek, NULL) == SR_OK);
    CHECK(sr_pool_new(SR_BODY_SEGMENT_BYTES, 1, 1, &pool, NULL) == SR_OK);
    unhex(entry, "dek", sr_secret_bytes(dek), 32);
    unhex(entry, "object", name.object.bytes, sizeof name.object.bytes);
    unhex(entry, "version", name.version.bytes, sizeof name.version.bytes);

    struct sr_err err = {0};
    SR_AUTO(sr_body) b = NULL;
    enum sr_status status = sr_body_open(&name, dek, sealed_memory_source(&m), pool, &b, &err);
    if (status == SR_OK) { /* what is wrong may be in a segment */
        uint8_t out[4096];
        status = sr_body_read(b, 0, out, (size_t)sr_body_facts(b)->plain_bytes, &err);
    }
    CHECK((status == SR_OK) == sr_json_bool(member(entry, "opens")));
    CHECK(says(entry, "status", sr_status_info(status)->slug));
    if (status == SR_OK) {
        check_content(entry, b, &m);
    } else {
        printf("# %s\n", err.message);
    }
    sr_body_free(SR_TAKE(b));
    sealed_memory_free(&m);
}

/* The folder of the manifest, with room for a file's name. */
static const char *manifest_path;

static void frozen_bodies_open_or_are_refused(void)
{
    static uint8_t text[FILE_BYTES_MAX];
    SR_AUTO(sr_json) json = NULL;
    struct sr_err err = {0};
    size_t len = load(manifest_path, text);
    CHECK(sr_json_decode(sr_bytes(text, len), 8, &json, &err) == SR_OK);
    if (json == NULL) {
        return;
    }
    struct sr_json_value bodies = member(sr_json_root(json), "bodies");
    CHECK(sr_json_count(bodies) == 24);
    const char *slash = strrchr(manifest_path, '/');
    int folder_len = slash == NULL ? 0 : (int)(slash - manifest_path);
    for (size_t i = 0; i < sr_json_count(bodies); i++) {
        struct sr_json_value entry = sr_json_at(bodies, i);
        struct sr_bytes name = sr_json_string(member(entry, "body"));
        char path[4096];
        (void)snprintf(path, sizeof path, "%.*s/%.*s", folder_len, manifest_path, (int)name.len,
                       (const char *)name.ptr);
        printf("# %.*s\n", (int)name.len, (const char *)name.ptr);
        check_entry(entry, path);
    }
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        (void)fprintf(stderr, "usage: sealed_body_test MANIFEST\n");
        return 2;
    }
    manifest_path = argv[1];
    RUN(frozen_bodies_open_or_are_refused);
    return check_done();
}
