/* SPDX-License-Identifier: Apache-2.0 */
#include <lzma.h>
#include <stdlib.h>

#include "formats/unpack_impl.h"

static enum sr_status begin(enum sr_packing packing, void **out_state)
{
    lzma_stream *l = calloc(1, sizeof *l);
    if (l == NULL) {
        return SR_NO_MEMORY;
    }
    *l = (lzma_stream)LZMA_STREAM_INIT;
    lzma_ret result = packing == SR_PACKING_XZ
                          ? lzma_stream_decoder(l, SR_UNPACK_MEMORY, LZMA_TELL_UNSUPPORTED_CHECK)
                          : lzma_alone_decoder(l, SR_UNPACK_MEMORY);
    if (result != LZMA_OK) {
        free(l);
        return SR_NO_MEMORY;
    }
    *out_state = l;
    return SR_OK;
}

static enum sr_status step(void *state, struct sr_unpack_step *s)
{
    lzma_stream *l = state;
    l->next_in = s->in;
    l->avail_in = s->in_len;
    l->next_out = s->out;
    l->avail_out = s->out_len;
    lzma_ret result = lzma_code(l, LZMA_RUN);
    s->in = l->next_in;
    s->in_len = l->avail_in;
    s->out = l->next_out;
    s->out_len = l->avail_out;
    s->is_end = result == LZMA_STREAM_END;
    if (result == LZMA_MEM_ERROR) {
        return SR_NO_MEMORY;
    }
    if (result == LZMA_MEMLIMIT_ERROR) {
        return SR_TOO_LARGE;
    }
    return result == LZMA_OK || result == LZMA_STREAM_END || result == LZMA_BUF_ERROR
               ? SR_OK
               : SR_MALFORMED;
}

static void end(void *state)
{
    lzma_stream *l = state;
    lzma_end(l);
    free(l);
}

const struct sr_unpack_codec sr_unpack_lzma = {.begin = begin, .step = step, .end = end};
