/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/format.h"

#include "base/text.h"
#include "tests/findings.h"

/* The smallest safetensors file, packed by Python's standard library. */
static const uint8_t PLAIN[] = {2, 0, 0, 0, 0, 0, 0, 0, '{', '}'};
static const uint8_t GZIP[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02,
                               0x03, 0x63, 0x62, 0x80, 0x80, 0xea, 0x5a, 0x00, 0xf7,
                               0x15, 0x00, 0x05, 0x0a, 0x00, 0x00, 0x00};
static const uint8_t ZLIB[] = {0x78, 0x9c, 0x63, 0x62, 0x80, 0x80, 0xea,
                               0x5a, 0x00, 0x01, 0x91, 0x00, 0xfb};
static const uint8_t BZIP2[] = {0x42, 0x5a, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, 0x33,
                                0x98, 0x4a, 0x72, 0x00, 0x00, 0x02, 0x40, 0x80, 0x58, 0x00, 0x00,
                                0x0a, 0x20, 0x00, 0x21, 0x9a, 0x01, 0x9a, 0x00, 0x78, 0xbb, 0x8b,
                                0xb9, 0x22, 0x9c, 0x28, 0x48, 0x19, 0xcc, 0x25, 0x39, 0x00};
static const uint8_t XZ[] = {0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x04, 0xe6, 0xd6, 0xb4, 0x46,
                             0x02, 0x00, 0x21, 0x01, 0x16, 0x00, 0x00, 0x00, 0x74, 0x2f, 0xe5, 0xa3,
                             0x01, 0x00, 0x09, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x7b,
                             0x7d, 0x00, 0x00, 0x00, 0xa0, 0x34, 0x50, 0x76, 0x0b, 0xbe, 0x4b, 0x8b,
                             0x00, 0x01, 0x22, 0x0a, 0x15, 0x1a, 0xe1, 0x67, 0x1f, 0xb6, 0xf3, 0x7d,
                             0x01, 0x00, 0x00, 0x00, 0x00, 0x04, 0x59, 0x5a};
static const uint8_t LZMA[] = {0x5d, 0x00, 0x00, 0x80, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff,
                               0xff, 0xff, 0xff, 0x00, 0x01, 0x00, 0x39, 0xd2, 0xff, 0x36,
                               0xef, 0x51, 0xff, 0xff, 0xfb, 0x56, 0xe0, 0x00};
static const uint8_t GZIP_NAMED[] = {0x1f, 0x8b, 0x08, 0x08, 0x00, 0x00, 0x00, 0x00, 0x02,
                                     0xff, 0x6e, 0x61, 0x6d, 0x65, 0x2e, 0x62, 0x69, 0x6e,
                                     0x00, 0x63, 0x62, 0x80, 0x80, 0xea, 0x5a, 0x00, 0xf7,
                                     0x15, 0x00, 0x05, 0x0a, 0x00, 0x00, 0x00};
/* A frame with one stored block and no checksum of the content. */
static const uint8_t LZ4[] = {0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82, 0x0a, 0x00,
                              0x00, 0x80, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                              0x00, 0x7b, 0x7d, 0x00, 0x00, 0x00, 0x00};
static const uint8_t ZFILE[] = {0x5a, 0x46, 0x30, 0x78, 0x61, 0x20, 0x20, 0x20, 0x20,
                                0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20,
                                0x20, 0x20, 0x20, 0x78, 0x9c, 0x63, 0x62, 0x80, 0x80,
                                0xea, 0x5a, 0x00, 0x01, 0x91, 0x00, 0xfb};
static const uint8_t ZFILE_2[] = {0x5a, 0x46, 0x30, 0x78, 0x61, 0x4c, 0x20, 0x20, 0x20,
                                  0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20,
                                  0x20, 0x20, 0x20, 0x20, 0x78, 0x9c, 0x63, 0x62, 0x80,
                                  0x80, 0xea, 0x5a, 0x00, 0x01, 0x91, 0x00, 0xfb};
/* Two MiB of zeros, in bzip2. */
static const uint8_t BOMB[] = {
    0x42, 0x5a, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, 0x7e, 0xe1, 0x91, 0xb1, 0x00, 0x10,
    0x10, 0x60, 0x00, 0xc0, 0x00, 0x00, 0x04, 0x00, 0x08, 0x20, 0x00, 0x30, 0xcc, 0x05, 0x29, 0xa6,
    0x04, 0x03, 0x62, 0x08, 0x07, 0x8b, 0xb9, 0x22, 0x9c, 0x28, 0x48, 0x3f, 0x70, 0xc8, 0xd8, 0x80};

struct sample {
    const char *name;
    const char *format;
    struct sr_bytes bytes;
};

#define SAMPLE(name, format, data)                                                                 \
    {                                                                                              \
        name, format,                                                                              \
        {                                                                                          \
            data, sizeof data                                                                      \
        }                                                                                          \
    }
static const struct sample SAMPLES[] = {
    SAMPLE("a.safetensors.gz", "gzip", GZIP),
    SAMPLE("a.safetensors.gzip", "gzip", GZIP_NAMED),
    SAMPLE("a.safetensors.z", "zlib", ZLIB),
    SAMPLE("a.safetensors.gz", "zlib", ZLIB),
    SAMPLE("a.safetensors.bz2", "bzip2", BZIP2),
    SAMPLE("a.safetensors.xz", "xz", XZ),
    SAMPLE("a.safetensors.lzma", "lzma", LZMA),
    SAMPLE("a.safetensors.lz4", "lz4", LZ4),
    SAMPLE("a.safetensors.gz", "joblib-zfile", ZFILE),
    SAMPLE("a.safetensors.z", "joblib-zfile", ZFILE_2),
};
#define SAMPLES_COUNT (sizeof SAMPLES / sizeof SAMPLES[0])

static void what_is_inside_is_looked_at(void)
{
    for (size_t i = 0; i < SAMPLES_COUNT; i++) {
        const struct sample *s = &SAMPLES[i];
        struct findings f = findings_of(s->name, SR_PROFILE_TENSORS, s->bytes);
        CHECK(f.verdict == SR_VERDICT_PASS && f.count == 0);
        CHECK(strcmp(f.format, s->format) == 0);
        CHECK(f.covered == s->bytes.len);
        if (f.verdict != SR_VERDICT_PASS) {
            printf("# %s %s: %s\n", s->format, f.format, f.evidence);
        }
    }
}

static void what_is_inside_has_the_name_without_its_extension(void)
{
    static const uint8_t not_safetensors[] = {'Z', 'F', '0', 'x', '0'};
    struct findings f =
        findings_of("folder/a.safetensors.gz", SR_PROFILE_TENSORS, sr_bytes(GZIP, sizeof GZIP));
    CHECK(f.verdict == SR_VERDICT_PASS);
    f = findings_of("a.zip.gz", SR_PROFILE_TENSORS, sr_bytes(GZIP, sizeof GZIP));
    CHECK(f.verdict == SR_VERDICT_REVIEW && findings_has(&f, SR_RULE_MISNAMED));
    CHECK(strcmp(f.member, "a.zip") == 0);
    /* Not when it says nothing of the packing: joblib's files are called so, packed or not. */
    f = findings_of("a.joblib", SR_PROFILE_TENSORS, sr_bytes(GZIP, sizeof GZIP - 8));
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE);
    f = findings_of("a", SR_PROFILE_TENSORS, sr_bytes(not_safetensors, sizeof not_safetensors));
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE);
}

static void every_cut_is_refused(void)
{
    for (size_t i = 0; i < SAMPLES_COUNT; i++) {
        const struct sample *s = &SAMPLES[i];
        for (size_t len = 0; len < s->bytes.len; len++) {
            struct findings f =
                findings_of(s->name, SR_PROFILE_TENSORS, sr_bytes(s->bytes.ptr, len));
            /* The last bytes of "LZMA alone" only flush its range coder. */
            CHECK(f.verdict >= SR_VERDICT_UNPARSABLE || strcmp(s->format, "lzma") == 0);
        }
    }
}

static void what_follows_is_refused_and_looked_at(void)
{
    for (size_t i = 0; i < SAMPLES_COUNT; i++) {
        const struct sample *s = &SAMPLES[i];
        uint8_t twice[512];
        memcpy(twice, s->bytes.ptr, s->bytes.len);
        memcpy(twice + s->bytes.len, s->bytes.ptr, s->bytes.len);
        struct findings f =
            findings_of(s->name, SR_PROFILE_TENSORS, sr_bytes(twice, 2 * s->bytes.len));
        CHECK(f.verdict == SR_VERDICT_UNPARSABLE && findings_has(&f, SR_RULE_COMPRESSED_MORE));
    }
    /* Bytes that are no stream are looked at as well: here, a zip file with a bad name. */
    static const char evil[] =
        "PK\3\4\24\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\1\0\0\0\7\0\0\0../evilx";
    uint8_t both[256];
    memcpy(both, GZIP, sizeof GZIP);
    memcpy(both + sizeof GZIP, evil, sizeof evil - 1);
    struct findings f = findings_of("a.safetensors.gz", SR_PROFILE_TENSORS,
                                    sr_bytes(both, sizeof GZIP + sizeof evil - 1));
    CHECK(f.verdict == SR_VERDICT_BLOCK && findings_has(&f, SR_RULE_ARCHIVE_NAME_OUTSIDE));
}

static void headers_that_hide_something_are_refused(void)
{
    uint8_t copy[sizeof ZFILE];
    memcpy(copy, ZFILE, sizeof ZFILE);
    copy[4] = 'b'; /* another length */
    struct findings f =
        findings_of("a.safetensors.gz", SR_PROFILE_TENSORS, sr_bytes(copy, sizeof copy));
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE && findings_has(&f, SR_RULE_MALFORMED));
    memcpy(copy, ZFILE, sizeof ZFILE);
    copy[4] = ' '; /* none */
    f = findings_of("a.safetensors.gz", SR_PROFILE_TENSORS, sr_bytes(copy, sizeof copy));
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE && findings_has(&f, SR_RULE_MALFORMED));
    /* A gzip header with a comment, "x". */
    uint8_t commented[sizeof GZIP + 2];
    memcpy(commented, GZIP, 10);
    commented[3] = 0x10;
    memcpy(commented + 10, "x", 2);
    memcpy(commented + 12, GZIP + 10, sizeof GZIP - 10);
    f = findings_of("a.safetensors.gz", SR_PROFILE_TENSORS, sr_bytes(commented, sizeof commented));
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE && findings_has(&f, SR_RULE_MALFORMED));
}

static void bombs_are_over_the_budget(void)
{
    struct findings f =
        findings_of("a.safetensors.bz2", SR_PROFILE_TENSORS, sr_bytes(BOMB, sizeof BOMB));
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE && findings_has(&f, SR_RULE_BUDGET));
}

static void text_that_begins_like_a_stream_is_none(void)
{
    struct sr_bytes x = sr_text_view("x^2 + y^2 is how long it is");
    struct findings f = findings_of("a.safetensors", SR_PROFILE_TENSORS, x);
    CHECK(strcmp(f.format, "safetensors") == 0);
    CHECK(!findings_has(&f, SR_RULE_POLYGLOT) && !findings_has(&f, SR_RULE_MISNAMED));
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE);
    CHECK(sizeof PLAIN == 10);
}

int main(void)
{
    RUN(what_is_inside_is_looked_at);
    RUN(what_is_inside_has_the_name_without_its_extension);
    RUN(every_cut_is_refused);
    RUN(what_follows_is_refused_and_looked_at);
    RUN(headers_that_hide_something_are_refused);
    RUN(bombs_are_over_the_budget);
    RUN(text_that_begins_like_a_stream_is_none);
    return check_done();
}
