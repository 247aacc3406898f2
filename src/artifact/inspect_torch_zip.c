/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What torch.save() writes since 1.6: a zip file with one folder, in it a pickle (data.pkl) and a
 * member for each storage; with code/ and constants.pkl beside them it is a TorchScript program.
 * source  docs/formats/pytorch.md (rules PT-n)
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "artifact/archive.h"
#include "artifact/torch_stream.h"
#include "base/text.h"

/* Members that hold a few characters; what is longer is not looked at. */
#define TEXT_BYTES_MAX 64

/* What a member is, by its name. */
enum part {
    PART_PICKLE,  /* data.pkl, constants.pkl */
    PART_TEXT,    /* version, byteorder... */
    PART_STORAGE, /* data/0 */
    PART_CODE,    /* code/ */
    PART_NATIVE,  /* compiled */
    PART_OTHER
};

struct torch_zip {
    struct sr_inspection *in;
    struct sr_archive *archive;
    const struct sr_zip *zip;
    struct sr_bytes folder; /* "archive/"; of the first member */
    bool is_big_endian;
    bool *claimed; /* for each member: it has been looked at */
    /* Of the pickle that is being looked at. */
    struct sr_torch_stream *stream;
};

/* Names are compared as PyTorch's reader does: without regard to case. */
static bool ends_with(struct sr_bytes name, const char *suffix)
{
    size_t len = strlen(suffix);
    return name.len >= len &&
           strncasecmp((const char *)name.ptr + name.len - len, suffix, len) == 0;
}

static bool is(struct sr_bytes name, const char *text)
{
    return sr_text_equal(name, sr_text_view(text));
}

/* The name up to and with its first slash; empty when it has none. */
static struct sr_bytes folder_of(struct sr_bytes name)
{
    const uint8_t *slash = name.len > 0 ? memchr(name.ptr, '/', name.len) : NULL;
    return sr_bytes(name.ptr, slash != NULL ? (size_t)(slash - name.ptr) + 1 : 0);
}

/* The name without its folder. */
static struct sr_bytes rest_of(struct sr_bytes name)
{
    size_t folder = folder_of(name).len;
    return sr_bytes(name.ptr + folder, name.len - folder);
}

static bool matches(const struct sr_zip *zip, struct sr_bytes name)
{
    (void)name;
    for (size_t i = 0; i < sr_zip_count(zip); i++) {
        struct sr_bytes member = sr_zip_at(zip, i)->name;
        if (ends_with(member, "/data.pkl") || (ends_with(member, "data.pkl") && member.len == 8)) {
            return true;
        }
    }
    return false;
}

static bool is_native(struct sr_bytes name)
{
    static const char *const SUFFIXES[] = {".so", ".dll",   ".dylib", ".pyd",  ".o",
                                           ".a",  ".cubin", ".ptx",   ".hsaco"};
    for (size_t i = 0; i < sizeof SUFFIXES / sizeof SUFFIXES[0]; i++) {
        if (ends_with(name, SUFFIXES[i])) {
            return true;
        }
    }
    return false;
}

/* PT-3 */
static enum part part_of(struct sr_bytes name)
{
    static const char *const TEXTS[] = {"version", "byteorder", ".format_version",
                                        ".storage_alignment", ".data/serialization_id"};
    struct sr_bytes rest = rest_of(name);
    if (is(rest, "data.pkl") || is(rest, "constants.pkl")) {
        return PART_PICKLE;
    }
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        if (is(rest, TEXTS[i])) {
            return PART_TEXT;
        }
    }
    if (is_native(rest)) {
        return PART_NATIVE;
    }
    if (sr_text_begins(rest, "data/") || sr_text_begins(rest, "constants/")) {
        return PART_STORAGE;
    }
    return sr_text_begins(rest, "code/") ? PART_CODE : PART_OTHER;
}

static void claim(struct torch_zip *t, size_t index)
{
    t->claimed[index] = true;
    sr_archive_claim(t->archive, index);
}

static void look(struct torch_zip *t, size_t index)
{
    t->claimed[index] = true;
    (void)sr_archive_look(t->in, t->archive, index, NULL);
}

static void inspect_pickle(void *ctx, struct sr_inspection *in, const struct sr_subject *blob)
{
    struct torch_zip *t = ctx;
    struct sr_pickle_result result;
    (void)in;
    sr_torch_stream_run(t->stream, blob->bytes, 0, &result);
}

/* PT-6: the storages that a pickle names are members of that size, and hand out their bytes. */
static void find_storage(struct torch_zip *t, const char *below, struct sr_torch_storage *storage)
{
    char quoted[SR_EVIDENCE_BYTES];
    char name[SR_MEMBER_BYTES];
    size_t at = t->folder.len;
    size_t below_len = strlen(below);
    size_t index = 0;
    (void)sr_inspection_quote(storage->key, quoted);
    if (at + below_len + storage->key.len > sizeof name) {
        sr_inspection_find(t->in, SR_RULE_TORCH_STORAGE, 0, 0, "no member '%s%s'", below, quoted);
        return;
    }
    memcpy(name, t->folder.ptr, at);
    memcpy(name + at, below, below_len);
    memcpy(name + at + below_len, storage->key.ptr, storage->key.len);
    if (!sr_zip_find(t->zip, sr_bytes(name, at + below_len + storage->key.len), &index)) {
        sr_inspection_find(t->in, SR_RULE_TORCH_STORAGE, 0, 0, "no member '%s%s'", below, quoted);
        return;
    }
    const struct sr_zip_member *member = sr_zip_at(t->zip, index);
    if (member->bytes != storage->bytes) {
        sr_inspection_find(
            t->in, member->bytes < storage->bytes ? SR_RULE_TORCH_BOUNDS : SR_RULE_TORCH_STORAGE,
            member->data_offset, member->packed_bytes,
            "'%s%s' has %" PRIu64 " bytes, the pickle says %" PRIu64, below, quoted, member->bytes,
            storage->bytes);
    }
    struct sr_bytes bytes;
    if (!t->claimed[index]) {
        claim(t, index);
    }
    if (sr_inspection_wants_tensors(t->in) && sr_archive_bytes(t->in, t->archive, index, &bytes)) {
        sr_inspection_storage_bytes(t->in, storage->number, bytes);
    }
}

static void look_at_pickle(struct torch_zip *t, size_t index)
{
    const struct sr_zip_member *member = sr_zip_at(t->zip, index);
    struct sr_bytes bytes;
    SR_AUTO(sr_torch_stream) stream = NULL;
    if (!sr_archive_bytes(t->in, t->archive, index, &bytes)) {
        return;
    }
    enum sr_status status = sr_torch_stream_new(t->in, t->is_big_endian, &stream);
    if (status != SR_OK) {
        sr_inspection_fail(t->in, status, member->data_offset, NULL);
        return;
    }
    t->stream = stream;
    (void)sr_inspection_part(t->in, member->name, bytes, inspect_pickle, t);
    t->stream = NULL;
    claim(t, index);
    const char *below = is(rest_of(member->name), "constants.pkl") ? "constants/" : "data/";
    for (size_t i = 0; i < sr_torch_stream_count(stream); i++) {
        find_storage(t, below, sr_torch_stream_at(stream, i));
    }
}

/* PT-4: digits only, a number of min to max, and for the version perhaps a newline. */
static bool is_number(struct sr_bytes text, uint64_t min, uint64_t max)
{
    uint64_t value = 0;
    return sr_text_parse_u64(text, min, max, &value) == SR_OK;
}

static bool is_digits(struct sr_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
    }
    return text.len > 0;
}

static bool is_good_text(struct torch_zip *t, struct sr_bytes rest, struct sr_bytes text)
{
    if (is(rest, "version")) {
        size_t len = text.len > 0 && text.ptr[text.len - 1] == '\n' ? text.len - 1 : text.len;
        return is_number(sr_bytes(text.ptr, len), 1, 10);
    }
    if (is(rest, "byteorder")) {
        t->is_big_endian = is(text, "big");
        return is(text, "big") || is(text, "little");
    }
    if (is(rest, ".format_version")) {
        return is(text, "1");
    }
    if (is(rest, ".storage_alignment")) {
        return is_number(text, 1, (uint64_t)1 << 30);
    }
    return is_digits(text) && text.len <= TEXT_BYTES_MAX;
}

static void look_at_text(struct torch_zip *t, size_t index)
{
    const struct sr_zip_member *member = sr_zip_at(t->zip, index);
    char quoted_name[SR_EVIDENCE_BYTES];
    char quoted[SR_EVIDENCE_BYTES];
    struct sr_bytes text;
    if (member->bytes > TEXT_BYTES_MAX) {
        look(t, index);
        sr_inspection_find(t->in, SR_RULE_MALFORMED, member->data_offset, member->packed_bytes,
                           "'%.100s' has %" PRIu64 " bytes",
                           sr_inspection_quote(member->name, quoted_name), member->bytes);
        return;
    }
    if (!sr_archive_bytes(t->in, t->archive, index, &text)) {
        return;
    }
    if (!is_good_text(t, rest_of(member->name), text)) {
        sr_inspection_find(t->in, SR_RULE_MALFORMED, member->data_offset, member->packed_bytes,
                           "'%.100s' is '%.100s'", sr_inspection_quote(member->name, quoted_name),
                           sr_inspection_quote(text, quoted));
    }
    claim(t, index);
}

/* PT-10 */
static void look_at_script(struct torch_zip *t)
{
    char quoted[SR_EVIDENCE_BYTES];
    const struct sr_zip_member *first = NULL;
    size_t sources = 0;
    for (size_t i = 0; i < sr_zip_count(t->zip); i++) {
        const struct sr_zip_member *member = sr_zip_at(t->zip, i);
        bool is_code = part_of(member->name) == PART_CODE;
        if (is_code || is(rest_of(member->name), "constants.pkl")) {
            first = first == NULL || (sources == 0 && is_code) ? member : first;
            sources += is_code ? 1 : 0;
        }
    }
    if (first != NULL) {
        sr_inspection_find(t->in, SR_RULE_TORCH_SCRIPT, first->data_offset, first->packed_bytes,
                           "%zu members of code, '%.200s'", sources,
                           sr_inspection_quote(first->name, quoted));
    }
}

/* PT-3 */
static void report_member(struct torch_zip *t, size_t index)
{
    const struct sr_zip_member *member = sr_zip_at(t->zip, index);
    char quoted[SR_EVIDENCE_BYTES];
    sr_inspection_find(t->in, SR_RULE_TORCH_MEMBER, member->data_offset, member->packed_bytes,
                       "'%s'", sr_inspection_quote(member->name, quoted));
}

/* What is no pickle and no text, once the pickles have said which storages there are. */
static void look_at_rest(struct torch_zip *t, size_t index)
{
    const struct sr_zip_member *member = sr_zip_at(t->zip, index);
    char quoted[SR_EVIDENCE_BYTES];
    switch (part_of(member->name)) {
    case PART_CODE:
        claim(t, index);
        break;
    case PART_NATIVE:
        sr_inspection_find(t->in, SR_RULE_TORCH_NATIVE, member->data_offset, member->packed_bytes,
                           "'%s'", sr_inspection_quote(member->name, quoted));
        look(t, index);
        break;
    case PART_STORAGE:
        sr_inspection_find(t->in, SR_RULE_TORCH_STORAGE, member->data_offset, member->packed_bytes,
                           "no tensor is in '%.200s'", sr_inspection_quote(member->name, quoted));
        look(t, index);
        break;
    case PART_PICKLE:
    case PART_TEXT:
    case PART_OTHER:
        report_member(t, index);
        look(t, index);
        break;
    }
}

/* PT-1, PT-2: one folder around all members, which are stored, but for code. */
static void check_member(struct torch_zip *t, const struct sr_zip_member *member)
{
    char quoted[SR_EVIDENCE_BYTES];
    struct sr_bytes folder = folder_of(member->name);
    if (folder.len == 0 || !sr_text_equal(folder, t->folder)) {
        sr_inspection_find(t->in, SR_RULE_MALFORMED, member->header_offset, 0,
                           "'%.200s' is not in the one folder",
                           sr_inspection_quote(member->name, quoted));
    }
    if (member->method != SR_ZIP_STORED && part_of(member->name) != PART_CODE) {
        sr_inspection_find(t->in, SR_RULE_MALFORMED, member->header_offset, 0,
                           "'%.200s' is compressed", sr_inspection_quote(member->name, quoted));
    }
}

static void look_at_parts(struct torch_zip *t, enum part part,
                          void (*look_at)(struct torch_zip *t, size_t index))
{
    for (size_t i = 0; i < sr_zip_count(t->zip); i++) {
        if (part_of(sr_zip_at(t->zip, i)->name) == part && !t->claimed[i]) {
            look_at(t, i);
        }
    }
}

/* Whatever a lenient reader might take for a pickle is one. */
static void look_at_strays(struct torch_zip *t)
{
    for (size_t i = 0; i < sr_zip_count(t->zip); i++) {
        struct sr_bytes name = sr_zip_at(t->zip, i)->name;
        bool is_stray = ends_with(name, ".pkl") || ends_with(name, ".debug_pkl");
        if (is_stray && !t->claimed[i]) {
            report_member(t, i);
            look_at_pickle(t, i);
        }
    }
}

/* PT-5 */
static void check_present(struct torch_zip *t, const char *rest)
{
    for (size_t i = 0; i < sr_zip_count(t->zip); i++) {
        if (is(rest_of(sr_zip_at(t->zip, i)->name), rest)) {
            return;
        }
    }
    sr_inspection_find(t->in, SR_RULE_MALFORMED, 0, 0, "there is no member '%s'", rest);
}

static void inspect(struct sr_inspection *in, struct sr_archive *archive)
{
    struct torch_zip t = {.in = in, .archive = archive, .zip = sr_archive_zip(archive)};
    size_t count = sr_zip_count(t.zip);
    t.claimed = calloc(count + 1, sizeof *t.claimed);
    if (t.claimed == NULL) {
        sr_inspection_fail(in, SR_NO_MEMORY, 0, NULL);
        return;
    }
    t.folder = count > 0 ? folder_of(sr_zip_at(t.zip, 0)->name) : sr_bytes(NULL, 0);
    check_present(&t, "data.pkl");
    check_present(&t, "version");
    look_at_parts(&t, PART_TEXT, look_at_text);
    look_at_parts(&t, PART_PICKLE, look_at_pickle);
    look_at_script(&t);
    look_at_strays(&t);
    for (size_t i = 0; i < count; i++) {
        check_member(&t, sr_zip_at(t.zip, i));
        if (!t.claimed[i]) {
            look_at_rest(&t, i);
        }
    }
    free(t.claimed);
}

static const char *const EXTENSIONS[] = {".pt", ".pth", ".bin", ".ckpt", NULL};
const struct sr_archive_kind sr_archive_kind_torch_zip = {
    .name = "pytorch-zip",
    .title = "PyTorch",
    .extensions = EXTENSIONS,
    .matches = matches,
    .inspect = inspect,
};
