/* SPDX-License-Identifier: Apache-2.0 */
/* source  SPDX 3.0.1 (System Package Data Exchange), model and JSON-LD serialisation; profile AI */
#include <stdio.h>
#include <string.h>

#include "artifact/bom.h"
#include "artifact/doc.h"
#include "base/text.h"

#define CREATION "_:creation"
#define IRI_BYTES 288

/* "urn:strongroom:<room>:<name>@<number>#<what><number>": of this version, and of no other that has
 * the same files. */
static const char *iri(const struct sr_lineage *l, const char *what, size_t number,
                       char out[IRI_BYTES])
{
    (void)snprintf(out, IRI_BYTES, "urn:strongroom:%s:%s@%llu#%s%zu", l->room, l->name,
                   (unsigned long long)l->number, what, number);
    return out;
}

static void begin(struct sr_doc *d, const struct sr_lineage *l, const char *type, const char *what,
                  size_t number)
{
    char id[IRI_BYTES];
    sr_doc_open_object(d, NULL);
    sr_doc_text(d, "type", type);
    sr_doc_text(d, "spdxId", iri(l, what, number, id));
    sr_doc_text(d, "creationInfo", CREATION);
}

static void put_hash(struct sr_doc *d, const uint8_t sha256[SR_SHA256_BYTES])
{
    sr_doc_open_array(d, "verifiedUsing");
    sr_doc_open_object(d, NULL);
    sr_doc_text(d, "type", "Hash");
    sr_doc_text(d, "algorithm", "sha256");
    sr_doc_hex(d, "hashValue", sr_bytes(sha256, SR_SHA256_BYTES));
    sr_doc_close_object(d);
    sr_doc_close_array(d);
}

static void put_creation(struct sr_doc *d, const struct sr_lineage *l)
{
    char id[IRI_BYTES];
    sr_doc_open_object(d, NULL);
    sr_doc_text(d, "type", "CreationInfo");
    sr_doc_text(d, "@id", CREATION);
    sr_doc_text(d, "specVersion", "3.0.1");
    sr_doc_time(d, "created", l->created_utc_ms);
    sr_doc_open_array(d, "createdBy");
    sr_doc_text(d, NULL, iri(l, "agent", 0, id));
    sr_doc_close_array(d);
    sr_doc_close_object(d);
}

static void put_agents(struct sr_doc *d, const struct sr_lineage *l)
{
    begin(d, l, "SoftwareAgent", "agent", 0);
    sr_doc_text(d, "name", "strongroom");
    sr_doc_close_object(d);
    /* Who supplied a model to the room is not known to it: the room is the supplier to others. */
    begin(d, l, "Organization", "supplier", 0);
    sr_doc_text(d, "name", l->room);
    sr_doc_close_object(d);
}

static void put_package(struct sr_doc *d, const struct sr_lineage *l)
{
    const struct sr_lineage_claims *c = &l->claims;
    char id[IRI_BYTES];
    char version[24];
    char location[IRI_BYTES + 256];
    (void)snprintf(version, sizeof version, "%llu", (unsigned long long)l->number);
    (void)snprintf(location, sizeof location, "urn:strongroom:%s:%s@%s", l->room, l->name, version);
    begin(d, l, "ai_AIPackage", "model", 0);
    sr_doc_text(d, "name", l->name);
    put_hash(d, l->digest);
    sr_doc_text(d, "suppliedBy", iri(l, "supplier", 0, id));
    sr_doc_time(d, "releaseTime", l->created_utc_ms);
    sr_doc_text(d, "software_packageVersion", version);
    sr_doc_text(d, "software_downloadLocation", location);
    sr_doc_text(d, "software_primaryPurpose", "model");
    if (c->architecture != NULL && c->architecture[0] != '\0') {
        sr_doc_open_array(d, "ai_typeOfModel");
        sr_doc_text(d, NULL, c->architecture);
        sr_doc_close_array(d);
    }
    if (c->pipeline_tag != NULL && c->pipeline_tag[0] != '\0') {
        sr_doc_open_array(d, "ai_domain");
        sr_doc_text(d, NULL, c->pipeline_tag);
        sr_doc_close_array(d);
    }
    sr_doc_close_object(d);
}

static void put_relationship(struct sr_doc *d, const struct sr_lineage *l, size_t number,
                             const char *type, const char *to, size_t to_first, size_t to_count)
{
    char id[IRI_BYTES];
    begin(d, l, "Relationship", "relationship", number);
    sr_doc_text(d, "from", iri(l, "model", 0, id));
    sr_doc_text(d, "relationshipType", type);
    sr_doc_open_array(d, "to");
    for (size_t i = 0; i < to_count && d->status == SR_OK; i++) {
        sr_doc_text(d, NULL, iri(l, to, to_first + i, id));
    }
    sr_doc_close_array(d);
    sr_doc_close_object(d);
}

static void put_licence(struct sr_doc *d, const struct sr_lineage *l, size_t number,
                        const char *expression)
{
    begin(d, l, "simplelicensing_LicenseExpression", "licence", number);
    sr_doc_text(d, "simplelicensing_licenseExpression", expression);
    sr_doc_close_object(d);
}

/* The AI profile wants one declared and one concluded licence; we conclude nothing. */
static void put_licences(struct sr_doc *d, const struct sr_lineage *l)
{
    const char *licence = l->claims.licence;
    const char *id = licence != NULL ? sr_bom_licence_id(licence) : NULL;
    put_licence(d, l, 0, id != NULL ? id : "NOASSERTION");
    put_licence(d, l, 1, "NOASSERTION");
    put_relationship(d, l, 0, "hasDeclaredLicense", "licence", 0, 1);
    put_relationship(d, l, 1, "hasConcludedLicense", "licence", 1, 1);
}

static void put_files(struct sr_doc *d, const struct sr_lineage *l)
{
    for (size_t i = 0; i < l->file_count && d->status == SR_OK; i++) {
        begin(d, l, "software_File", "file", i);
        sr_doc_text(d, "name", l->files[i].path);
        put_hash(d, l->files[i].sha256);
        sr_doc_close_object(d);
    }
    if (l->file_count > 0) {
        put_relationship(d, l, 2, "contains", "file", 0, l->file_count);
    }
}

static void put_parents(struct sr_doc *d, const struct sr_lineage *l)
{
    for (size_t i = 0; i < l->parent_count && d->status == SR_OK; i++) {
        const struct sr_lineage_parent *p = &l->parents[i];
        begin(d, l, "software_Package", "parent", i);
        sr_doc_text(d, "name", p->ref != NULL ? p->ref : "not in this room");
        put_hash(d, p->digest);
        sr_doc_text(d, "software_primaryPurpose", "model");
        sr_doc_close_object(d);
    }
    if (l->parent_count > 0) {
        put_relationship(d, l, 3, "descendantOf", "parent", 0, l->parent_count);
    }
}

static void put_elements(struct sr_doc *d, const struct sr_lineage *l, const char *what,
                         size_t count)
{
    char id[IRI_BYTES];
    for (size_t i = 0; i < count && d->status == SR_OK; i++) {
        sr_doc_text(d, NULL, iri(l, what, i, id));
    }
}

static void put_document(struct sr_doc *d, const struct sr_lineage *l)
{
    static const char *const PROFILES[] = {"core", "software", "simpleLicensing", "ai"};
    char id[IRI_BYTES];
    begin(d, l, "SpdxDocument", "document", 0);
    sr_doc_open_array(d, "profileConformance");
    for (size_t i = 0; i < sizeof PROFILES / sizeof PROFILES[0]; i++) {
        sr_doc_text(d, NULL, PROFILES[i]);
    }
    sr_doc_close_array(d);
    sr_doc_open_array(d, "rootElement");
    sr_doc_text(d, NULL, iri(l, "model", 0, id));
    sr_doc_close_array(d);
    sr_doc_open_array(d, "element");
    put_elements(d, l, "agent", 1);
    put_elements(d, l, "supplier", 1);
    put_elements(d, l, "model", 1);
    put_elements(d, l, "licence", 2);
    put_elements(d, l, "file", l->file_count);
    put_elements(d, l, "parent", l->parent_count);
    put_elements(d, l, "relationship", 2);
    if (l->file_count > 0) {
        sr_doc_text(d, NULL, iri(l, "relationship", 2, id));
    }
    if (l->parent_count > 0) {
        sr_doc_text(d, NULL, iri(l, "relationship", 3, id));
    }
    sr_doc_close_array(d);
    sr_doc_close_object(d);
}

enum sr_status sr_bom_spdx(const struct sr_lineage *l, struct sr_buf *out)
{
    struct sr_doc d = sr_doc(out);
    sr_doc_open_object(&d, NULL);
    sr_doc_text(&d, "@context", "https://spdx.org/rdf/3.0.1/spdx-context.jsonld");
    sr_doc_open_array(&d, "@graph");
    put_creation(&d, l);
    put_document(&d, l);
    put_agents(&d, l);
    put_package(&d, l);
    put_licences(&d, l);
    put_files(&d, l);
    put_parents(&d, l);
    sr_doc_close_array(&d);
    sr_doc_close_object(&d);
    return d.status;
}
