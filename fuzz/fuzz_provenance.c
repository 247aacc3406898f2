/* SPDX-License-Identifier: Apache-2.0 */
/* A provenance statement. Checked: what is accepted has a subject, and texts within their bounds.
 */
#include <stdlib.h>
#include <string.h>

#include "artifact/provenance.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) /* lint: callback */
{
    SR_AUTO(sr_provenance) p = NULL;
    struct sr_err err = {0};
    if (sr_provenance_decode(sr_bytes(data, size), &p, &err) != SR_OK) {
        return 0;
    }
    if (p->subject_count == 0 || !sr_provenance_is_about(p, p->subjects[0]) ||
        memchr(p->builder, 0, sizeof p->builder) == NULL) {
        abort();
    }
    return 0;
}
