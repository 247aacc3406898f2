/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/ssh_key.h"

#include <assert.h>
#include <string.h>

#include "base/reader.h"
#include "base/text.h"
#include "base/writer.h"
#include "formats/base64.h"

#define NAME_BYTES_MAX 64
#define APPLICATION_BYTES_MAX 255
#define LINE_BYTES_MAX 8192 /* OpenSSH's own limit */

static const struct {
    const char *name;
    const char *curve; /* NULL: Ed25519 */
    size_t point_bytes;
    bool is_sk;
} TYPES[] = {
    [SR_SSH_KEY_ED25519] = {"ssh-ed25519", NULL, 32, false},
    [SR_SSH_KEY_ECDSA_P256] = {"ecdsa-sha2-nistp256", "nistp256", 65, false},
    [SR_SSH_KEY_ECDSA_P384] = {"ecdsa-sha2-nistp384", "nistp384", 97, false},
    [SR_SSH_KEY_SK_ED25519] = {"sk-ssh-ed25519@openssh.com", NULL, 32, true},
    [SR_SSH_KEY_SK_ECDSA_P256] = {"sk-ecdsa-sha2-nistp256@openssh.com", "nistp256", 65, true},
};

const char *sr_ssh_key_type_name(enum sr_ssh_key_type type)
{
    assert(type < SR_SSH_KEY_TYPE_COUNT);
    return TYPES[type].name;
}

bool sr_ssh_key_type_is_sk(enum sr_ssh_key_type type)
{
    assert(type < SR_SSH_KEY_TYPE_COUNT);
    return TYPES[type].is_sk;
}

bool sr_ssh_key_type_is_ecdsa(enum sr_ssh_key_type type)
{
    assert(type < SR_SSH_KEY_TYPE_COUNT);
    return TYPES[type].curve != NULL;
}

enum sr_status sr_ssh_key_type_from_name(struct sr_bytes name, enum sr_ssh_key_type *out,
                                         struct sr_err *err)
{
    for (enum sr_ssh_key_type i = 0; i < SR_SSH_KEY_TYPE_COUNT; i++) {
        if (sr_text_equal(name, sr_text_view(TYPES[i].name))) {
            *out = i;
            return SR_OK;
        }
    }
    return sr_fail(err, SR_UNSUPPORTED, "SSH keys of type '%.*s' are not accepted",
                   (int)(name.len < NAME_BYTES_MAX ? name.len : NAME_BYTES_MAX),
                   name.len > 0 ? (const char *)name.ptr : "");
}

static enum sr_status take(struct sr_reader *r, size_t bytes_max, const char *what,
                           struct sr_bytes *out, struct sr_err *err)
{
    enum sr_status status = sr_reader_block_u32be(r, bytes_max, out);
    return status == SR_OK ? SR_OK
                           : sr_fail(err, status, "SSH key: %s at byte %zu is too long or cut off",
                                     what, r->offset);
}

/* SG-3 */
static enum sr_status take_point(struct sr_reader *r, enum sr_ssh_key_type type,
                                 struct sr_bytes *out, struct sr_err *err)
{
    struct sr_bytes curve;
    if (TYPES[type].curve != NULL) {
        SR_TRY(take(r, NAME_BYTES_MAX, "curve", &curve, err));
        if (!sr_text_equal(curve, sr_text_view(TYPES[type].curve))) {
            return sr_fail(err, SR_MALFORMED, "SSH key: its curve is not that of its type");
        }
    }
    SR_TRY(take(r, SR_SSH_KEY_BLOB_BYTES_MAX, "public key", out, err));
    if (out->len != TYPES[type].point_bytes || (TYPES[type].curve != NULL && out->ptr[0] != 4)) {
        return sr_fail(err, SR_MALFORMED, "SSH key: the public key is not %zu bytes of its form",
                       TYPES[type].point_bytes);
    }
    return SR_OK;
}

/* SG-4 */
static enum sr_status take_application(struct sr_reader *r, struct sr_bytes *out,
                                       struct sr_err *err)
{
    SR_TRY(take(r, APPLICATION_BYTES_MAX, "application", out, err));
    for (size_t i = 0; i < out->len; i++) {
        if (out->ptr[i] < 0x21 || out->ptr[i] > 0x7e) {
            return sr_fail(err, SR_MALFORMED, "SSH key: the application is not printable text");
        }
    }
    if (out->len < 4 || memcmp(out->ptr, "ssh:", 4) != 0) {
        return sr_fail(err, SR_UNSUPPORTED, "SSH key: its application does not begin with 'ssh:'");
    }
    return SR_OK;
}

enum sr_status sr_ssh_key_decode(struct sr_bytes blob, struct sr_ssh_key *out, struct sr_err *err)
{
    struct sr_reader r = sr_reader(blob);
    struct sr_ssh_key key = {0};
    struct sr_bytes name;
    if (blob.len > SR_SSH_KEY_BLOB_BYTES_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "SSH key: over %d bytes", SR_SSH_KEY_BLOB_BYTES_MAX);
    }
    SR_TRY(take(&r, NAME_BYTES_MAX, "type", &name, err));
    SR_TRY(sr_ssh_key_type_from_name(name, &key.type, err)); /* SG-2 */
    SR_TRY(take_point(&r, key.type, &key.point, err));
    if (TYPES[key.type].is_sk) {
        SR_TRY(take_application(&r, &key.application, err));
    }
    if (sr_reader_end(&r) != SR_OK) {
        return sr_fail(err, SR_MALFORMED, "SSH key: bytes after its end at byte %zu", r.offset);
    }
    *out = key;
    return SR_OK;
}

enum sr_status sr_ssh_key_encode(const struct sr_ssh_key *key, struct sr_buf *out)
{
    assert(key->type < SR_SSH_KEY_TYPE_COUNT);
    SR_TRY(sr_writer_block_u32be(out, sr_text_view(TYPES[key->type].name)));
    if (TYPES[key->type].curve != NULL) {
        SR_TRY(sr_writer_block_u32be(out, sr_text_view(TYPES[key->type].curve)));
    }
    SR_TRY(sr_writer_block_u32be(out, key->point));
    return TYPES[key->type].is_sk ? sr_writer_block_u32be(out, key->application) : SR_OK;
}

/* What is before the first space, or all of it; text is what follows that space. */
static struct sr_bytes cut_word(struct sr_bytes *text)
{
    const uint8_t *space = text->len > 0 ? memchr(text->ptr, ' ', text->len) : NULL;
    size_t len = space != NULL ? (size_t)(space - text->ptr) : text->len;
    struct sr_bytes word = sr_bytes(text->ptr, len);
    size_t skip = space != NULL ? len + 1 : len;
    *text = sr_bytes(text->len > 0 ? text->ptr + skip : NULL, text->len - skip);
    return word;
}

static enum sr_status decode_base64(struct sr_bytes text, struct sr_buf *out, struct sr_err *err)
{
    enum sr_status status = sr_base64_decode(text, out);
    return status == SR_OK
               ? SR_OK
               : sr_fail(err, status, "SSH key: what follows the type is not base64 of a key");
}

enum sr_status sr_ssh_key_from_line(struct sr_bytes text, struct sr_buf *out,
                                    struct sr_bytes *out_comment, struct sr_err *err)
{
    SR_AUTO(sr_buf) blob = NULL;
    struct sr_ssh_key key;
    if (text.len > 0 && text.ptr[text.len - 1] == '\n') {
        text.len--;
    }
    if (text.len > LINE_BYTES_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "SSH key: a line over %d bytes", LINE_BYTES_MAX);
    }
    if (!sr_text_is_utf8(text) || (text.len > 0 && memchr(text.ptr, '\n', text.len) != NULL)) {
        return sr_fail(err, SR_MALFORMED, "SSH key: not one line of text");
    }
    struct sr_bytes name = cut_word(&text);
    struct sr_bytes base64 = cut_word(&text);
    enum sr_ssh_key_type type;
    SR_TRY(sr_ssh_key_type_from_name(name, &type, err));
    SR_TRY(sr_buf_new(SR_SSH_KEY_BLOB_BYTES_MAX, &blob));
    SR_TRY(decode_base64(base64, blob, err));
    SR_TRY(sr_ssh_key_decode(sr_buf_view(blob), &key, err));
    if (key.type != type) { /* SG-6 */
        return sr_fail(err, SR_MALFORMED, "SSH key: the line says '%s', the key '%s'",
                       TYPES[type].name, TYPES[key.type].name);
    }
    SR_TRY(sr_buf_append(out, sr_buf_view(blob)));
    *out_comment = text;
    return SR_OK;
}

enum sr_status sr_ssh_key_line(struct sr_bytes blob, struct sr_buf *out, struct sr_err *err)
{
    struct sr_ssh_key key;
    SR_TRY(sr_ssh_key_decode(blob, &key, err));
    SR_TRY(sr_buf_append(out, sr_text_view(TYPES[key.type].name)));
    SR_TRY(sr_buf_append(out, sr_text_view(" ")));
    return sr_base64_encode(blob, out);
}
