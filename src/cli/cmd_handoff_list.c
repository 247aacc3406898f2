/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"
#include "cli/fields.h"
#include "cli/handoff_view.h"
#include "cli/screen.h"
#include "cli/session.h"
#include "cli/view.h"

extern const struct sr_command sr_command_handoff_list;

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    (void)args;
    SR_AUTO(sr_room) room = NULL;
    SR_CLEANUP(sr_view_free_versions) struct sr_catalog_version *waiting = NULL;
    size_t count = 0;
    SR_TRY(sr_session_open(cli, &room, err));
    SR_TRY(sr_handoff_waiting(room, &waiting, &count, err));
    if (cli->is_json) {
        SR_TRY(sr_json_open_object(&cli->json));
        SR_TRY(sr_fields_array(&cli->json, "waiting"));
        for (size_t i = 0; i < count; i++) {
            char ref[SR_VIEW_REF_BYTES];
            sr_view_ref(&waiting[i], ref);
            SR_TRY(sr_fields_element(&cli->json, sr_text_view(ref)));
        }
        SR_TRY(sr_json_close_array(&cli->json));
        return sr_json_close_object(&cli->json);
    }
    for (size_t i = 0; i < count; i++) {
        char ref[SR_VIEW_REF_BYTES];
        sr_view_ref(&waiting[i], ref);
        sr_screen_line("%s", ref);
    }
    return SR_OK;
}

static const struct sr_example EXAMPLES[] = {
    {"strongroom handoff list", "what was taken in and has no answer yet"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_MALFORMED,   SR_TOO_LARGE, SR_NOT_FOUND, SR_CONFLICT, SR_UNAUTHENTICATED,
    SR_DENIED,      SR_PENDING,   SR_UNTRUSTED, SR_CORRUPT,  SR_BUSY,
    SR_UNSUPPORTED, SR_CANCELLED, SR_NO_MEMORY, SR_OK,
};
static const struct sr_field FIELDS[] = {
    {"waiting", "array", "versions, 'llama@1'"},
    {.name = NULL},
};

const struct sr_command sr_command_handoff_list = {
    .name = "handoff list",
    .group = "Handing over",
    .synopsis = "",
    .summary = "list what waits to be accepted or rejected",
    .description = "Versions that were taken in from other rooms and are not in custody yet.",
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
