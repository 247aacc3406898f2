/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_EXPORT_PLACE_H
#define SR_CUSTODY_EXPORT_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/status.h"

/*
 * Where an export goes: a folder beside the wanted one, ".<name>.partial-<8 digits>", that is
 * locked while it is filled and takes the wanted name when it is whole.
 */
struct sr_export_place;

/*
 * Look at dir, which must be absent or an empty folder, and whether bytes fit there. Changes
 * nothing but to remove what killed exports to the same dir have left.
 *
 * errors  CONFLICT   dir is there and not an empty folder
 *         NOT_FOUND  its parent is not there
 *         MALFORMED  dir ends in no name
 *         IO         no space; NO_MEMORY
 */
enum sr_status sr_export_place_new(const char *dir, uint64_t bytes, struct sr_export_place **out,
                                   struct sr_err *err) SR_MUST_USE;
/* Removes what was written, unless it was finished. */
void sr_export_place_free(struct sr_export_place *p);
SR_DEFINE_AUTO(sr_export_place)

/* The absolute path of dir. */
const char *sr_export_place_path(const struct sr_export_place *p);

/* Make the folder to fill. errors  IO */
enum sr_status sr_export_place_begin(struct sr_export_place *p, struct sr_err *err) SR_MUST_USE;
/* Make file path in it, with its folders, as long as it will be. path was checked when it was
 * deposited and is checked again. errors  CORRUPT (path), IO */
enum sr_status sr_export_place_open(struct sr_export_place *p, const char *path, uint64_t bytes,
                                    int *out_fd, struct sr_err *err) SR_MUST_USE;
/* It is written: make it durable. errors  IO */
enum sr_status sr_export_place_sync(const char *path, int fd, struct sr_err *err) SR_MUST_USE;
/* All is written: let it appear under its name, with sync durably. errors  CONFLICT (somebody put
 * something there meanwhile), IO */
enum sr_status sr_export_place_finish(struct sr_export_place *p, bool sync,
                                      struct sr_err *err) SR_MUST_USE;

#endif /* SR_CUSTODY_EXPORT_PLACE_H */
