/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_EXAMINE_H
#define SR_ARTIFACT_EXAMINE_H

#include "artifact/report.h"
#include "base/progress.h"

/*
 * Looking at an artifact where it lies, a file or a folder with all that is in it: each file is
 * looked at in an isolated worker (inspector.h) while it is hashed; small ones as a copy
 * (staging.h), large ones in chunks that cannot change (steady.h). What cannot be looked at is in
 * the report as well: none is skipped. What a single file refers to beside it is looked at, too,
 * when it is there.
 *
 * This process must not have keys: a worker that died is forked again.
 */
struct sr_examine_params {
    const char *path; /* NUL-terminated; links in it are followed, links below it are not */
    enum sr_profile profile;
    unsigned timeout_ms;   /* as in struct sr_inspector_params */
    uint64_t copied_bytes; /* files up to this are copied; 0: SR_EXAMINE_COPIED_BYTES */
    struct sr_progress progress;
};

/*
 * Add the files at params->path to report, which is empty, and sort it.
 *
 * errors  NOT_FOUND    path
 *         UNSUPPORTED  path itself is neither file nor folder
 *         MALFORMED    a folder without files
 *         TOO_LARGE    more files, or deeper, than SR_LIMIT_FILES and walk.h
 *         CANCELLED, IO (also when the worker cannot be isolated), NO_MEMORY, INTERNAL
 */
#define SR_EXAMINE_COPIED_BYTES ((uint64_t)16 << 20)
enum sr_status sr_examine(const struct sr_examine_params *params, struct sr_report *report,
                          struct sr_err *err) SR_MUST_USE;

#endif /* SR_ARTIFACT_EXAMINE_H */
