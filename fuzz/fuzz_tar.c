/* SPDX-License-Identifier: Apache-2.0 */
/* Checked: members are inside the file, in order, and reading goes on or ends; an archive that is
 * read to its end has no bytes left. */
#include <stdlib.h>

#include "formats/tar.h"
#include "fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); /* lint: callback */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) /* lint: callback */
{
    struct sr_tar t = sr_tar(sr_bytes(data, size));
    struct sr_tar_member m = {0};
    struct sr_err err = {0};
    bool found = true;
    bool is_likely = sr_tar_is_likely(t.file);
    while (found) {
        size_t at = t.at;
        enum sr_status status = sr_tar_next(&t, &found, &m, &err);
        if (status != SR_OK) {
            REQUIRE(err.status == status && err.message[0] != '\0');
            return 0;
        }
        if (found) {
            REQUIRE(t.at > at && t.at <= size && (at > 0 || is_likely));
            REQUIRE(m.offset <= size && m.content.len <= size - m.offset);
            REQUIRE(m.content.ptr == data + m.offset);
            volatile uint8_t last = m.name.len > 0 ? m.name.ptr[m.name.len - 1] : 0;
            (void)last;
        }
    }
    REQUIRE(t.at == size);
    return 0;
}
