/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/replay_impl.h"
#include "audit/witnessed.h"
#include "base/text.h"
#include "ledger/tree.h"

#define ORIGIN_BYTES_MAX 255

struct sr_replay_judge {
    const struct sr_replay_options *options;
    struct sr_replay_report *report;
    unsigned order; /* of lines: sr_pack_order() */
    struct sr_vkey *own;
    const struct sr_vkey *key; /* own, or the auditor's */
    struct sr_buf *origin;
    const char *room_fingerprint;
    struct sr_replay_keys keys;
    struct sr_vkey *witness[SR_REPLAY_WITNESSES_MAX]; /* that the pack names */
    size_t witnesses;
    struct sr_replay_texts texts;
    struct sr_tree *tree;
    struct sr_state *state;
    uint64_t folds;     /* acts so far that the state follows from */
    uint64_t root_size; /* the last prefix that was asked for, and its root */
    uint8_t root[SR_SHA256_BYTES];
    uint8_t end[SR_SHA256_BYTES];
};

enum sr_status sr_replay_judge_new(const struct sr_replay_options *options,
                                   struct sr_replay_report *report, struct sr_replay_judge **out,
                                   struct sr_err *err)
{
    SR_AUTO(sr_replay_judge) j = calloc(1, sizeof *j);
    if (j == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory to replay");
    }
    j->options = options;
    j->report = report;
    j->root_size = UINT64_MAX;
    SR_TRY(sr_buf_new(ORIGIN_BYTES_MAX, &j->origin));
    SR_TRY(sr_tree_new(&j->tree));
    SR_TRY(sr_state_new(&j->state));
    *out = SR_TAKE(j);
    return SR_OK;
}

void sr_replay_judge_free(struct sr_replay_judge *j)
{
    if (j == NULL) {
        return;
    }
    sr_vkey_free(j->own);
    sr_buf_free(j->origin);
    sr_replay_keys_clear(&j->keys);
    for (size_t i = 0; i < j->witnesses; i++) {
        sr_vkey_free(j->witness[i]);
    }
    sr_replay_texts_clear(&j->texts);
    sr_tree_free(j->tree);
    sr_state_free(j->state);
    free(j);
}

const struct sr_replay_keys *sr_replay_judge_keys(const struct sr_replay_judge *j)
{
    return &j->keys;
}

void sr_replay_judge_keys_end(struct sr_replay_judge *j)
{
    sr_replay_keys_sort(&j->keys);
}

/* What is hostile, made fit to be shown. */
static void put_name(struct sr_bytes text, char *out, size_t out_bytes)
{
    size_t len = text.len < out_bytes ? text.len : out_bytes - 1;
    for (size_t i = 0; i < len; i++) {
        out[i] = text.ptr[i] >= 0x20 && text.ptr[i] < 0x7f ? (char)text.ptr[i] : '?';
    }
    out[len] = '\0';
}

/* The first finding: it ends the replay. */
static enum sr_status found(struct sr_replay_judge *j, enum sr_replay_finding finding,
                            struct sr_err *err, const char *why)
{
    struct sr_replay_report *r = j->report;
    r->finding = finding;
    (void)snprintf(r->why, sizeof r->why, "%s", why);
    const char *text = sr_replay_finding_text(finding);
    const char *colon = why[0] == '\0' ? "" : ": ";
    if (r->seq == 0) {
        return sr_fail(err, SR_UNTRUSTED, "%s%s%s", text, colon, r->why);
    }
    if (r->verb[0] == '\0') {
        return sr_fail(err, SR_UNTRUSTED, "act %llu: %s%s%s", (unsigned long long)r->seq, text,
                       colon, r->why);
    }
    return sr_fail(err, SR_UNTRUSTED, "act %llu, '%s' by '%.64s': %s%s%s",
                   (unsigned long long)r->seq, r->verb, r->actor, text, colon, r->why);
}

/* For a step whose failure is a finding when it is because of the input. */
static enum sr_status expect(struct sr_replay_judge *j, enum sr_status status,
                             const struct sr_err *cause, enum sr_replay_finding finding,
                             struct sr_err *err)
{
    if (status == SR_OK) {
        return SR_OK;
    }
    if (status == SR_NO_MEMORY || status == SR_INTERNAL || status == SR_IO) {
        return sr_fail(err, status, "%s", cause->message);
    }
    return found(j, finding, err, cause->message);
}

/* Lines that are not leaves. */

static enum sr_status judge_head(struct sr_replay_judge *j, const struct sr_pack_line *line,
                                 struct sr_err *err)
{
    struct sr_err cause = {0};
    SR_AUTO(sr_buf) text = NULL;
    j->report->room = line->room;
    j->report->since = line->since;
    put_name(line->origin, j->report->origin, sizeof j->report->origin);
    put_name(line->key, j->report->key, sizeof j->report->key);
    SR_TRY(sr_buf_append(j->origin, line->origin));
    SR_TRY(sr_vkey_parse(line->key, &j->own, err));
    if (sr_vkey_type(j->own) != SR_VKEY_ED25519) {
        return sr_fail(err, SR_UNSUPPORTED, "a room whose key is not Ed25519");
    }
    j->report->is_own_key = j->options->key == NULL;
    j->key = j->options->key != NULL ? j->options->key : j->own;
    SR_TRY(sr_buf_new(SR_VKEY_TEXT_BYTES_MAX, &text));
    SR_TRY(sr_vkey_text(j->key, text));
    put_name(sr_buf_view(text), j->report->key, sizeof j->report->key);
    if (!sr_text_equal(sr_buf_view(text), line->key)) {
        return found(j, SR_FOUND_OTHER_KEY, err, "");
    }
    enum sr_status status = sr_replay_keys_add_room(&j->keys, j->key, &j->room_fingerprint, &cause);
    return expect(j, status, &cause, SR_FOUND_OTHER_KEY, err);
}

static enum sr_status judge_witness(struct sr_replay_judge *j, const struct sr_pack_line *line,
                                    struct sr_err *err)
{
    if (j->witnesses == SR_REPLAY_WITNESSES_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "over %d witnesses", SR_REPLAY_WITNESSES_MAX);
    }
    SR_TRY(sr_vkey_parse(line->key, &j->witness[j->witnesses], err));
    j->witnesses++;
    return SR_OK;
}

/* Roots. */

static enum sr_status prefix_root(struct sr_replay_judge *j, uint64_t size, struct sr_err *err)
{
    if (j->root_size == size) {
        return SR_OK;
    }
    struct sr_tree_nodes nodes = sr_tree_nodes(j->tree);
    SR_TRY(sr_tree_root(&nodes, size, j->root, err));
    j->root_size = size;
    return SR_OK;
}

/* Whether the leaves so far begin with the tree of that size and root. */
static enum sr_status begins_with(struct sr_replay_judge *j, uint64_t size,
                                  const uint8_t root[SR_SHA256_BYTES], bool *out,
                                  struct sr_err *err)
{
    *out = false;
    if (size > sr_tree_size(j->tree)) {
        return SR_OK;
    }
    SR_TRY(prefix_root(j, size, err));
    *out = memcmp(j->root, root, SR_SHA256_BYTES) == 0;
    return SR_OK;
}

/* The next leaf; and whether the auditor has seen the tree at this size. */
static enum sr_status append(struct sr_replay_judge *j, const uint8_t leaf[SR_SHA256_BYTES],
                             struct sr_err *err)
{
    SR_TRY(sr_tree_append(j->tree, leaf));
    for (size_t i = 0; i < j->options->seen_count; i++) {
        const struct sr_replay_seen *seen = &j->options->seen[i];
        bool is_same = true;
        if (seen->size == sr_tree_size(j->tree)) {
            SR_TRY(begins_with(j, seen->size, seen->root, &is_same, err));
        }
        if (!is_same) {
            return found(j, SR_FOUND_SEEN, err, "this act or one before it was another");
        }
    }
    return SR_OK;
}

/* Acts. */

static enum sr_status get_moment(struct sr_replay_judge *j, const struct sr_replay_line *item,
                                 struct sr_witnessed *witnessed, struct sr_err *err)
{
    struct sr_err cause = {0};
    struct sr_bytes note;
    bool leads = false;
    const struct sr_policy *policy = sr_state_policy(j->state);
    if (!item->entry.has_cosigned) {
        return SR_OK;
    }
    if (policy == NULL || !sr_replay_texts_find(&j->texts, item->entry.cosigned, &note)) {
        return found(j, SR_FOUND_COSIGNED, err, "it is not in the pack");
    }
    enum sr_status status =
        sr_witnessed_read(note, sr_buf_view(j->origin), j->key, policy, witnessed, &cause);
    SR_TRY(expect(j, status, &cause, SR_FOUND_COSIGNED, err));
    SR_TRY(begins_with(j, witnessed->size, witnessed->root, &leads, err));
    return leads ? SR_OK : found(j, SR_FOUND_COSIGNED, err, "it is of another ledger");
}

static bool brings_policy(enum sr_verb verb)
{
    return verb == SR_VERB_INIT || verb == SR_VERB_POLICY || verb == SR_VERB_ADOPT;
}

/* Without the text of a policy that was refused, the answer is what the room's was without it. */
static enum sr_status get_policy(struct sr_replay_judge *j, const struct sr_replay_line *item,
                                 struct sr_policy **out, struct sr_err *err)
{
    const struct sr_act *act = sr_envelope_act(item->envelope);
    struct sr_bytes text;
    if (!brings_policy(act->verb) || !sr_act_has(act, SR_FIELD_policy)) {
        return SR_OK;
    }
    if (!sr_replay_texts_find(&j->texts, act->field[SR_FIELD_policy].digest, &text)) {
        return item->entry.outcome == SR_OUTCOME_REFUSED
                   ? SR_OK
                   : found(j, SR_FOUND_TEXT, err, "the policy is not in the pack");
    }
    enum sr_status status = sr_policy_parse(text, out, NULL);
    return status == SR_NO_MEMORY || status == SR_INTERNAL
               ? sr_fail(err, status, "a policy could not be read")
               : SR_OK;
}

/* A report or a check that an act names by its digest is evidence too; the list of what was
 * recorded before acts were signed (ADOPT) may be too long to be kept, and is nobody's word. */
static enum sr_status check_texts(struct sr_replay_judge *j, const struct sr_act *act,
                                  struct sr_err *err)
{
    static const enum sr_act_field FIELDS[] = {SR_FIELD_report, SR_FIELD_results};
    struct sr_bytes text;
    for (size_t i = 0; i < sizeof FIELDS / sizeof FIELDS[0]; i++) {
        if (act->verb != SR_VERB_ADOPT && sr_act_has(act, FIELDS[i]) &&
            !sr_replay_texts_find(&j->texts, act->field[FIELDS[i]].digest, &text)) {
            char why[SR_ERR_MESSAGE_BYTES];
            (void)snprintf(why, sizeof why, "the %s is not in the pack",
                           sr_field_info(FIELDS[i])->name);
            return found(j, SR_FOUND_TEXT, err, why);
        }
    }
    return SR_OK;
}

static enum sr_status found_decision(struct sr_replay_judge *j, enum sr_replay_finding finding,
                                     const struct sr_decision *d, struct sr_err *err)
{
    char why[SR_ERR_MESSAGE_BYTES];
    (void)snprintf(why, sizeof why, "%s%s%.160s", sr_reason_text(d->reason),
                   d->detail[0] == '\0' ? "" : ": ", d->detail);
    return found(j, finding, err, why);
}

/*
 * Whether outcome and reason are those of the decision. Of acts that are withheld the nonces are
 * not known.
 */
static enum sr_status compare(struct sr_replay_judge *j, const struct sr_entry *entry,
                              const struct sr_decision *d, struct sr_err *err)
{
    if (entry->outcome == SR_OUTCOME_ALLOWED) {
        return d->ruling == SR_RULING_ALLOW ? SR_OK : found_decision(j, SR_FOUND_ALLOWED, d, err);
    }
    if (j->report->withheld > 0 && strcmp(entry->reason, sr_reason_slug(SR_REASON_REPLAYED)) == 0) {
        return SR_OK;
    }
    if (d->ruling == SR_RULING_ALLOW) {
        return found(j, SR_FOUND_REFUSED, err, entry->reason);
    }
    return strcmp(entry->reason, sr_reason_slug(d->reason)) == 0
               ? SR_OK
               : found_decision(j, SR_FOUND_REASON, d, err);
}

/*
 * Each act says which ledger its actor saw, so each person's signature speaks for all acts before
 * it. Who saw another one is refused for that, before anything is decided.
 */
static enum sr_status check_ledger(struct sr_replay_judge *j, const struct sr_replay_line *item,
                                   bool *out_is_over, struct sr_err *err)
{
    const struct sr_act *act = sr_envelope_act(item->envelope);
    bool leads = true;
    *out_is_over = strcmp(item->entry.reason, sr_reason_slug(SR_REASON_OTHER_LEDGER)) == 0;
    if (act->ledger_size > 0) {
        SR_TRY(begins_with(j, act->ledger_size, act->ledger_root, &leads, err));
    }
    if (*out_is_over) {
        return leads ? found(j, SR_FOUND_REASON, err, "the actor saw this same ledger") : SR_OK;
    }
    return leads ? SR_OK : found(j, SR_FOUND_LEDGER, err, "an act before this one was another");
}

static enum sr_status fold(struct sr_replay_judge *j, struct sr_state_event *event,
                           struct sr_policy **policy, struct sr_err *err)
{
    struct sr_err cause = {0};
    SR_TRY(check_texts(j, event->act, err));
    event->policy = SR_TAKE(*policy);
    SR_TRY(expect(j, sr_state_apply(j->state, event, &cause), &cause, SR_FOUND_STATE, err));
    if (brings_policy(event->act->verb) &&
        !sr_text_id_equal(sr_state_room(j->state), &j->report->room)) {
        return found(j, SR_FOUND_ROOM, err, "");
    }
    return SR_OK;
}

static enum sr_status decide(struct sr_replay_judge *j, const struct sr_replay_line *item,
                             struct sr_err *err)
{
    const struct sr_act *act = sr_envelope_act(item->envelope);
    const char *fingerprint = sr_act_key_fingerprint(item->key);
    struct sr_witnessed witnessed = {0};
    SR_AUTO(sr_policy) policy = NULL;
    bool is_over;
    SR_TRY(check_ledger(j, item, &is_over, err));
    if (is_over) {
        return SR_OK;
    }
    SR_TRY(get_moment(j, item, &witnessed, err));
    SR_TRY(get_policy(j, item, &policy, err));
    struct sr_state_event event = {.act = act,
                                   .digest = sr_envelope_digest(item->envelope),
                                   .fingerprint = fingerprint,
                                   .is_room = strcmp(fingerprint, j->room_fingerprint) == 0,
                                   .proof = item->proof,
                                   .seq = item->entry.seq,
                                   .time_utc_ms = item->entry.time_utc_ms,
                                   .policy = policy};
    struct sr_moment moment = {.now_utc_ms = item->entry.time_utc_ms,
                               .witnessed_utc_ms = witnessed.utc_ms,
                               .witnessed = witnessed.count};
    struct sr_decision decision = sr_policy_decide(j->state, &event, &moment);
    SR_TRY(compare(j, &item->entry, &decision, err));
    event.policy = NULL;
    return item->entry.outcome == SR_OUTCOME_ALLOWED ? fold(j, &event, &policy, err) : SR_OK;
}

/* So that a finding can say of which act it is. */
static void name_act(struct sr_replay_judge *j, const struct sr_replay_line *item)
{
    struct sr_replay_report *r = j->report;
    r->seq = item->line.seq;
    r->verb[0] = '\0';
    r->actor[0] = '\0';
    r->time_utc_ms = 0;
    if (item->envelope != NULL) {
        const struct sr_act *act = sr_envelope_act(item->envelope);
        (void)snprintf(r->verb, sizeof r->verb, "%s", sr_verb_info(act->verb)->word);
        put_name(act->actor, r->actor, sizeof r->actor);
        r->time_utc_ms = item->entry.time_utc_ms;
    }
}

/* Whoever listens. */
static void tell(const struct sr_replay_judge *j, const struct sr_replay_line *item)
{
    if (j->options->on_act != NULL) {
        struct sr_replay_act a = {
            .entry = &item->entry, .act = sr_envelope_act(item->envelope), .before = j->state};
        j->options->on_act(j->options->ctx, &a);
    }
}

static enum sr_status judge_shown(struct sr_replay_judge *j, struct sr_replay_line *item,
                                  struct sr_err *err)
{
    struct sr_replay_report *r = j->report;
    if (item->finding != SR_FOUND_NONE) {
        return found(j, item->finding, err, item->err.message);
    }
    if (item->entry.seq != item->line.seq) {
        return found(j, SR_FOUND_SEQ, err, "the entry has another number");
    }
    if (item->entry.time_utc_ms < r->last_utc_ms) {
        return found(j, SR_FOUND_CLOCK, err, "");
    }
    tell(j, item);
    j->folds += item->entry.outcome == SR_OUTCOME_ALLOWED &&
                sr_entry_folds(sr_envelope_act(item->envelope));
    bool misses_one = item->entry.folds != j->folds;
    /* What does not follow from the acts that are shown may well follow from one that is not. */
    if (misses_one && r->withheld > 0) {
        return found(j, SR_FOUND_FOLDS, err, "it is among those that are withheld");
    }
    SR_TRY(decide(j, item, err));
    if (misses_one) {
        return found(j, SR_FOUND_FOLDS, err, "");
    }
    r->last_utc_ms = item->entry.time_utc_ms;
    r->first_utc_ms = r->first_utc_ms == 0 ? r->last_utc_ms : r->first_utc_ms;
    r->acts++;
    r->signatures++;
    r->refused += item->entry.outcome == SR_OUTCOME_REFUSED;
    return SR_OK;
}

static enum sr_status judge_leaf(struct sr_replay_judge *j, struct sr_replay_line *item,
                                 struct sr_err *err)
{
    name_act(j, item);
    if (item->line.seq != sr_tree_size(j->tree) + 1) {
        return found(j, SR_FOUND_SEQ, err, "");
    }
    if (item->line.is_withheld) {
        if (item->line.seq >= j->report->since) {
            return found(j, SR_FOUND_WITHHELD, err, "");
        }
        j->report->withheld++;
    } else {
        SR_TRY(judge_shown(j, item, err));
    }
    SR_TRY(append(j, item->leaf, err));
    j->report->seq = 0;
    return SR_OK;
}

/* The checkpoint. */

/* Those that the pack names, then those that the auditor demands. */
static size_t witness_count(const struct sr_replay_judge *j)
{
    return j->witnesses + j->options->witnesses;
}

static const struct sr_vkey *witness_at(const struct sr_replay_judge *j, size_t i)
{
    return i < j->witnesses ? j->witness[i] : j->options->witness[i - j->witnesses];
}

static enum sr_status judge_cosignatures(struct sr_replay_judge *j, struct sr_bytes note,
                                         struct sr_err *err)
{
    struct sr_err cause = {0};
    const struct sr_vkey *keys[1 + 2 * SR_REPLAY_WITNESSES_MAX] = {j->key};
    struct sr_vkey_mark marks[1 + 2 * SR_REPLAY_WITNESSES_MAX] = {0};
    struct sr_checkpoint ignored;
    size_t count = witness_count(j);
    for (size_t i = 0; i < count; i++) {
        keys[i + 1] = witness_at(j, i);
    }
    enum sr_status status = sr_receipt_checkpoint(note, sr_buf_view(j->origin), keys, count + 1,
                                                  &ignored, marks, &cause);
    SR_TRY(expect(j, status, &cause, SR_FOUND_WITNESS, err));
    for (size_t i = 0; i < count; i++) {
        struct sr_replay_witness w = {.has_signed = marks[i + 1].has_signed,
                                      .utc_s = marks[i + 1].utc_s};
        put_name(sr_vkey_name(keys[i + 1]), w.name, sizeof w.name);
        if (!w.has_signed) {
            return found(j, SR_FOUND_WITNESS, err, w.name);
        }
        if (j->report->witnesses < SR_REPLAY_WITNESSES_MAX) {
            j->report->witness[j->report->witnesses++] = w;
        }
    }
    return SR_OK;
}

static enum sr_status judge_checkpoint(struct sr_replay_judge *j, const struct sr_pack_line *line,
                                       struct sr_err *err)
{
    struct sr_err cause = {0};
    struct sr_checkpoint c = {0};
    bool is_same;
    enum sr_status status =
        sr_receipt_checkpoint(line->text, sr_buf_view(j->origin), &j->key, 1, &c, NULL, &cause);
    SR_TRY(expect(j, status, &cause, SR_FOUND_CHECKPOINT, err));
    j->report->size = c.size;
    memcpy(j->report->root, c.root, sizeof c.root);
    if (c.size != sr_tree_size(j->tree)) {
        return found(j, SR_FOUND_SIZE, err, "");
    }
    SR_TRY(begins_with(j, c.size, c.root, &is_same, err));
    if (!is_same) {
        return found(j, SR_FOUND_ROOT, err, "");
    }
    for (size_t i = 0; i < j->options->seen_count; i++) {
        if (j->options->seen[i].size > c.size) {
            return found(j, SR_FOUND_SEEN, err, "it was longer");
        }
    }
    return judge_cosignatures(j, line->text, err);
}

/* All lines. */

enum sr_status sr_replay_judge_line(struct sr_replay_judge *j, struct sr_replay_line *item,
                                    struct sr_err *err)
{
    if (item->status != SR_OK) {
        return sr_fail(err, item->status, "line %llu: %s", (unsigned long long)item->number,
                       item->err.message);
    }
    enum sr_status status = sr_pack_order(&j->order, item->line.kind, err);
    if (status != SR_OK) {
        return sr_context(err, status, "line %llu", (unsigned long long)item->number);
    }
    switch (item->line.kind) {
    case SR_PACK_HEAD:
        return judge_head(j, &item->line, err);
    case SR_PACK_KEY:
        return sr_replay_keys_add(&j->keys, item->line.key, err);
    case SR_PACK_WITNESS:
        return judge_witness(j, &item->line, err);
    case SR_PACK_TEXT:
        return item->finding != SR_FOUND_NONE ? found(j, item->finding, err, item->err.message)
                                              : sr_replay_texts_add(&j->texts, &item->line, err);
    case SR_PACK_LEAF:
        return judge_leaf(j, item, err);
    case SR_PACK_CHECKPOINT:
        return judge_checkpoint(j, &item->line, err);
    case SR_PACK_END:
    case SR_PACK_KIND_COUNT:
    default:
        memcpy(j->end, item->line.digest, sizeof j->end);
        return SR_OK;
    }
}

enum sr_status sr_replay_judge_end(struct sr_replay_judge *j, const uint8_t digest[SR_SHA256_BYTES],
                                   struct sr_state **out_state, struct sr_err *err)
{
    if (j->order != 1 + (unsigned)SR_PACK_END) {
        return sr_fail(err, SR_TRUNCATED, "the pack has no end");
    }
    if (memcmp(j->end, digest, sizeof j->end) != 0) {
        return found(j, SR_FOUND_DAMAGED, err, "");
    }
    if (out_state != NULL) {
        *out_state = SR_TAKE(j->state);
    }
    return SR_OK;
}
