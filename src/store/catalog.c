/* SPDX-License-Identifier: Apache-2.0 */
#include "store/catalog.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/drivers.h"
#include "store/scheme.h"

static enum sr_status find_driver(const char *uri, const struct sr_catalog_driver **out,
                                  const char **out_rest, struct sr_err *err)
{
    struct sr_bytes scheme = {0};
    const char *rest = NULL;
    SR_TRY(sr_scheme_split(uri, &scheme, &rest, err));
    for (size_t i = 0; sr_drivers_catalog[i] != NULL; i++) {
        if (sr_scheme_is(scheme, sr_drivers_catalog[i]->scheme)) {
            *out = sr_drivers_catalog[i];
            *out_rest = rest;
            return SR_OK;
        }
    }
    return sr_fail(err, SR_UNSUPPORTED, "no catalog driver '%.*s' in this build", (int)scheme.len,
                   (const char *)scheme.ptr);
}

/* Let a driver's result pass, with its scheme in front of the message. */
static enum sr_status passed(const struct sr_catalog_driver *driver, enum sr_status status,
                             struct sr_err *err)
{
    if (status == SR_OK) {
        return SR_OK;
    }
    return sr_context(err, status, "catalog '%s'", driver->scheme);
}

/* What goes in comes from custody/, so that what is wrong with it is our mistake. */

static bool is_text(const char *text, size_t min, size_t field_bytes)
{
    size_t len = strnlen(text, field_bytes);
    return len >= min && len < field_bytes && sr_text_is_utf8(sr_bytes(text, len));
}

static bool is_group(const struct sr_group *group)
{
    return group->epoch >= 1 && group->epoch <= INT64_MAX && group->wrapped.len >= 1 &&
           group->wrapped.len <= SR_WRAPPED_BYTES_MAX;
}

static bool is_act(const struct sr_act_record *act)
{
    return is_text(act->verb, 1, sizeof act->verb) && is_text(act->actor, 1, sizeof act->actor) &&
           act->body.len <= SR_CATALOG_ACT_BODY_BYTES_MAX &&
           is_text(act->reason, 0, sizeof act->reason) &&
           act->entry.len <= SR_CATALOG_ENTRY_BYTES_MAX;
}

static bool is_version(const struct sr_catalog_version *version)
{
    return is_text(version->name, 1, sizeof version->name) && version->number <= INT64_MAX &&
           is_text(version->kind, 1, sizeof version->kind) && version->file_count >= 1 &&
           version->file_count <= SR_LIMIT_FILES && version->plain_bytes <= INT64_MAX &&
           is_text(version->source, 0, sizeof version->source);
}

static bool is_facts(const struct sr_body_facts *facts)
{
    return facts->kind < SR_FILE_KIND_COUNT && facts->plain_bytes <= SR_LIMIT_FILE_BYTES &&
           facts->tensor_count <= SR_LIMIT_TENSORS && facts->body_bytes <= 2 * SR_LIMIT_FILE_BYTES;
}

enum sr_status sr_catalog_create(const char *uri, const struct sr_catalog_room *room,
                                 const struct sr_group *group, const struct sr_act_record *act,
                                 struct sr_err *err)
{
    const struct sr_catalog_driver *driver = NULL;
    const char *rest = NULL;
    assert(is_group(group) && (act == NULL || is_act(act)));
    SR_TRY(find_driver(uri, &driver, &rest, err));
    return passed(driver, driver->create(rest, room, group, act, err), err);
}

enum sr_status sr_catalog_open(const char *uri, struct sr_catalog **out, struct sr_err *err)
{
    const struct sr_catalog_driver *driver = NULL;
    const char *rest = NULL;
    SR_TRY(find_driver(uri, &driver, &rest, err));
    struct sr_catalog *c = NULL;
    SR_TRY(passed(driver, driver->open(rest, &c, err), err));
    assert(c != NULL && c->driver == driver);
    *out = c;
    return SR_OK;
}

void sr_catalog_free(struct sr_catalog *c)
{
    if (c != NULL) {
        c->driver->close(c);
    }
}

enum sr_status sr_catalog_room(struct sr_catalog *c, struct sr_catalog_room *out,
                               struct sr_err *err)
{
    struct sr_catalog_room room = {0};
    SR_TRY(passed(c->driver, c->driver->room(c, &room, err), err));
    *out = room;
    return SR_OK;
}

enum sr_status sr_catalog_reserve(struct sr_catalog *c, struct sr_catalog_version *version,
                                  const struct sr_catalog_file *files, const struct sr_slot *slots,
                                  struct sr_err *err)
{
    assert(is_version(version) && version->state == SR_VERSION_STAGED);
    for (uint64_t i = 0; i < version->file_count; i++) {
        assert(is_text(files[i].path, 1, sizeof files[i].path));
        assert(files[i].file_index == i && slots[i].body.file_index == i);
        assert(sr_text_id_equal(&slots[i].body.object, &files[i].object));
        assert(sr_text_id_equal(&slots[i].body.version, &version->id));
        assert(slots[i].group_epoch >= 1 && slots[i].group_epoch <= INT64_MAX);
    }
    uint64_t asked = version->number;
    SR_TRY(passed(c->driver, c->driver->reserve(c, version, files, slots, err), err));
    assert(version->number >= 1 && (asked == 0 || version->number == asked));
    return SR_OK;
}

enum sr_status sr_catalog_file_sealed(struct sr_catalog *c, const struct sr_id *version,
                                      uint32_t file_index, const struct sr_body_facts *facts,
                                      struct sr_err *err)
{
    assert(file_index < SR_LIMIT_FILES && is_facts(facts));
    return passed(c->driver, c->driver->file_sealed(c, version, file_index, facts, err), err);
}

static bool is_document_name(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-");
    return len >= 1 && len < SR_CATALOG_DOCUMENT_NAME_BYTES && name[len] == '\0';
}

enum sr_status sr_catalog_put_document(struct sr_catalog *c, const struct sr_id *version,
                                       const char *name, struct sr_bytes body, struct sr_err *err)
{
    assert(is_document_name(name) && body.len <= SR_CATALOG_DOCUMENT_BYTES_MAX);
    return passed(c->driver, c->driver->put_document(c, version, name, body, err), err);
}

enum sr_status sr_catalog_document(struct sr_catalog *c, const struct sr_id *version,
                                   const char *name, struct sr_buf *out, struct sr_err *err)
{
    assert(is_document_name(name));
    return passed(c->driver, c->driver->document(c, version, name, out, err), err);
}

enum sr_status sr_catalog_documents(struct sr_catalog *c, const struct sr_id *version,
                                    struct sr_catalog_document **out, size_t *out_count,
                                    struct sr_err *err)
{
    struct sr_catalog_document *documents = NULL;
    size_t count = 0;
    SR_TRY(passed(c->driver, c->driver->documents(c, version, &documents, &count, err), err));
    assert(count <= SR_CATALOG_DOCUMENTS_MAX);
    for (size_t i = 0; i < count; i++) {
        assert(is_document_name(documents[i].name));
    }
    *out = documents;
    *out_count = count;
    return SR_OK;
}

enum sr_status sr_catalog_commit_deposit(struct sr_catalog *c, const struct sr_id *version,
                                         const uint8_t digest[SR_SHA256_BYTES],
                                         const struct sr_id *parents, size_t parent_count,
                                         struct sr_act_record *act, struct sr_err *err)
{
    assert(is_act(act) && parent_count <= SR_CATALOG_PARENTS_MAX);
    SR_TRY(passed(c->driver,
                  c->driver->commit_deposit(c, version, digest, parents, parent_count, act, err),
                  err));
    assert(act->seq >= 1);
    return SR_OK;
}

enum sr_status sr_catalog_drop_staged(struct sr_catalog *c, const struct sr_id *version,
                                      struct sr_err *err)
{
    return passed(c->driver, c->driver->drop_staged(c, version, err), err);
}

enum sr_status sr_catalog_append_acts(struct sr_catalog *c, struct sr_act_record *acts,
                                      size_t count, struct sr_err *err)
{
    for (size_t i = 0; i < count; i++) {
        assert(is_act(&acts[i]));
    }
    SR_TRY(passed(c->driver, c->driver->append_acts(c, acts, count, err), err));
    for (size_t i = 0; i < count; i++) {
        assert(acts[i].seq >= 1 && (i == 0 || acts[i].seq == acts[i - 1].seq + 1));
    }
    return SR_OK;
}

enum sr_status sr_catalog_put_text(struct sr_catalog *c, const uint8_t digest[SR_SHA256_BYTES],
                                   struct sr_bytes body, struct sr_err *err)
{
    assert(body.len <= SR_CATALOG_TEXT_BYTES_MAX);
    return passed(c->driver, c->driver->put_text(c, digest, body, err), err);
}

enum sr_status sr_catalog_text(struct sr_catalog *c, const uint8_t digest[SR_SHA256_BYTES],
                               struct sr_buf *out, struct sr_err *err)
{
    return passed(c->driver, c->driver->text(c, digest, out, err), err);
}

enum sr_status sr_catalog_last_act(struct sr_catalog *c, uint64_t *out_seq,
                                   int64_t *out_time_utc_ms, struct sr_err *err)
{
    return passed(c->driver, c->driver->last_act(c, out_seq, out_time_utc_ms, err), err);
}

enum sr_status
sr_catalog_rotate(struct sr_catalog *c, const struct sr_group *groups, size_t group_count,
                  enum sr_status (*rewrap)(void *ctx, struct sr_slot *slot, struct sr_err *err),
                  void *ctx, struct sr_act_record *act, struct sr_err *err)
{
    assert(is_act(act) && rewrap != NULL);
    for (size_t i = 0; i < group_count; i++) {
        assert(is_group(&groups[i]));
    }
    SR_TRY(
        passed(c->driver, c->driver->rotate(c, groups, group_count, rewrap, ctx, act, err), err));
    assert(act->seq >= 1);
    return SR_OK;
}

enum sr_status sr_catalog_groups(struct sr_catalog *c, struct sr_group **out, size_t *out_count,
                                 struct sr_err *err)
{
    struct sr_group *groups = NULL;
    size_t count = 0;
    SR_TRY(passed(c->driver, c->driver->groups(c, &groups, &count, err), err));
    for (size_t i = 0; i < count; i++) {
        assert(is_group(&groups[i]));
    }
    *out = groups;
    *out_count = count;
    return SR_OK;
}

/* What every list of versions must be; takes the driver's result and hands it on. */
static enum sr_status checked_versions(struct sr_catalog_version *versions, size_t count,
                                       struct sr_catalog_version **out, size_t *out_count)
{
    for (size_t i = 0; i < count; i++) {
        assert(is_version(&versions[i]) && versions[i].number >= 1);
    }
    *out = versions;
    *out_count = count;
    return SR_OK;
}

enum sr_status sr_catalog_versions(struct sr_catalog *c, const char *name,
                                   struct sr_catalog_version **out, size_t *out_count,
                                   struct sr_err *err)
{
    struct sr_catalog_version *versions = NULL;
    size_t count = 0;
    SR_TRY(passed(c->driver, c->driver->versions(c, name, &versions, &count, err), err));
    return checked_versions(versions, count, out, out_count);
}

enum sr_status sr_catalog_versions_by_digest(struct sr_catalog *c,
                                             const uint8_t digest[SR_SHA256_BYTES],
                                             struct sr_catalog_version **out, size_t *out_count,
                                             struct sr_err *err)
{
    struct sr_catalog_version *versions = NULL;
    size_t count = 0;
    SR_TRY(
        passed(c->driver, c->driver->versions_by_digest(c, digest, &versions, &count, err), err));
    return checked_versions(versions, count, out, out_count);
}

enum sr_status sr_catalog_version_by_id(struct sr_catalog *c, const struct sr_id *version,
                                        struct sr_catalog_version *out, struct sr_err *err)
{
    SR_TRY(passed(c->driver, c->driver->version_by_id(c, version, out, err), err));
    assert(is_version(out) && sr_text_id_equal(&out->id, version));
    return SR_OK;
}

enum sr_status sr_catalog_files(struct sr_catalog *c, const struct sr_id *version,
                                struct sr_catalog_file **out, size_t *out_count, struct sr_err *err)
{
    struct sr_catalog_file *files = NULL;
    size_t count = 0;
    SR_TRY(passed(c->driver, c->driver->files(c, version, &files, &count, err), err));
    for (size_t i = 0; i < count; i++) {
        assert(files[i].file_index == i);
        assert(is_text(files[i].path, 1, sizeof files[i].path));
        assert(!files[i].sealed || is_facts(&files[i].facts));
    }
    *out = files;
    *out_count = count;
    return SR_OK;
}

enum sr_status sr_catalog_slot(struct sr_catalog *c, const struct sr_id *object,
                               struct sr_slot *out, struct sr_group *out_group, struct sr_err *err)
{
    struct sr_slot slot = {0};
    struct sr_group group = {0};
    SR_TRY(passed(c->driver, c->driver->slot(c, object, &slot, &group, err), err));
    assert(sr_text_id_equal(&slot.body.object, object));
    assert(is_group(&group) && sr_text_id_equal(&slot.group, &group.id));
    assert(slot.group_epoch == group.epoch);
    *out = slot;
    if (out_group != NULL) {
        *out_group = group;
    }
    return SR_OK;
}

enum sr_status sr_catalog_parents(struct sr_catalog *c, const struct sr_id *version,
                                  struct sr_id **out, size_t *out_count, struct sr_err *err)
{
    struct sr_id *parents = NULL;
    size_t count = 0;
    SR_TRY(passed(c->driver, c->driver->parents(c, version, &parents, &count, err), err));
    assert(count <= SR_CATALOG_PARENTS_MAX);
    *out = parents;
    *out_count = count;
    return SR_OK;
}

enum sr_status sr_catalog_knows_object(struct sr_catalog *c, const struct sr_id *object, bool *out,
                                       struct sr_err *err)
{
    return passed(c->driver, c->driver->knows_object(c, object, out, err), err);
}

/* Holds a driver's walk to the order that the contract names. */
struct walk {
    enum sr_status (*visit)(void *ctx, const struct sr_act_record *act, struct sr_err *err);
    void *ctx;
    uint64_t last_seq;
};

static enum sr_status visit_in_order(void *ctx, const struct sr_act_record *act, struct sr_err *err)
{
    struct walk *w = ctx;
    assert(act->seq > w->last_seq && is_act(act));
    w->last_seq = act->seq;
    return w->visit(w->ctx, act, err);
}

enum sr_status sr_catalog_acts(struct sr_catalog *c, const struct sr_acts_query *query,
                               enum sr_status (*visit)(void *ctx, const struct sr_act_record *act,
                                                       struct sr_err *err),
                               void *ctx, struct sr_err *err)
{
    assert(visit != NULL && (query->which != SR_ACTS_BY_ACTOR || query->actor != NULL));
    assert((query->which != SR_ACTS_BY_VERSION && query->which != SR_ACTS_BY_ID) ||
           query->id != NULL);
    assert(query->which != SR_ACTS_BY_NONCE || query->nonce != NULL);
    assert(query->which != SR_ACTS_BY_REQUEST || query->request != NULL);
    struct walk w = {.visit = visit, .ctx = ctx, .last_seq = query->after_seq};
    return passed(c->driver, c->driver->acts(c, query, visit_in_order, &w, err), err);
}

enum sr_status sr_catalog_deeds(struct sr_catalog *c, uint64_t after_seq,
                                enum sr_status (*visit)(void *ctx,
                                                        const struct sr_deed_record *deed,
                                                        struct sr_err *err),
                                void *ctx, struct sr_err *err)
{
    assert(visit != NULL);
    return passed(c->driver, c->driver->deeds(c, after_seq, visit, ctx, err), err);
}
