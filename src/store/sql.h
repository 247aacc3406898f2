/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_STORE_SQL_H
#define SR_STORE_SQL_H

#include <stddef.h>
#include <stdint.h>

/*
 * The form in which tools/sqlgen hands SQL to a driver: <engine>.gen.h has an enum sr_sql of all
 * statements, the table sr_sql_statements[], the table sr_sql_migrations[] and a string
 * sr_sql_script_<name> for each script. All trusted and static.
 */

struct sr_sql_statement {
    const char *name;
    const char *text;          /* one statement, without ';' */
    unsigned parameters;       /* $1 .. $<parameters> */
    unsigned columns;          /* of its result */
    const char *const *column; /* how each is called: "version.id" */
};

struct sr_sql_migration {
    unsigned number; /* 1, 2, ... */
    const char *name;
    const char *text;   /* any number of statements */
    uint8_t sha256[32]; /* of its file */
};

#endif /* SR_STORE_SQL_H */
