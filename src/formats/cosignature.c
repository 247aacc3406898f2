/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/cosignature.h"

#include <string.h>

#include "base/reader.h"
#include "base/text.h"
#include "base/writer.h"
#include "formats/lines.h"

enum sr_status sr_cosignature_decode(struct sr_bytes data, struct sr_cosignature *out,
                                     struct sr_err *err)
{
    struct sr_reader r = sr_reader(data);
    struct sr_cosignature c = {0};
    struct sr_bytes signature;
    if (data.len != SR_COSIGNATURE_BYTES) {
        return sr_fail(err, SR_MALFORMED, "a cosignature of %zu bytes, not %d (C-6)", data.len,
                       SR_COSIGNATURE_BYTES);
    }
    SR_TRY(sr_reader_u64be(&r, &c.utc_s));
    SR_TRY(sr_reader_take(&r, sizeof c.signature, &signature));
    SR_TRY(sr_reader_end(&r));
    memcpy(c.signature, signature.ptr, sizeof c.signature);
    *out = c;
    return SR_OK;
}

void sr_cosignature_encode(const struct sr_cosignature *c, uint8_t out[SR_COSIGNATURE_BYTES])
{
    sr_writer_put_u64be(out, c->utc_s);
    memcpy(out + sizeof c->utc_s, c->signature, sizeof c->signature);
}

enum sr_status sr_cosignature_message(uint64_t utc_s, struct sr_bytes text, struct sr_buf *out)
{
    SR_TRY(sr_lines_put_number("cosignature/v1\ntime ", utc_s, out));
    return sr_buf_append(out, text);
}
