/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_TEMPLATE_H
#define SR_ARTIFACT_TEMPLATE_H

#include "artifact/inspection.h"

/*
 * Chat templates are programs in Jinja that a loader runs for each prompt, some of them without a
 * sandbox. One passes when all that it does is on a list: statements, filters, tests, functions and
 * methods; values may be read under any plain name.
 * source  docs/formats/jinja.md (rules JT-n)
 */

/* Judge a template that is the blob which is being looked at; covers it when it is understood. */
void sr_template_check(struct sr_inspection *in, struct sr_bytes text);

/* Whether it reaches for what no chat template needs; pure. text is hostile, a template or not. */
bool sr_template_is_attack(struct sr_bytes text);

#endif /* SR_ARTIFACT_TEMPLATE_H */
