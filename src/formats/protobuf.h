/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_PROTOBUF_H
#define SR_FORMATS_PROTOBUF_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/status.h"

/*
 * Protocol Buffers' wire format, walked along a schema. The schema is data: tables of fields. The
 * walk is iterative and hands out one item after another; it copies nothing and allocates nothing.
 *
 * It is stricter than Google's decoder, which takes the last of several values, merges messages and
 * drops what it does not know: where two decoders may read a message differently, it is refused.
 * A field that the schema does not have is handed out as UNKNOWN, not skipped in silence.
 *
 *     struct sr_protobuf p;
 *     sr_protobuf_init(&p, bytes, &root);
 *     do { SR_TRY(sr_protobuf_next(&p, &item, err)); ... } while (item.event != SR_PROTOBUF_END);
 *
 * source  docs/formats/protobuf.md (rules PB-n)
 */

enum sr_protobuf_kind {
    SR_PROTOBUF_INT32, /* and enum: both are 32 bits, sign-extended to 64 on the wire */
    SR_PROTOBUF_INT64,
    SR_PROTOBUF_UINT32,
    SR_PROTOBUF_UINT64,
    SR_PROTOBUF_SINT64,
    SR_PROTOBUF_BOOL,
    SR_PROTOBUF_FIXED32, /* and float */
    SR_PROTOBUF_FIXED64, /* and double */
    SR_PROTOBUF_STRING,  /* UTF-8 without NUL */
    SR_PROTOBUF_BYTES,
    SR_PROTOBUF_MESSAGE
};

struct sr_protobuf_message;

struct sr_protobuf_field {
    uint32_t number;
    const char *name;
    enum sr_protobuf_kind kind;
    bool is_repeated;
    uint8_t oneof; /* not 0: of the fields of this message with this value, one may be there */
    const struct sr_protobuf_message *message; /* of kind MESSAGE */
};

#define SR_PROTOBUF_FIELDS_MAX 64

struct sr_protobuf_message {
    const char *name;
    unsigned id; /* the user's */
    const struct sr_protobuf_field *fields;
    size_t count; /* <= SR_PROTOBUF_FIELDS_MAX */
};

enum sr_protobuf_event {
    SR_PROTOBUF_END,     /* of the whole */
    SR_PROTOBUF_ENTER,   /* a message begins; bytes is all of it */
    SR_PROTOBUF_LEAVE,   /* it ends */
    SR_PROTOBUF_VALUE,   /* a number, or a string or bytes */
    SR_PROTOBUF_RUN,     /* several numbers of fixed width in one piece: bytes, count */
    SR_PROTOBUF_UNKNOWN, /* a field that the schema does not have; bytes is its value as encoded */
};

struct sr_protobuf_item {
    enum sr_protobuf_event event;
    unsigned depth;                            /* of message; the root's is 0 */
    const struct sr_protobuf_message *message; /* that has the field; ENTER, LEAVE: the new one */
    const struct sr_protobuf_field *field;     /* NULL for UNKNOWN and END */
    uint32_t number;                           /* of the field */
    uint64_t offset;                           /* in the input: of the value, after its length */
    uint64_t value;        /* a number: its 64 bits, sign-extended where it has a sign */
    uint64_t count;        /* of elements; 1 but for RUN */
    struct sr_bytes bytes; /* a view of the input */
};

/* Google's decoders stop at 100 by default. */
#define SR_PROTOBUF_DEPTH_MAX 100

struct sr_protobuf_level {
    const struct sr_protobuf_message *message;
    const struct sr_protobuf_field *field;
    size_t begin;
    size_t end;
    uint64_t seen;   /* bit n: the field fields[n] was there */
    uint32_t oneofs; /* bit n: a field with oneof n was there */
};

/* The members are the walker's own. */
struct sr_protobuf {
    struct sr_bytes input;
    size_t at;
    uint64_t items;
    unsigned depth;
    bool is_done;
    size_t packed_end; /* not 0: inside packed numbers of packed_field */
    const struct sr_protobuf_field *packed_field;
    struct sr_protobuf_level levels[SR_PROTOBUF_DEPTH_MAX];
};

/* input is hostile and outlives p; the schema is static. */
void sr_protobuf_init(struct sr_protobuf *p, struct sr_bytes input,
                      const struct sr_protobuf_message *root);

/*
 * The next item, in the order of the bytes. After a failure or END: do not call again.
 *
 * errors  MALFORMED  by rules PB-2 to PB-9; err says where
 *         TRUNCATED  a value runs past the end of its message
 *         TOO_LARGE  deeper than SR_PROTOBUF_DEPTH_MAX, or more than SR_LIMIT_PROTOBUF_ITEMS
 */
enum sr_status sr_protobuf_next(struct sr_protobuf *p, struct sr_protobuf_item *out,
                                struct sr_err *err) SR_MUST_USE;

/*
 * Whether all of input is fields of message with the right wire types, looking at none of their
 * contents; out_seen: bit n is set when fields[n] is there. At most fields_max fields, else false.
 * For finding out what a file is: Protocol Buffers have no magic number.
 */
bool sr_protobuf_skim(struct sr_bytes input, const struct sr_protobuf_message *message,
                      unsigned fields_max, uint64_t *out_seen);

/* The first field with that number, when it is of length-delimited form and comes within the first
 * fields_max fields; false when there is none. input is hostile. */
bool sr_protobuf_peek(struct sr_bytes input, uint32_t number, unsigned fields_max,
                      struct sr_bytes *out);

#endif /* SR_FORMATS_PROTOBUF_H */
