/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "artifact/inspector.h"
#include "artifact/lineage_json.h"
#include "artifact/provenance_envelope.h"
#include "cli/bar.h"
#include "cli/command.h"
#include "cli/fields.h"
#include "cli/human.h"
#include "cli/identity.h"
#include "cli/input.h"
#include "cli/output_file.h"
#include "cli/report_view.h"
#include "cli/screen.h"
#include "cli/session.h"
#include "cli/signals.h"
#include "cli/view.h"
#include "custody/deposit.h"
#include "custody/deposit_facts.h"

extern const struct sr_command sr_command_deposit;

/* Version numbers are counted up by people and by us; this is beyond both. */
#define NUMBER_MAX 1000000000
#define REPORT_BYTES_MAX ((size_t)512 << 20)

static enum sr_status read_params(const struct sr_args *args, struct sr_deposit_params *out,
                                  const char *parents[SR_DEPOSIT_PARENTS_MAX], struct sr_err *err)
{
    const char *number = sr_args_value(args, "version");
    out->path = sr_args_positional(args, 0);
    out->name = sr_args_value(args, "name");
    out->kind = sr_args_value(args, "kind");
    out->parent_count = sr_args_count(args, "parent");
    out->parents = parents;
    if (out->parent_count > SR_DEPOSIT_PARENTS_MAX) {
        return sr_fail(err, SR_USAGE, "'--parent' is given %zu times; at most %d parents",
                       out->parent_count, SR_DEPOSIT_PARENTS_MAX);
    }
    for (size_t i = 0; i < out->parent_count; i++) {
        parents[i] = sr_args_value_at(args, "parent", i);
    }
    if (number != NULL &&
        sr_text_parse_u64(sr_text_view(number), 1, NUMBER_MAX, &out->number) != SR_OK) {
        return sr_fail(err, SR_USAGE, "'--version %s' is no number from 1 to %d", number,
                       NUMBER_MAX);
    }
    return SR_OK;
}

/* What the options say of the lineage, and files that they name. */
struct lineage_input {
    struct sr_buf *provenance;
    struct sr_public_key *key;
};

static void lineage_input_clear(struct lineage_input *in)
{
    sr_buf_free(in->provenance);
    sr_public_key_free(in->key);
}

static enum sr_status read_provenance(const struct sr_args *args, struct lineage_input *in,
                                      struct sr_deposit_params *out, struct sr_err *err)
{
    const char *provenance = sr_args_value(args, "provenance");
    const char *key = sr_args_value(args, "provenance-key");
    if (provenance == NULL) {
        return key == NULL ? SR_OK
                           : sr_fail(err, SR_USAGE, "'--provenance-key' needs '--provenance'");
    }
    if (key != NULL) {
        SR_TRY(sr_input_public_key(key, &in->key, err));
    }
    if (sr_buf_new(SR_PROVENANCE_ENVELOPE_BYTES_MAX, &in->provenance) != SR_OK) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for provenance");
    }
    SR_TRY(sr_input_file(provenance, in->provenance, err));
    out->provenance = sr_buf_view(in->provenance);
    out->provenance_key = in->key;
    return out->provenance.len > 0 ? SR_OK
                                   : sr_fail(err, SR_MALFORMED, "'%s' is empty", provenance);
}

static enum sr_status read_lineage(const struct sr_args *args, struct lineage_input *in,
                                   struct sr_deposit_params *out, struct sr_err *err)
{
    const char *tier = sr_args_value(args, "tier");
    const char *step = sr_args_value(args, "step");
    uint64_t number = 0;
    if (tier != NULL && sr_text_parse_u64(sr_text_view(tier), SR_LINEAGE_TIER_MIN,
                                          SR_LINEAGE_TIER_MAX, &number) != SR_OK) {
        return sr_fail(err, SR_USAGE, "'--tier %s' is no number from %d to %d", tier,
                       SR_LINEAGE_TIER_MIN, SR_LINEAGE_TIER_MAX);
    }
    if (step != NULL && !sr_step_by_name(step, &out->step)) {
        return sr_fail(err, SR_USAGE,
                       "'--step %s' is none of 'train', 'fine-tune', 'quantise', 'merge', "
                       "'convert' and 'shard'",
                       step);
    }
    out->tier = (unsigned)number;
    out->allow_unknown_parents = sr_args_has(args, "allow-unknown-parent");
    return read_provenance(args, in, out, err);
}

static void show_publisher(const struct sr_publisher *p)
{
    if (p->state == SR_PUBLISHER_VERIFIED) {
        sr_screen_line("signed by %s%s", p->signer[0] != '\0' ? "" : "key ",
                       p->signer[0] != '\0' ? p->signer : p->hint);
    } else if (p->state == SR_PUBLISHER_UNVERIFIED) {
        sr_screen_line("its signature '%s' is present, not verified; '--require-signer' says whose "
                       "it must be",
                       p->file);
    }
}

/* Before anything else: the worker is a fork of this process, and must find no key in it. */
static enum sr_status start_inspector(const struct sr_args *args, struct sr_inspector **out,
                                      struct sr_report **out_report, struct sr_err *err)
{
    const char *word = sr_args_value(args, "profile");
    struct sr_inspector_params params = {.profile = SR_PROFILE_TENSORS};
    for (unsigned i = 0; word != NULL && strcmp(word, sr_profile_name(params.profile)) != 0; i++) {
        if (i == SR_PROFILE_COUNT) {
            return sr_fail(err, SR_USAGE, "'--profile %s' is neither 'tensors' nor 'sklearn'",
                           word);
        }
        params.profile = (enum sr_profile)i;
    }
    if (sr_report_new(params.profile, out_report) != SR_OK) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a report");
    }
    return sr_inspector_start(&params, out, err);
}

/* The whole report, where '--report' says. */
static enum sr_status write_report(const struct sr_args *args, const struct sr_report *found,
                                   struct sr_err *err)
{
    const char *path = sr_args_value(args, "report");
    if (path == NULL || sr_report_count(found) == 0) {
        return SR_OK;
    }
    SR_AUTO(sr_buf) text = NULL;
    SR_TRY(sr_buf_new(REPORT_BYTES_MAX, &text));
    struct sr_json_writer w = {.out = text};
    enum sr_status status = sr_report_json(found, &w);
    if (status == SR_OK) {
        status = sr_buf_append(text, sr_bytes("\n", 1));
    }
    if (status != SR_OK) {
        return sr_fail(err, status, "cannot write the report");
    }
    return sr_output_file_write(path, sr_buf_view(text), err);
}

static bool is_refusal(enum sr_status status)
{
    return status == SR_REFUSED || status == SR_UNINSPECTED;
}

/* What was refused and why; nothing else of it is left. */
static enum sr_status show_refusal(struct sr_cli *cli, const struct sr_report *found)
{
    if (!cli->is_json) {
        sr_report_view(found);
        return SR_OK;
    }
    SR_TRY(sr_json_open_object(&cli->json));
    SR_TRY(sr_fields_text(&cli->json, "verdict", sr_verdict_name(sr_report_verdict(found))));
    SR_TRY(sr_json_key(&cli->json, "inspection"));
    SR_TRY(sr_report_json(found, &cli->json));
    return sr_json_close_object(&cli->json);
}

static enum sr_status report(struct sr_cli *cli, const struct sr_deposit_result *result,
                             const struct sr_report *found)
{
    const struct sr_catalog_version *version = &result->version;
    const char *verdict = sr_verdict_name(sr_report_verdict(found));
    if (cli->is_json) {
        SR_TRY(sr_json_open_object(&cli->json));
        SR_TRY(sr_view_put_version(&cli->json, version));
        SR_TRY(sr_fields_text(&cli->json, "verdict", verdict));
        SR_TRY(sr_fields_bool(&cli->json, "resumed", result->is_resumed));
        SR_TRY(sr_view_put_publisher(&cli->json, &result->publisher));
        return sr_json_close_object(&cli->json);
    }
    char ref[SR_VIEW_REF_BYTES];
    char digest[SR_VIEW_DIGEST_BYTES];
    char size[SR_HUMAN_BYTES];
    sr_view_ref(version, ref);
    sr_view_digest(version->digest, digest);
    sr_human_bytes(version->plain_bytes, size);
    sr_screen_line(
        "%s %s: %llu file%s, %s, %s", result->is_resumed ? "resumed and deposited" : "deposited",
        ref, (unsigned long long)version->file_count, version->file_count == 1 ? "" : "s", size,
        sr_report_verdict(found) == SR_VERDICT_PASS ? "inspected" : "REVIEW accepted");
    sr_screen_line("%s", digest);
    show_publisher(&result->publisher);
    sr_screen_next(cli, "strongroom verify %s", ref);
    return SR_OK;
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    const char *parents[SR_DEPOSIT_PARENTS_MAX];
    struct sr_deposit_params params = {0};
    struct sr_deposit_result result = {0};
    SR_CLEANUP(sr_input_signer_clear) struct sr_input_signer signer = {0};
    SR_CLEANUP(lineage_input_clear) struct lineage_input lineage = {0};
    SR_AUTO(sr_report) found = NULL;
    SR_AUTO(sr_inspector) inspector = NULL;
    SR_CLEANUP(sr_identity_clear) struct sr_identity identity = {0};
    SR_AUTO(sr_room) room = NULL;
    SR_TRY(read_params(args, &params, parents, err));
    SR_TRY(read_lineage(args, &lineage, &params, err));
    SR_TRY(start_inspector(args, &inspector, &found, err));
    SR_TRY(sr_input_signer(args, &signer, err));
    params.signer = signer.is_given ? &signer.trust : NULL;
    params.inspector = inspector;
    params.report = found;
    params.accept_review = sr_args_value(args, "accept-review");
    SR_TRY(sr_session_open_unlocked(cli, &room, err));
    SR_TRY(sr_identity_open(cli, args, room, false, &identity, err));
    sr_room_act_as(room, &identity.as);
    struct sr_bar bar = sr_bar(cli, "sealing");
    params.progress = sr_bar_progress(&bar);
    sr_signals_catch();
    enum sr_status status = sr_deposit(room, &params, &result, err);
    sr_bar_clear(&bar);
    if (status == SR_CANCELLED) {
        return sr_fail(
            err, SR_CANCELLED,
            "stopped; what is sealed so far is kept: the same command goes on from there");
    }
    if (status != SR_OK && !is_refusal(status)) {
        return status;
    }
    SR_TRY(status == SR_OK ? report(cli, &result, found) : show_refusal(cli, found));
    cli->has_result = true;
    struct sr_err lost = {0};
    enum sr_status written = write_report(args, found, &lost);
    return written == SR_OK ? status : sr_fail(err, written, "%s", lost.message);
}

static const struct sr_option OPTIONS[] = {
    {.name = "name",
     .value = "NAME",
     .help = "what to call the artifact: 1 to 128 of a-z, 0-9, '.', '_', '-', the first a letter "
             "or digit",
     .is_required = true},
    {.name = "kind",
     .value = "KIND",
     .help = "what it is: 'base', 'instruct', 'adapter', 'quantization', 'merge', 'checkpoint' (if "
             "not given), 'optimizer-state', 'tokenizer', 'config', 'container' or "
             "'conversion-script'",
     .completes = SR_COMPLETES_KIND},
    {.name = "parent",
     .value = "REF",
     .help = "a version in this room that it was made from; may be given several times",
     .completes = SR_COMPLETES_REF,
     .is_repeatable = true},
    {.name = "allow-unknown-parent",
     .help = "let '--parent sha256:...' name a version that is not in this room"},
    {.name = "step",
     .value = "STEP",
     .help = "how it was made from its parents: 'train', 'fine-tune', 'quantise', 'merge', "
             "'convert' or 'shard'"},
    {.name = "tier",
     .value = "TIER",
     .help = "how much it has to be protected, 1 to 5; never less than its parents, and as much "
             "as they if not given"},
    {.name = "provenance",
     .value = "FILE",
     .help = "how it was made, as its builder says: SLSA provenance v1, a statement or a DSSE "
             "envelope",
     .completes = SR_COMPLETES_FILE},
    {.name = "provenance-key",
     .value = "FILE",
     .help = "the public key (PEM) that must have signed the provenance",
     .completes = SR_COMPLETES_FILE},
    {.name = "require-signer",
     .value = "FILE",
     .help = "refuse what is not signed by this public key, or under these root certificates (PEM)",
     .completes = SR_COMPLETES_FILE},
    {.name = "signer-name",
     .value = "NAME",
     .help = "whose certificate it must be: e-mail, URI, host, common name or whole subject"},
    {.name = "version",
     .value = "N",
     .help = "the version's number; the next free one if not given"},
    {.name = "profile",
     .value = "PROFILE",
     .help = "what pickles may name: 'tensors' (if not given), or 'sklearn' for the classes of "
             "scikit-learn as well"},
    {.name = "accept-review",
     .value = "WHY",
     .help = "take files that need review, after somebody has looked at them; the reason is on "
             "record for good"},
    {.name = "report",
     .value = "FILE",
     .help = "write what inspection found to this file, as JSON",
     .completes = SR_COMPLETES_FILE},
    SR_IDENTITY_OPTIONS,
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "PATH",
     .help = "the file, or the folder with all that is in it",
     .completes = SR_COMPLETES_FILE},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom deposit ./llama --name llama --kind base", "a folder as Hugging Face has them"},
    {"strongroom deposit ./llama-q4.gguf --name llama-q4 --kind quantization --parent llama@1",
     "one file, and what it was made from"},
    {"strongroom deposit ./tuned --name tuned --accept-review 'J. Doe read modeling.py, 21 Nov'",
     "with a file that needs review"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_REFUSED,     SR_UNINSPECTED,     SR_MALFORMED, SR_TRUNCATED, SR_TOO_LARGE, SR_NOT_FOUND,
    SR_CONFLICT,    SR_UNAUTHENTICATED, SR_DENIED,    SR_PENDING,   SR_CORRUPT,   SR_BUSY,
    SR_UNSUPPORTED, SR_UNTRUSTED,       SR_CANCELLED, SR_NO_MEMORY, SR_OK,
};
static const struct sr_field FIELDS[] = {
    SR_VIEW_VERSION_FIELDS(""),
    {"verdict", "string",
     "of inspection: 'PASS', or 'REVIEW' that was accepted; else it is refused"},
    {"resumed", "boolean", "whether an interrupted deposit was taken up"},
    SR_VIEW_PUBLISHER_FIELDS,
    {"inspection", "object", "when it is refused, instead of the version: the report"},
    SR_REPORT_VIEW_FIELDS("inspection."),
    {.name = NULL},
};

const struct sr_command sr_command_deposit = {
    .name = "deposit",
    .group = "Models",
    .synopsis = "PATH --name NAME [--kind KIND] [--parent REF]... [--step STEP] [--tier TIER] "
                "[--provenance FILE [--provenance-key FILE]] [--allow-unknown-parent] [--version "
                "N] [--profile "
                "PROFILE] [--accept-review WHY] [--report FILE] "
                "[--require-signer FILE [--signer-name NAME]]"
                " " SR_IDENTITY_SYNOPSIS,
    .summary = "put a model into custody",
    .description =
        "Hashes and seals every file in one pass, and has what is sealed inspected by a process "
        "without rights, which runs none of it. Only what passes comes into custody: every byte "
        "understood, nothing that a loader would execute. A file that needs review comes in with "
        "'--accept-review' only, anything else not at all; what is refused leaves nothing behind "
        "but its report. Links and devices are refused. The source is not changed: once "
        "'strongroom verify' is content, it is up to you to remove it.\n\n"
        "A deposit that was stopped or that crashed goes on where it was when the same command is "
        "given again. Until it is done, no one sees the version.\n\n"
        "Its lineage is fixed with it: parents, step, tier, what its model card claims, and "
        "provenance, which must be about these files and must not contradict the options.\n\n"
        "A publisher's signature ('model.sig', or another '.sig' of OpenSSF Model Signing, at the "
        "top; of one file, beside it) is checked: the model is refused when it says that the files "
        "are others. With '--require-signer' a good one must be there, of whom you name, over "
        "every "
        "file but Git's own.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .next = "'strongroom verify REF' proves that what is in custody is what was deposited.",
    .run = run,
};
