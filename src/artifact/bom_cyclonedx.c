/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "artifact/bom.h"
#include "artifact/doc.h"
#include "base/text.h"
#include "build_config.h"

const char *sr_bom_licence_id(const char *licence)
{
    static const struct {
        const char *word;
        const char *id;
    } LICENCES[] = {
#define LICENCE(word, id) {word, id},
#include "artifact/licences.def"
#undef LICENCE
    };
    for (size_t i = 0; i < sizeof LICENCES / sizeof LICENCES[0]; i++) {
        if (strcasecmp(licence, LICENCES[i].word) == 0 || strcmp(licence, LICENCES[i].id) == 0) {
            return LICENCES[i].id;
        }
    }
    return NULL;
}

static void put_hash(struct sr_doc *d, const uint8_t sha256[SR_SHA256_BYTES])
{
    sr_doc_open_array(d, "hashes");
    sr_doc_open_object(d, NULL);
    sr_doc_text(d, "alg", "SHA-256");
    sr_doc_hex(d, "content", sr_bytes(sha256, SR_SHA256_BYTES));
    sr_doc_close_object(d);
    sr_doc_close_array(d);
}

static void put_property(struct sr_doc *d, const char *name, const char *value)
{
    sr_doc_open_object(d, NULL);
    sr_doc_text(d, "name", name);
    sr_doc_text(d, "value", value);
    sr_doc_close_object(d);
}

static void put_licences(struct sr_doc *d, const struct sr_lineage_claims *c)
{
    if (c->licence == NULL || c->licence[0] == '\0') {
        return;
    }
    const char *id = sr_bom_licence_id(c->licence);
    sr_doc_open_array(d, "licenses");
    sr_doc_open_object(d, NULL);
    sr_doc_open_object(d, "license");
    sr_doc_text(d, id != NULL ? "id" : "name", id != NULL ? id : c->licence);
    sr_doc_text(d, "acknowledgement", "declared");
    sr_doc_close_object(d);
    sr_doc_close_object(d);
    sr_doc_close_array(d);
}

static void put_model_card(struct sr_doc *d, const struct sr_lineage_claims *c)
{
    sr_doc_open_object(d, "modelCard");
    sr_doc_open_object(d, "modelParameters");
    sr_doc_text_if(d, "task", c->pipeline_tag);
    sr_doc_text_if(d, "architectureFamily", c->model_type);
    sr_doc_text_if(d, "modelArchitecture", c->architecture);
    if (c->dataset_count > 0) {
        sr_doc_open_array(d, "datasets");
        for (size_t i = 0; i < c->dataset_count; i++) {
            sr_doc_open_object(d, NULL);
            sr_doc_text(d, "type", "dataset");
            sr_doc_text(d, "name", c->datasets[i]);
            sr_doc_close_object(d);
        }
        sr_doc_close_array(d);
    }
    sr_doc_close_object(d);
    sr_doc_close_object(d);
}

static void put_ancestor(struct sr_doc *d, const char *name, const uint8_t *digest)
{
    sr_doc_open_object(d, NULL);
    sr_doc_text(d, "type", "machine-learning-model");
    sr_doc_text(d, "name", name);
    if (digest != NULL) {
        put_hash(d, digest);
    }
    sr_doc_close_object(d);
}

static void put_pedigree(struct sr_doc *d, const struct sr_lineage *l)
{
    const char *claimed = l->claims.base_model;
    bool has_claim = claimed != NULL && claimed[0] != '\0' && l->parent_count == 0;
    if (l->parent_count == 0 && !has_claim) {
        return;
    }
    sr_doc_open_object(d, "pedigree");
    sr_doc_open_array(d, "ancestors");
    for (size_t i = 0; i < l->parent_count; i++) {
        const struct sr_lineage_parent *p = &l->parents[i];
        put_ancestor(d, p->ref != NULL ? p->ref : "not in this room", p->digest);
    }
    if (has_claim) {
        put_ancestor(d, claimed, NULL);
    }
    sr_doc_close_array(d);
    sr_doc_text(d, "notes",
                has_claim ? "the publisher's claim; not verified" : sr_step_name(l->step));
    sr_doc_close_object(d);
}

static void put_files(struct sr_doc *d, const struct sr_lineage *l)
{
    sr_doc_open_array(d, "components");
    for (size_t i = 0; i < l->file_count && d->status == SR_OK; i++) {
        char ref[32];
        (void)snprintf(ref, sizeof ref, "file-%zu", i);
        sr_doc_open_object(d, NULL);
        sr_doc_text(d, "type", "file");
        sr_doc_text(d, "bom-ref", ref);
        sr_doc_text(d, "name", l->files[i].path);
        put_hash(d, l->files[i].sha256);
        sr_doc_close_object(d);
    }
    sr_doc_close_array(d);
}

static void put_properties(struct sr_doc *d, const struct sr_lineage *l)
{
    char tier[16];
    (void)snprintf(tier, sizeof tier, "%u", l->tier);
    sr_doc_open_array(d, "properties");
    put_property(d, "strongroom:kind", l->kind);
    put_property(d, "strongroom:room", l->room);
    put_property(d, "strongroom:step", sr_step_name(l->step));
    put_property(d, "strongroom:tier", tier);
    if (l->has_verdict) {
        put_property(d, "strongroom:verdict", sr_verdict_name(l->verdict));
    }
    for (size_t i = 0; i < l->claims.language_count; i++) {
        put_property(d, "strongroom:language", l->claims.languages[i]);
    }
    sr_doc_close_array(d);
}

static void put_model(struct sr_doc *d, const struct sr_lineage *l)
{
    char version[24];
    (void)snprintf(version, sizeof version, "%llu", (unsigned long long)l->number);
    sr_doc_open_object(d, "component");
    sr_doc_text(d, "type", "machine-learning-model");
    sr_doc_text(d, "bom-ref", "model");
    sr_doc_text(d, "name", l->name);
    sr_doc_text(d, "version", version);
    put_hash(d, l->digest);
    put_licences(d, &l->claims);
    put_pedigree(d, l);
    put_files(d, l);
    put_model_card(d, &l->claims);
    put_properties(d, l);
    sr_doc_close_object(d);
}

static void put_tools(struct sr_doc *d)
{
    sr_doc_open_object(d, "tools");
    sr_doc_open_array(d, "components");
    sr_doc_open_object(d, NULL);
    sr_doc_text(d, "type", "application");
    sr_doc_text(d, "name", "strongroom");
    sr_doc_text(d, "version", SR_VERSION);
    sr_doc_close_object(d);
    sr_doc_close_array(d);
    sr_doc_close_object(d);
}

/* A UUID of version 8 (RFC 9562, section 5.8) made of room, version and digest: the same version,
 * the same bill, and another one for another version of the same files. */
static void put_serial(struct sr_doc *d, const struct sr_lineage *l)
{
    char of[384];
    char hex[2 * SR_SHA256_BYTES + 1];
    uint8_t digest[SR_SHA256_BYTES];
    uint8_t u[16];
    char out[64];
    sr_text_hex(sr_bytes(l->digest, SR_SHA256_BYTES), hex);
    (void)snprintf(of, sizeof of, "%s:%s@%llu:%s", l->room, l->name, (unsigned long long)l->number,
                   hex);
    if (sr_sha256_once(sr_text_view(of), digest) != SR_OK) {
        d->status = d->status == SR_OK ? SR_NO_MEMORY : d->status;
        return;
    }
    memcpy(u, digest, sizeof u);
    u[6] = (uint8_t)((u[6] & 0x0f) | 0x80);
    u[8] = (uint8_t)((u[8] & 0x3f) | 0x80);
    (void)snprintf(out, sizeof out,
                   "urn:uuid:%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                   u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12],
                   u[13], u[14], u[15]);
    sr_doc_text(d, "serialNumber", out);
}

enum sr_status sr_bom_cyclonedx(const struct sr_lineage *l, struct sr_buf *out)
{
    struct sr_doc d = sr_doc(out);
    sr_doc_open_object(&d, NULL);
    sr_doc_text(&d, "bomFormat", "CycloneDX");
    sr_doc_text(&d, "specVersion", "1.6");
    put_serial(&d, l);
    sr_doc_number(&d, "version", 1);
    sr_doc_open_object(&d, "metadata");
    sr_doc_time(&d, "timestamp", l->created_utc_ms);
    put_tools(&d);
    put_model(&d, l);
    sr_doc_close_object(&d);
    sr_doc_close_object(&d);
    return d.status;
}
