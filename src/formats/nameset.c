/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/nameset.h"

#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "base/text.h"

struct entry {
    struct sr_bytes name;
    uint64_t hash;
};

struct sr_nameset {
    struct entry *entries; /* in the order of adding; room for slot_count / 2 */
    uint32_t *slots;       /* index of an entry + 1, 0 = free; open addressing */
    size_t slot_count;     /* a power of two, or 0 before the first name */
    size_t count;
    uint8_t key[SR_NAMESET_KEY_BYTES];
};

#define FIRST_SLOTS 64
#define SLOTS_MAX ((size_t)1 << 32)

static uint64_t rotate(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static void sip_rounds(uint64_t v[4], unsigned rounds)
{
    for (unsigned i = 0; i < rounds; i++) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] = rotate(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] = rotate(v[2], 32);
    }
}

/* Up to 8 bytes, the first one least significant. */
static uint64_t load_le(const uint8_t *at, size_t len)
{
    uint64_t word = 0;
    for (size_t i = 0; i < len; i++) {
        word |= (uint64_t)at[i] << 8 * i;
    }
    return word;
}

static void sip_word(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_rounds(v, 2);
    v[0] ^= word;
}

uint64_t sr_nameset_hash(const uint8_t key[SR_NAMESET_KEY_BYTES], struct sr_bytes data)
{
    uint64_t k0 = load_le(key, 8);
    uint64_t k1 = load_le(key + 8, 8);
    uint64_t v[4] = {k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261,
                     k1 ^ 0x7465646279746573};
    size_t whole = data.len - data.len % 8;
    for (size_t i = 0; i < whole; i += 8) {
        sip_word(v, load_le(data.ptr + i, 8));
    }
    uint64_t tail = data.len > whole ? load_le(data.ptr + whole, data.len - whole) : 0;
    sip_word(v, tail | (uint64_t)data.len << 56);
    v[2] ^= 0xff;
    sip_rounds(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

enum sr_status sr_nameset_new(struct sr_nameset **out)
{
    struct sr_nameset *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return SR_NO_MEMORY;
    }
    /* 16 random bytes that the kernel hands to each process: no system call, so no failure. */
    unsigned long at = getauxval(AT_RANDOM);
    if (at != 0) {
        memcpy(s->key, (const void *)at, sizeof s->key); /* NOLINT(performance-no-int-to-ptr) */
    }
    *out = s;
    return SR_OK;
}

void sr_nameset_free(struct sr_nameset *s)
{
    if (s != NULL) {
        free(s->entries);
        free(s->slots);
        free(s);
    }
}

/* The slot that holds name, or the free one where it belongs. Some slot is always free. */
static size_t slot_of(const struct sr_nameset *s, struct sr_bytes name, uint64_t hash)
{
    size_t slot = (size_t)hash & (s->slot_count - 1);
    while (s->slots[slot] != 0) {
        const struct entry *e = &s->entries[s->slots[slot] - 1];
        if (e->hash == hash && sr_text_equal(e->name, name)) {
            break;
        }
        slot = (slot + 1) & (s->slot_count - 1);
    }
    return slot;
}

static enum sr_status grow(struct sr_nameset *s)
{
    size_t slot_count = s->slot_count == 0 ? FIRST_SLOTS : 2 * s->slot_count;
    if (slot_count > SLOTS_MAX) {
        return SR_TOO_LARGE;
    }
    struct entry *entries = calloc(slot_count / 2, sizeof *entries);
    uint32_t *slots = calloc(slot_count, sizeof *slots);
    if (entries == NULL || slots == NULL) {
        free(entries);
        free(slots);
        return SR_NO_MEMORY;
    }
    if (s->count > 0) {
        memcpy(entries, s->entries, s->count * sizeof *entries);
    }
    free(s->entries);
    free(s->slots);
    s->entries = entries;
    s->slots = slots;
    s->slot_count = slot_count;
    for (size_t i = 0; i < s->count; i++) {
        s->slots[slot_of(s, entries[i].name, entries[i].hash)] = (uint32_t)(i + 1);
    }
    return SR_OK;
}

enum sr_status sr_nameset_reserve(struct sr_nameset *s, size_t extra)
{
    while (extra > s->slot_count / 2 - s->count) {
        SR_TRY(grow(s));
    }
    return SR_OK;
}

enum sr_status sr_nameset_add(struct sr_nameset *s, struct sr_bytes name)
{
    if (s->count == s->slot_count / 2) {
        SR_TRY(grow(s));
    }
    uint64_t hash = sr_nameset_hash(s->key, name);
    size_t slot = slot_of(s, name, hash);
    if (s->slots[slot] != 0) {
        return SR_CONFLICT;
    }
    s->entries[s->count] = (struct entry){.name = name, .hash = hash};
    s->count++;
    s->slots[slot] = (uint32_t)s->count;
    return SR_OK;
}

size_t sr_nameset_count(const struct sr_nameset *s)
{
    return s->count;
}

bool sr_nameset_find(const struct sr_nameset *s, struct sr_bytes name, size_t *out_index)
{
    if (s->count == 0) {
        return false;
    }
    size_t slot = slot_of(s, name, sr_nameset_hash(s->key, name));
    if (s->slots[slot] == 0) {
        return false;
    }
    *out_index = s->slots[slot] - 1;
    return true;
}
