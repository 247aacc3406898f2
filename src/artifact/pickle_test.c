/* SPDX-License-Identifier: Apache-2.0 */
/* Rules P-9 and up of docs/formats/pickle.md, each with a stream that breaks it alone. */
#include "artifact/pickle.h"

#include "tests/findings.h"

#define LITERAL(s) sr_bytes("" s, sizeof(s) - 1)

static struct findings look(struct sr_bytes bytes)
{
    return findings_of("model.pkl", SR_PROFILE_TENSORS, bytes);
}

static bool passes(struct sr_bytes bytes)
{
    struct findings f = look(bytes);
    if (f.verdict != SR_VERDICT_PASS) {
        printf("# %s: %s\n", sr_rule_info(f.last.rule)->id, f.evidence);
    }
    return f.verdict == SR_VERDICT_PASS && f.covered == bytes.len && f.count == 0;
}

/* The verdict is that of the rule, and the rule was broken. */
static bool breaks(struct sr_bytes bytes, enum sr_rule rule)
{
    struct findings f = look(bytes);
    if (!findings_has(&f, rule) || f.verdict != sr_rule_info(rule)->verdict) {
        printf("# %s, last %s: %s\n", sr_verdict_name(f.verdict), sr_rule_info(f.last.rule)->id,
               f.evidence);
    }
    return findings_has(&f, rule) && f.verdict == sr_rule_info(rule)->verdict;
}

/*
 * Plain data.
 */

static void plain_data_passes(void)
{
    CHECK(passes(LITERAL("(lp0\nVa\np1\naI1\naL12L\naF1.5\naI01\naNa.")));
    CHECK(passes(LITERAL("(dp0\nS'a'\np1\nI1\ns.")));
    CHECK(passes(LITERAL("\x80\x02}q\x00(X\x01\0\0\0aq\x01K\x01X\x01\0\0\0bq\x02]q\x03("
                         "K\x01M\x02\x01J\xff\xff\xff\xff\x8a\x01\x05G\0\0\0\0\0\0\0\0eu.")));
    CHECK(passes(LITERAL("\x80\x04\x95\x0b\0\0\0\0\0\0\0\x8f\x94(K\x01K\x02\x90\x8f\x94"
                         "0.")));
    CHECK(passes(LITERAL("\x80\x04(K\x01K\x02\x91.")));
    CHECK(passes(LITERAL("\x80\x02)\x85q\0K\x01K\x02\x86K\x03\x87h\0"
                         "0.")));
    CHECK(passes(LITERAL("\x80\x02)K\x01\x86.")));
    CHECK(passes(LITERAL("\x80\x05\x96\x01\0\0\0\0\0\0\0a.")));
    CHECK(passes(LITERAL("\x80\x02(K\x01K\x02"
                         "1N.")));
    CHECK(passes(LITERAL("\x80\x02(K\x01"
                         "00N."))); /* POP takes a mark away as well */
}

/* P-10: what unpicklers raise at. */
static void broken_programs_are_refused(void)
{
    static const struct {
        const char *bytes;
        size_t len;
    } BAD[] = {
#define BYTES(s) {"" s, sizeof(s) - 1}
        BYTES("."),
        BYTES("0."),
        BYTES("K\x01K\x02."),
        BYTES("(K\x01."),
        BYTES("t."),
        BYTES("\x85."),
        BYTES("h\x01."),
        BYTES("g1\n."),
        BYTES("j\x01\0\0\0."),
        BYTES("q\x01."),
        BYTES("\x94."),
        BYTES("]a."),
        BYTES("K\x01K\x02"
              "a."),
        BYTES("}K\x01s."),
        BYTES("}(K\x01u."),
        BYTES("}}K\x01s."),
        BYTES("}]K\x01s."),
        BYTES("]e."),
        BYTES("e."),
        BYTES("(R."),
        BYTES("K\x01)R."),
        BYTES("K\x01}b."),
        BYTES("]}b."),
        BYTES("(o."),
        BYTES("2."),
        BYTES("1."),
        BYTES("N("
              "0"
              "0."),
        BYTES("\x93."),
#undef BYTES
    };
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        struct findings f = look(sr_bytes(BAD[i].bytes, BAD[i].len));
        if (f.verdict != SR_VERDICT_UNPARSABLE) {
            printf("# %zu: %s\n", i, sr_verdict_name(f.verdict));
        }
        CHECK(f.verdict == SR_VERDICT_UNPARSABLE);
    }
}

static void memo_slots_may_be_far_apart(void)
{
    CHECK(passes(LITERAL("Np9000000\n0Np3\n0g9000000\n.")));
    /* MEMOIZE counts the slots in use. */
    CHECK(passes(LITERAL("\x80\x04]r\xff\0\0\0\x94"
                         "0h\x01.")));
}

/* An unpickler makes room for all slots below; what comes after is looked at all the same. */
static void a_memo_slot_that_takes_all_memory_is_refused(void)
{
    struct findings f = look(LITERAL("]r\xff\xff\xff\xff"
                                     "0j\xff\xff\xff\xff."));
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE && findings_has(&f, SR_RULE_BUDGET));
    f = look(LITERAL("]p4294967296\n0g4294967296\n."));
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE && findings_has(&f, SR_RULE_BUDGET));
    f = look(LITERAL("Np16000000\n0cposix\nsystem\n(S'x'\ntR."));
    CHECK(f.verdict == SR_VERDICT_BLOCK && findings_has(&f, SR_RULE_BUDGET));
}

/* Numbers that go to one place of the table, and numbers that do not. */
static void a_memo_full_of_holes_is_bounded(void)
{
    static uint8_t bytes[1 << 20];
    size_t len = 0;
    bytes[len++] = 'N';
    for (unsigned i = 0; i < 5000; i++) {
        len += (size_t)snprintf((char *)bytes + len, sizeof bytes - len, "p%llu\n",
                                1000000ULL + 2000ULL * i);
    }
    bytes[len++] = '.';
    CHECK(passes(sr_bytes(bytes, len)));
    /* The hash's factor times its inverse times i is i, whose upper bits are all zero. */
    len = 1;
    for (uint64_t i = 1; i < 2000; i++) {
        uint64_t number = 0xf1de83e19937733dU * i;
        if (number <= INT64_MAX) {
            len += (size_t)snprintf((char *)bytes + len, sizeof bytes - len, "p%llu\n",
                                    (unsigned long long)number);
        }
    }
    bytes[len++] = '.';
    CHECK(breaks(sr_bytes(bytes, len), SR_RULE_BUDGET));
}

static void a_value_that_unfolds_without_end_is_refused(void)
{
    uint8_t bytes[700] = {0x80, 4, ']', 0x94};
    size_t len = 4;
    CHECK(passes(LITERAL("\x80\x02]\x94g0\na."))); /* a list that holds itself once */
    for (unsigned i = 0; i < 200; i++) {
        bytes[len++] = 'h';
        bytes[len++] = 0;
        bytes[len++] = 'a';
    }
    bytes[len++] = '.';
    CHECK(breaks(sr_bytes(bytes, len), SR_RULE_BUDGET));
    len = 2;
    bytes[len++] = ']';
    for (unsigned i = 0; i < 150; i++) {
        bytes[len++] = '2';
    }
    for (unsigned i = 0; i < 150; i++) {
        bytes[len++] = '0';
    }
    bytes[len++] = '.';
    CHECK(breaks(sr_bytes(bytes, len), SR_RULE_BUDGET));
    CHECK(breaks(LITERAL("\x80\x02K\x01"
                         "20."),
                 SR_RULE_PICKLE_HANDMADE));
}

static void streams_may_follow_each_other(void)
{
    CHECK(passes(LITERAL("\x80\x02K\x01.\x80\x02K\x02.")));
    CHECK(
        breaks(LITERAL("\x80\x02K\x01.cos\nsystem\n(S'id'\ntR."), SR_RULE_PICKLE_GLOBAL_DANGEROUS));
    CHECK(look(LITERAL("\x80\x02K\x01.\0\0")).verdict == SR_VERDICT_UNPARSABLE);
}

/*
 * Imports and calls.
 */

static void what_runs_code_is_blocked(void)
{
    CHECK(breaks(LITERAL("cos\nsystem\n(S'id'\ntR."), SR_RULE_PICKLE_GLOBAL_DANGEROUS));
    CHECK(breaks(LITERAL("(ios\nsystem\n."), SR_RULE_PICKLE_GLOBAL_DANGEROUS));
    CHECK(breaks(LITERAL("(cos\nsystem\nS'id'\no."), SR_RULE_PICKLE_CALL_UNKNOWN));
    CHECK(breaks(LITERAL("\x80\x04\x8c\x02nt\x94\x8c\x06system\x94\x93."),
                 SR_RULE_PICKLE_GLOBAL_DANGEROUS));
    CHECK(breaks(LITERAL("\x80\x02"
                         "c__builtin__\neval\nX\x01\0\0\0"
                         "1\x85R."),
                 SR_RULE_PICKLE_GLOBAL_DANGEROUS));
    CHECK(breaks(LITERAL("csome.module\nfunction\n(S'x'\ntR."), SR_RULE_PICKLE_CALL_UNKNOWN));
    CHECK(breaks(LITERAL("casyncio.unix_events\nanything\n."), SR_RULE_PICKLE_GLOBAL_DANGEROUS));
    CHECK(breaks(LITERAL("ccalendar\nmonth\n(I1\nI1\ntR."), SR_RULE_PICKLE_CALL_UNKNOWN));
    CHECK(breaks(LITERAL("\x80\x02"
                         "ccalendar\nCalendar\n)\x81."),
                 SR_RULE_PICKLE_CALL_UNKNOWN));
}

static void unknown_things_are_reviewed(void)
{
    CHECK(breaks(LITERAL("\x80\x02"
                         "cmy.module\nModel\n)\x81}(X\x01\0\0\0aK\x01ub."),
                 SR_RULE_PICKLE_GLOBAL_UNKNOWN));
    CHECK(breaks(LITERAL("cast\nparse\n."), SR_RULE_PICKLE_GLOBAL_UNKNOWN));
    CHECK(breaks(LITERAL("\x80\x02"
                         "cmy.module\nModel\n)\x81(K\x01"
                         "e."),
                 SR_RULE_PICKLE_FILL_UNKNOWN));
}

static void calls_by_other_ways_are_judged_alike(void)
{
    /* NEWOBJ_EX, with keywords and without. */
    CHECK(passes(LITERAL("\x80\x04"
                         "cargparse\nNamespace\n)}\x92}(X\x01\0\0\0aK\x01ub.")));
    CHECK(breaks(LITERAL("\x80\x04"
                         "cargparse\nNamespace\n)}(X\x01\0\0\0aK\x01u\x92}(X\x01\0\0\0aK\x01ub."),
                 SR_RULE_PICKLE_CALL_FORM));
    CHECK(breaks(LITERAL("\x80\x04"
                         "csubprocess\nPopen\n)}\x92."),
                 SR_RULE_PICKLE_GLOBAL_DANGEROUS));
    /* What a call returned is called; NEWOBJ of it, and of a function. */
    CHECK(breaks(LITERAL("cmy\nfactory\n)R)R."), SR_RULE_PICKLE_CALL_UNKNOWN));
    CHECK(breaks(LITERAL("cmy\nfactory\n)R)\x81."), SR_RULE_PICKLE_CALL_UNKNOWN));
    CHECK(breaks(LITERAL("c_codecs\nencode\n)\x81."), SR_RULE_PICKLE_CALL_FORM));
    CHECK(breaks(LITERAL("c_codecs\nencode\nK\x01R."), SR_RULE_PICKLE_CALL_FORM));
    CHECK(breaks(LITERAL("ccopy_reg\n_reconstructor\n(cnumpy\ndtype\nc__builtin__\nobject\nNtR."),
                 SR_RULE_PICKLE_CALL_FORM));
    /* Names of Python 2 that are another's in Python 3. */
    CHECK(breaks(LITERAL("c__builtin__\nreduce\n."), SR_RULE_PICKLE_GLOBAL_DANGEROUS));
    CHECK(passes(LITERAL("c__builtin__\nxrange\n(I0\nI3\nI1\ntR.")));
    /* But not in protocol 3. */
    CHECK(breaks(LITERAL("\x80\x03"
                         "c__builtin__\nxrange\n."),
                 SR_RULE_PICKLE_GLOBAL_DANGEROUS));
}

static void a_dot_walks_attributes(void)
{
    CHECK(breaks(LITERAL("\x80\x04\x8c\x07pathlib\x8c\x09os.system\x93."),
                 SR_RULE_PICKLE_GLOBAL_DOTTED));
    CHECK(breaks(LITERAL("\x80\x04\x8c\x02my\x8c\x0b"
                         "Model.build\x93."),
                 SR_RULE_PICKLE_GLOBAL_DOTTED));
}

static void names_are_written_down(void)
{
    CHECK(breaks(LITERAL("\x80\x04K\x01\x8c\x06system\x93."), SR_RULE_PICKLE_GLOBAL_DYNAMIC));
    CHECK(breaks(LITERAL("\x80\x04S'\\x6fs'\n\x8c\x06system\x93."), SR_RULE_PICKLE_GLOBAL_DYNAMIC));
    CHECK(breaks(LITERAL("\x80\x04S'os'\nS'system'\n\x93."), SR_RULE_PICKLE_GLOBAL_DANGEROUS));
    CHECK(breaks(LITERAL("\x80\x02\x82\x01."), SR_RULE_PICKLE_EXTENSION));
    CHECK(breaks(LITERAL("\x80\x02\x84\x01\0\0\0."), SR_RULE_PICKLE_EXTENSION));
}

static void findings_outlive_errors(void)
{
    CHECK(breaks(LITERAL("cos\nsystem\n(S'id'\ntR\xff\xff"), SR_RULE_PICKLE_GLOBAL_DANGEROUS));
    CHECK(breaks(LITERAL("cos\nsystem\n(S'id'\ntR0"), SR_RULE_PICKLE_GLOBAL_DANGEROUS));
    /* A frame past the end: lenient unpicklers read on. */
    CHECK(breaks(LITERAL("\x80\x04\x95\xff\0\0\0\0\0\0\0\x8c\x02os\x8c\x06system\x93."),
                 SR_RULE_PICKLE_GLOBAL_DANGEROUS));
    CHECK(breaks(LITERAL("\x80\x04\x95\x01\0\0\0\0\0\0\0K\x01."), SR_RULE_PICKLE_FRAME));
    /* What some unpicklers take and others do not. */
    CHECK(breaks(LITERAL("\x80\x01"
                         "cos\nsystem\n(S'id'\ntR."),
                 SR_RULE_PICKLE_GLOBAL_DANGEROUS));
    CHECK(breaks(LITERAL("I0x10\n0cos\nsystem\n(S'id'\ntR."), SR_RULE_PICKLE_GLOBAL_DANGEROUS));
    CHECK(breaks(LITERAL("S'\\157s'\nS'system'\n\x93."), SR_RULE_PICKLE_GLOBAL_DYNAMIC));
    CHECK(breaks(LITERAL("N\x80\x04."), SR_RULE_MALFORMED));
}

static void listed_calls_pass_in_their_form_only(void)
{
    CHECK(passes(LITERAL("\x80\x02"
                         "ccollections\nOrderedDict\n)R(X\x01\0\0\0aK\x01u}X\x01\0\0\0mK\x01sb.")));
    CHECK(passes(LITERAL("\x80\x02"
                         "c__builtin__\nset\n](K\x01"
                         "e\x85R.")));
    CHECK(passes(LITERAL("\x80\x02"
                         "c_codecs\nencode\nX\x01\0\0\0aX\x06\0\0\0latin1\x86R.")));
    CHECK(breaks(LITERAL("\x80\x02"
                         "c_codecs\nencode\nX\x01\0\0\0aX\x05\0\0\0rot13\x86R."),
                 SR_RULE_PICKLE_CALL_FORM));
    CHECK(passes(
        LITERAL("\x80\x02"
                "ctransformers.training_args\nTrainingArguments\n)\x81}X\x01\0\0\0"
                "actransformers.trainer_utils\nIntervalStrategy\nX\x05\0\0\0steps\x85Rsb.")));
    CHECK(breaks(LITERAL("\x80\x02"
                         "c__builtin__\nbytearray\nJ\0\0\0\x7f\x85R."),
                 SR_RULE_PICKLE_CALL_FORM));
    CHECK(breaks(LITERAL("\x80\x02"
                         "c_codecs\nencode\nX\x01\0\0\0a\x85R."),
                 SR_RULE_PICKLE_CALL_FORM));
    CHECK(breaks(LITERAL("\x80\x02"
                         "ctorch._utils\n_rebuild_sparse_tensor\nctorch\nsparse_coo\n)\x86R."),
                 SR_RULE_PICKLE_UNCHECKED));
    CHECK(breaks(LITERAL("\x80\x02"
                         "ctorch\nFloatStorage\n)R."),
                 SR_RULE_PICKLE_CALL_UNKNOWN));
    CHECK(breaks(LITERAL("\x80\x02"
                         "ccollections\nOrderedDict\n)R."),
                 SR_RULE_PICKLE_HOLLOW));
    CHECK(breaks(LITERAL("\x80\x02](c_codecs\nencode\nK\x01"
                         "e."),
                 SR_RULE_PICKLE_GLOBAL_VALUE));
    CHECK(passes(LITERAL("ccopy_reg\n_reconstructor\n(cargparse\nNamespace\nc__builtin__"
                         "\nobject\nNtR(dS'a'\nI1\nsb.")));
}

static void classes_are_not_changed_nor_tensors_filled(void)
{
    CHECK(breaks(LITERAL("\x80\x02"
                         "ccollections\nOrderedDict\n}(X\x01\0\0\0aK\x01ub."),
                 SR_RULE_PICKLE_BUILD_GLOBAL));
    CHECK(breaks(LITERAL("\x80\x02"
                         "cnumpy\ndtype\nX\x02\0\0\0i8K\0K\x01\x87RK\x01K\x02s."),
                 SR_RULE_PICKLE_FILL_WRONG));
    CHECK(breaks(LITERAL("\x80\x02"
                         "ccollections\nOrderedDict\nK\x01K\x02s."),
                 SR_RULE_PICKLE_FILL_WRONG));
}

static void code_for_an_unknown_class_is_blocked(void)
{
    CHECK(breaks(LITERAL("\x80\x02"
                         "cmy.module\nModel\nX\x1a\0\0\0__import__('os').remove(1)\x85\x81."),
                 SR_RULE_PICKLE_CALL_CODE));
}

static void profiles_differ_in_what_is_listed(void)
{
    struct sr_bytes bytes = LITERAL("\x80\x02"
                                    "csklearn.pipeline\nPipeline\n)\x81}(X\x01\0\0\0aK\x01ub.");
    CHECK(findings_of("a.pkl", SR_PROFILE_SKLEARN, bytes).verdict == SR_VERDICT_PASS);
    CHECK(breaks(bytes, SR_RULE_PICKLE_GLOBAL_PROFILE));
    CHECK(breaks(LITERAL("\x80\x02"
                         "csklearn.pipeline\nMadeUp\n)\x81."),
                 SR_RULE_PICKLE_GLOBAL_UNKNOWN));
}

/*
 * NumPy and joblib.
 */

#define DTYPE_I8                                                                                   \
    "cnumpy\ndtype\nX\x02\0\0\0i8K\0K\x01\x87R(K\x03X\x01\0\0\0<"                                  \
    "NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb"
#define ARRAY(shape, dtype, data)                                                                  \
    "\x80\x03"                                                                                     \
    "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85"                               \
    "C\x01"                                                                                        \
    "b\x87R"                                                                                       \
    "(K\x01" shape dtype "\x89" data "tb."

static void arrays_hold_what_their_dtype_says(void)
{
    CHECK(passes(LITERAL(ARRAY("K\x01\x85", DTYPE_I8, "C\x08\0\0\0\0\0\0\0\0"))));
    CHECK(look(LITERAL(ARRAY("K\x02\x85", DTYPE_I8, "C\x08\0\0\0\0\0\0\0\0"))).verdict ==
          SR_VERDICT_UNPARSABLE);
    CHECK(look(LITERAL(ARRAY("K\x01\x85", DTYPE_I8, "]"))).verdict == SR_VERDICT_UNPARSABLE);
    CHECK(breaks(LITERAL(ARRAY("N", DTYPE_I8, "]")), SR_RULE_PICKLE_CALL_FORM));
    /* Data is data, whatever it looks like. */
    CHECK(passes(LITERAL(ARRAY("K\x03\x85", DTYPE_I8, "C\x18import os;os.remove('id')"))) == false);
    CHECK(passes(LITERAL(ARRAY("K\x03\x85", DTYPE_I8, "C\x18import os;os.remove('i')"))));
}

/* P-35 in protocols 0 to 2, which spell bytes as text. */
static void text_of_arrays_is_counted_in_latin1(void)
{
#define ENCODED(text) ARRAY("K\x01\x85", DTYPE_I8, "c_codecs\nencode\n(" text "X\x06\0\0\0latin1tR")
    CHECK(passes(LITERAL(ENCODED("V\\u0000\\u00ff\\\\u\xff"
                                 "bc\n"))));
    CHECK(passes(LITERAL(ENCODED("V\\U00000000abcdef\\\n"))));
    CHECK(passes(LITERAL(ENCODED("X\x09\0\0\0\xc3\xbf"
                                 "abcdefg"))));
    CHECK(passes(LITERAL(ARRAY("K\x01\x85", DTYPE_I8, "S'\\x00\\n\\'abcde'\n"))));
    static const struct {
        const char *bytes;
        size_t len;
    } BAD[] = {
#define BYTES(s) {"" s, sizeof(s) - 1}
        BYTES(ENCODED("V\\u0000abcdef\n")),
        BYTES(ENCODED("V\\u0000abcdefgh\n")),
        BYTES(ENCODED("V\\\\u0000abc\n")),
        BYTES(ENCODED("V\\u0100abcdefg\n")),
        BYTES(ENCODED("V\\u1000abcdefg\n")),
        BYTES(ENCODED("V\\U00000100abcdefg\n")),
        BYTES(ENCODED("V\\U00010000abcdefg\n")),
        BYTES(ENCODED("X\x09\0\0\0\xc4\x80"
                      "abcdefg")),
        BYTES(ARRAY("K\x01\x85", DTYPE_I8, "S'\\x00abcdef'\n")),
#undef BYTES
    };
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        CHECK(look(sr_bytes(BAD[i].bytes, BAD[i].len)).verdict == SR_VERDICT_UNPARSABLE);
    }
#undef ENCODED
}

/* P-35 in protocol 5 */
static void arrays_from_buffers_hold_what_their_dtype_says(void)
{
#define FROM_BUFFER(data, shape)                                                                   \
    "\x80\x05"                                                                                     \
    "cnumpy.core.numeric\n_frombuffer\n(" data DTYPE_I8 shape "X\x01\0\0\0"                        \
    "CtR."
#define DATA(bytes) "\x96" bytes "\0\0\0\0\0\0\0"
    CHECK(passes(LITERAL(FROM_BUFFER(DATA("\x08") "\0\0\0\0\0\0\0\0", "K\x01\x85"))));
    CHECK(passes(LITERAL(FROM_BUFFER("C\x08\0\0\0\0\0\0\0\0", "K\x01K\x01\x86"))));
    static const struct {
        const char *bytes;
        size_t len;
    } BAD[] = {
#define BYTES(s) {"" s, sizeof(s) - 1}
        BYTES(FROM_BUFFER(DATA("\x07") "\0\0\0\0\0\0\0", "K\x01\x85")),
        BYTES(FROM_BUFFER(DATA("\x08") "\0\0\0\0\0\0\0\0", "K\x02\x85")),
        BYTES(FROM_BUFFER(DATA("\x08") "\0\0\0\0\0\0\0\0", "K\0\x85")),
        BYTES(FROM_BUFFER("}", "K\x01\x85")),
#undef BYTES
    };
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        CHECK(look(sr_bytes(BAD[i].bytes, BAD[i].len)).verdict == SR_VERDICT_UNPARSABLE);
    }
    CHECK(breaks(LITERAL(FROM_BUFFER(DATA("\x08") "\0\0\0\0\0\0\0\0", "N\x85")),
                 SR_RULE_PICKLE_CALL_FORM));
#undef DATA
#undef FROM_BUFFER
}

static void a_dtype_does_not_lie_about_pointers(void)
{
#define DTYPE(name, tail)                                                                          \
    "\x80\x02"                                                                                     \
    "cnumpy\ndtype\nX\x02\0\0\0" name "K\0K\x01\x87R" tail "b."
#define STATE(bytes, flags) "(K\x03X\x01\0\0\0|NNN" bytes "J\xff\xff\xff\xffK" flags "t"
    CHECK(passes(LITERAL(DTYPE("f4", STATE("J\xff\xff\xff\xff", "\0")))));
    CHECK(passes(LITERAL(DTYPE("O8", STATE("J\xff\xff\xff\xff", "\x3f")))));
    CHECK(passes(LITERAL(DTYPE("U2", STATE("K\x08", "\x08")))));
    static const struct {
        const char *bytes;
        size_t len;
    } BAD[] = {
#define BYTES(s) {"" s, sizeof(s) - 1}
        BYTES(DTYPE("f4", STATE("J\xff\xff\xff\xff", "\x3f"))), /* pointers out of floats */
        BYTES(DTYPE("O8", STATE("J\xff\xff\xff\xff", "\0"))),
        BYTES(DTYPE("U2", STATE("K\x09", "\x08"))),
        BYTES(DTYPE("f4", STATE("K\x08", "\0"))),
        BYTES(DTYPE("f4", "(K\x03X\x01\0\0\0|NK\x01NJ\xff\xff\xff\xffK\x04K\0t")),
        BYTES(DTYPE("f4", "(K\x03t")),
        BYTES(DTYPE("f4", "(K\x07X\x01\0\0\0|NNNK\x04K\x04K\0t")),
        BYTES(DTYPE("V8", "(K\x03X\x01\0\0\0|NX\x01\0\0\0a\x85NK\x08K\x01K\0t")),
#undef BYTES
    };
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        CHECK(look(sr_bytes(BAD[i].bytes, BAD[i].len)).verdict == SR_VERDICT_UNPARSABLE);
    }
    CHECK(breaks(LITERAL(DTYPE("q4", "N")), SR_RULE_PICKLE_CALL_FORM));
    /* It changes no more when it was built, or is in use. */
    CHECK(look(LITERAL(DTYPE("f4", STATE("K\x04", "\0") "b" STATE("K\x04", "\0")))).verdict ==
          SR_VERDICT_UNPARSABLE);
    CHECK(look(LITERAL("\x80\x03"
                       "cnumpy\ndtype\nX\x02\0\0\0V8\x85Rq\x01"
                       "cnumpy.core.multiarray\nscalar\nh\x01"
                       "C\x08\0\0\0\0\0\0\0\0\x86R0h\x01" STATE("K\x08", "\0") "b."))
              .verdict == SR_VERDICT_UNPARSABLE);
    CHECK(breaks(LITERAL("\x80\x03"
                         "cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\nX\x02\0\0\0O8\x85R"
                         "C\x08\0\0\0\0\0\0\0\0\x86R."),
                 SR_RULE_PICKLE_CALL_FORM));
}

/* A dtype of one field: its name, its dtype, its offset; its item size is 8. */
#define FIELD(dtype, offset, flags)                                                                \
    "\x80\x02"                                                                                     \
    "cnumpy\ndtype\nX\x02\0\0\0V8K\0K\x01\x87R(K\x03X\x01\0\0\0|NX\x01\0\0\0aq\x01\x85}"           \
    "h\x01" dtype "K" offset "\x86sK\x08K\x01K" flags "tb."

/* A dtype of 8 bytes that are an array of dtype. */
#define SUBARRAY(dtype, shape, flags)                                                              \
    "\x80\x02"                                                                                     \
    "cnumpy\ndtype\nX\x02\0\0\0V8K\0K\x01\x87R(K\x03X\x01\0\0\0|" dtype shape                      \
    "\x86NNK\x08K\x01K" flags "tb."

static void subarrays_fill_their_dtype(void)
{
    CHECK(passes(LITERAL(SUBARRAY(DTYPE_I8, "K\x01\x85", "\0"))));
    CHECK(passes(LITERAL(SUBARRAY(DTYPE_I8, "K\x01", "\0"))));
    CHECK(look(LITERAL(SUBARRAY(DTYPE_I8, "K\x02", "\0"))).verdict == SR_VERDICT_UNPARSABLE);
    CHECK(look(LITERAL(SUBARRAY(DTYPE_I8, "N", "\0"))).verdict == SR_VERDICT_UNPARSABLE);
    CHECK(look(LITERAL(SUBARRAY("N", "K\x01", "\0"))).verdict == SR_VERDICT_UNPARSABLE);
    CHECK(look(LITERAL(SUBARRAY(DTYPE_I8,
                                "\x8a\x08\0\0\0\0\0\0\0\x40"
                                "\x8a\x08\0\0\0\0\0\0\0\x40\x86",
                                "\0")))
              .verdict == SR_VERDICT_UNPARSABLE);
    CHECK(look(LITERAL(SUBARRAY("cnumpy\ndtype\nX\x02\0\0\0O8\x85R", "K\x01", "\0"))).verdict ==
          SR_VERDICT_UNPARSABLE);
}

static void dtypes_have_many_names(void)
{
#define NAMED(length, name)                                                                        \
    "\x80\x02"                                                                                     \
    "cnumpy\ndtype\nX" length "\0\0\0" name "\x85R."
    CHECK(passes(LITERAL(NAMED("\x03", "<f8"))) && passes(LITERAL(NAMED("\x01", "O"))));
    CHECK(passes(LITERAL(NAMED("\x02", "M8"))) && passes(LITERAL(NAMED("\x03", "c16"))));
    CHECK(breaks(LITERAL(NAMED("\x01", "<")), SR_RULE_PICKLE_CALL_FORM));
    CHECK(breaks(LITERAL(NAMED("\x02", "fx")), SR_RULE_PICKLE_CALL_FORM));
    CHECK(breaks(LITERAL(NAMED("\x02", "f3")), SR_RULE_PICKLE_CALL_FORM));
    CHECK(breaks(LITERAL(NAMED("\x02", "f0")), SR_RULE_PICKLE_CALL_FORM));
    CHECK(breaks(LITERAL(NAMED("\x0b", "S9999999999")), SR_RULE_PICKLE_CALL_FORM));
}

static void fields_lie_within_their_dtype(void)
{
    CHECK(passes(LITERAL(FIELD(DTYPE_I8, "\0", "\0"))));
    CHECK(look(LITERAL(FIELD(DTYPE_I8, "\x01", "\0"))).verdict == SR_VERDICT_UNPARSABLE);
    CHECK(look(LITERAL(FIELD("N", "\0", "\0"))).verdict == SR_VERDICT_UNPARSABLE);
    /* A field of pointers that the flags deny, and one that they admit. */
    CHECK(look(LITERAL(FIELD("cnumpy\ndtype\nX\x02\0\0\0O8K\0K\x01\x87R", "\0", "\0"))).verdict ==
          SR_VERDICT_UNPARSABLE);
    CHECK(breaks(LITERAL(FIELD("cnumpy\ndtype\nX\x02\0\0\0O8K\0K\x01\x87R", "\0", "\x1b")),
                 SR_RULE_PICKLE_CALL_FORM));
}

#define WRAPPER                                                                                    \
    "cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}(X\x08\0\0\0subclasscnumpy\nndarray\n"
#define STATE_I8(more) WRAPPER "X\x05\0\0\0shapeK\x01\x85X\x05\0\0\0dtype" DTYPE_I8 more "ub"
#define ALIGNED "X\x1b\0\0\0numpy_array_alignment_bytesK\x10"

static void joblib_arrays_are_stepped_over(void)
{
    CHECK(passes(LITERAL("\x80\x03" STATE_I8("") "\0\0\0\0\0\0\0\0.")));
    CHECK(passes(LITERAL("\x80\x03" STATE_I8(ALIGNED) "\x02\xff\xff\0\0\0\0\0\0\0\0.")));
    CHECK(passes(LITERAL("(lp0\n" STATE_I8("") "........a.")));
    /* What comes after the array is seen. */
    CHECK(breaks(LITERAL("\x80\x03" STATE_I8("") "\0\0\0\0\0\0\0\0"
                                                 "0cos\nsystem\n."),
                 SR_RULE_PICKLE_GLOBAL_DANGEROUS));
    CHECK(look(LITERAL("\x80\x03" STATE_I8("") "\0\0\0\0")).verdict == SR_VERDICT_UNPARSABLE);
    CHECK(look(LITERAL("\x80\x03" STATE_I8(ALIGNED) "\x01\0\0\0\0\0\0\0\0\0.")).verdict ==
          SR_VERDICT_UNPARSABLE);
    CHECK(look(LITERAL("\x80\x03" STATE_I8(ALIGNED) "\x10\0\0\0\0\0\0\0\0\0.")).verdict ==
          SR_VERDICT_UNPARSABLE);
    CHECK(look(LITERAL("\x80\x03" WRAPPER "ub.")).verdict == SR_VERDICT_UNPARSABLE);
    CHECK(look(LITERAL("\x80\x03" STATE_I8(
                   "X\x1b\0\0\0numpy_array_alignment_bytesK\x20") "\0........."))
              .verdict == SR_VERDICT_UNPARSABLE);
    CHECK(
        look(LITERAL("\x80\x03" WRAPPER "X\x05\0\0\0shapeNX\x05\0\0\0dtype" DTYPE_I8 "ub........."))
            .verdict == SR_VERDICT_UNPARSABLE);
    CHECK(
        look(LITERAL("\x80\x03" WRAPPER "X\x05\0\0\0shape\x8a\x08\0\0\0\0\0\0\0\x7f\x85X\x05\0\0\0"
                     "dtype" DTYPE_I8 "ub........."))
            .verdict == SR_VERDICT_UNPARSABLE);
    CHECK(look(LITERAL("\x80\x03"
                       "cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81Nb."))
              .verdict == SR_VERDICT_UNPARSABLE);
}

static void raw_bytes_are_no_program(void)
{
#define WIDE(raw)                                                                                  \
    "\x80\x03" WRAPPER "X\x05\0\0\0shapeK\x03\x85X\x05\0\0\0dtype" DTYPE_I8 "ub" raw "."
    CHECK(breaks(LITERAL(WIDE("cos\nsystem\n(S'xid'\ntR0N00")), SR_RULE_PICKLE_RAW_RUNS));
    CHECK(breaks(LITERAL(WIDE("h\x01h\x02\x93.\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")),
                 SR_RULE_PICKLE_RAW_RUNS));
    CHECK(passes(LITERAL(WIDE("\x93\x93.\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"))));
}

static void joblib_object_arrays_are_pickles(void)
{
#define OBJECTS(inner)                                                                             \
    "\x80\x03" WRAPPER                                                                             \
    "X\x05\0\0\0shapeK\x01\x85X\x05\0\0\0dtypecnumpy\ndtype\nX\x02\0\0\0O8K\0K\x01\x87Rub" inner   \
    "."
    CHECK(passes(LITERAL(OBJECTS("\x80\x02](K\x01"
                                 "e."))));
    CHECK(breaks(LITERAL(OBJECTS("\x80\x02"
                                 "cos\nsystem\n.")),
                 SR_RULE_PICKLE_GLOBAL_DANGEROUS));
    CHECK(look(LITERAL(OBJECTS("\x80\x02](K\x01."))).verdict == SR_VERDICT_UNPARSABLE);
}

static void joblib_names_files_beside(void)
{
    struct findings f = look(LITERAL("\x80\x03"
                                     "cjoblib.numpy_pickle\nNDArrayWrapper\n)\x81}X\x08\0\0\0"
                                     "filenameX\x05\0\0\0a.npysb."));
    CHECK(f.verdict == SR_VERDICT_PASS && strcmp(f.referred, "a.npy\n") == 0);
    CHECK(breaks(LITERAL("\x80\x03"
                         "cjoblib.numpy_pickle\nNDArrayWrapper\n)\x81}X\x08\0\0\0filenameX\x08"
                         "\0\0\0../a.npysb."),
                 SR_RULE_REFERENCE_OUTSIDE));
    CHECK(look(LITERAL("\x80\x03"
                       "cjoblib.numpy_pickle\nNDArrayWrapper\n)\x81}b."))
              .verdict == SR_VERDICT_UNPARSABLE);
}

/*
 * Torch.
 */

struct told {
    unsigned findings;
    unsigned storages;
    unsigned tensors;
    struct sr_pickle_tensor tensor;
    uint64_t sizes[4];
    char key[16];
    char paths[256];
    char items[256];
    bool refuses;
    bool has_view;
};

static bool on_storage(void *ctx, const struct sr_pickle_storage *storage, uint64_t at)
{
    struct told *t = ctx;
    (void)at;
    t->storages++;
    t->has_view = storage->has_view;
    (void)snprintf(t->key, sizeof t->key, "%.*s", (int)storage->key.len,
                   (const char *)storage->key.ptr);
    return !t->refuses;
}

static void on_tensor(void *ctx, const struct sr_pickle_tensor *tensor)
{
    struct told *t = ctx;
    t->tensors++;
    t->tensor = *tensor;
    memcpy(t->sizes, tensor->sizes, (tensor->rank < 4 ? tensor->rank : 4) * sizeof t->sizes[0]);
}

static void on_entry(void *ctx, struct sr_bytes path, bool is_whole, size_t tensor)
{
    struct told *t = ctx;
    size_t len = strlen(t->paths);
    (void)snprintf(t->paths + len, sizeof t->paths - len, "%.*s%s=%zu;", (int)path.len,
                   (const char *)path.ptr, is_whole ? "" : "...", tensor);
}

static void on_item(void *ctx, const struct sr_pickle_scalar *key,
                    const struct sr_pickle_scalar *value)
{
    struct told *t = ctx;
    size_t len = strlen(t->items);
    (void)snprintf(t->items + len, sizeof t->items - len, "%.*s:%d:%lld;", (int)key->text.len,
                   key->text.len > 0 ? (const char *)key->text.ptr : "", (int)value->kind,
                   (long long)value->integer);
}

/* A format of this test alone cannot be registered, so the run is made within a look at a pickle:
 * the events of the inspection do it. */
static struct sr_bytes torch_bytes;
static struct told told;
static struct sr_pickle_result told_result;
static struct sr_inspection *torch_in;

static void run_within(void *ctx, const struct sr_global *global)
{
    struct findings *f = ctx;
    (void)global;
    struct sr_pickle_run run = {.context = SR_PICKLE_TORCH,
                                .ctx = &told,
                                .storage = on_storage,
                                .tensor = on_tensor,
                                .entry = on_entry,
                                .item = on_item};
    if (torch_bytes.len > 0) {
        struct sr_bytes bytes = torch_bytes;
        torch_bytes.len = 0;
        sr_pickle_run(torch_in, &run, bytes, 0, &told_result);
        told.findings = f->count; /* what is found later is of the file that carries this */
    }
}

/* Interpret in the context of torch.load(); what was found. */
static struct findings torch(struct sr_bytes bytes)
{
    struct findings f = {0};
    struct sr_inspection_events events = {
        .finding = findings_keep, .global = run_within, .ctx = &f};
    struct sr_inspected result = {0};
    struct sr_bytes outer = LITERAL("\x80\x02"
                                    "ctorch\nfloat\n0N.");
    bool refuses = told.refuses;
    memset(&told, 0, sizeof told);
    told.refuses = refuses;
    torch_bytes = bytes;
    CHECK(sr_inspection_new(SR_PROFILE_TENSORS, &events, &torch_in) == SR_OK);
    sr_inspection_file(torch_in, LITERAL("x.pkl"), outer, &result);
    sr_inspection_free(torch_in);
    f.count = told.findings;
    return f;
}

#define STORAGE(key, numel)                                                                        \
    "(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0" key "X\x03\0\0\0"                       \
    "cpuK" numel "tQ"
#define TENSOR(offset, sizes, strides)                                                             \
    "ctorch._utils\n_rebuild_tensor_v2\n(" STORAGE("0", "\x06") "K" offset sizes strides "\x89"    \
                                                                "ccollections\nOrderedDict\n)RtR"

static void tensors_are_told_with_their_names(void)
{
    struct findings f =
        torch(LITERAL("\x80\x02}(X\x05\0\0\0modelccollections\nOrderedDict\n)R(X\x01\0\0\0a" TENSOR(
            "\0", "K\x02K\x03\x86",
            "K\x03K\x01\x86") "X\x01\0\0\0b" TENSOR("\x04", "K\x02\x85",
                                                    "K\x01\x85") "uX\x04\0\0\0stepK\x07u."));
    CHECK(f.count == 0 && told_result.is_whole);
    CHECK(told.storages == 2 && told.tensors == 2 && strcmp(told.key, "0") == 0);
    CHECK(strcmp(told.paths, "model.a=0;model.b=1;") == 0);
    CHECK(told.tensor.offset == 4 && told.tensor.rank == 1 && told.sizes[0] == 2);
    CHECK(told.tensor.dtype != NULL && strcmp(told.tensor.dtype, "F32") == 0);
    CHECK(strcmp(told.items, "model:9:0;step:2:7;") == 0);
    CHECK(told_result.value.kind == SR_PICKLE_DICT && told_result.globals == 7);
    /* One item at a time, as picklers write dicts of one. */
    f = torch(LITERAL(
        "\x80\x02}X\x05\0\0\0model}X\x01\0\0\0a" TENSOR("\0", "K\x06\x85", "K\x01\x85") "ss."));
    CHECK(f.count == 0 && strcmp(told.paths, "model.a=0;") == 0);
}

static void tensors_stay_within_their_storage(void)
{
    CHECK(torch(LITERAL("\x80\x02" TENSOR("\0", "K\x06\x85", "K\x01\x85") ".")).count == 0);
    CHECK(torch(LITERAL("\x80\x02" TENSOR("\x06", "K\0\x85", "K\x01\x85") ".")).count == 0);
    CHECK(torch(LITERAL("\x80\x02" TENSOR("\x05", ")", ")") ".")).count == 0);
    struct findings f = torch(LITERAL("\x80\x02" TENSOR("\x01", "K\x06\x85", "K\x01\x85") "."));
    CHECK(findings_has(&f, SR_RULE_PICKLE_TENSOR_EXTENT));
    f = torch(LITERAL(
        "\x80\x02" TENSOR("\0", "K\x02\x85", "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f\x85") "."));
    CHECK(findings_has(&f, SR_RULE_PICKLE_TENSOR_EXTENT));
    f = torch(LITERAL("\x80\x02" TENSOR("\0", "K\x02\x85", ")") "."));
    CHECK(findings_has(&f, SR_RULE_MALFORMED) && !told_result.is_whole);
    f = torch(LITERAL("\x80\x02" TENSOR("\0", "J\xff\xff\xff\xff\x85", "K\x01\x85") "."));
    CHECK(findings_has(&f, SR_RULE_MALFORMED));
    f = torch(LITERAL("\x80\x02" TENSOR("\0", "K\x06\x85", "K\x01\x85") "K\x01K\x02s."));
    CHECK(findings_has(&f, SR_RULE_PICKLE_FILL_WRONG));
}

static void persistent_ids_are_storages(void)
{
    struct findings f = torch(LITERAL("\x80\x02K\x01Q."));
    CHECK(findings_has(&f, SR_RULE_PICKLE_PERSID));
    f = torch(LITERAL("\x80\x02"
                      "P1\n."));
    CHECK(findings_has(&f, SR_RULE_PICKLE_PERSID));
    f = torch(LITERAL("\x80\x02" STORAGE("/", "\x06") "."));
    CHECK(findings_has(&f, SR_RULE_PICKLE_PERSID));
    told.refuses = true;
    f = torch(LITERAL("\x80\x02" STORAGE("0", "\x06") "."));
    CHECK(findings_has(&f, SR_RULE_PICKLE_PERSID) && told.storages == 1);
    told.refuses = false;
    CHECK(breaks(LITERAL("\x80\x02" STORAGE("0", "\x06") "."), SR_RULE_PICKLE_PERSID));
}

static void old_storages_may_be_views(void)
{
#define VIEW(view)                                                                                 \
    "\x80\x02(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0"                                 \
    "0X\x03\0\0\0"                                                                                 \
    "cpuK\x06" view "tQ."
    struct findings f = torch(LITERAL(VIEW("N")));
    CHECK(f.count == 0 && !told.has_view);
    f = torch(LITERAL(VIEW("X\x01\0\0\0"
                           "1K\x02K\x04\x87")));
    CHECK(f.count == 0 && told.has_view);
    f = torch(LITERAL(VIEW("K\x01")));
    CHECK(findings_has(&f, SR_RULE_PICKLE_PERSID));
    f = torch(LITERAL("\x80\x02(X\x07\0\0\0storagectorch\nMadeUpStorage\nX\x01\0\0\0"
                      "0X\x03\0\0\0"
                      "cpuK\x06tQ."));
    CHECK(findings_has(&f, SR_RULE_PICKLE_PERSID));
}

static void parameters_are_their_tensors(void)
{
    struct findings f =
        torch(LITERAL("\x80\x02}K\x07"
                      "ctorch._utils\n_rebuild_parameter\n(" TENSOR(
                          "\0", "K\x06\x85", "K\x01\x85") "\x88"
                                                          "ccollections\nOrderedDict\n)RtRs."));
    CHECK(f.count == 0 && strcmp(told.paths, "7=0;") == 0);
    f = torch(LITERAL("\x80\x02}K\x01\x85" TENSOR("\0", "K\x06\x85", "K\x01\x85") "s."));
    CHECK(f.count == 0 && strcmp(told.paths, "...=0;") == 0);
    f = torch(LITERAL("\x80\x02}X\x01\0\0\0a}X\x01\0\0\0b}X\x01\0\0\0"
                      "c" TENSOR("\0", "K\x06\x85", "K\x01\x85") "sss."));
    CHECK(f.count == 0 && strcmp(told.paths, "a.b.c=0;") == 0);
}

static void dtypes_of_new_tensors_are_arguments(void)
{
    struct findings f = torch(LITERAL(
        "\x80\x02"
        "ctorch._utils\n_rebuild_tensor_v3\n((X\x07\0\0\0storagectorch.storage\nUntypedStorage\n"
        "X\x01\0\0\0"
        "0X\x03\0\0\0"
        "cpuK\x06tQK\0K\x06\x85K\x01\x85\x89"
        "ccollections\nOrderedDict\n)R"
        "ctorch\nfloat8_e5m2\ntR."));
    CHECK(f.count == 0 && told.tensor.dtype != NULL && strcmp(told.tensor.dtype, "F8_E5M2") == 0);
    CHECK(told.tensor.element_bytes == 1);
}

static void a_tensor_may_be_of_another_type(void)
{
#define OF_TYPE(function, args)                                                                    \
    "\x80\x02"                                                                                     \
    "ctorch._tensor\n_rebuild_from_type_v2\n(" function "ctorch\nTensor\n" args "}tR."
    struct findings f =
        torch(LITERAL(OF_TYPE("ctorch._utils\n_rebuild_tensor_v2\n",
                              "(" STORAGE("0", "\x06") "K\0K\x06\x85K\x01\x85\x89"
                                                       "ccollections\nOrderedDict\n)Rt")));
    CHECK(f.count == 0 && told.tensors == 1);
    f = torch(LITERAL(OF_TYPE("ctorch._utils\n_rebuild_tensor_v2\n", "K\x01\x85")));
    CHECK(findings_has(&f, SR_RULE_PICKLE_CALL_FORM) && told.tensors == 0);
    f = torch(LITERAL(OF_TYPE("cos\nsystem\n", "X\x01\0\0\0x\x85")));
    CHECK(findings_has(&f, SR_RULE_PICKLE_GLOBAL_DANGEROUS));
}

/*
 * Probes.
 */

static void files_that_would_run_are_told_from_others(void)
{
    CHECK(sr_pickle_would_run(LITERAL("cos\nsystem\n(S'id'\ntR.")));
    CHECK(sr_pickle_would_run(LITERAL("\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85R.{}")));
    CHECK(sr_pickle_would_run(LITERAL("\x80\x04\x8c\x02my\x8c\x06helper\x93)R.")));
    CHECK(sr_pickle_would_run(LITERAL("(S'id'\nios\nsystem\n.")));
    /* It breaks before its call, and says what it is for. */
    CHECK(sr_pickle_would_run(LITERAL("(cpty\nspawn\nS'id'o.")));
    CHECK(sr_pickle_would_run(LITERAL("cbuiltins\nexec\n(X>\nf = open()")));
    static const char *const TEXTS[] = {"config\nvalue\n",
                                        "cos\nsin\ntan\n",
                                        "import os\nimport sys\n",
                                        "class Foo:\n    pass\n",
                                        "{\"a\": 1}",
                                        "I am text\n",
                                        "code\nsite\n",
                                        "(a) first\n(b) second\n",
                                        "from x import y",
                                        "# Model card\n",
                                        "cat\ndog\nRing\n",
                                        "items\nos\npath\n",
                                        "cos\nsin\na\nb\n",
                                        "cos\nsin\nSum\n"};
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        CHECK(!sr_pickle_would_run(sr_bytes(TEXTS[i], strlen(TEXTS[i]))));
    }
    CHECK(!sr_pickle_would_run(LITERAL("\x93NUMPY\x01\0")));
    CHECK(!sr_pickle_would_run(LITERAL("\x80\x02\0\0\0\0\0\0{}")));
    CHECK(!sr_pickle_would_run(sr_bytes(NULL, 0)));
}

static void other_formats_are_probed(void)
{
    struct findings f =
        findings_of("notes.txt", SR_PROFILE_TENSORS, LITERAL("cos\nsystem\n(S'echo hello'\ntR."));
    CHECK(f.verdict == SR_VERDICT_BLOCK && findings_has(&f, SR_RULE_POLYGLOT));
}

static void strings_are_looked_at(void)
{
    struct findings f = look(LITERAL("\x80\x04\x8c\x19import os;os.remove(\"id\")."));
    CHECK(f.verdict == SR_VERDICT_REVIEW);
    CHECK(passes(LITERAL("\x80\x04\x8c\x10layers.11.weight.")));
}

int main(void)
{
    RUN(plain_data_passes);
    RUN(broken_programs_are_refused);
    RUN(memo_slots_may_be_far_apart);
    RUN(a_memo_slot_that_takes_all_memory_is_refused);
    RUN(a_memo_full_of_holes_is_bounded);
    RUN(a_value_that_unfolds_without_end_is_refused);
    RUN(streams_may_follow_each_other);
    RUN(what_runs_code_is_blocked);
    RUN(unknown_things_are_reviewed);
    RUN(calls_by_other_ways_are_judged_alike);
    RUN(a_dot_walks_attributes);
    RUN(names_are_written_down);
    RUN(findings_outlive_errors);
    RUN(listed_calls_pass_in_their_form_only);
    RUN(classes_are_not_changed_nor_tensors_filled);
    RUN(code_for_an_unknown_class_is_blocked);
    RUN(profiles_differ_in_what_is_listed);
    RUN(arrays_hold_what_their_dtype_says);
    RUN(text_of_arrays_is_counted_in_latin1);
    RUN(arrays_from_buffers_hold_what_their_dtype_says);
    RUN(a_dtype_does_not_lie_about_pointers);
    RUN(subarrays_fill_their_dtype);
    RUN(dtypes_have_many_names);
    RUN(fields_lie_within_their_dtype);
    RUN(joblib_arrays_are_stepped_over);
    RUN(raw_bytes_are_no_program);
    RUN(joblib_object_arrays_are_pickles);
    RUN(joblib_names_files_beside);
    RUN(tensors_are_told_with_their_names);
    RUN(tensors_stay_within_their_storage);
    RUN(persistent_ids_are_storages);
    RUN(old_storages_may_be_views);
    RUN(parameters_are_their_tensors);
    RUN(dtypes_of_new_tensors_are_arguments);
    RUN(a_tensor_may_be_of_another_type);
    RUN(files_that_would_run_are_told_from_others);
    RUN(other_formats_are_probed);
    RUN(strings_are_looked_at);
    return check_done();
}
