/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_SETTINGS_H
#define SR_ARTIFACT_SETTINGS_H

#include "artifact/inspection.h"
#include "formats/event.h"

/*
 * Settings beside weights, in JSON or YAML: what they make a loader run, fetch or open, and what
 * they claim. Whatever the file is called, the same rules hold; a few names have more.
 * source  docs/formats/config.md (rules CF-n)
 */
struct sr_settings;

/*
 * Begin with the settings that are the blob which is being looked at. name: the file's, hostile;
 * it has to outlive the object, as has in.
 * errors  NO_MEMORY
 */
enum sr_status sr_settings_new(struct sr_inspection *in, struct sr_bytes name,
                               struct sr_settings **out) SR_MUST_USE;
void sr_settings_free(struct sr_settings *s);
SR_DEFINE_AUTO(sr_settings)

/* Take in what a walk meets; ctx is a struct sr_settings. Findings are reported as they come. */
void sr_settings_visit(void *ctx, const struct sr_event *event);

/* All of the above for JSON: judge the blob that is being looked at; false, and a finding, when it
 * is not JSON. Covers nothing. */
bool sr_settings_check_json(struct sr_inspection *in, const struct sr_subject *blob);

/* The same for YAML. A tag that makes objects is a finding of its own. */
bool sr_settings_check_yaml(struct sr_inspection *in, const struct sr_subject *blob);

/* Whether YAML that was refused has a tag of those that make objects. Pure; text is hostile. */
bool sr_settings_makes_objects(struct sr_bytes text);

/* All has been met: report what does not agree with itself. */
void sr_settings_end(struct sr_settings *s);

#endif /* SR_ARTIFACT_SETTINGS_H */
