/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: a head is one text for what it says; every length in it is checked, nothing in it
 * can make a reader take memory that the head does not pay for, or write outside its folder.
 */
#include "formats/bundle.h"

#include <assert.h>
#include <string.h>

#include "tests/check.h"

static uint8_t slot[SR_BUNDLE_SLOT_BYTES] = {7};

static struct sr_bundle sample(struct sr_bundle_entry files[2])
{
    memset(files, 0, 2 * sizeof *files);
    struct sr_bundle b = {
        .version = {{1, 2, 3}},
        .chain = sr_text_view("{}"),
        .slot = sr_bytes(slot, sizeof slot),
        .document = {{.name = sr_text_view("lineage.json"), .bytes = 12, .sha256 = {9}},
                     {.name = sr_text_view("results.json"), .bytes = 0}},
        .document_count = 2,
        .files = files,
        .file_count = 2,
    };
    files[0] = (struct sr_bundle_entry){.path = sr_text_view("config.json"),
                                        .object = {{4}},
                                        .plain_bytes = 100,
                                        .sha256 = {5},
                                        .body_bytes = 9000};
    files[1] = (struct sr_bundle_entry){.path = sr_text_view("sub/model.safetensors"),
                                        .object = {{6}},
                                        .kind = SR_FILE_SAFETENSORS,
                                        .plain_bytes = 1000,
                                        .root = {7},
                                        .tensor_count = 3,
                                        .body_bytes = 10000,
                                        .body_root = {8}};
    return b;
}

static struct sr_buf *encode(const struct sr_bundle *b)
{
    struct sr_buf *text = NULL;
    CHECK(sr_buf_new(1 << 20, &text) == SR_OK);
    CHECK(sr_bundle_encode(b, text, NULL) == SR_OK);
    return text;
}

static void decodes_what_it_encodes(void)
{
    struct sr_bundle_entry files[2];
    struct sr_bundle b = sample(files);
    SR_AUTO(sr_buf) text = encode(&b);
    SR_CLEANUP(sr_bundle_clear) struct sr_bundle out = {0};
    CHECK(sr_bundle_decode(sr_buf_view(text), &out, NULL) == SR_OK);
    CHECK(sr_text_id_equal(&out.version, &b.version) && sr_text_equal(out.chain, b.chain));
    CHECK(sr_text_equal(out.slot, b.slot) && out.document_count == 2 && out.file_count == 2);
    CHECK(sr_text_equal(out.document[0].name, b.document[0].name));
    CHECK(out.document[0].bytes == 12 && out.document[0].sha256[0] == 9);
    CHECK(sr_text_equal(out.files[1].path, files[1].path));
    CHECK(out.files[1].kind == SR_FILE_SAFETENSORS && out.files[1].plain_bytes == 1000);
    CHECK(out.files[1].tensor_count == 3 && out.files[1].body_bytes == 10000);
    CHECK(out.files[1].root[0] == 7 && out.files[1].body_root[0] == 8);
    CHECK(out.files[0].sha256[0] == 5 && out.files[0].object.bytes[0] == 4);
    SR_AUTO(sr_buf) again = encode(&out);
    CHECK(sr_text_equal(sr_buf_view(text), sr_buf_view(again)));
}

static void every_cut_is_noticed(void)
{
    struct sr_bundle_entry files[2];
    struct sr_bundle b = sample(files);
    SR_AUTO(sr_buf) text = encode(&b);
    struct sr_bytes view = sr_buf_view(text);
    for (size_t len = 0; len < view.len; len++) {
        SR_CLEANUP(sr_bundle_clear) struct sr_bundle out = {0};
        CHECK(sr_bundle_decode(sr_bytes(view.ptr, len), &out, NULL) == SR_TRUNCATED);
    }
    SR_CLEANUP(sr_bundle_clear) struct sr_bundle out = {0};
    CHECK(sr_buf_append(text, sr_text_view("x")) == SR_OK);
    CHECK(sr_bundle_decode(sr_buf_view(text), &out, NULL) == SR_MALFORMED);
}

static enum sr_status with_path(const char *path)
{
    struct sr_bundle_entry files[2];
    struct sr_bundle b = sample(files);
    SR_AUTO(sr_buf) text = NULL;
    files[1].path = sr_text_view(path);
    CHECK(sr_buf_new(1 << 20, &text) == SR_OK);
    return sr_bundle_encode(&b, text, NULL);
}

/* The encoder and the decoder share one check, so the encoder shows what it refuses. */
static void refuses_names_that_lead_away(void)
{
    static const char *const BAD[] = {"/etc/passwd", "../x",        "sub/../x", "sub//x",
                                      "sub/./x",     "config.json", "aaa",      "sub/",
                                      "x\ny",        "\xff",        ""};
    CHECK(with_path("sub/x") == SR_OK);
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        CHECK(with_path(BAD[i]) == SR_MALFORMED);
    }
    static const char *const NAMES[] = {"../x", "A", "a/b", "", ".hidden", "lineage.json"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        struct sr_bundle_entry files[2];
        struct sr_bundle b = sample(files);
        SR_AUTO(sr_buf) text = NULL;
        CHECK(sr_buf_new(1 << 20, &text) == SR_OK);
        b.document[1].name = sr_text_view(NAMES[i]);
        CHECK(sr_bundle_encode(&b, text, NULL) == SR_MALFORMED);
    }
}

/* Take what was encoded, change one number in it, and see it refused. */
static void refuses_numbers_over_their_limits(void)
{
    struct sr_bundle_entry files[2];
    struct sr_bundle b = sample(files);
    SR_AUTO(sr_buf) text = encode(&b);
    struct sr_bytes view = sr_buf_view(text);
    uint8_t copy[1024];
    assert(view.len <= sizeof copy);
    static const struct {
        size_t at;
        uint8_t value;
        enum sr_status status;
    } CASES[] = {
        {16, 0xff, SR_TOO_LARGE},     /* the chain's length */
        {22, 0x01, SR_TOO_LARGE},     /* the slot's */
        {22 + 1, 0x4f, SR_MALFORMED}, /* and shorter than a slot */
        {24 + 80, 17, SR_TOO_LARGE},  /* documents */
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        SR_CLEANUP(sr_bundle_clear) struct sr_bundle out = {0};
        memcpy(copy, view.ptr, view.len);
        copy[CASES[i].at] = CASES[i].value;
        enum sr_status status = sr_bundle_decode(sr_bytes(copy, view.len), &out, NULL);
        /* A shorter slot moves all that follows, so anything but success will do there. */
        CHECK(i == 2 ? status != SR_OK : status == CASES[i].status);
    }
    /* A count that the head does not have the bytes for takes no memory. */
    size_t files_at = 24 + 80 + 1 + 2 * (2 + 12 + 4 + 32);
    SR_CLEANUP(sr_bundle_clear) struct sr_bundle out = {0};
    memcpy(copy, view.ptr, view.len);
    CHECK(copy[files_at + 3] == 2);
    copy[files_at + 1] = 1;
    CHECK(sr_bundle_decode(sr_bytes(copy, view.len), &out, NULL) == SR_TRUNCATED);
    CHECK(out.files == NULL);
    copy[files_at] = 1;
    CHECK(sr_bundle_decode(sr_bytes(copy, view.len), &out, NULL) == SR_TOO_LARGE);
    memset(copy + files_at, 0, 4);
    sr_bundle_clear(&out);
    CHECK(sr_bundle_decode(sr_bytes(copy, view.len), &out, NULL) == SR_MALFORMED);
}

static void prefix(void)
{
    struct sr_bundle_prefix p = {.has_bodies = true, .head_bytes = 1234, .head_sha256 = {1, 2}};
    struct sr_bundle_prefix out = {0};
    SR_AUTO(sr_buf) text = NULL;
    uint8_t copy[SR_BUNDLE_PREFIX_BYTES];
    CHECK(sr_buf_new(64, &text) == SR_OK);
    CHECK(sr_bundle_put_prefix(&p, text) == SR_OK);
    CHECK(sr_buf_view(text).len == SR_BUNDLE_PREFIX_BYTES);
    memcpy(copy, sr_buf_view(text).ptr, sizeof copy);
    struct sr_bytes view = sr_bytes(copy, sizeof copy);
    CHECK(sr_bundle_get_prefix(view, &out, NULL) == SR_OK);
    CHECK(out.has_bodies && out.head_bytes == 1234 && out.head_sha256[1] == 2);
    CHECK(sr_bundle_documents_at(&out) == 1234 + 48);
    CHECK(sr_bundle_get_prefix(sr_bytes(copy, 47), &out, NULL) == SR_TRUNCATED);
    copy[11] = 2;
    CHECK(sr_bundle_get_prefix(view, &out, NULL) == SR_MALFORMED);
    copy[11] = 0;
    CHECK(sr_bundle_get_prefix(view, &out, NULL) == SR_OK && !out.has_bodies);
    copy[12] = 0x80;
    CHECK(sr_bundle_get_prefix(view, &out, NULL) == SR_TOO_LARGE);
    copy[9] = 2;
    CHECK(sr_bundle_get_prefix(view, &out, NULL) == SR_UNSUPPORTED);
    copy[0] = 's';
    CHECK(sr_bundle_get_prefix(view, &out, NULL) == SR_MALFORMED);
}

static void totals_do_not_overflow(void)
{
    struct sr_bundle_entry files[2];
    struct sr_bundle b = sample(files);
    struct sr_bundle_prefix p = {.has_bodies = true, .head_bytes = 100};
    uint64_t total = 0;
    CHECK(sr_bundle_total(&p, &b, &total) == SR_OK && total == 48 + 100 + 12 + 9000 + 10000);
    p.has_bodies = false;
    CHECK(sr_bundle_total(&p, &b, &total) == SR_OK && total == 48 + 100 + 12);
    p.has_bodies = true;
    files[0].body_bytes = INT64_MAX;
    CHECK(sr_bundle_total(&p, &b, &total) == SR_TOO_LARGE);
}

int main(void)
{
    RUN(decodes_what_it_encodes);
    RUN(every_cut_is_noticed);
    RUN(refuses_names_that_lead_away);
    RUN(refuses_numbers_over_their_limits);
    RUN(prefix);
    RUN(totals_do_not_overflow);
    return check_done();
}
