/* SPDX-License-Identifier: Apache-2.0 */
/*
 * torch.export and AOTInductor packages (.pt2): a graph of operators, weights, perhaps compiled
 * code. Not parsed here beyond that.
 * source  docs/formats/pytorch.md, PT-11
 */
#include <string.h>

#include "artifact/archive.h"

static bool has_suffix(struct sr_bytes name, const char *suffix)
{
    size_t len = strlen(suffix);
    return name.len >= len && memcmp(name.ptr + name.len - len, suffix, len) == 0;
}

/* The last part of a name, with a folder before it or not. */
static bool is_called(struct sr_bytes name, const char *last)
{
    size_t len = strlen(last);
    return has_suffix(name, last) && (name.len == len || name.ptr[name.len - len - 1] == '/');
}

static bool matches(const struct sr_zip *zip, struct sr_bytes name)
{
    if (has_suffix(name, ".pt2")) {
        return true;
    }
    for (size_t i = 0; i < sr_zip_count(zip); i++) {
        struct sr_bytes member = sr_zip_at(zip, i)->name;
        if (is_called(member, "archive_format") ||
            is_called(member, "serialized_exported_program.json")) {
            return true;
        }
    }
    return false;
}

static bool is_native(struct sr_bytes name)
{
    static const char *const SUFFIXES[] = {".so", ".dll", ".dylib", ".pyd",   ".o",
                                           ".a",  ".cpp", ".cubin", ".hsaco", ".ptx"};
    for (size_t i = 0; i < sizeof SUFFIXES / sizeof SUFFIXES[0]; i++) {
        if (has_suffix(name, SUFFIXES[i])) {
            return true;
        }
    }
    return false;
}

static void inspect(struct sr_inspection *in, struct sr_archive *archive)
{
    const struct sr_zip *zip = sr_archive_zip(archive);
    char quoted[SR_EVIDENCE_BYTES];
    sr_inspection_find(in, SR_RULE_TORCH_EXPORT, 0, 0, "%zu members", sr_zip_count(zip));
    for (size_t i = 0; i < sr_zip_count(zip); i++) {
        const struct sr_zip_member *member = sr_zip_at(zip, i);
        if (is_native(member->name)) {
            sr_inspection_find(in, SR_RULE_TORCH_NATIVE, member->data_offset, member->packed_bytes,
                               "'%s'", sr_inspection_quote(member->name, quoted));
        }
        (void)sr_archive_look(in, archive, i, NULL);
    }
}

static const char *const EXTENSIONS[] = {".pt2", NULL};
const struct sr_archive_kind sr_archive_kind_torch_export = {
    .name = "pytorch-export",
    .title = "PyTorch export",
    .extensions = EXTENSIONS,
    .matches = matches,
    .inspect = inspect,
};
