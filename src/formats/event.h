/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_EVENT_H
#define SR_FORMATS_EVENT_H

#include <stdbool.h>

#include "base/bytes.h"

/*
 * What a walk over a text of maps, lists and values meets, in the order of the text: the same for
 * JSON (json_walk.h) and YAML (yaml.h), so that what judges settings need not know which it was.
 */

enum sr_event_kind {
    SR_EVENT_MAP, /* a map begins; its members follow, each with its key */
    SR_EVENT_MAP_END,
    SR_EVENT_LIST, /* a list begins; its elements follow */
    SR_EVENT_LIST_END,
    SR_EVENT_TEXT,
    SR_EVENT_NUMBER, /* text as it is spelled */
    SR_EVENT_BOOL,   /* text is "true" or "false" */
    SR_EVENT_NULL
};

struct sr_event {
    enum sr_event_kind kind;
    unsigned depth;       /* maps and lists around it; 0: it is the whole text */
    struct sr_bytes key;  /* of a member of a map, escapes resolved; len 0 also for elements of
                           * lists;  valid until the map ends */
    struct sr_bytes text; /* of values, escapes resolved; valid during the call */
    size_t offset;        /* of its first byte in the text */
    bool has_key;
};

#endif /* SR_FORMATS_EVENT_H */
