/* SPDX-License-Identifier: Apache-2.0 */
/* One message for each rule of docs/formats/protobuf.md that breaks it alone. */
#include "formats/protobuf.h"

#include "tests/check.h"
#include "tests/message.h"

static const struct sr_protobuf_message INNER;
static const struct sr_protobuf_field INNER_FIELDS[] = {
    {1, "name", SR_PROTOBUF_STRING, false, 0, NULL},
    {2, "inner", SR_PROTOBUF_MESSAGE, true, 0, &INNER},
};
static const struct sr_protobuf_message INNER = {"Inner", 1, INNER_FIELDS, 2};

static const struct sr_protobuf_field OUTER_FIELDS[] = {
    {1, "int32", SR_PROTOBUF_INT32, false, 0, NULL},
    {2, "int64s", SR_PROTOBUF_INT64, true, 0, NULL},
    {3, "uint32", SR_PROTOBUF_UINT32, false, 0, NULL},
    {4, "sint64", SR_PROTOBUF_SINT64, false, 0, NULL},
    {5, "bool", SR_PROTOBUF_BOOL, false, 0, NULL},
    {6, "floats", SR_PROTOBUF_FIXED32, true, 0, NULL},
    {7, "double", SR_PROTOBUF_FIXED64, false, 0, NULL},
    {8, "text", SR_PROTOBUF_STRING, false, 0, NULL},
    {9, "bytes", SR_PROTOBUF_BYTES, true, 0, NULL},
    {10, "inner", SR_PROTOBUF_MESSAGE, false, 0, &INNER},
    {11, "either", SR_PROTOBUF_INT64, false, 1, NULL},
    {12, "or", SR_PROTOBUF_STRING, false, 1, NULL},
    {13, "doubles", SR_PROTOBUF_FIXED64, true, 0, NULL},
    {14, "uint64", SR_PROTOBUF_UINT64, false, 0, NULL},
};
static const struct sr_protobuf_message OUTER = {"Outer", 0, OUTER_FIELDS, 14};

/* Walk to the end; the items of the events other than END are kept, as far as there is room. */
struct walked {
    enum sr_status status;
    unsigned count;
    struct sr_protobuf_item items[16];
    struct sr_err err;
};

static struct walked walk(struct sr_bytes input)
{
    struct walked out = {0};
    struct sr_protobuf p;
    struct sr_protobuf_item item = {0};
    sr_protobuf_init(&p, input, &OUTER);
    do {
        out.status = sr_protobuf_next(&p, &item, &out.err);
        if (out.status == SR_OK && item.event != SR_PROTOBUF_END && out.count < 16) {
            out.items[out.count++] = item;
        }
    } while (out.status == SR_OK && item.event != SR_PROTOBUF_END);
    return out;
}

#define WALK(bytes) walk(sr_bytes((bytes), sizeof(bytes) - 1))

static void hands_out_what_is_there(void)
{
    CHECK(WALK("").status == SR_OK && WALK("").count == 0);
    struct walked w = WALK("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"); /* -1 */
    CHECK(w.status == SR_OK && w.items[0].value == UINT64_MAX && w.items[0].offset == 1);
    w = WALK("\x12\x03\x01\xac\x02");
    CHECK(w.status == SR_OK && w.count == 2 && w.items[0].value == 1 && w.items[1].value == 300);
    CHECK(w.items[1].offset == 3 && w.items[1].bytes.len == 2);
    w = WALK("\x10\x05");
    CHECK(w.status == SR_OK && w.count == 1 && w.items[0].value == 5);
    CHECK(WALK("\x12\x00").status == SR_OK && WALK("\x12\x00").count == 0);
    w = WALK("\x20\x03");
    CHECK(w.status == SR_OK && w.items[0].value == UINT64_MAX - 1); /* zigzag: -2 */
}

static void hands_out_numbers_of_fixed_width(void)
{
    struct walked w = WALK("\x32\x08"
                           "abcdefgh");
    CHECK(w.status == SR_OK && w.items[0].event == SR_PROTOBUF_RUN && w.items[0].count == 2);
    w = WALK("\x6a\x08"
             "abcdefgh");
    CHECK(w.status == SR_OK && w.items[0].count == 1);
    w = WALK("\x35"
             "abcd\x39"
             "abcdefgh");
    CHECK(w.status == SR_OK && w.count == 2 && w.items[0].value == 0x64636261);
}

static void hands_out_messages(void)
{
    struct walked w = WALK("\x52\x05\x0a\x01x\x12\x00");
    CHECK(w.status == SR_OK && w.count == 5 && w.items[0].event == SR_PROTOBUF_ENTER);
    CHECK(w.items[1].depth == 1 && w.items[1].bytes.ptr[0] == 'x' && w.items[2].depth == 2);
    CHECK(w.items[3].event == SR_PROTOBUF_LEAVE && w.items[3].depth == 2);
    CHECK(w.items[4].event == SR_PROTOBUF_LEAVE && w.items[4].offset == 2);
    CHECK(w.items[4].message == &INNER && w.items[4].bytes.len == 5);
}

static void hands_out_what_it_does_not_know(void)
{
    struct walked w = WALK("\xa0\x06\x01\xa2\x06\x02zz\xa5\x06"
                           "abcd\xa1\x06"
                           "abcdefgh");
    CHECK(w.status == SR_OK && w.count == 4 && w.items[0].event == SR_PROTOBUF_UNKNOWN);
    CHECK(w.items[1].number == 100 && w.items[1].bytes.len == 2 && w.items[1].field == NULL);
}

static void refuses_what_reads_two_ways(void)
{
    static const struct {
        const char *bytes;
        size_t len;
        enum sr_status status;
    } CASES[] = {
#define CASE(bytes, status) {bytes, sizeof(bytes) - 1, status}
        CASE("\x08\x80\x00", SR_MALFORMED),                                     /* PB-2: longer */
        CASE("\x70\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", SR_MALFORMED),     /* PB-2: 65 bits */
        CASE("\x70\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", SR_MALFORMED), /* PB-2: 11 bytes */
        CASE("\x70\xff", SR_TRUNCATED),
        CASE("\x00\x01", SR_MALFORMED),                 /* PB-3: field 0 */
        CASE("\xc0\xa3\x09\x01", SR_MALFORMED),         /* PB-3: field 19000 */
        CASE("\x80\x80\x80\x80\x10\x01", SR_MALFORMED), /* PB-3: field 2^29 */
        CASE("\x0b\x0c", SR_MALFORMED),                 /* PB-4: a group */
        CASE("\x0e", SR_MALFORMED),                     /* PB-4: wire type 6 */
        CASE("\x08\x80\x80\x80\x80\x08", SR_MALFORMED), /* PB-5: 2^31 as int32 */
        CASE("\x18\x80\x80\x80\x80\x10", SR_MALFORMED), /* PB-5: 2^32 as uint32 */
        CASE("\x28\x02", SR_MALFORMED),                 /* PB-5: bool 2 */
        CASE("\x08\x01\x08\x01", SR_MALFORMED),         /* PB-6: twice */
        CASE("\x52\x00\x52\x00", SR_MALFORMED),         /* PB-6: messages would be merged */
        CASE("\x58\x01\x62\x01x", SR_MALFORMED),        /* PB-6: both of a oneof */
        CASE("\x32\x03xyz", SR_MALFORMED),              /* PB-7 */
        CASE("\x12\x02\x01\x80", SR_TRUNCATED),         /* PB-7: a packed number runs out */
        CASE("\x0a\x01x", SR_MALFORMED),                /* PB-8: int32 as bytes */
        CASE("\x40\x01", SR_MALFORMED),                 /* PB-8: text as a number */
        CASE("\x42\x01\xff", SR_MALFORMED),             /* PB-9 */
        CASE("\x42\x01\x00", SR_MALFORMED),             /* PB-9: NUL */
        CASE("\x42\x05x", SR_TRUNCATED),
        CASE("\x39xyz", SR_TRUNCATED),
        CASE("\x35xyz", SR_TRUNCATED),
        CASE("\x52\x03\x0a\x02x", SR_TRUNCATED), /* runs out of its message, not of the file */
        CASE("\x52\x02\x0a\x02xy", SR_TRUNCATED),
#undef CASE
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct walked w = walk(sr_bytes(CASES[i].bytes, CASES[i].len));
        CHECK(w.status == CASES[i].status);
        CHECK(w.err.status == w.status && strncmp(w.err.message, "protobuf: ", 10) == 0);
        if (w.status != CASES[i].status) {
            printf("# case %zu: %s\n", i, w.err.message);
        }
    }
}

/* PB-10: that many messages in one another, with the root. */
static enum sr_status nested(unsigned levels)
{
    struct message m = {0};
    for (unsigned i = 1; i < levels; i++) {
        struct message outer = {0};
        message_put(&outer, i + 1 < levels ? 2 : 10, &m);
        m = outer;
    }
    return walk(message_view(&m)).status;
}

static void stops_at_its_depth(void)
{
    CHECK(nested(SR_PROTOBUF_DEPTH_MAX) == SR_OK);
    CHECK(nested(SR_PROTOBUF_DEPTH_MAX + 1) == SR_TOO_LARGE);
}

static void refuses_more_than_2_gib(void)
{
    /* Not looked at: the length alone decides. */
    struct walked w = walk(sr_bytes("\x08", (size_t)INT32_MAX + 1));
    CHECK(w.status == SR_TOO_LARGE);
}

static void skims(void)
{
    uint64_t seen = 0;
    static const char FINE[] = "\x08\x01\x52\x01\xff\x12\x01\x01";
    CHECK(sr_protobuf_skim(sr_bytes(FINE, sizeof FINE - 1), &OUTER, 9, &seen));
    CHECK(seen == (1U << 0 | 1U << 1 | 1U << 9));
    CHECK(!sr_protobuf_skim(sr_bytes(FINE, sizeof FINE - 1), &OUTER, 2, &seen));
    CHECK(!sr_protobuf_skim(sr_bytes(FINE, sizeof FINE - 2), &OUTER, 9, &seen));
    CHECK(!sr_protobuf_skim(sr_bytes("\xa0\x06\x01", 3), &OUTER, 9, &seen));
    CHECK(!sr_protobuf_skim(sr_bytes("\x0a\x00", 2), &OUTER, 9, &seen));
    struct sr_bytes found = {0};
    CHECK(sr_protobuf_peek(sr_bytes(FINE, sizeof FINE - 1), 10, 9, &found) && found.len == 1);
    CHECK(!sr_protobuf_peek(sr_bytes(FINE, sizeof FINE - 1), 10, 1, &found));
    CHECK(!sr_protobuf_peek(sr_bytes(FINE, sizeof FINE - 1), 8, 9, &found));
    CHECK(!sr_protobuf_peek(sr_bytes("\x52\x09", 2), 10, 9, &found));
}

int main(void)
{
    RUN(hands_out_what_is_there);
    RUN(hands_out_numbers_of_fixed_width);
    RUN(hands_out_messages);
    RUN(hands_out_what_it_does_not_know);
    RUN(refuses_what_reads_two_ways);
    RUN(stops_at_its_depth);
    RUN(refuses_more_than_2_gib);
    RUN(skims);
    return check_done();
}
