/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_CONVERT_H
#define SR_ARTIFACT_CONVERT_H

#include "artifact/inspection.h"
#include "base/io.h"

/*
 * The tensors of a PyTorch or NumPy file as a safetensors file, without unpickling: from what the
 * inspection meets on its way (struct sr_tensor_sink). A file that does not pass is not converted.
 * Every element keeps its bits; what was big-endian is swapped, what was strided is gathered, and a
 * storage that several tensors share is written once for each. Numbers, texts and whatever else
 * lies beside the tensors is left out.
 *
 * No input or output but through sink, so that it can run in an isolated process
 * (convert_process.h).
 * source  docs/formats/pytorch.md, "Conversion" (rules CV-n)
 */

struct sr_converted {
    enum sr_verdict verdict; /* of the input */
    uint64_t bytes;          /* of the output */
    uint64_t tensors;
};

/*
 * Convert.
 *
 * name   the input's name; hostile, as is input
 * input  unchanging
 * sink   gets each byte of the output once, in no particular order; trusted
 * errors  REFUSED      the file's verdict is REVIEW or BLOCK; err has its worst finding
 *         UNINSPECTED  it is UNPARSABLE; the same
 *         UNSUPPORTED  a type that safetensors has not, a tensor without a name, no tensors at all
 *         CONFLICT     two tensors of one name
 *         MALFORMED    a name that safetensors has no room for
 *         TOO_LARGE    the output would be over SR_LIMIT_CONVERT_RATIO times the input
 *         NO_MEMORY, INTERNAL, those of sink; err says which tensor
 */
enum sr_status sr_convert(struct sr_bytes name, struct sr_bytes input, const struct sr_sink *sink,
                          struct sr_converted *out, struct sr_err *err) SR_MUST_USE;

#endif /* SR_ARTIFACT_CONVERT_H */
