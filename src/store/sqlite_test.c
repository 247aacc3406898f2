/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes in comes out; what is not of the type, length or range that was asked for is CORRUPT
 * and leaves the output alone; parameters are bound by their number, not by their place.
 */
#include "store/sqlite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/check.h"
#include "tests/fault.h"
#include "tests/scratch.h"

enum { CREATE, INSERT, SELECT, FAIL, DIFFERENCE, NO_SUCH_TABLE, COUNT };

static const struct sr_sql_statement STATEMENTS[COUNT] = {
    {"create", "CREATE TABLE thing (a, b)", 0, 0, NULL},
    {"insert", "INSERT INTO thing (a, b) VALUES ($1, $2)", 2, 0, NULL},
    {"select", "SELECT thing.a, thing.b FROM thing ORDER BY thing.rowid DESC LIMIT 1", 0, 2,
     (const char *const[]){"thing.a", "thing.b"}},
    {"fail", "INSERT INTO strict_thing (a) VALUES ($1)", 1, 0, NULL},
    {"difference", "SELECT $2 - $1", 2, 1, (const char *const[]){"$2 - $1"}},
    {"no_such_table", "SELECT absent.a FROM absent", 0, 1, (const char *const[]){"absent.a"}},
};

static char scratch_dir[] = "/tmp/sr-sqlitedb-XXXXXX";

static const char *fresh_path(void)
{
    static unsigned number;
    static char path[96];
    (void)snprintf(path, sizeof path, "%s/%u", scratch_dir, number++);
    FILE *f = fopen(path, "wb");
    CHECK(f != NULL && fclose(f) == 0);
    return path;
}

static struct sr_sqlite *fresh(void)
{
    static const char SCRIPT[] = "CREATE TABLE strict_thing (a INTEGER CHECK (a < 10)) STRICT;";
    struct sr_sqlite *db = NULL;
    CHECK(sr_sqlite_open(fresh_path(), STATEMENTS, COUNT, SCRIPT, &db, NULL) == SR_OK);
    CHECK(sr_sqlite_run(db, CREATE, NULL, 0, NULL) == SR_OK);
    return db;
}

static void put(struct sr_sqlite *db, struct sr_sqlite_value a, struct sr_sqlite_value b)
{
    CHECK(sr_sqlite_run(db, INSERT, SR_SQLITE_VALUES(a, b), NULL) == SR_OK);
    CHECK(sr_sqlite_changes(db) == 1);
}

/* Start `select` and go to its row. */
static void go_to_last(struct sr_sqlite *db, struct sr_sqlite_rows *rows)
{
    bool more = false;
    CHECK(sr_sqlite_start(db, SELECT, NULL, 0, rows, NULL) == SR_OK);
    CHECK(sr_sqlite_next(rows, &more, NULL) == SR_OK);
    CHECK(more);
}

static void gives_back_what_was_put(void)
{
    SR_AUTO(sr_sqlite) db = fresh();
    uint64_t u = 0;
    int64_t i = 0;
    char text[8];
    uint8_t blob[3] = {0};
    put(db, sr_sqlite_u64(INT64_MAX), sr_sqlite_i64(INT64_MIN));
    {
        SR_CLEANUP(sr_sqlite_rows_end) struct sr_sqlite_rows rows = {0};
        go_to_last(db, &rows);
        CHECK(sr_sqlite_get_u64(&rows, 0, 0, INT64_MAX, &u, NULL) == SR_OK && u == INT64_MAX);
        CHECK(sr_sqlite_get_i64(&rows, 1, INT64_MIN, 0, &i, NULL) == SR_OK && i == INT64_MIN);
        CHECK(!sr_sqlite_is_null(&rows, 0));
    }
    put(db, sr_sqlite_text("seven c"), sr_sqlite_blob("\1\0\2", 3));
    {
        SR_CLEANUP(sr_sqlite_rows_end) struct sr_sqlite_rows rows = {0};
        struct sr_bytes view = {0};
        go_to_last(db, &rows);
        CHECK(sr_sqlite_get_text(&rows, 0, 7, text, sizeof text, NULL) == SR_OK);
        CHECK(strcmp(text, "seven c") == 0);
        CHECK(sr_sqlite_get_blob(&rows, 1, blob, 3, NULL) == SR_OK);
        CHECK(memcmp(blob, "\1\0\2", 3) == 0);
        CHECK(sr_sqlite_view_blob(&rows, 1, 0, 3, &view, NULL) == SR_OK && view.len == 3);
    }
    put(db, sr_sqlite_text(""), sr_sqlite_blob(NULL, 0));
    SR_CLEANUP(sr_sqlite_rows_end) struct sr_sqlite_rows rows = {0};
    struct sr_bytes view = {0};
    go_to_last(db, &rows);
    CHECK(!sr_sqlite_is_null(&rows, 1)); /* empty is not NULL */
    CHECK(sr_sqlite_get_text(&rows, 0, 0, text, sizeof text, NULL) == SR_OK && text[0] == '\0');
    CHECK(sr_sqlite_view_blob(&rows, 1, 0, 0, &view, NULL) == SR_OK && view.len == 0);
}

static void binds_by_number(void)
{
    SR_AUTO(sr_sqlite) db = fresh();
    SR_CLEANUP(sr_sqlite_rows_end) struct sr_sqlite_rows rows = {0};
    bool more = false;
    uint64_t difference = 0;
    CHECK(sr_sqlite_start(db, DIFFERENCE, SR_SQLITE_VALUES(sr_sqlite_u64(1), sr_sqlite_u64(10)),
                          &rows, NULL) == SR_OK);
    CHECK(sr_sqlite_next(&rows, &more, NULL) == SR_OK);
    CHECK(sr_sqlite_get_u64(&rows, 0, 0, 100, &difference, NULL) == SR_OK);
    CHECK(difference == 9);
}

static void refuses_numbers_out_of_range(void)
{
    SR_AUTO(sr_sqlite) db = fresh();
    SR_CLEANUP(sr_sqlite_rows_end) struct sr_sqlite_rows rows = {0};
    struct sr_err err = {0};
    uint64_t u = 77;
    int64_t i = 77;
    put(db, sr_sqlite_i64(-1), sr_sqlite_text("5"));
    go_to_last(db, &rows);
    CHECK(sr_sqlite_get_u64(&rows, 0, 0, INT64_MAX, &u, &err) == SR_CORRUPT);
    CHECK(strstr(err.message, "'thing.a'") != NULL && strstr(err.message, "select") != NULL);
    CHECK(sr_sqlite_get_i64(&rows, 0, -10, -2, &i, NULL) == SR_CORRUPT);
    CHECK(sr_sqlite_get_i64(&rows, 0, 0, 10, &i, NULL) == SR_CORRUPT);
    CHECK(sr_sqlite_get_u64(&rows, 1, 0, 10, &u, NULL) == SR_CORRUPT); /* text is no number */
    CHECK(u == 77 && i == 77);
}

static void refuses_text_and_blobs_out_of_range(void)
{
    SR_AUTO(sr_sqlite) db = fresh();
    SR_CLEANUP(sr_sqlite_rows_end) struct sr_sqlite_rows rows = {0};
    char text[5] = "same";
    uint8_t blob[4] = {9, 9, 9, 9};
    struct sr_bytes view = {0};
    put(db, sr_sqlite_text("12345"), sr_sqlite_blob("\1\2\3", 3));
    go_to_last(db, &rows);
    CHECK(sr_sqlite_get_text(&rows, 0, 0, text, sizeof text, NULL) == SR_CORRUPT);
    CHECK(sr_sqlite_get_text(&rows, 1, 0, text, sizeof text, NULL) == SR_CORRUPT); /* a blob */
    CHECK(sr_sqlite_get_blob(&rows, 1, blob, 4, NULL) == SR_CORRUPT);
    CHECK(sr_sqlite_get_blob(&rows, 1, blob, 2, NULL) == SR_CORRUPT);
    CHECK(sr_sqlite_get_blob(&rows, 0, blob, 4, NULL) == SR_CORRUPT); /* text */
    CHECK(sr_sqlite_view_blob(&rows, 1, 4, 9, &view, NULL) == SR_CORRUPT);
    CHECK(sr_sqlite_view_blob(&rows, 1, 0, 2, &view, NULL) == SR_CORRUPT);
    CHECK(strcmp(text, "same") == 0 && blob[0] == 9 && view.ptr == NULL);
    sr_sqlite_rows_end(&rows);

    static const char *const BAD[] = {"\xff", "a\xc0\x80"};
    for (size_t i = 0; i < 2; i++) {
        put(db, sr_sqlite_text(BAD[i]), sr_sqlite_i64(0));
        go_to_last(db, &rows);
        CHECK(sr_sqlite_get_text(&rows, 0, 0, text, sizeof text, NULL) == SR_CORRUPT);
        sr_sqlite_rows_end(&rows);
    }
    put(db, (struct sr_sqlite_value){SR_SQLITE_TEXT, 0, sr_bytes("a\0b", 3)}, sr_sqlite_i64(0));
    go_to_last(db, &rows);
    CHECK(sr_sqlite_get_text(&rows, 0, 0, text, sizeof text, NULL) == SR_CORRUPT);
    CHECK(strcmp(text, "same") == 0);
}

static void says_what_went_wrong(void)
{
    SR_AUTO(sr_sqlite) db = fresh();
    struct sr_sqlite_rows rows = {0};
    struct sr_err err = {0};
    CHECK(sr_sqlite_run(db, FAIL, SR_SQLITE_VALUES(sr_sqlite_u64(10)), &err) == SR_CONFLICT);
    CHECK(strstr(err.message, "fail: CHECK constraint failed") != NULL);
    CHECK(sr_sqlite_run(db, FAIL, SR_SQLITE_VALUES(sr_sqlite_text("x")), NULL) == SR_CONFLICT);
    CHECK(sr_sqlite_run(db, FAIL, SR_SQLITE_VALUES(sr_sqlite_u64(9)), NULL) == SR_OK);
    err = (struct sr_err){0};
    CHECK(sr_sqlite_start(db, NO_SUCH_TABLE, NULL, 0, &rows, &err) == SR_CORRUPT);
    CHECK(strstr(err.message, "no_such_table: no such table: absent") != NULL);
    CHECK(rows.handle == NULL);
    CHECK(sr_sqlite_prepare_all(db, NULL) == SR_CORRUPT);
    CHECK(sr_sqlite_script(db, "SELECT 1; this is no SQL;", NULL) == SR_CORRUPT);
    struct sr_sqlite *none = NULL;
    CHECK(sr_sqlite_open("/nonexistent/file", STATEMENTS, COUNT, "", &none, NULL) == SR_NOT_FOUND);
    CHECK(sr_sqlite_open("/tmp", STATEMENTS, COUNT, "", &none, NULL) == SR_CORRUPT);
    CHECK(none == NULL);
}

static void an_unfinished_transaction_is_rolled_back(void)
{
    const char *path = fresh_path();
    SR_AUTO(sr_sqlite) db = NULL;
    CHECK(sr_sqlite_open(path, STATEMENTS, COUNT, "BEGIN;", &db, NULL) == SR_OK);
    CHECK(sr_sqlite_in_transaction(db));
    CHECK(sr_sqlite_run(db, CREATE, NULL, 0, NULL) == SR_OK);
    sr_sqlite_free(SR_TAKE(db));
    CHECK(sr_sqlite_open(path, STATEMENTS, COUNT, "", &db, NULL) == SR_OK);
    CHECK(!sr_sqlite_in_transaction(db));
    CHECK(sr_sqlite_run(db, CREATE, NULL, 0, NULL) == SR_OK); /* it is not there */
}

static void backs_up_once(void)
{
    char to[112];
    const char *from = fresh_path();
    struct stat info = {0};
    SR_AUTO(sr_sqlite) db = NULL;
    SR_AUTO(sr_sqlite) copy = NULL;
    CHECK(sr_sqlite_open(from, STATEMENTS, COUNT, "", &db, NULL) == SR_OK);
    CHECK(sr_sqlite_run(db, CREATE, NULL, 0, NULL) == SR_OK);
    put(db, sr_sqlite_u64(5), sr_sqlite_u64(6));
    (void)snprintf(to, sizeof to, "%s.copy", from);
    CHECK(sr_sqlite_backup(from, to, NULL) == SR_OK);
    CHECK(sr_sqlite_backup(from, to, NULL) == SR_CONFLICT);
    CHECK(stat(to, &info) == 0 && (info.st_mode & 0777) == 0600);
    CHECK(sr_sqlite_open(to, STATEMENTS, COUNT, "", &copy, NULL) == SR_OK);
    SR_CLEANUP(sr_sqlite_rows_end) struct sr_sqlite_rows rows = {0};
    uint64_t value = 0;
    go_to_last(copy, &rows);
    CHECK(sr_sqlite_get_u64(&rows, 1, 0, 10, &value, NULL) == SR_OK && value == 6);
}

static void a_forked_copy_cannot_be_used(void)
{
    SR_AUTO(sr_sqlite) db = fresh();
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        const struct rlimit none = {0};
        (void)setrlimit(RLIMIT_CORE, &none);
        (void)close(STDERR_FILENO);
        _exit(sr_sqlite_run(db, FAIL, SR_SQLITE_VALUES(sr_sqlite_u64(1)), NULL) == SR_OK ? 0 : 1);
    }
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    child = fork();
    if (child == 0) {
        sr_sqlite_free(SR_TAKE(db));
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    put(db, sr_sqlite_u64(1), sr_sqlite_u64(2)); /* still ours */
}

static void survives_every_failing_allocation(void)
{
    char path[96];
    (void)snprintf(path, sizeof path, "%s", fresh_path());
    FAULT_SWEEP {
        SR_AUTO(sr_sqlite) db = NULL;
        struct sr_err err = {0};
        enum sr_status status = sr_sqlite_open(path, STATEMENTS, COUNT, "", &db, &err);
        CHECK(status == (fault_fired() ? SR_NO_MEMORY : SR_OK));
        CHECK((db != NULL) == (status == SR_OK));
    }
    CHECK(fault_sweep_faults() >= 3);
}

int main(void)
{
    if (!scratch_make(scratch_dir)) {
        return 1;
    }
    RUN(gives_back_what_was_put);
    RUN(binds_by_number);
    RUN(refuses_numbers_out_of_range);
    RUN(refuses_text_and_blobs_out_of_range);
    RUN(says_what_went_wrong);
    RUN(an_unfinished_transaction_is_rolled_back);
    RUN(backs_up_once);
    RUN(a_forked_copy_cannot_be_used);
    RUN(survives_every_failing_allocation);
    scratch_remove(scratch_dir);
    return check_done();
}
