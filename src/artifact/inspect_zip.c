/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "artifact/archive.h"
#include "artifact/member_name.h"
#include "base/limits.h"
#include "formats/crc32.h"
#include "formats/tar.h"
#include "formats/unpack.h"
#include "formats/zip_salvage.h"

#define KIND(name) extern const struct sr_archive_kind sr_archive_kind_##name;
#include "artifact/archive_kinds.def"
#undef KIND

static const struct sr_archive_kind *const KINDS[] = {
#define KIND(name) &sr_archive_kind_##name,
#include "artifact/archive_kinds.def"
#undef KIND
    NULL,
};

struct state {
    struct sr_unpacked *unpacked; /* of a deflated member, while it is wanted */
    bool is_checked;              /* its checksum */
    bool is_seen;                 /* somebody looked at it */
};

struct sr_archive {
    const struct sr_zip *zip;
    const struct sr_subject *blob;
    struct state *states; /* one for each member */
};

const struct sr_zip *sr_archive_zip(const struct sr_archive *a)
{
    return a->zip;
}

/* Unpack a deflated member. What comes out of a broken one is looked at all the same. */
static bool unpack(struct sr_inspection *in, struct sr_archive *a, size_t index)
{
    const struct sr_zip_member *m = sr_zip_at(a->zip, index);
    struct state *state = &a->states[index];
    struct sr_err err = {0};
    if (state->unpacked != NULL) {
        return true;
    }
    struct sr_bytes packed = sr_bytes(a->blob->bytes.ptr + m->data_offset, (size_t)m->packed_bytes);
    if (!sr_inspection_unpack(in, m->packed_bytes, m->bytes)) {
        return false;
    }
    enum sr_status status = sr_unpack(SR_PACKING_DEFLATE, packed, m->bytes, &state->unpacked);
    if (status != SR_OK) {
        sr_inspection_fail(in, status, m->data_offset, NULL);
        return false;
    }
    uint64_t used = sr_unpacked_used(state->unpacked);
    size_t len = sr_unpacked_view(state->unpacked).len;
    status = sr_unpacked_end(state->unpacked, &err);
    if (status == SR_OK && (used != m->packed_bytes || len != m->bytes)) { /* Z-16 */
        status = sr_fail(&err, SR_MALFORMED,
                         "deflate stream: %llu bytes unpack to %zu, not %llu to %llu",
                         (unsigned long long)used, len, (unsigned long long)m->packed_bytes,
                         (unsigned long long)m->bytes);
    }
    if (status != SR_OK) {
        sr_inspection_fail(in, status == SR_TOO_LARGE ? SR_MALFORMED : status, m->data_offset,
                           &err);
    }
    return true;
}

/* Z-17. Some loaders do not check it (PyTorch's), so what is wrong is looked at all the same. */
static void check_sum(struct sr_inspection *in, struct sr_archive *a, size_t index,
                      struct sr_bytes content)
{
    const struct sr_zip_member *m = sr_zip_at(a->zip, index);
    char quoted[SR_EVIDENCE_BYTES];
    if (a->states[index].is_checked) {
        return;
    }
    a->states[index].is_checked = true;
    uint32_t crc32 = sr_crc32(0, content);
    if (crc32 != m->crc32) {
        sr_inspection_find(in, SR_RULE_ARCHIVE_CHECKSUM, m->data_offset, m->packed_bytes,
                           "crc-32 is %08x, not %08x, of '%s'", (unsigned)crc32, (unsigned)m->crc32,
                           sr_inspection_quote(m->name, quoted));
    }
}

bool sr_archive_bytes(struct sr_inspection *in, struct sr_archive *a, size_t index,
                      struct sr_bytes *out)
{
    const struct sr_zip_member *m = sr_zip_at(a->zip, index);
    struct sr_bytes content =
        sr_bytes(a->blob->bytes.ptr + m->data_offset, (size_t)m->packed_bytes);
    if (m->method == SR_ZIP_DEFLATED) {
        if (!unpack(in, a, index)) {
            return false;
        }
        content = sr_unpacked_view(a->states[index].unpacked);
    }
    check_sum(in, a, index, content);
    *out = content;
    return true;
}

void sr_archive_claim(struct sr_archive *a, size_t index)
{
    a->states[index].is_seen = true;
}

static void let_go(struct sr_archive *a, size_t index)
{
    sr_unpacked_free(SR_TAKE(a->states[index].unpacked));
}

enum sr_verdict sr_archive_look(struct sr_inspection *in, struct sr_archive *a, size_t index,
                                const struct sr_format *format)
{
    struct sr_bytes content = {0};
    bool is_kept = a->states[index].unpacked != NULL;
    sr_archive_claim(a, index);
    if (!sr_archive_bytes(in, a, index, &content)) {
        return SR_VERDICT_UNPARSABLE;
    }
    enum sr_verdict verdict =
        sr_inspection_member(in, sr_zip_at(a->zip, index)->name, content, format);
    if (!is_kept) {
        let_go(a, index);
    }
    return verdict;
}

static bool is_folder(const struct sr_zip_member *m)
{
    return m->name.ptr[m->name.len - 1] == '/';
}

static void inspect_plain(struct sr_inspection *in, struct sr_archive *a)
{
    for (size_t i = 0; i < sr_zip_count(a->zip); i++) {
        if (is_folder(sr_zip_at(a->zip, i))) {
            sr_archive_claim(a, i);
        } else {
            (void)sr_archive_look(in, a, i, NULL);
        }
    }
}

static bool has_kind_extension(const struct sr_archive_kind *kind, struct sr_bytes name)
{
    const struct sr_format named = {.extensions = kind->extensions};
    return sr_format_has_extension(&named, name);
}

/* Say so when the name promises a kind of archive that this is not. */
static void check_kind_name(struct sr_inspection *in, const struct sr_archive_kind *kind,
                            struct sr_bytes name)
{
    if (kind != NULL && has_kind_extension(kind, name)) {
        return;
    }
    for (const struct sr_archive_kind *const *k = KINDS; *k != NULL; k++) {
        if (has_kind_extension(*k, name)) {
            sr_inspection_find(in, SR_RULE_MISNAMED, 0, 0, "named as %s, is %s", (*k)->title,
                               kind != NULL ? kind->title : "a zip file of something else");
            return;
        }
    }
}

static const struct sr_archive_kind *find_kind(const struct sr_archive *a)
{
    for (const struct sr_archive_kind *const *k = KINDS; *k != NULL; k++) {
        if ((*k)->matches(a->zip, a->blob->name)) {
            return *k;
        }
    }
    return NULL;
}

static struct sr_bytes name_at(const void *ctx, size_t index)
{
    const struct sr_zip *zip = ctx;
    return sr_zip_at(zip, index)->name;
}

/* Z-18, Z-19: names and types, whoever looks at the content. */
static void check_members(struct sr_inspection *in, const struct sr_zip *zip)
{
    struct sr_member_names names = {.count = sr_zip_count(zip), .at = name_at, .ctx = zip};
    for (size_t i = 0; i < sr_zip_count(zip); i++) {
        const struct sr_zip_member *m = sr_zip_at(zip, i);
        uint32_t type = (m->attributes >> 16) & S_IFMT;
        char quoted[SR_EVIDENCE_BYTES];
        sr_member_name_check(in, m->name, m->header_offset);
        if (type != 0 && type != S_IFREG && type != S_IFDIR) {
            sr_inspection_find(in, SR_RULE_ARCHIVE_LINK, m->header_offset, 0,
                               "'%s' has the Unix type 0%o", sr_inspection_quote(m->name, quoted),
                               (unsigned)type);
        }
    }
    sr_member_name_check_folded(in, &names);
}

/* Nothing may be left that nobody looked at, or whose checksum nobody checked. */
static void check_all_seen(struct sr_inspection *in, struct sr_archive *a)
{
    for (size_t i = 0; i < sr_zip_count(a->zip); i++) {
        const struct sr_zip_member *m = sr_zip_at(a->zip, i);
        struct sr_bytes content = {0};
        char quoted[SR_EVIDENCE_BYTES];
        if (!a->states[i].is_seen) {
            sr_inspection_find(in, SR_RULE_ARCHIVE_MEMBER_UNKNOWN, m->data_offset, m->packed_bytes,
                               "'%s'", sr_inspection_quote(m->name, quoted));
            (void)sr_archive_look(in, a, i, NULL);
        }
        if (!a->states[i].is_checked && sr_archive_bytes(in, a, i, &content)) {
            let_go(a, i);
        }
    }
}

static void inspect_members(struct sr_inspection *in, struct sr_archive *a)
{
    const struct sr_archive_kind *kind = find_kind(a);
    check_members(in, a->zip);
    check_kind_name(in, kind, a->blob->name);
    if (kind != NULL) {
        sr_inspection_called(in, kind->name);
        kind->inspect(in, a);
    } else {
        inspect_plain(in, a);
    }
    check_all_seen(in, a);
    for (size_t i = 0; i < sr_zip_count(a->zip); i++) {
        let_go(a, i);
    }
}

/*
 * LZMA as zip has it: a version, a length and 5 bytes of properties in front of the stream, and no
 * length of what is in it. source  APPNOTE.TXT, section 5.8.8
 */
#define ZIP_LZMA_HEAD 9
#define LZMA_ALONE_HEAD 13

/* Unpack a scrap that is not stored; NULL when there is no memory. */
static struct sr_unpacked *unpack_scrap(const struct sr_zip_scrap *scrap, uint64_t bytes_max)
{
    struct sr_unpacked *unpacked = NULL;
    enum sr_packing packing = scrap->method == SR_ZIP_BZIP2 ? SR_PACKING_BZIP2 : SR_PACKING_DEFLATE;
    struct sr_bytes packed = scrap->packed;
    uint8_t *copy = NULL;
    if (scrap->method == SR_ZIP_LZMA && packed.len > ZIP_LZMA_HEAD) {
        size_t len = packed.len - ZIP_LZMA_HEAD;
        copy = malloc(len + LZMA_ALONE_HEAD);
        if (copy == NULL) {
            return NULL;
        }
        memcpy(copy, packed.ptr + ZIP_LZMA_HEAD - 5, 5);
        memset(copy + 5, 0xff, 8); /* the length: not known */
        memcpy(copy + LZMA_ALONE_HEAD, packed.ptr + ZIP_LZMA_HEAD, len);
        packed = sr_bytes(copy, len + LZMA_ALONE_HEAD);
        packing = SR_PACKING_LZMA;
    }
    enum sr_status status = sr_unpack(packing, packed, bytes_max, &unpacked);
    free(copy);
    return status == SR_OK ? unpacked : NULL;
}

/* Look at a scrap as a lenient loader would: unpack as far as it goes, and see what it is. */
static void inspect_scrap(struct sr_inspection *in, const struct sr_zip_scrap *scrap)
{
    struct sr_bytes content = scrap->packed;
    SR_AUTO(sr_unpacked) unpacked = NULL;
    if (scrap->method != SR_ZIP_STORED) {
        unpacked = unpack_scrap(scrap, sr_inspection_unpack_max(in, scrap->packed.len));
        if (unpacked == NULL) {
            sr_inspection_fail(in, SR_NO_MEMORY, scrap->offset, NULL);
            return;
        }
        content = sr_unpacked_view(unpacked);
    }
    if (content.len > 0 && sr_inspection_unpack(in, content.len, content.len)) {
        (void)sr_inspection_member(in, scrap->name, content, NULL);
    }
}

/* The file is refused already. What a loader would still run has to be told. */
static void salvage(struct sr_inspection *in, const struct sr_subject *blob)
{
    struct sr_zip_salvage s = sr_zip_salvage(blob->bytes);
    struct sr_zip_scrap scrap = {0};
    for (unsigned i = 0; sr_zip_salvage_next(&s, &scrap); i++) {
        if (i == SR_LIMIT_INSPECT_MEMBERS || sr_inspection_unpack_max(in, 1) == 0) {
            sr_inspection_fail(in, SR_TOO_LARGE, scrap.offset, NULL);
            return;
        }
        sr_member_name_check(in, scrap.name, scrap.offset);
        inspect_scrap(in, &scrap);
    }
}

static void report_failure(struct sr_inspection *in, enum sr_status status,
                           const struct sr_err *err)
{
    if (status == SR_UNSUPPORTED) {
        sr_inspection_find(in, SR_RULE_ARCHIVE_UNSUPPORTED, 0, 0, "%s", err->message);
    } else {
        sr_inspection_fail(in, status, 0, err);
    }
}

static void inspect(struct sr_inspection *in, const struct sr_subject *blob)
{
    SR_AUTO(sr_zip) zip = NULL;
    struct sr_err err = {0};
    enum sr_status status = sr_zip_decode(blob->bytes, &zip, &err);
    if (status != SR_OK) {
        report_failure(in, status, &err);
        salvage(in, blob);
        return;
    }
    /* The decoder has seen that entries and directory tile the file. */
    sr_inspection_cover(in, 0, blob->bytes.len);
    struct sr_archive a = {.zip = zip, .blob = blob};
    a.states = calloc(sr_zip_count(zip) + 1, sizeof *a.states);
    if (a.states == NULL) {
        sr_inspection_fail(in, SR_NO_MEMORY, 0, NULL);
        return;
    }
    inspect_members(in, &a);
    free(a.states);
}

static enum sr_match match(const struct sr_subject *blob)
{
    /* The last member of a tar file may well be a zip file, as in NeMo's models; readers of zip
     * would take both for it. It is looked at as a member. */
    bool is_last = sr_tar_is_likely(blob->bytes);
    return sr_zip_is_likely(blob->bytes, is_last) ? SR_MATCH_BYTES : SR_MATCH_NO;
}

/* Those of all kinds of archive as well: a loader of any of them takes a zip file. */
static const char *const EXTENSIONS[] = {
    ".zip", ".npz", ".pt",    ".pth",   ".ckpt",  ".bin",           ".ptl",
    ".pt2", ".mar", ".torch", ".keras", ".skops", ".mlpackage.zip", NULL};
const struct sr_format sr_format_zip = {
    .name = "zip",
    .title = "a zip file",
    .extensions = EXTENSIONS,
    .match = match,
    .inspect = inspect,
};
