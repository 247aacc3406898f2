/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_SOURCE_NAMES_H
#define SR_ARTIFACT_SOURCE_NAMES_H

#include <stdbool.h>

#include "base/bytes.h"

/* Whether a path is named as source code is: "model.py", "Makefile". */
bool sr_source_is_named(struct sr_bytes path);

#endif /* SR_ARTIFACT_SOURCE_NAMES_H */
