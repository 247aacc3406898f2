/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/witness.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/folder.h"
#include "base/text.h"
#include "formats/add_checkpoint.h"
#include "formats/checkpoint.h"
#include "formats/lines.h"
#include "formats/quote.h"
#include "ledger/tree.h"

enum {
    KEYS_MAX = 8, /* of one log */
    FILE_BYTES_MAX = 65536,
    NOTE_BYTES_MAX = 256 << 10,
    LOCK_WAIT_MS = 5000,
    HASH_DIGITS = 2 * SR_SHA256_BYTES,
    NAME_BYTES = HASH_DIGITS + 8,
};
static const char LOGS[] = "logs";
static const char LOG[] = "log"; /* its origin, then its keys */
static const char CHECKPOINT[] = "checkpoint";
static const char FORK[] = "fork";
static const char TEXT_TYPE[] = "text/plain; charset=utf-8";
static const char SIZE_TYPE[] = "text/x.tlog.size";

struct sr_witness {
    struct sr_vkey *key;
    int folder;
    struct sr_signer *signer;
    pthread_mutex_t signing; /* a signer is for one thread */
};

/* What is known of a log. */
struct known {
    int folder;
    struct sr_buf *text; /* of its file */
    struct sr_bytes origin;
    size_t keys;
    struct sr_vkey *key[KEYS_MAX];
};

static void known_clear(struct known *k)
{
    sr_buf_free(k->text);
    for (size_t i = 0; i < k->keys; i++) {
        sr_vkey_free(k->key[i]);
    }
    sr_folder_close_fd(&k->folder);
}

/* The last checkpoint that was cosigned. */
struct seen {
    uint64_t size;
    uint8_t root[SR_SHA256_BYTES];
    uint64_t utc_s;
};

/* A request, taken apart. */
struct asked {
    struct sr_add_checkpoint request;
    struct sr_note note;
    struct sr_checkpoint checkpoint;
};

static void asked_clear(struct asked *a)
{
    sr_note_clear(&a->note);
}

void sr_witness_free(struct sr_witness *w)
{
    if (w == NULL) {
        return;
    }
    sr_vkey_free(w->key);
    (void)pthread_mutex_destroy(&w->signing);
    free(w);
}

enum sr_status sr_witness_open(struct sr_bytes name, struct sr_signer *signer, int folder,
                               struct sr_witness **out, struct sr_err *err)
{
    SR_AUTO(sr_witness) w = calloc(1, sizeof *w);
    if (w == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a witness");
    }
    w->folder = folder;
    w->signer = signer;
    (void)pthread_mutex_init(&w->signing, NULL);
    SR_TRY(sr_vkey_new(name, SR_VKEY_COSIGNATURE, signer->public_key, &w->key, err));
    SR_TRY(sr_folder_make(folder, LOGS, err));
    *out = SR_TAKE(w);
    return SR_OK;
}

const struct sr_vkey *sr_witness_key(const struct sr_witness *w)
{
    return w->key;
}

void sr_witness_answer_clear(struct sr_witness_answer *answer)
{
    sr_buf_free(answer->body);
    *answer = (struct sr_witness_answer){0};
}

/* "logs/<SHA-256 of origin>" */
static enum sr_status folder_name(struct sr_bytes origin, char out[NAME_BYTES])
{
    uint8_t digest[SR_SHA256_BYTES];
    char hex[HASH_DIGITS + 1];
    SR_TRY(sr_sha256_once(origin, digest));
    sr_text_hex(sr_bytes(digest, sizeof digest), hex);
    (void)snprintf(out, NAME_BYTES, "%s/%s", LOGS, hex);
    return SR_OK;
}

/* The file LOG: the origin, which the folder's name is made of, and the keys. */
static enum sr_status read_keys(struct known *k, struct sr_err *err)
{
    struct sr_bytes line;
    SR_TRY(sr_buf_new(FILE_BYTES_MAX, &k->text));
    SR_TRY(sr_folder_read_file(k->folder, LOG, k->text, err));
    struct sr_bytes rest = sr_buf_view(k->text);
    if (!sr_lines_take(&rest, &k->origin)) {
        return sr_fail(err, SR_CORRUPT, "the file of a log has no origin");
    }
    while (sr_lines_take(&rest, &line)) {
        if (k->keys == KEYS_MAX) {
            return sr_fail(err, SR_TOO_LARGE, "a log with over %d keys", KEYS_MAX);
        }
        SR_TRY(sr_vkey_parse(line, &k->key[k->keys], err));
        k->keys++;
    }
    return k->keys > 0 ? SR_OK : sr_fail(err, SR_CORRUPT, "the file of a log has no keys");
}

static enum sr_status find_log(int folder, struct sr_bytes origin, struct known *out,
                               struct sr_err *err)
{
    char name[NAME_BYTES];
    SR_TRY(folder_name(origin, name));
    if (sr_folder_open(folder, name, &out->folder, NULL) != SR_OK) {
        return sr_fail(err, SR_NOT_FOUND, "unknown log '%s'", sr_quote(origin).text);
    }
    enum sr_status status = read_keys(out, err);
    /* Without its file a folder is what a crash left of sr_witness_add(). */
    return status == SR_NOT_FOUND
               ? sr_fail(err, SR_NOT_FOUND, "unknown log '%s'", sr_quote(origin).text)
               : status;
}

static enum sr_status check_new_key(const struct known *k, const struct sr_vkey *key,
                                    struct sr_err *err)
{
    if (sr_vkey_type(key) != SR_VKEY_ED25519) {
        return sr_fail(err, SR_UNSUPPORTED, "the key of a log has type 1, not %d",
                       (int)sr_vkey_type(key));
    }
    for (size_t i = 0; i < k->keys; i++) {
        if (sr_public_key_equal(sr_vkey_key(k->key[i]), sr_vkey_key(key))) {
            return sr_fail(err, SR_CONFLICT, "this log and key are witnessed already");
        }
    }
    return k->keys < KEYS_MAX ? SR_OK
                              : sr_fail(err, SR_TOO_LARGE, "a log with over %d keys", KEYS_MAX);
}

/* The file again, with one key more. */
static enum sr_status write_keys(const struct known *k, const struct sr_vkey *key,
                                 struct sr_bytes origin, struct sr_err *err)
{
    SR_AUTO(sr_buf) text = NULL;
    const struct sr_bytes newline = sr_bytes("\n", 1);
    SR_TRY(sr_buf_new(FILE_BYTES_MAX, &text));
    SR_TRY(sr_buf_append(text, origin));
    SR_TRY(sr_buf_append(text, newline));
    for (size_t i = 0; i <= k->keys; i++) {
        SR_TRY(sr_vkey_text(i < k->keys ? k->key[i] : key, text));
        SR_TRY(sr_buf_append(text, newline));
    }
    return sr_folder_write_file(k->folder, LOG, sr_buf_view(text), err);
}

enum sr_status sr_witness_add(int folder, const struct sr_vkey *key, struct sr_bytes origin,
                              struct sr_err *err)
{
    SR_CLEANUP(known_clear) struct known k = {.folder = -1};
    SR_AUTO_FD lock = -1;
    char name[NAME_BYTES];
    if (origin.len == 0 || origin.len > SR_CHECKPOINT_ORIGIN_BYTES_MAX ||
        !sr_text_is_utf8(origin) || memchr(origin.ptr, '\n', origin.len) != NULL) {
        return sr_fail(err, SR_MALFORMED, "'%s' cannot be an origin", sr_quote(origin).text);
    }
    SR_TRY(folder_name(origin, name));
    SR_TRY(sr_folder_make(folder, LOGS, err));
    SR_TRY(sr_folder_make(folder, name, err));
    SR_TRY(sr_folder_open(folder, name, &k.folder, err));
    SR_TRY(sr_folder_lock(k.folder, "lock", SR_LOCK_EXCLUSIVE, LOCK_WAIT_MS, &lock, err));
    enum sr_status status = read_keys(&k, NULL);
    if (status != SR_OK && status != SR_NOT_FOUND) {
        return sr_fail(err, status, "the keys of this log cannot be read");
    }
    SR_TRY(check_new_key(&k, key, err));
    return write_keys(&k, key, origin, err);
}

/* W-8: lines that cannot be read are signatures that do not verify, if there is a text to sign. */
static enum sr_status decode_note(struct asked *a, struct sr_err *err)
{
    struct sr_bytes data = a->request.checkpoint;
    struct sr_err inner = {0};
    enum sr_status status = sr_note_decode(data, &a->note, &inner);
    if (status == SR_OK) {
        return sr_checkpoint_decode(a->note.text, &a->checkpoint, err);
    }
    for (size_t i = data.len; status == SR_MALFORMED && i >= 2; i--) {
        if (data.ptr[i - 1] == '\n' && data.ptr[i - 2] == '\n') {
            SR_TRY(sr_checkpoint_decode(sr_bytes(data.ptr, i - 1), &a->checkpoint, err));
            a->note.signatures = 0;
            return SR_OK;
        }
    }
    return sr_fail(err, status, "%s", inner.message);
}

static enum sr_status check_signature(const struct asked *a, const struct known *k,
                                      struct sr_err *err)
{
    struct sr_err inner = {0};
    enum sr_status status =
        sr_vkey_verify_note((const struct sr_vkey *const *)k->key, k->keys, &a->note, NULL, &inner);
    return status == SR_OK ? SR_OK : sr_fail(err, status, "invalid signature: %s", inner.message);
}

/* What was cosigned last, which our own key has to have signed; nothing yet is an empty tree. */
static enum sr_status read_seen(const struct sr_vkey *own, const struct known *k, struct seen *out,
                                struct sr_err *err)
{
    SR_AUTO(sr_buf) data = NULL;
    SR_CLEANUP(sr_note_clear) struct sr_note note = {0};
    const struct sr_vkey *keys[] = {own};
    struct sr_vkey_mark mark = {0};
    struct sr_checkpoint c;
    SR_TRY(sr_buf_new(NOTE_BYTES_MAX, &data));
    enum sr_status status = sr_folder_read_file(k->folder, CHECKPOINT, data, err);
    if (status == SR_NOT_FOUND) {
        *out = (struct seen){0};
        return sr_sha256_once(sr_bytes(NULL, 0), out->root);
    }
    SR_TRY(status);
    if (sr_note_decode(sr_buf_view(data), &note, NULL) != SR_OK ||
        sr_vkey_verify_note(keys, 1, &note, &mark, NULL) != SR_OK ||
        sr_checkpoint_decode(note.text, &c, NULL) != SR_OK) {
        return sr_fail(err, SR_CORRUPT,
                       "the stored checkpoint is not one that this key has signed");
    }
    *out = (struct seen){.size = c.size, .utc_s = mark.utc_s};
    memcpy(out->root, c.root, sizeof out->root);
    return SR_OK;
}

/* The text and those lines under it that are of the log's keys. */
static enum sr_status put_note(const struct asked *a, const struct known *k, struct sr_buf *out)
{
    SR_TRY(sr_note_encode_text(a->note.text, out));
    for (size_t i = 0; i < a->note.signatures; i++) {
        for (size_t n = 0; n < k->keys; n++) {
            if (sr_vkey_has_line(k->key[n], &a->note.signature[i])) {
                SR_TRY(sr_note_encode_signature(&a->note.signature[i], out));
                break;
            }
        }
    }
    return SR_OK;
}

/* Two roots of one size, both signed by the log: who shows both proves that it lies. */
static enum sr_status keep_fork(const struct asked *a, const struct known *k,
                                const struct seen *seen, struct sr_err *err)
{
    SR_AUTO(sr_buf) note = NULL;
    struct stat st;
    if (a->checkpoint.size != seen->size ||
        memcmp(a->checkpoint.root, seen->root, sizeof seen->root) == 0 ||
        fstatat(k->folder, FORK, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        return SR_OK;
    }
    SR_TRY(sr_buf_new(NOTE_BYTES_MAX, &note));
    SR_TRY(put_note(a, k, note));
    return sr_folder_write_file(k->folder, FORK, sr_buf_view(note), err);
}

/* W-10 */
static enum sr_status check_growth(const struct asked *a, const struct seen *seen,
                                   struct sr_err *err)
{
    struct sr_tree_proof proof = {.hashes = a->request.hashes};
    memcpy(proof.hash, a->request.hash, a->request.hashes * sizeof proof.hash[0]);
    enum sr_status status = sr_tree_verify_consistency(seen->size, seen->root, a->checkpoint.size,
                                                       a->checkpoint.root, &proof, NULL);
    return status == SR_UNTRUSTED
               ? sr_fail(err, SR_REFUSED, "the consistency proof does not lead to this root")
               : status;
}

static enum sr_status cosign(struct sr_witness *w, const struct asked *a, const struct known *k,
                             uint64_t now_utc_s, struct sr_buf *line, struct sr_err *err)
{
    SR_AUTO(sr_buf) note = NULL;
    SR_TRY(sr_buf_new(NOTE_BYTES_MAX, &note));
    SR_TRY(put_note(a, k, note));
    (void)pthread_mutex_lock(&w->signing);
    enum sr_status status = sr_vkey_sign(w->key, w->signer, now_utc_s, a->note.text, line, err);
    (void)pthread_mutex_unlock(&w->signing);
    SR_TRY(status);
    SR_TRY(sr_buf_append(note, sr_buf_view(line)));
    return sr_folder_write_file(k->folder, CHECKPOINT, sr_buf_view(note), err);
}

/*
 * Under the log's lock: compare, sign, store. *out_size is what the witness has, for CONFLICT; line
 * is only worth something after OK, when it is stored.
 */
static enum sr_status step(struct sr_witness *w, const struct asked *a, const struct known *k,
                           uint64_t now_utc_s, uint64_t *out_size, struct sr_buf *line,
                           struct sr_err *err)
{
    struct seen seen;
    SR_TRY(read_seen(w->key, k, &seen, err));
    SR_TRY(keep_fork(a, k, &seen, err));
    if (a->request.old_size != seen.size) {
        *out_size = seen.size;
        return sr_fail(err, SR_CONFLICT, "the witness has seen %" PRIu64 " leaves", seen.size);
    }
    SR_TRY(check_growth(a, &seen, err));
    if (now_utc_s < seen.utc_s) {
        return sr_fail(err, SR_UNAVAILABLE,
                       "the clock is %" PRIu64 " s behind the last cosignature",
                       seen.utc_s - now_utc_s);
    }
    return cosign(w, a, k, now_utc_s, line, err);
}

static enum sr_status consider(struct sr_witness *w, struct sr_bytes body, uint64_t now_utc_s,
                               uint64_t *out_size, struct sr_buf *line, struct sr_err *err)
{
    SR_CLEANUP(asked_clear) struct asked a = {.note = {.signatures = 0}};
    SR_CLEANUP(known_clear) struct known k = {.folder = -1};
    SR_AUTO_FD lock = -1;
    SR_TRY(sr_add_checkpoint_decode(body, &a.request, err));
    SR_TRY(decode_note(&a, err));
    SR_TRY(find_log(w->folder, a.checkpoint.origin, &k, err));
    SR_TRY(check_signature(&a, &k, err));
    if (a.request.old_size > a.checkpoint.size) {
        return sr_fail(err, SR_MALFORMED, "the old size is over that of the checkpoint (W-6)");
    }
    SR_TRY(sr_folder_lock(k.folder, "lock", SR_LOCK_EXCLUSIVE, LOCK_WAIT_MS, &lock, err));
    return step(w, &a, &k, now_utc_s, out_size, line, err);
}

/* W-6 to W-12 */
static unsigned http_status(enum sr_status status)
{
    static const struct {
        enum sr_status status;
        unsigned http;
    } TABLE[] = {
        {SR_OK, 200},       {SR_MALFORMED, 400}, {SR_UNTRUSTED, 403}, {SR_NOT_FOUND, 404},
        {SR_CONFLICT, 409}, {SR_TOO_LARGE, 413}, {SR_REFUSED, 422},
    };
    for (size_t i = 0; i < sizeof TABLE / sizeof TABLE[0]; i++) {
        if (TABLE[i].status == status) {
            return TABLE[i].http;
        }
    }
    return 503;
}

/* A line of text: what was wrong with the request; of what is wrong here, nothing. */
static enum sr_status say(enum sr_status status, const struct sr_err *why,
                          struct sr_witness_answer *out)
{
    out->status = http_status(status);
    out->type = TEXT_TYPE;
    SR_TRY(sr_buf_append(out->body,
                         sr_text_view(out->status == 503 ? "cannot sign now" : why->message)));
    return sr_buf_append(out->body, sr_bytes("\n", 1));
}

enum sr_status sr_witness_add_checkpoint(struct sr_witness *w, struct sr_bytes body,
                                         uint64_t now_utc_s, struct sr_witness_answer *out,
                                         struct sr_err *err)
{
    SR_CLEANUP(sr_witness_answer_clear) struct sr_witness_answer answer = {0};
    SR_AUTO(sr_buf) line = NULL;
    struct sr_err why = {0};
    uint64_t size = 0;
    SR_TRY(sr_buf_new(FILE_BYTES_MAX, &answer.body));
    SR_TRY(sr_buf_new(FILE_BYTES_MAX, &line));
    enum sr_status status = consider(w, body, now_utc_s, &size, line, &why);
    if (status == SR_OK) {
        answer.status = 200;
        answer.type = TEXT_TYPE;
        SR_TRY(sr_buf_append(answer.body, sr_buf_view(line)));
    } else if (status == SR_CONFLICT) {
        answer.status = 409;
        answer.type = SIZE_TYPE;
        SR_TRY(sr_lines_put_number("", size, answer.body));
    } else {
        SR_TRY(say(status, &why, &answer));
    }
    if (err != NULL) {
        *err = why;
    }
    *out = answer;
    answer.body = NULL;
    return SR_OK;
}

enum sr_status sr_witness_get_checkpoint(struct sr_witness *w, struct sr_bytes hash,
                                         struct sr_witness_answer *out, struct sr_err *err)
{
    SR_CLEANUP(sr_witness_answer_clear) struct sr_witness_answer answer = {.type = TEXT_TYPE};
    uint8_t digest[SR_SHA256_BYTES];
    char path[NAME_BYTES + sizeof CHECKPOINT];
    struct sr_err why = {0};
    enum sr_status status = SR_NOT_FOUND;
    SR_TRY(sr_buf_new(NOTE_BYTES_MAX, &answer.body));
    if (sr_text_unhex(hash, digest, sizeof digest) == SR_OK) {
        (void)snprintf(path, sizeof path, "%s/%.*s/%s", LOGS, (int)hash.len, (const char *)hash.ptr,
                       CHECKPOINT);
        status = sr_folder_read_file(w->folder, path, answer.body, &why);
    }
    answer.status = 200;
    if (status != SR_OK) {
        enum sr_status none =
            sr_fail(&why, status == SR_NOT_FOUND ? SR_NOT_FOUND : SR_IO, "no checkpoint");
        sr_buf_clear(answer.body);
        SR_TRY(say(none, &why, &answer));
    }
    if (err != NULL) {
        *err = why;
    }
    *out = answer;
    answer.body = NULL;
    return SR_OK;
}

/* For sr_folder_list(). */
struct listing {
    int folder;
    const struct sr_vkey *own;
    enum sr_status (*visit)(void *ctx, const struct sr_witness_log *log, struct sr_err *err);
    void *ctx;
};

static enum sr_status list_one(void *ctx, const char *name, struct sr_err *err)
{
    const struct listing *l = ctx;
    SR_CLEANUP(known_clear) struct known k = {.folder = -1};
    struct seen seen;
    struct stat st;
    SR_TRY(sr_folder_open(l->folder, name, &k.folder, err));
    enum sr_status status = read_keys(&k, err);
    if (status == SR_NOT_FOUND) {
        return SR_OK; /* what a crash left of sr_witness_add() */
    }
    SR_TRY(status);
    SR_TRY(read_seen(l->own, &k, &seen, err));
    const struct sr_witness_log log = {
        .origin = k.origin,
        .keys = k.keys,
        .size = seen.size,
        .utc_s = seen.utc_s,
        .is_forked = fstatat(k.folder, FORK, &st, AT_SYMLINK_NOFOLLOW) == 0,
    };
    return l->visit(l->ctx, &log, err);
}

enum sr_status sr_witness_list(int folder, const struct sr_vkey *key,
                               enum sr_status (*visit)(void *ctx, const struct sr_witness_log *log,
                                                       struct sr_err *err),
                               void *ctx, struct sr_err *err)
{
    struct listing l = {.own = key, .visit = visit, .ctx = ctx};
    SR_AUTO_FD logs = -1;
    enum sr_status status = sr_folder_open(folder, LOGS, &logs, err);
    if (status == SR_NOT_FOUND) {
        return SR_OK;
    }
    SR_TRY(status);
    l.folder = logs;
    return sr_folder_list(logs, list_one, &l, err);
}
