/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/format.h"
#include "artifact/pickle.h"
#include "artifact/torch.h"
#include "formats/pickle.h"

/* PROTO with a version that exists, and an opcode after it. */
static enum sr_match match(const struct sr_subject *blob)
{
    struct sr_bytes b = blob->bytes;
    bool is_pickle = b.len >= 3 && b.ptr[0] == SR_PICKLE_CODE_PROTO && b.ptr[1] >= 2 &&
                     b.ptr[1] <= 5 && sr_pickle_opcodes[b.ptr[2]].name != NULL;
    return is_pickle ? SR_MATCH_BYTES : SR_MATCH_NO;
}

/* P-30: streams one after the other, as repeated dumps to one file make them; each is looked at.
 * What follows and is no pickle is left for the coverage to report. */
static void inspect(struct sr_inspection *in, const struct sr_subject *blob)
{
    struct sr_pickle_run run = {.context = SR_PICKLE_PLAIN};
    struct sr_pickle_result result = {.is_whole = true};
    if (sr_torch_legacy_is(blob->bytes)) {
        sr_torch_legacy_inspect(in, blob);
        return;
    }
    do {
        sr_pickle_run(in, &run, blob->bytes, result.end, &result);
    } while (result.is_whole && result.end < blob->bytes.len);
}

static const char *const EXTENSIONS[] = {".pkl",  ".pickle", ".p",    ".dill", ".joblib",
                                         ".pt",   ".pth",    ".ckpt", ".bin",  ".dat",
                                         ".data", ".model",  ".sav",  ".pk",   NULL};
const struct sr_format sr_format_pickle = {
    .name = "pickle",
    .title = "pickle",
    .extensions = EXTENSIONS,
    .match = match,
    .inspect = inspect,
};
