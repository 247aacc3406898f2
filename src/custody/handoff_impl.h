/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_HANDOFF_IMPL_H
#define SR_CUSTODY_HANDOFF_IMPL_H

#include "custody/handoff.h"
#include "custody/submit.h"

/* What the files of handing over share. */

#define SR_HANDOFF_INFO_BYTES (21 + 16 + 32 + 16 + 16 + 16)

/* What a data key is sealed for (docs/formats/bundle.md, BU-7). */
void sr_handoff_info(const struct sr_act *offer, const uint8_t *offer_digest,
                     const struct sr_id *receiver, uint8_t out[SR_HANDOFF_INFO_BYTES]);

/* The fields that all events have, for the next of a version's chain, by the state of now. */
enum sr_status sr_handoff_begin(struct sr_room *r, const struct sr_catalog_version *version,
                                const struct sr_id *handoff, struct sr_act *act, uint64_t *event,
                                struct sr_err *err) SR_MUST_USE;

/* Set a text, if there is one. */
void sr_handoff_set(struct sr_act *act, enum sr_act_field field, const char *text);

/* Verify a chain. errors  UNTRUSTED  it is broken; err says where and why; NO_MEMORY, INTERNAL */
enum sr_status sr_handoff_verify(const struct sr_chain *chain, struct sr_chain_verdict *out,
                                 struct sr_err *err) SR_MUST_USE;

#endif /* SR_CUSTODY_HANDOFF_IMPL_H */
