/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_SIGNATURE_IMPL_H
#define SR_ARTIFACT_SIGNATURE_IMPL_H

#include "artifact/signature.h"

/* For signature*.c only. */

/*
 * Whether the files are those of the statement, and no others.
 *
 * errors  CORRUPT    they are not
 *         MALFORMED  shards that leave holes or overlap
 *         those of sr_manifest_hash()
 */
enum sr_status sr_signature_compare(const struct sr_signature_check *params,
                                    const struct sr_oms_statement *s, const struct sr_manifest *m,
                                    struct sr_signature_result *out,
                                    struct sr_err *err) SR_MUST_USE;

#endif /* SR_ARTIFACT_SIGNATURE_IMPL_H */
