/* SPDX-License-Identifier: Apache-2.0 */
/* The decision is a function of what it is given: what fits is allowed, all else is refused with a
 * status and a reason. */
#include "custody/decide.h"

#include <string.h>

#include "tests/check.h"

static struct sr_catalog_version version = {
    .id = {{1}}, .name = "llama", .number = 1, .state = SR_VERSION_SEALED, .file_count = 2};

static struct sr_facts facts(void)
{
    return (struct sr_facts){.has_version = true, .version = &version, .files_sealed = 2};
}

static struct sr_deed act(enum sr_deed_verb verb)
{
    struct sr_deed a = {.verb = verb, .actor = "owner", .time_utc_ms = 1, .version = version.id};
    if (verb == SR_DEED_EXPORT) {
        a.export.to = "/tmp/x";
    } else if (verb == SR_DEED_READ) {
        a.read.file = "config.json";
    } else if (verb == SR_DEED_USE) {
        a.use.at = "/models/llama";
    } else if (verb == SR_DEED_ROTATE) {
        a.rotate.epoch = 2;
    } else if (verb == SR_DEED_DEPOSIT) {
        static const struct sr_deed_inspection passed = {.verdict = SR_VERDICT_PASS};
        a.deposit.inspection = &passed;
        static const struct sr_deed_document lineage = {.name = "lineage.json"};
        a.deposit.documents = &lineage;
        a.deposit.document_count = 1;
        a.deposit.tier = 1;
    }
    return a;
}

static enum sr_status decide(const struct sr_facts *f, const struct sr_deed *a)
{
    struct sr_decision d = sr_decide(f, a, 5);
    CHECK((d.ruling == SR_RULING_ALLOW) == (d.status == SR_OK));
    CHECK((d.ruling == SR_RULING_ALLOW) == (d.reason[0] == '\0'));
    return d.status;
}

static void allows_what_fits(void)
{
    struct sr_facts f = facts();
    for (unsigned verb = 0; verb < SR_DEED_COUNT; verb++) {
        struct sr_deed a = act((enum sr_deed_verb)verb);
        version.state = verb == SR_DEED_DEPOSIT ? SR_VERSION_STAGED : SR_VERSION_SEALED;
        CHECK(decide(&f, &a) == SR_OK);
    }
    version.state = SR_VERSION_SEALED;
}

static void needs_a_version_in_the_right_state(void)
{
    struct sr_facts f = facts();
    struct sr_deed deposit = act(SR_DEED_DEPOSIT);
    struct sr_deed export = act(SR_DEED_EXPORT);
    CHECK(decide(&f, &deposit) == SR_CONFLICT);
    version.state = SR_VERSION_STAGED;
    CHECK(decide(&f, &export) == SR_CONFLICT);
    f.files_sealed = 1;
    CHECK(decide(&f, &deposit) == SR_CONFLICT);
    version.state = SR_VERSION_SEALED;
    f.has_version = false;
    CHECK(decide(&f, &export) == SR_NOT_FOUND);
    CHECK(decide(&f, &deposit) == SR_NOT_FOUND);
}

static void needs_plain_fields(void)
{
    struct sr_facts f = facts();
    struct sr_deed a = act(SR_DEED_EXPORT);
    a.export.to = "/tmp/\n";
    CHECK(decide(&f, &a) == SR_MALFORMED);
    a.export.to = "/tmp/\xff";
    CHECK(decide(&f, &a) == SR_MALFORMED);
    a.export.to = "";
    CHECK(decide(&f, &a) == SR_MALFORMED);
    a.export.to = NULL;
    CHECK(decide(&f, &a) == SR_MALFORMED);
    a = act(SR_DEED_READ);
    a.read.tensor = "\x1b[2J";
    CHECK(decide(&f, &a) == SR_MALFORMED);
    a = act(SR_DEED_ROTATE);
    a.rotate.epoch = 1;
    CHECK(decide(&f, &a) == SR_MALFORMED);
    a = act(SR_DEED_USE);
    a.time_utc_ms = 0;
    CHECK(decide(&f, &a) == SR_MALFORMED);
}

static void limits_parents(void)
{
    struct sr_facts f = facts();
    struct sr_id parents[SR_DEED_PARENTS_MAX + 1] = {{{9}}};
    struct sr_deed a = act(SR_DEED_DEPOSIT);
    version.state = SR_VERSION_STAGED;
    a.deposit.parents = parents;
    a.deposit.parent_count = SR_DEED_PARENTS_MAX;
    CHECK(decide(&f, &a) == SR_OK);
    a.deposit.parent_count++;
    CHECK(decide(&f, &a) == SR_MALFORMED);
    a.deposit.parent_count = 1;
    parents[0] = version.id;
    CHECK(decide(&f, &a) == SR_MALFORMED);
    version.state = SR_VERSION_SEALED;
}

static void admits_what_was_inspected(void)
{
    struct sr_facts f = facts();
    struct sr_deed a = act(SR_DEED_DEPOSIT);
    struct sr_deed_inspection inspection = {.verdict = SR_VERDICT_PASS};
    version.state = SR_VERSION_STAGED;
    a.deposit.inspection = NULL;
    CHECK(decide(&f, &a) == SR_DENIED);
    a.deposit.inspection = &inspection;
    CHECK(decide(&f, &a) == SR_OK);
    inspection.reason[0] = 'x';
    CHECK(decide(&f, &a) == SR_MALFORMED);
    inspection.verdict = SR_VERDICT_REVIEW;
    CHECK(decide(&f, &a) == SR_OK);
    inspection.reason[0] = '\n';
    CHECK(decide(&f, &a) == SR_DENIED);
    inspection.reason[0] = '\0';
    CHECK(decide(&f, &a) == SR_DENIED);
    /* Whatever the reason. */
    inspection.reason[0] = 'x';
    inspection.verdict = SR_VERDICT_BLOCK;
    CHECK(decide(&f, &a) == SR_DENIED);
    inspection.verdict = SR_VERDICT_UNPARSABLE;
    CHECK(decide(&f, &a) == SR_DENIED);
    version.state = SR_VERSION_SEALED;
}

static void knows_an_actor(void)
{
    char longest[SR_ROOM_ACTOR_BYTES_MAX + 2];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    CHECK(!sr_decide_is_actor(longest));
    CHECK(sr_decide_is_actor(longest + 1));
    CHECK(sr_decide_is_actor("J\xc3\xb6rg@host"));
    CHECK(!sr_decide_is_actor(""));
    CHECK(!sr_decide_is_actor("a\tb"));
    CHECK(!sr_decide_is_actor("a\x7f"));
    CHECK(!sr_decide_is_actor("a\xc2\x9b"));
    CHECK(!sr_decide_is_actor("a\xc3"));
    struct sr_facts f = facts();
    struct sr_deed a = act(SR_DEED_USE);
    a.actor = "a\tb";
    CHECK(decide(&f, &a) == SR_MALFORMED);
}

static void admits_no_tier_below_a_parent(void)
{
    struct sr_facts f = facts();
    struct sr_deed a = act(SR_DEED_DEPOSIT);
    version.state = SR_VERSION_STAGED;
    f.parent_tier = 3;
    memcpy(f.parent, "base@2", sizeof "base@2");
    a.deposit.tier = 2;
    struct sr_decision d = sr_decide(&f, &a, 5);
    CHECK(d.status == SR_DENIED);
    CHECK(strcmp(d.reason, "tier 2 is below tier 3 of 'base@2', its parent") == 0);
    a.deposit.tier = 3;
    CHECK(decide(&f, &a) == SR_OK);
    a.deposit.tier = 5;
    CHECK(decide(&f, &a) == SR_OK);
    a.deposit.tier = 6;
    CHECK(decide(&f, &a) == SR_MALFORMED);
    a.deposit.tier = 0;
    CHECK(decide(&f, &a) == SR_DENIED);
    a.deposit.tier = 3;
    a.deposit.document_count = 0;
    CHECK(decide(&f, &a) == SR_DENIED);
    version.state = SR_VERSION_SEALED;
}

int main(void)
{
    RUN(allows_what_fits);
    RUN(needs_a_version_in_the_right_state);
    RUN(needs_plain_fields);
    RUN(limits_parents);
    RUN(admits_what_was_inspected);
    RUN(admits_no_tier_below_a_parent);
    RUN(knows_an_actor);
    return check_done();
}
