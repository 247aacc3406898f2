/* SPDX-License-Identifier: Apache-2.0 */
#include <bzlib.h>
#include <limits.h>
#include <stdlib.h>

#include "formats/unpack_impl.h"

static enum sr_status begin(enum sr_packing packing, void **out_state)
{
    (void)packing;
    bz_stream *b = calloc(1, sizeof *b);
    if (b == NULL) {
        return SR_NO_MEMORY;
    }
    if (BZ2_bzDecompressInit(b, 0, 0) != BZ_OK) {
        free(b);
        return SR_NO_MEMORY;
    }
    *out_state = b;
    return SR_OK;
}

static unsigned at_most(size_t len)
{
    return len < UINT_MAX ? (unsigned)len : UINT_MAX;
}

static enum sr_status step(void *state, struct sr_unpack_step *s)
{
    bz_stream *b = state;
    unsigned in_len = at_most(s->in_len);
    unsigned out_len = at_most(s->out_len);
    /* The library only reads there, but its type does not say so. */
    b->next_in = (char *)(uintptr_t)s->in;
    b->avail_in = in_len;
    b->next_out = (char *)s->out;
    b->avail_out = out_len;
    int result = BZ2_bzDecompress(b);
    s->in += in_len - b->avail_in;
    s->in_len -= in_len - b->avail_in;
    s->out += out_len - b->avail_out;
    s->out_len -= out_len - b->avail_out;
    s->is_end = result == BZ_STREAM_END;
    if (result == BZ_MEM_ERROR) {
        return SR_NO_MEMORY;
    }
    return result == BZ_OK || result == BZ_STREAM_END ? SR_OK : SR_MALFORMED;
}

static void end(void *state)
{
    bz_stream *b = state;
    (void)BZ2_bzDecompressEnd(b);
    free(b);
}

const struct sr_unpack_codec sr_unpack_bzip2 = {.begin = begin, .step = step, .end = end};
