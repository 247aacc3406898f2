/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_PICKLE_H
#define SR_ARTIFACT_PICKLE_H

#include "artifact/inspection.h"

/*
 * What a pickle would do, found out without doing it: an abstract interpreter over the opcodes
 * (formats/pickle.h), default deny. What a stream imports, calls, builds and fills is held against
 * the allow list (data/pickle-globals.tsv) at the time that it happens, so that nothing is lost
 * through a later error. Nothing is imported, called or allocated in proportion to what a stream
 * claims; no recursion.
 *
 * This looks at ONE stream, up to its STOP. What lies around it (five streams in a row, members of
 * a zip file, an array's header) is the caller's, who says by the context and by callbacks what the
 * loader would add.
 *
 * source  docs/formats/pickle.md (rules P-n)
 */

enum sr_pickle_context {
    SR_PICKLE_PLAIN, /* pickle.load(), and joblib.load(): a raw array may follow a wrapper */
    SR_PICKLE_TORCH, /* torch's unpickler: persistent ids name storages */
    SR_PICKLE_NUMPY, /* an object array in .npy, or inside joblib: pickle.load() and nothing else */
};

/* Bounds of what is kept of one value, to check arguments by. */
#define SR_PICKLE_RANK_MAX 64

/* A persistent id: ('storage', type, key, location, numel). Views live as long as the bytes that
 * are inspected. Hostile, but of this form. */
struct sr_pickle_storage {
    const char *type;         /* "FloatStorage", "UntypedStorage": a torch storage class; static */
    uint32_t element_bytes;   /* of that class; 1 for UntypedStorage; never 0 */
    const char *dtype;        /* "F32", as in formats/dtype.h; NULL: not one of those; static */
    struct sr_bytes key;      /* plain characters, not empty: what the data's member is called */
    struct sr_bytes location; /* "cpu", "cuda:0" */
    uint64_t numel;           /* <= INT64_MAX */
    /* Legacy files only: a view of another storage, (view key, offset, length). */
    bool has_view;
    struct sr_bytes view_key;
    uint64_t view_offset;
    uint64_t view_numel;
};

/* A call of torch._utils._rebuild_tensor, _v2 or _v3. Sizes and offset are in elements of dtype. */
struct sr_pickle_tensor {
    size_t index;                            /* 0, 1, 2...: of the calls in this stream */
    const struct sr_pickle_storage *storage; /* valid during the call */
    const char *dtype;      /* "F32", as in formats/dtype.h; NULL: not one of those; static */
    uint32_t element_bytes; /* of dtype */
    uint64_t offset;        /* <= INT64_MAX, like what follows */
    size_t rank;            /* <= SR_PICKLE_RANK_MAX */
    const uint64_t *sizes;  /* rank of them; valid during the call */
    const uint64_t *strides;
    uint64_t end;      /* one past the last element that it reaches; offset when it is empty */
    bool has_metadata; /* bits beside the elements decide what they mean (conjugate, negative) */
    uint64_t at;       /* the offset of the call in the blob, for findings */
};

/* A plain value at the bottom of a stream: an item of its outermost dict or list. */
enum sr_pickle_kind {
    SR_PICKLE_NONE,
    SR_PICKLE_BOOL,
    SR_PICKLE_INT,
    SR_PICKLE_BIGINT, /* over 64 bits: text is little-endian two's complement, or decimal digits */
    SR_PICKLE_FLOAT,
    SR_PICKLE_TEXT,
    SR_PICKLE_BYTES,
    SR_PICKLE_TUPLE,
    SR_PICKLE_LIST,
    SR_PICKLE_DICT,
    SR_PICKLE_OTHER
};
struct sr_pickle_scalar {
    enum sr_pickle_kind kind;
    int64_t integer;      /* BOOL, INT */
    struct sr_bytes text; /* TEXT, BYTES, BIGINT: as it stands in the stream */
};

struct sr_pickle_run {
    enum sr_pickle_context context;
    void *ctx; /* of the callbacks, each of which may be NULL */
    /* A persistent id. false, or no callback: a PICKLE_PERSID finding. Torch only. */
    bool (*storage)(void *ctx, const struct sr_pickle_storage *storage, uint64_t at);
    /* A tensor is rebuilt from a storage that storage() took. */
    void (*tensor)(void *ctx, const struct sr_pickle_tensor *tensor);
    /* A tensor becomes an item: path has the keys that lead to it from the outermost value, joined
     * by '.', cut at SR_LIMIT_TENSOR_NAME_BYTES (is_whole false); numbers for lists and tuples are
     * left out, and what the stream leaves has an empty path. The same tensor may be entered more
     * than once. path is valid during the call. */
    void (*entry)(void *ctx, struct sr_bytes path, bool is_whole, size_t tensor);
    /* An item of the outermost dict (with a plain key) or list (key.kind is NONE). */
    void (*item)(void *ctx, const struct sr_pickle_scalar *key,
                 const struct sr_pickle_scalar *value);
};

/* What is said of one stream at its end. */
struct sr_pickle_result {
    uint64_t end;     /* the byte after its STOP; where it broke when is_whole is not */
    bool is_whole;    /* STOP was reached and nothing was malformed */
    uint64_t globals; /* imports that were met */
    uint64_t calls;   /* REDUCE, NEWOBJ, BUILD...: anything but plain data */
    struct sr_pickle_scalar value; /* what it leaves */
};

/*
 * Interpret the stream that begins at offset in bytes, which are all of the blob that is being
 * looked at; claim its bytes (with those of raw arrays inside), report findings. Hostile. Never
 * fails: what goes wrong is a finding.
 */
void sr_pickle_run(struct sr_inspection *in, const struct sr_pickle_run *run, struct sr_bytes bytes,
                   uint64_t offset, struct sr_pickle_result *out);

/*
 * Whether an unpickler that is given these bytes, whatever they are, would come to a call of
 * something unlisted before it fails: a file that is something else for its scanner and a pickle
 * for its loader. After PROTO, or of what is on the danger list, an import is enough. Names must be
 * ones that an import could find, so that ordinary text is no false alarm: a word list may begin
 * with "cos" and "sin". Pure; looks at 64 KiB at most.
 */
bool sr_pickle_would_run(struct sr_bytes bytes);

#endif /* SR_ARTIFACT_PICKLE_H */
