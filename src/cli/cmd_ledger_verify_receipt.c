/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/text.h"
#include "base/time.h"
#include "cli/command.h"
#include "cli/fields.h"
#include "cli/input.h"
#include "cli/screen.h"
#include "formats/tile.h"
#include "formats/tlog_policy.h"
#include "ledger/quorum.h"

extern const struct sr_command sr_command_ledger_verify_receipt;

/* Who is believed: a key, or a policy. */
struct trusted {
    struct sr_vkey *key;
    struct sr_quorum *quorum;
    uint64_t within_s;
};

static void trusted_clear(struct trusted *t)
{
    sr_vkey_free(t->key);
    sr_quorum_free(t->quorum);
}

static enum sr_status read_trusted(const struct sr_args *args, struct trusted *out,
                                   struct sr_err *err)
{
    const char *key = sr_args_value(args, "key");
    const char *policy = sr_args_value(args, "policy");
    const char *within = sr_args_value(args, "within");
    SR_AUTO(sr_buf) text = NULL;
    if ((key == NULL) == (policy == NULL) || (key == NULL && sr_args_has(args, "origin")) ||
        (key != NULL && within != NULL)) {
        return sr_fail(err, SR_USAGE,
                       "give either '--key', which '--origin' goes with, or '--policy', which "
                       "'--within' goes with");
    }
    if (within != NULL &&
        sr_text_parse_u64(sr_text_view(within), 1, INT32_MAX, &out->within_s) != SR_OK) {
        return sr_fail(err, SR_USAGE, "'--within' is a number of seconds from 1");
    }
    if (key != NULL) {
        return sr_vkey_parse(sr_text_view(key), &out->key, err);
    }
    SR_TRY(sr_buf_new(SR_TLOG_POLICY_BYTES_MAX, &text));
    SR_TRY(sr_input_file(policy, text, err));
    enum sr_status status = sr_quorum_parse(sr_buf_view(text), &out->quorum, err);
    return status == SR_OK ? SR_OK : sr_context(err, status, "'%s'", policy);
}

static enum sr_status verify(const struct sr_args *args, const struct trusted *t,
                             struct sr_receipt *out, struct sr_vkey_mark *marks, struct sr_err *err)
{
    const char *origin = sr_args_value(args, "origin");
    SR_AUTO(sr_buf) receipt = NULL;
    SR_AUTO(sr_buf) entry = NULL;
    SR_TRY(sr_buf_new(SR_TLOG_PROOF_BYTES_MAX, &receipt));
    SR_TRY(sr_buf_new(SR_TILE_LEAF_BYTES_MAX, &entry));
    SR_TRY(sr_input_file(sr_args_positional(args, 0), receipt, err));
    SR_TRY(sr_input_file(sr_args_positional(args, 1), entry, err));
    if (t->quorum != NULL) {
        return sr_quorum_receipt(t->quorum, sr_buf_view(receipt), sr_buf_view(entry),
                                 (uint64_t)(sr_time_now_utc_ms() / 1000), t->within_s, out, marks,
                                 err);
    }
    const struct sr_vkey *key = t->key;
    struct sr_bytes name = origin != NULL ? sr_text_view(origin) : sr_vkey_name(key);
    return sr_receipt_verify(sr_buf_view(receipt), sr_buf_view(entry), name, &key, 1, out, NULL,
                             err);
}

static enum sr_status put_witnesses(struct sr_json_writer *w, const struct trusted *t,
                                    const struct sr_vkey_mark *marks)
{
    SR_TRY(sr_fields_array(w, "witnesses"));
    for (size_t i = 0; t->quorum != NULL && i < sr_quorum_witnesses(t->quorum); i++) {
        if (marks[i].has_signed) {
            SR_TRY(sr_json_open_object(w));
            SR_TRY(sr_fields_bytes(w, "name", sr_quorum_witness(t->quorum, i).name));
            SR_TRY(sr_fields_time(w, "cosigned", (int64_t)marks[i].utc_s * 1000));
            SR_TRY(sr_json_close_object(w));
        }
    }
    return sr_json_close_array(w);
}

static void print_witnesses(const struct trusted *t, const struct sr_vkey_mark *marks)
{
    for (size_t i = 0; t->quorum != NULL && i < sr_quorum_witnesses(t->quorum); i++) {
        char when[SR_TIME_TEXT_BYTES];
        struct sr_bytes name = sr_quorum_witness(t->quorum, i).name;
        if (marks[i].has_signed) {
            sr_time_format((int64_t)marks[i].utc_s * 1000, when);
            sr_screen_line("  cosigned by %.*s at %s", (int)name.len, (const char *)name.ptr, when);
        }
    }
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_CLEANUP(trusted_clear) struct trusted t = {.within_s = 0};
    struct sr_vkey_mark marks[SR_TLOG_POLICY_NODES_MAX] = {{0}};
    struct sr_receipt r;
    SR_TRY(read_trusted(args, &t, err));
    SR_TRY(verify(args, &t, &r, marks, err));
    if (!cli->is_json) {
        sr_screen_line("good: entry %" PRIu64 " of %" PRIu64, r.index, r.size);
        print_witnesses(&t, marks);
        return SR_OK;
    }
    SR_TRY(sr_json_open_object(&cli->json));
    SR_TRY(sr_fields_u64(&cli->json, "index", r.index));
    SR_TRY(sr_fields_u64(&cli->json, "size", r.size));
    SR_TRY(sr_fields_hex(&cli->json, "root", sr_bytes(r.root, sizeof r.root)));
    SR_TRY(put_witnesses(&cli->json, &t, marks));
    return sr_json_close_object(&cli->json);
}

static const struct sr_option OPTIONS[] = {
    {.name = "key",
     .value = "VKEY",
     .help = "the ledger's public key; witnesses are not asked for"},
    {.name = "origin",
     .value = "ORIGIN",
     .help = "what the ledger calls itself, when that is not the name of its key"},
    {.name = "policy",
     .value = "FILE",
     .help = "ledgers, witnesses and quorum that are trusted (C2SP tlog-policy)",
     .completes = SR_COMPLETES_FILE},
    {.name = "within", .value = "SECONDS", .help = "count only cosignatures that are not older"},
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "RECEIPT", .help = "a '.tlog-proof' file", .completes = SR_COMPLETES_FILE},
    {.name = "ENTRY",
     .help = "the file with the entry that the receipt is about",
     .completes = SR_COMPLETES_FILE},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom ledger verify-receipt act.tlog-proof act.entry --policy trusted.policy",
     "is it in the ledger, and did enough witnesses see that?"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_MALFORMED, SR_TOO_LARGE,   SR_NOT_FOUND, SR_DENIED,
    SR_UNTRUSTED, SR_UNSUPPORTED, SR_NO_MEMORY, SR_OK,
};
static const struct sr_field FIELDS[] = {
    {"index", "integer", "number of the entry, from 0"},
    {"size", "integer", "leaves under the checkpoint of the receipt"},
    {"root", "string", "of that tree, SHA-256 in hexadecimal"},
    {"witnesses", "array", "those of the policy that have cosigned"},
    {"witnesses[].name", "string", "as in the policy"},
    {"witnesses[].cosigned", "string", "when, RFC 3339 in UTC"},
    {.name = NULL},
};

const struct sr_command sr_command_ledger_verify_receipt = {
    .name = "ledger verify-receipt",
    .group = "Witnesses",
    .synopsis = "RECEIPT ENTRY (--key VKEY [--origin ORIGIN] | --policy FILE [--within SECONDS])",
    .summary = "check that an entry is in a ledger, offline",
    .description =
        "A receipt (C2SP tlog-proof) has the path from an entry to the root that the ledger has "
        "signed. Nothing else is needed, no network and no room. With a policy, a quorum of its "
        "witnesses has to have cosigned as well; without enough of them the exit status is 21.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
