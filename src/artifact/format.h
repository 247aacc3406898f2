/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_FORMAT_H
#define SR_ARTIFACT_FORMAT_H

#include <stdbool.h>

#include "artifact/inspection.h"

/*
 * A format, as data. Each is one file, src/artifact/inspect_<name>.c, that exports one
 * `const struct sr_format sr_format_<name>`, and one line in src/artifact/formats.def.
 * docs/extending-inspection.md shows how to add one.
 */

/* How sure a format is that a loader would take these bytes for it. */
enum sr_match {
    SR_MATCH_NO,
    SR_MATCH_NAME, /* by its name only: such a loader would try */
    SR_MATCH_BYTES /* by its bytes: a loader takes it whatever the name says */
};

struct sr_format {
    const char *name;  /* stable, "safetensors": the word in JSON */
    const char *title; /* "safetensors" as people write it */
    /* Names that ordinarily go with it, each with its dot, lower case; NULL ends the list. A name
     * that belongs to another format and not to this one is reported as MISNAMED. */
    const char *const *extensions;
    /* Pure and fast; looks at a few bytes. NULL: only by extension. Two formats that both say BYTES
     * make a polyglot, so a format that is a kind of another (a .keras file is a zip) has no line
     * of its own: the outer one hands it on. */
    enum sr_match (*match)(const struct sr_subject *blob);
    /*
     * Look at all of it: claim every byte that is understood (sr_inspection_cover()), report
     * findings. Called only when match() was not NO. Never fails: what goes wrong is a finding.
     */
    void (*inspect)(struct sr_inspection *in, const struct sr_subject *blob);
};

/* All formats in the order of formats.def; ends with NULL. */
extern const struct sr_format *const sr_format_all[];

/* Whether name ends in one of the format's extensions, whatever the case of its letters. */
bool sr_format_has_extension(const struct sr_format *format, struct sr_bytes name);

/*
 * The format that blob is to be inspected as. NULL: none.
 *
 * out_other     another format that its bytes are valid in as well (a polyglot); else NULL
 * out_misnamed  the format that its name belongs to, when that is not what is returned; else NULL
 */
const struct sr_format *sr_format_identify(const struct sr_subject *blob,
                                           const struct sr_format **out_other,
                                           const struct sr_format **out_misnamed);

#endif /* SR_ARTIFACT_FORMAT_H */
