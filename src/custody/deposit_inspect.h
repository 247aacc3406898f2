/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_DEPOSIT_INSPECT_H
#define SR_CUSTODY_DEPOSIT_INSPECT_H

#include "artifact/inspector.h"
#include "base/progress.h"
#include "custody/room.h"

/*
 * The part of a deposit that looks at what is sealed: an isolated worker reads the bodies of a
 * staged version, decrypted by this process chunk by chunk. So what is inspected is what is in the
 * store, nothing can change it meanwhile, and no plaintext is written anywhere.
 */
struct sr_deposit_look {
    struct sr_room *room;
    const struct sr_id *version;
    const struct sr_secret *dek; /* of the version */
    struct sr_inspector *inspector;
    struct sr_report *report; /* gets every file, sorted */
    const struct sr_progress *progress;
};

/* errors  CANCELLED, those of sr_inspector_file() and sr_room_open_body() */
enum sr_status sr_deposit_look(const struct sr_deposit_look *look, struct sr_err *err) SR_MUST_USE;

#endif /* SR_CUSTODY_DEPOSIT_INSPECT_H */
