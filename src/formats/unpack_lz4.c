/* SPDX-License-Identifier: Apache-2.0 */
#include <lz4frame.h>
#include <stdlib.h>

#include "formats/unpack_impl.h"

/* On failure the library does not say what came out of this call: so little goes into each. */
#define PIECE_BYTES 4096

struct state {
    LZ4F_dctx *context;
};

static enum sr_status begin(enum sr_packing packing, void **out_state)
{
    (void)packing;
    struct state *l = calloc(1, sizeof *l);
    if (l == NULL) {
        return SR_NO_MEMORY;
    }
    if (LZ4F_isError(LZ4F_createDecompressionContext(&l->context, LZ4F_VERSION))) {
        free(l);
        return SR_NO_MEMORY;
    }
    *out_state = l;
    return SR_OK;
}

static enum sr_status step(void *state, struct sr_unpack_step *s)
{
    const struct state *l = state;
    size_t in_len = s->in_len < PIECE_BYTES ? s->in_len : PIECE_BYTES;
    size_t out_len = s->out_len;
    size_t hint = LZ4F_decompress(l->context, s->out, &out_len, s->in, &in_len, NULL);
    if (LZ4F_isError(hint)) {
        return SR_MALFORMED;
    }
    s->in += in_len;
    s->in_len -= in_len;
    s->out += out_len;
    s->out_len -= out_len;
    s->is_end = hint == 0;
    return SR_OK;
}

static void end(void *state)
{
    struct state *l = state;
    (void)LZ4F_freeDecompressionContext(l->context);
    free(l);
}

const struct sr_unpack_codec sr_unpack_lz4 = {.begin = begin, .step = step, .end = end};
