/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The published known answers, in both directions; and a segment opens in its own stream, at its
 * own place, with its own finality and with every bit as it was, or not at all.
 */
#include "seal/floe.h"

#include <dirent.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/rand.h"
#include "seal/floe_seam.h"
#include "tests/check.h"
#include "tests/fault.h"

#define SEGMENT_BYTES 64
#define PAYLOAD_BYTES (SEGMENT_BYTES - SR_FLOE_OVERHEAD_BYTES)
#define FILE_BYTES_MAX 65536

static const char AAD[] = "This is AAD"; /* of all known answers; their key is 32 zero bytes */

static struct sr_bytes aad(void)
{
    return sr_bytes(AAD, sizeof AAD - 1);
}

static struct sr_secret *zero_key(void)
{
    struct sr_secret *key = NULL;
    CHECK(sr_secret_new(SR_FLOE_KEY_BYTES, &key, NULL) == SR_OK);
    return key;
}

static int hex_value(int c)
{
    static const char DIGITS[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c > 0 ? strchr(DIGITS, c) : NULL;
    return at == NULL ? -1 : (int)((at - DIGITS) % 16);
}

/* Read a file of hex digits. out has room for FILE_BYTES_MAX. */
static size_t load_hex(const char *folder, const char *name, uint8_t *out)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "r");
    CHECK(f != NULL);
    size_t len = 0;
    int high;
    while (f != NULL && len < FILE_BYTES_MAX && (high = hex_value(fgetc(f))) >= 0) {
        out[len++] = (uint8_t)(high * 16 + hex_value(fgetc(f)));
    }
    if (f != NULL) {
        (void)fclose(f);
    }
    return len;
}

/* A known answer: the stream as published, and its plaintext. */
struct answer {
    uint8_t sealed[FILE_BYTES_MAX];
    size_t sealed_bytes;
    uint8_t plain[FILE_BYTES_MAX];
    size_t plain_bytes;
    uint32_t segment_bytes;
    unsigned rotation_bits;
};

/* Open and seal again each segment of a, of which the last is shorter or the end. */
static void check_segments(const struct answer *a, struct sr_floe *f)
{
    size_t at = SR_FLOE_HEADER_BYTES;
    size_t plain_at = 0;
    bool is_final = false;
    for (uint64_t index = 0; at < a->sealed_bytes && !is_final; index++) {
        uint8_t out[8192];
        is_final = a->sealed[at] != 0xff; /* all lengths here are short */
        size_t len = is_final ? a->sealed_bytes - at : a->segment_bytes;
        CHECK(len >= SR_FLOE_OVERHEAD_BYTES && len <= sizeof out);
        struct sr_floe_segment segment = sr_floe_split(sr_bytes(a->sealed + at, len));
        CHECK(sr_floe_unseal(f, index, is_final, &segment, out, NULL) == SR_OK);
        CHECK(plain_at + segment.body.len <= a->plain_bytes);
        CHECK(memcmp(out, a->plain + plain_at, segment.body.len) == 0);

        CHECK(sr_floe_seal_fixed(f, index, is_final,
                                 sr_bytes(a->plain + plain_at, segment.body.len), segment.head + 4,
                                 out, NULL) == SR_OK);
        CHECK(memcmp(out, a->sealed + at, len) == 0);
        plain_at += segment.body.len;
        at += len;
    }
    CHECK(is_final && at == a->sealed_bytes && plain_at == a->plain_bytes);
}

static void check_answer(const char *folder, const char *name)
{
    static struct answer a;
    char plain_name[256];
    (void)snprintf(plain_name, sizeof plain_name, "%.*s_pt.txt", (int)(strlen(name) - 7), name);
    a.sealed_bytes = load_hex(folder, name, a.sealed);
    a.plain_bytes = load_hex(folder, plain_name, a.plain);
    a.segment_bytes = (uint32_t)(a.sealed[4] << 8 | a.sealed[5]);
    a.rotation_bits = strstr(name, "rotation") != NULL ? 2 : SR_FLOE_ROTATION_BITS;

    SR_AUTO(sr_secret) key = zero_key();
    SR_AUTO(sr_floe) made = NULL;
    uint8_t header[SR_FLOE_HEADER_BYTES];
    const struct sr_floe_fixed fixed = {a.segment_bytes, a.rotation_bits,
                                        a.sealed + SR_FLOE_PARAMS_BYTES};
    CHECK(sr_floe_create_fixed(key, aad(), &fixed, header, &made, NULL) == SR_OK);
    CHECK(memcmp(header, a.sealed, sizeof header) == 0);
    check_segments(&a, made);

    if (a.rotation_bits == SR_FLOE_ROTATION_BITS) {
        SR_AUTO(sr_floe) opened = NULL;
        CHECK(sr_floe_open(key, aad(), a.segment_bytes, a.sealed, &opened, NULL) == SR_OK);
        check_segments(&a, opened);
    }
}

static void known_answers_in_both_directions(void)
{
    const char *testdata = getenv("STRONGROOM_TESTDATA");
    if (testdata == NULL) {
        testdata = getenv("STRONGROOM_TESTDATA_DEFAULT");
    }
    char folder[900];
    (void)snprintf(folder, sizeof folder, "%s/sealed/floe-kats", testdata == NULL ? "" : testdata);
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, NULL, alphasort);
    int checked = 0;
    for (int i = 0; i < count; i++) {
        const char *end = strstr(entries[i]->d_name, "_ct.txt");
        if (end != NULL && check_faults == 0) {
            check_answer(folder, entries[i]->d_name);
            printf("# %s\n", entries[i]->d_name);
            checked++;
        }
        free(entries[i]);
    }
    free(entries);
    if (count < 0) {
        printf("# SKIP: no test data at %s\n", folder);
        return;
    }
    CHECK(checked == 17);
}

/* A stream of SEGMENT_BYTES, made with the zero key. */
struct stream {
    struct sr_secret *key;
    struct sr_floe *floe;
    uint8_t header[SR_FLOE_HEADER_BYTES];
};

static struct stream make_stream(void)
{
    struct stream s = {.key = zero_key()};
    CHECK(sr_floe_create(s.key, aad(), SEGMENT_BYTES, s.header, &s.floe, NULL) == SR_OK);
    return s;
}

static void drop_stream(struct stream *s)
{
    sr_floe_free(s->floe);
    sr_secret_free(s->key);
}

static enum sr_status unseal(struct sr_floe *f, uint64_t index, bool is_final,
                             struct sr_bytes sealed)
{
    uint8_t out[SEGMENT_BYTES] = {0};
    struct sr_floe_segment segment = sr_floe_split(sealed);
    enum sr_status status = sr_floe_unseal(f, index, is_final, &segment, out, NULL);
    for (size_t i = 0; status != SR_OK && i < sizeof out; i++) {
        CHECK(out[i] == 0);
    }
    return status;
}

static void segment_opens_only_as_it_was_sealed(void)
{
    struct stream s = make_stream();
    struct stream other = make_stream();
    uint8_t plain[PAYLOAD_BYTES] = {1, 2, 3};
    uint8_t sealed[SEGMENT_BYTES];
    const struct sr_bytes view = sr_bytes(sealed, sizeof sealed);

    CHECK(sr_floe_seal(s.floe, 7, false, sr_bytes(plain, sizeof plain), sealed, NULL) == SR_OK);
    CHECK(unseal(s.floe, 7, false, view) == SR_OK);
    CHECK(unseal(s.floe, 7, true, view) == SR_CORRUPT);
    CHECK(unseal(s.floe, 6, false, view) == SR_CORRUPT);
    CHECK(unseal(s.floe, 7 + (1 << SR_FLOE_ROTATION_BITS), false, view) == SR_CORRUPT);
    CHECK(unseal(other.floe, 7, false, view) == SR_CORRUPT);
    CHECK(unseal(s.floe, 7, false, sr_bytes(sealed, sizeof sealed - 1)) == SR_CORRUPT);
    for (size_t bit = 0; bit < sizeof sealed * 8; bit++) {
        sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CHECK(unseal(s.floe, 7, false, view) == SR_CORRUPT);
        sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    /* A full last segment is not a full one before the last, length word apart. */
    CHECK(sr_floe_seal(s.floe, 7, true, sr_bytes(plain, sizeof plain), sealed, NULL) == SR_OK);
    CHECK(unseal(s.floe, 7, true, view) == SR_OK);
    memset(sealed, 0xff, 4);
    CHECK(unseal(s.floe, 7, false, view) == SR_CORRUPT);
    drop_stream(&s);
    drop_stream(&other);
}

static void header_commits_to_key_and_associated_data(void)
{
    struct stream s = make_stream();
    SR_AUTO(sr_secret) key = zero_key();
    SR_AUTO(sr_floe) f = NULL;
    CHECK(sr_floe_open(key, aad(), SEGMENT_BYTES, s.header, &f, NULL) == SR_OK);
    sr_floe_free(SR_TAKE(f));

    for (size_t bit = 0; bit < sizeof s.header * 8; bit++) {
        s.header[bit / 8] ^= (uint8_t)(1u << bit % 8);
        enum sr_status expected = bit / 8 < SR_FLOE_PARAMS_BYTES ? SR_UNSUPPORTED : SR_CORRUPT;
        CHECK(sr_floe_open(key, aad(), SEGMENT_BYTES, s.header, &f, NULL) == expected);
        s.header[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    CHECK(sr_floe_open(key, sr_bytes(AAD, 10), SEGMENT_BYTES, s.header, &f, NULL) == SR_CORRUPT);
    CHECK(sr_floe_open(key, aad(), SEGMENT_BYTES + 1, s.header, &f, NULL) == SR_UNSUPPORTED);
    sr_secret_bytes(key)[31] = 1;
    CHECK(sr_floe_open(key, aad(), SEGMENT_BYTES, s.header, &f, NULL) == SR_CORRUPT);
    CHECK(f == NULL);
    drop_stream(&s);
}

static void no_two_seals_share_an_iv(void)
{
    struct stream s = make_stream();
    uint8_t sealed[2][SEGMENT_BYTES];
    for (size_t i = 0; i < 2; i++) {
        CHECK(sr_floe_seal(s.floe, 0, true, sr_bytes(NULL, 0), sealed[i], NULL) == SR_OK);
    }
    CHECK(memcmp(sealed[0] + 4, sealed[1] + 4, 12) != 0);
    drop_stream(&s);
}

static void keeps_keys_for_so_many_segments_and_refuses_more(void)
{
    struct stream s = make_stream();
    uint8_t plain[PAYLOAD_BYTES] = {0};
    uint8_t sealed[SEGMENT_BYTES];
    const struct sr_bytes view = sr_bytes(plain, sizeof plain);
    const uint64_t end = (uint64_t)SR_FLOE_SEGMENT_KEYS_MAX << SR_FLOE_ROTATION_BITS;

    CHECK(sr_floe_seal(s.floe, end - 1, false, view, sealed, NULL) == SR_OK);
    CHECK(unseal(s.floe, end - 1, false, sr_bytes(sealed, sizeof sealed)) == SR_OK);
    CHECK(sr_floe_seal(s.floe, end, false, view, sealed, NULL) == SR_TOO_LARGE);
    CHECK(unseal(s.floe, UINT64_MAX, false, sr_bytes(sealed, sizeof sealed)) == SR_TOO_LARGE);
    drop_stream(&s);
}

/* Eight runs of segment keys, all first needed by four threads at once. */
static void *seal_and_unseal(void *arg)
{
    struct sr_floe *f = arg;
    bool all_open = true;
    for (uint64_t i = 0; i < 400; i++) {
        uint64_t index = (i % 8) << SR_FLOE_ROTATION_BITS;
        uint8_t plain[PAYLOAD_BYTES] = {(uint8_t)i};
        uint8_t sealed[SEGMENT_BYTES];
        uint8_t out[PAYLOAD_BYTES];
        const struct sr_bytes view = sr_bytes(plain, sizeof plain);
        all_open = all_open && sr_floe_seal(f, index, false, view, sealed, NULL) == SR_OK;
        struct sr_floe_segment segment = sr_floe_split(sr_bytes(sealed, sizeof sealed));
        all_open = all_open && sr_floe_unseal(f, index, false, &segment, out, NULL) == SR_OK &&
                   memcmp(plain, out, sizeof out) == 0;
    }
    return all_open ? arg : NULL;
}

static void many_threads_share_a_stream(void)
{
    struct stream s = make_stream();
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++) {
        CHECK(pthread_create(&threads[i], NULL, seal_and_unseal, s.floe) == 0);
    }
    for (size_t i = 0; i < 4; i++) {
        void *result = NULL;
        CHECK(pthread_join(threads[i], &result) == 0);
        CHECK(result != NULL);
    }
    drop_stream(&s);
}

static void every_failure_is_reported(void)
{
    SR_AUTO(sr_secret) key = zero_key();
    FAULT_SWEEP {
        SR_AUTO(sr_floe) f = NULL;
        uint8_t header[SR_FLOE_HEADER_BYTES];
        uint8_t sealed[SEGMENT_BYTES];
        uint8_t out[1];
        struct sr_err err = {0};
        enum sr_status status = sr_floe_create(key, aad(), SEGMENT_BYTES, header, &f, &err);
        CHECK((f != NULL) == (status == SR_OK));
        if (status == SR_OK) {
            status = sr_floe_seal(f, 0, true, sr_bytes("x", 1), sealed, &err);
        }
        if (status == SR_OK) {
            struct sr_floe_segment segment =
                sr_floe_split(sr_bytes(sealed, 1 + SR_FLOE_OVERHEAD_BYTES));
            status = sr_floe_unseal(f, 0, true, &segment, out, &err);
        }
        CHECK((status == SR_OK) == !fault_fired());
    }
    CHECK(fault_sweep_faults() > 8);
}

int main(void)
{
    RUN(known_answers_in_both_directions);
    RUN(segment_opens_only_as_it_was_sealed);
    RUN(header_commits_to_key_and_associated_data);
    RUN(no_two_seals_share_an_iv);
    RUN(keeps_keys_for_so_many_segments_and_refuses_more);
    RUN(many_threads_share_a_stream);
    RUN(every_failure_is_reported);
    return check_done();
}
