/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_LEDGER_JOURNAL_H
#define SR_LEDGER_JOURNAL_H

#include "base/buf.h"

/*
 * What has been answered but is not under a checkpoint yet: batches of entries, each with the
 * number of its first one and a SHA-256. A batch is durable when sr_journal_write() returns. Only
 * the last batch can be torn by a crash; it was never answered. Used by ledger/log.h, one thread at
 * a time.
 */
#define SR_JOURNAL_BYTES_MAX ((size_t)256 << 20)

struct sr_journal {
    int fd;
    uint64_t bytes;
};

/* Open, or make, the file name. Close fd. errors  IO */
enum sr_status sr_journal_open(int folder, const char *name, struct sr_journal *out,
                               struct sr_err *err) SR_MUST_USE;

/*
 * Call visit with each entry from number first on, in order; then cut off what a crash has torn.
 * Entries before first are passed over.
 *
 * errors  CORRUPT  whole batches behind a torn one, or numbers with a gap
 *         IO, NO_MEMORY, those of visit
 */
enum sr_status sr_journal_replay(struct sr_journal *j, uint64_t first,
                                 enum sr_status (*visit)(void *ctx, struct sr_bytes entry,
                                                         struct sr_err *err),
                                 void *ctx, struct sr_err *err) SR_MUST_USE;

/*
 * Write count entries, a bundle (formats/tile.h), as one batch, durably. After a failure the file
 * is in doubt: nothing more may be written before it is opened again.
 * errors  BUSY  the journal is full; IO, NO_MEMORY
 */
enum sr_status sr_journal_write(struct sr_journal *j, uint64_t first, uint32_t count,
                                struct sr_bytes bundle, struct sr_err *err) SR_MUST_USE;

/* Empty it, durably. errors  IO */
enum sr_status sr_journal_empty(struct sr_journal *j, struct sr_err *err) SR_MUST_USE;

#endif /* SR_LEDGER_JOURNAL_H */
