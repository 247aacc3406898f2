/* SPDX-License-Identifier: Apache-2.0 */
/* source  Static Analysis Results Interchange Format (SARIF) 2.1.0, OASIS Standard, 2020 */
#include <stdio.h>
#include <string.h>

#include "artifact/report.h"
#include "base/limits.h"
#include "base/text.h"
#include "build_config.h"

#define SARIF_SCHEMA                                                                               \
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

/* Members in one call each, so that the shape of the text shows in the code below. */
struct sarif {
    struct sr_json_writer w;
    enum sr_status status; /* the first failure; after it nothing is written */
};

static void note(struct sarif *s, enum sr_status status)
{
    if (s->status == SR_OK) {
        s->status = status;
    }
}

static void key(struct sarif *s, const char *name)
{
    if (s->status == SR_OK && name != NULL) {
        note(s, sr_json_key(&s->w, name));
    }
}

static void open_object(struct sarif *s, const char *name)
{
    key(s, name);
    if (s->status == SR_OK) {
        note(s, sr_json_open_object(&s->w));
    }
}

static void close_object(struct sarif *s)
{
    if (s->status == SR_OK) {
        note(s, sr_json_close_object(&s->w));
    }
}

static void open_array(struct sarif *s, const char *name)
{
    key(s, name);
    if (s->status == SR_OK) {
        note(s, sr_json_open_array(&s->w));
    }
}

static void close_array(struct sarif *s)
{
    if (s->status == SR_OK) {
        note(s, sr_json_close_array(&s->w));
    }
}

static void text(struct sarif *s, const char *name, const char *value)
{
    key(s, name);
    if (s->status == SR_OK) {
        note(s, sr_json_put_string(&s->w, sr_text_view(value)));
    }
}

static void number(struct sarif *s, const char *name, uint64_t value)
{
    key(s, name);
    if (s->status == SR_OK) {
        note(s, sr_json_put_u64(&s->w, value));
    }
}

static void boolean(struct sarif *s, const char *name, bool value)
{
    key(s, name);
    if (s->status == SR_OK) {
        note(s, sr_json_put_bool(&s->w, value));
    }
}

/* { "text": value } */
static void message(struct sarif *s, const char *name, const char *value)
{
    open_object(s, name);
    text(s, "text", value);
    close_object(s);
}

/* A path as a relative reference: RFC 3986, unreserved characters and '/' stand for themselves. */
static void uri(struct sarif *s, const char *path)
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
    text(s, "uri", out);
}

/* GitHub and others sort by this number. source  SARIF support for code scanning, properties */
static const char *score(enum sr_severity severity)
{
    static const char *const SCORES[] = {"0.0", "3.0", "5.5", "8.0", "9.5"};
    return SCORES[severity];
}

static void put_rule(struct sarif *s, const struct sr_rule_info *rule)
{
    open_object(s, NULL);
    text(s, "id", rule->id);
    message(s, "shortDescription", rule->happens);
    message(s, "help", rule->instead);
    open_object(s, "properties");
    text(s, "security-severity", score(rule->severity));
    open_array(s, "tags");
    text(s, NULL, "security");
    if (rule->cwe[0] != '\0') {
        text(s, NULL, rule->cwe);
    }
    if (rule->cve[0] != '\0') {
        text(s, NULL, rule->cve);
    }
    close_array(s);
    close_object(s);
    close_object(s);
}

static void put_driver(struct sarif *s)
{
    char hex[2 * SR_SHA256_BYTES + 1];
    uint8_t ruleset[SR_SHA256_BYTES];
    sr_report_ruleset(ruleset);
    sr_text_hex(sr_bytes(ruleset, sizeof ruleset), hex);
    open_object(s, "tool");
    open_object(s, "driver");
    text(s, "name", "strongroom");
    text(s, "version", SR_VERSION);
    open_array(s, "rules");
    for (unsigned i = 0; i < SR_RULE_COUNT; i++) {
        put_rule(s, sr_rule_info((enum sr_rule)i));
    }
    close_array(s);
    open_object(s, "properties");
    text(s, "ruleset", hex);
    close_object(s);
    close_object(s);
    close_object(s);
}

/* source  section 3.27.9 (kind) and 3.27.10 (level: "none" unless kind is "fail") */
static void put_kind(struct sarif *s, const struct sr_rule_info *rule)
{
    static const char *const KINDS[SR_VERDICT_COUNT] = {"informational", "review", "open", "fail"};
    text(s, "kind", KINDS[rule->verdict]);
    text(s, "level", rule->verdict == SR_VERDICT_BLOCK ? "error" : "none");
}

/* Where: the file, and in it either bytes, or a member whose bytes have offsets of their own. */
static void put_location(struct sarif *s, const struct sr_report_file *file, size_t file_index,
                         const struct sr_report_finding *finding)
{
    open_array(s, "locations");
    open_object(s, NULL);
    open_object(s, "physicalLocation");
    open_object(s, "artifactLocation");
    uri(s, file->path);
    number(s, "index", file_index);
    close_object(s);
    if (finding->member[0] == '\0') {
        open_object(s, "region");
        number(s, "byteOffset", finding->offset);
        number(s, "byteLength", finding->length);
        close_object(s);
    }
    close_object(s);
    if (finding->member[0] != '\0') {
        open_array(s, "logicalLocations");
        open_object(s, NULL);
        text(s, "fullyQualifiedName", finding->member);
        text(s, "kind", "member");
        open_object(s, "properties");
        number(s, "byteOffset", finding->offset);
        number(s, "byteLength", finding->length);
        close_object(s);
        close_object(s);
        close_array(s);
    }
    close_object(s);
    close_array(s);
}

/* What stays the same when the file is inspected again: digest of the bytes, rule, place. */
static void put_fingerprint(struct sarif *s, const struct sr_report_file *file,
                            const struct sr_report_finding *finding)
{
    char hex[2 * SR_SHA256_BYTES + 1] = "";
    char out[sizeof hex + 128];
    if (file->has_sha256) {
        sr_text_hex(sr_bytes(file->sha256, SR_SHA256_BYTES), hex);
    }
    (void)snprintf(out, sizeof out, "%s/%s/%llu", hex, sr_rule_info(finding->rule)->id,
                   (unsigned long long)finding->offset);
    open_object(s, "partialFingerprints");
    text(s, "fileRuleOffset/v1", out);
    close_object(s);
}

static void put_result(struct sarif *s, const struct sr_report_file *file, size_t file_index,
                       const struct sr_report_finding *finding)
{
    const struct sr_rule_info *rule = sr_rule_info(finding->rule);
    char line[SR_EVIDENCE_BYTES + 512];
    (void)snprintf(line, sizeof line, "%s%s%s", rule->happens,
                   finding->evidence[0] != '\0' ? ": " : "", finding->evidence);
    open_object(s, NULL);
    text(s, "ruleId", rule->id);
    number(s, "ruleIndex", (uint64_t)finding->rule);
    put_kind(s, rule);
    message(s, "message", line);
    put_location(s, file, file_index, finding);
    put_fingerprint(s, file, finding);
    close_object(s);
}

static void put_artifact(struct sarif *s, const struct sr_report_file *file)
{
    open_object(s, NULL);
    open_object(s, "location");
    uri(s, file->path);
    close_object(s);
    number(s, "length", file->bytes);
    if (file->has_sha256) {
        char hex[2 * SR_SHA256_BYTES + 1];
        sr_text_hex(sr_bytes(file->sha256, SR_SHA256_BYTES), hex);
        open_object(s, "hashes");
        text(s, "sha-256", hex);
        close_object(s);
    }
    open_object(s, "properties");
    text(s, "verdict", sr_verdict_name(file->verdict));
    text(s, "format", file->format);
    number(s, "covered", file->covered);
    close_object(s);
    close_object(s);
}

static void put_files(struct sarif *s, const struct sr_report *r)
{
    open_array(s, "artifacts");
    for (size_t i = 0; i < sr_report_count(r) && s->status == SR_OK; i++) {
        struct sr_report_file file = sr_report_at(r, i);
        put_artifact(s, &file);
    }
    close_array(s);
    open_array(s, "results");
    for (size_t i = 0; i < sr_report_count(r) && s->status == SR_OK; i++) {
        struct sr_report_file file = sr_report_at(r, i);
        for (size_t j = 0; j < file.finding_count; j++) {
            put_result(s, &file, i, &file.findings[j]);
        }
    }
    close_array(s);
}

enum sr_status sr_report_sarif(const struct sr_report *r, struct sr_buf *out)
{
    struct sarif s = {.w = {.out = out}};
    enum sr_status ends = sr_report_status(r, NULL);
    open_object(&s, NULL);
    text(&s, "$schema", SARIF_SCHEMA);
    text(&s, "version", "2.1.0");
    open_array(&s, "runs");
    open_object(&s, NULL);
    put_driver(&s);
    open_array(&s, "invocations");
    open_object(&s, NULL);
    boolean(&s, "executionSuccessful", true);
    number(&s, "exitCode", (uint64_t)sr_status_info(ends)->exit_code);
    close_object(&s);
    close_array(&s);
    put_files(&s, r);
    open_object(&s, "properties");
    text(&s, "verdict", sr_verdict_name(sr_report_verdict(r)));
    close_object(&s);
    close_object(&s);
    close_array(&s);
    close_object(&s);
    return s.status;
}
