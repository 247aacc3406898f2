/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_LEDGER_LOG_IMPL_H
#define SR_LEDGER_LOG_IMPL_H

#include <pthread.h>

#include "formats/note.h"
#include "ledger/journal.h"
#include "ledger/log.h"
#include "ledger/tiles.h"
#include "ledger/vkey.h"

/* What log.c, which writes, and log_read.c, which only reads, share. Nobody else includes it. */

/* The file of the checkpoint that witnesses have signed last. */
#define SR_LOG_COSIGNED "cosigned"

/* What was signed last. */
struct sr_log_pin {
    uint64_t size;
    uint8_t root[SR_SHA256_BYTES];
    int64_t utc_ms;
};

struct sr_log_waiter;

struct sr_log {
    struct sr_log_options o;
    struct sr_vkey *vkey;
    int lock;
    int pin_lock;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    /* Under the mutex. */
    bool is_taken; /* somebody has what is below to himself */
    struct sr_log_waiter *queue;
    struct sr_log_waiter **queue_end;
    /* Of who has it taken. */
    bool is_failed;
    struct sr_journal journal;
    struct sr_tiles *tiles;
    struct sr_log_pin pin;
    uint64_t published;
};

/* Have what is "of who has it taken" to oneself; let go of it. */
void sr_log_take(struct sr_log *log);
void sr_log_give(struct sr_log *log);

/* Append the note in the folder, which it does not verify. errors  NOT_FOUND, IO, TOO_LARGE */
enum sr_status sr_log_read_note(struct sr_log *log, struct sr_buf *out,
                                struct sr_err *err) SR_MUST_USE;

#endif /* SR_LEDGER_LOG_IMPL_H */
