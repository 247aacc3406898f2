/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/pool.h"
#include "cli/command.h"
#include "cli/identity.h"
#include "cli/session.h"
#include "cli/view.h"
#include "custody/ref.h"
#include "custody/submit.h"
#include "custody/watch.h"

extern const struct sr_command sr_command_cat;

/*
 * Plaintext goes from locked memory to the descriptor and nowhere else: no stdio buffer. One
 * segment at a time, and one buffer for its ciphertext: locking memory is a good part of what a
 * short run costs, and an ordinary user may lock 8 MiB.
 */
#define PIECE_BYTES SR_BODY_PAYLOAD_BYTES
#define PIECE_BYTES_MIN ((uint64_t)4096)
#define POOL_BUFFERS 1

/* What to read, and the permit to do so. */
struct subject {
    struct sr_catalog_version version;
    struct sr_catalog_file file;
    char inner[SR_LIMIT_PATH_BYTES + SR_LIMIT_TENSOR_NAME_BYTES + 2];
    struct sr_bytes tensor; /* a view into inner; empty: the whole file */
};

static enum sr_status find(struct sr_room *room, const char *text, struct subject *s,
                           struct sr_err *err)
{
    struct sr_bytes ref = {0};
    struct sr_bytes inner = {0};
    SR_TRY(sr_ref_split(sr_text_view(text), &ref, &inner, err));
    if (inner.len >= sizeof s->inner) {
        return sr_fail(err, SR_TOO_LARGE, "'%.40s...' is longer than any file and tensor", text);
    }
    memcpy(s->inner, inner.ptr, inner.len); /* NUL-terminated: the act wants strings */
    s->inner[inner.len] = '\0';
    SR_TRY(sr_query_resolve(room, ref, &s->version, err));
    return sr_query_file(room, &s->version.id, sr_bytes(s->inner, inner.len), &s->file, &s->tensor,
                         err);
}

static enum sr_status record(struct sr_room *room, const struct subject *s, struct sr_permit **out,
                             struct sr_err *err)
{
    struct sr_act act = {.verb = SR_VERB_READ};
    sr_custody_about(&act, &s->version);
    sr_act_set_word(&act, SR_FIELD_file, s->file.path);
    if (s->tensor.len > 0) {
        sr_act_set_text(&act, SR_FIELD_tensor, s->tensor);
    } else {
        SR_TRY(
            sr_watch_would_fit(room, &act, s->version.digest, s->file.facts.plain_bytes, 1, err));
    }
    return sr_custody_do(room, NULL, &act, s->version.digest, out, NULL, err);
}

/* The byte range that was asked for. */
static enum sr_status find_range(const struct sr_body *body, const struct subject *s,
                                 uint64_t *begin, uint64_t *end, struct sr_err *err)
{
    if (s->tensor.len == 0) {
        *begin = 0;
        *end = sr_body_facts(body)->plain_bytes;
        return SR_OK;
    }
    struct sr_tensor tensor = {0};
    if (!sr_tensors_find(sr_body_tensors(body), s->tensor, &tensor)) {
        return sr_fail(err, SR_NOT_FOUND,
                       "no tensor '%s' in '%s'; 'strongroom show --tensors' "
                       "lists them",
                       (const char *)s->tensor.ptr, s->file.path);
    }
    *begin = tensor.begin;
    *end = tensor.end;
    return SR_OK;
}

static enum sr_status write_out(const uint8_t *bytes, size_t len, struct sr_err *err)
{
    while (len > 0) {
        ssize_t written = write(STDOUT_FILENO, bytes, len);
        if (written < 0 && errno != EINTR) {
            return sr_fail(err, SR_IO, "write the result: %s", strerror(errno));
        }
        if (written > 0) {
            bytes += written;
            len -= (size_t)written;
        }
    }
    return SR_OK;
}

/* Text that a terminal shows and does not act on: UTF-8 without control characters. */
static bool is_plain_text(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bool is_layout = bytes[i] == '\n' || bytes[i] == '\t' || bytes[i] == '\r';
        bool is_c1 = bytes[i] == 0xc2 && i + 1 < len && bytes[i + 1] < 0xa0;
        if ((bytes[i] < 0x20 && !is_layout) || bytes[i] == 0x7f || is_c1) {
            return false;
        }
    }
    return sr_text_is_utf8(sr_bytes(bytes, len));
}

/* A terminal gets whole texts only: what fits into one piece can be looked at before it is shown.
 */
static enum sr_status check_terminal(const struct sr_cli *cli, const struct sr_args *args,
                                     const uint8_t *bytes, uint64_t len, struct sr_err *err)
{
    if (!cli->has_terminal_result || sr_args_has(args, "force")) {
        return SR_OK;
    }
    if (len > PIECE_BYTES || !is_plain_text(bytes, (size_t)len)) {
        return sr_fail(err, SR_USAGE,
                       "this is not text and the output is a terminal; send it to a file or a "
                       "program, or say '--force'");
    }
    return SR_OK;
}

static enum sr_status copy_range(struct sr_cli *cli, const struct sr_args *args,
                                 struct sr_watch *watch, struct sr_body *body, uint64_t begin,
                                 uint64_t end, uint64_t *out_bytes, struct sr_err *err)
{
    SR_AUTO(sr_secret) piece = NULL;
    uint64_t piece_bytes = end - begin > PIECE_BYTES ? PIECE_BYTES : end - begin;
    piece_bytes = piece_bytes < PIECE_BYTES_MIN ? PIECE_BYTES_MIN : piece_bytes;
    SR_TRY(sr_secret_new((size_t)piece_bytes, &piece, err));
    uint8_t *bytes = sr_secret_bytes(piece);
    for (uint64_t at = begin; at < end;) {
        /* Up to the edge of a segment, so that none is opened twice. */
        uint64_t len = PIECE_BYTES - at % SR_BODY_PAYLOAD_BYTES;
        len = len > end - at ? end - at : len;
        SR_TRY(sr_watch_go_on(watch, err));
        SR_TRY(sr_body_read(body, at, bytes, (size_t)len, err));
        if (at == begin) {
            SR_TRY(check_terminal(cli, args, bytes, end - begin, err));
        }
        SR_TRY(write_out(bytes, (size_t)len, err));
        at += len;
        *out_bytes += len;
    }
    return SR_OK;
}

/* What goes out, and by what leave. */
struct handing {
    struct sr_room *room;
    const struct sr_permit *permit;
    struct sr_body *body;
    uint64_t begin;
    uint64_t end;
};

/* Counted before it goes out; what went out is on record, also when not all of it did. */
static enum sr_status hand_out(struct sr_cli *cli, const struct sr_args *args,
                               const struct handing *h, struct sr_err *err)
{
    SR_AUTO(sr_watch) watch = NULL;
    uint64_t bytes = 0;
    SR_TRY(sr_watch_new(h->room, h->permit, &watch, err));
    SR_TRY(sr_watch_take(watch, h->end - h->begin, 1, err));
    enum sr_status status = copy_range(cli, args, watch, h->body, h->begin, h->end, &bytes, err);
    enum sr_status recorded =
        sr_custody_served(h->room, h->permit, bytes, 1, status == SR_OK ? err : NULL);
    sr_watch_give_back(watch, h->end - h->begin - bytes, 0);
    return status == SR_OK ? recorded : status;
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_CLEANUP(sr_identity_clear) struct sr_identity identity = {0};
    SR_AUTO(sr_room) room = NULL;
    SR_AUTO(sr_permit) permit = NULL;
    SR_AUTO(sr_pool) pool = NULL;
    SR_AUTO(sr_room_body) opened = NULL;
    struct subject s = {0};
    SR_TRY(sr_session_open(cli, &room, err));
    SR_TRY(find(room, sr_args_positional(args, 0), &s, err));
    SR_TRY(sr_session_unlock(cli, room, err));
    SR_TRY(sr_identity_open(cli, args, room, false, &identity, err));
    sr_room_act_as(room, &identity.as);
    SR_TRY(record(room, &s, &permit, err));
    SR_TRY(sr_pool_new(SR_BODY_SEGMENT_BYTES, POOL_BUFFERS, POOL_BUFFERS, &pool, err));
    SR_TRY(sr_room_open_body(room, permit, &s.file, pool, &opened, err));
    struct handing h = {.room = room, .permit = permit, .body = sr_room_body_view(opened)};
    SR_TRY(find_range(h.body, &s, &h.begin, &h.end, err));
    return hand_out(cli, args, &h, err);
}

static const struct sr_option OPTIONS[] = {
    {.name = "force", .help = "write to a terminal even what is not text"},
    SR_IDENTITY_OPTIONS,
    SR_IDENTITY_WORKLOAD,
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "REF:FILE",
     .help = "a version and a file in it; 'REF:FILE@TENSOR' for one tensor",
     .completes = SR_COMPLETES_REF},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom cat llama:config.json", "read a file"},
    {"strongroom cat llama@1:model.safetensors@lm_head.weight > lm_head.bin",
     "one tensor; nothing else of the file is read"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_MALFORMED, SR_TOO_LARGE, SR_NOT_FOUND, SR_CONFLICT,    SR_UNAUTHENTICATED,
    SR_DENIED,    SR_PENDING,   SR_CORRUPT,   SR_UNSUPPORTED, SR_BUSY,
    SR_CANCELLED, SR_NO_MEMORY, SR_OK,
};

const struct sr_command sr_command_cat = {
    .name = "cat",
    .group = "Models",
    .synopsis = "REF:FILE[@TENSOR] [--force] " SR_IDENTITY_SYNOPSIS " [--workload NAME]",
    .summary = "write a file, or one tensor of it, to standard output",
    .description =
        "Every byte was authenticated before it is written; what is damaged is not handed out, and "
        "the exit status then is 30, after the good part before it. The reading is recorded.\n\n"
        "The output is the bytes themselves, with '--json' too: only failures are JSON then.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .run = run,
};
