/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/audit/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/pack.h"
#include "audit/witnessed.h"
#include "base/text.h"
#include "crypto/merkle.h"
#include "formats/checkpoint.h"
#include "formats/note.h"

#define BEGIN_UTC_MS ((int64_t)1790000000000) /* in September 2026 */

/* A failure here is one of the test itself. */
#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("# %s:%d: not true: %s\n", __FILE__, __LINE__, #condition);                     \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static void must(enum sr_status status, const struct sr_err *err, const char *what)
{
    if (status != SR_OK) {
        printf("# %s: %s: %s\n", what, sr_status_info(status)->slug, err->message);
        abort();
    }
}

static struct sr_signer *make_signer(uint8_t seed_byte)
{
    SR_AUTO(sr_secret) seed = NULL;
    struct sr_signer *signer = NULL;
    MUST(sr_secret_new(SR_SIGN_SEED_BYTES, &seed, NULL) == SR_OK);
    memset(sr_secret_bytes(seed), seed_byte, SR_SIGN_SEED_BYTES);
    MUST(sr_signer_ed25519(seed, &signer, NULL) == SR_OK);
    return signer;
}

size_t world_person(struct world *w, const char *name)
{
    struct sr_err err = {0};
    MUST(w->people < WORLD_PEOPLE_MAX);
    struct world_person *p = &w->person[w->people];
    p->name = name;
    must(sr_act_signer_plain(make_signer((uint8_t)(1 + w->people)), &p->signer, &err), &err, name);
    return w->people++;
}

const char *world_key_line(const struct world *w, size_t who)
{
    return sr_act_key_line(w->person[who].signer->key);
}

void world_init(struct world *w)
{
    *w = (struct world){.now_utc_ms = BEGIN_UTC_MS, .since = 1, .names_witness = true};
    memset(w->room.bytes, 0x52, sizeof w->room.bytes);
    MUST(world_person(w, "room") == WORLD_ROOM);
    w->person[WORLD_ROOM].name = NULL;
    w->signer = make_signer(1);
    w->witness_signer = make_signer(200);
    MUST(sr_vkey_new(sr_text_view(WORLD_ORIGIN), SR_VKEY_ED25519, w->signer->public_key, &w->key,
                     NULL) == SR_OK);
    MUST(sr_vkey_new(sr_text_view(WORLD_WITNESS), SR_VKEY_COSIGNATURE,
                     w->witness_signer->public_key, &w->witness, NULL) == SR_OK);
    MUST(sr_state_new(&w->state) == SR_OK);
    MUST(sr_tree_new(&w->tree) == SR_OK);
    MUST(sr_buf_new(SR_NOTE_BYTES_MAX, &w->note) == SR_OK);
}

void world_clear(struct world *w)
{
    for (size_t i = 0; i < w->people; i++) {
        sr_act_signer_free(w->person[i].signer);
    }
    for (size_t i = 0; i < w->leaves; i++) {
        sr_buf_free(w->leaf[i].envelope);
        sr_buf_free(w->leaf[i].text);
    }
    for (size_t i = 0; i < w->texts; i++) {
        sr_buf_free(w->text[i].body);
    }
    free(w->leaf);
    sr_signer_free(w->signer);
    sr_signer_free(w->witness_signer);
    sr_vkey_free(w->key);
    sr_vkey_free(w->witness);
    sr_state_free(w->state);
    sr_tree_free(w->tree);
    sr_buf_free(w->note);
    *w = (struct world){0};
}

void world_put_text(struct world *w, struct sr_bytes body, uint8_t out[SR_SHA256_BYTES])
{
    MUST(sr_sha256_once(body, out) == SR_OK);
    for (size_t i = 0; i < w->texts; i++) {
        if (memcmp(w->text[i].digest, out, SR_SHA256_BYTES) == 0) {
            return;
        }
    }
    MUST(w->texts < WORLD_TEXTS_MAX);
    struct world_text *t = &w->text[w->texts++];
    memcpy(t->digest, out, SR_SHA256_BYTES);
    MUST(sr_buf_new((size_t)1 << 20, &t->body) == SR_OK && sr_buf_append(t->body, body) == SR_OK);
}

/* Leaves. */

size_t world_index(const struct world *w, const char *label)
{
    size_t i = w->leaves;
    while (i > 0 && strcmp(w->leaf[i - 1].label, label) != 0) {
        i--;
    }
    if (i == 0) {
        printf("# no act is called '%s'\n", label);
        abort();
    }
    return i - 1;
}

struct world_leaf *world_find(const struct world *w, const char *label)
{
    return &w->leaf[world_index(w, label)];
}

static void put_entry(const struct world_leaf *leaf, struct sr_buf *out)
{
    struct sr_err err = {0};
    if (leaf->text != NULL) {
        MUST(sr_buf_append(out, sr_buf_view(leaf->text)) == SR_OK);
    } else {
        must(sr_entry_encode(&leaf->entry, out, &err), &err, leaf->label);
    }
}

static void leaf_hash(const struct world_leaf *leaf, uint8_t out[SR_SHA256_BYTES])
{
    SR_AUTO(sr_buf) entry = NULL;
    uint8_t commitment[SR_COMMITMENT_BYTES];
    MUST(sr_buf_new(SR_ENTRY_BYTES_MAX, &entry) == SR_OK);
    put_entry(leaf, entry);
    MUST(sr_commitment_make(leaf->salt, sr_buf_view(entry), commitment) == SR_OK);
    MUST(sr_merkle_leaf(sr_bytes(commitment, sizeof commitment), out) == SR_OK);
}

static void append_leaf(struct world *w, const struct world_leaf *leaf)
{
    uint8_t hash[SR_SHA256_BYTES];
    leaf_hash(leaf, hash);
    MUST(sr_tree_append(w->tree, hash) == SR_OK);
}

struct world_leaf *world_new_leaf(struct world *w)
{
    if (w->leaves == w->leaves_room) {
        size_t room = w->leaves_room == 0 ? 64 : 2 * w->leaves_room;
        struct world_leaf *more = realloc(w->leaf, room * sizeof *more);
        MUST(more != NULL);
        w->leaf = more;
        w->leaves_room = room;
    }
    w->leaf[w->leaves] = (struct world_leaf){0};
    return &w->leaf[w->leaves++];
}

void world_rebuild(struct world *w)
{
    sr_tree_free(w->tree);
    w->tree = NULL;
    MUST(sr_tree_new(&w->tree) == SR_OK);
    for (size_t i = 0; i < w->leaves; i++) {
        append_leaf(w, &w->leaf[i]);
    }
}

void world_renumber(struct world *w)
{
    for (size_t i = 0; i < w->leaves; i++) {
        w->leaf[i].entry.seq = i + 1;
    }
}

static bool folds(const struct world_leaf *leaf)
{
    SR_AUTO(sr_envelope) e = NULL;
    return leaf->entry.outcome == SR_OUTCOME_ALLOWED &&
           sr_envelope_open(sr_buf_view(leaf->envelope), &e, NULL) == SR_OK &&
           sr_entry_folds(sr_envelope_act(e));
}

void world_recount(struct world *w)
{
    uint64_t count = 0;
    for (size_t i = 0; i < w->leaves; i++) {
        count += folds(&w->leaf[i]);
        w->leaf[i].entry.folds = count;
    }
}

/* Checkpoints. */

static void root_of(const struct world *w, uint64_t size, uint8_t out[SR_SHA256_BYTES])
{
    struct sr_tree_nodes nodes = sr_tree_nodes(w->tree);
    MUST(sr_tree_root(&nodes, size, out, NULL) == SR_OK);
}

void world_publish(struct world *w)
{
    w->seen_size = sr_tree_size(w->tree);
    root_of(w, w->seen_size, w->seen_root);
}

void world_checkpoint(const struct world *w, uint64_t size, bool is_cosigned, struct sr_buf *out)
{
    SR_AUTO(sr_buf) text = NULL;
    struct sr_checkpoint c = {.origin = sr_text_view(WORLD_ORIGIN), .size = size};
    root_of(w, size, c.root);
    MUST(sr_buf_new(SR_CHECKPOINT_BYTES_MAX, &text) == SR_OK);
    MUST(sr_checkpoint_encode(&c, text) == SR_OK);
    sr_buf_clear(out);
    MUST(sr_note_encode_text(sr_buf_view(text), out) == SR_OK);
    MUST(sr_vkey_sign(w->key, w->signer, 0, sr_buf_view(text), out, NULL) == SR_OK);
    if (is_cosigned) {
        MUST(sr_vkey_sign(w->witness, w->witness_signer, (uint64_t)w->now_utc_ms / 1000,
                          sr_buf_view(text), out, NULL) == SR_OK);
    }
}

/* Acts. */

static void count_into(struct world *w, uint8_t *out, size_t len, uint8_t first)
{
    w->counter++;
    memset(out, 0, len);
    out[0] = first;
    for (size_t i = 0; i < 8; i++) {
        out[len - 1 - i] = (uint8_t)(w->counter >> (8 * i));
    }
}

static void complete(struct world *w, size_t who, struct sr_act *act)
{
    const struct sr_policy *policy = sr_state_policy(w->state);
    act->room = w->room;
    act->actor = sr_text_view(who == WORLD_ROOM ? "root" : w->person[who].name);
    act->time_utc_ms = w->now_utc_ms;
    count_into(w, act->nonce, sizeof act->nonce, 'n');
    if (policy != NULL && sr_verb_info(act->verb)->group != SR_VERB_GROUP_SYSTEM) {
        memcpy(act->policy, policy->digest, sizeof act->policy);
    }
    act->ledger_size = w->seen_size;
    if (w->seen_size > 0) {
        memcpy(act->ledger_root, w->seen_root, sizeof act->ledger_root);
    }
}

static void sign(struct world *w, size_t signs_as, struct sr_act *act, const uint8_t *digest,
                 struct world_leaf *leaf)
{
    struct sr_err err = {0};
    struct sr_act_name subject;
    char name[SR_ACT_SUBJECT_NAME_BYTES];
    must(sr_act_subject(act, digest, name, &subject), &err, leaf->label);
    act->subjects = &subject;
    act->subject_count = 1;
    MUST(sr_buf_new(SR_ENVELOPE_BYTES_MAX, &leaf->envelope) == SR_OK);
    must(sr_envelope_make(act, w->person[signs_as].signer, leaf->envelope, leaf->entry.act, &err),
         &err, leaf->label);
    MUST(sr_sha256_once(sr_buf_view(leaf->envelope), leaf->entry.envelope) == SR_OK);
    act->subjects = NULL;
}

static void get_witnessed(struct world *w, struct world_leaf *leaf, struct sr_witnessed *out)
{
    if (!w->has_cosigned) {
        return;
    }
    SR_AUTO(sr_buf) note = NULL;
    MUST(sr_buf_new(SR_NOTE_BYTES_MAX, &note) == SR_OK);
    world_checkpoint(w, sr_tree_size(w->tree), true, note);
    leaf->entry.has_cosigned = true;
    world_put_text(w, sr_buf_view(note), leaf->entry.cosigned);
    MUST(sr_witnessed_read(sr_buf_view(note), sr_text_view(WORLD_ORIGIN), w->key,
                           sr_state_policy(w->state), out, NULL) == SR_OK);
}

static void set_outcome(struct world *w, struct world_leaf *leaf)
{
    bool is_allowed = w->force == WORLD_ALLOW ||
                      (w->force == WORLD_AS_DECIDED && w->decision.ruling == SR_RULING_ALLOW);
    const char *reason =
        w->force == WORLD_REFUSE ? "forbidden" : sr_reason_slug(w->decision.reason);
    leaf->entry.outcome = is_allowed ? SR_OUTCOME_ALLOWED : SR_OUTCOME_REFUSED;
    (void)snprintf(leaf->entry.reason, sizeof leaf->entry.reason, "%s", is_allowed ? "" : reason);
}

/* Decide as a room does, and then, perhaps, do otherwise. */
static void decide(struct world *w, struct world_leaf *leaf, const struct sr_envelope *e,
                   struct sr_state_event *event)
{
    struct sr_err err = {0};
    struct sr_witnessed witnessed = {0};
    get_witnessed(w, leaf, &witnessed);
    event->act = sr_envelope_act(e);
    event->digest = sr_envelope_digest(e);
    event->seq = leaf->entry.seq;
    event->time_utc_ms = leaf->entry.time_utc_ms;
    struct sr_moment moment = {.now_utc_ms = leaf->entry.time_utc_ms,
                               .witnessed_utc_ms = witnessed.utc_ms,
                               .witnessed = witnessed.count};
    w->decision = sr_policy_decide(w->state, event, &moment);
    set_outcome(w, leaf);
    w->folds += leaf->entry.outcome == SR_OUTCOME_ALLOWED && sr_entry_folds(event->act);
    leaf->entry.folds = w->folds;
    if (w->decision.ruling == SR_RULING_ALLOW && w->force != WORLD_REFUSE) {
        must(sr_state_apply(w->state, event, &err), &err, leaf->label);
    } else {
        sr_policy_free(event->policy);
    }
}

struct world_leaf *world_submit(struct world *w, const char *label, size_t who, struct sr_act *act,
                                const uint8_t *digest, struct sr_bytes policy)
{
    struct sr_err err = {0};
    SR_AUTO(sr_envelope) e = NULL;
    struct sr_state_event event = {0};
    struct world_leaf *leaf = world_new_leaf(w);
    size_t signs_as = w->signs_as != 0 ? w->signs_as : who;
    w->now_utc_ms += WORLD_MINUTE_MS;
    (void)snprintf(leaf->label, sizeof leaf->label, "%s", label);
    leaf->entry.seq = w->leaves;
    leaf->entry.time_utc_ms = w->now_utc_ms;
    count_into(w, leaf->salt, sizeof leaf->salt, 's');
    complete(w, who, act);
    if (w->edit != NULL) {
        w->edit(w, act);
    }
    sign(w, signs_as, act, digest, leaf);
    must(sr_envelope_open(sr_buf_view(leaf->envelope), &e, &err), &err, label);
    must(sr_envelope_verify(e, w->person[signs_as].signer->key, &event.proof, &err), &err, label);
    event.fingerprint = sr_act_key_fingerprint(w->person[signs_as].signer->key);
    event.is_room = signs_as == WORLD_ROOM;
    leaf->is_room = event.is_room;
    if (policy.len > 0) {
        must(sr_policy_parse(policy, &event.policy, &err), &err, label);
    }
    decide(w, leaf, e, &event);
    append_leaf(w, leaf);
    world_publish(w);
    w->force = WORLD_AS_DECIDED;
    w->signs_as = 0;
    w->has_cosigned = false;
    w->edit = NULL;
    return leaf;
}

static void resign(struct world *w, struct world_leaf *leaf)
{
    struct sr_err err = {0};
    SR_AUTO(sr_envelope) e = NULL;
    must(sr_envelope_open(sr_buf_view(leaf->envelope), &e, &err), &err, leaf->label);
    struct sr_act act = *sr_envelope_act(e);
    if (sr_verb_info(act.verb)->group != SR_VERB_GROUP_RECORD) {
        return;
    }
    world_publish(w);
    act.ledger_size = w->seen_size;
    memcpy(act.ledger_root, w->seen_root, sizeof act.ledger_root);
    sr_buf_clear(leaf->envelope);
    must(
        sr_envelope_make(&act, w->person[WORLD_ROOM].signer, leaf->envelope, leaf->entry.act, &err),
        &err, leaf->label);
    MUST(sr_sha256_once(sr_buf_view(leaf->envelope), leaf->entry.envelope) == SR_OK);
}

void world_resign(struct world *w)
{
    sr_tree_free(w->tree);
    w->tree = NULL;
    MUST(sr_tree_new(&w->tree) == SR_OK);
    for (size_t i = 0; i < w->leaves; i++) {
        if (w->leaf[i].is_room) {
            resign(w, &w->leaf[i]);
        }
        append_leaf(w, &w->leaf[i]);
    }
}

/* The pack. */

static enum sr_status write_buf(void *ctx, struct sr_bytes data, struct sr_err *err)
{
    (void)err;
    return sr_buf_append(ctx, data);
}

static void put_line(struct sr_pack_writer *writer, const struct sr_pack_line *line)
{
    struct sr_err err = {0};
    must(sr_pack_writer_put(writer, line, &err), &err, "pack");
}

static void put_head(const struct world *w, struct sr_pack_writer *writer)
{
    SR_AUTO(sr_buf) key = NULL;
    MUST(sr_buf_new(SR_VKEY_TEXT_BYTES_MAX, &key) == SR_OK);
    MUST(sr_vkey_text(w->key, key) == SR_OK);
    put_line(writer, &(struct sr_pack_line){.kind = SR_PACK_HEAD,
                                            .room = w->room,
                                            .origin = sr_text_view(WORLD_ORIGIN),
                                            .key = sr_buf_view(key),
                                            .since = w->since});
    for (size_t i = 0; i < w->people; i++) {
        put_line(writer, &(struct sr_pack_line){.kind = SR_PACK_KEY,
                                                .key = sr_text_view(world_key_line(w, i))});
    }
    sr_buf_clear(key);
    MUST(sr_vkey_text(w->witness, key) == SR_OK);
    if (w->names_witness) {
        put_line(writer, &(struct sr_pack_line){.kind = SR_PACK_WITNESS, .key = sr_buf_view(key)});
    }
}

static void put_leaf(const struct world_leaf *leaf, struct sr_pack_writer *writer)
{
    SR_AUTO(sr_buf) entry = NULL;
    struct sr_pack_line line = {
        .kind = SR_PACK_LEAF, .seq = leaf->entry.seq, .is_withheld = leaf->is_withheld};
    MUST(sr_buf_new(SR_ENTRY_BYTES_MAX, &entry) == SR_OK);
    put_entry(leaf, entry);
    line.entry = sr_buf_view(entry);
    line.envelope = sr_buf_view(leaf->envelope);
    memcpy(line.salt, leaf->salt, sizeof line.salt);
    leaf_hash(leaf, line.hash);
    put_line(writer, &line);
}

void world_pack(const struct world *w, struct sr_buf *out)
{
    SR_AUTO(sr_pack_writer) writer = NULL;
    struct sr_pack_sink sink = {.write = write_buf, .ctx = out};
    MUST(sr_pack_writer_new(&sink, &writer, NULL) == SR_OK);
    put_head(w, writer);
    for (size_t i = 0; i < w->texts; i++) {
        struct sr_pack_line line = {.kind = SR_PACK_TEXT, .text = sr_buf_view(w->text[i].body)};
        memcpy(line.digest, w->text[i].digest, sizeof line.digest);
        put_line(writer, &line);
    }
    for (size_t i = 0; i < w->leaves; i++) {
        put_leaf(&w->leaf[i], writer);
    }
    put_line(writer,
             &(struct sr_pack_line){.kind = SR_PACK_CHECKPOINT, .text = sr_buf_view(w->note)});
}
