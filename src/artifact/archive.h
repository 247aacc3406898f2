/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_ARCHIVE_H
#define SR_ARTIFACT_ARCHIVE_H

#include "artifact/format.h"
#include "formats/zip.h"

/*
 * A zip file whose members are being looked at. What holds for every zip is done by inspect_zip.c
 * before a kind sees it: both directories agree, names are plain and unique, nothing is encrypted,
 * checksums are right, headers and packed data are covered. What the members mean is up to the kind
 * of archive: a line in archive_kinds.def and a `const struct sr_archive_kind
 * sr_archive_kind_<name>`.
 */
struct sr_archive;

struct sr_archive_kind {
    const char *name; /* the word in JSON: "pytorch-zip", "npz", "keras", "skops" */
    const char *title;
    /* Which names a loader of this kind opens, as in sr_format. */
    const char *const *extensions;
    /* By the names of its members, all decoded; pure. */
    bool (*matches)(const struct sr_zip *zip, struct sr_bytes name);
    /* Look at every member: with sr_archive_look(), or on its own and then sr_archive_claim(). A
     * member that neither was called for is reported as not understood. */
    void (*inspect)(struct sr_inspection *in, struct sr_archive *archive);
};

const struct sr_zip *sr_archive_zip(const struct sr_archive *a);

/*
 * The content of member index, unpacked; checked against its length and checksum. What is wrong
 * there is a finding, and its bytes come out all the same, as far as they go: not every loader
 * checks. Valid as long as the archive. false when it cannot be had: a finding says why.
 */
bool sr_archive_bytes(struct sr_inspection *in, struct sr_archive *a, size_t index,
                      struct sr_bytes *out);

/* Have member index inspected: as format, or, when NULL, as what it is. */
enum sr_verdict sr_archive_look(struct sr_inspection *in, struct sr_archive *a, size_t index,
                                const struct sr_format *format);

/* The kind has looked at all of member index itself. */
void sr_archive_claim(struct sr_archive *a, size_t index);

#endif /* SR_ARTIFACT_ARCHIVE_H */
