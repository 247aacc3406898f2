/* SPDX-License-Identifier: Apache-2.0 */
#include "acts/ssh_signer.h"

#include <stdlib.h>

#include "base/text.h"

#define SIGNED_BYTES_MAX 512
/* The request is a few bytes longer than what it carries. */
#define REQUEST_BYTES_MAX (SR_SSH_AGENT_MESSAGE_BYTES_MAX + 4)

enum sr_status sr_ssh_signer_list(struct sr_ssh_connection *c, struct sr_buf *store,
                                  struct sr_ssh_agent_list *out, struct sr_err *err)
{
    SR_AUTO(sr_buf) request = NULL;
    SR_TRY(sr_buf_new(16, &request));
    SR_TRY(sr_ssh_agent_put_list(request));
    sr_buf_clear(store);
    SR_TRY(sr_ssh_connection_ask(c, sr_buf_view(request), store, err));
    return sr_ssh_agent_list_decode(sr_buf_view(store), out, err);
}

/* The blob of a signature over data is in answer; *out points into it and is not yet verified. */
static enum sr_status ask(struct sr_ssh_connection *c, struct sr_bytes key, struct sr_bytes data,
                          struct sr_buf *answer, struct sr_bytes *out, struct sr_err *err)
{
    SR_AUTO(sr_buf) request = NULL;
    SR_TRY(sr_buf_new(REQUEST_BYTES_MAX, &request));
    enum sr_status status = sr_ssh_agent_put_sign(key, data, request);
    if (status != SR_OK) {
        return sr_fail(err, status, "ssh-agent: cannot ask it to sign %zu bytes", data.len);
    }
    SR_TRY(sr_ssh_connection_ask(c, sr_buf_view(request), answer, err));
    return sr_ssh_agent_signature_decode(sr_buf_view(answer), out, err);
}

enum sr_status sr_ssh_signer_sshsig(struct sr_ssh_connection *c, const struct sr_ssh_verifier *key,
                                    const struct sr_ssh_demand *demand, struct sr_bytes message,
                                    struct sr_buf *out, struct sr_err *err)
{
    SR_AUTO(sr_buf) data = NULL;
    SR_AUTO(sr_buf) answer = NULL;
    SR_AUTO(sr_buf) made = NULL;
    struct sr_sshsig sig = {
        .key = sr_ssh_verifier_blob(key),
        .name_space = sr_text_view(demand->name_space),
        .hash = SR_SSHSIG_SHA512,
    };
    SR_TRY(sr_buf_new(SIGNED_BYTES_MAX, &data));
    SR_TRY(sr_buf_new(SR_SSH_AGENT_MESSAGE_BYTES_MAX, &answer));
    SR_TRY(sr_buf_new(SR_SSHSIG_BYTES_MAX, &made));
    SR_TRY(sr_ssh_verifier_signed_data(sig.name_space, sig.hash, message, data));
    SR_TRY(ask(c, sig.key, sr_buf_view(data), answer, &sig.signature, err));
    enum sr_status status = sr_sshsig_encode(&sig, made);
    if (status != SR_OK) {
        return sr_fail(err, status, "ssh-agent: a signature of %zu bytes", sig.signature.len);
    }
    status = sr_ssh_verifier_check(key, sr_buf_view(made), demand, message, NULL, err);
    if (status != SR_OK) { /* SA-6 */
        return sr_context(err, status, "ssh-agent made a signature that is no good");
    }
    return sr_buf_append(out, sr_buf_view(made));
}

/* The driver of the seam. */
struct agent_signer {
    struct sr_signer signer; /* first */
    struct sr_ssh_connection *connection;
    struct sr_ssh_verifier *key;
};

static enum sr_status agent_sign(struct sr_signer *signer, struct sr_bytes message,
                                 struct sr_buf *out, struct sr_err *err)
{
    struct agent_signer *s = (struct agent_signer *)signer;
    SR_AUTO(sr_buf) answer = NULL;
    struct sr_bytes blob;
    struct sr_ssh_signature signature;
    SR_TRY(sr_buf_new(SR_SSH_AGENT_MESSAGE_BYTES_MAX, &answer));
    SR_TRY(ask(s->connection, sr_ssh_verifier_blob(s->key), message, answer, &blob, err));
    SR_TRY(sr_ssh_signature_decode(blob, &signature, err));
    if (signature.type != sr_ssh_verifier_type(s->key)) {
        return sr_fail(err, SR_MALFORMED, "ssh-agent: a signature of type '%s' by a key of '%s'",
                       sr_ssh_key_type_name(signature.type),
                       sr_ssh_key_type_name(sr_ssh_verifier_type(s->key)));
    }
    return sr_ssh_signature_raw(&signature, out);
}

static void agent_close(struct sr_signer *signer)
{
    struct agent_signer *s = (struct agent_signer *)signer;
    sr_ssh_connection_free(s->connection);
    sr_ssh_verifier_free(s->key);
    free(s);
}

static bool signs_messages(enum sr_ssh_key_type type)
{
    return sr_ssh_key_type_is_ecdsa(type) && !sr_ssh_key_type_is_sk(type);
}

enum sr_status sr_ssh_signer_new(struct sr_ssh_connection *c, struct sr_bytes key,
                                 struct sr_signer **out, struct sr_err *err)
{
    SR_AUTO(sr_ssh_connection) connection = c;
    SR_AUTO(sr_ssh_verifier) verifier = NULL;
    SR_TRY(sr_ssh_verifier_new(key, &verifier, err));
    enum sr_ssh_key_type type = sr_ssh_verifier_type(verifier);
    if (!signs_messages(type)) {
        return sr_fail(err, SR_UNSUPPORTED, "ssh-agent: '%s' keys do not sign models, ECDSA does",
                       sr_ssh_key_type_name(type));
    }
    struct agent_signer *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a key");
    }
    s->signer = (struct sr_signer){
        .public_key = sr_ssh_verifier_public_key(verifier),
        .sign = agent_sign,
        .close = agent_close,
    };
    s->connection = SR_TAKE(connection);
    s->key = SR_TAKE(verifier);
    *out = &s->signer;
    return SR_OK;
}
