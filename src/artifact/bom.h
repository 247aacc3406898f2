/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_BOM_H
#define SR_ARTIFACT_BOM_H

#include "artifact/lineage.h"
#include "base/buf.h"

/*
 * What is known of a version, in the forms that others read. Deterministic: the same version gives
 * the same bytes. What is not known is left out, or said to be unknown where a form demands it;
 * nothing is concluded from a publisher's claims.
 *
 * errors of all  TOO_LARGE, NO_MEMORY
 */

/* CycloneDX 1.6, a machine-learning bill of materials. source  ECMA-424; bom-1.6.schema.json */
enum sr_status sr_bom_cyclonedx(const struct sr_lineage *l, struct sr_buf *out) SR_MUST_USE;

/* SPDX 3.0.1 as JSON-LD, profiles core, software, simpleLicensing and ai. */
enum sr_status sr_bom_spdx(const struct sr_lineage *l, struct sr_buf *out) SR_MUST_USE;

/*
 * An in-toto Statement v1 with a Simple Verification Result v0.2: what was verified of the version
 * when it came into custody. Only for a version that passed.
 *
 * errors  CONFLICT  it has no verdict, or another than PASS
 */
enum sr_status sr_bom_verification_result(const struct sr_lineage *l, struct sr_buf *out,
                                          struct sr_err *err) SR_MUST_USE;

/*
 * The SPDX identifier for a licence as model cards spell it ("apache-2.0"); NULL when there is none
 * that we know.
 */
const char *sr_bom_licence_id(const char *licence);

#endif /* SR_ARTIFACT_BOM_H */
