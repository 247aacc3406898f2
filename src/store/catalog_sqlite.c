/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Catalog driver "sqlite": one file. docs/formats/catalog.md has the schema,
 * docs/backends/catalog-sqlite.md what is assumed of SQLite (Q-An) and what always holds (Q-In).
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalog_sqlite.gen.h"
#include "store/catalog_driver.h"
#include "store/migrate.h"
#include "store/sqlite.h"

extern const struct sr_catalog_driver sr_catalog_sqlite;

#define APPLICATION_ID 0x53524331 /* sql/sqlite/0001_init.sql */
#define MIGRATION_COUNT (sizeof sr_sql_migrations / sizeof sr_sql_migrations[0])

struct sqlite_catalog {
    struct sr_catalog base;
    struct sr_sqlite *db;
};

static struct sr_sqlite *db_of(struct sr_catalog *c)
{
    return ((struct sqlite_catalog *)c)->db;
}

/* Transactions: SR_CLEANUP(roll_back) struct sr_sqlite *tx = NULL; SR_TRY(begin(db, ..., &tx,
 * err));
 * ... return commit(tx, err). Whatever is not committed is rolled back when the scope ends. */

static void roll_back(struct sr_sqlite **tx)
{
    if (*tx != NULL && sr_sqlite_in_transaction(*tx)) {
        (void)!sr_sqlite_run(*tx, SR_SQL_ROLLBACK, NULL, 0, NULL);
    }
}

static enum sr_status begin(struct sr_sqlite *db, enum sr_sql how, struct sr_sqlite **out_tx,
                            struct sr_err *err)
{
    SR_TRY(sr_sqlite_run(db, how, NULL, 0, err));
    *out_tx = db;
    return SR_OK;
}

static enum sr_status commit(struct sr_sqlite *tx, struct sr_err *err)
{
    return sr_sqlite_run(tx, SR_SQL_COMMIT, NULL, 0, err);
}

/* Arrays that grow. */

static void free_p(void *p)
{
    void **memory = p;
    free(*memory);
}

/* Make room for one more in *items, which has count of item_bytes each and grows by doubling. */
static enum sr_status grow(void **items, size_t count, size_t item_bytes, struct sr_err *err)
{
    bool full = (count & (count - 1)) == 0; /* 0 or a power of two: as many as there is room for */
    if (!full) {
        return SR_OK;
    }
    size_t room = count == 0 ? 1 : 2 * count;
    void *grown = room > SIZE_MAX / 2 / item_bytes ? NULL : calloc(room, item_bytes);
    if (grown == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "%zu rows", room);
    }
    if (*items != NULL) {
        memcpy(grown, *items, count * item_bytes);
    }
    free(*items);
    *items = grown;
    return SR_OK;
}

/* Statements that are used from several places. */

static enum sr_status insert_group(struct sr_sqlite *db, const struct sr_group *group,
                                   struct sr_err *err)
{
    return sr_sqlite_run(db, SR_SQL_GROUP_INSERT,
                         SR_SQLITE_VALUES(sr_sqlite_id(&group->id), sr_sqlite_u64(group->epoch),
                                          sr_sqlite_id(&group->wrapped.key_id),
                                          sr_sqlite_blob(group->wrapped.bytes, group->wrapped.len)),
                         err);
}

static struct sr_sqlite_value optional(bool is_there, const void *bytes, size_t len)
{
    return sr_sqlite_blob(bytes, is_there ? len : 0);
}

static enum sr_status insert_row_of_act(struct sr_sqlite *db, const struct sr_act_record *act,
                                        uint64_t *out_seq, struct sr_err *err)
{
    SR_CLEANUP(sr_sqlite_rows_end) struct sr_sqlite_rows rows = {0};
    bool more = false;
    SR_TRY(sr_sqlite_start(
        db, SR_SQL_ACT_INSERT,
        SR_SQLITE_VALUES(
            sr_sqlite_id(&act->id), sr_sqlite_text(act->verb), sr_sqlite_text(act->actor),
            sr_sqlite_i64(act->time_utc_ms), sr_sqlite_blob(act->nonce, sizeof act->nonce),
            sr_sqlite_u64(act->is_refused), sr_sqlite_text(act->reason), sr_sqlite_u64(act->folds),
            optional(act->has_version, act->version.bytes, SR_ID_BYTES),
            optional(act->has_request, act->request, sizeof act->request)),
        &rows, err));
    SR_TRY(sr_sqlite_next(&rows, &more, err));
    uint64_t seq = 0;
    SR_TRY(sr_sqlite_get_u64(&rows, 0, 1, INT64_MAX, &seq, err));
    SR_TRY(sr_sqlite_next(&rows, &more, err)); /* the statement has ended when it says so */
    *out_seq = seq;
    return SR_OK;
}

static enum sr_status insert_act(struct sr_sqlite *db, const struct sr_act_record *act,
                                 uint64_t *out_seq, struct sr_err *err)
{
    uint64_t seq = 0;
    SR_TRY(insert_row_of_act(db, act, &seq, err));
    if (act->seq != 0 && act->seq != seq) {
        return sr_fail(err, SR_BUSY, "another act came in meanwhile; try again");
    }
    SR_TRY(sr_sqlite_run(db, SR_SQL_LEAF_INSERT,
                         SR_SQLITE_VALUES(sr_sqlite_u64(seq),
                                          sr_sqlite_blob(act->salt, sizeof act->salt),
                                          sr_sqlite_blob(act->entry.ptr, act->entry.len),
                                          sr_sqlite_blob(act->body.ptr, act->body.len)),
                         err));
    *out_seq = seq;
    return SR_OK;
}

/* The one number that a statement gives, or *out_found false if it gives no row. */
static enum sr_status ask_number(struct sr_sqlite *db, enum sr_sql statement,
                                 const struct sr_sqlite_value *values, size_t count, uint64_t max,
                                 bool *out_found, uint64_t *out, struct sr_err *err)
{
    SR_CLEANUP(sr_sqlite_rows_end) struct sr_sqlite_rows rows = {0};
    SR_TRY(sr_sqlite_start(db, statement, values, count, &rows, err));
    SR_TRY(sr_sqlite_next(&rows, out_found, err));
    return *out_found ? sr_sqlite_get_u64(&rows, 0, 0, max, out, err) : SR_OK;
}

static enum sr_status no_version(struct sr_err *err, const struct sr_id *version)
{
    char text[SR_ID_TEXT_BYTES];
    sr_text_hex(sr_bytes(version->bytes, SR_ID_BYTES), text);
    return sr_fail(err, SR_NOT_FOUND, "no version with id '%s'", text);
}

/* The state of a version. NOT_FOUND. */
static enum sr_status ask_state(struct sr_sqlite *db, const struct sr_id *version,
                                enum sr_version_state *out, uint64_t *out_file_count,
                                struct sr_err *err)
{
    SR_CLEANUP(sr_sqlite_rows_end) struct sr_sqlite_rows rows = {0};
    bool found = false;
    uint64_t state = 0;
    SR_TRY(sr_sqlite_start(db, SR_SQL_VERSION_STATE, SR_SQLITE_VALUES(sr_sqlite_id(version)), &rows,
                           err));
    SR_TRY(sr_sqlite_next(&rows, &found, err));
    if (!found) {
        return no_version(err, version);
    }
    SR_TRY(sr_sqlite_get_u64(&rows, 0, SR_VERSION_STAGED, SR_VERSION_SEALED, &state, err));
    SR_TRY(sr_sqlite_get_u64(&rows, 1, 1, SR_LIMIT_FILES, out_file_count, err));
    *out = (enum sr_version_state)state;
    return SR_OK;
}

/* Opening. */

static void sqlite_close(struct sr_catalog *c)
{
    sr_sqlite_free(db_of(c));
    free(c);
}

static enum sr_status refuse_foreign(struct sr_sqlite *db, struct sr_err *err)
{
    bool found = false;
    uint64_t id = 0;
    SR_TRY(ask_number(db, SR_SQL_APPLICATION_ID, NULL, 0, UINT32_MAX, &found, &id, err));
    if (!found || id != APPLICATION_ID) {
        return sr_fail(err, SR_CORRUPT, "'%s' is not a catalog", sr_sqlite_path(db));
    }
    return SR_OK;
}

static enum sr_status sqlite_open(const char *rest, struct sr_catalog **out, struct sr_err *err)
{
    SR_AUTO(sr_sqlite) db = NULL;
    SR_TRY(sr_sqlite_open(rest, sr_sql_statements, SR_SQL_COUNT, sr_sql_script_open, &db, err));
    SR_TRY(refuse_foreign(db, err));
    SR_TRY(sr_migrate_run(db, sr_sql_migrations, MIGRATION_COUNT, err));
    struct sqlite_catalog *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "open '%s'", rest);
    }
    self->base.driver = &sr_catalog_sqlite;
    self->db = SR_TAKE(db);
    *out = &self->base;
    return SR_OK;
}

/*
 * Creating. The catalog is made under another name and gets its own when it is complete, so that
 * one that can be seen is whole (Q-I1). The other name is held by a lock while that lasts; what an
 * interrupted attempt left there is removed by the next one.
 */

static const char CREATING[] = ".creating";

struct creation {
    const char *path;
    char temporary[PATH_MAX]; /* path + CREATING */
    int fd;                   /* of temporary, with the lock; SQLite has its own */
};

static void creation_end(struct creation *c)
{
    if (c->fd >= 0) {
        (void)close(c->fd);
    }
}

/* Remove <temporary><suffix> of an earlier attempt, if it is there. */
static void remove_leftover(const struct creation *c, const char *suffix)
{
    char name[PATH_MAX + 16];
    size_t len = strlen(c->temporary);
    memcpy(name, c->temporary, len);
    memcpy(name + len, suffix, strlen(suffix) + 1);
    (void)unlink(name); /* SQLite will complain if it matters */
}

/* Open and lock a new, empty file under the temporary name. */
static enum sr_status creation_begin(const char *path, struct creation *c, struct sr_err *err)
{
    size_t len = strlen(path);
    if (len + sizeof CREATING > sizeof c->temporary) {
        return sr_fail(err, SR_IO, "'%s': %s", path, strerror(ENAMETOOLONG));
    }
    c->path = path;
    memcpy(c->temporary, path, len);
    memcpy(c->temporary + len, CREATING, sizeof CREATING);
    int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC;
    c->fd = open(c->temporary, flags, S_IRUSR | S_IWUSR);
    struct stat locked;
    struct stat named;
    if (c->fd < 0 || fstat(c->fd, &locked) != 0) {
        return sr_fail(err, SR_IO, "make '%s': %s", c->temporary, strerror(errno));
    }
    if (flock(c->fd, LOCK_EX | LOCK_NB) != 0 || lstat(c->temporary, &named) != 0 ||
        named.st_ino != locked.st_ino || named.st_dev != locked.st_dev) {
        return sr_fail(err, SR_BUSY, "another process is making '%s'", path);
    }
    if (access(path, F_OK) == 0) {
        (void)unlink(c->temporary);
        return sr_fail(err, SR_CONFLICT, "'%s' is there already", path);
    }
    if (ftruncate(c->fd, 0) != 0) {
        return sr_fail(err, SR_IO, "empty '%s': %s", c->temporary, strerror(errno));
    }
    remove_leftover(c, "-journal");
    remove_leftover(c, "-wal");
    remove_leftover(c, "-shm");
    return SR_OK;
}

static enum sr_status fill_new(struct sr_sqlite *db, const struct sr_catalog_room *room,
                               const struct sr_group *group, const struct sr_act_record *act,
                               struct sr_err *err)
{
    SR_CLEANUP(roll_back) struct sr_sqlite *tx = NULL;
    uint64_t seq = 0;
    SR_TRY(begin(db, SR_SQL_BEGIN_WRITE, &tx, err));
    SR_TRY(sr_migrate_apply(tx, sr_sql_migrations, MIGRATION_COUNT, 0, err));
    SR_TRY(sr_sqlite_run(
        tx, SR_SQL_ROOM_INSERT,
        SR_SQLITE_VALUES(sr_sqlite_id(&room->id), sr_sqlite_i64(room->created_utc_ms)), err));
    SR_TRY(insert_group(tx, group, err));
    if (act != NULL) {
        SR_TRY(insert_act(tx, act, &seq, err));
    }
    return commit(tx, err);
}

/* Sync the directory that path is in. */
static enum sr_status sync_directory_of(const char *path, struct sr_err *err)
{
    char directory[PATH_MAX] = ".";
    const char *slash = strrchr(path, '/');
    if (slash != NULL) {
        memcpy(directory, path, (size_t)(slash - path) + 1);
        directory[slash - path + 1] = '\0';
    }
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    int error = errno;
    if (fd >= 0) {
        (void)close(fd);
    }
    return synced ? SR_OK : sr_fail(err, SR_IO, "sync '%s': %s", directory, strerror(error));
}

/* Sync the finished file and give it its name, never over another. */
static enum sr_status creation_finish(const struct creation *c, struct sr_err *err)
{
    if (fsync(c->fd) != 0) {
        return sr_fail(err, SR_IO, "sync '%s': %s", c->temporary, strerror(errno));
    }
    if (renameat2(AT_FDCWD, c->temporary, AT_FDCWD, c->path, RENAME_NOREPLACE) != 0 &&
        ((errno != EINVAL && errno != ENOSYS) || link(c->temporary, c->path) != 0 ||
         unlink(c->temporary) != 0)) {
        enum sr_status status = errno == EEXIST ? SR_CONFLICT : SR_IO;
        return sr_fail(err, status, "make '%s': %s", c->path, strerror(errno));
    }
    return sync_directory_of(c->path, err);
}

static enum sr_status sqlite_create(const char *rest, const struct sr_catalog_room *room,
                                    const struct sr_group *group, const struct sr_act_record *act,
                                    struct sr_err *err)
{
    SR_CLEANUP(creation_end) struct creation creation = {.fd = -1};
    SR_TRY(creation_begin(rest, &creation, err));
    /* Closed before the lock file is: a close would drop SQLite's own locks on it. */
    SR_AUTO(sr_sqlite) db = NULL;
    SR_TRY(sr_sqlite_open(creation.temporary, sr_sql_statements, SR_SQL_COUNT, sr_sql_script_open,
                          &db, err));
    SR_TRY(fill_new(db, room, group, act, err));
    SR_TRY(sr_sqlite_script(db, sr_sql_script_wal, err));
    sr_sqlite_free(SR_TAKE(db));
    return creation_finish(&creation, err);
}

static enum sr_status sqlite_room(struct sr_catalog *c, struct sr_catalog_room *out,
                                  struct sr_err *err)
{
    SR_CLEANUP(sr_sqlite_rows_end) struct sr_sqlite_rows rows = {0};
    struct sr_catalog_room room = {0};
    bool found = false;
    SR_TRY(sr_sqlite_start(db_of(c), SR_SQL_ROOM, NULL, 0, &rows, err));
    SR_TRY(sr_sqlite_next(&rows, &found, err));
    if (!found) {
        return sr_fail(err, SR_CORRUPT, "'%s' has no room", sr_sqlite_path(db_of(c)));
    }
    SR_TRY(sr_sqlite_get_id(&rows, 0, &room.id, err));
    SR_TRY(sr_sqlite_get_i64(&rows, 1, INT64_MIN, INT64_MAX, &room.created_utc_ms, err));
    *out = room;
    return SR_OK;
}

/* Acts that change versions. */

/* The number that the version gets; CONFLICT if the one it asks for is taken. */
static enum sr_status choose_number(struct sr_sqlite *db, const struct sr_catalog_version *version,
                                    uint64_t *out, struct sr_err *err)
{
    bool found = false;
    if (version->number == 0) {
        return ask_number(db, SR_SQL_VERSION_NEXT_NUMBER,
                          SR_SQLITE_VALUES(sr_sqlite_text(version->name)), INT64_MAX, &found, out,
                          err);
    }
    uint64_t state = 0;
    SR_TRY(
        ask_number(db, SR_SQL_VERSION_STATE_BY_NUMBER,
                   SR_SQLITE_VALUES(sr_sqlite_text(version->name), sr_sqlite_u64(version->number)),
                   SR_VERSION_SEALED, &found, &state, err));
    if (found) {
        return sr_fail(err, SR_CONFLICT, "'%s@%llu' %s", version->name,
                       (unsigned long long)version->number,
                       state == SR_VERSION_SEALED ? "is in custody already"
                                                  : "is being deposited, or its deposit was "
                                                    "interrupted");
    }
    *out = version->number;
    return SR_OK;
}

static enum sr_status insert_version(struct sr_sqlite *db, const struct sr_catalog_version *version,
                                     uint64_t number, struct sr_err *err)
{
    return sr_sqlite_run(
        db, SR_SQL_VERSION_INSERT,
        SR_SQLITE_VALUES(sr_sqlite_id(&version->id), sr_sqlite_text(version->name),
                         sr_sqlite_u64(number), sr_sqlite_text(version->kind),
                         sr_sqlite_i64(version->created_utc_ms), sr_sqlite_u64(version->file_count),
                         sr_sqlite_u64(version->plain_bytes), sr_sqlite_text(version->source)),
        err);
}

/* BUSY if slot was not made under its group's key of now (Q-I4). */
static enum sr_status check_epoch(struct sr_sqlite *db, const struct sr_slot *slot,
                                  struct sr_err *err)
{
    bool found = false;
    uint64_t epoch = 0;
    SR_TRY(ask_number(db, SR_SQL_GROUP_EPOCH, SR_SQLITE_VALUES(sr_sqlite_id(&slot->group)),
                      INT64_MAX, &found, &epoch, err));
    if (!found || epoch != slot->group_epoch) {
        return sr_fail(err, SR_BUSY, "keys were rotated meanwhile; try again");
    }
    return SR_OK;
}

static enum sr_status insert_file(struct sr_sqlite *db, const struct sr_id *version,
                                  const struct sr_catalog_file *file, const struct sr_slot *slot,
                                  struct sr_err *err)
{
    SR_TRY(check_epoch(db, slot, err));
    SR_TRY(sr_sqlite_run(db, SR_SQL_FILE_INSERT,
                         SR_SQLITE_VALUES(sr_sqlite_id(version), sr_sqlite_u64(file->file_index),
                                          sr_sqlite_text(file->path), sr_sqlite_id(&file->object)),
                         err));
    return sr_sqlite_run(
        db, SR_SQL_SLOT_INSERT,
        SR_SQLITE_VALUES(sr_sqlite_id(&file->object), sr_sqlite_id(&slot->id),
                         sr_sqlite_id(&slot->group), sr_sqlite_u64(slot->group_epoch),
                         sr_sqlite_blob(slot->wrapped, sizeof slot->wrapped),
                         sr_sqlite_blob(slot->commitment, sizeof slot->commitment)),
        err);
}

static enum sr_status sqlite_reserve(struct sr_catalog *c, struct sr_catalog_version *version,
                                     const struct sr_catalog_file *files,
                                     const struct sr_slot *slots, struct sr_err *err)
{
    SR_CLEANUP(roll_back) struct sr_sqlite *tx = NULL;
    uint64_t number = 0;
    SR_TRY(begin(db_of(c), SR_SQL_BEGIN_WRITE, &tx, err));
    SR_TRY(choose_number(tx, version, &number, err));
    SR_TRY(insert_version(tx, version, number, err));
    for (uint64_t i = 0; i < version->file_count; i++) {
        SR_TRY(insert_file(tx, &version->id, &files[i], &slots[i], err));
    }
    SR_TRY(commit(tx, err));
    version->number = number;
    return SR_OK;
}

static enum sr_status sqlite_file_sealed(struct sr_catalog *c, const struct sr_id *version,
                                         uint32_t file_index, const struct sr_body_facts *facts,
                                         struct sr_err *err)
{
    SR_CLEANUP(roll_back) struct sr_sqlite *tx = NULL;
    bool found = false;
    uint64_t sealed = 0;
    SR_TRY(begin(db_of(c), SR_SQL_BEGIN_WRITE, &tx, err));
    SR_TRY(ask_number(tx, SR_SQL_FILE_SEALED,
                      SR_SQLITE_VALUES(sr_sqlite_id(version), sr_sqlite_u64(file_index)), 1, &found,
                      &sealed, err));
    if (!found) {
        return sr_fail(err, SR_NOT_FOUND, "no file %lu in that version", (unsigned long)file_index);
    }
    if (sealed == 1) {
        return sr_fail(err, SR_CONFLICT, "file %lu is sealed already", (unsigned long)file_index);
    }
    SR_TRY(sr_sqlite_run(
        tx, SR_SQL_FILE_SEAL,
        SR_SQLITE_VALUES(sr_sqlite_id(version), sr_sqlite_u64(file_index),
                         sr_sqlite_u64((uint64_t)facts->kind), sr_sqlite_u64(facts->plain_bytes),
                         sr_sqlite_blob(facts->sha256, sizeof facts->sha256),
                         sr_sqlite_blob(facts->root, sizeof facts->root),
                         sr_sqlite_u64(facts->tensor_count), sr_sqlite_u64(facts->body_bytes),
                         sr_sqlite_blob(facts->body_root, sizeof facts->body_root)),
        err));
    return commit(tx, err);
}

/* CONFLICT unless the version is staged and all its files are sealed; *out_bytes is their sum. */
static enum sr_status check_complete(struct sr_sqlite *db, const struct sr_id *version,
                                     uint64_t *out_bytes, struct sr_err *err)
{
    enum sr_version_state state = SR_VERSION_STAGED;
    uint64_t file_count = 0;
    SR_TRY(ask_state(db, version, &state, &file_count, err));
    if (state != SR_VERSION_STAGED) {
        return sr_fail(err, SR_CONFLICT, "the version is in custody already");
    }
    SR_CLEANUP(sr_sqlite_rows_end) struct sr_sqlite_rows rows = {0};
    bool found = false;
    uint64_t files = 0;
    uint64_t sealed = 0;
    SR_TRY(sr_sqlite_start(db, SR_SQL_FILE_TOTALS, SR_SQLITE_VALUES(sr_sqlite_id(version)), &rows,
                           err));
    SR_TRY(sr_sqlite_next(&rows, &found, err));
    SR_TRY(sr_sqlite_get_u64(&rows, 0, 0, SR_LIMIT_FILES, &files, err));
    SR_TRY(sr_sqlite_get_u64(&rows, 1, 0, files, &sealed, err));
    SR_TRY(sr_sqlite_get_u64(&rows, 2, 0, INT64_MAX, out_bytes, err));
    if (files != file_count) {
        return sr_fail(err, SR_CORRUPT, "the version has %llu files instead of %llu",
                       (unsigned long long)files, (unsigned long long)file_count);
    }
    if (sealed != files) {
        return sr_fail(err, SR_CONFLICT, "%llu of %llu files are sealed",
                       (unsigned long long)sealed, (unsigned long long)files);
    }
    return SR_OK;
}

static enum sr_status insert_parents(struct sr_sqlite *db, const struct sr_id *version,
                                     const struct sr_id *parents, size_t parent_count,
                                     struct sr_err *err)
{
    for (size_t i = 0; i < parent_count; i++) {
        enum sr_version_state state = SR_VERSION_STAGED;
        uint64_t unused = 0;
        enum sr_status status = ask_state(db, &parents[i], &state, &unused, err);
        if (status != SR_OK) {
            return sr_context(err, status, "parent %zu", i + 1);
        }
        if (state != SR_VERSION_SEALED) {
            return sr_fail(err, SR_CONFLICT, "parent %zu is not in custody", i + 1);
        }
        SR_TRY(sr_sqlite_run(
            db, SR_SQL_PARENT_INSERT,
            SR_SQLITE_VALUES(sr_sqlite_id(version), sr_sqlite_u64(i), sr_sqlite_id(&parents[i])),
            err));
    }
    return SR_OK;
}

static enum sr_status sqlite_put_document(struct sr_catalog *c, const struct sr_id *version,
                                          const char *name, struct sr_bytes body,
                                          struct sr_err *err)
{
    SR_CLEANUP(roll_back) struct sr_sqlite *tx = NULL;
    enum sr_version_state state = SR_VERSION_STAGED;
    uint64_t unused = 0;
    uint64_t count = 0;
    bool found = false;
    SR_TRY(begin(db_of(c), SR_SQL_BEGIN_WRITE, &tx, err));
    SR_TRY(ask_state(tx, version, &state, &unused, err));
    if (state != SR_VERSION_STAGED) {
        return sr_fail(err, SR_CONFLICT, "the version is in custody");
    }
    SR_TRY(sr_sqlite_run(tx, SR_SQL_DOCUMENT_DELETE,
                         SR_SQLITE_VALUES(sr_sqlite_id(version), sr_sqlite_text(name)), err));
    SR_TRY(ask_number(tx, SR_SQL_DOCUMENT_COUNT, SR_SQLITE_VALUES(sr_sqlite_id(version)),
                      SR_CATALOG_DOCUMENTS_MAX, &found, &count, err));
    if (count == SR_CATALOG_DOCUMENTS_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "the version has %d documents already",
                       SR_CATALOG_DOCUMENTS_MAX);
    }
    SR_TRY(sr_sqlite_run(tx, SR_SQL_DOCUMENT_INSERT,
                         SR_SQLITE_VALUES(sr_sqlite_id(version), sr_sqlite_text(name),
                                          sr_sqlite_blob(body.ptr, body.len)),
                         err));
    return commit(tx, err);
}

static enum sr_status sqlite_commit_deposit(struct sr_catalog *c, const struct sr_id *version,
                                            const uint8_t digest[SR_SHA256_BYTES],
                                            const struct sr_id *parents, size_t parent_count,
                                            struct sr_act_record *act, struct sr_err *err)
{
    SR_CLEANUP(roll_back) struct sr_sqlite *tx = NULL;
    uint64_t plain_bytes = 0;
    uint64_t seq = 0;
    SR_TRY(begin(db_of(c), SR_SQL_BEGIN_WRITE, &tx, err));
    SR_TRY(check_complete(tx, version, &plain_bytes, err));
    SR_TRY(insert_parents(tx, version, parents, parent_count, err));
    SR_TRY(sr_sqlite_run(tx, SR_SQL_VERSION_SEAL,
                         SR_SQLITE_VALUES(sr_sqlite_id(version),
                                          sr_sqlite_blob(digest, SR_SHA256_BYTES),
                                          sr_sqlite_u64(plain_bytes)),
                         err));
    SR_TRY(insert_act(tx, act, &seq, err));
    SR_TRY(commit(tx, err));
    act->seq = seq;
    return SR_OK;
}

static enum sr_status sqlite_drop_staged(struct sr_catalog *c, const struct sr_id *version,
                                         struct sr_err *err)
{
    SR_CLEANUP(roll_back) struct sr_sqlite *tx = NULL;
    enum sr_version_state state = SR_VERSION_STAGED;
    uint64_t unused = 0;
    SR_TRY(begin(db_of(c), SR_SQL_BEGIN_WRITE, &tx, err));
    SR_TRY(ask_state(tx, version, &state, &unused, err));
    if (state != SR_VERSION_STAGED) {
        return sr_fail(err, SR_CONFLICT, "the version is in custody");
    }
    SR_TRY(sr_sqlite_run(tx, SR_SQL_VERSION_DROP, SR_SQLITE_VALUES(sr_sqlite_id(version)), err));
    return commit(tx, err);
}

static enum sr_status insert_acts(struct sr_sqlite *db, const struct sr_act_record *acts,
                                  size_t count, uint64_t *out_first, struct sr_err *err)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t seq = 0;
        SR_TRY(insert_act(db, &acts[i], &seq, err));
        *out_first = i == 0 ? seq : *out_first;
    }
    return SR_OK;
}

static enum sr_status sqlite_append_acts(struct sr_catalog *c, struct sr_act_record *acts,
                                         size_t count, struct sr_err *err)
{
    SR_CLEANUP(roll_back) struct sr_sqlite *tx = NULL;
    uint64_t first = 0;
    SR_TRY(begin(db_of(c), SR_SQL_BEGIN_WRITE, &tx, err));
    SR_TRY(insert_acts(tx, acts, count, &first, err));
    SR_TRY(commit(tx, err));
    for (size_t i = 0; i < count; i++) {
        acts[i].seq = first + i;
    }
    return SR_OK;
}

static enum sr_status sqlite_put_text(struct sr_catalog *c, const uint8_t digest[SR_SHA256_BYTES],
                                      struct sr_bytes body, struct sr_err *err)
{
    SR_CLEANUP(roll_back) struct sr_sqlite *tx = NULL;
    SR_TRY(begin(db_of(c), SR_SQL_BEGIN_WRITE, &tx, err));
    SR_TRY(sr_sqlite_run(tx, SR_SQL_TEXT_INSERT,
                         SR_SQLITE_VALUES(sr_sqlite_blob(digest, SR_SHA256_BYTES),
                                          sr_sqlite_blob(body.ptr, body.len)),
                         err));
    return commit(tx, err);
}

static enum sr_status sqlite_text(struct sr_catalog *c, const uint8_t digest[SR_SHA256_BYTES],
                                  struct sr_buf *out, struct sr_err *err)
{
    SR_CLEANUP(sr_sqlite_rows_end) struct sr_sqlite_rows rows = {0};
    struct sr_bytes body = {0};
    bool more = false;
    SR_TRY(sr_sqlite_start(db_of(c), SR_SQL_TEXT,
                           SR_SQLITE_VALUES(sr_sqlite_blob(digest, SR_SHA256_BYTES)), &rows, err));
    SR_TRY(sr_sqlite_next(&rows, &more, err));
    if (!more) {
        char hex[2 * SR_SHA256_BYTES + 1];
        sr_text_hex(sr_bytes(digest, SR_SHA256_BYTES), hex);
        return sr_fail(err, SR_NOT_FOUND, "no text with digest '%s'", hex);
    }
    SR_TRY(sr_sqlite_view_blob(&rows, 0, 0, SR_CATALOG_TEXT_BYTES_MAX, &body, err));
    enum sr_status status = sr_buf_append(out, body);
    return status == SR_OK ? SR_OK : sr_fail(err, status, "no room for a text");
}

/* Slots and groups. */

/* Columns first .. first+3 of a row: epoch, root_key_id and wrapped of the group with this id. */
static enum sr_status read_group(const struct sr_sqlite_rows *rows, unsigned first,
                                 struct sr_group *out, struct sr_err *err)
{
    struct sr_bytes wrapped = {0};
    SR_TRY(sr_sqlite_get_u64(rows, first, 1, INT64_MAX, &out->epoch, err));
    SR_TRY(sr_sqlite_get_id(rows, first + 1, &out->wrapped.key_id, err));
    SR_TRY(sr_sqlite_view_blob(rows, first + 2, 1, SR_WRAPPED_BYTES_MAX, &wrapped, err));
    memcpy(out->wrapped.bytes, wrapped.ptr, wrapped.len);
    out->wrapped.len = wrapped.len;
    return SR_OK;
}

/* The first eight columns of slot_by_object and slot_after. */
static enum sr_status read_slot(const struct sr_sqlite_rows *rows, struct sr_slot *out,
                                struct sr_err *err)
{
    uint64_t file_index = 0;
    SR_TRY(sr_sqlite_get_id(rows, 0, &out->body.object, err));
    SR_TRY(sr_sqlite_get_id(rows, 1, &out->id, err));
    SR_TRY(sr_sqlite_get_id(rows, 2, &out->group, err));
    SR_TRY(sr_sqlite_get_u64(rows, 3, 1, INT64_MAX, &out->group_epoch, err));
    SR_TRY(sr_sqlite_get_blob(rows, 4, out->wrapped, sizeof out->wrapped, err));
    SR_TRY(sr_sqlite_get_blob(rows, 5, out->commitment, sizeof out->commitment, err));
    SR_TRY(sr_sqlite_get_id(rows, 6, &out->body.version, err));
    SR_TRY(sr_sqlite_get_u64(rows, 7, 0, SR_LIMIT_FILES - 1, &file_index, err));
    out->body.file_index = (uint32_t)file_index;
    return SR_OK;
}

static enum sr_status rotate_groups(struct sr_sqlite *db, const struct sr_group *groups,
                                    size_t group_count, struct sr_err *err)
{
    bool found = false;
    uint64_t count = 0;
    SR_TRY(ask_number(db, SR_SQL_GROUP_COUNT, NULL, 0, INT64_MAX, &found, &count, err));
    if (count != group_count) {
        return sr_fail(err, SR_CONFLICT, "there are %llu groups, not %zu",
                       (unsigned long long)count, group_count);
    }
    for (size_t i = 0; i < group_count; i++) {
        const struct sr_wrapped *wrapped = &groups[i].wrapped;
        SR_TRY(sr_sqlite_run(db, SR_SQL_GROUP_ROTATE,
                             SR_SQLITE_VALUES(sr_sqlite_id(&groups[i].id),
                                              sr_sqlite_u64(groups[i].epoch),
                                              sr_sqlite_id(&wrapped->key_id),
                                              sr_sqlite_blob(wrapped->bytes, wrapped->len)),
                             err));
        if (sr_sqlite_changes(db) != 1) {
            return sr_fail(err, SR_CONFLICT, "the keys were rotated by somebody else");
        }
    }
    return SR_OK;
}

/* The slot that comes after an object id (of after_len bytes; none: the first), with its group's
 * epoch. */
static enum sr_status find_slot_after(struct sr_sqlite *db, const struct sr_id *after,
                                      size_t after_len, bool *out_found, struct sr_slot *out,
                                      uint64_t *out_epoch, struct sr_err *err)
{
    SR_CLEANUP(sr_sqlite_rows_end) struct sr_sqlite_rows rows = {0};
    SR_TRY(sr_sqlite_start(db, SR_SQL_SLOT_AFTER,
                           SR_SQLITE_VALUES(sr_sqlite_blob(after->bytes, after_len)), &rows, err));
    SR_TRY(sr_sqlite_next(&rows, out_found, err));
    if (!*out_found) {
        return SR_OK;
    }
    SR_TRY(read_slot(&rows, out, err));
    return sr_sqlite_get_u64(&rows, 8, 1, INT64_MAX, out_epoch, err);
}

static enum sr_status rotate_slots(struct sr_sqlite *db,
                                   enum sr_status (*rewrap)(void *ctx, struct sr_slot *slot,
                                                            struct sr_err *err),
                                   void *ctx, struct sr_err *err)
{
    struct sr_id after = {0};
    size_t after_len = 0;
    for (;;) {
        struct sr_slot slot = {0};
        bool found = false;
        uint64_t epoch = 0;
        SR_TRY(find_slot_after(db, &after, after_len, &found, &slot, &epoch, err));
        if (!found) {
            return SR_OK;
        }
        struct sr_slot fresh = slot;
        SR_TRY(rewrap(ctx, &fresh, err));
        assert(fresh.group_epoch == epoch);
        assert(sr_text_id_equal(&fresh.group, &slot.group));
        assert(sr_text_id_equal(&fresh.body.object, &slot.body.object));
        SR_TRY(sr_sqlite_run(
            db, SR_SQL_SLOT_ROTATE,
            SR_SQLITE_VALUES(sr_sqlite_id(&slot.body.object), sr_sqlite_id(&fresh.id),
                             sr_sqlite_u64(fresh.group_epoch),
                             sr_sqlite_blob(fresh.wrapped, sizeof fresh.wrapped),
                             sr_sqlite_blob(fresh.commitment, sizeof fresh.commitment)),
            err));
        after = slot.body.object;
        after_len = SR_ID_BYTES;
    }
}

static enum sr_status
sqlite_rotate(struct sr_catalog *c, const struct sr_group *groups, size_t group_count,
              enum sr_status (*rewrap)(void *ctx, struct sr_slot *slot, struct sr_err *err),
              void *ctx, struct sr_act_record *act, struct sr_err *err)
{
    SR_CLEANUP(roll_back) struct sr_sqlite *tx = NULL;
    uint64_t seq = 0;
    SR_TRY(begin(db_of(c), SR_SQL_BEGIN_WRITE, &tx, err));
    SR_TRY(rotate_groups(tx, groups, group_count, err));
    SR_TRY(rotate_slots(tx, rewrap, ctx, err));
    SR_TRY(insert_act(tx, act, &seq, err));
    SR_TRY(commit(tx, err));
    act->seq = seq;
    sr_sqlite_checkpoint(tx); /* old wraps leave the log as soon as nobody reads it (Q-I6) */
    return SR_OK;
}

static enum sr_status sqlite_groups(struct sr_catalog *c, struct sr_group **out, size_t *out_count,
                                    struct sr_err *err)
{
    SR_CLEANUP(sr_sqlite_rows_end) struct sr_sqlite_rows rows = {0};
    SR_CLEANUP(free_p) struct sr_group *groups = NULL;
    SR_TRY(sr_sqlite_start(db_of(c), SR_SQL_GROUPS, NULL, 0, &rows, err));
    for (size_t count = 0;; count++) {
        bool more = false;
        SR_TRY(sr_sqlite_next(&rows, &more, err));
        if (!more) {
            *out = SR_TAKE(groups);
            *out_count = count;
            return SR_OK;
        }
        SR_TRY(grow((void **)&groups, count, sizeof *groups, err));
        SR_TRY(sr_sqlite_get_id(&rows, 0, &groups[count].id, err));
        SR_TRY(read_group(&rows, 1, &groups[count], err));
    }
}

static enum sr_status sqlite_slot(struct sr_catalog *c, const struct sr_id *object,
                                  struct sr_slot *out, struct sr_group *out_group,
                                  struct sr_err *err)
{
    SR_CLEANUP(sr_sqlite_rows_end) struct sr_sqlite_rows rows = {0};
    struct sr_slot slot = {0};
    struct sr_group group = {0};
    bool found = false;
    SR_TRY(sr_sqlite_start(db_of(c), SR_SQL_SLOT_BY_OBJECT, SR_SQLITE_VALUES(sr_sqlite_id(object)),
                           &rows, err));
    SR_TRY(sr_sqlite_next(&rows, &found, err));
    if (!found) {
        char text[SR_ID_TEXT_BYTES];
        sr_text_hex(sr_bytes(object->bytes, SR_ID_BYTES), text);
        return sr_fail(err, SR_NOT_FOUND, "no slot for object '%s'", text);
    }
    SR_TRY(read_slot(&rows, &slot, err));
    SR_TRY(read_group(&rows, 8, &group, err));
    group.id = slot.group;
    if (slot.group_epoch != group.epoch) {
        return sr_fail(err, SR_CORRUPT, "'%s': slot.group_epoch is %llu, its group's is %llu",
                       sr_sqlite_path(db_of(c)), (unsigned long long)slot.group_epoch,
                       (unsigned long long)group.epoch);
    }
    *out = slot;
    *out_group = group;
    return SR_OK;
}

/* Versions and files. */

/* The ten columns of every query for versions. */
static enum sr_status read_version(const struct sr_sqlite_rows *rows,
                                   struct sr_catalog_version *out, struct sr_err *err)
{
    uint64_t state = 0;
    SR_TRY(sr_sqlite_get_id(rows, 0, &out->id, err));
    SR_TRY(sr_sqlite_get_text(rows, 1, 1, out->name, sizeof out->name, err));
    SR_TRY(sr_sqlite_get_u64(rows, 2, 1, INT64_MAX, &out->number, err));
    SR_TRY(sr_sqlite_get_u64(rows, 3, SR_VERSION_STAGED, SR_VERSION_SEALED, &state, err));
    SR_TRY(sr_sqlite_get_text(rows, 4, 1, out->kind, sizeof out->kind, err));
    if (state == SR_VERSION_SEALED) {
        SR_TRY(sr_sqlite_get_blob(rows, 5, out->digest, sizeof out->digest, err));
    }
    SR_TRY(sr_sqlite_get_i64(rows, 6, INT64_MIN, INT64_MAX, &out->created_utc_ms, err));
    SR_TRY(sr_sqlite_get_u64(rows, 7, 1, SR_LIMIT_FILES, &out->file_count, err));
    SR_TRY(sr_sqlite_get_u64(rows, 8, 0, INT64_MAX, &out->plain_bytes, err));
    SR_TRY(sr_sqlite_get_text(rows, 9, 0, out->source, sizeof out->source, err));
    out->state = (enum sr_version_state)state;
    return SR_OK;
}

static enum sr_status list_versions(struct sr_sqlite *db, enum sr_sql statement,
                                    const struct sr_sqlite_value *values, size_t value_count,
                                    struct sr_catalog_version **out, size_t *out_count,
                                    struct sr_err *err)
{
    SR_CLEANUP(sr_sqlite_rows_end) struct sr_sqlite_rows rows = {0};
    SR_CLEANUP(free_p) struct sr_catalog_version *versions = NULL;
    SR_TRY(sr_sqlite_start(db, statement, values, value_count, &rows, err));
    for (size_t count = 0;; count++) {
        bool more = false;
        SR_TRY(sr_sqlite_next(&rows, &more, err));
        if (!more) {
            *out = SR_TAKE(versions);
            *out_count = count;
            return SR_OK;
        }
        SR_TRY(grow((void **)&versions, count, sizeof *versions, err));
        SR_TRY(read_version(&rows, &versions[count], err));
    }
}

static enum sr_status sqlite_versions(struct sr_catalog *c, const char *name,
                                      struct sr_catalog_version **out, size_t *out_count,
                                      struct sr_err *err)
{
    if (name == NULL) {
        return list_versions(db_of(c), SR_SQL_VERSIONS, NULL, 0, out, out_count, err);
    }
    return list_versions(db_of(c), SR_SQL_VERSIONS_BY_NAME, SR_SQLITE_VALUES(sr_sqlite_text(name)),
                         out, out_count, err);
}

static enum sr_status sqlite_versions_by_digest(struct sr_catalog *c,
                                                const uint8_t digest[SR_SHA256_BYTES],
                                                struct sr_catalog_version **out, size_t *out_count,
                                                struct sr_err *err)
{
    return list_versions(db_of(c), SR_SQL_VERSIONS_BY_DIGEST,
                         SR_SQLITE_VALUES(sr_sqlite_blob(digest, SR_SHA256_BYTES)), out, out_count,
                         err);
}

static enum sr_status sqlite_version_by_id(struct sr_catalog *c, const struct sr_id *version,
                                           struct sr_catalog_version *out, struct sr_err *err)
{
    SR_CLEANUP(sr_sqlite_rows_end) struct sr_sqlite_rows rows = {0};
    struct sr_catalog_version found_version = {0};
    bool found = false;
    SR_TRY(sr_sqlite_start(db_of(c), SR_SQL_VERSION_BY_ID, SR_SQLITE_VALUES(sr_sqlite_id(version)),
                           &rows, err));
    SR_TRY(sr_sqlite_next(&rows, &found, err));
    if (!found) {
        return no_version(err, version);
    }
    SR_TRY(read_version(&rows, &found_version, err));
    *out = found_version;
    return SR_OK;
}

/* Columns 4 to 10 of the query for files. */
static enum sr_status read_facts(const struct sr_sqlite_rows *rows, struct sr_body_facts *out,
                                 struct sr_err *err)
{
    uint64_t kind = 0;
    SR_TRY(sr_sqlite_get_u64(rows, 4, 0, SR_FILE_KIND_COUNT - 1, &kind, err));
    SR_TRY(sr_sqlite_get_u64(rows, 5, 0, SR_LIMIT_FILE_BYTES, &out->plain_bytes, err));
    SR_TRY(sr_sqlite_get_blob(rows, 6, out->sha256, sizeof out->sha256, err));
    SR_TRY(sr_sqlite_get_blob(rows, 7, out->root, sizeof out->root, err));
    SR_TRY(sr_sqlite_get_u64(rows, 8, 0, SR_LIMIT_TENSORS, &out->tensor_count, err));
    SR_TRY(sr_sqlite_get_u64(rows, 9, 0, 2 * SR_LIMIT_FILE_BYTES, &out->body_bytes, err));
    SR_TRY(sr_sqlite_get_blob(rows, 10, out->body_root, sizeof out->body_root, err));
    out->kind = (enum sr_file_kind)kind;
    return SR_OK;
}

static enum sr_status read_file(const struct sr_sqlite_rows *rows, size_t index,
                                struct sr_catalog_file *out, struct sr_err *err)
{
    uint64_t file_index = 0;
    uint64_t sealed = 0;
    /* Files are numbered without gaps. */
    SR_TRY(sr_sqlite_get_u64(rows, 0, index, index, &file_index, err));
    SR_TRY(sr_sqlite_get_text(rows, 1, 1, out->path, sizeof out->path, err));
    SR_TRY(sr_sqlite_get_id(rows, 2, &out->object, err));
    SR_TRY(sr_sqlite_get_u64(rows, 3, 0, 1, &sealed, err));
    if (sealed == 1) {
        SR_TRY(read_facts(rows, &out->facts, err));
    }
    out->file_index = (uint32_t)file_index;
    out->sealed = sealed == 1;
    return SR_OK;
}

/* Inside a transaction, so that the number of files and the files are of one moment. */
static enum sr_status sqlite_files(struct sr_catalog *c, const struct sr_id *version,
                                   struct sr_catalog_file **out, size_t *out_count,
                                   struct sr_err *err)
{
    SR_CLEANUP(roll_back) struct sr_sqlite *tx = NULL;
    SR_CLEANUP(free_p) struct sr_catalog_file *files = NULL;
    SR_CLEANUP(sr_sqlite_rows_end) struct sr_sqlite_rows rows = {0};
    enum sr_version_state state = SR_VERSION_STAGED;
    uint64_t expected = 0;
    SR_TRY(begin(db_of(c), SR_SQL_BEGIN_READ, &tx, err));
    SR_TRY(ask_state(tx, version, &state, &expected, err));
    SR_TRY(sr_sqlite_start(tx, SR_SQL_FILES, SR_SQLITE_VALUES(sr_sqlite_id(version)), &rows, err));
    for (size_t count = 0;; count++) {
        bool more = false;
        SR_TRY(sr_sqlite_next(&rows, &more, err));
        if (more != (count < expected)) {
            return sr_fail(err, SR_CORRUPT, "'%s': the rows of 'file' are not version.file_count",
                           sr_sqlite_path(tx));
        }
        if (!more) {
            *out = SR_TAKE(files);
            *out_count = count;
            return SR_OK;
        }
        SR_TRY(grow((void **)&files, count, sizeof *files, err));
        SR_TRY(read_file(&rows, count, &files[count], err));
    }
}

static enum sr_status sqlite_parents(struct sr_catalog *c, const struct sr_id *version,
                                     struct sr_id **out, size_t *out_count, struct sr_err *err)
{
    SR_CLEANUP(sr_sqlite_rows_end) struct sr_sqlite_rows rows = {0};
    SR_CLEANUP(free_p) struct sr_id *parents = NULL;
    SR_TRY(sr_sqlite_start(db_of(c), SR_SQL_PARENTS, SR_SQLITE_VALUES(sr_sqlite_id(version)), &rows,
                           err));
    for (size_t count = 0;; count++) {
        bool more = false;
        SR_TRY(sr_sqlite_next(&rows, &more, err));
        if (!more) {
            *out = SR_TAKE(parents);
            *out_count = count;
            return SR_OK;
        }
        if (count == SR_CATALOG_PARENTS_MAX) {
            return sr_fail(err, SR_CORRUPT, "'%s': more than %d rows of 'parent' for one version",
                           sr_sqlite_path(db_of(c)), SR_CATALOG_PARENTS_MAX);
        }
        SR_TRY(grow((void **)&parents, count, sizeof *parents, err));
        SR_TRY(sr_sqlite_get_id(&rows, 0, &parents[count], err));
    }
}

static enum sr_status sqlite_document(struct sr_catalog *c, const struct sr_id *version,
                                      const char *name, struct sr_buf *out, struct sr_err *err)
{
    SR_CLEANUP(sr_sqlite_rows_end) struct sr_sqlite_rows rows = {0};
    struct sr_bytes body = {0};
    bool more = false;
    SR_TRY(sr_sqlite_start(db_of(c), SR_SQL_DOCUMENT,
                           SR_SQLITE_VALUES(sr_sqlite_id(version), sr_sqlite_text(name)), &rows,
                           err));
    SR_TRY(sr_sqlite_next(&rows, &more, err));
    if (!more) {
        return sr_fail(err, SR_NOT_FOUND, "the version has no document '%s'", name);
    }
    SR_TRY(sr_sqlite_view_blob(&rows, 0, 0, SR_CATALOG_DOCUMENT_BYTES_MAX, &body, err));
    enum sr_status status = sr_buf_append(out, body);
    return status == SR_OK ? SR_OK : sr_fail(err, status, "no room for the document '%s'", name);
}

static enum sr_status sqlite_documents(struct sr_catalog *c, const struct sr_id *version,
                                       struct sr_catalog_document **out, size_t *out_count,
                                       struct sr_err *err)
{
    SR_CLEANUP(sr_sqlite_rows_end) struct sr_sqlite_rows rows = {0};
    SR_CLEANUP(free_p) struct sr_catalog_document *documents = NULL;
    SR_TRY(sr_sqlite_start(db_of(c), SR_SQL_DOCUMENT_NAMES, SR_SQLITE_VALUES(sr_sqlite_id(version)),
                           &rows, err));
    for (size_t count = 0;; count++) {
        bool more = false;
        SR_TRY(sr_sqlite_next(&rows, &more, err));
        if (!more) {
            *out = SR_TAKE(documents);
            *out_count = count;
            return SR_OK;
        }
        if (count == SR_CATALOG_DOCUMENTS_MAX) {
            return sr_fail(err, SR_CORRUPT, "'%s': more than %d rows of 'document' for one version",
                           sr_sqlite_path(db_of(c)), SR_CATALOG_DOCUMENTS_MAX);
        }
        SR_TRY(grow((void **)&documents, count, sizeof *documents, err));
        SR_TRY(sr_sqlite_get_text(&rows, 0, 1, documents[count].name, sizeof documents[count].name,
                                  err));
    }
}

static enum sr_status sqlite_knows_object(struct sr_catalog *c, const struct sr_id *object,
                                          bool *out, struct sr_err *err)
{
    bool found = false;
    uint64_t count = 0;
    SR_TRY(ask_number(db_of(c), SR_SQL_OBJECT_KNOWN, SR_SQLITE_VALUES(sr_sqlite_id(object)), 1,
                      &found, &count, err));
    *out = count == 1;
    return SR_OK;
}

/* Acts and deeds. */

static enum sr_status sqlite_last_act(struct sr_catalog *c, uint64_t *out_seq,
                                      int64_t *out_time_utc_ms, struct sr_err *err)
{
    SR_CLEANUP(sr_sqlite_rows_end) struct sr_sqlite_rows rows = {0};
    bool found = false;
    uint64_t seq = 0;
    int64_t time_utc_ms = 0;
    SR_TRY(sr_sqlite_start(db_of(c), SR_SQL_ACT_LAST, NULL, 0, &rows, err));
    SR_TRY(sr_sqlite_next(&rows, &found, err));
    if (found) {
        SR_TRY(sr_sqlite_get_u64(&rows, 0, 1, INT64_MAX, &seq, err));
        SR_TRY(sr_sqlite_get_i64(&rows, 1, INT64_MIN, INT64_MAX, &time_utc_ms, err));
    }
    *out_seq = seq;
    *out_time_utc_ms = time_utc_ms;
    return SR_OK;
}

/* The eleven columns of every query for acts. */
static enum sr_status read_act(const struct sr_sqlite_rows *rows, struct sr_act_record *out,
                               struct sr_err *err)
{
    uint64_t refused = 0;
    uint64_t folds = 0;
    SR_TRY(sr_sqlite_get_u64(rows, 0, 1, INT64_MAX, &out->seq, err));
    SR_TRY(sr_sqlite_get_id(rows, 1, &out->id, err));
    SR_TRY(sr_sqlite_get_text(rows, 2, 1, out->verb, sizeof out->verb, err));
    SR_TRY(sr_sqlite_get_text(rows, 3, 1, out->actor, sizeof out->actor, err));
    SR_TRY(sr_sqlite_get_i64(rows, 4, INT64_MIN, INT64_MAX, &out->time_utc_ms, err));
    SR_TRY(sr_sqlite_get_blob(rows, 5, out->nonce, sizeof out->nonce, err));
    SR_TRY(sr_sqlite_get_u64(rows, 6, 0, 1, &refused, err));
    SR_TRY(sr_sqlite_get_text(rows, 7, 0, out->reason, sizeof out->reason, err));
    SR_TRY(sr_sqlite_get_u64(rows, 8, 0, 1, &folds, err));
    out->is_refused = refused == 1;
    out->folds = folds == 1;
    out->has_version = !sr_sqlite_is_null(rows, 9);
    out->has_request = !sr_sqlite_is_null(rows, 10);
    if (out->has_version) {
        SR_TRY(sr_sqlite_get_id(rows, 9, &out->version, err));
    }
    return out->has_request ? sr_sqlite_get_blob(rows, 10, out->request, sizeof out->request, err)
                            : SR_OK;
}

/* Start the walk that query asks for. */
static enum sr_status start_acts(struct sr_sqlite *db, const struct sr_acts_query *query,
                                 struct sr_sqlite_rows *rows, struct sr_err *err)
{
    struct sr_sqlite_value after = sr_sqlite_u64(query->after_seq);
    switch (query->which) {
    case SR_ACTS_ALL:
        return sr_sqlite_start(db, SR_SQL_ACTS, SR_SQLITE_VALUES(after), rows, err);
    case SR_ACTS_THAT_FOLD:
        return sr_sqlite_start(db, SR_SQL_ACTS_THAT_FOLD, SR_SQLITE_VALUES(after), rows, err);
    case SR_ACTS_THAT_GOVERN:
        return sr_sqlite_start(db, SR_SQL_ACTS_THAT_GOVERN, SR_SQLITE_VALUES(after), rows, err);
    case SR_ACTS_BY_ACTOR:
        return sr_sqlite_start(db, SR_SQL_ACTS_BY_ACTOR,
                               SR_SQLITE_VALUES(after, sr_sqlite_text(query->actor)), rows, err);
    case SR_ACTS_BY_VERSION:
        return sr_sqlite_start(db, SR_SQL_ACTS_BY_VERSION,
                               SR_SQLITE_VALUES(after, sr_sqlite_id(query->id)), rows, err);
    case SR_ACTS_BY_REQUEST:
        return sr_sqlite_start(
            db, SR_SQL_ACTS_BY_REQUEST,
            SR_SQLITE_VALUES(after, sr_sqlite_blob(query->request, SR_SHA256_BYTES)), rows, err);
    case SR_ACTS_BY_ID:
        return sr_sqlite_start(db, SR_SQL_ACTS_BY_ID,
                               SR_SQLITE_VALUES(after, sr_sqlite_id(query->id)), rows, err);
    case SR_ACTS_BY_NONCE:
        return sr_sqlite_start(db, SR_SQL_ACTS_BY_NONCE,
                               SR_SQLITE_VALUES(after, sr_sqlite_blob(query->nonce, SR_ID_BYTES)),
                               rows, err);
    }
    return sr_fail(err, SR_INTERNAL, "no such query");
}

/* Visit an act with its leaf, which rows holds meanwhile. */
static enum sr_status visit_leaf(struct sr_sqlite *db, struct sr_act_record *act,
                                 enum sr_status (*visit)(void *ctx, const struct sr_act_record *act,
                                                         struct sr_err *err),
                                 void *ctx, struct sr_err *err)
{
    SR_CLEANUP(sr_sqlite_rows_end) struct sr_sqlite_rows rows = {0};
    bool found = false;
    SR_TRY(sr_sqlite_start(db, SR_SQL_LEAF, SR_SQLITE_VALUES(sr_sqlite_u64(act->seq)), &rows, err));
    SR_TRY(sr_sqlite_next(&rows, &found, err));
    if (!found) {
        return sr_fail(err, SR_CORRUPT, "'%s': act %llu has no leaf", sr_sqlite_path(db),
                       (unsigned long long)act->seq);
    }
    SR_TRY(sr_sqlite_get_blob(&rows, 0, act->salt, sizeof act->salt, err));
    SR_TRY(sr_sqlite_view_blob(&rows, 1, 0, SR_CATALOG_ENTRY_BYTES_MAX, &act->entry, err));
    SR_TRY(sr_sqlite_view_blob(&rows, 2, 0, SR_CATALOG_ACT_BODY_BYTES_MAX, &act->body, err));
    return visit(ctx, act, err);
}

static enum sr_status out_of_order(struct sr_sqlite *db, const char *table, struct sr_err *err)
{
    return sr_fail(err, SR_CORRUPT, "'%s': %s.seq is out of order", sr_sqlite_path(db), table);
}

static enum sr_status
sqlite_acts(struct sr_catalog *c, const struct sr_acts_query *query,
            enum sr_status (*visit)(void *ctx, const struct sr_act_record *act, struct sr_err *err),
            void *ctx, struct sr_err *err)
{
    SR_CLEANUP(sr_sqlite_rows_end) struct sr_sqlite_rows rows = {0};
    struct sr_sqlite *db = db_of(c);
    if (query->after_seq >= INT64_MAX) {
        return SR_OK;
    }
    SR_TRY(start_acts(db, query, &rows, err));
    for (uint64_t last = query->after_seq;;) {
        struct sr_act_record act = {0};
        bool more = false;
        SR_TRY(sr_sqlite_next(&rows, &more, err));
        if (!more) {
            return SR_OK;
        }
        SR_TRY(read_act(&rows, &act, err));
        if (act.seq <= last) {
            return out_of_order(db, "act", err);
        }
        SR_TRY(query->with_leaves ? visit_leaf(db, &act, visit, ctx, err) : visit(ctx, &act, err));
        last = act.seq;
    }
}

static enum sr_status read_deed(const struct sr_sqlite_rows *rows, struct sr_deed_record *out,
                                struct sr_err *err)
{
    SR_TRY(sr_sqlite_get_u64(rows, 0, 1, INT64_MAX, &out->seq, err));
    SR_TRY(sr_sqlite_get_id(rows, 1, &out->id, err));
    SR_TRY(sr_sqlite_get_text(rows, 2, 1, out->verb, sizeof out->verb, err));
    SR_TRY(sr_sqlite_get_text(rows, 3, 1, out->actor, sizeof out->actor, err));
    SR_TRY(sr_sqlite_get_i64(rows, 4, INT64_MIN, INT64_MAX, &out->time_utc_ms, err));
    return sr_sqlite_view_blob(rows, 5, 0, SR_CATALOG_ACT_BODY_BYTES_MAX, &out->body, err);
}

static enum sr_status sqlite_deeds(struct sr_catalog *c, uint64_t after_seq,
                                   enum sr_status (*visit)(void *ctx,
                                                           const struct sr_deed_record *deed,
                                                           struct sr_err *err),
                                   void *ctx, struct sr_err *err)
{
    SR_CLEANUP(sr_sqlite_rows_end) struct sr_sqlite_rows rows = {0};
    if (after_seq >= INT64_MAX) {
        return SR_OK;
    }
    SR_TRY(sr_sqlite_start(db_of(c), SR_SQL_DEEDS, SR_SQLITE_VALUES(sr_sqlite_u64(after_seq)),
                           &rows, err));
    for (uint64_t last = after_seq;;) {
        struct sr_deed_record deed = {0};
        bool more = false;
        SR_TRY(sr_sqlite_next(&rows, &more, err));
        if (!more) {
            return SR_OK;
        }
        SR_TRY(read_deed(&rows, &deed, err));
        if (deed.seq <= last) {
            return out_of_order(db_of(c), "deed", err);
        }
        SR_TRY(visit(ctx, &deed, err));
        last = deed.seq;
    }
}

const struct sr_catalog_driver sr_catalog_sqlite = {
    .scheme = "sqlite",
    .summary = "one SQLite file",
    .create = sqlite_create,
    .open = sqlite_open,
    .close = sqlite_close,
    .room = sqlite_room,
    .reserve = sqlite_reserve,
    .file_sealed = sqlite_file_sealed,
    .put_document = sqlite_put_document,
    .commit_deposit = sqlite_commit_deposit,
    .drop_staged = sqlite_drop_staged,
    .append_acts = sqlite_append_acts,
    .put_text = sqlite_put_text,
    .rotate = sqlite_rotate,
    .groups = sqlite_groups,
    .versions = sqlite_versions,
    .versions_by_digest = sqlite_versions_by_digest,
    .version_by_id = sqlite_version_by_id,
    .files = sqlite_files,
    .slot = sqlite_slot,
    .parents = sqlite_parents,
    .document = sqlite_document,
    .documents = sqlite_documents,
    .knows_object = sqlite_knows_object,
    .text = sqlite_text,
    .last_act = sqlite_last_act,
    .acts = sqlite_acts,
    .deeds = sqlite_deeds,
};
