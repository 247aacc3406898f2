/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: a checkpoint counts only when a listed log and a quorum of listed witnesses have
 * signed it, lately where that is asked for; no key counts twice.
 */
#include "ledger/quorum.h"

#include <stdio.h>

#include "ledger/receipt.h"
#include "tests/log_keys.h"

#define ORIGIN "example.org/log"
enum { WITNESSES = 4 };

/* A log and four witnesses, with the keys of seeds 1 to 5. */
struct cast {
    struct sr_signer *log_signer;
    struct sr_vkey *log;
    struct sr_signer *signer[WITNESSES];
    struct sr_vkey *witness[WITNESSES];
};

static void cast_open(struct cast *c)
{
    c->log_signer = log_signer(1);
    c->log = log_vkey(ORIGIN, SR_VKEY_ED25519, c->log_signer);
    for (size_t i = 0; i < WITNESSES; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "w%zu.example", i);
        c->signer[i] = log_signer((uint8_t)(2 + i));
        c->witness[i] = log_vkey(name, SR_VKEY_COSIGNATURE, c->signer[i]);
    }
}

static void cast_close(struct cast *c)
{
    sr_signer_free(c->log_signer);
    sr_vkey_free(c->log);
    for (size_t i = 0; i < WITNESSES; i++) {
        sr_signer_free(c->signer[i]);
        sr_vkey_free(c->witness[i]);
    }
}

static void put_line(struct sr_buf *text, const char *before, const struct sr_vkey *vkey)
{
    CHECK(sr_buf_append(text, sr_text_view(before)) == SR_OK);
    CHECK(sr_vkey_text(vkey, text) == SR_OK);
    CHECK(sr_buf_append(text, sr_text_view("\n")) == SR_OK);
}

/* The policy of the cast, w0 to w3, and the lines in end. */
static enum sr_status parse(const struct cast *c, const char *end, struct sr_quorum **out)
{
    SR_AUTO(sr_buf) text = NULL;
    struct sr_err err = {0};
    CHECK(sr_buf_new(4096, &text) == SR_OK);
    put_line(text, "log ", c->log);
    for (size_t i = 0; i < WITNESSES; i++) {
        char before[32];
        (void)snprintf(before, sizeof before, "witness w%zu ", i);
        put_line(text, before, c->witness[i]);
    }
    CHECK(sr_buf_append(text, sr_text_view(end)) == SR_OK);
    enum sr_status status = sr_quorum_parse(sr_buf_view(text), out, &err);
    CHECK(status == SR_OK || err.message[0] != '\0');
    return status;
}

/* Every set of witnesses against what the rule means. */
static void groups_are_counted(void)
{
    SR_CLEANUP(cast_close) struct cast c = {0};
    cast_open(&c);
    SR_AUTO(sr_quorum) nobody = NULL;
    SR_AUTO(sr_quorum) one = NULL;
    SR_AUTO(sr_quorum) two = NULL;
    SR_AUTO(sr_quorum) nested = NULL;
    CHECK(parse(&c, "quorum none\n", &nobody) == SR_OK);
    CHECK(parse(&c, "quorum w2\n", &one) == SR_OK);
    CHECK(parse(&c, "group g 2 w0 w1 w2\nquorum g\n", &two) == SR_OK);
    CHECK(parse(&c, "group a any w0 w1\ngroup b all w2 w3\ngroup ab all a b\nquorum ab\n",
                &nested) == SR_OK);
    for (unsigned set = 0; set < 16; set++) {
        bool w[WITNESSES] = {set & 1, set & 2, set & 4, set & 8};
        CHECK(sr_quorum_is_met(nobody, w));
        CHECK(sr_quorum_is_met(one, w) == w[2]);
        CHECK(sr_quorum_is_met(two, w) == (w[0] + w[1] + w[2] >= 2));
        CHECK(sr_quorum_is_met(nested, w) == ((w[0] || w[1]) && w[2] && w[3]));
    }
    struct sr_quorum_party w = sr_quorum_witness(two, 3);
    CHECK(sr_quorum_witnesses(two) == 4 && sr_text_equal(w.name, sr_text_view("w3")));
    CHECK(sr_text_equal(sr_vkey_name(w.key), sr_text_view("w3.example")) && w.url.len == 0);
    CHECK(sr_quorum_logs(two) == 1 &&
          sr_text_equal(sr_quorum_log(two, 0).name, sr_text_view(ORIGIN)));
}

static void one_key_is_one_party(void)
{
    SR_CLEANUP(cast_close) struct cast c = {0};
    SR_AUTO(sr_quorum) q = NULL;
    SR_AUTO(sr_buf) text = NULL;
    cast_open(&c);
    SR_AUTO(sr_vkey) sock = log_vkey("sock.example", SR_VKEY_COSIGNATURE, c.signer[0]);
    SR_AUTO(sr_vkey) self = log_vkey("self.example", SR_VKEY_COSIGNATURE, c.log_signer);
    SR_AUTO(sr_vkey) old = log_vkey("w9.example", SR_VKEY_ED25519, c.signer[3]);
    CHECK(sr_buf_new(4096, &text) == SR_OK);
    put_line(text, "witness a ", c.witness[0]);
    put_line(text, "witness b ", sock);
    CHECK(sr_buf_append(text, sr_text_view("quorum none\n")) == SR_OK);
    CHECK(sr_quorum_parse(sr_buf_view(text), &q, NULL) == SR_MALFORMED); /* TP-11 */
    sr_buf_clear(text);
    put_line(text, "witness a ", self);
    put_line(text, "log ", c.log);
    CHECK(sr_buf_append(text, sr_text_view("quorum a\n")) == SR_OK);
    CHECK(sr_quorum_parse(sr_buf_view(text), &q, NULL) == SR_MALFORMED); /* TP-11 */
    sr_buf_clear(text);
    put_line(text, "log ", c.witness[0]);
    CHECK(sr_buf_append(text, sr_text_view("quorum none\n")) == SR_OK);
    CHECK(sr_quorum_parse(sr_buf_view(text), &q, NULL) == SR_UNSUPPORTED); /* TP-10 */
    sr_buf_clear(text);
    put_line(text, "witness a ", old);
    CHECK(sr_buf_append(text, sr_text_view("quorum a\n")) == SR_OK);
    CHECK(sr_quorum_parse(sr_buf_view(text), &q, NULL) == SR_OK); /* TP-10 */
    CHECK(sr_vkey_type(sr_quorum_witness(q, 0).key) == SR_VKEY_COSIGNATURE);
    CHECK(sr_text_equal(sr_vkey_name(sr_quorum_witness(q, 0).key), sr_text_view("w9.example")));
}

static void freshness_has_two_ends(void)
{
    struct sr_vkey_mark marks[] = {
        {.has_signed = true, .utc_s = 1000}, {.has_signed = true, .utc_s = 940},
        {.has_signed = true, .utc_s = 939},  {.has_signed = false, .utc_s = 1000},
        {.has_signed = true, .utc_s = 1120}, {.has_signed = true, .utc_s = 1121},
    };
    bool is_fresh[6] = {false};
    CHECK(sr_quorum_fresh(marks, 6, 1000, 60, is_fresh) == 3);
    CHECK(is_fresh[0] && is_fresh[1] && !is_fresh[2] && !is_fresh[3]);
    CHECK(is_fresh[4] && !is_fresh[5]);
    CHECK(sr_quorum_fresh(marks, 6, 1000, 0, NULL) == 5);
    marks[0].utc_s = UINT64_MAX; /* no overflow makes it fresh */
    CHECK(sr_quorum_fresh(marks, 1, 1000, 60, NULL) == 0);
    CHECK(sr_quorum_fresh(marks, 1, UINT64_MAX, 60, NULL) == 1);
}

/* A checkpoint of the log, cosigned by the first count witnesses at time utc_s. */
static void make_note(const struct cast *c, const char *origin, size_t count, uint64_t utc_s,
                      struct sr_buf *out)
{
    struct sr_checkpoint checkpoint = {.origin = sr_text_view(origin), .size = 3, .root = {1}};
    SR_AUTO(sr_buf) text = NULL;
    CHECK(sr_buf_new(4096, &text) == SR_OK);
    CHECK(sr_checkpoint_encode(&checkpoint, text) == SR_OK);
    sr_buf_clear(out);
    CHECK(sr_note_encode_text(sr_buf_view(text), out) == SR_OK);
    CHECK(sr_vkey_sign(c->log, c->log_signer, 0, sr_buf_view(text), out, NULL) == SR_OK);
    for (size_t i = 0; i < count; i++) {
        CHECK(sr_vkey_sign(c->witness[i], c->signer[i], utc_s, sr_buf_view(text), out, NULL) ==
              SR_OK);
    }
}

static void checkpoints_need_log_and_quorum(void)
{
    SR_CLEANUP(cast_close) struct cast c = {0};
    SR_AUTO(sr_quorum) q = NULL;
    SR_AUTO(sr_buf) note = NULL;
    struct sr_checkpoint checkpoint = {0};
    struct sr_vkey_mark marks[WITNESSES] = {{0}};
    struct sr_err err = {0};
    cast_open(&c);
    CHECK(sr_buf_new(4096, &note) == SR_OK);
    CHECK(parse(&c, "group g 2 w0 w1 w2\nquorum g\n", &q) == SR_OK);
    make_note(&c, ORIGIN, 2, 1000, note);
    CHECK(sr_quorum_checkpoint(q, sr_buf_view(note), 1500, 0, &checkpoint, marks, &err) == SR_OK);
    CHECK(checkpoint.size == 3 && marks[1].has_signed && marks[1].utc_s == 1000);
    CHECK(!marks[2].has_signed);
    CHECK(sr_quorum_checkpoint(q, sr_buf_view(note), 1500, 500, &checkpoint, NULL, &err) == SR_OK);
    CHECK(sr_quorum_checkpoint(q, sr_buf_view(note), 1500, 499, &checkpoint, NULL, &err) ==
          SR_DENIED);
    make_note(&c, ORIGIN, 1, 1000, note);
    marks[0].has_signed = false;
    CHECK(sr_quorum_checkpoint(q, sr_buf_view(note), 1000, 0, &checkpoint, marks, &err) ==
          SR_DENIED);
    CHECK(marks[0].has_signed);
    make_note(&c, "example.org/other", 2, 1000, note);
    CHECK(sr_quorum_checkpoint(q, sr_buf_view(note), 1000, 0, &checkpoint, NULL, &err) ==
          SR_UNTRUSTED);
    /* Witnesses alone do not make a log. */
    SR_AUTO(sr_signer) stranger = log_signer(90);
    struct sr_vkey *own = c.log;
    struct sr_signer *own_signer = c.log_signer;
    c.log_signer = stranger;
    c.log = log_vkey(ORIGIN, SR_VKEY_ED25519, stranger);
    make_note(&c, ORIGIN, 4, 1000, note);
    CHECK(sr_quorum_checkpoint(q, sr_buf_view(note), 1000, 0, &checkpoint, NULL, &err) ==
          SR_UNTRUSTED);
    sr_vkey_free(c.log);
    c.log = own;
    c.log_signer = own_signer;
}

int main(void)
{
    RUN(groups_are_counted);
    RUN(one_key_is_one_party);
    RUN(freshness_has_two_ends);
    RUN(checkpoints_need_log_and_quorum);
    return check_done();
}
