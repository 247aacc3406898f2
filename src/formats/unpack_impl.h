/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_UNPACK_IMPL_H
#define SR_FORMATS_UNPACK_IMPL_H

#include <stdbool.h>

#include "formats/unpack.h"

/* What unpack.c and the files around the three libraries share; for nobody else. */

/* A window of input and one of output; step() moves both on. */
struct sr_unpack_step {
    const uint8_t *in;
    size_t in_len;
    uint8_t *out;
    size_t out_len;
    bool is_end; /* the stream has ended */
};

struct sr_unpack_codec {
    /* *out_state is NULL on failure. errors  NO_MEMORY */
    enum sr_status (*begin)(enum sr_packing packing, void **out_state);
    /*
     * Go on as far as both windows let.
     * errors  MALFORMED, TOO_LARGE (a dictionary over SR_UNPACK_MEMORY), NO_MEMORY
     */
    enum sr_status (*step)(void *state, struct sr_unpack_step *step);
    void (*end)(void *state);
};

/* What a decoder may want for itself: xz -9 wants 65 MiB. */
#define SR_UNPACK_MEMORY ((uint64_t)128 << 20)

extern const struct sr_unpack_codec sr_unpack_zlib;
extern const struct sr_unpack_codec sr_unpack_bzip2;
extern const struct sr_unpack_codec sr_unpack_lzma;
extern const struct sr_unpack_codec sr_unpack_lz4;

#endif /* SR_FORMATS_UNPACK_IMPL_H */
