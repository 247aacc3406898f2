/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/audit/story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define POLICY_BYTES 4096

static const char RULES[] = "role engineer\n"
                            "role officer\n"
                            "role security\n"
                            "class weights\n"
                            "    tier 3..5\n"
                            "rule bring\n"
                            "    verbs deposit\n"
                            "    class any\n"
                            "    by engineer\n"
                            "rule look\n"
                            "    verbs read\n"
                            "    class weights\n"
                            "    by engineer\n"
                            "    witnesses 1 within 10m\n"
                            "rule hand-out\n"
                            "    verbs export\n"
                            "    class weights\n"
                            "    by engineer\n"
                            "    needs 2 of officer and 1 of security\n"
                            "    copies at most 1\n"
                            "rule people\n"
                            "    verbs enrol roles add-key attribute\n"
                            "    by officer\n"
                            "    needs 1 of security\n"
                            "rule goodbye\n"
                            "    verbs leave\n"
                            "    by security\n"
                            "rule change\n"
                            "    verbs policy\n"
                            "    by officer\n"
                            "    needs 1 of officer and 1 of security\n"
                            "break-glass\n"
                            "    holders security\n"
                            "    verbs use\n"
                            "    for at most 30m\n"
                            "    review within 24h by officer\n";

static struct sr_bytes write_policy(const struct world *w, const char *needs,
                                    char out[POLICY_BYTES])
{
    SR_AUTO(sr_buf) vkey = NULL;
    if (sr_buf_new(SR_VKEY_TEXT_BYTES_MAX, &vkey) != SR_OK ||
        sr_vkey_text(w->witness, vkey) != SR_OK) {
        abort();
    }
    int len =
        snprintf(out, POLICY_BYTES,
                 "policy \"lab\"\n%s"
                 "witness w1 %.*s\n"
                 "rule work\n"
                 "    verbs use\n"
                 "    class weights\n"
                 "    by engineer\n"
                 "    needs %s\n"
                 "    for at most 8h\n"
                 "    request expires after 24h\n"
                 "    approvals expire after 24h\n",
                 RULES, (int)sr_buf_view(vkey).len, (const char *)sr_buf_view(vkey).ptr, needs);
    return sr_bytes(out, (size_t)len);
}

void story_version(struct story_fields *f, enum sr_verb verb, uint64_t number)
{
    struct sr_id id;
    *f = (struct story_fields){.act = {.verb = verb}, .has_digest = true};
    memset(id.bytes, (int)number, sizeof id.bytes);
    memset(f->digest, (int)number, sizeof f->digest);
    sr_act_set_word(&f->act, SR_FIELD_artifact, "llama");
    sr_act_set_number(&f->act, SR_FIELD_number, number);
    sr_act_set_id(&f->act, SR_FIELD_version, &id);
    if (verb == SR_VERB_USE) {
        sr_act_set_word(&f->act, SR_FIELD_at, "/models/llama");
    } else if (verb == SR_VERB_EXPORT) {
        sr_act_set_word(&f->act, SR_FIELD_to, "/mnt/out");
    } else if (verb == SR_VERB_READ || verb == SR_VERB_OPENED) {
        sr_act_set_word(&f->act, SR_FIELD_file, "model.safetensors");
    } else if (verb == SR_VERB_SERVED) {
        sr_act_set_number(&f->act, SR_FIELD_bytes, 4096);
        sr_act_set_number(&f->act, SR_FIELD_files, 1);
    }
}

void story_deposit(struct story_fields *f, uint64_t number)
{
    uint8_t ruleset[SR_SHA256_BYTES] = {1};
    story_version(f, SR_VERB_DEPOSIT, number);
    f->documents[0].name = sr_text_view("lineage.json");
    sr_act_set_word(&f->act, SR_FIELD_kind, "base");
    sr_act_set_number(&f->act, SR_FIELD_files, 3);
    sr_act_set_number(&f->act, SR_FIELD_tier, 3);
    sr_act_set_word(&f->act, SR_FIELD_step, "training");
    sr_act_set_word(&f->act, SR_FIELD_profile, "default");
    sr_act_set_digest(&f->act, SR_FIELD_ruleset, ruleset);
    sr_act_set_word(&f->act, SR_FIELD_verdict, "PASS");
    sr_act_set_digests(&f->act, SR_FIELD_documents, f->documents, 1);
}

void story_enrol(struct world *w, struct story_fields *f, size_t who, const char *role)
{
    *f = (struct story_fields){.act = {.verb = SR_VERB_ENROL}};
    f->texts[0] = sr_text_view(role);
    sr_act_set_word(&f->act, SR_FIELD_principal, w->person[who].name);
    sr_act_set_word(&f->act, SR_FIELD_type, "human");
    sr_act_set_word(&f->act, SR_FIELD_key, world_key_line(w, who));
    sr_act_set_texts(&f->act, SR_FIELD_roles, f->texts, 1);
}

void story_roles(struct story_fields *f, const char *name, const char *role)
{
    *f = (struct story_fields){.act = {.verb = SR_VERB_ROLES}};
    f->texts[0] = sr_text_view(role);
    sr_act_set_word(&f->act, SR_FIELD_principal, name);
    sr_act_set_texts(&f->act, SR_FIELD_roles, f->texts, 1);
}

void story_leave(struct world *w, struct story_fields *f, const char *name)
{
    uint8_t digest[SR_SHA256_BYTES];
    *f = (struct story_fields){.act = {.verb = SR_VERB_LEAVE}};
    world_put_text(w, sr_text_view("what they touched: llama@1\n"), digest);
    sr_act_set_word(&f->act, SR_FIELD_principal, name);
    sr_act_set_digest(&f->act, SR_FIELD_report, digest);
}

void story_policy(struct world *w, struct story_fields *f, const char *needs)
{
    char text[POLICY_BYTES];
    *f = (struct story_fields){.act = {.verb = SR_VERB_POLICY}, .has_digest = true};
    world_put_text(w, write_policy(w, needs, text), f->digest);
    f->policy = sr_buf_view(w->text[w->texts - 1].body);
    sr_act_set_digest(&f->act, SR_FIELD_policy, f->digest);
}

void story_ask(struct world *w, const char *label, size_t who, const struct story_fields *f)
{
    struct sr_act act = f->act;
    act.verb = SR_VERB_REQUEST;
    sr_act_set_word(&act, SR_FIELD_what, sr_verb_info(f->act.verb)->word);
    if (!sr_act_has(&act, SR_FIELD_reason)) {
        sr_act_set_word(&act, SR_FIELD_reason, "the launch");
    }
    (void)world_submit(w, label, who, &act, f->has_digest ? f->digest : NULL, sr_bytes(NULL, 0));
}

void story_do(struct world *w, const char *label, size_t who, const struct story_fields *f,
              const char *request)
{
    struct sr_act act = f->act;
    if (request != NULL) {
        sr_act_set_digest(&act, SR_FIELD_request, world_find(w, request)->entry.act);
    }
    (void)world_submit(w, label, who, &act, f->has_digest ? f->digest : NULL, f->policy);
}

void story_review(struct world *w, const char *label, size_t who, enum sr_verb verb,
                  const char *request)
{
    struct sr_act act = {.verb = verb};
    sr_act_set_digest(&act, SR_FIELD_request, world_find(w, request)->entry.act);
    if (verb == SR_VERB_JUDGE) {
        sr_act_set_word(&act, SR_FIELD_outcome, "justified");
        sr_act_set_word(&act, SR_FIELD_reason, "the pager was right");
    }
    (void)world_submit(w, label, who, &act, NULL, sr_bytes(NULL, 0));
}

/* The chapters. */

static void make_room(struct world *w)
{
    static const struct {
        size_t who;
        const char *role;
    } FIRST[] = {{ALICE, "engineer"},
                 {BOB, "officer"},
                 {CAROL, "officer"},
                 {DAVE, "security"},
                 {ERIN, "engineer"}};
    char lines[5][512];
    char text[POLICY_BYTES];
    struct sr_bytes roster[5];
    struct story_fields f = {.act = {.verb = SR_VERB_INIT}};
    for (size_t i = 0; i < 5; i++) {
        (void)snprintf(lines[i], sizeof lines[i], "%s %s %s", w->person[FIRST[i].who].name,
                       FIRST[i].role, world_key_line(w, FIRST[i].who));
        roster[i] = sr_text_view(lines[i]);
    }
    f.policy = write_policy(w, "1 of officer", text);
    world_put_text(w, f.policy, f.digest);
    sr_act_set_word(&f.act, SR_FIELD_key, world_key_line(w, ROOM));
    sr_act_set_digest(&f.act, SR_FIELD_policy, f.digest);
    sr_act_set_texts(&f.act, SR_FIELD_roster, roster, 5);
    story_do(w, "init", ROOM, &f, NULL);
}

static void work(struct world *w)
{
    struct story_fields f;
    story_deposit(&f, 1);
    story_do(w, "deposit", ALICE, &f, NULL);
    story_deposit(&f, 2);
    story_do(w, "deposit-2", ALICE, &f, NULL);
    story_version(&f, SR_VERB_USE, 1);
    story_do(w, "use-unasked", ALICE, &f, NULL); /* refused */
    story_ask(w, "ask-use", ALICE, &f);
    story_review(w, "self-approve", ALICE, SR_VERB_APPROVE, "ask-use"); /* refused */
    story_do(w, "use-early", ALICE, &f, "ask-use");                     /* refused */
    story_review(w, "approve-use", BOB, SR_VERB_APPROVE, "ask-use");
    story_do(w, "use", ALICE, &f, "ask-use");
    story_version(&f, SR_VERB_OPENED, 1);
    story_do(w, "opened", ROOM, &f, "ask-use");
    story_version(&f, SR_VERB_SERVED, 1);
    story_do(w, "served", ROOM, &f, "ask-use");
    story_version(&f, SR_VERB_READ, 1);
    story_do(w, "read-unseen", ALICE, &f, NULL); /* refused: no witness */
    w->has_cosigned = true;
    story_do(w, "read", ALICE, &f, NULL);
}

static void hand_out(struct world *w)
{
    struct story_fields f;
    story_version(&f, SR_VERB_EXPORT, 1);
    story_ask(w, "ask-export", ERIN, &f);
    story_review(w, "export-bob", BOB, SR_VERB_APPROVE, "ask-export");
    story_review(w, "export-carol", CAROL, SR_VERB_APPROVE, "ask-export");
    story_do(w, "export-early", ERIN, &f, "ask-export"); /* refused */
    story_review(w, "export-dave", DAVE, SR_VERB_APPROVE, "ask-export");
    story_do(w, "export", ERIN, &f, "ask-export");
    story_version(&f, SR_VERB_SERVED, 1);
    story_do(w, "served-export", ROOM, &f, "ask-export");
    story_version(&f, SR_VERB_EXPORT, 1);
    story_do(w, "export-again", ERIN, &f, "ask-export"); /* refused: one copy */
    story_version(&f, SR_VERB_EXPORT, 2);
    story_ask(w, "ask-export-2", ERIN, &f);
    story_review(w, "deny", CAROL, SR_VERB_DENY, "ask-export-2");
}

static void change_people(struct world *w)
{
    struct story_fields f;
    story_enrol(w, &f, FRANK, "engineer");
    story_ask(w, "ask-enrol", BOB, &f);
    story_review(w, "approve-enrol", DAVE, SR_VERB_APPROVE, "ask-enrol");
    story_do(w, "enrol", BOB, &f, "ask-enrol");
    f = (struct story_fields){.act = {.verb = SR_VERB_ADD_KEY}};
    sr_act_set_word(&f.act, SR_FIELD_principal, "carol");
    sr_act_set_word(&f.act, SR_FIELD_key, world_key_line(w, CAROL2));
    story_ask(w, "ask-key", CAROL, &f);
    story_review(w, "approve-key", DAVE, SR_VERB_APPROVE, "ask-key");
    story_do(w, "add-key", CAROL, &f, "ask-key");
    f = (struct story_fields){.act = {.verb = SR_VERB_REVOKE_KEY}};
    sr_act_set_word(&f.act, SR_FIELD_principal, "carol");
    sr_act_set_word(&f.act, SR_FIELD_key, world_key_line(w, CAROL));
    w->signs_as = CAROL2;
    story_do(w, "revoke-key", CAROL2, &f, NULL);
    story_policy(w, &f, "2 of officer");
    story_ask(w, "ask-policy", BOB, &f);
    story_review(w, "policy-carol", CAROL2, SR_VERB_APPROVE, "ask-policy");
    story_review(w, "policy-dave", DAVE, SR_VERB_APPROVE, "ask-policy");
    story_do(w, "policy", BOB, &f, "ask-policy");
    story_leave(w, &f, "erin");
    story_do(w, "leave", DAVE, &f, NULL);
}

static void break_glass(struct world *w)
{
    struct story_fields f;
    story_version(&f, SR_VERB_USE, 2);
    sr_act_set_number(&f.act, SR_FIELD_break_glass, 1);
    sr_act_set_number(&f.act, SR_FIELD_lasts_ms, 1800000);
    story_ask(w, "glass", DAVE, &f);
    story_version(&f, SR_VERB_USE, 2);
    story_do(w, "glass-use", DAVE, &f, "glass");
    story_review(w, "judge", BOB, SR_VERB_JUDGE, "glass");
    story_version(&f, SR_VERB_USE, 2);
    sr_act_set_number(&f.act, SR_FIELD_break_glass, 1);
    sr_act_set_number(&f.act, SR_FIELD_lasts_ms, 1800000);
    story_ask(w, "glass-open", DAVE, &f); /* nobody has judged it */
}

/* What is open at the end, for frauds to build on. */
static void open_ends(struct world *w)
{
    struct story_fields f;
    story_version(&f, SR_VERB_USE, 1);
    story_ask(w, "ask-two", FRANK, &f);
    story_review(w, "two-bob", BOB, SR_VERB_APPROVE, "ask-two");
    story_ask(w, "ask-short", ALICE, &f);
    story_review(w, "short-bob", BOB, SR_VERB_APPROVE, "ask-short");
    story_review(w, "short-carol", CAROL2, SR_VERB_APPROVE, "ask-short");
    story_do(w, "use-short", ALICE, &f, "ask-short");
    story_ask(w, "ask-taken", ALICE, &f);
    story_review(w, "taken-bob", BOB, SR_VERB_APPROVE, "ask-taken");
    story_review(w, "taken-carol", CAROL2, SR_VERB_APPROVE, "ask-taken");
    story_review(w, "taken-back", BOB, SR_VERB_WITHDRAW, "ask-taken");
    story_ask(w, "ask-ended", ALICE, &f);
    story_review(w, "ended-bob", BOB, SR_VERB_APPROVE, "ask-ended");
    story_review(w, "ended-carol", CAROL2, SR_VERB_APPROVE, "ask-ended");
    story_review(w, "ended", BOB, SR_VERB_REVOKE, "ask-ended");
    story_version(&f, SR_VERB_SERVED, 1);
    story_do(w, "served-last", ROOM, &f, "ask-short");
}

void story_tell(struct world *w)
{
    static const char *const NAMES[] = {"alice", "bob",   "carol", "dave",
                                        "erin",  "frank", "carol", "mallory"};
    world_init(w);
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        if (world_person(w, NAMES[i]) != ALICE + i) {
            abort();
        }
    }
    make_room(w);
    work(w);
    hand_out(w);
    change_people(w);
    break_glass(w);
    open_ends(w);
    world_checkpoint(w, w->leaves, true, w->note);
}
