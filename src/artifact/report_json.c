/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "artifact/report.h"
#include "base/text.h"
#include "build_config.h"

/* source  docs/formats/inspection-report.md */
#define SCHEMA "strongroom-inspection/1"

static enum sr_status put_text(struct sr_json_writer *w, const char *key, const char *text)
{
    SR_TRY(sr_json_key(w, key));
    if (sr_text_is_utf8(sr_text_view(text))) {
        return sr_json_put_string(w, sr_text_view(text));
    }
    char quoted[SR_EVIDENCE_BYTES];
    return sr_json_put_string(w, sr_text_view(sr_inspection_quote(sr_text_view(text), quoted)));
}

static enum sr_status put_u64(struct sr_json_writer *w, const char *key, uint64_t value)
{
    SR_TRY(sr_json_key(w, key));
    return sr_json_put_u64(w, value);
}

static enum sr_status put_digest(struct sr_json_writer *w, const char *key,
                                 const uint8_t digest[SR_SHA256_BYTES])
{
    SR_TRY(sr_json_key(w, key));
    return sr_json_put_hex(w, sr_bytes(digest, SR_SHA256_BYTES));
}

static enum sr_status put_finding(struct sr_json_writer *w, const struct sr_report_finding *f)
{
    const struct sr_rule_info *rule = sr_rule_info(f->rule);
    SR_TRY(sr_json_open_object(w));
    SR_TRY(put_text(w, "rule", rule->id));
    SR_TRY(put_text(w, "verdict", sr_verdict_name(rule->verdict)));
    SR_TRY(put_text(w, "severity", sr_severity_name(rule->severity)));
    SR_TRY(put_u64(w, "offset", f->offset));
    SR_TRY(put_u64(w, "length", f->length));
    SR_TRY(put_text(w, "member", f->member));
    SR_TRY(put_text(w, "evidence", f->evidence));
    SR_TRY(put_text(w, "happens", rule->happens));
    SR_TRY(put_text(w, "instead", rule->instead));
    SR_TRY(put_text(w, "cwe", rule->cwe));
    SR_TRY(put_text(w, "cve", rule->cve));
    return sr_json_close_object(w);
}

static enum sr_status put_globals(struct sr_json_writer *w, const struct sr_report_file *file)
{
    SR_TRY(sr_json_key(w, "globals"));
    SR_TRY(sr_json_open_array(w));
    for (size_t i = 0; i < file->global_count; i++) {
        SR_TRY(sr_json_open_object(w));
        SR_TRY(put_text(w, "module", file->globals[i].module));
        SR_TRY(put_text(w, "name", file->globals[i].name));
        SR_TRY(put_text(w, "role", file->globals[i].role));
        SR_TRY(sr_json_close_object(w));
    }
    return sr_json_close_array(w);
}

static enum sr_status put_file(struct sr_json_writer *w, const struct sr_report_file *file)
{
    SR_TRY(sr_json_open_object(w));
    SR_TRY(put_text(w, "path", file->path));
    SR_TRY(put_text(w, "verdict", sr_verdict_name(file->verdict)));
    SR_TRY(put_text(w, "format", file->format));
    SR_TRY(put_u64(w, "bytes", file->bytes));
    SR_TRY(put_u64(w, "covered", file->covered));
    if (file->has_sha256) {
        SR_TRY(put_digest(w, "sha256", file->sha256));
    } else {
        SR_TRY(sr_json_key(w, "sha256"));
        SR_TRY(sr_json_put_null(w));
    }
    SR_TRY(sr_json_key(w, "findings"));
    SR_TRY(sr_json_open_array(w));
    for (size_t i = 0; i < file->finding_count; i++) {
        SR_TRY(put_finding(w, &file->findings[i]));
    }
    SR_TRY(sr_json_close_array(w));
    SR_TRY(put_globals(w, file));
    return sr_json_close_object(w);
}

enum sr_status sr_report_json(const struct sr_report *r, struct sr_json_writer *w)
{
    uint8_t ruleset[SR_SHA256_BYTES];
    sr_report_ruleset(ruleset);
    SR_TRY(sr_json_open_object(w));
    SR_TRY(put_text(w, "schema", SCHEMA));
    SR_TRY(put_text(w, "version", SR_VERSION));
    SR_TRY(put_digest(w, "ruleset", ruleset));
    SR_TRY(put_text(w, "profile", sr_profile_name(sr_report_profile(r))));
    SR_TRY(put_text(w, "verdict", sr_verdict_name(sr_report_verdict(r))));
    SR_TRY(sr_json_key(w, "files"));
    SR_TRY(sr_json_open_array(w));
    for (size_t i = 0; i < sr_report_count(r); i++) {
        struct sr_report_file file = sr_report_at(r, i);
        SR_TRY(put_file(w, &file));
    }
    SR_TRY(sr_json_close_array(w));
    return sr_json_close_object(w);
}
