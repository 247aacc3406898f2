/* SPDX-License-Identifier: Apache-2.0 */
/* Ledger and catalog say the same, or nothing is done; and whoever writes into one of them, or
 * both, makes no act that the room believes. */
#include "custody/book.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/sqlite.h"
#include "tests/check.h"
#include "tests/fault.h"
#include "tests/people.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/dev/shm/sr-book-XXXXXX";

static const char POLICY[] = "policy \"test\"\n"
                             "role officer\n"
                             "rule people\n"
                             "    verbs enrol roles add-key policy rotate\n"
                             "    by officer\n";

enum { ADA, BEN, PEOPLE };
static struct person people[PEOPLE] = {
    [ADA] = {.name = "ada", .roles = "officer"},
    [BEN] = {.name = "ben", .roles = "officer"},
};

/* A room of its own for each test. */
static char name[32];
static struct sr_room *fresh(void)
{
    static unsigned number;
    people_clear(people, PEOPLE);
    (void)snprintf(name, sizeof name, "room-%u", number++);
    return people_room(scratch_dir, name, people, PEOPLE, POLICY);
}

static const char *path_of(const char *file)
{
    return room_path(room_path(scratch_dir, name), file);
}

/* cp -a */
static void copy(const char *from, const char *to)
{
    pid_t child = fork();
    int status = -1;
    if (child == 0) {
        (void)execlp("cp", "cp", "-a", from, to, (char *)NULL);
        _exit(1);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
}

/* Put file back as it was when it was kept. */
static void keep(const char *file)
{
    copy(path_of(file), room_path(scratch_dir, "kept"));
}
static void put_back(const char *file)
{
    scratch_remove(path_of(file));
    copy(room_path(scratch_dir, "kept"), path_of(file));
    scratch_remove(room_path(scratch_dir, "kept"));
}
static void drop_kept(void)
{
    scratch_remove(room_path(scratch_dir, "kept"));
}

/* As somebody who has the database and no respect. */
static void tamper(const char *sql)
{
    SR_AUTO(sr_sqlite) db = NULL;
    struct sr_err err = {0};
    static const char TRIGGERS[] =
        "PRAGMA foreign_keys = OFF; DROP TRIGGER IF EXISTS act_is_not_updated;"
        "DROP TRIGGER IF EXISTS act_is_not_deleted; DROP TRIGGER IF EXISTS leaf_is_not_updated;"
        "DROP TRIGGER IF EXISTS leaf_is_not_deleted;";
    CHECK(sr_sqlite_open(path_of("catalog.db"), NULL, 0, TRIGGERS, &db, &err) == SR_OK);
    CHECK(sr_sqlite_script(db, sql, &err) == SR_OK);
    if (err.message[0] != '\0') {
        printf("# %s\n", err.message);
    }
}

static enum sr_status change_roles(struct sr_room *r, const struct person *who, const char *whose,
                                   struct sr_err *err)
{
    static const struct sr_bytes ROLES[] = {{(const uint8_t *)"officer", 7}};
    struct sr_act act = {.verb = SR_VERB_ROLES};
    sr_act_set_word(&act, SR_FIELD_principal, whose);
    sr_act_set_texts(&act, SR_FIELD_roles, ROLES, 1);
    return sr_custody_do(r, &who->as, &act, NULL, NULL, NULL, err);
}

static enum sr_status state_of_fresh_room(struct sr_err *err)
{
    SR_AUTO(sr_room) r = room_open(scratch_dir, name);
    const struct sr_state *state = NULL;
    return sr_custody_state(r, &state, err);
}

static void a_restored_catalog_is_refused(void)
{
    struct sr_err err = {0};
    SR_AUTO(sr_room) r = fresh();
    sr_room_free(SR_TAKE(r)); /* so that the file is whole */
    keep("catalog.db");
    r = room_open(scratch_dir, name);
    CHECK(change_roles(r, &people[ADA], "ben", &err) == SR_OK);
    sr_room_free(SR_TAKE(r));
    put_back("catalog.db");
    CHECK(state_of_fresh_room(&err) == SR_CONFLICT);
    CHECK(strstr(err.message, "catalog was restored from an old copy") != NULL);
    r = room_open(scratch_dir, name);
    CHECK(change_roles(r, &people[ADA], "ben", &err) == SR_CONFLICT);
}

static void a_restored_room_is_refused(void)
{
    struct sr_err err = {0};
    SR_AUTO(sr_room) r = fresh();
    sr_room_free(SR_TAKE(r));
    copy(room_path(scratch_dir, name), room_path(scratch_dir, "kept"));
    r = room_open(scratch_dir, name);
    CHECK(change_roles(r, &people[ADA], "ben", &err) == SR_OK);
    CHECK(sr_custody_publish(r, 0, &err) == SR_OK);
    sr_room_free(SR_TAKE(r));
    scratch_remove(room_path(scratch_dir, name));
    copy(room_path(scratch_dir, "kept"), room_path(scratch_dir, name));
    drop_kept();
    CHECK(state_of_fresh_room(&err) == SR_CONFLICT);
    CHECK(strstr(err.message, "old copy") != NULL);
}

static void a_restored_ledger_is_refused(void)
{
    struct sr_err err = {0};
    SR_AUTO(sr_room) r = fresh();
    keep("ledger");
    CHECK(change_roles(r, &people[ADA], "ben", &err) == SR_OK);
    CHECK(sr_custody_publish(r, 0, &err) == SR_OK);
    sr_room_free(SR_TAKE(r));
    put_back("ledger");
    CHECK(state_of_fresh_room(&err) == SR_CONFLICT);
    CHECK(strstr(err.message, "old copy") != NULL);
}

/* The catalog has an act that the ledger has not: a crash came between, or it is forged. */
static void what_a_crash_left_out_is_appended(void)
{
    struct sr_err err = {0};
    SR_AUTO(sr_room) r = fresh();
    CHECK(sr_custody_publish(r, 0, &err) == SR_OK);
    keep("ledger");
    CHECK(change_roles(r, &people[ADA], "ben", &err) == SR_OK);
    sr_room_free(SR_TAKE(r));
    put_back("ledger"); /* no checkpoint was signed since, so this is what a crash leaves */
    r = room_open(scratch_dir, name);
    struct sr_book_session s = {0};
    CHECK(sr_book_open(r, &s, &err) == SR_OK);
    CHECK(sr_log_size(s.log) == 2 && s.book->seq == 2);
    sr_book_close(&s);
}

static void a_forged_act_is_neither_appended_nor_believed(void)
{
    static const char *const FORGERIES[] = {
        /* Somebody else's name, in the room's own words. */
        "UPDATE leaf SET body = CAST(replace(CAST(body AS TEXT), 'a', 'b') AS BLOB) WHERE seq = 2",
        "UPDATE act SET refused = 1 WHERE seq = 2",
        "UPDATE act SET time_utc_ms = time_utc_ms - 1 WHERE seq = 2",
        "UPDATE leaf SET entry = CAST(replace(CAST(entry AS TEXT), '\"seq\":2', '\"seq\":3') AS "
        "BLOB) WHERE seq = 2",
    };
    for (size_t i = 0; i < sizeof FORGERIES / sizeof FORGERIES[0]; i++) {
        for (unsigned is_covered = 0; is_covered < 2; is_covered++) {
            struct sr_err err = {0};
            SR_AUTO(sr_room) r = fresh();
            CHECK(change_roles(r, &people[ADA], "ben", &err) == SR_OK);
            CHECK(sr_custody_publish(r, is_covered == 1 ? 0 : INT64_MAX, &err) == SR_OK);
            sr_room_free(SR_TAKE(r));
            CHECK(state_of_fresh_room(&err) == SR_OK);
            tamper(FORGERIES[i]);
            CHECK(state_of_fresh_room(&err) == SR_CORRUPT);
        }
    }
}

/* A revocation that the database no longer shows. */
static void a_hidden_act_is_missed(void)
{
    static const char *const WAYS[] = {
        "UPDATE act SET folds = 0 WHERE seq = 2",
        "DELETE FROM leaf WHERE seq = 2; DELETE FROM act WHERE seq = 2",
    };
    for (size_t i = 0; i < sizeof WAYS / sizeof WAYS[0]; i++) {
        for (unsigned is_covered = 0; is_covered < 2; is_covered++) {
            struct sr_err err = {0};
            SR_AUTO(sr_room) r = fresh();
            CHECK(change_roles(r, &people[ADA], "ben", &err) == SR_OK);
            CHECK(change_roles(r, &people[BEN], "ada", &err) == SR_OK);
            CHECK(sr_custody_publish(r, is_covered == 1 ? 0 : INT64_MAX, &err) == SR_OK);
            sr_room_free(SR_TAKE(r));
            tamper(WAYS[i]);
            enum sr_status status = state_of_fresh_room(&err);
            /* What no checkpoint covers is read whole, so a mark on it says nothing. */
            CHECK(status == (i == 0 && is_covered == 0 ? SR_OK : SR_CORRUPT));
        }
    }
}

/* An act with a good signature that the policy does not allow, written past the program: by
 * somebody who may write both the database and the ledger's journal. */
static void what_was_never_allowed_is_not_believed(void)
{
    struct sr_err err = {0};
    SR_AUTO(sr_room) r = fresh();
    SR_AUTO(sr_buf) text = NULL;
    SR_AUTO(sr_envelope) e = NULL;
    char subject_name[SR_ACT_SUBJECT_NAME_BYTES];
    struct sr_act_name subject;
    struct sr_book_session s = {0};
    struct sr_act act = {.verb = SR_VERB_ATTRIBUTE}; /* no rule names it */
    sr_act_set_word(&act, SR_FIELD_principal, "ada");
    sr_act_set_word(&act, SR_FIELD_attribute, "training");
    sr_act_set_number(&act, SR_FIELD_until, 4000000000000);
    CHECK(sr_custody_draft(r, "ada", &act, NULL, subject_name, &subject, &err) == SR_OK);
    CHECK(sr_buf_new(SR_ENVELOPE_BYTES_MAX, &text) == SR_OK);
    CHECK(sr_envelope_make(&act, people[ADA].signer, text, NULL, NULL) == SR_OK);
    CHECK(sr_envelope_open(sr_buf_view(text), &e, NULL) == SR_OK);
    CHECK(sr_book_open(r, &s, &err) == SR_OK);
    struct sr_book_act forged = {.envelope = e, .time_utc_ms = s.book->time_utc_ms + 1};
    CHECK(sr_book_verify(s.book, e, &forged.who, &err) == SR_OK);
    CHECK(sr_book_write(&s, &forged, 1, NULL, &err) == SR_OK); /* undecided, and written down */
    sr_book_close(&s);
    CHECK(state_of_fresh_room(&err) == SR_CORRUPT);
    CHECK(strstr(err.message, "cannot have been allowed") != NULL);
    SR_AUTO(sr_room) again = room_open(scratch_dir, name);
    CHECK(sr_custody_publish(again, 0, &err) == SR_CORRUPT); /* nor is it signed */
}

static void without_a_pin_the_room_does_not_sign(void)
{
    struct sr_err err = {0};
    SR_AUTO(sr_room) r = fresh();
    sr_room_free(SR_TAKE(r));
    char elsewhere[128];
    (void)snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", scratch_dir);
    CHECK(setenv("XDG_STATE_HOME", elsewhere, 1) == 0);
    r = room_open(scratch_dir, name);
    CHECK(change_roles(r, &people[ADA], "ben", &err) == SR_OK); /* a person's own key */
    struct sr_act act = {.verb = SR_VERB_ROTATE};
    sr_act_set_number(&act, SR_FIELD_epoch, 2);
    CHECK(sr_custody_do(r, NULL, &act, NULL, NULL, NULL, &err) == SR_CONFLICT);
    CHECK(strstr(err.message, "'strongroom ledger trust'") != NULL);
    struct sr_book_session s = {0};
    CHECK(sr_book_open(r, &s, &err) == SR_OK);
    uint64_t published = sr_log_published(s.log);
    CHECK(!s.can_sign && sr_book_publish(&s, INT64_MAX, 0, &err) == SR_OK);
    CHECK(sr_log_published(s.log) == published);
    sr_book_close(&s);
    CHECK(setenv("XDG_STATE_HOME", scratch_dir, 1) == 0);
}

static void a_lost_key_is_missed_and_not_made_anew(void)
{
    struct sr_err err = {0};
    SR_AUTO(sr_room) r = fresh();
    sr_room_free(SR_TAKE(r));
    CHECK(unlink(path_of("keys/ledger.key")) == 0);
    CHECK(state_of_fresh_room(&err) == SR_CORRUPT);
    CHECK(strstr(err.message, "keys/ledger.key") != NULL);
    CHECK(access(path_of("keys/ledger.key"), F_OK) != 0);
}

static void acts_come_into_a_locked_room(void)
{
    struct sr_err err = {0};
    SR_AUTO(sr_room) r = fresh();
    sr_room_free(SR_TAKE(r));
    CHECK(sr_room_open(room_path(scratch_dir, name), ROOM_ACTOR, NULL, &r, &err) == SR_OK);
    CHECK(change_roles(r, &people[ADA], "ben", &err) == SR_OK);
    sr_room_free(SR_TAKE(r));
    CHECK(state_of_fresh_room(&err) == SR_OK);
}

enum { WRITERS = 3, EACH = 15 };
static void write_some(void)
{
    SR_AUTO(sr_room) r = room_open(scratch_dir, name);
    for (unsigned i = 0; i < EACH; i++) {
        if (change_roles(r, &people[i % 2], i % 2 == 0 ? "ben" : "ada", NULL) != SR_OK) {
            _exit(1);
        }
    }
    sr_room_free(SR_TAKE(r));
    _exit(0);
}

static void several_processes_take_turns(void)
{
    struct sr_err err = {0};
    pid_t child[WRITERS];
    int status = -1;
    SR_AUTO(sr_room) r = fresh();
    for (unsigned i = 0; i < WRITERS; i++) {
        child[i] = fork();
        if (child[i] == 0) {
            write_some();
        }
    }
    for (unsigned i = 0; i < WRITERS; i++) {
        CHECK(waitpid(child[i], &status, 0) == child[i] && status == 0);
    }
    struct sr_book_session s = {0};
    CHECK(sr_book_open(r, &s, &err) == SR_OK);
    CHECK(s.book->seq == 1 + WRITERS * EACH && sr_log_size(s.log) == s.book->seq);
    sr_book_close(&s);
}

/* Killed anywhere, thousands of small times: what was answered is there, in both. */
static void a_killed_writer_loses_nothing(void)
{
    SR_AUTO(sr_room) r = fresh();
    sr_room_free(SR_TAKE(r));
    unsigned answered = 0;
    for (unsigned round = 1; round <= 6; round++) {
        int ends[2];
        char byte = 0;
        CHECK(pipe(ends) == 0);
        pid_t child = fork();
        if (child == 0) {
            struct sr_room *mine = room_open(scratch_dir, name);
            while (change_roles(mine, &people[ADA], "ben", NULL) == SR_OK &&
                   write(ends[1], "+", 1) == 1) {
            }
            _exit(1);
        }
        (void)close(ends[1]);
        for (unsigned i = 0; i < round; i++) {
            CHECK(read(ends[0], &byte, 1) == 1);
            answered++;
        }
        (void)usleep(round * 700);
        CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
        while (read(ends[0], &byte, 1) == 1) {
            answered++;
        }
        (void)close(ends[0]);
        struct sr_err err = {0};
        struct sr_book_session s = {0};
        r = room_open(scratch_dir, name);
        CHECK(sr_book_open(r, &s, &err) == SR_OK);
        CHECK(s.book->seq >= answered + 1 && s.book->seq <= answered + 1 + round);
        CHECK(sr_log_size(s.log) == s.book->seq);
        sr_book_close(&s);
        sr_room_free(SR_TAKE(r));
    }
}

/* Whatever memory is not there: the act is in, or it is not, and the room goes on. */
static void every_failing_allocation_is_survived(void)
{
    SR_AUTO(sr_room) r = fresh();
    unsigned done = 0;
    FAULT_SWEEP {
        struct sr_err err = {0};
        enum sr_status status = change_roles(r, &people[ADA], "ben", &err);
        CHECK(status == SR_OK || (fault_fired() && status != SR_CORRUPT && status != SR_DENIED));
        done += status == SR_OK;
    }
    CHECK(fault_sweep_faults() > 100 && done > 0);
    struct sr_err err = {0};
    struct sr_book_session s = {0};
    SR_AUTO(sr_room) again = room_open(scratch_dir, name);
    CHECK(sr_book_open(again, &s, &err) == SR_OK);
    CHECK(s.book->seq >= 1 + done && sr_log_size(s.log) == s.book->seq);
    sr_book_close(&s);
}

int main(void)
{
    if (!room_scratch(scratch_dir)) {
        return 1;
    }
    RUN(a_restored_catalog_is_refused);
    RUN(a_restored_ledger_is_refused);
    RUN(a_restored_room_is_refused);
    RUN(what_a_crash_left_out_is_appended);
    RUN(a_forged_act_is_neither_appended_nor_believed);
    RUN(a_hidden_act_is_missed);
    RUN(what_was_never_allowed_is_not_believed);
    RUN(without_a_pin_the_room_does_not_sign);
    RUN(a_lost_key_is_missed_and_not_made_anew);
    RUN(acts_come_into_a_locked_room);
    RUN(several_processes_take_turns);
    RUN(a_killed_writer_loses_nothing);
    RUN(every_failing_allocation_is_survived);
    people_clear(people, PEOPLE);
    scratch_remove(scratch_dir);
    return check_done();
}
