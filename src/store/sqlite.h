/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_STORE_SQLITE_H
#define SR_STORE_SQLITE_H

#include <assert.h>
#include <stdbool.h>

#include "base/text.h"
#include "store/sql.h"

/*
 * The one door to SQLite: a connection, its prepared statements, values in, columns out. It knows
 * no table. Everything that comes out of the file is hostile: a column that has not the type, the
 * length or the range that the caller names is CORRUPT, with the column's name in the message.
 *
 * Statements are prepared on first use and kept. Not thread-safe. Not to be used after fork():
 * locks stay with the process that took them. Open it again there; freeing the copy is fine.
 *
 * errors of all that take err
 *     BUSY       locked by another process for longer than SR_SQLITE_BUSY_MS
 *     CORRUPT    the file is damaged, or not of the schema that a statement needs
 *     CONFLICT   a constraint of the schema refuses the change
 *     IO         disk full, EIO, no permission
 *     NO_MEMORY
 */
struct sr_sqlite;

#define SR_SQLITE_BUSY_MS 10000

/*
 * Open an existing database file; an empty one is fine.
 *
 * statements  count of them, must outlive the connection
 * script      run first, for settings of the connection
 * errors      NOT_FOUND
 */
enum sr_status sr_sqlite_open(const char *path, const struct sr_sql_statement *statements,
                              size_t count, const char *script, struct sr_sqlite **out,
                              struct sr_err *err) SR_MUST_USE;
/* Rolls back what is not committed. */
void sr_sqlite_free(struct sr_sqlite *db);
SR_DEFINE_AUTO(sr_sqlite)

const char *sr_sqlite_path(const struct sr_sqlite *db);
/* Whether a transaction is open. */
bool sr_sqlite_in_transaction(const struct sr_sqlite *db);
/* Rows that the last statement changed. */
uint64_t sr_sqlite_changes(const struct sr_sqlite *db);

/* Run all statements of a script; rows are dropped. */
enum sr_status sr_sqlite_script(struct sr_sqlite *db, const char *script,
                                struct sr_err *err) SR_MUST_USE;
/* Prepare all statements, for a test that they fit the schema. */
enum sr_status sr_sqlite_prepare_all(struct sr_sqlite *db, struct sr_err *err) SR_MUST_USE;
/*
 * Move what is committed from the write-ahead log into the file and empty the log, unless somebody
 * is reading it: then it is left for later.
 */
void sr_sqlite_checkpoint(struct sr_sqlite *db);
/* Copy what is committed into a new file of mode 0600. CONFLICT if there is one already. */
enum sr_status sr_sqlite_backup(const char *from, const char *to, struct sr_err *err) SR_MUST_USE;

/* Values for parameters. What they point to must live until the statement ends. */

enum sr_sqlite_type { SR_SQLITE_INTEGER, SR_SQLITE_TEXT, SR_SQLITE_BLOB };

struct sr_sqlite_value {
    enum sr_sqlite_type type;
    int64_t integer;
    struct sr_bytes bytes;
};

static inline struct sr_sqlite_value sr_sqlite_i64(int64_t value)
{
    return (struct sr_sqlite_value){.type = SR_SQLITE_INTEGER, .integer = value};
}

static inline struct sr_sqlite_value sr_sqlite_u64(uint64_t value)
{
    assert(value <= INT64_MAX); /* no limit of ours is that high */
    return sr_sqlite_i64((int64_t)value);
}

static inline struct sr_sqlite_value sr_sqlite_text(const char *text)
{
    return (struct sr_sqlite_value){.type = SR_SQLITE_TEXT, .bytes = sr_text_view(text)};
}

static inline struct sr_sqlite_value sr_sqlite_blob(const void *bytes, size_t len)
{
    return (struct sr_sqlite_value){.type = SR_SQLITE_BLOB, .bytes = sr_bytes(bytes, len)};
}

static inline struct sr_sqlite_value sr_sqlite_id(const struct sr_id *id)
{
    return sr_sqlite_blob(id->bytes, SR_ID_BYTES);
}

/* Two arguments, a list and its length: `sr_sqlite_run(db, SR_SQL_X, SR_SQLITE_VALUES(...), err)`.
 * A statement without parameters takes NULL, 0. */
#define SR_SQLITE_VALUES(...)                                                                      \
    (const struct sr_sqlite_value[]){__VA_ARGS__},                                                 \
        sizeof((const struct sr_sqlite_value[]){__VA_ARGS__}) / sizeof(struct sr_sqlite_value)

/* Run a statement that gives no rows. */
enum sr_status sr_sqlite_run(struct sr_sqlite *db, size_t statement,
                             const struct sr_sqlite_value *values, size_t count,
                             struct sr_err *err) SR_MUST_USE;

/*
 * A statement that gives rows:
 *
 *     SR_CLEANUP(sr_sqlite_rows_end) struct sr_sqlite_rows rows = {0};
 *     SR_TRY(sr_sqlite_start(db, SR_SQL_X, SR_SQLITE_VALUES(...), &rows, err));
 *     SR_TRY(sr_sqlite_next(&rows, &more, err));
 *
 * Each statement can be in use once at a time.
 */
struct sr_sqlite_rows {
    struct sr_sqlite *db;
    const struct sr_sql_statement *statement;
    void *handle;
};

enum sr_status sr_sqlite_start(struct sr_sqlite *db, size_t statement,
                               const struct sr_sqlite_value *values, size_t count,
                               struct sr_sqlite_rows *out, struct sr_err *err) SR_MUST_USE;
/* Go to the next row; false: there is none. */
enum sr_status sr_sqlite_next(struct sr_sqlite_rows *rows, bool *out_more,
                              struct sr_err *err) SR_MUST_USE;
/* Done with it. All zero is fine. */
void sr_sqlite_rows_end(struct sr_sqlite_rows *rows);

/* Columns of the current row, 0-based. errors  CORRUPT  not as the caller says */

bool sr_sqlite_is_null(const struct sr_sqlite_rows *rows, unsigned column);
/* min <= value <= max. */
enum sr_status sr_sqlite_get_i64(const struct sr_sqlite_rows *rows, unsigned column, int64_t min,
                                 int64_t max, int64_t *out, struct sr_err *err) SR_MUST_USE;
enum sr_status sr_sqlite_get_u64(const struct sr_sqlite_rows *rows, unsigned column, uint64_t min,
                                 uint64_t max, uint64_t *out, struct sr_err *err) SR_MUST_USE;
/* UTF-8 without NUL of bytes_min or more bytes that, with a NUL, fits out. */
enum sr_status sr_sqlite_get_text(const struct sr_sqlite_rows *rows, unsigned column,
                                  size_t bytes_min, char *out, size_t out_bytes,
                                  struct sr_err *err) SR_MUST_USE;
/* Exactly len bytes. */
enum sr_status sr_sqlite_get_blob(const struct sr_sqlite_rows *rows, unsigned column, uint8_t *out,
                                  size_t len, struct sr_err *err) SR_MUST_USE;
enum sr_status sr_sqlite_get_id(const struct sr_sqlite_rows *rows, unsigned column,
                                struct sr_id *out, struct sr_err *err) SR_MUST_USE;
/* min <= length <= max; the view is valid until the next sr_sqlite_next(). */
enum sr_status sr_sqlite_view_blob(const struct sr_sqlite_rows *rows, unsigned column, size_t min,
                                   size_t max, struct sr_bytes *out,
                                   struct sr_err *err) SR_MUST_USE;

#endif /* SR_STORE_SQLITE_H */
