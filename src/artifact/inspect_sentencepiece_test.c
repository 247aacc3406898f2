/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/findings.h"

/* A piece `a` with a score and a type; the kind of the model; what is done to its text. */
#define PIECE                                                                                      \
    "\x0a\x0a\x0a\x01"                                                                             \
    "a"                                                                                            \
    "\x15\0\0\x80\x3f\x18\x01"
#define TRAINER                                                                                    \
    "\x12\x08\x0a\x04"                                                                             \
    "data"                                                                                         \
    "\x18\x02"
#define NORMALIZER                                                                                 \
    "\x1a\x08\x0a\x04"                                                                             \
    "nfkc"                                                                                         \
    "\x18\x01"

static struct findings look(const char *name, const char *bytes, size_t len)
{
    return findings_of(name, SR_PROFILE_TENSORS, sr_bytes(bytes, len));
}
#define LOOK(name, bytes) look(name, bytes, sizeof(bytes) - 1)

static void a_vocabulary_passes(void)
{
    struct findings f = LOOK("m/tokenizer.model", PIECE PIECE TRAINER NORMALIZER);
    CHECK(f.verdict == SR_VERDICT_PASS && f.count == 0);
    CHECK(strcmp(f.format, "sentencepiece") == 0);
    f = LOOK("spiece.model", PIECE);
    CHECK(f.verdict == SR_VERDICT_PASS);
}

static void what_the_schema_does_not_have_is_refused(void)
{
    struct findings f = LOOK("tokenizer.model", PIECE "\x3a\x01x");
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE && findings_has(&f, SR_RULE_MALFORMED));
    CHECK(strcmp(f.evidence, "field 7 of ModelProto is not known") == 0);
    f = LOOK("tokenizer.model", PIECE TRAINER TRAINER);
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE && findings_has(&f, SR_RULE_MALFORMED));
    f = LOOK("tokenizer.model", PIECE "\x0a\x7f");
    CHECK(f.verdict == SR_VERDICT_UNPARSABLE && findings_has(&f, SR_RULE_TRUNCATED));
}

static void other_names_are_not_taken_for_one(void)
{
    struct findings f = LOOK("other.model", PIECE);
    CHECK(f.verdict != SR_VERDICT_PASS);
    CHECK(strcmp(f.format, "sentencepiece") != 0);
    f = LOOK("tokenizer.model", "\x80\x04N.");
    CHECK(strcmp(f.format, "pickle") == 0);
}

int main(void)
{
    RUN(a_vocabulary_passes);
    RUN(what_the_schema_does_not_have_is_refused);
    RUN(other_names_are_not_taken_for_one);
    return check_done();
}
