/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/host.h"
#include "base/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/text.h"

#define PATH_BYTES 512
#define FILE_BYTES_MAX 16384 /* of a file in /proc; what we look for is at its beginning */

/* 2026-11-01T00:00:00Z: nothing that runs this program can rightly say an earlier time. */
#define BUILD_UTC_MS INT64_C(1793491200000)
#define CLOCK_SLACK_MS INT64_C(60000)

/* The beginning of a file under root; false when there is none to read. */
struct text {
    uint8_t bytes[FILE_BYTES_MAX];
    size_t len;
};

static bool read_text(const char *root, const char *path, struct text *out)
{
    char full[PATH_BYTES];
    int wanted = snprintf(full, sizeof full, "%s%s", root, path);
    if (wanted < 0 || (size_t)wanted >= sizeof full) {
        return false;
    }
    SR_AUTO_FD fd = open(full, O_RDONLY | O_CLOEXEC);
    out->len = 0;
    while (fd >= 0 && out->len < sizeof out->bytes) {
        ssize_t got = read(fd, out->bytes + out->len, sizeof out->bytes - out->len);
        if (got < 0) {
            return false;
        }
        if (got == 0) {
            break;
        }
        out->len += (size_t)got;
    }
    return fd >= 0;
}

/* Take what is before the next separator off the front of *rest. */
static struct sr_bytes take_until(struct sr_bytes *rest, char separator)
{
    const uint8_t *at = rest->len == 0 ? NULL : memchr(rest->ptr, separator, rest->len);
    size_t len = at == NULL ? rest->len : (size_t)(at - rest->ptr);
    struct sr_bytes taken = sr_bytes(rest->ptr, len);
    size_t with_separator = at == NULL ? len : len + 1;
    *rest = sr_bytes(rest->ptr + with_separator, rest->len - with_separator);
    return taken;
}

/* The next word of a line; words are apart by blanks and tabs. Empty at the end. */
static struct sr_bytes take_word(struct sr_bytes *line)
{
    while (line->len > 0 && (line->ptr[0] == ' ' || line->ptr[0] == '\t')) {
        *line = sr_bytes(line->ptr + 1, line->len - 1);
    }
    size_t len = 0;
    while (len < line->len && line->ptr[len] != ' ' && line->ptr[len] != '\t') {
        len++;
    }
    struct sr_bytes word = sr_bytes(line->ptr, len);
    *line = sr_bytes(line->ptr + len, line->len - len);
    return word;
}

/* Whether the kernel says of a device-mapper device that its target is crypt. */
static bool is_crypt(const char *root, struct sr_bytes name)
{
    char path[PATH_BYTES];
    struct text uuid;
    int wanted = snprintf(path, sizeof path, "/sys/class/block/%.*s/dm/uuid", (int)name.len,
                          (const char *)name.ptr);
    return wanted > 0 && (size_t)wanted < sizeof path && read_text(root, path, &uuid) &&
           sr_text_begins(sr_bytes(uuid.bytes, uuid.len), "CRYPT-");
}

static enum sr_host_swap kind_of_area(const char *root, struct sr_bytes name)
{
    if (sr_text_begins(name, "/dev/zram")) {
        return SR_HOST_SWAP_RAM;
    }
    struct sr_bytes device = name;
    (void)take_until(&device, '/');
    (void)take_until(&device, '/');
    if (sr_text_begins(name, "/dev/dm-") && is_crypt(root, device)) {
        return SR_HOST_SWAP_ENCRYPTED;
    }
    return SR_HOST_SWAP_OPEN;
}

/* /proc/swaps: a line of titles, then name, type, KiB, KiB used, priority. source  proc(5) */
static void read_swaps(const char *root, struct sr_host *out)
{
    struct text text;
    if (!read_text(root, "/proc/swaps", &text)) {
        out->swap = SR_HOST_SWAP_UNKNOWN;
        return;
    }
    struct sr_bytes rest = sr_bytes(text.bytes, text.len);
    (void)take_until(&rest, '\n');
    while (rest.len > 0) {
        struct sr_bytes line = take_until(&rest, '\n');
        struct sr_bytes name = take_word(&line);
        uint64_t kib;
        uint64_t used_kib;
        (void)take_word(&line);
        if (sr_text_parse_u64(take_word(&line), 0, UINT64_MAX >> 20, &kib) != SR_OK ||
            sr_text_parse_u64(take_word(&line), 0, UINT64_MAX >> 20, &used_kib) != SR_OK) {
            out->swap = SR_HOST_SWAP_UNKNOWN;
            return;
        }
        out->swap_bytes += kib << 10;
        out->swap_used_bytes += used_kib << 10;
        enum sr_host_swap kind = kind_of_area(root, name);
        out->swap = kind > out->swap ? kind : out->swap;
    }
}

static void read_core_pattern(const char *root, struct sr_host *out)
{
    struct text text;
    if (read_text(root, "/proc/sys/kernel/core_pattern", &text)) {
        struct sr_bytes rest = sr_bytes(text.bytes, text.len);
        struct sr_bytes line = take_until(&rest, '\n');
        (void)snprintf(out->core_pattern, sizeof out->core_pattern, "%.*s", (int)line.len,
                       (const char *)line.ptr);
        out->core_runs_program = sr_text_begins(line, "|");
    }
}

static void read_flags(const char *root, struct sr_host *out)
{
    const struct {
        const char *name;
        bool *has;
    } FLAGS[] = {
        {"aes", &out->has_aes},        {"vaes", &out->has_vaes},
        {"avx512f", &out->has_avx512}, {"vpclmulqdq", &out->has_vpclmulqdq},
        {"sha_ni", &out->has_sha_ni},
    };
    struct text text;
    if (!read_text(root, "/proc/cpuinfo", &text)) {
        return;
    }
    struct sr_bytes rest = sr_bytes(text.bytes, text.len);
    struct sr_bytes line = take_until(&rest, '\n');
    while (rest.len > 0 && !sr_text_begins(line, "flags")) {
        line = take_until(&rest, '\n');
    }
    for (struct sr_bytes word = take_word(&line); word.len > 0; word = take_word(&line)) {
        for (size_t i = 0; i < sizeof FLAGS / sizeof FLAGS[0]; i++) {
            *FLAGS[i].has = *FLAGS[i].has || sr_text_equal(word, sr_text_view(FLAGS[i].name));
        }
    }
}

static void read_fuse(const char *root, struct sr_host *out)
{
    static const char *const PLACES[] = {"/usr/bin/fusermount3", "/bin/fusermount3",
                                         "/usr/local/bin/fusermount3"};
    char path[PATH_BYTES];
    struct stat info;
    (void)snprintf(path, sizeof path, "%s/dev/fuse", root);
    out->has_fuse_device = access(path, R_OK | W_OK) == 0;
    for (size_t i = 0; i < sizeof PLACES / sizeof PLACES[0] && out->fusermount[0] == '\0'; i++) {
        (void)snprintf(path, sizeof path, "%s%s", root, PLACES[i]);
        if (stat(path, &info) == 0 && S_ISREG(info.st_mode) && access(path, X_OK) == 0) {
            (void)snprintf(out->fusermount, sizeof out->fusermount, "%s", PLACES[i]);
            out->fusermount_is_suid = (info.st_mode & S_ISUID) != 0;
        }
    }
}

static uint64_t limit_bytes(rlim_t limit)
{
    return limit == RLIM_INFINITY ? SR_HOST_UNLIMITED : (uint64_t)limit;
}

/* Whether this process may lock more than the limit. source  mlock(2): CAP_IPC_LOCK */
static bool may_exceed_memlock(const char *root)
{
    struct text text;
    if (!read_text(root, "/proc/self/status", &text)) {
        return false;
    }
    struct sr_bytes rest = sr_bytes(text.bytes, text.len);
    while (rest.len > 0) {
        struct sr_bytes line = take_until(&rest, '\n');
        if (sr_text_begins(line, "CapEff:")) {
            uint8_t set[8]; /* big-endian, as it is printed */
            (void)take_word(&line);
            return sr_text_unhex(take_word(&line), set, sizeof set) == SR_OK &&
                   (set[7 - CAP_IPC_LOCK / 8] >> CAP_IPC_LOCK % 8 & 1) != 0;
        }
    }
    return false;
}

void sr_host_read(const char *root, struct sr_host *out)
{
    *out = (struct sr_host){0};
    struct rlimit memlock;
    if (getrlimit(RLIMIT_MEMLOCK, &memlock) == 0) {
        bool exempt = may_exceed_memlock(root);
        out->memlock_soft_bytes = exempt ? SR_HOST_UNLIMITED : limit_bytes(memlock.rlim_cur);
        out->memlock_hard_bytes = exempt ? SR_HOST_UNLIMITED : limit_bytes(memlock.rlim_max);
    }
    struct utsname name;
    if (uname(&name) == 0) {
        (void)snprintf(out->kernel, sizeof out->kernel, "%s", name.release);
    }
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    out->cpus = cpus > 0 ? (uint32_t)cpus : 0;
    read_swaps(root, out);
    read_core_pattern(root, out);
    read_flags(root, out);
    read_fuse(root, out);
}

enum sr_host_clock sr_host_judge_clock(int64_t now_utc_ms, int64_t newest_file_utc_ms)
{
    if (now_utc_ms < BUILD_UTC_MS) {
        return SR_HOST_CLOCK_BEFORE_BUILD;
    }
    return now_utc_ms < newest_file_utc_ms - CLOCK_SLACK_MS ? SR_HOST_CLOCK_BEHIND_FILES
                                                            : SR_HOST_CLOCK_SANE;
}

enum sr_status sr_host_free_bytes(const char *path, uint64_t *out, struct sr_err *err)
{
    struct statvfs info;
    if (statvfs(path, &info) != 0) {
        enum sr_status status = errno == ENOENT ? SR_NOT_FOUND : SR_IO;
        return sr_fail(err, status, "free space of '%s': %s", path, strerror(errno));
    }
    *out = (uint64_t)info.f_bavail * info.f_frsize;
    return SR_OK;
}
