/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_KEYS_PASSPHRASE_H
#define SR_KEYS_PASSPHRASE_H

#include "base/secret.h"

/*
 * Where passphrases come from: a file, a file descriptor, a terminal, or our own generator; never
 * an argument or the environment, which other processes and shell histories see. A passphrase is
 * the bytes as they were given, without normalisation, in secret memory from the first read on:
 * never on the stack, on the heap or in a stdio buffer.
 *
 * Not thread-safe: sr_passphrase_from_terminal() changes signal handlers while it waits.
 */

#define SR_PASSPHRASE_BYTES_MAX 1024
/* Who typed a shorter one should be warned; only an empty one is refused. */
#define SR_PASSPHRASE_BYTES_ADVISED 12

/*
 * A new passphrase of 256 random bits: "srk1-" and 8 groups of 7 characters of 0-9 a-z (without
 * i l o u), joined by '-'; 68 bytes in all. The last 24 bits are a checksum over the others.
 *
 * errors  NO_MEMORY, IO (as sr_secret_new), INTERNAL (the random generator)
 * source  docs/design/0004-passphrase-cost.md
 */
#define SR_PASSPHRASE_GENERATED_BYTES 68
enum sr_status sr_passphrase_generate(struct sr_secret **out, struct sr_err *err) SR_MUST_USE;

/*
 * Whether p is spelled as sr_passphrase_generate() does and its checksum is right; such a
 * passphrase needs no stretching.
 */
bool sr_passphrase_is_generated(const struct sr_secret *p);
/* Whether p begins like a generated one; if it is not one, somebody mistyped it. */
bool sr_passphrase_looks_generated(const struct sr_secret *p);

/*
 * Read the passphrase that is the one line of the file at path, without its newline. path is
 * trusted; links are followed, and a pipe (a shell's process substitution) will do.
 *
 * errors  NOT_FOUND
 *         DENIED     readable or writable by group or others
 *         MALFORMED  empty, not a file, NUL or a second line in it
 *         TOO_LARGE  over SR_PASSPHRASE_BYTES_MAX
 *         IO, NO_MEMORY
 */
enum sr_status sr_passphrase_from_file(const char *path, struct sr_secret **out,
                                       struct sr_err *err) SR_MUST_USE;

/*
 * Read from fd to the first newline or the end; what follows the newline stays unread. fd is the
 * caller's, and blocking.
 *
 * errors  MALFORMED (empty, NUL in it), TOO_LARGE, IO, NO_MEMORY
 */
enum sr_status sr_passphrase_from_fd(int fd, struct sr_secret **out,
                                     struct sr_err *err) SR_MUST_USE;

/*
 * Ask on the process's terminal, with echo off. prompt is trusted; ": " is put after it. With
 * confirm it is asked for twice, until both are the same, three times at most. A signal that
 * arrives meanwhile takes effect after the terminal is as it was.
 *
 * errors  UNAVAILABLE  there is no terminal
 *         CANCELLED    end of file (^D), or a signal that the process survives
 *         USAGE        three times not the same
 *         MALFORMED (empty), TOO_LARGE, IO, NO_MEMORY
 */
enum sr_status sr_passphrase_from_terminal(const char *prompt, bool confirm, struct sr_secret **out,
                                           struct sr_err *err) SR_MUST_USE;

#endif /* SR_KEYS_PASSPHRASE_H */
