/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_DEPOSIT_SEAL_H
#define SR_CUSTODY_DEPOSIT_SEAL_H

#include "artifact/walk.h"
#include "base/progress.h"
#include "custody/room.h"

/*
 * The part of a deposit that takes long: seal the files of a staged version that are not sealed
 * yet, and record each in the catalog when its body is published.
 */
struct sr_deposit_work {
    struct sr_room *room;
    const struct sr_walk *walk;
    const struct sr_id *version;
    const struct sr_catalog_file *files; /* as many as the walk has, in its order */
    const struct sr_secret *dek;
    unsigned threads;
    const struct sr_progress *progress;
};

/* errors  those of sr_seal_write(), sr_blobs_stage(), sr_staged_publish(),
 *         sr_catalog_file_sealed(), sr_head_new(), sr_walk_check() */
enum sr_status sr_deposit_seal(const struct sr_deposit_work *work, struct sr_err *err) SR_MUST_USE;

/* One for each core, at most what sealing takes. */
unsigned sr_deposit_threads(unsigned wanted);

#endif /* SR_CUSTODY_DEPOSIT_SEAL_H */
