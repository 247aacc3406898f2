/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "cli/bar.h"
#include "cli/command.h"
#include "cli/fields.h"
#include "cli/human.h"
#include "cli/input.h"
#include "cli/screen.h"
#include "cli/session.h"
#include "cli/signals.h"
#include "cli/view.h"
#include "custody/act.h"
#include "custody/deposit.h"

extern const struct sr_command sr_command_deposit;

/* Version numbers are counted up by people and by us; this is beyond both. */
#define NUMBER_MAX 1000000000

static enum sr_status read_params(const struct sr_args *args, struct sr_deposit_params *out,
                                  const char *parents[SR_ACT_PARENTS_MAX], struct sr_err *err)
{
    const char *number = sr_args_value(args, "version");
    out->path = sr_args_positional(args, 0);
    out->name = sr_args_value(args, "name");
    out->kind = sr_args_value(args, "kind");
    out->parent_count = sr_args_count(args, "parent");
    out->parents = parents;
    if (out->parent_count > SR_ACT_PARENTS_MAX) {
        return sr_fail(err, SR_USAGE, "'--parent' is given %zu times; at most %d parents",
                       out->parent_count, SR_ACT_PARENTS_MAX);
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

static enum sr_status report(struct sr_cli *cli, const struct sr_deposit_result *result)
{
    const struct sr_catalog_version *version = &result->version;
    if (cli->is_json) {
        SR_TRY(sr_json_open_object(&cli->json));
        SR_TRY(sr_view_put_version(&cli->json, version));
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
        "%s %s: %llu file%s, %s", result->is_resumed ? "resumed and deposited" : "deposited", ref,
        (unsigned long long)version->file_count, version->file_count == 1 ? "" : "s", size);
    sr_screen_line("%s", digest);
    show_publisher(&result->publisher);
    sr_screen_next(cli, "strongroom verify %s", ref);
    return SR_OK;
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    const char *parents[SR_ACT_PARENTS_MAX];
    struct sr_deposit_params params = {0};
    struct sr_deposit_result result = {0};
    SR_CLEANUP(sr_input_signer_clear) struct sr_input_signer signer = {0};
    SR_TRY(read_params(args, &params, parents, err));
    SR_TRY(sr_input_signer(args, &signer, err));
    params.signer = signer.is_given ? &signer.trust : NULL;
    SR_AUTO(sr_room) room = NULL;
    SR_TRY(sr_session_open_unlocked(cli, &room, err));
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
    SR_TRY(status);
    return report(cli, &result);
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
     .help = "a version in this room that it was made from",
     .completes = SR_COMPLETES_REF,
     .is_repeatable = true},
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
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_MALFORMED,       SR_TRUNCATED, SR_TOO_LARGE, SR_NOT_FOUND, SR_CONFLICT,
    SR_UNAUTHENTICATED, SR_DENIED,    SR_PENDING,   SR_CORRUPT,   SR_BUSY,
    SR_UNSUPPORTED,     SR_UNTRUSTED, SR_CANCELLED, SR_NO_MEMORY, SR_OK,
};
static const struct sr_field FIELDS[] = {
    SR_VIEW_VERSION_FIELDS(""),
    {"resumed", "boolean", "whether an interrupted deposit was taken up"},
    SR_VIEW_PUBLISHER_FIELDS,
    {.name = NULL},
};

const struct sr_command sr_command_deposit = {
    .name = "deposit",
    .group = "Models",
    .synopsis = "PATH --name NAME [--kind KIND] [--parent REF]... [--version N] "
                "[--require-signer FILE [--signer-name NAME]]",
    .summary = "put a model into custody",
    .description =
        "Checks every file without running any of it, hashes it, and seals it, in one pass. "
        "safetensors and GGUF files are decoded strictly and must be what they say; other files "
        "are "
        "stored as they are. Links and devices are refused. The source is not changed: once "
        "'strongroom verify' is content, it is up to you to remove it.\n\n"
        "A deposit that was stopped or that crashed goes on where it was when the same command is "
        "given again. Until it is done, no one sees the version.\n\n"
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
