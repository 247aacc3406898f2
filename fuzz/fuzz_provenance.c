/* SPDX-License-Identifier: Apache-2.0 */
/* A provenance statement, bare or in an envelope. Checked: what is accepted has a subject, and
 * texts within their bounds; without a key, nothing in an envelope is accepted. */
#include <stdlib.h>
#include <string.h>

#include "artifact/provenance_envelope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) /* lint: callback */
{
    SR_AUTO(sr_provenance) p = NULL;
    struct sr_err err = {0};
    SR_AUTO(sr_provenance) opened = NULL;
    char hint[SR_SIGN_HINT_BYTES];
    bool is_open = sr_provenance_open(sr_bytes(data, size), NULL, &opened, hint, &err) == SR_OK;
    bool is_bare = sr_provenance_decode(sr_bytes(data, size), &p, &err) == SR_OK;
    if (is_open && (!is_bare || hint[0] != '\0')) {
        abort();
    }
    if (!is_bare) {
        return 0;
    }
    if (p->subject_count == 0 || !sr_provenance_is_about(p, p->subjects[0]) ||
        memchr(p->builder, 0, sizeof p->builder) == NULL) {
        abort();
    }
    return 0;
}
