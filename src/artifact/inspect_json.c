/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/card.h"
#include "artifact/format.h"
#include "artifact/settings.h"
#include "formats/json_walk.h"

static void inspect(struct sr_inspection *in, const struct sr_subject *blob)
{
    struct sr_card config = {.in = in, .is_config = true};
    struct sr_err err = {0};
    if (!sr_settings_check_json(in, blob)) {
        return;
    }
    enum sr_status status = sr_card_is_config(blob->name)
                                ? sr_json_walk(blob->bytes, sr_card_visit, &config, &err)
                                : SR_OK;
    if (status != SR_OK) {
        sr_inspection_fail(in, status, 0, &err);
        return;
    }
    sr_inspection_cover(in, 0, blob->bytes.len);
}

static const char *const EXTENSIONS[] = {".json", NULL};
const struct sr_format sr_format_json = {
    .name = "json",
    .title = "JSON",
    .extensions = EXTENSIONS,
    .match = NULL,
    .inspect = inspect,
};
