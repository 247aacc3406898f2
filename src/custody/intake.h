/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_INTAKE_H
#define SR_CUSTODY_INTAKE_H

#include "artifact/inspector.h"
#include "base/progress.h"
#include "custody/bundle_file.h"
#include "custody/room.h"

/*
 * Taking the bodies of an offered version in: copied under this room's store, the data key wrapped
 * under its group, every byte decrypted and compared with what was offered, inspected as in a
 * deposit. Afterwards the version is staged and waits, with the documents that its acceptance will
 * fix; it is in custody only when the act of accepting is recorded.
 *
 * An interrupted intake is taken up again by the same call; any other writing command removes it.
 */

#define SR_INTAKE_CHAIN "chain.json"     /* documents */
#define SR_INTAKE_RESULTS "results.json" /* this room's own check: docs/handoff.md */

struct sr_intake_params {
    const struct sr_bundle_file *file;
    struct sr_blobs *bodies; /* where they are when the file has none; NULL otherwise */
    const struct sr_secret *dek;
    const uint8_t *digest; /* SR_SHA256_BYTES: of the manifest, as offered */
    const uint8_t *offer;  /* SR_SHA256_BYTES: the act of the offer */
    const char *name;      /* under which it is taken in */
    uint64_t number;       /* 0: the next */
    const char *kind;
    unsigned tier; /* as offered */
    struct sr_inspector *inspector;
    struct sr_report *report;  /* empty; gets what inspection found, also when it refuses */
    const char *accept_review; /* as sr_deposit_params */
    struct sr_progress progress;
};

struct sr_intake_result {
    struct sr_catalog_version version; /* staged */
    bool is_resumed;
};

/*
 * errors  UNAUTHENTICATED  the room is locked
 *         CONFLICT         the version is in custody here, or is waiting already; its name and
 *                          number are taken; another process is at it
 *         CORRUPT, MALFORMED, TRUNCATED  what came is not what was offered; nothing of it stays
 *         NOT_FOUND        a body is not where it should be
 *         REFUSED, UNINSPECTED  as sr_deposit(); nothing of it stays
 *         IO, CANCELLED, BUSY, TOO_LARGE, NO_MEMORY, INTERNAL
 */
enum sr_status sr_intake(struct sr_room *r, const struct sr_intake_params *params,
                         struct sr_intake_result *out, struct sr_err *err) SR_MUST_USE;

#endif /* SR_CUSTODY_INTAKE_H */
