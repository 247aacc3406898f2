/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TL_FILE_H
#define TL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/*
 * Errors, memory and files for the tools that make and run models.
 *
 * The tools stand outside the product: they are the unmodified client that reads a model through
 * the mount, so nothing of the product is linked here (base/attr.h is only names for compiler
 * attributes). A function that can fail returns false and leaves one line of text in *err. Running
 * out of memory ends the program.
 */
struct tl_err {
    char text[512]; /* lower case, one line, names the file, field or offset */
};

/* Write the text and return false, so that a caller can `return tl_fail(err, ...)`. */
bool tl_fail(struct tl_err *err, const char *fmt, ...) SR_PRINTF(2, 3);

/* Zeroed memory for count things of size bytes. Never NULL, also for 0. Ends the program if none.
 */
void *tl_alloc(size_t count, size_t size);

/* free() under the names that SR_CLEANUP needs. */
void tl_floats_freep(float **p);
void tl_chars_freep(char **p);
#define TL_AUTO_FLOATS SR_CLEANUP(tl_floats_freep) float *
#define TL_AUTO_CHARS SR_CLEANUP(tl_chars_freep) char *

/* A whole file, mapped read-only and shared, as model loaders map it. */
struct tl_map {
    const uint8_t *at; /* NULL when the file is empty */
    size_t len;
};
bool tl_map_open(const char *path, struct tl_map *out, struct tl_err *err) SR_MUST_USE;
void tl_map_close(struct tl_map *map);

/* "dir/name", or a copy of a text, on the heap; the caller frees it. */
char *tl_path_join(const char *dir, const char *name) SR_MUST_USE;
char *tl_text_copy(const char *text) SR_MUST_USE;

/* Bytes that grow. Start from all zero. */
struct tl_buf {
    char *at;
    size_t len;
    size_t cap;
};
void tl_buf_put(struct tl_buf *buf, const void *bytes, size_t len);
void tl_buf_printf(struct tl_buf *buf, const char *fmt, ...) SR_PRINTF(2, 3);
void tl_buf_clear(struct tl_buf *buf);
#define TL_AUTO_BUF SR_CLEANUP(tl_buf_clear) struct tl_buf

/* Little-endian integers and floats, as safetensors and GGUF have them. */
void tl_buf_u32(struct tl_buf *buf, uint32_t value);
void tl_buf_u64(struct tl_buf *buf, uint64_t value);
void tl_buf_f32(struct tl_buf *buf, float value);

/* Make or replace a file. dir may be NULL: name is then a path. */
bool tl_file_write(const char *dir, const char *name, const struct tl_buf *content,
                   struct tl_err *err) SR_MUST_USE;

/* write(2) until all is written. */
bool tl_fd_write(int fd, const char *path, const void *bytes, size_t len,
                 struct tl_err *err) SR_MUST_USE;

/* Make a folder; it may exist already. */
bool tl_dir_make(const char *path, struct tl_err *err) SR_MUST_USE;

#endif /* TL_FILE_H */
