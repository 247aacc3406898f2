/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "acts/envelope.h"
#include "acts/ssh_signer.h"

void sr_act_signer_free(struct sr_act_signer *signer)
{
    if (signer != NULL) {
        signer->close(signer);
    }
}

struct agent_signer {
    struct sr_act_signer signer; /* first */
    struct sr_ssh_connection *connection;
    struct sr_act_key *key;
    bool needs_verification;
};

static enum sr_status agent_sign(struct sr_act_signer *signer, struct sr_bytes message,
                                 struct sr_buf *out, struct sr_err *err)
{
    struct agent_signer *s = (struct agent_signer *)signer;
    struct sr_ssh_demand demand = {
        .name_space = SR_SSHSIG_NAMESPACE_ACT,
        .needs_verification = s->needs_verification,
    };
    return sr_ssh_signer_sshsig(s->connection, sr_act_key_ssh(s->key), &demand, message, out, err);
}

static void agent_close(struct sr_act_signer *signer)
{
    struct agent_signer *s = (struct agent_signer *)signer;
    sr_ssh_connection_free(s->connection);
    sr_act_key_free(s->key);
    free(s);
}

enum sr_status sr_act_signer_agent(struct sr_ssh_connection *c, const struct sr_act_key *key,
                                   bool needs_verification, struct sr_act_signer **out,
                                   struct sr_err *err)
{
    SR_AUTO(sr_ssh_connection) connection = c;
    SR_AUTO(sr_act_key) copy = NULL;
    if (!sr_act_key_is_ssh(key)) {
        return sr_fail(err, SR_UNSUPPORTED, "ssh-agent: %s is not an SSH key",
                       sr_act_key_fingerprint(key));
    }
    SR_TRY(sr_act_key_from_line(sr_text_view(sr_act_key_line(key)), &copy, err));
    struct agent_signer *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a key");
    }
    s->signer = (struct sr_act_signer){.key = copy, .sign = agent_sign, .close = agent_close};
    s->connection = SR_TAKE(connection);
    s->key = SR_TAKE(copy);
    s->needs_verification = needs_verification;
    *out = &s->signer;
    return SR_OK;
}

struct plain_signer {
    struct sr_act_signer signer; /* first */
    struct sr_signer *plain;
    struct sr_act_key *key;
};

static enum sr_status plain_sign(struct sr_act_signer *signer, struct sr_bytes message,
                                 struct sr_buf *out, struct sr_err *err)
{
    struct plain_signer *s = (struct plain_signer *)signer;
    return sr_signer_sign(s->plain, message, out, err);
}

static void plain_close(struct sr_act_signer *signer)
{
    struct plain_signer *s = (struct plain_signer *)signer;
    sr_signer_free(s->plain);
    sr_act_key_free(s->key);
    free(s);
}

enum sr_status sr_act_signer_plain(struct sr_signer *plain, struct sr_act_signer **out,
                                   struct sr_err *err)
{
    SR_AUTO(sr_signer) taken = plain;
    SR_AUTO(sr_act_key) key = NULL;
    SR_TRY(sr_act_key_from_public(plain->public_key, &key, err));
    struct plain_signer *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a key");
    }
    s->signer = (struct sr_act_signer){.key = key, .sign = plain_sign, .close = plain_close};
    s->plain = SR_TAKE(taken);
    s->key = SR_TAKE(key);
    *out = &s->signer;
    return SR_OK;
}
