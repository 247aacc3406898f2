/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/pack.h"

#include <string.h>

#include "base/text.h"
#include "tests/check.h"
#include "tests/fault.h"

#define HASH "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define ENVELOPE "{\"payload\":\"e30=\",\"signatures\":[{\"keyid\":\"k\",\"sig\":\"AA==\"}]}"
#define LEAF(envelope, seq)                                                                        \
    "{\"entry\":{\"seq\":1},\"envelope\":" envelope ",\"kind\":\"leaf\",\"salt\":\"" HASH          \
    "\",\"seq\":" seq "}"
#define HEAD                                                                                       \
    "{\"format\":1,\"key\":\"v\",\"kind\":\"strongroom-pack\",\"origin\":\"o\",\"room\":\""        \
    "000102030405060708090a0b0c0d0e0f\",\"since\":1}"

static const struct {
    const char *line;
    enum sr_pack_kind kind;
} GOOD[] = {
    {HEAD, SR_PACK_HEAD},
    {"{\"key\":\"ssh-ed25519 AAAA\",\"kind\":\"key\"}", SR_PACK_KEY},
    {"{\"key\":\"w+1+AA\",\"kind\":\"witness\"}", SR_PACK_WITNESS},
    {"{\"digest\":\"" HASH "\",\"kind\":\"text\",\"text\":\"policy \\\"lab\\\"\\n\x7f\"}",
     SR_PACK_TEXT},
    {LEAF(ENVELOPE, "7"), SR_PACK_LEAF},
    {LEAF("\"eyB9\"", "7"), SR_PACK_LEAF}, /* "{ }" */
    {"{\"hash\":\"" HASH "\",\"kind\":\"leaf\",\"seq\":2}", SR_PACK_LEAF},
    {"{\"kind\":\"checkpoint\",\"note\":\"o\\n1\\n\"}", SR_PACK_CHECKPOINT},
    {"{\"digest\":\"" HASH "\",\"kind\":\"end\"}", SR_PACK_END},
};

/* What is decoded is written again as it was, to the byte. */
static void test_every_kind_of_line(void)
{
    for (size_t i = 0; i < sizeof GOOD / sizeof GOOD[0]; i++) {
        SR_CLEANUP(sr_pack_line_clear) struct sr_pack_line line = {0};
        struct sr_err err = {0};
        SR_AUTO(sr_buf) out = NULL;
        CHECK(sr_pack_line_decode(sr_text_view(GOOD[i].line), &line, &err) == SR_OK);
        CHECK(line.kind == GOOD[i].kind);
        CHECK(sr_buf_new(4096, &out) == SR_OK);
        CHECK(sr_pack_line_encode(&line, out, &err) == SR_OK);
        struct sr_bytes again = sr_buf_view(out);
        CHECK(again.len == strlen(GOOD[i].line) + 1 && again.ptr[again.len - 1] == '\n');
        CHECK(sr_text_equal(sr_bytes(again.ptr, again.len - 1), sr_text_view(GOOD[i].line)));
        if (err.status != SR_OK) {
            printf("# %zu: %s\n", i, err.message);
        }
    }
}

/* EP-9: the bytes of the envelope are those that were signed for, not what they mean. */
static void test_the_bytes_of_an_envelope_are_kept(void)
{
    SR_CLEANUP(sr_pack_line_clear) struct sr_pack_line object = {0};
    SR_CLEANUP(sr_pack_line_clear) struct sr_pack_line bytes = {0};
    CHECK(sr_pack_line_decode(sr_text_view(GOOD[4].line), &object, NULL) == SR_OK);
    CHECK(object.seq == 7 && !object.is_withheld && object.salt[31] == 0x1f);
    CHECK(sr_text_equal(object.envelope, sr_text_view(ENVELOPE)));
    CHECK(sr_text_equal(object.entry, sr_text_view("{\"seq\":1}")));
    CHECK(sr_pack_line_decode(sr_text_view(GOOD[5].line), &bytes, NULL) == SR_OK);
    CHECK(sr_text_equal(bytes.envelope, sr_text_view("{ }")));
    struct sr_pack_line odd = bytes;
    odd.envelope = sr_text_view("{ }");
    SR_AUTO(sr_buf) out = NULL;
    CHECK(sr_buf_new(4096, &out) == SR_OK);
    CHECK(sr_pack_line_encode(&odd, out, NULL) == SR_OK);
    CHECK(strstr((const char *)sr_buf_view(out).ptr, "\"envelope\":\"eyB9\"") != NULL);
}

static const struct {
    const char *line;
    enum sr_status status;
    const char *says;
} BAD[] = {
    {"", SR_MALFORMED, ""},
    {"[]", SR_MALFORMED, "not an object"},
    {"{}", SR_MALFORMED, "kind"},
    {"{\"kind\":\"lead\"}", SR_MALFORMED, "not one of a pack's"},
    {"{\"kind\":1}", SR_MALFORMED, "kind"},
    {"{\"kind\":\"key\",\"key\":\"k\"}", SR_MALFORMED, "not canonical"},
    {"{\"key\":\"k\",\"kind\":\"key\" }", SR_MALFORMED, "not canonical"},
    {"{\"key\":\"k\",\"kind\":\"key\",\"more\":1}", SR_MALFORMED, "more"},
    {"{\"key\":1,\"kind\":\"key\"}", SR_MALFORMED, "key"},
    {"{\"format\":2,\"kind\":\"strongroom-pack\"}", SR_UNSUPPORTED, "another format"},
    {"{\"format\":0.5,\"kind\":\"strongroom-pack\"}", SR_MALFORMED, "canonical"},
    {"{\"format\":1,\"kind\":\"strongroom-pack\"}", SR_MALFORMED, "key"},
    {"{\"digest\":\"00\",\"kind\":\"text\",\"text\":\"\"}", SR_MALFORMED, "digest"},
    {"{\"digest\":\"00\",\"kind\":\"end\"}", SR_MALFORMED, "digest"},
    {"{\"hash\":\"" HASH "\",\"kind\":\"leaf\",\"seq\":0}", SR_MALFORMED, "below 1"},
    {"{\"hash\":\"" HASH "\",\"kind\":\"leaf\",\"seq\":\"1\"}", SR_MALFORMED, "seq"},
    {"{\"hash\":\"" HASH "\",\"kind\":\"leaf\",\"salt\":\"\",\"seq\":1}", SR_MALFORMED, "salt"},
    {LEAF("\"e30=\"", "7"), SR_MALFORMED, "is an object"},
    {LEAF("\"e30\"", "7"), SR_MALFORMED, "base64"},
    {LEAF("[]", "7"), SR_MALFORMED, "neither"},
    {"{\"entry\":1,\"envelope\":{},\"kind\":\"leaf\",\"salt\":\"" HASH "\",\"seq\":1}",
     SR_MALFORMED, "entry"},
    {"{\"entry\":{},\"envelope\":{},\"kind\":\"leaf\",\"salt\":\"\",\"seq\":1}", SR_MALFORMED,
     "salt"},
    {"{\"kind\":\"checkpoint\",\"note\":{}}", SR_MALFORMED, "note"},
};

static void test_lines_that_are_none(void)
{
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        SR_CLEANUP(sr_pack_line_clear) struct sr_pack_line line = {0};
        struct sr_err err = {0};
        CHECK(sr_pack_line_decode(sr_text_view(BAD[i].line), &line, &err) == BAD[i].status);
        CHECK(strstr(err.message, BAD[i].says) != NULL);
        if (strstr(err.message, BAD[i].says) == NULL) {
            printf("# %zu: %s\n", i, err.message);
        }
    }
}

static void test_what_cannot_be_written(void)
{
    SR_AUTO(sr_buf) out = NULL;
    CHECK(sr_buf_new(4096, &out) == SR_OK);
    struct sr_pack_line key = {.kind = SR_PACK_KEY, .key = sr_text_view("\xff")};
    CHECK(sr_pack_line_encode(&key, out, NULL) == SR_MALFORMED);
    struct sr_pack_line leaf = {
        .kind = SR_PACK_LEAF, .seq = 1, .entry = sr_text_view("{ }"), .envelope = sr_text_view("")};
    CHECK(sr_pack_line_encode(&leaf, out, NULL) == SR_MALFORMED);
    struct sr_pack_line far = {.kind = SR_PACK_LEAF, .is_withheld = true, .seq = UINT64_MAX};
    CHECK(sr_pack_line_encode(&far, out, NULL) == SR_MALFORMED);
    SR_AUTO(sr_buf) small = NULL;
    CHECK(sr_buf_new(10, &small) == SR_OK);
    struct sr_pack_line end = {.kind = SR_PACK_END};
    CHECK(sr_pack_line_encode(&end, small, NULL) == SR_TOO_LARGE);
}

/* EP-3 */
static void test_order(void)
{
    static const struct {
        const char *kinds; /* digits of enum sr_pack_kind */
        bool is_good;
    } CASES[] = {
        {"0123443556", false}, {"01123443456", true}, {"056", true},  {"0456", true},
        {"046", false},        {"10", false},         {"00", false},  {"021", false},
        {"041", false},        {"0455", false},       {"054", false}, {"0560", false},
        {"0566", false},       {"06", false},         {"4", false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        unsigned state = 0;
        enum sr_status status = SR_OK;
        for (const char *c = CASES[i].kinds; *c != '\0' && status == SR_OK; c++) {
            status = sr_pack_order(&state, (enum sr_pack_kind)(*c - '0'), NULL);
        }
        CHECK(status == (CASES[i].is_good ? SR_OK : SR_MALFORMED));
    }
}

/* A source that gives `step` bytes at a time, and a sink. */
struct text {
    const char *at;
    size_t left;
    size_t step;
};

static enum sr_status read_text(void *ctx, uint8_t *out, size_t len, size_t *out_got,
                                struct sr_err *err)
{
    struct text *t = ctx;
    (void)err;
    size_t n = t->left < t->step ? t->left : t->step;
    n = n < len ? n : len;
    memcpy(out, t->at, n);
    t->at += n;
    t->left -= n;
    *out_got = n;
    return SR_OK;
}

static enum sr_status write_buf(void *ctx, struct sr_bytes data, struct sr_err *err)
{
    (void)err;
    return sr_buf_append(ctx, data);
}

static enum sr_status write_sample(struct sr_buf *out)
{
    SR_AUTO(sr_pack_writer) w = NULL;
    struct sr_pack_sink sink = {.write = write_buf, .ctx = out};
    SR_TRY(sr_pack_writer_new(&sink, &w, NULL));
    for (size_t i = 0; i + 1 < sizeof GOOD / sizeof GOOD[0]; i++) {
        SR_CLEANUP(sr_pack_line_clear) struct sr_pack_line line = {0};
        SR_TRY(sr_pack_line_decode(sr_text_view(GOOD[i].line), &line, NULL));
        SR_TRY(sr_pack_writer_put(w, &line, NULL));
    }
    return SR_OK;
}

static enum sr_status read_all(struct text *t, uint64_t *out_lines, bool *out_is_whole)
{
    SR_AUTO(sr_pack_reader) r = NULL;
    struct sr_pack_source source = {.read = read_text, .ctx = t};
    SR_TRY(sr_pack_reader_new(&source, &r, NULL));
    struct sr_pack_line last = {0};
    uint8_t digest[SR_SHA256_BYTES];
    uint64_t number = 1;
    for (*out_lines = 0; number > 0;) {
        struct sr_bytes text;
        SR_TRY(sr_pack_reader_next(r, &text, &number, NULL));
        if (number > 0) {
            SR_CLEANUP(sr_pack_line_clear) struct sr_pack_line line = {0};
            SR_TRY(sr_pack_line_decode(text, &line, NULL));
            last = line;
            *out_lines = number;
        }
    }
    SR_TRY(sr_pack_reader_digest(r, digest));
    *out_is_whole = last.kind == SR_PACK_END && memcmp(digest, last.digest, sizeof digest) == 0;
    return SR_OK;
}

static void test_a_whole_pack(void)
{
    SR_AUTO(sr_buf) out = NULL;
    CHECK(sr_buf_new(65536, &out) == SR_OK);
    CHECK(write_sample(out) == SR_OK);
    struct sr_bytes pack = sr_buf_view(out);
    for (size_t step = 1; step < pack.len + 7; step += step / 3 + 1) {
        uint64_t lines;
        bool is_whole = false;
        struct text t = {.at = (const char *)pack.ptr, .left = pack.len, .step = step};
        CHECK(read_all(&t, &lines, &is_whole) == SR_OK);
        CHECK(lines == sizeof GOOD / sizeof GOOD[0] && is_whole);
    }
    /* One bit of the first line, and the digest is another one. */
    SR_AUTO(sr_buf) other = NULL;
    CHECK(sr_buf_new(65536, &other) == SR_OK);
    uint8_t *bytes;
    CHECK(sr_buf_extend(other, pack.len, &bytes) == SR_OK);
    memcpy(bytes, pack.ptr, pack.len);
    memcpy(strstr((char *)bytes, "\"origin\":\"o\""), "\"origin\":\"p\"", 12);
    struct text t = {.at = (const char *)bytes, .left = pack.len, .step = 4096};
    uint64_t lines;
    bool is_whole = true;
    CHECK(read_all(&t, &lines, &is_whole) == SR_OK && !is_whole);
}

static void test_what_a_reader_refuses(void)
{
    static const struct {
        const char *text;
        enum sr_status status;
    } CASES[] = {
        {"", SR_OK},
        {"\n", SR_MALFORMED},
        {HEAD, SR_TRUNCATED},
        {HEAD "\n\n", SR_MALFORMED},
        {"{\"digest\":\"" HASH "\",\"kind\":\"end\"}\n", SR_OK},
        {"{\"digest\":\"" HASH "\",\"kind\":\"end\"}\nx", SR_MALFORMED},
        {"{\"digest\":\"" HASH "\",\"kind\":\"end\"}\n\n", SR_MALFORMED},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        for (size_t step = 1; step < 1000; step += 400) {
            uint64_t lines;
            bool is_whole;
            struct text t = {.at = CASES[i].text, .left = strlen(CASES[i].text), .step = step};
            CHECK(read_all(&t, &lines, &is_whole) == CASES[i].status);
        }
    }
}

static enum sr_status read_zeros(void *ctx, uint8_t *out, size_t len, size_t *out_got,
                                 struct sr_err *err)
{
    (void)ctx;
    (void)err;
    memset(out, '0', len);
    *out_got = len;
    return SR_OK;
}

/* EP-1: what never has a newline is given up. */
static void test_a_line_that_does_not_end(void)
{
    SR_AUTO(sr_pack_reader) r = NULL;
    struct sr_pack_source source = {.read = read_zeros};
    struct sr_bytes line;
    uint64_t number;
    CHECK(sr_pack_reader_new(&source, &r, NULL) == SR_OK);
    CHECK(sr_pack_reader_next(r, &line, &number, NULL) == SR_TOO_LARGE);
}

static void test_no_memory(void)
{
    FAULT_SWEEP {
        SR_AUTO(sr_buf) out = NULL;
        enum sr_status status = sr_buf_new(65536, &out);
        if (status == SR_OK) {
            status = write_sample(out);
        }
        if (status == SR_OK) {
            uint64_t lines;
            bool is_whole;
            struct text t = {.at = (const char *)sr_buf_view(out).ptr,
                             .left = sr_buf_view(out).len,
                             .step = 4096};
            status = read_all(&t, &lines, &is_whole);
        }
        CHECK(status == (fault_fired() ? SR_NO_MEMORY : SR_OK));
    }
    CHECK(fault_sweep_faults() > 20);
}

int main(void)
{
    RUN(test_every_kind_of_line);
    RUN(test_the_bytes_of_an_envelope_are_kept);
    RUN(test_lines_that_are_none);
    RUN(test_what_cannot_be_written);
    RUN(test_order);
    RUN(test_a_whole_pack);
    RUN(test_what_a_reader_refuses);
    RUN(test_a_line_that_does_not_end);
    RUN(test_no_memory);
    return check_done();
}
