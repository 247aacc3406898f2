/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/lineage_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/fields.h"
#include "cli/screen.h"
#include "cli/view.h"

/* What a screen shows of an ancestry; the longest known chains of derivatives have about ten. */
#define DEPTH_MAX 64
#define NODES_MAX 1024
#define INDENT 3
#define SHORT_DIGITS 12

static void free_documents(struct sr_deposit_document **documents)
{
    free(*documents);
}

static enum sr_status put_digest(struct sr_json_writer *w, const char *key, const uint8_t *digest)
{
    char text[SR_VIEW_DIGEST_BYTES];
    if (digest == NULL) {
        return sr_fields_null(w, key);
    }
    sr_view_digest(digest, text);
    return sr_fields_text(w, key, text);
}

/* null for nothing and for an empty text. */
static enum sr_status put_optional(struct sr_json_writer *w, const char *key, const char *text)
{
    bool is_there = text != NULL && text[0] != '\0';
    return is_there ? sr_fields_text(w, key, text) : sr_fields_null(w, key);
}

static enum sr_status put_facts(struct sr_json_writer *w, const struct sr_lineage *l,
                                const struct sr_lineage_record *record)
{
    const char *verdict = record != NULL ? sr_verdict_name(l->verdict) : NULL;
    const char *profile = record != NULL ? sr_profile_name(record->profile) : NULL;
    SR_TRY(sr_fields_u64(w, "tier", l->tier));
    SR_TRY(sr_fields_text(w, "step", sr_step_name(l->step)));
    SR_TRY(put_optional(w, "verdict", verdict));
    SR_TRY(put_optional(w, "profile", profile));
    SR_TRY(record != NULL ? sr_fields_text(w, "reason", record->reason)
                          : sr_fields_null(w, "reason"));
    SR_TRY(put_optional(w, "licence", l->claims.licence));
    SR_TRY(put_optional(w, "builder", record != NULL ? record->builder : NULL));
    return put_optional(w, "builder_key", record != NULL ? record->builder_key : NULL);
}

static enum sr_status put_parents(struct sr_json_writer *w, const struct sr_lineage *l)
{
    SR_TRY(sr_fields_array(w, "parents"));
    for (size_t i = 0; i < l->parent_count; i++) {
        SR_TRY(sr_json_open_object(w));
        SR_TRY(put_optional(w, "ref", l->parents[i].ref));
        SR_TRY(put_digest(w, "digest", l->parents[i].digest));
        SR_TRY(sr_json_close_object(w));
    }
    return sr_json_close_array(w);
}

static enum sr_status put_claims(struct sr_json_writer *w, const struct sr_lineage_record *record)
{
    size_t count = record != NULL ? record->fact_count : 0;
    SR_TRY(sr_fields_array(w, "claims"));
    for (size_t i = 0; i < count; i++) {
        SR_TRY(sr_json_open_object(w));
        SR_TRY(sr_fields_text(w, "key", sr_fact_word(record->facts[i].key)));
        SR_TRY(sr_fields_text(w, "value", record->facts[i].value));
        SR_TRY(sr_json_close_object(w));
    }
    return sr_json_close_array(w);
}

static enum sr_status put_documents(struct sr_json_writer *w, struct sr_room *room,
                                    const struct sr_id *version, struct sr_err *err)
{
    SR_CLEANUP(free_documents) struct sr_deposit_document *documents = NULL;
    size_t count = 0;
    SR_TRY(sr_pedigree_documents(room, version, &documents, &count, err));
    SR_TRY(sr_fields_array(w, "documents"));
    for (size_t i = 0; i < count; i++) {
        SR_TRY(sr_json_open_object(w));
        SR_TRY(sr_fields_text(w, "name", documents[i].name));
        SR_TRY(sr_fields_hex(w, "sha256", sr_bytes(documents[i].sha256, SR_SHA256_BYTES)));
        SR_TRY(sr_json_close_object(w));
    }
    return sr_json_close_array(w);
}

enum sr_status sr_lineage_view_put(struct sr_json_writer *w, struct sr_room *room,
                                   const struct sr_id *version, const struct sr_pedigree *p,
                                   struct sr_err *err)
{
    const struct sr_lineage *l = sr_pedigree_lineage(p);
    SR_TRY(sr_json_key(w, "lineage"));
    SR_TRY(sr_json_open_object(w));
    SR_TRY(put_facts(w, l, sr_pedigree_record(p)));
    SR_TRY(put_parents(w, l));
    SR_TRY(put_claims(w, sr_pedigree_record(p)));
    for (unsigned i = 0; i < SR_PEDIGREE_PART_COUNT; i++) {
        enum sr_pedigree_part part = (enum sr_pedigree_part)i;
        SR_TRY(put_digest(w, sr_pedigree_part_name(part), sr_pedigree_part(p, part)));
    }
    SR_TRY(put_documents(w, room, version, err));
    return sr_json_close_object(w);
}

void sr_lineage_view_lines(const struct sr_pedigree *p)
{
    const struct sr_lineage *l = sr_pedigree_lineage(p);
    const struct sr_lineage_record *record = sr_pedigree_record(p);
    sr_screen_line("  %-10s %u", "tier", l->tier);
    sr_screen_line("  %-10s %s", "step", sr_step_name(l->step));
    if (record == NULL) {
        sr_screen_line("  %-10s %s", "verdict", "never inspected");
        return;
    }
    sr_screen_line("  %-10s %s%s%s", "verdict", sr_verdict_name(l->verdict),
                   record->reason[0] != '\0' ? ", accepted: " : "", record->reason);
    if (l->claims.licence[0] != '\0') {
        sr_screen_line("  %-10s %s (its publisher's claim)", "licence", l->claims.licence);
    }
    if (record->builder[0] != '\0') {
        sr_screen_line("  %-10s %s, %s", "built by", record->builder,
                       record->builder_key[0] != '\0' ? "signed" : "not signed");
    }
}

/* An ancestor whose parents are being drawn. */
struct frame {
    struct sr_pedigree *pedigree;
    size_t next; /* of its parents */
};

struct tree {
    struct sr_room *room;
    struct frame frames[DEPTH_MAX];
    size_t depth;
    struct sr_id seen[NODES_MAX];
    size_t seen_count;
};

static void tree_free(struct tree **t)
{
    while (*t != NULL && (*t)->depth > 0) {
        sr_pedigree_free((*t)->frames[--(*t)->depth].pedigree);
    }
    free(*t);
}

static bool is_seen(const struct tree *t, const struct sr_id *id)
{
    for (size_t i = 0; i < t->seen_count; i++) {
        if (sr_text_id_equal(&t->seen[i], id)) {
            return true;
        }
    }
    return false;
}

static bool has_more(const struct frame *f)
{
    return f->next < sr_pedigree_lineage(f->pedigree)->parent_count;
}

/* What stands left of a node: where others still come, and its branch. */
static void make_prefix(const struct tree *t, char out[INDENT * DEPTH_MAX + 1])
{
    size_t len = 0;
    for (size_t i = 0; i < t->depth; i++) {
        bool is_branch = i + 1 == t->depth;
        const char *part =
            has_more(&t->frames[i]) ? (is_branch ? "|- " : "|  ") : (is_branch ? "`- " : "   ");
        memcpy(out + len, part, INDENT);
        len += INDENT;
    }
    out[len] = '\0';
}

static void short_digest(const uint8_t digest[SR_SHA256_BYTES], char out[SR_VIEW_DIGEST_BYTES])
{
    sr_view_digest(digest, out);
    out[strlen("sha256:") + SHORT_DIGITS] = '\0';
}

static void draw_version(const struct tree *t, const struct sr_lineage *l)
{
    char prefix[INDENT * DEPTH_MAX + 1];
    char digest[SR_VIEW_DIGEST_BYTES];
    make_prefix(t, prefix);
    short_digest(l->digest, digest);
    sr_screen_line("%s%s@%llu  %s  %s  tier %u  %s", prefix, l->name, (unsigned long long)l->number,
                   l->kind, sr_step_name(l->step), l->tier, digest);
}

static void draw_text(const struct tree *t, const char *what, const char *remark)
{
    char prefix[INDENT * DEPTH_MAX + 1];
    make_prefix(t, prefix);
    sr_screen_line("%s%s  (%s)", prefix, what, remark);
}

/* Draw a version, and go on with its parents. */
static enum sr_status enter(struct tree *t, const struct sr_id *id, struct sr_err *err)
{
    SR_AUTO(sr_pedigree) p = NULL;
    SR_TRY(sr_pedigree_new(t->room, id, &p, err));
    draw_version(t, sr_pedigree_lineage(p));
    t->seen[t->seen_count++] = *id;
    if (t->depth < DEPTH_MAX) {
        t->frames[t->depth++] = (struct frame){.pedigree = SR_TAKE(p)};
    }
    return SR_OK;
}

static enum sr_status draw_parent(struct tree *t, struct frame *f, struct sr_err *err)
{
    const struct sr_lineage *l = sr_pedigree_lineage(f->pedigree);
    size_t count = 0;
    const struct sr_catalog_version *parents = sr_pedigree_parents(f->pedigree, &count);
    size_t index = f->next++;
    char digest[SR_VIEW_DIGEST_BYTES];
    short_digest(l->parents[index].digest, digest);
    if (index >= count) {
        draw_text(t, digest, "not in this room");
        return SR_OK;
    }
    if (is_seen(t, &parents[index].id)) {
        draw_text(t, l->parents[index].ref, "see above");
        return SR_OK;
    }
    if (t->seen_count == NODES_MAX || t->depth == DEPTH_MAX) {
        draw_text(t, l->parents[index].ref, "and what it was made from is not drawn any more");
        return SR_OK;
    }
    return enter(t, &parents[index].id, err);
}

enum sr_status sr_lineage_view_tree(struct sr_room *room, const struct sr_id *version,
                                    struct sr_err *err)
{
    SR_CLEANUP(tree_free) struct tree *t = calloc(1, sizeof *t);
    if (t == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a tree");
    }
    t->room = room;
    SR_TRY(enter(t, version, err));
    while (t->depth > 0) {
        struct frame *f = &t->frames[t->depth - 1];
        if (has_more(f)) {
            SR_TRY(draw_parent(t, f, err));
        } else {
            sr_pedigree_free(f->pedigree);
            t->depth--;
        }
    }
    return SR_OK;
}
