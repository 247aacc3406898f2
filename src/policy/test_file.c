/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/test_file.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/parse_impl.h"
#include "policy/people.h"
#include "policy/test_room.h"

#define MINUTE_MS ((int64_t)60 * 1000)
#define DAY_MS (24 * 60 * MINUTE_MS)
/* When nothing else is said: in the middle of the week and the day. */
#define USUAL_UTC_MS (SR_TEST_MONDAY_UTC_MS + 2 * DAY_MS + DAY_MS / 2)
enum { REVIEWERS_MAX = 16 };

struct runner {
    struct sr_policy_parser pr;
    struct sr_test_cast cast;
    struct sr_test_ask last; /* the request that "with" goes on from */
    bool has_last;
    size_t reviewers;
    const struct sr_test_principal *reviewer[REVIEWERS_MAX];
    bool denies;      /* "with denial of" */
    int64_t after_ms; /* between the reviews and the act */
    unsigned witnesses;
    int64_t witnessed[SR_POLICY_WITNESSES_MAX];
    struct sr_test_case result;
    struct sr_test_summary summary;
    void (*seen)(void *ctx, const struct sr_test_case *result);
    void *ctx;
};

static enum sr_status bad(struct runner *r, const struct sr_policy_word *word, const char *why)
{
    return sr_policy_at(
        &r->pr, word, sr_fail(r->pr.err, SR_MALFORMED, "'%s' %s", sr_quote(word->text).text, why));
}

static const struct sr_policy_word *taken(const struct runner *r)
{
    return &r->pr.word[r->pr.at - 1];
}

/* A word as it stands; what it may be is for whoever uses it. */
static enum sr_status take_text(struct runner *r, const char *what, char *out, size_t room)
{
    const struct sr_policy_word *word = NULL;
    SR_TRY(sr_policy_next(&r->pr, what, &word));
    if (word->text.len >= room) {
        return bad(r, word, "is too long");
    }
    memcpy(out, word->text.ptr, word->text.len);
    out[word->text.len] = '\0';
    return SR_OK;
}

static const struct sr_test_principal *find(const struct runner *r, struct sr_bytes name)
{
    for (size_t i = 0; i < r->cast.principals; i++) {
        if (sr_text_equal(name, sr_text_view(r->cast.principal[i].name))) {
            return &r->cast.principal[i];
        }
    }
    return NULL;
}

static enum sr_status take_principal(struct runner *r, const struct sr_test_principal **out)
{
    const struct sr_policy_word *word = NULL;
    SR_TRY(sr_policy_next(&r->pr, "somebody's name", &word));
    *out = find(r, word->text);
    return *out != NULL ? SR_OK : bad(r, word, "is nobody who is named above");
}

/* Roles as long as there are some: other words may follow. */
static enum sr_status take_roles(struct runner *r, struct sr_policy_list *out)
{
    uint8_t role = 0;
    while (sr_policy_more(&r->pr) &&
           sr_policy_find_role(r->pr.p, r->pr.word[r->pr.at].text, &role)) {
        if (memchr(out->index, role, out->count) != NULL || out->count == SR_POLICY_LIST_MAX) {
            return bad(r, &r->pr.word[r->pr.at], "is there twice, or one too many");
        }
        out->index[out->count++] = role;
        r->pr.at++;
    }
    return SR_OK;
}

static enum sr_status take_owner(struct runner *r, struct sr_test_principal *p)
{
    const struct sr_test_principal *owner = NULL;
    if (p->type == SR_PRINCIPAL_HUMAN) {
        return SR_OK;
    }
    SR_TRY(sr_policy_expect(&r->pr, "of"));
    SR_TRY(take_principal(r, &owner));
    if (owner->type != SR_PRINCIPAL_HUMAN) {
        return bad(r, taken(r), "is not human, and so answers for nobody");
    }
    memcpy(p->owner, owner->name, sizeof p->owner);
    return SR_OK;
}

static enum sr_status take_key_kind(struct runner *r, struct sr_test_principal *p)
{
    p->is_hardware = true;
    p->has_verification = true;
    if (!sr_policy_take(&r->pr, "key")) {
        return SR_OK;
    }
    if (sr_policy_take(&r->pr, "software")) {
        p->is_hardware = false;
        p->has_verification = false;
    } else if (sr_policy_take(&r->pr, "hardware")) {
        p->has_verification = false;
    } else {
        SR_TRY(sr_policy_expect(&r->pr, "verified"));
    }
    return SR_OK;
}

static enum sr_status take_attributes(struct runner *r, struct sr_test_principal *p)
{
    while (sr_policy_more(&r->pr) && !sr_policy_word_is(&r->pr.word[r->pr.at], "key")) {
        if (p->attributes == SR_POLICY_LIST_MAX) {
            return bad(r, &r->pr.word[r->pr.at], "is one attribute too many");
        }
        SR_TRY(sr_policy_take_name(&r->pr, "an attribute", p->attribute[p->attributes++]));
    }
    return SR_OK;
}

/* "human alice officer security with training key software", "agent bot engineer of alice" */
static enum sr_status read_principal(struct runner *r, enum sr_principal_type type)
{
    struct sr_test_principal p = {.type = type};
    SR_TRY(take_text(r, "a name", p.name, sizeof p.name));
    if (!sr_people_is_name(taken(r)->text)) {
        return bad(r, taken(r), "cannot be a name: letters, digits and . _ - @ +");
    }
    if (find(r, sr_text_view(p.name)) != NULL || r->cast.principals == SR_TEST_PRINCIPALS_MAX) {
        return bad(r, taken(r), "is there already, or is one too many");
    }
    SR_TRY(take_roles(r, &p.roles));
    SR_TRY(take_owner(r, &p));
    if (sr_policy_take(&r->pr, "with")) {
        SR_TRY(take_attributes(r, &p));
    }
    SR_TRY(take_key_kind(r, &p));
    SR_TRY(sr_policy_refuse_rest(&r->pr));
    SR_TRY(sr_test_room_key(&p));
    r->cast.principal[r->cast.principals++] = p;
    return SR_OK;
}

static enum sr_status take_tier(struct runner *r, unsigned *out)
{
    uint64_t tier = 0;
    SR_TRY(sr_policy_take_number(&r->pr, "a tier", 1, 5, &tier));
    *out = (unsigned)tier;
    return SR_OK;
}

static enum sr_status take_kind(struct runner *r, char out[32])
{
    SR_TRY(take_text(r, "a kind", out, 32));
    return sr_policy_is_kind(taken(r)->text) ? SR_OK
                                             : bad(r, taken(r), "is not a kind of artifact");
}

/* "llama@1" */
static enum sr_status take_reference(struct runner *r, struct sr_test_version *out)
{
    const struct sr_policy_word *word = NULL;
    SR_TRY(sr_policy_next(&r->pr, "a version such as llama@1", &word));
    const uint8_t *at = memchr(word->text.ptr, '@', word->text.len);
    size_t len = at != NULL ? (size_t)(at - word->text.ptr) : 0;
    if (!sr_policy_is_artifact(sr_bytes(word->text.ptr, len)) ||
        sr_text_parse_u64(sr_bytes(at + 1, word->text.len - len - 1), 1, 1000000, &out->number) !=
            SR_OK) {
        return bad(r, word, "is not a version such as llama@1");
    }
    memcpy(out->artifact, word->text.ptr, len);
    out->artifact[len] = '\0';
    return SR_OK;
}

static struct sr_test_version *find_version(struct runner *r, const struct sr_test_version *named)
{
    for (size_t i = 0; i < r->cast.versions; i++) {
        struct sr_test_version *v = &r->cast.version[i];
        if (v->number == named->number && strcmp(v->artifact, named->artifact) == 0) {
            return v;
        }
    }
    return NULL;
}

/* "version llama@1 tier 3 kind instruct" */
static enum sr_status read_version(struct runner *r)
{
    struct sr_test_version v = {.tier = 1, .kind = "base"};
    SR_TRY(take_reference(r, &v));
    if (find_version(r, &v) != NULL || r->cast.versions == SR_TEST_VERSIONS_MAX) {
        return bad(r, taken(r), "is there already, or is one too many");
    }
    if (sr_policy_take(&r->pr, "tier")) {
        SR_TRY(take_tier(r, &v.tier));
    }
    if (sr_policy_take(&r->pr, "kind")) {
        SR_TRY(take_kind(r, v.kind));
    }
    SR_TRY(sr_policy_refuse_rest(&r->pr));
    r->cast.version[r->cast.versions++] = v;
    return SR_OK;
}

/* What a verb is about. */
static enum sr_status take_object(struct runner *r, struct sr_test_ask *ask)
{
    const struct sr_test_principal *about = NULL;
    enum sr_verb_about kind = sr_verb_info(ask->verb)->about;
    if (kind == SR_VERB_ABOUT_VERSION) {
        ask->version = (struct sr_test_version){.tier = 1, .kind = "base"};
        SR_TRY(take_reference(r, &ask->version));
        const struct sr_test_version *known = find_version(r, &ask->version);
        ask->version = known != NULL ? *known : ask->version;
        return SR_OK;
    }
    if (kind != SR_VERB_ABOUT_PRINCIPAL) {
        return SR_OK;
    }
    if (ask->verb == SR_VERB_ENROL) {
        ask->about = (struct sr_test_principal){.type = SR_PRINCIPAL_HUMAN};
        SR_TRY(take_text(r, "a name", ask->about.name, sizeof ask->about.name));
        return sr_test_room_key(&ask->about);
    }
    SR_TRY(take_principal(r, &about));
    ask->about = *about;
    ask->about.roles.count = 0;
    if (ask->verb == SR_VERB_ATTRIBUTE) {
        return sr_policy_take_name(&r->pr, "an attribute", ask->about.attribute[0]);
    }
    if (ask->verb == SR_VERB_ADD_KEY) {
        /* Another key than theirs: that of somebody whom no line can name. */
        struct sr_test_principal other = {.is_hardware = about->is_hardware};
        other.name[0] = ' ';
        memcpy(other.name + 1, about->name, sizeof other.name - 2);
        SR_TRY(sr_test_room_key(&other));
        memcpy(ask->about.key, other.key, sizeof ask->about.key);
    }
    return SR_OK;
}

/* Words that a case may add. They read into the ask that is being made. */
struct term {
    const char *word;
    enum sr_status (*read)(struct runner *r, struct sr_test_ask *ask);
};

static enum sr_status term_reason(struct runner *r, struct sr_test_ask *ask)
{
    (void)r;
    ask->has_reason = true;
    return SR_OK;
}

static enum sr_status term_ticket(struct runner *r, struct sr_test_ask *ask)
{
    (void)r;
    ask->has_ticket = true;
    return SR_OK;
}

static enum sr_status term_host(struct runner *r, struct sr_test_ask *ask)
{
    (void)r;
    ask->has_host = true;
    return SR_OK;
}

static enum sr_status term_workload(struct runner *r, struct sr_test_ask *ask)
{
    const struct sr_test_principal *workload = NULL;
    SR_TRY(take_principal(r, &workload));
    assert(workload != NULL);
    memcpy(ask->workload, workload->name, sizeof ask->workload);
    return SR_OK;
}

static enum sr_status term_break_glass(struct runner *r, struct sr_test_ask *ask)
{
    (void)r;
    ask->is_break_glass = true;
    return SR_OK;
}

static enum sr_status term_for(struct runner *r, struct sr_test_ask *ask)
{
    return sr_policy_take_duration(&r->pr, &ask->lasts_ms);
}

static enum sr_status term_bytes(struct runner *r, struct sr_test_ask *ask)
{
    return sr_policy_take_size(&r->pr, &ask->bytes);
}

static enum sr_status term_files(struct runner *r, struct sr_test_ask *ask)
{
    return sr_policy_take_number(&r->pr, "how many files", 1, 1000000000, &ask->files);
}

static enum sr_status term_at(struct runner *r, struct sr_test_ask *ask)
{
    unsigned day = 0;
    unsigned minute = 0;
    SR_TRY(sr_policy_take_moment(&r->pr, &day, &minute));
    ask->moment.now_utc_ms = SR_TEST_MONDAY_UTC_MS + day * DAY_MS + minute * MINUTE_MS;
    return SR_OK;
}

static enum sr_status term_witnesses(struct runner *r, struct sr_test_ask *ask)
{
    uint64_t count = 0;
    SR_TRY(sr_policy_take_number(&r->pr, "how many witnesses", 0, SR_POLICY_WITNESSES_MAX, &count));
    ask->moment.witnessed = (size_t)count;
    return SR_OK;
}

static enum sr_status term_tier(struct runner *r, struct sr_test_ask *ask)
{
    return take_tier(r, &ask->version.tier);
}

static enum sr_status term_kind(struct runner *r, struct sr_test_ask *ask)
{
    return take_kind(r, ask->version.kind);
}

static enum sr_status term_roles(struct runner *r, struct sr_test_ask *ask)
{
    return take_roles(r, &ask->about.roles);
}

static enum sr_status term_as(struct runner *r, struct sr_test_ask *ask)
{
    const struct sr_policy_word *word = NULL;
    SR_TRY(sr_policy_next(&r->pr, "a type", &word));
    if (!sr_principal_type_from_word(word->text, &ask->about.type)) {
        return bad(r, word, "is not a type of principal: human, service, workload or agent");
    }
    return take_owner(r, &ask->about);
}

static const struct term TERMS[] = {
    {"reason", term_reason},
    {"ticket", term_ticket},
    {"host", term_host},
    {"workload", term_workload},
    {"break-glass", term_break_glass},
    {"for", term_for},
    {"bytes", term_bytes},
    {"files", term_files},
    {"at", term_at},
    {"witnesses", term_witnesses},
    {"tier", term_tier},
    {"kind", term_kind},
    {"roles", term_roles},
    {"as", term_as},
};

static enum sr_status take_terms(struct runner *r, struct sr_test_ask *ask)
{
    while (sr_policy_more(&r->pr) && !sr_policy_word_is(&r->pr.word[r->pr.at], "->")) {
        size_t i = 0;
        while (i < sizeof TERMS / sizeof TERMS[0] && !sr_policy_take(&r->pr, TERMS[i].word)) {
            i++;
        }
        if (i == sizeof TERMS / sizeof TERMS[0]) {
            return bad(r, &r->pr.word[r->pr.at], "is not known here");
        }
        SR_TRY(TERMS[i].read(r, ask));
    }
    return SR_OK;
}

/* "-> deny self-approval" */
static enum sr_status take_wanted(struct runner *r)
{
    static const char *const RULING[] = {
        [SR_RULING_ALLOW] = "allow", [SR_RULING_DENY] = "deny", [SR_RULING_PENDING] = "pending"};
    const struct sr_policy_word *word = NULL;
    struct sr_test_case *result = &r->result;
    SR_TRY(sr_policy_expect(&r->pr, "->"));
    SR_TRY(sr_policy_next(&r->pr, "allow, deny or pending", &word));
    unsigned i = 0;
    while (i <= SR_RULING_PENDING && !sr_policy_word_is(word, RULING[i])) {
        i++;
    }
    if (i > SR_RULING_PENDING) {
        return bad(r, word, "is none of allow, deny and pending");
    }
    result->wanted = (enum sr_ruling)i;
    if (sr_policy_more(&r->pr) && result->wanted != SR_RULING_ALLOW) {
        SR_TRY(sr_policy_next(&r->pr, "a reason", &word));
        if (!sr_reason_from_slug(word->text, &result->wanted_reason)) {
            return bad(r, word, "is no reason that there is");
        }
    }
    return sr_policy_refuse_rest(&r->pr);
}

static enum sr_status take_verb(struct runner *r, enum sr_verb *out)
{
    const struct sr_policy_word *word = NULL;
    SR_TRY(sr_policy_next(&r->pr, "a verb", &word));
    if (!sr_verb_from_word(word->text, out)) {
        return bad(r, word, "is not a verb");
    }
    /* These two are about an offer that is open, which is more than one case can say. */
    if (sr_verb_info(*out)->group != SR_VERB_GROUP_ACT || *out == SR_VERB_REJECT ||
        *out == SR_VERB_RETURN) {
        return bad(r, word, "is not a verb that a case can be about");
    }
    return SR_OK;
}

/* When it is now, and who witnessed the ledger: all of them just now. */
static void set_moment(struct runner *r, struct sr_moment *moment, int64_t now)
{
    for (size_t i = 0; i < SR_POLICY_WITNESSES_MAX; i++) {
        r->witnessed[i] = now;
    }
    moment->now_utc_ms = now;
    moment->witnessed_utc_ms = r->witnessed;
}

static void say(struct sr_test_case *result, enum sr_ruling ruling, enum sr_reason reason,
                const char *detail)
{
    result->ruling = ruling;
    result->reason = reason;
    (void)snprintf(result->detail, sizeof result->detail, "%s", detail);
}

static void say_decision(struct sr_test_case *result, const struct sr_decision *decision)
{
    say(result, decision->ruling, decision->reason, decision->detail);
}

/* The reviews of a "with"; *out_ok: all were taken. */
static enum sr_status review(struct runner *r, struct sr_test_room *room, const uint8_t *request,
                             bool *out_ok)
{
    *out_ok = true;
    for (size_t i = 0; i < r->reviewers && *out_ok; i++) {
        struct sr_decision decision;
        SR_TRY(sr_test_room_review(room, r->reviewer[i], r->denies ? SR_VERB_DENY : SR_VERB_APPROVE,
                                   request, &r->last.moment, &decision, r->pr.err));
        *out_ok = decision.ruling == SR_RULING_ALLOW;
        if (!*out_ok) {
            say_decision(&r->result, &decision);
        }
    }
    return SR_OK;
}

/* A request that came in and was reviewed: how it stands then, and whether its act is allowed. */
static enum sr_status perform(struct runner *r, struct sr_test_room *room, const uint8_t *request)
{
    struct sr_test_ask act = r->last;
    struct sr_decision decision;
    act.is_request = false;
    set_moment(r, &act.moment, r->last.moment.now_utc_ms + r->after_ms);
    struct sr_standing standing = sr_test_room_standing(room, request, &act.moment);
    if (standing.state != SR_REQUEST_GRANTED) {
        bool is_pending =
            standing.state == SR_REQUEST_PENDING || standing.state == SR_REQUEST_WAITING;
        say(&r->result, is_pending ? SR_RULING_PENDING : SR_RULING_DENY, standing.reason,
            standing.detail);
        return SR_OK;
    }
    SR_TRY(sr_test_room_act(room, &act, request, &decision, NULL, r->pr.err));
    say_decision(&r->result, &decision);
    return SR_OK;
}

static enum sr_status play(struct runner *r)
{
    SR_AUTO(sr_test_room) room = NULL;
    struct sr_decision decision;
    uint8_t digest[SR_SHA256_BYTES];
    bool goes_on = true;
    SR_TRY(sr_test_room_new(r->pr.p, &r->cast, &room, r->pr.err));
    set_moment(r, &r->last.moment, r->last.moment.now_utc_ms);
    SR_TRY(sr_test_room_act(room, &r->last, NULL, &decision, digest, r->pr.err));
    say_decision(&r->result, &decision);
    if (!r->last.is_request || decision.ruling != SR_RULING_ALLOW) {
        return SR_OK;
    }
    SR_TRY(review(r, room, digest, &goes_on));
    return goes_on ? perform(r, room, digest) : SR_OK;
}

static enum sr_status finish(struct runner *r)
{
    struct sr_test_case *result = &r->result;
    const struct sr_policy_word *first = &r->pr.word[0];
    const struct sr_policy_word *last = &r->pr.word[r->pr.words - 1];
    result->line = r->pr.line;
    result->text =
        sr_bytes(first->text.ptr, (size_t)(last->text.ptr - first->text.ptr) + last->text.len);
    enum sr_status status = play(r);
    if (status != SR_OK) {
        return sr_policy_at(&r->pr, first, status);
    }
    result->is_right =
        result->ruling == result->wanted &&
        (result->wanted_reason == SR_REASON_NONE || result->reason == result->wanted_reason);
    r->summary.cases++;
    r->summary.wrong += !result->is_right;
    if (r->seen != NULL) {
        r->seen(r->ctx, result);
    }
    return SR_OK;
}

static void start(struct runner *r)
{
    r->result = (struct sr_test_case){.wanted_reason = SR_REASON_NONE};
    r->reviewers = 0;
    r->denies = false;
    r->after_ms = 0;
}

/* "with approvals of alice bob after 25h -> deny request-expired" */
static enum sr_status read_with(struct runner *r)
{
    if (!r->has_last || !r->last.is_request) {
        return bad(r, &r->pr.word[0], "goes below a request");
    }
    start(r);
    r->denies = sr_policy_take(&r->pr, "denial");
    if (!r->denies) {
        SR_TRY(sr_policy_expect(&r->pr, "approvals"));
    }
    SR_TRY(sr_policy_expect(&r->pr, "of"));
    do {
        if (r->reviewers == REVIEWERS_MAX) {
            return bad(r, taken(r), "is one too many");
        }
        SR_TRY(take_principal(r, &r->reviewer[r->reviewers++]));
    } while (sr_policy_more(&r->pr) && !sr_policy_word_is(&r->pr.word[r->pr.at], "after") &&
             !sr_policy_word_is(&r->pr.word[r->pr.at], "->"));
    if (sr_policy_take(&r->pr, "after")) {
        SR_TRY(sr_policy_take_duration(&r->pr, &r->after_ms));
    }
    SR_TRY(take_wanted(r));
    return finish(r);
}

/* "erin request use llama@1 for 2h reason -> pending"; "unlocked" is whoever unlocked the room. */
static enum sr_status read_act(struct runner *r)
{
    struct sr_test_ask ask = {
        .moment = {.now_utc_ms = USUAL_UTC_MS, .witnessed = SR_POLICY_WITNESSES_MAX}};
    start(r);
    r->has_last = false;
    r->pr.at = 0;
    if (!sr_policy_take(&r->pr, "unlocked")) {
        SR_TRY(take_principal(r, &ask.actor));
    }
    ask.is_request = sr_policy_take(&r->pr, "request");
    SR_TRY(take_verb(r, &ask.verb));
    SR_TRY(take_object(r, &ask));
    SR_TRY(take_terms(r, &ask));
    SR_TRY(take_wanted(r));
    r->last = ask;
    r->has_last = true;
    return finish(r);
}

static enum sr_status read_line(struct runner *r)
{
    const struct sr_policy_word *word = &r->pr.word[0];
    enum sr_principal_type type;
    r->pr.at = 1;
    if (sr_policy_word_is(word, "with")) {
        return read_with(r);
    }
    if (sr_policy_word_is(word, "version")) {
        return read_version(r);
    }
    if (sr_principal_type_from_word(word->text, &type)) {
        return read_principal(r, type);
    }
    return read_act(r);
}

static void free_runner(struct runner **r)
{
    if (*r != NULL) {
        sr_policy_free((*r)->pr.p);
        free(*r);
    }
}

enum sr_status sr_test_file_run(const struct sr_policy *policy, struct sr_bytes text,
                                void (*seen)(void *ctx, const struct sr_test_case *result),
                                void *ctx, struct sr_test_summary *out, struct sr_err *err)
{
    SR_CLEANUP(free_runner) struct runner *r = calloc(1, sizeof *r);
    if (text.len > SR_TEST_FILE_BYTES_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "a file of cases has at most %d bytes",
                       SR_TEST_FILE_BYTES_MAX);
    }
    if (!sr_text_is_utf8(text)) {
        return sr_fail(err, SR_MALFORMED, "the file of cases is not UTF-8");
    }
    if (r == NULL) {
        return SR_NO_MEMORY;
    }
    r->pr.err = err;
    r->pr.end_column = 1;
    r->seen = seen;
    r->ctx = ctx;
    SR_TRY(sr_policy_parse(policy->text, &r->pr.p, err));
    while (text.len > 0) {
        SR_TRY(sr_policy_take_line(&r->pr, &text));
        if (r->pr.words > 0) {
            SR_TRY(read_line(r));
        }
    }
    *out = r->summary;
    return SR_OK;
}
