/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/worker.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "artifact/inspection.h"
#include "artifact/worker_records.h"
#include "base/sandbox.h"
#include "formats/json.h"

/* The sandbox puts the socket here. */
#define SOCKET 0
/* Private memory: what may be unpacked, twice, and the structures that describe it. */
#define DATA_BYTES_MAX (2 * SR_LIMIT_INSPECT_UNPACKED_BYTES + ((uint64_t)2 << 30))
/* How it ends when it is not killed; for people with a debugger, the parent does not care. */
enum ending { ENDED_WELL = 0, LOST_PARENT = 10, WRONG_REQUEST, WRONG_FAULT, NO_REGION };

#define FAULT_STACK_BYTES ((size_t)64 << 10)
/* Nothing on either side of the bytes that are looked at, so that a read outside them is seen. */
#define GUARD_BYTES ((size_t)64 << 10)

/* The file that is fetched chunk by chunk, where a signal handler finds it. */
static struct {
    uint8_t *at; /* NULL: none */
    uint64_t bytes;
    uint64_t resident[SR_WORKER_CHUNKS_MAX]; /* the chunks that are there, the oldest at `oldest` */
    size_t count;
    size_t oldest;
} region;

struct worker {
    struct sr_inspection *inspection;
    const struct sr_worker_look *look;
    char last_reference[SR_LIMIT_PATH_BYTES + 1];
    struct sr_record record; /* on its way out */
};

noreturn static void stop(enum ending ending)
{
    /* Past libc, where sanitizers hang their own ends, which are forbidden here. */
    for (;;) {
        (void)syscall(SYS_exit_group, (int)ending);
    }
}

static void send_record(const struct sr_record *record)
{
    uint8_t datagram[SR_RECORD_BYTES_MAX];
    size_t len = sr_record_encode(record, datagram);
    if (send(SOCKET, datagram, len, MSG_NOSIGNAL) != (ssize_t)len) {
        stop(LOST_PARENT);
    }
}

static void put_text(struct worker *w, size_t index, const char *text)
{
    size_t len = strnlen(text, SR_RECORD_TEXT_BYTES - 1);
    memcpy(w->record.text[index], text, len);
    w->record.text[index][len] = '\0';
}

static void on_finding(void *ctx, const struct sr_finding *finding)
{
    struct worker *w = ctx;
    w->record = (struct sr_record){.kind = SR_RECORD_FINDING,
                                   .rule = finding->rule,
                                   .file = finding->file,
                                   .offset = finding->offset,
                                   .length = finding->length};
    put_text(w, 0, finding->member);
    put_text(w, 1, finding->evidence);
    send_record(&w->record);
}

static void on_global(void *ctx, const struct sr_global *global)
{
    struct worker *w = ctx;
    w->record = (struct sr_record){.kind = SR_RECORD_GLOBAL};
    put_text(w, 0, global->module);
    put_text(w, 1, global->name);
    put_text(w, 2, global->role);
    send_record(&w->record);
}

static void on_fact(void *ctx, const struct sr_fact *fact)
{
    struct worker *w = ctx;
    w->record = (struct sr_record){.kind = SR_RECORD_FACT, .key = fact->key};
    put_text(w, 0, fact->value);
    send_record(&w->record);
}

static void on_reference(void *ctx, const char *path)
{
    struct worker *w = ctx;
    /* A model says for each of its tensors that it is in the same file. */
    if (strcmp(path, w->last_reference) == 0) {
        return;
    }
    size_t len = strnlen(path, sizeof w->last_reference - 1);
    memcpy(w->last_reference, path, len);
    w->last_reference[len] = '\0';
    w->record = (struct sr_record){.kind = SR_RECORD_REFERENCE};
    put_text(w, 0, path);
    send_record(&w->record);
}

/*
 * Fetching. All of it runs inside a signal handler, but one that answers a read of the file's bytes
 * by a parser: nothing else of this process is interrupted.
 */

static size_t chunk_len(uint64_t chunk)
{
    uint64_t begin = chunk * SR_REQUEST_CHUNK_BYTES;
    uint64_t rest = region.bytes - begin;
    return rest < SR_REQUEST_CHUNK_BYTES ? (size_t)rest : SR_REQUEST_CHUNK_BYTES;
}

static void protect(uint64_t chunk, int protection)
{
    if (mprotect(region.at + chunk * SR_REQUEST_CHUNK_BYTES, chunk_len(chunk), protection) != 0) {
        stop(NO_REGION);
    }
}

static void make_room(void)
{
    if (region.count < SR_WORKER_CHUNKS_MAX) {
        return;
    }
    uint64_t chunk = region.resident[region.oldest];
    if (madvise(region.at + chunk * SR_REQUEST_CHUNK_BYTES, chunk_len(chunk), MADV_DONTNEED) != 0) {
        stop(NO_REGION);
    }
    protect(chunk, PROT_NONE);
    region.oldest = (region.oldest + 1) % SR_WORKER_CHUNKS_MAX;
    region.count--;
}

static bool is_resident(uint64_t chunk)
{
    for (size_t i = 0; i < region.count; i++) {
        if (region.resident[(region.oldest + i) % SR_WORKER_CHUNKS_MAX] == chunk) {
            return true;
        }
    }
    return false;
}

static void fetch(uint64_t chunk)
{
    struct sr_record need = {.kind = SR_RECORD_NEED, .chunk = chunk};
    uint8_t *to = region.at + chunk * SR_REQUEST_CHUNK_BYTES;
    size_t len = chunk_len(chunk);
    make_room();
    protect(chunk, PROT_READ | PROT_WRITE);
    send_record(&need);
    for (size_t done = 0; done < len;) {
        size_t piece = len - done < SR_REQUEST_PIECE_BYTES ? len - done : SR_REQUEST_PIECE_BYTES;
        if (read(SOCKET, to + done, piece) != (ssize_t)piece) {
            stop(LOST_PARENT);
        }
        done += piece;
    }
    protect(chunk, PROT_READ);
    region.resident[(region.oldest + region.count++) % SR_WORKER_CHUNKS_MAX] = chunk;
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    uintptr_t at = (uintptr_t)info->si_addr;
    uintptr_t begin = (uintptr_t)region.at;
    if (region.at == NULL || at < begin || at - begin >= region.bytes) {
        stop(WRONG_FAULT);
    }
    uint64_t chunk = (at - begin) / SR_REQUEST_CHUNK_BYTES;
    if (is_resident(chunk)) { /* then it was not read but written to */
        stop(WRONG_FAULT);
    }
    fetch(chunk);
}

/* On a stack of its own, so that a parser that runs out of stack is seen to do so. */
static void watch_faults(void)
{
    static uint8_t stack[FAULT_STACK_BYTES];
    stack_t own = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    (void)sigemptyset(&action.sa_mask);
    if (sigaltstack(&own, NULL) != 0 || sigaction(SIGSEGV, &action, NULL) != 0) {
        stop(NO_REGION);
    }
}

/* Address space for so many bytes, between guards, without memory. NULL: there is none. */
static uint8_t *reserve(uint64_t bytes)
{
    void *at = mmap(NULL, bytes + 2 * GUARD_BYTES, PROT_NONE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return at == MAP_FAILED ? NULL : (uint8_t *)at + GUARD_BYTES;
}

static void release(const uint8_t *at, uint64_t bytes)
{
    (void)munmap((void *)(uintptr_t)(at - GUARD_BYTES), bytes + 2 * GUARD_BYTES);
}

/* The parent's next request; fd -1 when none came with it. */
static struct sr_request receive(int *out_fd)
{
    uint8_t datagram[SR_REQUEST_BYTES_MAX];
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec part = {.iov_base = datagram, .iov_len = sizeof datagram};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    struct sr_request request;
    ssize_t n = recvmsg(SOCKET, &message, 0);
    if (n <= 0) {
        stop(n == 0 ? ENDED_WELL : LOST_PARENT);
    }
    if (sr_request_decode(sr_bytes(datagram, (size_t)n), &request) != SR_OK) {
        stop(WRONG_REQUEST);
    }
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *out_fd = -1;
    if (header != NULL && header->cmsg_type == SCM_RIGHTS) {
        memcpy(out_fd, CMSG_DATA(header), sizeof *out_fd);
    }
    return request;
}

/* The bytes of a requested file; false when there is no room for them. */
static bool open_bytes(const struct sr_request *request, int fd, struct sr_bytes *out)
{
    *out = sr_bytes(NULL, 0);
    if (request->bytes == 0) {
        return true;
    }
    uint8_t *at = reserve(request->bytes);
    if (at == NULL) {
        return false;
    }
    if (request->is_fetched) {
        region.at = at;
        region.bytes = request->bytes;
        region.count = 0;
        region.oldest = 0;
    } else if (mmap(at, request->bytes, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) != at) {
        return false;
    }
    *out = sr_bytes(at, request->bytes);
    return true;
}

static void close_bytes(struct sr_bytes bytes)
{
    region.at = NULL;
    if (bytes.len > 0) {
        release(bytes.ptr, bytes.len);
    }
}

static void tell_end(struct worker *w, const struct sr_inspected *inspected)
{
    w->record = (struct sr_record){.kind = SR_RECORD_ENDED,
                                   .verdict = inspected->verdict,
                                   .bytes = inspected->bytes,
                                   .covered = inspected->covered};
    put_text(w, 0, inspected->format);
    send_record(&w->record);
}

static void look_at_file(struct worker *w, const struct sr_request *request, int fd)
{
    struct sr_bytes path = sr_bytes(request->path, strlen(request->path));
    struct sr_bytes bytes;
    bool is_open = open_bytes(request, fd, &bytes);
    if (fd >= 0) {
        (void)close(fd);
    }
    if (!is_open) {
        stop(NO_REGION);
    }
    if (request->may_defer && !sr_inspection_knows(path, bytes)) {
        w->record = (struct sr_record){.kind = SR_RECORD_DEFERRED};
        send_record(&w->record);
    } else {
        struct sr_inspected inspected = {.verdict = SR_VERDICT_UNPARSABLE, .format = "unknown"};
        w->last_reference[0] = '\0';
        w->look->file(w->inspection, path, bytes, &inspected);
        tell_end(w, &inspected);
    }
    close_bytes(bytes);
}

static void finish(struct worker *w)
{
    struct sr_inspected inspected = {.verdict = sr_inspection_end(w->inspection), .format = ""};
    tell_end(w, &inspected);
}

static int compare_bytes(const void *a, const void *b) /* lint: callback */
{
    return memcmp(a, b, 1);
}

/*
 * What libraries do once, and with system calls that are forbidden later: Jansson reads a seed, and
 * qsort() asks how much memory there is.
 */
static void warm_up(void)
{
    static uint8_t table[4096];
    SR_AUTO(sr_json) json = NULL;
    qsort(table, sizeof table, 1, compare_bytes);
    if (sr_json_decode(sr_bytes("{\"a\":1}", 7), 2, &json, NULL) != SR_OK) {
        stop(NO_REGION);
    }
}

/* The inspection, in isolation; what went wrong is told by the caller. */
static enum sr_status begin(struct worker *w, int socket, int parent, enum sr_profile profile,
                            unsigned cpu_s, struct sr_err *err)
{
    struct sr_inspection_events events = {.finding = on_finding,
                                          .global = on_global,
                                          .fact = on_fact,
                                          .reference = on_reference,
                                          .ctx = w};
    struct sr_sandbox sandbox = {
        .fd = socket,
        .parent = parent,
        .data_bytes = DATA_BYTES_MAX,
        .space_bytes = SR_LIMIT_FILE_BYTES + 2 * DATA_BYTES_MAX,
        .cpu_s = cpu_s,
    };
    if (sr_inspection_new(profile, &events, &w->inspection) != SR_OK) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for an inspection");
    }
    warm_up();
    watch_faults();
    return sr_sandbox_enter(&sandbox, err);
}

noreturn void sr_worker_run(int socket, int parent, enum sr_profile profile, unsigned cpu_s,
                            const struct sr_worker_look *look)
{
    static struct worker w;
    struct sr_err err = {0};
    w = (struct worker){.look = look};
    bool is_isolated = begin(&w, socket, parent, profile, cpu_s, &err) == SR_OK;
    w.record = (struct sr_record){.kind = is_isolated ? SR_RECORD_READY : SR_RECORD_FAILED};
    put_text(&w, 0, err.message);
    send_record(&w.record);
    if (!is_isolated) {
        stop(NO_REGION);
    }
    for (;;) {
        int fd = -1;
        struct sr_request request = receive(&fd);
        if (request.kind == SR_REQUEST_FILE) {
            look_at_file(&w, &request, fd);
        } else {
            finish(&w);
        }
    }
}
