/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long questions to a room take whose ledger has many leaves: `audit_query_bench [MILLIONS]`. A
 * room of people with a model, a few hundred grants of one engineer, and then rows as a million
 * uses and records of others would have left them.
 */
#include <time.h>

#include "custody/audit_query.h"
#include "store/sqlite.h"
#include "tests/people.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/dev/shm/sr-audit-query-bench-XXXXXX";

static const char POLICY[] = "policy \"bench\"\n"
                             "role officer\n"
                             "role engineer\n"
                             "rule bring-in\n"
                             "    verbs deposit\n"
                             "    class any\n"
                             "    by engineer\n"
                             "rule use\n"
                             "    verbs use read\n"
                             "    class any\n"
                             "    by engineer\n"
                             "    needs 1 of officer\n"
                             "rule people\n"
                             "    verbs enrol policy rotate\n"
                             "    by officer\n";

enum { ADA, CLEO, PEOPLE };
static struct person people[PEOPLE] = {
    [ADA] = {.name = "ada", .roles = "officer"},
    [CLEO] = {.name = "cleo", .roles = "engineer"},
};

static double now_s(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(enum sr_status status, const struct sr_err *err)
{
    if (status != SR_OK) {
        printf("%s\n", err->message);
        abort();
    }
}

/* A grant of cleo's, by ada. */
static void grant(struct sr_room *r, const struct sr_catalog_version *model)
{
    struct sr_err err = {0};
    struct sr_custody_result asked = {0};
    struct sr_act act = {.verb = SR_VERB_REQUEST};
    struct sr_act approve = {.verb = SR_VERB_APPROVE};
    sr_act_set_word(&act, SR_FIELD_what, "use");
    sr_custody_about(&act, model);
    must(sr_custody_do(r, &people[CLEO].as, &act, model->digest, NULL, &asked, &err), &err);
    sr_act_set_digest(&approve, SR_FIELD_request, asked.digest);
    must(sr_custody_do(r, &people[ADA].as, &approve, NULL, NULL, NULL, &err), &err);
}

/* Rows of others: a hundred actors, a thousand versions, a request for every ten. */
static void add_rows(const char *path, uint64_t rows)
{
    SR_AUTO(sr_sqlite) db = NULL;
    struct sr_err err = {0};
    char script[2048];
    (void)snprintf(
        script, sizeof script,
        "PRAGMA synchronous = OFF; BEGIN;"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %llu)"
        "INSERT INTO act (seq, id, verb, actor, time_utc_ms, nonce, refused, reason, folds,"
        " version_id, request) SELECT i + (SELECT max(seq) FROM act), randomblob(16),"
        " CASE i %% 10 WHEN 0 THEN 'request' WHEN 1 THEN 'approve' WHEN 2 THEN 'use'"
        " WHEN 3 THEN 'opened' ELSE 'served' END, 'actor-' || (i %% 100),"
        " (SELECT max(time_utc_ms) FROM act) + i, randomblob(16), 0, '', 1,"
        " CAST(printf('%%016d', i %% 1000) AS BLOB), CAST(printf('%%032d', i / 10) AS BLOB) FROM n;"
        "INSERT INTO leaf (seq, salt, entry, body) SELECT seq, zeroblob(32), zeroblob(64),"
        " zeroblob(64) FROM act WHERE seq > (SELECT max(seq) FROM leaf); COMMIT",
        (unsigned long long)rows);
    must(sr_sqlite_open(path, NULL, 0, "", &db, &err), &err);
    must(sr_sqlite_script(db, script, &err), &err);
    sr_sqlite_checkpoint(db);
}

static enum sr_status count(void *ctx, const struct sr_act_record *act, struct sr_err *err)
{
    (void)act;
    (void)err;
    ++*(uint64_t *)ctx;
    return SR_OK;
}

static void measure(struct sr_room *r, const struct sr_id *model)
{
    struct sr_err err = {0};
    struct sr_id other;
    SR_AUTO(sr_reach) reach = NULL;
    uint64_t acts = 0;
    memcpy(other.bytes, "0000000000000777", sizeof other.bytes);
    double begin = now_s();
    must(sr_audit_query_touched(r, model, count, &acts, &err), &err);
    printf("who-touched: %llu acts, %.3f s\n", (unsigned long long)acts, now_s() - begin);
    begin = now_s();
    acts = 0;
    must(sr_audit_query_touched(r, &other, count, &acts, &err), &err);
    printf("who-touched: %llu acts, %.3f s\n", (unsigned long long)acts, now_s() - begin);
    begin = now_s();
    acts = 0;
    must(sr_audit_query_did(r, "actor-42", count, &acts, &err), &err);
    printf("did: %llu acts, %.3f s\n", (unsigned long long)acts, now_s() - begin);
    begin = now_s();
    must(sr_audit_query_reach(r, "cleo", 0, INT64_MAX, &reach, &err), &err);
    printf("reach: %zu ways, %.3f s\n", sr_reach_count(reach), now_s() - begin);
}

int main(int argc, char **argv)
{
    uint64_t millions = 1;
    struct sr_err err = {0};
    struct sr_deposit_result result = {0};
    SR_AUTO(sr_room) locked = NULL;
    if ((argc > 1 && sr_text_parse_u64(sr_text_view(argv[1]), 1, 100, &millions) != SR_OK) ||
        !room_scratch(scratch_dir)) {
        return 2;
    }
    struct sr_room *r = people_room(scratch_dir, "room", people, PEOPLE, POLICY);
    room_make_model(scratch_dir, "model", 3);
    sr_room_act_as(r, &people[CLEO].as);
    must(room_deposit(r, room_path(scratch_dir, "model"), "model", 0, &result, &err), &err);
    sr_room_act_as(r, NULL);
    for (unsigned i = 0; i < 300; i++) {
        grant(r, &result.version);
    }
    sr_room_free(r);
    add_rows(room_path(scratch_dir, "room/catalog.db"), millions * 1000000);
    must(sr_room_open(room_path(scratch_dir, "room"), ROOM_ACTOR, NULL, &locked, &err), &err);
    printf("%llu million leaves\n", (unsigned long long)millions);
    measure(locked, &result.version.id);
    sr_room_free(SR_TAKE(locked));
    people_clear(people, PEOPLE);
    scratch_remove(scratch_dir);
    return 0;
}
