/* SPDX-License-Identifier: Apache-2.0 */
#include "seal/floe.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/writer.h"
#include "crypto/aead.h"
#include "crypto/kdf.h"
#include "crypto/rand.h"
#include "seal/floe_seam.h"

#define MESSAGE_KEY_BYTES 48
#define HEADER_TAG_BYTES 32
#define WORD_BYTES 4
#define NOT_FINAL_WORD 0xffffffffu
#define SEGMENT_AAD_BYTES 9

static_assert(SR_FLOE_PARAMS_BYTES + SR_FLOE_IV_BYTES + HEADER_TAG_BYTES == SR_FLOE_HEADER_BYTES,
              "parameters, IV, tag");
static_assert(WORD_BYTES + SR_AEAD_IV_BYTES == SR_FLOE_HEAD_BYTES, "length word, IV");
static_assert(SR_AEAD_TAG_BYTES == SR_FLOE_TAG_BYTES, "tag");

struct sr_floe {
    uint32_t segment_bytes;
    unsigned rotation_bits;
    uint8_t fixed[SR_FLOE_PARAMS_BYTES + SR_FLOE_IV_BYTES]; /* the header without its tag */
    uint8_t aad[SR_FLOE_AAD_BYTES_MAX];
    size_t aad_len;
    struct sr_secret *message_key;
    /* The key of each run of 2^rotation_bits segments: set once, by whoever is first. */
    _Atomic(struct sr_aead *) segment_keys[SR_FLOE_SEGMENT_KEYS_MAX];
};

static void encode_params(uint32_t segment_bytes, uint8_t out[SR_FLOE_PARAMS_BYTES])
{
    out[0] = 0; /* AES-256-GCM */
    out[1] = 0; /* HKDF-SHA-384 */
    sr_writer_put_u32be(out + 2, segment_bytes);
    sr_writer_put_u32be(out + 6, SR_FLOE_IV_BYTES);
}

/* FLOE's key derivation: everything in the header but its tag, a purpose, the associated data. */
static enum sr_status derive(const struct sr_floe *f, const struct sr_secret *key,
                             struct sr_bytes purpose, uint8_t *out, size_t out_bytes)
{
    const struct sr_bytes info[] = {
        sr_bytes(f->fixed, sizeof f->fixed),
        purpose,
        sr_bytes(f->aad, f->aad_len),
    };
    return sr_kdf_expand(sr_bytes(sr_secret_view(key), sr_secret_len(key)), info,
                         sizeof info / sizeof info[0], out, out_bytes);
}

/* A stream object without its header tag checked or made. */
static enum sr_status new_stream(const struct sr_secret *key, struct sr_bytes aad,
                                 const struct sr_floe_fixed *fixed, struct sr_floe **out,
                                 struct sr_err *err)
{
    static const char PURPOSE[] = "MESSAGE_KEY:";
    assert(sr_secret_len(key) == SR_FLOE_KEY_BYTES);
    assert(aad.len <= SR_FLOE_AAD_BYTES_MAX);
    assert(fixed->segment_bytes > SR_FLOE_OVERHEAD_BYTES);

    SR_AUTO(sr_floe) f = calloc(1, sizeof *f);
    if (f == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "allocate a sealed stream");
    }
    f->segment_bytes = fixed->segment_bytes;
    f->rotation_bits = fixed->rotation_bits;
    encode_params(fixed->segment_bytes, f->fixed);
    memcpy(f->fixed + SR_FLOE_PARAMS_BYTES, fixed->iv, SR_FLOE_IV_BYTES);
    if (aad.len > 0) {
        memcpy(f->aad, aad.ptr, aad.len);
    }
    f->aad_len = aad.len;

    SR_TRY(sr_secret_new(MESSAGE_KEY_BYTES, &f->message_key, err));
    SR_TRY(derive(f, key, sr_bytes(PURPOSE, sizeof PURPOSE - 1), sr_secret_bytes(f->message_key),
                  MESSAGE_KEY_BYTES));
    *out = SR_TAKE(f);
    return SR_OK;
}

static enum sr_status make_header_tag(const struct sr_floe *f, const struct sr_secret *key,
                                      uint8_t out[HEADER_TAG_BYTES])
{
    static const char PURPOSE[] = "HEADER_TAG:";
    return derive(f, key, sr_bytes(PURPOSE, sizeof PURPOSE - 1), out, HEADER_TAG_BYTES);
}

enum sr_status sr_floe_create_fixed(const struct sr_secret *key, struct sr_bytes aad,
                                    const struct sr_floe_fixed *fixed, uint8_t *out_header,
                                    struct sr_floe **out, struct sr_err *err)
{
    uint8_t tag[HEADER_TAG_BYTES];
    SR_AUTO(sr_floe) f = NULL;
    SR_TRY(new_stream(key, aad, fixed, &f, err));
    SR_TRY(make_header_tag(f, key, tag));

    memcpy(out_header, f->fixed, sizeof f->fixed);
    memcpy(out_header + sizeof f->fixed, tag, sizeof tag);
    *out = SR_TAKE(f);
    return SR_OK;
}

enum sr_status sr_floe_create(const struct sr_secret *key, struct sr_bytes aad,
                              uint32_t segment_bytes, uint8_t *out_header, struct sr_floe **out,
                              struct sr_err *err)
{
    uint8_t iv[SR_FLOE_IV_BYTES];
    SR_TRY(sr_rand_bytes(iv, sizeof iv));
    const struct sr_floe_fixed fixed = {segment_bytes, SR_FLOE_ROTATION_BITS, iv};
    return sr_floe_create_fixed(key, aad, &fixed, out_header, out, err);
}

/* Whether two tags are equal, in time that does not depend on where they differ: the right tag of a
 * header somebody made up is for nobody to find out. */
static bool same_tag(const uint8_t a[HEADER_TAG_BYTES], const uint8_t b[HEADER_TAG_BYTES])
{
    const volatile uint8_t *left = a;
    const volatile uint8_t *right = b;
    uint8_t differing = 0;
    for (size_t i = 0; i < HEADER_TAG_BYTES; i++) {
        differing |= (uint8_t)(left[i] ^ right[i]);
    }
    return differing == 0;
}

enum sr_status sr_floe_open(const struct sr_secret *key, struct sr_bytes aad,
                            uint32_t segment_bytes, const uint8_t *header, struct sr_floe **out,
                            struct sr_err *err)
{
    uint8_t params[SR_FLOE_PARAMS_BYTES];
    encode_params(segment_bytes, params);
    if (memcmp(header, params, sizeof params) != 0) {
        return sr_fail(err, SR_UNSUPPORTED, "parameters of the sealed stream are not ours");
    }
    const struct sr_floe_fixed fixed = {segment_bytes, SR_FLOE_ROTATION_BITS,
                                        header + SR_FLOE_PARAMS_BYTES};
    uint8_t tag[HEADER_TAG_BYTES];
    SR_AUTO(sr_floe) f = NULL;
    SR_TRY(new_stream(key, aad, &fixed, &f, err));
    SR_TRY(make_header_tag(f, key, tag));
    if (!same_tag(tag, header + sizeof f->fixed)) {
        return sr_fail(err, SR_CORRUPT, "sealed under another key or name, or damaged");
    }
    *out = SR_TAKE(f);
    return SR_OK;
}

void sr_floe_free(struct sr_floe *f)
{
    if (f == NULL) {
        return;
    }
    for (size_t i = 0; i < SR_FLOE_SEGMENT_KEYS_MAX; i++) {
        sr_aead_free(atomic_load_explicit(&f->segment_keys[i], memory_order_relaxed));
    }
    sr_secret_free(f->message_key);
    free(f);
}

static enum sr_status make_segment_key(const struct sr_floe *f, uint64_t run, struct sr_aead **out,
                                       struct sr_err *err)
{
    uint8_t purpose[4 + 8] = {'D', 'E', 'K', ':'};
    sr_writer_put_u64be(purpose + 4, run << f->rotation_bits);

    SR_AUTO(sr_secret) key = NULL;
    SR_TRY(sr_secret_new(SR_AEAD_KEY_BYTES, &key, err));
    SR_TRY(derive(f, f->message_key, sr_bytes(purpose, sizeof purpose), sr_secret_bytes(key),
                  SR_AEAD_KEY_BYTES));
    return sr_aead_new(sr_secret_view(key), out, err);
}

/* The key for segment index; it belongs to f. */
static enum sr_status segment_key(struct sr_floe *f, uint64_t index, const struct sr_aead **out,
                                  struct sr_err *err)
{
    uint64_t run = index >> f->rotation_bits;
    if (run >= SR_FLOE_SEGMENT_KEYS_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "segment %llu is over the limit",
                       (unsigned long long)index);
    }
    struct sr_aead *known = atomic_load_explicit(&f->segment_keys[run], memory_order_acquire);
    if (known == NULL) {
        SR_AUTO(sr_aead) made = NULL;
        SR_TRY(make_segment_key(f, run, &made, err));
        /* Two threads may get here at once; both made the same key, the second drops its own. */
        if (atomic_compare_exchange_strong_explicit(&f->segment_keys[run], &known, made,
                                                    memory_order_acq_rel, memory_order_acquire)) {
            known = SR_TAKE(made);
        }
    }
    *out = known;
    return SR_OK;
}

static void encode_segment_aad(uint64_t index, bool is_final, uint8_t out[SEGMENT_AAD_BYTES])
{
    sr_writer_put_u64be(out, index);
    out[8] = is_final ? 1 : 0;
}

/* A segment's first word: its whole length if it is the last. */
static uint32_t length_word(size_t body_bytes, bool is_final)
{
    return is_final ? (uint32_t)(body_bytes + SR_FLOE_OVERHEAD_BYTES) : NOT_FINAL_WORD;
}

static bool is_segment_length(const struct sr_floe *f, size_t body_bytes, bool is_final)
{
    size_t full = f->segment_bytes - SR_FLOE_OVERHEAD_BYTES;
    return is_final ? body_bytes <= full : body_bytes == full;
}

enum sr_status sr_floe_seal_fixed(struct sr_floe *f, uint64_t index, bool is_final,
                                  struct sr_bytes plain, const uint8_t *iv, uint8_t *out,
                                  struct sr_err *err)
{
    assert(is_segment_length(f, plain.len, is_final));
    const struct sr_aead *key = NULL;
    SR_TRY(segment_key(f, index, &key, err));

    uint8_t aad[SEGMENT_AAD_BYTES];
    encode_segment_aad(index, is_final, aad);
    sr_writer_put_u32be(out, length_word(plain.len, is_final));
    memcpy(out + WORD_BYTES, iv, SR_AEAD_IV_BYTES);
    uint8_t *body = out + SR_FLOE_HEAD_BYTES;
    enum sr_status status =
        sr_aead_seal(key, iv, sr_bytes(aad, sizeof aad), plain, body, body + plain.len);
    if (status != SR_OK) {
        return sr_context(err, status, "seal segment %llu", (unsigned long long)index);
    }
    return SR_OK;
}

enum sr_status sr_floe_seal(struct sr_floe *f, uint64_t index, bool is_final, struct sr_bytes plain,
                            uint8_t *out, struct sr_err *err)
{
    uint8_t iv[SR_AEAD_IV_BYTES];
    enum sr_status status = sr_rand_bytes(iv, sizeof iv);
    if (status != SR_OK) {
        return sr_context(err, status, "make a random IV");
    }
    return sr_floe_seal_fixed(f, index, is_final, plain, iv, out, err);
}

enum sr_status sr_floe_unseal(struct sr_floe *f, uint64_t index, bool is_final,
                              const struct sr_floe_segment *segment, uint8_t *out,
                              struct sr_err *err)
{
    uint8_t word[WORD_BYTES];
    sr_writer_put_u32be(word, length_word(segment->body.len, is_final));
    if (!is_segment_length(f, segment->body.len, is_final) ||
        memcmp(word, segment->head, sizeof word) != 0) {
        explicit_bzero(out, segment->body.len);
        return sr_fail(err, SR_CORRUPT, "segment has another length than its place asks for");
    }
    const struct sr_aead *key = NULL;
    SR_TRY(segment_key(f, index, &key, err));

    uint8_t aad[SEGMENT_AAD_BYTES];
    encode_segment_aad(index, is_final, aad);
    enum sr_status status = sr_aead_open(key, segment->head + WORD_BYTES, sr_bytes(aad, sizeof aad),
                                         segment->body, segment->tag, out);
    if (status != SR_OK) {
        explicit_bzero(out, segment->body.len);
        return sr_fail(err, status, "segment does not authenticate");
    }
    return SR_OK;
}

struct sr_floe_segment sr_floe_split(struct sr_bytes sealed)
{
    assert(sealed.len >= SR_FLOE_OVERHEAD_BYTES);
    size_t body_bytes = sealed.len - SR_FLOE_OVERHEAD_BYTES;
    return (struct sr_floe_segment){
        .head = sealed.ptr,
        .body = sr_bytes(sealed.ptr + SR_FLOE_HEAD_BYTES, body_bytes),
        .tag = sealed.ptr + SR_FLOE_HEAD_BYTES + body_bytes,
    };
}
