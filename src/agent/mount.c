/* SPDX-License-Identifier: Apache-2.0 */
#define FUSE_USE_VERSION 312
#include "agent/mount.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fuse_lowlevel.h>
#include <mntent.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/mount_tree.h"
#include "agent/segment_cache.h"
#include "base/limits.h"

extern char **environ;

/* A request of at most half a segment touches at most two. */
#define REQUEST_BYTES_MAX (512 << 10)
#define READ_AHEAD_KIB "1024"
#define ATTR_TIMEOUT_S 3600.0 /* nothing in a version ever changes */
#define FUSE_THREADS_MAX 8
#define KEY_BYTES_LOCKED ((size_t)16 << 10) /* by one body's keys */

struct mount {
    const struct sr_mount_params *params;
    struct sr_mount_tree *tree;
    struct sr_pool *pool;
    struct sr_segment_cache *cache;
    struct fuse_session *session;
    pthread_t main_thread;
    pthread_t signals; /* the thread that ends it */
    atomic_bool revoked;
    atomic_uint_fast64_t decrypted; /* bytes */
    enum sr_status ended; /* not OK: it might not go on, and why; of the housekeeping thread */
    struct sr_err why;

    pthread_mutex_t record_lock; /* over what follows, and held while a file goes on record */
    bool *was_opened;            /* for each file */
    uint64_t files_opened;

    pthread_mutex_t lock; /* over what follows */
    pthread_cond_t closed;
    unsigned *opens; /* for each file: how often it is open */
    bool *to_drop;   /* for each file: its pages are to be dropped */
    bool stopping;
    uint64_t reported_at; /* offset and file of the last report, so that retries are one line */
    size_t reported_file;
    bool has_reported;
};

static enum sr_status load_segment(void *ctx, size_t file, uint64_t offset, uint8_t *out,
                                   size_t len, struct sr_err *err)
{
    struct mount *m = ctx;
    const struct sr_mount_params *p = m->params;
    if (atomic_load(&m->revoked)) {
        return sr_fail(err, SR_CANCELLED, "the mount has ended");
    }
    if (p->take != NULL) {
        SR_TRY(p->take(p->ctx, len, err));
    }
    SR_TRY(sr_body_read(p->bodies[file], offset, out, len, err));
    atomic_fetch_add(&m->decrypted, len);
    return SR_OK;
}

static uint64_t file_bytes(void *ctx, size_t file)
{
    const struct mount *m = ctx;
    return sr_body_facts(m->params->bodies[file])->plain_bytes;
}

/* Requests ------------------------------------------------------------------------------------ */

static void fill_stat(struct mount *m, const struct sr_mount_node *node, struct stat *out)
{
    *out = (struct stat){.st_ino = node->inode, .st_uid = getuid(), .st_gid = getgid()};
    out->st_mtim.tv_sec = (time_t)(m->params->mtime_utc_ms / 1000);
    out->st_ctim = out->st_atim = out->st_mtim;
    out->st_blksize = REQUEST_BYTES_MAX;
    if (node->is_folder) {
        out->st_mode = S_IFDIR | S_IRUSR | S_IXUSR;
        out->st_nlink = (nlink_t)(node->subfolders + 2);
        return;
    }
    uint64_t bytes = file_bytes(m, node->file);
    out->st_mode = S_IFREG | S_IRUSR;
    out->st_nlink = 1;
    out->st_size = (off_t)bytes;
    out->st_blocks = (blkcnt_t)(bytes / 512 + (bytes % 512 != 0));
}

static void on_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
    struct mount *m = fuse_req_userdata(req);
    struct sr_mount_node node;
    if (!sr_mount_tree_child(m->tree, parent, sr_bytes(name, strlen(name)), &node)) {
        (void)fuse_reply_err(req, ENOENT);
        return;
    }
    struct fuse_entry_param entry = {
        .ino = node.inode, .attr_timeout = ATTR_TIMEOUT_S, .entry_timeout = ATTR_TIMEOUT_S};
    fill_stat(m, &node, &entry.attr);
    (void)fuse_reply_entry(req, &entry);
}

static void on_getattr(fuse_req_t req, fuse_ino_t inode, struct fuse_file_info *info)
{
    (void)info;
    struct mount *m = fuse_req_userdata(req);
    struct sr_mount_node node;
    if (!sr_mount_tree_node(m->tree, inode, &node)) {
        (void)fuse_reply_err(req, ENOENT);
        return;
    }
    struct stat st;
    fill_stat(m, &node, &st);
    (void)fuse_reply_attr(req, &st, ATTR_TIMEOUT_S);
}

/* Entry number position of a folder's listing: '.', '..', then its children. */
static bool listing_at(struct mount *m, const struct sr_mount_node *folder, size_t position,
                       struct sr_mount_node *out, const char **out_name)
{
    if (position == 0) {
        *out = *folder;
        *out_name = ".";
        return true;
    }
    if (position == 1) {
        bool is_root = folder->inode == SR_MOUNT_ROOT_INODE;
        *out_name = "..";
        return sr_mount_tree_node(m->tree, is_root ? SR_MOUNT_ROOT_INODE : folder->parent, out);
    }
    if (!sr_mount_tree_child_at(m->tree, folder->inode, position - 2, out)) {
        return false;
    }
    *out_name = (const char *)out->name.ptr; /* NUL-terminated in the tree */
    return true;
}

static void on_readdir(fuse_req_t req, fuse_ino_t inode, size_t size, off_t offset,
                       struct fuse_file_info *info)
{
    (void)info;
    struct mount *m = fuse_req_userdata(req);
    struct sr_mount_node folder;
    if (!sr_mount_tree_node(m->tree, inode, &folder) || !folder.is_folder) {
        (void)fuse_reply_err(req, ENOTDIR);
        return;
    }
    char *out = calloc(1, size);
    if (out == NULL) {
        (void)fuse_reply_err(req, ENOMEM);
        return;
    }
    size_t used = 0;
    struct sr_mount_node node;
    const char *name = NULL;
    for (size_t at = (size_t)offset; listing_at(m, &folder, at, &node, &name); at++) {
        struct stat st;
        fill_stat(m, &node, &st);
        size_t len = fuse_add_direntry(req, out + used, size - used, name, &st, (off_t)at + 1);
        if (len > size - used) {
            break;
        }
        used += len;
    }
    (void)fuse_reply_buf(req, out, used);
    free(out);
}

/* Say once of each file that it is opened. */
static enum sr_status note_opened(struct mount *m, size_t file, struct sr_err *err)
{
    enum sr_status status = SR_OK;
    (void)pthread_mutex_lock(&m->record_lock);
    if (!m->was_opened[file]) {
        status = m->params->opened == NULL ? SR_OK : m->params->opened(m->params->ctx, file, err);
        m->was_opened[file] = status == SR_OK;
        m->files_opened += status == SR_OK;
    }
    (void)pthread_mutex_unlock(&m->record_lock);
    return status;
}

static void report_refused(struct mount *m, size_t file, const struct sr_err *err)
{
    char line[SR_ERR_MESSAGE_BYTES + SR_LIMIT_PATH_BYTES];
    (void)snprintf(line, sizeof line, "'%s' is not opened: %s", m->params->paths[file],
                   err->message);
    (void)pthread_mutex_lock(&m->lock);
    m->params->report(m->params->ctx, line);
    (void)pthread_mutex_unlock(&m->lock);
}

static void on_open(fuse_req_t req, fuse_ino_t inode, struct fuse_file_info *info)
{
    struct mount *m = fuse_req_userdata(req);
    struct sr_mount_node node;
    if (!sr_mount_tree_node(m->tree, inode, &node) || node.is_folder) {
        (void)fuse_reply_err(req, EISDIR);
        return;
    }
    if (atomic_load(&m->revoked) || (info->flags & O_ACCMODE) != O_RDONLY) {
        (void)fuse_reply_err(req, atomic_load(&m->revoked) ? EACCES : EROFS);
        return;
    }
    struct sr_err err = {0};
    enum sr_status status = note_opened(m, node.file, &err);
    if (status != SR_OK) {
        report_refused(m, node.file, &err);
        (void)fuse_reply_err(req, status == SR_DENIED ? EACCES : EIO);
        return;
    }
    (void)pthread_mutex_lock(&m->lock);
    m->opens[node.file]++;
    (void)pthread_mutex_unlock(&m->lock);
    info->fh = node.file;
    info->direct_io = m->params->private_pages ? 1 : 0;
    /* The pages of an earlier open were dropped at its close; those of one that is open are good.
     */
    info->keep_cache = 1;
    (void)fuse_reply_open(req, info);
}

static void on_release(fuse_req_t req, fuse_ino_t inode, struct fuse_file_info *info)
{
    (void)inode;
    struct mount *m = fuse_req_userdata(req);
    size_t file = (size_t)info->fh;
    (void)pthread_mutex_lock(&m->lock);
    assert(m->opens[file] > 0);
    if (--m->opens[file] == 0) {
        m->to_drop[file] = true;
        (void)pthread_cond_signal(&m->closed);
    }
    (void)pthread_mutex_unlock(&m->lock);
    (void)fuse_reply_err(req, 0);
}

/* Say once what is wrong with a segment, however often the kernel tries it again. */
static void report(struct mount *m, size_t file, uint64_t segment, const struct sr_err *err)
{
    char line[SR_ERR_MESSAGE_BYTES + SR_LIMIT_PATH_BYTES];
    uint64_t offset = segment * SR_BODY_PAYLOAD_BYTES;
    (void)pthread_mutex_lock(&m->lock);
    bool is_new = !m->has_reported || m->reported_file != file || m->reported_at != offset;
    m->has_reported = true;
    m->reported_file = file;
    m->reported_at = offset;
    if (is_new) {
        (void)snprintf(line, sizeof line, "'%s' offset %llu: %s", m->params->paths[file],
                       (unsigned long long)offset, err->message);
        m->params->report(m->params->ctx, line);
    }
    (void)pthread_mutex_unlock(&m->lock);
}

/* Pin the segments of [offset, offset + size) and describe the bytes; size touches at most two. */
static enum sr_status pin_range(struct mount *m, size_t file, uint64_t offset, size_t size,
                                struct sr_segment pinned[2], struct iovec iov[2], size_t *out_count)
{
    size_t count = 0;
    while (size > 0) {
        assert(count < 2);
        uint64_t number = offset / SR_BODY_PAYLOAD_BYTES;
        size_t start = (size_t)(offset % SR_BODY_PAYLOAD_BYTES);
        struct sr_err err = {0};
        enum sr_status status = sr_segment_cache_get(m->cache, file, number, &pinned[count], &err);
        if (status != SR_OK) {
            report(m, file, number, &err);
            *out_count = count;
            return status;
        }
        size_t part = pinned[count].len - start < size ? pinned[count].len - start : size;
        /* fuse_reply_iov() only reads through iov_base; the type has no const. */
        iov[count].iov_base = (void *)(uintptr_t)(pinned[count].data + start);
        iov[count].iov_len = part;
        offset += part;
        size -= part;
        count++;
    }
    *out_count = count;
    return SR_OK;
}

static void on_read(fuse_req_t req, fuse_ino_t inode, size_t size, off_t offset,
                    struct fuse_file_info *info)
{
    (void)inode;
    struct mount *m = fuse_req_userdata(req);
    if (atomic_load(&m->revoked)) {
        (void)fuse_reply_err(req, EACCES);
        return;
    }
    size_t file = (size_t)info->fh;
    uint64_t bytes = file_bytes(m, file);
    uint64_t from = (uint64_t)offset;
    uint64_t left = from < bytes ? bytes - from : 0;
    size_t len = size < left ? size : (size_t)left;
    len = len < REQUEST_BYTES_MAX ? len : REQUEST_BYTES_MAX;

    struct sr_segment pinned[2];
    struct iovec iov[2];
    size_t count = 0;
    enum sr_status status = pin_range(m, file, from, len, pinned, iov, &count);
    if (atomic_load(&m->revoked)) {
        (void)fuse_reply_err(req, EACCES);
    } else if (status == SR_OK) {
        (void)fuse_reply_iov(req, iov, (int)count);
    } else {
        (void)fuse_reply_err(req, status == SR_DENIED ? EDQUOT : EIO);
    }
    for (size_t i = 0; i < count; i++) {
        sr_segment_cache_put(m->cache, pinned[i]);
    }
}

static void on_statfs(fuse_req_t req, fuse_ino_t inode)
{
    (void)inode;
    struct mount *m = fuse_req_userdata(req);
    uint64_t total = 0;
    for (size_t i = 0; i < m->params->file_count; i++) {
        total += file_bytes(m, i);
    }
    struct statvfs st = {.f_bsize = 4096, .f_frsize = 4096, .f_namemax = 255};
    st.f_blocks = total / 4096 + (total % 4096 != 0);
    st.f_files = m->params->file_count;
    (void)fuse_reply_statfs(req, &st);
}

static void on_init(void *userdata, struct fuse_conn_info *conn)
{
    (void)userdata;
    /* Splicing from our buffers is slower than one copy (docs/performance.md). */
    conn->want &= ~(unsigned)(FUSE_CAP_SPLICE_WRITE | FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_MOVE);
    conn->want |= FUSE_CAP_ASYNC_READ & conn->capable;
    conn->max_readahead = 1 << 20;
    conn->max_read = REQUEST_BYTES_MAX;
    conn->max_background = 32;
}

static const struct fuse_lowlevel_ops OPERATIONS = {
    .init = on_init,
    .lookup = on_lookup,
    .getattr = on_getattr,
    .readdir = on_readdir,
    .open = on_open,
    .release = on_release,
    .read = on_read,
    .statfs = on_statfs,
};

/* Threads beside the request loop -------------------------------------------------------------- */

/*
 * Requests stay at 128 KiB unless the mount's read-ahead is raised, which only root may do
 * (measured: reference in docs/performance.md). Without it the mount is slower, not wrong.
 */
static void raise_read_ahead(const struct mount *m)
{
    struct stat st;
    char path[64];
    if (stat(m->params->dir, &st) != 0) {
        return;
    }
    (void)snprintf(path, sizeof path, "/sys/class/bdi/%u:%u/read_ahead_kb", major(st.st_dev),
                   minor(st.st_dev));
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        ssize_t ignored = write(fd, READ_AHEAD_KIB, strlen(READ_AHEAD_KIB));
        (void)ignored;
        (void)close(fd);
    }
}

/* Make the kernel forget the pages of file, and forget our own copy. */
static void drop_pages(struct mount *m, size_t file)
{
    (void)fuse_lowlevel_notify_inval_inode(m->session, sr_mount_tree_inode_of(m->tree, file), 0, 0);
    sr_segment_cache_drop(m->cache, file);
}

static void wait_until(struct mount *m, const struct timespec *when)
{
    if (m->params->may_go_on == NULL) {
        (void)pthread_cond_wait(&m->closed, &m->lock);
    } else {
        (void)pthread_cond_clockwait(&m->closed, &m->lock, CLOCK_MONOTONIC, when);
    }
}

static struct timespec next_asking(void)
{
    struct timespec when = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &when); /* cannot fail for this clock */
    when.tv_sec += SR_MOUNT_ASK_MS / 1000;
    return when;
}

static bool is_due(const struct mount *m, const struct timespec *when)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return m->params->may_go_on != NULL && m->ended == SR_OK &&
           (now.tv_sec > when->tv_sec ||
            (now.tv_sec == when->tv_sec && now.tv_nsec >= when->tv_nsec));
}

/* Ask whether it may go on, and if not, end it as a signal would. */
static void ask(struct mount *m)
{
    const struct sr_mount_params *p = m->params;
    struct sr_err err = {0};
    enum sr_status status = p->may_go_on(p->ctx, &err);
    if (status == SR_OK) {
        return;
    }
    atomic_store(&m->revoked, true);
    m->ended = status;
    m->why = err;
    char line[SR_ERR_MESSAGE_BYTES + 32];
    (void)snprintf(line, sizeof line, "the mount ends: %s", err.message);
    (void)pthread_mutex_lock(&m->lock);
    p->report(p->ctx, line);
    (void)pthread_mutex_unlock(&m->lock);
    (void)pthread_kill(m->signals, SIGTERM); /* sigwait()s for it. NOLINT(bugprone-bad-signal-*) */
}

/* The next file whose pages are to be dropped; the count of files: none. */
static size_t next_to_drop(const struct mount *m)
{
    size_t file = 0;
    while (file < m->params->file_count && !m->to_drop[file]) {
        file++;
    }
    return file;
}

/*
 * Says that the mount is ready once the loop answers, then drops the pages of files that were
 * closed for the last time, and asks now and then whether all this may go on. Not done in
 * on_release(): the kernel may wait there for a read that the same thread would have to answer.
 */
static void *keep_house(void *arg)
{
    struct mount *m = arg;
    raise_read_ahead(m);
    m->params->ready(m->params->ctx);
    struct timespec when = next_asking();
    (void)pthread_mutex_lock(&m->lock);
    while (!m->stopping) {
        if (is_due(m, &when)) {
            (void)pthread_mutex_unlock(&m->lock);
            ask(m);
            when = next_asking();
            (void)pthread_mutex_lock(&m->lock);
            continue;
        }
        size_t file = next_to_drop(m);
        if (file == m->params->file_count) {
            wait_until(m, &when);
            continue;
        }
        m->to_drop[file] = false;
        if (m->opens[file] == 0) {
            (void)pthread_mutex_unlock(&m->lock);
            drop_pages(m, file);
            (void)pthread_mutex_lock(&m->lock);
        }
    }
    (void)pthread_mutex_unlock(&m->lock);
    return NULL;
}

static sigset_t stop_signals(void)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
    (void)sigaddset(&set, SIGUSR2); /* from ourselves: the loop has ended */
    return set;
}

/*
 * On a signal: refuse all reads, make every mapping fault (SIGBUS) by dropping its pages while the
 * loop still runs, then end the loop.
 */
static void *await_signal(void *arg)
{
    struct mount *m = arg;
    sigset_t set = stop_signals();
    int received = 0;
    if (sigwait(&set, &received) != 0 || received == SIGUSR2) {
        return NULL;
    }
    atomic_store(&m->revoked, true);
    for (size_t i = 0; i < m->params->file_count; i++) {
        drop_pages(m, i);
    }
    fuse_session_exit(m->session);
    (void)pthread_kill(m->main_thread, SIGUSR1); /* wakes the loop from its wait */
    return NULL;
}

static void wake(int signal_number)
{
    (void)signal_number;
}

/* Setting up ----------------------------------------------------------------------------------- */

static enum sr_status check_folder(const char *dir, struct sr_err *err)
{
    DIR *d = opendir(dir);
    if (d == NULL) {
        enum sr_status status = errno == ENOENT || errno == ENOTDIR ? SR_NOT_FOUND : SR_IO;
        return sr_fail(err, status, "mount point '%s': %s", dir, strerror(errno));
    }
    bool is_empty = true;
    for (const struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        is_empty = is_empty && (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0);
    }
    (void)closedir(d);
    return is_empty ? SR_OK : sr_fail(err, SR_CONFLICT, "mount point '%s' is not empty", dir);
}

/* Each body keeps its blob open, and a large model has more files than the usual soft limit. */
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void mount_clear(struct mount *m)
{
    if (m->session != NULL) {
        fuse_session_destroy(m->session);
    }
    sr_segment_cache_free(m->cache);
    sr_pool_free(m->pool);
    sr_mount_tree_free(m->tree);
    free(m->opens);
    free(m->to_drop);
    free(m->was_opened);
    (void)pthread_cond_destroy(&m->closed);
    (void)pthread_mutex_destroy(&m->lock);
    (void)pthread_mutex_destroy(&m->record_lock);
}

/*
 * Lock as many buffers as are wanted or allowed. Each body locks some pages for its keys when it is
 * first read; where the limit is felt, leave room for those.
 */
static enum sr_status make_pool(struct mount *m, struct sr_err *err)
{
    size_t wanted = m->params->memory_bytes / SR_BODY_SEGMENT_BYTES;
    wanted = wanted > SR_MOUNT_SEGMENTS_MIN ? wanted : SR_MOUNT_SEGMENTS_MIN;
    SR_TRY(sr_pool_new(SR_BODY_SEGMENT_BYTES, wanted, SR_MOUNT_SEGMENTS_MIN, &m->pool, err));
    size_t count = sr_pool_count(m->pool);
    size_t for_keys = 1 + m->params->file_count * KEY_BYTES_LOCKED / SR_BODY_SEGMENT_BYTES;
    if (count == wanted || count < SR_MOUNT_SEGMENTS_MIN + for_keys) {
        return SR_OK;
    }
    sr_pool_free(SR_TAKE(m->pool));
    return sr_pool_new(SR_BODY_SEGMENT_BYTES, count - for_keys, SR_MOUNT_SEGMENTS_MIN, &m->pool,
                       err);
}

static enum sr_status make_cache(struct mount *m, struct sr_err *err)
{
    const struct sr_mount_params *p = m->params;
    SR_TRY(sr_mount_tree_new(p->paths, p->file_count, &m->tree, err));
    SR_TRY(make_pool(m, err));
    struct sr_segment_cache_params params = {
        .loader = {.load = load_segment, .file_bytes = file_bytes, .ctx = m},
        .segment_bytes = SR_BODY_PAYLOAD_BYTES,
        .file_count = p->file_count,
        .threads = p->threads,
        .pool = m->pool,
    };
    SR_TRY(sr_segment_cache_new(&params, &m->cache, err));
    m->opens = calloc(p->file_count + 1, sizeof *m->opens);
    m->to_drop = calloc(p->file_count + 1, sizeof *m->to_drop);
    m->was_opened = calloc(p->file_count + 1, sizeof *m->was_opened);
    return m->opens != NULL && m->to_drop != NULL && m->was_opened != NULL
               ? SR_OK
               : sr_fail(err, SR_NO_MEMORY, "set up a mount");
}

static enum sr_status make_session(struct mount *m, struct sr_err *err)
{
    char options[512];
    (void)snprintf(options, sizeof options,
                   "ro,nosuid,nodev,noexec,default_permissions,subtype=strongroom,fsname=%s,"
                   "max_read=%d",
                   m->params->label, REQUEST_BYTES_MAX);
    char program[] = "strongroom";
    char flag[] = "-o";
    char *argv[] = {program, flag, options, NULL};
    struct fuse_args args = FUSE_ARGS_INIT(3, argv);
    m->session = fuse_session_new(&args, &OPERATIONS, sizeof OPERATIONS, m);
    fuse_opt_free_args(&args);
    if (m->session == NULL) {
        return sr_fail(err, SR_UNSUPPORTED, "this machine's FUSE cannot be used");
    }
    if (fuse_session_mount(m->session, m->params->dir) != 0) {
        return sr_fail(err, access("/dev/fuse", F_OK) == 0 ? SR_IO : SR_UNSUPPORTED,
                       "mount on '%s' failed; 'strongroom doctor' says what is missing",
                       m->params->dir);
    }
    return SR_OK;
}

/* One thread each could pin a segment while it waits for another: leave one that nobody holds. */
static unsigned loop_threads(const struct mount *m)
{
    size_t spare = sr_pool_count(m->pool) - 1;
    return (unsigned)(spare < FUSE_THREADS_MAX ? spare : FUSE_THREADS_MAX);
}

static enum sr_status serve(struct mount *m, struct sr_err *err)
{
    struct fuse_loop_config *config = fuse_loop_cfg_create();
    if (config == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "set up a mount");
    }
    fuse_loop_cfg_set_clone_fd(config, 1);
    fuse_loop_cfg_set_max_threads(config, loop_threads(m));
    fuse_loop_cfg_set_idle_threads(config, loop_threads(m));

    struct sigaction action = {.sa_handler = wake};
    (void)sigaction(SIGUSR1, &action, NULL);
    pthread_t housekeeper;
    m->main_thread = pthread_self();
    bool has_signals = pthread_create(&m->signals, NULL, await_signal, m) == 0;
    bool has_housekeeper = has_signals && pthread_create(&housekeeper, NULL, keep_house, m) == 0;
    int failed = 0;
    if (has_housekeeper && has_signals) {
        failed = fuse_session_loop_mt(m->session, config);
    }
    (void)pthread_mutex_lock(&m->lock);
    m->stopping = true;
    (void)pthread_cond_signal(&m->closed);
    (void)pthread_mutex_unlock(&m->lock);
    if (has_signals) {
        (void)pthread_kill(m->signals, SIGUSR2);
    }
    fuse_session_unmount(m->session);
    if (has_housekeeper) { /* it may still signal the other */
        (void)pthread_join(housekeeper, NULL);
    }
    if (has_signals) {
        (void)pthread_join(m->signals, NULL);
    }
    fuse_loop_cfg_destroy(config);
    if (!has_housekeeper || !has_signals) {
        return sr_fail(err, SR_INTERNAL, "start the threads of a mount");
    }
    if (m->ended != SR_OK) {
        return sr_fail(err, m->ended, "%s", m->why.message);
    }
    return failed < 0 ? sr_fail(err, SR_IO, "serve '%s': %s", m->params->dir, strerror(-failed))
                      : SR_OK;
}

enum sr_status sr_mount_serve(const struct sr_mount_params *params, struct sr_err *err)
{
    SR_TRY(check_folder(params->dir, err));
    raise_file_limit();
    sigset_t set = stop_signals();
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);

    SR_CLEANUP(mount_clear)
    struct mount m = {.params = params,
                      .lock = PTHREAD_MUTEX_INITIALIZER,
                      .record_lock = PTHREAD_MUTEX_INITIALIZER,
                      .closed = PTHREAD_COND_INITIALIZER};
    SR_TRY(make_cache(&m, err));
    SR_TRY(make_session(&m, err));
    enum sr_status status = serve(&m, err);
    if (params->totals != NULL) {
        *params->totals =
            (struct sr_mount_totals){.bytes = atomic_load(&m.decrypted), .files = m.files_opened};
    }
    return status;
}

/* Ending a mount from outside ------------------------------------------------------------------ */

/* Whether dir is a mount point of ours. */
static bool is_ours(const char *dir)
{
    FILE *table = setmntent("/proc/self/mounts", "re");
    if (table == NULL) {
        return false;
    }
    bool found = false;
    char real[PATH_MAX];
    const char *wanted = realpath(dir, real) == NULL ? dir : real;
    for (const struct mntent *e = getmntent(table); e != NULL; e = getmntent(table)) {
        found = found ||
                (strcmp(e->mnt_dir, wanted) == 0 && strcmp(e->mnt_type, "fuse.strongroom") == 0);
    }
    (void)endmntent(table);
    return found;
}

/* Through the setuid helper, because an ordinary user may not call umount(2). */
static enum sr_status unmount_by_helper(const char *dir, struct sr_err *err)
{
    char program[] = "fusermount3";
    char unmount[] = "-u";
    char quiet[] = "-q";
    char separator[] = "--";
    char path[PATH_MAX];
    if (strlen(dir) >= sizeof path) {
        return sr_fail(err, SR_TOO_LARGE, "path of the mount point");
    }
    memcpy(path, dir, strlen(dir) + 1);
    char *argv[] = {program, unmount, quiet, separator, path, NULL};
    pid_t child = 0;
    int wait_status = -1;
    if (posix_spawnp(&child, program, NULL, NULL, argv, environ) != 0 ||
        waitpid(child, &wait_status, 0) != child) {
        return sr_fail(err, SR_IO, "run 'fusermount3'");
    }
    return wait_status == 0 ? SR_OK
                            : sr_fail(err, SR_BUSY, "'%s' is in use; close its files first", dir);
}

enum sr_status sr_mount_end(const char *dir, struct sr_err *err)
{
    if (!is_ours(dir)) {
        return sr_fail(err, SR_NOT_FOUND, "'%s' is not a strongroom mount", dir);
    }
    if (umount2(dir, UMOUNT_NOFOLLOW) == 0) {
        return SR_OK;
    }
    if (errno == EBUSY) {
        return sr_fail(err, SR_BUSY, "'%s' is in use; close its files first", dir);
    }
    return errno == EPERM ? unmount_by_helper(dir, err)
                          : sr_fail(err, SR_IO, "unmount '%s': %s", dir, strerror(errno));
}
