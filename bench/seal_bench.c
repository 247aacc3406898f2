/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What sealing and opening cost, from memory to memory, beside memcpy() and OpenSSL on the same
 * bytes in the same run: `seal_bench [MIB]`, 1024 by default. One core, for each second of
 * processor time, then the whole writer by the clock. Three times that much memory is needed.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "base/text.h"
#include "crypto/aead_impl.h"
#include "seal/scrub.h"
#include "tests/sealed.h"

#define RUNS 3
#define FILES_MAX 8

static const struct sr_body_name NAME = {.object = {{1}}, .version = {{2}}};

struct bench {
    size_t bytes; /* of plaintext, all files together */
    struct sr_secret *dek;
    struct sr_pool *pool;
    uint8_t *plain;
    uint8_t *out;
    struct sealed_memory body;
    struct sr_body *lending; /* opened over a source that lends its memory */
    struct sr_body *copying; /* and over one that copies */
    struct sr_aead *openssl;
    unsigned threads;
    size_t files;
    bool failed;
};

static double now_s(clockid_t clock)
{
    struct timespec t = {0};
    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The best of RUNS after one to warm up, in GB a second. */
static double measure(struct bench *b, void (*run)(struct bench *b), clockid_t clock)
{
    double best_s = 1e9;
    for (int i = 0; i <= RUNS; i++) {
        double begin_s = now_s(clock);
        run(b);
        double taken_s = now_s(clock) - begin_s;
        best_s = i > 0 && taken_s < best_s ? taken_s : best_s;
    }
    return (double)b->bytes / best_s / 1e9;
}

static void copy(struct bench *b)
{
    memcpy(b->out, b->plain, b->bytes);
}

static void open_lent(struct bench *b)
{
    b->failed |= sr_body_read(b->lending, 0, b->out, b->bytes, NULL) != SR_OK;
}

static void open_copied(struct bench *b)
{
    b->failed |= sr_body_read(b->copying, 0, b->out, b->bytes, NULL) != SR_OK;
}

/* The same ciphertext by OpenSSL; the keys are others, so each tag is wrong, which costs the same
 * but for wiping: so it seals instead, which is as fast. */
static void seal_openssl(struct bench *b)
{
    static const uint8_t IV[SR_AEAD_IV_BYTES];
    uint8_t tag[SR_AEAD_TAG_BYTES];
    for (size_t at = 0; at < b->bytes; at += SR_BODY_PAYLOAD_BYTES) {
        size_t left = b->bytes - at;
        size_t len = left < SR_BODY_PAYLOAD_BYTES ? left : SR_BODY_PAYLOAD_BYTES;
        b->failed |= sr_aead_seal(b->openssl, IV, sr_bytes(NULL, 0), sr_bytes(b->plain + at, len),
                                  b->out + at, tag) != SR_OK;
    }
}

static void hash_whole(struct bench *b)
{
    uint8_t digest[SR_SHA256_BYTES];
    b->failed |= sr_sha256_once(sr_bytes(b->plain, b->bytes), digest) != SR_OK;
}

static void scrub_stored(struct bench *b)
{
    struct sr_scrub_result result;
    uint8_t root[SR_SHA256_BYTES] = {0};
    /* The root is not known here: all the work is done before that is noticed. */
    b->failed |= sr_scrub_stored(sealed_memory_source(&b->body), b->body.bytes, root, 0, &result,
                                 NULL) != SR_CORRUPT;
}

/* Several files, all parts of the same memory, into parts of the same memory. */
struct part {
    struct sealed_memory plain;
    struct sealed_memory body;
};

struct plan {
    struct bench *bench;
    struct part parts[FILES_MAX];
};

static enum sr_status begin(void *ctx, size_t index, struct sr_seal_job *out, struct sr_err *err)
{
    (void)err;
    struct plan *p = ctx;
    *out = (struct sr_seal_job){.name = NAME,
                                .source = sealed_memory_source(&p->parts[index].plain),
                                .sink = sealed_memory_sink(&p->parts[index].body)};
    out->name.file_index = (uint32_t)index;
    return SR_OK;
}

static enum sr_status end(void *ctx, size_t index, const struct sr_body_facts *facts,
                          struct sr_err *err)
{
    (void)ctx;
    (void)index;
    (void)facts;
    (void)err;
    return SR_OK;
}

static void close_part(void *ctx, size_t index)
{
    (void)ctx;
    (void)index;
}

static void seal_files(struct bench *b)
{
    struct plan p = {.bench = b};
    size_t plain_each = b->bytes / b->files;
    size_t body_each = b->body.capacity / b->files;
    for (size_t i = 0; i < b->files; i++) {
        p.parts[i].plain.data = b->plain + i * plain_each;
        p.parts[i].plain.capacity = plain_each;
        p.parts[i].plain.bytes = plain_each;
        p.parts[i].body.data = b->body.data + i * body_each;
        p.parts[i].body.capacity = body_each;
    }
    const struct sr_seal_plan plan = {
        .count = b->files,
        .dek = b->dek,
        .threads = b->threads,
        .memory_bytes = b->threads * SR_SEAL_MEMORY_BYTES_PER_THREAD,
        .ctx = &p,
        .begin = begin,
        .end = end,
        .close = close_part,
    };
    b->failed |= sr_seal_write(&plan, NULL) != SR_OK;
    b->body.bytes = b->files == 1 ? (size_t)p.parts[0].body.bytes : b->body.bytes;
}

static void *map(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE,
                   -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

static bool prepare(struct bench *b)
{
    struct sr_err err = {0};
    const size_t capacity = sealed_capacity(b->bytes) + FILES_MAX * ((size_t)1 << 20);
    b->plain = map(b->bytes);
    b->out = map(b->bytes);
    b->body.data = map(capacity);
    b->body.capacity = capacity;
    if (b->plain == NULL || b->out == NULL || b->body.data == NULL ||
        sr_aead_start(&err) != SR_OK || sr_secret_new(32, &b->dek, &err) != SR_OK ||
        sr_pool_new(SR_BODY_SEGMENT_BYTES, 1, 1, &b->pool, &err) != SR_OK ||
        sr_aead_new_with(sr_aead_impl_openssl(), sr_secret_view(b->dek), &b->openssl, &err) !=
            SR_OK) {
        (void)fprintf(stderr, "seal_bench: %s\n", err.message);
        return false;
    }
    sealed_fill(b->plain, b->bytes, 1);
    return true;
}

static bool open_both(struct bench *b)
{
    struct sr_source source = sealed_memory_source(&b->body);
    if (sr_body_open(&NAME, b->dek, source, b->pool, &b->copying, NULL) != SR_OK) {
        return false;
    }
    source.view_at = sealed_memory_view;
    return sr_body_open(&NAME, b->dek, source, b->pool, &b->lending, NULL) == SR_OK;
}

static void report(const char *what, double gb_s, double memcpy_gb_s)
{
    printf("| %s | %.2f | %.2f |\n", what, gb_s, gb_s / memcpy_gb_s);
    (void)fflush(stdout);
}

static void run_writer(struct bench *b, size_t files, unsigned threads, clockid_t clock,
                       const char *what, double memcpy_gb_s)
{
    b->files = files;
    b->threads = threads;
    report(what, measure(b, seal_files, clock), memcpy_gb_s);
}

int main(int argc, char **argv)
{
    uint64_t mib = 1024;
    if (argc > 1 && sr_text_parse_u64(sr_text_view(argv[1]), 8, 65536, &mib) != SR_OK) {
        (void)fprintf(stderr, "usage: seal_bench [MIB]\n");
        return 2;
    }
    struct bench b = {.bytes = (size_t)mib << 20};
    if (!prepare(&b)) {
        return 1;
    }
    printf("| %llu MiB, %s, SHA-256 %s | GB/s | of memcpy |\n| --- | ---: | ---: |\n",
           (unsigned long long)mib, sr_aead_implementation(), sr_sha256_implementation());
    double memcpy_gb_s = measure(&b, copy, CLOCK_PROCESS_CPUTIME_ID);
    report("memcpy", memcpy_gb_s, memcpy_gb_s);
    report("OpenSSL AES-256-GCM alone", measure(&b, seal_openssl, CLOCK_PROCESS_CPUTIME_ID),
           memcpy_gb_s);
    report("SHA-256 alone", measure(&b, hash_whole, CLOCK_PROCESS_CPUTIME_ID), memcpy_gb_s);
    run_writer(&b, 1, 1, CLOCK_PROCESS_CPUTIME_ID, "seal 1 file, one core", memcpy_gb_s);
    b.failed |= !open_both(&b);
    if (b.failed) {
        (void)fprintf(stderr, "seal_bench: something failed\n");
        return 1;
    }
    report("open, body lent", measure(&b, open_lent, CLOCK_PROCESS_CPUTIME_ID), memcpy_gb_s);
    b.failed |= memcmp(b.out, b.plain, b.bytes) != 0;
    report("open, body copied", measure(&b, open_copied, CLOCK_PROCESS_CPUTIME_ID), memcpy_gb_s);
    b.failed |= memcmp(b.out, b.plain, b.bytes) != 0;
    report("scrub without keys", measure(&b, scrub_stored, CLOCK_PROCESS_CPUTIME_ID), memcpy_gb_s);
    run_writer(&b, 2, 1, CLOCK_PROCESS_CPUTIME_ID, "seal 2 files, one core", memcpy_gb_s);
    run_writer(&b, 8, 1, CLOCK_PROCESS_CPUTIME_ID, "seal 8 files, one core", memcpy_gb_s);
    run_writer(&b, 1, 2, CLOCK_MONOTONIC, "seal, 1 file, 2 threads, by the clock", memcpy_gb_s);
    run_writer(&b, 4, 2, CLOCK_MONOTONIC, "seal, 4 files, 2 threads, by the clock", memcpy_gb_s);
    if (b.failed) {
        (void)fprintf(stderr, "seal_bench: something failed\n");
    }
    return b.failed ? 1 : 0;
}
