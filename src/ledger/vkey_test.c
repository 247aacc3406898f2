/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: a key comes back from its text; what a key signs it verifies, under its own name
 * and type only; one wrong line of a known key spoils the note; unknown lines do not count.
 */
#include "ledger/vkey.h"

#include "tests/log_keys.h"

#define TEXT "example.org/log\n1\n"

/* A note with a line of each of count keys, the last byte of the wrong one's text changed. */
static struct sr_buf *make_note(const struct sr_vkey *const *keys, struct sr_signer *const *signers,
                                size_t count, size_t wrong)
{
    struct sr_buf *out = NULL;
    CHECK(sr_buf_new(SR_NOTE_BYTES_MAX, &out) == SR_OK);
    CHECK(sr_note_encode_text(sr_text_view(TEXT), out) == SR_OK);
    for (size_t i = 0; i < count; i++) {
        const char *text = i == wrong ? "other\n" : TEXT;
        CHECK(sr_vkey_sign(keys[i], signers[i], 1000 + i, sr_text_view(text), out, NULL) == SR_OK);
    }
    return out;
}

static enum sr_status verify(const struct sr_buf *text, const struct sr_vkey *const *keys,
                             size_t count, struct sr_vkey_mark *marks)
{
    SR_CLEANUP(sr_note_clear) struct sr_note note = {0};
    struct sr_err err = {0};
    CHECK(sr_note_decode(sr_buf_view(text), &note, NULL) == SR_OK);
    return sr_vkey_verify_note(keys, count, &note, marks, &err);
}

static void notes_are_of_who_signed_them(void)
{
    SR_AUTO(sr_signer) log_key = log_signer(1);
    SR_AUTO(sr_signer) witness_key = log_signer(2);
    SR_AUTO(sr_vkey) log = log_vkey("example.org/log", SR_VKEY_ED25519, log_key);
    SR_AUTO(sr_vkey) witness = log_vkey("example.org/w", SR_VKEY_COSIGNATURE, witness_key);
    SR_AUTO(sr_vkey) renamed = log_vkey("example.org/x", SR_VKEY_ED25519, log_key);
    SR_AUTO(sr_vkey) retyped = log_vkey("example.org/w", SR_VKEY_ED25519, witness_key);
    const struct sr_vkey *keys[] = {log, witness, renamed, retyped};
    struct sr_signer *signers[] = {log_key, witness_key};
    struct sr_vkey_mark marks[4] = {{0}};

    SR_AUTO(sr_buf) note = make_note(keys, signers, 2, 9);
    CHECK(verify(note, keys, 4, marks) == SR_OK);
    CHECK(marks[0].has_signed && marks[0].utc_s == 0);
    CHECK(marks[1].has_signed && marks[1].utc_s == 1001);
    CHECK(!marks[2].has_signed && !marks[3].has_signed);
    CHECK(verify(note, keys + 2, 2, NULL) == SR_UNTRUSTED); /* no known key */
    CHECK(verify(note, keys, 0, NULL) == SR_UNTRUSTED);

    SR_AUTO(sr_buf) spoilt = make_note(keys, signers, 2, 1);
    CHECK(verify(spoilt, keys, 1, NULL) == SR_OK);
    CHECK(verify(spoilt, keys, 2, NULL) == SR_UNTRUSTED); /* N-9 */

    /* A second line of a known key counts no more than the first, and has to be good as well. */
    const struct sr_vkey *twice[] = {witness, witness};
    struct sr_signer *same[] = {witness_key, witness_key};
    SR_AUTO(sr_buf) repeated = make_note(twice, same, 2, 9);
    CHECK(verify(repeated, twice, 1, marks) == SR_OK && marks[0].utc_s == 1001);
    SR_AUTO(sr_buf) half = make_note(twice, same, 2, 1);
    CHECK(verify(half, twice, 1, marks) == SR_UNTRUSTED);
}

static void a_cosignature_has_its_own_length(void)
{
    SR_AUTO(sr_signer) key = log_signer(2);
    SR_AUTO(sr_vkey) plain = log_vkey("w", SR_VKEY_ED25519, key);
    SR_AUTO(sr_vkey) witness = log_vkey("w", SR_VKEY_COSIGNATURE, key);
    struct sr_signer *signers[] = {key};
    const struct sr_vkey *keys[] = {plain};
    const struct sr_vkey *witnesses[] = {witness};
    SR_AUTO(sr_buf) made = make_note(keys, signers, 1, 9);
    SR_CLEANUP(sr_note_clear) struct sr_note note = {0};
    SR_CLEANUP(sr_note_clear) struct sr_note known = {0};
    SR_AUTO(sr_buf) other = make_note(witnesses, signers, 1, 9);
    CHECK(sr_note_decode(sr_buf_view(made), &note, NULL) == SR_OK);
    CHECK(sr_note_decode(sr_buf_view(other), &known, NULL) == SR_OK);
    /* 64 bytes under the ID of the witness's key */
    memcpy(note.signature[0].key_id, known.signature[0].key_id, SR_NOTE_KEY_ID_BYTES);
    CHECK(sr_vkey_verify_note(witnesses, 1, &note, NULL, NULL) == SR_UNTRUSTED);
}

static void texts_come_back_and_others_are_refused(void)
{
    static const char GOOD[] =
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    static const struct {
        const char *text;
        enum sr_status status;
    } BAD[] = {
        {"", SR_MALFORMED},
        {"example.com/foo", SR_MALFORMED},
        {"example.com/foo+530d903a", SR_MALFORMED},
        {"example.com/foo+530D903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", SR_MALFORMED},
        {"example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", SR_MALFORMED},
        {"example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", SR_MALFORMED},
        {"+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", SR_MALFORMED},
        {"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U", SR_MALFORMED},
        {"example.com/foo+530d903a+AQ==", SR_MALFORMED},
        {"example.com/foo+530d903a+AQI=", SR_MALFORMED},
        {"example.com/foo+530d903a+", SR_MALFORMED},
        {"example.com/foo+530d903a+Ags=", SR_MALFORMED},
        {"example.com/foo+530d903a+BekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", SR_UNSUPPORTED},
    };
    SR_AUTO(sr_vkey) vkey = NULL;
    SR_AUTO(sr_buf) out = NULL;
    CHECK(sr_vkey_parse(sr_text_view(GOOD), &vkey, NULL) == SR_OK);
    CHECK(sr_vkey_type(vkey) == SR_VKEY_ED25519);
    CHECK(sr_text_equal(sr_vkey_name(vkey), sr_text_view("example.com/foo")));
    CHECK(sr_buf_new(SR_VKEY_TEXT_BYTES_MAX, &out) == SR_OK);
    CHECK(sr_vkey_text(vkey, out) == SR_OK);
    CHECK(sr_text_equal(sr_buf_view(out), sr_text_view(GOOD)));
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        SR_AUTO(sr_vkey) bad = NULL;
        struct sr_err err = {0};
        CHECK(sr_vkey_parse(sr_text_view(BAD[i].text), &bad, &err) == BAD[i].status);
        CHECK(bad == NULL && err.message[0] != '\0');
    }
    static char large[SR_VKEY_TEXT_BYTES_MAX + 2];
    SR_AUTO(sr_vkey) bad = NULL;
    memset(large, 'a', sizeof large - 1);
    CHECK(sr_vkey_parse(sr_text_view(large), &bad, NULL) == SR_TOO_LARGE);
}

static void only_its_own_signer_signs_for_a_key(void)
{
    SR_AUTO(sr_signer) one = log_signer(1);
    SR_AUTO(sr_signer) two = log_signer(2);
    SR_AUTO(sr_vkey) vkey = log_vkey("a", SR_VKEY_ED25519, one);
    SR_AUTO(sr_vkey) bad = NULL;
    SR_AUTO(sr_buf) out = NULL;
    CHECK(sr_buf_new(4096, &out) == SR_OK);
    CHECK(sr_vkey_sign(vkey, two, 0, sr_text_view(TEXT), out, NULL) == SR_CONFLICT);
    CHECK(sr_vkey_sign(vkey, one, 0, sr_text_view("no newline"), out, NULL) == SR_MALFORMED);
    CHECK(sr_buf_view(out).len == 0);
    CHECK(sr_vkey_new(sr_text_view("a b"), SR_VKEY_ED25519, one->public_key, &bad, NULL) ==
          SR_MALFORMED);
    CHECK(sr_vkey_new(sr_text_view("a"), SR_VKEY_ECDSA, one->public_key, &bad, NULL) ==
          SR_UNSUPPORTED);
}

int main(void)
{
    RUN(notes_are_of_who_signed_them);
    RUN(a_cosignature_has_its_own_length);
    RUN(texts_come_back_and_others_are_refused);
    RUN(only_its_own_signer_signs_for_a_key);
    return check_done();
}
