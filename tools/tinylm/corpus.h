/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TL_CORPUS_H
#define TL_CORPUS_H

#include <stddef.h>
#include <stdint.h>

#include "file.h"

/*
 * Text to train on and text held out: the files one after the other as they are, of which the last
 * sixteenth is never trained on.
 */
struct tl_corpus {
    struct tl_buf text;
    size_t train_len; /* bytes; the rest is held out */
};

/*
 * Read the files. A folder stands for the regular files directly in it, by name; links are left
 * out. No path at all stands for the licences in /usr/share/common-licenses of Debian 12, fourteen
 * by name.
 *
 * errors  a path that cannot be read; more than 64 MiB; less than `least` bytes held out
 */
bool tl_corpus_load(const char *const *paths, size_t count, size_t least, struct tl_corpus *out,
                    struct tl_err *err) SR_MUST_USE;
void tl_corpus_clear(struct tl_corpus *corpus);
#define TL_AUTO_CORPUS SR_CLEANUP(tl_corpus_clear) struct tl_corpus

#endif /* TL_CORPUS_H */
