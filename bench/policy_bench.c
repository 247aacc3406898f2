/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_bench: how long the decision takes in a room of 1,000 principals, 1,000 versions and
 * 10,000 open grants, each approved by three people, and what the state takes in memory. Signatures
 * are verified before and are not part of it. docs/performance.md keeps the result.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/policy_room.h"

enum { PRINCIPALS = 1000, VERSIONS = 1000, GRANTS = 10000, ROUNDS = 50000, NAME_BYTES = 24 };

static const char POLICY[] =
    "policy \"bench\"\nrole officer\nrole security\nrole engineer\n"
    "class weights\n  tier 2..5\n  kind base instruct\n"
    "rule deposit\n  verbs deposit\n  class any\n  by engineer\n"
    "rule use\n  verbs use\n  class weights\n  by engineer\n"
    "  needs 2 of officer and 1 of security\n  requires reason\n"
    "  attributes training\n  reviewer-attributes training\n"
    "  for at most 8h\n  request expires after 24h\n  approvals expire after 24h\n"
    "  hours mon-fri 08:00-18:00\n  uses at most 1000000\n"
    "rule people\n  verbs enrol attribute\n  by officer\n"
    "rule change\n  verbs policy\n  by officer\n  needs 2 of officer\n"
    "suspend without screening\n";
static const char *const ROSTER[] = {"p0 officer", "p1 officer", "p2 officer", "p3 security",
                                     "p4 engineer"};
#define FOUNDERS (sizeof ROSTER / sizeof ROSTER[0])

static uint8_t (*grant)[SR_SHA256_BYTES];

static void name_of(char name[NAME_BYTES], const char *what, size_t i)
{
    (void)snprintf(name, NAME_BYTES, "%s%zu", what, i);
}

static void allowed(enum sr_reason reason)
{
    proom_must(reason == SR_REASON_NONE, sr_reason_slug(reason));
}

static void attest(struct proom *r, size_t i)
{
    char name[NAME_BYTES];
    const char *by = i == 0 ? "p1" : "p0"; /* nobody does it for themselves */
    name_of(name, "p", i);
    allowed(proom_attest(r, by, name, "screening", PROOM_START * 2));
    allowed(proom_attest(r, by, name, "training", PROOM_START * 2));
}

static void fill(struct proom *r)
{
    char name[NAME_BYTES];
    allowed(proom_init(r, POLICY, ROSTER, FOUNDERS));
    for (size_t i = 0; i < FOUNDERS; i++) {
        attest(r, i);
    }
    for (size_t i = FOUNDERS; i < PRINCIPALS; i++) {
        name_of(name, "p", i);
        allowed(proom_enrol(r, "p0", name, "human", NULL, "engineer", i + 1));
        attest(r, i);
    }
    for (size_t i = 0; i < VERSIONS; i++) {
        name_of(name, "llama@", i + 1);
        allowed(proom_deposit(r, "p4", name, 3));
    }
    for (size_t i = 0; i < GRANTS; i++) {
        char version[NAME_BYTES];
        name_of(name, "p", 4 + i % (PRINCIPALS - 4));
        name_of(version, "llama@", 1 + i % VERSIONS);
        struct sr_act act = proom_request_act(r, name, SR_VERB_USE, version);
        allowed(proom_try(r, &act));
        memcpy(grant[i], r->last, SR_SHA256_BYTES);
        allowed(proom_say(r, "p0", SR_VERB_APPROVE, grant[i]));
        allowed(proom_say(r, "p1", SR_VERB_APPROVE, grant[i]));
        allowed(proom_say(r, "p3", SR_VERB_APPROVE, grant[i]));
    }
}

/* Processor time: what others do on this core does not count, but does push us out of caches. */
static double now_us(void)
{
    struct timespec t = {0};
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

static int ascending(const void *a, const void *b) /* lint: callback */
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* One act, decided over and over; the round says which. */
static double decide(struct proom *r, struct sr_act *act, size_t round, enum sr_reason expected)
{
    char text[SR_ACT_SUBJECT_NAME_BYTES];
    struct sr_act_name subject = {.name = {NULL, 0}};
    proom_must(proom_subject(act, text, &subject), "the subject");
    act->subjects = &subject;
    act->subject_count = 1;
    memcpy(act->nonce + 8, &round, sizeof round);
    struct sr_state_event event = {.act = act,
                                   .digest = r->last,
                                   .fingerprint = proom_fingerprint(r, act->actor),
                                   .seq = r->seq + 1,
                                   .time_utc_ms = r->moment.now_utc_ms};
    double start = now_us();
    struct sr_decision d = sr_policy_decide(r->s, &event, &r->moment);
    double took = now_us() - start;
    proom_must(d.reason == expected, sr_reason_slug(d.reason));
    return took;
}

static struct sr_act make(struct proom *r, const char *what, size_t i, char name[NAME_BYTES],
                          char version[NAME_BYTES])
{
    name_of(name, "p", 4 + i % (PRINCIPALS - 4));
    name_of(version, "llama@", 1 + i % VERSIONS);
    if (what[0] == 'd') {
        name_of(version, "new@", i + 1);
        return proom_deposit_act(r, name, version, 3);
    }
    if (what[0] == 'r') {
        return proom_request_act(r, name, SR_VERB_USE, version);
    }
    if (what[0] == 'a') {
        struct sr_act act = proom_act(r, SR_VERB_APPROVE, "p2");
        sr_act_set_digest(&act, SR_FIELD_request, grant[i]);
        return act;
    }
    return proom_use_act(r, name, version, grant[what[0] == 'o' ? (i + 1) % GRANTS : i]);
}

static void measure(struct proom *r, const char *what, enum sr_reason expected)
{
    static double took[ROUNDS];
    for (size_t k = 0; k < ROUNDS; k++) {
        char name[NAME_BYTES];
        char version[NAME_BYTES];
        size_t i = k * 7919 % GRANTS; /* not one after the other: caches are cold as in life */
        struct sr_act act = make(r, what, i, name, version);
        took[k] = decide(r, &act, k, expected);
    }
    qsort(took, ROUNDS, sizeof took[0], ascending);
    printf("%-44s %8.2f %8.2f %8.2f\n", what, took[ROUNDS / 2], took[ROUNDS / 100 * 99],
           took[ROUNDS / 1000 * 999]);
}

int main(void)
{
    PROOM r = {0};
    grant = calloc(GRANTS, sizeof *grant);
    proom_must(grant != NULL, "memory");
    double start = now_us();
    size_t before = mallinfo2().uordblks;
    fill(&r);
    size_t bytes = mallinfo2().uordblks - before;
    printf("%" PRIu64 " acts decided and folded in: %.1f s, %.1f MiB of state\n", r.seq,
           (now_us() - start) / 1e6, (double)bytes / (1 << 20));
    printf("%-44s %8s %8s %8s\n", "decision, microseconds", "median", "99 %", "99.9 %");
    measure(&r, "use, on a grant that three have approved", SR_REASON_NONE);
    measure(&r, "other's grant: refused", SR_REASON_NOT_THE_REQUESTER);
    measure(&r, "request", SR_REASON_NONE);
    measure(&r, "approve", SR_REASON_NONE);
    measure(&r, "deposit", SR_REASON_NONE);
    free(grant);
    return 0;
}
