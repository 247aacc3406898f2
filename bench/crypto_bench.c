/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the ciphers and hashes do on one core, from memory to memory, beside memcpy() of the same
 * bytes in the same run, for each second of processor time. 512 MiB are read and 512 MiB written:
 * far more than any cache holds. docs/design/0003-aead-implementations.md has the figures that
 * decisions rest on.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "crypto/aead_impl.h"
#include "crypto/hash.h"

enum { SEGMENT_BYTES = 1 << 20, SEGMENTS = 512, RUNS = 5 };
#define TOTAL_BYTES ((size_t)SEGMENTS * SEGMENT_BYTES)

struct bench {
    uint8_t *from;
    uint8_t *to;
    uint8_t tags[SEGMENTS][SR_AEAD_TAG_BYTES];
    struct sr_aead *aead;
    size_t at_once; /* messages or streams */
    bool failed;
};

static struct sr_bytes segment(const struct bench *b, size_t i)
{
    return sr_bytes(b->from + i * SEGMENT_BYTES, SEGMENT_BYTES);
}

static void copy(struct bench *b)
{
    memcpy(b->to, b->from, TOTAL_BYTES);
}

static void iv_of(size_t i, uint8_t iv[SR_AEAD_IV_BYTES])
{
    memset(iv, 0, SR_AEAD_IV_BYTES);
    memcpy(iv, &i, sizeof i);
}

/* In place, once, so that there is something to open. */
static void seal(struct bench *b)
{
    for (size_t i = 0; i < SEGMENTS; i++) {
        uint8_t iv[SR_AEAD_IV_BYTES];
        iv_of(i, iv);
        uint8_t *at = b->from + i * SEGMENT_BYTES;
        b->failed |=
            sr_aead_seal(b->aead, iv, sr_bytes(NULL, 0), segment(b, i), at, b->tags[i]) != SR_OK;
    }
}

static void open_all(struct bench *b)
{
    for (size_t i = 0; i < SEGMENTS; i++) {
        uint8_t iv[SR_AEAD_IV_BYTES];
        iv_of(i, iv);
        uint8_t *at = b->to + i * SEGMENT_BYTES;
        b->failed |=
            sr_aead_open(b->aead, iv, sr_bytes(NULL, 0), segment(b, i), b->tags[i], at) != SR_OK;
    }
}

static void hash_one_message(struct bench *b)
{
    uint8_t out[SR_SHA256_BYTES];
    b->failed |= sr_sha256_once(sr_bytes(b->from, TOTAL_BYTES), out) != SR_OK;
}

static void hash_messages(struct bench *b)
{
    struct sr_bytes messages[SR_SHA256_UPDATE_MAX];
    uint8_t out[SR_SHA256_UPDATE_MAX][SR_SHA256_BYTES];
    for (size_t i = 0; i + b->at_once <= SEGMENTS; i += b->at_once) {
        for (size_t j = 0; j < b->at_once; j++) {
            messages[j] = segment(b, i + j);
        }
        b->failed |= sr_sha256_many(messages, b->at_once, out) != SR_OK;
    }
}

/* As a deposit of several files: each stream gets a piece of 1 MiB at a time. */
static void hash_streams(struct bench *b)
{
    struct sr_sha256 *hs[SR_SHA256_UPDATE_MAX] = {0};
    struct sr_bytes pieces[SR_SHA256_UPDATE_MAX];
    size_t each = SEGMENTS / b->at_once;
    for (size_t j = 0; j < b->at_once; j++) {
        b->failed |= sr_sha256_new(&hs[j]) != SR_OK;
    }
    for (size_t i = 0; i < each && !b->failed; i++) {
        for (size_t j = 0; j < b->at_once; j++) {
            pieces[j] = segment(b, j * each + i);
        }
        b->failed |= sr_sha256_update_many(hs, pieces, b->at_once) != SR_OK;
    }
    for (size_t j = 0; j < b->at_once; j++) {
        sr_sha256_free(hs[j]);
    }
}

/* Processor time: what others do on this core does not count, but does push us out of caches. */
static double now_s(void)
{
    struct timespec t = {0};
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int ascending(const void *a, const void *b) /* lint: callback */
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Print a line and return the best rate in bytes per second. base: what 1.00 is, or 0 for itself.
 */
static double measure(struct bench *b, const char *name, void (*run)(struct bench *), double base)
{
    double seconds[RUNS];
    run(b); /* warm up */
    for (int i = 0; i < RUNS; i++) {
        double start = now_s();
        run(b);
        seconds[i] = now_s() - start;
    }
    qsort(seconds, RUNS, sizeof seconds[0], ascending);
    double best = (double)TOTAL_BYTES / seconds[0];
    double median = (double)TOTAL_BYTES / seconds[RUNS / 2];
    printf("%-34s %8.2f %8.2f %10.2f\n", name, best / 1e9, median / 1e9,
           base > 0 ? best / base : 1.0);
    return best;
}

static void measure_aead(struct bench *b, const struct sr_aead_impl *impl, double base)
{
    const uint8_t key[SR_AEAD_KEY_BYTES] = {1};
    if (impl == NULL) {
        return;
    }
    if (sr_aead_new_with(impl, key, &b->aead, NULL) != SR_OK) {
        b->failed = true;
        return;
    }
    char name[64];
    seal(b);
    (void)snprintf(name, sizeof name, "open 1 MiB segments, %s", impl->name);
    (void)measure(b, name, open_all, base);
    sr_aead_free(b->aead);
}

static void measure_hashes(struct bench *b)
{
    static const size_t numbers[] = {2, 4, 8, 16};
    char name[64];
    double single = measure(b, "sha-256, one message", hash_one_message, 0);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        b->at_once = numbers[i];
        (void)snprintf(name, sizeof name, "sha-256, %zu messages of 1 MiB", b->at_once);
        (void)measure(b, name, hash_messages, single);
        (void)snprintf(name, sizeof name, "sha-256, %zu streams", b->at_once);
        (void)measure(b, name, hash_streams, single);
    }
}

int main(void)
{
    static struct bench b;
    int prot = PROT_READ | PROT_WRITE;
    void *memory = mmap(NULL, 2 * TOTAL_BYTES, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        (void)fprintf(stderr, "cannot map %zu bytes\n", 2 * TOTAL_BYTES);
        return 1;
    }
    b.from = memory;
    b.to = b.from + TOTAL_BYTES;
    memset(memory, 1, 2 * TOTAL_BYTES);
    if (sr_aead_start(NULL) != SR_OK) {
        (void)fprintf(stderr, "no AES-256-GCM\n");
        return 1;
    }
    printf("one core, 512 MiB; in use: %s; sha-256 %s\n", sr_aead_implementation(),
           sr_sha256_implementation());
    printf("%-34s %8s %8s %10s\n", "", "best", "median", "relative");
    printf("%-34s %8s %8s %10s\n", "", "GB/s", "GB/s", "");
    double base = measure(&b, "memcpy", copy, 0);
    measure_aead(&b, sr_aead_impl_openssl(), base);
    measure_aead(&b, sr_aead_impl_ipsec_mb(), base);
    measure_hashes(&b);
    (void)munmap(memory, 2 * TOTAL_BYTES);
    if (b.failed) {
        (void)fprintf(stderr, "something failed: the figures mean nothing\n");
        return 1;
    }
    return 0;
}
