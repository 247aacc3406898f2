/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_TFLITE_H
#define SR_FORMATS_TFLITE_H

#include "formats/flatbuffer.h"

/*
 * The schema of TensorFlow Lite models (version 3c), for sr_flatbuffer_verify(). Pure data.
 *
 * source  schema.fbs of the TensorFlow project, slots and types; docs/formats/tflite.md
 */

#define SR_TFLITE_IDENTIFIER "TFL3"

extern const struct sr_flatbuffer_type sr_tflite_model;

/* Slots that rules look at. */
enum {
    SR_TFLITE_MODEL_VERSION = 0,
    SR_TFLITE_MODEL_CODES = 1,
    SR_TFLITE_MODEL_SUBGRAPHS = 2,
    SR_TFLITE_MODEL_DESCRIPTION = 3,
    SR_TFLITE_MODEL_BUFFERS = 4,
    SR_TFLITE_MODEL_METADATA = 6,
    SR_TFLITE_MODEL_SIGNATURES = 7,
    SR_TFLITE_CODE_OLD = 0,
    SR_TFLITE_CODE_CUSTOM = 1,
    SR_TFLITE_CODE_BUILTIN = 3,
    SR_TFLITE_SUBGRAPH_TENSORS = 0,
    SR_TFLITE_SUBGRAPH_INPUTS = 1,
    SR_TFLITE_SUBGRAPH_OUTPUTS = 2,
    SR_TFLITE_SUBGRAPH_OPERATORS = 3,
    SR_TFLITE_TENSOR_SHAPE = 0,
    SR_TFLITE_TENSOR_TYPE = 1,
    SR_TFLITE_TENSOR_BUFFER = 2,
    SR_TFLITE_TENSOR_SPARSITY = 6,
    SR_TFLITE_OPERATOR_CODE = 0,
    SR_TFLITE_OPERATOR_INPUTS = 1,
    SR_TFLITE_OPERATOR_OUTPUTS = 2,
    SR_TFLITE_OPERATOR_INTERMEDIATES = 8,
    SR_TFLITE_OPERATOR_LARGE_OFFSET = 9,
    SR_TFLITE_OPERATOR_LARGE_SIZE = 10,
    SR_TFLITE_BUFFER_DATA = 0,
    SR_TFLITE_BUFFER_OFFSET = 1,
    SR_TFLITE_BUFFER_SIZE = 2,
    SR_TFLITE_METADATA_BUFFER = 1,
    SR_TFLITE_SIGNATURE_SUBGRAPH = 4
};

/* BuiltinOperator: those that are no computation, and the last one that is known. */
enum {
    SR_TFLITE_OP_CUSTOM = 32,
    SR_TFLITE_OP_DELEGATE = 51,
    SR_TFLITE_OP_PLACEHOLDER = 127,
    SR_TFLITE_OP_CUSTOM_CALL = 173,
    SR_TFLITE_OP_LAST = 207
};

/* Bits of an element; 0: not known, or none (strings, resources). type is hostile. */
unsigned sr_tflite_type_bits(uint64_t type);

#endif /* SR_FORMATS_TFLITE_H */
