/* SPDX-License-Identifier: Apache-2.0 */
#include "store/migrate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "catalog_sqlite.gen.h"

#define NAME_BYTES 64

enum sr_status sr_migrate_check(struct sr_sqlite *db, const struct sr_sql_migration *list,
                                size_t count, size_t *out_applied, struct sr_err *err)
{
    SR_CLEANUP(sr_sqlite_rows_end) struct sr_sqlite_rows rows = {0};
    SR_TRY(sr_sqlite_start(db, SR_SQL_MIGRATIONS, NULL, 0, &rows, err));
    for (size_t applied = 0;; applied++) {
        bool more = false;
        uint64_t number = 0;
        char name[NAME_BYTES];
        uint8_t sha256[32];
        SR_TRY(sr_sqlite_next(&rows, &more, err));
        if (!more) {
            *out_applied = applied;
            return SR_OK;
        }
        SR_TRY(sr_sqlite_get_u64(&rows, 0, 1, INT32_MAX, &number, err));
        SR_TRY(sr_sqlite_get_text(&rows, 1, 1, name, sizeof name, err));
        SR_TRY(sr_sqlite_get_blob(&rows, 2, sha256, sizeof sha256, err));
        if (applied == count && number > count) {
            return sr_fail(err, SR_UNSUPPORTED,
                           "'%s' was written by a later version: it has migration %llu '%s', this "
                           "version knows %zu",
                           sr_sqlite_path(db), (unsigned long long)number, name, count);
        }
        if (applied == count || number != list[applied].number ||
            memcmp(sha256, list[applied].sha256, sizeof sha256) != 0) {
            return sr_fail(err, SR_CORRUPT, "'%s': migration %llu '%s' is not the one we know",
                           sr_sqlite_path(db), (unsigned long long)number, name);
        }
    }
}

enum sr_status sr_migrate_apply(struct sr_sqlite *db, const struct sr_sql_migration *list,
                                size_t count, size_t applied, struct sr_err *err)
{
    assert(sr_sqlite_in_transaction(db));
    for (size_t i = applied; i < count; i++) {
        enum sr_status status = sr_sqlite_script(db, list[i].text, err);
        if (status != SR_OK) {
            return sr_context(err, status, "migration %u '%s'", list[i].number, list[i].name);
        }
        SR_TRY(sr_sqlite_run(db, SR_SQL_MIGRATION_INSERT,
                             SR_SQLITE_VALUES(sr_sqlite_u64(list[i].number),
                                              sr_sqlite_text(list[i].name),
                                              sr_sqlite_blob(list[i].sha256, 32)),
                             err));
    }
    return SR_OK;
}

static void text_free(char **text)
{
    free(*text);
}

static enum sr_status back_up(const struct sr_sqlite *db, const char *name, struct sr_err *err)
{
    static const char MIDDLE[] = ".before-";
    const char *path = sr_sqlite_path(db);
    size_t path_len = strlen(path);
    SR_CLEANUP(text_free) char *to = calloc(1, path_len + sizeof MIDDLE + strlen(name));
    if (to == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "back up '%s'", path);
    }
    memcpy(to, path, path_len);
    memcpy(to + path_len, MIDDLE, sizeof MIDDLE - 1);
    memcpy(to + path_len + sizeof MIDDLE - 1, name, strlen(name));
    /* One that is there already is of an attempt that did not come to its commit. */
    if (unlink(to) != 0 && errno != ENOENT) {
        return sr_fail(err, SR_IO, "remove '%s': %s", to, strerror(errno));
    }
    return sr_sqlite_backup(path, to, err);
}

/* The part under the write lock: another process may have been here first. */
static enum sr_status run_locked(struct sr_sqlite *db, const struct sr_sql_migration *list,
                                 size_t count, struct sr_err *err)
{
    size_t applied = 0;
    SR_TRY(sr_migrate_check(db, list, count, &applied, err));
    if (applied < count) {
        SR_TRY(back_up(db, list[applied].name, err));
        SR_TRY(sr_migrate_apply(db, list, count, applied, err));
    }
    return sr_sqlite_run(db, SR_SQL_COMMIT, NULL, 0, err);
}

enum sr_status sr_migrate_run(struct sr_sqlite *db, const struct sr_sql_migration *list,
                              size_t count, struct sr_err *err)
{
    size_t applied = 0;
    SR_TRY(sr_migrate_check(db, list, count, &applied, err));
    if (applied == count) {
        return SR_OK;
    }
    SR_TRY(sr_sqlite_run(db, SR_SQL_BEGIN_WRITE, NULL, 0, err));
    enum sr_status status = run_locked(db, list, count, err);
    if (status != SR_OK && sr_sqlite_in_transaction(db)) {
        (void)!sr_sqlite_run(db, SR_SQL_ROLLBACK, NULL, 0, NULL);
    }
    return status;
}
