/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_TORCH_STREAM_H
#define SR_ARTIFACT_TORCH_STREAM_H

#include "artifact/pickle.h"

/*
 * The pickle of a PyTorch file: which storages it names and whether its tensors lie in them. Where
 * the storages' bytes are (members of a zip file, the end of a legacy file) is up to the caller,
 * who asks for the storages afterwards.
 * source  docs/formats/pytorch.md (rules PT-n)
 */
struct sr_torch_stream;

/* A storage that the pickle names. */
struct sr_torch_storage {
    struct sr_bytes key; /* hostile; lives as long as the pickle's bytes */
    uint64_t bytes;      /* as the pickle says */
    uint32_t element_bytes;
    size_t number; /* for sr_inspection_storage_bytes() */
    bool is_found; /* the caller's: its bytes are there */
};

/* is_big_endian: how the storages are written. errors  NO_MEMORY */
enum sr_status sr_torch_stream_new(struct sr_inspection *in, bool is_big_endian,
                                   struct sr_torch_stream **out) SR_MUST_USE;
void sr_torch_stream_free(struct sr_torch_stream *s);
SR_DEFINE_AUTO(sr_torch_stream)

/*
 * Interpret the stream at offset in bytes, which are all of the blob that is being looked at and
 * have to outlive s. Storages add up over several calls; a tensor beyond its storage is a finding.
 */
void sr_torch_stream_run(struct sr_torch_stream *s, struct sr_bytes bytes, uint64_t offset,
                         struct sr_pickle_result *out);

/* In the order of their first mention. */
size_t sr_torch_stream_count(const struct sr_torch_stream *s);
struct sr_torch_storage *sr_torch_stream_at(struct sr_torch_stream *s, size_t index);
/* By key; NULL when the pickle names none such. */
struct sr_torch_storage *sr_torch_stream_find(struct sr_torch_stream *s, struct sr_bytes key);

#endif /* SR_ARTIFACT_TORCH_STREAM_H */
