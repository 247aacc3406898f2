/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_PICKLE_H
#define SR_FORMATS_PICKLE_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/status.h"

/*
 * The opcodes of a pickle, one after the other: where each begins and ends and what its argument
 * is. What they do is not known here (artifact/pickle.h knows); nothing is kept but a position, so
 * this is linear in time and constant in memory.
 *
 * Unpicklers differ: in C and in Python, old and new, and their disassembler. Accepted is only what
 * all of them read alike; everything else is MALFORMED, with opcode and offset.
 *
 * source  docs/formats/pickle.md (rules P-1 to P-8); CPython's Lib/pickletools.py names opcodes
 *         and forms, Lib/pickle.py and Modules/_pickle.c read them
 */

/* What stands behind the byte of an opcode. */
enum sr_pickle_form {
    SR_PICKLE_FORM_UNKNOWN, /* no opcode */
    SR_PICKLE_FORM_NONE,
    SR_PICKLE_FORM_1, /* that many bytes */
    SR_PICKLE_FORM_2,
    SR_PICKLE_FORM_4,
    SR_PICKLE_FORM_8,
    SR_PICKLE_FORM_LINE,   /* a line */
    SR_PICKLE_FORM_LINES,  /* two lines: a module and a name */
    SR_PICKLE_FORM_BLOCK1, /* a length of that many bytes, little-endian, then so many bytes */
    SR_PICKLE_FORM_BLOCK4,
    SR_PICKLE_FORM_BLOCK4S, /* the same; a length over 2^31 - 1 is read as negative by some */
    SR_PICKLE_FORM_BLOCK8
};

struct sr_pickle_opcode {
    const char *name; /* "STACK_GLOBAL"; NULL: no opcode */
    enum sr_pickle_form form;
    uint8_t bytes;    /* all of it when that is fixed, else 0 */
    uint8_t protocol; /* the first that has it */
};

/* The opcode that a byte stands for. 68 of the 256 have a name. */
extern const struct sr_pickle_opcode sr_pickle_opcodes[256];

/* The opcodes by their names, for those who act on them: CODE_GLOBAL is 'c'. */
enum sr_pickle_code {
#define PICKLE(name, code, form, bytes, protocol) SR_PICKLE_CODE_##name = code,
#include "formats/pickle.def"
#undef PICKLE
};

/* One opcode as it stands in the stream. */
struct sr_pickle_op {
    uint8_t code;
    uint64_t at;          /* its offset */
    struct sr_bytes arg;  /* without length and newline; LINES: the module */
    struct sr_bytes name; /* LINES: the name; else not set */
};

/* Why the last opcode was refused, where some unpicklers would not. */
enum sr_pickle_fault {
    SR_PICKLE_NO_FAULT,
    SR_PICKLE_FRAME_CUT,     /* the frame goes on past the end of the bytes */
    SR_PICKLE_FRAME_CROSSED, /* an opcode, or another frame, goes across its end */
    SR_PICKLE_ODD            /* some unpicklers read on: a spelling, a version, a second PROTO */
};

/* Use sr_pickle_reader(); only functions in this header touch it. */
struct sr_pickle_reader {
    struct sr_bytes bytes;
    uint64_t begin;
    uint64_t at;
    uint64_t limit; /* of the open frame, or of the bytes */
    bool has_frame;
    bool ignores_frames;
    uint64_t odd_end;           /* of the opcode that is ODD */
    uint8_t protocol;           /* of PROTO; 0 without */
    enum sr_pickle_fault fault; /* set with a failure; anybody may read it */
};

/* Read a stream that begins at offset; offset <= bytes.len. */
static inline struct sr_pickle_reader sr_pickle_reader(struct sr_bytes bytes, uint64_t offset)
{
    return (struct sr_pickle_reader){
        .bytes = bytes, .begin = offset, .at = offset, .limit = bytes.len};
}

enum sr_status sr_pickle_next_slow(struct sr_pickle_reader *r, struct sr_pickle_op *out,
                                   struct sr_err *err) SR_MUST_USE;

/*
 * Decode the next opcode. Not to be called after STOP. Views point into the bytes. On failure the
 * reader stays before the opcode.
 *
 * errors  TRUNCATED  the bytes end within it, or before a STOP
 *         MALFORMED  P-1 to P-8
 */
static inline enum sr_status sr_pickle_next(struct sr_pickle_reader *r, struct sr_pickle_op *out,
                                            struct sr_err *err)
{
    if (r->at < r->limit) {
        uint8_t code = r->bytes.ptr[r->at];
        uint8_t bytes = sr_pickle_opcodes[code].bytes;
        if (bytes != 0 && bytes <= r->limit - r->at) {
            out->code = code;
            out->at = r->at;
            out->arg = sr_bytes(r->bytes.ptr + r->at + 1, bytes - 1U);
            r->at += bytes;
            return SR_OK;
        }
    }
    return sr_pickle_next_slow(r, out, err);
}

/*
 * After a fault, go on as those unpicklers do: at the opcode that was refused, without regard to
 * frames (CPython's unpickler in C before 3.13.15 and 3.14.7), or after the one that is odd, whose
 * code comes out; it is not to be decoded again.
 */
uint8_t sr_pickle_go_on(struct sr_pickle_reader *r);

/*
 * Step over raw bytes between two opcodes, as a loader does that reads the file by itself (joblib).
 *
 * errors  MALFORMED  a frame is open: what such a loader reads then depends on its buffering
 *         TRUNCATED
 */
enum sr_status sr_pickle_skip(struct sr_pickle_reader *r, uint64_t bytes,
                              struct sr_err *err) SR_MUST_USE;

/* Decode again the opcode at an offset at which one was decoded before. */
struct sr_pickle_op sr_pickle_again(struct sr_bytes bytes, uint64_t at);

/*
 * The integer that the opcode (BININT, BININT1, BININT2, INT, LONG, LONG1, LONG4) stands for.
 * false: it does not fit, or the opcode stands for none. INT's 00 and 01 are booleans: false as
 * well.
 */
bool sr_pickle_integer(const struct sr_pickle_op *op, int64_t *out);

/* A little-endian unsigned integer of up to 8 bytes. */
static inline uint64_t sr_pickle_unsigned(struct sr_bytes arg)
{
    uint64_t value = 0;
    for (size_t i = arg.len; i > 0; i--) {
        value = value << 8 | arg.ptr[i - 1];
    }
    return value;
}

/* The number of a slot that GET or PUT (decimal) or their binary forms name. */
bool sr_pickle_slot(const struct sr_pickle_op *op, uint64_t *out);

/* UTF-8 as Python's "surrogatepass" takes it: NUL and lone surrogates are fine. */
bool sr_pickle_is_text(struct sr_bytes text);

#endif /* SR_FORMATS_PICKLE_H */
