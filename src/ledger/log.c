/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/folder.h"
#include "base/text.h"
#include "formats/checkpoint.h"
#include "formats/lines.h"
#include "formats/tile.h"
#include "ledger/log_impl.h"
#include "ledger/receipt.h"

static const char CHECKPOINT[] = "checkpoint";
static const char JOURNAL[] = "journal";
static const char FAILED_BEFORE[] = "the log failed before and has to be opened again";
enum { BATCH_BYTES_MAX = 16 << 20, TEXT_BYTES_MAX = 8192, PIN_NAME_BYTES = 128 };

/* Somebody in sr_log_append(). */
struct sr_log_waiter {
    struct sr_bytes bundle;
    size_t count;
    uint64_t first;
    bool is_done;
    enum sr_status status;
    struct sr_err err;
    struct sr_log_waiter *next;
};

void sr_log_take(struct sr_log *log)
{
    (void)pthread_mutex_lock(&log->mutex);
    while (log->is_taken) {
        (void)pthread_cond_wait(&log->changed, &log->mutex);
    }
    log->is_taken = true;
    (void)pthread_mutex_unlock(&log->mutex);
}

void sr_log_give(struct sr_log *log)
{
    (void)pthread_mutex_lock(&log->mutex);
    log->is_taken = false;
    (void)pthread_cond_broadcast(&log->changed);
    (void)pthread_mutex_unlock(&log->mutex);
}

/* The pin is the text of a checkpoint with a line that says when. */
static enum sr_status write_pin(const struct sr_log *log, const struct sr_log_pin *pin,
                                struct sr_err *err)
{
    SR_AUTO(sr_buf) when = NULL;
    SR_AUTO(sr_buf) text = NULL;
    struct sr_checkpoint c = {.origin = log->o.origin, .size = pin->size};
    SR_TRY(sr_buf_new(64, &when));
    SR_TRY(sr_lines_put_number("time ", (uint64_t)pin->utc_ms, when));
    memcpy(c.root, pin->root, sizeof c.root);
    c.extensions = sr_buf_view(when);
    SR_TRY(sr_buf_new(TEXT_BYTES_MAX, &text));
    SR_TRY(sr_checkpoint_encode(&c, text));
    return sr_folder_write_file(log->o.pin_folder, log->o.pin_name, sr_buf_view(text), err);
}

static enum sr_status read_pin(struct sr_log *log, struct sr_err *err)
{
    static const char TIME[] = "time ";
    SR_AUTO(sr_buf) text = NULL;
    struct sr_checkpoint c;
    struct sr_bytes line;
    uint64_t utc_ms = 0;
    SR_TRY(sr_buf_new(TEXT_BYTES_MAX, &text));
    enum sr_status status = sr_folder_read_file(log->o.pin_folder, log->o.pin_name, text, err);
    if (status != SR_OK) {
        return sr_context(err, status, "the pin of the log");
    }
    SR_TRY(sr_checkpoint_decode(sr_buf_view(text), &c, err));
    if (!sr_text_equal(c.origin, log->o.origin)) {
        return sr_fail(err, SR_CONFLICT, "the pin is of another log");
    }
    size_t len = strlen(TIME);
    if (!sr_lines_take(&c.extensions, &line) || line.len < len ||
        memcmp(line.ptr, TIME, len) != 0 ||
        sr_text_parse_u64(sr_bytes(line.ptr + len, line.len - len), 0, INT64_MAX, &utc_ms) !=
            SR_OK) {
        return sr_fail(err, SR_MALFORMED, "the pin has no time");
    }
    log->pin = (struct sr_log_pin){.size = c.size, .utc_ms = (int64_t)utc_ms};
    memcpy(log->pin.root, c.root, sizeof c.root);
    return SR_OK;
}

void sr_log_free(struct sr_log *log)
{
    if (log == NULL) {
        return;
    }
    sr_tiles_free(log->tiles);
    sr_folder_close_fd(&log->journal.fd);
    sr_folder_close_fd(&log->lock);
    sr_folder_close_fd(&log->pin_lock);
    sr_vkey_free(log->vkey);
    (void)pthread_mutex_destroy(&log->mutex);
    (void)pthread_cond_destroy(&log->changed);
    free(log);
}

/* A log with its locks, and nothing read yet. */
static enum sr_status prepare(const struct sr_log_options *o, struct sr_log **out,
                              struct sr_err *err)
{
    char name[PIN_NAME_BYTES];
    SR_AUTO(sr_log) log = calloc(1, sizeof *log);
    if (log == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a log");
    }
    log->o = *o;
    log->lock = log->pin_lock = log->journal.fd = -1;
    log->queue_end = &log->queue;
    (void)pthread_mutex_init(&log->mutex, NULL);
    (void)pthread_cond_init(&log->changed, NULL);
    const struct sr_public_key *key = o->signer == NULL ? o->public_key : o->signer->public_key;
    SR_TRY(sr_vkey_new(o->origin, SR_VKEY_ED25519, key, &log->vkey, err));
    SR_TRY(sr_folder_lock(o->folder, "lock", SR_LOCK_EXCLUSIVE, o->wait_ms, &log->lock, err));
    /* Two copies of the folder have two locks, but one pin. */
    (void)snprintf(name, sizeof name, "%.100s.lock", o->pin_name);
    SR_TRY(sr_folder_lock(o->pin_folder, name, SR_LOCK_EXCLUSIVE, o->wait_ms, &log->pin_lock, err));
    *out = SR_TAKE(log);
    return SR_OK;
}

static bool is_there(int folder, const char *name)
{
    struct stat st;
    return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

/* Write the partial tiles, remember what is about to be signed, sign it, put it there. */
static enum sr_status publish(struct sr_log *log, int64_t now_utc_ms, struct sr_buf *note,
                              struct sr_err *err)
{
    SR_AUTO(sr_buf) text = NULL;
    SR_AUTO(sr_buf) made = NULL;
    struct sr_tree_nodes nodes = sr_tiles_nodes(log->tiles);
    struct sr_checkpoint c = {.origin = log->o.origin, .size = sr_tiles_size(log->tiles)};
    struct sr_log_pin pin = {.size = c.size, .utc_ms = now_utc_ms};
    SR_TRY(sr_buf_new(TEXT_BYTES_MAX, &text));
    SR_TRY(sr_buf_new(TEXT_BYTES_MAX, &made));
    SR_TRY(sr_tree_root(&nodes, c.size, c.root, err));
    memcpy(pin.root, c.root, sizeof pin.root);
    SR_TRY(sr_checkpoint_encode(&c, text));
    SR_TRY(sr_tiles_flush(log->tiles, err));
    SR_TRY(write_pin(log, &pin, err));
    SR_TRY(sr_note_encode_text(sr_buf_view(text), made));
    SR_TRY(sr_vkey_sign(log->vkey, log->o.signer, 0, sr_buf_view(text), made, err));
    uint64_t before = log->published;
    /* Signed again, it is the same bytes; what witnesses have signed under it stays. */
    if (c.size > before || !is_there(log->o.folder, CHECKPOINT)) {
        SR_TRY(sr_folder_write_file(log->o.folder, CHECKPOINT, sr_buf_view(made), err));
    }
    log->pin = pin;
    log->published = c.size;
    sr_tiles_prune(log->tiles, before);
    SR_TRY(sr_journal_empty(&log->journal, err));
    return sr_buf_append(note, sr_buf_view(made));
}

enum sr_status sr_log_publish(struct sr_log *log, int64_t now_utc_ms, struct sr_buf *note,
                              struct sr_err *err)
{
    enum sr_status status = SR_OK;
    sr_log_take(log);
    if (log->is_failed) {
        status = sr_fail(err, SR_IO, "%s", FAILED_BEFORE);
    } else if (log->o.signer == NULL) {
        status = sr_fail(err, SR_UNAUTHENTICATED, "the log's key is locked");
    } else if (now_utc_ms < log->pin.utc_ms) {
        status = sr_fail(err, SR_CONFLICT, "the clock is behind the last checkpoint");
    } else {
        status = publish(log, now_utc_ms, note, err);
        log->is_failed = status != SR_OK;
    }
    sr_log_give(log);
    return status;
}

/* note is a checkpoint of this very tree, signed by the log; *out_size is how much of it. */
static enum sr_status check_ours(struct sr_log *log, struct sr_bytes note, uint64_t *out_size,
                                 struct sr_err *err)
{
    const struct sr_vkey *keys[] = {log->vkey};
    struct sr_tree_nodes nodes = sr_tiles_nodes(log->tiles);
    struct sr_checkpoint c;
    uint8_t root[SR_SHA256_BYTES];
    SR_TRY(sr_receipt_checkpoint(note, log->o.origin, keys, 1, &c, NULL, err));
    if (c.size > log->published || c.extensions.len > 0) {
        return sr_fail(err, SR_CONFLICT, "that is no checkpoint that this log has published");
    }
    SR_TRY(sr_tree_root(&nodes, c.size, root, err));
    if (memcmp(root, c.root, sizeof root) != 0) {
        return sr_fail(err, SR_CONFLICT, "a checkpoint of another tree");
    }
    *out_size = c.size;
    return SR_OK;
}

/* The checkpoint that was cosigned last, if it is there and of this tree. */
static enum sr_status read_cosigned(struct sr_log *log, struct sr_buf *out, uint64_t *out_size,
                                    struct sr_err *err)
{
    struct sr_err why = {0};
    SR_TRY(sr_folder_read_file(log->o.folder, SR_LOG_COSIGNED, out, err));
    enum sr_status status = check_ours(log, sr_buf_view(out), out_size, &why);
    if (status == SR_UNTRUSTED || status == SR_MALFORMED || status == SR_CONFLICT) {
        return sr_fail(err, SR_NOT_FOUND, "the cosigned checkpoint is none of this log: %s",
                       why.message);
    }
    return status == SR_OK ? SR_OK : sr_fail(err, status, "%s", why.message);
}

enum sr_status sr_log_cosigned(struct sr_log *log, struct sr_buf *out, struct sr_err *err)
{
    SR_AUTO(sr_buf) note = NULL;
    uint64_t size = 0;
    SR_TRY(sr_buf_new(SR_NOTE_BYTES_MAX, &note));
    sr_log_take(log);
    enum sr_status status = read_cosigned(log, note, &size, err);
    sr_log_give(log);
    return status == SR_OK ? sr_buf_append(out, sr_buf_view(note)) : status;
}

static enum sr_status store_cosigned(struct sr_log *log, struct sr_bytes note, struct sr_err *err)
{
    SR_AUTO(sr_buf) kept = NULL;
    uint64_t size = 0;
    uint64_t kept_size = 0;
    SR_TRY(check_ours(log, note, &size, err));
    SR_TRY(sr_buf_new(SR_NOTE_BYTES_MAX, &kept));
    if (read_cosigned(log, kept, &kept_size, NULL) == SR_OK && size < kept_size) {
        return SR_OK;
    }
    SR_TRY(sr_folder_write_file(log->o.folder, SR_LOG_COSIGNED, note, err));
    return size == log->published ? sr_folder_write_file(log->o.folder, CHECKPOINT, note, err)
                                  : SR_OK;
}

enum sr_status sr_log_store_cosigned(struct sr_log *log, struct sr_bytes note, struct sr_err *err)
{
    sr_log_take(log);
    enum sr_status status = store_cosigned(log, note, err);
    sr_log_give(log);
    return status;
}

enum sr_status sr_log_create(const struct sr_log_options *options, int64_t now_utc_ms,
                             struct sr_err *err)
{
    SR_AUTO(sr_log) log = NULL;
    SR_AUTO(sr_buf) note = NULL;
    if (options->signer == NULL) {
        return sr_fail(err, SR_UNAUTHENTICATED, "the log's key is locked");
    }
    SR_TRY(prepare(options, &log, err));
    if (is_there(options->folder, CHECKPOINT) || is_there(options->pin_folder, options->pin_name)) {
        return sr_fail(err, SR_CONFLICT, "there is a log, or a pin of one");
    }
    SR_TRY(sr_buf_new(TEXT_BYTES_MAX, &note));
    SR_TRY(sr_journal_open(options->folder, JOURNAL, &log->journal, err));
    if (log->journal.bytes > 0) {
        return sr_fail(err, SR_CONFLICT, "there is a journal of a log");
    }
    SR_TRY(sr_tiles_open(options->folder, 0, &log->tiles, err));
    return publish(log, now_utc_ms, note, err);
}

enum sr_status sr_log_read_note(struct sr_log *log, struct sr_buf *out, struct sr_err *err)
{
    return sr_folder_read_file(log->o.folder, CHECKPOINT, out, err);
}

/* The checkpoint in the folder; none is as good as an empty one, which the pin has to agree with.
 */
static enum sr_status read_checkpoint(struct sr_log *log, uint64_t *out_size,
                                      uint8_t out_root[SR_SHA256_BYTES], struct sr_err *err)
{
    SR_AUTO(sr_buf) note = NULL;
    struct sr_checkpoint c = {0};
    const struct sr_vkey *keys[] = {log->vkey};
    SR_TRY(sr_buf_new(SR_NOTE_BYTES_MAX, &note));
    enum sr_status status = sr_log_read_note(log, note, err);
    if (status == SR_NOT_FOUND) {
        *out_size = 0;
        return sr_sha256_once(sr_bytes(NULL, 0), out_root);
    }
    SR_TRY(status);
    SR_TRY(sr_receipt_checkpoint(sr_buf_view(note), log->o.origin, keys, 1, &c, NULL, err));
    *out_size = c.size;
    memcpy(out_root, c.root, sizeof c.root);
    return SR_OK;
}

/* Whether the first size leaves have root. */
static enum sr_status check_root_of(struct sr_log *log, uint64_t size,
                                    const uint8_t root[SR_SHA256_BYTES], enum sr_status status,
                                    const char *message, struct sr_err *err)
{
    uint8_t hash[SR_SHA256_BYTES];
    struct sr_tree_nodes nodes = sr_tiles_nodes(log->tiles);
    SR_TRY(sr_tree_root(&nodes, size, hash, err));
    return memcmp(hash, root, sizeof hash) == 0 ? SR_OK : sr_fail(err, status, "%s", message);
}

static enum sr_status check_root(struct sr_log *log, const uint8_t root[SR_SHA256_BYTES],
                                 enum sr_status status, const char *message, struct sr_err *err)
{
    return check_root_of(log, sr_tiles_size(log->tiles), root, status, message, err);
}

/* The tree has to lead up to the pin, or away from it: whoever else has the key, another user of
 * this machine, has a pin of his own, and has signed since. Smaller ones still grow. */
static enum sr_status check_pin(struct sr_log *log, struct sr_err *err)
{
    if (sr_tiles_size(log->tiles) < log->pin.size) {
        return SR_OK;
    }
    return check_root_of(log, log->pin.size, log->pin.root, SR_CONFLICT,
                         "the log is forked: it has another root than was signed", err);
}

static enum sr_status replay_entry(void *ctx, struct sr_bytes entry, struct sr_err *err)
{
    struct sr_log *log = ctx;
    SR_TRY(sr_tiles_add(log->tiles, entry, err));
    return sr_tiles_size(log->tiles) == log->pin.size ? check_pin(log, err) : SR_OK;
}

enum sr_status sr_log_trust(const struct sr_log_options *options, int64_t now_utc_ms,
                            struct sr_err *err)
{
    SR_AUTO(sr_log) log = NULL;
    struct sr_log_pin pin = {.utc_ms = now_utc_ms};
    SR_TRY(prepare(options, &log, err));
    if (is_there(options->pin_folder, options->pin_name)) {
        return sr_fail(err, SR_CONFLICT, "there is a pin of this log");
    }
    if (!is_there(options->folder, CHECKPOINT)) {
        return sr_fail(err, SR_NOT_FOUND, "there is no checkpoint to trust");
    }
    SR_TRY(read_checkpoint(log, &pin.size, pin.root, err));
    SR_TRY(sr_tiles_open(options->folder, pin.size, &log->tiles, err));
    SR_TRY(
        check_root(log, pin.root, SR_CORRUPT, "the tiles do not give the checkpoint's root", err));
    return write_pin(log, &pin, err);
}

enum sr_status sr_log_open(const struct sr_log_options *options, struct sr_log **out,
                           struct sr_err *err)
{
    SR_AUTO(sr_log) log = NULL;
    uint8_t root[SR_SHA256_BYTES];
    SR_TRY(prepare(options, &log, err));
    enum sr_status status = read_pin(log, err);
    bool has_pin = status == SR_OK;
    if (status != SR_NOT_FOUND || options->signer != NULL || !options->may_lack_pin) {
        SR_TRY(status);
    }
    SR_TRY(read_checkpoint(log, &log->published, root, err));
    if (!has_pin) { /* nothing is signed, so the checkpoint will do */
        log->pin.size = log->published;
        memcpy(log->pin.root, root, sizeof root);
    }
    SR_TRY(sr_tiles_open(options->folder, log->published, &log->tiles, err));
    SR_TRY(check_root(log, root, SR_CORRUPT, "the tiles do not give the checkpoint's root", err));
    SR_TRY(check_pin(log, err));
    SR_TRY(sr_journal_open(options->folder, JOURNAL, &log->journal, err));
    SR_TRY(sr_journal_replay(&log->journal, log->published, replay_entry, log, err));
    if (sr_tiles_size(log->tiles) < log->pin.size) {
        return sr_fail(err, SR_CONFLICT,
                       "the log has %" PRIu64 " leaves, but %" PRIu64
                       " were signed: restored from an old copy",
                       sr_tiles_size(log->tiles), log->pin.size);
    }
    *out = SR_TAKE(log);
    return SR_OK;
}

/* Those at the head of the queue that go into one batch, taken off it. Under the mutex. */
static struct sr_log_waiter *take_batch(struct sr_log *log)
{
    struct sr_log_waiter *batch = log->queue;
    struct sr_log_waiter **end = &log->queue;
    size_t bytes = 0;
    while (*end != NULL && bytes + (*end)->bundle.len <= BATCH_BYTES_MAX) {
        bytes += (*end)->bundle.len;
        end = &(*end)->next;
    }
    log->queue = *end;
    *end = NULL;
    if (log->queue == NULL) {
        log->queue_end = &log->queue;
    }
    return batch;
}

static enum sr_status add_all(struct sr_log *log, struct sr_bytes bundle, struct sr_err *err)
{
    struct sr_bytes entry;
    while (bundle.len > 0) {
        SR_TRY(sr_tile_next_entry(&bundle, &entry));
        SR_TRY(sr_tiles_add(log->tiles, entry, err));
    }
    return SR_OK;
}

/* Make a batch durable, then part of the tree. */
static enum sr_status commit(struct sr_log *log, struct sr_log_waiter *batch, struct sr_err *err)
{
    SR_AUTO(sr_buf) bundle = NULL;
    uint64_t first = sr_tiles_size(log->tiles);
    size_t count = 0;
    if (log->is_failed) {
        return sr_fail(err, SR_IO, "%s", FAILED_BEFORE);
    }
    SR_TRY(sr_buf_new(BATCH_BYTES_MAX, &bundle));
    for (struct sr_log_waiter *w = batch; w != NULL; w = w->next) {
        SR_TRY(sr_buf_append(bundle, w->bundle));
        w->first = first + count;
        count += w->count;
    }
    struct sr_bytes all = sr_buf_view(bundle);
    enum sr_status status = sr_journal_write(&log->journal, first, (uint32_t)count, all, err);
    if (status == SR_OK) {
        status = add_all(log, all, err);
    }
    /* A full journal was not touched; after anything else, memory and disk may differ. */
    log->is_failed = status != SR_OK && status != SR_BUSY;
    return status;
}

/* Be the one who commits, once. Called and returns under the mutex. */
static void lead(struct sr_log *log)
{
    struct sr_log_waiter *batch = take_batch(log);
    struct sr_err err = {0};
    log->is_taken = true;
    (void)pthread_mutex_unlock(&log->mutex);
    enum sr_status status = commit(log, batch, &err);
    (void)pthread_mutex_lock(&log->mutex);
    while (batch != NULL) {
        struct sr_log_waiter *next = batch->next; /* its owner may go once it is done */
        batch->status = status;
        batch->err = err;
        batch->is_done = true;
        batch = next;
    }
    log->is_taken = false;
    (void)pthread_cond_broadcast(&log->changed);
}

enum sr_status sr_log_append(struct sr_log *log, const struct sr_bytes *entries, size_t count,
                             uint64_t *out_index, struct sr_err *err)
{
    SR_AUTO(sr_buf) bundle = NULL;
    SR_TRY(sr_buf_new(BATCH_BYTES_MAX, &bundle));
    for (size_t i = 0; i < count; i++) {
        enum sr_status status = sr_tile_put_entry(entries[i], bundle);
        if (status != SR_OK) {
            return sr_fail(err, status, "entry %zu of %zu bytes does not fit", i, entries[i].len);
        }
    }
    struct sr_log_waiter self = {.bundle = sr_buf_view(bundle), .count = count};
    (void)pthread_mutex_lock(&log->mutex);
    *log->queue_end = &self;
    log->queue_end = &self.next;
    while (!self.is_done) {
        if (log->is_taken) {
            (void)pthread_cond_wait(&log->changed, &log->mutex);
        } else {
            lead(log);
        }
    }
    (void)pthread_mutex_unlock(&log->mutex);
    if (self.status != SR_OK) {
        return sr_fail(err, self.status, "%s", self.err.message);
    }
    *out_index = self.first;
    return SR_OK;
}
