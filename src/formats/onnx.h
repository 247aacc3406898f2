/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_ONNX_H
#define SR_FORMATS_ONNX_H

#include "formats/protobuf.h"

/*
 * The schema of ONNX models (IR version 13), for sr_protobuf_next(), and what a tensor's element
 * type means. Pure data.
 *
 * source  onnx.proto of the ONNX project, field numbers and names; docs/formats/onnx.md
 */

/* sr_protobuf_message.id */
enum sr_onnx_message {
    SR_ONNX_MODEL,
    SR_ONNX_GRAPH,
    SR_ONNX_NODE,
    SR_ONNX_ATTRIBUTE,
    SR_ONNX_TENSOR,
    SR_ONNX_SEGMENT,
    SR_ONNX_SPARSE_TENSOR,
    SR_ONNX_VALUE_INFO,
    SR_ONNX_TYPE,
    SR_ONNX_TYPE_PART,
    SR_ONNX_SHAPE,
    SR_ONNX_DIMENSION,
    SR_ONNX_FUNCTION,
    SR_ONNX_OPERATOR_SET,
    SR_ONNX_ENTRY,
    SR_ONNX_TRAINING,
    SR_ONNX_ANNOTATION,
    SR_ONNX_DEVICE
};

extern const struct sr_protobuf_message sr_onnx_model;

/* Field numbers that rules look at. */
enum {
    SR_ONNX_MODEL_IR_VERSION = 1,
    SR_ONNX_MODEL_GRAPH = 7,
    SR_ONNX_MODEL_OPSET = 8,
    SR_ONNX_MODEL_METADATA = 14,
    SR_ONNX_NODE_NAME = 3,
    SR_ONNX_NODE_OP = 4,
    SR_ONNX_NODE_DOMAIN = 7,
    SR_ONNX_NODE_OVERLOAD = 8,
    SR_ONNX_ATTRIBUTE_NAME = 1,
    SR_ONNX_ATTRIBUTE_TYPE = 20,
    SR_ONNX_ATTRIBUTE_REF = 21,
    SR_ONNX_TENSOR_DIMS = 1,
    SR_ONNX_TENSOR_TYPE = 2,
    SR_ONNX_TENSOR_SEGMENT = 3,
    SR_ONNX_TENSOR_FLOATS = 4,
    SR_ONNX_TENSOR_INT32S = 5,
    SR_ONNX_TENSOR_STRINGS = 6,
    SR_ONNX_TENSOR_INT64S = 7,
    SR_ONNX_TENSOR_RAW = 9,
    SR_ONNX_TENSOR_DOUBLES = 10,
    SR_ONNX_TENSOR_UINT64S = 11,
    SR_ONNX_TENSOR_EXTERNAL = 13,
    SR_ONNX_TENSOR_LOCATION = 14,
    SR_ONNX_SPARSE_VALUES = 1,
    SR_ONNX_SPARSE_INDICES = 2,
    SR_ONNX_SPARSE_DIMS = 3,
    SR_ONNX_FUNCTION_NAME = 1,
    SR_ONNX_FUNCTION_DOMAIN = 10,
    SR_ONNX_FUNCTION_OVERLOAD = 13,
    SR_ONNX_OPERATOR_SET_DOMAIN = 1,
    SR_ONNX_ENTRY_KEY = 1,
    SR_ONNX_ENTRY_VALUE = 2
};

/* TensorProto.DataType */
struct sr_onnx_dtype {
    const char *name;
    uint8_t bits;    /* of an element in raw_data; 0: not there (strings) */
    uint8_t field;   /* of TensorProto that has its elements when raw_data has not */
    uint8_t entries; /* entries in that field for so many elements... */
    uint8_t elements;
};

/* NULL: no such type, or UNDEFINED. number is hostile. */
const struct sr_onnx_dtype *sr_onnx_dtype(uint64_t number);
#define SR_ONNX_DTYPE_STRING 8
#define SR_ONNX_DTYPE_INT64 7

/*
 * The bytes of so many elements in raw_data; false when it does not fit 64 bits. dtype is not
 * STRING.
 */
bool sr_onnx_dtype_bytes(const struct sr_onnx_dtype *dtype, uint64_t elements, uint64_t *out);

#endif /* SR_FORMATS_ONNX_H */
