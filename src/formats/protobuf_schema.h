/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_PROTOBUF_SCHEMA_H
#define SR_FORMATS_PROTOBUF_SCHEMA_H

#include "formats/protobuf.h"

/* Words to write schemas with; included by the tables of fields only. */

#define FIELD_COUNT(a) (sizeof(a) / sizeof(a)[0])
/* A number, a text, bytes; several of them. */
#define ONE(number, name, kind)                                                                    \
    {                                                                                              \
        number, name, SR_PROTOBUF_##kind, false, 0, NULL                                           \
    }
#define MANY(number, name, kind)                                                                   \
    {                                                                                              \
        number, name, SR_PROTOBUF_##kind, true, 0, NULL                                            \
    }
/* A message; several of them. */
#define SUB(number, name, message)                                                                 \
    {                                                                                              \
        number, name, SR_PROTOBUF_MESSAGE, false, 0, &(message)                                    \
    }
#define SUBS(number, name, message)                                                                \
    {                                                                                              \
        number, name, SR_PROTOBUF_MESSAGE, true, 0, &(message)                                     \
    }
/* One of a oneof: a message, or something else. */
#define EITHER(number, name, message)                                                              \
    {                                                                                              \
        number, name, SR_PROTOBUF_MESSAGE, false, 1, &(message)                                    \
    }
#define EITHER_ONE(number, name, kind)                                                             \
    {                                                                                              \
        number, name, SR_PROTOBUF_##kind, false, 1, NULL                                           \
    }
#define MESSAGE(id, name, fields)                                                                  \
    {                                                                                              \
        name, id, fields, FIELD_COUNT(fields)                                                      \
    }

#endif /* SR_FORMATS_PROTOBUF_SCHEMA_H */
