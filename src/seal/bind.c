/* SPDX-License-Identifier: Apache-2.0 */
#include "seal/bind.h"

#include <assert.h>
#include <string.h>

#include "base/writer.h"
#include "crypto/kdf.h"
#include "seal/floe.h"

static const char KEY_LABEL[] = "strongroom/v1/file";
static const char BODY_LABEL[] = "strongroom/v1/body";
static const char TRAILER_LABEL[] = "strongroom/v1/trailer";

#define LABEL_BYTES(label) (sizeof(label) - 1)
#define NAME_BYTES 40 /* version, suite, object, version id, file index */

static_assert(LABEL_BYTES(BODY_LABEL) + NAME_BYTES == SR_BIND_BODY_AAD_BYTES, "B-7");
static_assert(LABEL_BYTES(TRAILER_LABEL) + NAME_BYTES + 8 + SR_FLOE_HEADER_BYTES ==
                  SR_BIND_TRAILER_AAD_BYTES,
              "B-8");

enum sr_status sr_bind_file_key(const struct sr_secret *dek, const struct sr_id *object,
                                struct sr_secret **out, struct sr_err *err)
{
    assert(sr_secret_len(dek) == SR_FLOE_KEY_BYTES);
    const struct sr_bytes info[] = {
        sr_bytes(KEY_LABEL, LABEL_BYTES(KEY_LABEL)),
        sr_bytes(object->bytes, sizeof object->bytes),
    };
    SR_AUTO(sr_secret) key = NULL;
    SR_TRY(sr_secret_new(SR_FLOE_KEY_BYTES, &key, err));
    enum sr_status status =
        sr_kdf_expand(sr_bytes(sr_secret_view(dek), sr_secret_len(dek)), info,
                      sizeof info / sizeof info[0], sr_secret_bytes(key), SR_FLOE_KEY_BYTES);
    if (status != SR_OK) {
        return sr_context(err, status, "derive the key of a file");
    }
    *out = SR_TAKE(key);
    return SR_OK;
}

/* Put a label and a name; returns where they end. */
static uint8_t *put_name(const char *label, size_t label_bytes, const struct sr_body_name *name,
                         uint8_t *out)
{
    memcpy(out, label, label_bytes);
    out += label_bytes;
    const uint8_t format[] = {0, SR_BODY_FORMAT_VERSION, 0, SR_BODY_SUITE};
    memcpy(out, format, sizeof format);
    memcpy(out + 4, name->object.bytes, sizeof name->object.bytes);
    memcpy(out + 20, name->version.bytes, sizeof name->version.bytes);
    sr_writer_put_u32be(out + 36, name->file_index);
    return out + NAME_BYTES;
}

void sr_bind_body_aad(const struct sr_body_name *name, uint8_t *out)
{
    (void)put_name(BODY_LABEL, LABEL_BYTES(BODY_LABEL), name, out);
}

void sr_bind_trailer_aad(const struct sr_body_name *name, uint64_t stream_bytes,
                         const uint8_t *floe_header, uint8_t *out)
{
    uint8_t *at = put_name(TRAILER_LABEL, LABEL_BYTES(TRAILER_LABEL), name, out);
    sr_writer_put_u64be(at, stream_bytes);
    memcpy(at + 8, floe_header, SR_FLOE_HEADER_BYTES);
}
