/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_WORKER_RECORDS_H
#define SR_ARTIFACT_WORKER_RECORDS_H

#include <stdbool.h>

#include "artifact/finding.h"
#include "base/attr.h"
#include "base/limits.h"
#include "base/status.h"

/*
 * What the isolated worker and its parent say to each other: one datagram each, of a kind, then
 * fields as docs/formats/README.md has them (big-endian; a text is a 2-byte length and its bytes).
 *
 *     parent  FILE, then what the worker tells of it up to ENDED
 *             FINISH, then the same
 *     worker  READY once, or FAILED instead
 *
 * The parent takes the worker for hostile: whoever controls the parser controls what it says. So a
 * record is decoded strictly and has one spelling only; what it means is bounded by the inspector.
 */

enum sr_record_kind {
    SR_RECORD_READY = 1, /* it is isolated */
    SR_RECORD_FAILED,    /* it could not be: why is in text[0] */
    SR_RECORD_FINDING,
    SR_RECORD_GLOBAL,    /* text: module, name, role */
    SR_RECORD_REFERENCE, /* text[0]: a plain path */
    SR_RECORD_NEED,      /* chunk: to be sent */
    SR_RECORD_DEFERRED,  /* instead of looking: it has to come after the others */
    SR_RECORD_ENDED,     /* text[0]: the format; of FINISH: "" */
    SR_RECORD_FACT,      /* text[0]: its value */
    SR_RECORD_KIND_COUNT
};

#define SR_RECORD_TEXTS 3
#define SR_RECORD_TEXT_BYTES (SR_LIMIT_PATH_BYTES + 1)
/* A kind, three texts, and numbers. */
#define SR_RECORD_BYTES_MAX (SR_RECORD_TEXTS * (SR_RECORD_TEXT_BYTES + 2) + 64)

struct sr_record {
    enum sr_record_kind kind;
    enum sr_rule rule;       /* FINDING */
    enum sr_fact_key key;    /* FACT */
    enum sr_verdict verdict; /* ENDED */
    uint32_t file;           /* FINDING: whose, in the order of FILE, from 0 */
    uint64_t offset;         /* FINDING */
    uint64_t length;         /* FINDING */
    uint64_t bytes;          /* ENDED */
    uint64_t covered;        /* ENDED; at most bytes */
    uint64_t chunk;          /* NEED */
    char text[SR_RECORD_TEXTS][SR_RECORD_TEXT_BYTES]; /* FINDING: member, evidence */
};

/*
 * Put a record into out. Texts that are not what decoding demands are cut or replaced, so that what
 * a parser says wrong is not the end of its worker. Returns the length.
 */
size_t sr_record_encode(const struct sr_record *record, uint8_t out[SR_RECORD_BYTES_MAX]);

/*
 * Take one datagram apart. datagram is hostile. Texts come out NUL-terminated; all are printable
 * ASCII but a path, which is any bytes without NUL.
 *
 * errors  MALFORMED  an unknown kind, rule, key or verdict; a text with other bytes or too long;
 * covered over bytes; bytes left over TRUNCATED
 */
enum sr_status sr_record_decode(struct sr_bytes datagram, struct sr_record *out) SR_MUST_USE;

enum sr_request_kind { SR_REQUEST_FILE = 1, SR_REQUEST_FINISH };

/* What the parent wants. With FILE comes a descriptor, unless the bytes are fetched in chunks. */
struct sr_request {
    enum sr_request_kind kind;
    bool is_fetched; /* FILE */
    bool may_defer;  /* FILE */
    uint64_t bytes;  /* FILE */
    char path[SR_LIMIT_PATH_BYTES + 1];
};

#define SR_REQUEST_BYTES_MAX (SR_LIMIT_PATH_BYTES + 16)
/* What a chunk of a fetched file has, but for the last; it comes in pieces of PIECE. */
#define SR_REQUEST_CHUNK_BYTES ((size_t)1 << 20)
#define SR_REQUEST_PIECE_BYTES ((size_t)1 << 16)

size_t sr_request_encode(const struct sr_request *request, uint8_t out[SR_REQUEST_BYTES_MAX]);
/* errors  MALFORMED, TRUNCATED, TOO_LARGE */
enum sr_status sr_request_decode(struct sr_bytes datagram, struct sr_request *out) SR_MUST_USE;

#endif /* SR_ARTIFACT_WORKER_RECORDS_H */
