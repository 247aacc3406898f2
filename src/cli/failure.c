/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/failure.h"

#include <stdio.h>

#include "base/text.h"
#include "cli/fields.h"
#include "cli/screen.h"

#define OBJECT_BYTES_MAX 8192

static enum sr_status write_object(struct sr_json_writer *w, enum sr_status status,
                                   const char *message)
{
    const struct sr_status_info *info = sr_status_info(status);
    char type[64];
    (void)snprintf(type, sizeof type, "urn:strongroom:error:%s", info->slug);
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_fields_text(w, "type", type));
    SR_TRY(sr_fields_text(w, "title", info->title));
    SR_TRY(sr_fields_u64(w, "status", (uint64_t)info->http_status));
    SR_TRY(sr_fields_text(w, "detail", message));
    SR_TRY(sr_fields_text(w, "code", info->slug));
    SR_TRY(sr_fields_u64(w, "exit", (uint64_t)info->exit_code));
    return sr_json_close_object(w);
}

void sr_failure_report(const struct sr_cli *cli, enum sr_status status, const struct sr_err *err)
{
    const struct sr_status_info *info = sr_status_info(status);
    /* Not every failure has words of its own; an older one's would mislead. */
    bool has_message = err->status == status && err->message[0] != '\0';
    const char *message = has_message ? err->message : info->title;
    if (cli->is_json) {
        SR_AUTO(sr_buf) object = NULL;
        struct sr_json_writer w = {0};
        if (sr_buf_new(OBJECT_BYTES_MAX, &object) == SR_OK) {
            w.out = object;
            if (write_object(&w, status, message) == SR_OK) {
                struct sr_bytes text = sr_buf_view(object);
                (void)fwrite(text.ptr, 1, text.len, stderr);
                (void)fputc('\n', stderr);
                return;
            }
        }
    }
    (void)fprintf(stderr, "strongroom: %s: ", info->slug);
    sr_screen_put(stderr, sr_text_view(message));
    (void)fputc('\n', stderr);
}
