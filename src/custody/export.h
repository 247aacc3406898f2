/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_EXPORT_H
#define SR_CUSTODY_EXPORT_H

#include "base/progress.h"
#include "custody/room.h"

/*
 * Handing out a plain copy of a version. The act is recorded before the first byte is written; the
 * folder appears under its name only when it is whole. Every byte was authenticated before it was
 * written; that the bytes are the whole of each file in its place is what authenticates them.
 */

struct sr_export_params {
    struct sr_id version;
    const char *dir;     /* NUL-terminated; absent or an empty folder; its parent must be there */
    unsigned threads;    /* 0: one for each core */
    bool skip_sync;      /* leave it to the system when to write it out, as cp does */
    bool with_signature; /* add the room's signature, under sr_room_signature_name() */
    struct sr_progress progress;
};

struct sr_export_result {
    uint64_t files;
    uint64_t bytes;
    uint64_t seq;          /* of the recorded act */
    const char *signature; /* the name of the file that was added; NULL for none */
};

/*
 * Export, durably. Files get mode 0600, folders 0700. On failure nothing is left behind; after a
 * kill a folder named ".<dir>.partial-<8 digits>" beside it may be left, which the next export to
 * the same place removes.
 *
 * errors  UNAUTHENTICATED  the room is locked
 *         CONFLICT         dir is there and not empty; or the keys were rotated
 *         NOT_FOUND        no such version; no parent folder of dir; or it is not signed
 *         CORRUPT          a body is damaged; err names the file and offset
 *         DENIED, PENDING  as sr_custody_apply()
 *         IO               also when there is no space for it
 *         CANCELLED, BUSY, NO_MEMORY
 */
enum sr_status sr_export(struct sr_room *r, const struct sr_export_params *params,
                         struct sr_export_result *out, struct sr_err *err) SR_MUST_USE;

#endif /* SR_CUSTODY_EXPORT_H */
