/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For ssh_agent_test.py: what src/acts/envelope.h does, from the command line.
 *   act_tool statement VERB             prints the statement of some act
 *   act_tool agent SOCKET KEY UV        prints an envelope of it (verb approve), signed by the
 * agent; UV is "uv" when user verification is demanded, or "-" act_tool pem PEM the same, signed by
 * a private key in a file act_tool key KEY                    prints fingerprint and line act_tool
 * verify KEY ENVELOPE        prints verb, digest, keyid and what the signature showed KEY, PEM and
 * ENVELOPE are files. Failures print "SLUG: MESSAGE" and exit with 1.
 */
#include <inttypes.h>

#include "acts/envelope.h"
#include "tests/sample_act.h"
#include "tests/services/ssh-agent/tool.h"

static enum sr_status read_key(const char *path, struct sr_act_key **out, struct sr_err *err)
{
    SR_AUTO(sr_buf) text = NULL;
    SR_TRY(read_file(path, &text, err));
    return sr_act_key_parse(sr_buf_view(text), out, err);
}

static enum sr_status statement(char **args, struct sr_err *err)
{
    struct sample_act s;
    enum sr_verb verb;
    SR_AUTO(sr_buf) out = NULL;
    if (!sr_verb_from_word(sr_text_view(args[0]), &verb)) {
        return sr_fail(err, SR_USAGE, "no verb '%s'", args[0]);
    }
    sample_act(&s, verb, SR_VERB_USE);
    SR_TRY(sr_buf_new(SR_ACT_BYTES_MAX, &out));
    SR_TRY(sr_act_encode(&s.act, out, err));
    print(sr_buf_view(out));
    return SR_OK;
}

static enum sr_status make(struct sr_act_signer *signer, struct sr_err *err)
{
    struct sample_act s;
    SR_AUTO(sr_buf) out = NULL;
    sample_act(&s, SR_VERB_APPROVE, SR_VERB_USE);
    SR_TRY(sr_buf_new(SR_ENVELOPE_BYTES_MAX, &out));
    SR_TRY(sr_envelope_make(&s.act, signer, out, NULL, err));
    print(sr_buf_view(out));
    return SR_OK;
}

static enum sr_status agent(char **args, struct sr_err *err)
{
    SR_AUTO(sr_act_key) key = NULL;
    SR_AUTO(sr_act_signer) signer = NULL;
    struct sr_ssh_connection *c = NULL;
    SR_TRY(read_key(args[1], &key, err));
    SR_TRY(sr_ssh_connection_open(args[0], PATIENCE_MS, &c, err));
    SR_TRY(sr_act_signer_agent(c, key, strcmp(args[2], "uv") == 0, &signer, err));
    return make(signer, err);
}

static enum sr_status pem(char **args, struct sr_err *err)
{
    SR_AUTO(sr_buf) text = NULL;
    SR_AUTO(sr_act_signer) signer = NULL;
    struct sr_signer *plain = NULL;
    SR_TRY(read_file(args[0], &text, err));
    SR_TRY(sr_signer_from_pem(sr_buf_view(text), NULL, &plain, err));
    SR_TRY(sr_act_signer_plain(plain, &signer, err));
    return make(signer, err);
}

static enum sr_status show_key(char **args, struct sr_err *err)
{
    SR_AUTO(sr_act_key) key = NULL;
    SR_TRY(read_key(args[0], &key, err));
    printf("%s\n%s\n", sr_act_key_fingerprint(key), sr_act_key_line(key));
    return SR_OK;
}

static enum sr_status verify(char **args, struct sr_err *err)
{
    SR_AUTO(sr_act_key) key = NULL;
    SR_AUTO(sr_buf) text = NULL;
    SR_AUTO(sr_envelope) e = NULL;
    struct sr_act_proof proof;
    char digest[2 * SR_SHA256_BYTES + 1];
    SR_TRY(read_key(args[0], &key, err));
    SR_TRY(read_file(args[1], &text, err));
    SR_TRY(sr_envelope_open(sr_buf_view(text), &e, err));
    SR_TRY(sr_envelope_verify(e, key, &proof, err));
    sr_text_hex(sr_bytes(sr_envelope_digest(e), SR_SHA256_BYTES), digest);
    printf("%s %s %s hardware %d presence %d verification %d counter %" PRIu32 "\n",
           sr_verb_info(sr_envelope_act(e)->verb)->word, digest, sr_envelope_keyid(e),
           proof.is_hardware, proof.has_presence, proof.has_verification, proof.counter);
    return SR_OK;
}

int main(int argc, char **argv)
{
    static const struct tool_command COMMANDS[] = {{"statement", statement, 1},
                                                   {"agent", agent, 3},
                                                   {"pem", pem, 1},
                                                   {"key", show_key, 1},
                                                   {"verify", verify, 2}};
    return tool_main(COMMANDS, sizeof COMMANDS / sizeof COMMANDS[0], argc, argv);
}
