/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/mount.h"
#include "base/time.h"
#include "cli/command.h"
#include "cli/fields.h"
#include "cli/identity.h"
#include "cli/screen.h"
#include "cli/session.h"
#include "cli/view.h"
#include "custody/query.h"
#include "custody/submit.h"
#include "custody/watch.h"

extern const struct sr_command sr_command_mount;

/* Decrypted segments that a mount keeps, where so much memory may be locked. */
#define CACHE_BYTES ((size_t)64 << 20)
#define THREADS_MAX 16

/* How the mounting process tells the one that was typed how it went. */
struct outcome {
    enum sr_status status;
    struct sr_err err;
    char ref[SR_VIEW_REF_BYTES];
};

struct mounting {
    const struct sr_args *args;
    struct sr_cli *cli;
    const char *ref_text;
    char dir[PATH_MAX]; /* absolute */
    bool is_private;
    bool is_foreground;
    const char *log_path; /* NULL: mount.log in the room */
    int tell_fd;          /* to the waiting process; -1 in the foreground */
    int log_fd;           /* -1: stderr */

    struct sr_catalog_version version;
    char ref[SR_VIEW_REF_BYTES];
    struct sr_catalog_file *files;
    const char **paths;
    struct sr_room_body **bodies;
    struct sr_body **views;
    size_t count;

    struct sr_room *room; /* while it is served */
    const struct sr_permit *permit;
    struct sr_watch *watch;
    struct sr_mount_totals totals;
};

static void mounting_clear(struct mounting *m)
{
    for (size_t i = 0; m->bodies != NULL && i < m->count; i++) {
        sr_room_body_free(m->bodies[i]);
    }
    free(m->bodies);
    free(m->views);
    free(m->paths);
    free(m->files);
}

static void tell(const struct mounting *m, enum sr_status status, const struct sr_err *err)
{
    struct outcome o = {.status = status};
    if (err != NULL) {
        o.err = *err;
    }
    memcpy(o.ref, m->ref, sizeof o.ref);
    ssize_t ignored =
        write(m->tell_fd, &o, sizeof o); /* the reader sees a short one as a failure */
    (void)ignored;
}

/* Become a process of its own: no terminal, nothing on the standard streams. */
static void leave_terminal(void)
{
    (void)setsid();
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++) {
        (void)dup2(null, fd);
    }
}

static void on_ready(void *ctx)
{
    struct mounting *m = ctx;
    if (m->is_foreground) {
        if (!m->cli->is_json) {
            sr_screen_line("mounted %s on %s; it ends with Ctrl-C", m->ref, m->dir);
            (void)fflush(stdout);
        }
        return;
    }
    leave_terminal();
    if (chdir("/") != 0) {
        return; /* cannot happen; without a word the waiting process fails */
    }
    tell(m, SR_OK, NULL);
    (void)close(m->tell_fd);
    m->tell_fd = -1; /* its number may soon be another file's */
}

static void on_report(void *ctx, const char *line)
{
    struct mounting *m = ctx;
    char now[SR_TIME_TEXT_BYTES];
    char text[2048];
    sr_time_format(sr_time_now_utc_ms(), now);
    int len = snprintf(text, sizeof text, "%s %s: %s\n", now, m->ref, line);
    if (m->log_fd < 0) {
        sr_screen_put(stderr, sr_text_view(line));
        (void)fputc('\n', stderr);
        (void)fflush(stderr);
    } else if (len > 0) {
        size_t bytes = (size_t)len < sizeof text ? (size_t)len : sizeof text - 1;
        ssize_t ignored = write(m->log_fd, text, bytes); /* a full disk must not end the mount */
        (void)ignored;
    }
}

static enum sr_status open_log(struct mounting *m, const struct sr_room *room, struct sr_err *err)
{
    m->log_fd = -1;
    if (m->is_foreground && m->log_path == NULL) {
        return SR_OK;
    }
    char path[PATH_MAX];
    int len = m->log_path != NULL ? snprintf(path, sizeof path, "%s", m->log_path)
                                  : snprintf(path, sizeof path, "%s/mount.log", sr_room_dir(room));
    if (len < 0 || (size_t)len >= sizeof path) {
        return sr_fail(err, SR_TOO_LARGE, "path of the log");
    }
    m->log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    return m->log_fd >= 0 ? SR_OK
                          : sr_fail(err, SR_IO, "open the log '%s': %s", path, strerror(errno));
}

/* Record the use, then open every body under its permit. */
static enum sr_status open_bodies(struct mounting *m, struct sr_room *room, struct sr_pool *pool,
                                  const struct sr_permit *permit, struct sr_err *err)
{
    m->paths = calloc(m->count + 1, sizeof(const char *));
    m->bodies = calloc(m->count + 1, sizeof(struct sr_room_body *));
    m->views = calloc(m->count + 1, sizeof(struct sr_body *));
    if (m->paths == NULL || m->bodies == NULL || m->views == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "mount %zu files", m->count);
    }
    for (size_t i = 0; i < m->count; i++) {
        SR_TRY(sr_room_open_body(room, permit, &m->files[i], pool, &m->bodies[i], err));
        m->paths[i] = m->files[i].path;
        m->views[i] = sr_room_body_view(m->bodies[i]);
    }
    return SR_OK;
}

/* Twice the cores: threads that decrypt ahead also wait for the medium. */
static unsigned threads_ahead(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned threads = cores < 1 ? 2 : 2 * (unsigned)cores;
    return threads < THREADS_MAX ? threads : THREADS_MAX;
}

static enum sr_status on_opened(void *ctx, size_t file, struct sr_err *err)
{
    struct mounting *m = ctx;
    SR_TRY(sr_watch_take(m->watch, 0, 1, err));
    enum sr_status status = sr_custody_opened(m->room, m->permit, m->paths[file], err);
    if (status != SR_OK) {
        sr_watch_give_back(m->watch, 0, 1);
    }
    return status;
}

static enum sr_status may_go_on(void *ctx, struct sr_err *err)
{
    const struct mounting *m = ctx;
    return sr_watch_look(m->watch, err);
}

static enum sr_status on_take(void *ctx, size_t bytes, struct sr_err *err)
{
    const struct mounting *m = ctx;
    return sr_watch_take(m->watch, bytes, 0, err);
}

static enum sr_status serve(struct mounting *m, struct sr_err *err)
{
    char label[SR_VIEW_REF_BYTES + 16];
    (void)snprintf(label, sizeof label, "strongroom:%s", m->ref);
    const struct sr_mount_params params = {
        .dir = m->dir,
        .label = label,
        .file_count = m->count,
        .paths = m->paths,
        .bodies = m->views,
        .mtime_utc_ms = m->version.created_utc_ms,
        .private_pages = m->is_private,
        .memory_bytes = CACHE_BYTES,
        .threads = threads_ahead(),
        .ready = on_ready,
        .report = on_report,
        .opened = on_opened,
        .may_go_on = may_go_on,
        .take = on_take,
        .totals = &m->totals,
        .ctx = m,
    };
    enum sr_status status = sr_mount_serve(&params, err);
    if (status != SR_OK && m->totals.files == 0) {
        return status; /* nothing was opened */
    }
    enum sr_status recorded = sr_custody_served(m->room, m->permit, m->totals.bytes,
                                                m->totals.files, status == SR_OK ? err : NULL);
    return status == SR_OK ? recorded : status;
}

/* Everything from the passphrase to the end of the mount, in the process that serves it. */
static enum sr_status mount_version(struct mounting *m, struct sr_err *err)
{
    SR_CLEANUP(sr_identity_clear) struct sr_identity identity = {0};
    SR_AUTO(sr_room) room = NULL;
    SR_TRY(sr_session_open_unlocked(m->cli, &room, err));
    SR_TRY(sr_identity_open(m->cli, m->args, room, false, &identity, err));
    sr_room_act_as(room, &identity.as);
    SR_TRY(sr_query_resolve(room, sr_text_view(m->ref_text), &m->version, err));
    SR_TRY(sr_query_files(room, &m->version.id, &m->files, &m->count, err));
    sr_view_ref(&m->version, m->ref);
    SR_TRY(open_log(m, room, err));

    struct sr_act act = {.verb = SR_VERB_USE};
    sr_custody_about(&act, &m->version);
    sr_act_set_word(&act, SR_FIELD_at, m->dir);
    SR_AUTO(sr_permit) permit = NULL;
    SR_TRY(sr_custody_use(room, &act, m->version.digest, &permit, err));
    /* The mount reads whole segments, which need no buffer here; opening an empty file does. */
    SR_AUTO(sr_pool) pool = NULL;
    SR_TRY(sr_pool_new(SR_BODY_SEGMENT_BYTES, 1, 1, &pool, err));
    SR_AUTO(sr_watch) watch = NULL;
    SR_TRY(sr_watch_new(room, permit, &watch, err));
    m->room = room;
    m->permit = permit;
    m->watch = watch;
    enum sr_status status = open_bodies(m, room, pool, permit, err);
    if (status == SR_OK) {
        status = serve(m, err);
    }
    mounting_clear(m); /* bodies go before pool and room */
    return status;
}

static enum sr_status report_mounted(struct sr_cli *cli, const struct mounting *m, const char *ref)
{
    if (cli->is_json) {
        SR_TRY(sr_json_open_object(&cli->json));
        SR_TRY(sr_fields_text(&cli->json, "ref", ref));
        SR_TRY(sr_fields_text(&cli->json, "dir", m->dir));
        return sr_json_close_object(&cli->json);
    }
    sr_screen_line("mounted %s on %s", ref, m->dir);
    sr_screen_next(cli, "strongroom umount %s", m->dir);
    return SR_OK;
}

/* Wait until the other process says how it went. */
static enum sr_status await(struct sr_cli *cli, const struct mounting *m, pid_t child, int fd,
                            struct sr_err *err)
{
    struct outcome o;
    ssize_t got = 0;
    do {
        got = read(fd, &o, sizeof o);
    } while (got < 0 && errno == EINTR);
    (void)close(fd);
    if (got != (ssize_t)sizeof o) {
        (void)waitpid(child, NULL, 0);
        return sr_fail(err, SR_INTERNAL, "the process that mounts ended without a word");
    }
    if (o.status != SR_OK) {
        (void)waitpid(child, NULL, 0);
        return sr_fail(err, o.status, "%s", o.err.message);
    }
    return report_mounted(cli, m, o.ref);
}

/*
 * In the background: a second process does everything, because secrets do not survive a fork. It
 * still has the terminal when it asks for the passphrase, and leaves it when the mount is ready.
 */
static enum sr_status mount_in_background(struct sr_cli *cli, struct mounting *m,
                                          struct sr_err *err)
{
    int pipe_fds[2];
    if (pipe2(pipe_fds, O_CLOEXEC) != 0) {
        return sr_fail(err, SR_IO, "make a pipe: %s", strerror(errno));
    }
    (void)fflush(NULL);
    pid_t child = fork();
    if (child < 0) {
        (void)close(pipe_fds[0]);
        (void)close(pipe_fds[1]);
        return sr_fail(err, SR_NO_MEMORY, "start a process: %s", strerror(errno));
    }
    if (child > 0) {
        (void)close(pipe_fds[1]);
        return await(cli, m, child, pipe_fds[0], err);
    }
    (void)close(pipe_fds[0]);
    m->tell_fd = pipe_fds[1];
    enum sr_status status = mount_version(m, err);
    if (status != SR_OK) {
        tell(m, status, err); /* nobody listens once it was ready; then the log has it */
        if (m->log_fd >= 0 && err->message[0] != '\0') {
            on_report(m, err->message);
        }
    }
    _exit(sr_status_info(status)->exit_code);
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    struct mounting m = {.cli = cli,
                         .args = args,
                         .ref_text = sr_args_positional(args, 0),
                         .is_private = sr_args_has(args, "private-pages"),
                         .is_foreground = sr_args_has(args, "foreground"),
                         .log_path = sr_args_value(args, "log"),
                         .tell_fd = -1,
                         .log_fd = -1};
    const char *dir = sr_args_positional(args, 1);
    if (realpath(dir, m.dir) == NULL) {
        return sr_fail(err, errno == ENOENT ? SR_NOT_FOUND : SR_IO, "mount point '%s': %s", dir,
                       strerror(errno));
    }
    if (!m.is_foreground) {
        return mount_in_background(cli, &m, err);
    }
    SR_TRY(mount_version(&m, err));
    return cli->is_json ? report_mounted(cli, &m, m.ref) : SR_OK;
}

static const struct sr_option OPTIONS[] = {
    {.name = "foreground", .help = "serve until Ctrl-C or SIGTERM instead of in the background"},
    {.name = "private-pages",
     .help = "keep plaintext out of the kernel's page cache; shared mappings, which most model "
             "loaders need, then fail"},
    {.name = "log",
     .value = "FILE",
     .help = "where to say what could not be read; 'mount.log' in the room if not given, stderr "
             "with '--foreground'",
     .completes = SR_COMPLETES_FILE},
    SR_IDENTITY_OPTIONS,
    SR_IDENTITY_WORKLOAD,
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "REF", .help = "the version to show", .completes = SR_COMPLETES_REF},
    {.name = "DIR", .help = "an empty folder", .completes = SR_COMPLETES_FOLDER},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom mount llama /models/llama", "show the latest version as a folder"},
    {"strongroom mount llama@3 /models/llama --foreground", "under a service manager"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_NOT_FOUND, SR_CONFLICT, SR_UNAUTHENTICATED, SR_DENIED,    SR_PENDING,  SR_CORRUPT,
    SR_BUSY,      SR_IO,       SR_UNSUPPORTED,     SR_NO_MEMORY, SR_INTERNAL, SR_OK,
};
static const struct sr_field FIELDS[] = {
    {"ref", "string", "the version that is mounted"},
    {"dir", "string", "where, absolute"},
    {.name = NULL},
};

const struct sr_command sr_command_mount = {
    .name = "mount",
    .group = "Models",
    .synopsis = "REF DIR [--foreground] [--private-pages] [--log FILE] " SR_IDENTITY_SYNOPSIS
                " [--workload NAME]",
    .summary = "show a version as a read-only folder any program can read",
    .description =
        "The use is recorded, then every file can be read and mapped like a plain one, by you "
        "alone. What is read is checked first: a damaged part gives an input/output error and a "
        "line in the log. When the grant ends that it rests on, the mount ends.\n\n"
        "While a file is open its plaintext is in the kernel's page cache, which is emptied when "
        "the file is closed for the last time and when the mount ends. docs/mount.md says what "
        "that leaves and what '--private-pages' costs.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .next = "'strongroom umount DIR' ends it.",
    .run = run,
};
