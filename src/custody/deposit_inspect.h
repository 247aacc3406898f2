/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_DEPOSIT_INSPECT_H
#define SR_CUSTODY_DEPOSIT_INSPECT_H

#include "artifact/inspector.h"
#include "base/progress.h"
#include "custody/deposit_facts.h"
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

#define SR_DEPOSIT_REPORT "inspection.json" /* the document */

/* Whether a reason why files that need review may come in (NULL: they may not) is one: it is on
 * record for good, so it is looked at before the work and not after it. errors  MALFORMED */
enum sr_status sr_deposit_check_reason(const char *accept_review, struct sr_err *err) SR_MUST_USE;

/*
 * Whether what inspection found may come in: it passed, or a person answers for it. *out is what
 * goes on record then.
 *
 * accept_review  checked as above
 * errors         REFUSED, UNINSPECTED  as sr_report_status()
 */
enum sr_status sr_deposit_judge(const struct sr_report *report, const char *accept_review,
                                struct sr_deposit_inspection *out, struct sr_err *err) SR_MUST_USE;

/* Keep the report as a document of a staged version. errors  TOO_LARGE; those of
 * sr_catalog_put_document() */
enum sr_status sr_deposit_keep_report(struct sr_room *r, const struct sr_id *version,
                                      const struct sr_report *report,
                                      struct sr_err *err) SR_MUST_USE;

#endif /* SR_CUSTODY_DEPOSIT_INSPECT_H */
