/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/pedigree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "custody/query.h"
#include "custody/room_impl.h"

struct sr_pedigree {
    struct sr_lineage lineage; /* views into what follows */
    struct sr_lineage_record record;
    bool has_record;
    struct sr_catalog_version version;
    struct sr_catalog_version *parents;
    size_t parent_count; /* in this room */
    char (*parent_refs)[SR_LIMIT_NAME_BYTES + 24];
    struct sr_lineage_parent *lineage_parents;
    struct sr_catalog_file *files;
    struct sr_lineage_file *lineage_files;
    const char **datasets;
    const char **languages;
};

void sr_pedigree_free(struct sr_pedigree *p)
{
    if (p == NULL) {
        return;
    }
    sr_lineage_record_clear(&p->record);
    free(p->parents);
    free(p->parent_refs);
    free(p->lineage_parents);
    free(p->files);
    free(p->lineage_files);
    free(p->datasets);
    free(p->languages);
    free(p);
}

const struct sr_lineage *sr_pedigree_lineage(const struct sr_pedigree *p)
{
    return &p->lineage;
}

const struct sr_lineage_record *sr_pedigree_record(const struct sr_pedigree *p)
{
    return p->has_record ? &p->record : NULL;
}

const struct sr_catalog_version *sr_pedigree_parents(const struct sr_pedigree *p, size_t *out_count)
{
    *out_count = p->parent_count;
    return p->parents;
}

enum sr_status sr_pedigree_load_record(struct sr_room *r, const struct sr_id *version,
                                       struct sr_lineage_record *out, bool *out_found,
                                       struct sr_err *err)
{
    SR_AUTO(sr_buf) text = NULL;
    SR_TRY(sr_buf_new(SR_LINEAGE_BYTES_MAX, &text));
    enum sr_status status =
        sr_catalog_document(r->catalog, version, SR_PEDIGREE_DOCUMENT, text, err);
    if (status == SR_NOT_FOUND) {
        *out_found = false;
        return SR_OK;
    }
    if (status == SR_TOO_LARGE) {
        return sr_fail(err, SR_CORRUPT, "the lineage of a version is too large");
    }
    SR_TRY(status);
    SR_TRY(sr_lineage_decode(sr_buf_view(text), out, err));
    *out_found = true;
    return SR_OK;
}

enum sr_status sr_pedigree_tier(struct sr_room *r, const struct sr_id *version, unsigned *out,
                                struct sr_err *err)
{
    struct sr_lineage_record record = {0};
    bool is_found = false;
    SR_TRY(sr_pedigree_load_record(r, version, &record, &is_found, err));
    *out = is_found ? record.tier : SR_LINEAGE_TIER_MIN;
    sr_lineage_record_clear(&record);
    return SR_OK;
}

static enum sr_status no_memory(struct sr_err *err)
{
    return sr_fail(err, SR_NO_MEMORY, "no memory for a lineage");
}

/* Parents in this room, then those outside it. */
static enum sr_status gather_parents(struct sr_pedigree *p, struct sr_room *r, struct sr_err *err)
{
    size_t inside = 0;
    SR_TRY(sr_query_parents(r, &p->version.id, &p->parents, &inside, err));
    p->parent_count = inside;
    size_t count = inside + (p->has_record ? p->record.outside_count : 0);
    p->parent_refs = calloc(inside + 1, sizeof *p->parent_refs);
    p->lineage_parents = calloc(count + 1, sizeof *p->lineage_parents);
    if (p->parent_refs == NULL || p->lineage_parents == NULL) {
        return no_memory(err);
    }
    for (size_t i = 0; i < count; i++) {
        struct sr_lineage_parent *parent = &p->lineage_parents[i];
        if (i < inside) {
            (void)snprintf(p->parent_refs[i], sizeof p->parent_refs[i], "%s@%llu",
                           p->parents[i].name, (unsigned long long)p->parents[i].number);
            parent->ref = p->parent_refs[i];
            memcpy(parent->digest, p->parents[i].digest, SR_SHA256_BYTES);
        } else {
            memcpy(parent->digest, p->record.outside[i - inside], SR_SHA256_BYTES);
        }
    }
    p->lineage.parents = p->lineage_parents;
    p->lineage.parent_count = count;
    return SR_OK;
}

static enum sr_status gather_files(struct sr_pedigree *p, struct sr_room *r, struct sr_err *err)
{
    size_t count = 0;
    SR_TRY(sr_query_files(r, &p->version.id, &p->files, &count, err));
    p->lineage_files = calloc(count + 1, sizeof *p->lineage_files);
    if (p->lineage_files == NULL) {
        return no_memory(err);
    }
    for (size_t i = 0; i < count; i++) {
        struct sr_lineage_file *file = &p->lineage_files[i];
        file->path = p->files[i].path;
        file->bytes = p->files[i].facts.plain_bytes;
        memcpy(file->sha256, p->files[i].facts.sha256, SR_SHA256_BYTES);
    }
    p->lineage.files = p->lineage_files;
    p->lineage.file_count = count;
    return SR_OK;
}

/* The values of all facts of one key. *out is for free(). */
static enum sr_status values_of(const struct sr_lineage_record *record, enum sr_fact_key key,
                                const char ***out, size_t *out_count, struct sr_err *err)
{
    const char **values = calloc(record->fact_count + 1, sizeof *values);
    if (values == NULL) {
        return no_memory(err);
    }
    size_t count = 0;
    for (size_t i = 0; i < record->fact_count; i++) {
        if (record->facts[i].key == key) {
            values[count++] = record->facts[i].value;
        }
    }
    *out = values;
    *out_count = count;
    return SR_OK;
}

static enum sr_status take_record(struct sr_pedigree *p, struct sr_err *err)
{
    const struct sr_lineage_record *record = &p->record;
    struct sr_lineage *l = &p->lineage;
    struct sr_lineage_claims *c = &l->claims;
    l->tier = record->tier;
    l->step = record->step;
    l->has_verdict = true;
    l->verdict = record->verdict;
    memcpy(l->ruleset, record->ruleset, SR_SHA256_BYTES);
    c->licence = sr_lineage_record_find(record, SR_FACT_LICENCE);
    c->licence_link = sr_lineage_record_find(record, SR_FACT_LICENCE_LINK);
    c->pipeline_tag = sr_lineage_record_find(record, SR_FACT_PIPELINE_TAG);
    c->library_name = sr_lineage_record_find(record, SR_FACT_LIBRARY);
    c->architecture = sr_lineage_record_find(record, SR_FACT_ARCHITECTURE);
    c->model_type = sr_lineage_record_find(record, SR_FACT_MODEL_TYPE);
    c->base_model = sr_lineage_record_find(record, SR_FACT_BASE_MODEL);
    SR_TRY(values_of(record, SR_FACT_DATASET, &p->datasets, &c->dataset_count, err));
    SR_TRY(values_of(record, SR_FACT_LANGUAGE, &p->languages, &c->language_count, err));
    c->datasets = p->datasets;
    c->languages = p->languages;
    return SR_OK;
}

enum sr_status sr_pedigree_new(struct sr_room *r, const struct sr_id *version,
                               struct sr_pedigree **out, struct sr_err *err)
{
    SR_AUTO(sr_pedigree) p = calloc(1, sizeof *p);
    if (p == NULL) {
        return no_memory(err);
    }
    SR_TRY(sr_catalog_version_by_id(r->catalog, version, &p->version, err));
    SR_TRY(sr_pedigree_load_record(r, version, &p->record, &p->has_record, err));
    struct sr_lineage *l = &p->lineage;
    sr_text_hex(sr_bytes(r->facts.id.bytes, SR_ID_BYTES), l->room);
    l->name = p->version.name;
    l->number = p->version.number;
    l->kind = p->version.kind;
    memcpy(l->digest, p->version.digest, SR_SHA256_BYTES);
    l->created_utc_ms = p->version.created_utc_ms;
    l->tier = SR_LINEAGE_TIER_MIN;
    SR_TRY(gather_parents(p, r, err));
    SR_TRY(gather_files(p, r, err));
    if (p->has_record) {
        SR_TRY(take_record(p, err));
    }
    *out = SR_TAKE(p);
    return SR_OK;
}

static void free_documents(struct sr_catalog_document **documents)
{
    free(*documents);
}

static void free_digests(struct sr_deposit_document **documents)
{
    free(*documents);
}

static enum sr_status hash_document(struct sr_room *r, const struct sr_id *version,
                                    struct sr_buf *text, struct sr_deposit_document *document,
                                    struct sr_err *err)
{
    sr_buf_clear(text);
    SR_TRY(sr_catalog_document(r->catalog, version, document->name, text, err));
    if (sr_sha256_once(sr_buf_view(text), document->sha256) != SR_OK) {
        return no_memory(err);
    }
    return SR_OK;
}

enum sr_status sr_pedigree_documents(struct sr_room *r, const struct sr_id *version,
                                     struct sr_deposit_document **out, size_t *out_count,
                                     struct sr_err *err)
{
    SR_CLEANUP(free_documents) struct sr_catalog_document *names = NULL;
    SR_CLEANUP(free_digests) struct sr_deposit_document *documents = NULL;
    SR_AUTO(sr_buf) text = NULL;
    size_t count = 0;
    SR_TRY(sr_catalog_documents(r->catalog, version, &names, &count, err));
    documents = calloc(count + 1, sizeof *documents);
    if (documents == NULL || sr_buf_new(SR_CATALOG_DOCUMENT_BYTES_MAX, &text) != SR_OK) {
        return no_memory(err);
    }
    for (size_t i = 0; i < count; i++) {
        memcpy(documents[i].name, names[i].name, sizeof documents[i].name);
        SR_TRY(hash_document(r, version, text, &documents[i], err));
    }
    *out = SR_TAKE(documents);
    *out_count = count;
    return SR_OK;
}

/* How a part is found. */
struct part {
    const char *name;
    const char *files[2];
    const char *kind; /* NULL: of no kind */
};

static const struct part PARTS[SR_PEDIGREE_PART_COUNT] = {
    [SR_PEDIGREE_TOKENIZER] = {"tokenizer", {"tokenizer.json", "tokenizer.model"}, "tokenizer"},
    [SR_PEDIGREE_CONFIG] = {"config", {"config.json"}, "config"},
    [SR_PEDIGREE_CARD] = {"card", {"README.md"}, NULL},
    [SR_PEDIGREE_CONTAINER] = {"container", {NULL}, "container"},
};

const char *sr_pedigree_part_name(enum sr_pedigree_part part)
{
    return PARTS[part].name;
}

static const uint8_t *file_digest(const struct sr_pedigree *p, const char *path)
{
    for (size_t i = 0; path != NULL && i < p->lineage.file_count; i++) {
        if (strcmp(p->lineage_files[i].path, path) == 0) {
            return p->lineage_files[i].sha256;
        }
    }
    return NULL;
}

const uint8_t *sr_pedigree_part(const struct sr_pedigree *p, enum sr_pedigree_part part)
{
    const struct part *found = &PARTS[part];
    for (size_t i = 0; i < sizeof found->files / sizeof found->files[0]; i++) {
        const uint8_t *digest = file_digest(p, found->files[i]);
        if (digest != NULL) {
            return digest;
        }
    }
    for (size_t i = 0; found->kind != NULL && i < p->parent_count; i++) {
        if (strcmp(p->parents[i].kind, found->kind) == 0) {
            return p->parents[i].digest;
        }
    }
    return NULL;
}
