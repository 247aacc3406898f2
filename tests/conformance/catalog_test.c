/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every catalog driver must do, run against each one that is built in. A driver needs only a
 * fixture here: how its URIs look.
 */
#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/drivers.h"
#include "tests/catalog_fixture.h"
#include "tests/check.h"
#include "tests/fault.h"
#include "tests/scratch.h"

#define URI_BYTES 128

static char scratch_dir[] = "/tmp/sr-catalog-XXXXXX";

static const struct fixture {
    const char *scheme;
    const char *uri; /* up to the path, which names a catalog that is not there yet */
} FIXTURES[] = {
    {"sqlite", "sqlite:"},
};

static const struct fixture *fixture; /* of the driver under test */
static unsigned next_catalog;

static void fresh_uri(char uri[URI_BYTES])
{
    (void)snprintf(uri, URI_BYTES, "%s%s/%u", fixture->uri, scratch_dir, next_catalog++);
}

static void fresh_catalog(char uri[URI_BYTES])
{
    const struct sr_catalog_room room = {.id = id(7), .created_utc_ms = 77};
    const struct sr_group group = group_at(1);
    const struct sr_act_record act = act_of(1, "init");
    struct sr_err err = {0};
    fresh_uri(uri);
    CHECK(sr_catalog_create(uri, &room, &group, &act, &err) == SR_OK);
    if (err.status != SR_OK) {
        printf("# %s\n", err.message);
    }
}

static struct sr_catalog *open_catalog(const char *uri)
{
    struct sr_catalog *c = NULL;
    struct sr_err err = {0};
    if (sr_catalog_open(uri, &c, &err) != SR_OK) {
        printf("# %s\n", err.message);
    }
    assert(c != NULL);
    return c;
}

static struct sr_catalog *fresh(void)
{
    char uri[URI_BYTES];
    fresh_catalog(uri);
    return open_catalog(uri);
}

/* From nothing to custody. */
static void put(struct sr_catalog *c, struct deposit *d)
{
    CHECK(reserve(c, d, NULL) == SR_OK);
    CHECK(seal_all(c, d) == SR_OK);
    CHECK(commit_deposit(c, d, 50000 + 256U * d->version.id.bytes[14] + d->version.id.bytes[15],
                         NULL, 0, NULL) == SR_OK);
}

static size_t count_versions(struct sr_catalog *c, const char *name)
{
    struct sr_catalog_version *versions = NULL;
    size_t count = 0;
    CHECK(sr_catalog_versions(c, name, &versions, &count, NULL) == SR_OK);
    free(versions);
    return count;
}

struct acts_seen {
    unsigned count;
    uint64_t last_seq;
    unsigned stop_after;
    char verbs[64]; /* their first letters */
};

static enum sr_status see_act(void *ctx, const struct sr_act_record *act, struct sr_err *err)
{
    struct acts_seen *seen = ctx;
    if (seen->count < sizeof seen->verbs - 1) {
        seen->verbs[seen->count] = act->verb[0];
    }
    seen->count++;
    seen->last_seq = act->seq;
    CHECK(strcmp(act->actor, "owner") == 0);
    CHECK(sr_text_equal(act->body, sr_text_view("{\"a\":1}")));
    if (seen->stop_after != 0 && seen->count == seen->stop_after) {
        return sr_fail(err, SR_CANCELLED, "enough");
    }
    return SR_OK;
}

static struct acts_seen acts_after(struct sr_catalog *c, uint64_t after_seq)
{
    struct acts_seen seen = {0};
    const struct sr_acts_query query = {.after_seq = after_seq, .with_leaves = true};
    CHECK(sr_catalog_acts(c, &query, see_act, &seen, NULL) == SR_OK);
    return seen;
}

static void is_made_once_with_its_first_act(void)
{
    char uri[URI_BYTES];
    const struct sr_catalog_room room = {.id = id(7), .created_utc_ms = 77};
    const struct sr_group group = group_at(1);
    const struct sr_act_record act = act_of(1, "init");
    struct sr_catalog *missing = NULL;
    struct sr_err err = {0};
    fresh_uri(uri);
    CHECK(sr_catalog_open(uri, &missing, &err) == SR_NOT_FOUND);
    CHECK(missing == NULL);
    CHECK(strstr(err.message, fixture->scheme) != NULL);
    CHECK(sr_catalog_create(uri, &room, &group, &act, NULL) == SR_OK);
    CHECK(sr_catalog_create(uri, &room, &group, &act, NULL) == SR_CONFLICT);

    SR_AUTO(sr_catalog) c = open_catalog(uri);
    struct sr_catalog_room seen = {0};
    CHECK(sr_catalog_room(c, &seen, NULL) == SR_OK);
    CHECK(sr_text_id_equal(&seen.id, &room.id) && seen.created_utc_ms == 77);
    struct sr_group *groups = NULL;
    size_t count = 0;
    CHECK(sr_catalog_groups(c, &groups, &count, NULL) == SR_OK);
    CHECK(count == 1 && sr_text_id_equal(&groups[0].id, &group.id) && groups[0].epoch == 1);
    CHECK(count == 1 && groups[0].wrapped.len == 60 &&
          memcmp(groups[0].wrapped.bytes, group.wrapped.bytes, 60) == 0);
    CHECK(count == 1 && sr_text_id_equal(&groups[0].wrapped.key_id, &group.wrapped.key_id));
    free(groups);
    CHECK(strcmp(acts_after(c, 0).verbs, "i") == 0);
    CHECK(acts_after(c, 0).last_seq == 1);
    CHECK(count_versions(c, NULL) == 0);
}

static void reserves_all_that_a_resume_needs(void)
{
    char uri[URI_BYTES];
    fresh_catalog(uri);
    SR_AUTO(sr_catalog) first = open_catalog(uri);
    struct deposit d = deposit_of(100, "llama", 0);
    CHECK(reserve(first, &d, NULL) == SR_OK);
    CHECK(d.version.number == 1);

    SR_AUTO(sr_catalog) c = open_catalog(uri);
    struct sr_catalog_version v = {0};
    CHECK(sr_catalog_version_by_id(c, &d.version.id, &v, NULL) == SR_OK);
    CHECK(memcmp(&v, &d.version, sizeof v) == 0);
    struct sr_catalog_file *files = NULL;
    size_t count = 0;
    CHECK(sr_catalog_files(c, &d.version.id, &files, &count, NULL) == SR_OK);
    CHECK(count == FILES && memcmp(files, d.files, sizeof d.files) == 0);
    free(files);
    for (unsigned i = 0; i < FILES; i++) {
        struct sr_slot slot = {0};
        struct sr_group group = {0};
        const struct sr_group expected = group_at(1);
        bool known = false;
        CHECK(sr_catalog_slot(c, &d.files[i].object, &slot, &group, NULL) == SR_OK);
        CHECK(memcmp(&slot, &d.slots[i], sizeof slot) == 0);
        CHECK(memcmp(&group, &expected, sizeof group) == 0);
        CHECK(sr_catalog_slot(c, &d.files[i].object, &slot, NULL, NULL) == SR_OK);
        CHECK(sr_catalog_knows_object(c, &d.files[i].object, &known, NULL) == SR_OK);
        CHECK(known);
    }
}

static void numbers_versions_of_each_name(void)
{
    SR_AUTO(sr_catalog) c = fresh();
    struct deposit a = deposit_of(100, "a", 0);
    struct deposit b = deposit_of(200, "b", 0);
    struct deposit a7 = deposit_of(300, "a", 7);
    struct deposit a8 = deposit_of(400, "a", 0);
    CHECK(reserve(c, &a, NULL) == SR_OK && a.version.number == 1);
    CHECK(reserve(c, &b, NULL) == SR_OK && b.version.number == 1);
    CHECK(reserve(c, &a7, NULL) == SR_OK && a7.version.number == 7);
    CHECK(reserve(c, &a8, NULL) == SR_OK && a8.version.number == 8);

    struct sr_catalog_version *v = NULL;
    size_t count = 0;
    CHECK(sr_catalog_versions(c, NULL, &v, &count, NULL) == SR_OK);
    CHECK(count == 4 && v[0].number == 1 && v[1].number == 7 && v[2].number == 8);
    CHECK(count == 4 && strcmp(v[2].name, "a") == 0 && strcmp(v[3].name, "b") == 0);
    free(v);
    CHECK(count_versions(c, "a") == 3);
    CHECK(count_versions(c, "b") == 1);
    CHECK(count_versions(c, "A") == 0);
    CHECK(count_versions(c, "a' OR '1'='1") == 0);
}

static void refuses_a_number_that_is_taken(void)
{
    SR_AUTO(sr_catalog) c = fresh();
    struct deposit a = deposit_of(100, "a", 3);
    struct deposit again = deposit_of(200, "a", 3);
    struct sr_err err = {0};
    CHECK(reserve(c, &a, NULL) == SR_OK);
    CHECK(reserve(c, &again, &err) == SR_CONFLICT);
    CHECK(strstr(err.message, "'a@3' is being deposited") != NULL);
    CHECK(seal_all(c, &a) == SR_OK);
    CHECK(commit_deposit(c, &a, 2, NULL, 0, NULL) == SR_OK);
    err = (struct sr_err){0};
    CHECK(reserve(c, &again, &err) == SR_CONFLICT);
    CHECK(strstr(err.message, "'a@3' is in custody") != NULL);
    CHECK(count_versions(c, NULL) == 1);
}

static void reserves_all_or_nothing(void)
{
    SR_AUTO(sr_catalog) c = fresh();
    struct deposit a = deposit_of(100, "a", 0);
    struct deposit b = deposit_of(200, "b", 0);
    CHECK(reserve(c, &a, NULL) == SR_OK);
    b.files[2].object = a.files[2].object; /* an object belongs to one file */
    b.slots[2].body.object = a.files[2].object;
    CHECK(reserve(c, &b, NULL) == SR_CONFLICT);
    CHECK(b.version.number == 0);
    bool known = true;
    CHECK(sr_catalog_knows_object(c, &b.files[0].object, &known, NULL) == SR_OK);
    CHECK(!known);
    CHECK(count_versions(c, "b") == 0);
    b = deposit_of(200, "b", 0);
    memcpy(b.files[1].path, b.files[0].path, sizeof b.files[1].path); /* and a path to one */
    CHECK(reserve(c, &b, NULL) == SR_CONFLICT);
    CHECK(count_versions(c, "b") == 0);
}

static void records_each_sealed_file_once(void)
{
    SR_AUTO(sr_catalog) c = fresh();
    struct deposit d = deposit_of(100, "a", 0);
    const struct sr_body_facts facts = facts_of(1);
    const struct sr_body_facts other = facts_of(2);
    const struct sr_id nobody = id(99999);
    CHECK(reserve(c, &d, NULL) == SR_OK);
    CHECK(sr_catalog_file_sealed(c, &d.version.id, 1, &facts, NULL) == SR_OK);
    CHECK(sr_catalog_file_sealed(c, &d.version.id, 1, &other, NULL) == SR_CONFLICT);
    CHECK(sr_catalog_file_sealed(c, &d.version.id, FILES, &facts, NULL) == SR_NOT_FOUND);
    CHECK(sr_catalog_file_sealed(c, &nobody, 0, &facts, NULL) == SR_NOT_FOUND);

    struct sr_catalog_file *files = NULL;
    size_t count = 0;
    CHECK(sr_catalog_files(c, &d.version.id, &files, &count, NULL) == SR_OK);
    CHECK(count == FILES && !files[0].sealed && files[1].sealed && !files[2].sealed);
    CHECK(count == FILES && memcmp(&files[1].facts, &facts, sizeof facts) == 0);
    free(files);
    CHECK(sr_catalog_files(c, &nobody, &files, &count, NULL) == SR_NOT_FOUND);
}

static void a_deposit_takes_effect_with_its_act(void)
{
    SR_AUTO(sr_catalog) c = fresh();
    struct deposit d = deposit_of(100, "a", 0);
    CHECK(reserve(c, &d, NULL) == SR_OK);
    CHECK(commit_deposit(c, &d, 2, NULL, 0, NULL) == SR_CONFLICT); /* no file is sealed */
    CHECK(seal_all(c, &d) == SR_OK);
    CHECK(commit_deposit(c, &d, 1, NULL, 0, NULL) == SR_CONFLICT); /* that act is there already */
    struct sr_catalog_version v = {0};
    CHECK(sr_catalog_version_by_id(c, &d.version.id, &v, NULL) == SR_OK);
    CHECK(v.state == SR_VERSION_STAGED);
    CHECK(acts_after(c, 0).count == 1);

    struct sr_act_record act = act_of(2, "deposit");
    CHECK(sr_catalog_commit_deposit(c, &d.version.id, DIGEST, NULL, 0, &act, NULL) == SR_OK);
    CHECK(act.seq == 2);
    CHECK(sr_catalog_version_by_id(c, &d.version.id, &v, NULL) == SR_OK);
    CHECK(v.state == SR_VERSION_SEALED && v.plain_bytes == 3003 && v.source[0] == '\0');
    CHECK(memcmp(v.digest, DIGEST, sizeof DIGEST) == 0);
    CHECK(strcmp(acts_after(c, 0).verbs, "id") == 0);
    CHECK(commit_deposit(c, &d, 3, NULL, 0, NULL) == SR_CONFLICT);
    CHECK(sr_catalog_drop_staged(c, &d.version.id, NULL) == SR_CONFLICT);
    CHECK(acts_after(c, 0).count == 2);
    const struct sr_id nobody = id(99999);
    struct deposit unknown = {.version = {.id = nobody}};
    CHECK(commit_deposit(c, &unknown, 3, NULL, 0, NULL) == SR_NOT_FOUND);
}

static bool has_document(struct sr_catalog *c, const struct sr_id *version, const char *name,
                         const char *body)
{
    SR_AUTO(sr_buf) out = NULL;
    CHECK(sr_buf_new(64, &out) == SR_OK);
    return sr_catalog_document(c, version, name, out, NULL) == SR_OK &&
           sr_text_equal(sr_buf_view(out), sr_text_view(body));
}

static void documents_change_until_the_act(void)
{
    SR_AUTO(sr_catalog) c = fresh();
    struct deposit d = deposit_of(100, "a", 0);
    const struct sr_id *v = &d.version.id;
    const struct sr_id nobody = id(99999);
    CHECK(sr_catalog_put_document(c, &nobody, "a", sr_text_view("x"), NULL) == SR_NOT_FOUND);
    CHECK(reserve(c, &d, NULL) == SR_OK);
    CHECK(sr_catalog_put_document(c, v, "model.sig", sr_text_view("one"), NULL) == SR_OK);
    CHECK(sr_catalog_put_document(c, v, "model.sig", sr_text_view("two"), NULL) == SR_OK);
    CHECK(sr_catalog_put_document(c, v, "empty", sr_text_view(""), NULL) == SR_OK);
    CHECK(has_document(c, v, "model.sig", "two"));
    CHECK(seal_all(c, &d) == SR_OK);
    CHECK(commit_deposit(c, &d, 2, NULL, 0, NULL) == SR_OK);
    CHECK(sr_catalog_put_document(c, v, "model.sig", sr_text_view("three"), NULL) == SR_CONFLICT);
    CHECK(sr_catalog_put_document(c, v, "other", sr_text_view("x"), NULL) == SR_CONFLICT);
    CHECK(has_document(c, v, "model.sig", "two") && has_document(c, v, "empty", ""));
    struct sr_catalog_document *documents = NULL;
    size_t count = 0;
    CHECK(sr_catalog_documents(c, v, &documents, &count, NULL) == SR_OK);
    CHECK(count == 2 && strcmp(documents[0].name, "empty") == 0);
    CHECK(count == 2 && strcmp(documents[1].name, "model.sig") == 0);
    free(documents);
    CHECK(sr_catalog_documents(c, &nobody, &documents, &count, NULL) == SR_OK && count == 0);
    free(documents);
    SR_AUTO(sr_buf) small = NULL;
    CHECK(sr_buf_new(2, &small) == SR_OK);
    CHECK(sr_catalog_document(c, v, "model.sig", small, NULL) == SR_TOO_LARGE);
    CHECK(sr_catalog_document(c, v, "none", small, NULL) == SR_NOT_FOUND);
}

static void a_version_has_so_many_documents(void)
{
    SR_AUTO(sr_catalog) c = fresh();
    struct deposit d = deposit_of(100, "a", 0);
    char name[16];
    CHECK(reserve(c, &d, NULL) == SR_OK);
    for (unsigned i = 0; i < SR_CATALOG_DOCUMENTS_MAX; i++) {
        (void)snprintf(name, sizeof name, "d%u", i);
        CHECK(sr_catalog_put_document(c, &d.version.id, name, sr_text_view("x"), NULL) == SR_OK);
    }
    CHECK(sr_catalog_put_document(c, &d.version.id, "d0", sr_text_view("y"), NULL) == SR_OK);
    CHECK(sr_catalog_put_document(c, &d.version.id, "e", sr_text_view("x"), NULL) == SR_TOO_LARGE);
    CHECK(sr_catalog_drop_staged(c, &d.version.id, NULL) == SR_OK);
    CHECK(!has_document(c, &d.version.id, "d0", "y"));
}

static void parents_are_in_custody(void)
{
    SR_AUTO(sr_catalog) c = fresh();
    struct deposit p = deposit_of(100, "parent", 0);
    struct deposit q = deposit_of(200, "other", 0);
    struct deposit child = deposit_of(300, "child", 0);
    put(c, &p);
    CHECK(reserve(c, &q, NULL) == SR_OK);
    CHECK(reserve(c, &child, NULL) == SR_OK);
    CHECK(seal_all(c, &child) == SR_OK);
    const struct sr_id both[] = {q.version.id, p.version.id};
    const struct sr_id unknown[] = {p.version.id, id(99999)};
    CHECK(commit_deposit(c, &child, 3, both, 2, NULL) == SR_CONFLICT); /* q is only staged */
    CHECK(commit_deposit(c, &child, 3, unknown, 2, NULL) == SR_NOT_FOUND);
    CHECK(seal_all(c, &q) == SR_OK);
    CHECK(commit_deposit(c, &q, 3, NULL, 0, NULL) == SR_OK);
    CHECK(commit_deposit(c, &child, 4, both, 2, NULL) == SR_OK);

    struct sr_id *parents = NULL;
    size_t count = 0;
    CHECK(sr_catalog_parents(c, &child.version.id, &parents, &count, NULL) == SR_OK);
    CHECK(count == 2 && sr_text_id_equal(&parents[0], &both[0]));
    CHECK(count == 2 && sr_text_id_equal(&parents[1], &both[1]));
    free(parents);
    parents = NULL;
    CHECK(sr_catalog_parents(c, &p.version.id, &parents, &count, NULL) == SR_OK);
    CHECK(count == 0);
    free(parents);
}

static void finds_versions_by_digest(void)
{
    SR_AUTO(sr_catalog) c = fresh();
    struct deposit a = deposit_of(100, "a", 0);
    struct deposit b = deposit_of(200, "b", 0);
    struct deposit staged = deposit_of(300, "c", 0);
    put(c, &a);
    put(c, &b);
    CHECK(reserve(c, &staged, NULL) == SR_OK);
    struct sr_catalog_version *v = NULL;
    size_t count = 0;
    CHECK(sr_catalog_versions_by_digest(c, DIGEST, &v, &count, NULL) == SR_OK);
    CHECK(count == 2);
    free(v);
    v = NULL;
    const uint8_t zero[SR_SHA256_BYTES] = {0};
    CHECK(sr_catalog_versions_by_digest(c, zero, &v, &count, NULL) == SR_OK);
    CHECK(count == 0);
    free(v);
    struct sr_catalog_version one = {0};
    const struct sr_id nobody = id(99999);
    CHECK(sr_catalog_version_by_id(c, &nobody, &one, NULL) == SR_NOT_FOUND);
    CHECK(one.number == 0);
}

static void forgets_what_is_only_staged(void)
{
    SR_AUTO(sr_catalog) c = fresh();
    struct deposit d = deposit_of(100, "a", 0);
    CHECK(reserve(c, &d, NULL) == SR_OK);
    CHECK(seal_all(c, &d) == SR_OK);
    CHECK(sr_catalog_drop_staged(c, &d.version.id, NULL) == SR_OK);
    CHECK(sr_catalog_drop_staged(c, &d.version.id, NULL) == SR_NOT_FOUND);
    bool known = true;
    struct sr_slot slot = {0};
    CHECK(sr_catalog_knows_object(c, &d.files[0].object, &known, NULL) == SR_OK);
    CHECK(!known);
    CHECK(sr_catalog_slot(c, &d.files[0].object, &slot, NULL, NULL) == SR_NOT_FOUND);
    CHECK(slot.group_epoch == 0);
    d.version.number = 0;
    CHECK(reserve(c, &d, NULL) == SR_OK);
    CHECK(d.version.number == 1);
}

static void appends_acts_in_order(void)
{
    SR_AUTO(sr_catalog) c = fresh();
    for (unsigned i = 0; i < 5; i++) {
        static const char *const VERBS[] = {"use", "read", "export", "use", "scrub"};
        struct sr_act_record act = act_of(10 + i, VERBS[i]);
        CHECK(sr_catalog_append_acts(c, &act, 1, NULL) == SR_OK);
        CHECK(act.seq == i + 2);
    }
    CHECK(strcmp(acts_after(c, 0).verbs, "iureus") == 0);
    CHECK(strcmp(acts_after(c, 3).verbs, "eus") == 0);
    CHECK(acts_after(c, 6).count == 0);
    CHECK(acts_after(c, UINT64_MAX).count == 0);
    struct acts_seen cut = {.stop_after = 2};
    const struct sr_acts_query all = {.with_leaves = true};
    CHECK(sr_catalog_acts(c, &all, see_act, &cut, NULL) == SR_CANCELLED);
    CHECK(cut.count == 2);
    struct sr_act_record twice = act_of(10, "use");
    CHECK(sr_catalog_append_acts(c, &twice, 1, NULL) == SR_CONFLICT);
    CHECK(twice.seq == 0);
    CHECK(acts_after(c, 0).count == 6);
}

static void an_act_gets_the_number_it_expects_or_none(void)
{
    SR_AUTO(sr_catalog) c = fresh();
    struct sr_act_record act = act_of(10, "use");
    uint64_t seq = 9;
    int64_t time_utc_ms = 0;
    act.seq = 3;
    CHECK(sr_catalog_append_acts(c, &act, 1, NULL) == SR_BUSY);
    CHECK(acts_after(c, 0).count == 1);
    act.seq = 2;
    CHECK(sr_catalog_append_acts(c, &act, 1, NULL) == SR_OK);
    CHECK(act.seq == 2);
    CHECK(sr_catalog_last_act(c, &seq, &time_utc_ms, NULL) == SR_OK);
    CHECK(seq == 2 && time_utc_ms == 1010);
}

static void appends_several_acts_or_none(void)
{
    SR_AUTO(sr_catalog) c = fresh();
    struct sr_act_record acts[3] = {act_of(10, "use"), act_of(11, "read"), act_of(10, "use")};
    CHECK(sr_catalog_append_acts(c, acts, 3, NULL) == SR_CONFLICT);
    CHECK(acts_after(c, 0).count == 1);
    acts[2] = act_of(12, "export");
    CHECK(sr_catalog_append_acts(c, acts, 3, NULL) == SR_OK);
    CHECK(acts[0].seq == 2 && acts[2].seq == 4);
    CHECK(strcmp(acts_after(c, 0).verbs, "iure") == 0);
}

/* One act with all there can be of it, met again as it was. */
struct met {
    struct sr_act_record act;
    unsigned count;
    bool with_leaves;
};

static enum sr_status meet(void *ctx, const struct sr_act_record *act, struct sr_err *err)
{
    struct met *m = ctx;
    (void)err;
    m->count++;
    CHECK(sr_text_id_equal(&act->id, &m->act.id) && act->is_refused && act->folds);
    CHECK(strcmp(act->reason, "no-rule") == 0 && act->time_utc_ms == m->act.time_utc_ms);
    CHECK(act->has_version && sr_text_id_equal(&act->version, &m->act.version));
    CHECK(act->has_request && memcmp(act->request, m->act.request, sizeof act->request) == 0);
    if (m->with_leaves) {
        CHECK(memcmp(act->salt, m->act.salt, sizeof act->salt) == 0);
        CHECK(sr_text_equal(act->entry, m->act.entry) && sr_text_equal(act->body, m->act.body));
    } else {
        CHECK(act->entry.len == 0 && act->body.len == 0);
    }
    return SR_OK;
}

static enum sr_status count_act(void *ctx, const struct sr_act_record *act, struct sr_err *err)
{
    (void)act;
    (void)err;
    ((struct acts_seen *)ctx)->count++;
    return SR_OK;
}

static unsigned meets(struct sr_catalog *c, const struct sr_act_record *act,
                      const struct sr_acts_query *query)
{
    struct met m = {.act = *act, .with_leaves = query->with_leaves};
    CHECK(sr_catalog_acts(c, query, meet, &m, NULL) == SR_OK);
    return m.count;
}

static void finds_acts_by_what_they_are_about(void)
{
    SR_AUTO(sr_catalog) c = fresh();
    struct sr_act_record acts[3] = {act_of(10, "use"), act_of(11, "approve"), act_of(12, "use")};
    struct sr_act_record *act = &acts[1];
    const struct sr_id other = id(99);
    (void)snprintf(act->actor, sizeof act->actor, "ada");
    (void)snprintf(act->reason, sizeof act->reason, "no-rule");
    act->is_refused = act->folds = act->has_version = act->has_request = true;
    act->version = id(77);
    memset(act->request, 5, sizeof act->request);
    memset(act->salt, 6, sizeof act->salt);
    act->entry = sr_text_view("{\"seq\":3}");
    acts[2].has_version = true;
    acts[2].version = other;
    CHECK(sr_catalog_append_acts(c, acts, 3, NULL) == SR_OK);
    for (unsigned leaves = 0; leaves < 2; leaves++) {
        const struct sr_acts_query queries[] = {
            {.which = SR_ACTS_THAT_FOLD},
            {.which = SR_ACTS_BY_ACTOR, .actor = "ada"},
            {.which = SR_ACTS_BY_VERSION, .id = &act->version},
            {.which = SR_ACTS_BY_REQUEST, .request = act->request},
            {.which = SR_ACTS_BY_ID, .id = &act->id},
        };
        for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
            struct sr_acts_query query = queries[i];
            query.with_leaves = leaves == 1;
            CHECK(meets(c, act, &query) == 1);
            query.after_seq = act->seq;
            CHECK(meets(c, act, &query) == 0);
        }
    }
    CHECK(meets(c, act, &(struct sr_acts_query){.which = SR_ACTS_BY_ID, .id = &other}) == 0);
    /* Of what the state follows from, reviews and uses do not govern; a policy does. */
    CHECK(meets(c, act, &(struct sr_acts_query){.which = SR_ACTS_THAT_GOVERN}) == 0);
    struct sr_act_record policy = act_of(19, "policy");
    policy.folds = true;
    CHECK(sr_catalog_append_acts(c, &policy, 1, NULL) == SR_OK);
    struct acts_seen governing = {0};
    const struct sr_acts_query that_govern = {.which = SR_ACTS_THAT_GOVERN};
    CHECK(sr_catalog_acts(c, &that_govern, count_act, &governing, NULL) == SR_OK);
    CHECK(governing.count == 1);
    struct sr_acts_query nonce = {.which = SR_ACTS_BY_NONCE};
    acts[0] = act_of(20, "read");
    memset(acts[0].nonce, 9, sizeof acts[0].nonce);
    CHECK(sr_catalog_append_acts(c, acts, 1, NULL) == SR_OK);
    nonce.nonce = acts[0].nonce;
    struct acts_seen seen = {0};
    CHECK(sr_catalog_acts(c, &nonce, count_act, &seen, NULL) == SR_OK && seen.count == 1);
    acts[0] = act_of(21, "read"); /* what was refused used up no nonce */
    memset(acts[0].nonce, 8, sizeof acts[0].nonce);
    acts[0].is_refused = true;
    CHECK(sr_catalog_append_acts(c, acts, 1, NULL) == SR_OK);
    CHECK(sr_catalog_acts(c, &nonce, count_act, &seen, NULL) == SR_OK && seen.count == 1);
}

static void keeps_texts_by_digest(void)
{
    SR_AUTO(sr_catalog) c = fresh();
    SR_AUTO(sr_buf) out = NULL;
    SR_AUTO(sr_buf) small = NULL;
    static uint8_t digest[SR_SHA256_BYTES] = {1};
    static uint8_t unknown[SR_SHA256_BYTES] = {2};
    CHECK(sr_buf_new(64, &out) == SR_OK && sr_buf_new(2, &small) == SR_OK);
    CHECK(sr_catalog_put_text(c, digest, sr_text_view("policy"), NULL) == SR_OK);
    CHECK(sr_catalog_put_text(c, digest, sr_text_view("other"), NULL) == SR_OK);
    CHECK(sr_catalog_text(c, digest, out, NULL) == SR_OK);
    CHECK(sr_text_equal(sr_buf_view(out), sr_text_view("policy"))); /* the first one stays */
    CHECK(sr_catalog_text(c, unknown, out, NULL) == SR_NOT_FOUND);
    CHECK(sr_catalog_text(c, digest, small, NULL) == SR_TOO_LARGE);
}

/* Rotation. */

struct rewrapping {
    unsigned calls;
    unsigned fail_at; /* 0: never */
};

static enum sr_status rewrap(void *ctx, struct sr_slot *slot, struct sr_err *err)
{
    struct rewrapping *r = ctx;
    r->calls++;
    if (r->calls == r->fail_at) {
        return sr_fail(err, SR_CORRUPT, "that slot is bad");
    }
    slot->group_epoch++;
    slot->id.bytes[SR_ID_BYTES - 1] ^= 0x80; /* a new wrap has a new id */
    memset(slot->wrapped, (int)slot->wrapped[0] + 100, sizeof slot->wrapped);
    return SR_OK;
}

static enum sr_status rotate_to(struct sr_catalog *c, uint64_t epoch, struct rewrapping *r,
                                unsigned act_id)
{
    const struct sr_group group = group_at(epoch);
    struct sr_act_record act = act_of(act_id, "rotate");
    return sr_catalog_rotate(c, &group, 1, rewrap, r, &act, NULL);
}

static bool slot_is(struct sr_catalog *c, const struct deposit *d, unsigned i, uint64_t epoch,
                    unsigned wrapped)
{
    struct sr_slot slot = {0};
    struct sr_group group = {0};
    CHECK(sr_catalog_slot(c, &d->files[i].object, &slot, &group, NULL) == SR_OK);
    CHECK(memcmp(slot.commitment, d->slots[i].commitment, sizeof slot.commitment) == 0);
    unsigned changed = slot.id.bytes[SR_ID_BYTES - 1] ^ d->slots[i].id.bytes[SR_ID_BYTES - 1];
    CHECK(changed == (epoch % 2 == 0 ? 0x80U : 0U));
    return slot.group_epoch == epoch && group.epoch == epoch && slot.wrapped[0] == wrapped &&
           slot.wrapped[59] == wrapped && group.wrapped.bytes[0] == 'a' + epoch;
}

static void rotates_every_group_and_slot(void)
{
    SR_AUTO(sr_catalog) c = fresh();
    struct deposit a = deposit_of(100, "a", 0);
    struct deposit b = deposit_of(200, "b", 0);
    struct rewrapping r = {0};
    put(c, &a);
    CHECK(reserve(c, &b, NULL) == SR_OK); /* what is staged is rotated too */
    CHECK(rotate_to(c, 2, &r, 30) == SR_OK);
    CHECK(r.calls == 2 * FILES);
    for (unsigned i = 0; i < FILES; i++) {
        CHECK(slot_is(c, &a, i, 2, 1 + i + 100));
        CHECK(slot_is(c, &b, i, 2, 2 + i + 100));
    }
    CHECK(strcmp(acts_after(c, 0).verbs, "idr") == 0);
}

static void rotates_all_or_nothing(void)
{
    SR_AUTO(sr_catalog) c = fresh();
    struct deposit a = deposit_of(100, "a", 0);
    put(c, &a);
    struct rewrapping fails = {.fail_at = 3};
    struct rewrapping r = {0};
    CHECK(rotate_to(c, 2, &fails, 30) == SR_CORRUPT);
    CHECK(rotate_to(c, 1, &r, 30) == SR_CONFLICT); /* not the epoch that comes next */
    CHECK(rotate_to(c, 3, &r, 30) == SR_CONFLICT);
    struct sr_act_record act = act_of(30, "rotate");
    CHECK(sr_catalog_rotate(c, NULL, 0, rewrap, &r, &act, NULL) == SR_CONFLICT);
    CHECK(rotate_to(c, 2, &r, 1) == SR_CONFLICT); /* that act is there already */
    for (unsigned i = 0; i < FILES; i++) {
        CHECK(slot_is(c, &a, i, 1, 1 + i));
    }
    CHECK(acts_after(c, 0).count == 2);
}

static void refuses_slots_of_rotated_keys(void)
{
    SR_AUTO(sr_catalog) c = fresh();
    struct deposit a = deposit_of(100, "a", 0);
    struct rewrapping r = {0};
    CHECK(rotate_to(c, 2, &r, 30) == SR_OK);
    CHECK(reserve(c, &a, NULL) == SR_BUSY);
    CHECK(count_versions(c, NULL) == 0);
    for (unsigned i = 0; i < FILES; i++) {
        a.slots[i].group_epoch = 2;
    }
    CHECK(reserve(c, &a, NULL) == SR_OK);
}

static void holds_values_up_to_their_limits(void)
{
    SR_AUTO(sr_catalog) c = fresh();
    struct deposit d = deposit_of(100, "", INT64_MAX);
    memset(d.version.name, 'n', SR_LIMIT_NAME_BYTES);
    memset(d.version.source, 's', sizeof d.version.source - 1);
    memset(d.version.kind, 'k', sizeof d.version.kind - 1);
    memset(d.files[0].path, 'p', SR_LIMIT_PATH_BYTES);
    d.version.created_utc_ms = INT64_MIN;
    CHECK(reserve(c, &d, NULL) == SR_OK);
    struct sr_catalog_version v = {0};
    CHECK(sr_catalog_version_by_id(c, &d.version.id, &v, NULL) == SR_OK);
    CHECK(memcmp(&v, &d.version, sizeof v) == 0);
    const struct sr_body_facts facts = {.plain_bytes = SR_LIMIT_FILE_BYTES,
                                        .tensor_count = SR_LIMIT_TENSORS,
                                        .body_bytes = 2 * SR_LIMIT_FILE_BYTES};
    CHECK(sr_catalog_file_sealed(c, &d.version.id, 0, &facts, NULL) == SR_OK);
    struct sr_catalog_file *files = NULL;
    size_t count = 0;
    CHECK(sr_catalog_files(c, &d.version.id, &files, &count, NULL) == SR_OK);
    CHECK(count == FILES && memcmp(&files[0].facts, &facts, sizeof facts) == 0);
    CHECK(count == FILES && strlen(files[0].path) == SR_LIMIT_PATH_BYTES);
    free(files);
    static const uint8_t BODY[SR_CATALOG_ACT_BODY_BYTES_MAX];
    struct sr_act_record act = act_of(5, "use");
    act.body = sr_bytes(BODY, sizeof BODY);
    CHECK(sr_catalog_append_acts(c, &act, 1, NULL) == SR_OK);
    struct sr_act_record empty = act_of(6, "use");
    empty.body = sr_bytes(NULL, 0);
    CHECK(sr_catalog_append_acts(c, &empty, 1, NULL) == SR_OK);
}

static void holds_texts_and_documents_up_to_their_limits(void)
{
    SR_AUTO(sr_catalog) c = fresh();
    SR_AUTO(sr_buf) out = NULL;
    struct deposit d = deposit_of(100, "big", 0);
    static const uint8_t digest[SR_SHA256_BYTES] = {7};
    uint8_t *bytes = malloc(SR_CATALOG_DOCUMENT_BYTES_MAX);
    assert(bytes != NULL);
    memset(bytes, 'x', SR_CATALOG_DOCUMENT_BYTES_MAX);
    const struct sr_bytes document = sr_bytes(bytes, SR_CATALOG_DOCUMENT_BYTES_MAX);
    const struct sr_bytes text = sr_bytes(bytes, SR_CATALOG_TEXT_BYTES_MAX);
    CHECK(reserve(c, &d, NULL) == SR_OK);
    CHECK(sr_catalog_put_document(c, &d.version.id, "big.json", document, NULL) == SR_OK);
    CHECK(sr_catalog_put_text(c, digest, text, NULL) == SR_OK);
    CHECK(sr_buf_new(SR_CATALOG_DOCUMENT_BYTES_MAX, &out) == SR_OK);
    CHECK(sr_catalog_document(c, &d.version.id, "big.json", out, NULL) == SR_OK);
    CHECK(sr_text_equal(sr_buf_view(out), document));
    sr_buf_clear(out);
    CHECK(sr_catalog_text(c, digest, out, NULL) == SR_OK);
    CHECK(sr_text_equal(sr_buf_view(out), text));
    free(bytes);
}

static void survives_every_failing_allocation(void)
{
    char uri[URI_BYTES];
    fresh_catalog(uri);
    {
        SR_AUTO(sr_catalog) c = open_catalog(uri);
        struct deposit d = deposit_of(100, "a", 0);
        put(c, &d);
    }
    FAULT_SWEEP {
        SR_AUTO(sr_catalog) c = NULL;
        struct sr_catalog_version *versions = NULL;
        struct sr_catalog_file *files = NULL;
        struct sr_group *groups = NULL;
        size_t count = 0;
        struct sr_err err = {0};
        const struct sr_id version = id(100);
        enum sr_status status = sr_catalog_open(uri, &c, &err);
        if (status == SR_OK) {
            status = sr_catalog_versions(c, NULL, &versions, &count, &err);
        }
        if (status == SR_OK) {
            status = sr_catalog_files(c, &version, &files, &count, &err);
        }
        if (status == SR_OK) {
            status = sr_catalog_groups(c, &groups, &count, &err);
        }
        CHECK((status == SR_OK) == !fault_fired());
        CHECK((groups != NULL) == (status == SR_OK));
        CHECK(status == SR_OK || status == SR_NO_MEMORY);
        free(versions);
        free(files);
        free(groups);
    }
    CHECK(fault_sweep_faults() >= 8);
}

/* Between processes. */

#define RACERS 4
#define RACES 10

/* Reserve name@number; exit with the number on success, 0 if it is taken, 255 on anything else. */
static void race(const char *uri, unsigned base, uint64_t number)
{
    struct sr_catalog *c = NULL;
    struct deposit d = deposit_of(base, "raced", number);
    enum sr_status status = sr_catalog_open(uri, &c, NULL);
    if (status == SR_OK) {
        status = reserve(c, &d, NULL);
    }
    sr_catalog_free(c);
    _exit(status == SR_OK ? (int)d.version.number : status == SR_CONFLICT ? 0 : 255);
}

/* Let RACERS processes reserve at once; count[n] is how many exited with n. */
static void run_race(const char *uri, unsigned base, uint64_t number, unsigned count[256])
{
    pid_t racers[RACERS];
    for (unsigned r = 0; r < RACERS; r++) {
        racers[r] = fork();
        if (racers[r] == 0) {
            race(uri, base + 100 * r, number);
        }
    }
    for (unsigned r = 0; r < RACERS; r++) {
        int status = 0;
        CHECK(waitpid(racers[r], &status, 0) == racers[r]);
        CHECK(WIFEXITED(status));
        count[WEXITSTATUS(status)]++;
    }
}

static void a_race_for_one_number_has_one_winner(void)
{
    char uri[URI_BYTES];
    fresh_catalog(uri);
    for (unsigned i = 1; i <= RACES; i++) {
        unsigned count[256] = {0};
        run_race(uri, i * 1000, i, count);
        CHECK(count[i] == 1);
        CHECK(count[0] == RACERS - 1);
    }
    SR_AUTO(sr_catalog) c = open_catalog(uri);
    CHECK(count_versions(c, "raced") == RACES);
}

static void a_race_for_the_next_number_gives_each_its_own(void)
{
    char uri[URI_BYTES];
    fresh_catalog(uri);
    unsigned count[256] = {0};
    for (unsigned i = 0; i < RACES; i++) {
        run_race(uri, (i + 1) * 1000, 0, count);
    }
    for (unsigned n = 1; n <= RACES * RACERS; n++) {
        CHECK(count[n] == 1);
    }
}

/* Append acts for ever, and say so after each on fd. */
static void write_acts(const char *uri, int fd, unsigned first)
{
    struct sr_catalog *c = NULL;
    if (sr_catalog_open(uri, &c, NULL) != SR_OK) {
        _exit(1);
    }
    for (unsigned i = first;; i++) {
        struct sr_act_record act = act_of(i, "use");
        if (sr_catalog_append_acts(c, &act, 1, NULL) != SR_OK || write(fd, "+", 1) != 1) {
            _exit(1);
        }
    }
}

/* Run a writer until it has acknowledged at least `acks` acts, then kill it; how many it did. */
static unsigned killed_writer(const char *uri, unsigned first, unsigned acks,
                              void (*meanwhile)(struct sr_catalog *c, unsigned acknowledged),
                              struct sr_catalog *c)
{
    int pipe_fd[2];
    char byte = 0;
    unsigned seen = 0;
    CHECK(pipe(pipe_fd) == 0);
    pid_t child = fork();
    if (child == 0) {
        (void)close(pipe_fd[0]);
        write_acts(uri, pipe_fd[1], first);
    }
    (void)close(pipe_fd[1]);
    while (seen < acks && read(pipe_fd[0], &byte, 1) == 1) {
        seen++;
        if (meanwhile != NULL) {
            meanwhile(c, seen);
        }
    }
    CHECK(kill(child, SIGKILL) == 0);
    CHECK(waitpid(child, NULL, 0) == child);
    while (read(pipe_fd[0], &byte, 1) == 1) {
        seen++;
    }
    (void)close(pipe_fd[0]);
    CHECK(seen >= acks);
    return seen;
}

static void sees_what_was_acknowledged(struct sr_catalog *c, unsigned acknowledged)
{
    const struct acts_seen seen = acts_after(c, 0);
    CHECK(seen.count >= 1 + acknowledged);
    CHECK(seen.last_seq == seen.count);
}

static void reads_while_another_writes(void)
{
    char uri[URI_BYTES];
    fresh_catalog(uri);
    SR_AUTO(sr_catalog) c = open_catalog(uri);
    CHECK(killed_writer(uri, 1000, 40, sees_what_was_acknowledged, c) >= 40);
}

static void keeps_what_was_acknowledged_when_killed(void)
{
    char uri[URI_BYTES];
    fresh_catalog(uri);
    unsigned acknowledged = 1; /* init */
    for (unsigned i = 1; i <= 8; i++) {
        acknowledged += killed_writer(uri, i * 1000, i, NULL, NULL);
        SR_AUTO(sr_catalog) c = open_catalog(uri);
        const struct acts_seen seen = acts_after(c, 0);
        /* One more may be there than was acknowledged, for each kill. */
        CHECK(seen.count >= acknowledged && seen.count <= acknowledged + 1);
        CHECK(seen.last_seq == seen.count);
        acknowledged = seen.count;
    }
}

static void unknown_scheme_is_named_in_the_message(void)
{
    struct sr_catalog *c = NULL;
    struct sr_err err = {0};
    CHECK(sr_catalog_open("floppy:a", &c, &err) == SR_UNSUPPORTED);
    CHECK(strstr(err.message, "floppy") != NULL);
    CHECK(sr_catalog_open("floppy", &c, NULL) == SR_USAGE);
    CHECK(c == NULL);
}

static void run_suite(void)
{
    RUN(is_made_once_with_its_first_act);
    RUN(reserves_all_that_a_resume_needs);
    RUN(numbers_versions_of_each_name);
    RUN(refuses_a_number_that_is_taken);
    RUN(reserves_all_or_nothing);
    RUN(records_each_sealed_file_once);
    RUN(a_deposit_takes_effect_with_its_act);
    RUN(documents_change_until_the_act);
    RUN(a_version_has_so_many_documents);
    RUN(parents_are_in_custody);
    RUN(finds_versions_by_digest);
    RUN(forgets_what_is_only_staged);
    RUN(appends_acts_in_order);
    RUN(an_act_gets_the_number_it_expects_or_none);
    RUN(appends_several_acts_or_none);
    RUN(finds_acts_by_what_they_are_about);
    RUN(keeps_texts_by_digest);
    RUN(rotates_every_group_and_slot);
    RUN(rotates_all_or_nothing);
    RUN(refuses_slots_of_rotated_keys);
    RUN(holds_values_up_to_their_limits);
    RUN(holds_texts_and_documents_up_to_their_limits);
    RUN(survives_every_failing_allocation);
    RUN(a_race_for_one_number_has_one_winner);
    RUN(a_race_for_the_next_number_gives_each_its_own);
    RUN(reads_while_another_writes);
    RUN(keeps_what_was_acknowledged_when_killed);
}

int main(void)
{
    if (!scratch_make(scratch_dir)) {
        return 1;
    }
    for (size_t i = 0; sr_drivers_catalog[i] != NULL; i++) {
        fixture = NULL;
        for (size_t j = 0; j < sizeof FIXTURES / sizeof FIXTURES[0]; j++) {
            if (strcmp(FIXTURES[j].scheme, sr_drivers_catalog[i]->scheme) == 0) {
                fixture = &FIXTURES[j];
            }
        }
        assert(fixture != NULL); /* a driver without a fixture is untested: add one above */
        printf("# driver %s\n", fixture->scheme);
        run_suite();
    }
    RUN(unknown_scheme_is_named_in_the_message);
    scratch_remove(scratch_dir);
    return check_done();
}
