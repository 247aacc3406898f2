/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_TESTS_MESSAGE_H
#define SR_TESTS_MESSAGE_H

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/bytes.h"

/*
 * Write Protocol Buffers for tests, as wrong as they have to be. By value: a message that goes into
 * another is built first.
 *
 *     struct message node = {0};
 *     message_text(&node, 4, "Add");
 *     message_put(&graph, 1, &node);
 */
struct message {
    size_t len;
    uint8_t data[4096];
};

static inline void message_byte(struct message *m, unsigned byte)
{
    assert(m->len < sizeof m->data);
    m->data[m->len++] = (uint8_t)byte;
}

static inline void message_varint(struct message *m, uint64_t value)
{
    while (value > 0x7f) {
        message_byte(m, (unsigned)(value & 0x7f) | 0x80);
        value >>= 7;
    }
    message_byte(m, (unsigned)value);
}

static inline void message_number(struct message *m, uint32_t field, uint64_t value)
{
    message_varint(m, (uint64_t)field << 3);
    message_varint(m, value);
}

static inline void message_bytes(struct message *m, uint32_t field, const void *data, size_t len)
{
    message_varint(m, (uint64_t)field << 3 | 2);
    message_varint(m, len);
    assert(len <= sizeof m->data - m->len);
    memcpy(m->data + m->len, len > 0 ? data : "", len);
    m->len += len;
}

static inline void message_text(struct message *m, uint32_t field, const char *text)
{
    message_bytes(m, field, text, strlen(text));
}

static inline void message_put(struct message *m, uint32_t field, const struct message *sub)
{
    message_bytes(m, field, sub->data, sub->len);
}

static inline struct sr_bytes message_view(const struct message *m)
{
    return sr_bytes(m->data, m->len);
}

#endif /* SR_TESTS_MESSAGE_H */
