/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STRONGROOM_STRONGROOM_H
#define STRONGROOM_STRONGROOM_H

#include <stddef.h>
#include <stdint.h>

/*
 * libstrongroom: reading models that are in custody, from a program's own process.
 *
 *     strongroom_room *       a room on this machine, unlocked
 *     strongroom_version *    one version of an artifact, opened for use: that is recorded as an
 * act
 *
 * Every byte that comes out was authenticated first. Rooms and versions are opened and closed by
 * one thread at a time; the functions that take a `const` version may be called by any number of
 * threads at once. Close versions before their room.
 *
 * This header is the stable interface: within a major version, functions, values and the fields of
 * structs stay as they are; new ones are added beside them. strongroom(3) says the same.
 */

#ifdef __cplusplus
extern "C" {
#endif

#define STRONGROOM_API __attribute__((visibility("default")))

/* How a call ended; the numbers are also the exit codes of the command `strongroom`. */
enum strongroom_status {
    STRONGROOM_OK = 0,
    STRONGROOM_REFUSED = 1,
    STRONGROOM_USAGE = 2,
    STRONGROOM_UNINSPECTED = 2, /* of the command `inspect`; no call here ends so */
    STRONGROOM_MALFORMED = 10,
    STRONGROOM_TRUNCATED = 11,
    STRONGROOM_TOO_LARGE = 12,
    STRONGROOM_NOT_FOUND = 13,
    STRONGROOM_CONFLICT = 14,
    STRONGROOM_UNAUTHENTICATED = 20,
    STRONGROOM_DENIED = 21,
    STRONGROOM_PENDING = 22,
    STRONGROOM_UNTRUSTED = 23,
    STRONGROOM_CORRUPT = 30,
    STRONGROOM_BUSY = 40,
    STRONGROOM_UNAVAILABLE = 41,
    STRONGROOM_UNSUPPORTED = 42,
    STRONGROOM_CANCELLED = 43,
    STRONGROOM_NO_MEMORY = 50,
    STRONGROOM_IO = 51,
    STRONGROOM_INTERNAL = 70
};

/* What went wrong: one printable line, no secrets. The caller owns it; it may be NULL in any call.
 */
struct strongroom_error {
    enum strongroom_status status;
    char message[256];
};

struct strongroom_room;
struct strongroom_version;

/* A file of a version. Strings live as long as the version. */
struct strongroom_file {
    const char *path;      /* relative, '/'-separated, UTF-8 */
    const char *kind;      /* "safetensors", "gguf" or "other" */
    uint64_t bytes;        /* of plaintext */
    uint64_t tensor_count; /* 0 when the kind has none */
    uint8_t sha256[32];    /* of the plaintext */
};

/* A tensor of a file. Pointers live as long as the version. */
struct strongroom_tensor {
    const char *name;      /* UTF-8, NUL-terminated */
    const char *dtype;     /* the file format's own word: "BF16", "Q4_K" */
    const uint64_t *shape; /* rank dimensions, in the order of the file's format */
    uint32_t rank;
    size_t file;     /* 0-based index of the file it is in */
    uint64_t offset; /* of its first byte in that file */
    uint64_t bytes;
};

/* "0.1.0": of the library that is running. */
STRONGROOM_API const char *strongroom_library_version(void);

/*
 * Open the room in dir and unlock it.
 *
 * passphrase_file  NUL-terminated path; not readable by others. Passphrases are never taken from an
 *                  argument or the environment.
 * returns  NOT_FOUND, UNAUTHENTICATED (wrong passphrase), DENIED (the file is open to others),
 *          CORRUPT, UNSUPPORTED, BUSY, IO, NO_MEMORY
 */
STRONGROOM_API enum strongroom_status strongroom_room_open(const char *dir,
                                                           const char *passphrase_file,
                                                           struct strongroom_room **out,
                                                           struct strongroom_error *error);
/* NULL is fine. */
STRONGROOM_API void strongroom_room_close(struct strongroom_room *room);

/*
 * Open a version for use. The act ("use", by this process's user) is recorded durably before any
 * key is touched.
 *
 * ref      "name", "name@version" or "sha256:<hex>"
 * returns  NOT_FOUND, CONFLICT (ambiguous), MALFORMED, DENIED, PENDING, CORRUPT, BUSY, IO,
 * NO_MEMORY
 */
STRONGROOM_API enum strongroom_status strongroom_version_open(struct strongroom_room *room,
                                                              const char *ref,
                                                              struct strongroom_version **out,
                                                              struct strongroom_error *error);
/* NULL is fine. */
STRONGROOM_API void strongroom_version_close(struct strongroom_version *version);

/* The artifact's name, the version's number and its manifest digest. */
STRONGROOM_API const char *strongroom_version_name(const struct strongroom_version *version);
STRONGROOM_API uint64_t strongroom_version_number(const struct strongroom_version *version);
STRONGROOM_API void strongroom_version_digest(const struct strongroom_version *version,
                                              uint8_t out[32]);

/* Files, by index 0 .. count - 1 in the byte order of their paths; NOT_FOUND past the end. */
STRONGROOM_API size_t strongroom_file_count(const struct strongroom_version *version);
STRONGROOM_API enum strongroom_status strongroom_file_at(const struct strongroom_version *version,
                                                         size_t index, struct strongroom_file *out);
/* By path. returns  NOT_FOUND */
STRONGROOM_API enum strongroom_status strongroom_file_find(const struct strongroom_version *version,
                                                           const char *path, size_t *out_index);

/*
 * Read the bytes [offset, offset + len) of a file to out. Only the segments they touch are read. On
 * failure out is wiped.
 *
 * returns  NOT_FOUND (no such file), TOO_LARGE (past the end), DENIED (the grant that the version
 * was opened under has ended, or allows fewer bytes), CORRUPT (a segment does not authenticate),
 * IO, NO_MEMORY
 */
STRONGROOM_API enum strongroom_status strongroom_read(const struct strongroom_version *version,
                                                      size_t file, uint64_t offset, void *out,
                                                      size_t len, struct strongroom_error *error);

/* The tensors of a file, by index 0 .. tensor_count - 1; NOT_FOUND past the end. */
STRONGROOM_API enum strongroom_status strongroom_tensor_at(const struct strongroom_version *version,
                                                           size_t file, uint64_t index,
                                                           struct strongroom_tensor *out);
/* By name, in any file of the version. returns  NOT_FOUND, CONFLICT (in more than one file) */
STRONGROOM_API enum strongroom_status
strongroom_tensor_find(const struct strongroom_version *version, const char *name,
                       struct strongroom_tensor *out);

/* Read a whole tensor; out has tensor->bytes bytes. returns  as strongroom_read() */
STRONGROOM_API enum strongroom_status
strongroom_tensor_read(const struct strongroom_version *version,
                       const struct strongroom_tensor *tensor, void *out,
                       struct strongroom_error *error);

#ifdef __cplusplus
}
#endif

#endif /* STRONGROOM_STRONGROOM_H */
