/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: rules AC-1 to AC-14 of docs/formats/act.md. */
#include "acts/act.h"

#include <stdlib.h>

#include "base/text.h"
#include "tests/check.h"
#include "tests/fault.h"
#include "tests/sample_act.h"

static enum sr_status encode(const struct sample_act *s, struct sr_buf **out, struct sr_err *err)
{
    SR_TRY(sr_buf_new(SR_ACT_BYTES_MAX, out));
    return sr_act_encode(&s->act, *out, err);
}

/* Whether it encodes, decodes, and encodes to the same again. */
static bool goes_there_and_back(const struct sample_act *s)
{
    SR_AUTO(sr_buf) first = NULL;
    SR_AUTO(sr_buf) second = NULL;
    SR_AUTO(sr_act_text) t = NULL;
    uint8_t digest[SR_SHA256_BYTES];
    struct sr_err err = {0};
    if (encode(s, &first, &err) != SR_OK || sr_act_decode(sr_buf_view(first), &t, &err) != SR_OK ||
        sr_sha256_once(sr_buf_view(first), digest) != SR_OK) {
        printf("# %s: %s\n", sr_verb_info(s->act.verb)->word, err.message);
        return false;
    }
    CHECK(sr_buf_new(SR_ACT_BYTES_MAX, &second) == SR_OK);
    CHECK(sr_act_encode(sr_act_text_view(t), second, &err) == SR_OK);
    CHECK(sr_act_text_view(t)->has == s->act.has);
    CHECK(memcmp(sr_act_text_digest(t), digest, sizeof digest) == 0);
    CHECK(sr_text_equal(sr_act_text_statement(t), sr_buf_view(first)));
    return sr_text_equal(sr_buf_view(first), sr_buf_view(second));
}

/* Whether it is refused as malformed, and the message has the word. */
static bool is_refused(const struct sample_act *s, const char *word)
{
    SR_AUTO(sr_buf) out = NULL;
    struct sr_err err = {0};
    enum sr_status status = encode(s, &out, &err);
    if (status != SR_MALFORMED || strstr(err.message, word) == NULL) {
        printf("# %d '%s', expected '%s'\n", (int)status, err.message, word);
        return false;
    }
    return sr_buf_view(out).len == 0;
}

static void test_the_tables_are_in_order(void)
{
    for (unsigned i = 0; i + 1 < SR_FIELD_COUNT; i++) {
        CHECK(strcmp(sr_field_info((enum sr_act_field)i)->name,
                     sr_field_info((enum sr_act_field)(i + 1))->name) < 0);
    }
    for (unsigned i = 0; i < SR_FIELD_COUNT; i++) {
        enum sr_act_field field = SR_FIELD_COUNT;
        const char *name = sr_field_info((enum sr_act_field)i)->name;
        CHECK(sr_field_from_name(sr_text_view(name), &field) && field == i);
    }
    for (unsigned i = 0; i < SR_VERB_COUNT; i++) {
        enum sr_verb verb = SR_VERB_COUNT;
        const struct sr_verb_info *info = sr_verb_info((enum sr_verb)i);
        CHECK(sr_verb_from_word(sr_text_view(info->word), &verb) && verb == i);
        CHECK((info->must & info->may) == 0);
        CHECK((info->open & ~(info->must | info->may)) == 0);
    }
    enum sr_verb verb;
    enum sr_act_field field;
    CHECK(!sr_verb_from_word(sr_text_view("Export"), &verb));
    CHECK(!sr_verb_from_word(sr_text_view(""), &verb));
    CHECK(!sr_field_from_name(sr_text_view("files2"), &field));
    CHECK(sr_verb_releases(SR_VERB_EXPORT) && sr_verb_releases(SR_VERB_READ) &&
          sr_verb_releases(SR_VERB_USE) && !sr_verb_releases(SR_VERB_DEPOSIT));
}

static void test_what_every_act_may_have(void)
{
    uint64_t terms = SR_FIELD_BIT(reason) | SR_FIELD_BIT(ticket);
    CHECK((sr_verb_info(SR_VERB_ROTATE)->may & (terms | SR_FIELD_BIT(request))) ==
          (terms | SR_FIELD_BIT(request)));
    CHECK(sr_verb_info(SR_VERB_SERVED)->may == SR_FIELD_BIT(request));
    CHECK(sr_verb_info(SR_VERB_ADOPT)->may == 0);
    CHECK(sr_verb_info(SR_VERB_APPROVE)->may == SR_FIELD_BIT(reason));
}

static void test_exact_text(void)
{
    struct sample_act s;
    SR_AUTO(sr_buf) out = NULL;
    sample_act(&s, SR_VERB_EXPORT, SR_VERB_EXPORT);
    sr_act_set_word(&s.act, SR_FIELD_artifact, "llama");
    sr_act_set_number(&s.act, SR_FIELD_number, 3);
    sr_act_set_word(&s.act, SR_FIELD_to, "/srv/\"out\\\xc3\xa9");
    sample_act_finish(&s);
    CHECK(encode(&s, &out, NULL) == SR_OK);
#define ZEROS "000000000000000000000000000000"
    CHECK(sr_text_equal(
        sr_buf_view(out),
        sr_text_view("{\"_type\":\"https://in-toto.io/Statement/v1\",\"predicate\":{\"actor\":"
                     "\"alice\",\"fields\":{\"artifact\":\"llama\",\"number\":3,\"to\":"
                     "\"/srv/\\\"out\\\\\xc3\xa9\",\"version\":\"1d" ZEROS "\"},\"format\":1,"
                     "\"ledger\":{\"root\":\"70" ZEROS ZEROS "00\",\"size\":7},\"nonce\":\"4e" ZEROS
                     "\",\"policy\":\"90" ZEROS ZEROS "00\",\"room\":\"40" ZEROS
                     "\",\"time_utc_ms\":1700000000000,\"verb\":\"export\"},\"predicateType\":"
                     "\"urn:strongroom:act:v1\",\"subject\":[{\"digest\":{\"sha256\":\"abcdef"
                     "0000000000000000000000000000" ZEROS "\"},\"name\":\"llama@3\"}]}")));
}

static void test_every_verb_goes_there_and_back(void)
{
    for (unsigned i = 0; i < SR_VERB_COUNT; i++) {
        struct sample_act s;
        sample_act(&s, (enum sr_verb)i, SR_VERB_EXPORT);
        CHECK(goes_there_and_back(&s));
        s.act.ledger_size = 0;
        memset(s.act.ledger_root, 0, sizeof s.act.ledger_root);
        CHECK(goes_there_and_back(&s));
    }
}

/* Takes away and adds each field, and expects what masks says. */
static void every_field_of(enum sr_verb verb, enum sr_verb asked, uint64_t must, uint64_t may)
{
    for (unsigned i = 0; i < SR_FIELD_COUNT; i++) {
        struct sample_act s;
        const char *name = sr_field_info((enum sr_act_field)i)->name;
        sample_act(&s, verb, asked);
        if ((must >> i & 1) != 0) {
            s.act.has &= ~(UINT64_C(1) << i);
            CHECK(is_refused(&s, name));
            continue;
        }
        sample_act_set(&s, (enum sr_act_field)i, 1);
        CHECK((may >> i & 1) != 0 ? goes_there_and_back(&s) : is_refused(&s, name));
    }
}

static void test_every_verb_has_its_fields_and_no_others(void)
{
    for (unsigned i = 0; i < SR_VERB_COUNT; i++) {
        const struct sr_verb_info *info = sr_verb_info((enum sr_verb)i);
        if (i != SR_VERB_REQUEST) {
            every_field_of((enum sr_verb)i, (enum sr_verb)i, info->must, info->may);
        }
    }
}

static void test_requests_have_the_fields_of_what_they_ask_for(void)
{
    uint64_t terms = SR_FIELD_BIT(reason) | SR_FIELD_BIT(ticket) | SR_FIELD_BIT(lasts_ms) |
                     SR_FIELD_BIT(host) | SR_FIELD_BIT(workload) | SR_FIELD_BIT(bytes) |
                     SR_FIELD_BIT(files) | SR_FIELD_BIT(break_glass);
    for (unsigned i = 0; i < SR_VERB_COUNT; i++) {
        const struct sr_verb_info *info = sr_verb_info((enum sr_verb)i);
        struct sample_act s;
        if (info->group == SR_VERB_GROUP_ACT) {
            every_field_of(SR_VERB_REQUEST, (enum sr_verb)i,
                           (info->must & ~info->open) | SR_FIELD_BIT(what),
                           ((info->must | info->may) & ~SR_FIELD_BIT(request)) | terms);
            continue;
        }
        sample_act(&s, SR_VERB_REQUEST, SR_VERB_EXPORT);
        sr_act_set_word(&s.act, SR_FIELD_what, info->word);
        CHECK(is_refused(&s, "what: '"));
    }
    struct sample_act s;
    sample_act(&s, SR_VERB_REQUEST, SR_VERB_EXPORT);
    sr_act_set_word(&s.act, SR_FIELD_what, "shrug");
    CHECK(is_refused(&s, "'shrug' is not a verb that can be asked for"));
}

/* A verb that may have the field; what it asks for. */
static enum sr_verb verb_with(unsigned field, enum sr_verb *asked)
{
    *asked = SR_VERB_EXPORT;
    for (unsigned i = 0; i < SR_VERB_COUNT; i++) {
        const struct sr_verb_info *info = sr_verb_info((enum sr_verb)i);
        if (i != SR_VERB_REQUEST && ((info->must | info->may) >> field & 1) != 0) {
            return (enum sr_verb)i;
        }
    }
    return SR_VERB_REQUEST;
}

static uint64_t max_of(const struct sr_field_info *info)
{
    const uint64_t exact = (UINT64_C(1) << 53) - 1;
    switch (info->type) {
    case SR_FIELD_TYPE_FLAG:
        return 1;
    case SR_FIELD_TYPE_DIGEST:
    case SR_FIELD_TYPE_ID:
        return 0;
    case SR_FIELD_TYPE_TEXT:
    case SR_FIELD_TYPE_NUMBER:
    case SR_FIELD_TYPE_TIME:
    case SR_FIELD_TYPE_TEXTS:
    case SR_FIELD_TYPE_IDS:
    case SR_FIELD_TYPE_DIGESTS:
    default:
        return (uint64_t)info->max < exact ? (uint64_t)info->max : exact;
    }
}

static void test_every_field_at_and_over_its_limit(void)
{
    for (unsigned i = 0; i < SR_FIELD_COUNT; i++) {
        const struct sr_field_info *info = sr_field_info((enum sr_act_field)i);
        enum sr_verb asked;
        enum sr_verb verb = verb_with(i, &asked);
        uint64_t max = max_of(info);
        struct sample_act s;
        if (max == 0 || i == SR_FIELD_what) {
            continue; /* every value of the type is one; a word of verbs.def */
        }
        sample_act(&s, verb, asked);
        sample_act_set(&s, (enum sr_act_field)i, max);
        sample_act_finish(&s);
        CHECK(goes_there_and_back(&s));
        sample_act_set(&s, (enum sr_act_field)i, max + 1);
        CHECK(is_refused(&s, info->name));
        sample_act_set(&s, (enum sr_act_field)i, 0);
        sample_act_finish(&s);
        CHECK(info->type == SR_FIELD_TYPE_NUMBER ? goes_there_and_back(&s)
                                                 : is_refused(&s, info->name));
    }
}

static void test_texts_are_plain(void)
{
    static const char *const WRONG[] = {"a\nb",     "a\x7f",        "\x1b[2J",
                                        "\xc2\x9b", "\xe2\x80\xae", "\xff"};
    struct sample_act s;
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        sample_act(&s, SR_VERB_EXPORT, SR_VERB_EXPORT);
        sr_act_set_word(&s.act, SR_FIELD_to, WRONG[i]);
        CHECK(is_refused(&s, "to: not"));
        sample_act(&s, SR_VERB_EXPORT, SR_VERB_EXPORT);
        s.act.actor = sr_text_view(WRONG[i]);
        CHECK(is_refused(&s, "actor: not"));
        sample_act(&s, SR_VERB_ROLES, SR_VERB_EXPORT);
        sample_act_set(&s, SR_FIELD_roles, 3);
        s.texts[2] = sr_text_view(WRONG[i]);
        CHECK(is_refused(&s, "roles: not"));
    }
    sample_act(&s, SR_VERB_EXPORT, SR_VERB_EXPORT);
    s.act.actor = sr_bytes(s.text, SR_ACT_ACTOR_BYTES_MAX);
    CHECK(goes_there_and_back(&s));
    s.act.actor = sr_bytes(s.text, SR_ACT_ACTOR_BYTES_MAX + 1);
    CHECK(is_refused(&s, "actor"));
    s.act.actor = sr_bytes(s.text, 0);
    CHECK(is_refused(&s, "actor"));
}

static void test_lists(void)
{
    struct sample_act s;
    sample_act(&s, SR_VERB_ROLES, SR_VERB_EXPORT);
    sample_act_set(&s, SR_FIELD_roles, 3);
    s.texts[2] = s.texts[0];
    CHECK(is_refused(&s, "roles: item 2 is there twice"));
    s.texts[2] = sr_bytes(s.text, SR_ACT_ITEM_BYTES_MAX);
    CHECK(goes_there_and_back(&s));
    s.texts[2] = sr_bytes(s.text, SR_ACT_ITEM_BYTES_MAX + 1);
    CHECK(is_refused(&s, "roles: not 1 to 2048"));
    sample_act(&s, SR_VERB_DEPOSIT, SR_VERB_EXPORT);
    sample_act_set(&s, SR_FIELD_parents, 2);
    sample_act_set(&s, SR_FIELD_documents, 2);
    CHECK(goes_there_and_back(&s));
    s.ids[1] = s.ids[0];
    CHECK(is_refused(&s, "parents: item 1 is there twice"));
    s.ids[1].bytes[0] = 9;
    s.digests[1].name = s.digests[0].name;
    CHECK(is_refused(&s, "documents: 'n000' is not in order"));
    s.digests[1].name = sr_text_view("n");
    CHECK(is_refused(&s, "documents: 'n' is not in order"));
    s.digests[1].name = sr_text_view("o\xc3\xa9");
    CHECK(is_refused(&s, "documents: a name"));
    s.digests[1].name = sr_bytes(s.text, SR_ACT_ITEM_NAME_BYTES_MAX);
    CHECK(goes_there_and_back(&s));
    s.digests[1].name = sr_bytes(s.text, SR_ACT_ITEM_NAME_BYTES_MAX + 1);
    CHECK(is_refused(&s, "documents: a name"));
}

static void test_what_the_actor_saw(void)
{
    struct sample_act s;
    sample_act(&s, SR_VERB_EXPORT, SR_VERB_EXPORT);
    memset(s.act.policy, 0, sizeof s.act.policy);
    CHECK(is_refused(&s, "policy: missing"));
    sample_act(&s, SR_VERB_INIT, SR_VERB_EXPORT);
    s.act.policy[3] = 1;
    CHECK(is_refused(&s, "policy: there was none"));
    sample_act(&s, SR_VERB_EXPORT, SR_VERB_EXPORT);
    s.act.ledger_size = 0;
    CHECK(is_refused(&s, "ledger: a root of nothing"));
    s.act.ledger_size = UINT64_C(1) << 53;
    CHECK(is_refused(&s, "ledger: size"));
    sample_act(&s, SR_VERB_EXPORT, SR_VERB_EXPORT);
    s.act.time_utc_ms = 0;
    CHECK(is_refused(&s, "time_utc_ms"));
    s.act.time_utc_ms = INT64_C(1) << 53;
    CHECK(is_refused(&s, "time_utc_ms"));
    s.act.time_utc_ms = 1;
    CHECK(goes_there_and_back(&s));
}

static void test_subjects(void)
{
    static const struct {
        enum sr_verb verb;
        const char *name;
    } CASES[] = {
        {SR_VERB_ROTATE, "room"},
        {SR_VERB_ENROL, "principal:x"},
        {SR_VERB_APPROVE, "request"},
        {SR_VERB_POLICY, "policy"},
        {SR_VERB_USE, "x@1"},
        {SR_VERB_INIT, "room"},
        {SR_VERB_REVOKE_KEY, "principal:x"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct sample_act s;
        bool is_version = CASES[i].verb == SR_VERB_USE;
        sample_act(&s, CASES[i].verb, SR_VERB_EXPORT);
        CHECK(sr_text_equal(s.subject.name, sr_text_view(CASES[i].name)));
        s.subject.sha256[31] ^= 1;
        CHECK(is_version ? goes_there_and_back(&s) : is_refused(&s, "has another digest"));
        s.subject.sha256[31] ^= 1;
        s.subject.name = sr_text_view("roomy");
        CHECK(is_refused(&s, "subject: 'roomy', where the fields say"));
        sample_act_finish(&s);
        s.act.subject_count = 0;
        CHECK(is_refused(&s, "subject: not exactly one"));
        if (sr_verb_info(CASES[i].verb)->group == SR_VERB_GROUP_ACT) {
            sample_act(&s, SR_VERB_REQUEST, CASES[i].verb);
            CHECK(sr_text_equal(s.subject.name, sr_text_view(CASES[i].name)));
            CHECK(goes_there_and_back(&s));
        }
    }
}

/* The digests of "room" and "principal:", as anybody can compute them. */
static void test_subject_digests(void)
{
    struct sample_act s;
    uint8_t digest[SR_SHA256_BYTES];
    sample_act(&s, SR_VERB_ROTATE, SR_VERB_EXPORT);
    CHECK(sr_sha256_once(sr_bytes(s.act.room.bytes, SR_ID_BYTES), digest) == SR_OK);
    CHECK(memcmp(digest, s.subject.sha256, sizeof digest) == 0);
    sample_act(&s, SR_VERB_LEAVE, SR_VERB_EXPORT);
    CHECK(sr_sha256_once(sr_text_view("x"), digest) == SR_OK);
    CHECK(memcmp(digest, s.subject.sha256, sizeof digest) == 0);
    s.act.has = 0;
    CHECK(sr_act_subject(&s.act, NULL, s.subject_name, &s.subject) == SR_MALFORMED);
    s.act.verb = SR_VERB_USE;
    CHECK(sr_act_subject(&s.act, SAMPLE_DIGEST, s.subject_name, &s.subject) == SR_MALFORMED);
    s.act.verb = SR_VERB_APPROVE;
    CHECK(sr_act_subject(&s.act, NULL, s.subject_name, &s.subject) == SR_MALFORMED);
    sample_act(&s, SR_VERB_USE, SR_VERB_EXPORT);
    CHECK(sr_act_subject(&s.act, NULL, s.subject_name, &s.subject) == SR_MALFORMED);
    sample_act_set(&s, SR_FIELD_artifact, 129);
    CHECK(sr_act_subject(&s.act, SAMPLE_DIGEST, s.subject_name, &s.subject) == SR_MALFORMED);
}

/* A statement with its first `from` replaced by `to`. */
static enum sr_status decode_changed(const char *from, const char *to, struct sr_err *err)
{
    static char text[8192];
    struct sample_act s;
    SR_AUTO(sr_buf) out = NULL;
    SR_AUTO(sr_act_text) t = NULL;
    sample_act(&s, SR_VERB_DEPOSIT, SR_VERB_EXPORT);
    sample_act_set(&s, SR_FIELD_documents, 2);
    sample_act_set(&s, SR_FIELD_parents, 2);
    CHECK(encode(&s, &out, NULL) == SR_OK);
    struct sr_bytes view = sr_buf_view(out);
    (void)snprintf(text, sizeof text, "%.*s", (int)view.len, (const char *)view.ptr);
    const char *at = strstr(text, from);
    CHECK(at != NULL);
    SR_AUTO(sr_buf) changed = NULL;
    CHECK(sr_buf_new(2 * sizeof text, &changed) == SR_OK);
    CHECK(sr_buf_append(changed, sr_bytes(text, (size_t)(at - text))) == SR_OK);
    CHECK(sr_buf_append(changed, sr_text_view(to)) == SR_OK);
    CHECK(sr_buf_append(changed, sr_text_view(at + strlen(from))) == SR_OK);
    return sr_act_decode(sr_buf_view(changed), &t, err);
}

static void test_other_texts_are_refused(void)
{
    static const struct {
        const char *from;
        const char *to;
        enum sr_status status;
        const char *why;
    } CASES[] = {
        {"x", "x", SR_OK, ""},
        {"{", "{ ", SR_MALFORMED, "not canonical"},
        {"\"alice\"", "\"\\u0061lice\"", SR_MALFORMED, "not canonical"},
        {"\"format\":1", "\"format\":1.0", SR_UNSUPPORTED, "fraction"},
        {"\"format\":1", "\"format\":2", SR_UNSUPPORTED, "format 2"},
        {"\"format\":1", "\"format\":\"1\"", SR_MALFORMED, "format"},
        {"\"format\":1", "\"format\":1,\"format\":1", SR_MALFORMED, ""},
        {"\"format\":1,", "", SR_MALFORMED, "format"},
        {"Statement/v1", "Statement/v2", SR_UNSUPPORTED, "_type"},
        {"act:v1", "act:v2", SR_UNSUPPORTED, "predicateType"},
        {"\"verb\":\"deposit\"", "\"verb\":\"deposits\"", SR_MALFORMED, "there is no 'deposits'"},
        {"\"verb\":\"deposit\"", "\"verb\":\"deposit\",\"x\":1", SR_MALFORMED,
         "unknown member 'x'"},
        {"\"artifact\"", "\"aged\":1,\"artifact\"", SR_MALFORMED, "'aged': no such field"},
        {"\"name\":\"x@1\"", "\"name\":\"x@1\",\"uri\":\"u\"", SR_MALFORMED,
         "unknown member 'uri'"},
        {"\"predicate\":", "\"more\":1,\"predicate\":", SR_MALFORMED, "unknown member 'more'"},
        {"\"size\":7", "\"size\":7,\"x\":0", SR_MALFORMED, "unknown member 'x'"},
        {"\"size\":7", "\"size\":0", SR_MALFORMED, "ledger: a size of nothing"},
        {"\"size\":7", "\"size\":-7", SR_MALFORMED, "size"},
        {"\"actor\":\"alice\",", "", SR_MALFORMED, "actor"},
        {"\"nonce\":\"4e", "\"nonce\":\"4E", SR_MALFORMED, "nonce"},
        {"\"nonce\":\"4e", "\"nonce\":\"", SR_MALFORMED, "nonce"},
        {"\"policy\":\"90", "\"policy\":\"00", SR_MALFORMED, "policy: all zero"},
        {"\"policy\":\"90", "\"policy\":\"9", SR_MALFORMED, "policy"},
        {"\"number\":1", "\"number\":-1", SR_MALFORMED, "number"},
        {"\"number\":1", "\"number\":true", SR_MALFORMED, "number"},
        {"\"number\":1", "\"number\":9007199254740992", SR_UNSUPPORTED, "2^53"},
        {"\"artifact\":\"x\"", "\"artifact\":\"y\"", SR_MALFORMED, "the fields say 'y@1'"},
        {"\"artifact\":\"x\"", "\"artifact\":7", SR_MALFORMED, "artifact: not a string"},
        {"\"version\":\"1d", "\"version\":\"1g", SR_MALFORMED, "version"},
        {"\"ruleset\":\"ab", "\"ruleset\":\"", SR_MALFORMED, "ruleset"},
        {"\"parents\":[", "\"parents\":[1,", SR_MALFORMED, "parents"},
        {"\"n000\":\"", "\"n000\":\"0", SR_MALFORMED, "documents"},
        {"sha256", "sha512", SR_MALFORMED, "unknown member 'sha512'"},
        {"\"subject\":[", "\"subject\":[1,", SR_MALFORMED, "subject: not exactly one"},
        {"\"time_utc_ms\":17", "\"time_utc_ms\":-17", SR_MALFORMED, "time_utc_ms"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct sr_err err = {0};
        enum sr_status status = decode_changed(CASES[i].from, CASES[i].to, &err);
        if (status != CASES[i].status || strstr(err.message, CASES[i].why) == NULL) {
            printf("# case %zu: %d '%s'\n", i, (int)status, err.message);
            CHECK(false);
        }
    }
}

static enum sr_status decode_text(const char *text, size_t len)
{
    SR_AUTO(sr_act_text) t = NULL;
    return sr_act_decode(sr_bytes(text, len), &t, NULL);
}

static void test_not_statements(void)
{
    static char big[SR_ACT_BYTES_MAX + 1];
    CHECK(decode_text("", 0) == SR_MALFORMED);
    CHECK(decode_text("[]", 2) == SR_MALFORMED);
    CHECK(decode_text("{}", 2) == SR_MALFORMED);
    memset(big, ' ', sizeof big);
    CHECK(decode_text(big, sizeof big) == SR_TOO_LARGE);
    CHECK(decode_text(big, sizeof big - 1) == SR_MALFORMED);
}

static void test_too_large(void)
{
    struct sample_act s;
    static char lines[32][SR_ACT_ITEM_BYTES_MAX];
    SR_AUTO(sr_buf) out = NULL;
    sample_act(&s, SR_VERB_INIT, SR_VERB_EXPORT);
    for (size_t i = 0; i < 32; i++) {
        memset(lines[i], 'a' + (int)(i % 26), sizeof lines[i]);
        lines[i][0] = (char)('0' + i / 26);
        s.texts[i] = sr_bytes(lines[i], sizeof lines[i]);
    }
    sample_act_set(&s, SR_FIELD_roster, 22);
    CHECK(goes_there_and_back(&s));
    sample_act_set(&s, SR_FIELD_roster, 23);
    CHECK(encode(&s, &out, NULL) == SR_TOO_LARGE);
    CHECK(sr_buf_view(out).len == 0);
}

/* An act and a request that fit, for a verb. */
static void pair(enum sr_verb verb, struct sample_act *act, struct sample_act *request)
{
    sample_act(act, verb, verb);
    sample_act(request, SR_VERB_REQUEST, verb);
    sample_act_set(act, SR_FIELD_request, 1);
}

static bool fits(const struct sample_act *act, const struct sample_act *request, const char *why)
{
    struct sr_err err = {0};
    enum sr_status status = sr_act_fits_request(&act->act, &request->act, &err);
    if (status == SR_OK) {
        return true;
    }
    CHECK(status == SR_DENIED);
    if (strstr(err.message, why) == NULL || *why == '\0') {
        printf("# %s: %s, expected '%s'\n", sr_verb_info(act->act.verb)->word, err.message, why);
    }
    CHECK(strstr(err.message, why) != NULL);
    return false;
}

static void test_every_verb_fits_its_request_and_no_other(void)
{
    for (unsigned i = 0; i < SR_VERB_COUNT; i++) {
        struct sample_act act;
        struct sample_act request;
        if (sr_verb_info((enum sr_verb)i)->group != SR_VERB_GROUP_ACT) {
            continue;
        }
        pair((enum sr_verb)i, &act, &request);
        CHECK(fits(&act, &request, ""));
        sample_act_set(&act, SR_FIELD_reason, 9);
        sample_act_set(&request, SR_FIELD_lasts_ms, 9);
        sample_act_set(&request, SR_FIELD_ticket, 3);
        sample_act_set(&request, SR_FIELD_break_glass, 1);
        CHECK(fits(&act, &request, ""));
        act.act.room.bytes[0] ^= 1;
        CHECK(!fits(&act, &request, "another room"));
        act.act.room.bytes[0] ^= 1;
        act.subject.sha256[0] ^= 1;
        CHECK(!fits(&act, &request, "subject"));
        act.subject.sha256[0] ^= 1;
        act.act.verb = i == SR_VERB_USE ? SR_VERB_EXPORT : SR_VERB_USE;
        CHECK(!fits(&act, &request, "does not ask for"));
    }
}

/* Each field of each verb: another value, or gone from one of the two. */
static void test_scope_cannot_be_swapped(void)
{
    uint64_t own = SR_FIELD_BIT(reason) | SR_FIELD_BIT(ticket) | SR_FIELD_BIT(request);
    for (unsigned i = 0; i < SR_VERB_COUNT; i++) {
        const struct sr_verb_info *info = sr_verb_info((enum sr_verb)i);
        uint64_t looked_at = (info->must | info->may) & ~own;
        for (unsigned f = 0; info->group == SR_VERB_GROUP_ACT && f < SR_FIELD_COUNT; f++) {
            struct sample_act act;
            struct sample_act request;
            const char *name = sr_field_info((enum sr_act_field)f)->name;
            if ((looked_at >> f & 1) == 0) {
                continue;
            }
            pair((enum sr_verb)i, &act, &request);
            sample_act_set(&act, (enum sr_act_field)f, 1);
            sample_act_set(&request, (enum sr_act_field)f, 1);
            CHECK(fits(&act, &request, ""));
            request.act.has &= ~(UINT64_C(1) << f);
            CHECK(fits(&act, &request, name) == ((info->open >> f & 1) != 0));
            sample_act_set(&request, (enum sr_act_field)f, 2);
            request.act.field[f].digest[1] ^= 1; /* DIGEST, ID: size does nothing there */
            CHECK(!fits(&act, &request, name));
            sample_act_set(&request, (enum sr_act_field)f, 1);
            act.act.has &= ~(UINT64_C(1) << f);
            CHECK(!fits(&act, &request, name));
        }
    }
}

static void test_lists_of_requests(void)
{
    struct sample_act act;
    struct sample_act request;
    pair(SR_VERB_DEPOSIT, &act, &request);
    for (int i = 0; i < 2; i++) {
        struct sample_act *s = i == 0 ? &act : &request;
        sample_act_set(s, SR_FIELD_parents, 3);
        sample_act_set(s, SR_FIELD_documents, 3);
    }
    CHECK(fits(&act, &request, ""));
    act.ids[2].bytes[15] ^= 1;
    CHECK(!fits(&act, &request, "parents"));
    act.ids[2].bytes[15] ^= 1;
    act.digests[2].sha256[31] ^= 1;
    CHECK(!fits(&act, &request, "documents"));
    pair(SR_VERB_ROLES, &act, &request);
    sample_act_set(&act, SR_FIELD_roles, 2);
    sample_act_set(&request, SR_FIELD_roles, 2);
    CHECK(fits(&act, &request, ""));
    act.texts[1] = sr_text_view("boss");
    CHECK(!fits(&act, &request, "roles"));
}

static void test_faults(void)
{
    struct sample_act s;
    sample_act(&s, SR_VERB_DEPOSIT, SR_VERB_EXPORT);
    sample_act_set(&s, SR_FIELD_documents, 2);
    sample_act_set(&s, SR_FIELD_parents, 2);
    FAULT_SWEEP {
        SR_AUTO(sr_buf) out = NULL;
        SR_AUTO(sr_act_text) t = NULL;
        enum sr_status status = encode(&s, &out, NULL);
        if (status == SR_OK) {
            status = sr_act_decode(sr_buf_view(out), &t, NULL);
        }
        CHECK((status == SR_OK) == !fault_fired());
        CHECK(status != SR_MALFORMED);
    }
    CHECK(fault_sweep_faults() >= 8);
}

int main(void)
{
    RUN(test_the_tables_are_in_order);
    RUN(test_what_every_act_may_have);
    RUN(test_exact_text);
    RUN(test_every_verb_goes_there_and_back);
    RUN(test_every_verb_has_its_fields_and_no_others);
    RUN(test_requests_have_the_fields_of_what_they_ask_for);
    RUN(test_every_field_at_and_over_its_limit);
    RUN(test_texts_are_plain);
    RUN(test_lists);
    RUN(test_what_the_actor_saw);
    RUN(test_subjects);
    RUN(test_subject_digests);
    RUN(test_other_texts_are_refused);
    RUN(test_not_statements);
    RUN(test_too_large);
    RUN(test_every_verb_fits_its_request_and_no_other);
    RUN(test_scope_cannot_be_swapped);
    RUN(test_lists_of_requests);
    RUN(test_faults);
    return check_done();
}
