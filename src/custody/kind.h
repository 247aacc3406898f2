/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_KIND_H
#define SR_CUSTODY_KIND_H

#include <stdbool.h>
#include <stddef.h>

/* The list of kinds of artifact (acts/kinds.def). */

#define SR_KIND_DEFAULT "checkpoint"

struct sr_kind {
    const char *word;
    const char *title;
};

size_t sr_kind_count(void);
/* index < sr_kind_count(). Static. */
const struct sr_kind *sr_kind_at(size_t index);
/* word is NUL-terminated, hostile. */
bool sr_kind_is_known(const char *word);

#endif /* SR_CUSTODY_KIND_H */
