/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/onnx.h"

#include <assert.h>

#include "formats/protobuf_schema.h"

/* These contain one another. */
static const struct sr_protobuf_message GRAPH;
static const struct sr_protobuf_message TYPE;
static const struct sr_protobuf_message ATTRIBUTE;

static const struct sr_protobuf_field ENTRY_FIELDS[] = {
    ONE(1, "key", STRING),
    ONE(2, "value", STRING),
};
static const struct sr_protobuf_message ENTRY =
    MESSAGE(SR_ONNX_ENTRY, "StringStringEntryProto", ENTRY_FIELDS);

static const struct sr_protobuf_field SEGMENT_FIELDS[] = {
    ONE(1, "begin", INT64),
    ONE(2, "end", INT64),
};
static const struct sr_protobuf_message SEGMENT =
    MESSAGE(SR_ONNX_SEGMENT, "TensorProto.Segment", SEGMENT_FIELDS);

static const struct sr_protobuf_field TENSOR_FIELDS[] = {
    MANY(1, "dims", INT64),
    ONE(2, "data_type", INT32),
    SUB(3, "segment", SEGMENT),
    MANY(4, "float_data", FIXED32),
    MANY(5, "int32_data", INT32),
    MANY(6, "string_data", BYTES),
    MANY(7, "int64_data", INT64),
    ONE(8, "name", STRING),
    ONE(9, "raw_data", BYTES),
    MANY(10, "double_data", FIXED64),
    MANY(11, "uint64_data", UINT64),
    ONE(12, "doc_string", STRING),
    SUBS(13, "external_data", ENTRY),
    ONE(14, "data_location", INT32),
    SUBS(16, "metadata_props", ENTRY),
};
static const struct sr_protobuf_message TENSOR =
    MESSAGE(SR_ONNX_TENSOR, "TensorProto", TENSOR_FIELDS);

static const struct sr_protobuf_field SPARSE_FIELDS[] = {
    SUB(1, "values", TENSOR),
    SUB(2, "indices", TENSOR),
    MANY(3, "dims", INT64),
};
static const struct sr_protobuf_message SPARSE =
    MESSAGE(SR_ONNX_SPARSE_TENSOR, "SparseTensorProto", SPARSE_FIELDS);

static const struct sr_protobuf_field DIMENSION_FIELDS[] = {
    EITHER_ONE(1, "dim_value", INT64),
    EITHER_ONE(2, "dim_param", STRING),
    ONE(3, "denotation", STRING),
};
static const struct sr_protobuf_message DIMENSION =
    MESSAGE(SR_ONNX_DIMENSION, "TensorShapeProto.Dimension", DIMENSION_FIELDS);

static const struct sr_protobuf_field SHAPE_FIELDS[] = {
    SUBS(1, "dim", DIMENSION),
};
static const struct sr_protobuf_message SHAPE =
    MESSAGE(SR_ONNX_SHAPE, "TensorShapeProto", SHAPE_FIELDS);

static const struct sr_protobuf_field TYPE_TENSOR_FIELDS[] = {
    ONE(1, "elem_type", INT32),
    SUB(2, "shape", SHAPE),
};
static const struct sr_protobuf_message TYPE_TENSOR =
    MESSAGE(SR_ONNX_TYPE_PART, "TypeProto.Tensor", TYPE_TENSOR_FIELDS);

static const struct sr_protobuf_field TYPE_SEQUENCE_FIELDS[] = {
    SUB(1, "elem_type", TYPE),
};
static const struct sr_protobuf_message TYPE_SEQUENCE =
    MESSAGE(SR_ONNX_TYPE_PART, "TypeProto.Sequence", TYPE_SEQUENCE_FIELDS);

static const struct sr_protobuf_field TYPE_MAP_FIELDS[] = {
    ONE(1, "key_type", INT32),
    SUB(2, "value_type", TYPE),
};
static const struct sr_protobuf_message TYPE_MAP =
    MESSAGE(SR_ONNX_TYPE_PART, "TypeProto.Map", TYPE_MAP_FIELDS);

static const struct sr_protobuf_field TYPE_OPAQUE_FIELDS[] = {
    ONE(1, "domain", STRING),
    ONE(2, "name", STRING),
};
static const struct sr_protobuf_message TYPE_OPAQUE =
    MESSAGE(SR_ONNX_TYPE_PART, "TypeProto.Opaque", TYPE_OPAQUE_FIELDS);

static const struct sr_protobuf_field TYPE_FIELDS[] = {
    EITHER(1, "tensor_type", TYPE_TENSOR),     EITHER(4, "sequence_type", TYPE_SEQUENCE),
    EITHER(5, "map_type", TYPE_MAP),           ONE(6, "denotation", STRING),
    EITHER(7, "opaque_type", TYPE_OPAQUE),     EITHER(8, "sparse_tensor_type", TYPE_TENSOR),
    EITHER(9, "optional_type", TYPE_SEQUENCE),
};
static const struct sr_protobuf_message TYPE = MESSAGE(SR_ONNX_TYPE, "TypeProto", TYPE_FIELDS);

static const struct sr_protobuf_field VALUE_INFO_FIELDS[] = {
    ONE(1, "name", STRING),
    SUB(2, "type", TYPE),
    ONE(3, "doc_string", STRING),
    SUBS(4, "metadata_props", ENTRY),
};
static const struct sr_protobuf_message VALUE_INFO =
    MESSAGE(SR_ONNX_VALUE_INFO, "ValueInfoProto", VALUE_INFO_FIELDS);

static const struct sr_protobuf_field GROUP_FIELDS[] = {
    ONE(1, "key", INT64),
    MANY(2, "value", INT64),
};
static const struct sr_protobuf_message GROUP =
    MESSAGE(SR_ONNX_DEVICE, "IntIntListEntryProto", GROUP_FIELDS);

static const struct sr_protobuf_field SIMPLE_DIM_FIELDS[] = {
    EITHER_ONE(1, "dim_value", INT64),
    EITHER_ONE(2, "dim_param", STRING),
    ONE(3, "num_shards", INT64),
};
static const struct sr_protobuf_message SIMPLE_DIM =
    MESSAGE(SR_ONNX_DEVICE, "SimpleShardedDimProto", SIMPLE_DIM_FIELDS);

static const struct sr_protobuf_field SHARDED_DIM_FIELDS[] = {
    ONE(1, "axis", INT64),
    SUBS(2, "simple_sharding", SIMPLE_DIM),
};
static const struct sr_protobuf_message SHARDED_DIM =
    MESSAGE(SR_ONNX_DEVICE, "ShardedDimProto", SHARDED_DIM_FIELDS);

static const struct sr_protobuf_field SHARDING_FIELDS[] = {
    ONE(1, "tensor_name", STRING),
    MANY(2, "device", INT64),
    SUBS(3, "index_to_device_group_map", GROUP),
    SUBS(4, "sharded_dim", SHARDED_DIM),
};
static const struct sr_protobuf_message SHARDING =
    MESSAGE(SR_ONNX_DEVICE, "ShardingSpecProto", SHARDING_FIELDS);

static const struct sr_protobuf_field NODE_DEVICE_FIELDS[] = {
    ONE(1, "configuration_id", STRING),
    SUBS(2, "sharding_spec", SHARDING),
    ONE(3, "pipeline_stage", INT32),
};
static const struct sr_protobuf_message NODE_DEVICE =
    MESSAGE(SR_ONNX_DEVICE, "NodeDeviceConfigurationProto", NODE_DEVICE_FIELDS);

static const struct sr_protobuf_field DEVICE_FIELDS[] = {
    ONE(1, "name", STRING),
    ONE(2, "num_devices", INT32),
    MANY(3, "device", STRING),
};
static const struct sr_protobuf_message DEVICE =
    MESSAGE(SR_ONNX_DEVICE, "DeviceConfigurationProto", DEVICE_FIELDS);

static const struct sr_protobuf_field NODE_FIELDS[] = {
    MANY(1, "input", STRING),         MANY(2, "output", STRING),
    ONE(3, "name", STRING),           ONE(4, "op_type", STRING),
    SUBS(5, "attribute", ATTRIBUTE),  ONE(6, "doc_string", STRING),
    ONE(7, "domain", STRING),         ONE(8, "overload", STRING),
    SUBS(9, "metadata_props", ENTRY), SUBS(10, "device_configurations", NODE_DEVICE),
};
static const struct sr_protobuf_message NODE = MESSAGE(SR_ONNX_NODE, "NodeProto", NODE_FIELDS);

static const struct sr_protobuf_field ATTRIBUTE_FIELDS[] = {
    ONE(1, "name", STRING),
    ONE(2, "f", FIXED32),
    ONE(3, "i", INT64),
    ONE(4, "s", BYTES),
    SUB(5, "t", TENSOR),
    SUB(6, "g", GRAPH),
    MANY(7, "floats", FIXED32),
    MANY(8, "ints", INT64),
    MANY(9, "strings", BYTES),
    SUBS(10, "tensors", TENSOR),
    SUBS(11, "graphs", GRAPH),
    ONE(13, "doc_string", STRING),
    SUB(14, "tp", TYPE),
    SUBS(15, "type_protos", TYPE),
    ONE(20, "type", INT32),
    ONE(21, "ref_attr_name", STRING),
    SUB(22, "sparse_tensor", SPARSE),
    SUBS(23, "sparse_tensors", SPARSE),
};
static const struct sr_protobuf_message ATTRIBUTE =
    MESSAGE(SR_ONNX_ATTRIBUTE, "AttributeProto", ATTRIBUTE_FIELDS);

static const struct sr_protobuf_field ANNOTATION_FIELDS[] = {
    ONE(1, "tensor_name", STRING),
    SUBS(2, "quant_parameter_tensor_names", ENTRY),
};
static const struct sr_protobuf_message ANNOTATION =
    MESSAGE(SR_ONNX_ANNOTATION, "TensorAnnotation", ANNOTATION_FIELDS);

static const struct sr_protobuf_field GRAPH_FIELDS[] = {
    SUBS(1, "node", NODE),
    ONE(2, "name", STRING),
    SUBS(5, "initializer", TENSOR),
    ONE(10, "doc_string", STRING),
    SUBS(11, "input", VALUE_INFO),
    SUBS(12, "output", VALUE_INFO),
    SUBS(13, "value_info", VALUE_INFO),
    SUBS(14, "quantization_annotation", ANNOTATION),
    SUBS(15, "sparse_initializer", SPARSE),
    SUBS(16, "metadata_props", ENTRY),
};
static const struct sr_protobuf_message GRAPH = MESSAGE(SR_ONNX_GRAPH, "GraphProto", GRAPH_FIELDS);

static const struct sr_protobuf_field OPERATOR_SET_FIELDS[] = {
    ONE(1, "domain", STRING),
    ONE(2, "version", INT64),
};
static const struct sr_protobuf_message OPERATOR_SET =
    MESSAGE(SR_ONNX_OPERATOR_SET, "OperatorSetIdProto", OPERATOR_SET_FIELDS);

static const struct sr_protobuf_field TRAINING_FIELDS[] = {
    SUB(1, "initialization", GRAPH),
    SUB(2, "algorithm", GRAPH),
    SUBS(3, "initialization_binding", ENTRY),
    SUBS(4, "update_binding", ENTRY),
};
static const struct sr_protobuf_message TRAINING =
    MESSAGE(SR_ONNX_TRAINING, "TrainingInfoProto", TRAINING_FIELDS);

/* since_version and status (2, 3) were there in IR version 7 only. */
static const struct sr_protobuf_field FUNCTION_FIELDS[] = {
    ONE(1, "name", STRING),
    ONE(2, "since_version", INT64),
    ONE(3, "status", INT32),
    MANY(4, "input", STRING),
    MANY(5, "output", STRING),
    MANY(6, "attribute", STRING),
    SUBS(7, "node", NODE),
    ONE(8, "doc_string", STRING),
    SUBS(9, "opset_import", OPERATOR_SET),
    ONE(10, "domain", STRING),
    SUBS(11, "attribute_proto", ATTRIBUTE),
    SUBS(12, "value_info", VALUE_INFO),
    ONE(13, "overload", STRING),
    SUBS(14, "metadata_props", ENTRY),
};
static const struct sr_protobuf_message FUNCTION =
    MESSAGE(SR_ONNX_FUNCTION, "FunctionProto", FUNCTION_FIELDS);

static const struct sr_protobuf_field MODEL_FIELDS[] = {
    ONE(1, "ir_version", INT64),
    ONE(2, "producer_name", STRING),
    ONE(3, "producer_version", STRING),
    ONE(4, "domain", STRING),
    ONE(5, "model_version", INT64),
    ONE(6, "doc_string", STRING),
    SUB(7, "graph", GRAPH),
    SUBS(8, "opset_import", OPERATOR_SET),
    SUBS(14, "metadata_props", ENTRY),
    SUBS(20, "training_info", TRAINING),
    SUBS(25, "functions", FUNCTION),
    SUBS(26, "configuration", DEVICE),
};
const struct sr_protobuf_message sr_onnx_model = MESSAGE(SR_ONNX_MODEL, "ModelProto", MODEL_FIELDS);

const struct sr_onnx_dtype *sr_onnx_dtype(uint64_t number)
{
    static const struct sr_onnx_dtype TYPES[] = {
        [1] = {"FLOAT", 32, SR_ONNX_TENSOR_FLOATS, 1, 1},
        [2] = {"UINT8", 8, SR_ONNX_TENSOR_INT32S, 1, 1},
        [3] = {"INT8", 8, SR_ONNX_TENSOR_INT32S, 1, 1},
        [4] = {"UINT16", 16, SR_ONNX_TENSOR_INT32S, 1, 1},
        [5] = {"INT16", 16, SR_ONNX_TENSOR_INT32S, 1, 1},
        [6] = {"INT32", 32, SR_ONNX_TENSOR_INT32S, 1, 1},
        [7] = {"INT64", 64, SR_ONNX_TENSOR_INT64S, 1, 1},
        [8] = {"STRING", 0, SR_ONNX_TENSOR_STRINGS, 1, 1},
        [9] = {"BOOL", 8, SR_ONNX_TENSOR_INT32S, 1, 1},
        [10] = {"FLOAT16", 16, SR_ONNX_TENSOR_INT32S, 1, 1},
        [11] = {"DOUBLE", 64, SR_ONNX_TENSOR_DOUBLES, 1, 1},
        [12] = {"UINT32", 32, SR_ONNX_TENSOR_UINT64S, 1, 1},
        [13] = {"UINT64", 64, SR_ONNX_TENSOR_UINT64S, 1, 1},
        [14] = {"COMPLEX64", 64, SR_ONNX_TENSOR_FLOATS, 2, 1},
        [15] = {"COMPLEX128", 128, SR_ONNX_TENSOR_DOUBLES, 2, 1},
        [16] = {"BFLOAT16", 16, SR_ONNX_TENSOR_INT32S, 1, 1},
        [17] = {"FLOAT8E4M3FN", 8, SR_ONNX_TENSOR_INT32S, 1, 1},
        [18] = {"FLOAT8E4M3FNUZ", 8, SR_ONNX_TENSOR_INT32S, 1, 1},
        [19] = {"FLOAT8E5M2", 8, SR_ONNX_TENSOR_INT32S, 1, 1},
        [20] = {"FLOAT8E5M2FNUZ", 8, SR_ONNX_TENSOR_INT32S, 1, 1},
        [21] = {"UINT4", 4, SR_ONNX_TENSOR_INT32S, 1, 2},
        [22] = {"INT4", 4, SR_ONNX_TENSOR_INT32S, 1, 2},
        [23] = {"FLOAT4E2M1", 4, SR_ONNX_TENSOR_INT32S, 1, 2},
        [24] = {"FLOAT8E8M0", 8, SR_ONNX_TENSOR_INT32S, 1, 1},
        [25] = {"UINT2", 2, SR_ONNX_TENSOR_INT32S, 1, 4},
        [26] = {"INT2", 2, SR_ONNX_TENSOR_INT32S, 1, 4},
    };
    return number > 0 && number < FIELD_COUNT(TYPES) ? &TYPES[number] : NULL;
}

bool sr_onnx_dtype_bytes(const struct sr_onnx_dtype *dtype, uint64_t elements, uint64_t *out)
{
    assert(dtype->bits != 0);
    uint64_t bits = 0;
    if (__builtin_mul_overflow(elements, (uint64_t)dtype->bits, &bits)) {
        return false;
    }
    *out = bits / 8 + (bits % 8 != 0 ? 1 : 0);
    return true;
}
