/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_GRAPH_OPS_H
#define SR_ARTIFACT_GRAPH_OPS_H

#include "artifact/inspection.h"

/*
 * The operators of computation graphs, by name: data/onnx-ops.tsv and data/tf-ops.tsv. What is not
 * listed is unknown; a name that is known to do harm is listed as such.
 */
enum sr_graph_op {
    SR_GRAPH_OP_UNKNOWN,
    SR_GRAPH_OP_PURE,  /* computes from its inputs, and keeps state in the model at most */
    SR_GRAPH_OP_SAVER, /* TensorFlow: reads or writes checkpoints: ordinary where a model is saved
                          and restored */
    SR_GRAPH_OP_TABLE, /* TensorFlow: reads a file of the model's own assets */
    SR_GRAPH_OP_CODE,  /* runs code: from here on, it does harm */
    SR_GRAPH_OP_FILE,
    SR_GRAPH_OP_NETWORK
};

/* domain "" and "ai.onnx" are one. Both are hostile. */
enum sr_graph_op sr_graph_op_onnx(struct sr_bytes domain, struct sr_bytes name);
enum sr_graph_op sr_graph_op_tensorflow(struct sr_bytes name);

/*
 * When a graph cannot be decoded to its end: look through its bytes for fields of one-byte tag and
 * one-byte length whose text is a harmful operator's name, and report each as rule. Loaders that
 * stop later, or skip what is wrong, would run them.
 */
void sr_graph_scan(struct sr_inspection *in, struct sr_bytes bytes, uint8_t tag,
                   enum sr_graph_op (*op)(struct sr_bytes name), enum sr_rule rule);

#endif /* SR_ARTIFACT_GRAPH_OPS_H */
