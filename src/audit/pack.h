/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_AUDIT_PACK_H
#define SR_AUDIT_PACK_H

#include "acts/entry.h"
#include "formats/json.h"
#include "ledger/commitment.h"

/*
 * The evidence pack: all that an auditor needs to decide again what a room has decided, in one text
 * file of lines. Each line is an object in canonical JSON, so that `jq` reads it and a reader needs
 * memory for one line only. What the lines say is judged by audit/replay.h; here is only how they
 * are spelled, and in which order they come. Pure, but for the source that a reader is given.
 * source  docs/formats/pack.md (rules EP-n)
 */

#define SR_PACK_FORMAT 1
/* A text of 1 MiB (custody/submit.h) all of whose bytes are escaped, and its digest. */
#define SR_PACK_LINE_BYTES_MAX ((size_t)6500000)
#define SR_PACK_TEXT_BYTES_MAX ((size_t)1 << 20)
#define SR_PACK_ENVELOPE_BYTES_MAX ((size_t)65536) /* acts/envelope.h */
/* Public keys of one room. */
#define SR_PACK_KEYS_MAX ((size_t)1 << 20)

/* In the order in which they come; TEXT and LEAF lines may take turns. */
enum sr_pack_kind {
    SR_PACK_HEAD,
    SR_PACK_KEY,
    SR_PACK_WITNESS,
    SR_PACK_TEXT,
    SR_PACK_LEAF,
    SR_PACK_CHECKPOINT,
    SR_PACK_END,
    SR_PACK_KIND_COUNT
};
/* "strongroom-pack", "key", "witness", "text", "leaf", "checkpoint", "end". */
const char *sr_pack_kind_word(enum sr_pack_kind kind);

/* One line. Who builds one sets what its kind has; views are the builder's, or of a decoded line
 * and its memory. Start from all zero. */
struct sr_pack_line {
    enum sr_pack_kind kind;
    struct sr_id room;                      /* HEAD */
    struct sr_bytes origin;                 /* HEAD: what the ledger calls itself */
    uint64_t since;                         /* HEAD: from this seq on nothing is withheld; >= 1 */
    struct sr_bytes key;                    /* HEAD, WITNESS: a vkey; KEY: a line of acts/key.h */
    struct sr_bytes text;                   /* TEXT; CHECKPOINT: the signed note */
    uint8_t digest[SR_SHA256_BYTES];        /* TEXT; END: of all lines before it */
    uint64_t seq;                           /* LEAF: 1, 2, ... */
    bool is_withheld;                       /* LEAF: only its hash is told */
    uint8_t hash[SR_SHA256_BYTES];          /* withheld: the hash of the leaf, of RFC 6962 */
    uint8_t salt[SR_COMMITMENT_SALT_BYTES]; /* not withheld, like what follows */
    struct sr_bytes entry;                  /* canonical text of acts/entry.h */
    struct sr_bytes envelope;               /* as it came in, to the byte */
    struct sr_json *json;                   /* memory of a decoded line */
    struct sr_buf *memory;                  /* the same */
};
void sr_pack_line_clear(struct sr_pack_line *line);

/*
 * Append the line with its newline. END's digest is the caller's, or sr_pack_writer's.
 *
 * errors  MALFORMED  a text is not UTF-8, the entry is not canonical, a number is out of range
 *         TOO_LARGE, NO_MEMORY
 */
enum sr_status sr_pack_line_encode(const struct sr_pack_line *line, struct sr_buf *out,
                                   struct sr_err *err) SR_MUST_USE;

/*
 * Decode one line, without its newline. text is hostile and has to outlive *out, which has views of
 * it. Clear *out also after a failure. Digests are not recomputed, and entry, envelope, keys and
 * notes are not looked into. Any number of threads may decode at once.
 *
 * errors  MALFORMED    not canonical JSON, not such a line; err says what
 *         UNSUPPORTED  a pack of another format
 *         TOO_LARGE, NO_MEMORY, INTERNAL
 */
enum sr_status sr_pack_line_decode(struct sr_bytes text, struct sr_pack_line *out,
                                   struct sr_err *err) SR_MUST_USE;

/* Whether a line of this kind may follow; *state starts as 0. errors  MALFORMED */
enum sr_status sr_pack_order(unsigned *state, enum sr_pack_kind kind,
                             struct sr_err *err) SR_MUST_USE;

/* Where the bytes of a pack come from, in order. */
struct sr_pack_source {
    /* Put at most len bytes, len > 0, into out; *out_got is 0 at the end only. errors  IO */
    enum sr_status (*read)(void *ctx, uint8_t *out, size_t len, size_t *out_got,
                           struct sr_err *err);
    void *ctx;
};

/* Takes the lines out of a source and hashes them on the way. One thread. */
struct sr_pack_reader;

/* source's ctx outlives it. errors  NO_MEMORY, INTERNAL */
enum sr_status sr_pack_reader_new(const struct sr_pack_source *source, struct sr_pack_reader **out,
                                  struct sr_err *err) SR_MUST_USE;
void sr_pack_reader_free(struct sr_pack_reader *r);
SR_DEFINE_AUTO(sr_pack_reader)

/*
 * The next line, without its newline; a view that is valid until the next call. *out_number is 1,
 * 2, ... At the end of the source *out is empty and *out_number 0.
 *
 * errors  TOO_LARGE  a line over SR_PACK_LINE_BYTES_MAX
 *         TRUNCATED  the last line has no newline
 *         MALFORMED  an empty line, or lines behind the one of the digest
 *         IO, NO_MEMORY, INTERNAL
 */
enum sr_status sr_pack_reader_next(struct sr_pack_reader *r, struct sr_bytes *out,
                                   uint64_t *out_number, struct sr_err *err) SR_MUST_USE;
/* SHA-256 of all lines before the last one that was taken, which has to be the END. */
enum sr_status sr_pack_reader_digest(struct sr_pack_reader *r,
                                     uint8_t out[SR_SHA256_BYTES]) SR_MUST_USE;

/* Puts lines in order and hashes them. One thread. */
struct sr_pack_writer;
struct sr_pack_sink {
    enum sr_status (*write)(void *ctx, struct sr_bytes data, struct sr_err *err);
    void *ctx;
};
/* sink's ctx outlives it. errors  NO_MEMORY, INTERNAL */
enum sr_status sr_pack_writer_new(const struct sr_pack_sink *sink, struct sr_pack_writer **out,
                                  struct sr_err *err) SR_MUST_USE;
void sr_pack_writer_free(struct sr_pack_writer *w);
SR_DEFINE_AUTO(sr_pack_writer)
/* Write a line; after the CHECKPOINT the END is written by itself. errors  those of
 * sr_pack_line_encode(), sr_pack_order() and of the sink; INTERNAL */
enum sr_status sr_pack_writer_put(struct sr_pack_writer *w, const struct sr_pack_line *line,
                                  struct sr_err *err) SR_MUST_USE;

#endif /* SR_AUDIT_PACK_H */
