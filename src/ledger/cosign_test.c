/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: what honest witnesses sign ends up under the checkpoint; one that is silent, lies
 * or knows another tree gets nothing in, and says so in its outcome.
 */
#include "ledger/cosign.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/folder.h"
#include "formats/add_checkpoint.h"
#include "ledger/quorum.h"
#include "ledger/receipt.h"
#include "ledger/witness.h"
#include "net/listener.h"
#include "tests/log_keys.h"
#include "tests/scratch.h"

#define ORIGIN "example.org/log"

static char scratch_dir[] = "/tmp/sr-cosign-XXXXXX";

/* A witness behind a listener, or somebody who only says what he says. */
struct server {
    struct sr_listener *listener;
    struct sr_signer *signer;
    struct sr_witness *witness;
    struct sr_vkey *key;
    int folder;
    uint64_t now_utc_s;
    unsigned asked;
    unsigned status; /* not 0: says this and text */
    const char *text;
    char url[SR_LISTENER_ADDRESS_BYTES + 16];
};

static void handle(void *ctx, const struct sr_listener_request *request,
                   struct sr_listener_answer *out)
{
    struct server *s = ctx;
    struct sr_witness_answer answer = {0};
    s->asked++;
    CHECK(strcmp(request->path, "/prefix/add-checkpoint") == 0);
    if (s->status != 0) {
        out->status = s->status;
        CHECK(sr_buf_new(1 << 20, &out->body) == SR_OK);
        CHECK(sr_buf_append(out->body, sr_text_view(s->text)) == SR_OK);
        return;
    }
    CHECK(sr_witness_add_checkpoint(s->witness, request->body, s->now_utc_s, &answer, NULL) ==
          SR_OK);
    *out = (struct sr_listener_answer){
        .status = answer.status, .type = answer.type, .body = answer.body};
}

static void server_open(struct server *s, uint8_t number, const char *group,
                        const struct sr_vkey *log)
{
    char name[32];
    char folder[64];
    SR_AUTO_FD at = -1;
    (void)snprintf(name, sizeof name, "w%u.example", number);
    *s = (struct server){.folder = -1, .now_utc_s = 1000, .signer = log_signer(number)};
    s->key = log_vkey(name, SR_VKEY_COSIGNATURE, s->signer);
    CHECK(sr_folder_open(AT_FDCWD, scratch_dir, &at, NULL) == SR_OK);
    (void)snprintf(folder, sizeof folder, "%s-%u", group, number);
    CHECK(sr_folder_make(at, folder, NULL) == SR_OK);
    CHECK(sr_folder_open(at, folder, &s->folder, NULL) == SR_OK);
    CHECK(sr_witness_open(sr_text_view(name), s->signer, s->folder, &s->witness, NULL) == SR_OK);
    enum sr_status added = sr_witness_add(s->folder, log, sr_text_view(ORIGIN), NULL);
    CHECK(added == SR_OK || added == SR_CONFLICT);
    const struct sr_listener_options o = {.body_bytes_max = SR_ADD_CHECKPOINT_BYTES_MAX,
                                          .idle_s = 30,
                                          .connections = 8,
                                          .threads = 2,
                                          .handle = handle,
                                          .ctx = s};
    CHECK(sr_listener_open(&o, &s->listener, NULL) == SR_OK);
    (void)snprintf(s->url, sizeof s->url, "http://%s/prefix/", sr_listener_address(s->listener));
}

static void server_close(struct server *s)
{
    sr_listener_free(s->listener);
    sr_witness_free(s->witness);
    sr_signer_free(s->signer);
    sr_vkey_free(s->key);
    sr_folder_close_fd(&s->folder);
}

/* A log, and what is asked of two witnesses. */
struct scene {
    struct sr_log_options o;
    struct sr_log *log;
    struct sr_vkey *key;
    struct server server[2];
    struct sr_cosign_witness witness[2];
    struct sr_cosign_outcome outcome[2];
    struct sr_vkey_mark mark[3]; /* of the log and both in what came out */
    struct sr_buf *note;
    struct sr_buf *out;
};

/* Witnesses of one group know what they have seen in scenes before. */
static void scene_open(struct scene *s, const char *name, const char *group)
{
    SR_AUTO_FD at = -1;
    *s = (struct scene){.o = {.origin = sr_text_view(ORIGIN), .pin_name = "pin"}};
    s->o.signer = log_signer(9);
    s->key = log_vkey(ORIGIN, SR_VKEY_ED25519, s->o.signer);
    CHECK(sr_folder_open(AT_FDCWD, scratch_dir, &at, NULL) == SR_OK);
    CHECK(sr_folder_make(at, name, NULL) == SR_OK);
    CHECK(sr_folder_open(at, name, &s->o.folder, NULL) == SR_OK);
    s->o.pin_folder = s->o.folder;
    CHECK(sr_log_create(&s->o, 1, NULL) == SR_OK);
    CHECK(sr_log_open(&s->o, &s->log, NULL) == SR_OK);
    CHECK(sr_buf_new(65536, &s->note) == SR_OK && sr_buf_new(65536, &s->out) == SR_OK);
    for (uint8_t i = 0; i < 2; i++) {
        server_open(&s->server[i], (uint8_t)(20 + i), group, s->key);
        s->witness[i] = (struct sr_cosign_witness){.key = s->server[i].key,
                                                   .url = sr_text_view(s->server[i].url)};
    }
}

static void scene_close(struct scene *s)
{
    server_close(&s->server[0]);
    server_close(&s->server[1]);
    sr_log_free(s->log);
    sr_vkey_free(s->key);
    sr_signer_free(s->o.signer);
    sr_buf_free(s->note);
    sr_buf_free(s->out);
    sr_folder_close_fd(&s->o.folder);
}

/* So many more leaves, and a checkpoint of them. */
static void grow(struct scene *s, unsigned leaves, const char *text)
{
    struct sr_bytes entry = sr_text_view(text);
    uint64_t index = 0;
    for (unsigned i = 0; i < leaves; i++) {
        CHECK(sr_log_append(s->log, &entry, 1, &index, NULL) == SR_OK);
    }
    sr_buf_clear(s->note);
    CHECK(sr_log_publish(s->log, 1000, s->note, NULL) == SR_OK);
}

/* Ask both; outcomes in s, marks of what came out in s->mark. */
static void cosign(struct scene *s)
{
    const struct sr_vkey *keys[] = {s->key, s->witness[0].key, s->witness[1].key};
    struct sr_cosign_proofs proofs = sr_cosign_proofs_of(s->log);
    struct sr_checkpoint c;
    sr_buf_clear(s->out);
    CHECK(sr_cosign(sr_buf_view(s->note), s->o.origin, s->key, &proofs, s->witness, 2, 20000,
                    s->out, s->outcome, NULL) == SR_OK);
    CHECK(sr_receipt_checkpoint(sr_buf_view(s->out), s->o.origin, keys, 3, &c, s->mark, NULL) ==
          SR_OK);
    CHECK(s->mark[0].has_signed && c.size == sr_log_published(s->log));
    for (size_t i = 0; i < 2; i++) {
        CHECK((s->outcome[i].status == SR_OK) == (s->outcome[i].err.message[0] == '\0'));
    }
}

static void witnesses_sign_what_grows(void)
{
    SR_CLEANUP(scene_close) struct scene s;
    scene_open(&s, "grows", "first");
    grow(&s, 3, "a");
    cosign(&s);
    CHECK(s.outcome[0].status == SR_OK && s.outcome[1].status == SR_OK);
    CHECK(s.mark[1].has_signed && s.mark[2].has_signed && s.mark[1].utc_s == 1000);
    CHECK(s.outcome[0].mark.utc_s == 1000 && s.outcome[0].seen_size == 3);
    CHECK(s.server[0].asked == 1);
    CHECK(sr_log_store_cosigned(s.log, sr_buf_view(s.out), NULL) == SR_OK);
    /* What it has seen is not known any more: it tells, and is asked again. */
    grow(&s, 4, "b");
    s.witness[1].last_size = 3;
    cosign(&s);
    CHECK(s.outcome[0].status == SR_OK && s.server[0].asked == 3);
    CHECK(s.outcome[1].status == SR_OK && s.server[1].asked == 2);
    /* The same once more gives a newer time; last_size beyond the log's is nothing to go by. */
    s.server[0].now_utc_s = 1060;
    s.witness[0].last_size = 99;
    cosign(&s);
    CHECK(s.outcome[0].mark.utc_s == 1060 && s.mark[2].utc_s == 1000);
}

static void an_old_copy_is_told(void)
{
    SR_CLEANUP(scene_close) struct scene s;
    scene_open(&s, "copied", "first");
    /* The witnesses have seen 7 leaves of this origin, in the test before. */
    grow(&s, 2, "a");
    cosign(&s);
    CHECK(s.outcome[0].status == SR_CONFLICT && s.outcome[0].seen_size == 7);
    CHECK(strstr(s.outcome[0].err.message, "7 leaves") != NULL);
    CHECK(!s.mark[1].has_signed && !s.mark[2].has_signed);
    grow(&s, 6, "another tree");
    cosign(&s);
    CHECK(s.outcome[0].status == SR_CONFLICT && s.outcome[1].status == SR_CONFLICT);
    CHECK(strstr(s.outcome[0].err.message, "fork") != NULL && !s.mark[1].has_signed);
}

/* The first witness says this; what becomes of it. */
static enum sr_status answer_with(struct scene *s, unsigned status, const char *text)
{
    s->server[0].status = status;
    s->server[0].text = text;
    cosign(s);
    CHECK(!s->mark[1].has_signed && !s->outcome[0].mark.has_signed);
    CHECK(s->outcome[1].status == SR_OK && s->mark[2].has_signed);
    return s->outcome[0].status;
}

static void lies_do_not_get_in(void)
{
    static char large[SR_COSIGN_ANSWER_BYTES_MAX + 2];
    SR_CLEANUP(scene_close) struct scene s;
    SR_AUTO(sr_buf) text = NULL;
    SR_AUTO(sr_signer) other = log_signer(99);
    scene_open(&s, "lies", "second");
    SR_CLEANUP(sr_note_clear) struct sr_note n = {0};
    grow(&s, 3, "a");
    memset(large, 'x', sizeof large - 1);
    CHECK(sr_buf_new(65536, &text) == SR_OK);
    CHECK(sr_note_decode(sr_buf_view(s.note), &n, NULL) == SR_OK);
    /* Signed by somebody else in its name; by itself, but over another text; under another name. */
    SR_AUTO(sr_vkey) forged = log_vkey("w20.example", SR_VKEY_COSIGNATURE, other);
    CHECK(sr_vkey_sign(forged, other, 1000, n.text, text, NULL) == SR_OK);
    CHECK(sr_buf_append(text, sr_bytes("", 1)) == SR_OK);
    CHECK(answer_with(&s, 200, (const char *)sr_buf_view(text).ptr) == SR_UNTRUSTED);
    sr_buf_clear(text);
    CHECK(sr_vkey_sign(s.witness[0].key, s.server[0].signer, 1000, sr_text_view("x\n1\ny\n"), text,
                       NULL) == SR_OK);
    CHECK(sr_buf_append(text, sr_bytes("", 1)) == SR_OK);
    CHECK(answer_with(&s, 200, (const char *)sr_buf_view(text).ptr) == SR_UNTRUSTED);
    CHECK(answer_with(&s, 200, "") == SR_MALFORMED);
    CHECK(answer_with(&s, 200, "good\n") == SR_MALFORMED);
    CHECK(answer_with(&s, 200, "more text\n\n\xe2\x80\x94 a AAAAAAAA\n") == SR_MALFORMED);
    CHECK(answer_with(&s, 200, large) == SR_TOO_LARGE);
    CHECK(answer_with(&s, 403, "no\n") == SR_DENIED);
    CHECK(answer_with(&s, 404, "no\n") == SR_NOT_FOUND);
    CHECK(answer_with(&s, 422, "no\n") == SR_CONFLICT);
    CHECK(answer_with(&s, 500, "no\n") == SR_UNAVAILABLE);
    CHECK(answer_with(&s, 302, "no\n") == SR_UNAVAILABLE);
    CHECK(answer_with(&s, 409, "0\n") == SR_MALFORMED); /* that is what was asked for */
    CHECK(answer_with(&s, 409, "many\n") == SR_MALFORMED);
    CHECK(answer_with(&s, 409, "4\n") == SR_CONFLICT);
    CHECK(answer_with(&s, 409, "2\n") == SR_MALFORMED); /* and the same again */
}

static void silence_costs_only_its_own_signature(void)
{
    SR_CLEANUP(scene_close) struct scene s;
    scene_open(&s, "silent", "third");
    grow(&s, 3, "c");
    s.witness[0].url = sr_text_view("http://127.0.0.1:1");
    s.witness[1].url = sr_text_view("");
    cosign(&s);
    CHECK(s.outcome[0].status == SR_UNAVAILABLE && s.outcome[1].status == SR_MALFORMED);
    s.witness[0].url = sr_text_view("http://a b");
    cosign(&s);
    CHECK(s.outcome[0].status == SR_MALFORMED);
}

int main(void)
{
    if (!scratch_make(scratch_dir)) {
        return 1;
    }
    RUN(witnesses_sign_what_grows);
    RUN(an_old_copy_is_told);
    RUN(lies_do_not_get_in);
    RUN(silence_costs_only_its_own_signature);
    scratch_remove(scratch_dir);
    return check_done();
}
