/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/fields.h"
#include "cli/propose.h"
#include "cli/screen.h"
#include "cli/session.h"
#include "cli/terms.h"
#include "custody/look_back.h"
#include "custody/rotate.h"

extern const struct sr_command sr_command_principal_leave;

/* Somebody leaves. */
struct leaving {
    struct sr_room *room;
    struct sr_identity identity;
    struct sr_buf *report;
    struct sr_look_back_counts counts;
    uint8_t digest[SR_SHA256_BYTES]; /* of the report */
    struct sr_proposed proposed;
    bool is_rekeyed;
    struct sr_rotate_result rotation;
};

static void leaving_clear(struct leaving *l)
{
    sr_buf_free(l->report);
    sr_identity_clear(&l->identity);
    sr_room_free(l->room);
}

static enum sr_status look_back(struct leaving *l, const char *name, struct sr_err *err)
{
    const struct sr_state *state = NULL;
    SR_TRY(sr_custody_state(l->room, &state, err));
    const struct sr_principal *who = sr_state_principal(state, sr_text_view(name));
    if (who == NULL) {
        return sr_fail(err, SR_NOT_FOUND, "nobody of the name '%s' is enrolled", name);
    }
    SR_TRY(sr_buf_new(SR_LOOK_BACK_BYTES_MAX, &l->report));
    SR_TRY(sr_look_back(l->room, who, l->report, &l->counts, err));
    return sr_custody_put_text(l->room, sr_buf_view(l->report), l->digest, err);
}

static enum sr_status leave(struct leaving *l, const struct sr_args *args, struct sr_err *err)
{
    struct sr_act act = {.verb = SR_VERB_LEAVE};
    const char *why = sr_args_value(args, "why");
    sr_act_set_word(&act, SR_FIELD_principal, sr_args_positional(args, 0));
    sr_act_set_digest(&act, SR_FIELD_report, l->digest);
    if (why != NULL) {
        sr_act_set_word(&act, SR_FIELD_reason, why);
    }
    return sr_propose(l->room, &l->identity, args, &act, NULL, &l->proposed, err);
}

/* What they could reach gets new keys; it needs the room's passphrase. */
static enum sr_status rekey(struct sr_cli *cli, struct leaving *l, struct sr_err *err)
{
    SR_AUTO(sr_secret) passphrase = NULL;
    SR_TRY(sr_session_passphrase(cli, "Passphrase of the room, for new keys", false, &passphrase,
                                 err));
    SR_TRY(sr_session_unlock(cli, l->room, err));
    sr_room_act_as(l->room, &l->identity.as);
    SR_TRY(sr_rotate(l->room, passphrase, NULL, &l->rotation, err));
    l->is_rekeyed = true;
    return SR_OK;
}

static enum sr_status print_json(struct sr_cli *cli, const struct leaving *l)
{
    struct sr_json_writer *w = &cli->json;
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_fields_hex(w, "act", sr_bytes(l->proposed.digest, SR_SHA256_BYTES)));
    SR_TRY(sr_fields_hex(w, "report_digest", sr_bytes(l->digest, SR_SHA256_BYTES)));
    SR_TRY(sr_fields_bytes(w, "report", sr_buf_view(l->report)));
    SR_TRY(l->is_rekeyed ? sr_fields_u64(w, "epoch", l->rotation.epoch)
                         : sr_fields_null(w, "epoch"));
    cli->has_result = true;
    return sr_json_close_object(w);
}

static void print_text(const struct leaving *l, const char *name)
{
    const struct sr_look_back_counts *c = &l->counts;
    sr_screen_line("'%s' has left: keys revoked, %llu open request%s and grant%s ended", name,
                   (unsigned long long)c->open, c->open == 1 ? "" : "s", c->open == 1 ? "" : "s");
    sr_screen_line(
        "look-back: %llu acts, among them %llu times plaintext of %llu version%s; reviewed "
        "%llu request%s",
        (unsigned long long)c->acts, (unsigned long long)c->releases,
        (unsigned long long)c->versions, c->versions == 1 ? "" : "s",
        (unsigned long long)c->reviews, c->reviews == 1 ? "" : "s");
    sr_screen_lines(sr_buf_view(l->report), 2);
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_CLEANUP(leaving_clear) struct leaving l = {0};
    const char *name = sr_args_positional(args, 0);
    SR_TRY(sr_session_open(cli, &l.room, err));
    SR_TRY(sr_identity_open(cli, args, l.room, true, &l.identity, err));
    SR_TRY(look_back(&l, name, err));
    SR_TRY(leave(&l, args, err));
    if (!l.proposed.is_done) {
        return sr_propose_report(cli, &l.proposed, "", err);
    }
    enum sr_status status = sr_args_has(args, "keep-keys") ? SR_OK : rekey(cli, &l, err);
    if (cli->is_json) {
        SR_TRY(print_json(cli, &l));
    } else {
        print_text(&l, name);
    }
    if (status != SR_OK) {
        cli->has_result = true;
        return sr_context(err, status,
                          "'%s' has left, but the keys are not replaced; 'strongroom keys rotate' "
                          "does it",
                          name);
    }
    if (!cli->is_json && l.is_rekeyed) {
        sr_screen_line("%llu data keys are wrapped anew, under keys of epoch %llu",
                       (unsigned long long)l.rotation.slots, (unsigned long long)l.rotation.epoch);
    }
    return SR_OK;
}

static const struct sr_option OPTIONS[] = {
    SR_PRINCIPAL_TERMS_OPTIONS,
    {.name = "keep-keys", .help = "do not replace the room's keys now"},
    SR_IDENTITY_OPTIONS,
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "NAME", .help = "who leaves"},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom principal leave bob --why 'last day'",
     "end all rights, print what bob touched, replace the keys"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {SR_PROPOSE_STATUSES, SR_OK};
static const struct sr_field FIELDS[] = {
    {"act", "string", "digest of the act"},
    {"report_digest", "string", "of the look-back, which the room keeps and the act names"},
    {"report", "string", "the look-back itself, JSON"},
    {"epoch", "integer or null", "of the group keys from now on; null when they are as they were"},
    {.name = NULL},
};

const struct sr_command sr_command_principal_leave = {
    .name = "principal leave",
    .group = "People",
    .synopsis = "NAME [--why TEXT] [--ticket TEXT] [--keep-keys] " SR_IDENTITY_SYNOPSIS,
    .summary = "end all rights of somebody who leaves, and look back",
    .description =
        "One act: their keys are revoked, their requests and grants end, programs that serve them "
        "stop, and what they answer for leaves with them. Then the room's keys are replaced, so "
        "that what they may have copied of the keys folder opens nothing that comes later. The "
        "look-back says all that they did, asked for and reviewed; it is printed and kept.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
