/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_DEPOSIT_H
#define SR_CUSTODY_DEPOSIT_H

#include "artifact/inspector.h"
#include "artifact/lineage.h"
#include "base/progress.h"
#include "custody/deposit_signature.h"
#include "custody/room.h"

/*
 * Putting a model into custody: walk the source, check every file before anything is sealed, seal
 * in one pass, have what is sealed inspected, record the act. Nothing plain is written anywhere.
 *
 * The source is a file, or a folder that is taken whole, hidden entries and all; an entry that is
 * neither file nor folder (symbolic link, device, socket, pipe) is refused by name, because what
 * it would mean elsewhere is not what it means here. Empty folders are not recorded.
 *
 * Only what passes inspection comes into custody, and what needs review when somebody who looked at
 * it says why it may; nothing else ever does. What is refused is removed.
 *
 * An interrupted deposit is taken up again by the same call: same name, source and kind. What is
 * sealed already is compared with the source, and kept when it is the same.
 */

struct sr_deposit_params {
    const char *path;           /* NUL-terminated */
    const char *name;           /* of the artifact (ref.h); hostile */
    uint64_t number;            /* 0: the next */
    const char *kind;           /* a word of kinds.def; NULL: SR_KIND_DEFAULT */
    const char *const *parents; /* REFs, parent_count of them, at most SR_DEPOSIT_PARENTS_MAX */
    size_t parent_count;
    bool allow_unknown_parents; /* a parent that is a whole digest need not be in this room */
    unsigned tier;              /* 1..5; 0: the highest of its parents', 1 without */
    enum sr_step step;          /* UNKNOWN: what provenance says */
    struct sr_bytes provenance; /* SLSA, bare or in an envelope; hostile; len 0: none */
    const struct sr_public_key *provenance_key; /* who must have signed it; NULL: nobody */
    const struct sr_signature_trust *signer;    /* who must have signed it; NULL: nobody has to */
    unsigned threads;                           /* 0: one for each core */
    /* Started before this process had keys; for one deposit. Not NULL. */
    struct sr_inspector *inspector;
    struct sr_report *report;  /* empty; gets what inspection found, also when it refuses */
    const char *accept_review; /* why files that need review may come in; NULL: they may not */
    struct sr_progress progress;
};

struct sr_deposit_result {
    struct sr_catalog_version version; /* as it now is in custody */
    bool is_resumed;                   /* an interrupted deposit was taken up */
    struct sr_publisher publisher;     /* what was found of a publisher's signature */
};

/*
 * Deposit. The version is in custody, durably, when this returns SR_OK, and not before.
 *
 * The version's lineage (docs/lineage.md) is kept with it, and fixed by its act.
 *
 * errors  REFUSED      inspection says that a file must not be loaded (BLOCK) or has to be looked
 *                      at by a person first (REVIEW); err names the worst and why
 *         UNINSPECTED  a file could not be understood whole (UNPARSABLE)
 *         UNAUTHENTICATED  the room is locked
 *         MALFORMED, TRUNCATED  name, kind, an entry's name, or the content of a file; err names
 *                          file, field and offset
 *         NOT_FOUND        path, or a parent REF
 *         UNSUPPORTED      an entry that is neither file nor folder
 *         TOO_LARGE        over a limit of base/limits.h; err says which
 *         CONFLICT         the version exists; another process is depositing it now; or a file
 *                          changed while it was read; or the provenance says
 *                          something else than params, or is about something else
 *         UNTRUSTED        nobody whom signer names has signed all of it, or provenance_key has
 *                          not signed the provenance
 *         DENIED           a tier below that of a parent; and
 *         DENIED, PENDING  as sr_custody_apply()
 *         IO               also when the store has no room for it: found out before it begins
 *         CANCELLED        as progress said; what is sealed stays for a later call
 *         CORRUPT          also when a publisher's signature says that the files are others
 *         BUSY, NO_MEMORY, INTERNAL
 */
enum sr_status sr_deposit(struct sr_room *r, const struct sr_deposit_params *params,
                          struct sr_deposit_result *out, struct sr_err *err) SR_MUST_USE;

#endif /* SR_CUSTODY_DEPOSIT_H */
