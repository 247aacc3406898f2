/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_INSPECTION_H
#define SR_ARTIFACT_INSPECTION_H

#include <stdbool.h>

#include "artifact/finding.h"
#include "base/attr.h"
#include "base/bytes.h"
#include "base/status.h"

/*
 * Looking at the files of one artifact, in memory, without running any of them. This is what runs
 * inside the isolated worker (inspector.h starts it) and, without isolation, in tests and fuzzers.
 *
 * PASS is earned, never given: a file passes when a parser claimed each of its bytes once
 * (coverage.h) and no finding says otherwise. The parsers (format.h) get a struct sr_subject and
 * report through the functions below, which never fail: a finding that cannot be kept makes the
 * file UNPARSABLE.
 *
 * One thread.
 */
struct sr_inspection;

/* What a parser looks at: a file, or a member of one. Hostile. */
struct sr_subject {
    struct sr_bytes bytes;          /* all of it; unchanging while it is looked at */
    struct sr_bytes name;           /* its path in the artifact or in its container; may be empty */
    const struct sr_subject *outer; /* the container; NULL for a file */
};

/* Where results go, as they are found, so that nothing is lost through a later crash. */
struct sr_inspection_events {
    void (*finding)(void *ctx, const struct sr_finding *finding);
    void (*global)(void *ctx, const struct sr_global *global); /* each pair once for each file */
    void (*fact)(void *ctx, const struct sr_fact *fact);       /* of the file itself; may be NULL */
    /* A file beside this one that its loader would open: to be inspected too. path is relative to
     * the artifact's root, plain ('/' between parts, no "..", not absolute); NUL-terminated. */
    void (*reference)(void *ctx, const char *path);
    void *ctx;
    const struct sr_tensor_sink *tensors; /* NULL: nobody wants them */
};

/*
 * The tensors of a file, for who converts it (convert.h). Tensors and storages are numbered 0, 1,
 * 2... in the order in which the parser meets them, the same each time that it looks at the same
 * bytes. What is said before the file has passed is hostile, though checked to lie in its storage.
 */
struct sr_storage_view {
    size_t storage;
    const char *dtype;      /* a word of formats/dtype.h; NULL: not one of them; static */
    uint32_t element_bytes; /* never 0 */
    bool is_big_endian;
    uint64_t offset; /* in elements, from the storage's begin; <= INT64_MAX, as what follows */
    uint8_t rank;    /* <= SR_LIMIT_TENSOR_RANK */
    const uint64_t *sizes;   /* rank of them; valid during the call */
    const uint64_t *strides; /* in elements */
};
struct sr_tensor_sink {
    void (*tensor)(void *ctx, size_t tensor, const struct sr_storage_view *view);
    /* name: hostile; empty for the only tensor of a file. is_whole false: it was cut. A tensor may
     * have several names, or none. */
    void (*name)(void *ctx, size_t tensor, struct sr_bytes name, bool is_whole);
    /* The bytes of a storage, after the tensors in it, once; valid during the call. */
    void (*storage)(void *ctx, size_t storage, struct sr_bytes bytes);
    void *ctx;
};

/*
 * What the inspected file says of another one beside it, to be checked by sr_inspection_end(): that
 * it holds a tensor, or bytes that are taken from it.
 */
struct sr_claim {
    struct sr_bytes file;   /* relative to the folder of the inspected file; hostile */
    struct sr_bytes tensor; /* of that name, if that file's format lists tensors; len 0: none */
    uint64_t begin;         /* bytes [begin, end) of that file are taken; both 0: none */
    uint64_t end;
    uint64_t offset; /* in the blob: where it says so */
};

/* errors  NO_MEMORY */
enum sr_status sr_inspection_new(enum sr_profile profile, const struct sr_inspection_events *events,
                                 struct sr_inspection **out) SR_MUST_USE;
void sr_inspection_free(struct sr_inspection *in);
SR_DEFINE_AUTO(sr_inspection)

/*
 * Look at one file. path is relative to the artifact's root. Findings come through the events
 * before this returns. Both are hostile. Never fails.
 */
void sr_inspection_file(struct sr_inspection *in, struct sr_bytes path, struct sr_bytes bytes,
                        struct sr_inspected *out);

/*
 * Whether the bytes or the name tell what a file is. When they do not, it may be data that another
 * file points into (the weights of an ONNX model): call sr_inspection_file() for such files after
 * all others, so that it knows what was said of them.
 */
bool sr_inspection_knows(struct sr_bytes path, struct sr_bytes bytes);

/*
 * Check what the files said of one another; call it once, after the last file. Its findings come
 * through the events and name their file in finding.file; they count for that file's verdict and
 * for the artifact's, as all findings do: sr_rule_info(finding.rule)->verdict. References to files
 * that were never given to sr_inspection_file() are reported here, as REFERENCE_MISSING.
 * Returns the worst verdict of what it reported; PASS when there was nothing.
 */
enum sr_verdict sr_inspection_end(struct sr_inspection *in);

/*
 * For parsers.
 */

/*
 * Report a finding at offset and length of the blob that is being looked at. fmt makes the
 * evidence: what was seen. Use sr_inspection_quote() for hostile text; what is over
 * SR_EVIDENCE_BYTES is cut.
 */
void sr_inspection_find(struct sr_inspection *in, enum sr_rule rule, uint64_t offset,
                        uint64_t length, const char *fmt, ...) SR_PRINTF(5, 6);

/*
 * Report that a decoder refused: MALFORMED, TRUNCATED, BUDGET or NO_MEMORY by status, with err's
 * message as the evidence. offset is that of the part that the decoder was given.
 */
void sr_inspection_fail(struct sr_inspection *in, enum sr_status status, uint64_t offset,
                        const struct sr_err *err);

/* Claim bytes of the blob that is being looked at: they are understood, and by this part alone. */
void sr_inspection_cover(struct sr_inspection *in, uint64_t offset, uint64_t length);

/*
 * Look at a member: identify it, run its parser, check its coverage. bytes may lie in the blob (a
 * stored member: cover it as well) or in memory that the caller owns (a decompressed one). format
 * NULL: find out; else it is inspected as that one, whatever its bytes say.
 * Over SR_INSPECTION_DEPTH_MAX levels: a NESTING finding, and it is not looked at.
 * Returns the verdict of the member, which is part of the file's already.
 */
struct sr_format;
enum sr_verdict sr_inspection_member(struct sr_inspection *in, struct sr_bytes name,
                                     struct sr_bytes bytes, const struct sr_format *format);
#define SR_INSPECTION_DEPTH_MAX 8

/*
 * The same for a member that its container's parser knows how to read, by means of what it knows of
 * the rest: inspect is called in place of a format's, with ctx.
 */
enum sr_verdict sr_inspection_part(
    struct sr_inspection *in, struct sr_bytes name, struct sr_bytes bytes,
    void (*inspect)(void *ctx, struct sr_inspection *in, const struct sr_subject *blob), void *ctx);

/*
 * Take from what may be unpacked in one file, before doing it; false (and a BUDGET finding) when it
 * is too much: over SR_LIMIT_INSPECT_UNPACKED_BYTES in all, or over SR_LIMIT_INSPECT_RATIO times
 * the packed bytes (and over a first MiB that is free).
 */
bool sr_inspection_unpack(struct sr_inspection *in, uint64_t packed, uint64_t unpacked);

/* How much may still be unpacked from that many packed bytes; taken by sr_inspection_unpack(). */
uint64_t sr_inspection_unpack_max(const struct sr_inspection *in, uint64_t packed);

/* The blob is of a kind of its format that has a name of its own (static): "npz", a kind of zip. */
void sr_inspection_called(struct sr_inspection *in, const char *name);

/* Note a global for the report's inventory; module, name: hostile. role: a static string. */
void sr_inspection_global(struct sr_inspection *in, struct sr_bytes module, struct sr_bytes name,
                          const char *role);

/* Note what the file says of the artifact; value: hostile. Ignored inside containers, and after the
 * first SR_LIMIT_INSPECT_FINDINGS of a file. */
void sr_inspection_fact(struct sr_inspection *in, enum sr_fact_key key, struct sr_bytes value);

/*
 * The blob makes its loader open a file: name is relative to the folder of the inspected file;
 * hostile. A name that is not plain is a REFERENCE_OUTSIDE finding here, at offset.
 */
void sr_inspection_refer(struct sr_inspection *in, struct sr_bytes name, uint64_t offset);

/* For the sink of tensors, if there is one. _storage() and _tensor() return the number of what is
 * new. */
bool sr_inspection_wants_tensors(const struct sr_inspection *in);
size_t sr_inspection_storage(struct sr_inspection *in);
size_t sr_inspection_tensor(struct sr_inspection *in, const struct sr_storage_view *view);
void sr_inspection_tensor_name(struct sr_inspection *in, size_t tensor, struct sr_bytes name,
                               bool is_whole);
void sr_inspection_storage_bytes(struct sr_inspection *in, size_t storage, struct sr_bytes bytes);

/* For its name as sr_inspection_refer(). */
void sr_inspection_claim(struct sr_inspection *in, const struct sr_claim *claim);
/* How many bytes the claimed tensors of this file have in all, by what it says at offset. */
void sr_inspection_claim_total(struct sr_inspection *in, uint64_t bytes, uint64_t offset);
/* The inspected file holds this tensor, of that many bytes of data. Only of the file itself: what
 * is said of a member is not kept. */
void sr_inspection_holds(struct sr_inspection *in, struct sr_bytes name, uint64_t bytes);

/* Whether a hostile name stays inside its folder: parts between single slashes, none "." or "..",
 * no backslash, drive letter or control character. */
bool sr_inspection_is_plain_path(struct sr_bytes name);

enum sr_profile sr_inspection_profile(const struct sr_inspection *in);

#endif /* SR_ARTIFACT_INSPECTION_H */
