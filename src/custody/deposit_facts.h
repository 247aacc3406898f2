/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_DEPOSIT_FACTS_H
#define SR_CUSTODY_DEPOSIT_FACTS_H

#include "artifact/finding.h"
#include "artifact/verdict.h"
#include "formats/json.h"
#include "store/catalog.h"

/*
 * What the act of a deposit says beside names: the words for it that deposit, hold, recovery and
 * verification share.
 */

#define SR_DEPOSIT_PARENTS_MAX 64
#define SR_DEPOSIT_REASON_BYTES_MAX 500

/* What inspection said of a version: who relies on it later has to know under which rules. */
struct sr_deposit_inspection {
    enum sr_verdict verdict; /* of all files; PASS, or REVIEW that somebody accepted */
    enum sr_profile profile;
    uint8_t ruleset[SR_SHA256_BYTES];             /* sr_report_ruleset() */
    char reason[SR_DEPOSIT_REASON_BYTES_MAX + 1]; /* why REVIEW was accepted; "" for PASS */
};

/* A document of a version (store/catalog.h), as its act of deposit fixes it. */
struct sr_deposit_document {
    char name[SR_CATALOG_DOCUMENT_NAME_BYTES];
    uint8_t sha256[SR_SHA256_BYTES];
};

/* The member "inspection" of an intent (hold.h). errors  TOO_LARGE, NO_MEMORY, MALFORMED */
enum sr_status
sr_deposit_put_inspection(struct sr_json_writer *w,
                          const struct sr_deposit_inspection *inspection) SR_MUST_USE;

/* Whether actor (NUL-terminated, hostile) is what may stand in a record: 1..127 bytes of UTF-8
 * without control characters. */
bool sr_deposit_is_actor(const char *actor);
/* The same for the reason why files that need review may come in: 1..SR_DEPOSIT_REASON_BYTES_MAX.
 */
bool sr_deposit_is_reason(const char *reason);

#endif /* SR_CUSTODY_DEPOSIT_FACTS_H */
