/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A version says where it comes from: what was claimed, what was verified, and what it was made
 * from. Its tier is never below its parents'; provenance that says something else is refused before
 * anything is in custody.
 */
#include "custody/pedigree.h"

#include "artifact/provenance_envelope.h"
#include "custody/recover.h"
#include "custody/room_impl.h"
#include "tests/check.h"
#include "tests/room.h"
#include "tests/scratch.h"
#include "tests/signing_key.h"

static char scratch_dir[] = "/dev/shm/sr-pedigree-XXXXXX";
static struct sr_room *r;

static const char CARD[] = "---\nlicense: apache-2.0\nlanguage: [en, de]\ndatasets: [a/b]\n"
                           "pipeline_tag: text-generation\n---\n# A model\n";
static const char CONFIG[] = "{\"architectures\": [\"TinyModel\"], \"model_type\": \"tiny\"}";

/* Deposit the model with these parameters, as the program does. */
static enum sr_status put(struct sr_deposit_params params, const char *name,
                          struct sr_deposit_result *out, struct sr_err *err)
{
    params.path = room_path(scratch_dir, "model");
    params.name = name;
    params.threads = 1;
    return room_deposit_looked(r, &params, NULL, NULL, out, err);
}

static bool deposits(struct sr_deposit_params params, const char *name, struct sr_id *out)
{
    struct sr_err err = {0};
    struct sr_deposit_result result = {0};
    enum sr_status status = put(params, name, &result, &err);
    if (status != SR_OK) {
        printf("# %s: %s\n", name, err.message);
    }
    *out = result.version.id;
    return status == SR_OK;
}

static bool refuses(struct sr_deposit_params params, enum sr_status expected, const char *why)
{
    struct sr_err err = {0};
    struct sr_deposit_result result = {0};
    enum sr_status status = put(params, "refused", &result, &err);
    SR_CLEANUP(room_free_versions) struct sr_catalog_version *versions = NULL;
    size_t count = 0;
    CHECK(sr_catalog_versions(r->catalog, "refused", &versions, &count, NULL) == SR_OK);
    if (status != expected || strstr(err.message, why) == NULL || count != 0) {
        printf("# %d, %zu left: %s\n", (int)status, count, err.message);
    }
    return status == expected && strstr(err.message, why) != NULL && count == 0;
}

static void a_version_says_what_is_claimed(void)
{
    struct sr_id id;
    SR_AUTO(sr_pedigree) p = NULL;
    CHECK(deposits((struct sr_deposit_params){.tier = 2, .step = SR_STEP_TRAIN}, "base", &id));
    CHECK(sr_pedigree_new(r, &id, &p, NULL) == SR_OK);
    if (p == NULL) {
        return;
    }
    const struct sr_lineage *l = sr_pedigree_lineage(p);
    CHECK(strcmp(l->name, "base") == 0 && l->number == 1 && strcmp(l->kind, "checkpoint") == 0);
    CHECK(l->tier == 2 && l->step == SR_STEP_TRAIN);
    CHECK(l->has_verdict && l->verdict == SR_VERDICT_PASS);
    CHECK(strcmp(l->claims.licence, "apache-2.0") == 0);
    CHECK(strcmp(l->claims.architecture, "TinyModel") == 0);
    CHECK(strcmp(l->claims.model_type, "tiny") == 0 && l->claims.base_model[0] == '\0');
    CHECK(l->claims.language_count == 2 && strcmp(l->claims.languages[1], "de") == 0);
    CHECK(l->claims.dataset_count == 1 && l->file_count == 3 && l->parent_count == 0);
    CHECK(strcmp(l->files[0].path, "README.md") == 0 && l->files[0].bytes == sizeof CARD - 1);
    CHECK(sr_pedigree_record(p)->profile == SR_PROFILE_TENSORS);
    CHECK(sr_pedigree_part(p, SR_PEDIGREE_CARD) == l->files[0].sha256);
    CHECK(sr_pedigree_part(p, SR_PEDIGREE_CONFIG) == l->files[1].sha256);
    CHECK(sr_pedigree_part(p, SR_PEDIGREE_TOKENIZER) == l->files[2].sha256);
    CHECK(sr_pedigree_part(p, SR_PEDIGREE_CONTAINER) == NULL);
}

struct last_act {
    char verb[32];
    char body[8192];
};

static enum sr_status keep_last(void *ctx, const struct sr_act_record *act, struct sr_err *err)
{
    struct last_act *last = ctx;
    (void)err;
    (void)snprintf(last->verb, sizeof last->verb, "%s", act->verb);
    SR_AUTO(sr_envelope) e = NULL;
    CHECK(sr_envelope_open(act->body, &e, NULL) == SR_OK);
    struct sr_bytes statement = sr_envelope_statement(e);
    (void)snprintf(last->body, sizeof last->body, "%.*s", (int)statement.len,
                   (const char *)statement.ptr);
    return SR_OK;
}

/* What the act says of the documents is what the catalog has. */
static void the_act_fixes_the_documents(void)
{
    static struct last_act last;
    struct sr_id id;
    struct sr_deposit_document *documents = NULL;
    size_t count = 0;
    CHECK(deposits((struct sr_deposit_params){.tier = 3, .step = SR_STEP_MERGE}, "fixed", &id));
    CHECK(sr_query_acts(r, 0, keep_last, &last, NULL) == SR_OK);
    CHECK(strcmp(last.verb, "deposit") == 0);
    CHECK(strstr(last.body, "\"step\":\"merge\",\"tier\":3") != NULL);
    CHECK(sr_pedigree_documents(r, &id, &documents, &count, NULL) == SR_OK && count == 2);
    for (size_t i = 0; i < count; i++) {
        char hex[2 * SR_SHA256_BYTES + 1];
        char member[192];
        sr_text_hex(sr_bytes(documents[i].sha256, SR_SHA256_BYTES), hex);
        (void)snprintf(member, sizeof member, "\"%s\":\"%s\"", documents[i].name, hex);
        CHECK(strstr(last.body, member) != NULL);
    }
    CHECK(count == 2 && strcmp(documents[0].name, "inspection.json") == 0 &&
          strcmp(documents[1].name, "lineage.json") == 0);
    free(documents);
    CHECK(sr_catalog_put_document(r->catalog, &id, SR_PEDIGREE_DOCUMENT, sr_text_view("{}"),
                                  NULL) == SR_CONFLICT);
}

static void a_derivative_is_not_below_its_parents(void)
{
    static const char *const PARENTS[] = {"low", "high"};
    struct sr_id id;
    unsigned tier = 0;
    CHECK(deposits((struct sr_deposit_params){0}, "low", &id));
    CHECK(sr_pedigree_tier(r, &id, &tier, NULL) == SR_OK && tier == 1);
    CHECK(deposits((struct sr_deposit_params){.tier = 4}, "high", &id));
    struct sr_deposit_params params = {.parents = PARENTS, .parent_count = 2};
    CHECK(deposits(params, "derived", &id));
    CHECK(sr_pedigree_tier(r, &id, &tier, NULL) == SR_OK && tier == 4);
    params.tier = 5;
    CHECK(deposits(params, "raised", &id));
    params.tier = 3;
    CHECK(refuses(params, SR_DENIED, "tier 3 is below tier 4 of 'high@1'"));
    params.tier = 6;
    CHECK(refuses(params, SR_MALFORMED, "tier 6"));
}

static void a_parent_is_known_or_named_by_digest(void)
{
    static const char DIGEST[] =
        "sha256:abababababababababababababababababababababababababababababababab";
    const char *parents[] = {DIGEST, "low", DIGEST};
    struct sr_id id;
    SR_AUTO(sr_pedigree) p = NULL;
    struct sr_deposit_params params = {.parents = parents, .parent_count = 2};
    CHECK(refuses(params, SR_NOT_FOUND, "abab"));
    params.allow_unknown_parents = true;
    CHECK(deposits(params, "of-others", &id));
    CHECK(sr_pedigree_new(r, &id, &p, NULL) == SR_OK);
    const struct sr_lineage *l = p != NULL ? sr_pedigree_lineage(p) : NULL;
    CHECK(l != NULL && l->parent_count == 2 && strcmp(l->parents[0].ref, "low@1") == 0);
    CHECK(l != NULL && l->parents[1].ref == NULL && l->parents[1].digest[31] == 0xab);
    params.parent_count = 3;
    CHECK(refuses(params, SR_MALFORMED, "given twice"));
    parents[0] = "nobody";
    CHECK(refuses(params, SR_NOT_FOUND, "nobody"));
}

/* A statement about subject, from input (both hexadecimal; input may be ""), of that step. */
static const char *statement(const char *subject, const char *input, const char *step)
{
    static char text[4096];
    char inputs[256] = "";
    if (input[0] != '\0') {
        (void)snprintf(inputs, sizeof inputs, "{\"digest\":{\"sha256\":\"%s\"}}", input);
    }
    (void)snprintf(text, sizeof text,
                   "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"digest\":{"
                   "\"sha256\":\"%s\"}}],\"predicateType\":\"https://slsa.dev/provenance/v1\","
                   "\"predicate\":{\"buildDefinition\":{\"buildType\":"
                   "\"urn:strongroom:step:%s\",\"resolvedDependencies\":[%s]},\"runDetails\":{"
                   "\"builder\":{\"id\":\"https://ci.example\"}}}}",
                   subject, step, inputs);
    return text;
}

static void digest_of(const char *ref, char out[2 * SR_SHA256_BYTES + 1])
{
    struct sr_catalog_version v = {0};
    CHECK(room_resolve(r, ref, &v, NULL) == SR_OK);
    sr_text_hex(sr_bytes(v.digest, sizeof v.digest), out);
}

static void provenance_has_to_agree(void)
{
    static const char *const PARENTS[] = {"low"};
    char root[2 * SR_SHA256_BYTES + 1];
    char other[] = "abababababababababababababababababababababababababababababababab";
    struct sr_id id;
    SR_AUTO(sr_pedigree) p = NULL;
    digest_of("low", root); /* all of them have the same files */
    struct sr_deposit_params params = {.provenance =
                                           sr_text_view(statement(other, "", "quantise"))};
    CHECK(refuses(params, SR_CONFLICT, "not about 'README.md'"));
    params.provenance = sr_text_view(statement(root, root, "quantise"));
    CHECK(refuses(params, SR_CONFLICT, "--parent"));
    params.parents = PARENTS;
    params.parent_count = 1;
    params.step = SR_STEP_MERGE;
    CHECK(refuses(params, SR_CONFLICT, "'quantise', not 'merge'"));
    params.step = SR_STEP_UNKNOWN;
    CHECK(deposits(params, "proven", &id));
    CHECK(sr_pedigree_new(r, &id, &p, NULL) == SR_OK);
    const struct sr_lineage_record *record = p != NULL ? sr_pedigree_record(p) : NULL;
    CHECK(record != NULL && record->step == SR_STEP_QUANTISE);
    CHECK(record != NULL && strcmp(record->builder, "https://ci.example") == 0);
    CHECK(record != NULL && record->builder_key[0] == '\0');
    params.provenance = sr_text_view("{}");
    CHECK(refuses(params, SR_MALFORMED, "_type"));
}

static void signed_provenance_names_its_key(void)
{
    SR_AUTO(sr_signer) signer = NULL;
    SR_AUTO(sr_public_key) key = NULL;
    SR_AUTO(sr_buf) text = NULL;
    SR_AUTO(sr_buf) kept = NULL;
    SR_AUTO(sr_pedigree) p = NULL;
    char root[2 * SR_SHA256_BYTES + 1];
    struct sr_id id;
    digest_of("low", root);
    CHECK(sr_signer_from_pem(sr_text_view(SIGNING_KEY), NULL, &signer, NULL) == SR_OK);
    CHECK(sr_public_key_from_pem(sr_text_view(SIGNING_KEY_PUBLIC), &key, NULL) == SR_OK);
    CHECK(sr_buf_new(65536, &text) == SR_OK && sr_buf_new(65536, &kept) == SR_OK);
    CHECK(sr_provenance_seal(sr_text_view(statement(root, "", "train")), signer, text, NULL) ==
          SR_OK);
    struct sr_deposit_params params = {.provenance = sr_buf_view(text)};
    CHECK(refuses(params, SR_UNTRUSTED, "no key"));
    params.provenance_key = key;
    CHECK(deposits(params, "signed", &id));
    CHECK(sr_pedigree_new(r, &id, &p, NULL) == SR_OK);
    CHECK(p != NULL && strcmp(sr_pedigree_record(p)->builder_key, SIGNING_KEY_HINT) == 0);
    CHECK(sr_catalog_document(r->catalog, &id, SR_PEDIGREE_PROVENANCE, kept, NULL) == SR_OK);
    CHECK(sr_text_equal(sr_buf_view(kept), sr_buf_view(text)));
    params.provenance = sr_text_view(statement(root, "", "train"));
    CHECK(refuses(params, SR_UNTRUSTED, "not signed"));
}

/* The catalog of the first version, opened by this one, in a room made of nothing else. */
static bool open_old(struct sr_room *old, const char *name)
{
    static char bytes[1 << 20];
    char uri[256];
    const char *top = getenv("STRONGROOM_SOURCE");
    char path[512];
    (void)snprintf(path, sizeof path, "%s/tests/upgrade/catalog-v1.sqlite",
                   top != NULL ? top : ".");
    FILE *file = fopen(path, "rbe");
    size_t len = file != NULL ? fread(bytes, 1, sizeof bytes, file) : 0;
    CHECK(file != NULL && fclose(file) == 0 && len > 0 && len < sizeof bytes);
    room_write(scratch_dir, name, bytes, len);
    (void)snprintf(uri, sizeof uri, "sqlite:%s", room_path(scratch_dir, name));
    return sr_catalog_open(uri, &old->catalog, NULL) == SR_OK;
}

static void a_version_from_before_has_no_lineage(void)
{
    struct sr_room old = {0};
    struct sr_catalog_version tuned = {0};
    SR_AUTO(sr_pedigree) p = NULL;
    if (!open_old(&old, "before.sqlite")) {
        CHECK(!"the old catalog opens");
        return;
    }
    CHECK(room_resolve(&old, "llama-tuned", &tuned, NULL) == SR_OK);
    CHECK(sr_pedigree_new(&old, &tuned.id, &p, NULL) == SR_OK);
    if (p != NULL) {
        const struct sr_lineage *l = sr_pedigree_lineage(p);
        CHECK(l->tier == 1 && l->step == SR_STEP_UNKNOWN && !l->has_verdict);
        CHECK(l->parent_count == 1 && strcmp(l->parents[0].ref, "llama@1") == 0);
        CHECK(sr_pedigree_record(p) == NULL);
    }
    sr_catalog_free(old.catalog);
}

/* One that is damaged is not one that is missing. */
static void a_damaged_lineage_is_damage(void)
{
    struct sr_room old = {0};
    SR_AUTO(sr_pedigree) p = NULL;
    SR_CLEANUP(room_free_versions) struct sr_catalog_version *versions = NULL;
    size_t count = 0;
    struct sr_id none = {{7}};
    if (!open_old(&old, "damaged.sqlite")) {
        CHECK(!"the old catalog opens");
        return;
    }
    CHECK(sr_catalog_versions(old.catalog, "llama", &versions, &count, NULL) == SR_OK);
    CHECK(count == 2 && versions[1].state == SR_VERSION_STAGED);
    if (count == 2) {
        const struct sr_id *staged = &versions[1].id;
        CHECK(sr_catalog_put_document(old.catalog, staged, SR_PEDIGREE_DOCUMENT, sr_text_view("{}"),
                                      NULL) == SR_OK);
        CHECK(sr_pedigree_new(&old, staged, &p, NULL) == SR_CORRUPT && p == NULL);
    }
    CHECK(sr_pedigree_new(&old, &none, &p, NULL) == SR_NOT_FOUND && p == NULL);
    sr_catalog_free(old.catalog);
}

int main(void)
{
    if (!room_scratch(scratch_dir)) {
        return 1;
    }
    r = room_new(scratch_dir, "room");
    room_mkdir(scratch_dir, "model");
    room_write(scratch_dir, "model/README.md", CARD, sizeof CARD - 1);
    room_write(scratch_dir, "model/config.json", CONFIG, sizeof CONFIG - 1);
    room_write(scratch_dir, "model/tokenizer.json", "{}", 2);
    RUN(a_version_says_what_is_claimed);
    RUN(the_act_fixes_the_documents);
    RUN(a_derivative_is_not_below_its_parents);
    RUN(a_parent_is_known_or_named_by_digest);
    RUN(provenance_has_to_agree);
    RUN(signed_provenance_names_its_key);
    RUN(a_version_from_before_has_no_lineage);
    RUN(a_damaged_lineage_is_damage);
    sr_room_free(r);
    scratch_remove(scratch_dir);
    return check_done();
}
