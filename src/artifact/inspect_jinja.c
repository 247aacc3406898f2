/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/format.h"
#include "artifact/template.h"

static void inspect(struct sr_inspection *in, const struct sr_subject *blob)
{
    sr_template_check(in, blob->bytes);
}

static const char *const EXTENSIONS[] = {".jinja", ".jinja2", ".j2", ".template", NULL};
const struct sr_format sr_format_jinja = {
    .name = "jinja",
    .title = "Jinja template",
    .extensions = EXTENSIONS,
    .match = NULL,
    .inspect = inspect,
};
