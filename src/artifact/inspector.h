/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_INSPECTOR_H
#define SR_ARTIFACT_INSPECTOR_H

#include "artifact/report.h"
#include "base/io.h"

/*
 * The outside of the isolated worker: hands it the files of one artifact, one after the other, and
 * puts what it tells into a report.
 *
 * The worker is taken for hostile, because the bytes it looks at may be. It cannot reach anything
 * (base/sandbox.h), what it says is decoded strictly and bounded, and when it dies, says what no
 * worker says, or takes too long, its file is UNPARSABLE with a WORKER_DIED finding; what it told
 * before stays. A verdict here is the worst of what the worker says and of the rules of its
 * findings. What a worker that was taken over can do is to be silent about the files of its own
 * artifact.
 *
 * Start it before there is a secret in this process: the worker is a fork of it. One thread.
 */
struct sr_inspector;
struct sr_worker_look; /* worker.h */

/* For each file, beside what its length adds: a second for each 8 MiB. */
#define SR_INSPECTOR_TIMEOUT_MS 60000

struct sr_inspector_params {
    enum sr_profile profile;
    unsigned timeout_ms; /* 0: SR_INSPECTOR_TIMEOUT_MS */
    /* Fork another worker after one has died. Not where this process has keys by then: without it,
     * the files that come later are UNPARSABLE. */
    bool may_restart;
    const struct sr_worker_look *look; /* NULL: sr_inspection_file(); tests have others */
};

/*
 * Fork the worker and wait until it is isolated.
 *
 * errors  IO           the kernel does not let it be isolated; err says which part
 *         UNSUPPORTED  no isolation on this processor
 *         NO_MEMORY
 */
enum sr_status sr_inspector_start(const struct sr_inspector_params *params,
                                  struct sr_inspector **out, struct sr_err *err) SR_MUST_USE;
/* Ends the worker. */
void sr_inspector_free(struct sr_inspector *i);
SR_DEFINE_AUTO(sr_inspector)

struct sr_inspector_input {
    const char *path; /* relative to the artifact's root, at most SR_LIMIT_PATH_BYTES; hostile */
    uint64_t bytes;
    /* An open file of that many bytes that nobody can change any more (staging.h); or -1, and then
     * the worker is given chunks of source as it reads them. */
    int fd;
    const struct sr_source *source;
    /* It may be put off until the other files were seen (sr_inspection_knows()). */
    bool may_defer;
    bool (*cancelled)(void *ctx); /* asked several times a second; may be NULL */
    void *ctx;
};

/* In place of an index: the file was put off; give it again, last. */
#define SR_INSPECTOR_DEFERRED SIZE_MAX

/*
 * Have one file looked at. out_index: its number in the report, or SR_INSPECTOR_DEFERRED.
 *
 * errors  CANCELLED, those of source (then the worker is gone), TOO_LARGE (a path), NO_MEMORY, IO;
 *         what the worker does is not an error but a finding
 */
enum sr_status sr_inspector_file(struct sr_inspector *i, const struct sr_inspector_input *input,
                                 struct sr_report *report, size_t *out_index,
                                 struct sr_err *err) SR_MUST_USE;

/* Files that the files so far refer to, each once, relative to the artifact's root, plain. */
size_t sr_inspector_reference_count(const struct sr_inspector *i);
const char *sr_inspector_reference(const struct sr_inspector *i, size_t index);

/* After the last file: what the files say of one another (sr_inspection_end()). errors  as above */
enum sr_status sr_inspector_finish(struct sr_inspector *i, struct sr_report *report,
                                   struct sr_err *err) SR_MUST_USE;

#endif /* SR_ARTIFACT_INSPECTOR_H */
