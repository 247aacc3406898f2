/* SPDX-License-Identifier: Apache-2.0 */
/* Rules P-1 to P-8 of docs/formats/pickle.md: each with a stream that keeps and one that breaks it.
 */
#include "formats/pickle.h"

#include <string.h>

#include "tests/check.h"

/* A literal with NULs in it. */
#define LITERAL(s) sr_bytes("" s, sizeof(s) - 1)

/* Decode up to STOP; how many opcodes there were. */
static enum sr_status decode(struct sr_bytes bytes, unsigned *out_count, struct sr_err *err)
{
    struct sr_pickle_reader r = sr_pickle_reader(bytes, 0);
    struct sr_pickle_op op = {0};
    *out_count = 0;
    while (op.code != SR_PICKLE_CODE_STOP) {
        SR_TRY(sr_pickle_next(&r, &op, err));
        ++*out_count;
    }
    return r.at == bytes.len ? SR_OK : SR_CONFLICT;
}

static bool is_fine(struct sr_bytes bytes)
{
    unsigned count = 0;
    return decode(bytes, &count, NULL) == SR_OK;
}

static bool is_refused(struct sr_bytes bytes, enum sr_status status)
{
    struct sr_err err = {0};
    unsigned count = 0;
    enum sr_status found = decode(bytes, &count, &err);
    if (found != status || err.message[0] == '\0') {
        printf("# %s: %s\n", sr_status_info(found)->slug, err.message);
    }
    return found == status && strncmp(err.message, "pickle: ", 8) == 0;
}

static void there_are_68_opcodes(void)
{
    unsigned count = 0;
    unsigned of_protocol[6] = {0};
    for (unsigned i = 0; i < 256; i++) {
        const struct sr_pickle_opcode *o = &sr_pickle_opcodes[i];
        bool is_known = o->form != SR_PICKLE_FORM_UNKNOWN;
        CHECK(is_known == (o->name != NULL));
        if (is_known) {
            count++;
            of_protocol[o->protocol]++;
        }
    }
    CHECK(count == 68);
    CHECK(of_protocol[0] == 22 && of_protocol[1] == 19 && of_protocol[2] == 12);
    CHECK(of_protocol[3] == 2 && of_protocol[4] == 10 && of_protocol[5] == 3);
}

/* The least that each opcode needs behind it. */
static size_t argument_of(unsigned code, uint8_t out[32])
{
    static const char *const LINES[256] = {
        ['F'] = "1.5\n", ['I'] = "1\n",    ['L'] = "1L\n", ['P'] = "a\n",    ['S'] = "'a'\n",
        ['V'] = "a\n",   ['c'] = "a\nb\n", ['g'] = "1\n",  ['i'] = "a\nb\n", ['p'] = "1\n",
    };
    memset(out, 0, 32);
    switch (sr_pickle_opcodes[code].form) {
    case SR_PICKLE_FORM_LINE:
    case SR_PICKLE_FORM_LINES:
        memcpy(out, LINES[code], strlen(LINES[code]));
        return strlen(LINES[code]);
    case SR_PICKLE_FORM_1:
    case SR_PICKLE_FORM_BLOCK1:
        return 1;
    case SR_PICKLE_FORM_2:
        return 2;
    case SR_PICKLE_FORM_4:
    case SR_PICKLE_FORM_BLOCK4:
    case SR_PICKLE_FORM_BLOCK4S:
        return 4;
    case SR_PICKLE_FORM_8:
    case SR_PICKLE_FORM_BLOCK8:
        return 8;
    case SR_PICKLE_FORM_NONE:
    case SR_PICKLE_FORM_UNKNOWN:
        break;
    }
    return 0;
}

/* P-1: each of the 256 bytes: known ones end where they should, others are refused. */
static void every_byte_is_an_opcode_or_refused(void)
{
    for (unsigned code = 0; code < 256; code++) {
        uint8_t bytes[40] = {(uint8_t)code};
        size_t len = argument_of(code, bytes + 1);
        bytes[1 + len] = '.';
        struct sr_pickle_reader r = sr_pickle_reader(sr_bytes(bytes, len + 2), 0);
        struct sr_pickle_op op = {0};
        enum sr_status status = sr_pickle_next(&r, &op, NULL);
        bool is_refused_always =
            sr_pickle_opcodes[code].name == NULL || code == SR_PICKLE_CODE_PROTO ||
            code == SR_PICKLE_CODE_NEXT_BUFFER || code == SR_PICKLE_CODE_READONLY_BUFFER;
        CHECK((status == SR_OK) == !is_refused_always);
        CHECK(status != SR_OK || (r.at == len + 1 && op.code == code && op.at == 0));
        /* Cut anywhere, it is not there. */
        for (size_t cut = 0; cut <= len && !is_refused_always; cut++) {
            r = sr_pickle_reader(sr_bytes(bytes, cut), 0);
            CHECK(sr_pickle_next(&r, &op, NULL) == SR_TRUNCATED);
            CHECK(r.at == 0);
        }
    }
}

static void proto_is_first_and_known(void)
{
    CHECK(is_fine(LITERAL("\x80\x02N.")) && is_fine(LITERAL("\x80\x05N.")) &&
          is_fine(LITERAL("N.")));
    CHECK(is_refused(LITERAL("\x80\x01N."), SR_MALFORMED));
    CHECK(is_refused(LITERAL("\x80\x06N."), SR_MALFORMED));
    CHECK(is_refused(LITERAL("\x80\x04\x80\x04N."), SR_MALFORMED));
    CHECK(is_refused(LITERAL("N0\x80\x04N."), SR_MALFORMED));
    CHECK(is_refused(LITERAL("\x80"), SR_TRUNCATED));
}

static void frames_hold_whole_opcodes(void)
{
    CHECK(is_fine(LITERAL("\x80\x04\x95\x02\0\0\0\0\0\0\0N.")));
    CHECK(is_fine(LITERAL("\x80\x04\x95\0\0\0\0\0\0\0\0N.")));
    CHECK(is_fine(LITERAL("\x80\x04\x95\x01\0\0\0\0\0\0\0NK\x01.")));
    CHECK(is_fine(LITERAL("\x80\x04\x95\x01\0\0\0\0\0\0\0N\x95\x03\0\0\0\0\0\0\0K\x01.")));
    CHECK(is_refused(LITERAL("\x80\x04\x95\x02\0\0\0\0\0\0\0NK\x01."), SR_MALFORMED));
    CHECK(is_refused(LITERAL("\x80\x04\x95\x03\0\0\0\0\0\0\0X\x01\0\0\0a."), SR_MALFORMED));
    CHECK(is_refused(LITERAL("\x80\x04\x95\x03\0\0\0\0\0\0\0cos\nsystem\n."), SR_MALFORMED));
    CHECK(is_refused(LITERAL("\x80\x04\x95\x03\0\0\0\0\0\0\0I12\n."), SR_MALFORMED));
    CHECK(is_refused(LITERAL("\x80\x04\x95\x03\0\0\0\0\0\0\0N.N"), SR_MALFORMED));
    CHECK(is_refused(LITERAL("\x80\x04\x95\x0c\0\0\0\0\0\0\0N\x95\x02\0\0\0\0\0\0\0N."),
                     SR_MALFORMED));
    CHECK(is_refused(LITERAL("\x80\x04\x95\x09\0\0\0\0\0\0\0N."), SR_TRUNCATED));
    CHECK(is_refused(LITERAL("\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\xffN."), SR_TRUNCATED));
}

static void frames_can_be_ignored(void)
{
    struct sr_bytes bytes = LITERAL("\x80\x04\x95\x02\0\0\0\0\0\0\0NK\x01\x95\x01\0\0\0\0\0\0\0N.");
    struct sr_pickle_reader r = sr_pickle_reader(bytes, 0);
    struct sr_pickle_op op = {0};
    CHECK(sr_pickle_next(&r, &op, NULL) == SR_OK && sr_pickle_next(&r, &op, NULL) == SR_OK);
    CHECK(sr_pickle_next(&r, &op, NULL) == SR_OK && op.code == 'N');
    CHECK(sr_pickle_next(&r, &op, NULL) == SR_MALFORMED && r.fault == SR_PICKLE_FRAME_CROSSED);
    CHECK(sr_pickle_go_on(&r) == 'K');
    CHECK(sr_pickle_next(&r, &op, NULL) == SR_OK && op.code == 'K' && op.arg.ptr[0] == 1);
    CHECK(sr_pickle_next(&r, &op, NULL) == SR_OK && op.code == SR_PICKLE_CODE_FRAME);
    CHECK(sr_pickle_next(&r, &op, NULL) == SR_OK && op.code == 'N');
    CHECK(sr_pickle_next(&r, &op, NULL) == SR_OK && op.code == '.' && r.at == bytes.len);
}

static void odd_opcodes_can_be_passed_over(void)
{
    struct sr_pickle_reader r = sr_pickle_reader(LITERAL("\x80\x01I0x10\n\x80\x03N."), 0);
    struct sr_pickle_op op = {0};
    CHECK(sr_pickle_next(&r, &op, NULL) == SR_MALFORMED && r.fault == SR_PICKLE_ODD && r.at == 0);
    CHECK(sr_pickle_go_on(&r) == SR_PICKLE_CODE_PROTO && r.protocol == 1 && r.at == 2);
    CHECK(sr_pickle_next(&r, &op, NULL) == SR_MALFORMED && r.fault == SR_PICKLE_ODD);
    CHECK(sr_pickle_go_on(&r) == 'I' && r.fault == SR_PICKLE_NO_FAULT);
    CHECK(sr_pickle_next(&r, &op, NULL) == SR_MALFORMED && sr_pickle_go_on(&r) == 0x80);
    CHECK(r.protocol == 3);
    CHECK(sr_pickle_next(&r, &op, NULL) == SR_OK && op.code == 'N');
}

static void numbers_have_one_spelling(void)
{
    CHECK(is_fine(LITERAL("I0\n.")) && is_fine(LITERAL("I-12\n.")) && is_fine(LITERAL("I01\n.")));
    CHECK(is_fine(LITERAL("L123L\n.")) && is_fine(LITERAL("L-1\n.")));
    static const char *const BAD[] = {"I\n.",    "I0x10\n.", "I007\n.", "I 1\n.",
                                      "I1_0\n.", "I+1\n.",   "I1\r\n.", "I02\n.",
                                      "LL\n.",   "L0x1L\n.", "L1LL\n.", "I-\n."};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        CHECK(is_refused(sr_bytes(BAD[i], strlen(BAD[i])), SR_MALFORMED));
    }
    static const char *const FLOATS[] = {"F1.5\n.", "F-0.0\n.", "F1e-07\n.", "F1e+300\n.",
                                         "Fnan\n.", "F-inf\n.", "F3\n.",     "F2.\n."};
    for (size_t i = 0; i < sizeof FLOATS / sizeof FLOATS[0]; i++) {
        CHECK(is_fine(sr_bytes(FLOATS[i], strlen(FLOATS[i]))));
    }
    static const char *const BAD_FLOATS[] = {"F\n.",      "F.5\n.",  "F1.5.2\n.", "F1e\n.",
                                             "F0x1p3\n.", "FNaN\n.", "F 1\n.",    "F1e+\n."};
    for (size_t i = 0; i < sizeof BAD_FLOATS / sizeof BAD_FLOATS[0]; i++) {
        CHECK(is_refused(sr_bytes(BAD_FLOATS[i], strlen(BAD_FLOATS[i])), SR_MALFORMED));
    }
}

static void slots_are_plain_numbers(void)
{
    CHECK(is_fine(LITERAL("Np0\n.")) && is_fine(LITERAL("Np123\ng123\n.")));
    CHECK(is_refused(LITERAL("Np-1\n."), SR_MALFORMED));
    CHECK(is_refused(LITERAL("Np01\n."), SR_MALFORMED));
    CHECK(is_refused(LITERAL("Ng12345678901234567890\n."), SR_MALFORMED));
    CHECK(is_refused(LITERAL("Ngx\n."), SR_MALFORMED));
}

static void strings_have_the_escapes_of_repr(void)
{
    CHECK(is_fine(LITERAL("S'a'\n.")) && is_fine(LITERAL("S\"it's\"\n.")));
    CHECK(is_fine(LITERAL("S'\\n\\x41\\\\\\''\n.")));
    static const char *const BAD[] = {"Sa\n.",     "S'\n.",      "S'a\"\n.",  "S'a'b'\n.",
                                      "S'\\q'\n.", "S'\\x4'\n.", "S'a\\'\n.", "S'\xe9'\n.",
                                      "S\n.",      "S'\\101'\n."};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        CHECK(is_refused(sr_bytes(BAD[i], strlen(BAD[i])), SR_MALFORMED));
    }
    CHECK(is_fine(LITERAL("V\xe9\\u20ac\\\\u\\U0010ffff\n.")) && is_fine(LITERAL("V\n.")));
    CHECK(is_refused(LITERAL("V\\u12\n."), SR_MALFORMED));
    CHECK(is_refused(LITERAL("V\\U00110000\n."), SR_MALFORMED));
    CHECK(is_refused(LITERAL("V\\U0001\n."), SR_MALFORMED));
}

static void text_is_utf8(void)
{
    CHECK(is_fine(LITERAL("X\x02\0\0\0\xc3\xa9.")) && is_fine(LITERAL("\x8c\x03\xed\xa0\x80.")));
    CHECK(is_fine(LITERAL("\x8c\x04\xf0\x9f\x98\x80.")) && is_fine(LITERAL("\x8c\x01\0.")));
    static const char *const BAD[] = {
        "\xff", "\xc0\x80", "\xe0\x80\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80",
        "\xc3", "\xc3(",    "\x80"};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        CHECK(!sr_pickle_is_text(sr_bytes(BAD[i], strlen(BAD[i]))));
    }
    CHECK(sr_pickle_is_text(LITERAL("twelve plain\xc3\xa9 and sixteen more..")));
    CHECK(is_refused(LITERAL("X\x01\0\0\0\xff."), SR_MALFORMED));
}

static void names_are_text_and_not_empty(void)
{
    CHECK(is_fine(LITERAL("cos\nsystem\n.")) && is_fine(LITERAL("(ios\nsystem\n.")));
    CHECK(is_refused(LITERAL("c\nsystem\n."), SR_MALFORMED));
    CHECK(is_refused(LITERAL("cos\n\n."), SR_MALFORMED));
    CHECK(is_refused(LITERAL("cos\n\xff\n."), SR_MALFORMED));
    CHECK(is_refused(LITERAL("cos\nsystem"), SR_TRUNCATED));
    CHECK(is_refused(LITERAL("P\xc3\xa9\n."), SR_MALFORMED));
}

static void lengths_fit_and_are_not_negative(void)
{
    CHECK(is_fine(LITERAL("T\x01\0\0\0a.")) && is_fine(LITERAL("\x8b\x01\0\0\0\x05.")));
    CHECK(is_refused(LITERAL("T\0\0\0\x80."), SR_MALFORMED));
    CHECK(is_refused(LITERAL("\x8b\xff\xff\xff\xff."), SR_MALFORMED));
    CHECK(is_refused(LITERAL("B\xff\xff\xff\xff."), SR_TRUNCATED));
    CHECK(is_refused(LITERAL("\x8e\xff\xff\xff\xff\xff\xff\xff\xff."), SR_TRUNCATED));
    CHECK(is_refused(LITERAL("\x97."), SR_MALFORMED));
    CHECK(is_refused(LITERAL("N"), SR_TRUNCATED));
}

static bool integer(struct sr_bytes bytes, int64_t *out)
{
    struct sr_pickle_op op = sr_pickle_again(bytes, 0);
    return sr_pickle_integer(&op, out);
}

static void integers_are_read(void)
{
    int64_t value = 0;
    CHECK(integer(LITERAL("K\xff"), &value) && value == 255);
    CHECK(integer(LITERAL("M\x01\x02"), &value) && value == 0x201);
    CHECK(integer(LITERAL("J\xfe\xff\xff\xff"), &value) && value == -2);
    CHECK(integer(LITERAL("\x8a\x00"), &value) && value == 0);
    CHECK(integer(LITERAL("\x8a\x01\xff"), &value) && value == -1);
    CHECK(integer(LITERAL("\x8a\x02\xff\x00"), &value) && value == 255);
    CHECK(integer(LITERAL("\x8a\x08\0\0\0\0\0\0\0\x80"), &value) && value == INT64_MIN);
    CHECK(!integer(LITERAL("\x8a\x09\0\0\0\0\0\0\0\0\x01"), &value));
    CHECK(integer(LITERAL("I-12\n"), &value) && value == -12);
    CHECK(integer(LITERAL("L-9223372036854775808L\n"), &value) && value == INT64_MIN);
    CHECK(!integer(LITERAL("L9223372036854775808L\n"), &value));
    CHECK(!integer(LITERAL("I01\n"), &value) && !integer(LITERAL("N"), &value));
}

static void raw_bytes_lie_between_frames(void)
{
    struct sr_bytes bytes = LITERAL("\x80\x04\x95\x01\0\0\0\0\0\0\0Nraw.");
    struct sr_pickle_reader r = sr_pickle_reader(bytes, 0);
    struct sr_pickle_op op = {0};
    CHECK(sr_pickle_next(&r, &op, NULL) == SR_OK && sr_pickle_next(&r, &op, NULL) == SR_OK);
    CHECK(sr_pickle_skip(&r, 1, NULL) == SR_MALFORMED);
    CHECK(sr_pickle_next(&r, &op, NULL) == SR_OK && op.code == 'N');
    CHECK(sr_pickle_skip(&r, 5, NULL) == SR_TRUNCATED);
    CHECK(sr_pickle_skip(&r, 3, NULL) == SR_OK);
    CHECK(sr_pickle_next(&r, &op, NULL) == SR_OK && op.code == '.');
}

int main(void)
{
    RUN(there_are_68_opcodes);
    RUN(every_byte_is_an_opcode_or_refused);
    RUN(proto_is_first_and_known);
    RUN(frames_hold_whole_opcodes);
    RUN(frames_can_be_ignored);
    RUN(odd_opcodes_can_be_passed_over);
    RUN(numbers_have_one_spelling);
    RUN(slots_are_plain_numbers);
    RUN(strings_have_the_escapes_of_repr);
    RUN(text_is_utf8);
    RUN(names_are_text_and_not_empty);
    RUN(lengths_fit_and_are_not_negative);
    RUN(integers_are_read);
    RUN(raw_bytes_lie_between_frames);
    return check_done();
}
