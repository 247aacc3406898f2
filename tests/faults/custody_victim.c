/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program for custody_crash_test.c to kill: one operation on a room.
 *
 *     custody_victim init ROOM
 *     custody_victim deposit ROOM SOURCE NAME
 *     custody_victim export ROOM REF DIR
 *     custody_victim rotate ROOM              to the other passphrase
 *     custody_victim has ROOM REF             whether that is in custody
 *     custody_victim check ROOM               everything in custody verifies, nothing is left over
 *
 * Exits with 0, or with 10 and a message when the operation failed as it should: with an error.
 */
#include <stdio.h>
#include <string.h>

#include "base/folder.h"
#include "custody/export.h"
#include "custody/rotate.h"
#include "custody/scrub.h"
#include "custody/verify.h"
#include "tests/room.h"

/* Open with whichever passphrase it has now. */
static enum sr_status open_any(const char *dir, struct sr_room **out, bool *out_is_new,
                               struct sr_err *err)
{
    SR_AUTO(sr_secret) old = room_secret(ROOM_PASSPHRASE);
    SR_AUTO(sr_secret) new = room_secret(ROOM_PASSPHRASE_NEW);
    enum sr_status status = sr_room_open(dir, ROOM_ACTOR, old, out, err);
    *out_is_new = status == SR_UNAUTHENTICATED;
    return *out_is_new ? sr_room_open(dir, ROOM_ACTOR, new, out, err) : status;
}

static enum sr_status run_init(char **argv, struct sr_err *err)
{
    SR_AUTO(sr_secret) passphrase = room_secret(ROOM_PASSPHRASE);
    return sr_room_create(argv[0], ROOM_ACTOR, passphrase, NULL, err);
}

static enum sr_status run_deposit(struct sr_room *r, char **argv, struct sr_err *err)
{
    struct sr_deposit_result result;
    return room_deposit(r, argv[1], argv[2], 0, &result, err);
}

static enum sr_status run_export(struct sr_room *r, char **argv, struct sr_err *err)
{
    struct sr_catalog_version version;
    SR_TRY(room_resolve(r, argv[1], &version, err));
    struct sr_export_params params = {.version = version.id, .dir = argv[2], .threads = 2};
    struct sr_export_result result;
    return sr_export(r, &params, &result, err);
}

static enum sr_status run_rotate(struct sr_room *r, bool is_new, struct sr_err *err)
{
    SR_AUTO(sr_secret) now = room_secret(is_new ? ROOM_PASSPHRASE_NEW : ROOM_PASSPHRASE);
    SR_AUTO(sr_secret) next = room_secret(is_new ? ROOM_PASSPHRASE : ROOM_PASSPHRASE_NEW);
    struct sr_rotate_result result;
    return sr_rotate(r, now, next, &result, err);
}

static enum sr_status check_deposits(struct sr_room *r, struct sr_err *err)
{
    SR_CLEANUP(room_free_interrupted) struct sr_query_interrupted *list = NULL;
    size_t count = 0;
    SR_TRY(sr_query_interrupted(r, &list, &count, err));
    return count == 0 ? SR_OK : sr_fail(err, SR_CONFLICT, "%zu deposits are interrupted", count);
}

/* A signature for each version and nothing else. */
static enum sr_status count_signature(void *ctx, const char *name, struct sr_err *err)
{
    size_t *count = ctx;
    *count += 1;
    size_t len = strlen(name);
    return len == 36 && strcmp(name + 32, ".sig") == 0
               ? SR_OK
               : sr_fail(err, SR_CONFLICT, "'%s' is left among the signatures", name);
}

static enum sr_status check_signatures(const struct sr_room *r, size_t versions, struct sr_err *err)
{
    SR_AUTO_FD fd = -1;
    size_t count = 0;
    enum sr_status status =
        sr_folder_open(AT_FDCWD, room_path(sr_room_dir(r), "signatures"), &fd, err);
    if (status != SR_NOT_FOUND) {
        SR_TRY(status);
        SR_TRY(sr_folder_list(fd, count_signature, &count, err));
    }
    return count == versions
               ? SR_OK
               : sr_fail(err, SR_CONFLICT, "%zu signatures of %zu versions", count, versions);
}

/* The ledger has what the catalog has: opening the book replays and compares both. */
static enum sr_status check_acts(struct sr_room *r, size_t versions, struct sr_err *err)
{
    const struct sr_state *state = NULL;
    SR_TRY(sr_custody_state(r, &state, err));
    SR_TRY(sr_custody_publish(r, 0, err));
    return sr_state_version_count(state) == versions
               ? SR_OK
               : sr_fail(err, SR_CONFLICT, "acts took %zu versions into custody, not %zu",
                         sr_state_version_count(state), versions);
}

static enum sr_status run_check(struct sr_room *r, struct sr_err *err)
{
    SR_TRY(check_deposits(r, err));
    SR_CLEANUP(room_free_versions) struct sr_catalog_version *versions = NULL;
    size_t count = 0;
    SR_TRY(sr_query_versions(r, NULL, &versions, &count, err));
    for (size_t i = 0; i < count; i++) {
        struct sr_verify_params verify = {.version = versions[i].id};
        struct sr_verify_result verified;
        SR_TRY(sr_verify(r, &verify, &verified, err));
        if (!verified.is_signed) {
            return sr_fail(err, SR_CONFLICT, "version %zu is not signed", i);
        }
    }
    SR_TRY(check_signatures(r, count, err));
    SR_TRY(check_acts(r, count, err));
    struct sr_scrub_params params = {0};
    struct sr_scrub_totals totals;
    SR_TRY(sr_scrub_room(r, &params, &totals, err));
    if (totals.orphans != 0 || totals.strays != 0) {
        return sr_fail(err, SR_CONFLICT, "%llu orphans and %llu strays are in the store",
                       (unsigned long long)totals.orphans, (unsigned long long)totals.strays);
    }
    return SR_OK;
}

static enum sr_status run_in_room(int argc, char **argv, struct sr_room *r, bool is_new,
                                  struct sr_err *err)
{
    const char *verb = argv[1];
    if (argc == 5 && strcmp(verb, "deposit") == 0) {
        return run_deposit(r, argv + 2, err);
    }
    if (argc == 5 && strcmp(verb, "export") == 0) {
        return run_export(r, argv + 2, err);
    }
    if (argc == 4 && strcmp(verb, "has") == 0) {
        struct sr_catalog_version version;
        return room_resolve(r, argv[3], &version, err);
    }
    if (argc == 3 && strcmp(verb, "rotate") == 0) {
        return run_rotate(r, is_new, err);
    }
    return argc == 3 && strcmp(verb, "check") == 0 ? run_check(r, err)
                                                   : sr_fail(err, SR_USAGE, "what?");
}

static enum sr_status run(int argc, char **argv, struct sr_err *err)
{
    if (argc == 3 && strcmp(argv[1], "init") == 0) {
        return run_init(argv + 2, err);
    }
    SR_AUTO(sr_room) r = NULL;
    bool is_new = false;
    SR_TRY(open_any(argv[2], &r, &is_new, err));
    return run_in_room(argc, argv, r, is_new, err);
}

int main(int argc, char **argv)
{
    struct sr_err err = {0};
    if (argc < 3) {
        return 1;
    }
    enum sr_status status = run(argc, argv, &err);
    if (status != SR_OK) {
        (void)fprintf(stderr, "%s: %s\n", sr_status_info(status)->slug, err.message);
    }
    return status == SR_OK ? 0 : 10;
}
