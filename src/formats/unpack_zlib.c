/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <stdlib.h>
#define ZLIB_CONST /* next_in is const then */
#include <zlib.h>

#include "formats/unpack_impl.h"

/* How zlib is told what is around the stream, in the argument windowBits. */
#define WINDOW_DEFLATE (-MAX_WBITS)
#define WINDOW_ZLIB MAX_WBITS
#define WINDOW_GZIP (MAX_WBITS + 16)

static enum sr_status begin(enum sr_packing packing, void **out_state)
{
    int window = packing == SR_PACKING_DEFLATE ? WINDOW_DEFLATE : WINDOW_ZLIB;
    window = packing == SR_PACKING_GZIP ? WINDOW_GZIP : window;
    z_stream *z = calloc(1, sizeof *z);
    if (z == NULL) {
        return SR_NO_MEMORY;
    }
    if (inflateInit2(z, window) != Z_OK) {
        free(z);
        return SR_NO_MEMORY;
    }
    *out_state = z;
    return SR_OK;
}

static unsigned at_most(size_t len)
{
    return len < UINT_MAX ? (unsigned)len : UINT_MAX;
}

static enum sr_status step(void *state, struct sr_unpack_step *s)
{
    z_stream *z = state;
    unsigned in_len = at_most(s->in_len);
    unsigned out_len = at_most(s->out_len);
    z->next_in = s->in;
    z->avail_in = in_len;
    z->next_out = s->out;
    z->avail_out = out_len;
    int result = inflate(z, Z_NO_FLUSH);
    s->in += in_len - z->avail_in;
    s->in_len -= in_len - z->avail_in;
    s->out += out_len - z->avail_out;
    s->out_len -= out_len - z->avail_out;
    s->is_end = result == Z_STREAM_END;
    if (result == Z_MEM_ERROR) {
        return SR_NO_MEMORY;
    }
    /* A preset dictionary is something that the file does not hold. */
    return result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR ? SR_OK : SR_MALFORMED;
}

static void end(void *state)
{
    z_stream *z = state;
    (void)inflateEnd(z);
    free(z);
}

const struct sr_unpack_codec sr_unpack_zlib = {.begin = begin, .step = step, .end = end};
