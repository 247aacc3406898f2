/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: whatever is not a pack ends with a status of its own, and never with
 * "consistent". Histories, and what is planted in them, are in tests/audit/.
 */
#include "audit/replay.h"

#include <string.h>

#include "base/text.h"
#include "tests/check.h"
#include "tests/fault.h"
#include "tests/log_keys.h"

#define ORIGIN "strongroom.example/lab"
#define ROOM "000102030405060708090a0b0c0d0e0f"

struct text {
    struct sr_bytes rest;
};

static enum sr_status read_text(void *ctx, uint8_t *out, size_t len, size_t *out_got,
                                struct sr_err *err)
{
    struct text *t = ctx;
    (void)err;
    *out_got = t->rest.len < len ? t->rest.len : len;
    if (*out_got > 0) {
        memcpy(out, t->rest.ptr, *out_got);
        t->rest = sr_bytes(t->rest.ptr + *out_got, t->rest.len - *out_got);
    }
    return SR_OK;
}

static enum sr_status replay(struct sr_bytes pack, const struct sr_replay_options *options,
                             struct sr_replay_report *report, struct sr_err *err)
{
    struct text t = {.rest = pack};
    struct sr_pack_source source = {.read = read_text, .ctx = &t};
    return sr_replay(&source, options, NULL, report, err);
}

static enum sr_status append(void *ctx, struct sr_bytes data, struct sr_err *err)
{
    (void)err;
    return sr_buf_append(ctx, data);
}

/* A checkpoint of no leaves, by key number seed. */
static void make_note(uint8_t seed, struct sr_buf *out)
{
    static const char TEXT[] = ORIGIN "\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
    SR_AUTO(sr_signer) signer = log_signer(seed);
    SR_AUTO(sr_vkey) vkey = log_vkey(ORIGIN, SR_VKEY_ED25519, signer);
    CHECK(sr_note_encode_text(sr_text_view(TEXT), out) == SR_OK);
    CHECK(sr_vkey_sign(vkey, signer, 0, sr_text_view(TEXT), out, NULL) == SR_OK);
}

struct sample {
    struct sr_signer *signer;
    struct sr_vkey *vkey;
    struct sr_buf *pack;
    struct sr_buf *note;
};

static void sample_clear(struct sample *s)
{
    sr_signer_free(s->signer);
    sr_vkey_free(s->vkey);
    sr_buf_free(s->pack);
    sr_buf_free(s->note);
}

/* A pack of a room in which nothing has happened. */
static void sample_make(struct sample *s)
{
    SR_AUTO(sr_pack_writer) writer = NULL;
    SR_AUTO(sr_buf) key = NULL;
    s->signer = log_signer(7);
    s->vkey = log_vkey(ORIGIN, SR_VKEY_ED25519, s->signer);
    CHECK(sr_buf_new(65536, &s->pack) == SR_OK && sr_buf_new(65536, &s->note) == SR_OK);
    CHECK(sr_buf_new(4096, &key) == SR_OK && sr_vkey_text(s->vkey, key) == SR_OK);
    make_note(7, s->note);
    struct sr_pack_sink sink = {.write = append, .ctx = s->pack};
    CHECK(sr_pack_writer_new(&sink, &writer, NULL) == SR_OK);
    struct sr_pack_line head = {
        .kind = SR_PACK_HEAD, .origin = sr_text_view(ORIGIN), .key = sr_buf_view(key), .since = 1};
    struct sr_pack_line note = {.kind = SR_PACK_CHECKPOINT, .text = sr_buf_view(s->note)};
    CHECK(sr_pack_writer_put(writer, &head, NULL) == SR_OK);
    CHECK(sr_pack_writer_put(writer, &note, NULL) == SR_OK);
}

static void test_a_room_in_which_nothing_happened(void)
{
    SR_CLEANUP(sample_clear) struct sample s = {0};
    struct sr_replay_report report;
    struct sr_replay_options options = {.threads = 1};
    sample_make(&s);
    CHECK(replay(sr_buf_view(s.pack), &options, &report, NULL) == SR_OK);
    CHECK(report.finding == SR_FOUND_NONE && report.acts == 0 && report.size == 0);
    CHECK(report.is_own_key && strncmp(report.key, ORIGIN "+", sizeof ORIGIN) == 0);
    CHECK(strcmp(report.origin, ORIGIN) == 0);
    options.key = s.vkey;
    CHECK(replay(sr_buf_view(s.pack), &options, &report, NULL) == SR_OK && !report.is_own_key);
}

static void test_a_pack_of_another_key(void)
{
    SR_CLEANUP(sample_clear) struct sample s = {0};
    SR_AUTO(sr_signer) signer = log_signer(8);
    SR_AUTO(sr_vkey) other = log_vkey(ORIGIN, SR_VKEY_ED25519, signer);
    SR_AUTO(sr_vkey) renamed = NULL;
    struct sr_replay_report report;
    struct sr_replay_options options = {.threads = 1, .key = other};
    sample_make(&s);
    CHECK(replay(sr_buf_view(s.pack), &options, &report, NULL) == SR_UNTRUSTED);
    CHECK(report.finding == SR_FOUND_OTHER_KEY && report.seq == 0);
    renamed = log_vkey("somebody.else", SR_VKEY_ED25519, s.signer);
    options.key = renamed;
    CHECK(replay(sr_buf_view(s.pack), &options, &report, NULL) == SR_UNTRUSTED);
    CHECK(report.finding == SR_FOUND_OTHER_KEY);
}

/* Each prefix of a pack, and each pack with one byte changed, is refused. */
static void test_nothing_may_be_missing_or_changed(void)
{
    SR_CLEANUP(sample_clear) struct sample s = {0};
    struct sr_replay_report report;
    const struct sr_replay_options options = {.threads = 1};
    sample_make(&s);
    struct sr_bytes pack = sr_buf_view(s.pack);
    for (size_t len = 0; len < pack.len; len++) {
        enum sr_status status = replay(sr_bytes(pack.ptr, len), &options, &report, NULL);
        CHECK(status == SR_TRUNCATED);
    }
    for (size_t i = 0; i < pack.len; i++) {
        SR_AUTO(sr_buf) other = NULL;
        uint8_t *bytes;
        CHECK(sr_buf_new(pack.len, &other) == SR_OK);
        CHECK(sr_buf_extend(other, pack.len, &bytes) == SR_OK);
        memcpy(bytes, pack.ptr, pack.len);
        bytes[i] ^= 1;
        CHECK(replay(sr_buf_view(other), &options, &report, NULL) != SR_OK);
    }
}

static void test_what_is_no_pack(void)
{
    static const struct {
        const char *text;
        enum sr_status status;
    } CASES[] = {
        {"x\n", SR_MALFORMED},
        {"{}\n", SR_MALFORMED},
        {"{\"key\":\"k\",\"kind\":\"key\"}\n", SR_MALFORMED},
        {"{\"format\":1,\"key\":\"k\",\"kind\":\"strongroom-pack\",\"origin\":\"o\",\"room\":"
         "\"" ROOM "\",\"since\":1}\n",
         SR_MALFORMED},
        {"{\"format\":2,\"kind\":\"strongroom-pack\"}\n", SR_UNSUPPORTED},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct sr_replay_report report;
        struct sr_err err = {0};
        const struct sr_replay_options options = {.threads = 2};
        CHECK(replay(sr_text_view(CASES[i].text), &options, &report, &err) == CASES[i].status);
        CHECK(report.finding == SR_FOUND_NONE);
    }
}

static void test_what_was_seen(void)
{
    SR_CLEANUP(sample_clear) struct sample s = {0};
    struct sr_replay_seen seen;
    struct sr_replay_seen other;
    sample_make(&s);
    CHECK(sr_replay_seen_note(sr_buf_view(s.note), &seen, NULL) == SR_OK && seen.size == 0);
    struct text t = {.rest = sr_buf_view(s.pack)};
    struct sr_pack_source source = {.read = read_text, .ctx = &t};
    CHECK(sr_replay_seen_pack(&source, &other, NULL) == SR_OK);
    CHECK(memcmp(seen.root, other.root, sizeof seen.root) == 0);
    CHECK(sr_replay_seen_parse(sr_text_view("12:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
                               &other, NULL) == SR_OK);
    CHECK(other.size == 12 && memcmp(seen.root, other.root, sizeof seen.root) == 0);
    CHECK(sr_replay_seen_parse(
              sr_text_view("0:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
              &other, NULL) == SR_OK);
    CHECK(other.size == 0 && memcmp(seen.root, other.root, sizeof seen.root) == 0);
    static const char *const WRONG[] = {"",       "12",   "12:",    ":00",
                                        "012:00", "x:00", "1:e3b0", "1:AA=="};
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        CHECK(sr_replay_seen_parse(sr_text_view(WRONG[i]), &other, NULL) == SR_MALFORMED);
    }
    struct text half = {.rest = sr_bytes(sr_buf_view(s.pack).ptr, 100)};
    source.ctx = &half;
    CHECK(sr_replay_seen_pack(&source, &other, NULL) == SR_TRUNCATED);
}

static void test_every_finding_has_words(void)
{
    for (unsigned i = 0; i < SR_FOUND_COUNT; i++) {
        CHECK(strlen(sr_replay_finding_slug((enum sr_replay_finding)i)) > 0);
        CHECK(strlen(sr_replay_finding_text((enum sr_replay_finding)i)) > 0);
        for (unsigned k = 0; k < i; k++) {
            CHECK(strcmp(sr_replay_finding_slug((enum sr_replay_finding)i),
                         sr_replay_finding_slug((enum sr_replay_finding)k)) != 0);
        }
    }
}

static void test_no_memory(void)
{
    SR_CLEANUP(sample_clear) struct sample s = {0};
    sample_make(&s);
    FAULT_SWEEP {
        struct sr_replay_report report;
        const struct sr_replay_options options = {.threads = 1};
        enum sr_status status = replay(sr_buf_view(s.pack), &options, &report, NULL);
        CHECK(fault_fired() ? status != SR_OK && status != SR_UNTRUSTED : status == SR_OK);
    }
    CHECK(fault_sweep_faults() > 10);
}

int main(void)
{
    RUN(test_a_room_in_which_nothing_happened);
    RUN(test_a_pack_of_another_key);
    RUN(test_nothing_may_be_missing_or_changed);
    RUN(test_what_is_no_pack);
    RUN(test_what_was_seen);
    RUN(test_every_finding_has_words);
    RUN(test_no_memory);
    return check_done();
}
