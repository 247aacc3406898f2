/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/fields.h"
#include "cli/history_view.h"
#include "cli/human.h"
#include "cli/lineage_view.h"
#include "cli/screen.h"
#include "cli/session.h"
#include "cli/table.h"
#include "cli/view.h"
#include "custody/room_signature.h"

extern const struct sr_command sr_command_show;

/* All about one version. Arrays are freed with it. */
struct subject {
    struct sr_room *room;
    struct sr_catalog_version version;
    struct sr_catalog_file *files;
    size_t file_count;
    struct sr_catalog_version *parents;
    size_t parent_count;
    struct sr_catalog_version *children;
    size_t child_count;
    char signed_by[SR_OMS_HINT_BYTES]; /* key hint; "" for none */
    struct sr_publisher publisher;
    struct sr_pedigree *pedigree;
    bool has_history; /* it is asked for */
    bool has_tensors; /* the room is unlocked, so they can be read */
};

static void subject_clear(struct subject *s)
{
    sr_view_free_files(&s->files);
    sr_view_free_versions(&s->parents);
    sr_view_free_versions(&s->children);
    sr_pedigree_free(s->pedigree);
}

static enum sr_status put_relatives(struct sr_json_writer *w, const char *key,
                                    const struct sr_catalog_version *versions, size_t count)
{
    SR_TRY(sr_fields_array(w, key));
    for (size_t i = 0; i < count; i++) {
        char ref[SR_VIEW_REF_BYTES];
        sr_view_ref(&versions[i], ref);
        SR_TRY(sr_fields_element(w, sr_text_view(ref)));
    }
    return sr_json_close_array(w);
}

static enum sr_status put_tensor(struct sr_json_writer *w, const struct sr_tensor *tensor)
{
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_fields_bytes(w, "name", tensor->name));
    SR_TRY(sr_fields_text(w, "dtype", tensor->dtype));
    SR_TRY(sr_fields_array(w, "shape"));
    for (size_t i = 0; i < tensor->rank; i++) {
        SR_TRY(sr_json_put_u64(w, tensor->shape[i]));
    }
    SR_TRY(sr_json_close_array(w));
    SR_TRY(sr_fields_u64(w, "begin", tensor->begin));
    SR_TRY(sr_fields_u64(w, "end", tensor->end));
    return sr_json_close_object(w);
}

static enum sr_status put_tensors(struct sr_json_writer *w, const struct subject *s,
                                  const struct sr_catalog_file *file, struct sr_err *err)
{
    SR_AUTO(sr_tensors) tensors = NULL;
    SR_TRY(sr_query_tensors(s->room, file, &s->version.id, &tensors, err));
    SR_TRY(sr_fields_array(w, "tensors"));
    for (size_t i = 0; i < sr_tensors_count(tensors); i++) {
        struct sr_tensor tensor = sr_tensors_at(tensors, i);
        SR_TRY(put_tensor(w, &tensor));
    }
    return sr_json_close_array(w);
}

static enum sr_status put_file(struct sr_json_writer *w, const struct subject *s,
                               const struct sr_catalog_file *file, struct sr_err *err)
{
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_fields_text(w, "path", file->path));
    SR_TRY(sr_fields_text(w, "kind", sr_file_kind_name(file->facts.kind)));
    SR_TRY(sr_fields_u64(w, "bytes", file->facts.plain_bytes));
    SR_TRY(sr_fields_hex(w, "sha256", sr_bytes(file->facts.sha256, SR_SHA256_BYTES)));
    SR_TRY(sr_fields_hex(w, "object", sr_bytes(file->object.bytes, sizeof file->object.bytes)));
    SR_TRY(sr_fields_u64(w, "sealed_bytes", file->facts.body_bytes));
    SR_TRY(sr_fields_u64(w, "tensor_count", file->facts.tensor_count));
    if (s->has_tensors) {
        SR_TRY(put_tensors(w, s, file, err));
    } else {
        SR_TRY(sr_fields_null(w, "tensors"));
    }
    return sr_json_close_object(w);
}

static enum sr_status print_json(struct sr_json_writer *w, const struct subject *s,
                                 struct sr_err *err)
{
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_view_put_version(w, &s->version));
    SR_TRY(put_relatives(w, "parents", s->parents, s->parent_count));
    SR_TRY(put_relatives(w, "children", s->children, s->child_count));
    SR_TRY(s->signed_by[0] != '\0' ? sr_fields_text(w, "signed_by", s->signed_by)
                                   : sr_fields_null(w, "signed_by"));
    SR_TRY(sr_view_put_publisher(w, &s->publisher));
    SR_TRY(sr_lineage_view_put(w, s->room, &s->version.id, s->pedigree, err));
    SR_TRY(s->has_history ? sr_history_view_json(w, s->room, &s->version.id, err)
                          : sr_fields_null(w, "acts"));
    SR_TRY(sr_fields_array(w, "contents"));
    for (size_t i = 0; i < s->file_count; i++) {
        SR_TRY(put_file(w, s, &s->files[i], err));
    }
    SR_TRY(sr_json_close_array(w));
    return sr_json_close_object(w);
}

static void print_relatives(const char *label, const struct sr_catalog_version *versions,
                            size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char ref[SR_VIEW_REF_BYTES];
        sr_view_ref(&versions[i], ref);
        sr_screen_line("  %-10s %s", label, ref);
    }
}

static void print_version(const struct sr_cli *cli, const struct subject *s)
{
    char ref[SR_VIEW_REF_BYTES];
    char digest[SR_VIEW_DIGEST_BYTES];
    char when[SR_HUMAN_BYTES];
    char size[SR_HUMAN_BYTES];
    sr_view_ref(&s->version, ref);
    sr_view_digest(s->version.digest, digest);
    sr_human_time(s->version.created_utc_ms, when);
    sr_human_bytes(s->version.plain_bytes, size);
    sr_screen_heading(cli, ref);
    sr_screen_line("  %-10s %s", "kind", s->version.kind);
    sr_screen_line("  %-10s %s", "digest", digest);
    sr_screen_line("  %-10s %s", "deposited", when);
    sr_screen_line("  %-10s %s in %zu file%s", "size", size, s->file_count,
                   s->file_count == 1 ? "" : "s");
    if (s->publisher.state != SR_PUBLISHER_NONE) {
        sr_screen_line("  %-10s %s, %s", "signature", s->publisher.file,
                       sr_publisher_state_name(s->publisher.state));
    }
    sr_lineage_view_lines(s->pedigree);
    print_relatives("made from", s->parents, s->parent_count);
    print_relatives("parent of", s->children, s->child_count);
}

static enum sr_status print_files(const struct sr_cli *cli, const struct subject *s,
                                  struct sr_err *err)
{
    static const char *const COLUMNS[] = {"FILE", "KIND", ">SIZE", ">TENSORS", "SHA-256", NULL};
    SR_AUTO(sr_table) t = NULL;
    SR_TRY(sr_table_new(COLUMNS, &t, err));
    for (size_t i = 0; i < s->file_count; i++) {
        const struct sr_catalog_file *file = &s->files[i];
        char size[SR_HUMAN_BYTES];
        char digits[2 * SR_SHA256_BYTES + 1];
        sr_human_bytes(file->facts.plain_bytes, size);
        sr_text_hex(sr_bytes(file->facts.sha256, SR_SHA256_BYTES), digits);
        SR_TRY(sr_table_cell(t, err, "%s", file->path));
        SR_TRY(sr_table_cell(t, err, "%s", sr_file_kind_name(file->facts.kind)));
        SR_TRY(sr_table_cell(t, err, "%s", size));
        SR_TRY(sr_table_cell(t, err, "%llu", (unsigned long long)file->facts.tensor_count));
        SR_TRY(sr_table_cell(t, err, "%s", digits));
    }
    sr_screen_line("%s", "");
    sr_table_print(cli, t, 0);
    return SR_OK;
}

/* "[4096, 11008]"; cut when it is longer than any real one. */
static void format_shape(const struct sr_tensor *tensor, char *out, size_t out_bytes)
{
    size_t used = (size_t)snprintf(out, out_bytes, "[");
    for (size_t i = 0; i < tensor->rank && used + 24 < out_bytes; i++) {
        used += (size_t)snprintf(out + used, out_bytes - used, "%s%llu", i == 0 ? "" : ", ",
                                 (unsigned long long)tensor->shape[i]);
    }
    (void)snprintf(out + used, out_bytes - used, "]");
}

static enum sr_status print_tensors(const struct sr_cli *cli, const struct subject *s,
                                    const struct sr_catalog_file *file, struct sr_err *err)
{
    static const char *const COLUMNS[] = {"TENSOR", "DTYPE", "SHAPE", ">SIZE", NULL};
    SR_AUTO(sr_tensors) tensors = NULL;
    SR_AUTO(sr_table) t = NULL;
    SR_TRY(sr_query_tensors(s->room, file, &s->version.id, &tensors, err));
    SR_TRY(sr_table_new(COLUMNS, &t, err));
    for (size_t i = 0; i < sr_tensors_count(tensors); i++) {
        struct sr_tensor tensor = sr_tensors_at(tensors, i);
        char shape[512];
        char size[SR_HUMAN_BYTES];
        format_shape(&tensor, shape, sizeof shape);
        sr_human_bytes(tensor.end - tensor.begin, size);
        SR_TRY(sr_table_cell(t, err, "%.*s", (int)tensor.name.len, (const char *)tensor.name.ptr));
        SR_TRY(sr_table_cell(t, err, "%s", tensor.dtype));
        SR_TRY(sr_table_cell(t, err, "%s", shape));
        SR_TRY(sr_table_cell(t, err, "%s", size));
    }
    sr_screen_line("%s", "");
    sr_screen_line("%s", file->path);
    sr_table_print(cli, t, 2);
    return SR_OK;
}

static enum sr_status print_text(struct sr_cli *cli, const struct subject *s, struct sr_err *err)
{
    print_version(cli, s);
    SR_TRY(print_files(cli, s, err));
    uint64_t tensors = 0;
    for (size_t i = 0; i < s->file_count; i++) {
        tensors += s->files[i].facts.tensor_count;
        if (s->has_tensors && s->files[i].facts.tensor_count > 0) {
            SR_TRY(print_tensors(cli, s, &s->files[i], err));
        }
    }
    char ref[SR_VIEW_REF_BYTES];
    sr_view_ref(&s->version, ref);
    if (tensors > 0 && !s->has_tensors) {
        sr_screen_line("%s", "");
        sr_screen_line("the names and shapes of its %llu tensors are sealed: 'strongroom show %s "
                       "--tensors' asks for the passphrase and shows them",
                       (unsigned long long)tensors, ref);
    }
    sr_screen_next(cli, "strongroom verify %s", ref);
    return SR_OK;
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_AUTO(sr_room) room = NULL;
    SR_CLEANUP(subject_clear) struct subject s = {0};
    SR_TRY(sr_session_open(cli, &room, err));
    s.room = room;
    SR_TRY(sr_view_resolve(room, sr_args_positional(args, 0), &s.version, err));
    const struct sr_id *id = &s.version.id;
    s.has_history = sr_args_has(args, "history");
    if (s.has_history && !cli->is_json) {
        return sr_history_view_print(cli, room, id, err);
    }
    if (sr_args_has(args, "tree") && !cli->is_json) {
        return sr_lineage_view_tree(room, id, err);
    }
    SR_TRY(sr_pedigree_new(room, id, &s.pedigree, err));
    SR_TRY(sr_query_files(room, id, &s.files, &s.file_count, err));
    SR_TRY(sr_query_parents(room, id, &s.parents, &s.parent_count, err));
    SR_TRY(sr_query_children(room, id, &s.children, &s.child_count, err));
    SR_TRY(sr_room_signature_hint(room, id, s.signed_by));
    SR_TRY(sr_room_publisher_load(room, id, &s.publisher, err));
    if (sr_args_has(args, "tensors") || sr_session_has_passphrase(cli)) {
        SR_TRY(sr_session_unlock(cli, room, err));
        s.has_tensors = true;
    }
    return cli->is_json ? print_json(&cli->json, &s, err) : print_text(cli, &s, err);
}

static const struct sr_option OPTIONS[] = {
    {.name = "tensors", .help = "show the tensors too, and ask for the passphrase that this needs"},
    {.name = "history",
     .help = "show every act on it instead: when, who, what, and what became of it; with '--json' "
             "as well"},
    {.name = "tree",
     .help = "draw what it was made from, and that in turn, instead; with '--json' this changes "
             "nothing"},
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "REF",
     .help = "the version: 'llama' (the latest), 'llama@3', or a digest",
     .completes = SR_COMPLETES_REF},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom show llama", "files, digests, sizes, and where it comes from"},
    {"strongroom show llama-q4 --tree", "its ancestry"},
    {"strongroom show llama --history", "what was done with it, and what was refused"},
    {"strongroom show llama@1 --tensors", "and every tensor with its type and shape"},
    {"strongroom show llama --json --passphrase-file room.key | jq '.contents[].tensors[].name'",
     "the tensors' names for a script"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_MALFORMED, SR_TOO_LARGE, SR_NOT_FOUND, SR_CONFLICT,  SR_UNAUTHENTICATED,
    SR_CORRUPT,   SR_BUSY,      SR_CANCELLED, SR_NO_MEMORY, SR_OK,
};
static const struct sr_field FIELDS[] = {
    SR_VIEW_VERSION_FIELDS(""),
    {"parents", "array", "REFs of the versions it was made from"},
    {"children", "array", "REFs of the versions that were made from it"},
    {"signed_by", "string or null",
     "the room's key that signed it, as a hint; 'strongroom verify' checks the signature"},
    SR_VIEW_PUBLISHER_FIELDS,
    SR_LINEAGE_VIEW_FIELDS,
    SR_HISTORY_VIEW_FIELDS,
    {"contents", "array", "its files, in byte order of their paths"},
    {"contents[].path", "string", "inside the artifact"},
    {"contents[].kind", "string", "'safetensors', 'gguf' or 'other'"},
    {"contents[].bytes", "integer", "plain"},
    {"contents[].sha256", "string", "of the plain bytes"},
    {"contents[].object", "string", "the id of its sealed body"},
    {"contents[].sealed_bytes", "integer", "of its sealed body"},
    {"contents[].tensor_count", "integer", "how many tensors it has"},
    {"contents[].tensors", "array or null", "null when the room was not unlocked"},
    {"contents[].tensors[].name", "string", "of the tensor"},
    {"contents[].tensors[].dtype", "string", "in the format's own word"},
    {"contents[].tensors[].shape", "array", "of integers, in the order of the format"},
    {"contents[].tensors[].begin", "integer", "offset of its first byte in the file"},
    {"contents[].tensors[].end", "integer", "offset after its last byte"},
    {.name = NULL},
};

const struct sr_command sr_command_show = {
    .name = "show",
    .group = "Models",
    .synopsis = "REF [--tensors] [--tree] [--history]",
    .summary = "show one version: files, digests, lineage, tensors",
    .description =
        "What the catalog knows needs no passphrase. Names and shapes of tensors are sealed with "
        "the weights: they are shown when a passphrase is given, or asked for with '--tensors'.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .next = "'strongroom cat REF:FILE@TENSOR' reads one tensor.",
    .run = run,
};
