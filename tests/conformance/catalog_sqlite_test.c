/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What only the driver "sqlite" does: its file is hostile when it is read, private when it is
 * written, whole whatever interrupts it, and indexed. docs/backends/catalog-sqlite.md names the
 * invariants (Q-In). `catalog_sqlite_test freeze FILE` makes a catalog for tests/upgrade/.
 */
#include <assert.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "catalog_sqlite.gen.h"
#include "store/sqlite.h"
#include "tests/catalog_fixture.h"
#include "tests/check.h"
#include "tests/scratch.h"

#define PATH_BYTES 160

static char scratch_dir[] = "/tmp/sr-sqlite-XXXXXX";

/* A place for a catalog: its path is behind the scheme. */
struct place {
    char uri[PATH_BYTES];
    const char *path;
};

static void fresh_place(struct place *p)
{
    static unsigned number;
    (void)snprintf(p->uri, sizeof p->uri, "sqlite:%s/%u", scratch_dir, number++);
    p->path = strchr(p->uri, ':') + 1;
}

static enum sr_status create_at(const struct place *p, struct sr_err *err)
{
    const struct sr_catalog_room room = {.id = id(7), .created_utc_ms = 77};
    const struct sr_group group = group_at(1);
    const struct sr_act_record act = act_of(1, "init");
    return sr_catalog_create(p->uri, &room, &group, &act, err);
}

/* Two versions in custody, the second a child of the first, and one that is staged. */
static void fill(const struct place *p)
{
    SR_AUTO(sr_catalog) c = NULL;
    struct deposit parent = deposit_of(100, "llama", 0);
    struct deposit child = deposit_of(200, "llama-tuned", 0);
    struct deposit staged = deposit_of(300, "llama", 0);
    CHECK(sr_catalog_open(p->uri, &c, NULL) == SR_OK);
    CHECK(reserve(c, &parent, NULL) == SR_OK);
    CHECK(seal_all(c, &parent) == SR_OK);
    CHECK(commit_deposit(c, &parent, 2, NULL, 0, NULL) == SR_OK);
    CHECK(reserve(c, &child, NULL) == SR_OK);
    CHECK(seal_all(c, &child) == SR_OK);
    CHECK(commit_deposit(c, &child, 3, &parent.version.id, 1, NULL) == SR_OK);
    CHECK(reserve(c, &staged, NULL) == SR_OK);
}

static void fresh_filled(struct place *p)
{
    fresh_place(p);
    CHECK(create_at(p, NULL) == SR_OK);
    fill(p);
}

static void copy_file(const char *from, const char *to)
{
    static uint8_t bytes[1 << 20];
    FILE *in = fopen(from, "rb");
    FILE *out = fopen(to, "wb");
    CHECK(in != NULL && out != NULL);
    if (in != NULL && out != NULL) {
        size_t len = fread(bytes, 1, sizeof bytes, in);
        CHECK(len > 0 && len < sizeof bytes);
        CHECK(fwrite(bytes, 1, len, out) == len);
    }
    CHECK(in != NULL && fclose(in) == 0);
    CHECK(out != NULL && fclose(out) == 0);
}

/* Run SQL as somebody would who has the file and no respect. */
static void tamper(const char *path, const char *sql)
{
    static const char PREPARE[] =
        "PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF;"
        "DROP TRIGGER IF EXISTS act_is_not_updated; DROP TRIGGER IF EXISTS act_is_not_deleted;"
        "DROP TRIGGER IF EXISTS leaf_is_not_updated; DROP TRIGGER IF EXISTS leaf_is_not_deleted;"
        "DROP TRIGGER IF EXISTS sealed_version_is_not_updated;"
        "DROP TRIGGER IF EXISTS sealed_file_is_not_updated;";
    sqlite3 *db = NULL;
    CHECK(sqlite3_open(path, &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db, PREPARE, NULL, NULL, NULL) == SQLITE_OK);
    int code = sqlite3_exec(db, sql, NULL, NULL, NULL);
    if (code != SQLITE_OK) {
        printf("# %s: %s\n", sql, sqlite3_errmsg(db));
    }
    CHECK(code == SQLITE_OK);
    CHECK(sqlite3_close(db) == SQLITE_OK);
}

/* What a query says, as text; "" for no row. */
static void ask(const char *path, const char *sql, char out[128])
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    CHECK(sqlite3_open(path, &db) == SQLITE_OK);
    CHECK(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK);
    bool row = sqlite3_step(stmt) == SQLITE_ROW;
    (void)snprintf(out, 128, "%s", row ? (const char *)sqlite3_column_text(stmt, 0) : "");
    (void)sqlite3_finalize(stmt);
    CHECK(sqlite3_close(db) == SQLITE_OK);
}

static enum sr_status ignore_act(void *ctx, const struct sr_act_record *act, struct sr_err *err)
{
    (void)ctx;
    (void)act;
    (void)err;
    return SR_OK;
}

static unsigned deeds_seen;

static enum sr_status count_deed(void *ctx, const struct sr_deed_record *deed, struct sr_err *err)
{
    (void)err;
    ++*(unsigned *)ctx;
    CHECK(deed->body.len > 0 && deed->verb[0] != '\0');
    return SR_OK;
}

static enum sr_status read_version_rows(struct sr_catalog *c, const struct sr_id *version,
                                        struct sr_err *err)
{
    struct sr_catalog_version v = {0};
    struct sr_catalog_file *files = NULL;
    struct sr_id *parents = NULL;
    size_t count = 0;
    SR_TRY(sr_catalog_version_by_id(c, version, &v, err));
    SR_TRY(sr_catalog_files(c, version, &files, &count, err));
    enum sr_status status = SR_OK;
    for (size_t i = 0; i < count && status == SR_OK; i++) {
        struct sr_slot slot = {0};
        struct sr_group group = {0};
        status = sr_catalog_slot(c, &files[i].object, &slot, &group, err);
    }
    free(files);
    SR_TRY(status);
    SR_TRY(sr_catalog_parents(c, version, &parents, &count, err));
    free(parents);
    return SR_OK;
}

/* Read all there is, as a program would that trusts nothing. */
static enum sr_status read_everything(const char *uri, struct sr_err *err)
{
    SR_AUTO(sr_catalog) c = NULL;
    struct sr_catalog_room room = {0};
    struct sr_group *groups = NULL;
    struct sr_catalog_version *versions = NULL;
    size_t count = 0;
    SR_TRY(sr_catalog_open(uri, &c, err));
    SR_TRY(sr_catalog_room(c, &room, err));
    SR_TRY(sr_catalog_groups(c, &groups, &count, err));
    free(groups);
    SR_TRY(sr_catalog_versions(c, NULL, &versions, &count, err));
    enum sr_status status = SR_OK;
    for (size_t i = 0; i < count && status == SR_OK; i++) {
        status = read_version_rows(c, &versions[i].id, err);
    }
    free(versions);
    SR_TRY(status);
    versions = NULL;
    SR_TRY(sr_catalog_versions_by_digest(c, DIGEST, &versions, &count, err));
    free(versions);
    SR_TRY(sr_catalog_acts(c, &(struct sr_acts_query){.with_leaves = true}, ignore_act, NULL, err));
    return sr_catalog_deeds(c, 0, count_deed, &deeds_seen, err);
}

/* Statements. */

static void every_statement_fits_the_schema(void)
{
    struct place p;
    SR_AUTO(sr_sqlite) db = NULL;
    struct sr_err err = {0};
    fresh_place(&p);
    CHECK(create_at(&p, NULL) == SR_OK);
    CHECK(sr_sqlite_open(p.path, sr_sql_statements, SR_SQL_COUNT, sr_sql_script_open, &db, NULL) ==
          SR_OK);
    CHECK(sr_sqlite_prepare_all(db, &err) == SR_OK);
    CHECK(err.message[0] == '\0');
}

static bool may_scan(size_t statement)
{
    return statement == SR_SQL_VERSIONS || statement == SR_SQL_GROUPS ||
           statement == SR_SQL_GROUP_COUNT || statement == SR_SQL_MIGRATIONS;
}

static void no_statement_scans_but_those_that_list(void)
{
    struct place p;
    sqlite3 *db = NULL;
    unsigned plans = 0;
    fresh_filled(&p);
    CHECK(sqlite3_open(p.path, &db) == SQLITE_OK);
    for (size_t i = 0; i < SR_SQL_COUNT; i++) {
        char sql[5000];
        sqlite3_stmt *stmt = NULL;
        (void)snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", sr_sql_statements[i].text);
        CHECK(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK);
        while (sqlite3_step(stmt) == SQLITE_ROW) {
            const char *detail = (const char *)sqlite3_column_text(stmt, 3);
            bool scans = strstr(detail, "SCAN") != NULL && strstr(detail, "SCAN CONSTANT") == NULL;
            plans++;
            if (scans && !may_scan(i)) {
                printf("# %s: %s\n", sr_sql_statements[i].name, detail);
            }
            CHECK(!scans || may_scan(i));
            CHECK(i != SR_SQL_VERSIONS || strstr(detail, "TEMP B-TREE") == NULL);
        }
        (void)sqlite3_finalize(stmt);
    }
    CHECK(plans > 20);
    CHECK(sqlite3_close(db) == SQLITE_OK);
}

/* The file. */

static bool is_private(const char *path, const char *suffix)
{
    char name[PATH_BYTES];
    struct stat info;
    (void)snprintf(name, sizeof name, "%s%s", path, suffix);
    return stat(name, &info) == 0 && (info.st_mode & 0777) == 0600;
}

static bool exists(const char *path, const char *suffix)
{
    char name[PATH_BYTES];
    (void)snprintf(name, sizeof name, "%s%s", path, suffix);
    return access(name, F_OK) == 0;
}

static void its_files_are_private(void)
{
    struct place p;
    SR_AUTO(sr_catalog) c = NULL;
    mode_t before = umask(0);
    fresh_filled(&p);
    CHECK(sr_catalog_open(p.uri, &c, NULL) == SR_OK);
    struct sr_act_record act = act_of(20, "use");
    CHECK(sr_catalog_append_acts(c, &act, 1, NULL) == SR_OK);
    (void)umask(before);
    CHECK(is_private(p.path, ""));
    CHECK(is_private(p.path, "-wal"));
    CHECK(is_private(p.path, "-shm"));
    CHECK(!exists(p.path, ".creating"));
    char answer[128];
    ask(p.path, "PRAGMA journal_mode", answer);
    CHECK(strcmp(answer, "wal") == 0);
}

static void put_file(const char *path, const char *suffix, const char *text)
{
    char name[PATH_BYTES];
    (void)snprintf(name, sizeof name, "%s%s", path, suffix);
    FILE *f = fopen(name, "wb");
    CHECK(f != NULL);
    if (f != NULL) {
        CHECK(fputs(text, f) >= 0);
        CHECK(fclose(f) == 0);
    }
}

static void creation_goes_on_after_an_interrupted_one(void)
{
    struct place p;
    fresh_place(&p);
    put_file(p.path, ".creating", "half of a catalog");
    put_file(p.path, ".creating-journal", "half of a journal");
    put_file(p.path, ".creating-wal", "half of a log");
    CHECK(create_at(&p, NULL) == SR_OK);
    CHECK(!exists(p.path, ".creating") && !exists(p.path, ".creating-journal"));
    CHECK(read_everything(p.uri, NULL) == SR_OK);
}

static void creation_is_held_by_one(void)
{
    struct place p;
    char temporary[PATH_BYTES];
    fresh_place(&p);
    (void)snprintf(temporary, sizeof temporary, "%s.creating", p.path);
    int fd = open(temporary, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    CHECK(flock(fd, LOCK_EX) == 0);
    CHECK(create_at(&p, NULL) == SR_BUSY);
    CHECK(!exists(p.path, ""));
    CHECK(close(fd) == 0);
    CHECK(create_at(&p, NULL) == SR_OK);
}

static void what_is_no_catalog_is_corrupt(void)
{
    struct place p;
    struct sr_catalog *c = NULL;
    fresh_place(&p);
    put_file(p.path, "", "");
    CHECK(sr_catalog_open(p.uri, &c, NULL) == SR_CORRUPT);
    put_file(p.path, "", "this is a text file, and a rather long one for what it has to say");
    CHECK(sr_catalog_open(p.uri, &c, NULL) == SR_CORRUPT);

    fresh_place(&p);
    tamper(p.path, "CREATE TABLE migration (number, name, sha256)");
    CHECK(sr_catalog_open(p.uri, &c, NULL) == SR_CORRUPT);
    tamper(p.path, "PRAGMA application_id = 0x53524331");
    CHECK(sr_catalog_open(p.uri, &c, NULL) == SR_CORRUPT || c != NULL);
    sr_catalog_free(c);
    c = NULL;

    fresh_place(&p);
    CHECK(mkdir(p.path, 0700) == 0);
    CHECK(sr_catalog_open(p.uri, &c, NULL) == SR_CORRUPT);
    fresh_place(&p);
    CHECK(symlink("/dev/null", p.path) == 0);
    CHECK(sr_catalog_open(p.uri, &c, NULL) == SR_CORRUPT);
    CHECK(c == NULL);
}

static void altered_and_later_migrations_are_refused(void)
{
    struct place p;
    struct sr_catalog *c = NULL;
    struct sr_err err = {0};
    fresh_filled(&p);
    tamper(p.path, "INSERT INTO migration VALUES (1000, 'from_the_future', zeroblob(32))");
    CHECK(sr_catalog_open(p.uri, &c, &err) == SR_UNSUPPORTED);
    CHECK(strstr(err.message, "later version") != NULL);
    CHECK(strstr(err.message, "'from_the_future'") != NULL);
    tamper(p.path, "DELETE FROM migration WHERE number = 1000;"
                   "UPDATE migration SET sha256 = zeroblob(32)");
    err = (struct sr_err){0};
    CHECK(sr_catalog_open(p.uri, &c, &err) == SR_CORRUPT);
    CHECK(strstr(err.message, "migration 1 'init'") != NULL);
    CHECK(c == NULL);
}

/* Values: each of these is CORRUPT, and the message names the column. */
static const struct {
    const char *sql;
    const char *named;
} HOSTILE[] = {
    {"UPDATE room SET id = x'00'", "'room.id'"},
    {"DELETE FROM room", "has no room"},
    {"UPDATE key_group SET epoch = 0", "'key_group.epoch'"},
    {"UPDATE key_group SET root_key_id = x''", "'key_group.root_key_id'"},
    {"UPDATE key_group SET wrapped = x''", "'key_group.wrapped'"},
    {"UPDATE key_group SET wrapped = zeroblob(513)", "'key_group.wrapped'"},
    {"UPDATE version SET id = zeroblob(17) WHERE number = 2", "'version.id'"},
    {"UPDATE version SET name = ''  WHERE number = 2", "'version.name'"},
    {"UPDATE version SET name = CAST(zeroblob(1) AS TEXT) WHERE number = 2", "'version.name'"},
    {"UPDATE version SET name = CAST(x'ff' AS TEXT) WHERE number = 2", "'version.name'"},
    {"UPDATE version SET name = printf('%129d', 1) WHERE number = 2", "'version.name'"},
    {"UPDATE version SET number = 0 WHERE number = 2", "'version.number'"},
    {"UPDATE version SET number = -1 WHERE number = 2", "'version.number'"},
    {"UPDATE version SET state = 2", "'version.state'"},
    {"UPDATE version SET state = 1", "'version.digest'"},
    {"UPDATE version SET kind = ''", "'version.kind'"},
    {"UPDATE version SET kind = printf('%32d', 1)", "'version.kind'"},
    {"UPDATE version SET digest = zeroblob(31) WHERE state = 1", "'version.digest'"},
    {"UPDATE version SET file_count = 0", "'version.file_count'"},
    {"UPDATE version SET file_count = 100001", "'version.file_count'"},
    {"UPDATE version SET file_count = 2", "version.file_count"},
    {"UPDATE version SET plain_bytes = -1", "'version.plain_bytes'"},
    {"UPDATE version SET source = printf('%4096d', 1)", "'version.source'"},
    {"DELETE FROM file WHERE file_index = 2", "version.file_count"},
    {"UPDATE file SET file_index = 7 WHERE file_index = 1", "'file.file_index'"},
    {"UPDATE file SET path = '' WHERE file_index = 1", "'file.path'"},
    {"UPDATE file SET path = printf('%1025d', 1) WHERE file_index = 1", "'file.path'"},
    {"UPDATE file SET object = substr(object, 2) WHERE file_index = 1", "'file.object'"},
    {"UPDATE file SET sealed = 2", "'file.sealed'"},
    {"UPDATE file SET sealed = 1", "'file.kind'"},
    {"UPDATE file SET kind = 3", "'file.kind'"},
    {"UPDATE file SET plain_bytes = -1", "'file.plain_bytes'"},
    {"UPDATE file SET plain_bytes = 17592186044417", "'file.plain_bytes'"},
    {"UPDATE file SET sha256 = zeroblob(33)", "'file.sha256'"},
    {"UPDATE file SET root = NULL", "'file.root'"},
    {"UPDATE file SET tensor_count = 262145", "'file.tensor_count'"},
    {"UPDATE file SET body_bytes = 1 << 46", "'file.body_bytes'"},
    {"UPDATE file SET body_root = x''", "'file.body_root'"},
    {"UPDATE slot SET id = substr(id, 2)", "'slot.id'"},
    {"UPDATE slot SET group_epoch = 0", "'slot.group_epoch'"},
    {"UPDATE slot SET group_epoch = 2", "slot.group_epoch"},
    {"UPDATE slot SET wrapped = zeroblob(59)", "'slot.wrapped'"},
    {"UPDATE slot SET commitment = zeroblob(33)", "'slot.commitment'"},
    {"UPDATE parent SET parent_id = x'01'", "'parent.parent_id'"},
    {"UPDATE act SET id = x'01' WHERE seq = 2", "'act.id'"},
    {"UPDATE act SET verb = '' WHERE seq = 2", "'act.verb'"},
    {"UPDATE act SET verb = printf('%32d', 1) WHERE seq = 2", "'act.verb'"},
    {"UPDATE act SET actor = printf('%128d', 1) WHERE seq = 2", "'act.actor'"},
    {"UPDATE act SET nonce = x'01' WHERE seq = 2", "'act.nonce'"},
    {"UPDATE act SET refused = 2 WHERE seq = 2", "'act.refused'"},
    {"UPDATE act SET folds = -1 WHERE seq = 2", "'act.folds'"},
    {"UPDATE act SET reason = printf('%64d', 1) WHERE seq = 2", "'act.reason'"},
    {"UPDATE act SET version_id = x'01' WHERE seq = 2", "'act.version_id'"},
    {"UPDATE act SET request = x'01' WHERE seq = 2", "'act.request'"},
    {"UPDATE leaf SET salt = x'01' WHERE seq = 2", "'leaf.salt'"},
    {"UPDATE leaf SET entry = zeroblob(2049) WHERE seq = 2", "'leaf.entry'"},
    {"UPDATE leaf SET body = zeroblob(65537) WHERE seq = 2", "'leaf.body'"},
    {"DELETE FROM leaf WHERE seq = 2", "act 2 has no leaf"},
};

static void hostile_values_are_corrupt_and_named(void)
{
    struct place good;
    struct place p;
    fresh_filled(&good);
    CHECK(read_everything(good.uri, NULL) == SR_OK);
    for (size_t i = 0; i < sizeof HOSTILE / sizeof HOSTILE[0]; i++) {
        struct sr_err err = {0};
        fresh_place(&p);
        copy_file(good.path, p.path);
        tamper(p.path, HOSTILE[i].sql);
        enum sr_status status = read_everything(p.uri, &err);
        if (status != SR_CORRUPT || strstr(err.message, HOSTILE[i].named) == NULL) {
            printf("# %s: %s\n", HOSTILE[i].sql, err.message);
        }
        CHECK(status == SR_CORRUPT);
        CHECK(strstr(err.message, HOSTILE[i].named) != NULL);
    }
}

static void a_missing_table_is_corrupt(void)
{
    struct place p;
    struct sr_err err = {0};
    fresh_filled(&p);
    tamper(p.path, "DROP TABLE parent");
    CHECK(read_everything(p.uri, &err) == SR_CORRUPT);
    CHECK(strstr(err.message, "parent") != NULL);
}

/* Change one byte at a time, all over the file: whatever is read must be an answer or a refusal.
 * That nothing crashes is the point; the sanitizers look on. */
static void no_flipped_byte_crashes(void)
{
    struct place good;
    struct place p;
    struct stat info;
    unsigned refused = 0;
    fresh_filled(&good);
    fresh_place(&p);
    CHECK(stat(good.path, &info) == 0);
    for (off_t at = 0; at < info.st_size; at += at < 4096 ? 7 : 211) {
        uint8_t byte = 0;
        copy_file(good.path, p.path);
        int fd = open(p.path, O_RDWR | O_CLOEXEC);
        CHECK(pread(fd, &byte, 1, at) == 1);
        byte ^= (uint8_t)(1U << at % 8);
        CHECK(pwrite(fd, &byte, 1, at) == 1);
        CHECK(close(fd) == 0);
        enum sr_status status = read_everything(p.uri, NULL);
        CHECK(status != SR_INTERNAL);
        refused += status != SR_OK;
    }
    CHECK(refused > 20);
}

static void a_truncated_file_is_refused(void)
{
    struct place p;
    struct stat info;
    fresh_filled(&p);
    CHECK(stat(p.path, &info) == 0);
    for (off_t len = info.st_size - 4096; len > 0; len -= 4096) {
        CHECK(truncate(p.path, len) == 0);
        CHECK(read_everything(p.uri, NULL) == SR_CORRUPT);
    }
}

/* Q-I5: what is in custody does not change, not even by SQL that goes around the driver. */
static void custody_refuses_changes_by_sql(void)
{
    static const char *const REFUSED[] = {
        "UPDATE act SET actor = 'somebody else'",
        "DELETE FROM act",
        "UPDATE leaf SET entry = x'00'",
        "DELETE FROM leaf",
        "INSERT INTO act SELECT 9, id, verb, actor, 0, nonce, 0, '', 0, NULL, NULL FROM act",
        "INSERT INTO deed SELECT seq, id, verb, actor, 0, x'00' FROM act",
        "UPDATE version SET name = 'x' WHERE state = 1",
        "DELETE FROM version WHERE state = 1",
        "INSERT INTO document SELECT id, 'x', x'00' FROM version WHERE state = 1",
        "UPDATE file SET sha256 = zeroblob(32) WHERE sealed = 1",
        "INSERT INTO version SELECT zeroblob(16), name, number, 0, kind, NULL, 0, 1, 0, '' "
        "FROM version LIMIT 1",
        "UPDATE version SET number = 'x' WHERE state = 0",
    };
    struct place p;
    sqlite3 *db = NULL;
    fresh_filled(&p);
    CHECK(sqlite3_open(p.path, &db) == SQLITE_OK);
    for (size_t i = 0; i < sizeof REFUSED / sizeof REFUSED[0]; i++) {
        CHECK(sqlite3_exec(db, REFUSED[i], NULL, NULL, NULL) == SQLITE_CONSTRAINT);
    }
    CHECK(sqlite3_close(db) == SQLITE_OK);
    CHECK(read_everything(p.uri, NULL) == SR_OK);
}

/* Rotation. */

static enum sr_status rewrap(void *ctx, struct sr_slot *slot, struct sr_err *err)
{
    (void)ctx;
    (void)err;
    slot->group_epoch++;
    memset(slot->wrapped, 0xee, sizeof slot->wrapped);
    return SR_OK;
}

static bool file_holds(const char *path, const void *needle, size_t len)
{
    static uint8_t bytes[1 << 20];
    FILE *f = fopen(path, "rb");
    size_t have = f == NULL ? 0 : fread(bytes, 1, sizeof bytes, f);
    if (f != NULL) {
        (void)fclose(f);
    }
    return memmem(bytes, have, needle, len) != NULL;
}

/* Q-I6 */
static void a_rotation_leaves_no_old_wrap_in_the_file(void)
{
    struct place p;
    SR_AUTO(sr_catalog) c = NULL;
    char wal[PATH_BYTES];
    fresh_filled(&p);
    (void)snprintf(wal, sizeof wal, "%s-wal", p.path);
    const struct deposit d = deposit_of(100, "llama", 0);
    const struct sr_group old = group_at(1);
    const struct sr_group fresh = group_at(2);
    struct sr_act_record act = act_of(30, "rotate");
    CHECK(file_holds(p.path, d.slots[1].wrapped, sizeof d.slots[1].wrapped));
    CHECK(file_holds(p.path, old.wrapped.bytes, old.wrapped.len));
    CHECK(sr_catalog_open(p.uri, &c, NULL) == SR_OK);
    CHECK(sr_catalog_rotate(c, &fresh, 1, rewrap, NULL, &act, NULL) == SR_OK);
    CHECK(!file_holds(p.path, d.slots[1].wrapped, sizeof d.slots[1].wrapped));
    CHECK(!file_holds(p.path, old.wrapped.bytes, old.wrapped.len));
    CHECK(!file_holds(wal, d.slots[1].wrapped, sizeof d.slots[1].wrapped));
    CHECK(!file_holds(wal, old.wrapped.bytes, old.wrapped.len));
    CHECK(file_holds(p.path, fresh.wrapped.bytes, fresh.wrapped.len));
}

static void what_is_dropped_leaves_no_wrap_in_the_file(void)
{
    struct place p;
    fresh_filled(&p);
    const struct deposit staged = deposit_of(300, "llama", 0);
    const uint8_t *wrapped = staged.slots[2].wrapped; /* no other slot has these bytes */
    CHECK(file_holds(p.path, wrapped, sizeof staged.slots[2].wrapped));
    {
        SR_AUTO(sr_catalog) c = NULL;
        CHECK(sr_catalog_open(p.uri, &c, NULL) == SR_OK);
        CHECK(sr_catalog_drop_staged(c, &staged.version.id, NULL) == SR_OK);
    }
    CHECK(!file_holds(p.path, wrapped, sizeof staged.slots[2].wrapped));
    CHECK(!exists(p.path, "-wal"));
}

/* Crashes. */

/* Deposit for ever; say so on fd after each act. */
static void deposit_for_ever(const char *uri, int fd, unsigned first)
{
    struct sr_catalog *c = NULL;
    bool ok = sr_catalog_open(uri, &c, NULL) == SR_OK;
    for (unsigned base = first; ok; base += 100) {
        struct deposit d = deposit_of(base, "killed", 0);
        ok = reserve(c, &d, NULL) == SR_OK && seal_all(c, &d) == SR_OK &&
             commit_deposit(c, &d, base + 50, NULL, 0, NULL) == SR_OK && write(fd, "+", 1) == 1;
    }
    _exit(1);
}

static void a_killed_writer_leaves_a_sound_file(void)
{
    struct place p;
    unsigned acknowledged = 0;
    fresh_place(&p);
    CHECK(create_at(&p, NULL) == SR_OK);
    for (unsigned round = 1; round <= 6; round++) {
        int pipe_fd[2];
        char byte = 0;
        CHECK(pipe(pipe_fd) == 0);
        pid_t child = fork();
        if (child == 0) {
            deposit_for_ever(p.uri, pipe_fd[1], round * 10000);
        }
        (void)close(pipe_fd[1]);
        for (unsigned i = 0; i < round; i++) {
            CHECK(read(pipe_fd[0], &byte, 1) == 1);
            acknowledged++;
        }
        (void)usleep(round * 900); /* into the middle of the next one */
        CHECK(kill(child, SIGKILL) == 0);
        CHECK(waitpid(child, NULL, 0) == child);
        while (read(pipe_fd[0], &byte, 1) == 1) {
            acknowledged++;
        }
        (void)close(pipe_fd[0]);
        CHECK(read_everything(p.uri, NULL) == SR_OK);
        char answer[128];
        ask(p.path, "PRAGMA integrity_check", answer);
        CHECK(strcmp(answer, "ok") == 0);
        ask(p.path, "PRAGMA foreign_key_check", answer);
        CHECK(answer[0] == '\0');
    }
    char sealed[128];
    ask(p.path, "SELECT count(*) FROM version WHERE state = 1", sealed);
    CHECK(strtoul(sealed, NULL, 10) >= acknowledged);
}

/* tests/upgrade: a catalog of every release opens. */
static void frozen_opens(const char *name)
{
    struct place p;
    char frozen[512];
    const char *source = getenv("STRONGROOM_SOURCE");
    SR_AUTO(sr_catalog) c = NULL;
    fresh_place(&p);
    (void)snprintf(frozen, sizeof frozen, "%s/tests/upgrade/%s", source == NULL ? "." : source,
                   name);
    copy_file(frozen, p.path);
    deeds_seen = 0;
    CHECK(read_everything(p.uri, NULL) == SR_OK);
    CHECK(deeds_seen == 3); /* what was recorded stays readable */
    CHECK(sr_catalog_open(p.uri, &c, NULL) == SR_OK);
    struct sr_catalog_version *versions = NULL;
    size_t count = 0;
    CHECK(sr_catalog_versions(c, NULL, &versions, &count, NULL) == SR_OK);
    CHECK(count == 3);
    CHECK(count == 3 && strcmp(versions[2].name, "llama-tuned") == 0);
    CHECK(count == 3 && versions[1].state == SR_VERSION_STAGED);
    CHECK(count == 3 && versions[2].plain_bytes == 3003);
    free(versions);
    struct deposit next = deposit_of(900, "llama", 0);
    CHECK(reserve(c, &next, NULL) == SR_OK);
    CHECK(next.version.number == 3);
    struct sr_act_record act = act_of(1000, "adopt"); /* acts are numbered anew */
    CHECK(sr_catalog_append_acts(c, &act, 1, NULL) == SR_OK);
    CHECK(act.seq == 1);
}

static void catalogs_of_earlier_versions_open(void)
{
    frozen_opens("catalog-v1.sqlite");
    frozen_opens("catalog-v2.sqlite");
}

static bool freeze(const char *path)
{
    struct place p;
    (void)snprintf(p.uri, sizeof p.uri, "sqlite:%s", path);
    p.path = strchr(p.uri, ':') + 1;
    if (create_at(&p, NULL) != SR_OK) {
        return false;
    }
    fill(&p);
    return check_faults == 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "freeze") == 0) {
        return freeze(argv[2]) ? 0 : 1;
    }
    if (!scratch_make(scratch_dir)) {
        return 1;
    }
    RUN(every_statement_fits_the_schema);
    RUN(no_statement_scans_but_those_that_list);
    RUN(its_files_are_private);
    RUN(creation_goes_on_after_an_interrupted_one);
    RUN(creation_is_held_by_one);
    RUN(what_is_no_catalog_is_corrupt);
    RUN(altered_and_later_migrations_are_refused);
    RUN(hostile_values_are_corrupt_and_named);
    RUN(a_missing_table_is_corrupt);
    RUN(no_flipped_byte_crashes);
    RUN(a_truncated_file_is_refused);
    RUN(custody_refuses_changes_by_sql);
    RUN(a_rotation_leaves_no_old_wrap_in_the_file);
    RUN(what_is_dropped_leaves_no_wrap_in_the_file);
    RUN(a_killed_writer_leaves_a_sound_file);
    RUN(catalogs_of_earlier_versions_open);
    scratch_remove(scratch_dir);
    return check_done();
}
