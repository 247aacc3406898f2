/* SPDX-License-Identifier: Apache-2.0 */
/* A room is made whole or not at all, in a folder of its own, readable by nobody else. */
#include <ftw.h>
#include <sys/wait.h>

#include "custody/submit.h"
#include "tests/check.h"
#include "tests/room.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/dev/shm/sr-create-XXXXXX";
static struct sr_secret *passphrase;

static unsigned open_to_others; /* how many files are */

static int look_at(const char *path, const struct stat *st, int type,
                   struct FTW *at) /* lint: callback */
{
    (void)path;
    (void)type;
    (void)at;
    open_to_others += (st->st_mode & 077) != 0;
    return 0;
}

static enum sr_status create(const char *dir, struct sr_err *err)
{
    return sr_room_create(dir, ROOM_ACTOR, passphrase, NULL, err);
}

static bool opens(const char *dir)
{
    SR_AUTO(sr_room) r = NULL;
    struct sr_err err = {0};
    if (sr_room_open(dir, ROOM_ACTOR, passphrase, &r, &err) != SR_OK) {
        printf("# %s\n", err.message);
        return false;
    }
    return true;
}

static enum sr_status note_act(void *ctx, const struct sr_act_record *act, struct sr_err *err)
{
    (void)err;
    char *verb = ctx;
    CHECK(act->seq == 1 && strcmp(act->actor, ROOM_ACTOR) == 0);
    memcpy(verb, act->verb, sizeof act->verb);
    return SR_OK;
}

static void makes_a_room(void)
{
    struct sr_err err = {0};
    const char *dir = room_path(scratch_dir, "new");
    CHECK(create(dir, &err) == SR_OK);
    CHECK(opens(dir));
    open_to_others = 0;
    CHECK(nftw(dir, look_at, 16, FTW_PHYS) == 0);
    CHECK(open_to_others == 0);
    SR_AUTO(sr_room) r = NULL;
    char verb[32] = "";
    CHECK(sr_room_open(dir, ROOM_ACTOR, NULL, &r, &err) == SR_OK);
    CHECK(sr_query_acts(r, 0, note_act, verb, &err) == SR_OK && strcmp(verb, "init") == 0);
}

static void takes_an_empty_folder(void)
{
    struct sr_err err = {0};
    struct stat st;
    room_mkdir(scratch_dir, "empty");
    CHECK(chmod(room_path(scratch_dir, "empty"), 0755) == 0);
    CHECK(create(room_path(scratch_dir, "empty"), &err) == SR_OK);
    CHECK(stat(room_path(scratch_dir, "empty"), &st) == 0 && (st.st_mode & 07777) == 0700);
    CHECK(opens(room_path(scratch_dir, "empty")));
}

static void refuses_what_is_there(void)
{
    struct sr_err err = {0};
    CHECK(create(room_path(scratch_dir, "new"), &err) == SR_CONFLICT);
    CHECK(strstr(err.message, "room") != NULL);
    CHECK(opens(room_path(scratch_dir, "new")));

    room_mkdir(scratch_dir, "full");
    room_write(room_path(scratch_dir, "full"), "thesis.txt", "x", 1);
    CHECK(create(room_path(scratch_dir, "full"), &err) == SR_CONFLICT);
    CHECK(strstr(err.message, "thesis.txt") != NULL);
    CHECK(room_same_file(room_path(scratch_dir, "full"), "thesis.txt",
                         room_path(scratch_dir, "full"), "thesis.txt"));

    /* A room whose room.json was lost must not be taken for an unfinished one. */
    CHECK(create(room_path(scratch_dir, "lost"), &err) == SR_OK);
    CHECK(unlink(room_path(scratch_dir, "lost/room.json")) == 0);
    CHECK(create(room_path(scratch_dir, "lost"), &err) == SR_CONFLICT);
    CHECK(access(room_path(scratch_dir, "lost/keys/root.key"), F_OK) == 0);

    CHECK(create(room_path(scratch_dir, "no/parent"), &err) == SR_NOT_FOUND);
    CHECK(sr_room_create(room_path(scratch_dir, "actor"), "", passphrase, NULL, &err) ==
          SR_MALFORMED);
    CHECK(access(room_path(scratch_dir, "actor"), F_OK) != 0);
}

static void finishes_an_unfinished_one(void)
{
    struct sr_err err = {0};
    room_mkdir(scratch_dir, "half");
    const char *half = room_path(scratch_dir, "half");
    room_write(half, "room.json.unfinished", "", 0);
    room_mkdir(half, "keys");
    room_write(half, "keys/root.key", "rubbish", 7);
    room_write(half, "catalog.db", "rubbish", 7);
    room_mkdir(half, "blobs");
    CHECK(create(half, &err) == SR_OK);
    CHECK(opens(half));
}

static void lets_one_of_two_win(void)
{
    const char *dir = room_path(scratch_dir, "race");
    pid_t children[3];
    for (size_t i = 0; i < 3; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            /* Secrets do not survive a fork. */
            SR_AUTO(sr_secret) own = room_secret(ROOM_PASSPHRASE);
            enum sr_status status = sr_room_create(dir, ROOM_ACTOR, own, NULL, NULL);
            _exit(status == SR_OK ? 0 : status == SR_CONFLICT || status == SR_BUSY ? 1 : 2);
        }
    }
    unsigned won = 0;
    for (size_t i = 0; i < 3; i++) {
        int ended = 0;
        CHECK(waitpid(children[i], &ended, 0) == children[i] && WIFEXITED(ended));
        CHECK(WEXITSTATUS(ended) != 2);
        won += WEXITSTATUS(ended) == 0;
    }
    CHECK(won == 1);
    CHECK(opens(dir));
}

int main(void)
{
    if (!room_scratch(scratch_dir)) {
        return 1;
    }
    passphrase = room_secret(ROOM_PASSPHRASE);
    RUN(makes_a_room);
    RUN(takes_an_empty_folder);
    RUN(refuses_what_is_there);
    RUN(finishes_an_unfinished_one);
    RUN(lets_one_of_two_win);
    sr_secret_free(passphrase);
    scratch_remove(scratch_dir);
    return check_done();
}
