/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_VERIFY_DOCUMENTS_H
#define SR_CUSTODY_VERIFY_DOCUMENTS_H

#include "custody/room.h"

/*
 * Whether the documents of a version in custody are those that the act of its deposit names, each
 * with its digest, and no others. A version from before acts named documents may have none.
 *
 * errors  CORRUPT  one is missing, altered or added, or the act is not there; err names it
 *         BUSY, IO, NO_MEMORY, INTERNAL
 */
enum sr_status sr_verify_documents(struct sr_room *r, const struct sr_id *version,
                                   struct sr_err *err) SR_MUST_USE;

#endif /* SR_CUSTODY_VERIFY_DOCUMENTS_H */
