/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Documents and texts are under this, with their rows; a hostile file must not make us allocate
 * more. */
#define VALUE_BYTES_MAX ((1 << 24) + (1 << 16))
#define PARAMETERS_MAX 10

struct sr_sqlite {
    sqlite3 *handle;
    pid_t owner; /* who opened it */
    char *path;
    const struct sr_sql_statement *statements;
    size_t count;
    sqlite3_stmt **prepared; /* count of them; NULL: not yet */
};

static enum sr_status status_of(int code)
{
    switch (code & 0xff) { /* the rest of an extended code says which of its sort */
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return SR_BUSY;
    case SQLITE_ERROR: /* our SQL is tested, so it is the schema or a value that does not fit */
    case SQLITE_MISMATCH:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_TOOBIG:
        return SR_CORRUPT;
    case SQLITE_CONSTRAINT:
        return SR_CONFLICT;
    case SQLITE_NOMEM:
        return SR_NO_MEMORY;
    case SQLITE_IOERR:
    case SQLITE_FULL:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_PROTOCOL:
        return SR_IO;
    default:
        return SR_INTERNAL;
    }
}

/* what: the statement's name, or what was being done. */
static enum sr_status failed(const struct sr_sqlite *db, int code, const char *what,
                             struct sr_err *err)
{
    int error = sqlite3_system_errno(db->handle);
    enum sr_status status = status_of(code);
    if (status == SR_IO && error != 0) {
        return sr_fail(err, status, "'%s': %s: %s: %s", db->path, what, sqlite3_errstr(code),
                       strerror(error));
    }
    return sr_fail(err, status, "'%s': %s: %s", db->path, what, sqlite3_errmsg(db->handle));
}

/* Connections. */

void sr_sqlite_free(struct sr_sqlite *db)
{
    if (db == NULL) {
        return;
    }
    if (db->owner == getpid()) { /* else it is a copy that fork() made, and not ours to close */
        for (size_t i = 0; db->prepared != NULL && i < db->count; i++) {
            (void)sqlite3_finalize(db->prepared[i]);
        }
        int code = sqlite3_close(db->handle);
        assert(code == SQLITE_OK); /* else a statement of ours is open: a leak */
    }
    free(db->prepared);
    free(db->path);
    free(db);
}

/* Settings that have no SQL, or none that a hostile file could not undo. */
static int configure(sqlite3 *handle) /* lint: callback */
{
    static const struct {
        int option;
        int value;
    } SETTINGS[] = {
        {SQLITE_DBCONFIG_ENABLE_FKEY, 1},    {SQLITE_DBCONFIG_DEFENSIVE, 1},
        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0}, {SQLITE_DBCONFIG_DQS_DML, 0},
        {SQLITE_DBCONFIG_DQS_DDL, 0},        {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
    };
    for (size_t i = 0; i < sizeof SETTINGS / sizeof SETTINGS[0]; i++) {
        int code = sqlite3_db_config(handle, SETTINGS[i].option, SETTINGS[i].value, NULL);
        if (code != SQLITE_OK) {
            return code;
        }
    }
    (void)sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, VALUE_BYTES_MAX);
    (void)sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
    return sqlite3_busy_timeout(handle, SR_SQLITE_BUSY_MS);
}

static struct sr_sqlite *allocate(const char *path, size_t count)
{
    SR_AUTO(sr_sqlite) db = calloc(1, sizeof *db);
    if (db == NULL) {
        return NULL;
    }
    db->owner = getpid();
    db->path = calloc(1, strlen(path) + 1);
    db->prepared = calloc(count + 1, sizeof(sqlite3_stmt *));
    if (db->path == NULL || db->prepared == NULL) {
        return NULL;
    }
    memcpy(db->path, path, strlen(path) + 1);
    db->count = count;
    return SR_TAKE(db);
}

enum sr_status sr_sqlite_open(const char *path, const struct sr_sql_statement *statements,
                              size_t count, const char *script, struct sr_sqlite **out,
                              struct sr_err *err)
{
    struct stat info;
    if (lstat(path, &info) != 0) {
        enum sr_status status = errno == ENOENT ? SR_NOT_FOUND : SR_IO;
        return sr_fail(err, status, "open '%s': %s", path, strerror(errno));
    }
    if (!S_ISREG(info.st_mode)) {
        return sr_fail(err, SR_CORRUPT, "'%s' is not a regular file", path);
    }
    SR_AUTO(sr_sqlite) db = allocate(path, count);
    if (db == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "open '%s'", path);
    }
    db->statements = statements;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int code = sqlite3_open_v2(path, &db->handle, flags, "unix");
    if (code == SQLITE_OK) {
        code = configure(db->handle);
    }
    if (code != SQLITE_OK) {
        return failed(db, code, "open", err);
    }
    SR_TRY(sr_sqlite_script(db, script, err));
    *out = SR_TAKE(db);
    return SR_OK;
}

const char *sr_sqlite_path(const struct sr_sqlite *db)
{
    return db->path;
}

bool sr_sqlite_in_transaction(const struct sr_sqlite *db)
{
    return sqlite3_get_autocommit(db->handle) == 0;
}

uint64_t sr_sqlite_changes(const struct sr_sqlite *db)
{
    return (uint64_t)sqlite3_changes(db->handle);
}

enum sr_status sr_sqlite_script(struct sr_sqlite *db, const char *script, struct sr_err *err)
{
    int code = sqlite3_exec(db->handle, script, NULL, NULL, NULL);
    return code == SQLITE_OK ? SR_OK : failed(db, code, "script", err);
}

void sr_sqlite_checkpoint(struct sr_sqlite *db)
{
    (void)sqlite3_busy_timeout(db->handle, 0);
    (void)sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    (void)sqlite3_busy_timeout(db->handle, SR_SQLITE_BUSY_MS);
}

/* SQLite would make the file with a mode of its own choice. */
static enum sr_status make_private_file(const char *path, struct sr_err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0) {
        enum sr_status status = errno == EEXIST ? SR_CONFLICT : SR_IO;
        return sr_fail(err, status, "make '%s': %s", path, strerror(errno));
    }
    (void)close(fd);
    return SR_OK;
}

enum sr_status sr_sqlite_backup(const char *from, const char *to, struct sr_err *err)
{
    SR_AUTO(sr_sqlite) source = NULL;
    SR_AUTO(sr_sqlite) target = NULL;
    SR_TRY(sr_sqlite_open(from, NULL, 0, "", &source, err));
    SR_TRY(make_private_file(to, err));
    SR_TRY(sr_sqlite_open(to, NULL, 0, "", &target, err));
    assert(source != NULL && target != NULL);
    sqlite3_backup *backup = sqlite3_backup_init(target->handle, "main", source->handle, "main");
    if (backup == NULL) {
        return failed(target, sqlite3_errcode(target->handle), "back up", err);
    }
    int step = sqlite3_backup_step(backup, -1);
    int code = sqlite3_backup_finish(backup);
    if (step == SQLITE_DONE && code == SQLITE_OK) {
        return SR_OK;
    }
    (void)unlink(to); /* ours, and of no use */
    return failed(target, code != SQLITE_OK ? code : step, "back up", err);
}

/* Statements. */

static enum sr_status prepared(struct sr_sqlite *db, size_t statement, sqlite3_stmt **out,
                               struct sr_err *err)
{
    assert(statement < db->count);
    assert(db->owner ==
           getpid()); /* SQLite's locks do not survive a fork, and nothing would say so */
    const struct sr_sql_statement *s = &db->statements[statement];
    if (db->prepared[statement] == NULL) {
        int code = sqlite3_prepare_v3(db->handle, s->text, -1, SQLITE_PREPARE_PERSISTENT,
                                      &db->prepared[statement], NULL);
        if (code != SQLITE_OK) {
            return failed(db, code, s->name, err);
        }
        assert((unsigned)sqlite3_bind_parameter_count(db->prepared[statement]) == s->parameters);
        assert((unsigned)sqlite3_column_count(db->prepared[statement]) == s->columns);
    }
    *out = db->prepared[statement];
    return SR_OK;
}

enum sr_status sr_sqlite_prepare_all(struct sr_sqlite *db, struct sr_err *err)
{
    for (size_t i = 0; i < db->count; i++) {
        sqlite3_stmt *unused = NULL;
        SR_TRY(prepared(db, i, &unused, err));
    }
    return SR_OK;
}

static int bind_value(sqlite3_stmt *stmt, int at, /* lint: callback */
                      const struct sr_sqlite_value *value)
{
    /* A NULL pointer would bind NULL, and an empty blob is not NULL. */
    const void *bytes = value->bytes.ptr == NULL ? (const void *)"" : value->bytes.ptr;
    switch (value->type) {
    case SR_SQLITE_INTEGER:
        return sqlite3_bind_int64(stmt, at, value->integer);
    case SR_SQLITE_TEXT:
        return sqlite3_bind_text64(stmt, at, bytes, value->bytes.len, SQLITE_STATIC, SQLITE_UTF8);
    case SR_SQLITE_BLOB:
        return sqlite3_bind_blob64(stmt, at, bytes, value->bytes.len, SQLITE_STATIC);
    }
    return SQLITE_MISUSE;
}

enum sr_status sr_sqlite_start(struct sr_sqlite *db, size_t statement,
                               const struct sr_sqlite_value *values, size_t count,
                               struct sr_sqlite_rows *out, struct sr_err *err)
{
    /* SQLite numbers parameters by first appearance, so they are found by name. */
    static const char *const NAMES[PARAMETERS_MAX] = {"$1", "$2", "$3", "$4", "$5",
                                                      "$6", "$7", "$8", "$9", "$10"};
    sqlite3_stmt *stmt = NULL;
    SR_TRY(prepared(db, statement, &stmt, err));
    const struct sr_sql_statement *s = &db->statements[statement];
    assert(count == s->parameters && count <= PARAMETERS_MAX);
    assert(sqlite3_stmt_busy(stmt) == 0);
    (void)sqlite3_reset(stmt);
    for (size_t i = 0; i < count; i++) {
        int at = sqlite3_bind_parameter_index(stmt, NAMES[i]);
        int code = bind_value(stmt, at, &values[i]);
        if (code != SQLITE_OK) {
            (void)sqlite3_clear_bindings(stmt);
            return failed(db, code, s->name, err);
        }
    }
    *out = (struct sr_sqlite_rows){.db = db, .statement = s, .handle = stmt};
    return SR_OK;
}

enum sr_status sr_sqlite_next(struct sr_sqlite_rows *rows, bool *out_more, struct sr_err *err)
{
    assert(rows->handle != NULL && rows->statement != NULL);
    int code = sqlite3_step(rows->handle);
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        return failed(rows->db, code, rows->statement->name, err);
    }
    *out_more = code == SQLITE_ROW;
    return SR_OK;
}

void sr_sqlite_rows_end(struct sr_sqlite_rows *rows)
{
    if (rows->handle != NULL) {
        (void)sqlite3_reset(rows->handle); /* repeats what next() has reported */
        (void)sqlite3_clear_bindings(rows->handle);
        rows->handle = NULL;
    }
}

enum sr_status sr_sqlite_run(struct sr_sqlite *db, size_t statement,
                             const struct sr_sqlite_value *values, size_t count, struct sr_err *err)
{
    SR_CLEANUP(sr_sqlite_rows_end) struct sr_sqlite_rows rows = {0};
    bool more = false;
    SR_TRY(sr_sqlite_start(db, statement, values, count, &rows, err));
    SR_TRY(sr_sqlite_next(&rows, &more, err));
    assert(!more);
    return SR_OK;
}

/* Columns. */

static enum sr_status not_as_it_should_be(const struct sr_sqlite_rows *rows, unsigned column,
                                          struct sr_err *err)
{
    return sr_fail(err, SR_CORRUPT, "'%s': %s: '%s' is out of range", rows->db->path,
                   rows->statement->name, rows->statement->column[column]);
}

static int type_of(const struct sr_sqlite_rows *rows, unsigned column) /* lint: callback */
{
    assert(column < rows->statement->columns);
    return sqlite3_column_type(rows->handle, (int)column);
}

bool sr_sqlite_is_null(const struct sr_sqlite_rows *rows, unsigned column)
{
    return type_of(rows, column) == SQLITE_NULL;
}

enum sr_status sr_sqlite_get_i64(const struct sr_sqlite_rows *rows, unsigned column, int64_t min,
                                 int64_t max, int64_t *out, struct sr_err *err)
{
    if (type_of(rows, column) != SQLITE_INTEGER) {
        return not_as_it_should_be(rows, column, err);
    }
    int64_t value = sqlite3_column_int64(rows->handle, (int)column);
    if (value < min || value > max) {
        return not_as_it_should_be(rows, column, err);
    }
    *out = value;
    return SR_OK;
}

enum sr_status sr_sqlite_get_u64(const struct sr_sqlite_rows *rows, unsigned column, uint64_t min,
                                 uint64_t max, uint64_t *out, struct sr_err *err)
{
    assert(min <= max && max <= INT64_MAX);
    int64_t value = 0;
    SR_TRY(sr_sqlite_get_i64(rows, column, (int64_t)min, (int64_t)max, &value, err));
    *out = (uint64_t)value;
    return SR_OK;
}

/* What the column's bytes are, if it has that type. */
static enum sr_status view_column(const struct sr_sqlite_rows *rows, unsigned column, int type,
                                  struct sr_bytes *out, struct sr_err *err)
{
    if (type_of(rows, column) != type) {
        return not_as_it_should_be(rows, column, err);
    }
    const void *bytes = sqlite3_column_blob(rows->handle, (int)column);
    int len = sqlite3_column_bytes(rows->handle, (int)column);
    if (bytes == NULL && sqlite3_errcode(rows->db->handle) == SQLITE_NOMEM) {
        return sr_fail(err, SR_NO_MEMORY, "'%s': %s", rows->db->path, rows->statement->name);
    }
    *out = sr_bytes(bytes, bytes == NULL ? 0 : (size_t)len);
    return SR_OK;
}

enum sr_status sr_sqlite_get_text(const struct sr_sqlite_rows *rows, unsigned column,
                                  size_t bytes_min, char *out, size_t out_bytes, struct sr_err *err)
{
    struct sr_bytes text = {0};
    SR_TRY(view_column(rows, column, SQLITE_TEXT, &text, err));
    if (text.len < bytes_min || text.len >= out_bytes || !sr_text_is_utf8(text)) {
        return not_as_it_should_be(rows, column, err);
    }
    memset(out, 0, out_bytes);
    if (text.len > 0) {
        memcpy(out, text.ptr, text.len);
    }
    return SR_OK;
}

enum sr_status sr_sqlite_get_blob(const struct sr_sqlite_rows *rows, unsigned column, uint8_t *out,
                                  size_t len, struct sr_err *err)
{
    struct sr_bytes bytes = {0};
    SR_TRY(sr_sqlite_view_blob(rows, column, len, len, &bytes, err));
    memcpy(out, bytes.ptr, len);
    return SR_OK;
}

enum sr_status sr_sqlite_get_id(const struct sr_sqlite_rows *rows, unsigned column,
                                struct sr_id *out, struct sr_err *err)
{
    return sr_sqlite_get_blob(rows, column, out->bytes, SR_ID_BYTES, err);
}

enum sr_status sr_sqlite_view_blob(const struct sr_sqlite_rows *rows, unsigned column, size_t min,
                                   size_t max, struct sr_bytes *out, struct sr_err *err)
{
    struct sr_bytes bytes = {0};
    SR_TRY(view_column(rows, column, SQLITE_BLOB, &bytes, err));
    if (bytes.len < min || bytes.len > max) {
        return not_as_it_should_be(rows, column, err);
    }
    *out = bytes;
    return SR_OK;
}
