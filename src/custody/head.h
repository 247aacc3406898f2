/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_HEAD_H
#define SR_CUSTODY_HEAD_H

#include "base/io.h"
#include "formats/tensors.h"

/*
 * The head of a file that comes into custody: read once, decoded, and then served from memory to
 * whoever reads the file through it, so that the bytes that were checked are the bytes that are
 * sealed, whatever happens to the file meanwhile.
 */
struct sr_head;

/*
 * Read and decode as far as the file's name says what it must be.
 *
 * fd     open for reading; must stay open as long as the head
 * path   for its name and for messages; must stay valid
 * bytes  the file's length
 * errors MALFORMED, TRUNCATED, TOO_LARGE  not what its name says; err names file, field and offset
 *        CONFLICT  shorter than bytes: it changed
 *        IO, NO_MEMORY
 */
enum sr_status sr_head_new(int fd, const char *path, uint64_t bytes, struct sr_head **out,
                           struct sr_err *err) SR_MUST_USE;
void sr_head_free(struct sr_head *h);
SR_DEFINE_AUTO(sr_head)

enum sr_file_kind sr_head_kind(const struct sr_head *h);
/* NULL for SR_FILE_OTHER. Valid as long as h. */
const struct sr_tensors *sr_head_tensors(const struct sr_head *h);
/* The whole file: what was decoded from memory, the rest from fd. Valid as long as h. */
struct sr_source sr_head_source(struct sr_head *h);

#endif /* SR_CUSTODY_HEAD_H */
