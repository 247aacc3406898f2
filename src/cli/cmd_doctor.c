/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/host.h"
#include "base/secret.h"
#include "base/time.h"
#include "build_config.h"
#include "cli/command.h"
#include "cli/fields.h"
#include "cli/human.h"
#include "cli/screen.h"
#include "cli/session.h"
#include "crypto/aead.h"

extern const struct sr_command sr_command_doctor;

/* What a single read needs: the buffers of `cat`, and a body's index. */
#define LOCKED_BYTES_MIN ((size_t)6 << 20)
/* From here on mounts and deposits have all the buffers that they can use. */
#define LOCKED_BYTES_GOOD ((uint64_t)256 << 20)
#define FREE_BYTES_MIN ((uint64_t)64 << 20)
#define FREE_BYTES_GOOD ((uint64_t)10 << 30)

enum level { LEVEL_OK, LEVEL_WARN, LEVEL_FAIL };

struct report {
    struct sr_cli *cli;
    struct sr_host host;
    enum sr_status json_status; /* of writing into the result */
    enum sr_status worst;       /* of the first check that failed */
    struct sr_err *err;
};

static enum sr_status put_check(struct sr_json_writer *w, const char *name, enum level level,
                                const char *detail, const char *advice)
{
    static const char *const WORDS[] = {"ok", "warn", "fail"};
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_fields_text(w, "name", name));
    SR_TRY(sr_fields_text(w, "result", WORDS[level]));
    SR_TRY(sr_fields_text(w, "detail", detail));
    if (advice == NULL) {
        SR_TRY(sr_fields_null(w, "advice"));
    } else {
        SR_TRY(sr_fields_text(w, "advice", advice));
    }
    return sr_json_close_object(w);
}

static void print_check(const struct sr_cli *cli, const char *name, enum level level,
                        const char *detail, const char *advice)
{
    static const char *const PLAIN[] = {"ok  ", "warn", "fail"};
    static const char *const COLOURED[] = {
        "\x1b[32mok  \x1b[0m",
        "\x1b[33mwarn\x1b[0m",
        "\x1b[31mfail\x1b[0m",
    };
    printf("%s  ", cli->has_colour ? COLOURED[level] : PLAIN[level]);
    sr_screen_line("%-14s %s", name, detail);
    if (advice != NULL) {
        sr_screen_line("      %-14s -> %s", "", advice);
    }
}

/* One line of the report. advice is NULL when there is nothing to do. */
SR_PRINTF(5, 6)
static void say(struct report *r, const char *name, enum level level, const char *advice,
                const char *fmt, ...)
{
    char detail[SR_ERR_MESSAGE_BYTES] = {0};
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(detail, sizeof detail, fmt, args);
    va_end(args);
    if (!r->cli->is_json) {
        print_check(r->cli, name, level, detail, advice);
    } else if (r->json_status == SR_OK) {
        r->json_status = put_check(&r->cli->json, name, level, detail, advice);
    }
}

/* As say(), for what makes the command fail. */
SR_PRINTF(5, 6)
static void say_failed(struct report *r, const char *name, enum sr_status status,
                       const char *advice, const char *fmt, ...)
{
    char detail[SR_ERR_MESSAGE_BYTES] = {0};
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(detail, sizeof detail, fmt, args);
    va_end(args);
    say(r, name, LEVEL_FAIL, advice, "%s", detail);
    if (r->worst == SR_OK) {
        r->worst = sr_fail(r->err, status, "%s: %s", name, detail);
    }
}

static void check_locked_memory(struct report *r)
{
    static const char ADVICE[] = "raise it: 'ulimit -l unlimited', 'LimitMEMLOCK=' in a unit, or "
                                 "memlock in /etc/security/limits.conf";
    char limit[SR_HUMAN_BYTES] = "no limit";
    if (r->host.memlock_soft_bytes != SR_HOST_UNLIMITED) {
        sr_human_bytes(r->host.memlock_soft_bytes, limit);
    }
    SR_AUTO(sr_secret) trial = NULL;
    struct sr_err err = {0};
    if (sr_secret_new(LOCKED_BYTES_MIN, &trial, &err) != SR_OK) {
        say_failed(r, "locked memory", SR_NO_MEMORY, ADVICE, "%s; %s", limit, err.message);
    } else if (r->host.memlock_soft_bytes < LOCKED_BYTES_GOOD) {
        say(r, "locked memory", LEVEL_WARN, ADVICE,
            "%s: everything works, large reads with fewer buffers", limit);
    } else {
        say(r, "locked memory", LEVEL_OK, NULL, "%s", limit);
    }
}

static void check_swap(struct report *r)
{
    static const char ADVICE[] = "what programs read from a mount can be swapped out: encrypt the "
                                 "swap area or turn it off ('swapoff -a')";
    char size[SR_HUMAN_BYTES];
    sr_human_bytes(r->host.swap_bytes, size);
    switch (r->host.swap) {
    case SR_HOST_SWAP_NONE:
        say(r, "swap", LEVEL_OK, NULL, "none");
        break;
    case SR_HOST_SWAP_RAM:
        say(r, "swap", LEVEL_OK, NULL, "%s, in memory only", size);
        break;
    case SR_HOST_SWAP_ENCRYPTED:
        say(r, "swap", LEVEL_OK, NULL, "%s, encrypted", size);
        break;
    case SR_HOST_SWAP_OPEN:
        say(r, "swap", LEVEL_WARN, ADVICE, "%s, not known to be encrypted", size);
        break;
    case SR_HOST_SWAP_UNKNOWN:
        say(r, "swap", LEVEL_WARN, ADVICE, "the kernel does not say what there is");
        break;
    }
}

static void check_core_dumps(struct report *r)
{
    if (r->host.core_runs_program) {
        say(r, "core dumps", LEVEL_WARN,
            "limit them for programs that read a mount ('ulimit -c 0' does not stop a handler)",
            "this program leaves none; others' go to a program: '%s'", r->host.core_pattern);
    } else {
        say(r, "core dumps", LEVEL_OK, NULL, "this program leaves none");
    }
}

static void check_aes(struct report *r)
{
    struct sr_err err = {0};
    enum sr_status status = sr_aead_start(&err);
    if (status != SR_OK) {
        say_failed(r, "aes", status, "do not use this machine for custody; report this", "%s",
                   err.message);
        return;
    }
    say(r, "aes", r->host.has_aes ? LEVEL_OK : LEVEL_WARN,
        r->host.has_aes ? NULL : "expect a tenth of the usual speed: this CPU has no AES",
        "%s; CPU has%s%s%s%s", sr_aead_implementation(), r->host.has_aes ? " AES" : " none of AES",
        r->host.has_vaes ? " VAES" : "", r->host.has_avx512 ? " AVX-512" : "",
        r->host.has_sha_ni ? " SHA" : "");
}

static void check_fuse(struct report *r)
{
    bool may_mount = r->host.fusermount_is_suid || geteuid() == 0;
    if (SR_HAVE_FUSE == 0) {
        say(r, "fuse", LEVEL_WARN, "build with -Dfuse=enabled", "this build cannot mount");
    } else if (!r->host.has_fuse_device) {
        say(r, "fuse", LEVEL_WARN,
            "load the module ('modprobe fuse'), or give the container /dev/fuse",
            "there is no /dev/fuse that may be opened: no mounts");
    } else if (r->host.fusermount[0] == '\0' || !may_mount) {
        say(r, "fuse", LEVEL_WARN, "install the package fuse3",
            "fusermount3 is missing or not setuid: no mounts");
    } else {
        say(r, "fuse", LEVEL_OK, NULL, "/dev/fuse and %s", r->host.fusermount);
    }
}

static void check_space(struct report *r)
{
    const char *path = r->cli->room == NULL ? "." : r->cli->room;
    uint64_t bytes = 0;
    struct sr_err err = {0};
    enum sr_status status = sr_host_free_bytes(path, &bytes, &err);
    char size[SR_HUMAN_BYTES];
    sr_human_bytes(bytes, size);
    if (status != SR_OK) {
        say_failed(r, "free space", status, "name another room", "%s", err.message);
    } else if (bytes < FREE_BYTES_MIN) {
        say_failed(r, "free space", SR_IO, "make room: the catalog itself may not fit",
                   "%s where '%s' is", size, path);
    } else {
        say(r, "free space", bytes < FREE_BYTES_GOOD ? LEVEL_WARN : LEVEL_OK,
            bytes < FREE_BYTES_GOOD ? "few models fit" : NULL, "%s where '%s' is", size, path);
    }
}

/* When the room's catalog was last written; 0 when there is none. */
static int64_t newest_file_utc_ms(const struct sr_cli *cli)
{
    char path[4096];
    struct stat info = {0};
    if (cli->room == NULL ||
        (size_t)snprintf(path, sizeof path, "%s/catalog.db", cli->room) >= sizeof path ||
        stat(path, &info) != 0) {
        return 0;
    }
    return (int64_t)info.st_mtim.tv_sec * 1000 + info.st_mtim.tv_nsec / 1000000;
}

static void check_clock(struct report *r)
{
    static const char ADVICE[] = "set the clock: the record of acts says when each happened";
    int64_t now = sr_time_now_utc_ms();
    char text[SR_HUMAN_BYTES];
    sr_human_time(now, text);
    switch (sr_host_judge_clock(now, newest_file_utc_ms(r->cli))) {
    case SR_HOST_CLOCK_SANE:
        say(r, "clock", LEVEL_OK, NULL, "%s", text);
        break;
    case SR_HOST_CLOCK_BEFORE_BUILD:
        say_failed(r, "clock", SR_IO, ADVICE, "%s is before this program was made", text);
        break;
    case SR_HOST_CLOCK_BEHIND_FILES:
        say(r, "clock", LEVEL_WARN, ADVICE, "%s is before the room was last written", text);
        break;
    }
}

static void check_room(struct report *r)
{
    if (r->cli->room == NULL) {
        say(r, "room", LEVEL_OK, NULL, "none named; '--room DIR' looks at one");
        return;
    }
    SR_AUTO(sr_room) room = NULL;
    struct sr_err err = {0};
    enum sr_status status = sr_session_open(r->cli, &room, &err);
    if (status != SR_OK) {
        say_failed(r, "room", status, "see 'strongroom errors'", "%s", err.message);
        return;
    }
    char made[SR_HUMAN_BYTES];
    sr_human_time(sr_room_facts(room)->created_utc_ms, made);
    say(r, "room", LEVEL_OK, NULL, "'%s' opens; made %s", r->cli->room, made);
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    (void)args;
    struct report r = {.cli = cli, .err = err};
    sr_host_read("", &r.host);
    if (cli->is_json) {
        SR_TRY(sr_json_open_object(&cli->json));
        SR_TRY(sr_fields_array(&cli->json, "checks"));
    }
    check_locked_memory(&r);
    check_swap(&r);
    check_core_dumps(&r);
    check_aes(&r);
    check_fuse(&r);
    check_space(&r);
    check_clock(&r);
    check_room(&r);
    SR_TRY(r.json_status);
    if (cli->is_json) {
        SR_TRY(sr_json_close_array(&cli->json));
        SR_TRY(sr_fields_bool(&cli->json, "ok", r.worst == SR_OK));
        SR_TRY(sr_json_close_object(&cli->json));
        cli->has_result = true;
    }
    return r.worst;
}

static const struct sr_example EXAMPLES[] = {
    {"strongroom doctor", "is this machine fit for custody?"},
    {"strongroom doctor --room ./room --json", "and this room? for a monitor"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_NOT_FOUND, SR_CORRUPT, SR_UNSUPPORTED, SR_BUSY, SR_NO_MEMORY, SR_INTERNAL, SR_OK,
};
static const struct sr_field FIELDS[] = {
    {"ok", "boolean", "whether no check failed; warnings do not count"},
    {"checks", "array", "in the order of the screen"},
    {"checks[].name", "string",
     "'locked memory', 'swap', 'core dumps', 'aes', 'fuse', 'free space', 'clock', 'room'"},
    {"checks[].result", "string", "'ok', 'warn' or 'fail'"},
    {"checks[].detail", "string", "what was found"},
    {"checks[].advice", "string or null", "what to do about it"},
    {.name = NULL},
};

const struct sr_command sr_command_doctor = {
    .name = "doctor",
    .group = "Rooms",
    .synopsis = "",
    .summary = "check whether this machine is fit for custody",
    .description =
        "Looks at what makes plaintext safe and reading fast: how much memory may be locked, swap, "
        "core dumps, which AES is used, FUSE, free space, the clock; and with '--room' whether "
        "the room opens. Each line says ok, warn or fail, and what to do. Nothing is changed.\n\n"
        "The exit status is that of the first check that failed, and 0 when none did.",
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
