/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/quantity.h"
#include "policy/say.h"

enum sr_status sr_say(struct sr_buf *out, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return sr_buf_append(out, sr_text_view(text));
}

enum sr_status sr_say_duration(struct sr_buf *out, int64_t ms)
{
    char text[SR_QUANTITY_TEXT_BYTES];
    if (ms == SR_POLICY_NO_LIMIT) {
        return sr_say(out, "no limit");
    }
    if (ms == 0) {
        return sr_say(out, "none");
    }
    sr_quantity_put_duration(ms, text);
    return sr_say(out, "%s", text);
}

enum sr_status sr_say_size(struct sr_buf *out, uint64_t bytes)
{
    static const struct {
        uint64_t factor;
        const char *name;
    } UNITS[] = {
        {UINT64_C(1) << 40, "TiB"},   {UINT64_C(1000000000000), "TB"}, {UINT64_C(1) << 30, "GiB"},
        {UINT64_C(1000000000), "GB"}, {UINT64_C(1) << 20, "MiB"},      {UINT64_C(1000000), "MB"},
        {UINT64_C(1) << 10, "KiB"},   {UINT64_C(1000), "KB"},          {UINT64_C(1), "B"},
    };
    size_t i = 0;
    if (bytes == SR_POLICY_NO_LIMIT) {
        return sr_say(out, "no limit");
    }
    while (bytes % UNITS[i].factor != 0 || bytes == 0) {
        i++;
        if (UNITS[i].factor == 1) {
            break;
        }
    }
    return sr_say(out, "%" PRIu64 "%s", bytes / UNITS[i].factor, UNITS[i].name);
}

enum sr_status sr_say_needs(struct sr_buf *out, const struct sr_policy *p,
                            const struct sr_policy_rule *rule)
{
    if (rule->needs == 0) {
        return sr_say(out, "nobody's approval");
    }
    for (size_t i = 0; i < rule->needs; i++) {
        SR_TRY(sr_say(out, "%s%u of %s", i > 0 ? " and " : "", rule->need[i].count,
                      p->role[rule->need[i].role]));
    }
    return SR_OK;
}

enum sr_status sr_say_by(struct sr_buf *out, const struct sr_policy *p,
                         const struct sr_policy_rule *rule)
{
    if (rule->by_unlocked) {
        return sr_say(out, "whoever unlocked the room");
    }
    if (rule->by_anyone) {
        return sr_say(out, "anyone");
    }
    for (size_t i = 0; i < rule->by.count; i++) {
        SR_TRY(sr_say(out, "%s%s", i > 0 ? " or " : "", p->role[rule->by.index[i]]));
    }
    return SR_OK;
}

/* "mon-fri", "mon,wed": runs of days. */
static enum sr_status say_days(struct sr_buf *out, unsigned days)
{
    static const char *const DAY[7] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    const char *between = "";
    for (unsigned i = 0; i < 7; i++) {
        if ((days >> i & 1) == 0) {
            continue;
        }
        unsigned last = i;
        while (last < 6 && (days >> (last + 1) & 1) != 0) {
            last++;
        }
        SR_TRY(last > i ? sr_say(out, "%s%s-%s", between, DAY[i], DAY[last])
                        : sr_say(out, "%s%s", between, DAY[i]));
        between = " ";
        i = last;
    }
    return SR_OK;
}

enum sr_status sr_say_hours(struct sr_buf *out, const struct sr_policy_rule *rule)
{
    unsigned to = rule->minute_to > 0 ? rule->minute_to : 24 * 60;
    if (rule->days == 0x7f && rule->minute_from == rule->minute_to) {
        return sr_say(out, "at any hour");
    }
    SR_TRY(say_days(out, rule->days));
    return sr_say(out, " %02u:%02u-%02u:%02u UTC", rule->minute_from / 60, rule->minute_from % 60,
                  to / 60, to % 60);
}

enum sr_status sr_say_types(struct sr_buf *out, unsigned types)
{
    const char *between = "";
    for (enum sr_principal_type type = 0; type < SR_PRINCIPAL_TYPE_COUNT; type++) {
        if ((types & SR_POLICY_TYPE_BIT(type)) != 0) {
            SR_TRY(sr_say(out, "%s%s", between, sr_principal_type_word(type)));
            between = ", ";
        }
    }
    return SR_OK;
}

enum sr_status sr_say_required(struct sr_buf *out, const struct sr_policy_rule *rule)
{
    const struct {
        bool is;
        const char *word;
    } terms[] = {
        {rule->needs_reason, "reason"},
        {rule->needs_ticket, "ticket"},
        {rule->needs_host, "host"},
        {rule->needs_workload, "workload"},
        {rule->needs_hardware, "hardware-key"},
        {rule->needs_verification, "verification"},
    };
    const char *between = "";
    for (size_t i = 0; i < sizeof terms / sizeof terms[0]; i++) {
        if (terms[i].is) {
            SR_TRY(sr_say(out, "%s%s", between, terms[i].word));
            between = ", ";
        }
    }
    return SR_OK;
}

enum sr_status sr_say_names(struct sr_buf *out, const char (*names)[SR_POLICY_NAME_BYTES],
                            size_t count)
{
    for (size_t i = 0; i < count; i++) {
        SR_TRY(sr_say(out, "%s%s", i > 0 ? ", " : "", names[i]));
    }
    return SR_OK;
}

/* What is limited in amount; nothing for SR_POLICY_NO_LIMIT. */
static enum sr_status say_quotas(struct sr_buf *out, const struct sr_policy_rule *rule)
{
    if (rule->bytes_max != SR_POLICY_NO_LIMIT) {
        SR_TRY(sr_say(out, "; at most "));
        SR_TRY(sr_say_size(out, rule->bytes_max));
    }
    if (rule->files_max != SR_POLICY_NO_LIMIT) {
        SR_TRY(sr_say(out, "; at most %" PRIu64 " files", rule->files_max));
    }
    if (rule->copies_max != SR_POLICY_NO_LIMIT) {
        SR_TRY(sr_say(out, "; at most %" PRIu64 " copies", rule->copies_max));
    }
    if (rule->uses_max != SR_POLICY_NO_LIMIT) {
        SR_TRY(sr_say(out, "; at most %" PRIu64 " uses", rule->uses_max));
    }
    return SR_OK;
}

static enum sr_status say_time(struct sr_buf *out, const char *what, int64_t ms, int64_t unsaid)
{
    if (ms == unsaid) {
        return SR_OK;
    }
    SR_TRY(sr_say(out, "; %s ", what));
    return sr_say_duration(out, ms);
}

static enum sr_status say_times(struct sr_buf *out, const struct sr_policy_rule *rule)
{
    SR_TRY(say_time(out, "for at most", rule->lasts_ms_max, SR_POLICY_NO_LIMIT));
    SR_TRY(say_time(out, "request expires after", rule->request_ms_max, SR_POLICY_NO_LIMIT));
    SR_TRY(say_time(out, "approvals expire after", rule->approval_ms_max, SR_POLICY_NO_LIMIT));
    SR_TRY(say_time(out, "wait", rule->wait_ms, 0));
    if (rule->days != 0x7f || rule->minute_from != rule->minute_to) {
        SR_TRY(sr_say(out, "; "));
        SR_TRY(sr_say_hours(out, rule));
    }
    return SR_OK;
}

static enum sr_status say_people(struct sr_buf *out, const struct sr_policy_rule *rule)
{
    unsigned usual = SR_POLICY_TYPE_BIT(SR_PRINCIPAL_HUMAN) |
                     SR_POLICY_TYPE_BIT(SR_PRINCIPAL_SERVICE) |
                     SR_POLICY_TYPE_BIT(SR_PRINCIPAL_WORKLOAD);
    if (rule->types != usual) {
        SR_TRY(sr_say(out, " ("));
        SR_TRY(sr_say_types(out, rule->types));
        SR_TRY(sr_say(out, ")"));
    }
    if (rule->attributes > 0) {
        SR_TRY(sr_say(out, " with "));
        SR_TRY(sr_say_names(out, rule->attribute, rule->attributes));
    }
    return SR_OK;
}

static enum sr_status say_reviews(struct sr_buf *out, const struct sr_policy *p,
                                  const struct sr_policy_rule *rule)
{
    if (rule->needs > 0) {
        SR_TRY(sr_say(out, "; needs "));
        SR_TRY(sr_say_needs(out, p, rule));
        SR_TRY(sr_say(out, ", not the requester"));
    }
    if (rule->reviewer_attributes > 0) {
        SR_TRY(sr_say(out, ", each with "));
        SR_TRY(sr_say_names(out, rule->reviewer_attribute, rule->reviewer_attributes));
    }
    if (rule->needs_reason || rule->needs_ticket || rule->needs_host || rule->needs_workload ||
        rule->needs_hardware) {
        SR_TRY(sr_say(out, "; requires "));
        SR_TRY(sr_say_required(out, rule));
    }
    return SR_OK;
}

enum sr_status sr_policy_rule_describe(const struct sr_policy *p, const struct sr_policy_rule *rule,
                                       struct sr_buf *out)
{
    if (rule->forbids) {
        return sr_say(out, "forbidden");
    }
    SR_TRY(sr_say(out, "by "));
    SR_TRY(sr_say_by(out, p, rule));
    if (!rule->by_unlocked) {
        SR_TRY(say_people(out, rule));
    }
    SR_TRY(say_reviews(out, p, rule));
    SR_TRY(say_times(out, rule));
    SR_TRY(say_quotas(out, rule));
    if (rule->witnesses > 0) {
        SR_TRY(sr_say(out, "; %u witness%s within ", rule->witnesses,
                      rule->witnesses > 1 ? "es" : ""));
        SR_TRY(sr_say_duration(out, rule->witness_ms_max));
    }
    return SR_OK;
}
