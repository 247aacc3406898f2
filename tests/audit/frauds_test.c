/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: of an honest history a replay says that it is consistent; of one in which
 * anything was changed, by who has the database or by who runs the room, it says where. One fraud
 * is one line of the table. docs/auditing.md says which of them only a witness or an earlier
 * checkpoint shows.
 */
#include <string.h>

#include "base/text.h"
#include "tests/audit/forge.h"
#include "tests/check.h"

/* Cheats: acts at the end of the story that are allowed whatever the decision says. */

static void prepare(struct world *w, const struct fraud *f)
{
    w->force = WORLD_ALLOW;
    w->signs_as = f->signs_as;
    w->edit = f->edit;
}

static void cheat_review(struct world *w, const struct fraud *f)
{
    prepare(w, f);
    story_review(w, "cheat", f->who, f->verb, f->under);
}

static void cheat_version(struct world *w, const struct fraud *f)
{
    struct story_fields fields;
    story_version(&fields, f->verb, f->number == 0 ? 1 : f->number);
    prepare(w, f);
    story_do(w, "cheat", f->who, &fields, f->under);
}

static void cheat_late(struct world *w, const struct fraud *f)
{
    w->now_utc_ms += 9 * 60 * WORLD_MINUTE_MS;
    cheat_version(w, f);
}

static void cheat_early(struct world *w, const struct fraud *f)
{
    w->now_utc_ms -= 10 * WORLD_MINUTE_MS;
    cheat_version(w, f);
}

static void cheat_other_digest(struct world *w, const struct fraud *f)
{
    struct story_fields fields;
    story_version(&fields, f->verb, 1);
    fields.digest[0] ^= 1;
    prepare(w, f);
    story_do(w, "cheat", f->who, &fields, f->under);
}

static void cheat_deposit(struct world *w, const struct fraud *f)
{
    struct story_fields fields;
    story_deposit(&fields, f->number);
    prepare(w, f);
    story_do(w, "cheat", f->who, &fields, NULL);
}

static void cheat_enrol(struct world *w, const struct fraud *f)
{
    struct story_fields fields;
    story_enrol(w, &fields, MALLORY, "officer");
    prepare(w, f);
    story_do(w, "cheat", f->who, &fields, f->under);
}

static void cheat_roles(struct world *w, const struct fraud *f)
{
    struct story_fields fields;
    story_roles(&fields, "frank", "officer");
    prepare(w, f);
    story_do(w, "cheat", f->who, &fields, f->under);
}

static void cheat_policy(struct world *w, const struct fraud *f)
{
    struct story_fields fields;
    story_policy(w, &fields, "1 of security");
    prepare(w, f);
    story_do(w, "cheat", f->who, &fields, f->under);
}

static void cheat_glass(struct world *w, const struct fraud *f)
{
    struct story_fields fields;
    story_version(&fields, f->verb, 1);
    sr_act_set_number(&fields.act, SR_FIELD_break_glass, 1);
    sr_act_set_number(&fields.act, SR_FIELD_lasts_ms, 1800000);
    prepare(w, f);
    story_ask(w, "cheat", f->who, &fields);
}

/* A cosigned checkpoint that was fresh when it was used for another act. */
static void cheat_old_witness(struct world *w, const struct fraud *f)
{
    const struct fraud then = {.name = f->name, .label = "cheat", .from = "read"};
    cheat_version(w, f);
    forge_cosigned_of(w, &then);
    world_rebuild(w);
}

static void cheat_refusal(struct world *w, const struct fraud *f)
{
    struct story_fields fields;
    story_version(&fields, f->verb, 1);
    w->force = WORLD_REFUSE;
    story_do(w, "cheat", f->who, &fields, f->under);
}

static void for_another_room(struct world *w, struct sr_act *act)
{
    (void)w;
    act->room.bytes[0] ^= 1;
}

static void with_an_old_policy(struct world *w, struct sr_act *act)
{
    (void)w;
    act->policy[0] ^= 1;
}

static void with_a_used_nonce(struct world *w, struct sr_act *act)
{
    SR_AUTO(sr_envelope) e = NULL;
    if (sr_envelope_open(sr_buf_view(world_find(w, "use")->envelope), &e, NULL) == SR_OK) {
        memcpy(act->nonce, sr_envelope_act(e)->nonce, sizeof act->nonce);
    }
}

static void of_last_week(struct world *w, struct sr_act *act)
{
    (void)w;
    act->time_utc_ms -= 7 * 24 * 60 * WORLD_MINUTE_MS;
}

static void that_was_blocked(struct world *w, struct sr_act *act)
{
    (void)w;
    sr_act_set_word(act, SR_FIELD_verdict, "BLOCK");
}

static void who_saw_another_ledger(struct world *w, struct sr_act *act)
{
    (void)w;
    act->ledger_root[0] ^= 1;
}

static void who_saw_a_longer_ledger(struct world *w, struct sr_act *act)
{
    (void)w;
    act->ledger_size++;
}

#define WITH(forger_, name_, plant_, label_, from_, to_, finding_, at_, seen, witness)             \
    {                                                                                              \
        .name = name_, .forger = forger_, .plant = plant_, .label = label_, .from = from_,         \
        .to = to_, .finding = SR_FOUND_##finding_, .at = at_, .auditor = {                         \
            seen,                                                                                  \
            witness                                                                                \
        }                                                                                          \
    }
/* Who; name; how; the act; what of it; the finding; the act that gives it away. */
#define FRAUD(forger, name, how, label, from, to, finding, at)                                     \
    WITH(forger, name, how, label, from, to, finding, at, false, false)
/* An auditor who has seen an earlier checkpoint, or asks for a witness. */
#define SEEN(forger, name, how, label, from, to, finding, at)                                      \
    WITH(forger, name, how, label, from, to, finding, at, true, false)
#define WITNESSED(forger, name, how, label, from, to, finding, at)                                 \
    WITH(forger, name, how, label, from, to, finding, at, false, true)
/* clang-format off */
static const struct fraud FRAUDS[] = {
    /* Who has the database, and no key. */
    FRAUD(ADMIN, "an approval with another's signature", forge_signature_of, "approve-use", "export-bob", NULL, SIGNATURE, "approve-use"),
    FRAUD(ADMIN, "an approval signed by somebody unknown", forge_signer, "approve-use", NULL, NULL, ALLOWED, "approve-use"),
    FRAUD(ADMIN, "the approval of another request", forge_act_of, "export-bob", "approve-use", NULL, ALLOWED, "export-bob"),
    FRAUD(ADMIN, "a refusal made an approval", forge_act_of, "deny", "export-carol", NULL, ALLOWED, "deny"),
    FRAUD(ADMIN, "a refused act left out", forge_drop, "self-approve", NULL, NULL, LEDGER, "use-early"),
    FRAUD(ADMIN, "a refused act left out, its number too", forge_drop_only, "self-approve", NULL, NULL, SEQ, "use-early"),
    FRAUD(ADMIN, "an approval left out", forge_drop, "export-dave", NULL, NULL, LEDGER, "export"),
    FRAUD(ADMIN, "a denial left out", forge_drop, "deny", NULL, NULL, LEDGER, "ask-enrol"),
    FRAUD(ADMIN, "an export left out", forge_drop, "export", NULL, NULL, LEDGER, "served-export"),
    FRAUD(ADMIN, "what was served left out", forge_drop, "served", NULL, NULL, LEDGER, "read-unseen"),
    FRAUD(ADMIN, "a change of policy left out", forge_drop, "policy", NULL, NULL, LEDGER, "leave"),
    FRAUD(ADMIN, "the last act left out", forge_drop, "served-last", NULL, NULL, SIZE, NULL),
    FRAUD(ADMIN, "all acts after one left out", forge_cut, "export", NULL, NULL, SIZE, NULL),
    FRAUD(ADMIN, "two approvals in another order", forge_swap, "export-bob", "export-carol", NULL, LEDGER, "export-carol"),
    FRAUD(ADMIN, "an export before its approval", forge_swap, "export-dave", "export", NULL, LEDGER, "export"),
    FRAUD(ADMIN, "an approval twice", forge_twice, "two-bob", NULL, NULL, ALLOWED, "copy"),
    FRAUD(ADMIN, "a record twice", forge_twice, "served", NULL, NULL, ALLOWED, "copy"),
    FRAUD(ADMIN, "a refused act made allowed", forge_allow, "self-approve", NULL, NULL, ALLOWED, "self-approve"),
    FRAUD(ADMIN, "one export more than the grant made allowed", forge_allow, "export-again", NULL, NULL, ALLOWED, "export-again"),
    FRAUD(ADMIN, "an allowed act made refused", forge_refuse, "export", NULL, "approvals-missing", REFUSED, "export"),
    FRAUD(ADMIN, "another reason for a refusal", forge_reason, "self-approve", NULL, "clock", REASON, "self-approve"),
    FRAUD(ADMIN, "a refusal said to be of another ledger", forge_reason, "self-approve", NULL, "other-ledger", REASON, "self-approve"),
    FRAUD(ADMIN, "another time of a use", forge_later, "use", NULL, NULL, LEDGER, "opened"),
    FRAUD(ADMIN, "a back-dated approval", forge_earlier, "approve-use", NULL, NULL, CLOCK, "approve-use"),
    FRAUD(ADMIN, "a back-dated last act", forge_earlier, "served-last", NULL, NULL, CLOCK, "served-last"),
    FRAUD(ADMIN, "a quorum changed in a policy", forge_text, NULL, "needs 2 of officer and 1 of security", "needs 1 of officer and 1 of security", TEXT, NULL),
    FRAUD(ADMIN, "a quorum changed in a policy, with its digest", forge_text_digest, NULL, "needs 2 of officer and 1 of security", "needs 1 of officer and 1 of security", TEXT, "init"),
    FRAUD(ADMIN, "a quorum changed in a policy and the act that brought it", forge_payload, "policy", "\"policy\":\"", "\"policy\":\"00", ACT, "policy"),
    FRAUD(ADMIN, "a policy not shown", forge_text_drop, NULL, "needs 2 of officer\n", NULL, TEXT, "policy"),
    FRAUD(ADMIN, "a report changed", forge_text, NULL, "llama@1", "nothing", TEXT, NULL),
    FRAUD(ADMIN, "a report not shown", forge_text_drop, NULL, "what they touched", NULL, TEXT, "leave"),
    FRAUD(ADMIN, "another report in its place", forge_text_digest, NULL, "llama@1", "nothing", TEXT, "leave"),
    FRAUD(ADMIN, "another artifact in a deposit", forge_payload, "deposit", "0101010101010101", "0101010101010102", SIGNATURE, "deposit"),
    FRAUD(ADMIN, "another version in an export", forge_payload, "export", "\"number\":1", "\"number\":2", ACT, "export"),
    FRAUD(ADMIN, "another place in an export", forge_payload, "export", "/mnt/out", "/mnt/in", SIGNATURE, "export"),
    FRAUD(ADMIN, "fewer bytes served", forge_payload, "served", "4096", "4095", SIGNATURE, "served"),
    FRAUD(ADMIN, "another key in an enrolment", forge_payload, "enrol", "\"principal\":\"frank\"", "\"principal\":\"franz\"", ACT, "enrol"),
    FRAUD(ADMIN, "more roles in an enrolment", forge_payload, "enrol", "\"engineer\"", "\"engineer\",\"officer\"", SIGNATURE, "enrol"),
    FRAUD(ADMIN, "an export not shown", forge_hide, "export", NULL, NULL, WITHHELD, "export"),
    FRAUD(ADMIN, "what was served not shown", forge_hide, "served-export", NULL, NULL, WITHHELD, "served-export"),
    FRAUD(ADMIN, "a policy not shown because it is old", forge_hide_early, "policy", NULL, NULL, FOLDS, "leave"),
    FRAUD(ADMIN, "a denial not shown because it is old", forge_hide_early, "deny", NULL, NULL, FOLDS, "ask-enrol"),
    FRAUD(ADMIN, "a use under a grant not shown because it is old", forge_hide_early, "use", NULL, NULL, FOLDS, "opened"),
    FRAUD(ADMIN, "an export under a grant not shown because it is old", forge_hide_early, "export", NULL, NULL, FOLDS, "served-export"),
    FRAUD(ADMIN, "an approval not shown because it is old", forge_hide_early, "export-dave", NULL, NULL, FOLDS, "export"),
    FRAUD(ADMIN, "another number in an entry", forge_entry, "use", "\"seq\":9", "\"seq\":8", SEQ, "use"),
    FRAUD(ADMIN, "another act in an entry", forge_act_digest, "use", NULL, NULL, ENVELOPE, "use"),
    FRAUD(ADMIN, "another salt", forge_salt, "self-approve", NULL, NULL, LEDGER, "use-early"),
    FRAUD(ADMIN, "another salt of the last act", forge_salt, "served-last", NULL, NULL, ROOT, NULL),
    FRAUD(ADMIN, "another entry that is none", forge_entry, "use", "\"format\":1", "\"format\":9", ENTRY, "use"),
    FRAUD(ADMIN, "another count of acts", forge_entry, "self-approve", "\"folds\":4", "\"folds\":3", FOLDS, "self-approve"),
    FRAUD(ADMIN, "an entry of another act", forge_entry, "use", "\"act\":\"", "\"act\":\"0", ENTRY, "use"),
    FRAUD(ADMIN, "another envelope", forge_envelope_of, "use", "use-early", NULL, ENVELOPE, "use"),
    FRAUD(ADMIN, "an envelope that is none", forge_garbage, "use", NULL, NULL, ACT, "use"),
    FRAUD(ADMIN, "a record said to be the room's", forge_signer, "served", NULL, NULL, ALLOWED, "served"),
    FRAUD(ADMIN, "the checkpoint of another size", forge_note_size, NULL, NULL, NULL, SIZE, NULL),
    FRAUD(ADMIN, "the checkpoint of other acts", forge_note_root, "served-last", NULL, NULL, ROOT, NULL),
    FRAUD(ADMIN, "a checkpoint signed by somebody else", forge_note_signer, NULL, NULL, NULL, CHECKPOINT, NULL),
    FRAUD(ADMIN, "a checkpoint whose signature is wrong", forge_note_signature, NULL, NULL, NULL, CHECKPOINT, NULL),
    FRAUD(ADMIN, "a witness's signature that is wrong", forge_note_cosignature, NULL, NULL, NULL, WITNESS, NULL),
    FRAUD(ADMIN, "a witness's signature left out", forge_note_unwitnessed, NULL, NULL, NULL, WITNESS, NULL),
    FRAUD(ADMIN, "the acts of another room", forge_room, NULL, NULL, NULL, ROOM, "init"),

    /* Who runs the room, at the time. Witnesses sign along: they do not look into acts. */
    {.forger = CHEAT, .name = "self-approval", .plant = cheat_review, .finding = SR_FOUND_ALLOWED, .who = FRANK, .verb = SR_VERB_APPROVE, .under = "ask-two"},
    {.forger = CHEAT, .name = "a second approval by the same person", .plant = cheat_review, .finding = SR_FOUND_ALLOWED, .who = BOB, .verb = SR_VERB_APPROVE, .under = "ask-two"},
    {.forger = CHEAT, .name = "approval by who may not", .plant = cheat_review, .finding = SR_FOUND_ALLOWED, .who = ALICE, .verb = SR_VERB_APPROVE, .under = "ask-two"},
    {.forger = CHEAT, .name = "approval by who has left", .plant = cheat_review, .finding = SR_FOUND_ALLOWED, .who = ERIN, .verb = SR_VERB_APPROVE, .under = "ask-two"},
    {.forger = CHEAT, .name = "approval by a key that was revoked", .plant = cheat_review, .finding = SR_FOUND_ALLOWED, .who = CAROL, .verb = SR_VERB_APPROVE, .under = "ask-two"},
    {.forger = CHEAT, .name = "approval by somebody else's key", .plant = cheat_review, .finding = SR_FOUND_ALLOWED, .who = CAROL2, .signs_as = ALICE, .verb = SR_VERB_APPROVE, .under = "ask-two"},
    {.forger = CHEAT, .name = "approval by somebody unknown", .plant = cheat_review, .finding = SR_FOUND_ALLOWED, .who = MALLORY, .verb = SR_VERB_APPROVE, .under = "ask-two"},
    {.forger = CHEAT, .name = "approval of what was denied", .plant = cheat_review, .finding = SR_FOUND_ALLOWED, .who = BOB, .verb = SR_VERB_APPROVE, .under = "ask-export-2"},
    {.forger = CHEAT, .name = "a break-glass judged by its holder", .plant = cheat_review, .finding = SR_FOUND_ALLOWED, .who = DAVE, .verb = SR_VERB_JUDGE, .under = "glass-open"},
    {.forger = CHEAT, .name = "revocation by who may not", .plant = cheat_review, .finding = SR_FOUND_ALLOWED, .who = FRANK, .verb = SR_VERB_REVOKE, .under = "ask-short"},
    {.forger = CHEAT, .name = "use with one approval of two", .plant = cheat_version, .finding = SR_FOUND_ALLOWED, .who = FRANK, .verb = SR_VERB_USE, .under = "ask-two"},
    {.forger = CHEAT, .name = "use that nobody asked for", .plant = cheat_version, .finding = SR_FOUND_ALLOWED, .who = ALICE, .verb = SR_VERB_USE},
    {.forger = CHEAT, .name = "use under another's grant", .plant = cheat_version, .finding = SR_FOUND_ALLOWED, .who = FRANK, .verb = SR_VERB_USE, .under = "ask-short"},
    {.forger = CHEAT, .name = "use of another version than was approved", .plant = cheat_version, .finding = SR_FOUND_ALLOWED, .who = ALICE, .verb = SR_VERB_USE, .number = 2, .under = "ask-short"},
    {.forger = CHEAT, .name = "export under a grant to use", .plant = cheat_version, .finding = SR_FOUND_ALLOWED, .who = ALICE, .verb = SR_VERB_EXPORT, .under = "ask-short"},
    {.forger = CHEAT, .name = "use under an approval that was taken back", .plant = cheat_version, .finding = SR_FOUND_ALLOWED, .who = ALICE, .verb = SR_VERB_USE, .under = "ask-taken"},
    {.forger = CHEAT, .name = "use under a grant that was revoked", .plant = cheat_version, .finding = SR_FOUND_ALLOWED, .who = ALICE, .verb = SR_VERB_USE, .under = "ask-ended"},
    {.forger = CHEAT, .name = "use under a grant that has ended", .plant = cheat_late, .finding = SR_FOUND_ALLOWED, .who = ALICE, .verb = SR_VERB_USE, .under = "ask-short"},
    {.forger = CHEAT, .name = "use after leaving", .plant = cheat_version, .finding = SR_FOUND_ALLOWED, .who = ERIN, .verb = SR_VERB_EXPORT, .under = "ask-export"},
    {.forger = CHEAT, .name = "a read that no witness has seen", .plant = cheat_version, .finding = SR_FOUND_ALLOWED, .who = ALICE, .verb = SR_VERB_READ},
    {.forger = CHEAT, .name = "a read that a witness saw too long ago", .plant = cheat_old_witness, .finding = SR_FOUND_ALLOWED, .who = ALICE, .verb = SR_VERB_READ},
    {.forger = CHEAT, .name = "export by whoever unlocked the room", .plant = cheat_version, .finding = SR_FOUND_ALLOWED, .who = ROOM, .verb = SR_VERB_EXPORT},
    {.forger = CHEAT, .name = "a record by somebody else than the room", .plant = cheat_version, .finding = SR_FOUND_ALLOWED, .who = ALICE, .verb = SR_VERB_SERVED},
    {.forger = CHEAT, .name = "export of something else under the name", .plant = cheat_other_digest, .finding = SR_FOUND_ALLOWED, .who = ALICE, .verb = SR_VERB_USE, .under = "ask-short"},
    {.forger = CHEAT, .name = "a deposit in the place of another", .plant = cheat_deposit, .finding = SR_FOUND_ALLOWED, .who = ALICE, .number = 1},
    {.forger = CHEAT, .name = "a deposit that inspection blocked", .plant = cheat_deposit, .finding = SR_FOUND_ALLOWED, .who = ALICE, .number = 3, .edit = that_was_blocked},
    {.forger = CHEAT, .name = "a deposit by who may not", .plant = cheat_deposit, .finding = SR_FOUND_ALLOWED, .who = BOB, .number = 3},
    {.forger = CHEAT, .name = "somebody enrolled without quorum", .plant = cheat_enrol, .finding = SR_FOUND_ALLOWED, .who = BOB},
    {.forger = CHEAT, .name = "somebody enrolled under another's enrolment", .plant = cheat_enrol, .finding = SR_FOUND_ALLOWED, .who = BOB, .under = "ask-enrol"},
    {.forger = CHEAT, .name = "a role given without quorum", .plant = cheat_roles, .finding = SR_FOUND_ALLOWED, .who = BOB},
    {.forger = CHEAT, .name = "a role taken", .plant = cheat_roles, .finding = SR_FOUND_ALLOWED, .who = FRANK},
    {.forger = CHEAT, .name = "a policy changed without quorum", .plant = cheat_policy, .finding = SR_FOUND_ALLOWED, .who = BOB},
    {.forger = CHEAT, .name = "a policy changed under an old approval", .plant = cheat_policy, .finding = SR_FOUND_ALLOWED, .who = BOB, .under = "ask-policy"},
    {.forger = CHEAT, .name = "break-glass while a review is open", .plant = cheat_glass, .finding = SR_FOUND_ALLOWED, .who = DAVE, .verb = SR_VERB_USE},
    {.forger = CHEAT, .name = "break-glass by who holds none", .plant = cheat_glass, .finding = SR_FOUND_ALLOWED, .who = ALICE, .verb = SR_VERB_USE},
    {.forger = CHEAT, .name = "break-glass to export", .plant = cheat_glass, .finding = SR_FOUND_ALLOWED, .who = DAVE, .verb = SR_VERB_EXPORT},
    {.forger = CHEAT, .name = "an act for another room", .plant = cheat_version, .finding = SR_FOUND_ALLOWED, .who = ALICE, .verb = SR_VERB_USE, .under = "ask-short", .edit = for_another_room},
    {.forger = CHEAT, .name = "an act under another policy", .plant = cheat_version, .finding = SR_FOUND_ALLOWED, .who = ALICE, .verb = SR_VERB_USE, .under = "ask-short", .edit = with_an_old_policy},
    {.forger = CHEAT, .name = "an act made before", .plant = cheat_version, .finding = SR_FOUND_ALLOWED, .who = ALICE, .verb = SR_VERB_USE, .under = "ask-short", .edit = with_a_used_nonce},
    {.forger = CHEAT, .name = "an act of last week", .plant = cheat_version, .finding = SR_FOUND_ALLOWED, .who = ALICE, .verb = SR_VERB_USE, .under = "ask-short", .edit = of_last_week},
    {.forger = CHEAT, .name = "an actor who saw another ledger", .plant = cheat_version, .finding = SR_FOUND_LEDGER, .who = ALICE, .verb = SR_VERB_USE, .under = "ask-short", .edit = who_saw_another_ledger},
    {.forger = CHEAT, .name = "an actor who saw a longer ledger", .plant = cheat_version, .finding = SR_FOUND_LEDGER, .who = ALICE, .verb = SR_VERB_USE, .under = "ask-short", .edit = who_saw_a_longer_ledger},
    {.forger = CHEAT, .name = "a clock put back", .plant = cheat_early, .finding = SR_FOUND_CLOCK, .who = ALICE, .verb = SR_VERB_USE, .under = "ask-short"},
    {.forger = CHEAT, .name = "a refusal without reason", .plant = cheat_refusal, .finding = SR_FOUND_REFUSED, .who = ALICE, .verb = SR_VERB_USE, .under = "ask-short"},

    /* Who runs the room, afterwards: all is signed anew, but what people have signed. */
    FRAUD(REWRITE, "a refused act left out, all signed anew", forge_drop, "self-approve", NULL, NULL, LEDGER, "use-early"),
    FRAUD(REWRITE, "an export left out, all signed anew", forge_drop, "export", NULL, NULL, LEDGER, "export-again"),
    FRAUD(REWRITE, "what was served left out, all signed anew", forge_drop, "served", NULL, NULL, LEDGER, "read-unseen"),
    FRAUD(REWRITE, "two approvals in another order, all signed anew", forge_swap, "export-bob", "export-carol", NULL, LEDGER, "export-carol"),
    FRAUD(REWRITE, "another time of a use, all signed anew", forge_later, "use", NULL, NULL, LEDGER, "read-unseen"),
    FRAUD(REWRITE, "another salt, all signed anew", forge_salt, "use", NULL, NULL, LEDGER, "read-unseen"),
    FRAUD(REWRITE, "a refused act made allowed, all signed anew", forge_allow, "export-again", NULL, NULL, ALLOWED, "export-again"),
    FRAUD(REWRITE, "an earlier look of a witness, all signed anew", forge_cosigned_of, "read-unseen", "read", NULL, COSIGNED, "read-unseen"),
    FRAUD(REWRITE, "an approval of another request, all signed anew", forge_act_of, "export-bob", "approve-use", NULL, ALLOWED, "export-bob"),
    SEEN(REWRITE, "the last acts left out, and an auditor who has seen them", forge_cut, "ask-two", NULL, NULL, SEEN, NULL),
    WITNESSED(REWRITE, "the last acts left out, and an auditor who asks for a witness", forge_cut, "ask-two", NULL, NULL, WITNESS, NULL),
    SEEN(REWRITE, "the last act left out, and an auditor who has seen it", forge_drop, "served-last", NULL, NULL, SEEN, NULL),
    SEEN(REWRITE, "the last act replaced, and an auditor who has seen it", forge_salt, "served-last", NULL, NULL, SEEN, "served-last"),
    WITNESSED(REWRITE, "the last act replaced, and an auditor who asks for a witness", forge_salt, "served-last", NULL, NULL, WITNESS, NULL),
};
/* clang-format on */

/* The auditor. */

struct pack {
    struct sr_bytes rest;
};

static enum sr_status read_pack(void *ctx, uint8_t *out, size_t len, size_t *out_got,
                                struct sr_err *err)
{
    struct pack *p = ctx;
    (void)err;
    *out_got = p->rest.len < len ? p->rest.len : len;
    memcpy(out, p->rest.ptr, *out_got);
    p->rest = sr_bytes(p->rest.ptr + *out_got, p->rest.len - *out_got);
    return SR_OK;
}

static enum sr_status replay(struct sr_bytes pack, const struct sr_replay_options *options,
                             struct sr_replay_report *report, struct sr_err *err)
{
    struct pack p = {.rest = pack};
    struct sr_pack_source source = {.read = read_pack, .ctx = &p};
    return sr_replay(&source, options, NULL, report, err);
}

static enum sr_status audit(const struct world *w, const struct sr_vkey *witness,
                            const struct sr_replay_seen *seen, unsigned threads,
                            struct sr_replay_report *report, struct sr_err *err)
{
    SR_AUTO(sr_buf) pack = NULL;
    if (sr_buf_new((size_t)4 << 20, &pack) != SR_OK) {
        return SR_NO_MEMORY;
    }
    world_pack(w, pack);
    struct sr_replay_options options = {.key = w->key,
                                        .witness = &witness,
                                        .witnesses = witness != NULL,
                                        .seen = seen,
                                        .seen_count = seen != NULL,
                                        .threads = threads};
    return replay(sr_buf_view(pack), &options, report, err);
}

static void get_seen(const struct world *w, struct sr_replay_seen *out)
{
    CHECK(sr_replay_seen_note(sr_buf_view(w->note), out, NULL) == SR_OK);
}

static void test_an_honest_history_is_consistent(void)
{
    SR_CLEANUP(world_clear) struct world w;
    struct sr_replay_report report;
    struct sr_replay_seen seen;
    struct sr_err err = {0};
    story_tell(&w);
    get_seen(&w, &seen);
    for (unsigned threads = 1; threads <= 5; threads += 2) {
        CHECK(audit(&w, w.witness, &seen, threads, &report, &err) == SR_OK);
        if (err.status != SR_OK) {
            printf("# %s\n", err.message);
        }
        CHECK(report.finding == SR_FOUND_NONE && report.acts == w.leaves);
        CHECK(report.signatures == w.leaves && report.size == w.leaves && report.withheld == 0);
        CHECK(report.refused == 6);
        CHECK(report.witnesses == 2 && report.witness[0].has_signed && !report.is_own_key);
    }
}

/* The story is what its comments say: what is refused is, for the reason that is meant. */
static void test_the_story(void)
{
    static const struct {
        const char *label;
        const char *reason;
    } REFUSED[] = {
        {"use-unasked", "needs-request"},      {"self-approve", "self-approval"},
        {"use-early", "approvals-missing"},    {"read-unseen", "witnesses"},
        {"export-early", "approvals-missing"}, {"export-again", "grant-exhausted"},
    };
    SR_CLEANUP(world_clear) struct world w;
    story_tell(&w);
    size_t refused = 0;
    for (size_t i = 0; i < w.leaves; i++) {
        if (w.leaf[i].entry.outcome == SR_OUTCOME_REFUSED) {
            CHECK(refused < sizeof REFUSED / sizeof REFUSED[0] &&
                  strcmp(w.leaf[i].label, REFUSED[refused].label) == 0 &&
                  strcmp(w.leaf[i].entry.reason, REFUSED[refused].reason) == 0);
            printf("# %s: %s\n", w.leaf[i].label, w.leaf[i].entry.reason);
            refused++;
        }
    }
    CHECK(refused == sizeof REFUSED / sizeof REFUSED[0]);
}

static void commit_fraud(struct world *w, const struct fraud *f)
{
    f->plant(w, f);
    world_recount(w);
    if (f->forger == CHEAT) {
        world_checkpoint(w, w->leaves, true, w->note);
    } else if (f->forger == REWRITE) {
        world_resign(w);
        world_checkpoint(w, w->leaves, false, w->note);
        w->names_witness = false;
    }
}

static bool is_found(const struct world *w, const struct fraud *f,
                     const struct sr_replay_report *report)
{
    const char *at = f->forger == CHEAT ? "cheat" : f->at;
    if (report->finding != f->finding) {
        return false;
    }
    return at == NULL ? report->seq == 0 : report->seq == world_find(w, at)->entry.seq;
}

static void try_fraud(const struct fraud *f, unsigned threads)
{
    SR_CLEANUP(world_clear) struct world w;
    struct sr_replay_report report;
    struct sr_replay_seen seen;
    struct sr_err err = {0};
    story_tell(&w);
    get_seen(&w, &seen);
    commit_fraud(&w, f);
    enum sr_status status = audit(&w, f->auditor.wants_witness ? w.witness : NULL,
                                  f->auditor.has_seen ? &seen : NULL, threads, &report, &err);
    CHECK(status == SR_UNTRUSTED);
    CHECK(is_found(&w, f, &report));
    if (status != SR_UNTRUSTED || !is_found(&w, f, &report)) {
        printf("# NOT AS EXPECTED: %s: %s at %llu: %s\n", f->name,
               sr_replay_finding_slug(report.finding), (unsigned long long)report.seq, err.message);
    } else if (threads == 1) {
        static const char *const FORGERS[] = {"database", "room", "room, afterwards"};
        printf("# | %s | %s | %s |\n", f->name, FORGERS[f->forger], err.message);
    }
}

/* A pack may leave out what nothing follows from, when it says so. */
static void test_what_may_be_withheld(void)
{
    SR_CLEANUP(world_clear) struct world w;
    struct sr_replay_report report;
    struct sr_err err = {0};
    story_tell(&w);
    w.since = world_find(&w, "ask-enrol")->entry.seq;
    uint64_t withheld = 0;
    for (size_t i = 0; i + 1 < w.since; i++) {
        SR_AUTO(sr_envelope) e = NULL;
        CHECK(sr_envelope_open(sr_buf_view(w.leaf[i].envelope), &e, NULL) == SR_OK);
        w.leaf[i].is_withheld =
            w.leaf[i].entry.outcome == SR_OUTCOME_REFUSED || !sr_entry_folds(sr_envelope_act(e));
        withheld += w.leaf[i].is_withheld;
    }
    CHECK(audit(&w, w.witness, NULL, 2, &report, &err) == SR_OK);
    CHECK(withheld == 7 && report.withheld == withheld && report.acts == w.leaves - withheld);
    CHECK(report.since == w.since);
}

static void test_every_fraud_is_found(void)
{
    for (size_t i = 0; i < sizeof FRAUDS / sizeof FRAUDS[0]; i++) {
        try_fraud(&FRAUDS[i], 1);
    }
}

static void test_threads_find_the_same(void)
{
    for (size_t i = 0; i < sizeof FRAUDS / sizeof FRAUDS[0]; i += 3) {
        try_fraud(&FRAUDS[i], 3);
    }
}

int main(void)
{
    RUN(test_the_story);
    RUN(test_an_honest_history_is_consistent);
    RUN(test_what_may_be_withheld);
    RUN(test_every_fraud_is_found);
    RUN(test_threads_find_the_same);
    return check_done();
}
