/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random histories of small rooms, with an adversary in each. What must hold: for every act,
 * src/policy and the oracle give the same ruling and the same reason; no act that is allowed breaks
 * an invariant; a history folded again gives the same state.
 *
 *     test_policy_histories [COUNT]      STRONGROOM_SEED=N repeats one history of a run
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/time.h"
#include "tests/check.h"
#include "world.h"

/* As many as fit into a few seconds; docs/fuzzing.md says how to run more. */
static uint64_t count = 3000;
static uint64_t first_seed = 1;
static struct tally tally;

static const char *const attack_words[] = {
#define ATTACK(name, words) words,
#include "attacks.def"
#undef ATTACK
};

static void play(uint64_t seed, bool is_signed)
{
    static struct world w;
    if (!world_begin(&w, seed, is_signed, &tally)) {
        tally.unborn++;
        world_end(&w);
        return;
    }
    size_t moves = 3 + chance_below(&w.chance, 9);
    enum attack attack = (enum attack)(seed % ATTACK_COUNT);
    enum attack other = (enum attack)chance_below(&w.chance, ATTACK_COUNT);
    if (chance_of(&w.chance, 10)) {
        world_attest(&w);
    }
    for (size_t i = 0; i < 3; i++) {
        world_settle(&w);
    }
    for (size_t i = 0; i < moves && !w.is_over; i++) {
        world_move(&w);
        if (i == moves / 2) {
            world_attack(&w, other);
        }
    }
    world_attack(&w, attack);
    for (size_t i = 0; i < w.requests; i++) {
        (void)world_standing(&w, &w.request[i]);
    }
    world_end(&w);
}

static void print_table(int64_t ms)
{
    printf("# %" PRIu64 " histories (%" PRIu64 " rooms whose first policy was refused), %" PRIu64
           " acts decided, %" PRIu64 " allowed, %" PRIu64 " pending, %" PRId64 " ms\n",
           tally.histories, tally.unborn, tally.asked, tally.allowed, tally.pending, ms);
    printf("# %-52s %9s %9s %9s\n", "attack", "attempts", "armed", "succeeded");
    for (size_t i = 0; i < ATTACK_COUNT; i++) {
        printf("# %-52s %9" PRIu64 " %9" PRIu64 " %9" PRIu64 "\n", attack_words[i],
               tally.attempts[i], tally.armed[i], tally.successes[i]);
    }
    for (enum sr_reason i = 0; i < SR_REASON_COUNT; i++) {
        printf("# reason %-22s %9" PRIu64 "\n", sr_reason_slug(i), tally.by_reason[i]);
    }
    for (enum sr_verb i = 0; i < SR_VERB_COUNT; i++) {
        printf("# allowed %-21s %9" PRIu64 "\n", sr_verb_info(i)->word, tally.by_verb[i]);
    }
}

static void histories_agree_and_nothing_slips_through(void)
{
    int64_t began = sr_time_now_utc_ms();
    for (uint64_t i = 0; i < count && tally.disagreements + tally.broken < 5; i++) {
        play(first_seed + i, false);
    }
    print_table(sr_time_now_utc_ms() - began);
    CHECK(tally.histories == count);
    CHECK(tally.disagreements == 0);
    CHECK(tally.broken == 0);
}

/* The same with Ed25519 signatures, envelopes and all; each envelope also with one byte changed. */
static void signed_histories_agree_too(void)
{
    struct tally before = tally;
    memset(&tally, 0, sizeof tally);
    for (uint64_t i = 0; i < count / 50 + 1 && tally.disagreements + tally.broken < 5; i++) {
        play(first_seed + i, true);
    }
    printf("# signed: %" PRIu64 " histories, %" PRIu64 " signatures verified, %" PRIu64
           " changed envelopes refused\n",
           tally.histories, tally.verified, tally.tampered);
    CHECK(tally.disagreements == 0);
    CHECK(tally.broken == 0);
    CHECK(tally.tampered > tally.verified / 2);
    tally = before;
}

/* A kind of attack that was never tried, or never had something to gain, shows nothing. */
static void every_attack_was_tried(void)
{
    for (size_t i = 0; i < ATTACK_COUNT && count >= 1000; i++) {
        CHECK(tally.attempts[i] > 0);
        CHECK(tally.successes[i] == 0);
        CHECK(tally.armed[i] > 0);
    }
}

static uint64_t number_or(const char *text, uint64_t otherwise)
{
    uint64_t value = otherwise;
    if (text != NULL && sr_text_parse_u64(sr_text_view(text), 0, UINT64_MAX, &value) != SR_OK) {
        printf("# '%s' is not a number\n", text);
    }
    return value;
}

int main(int argc, char **argv)
{
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    count = number_or(argc > 1 ? argv[1] : NULL, count);
    const char *seed = getenv("STRONGROOM_SEED");
    first_seed = number_or(seed, first_seed);
    printf("# seeds from %" PRIu64 "\n", first_seed);
    RUN(histories_agree_and_nothing_slips_through);
    RUN(every_attack_was_tried);
    RUN(signed_histories_agree_too);
    return check_done();
}
