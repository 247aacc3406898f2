/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/tensorflow.h"

#include "formats/protobuf_schema.h"

/* Those that are named before they are written down. */
static const struct sr_protobuf_message TENSOR;
static const struct sr_protobuf_message NAME_ATTRS;
static const struct sr_protobuf_message FULL_TYPE;
static const struct sr_protobuf_message TYPE_SPEC;
static const struct sr_protobuf_message TENSOR_INFO;
static const struct sr_protobuf_message VALUE;
static const struct sr_protobuf_message VARIABLE;

static const struct sr_protobuf_field VERSIONS_FIELDS[] = {
    ONE(1, "producer", INT32),
    ONE(2, "min_consumer", INT32),
    MANY(3, "bad_consumers", INT32),
};
static const struct sr_protobuf_message VERSIONS =
    MESSAGE(SR_TF_OTHER, "VersionDef", VERSIONS_FIELDS);

static const struct sr_protobuf_field ANY_FIELDS[] = {
    ONE(1, "type_url", STRING),
    ONE(2, "value", BYTES),
};
static const struct sr_protobuf_message ANY = MESSAGE(SR_TF_ANY, "Any", ANY_FIELDS);

static const struct sr_protobuf_field DIM_FIELDS[] = {
    ONE(1, "size", INT64),
    ONE(2, "name", STRING),
};
static const struct sr_protobuf_message DIM =
    MESSAGE(SR_TF_DIM, "TensorShapeProto.Dim", DIM_FIELDS);

static const struct sr_protobuf_field SHAPE_FIELDS[] = {
    SUBS(2, "dim", DIM),
    ONE(3, "unknown_rank", BOOL),
};
static const struct sr_protobuf_message SHAPE =
    MESSAGE(SR_TF_SHAPE, "TensorShapeProto", SHAPE_FIELDS);

static const struct sr_protobuf_field DTYPE_SHAPE_FIELDS[] = {
    ONE(1, "dtype", INT32),
    SUB(2, "shape", SHAPE),
};
static const struct sr_protobuf_message DTYPE_SHAPE =
    MESSAGE(SR_TF_OTHER, "ResourceHandleProto.DtypeAndShape", DTYPE_SHAPE_FIELDS);

static const struct sr_protobuf_field RESOURCE_FIELDS[] = {
    ONE(1, "device", STRING),
    ONE(2, "container", STRING),
    ONE(3, "name", STRING),
    ONE(4, "hash_code", UINT64),
    ONE(5, "maybe_type_name", STRING),
    SUBS(6, "dtypes_and_shapes", DTYPE_SHAPE),
};
static const struct sr_protobuf_message RESOURCE =
    MESSAGE(SR_TF_RESOURCE, "ResourceHandleProto", RESOURCE_FIELDS);

static const struct sr_protobuf_field VARIANT_FIELDS[] = {
    ONE(1, "type_name", STRING),
    ONE(2, "metadata", BYTES),
    SUBS(3, "tensors", TENSOR),
};
static const struct sr_protobuf_message VARIANT =
    MESSAGE(SR_TF_VARIANT, "VariantTensorDataProto", VARIANT_FIELDS);

static const struct sr_protobuf_field TENSOR_FIELDS[] = {
    ONE(1, "dtype", INT32),           SUB(2, "tensor_shape", SHAPE),
    ONE(3, "version_number", INT32),  ONE(4, "tensor_content", BYTES),
    MANY(5, "float_val", FIXED32),    MANY(6, "double_val", FIXED64),
    MANY(7, "int_val", INT32),        MANY(8, "string_val", BYTES),
    MANY(9, "scomplex_val", FIXED32), MANY(10, "int64_val", INT64),
    MANY(11, "bool_val", BOOL),       MANY(12, "dcomplex_val", FIXED64),
    MANY(13, "half_val", INT32),      SUBS(14, "resource_handle_val", RESOURCE),
    SUBS(15, "variant_val", VARIANT), MANY(16, "uint32_val", UINT32),
    MANY(17, "uint64_val", UINT64),   ONE(18, "float8_val", BYTES),
};
static const struct sr_protobuf_message TENSOR =
    MESSAGE(SR_TF_TENSOR, "TensorProto", TENSOR_FIELDS);

static const struct sr_protobuf_field LIST_FIELDS[] = {
    MANY(2, "s", BYTES),       MANY(3, "i", INT64),         MANY(4, "f", FIXED32),
    MANY(5, "b", BOOL),        MANY(6, "type", INT32),      SUBS(7, "shape", SHAPE),
    SUBS(8, "tensor", TENSOR), SUBS(9, "func", NAME_ATTRS),
};
static const struct sr_protobuf_message LIST =
    MESSAGE(SR_TF_ATTR_VALUE, "AttrValue.ListValue", LIST_FIELDS);

static const struct sr_protobuf_field ATTR_FIELDS[] = {
    EITHER(1, "list", LIST),
    EITHER_ONE(2, "s", BYTES),
    EITHER_ONE(3, "i", INT64),
    EITHER_ONE(4, "f", FIXED32),
    EITHER_ONE(5, "b", BOOL),
    EITHER_ONE(6, "type", INT32),
    EITHER(7, "shape", SHAPE),
    EITHER(8, "tensor", TENSOR),
    EITHER_ONE(9, "placeholder", STRING),
    EITHER(10, "func", NAME_ATTRS),
};
static const struct sr_protobuf_message ATTR = MESSAGE(SR_TF_ATTR_VALUE, "AttrValue", ATTR_FIELDS);

static const struct sr_protobuf_field ATTR_ENTRY_FIELDS[] = {
    ONE(1, "key", STRING),
    SUB(2, "value", ATTR),
};
static const struct sr_protobuf_message ATTR_ENTRY =
    MESSAGE(SR_TF_ATTR_ENTRY, "attr", ATTR_ENTRY_FIELDS);

static const struct sr_protobuf_field NAME_ATTRS_FIELDS[] = {
    ONE(1, "name", STRING),
    SUBS(2, "attr", ATTR_ENTRY),
};
static const struct sr_protobuf_message NAME_ATTRS =
    MESSAGE(SR_TF_FUNC, "NameAttrList", NAME_ATTRS_FIELDS);

static const struct sr_protobuf_field FULL_TYPE_FIELDS[] = {
    ONE(1, "type_id", INT32),
    SUBS(2, "args", FULL_TYPE),
    EITHER_ONE(3, "s", STRING),
    EITHER_ONE(4, "i", INT64),
};
static const struct sr_protobuf_message FULL_TYPE =
    MESSAGE(SR_TF_OTHER, "FullTypeDef", FULL_TYPE_FIELDS);

static const struct sr_protobuf_field NODE_DEBUG_FIELDS[] = {
    MANY(1, "original_node_names", STRING),
    MANY(2, "original_func_names", STRING),
};
static const struct sr_protobuf_message NODE_DEBUG =
    MESSAGE(SR_TF_OTHER, "NodeDef.ExperimentalDebugInfo", NODE_DEBUG_FIELDS);

static const struct sr_protobuf_field NODE_FIELDS[] = {
    ONE(1, "name", STRING),
    ONE(2, "op", STRING),
    MANY(3, "input", STRING),
    ONE(4, "device", STRING),
    SUBS(5, "attr", ATTR_ENTRY),
    SUB(6, "experimental_debug_info", NODE_DEBUG),
    SUB(7, "experimental_type", FULL_TYPE),
};
static const struct sr_protobuf_message NODE = MESSAGE(SR_TF_NODE, "NodeDef", NODE_FIELDS);

static const struct sr_protobuf_field ARG_FIELDS[] = {
    ONE(1, "name", STRING),
    ONE(2, "description", STRING),
    ONE(3, "type", INT32),
    ONE(4, "type_attr", STRING),
    ONE(5, "number_attr", STRING),
    ONE(6, "type_list_attr", STRING),
    SUBS(7, "handle_data", DTYPE_SHAPE),
    ONE(16, "is_ref", BOOL),
    SUB(17, "experimental_full_type", FULL_TYPE),
};
static const struct sr_protobuf_message ARG = MESSAGE(SR_TF_OTHER, "OpDef.ArgDef", ARG_FIELDS);

static const struct sr_protobuf_field ATTR_DEF_FIELDS[] = {
    ONE(1, "name", STRING),         ONE(2, "type", STRING),      SUB(3, "default_value", ATTR),
    ONE(4, "description", STRING),  ONE(5, "has_minimum", BOOL), ONE(6, "minimum", INT64),
    SUB(7, "allowed_values", ATTR),
};
static const struct sr_protobuf_message ATTR_DEF =
    MESSAGE(SR_TF_OTHER, "OpDef.AttrDef", ATTR_DEF_FIELDS);

static const struct sr_protobuf_field DEPRECATION_FIELDS[] = {
    ONE(1, "version", INT32),
    ONE(2, "explanation", STRING),
};
static const struct sr_protobuf_message DEPRECATION =
    MESSAGE(SR_TF_OTHER, "OpDeprecation", DEPRECATION_FIELDS);

static const struct sr_protobuf_field OP_FIELDS[] = {
    ONE(1, "name", STRING),
    SUBS(2, "input_arg", ARG),
    SUBS(3, "output_arg", ARG),
    SUBS(4, "attr", ATTR_DEF),
    ONE(5, "summary", STRING),
    ONE(6, "description", STRING),
    SUB(8, "deprecation", DEPRECATION),
    ONE(16, "is_aggregate", BOOL),
    ONE(17, "is_stateful", BOOL),
    ONE(18, "is_commutative", BOOL),
    ONE(19, "allows_uninitialized_input", BOOL),
    MANY(20, "control_output", STRING),
    ONE(21, "is_distributed_communication", BOOL),
};
static const struct sr_protobuf_message OP = MESSAGE(SR_TF_OP, "OpDef", OP_FIELDS);

static const struct sr_protobuf_field OP_LIST_FIELDS[] = {
    SUBS(1, "op", OP),
};
static const struct sr_protobuf_message OP_LIST = MESSAGE(SR_TF_OTHER, "OpList", OP_LIST_FIELDS);

static const struct sr_protobuf_field ARG_ATTRS_FIELDS[] = {
    SUBS(1, "attr", ATTR_ENTRY),
};
static const struct sr_protobuf_message ARG_ATTRS =
    MESSAGE(SR_TF_OTHER, "FunctionDef.ArgAttrs", ARG_ATTRS_FIELDS);

static const struct sr_protobuf_field TEXT_ENTRY_FIELDS[] = {
    ONE(1, "key", STRING),
    ONE(2, "value", STRING),
};
static const struct sr_protobuf_message TEXT_ENTRY =
    MESSAGE(SR_TF_OTHER, "map entry", TEXT_ENTRY_FIELDS);

static const struct sr_protobuf_field ARG_ATTRS_ENTRY_FIELDS[] = {
    ONE(1, "key", UINT32),
    SUB(2, "value", ARG_ATTRS),
};
static const struct sr_protobuf_message ARG_ATTRS_ENTRY =
    MESSAGE(SR_TF_OTHER, "arg_attr", ARG_ATTRS_ENTRY_FIELDS);

static const struct sr_protobuf_field UINT_ENTRY_FIELDS[] = {
    ONE(1, "key", UINT32),
    ONE(2, "value", UINT32),
};
static const struct sr_protobuf_message UINT_ENTRY =
    MESSAGE(SR_TF_OTHER, "map entry", UINT_ENTRY_FIELDS);

static const struct sr_protobuf_field FUNCTION_FIELDS[] = {
    SUB(1, "signature", OP),
    SUBS(3, "node_def", NODE),
    SUBS(4, "ret", TEXT_ENTRY),
    SUBS(5, "attr", ATTR_ENTRY),
    SUBS(6, "control_ret", TEXT_ENTRY),
    SUBS(7, "arg_attr", ARG_ATTRS_ENTRY),
    SUBS(8, "resource_arg_unique_id", UINT_ENTRY),
};
static const struct sr_protobuf_message FUNCTION =
    MESSAGE(SR_TF_FUNCTION, "FunctionDef", FUNCTION_FIELDS);

static const struct sr_protobuf_field GRADIENT_FIELDS[] = {
    ONE(1, "function_name", STRING),
    ONE(2, "gradient_func", STRING),
};
static const struct sr_protobuf_message GRADIENT =
    MESSAGE(SR_TF_OTHER, "GradientDef", GRADIENT_FIELDS);

static const struct sr_protobuf_field REGISTERED_GRADIENT_FIELDS[] = {
    ONE(1, "gradient_func", STRING),
    ONE(2, "registered_op_type", STRING),
};
static const struct sr_protobuf_message REGISTERED_GRADIENT =
    MESSAGE(SR_TF_OTHER, "RegisteredGradient", REGISTERED_GRADIENT_FIELDS);

static const struct sr_protobuf_field LIBRARY_FIELDS[] = {
    SUBS(1, "function", FUNCTION),
    SUBS(2, "gradient", GRADIENT),
    SUBS(3, "registered_gradients", REGISTERED_GRADIENT),
};
static const struct sr_protobuf_message LIBRARY =
    MESSAGE(SR_TF_OTHER, "FunctionDefLibrary", LIBRARY_FIELDS);

static const struct sr_protobuf_field FRAME_FIELDS[] = {
    ONE(1, "file_index", INT32), ONE(2, "line", INT32),  ONE(3, "col", INT32),
    ONE(4, "func", STRING),      ONE(5, "code", STRING),
};
static const struct sr_protobuf_message FRAME =
    MESSAGE(SR_TF_OTHER, "GraphDebugInfo.FileLineCol", FRAME_FIELDS);

static const struct sr_protobuf_field TRACE_FIELDS[] = {
    SUBS(1, "file_line_cols", FRAME),
    MANY(2, "frame_id", FIXED64),
};
static const struct sr_protobuf_message TRACE =
    MESSAGE(SR_TF_OTHER, "GraphDebugInfo.StackTrace", TRACE_FIELDS);

static const struct sr_protobuf_field TRACE_ENTRY_FIELDS[] = {
    ONE(1, "key", STRING),
    SUB(2, "value", TRACE),
};
static const struct sr_protobuf_message TRACE_ENTRY =
    MESSAGE(SR_TF_OTHER, "traces", TRACE_ENTRY_FIELDS);

static const struct sr_protobuf_field FRAME_ID_ENTRY_FIELDS[] = {
    ONE(1, "key", FIXED64),
    SUB(2, "value", FRAME),
};
static const struct sr_protobuf_message FRAME_ID_ENTRY =
    MESSAGE(SR_TF_OTHER, "frames_by_id", FRAME_ID_ENTRY_FIELDS);

static const struct sr_protobuf_field TRACE_ID_ENTRY_FIELDS[] = {
    ONE(1, "key", FIXED64),
    SUB(2, "value", TRACE),
};
static const struct sr_protobuf_message TRACE_ID_ENTRY =
    MESSAGE(SR_TF_OTHER, "traces_by_id", TRACE_ID_ENTRY_FIELDS);

static const struct sr_protobuf_field NAME_ID_ENTRY_FIELDS[] = {
    ONE(1, "key", STRING),
    ONE(2, "value", FIXED64),
};
static const struct sr_protobuf_message NAME_ID_ENTRY =
    MESSAGE(SR_TF_OTHER, "name_to_trace_id", NAME_ID_ENTRY_FIELDS);

static const struct sr_protobuf_field DEBUG_FIELDS[] = {
    MANY(1, "files", STRING),
    SUBS(2, "traces", TRACE_ENTRY),
    SUBS(4, "frames_by_id", FRAME_ID_ENTRY),
    SUBS(5, "name_to_trace_id", NAME_ID_ENTRY),
    SUBS(6, "traces_by_id", TRACE_ID_ENTRY),
};
static const struct sr_protobuf_message DEBUG =
    MESSAGE(SR_TF_OTHER, "GraphDebugInfo", DEBUG_FIELDS);

static const struct sr_protobuf_field GRAPH_FIELDS[] = {
    SUBS(1, "node", NODE),        SUB(2, "library", LIBRARY),  ONE(3, "version", INT32),
    SUB(4, "versions", VERSIONS), SUB(5, "debug_info", DEBUG),
};
const struct sr_protobuf_message sr_tf_graph = MESSAGE(SR_TF_GRAPH, "GraphDef", GRAPH_FIELDS);

static const struct sr_protobuf_field META_INFO_FIELDS[] = {
    ONE(1, "meta_graph_version", STRING),
    SUB(2, "stripped_op_list", OP_LIST),
    SUB(3, "any_info", ANY),
    MANY(4, "tags", STRING),
    ONE(5, "tensorflow_version", STRING),
    ONE(6, "tensorflow_git_version", STRING),
    ONE(7, "stripped_default_attrs", BOOL),
    SUBS(8, "function_aliases", TEXT_ENTRY),
};
static const struct sr_protobuf_message META_INFO =
    MESSAGE(SR_TF_OTHER, "MetaGraphDef.MetaInfoDef", META_INFO_FIELDS);

static const struct sr_protobuf_field SAVER_FIELDS[] = {
    ONE(1, "filename_tensor_name", STRING),
    ONE(2, "save_tensor_name", STRING),
    ONE(3, "restore_op_name", STRING),
    ONE(4, "max_to_keep", INT32),
    ONE(5, "sharded", BOOL),
    ONE(6, "keep_checkpoint_every_n_hours", FIXED32),
    ONE(7, "version", INT32),
};
static const struct sr_protobuf_message SAVER = MESSAGE(SR_TF_OTHER, "SaverDef", SAVER_FIELDS);

static const struct sr_protobuf_field NODE_LIST_FIELDS[] = {
    MANY(1, "value", STRING),
};
static const struct sr_protobuf_message NODE_LIST =
    MESSAGE(SR_TF_OTHER, "CollectionDef.NodeList", NODE_LIST_FIELDS);

static const struct sr_protobuf_field BYTES_LIST_FIELDS[] = {
    MANY(1, "value", BYTES),
};
static const struct sr_protobuf_message BYTES_LIST =
    MESSAGE(SR_TF_OTHER, "CollectionDef.BytesList", BYTES_LIST_FIELDS);

static const struct sr_protobuf_field INT64_LIST_FIELDS[] = {
    MANY(1, "value", INT64),
};
static const struct sr_protobuf_message INT64_LIST =
    MESSAGE(SR_TF_OTHER, "CollectionDef.Int64List", INT64_LIST_FIELDS);

static const struct sr_protobuf_field FLOAT_LIST_FIELDS[] = {
    MANY(1, "value", FIXED32),
};
static const struct sr_protobuf_message FLOAT_LIST =
    MESSAGE(SR_TF_OTHER, "CollectionDef.FloatList", FLOAT_LIST_FIELDS);

static const struct sr_protobuf_field ANY_LIST_FIELDS[] = {
    SUBS(1, "value", ANY),
};
static const struct sr_protobuf_message ANY_LIST =
    MESSAGE(SR_TF_OTHER, "CollectionDef.AnyList", ANY_LIST_FIELDS);

static const struct sr_protobuf_field COLLECTION_FIELDS[] = {
    EITHER(1, "node_list", NODE_LIST),   EITHER(2, "bytes_list", BYTES_LIST),
    EITHER(3, "int64_list", INT64_LIST), EITHER(4, "float_list", FLOAT_LIST),
    EITHER(5, "any_list", ANY_LIST),
};
static const struct sr_protobuf_message COLLECTION =
    MESSAGE(SR_TF_OTHER, "CollectionDef", COLLECTION_FIELDS);

static const struct sr_protobuf_field COLLECTION_ENTRY_FIELDS[] = {
    ONE(1, "key", STRING),
    SUB(2, "value", COLLECTION),
};
static const struct sr_protobuf_message COLLECTION_ENTRY =
    MESSAGE(SR_TF_COLLECTION_ENTRY, "collection_def", COLLECTION_ENTRY_FIELDS);

static const struct sr_protobuf_field SPARSE_INFO_FIELDS[] = {
    ONE(1, "values_tensor_name", STRING),
    ONE(2, "indices_tensor_name", STRING),
    ONE(3, "dense_shape_tensor_name", STRING),
};
static const struct sr_protobuf_message SPARSE_INFO =
    MESSAGE(SR_TF_OTHER, "TensorInfo.CooSparse", SPARSE_INFO_FIELDS);

static const struct sr_protobuf_field COMPOSITE_FIELDS[] = {
    SUB(1, "type_spec", TYPE_SPEC),
    SUBS(2, "components", TENSOR_INFO),
};
static const struct sr_protobuf_message COMPOSITE =
    MESSAGE(SR_TF_OTHER, "TensorInfo.CompositeTensor", COMPOSITE_FIELDS);

static const struct sr_protobuf_field TENSOR_INFO_FIELDS[] = {
    EITHER_ONE(1, "name", STRING),
    ONE(2, "dtype", INT32),
    SUB(3, "tensor_shape", SHAPE),
    EITHER(4, "coo_sparse", SPARSE_INFO),
    EITHER(5, "composite_tensor", COMPOSITE),
};
static const struct sr_protobuf_message TENSOR_INFO =
    MESSAGE(SR_TF_OTHER, "TensorInfo", TENSOR_INFO_FIELDS);

static const struct sr_protobuf_field INFO_ENTRY_FIELDS[] = {
    ONE(1, "key", STRING),
    SUB(2, "value", TENSOR_INFO),
};
static const struct sr_protobuf_message INFO_ENTRY =
    MESSAGE(SR_TF_OTHER, "TensorInfo entry", INFO_ENTRY_FIELDS);

static const struct sr_protobuf_field TENSOR_ENTRY_FIELDS[] = {
    ONE(1, "key", STRING),
    SUB(2, "value", TENSOR),
};
static const struct sr_protobuf_message TENSOR_ENTRY =
    MESSAGE(SR_TF_OTHER, "TensorProto entry", TENSOR_ENTRY_FIELDS);

static const struct sr_protobuf_field SIGNATURE_FIELDS[] = {
    SUBS(1, "inputs", INFO_ENTRY),
    SUBS(2, "outputs", INFO_ENTRY),
    ONE(3, "method_name", STRING),
    SUBS(4, "defaults", TENSOR_ENTRY),
};
static const struct sr_protobuf_message SIGNATURE =
    MESSAGE(SR_TF_OTHER, "SignatureDef", SIGNATURE_FIELDS);

static const struct sr_protobuf_field SIGNATURE_ENTRY_FIELDS[] = {
    ONE(1, "key", STRING),
    SUB(2, "value", SIGNATURE),
};
static const struct sr_protobuf_message SIGNATURE_ENTRY =
    MESSAGE(SR_TF_OTHER, "signature_def", SIGNATURE_ENTRY_FIELDS);

static const struct sr_protobuf_field ASSET_FIELDS[] = {
    SUB(1, "tensor_info", TENSOR_INFO),
    ONE(2, "filename", STRING),
};
static const struct sr_protobuf_message ASSET = MESSAGE(SR_TF_ASSET, "AssetFileDef", ASSET_FIELDS);

static const struct sr_protobuf_field NONE_FIELDS[] = {
    ONE(1, "reserved", INT32),
};
static const struct sr_protobuf_message NONE = MESSAGE(SR_TF_OTHER, "NoneValue", NONE_FIELDS);

static const struct sr_protobuf_field LIST_VALUE_FIELDS[] = {
    SUBS(1, "values", VALUE),
};
static const struct sr_protobuf_message LIST_VALUE =
    MESSAGE(SR_TF_OTHER, "ListValue", LIST_VALUE_FIELDS);

static const struct sr_protobuf_field FIELD_ENTRY_FIELDS[] = {
    ONE(1, "key", STRING),
    SUB(2, "value", VALUE),
};
static const struct sr_protobuf_message FIELD_ENTRY =
    MESSAGE(SR_TF_OTHER, "DictValue entry", FIELD_ENTRY_FIELDS);

static const struct sr_protobuf_field DICT_VALUE_FIELDS[] = {
    SUBS(1, "fields", FIELD_ENTRY),
};
static const struct sr_protobuf_message DICT_VALUE =
    MESSAGE(SR_TF_OTHER, "DictValue", DICT_VALUE_FIELDS);

static const struct sr_protobuf_field PAIR_FIELDS[] = {
    ONE(1, "key", STRING),
    SUB(2, "value", VALUE),
};
static const struct sr_protobuf_message PAIR = MESSAGE(SR_TF_OTHER, "PairValue", PAIR_FIELDS);

static const struct sr_protobuf_field NAMED_TUPLE_FIELDS[] = {
    ONE(1, "name", STRING),
    SUBS(2, "values", PAIR),
};
static const struct sr_protobuf_message NAMED_TUPLE =
    MESSAGE(SR_TF_OTHER, "NamedTupleValue", NAMED_TUPLE_FIELDS);

static const struct sr_protobuf_field TENSOR_SPEC_FIELDS[] = {
    ONE(1, "name", STRING),
    SUB(2, "shape", SHAPE),
    ONE(3, "dtype", INT32),
};
static const struct sr_protobuf_message TENSOR_SPEC =
    MESSAGE(SR_TF_OTHER, "TensorSpecProto", TENSOR_SPEC_FIELDS);

static const struct sr_protobuf_field BOUNDED_SPEC_FIELDS[] = {
    ONE(1, "name", STRING),    SUB(2, "shape", SHAPE),    ONE(3, "dtype", INT32),
    SUB(4, "minimum", TENSOR), SUB(5, "maximum", TENSOR),
};
static const struct sr_protobuf_message BOUNDED_SPEC =
    MESSAGE(SR_TF_OTHER, "BoundedTensorSpecProto", BOUNDED_SPEC_FIELDS);

static const struct sr_protobuf_field TYPE_SPEC_FIELDS[] = {
    ONE(1, "type_spec_class", INT32),
    SUB(2, "type_state", VALUE),
    ONE(3, "type_spec_class_name", STRING),
    ONE(4, "num_flat_components", INT32),
};
static const struct sr_protobuf_message TYPE_SPEC =
    MESSAGE(SR_TF_TYPE_SPEC, "TypeSpecProto", TYPE_SPEC_FIELDS);

static const struct sr_protobuf_field VALUE_FIELDS[] = {
    EITHER(1, "none_value", NONE),
    EITHER_ONE(11, "float64_value", FIXED64),
    EITHER_ONE(12, "int64_value", SINT64),
    EITHER_ONE(13, "string_value", STRING),
    EITHER_ONE(14, "bool_value", BOOL),
    EITHER(31, "tensor_shape_value", SHAPE),
    EITHER_ONE(32, "tensor_dtype_value", INT32),
    EITHER(33, "tensor_spec_value", TENSOR_SPEC),
    EITHER(34, "type_spec_value", TYPE_SPEC),
    EITHER(35, "bounded_tensor_spec_value", BOUNDED_SPEC),
    EITHER(51, "list_value", LIST_VALUE),
    EITHER(52, "tuple_value", LIST_VALUE),
    EITHER(53, "dict_value", DICT_VALUE),
    EITHER(54, "named_tuple_value", NAMED_TUPLE),
    EITHER(55, "tensor_value", TENSOR),
    EITHER(56, "numpy_value", TENSOR),
};
static const struct sr_protobuf_message VALUE =
    MESSAGE(SR_TF_OTHER, "StructuredValue", VALUE_FIELDS);

static const struct sr_protobuf_field CHILD_FIELDS[] = {
    ONE(1, "node_id", INT32),
    ONE(2, "local_name", STRING),
};
static const struct sr_protobuf_message CHILD =
    MESSAGE(SR_TF_OTHER, "ObjectReference", CHILD_FIELDS);

static const struct sr_protobuf_field SLOT_FIELDS[] = {
    ONE(1, "original_variable_node_id", INT32),
    ONE(2, "slot_name", STRING),
    ONE(3, "slot_variable_node_id", INT32),
};
static const struct sr_protobuf_message SLOT =
    MESSAGE(SR_TF_OTHER, "SlotVariableReference", SLOT_FIELDS);

static const struct sr_protobuf_field USER_OBJECT_FIELDS[] = {
    ONE(1, "identifier", STRING),
    SUB(2, "version", VERSIONS),
    ONE(3, "metadata", STRING),
};
static const struct sr_protobuf_message USER_OBJECT =
    MESSAGE(SR_TF_USER_OBJECT, "SavedUserObject", USER_OBJECT_FIELDS);

static const struct sr_protobuf_field SAVED_ASSET_FIELDS[] = {
    ONE(1, "asset_file_def_index", INT32),
};
static const struct sr_protobuf_message SAVED_ASSET =
    MESSAGE(SR_TF_OTHER, "SavedAsset", SAVED_ASSET_FIELDS);

static const struct sr_protobuf_field FUNCTION_SPEC_FIELDS[] = {
    SUB(1, "fullargspec", VALUE),
    ONE(2, "is_method", BOOL),
    SUB(5, "input_signature", VALUE),
    ONE(6, "jit_compile", INT32),
};
static const struct sr_protobuf_message FUNCTION_SPEC =
    MESSAGE(SR_TF_OTHER, "FunctionSpec", FUNCTION_SPEC_FIELDS);

static const struct sr_protobuf_field SAVED_FUNCTION_FIELDS[] = {
    MANY(1, "concrete_functions", STRING),
    SUB(2, "function_spec", FUNCTION_SPEC),
};
static const struct sr_protobuf_message SAVED_FUNCTION =
    MESSAGE(SR_TF_OTHER, "SavedFunction", SAVED_FUNCTION_FIELDS);

static const struct sr_protobuf_field VARIABLE_FIELDS[] = {
    ONE(1, "dtype", INT32),       SUB(2, "shape", SHAPE),
    ONE(3, "trainable", BOOL),    ONE(4, "synchronization", INT32),
    ONE(5, "aggregation", INT32), ONE(6, "name", STRING),
    ONE(7, "device", STRING),     SUBS(8, "experimental_distributed_variable_components", VARIABLE),
};
static const struct sr_protobuf_message VARIABLE =
    MESSAGE(SR_TF_OTHER, "SavedVariable", VARIABLE_FIELDS);

static const struct sr_protobuf_field BARE_FUNCTION_FIELDS[] = {
    ONE(1, "concrete_function_name", STRING),
    MANY(2, "argument_keywords", STRING),
    ONE(3, "allowed_positional_arguments", INT64),
    SUB(4, "function_spec", FUNCTION_SPEC),
};
static const struct sr_protobuf_message BARE_FUNCTION =
    MESSAGE(SR_TF_OTHER, "SavedBareConcreteFunction", BARE_FUNCTION_FIELDS);

static const struct sr_protobuf_field CONSTANT_FIELDS[] = {
    ONE(1, "operation", STRING),
};
static const struct sr_protobuf_message CONSTANT =
    MESSAGE(SR_TF_OTHER, "SavedConstant", CONSTANT_FIELDS);

static const struct sr_protobuf_field SAVED_RESOURCE_FIELDS[] = {
    ONE(1, "device", STRING),
};
static const struct sr_protobuf_message SAVED_RESOURCE =
    MESSAGE(SR_TF_OTHER, "SavedResource", SAVED_RESOURCE_FIELDS);

static const struct sr_protobuf_field CAPTURED_FIELDS[] = {
    ONE(1, "name", STRING),
    ONE(2, "concrete_function", STRING),
};
static const struct sr_protobuf_message CAPTURED =
    MESSAGE(SR_TF_OTHER, "CapturedTensor", CAPTURED_FIELDS);

static const struct sr_protobuf_field SAVEABLE_FIELDS[] = {
    ONE(2, "save_function", INT32),
    ONE(3, "restore_function", INT32),
};
static const struct sr_protobuf_message SAVEABLE =
    MESSAGE(SR_TF_OTHER, "SaveableObject", SAVEABLE_FIELDS);

static const struct sr_protobuf_field SAVEABLE_ENTRY_FIELDS[] = {
    ONE(1, "key", STRING),
    SUB(2, "value", SAVEABLE),
};
static const struct sr_protobuf_message SAVEABLE_ENTRY =
    MESSAGE(SR_TF_OTHER, "saveable_objects", SAVEABLE_ENTRY_FIELDS);

static const struct sr_protobuf_field REGISTERED_SAVER_FIELDS[] = {
    ONE(1, "name", STRING),
    ONE(2, "object_name", STRING),
};
static const struct sr_protobuf_message REGISTERED_SAVER =
    MESSAGE(SR_TF_REGISTERED, "RegisteredSaver", REGISTERED_SAVER_FIELDS);

static const struct sr_protobuf_field OBJECT_FIELDS[] = {
    SUBS(1, "children", CHILD),
    SUBS(3, "slot_variables", SLOT),
    EITHER(4, "user_object", USER_OBJECT),
    EITHER(5, "asset", SAVED_ASSET),
    EITHER(6, "function", SAVED_FUNCTION),
    EITHER(7, "variable", VARIABLE),
    EITHER(8, "bare_concrete_function", BARE_FUNCTION),
    EITHER(9, "constant", CONSTANT),
    EITHER(10, "resource", SAVED_RESOURCE),
    SUBS(11, "saveable_objects", SAVEABLE_ENTRY),
    EITHER(12, "captured_tensor", CAPTURED),
    ONE(13, "registered_name", STRING),
    SUB(14, "serialized_user_proto", ANY),
    SUBS(15, "dependencies", CHILD),
    SUB(16, "registered_saver", REGISTERED_SAVER),
};
static const struct sr_protobuf_message OBJECT =
    MESSAGE(SR_TF_OBJECT, "SavedObject", OBJECT_FIELDS);

static const struct sr_protobuf_field CONCRETE_FIELDS[] = {
    MANY(2, "bound_inputs", INT32),
    SUB(3, "canonicalized_input_signature", VALUE),
    SUB(4, "output_signature", VALUE),
};
static const struct sr_protobuf_message CONCRETE =
    MESSAGE(SR_TF_OTHER, "SavedConcreteFunction", CONCRETE_FIELDS);

static const struct sr_protobuf_field CONCRETE_ENTRY_FIELDS[] = {
    ONE(1, "key", STRING),
    SUB(2, "value", CONCRETE),
};
static const struct sr_protobuf_message CONCRETE_ENTRY =
    MESSAGE(SR_TF_OTHER, "concrete_functions", CONCRETE_ENTRY_FIELDS);

static const struct sr_protobuf_field OBJECT_GRAPH_FIELDS[] = {
    SUBS(1, "nodes", OBJECT),
    SUBS(2, "concrete_functions", CONCRETE_ENTRY),
};
static const struct sr_protobuf_message OBJECT_GRAPH =
    MESSAGE(SR_TF_OTHER, "SavedObjectGraph", OBJECT_GRAPH_FIELDS);

static const struct sr_protobuf_field META_GRAPH_FIELDS[] = {
    SUB(1, "meta_info_def", META_INFO),
    SUB(2, "graph_def", sr_tf_graph),
    SUB(3, "saver_def", SAVER),
    SUBS(4, "collection_def", COLLECTION_ENTRY),
    SUBS(5, "signature_def", SIGNATURE_ENTRY),
    SUBS(6, "asset_file_def", ASSET),
    SUB(7, "object_graph_def", OBJECT_GRAPH),
};
const struct sr_protobuf_message sr_tf_meta_graph =
    MESSAGE(SR_TF_OTHER, "MetaGraphDef", META_GRAPH_FIELDS);

static const struct sr_protobuf_field SAVED_MODEL_FIELDS[] = {
    ONE(1, "saved_model_schema_version", INT64),
    SUBS(2, "meta_graphs", sr_tf_meta_graph),
};
const struct sr_protobuf_message sr_tf_saved_model =
    MESSAGE(SR_TF_OTHER, "SavedModel", SAVED_MODEL_FIELDS);

static const struct sr_protobuf_field KERAS_OBJECT_FIELDS[] = {
    ONE(2, "node_id", INT32),   ONE(3, "node_path", STRING), ONE(4, "identifier", STRING),
    ONE(5, "metadata", STRING), SUB(6, "version", VERSIONS),
};
static const struct sr_protobuf_message KERAS_OBJECT =
    MESSAGE(SR_TF_KERAS_OBJECT, "SavedObject of Keras", KERAS_OBJECT_FIELDS);

static const struct sr_protobuf_field KERAS_METADATA_FIELDS[] = {
    SUBS(1, "nodes", KERAS_OBJECT),
};
const struct sr_protobuf_message sr_tf_keras_metadata =
    MESSAGE(SR_TF_OTHER, "SavedMetadata", KERAS_METADATA_FIELDS);

static const struct sr_protobuf_field FINGERPRINT_FIELDS[] = {
    ONE(1, "saved_model_checksum", UINT64),
    ONE(2, "graph_def_program_hash", UINT64),
    ONE(3, "signature_def_hash", UINT64),
    ONE(4, "saved_object_graph_hash", UINT64),
    ONE(5, "checkpoint_hash", UINT64),
    SUB(6, "version", VERSIONS),
    ONE(7, "uuid", STRING),
};
const struct sr_protobuf_message sr_tf_fingerprint =
    MESSAGE(SR_TF_OTHER, "FingerprintDef", FINGERPRINT_FIELDS);

unsigned sr_tf_dtype_bytes(uint64_t number)
{
    static const uint8_t BYTES[] = {
        [1] = 4,   [2] = 8,  [3] = 4,  [4] = 1,  [5] = 2,  [6] = 1,  [8] = 8,  [9] = 8,
        [10] = 1,  [11] = 1, [12] = 1, [13] = 4, [14] = 2, [15] = 2, [16] = 2, [17] = 2,
        [18] = 16, [19] = 2, [22] = 4, [23] = 8, [24] = 1, [25] = 1, [29] = 1, [30] = 1,
    };
    return number < FIELD_COUNT(BYTES) ? BYTES[number] : 0;
}
