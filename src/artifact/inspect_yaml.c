/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/format.h"
#include "artifact/settings.h"

static void inspect(struct sr_inspection *in, const struct sr_subject *blob)
{
    if (sr_settings_check_yaml(in, blob)) {
        sr_inspection_cover(in, 0, blob->bytes.len);
    }
}

static const char *const EXTENSIONS[] = {".yaml", ".yml", NULL};
const struct sr_format sr_format_yaml = {
    .name = "yaml",
    .title = "YAML",
    .extensions = EXTENSIONS,
    .match = NULL,
    .inspect = inspect,
};
