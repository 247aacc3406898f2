/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

#include "base/text.h"
#include "cli/command.h"
#include "cli/fields.h"
#include "cli/output_file.h"
#include "cli/screen.h"
#include "cli/session.h"
#include "custody/ledger.h"
#include "formats/tile.h"
#include "formats/tlog_proof.h"

extern const struct sr_command sr_command_ledger_receipt;

static enum sr_status name_file(const char *prefix, const char *end, char out[PATH_MAX],
                                struct sr_err *err)
{
    int len = snprintf(out, PATH_MAX, "%s%s", prefix, end);
    return len > 0 && len < PATH_MAX ? SR_OK : sr_fail(err, SR_TOO_LARGE, "the name is too long");
}

/* SEQ, or the digest of an act in hexadecimal. */
static enum sr_status find_act(struct sr_room *room, const char *word, uint64_t *out,
                               struct sr_err *err)
{
    uint8_t digest[SR_SHA256_BYTES];
    struct sr_bytes text = sr_text_view(word);
    if (text.len == 2 * sizeof digest && sr_text_unhex(text, digest, sizeof digest) == SR_OK) {
        return sr_custody_seq_of(room, digest, out, err);
    }
    return sr_text_parse_u64(text, 1, INT64_MAX, out) == SR_OK
               ? SR_OK
               : sr_fail(err, SR_USAGE,
                         "the act is a number, from 1, or its digest in hexadecimal");
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_AUTO(sr_room) room = NULL;
    SR_AUTO(sr_buf) receipt = NULL;
    SR_AUTO(sr_buf) entry = NULL;
    char receipt_path[PATH_MAX];
    char entry_path[PATH_MAX];
    const char *prefix = sr_args_positional(args, 1);
    uint64_t seq = 0;
    SR_TRY(name_file(prefix, ".tlog-proof", receipt_path, err));
    SR_TRY(name_file(prefix, ".entry", entry_path, err));
    SR_TRY(sr_buf_new(SR_TLOG_PROOF_BYTES_MAX, &receipt));
    SR_TRY(sr_buf_new(SR_TILE_LEAF_BYTES_MAX, &entry));
    SR_TRY(sr_session_open(cli, &room, err));
    SR_TRY(find_act(room, sr_args_positional(args, 0), &seq, err));
    SR_TRY(sr_custody_receipt(room, seq, !sr_args_has(args, "closed"), receipt, entry, err));
    SR_TRY(sr_output_file_write(receipt_path, sr_buf_view(receipt), err));
    SR_TRY(sr_output_file_write(entry_path, sr_buf_view(entry), err));
    if (!cli->is_json) {
        sr_screen_line("%s\n%s", receipt_path, entry_path);
        return SR_OK;
    }
    SR_TRY(sr_json_open_object(&cli->json));
    SR_TRY(sr_fields_u64(&cli->json, "seq", seq));
    SR_TRY(sr_fields_text(&cli->json, "receipt", receipt_path));
    SR_TRY(sr_fields_text(&cli->json, "entry", entry_path));
    return sr_json_close_object(&cli->json);
}

static const struct sr_option OPTIONS[] = {
    {.name = "closed",
     .help = "leave out which act it is and what became of it; the act's salt stays here"},
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "ACT", .help = "the number of an act in the room, from 1, or the act's digest"},
    {.name = "PREFIX",
     .help = "where to write: 'PREFIX.tlog-proof' and 'PREFIX.entry'",
     .completes = SR_COMPLETES_FILE},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom ledger receipt 17 ./act-17", "show others that act 17 is in the ledger"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_TOO_LARGE, SR_NOT_FOUND, SR_CONFLICT, SR_UNTRUSTED, SR_CORRUPT, SR_BUSY, SR_NO_MEMORY, SR_OK,
};
static const struct sr_field FIELDS[] = {
    {"seq", "integer", "the number of the act"},
    {"receipt", "string", "the file with the proof"},
    {"entry", "string", "the file with what the proof is about: a commitment to the act"},
    {.name = NULL},
};

const struct sr_command sr_command_ledger_receipt = {
    .name = "ledger receipt",
    .group = "Witnesses",
    .synopsis = "ACT PREFIX [--closed]",
    .summary = "write the receipt of an act",
    .description =
        "A receipt (C2SP tlog-proof) shows without this room that an entry is in its ledger, under "
        "the checkpoint that witnesses have signed last, if that covers it. It carries the salt "
        "and the room's word on the act: its digest, when it came in, whether it was allowed. So "
        "it tells nothing of what the act says to those who do not have the act.\n\n"
        "With '--closed' it carries neither, and shows only that the entry is there, which is a "
        "salted commitment.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .next = "Whoever gets it runs 'strongroom ledger verify-receipt'.",
    .run = run,
};
