/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Migrations run in order, once, whole or not at all, after a backup, by one of several processes.
 * The list here is the real one and one more, as a later version would have it.
 */
#include "store/migrate.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "catalog_sqlite.gen.h"
#include "tests/catalog_fixture.h"
#include "tests/check.h"
#include "tests/scratch.h"

#define REAL (sizeof sr_sql_migrations / sizeof sr_sql_migrations[0])
#define PATH_BYTES 160

static char scratch_dir[] = "/tmp/sr-migrate-XXXXXX";
static struct sr_sql_migration later[REAL + 1];

/* The real migrations and then this one. */
static void make_later(const char *text)
{
    memcpy(later, sr_sql_migrations, sizeof sr_sql_migrations);
    later[REAL] = (struct sr_sql_migration){
        .number = REAL + 1, .name = "grants", .text = text, .sha256 = {1}};
}

/* A catalog of the real version; returns its path, valid until the next call. */
static const char *fresh_catalog(void)
{
    static unsigned number;
    static char uri[PATH_BYTES + 8];
    const struct sr_catalog_room room = {.id = id(7)};
    const struct sr_group group = group_at(1);
    const struct sr_act_record act = act_of(1, "init");
    (void)snprintf(uri, sizeof uri, "sqlite:%s/%u", scratch_dir, number++);
    CHECK(sr_catalog_create(uri, &room, &group, &act, NULL) == SR_OK);
    return strchr(uri, ':') + 1;
}

static struct sr_sqlite *open_database(const char *path)
{
    struct sr_sqlite *db = NULL;
    CHECK(sr_sqlite_open(path, sr_sql_statements, SR_SQL_COUNT, sr_sql_script_open, &db, NULL) ==
          SR_OK);
    return db;
}

static size_t applied_in(const char *path)
{
    SR_AUTO(sr_sqlite) db = open_database(path);
    size_t applied = 0;
    CHECK(sr_migrate_check(db, later, REAL + 1, &applied, NULL) == SR_OK);
    return applied;
}

static void runs_what_is_missing_after_a_backup(void)
{
    char backup[PATH_BYTES];
    struct stat info = {0};
    make_later("CREATE TABLE grants (id BLOB PRIMARY KEY) STRICT; PRAGMA user_version = 2;");
    const char *path = fresh_catalog();
    (void)snprintf(backup, sizeof backup, "%s.before-grants", path);
    {
        SR_AUTO(sr_sqlite) db = open_database(path);
        CHECK(sr_migrate_run(db, later, REAL, NULL) == SR_OK); /* nothing to do */
        CHECK(access(backup, F_OK) != 0);
        CHECK(sr_migrate_run(db, later, REAL + 1, NULL) == SR_OK);
        CHECK(!sr_sqlite_in_transaction(db));
        CHECK(sr_sqlite_script(db, "INSERT INTO grants VALUES (x'01');", NULL) == SR_OK);
        CHECK(sr_migrate_run(db, later, REAL + 1, NULL) == SR_OK);
    }
    CHECK(applied_in(path) == REAL + 1);
    CHECK(applied_in(backup) == REAL);
    CHECK(stat(backup, &info) == 0 && (info.st_mode & 0777) == 0600);

    char uri[PATH_BYTES + 8];
    struct sr_catalog *c = NULL;
    struct sr_err err = {0};
    (void)snprintf(uri, sizeof uri, "sqlite:%s", path);
    CHECK(sr_catalog_open(uri, &c, &err) == SR_UNSUPPORTED); /* this version is the older one now */
    CHECK(strstr(err.message, "'grants'") != NULL);
    (void)snprintf(uri, sizeof uri, "sqlite:%s", backup);
    CHECK(sr_catalog_open(uri, &c, NULL) == SR_OK); /* and its backup opens */
    sr_catalog_free(c);
}

static void a_migration_that_fails_changes_nothing(void)
{
    struct sr_err err = {0};
    make_later("CREATE TABLE grants (id BLOB PRIMARY KEY) STRICT; CREATE TABLE version (x);");
    const char *path = fresh_catalog();
    {
        SR_AUTO(sr_sqlite) db = open_database(path);
        CHECK(sr_migrate_run(db, later, REAL + 1, &err) == SR_CORRUPT);
        CHECK(strstr(err.message, "'grants'") != NULL);
        CHECK(!sr_sqlite_in_transaction(db));
        CHECK(sr_sqlite_script(db, "SELECT * FROM grants;", NULL) != SR_OK);
    }
    CHECK(applied_in(path) == REAL);
    /* The backup of the failed attempt is not in the way of the next. */
    make_later("CREATE TABLE grants (id BLOB PRIMARY KEY) STRICT;");
    {
        SR_AUTO(sr_sqlite) db = open_database(path);
        CHECK(sr_migrate_run(db, later, REAL + 1, NULL) == SR_OK);
    }
    CHECK(applied_in(path) == REAL + 1);
}

static void an_altered_migration_is_corrupt(void)
{
    size_t applied = 99;
    make_later("");
    const char *path = fresh_catalog();
    SR_AUTO(sr_sqlite) db = open_database(path);
    later[0].sha256[31] ^= 1;
    CHECK(sr_migrate_check(db, later, REAL + 1, &applied, NULL) == SR_CORRUPT);
    CHECK(sr_migrate_run(db, later, REAL + 1, NULL) == SR_CORRUPT);
    make_later("");
    later[0].number = 2;
    CHECK(sr_migrate_check(db, later, REAL + 1, &applied, NULL) == SR_CORRUPT);
    CHECK(applied == 99);
}

static void of_several_processes_one_migrates(void)
{
    pid_t children[4];
    make_later("CREATE TABLE grants (id BLOB PRIMARY KEY) STRICT;");
    const char *path = fresh_catalog();
    for (unsigned i = 0; i < 4; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            struct sr_sqlite *db = open_database(path);
            enum sr_status status = sr_migrate_run(db, later, REAL + 1, NULL);
            sr_sqlite_free(db);
            _exit(status == SR_OK ? 0 : 1);
        }
    }
    for (unsigned i = 0; i < 4; i++) {
        int status = -1;
        CHECK(waitpid(children[i], &status, 0) == children[i]);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    CHECK(applied_in(path) == REAL + 1);
}

int main(void)
{
    if (!scratch_make(scratch_dir)) {
        return 1;
    }
    RUN(runs_what_is_missing_after_a_backup);
    RUN(a_migration_that_fails_changes_nothing);
    RUN(an_altered_migration_is_corrupt);
    RUN(of_several_processes_one_migrates);
    scratch_remove(scratch_dir);
    return check_done();
}
