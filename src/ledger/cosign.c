/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/cosign.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "formats/add_checkpoint.h"
#include "formats/quote.h"
#include "ledger/receipt.h"
#include "net/client.h"

enum { ROUNDS = 3, URL_BYTES = 1024 };

/* What all jobs share. */
struct asking {
    const struct sr_note *note;
    struct sr_bytes data; /* the note as it is sent */
    uint64_t size;
    const struct sr_cosign_proofs *proofs;
    pthread_mutex_t proving;
    unsigned timeout_ms;
};

/* One witness. */
struct job {
    struct asking *asking;
    const struct sr_cosign_witness *witness;
    struct sr_cosign_outcome *outcome;
    struct sr_buf *lines; /* that it has signed */
    pthread_t thread;
    bool is_running;
};

static enum sr_status prove_log(void *ctx, uint64_t old_size, uint64_t size,
                                struct sr_tree_proof *out, struct sr_err *err)
{
    return sr_log_prove_consistency(ctx, old_size, size, out, err);
}

struct sr_cosign_proofs sr_cosign_proofs_of(struct sr_log *log)
{
    return (struct sr_cosign_proofs){.prove = prove_log, .ctx = log};
}

/* "<prefix>/add-checkpoint" */
static enum sr_status make_url(struct sr_bytes prefix, char out[URL_BYTES], struct sr_err *err)
{
    while (prefix.len > 0 && prefix.ptr[prefix.len - 1] == '/') {
        prefix.len--;
    }
    for (size_t i = 0; i < prefix.len; i++) {
        if (prefix.ptr[i] <= ' ' || prefix.ptr[i] >= 0x7f) {
            return sr_fail(err, SR_MALFORMED, "'%s' is no URL", sr_quote(prefix).text);
        }
    }
    int len =
        snprintf(out, URL_BYTES, "%.*s/add-checkpoint", (int)prefix.len, (const char *)prefix.ptr);
    if (prefix.len == 0 || len < 0 || len >= URL_BYTES) {
        return sr_fail(err, SR_MALFORMED, "'%s' is no URL", sr_quote(prefix).text);
    }
    return SR_OK;
}

/* The request for a witness that has seen old_size leaves. */
static enum sr_status make_request(struct asking *a, uint64_t old_size, struct sr_buf *out,
                                   struct sr_err *err)
{
    struct sr_add_checkpoint request = {.old_size = old_size, .checkpoint = a->data};
    struct sr_tree_proof proof = {0};
    (void)pthread_mutex_lock(&a->proving);
    enum sr_status status = a->proofs->prove(a->proofs->ctx, old_size, a->size, &proof, err);
    (void)pthread_mutex_unlock(&a->proving);
    SR_TRY(status);
    if (proof.hashes > SR_ADD_CHECKPOINT_HASHES_MAX) {
        return sr_fail(err, SR_INTERNAL, "a proof of %zu hashes", proof.hashes);
    }
    request.hashes = proof.hashes;
    memcpy(request.hash, proof.hash, sizeof request.hash);
    return sr_add_checkpoint_encode(&request, out);
}

/*
 * The lines of key among lines that came back, once they verify under the text that was sent: what
 * is no line of a signature would end up in the text, or in no note at all.
 */
static enum sr_status take_lines(struct sr_bytes text, struct sr_bytes lines,
                                 const struct sr_vkey *key, struct sr_buf *out,
                                 struct sr_vkey_mark *mark, struct sr_err *err)
{
    SR_AUTO(sr_buf) whole = NULL;
    SR_CLEANUP(sr_note_clear) struct sr_note note = {0};
    SR_TRY(sr_buf_new(SR_NOTE_BYTES_MAX, &whole));
    SR_TRY(sr_note_encode_text(text, whole));
    SR_TRY(sr_buf_append(whole, lines));
    SR_TRY(sr_note_decode(sr_buf_view(whole), &note, err));
    if (!sr_text_equal(note.text, text)) {
        return sr_fail(err, SR_MALFORMED, "the answer has more than signatures in it");
    }
    SR_TRY(sr_vkey_verify_note(&key, 1, &note, mark, err));
    for (size_t i = 0; i < note.signatures; i++) {
        if (sr_vkey_has_line(key, &note.signature[i])) {
            SR_TRY(sr_note_encode_signature(&note.signature[i], out));
        }
    }
    return SR_OK;
}

/* 409: the size to go on from. */
static enum sr_status other_size(const struct job *job, struct sr_bytes body, uint64_t asked,
                                 struct sr_err *err)
{
    uint64_t seen = 0;
    if (sr_add_checkpoint_decode_size(body, &seen) != SR_OK || seen == asked) {
        return sr_fail(err, SR_MALFORMED, "it does not say what it has seen (W-5)");
    }
    job->outcome->seen_size = seen;
    if (seen > job->asking->size) {
        return sr_fail(err, SR_CONFLICT,
                       "it has seen %" PRIu64 " leaves of this log, which has %" PRIu64
                       ": is this an old copy?",
                       seen, job->asking->size);
    }
    return SR_OK;
}

/* What any other answer means. */
static enum sr_status refusal(unsigned status, struct sr_err *err)
{
    switch (status) {
    case 403:
        return sr_fail(err, SR_DENIED, "it does not know the key of this log");
    case 404:
        return sr_fail(err, SR_NOT_FOUND, "it was not told to witness this log");
    case 422:
        return sr_fail(err, SR_CONFLICT, "it has seen another tree of this log: a fork");
    default:
        return sr_fail(err, SR_UNAVAILABLE, "it answers with HTTP status %u", status);
    }
}

/* Ask once. *is_done stays false when the answer was another size: outcome->seen_size. */
static enum sr_status ask_once(struct job *job, const char *url, uint64_t old_size, bool *is_done,
                               struct sr_err *err)
{
    SR_AUTO(sr_buf) body = NULL;
    SR_CLEANUP(sr_client_reply_clear) struct sr_client_reply reply = {0};
    SR_TRY(sr_buf_new(SR_ADD_CHECKPOINT_BYTES_MAX, &body));
    SR_TRY(make_request(job->asking, old_size, body, err));
    const struct sr_client_request request = {
        .url = url,
        .is_post = true,
        .body = sr_buf_view(body),
        .reply_bytes_max = SR_COSIGN_ANSWER_BYTES_MAX,
        .timeout_ms = job->asking->timeout_ms,
    };
    SR_TRY(sr_client_ask(&request, &reply, err));
    if (reply.status == 409) {
        return other_size(job, sr_buf_view(reply.body), old_size, err);
    }
    if (reply.status != 200) {
        return refusal(reply.status, err);
    }
    SR_TRY(take_lines(job->asking->note->text, sr_buf_view(reply.body), job->witness->key,
                      job->lines, &job->outcome->mark, err));
    job->outcome->seen_size = job->asking->size;
    *is_done = true;
    return SR_OK;
}

static enum sr_status ask(struct job *job, struct sr_err *err)
{
    char url[URL_BYTES];
    bool is_done = false;
    uint64_t old_size = job->witness->last_size;
    SR_TRY(make_url(job->witness->url, url, err));
    if (old_size > job->asking->size) {
        old_size = 0; /* then it tells */
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        SR_TRY(ask_once(job, url, old_size, &is_done, err));
        if (is_done) {
            return SR_OK;
        }
        old_size = job->outcome->seen_size;
    }
    return sr_fail(err, SR_UNAVAILABLE, "it has seen another size each time it was asked");
}

static void *run(void *ctx)
{
    struct job *job = ctx;
    struct sr_cosign_outcome *o = job->outcome;
    o->status = ask(job, &o->err);
    if (o->status != SR_OK) {
        o->mark = (struct sr_vkey_mark){0};
        sr_buf_clear(job->lines);
    }
    return NULL;
}

static void free_jobs(struct job **jobs)
{
    struct job *all = *jobs;
    for (size_t i = 0; all != NULL && i < SR_COSIGN_WITNESSES_MAX; i++) {
        sr_buf_free(all[i].lines);
    }
    free(all);
}

/* All at once; when no thread can be had, one after the other. */
static void run_all(struct job *jobs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        jobs[i].is_running = pthread_create(&jobs[i].thread, NULL, run, &jobs[i]) == 0;
        if (!jobs[i].is_running) {
            (void)run(&jobs[i]);
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (jobs[i].is_running) {
            (void)pthread_join(jobs[i].thread, NULL);
        }
    }
}

/* Those lines of the note that came in that are of key. */
static enum sr_status keep_lines(const struct sr_note *note, const struct sr_vkey *key,
                                 struct sr_buf *out)
{
    for (size_t i = 0; i < note->signatures; i++) {
        if (sr_vkey_has_line(key, &note->signature[i])) {
            SR_TRY(sr_note_encode_signature(&note->signature[i], out));
        }
    }
    return SR_OK;
}

/* The note with what was signed now; what does not verify in the old one is left out. */
static enum sr_status put_together(const struct sr_note *note, const struct sr_vkey *log_key,
                                   const struct job *jobs, size_t count, struct sr_buf *out)
{
    SR_TRY(sr_note_encode_text(note->text, out));
    SR_TRY(keep_lines(note, log_key, out));
    for (size_t i = 0; i < count; i++) {
        const struct sr_vkey *key = jobs[i].witness->key;
        if (jobs[i].outcome->status == SR_OK) {
            SR_TRY(sr_buf_append(out, sr_buf_view(jobs[i].lines)));
        } else if (sr_vkey_verify_note(&key, 1, note, NULL, NULL) == SR_OK) {
            SR_TRY(keep_lines(note, key, out));
        }
    }
    return SR_OK;
}

enum sr_status sr_cosign(struct sr_bytes note, struct sr_bytes origin,
                         const struct sr_vkey *log_key, const struct sr_cosign_proofs *proofs,
                         const struct sr_cosign_witness *witnesses, size_t count,
                         unsigned timeout_ms, struct sr_buf *out,
                         struct sr_cosign_outcome *outcomes, struct sr_err *err)
{
    SR_CLEANUP(sr_note_clear) struct sr_note n = {0};
    struct sr_checkpoint c;
    assert(count <= SR_COSIGN_WITNESSES_MAX);
    SR_TRY(sr_receipt_checkpoint(note, origin, &log_key, 1, &c, NULL, err));
    SR_TRY(sr_note_decode(note, &n, err));
    SR_CLEANUP(free_jobs) struct job *jobs = calloc(SR_COSIGN_WITNESSES_MAX, sizeof *jobs);
    if (jobs == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for questions");
    }
    struct asking asking = {
        .note = &n, .data = note, .size = c.size, .proofs = proofs, .timeout_ms = timeout_ms};
    for (size_t i = 0; i < count; i++) {
        outcomes[i] = (struct sr_cosign_outcome){.status = SR_INTERNAL};
        jobs[i] =
            (struct job){.asking = &asking, .witness = &witnesses[i], .outcome = &outcomes[i]};
        SR_TRY(sr_buf_new(SR_COSIGN_ANSWER_BYTES_MAX, &jobs[i].lines));
    }
    (void)pthread_mutex_init(&asking.proving, NULL);
    run_all(jobs, count);
    (void)pthread_mutex_destroy(&asking.proving);
    return put_together(&n, log_key, jobs, count, out);
}
