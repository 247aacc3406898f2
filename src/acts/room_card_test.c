/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: a card is one text for what it says, and only the key that it names can have made
 * it; keys to which everybody knows the secret, and texts that could mislead a reader, are refused.
 */
#include "acts/room_card.h"

#include <string.h>

#include "crypto/rand.h"
#include "formats/base64.h"
#include "formats/dsse.h"
#include "tests/check.h"

static struct sr_signer *new_signer(void)
{
    SR_AUTO(sr_secret) seed = NULL;
    struct sr_signer *signer = NULL;
    CHECK(sr_rand_secret(32, &seed, NULL) == SR_OK);
    CHECK(sr_signer_ed25519(seed, &signer, NULL) == SR_OK);
    return signer;
}

static struct sr_room_card card_of(const struct sr_signer *signer)
{
    SR_AUTO(sr_secret) seed = NULL;
    struct sr_room_card card = {.origin = "vault.example/north", .organisation = "Example Ltd"};
    CHECK(sr_rand_id(&card.room) == SR_OK);
    CHECK(sr_rand_secret(32, &seed, NULL) == SR_OK);
    CHECK(sr_hpke_public_key(seed, card.transport, NULL) == SR_OK);
    CHECK(sr_room_card_key_line(signer->public_key, card.key, NULL) == SR_OK);
    return card;
}

static bool is_same(const struct sr_room_card *a, const struct sr_room_card *b)
{
    return strcmp(a->origin, b->origin) == 0 && strcmp(a->organisation, b->organisation) == 0 &&
           strcmp(a->key, b->key) == 0 && sr_text_id_equal(&a->room, &b->room) &&
           memcmp(a->transport, b->transport, sizeof a->transport) == 0;
}

static void opens_what_was_signed(void)
{
    SR_AUTO(sr_signer) signer = new_signer();
    SR_AUTO(sr_buf) text = NULL;
    struct sr_room_card card = card_of(signer);
    struct sr_room_card out = {0};
    uint8_t digest[SR_SHA256_BYTES];
    uint8_t expected[SR_SHA256_BYTES];
    CHECK(sr_buf_new(SR_ROOM_CARD_BYTES_MAX, &text) == SR_OK);
    CHECK(sr_room_card_sign(&card, signer, text, NULL) == SR_OK);
    CHECK(sr_buf_append(text, sr_text_view("\n")) == SR_OK);
    CHECK(sr_room_card_open(sr_buf_view(text), &out, digest, NULL) == SR_OK);
    CHECK(is_same(&card, &out));
    struct sr_bytes trimmed = sr_room_card_trim(sr_buf_view(text));
    CHECK(trimmed.len == sr_buf_view(text).len - 1);
    CHECK(sr_room_card_trim(trimmed).len == trimmed.len);
    CHECK(sr_sha256_once(trimmed, expected) == SR_OK);
    CHECK(memcmp(digest, expected, sizeof digest) == 0);
    card.organisation[0] = '\0';
    sr_buf_clear(text);
    CHECK(sr_room_card_sign(&card, signer, text, NULL) == SR_OK);
    CHECK(sr_room_card_open(sr_buf_view(text), &out, NULL, NULL) == SR_OK);
    CHECK(is_same(&card, &out));
}

/* Somebody puts his transport key, or his name, into another's card. */
static void nobody_else_can_make_it(void)
{
    SR_AUTO(sr_signer) signer = new_signer();
    SR_AUTO(sr_signer) other = new_signer();
    SR_AUTO(sr_buf) text = NULL;
    struct sr_room_card card = card_of(signer);
    struct sr_room_card out = {0};
    CHECK(sr_buf_new(SR_ROOM_CARD_BYTES_MAX, &text) == SR_OK);
    CHECK(sr_room_card_sign(&card, other, text, NULL) == SR_INTERNAL);
    CHECK(sr_buf_view(text).len == 0);
    SR_AUTO(sr_buf) payload = NULL;
    SR_AUTO(sr_buf) pae = NULL;
    SR_AUTO(sr_buf) signature = NULL;
    CHECK(sr_buf_new(SR_ROOM_CARD_BYTES_MAX, &payload) == SR_OK);
    CHECK(sr_buf_new(SR_ROOM_CARD_BYTES_MAX, &pae) == SR_OK);
    CHECK(sr_buf_new(SR_ROOM_CARD_BYTES_MAX, &signature) == SR_OK);
    CHECK(sr_room_card_encode(&card, payload, NULL) == SR_OK);
    struct sr_bytes type = sr_text_view("application/vnd.strongroom.card+json");
    CHECK(sr_dsse_pae(type, sr_buf_view(payload), pae) == SR_OK);
    CHECK(sr_signer_sign(other, sr_buf_view(pae), signature, NULL) == SR_OK);
    struct sr_json_writer w = {.out = text};
    CHECK(sr_dsse_encode(&w, type, sr_buf_view(payload), sr_buf_view(signature)) == SR_OK);
    CHECK(sr_room_card_open(sr_buf_view(text), &out, NULL, NULL) == SR_UNTRUSTED);
    /* A good signature over the same bytes as another kind of thing. */
    sr_buf_clear(text);
    sr_buf_clear(signature);
    sr_buf_clear(pae);
    type = sr_text_view("application/vnd.in-toto+json");
    CHECK(sr_dsse_pae(type, sr_buf_view(payload), pae) == SR_OK);
    CHECK(sr_signer_sign(signer, sr_buf_view(pae), signature, NULL) == SR_OK);
    w = (struct sr_json_writer){.out = text};
    CHECK(sr_dsse_encode(&w, type, sr_buf_view(payload), sr_buf_view(signature)) == SR_OK);
    CHECK(sr_room_card_open(sr_buf_view(text), &out, NULL, NULL) == SR_MALFORMED);
}

#define KEY "spki MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw="
#define ROOM "00112233445566778899aabbccddeeff"
#define TRANSPORT "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d"
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static void refuses_what_is_no_card(void)
{
    static const struct {
        const char *text;
        enum sr_status status;
    } CASES[] = {
        {"{\"format\":1,\"key\":\"" KEY "\",\"origin\":\"o\",\"room\":\"" ROOM
         "\",\"transport\":\"" TRANSPORT "\"}",
         SR_OK},
        {"", SR_MALFORMED},
        {"{}", SR_MALFORMED},
        {"{\"format\":2,\"key\":\"" KEY "\",\"origin\":\"o\",\"room\":\"" ROOM
         "\",\"transport\":\"" TRANSPORT "\"}",
         SR_UNSUPPORTED},
        {"{\"format\":1,\"key\":\"" KEY "\",\"origin\":\"o\",\"room\":\"" ROOM
         "\",\"transport\":\"" TRANSPORT "\",\"zeal\":1}",
         SR_MALFORMED},
        {"{\"format\":1,\"key\":\"" KEY "\",\"origin\":\"o\", \"room\":\"" ROOM
         "\",\"transport\":\"" TRANSPORT "\"}",
         SR_MALFORMED},
        {"{\"format\":1,\"key\":\"" KEY "\",\"origin\":\"o\",\"room\":\"" ROOM
         "\",\"transport\":\"" ZEROS "\"}",
         SR_MALFORMED},
        {"{\"format\":1,\"key\":\"" KEY "\",\"origin\":\"o\",\"room\":\"" ROOM
         "\",\"transport\":\"00\"}",
         SR_MALFORMED},
        {"{\"format\":1,\"key\":\"" KEY "\",\"origin\":\"a\\nb\",\"room\":\"" ROOM
         "\",\"transport\":\"" TRANSPORT "\"}",
         SR_MALFORMED},
        {"{\"format\":1,\"key\":\"" KEY "\",\"organisation\":\"\",\"origin\":\"o\",\"room\":\"" ROOM
         "\",\"transport\":\"" TRANSPORT "\"}",
         SR_MALFORMED},
        {"{\"format\":1,\"key\":\"spki AAAA\",\"origin\":\"o\",\"room\":\"" ROOM
         "\",\"transport\":\"" TRANSPORT "\"}",
         SR_UNSUPPORTED},
        {"{\"format\":1,\"key\":\"ssh-ed25519 AAAA\",\"origin\":\"o\",\"room\":\"" ROOM
         "\",\"transport\":\"" TRANSPORT "\"}",
         SR_MALFORMED},
        /* Of small order: everything is signed by it. */
        {"{\"format\":1,\"key\":\"spki "
         "MCowBQYDK2VwAyEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\",\"origin\":\"o\","
         "\"room\":\"" ROOM "\",\"transport\":\"" TRANSPORT "\"}",
         SR_MALFORMED},
        {"{\"format\":1,\"key\":\"" KEY
         "\",\"origin\":\"o\",\"room\":\"xx\",\"transport\":\"" TRANSPORT "\"}",
         SR_MALFORMED},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct sr_room_card out = {0};
        enum sr_status status = sr_room_card_decode(sr_text_view(CASES[i].text), &out, NULL);
        CHECK(status == CASES[i].status);
        if (status != CASES[i].status) {
            printf("# case %zu: %s\n", i, sr_status_info(status)->slug);
        }
        CHECK(status == SR_OK || out.origin[0] == '\0');
    }
}

static void refuses_to_make_what_is_no_card(void)
{
    SR_AUTO(sr_signer) signer = new_signer();
    SR_AUTO(sr_buf) text = NULL;
    CHECK(sr_buf_new(SR_ROOM_CARD_BYTES_MAX, &text) == SR_OK);
    struct sr_room_card card = card_of(signer);
    card.origin[0] = '\0';
    CHECK(sr_room_card_sign(&card, signer, text, NULL) == SR_MALFORMED);
    card = card_of(signer);
    card.organisation[0] = '\t';
    CHECK(sr_room_card_sign(&card, signer, text, NULL) == SR_MALFORMED);
    card = card_of(signer);
    memset(card.transport, 0, sizeof card.transport);
    CHECK(sr_room_card_sign(&card, signer, text, NULL) == SR_MALFORMED);
}

int main(void)
{
    RUN(opens_what_was_signed);
    RUN(nobody_else_can_make_it);
    RUN(refuses_what_is_no_card);
    RUN(refuses_to_make_what_is_no_card);
    return check_done();
}
