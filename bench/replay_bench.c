/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast an auditor replays: `replay_bench [ROUNDS]`. A history of requests, approvals, uses and
 * records is made and replayed, on one thread and on more. Beside it, in the same run, how many
 * Ed25519 signatures one core verifies, which nothing that verifies each act can exceed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "audit/replay.h"
#include "base/text.h"
#include "tests/audit/story.h"

#define PACK_BYTES_MAX ((size_t)1 << 30)

static double clock_s(clockid_t id)
{
    struct timespec t;
    (void)clock_gettime(id, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Of the wall, and of all threads of this process: the latter does not care who else is running. */
struct span {
    double wall;
    double cpu;
};

static struct span now(void)
{
    return (struct span){.wall = clock_s(CLOCK_MONOTONIC),
                         .cpu = clock_s(CLOCK_PROCESS_CPUTIME_ID)};
}

static struct span rate(uint64_t count, struct span since)
{
    struct span end = now();
    return (struct span){.wall = (double)count / (end.wall - since.wall),
                         .cpu = (double)count / (end.cpu - since.cpu)};
}

struct pack {
    struct sr_bytes rest;
};

static enum sr_status read_pack(void *ctx, uint8_t *out, size_t len, size_t *out_got,
                                struct sr_err *err)
{
    struct pack *p = ctx;
    (void)err;
    *out_got = p->rest.len < len ? p->rest.len : len;
    memcpy(out, p->rest.ptr, *out_got);
    p->rest = sr_bytes(p->rest.ptr + *out_got, p->rest.len - *out_got);
    return SR_OK;
}

/* Ten acts: a request, two approvals, a use, and what the room records of it. */
static void tell_round(struct world *w)
{
    struct story_fields f;
    story_version(&f, SR_VERB_USE, 1);
    story_ask(w, "ask", ALICE, &f);
    story_review(w, "bob", BOB, SR_VERB_APPROVE, "ask");
    story_review(w, "carol", CAROL2, SR_VERB_APPROVE, "ask");
    story_do(w, "use", ALICE, &f, "ask");
    for (unsigned i = 0; i < 6; i++) {
        story_version(&f, i % 2 == 0 ? SR_VERB_OPENED : SR_VERB_SERVED, 1);
        story_do(w, "record", ROOM, &f, "ask");
    }
}

/* Verifications a second, of a message as long as the PAE of an act. */
static struct span verify_rate(const struct world *w)
{
    static uint8_t message[1200];
    SR_AUTO(sr_buf) signature = NULL;
    if (sr_buf_new(SR_SIGN_SIGNATURE_BYTES_MAX, &signature) != SR_OK ||
        sr_signer_sign(w->signer, sr_bytes(message, sizeof message), signature, NULL) != SR_OK) {
        abort();
    }
    struct span begin = now();
    uint64_t count = 0;
    while (now().cpu - begin.cpu < 1.0) {
        for (unsigned i = 0; i < 100; i++) {
            if (sr_public_key_verify(w->signer->public_key, sr_bytes(message, sizeof message),
                                     sr_buf_view(signature), NULL) != SR_OK) {
                abort();
            }
        }
        count += 100;
    }
    return rate(count, begin);
}

static struct span replay_rate(const struct world *w, struct sr_bytes bytes, unsigned threads)
{
    struct pack p = {.rest = bytes};
    struct sr_pack_source source = {.read = read_pack, .ctx = &p};
    struct sr_replay_options options = {.key = w->key, .threads = threads};
    struct sr_replay_report report;
    struct sr_err err = {0};
    struct span begin = now();
    if (sr_replay(&source, &options, NULL, &report, &err) != SR_OK) {
        printf("%s\n", err.message);
        abort();
    }
    return rate(report.acts, begin);
}

int main(int argc, char **argv)
{
    uint64_t rounds = 2000;
    SR_CLEANUP(world_clear) struct world w;
    SR_AUTO(sr_buf) pack = NULL;
    if (argc > 1 && sr_text_parse_u64(sr_text_view(argv[1]), 1, 1000000, &rounds) != SR_OK) {
        return 2;
    }
    story_tell(&w);
    for (uint64_t i = 0; i < rounds; i++) {
        tell_round(&w);
    }
    world_checkpoint(&w, w.leaves, true, w.note);
    if (sr_buf_new(PACK_BYTES_MAX, &pack) != SR_OK) {
        return 1;
    }
    world_pack(&w, pack);
    struct span verify = verify_rate(&w);
    printf("%zu acts, %zu bytes an act; Ed25519: %.0f verifications per CPU second, %.0f/s\n",
           w.leaves, sr_buf_view(pack).len / w.leaves, verify.cpu, verify.wall);
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    for (unsigned threads = 1; threads <= (unsigned)cores; threads *= 2) {
        struct span acts = replay_rate(&w, sr_buf_view(pack), threads);
        printf("%u thread%s: %.0f acts per CPU second (%.2f of the verifications), %.0f/s\n",
               threads, threads == 1 ? "" : "s", acts.cpu, acts.cpu / verify.cpu, acts.wall);
    }
    return 0;
}
