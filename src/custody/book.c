/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/book.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/folder.h"
#include "base/time.h"
#include "custody/book_impl.h"
#include "custody/found.h"
#include "custody/pin.h"
#include "custody/room_key.h"

#define WAIT_MS 5000

void sr_book_free(struct sr_book *b)
{
    if (b == NULL) {
        return;
    }
    sr_state_free(b->state);
    sr_act_signer_free(b->signer);
    sr_signer_free(b->log_signer);
    sr_act_key_free(b->key);
    sr_folder_close_fd(&b->ledger_fd);
    sr_folder_close_fd(&b->pin_fd);
    free(b);
}

/* What a room remembers, without anything in it yet. */
static enum sr_status book_of(struct sr_room *r, struct sr_err *err)
{
    if (r->book != NULL) {
        return SR_OK;
    }
    struct sr_book *b = calloc(1, sizeof *b);
    if (b == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for the book");
    }
    b->ledger_fd = b->pin_fd = -1;
    char hex[SR_ID_TEXT_BYTES];
    sr_text_hex(sr_bytes(r->facts.id.bytes, SR_ID_BYTES), hex);
    (void)snprintf(b->origin, sizeof b->origin, "strongroom.invalid/%s", hex);
    sr_pin_name(&r->facts.id, b->pin_name);
    r->book = b;
    return SR_OK;
}

void sr_book_forget(struct sr_book *b)
{
    sr_state_free(SR_TAKE(b->state));
    b->seq = 0;
    b->time_utc_ms = 0;
    b->folds = 0;
}

/* Two signers of one seed: the log has its own to itself. */
static enum sr_status make_signers(struct sr_book *b, const struct sr_secret *seed,
                                   struct sr_err *err)
{
    SR_AUTO(sr_signer) log_signer = NULL;
    struct sr_signer *plain = NULL;
    SR_TRY(sr_signer_ed25519(seed, &log_signer, err));
    SR_TRY(sr_signer_ed25519(seed, &plain, err));
    SR_TRY(sr_act_signer_plain(plain, &b->signer, err));
    b->log_signer = SR_TAKE(log_signer);
    return SR_OK;
}

/* Made for a room that has no act yet; one that has some named its key in the first. */
static enum sr_status open_seed(struct sr_room *r, struct sr_secret **out, struct sr_err *err)
{
    uint64_t last = 0;
    int64_t unused = 0;
    struct sr_err missing = {0};
    enum sr_status status = sr_room_key_find(r, SR_ROOM_KEY_LEDGER, out, &missing);
    if (status != SR_NOT_FOUND) {
        return status == SR_OK ? SR_OK : sr_fail(err, status, "%s", missing.message);
    }
    SR_TRY(sr_catalog_last_act(r->catalog, &last, &unused, err));
    return last == 0 ? sr_room_key_open(r, SR_ROOM_KEY_LEDGER, out, err)
                     : sr_fail(err, SR_CORRUPT, "the room has lost its key 'keys/ledger.key'");
}

enum sr_status sr_book_unlock(struct sr_room *r, struct sr_err *err)
{
    SR_AUTO(sr_secret) seed = NULL;
    SR_TRY(book_of(r, err));
    if (r->book->signer != NULL || r->wrapper == NULL) {
        return SR_OK;
    }
    SR_TRY(open_seed(r, &seed, err));
    return make_signers(r->book, seed, err);
}

/* The envelope of the first act, for the key that it names. */
static enum sr_status take_key(void *ctx, const struct sr_act_record *record, struct sr_err *err)
{
    struct sr_book *b = ctx;
    SR_AUTO(sr_envelope) e = NULL;
    if (b->key != NULL) {
        return SR_CANCELLED;
    }
    enum sr_status status = sr_envelope_open(record->body, &e, err);
    if (status != SR_OK) {
        return sr_book_corrupt(status, "act 1", err);
    }
    const struct sr_act *act = sr_envelope_act(e);
    if (!sr_act_has(act, SR_FIELD_key)) {
        return sr_fail(err, SR_CORRUPT, "the first act does not name the room's key");
    }
    SR_TRY(sr_act_key_parse(act->field[SR_FIELD_key].text, &b->key, err));
    return sr_act_key_plain(b->key) != NULL
               ? SR_OK
               : sr_fail(err, SR_CORRUPT, "the room's key is not a plain one");
}

static enum sr_status read_key(struct sr_room *r, struct sr_err *err)
{
    struct sr_book *b = r->book;
    struct sr_err ignored = {0};
    const struct sr_acts_query first = {.with_leaves = true};
    if (b->key == NULL) {
        enum sr_status status = sr_catalog_acts(r->catalog, &first, take_key, b, &ignored);
        if (status != SR_OK && status != SR_CANCELLED) {
            return sr_fail(err, status, "%s", ignored.message);
        }
    }
    if (b->key == NULL) {
        return sr_fail(err, SR_CONFLICT,
                       "the room is from before acts were signed; unlock it once to take it over");
    }
    if (b->signer != NULL &&
        strcmp(sr_act_key_fingerprint(b->signer->key), sr_act_key_fingerprint(b->key)) != 0) {
        return sr_fail(err, SR_CORRUPT, "the room's first act names another key than the room has");
    }
    return SR_OK;
}

static bool has_pin(const struct sr_book *b)
{
    return faccessat(b->pin_fd, b->pin_name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

struct sr_log_options sr_book_log_options(const struct sr_book *b, bool can_sign)
{
    return (struct sr_log_options){
        .origin = sr_text_view(b->origin),
        .signer = can_sign ? b->log_signer : NULL,
        .public_key = b->key == NULL ? NULL : sr_act_key_plain(b->key),
        .folder = b->ledger_fd,
        .pin_folder = b->pin_fd,
        .pin_name = b->pin_name,
        .may_lack_pin = true,
        .wait_ms = WAIT_MS,
    };
}

enum sr_status sr_book_folders(struct sr_room *r, struct sr_err *err)
{
    SR_TRY(book_of(r, err));
    struct sr_book *b = r->book;
    if (b->ledger_fd < 0) {
        enum sr_status status = sr_folder_open(r->dir_fd, SR_BOOK_LEDGER, &b->ledger_fd, err);
        if (status == SR_NOT_FOUND) {
            return sr_fail(err, SR_CORRUPT, "the room has no folder '%s'", SR_BOOK_LEDGER);
        }
        SR_TRY(status);
    }
    return b->pin_fd < 0 ? sr_pin_folder(&b->pin_fd, err) : SR_OK;
}

static enum sr_status open_log(struct sr_book_session *s, struct sr_err *err)
{
    struct sr_book *b = s->book;
    s->can_sign = b->log_signer != NULL && has_pin(b);
    struct sr_log_options options = sr_book_log_options(b, s->can_sign);
    enum sr_status status = sr_log_open(&options, &s->log, err);
    if (status == SR_BUSY) {
        return sr_fail(err, status, "another process writes acts in this room; try again");
    }
    return status == SR_OK ? SR_OK : sr_context(err, status, "the ledger of the room");
}

enum sr_status sr_book_open(struct sr_room *r, struct sr_book_session *out, struct sr_err *err)
{
    SR_CLEANUP(sr_book_close) struct sr_book_session s = {.room = r};
    SR_TRY(sr_book_unlock(r, err));
    SR_TRY(sr_found_adopt(r, err));
    s.book = r->book;
    SR_TRY(read_key(r, err));
    SR_TRY(sr_book_folders(r, err));
    SR_TRY(open_log(&s, err));
    enum sr_status status = sr_book_catch_up(&s, err);
    if (status != SR_OK) {
        sr_book_forget(s.book);
        return status;
    }
    *out = s;
    s.log = NULL;
    return SR_OK;
}

void sr_book_close(struct sr_book_session *s)
{
    sr_log_free(SR_TAKE(s->log));
}

enum sr_status sr_book_publish(struct sr_book_session *s, int64_t now_utc_ms, int64_t max_age_ms,
                               struct sr_err *err)
{
    SR_AUTO(sr_buf) note = NULL;
    bool is_due = sr_log_published(s->log) < sr_log_size(s->log) &&
                  now_utc_ms - sr_log_published_utc_ms(s->log) >= max_age_ms;
    if (!s->can_sign || !is_due) {
        return SR_OK;
    }
    SR_TRY(sr_buf_new(SR_NOTE_BYTES_MAX, &note));
    return sr_log_publish(s->log, now_utc_ms, note, err);
}

enum sr_status sr_book_policy(struct sr_room *r, const uint8_t digest[SR_SHA256_BYTES],
                              struct sr_policy **out, struct sr_err *err)
{
    SR_AUTO(sr_buf) text = NULL;
    uint8_t made[SR_SHA256_BYTES];
    SR_TRY(sr_buf_new(SR_CATALOG_TEXT_BYTES_MAX, &text));
    SR_TRY(sr_catalog_text(r->catalog, digest, text, err));
    SR_TRY(sr_sha256_once(sr_buf_view(text), made));
    if (memcmp(made, digest, sizeof made) != 0) {
        return sr_fail(err, SR_CORRUPT, "the text of a policy is not what its digest says");
    }
    return sr_policy_parse(sr_buf_view(text), out, err);
}

enum sr_status sr_book_witnessed(const struct sr_book *b, struct sr_bytes note,
                                 struct sr_witnessed *out, struct sr_err *err)
{
    SR_AUTO(sr_vkey) vkey = NULL;
    struct sr_bytes origin = sr_text_view(b->origin);
    SR_TRY(sr_vkey_new(origin, SR_VKEY_ED25519, sr_act_key_plain(b->key), &vkey, err));
    return sr_witnessed_read(note, origin, vkey, sr_state_policy(b->state), out, err);
}

/* The log of a room that has none; one that is there is of an attempt that was interrupted. */
static enum sr_status make_log(struct sr_book *b, int64_t now_utc_ms, struct sr_err *err)
{
    struct sr_log_options options = sr_book_log_options(b, true);
    struct sr_err ignored = {0};
    enum sr_status status = sr_log_create(&options, now_utc_ms, &ignored);
    return status == SR_OK || status == SR_CONFLICT ? SR_OK
                                                    : sr_fail(err, status, "%s", ignored.message);
}

enum sr_status sr_book_begin(struct sr_room *r, int64_t now_utc_ms, struct sr_book_session *out,
                             struct sr_err *err)
{
    SR_CLEANUP(sr_book_close) struct sr_book_session s = {.room = r};
    uint64_t last = 0;
    int64_t unused = 0;
    SR_TRY(sr_room_need_keys(r, err));
    SR_TRY(sr_book_unlock(r, err));
    SR_TRY(sr_folder_make(r->dir_fd, SR_BOOK_LEDGER, err));
    SR_TRY(sr_book_folders(r, err));
    struct sr_book *b = s.book = r->book;
    if (b->key == NULL) {
        SR_TRY(sr_act_key_parse(sr_text_view(sr_act_key_line(b->signer->key)), &b->key, err));
    }
    SR_TRY(make_log(b, now_utc_ms, err));
    SR_TRY(open_log(&s, err));
    SR_TRY(sr_catalog_last_act(r->catalog, &last, &unused, err));
    if (last != 0 || sr_log_size(s.log) != 0) {
        return sr_fail(err, SR_CONFLICT, "the ledger has begun already");
    }
    sr_book_forget(b);
    if (sr_state_new(&b->state) != SR_OK) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for the state");
    }
    *out = s;
    s.log = NULL;
    return SR_OK;
}
