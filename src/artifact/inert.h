/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_INERT_H
#define SR_ARTIFACT_INERT_H

#include "artifact/inspection.h"

/*
 * Strings that travel inside models (metadata, configuration, values in pickles) are inert until
 * somebody feeds them to an interpreter. What looks as if it were meant for one gets REVIEW: code,
 * shell commands, addresses, secrets, packed or encoded payloads, programs.
 */

/* What a string looks like. */
enum sr_inert {
    SR_INERT,            /* names, numbers, prose */
    SR_INERT_CODE,       /* a program's text: imports, calls, shell commands, markup with scripts */
    SR_INERT_ADDRESS,    /* a network address */
    SR_INERT_SECRET,     /* a key or password */
    SR_INERT_ENCODED,    /* a payload in base64 or hexadecimal, or in escapes */
    SR_INERT_PICKLE,     /* a pickle */
    SR_INERT_EXECUTABLE, /* a program */
    SR_INERT_COUNT
};

/* Pure; linear in text.len, and quick for short plain words. text is hostile: text or binary. */
enum sr_inert sr_inert_class(struct sr_bytes text);

/* Report what is not inert: text stands at offset of the blob that is being looked at. */
void sr_inert_check(struct sr_inspection *in, struct sr_bytes text, uint64_t offset);

#endif /* SR_ARTIFACT_INERT_H */
