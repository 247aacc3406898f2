/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_LEDGER_LOG_H
#define SR_LEDGER_LOG_H

#include "crypto/sign.h"
#include "ledger/tree.h"

/*
 * A log in a folder, as tiles, bundles and `checkpoint` (docs/formats/tlog-tiles.md), so that a
 * static file server is a replica; beside them `journal` and `lock`, which are ours.
 *
 * An entry is durable before its append returns; a checkpoint is signed after what it covers is. A
 * crash at any point leaves a log that the next open finishes.
 *
 * What was signed last is also kept in a pin, a small file that belongs on other storage than the
 * folder and in no backup of it. A log that does not lead up to its pin, because the folder is an
 * old copy or went another way, is not opened, so it signs nothing. docs/design/0012-ledger.md
 *
 * Any number of threads may use one log; one process has it.
 */
struct sr_log;

struct sr_log_options {
    struct sr_bytes origin;   /* also the name of the key; a name of notes (formats/note.h) */
    struct sr_signer *signer; /* Ed25519; outlives the log, which alone uses it */
    int folder;               /* open folder of the log; outlives the log */
    int pin_folder;           /* open folder of the pin; outlives the log */
    const char *pin_name;     /* NUL-terminated, trusted, under 100 bytes */
};

/*
 * Make an empty log, with a signed checkpoint of no leaves.
 * errors  CONFLICT  there is a checkpoint, a journal or a pin; BUSY; those of the signer; IO,
 *         MALFORMED (origin), UNSUPPORTED (kind of key), NO_MEMORY, INTERNAL
 */
enum sr_status sr_log_create(const struct sr_log_options *options, int64_t now_utc_ms,
                             struct sr_err *err) SR_MUST_USE;

/*
 * errors  BUSY       somebody has the log, or the pin, open
 *         NOT_FOUND  no pin
 *         CONFLICT   the log does not lead up to its pin: an old copy, or a fork
 *         UNTRUSTED  the checkpoint is not signed by this signer for this origin
 *         CORRUPT    tiles do not give the checkpoint's root, a file is missing or damaged
 *         IO, MALFORMED, UNSUPPORTED, TOO_LARGE, NO_MEMORY, INTERNAL
 */
enum sr_status sr_log_open(const struct sr_log_options *options, struct sr_log **out,
                           struct sr_err *err) SR_MUST_USE;
/* Nobody may be using it. What was appended and not published stays in the journal. */
void sr_log_free(struct sr_log *log);
SR_DEFINE_AUTO(sr_log)

/*
 * Append count entries side by side; *out_index is the number of the first. Entries of threads that
 * wait at the same time become durable together. After IO the log has to be opened again; entries
 * whose append failed so may be in it or not.
 *
 * errors  TOO_LARGE  an entry over SR_TILE_LEAF_BYTES_MAX, or over 16 MiB together
 *         BUSY       a checkpoint is due first
 *         IO, NO_MEMORY, INTERNAL
 */
enum sr_status sr_log_append(struct sr_log *log, const struct sr_bytes *entries, size_t count,
                             uint64_t *out_index, struct sr_err *err) SR_MUST_USE;

/*
 * Sign and publish a checkpoint of all that was appended before, and append the note to note.
 * errors  CONFLICT  the clock is behind the last checkpoint's; IO, those of the signer, NO_MEMORY
 */
enum sr_status sr_log_publish(struct sr_log *log, int64_t now_utc_ms, struct sr_buf *note,
                              struct sr_err *err) SR_MUST_USE;

/* How many leaves the last checkpoint covers. */
uint64_t sr_log_published(struct sr_log *log);

/*
 * Proofs as of any size up to that of the last checkpoint (ledger/tree.h).
 * errors  NOT_FOUND  beyond it; CORRUPT, IO, NO_MEMORY, INTERNAL
 */
enum sr_status sr_log_prove_inclusion(struct sr_log *log, uint64_t index, uint64_t size,
                                      struct sr_tree_proof *out, struct sr_err *err) SR_MUST_USE;
enum sr_status sr_log_prove_consistency(struct sr_log *log, uint64_t old_size, uint64_t size,
                                        struct sr_tree_proof *out, struct sr_err *err) SR_MUST_USE;

#endif /* SR_LEDGER_LOG_H */
