/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checked: members are inside the file, tile it, and are found by name; what is accepted looks like
 * a zip file; scraps of the lenient reader are inside the file, and what the strict one accepts, it
 * finds as well.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "formats/zip.h"
#include "formats/zip_salvage.h"
#include "fuzz/require.h"

static void check_zip(const struct sr_zip *zip, struct sr_bytes file)
{
    uint64_t at = 0;
    size_t index = 0;
    for (size_t i = 0; i < sr_zip_count(zip); i++) {
        const struct sr_zip_member *m = sr_zip_at(zip, i);
        REQUIRE(m->header_offset == at);
        REQUIRE(m->data_offset >= at + 30 + m->name.len);
        REQUIRE(m->packed_bytes <= m->end - m->data_offset);
        REQUIRE(sr_zip_find(zip, m->name, &index) && index == i);
        at = m->end;
    }
    REQUIRE(at + 22 <= file.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); /* lint: callback */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) /* lint: callback */
{
    struct sr_bytes file = sr_bytes(data, size);
    SR_AUTO(sr_zip) zip = NULL;
    struct sr_err err = {0};
    enum sr_status status = sr_zip_decode(file, &zip, &err);
    REQUIRE((status == SR_OK) == (zip != NULL));
    REQUIRE(status == SR_OK || (err.status == status && err.message[0] != '\0'));
    REQUIRE(status != SR_NO_MEMORY && status != SR_CONFLICT);
    struct sr_zip_salvage s = sr_zip_salvage(file);
    struct sr_zip_scrap scrap = {0};
    size_t scraps = 0;
    while (sr_zip_salvage_next(&s, &scrap)) {
        REQUIRE(scrap.packed.ptr >= data && scrap.packed.ptr + scrap.packed.len <= data + size);
        REQUIRE(scrap.packed.ptr == data + scrap.offset);
        scraps++;
    }
    if (zip != NULL) {
        check_zip(zip, file);
        REQUIRE(sr_zip_is_likely(file, true));
        REQUIRE(scraps >= sr_zip_count(zip));
    }
    return 0;
}
