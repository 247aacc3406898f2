/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "audit/replay_impl.h"
#include "base/text.h"
#include "formats/base64.h"

#define KEY_BYTES_MAX 4096

void sr_replay_keys_clear(struct sr_replay_keys *k)
{
    for (size_t i = 0; i < k->count; i++) {
        sr_act_key_free(k->key[i]);
    }
    free(k->key);
    *k = (struct sr_replay_keys){0};
}

enum sr_status sr_replay_keys_add(struct sr_replay_keys *k, struct sr_bytes line,
                                  struct sr_err *err)
{
    if (k->count == SR_REPLAY_KEYS_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "over %zu keys", SR_REPLAY_KEYS_MAX);
    }
    if (k->count == k->room) {
        size_t room = k->room == 0 ? 64 : 2 * k->room;
        struct sr_act_key **more = calloc(room, sizeof(struct sr_act_key *));
        if (more == NULL) {
            return sr_fail(err, SR_NO_MEMORY, "no memory for keys");
        }
        if (k->count > 0) {
            memcpy(more, k->key, k->count * sizeof(struct sr_act_key *));
        }
        free(k->key);
        k->key = more;
        k->room = room;
    }
    SR_TRY(sr_act_key_parse(line, &k->key[k->count], err));
    k->count++;
    return SR_OK;
}

enum sr_status sr_replay_keys_add_room(struct sr_replay_keys *k, const struct sr_vkey *vkey,
                                       const char **out, struct sr_err *err)
{
    SR_AUTO(sr_buf) der = NULL;
    SR_AUTO(sr_buf) line = NULL;
    SR_TRY(sr_buf_new(KEY_BYTES_MAX, &der));
    SR_TRY(sr_buf_new(KEY_BYTES_MAX, &line));
    SR_TRY(sr_public_key_der(sr_vkey_key(vkey), der));
    SR_TRY(sr_buf_append(line, sr_text_view("spki ")));
    SR_TRY(sr_base64_encode(sr_buf_view(der), line));
    SR_TRY(sr_replay_keys_add(k, sr_buf_view(line), err));
    *out = sr_act_key_fingerprint(k->key[k->count - 1]);
    return SR_OK;
}

static int compare(const void *a, const void *b) /* lint: callback */
{
    const struct sr_act_key *const *x = a;
    const struct sr_act_key *const *y = b;
    return strcmp(sr_act_key_fingerprint(*x), sr_act_key_fingerprint(*y));
}

void sr_replay_keys_sort(struct sr_replay_keys *k)
{
    if (k->count > 1) {
        qsort(k->key, k->count, sizeof(struct sr_act_key *), compare);
    }
}

const struct sr_act_key *sr_replay_keys_find(const struct sr_replay_keys *k,
                                             const char *fingerprint)
{
    size_t lo = 0;
    size_t hi = k->count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int order = strcmp(fingerprint, sr_act_key_fingerprint(k->key[mid]));
        if (order == 0) {
            return k->key[mid];
        }
        lo = order > 0 ? mid + 1 : lo;
        hi = order > 0 ? hi : mid;
    }
    return NULL;
}

void sr_replay_texts_clear(struct sr_replay_texts *t)
{
    for (size_t i = 0; i < t->slots; i++) {
        sr_pack_line_clear(&t->slot[i]);
    }
    free(t->slot);
    *t = (struct sr_replay_texts){0};
}

/* The slot that has the digest, or the empty one where it would go. A digest is random already. */
static size_t find_slot(const struct sr_replay_texts *t, const uint8_t digest[SR_SHA256_BYTES])
{
    size_t at;
    memcpy(&at, digest, sizeof at);
    at &= t->slots - 1;
    while (t->slot[at].json != NULL && memcmp(t->slot[at].digest, digest, SR_SHA256_BYTES) != 0) {
        at = (at + 1) & (t->slots - 1);
    }
    return at;
}

static enum sr_status grow(struct sr_replay_texts *t, struct sr_err *err)
{
    struct sr_replay_texts larger = {.slots = t->slots == 0 ? 64 : 2 * t->slots};
    larger.slot = calloc(larger.slots, sizeof *larger.slot);
    if (larger.slot == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for texts");
    }
    for (size_t i = 0; i < t->slots; i++) {
        if (t->slot[i].json != NULL) {
            larger.slot[find_slot(&larger, t->slot[i].digest)] = t->slot[i];
        }
    }
    free(t->slot);
    t->slot = larger.slot;
    t->slots = larger.slots;
    return SR_OK;
}

enum sr_status sr_replay_texts_add(struct sr_replay_texts *t, struct sr_pack_line *line,
                                   struct sr_err *err)
{
    if (line->text.len > SR_REPLAY_TEXTS_BYTES_MAX - t->bytes) {
        return sr_fail(err, SR_TOO_LARGE, "texts of over %zu bytes", SR_REPLAY_TEXTS_BYTES_MAX);
    }
    if (2 * t->count >= t->slots) {
        SR_TRY(grow(t, err));
    }
    size_t at = find_slot(t, line->digest);
    if (t->slot[at].json == NULL) {
        t->slot[at] = *line;
        t->count++;
        t->bytes += line->text.len;
        *line = (struct sr_pack_line){0};
    }
    return SR_OK;
}

bool sr_replay_texts_find(const struct sr_replay_texts *t, const uint8_t digest[SR_SHA256_BYTES],
                          struct sr_bytes *out)
{
    if (t->slots == 0) {
        return false;
    }
    size_t at = find_slot(t, digest);
    if (t->slot[at].json == NULL) {
        return false;
    }
    *out = t->slot[at].text;
    return true;
}
