/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/doc.h"
#include "artifact/report.h"
#include "build_config.h"

/* source  docs/formats/inspection-report.md */
#define SCHEMA "strongroom-inspection/1"

static void put_finding(struct sr_doc *d, const struct sr_report_finding *f)
{
    const struct sr_rule_info *rule = sr_rule_info(f->rule);
    sr_doc_open_object(d, NULL);
    sr_doc_text(d, "rule", rule->id);
    sr_doc_text(d, "verdict", sr_verdict_name(rule->verdict));
    sr_doc_text(d, "severity", sr_severity_name(rule->severity));
    sr_doc_number(d, "offset", f->offset);
    sr_doc_number(d, "length", f->length);
    sr_doc_text(d, "member", f->member);
    sr_doc_text(d, "evidence", f->evidence);
    sr_doc_text(d, "happens", rule->happens);
    sr_doc_text(d, "instead", rule->instead);
    sr_doc_text(d, "cwe", rule->cwe);
    sr_doc_text(d, "cve", rule->cve);
    sr_doc_close_object(d);
}

static void put_globals(struct sr_doc *d, const struct sr_report_file *file)
{
    sr_doc_open_array(d, "globals");
    for (size_t i = 0; i < file->global_count; i++) {
        sr_doc_open_object(d, NULL);
        sr_doc_text(d, "module", file->globals[i].module);
        sr_doc_text(d, "name", file->globals[i].name);
        sr_doc_text(d, "role", file->globals[i].role);
        sr_doc_close_object(d);
    }
    sr_doc_close_array(d);
}

static void put_facts(struct sr_doc *d, const struct sr_report_file *file)
{
    sr_doc_open_array(d, "facts");
    for (size_t i = 0; i < file->fact_count; i++) {
        sr_doc_open_object(d, NULL);
        sr_doc_text(d, "key", sr_fact_word(file->facts[i].key));
        sr_doc_text(d, "value", file->facts[i].value);
        sr_doc_close_object(d);
    }
    sr_doc_close_array(d);
}

static void put_file(struct sr_doc *d, const struct sr_report_file *file)
{
    sr_doc_open_object(d, NULL);
    sr_doc_text(d, "path", file->path);
    sr_doc_text(d, "verdict", sr_verdict_name(file->verdict));
    sr_doc_text(d, "format", file->format);
    sr_doc_number(d, "bytes", file->bytes);
    sr_doc_number(d, "covered", file->covered);
    if (file->has_sha256) {
        sr_doc_hex(d, "sha256", sr_bytes(file->sha256, SR_SHA256_BYTES));
    } else {
        sr_doc_null(d, "sha256");
    }
    sr_doc_open_array(d, "findings");
    for (size_t i = 0; i < file->finding_count; i++) {
        put_finding(d, &file->findings[i]);
    }
    sr_doc_close_array(d);
    put_globals(d, file);
    put_facts(d, file);
    sr_doc_close_object(d);
}

enum sr_status sr_report_json(const struct sr_report *r, struct sr_json_writer *w)
{
    struct sr_doc d = {.w = *w, .status = SR_OK};
    uint8_t ruleset[SR_SHA256_BYTES];
    sr_report_ruleset(ruleset);
    sr_doc_open_object(&d, NULL);
    sr_doc_text(&d, "schema", SCHEMA);
    sr_doc_text(&d, "version", SR_VERSION);
    sr_doc_hex(&d, "ruleset", sr_bytes(ruleset, sizeof ruleset));
    sr_doc_text(&d, "profile", sr_profile_name(sr_report_profile(r)));
    sr_doc_text(&d, "verdict", sr_verdict_name(sr_report_verdict(r)));
    sr_doc_open_array(&d, "files");
    for (size_t i = 0; i < sr_report_count(r) && d.status == SR_OK; i++) {
        struct sr_report_file file = sr_report_at(r, i);
        put_file(&d, &file);
    }
    sr_doc_close_array(&d);
    sr_doc_close_object(&d);
    *w = d.w;
    return d.status;
}
