/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker finds what an inspection in this process finds; it can reach nothing; however it ends,
 * its file does not pass, and what it said before stays; what it says is not taken at its word.
 */
#include "artifact/inspector.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "artifact/inspection.h"
#include "artifact/worker.h"
#include "artifact/worker_records.h"
#include "base/folder.h"
#include "base/sandbox.h"
#include "tests/check.h"

/* A safetensors file of one tensor of len zero bytes, as a descriptor. */
static int tensors_fd(size_t len, uint64_t *out_bytes)
{
    char header[128];
    int n =
        snprintf(header, sizeof header,
                 "{\"w\":{\"dtype\":\"U8\",\"shape\":[%zu],\"data_offsets\":[0,%zu]}}", len, len);
    while (n % 8 != 0) {
        header[n++] = ' ';
    }
    uint8_t prefix[8] = {(uint8_t)n};
    int fd = memfd_create("tensors", MFD_CLOEXEC);
    CHECK(fd >= 0 && write(fd, prefix, 8) == 8 && write(fd, header, (size_t)n) == n);
    *out_bytes = 8 + (uint64_t)n + len;
    CHECK(ftruncate(fd, (off_t)*out_bytes) == 0);
    return fd;
}

static struct sr_inspector *start(const struct sr_worker_look *look, bool may_restart,
                                  unsigned timeout_ms)
{
    struct sr_err err = {0};
    struct sr_inspector *i = NULL;
    struct sr_inspector_params params = {
        .look = look, .may_restart = may_restart, .timeout_ms = timeout_ms};
    CHECK(sr_inspector_start(&params, &i, &err) == SR_OK);
    if (i == NULL) {
        printf("# %s\n", err.message);
    }
    return i;
}

static struct sr_report *new_report(void)
{
    struct sr_report *report = NULL;
    CHECK(sr_report_new(SR_PROFILE_TENSORS, &report) == SR_OK);
    return report;
}

/* Give it a good file under that name. */
static struct sr_report_file give(struct sr_inspector *i, struct sr_report *report,
                                  const char *path)
{
    struct sr_err err = {0};
    struct sr_inspector_input input = {.path = path};
    SR_AUTO_FD fd = tensors_fd(1000, &input.bytes);
    size_t index = 0;
    input.fd = fd;
    CHECK(sr_inspector_file(i, &input, report, &index, &err) == SR_OK);
    CHECK(index < sr_report_count(report));
    return sr_report_at(report, index);
}

static bool has(const struct sr_report_file *file, enum sr_rule rule, const char *words)
{
    for (size_t n = 0; n < file->finding_count; n++) {
        if (file->findings[n].rule == rule && strstr(file->findings[n].evidence, words) != NULL) {
            return true;
        }
        printf("# %s: %s\n", sr_rule_info(file->findings[n].rule)->id, file->findings[n].evidence);
    }
    return false;
}

static void finds_what_an_inspection_finds(void)
{
    SR_AUTO(sr_report) report = new_report();
    SR_AUTO(sr_inspector) i = start(NULL, false, 0);
    struct sr_report_file good = give(i, report, "a.safetensors");
    CHECK(good.verdict == SR_VERDICT_PASS && good.finding_count == 0);
    CHECK(strcmp(good.format, "safetensors") == 0 && good.covered == good.bytes);
    struct sr_report_file misnamed = give(i, report, "b.gguf");
    CHECK(misnamed.verdict == SR_VERDICT_REVIEW);
    CHECK(has(&misnamed, SR_RULE_MISNAMED, "named as GGUF"));
    CHECK(sr_inspector_finish(i, report, NULL) == SR_OK);
    CHECK(sr_report_verdict(report) == SR_VERDICT_REVIEW);
}

/*
 * Things that a parser that was taken over may try. Each is in the place of the inspection.
 */

static void try_nothing(struct sr_inspected *out, uint64_t bytes)
{
    /* What is reached by mistake looks like success to its test, and fails it. */
    *out = (struct sr_inspected){.verdict = SR_VERDICT_PASS, .format = "x", .bytes = bytes};
    out->covered = bytes;
}

#define ATTEMPT(name, ...)                                                                         \
    static void name(struct sr_inspection *in, struct sr_bytes path, struct sr_bytes bytes,        \
                     struct sr_inspected *out)                                                     \
    {                                                                                              \
        (void)path;                                                                                \
        sr_inspection_global(in, sr_bytes("m", 1), sr_bytes("n", 1), "danger");                    \
        __VA_ARGS__;                                                                               \
        try_nothing(out, bytes.len);                                                               \
    }

ATTEMPT(try_open, (void)!open("/etc/passwd", O_RDONLY))
ATTEMPT(try_create, (void)!open("/tmp/x", O_WRONLY | O_CREAT, 0600))
ATTEMPT(try_socket, (void)!socket(AF_INET, SOCK_STREAM, 0))
ATTEMPT(try_exec, (void)!execl("/bin/true", "true", NULL))
ATTEMPT(try_fork, (void)!fork())
ATTEMPT(try_kill, (void)kill(1, 0))
ATTEMPT(try_ptrace, (void)syscall(SYS_ptrace, 0, 0, 0, 0))
ATTEMPT(try_prctl, (void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0))
ATTEMPT(try_write_elsewhere, (void)!write(2, "x", 1))
ATTEMPT(try_read_elsewhere, char c; (void)!read(1, &c, 1))
ATTEMPT(try_dup, (void)!dup(0))
ATTEMPT(try_send_descriptor, struct msghdr m = {0}; (void)sendmsg(0, &m, 0))
ATTEMPT(try_map_code,
        (void)mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
ATTEMPT(try_make_code, static uint8_t page[8192];
        (void)mprotect((void *)(((uintptr_t)page + 4095) & ~(uintptr_t)4095), 4096, PROT_EXEC))
ATTEMPT(try_memory_of_others, struct iovec v = {0};
        (void)syscall(SYS_process_vm_readv, getppid(), &v, 1, &v, 1, 0))
ATTEMPT(try_thread, (void)syscall(SYS_clone3, NULL, 0))
ATTEMPT(try_ring, (void)syscall(SYS_io_uring_setup, 1, NULL))
ATTEMPT(try_bpf, (void)syscall(SYS_bpf, 0, NULL, 0))
#ifdef __x86_64__
ATTEMPT(try_x32, (void)syscall(0x40000000 | SYS_getpid))
#endif

static void dies_of(const char *what,
                    void (*attempt)(struct sr_inspection *, struct sr_bytes, struct sr_bytes,
                                    struct sr_inspected *),
                    const char *words)
{
    const struct sr_worker_look look = {.file = attempt};
    SR_AUTO(sr_report) report = new_report();
    SR_AUTO(sr_inspector) i = start(&look, false, 2000);
    struct sr_report_file file = give(i, report, "a.safetensors");
    bool is_seen = file.verdict == SR_VERDICT_UNPARSABLE && has(&file, SR_RULE_WORKER_DIED, words);
    CHECK(is_seen);
    CHECK(file.global_count >= 1); /* what was said before stays */
    if (!is_seen) {
        printf("# %s was not stopped\n", what);
    }
    /* Without leave to start another, what follows is not looked at. */
    struct sr_report_file next = give(i, report, "b.safetensors");
    CHECK(next.verdict == SR_VERDICT_UNPARSABLE);
    CHECK(has(&next, SR_RULE_WORKER_DIED, "an earlier file"));
    CHECK(sr_inspector_finish(i, report, NULL) == SR_OK);
    CHECK(sr_report_verdict(report) == SR_VERDICT_UNPARSABLE);
}

static void reaches_nothing(void)
{
    static const char FORBIDDEN[] = "what it may not";
    dies_of("open", try_open, FORBIDDEN);
    dies_of("create", try_create, FORBIDDEN);
    dies_of("socket", try_socket, FORBIDDEN);
    dies_of("exec", try_exec, FORBIDDEN);
    dies_of("fork", try_fork, FORBIDDEN);
    dies_of("kill", try_kill, FORBIDDEN);
    dies_of("ptrace", try_ptrace, FORBIDDEN);
    dies_of("prctl", try_prctl, FORBIDDEN);
    dies_of("write elsewhere", try_write_elsewhere, FORBIDDEN);
    dies_of("read elsewhere", try_read_elsewhere, FORBIDDEN);
    dies_of("dup", try_dup, FORBIDDEN);
    dies_of("sendmsg", try_send_descriptor, FORBIDDEN);
    dies_of("map code", try_map_code, FORBIDDEN);
    dies_of("make code", try_make_code, FORBIDDEN);
    dies_of("memory of others", try_memory_of_others, FORBIDDEN);
    dies_of("thread", try_thread, FORBIDDEN);
    dies_of("ring", try_ring, FORBIDDEN);
    dies_of("bpf", try_bpf, FORBIDDEN);
#ifdef __x86_64__
    dies_of("x32", try_x32, FORBIDDEN);
#endif
}

#define BREACH "what no worker says"
/* The runtime of a sanitizer wants to look around in /proc first, which kills it sooner. */
#define CRASHED (SR_SANDBOX_IS_WATCHED ? "it " : "ended with status")

/*
 * Ways to end, and things to say.
 */

static void say(const void *datagram, size_t len)
{
    (void)!write(0, datagram, len);
}

static void say_record(const struct sr_record *record)
{
    uint8_t datagram[SR_RECORD_BYTES_MAX];
    say(datagram, sr_record_encode(record, datagram));
}

ATTEMPT(do_crash, volatile uintptr_t nowhere = 16; (void)*(const volatile uint8_t *)nowhere)
ATTEMPT(do_read_past_end, (void)((const volatile uint8_t *)bytes.ptr)[bytes.len + 8192])
ATTEMPT(do_write, ((volatile uint8_t *)(uintptr_t)bytes.ptr)[0] = 1)
ATTEMPT(do_exit, (void)syscall(SYS_exit_group, 0))
ATTEMPT(do_hang, for (;;){})
ATTEMPT(do_hang_up, (void)close(0); for (;;){})
ATTEMPT(say_nonsense, say("\xff nonsense", 10))
ATTEMPT(say_too_much, static char much[60000]; say(much, sizeof much))
ATTEMPT(say_need, struct sr_record r = {.kind = SR_RECORD_NEED}; say_record(&r))
ATTEMPT(say_of_another, struct sr_record r = {.kind = SR_RECORD_FINDING, .file = 1}; say_record(&r))
ATTEMPT(say_ready, struct sr_record r = {.kind = SR_RECORD_READY}; say_record(&r))
ATTEMPT(say_deferred, struct sr_record r = {.kind = SR_RECORD_DEFERRED}; say_record(&r))
ATTEMPT(say_outside, struct sr_record r = {.kind = SR_RECORD_REFERENCE, .text = {"../x"}};
        say_record(&r))
ATTEMPT(
    say_endlessly, for (;;) {
        sr_inspection_global(in, sr_bytes("m", 1), bytes, "type");
        struct sr_record r = {.kind = SR_RECORD_GLOBAL, .text = {"a", "b", "type"}};
        say_record(&r);
    })

static void pass_uncovered(struct sr_inspection *in, struct sr_bytes path, struct sr_bytes bytes,
                           struct sr_inspected *out)
{
    (void)path;
    sr_inspection_global(in, sr_bytes("m", 1), sr_bytes("n", 1), "danger");
    try_nothing(out, bytes.len);
    out->covered = bytes.len - 1;
}

static void pass_less(struct sr_inspection *in, struct sr_bytes path, struct sr_bytes bytes,
                      struct sr_inspected *out)
{
    pass_uncovered(in, path, bytes, out);
    out->bytes = out->covered;
}

static void never_passes_however_it_ends(void)
{
    dies_of("crash", do_crash, CRASHED);
    dies_of("read past the end", do_read_past_end, CRASHED);
    dies_of("write", do_write, CRASHED);
    dies_of("exit", do_exit, "ended with status 0");
    dies_of("hang", do_hang, "took too long");
    dies_of("hang up", do_hang_up, "stopped answering");
}

static void is_not_taken_at_its_word(void)
{
    dies_of("nonsense", say_nonsense, BREACH);
    dies_of("too much", say_too_much, BREACH);
    dies_of("need", say_need, BREACH);
    dies_of("of another", say_of_another, BREACH);
    dies_of("ready", say_ready, BREACH);
    dies_of("deferred", say_deferred, BREACH);
    dies_of("outside", say_outside, BREACH);
    dies_of("endlessly", say_endlessly, BREACH);
    dies_of("uncovered", pass_uncovered, BREACH);
    dies_of("less", pass_less, BREACH);
}

/* It says PASS, but has named a rule: the rule counts. */
ATTEMPT(pass_with_finding, sr_inspection_find(in, SR_RULE_POLYGLOT, 1, 2, "seen"))

static void weighs_findings_itself(void)
{
    const struct sr_worker_look look = {.file = pass_with_finding};
    SR_AUTO(sr_report) report = new_report();
    SR_AUTO(sr_inspector) i = start(&look, false, 0);
    struct sr_report_file file = give(i, report, "a.safetensors");
    CHECK(file.verdict == SR_VERDICT_BLOCK && has(&file, SR_RULE_POLYGLOT, "seen"));
}

/* Dies of files that are named so. */
static void crash_by_name(struct sr_inspection *in, struct sr_bytes path, struct sr_bytes bytes,
                          struct sr_inspected *out)
{
    if (path.ptr[0] == 'x') {
        (void)syscall(SYS_exit_group, 3);
    }
    sr_inspection_file(in, path, bytes, out);
}

static void starts_another_with_leave(void)
{
    const struct sr_worker_look look = {.file = crash_by_name};
    SR_AUTO(sr_report) report = new_report();
    SR_AUTO(sr_inspector) i = start(&look, true, 0);
    CHECK(give(i, report, "a.safetensors").verdict == SR_VERDICT_PASS);
    CHECK(give(i, report, "x.safetensors").verdict == SR_VERDICT_UNPARSABLE);
    CHECK(give(i, report, "b.safetensors").verdict == SR_VERDICT_PASS);
    CHECK(sr_inspector_finish(i, report, NULL) == SR_OK);
    CHECK(sr_report_count(report) == 3);
    CHECK(sr_report_verdict(report) == SR_VERDICT_UNPARSABLE);
}

/*
 * Files that come in chunks.
 */

struct fetched {
    unsigned reads;
    bool fails;
};

static uint8_t pattern(uint64_t at)
{
    return (uint8_t)(at ^ at >> 8 ^ at >> 16 ^ at >> 24);
}

static enum sr_status read_pattern(void *ctx, uint64_t offset, uint8_t *out, size_t len,
                                   struct sr_err *err)
{
    struct fetched *f = ctx;
    f->reads++;
    if (f->fails && f->reads == 3) {
        return sr_fail(err, SR_CORRUPT, "as the test wants");
    }
    for (size_t n = 0; n < len; n++) {
        out[n] = pattern(offset + n);
    }
    return SR_OK;
}

/* Read all of it forwards, then here and there; say with a rule what was not as it should be. */
static void read_all(struct sr_inspection *in, struct sr_bytes path, struct sr_bytes bytes,
                     struct sr_inspected *out)
{
    (void)path;
    (void)in;
    *out = (struct sr_inspected){.verdict = SR_VERDICT_PASS, .format = "x", .bytes = bytes.len};
    out->covered = bytes.len;
    for (size_t n = 0; n < bytes.len; n++) {
        if (bytes.ptr[n] != pattern(n)) {
            out->verdict = SR_VERDICT_BLOCK;
        }
    }
    for (size_t n = 0; n < 200; n++) {
        size_t at = n * 7919 * 4099 % bytes.len;
        if (bytes.ptr[at] != pattern(at)) {
            out->verdict = SR_VERDICT_BLOCK;
        }
    }
}

static enum sr_status fetch(const struct sr_worker_look *look, struct fetched *f, uint64_t bytes,
                            struct sr_report *report, struct sr_err *err)
{
    SR_AUTO(sr_inspector) i = start(look, false, 20000);
    const struct sr_source source = {.read_at = read_pattern, .ctx = f, .bytes = bytes};
    struct sr_inspector_input input = {
        .path = "fetched", .bytes = bytes, .fd = -1, .source = &source};
    size_t index = 0;
    return sr_inspector_file(i, &input, report, &index, err);
}

static void reads_files_in_chunks(void)
{
    const struct sr_worker_look look = {.file = read_all};
    /* More than is kept, with a last chunk that is short. */
    uint64_t bytes = (SR_WORKER_CHUNKS_MAX + 8) * SR_REQUEST_CHUNK_BYTES + 4097;
    SR_AUTO(sr_report) report = new_report();
    struct fetched f = {0};
    CHECK(fetch(&look, &f, bytes, report, NULL) == SR_OK);
    CHECK(sr_report_verdict(report) == SR_VERDICT_PASS);
    CHECK(f.reads > SR_WORKER_CHUNKS_MAX + 8);
    struct fetched little = {0};
    SR_AUTO(sr_report) other = new_report();
    CHECK(fetch(&look, &little, 5, other, NULL) == SR_OK);
    CHECK(sr_report_verdict(other) == SR_VERDICT_PASS && little.reads == 1);
}

static void a_source_that_fails_is_an_error(void)
{
    const struct sr_worker_look look = {.file = read_all};
    SR_AUTO(sr_report) report = new_report();
    struct fetched f = {.fails = true};
    struct sr_err err = {0};
    CHECK(fetch(&look, &f, 9 * SR_REQUEST_CHUNK_BYTES, report, &err) == SR_CORRUPT);
    CHECK(strcmp(err.message, "as the test wants") == 0);
    CHECK(sr_report_verdict(report) == SR_VERDICT_UNPARSABLE);
}

ATTEMPT(need_beyond, struct sr_record r = {.kind = SR_RECORD_NEED, .chunk = UINT64_MAX};
        say_record(&r))
ATTEMPT(need_next,
        struct sr_record r = {.kind = SR_RECORD_NEED, .chunk = bytes.len / SR_REQUEST_CHUNK_BYTES};
        say_record(&r))

static void chunks_are_of_the_file_and_read_only(void)
{
    const struct {
        struct sr_worker_look look;
        const char *words;
    } WRONG[] = {{{need_beyond}, BREACH},
                 {{need_next}, BREACH},
                 {{do_write}, CRASHED},
                 {{do_read_past_end}, CRASHED}};
    for (size_t n = 0; n < sizeof WRONG / sizeof WRONG[0]; n++) {
        SR_AUTO(sr_report) report = new_report();
        struct fetched f = {0};
        CHECK(fetch(&WRONG[n].look, &f, 2 * SR_REQUEST_CHUNK_BYTES, report, NULL) == SR_OK);
        struct sr_report_file file = sr_report_at(report, 0);
        CHECK(file.verdict == SR_VERDICT_UNPARSABLE);
        CHECK(has(&file, SR_RULE_WORKER_DIED, WRONG[n].words));
    }
}

static bool is_cancelled(void *ctx)
{
    unsigned *asked = ctx;
    return ++*asked > 2;
}

static void stops_when_asked(void)
{
    const struct sr_worker_look look = {.file = do_hang};
    SR_AUTO(sr_report) report = new_report();
    SR_AUTO(sr_inspector) i = start(&look, false, 0);
    unsigned asked = 0;
    struct sr_inspector_input input = {.path = "a", .cancelled = is_cancelled, .ctx = &asked};
    SR_AUTO_FD fd = tensors_fd(10, &input.bytes);
    size_t index = 0;
    input.fd = fd;
    CHECK(sr_inspector_file(i, &input, report, &index, NULL) == SR_CANCELLED);
    CHECK(sr_report_verdict(report) == SR_VERDICT_UNPARSABLE);
}

static void refer(struct sr_inspection *in, struct sr_bytes path, struct sr_bytes bytes,
                  struct sr_inspected *out)
{
    (void)in;
    (void)path;
    struct sr_record r = {.kind = SR_RECORD_REFERENCE};
    for (unsigned n = 0; n < 1000; n++) {
        memcpy(r.text[0], n % 2 == 0 ? "weights.bin" : "in/more.bin", 12);
        say_record(&r);
    }
    try_nothing(out, bytes.len);
}

static void gathers_references_once(void)
{
    const struct sr_worker_look look = {.file = refer};
    SR_AUTO(sr_report) report = new_report();
    SR_AUTO(sr_inspector) i = start(&look, false, 0);
    (void)give(i, report, "sub/a.onnx");
    (void)give(i, report, "sub/b.onnx");
    CHECK(sr_inspector_reference_count(i) == 2);
    CHECK(strcmp(sr_inspector_reference(i, 0), "weights.bin") == 0);
    CHECK(strcmp(sr_inspector_reference(i, 1), "in/more.bin") == 0);
    CHECK(sr_inspector_finish(i, report, NULL) == SR_OK);
    CHECK(sr_report_verdict(report) == SR_VERDICT_PASS);
}

static void puts_off_what_it_does_not_know(void)
{
    SR_AUTO(sr_report) report = new_report();
    SR_AUTO(sr_inspector) i = start(NULL, false, 0);
    SR_AUTO_FD fd = memfd_create("unknown", MFD_CLOEXEC);
    CHECK(write(fd, "\1\2\3\4", 4) == 4);
    struct sr_inspector_input input = {.path = "weights", .bytes = 4, .fd = fd, .may_defer = true};
    size_t index = 0;
    CHECK(sr_inspector_file(i, &input, report, &index, NULL) == SR_OK);
    CHECK(index == SR_INSPECTOR_DEFERRED && sr_report_count(report) == 0);
    input.may_defer = false;
    CHECK(sr_inspector_file(i, &input, report, &index, NULL) == SR_OK);
    CHECK(index == 0 && sr_report_at(report, 0).verdict == SR_VERDICT_UNPARSABLE);
    CHECK(sr_report_at(report, 0).findings[0].rule == SR_RULE_UNKNOWN_FORMAT);
}

int main(void)
{
    RUN(finds_what_an_inspection_finds);
    RUN(reaches_nothing);
    RUN(never_passes_however_it_ends);
    RUN(is_not_taken_at_its_word);
    RUN(weighs_findings_itself);
    RUN(starts_another_with_leave);
    RUN(reads_files_in_chunks);
    RUN(a_source_that_fails_is_an_error);
    RUN(chunks_are_of_the_file_and_read_only);
    RUN(stops_when_asked);
    RUN(gathers_references_once);
    RUN(puts_off_what_it_does_not_know);
    return check_done();
}
