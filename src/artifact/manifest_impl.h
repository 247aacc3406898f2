/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_MANIFEST_IMPL_H
#define SR_ARTIFACT_MANIFEST_IMPL_H

#include "artifact/manifest.h"

/* For manifest.c, which chooses the files, and manifest_hash.c, which reads them. */
struct sr_manifest {
    struct sr_walk *walk;
    bool is_file;
    size_t *files; /* which of the walk's */
    size_t count;
    uint64_t bytes;
    struct sr_manifest_ignored *ignored;
    size_t ignored_count;
};

#endif /* SR_ARTIFACT_MANIFEST_IMPL_H */
