/* SPDX-License-Identifier: Apache-2.0 */
/* A room from before acts were signed goes on: what it has can be used, what it recorded read. */
#include "custody/found.h"

#include <unistd.h>

#include "custody/verify.h"
#include "store/sqlite.h"
#include "tests/check.h"
#include "tests/people.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/dev/shm/sr-adopt-XXXXXX";
static struct sr_catalog_version base;
static struct sr_catalog_version child;

/* Make the room what the version before this one would have left. */
static const char TO_THE_PAST[] =
    "PRAGMA foreign_keys = OFF;"
    "DROP TABLE leaf; DROP TABLE text; DROP TABLE act;"
    "DROP TRIGGER deed_is_not_inserted; DROP TRIGGER deed_is_not_updated;"
    "DROP TRIGGER deed_is_not_deleted; ALTER TABLE deed RENAME TO act;"
    "CREATE TRIGGER act_is_not_updated BEFORE UPDATE ON act BEGIN SELECT RAISE(ABORT, 'x'); END;"
    "CREATE TRIGGER act_is_not_deleted BEFORE DELETE ON act BEGIN SELECT RAISE(ABORT, 'x'); END;"
    "INSERT OR IGNORE INTO act VALUES (1, zeroblob(16), 'init', 'old', 5, x'7b7d');"
    "INSERT OR IGNORE INTO act VALUES (2, x'000102030405060708090a0b0c0d0e0f', 'deposit', 'old', "
    "6, x'7b7d');"
    "DELETE FROM migration WHERE number = 3; PRAGMA user_version = 2;";

static void age(const char *more)
{
    SR_AUTO(sr_sqlite) db = NULL;
    struct sr_err err = {0};
    const char *room = room_path(scratch_dir, "room");
    scratch_remove(room_path(room, "ledger"));
    CHECK(unlink(room_path(room, "keys/ledger.key")) == 0);
    CHECK(sr_sqlite_open(room_path(room, "catalog.db"), NULL, 0, "PRAGMA foreign_keys = OFF;", &db,
                         &err) == SR_OK);
    CHECK(sr_sqlite_script(db, TO_THE_PAST, &err) == SR_OK);
    CHECK(sr_sqlite_script(db, more, &err) == SR_OK);
    if (err.message[0] != '\0') {
        printf("# %s\n", err.message);
    }
}

static bool verifies(struct sr_room *r, const struct sr_id *version)
{
    struct sr_err err = {0};
    struct sr_verify_params params = {.version = *version};
    struct sr_verify_result result = {0};
    enum sr_status status = sr_verify(r, &params, &result, &err);
    if (status != SR_OK) {
        printf("# %s\n", err.message);
    }
    return status == SR_OK;
}

static enum sr_status note_verb(void *ctx, const struct sr_act_record *act, struct sr_err *err)
{
    char *words = ctx;
    size_t len = strlen(words);
    (void)err;
    (void)snprintf(words + len, 256 - len, "%s ", act->verb);
    return SR_OK;
}

static void goes_on(void)
{
    struct sr_err err = {0};
    char verbs[256] = "";
    SR_AUTO(sr_room) locked = NULL;
    CHECK(sr_room_open(room_path(scratch_dir, "room"), ROOM_ACTOR, NULL, &locked, &err) == SR_OK);
    const struct sr_state *state = NULL;
    CHECK(sr_custody_state(locked, &state, &err) == SR_CONFLICT);
    CHECK(strstr(err.message, "unlock it once") != NULL);
    SR_AUTO(sr_room) r = room_open(scratch_dir, "room");
    CHECK(sr_custody_state(r, &state, &err) == SR_OK);
    CHECK(state != NULL && sr_state_version_count(state) == 2);
    const struct sr_state_version *v = sr_state_version(state, &child.id);
    CHECK(v != NULL && v->tier == 3 && memcmp(v->digest, child.digest, 32) == 0);
    CHECK(sr_query_acts(r, 0, note_verb, verbs, NULL) == SR_OK);
    CHECK(strcmp(verbs, "adopt deposit deposit ") == 0);
    CHECK(room_act(r, SR_VERB_READ, &child, "config.json", NULL, &err) == SR_OK);
    CHECK(verifies(r, &base.id) && verifies(r, &child.id));
    CHECK(sr_custody_state(locked, &state, &err) == SR_OK); /* now it may be locked */
    CHECK(sr_state_version_count(state) == 2);
    SR_AUTO(sr_room) again = room_open(scratch_dir, "room");
    verbs[0] = '\0';
    CHECK(sr_custody_state(again, &state, &err) == SR_OK);
    CHECK(sr_query_acts(again, 0, note_verb, verbs, NULL) == SR_OK);
    CHECK(strcmp(verbs, "adopt deposit deposit read ") == 0);
}

/* Versions that came in before there were lineages. */
static void goes_on_without_documents(void)
{
    struct sr_err err = {0};
    const struct sr_state *state = NULL;
    age("DROP TRIGGER document_of_sealed_version_is_not_deleted; DELETE FROM document;"
        "CREATE TRIGGER document_of_sealed_version_is_not_deleted BEFORE DELETE ON document "
        "BEGIN SELECT RAISE(ABORT, 'x'); END;");
    SR_AUTO(sr_room) r = room_open(scratch_dir, "room");
    CHECK(sr_custody_state(r, &state, &err) == SR_OK);
    CHECK(state != NULL && sr_state_version_count(state) == 2);
    CHECK(verifies(r, &base.id) && verifies(r, &child.id));
    CHECK(room_act(r, SR_VERB_READ, &base, "config.json", NULL, &err) == SR_OK);
}

static bool fill(void)
{
    struct sr_err err = {0};
    struct sr_deposit_result result = {0};
    SR_AUTO(sr_room) r = room_new(scratch_dir, "room");
    const char *parents[] = {"base"};
    room_make_model(scratch_dir, "source", 1);
    struct sr_deposit_params params = {
        .path = room_path(scratch_dir, "source"), .name = "base", .threads = 1, .tier = 2};
    enum sr_status status = room_deposit_with(r, &params, &result, &err);
    base = result.version;
    if (status == SR_OK) {
        params.name = "a-child"; /* before its parent in the order of names */
        params.parents = parents;
        params.parent_count = 1;
        params.tier = 3;
        status = room_deposit_with(r, &params, &result, &err);
        child = result.version;
    }
    if (status != SR_OK) {
        printf("# %s\n", err.message);
    }
    return status == SR_OK;
}

int main(void)
{
    if (!room_scratch(scratch_dir) || !fill()) {
        return 1;
    }
    age("");
    /* The pin of the ledger that was is none of the new one's. */
    scratch_remove(room_path(scratch_dir, "strongroom"));
    RUN(goes_on);
    scratch_remove(room_path(scratch_dir, "strongroom"));
    RUN(goes_on_without_documents);
    scratch_remove(scratch_dir);
    return check_done();
}
