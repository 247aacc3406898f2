/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hash.h"

#include <assert.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/sha256_lanes.h"

enum { BLOCK_BYTES = SR_SHA256_BLOCK_BYTES, LENGTH_BYTES = 8 };

/* Either OpenSSL's context, or (ctx NULL) a lane of our own. */
struct sr_sha256 {
    EVP_MD_CTX *ctx;
    struct sr_sha256_lane lane;
    uint64_t bytes;               /* so far */
    uint8_t partial[BLOCK_BYTES]; /* the last bytes % BLOCK_BYTES of them */
    bool is_final;
};

/*
 * Fetched once: looking an algorithm up takes longer than hashing a tree node, and takes a lock.
 * Never freed: it may be in use on another thread until the process ends.
 */
static EVP_MD *sha256;
static bool has_lanes;
static bool is_broken;
static pthread_once_t start_once = PTHREAD_ONCE_INIT;

static void start(void)
{
    has_lanes = sr_sha256_lanes_usable(&is_broken);
    if (!has_lanes) {
        sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
    }
}

static enum sr_status started(void)
{
    (void)pthread_once(&start_once, start);
    return is_broken || (!has_lanes && sha256 == NULL) ? SR_INTERNAL : SR_OK;
}

static enum sr_status openssl_failed(void)
{
    ERR_clear_error();
    return SR_INTERNAL;
}

static void lane_start(struct sr_sha256_lane *lane)
{
    memcpy(lane->state, sr_sha256_lanes_start, sizeof lane->state);
}

/* The digest is the state, most significant bytes first. */
static void lane_digest(const struct sr_sha256_lane *lane, uint8_t out[SR_SHA256_BYTES])
{
    for (size_t i = 0; i < SR_SHA256_BYTES; i++) {
        out[i] = (uint8_t)(lane->state[i / 4] >> (24 - 8 * (i % 4)));
    }
}

/*
 * Write the padding (FIPS 180-4, section 5.1.1) of a message of bytes bytes behind the last
 * bytes % BLOCK_BYTES of them, which are at tail. Returns the number of blocks, 1 or 2.
 */
static size_t pad(uint8_t tail[2 * BLOCK_BYTES], uint64_t bytes)
{
    size_t used = bytes % BLOCK_BYTES;
    size_t blocks = used + 1 + LENGTH_BYTES <= BLOCK_BYTES ? 1 : 2;
    size_t length_at = blocks * BLOCK_BYTES - LENGTH_BYTES;
    tail[used] = 0x80;
    memset(tail + used + 1, 0, length_at - used - 1);
    for (size_t i = 0; i < LENGTH_BYTES; i++) {
        tail[length_at + i] = (uint8_t)(bytes * 8 >> (56 - 8 * i));
    }
    return blocks;
}

static enum sr_status init(struct sr_sha256 *h)
{
    SR_TRY(started());
    *h = (struct sr_sha256){0};
    lane_start(&h->lane);
    if (has_lanes) {
        return SR_OK;
    }
    h->ctx = EVP_MD_CTX_new();
    if (h->ctx == NULL) {
        return SR_NO_MEMORY;
    }
    return EVP_DigestInit_ex(h->ctx, sha256, NULL) == 1 ? SR_OK : openssl_failed();
}

/* What is hashed may be plaintext, and ends of it are in there. */
static void clear(struct sr_sha256 *h)
{
    EVP_MD_CTX_free(h->ctx);
    explicit_bzero(h, sizeof *h);
}

enum sr_status sr_sha256_new(struct sr_sha256 **out)
{
    SR_AUTO(sr_sha256) h = calloc(1, sizeof *h);
    if (h == NULL) {
        return SR_NO_MEMORY;
    }
    SR_TRY(init(h));
    *out = SR_TAKE(h);
    return SR_OK;
}

void sr_sha256_free(struct sr_sha256 *h)
{
    if (h == NULL) {
        return;
    }
    clear(h);
    free(h);
}

/* Take what completes a begun block, or all of data if that is less. Returns what is left. */
static struct sr_bytes fill_partial(struct sr_sha256 *h, struct sr_bytes data)
{
    size_t used = h->bytes % BLOCK_BYTES;
    if (used == 0 || data.len == 0) {
        return data;
    }
    size_t take = data.len < BLOCK_BYTES - used ? data.len : BLOCK_BYTES - used;
    memcpy(h->partial + used, data.ptr, take);
    h->bytes += take;
    if (h->bytes % BLOCK_BYTES == 0) {
        struct sr_sha256_lane *lane = &h->lane;
        lane->at = h->partial;
        sr_sha256_lanes_advance(&lane, 1, 1);
    }
    return sr_bytes(data.ptr + take, data.len - take);
}

/*
 * Work for the lanes: todo[i] has blocks to fold at todo[i].lane->at. Those that have any left go
 * on together as far as the shortest of them.
 */
struct work {
    struct sr_sha256_lane *lane;
    size_t blocks;
};

static void advance_together(struct work *todo, size_t count)
{
    for (;;) {
        struct sr_sha256_lane *lanes[SR_SHA256_LANES_MAX];
        size_t busy = 0;
        size_t step = SIZE_MAX;
        for (size_t i = 0; i < count; i++) {
            if (todo[i].blocks > 0) {
                lanes[busy++] = todo[i].lane;
                step = todo[i].blocks < step ? todo[i].blocks : step;
            }
        }
        if (busy == 0) {
            return;
        }
        sr_sha256_lanes_advance(lanes, busy, step);
        for (size_t i = 0; i < count; i++) {
            todo[i].blocks -= todo[i].blocks > 0 ? step : 0;
        }
    }
}

static void update_in_lanes(struct sr_sha256 *const *hs, const struct sr_bytes *data, size_t count)
{
    struct work todo[SR_SHA256_UPDATE_MAX];
    struct sr_bytes rest[SR_SHA256_UPDATE_MAX];
    for (size_t i = 0; i < count; i++) {
        rest[i] = fill_partial(hs[i], data[i]);
        todo[i].lane = &hs[i]->lane;
        todo[i].lane->at = rest[i].ptr;
        todo[i].blocks = rest[i].len / BLOCK_BYTES;
    }
    advance_together(todo, count);
    for (size_t i = 0; i < count; i++) {
        size_t tail = rest[i].len % BLOCK_BYTES;
        if (tail > 0) {
            memcpy(hs[i]->partial, hs[i]->lane.at, tail);
        }
        hs[i]->bytes += rest[i].len;
    }
}

enum sr_status sr_sha256_update_many(struct sr_sha256 *const *hs, const struct sr_bytes *data,
                                     size_t count)
{
    assert(count <= SR_SHA256_UPDATE_MAX);
    for (size_t i = 0; i < count; i++) {
        assert(!hs[i]->is_final);
    }

    if (has_lanes) {
        update_in_lanes(hs, data, count);
        return SR_OK;
    }
    for (size_t i = 0; i < count; i++) {
        if (EVP_DigestUpdate(hs[i]->ctx, data[i].ptr, data[i].len) != 1) {
            return openssl_failed();
        }
    }
    return SR_OK;
}

enum sr_status sr_sha256_update(struct sr_sha256 *h, struct sr_bytes data)
{
    return sr_sha256_update_many(&h, &data, 1);
}

enum sr_status sr_sha256_final(struct sr_sha256 *h, uint8_t out[SR_SHA256_BYTES])
{
    assert(!h->is_final);

    h->is_final = true;
    if (h->ctx != NULL) {
        return EVP_DigestFinal_ex(h->ctx, out, NULL) == 1 ? SR_OK : openssl_failed();
    }
    uint8_t tail[2 * BLOCK_BYTES];
    memcpy(tail, h->partial, BLOCK_BYTES);
    struct sr_sha256_lane *lane = &h->lane;
    lane->at = tail;
    sr_sha256_lanes_advance(&lane, 1, pad(tail, h->bytes));
    explicit_bzero(tail, sizeof tail);
    lane_digest(lane, out);
    return SR_OK;
}

static enum sr_status hash_one(struct sr_bytes prefix, struct sr_bytes message,
                               uint8_t out[SR_SHA256_BYTES])
{
    SR_CLEANUP(clear) struct sr_sha256 h = {0};
    SR_TRY(init(&h));
    SR_TRY(sr_sha256_update(&h, prefix));
    SR_TRY(sr_sha256_update(&h, message));
    return sr_sha256_final(&h, out);
}

enum sr_status sr_sha256_once(struct sr_bytes data, uint8_t out[SR_SHA256_BYTES])
{
    return hash_one(sr_bytes(NULL, 0), data, out);
}

/* Up to SR_SHA256_UPDATE_MAX messages, each behind prefix. */
static void hash_batch(struct sr_bytes prefix, const struct sr_bytes *messages, size_t count,
                       uint8_t (*out)[SR_SHA256_BYTES])
{
    struct sr_sha256 h[SR_SHA256_UPDATE_MAX] = {0};
    struct sr_sha256 *hs[SR_SHA256_UPDATE_MAX];
    uint8_t tails[SR_SHA256_UPDATE_MAX][2 * BLOCK_BYTES];
    struct work todo[SR_SHA256_UPDATE_MAX];
    for (size_t i = 0; i < count; i++) {
        hs[i] = &h[i];
        lane_start(&h[i].lane);
        if (prefix.len > 0) {
            memcpy(h[i].partial, prefix.ptr, prefix.len);
            h[i].bytes = prefix.len;
        }
    }
    update_in_lanes(hs, messages, count);
    for (size_t i = 0; i < count; i++) {
        memcpy(tails[i], h[i].partial, BLOCK_BYTES);
        h[i].lane.at = tails[i];
        todo[i] = (struct work){.lane = &h[i].lane, .blocks = pad(tails[i], h[i].bytes)};
    }
    advance_together(todo, count);
    for (size_t i = 0; i < count; i++) {
        lane_digest(&h[i].lane, out[i]);
    }
    explicit_bzero(tails, sizeof tails);
    explicit_bzero(h, sizeof h);
}

static enum sr_status hash_many(struct sr_bytes prefix, const struct sr_bytes *messages,
                                size_t count, uint8_t (*out)[SR_SHA256_BYTES])
{
    SR_TRY(started());
    for (size_t i = 0; i < count;) {
        size_t left = count - i;
        if (!has_lanes || left == 1) {
            SR_TRY(hash_one(prefix, messages[i], out[i]));
            i++;
            continue;
        }
        size_t take = left < SR_SHA256_UPDATE_MAX ? left : SR_SHA256_UPDATE_MAX;
        hash_batch(prefix, messages + i, take, out + i);
        i += take;
    }
    return SR_OK;
}

enum sr_status sr_sha256_many(const struct sr_bytes *messages, size_t count,
                              uint8_t (*out)[SR_SHA256_BYTES])
{
    return hash_many(sr_bytes(NULL, 0), messages, count, out);
}

enum sr_status sr_sha256_many_prefixed(uint8_t prefix, const struct sr_bytes *messages,
                                       size_t count, uint8_t (*out)[SR_SHA256_BYTES])
{
    return hash_many(sr_bytes(&prefix, 1), messages, count, out);
}

const char *sr_sha256_implementation(void)
{
    (void)started();
    if (!has_lanes) {
        return "one by one";
    }
    return sr_sha256_lanes_are_wide() ? "16 lanes" : "4 lanes";
}
