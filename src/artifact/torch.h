/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_TORCH_H
#define SR_ARTIFACT_TORCH_H

#include "artifact/inspection.h"

/*
 * What torch.save() wrote before it wrote zip files: kinds of a pickle and of a tar archive, so
 * their parsers ask here first and hand them on. The zip file is a kind of archive
 * (inspect_torch_zip.c).
 * source  docs/formats/pytorch.md (rules PT-n)
 */

/*
 * Whether a file is five pickles and raw storages: it begins with the magic number as a literal. A
 * magic number that is computed is no such file: it is judged as a pickle. Pure; bytes are hostile.
 */
bool sr_torch_legacy_is(struct sr_bytes bytes);

/* Look at all of it, in place of the pickle parser's own inspect(). */
void sr_torch_legacy_inspect(struct sr_inspection *in, const struct sr_subject *blob);

/*
 * Whether a tar archive whose members have these names is one that torch.save() wrote before
 * 0.1.10. Its loader unpacks it to disk and unpickles three of the members; the archive gets a
 * TORCH_TAR finding, and each member is looked at as what it is. Hostile.
 */
bool sr_torch_tar_is(const struct sr_bytes *names, size_t count);

#endif /* SR_ARTIFACT_TORCH_H */
