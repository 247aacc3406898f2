/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_SCRUB_H
#define SR_CUSTODY_SCRUB_H

#include "base/progress.h"
#include "custody/room.h"
#include "seal/scrub.h"

/*
 * Looking over what is at rest: the bodies of one version or of all, without keys (stored bytes
 * against the catalog) or with them (tags), whole or by sample; and the store, for what should not
 * be there.
 */

enum sr_scrub_finding_kind {
    SR_SCRUB_DAMAGED, /* a body fails a check */
    SR_SCRUB_MISSING, /* a body is not in the store */
    SR_SCRUB_ORPHAN,  /* a blob that no version has; the next recovery removes it */
    SR_SCRUB_STRAY    /* something in the store that is no blob at all */
};

struct sr_scrub_finding {
    enum sr_scrub_finding_kind kind;
    const struct sr_catalog_version *version; /* DAMAGED, MISSING; else NULL */
    const struct sr_catalog_file *file;       /* DAMAGED, MISSING; else NULL */
    const char *what;                         /* message, object id or name; one line */
};

struct sr_scrub_params {
    const struct sr_id *version; /* NULL: all, and the store too */
    bool with_keys;              /* the room must be unlocked */
    uint64_t sample;             /* 0: all pieces; else so many of each body */
    void (*finding)(void *ctx, const struct sr_scrub_finding *finding); /* may be NULL */
    void *finding_ctx;
    struct sr_progress progress; /* in stored bytes, about */
};

struct sr_scrub_totals {
    uint64_t bodies;
    uint64_t pieces;
    uint64_t checked;
    uint64_t damaged;
    uint64_t missing;
    uint64_t orphans;
    uint64_t strays;
    uint64_t detectable_ppm; /* the worst of the bodies: sr_scrub_detectable_ppm() */
};

/*
 * Scrub. Goes on after a finding. *out is set on CORRUPT too.
 *
 * errors  CORRUPT          something is damaged or missing; err has the first
 *         UNAUTHENTICATED  with_keys in a locked room
 *         NOT_FOUND        no such version
 *         CANCELLED, BUSY, IO, NO_MEMORY
 */
enum sr_status sr_scrub_room(struct sr_room *r, const struct sr_scrub_params *params,
                             struct sr_scrub_totals *out, struct sr_err *err) SR_MUST_USE;

#endif /* SR_CUSTODY_SCRUB_H */
