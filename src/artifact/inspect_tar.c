/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "artifact/format.h"
#include "artifact/member_name.h"
#include "artifact/torch.h"
#include "base/limits.h"
#include "base/text.h"
#include "formats/tar.h"

/* The names of the members, kept to compare them; docs/formats/tar.md (rules TR-n). */
struct names {
    struct sr_bytes *list;
    uint8_t **texts;
    size_t count;
};

static void names_clear(struct names *n)
{
    for (size_t i = 0; i < n->count; i++) {
        free(n->texts[i]);
    }
    free(n->list);
    free(n->texts);
}

static bool names_add(struct names *n, struct sr_bytes name)
{
    if ((n->count & (n->count - 1)) == 0) { /* at powers of two, make room for as many more */
        size_t capacity = n->count == 0 ? 1 : n->count * 2;
        struct sr_bytes *list = reallocarray(n->list, capacity, sizeof *list);
        n->list = list != NULL ? list : n->list;
        uint8_t **texts = reallocarray(n->texts, capacity, sizeof *texts);
        n->texts = texts != NULL ? texts : n->texts;
        if (list == NULL || texts == NULL) {
            return false;
        }
    }
    uint8_t *text = malloc(name.len + 1);
    if (text == NULL) {
        return false;
    }
    if (name.len > 0) {
        memcpy(text, name.ptr, name.len);
    }
    n->texts[n->count] = text;
    n->list[n->count++] = sr_bytes(text, name.len);
    return true;
}

static struct sr_bytes name_at(const void *ctx, size_t index)
{
    const struct names *n = ctx;
    return n->list[index];
}

/* tar puts "./" in front of what it was told to pack as "."; it changes nothing. */
static struct sr_bytes without_dot(struct sr_bytes name)
{
    while (name.len >= 2 && memcmp(name.ptr, "./", 2) == 0) {
        name = sr_bytes(name.ptr + 2, name.len - 2);
    }
    return name;
}

static void inspect_member(struct sr_inspection *in, const struct sr_tar_member *m,
                           struct sr_bytes name)
{
    char quoted[SR_EVIDENCE_BYTES];
    bool is_root = m->type == SR_TAR_FOLDER && name.len == 0;
    if (!is_root) {
        sr_member_name_check(in, name, m->header_offset);
    }
    if (m->type == SR_TAR_LINK || m->type == SR_TAR_DEVICE) { /* TR-8 */
        sr_inspection_find(in, SR_RULE_ARCHIVE_LINK, m->header_offset, 0, "type '%c': '%s'",
                           m->type_letter, sr_inspection_quote(name, quoted));
        return;
    }
    if (m->fault != NULL) {
        sr_inspection_find(in, SR_RULE_MALFORMED, m->header_offset, 0, "member '%s': %s",
                           sr_inspection_quote(name, quoted), m->fault);
    }
    if (m->type != SR_TAR_FOLDER || m->content.len > 0) {
        (void)sr_inspection_member(in, name, m->content, NULL);
    }
}

static void check_names(struct sr_inspection *in, const struct names *n)
{
    struct sr_member_names names = {.count = n->count, .at = name_at, .ctx = n};
    sr_member_name_check_folded(in, &names);
    if (sr_torch_tar_is(n->list, n->count)) {
        sr_inspection_find(in, SR_RULE_TORCH_TAR, 0, 0, "%zu members", n->count);
    }
}

static void inspect(struct sr_inspection *in, const struct sr_subject *blob)
{
    SR_CLEANUP(names_clear) struct names names = {0};
    struct sr_tar tar = sr_tar(blob->bytes);
    struct sr_tar_member m = {0};
    struct sr_err err = {0};
    bool found = true;
    while (names.count < SR_LIMIT_INSPECT_MEMBERS) {
        size_t at = tar.at;
        enum sr_status status = sr_tar_next(&tar, &found, &m, &err);
        if (status != SR_OK) {
            sr_inspection_fail(in, status, at, &err);
            break;
        }
        sr_inspection_cover(in, at, tar.at - at);
        if (!found) {
            break;
        }
        struct sr_bytes name = without_dot(m.name);
        if (!names_add(&names, name)) {
            sr_inspection_fail(in, SR_NO_MEMORY, at, NULL);
            return;
        }
        inspect_member(in, &m, name);
    }
    if (names.count == SR_LIMIT_INSPECT_MEMBERS) {
        sr_inspection_fail(in, SR_TOO_LARGE, tar.at, NULL);
    }
    check_names(in, &names);
}

static enum sr_match match(const struct sr_subject *blob)
{
    return sr_tar_is_likely(blob->bytes) ? SR_MATCH_BYTES : SR_MATCH_NO;
}

static const char *const EXTENSIONS[] = {".tar", ".nemo", NULL};
const struct sr_format sr_format_tar = {
    .name = "tar",
    .title = "a tar file",
    .extensions = EXTENSIONS,
    .match = match,
    .inspect = inspect,
};
