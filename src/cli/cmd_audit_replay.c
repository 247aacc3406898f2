/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "audit/replay.h"
#include "base/folder.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/fields.h"
#include "cli/human.h"
#include "cli/input.h"
#include "cli/screen.h"

extern const struct sr_command sr_command_audit_replay;

#define SEEN_MAX 16

/* What the auditor brings. */
struct auditor {
    struct sr_vkey *key;
    struct sr_vkey *witness[SR_REPLAY_WITNESSES_MAX];
    size_t witnesses;
    struct sr_replay_seen seen[SEEN_MAX];
    size_t seen_count;
};

static void auditor_clear(struct auditor *a)
{
    sr_vkey_free(a->key);
    for (size_t i = 0; i < a->witnesses; i++) {
        sr_vkey_free(a->witness[i]);
    }
}

static enum sr_status read_fd(void *ctx, uint8_t *out, size_t len, size_t *out_got,
                              struct sr_err *err)
{
    const int *fd = ctx;
    ssize_t got;
    do {
        got = read(*fd, out, len);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return sr_fail(err, SR_IO, "read: %s", strerror(errno));
    }
    *out_got = (size_t)got;
    return SR_OK;
}

static enum sr_status open_file(const char *path, int *out, struct sr_err *err)
{
    *out = open(path, O_RDONLY | O_CLOEXEC);
    return *out >= 0 ? SR_OK
                     : sr_fail(err, errno == ENOENT ? SR_NOT_FOUND : SR_IO, "%s: %s", path,
                               strerror(errno));
}

/* A kept pack begins with its head; a kept checkpoint with the name of the ledger. */
static enum sr_status read_seen(const char *path, struct sr_replay_seen *out, struct sr_err *err)
{
    SR_AUTO_FD fd = -1;
    SR_AUTO(sr_buf) note = NULL;
    char first = '\0';
    SR_TRY(open_file(path, &fd, err));
    if (pread(fd, &first, 1, 0) == 1 && first == '{') {
        struct sr_pack_source source = {.read = read_fd, .ctx = &fd};
        return sr_replay_seen_pack(&source, out, err);
    }
    SR_TRY(sr_buf_new(SR_NOTE_BYTES_MAX, &note));
    SR_TRY(sr_input_file(path, note, err));
    return sr_replay_seen_note(sr_buf_view(note), out, err);
}

static enum sr_status get_seen(const char *value, struct sr_replay_seen *out, struct sr_err *err)
{
    if (sr_replay_seen_parse(sr_text_view(value), out, NULL) == SR_OK) {
        return SR_OK;
    }
    enum sr_status status = read_seen(value, out, err);
    return status == SR_OK ? SR_OK : sr_context(err, status, "--seen '%.64s'", value);
}

static enum sr_status get_witnesses(const struct sr_args *args, struct auditor *a,
                                    struct sr_err *err)
{
    size_t count = sr_args_count(args, "witness");
    if (count > SR_REPLAY_WITNESSES_MAX || sr_args_count(args, "seen") > SEEN_MAX) {
        return sr_fail(err, SR_USAGE, "at most %d of '--witness' and %d of '--seen'",
                       SR_REPLAY_WITNESSES_MAX, SEEN_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        SR_TRY(sr_vkey_parse(sr_text_view(sr_args_value_at(args, "witness", i)),
                             &a->witness[a->witnesses], err));
        a->witnesses++;
    }
    return SR_OK;
}

static enum sr_status get_auditor(const struct sr_args *args, struct auditor *a, struct sr_err *err)
{
    SR_TRY(get_witnesses(args, a, err));
    if (sr_args_has(args, "key")) {
        SR_TRY(sr_vkey_parse(sr_text_view(sr_args_value(args, "key")), &a->key, err));
    }
    for (size_t i = 0; i < sr_args_count(args, "seen"); i++) {
        SR_TRY(get_seen(sr_args_value_at(args, "seen", i), &a->seen[a->seen_count], err));
        a->seen_count++;
    }
    return SR_OK;
}

/* The result. */

static enum sr_status put_finding(struct sr_json_writer *w, const struct sr_replay_report *r)
{
    SR_TRY(sr_fields_text(w, "finding", sr_replay_finding_slug(r->finding)));
    SR_TRY(sr_fields_text(w, "text", sr_replay_finding_text(r->finding)));
    SR_TRY(sr_fields_text(w, "why", r->why));
    SR_TRY(sr_fields_u64(w, "act", r->seq));
    SR_TRY(sr_fields_text(w, "verb", r->seq == 0 ? "" : r->verb));
    return sr_fields_text(w, "actor", r->seq == 0 ? "" : r->actor);
}

static enum sr_status put_report(struct sr_json_writer *w, const struct sr_replay_report *r)
{
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_fields_bool(w, "consistent", r->finding == SR_FOUND_NONE));
    SR_TRY(put_finding(w, r));
    SR_TRY(sr_fields_text(w, "key", r->key));
    SR_TRY(sr_fields_bool(w, "key_given", !r->is_own_key));
    SR_TRY(sr_fields_text(w, "origin", r->origin));
    SR_TRY(sr_fields_hex(w, "room", sr_bytes(r->room.bytes, sizeof r->room.bytes)));
    SR_TRY(sr_fields_u64(w, "acts", r->acts));
    SR_TRY(sr_fields_u64(w, "refused", r->refused));
    SR_TRY(sr_fields_u64(w, "withheld", r->withheld));
    SR_TRY(sr_fields_u64(w, "since", r->since));
    SR_TRY(sr_fields_u64(w, "signatures", r->signatures));
    SR_TRY(sr_fields_u64(w, "size", r->size));
    SR_TRY(sr_fields_hex(w, "root", sr_bytes(r->root, sizeof r->root)));
    SR_TRY(sr_fields_array(w, "witnesses"));
    for (size_t i = 0; i < r->witnesses; i++) {
        SR_TRY(sr_fields_element(w, sr_text_view(r->witness[i].name)));
    }
    SR_TRY(sr_json_close_array(w));
    return sr_json_close_object(w);
}

static void show_finding(const struct sr_cli *cli, const struct sr_replay_report *r)
{
    char when[SR_HUMAN_BYTES];
    sr_screen_heading(cli, "NOT CONSISTENT");
    if (r->seq != 0) {
        sr_screen_line("act %" PRIu64 " of the ledger is the first that cannot be true", r->seq);
    }
    if (r->seq != 0 && r->verb[0] != '\0') {
        sr_human_time(r->time_utc_ms, when);
        sr_screen_line("  what   %s, by %s, at %s", r->verb, r->actor, when);
    }
    sr_screen_line("  found  %s", sr_replay_finding_text(r->finding));
    if (r->why[0] != '\0') {
        sr_screen_line("  why    %s", r->why);
    }
    sr_screen_line("before it, %" PRIu64 " acts are consistent", r->acts);
}

/* The people whom the room began with: whoever knows them sees whether they are the right ones. */
static void show_first_people(const struct sr_state *state)
{
    for (size_t i = 0; i < sr_state_principal_count(state); i++) {
        const struct sr_principal *p = sr_state_principal_at(state, i);
        if (p->seq == 1 && p->keys > 0) {
            sr_screen_line("  first person  %s, %s", p->name,
                           sr_act_key_fingerprint(p->key[0].key));
        }
    }
}

static void show_consistent(const struct sr_cli *cli, const struct sr_replay_report *r,
                            const struct sr_state *state)
{
    char from[SR_HUMAN_BYTES];
    char to[SR_HUMAN_BYTES];
    char root[2 * SR_SHA256_BYTES + 1];
    sr_human_time(r->first_utc_ms, from);
    sr_human_time(r->last_utc_ms, to);
    sr_text_hex(sr_bytes(r->root, sizeof r->root), root);
    sr_screen_heading(cli, "consistent");
    sr_screen_line("  acts          %" PRIu64 ", of which %" PRIu64 " were refused", r->acts,
                   r->refused);
    if (r->acts > 0) {
        sr_screen_line("  from          %s to %s", from, to);
    }
    if (r->withheld > 0) {
        sr_screen_line("  NOT SHOWN     %" PRIu64 " acts before act %" PRIu64, r->withheld,
                       r->since);
    }
    sr_screen_line("  signatures    %" PRIu64 " of acts, each verified", r->signatures);
    for (size_t i = 0; i < r->witnesses; i++) {
        uint64_t utc_s = r->witness[i].utc_s;
        sr_human_time(utc_s <= INT64_MAX / 1000 ? (int64_t)utc_s * 1000 : 0, from);
        sr_screen_line("  witness       %s, at %s", r->witness[i].name, from);
    }
    show_first_people(state);
    sr_screen_line("  for next time --seen %" PRIu64 ":%s", r->size, root);
}

static void show_key(const struct sr_replay_report *r)
{
    if (r->is_own_key) {
        sr_screen_line("%s", "");
        sr_screen_line(
            "NOBODY SAID WHICH KEY THE ROOM HAS, so the pack's own was believed. Whoever "
            "made the pack");
        sr_screen_line("could have made that key too. Compare it with what you know of the room:");
    }
    sr_screen_line("  room's key    %s", r->key);
}

static enum sr_status show(struct sr_cli *cli, const struct sr_replay_report *report,
                           const struct sr_state *state, enum sr_status status)
{
    bool is_inconsistent = report->finding != SR_FOUND_NONE;
    if (status != SR_OK && !is_inconsistent) {
        return status;
    }
    if (cli->is_json) {
        cli->has_result = true;
        SR_TRY(put_report(&cli->json, report));
        return status;
    }
    if (is_inconsistent) {
        show_finding(cli, report);
    } else {
        show_consistent(cli, report, state);
    }
    show_key(report);
    return status;
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_CLEANUP(auditor_clear) struct auditor auditor = {0};
    SR_AUTO(sr_state) state = NULL;
    SR_AUTO_FD fd = -1;
    struct sr_replay_report report;
    SR_TRY(get_auditor(args, &auditor, err));
    SR_TRY(open_file(sr_args_positional(args, 0), &fd, err));
    struct sr_pack_source source = {.read = read_fd, .ctx = &fd};
    const struct sr_vkey *witnesses[SR_REPLAY_WITNESSES_MAX];
    for (size_t i = 0; i < auditor.witnesses; i++) {
        witnesses[i] = auditor.witness[i];
    }
    struct sr_replay_options options = {.key = auditor.key,
                                        .witness = witnesses,
                                        .witnesses = auditor.witnesses,
                                        .seen = auditor.seen,
                                        .seen_count = auditor.seen_count};
    enum sr_status status = sr_replay(&source, &options, &state, &report, err);
    return show(cli, &report, state, status);
}

static const struct sr_option OPTIONS[] = {
    {.name = "key",
     .value = "VKEY",
     .help = "the room's key, as it gave it to you earlier: 'strongroom ledger show' has it"},
    {.name = "witness",
     .value = "VKEY",
     .help = "the key of a witness that has to have signed the last checkpoint",
     .is_repeatable = true},
    {.name = "seen",
     .value = "SIZE:ROOT|FILE",
     .help = "what you have seen of the ledger before: a checkpoint, or the file of one or of a "
             "pack",
     .completes = SR_COMPLETES_FILE,
     .is_repeatable = true},
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "PACK", .help = "the evidence pack", .completes = SR_COMPLETES_FILE},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom audit replay room.pack", "whether all that was decided follows from the policies"},
    {"strongroom audit replay room.pack --key \"$KEY\" --seen last-year.pack",
     "the same of a room whose key you know, and that the ledger leads on from last year's"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_MALFORMED, SR_TRUNCATED,   SR_TOO_LARGE, SR_NOT_FOUND,
    SR_UNTRUSTED, SR_UNSUPPORTED, SR_NO_MEMORY, SR_OK,
};
static const struct sr_field FIELDS[] = {
    {"consistent", "boolean", "whether everything is as it has to be"},
    {"finding", "string", "'none', or what was found first, as a word for scripts"},
    {"text", "string", "the same in words"},
    {"why", "string", "what it is about; may be empty"},
    {"act", "integer", "number of the first act that is not consistent; 0 when it is not an act"},
    {"verb", "string", "of that act; '' when it is not known"},
    {"actor", "string", "of that act; '' when it is not known"},
    {"key", "string", "the room's key that was believed"},
    {"key_given", "boolean", "whether that was said by '--key', and not only by the pack"},
    {"origin", "string", "what the ledger calls itself"},
    {"room", "string", "the room's number, 32 hexadecimal digits"},
    {"acts", "integer", "that were decided again, up to the finding"},
    {"refused", "integer", "among them"},
    {"withheld", "integer", "earlier acts of which the pack has only the hash"},
    {"since", "integer", "the act from which on all are shown"},
    {"signatures", "integer", "of acts, that were verified"},
    {"size", "integer", "of the last checkpoint; 0 when it was not reached"},
    {"root", "string", "its root, 64 hexadecimal digits"},
    {"witnesses", "array", "names of those who have signed it"},
    {.name = NULL},
};

const struct sr_command sr_command_audit_replay = {
    .name = "audit replay",
    .group = "Audit",
    .synopsis = "PACK [--key VKEY] [--witness VKEY]... [--seen SIZE:ROOT|FILE]...",
    .summary = "decide everything again from an evidence pack",
    .description =
        "Needs the pack and nothing else: no room, no network, no trust in whoever made it. Every "
        "signature is verified, every act is decided again by the policy that was in force, with "
        "the people, keys and grants that there were then, and the ledger's tree is built again "
        "from its leaves. The answer is 'consistent', or the first act that cannot be true and "
        "why; then the exit status is that of 'untrusted'.\n"
        "\n"
        "Whoever has the room's own key could write another history from its beginning. Against "
        "that, bring what they cannot change: '--key', which you have from the room itself; "
        "'--seen', a checkpoint or pack that you kept; '--witness', somebody who signs only what "
        "has grown.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .next = "Keep the pack: the next audit begins where this one ends.",
    .run = run,
};
