/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whoever holds the stored bytes may do with them what they like: a body that is not, to the last
 * bit, what was written under this name and key is refused. docs/formats/sealed-body.md
 */
#include "seal/layout.h"
#include "tests/sealed_sample.h"

#define P SR_BODY_PAYLOAD_BYTES
#define S SR_BODY_SEGMENT_BYTES
#define PAGE SR_LAYOUT_PAGE_BYTES
#define SMALL_BYTES 700

/* Whatever bit is flipped, of whatever part: refused, at the latest when all is read. */
static void every_flipped_bit_is_refused(void)
{
    static const size_t LENGTHS[] = {SMALL_BYTES, 0};
    for (size_t i = 0; i < 2; i++) {
        struct sample s;
        seal_sample(&s, &NAME, LENGTHS[i], 5);
        size_t accepted = 0;
        for (size_t bit = 0; bit < s.body.bytes * 8; bit++) {
            s.body.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
            accepted += read_all(&s, NULL) == SR_OK;
            s.body.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        CHECK(accepted == 0);
        CHECK(read_all(&s, NULL) == SR_OK);
        drop_sample(&s);
    }
}

static void every_truncation_and_extension_is_refused(void)
{
    struct sample s;
    seal_sample(&s, &NAME, SMALL_BYTES, 6);
    size_t whole = s.body.bytes;
    size_t accepted = 0;
    for (size_t len = 0; len < whole; len++) {
        s.body.bytes = len;
        accepted += read_all(&s, NULL) == SR_OK;
    }
    for (size_t more = 1; more < 100; more++) {
        s.body.bytes = whole + more;
        accepted += read_all(&s, NULL) == SR_OK;
    }
    CHECK(accepted == 0);
    drop_sample(&s);
}

static void refused(struct sample *s, enum sr_status expected, const char *words)
{
    struct sr_err err = {0};
    CHECK(read_all(s, &err) == expected);
    CHECK(strstr(err.message, words) != NULL);
    if (strstr(err.message, words) == NULL) {
        printf("# '%s' is not in: %s\n", words, err.message);
    }
}

static void other_names_and_keys_are_refused(void)
{
    struct sample s;
    seal_sample(&s, &NAME, SMALL_BYTES, 7);
    struct sr_body_name names[] = {NAME, NAME, NAME};
    names[0].object.bytes[15] ^= 1;
    names[1].version.bytes[0] ^= 1;
    names[2].file_index ^= 1;
    for (size_t i = 0; i < 3; i++) {
        SR_AUTO(sr_body) b = NULL;
        CHECK(open_as(&s, &names[i], &b, NULL) == SR_CORRUPT);
        CHECK(b == NULL);
    }
    /* The header page changed to match the name asked for: its object is in the key as well. */
    SR_AUTO(sr_body) b = NULL;
    s.body.data[16 + 15] ^= 1;
    CHECK(open_as(&s, &names[0], &b, NULL) == SR_CORRUPT);
    s.body.data[16 + 15] ^= 1;

    sr_secret_bytes(s.dek)[31] ^= 1; /* another room, another version */
    refused(&s, SR_CORRUPT, "under another key or name");
    drop_sample(&s);
}

static void other_versions_and_suites_are_refused_as_unsupported(void)
{
    struct sample s;
    seal_sample(&s, &NAME, SMALL_BYTES, 8);
    static const struct {
        size_t at;
        const char *words;
    } CASES[] = {{9, "format version 2"}, {11, "suite 2"}, {15, "segments of"}};
    for (size_t i = 0; i < 3; i++) {
        s.body.data[CASES[i].at] ^= 3; /* 1 becomes 2 */
        refused(&s, SR_UNSUPPORTED, CASES[i].words);
        s.body.data[CASES[i].at] ^= 3;
    }
    drop_sample(&s);
}

/* Exchange two stretches of memory of the same length. */
static void swap(uint8_t *a, uint8_t *b, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        uint8_t kept = a[i];
        a[i] = b[i];
        b[i] = kept;
    }
}

static void segments_stay_in_place_and_in_their_file(void)
{
    struct sr_body_name other_name = NAME;
    struct sample s;
    struct sample other;
    other_name.file_index++;
    seal_sample(&s, &NAME, 3 * P, 9);
    seal_sample(&other, &other_name, 3 * P, 9); /* the same bytes under the same data key */
    uint8_t *first = s.body.data + PAGE;

    swap(first, first + S, S);
    refused(&s, SR_CORRUPT, "segment 0, at offset 4096");
    swap(first, first + S, S);
    CHECK(read_all(&s, NULL) == SR_OK);

    swap(first + S, other.body.data + PAGE + S, S); /* across files */
    refused(&s, SR_CORRUPT, "segment 1, at offset 1052672");
    swap(first + S, other.body.data + PAGE + S, S);

    memcpy(first + S, first, S); /* repeated */
    refused(&s, SR_CORRUPT, "segment 1");
    drop_sample(&other);
    drop_sample(&s);
}

/* Take segment index out of s and give it a footer that agrees with what is left. */
static void drop_segment(struct sample *s, size_t index, uint64_t plain_bytes)
{
    struct sr_layout before;
    size_t at = PAGE + index * S;
    size_t len = index == 2 ? (size_t)(plain_bytes - 2 * P + 32) : S;
    CHECK(sr_layout_decode_footer(s->body.data + s->body.bytes - 32, s->body.bytes, &before,
                                  NULL) == SR_OK);
    memmove(s->body.data + at, s->body.data + at + len, s->body.bytes - at - len);
    s->body.bytes -= len;
    /* The table loses a row; which one does not matter, it is vouched for as a whole. */
    uint8_t *table = s->body.data + s->body.bytes - 32 - before.table_bytes;
    memmove(table, table + 32, before.table_bytes);
    s->body.bytes -= 32;
    struct sr_layout after =
        sr_layout_of(plain_bytes - (len - 32), sr_layout_trailer_plain_bytes(&before));
    CHECK(after.body_bytes == s->body.bytes);
    sr_layout_encode_footer(&after, s->body.data + s->body.bytes - 32);
}

static void dropped_segments_are_missed(void)
{
    for (size_t index = 0; index < 3; index++) {
        struct sample s;
        seal_sample(&s, &NAME, 2 * P + 1000, 10);
        drop_segment(&s, index, 2 * P + 1000);
        refused(&s, SR_CORRUPT, "trailer, at offset"); /* it is bound to the stream's length */
        drop_sample(&s);
    }
}

/* A last segment cannot pose as one before, nor the other way. */
static void finality_cannot_be_moved(void)
{
    struct sample s;
    seal_sample(&s, &NAME, 2 * P, 11);
    uint8_t *last = s.body.data + PAGE + S;
    CHECK(last[0] == 0 && last[1] == 0x10); /* a full last segment: its length, 2^20 */
    memset(last, 0xff, 4);
    refused(&s, SR_CORRUPT, "segment 1, at offset");
    static const uint8_t FULL[4] = {0, 0x10, 0, 0};
    memcpy(last, FULL, 4);
    memcpy(s.body.data + PAGE, FULL, 4);
    refused(&s, SR_CORRUPT, "segment 0, at offset");
    drop_sample(&s);
}

/* Parts of two bodies sealed under one name and key do not make a third. */
static void parts_of_another_attempt_are_refused(void)
{
    struct sample s;
    struct sample again;
    seal_sample(&s, &NAME, P + 1000, 12);
    seal_sample(&again, &NAME, P + 1000, 12);
    CHECK(s.body.bytes == again.body.bytes);
    size_t trailer_at = PAGE + S + 1032;
    size_t end_bytes = s.body.bytes - trailer_at;

    swap(s.body.data + PAGE, again.body.data + PAGE, S);
    refused(&s, SR_CORRUPT, "segment 0");
    swap(s.body.data + PAGE, again.body.data + PAGE, S);
    swap(s.body.data + trailer_at, again.body.data + trailer_at, end_bytes);
    refused(&s, SR_CORRUPT, "trailer");
    swap(s.body.data, again.body.data, PAGE);
    CHECK(read_all(&s, NULL) == SR_CORRUPT);
    drop_sample(&again);
    drop_sample(&s);
}

int main(void)
{
    RUN(every_flipped_bit_is_refused);
    RUN(every_truncation_and_extension_is_refused);
    RUN(other_names_and_keys_are_refused);
    RUN(other_versions_and_suites_are_refused_as_unsupported);
    RUN(segments_stay_in_place_and_in_their_file);
    RUN(dropped_segments_are_missed);
    RUN(finality_cannot_be_moved);
    RUN(parts_of_another_attempt_are_refused);
    return check_done();
}
