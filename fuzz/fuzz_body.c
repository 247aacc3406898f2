/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small body is sealed once. An input whose first byte is odd is a list of edits to it, any other
 * is the stored bytes themselves; the key is the right one. What opens and reads to the end is what
 * was sealed, from the very bytes that were stored; all else is refused, leaving no plaintext. The
 * scrub without keys agrees.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/require.h"
#include "seal/layout.h"
#include "seal/scrub.h"
#include "tests/sealed.h"

#define PLAIN_BYTES 300u
#define BODY_BYTES_MAX 16384u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct sr_body_name NAME = {.object = {{1}}, .version = {{2}}, .file_index = 3};

/* The body as it was sealed, and what opens it. */
static struct {
    struct sr_secret *dek;
    struct sr_pool *pool;
    struct sealed_memory plain;
    struct sealed_memory body;
    struct sr_body_facts facts;
} good;

static void seal_once(void)
{
    static const uint64_t SHAPE[] = {5};
    const struct sr_tensor tensor = {sr_bytes("w", 1), "F32", 1, SHAPE, 40, 60};
    SR_AUTO(sr_tensors) tensors = NULL;
    REQUIRE(sr_secret_new(32, &good.dek, NULL) == SR_OK);
    REQUIRE(sr_pool_new(SR_BODY_SEGMENT_BYTES, 1, 1, &good.pool, NULL) == SR_OK);
    REQUIRE(sr_tensors_new(&tensors) == SR_OK);
    REQUIRE(sr_tensors_add(tensors, &tensor) == SR_OK);
    sealed_memory_new(&good.plain, PLAIN_BYTES);
    sealed_fill(good.plain.data, PLAIN_BYTES, 1);
    good.plain.bytes = PLAIN_BYTES;
    sealed_memory_new(&good.body, BODY_BYTES_MAX);
    struct sealed_one one = {.job = {.name = NAME,
                                     .tensors = tensors,
                                     .source = sealed_memory_source(&good.plain),
                                     .sink = sealed_memory_sink(&good.body)}};
    REQUIRE(sealed_write(&one, good.dek, 1, NULL) == SR_OK);
    good.facts = one.facts;
}

/* Places where an edit is likely to matter, besides those that the fuzzer names itself. */
static size_t edge(uint8_t which, const struct sealed_memory *m)
{
    const size_t edges[] = {0,
                            8,
                            10,
                            12,
                            16,
                            32,
                            4022,
                            4096,
                            4100,
                            4112,
                            4096 + PLAIN_BYTES + 32,
                            m->bytes - 32,
                            m->bytes - 24,
                            m->bytes - 16,
                            m->bytes - 8,
                            m->bytes - 128};
    return edges[which % (sizeof edges / sizeof edges[0])];
}

/* Each edit is five bytes: what to do, where (an edge, or two bytes of offset), with what. */
static void edit_body(const uint8_t *edits, size_t size, struct sealed_memory *m)
{
    for (; size >= 5; edits += 5, size -= 5) {
        size_t offset = (size_t)edits[2] << 8 | edits[3];
        if (m->bytes < 256) {
            return;
        }
        size_t at = edits[0] % 2 == 0 ? edge(edits[1], m) + edits[3] % 8 : offset;
        at %= m->bytes;
        size_t len = edits[1] % 64;
        switch (edits[0] / 2 % 6) {
        case 0:
            m->data[at] ^= edits[4];
            break;
        case 1:
            m->data[at] = edits[4];
            break;
        case 2: /* cut something out */
            len = len < m->bytes - at ? len : m->bytes - at;
            memmove(m->data + at, m->data + at + len, m->bytes - at - len);
            m->bytes -= len;
            break;
        case 3: /* put something in */
            len = len < m->capacity - m->bytes ? len : m->capacity - m->bytes;
            memmove(m->data + at + len, m->data + at, m->bytes - at);
            memset(m->data + at, edits[4], len);
            m->bytes += len;
            break;
        case 4: /* cut the end off */
            m->bytes -= len;
            break;
        default: /* add to one of the lengths in the footer, as a 64-bit number */
            m->data[m->bytes - 32 + edits[1] % 24] += edits[4];
            break;
        }
    }
}

/* Open, and read all in two parts, so that a whole and a partial segment are tried. */
static enum sr_status read_all(struct sealed_memory *m, uint8_t *out)
{
    SR_AUTO(sr_body) b = NULL;
    struct sr_err err = {0};
    SR_TRY(sr_body_open(&NAME, good.dek, sealed_memory_source(m), good.pool, &b, &err));
    REQUIRE(sr_body_facts(b)->plain_bytes == PLAIN_BYTES); /* the trailer is genuine */
    REQUIRE(sr_tensors_count(sr_body_tensors(b)) == 1);
    SR_TRY(sr_body_read(b, 0, out, PLAIN_BYTES, &err));
    return sr_body_read(b, 100, out + 100, 50, &err);
}

static void check(struct sealed_memory *m)
{
    uint8_t out[PLAIN_BYTES] = {0};
    enum sr_status status = read_all(m, out);
    bool is_same = m->bytes == good.body.bytes && memcmp(m->data, good.body.data, m->bytes) == 0;
    REQUIRE((status == SR_OK) == is_same);
    REQUIRE(is_same || status == SR_CORRUPT || status == SR_UNSUPPORTED);
    REQUIRE(!is_same || memcmp(out, good.plain.data, sizeof out) == 0);
    for (size_t i = 0; !is_same && i < sizeof out; i++) {
        REQUIRE(out[i] == 0);
    }
    struct sr_scrub_result result = {0};
    status = sr_scrub_stored(sealed_memory_source(m), good.facts.body_bytes, good.facts.body_root,
                             0, &result, NULL);
    REQUIRE((status == SR_OK) == is_same);
    REQUIRE(result.checked == (is_same ? 3 : 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (good.dek == NULL) {
        seal_once();
    }
    struct sealed_memory m;
    sealed_memory_new(&m, BODY_BYTES_MAX);
    if (size > 0 && data[0] % 2 == 1) {
        m.bytes = good.body.bytes;
        memcpy(m.data, good.body.data, good.body.bytes);
        edit_body(data + 1, size - 1, &m);
    } else if (size > 0) {
        m.bytes = size - 1 < m.capacity ? size - 1 : m.capacity;
        memcpy(m.data, data + 1, m.bytes);
    }
    check(&m);
    sealed_memory_free(&m);
    return 0;
}
