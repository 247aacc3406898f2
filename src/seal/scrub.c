/* SPDX-License-Identifier: Apache-2.0 */
#include "seal/scrub.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/merkle.h"
#include "crypto/rand.h"
#include "seal/floe.h"
#include "seal/layout.h"

#define BATCH_MAX 16 /* pieces hashed at a time: what fills the CPU's lanes */
#define PIECE_AT 64  /* in a buffer: the leaf's prefix byte goes in front */
#define PIECE_BUFFER_BYTES (SR_BODY_SEGMENT_BYTES + PIECE_AT)
#define TABLE_CHUNK_ROWS ((size_t)2048)
#define RANDOM_WORDS 64

/*
 * Which pieces a sample holds. Going through them in order, each is taken with the probability
 * (still wanted) / (still to come): every subset of that size is equally likely, and nothing needs
 * to be remembered (Knuth, The Art of Computer Programming 2, 3.4.2, algorithm S).
 */
struct choice {
    uint64_t to_come;
    uint64_t wanted;
    uint64_t words[RANDOM_WORDS];
    size_t words_left;
};

static struct choice choose(uint64_t pieces, uint64_t sample)
{
    return (struct choice){
        .to_come = pieces,
        .wanted = sample == 0 || sample > pieces ? pieces : sample,
    };
}

/* A number below bound, each equally likely. */
static enum sr_status random_below(struct choice *c, uint64_t bound, uint64_t *out)
{
    uint64_t usable = UINT64_MAX - UINT64_MAX % bound; /* a multiple of bound */
    uint64_t word;
    do {
        if (c->words_left == 0) {
            SR_TRY(sr_rand_bytes((uint8_t *)c->words, sizeof c->words));
            c->words_left = RANDOM_WORDS;
        }
        word = c->words[--c->words_left];
    } while (word >= usable);
    *out = word % bound;
    return SR_OK;
}

/* Whether the next piece is in the sample. */
static enum sr_status next_is_chosen(struct choice *c, bool *out)
{
    assert(c->to_come > 0);
    uint64_t draw = 0;
    if (c->wanted < c->to_come) {
        SR_TRY(random_below(c, c->to_come, &draw));
    }
    *out = draw < c->wanted;
    c->to_come--;
    c->wanted -= *out ? 1 : 0;
    return SR_OK;
}

/* One pass over a stored body without keys. */
struct stored_scrub {
    struct sr_source stored;
    struct sr_layout layout;
    struct choice choice;
    struct sr_merkle tree;
    uint64_t checked;
    uint8_t *pieces; /* buffers of PIECE_BUFFER_BYTES */
    size_t buffers;  /* 1..BATCH_MAX */
    uint8_t *rows;   /* TABLE_CHUNK_ROWS */

    /* Pieces that are read and wait to be hashed. */
    size_t count;
    uint64_t index[BATCH_MAX];
    struct sr_bytes message[BATCH_MAX];
    const uint8_t *row[BATCH_MAX];
};

static void stored_scrub_clear(struct stored_scrub *s)
{
    free(s->pieces);
    free(s->rows);
}

static enum sr_status read_stored(const struct stored_scrub *s, uint64_t at, uint8_t *out,
                                  size_t len, struct sr_err *err)
{
    enum sr_status status = s->stored.read_at(s->stored.ctx, at, out, len, err);
    if (status != SR_OK) {
        return sr_context(err, status, "offset %llu of the sealed body", (unsigned long long)at);
    }
    return SR_OK;
}

static enum sr_status bad_piece(const struct stored_scrub *s, uint64_t index, struct sr_err *err)
{
    return sr_fail(err, SR_CORRUPT, "piece %llu, at offset %llu, is not what was stored",
                   (unsigned long long)index,
                   (unsigned long long)sr_layout_piece_at(&s->layout, index));
}

/* Hash what waits and compare with the rows. */
static enum sr_status check_waiting(struct stored_scrub *s, struct sr_err *err)
{
    uint8_t leaves[BATCH_MAX][SR_SHA256_BYTES];
    SR_TRY(sr_sha256_many(s->message, s->count, leaves));
    for (size_t i = 0; i < s->count; i++) {
        if (memcmp(leaves[i], s->row[i], sizeof leaves[i]) != 0) {
            return bad_piece(s, s->index[i], err);
        }
    }
    s->checked += s->count;
    s->count = 0;
    return SR_OK;
}

/* The trailer may be longer than a buffer: it is hashed by and by. */
static enum sr_status check_trailer(struct stored_scrub *s, uint64_t index, const uint8_t *row,
                                    struct sr_err *err)
{
    static const uint8_t PREFIX[] = {SR_MERKLE_LEAF_PREFIX};
    uint8_t leaf[SR_SHA256_BYTES];
    SR_AUTO(sr_sha256) hash = NULL;
    SR_TRY(check_waiting(s, err));
    SR_TRY(sr_sha256_new(&hash));
    SR_TRY(sr_sha256_update(hash, sr_bytes(PREFIX, sizeof PREFIX)));
    uint64_t left = s->layout.trailer_bytes;
    while (left > 0) {
        size_t len = left < SR_BODY_SEGMENT_BYTES ? (size_t)left : SR_BODY_SEGMENT_BYTES;
        SR_TRY(read_stored(s, s->layout.table_at - left, s->pieces, len, err));
        SR_TRY(sr_sha256_update(hash, sr_bytes(s->pieces, len)));
        left -= len;
    }
    SR_TRY(sr_sha256_final(hash, leaf));
    s->checked++;
    return memcmp(leaf, row, sizeof leaf) == 0 ? SR_OK : bad_piece(s, index, err);
}

static enum sr_status check_piece(struct stored_scrub *s, uint64_t index, const uint8_t *row,
                                  struct sr_err *err)
{
    if (index == sr_layout_pieces(&s->layout) - 1) {
        return check_trailer(s, index, row, err);
    }
    size_t len = (size_t)sr_layout_piece_bytes(&s->layout, index);
    uint8_t *at = s->pieces + s->count * PIECE_BUFFER_BYTES + PIECE_AT;
    SR_TRY(read_stored(s, sr_layout_piece_at(&s->layout, index), at, len, err));
    at[-1] = SR_MERKLE_LEAF_PREFIX;
    s->index[s->count] = index;
    s->message[s->count] = sr_bytes(at - 1, 1 + len);
    s->row[s->count] = row;
    s->count++;
    return s->count == s->buffers ? check_waiting(s, err) : SR_OK;
}

/* Rows from first on: all into the tree, the chosen ones against their pieces. */
static enum sr_status check_rows(struct stored_scrub *s, uint64_t first, size_t count,
                                 struct sr_err *err)
{
    SR_TRY(read_stored(s, s->layout.table_at + first * SR_LAYOUT_ROW_BYTES, s->rows,
                       count * SR_LAYOUT_ROW_BYTES, err));
    for (size_t i = 0; i < count; i++) {
        const uint8_t *row = s->rows + i * SR_LAYOUT_ROW_BYTES;
        bool is_chosen = false;
        SR_TRY(sr_merkle_add(&s->tree, row));
        SR_TRY(next_is_chosen(&s->choice, &is_chosen));
        if (is_chosen) {
            SR_TRY(check_piece(s, first + i, row, err));
        }
    }
    return check_waiting(s, err); /* before the rows give way to the next */
}

static enum sr_status scrub_stored(struct stored_scrub *s, const uint8_t *body_root,
                                   struct sr_err *err)
{
    s->buffers = s->choice.wanted < BATCH_MAX ? (size_t)s->choice.wanted : BATCH_MAX;
    s->pieces = calloc(s->buffers, PIECE_BUFFER_BYTES);
    s->rows = calloc(TABLE_CHUNK_ROWS, SR_LAYOUT_ROW_BYTES);
    if (s->pieces == NULL || s->rows == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "allocate buffers to scrub with");
    }
    uint64_t pieces = sr_layout_pieces(&s->layout);
    for (uint64_t first = 0; first < pieces; first += TABLE_CHUNK_ROWS) {
        uint64_t left = pieces - first;
        size_t count = left < TABLE_CHUNK_ROWS ? (size_t)left : TABLE_CHUNK_ROWS;
        SR_TRY(check_rows(s, first, count, err));
    }
    /* Each row was read once, so it is these very rows that are genuine or not. B-15. */
    uint8_t root[SR_SHA256_BYTES];
    SR_TRY(sr_merkle_root(&s->tree, root));
    if (memcmp(root, body_root, sizeof root) != 0) {
        return sr_fail(err, SR_CORRUPT, "leaf table, at offset %llu, is not what was stored",
                       (unsigned long long)s->layout.table_at);
    }
    return SR_OK;
}

enum sr_status sr_scrub_stored(struct sr_source stored, uint64_t body_bytes,
                               const uint8_t body_root[SR_SHA256_BYTES], uint64_t sample,
                               struct sr_scrub_result *out, struct sr_err *err)
{
    uint8_t footer[SR_LAYOUT_FOOTER_BYTES];
    struct stored_scrub s = {.stored = stored};
    if (stored.bytes != body_bytes || body_bytes < SR_LAYOUT_FOOTER_BYTES) {
        return sr_fail(err, stored.bytes < body_bytes ? SR_TRUNCATED : SR_CORRUPT,
                       "sealed body has %llu bytes, it was stored with %llu",
                       (unsigned long long)stored.bytes, (unsigned long long)body_bytes);
    }
    SR_TRY(read_stored(&s, body_bytes - sizeof footer, footer, sizeof footer, err));
    SR_TRY(sr_layout_decode_footer(footer, body_bytes, &s.layout, err));
    s.choice = choose(sr_layout_pieces(&s.layout), sample);
    enum sr_status status = scrub_stored(&s, body_root, err);
    stored_scrub_clear(&s);
    if (status != SR_OK) {
        return status;
    }
    *out = (struct sr_scrub_result){sr_layout_pieces(&s.layout), s.checked};
    return SR_OK;
}

/* One pass over a body with keys. */
struct opened_scrub {
    struct sr_body *body;
    uint64_t plain_bytes;
    bool is_whole; /* all segments: the digests can be made */
    struct sr_sha256 *sha256;
    struct sr_merkle tree;
    uint64_t checked;

    uint8_t *buffer[BATCH_MAX]; /* of the body's pool */
    size_t buffers;
    size_t count; /* segments in them that wait to be hashed */
    size_t len[BATCH_MAX];
};

/* Plaintext goes behind the leaf's prefix byte, where a sealed segment has its head. */
#define PLAIN_AT SR_FLOE_OVERHEAD_BYTES

static void borrow_buffers(struct opened_scrub *s)
{
    struct sr_pool *pool = sr_body_pool(s->body);
    s->buffer[0] = sr_pool_take(pool);
    s->buffers = 1;
    while (s->buffers < BATCH_MAX && (s->buffer[s->buffers] = sr_pool_try_take(pool)) != NULL) {
        s->buffers++;
    }
}

static void give_buffers(struct opened_scrub *s)
{
    for (size_t i = 0; i < s->buffers; i++) {
        sr_pool_give(sr_body_pool(s->body), s->buffer[i], SR_BODY_SEGMENT_BYTES);
    }
}

static enum sr_status hash_waiting(struct opened_scrub *s)
{
    struct sr_bytes message[BATCH_MAX];
    uint8_t leaves[BATCH_MAX][SR_SHA256_BYTES];
    for (size_t i = 0; i < s->count; i++) {
        s->buffer[i][PLAIN_AT - 1] = SR_MERKLE_LEAF_PREFIX;
        message[i] = sr_bytes(s->buffer[i] + PLAIN_AT - 1, 1 + s->len[i]);
        SR_TRY(sr_sha256_update(s->sha256, sr_bytes(s->buffer[i] + PLAIN_AT, s->len[i])));
    }
    SR_TRY(sr_sha256_many(message, s->count, leaves));
    for (size_t i = 0; i < s->count; i++) {
        SR_TRY(sr_merkle_add(&s->tree, leaves[i]));
    }
    s->count = 0;
    return SR_OK;
}

static enum sr_status check_segment(struct opened_scrub *s, uint64_t index, struct sr_err *err)
{
    uint64_t at = index * SR_BODY_PAYLOAD_BYTES;
    uint64_t left = s->plain_bytes - at;
    size_t len = left < SR_BODY_PAYLOAD_BYTES ? (size_t)left : SR_BODY_PAYLOAD_BYTES;
    SR_TRY(sr_body_read(s->body, at, s->buffer[s->count] + PLAIN_AT, len, err));
    s->checked++;
    if (!s->is_whole || len == 0) { /* the tree of an empty file has no leaves */
        return SR_OK;
    }
    s->len[s->count++] = len;
    return s->count == s->buffers ? hash_waiting(s) : SR_OK;
}

static enum sr_status compare_digests(struct opened_scrub *s, const struct sr_body_facts *expected,
                                      struct sr_err *err)
{
    uint8_t sha256[SR_SHA256_BYTES];
    uint8_t root[SR_SHA256_BYTES];
    SR_TRY(hash_waiting(s));
    SR_TRY(sr_sha256_final(s->sha256, sha256));
    SR_TRY(sr_merkle_root(&s->tree, root));
    if (memcmp(sha256, expected->sha256, sizeof sha256) != 0) {
        return sr_fail(err, SR_CORRUPT, "SHA-256 of the plaintext is not what was sealed");
    }
    if (memcmp(root, expected->root, sizeof root) != 0) {
        return sr_fail(err, SR_CORRUPT, "tree over the plaintext is not what was sealed");
    }
    return SR_OK;
}

static enum sr_status scrub_opened(struct opened_scrub *s, struct choice *c, uint64_t segments,
                                   const struct sr_body_facts *expected, struct sr_err *err)
{
    SR_TRY(sr_sha256_new(&s->sha256));
    for (uint64_t index = 0; index < segments; index++) {
        bool is_chosen = false;
        SR_TRY(next_is_chosen(c, &is_chosen));
        if (is_chosen) {
            SR_TRY(check_segment(s, index, err));
        }
    }
    return s->is_whole ? compare_digests(s, expected, err) : SR_OK;
}

enum sr_status sr_scrub_opened(struct sr_body *body, const struct sr_body_facts *expected,
                               uint64_t sample, struct sr_scrub_result *out, struct sr_err *err)
{
    const struct sr_body_facts *said = sr_body_facts(body);
    if (said->plain_bytes != expected->plain_bytes ||
        memcmp(said->sha256, expected->sha256, sizeof said->sha256) != 0 ||
        memcmp(said->root, expected->root, sizeof said->root) != 0) {
        return sr_fail(err, SR_CORRUPT, "sealed body is of another file than was recorded");
    }
    struct sr_layout l = sr_layout_of(said->plain_bytes, 0);
    struct choice c = choose(l.segments, sample);
    struct opened_scrub s = {
        .body = body, .plain_bytes = said->plain_bytes, .is_whole = c.wanted == l.segments};
    borrow_buffers(&s);
    enum sr_status status = scrub_opened(&s, &c, l.segments, expected, err);
    give_buffers(&s);
    sr_sha256_free(s.sha256);
    if (status != SR_OK) {
        return status;
    }
    *out = (struct sr_scrub_result){l.segments, s.checked};
    return SR_OK;
}

/*
 * Whether a sample of checked misses all of damaged pieces with a probability of at most 1 %:
 * C(pieces - damaged, checked) / C(pieces, checked), which is the same with damaged and checked
 * exchanged. The product stops after about sqrt(5 * pieces) factors, or as soon as it is small.
 */
static bool is_detected(uint64_t pieces, uint64_t checked, uint64_t damaged)
{
    uint64_t fewer = checked < damaged ? checked : damaged;
    uint64_t more = checked < damaged ? damaged : checked;
    double missed = 1.0;
    for (uint64_t i = 0; i < fewer && missed > 0.01; i++) {
        missed *= more + i >= pieces ? 0.0 : (double)(pieces - more - i) / (double)(pieces - i);
    }
    return missed <= 0.01;
}

uint64_t sr_scrub_detectable_ppm(uint64_t pieces, uint64_t checked)
{
    if (checked >= pieces) {
        return 0;
    }
    if (checked == 0) {
        return 1000000;
    }
    uint64_t low = 1; /* the answer is in [low, high]: all damaged is always detected */
    uint64_t high = pieces;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (is_detected(pieces, checked, middle)) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return (low * 1000000 + pieces - 1) / pieces;
}
