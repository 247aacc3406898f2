/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/terms.h"

#include "base/quantity.h"

/* Texts that are taken as they are. */
static const struct {
    const char *option;
    enum sr_act_field field;
} texts[] = {
    {"why", SR_FIELD_reason},
    {"ticket", SR_FIELD_ticket},
    {"host", SR_FIELD_host},
    {"workload", SR_FIELD_workload},
};

static enum sr_status set_duration(const char *value, struct sr_act *request, struct sr_err *err)
{
    int64_t ms = 0;
    if (sr_quantity_duration(sr_text_view(value), &ms) != SR_OK) {
        return sr_fail(err, SR_USAGE, "'--for' takes a duration such as '30m', '8h' or '2d'");
    }
    sr_act_set_number(request, SR_FIELD_lasts_ms, (uint64_t)ms);
    return SR_OK;
}

static enum sr_status set_bytes(const char *value, struct sr_act *request, struct sr_err *err)
{
    uint64_t bytes = 0;
    if (sr_quantity_bytes(sr_text_view(value), &bytes) != SR_OK) {
        return sr_fail(err, SR_USAGE, "'--bytes' takes a size such as '200GB' or '16GiB'");
    }
    sr_act_set_number(request, SR_FIELD_bytes, bytes);
    return SR_OK;
}

static enum sr_status set_files(const char *value, struct sr_act *request, struct sr_err *err)
{
    uint64_t files = 0;
    if (sr_text_parse_u64(sr_text_view(value), 1, 1000000, &files) != SR_OK) {
        return sr_fail(err, SR_USAGE, "'--files' takes a number from 1 to 1000000");
    }
    sr_act_set_number(request, SR_FIELD_files, files);
    return SR_OK;
}

enum sr_status sr_terms_set(const struct sr_args *args, struct sr_act *request, struct sr_err *err)
{
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char *value = sr_args_value(args, texts[i].option);
        if (value != NULL) {
            sr_act_set_word(request, texts[i].field, value);
        }
    }
    if (sr_args_has(args, "for")) {
        SR_TRY(set_duration(sr_args_value(args, "for"), request, err));
    }
    if (sr_args_has(args, "bytes")) {
        SR_TRY(set_bytes(sr_args_value(args, "bytes"), request, err));
    }
    if (sr_args_has(args, "files")) {
        SR_TRY(set_files(sr_args_value(args, "files"), request, err));
    }
    if (sr_args_has(args, "break-glass")) {
        sr_act_set_number(request, SR_FIELD_break_glass, 1);
    }
    return SR_OK;
}
