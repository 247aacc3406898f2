/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: the pack of a real room replays as consistent, all of it and in part; and what a
 * database administrator changes in the catalog is found, by the room itself or by the auditor.
 */
#include "custody/audit_pack.h"

#include <string.h>

#include "custody/export.h"
#include "store/sqlite.h"
#include "tests/auditor.h"
#include "tests/check.h"
#include "tests/room.h"
#include "tests/scratch.h"

static char scratch[] = "/dev/shm/sr-audit-pack-XXXXXX";

static void say(enum sr_status status, const struct sr_err *err)
{
    if (status != SR_OK) {
        printf("# %s\n", err->message);
    }
}

/* A deposit, a use with its records, an export; the numbers of acts are what the room makes. */
static void make_history(struct sr_room *r)
{
    struct sr_err err = {0};
    struct sr_deposit_result result = {0};
    SR_AUTO(sr_permit) use = NULL;
    SR_AUTO(sr_permit) out = NULL;
    room_make_model(scratch, "model", 3);
    enum sr_status status = room_deposit(r, room_path(scratch, "model"), "model", 0, &result, &err);
    say(status, &err);
    CHECK(status == SR_OK);
    CHECK(room_act(r, SR_VERB_USE, &result.version, "/models/m", &use, &err) == SR_OK);
    CHECK(sr_custody_opened(r, use, "config.json", &err) == SR_OK);
    CHECK(sr_custody_served(r, use, 4096, 1, &err) == SR_OK);
    CHECK(room_act(r, SR_VERB_EXPORT, &result.version, "/mnt/out", &out, &err) == SR_OK);
}

static void test_a_room_is_consistent(void)
{
    SR_AUTO(sr_room) r = room_new(scratch, "room");
    SR_AUTO(sr_buf) out = NULL;
    struct sr_audit_packed done = {0};
    struct sr_replay_report report;
    struct sr_err err = {0};
    make_history(r);
    CHECK(sr_buf_new((size_t)1 << 24, &out) == SR_OK);
    enum sr_status status = auditor_pack(r, 1, out, &done, &err);
    say(status, &err);
    CHECK(status == SR_OK && done.acts >= 6 && done.withheld == 0 && done.texts >= 1);
    status = auditor_replay(sr_buf_view(out), &report, &err);
    say(status, &err);
    CHECK(status == SR_OK && report.acts == done.acts && report.size == done.acts);
    CHECK(report.refused == 0 && report.is_own_key);
}

static void test_a_part_of_it(void)
{
    SR_AUTO(sr_room) r = room_open(scratch, "room");
    SR_AUTO(sr_buf) out = NULL;
    struct sr_audit_packed done = {0};
    struct sr_replay_report report;
    struct sr_err err = {0};
    CHECK(sr_buf_new((size_t)1 << 24, &out) == SR_OK);
    CHECK(auditor_pack(r, 1000, out, &done, &err) == SR_NOT_FOUND);
    sr_buf_clear(out);
    CHECK(auditor_pack(r, 6, out, &done, &err) == SR_OK && done.withheld >= 1);
    enum sr_status status = auditor_replay(sr_buf_view(out), &report, &err);
    say(status, &err);
    CHECK(status == SR_OK && report.withheld == done.withheld);
    CHECK(report.acts + report.withheld == done.acts && report.since == 6);
}

/* A locked room packs what its last checkpoint covers. */
static void test_a_locked_room(void)
{
    SR_AUTO(sr_room) r = NULL;
    SR_AUTO(sr_buf) out = NULL;
    struct sr_audit_packed done = {0};
    struct sr_replay_report report;
    struct sr_err err = {0};
    CHECK(sr_room_open(room_path(scratch, "room"), ROOM_ACTOR, NULL, &r, &err) == SR_OK);
    CHECK(sr_buf_new((size_t)1 << 24, &out) == SR_OK);
    enum sr_status status = auditor_pack(r, 1, out, &done, &err);
    say(status, &err);
    CHECK(status == SR_OK);
    CHECK(auditor_replay(sr_buf_view(out), &report, &err) == SR_OK && report.acts == done.acts);
}

/* What somebody does who may write into the catalog, and has no key. */
#define UNGUARDED                                                                                  \
    "DROP TRIGGER act_is_not_updated; DROP TRIGGER act_is_not_deleted;"                            \
    "DROP TRIGGER leaf_is_not_updated; DROP TRIGGER leaf_is_not_deleted;"                          \
    "DROP TRIGGER text_is_not_updated; PRAGMA foreign_keys = OFF;"
static const char *const FRAUDS[] = {
    "UPDATE leaf SET salt = zeroblob(32) WHERE seq = 2",
    "UPDATE leaf SET salt = zeroblob(32) WHERE seq = (SELECT max(seq) FROM leaf)",
    "UPDATE leaf SET body = (SELECT body FROM leaf WHERE seq = 2) WHERE seq = 3",
    "UPDATE leaf SET entry = (SELECT entry FROM leaf WHERE seq = 3) WHERE seq = 4",
    "UPDATE leaf SET entry = CAST(replace(CAST(entry AS TEXT), '\"allowed\"',"
    " '\"refused\",\"reason\":\"forbidden\"') AS BLOB) WHERE seq = 6",
    "DELETE FROM leaf WHERE seq = 6; DELETE FROM act WHERE seq = 6",
    "DELETE FROM leaf WHERE seq = 4; DELETE FROM act WHERE seq = 4;"
    "UPDATE leaf SET seq = seq - 1 WHERE seq > 4; UPDATE act SET seq = seq - 1 WHERE seq > 4",
    "UPDATE text SET body = CAST(replace(CAST(body AS TEXT), 'unlocked', 'anyone') AS BLOB)",
    "DELETE FROM text",
};

static enum sr_status run_script(const char *path, const char *script, struct sr_err *err)
{
    SR_AUTO(sr_sqlite) db = NULL;
    SR_TRY(sr_sqlite_open(path, NULL, 0, "", &db, err));
    SR_TRY(sr_sqlite_script(db, UNGUARDED, err));
    SR_TRY(sr_sqlite_script(db, script, err));
    sr_sqlite_checkpoint(db);
    return SR_OK;
}

static bool is_seen(struct sr_err *err)
{
    SR_AUTO(sr_room) r = NULL;
    SR_AUTO(sr_buf) out = NULL;
    struct sr_audit_packed done;
    struct sr_replay_report report;
    CHECK(sr_buf_new((size_t)1 << 24, &out) == SR_OK);
    return sr_room_open(room_path(scratch, "room"), ROOM_ACTOR, NULL, &r, err) != SR_OK ||
           auditor_pack(r, 1, out, &done, err) != SR_OK ||
           auditor_replay(sr_buf_view(out), &report, err) != SR_OK;
}

static void test_what_an_administrator_changes(void)
{
    char catalog[256];
    char saved[256];
    struct sr_err err = {0};
    (void)snprintf(catalog, sizeof catalog, "%s", room_path(scratch, "room/catalog.db"));
    (void)snprintf(saved, sizeof saved, "%s", room_path(scratch, "saved.db"));
    CHECK(sr_sqlite_backup(catalog, saved, &err) == SR_OK);
    CHECK(!is_seen(&err));
    for (size_t i = 0; i < sizeof FRAUDS / sizeof FRAUDS[0]; i++) {
        struct sr_err found = {0};
        enum sr_status status = run_script(catalog, FRAUDS[i], &err);
        say(status, &err);
        CHECK(status == SR_OK && is_seen(&found));
        printf("# %s: %s\n", FRAUDS[i], found.message);
        CHECK(unlink(catalog) == 0);
        (void)unlink(room_path(scratch, "room/catalog.db-wal"));
        (void)unlink(room_path(scratch, "room/catalog.db-shm"));
        CHECK(sr_sqlite_backup(saved, catalog, &err) == SR_OK);
    }
    CHECK(!is_seen(&err));
}

int main(void)
{
    if (!room_scratch(scratch)) {
        return 1;
    }
    RUN(test_a_room_is_consistent);
    RUN(test_a_part_of_it);
    RUN(test_a_locked_room);
    RUN(test_what_an_administrator_changes);
    scratch_remove(scratch);
    return check_done();
}
