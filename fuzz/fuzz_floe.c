/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The input says how a stream is made (length, edits to make in it) and holds the edits. The stream
 * is sealed, edited and opened under the same key. The header opens only if it is as it was made;
 * a segment opens only if it is, and then to what was sealed, and sealing that again under its IV
 * gives its bytes; one that does not open leaves nothing but zeros.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/require.h"
#include "seal/floe_seam.h"

#define SEGMENT_BYTES 64u
#define PAYLOAD_BYTES (SEGMENT_BYTES - SR_FLOE_OVERHEAD_BYTES)
#define SEGMENTS_MAX 8u
#define STREAM_BYTES_MAX (SR_FLOE_HEADER_BYTES + SEGMENTS_MAX * SEGMENT_BYTES)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct stream {
    uint8_t bytes[STREAM_BYTES_MAX];
    size_t len;
    size_t segments;
};

static const struct sr_bytes AAD = {(const uint8_t *)"fuzz", 4};

static size_t segment_bytes(const struct stream *s, size_t index)
{
    size_t at = SR_FLOE_HEADER_BYTES + index * SEGMENT_BYTES;
    return s->len - at < SEGMENT_BYTES ? s->len - at : SEGMENT_BYTES;
}

/* A stream of full segments and a last one of last_bytes plaintext, all of them 0x5a. */
static void make_stream(const struct sr_secret *key, size_t full, size_t last_bytes,
                        struct stream *out)
{
    uint8_t plain[PAYLOAD_BYTES];
    SR_AUTO(sr_floe) f = NULL;
    memset(plain, 0x5a, sizeof plain);
    REQUIRE(sr_floe_create(key, AAD, SEGMENT_BYTES, out->bytes, &f, NULL) == SR_OK);
    out->segments = full + 1;
    out->len = SR_FLOE_HEADER_BYTES + full * SEGMENT_BYTES + last_bytes + SR_FLOE_OVERHEAD_BYTES;
    for (size_t i = 0; i <= full; i++) {
        size_t len = i == full ? last_bytes : sizeof plain;
        REQUIRE(sr_floe_seal(f, i, i == full, sr_bytes(plain, len),
                             out->bytes + SR_FLOE_HEADER_BYTES + i * SEGMENT_BYTES, NULL) == SR_OK);
    }
}

/* Each edit is four bytes: what to do, where (two bytes), with what. */
static void edit_stream(const uint8_t *edits, size_t size, struct stream *s)
{
    for (; size >= 4; edits += 4, size -= 4) {
        size_t at = ((size_t)edits[1] << 8 | edits[2]) % s->len;
        size_t from = SR_FLOE_HEADER_BYTES + edits[3] % s->segments * SEGMENT_BYTES;
        size_t to = SR_FLOE_HEADER_BYTES + edits[2] % s->segments * SEGMENT_BYTES;
        size_t len = s->len - (from > to ? from : to);
        switch (edits[0] % 4) {
        case 0:
            s->bytes[at] ^= edits[3];
            break;
        case 1:
            s->bytes[at] = edits[3];
            break;
        case 2: /* one segment over another, as far as it reaches */
            memmove(s->bytes + to, s->bytes + from, len < SEGMENT_BYTES ? len : SEGMENT_BYTES);
            break;
        default: /* the final mark, on or off */
            memset(s->bytes + from, edits[3] % 2 == 0 ? 0xff : 0, 3);
            break;
        }
    }
}

static void open_segment(struct sr_floe *f, const struct stream *made, const struct stream *edited,
                         size_t place, size_t index)
{
    uint8_t out[PAYLOAD_BYTES];
    uint8_t again[SEGMENT_BYTES];
    size_t at = SR_FLOE_HEADER_BYTES + index * SEGMENT_BYTES;
    struct sr_bytes sealed = sr_bytes(edited->bytes + at, segment_bytes(edited, index));
    struct sr_floe_segment segment = sr_floe_split(sealed);
    bool is_final = place == made->segments - 1;
    memset(out, 0xee, sizeof out);
    enum sr_status status = sr_floe_unseal(f, place, is_final, &segment, out, NULL);
    bool is_same = place == index && memcmp(made->bytes + at, sealed.ptr, sealed.len) == 0;
    /* An edit may have put a whole other segment here: then it is genuine in its own place. */
    bool is_copy = segment_bytes(made, place) == sealed.len &&
                   memcmp(made->bytes + SR_FLOE_HEADER_BYTES + place * SEGMENT_BYTES, sealed.ptr,
                          sealed.len) == 0;
    REQUIRE((status == SR_OK) == (is_same || is_copy));
    for (size_t i = 0; i < segment.body.len; i++) {
        REQUIRE(out[i] == (status == SR_OK ? 0x5a : 0));
    }
    if (status == SR_OK) {
        REQUIRE(sr_floe_seal_fixed(f, place, is_final, sr_bytes(out, segment.body.len),
                                   segment.head + 4, again, NULL) == SR_OK);
        REQUIRE(memcmp(again, sealed.ptr, sealed.len) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sr_secret *key;
    if (key == NULL) {
        REQUIRE(sr_secret_new(SR_FLOE_KEY_BYTES, &key, NULL) == SR_OK);
    }
    if (size < 2) {
        return 0;
    }
    struct stream made = {.len = 0};
    make_stream(key, data[0] % SEGMENTS_MAX, data[1] % (PAYLOAD_BYTES + 1), &made);
    struct stream edited = made;
    edit_stream(data + 2, size - 2, &edited);

    SR_AUTO(sr_floe) f = NULL;
    enum sr_status status = sr_floe_open(key, AAD, SEGMENT_BYTES, edited.bytes, &f, NULL);
    REQUIRE((status == SR_OK) == (memcmp(made.bytes, edited.bytes, SR_FLOE_HEADER_BYTES) == 0));
    if (status != SR_OK) {
        return 0;
    }
    for (size_t place = 0; place < made.segments; place++) {
        open_segment(f, &made, &edited, place, place);
        open_segment(f, &made, &edited, place, (place + 1) % made.segments);
    }
    return 0;
}
