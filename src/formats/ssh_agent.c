/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/ssh_agent.h"

#include "base/writer.h"

enum {
    FAILURE = 5,
    REQUEST_IDENTITIES = 11,
    IDENTITIES_ANSWER = 12,
    SIGN_REQUEST = 13,
    SIGN_RESPONSE = 14,
};

/* Of a list entry: other kinds of keys (RSA, certificates) are larger than those we accept. */
#define FIELD_BYTES_MAX SR_SSH_AGENT_MESSAGE_BYTES_MAX

enum sr_status sr_ssh_agent_put_list(struct sr_buf *out)
{
    SR_TRY(sr_writer_u32be(out, 1));
    return sr_writer_u8(out, REQUEST_IDENTITIES);
}

enum sr_status sr_ssh_agent_put_sign(struct sr_bytes key, struct sr_bytes data, struct sr_buf *out)
{
    const size_t fixed = 1 + 4 + 4 + 4; /* type, two lengths, flags */
    if (key.len > SR_SSH_KEY_BLOB_BYTES_MAX ||
        data.len > SR_SSH_AGENT_MESSAGE_BYTES_MAX - SR_SSH_KEY_BLOB_BYTES_MAX - fixed) {
        return SR_TOO_LARGE;
    }
    SR_TRY(sr_writer_u32be(out, (uint32_t)(fixed + key.len + data.len)));
    SR_TRY(sr_writer_u8(out, SIGN_REQUEST));
    SR_TRY(sr_writer_block_u32be(out, key));
    SR_TRY(sr_writer_block_u32be(out, data));
    return sr_writer_u32be(out, 0); /* flags: they choose hashes for RSA */
}

/* SA-2, SA-3 */
static enum sr_status take_type(struct sr_reader *r, uint8_t wanted, const char *what,
                                struct sr_err *err)
{
    uint8_t type;
    if (r->rest.len > SR_SSH_AGENT_MESSAGE_BYTES_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "ssh-agent: an answer over %d bytes",
                       SR_SSH_AGENT_MESSAGE_BYTES_MAX);
    }
    if (sr_reader_u8(r, &type) != SR_OK) {
        return sr_fail(err, SR_TRUNCATED, "ssh-agent: an empty answer");
    }
    if (type == FAILURE) {
        return sr_reader_end(r) == SR_OK
                   ? sr_fail(err, SR_UNAVAILABLE, "ssh-agent refuses to %s", what)
                   : sr_fail(err, SR_MALFORMED, "ssh-agent: bytes after its refusal");
    }
    if (type != wanted) {
        return sr_fail(err, SR_MALFORMED, "ssh-agent: an answer of type %u to a request to %s",
                       type, what);
    }
    return SR_OK;
}

static enum sr_status take_identity(struct sr_reader *r, struct sr_bytes *blob,
                                    struct sr_bytes *comment, struct sr_err *err)
{
    enum sr_status status = sr_reader_block_u32be(r, FIELD_BYTES_MAX, blob);
    if (status == SR_OK) {
        status = sr_reader_block_u32be(r, FIELD_BYTES_MAX, comment);
    }
    return status == SR_OK
               ? SR_OK
               : sr_fail(err, status, "ssh-agent: the list of keys ends at byte %zu", r->offset);
}

enum sr_status sr_ssh_agent_list_decode(struct sr_bytes body, struct sr_ssh_agent_list *out,
                                        struct sr_err *err)
{
    struct sr_reader r = sr_reader(body);
    uint32_t count;
    SR_TRY(take_type(&r, IDENTITIES_ANSWER, "list its keys", err));
    if (sr_reader_u32be(&r, &count) != SR_OK) {
        return sr_fail(err, SR_TRUNCATED, "ssh-agent: the list of keys has no length");
    }
    if (count > SR_SSH_AGENT_IDENTITIES_MAX) { /* SA-4 */
        return sr_fail(err, SR_TOO_LARGE, "ssh-agent: %u keys are over %d", count,
                       SR_SSH_AGENT_IDENTITIES_MAX);
    }
    struct sr_ssh_agent_list list = {.rest = r, .count = count};
    for (uint32_t i = 0; i < count; i++) {
        struct sr_bytes blob;
        struct sr_bytes comment;
        SR_TRY(take_identity(&r, &blob, &comment, err));
    }
    if (sr_reader_end(&r) != SR_OK) {
        return sr_fail(err, SR_MALFORMED, "ssh-agent: bytes after the list of keys at byte %zu",
                       r.offset);
    }
    *out = list;
    return SR_OK;
}

bool sr_ssh_agent_list_next(struct sr_ssh_agent_list *list, struct sr_ssh_agent_identity *out)
{
    struct sr_ssh_agent_identity identity;
    struct sr_ssh_key key;
    if (sr_reader_end(&list->rest) == SR_OK ||
        take_identity(&list->rest, &identity.blob, &identity.comment, NULL) != SR_OK) {
        return false;
    }
    identity.is_known = sr_ssh_key_decode(identity.blob, &key, NULL) == SR_OK;
    *out = identity;
    return true;
}

enum sr_status sr_ssh_agent_signature_decode(struct sr_bytes body, struct sr_bytes *out,
                                             struct sr_err *err)
{
    struct sr_reader r = sr_reader(body);
    struct sr_bytes blob;
    SR_TRY(take_type(&r, SIGN_RESPONSE, "sign", err));
    enum sr_status status = sr_reader_block_u32be(&r, FIELD_BYTES_MAX, &blob);
    if (status != SR_OK) {
        return sr_fail(err, status, "ssh-agent: the signature is cut off");
    }
    if (sr_reader_end(&r) != SR_OK) {
        return sr_fail(err, SR_MALFORMED, "ssh-agent: bytes after the signature at byte %zu",
                       r.offset);
    }
    *out = blob;
    return SR_OK;
}
