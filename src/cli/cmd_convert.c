/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "artifact/convert_process.h"
#include "artifact/staging.h"
#include "base/folder.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/fields.h"
#include "cli/human.h"
#include "cli/new_file.h"
#include "cli/screen.h"
#include "cli/signals.h"

extern const struct sr_command sr_command_convert;

static enum sr_status report(struct sr_cli *cli, const char *from, const char *to,
                             const struct sr_converted *converted, const char *sha256)
{
    if (cli->is_json) {
        SR_TRY(sr_json_open_object(&cli->json));
        SR_TRY(sr_fields_text(&cli->json, "from", from));
        SR_TRY(sr_fields_text(&cli->json, "from_sha256", sha256));
        SR_TRY(sr_fields_text(&cli->json, "to", to));
        SR_TRY(sr_fields_u64(&cli->json, "tensors", converted->tensors));
        SR_TRY(sr_fields_u64(&cli->json, "bytes", converted->bytes));
        return sr_json_close_object(&cli->json);
    }
    char size[SR_HUMAN_BYTES];
    sr_human_bytes(converted->bytes, size);
    sr_screen_line("converted %s to %s: %llu tensor%s, %s", from, to,
                   (unsigned long long)converted->tensors, converted->tensors == 1 ? "" : "s",
                   size);
    return SR_OK;
}

static enum sr_status stage(const char *from, struct sr_staging **out, struct sr_err *err)
{
    struct sr_progress progress = {.cancelled = sr_signals_cancelled};
    SR_AUTO_FD fd = open(from, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        return sr_fail(err, errno == ENOENT ? SR_NOT_FOUND : SR_IO, "cannot open '%s': %s", from,
                       strerror(errno));
    }
    return sr_staging_new(fd, from, 0, &progress, out, err);
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    const char *from = sr_args_positional(args, 0);
    const char *to = sr_args_positional(args, 1);
    SR_AUTO(sr_staging) staging = NULL;
    SR_AUTO(sr_new_file) file = NULL;
    struct sr_converted converted = {0};
    uint8_t digest[SR_SHA256_BYTES];
    char sha256[2 * SR_SHA256_BYTES + 1];
    sr_signals_catch();
    SR_TRY(sr_new_file_new(to, &file, err));
    SR_TRY(stage(from, &staging, err));
    /* The hash is a thread's; the conversion forks. */
    SR_TRY(sr_staging_sha256(staging, digest, err));
    sr_text_hex(sr_bytes(digest, sizeof digest), sha256);
    struct sr_convert_params params = {
        .name = from,
        .input_bytes = sr_staging_bytes(staging),
        .cancelled = sr_signals_cancelled,
    };
    sr_staging_fd(staging, &params.input_fd);
    sr_new_file_fd(file, &params.output_fd);
    enum sr_status status = sr_convert_isolated(&params, &converted, err);
    if (status == SR_CANCELLED) {
        return sr_fail(err, SR_CANCELLED, "stopped and cleared away");
    }
    if (status != SR_OK) {
        return sr_context(err, status, "'%s'", from);
    }
    SR_TRY(sr_new_file_finish(file, err));
    return report(cli, from, to, &converted, sha256);
}

static const struct sr_positional POSITIONALS[] = {
    {.name = "IN",
     .help = "a file that torch.save(), numpy.save() or numpy.savez() wrote",
     .completes = SR_COMPLETES_FILE},
    {.name = "OUT",
     .help = "the safetensors file to write; it must not be there",
     .completes = SR_COMPLETES_FILE},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom convert pytorch_model.bin model.safetensors", "weights without a pickle"},
    {"strongroom convert arrays.npz arrays.safetensors --json", "from a script"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_REFUSED, SR_UNINSPECTED, SR_MALFORMED, SR_TOO_LARGE, SR_NOT_FOUND, SR_CONFLICT,
    SR_CORRUPT, SR_UNSUPPORTED, SR_CANCELLED, SR_NO_MEMORY, SR_OK,
};
static const struct sr_field FIELDS[] = {
    {"from", "string", "the file that was read, as it was given"},
    {"from_sha256", "string", "of its bytes; the output's metadata has it too"},
    {"to", "string", "the file that was written"},
    {"tensors", "integer", "how many it has"},
    {"bytes", "integer", "its length"},
    {.name = NULL},
};

const struct sr_command sr_command_convert = {
    .name = "convert",
    .group = "Models",
    .synopsis = "IN OUT",
    .summary = "write the tensors of a PyTorch or NumPy file as safetensors",
    .description =
        "A pickle is a program; this takes the tensors out of one without running it. The file is "
        "inspected in a process that can do nothing else, and only what passes is converted. Every "
        "element keeps its bits. Names are the keys that lead to a tensor, joined by '.'; views "
        "are gathered, storages that are shared become copies, and what is no tensor (numbers, "
        "texts) is left out.\n\n"
        "The output appears under its name only when it is whole, readable by you alone. Its "
        "metadata has the SHA-256 of the input as 'strongroom.converted_from_sha256'.\n\n"
        "What cannot be written as it is is refused: types that safetensors does not have (complex "
        "numbers of 128 bits, quantised and sparse tensors), and two tensors of one name.",
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
