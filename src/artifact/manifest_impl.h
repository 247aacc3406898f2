/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_MANIFEST_IMPL_H
#define SR_ARTIFACT_MANIFEST_IMPL_H

#include "artifact/manifest.h"

/* For manifest.c, which finds the files, and manifest_hash.c, which reads them. */
struct sr_manifest {
    char *source; /* absolute, without links */
    char *root;   /* the folder that paths are relative to */
    bool is_file;
    struct sr_manifest_file *files;
    size_t count;
    uint64_t bytes;
    struct sr_manifest_ignored *ignored;
    size_t ignored_count;
};

#endif /* SR_ARTIFACT_MANIFEST_IMPL_H */
