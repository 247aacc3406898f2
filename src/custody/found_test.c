/* SPDX-License-Identifier: Apache-2.0 */
/* A room begins with one act, signed by its own key, or it does not begin. */
#include "custody/found.h"

#include "custody/book.h"
#include "tests/check.h"
#include "tests/people.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/dev/shm/sr-found-XXXXXX";

static enum sr_status create(const char *name, const struct sr_room_founding *founding,
                             struct sr_err *err)
{
    SR_AUTO(sr_secret) passphrase = room_secret(ROOM_PASSPHRASE);
    return sr_room_create(room_path(scratch_dir, name), ROOM_ACTOR, passphrase, founding, err);
}

static enum sr_status see(void *ctx, const struct sr_act_record *act, struct sr_err *err)
{
    (void)err;
    *(bool *)ctx = act->seq == 1 && strcmp(act->verb, "init") == 0 &&
                   strcmp(act->actor, ROOM_ACTOR) == 0 && !act->is_refused;
    return SR_OK;
}

static void alone_whoever_unlocks_it_may_act(void)
{
    SR_AUTO(sr_room) r = NULL;
    struct sr_err err = {0};
    struct sr_book_session s = {0};
    bool is_init = false;
    CHECK(create("alone", NULL, &err) == SR_OK);
    r = room_open(scratch_dir, "alone");
    CHECK(sr_query_acts(r, 0, see, &is_init, &err) == SR_OK && is_init);
    CHECK(sr_book_open(r, &s, &err) == SR_OK);
    CHECK(sr_text_equal(sr_state_policy(s.book->state)->name, sr_text_view("local")));
    CHECK(sr_log_size(s.log) == 1 && sr_log_published(s.log) == 1 && s.can_sign);
    CHECK(sr_state_principal_count(s.book->state) == 0);
    CHECK(strcmp(sr_act_key_fingerprint(sr_state_room_key(s.book->state)),
                 sr_act_key_fingerprint(s.book->signer->key)) == 0);
    sr_book_close(&s);
}

static void what_cannot_be_a_room_is_not_made(void)
{
    struct sr_err err = {0};
    static const char HALF[] = "policy \"x\"\nrole officer\nrule r\n    verbs use\n    by nobody\n";
    const struct sr_bytes nobody = sr_text_view("ada");
    struct sr_room_founding founding = {.policy = sr_text_view(HALF)};
    CHECK(create("bad", &founding, &err) == SR_MALFORMED);
    CHECK(strstr(err.message, "line ") != NULL);
    founding = (struct sr_room_founding){.roster = &nobody, .roster_count = 1};
    CHECK(create("bad", &founding, &err) != SR_OK);
    CHECK(access(room_path(room_path(scratch_dir, "bad"), "room.json"), F_OK) != 0);
    CHECK(access(room_path(room_path(scratch_dir, "bad"), "ledger"), F_OK) != 0);
    CHECK(create("bad", NULL, &err) == SR_OK); /* the folder can still become one */
}

int main(void)
{
    if (!room_scratch(scratch_dir)) {
        return 1;
    }
    RUN(alone_whoever_unlocks_it_may_act);
    RUN(what_cannot_be_a_room_is_not_made);
    scratch_remove(scratch_dir);
    return check_done();
}
