/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of SSH: what is accepted is written back as the same bytes; .pub lines likewise. */
#include <stdlib.h>

#include "base/text.h"
#include "formats/ssh_key.h"
#include "fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void blob(struct sr_bytes input)
{
    struct sr_ssh_key key;
    SR_AUTO(sr_buf) out = NULL;
    if (sr_ssh_key_decode(input, &key, NULL) == SR_OK) {
        REQUIRE(sr_buf_new(input.len, &out) == SR_OK);
        REQUIRE(sr_ssh_key_encode(&key, out) == SR_OK);
        REQUIRE(sr_text_equal(sr_buf_view(out), input));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sr_bytes input = sr_bytes(data, size);
    struct sr_bytes comment;
    SR_AUTO(sr_buf) key = NULL;
    SR_AUTO(sr_buf) line = NULL;
    blob(input);
    REQUIRE(sr_buf_new(SR_SSH_KEY_BLOB_BYTES_MAX, &key) == SR_OK);
    REQUIRE(sr_buf_new(size, &line) == SR_OK);
    if (sr_ssh_key_from_line(input, key, &comment, NULL) == SR_OK) {
        REQUIRE(sr_ssh_key_line(sr_buf_view(key), line, NULL) == SR_OK);
        struct sr_bytes text = sr_buf_view(line);
        REQUIRE(text.len <= size && sr_text_equal(text, sr_bytes(data, text.len)));
    }
    return 0;
}
