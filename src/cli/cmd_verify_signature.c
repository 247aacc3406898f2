/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/signature.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/fields.h"
#include "cli/human.h"
#include "cli/input.h"
#include "cli/screen.h"

extern const struct sr_command sr_command_verify_signature;

/* The checking and what it says as it goes. */
struct checking {
    struct sr_cli *cli;
    enum sr_status json_status; /* of writing into the result */
};

static enum sr_status put_problem(struct sr_json_writer *w, const char *kind, const char *path)
{
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_fields_text(w, "kind", kind));
    SR_TRY(sr_fields_text(w, "path", path));
    return sr_json_close_object(w);
}

static void on_problem(void *ctx, enum sr_signature_problem problem, const char *path)
{
    struct checking *c = ctx;
    const char *kind = sr_signature_problem_name(problem);
    if (!c->cli->is_json) {
        sr_screen_line("%-8s %s", kind, path);
    } else if (c->json_status == SR_OK) {
        c->json_status = put_problem(&c->cli->json, kind, path);
    }
}

static enum sr_status put_ignored(struct sr_json_writer *w, const struct sr_manifest *m)
{
    SR_TRY(sr_fields_array(w, "ignored"));
    for (size_t i = 0; m != NULL && i < sr_manifest_ignored_count(m); i++) {
        const struct sr_manifest_ignored *one = sr_manifest_ignored_at(m, i);
        SR_TRY(sr_json_open_object(w));
        SR_TRY(sr_fields_text(w, "path", one->path));
        SR_TRY(sr_fields_u64(w, "files", one->files));
        SR_TRY(sr_json_close_object(w));
    }
    return sr_json_close_array(w);
}

static const char *material_name(enum sr_oms_material material)
{
    static const char *const NAMES[] = {
        [SR_OMS_KEY] = "key", [SR_OMS_CERTIFICATES] = "certificate", [SR_OMS_KEYLESS] = "keyless"};
    return NAMES[material];
}

static enum sr_status put_outcome(struct sr_json_writer *w,
                                  const struct sr_signature_result *result, bool is_ok)
{
    SR_TRY(sr_json_close_array(w));
    SR_TRY(sr_fields_bool(w, "ok", is_ok));
    SR_TRY(sr_fields_bool(w, "trusted", result->is_trusted));
    SR_TRY(sr_fields_text(w, "method", material_name(result->material)));
    SR_TRY(sr_fields_text(w, "key_hint", result->hint));
    SR_TRY(sr_fields_text(w, "signer", result->signer));
    SR_TRY(sr_fields_hex(w, "root", sr_bytes(result->root, sizeof result->root)));
    SR_TRY(sr_fields_u64(w, "files", result->files));
    SR_TRY(sr_fields_u64(w, "bytes", result->bytes));
    SR_TRY(sr_fields_u64(w, "unsigned_files", result->unsigned_files));
    SR_TRY(sr_fields_bool(w, "ordered", result->is_ordered));
    SR_TRY(put_ignored(w, result->files_found));
    return sr_json_close_object(w);
}

static void show_outcome(const struct sr_signature_result *result, bool is_ok)
{
    const struct sr_manifest *m = result->files_found;
    char size[SR_HUMAN_BYTES];
    for (size_t i = 0; m != NULL && i < sr_manifest_ignored_count(m); i++) {
        const struct sr_manifest_ignored *one = sr_manifest_ignored_at(m, i);
        sr_screen_line("%-8s %s (%llu file%s)", "ignored", one->path,
                       (unsigned long long)one->files, one->files == 1 ? "" : "s");
    }
    if (!is_ok) {
        return;
    }
    sr_human_bytes(result->bytes, size);
    if (result->unsigned_files > 0) {
        sr_screen_line("not signed: %llu files", (unsigned long long)result->unsigned_files);
    }
    if (!result->is_ordered) {
        sr_screen_line("note: the files are listed in another order than the specification has");
    }
    sr_screen_line("good: %llu file%s, %s, signed by %s%.64s%s", (unsigned long long)result->files,
                   result->files == 1 ? "" : "s", size, result->signer[0] != '\0' ? "'" : "key ",
                   result->signer[0] != '\0' ? result->signer : result->hint,
                   result->signer[0] != '\0' ? "'" : "");
}

static enum sr_status check(struct sr_cli *cli, const struct sr_signature_check *what,
                            struct sr_err *err)
{
    struct checking checking = {.cli = cli};
    struct sr_signature_result result = {0};
    struct sr_signature_check params = *what;
    params.on_problem = on_problem;
    params.ctx = &checking;
    if (cli->is_json) {
        SR_TRY(sr_json_open_object(&cli->json));
        SR_TRY(sr_fields_array(&cli->json, "problems"));
    }
    enum sr_status status = sr_signature_check(&params, &result, err);
    SR_AUTO(sr_manifest) files = result.files_found;
    SR_TRY(checking.json_status);
    if (!cli->is_json) {
        show_outcome(&result, status == SR_OK);
        return status;
    }
    cli->has_result = true;
    SR_TRY(put_outcome(&cli->json, &result, status == SR_OK));
    return status;
}

static enum sr_status check_usage(const struct sr_args *args, struct sr_err *err)
{
    bool has_key = sr_args_has(args, "public-key");
    bool has_roots = sr_args_has(args, "roots");
    if (has_key == has_roots) {
        return sr_fail(err, SR_USAGE,
                       "'verify-signature' needs either '--public-key' or '--roots'");
    }
    if (has_key && (sr_args_has(args, "signer-name") || sr_args_has(args, "any-usage"))) {
        return sr_fail(err, SR_USAGE,
                       "'--signer-name' and '--any-usage' are about certificates: they go with "
                       "'--roots'");
    }
    return SR_OK;
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    size_t ignored_count = 0;
    SR_CLEANUP(sr_input_free_ignored) struct sr_bytes *ignored = NULL;
    SR_AUTO(sr_public_key) key = NULL;
    SR_AUTO(sr_x509) roots = NULL;
    SR_AUTO(sr_buf) bundle = NULL;
    const char *signature = sr_args_value(args, "signature");
    SR_TRY(check_usage(args, err));
    SR_TRY(sr_input_ignored(args, &ignored, &ignored_count, err));
    if (sr_args_has(args, "public-key")) {
        SR_TRY(sr_input_public_key(sr_args_value(args, "public-key"), &key, err));
    } else {
        SR_TRY(sr_input_certificates(sr_args_value(args, "roots"), &roots, err));
    }
    SR_TRY(sr_buf_new(SR_OMS_BUNDLE_BYTES_MAX, &bundle));
    SR_TRY(sr_input_file(signature, bundle, err));
    struct sr_signature_check params = {
        .path = sr_args_positional(args, 0),
        .bundle = sr_buf_view(bundle),
        .signature = signature,
        .trust = {.key = key,
                  .roots = roots,
                  .policy = {.name = sr_args_value(args, "signer-name"),
                             .any_usage = sr_args_has(args, "any-usage")}},
        .ignored = ignored,
        .ignored_count = ignored_count,
        .ignore_unsigned = sr_args_has(args, "ignore-unsigned-files"),
    };
    return check(cli, &params, err);
}

static const struct sr_option OPTIONS[] = {
    {.name = "signature",
     .value = "FILE",
     .help = "the signature; often 'model.sig'",
     .completes = SR_COMPLETES_FILE,
     .is_required = true},
    {.name = "public-key",
     .value = "FILE",
     .help = "the signer's public key in PEM",
     .completes = SR_COMPLETES_FILE},
    {.name = "roots",
     .value = "FILE",
     .help = "root certificates in PEM; the signer's certificate must come from one of them",
     .completes = SR_COMPLETES_FILE},
    {.name = "signer-name",
     .value = "NAME",
     .help = "whose certificate it must be: e-mail, URI, host, common name or whole subject"},
    {.name = "any-usage",
     .help = "also accept a certificate that is not for code signing but may sign"},
    {.name = "ignore",
     .value = "PATH",
     .help = "a file or folder that is not looked at, relative to the model",
     .is_repeatable = true},
    {.name = "ignore-unsigned-files", .help = "files that nobody signed are no failure"},
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "PATH",
     .help = "the file, or the folder with all that is in it",
     .completes = SR_COMPLETES_FILE},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom verify-signature ./llama --signature ./llama/model.sig --public-key vendor.pem",
     "is it what the vendor signed?"},
    {"strongroom verify-signature ./llama --signature ./llama/model.sig --roots ca.pem "
     "--signer-name release@vendor.example",
     "the same, where the vendor has certificates"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_MALFORMED, SR_TOO_LARGE,   SR_NOT_FOUND, SR_CONFLICT, SR_UNTRUSTED,
    SR_CORRUPT,   SR_UNSUPPORTED, SR_NO_MEMORY, SR_OK,
};
static const struct sr_field FIELDS[] = {
    {"ok", "boolean", "whether the signature is trusted and the files are those that were signed"},
    {"trusted", "boolean", "whether the signature is of the key, or under the roots, given"},
    {"problems", "array", "one for each file that is not as it was signed"},
    {"problems[].kind", "string", "'differs', 'missing' or 'extra' (nobody signed it)"},
    {"problems[].path", "string", "of the file inside the model"},
    {"method", "string", "'key', 'certificate' or 'keyless'"},
    {"key_hint", "string", "SHA-256 of the signer's public key in PEM; '' when not known"},
    {"signer", "string", "subject of the signer's certificate; '' without one"},
    {"root", "string", "SHA-256 over the digests of all files"},
    {"files", "integer", "how many are signed and good"},
    {"bytes", "integer", "of these"},
    {"unsigned_files", "integer", "how many nobody signed, with '--ignore-unsigned-files'"},
    {"ordered", "boolean", "whether files are listed in the order of the specification"},
    {"ignored", "array", "what lies in the folder and was not looked at"},
    {"ignored[].path", "string", "of the file or folder"},
    {"ignored[].files", "integer", "how many files that is"},
    {.name = NULL},
};

const struct sr_command sr_command_verify_signature = {
    .name = "verify-signature",
    .group = "Signatures",
    .synopsis = "PATH --signature FILE (--public-key FILE | --roots FILE [--signer-name NAME] "
                "[--any-usage]) "
                "[--ignore PATH]... [--ignore-unsigned-files]",
    .summary = "check who signed a model, and that nothing was changed",
    .description =
        "Checks a signature of OpenSSF Model Signing v1.0, and of older signers: that it is of the "
        "key given, or of a certificate for code signing that is valid now and comes from one of "
        "the roots given; and that the files are those that were signed, no more and no fewer. "
        "Every file that is not is named; so is what the signer left out. Nothing is fetched from "
        "a network. The exit status is 23 when the signature cannot be trusted and 30 when the "
        "files are not what was signed.\n\n"
        "Keyless (Sigstore) signatures cannot be checked yet.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
