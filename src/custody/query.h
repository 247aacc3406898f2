/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_QUERY_H
#define SR_CUSTODY_QUERY_H

#include "custody/room.h"

/*
 * Questions to a room. They change nothing, record nothing, and work in a locked room (but for
 * sr_query_tensors()). Arrays that come out are freed with free().
 *
 * errors of all  BUSY, CORRUPT, IO, NO_MEMORY
 */

/*
 * Find the one sealed version that text, a REF (ref.h), means. Hostile.
 *
 * errors  MALFORMED, TOO_LARGE  not a REF
 *         NOT_FOUND  nothing of that name, number or digest is in custody; err says which
 *         CONFLICT   it means more than one version; err names them
 */
enum sr_status sr_query_resolve(struct sr_room *r, struct sr_bytes text,
                                struct sr_catalog_version *out, struct sr_err *err) SR_MUST_USE;

/* Sealed versions of the artifact name, or of all when it is NULL; by name, then number. */
enum sr_status sr_query_versions(struct sr_room *r, const char *name,
                                 struct sr_catalog_version **out, size_t *out_count,
                                 struct sr_err *err) SR_MUST_USE;

/* The files of a version, by file_index, which is the byte order of their paths. */
enum sr_status sr_query_files(struct sr_room *r, const struct sr_id *version,
                              struct sr_catalog_file **out, size_t *out_count,
                              struct sr_err *err) SR_MUST_USE;

/*
 * Find the file that inner, "FILE" or "FILE@TENSOR", means: a file of exactly that path, else the
 * longest path before an '@'. *out_tensor is what follows that '@' (a view into inner), empty when
 * there is none. Hostile.
 *
 * errors  NOT_FOUND  no such file in the version
 */
enum sr_status sr_query_file(struct sr_room *r, const struct sr_id *version, struct sr_bytes inner,
                             struct sr_catalog_file *out, struct sr_bytes *out_tensor,
                             struct sr_err *err) SR_MUST_USE;

/*
 * The tensor index of one file, a copy that the caller frees. It is kept in the sealed body, so
 * the room must be unlocked. Names, types and shapes are not weights: nothing is recorded.
 *
 * errors  those of sr_room_open_body()
 */
enum sr_status sr_query_tensors(struct sr_room *r, const struct sr_catalog_file *file,
                                const struct sr_id *version, struct sr_tensors **out,
                                struct sr_err *err) SR_MUST_USE;

/* The versions this one was made from, and those made from it. */
enum sr_status sr_query_parents(struct sr_room *r, const struct sr_id *version,
                                struct sr_catalog_version **out, size_t *out_count,
                                struct sr_err *err) SR_MUST_USE;
enum sr_status sr_query_children(struct sr_room *r, const struct sr_id *version,
                                 struct sr_catalog_version **out, size_t *out_count,
                                 struct sr_err *err) SR_MUST_USE;

/* A deposit that is not in custody yet. */
struct sr_query_interrupted {
    struct sr_catalog_version version; /* state staged; source says where it was read from */
    uint64_t files_sealed;             /* of version.file_count */
    uint64_t plain_bytes_sealed;
    bool is_running; /* a live process holds it; else it was interrupted */
};
enum sr_status sr_query_interrupted(struct sr_room *r, struct sr_query_interrupted **out,
                                    size_t *out_count, struct sr_err *err) SR_MUST_USE;

/* Visit the recorded acts with seq > after_seq in order, until visit fails. */
enum sr_status sr_query_acts(struct sr_room *r, uint64_t after_seq,
                             enum sr_status (*visit)(void *ctx, const struct sr_act_record *act,
                                                     struct sr_err *err),
                             void *ctx, struct sr_err *err) SR_MUST_USE;

/* The same for those on one version; without salt, entry and body. */
enum sr_status sr_query_version_acts(struct sr_room *r, const struct sr_id *version,
                                     enum sr_status (*visit)(void *ctx,
                                                             const struct sr_act_record *act,
                                                             struct sr_err *err),
                                     void *ctx, struct sr_err *err) SR_MUST_USE;

#endif /* SR_CUSTODY_QUERY_H */
