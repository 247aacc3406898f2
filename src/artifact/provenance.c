/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/provenance.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "formats/json.h"

#define DEPTH_MAX 32
#define STATEMENT_TYPE "https://in-toto.io/Statement/v1"
#define PREDICATE_TYPE "https://slsa.dev/provenance/v1"

void sr_provenance_free(struct sr_provenance *p)
{
    if (p != NULL) {
        free(p->subjects);
        free(p->inputs);
        free(p);
    }
}

/* The member of that kind; a failure names it. */
static enum sr_status member(struct sr_json_value object, const char *key, enum sr_json_kind kind,
                             struct sr_json_value *out, struct sr_err *err)
{
    struct sr_json_value value = {0};
    if (sr_json_kind(object) != SR_JSON_OBJECT || !sr_json_find(object, key, &value) ||
        sr_json_kind(value) != kind) {
        return sr_fail(err, SR_MALFORMED, "provenance: '%s' is missing or of another kind", key);
    }
    *out = value;
    return SR_OK;
}

static enum sr_status expect(struct sr_json_value object, const char *key, const char *text,
                             struct sr_err *err)
{
    struct sr_json_value value = {0};
    SR_TRY(member(object, key, SR_JSON_STRING, &value, err));
    if (!sr_text_equal(sr_json_string(value), sr_text_view(text))) {
        return sr_fail(err, SR_MALFORMED, "provenance: '%s' is not '%s'", key, text);
    }
    return SR_OK;
}

static enum sr_status copy_text(struct sr_json_value object, const char *key,
                                char out[SR_PROVENANCE_TEXT_BYTES], struct sr_err *err)
{
    struct sr_json_value value = {0};
    SR_TRY(member(object, key, SR_JSON_STRING, &value, err));
    struct sr_bytes text = sr_json_string(value);
    if (text.len >= SR_PROVENANCE_TEXT_BYTES) {
        return sr_fail(err, SR_TOO_LARGE, "provenance: '%s' is over %d bytes", key,
                       SR_PROVENANCE_TEXT_BYTES - 1);
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < 0x20 || text.ptr[i] > 0x7e) {
            return sr_fail(err, SR_MALFORMED, "provenance: '%s' is not plain ASCII", key);
        }
    }
    memcpy(out, text.ptr, text.len);
    out[text.len] = '\0';
    return SR_OK;
}

/* The SHA-256 in the "digest" of a resource descriptor; false when it has none. */
static bool sha256_of(struct sr_json_value resource, uint8_t out[SR_SHA256_BYTES])
{
    struct sr_json_value digest;
    struct sr_json_value hex;
    return sr_json_kind(resource) == SR_JSON_OBJECT && sr_json_find(resource, "digest", &digest) &&
           sr_json_kind(digest) == SR_JSON_OBJECT && sr_json_find(digest, "sha256", &hex) &&
           sr_json_kind(hex) == SR_JSON_STRING &&
           sr_text_unhex(sr_json_string(hex), out, SR_SHA256_BYTES) == SR_OK;
}

/* The digests of an array of resource descriptors. is_strict: each has to have one. */
static enum sr_status read_digests(struct sr_json_value array, const char *key, size_t max,
                                   bool is_strict, uint8_t (**out)[SR_SHA256_BYTES],
                                   size_t *out_count, struct sr_err *err)
{
    size_t count = sr_json_count(array);
    if (count > max) {
        return sr_fail(err, SR_TOO_LARGE, "provenance: over %zu entries in '%s'", max, key);
    }
    uint8_t(*digests)[SR_SHA256_BYTES] = calloc(count + 1, sizeof *digests);
    if (digests == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for provenance");
    }
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        bool has = sha256_of(sr_json_at(array, i), digests[at]);
        if (!has && is_strict) {
            free(digests);
            return sr_fail(err, SR_MALFORMED, "provenance: '%s' entry %zu has no SHA-256", key, i);
        }
        at += has;
    }
    *out = digests;
    *out_count = at;
    return SR_OK;
}

static enum sr_status read_definition(struct sr_json_value predicate, struct sr_provenance *p,
                                      struct sr_err *err)
{
    struct sr_json_value definition = {0};
    struct sr_json_value inputs = {0};
    SR_TRY(member(predicate, "buildDefinition", SR_JSON_OBJECT, &definition, err));
    SR_TRY(copy_text(definition, "buildType", p->build_type, err));
    size_t prefix = strlen(SR_PROVENANCE_STEP_PREFIX);
    if (strncmp(p->build_type, SR_PROVENANCE_STEP_PREFIX, prefix) == 0 &&
        !sr_step_by_name(p->build_type + prefix, &p->step)) {
        return sr_fail(err, SR_MALFORMED, "provenance: 'buildType' names no step");
    }
    if (!sr_json_find(definition, "resolvedDependencies", &inputs)) {
        return SR_OK; /* optional; then nothing is said to have gone in */
    }
    SR_TRY(member(definition, "resolvedDependencies", SR_JSON_ARRAY, &inputs, err));
    return read_digests(inputs, "resolvedDependencies", SR_PROVENANCE_INPUTS_MAX, false, &p->inputs,
                        &p->input_count, err);
}

static enum sr_status read_statement(struct sr_json_value root, struct sr_provenance *p,
                                     struct sr_err *err)
{
    struct sr_json_value subjects = {0};
    struct sr_json_value predicate = {0};
    struct sr_json_value details = {0};
    struct sr_json_value builder = {0};
    SR_TRY(expect(root, "_type", STATEMENT_TYPE, err));
    SR_TRY(expect(root, "predicateType", PREDICATE_TYPE, err));
    SR_TRY(member(root, "subject", SR_JSON_ARRAY, &subjects, err));
    if (sr_json_count(subjects) == 0) {
        return sr_fail(err, SR_MALFORMED, "provenance: 'subject' is empty");
    }
    SR_TRY(read_digests(subjects, "subject", SR_PROVENANCE_SUBJECTS_MAX, true, &p->subjects,
                        &p->subject_count, err));
    SR_TRY(member(root, "predicate", SR_JSON_OBJECT, &predicate, err));
    SR_TRY(read_definition(predicate, p, err));
    SR_TRY(member(predicate, "runDetails", SR_JSON_OBJECT, &details, err));
    SR_TRY(member(details, "builder", SR_JSON_OBJECT, &builder, err));
    return copy_text(builder, "id", p->builder, err);
}

enum sr_status sr_provenance_decode(struct sr_bytes statement, struct sr_provenance **out,
                                    struct sr_err *err)
{
    SR_AUTO(sr_json) json = NULL;
    if (statement.len > SR_PROVENANCE_BYTES_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "provenance: over %zu bytes", SR_PROVENANCE_BYTES_MAX);
    }
    enum sr_status status = sr_json_decode(statement, DEPTH_MAX, &json, err);
    if (status != SR_OK) {
        return sr_context(err, status, "provenance");
    }
    SR_AUTO(sr_provenance) p = calloc(1, sizeof *p);
    if (p == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for provenance");
    }
    SR_TRY(read_statement(sr_json_root(json), p, err));
    *out = SR_TAKE(p);
    return SR_OK;
}

static bool has(const uint8_t (*digests)[SR_SHA256_BYTES], size_t count, const uint8_t *sha256)
{
    for (size_t i = 0; i < count; i++) {
        if (memcmp(digests[i], sha256, SR_SHA256_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

bool sr_provenance_is_about(const struct sr_provenance *p, const uint8_t sha256[SR_SHA256_BYTES])
{
    return has((const uint8_t(*)[SR_SHA256_BYTES])p->subjects, p->subject_count, sha256);
}

bool sr_provenance_has_input(const struct sr_provenance *p, const uint8_t sha256[SR_SHA256_BYTES])
{
    return has((const uint8_t(*)[SR_SHA256_BYTES])p->inputs, p->input_count, sha256);
}
