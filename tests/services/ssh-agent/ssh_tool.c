/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For ssh_agent_test.py: what src/acts/ssh_*.h does, from the command line.
 *   ssh_tool list SOCKET                        keys of the agent: fingerprint or "-", and comment
 *   ssh_tool sign SOCKET PUB DEMAND MESSAGE     prints an armoured SSHSIG
 *   ssh_tool der SOCKET PUB MESSAGE PEM         prints DER over the message itself; PEM: the key
 *   ssh_tool verify PUB DEMAND MESSAGE SIG      prints flags and counter
 * DEMAND is a namespace, with "+uv" at its end when user verification is demanded; PUB, MESSAGE,
 * SIG and PEM are files. Failures print "SLUG: MESSAGE" and exit with 1.
 */
#include <inttypes.h>

#include "acts/ssh_signer.h"
#include "base/text.h"
#include "tests/services/ssh-agent/tool.h"

static enum sr_status read_key(const char *path, struct sr_buf **out, struct sr_err *err)
{
    SR_AUTO(sr_buf) line = NULL;
    struct sr_bytes comment;
    SR_TRY(read_file(path, &line, err));
    SR_TRY(sr_buf_new(SR_SSH_KEY_BLOB_BYTES_MAX, out));
    return sr_ssh_key_from_line(sr_buf_view(line), *out, &comment, err);
}

/* text is the program's argument, which is cut at "+uv". */
static struct sr_ssh_demand demand_of(char *text)
{
    char *mark = strstr(text, "+uv");
    if (mark != NULL) {
        *mark = '\0';
    }
    return (struct sr_ssh_demand){.name_space = text, .needs_verification = mark != NULL};
}

static enum sr_status list(char **args, struct sr_err *err)
{
    SR_AUTO(sr_ssh_connection) c = NULL;
    SR_AUTO(sr_buf) store = NULL;
    struct sr_ssh_agent_list keys;
    struct sr_ssh_agent_identity identity;
    SR_TRY(sr_ssh_connection_open(args[0], PATIENCE_MS, &c, err));
    SR_TRY(sr_buf_new(SR_SSH_AGENT_MESSAGE_BYTES_MAX, &store));
    SR_TRY(sr_ssh_signer_list(c, store, &keys, err));
    while (sr_ssh_agent_list_next(&keys, &identity)) {
        SR_AUTO(sr_ssh_verifier) v = NULL;
        if (identity.is_known) {
            SR_TRY(sr_ssh_verifier_new(identity.blob, &v, err));
        }
        printf("%s ", v != NULL ? sr_ssh_verifier_fingerprint(v) : "-");
        print(identity.comment);
        printf("\n");
    }
    return SR_OK;
}

static enum sr_status sign(char **args, struct sr_err *err)
{
    SR_AUTO(sr_ssh_connection) c = NULL;
    SR_AUTO(sr_ssh_verifier) v = NULL;
    SR_AUTO(sr_buf) key = NULL;
    SR_AUTO(sr_buf) message = NULL;
    SR_AUTO(sr_buf) out = NULL;
    SR_AUTO(sr_buf) text = NULL;
    struct sr_ssh_demand demand = demand_of(args[2]);
    SR_TRY(read_key(args[1], &key, err));
    SR_TRY(read_file(args[3], &message, err));
    SR_TRY(sr_ssh_verifier_new(sr_buf_view(key), &v, err));
    SR_TRY(sr_ssh_connection_open(args[0], PATIENCE_MS, &c, err));
    SR_TRY(sr_buf_new(SR_SSHSIG_BYTES_MAX, &out));
    SR_TRY(sr_buf_new(SR_SSHSIG_ARMORED_BYTES_MAX, &text));
    SR_TRY(sr_ssh_signer_sshsig(c, v, &demand, sr_buf_view(message), out, err));
    SR_TRY(sr_sshsig_armor(sr_buf_view(out), text));
    print(sr_buf_view(text));
    return SR_OK;
}

static enum sr_status der(char **args, struct sr_err *err)
{
    struct sr_ssh_connection *c = NULL;
    SR_AUTO(sr_signer) signer = NULL;
    SR_AUTO(sr_buf) key = NULL;
    SR_AUTO(sr_buf) message = NULL;
    SR_AUTO(sr_buf) out = NULL;
    SR_AUTO(sr_buf) pem = NULL;
    SR_TRY(read_key(args[1], &key, err));
    SR_TRY(read_file(args[2], &message, err));
    SR_TRY(sr_buf_new(SR_SIGN_SIGNATURE_BYTES_MAX, &out));
    SR_TRY(sr_buf_new(SR_SIGN_PEM_BYTES_MAX, &pem));
    SR_TRY(sr_ssh_connection_open(args[0], PATIENCE_MS, &c, err));
    SR_TRY(sr_ssh_signer_new(c, sr_buf_view(key), &signer, err));
    SR_TRY(sr_signer_sign(signer, sr_buf_view(message), out, err));
    SR_TRY(sr_public_key_pem(signer->public_key, pem));
    FILE *f = fopen(args[3], "wb");
    if (f == NULL) {
        return sr_fail(err, SR_IO, "open '%s'", args[3]);
    }
    (void)fwrite(sr_buf_view(pem).ptr, 1, sr_buf_view(pem).len, f);
    (void)fclose(f);
    print(sr_buf_view(out));
    return SR_OK;
}

static enum sr_status verify(char **args, struct sr_err *err)
{
    SR_AUTO(sr_ssh_verifier) v = NULL;
    SR_AUTO(sr_buf) key = NULL;
    SR_AUTO(sr_buf) message = NULL;
    SR_AUTO(sr_buf) text = NULL;
    SR_AUTO(sr_buf) sshsig = NULL;
    struct sr_ssh_facts facts;
    struct sr_ssh_demand demand = demand_of(args[1]);
    SR_TRY(read_key(args[0], &key, err));
    SR_TRY(read_file(args[2], &message, err));
    SR_TRY(read_file(args[3], &text, err));
    SR_TRY(sr_buf_new(SR_SSHSIG_ARMORED_BYTES_MAX, &sshsig));
    SR_TRY(sr_sshsig_unarmor(sr_buf_view(text), sshsig, err));
    SR_TRY(sr_ssh_verifier_new(sr_buf_view(key), &v, err));
    SR_TRY(
        sr_ssh_verifier_check(v, sr_buf_view(sshsig), &demand, sr_buf_view(message), &facts, err));
    printf("flags %02x counter %" PRIu32 "\n", facts.flags, facts.counter);
    return SR_OK;
}

int main(int argc, char **argv)
{
    static const struct tool_command COMMANDS[] = {
        {"list", list, 1}, {"sign", sign, 4}, {"der", der, 4}, {"verify", verify, 4}};
    return tool_main(COMMANDS, sizeof COMMANDS / sizeof COMMANDS[0], argc, argv);
}
