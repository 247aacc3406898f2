/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_KERAS_H
#define SR_ARTIFACT_KERAS_H

#include "artifact/inspection.h"

/*
 * Configurations of Keras models, versions 2 and 3: JSON that names classes and functions, which
 * Keras looks up, imports and calls. What may be named is in data/keras-classes.tsv; all else is
 * reported. The same text is in config.json of a .keras file, in the attributes model_config and
 * training_config of an .h5 file, in keras_metadata.pb of a SavedModel, and in model.json.
 * source  docs/formats/keras.md (rules KE-n)
 */

/*
 * Look at one configuration: json stands at offset of the blob that is being looked at, or came out
 * of there. Hostile. Findings are at offset. Covers nothing: the caller does.
 */
void sr_keras_config_inspect(struct sr_inspection *in, struct sr_bytes json, uint64_t offset);

#endif /* SR_ARTIFACT_KERAS_H */
