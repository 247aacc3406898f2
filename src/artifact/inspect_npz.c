/* SPDX-License-Identifier: Apache-2.0 */
/* source  docs/formats/npy.md */
#include <string.h>

#include "artifact/archive.h"

static bool has_suffix(struct sr_bytes name, const char *suffix)
{
    size_t len = strlen(suffix);
    return name.len > len && memcmp(name.ptr + name.len - len, suffix, len) == 0;
}

/* As NumPy has it: a zip file that is called so, or one of arrays only. */
static bool matches(const struct sr_zip *zip, struct sr_bytes name)
{
    bool all = sr_zip_count(zip) > 0;
    for (size_t i = 0; i < sr_zip_count(zip); i++) {
        all = all && has_suffix(sr_zip_at(zip, i)->name, ".npy");
    }
    return all || has_suffix(name, ".npz");
}

static void inspect(struct sr_inspection *in, struct sr_archive *archive)
{
    const struct sr_zip *zip = sr_archive_zip(archive);
    char quoted[SR_EVIDENCE_BYTES];
    for (size_t i = 0; i < sr_zip_count(zip); i++) {
        const struct sr_zip_member *member = sr_zip_at(zip, i);
        if (!has_suffix(member->name, ".npy")) {
            sr_inspection_find(in, SR_RULE_NPZ_MEMBER, member->header_offset, 0, "'%s'",
                               sr_inspection_quote(member->name, quoted));
        }
        (void)sr_archive_look(in, archive, i, NULL);
    }
}

static const char *const EXTENSIONS[] = {".npz", NULL};
const struct sr_archive_kind sr_archive_kind_npz = {
    .name = "npz",
    .title = "NumPy arrays",
    .extensions = EXTENSIONS,
    .matches = matches,
    .inspect = inspect,
};
