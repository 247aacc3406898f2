/* SPDX-License-Identifier: Apache-2.0 */
/* What comes in is what the policy allows of people whose keys are known; what is refused is on
 * record too, and what nobody is answerable for is not. */
#include "custody/submit.h"

#include <sys/syscall.h>
#include <time.h>

#include "custody/room_impl.h"
#include "tests/auditor.h"
#include "tests/check.h"
#include "tests/people.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/dev/shm/sr-submit-XXXXXX";

static const char POLICY[] = "policy \"test\"\n"
                             "role officer\n"
                             "role engineer\n"
                             "rule bring-in\n"
                             "    verbs deposit\n"
                             "    class any\n"
                             "    by engineer\n"
                             "rule use\n"
                             "    verbs use read\n"
                             "    class any\n"
                             "    by engineer\n"
                             "    needs 2 of officer\n"
                             "    for at most 8h\n"
                             "rule people\n"
                             "    verbs enrol policy rotate\n"
                             "    by officer\n";

enum { ADA, BEN, CLEO, EVE, PEOPLE };
static struct person people[PEOPLE] = {
    [ADA] = {.name = "ada", .roles = "officer"},
    [BEN] = {.name = "ben", .roles = "officer"},
    [CLEO] = {.name = "cleo", .roles = "engineer"},
    [EVE] = {.name = "eve", .roles = "engineer,officer"},
};

static struct sr_room *r;
static struct sr_catalog_version model;

/* The clock of this program, moved. */
static int64_t clock_shift_s;
int clock_gettime(clockid_t id, struct timespec *out) /* lint: callback */
{
    long failed = syscall(SYS_clock_gettime, id, out);
    if (id == CLOCK_REALTIME) {
        out->tv_sec += clock_shift_s;
    }
    return (int)failed;
}

struct seen {
    unsigned count;
    struct sr_act_record last;
};

static enum sr_status see(void *ctx, const struct sr_act_record *act, struct sr_err *err)
{
    struct seen *seen = ctx;
    (void)err;
    seen->count++;
    seen->last = *act;
    return SR_OK;
}

static struct seen acts(void)
{
    struct seen seen = {0};
    CHECK(sr_query_acts(r, 0, see, &seen, NULL) == SR_OK);
    return seen;
}

static bool is_refused_for(const char *slug)
{
    struct seen seen = acts();
    return seen.last.is_refused && strcmp(seen.last.reason, slug) == 0;
}

/* What the engineer asks for: the use of the model for an hour. */
static enum sr_status ask(const struct person *who, uint8_t out[SR_SHA256_BYTES],
                          struct sr_err *err)
{
    struct sr_act act = {.verb = SR_VERB_REQUEST};
    struct sr_custody_result result = {0};
    sr_act_set_word(&act, SR_FIELD_what, "use");
    sr_custody_about(&act, &model);
    sr_act_set_number(&act, SR_FIELD_lasts_ms, 3600000);
    enum sr_status status = sr_custody_do(r, &who->as, &act, model.digest, NULL, &result, err);
    memcpy(out, result.digest, SR_SHA256_BYTES);
    return status;
}

static enum sr_status review(const struct person *who, enum sr_verb verb,
                             const uint8_t request[SR_SHA256_BYTES], struct sr_err *err)
{
    struct sr_act act = {.verb = verb};
    sr_act_set_digest(&act, SR_FIELD_request, request);
    return sr_custody_do(r, &who->as, &act, NULL, NULL, NULL, err);
}

static enum sr_status use(const struct person *who, const uint8_t *request,
                          struct sr_permit **permit, struct sr_err *err)
{
    struct sr_custody_as as = who->as;
    as.request = request;
    sr_room_act_as(r, &as);
    enum sr_status status = room_act(r, SR_VERB_USE, &model, "/m", permit, err);
    sr_room_act_as(r, NULL);
    return status;
}

static void begins_with_its_people(void)
{
    const struct sr_state *state = NULL;
    CHECK(sr_custody_state(r, &state, NULL) == SR_OK);
    CHECK(state != NULL && sr_state_principal_count(state) == PEOPLE);
    CHECK(strcmp(sr_state_principal_at(state, CLEO)->name, "cleo") == 0);
    CHECK(acts().count == 2 && strcmp(acts().last.verb, "deposit") == 0);
    CHECK(strcmp(acts().last.actor, "cleo") == 0);
}

static void nobody_acts_alone(void)
{
    struct sr_err err = {0};
    uint8_t request[SR_SHA256_BYTES];
    struct sr_permit *permit = NULL;
    unsigned before = acts().count;
    CHECK(use(&people[CLEO], NULL, &permit, &err) == SR_DENIED);
    CHECK(strstr(err.message, "use 'model@1': the rule needs an approved request") != NULL);
    CHECK(acts().count == before + 1 && is_refused_for("needs-request"));
    CHECK(ask(&people[CLEO], request, &err) == SR_OK);
    CHECK(use(&people[CLEO], request, &permit, &err) == SR_PENDING);
    CHECK(acts().count == before + 2); /* what is not decided yet is not recorded */
    CHECK(review(&people[ADA], SR_VERB_APPROVE, request, &err) == SR_OK);
    CHECK(use(&people[CLEO], request, &permit, &err) == SR_PENDING);
    CHECK(review(&people[ADA], SR_VERB_APPROVE, request, &err) == SR_CONFLICT);
    CHECK(is_refused_for("reviewed-already"));
    CHECK(review(&people[BEN], SR_VERB_APPROVE, request, &err) == SR_OK);
    CHECK(permit == NULL);
    CHECK(use(&people[EVE], request, &permit, &err) == SR_DENIED); /* it is not hers */
    CHECK(is_refused_for("not-the-requester"));
    CHECK(use(&people[CLEO], request, &permit, &err) == SR_OK);
    CHECK(permit != NULL && sr_permit_seq(permit) == acts().last.seq);
    CHECK(acts().last.has_request && memcmp(acts().last.request, request, 32) == 0);
    sr_permit_free(SR_TAKE(permit));
    CHECK(use(&people[CLEO], NULL, &permit, &err) == SR_OK); /* it finds what was granted */
    CHECK(acts().last.has_request);
    CHECK(sr_custody_served(r, permit, 1000, 1, &err) == SR_OK);
    CHECK(acts().last.has_request && strcmp(acts().last.verb, "served") == 0);
    const struct sr_state *state = NULL;
    CHECK(sr_custody_state(r, &state, NULL) == SR_OK);
    CHECK(sr_state_request(state, request)->bytes_served == 1000);
    sr_permit_free(permit);
}

static void nobody_approves_their_own(void)
{
    uint8_t request[SR_SHA256_BYTES];
    CHECK(ask(&people[EVE], request, NULL) == SR_OK);
    CHECK(review(&people[EVE], SR_VERB_APPROVE, request, NULL) == SR_DENIED);
    CHECK(is_refused_for("self-approval"));
}

/* An act as it would come in from outside, drafted and signed. */
static struct sr_buf *make(const struct person *who, struct sr_act *act,
                           void (*alter)(struct sr_act *act))
{
    char name[SR_ACT_SUBJECT_NAME_BYTES];
    struct sr_act_name subject;
    struct sr_buf *out = NULL;
    CHECK(sr_custody_draft(r, who->name, act, NULL, name, &subject, NULL) == SR_OK);
    if (alter != NULL) {
        alter(act);
    }
    CHECK(sr_buf_new(SR_ENVELOPE_BYTES_MAX, &out) == SR_OK);
    CHECK(sr_envelope_make(act, who->signer, out, NULL, NULL) == SR_OK);
    return out;
}

static struct sr_act withdrawal(const uint8_t *request)
{
    struct sr_act act = {.verb = SR_VERB_WITHDRAW};
    sr_act_set_digest(&act, SR_FIELD_request, request);
    return act;
}

static void takes_an_act_once(void)
{
    struct sr_err err = {0};
    uint8_t request[SR_SHA256_BYTES];
    CHECK(ask(&people[CLEO], request, NULL) == SR_OK);
    struct sr_act act = withdrawal(request);
    SR_AUTO(sr_buf) envelope = make(&people[CLEO], &act, NULL);
    struct sr_custody_result result = {0};
    CHECK(sr_custody_submit(r, sr_buf_view(envelope), NULL, &result, &err) == SR_OK);
    CHECK(result.seq == acts().last.seq);
    unsigned before = acts().count;
    CHECK(sr_custody_submit(r, sr_buf_view(envelope), NULL, &result, &err) == SR_CONFLICT);
    CHECK(strstr(err.message, "made before") != NULL && acts().count == before);
}

static uint8_t used_nonce[SR_ACT_NONCE_BYTES];
static void reuse_nonce(struct sr_act *act)
{
    memcpy(act->nonce, used_nonce, sizeof used_nonce);
}

/* Also that of an act which changed nothing, after the program has forgotten it. */
static void takes_a_nonce_once(void)
{
    struct sr_permit *permit = NULL;
    uint8_t request[SR_SHA256_BYTES];
    CHECK(use(&people[CLEO], NULL, &permit, NULL) == SR_OK);
    CHECK(sr_custody_opened(r, permit, "config.json", NULL) == SR_OK);
    sr_permit_free(permit);
    memcpy(used_nonce, acts().last.nonce, sizeof used_nonce);
    CHECK(sr_custody_publish(r, 0, NULL) == SR_OK);
    sr_room_free(r);
    r = room_open(scratch_dir, "room");
    CHECK(ask(&people[CLEO], request, NULL) == SR_OK);
    struct sr_act act = withdrawal(request);
    SR_AUTO(sr_buf) envelope = make(&people[CLEO], &act, reuse_nonce);
    CHECK(sr_custody_submit(r, sr_buf_view(envelope), NULL, NULL, NULL) == SR_CONFLICT);
    CHECK(is_refused_for("replayed"));
}

static void records_nothing_that_nobody_signed(void)
{
    struct sr_err err = {0};
    struct person stranger = {.name = "cleo", .signer = people_key(77)};
    uint8_t request[SR_SHA256_BYTES];
    CHECK(ask(&people[CLEO], request, NULL) == SR_OK);
    unsigned before = acts().count;
    struct sr_act act = withdrawal(request);
    SR_AUTO(sr_buf) strange = make(&stranger, &act, NULL);
    CHECK(sr_custody_submit(r, sr_buf_view(strange), NULL, NULL, &err) == SR_UNTRUSTED);
    CHECK(strstr(err.message, "nobody's") != NULL);
    SR_AUTO(sr_buf) good = make(&people[CLEO], &act, NULL);
    SR_AUTO(sr_buf) bad = NULL;
    struct sr_bytes view = sr_buf_view(good);
    char *copy = strndup((const char *)view.ptr, view.len);
    char *sig = strstr(copy, "\"sig\":\"");
    CHECK(sig != NULL);
    sig[10] = sig[10] == 'A' ? 'B' : 'A';
    CHECK(sr_buf_new(SR_ENVELOPE_BYTES_MAX, &bad) == SR_OK);
    CHECK(sr_buf_append(bad, sr_bytes(copy, view.len)) == SR_OK);
    free(copy);
    CHECK(sr_custody_submit(r, sr_buf_view(bad), NULL, NULL, &err) == SR_UNTRUSTED);
    CHECK(sr_custody_submit(r, sr_text_view("{}"), NULL, NULL, &err) == SR_MALFORMED);
    CHECK(acts().count == before);
    /* Somebody who is known, in another's name: that is on record. */
    people[ADA].as.name = "ben";
    CHECK(review(&people[ADA], SR_VERB_DENY, request, &err) == SR_UNTRUSTED);
    people[ADA].as.name = "ada";
    CHECK(is_refused_for("not-actors-key"));
    sr_act_signer_free(stranger.signer);
}

static void claim_another_ledger(struct sr_act *act)
{
    act->ledger_size = act->ledger_size == 0 ? 1 : act->ledger_size;
    act->ledger_root[5] ^= 1;
}

static void claim_a_longer_ledger(struct sr_act *act)
{
    act->ledger_size = 1000000;
}

static void claim_another_room(struct sr_act *act)
{
    act->room.bytes[0] ^= 1;
}

static void refuses_what_was_made_of_something_else(void)
{
    static const struct {
        void (*alter)(struct sr_act *act);
        enum sr_status status;
        const char *slug;
    } CASES[] = {
        {claim_another_ledger, SR_UNTRUSTED, "other-ledger"},
        {claim_a_longer_ledger, SR_UNTRUSTED, "other-ledger"},
        {claim_another_room, SR_DENIED, "other-room"},
    };
    uint8_t request[SR_SHA256_BYTES];
    CHECK(ask(&people[CLEO], request, NULL) == SR_OK);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct sr_act act = withdrawal(request);
        SR_AUTO(sr_buf) envelope = make(&people[CLEO], &act, CASES[i].alter);
        struct sr_custody_result result = {0};
        struct sr_err err = {0};
        enum sr_status status = sr_custody_submit(r, sr_buf_view(envelope), NULL, &result, &err);
        if (status != CASES[i].status) {
            printf("# %zu: %s\n", i, err.message);
        }
        CHECK(status == CASES[i].status && is_refused_for(CASES[i].slug));
        CHECK(result.seq == acts().last.seq && result.decision.ruling == SR_RULING_DENY);
    }
}

static void refuses_a_clock_that_goes_back(void)
{
    struct sr_err err = {0};
    uint8_t request[SR_SHA256_BYTES];
    unsigned before = acts().count;
    clock_shift_s = -3600;
    CHECK(ask(&people[CLEO], request, &err) == SR_CONFLICT);
    CHECK(strstr(err.message, "clock") != NULL && acts().count == before);
    clock_shift_s = 0;
    CHECK(ask(&people[CLEO], request, &err) == SR_OK);
}

static void keeps_texts(void)
{
    uint8_t digest[SR_SHA256_BYTES];
    SR_AUTO(sr_buf) out = NULL;
    static uint8_t big[SR_CATALOG_TEXT_BYTES_MAX + 1];
    CHECK(sr_custody_put_text(r, sr_bytes(big, sizeof big), digest, NULL) == SR_TOO_LARGE);
    CHECK(sr_custody_put_text(r, sr_bytes(big, sizeof big - 1), digest, NULL) == SR_OK);
    CHECK(sr_custody_put_text(r, sr_text_view("a report"), digest, NULL) == SR_OK);
    CHECK(sr_buf_new(64, &out) == SR_OK && sr_custody_text(r, digest, out, NULL) == SR_OK);
    CHECK(sr_text_equal(sr_buf_view(out), sr_text_view("a report")));
    digest[0] ^= 1;
    CHECK(sr_custody_text(r, digest, out, NULL) == SR_NOT_FOUND);
}

static void changes_its_policy(void)
{
    char text[sizeof POLICY + 64];
    uint8_t digest[SR_SHA256_BYTES];
    struct sr_act act = {.verb = SR_VERB_POLICY};
    const struct sr_state *state = NULL;
    (void)snprintf(text, sizeof text, "%s# another one\n", POLICY);
    CHECK(sr_custody_put_text(r, sr_text_view(text), digest, NULL) == SR_OK);
    sr_act_set_digest(&act, SR_FIELD_policy, digest);
    struct sr_err err = {0};
    CHECK(sr_custody_do(r, &people[CLEO].as, &act, digest, NULL, NULL, &err) == SR_DENIED);
    enum sr_status status = sr_custody_do(r, &people[ADA].as, &act, digest, NULL, NULL, &err);
    if (status != SR_OK) {
        printf("# %s\n", err.message);
    }
    CHECK(status == SR_OK);
    CHECK(sr_custody_state(r, &state, NULL) == SR_OK);
    CHECK(memcmp(sr_state_policy(state)->digest, digest, sizeof digest) == 0);
    struct sr_moment moment = {0};
    CHECK(sr_custody_moment(r, &moment, NULL) == SR_OK);
    CHECK(moment.now_utc_ms > 0 && moment.witnessed == 0);
}

/* Nobody but people with keys acts in a room that has some: not even who unlocks it. */
static void the_rooms_key_gives_no_rights(void)
{
    struct sr_err err = {0};
    CHECK(room_act(r, SR_VERB_USE, &model, "/m", NULL, &err) == SR_DENIED ||
          err.status == SR_UNAUTHENTICATED);
    CHECK(acts().last.is_refused);
}

static bool deposit(void)
{
    struct sr_err err = {0};
    struct sr_deposit_result result = {0};
    room_make_model(scratch_dir, "source", 1);
    sr_room_act_as(r, &people[CLEO].as);
    enum sr_status status =
        room_deposit(r, room_path(scratch_dir, "source"), "model", 0, &result, &err);
    sr_room_act_as(r, NULL);
    if (status != SR_OK) {
        printf("# %s\n", err.message);
    }
    model = result.version;
    return status == SR_OK;
}

/* All of it, refusals too, follows from the policies for who has only the pack. */
static void an_auditor_agrees(void)
{
    CHECK(auditor_agrees(r));
}

int main(void)
{
    if (!room_scratch(scratch_dir)) {
        return 1;
    }
    r = people_room(scratch_dir, "room", people, PEOPLE, POLICY);
    if (!deposit()) {
        return 1;
    }
    RUN(begins_with_its_people);
    RUN(nobody_acts_alone);
    RUN(nobody_approves_their_own);
    RUN(takes_an_act_once);
    RUN(takes_a_nonce_once);
    RUN(records_nothing_that_nobody_signed);
    RUN(refuses_what_was_made_of_something_else);
    RUN(refuses_a_clock_that_goes_back);
    RUN(keeps_texts);
    RUN(the_rooms_key_gives_no_rights);
    RUN(changes_its_policy);
    RUN(an_auditor_agrees);
    sr_room_free(r);
    people_clear(people, PEOPLE);
    scratch_remove(scratch_dir);
    return check_done();
}
