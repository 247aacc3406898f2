/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/torch.h"

#include <string.h>

#include "base/text.h"

#define PROTO_BYTES 2
#define FRAME_BYTES 9

bool sr_torch_legacy_is(struct sr_bytes bytes)
{
    /* LONG1 of ten bytes, 0x1950a86a20f9469cfc6c, STOP. */
    static const uint8_t MAGIC[] = {0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9,
                                    0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e};
    if (bytes.len < PROTO_BYTES || bytes.ptr[0] != 0x80) {
        return false;
    }
    bytes = sr_bytes(bytes.ptr + PROTO_BYTES, bytes.len - PROTO_BYTES);
    if (bytes.len > FRAME_BYTES && bytes.ptr[0] == 0x95) {
        bytes = sr_bytes(bytes.ptr + FRAME_BYTES, bytes.len - FRAME_BYTES);
    }
    return bytes.len >= sizeof MAGIC && memcmp(bytes.ptr, MAGIC, sizeof MAGIC) == 0;
}

void sr_torch_legacy_inspect(struct sr_inspection *in, const struct sr_blob *blob)
{
    sr_inspection_find(in, SR_RULE_UNSUPPORTED_FORMAT, 0, blob->bytes.len, "PyTorch, legacy");
}

bool sr_torch_tar_is(const struct sr_bytes *names, size_t count)
{
    static const char *const MEMBERS[] = {"sys_info", "pickle", "storages", "tensors"};
    unsigned found = 0;
    for (size_t i = 0; i < count; i++) {
        struct sr_bytes name = names[i];
        if (name.len > 2 && name.ptr[0] == '.' && name.ptr[1] == '/') {
            name = sr_bytes(name.ptr + 2, name.len - 2);
        }
        for (unsigned m = 0; m < sizeof MEMBERS / sizeof MEMBERS[0]; m++) {
            found |= sr_text_equal(name, sr_text_view(MEMBERS[m])) ? 1U << m : 0U;
        }
    }
    /* Its loader needs "pickle" and "storages"; without them it is no such archive. */
    return (found & 6U) == 6U;
}
