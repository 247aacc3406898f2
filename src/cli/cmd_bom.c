/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "artifact/bom.h"
#include "artifact/provenance_envelope.h"
#include "cli/command.h"
#include "cli/output_file.h"
#include "cli/screen.h"
#include "cli/session.h"
#include "cli/view.h"
#include "custody/pedigree.h"
#include "custody/signing_key.h"

extern const struct sr_command sr_command_bom;

#define BOM_BYTES_MAX ((size_t)64 << 20)
#define FORMAT_DEFAULT "cyclonedx"

static enum sr_status make(const char *format, const struct sr_lineage *lineage, struct sr_buf *out,
                           struct sr_err *err)
{
    if (strcmp(format, "cyclonedx") == 0) {
        return sr_bom_cyclonedx(lineage, out);
    }
    if (strcmp(format, "spdx") == 0) {
        return sr_bom_spdx(lineage, out);
    }
    if (strcmp(format, "verification-result") == 0) {
        return sr_bom_verification_result(lineage, out, err);
    }
    return sr_fail(err, SR_USAGE,
                   "'--format %s' is none of 'cyclonedx', 'spdx' and "
                   "'verification-result'",
                   format);
}

/* The statement in place of itself, in an envelope that the room has signed. */
static enum sr_status sign(struct sr_room *room, struct sr_buf **text, struct sr_err *err)
{
    SR_AUTO(sr_signer) signer = NULL;
    SR_AUTO(sr_buf) envelope = NULL;
    SR_TRY(sr_signing_key_open(room, &signer, err));
    SR_TRY(sr_buf_new(BOM_BYTES_MAX, &envelope));
    SR_TRY(sr_provenance_seal(sr_buf_view(*text), signer, envelope, err));
    sr_buf_free(*text);
    *text = SR_TAKE(envelope);
    return SR_OK;
}

static enum sr_status check_options(const char *format, bool is_signed, struct sr_err *err)
{
    return is_signed && strcmp(format, "verification-result") != 0
               ? sr_fail(err, SR_USAGE, "'--sign' is for '--format verification-result'")
               : SR_OK;
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_AUTO(sr_room) room = NULL;
    SR_AUTO(sr_pedigree) pedigree = NULL;
    SR_AUTO(sr_buf) text = NULL;
    struct sr_catalog_version version = {0};
    const char *format = sr_args_value(args, "format");
    const char *path = sr_args_value(args, "output");
    bool is_signed = sr_args_has(args, "sign");
    format = format != NULL ? format : FORMAT_DEFAULT;
    SR_TRY(check_options(format, is_signed, err));
    SR_TRY(is_signed ? sr_session_open_unlocked(cli, &room, err)
                     : sr_session_open(cli, &room, err));
    SR_TRY(sr_view_resolve(room, sr_args_positional(args, 0), &version, err));
    SR_TRY(sr_pedigree_new(room, &version.id, &pedigree, err));
    SR_TRY(sr_buf_new(BOM_BYTES_MAX, &text));
    SR_TRY(make(format, sr_pedigree_lineage(pedigree), text, err));
    SR_TRY(is_signed ? sign(room, &text, err) : SR_OK);
    SR_TRY(sr_buf_append(text, sr_bytes("\n", 1)));
    if (path == NULL) {
        struct sr_bytes out = sr_buf_view(text);
        if (fwrite(out.ptr, 1, out.len, stdout) != out.len) {
            return sr_fail(err, SR_IO, "cannot write the result");
        }
        return SR_OK;
    }
    SR_TRY(sr_output_file_write(path, sr_buf_view(text), err));
    if (!cli->is_json) {
        char ref[SR_VIEW_REF_BYTES];
        sr_view_ref(&version, ref);
        sr_screen_line("wrote what is known of %s to %s", ref, path);
    }
    return SR_OK;
}

static const struct sr_option OPTIONS[] = {
    {.name = "format",
     .value = "FORMAT",
     .help = "'cyclonedx' (1.6, if not given), 'spdx' (3.0.1, JSON-LD), or 'verification-result' "
             "(in-toto: what inspection verified)"},
    {.name = "sign",
     .help = "put a verification result into an envelope (DSSE) that the room signs"},
    {.name = "output",
     .value = "FILE",
     .help = "where to write it, instead of standard output",
     .completes = SR_COMPLETES_FILE},
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "REF",
     .help = "the version: 'llama' (the latest), 'llama@3', or a digest",
     .completes = SR_COMPLETES_REF},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom bom llama --output llama.cdx.json", "a CycloneDX bill of materials"},
    {"strongroom bom llama@2 --format spdx", "the same as SPDX 3"},
    {"strongroom bom llama --format verification-result --sign --output llama.svr.json",
     "what this room verified, for others; 'strongroom keys public' is what they check it with"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_MALFORMED, SR_TOO_LARGE, SR_NOT_FOUND, SR_CONFLICT,  SR_UNAUTHENTICATED,
    SR_CORRUPT,   SR_BUSY,      SR_CANCELLED, SR_NO_MEMORY, SR_OK,
};

const struct sr_command sr_command_bom = {
    .name = "bom",
    .group = "Models",
    .synopsis = "REF [--format FORMAT [--sign]] [--output FILE]",
    .summary = "write a version's bill of materials",
    .description =
        "Files with their digests, what it was made from, the licence and datasets that its model "
        "card claims, the verdict of inspection. Needs no passphrase, but to sign. The same "
        "version gives the "
        "same bytes. The result is JSON by itself; '--json' changes only how failures are "
        "reported.\n\n"
        "What a publisher claims is marked as declared; nothing is concluded from it.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .run = run,
};
