/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "acts/ssh_signer.h"
#include "cli/input.h"
#include "cli/session.h"
#include "keys/private_file.h"

void sr_identity_clear(struct sr_identity *identity)
{
    sr_act_signer_free(identity->signer);
    identity->signer = NULL;
}

/* The wanted principal, when --as was given, or anybody. */
struct wanted {
    const char *as;               /* NULL: anybody */
    const struct sr_state *state; /* who is enrolled */
};

/* Whose active key this is, if it is somebody's who is wanted. */
static const struct sr_principal *owner_of(const struct wanted *w, const struct sr_act_key *key)
{
    const struct sr_state_key *enrolled = NULL;
    const struct sr_principal *owner =
        sr_state_key_owner(w->state, sr_act_key_fingerprint(key), &enrolled);
    if (owner == NULL || enrolled->revoked_utc_ms != 0) {
        return NULL;
    }
    return w->as == NULL || strcmp(w->as, owner->name) == 0 ? owner : NULL;
}

static enum sr_status not_enrolled(const struct wanted *w, const char *file,
                                   const struct sr_act_key *key, struct sr_err *err)
{
    return sr_fail(err, SR_UNAUTHENTICATED, "'%s' (%s) is not an active key of %s%s%s", file,
                   sr_act_key_fingerprint(key), w->as == NULL ? "anybody here" : "'",
                   w->as == NULL ? "" : w->as, w->as == NULL ? "" : "'");
}

static enum sr_status adopt(const struct sr_principal *who, struct sr_act_signer **signer,
                            struct sr_identity *out)
{
    (void)snprintf(out->name, sizeof out->name, "%s", who->name);
    out->signer = SR_TAKE(*signer);
    return SR_OK;
}

static enum sr_status agent_signer(const struct sr_act_key *key, struct sr_act_signer **out,
                                   struct sr_err *err)
{
    struct sr_ssh_connection *connection = NULL;
    SR_TRY(sr_ssh_connection_open(getenv("SSH_AUTH_SOCK"), SR_SSH_CONNECTION_PATIENCE_MS,
                                  &connection, err));
    return sr_act_signer_agent(connection, key, false, out, err);
}

static enum sr_status pem_signer(const struct sr_cli *cli, struct sr_bytes pem,
                                 struct sr_act_signer **out, struct sr_err *err)
{
    SR_AUTO(sr_secret) passphrase = NULL;
    struct sr_signer *plain = NULL;
    if (sr_signer_pem_is_encrypted(pem)) {
        SR_TRY(sr_session_passphrase(cli, "Passphrase of your key", false, &passphrase, err));
    }
    SR_TRY(sr_signer_from_pem(pem, passphrase, &plain, err));
    return sr_act_signer_plain(plain, out, err);
}

static bool is_private_pem(struct sr_bytes text)
{
    static const char MARK[] = "PRIVATE KEY-----";
    return text.len > sizeof MARK && memmem(text.ptr, text.len, MARK, sizeof MARK - 1) != NULL;
}

static enum sr_status from_file(const struct sr_cli *cli, const struct wanted *w, const char *file,
                                struct sr_identity *out, struct sr_err *err)
{
    SR_AUTO(sr_buf) text = NULL;
    SR_AUTO(sr_act_signer) signer = NULL;
    SR_TRY(sr_buf_new(SR_SIGN_PEM_BYTES_MAX, &text));
    SR_TRY(sr_input_file(file, text, err));
    enum sr_status status = SR_OK;
    if (is_private_pem(sr_buf_view(text))) {
        sr_buf_clear(text);
        SR_TRY(sr_private_file_read(file, SR_SIGN_PEM_BYTES_MAX, text, err)); /* only its owner's */
        status = pem_signer(cli, sr_buf_view(text), &signer, err);
    } else {
        SR_AUTO(sr_act_key) key = NULL;
        status = sr_act_key_parse(sr_buf_view(text), &key, err);
        status = status == SR_OK ? agent_signer(key, &signer, err) : status;
    }
    if (status != SR_OK) {
        return sr_context(err, status, "'%s'", file);
    }
    const struct sr_principal *who = owner_of(w, signer->key);
    return who == NULL ? not_enrolled(w, file, signer->key, err) : adopt(who, &signer, out);
}

/* What the agent has of enrolled keys. */
struct choice {
    struct sr_act_key *key;
    const struct sr_principal *owner;
};

static void choice_clear(struct choice *c)
{
    sr_act_key_free(c->key);
}

static enum sr_status consider(const struct wanted *w, struct sr_bytes blob, struct choice *c,
                               struct sr_err *err)
{
    SR_AUTO(sr_buf) line = NULL;
    SR_AUTO(sr_act_key) key = NULL;
    SR_TRY(sr_buf_new(4096, &line));
    SR_TRY(sr_ssh_key_line(blob, line, err));
    SR_TRY(sr_act_key_parse(sr_buf_view(line), &key, err));
    const struct sr_principal *owner = owner_of(w, key);
    if (owner == NULL) {
        return SR_OK;
    }
    if (c->owner != NULL && c->owner != owner) {
        return sr_fail(
            err, SR_USAGE,
            "the ssh-agent has keys of '%s' and '%s'; say '--as NAME' which of them acts",
            c->owner->name, owner->name);
    }
    if (c->owner == NULL) {
        c->owner = owner;
        c->key = SR_TAKE(key);
    }
    return SR_OK;
}

static enum sr_status from_agent(const struct wanted *w, struct sr_identity *out,
                                 struct sr_err *err)
{
    SR_AUTO(sr_ssh_connection) connection = NULL;
    SR_AUTO(sr_buf) store = NULL;
    SR_AUTO(sr_act_signer) signer = NULL;
    SR_CLEANUP(choice_clear) struct choice chosen = {0};
    struct sr_ssh_agent_list list;
    struct sr_ssh_agent_identity identity;
    SR_TRY(sr_ssh_connection_open(getenv("SSH_AUTH_SOCK"), SR_SSH_CONNECTION_PATIENCE_MS,
                                  &connection, err));
    SR_TRY(sr_buf_new(SR_SSH_AGENT_MESSAGE_BYTES_MAX, &store));
    SR_TRY(sr_ssh_signer_list(connection, store, &list, err));
    while (sr_ssh_agent_list_next(&list, &identity)) {
        if (identity.is_known) {
            SR_TRY(consider(w, identity.blob, &chosen, err));
        }
    }
    if (chosen.owner == NULL) {
        return SR_OK;
    }
    SR_TRY(sr_act_signer_agent(SR_TAKE(connection), chosen.key, false, &signer, err));
    return adopt(chosen.owner, &signer, out);
}

static bool has_agent(void)
{
    const char *path = getenv("SSH_AUTH_SOCK");
    return path != NULL && path[0] != '\0';
}

/* By the key that was named, or by the agent when there is one. */
static enum sr_status look_for(const struct sr_cli *cli, const struct sr_args *args,
                               const struct wanted *w, bool is_needed, struct sr_identity *out,
                               struct sr_err *err)
{
    const char *file = sr_args_value(args, "key");
    if (file != NULL) {
        return from_file(cli, w, file, out, err);
    }
    if (!has_agent()) {
        return SR_OK;
    }
    struct sr_err found = {0};
    enum sr_status status = from_agent(w, out, &found);
    if (status == SR_UNAVAILABLE && !is_needed) {
        return SR_OK; /* an agent that does not answer matters only where somebody's key is needed
                       */
    }
    if (status != SR_OK && err != NULL) {
        *err = found;
    }
    return status;
}

enum sr_status sr_identity_open(struct sr_cli *cli, const struct sr_args *args,
                                struct sr_room *room, bool needs_person, struct sr_identity *out,
                                struct sr_err *err)
{
    struct wanted w = {.as = sr_args_value(args, "as")};
    bool is_needed = needs_person || w.as != NULL;
    SR_TRY(sr_custody_state(room, &w.state, err));
    if (w.as != NULL && sr_state_principal(w.state, sr_text_view(w.as)) == NULL) {
        return sr_fail(err, SR_UNAUTHENTICATED, "nobody of the name '%s' is enrolled", w.as);
    }
    SR_TRY(look_for(cli, args, &w, is_needed, out, err));
    if (out->signer == NULL && is_needed) {
        return sr_fail(err, SR_UNAUTHENTICATED,
                       "no key of %s%s%s in the ssh-agent; add it with 'ssh-add', or name it with "
                       "'--key FILE'",
                       w.as == NULL ? "anybody who is enrolled" : "'", w.as == NULL ? "" : w.as,
                       w.as == NULL ? "" : "'");
    }
    if (out->signer == NULL) {
        (void)snprintf(out->name, sizeof out->name, "%s", sr_room_actor(room));
    }
    if (gethostname(out->host, sizeof out->host) != 0) {
        out->host[0] = '\0';
    }
    out->host[sizeof out->host - 1] = '\0';
    out->as = (struct sr_custody_as){
        .name = out->name,
        .signer = out->signer,
        .host = out->host[0] == '\0' ? NULL : out->host,
        .workload = sr_args_value(args, "workload"),
    };
    return SR_OK;
}
