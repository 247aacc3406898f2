/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole scrub finds damage anywhere and says where, with and without keys; a sample is as large
 * as asked for, differs from time to time, and finds as much as is claimed of it.
 */
#include "seal/scrub.h"

#include "crypto/merkle.h"
#include "seal/bind.h"
#include "seal/layout.h"
#include "seal/trailer.h"
#include "tests/check.h"
#include "tests/fault.h"
#include "tests/sealed.h"

#define P SR_BODY_PAYLOAD_BYTES
#define S SR_BODY_SEGMENT_BYTES
#define PAGE SR_LAYOUT_PAGE_BYTES

static const struct sr_body_name NAME = {.object = {{1}}, .version = {{2}}, .file_index = 3};

struct sample {
    struct sr_pool *pool;
    struct sr_secret *dek;
    struct sealed_memory plain;
    struct sealed_memory body;
    struct sr_body_facts facts;
};

static void seal_sample(struct sample *s, size_t plain_bytes)
{
    *s = (struct sample){0};
    CHECK(sr_secret_new(32, &s->dek, NULL) == SR_OK);
    CHECK(sr_pool_new(S, 3, 1, &s->pool, NULL) == SR_OK);
    sealed_memory_new(&s->plain, plain_bytes);
    sealed_fill(s->plain.data, plain_bytes, plain_bytes);
    s->plain.bytes = plain_bytes;
    sealed_memory_new(&s->body, sealed_capacity(plain_bytes));
    struct sealed_one one = {.job = {.name = NAME,
                                     .source = sealed_memory_source(&s->plain),
                                     .sink = sealed_memory_sink(&s->body)}};
    CHECK(sealed_write(&one, s->dek, 1, NULL) == SR_OK);
    s->facts = one.facts;
}

static void drop_sample(struct sample *s)
{
    sealed_memory_free(&s->body);
    sealed_memory_free(&s->plain);
    sr_pool_free(s->pool);
    sr_secret_free(s->dek);
}

static enum sr_status scrub_stored(struct sample *s, uint64_t sample, struct sr_scrub_result *out,
                                   struct sr_err *err)
{
    return sr_scrub_stored(sealed_memory_source(&s->body), s->facts.body_bytes, s->facts.body_root,
                           sample, out, err);
}

static enum sr_status scrub_opened(struct sample *s, uint64_t sample, struct sr_scrub_result *out,
                                   struct sr_err *err)
{
    SR_AUTO(sr_body) b = NULL;
    SR_TRY(sr_body_open(&NAME, s->dek, sealed_memory_source(&s->body), s->pool, &b, err));
    return sr_scrub_opened(b, &s->facts, sample, out, err);
}

static void sound_bodies_pass(void)
{
    static const size_t LENGTHS[] = {0, 1, P, P + 1, 18 * P + 9};
    for (size_t i = 0; i < sizeof LENGTHS / sizeof LENGTHS[0]; i++) {
        struct sample s;
        struct sr_scrub_result r = {0};
        uint64_t segments = LENGTHS[i] == 0 ? 1 : (LENGTHS[i] + P - 1) / P;
        seal_sample(&s, LENGTHS[i]);
        CHECK(scrub_stored(&s, 0, &r, NULL) == SR_OK);
        CHECK(r.pieces == segments + 2 && r.checked == r.pieces);
        CHECK(scrub_opened(&s, 0, &r, NULL) == SR_OK);
        CHECK(r.pieces == segments && r.checked == r.pieces);
        for (uint64_t sample = 1; sample <= segments + 3; sample++) {
            uint64_t stored = sample < segments + 2 ? sample : segments + 2;
            uint64_t opened = sample < segments ? sample : segments;
            CHECK(scrub_stored(&s, sample, &r, NULL) == SR_OK && r.checked == stored);
            CHECK(scrub_opened(&s, sample, &r, NULL) == SR_OK && r.checked == opened);
        }
        drop_sample(&s);
    }
}

static void every_changed_byte_is_found_without_keys(void)
{
    struct sample s;
    struct sr_scrub_result r = {0};
    seal_sample(&s, 200);
    size_t accepted = 0;
    for (size_t i = 0; i < s.body.bytes; i++) {
        s.body.data[i] ^= (uint8_t)(1u << i % 8);
        accepted += scrub_stored(&s, 0, &r, NULL) == SR_OK;
        s.body.data[i] ^= (uint8_t)(1u << i % 8);
    }
    CHECK(accepted == 0 && r.pieces == 0);
    CHECK(scrub_stored(&s, 0, &r, NULL) == SR_OK);
    drop_sample(&s);
}

static void damage_is_named_by_its_offset(void)
{
    struct sample s;
    seal_sample(&s, 4 * P + 9);
    const struct {
        size_t at;
        const char *stored;
        const char *opened;
    } cases[] = {
        {100, "piece 0, at offset 0", "header page"},
        {PAGE + 2 * S + 77, "piece 3, at offset 2101248", "segment 2, at offset 2101248"},
        {PAGE + 4 * S + 3, "piece 5, at offset 4198400", "segment 4, at offset 4198400"},
        {PAGE + 4 * S + 60, "piece 6, at offset 4198441", "trailer, at offset 4198441"},
        {s.body.bytes - 60, "leaf table", "leaf table"},
        {s.body.bytes - 20, "footer", "footer"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sr_err err = {0};
        struct sr_scrub_result r = {0};
        s.body.data[cases[i].at] ^= 0x10;
        CHECK(scrub_stored(&s, 0, &r, &err) == SR_CORRUPT);
        CHECK(i == 4 || strstr(err.message, cases[i].stored) != NULL); /* a row may be a piece's */
        CHECK(scrub_opened(&s, 0, &r, &err) == SR_CORRUPT);
        CHECK(strstr(err.message, cases[i].opened) != NULL);
        s.body.data[cases[i].at] ^= 0x10;
    }
    drop_sample(&s);
}

static void other_lengths_and_digests_are_refused(void)
{
    struct sample s;
    struct sr_scrub_result r = {0};
    seal_sample(&s, P + 9);
    s.body.bytes--;
    CHECK(scrub_stored(&s, 0, &r, NULL) == SR_TRUNCATED);
    s.body.bytes += 2;
    CHECK(scrub_stored(&s, 0, &r, NULL) == SR_CORRUPT);
    s.body.bytes--;
    s.facts.body_root[31] ^= 1; /* a sound body, but not the one that was recorded */
    CHECK(scrub_stored(&s, 1, &r, NULL) == SR_CORRUPT);
    s.facts.root[0] ^= 1;
    CHECK(scrub_opened(&s, 1, &r, NULL) == SR_CORRUPT);
    s.facts.root[0] ^= 1;
    s.facts.sha256[0] ^= 1;
    CHECK(scrub_opened(&s, 1, &r, NULL) == SR_CORRUPT);
    s.facts.sha256[0] ^= 1;
    s.facts.plain_bytes++;
    CHECK(scrub_opened(&s, 1, &r, NULL) == SR_CORRUPT);
    drop_sample(&s);
}

/* A sealed body whose trailer is genuine and wrong: made by a writer with a fault. */
static void digests_are_recomputed_from_the_plaintext(void)
{
    struct sample s;
    struct sr_scrub_result r = {0};
    struct sr_err err = {0};
    seal_sample(&s, 3 * P);
    /* Segment 1 as an interrupted attempt under the same header had it: genuine, other bytes. */
    struct sealed_memory old;
    sealed_memory_new(&old, s.body.capacity);
    memcpy(old.data, s.body.data, s.body.capacity);
    old.bytes = s.body.bytes;
    s.plain.data[P + 5] ^= 1;
    struct sealed_one one = {.job = {.name = NAME,
                                     .source = sealed_memory_source(&s.plain),
                                     .sink = sealed_memory_sink(&s.body),
                                     .staged = sealed_memory_source(&s.body)}};
    CHECK(sealed_write(&one, s.dek, 1, NULL) == SR_OK);
    s.facts = one.facts;
    CHECK(scrub_opened(&s, 0, &r, NULL) == SR_OK);
    memcpy(s.body.data + PAGE + S, old.data + PAGE + S, S);
    CHECK(scrub_opened(&s, 0, &r, &err) == SR_CORRUPT);
    CHECK(strstr(err.message, "SHA-256") != NULL);
    CHECK(scrub_stored(&s, 0, &r, &err) == SR_CORRUPT);
    CHECK(strstr(err.message, "piece 2") != NULL);
    sealed_memory_free(&old);
    drop_sample(&s);
}

/* Another trailer in place of that of s, with its root changed, and the table to match. */
static void change_root(struct sample *s)
{
    struct sr_layout l = {0};
    uint8_t aad[SR_BIND_TRAILER_AAD_BYTES];
    uint8_t plain[256];
    SR_AUTO(sr_secret) key = NULL;
    uint8_t *footer = s->body.data + s->body.bytes - SR_LAYOUT_FOOTER_BYTES;
    CHECK(sr_layout_decode_footer(footer, s->body.bytes, &l, NULL) == SR_OK);
    uint8_t *trailer = s->body.data + l.stream_bytes;
    CHECK(sr_layout_trailer_plain_bytes(&l) <= sizeof plain);
    CHECK(sr_bind_file_key(s->dek, &NAME.object, &key, NULL) == SR_OK);
    sr_bind_trailer_aad(&NAME, l.stream_bytes, s->body.data + SR_LAYOUT_FLOE_AT, aad);
    CHECK(sr_trailer_unseal(key, sr_bytes(aad, sizeof aad), &l, trailer, plain, NULL) == SR_OK);
    plain[44] ^= 1;
    const struct sr_bytes changed = sr_bytes(plain, (size_t)sr_layout_trailer_plain_bytes(&l));
    CHECK(sr_trailer_seal(key, sr_bytes(aad, sizeof aad), &l, changed, trailer, NULL) == SR_OK);
    CHECK(sr_merkle_leaf(sr_bytes(trailer, (size_t)l.trailer_bytes),
                         footer - SR_LAYOUT_ROW_BYTES) == SR_OK);
    s->facts.root[0] ^= 1;
}

static void the_tree_is_recomputed_as_well(void)
{
    struct sample s;
    struct sr_scrub_result r = {0};
    struct sr_err err = {0};
    seal_sample(&s, P + 9);
    change_root(&s);
    CHECK(scrub_opened(&s, 1, &r, &err) == SR_OK); /* all tags are right */
    CHECK(scrub_opened(&s, 0, &r, &err) == SR_CORRUPT);
    CHECK(strstr(err.message, "tree over the plaintext") != NULL);
    drop_sample(&s);
}

/* One bad piece of five and samples of two: found in 2 of 5 tries, whichever piece it is. */
static void samples_are_uniform(void)
{
    struct sample s;
    struct sr_scrub_result r = {0};
    seal_sample(&s, 2 * P + 100);
    const size_t at[] = {50, PAGE + 50, PAGE + S + 50, PAGE + 2 * S + 50, PAGE + 2 * S + 132 + 50};
    for (size_t i = 0; i < 5; i++) {
        int found = 0;
        s.body.data[at[i]] ^= 1;
        for (int tries = 0; tries < 300; tries++) {
            found += scrub_stored(&s, 2, &r, NULL) == SR_CORRUPT;
        }
        s.body.data[at[i]] ^= 1;
        CHECK(found > 60 && found < 180); /* 120 expected, 7 standard deviations away */
    }
    drop_sample(&s);
}

static uint64_t choose(unsigned n, unsigned k)
{
    uint64_t c = 1;
    for (unsigned i = 1; i <= k; i++) {
        c = c * (n - k + i) / i;
    }
    return k > n ? 0 : c;
}

static void confidence_agrees_with_counting(void)
{
    for (unsigned n = 1; n <= 50; n++) {
        for (unsigned k = 1; k < n; k++) {
            unsigned d = 1;
            while (n - d >= k && choose(n - d, k) * 100 > choose(n, k)) {
                d++;
            }
            CHECK(sr_scrub_detectable_ppm(n, k) == (d * 1000000 + n - 1) / n);
        }
        CHECK(sr_scrub_detectable_ppm(n, n) == 0);
        CHECK(sr_scrub_detectable_ppm(n, 0) == 1000000);
    }
    CHECK(sr_scrub_detectable_ppm(0, 0) == 0);
    /* Of very many, 459 pieces without a fault: at most 1 % are damaged, ln(0.01) / ln(0.99). */
    uint64_t ppm = sr_scrub_detectable_ppm((uint64_t)1 << 24, 459);
    CHECK(ppm > 9900 && ppm <= 10000);
    CHECK(sr_scrub_detectable_ppm((uint64_t)1 << 24, ((uint64_t)1 << 24) - 1) == 1);
    CHECK(sr_scrub_detectable_ppm((uint64_t)1 << 24, (uint64_t)1 << 23) == 1);
}

static void every_failure_is_reported(void)
{
    struct sample s;
    seal_sample(&s, 100);
    unsigned faults = 0;
    FAULT_SWEEP {
        struct sr_scrub_result r = {0};
        struct sr_err err = {0};
        enum sr_status status = scrub_stored(&s, 0, &r, &err);
        CHECK((status == SR_OK) == !fault_fired());
        CHECK((r.checked > 0) == (status == SR_OK));
    }
    faults += fault_sweep_faults();
    FAULT_SWEEP {
        struct sr_scrub_result r = {0};
        struct sr_err err = {0};
        enum sr_status status = scrub_opened(&s, 0, &r, &err);
        CHECK((status == SR_OK) == !fault_fired());
        CHECK((r.checked > 0) == (status == SR_OK));
    }
    CHECK(faults > 1 && fault_sweep_faults() > 10);
    drop_sample(&s);
}

int main(void)
{
    RUN(sound_bodies_pass);
    RUN(every_changed_byte_is_found_without_keys);
    RUN(damage_is_named_by_its_offset);
    RUN(other_lengths_and_digests_are_refused);
    RUN(digests_are_recomputed_from_the_plaintext);
    RUN(the_tree_is_recomputed_as_well);
    RUN(samples_are_uniform);
    RUN(confidence_agrees_with_counting);
    RUN(every_failure_is_reported);
    return check_done();
}
