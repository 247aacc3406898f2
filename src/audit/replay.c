/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/replay.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/replay_impl.h"
#include "base/text.h"
#include "formats/base64.h"
#include "formats/checkpoint.h"
#include "formats/note.h"

static const struct {
    const char *slug;
    const char *text;
} FINDINGS[SR_FOUND_COUNT] = {
#define FINDING(name, slug, text) {slug, text},
#include "audit/findings.def"
#undef FINDING
};

const char *sr_replay_finding_slug(enum sr_replay_finding finding)
{
    assert(finding < SR_FOUND_COUNT);
    return FINDINGS[finding].slug;
}

const char *sr_replay_finding_text(enum sr_replay_finding finding)
{
    assert(finding < SR_FOUND_COUNT);
    return FINDINGS[finding].text;
}

static unsigned thread_count(const struct sr_replay_options *options)
{
    long cores = options->threads != 0 ? (long)options->threads : sysconf(_SC_NPROCESSORS_ONLN);
    cores = cores < 1 ? 1 : cores;
    return cores > SR_REPLAY_THREADS_MAX ? SR_REPLAY_THREADS_MAX : (unsigned)cores;
}

/* Canonical leaves begin with the first of their members by name; other kinds have none of them. */
static bool is_leaf(struct sr_bytes line)
{
    return sr_text_begins(line, "{\"entry\":") || sr_text_begins(line, "{\"hash\":");
}

struct replay {
    struct sr_pack_reader *reader;
    struct sr_replay_judge *judge;
    struct sr_replay_crew *crew;
    struct sr_bytes next; /* a line that is not in a batch yet; empty at the end of the pack */
    uint64_t number;
};

static enum sr_status next_line(struct replay *r, struct sr_err *err)
{
    return sr_pack_reader_next(r->reader, &r->next, &r->number, err);
}

/* What comes before the first leaf is judged at once: the keys have to be known then. */
static enum sr_status read_preamble(struct replay *r, struct sr_err *err)
{
    SR_TRY(next_line(r, err));
    while (r->number > 0 && !is_leaf(r->next)) {
        SR_CLEANUP(sr_replay_line_clear)
        struct sr_replay_line item = {.number = r->number, .raw = r->next};
        sr_replay_line_check(&item, sr_replay_judge_keys(r->judge));
        SR_TRY(sr_replay_judge_line(r->judge, &item, err));
        SR_TRY(next_line(r, err));
    }
    sr_replay_judge_keys_end(r->judge);
    return SR_OK;
}

/* Views are set when all lines are in, because the buffer moves as it grows. */
static void set_views(struct sr_replay_batch *batch)
{
    const uint8_t *at = sr_buf_view(batch->bytes).ptr;
    for (size_t i = 0; i < batch->count; i++) {
        batch->item[i].raw.ptr = at;
        at += batch->item[i].raw.len;
    }
}

static enum sr_status fill(struct replay *r, struct sr_replay_batch *batch, struct sr_err *err)
{
    while (r->number > 0 && batch->count < SR_REPLAY_BATCH_LINES &&
           sr_buf_view(batch->bytes).len < SR_REPLAY_BATCH_BYTES) {
        SR_TRY(sr_buf_append(batch->bytes, r->next));
        batch->item[batch->count++] =
            (struct sr_replay_line){.number = r->number, .raw = sr_bytes(NULL, r->next.len)};
        SR_TRY(next_line(r, err));
    }
    set_views(batch);
    return SR_OK;
}

static enum sr_status hand_over(struct replay *r, struct sr_err *err)
{
    struct sr_replay_batch *batch = NULL;
    while (r->number > 0 && (batch = sr_replay_crew_empty(r->crew)) != NULL) {
        SR_TRY(fill(r, batch, err));
        sr_replay_crew_put(r->crew);
    }
    return SR_OK;
}

static enum sr_status take_back(struct replay *r, bool *out_is_over, struct sr_err *err)
{
    struct sr_replay_batch *batch = sr_replay_crew_take(r->crew);
    *out_is_over = batch == NULL;
    if (batch == NULL) {
        return SR_OK;
    }
    for (size_t i = 0; i < batch->count; i++) {
        SR_TRY(sr_replay_judge_line(r->judge, &batch->item[i], err));
    }
    sr_replay_crew_drop(r->crew);
    return SR_OK;
}

/* A pack that is cut or has too long a line is still judged as far as it goes. */
static enum sr_status replay_lines(struct replay *r, struct sr_err *err)
{
    struct sr_err cut = {0};
    enum sr_status status = SR_OK;
    bool is_over = false;
    while (!is_over) {
        if (status == SR_OK) {
            status = hand_over(r, &cut);
        }
        SR_TRY(take_back(r, &is_over, err));
    }
    return status == SR_OK ? SR_OK : sr_fail(err, status, "%s", cut.message);
}

static void replay_clear(struct replay *r)
{
    sr_replay_crew_free(r->crew); /* its threads look at the judge's keys */
    sr_replay_judge_free(r->judge);
    sr_pack_reader_free(r->reader);
}

enum sr_status sr_replay(const struct sr_pack_source *source,
                         const struct sr_replay_options *options, struct sr_state **out_state,
                         struct sr_replay_report *out, struct sr_err *err)
{
    assert(options->witnesses <= SR_REPLAY_WITNESSES_MAX);
    SR_CLEANUP(replay_clear) struct replay r = {0};
    uint8_t digest[SR_SHA256_BYTES];
    *out = (struct sr_replay_report){0};
    SR_TRY(sr_pack_reader_new(source, &r.reader, err));
    SR_TRY(sr_replay_judge_new(options, out, &r.judge, err));
    SR_TRY(read_preamble(&r, err));
    SR_TRY(sr_replay_crew_new(thread_count(options), sr_replay_judge_keys(r.judge), &r.crew, err));
    SR_TRY(replay_lines(&r, err));
    SR_TRY(sr_pack_reader_digest(r.reader, digest));
    return sr_replay_judge_end(r.judge, digest, out_state, err);
}

/* What was seen before. */

static bool parse_root(struct sr_bytes text, uint8_t out[SR_SHA256_BYTES])
{
    SR_AUTO(sr_buf) bytes = NULL;
    if (sr_text_unhex(text, out, SR_SHA256_BYTES) == SR_OK) {
        return true;
    }
    if (sr_buf_new(SR_SHA256_BYTES, &bytes) != SR_OK || sr_base64_decode(text, bytes) != SR_OK ||
        sr_buf_view(bytes).len != SR_SHA256_BYTES) {
        return false;
    }
    memcpy(out, sr_buf_view(bytes).ptr, SR_SHA256_BYTES);
    return true;
}

enum sr_status sr_replay_seen_parse(struct sr_bytes text, struct sr_replay_seen *out,
                                    struct sr_err *err)
{
    struct sr_replay_seen seen;
    const uint8_t *colon = text.len > 0 ? memchr(text.ptr, ':', text.len) : NULL;
    size_t digits = colon != NULL ? (size_t)(colon - text.ptr) : 0;
    if (colon == NULL ||
        sr_text_parse_u64(sr_bytes(text.ptr, digits), 0, INT64_MAX, &seen.size) != SR_OK ||
        !parse_root(sr_bytes(colon + 1, text.len - digits - 1), seen.root)) {
        return sr_fail(err, SR_MALFORMED, "not SIZE:ROOT of a checkpoint");
    }
    *out = seen;
    return SR_OK;
}

enum sr_status sr_replay_seen_note(struct sr_bytes data, struct sr_replay_seen *out,
                                   struct sr_err *err)
{
    SR_CLEANUP(sr_note_clear) struct sr_note note = {0};
    struct sr_checkpoint c;
    SR_TRY(sr_note_decode(data, &note, err));
    SR_TRY(sr_checkpoint_decode(note.text, &c, err));
    out->size = c.size;
    memcpy(out->root, c.root, sizeof out->root);
    return SR_OK;
}

enum sr_status sr_replay_seen_pack(const struct sr_pack_source *source, struct sr_replay_seen *out,
                                   struct sr_err *err)
{
    SR_AUTO(sr_pack_reader) reader = NULL;
    struct sr_bytes text;
    uint64_t number = 1;
    SR_TRY(sr_pack_reader_new(source, &reader, err));
    while (number > 0) {
        SR_TRY(sr_pack_reader_next(reader, &text, &number, err));
        if (number > 0 && sr_text_begins(text, "{\"kind\":\"checkpoint\",")) {
            SR_CLEANUP(sr_pack_line_clear) struct sr_pack_line line = {0};
            SR_TRY(sr_pack_line_decode(text, &line, err));
            return sr_replay_seen_note(line.text, out, err);
        }
    }
    return sr_fail(err, SR_MALFORMED, "a pack without checkpoint");
}
