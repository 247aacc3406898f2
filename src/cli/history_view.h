/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CLI_HISTORY_VIEW_H
#define SR_CLI_HISTORY_VIEW_H

#include "cli/cli.h"
#include "custody/query.h"

/* The acts on a version: when, who, what, and what became of it. */

/* As a table. errors  those of sr_query_version_acts(); NO_MEMORY */
enum sr_status sr_history_view_print(const struct sr_cli *cli, struct sr_room *room,
                                     const struct sr_id *version, struct sr_err *err) SR_MUST_USE;
/* The member "acts". errors  the same, and those of the writer */
enum sr_status sr_history_view_json(struct sr_json_writer *w, struct sr_room *room,
                                    const struct sr_id *version, struct sr_err *err) SR_MUST_USE;

#define SR_HISTORY_VIEW_FIELDS                                                                     \
    {"acts", "array or null", "with '--history': every act on it, oldest first; else null"},       \
        {"acts[].seq", "integer", "its number"}, {"acts[].time", "string", "by the room's clock"}, \
        {"acts[].actor", "string", "who"}, {"acts[].verb", "string", "what"},                      \
        {"acts[].outcome", "string", "'allowed' or 'refused'"},                                    \
    {                                                                                              \
        "acts[].reason", "string", "of a refusal, in one word; else empty"                         \
    }

#endif /* SR_CLI_HISTORY_VIEW_H */
