/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/convert_process.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/folder.h"
#include "base/limits.h"
#include "base/reader.h"
#include "base/sandbox.h"
#include "base/writer.h"
#include "crypto/hash.h"
#include "formats/json.h"
#include "formats/nameset.h"
#include "formats/safetensors.h"

/*
 * Messages, one for each datagram, numbers big-endian: DATA, the offset (8), the bytes; or END, the
 * status (4), the verdict (4), bytes and tensors (8 each), the message of the error.
 */
enum message { MESSAGE_DATA = 1, MESSAGE_END = 2 };
#define DATA_HEAD_BYTES 9
#define END_HEAD_BYTES 25
/* Well under what a socket takes as one datagram. */
#define PIECE_BYTES ((size_t)64 << 10)
#define DATAGRAM_BYTES (DATA_HEAD_BYTES + PIECE_BYTES)

/* The sandbox puts the socket here. */
#define SOCKET 0
/* Beside the mapping of the input: what may be unpacked, twice, and the lists of tensors. */
#define DATA_BYTES_MAX (2 * SR_LIMIT_INSPECT_UNPACKED_BYTES + ((uint64_t)2 << 30))

/* What the process may take between two messages, and a second for so many bytes of the input. */
#define TIMEOUT_MS 60000
#define BYTES_PER_SECOND ((uint64_t)8 << 20)
#define ASK_MS 100

/*
 * Inside.
 */

static enum sr_status send_data(void *ctx, uint64_t offset, struct sr_bytes data,
                                struct sr_err *err)
{
    static uint8_t datagram[DATAGRAM_BYTES];
    (void)ctx;
    for (size_t at = 0; at < data.len;) {
        size_t piece = data.len - at < PIECE_BYTES ? data.len - at : PIECE_BYTES;
        datagram[0] = MESSAGE_DATA;
        sr_writer_put_u64be(datagram + 1, offset + at);
        memcpy(datagram + DATA_HEAD_BYTES, data.ptr + at, piece);
        size_t len = DATA_HEAD_BYTES + piece;
        if (write(SOCKET, datagram, len) != (ssize_t)len) {
            return sr_fail(err, SR_IO, "the reader is gone");
        }
        at += piece;
    }
    return SR_OK;
}

noreturn static void send_end(enum sr_status status, const struct sr_converted *converted,
                              const struct sr_err *err)
{
    uint8_t datagram[END_HEAD_BYTES + SR_ERR_MESSAGE_BYTES];
    size_t len = strnlen(err->message, sizeof err->message);
    datagram[0] = MESSAGE_END;
    sr_writer_put_u32be(datagram + 1, (uint32_t)status);
    sr_writer_put_u32be(datagram + 5, (uint32_t)converted->verdict);
    sr_writer_put_u64be(datagram + 9, converted->bytes);
    sr_writer_put_u64be(datagram + 17, converted->tensors);
    memcpy(datagram + END_HEAD_BYTES, err->message, len);
    /* If nobody reads it, nobody is there to be told. */
    _exit(write(SOCKET, datagram, END_HEAD_BYTES + len) < 0 ? 1 : 0);
}

static int compare_bytes(const void *a, const void *b) /* lint: callback */
{
    return memcmp(a, b, 1);
}

/* What libraries do once, and with system calls that are forbidden later. */
static enum sr_status warm_up(void)
{
    static uint8_t table[4096];
    SR_AUTO(sr_json) json = NULL;
    SR_AUTO(sr_nameset) names = NULL;
    uint8_t digest[SR_SHA256_BYTES];
    qsort(table, sizeof table, 1, compare_bytes);
    SR_TRY(sr_json_decode(sr_bytes("{\"a\":1}", 7), 2, &json, NULL));
    SR_TRY(sr_nameset_new(&names));
    return sr_sha256_once(sr_bytes(table, sizeof table), digest);
}

static enum sr_status convert_inside(const struct sr_convert_params *params, int parent,
                                     struct sr_converted *out, struct sr_err *err)
{
    struct sr_sandbox sandbox = {
        .fd = SOCKET,
        .parent = parent,
        .data_bytes = DATA_BYTES_MAX,
        .space_bytes = params->input_bytes + 2 * DATA_BYTES_MAX,
        .cpu_s = (unsigned)(TIMEOUT_MS / 1000 + 2 * (params->input_bytes / BYTES_PER_SECOND)),
    };
    struct sr_sink sink = {.write_at = send_data};
    struct sr_bytes input = sr_bytes(NULL, 0);
    if (params->input_bytes > 0) {
        void *at = mmap(NULL, params->input_bytes, PROT_READ, MAP_PRIVATE, params->input_fd, 0);
        if (at == MAP_FAILED) {
            return sr_fail(err, SR_IO, "cannot map the input: %s", strerror(errno));
        }
        input = sr_bytes(at, params->input_bytes);
    }
    SR_TRY(warm_up());
    SR_TRY(sr_sandbox_enter(&sandbox, err));
    return sr_convert(sr_bytes(params->name, strlen(params->name)), input, &sink, out, err);
}

/*
 * Outside.
 */

struct outside {
    const struct sr_convert_params *params;
    int socket;
    pid_t process;
    uint64_t bytes_max; /* of the output */
    uint64_t written;
    int64_t deadline_ms;
    bool is_over;
    enum sr_status status; /* of the conversion, once it is over */
    struct sr_converted converted;
    struct sr_err *err;
};

static void end_process(struct outside *o)
{
    if (o->process > 0) {
        (void)kill(o->process, SIGKILL);
        while (waitpid(o->process, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    sr_folder_close_fd(&o->socket);
}

static int64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static enum sr_status distrust(struct outside *o, const char *what)
{
    return sr_fail(o->err, SR_UNINSPECTED, "the isolated process that converts it %s", what);
}

static enum sr_status take_data(struct outside *o, struct sr_reader *r)
{
    uint64_t offset = 0;
    if (sr_reader_u64be(r, &offset) != SR_OK || offset > o->bytes_max ||
        r->rest.len > o->bytes_max - offset || r->rest.len > o->bytes_max - o->written) {
        return distrust(o, "writes beyond what there can be");
    }
    o->written += r->rest.len;
    for (size_t done = 0; done < r->rest.len;) {
        ssize_t n = pwrite(o->params->output_fd, r->rest.ptr + done, r->rest.len - done,
                           (off_t)(offset + done));
        if (n < 0 && errno != EINTR) {
            return sr_fail(o->err, SR_IO, "cannot write the output: %s", strerror(errno));
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return SR_OK;
}

static enum sr_status take_end(struct outside *o, struct sr_reader *r)
{
    uint32_t status = 0;
    uint32_t verdict = 0;
    if (sr_reader_u32be(r, &status) != SR_OK || sr_reader_u32be(r, &verdict) != SR_OK ||
        sr_reader_u64be(r, &o->converted.bytes) != SR_OK ||
        sr_reader_u64be(r, &o->converted.tensors) != SR_OK || status >= SR_STATUS_COUNT ||
        verdict >= SR_VERDICT_COUNT || r->rest.len >= SR_ERR_MESSAGE_BYTES) {
        return distrust(o, "says what no such process says");
    }
    o->is_over = true;
    o->status = (enum sr_status)status;
    o->converted.verdict = (enum sr_verdict)verdict;
    if (o->status != SR_OK) {
        return sr_fail(o->err, o->status, "%.*s", (int)r->rest.len, (const char *)r->rest.ptr);
    }
    return SR_OK;
}

static enum sr_status take_message(struct outside *o)
{
    static uint8_t datagram[DATAGRAM_BYTES];
    uint8_t kind = 0;
    ssize_t n = recv(o->socket, datagram, sizeof datagram, 0);
    if (n < 0 && errno == EINTR) {
        return SR_OK;
    }
    if (n <= 0) {
        return distrust(o, "died");
    }
    struct sr_reader r = sr_reader(sr_bytes(datagram, (size_t)n));
    SR_TRY(sr_reader_u8(&r, &kind));
    if (kind == MESSAGE_DATA) {
        return take_data(o, &r);
    }
    return kind == MESSAGE_END ? take_end(o, &r) : distrust(o, "says what no such process says");
}

static enum sr_status follow(struct outside *o)
{
    uint64_t allowance = TIMEOUT_MS + o->params->input_bytes / BYTES_PER_SECOND * 1000;
    o->deadline_ms = now_ms() + (int64_t)allowance;
    while (!o->is_over) {
        struct pollfd watched = {.fd = o->socket, .events = POLLIN};
        int ready = poll(&watched, 1, ASK_MS);
        if (o->params->cancelled != NULL && o->params->cancelled(o->params->ctx)) {
            return sr_fail(o->err, SR_CANCELLED, "stopped");
        }
        if (ready > 0) {
            SR_TRY(take_message(o));
            o->deadline_ms = now_ms() + (int64_t)allowance;
        } else if (now_ms() > o->deadline_ms) {
            return distrust(o, "took too long");
        }
    }
    return SR_OK;
}

/* What was written is a safetensors file, whoever wrote it. */
static enum sr_status check_output(const struct outside *o)
{
    SR_AUTO(sr_tensors) tensors = NULL;
    SR_AUTO(sr_buf) head = NULL;
    uint8_t *at = NULL;
    uint8_t length[8];
    uint64_t bytes = o->converted.bytes;
    uint64_t head_bytes = 0;
    int fd = o->params->output_fd;
    if (o->written != bytes || pread(fd, length, sizeof length, 0) != (ssize_t)sizeof length) {
        return sr_fail(o->err, SR_UNINSPECTED, "the conversion did not write all of its output");
    }
    SR_TRY(sr_safetensors_head_bytes(sr_bytes(length, sizeof length), bytes, &head_bytes, o->err));
    SR_TRY(sr_buf_new((size_t)head_bytes, &head));
    SR_TRY(sr_buf_extend(head, (size_t)head_bytes, &at));
    if (pread(fd, at, (size_t)head_bytes, 0) != (ssize_t)head_bytes) {
        return sr_fail(o->err, SR_IO, "cannot read the output: %s", strerror(errno));
    }
    return sr_safetensors_decode(sr_buf_view(head), bytes, &tensors, o->err);
}

static uint64_t output_bytes_max(uint64_t input_bytes)
{
    uint64_t bytes = SR_LIMIT_CONVERT_FREE_BYTES;
    if (input_bytes > bytes / SR_LIMIT_CONVERT_RATIO) {
        bytes = input_bytes * SR_LIMIT_CONVERT_RATIO;
    }
    return bytes + SR_LIMIT_SAFETENSORS_HEADER_BYTES;
}

enum sr_status sr_convert_isolated(const struct sr_convert_params *params, struct sr_converted *out,
                                   struct sr_err *err)
{
    struct sr_err own = {0};
    int pair[2] = {-1, -1};
    if (params->input_bytes > SR_LIMIT_FILE_BYTES) {
        return sr_fail(err, SR_TOO_LARGE, "the input is over the limit of a file");
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        return sr_fail(err, SR_IO, "cannot isolate: make a socket: %s", strerror(errno));
    }
    int parent = getpid();
    pid_t process = fork();
    if (process == 0) {
        struct sr_converted converted = {.verdict = SR_VERDICT_UNPARSABLE};
        if (dup2(pair[1], SOCKET) != SOCKET) {
            _exit(1);
        }
        enum sr_status status = convert_inside(params, parent, &converted, &own);
        send_end(status, &converted, &own);
    }
    (void)close(pair[1]);
    SR_CLEANUP(end_process)
    struct outside o = {.params = params,
                        .socket = pair[0],
                        .process = process,
                        .bytes_max = output_bytes_max(params->input_bytes),
                        .err = err};
    if (process < 0) {
        return sr_fail(err, SR_IO, "cannot isolate: start a process: %s", strerror(errno));
    }
    SR_TRY(follow(&o));
    SR_TRY(check_output(&o));
    *out = o.converted;
    return SR_OK;
}
