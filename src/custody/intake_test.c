/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold: what is taken in is byte for byte what was offered, or nothing of it stays; it is
 * not in custody, and recovery neither brings it in nor takes it away, once it is whole; before
 * that, the same call goes on and any other removes it.
 */
#include "custody/intake.h"

#include "artifact/inspection.h"
#include "custody/deposit_inspect.h"
#include "custody/hold.h"
#include "custody/pedigree.h"
#include "custody/recover_impl.h"
#include "custody/room_impl.h"
#include "tests/check.h"
#include "tests/room.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/dev/shm/sr-intake-XXXXXX";

static const uint8_t OFFER[SR_SHA256_BYTES] = {0xaa, 1};
static uint8_t slot[SR_BUNDLE_SLOT_BYTES];

/* A version of the giver's, with what a bundle of it is made of. */
struct given {
    struct sr_room *room;
    struct sr_catalog_version version;
    struct sr_catalog_file *files;
    size_t count;
    struct sr_secret *dek;
    struct sr_bundle bundle;
    struct sr_buf *lineage;
    struct sr_bytes documents[1];
};

static struct given given;

static void make_bundle(struct given *g)
{
    g->bundle = (struct sr_bundle){
        .version = g->version.id,
        .chain = sr_text_view("{}"),
        .slot = sr_bytes(slot, sizeof slot),
        .document = {{.name = sr_text_view(SR_PEDIGREE_DOCUMENT)}},
        .document_count = 1,
        .files = calloc(g->count, sizeof *g->bundle.files),
        .file_count = g->count,
    };
    for (size_t i = 0; i < g->count; i++) {
        const struct sr_body_facts *facts = &g->files[i].facts;
        struct sr_bundle_entry *entry = &g->bundle.files[i];
        *entry = (struct sr_bundle_entry){.path = sr_text_view(g->files[i].path),
                                          .object = g->files[i].object,
                                          .kind = facts->kind,
                                          .plain_bytes = facts->plain_bytes,
                                          .tensor_count = facts->tensor_count,
                                          .body_bytes = facts->body_bytes};
        memcpy(entry->sha256, facts->sha256, sizeof entry->sha256);
        memcpy(entry->root, facts->root, sizeof entry->root);
        memcpy(entry->body_root, facts->body_root, sizeof entry->body_root);
    }
    g->documents[0] = sr_buf_view(g->lineage);
    g->bundle.document[0].bytes = (uint32_t)g->documents[0].len;
    CHECK(sr_sha256_once(g->documents[0], g->bundle.document[0].sha256) == SR_OK);
}

static void setup(struct given *g)
{
    struct sr_deposit_result result = {0};
    room_make_model(scratch_dir, "model", 1);
    g->room = room_new(scratch_dir, "giver");
    CHECK(room_deposit(g->room, room_path(scratch_dir, "model"), "llama", 0, &result, NULL) ==
          SR_OK);
    g->version = result.version;
    CHECK(sr_catalog_files(g->room->catalog, &g->version.id, &g->files, &g->count, NULL) == SR_OK);
    struct sr_body_name body = {.object = g->files[0].object, .version = g->version.id};
    CHECK(sr_room_dek(g->room, &body, &g->dek, NULL) == SR_OK);
    CHECK(sr_buf_new(SR_LINEAGE_BYTES_MAX, &g->lineage) == SR_OK);
    CHECK(sr_catalog_document(g->room->catalog, &g->version.id, SR_PEDIGREE_DOCUMENT, g->lineage,
                              NULL) == SR_OK);
    make_bundle(g);
    CHECK(sr_bundle_file_write(room_path(scratch_dir, "bundle"), &g->bundle, g->documents,
                               g->room->blobs, &(struct sr_progress){0}, NULL) == SR_OK);
    CHECK(sr_bundle_file_write(room_path(scratch_dir, "head"), &g->bundle, g->documents, NULL,
                               &(struct sr_progress){0}, NULL) == SR_OK);
}

static void teardown(struct given *g)
{
    sr_bundle_clear(&g->bundle);
    sr_buf_free(g->lineage);
    sr_secret_free(g->dek);
    free(g->files);
    sr_room_free(g->room);
}

/* How the tests differ from one another. */
struct how {
    const char *bundle;
    const struct sr_secret *dek;
    const uint8_t *digest;
    struct sr_blobs *bodies;
    const struct sr_worker_look *look;
    bool (*cancelled)(void *ctx);
};

static enum sr_status take(struct sr_room *r, const struct how *how, struct sr_intake_result *out,
                           struct sr_err *err)
{
    SR_AUTO(sr_bundle_file) file = NULL;
    SR_AUTO(sr_report) report = NULL;
    SR_AUTO(sr_inspector) inspector = NULL;
    const char *path = room_path(scratch_dir, how->bundle == NULL ? "bundle" : how->bundle);
    struct sr_inspector_params looked = {.look = how->look == NULL ? &ROOM_PASSES : how->look};
    SR_TRY(sr_bundle_file_open(path, &file, err));
    SR_TRY(sr_report_new(SR_PROFILE_TENSORS, &report));
    SR_TRY(sr_inspector_start(&looked, &inspector, err));
    struct sr_intake_params params = {
        .file = file,
        .bodies = how->bodies,
        .dek = how->dek == NULL ? given.dek : how->dek,
        .digest = how->digest == NULL ? given.version.digest : how->digest,
        .offer = OFFER,
        .name = "llama",
        .kind = "base",
        .tier = 3,
        .inspector = inspector,
        .report = report,
        .progress = {.cancelled = how->cancelled},
    };
    return sr_intake(r, &params, out, err);
}

static size_t count_bodies(struct sr_room *r, size_t *out_versions)
{
    SR_CLEANUP(room_free_versions) struct sr_catalog_version *versions = NULL;
    size_t bodies = 0;
    CHECK(sr_catalog_versions(r->catalog, NULL, &versions, out_versions, NULL) == SR_OK);
    for (size_t i = 0; i < given.count; i++) {
        bodies += access(room_body_path(r, &given.files[i]), F_OK) == 0;
    }
    return bodies;
}

static bool is_empty(struct sr_room *r)
{
    size_t versions = 0;
    size_t bodies = count_bodies(r, &versions);
    SR_CLEANUP(room_free_ids) struct sr_id *held = NULL;
    size_t holds = 0;
    CHECK(sr_hold_list(r->deposits_fd, &held, &holds, NULL) == SR_OK);
    return bodies == 0 && versions == 0 && holds == 0;
}

static bool has_document(struct sr_room *r, const char *name, const char *word)
{
    SR_AUTO(sr_buf) text = NULL;
    CHECK(sr_buf_new(SR_CATALOG_DOCUMENT_BYTES_MAX, &text) == SR_OK);
    if (sr_catalog_document(r->catalog, &given.version.id, name, text, NULL) != SR_OK) {
        return false;
    }
    struct sr_bytes view = sr_buf_view(text);
    return memmem(view.ptr, view.len, word, strlen(word)) != NULL;
}

static void waits_when_it_is_whole(void)
{
    SR_AUTO(sr_room) r = room_new(scratch_dir, "waits");
    struct sr_intake_result result = {0};
    struct sr_recover_result recovered = {0};
    struct sr_catalog_version version;
    struct sr_err err = {0};
    size_t versions = 0;
    CHECK(take(r, &(struct how){0}, &result, &err) == SR_OK);
    CHECK(sr_text_id_equal(&result.version.id, &given.version.id) && result.version.number == 1);
    CHECK(sr_recover(r, &recovered, NULL) == SR_OK);
    CHECK(recovered.finished == 0 && recovered.removed == 0 && recovered.orphans == 0);
    CHECK(count_bodies(r, &versions) == given.count && versions == 1);
    CHECK(sr_catalog_version_by_id(r->catalog, &given.version.id, &version, NULL) == SR_OK);
    CHECK(version.state == SR_VERSION_STAGED);
    CHECK(room_resolve(r, "llama", &version, NULL) == SR_NOT_FOUND);
    CHECK(has_document(r, SR_INTAKE_RESULTS, "\"verdict\":\"PASS\""));
    CHECK(has_document(r, SR_INTAKE_CHAIN, "{}"));
    CHECK(has_document(r, "offered-lineage.json", "\"tier\":1"));
    CHECK(has_document(r, SR_PEDIGREE_DOCUMENT, "\"tier\":3"));
    CHECK(has_document(r, SR_DEPOSIT_REPORT, "model.safetensors"));
    CHECK(take(r, &(struct how){0}, &result, &err) == SR_CONFLICT);
    CHECK(strstr(err.message, "waiting") != NULL);
    /* The slots are of this room: what is stored here opens by what is stored here. */
    SR_AUTO(sr_secret) dek = NULL;
    struct sr_body_name body = {
        .object = given.files[1].object, .version = given.version.id, .file_index = 1};
    CHECK(sr_room_dek(r, &body, &dek, NULL) == SR_OK && sr_secret_equal(dek, given.dek));
}

static void bodies_may_come_another_way(void)
{
    SR_AUTO(sr_room) r = room_new(scratch_dir, "apart");
    struct sr_intake_result result = {0};
    size_t versions = 0;
    struct sr_err err = {0};
    CHECK(take(r, &(struct how){.bundle = "head"}, &result, &err) == SR_NOT_FOUND);
    CHECK(strstr(err.message, "say where") != NULL && is_empty(r));
    CHECK(take(r, &(struct how){.bundle = "head", .bodies = given.room->blobs}, &result, NULL) ==
          SR_OK);
    CHECK(count_bodies(r, &versions) == given.count && versions == 1);
}

static void nothing_stays_of_what_is_not_as_offered(void)
{
    SR_AUTO(sr_room) r = room_new(scratch_dir, "wrong");
    SR_AUTO(sr_secret) other = NULL;
    struct sr_intake_result result = {0};
    uint8_t digest[SR_SHA256_BYTES];
    memcpy(digest, given.version.digest, sizeof digest);
    digest[0] ^= 1;
    CHECK(sr_dek_make(&other, NULL) == SR_OK);
    CHECK(take(r, &(struct how){.digest = digest}, &result, NULL) == SR_CORRUPT && is_empty(r));
    CHECK(take(r, &(struct how){.dek = other}, &result, NULL) == SR_CORRUPT && is_empty(r));
}

/* One bit anywhere in the bodies. */
static void an_altered_body_is_refused(void)
{
    SR_AUTO(sr_room) r = room_new(scratch_dir, "altered");
    struct sr_intake_result result = {0};
    size_t len = 0;
    uint8_t *whole = room_read(scratch_dir, "bundle", &len);
    size_t bodies = 0;
    for (size_t i = 0; i < given.count; i++) {
        bodies += (size_t)given.files[i].facts.body_bytes;
    }
    for (size_t i = 0; i < 40; i++) {
        size_t at = len - bodies + i * (bodies / 40) + i;
        whole[at] ^= 1;
        room_write(scratch_dir, "altered-bundle", whole, len);
        CHECK(take(r, &(struct how){.bundle = "altered-bundle"}, &result, NULL) == SR_CORRUPT);
        CHECK(is_empty(r));
        whole[at] ^= 1;
    }
    free(whole);
}

/* The root over stored bytes is in no trailer: a bundle that lies about it would make scrub cry. */
static void a_false_body_root_is_refused(void)
{
    SR_AUTO(sr_room) r = room_new(scratch_dir, "root");
    struct sr_intake_result result = {0};
    given.bundle.files[1].body_root[3] ^= 1;
    CHECK(sr_bundle_file_write(room_path(scratch_dir, "false-root"), &given.bundle, given.documents,
                               given.room->blobs, &(struct sr_progress){0}, NULL) == SR_OK);
    given.bundle.files[1].body_root[3] ^= 1;
    CHECK(take(r, &(struct how){.bundle = "false-root"}, &result, NULL) == SR_CORRUPT);
    CHECK(is_empty(r));
}

static void block(struct sr_inspection *in, struct sr_bytes path, struct sr_bytes bytes,
                  struct sr_inspected *out)
{
    room_pass(in, path, bytes, out);
    out->verdict = SR_VERDICT_BLOCK;
}

static void what_inspection_refuses_does_not_stay(void)
{
    static const struct sr_worker_look BLOCKS = {.file = block};
    SR_AUTO(sr_room) r = room_new(scratch_dir, "blocked");
    struct sr_intake_result result = {0};
    CHECK(take(r, &(struct how){.look = &BLOCKS}, &result, NULL) == SR_REFUSED);
    CHECK(is_empty(r));
}

static unsigned steps;
static bool stop_soon(void *ctx)
{
    (void)ctx;
    return ++steps > 4;
}

static void goes_on_after_an_interruption(void)
{
    SR_AUTO(sr_room) r = room_new(scratch_dir, "stopped");
    struct sr_intake_result result = {0};
    struct sr_recover_result recovered = {0};
    size_t versions = 0;
    steps = 0;
    CHECK(take(r, &(struct how){.cancelled = stop_soon}, &result, NULL) == SR_CANCELLED);
    CHECK(count_bodies(r, &versions) > 0 && versions == 1);
    CHECK(take(r, &(struct how){0}, &result, NULL) == SR_OK && result.is_resumed);
    CHECK(count_bodies(r, &versions) == given.count && versions == 1);
    SR_AUTO(sr_room) other = room_new(scratch_dir, "stopped-2");
    steps = 0;
    CHECK(take(other, &(struct how){.cancelled = stop_soon}, &result, NULL) == SR_CANCELLED);
    CHECK(sr_recover(other, &recovered, NULL) == SR_OK && recovered.removed == 1);
    CHECK(is_empty(other));
}

static void not_what_is_here_already(void)
{
    struct sr_intake_result result = {0};
    struct sr_err err = {0};
    CHECK(take(given.room, &(struct how){0}, &result, &err) == SR_CONFLICT);
    CHECK(strstr(err.message, "llama@1") != NULL);
}

int main(void)
{
    if (!room_scratch(scratch_dir)) {
        return 1;
    }
    setup(&given);
    RUN(waits_when_it_is_whole);
    RUN(bodies_may_come_another_way);
    RUN(nothing_stays_of_what_is_not_as_offered);
    RUN(an_altered_body_is_refused);
    RUN(a_false_body_root_is_refused);
    RUN(what_inspection_refuses_does_not_stay);
    RUN(goes_on_after_an_interruption);
    RUN(not_what_is_here_already);
    teardown(&given);
    scratch_remove(scratch_dir);
    return check_done();
}
