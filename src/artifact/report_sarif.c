/* SPDX-License-Identifier: Apache-2.0 */
/* source  Static Analysis Results Interchange Format (SARIF) 2.1.0, OASIS Standard, 2020 */
#include <stdio.h>
#include <string.h>

#include "artifact/doc.h"
#include "artifact/report.h"
#include "base/limits.h"
#include "base/text.h"
#include "build_config.h"

#define SARIF_SCHEMA                                                                               \
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

/* { "text": value } */
static void message(struct sr_doc *s, const char *name, const char *value)
{
    sr_doc_open_object(s, name);
    sr_doc_text(s, "text", value);
    sr_doc_close_object(s);
}

/* A path as a relative reference: RFC 3986, unreserved characters and '/' stand for themselves. */
static void uri(struct sr_doc *s, const char *path)
{
    static const char HEX[] = "0123456789ABCDEF";
    static const char PLAIN[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
    char out[3 * (SR_LIMIT_PATH_BYTES + 1) + 1];
    size_t at = 0;
    for (; *path != '\0' && at + 4 < sizeof out; path++) {
        uint8_t c = (uint8_t)*path;
        if (strchr(PLAIN, c) != NULL) {
            out[at++] = (char)c;
            continue;
        }
        out[at++] = '%';
        out[at++] = HEX[c >> 4];
        out[at++] = HEX[c & 15];
    }
    out[at] = '\0';
    sr_doc_text(s, "uri", out);
}

/* GitHub and others sort by this number. source  SARIF support for code scanning, properties */
static const char *score(enum sr_severity severity)
{
    static const char *const SCORES[] = {"0.0", "3.0", "5.5", "8.0", "9.5"};
    return SCORES[severity];
}

static void put_rule(struct sr_doc *s, const struct sr_rule_info *rule)
{
    sr_doc_open_object(s, NULL);
    sr_doc_text(s, "id", rule->id);
    message(s, "shortDescription", rule->happens);
    message(s, "help", rule->instead);
    sr_doc_open_object(s, "properties");
    sr_doc_text(s, "security-severity", score(rule->severity));
    sr_doc_open_array(s, "tags");
    sr_doc_text(s, NULL, "security");
    if (rule->cwe[0] != '\0') {
        sr_doc_text(s, NULL, rule->cwe);
    }
    if (rule->cve[0] != '\0') {
        sr_doc_text(s, NULL, rule->cve);
    }
    sr_doc_close_array(s);
    sr_doc_close_object(s);
    sr_doc_close_object(s);
}

static void put_driver(struct sr_doc *s)
{
    char hex[2 * SR_SHA256_BYTES + 1];
    uint8_t ruleset[SR_SHA256_BYTES];
    sr_report_ruleset(ruleset);
    sr_text_hex(sr_bytes(ruleset, sizeof ruleset), hex);
    sr_doc_open_object(s, "tool");
    sr_doc_open_object(s, "driver");
    sr_doc_text(s, "name", "strongroom");
    sr_doc_text(s, "version", SR_VERSION);
    sr_doc_open_array(s, "rules");
    for (unsigned i = 0; i < SR_RULE_COUNT; i++) {
        put_rule(s, sr_rule_info((enum sr_rule)i));
    }
    sr_doc_close_array(s);
    sr_doc_open_object(s, "properties");
    sr_doc_text(s, "ruleset", hex);
    sr_doc_close_object(s);
    sr_doc_close_object(s);
    sr_doc_close_object(s);
}

/* source  section 3.27.9 (kind) and 3.27.10 (level: "none" unless kind is "fail") */
static void put_kind(struct sr_doc *s, const struct sr_rule_info *rule)
{
    static const char *const KINDS[SR_VERDICT_COUNT] = {"informational", "review", "open", "fail"};
    sr_doc_text(s, "kind", KINDS[rule->verdict]);
    sr_doc_text(s, "level", rule->verdict == SR_VERDICT_BLOCK ? "error" : "none");
}

/* Where: the file, and in it either bytes, or a member whose bytes have offsets of their own. */
static void put_location(struct sr_doc *s, const struct sr_report_file *file, size_t file_index,
                         const struct sr_report_finding *finding)
{
    sr_doc_open_array(s, "locations");
    sr_doc_open_object(s, NULL);
    sr_doc_open_object(s, "physicalLocation");
    sr_doc_open_object(s, "artifactLocation");
    uri(s, file->path);
    sr_doc_number(s, "index", file_index);
    sr_doc_close_object(s);
    if (finding->member[0] == '\0') {
        sr_doc_open_object(s, "region");
        sr_doc_number(s, "byteOffset", finding->offset);
        sr_doc_number(s, "byteLength", finding->length);
        sr_doc_close_object(s);
    }
    sr_doc_close_object(s);
    if (finding->member[0] != '\0') {
        sr_doc_open_array(s, "logicalLocations");
        sr_doc_open_object(s, NULL);
        sr_doc_text(s, "fullyQualifiedName", finding->member);
        sr_doc_text(s, "kind", "member");
        sr_doc_open_object(s, "properties");
        sr_doc_number(s, "byteOffset", finding->offset);
        sr_doc_number(s, "byteLength", finding->length);
        sr_doc_close_object(s);
        sr_doc_close_object(s);
        sr_doc_close_array(s);
    }
    sr_doc_close_object(s);
    sr_doc_close_array(s);
}

/* What stays the same when the file is inspected again: digest of the bytes, rule, place. */
static void put_fingerprint(struct sr_doc *s, const struct sr_report_file *file,
                            const struct sr_report_finding *finding)
{
    char hex[2 * SR_SHA256_BYTES + 1] = "";
    char out[sizeof hex + 128];
    if (file->has_sha256) {
        sr_text_hex(sr_bytes(file->sha256, SR_SHA256_BYTES), hex);
    }
    (void)snprintf(out, sizeof out, "%s/%s/%llu", hex, sr_rule_info(finding->rule)->id,
                   (unsigned long long)finding->offset);
    sr_doc_open_object(s, "partialFingerprints");
    sr_doc_text(s, "fileRuleOffset/v1", out);
    sr_doc_close_object(s);
}

static void put_result(struct sr_doc *s, const struct sr_report_file *file, size_t file_index,
                       const struct sr_report_finding *finding)
{
    const struct sr_rule_info *rule = sr_rule_info(finding->rule);
    char line[SR_EVIDENCE_BYTES + 512];
    (void)snprintf(line, sizeof line, "%s%s%s", rule->happens,
                   finding->evidence[0] != '\0' ? ": " : "", finding->evidence);
    sr_doc_open_object(s, NULL);
    sr_doc_text(s, "ruleId", rule->id);
    sr_doc_number(s, "ruleIndex", (uint64_t)finding->rule);
    put_kind(s, rule);
    message(s, "message", line);
    put_location(s, file, file_index, finding);
    put_fingerprint(s, file, finding);
    sr_doc_close_object(s);
}

static void put_artifact(struct sr_doc *s, const struct sr_report_file *file)
{
    sr_doc_open_object(s, NULL);
    sr_doc_open_object(s, "location");
    uri(s, file->path);
    sr_doc_close_object(s);
    sr_doc_number(s, "length", file->bytes);
    if (file->has_sha256) {
        char hex[2 * SR_SHA256_BYTES + 1];
        sr_text_hex(sr_bytes(file->sha256, SR_SHA256_BYTES), hex);
        sr_doc_open_object(s, "hashes");
        sr_doc_text(s, "sha-256", hex);
        sr_doc_close_object(s);
    }
    sr_doc_open_object(s, "properties");
    sr_doc_text(s, "verdict", sr_verdict_name(file->verdict));
    sr_doc_text(s, "format", file->format);
    sr_doc_number(s, "covered", file->covered);
    sr_doc_close_object(s);
    sr_doc_close_object(s);
}

static void put_files(struct sr_doc *s, const struct sr_report *r)
{
    sr_doc_open_array(s, "artifacts");
    for (size_t i = 0; i < sr_report_count(r) && s->status == SR_OK; i++) {
        struct sr_report_file file = sr_report_at(r, i);
        put_artifact(s, &file);
    }
    sr_doc_close_array(s);
    sr_doc_open_array(s, "results");
    for (size_t i = 0; i < sr_report_count(r) && s->status == SR_OK; i++) {
        struct sr_report_file file = sr_report_at(r, i);
        for (size_t j = 0; j < file.finding_count; j++) {
            put_result(s, &file, i, &file.findings[j]);
        }
    }
    sr_doc_close_array(s);
}

enum sr_status sr_report_sarif(const struct sr_report *r, struct sr_buf *out)
{
    struct sr_doc s = sr_doc(out);
    enum sr_status ends = sr_report_status(r, NULL);
    sr_doc_open_object(&s, NULL);
    sr_doc_text(&s, "$schema", SARIF_SCHEMA);
    sr_doc_text(&s, "version", "2.1.0");
    sr_doc_open_array(&s, "runs");
    sr_doc_open_object(&s, NULL);
    put_driver(&s);
    sr_doc_open_array(&s, "invocations");
    sr_doc_open_object(&s, NULL);
    sr_doc_boolean(&s, "executionSuccessful", true);
    sr_doc_number(&s, "exitCode", (uint64_t)sr_status_info(ends)->exit_code);
    sr_doc_close_object(&s);
    sr_doc_close_array(&s);
    put_files(&s, r);
    sr_doc_open_object(&s, "properties");
    sr_doc_text(&s, "verdict", sr_verdict_name(sr_report_verdict(r)));
    sr_doc_close_object(&s);
    sr_doc_close_object(&s);
    sr_doc_close_array(&s);
    sr_doc_close_object(&s);
    return s.status;
}
