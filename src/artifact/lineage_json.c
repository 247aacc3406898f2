/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/lineage_json.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "artifact/doc.h"
#include "base/text.h"

#define FORMAT 1
#define DEPTH_MAX 4
#define MEMBERS 11

void sr_lineage_record_clear(struct sr_lineage_record *r)
{
    free(r->facts);
    *r = (struct sr_lineage_record){0};
}

enum sr_status sr_lineage_record_add(struct sr_lineage_record *r, enum sr_fact_key key,
                                     const char *value)
{
    assert((unsigned)key < SR_FACT_COUNT);
    if (r->fact_count == SR_LINEAGE_FACTS_MAX) {
        return SR_TOO_LARGE;
    }
    struct sr_lineage_fact *facts = reallocarray(r->facts, r->fact_count + 1, sizeof *facts);
    if (facts == NULL) {
        return SR_NO_MEMORY;
    }
    r->facts = facts;
    struct sr_lineage_fact *fact = &facts[r->fact_count++];
    fact->key = key;
    (void)snprintf(fact->value, sizeof fact->value, "%s", value);
    return SR_OK;
}

const char *sr_lineage_record_find(const struct sr_lineage_record *r, enum sr_fact_key key)
{
    for (size_t i = 0; i < r->fact_count; i++) {
        if (r->facts[i].key == key) {
            return r->facts[i].value;
        }
    }
    return "";
}

enum sr_status sr_lineage_encode(const struct sr_lineage_record *r, struct sr_buf *out)
{
    struct sr_doc d = sr_doc(out);
    sr_doc_open_object(&d, NULL);
    sr_doc_text(&d, "builder", r->builder);
    sr_doc_text(&d, "builder_key", r->builder_key);
    sr_doc_open_array(&d, "facts");
    for (size_t i = 0; i < r->fact_count; i++) {
        sr_doc_open_array(&d, NULL);
        sr_doc_text(&d, NULL, sr_fact_word(r->facts[i].key));
        sr_doc_text(&d, NULL, r->facts[i].value);
        sr_doc_close_array(&d);
    }
    sr_doc_close_array(&d);
    sr_doc_number(&d, "format", FORMAT);
    sr_doc_open_array(&d, "outside_parents");
    for (size_t i = 0; i < r->outside_count; i++) {
        sr_doc_hex(&d, NULL, sr_bytes(r->outside[i], SR_SHA256_BYTES));
    }
    sr_doc_close_array(&d);
    sr_doc_text(&d, "profile", sr_profile_name(r->profile));
    sr_doc_text(&d, "reason", r->reason);
    sr_doc_hex(&d, "ruleset", sr_bytes(r->ruleset, SR_SHA256_BYTES));
    sr_doc_text(&d, "step", sr_step_name(r->step));
    sr_doc_number(&d, "tier", r->tier);
    sr_doc_text(&d, "verdict", sr_verdict_name(r->verdict));
    sr_doc_close_object(&d);
    return d.status;
}

/* The word that name gives for one of count values; false when text is none of them. */
static bool word(struct sr_bytes text, unsigned count, const char *(*name)(unsigned), unsigned *out)
{
    for (unsigned i = 0; i < count; i++) {
        if (sr_text_equal(text, sr_text_view(name(i)))) {
            *out = i;
            return true;
        }
    }
    return false;
}

static const char *name_of_step(unsigned i)
{
    return sr_step_name((enum sr_step)i);
}

static const char *name_of_verdict(unsigned i)
{
    return sr_verdict_name((enum sr_verdict)i);
}

static const char *name_of_profile(unsigned i)
{
    return sr_profile_name((enum sr_profile)i);
}

static const char *name_of_fact(unsigned i)
{
    return sr_fact_word((enum sr_fact_key)i);
}

static bool get_string(struct sr_json_value object, const char *key, struct sr_bytes *out)
{
    struct sr_json_value value;
    if (!sr_json_find(object, key, &value) || sr_json_kind(value) != SR_JSON_STRING) {
        return false;
    }
    *out = sr_json_string(value);
    return true;
}

/* Printable ASCII that, with a NUL, fits out. */
static bool copy_plain(struct sr_bytes text, char *out, size_t out_bytes)
{
    if (text.len >= out_bytes) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < 0x20 || text.ptr[i] > 0x7e) {
            return false;
        }
    }
    memcpy(out, text.ptr, text.len);
    out[text.len] = '\0';
    return true;
}

static bool get_texts(struct sr_json_value root, struct sr_lineage_record *r)
{
    struct sr_bytes builder;
    struct sr_bytes key;
    struct sr_bytes reason;
    struct sr_bytes ruleset;
    return get_string(root, "builder", &builder) &&
           copy_plain(builder, r->builder, sizeof r->builder) &&
           get_string(root, "builder_key", &key) &&
           copy_plain(key, r->builder_key, sizeof r->builder_key) &&
           get_string(root, "reason", &reason) && copy_plain(reason, r->reason, sizeof r->reason) &&
           get_string(root, "ruleset", &ruleset) &&
           sr_text_unhex(ruleset, r->ruleset, SR_SHA256_BYTES) == SR_OK;
}

static bool get_words(struct sr_json_value root, struct sr_lineage_record *r)
{
    struct sr_bytes step;
    struct sr_bytes verdict;
    struct sr_bytes profile;
    unsigned index[3];
    if (!get_string(root, "step", &step) || !get_string(root, "verdict", &verdict) ||
        !get_string(root, "profile", &profile) ||
        !word(step, SR_STEP_COUNT, name_of_step, &index[0]) ||
        !word(verdict, SR_VERDICT_COUNT, name_of_verdict, &index[1]) ||
        !word(profile, SR_PROFILE_COUNT, name_of_profile, &index[2])) {
        return false;
    }
    r->step = (enum sr_step)index[0];
    r->verdict = (enum sr_verdict)index[1];
    r->profile = (enum sr_profile)index[2];
    return true;
}

static bool get_numbers(struct sr_json_value root, struct sr_lineage_record *r)
{
    struct sr_json_value format;
    struct sr_json_value tier;
    if (!sr_json_find(root, "format", &format) || sr_json_kind(format) != SR_JSON_INTEGER ||
        sr_json_integer(format) != FORMAT || !sr_json_find(root, "tier", &tier) ||
        sr_json_kind(tier) != SR_JSON_INTEGER || sr_json_integer(tier) < SR_LINEAGE_TIER_MIN ||
        sr_json_integer(tier) > SR_LINEAGE_TIER_MAX) {
        return false;
    }
    r->tier = (unsigned)sr_json_integer(tier);
    return true;
}

static bool get_outside(struct sr_json_value root, struct sr_lineage_record *r)
{
    struct sr_json_value array;
    if (!sr_json_find(root, "outside_parents", &array) || sr_json_kind(array) != SR_JSON_ARRAY ||
        sr_json_count(array) > SR_LINEAGE_OUTSIDE_MAX) {
        return false;
    }
    for (size_t i = 0; i < sr_json_count(array); i++) {
        struct sr_json_value hex = sr_json_at(array, i);
        if (sr_json_kind(hex) != SR_JSON_STRING ||
            sr_text_unhex(sr_json_string(hex), r->outside[i], SR_SHA256_BYTES) != SR_OK) {
            return false;
        }
    }
    r->outside_count = sr_json_count(array);
    return true;
}

static bool get_fact(struct sr_json_value pair, struct sr_lineage_fact *out)
{
    unsigned key = 0;
    if (sr_json_kind(pair) != SR_JSON_ARRAY || sr_json_count(pair) != 2 ||
        sr_json_kind(sr_json_at(pair, 0)) != SR_JSON_STRING ||
        sr_json_kind(sr_json_at(pair, 1)) != SR_JSON_STRING ||
        !word(sr_json_string(sr_json_at(pair, 0)), SR_FACT_COUNT, name_of_fact, &key)) {
        return false;
    }
    out->key = (enum sr_fact_key)key;
    return copy_plain(sr_json_string(sr_json_at(pair, 1)), out->value, sizeof out->value);
}

/* errors  CORRUPT, NO_MEMORY */
static enum sr_status get_facts(struct sr_json_value root, struct sr_lineage_record *r)
{
    struct sr_json_value array;
    if (!sr_json_find(root, "facts", &array) || sr_json_kind(array) != SR_JSON_ARRAY ||
        sr_json_count(array) > SR_LINEAGE_FACTS_MAX) {
        return SR_CORRUPT;
    }
    r->facts = calloc(sr_json_count(array) + 1, sizeof *r->facts);
    if (r->facts == NULL) {
        return SR_NO_MEMORY;
    }
    for (size_t i = 0; i < sr_json_count(array); i++) {
        if (!get_fact(sr_json_at(array, i), &r->facts[r->fact_count++])) {
            return SR_CORRUPT;
        }
    }
    return SR_OK;
}

enum sr_status sr_lineage_decode(struct sr_bytes text, struct sr_lineage_record *out,
                                 struct sr_err *err)
{
    SR_AUTO(sr_json) json = NULL;
    enum sr_status status = sr_json_decode(text, DEPTH_MAX, &json, err);
    if (status != SR_OK) {
        return sr_context(err, status == SR_NO_MEMORY ? status : SR_CORRUPT, "a lineage");
    }
    struct sr_json_value root = sr_json_root(json);
    struct sr_lineage_record r = {0};
    status = SR_CORRUPT;
    if (sr_json_kind(root) == SR_JSON_OBJECT && sr_json_count(root) == MEMBERS &&
        get_numbers(root, &r) && get_words(root, &r) && get_texts(root, &r) &&
        get_outside(root, &r)) {
        status = get_facts(root, &r);
    }
    if (status != SR_OK) {
        sr_lineage_record_clear(&r);
        return sr_fail(err, status, "the lineage of a version is not one");
    }
    *out = r;
    return SR_OK;
}
