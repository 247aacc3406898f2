/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_TENSORFLOW_H
#define SR_FORMATS_TENSORFLOW_H

#include "formats/protobuf.h"

/*
 * The schemas of TensorFlow's graphs, for sr_protobuf_next(): SavedModel, MetaGraphDef (.meta of
 * checkpoints), GraphDef (frozen graphs), the metadata of Keras beside a SavedModel, its
 * fingerprint. Pure data.
 *
 * source  the .proto files of the TensorFlow project (2.20), field numbers and names;
 *         docs/formats/tensorflow.md
 */

/* sr_protobuf_message.id of the messages that rules look at. */
enum sr_tf_message {
    SR_TF_OTHER,
    SR_TF_ANY,
    SR_TF_SHAPE,
    SR_TF_DIM,
    SR_TF_RESOURCE,
    SR_TF_VARIANT,
    SR_TF_TENSOR,
    SR_TF_ATTR_VALUE,
    SR_TF_ATTR_ENTRY,
    SR_TF_FUNC,
    SR_TF_NODE,
    SR_TF_OP,
    SR_TF_FUNCTION,
    SR_TF_GRAPH,
    SR_TF_COLLECTION_ENTRY,
    SR_TF_ASSET,
    SR_TF_TYPE_SPEC,
    SR_TF_USER_OBJECT,
    SR_TF_REGISTERED,
    SR_TF_OBJECT,
    SR_TF_KERAS_OBJECT
};

extern const struct sr_protobuf_message sr_tf_saved_model;
extern const struct sr_protobuf_message sr_tf_meta_graph;
extern const struct sr_protobuf_message sr_tf_graph;
extern const struct sr_protobuf_message sr_tf_keras_metadata;
extern const struct sr_protobuf_message sr_tf_fingerprint;

/* Field numbers that rules look at. */
enum {
    SR_TF_MODEL_META_GRAPHS = 2,
    SR_TF_META_GRAPH_INFO = 1,
    SR_TF_META_GRAPH_GRAPH = 2,
    SR_TF_GRAPH_NODE = 1,
    SR_TF_KERAS_NODES = 1,
    SR_TF_NODE_NAME = 1,
    SR_TF_NODE_OP = 2,
    SR_TF_NODE_INPUT = 3,
    SR_TF_OP_NAME = 1,
    SR_TF_FUNC_NAME = 1,
    SR_TF_ENTRY_KEY = 1,
    SR_TF_ATTR_STRING = 2,
    SR_TF_DIM_SIZE = 1,
    SR_TF_TENSOR_DTYPE = 1,
    SR_TF_TENSOR_CONTENT = 4,
    SR_TF_TENSOR_STRING = 8,
    SR_TF_ANY_TYPE = 1,
    SR_TF_ANY_VALUE = 2,
    SR_TF_ASSET_FILENAME = 2,
    SR_TF_USER_OBJECT_IDENTIFIER = 1,
    SR_TF_USER_OBJECT_METADATA = 3,
    SR_TF_OBJECT_REGISTERED_NAME = 13,
    SR_TF_KERAS_IDENTIFIER = 4,
    SR_TF_KERAS_METADATA = 5
};

/* Bytes of an element in tensor_content; 0: not known, or none (strings). number is hostile. */
unsigned sr_tf_dtype_bytes(uint64_t number);

#endif /* SR_FORMATS_TENSORFLOW_H */
