/* SPDX-License-Identifier: Apache-2.0 */
/* A question has one answer, or says that it has several; a locked room answers all but those that
 * need a key. */
#include "custody/query.h"

#include "tests/check.h"
#include "tests/room.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/dev/shm/sr-query-XXXXXX";
static struct sr_room *r; /* locked, but for deposits */

static void put(const char *path, const char *name, const char *parent)
{
    struct sr_err err = {0};
    struct sr_deposit_result result = {0};
    SR_AUTO(sr_room) unlocked = room_open(scratch_dir, "room");
    struct sr_deposit_params params = {.path = room_path(scratch_dir, path),
                                       .name = name,
                                       .parents = &parent,
                                       .parent_count = parent != NULL};
    enum sr_status status = room_deposit_with(unlocked, &params, &result, &err);
    CHECK(status == SR_OK);
    if (status != SR_OK) {
        printf("# %s\n", err.message);
    }
}

static bool resolves(const char *ref, const char *name, uint64_t number)
{
    struct sr_err err = {0};
    struct sr_catalog_version v = {0};
    return room_resolve(r, ref, &v, &err) == SR_OK && strcmp(v.name, name) == 0 &&
           v.number == number;
}

static void digest_of(const char *ref, char out[65])
{
    struct sr_catalog_version v = {0};
    CHECK(room_resolve(r, ref, &v, NULL) == SR_OK);
    sr_text_hex(sr_bytes(v.digest, sizeof v.digest), out);
}

static void finds_by_name(void)
{
    struct sr_err err = {0};
    struct sr_catalog_version v = {0};
    CHECK(resolves("llama", "llama", 2));
    CHECK(resolves("llama@1", "llama", 1));
    CHECK(resolves("mistral", "mistral", 1));
    CHECK(room_resolve(r, "llama@3", &v, &err) == SR_NOT_FOUND);
    CHECK(strstr(err.message, "'llama@3'") != NULL);
    CHECK(room_resolve(r, "llam", &v, &err) == SR_NOT_FOUND);
    CHECK(room_resolve(r, "Llama", &v, &err) == SR_MALFORMED);
    CHECK(room_resolve(r, "", &v, &err) == SR_MALFORMED);
    CHECK(v.number == 0);
}

static void finds_by_digest(void)
{
    struct sr_err err = {0};
    struct sr_catalog_version v = {0};
    char digest[65];
    char text[80];
    digest_of("mistral", digest);
    (void)snprintf(text, sizeof text, "sha256:%s", digest);
    CHECK(resolves(text, "mistral", 1));
    CHECK(resolves(digest, "mistral", 1));
    digest[12] = '\0';
    (void)snprintf(text, sizeof text, "sha256:%s", digest);
    CHECK(resolves(text, "mistral", 1));
    CHECK(resolves(digest, "mistral", 1));
    digest[0] = digest[0] == '0' ? '1' : '0';
    CHECK(room_resolve(r, digest, &v, &err) == SR_NOT_FOUND);
}

static void names_the_candidates(void)
{
    struct sr_err err = {0};
    struct sr_catalog_version v = {0};
    char digest[65];
    /* Twice the same files. */
    digest_of("llama", digest);
    CHECK(room_resolve(r, digest, &v, &err) == SR_CONFLICT);
    CHECK(strstr(err.message, "copy@1") != NULL && strstr(err.message, "llama@2") != NULL);
    /* An artifact that is named like another's digest. */
    digest_of("mistral", digest);
    digest[16] = '\0';
    put("b", digest, NULL);
    CHECK(room_resolve(r, digest, &v, &err) == SR_CONFLICT);
    CHECK(strstr(err.message, "mistral@1") != NULL);
    char text[80];
    (void)snprintf(text, sizeof text, "%s@1", digest);
    CHECK(room_resolve(r, text, &v, &err) == SR_OK);
}

static void finds_files(void)
{
    struct sr_err err = {0};
    struct sr_catalog_version v = {0};
    struct sr_catalog_file file = {0};
    struct sr_bytes tensor = {0};
    CHECK(room_resolve(r, "llama", &v, NULL) == SR_OK);
    CHECK(sr_query_file(r, &v.id, sr_text_view("model.safetensors"), &file, &tensor, &err) ==
          SR_OK);
    CHECK(strcmp(file.path, "model.safetensors") == 0 && tensor.len == 0);
    CHECK(sr_query_file(r, &v.id, sr_text_view("model.safetensors@w@x"), &file, &tensor, &err) ==
          SR_OK);
    CHECK(sr_text_equal(tensor, sr_text_view("w@x")));
    /* A file with an '@' in its name comes before a tensor of a shorter one. */
    CHECK(sr_query_file(r, &v.id, sr_text_view("odd@w"), &file, &tensor, &err) == SR_OK);
    CHECK(strcmp(file.path, "odd@w") == 0 && tensor.len == 0);
    CHECK(sr_query_file(r, &v.id, sr_text_view("odd@w@t"), &file, &tensor, &err) == SR_OK);
    CHECK(strcmp(file.path, "odd@w") == 0 && sr_text_equal(tensor, sr_text_view("t")));
    CHECK(sr_query_file(r, &v.id, sr_text_view("odd@v"), &file, &tensor, &err) == SR_OK);
    CHECK(strcmp(file.path, "odd") == 0 && sr_text_equal(tensor, sr_text_view("v")));
    CHECK(sr_query_file(r, &v.id, sr_text_view("model"), &file, &tensor, &err) == SR_NOT_FOUND);
    CHECK(sr_query_file(r, &v.id, sr_text_view("../x"), &file, &tensor, &err) == SR_NOT_FOUND);
}

static void lists_tensors(void)
{
    struct sr_err err = {0};
    struct sr_catalog_version v = {0};
    struct sr_catalog_file file = {0};
    struct sr_bytes rest = {0};
    struct sr_tensors *none = NULL;
    SR_AUTO(sr_tensors) tensors = NULL;
    SR_AUTO(sr_room) unlocked = room_open(scratch_dir, "room");
    CHECK(room_resolve(r, "llama", &v, NULL) == SR_OK);
    CHECK(sr_query_file(r, &v.id, sr_text_view("model.safetensors"), &file, &rest, &err) == SR_OK);
    CHECK(sr_query_tensors(r, &file, &v.id, &none, &err) == SR_UNAUTHENTICATED);
    CHECK(sr_query_tensors(unlocked, &file, &v.id, &tensors, &err) == SR_OK);
    CHECK(sr_tensors_count(tensors) == 1);
    struct sr_tensor w = sr_tensors_at(tensors, 0);
    CHECK(sr_text_equal(w.name, sr_text_view("w")) && w.end - w.begin == 2500000);
}

static void follows_lineage(void)
{
    struct sr_err err = {0};
    struct sr_catalog_version v = {0};
    SR_CLEANUP(room_free_versions) struct sr_catalog_version *parents = NULL;
    SR_CLEANUP(room_free_versions) struct sr_catalog_version *children = NULL;
    size_t count = 0;
    CHECK(room_resolve(r, "mistral", &v, NULL) == SR_OK);
    CHECK(sr_query_parents(r, &v.id, &parents, &count, &err) == SR_OK);
    CHECK(count == 1 && strcmp(parents[0].name, "llama") == 0 && parents[0].number == 1);
    CHECK(sr_query_children(r, &parents[0].id, &children, &count, &err) == SR_OK);
    CHECK(count == 1 && strcmp(children[0].name, "mistral") == 0);
    free(SR_TAKE(children));
    CHECK(sr_query_children(r, &v.id, &children, &count, &err) == SR_OK && count == 0);
}

static void lists_versions(void)
{
    struct sr_err err = {0};
    SR_CLEANUP(room_free_versions) struct sr_catalog_version *all = NULL;
    SR_CLEANUP(room_free_versions) struct sr_catalog_version *llamas = NULL;
    size_t count = 0;
    CHECK(sr_query_versions(r, NULL, &all, &count, &err) == SR_OK);
    CHECK(count >= 4);
    CHECK(sr_query_versions(r, "llama", &llamas, &count, &err) == SR_OK);
    CHECK(count == 2 && llamas[0].number == 1 && llamas[1].number == 2);
}

int main(void)
{
    struct sr_err err = {0};
    if (!room_scratch(scratch_dir)) {
        return 1;
    }
    sr_room_free(room_new(scratch_dir, "room"));
    if (sr_room_open(room_path(scratch_dir, "room"), ROOM_ACTOR, NULL, &r, &err) != SR_OK) {
        return 1;
    }
    room_make_model(scratch_dir, "a", 3);
    room_write(scratch_dir, "a/odd", "1", 1);
    room_write(scratch_dir, "a/odd@w", "2", 1);
    room_mkdir(scratch_dir, "b");
    room_write(scratch_dir, "b/config.json", "{}", 2);
    put("b", "llama", NULL);
    put("a", "llama", NULL);
    put("a", "copy", NULL);
    room_write(scratch_dir, "b/config.json", "{ }", 3);
    put("b", "mistral", "llama@1");
    room_write(scratch_dir, "b/config.json", "{  }", 4);
    RUN(finds_by_name);
    RUN(finds_by_digest);
    RUN(names_the_candidates);
    RUN(finds_files);
    RUN(lists_tensors);
    RUN(follows_lineage);
    RUN(lists_versions);
    sr_room_free(r);
    scratch_remove(scratch_dir);
    return check_done();
}
