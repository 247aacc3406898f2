/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_CONVERT_GATHER_H
#define SR_ARTIFACT_CONVERT_GATHER_H

#include "artifact/inspection.h"
#include "base/io.h"

/*
 * The elements of a view of a storage, put one after the other in the order of its indices (the
 * last one fastest), little-endian.
 */

/*
 * Write all elements of view to sink from offset at.
 *
 * view     lies in storage; its elements are little-endian or is_big_endian says otherwise
 * storage  the bytes of its storage; hostile
 * errors   MALFORMED  the view reaches beyond storage; NO_MEMORY; those of sink
 */
enum sr_status sr_convert_gather(const struct sr_storage_view *view, struct sr_bytes storage,
                                 const struct sr_sink *sink, uint64_t at,
                                 struct sr_err *err) SR_MUST_USE;

#endif /* SR_ARTIFACT_CONVERT_GATHER_H */
