/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_STORE_MIGRATE_H
#define SR_STORE_MIGRATE_H

#include "store/sqlite.h"

/*
 * Bring a catalog's schema up to date: forward only, in order, each with its checksum, all in one
 * transaction, after a backup. The catalog's own table of applied migrations is hostile.
 */

/*
 * Compare what has been applied with the list. count of them are known, in order, from 1.
 *
 * errors  CORRUPT      one that was applied is not the one we know under its number
 *         UNSUPPORTED  one that was applied is later than all we know
 *         (and those of store/sqlite.h)
 */
enum sr_status sr_migrate_check(struct sr_sqlite *db, const struct sr_sql_migration *list,
                                size_t count, size_t *out_applied, struct sr_err *err) SR_MUST_USE;

/* Apply those after the first `applied`, inside the caller's transaction. */
enum sr_status sr_migrate_apply(struct sr_sqlite *db, const struct sr_sql_migration *list,
                                size_t count, size_t applied, struct sr_err *err) SR_MUST_USE;

/*
 * Check, and if any are missing copy the file to "<path>.before-<name of the first one>" and apply
 * them. Of several processes that try, one does it and the others find it done.
 */
enum sr_status sr_migrate_run(struct sr_sqlite *db, const struct sr_sql_migration *list,
                              size_t count, struct sr_err *err) SR_MUST_USE;

#endif /* SR_STORE_MIGRATE_H */
