/* SPDX-License-Identifier: Apache-2.0 */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

bool tl_fail(struct tl_err *err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(err->text, sizeof err->text, fmt, args);
    va_end(args);
    /* The text may quote a hostile file. */
    for (char *c = err->text; *c != '\0'; c++) {
        if (*c < ' ' || *c > '~') {
            *c = '?';
        }
    }
    return false;
}

void *tl_alloc(size_t count, size_t size)
{
    void *p = calloc(count == 0 ? 1 : count, size);
    if (p == NULL) {
        (void)fputs("out of memory\n", stderr);
        exit(1);
    }
    return p;
}

void tl_floats_freep(float **p)
{
    free(*p);
}

void tl_chars_freep(char **p)
{
    free(*p);
}

static void close_fd(const int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
    }
}

bool tl_map_open(const char *path, struct tl_map *out, struct tl_err *err)
{
    SR_CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return tl_fail(err, "'%s': %s", path, strerror(errno));
    }
    struct stat info;
    if (fstat(fd, &info) != 0) {
        return tl_fail(err, "'%s': %s", path, strerror(errno));
    }
    if (!S_ISREG(info.st_mode)) {
        return tl_fail(err, "'%s': not a regular file", path);
    }
    if (info.st_size == 0) {
        *out = (struct tl_map){0};
        return true;
    }
    void *at = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) {
        return tl_fail(err, "'%s': cannot be mapped: %s", path, strerror(errno));
    }
    *out = (struct tl_map){.at = at, .len = (size_t)info.st_size};
    return true;
}

void tl_map_close(struct tl_map *map)
{
    if (map->at != NULL) {
        (void)munmap((void *)(uintptr_t)map->at, map->len);
    }
    *map = (struct tl_map){0};
}

char *tl_path_join(const char *dir, const char *name)
{
    const size_t size = strlen(dir) + strlen(name) + 2;
    char *path = tl_alloc(size, 1);
    (void)snprintf(path, size, "%s/%s", dir, name);
    return path;
}

char *tl_text_copy(const char *text)
{
    const size_t size = strlen(text) + 1;
    char *copy = tl_alloc(size, 1);
    memcpy(copy, text, size);
    return copy;
}

/* Make room for len more bytes. */
static void reserve(struct tl_buf *buf, size_t len)
{
    if (len <= buf->cap - buf->len) {
        return;
    }
    const size_t cap = (buf->len + len) * 2;
    char *grown = tl_alloc(cap, 1);
    if (buf->len > 0) {
        memcpy(grown, buf->at, buf->len);
    }
    free(buf->at);
    buf->at = grown;
    buf->cap = cap;
}

void tl_buf_put(struct tl_buf *buf, const void *bytes, size_t len)
{
    if (len > 0) {
        reserve(buf, len);
        memcpy(buf->at + buf->len, bytes, len);
        buf->len += len;
    }
}

void tl_buf_printf(struct tl_buf *buf, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (len <= 0) {
        return;
    }
    reserve(buf, (size_t)len + 1);
    va_start(args, fmt);
    (void)vsnprintf(buf->at + buf->len, (size_t)len + 1, fmt, args);
    va_end(args);
    buf->len += (size_t)len;
}

void tl_buf_clear(struct tl_buf *buf)
{
    free(buf->at);
    *buf = (struct tl_buf){0};
}

void tl_buf_u32(struct tl_buf *buf, uint32_t value)
{
    const uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
                              (uint8_t)(value >> 24)};
    tl_buf_put(buf, bytes, sizeof bytes);
}

void tl_buf_u64(struct tl_buf *buf, uint64_t value)
{
    tl_buf_u32(buf, (uint32_t)value);
    tl_buf_u32(buf, (uint32_t)(value >> 32));
}

void tl_buf_f32(struct tl_buf *buf, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    tl_buf_u32(buf, bits);
}

bool tl_fd_write(int fd, const char *path, const void *bytes, size_t len, struct tl_err *err)
{
    const uint8_t *at = bytes;
    while (len > 0) {
        const ssize_t done = write(fd, at, len);
        if (done < 0 && errno != EINTR) {
            return tl_fail(err, "'%s': %s", path, strerror(errno));
        }
        if (done > 0) {
            at += done;
            len -= (size_t)done;
        }
    }
    return true;
}

bool tl_file_write(const char *dir, const char *name, const struct tl_buf *content,
                   struct tl_err *err)
{
    TL_AUTO_CHARS joined = dir != NULL ? tl_path_join(dir, name) : NULL;
    const char *path = dir != NULL ? joined : name;
    SR_CLEANUP(close_fd) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) {
        return tl_fail(err, "'%s': %s", path, strerror(errno));
    }
    return tl_fd_write(fd, path, content->at, content->len, err);
}

bool tl_dir_make(const char *path, struct tl_err *err)
{
    if (mkdir(path, 0755) != 0 && errno != EEXIST) {
        return tl_fail(err, "'%s': %s", path, strerror(errno));
    }
    return true;
}
