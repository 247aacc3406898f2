/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/inspection.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "artifact/across.h"
#include "artifact/coverage.h"
#include "artifact/format.h"
#include "artifact/pickle.h"
#include "base/limits.h"
#include "base/text.h"
#include "formats/nameset.h"

/* What may be unpacked whatever its ratio. */
#define UNPACKED_FREE_BYTES ((uint64_t)1 << 20)
/* Globals of one file's inventory. */
#define GLOBALS_MAX 4096
#define GLOBAL_BYTES 256
/* Between the pieces of data that another file takes: writers align them, at most to this. */
#define DATA_GAP_BYTES_MAX ((uint64_t)64 << 10)

/* A blob that is being looked at. */
struct level {
    struct sr_subject blob;
    struct sr_coverage *coverage;
    enum sr_verdict verdict;
    size_t member_len; /* of the path of its container */
    const char *kind;  /* of its format, if it has one */
};

struct sr_inspection {
    enum sr_profile profile;
    struct sr_inspection_events events;
    struct level levels[SR_INSPECTION_DEPTH_MAX];
    unsigned depth; /* levels in use */
    char member[SR_MEMBER_BYTES];
    size_t member_len;
    uint64_t unpacked;
    struct sr_across *across;
    uint32_t file;               /* the one that is being looked at, or that a late finding is of */
    enum sr_verdict end_verdict; /* of sr_inspection_end() */
    unsigned findings[SR_RULE_COUNT];
    unsigned facts;
    struct sr_nameset *globals;
    char **global_texts;
    size_t global_count;
    size_t tensor_count;
    size_t storage_count;
};

const char *sr_profile_name(enum sr_profile profile)
{
    static const char *const NAMES[] = {"tensors", "sklearn"};
    assert((unsigned)profile < SR_PROFILE_COUNT);
    return NAMES[profile];
}

enum sr_status sr_inspection_new(enum sr_profile profile, const struct sr_inspection_events *events,
                                 struct sr_inspection **out)
{
    SR_AUTO(sr_inspection) in = calloc(1, sizeof *in);
    if (in == NULL) {
        return SR_NO_MEMORY;
    }
    SR_TRY(sr_across_new(&in->across));
    in->profile = profile;
    in->events = *events;
    *out = SR_TAKE(in);
    return SR_OK;
}

static void forget_globals(struct sr_inspection *in)
{
    sr_nameset_free(SR_TAKE(in->globals));
    for (size_t i = 0; i < in->global_count; i++) {
        free(in->global_texts[i]);
    }
    free(SR_TAKE(in->global_texts));
    in->global_count = 0;
}

void sr_inspection_free(struct sr_inspection *in)
{
    if (in != NULL) {
        forget_globals(in);
        sr_across_free(in->across);
        free(in);
    }
}

enum sr_profile sr_inspection_profile(const struct sr_inspection *in)
{
    return in->profile;
}

static struct level *top(struct sr_inspection *in)
{
    assert(in->depth > 0);
    return &in->levels[in->depth - 1];
}

const char *sr_inspection_quote(struct sr_bytes text, char out[SR_EVIDENCE_BYTES])
{
    static const char HEX[] = "0123456789abcdef";
    size_t at = 0;
    size_t i = 0;
    for (; i < text.len && at < SR_EVIDENCE_BYTES - 8; i++) {
        uint8_t c = text.ptr[i];
        if (c >= 0x20 && c < 0x7f && c != '\\') {
            out[at++] = (char)c;
        } else if (c == '\\') {
            out[at++] = '\\';
            out[at++] = '\\';
        } else {
            out[at++] = '\\';
            out[at++] = 'x';
            out[at++] = HEX[c >> 4];
            out[at++] = HEX[c & 15];
        }
    }
    if (i < text.len) {
        out[at++] = '.';
        out[at++] = '.';
        out[at++] = '.';
    }
    out[at] = '\0';
    return out;
}

/* Everything that leaves is plain ASCII, whatever a parser put into its evidence. */
static void make_plain(char *text)
{
    for (; *text != '\0'; text++) {
        if (*text < 0x20 || *text > 0x7e) {
            *text = '?';
        }
    }
}

static void emit(struct sr_inspection *in, enum sr_rule rule, uint64_t offset, uint64_t length,
                 char *evidence)
{
    make_plain(evidence);
    struct sr_finding finding = {.rule = rule,
                                 .file = in->file,
                                 .offset = offset,
                                 .length = length,
                                 .member = in->member,
                                 .evidence = evidence};
    in->events.finding(in->events.ctx, &finding);
}

static void worsen(struct sr_inspection *in, enum sr_verdict verdict)
{
    enum sr_verdict *now = in->depth > 0 ? &top(in)->verdict : &in->end_verdict;
    *now = sr_verdict_worst(*now, verdict);
}

/* Count a finding; false when the report has enough of its kind. The verdict is kept either way. */
static bool count(struct sr_inspection *in, enum sr_rule rule)
{
    worsen(in, sr_rule_info(rule)->verdict);
    in->findings[rule]++;
    if (in->findings[rule] == SR_LIMIT_INSPECT_FINDINGS + 1) {
        char evidence[SR_EVIDENCE_BYTES];
        (void)snprintf(evidence, sizeof evidence, "more than %d of '%s'", SR_LIMIT_INSPECT_FINDINGS,
                       sr_rule_info(rule)->id);
        worsen(in, sr_rule_info(SR_RULE_TOO_MANY_FINDINGS)->verdict);
        emit(in, SR_RULE_TOO_MANY_FINDINGS, 0, 0, evidence);
    }
    return in->findings[rule] <= SR_LIMIT_INSPECT_FINDINGS;
}

void sr_inspection_find(struct sr_inspection *in, enum sr_rule rule, uint64_t offset,
                        uint64_t length, const char *fmt, ...)
{
    if (!count(in, rule)) {
        return;
    }
    char evidence[SR_EVIDENCE_BYTES];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(evidence, sizeof evidence, fmt, args);
    va_end(args);
    emit(in, rule, offset, length, evidence);
}

static enum sr_rule rule_of(enum sr_status status)
{
    if (status == SR_TRUNCATED) {
        return SR_RULE_TRUNCATED;
    }
    if (status == SR_TOO_LARGE) {
        return SR_RULE_BUDGET;
    }
    return status == SR_NO_MEMORY ? SR_RULE_NO_MEMORY : SR_RULE_MALFORMED;
}

void sr_inspection_fail(struct sr_inspection *in, enum sr_status status, uint64_t offset,
                        const struct sr_err *err)
{
    const char *message =
        err != NULL && err->message[0] != '\0' ? err->message : sr_status_info(status)->title;
    sr_inspection_find(in, rule_of(status), offset, 0, "%s", message);
}

void sr_inspection_cover(struct sr_inspection *in, uint64_t offset, uint64_t length)
{
    struct level *level = top(in);
    enum sr_status status = sr_coverage_claim(level->coverage, offset, length);
    if (status != SR_OK) {
        sr_inspection_fail(in, status, offset, NULL);
    }
}

static void check_coverage(struct sr_inspection *in)
{
    struct level *level = top(in);
    struct sr_coverage_fault fault = {0};
    uint64_t from = 0;
    /* What is refused already need not list the bytes that its parser did not come to. */
    if (level->verdict >= SR_VERDICT_UNPARSABLE) {
        return;
    }
    while (in->findings[SR_RULE_NOT_COVERED] <= SR_LIMIT_INSPECT_FINDINGS &&
           sr_coverage_fault(level->coverage, level->blob.bytes.len, from, &fault)) {
        sr_inspection_find(in, fault.is_twice ? SR_RULE_COVERED_TWICE : SR_RULE_NOT_COVERED,
                           fault.offset, fault.len, "%llu bytes", (unsigned long long)fault.len);
        from = fault.offset + fault.len;
        if (fault.is_twice && in->findings[SR_RULE_COVERED_TWICE] > SR_LIMIT_INSPECT_FINDINGS) {
            return;
        }
    }
}

static void report_identity(struct sr_inspection *in, const struct sr_format *format,
                            const struct sr_format *other, const struct sr_format *misnamed)
{
    if (other != NULL) {
        sr_inspection_find(in, SR_RULE_POLYGLOT, 0, 0, "%s and %s", format->title, other->title);
    }
    if (misnamed != NULL) {
        sr_inspection_find(in, SR_RULE_MISNAMED, 0, 0, "named as %s, is %s", misnamed->title,
                           format->title);
    }
}

/* What no parser knows, but another file takes its data from. */
static const struct sr_format EXTERNAL_DATA = {.name = "external-data", .title = "external data"};

static bool is_zero(struct sr_bytes bytes)
{
    return bytes.len == 0 ||
           (bytes.ptr[0] == 0 && memcmp(bytes.ptr, bytes.ptr + 1, bytes.len - 1) == 0);
}

/* Whether the blob on top is such data: cover what is taken, and what lies between if it is
 * padding. */
static bool look_at_data(struct sr_inspection *in)
{
    bool is_data = false;
    struct level *level = top(in);
    struct sr_bytes bytes = level->blob.bytes;
    if (in->depth > 1) {
        return false;
    }
    enum sr_status status =
        sr_across_cover(in->across, level->blob.name, level->coverage, &is_data);
    if (status != SR_OK) {
        sr_inspection_fail(in, status, 0, NULL);
    }
    struct sr_coverage_fault gap = {0};
    for (uint64_t from = 0; is_data && sr_coverage_fault(level->coverage, bytes.len, from, &gap);
         from = gap.offset + gap.len) {
        if (gap.offset >= bytes.len || gap.len > DATA_GAP_BYTES_MAX ||
            !is_zero(sr_bytes(bytes.ptr + gap.offset, gap.len))) {
            break; /* reported with the rest of the coverage */
        }
        sr_inspection_cover(in, gap.offset, gap.len);
    }
    return is_data;
}

static void report_unknown(struct sr_inspection *in)
{
    char quoted[SR_EVIDENCE_BYTES];
    struct sr_bytes bytes = top(in)->blob.bytes;
    size_t len = bytes.len < 16 ? bytes.len : 16;
    sr_inspection_find(in, bytes.len == 0 ? SR_RULE_EMPTY : SR_RULE_UNKNOWN_FORMAT, 0, len,
                       "begins with '%s'", sr_inspection_quote(sr_bytes(bytes.ptr, len), quoted));
}

/* Whatever it is: a loader that hands it to an unpickler must not come to a call. */
static void report_pickle(struct sr_inspection *in, const struct sr_format *format)
{
    bool is_pickle = format != NULL && strcmp(format->name, "pickle") == 0;
    if (!is_pickle && sr_pickle_would_run(top(in)->blob.bytes)) {
        sr_inspection_find(in, SR_RULE_POLYGLOT, 0, 0, "%s and pickle",
                           format != NULL ? format->title : "something else");
    }
}

/* Whether only the name says so: what another file takes its tensors from may have any name. */
static bool is_guess(const struct sr_format *format, const struct sr_subject *blob)
{
    return format == NULL || format->match == NULL || format->match(blob) != SR_MATCH_BYTES;
}

/* Look at the blob on top. */
static const struct sr_format *look(struct sr_inspection *in, const struct sr_format *format)
{
    const struct level *level = top(in);
    bool is_data = false;
    if (format == NULL) {
        const struct sr_format *other = NULL;
        const struct sr_format *misnamed = NULL;
        format = sr_format_identify(&level->blob, &other, &misnamed);
        if (format != NULL) {
            report_identity(in, format, other, misnamed);
        }
        is_data = is_guess(format, &level->blob) && look_at_data(in);
        format = is_data ? &EXTERNAL_DATA : format;
    }
    report_pickle(in, format);
    if (format == NULL) {
        report_unknown(in);
        return NULL;
    }
    if (!is_data) {
        format->inspect(in, &level->blob);
    }
    check_coverage(in);
    return format;
}

static bool push(struct sr_inspection *in, struct sr_bytes name, struct sr_bytes bytes)
{
    struct level *level = &in->levels[in->depth];
    *level = (struct level){.blob = {.bytes = bytes, .name = name}, .member_len = in->member_len};
    if (sr_coverage_new(&level->coverage) != SR_OK) {
        return false;
    }
    level->blob.outer = in->depth > 0 ? &in->levels[in->depth - 1].blob : NULL;
    in->depth++;
    return true;
}

static enum sr_verdict pop(struct sr_inspection *in, uint64_t *out_covered)
{
    struct level *level = top(in);
    *out_covered = sr_coverage_bytes(level->coverage);
    sr_coverage_free(SR_TAKE(level->coverage));
    enum sr_verdict verdict = level->verdict;
    in->member_len = level->member_len;
    in->member[in->member_len] = '\0';
    in->depth--;
    if (in->depth > 0) {
        top(in)->verdict = sr_verdict_worst(top(in)->verdict, verdict);
    }
    return verdict;
}

static void enter_member(struct sr_inspection *in, struct sr_bytes name)
{
    char quoted[SR_EVIDENCE_BYTES];
    size_t room = sizeof in->member - in->member_len;
    int n = snprintf(in->member + in->member_len, room, "%s%s", in->member_len == 0 ? "" : "!/",
                     sr_inspection_quote(name, quoted));
    in->member_len += n > 0 && (size_t)n < room ? (size_t)n : strlen(in->member + in->member_len);
}

/* Go into a member; false, and a finding, when that cannot be. */
static bool descend(struct sr_inspection *in, struct sr_bytes name, struct sr_bytes bytes)
{
    char quoted[SR_EVIDENCE_BYTES];
    if (in->depth >= SR_INSPECTION_DEPTH_MAX) {
        sr_inspection_find(in, SR_RULE_NESTING, 0, 0, "'%s' at depth %u",
                           sr_inspection_quote(name, quoted), in->depth);
        return false;
    }
    if (!push(in, name, bytes)) {
        sr_inspection_fail(in, SR_NO_MEMORY, 0, NULL);
        return false;
    }
    enter_member(in, name);
    return true;
}

enum sr_verdict sr_inspection_member(struct sr_inspection *in, struct sr_bytes name,
                                     struct sr_bytes bytes, const struct sr_format *format)
{
    uint64_t covered = 0;
    if (!descend(in, name, bytes)) {
        return SR_VERDICT_UNPARSABLE;
    }
    (void)look(in, format);
    return pop(in, &covered);
}

enum sr_verdict sr_inspection_part(
    struct sr_inspection *in, struct sr_bytes name, struct sr_bytes bytes,
    void (*inspect)(void *ctx, struct sr_inspection *in, const struct sr_subject *blob), void *ctx)
{
    uint64_t covered = 0;
    if (!descend(in, name, bytes)) {
        return SR_VERDICT_UNPARSABLE;
    }
    inspect(ctx, in, &top(in)->blob);
    check_coverage(in);
    return pop(in, &covered);
}

bool sr_inspection_wants_tensors(const struct sr_inspection *in)
{
    return in->events.tensors != NULL;
}

size_t sr_inspection_storage(struct sr_inspection *in)
{
    return in->storage_count++;
}

size_t sr_inspection_tensor(struct sr_inspection *in, const struct sr_storage_view *view)
{
    const struct sr_tensor_sink *sink = in->events.tensors;
    if (sink != NULL) {
        sink->tensor(sink->ctx, in->tensor_count, view);
    }
    return in->tensor_count++;
}

void sr_inspection_tensor_name(struct sr_inspection *in, size_t tensor, struct sr_bytes name,
                               bool is_whole)
{
    const struct sr_tensor_sink *sink = in->events.tensors;
    if (sink != NULL) {
        sink->name(sink->ctx, tensor, name, is_whole);
    }
}

void sr_inspection_storage_bytes(struct sr_inspection *in, size_t storage, struct sr_bytes bytes)
{
    const struct sr_tensor_sink *sink = in->events.tensors;
    if (sink != NULL) {
        sink->storage(sink->ctx, storage, bytes);
    }
}

void sr_inspection_file(struct sr_inspection *in, struct sr_bytes path, struct sr_bytes bytes,
                        struct sr_inspected *out)
{
    assert(in->depth == 0);
    memset(in->findings, 0, sizeof in->findings);
    in->member_len = 0;
    in->member[0] = '\0';
    in->unpacked = 0;
    in->facts = 0;
    in->tensor_count = 0;
    in->storage_count = 0;
    *out = (struct sr_inspected){
        .verdict = SR_VERDICT_UNPARSABLE, .format = "unknown", .bytes = bytes.len};
    enum sr_status status = sr_across_file(in->across, path, bytes.len, &in->file);
    if (!push(in, path, bytes)) {
        char evidence[] = "no memory to begin";
        emit(in, SR_RULE_NO_MEMORY, 0, 0, evidence);
        return;
    }
    if (status != SR_OK) {
        sr_inspection_fail(in, status, 0, NULL);
    }
    const struct sr_format *format = look(in, NULL);
    const char *kind = top(in)->kind;
    out->format = format != NULL ? format->name : "unknown";
    out->format = kind != NULL ? kind : out->format;
    out->verdict = pop(in, &out->covered);
    forget_globals(in);
}

void sr_inspection_called(struct sr_inspection *in, const char *name)
{
    top(in)->kind = name;
}

uint64_t sr_inspection_unpack_max(const struct sr_inspection *in, uint64_t packed)
{
    uint64_t left = SR_LIMIT_INSPECT_UNPACKED_BYTES - in->unpacked;
    uint64_t allowed = 0;
    if (__builtin_mul_overflow(packed, (uint64_t)SR_LIMIT_INSPECT_RATIO, &allowed)) {
        allowed = UINT64_MAX;
    }
    allowed = allowed < UNPACKED_FREE_BYTES ? UNPACKED_FREE_BYTES : allowed;
    return allowed < left ? allowed : left;
}

bool sr_inspection_unpack(struct sr_inspection *in, uint64_t packed, uint64_t unpacked)
{
    if (unpacked > sr_inspection_unpack_max(in, packed)) {
        sr_inspection_find(in, SR_RULE_BUDGET, 0, 0, "%llu bytes unpack to %llu or more",
                           (unsigned long long)packed, (unsigned long long)unpacked);
        return false;
    }
    in->unpacked += unpacked;
    return true;
}

const char *sr_fact_word(enum sr_fact_key key)
{
    static const char *const WORDS[SR_FACT_COUNT] = {
#define FACT(name, word) word,
#include "artifact/facts.def"
#undef FACT
    };
    assert((unsigned)key < SR_FACT_COUNT);
    return WORDS[key];
}

void sr_inspection_fact(struct sr_inspection *in, enum sr_fact_key key, struct sr_bytes value)
{
    char quoted[SR_EVIDENCE_BYTES];
    if (in->depth != 1 || in->events.fact == NULL || in->facts >= SR_LIMIT_INSPECT_FINDINGS) {
        return;
    }
    in->facts++;
    struct sr_fact fact = {.key = key, .value = sr_inspection_quote(value, quoted)};
    in->events.fact(in->events.ctx, &fact);
}

/* Keep a text as long as the inventory; NULL when there is no memory or no room. */
static char *keep_global(struct sr_inspection *in, const char *text)
{
    if (in->globals == NULL) {
        in->global_texts = calloc(GLOBALS_MAX, sizeof *in->global_texts);
        if (in->global_texts == NULL || sr_nameset_new(&in->globals) != SR_OK) {
            return NULL;
        }
    }
    if (in->global_count >= GLOBALS_MAX) {
        return NULL;
    }
    char *kept = strdup(text);
    if (kept != NULL) {
        in->global_texts[in->global_count++] = kept;
    }
    return kept;
}

void sr_inspection_global(struct sr_inspection *in, struct sr_bytes module, struct sr_bytes name,
                          const char *role)
{
    char quoted_module[SR_EVIDENCE_BYTES];
    char quoted_name[SR_EVIDENCE_BYTES];
    char both[2 * SR_EVIDENCE_BYTES];
    (void)sr_inspection_quote(module, quoted_module);
    (void)sr_inspection_quote(name, quoted_name);
    int n = snprintf(both, sizeof both, "%s %s", quoted_module, quoted_name);
    size_t index = 0;
    if (in->globals != NULL && sr_nameset_find(in->globals, sr_bytes(both, (size_t)n), &index)) {
        return;
    }
    const char *kept = keep_global(in, both);
    if (kept == NULL || sr_nameset_add(in->globals, sr_bytes(kept, (size_t)n)) != SR_OK) {
        return; /* the inventory is for the reader; the verdict does not hang on it */
    }
    struct sr_global global = {.module = quoted_module, .name = quoted_name, .role = role};
    if (in->events.global != NULL) {
        in->events.global(in->events.ctx, &global);
    }
}

static bool is_plain_part(struct sr_bytes part)
{
    if (part.len == 0 || sr_text_equal(part, sr_text_view(".")) ||
        sr_text_equal(part, sr_text_view(".."))) {
        return false;
    }
    for (size_t i = 0; i < part.len; i++) {
        uint8_t c = part.ptr[i];
        if (c < 0x20 || c == 0x7f || c == '\\' || (c == ':' && i == 1)) {
            return false;
        }
    }
    return true;
}

/* Whether a hostile name stays inside the folder: parts between single slashes, none "." or "..".
 */
bool sr_inspection_is_plain_path(struct sr_bytes name)
{
    size_t begin = 0;
    if (name.len > SR_LIMIT_PATH_BYTES) {
        return false;
    }
    for (size_t i = 0; i <= name.len; i++) {
        if (i == name.len || name.ptr[i] == '/') {
            if (!is_plain_part(sr_bytes(name.ptr + begin, i - begin))) {
                return false;
            }
            begin = i + 1;
        }
    }
    return true;
}

/* The path from the root of a name beside the inspected file; false: it is a finding. */
static bool resolve(struct sr_inspection *in, struct sr_bytes name, uint64_t offset,
                    char full[SR_LIMIT_PATH_BYTES + 1])
{
    char quoted[SR_EVIDENCE_BYTES];
    if (!sr_inspection_is_plain_path(name)) {
        sr_inspection_find(in, SR_RULE_REFERENCE_OUTSIDE, offset, name.len, "'%s'",
                           sr_inspection_quote(name, quoted));
        return false;
    }
    struct sr_bytes path = in->levels[0].blob.name;
    size_t folder = path.len;
    while (folder > 0 && path.ptr[folder - 1] != '/') {
        folder--;
    }
    if (folder + name.len > SR_LIMIT_PATH_BYTES) {
        sr_inspection_find(in, SR_RULE_REFERENCE_OUTSIDE, offset, name.len, "'%s' is too long",
                           sr_inspection_quote(name, quoted));
        return false;
    }
    memcpy(full, path.ptr, folder);
    memcpy(full + folder, name.ptr, name.len);
    full[folder + name.len] = '\0';
    return true;
}

void sr_inspection_claim(struct sr_inspection *in, const struct sr_claim *claim)
{
    char full[SR_LIMIT_PATH_BYTES + 1];
    if (!resolve(in, claim->file, claim->offset, full)) {
        return;
    }
    struct sr_claim resolved = *claim;
    resolved.file = sr_text_view(full);
    bool is_new = false;
    enum sr_status status = sr_across_claim(in->across, &resolved, &is_new);
    if (status != SR_OK) {
        sr_inspection_fail(in, status, claim->offset, NULL);
    }
    if (is_new && in->events.reference != NULL) {
        in->events.reference(in->events.ctx, full);
    }
}

void sr_inspection_refer(struct sr_inspection *in, struct sr_bytes name, uint64_t offset)
{
    struct sr_claim claim = {.file = name, .offset = offset};
    sr_inspection_claim(in, &claim);
}

void sr_inspection_claim_total(struct sr_inspection *in, uint64_t bytes, uint64_t offset)
{
    enum sr_status status = sr_across_total(in->across, bytes, offset);
    if (status != SR_OK) {
        sr_inspection_fail(in, status, offset, NULL);
    }
}

void sr_inspection_holds(struct sr_inspection *in, struct sr_bytes name, uint64_t bytes)
{
    if (in->depth > 1) {
        return;
    }
    enum sr_status status = sr_across_tensor(in->across, name, bytes);
    if (status != SR_OK) {
        sr_inspection_fail(in, status, 0, NULL);
    }
}

bool sr_inspection_knows(struct sr_bytes path, struct sr_bytes bytes)
{
    struct sr_subject blob = {.bytes = bytes, .name = path};
    const struct sr_format *other = NULL;
    const struct sr_format *misnamed = NULL;
    return sr_format_identify(&blob, &other, &misnamed) != NULL;
}

static void report_across(void *ctx, const struct sr_across_fault *fault)
{
    struct sr_inspection *in = ctx;
    char path[SR_EVIDENCE_BYTES];
    char what[SR_EVIDENCE_BYTES];
    in->file = fault->file;
    (void)sr_inspection_quote(fault->path, path);
    (void)sr_inspection_quote(fault->what, what);
    switch ((unsigned)fault->rule) {
    case SR_RULE_INDEX_TENSOR:
        sr_inspection_find(in, fault->rule, fault->offset, 0, "'%s' in '%s'", what, path);
        return;
    case SR_RULE_INDEX_UNMAPPED:
        sr_inspection_find(in, fault->rule, fault->offset, 0, "'%s' has %llu tensors, %llu mapped",
                           path, (unsigned long long)fault->is, (unsigned long long)fault->said);
        return;
    case SR_RULE_INDEX_TOTAL:
    case SR_RULE_REFERENCE_RANGE:
        sr_inspection_find(in, fault->rule, fault->offset, 0, "%llu bytes, not %llu%s%s",
                           (unsigned long long)fault->is, (unsigned long long)fault->said,
                           fault->path.len > 0 ? ", in " : "", path);
        return;
    default:
        sr_inspection_find(in, fault->rule, fault->offset, 0, "'%s'", path);
        return;
    }
}

enum sr_verdict sr_inspection_end(struct sr_inspection *in)
{
    assert(in->depth == 0);
    memset(in->findings, 0, sizeof in->findings);
    in->member_len = 0;
    in->member[0] = '\0';
    in->end_verdict = SR_VERDICT_PASS;
    enum sr_status status = sr_across_check(in->across, report_across, in);
    if (status != SR_OK) {
        in->file = 0;
        sr_inspection_fail(in, status, 0, NULL);
    }
    return in->end_verdict;
}
