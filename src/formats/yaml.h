/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_YAML_H
#define SR_FORMATS_YAML_H

#include "base/attr.h"
#include "base/status.h"
#include "formats/event.h"

/*
 * The part of YAML that settings and model cards are written in, strict: one document of block and
 * flow maps and lists with plain, quoted and block scalars. What makes objects, refers, merges or
 * is read in two ways is refused: tags, anchors, aliases, merge keys, directives, complex keys,
 * duplicate keys, tabs that indent, further documents, line breaks other than LF and CR LF.
 * Of plain scalars, those that JSON knows are numbers, true, false and null (also `~` and nothing);
 * `yes`, `on` and dates are texts.
 * Pure; memory: the keys of the maps that are open, and one scalar.
 * source  docs/formats/yaml.md (rules Y-n)
 */

#define SR_YAML_BYTES_MAX ((size_t)4 << 20)
#define SR_YAML_DEPTH_MAX 32

/*
 * visit is called for each event; when the result is not OK, for those before the fault. text is
 * hostile. A text without content is one null.
 *
 * errors  MALFORMED  not of this part of YAML; err says what and at which byte
 *         TOO_LARGE  over the limits above
 *         NO_MEMORY
 */
enum sr_status sr_yaml_walk(struct sr_bytes text,
                            void (*visit)(void *ctx, const struct sr_event *event), void *ctx,
                            struct sr_err *err) SR_MUST_USE;

/*
 * The YAML at the top of a model card: between a first line `---` and the next such line, both
 * left out. false when text (hostile) does not begin with one, or it has no end. *out_offset is
 * where it begins.
 */
bool sr_yaml_front_matter(struct sr_bytes text, struct sr_bytes *out, size_t *out_offset);

#endif /* SR_FORMATS_YAML_H */
