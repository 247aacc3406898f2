/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/bar.h"
#include "cli/command.h"
#include "cli/fields.h"
#include "cli/human.h"
#include "cli/screen.h"
#include "cli/session.h"
#include "cli/signals.h"
#include "cli/view.h"
#include "custody/scrub.h"

extern const struct sr_command sr_command_scrub;

struct turn {
    struct sr_cli *cli;
    struct sr_bar bar;
    enum sr_status json_status; /* of writing into the result */
};

static const char *finding_word(enum sr_scrub_finding_kind kind)
{
    switch (kind) {
    case SR_SCRUB_DAMAGED:
        return "damaged";
    case SR_SCRUB_MISSING:
        return "missing";
    case SR_SCRUB_ORPHAN:
        return "orphan";
    case SR_SCRUB_STRAY:
        break;
    }
    return "stray";
}

static enum sr_status put_finding(struct sr_json_writer *w, const struct sr_scrub_finding *finding)
{
    char ref[SR_VIEW_REF_BYTES];
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_fields_text(w, "kind", finding_word(finding->kind)));
    if (finding->version != NULL && finding->file != NULL) {
        sr_view_ref(finding->version, ref);
        SR_TRY(sr_fields_text(w, "ref", ref));
        SR_TRY(sr_fields_text(w, "path", finding->file->path));
    } else {
        SR_TRY(sr_fields_null(w, "ref"));
        SR_TRY(sr_fields_null(w, "path"));
    }
    SR_TRY(sr_fields_text(w, "what", finding->what));
    return sr_json_close_object(w);
}

static void on_finding(void *ctx, const struct sr_scrub_finding *finding)
{
    struct turn *turn = ctx;
    if (turn->cli->is_json) {
        if (turn->json_status == SR_OK) {
            turn->json_status = put_finding(&turn->cli->json, finding);
        }
        return;
    }
    sr_bar_clear(&turn->bar);
    if (finding->version != NULL && finding->file != NULL) {
        char ref[SR_VIEW_REF_BYTES];
        sr_view_ref(finding->version, ref);
        sr_screen_line("%-8s %s:%s: %s", finding_word(finding->kind), ref, finding->file->path,
                       finding->what);
    } else {
        sr_screen_line("%-8s %s", finding_word(finding->kind), finding->what);
    }
}

static enum sr_status put_totals(struct sr_json_writer *w, const struct sr_scrub_totals *totals,
                                 bool with_keys)
{
    SR_TRY(sr_json_close_array(w));
    SR_TRY(sr_fields_bool(w, "ok", totals->damaged == 0 && totals->missing == 0));
    SR_TRY(sr_fields_bool(w, "with_keys", with_keys));
    SR_TRY(sr_fields_u64(w, "bodies", totals->bodies));
    SR_TRY(sr_fields_u64(w, "pieces", totals->pieces));
    SR_TRY(sr_fields_u64(w, "pieces_checked", totals->checked));
    SR_TRY(sr_fields_u64(w, "damaged", totals->damaged));
    SR_TRY(sr_fields_u64(w, "missing", totals->missing));
    SR_TRY(sr_fields_u64(w, "orphans", totals->orphans));
    SR_TRY(sr_fields_u64(w, "strays", totals->strays));
    SR_TRY(sr_fields_u64(w, "detectable_ppm", totals->detectable_ppm));
    return sr_json_close_object(w);
}

/* What a clean result is worth, in words. */
static void print_confidence(const struct sr_scrub_totals *totals)
{
    if (totals->damaged > 0 || totals->missing > 0) {
        return; /* it is not clean: nothing to be confident of */
    }
    unsigned long long checked = totals->checked;
    unsigned long long pieces = totals->pieces;
    if (checked == pieces) {
        sr_screen_line("clean: all %llu pieces were checked", pieces);
        return;
    }
    char percent[SR_HUMAN_BYTES];
    sr_human_percent(totals->detectable_ppm, percent);
    sr_screen_line("a clean sample of %llu of %llu pieces: had %s %% or more of any file been "
                   "damaged, this would have been missed with probability 1 %% at most",
                   checked, pieces, percent);
}

static void print_totals(struct sr_cli *cli, const struct sr_scrub_totals *totals)
{
    sr_screen_line("%llu bod%s: %llu damaged, %llu missing; in the store: %llu orphan%s, %llu "
                   "stray%s",
                   (unsigned long long)totals->bodies, totals->bodies == 1 ? "y" : "ies",
                   (unsigned long long)totals->damaged, (unsigned long long)totals->missing,
                   (unsigned long long)totals->orphans, totals->orphans == 1 ? "" : "s",
                   (unsigned long long)totals->strays, totals->strays == 1 ? "" : "s");
    print_confidence(totals);
    if (totals->checked < totals->pieces) {
        sr_screen_next(cli, "strongroom verify --all");
    }
}

static enum sr_status parse_sample(const struct sr_args *args, uint64_t *out, struct sr_err *err)
{
    const char *text = sr_args_value(args, "sample");
    *out = 0;
    if (text != NULL && sr_text_parse_u64(sr_text_view(text), 1, UINT32_MAX, out) != SR_OK) {
        return sr_fail(err, SR_USAGE, "'--sample %s' is no number of pieces", text);
    }
    return SR_OK;
}

/* Scrub, and put everything into the result: also when something is damaged. */
static enum sr_status scrub(struct sr_cli *cli, struct sr_room *room, struct sr_scrub_params params,
                            struct sr_err *err)
{
    struct turn turn = {.cli = cli, .bar = sr_bar(cli, "scrubbing")};
    struct sr_scrub_totals totals = {0};
    params.finding = on_finding;
    params.finding_ctx = &turn;
    params.progress = sr_bar_progress(&turn.bar);
    if (cli->is_json) {
        SR_TRY(sr_json_open_object(&cli->json));
        SR_TRY(sr_fields_array(&cli->json, "findings"));
    }
    sr_signals_catch();
    enum sr_status status = sr_scrub_room(room, &params, &totals, err);
    sr_bar_clear(&turn.bar);
    if (status == SR_CANCELLED) {
        return sr_fail(err, SR_CANCELLED, "stopped; what was not checked is not known to be good");
    }
    if (status != SR_OK && status != SR_CORRUPT) {
        return status;
    }
    SR_TRY(turn.json_status);
    if (cli->is_json) {
        SR_TRY(put_totals(&cli->json, &totals, params.with_keys));
        cli->has_result = true;
    } else {
        print_totals(cli, &totals);
    }
    return status;
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    const char *ref = sr_args_positional(args, 0);
    struct sr_scrub_params params = {.with_keys = !sr_args_has(args, "without-keys")};
    if (ref != NULL && sr_args_has(args, "all")) {
        return sr_fail(err, SR_USAGE, "'scrub' takes a REF or '--all', not both");
    }
    SR_TRY(parse_sample(args, &params.sample, err));
    SR_AUTO(sr_room) room = NULL;
    struct sr_catalog_version version = {0};
    SR_TRY(sr_session_open(cli, &room, err));
    if (ref != NULL) {
        SR_TRY(sr_view_resolve(room, ref, &version, err));
        params.version = &version.id;
    }
    if (params.with_keys) {
        SR_TRY(sr_session_unlock(cli, room, err));
    }
    return scrub(cli, room, params, err);
}

static const struct sr_option OPTIONS[] = {
    {.name = "all",
     .help = "look at everything in the room, and for what should not be in it; the "
             "same as giving no REF"},
    {.name = "sample",
     .value = "K",
     .help = "look at K pieces (of 1 MiB) of each file, chosen at random, not at all of them"},
    {.name = "without-keys",
     .help = "compare the sealed bytes with the catalog's digests only; needs no passphrase"},
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "REF", .help = "one version only", .completes = SR_COMPLETES_REF, .is_optional = true},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom scrub --without-keys", "every sealed byte, on a machine that has no passphrase"},
    {"strongroom scrub --sample 500 --passphrase-file room.key",
     "a quick look every night: 500 pieces of each file find a damage of 1 %"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_MALFORMED, SR_TOO_LARGE, SR_NOT_FOUND, SR_CONFLICT,  SR_UNAUTHENTICATED,
    SR_CORRUPT,   SR_BUSY,      SR_CANCELLED, SR_NO_MEMORY, SR_OK,
};
static const struct sr_field FIELDS[] = {
    {"ok", "boolean", "whether nothing is damaged or missing"},
    {"with_keys", "boolean", "whether the authentication tags were checked, too"},
    {"bodies", "integer", "sealed bodies that were looked at"},
    {"pieces", "integer", "that they have"},
    {"pieces_checked", "integer", "of which so many were read"},
    {"damaged", "integer", "bodies that fail a check"},
    {"missing", "integer", "bodies that are not in the store"},
    {"orphans", "integer", "bodies in the store that belong to nothing"},
    {"strays", "integer", "things in the store that are no bodies"},
    {"detectable_ppm", "integer",
     "the smallest damage, in parts per million of a file's pieces, that was missed with "
     "probability 1 % at most; 0 when all was read"},
    {"findings", "array", "one for each thing found"},
    {"findings[].kind", "string", "'damaged', 'missing', 'orphan' or 'stray'"},
    {"findings[].ref", "string or null", "the version"},
    {"findings[].path", "string or null", "the file in it"},
    {"findings[].what", "string", "what is wrong, or the name of the thing"},
    {.name = NULL},
};

const struct sr_command sr_command_scrub = {
    .name = "scrub",
    .group = "Rooms",
    .synopsis = "[REF | --all] [--sample K] [--without-keys]",
    .summary = "look for damage at rest, whole or by sample",
    .description =
        "Reads sealed bodies and checks them: with keys every authentication tag, without keys the "
        "digests that the catalog has of the sealed bytes. With a sample it says how much damage "
        "the sample would have found. What is in the store and belongs to nothing is listed, too.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .next = "'strongroom verify REF' reads all of a version and computes its digests again.",
    .run = run,
};
