/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "acts/key.h"
#include "formats/base64.h"
#include "history.h"
#include "world.h"

static struct test_key made[KEYS_AND_TWINS];
static bool are_signing;

/* What signs plainly is spelled as SPKI; SSH keys are taken apart faster. */
void keys_spell(bool for_signing)
{
    if (are_signing != for_signing) {
        memset(made, 0, sizeof made);
        are_signing = for_signing;
    }
}

static size_t put_text(uint8_t *out, const void *text, size_t len)
{
    out[0] = out[1] = out[2] = 0;
    out[3] = (uint8_t)len;
    memcpy(out + 4, text, len);
    return len + 4;
}

static void encode_line(struct test_key *k, const char *type, struct sr_bytes blob)
{
    SR_AUTO(sr_buf) text = NULL;
    enum sr_status st = sr_buf_new(256, &text);
    assert(st == SR_OK);
    st = sr_base64_encode(blob, text);
    assert(st == SR_OK);
    struct sr_bytes view = sr_buf_view(text);
    (void)snprintf(k->line, sizeof k->line, "%s %.*s", type, (int)view.len, (const char *)view.ptr);
}

/* OpenSSH's PROTOCOL.u2f: the type, the point, an application. Nobody has the private half. */
static void write_hardware(struct test_key *k, const uint8_t point[32])
{
    uint8_t blob[128];
    size_t len = put_text(blob, "sk-ssh-ed25519@openssh.com", 26);
    len += put_text(blob + len, point, 32);
    len += put_text(blob + len, "ssh:", 4);
    encode_line(k, "sk-ssh-ed25519@openssh.com", sr_bytes(blob, len));
}

static struct sr_signer *plain_signer(size_t index)
{
    SR_AUTO(sr_secret) seed = NULL;
    struct sr_signer *signer = NULL;
    struct sr_err err = {0};
    enum sr_status st = sr_secret_new(SR_SIGN_SEED_BYTES, &seed, &err);
    assert(st == SR_OK);
    memset(sr_secret_bytes(seed), (int)index + 1, SR_SIGN_SEED_BYTES);
    st = sr_signer_ed25519(seed, &signer, &err);
    assert(st == SR_OK);
    return signer;
}

static void write_spki(struct test_key *k, size_t index)
{
    SR_AUTO(sr_signer) signer = plain_signer(index);
    SR_AUTO(sr_buf) der = NULL;
    enum sr_status st = sr_buf_new(256, &der);
    assert(st == SR_OK);
    st = sr_public_key_der(signer->public_key, der);
    assert(st == SR_OK);
    encode_line(k, "spki", sr_buf_view(der));
}

/* As SSH spells it: RFC 8709, section 4. */
static void write_ssh(struct test_key *k, size_t of)
{
    SR_AUTO(sr_signer) signer = plain_signer(of);
    uint8_t point[SR_SIGN_ED25519_KEY_BYTES];
    uint8_t blob[128];
    enum sr_status st = sr_public_key_ed25519_bytes(signer->public_key, point);
    assert(st == SR_OK);
    size_t len = put_text(blob, "ssh-ed25519", 11);
    len += put_text(blob + len, point, sizeof point);
    encode_line(k, "ssh-ed25519", sr_bytes(blob, len));
}

size_t keys_identity(struct sr_bytes line)
{
    size_t i = 0;
    while (i < KEYS_AND_TWINS && !sr_text_equal(line, sr_text_view(made[i].line))) {
        i++;
    }
    return i < KEYS ? i : i < KEYS_AND_TWINS ? ROOM_KEY - (i - KEYS) : KEYS_AND_TWINS;
}

struct sr_act_signer *keys_signer(size_t index)
{
    struct sr_act_signer *signer = NULL;
    struct sr_err err = {0};
    enum sr_status st = sr_act_signer_plain(plain_signer(index), &signer, &err);
    assert(st == SR_OK);
    return signer;
}

/* The line as the key itself has it; false when it is no key. */
static bool finish(struct test_key *k)
{
    SR_AUTO(sr_act_key) key = NULL;
    struct sr_err err = {0};
    if (sr_act_key_parse(sr_text_view(k->line), &key, &err) != SR_OK) {
        return false;
    }
    (void)snprintf(k->line, sizeof k->line, "%s", sr_act_key_line(key));
    (void)snprintf(k->fingerprint, sizeof k->fingerprint, "%s", sr_act_key_fingerprint(key));
    return true;
}

const struct test_key *keys_make(void)
{
    struct chance c = {.state = 4};
    for (size_t i = 0; i < KEYS_AND_TWINS && made[KEYS_AND_TWINS - 1].fingerprint[0] == 0;) {
        uint8_t point[32];
        random_bytes(&c, point, sizeof point);
        point[31] &= 0x7f;
        made[i].is_hardware = i >= KEYS_PLAIN && i < KEYS;
        bool is_twin = i >= KEYS;
        size_t index = is_twin ? ROOM_KEY - (i - KEYS) : i;
        if (made[i].is_hardware) {
            write_hardware(&made[i], point);
        } else if (is_twin == are_signing) {
            write_ssh(&made[i], index);
        } else {
            write_spki(&made[i], index);
        }
        /* Half of all numbers are not a point of the curve. */
        i += finish(&made[i]);
    }
    return made;
}

const char *keys_fingerprint(struct sr_bytes line)
{
    for (size_t i = 0; i < KEYS_AND_TWINS; i++) {
        if (sr_text_equal(line, sr_text_view(made[i].line))) {
            return made[i].fingerprint;
        }
    }
    return "";
}
