/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/audit/forge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "formats/base64.h"
#include "formats/checkpoint.h"
#include "formats/json.h"
#include "formats/note.h"

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("# %s:%d: not true: %s\n", __FILE__, __LINE__, #condition);                     \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* Leaves. */

static void drop_at(struct world *w, size_t index)
{
    sr_buf_free(w->leaf[index].envelope);
    sr_buf_free(w->leaf[index].text);
    memmove(&w->leaf[index], &w->leaf[index + 1], (w->leaves - index - 1) * sizeof w->leaf[index]);
    w->leaves--;
}

void forge_drop(struct world *w, const struct fraud *f)
{
    drop_at(w, world_index(w, f->label));
    world_renumber(w);
}

void forge_drop_only(struct world *w, const struct fraud *f)
{
    drop_at(w, world_index(w, f->label));
}

void forge_cut(struct world *w, const struct fraud *f)
{
    size_t first = world_index(w, f->label);
    while (w->leaves > first) {
        drop_at(w, w->leaves - 1);
    }
}

void forge_swap(struct world *w, const struct fraud *f)
{
    struct world_leaf *a = world_find(w, f->label);
    struct world_leaf *b = world_find(w, f->from);
    struct world_leaf kept = *a;
    int64_t later = b->entry.time_utc_ms;
    *a = *b;
    *b = kept;
    a->entry.time_utc_ms = kept.entry.time_utc_ms;
    b->entry.time_utc_ms = later;
    world_renumber(w);
}

static struct sr_buf *copy_of(struct sr_bytes bytes)
{
    struct sr_buf *out = NULL;
    MUST(sr_buf_new(SR_ENVELOPE_BYTES_MAX, &out) == SR_OK && sr_buf_append(out, bytes) == SR_OK);
    return out;
}

void forge_twice(struct world *w, const struct fraud *f)
{
    (void)world_new_leaf(w);
    size_t index = world_index(w, f->label);
    memmove(&w->leaf[index + 1], &w->leaf[index], (w->leaves - 1 - index) * sizeof w->leaf[index]);
    struct world_leaf *copy = &w->leaf[index + 1];
    copy->envelope = copy_of(sr_buf_view(copy->envelope));
    (void)snprintf(copy->label, sizeof copy->label, "copy");
    world_renumber(w);
}

/* Entry and envelope go together again. */
static void fit_entry(struct world_leaf *leaf)
{
    SR_AUTO(sr_envelope) e = NULL;
    MUST(sr_sha256_once(sr_buf_view(leaf->envelope), leaf->entry.envelope) == SR_OK);
    if (sr_envelope_open(sr_buf_view(leaf->envelope), &e, NULL) == SR_OK) {
        memcpy(leaf->entry.act, sr_envelope_digest(e), SR_SHA256_BYTES);
    }
}

void forge_envelope_of(struct world *w, const struct fraud *f)
{
    struct world_leaf *leaf = world_find(w, f->label);
    sr_buf_free(leaf->envelope);
    leaf->envelope = copy_of(sr_buf_view(world_find(w, f->from)->envelope));
}

void forge_act_of(struct world *w, const struct fraud *f)
{
    forge_envelope_of(w, f);
    fit_entry(world_find(w, f->label));
}

/* An envelope's parts. */
struct parts {
    struct sr_json *json;
    struct sr_bytes payload; /* base64, as the next */
    struct sr_bytes signature;
    struct sr_bytes keyid;
};

static void parts_clear(struct parts *p)
{
    sr_json_free(p->json);
}

static struct sr_bytes text_of(struct sr_json_value object, const char *key)
{
    struct sr_json_value value;
    MUST(sr_json_find(object, key, &value));
    return sr_json_string(value);
}

static void take_apart(const struct world_leaf *leaf, struct parts *out)
{
    struct sr_json_value list;
    MUST(sr_json_decode(sr_buf_view(leaf->envelope), 8, &out->json, NULL) == SR_OK);
    struct sr_json_value root = sr_json_root(out->json);
    MUST(sr_json_find(root, "signatures", &list));
    out->payload = text_of(root, "payload");
    out->signature = text_of(sr_json_at(list, 0), "sig");
    out->keyid = text_of(sr_json_at(list, 0), "keyid");
}

static void put_together(struct world_leaf *leaf, const struct parts *p)
{
    static char text[SR_ENVELOPE_BYTES_MAX];
    int len =
        snprintf(text, sizeof text,
                 "{\"payload\":\"%.*s\",\"payloadType\":\"application/vnd.in-toto+json\","
                 "\"signatures\":[{\"keyid\":\"%.*s\",\"sig\":\"%.*s\"}]}",
                 (int)p->payload.len, (const char *)p->payload.ptr, (int)p->keyid.len,
                 (const char *)p->keyid.ptr, (int)p->signature.len, (const char *)p->signature.ptr);
    MUST(len > 0 && (size_t)len < sizeof text);
    sr_buf_free(leaf->envelope);
    leaf->envelope = copy_of(sr_bytes(text, (size_t)len));
    fit_entry(leaf);
}

void forge_signature_of(struct world *w, const struct fraud *f)
{
    SR_CLEANUP(parts_clear) struct parts mine = {0};
    SR_CLEANUP(parts_clear) struct parts other = {0};
    struct world_leaf *leaf = world_find(w, f->label);
    take_apart(leaf, &mine);
    take_apart(world_find(w, f->from), &other);
    mine.signature = other.signature;
    mine.keyid = other.keyid;
    put_together(leaf, &mine);
}

/* text with the first `from` in it replaced. */
static void replace(struct sr_bytes text, const struct fraud *f, struct sr_buf *out)
{
    size_t len = strlen(f->from);
    const uint8_t *at = memmem(text.ptr, text.len, f->from, len);
    if (at == NULL) {
        printf("# %s: nothing to replace in %.*s\n", f->name, (int)text.len,
               (const char *)text.ptr);
        abort();
    }
    size_t before = (size_t)(at - text.ptr);
    MUST(sr_buf_append(out, sr_bytes(text.ptr, before)) == SR_OK);
    MUST(sr_buf_append(out, sr_text_view(f->to)) == SR_OK);
    MUST(sr_buf_append(out, sr_bytes(at + len, text.len - before - len)) == SR_OK);
}

void forge_payload(struct world *w, const struct fraud *f)
{
    SR_CLEANUP(parts_clear) struct parts parts = {0};
    SR_AUTO(sr_buf) statement = NULL;
    SR_AUTO(sr_buf) other = NULL;
    SR_AUTO(sr_buf) payload = NULL;
    struct world_leaf *leaf = world_find(w, f->label);
    take_apart(leaf, &parts);
    MUST(sr_buf_new(SR_ENVELOPE_BYTES_MAX, &statement) == SR_OK);
    MUST(sr_buf_new(SR_ENVELOPE_BYTES_MAX, &other) == SR_OK);
    MUST(sr_buf_new(SR_ENVELOPE_BYTES_MAX, &payload) == SR_OK);
    MUST(sr_base64_decode(parts.payload, statement) == SR_OK);
    replace(sr_buf_view(statement), f, other);
    MUST(sr_base64_encode(sr_buf_view(other), payload) == SR_OK);
    parts.payload = sr_buf_view(payload);
    put_together(leaf, &parts);
}

void forge_signer(struct world *w, const struct fraud *f)
{
    SR_AUTO(sr_envelope) e = NULL;
    struct world_leaf *leaf = world_find(w, f->label);
    MUST(sr_envelope_open(sr_buf_view(leaf->envelope), &e, NULL) == SR_OK);
    sr_buf_clear(leaf->envelope);
    MUST(sr_envelope_make_of(sr_envelope_statement(e), w->person[MALLORY].signer, leaf->envelope,
                             NULL) == SR_OK);
    fit_entry(leaf);
}

void forge_garbage(struct world *w, const struct fraud *f)
{
    struct world_leaf *leaf = world_find(w, f->label);
    sr_buf_free(leaf->envelope);
    leaf->envelope = copy_of(sr_text_view("{\"payload\":\"\"}"));
    fit_entry(leaf);
}

void forge_entry(struct world *w, const struct fraud *f)
{
    SR_AUTO(sr_buf) text = NULL;
    struct world_leaf *leaf = world_find(w, f->label);
    MUST(sr_buf_new(SR_ENTRY_BYTES_MAX, &text) == SR_OK);
    MUST(sr_entry_encode(&leaf->entry, text, NULL) == SR_OK);
    MUST(sr_buf_new(SR_ENTRY_BYTES_MAX, &leaf->text) == SR_OK);
    replace(sr_buf_view(text), f, leaf->text);
}

void forge_act_digest(struct world *w, const struct fraud *f)
{
    world_find(w, f->label)->entry.act[0] ^= 1;
}

void forge_allow(struct world *w, const struct fraud *f)
{
    struct world_leaf *leaf = world_find(w, f->label);
    MUST(leaf->entry.outcome == SR_OUTCOME_REFUSED);
    leaf->entry.outcome = SR_OUTCOME_ALLOWED;
    leaf->entry.reason[0] = '\0';
}

void forge_refuse(struct world *w, const struct fraud *f)
{
    struct world_leaf *leaf = world_find(w, f->label);
    MUST(leaf->entry.outcome == SR_OUTCOME_ALLOWED);
    leaf->entry.outcome = SR_OUTCOME_REFUSED;
    (void)snprintf(leaf->entry.reason, sizeof leaf->entry.reason, "%s", f->to);
}

void forge_reason(struct world *w, const struct fraud *f)
{
    struct world_leaf *leaf = world_find(w, f->label);
    MUST(leaf->entry.outcome == SR_OUTCOME_REFUSED && strcmp(leaf->entry.reason, f->to) != 0);
    (void)snprintf(leaf->entry.reason, sizeof leaf->entry.reason, "%s", f->to);
}

void forge_later(struct world *w, const struct fraud *f)
{
    world_find(w, f->label)->entry.time_utc_ms += WORLD_MINUTE_MS / 2;
}

void forge_earlier(struct world *w, const struct fraud *f)
{
    world_find(w, f->label)->entry.time_utc_ms -= 3 * WORLD_MINUTE_MS;
}

void forge_salt(struct world *w, const struct fraud *f)
{
    world_find(w, f->label)->salt[0] ^= 1;
}

void forge_hide(struct world *w, const struct fraud *f)
{
    world_find(w, f->label)->is_withheld = true;
}

void forge_hide_early(struct world *w, const struct fraud *f)
{
    forge_hide(w, f);
    w->since = world_find(w, f->label)->entry.seq + 1;
}

void forge_cosigned_of(struct world *w, const struct fraud *f)
{
    struct world_leaf *leaf = world_find(w, f->label);
    const struct world_leaf *other = world_find(w, f->from);
    MUST(other->entry.has_cosigned);
    leaf->entry.has_cosigned = true;
    memcpy(leaf->entry.cosigned, other->entry.cosigned, sizeof leaf->entry.cosigned);
}

/* Texts. */

static struct world_text *find_text(struct world *w, const struct fraud *f)
{
    for (size_t i = 0; i < w->texts; i++) {
        struct sr_bytes body = sr_buf_view(w->text[i].body);
        if (memmem(body.ptr, body.len, f->from, strlen(f->from)) != NULL) {
            return &w->text[i];
        }
    }
    printf("# %s: no such text\n", f->name);
    abort();
}

void forge_text(struct world *w, const struct fraud *f)
{
    struct world_text *text = find_text(w, f);
    struct sr_buf *other = NULL;
    MUST(sr_buf_new((size_t)1 << 20, &other) == SR_OK);
    replace(sr_buf_view(text->body), f, other);
    sr_buf_free(text->body);
    text->body = other;
}

void forge_text_digest(struct world *w, const struct fraud *f)
{
    struct world_text *text = find_text(w, f);
    forge_text(w, f);
    MUST(sr_sha256_once(sr_buf_view(text->body), text->digest) == SR_OK);
}

void forge_text_drop(struct world *w, const struct fraud *f)
{
    struct world_text *text = find_text(w, f);
    sr_buf_free(text->body);
    *text = w->text[--w->texts];
}

/* The checkpoint. */

void forge_note_size(struct world *w, const struct fraud *f)
{
    (void)f;
    world_checkpoint(w, w->leaves - 1, true, w->note);
}

void forge_note_root(struct world *w, const struct fraud *f)
{
    struct world_leaf *leaf = world_find(w, f->label);
    leaf->salt[0] ^= 1;
    world_rebuild(w);
    world_checkpoint(w, w->leaves, true, w->note);
    leaf->salt[0] ^= 1;
}

/* The text of the checkpoint, signed as if by the room by somebody else; the witness's line stays.
 */
void forge_note_signer(struct world *w, const struct fraud *f)
{
    SR_CLEANUP(sr_note_clear) struct sr_note note = {0};
    SR_AUTO(sr_buf) other = NULL;
    SR_AUTO(sr_vkey) key = NULL;
    (void)f;
    MUST(sr_note_decode(sr_buf_view(w->note), &note, NULL) == SR_OK);
    MUST(sr_vkey_new(sr_text_view(WORLD_ORIGIN), SR_VKEY_ED25519, w->witness_signer->public_key,
                     &key, NULL) == SR_OK);
    MUST(sr_buf_new(SR_NOTE_BYTES_MAX, &other) == SR_OK);
    MUST(sr_note_encode_text(note.text, other) == SR_OK);
    MUST(sr_vkey_sign(key, w->witness_signer, 0, note.text, other, NULL) == SR_OK);
    sr_buf_clear(w->note);
    MUST(sr_buf_append(w->note, sr_buf_view(other)) == SR_OK);
}

/* Line 0 is the room's, line 1 the witness's. */
static void change_line(struct world *w, size_t line)
{
    SR_CLEANUP(sr_note_clear) struct sr_note note = {0};
    SR_AUTO(sr_buf) other = NULL;
    uint8_t bytes[256];
    MUST(sr_note_decode(sr_buf_view(w->note), &note, NULL) == SR_OK);
    MUST(note.signatures == 2 && sr_buf_new(SR_NOTE_BYTES_MAX, &other) == SR_OK);
    MUST(sr_note_encode_text(note.text, other) == SR_OK);
    for (size_t i = 0; i < note.signatures; i++) {
        struct sr_note_signature s = note.signature[i];
        MUST(s.signature.len < sizeof bytes);
        memcpy(bytes, s.signature.ptr, s.signature.len);
        bytes[s.signature.len - 1] ^= i == line ? 1 : 0;
        s.signature.ptr = bytes;
        MUST(sr_note_encode_signature(&s, other) == SR_OK);
    }
    sr_buf_clear(w->note);
    MUST(sr_buf_append(w->note, sr_buf_view(other)) == SR_OK);
}

void forge_note_signature(struct world *w, const struct fraud *f)
{
    (void)f;
    change_line(w, 0);
}

void forge_note_cosignature(struct world *w, const struct fraud *f)
{
    (void)f;
    change_line(w, 1);
}

void forge_note_unwitnessed(struct world *w, const struct fraud *f)
{
    (void)f;
    world_checkpoint(w, w->leaves, false, w->note);
}

void forge_room(struct world *w, const struct fraud *f)
{
    (void)f;
    w->room.bytes[0] ^= 1;
}
