/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/hdf5_parts.h"

enum sr_status sr_hdf5_dense(struct sr_hdf5_file *f, uint64_t heap, uint64_t tree,
                             uint8_t tree_type)
{
    (void)heap;
    (void)tree;
    return sr_fail(f->err, SR_UNSUPPORTED, "fractal heap for tree type %u", tree_type);
}
