/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger_bench FOLDER [LEAVES]: durable appends of 64 writers for five seconds, then the time of
 * proofs from a log of LEAVES leaves (10 million). FOLDER has to be empty, on the disk to measure.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/folder.h"
#include "ledger/log.h"
#include "tests/log_keys.h"

enum { WRITERS = 64, SECONDS = 5, BULK = 65536, PROOFS = 1000 };

static atomic_bool is_over;
static atomic_uint_fast64_t appends;

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void require(enum sr_status status, const struct sr_err *err)
{
    if (status != SR_OK) {
        (void)fprintf(stderr, "%s\n", err->message);
        exit(1);
    }
}

static void *write_on(void *ctx)
{
    struct sr_log *log = ctx;
    uint8_t leaf[32] = {0};
    struct sr_bytes entry = sr_bytes(leaf, sizeof leaf);
    uint64_t index;
    struct sr_err err = {0};
    while (!is_over) {
        require(sr_log_append(log, &entry, 1, &index, &err), &err);
        appends++;
    }
    return NULL;
}

static void publish(struct sr_log *log)
{
    SR_AUTO(sr_buf) note = NULL;
    struct sr_err err = {0};
    require(sr_buf_new(8192, &note), &err);
    require(sr_log_publish(log, 1, note, &err), &err);
}

static void bench_appends(struct sr_log *log)
{
    pthread_t thread[WRITERS];
    double start = now();
    for (size_t i = 0; i < WRITERS; i++) {
        (void)pthread_create(&thread[i], NULL, write_on, log);
    }
    for (unsigned second = 0; second < SECONDS; second++) {
        (void)nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
        publish(log);
    }
    is_over = true;
    for (size_t i = 0; i < WRITERS; i++) {
        (void)pthread_join(thread[i], NULL);
    }
    printf("durable appends, %d writers, a checkpoint a second: %.0f/s\n", WRITERS,
           (double)appends / (now() - start));
}

static void fill(struct sr_log *log, uint64_t leaves)
{
    static struct sr_bytes entries[BULK];
    static uint8_t leaf[32];
    struct sr_err err = {0};
    for (size_t i = 0; i < BULK; i++) {
        entries[i] = sr_bytes(leaf, sizeof leaf);
    }
    double start = now();
    uint64_t index = 0;
    for (unsigned batch = 0; index + BULK < leaves; batch++) {
        require(sr_log_append(log, entries, BULK, &index, &err), &err);
        if (batch % 64 == 63) {
            publish(log);
        }
    }
    publish(log);
    printf("%llu leaves, %d at a time: %.1f s\n", (unsigned long long)sr_log_published(log), BULK,
           now() - start);
}

static void bench_proofs(struct sr_log *log)
{
    uint64_t size = sr_log_published(log);
    struct sr_err err = {0};
    double worst = 0;
    double all = now();
    for (uint64_t i = 0; i < PROOFS; i++) {
        struct sr_tree_proof proof;
        double start = now();
        require(sr_log_prove_inclusion(log, i * 7919993 % size, size, &proof, &err), &err);
        double took = now() - start;
        worst = took > worst ? took : worst;
    }
    printf("inclusion proof from %llu leaves: %.3f ms mean, %.3f ms worst of %d\n",
           (unsigned long long)size, (now() - all) * 1e3 / PROOFS, worst * 1e3, PROOFS);
}

int main(int argc, char **argv)
{
    struct sr_log_options o = {.origin = sr_text_view("bench"), .pin_name = "pin"};
    struct sr_err err = {0};
    SR_AUTO(sr_log) log = NULL;
    if (argc < 2) {
        return 2;
    }
    SR_AUTO(sr_signer) signer = log_signer(1);
    SR_AUTO_FD folder = -1;
    require(sr_folder_open(AT_FDCWD, argv[1], &folder, &err), &err);
    o.signer = signer;
    o.folder = o.pin_folder = folder;
    require(sr_log_create(&o, 1, &err), &err);
    require(sr_log_open(&o, &log, &err), &err);
    bench_appends(log);
    fill(log, argc > 2 ? strtoull(argv[2], NULL, 10) : 10000000);
    bench_proofs(log);
    return 0;
}
