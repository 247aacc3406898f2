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
 * A log without a signer, because the room is locked, takes entries and publishes nothing.
 *
 * Any number of threads may use one log; one process has it.
 */
struct sr_log;

struct sr_log_options {
    struct sr_bytes origin;   /* also the name of the key; a name of notes (formats/note.h) */
    struct sr_signer *signer; /* Ed25519; outlives the log, which alone uses it; NULL: locked */
    const struct sr_public_key *public_key; /* of the signer that is not there; else not used */
    int folder;                             /* open folder of the log; outlives the log */
    int pin_folder;                         /* open folder of the pin; outlives the log */
    const char *pin_name;                   /* NUL-terminated, trusted, under 100 bytes */
    bool may_lack_pin; /* and no signer: without a pin, the checkpoint counts */
    unsigned wait_ms;  /* how long to wait for somebody who has the log open */
};

/*
 * Make an empty log, with a signed checkpoint of no leaves.
 * errors  CONFLICT  there is a checkpoint, a journal or a pin; BUSY; those of the signer; IO,
 *         MALFORMED (origin), UNSUPPORTED (kind of key), UNAUTHENTICATED (no signer), NO_MEMORY,
 *         INTERNAL
 */
enum sr_status sr_log_create(const struct sr_log_options *options, int64_t now_utc_ms,
                             struct sr_err *err) SR_MUST_USE;

/*
 * Pin a log on first sight: what its checkpoint says now is believed from now on. For who knows why
 * there is no pin: a room that was moved to another machine, or restored with its newest copy. An
 * old copy that is trusted so forks from what others have seen; only witnesses see that.
 *
 * errors  CONFLICT   there is a pin
 *         NOT_FOUND  there is no checkpoint
 *         BUSY, UNTRUSTED, CORRUPT, IO, MALFORMED, UNSUPPORTED, TOO_LARGE, NO_MEMORY, INTERNAL  as
 *                    sr_log_open()
 */
enum sr_status sr_log_trust(const struct sr_log_options *options, int64_t now_utc_ms,
                            struct sr_err *err) SR_MUST_USE;

/*
 * errors  BUSY       somebody has the log, or the pin, open
 *         NOT_FOUND  no pin
 *         CONFLICT   the log does not lead up to its pin: an old copy, or a fork. One that leads on
 *                    from it was signed under another pin of the same key, and is fine
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
 * Sign and publish a checkpoint of all that was appended before, and append the note to note. When
 * nothing was, that is the checkpoint that is there, and only the time of it is renewed.
 * errors  CONFLICT         the clock is behind the last checkpoint's
 *         UNAUTHENTICATED  there is no signer
 *         IO, those of the signer, NO_MEMORY
 */
enum sr_status sr_log_publish(struct sr_log *log, int64_t now_utc_ms, struct sr_buf *note,
                              struct sr_err *err) SR_MUST_USE;

/*
 * Keep note, a checkpoint that this log has published, now with signatures of witnesses under it
 * (ledger/cosign.h): as `cosigned`, where it stays when later checkpoints are published; and in the
 * place of `checkpoint`, if it is the last one, so that whoever reads the folder sees them. One of
 * fewer leaves than the one that is kept is dropped. Of note only the log's own signature is
 * verified.
 *
 * errors  CONFLICT  note is of another tree, or of a size that was not published
 *         UNTRUSTED, MALFORMED, TOO_LARGE, CORRUPT, IO, NO_MEMORY, INTERNAL
 */
enum sr_status sr_log_store_cosigned(struct sr_log *log, struct sr_bytes note,
                                     struct sr_err *err) SR_MUST_USE;

/*
 * Append the checkpoint that was kept so last, whatever has been published since: what tells when
 * witnesses have seen this log. It is of this tree and signed by the log; what witnesses have
 * signed is not verified (ledger/receipt.h, ledger/quorum.h).
 * errors  NOT_FOUND  there is none, or what is there is none of this log
 *         CORRUPT, IO, TOO_LARGE, NO_MEMORY, INTERNAL
 */
enum sr_status sr_log_cosigned(struct sr_log *log, struct sr_buf *out,
                               struct sr_err *err) SR_MUST_USE;

/* How many leaves there are, how many the last checkpoint covers, and when that one was made. */
uint64_t sr_log_size(struct sr_log *log);
uint64_t sr_log_published(struct sr_log *log);
int64_t sr_log_published_utc_ms(struct sr_log *log);

/* Append the last checkpoint as it is in the folder. errors  NOT_FOUND, IO, TOO_LARGE, NO_MEMORY */
enum sr_status sr_log_checkpoint(struct sr_log *log, struct sr_buf *out,
                                 struct sr_err *err) SR_MUST_USE;

/*
 * The root of the first size leaves, published or not.
 * errors  NOT_FOUND  there are fewer; CORRUPT, IO, NO_MEMORY, INTERNAL
 */
enum sr_status sr_log_root(struct sr_log *log, uint64_t size, uint8_t out[SR_SHA256_BYTES],
                           struct sr_err *err) SR_MUST_USE;

/*
 * Append entry number index, published or not, once it is seen to hash to its leaf.
 * errors  NOT_FOUND  there are fewer; TOO_LARGE (out's), CORRUPT, IO, NO_MEMORY, INTERNAL
 */
enum sr_status sr_log_entry(struct sr_log *log, uint64_t index, struct sr_buf *out,
                            struct sr_err *err) SR_MUST_USE;

/*
 * Proofs as of any size up to that of the last checkpoint (ledger/tree.h).
 * errors  NOT_FOUND  beyond it; CORRUPT, IO, NO_MEMORY, INTERNAL
 */
enum sr_status sr_log_prove_inclusion(struct sr_log *log, uint64_t index, uint64_t size,
                                      struct sr_tree_proof *out, struct sr_err *err) SR_MUST_USE;
enum sr_status sr_log_prove_consistency(struct sr_log *log, uint64_t old_size, uint64_t size,
                                        struct sr_tree_proof *out, struct sr_err *err) SR_MUST_USE;

/*
 * Append the receipt of entry number index (formats/tlog_proof.h), under note, a checkpoint of this
 * log with whatever signatures it has; empty: the last one, as it is in the folder.
 *
 * errors  NOT_FOUND  the checkpoint does not cover the entry
 *         CONFLICT   note is a checkpoint of another tree
 *         UNTRUSTED  note is not signed by this log
 *         MALFORMED, TOO_LARGE, CORRUPT, IO, NO_MEMORY, INTERNAL
 */
enum sr_status sr_log_receipt(struct sr_log *log, uint64_t index, struct sr_bytes note,
                              struct sr_buf *out, struct sr_err *err) SR_MUST_USE;

#endif /* SR_LEDGER_LOG_H */
