/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>

#include "audit/opening.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/command.h"
#include "cli/fields.h"
#include "cli/input.h"
#include "cli/screen.h"
#include "formats/tile.h"
#include "formats/tlog_policy.h"
#include "formats/tlog_proof.h"
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

/* What was found good. */
struct found {
    struct sr_receipt receipt;
    struct sr_vkey_mark marks[SR_TLOG_POLICY_NODES_MAX];
    bool is_opened; /* the receipt has carried its entry */
    struct sr_entry entry;
};

/* The entry of the receipt itself: hostile until the path leads from it to the root. */
static enum sr_status open_receipt(struct sr_bytes receipt, struct sr_buf *leaf, struct found *out,
                                   struct sr_err *err)
{
    SR_CLEANUP(sr_tlog_proof_clear) struct sr_tlog_proof proof = {0};
    uint8_t hash[SR_COMMITMENT_BYTES];
    SR_TRY(sr_tlog_proof_decode(receipt, &proof, err));
    if (proof.extra == NULL) {
        return sr_fail(err, SR_USAGE, "the receipt does not carry its entry: give the ENTRY file");
    }
    SR_TRY(sr_opening_read(sr_buf_view(proof.extra), hash, &out->entry, err));
    out->is_opened = true;
    return sr_buf_append(leaf, sr_bytes(hash, sizeof hash));
}

static enum sr_status verify(const struct sr_args *args, const struct trusted *t,
                             struct found *found, struct sr_err *err)
{
    const char *origin = sr_args_value(args, "origin");
    struct sr_receipt *out = &found->receipt;
    SR_AUTO(sr_buf) receipt = NULL;
    SR_AUTO(sr_buf) entry = NULL;
    SR_TRY(sr_buf_new(SR_TLOG_PROOF_BYTES_MAX, &receipt));
    SR_TRY(sr_buf_new(SR_TILE_LEAF_BYTES_MAX, &entry));
    SR_TRY(sr_input_file(sr_args_positional(args, 0), receipt, err));
    if (sr_args_positional_count(args) < 2) {
        SR_TRY(open_receipt(sr_buf_view(receipt), entry, found, err));
    } else {
        SR_TRY(sr_input_file(sr_args_positional(args, 1), entry, err));
    }
    if (t->quorum != NULL) {
        return sr_quorum_receipt(t->quorum, sr_buf_view(receipt), sr_buf_view(entry),
                                 (uint64_t)(sr_time_now_utc_ms() / 1000), t->within_s, out,
                                 found->marks, err);
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

static enum sr_status put_entry(struct sr_json_writer *w, const struct found *f)
{
    const struct sr_entry *e = &f->entry;
    if (!f->is_opened) {
        return sr_fields_null(w, "act");
    }
    SR_TRY(sr_json_key(w, "act"));
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_fields_hex(w, "digest", sr_bytes(e->act, sizeof e->act)));
    SR_TRY(sr_fields_u64(w, "seq", e->seq));
    SR_TRY(sr_fields_time(w, "time", e->time_utc_ms));
    SR_TRY(sr_fields_text(w, "outcome", sr_outcome_word(e->outcome)));
    SR_TRY(sr_fields_text(w, "reason", e->reason));
    SR_TRY(e->has_cosigned ? sr_fields_hex(w, "cosigned", sr_bytes(e->cosigned, sizeof e->cosigned))
                           : sr_fields_null(w, "cosigned"));
    return sr_json_close_object(w);
}

static void print_entry(const struct found *f)
{
    char digest[2 * SR_SHA256_BYTES + 1];
    char when[SR_TIME_TEXT_BYTES];
    const struct sr_entry *e = &f->entry;
    if (f->is_opened) {
        sr_text_hex(sr_bytes(e->act, sizeof e->act), digest);
        sr_time_format(e->time_utc_ms, when);
        sr_screen_line("  act %s, %s at %s%s%s", digest, sr_outcome_word(e->outcome), when,
                       e->reason[0] == '\0' ? "" : ": ", e->reason);
    }
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_CLEANUP(trusted_clear) struct trusted t = {.within_s = 0};
    struct found found = {.is_opened = false};
    const struct sr_receipt *r = &found.receipt;
    SR_TRY(read_trusted(args, &t, err));
    SR_TRY(verify(args, &t, &found, err));
    if (found.is_opened && found.entry.seq != r->index + 1) {
        return sr_fail(err, SR_UNTRUSTED, "entry %" PRIu64 " says that it is act %" PRIu64,
                       r->index, found.entry.seq);
    }
    if (!cli->is_json) {
        sr_screen_line("good: entry %" PRIu64 " of %" PRIu64, r->index, r->size);
        print_entry(&found);
        print_witnesses(&t, found.marks);
        return SR_OK;
    }
    SR_TRY(sr_json_open_object(&cli->json));
    SR_TRY(sr_fields_u64(&cli->json, "index", r->index));
    SR_TRY(sr_fields_u64(&cli->json, "size", r->size));
    SR_TRY(sr_fields_hex(&cli->json, "root", sr_bytes(r->root, sizeof r->root)));
    SR_TRY(put_entry(&cli->json, &found));
    SR_TRY(put_witnesses(&cli->json, &t, found.marks));
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
     .help = "the file with the entry that the receipt is about; without it, the entry of an act "
             "that the receipt carries",
     .completes = SR_COMPLETES_FILE,
     .is_optional = true},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom ledger verify-receipt act.tlog-proof act.entry --policy trusted.policy",
     "is it in the ledger, and did enough witnesses see that?"},
    {"strongroom ledger verify-receipt act-17.tlog-proof --key 'example.com/room+f918a967+AdQE...'",
     "which act was it, and was it allowed?"},
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
    {"act", "object or null", "what the receipt carries of the act; null: it was not asked"},
    {"act.digest", "string", "SHA-256 of the act, in hexadecimal"},
    {"act.seq", "integer", "its number in the room"},
    {"act.time", "string", "when it came in, by the room's clock, RFC 3339 in UTC"},
    {"act.outcome", "string", "'allowed' or 'refused'"},
    {"act.reason", "string", "why it was refused; '' when it was not"},
    {"act.cosigned", "string or null",
     "SHA-256 of the cosigned checkpoint that the decision relied on"},
    {"witnesses", "array", "those of the policy that have cosigned"},
    {"witnesses[].name", "string", "as in the policy"},
    {"witnesses[].cosigned", "string", "when, RFC 3339 in UTC"},
    {.name = NULL},
};

const struct sr_command sr_command_ledger_verify_receipt = {
    .name = "ledger verify-receipt",
    .group = "Witnesses",
    .synopsis = "RECEIPT [ENTRY] (--key VKEY [--origin ORIGIN] | --policy FILE [--within SECONDS])",
    .summary = "check that an entry is in a ledger, offline",
    .description =
        "A receipt (C2SP tlog-proof) has the path from an entry to the root that the ledger has "
        "signed. Nothing else is needed, no network and no room. With a policy, a quorum of its "
        "witnesses has to have cosigned as well; without enough of them the exit status is 21.\n\n"
        "Without ENTRY, the receipt has to be one that 'strongroom ledger receipt' has written "
        "without '--closed': then the act is told that it is about, and what became of it.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
