/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/watch.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/folder.h"
#include "base/reader.h"
#include "base/writer.h"
#include "custody/room_impl.h"
#include "policy/still.h"

#define COUNT_BYTES 16 /* of the shared count: bytes, files; big-endian */
#define COUNT_WAIT_MS 2000
#define COUNT_NAME_BYTES (2 * SR_SHA256_BYTES + 1)

/* What has been handed out under a request. */
struct count {
    uint64_t bytes;
    uint64_t files;
};

struct sr_watch {
    struct sr_permit permit;
    struct sr_serving serving; /* points to permit */
    char *dir;
    bool is_limited; /* by bytes or files */
    int sessions_fd; /* where the shared count is; -1: there is none */
    char count_name[COUNT_NAME_BYTES];

    pthread_mutex_t count_lock; /* over allowance, and one at a time at the file */
    struct sr_allowance allowance;

    pthread_mutex_t look_lock; /* over what follows */
    struct sr_room *own;       /* NULL: not opened yet */
    int64_t looked_ms;
    unsigned failed; /* looks in a row */
    bool is_over;
    struct sr_err why;
};

static int64_t ticks_ms(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void sr_watch_free(struct sr_watch *w)
{
    if (w == NULL) {
        return;
    }
    sr_room_free(w->own);
    sr_folder_close_fd(&w->sessions_fd);
    (void)pthread_mutex_destroy(&w->count_lock);
    (void)pthread_mutex_destroy(&w->look_lock);
    free(w->dir);
    free(w);
}

/* ---- The count that sessions share. */

static bool is_limited(const struct sr_allowance *a)
{
    return a->bytes_max != SR_POLICY_NO_LIMIT || a->files_max != SR_POLICY_NO_LIMIT;
}

static uint64_t add(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint64_t greater(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t left_of(uint64_t max, uint64_t used)
{
    return used < max ? max - used : 0;
}

static enum sr_status open_sessions(const struct sr_room *r, int *out_fd, struct sr_err *err)
{
    SR_TRY(sr_folder_make(r->dir_fd, SR_ROOM_SESSIONS, err));
    return sr_folder_open(r->dir_fd, SR_ROOM_SESSIONS, out_fd, err);
}

static void name_count(const uint8_t request[SR_SHA256_BYTES], char out[COUNT_NAME_BYTES])
{
    sr_text_hex(sr_bytes(request, SR_SHA256_BYTES), out);
}

/* What the file says or, where the ledger knows of more, that. The file is new when it is empty. */
static enum sr_status read_count(int fd, const struct sr_allowance *a, struct count *out,
                                 struct sr_err *err)
{
    uint8_t text[COUNT_BYTES + 1];
    ssize_t got = pread(fd, text, sizeof text, 0);
    if (got != 0 && got != COUNT_BYTES) {
        return sr_fail(err, got < 0 ? SR_IO : SR_CORRUPT,
                       "the count of what sessions have handed out cannot be read");
    }
    struct count c = {0};
    if (got == COUNT_BYTES) {
        struct sr_reader reader = sr_reader(sr_bytes(text, COUNT_BYTES));
        SR_TRY(sr_reader_u64be(&reader, &c.bytes));
        SR_TRY(sr_reader_u64be(&reader, &c.files));
    }
    *out = (struct count){.bytes = greater(c.bytes, a->bytes_used),
                          .files = greater(c.files, a->files_used)};
    return SR_OK;
}

static enum sr_status write_count(int fd, const struct count *c, struct sr_err *err)
{
    uint8_t text[COUNT_BYTES];
    sr_writer_put_u64be(text, c->bytes);
    sr_writer_put_u64be(text + 8, c->files);
    return pwrite(fd, text, sizeof text, 0) == (ssize_t)sizeof text
               ? SR_OK
               : sr_fail(err, SR_IO, "the count of what sessions have handed out: write failed");
}

static enum sr_status lock_count(int sessions_fd, const char *name, int *out_fd, struct sr_err *err)
{
    return sr_folder_lock(sessions_fd, name, SR_LOCK_EXCLUSIVE, COUNT_WAIT_MS, out_fd, err);
}

static enum sr_status check_fits(const struct sr_allowance *a, const struct count *c,
                                 uint64_t bytes, uint64_t files, struct sr_err *err)
{
    uint64_t bytes_left = left_of(a->bytes_max, c->bytes);
    uint64_t files_left = left_of(a->files_max, c->files);
    if (bytes > bytes_left) {
        return sr_fail(err, SR_DENIED, "%s; %" PRIu64 " of %" PRIu64 " bytes are left",
                       sr_reason_text(SR_REASON_GRANT_EXHAUSTED), bytes_left, a->bytes_max);
    }
    if (files > files_left) {
        return sr_fail(err, SR_DENIED, "%s; %" PRIu64 " of %" PRIu64 " files are left",
                       sr_reason_text(SR_REASON_GRANT_EXHAUSTED), files_left, a->files_max);
    }
    return SR_OK;
}

static enum sr_status take(struct sr_watch *w, uint64_t bytes, uint64_t files, struct sr_err *err)
{
    SR_AUTO_FD fd = -1;
    struct count c;
    SR_TRY(lock_count(w->sessions_fd, w->count_name, &fd, err));
    SR_TRY(read_count(fd, &w->allowance, &c, err));
    SR_TRY(check_fits(&w->allowance, &c, bytes, files, err));
    c.bytes = add(c.bytes, bytes);
    c.files = add(c.files, files);
    return write_count(fd, &c, err);
}

enum sr_status sr_watch_take(struct sr_watch *w, uint64_t bytes, uint64_t files, struct sr_err *err)
{
    if (!w->is_limited) {
        return SR_OK;
    }
    (void)pthread_mutex_lock(&w->count_lock);
    enum sr_status status = take(w, bytes, files, err);
    (void)pthread_mutex_unlock(&w->count_lock);
    return status;
}

static enum sr_status give_back(struct sr_watch *w, uint64_t bytes, uint64_t files)
{
    static const struct sr_allowance NOTHING_RECORDED = {0};
    SR_AUTO_FD fd = -1;
    struct count c;
    SR_TRY(lock_count(w->sessions_fd, w->count_name, &fd, NULL));
    SR_TRY(read_count(fd, &NOTHING_RECORDED, &c, NULL));
    c.bytes = left_of(c.bytes, bytes);
    c.files = left_of(c.files, files);
    return write_count(fd, &c, NULL);
}

void sr_watch_give_back(struct sr_watch *w, uint64_t bytes, uint64_t files)
{
    if (!w->is_limited || (bytes == 0 && files == 0)) {
        return;
    }
    (void)pthread_mutex_lock(&w->count_lock);
    (void)!give_back(w, bytes, files); /* a failure leaves it counted */
    (void)pthread_mutex_unlock(&w->count_lock);
}

enum sr_status sr_watch_would_fit(struct sr_room *r, const struct sr_act *act,
                                  const uint8_t *digest, uint64_t bytes, uint64_t files,
                                  struct sr_err *err)
{
    struct sr_act trial = *act; /* what it rests on is found, and nothing is made of it */
    if (sr_custody_ask(r, NULL, &trial, digest, NULL, NULL) != SR_OK ||
        !sr_act_has(&trial, SR_FIELD_request)) {
        return SR_OK;
    }
    const uint8_t *name = trial.field[SR_FIELD_request].digest;
    const struct sr_state *state = NULL;
    SR_TRY(sr_custody_state(r, &state, err));
    const struct sr_request *request = sr_state_request(state, name);
    struct sr_allowance a = {0};
    if (request != NULL) {
        a = sr_policy_allowance(request);
    }
    if (request == NULL || !is_limited(&a)) {
        return SR_OK;
    }
    SR_AUTO_FD sessions = -1;
    SR_AUTO_FD fd = -1;
    char count_name[COUNT_NAME_BYTES];
    struct count c;
    name_count(name, count_name);
    SR_TRY(open_sessions(r, &sessions, err));
    SR_TRY(lock_count(sessions, count_name, &fd, err));
    SR_TRY(read_count(fd, &a, &c, err));
    enum sr_status status = check_fits(&a, &c, bytes, files, err);
    return status == SR_OK ? SR_OK : sr_context(err, status, "%s", sr_verb_info(act->verb)->word);
}

/* ---- Beginning. */

/* What the request allows, and where its sessions count. */
static enum sr_status find_allowance(struct sr_watch *w, struct sr_room *r, struct sr_err *err)
{
    const struct sr_state *state = NULL;
    if (!w->permit.has_request) {
        return SR_OK;
    }
    SR_TRY(sr_custody_state(r, &state, err));
    const struct sr_request *request = sr_state_request(state, w->permit.request);
    if (request == NULL) {
        return sr_fail(err, SR_INTERNAL, "a permit rests on a request that is not there");
    }
    w->allowance = sr_policy_allowance(request);
    w->is_limited = is_limited(&w->allowance);
    name_count(w->permit.request, w->count_name);
    return w->is_limited ? open_sessions(r, &w->sessions_fd, err) : SR_OK;
}

enum sr_status sr_watch_new(struct sr_room *r, const struct sr_permit *permit,
                            struct sr_watch **out, struct sr_err *err)
{
    assert(permit->room == r);
    SR_AUTO(sr_watch) w = calloc(1, sizeof *w);
    char *dir = strdup(r->dir);
    if (w == NULL || dir == NULL) {
        free(dir);
        free(SR_TAKE(w));
        return sr_fail(err, SR_NO_MEMORY, "no memory to watch a permit");
    }
    w->dir = dir;
    w->sessions_fd = -1;
    w->looked_ms = ticks_ms();
    (void)pthread_mutex_init(&w->count_lock, NULL);
    (void)pthread_mutex_init(&w->look_lock, NULL);
    w->permit = *permit;
    w->serving = (struct sr_serving){.verb = permit->verb,
                                     .version = &w->permit.version,
                                     .actor = sr_text_view(w->permit.actor),
                                     .fingerprint = w->permit.fingerprint,
                                     .is_room = permit->is_room,
                                     .request = permit->has_request ? w->permit.request : NULL};
    SR_TRY(find_allowance(w, r, err));
    *out = SR_TAKE(w);
    return SR_OK;
}

/* ---- Looking. */

static void note_recorded(struct sr_watch *w, const struct sr_state *state)
{
    const struct sr_request *request =
        w->permit.has_request ? sr_state_request(state, w->permit.request) : NULL;
    if (request != NULL) {
        (void)pthread_mutex_lock(&w->count_lock);
        w->allowance = sr_policy_allowance(request);
        (void)pthread_mutex_unlock(&w->count_lock);
    }
}

static enum sr_status ask(struct sr_watch *w, struct sr_decision *out, struct sr_err *err)
{
    struct sr_moment moment = {0};
    const struct sr_state *state = NULL;
    if (w->own == NULL) {
        SR_TRY(sr_room_open(w->dir, w->permit.actor, NULL, &w->own, err));
    }
    SR_TRY(sr_custody_moment(w->own, &moment, err));
    SR_TRY(sr_custody_state(w->own, &state, err));
    note_recorded(w, state);
    *out = sr_policy_still_holds(state, &w->serving, &moment);
    return SR_OK;
}

static void end(struct sr_watch *w, const char *what, const char *detail)
{
    w->is_over = true;
    (void)!sr_fail(&w->why, SR_DENIED, "%s%s%s", what, detail[0] == '\0' ? "" : "; ", detail);
}

static void look(struct sr_watch *w)
{
    struct sr_decision decision = {0};
    struct sr_err err = {0};
    w->looked_ms = ticks_ms();
    if (ask(w, &decision, &err) != SR_OK) {
        sr_room_free(SR_TAKE(w->own)); /* the next look begins anew */
        if (++w->failed >= SR_WATCH_FAILED_MAX) {
            end(w, "whether it is still allowed cannot be told", err.message);
        }
        return;
    }
    w->failed = 0;
    if (decision.ruling != SR_RULING_ALLOW) {
        end(w, sr_reason_text(decision.reason), decision.detail);
    }
}

/* With look_lock, which it gives back. */
static enum sr_status look_when(struct sr_watch *w, int64_t every_ms, struct sr_err *err)
{
    enum sr_status status = SR_OK;
    if (!w->is_over && ticks_ms() - w->looked_ms >= every_ms) {
        look(w);
    }
    if (w->is_over) {
        status = sr_fail(err, SR_DENIED, "%s", w->why.message);
    }
    (void)pthread_mutex_unlock(&w->look_lock);
    return status;
}

enum sr_status sr_watch_look(struct sr_watch *w, struct sr_err *err)
{
    (void)pthread_mutex_lock(&w->look_lock);
    return look_when(w, 0, err);
}

enum sr_status sr_watch_go_on(struct sr_watch *w, struct sr_err *err)
{
    /* Who comes while another looks does not wait: the answer is for the next piece. */
    return pthread_mutex_trylock(&w->look_lock) == 0 ? look_when(w, SR_WATCH_EVERY_MS, err) : SR_OK;
}
