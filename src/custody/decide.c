/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/decide.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "custody/pedigree.h"

static struct sr_decision allow(void)
{
    return (struct sr_decision){.ruling = SR_RULING_ALLOW, .status = SR_OK};
}

static struct sr_decision deny(enum sr_status status, const char *reason)
{
    struct sr_decision d = {.ruling = SR_RULING_DENY, .status = status};
    (void)snprintf(d.reason, sizeof d.reason, "%s", reason);
    return d;
}

/* Text that goes into the record: there, not over max, UTF-8, nothing that moves a terminal. */
static bool is_plain_text(const char *text, size_t bytes_max)
{
    size_t len = strnlen(text, bytes_max + 1);
    if (len == 0 || len > bytes_max || !sr_text_is_utf8(sr_bytes(text, len))) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        uint8_t c = (uint8_t)text[i];
        /* C1 controls are two bytes in UTF-8: 0xc2 0x80..0x9f. */
        bool is_c1 = c == 0xc2 && (uint8_t)text[i + 1] < 0xa0;
        if (c < 0x20 || c == 0x7f || is_c1) {
            return false;
        }
    }
    return true;
}

bool sr_decide_is_actor(const char *actor)
{
    return is_plain_text(actor, SR_ROOM_ACTOR_BYTES_MAX);
}

bool sr_decide_is_reason(const char *reason)
{
    return is_plain_text(reason, SR_DEED_REASON_BYTES_MAX);
}

static bool is_optional_text(const char *text, size_t bytes_max)
{
    return text == NULL || is_plain_text(text, bytes_max);
}

/* What may come into custody: what passed, and what a person has looked at and answers for. */
static struct sr_decision decide_inspection(const struct sr_deed_inspection *inspection)
{
    if (inspection == NULL) {
        return deny(SR_DENIED, "it was not inspected");
    }
    if (inspection->verdict == SR_VERDICT_PASS) {
        return inspection->reason[0] == '\0'
                   ? allow()
                   : deny(SR_MALFORMED, "what passed inspection needs no reason");
    }
    if (inspection->verdict != SR_VERDICT_REVIEW) {
        return deny(SR_DENIED, "it did not pass inspection");
    }
    return sr_decide_is_reason(inspection->reason)
               ? allow()
               : deny(SR_DENIED, "a file needs review, and no reason was given to accept it");
}

static bool has_document(const struct sr_deed *act, const char *name)
{
    for (size_t i = 0; i < act->deposit.document_count; i++) {
        if (strcmp(act->deposit.documents[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* A derivative is never less protected than what it was made from. */
static struct sr_decision decide_lineage(const struct sr_facts *facts, const struct sr_deed *act)
{
    unsigned tier = act->deposit.tier;
    if (tier == 0 || !has_document(act, SR_PEDIGREE_DOCUMENT)) {
        return deny(SR_DENIED, "it has no lineage");
    }
    if (tier < SR_LINEAGE_TIER_MIN || tier > SR_LINEAGE_TIER_MAX) {
        return deny(SR_MALFORMED, "there is no such tier");
    }
    if (tier >= facts->parent_tier) {
        return decide_inspection(act->deposit.inspection);
    }
    struct sr_decision d = deny(SR_DENIED, "");
    (void)snprintf(d.reason, sizeof d.reason, "tier %u is below tier %u of '%s', its parent", tier,
                   facts->parent_tier, facts->parent);
    return d;
}

static struct sr_decision decide_deposit(const struct sr_facts *facts, const struct sr_deed *act)
{
    const struct sr_catalog_version *v = facts->version;
    if (v->state != SR_VERSION_STAGED) {
        return deny(SR_CONFLICT, "the version is in custody already");
    }
    if (v->file_count == 0 || facts->files_sealed != v->file_count) {
        return deny(SR_CONFLICT, "not all files of the version are sealed");
    }
    if (act->deposit.parent_count > SR_DEED_PARENTS_MAX) {
        return deny(SR_MALFORMED, "the version has too many parents");
    }
    for (size_t i = 0; i < act->deposit.parent_count; i++) {
        if (sr_text_id_equal(&act->deposit.parents[i], &v->id)) {
            return deny(SR_MALFORMED, "a version cannot be its own parent");
        }
    }
    return decide_lineage(facts, act);
}

static struct sr_decision decide_release(const struct sr_facts *facts, const struct sr_deed *act)
{
    if (facts->version->state != SR_VERSION_SEALED) {
        return deny(SR_CONFLICT, "the version is not in custody yet");
    }
    bool fits = false;
    if (act->verb == SR_DEED_EXPORT) {
        fits = act->export.to != NULL && is_plain_text(act->export.to, SR_DEED_TEXT_BYTES_MAX);
    } else if (act->verb == SR_DEED_READ) {
        fits = act->read.file != NULL && is_plain_text(act->read.file, SR_LIMIT_PATH_BYTES) &&
               is_optional_text(act->read.tensor, SR_LIMIT_TENSOR_NAME_BYTES);
    } else {
        fits = act->use.at != NULL && is_plain_text(act->use.at, SR_DEED_TEXT_BYTES_MAX);
    }
    return fits ? allow()
                : deny(SR_MALFORMED, "where it goes is not plain UTF-8 text of a fitting length");
}

struct sr_decision sr_decide(const struct sr_facts *facts, const struct sr_deed *act,
                             int64_t now_utc_ms)
{
    assert(act->actor != NULL);
    (void)now_utc_ms;
    if (!sr_decide_is_actor(act->actor)) {
        return deny(SR_MALFORMED, "the actor is not plain UTF-8 text of 1 to 127 bytes");
    }
    if (act->time_utc_ms <= 0) {
        return deny(SR_MALFORMED, "the act has no time");
    }
    if (act->verb == SR_DEED_INIT) {
        return allow();
    }
    if (act->verb == SR_DEED_ROTATE) {
        return act->rotate.epoch > 1 ? allow() : deny(SR_MALFORMED, "a rotation needs an epoch");
    }
    if (!facts->has_version) {
        return deny(SR_NOT_FOUND, "no such version");
    }
    if (act->verb == SR_DEED_DEPOSIT) {
        return decide_deposit(facts, act);
    }
    return sr_deed_info(act->verb)->releases ? decide_release(facts, act)
                                             : deny(SR_USAGE, "no such verb");
}
