/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/inspector.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "artifact/inspection.h"
#include "artifact/worker.h"
#include "artifact/worker_records.h"
#include "base/folder.h"
#include "base/secret.h"
#include "base/text.h"
#include "formats/nameset.h"

/* What one second of the time for a file is given for: slower than any parser here by far. */
#define BYTES_PER_SECOND ((uint64_t)8 << 20)
/* How often the caller is asked whether to stop. */
#define ASK_MS 100
/* A worker that closed its socket is on its way out. */
#define HANGUP_MS 500
/* What one file may tell: beyond what an honest inspection does. */
#define FINDINGS_MAX (SR_RULE_COUNT * (SR_LIMIT_INSPECT_FINDINGS + 2))
#define GLOBALS_MAX 4096
/* References of all files together; an ONNX model may have one for each tensor. */
#define REFERENCES_MAX SR_LIMIT_TENSORS

struct sr_inspector {
    struct sr_inspector_params params;
    pid_t worker; /* 0: dead */
    int socket;
    uint64_t cpu_s;  /* what the worker may have used by now */
    size_t *indices; /* of the files that this worker looked at, in the report */
    size_t count;
    size_t capacity;
    struct sr_nameset *references;
    char **reference_paths;
    struct sr_secret *chunk; /* plaintext on its way; NULL until one is asked for */
};

/* One request that is being answered. */
struct exchange {
    struct sr_inspector *inspector;
    const struct sr_inspector_input *input; /* NULL: FINISH */
    struct sr_report *report;
    bool has_begun; /* the file is in the report, as index */
    size_t index;
    size_t findings;
    size_t globals;
    size_t facts;
    int64_t deadline_ms;
    bool is_over;
    bool is_deferred;
};

static const struct sr_worker_look INSPECTION = {.file = sr_inspection_file};

static int64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Wait a moment for a worker that has hung up, so that its own end is seen and not ours. */
static bool has_ended(pid_t worker, int *out_status)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    for (unsigned ms = 0; ms < HANGUP_MS; ms++) {
        if (waitpid(worker, out_status, WNOHANG) == worker) {
            return true;
        }
        (void)nanosleep(&pause, NULL);
    }
    return false;
}

static void end_worker(struct sr_inspector *i)
{
    if (i->worker != 0) {
        (void)kill(i->worker, SIGKILL);
        while (waitpid(i->worker, NULL, 0) < 0 && errno == EINTR) {
        }
        i->worker = 0;
    }
    sr_folder_close_fd(&i->socket);
}

static void forget_references(struct sr_inspector *i)
{
    size_t count = i->references != NULL ? sr_nameset_count(i->references) : 0;
    for (size_t n = 0; n < count; n++) {
        free(i->reference_paths[n]);
    }
    free(i->reference_paths);
    sr_nameset_free(i->references);
}

void sr_inspector_free(struct sr_inspector *i)
{
    if (i == NULL) {
        return;
    }
    end_worker(i);
    forget_references(i);
    sr_secret_free(i->chunk);
    free(i->indices);
    free(i);
}

/*
 * Starting.
 */

static enum sr_status fork_worker(struct sr_inspector *i, struct sr_err *err)
{
    int pair[2] = {-1, -1};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        return sr_fail(err, SR_IO, "cannot isolate: make a socket: %s", strerror(errno));
    }
    int parent = getpid();
    unsigned cpu_s = i->params.timeout_ms / 1000 + 1;
    pid_t worker = fork();
    if (worker == 0) {
        sr_worker_run(pair[1], parent, i->params.profile, cpu_s, i->params.look);
    }
    (void)close(pair[1]);
    if (worker < 0) {
        (void)close(pair[0]);
        return sr_fail(err, SR_IO, "cannot isolate: start a process: %s", strerror(errno));
    }
    i->worker = worker;
    i->socket = pair[0];
    i->cpu_s = cpu_s;
    i->count = 0;
    return SR_OK;
}

/* Wait for events on the socket until then. */
static bool wait_for(const struct sr_inspector *i, short events, int64_t until_ms)
{
    struct pollfd watched = {.fd = i->socket, .events = events};
    int64_t left = until_ms - now_ms();
    return poll(&watched, 1, left < 0 ? 0 : (int)left) > 0;
}

static enum sr_status await_isolation(struct sr_inspector *i, struct sr_err *err)
{
    uint8_t datagram[SR_RECORD_BYTES_MAX];
    struct sr_record record;
    int64_t deadline_ms = now_ms() + i->params.timeout_ms;
    while (!wait_for(i, POLLIN, deadline_ms)) {
        if (now_ms() >= deadline_ms) {
            return sr_fail(err, SR_IO, "cannot isolate: the worker does not answer");
        }
    }
    ssize_t n = recv(i->socket, datagram, sizeof datagram, 0);
    if (n <= 0 || sr_record_decode(sr_bytes(datagram, (size_t)n), &record) != SR_OK ||
        (record.kind != SR_RECORD_READY && record.kind != SR_RECORD_FAILED)) {
        return sr_fail(err, SR_IO, "cannot isolate: the worker ended before it began");
    }
    return record.kind == SR_RECORD_READY ? SR_OK : sr_fail(err, SR_IO, "%s", record.text[0]);
}

static enum sr_status start_worker(struct sr_inspector *i, struct sr_err *err)
{
    SR_TRY(fork_worker(i, err));
    enum sr_status status = await_isolation(i, err);
    if (status != SR_OK) {
        end_worker(i);
    }
    return status;
}

enum sr_status sr_inspector_start(const struct sr_inspector_params *params,
                                  struct sr_inspector **out, struct sr_err *err)
{
    SR_AUTO(sr_inspector) i = calloc(1, sizeof *i);
    if (i == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for an inspector");
    }
    i->socket = -1;
    i->params = *params;
    i->params.timeout_ms = params->timeout_ms != 0 ? params->timeout_ms : SR_INSPECTOR_TIMEOUT_MS;
    i->params.look = params->look != NULL ? params->look : &INSPECTION;
    i->reference_paths = calloc(REFERENCES_MAX, sizeof *i->reference_paths);
    if (i->reference_paths == NULL || sr_nameset_new(&i->references) != SR_OK) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for an inspector");
    }
    SR_TRY(start_worker(i, err));
    *out = SR_TAKE(i);
    return SR_OK;
}

/*
 * What becomes of a file.
 */

static enum sr_status begin_file(struct exchange *x, struct sr_err *err)
{
    if (x->has_begun || x->input == NULL) {
        return SR_OK;
    }
    struct sr_inspector *i = x->inspector;
    if (i->count == i->capacity) {
        size_t capacity = i->capacity == 0 ? 16 : 2 * i->capacity;
        size_t *indices = reallocarray(i->indices, capacity, sizeof *indices);
        if (indices == NULL) {
            return sr_fail(err, SR_NO_MEMORY, "no memory for a list of files");
        }
        i->indices = indices;
        i->capacity = capacity;
    }
    enum sr_status status = sr_report_begin(x->report, x->input->path, &x->index);
    if (status != SR_OK) {
        return sr_fail(err, status, "'%s' cannot be put into the report", x->input->path);
    }
    i->indices[i->count++] = x->index;
    x->has_begun = true;
    return SR_OK;
}

/* The worker is no more, or is to be no more: its file is UNPARSABLE, and why. */
static enum sr_status give_up(struct exchange *x, const char *why, struct sr_err *err)
{
    struct sr_inspector *i = x->inspector;
    end_worker(i);
    SR_TRY(begin_file(x, err));
    x->is_over = true;
    if (x->input == NULL && i->count == 0) {
        return SR_OK;
    }
    /* What went wrong between files is put down to the last one. */
    size_t index = x->input != NULL ? x->index : i->indices[i->count - 1];
    struct sr_finding finding = {.rule = SR_RULE_WORKER_DIED, .member = "", .evidence = why};
    sr_report_add(x->report, index, &finding);
    if (x->input != NULL) {
        struct sr_inspected inspected = {
            .verdict = SR_VERDICT_UNPARSABLE, .format = "unknown", .bytes = x->input->bytes};
        sr_report_end(x->report, index, &inspected);
    }
    return SR_OK;
}

static enum sr_status give_up_on_breach(struct exchange *x, struct sr_err *err)
{
    return give_up(x, "it said what no worker says", err);
}

/* The worker hung up: say how it ended. */
static enum sr_status give_up_on_death(struct exchange *x, struct sr_err *err)
{
    char why[SR_EVIDENCE_BYTES] = "it stopped answering";
    int ended = 0;
    if (has_ended(x->inspector->worker, &ended)) {
        x->inspector->worker = 0;
        if (WIFSIGNALED(ended) && WTERMSIG(ended) == SIGSYS) {
            (void)snprintf(why, sizeof why, "it asked the kernel for what it may not");
        } else if (WIFSIGNALED(ended)) {
            const char *name = sigabbrev_np(WTERMSIG(ended));
            (void)snprintf(why, sizeof why, "it was ended by signal SIG%s",
                           name != NULL ? name : "?");
        } else {
            (void)snprintf(why, sizeof why, "it ended with status %d", WEXITSTATUS(ended));
        }
    }
    return give_up(x, why, err);
}

/*
 * What the worker says.
 */

static enum sr_status take_finding(struct exchange *x, const struct sr_record *record,
                                   struct sr_err *err)
{
    const struct sr_inspector *i = x->inspector;
    size_t current = i->count - 1;
    bool fits = x->input != NULL ? record->file == current : record->file < i->count;
    if (!fits || x->findings++ >= FINDINGS_MAX) {
        return give_up_on_breach(x, err);
    }
    struct sr_finding finding = {.rule = record->rule,
                                 .offset = record->offset,
                                 .length = record->length,
                                 .member = record->text[0],
                                 .evidence = record->text[1]};
    sr_report_add(x->report, i->indices[record->file], &finding);
    return SR_OK;
}

static enum sr_status take_global(struct exchange *x, const struct sr_record *record,
                                  struct sr_err *err)
{
    if (x->input == NULL || x->globals++ >= GLOBALS_MAX) {
        return give_up_on_breach(x, err);
    }
    struct sr_global global = {
        .module = record->text[0], .name = record->text[1], .role = record->text[2]};
    sr_report_add_global(x->report, x->index, &global);
    return SR_OK;
}

static enum sr_status take_fact(struct exchange *x, const struct sr_record *record,
                                struct sr_err *err)
{
    if (x->input == NULL || x->facts++ >= SR_LIMIT_INSPECT_FINDINGS) {
        return give_up_on_breach(x, err);
    }
    struct sr_fact fact = {.key = record->key, .value = record->text[0]};
    sr_report_add_fact(x->report, x->index, &fact);
    return SR_OK;
}

static enum sr_status take_reference(struct exchange *x, const struct sr_record *record,
                                     struct sr_err *err)
{
    struct sr_inspector *i = x->inspector;
    size_t known = 0;
    struct sr_bytes path = sr_text_view(record->text[0]);
    if (x->input == NULL || !sr_inspection_is_plain_path(path)) {
        return give_up_on_breach(x, err);
    }
    if (sr_nameset_find(i->references, path, &known)) {
        return SR_OK;
    }
    size_t count = sr_nameset_count(i->references);
    if (count >= REFERENCES_MAX) {
        return give_up_on_breach(x, err);
    }
    char *kept = strdup(record->text[0]);
    if (kept == NULL || sr_nameset_add(i->references, sr_text_view(kept)) != SR_OK) {
        free(kept);
        return sr_fail(err, SR_NO_MEMORY, "no memory for a list of references");
    }
    i->reference_paths[count] = kept;
    return SR_OK;
}

/* Send a chunk in pieces, to who may not be reading. */
static bool send_chunk(struct exchange *x, struct sr_bytes chunk)
{
    const struct sr_inspector *i = x->inspector;
    for (size_t done = 0; done < chunk.len;) {
        size_t rest = chunk.len - done;
        size_t piece = rest < SR_REQUEST_PIECE_BYTES ? rest : SR_REQUEST_PIECE_BYTES;
        ssize_t n = send(i->socket, chunk.ptr + done, piece, MSG_NOSIGNAL | MSG_DONTWAIT);
        bool is_later = n < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOBUFS);
        if (n == (ssize_t)piece) {
            done += piece;
        } else if (!is_later ||
                   (!wait_for(i, POLLOUT, x->deadline_ms) && now_ms() >= x->deadline_ms)) {
            return false;
        }
    }
    return true;
}

static enum sr_status take_need(struct exchange *x, const struct sr_record *record,
                                struct sr_err *err)
{
    struct sr_inspector *i = x->inspector;
    const struct sr_inspector_input *input = x->input;
    if (input == NULL || input->fd >= 0 || record->chunk > input->bytes / SR_REQUEST_CHUNK_BYTES ||
        record->chunk * SR_REQUEST_CHUNK_BYTES >= input->bytes) {
        return give_up_on_breach(x, err);
    }
    if (i->chunk == NULL) {
        SR_TRY(sr_secret_new(SR_REQUEST_CHUNK_BYTES, &i->chunk, err));
    }
    uint64_t offset = record->chunk * SR_REQUEST_CHUNK_BYTES;
    uint64_t rest = input->bytes - offset;
    size_t len = rest < SR_REQUEST_CHUNK_BYTES ? (size_t)rest : SR_REQUEST_CHUNK_BYTES;
    uint8_t *bytes = sr_secret_bytes(i->chunk);
    SR_TRY(input->source->read_at(input->source->ctx, offset, bytes, len, err));
    return send_chunk(x, sr_bytes(bytes, len)) ? SR_OK : give_up_on_death(x, err);
}

static enum sr_status take_end(struct exchange *x, const struct sr_record *record,
                               struct sr_err *err)
{
    x->is_over = true;
    if (x->input == NULL) {
        return SR_OK; /* what it says is in the findings */
    }
    bool is_whole = record->covered == record->bytes || record->verdict != SR_VERDICT_PASS;
    if (record->bytes != x->input->bytes || !is_whole) {
        return give_up_on_breach(x, err);
    }
    struct sr_inspected inspected = {.verdict = record->verdict,
                                     .format = record->text[0],
                                     .bytes = record->bytes,
                                     .covered = record->covered};
    sr_report_end(x->report, x->index, &inspected);
    return SR_OK;
}

static enum sr_status take_deferred(struct exchange *x, struct sr_err *err)
{
    if (x->input == NULL || x->has_begun || !x->input->may_defer) {
        return give_up_on_breach(x, err);
    }
    x->is_deferred = true;
    x->is_over = true;
    return SR_OK;
}

static enum sr_status take_record(struct exchange *x, const struct sr_record *record,
                                  struct sr_err *err)
{
    if (record->kind == SR_RECORD_NEED) {
        return take_need(x, record, err);
    }
    if (record->kind == SR_RECORD_DEFERRED) {
        return take_deferred(x, err);
    }
    SR_TRY(begin_file(x, err));
    if (record->kind == SR_RECORD_FINDING) {
        return take_finding(x, record, err);
    }
    if (record->kind == SR_RECORD_GLOBAL) {
        return take_global(x, record, err);
    }
    if (record->kind == SR_RECORD_FACT) {
        return take_fact(x, record, err);
    }
    if (record->kind == SR_RECORD_REFERENCE) {
        return take_reference(x, record, err);
    }
    return record->kind == SR_RECORD_ENDED ? take_end(x, record, err) : give_up_on_breach(x, err);
}

static enum sr_status take_datagram(struct exchange *x, struct sr_err *err)
{
    uint8_t datagram[SR_RECORD_BYTES_MAX];
    struct sr_record record;
    /* With MSG_TRUNC the length is the whole datagram's, also where it does not fit. */
    ssize_t n = recv(x->inspector->socket, datagram, sizeof datagram, MSG_DONTWAIT | MSG_TRUNC);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return SR_OK;
    }
    if (n <= 0) {
        return give_up_on_death(x, err);
    }
    if ((size_t)n > sizeof datagram ||
        sr_record_decode(sr_bytes(datagram, (size_t)n), &record) != SR_OK) {
        return give_up_on_breach(x, err);
    }
    return take_record(x, &record, err);
}

/* Wait for the next datagram, for a while, and take it. */
static enum sr_status step(struct exchange *x, struct sr_err *err)
{
    const struct sr_inspector_input *input = x->input;
    if (input != NULL && input->cancelled != NULL && input->cancelled(input->ctx)) {
        return sr_fail(err, SR_CANCELLED, "the inspection was stopped");
    }
    int64_t now = now_ms();
    if (now >= x->deadline_ms) {
        return give_up(x, "it took too long", err);
    }
    int64_t until = now + ASK_MS < x->deadline_ms ? now + ASK_MS : x->deadline_ms;
    return wait_for(x->inspector, POLLIN, until) ? take_datagram(x, err) : SR_OK;
}

/*
 * What the parent asks.
 */

static bool send_request(const struct sr_inspector *i, const struct sr_request *request, int fd)
{
    uint8_t datagram[SR_REQUEST_BYTES_MAX];
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec part = {.iov_base = datagram, .iov_len = sr_request_encode(request, datagram)};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd >= 0) {
        message.msg_control = &control;
        message.msg_controllen = sizeof control;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(header), &fd, sizeof fd);
    }
    return sendmsg(i->socket, &message, MSG_NOSIGNAL) == (ssize_t)part.iov_len;
}

/* Processor time is bounded by the time that we wait; this holds also when we do not. */
static void allow_time(struct sr_inspector *i, uint64_t timeout_ms)
{
    i->cpu_s += timeout_ms / 1000 + 1;
    struct rlimit limit = {.rlim_cur = i->cpu_s, .rlim_max = RLIM_INFINITY};
    (void)prlimit(i->worker, RLIMIT_CPU, &limit, NULL);
}

static enum sr_status converse(struct exchange *x, const struct sr_request *request, int fd,
                               struct sr_err *err)
{
    struct sr_inspector *i = x->inspector;
    uint64_t timeout_ms = i->params.timeout_ms + request->bytes / BYTES_PER_SECOND * 1000;
    x->deadline_ms = now_ms() + (int64_t)timeout_ms;
    allow_time(i, timeout_ms);
    enum sr_status status = send_request(i, request, fd) ? SR_OK : give_up_on_death(x, err);
    while (status == SR_OK && !x->is_over) {
        status = step(x, err);
    }
    if (status != SR_OK) {
        end_worker(i); /* it is in the middle of something that nobody waits for any more */
    }
    return status;
}

enum sr_status sr_inspector_file(struct sr_inspector *i, const struct sr_inspector_input *input,
                                 struct sr_report *report, size_t *out_index, struct sr_err *err)
{
    assert((input->fd >= 0) != (input->source != NULL));
    struct exchange x = {.inspector = i, .input = input, .report = report};
    struct sr_request request = {.kind = SR_REQUEST_FILE,
                                 .is_fetched = input->fd < 0,
                                 .may_defer = input->may_defer,
                                 .bytes = input->bytes};
    size_t len = strlen(input->path);
    if (len == 0 || len > SR_LIMIT_PATH_BYTES || input->bytes > SR_LIMIT_FILE_BYTES) {
        return sr_fail(err, SR_TOO_LARGE, "'%.64s': its path or its length", input->path);
    }
    memcpy(request.path, input->path, len + 1);
    if (i->worker == 0 && i->params.may_restart) {
        SR_TRY(start_worker(i, err));
    }
    if (i->worker == 0) {
        SR_TRY(give_up(&x, "it did not outlive an earlier file", err));
    } else {
        SR_TRY(converse(&x, &request, input->fd, err));
    }
    *out_index = x.is_deferred ? SR_INSPECTOR_DEFERRED : x.index;
    return SR_OK;
}

size_t sr_inspector_reference_count(const struct sr_inspector *i)
{
    return sr_nameset_count(i->references);
}

const char *sr_inspector_reference(const struct sr_inspector *i, size_t index)
{
    assert(index < sr_nameset_count(i->references));
    return i->reference_paths[index];
}

enum sr_status sr_inspector_finish(struct sr_inspector *i, struct sr_report *report,
                                   struct sr_err *err)
{
    struct exchange x = {.inspector = i, .report = report};
    struct sr_request request = {.kind = SR_REQUEST_FINISH};
    if (i->worker == 0) {
        return SR_OK; /* a file of it is UNPARSABLE already */
    }
    return converse(&x, &request, -1, err);
}
