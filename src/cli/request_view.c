/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/request_view.h"

#include <stdio.h>
#include <string.h>

#include "acts/describe.h"
#include "cli/fields.h"
#include "cli/human.h"
#include "cli/screen.h"

#define ID_DIGITS (SR_REQUEST_VIEW_ID_BYTES - 1)
#define ID_DIGITS_MIN 6
#define DIGEST_DIGITS (2 * (size_t)SR_SHA256_BYTES)

void sr_request_view_id(const uint8_t digest[SR_SHA256_BYTES], char out[SR_REQUEST_VIEW_ID_BYTES])
{
    sr_text_hex(sr_bytes(digest, ID_DIGITS / 2), out);
}

static bool is_digits(const char *text)
{
    size_t len = strlen(text);
    return len >= ID_DIGITS_MIN && len <= DIGEST_DIGITS && strspn(text, "0123456789abcdef") == len;
}

enum sr_status sr_request_view_find(const struct sr_state *s, const char *text,
                                    const struct sr_request **out, struct sr_err *err)
{
    if (!is_digits(text)) {
        return sr_fail(err, SR_USAGE,
                       "a request is named by its digest or the first digits of it, %d at least",
                       ID_DIGITS_MIN);
    }
    const struct sr_request *found = NULL;
    for (size_t i = 0; i < sr_state_request_count(s); i++) {
        const struct sr_request *request = sr_state_request_at(s, i);
        char digits[DIGEST_DIGITS + 1];
        sr_text_hex(sr_bytes(request->digest, SR_SHA256_BYTES), digits);
        if (strncmp(digits, text, strlen(text)) != 0) {
            continue;
        }
        if (found != NULL) {
            return sr_fail(err, SR_CONFLICT, "more than one request begins with '%s'", text);
        }
        found = request;
    }
    if (found == NULL) {
        return sr_fail(err, SR_NOT_FOUND,
                       "no request begins with '%s'; 'strongroom grants --all' lists them", text);
    }
    *out = found;
    return SR_OK;
}

void sr_request_view_until(const struct sr_standing *standing, char out[SR_HUMAN_BYTES])
{
    out[0] = '\0';
    if (standing->until_utc_ms > 0 && standing->until_utc_ms < INT64_MAX) {
        sr_human_time(standing->until_utc_ms, out);
    }
}

#define WHAT_PART_BYTES ((size_t)120) /* of each of the two: both and a space fit */

void sr_request_view_what(const struct sr_request *request, char out[SR_REQUEST_VIEW_WHAT_BYTES])
{
    const struct sr_act *act = sr_act_text_view(request->act);
    struct sr_bytes what = act->field[SR_FIELD_what].text;
    struct sr_bytes subject = act->subjects[0].name;
    size_t what_len = what.len < WHAT_PART_BYTES ? what.len : WHAT_PART_BYTES;
    size_t subject_len = subject.len < WHAT_PART_BYTES ? subject.len : WHAT_PART_BYTES;
    (void)snprintf(out, SR_REQUEST_VIEW_WHAT_BYTES, "%.*s %.*s", (int)what_len,
                   (const char *)what.ptr, (int)subject_len, (const char *)subject.ptr);
}

/* For people. */

static void show_needs(const struct sr_policy *policy, const struct sr_standing *standing)
{
    const struct sr_policy_rule *rule = standing->rule;
    if (rule == NULL) {
        return;
    }
    sr_screen_line("  %-15s %s, line %u of the policy", "rule", rule->name, rule->line);
    for (size_t i = 0; i < rule->needs; i++) {
        sr_screen_line("  %-15s %u of %u %s", i == 0 ? "approvals" : "", standing->have[i],
                       rule->need[i].count, policy->role[rule->need[i].role]);
    }
}

static void show_reviews(const struct sr_request *request)
{
    for (size_t i = 0; i < request->reviews; i++) {
        const struct sr_review *review = &request->review[i];
        char when[SR_HUMAN_BYTES];
        sr_human_time(review->time_utc_ms, when);
        sr_screen_line("  %-15s %s %s%s, %s", i == 0 ? "reviews" : "", review->reviewer,
                       review->approves ? "approved" : "denied",
                       review->is_withdrawn  ? ", then took it back"
                       : review->is_hardware ? " with a hardware key"
                                             : "",
                       when);
    }
}

static bool is_asked(const struct sr_policy *policy, const struct sr_policy_rule *rule,
                     const struct sr_principal *who)
{
    for (size_t i = 0; i < rule->needs; i++) {
        for (size_t j = 0; j < who->roles; j++) {
            if (strcmp(who->role[j], policy->role[rule->need[i].role]) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* Everybody whose approval the rule would have asked for, and who was not asked. */
static void show_skipped(const struct sr_state *s, const struct sr_request *request,
                         const struct sr_standing *standing)
{
    bool is_first = true;
    if (!request->is_break_glass || standing->rule == NULL) {
        return;
    }
    for (size_t i = 0; i < sr_state_principal_count(s); i++) {
        const struct sr_principal *who = sr_state_principal_at(s, i);
        if (who->type == SR_PRINCIPAL_HUMAN && who->left_utc_ms == 0 &&
            strcmp(who->person, request->person) != 0 &&
            is_asked(sr_state_policy(s), standing->rule, who)) {
            sr_screen_line("  %-15s %s", is_first ? "not asked" : "", who->name);
            is_first = false;
        }
    }
}

static void show_standing(const struct sr_state *s, const struct sr_request *request,
                          const struct sr_moment *moment)
{
    struct sr_standing standing = sr_policy_standing(s, request, moment);
    char until[SR_HUMAN_BYTES];
    sr_request_view_until(&standing, until);
    bool is_open = until[0] != '\0' &&
                   (standing.state == SR_REQUEST_PENDING || standing.state == SR_REQUEST_WAITING ||
                    standing.state == SR_REQUEST_GRANTED);
    sr_screen_line("  %-15s %s%s%s%s%s", "state", sr_request_state_word(standing.state),
                   standing.detail[0] == '\0' ? "" : ": ", standing.detail,
                   is_open ? ", until " : "", is_open ? until : "");
    show_needs(sr_state_policy(s), &standing);
    show_skipped(s, request, &standing);
    show_reviews(request);
}

/* What the requester has already: who asks often for a little may have a lot. */
static void show_holdings(const struct sr_state *s, const struct sr_request *request,
                          const struct sr_moment *moment)
{
    const struct sr_act *asked = sr_act_text_view(request->act);
    bool has_any = false;
    for (size_t i = 0; i < sr_state_request_count(s); i++) {
        const struct sr_request *other = sr_state_request_at(s, i);
        const struct sr_act *act = sr_act_text_view(other->act);
        if (other == request || !sr_text_equal(act->actor, asked->actor)) {
            continue;
        }
        struct sr_standing standing = sr_policy_standing(s, other, moment);
        if (standing.state != SR_REQUEST_GRANTED) {
            continue;
        }
        char what[SR_REQUEST_VIEW_WHAT_BYTES];
        char until[SR_HUMAN_BYTES];
        sr_request_view_what(other, what);
        sr_request_view_until(&standing, until);
        sr_screen_line("  %-15s %s%s%s", has_any ? "" : "holds", what,
                       until[0] == '\0' ? "" : ", until ", until);
        has_any = true;
    }
    if (!has_any) {
        sr_screen_line("  %-15s nothing else now", "holds");
    }
}

static void show_verdict(const struct sr_state *s, const struct sr_request *request,
                         const struct sr_principal *who, const struct sr_moment *moment)
{
    if (who == NULL) {
        return;
    }
    enum sr_reason reason = sr_policy_may_review(s, request, who, moment);
    if (reason == SR_REASON_NONE) {
        sr_screen_line("  %-15s as '%s' you may approve or deny this", "you", who->name);
    } else {
        sr_screen_line("  %-15s as '%s' you cannot review this: %s", "you", who->name,
                       sr_reason_text(reason));
    }
}

enum sr_status sr_request_view_page(const struct sr_cli *cli, const struct sr_state *s,
                                    const struct sr_request *request,
                                    const struct sr_principal *who, const struct sr_moment *moment,
                                    struct sr_err *err)
{
    char id[SR_REQUEST_VIEW_ID_BYTES];
    char heading[sizeof "request " + SR_REQUEST_VIEW_ID_BYTES];
    char digits[DIGEST_DIGITS + 1];
    uint8_t digest[SR_SHA256_BYTES];
    SR_AUTO(sr_buf) text = NULL;
    SR_TRY(sr_buf_new((size_t)1 << 18, &text));
    SR_TRY(sr_act_describe(sr_act_text_view(request->act), text));
    SR_TRY(sr_sha256_once(sr_act_text_statement(request->act), digest));
    sr_request_view_id(digest, id);
    (void)snprintf(heading, sizeof heading, "request %s", id);
    sr_screen_heading(cli, heading);
    sr_screen_lines(sr_buf_view(text), 2);
    show_standing(s, request, moment);
    show_holdings(s, request, moment);
    show_verdict(s, request, who, moment);
    sr_text_hex(sr_bytes(digest, sizeof digest), digits);
    sr_screen_line("  %-15s %s", "digest", digits);
    (void)err;
    return SR_OK;
}

/* As JSON. */

static enum sr_status put_text(struct sr_json_writer *w, const struct sr_act *act, const char *key,
                               enum sr_act_field field)
{
    return sr_act_has(act, field) ? sr_fields_bytes(w, key, act->field[field].text)
                                  : sr_fields_null(w, key);
}

static enum sr_status put_number(struct sr_json_writer *w, const struct sr_act *act,
                                 const char *key, enum sr_act_field field)
{
    return sr_act_has(act, field) ? sr_fields_u64(w, key, act->field[field].number)
                                  : sr_fields_null(w, key);
}

static enum sr_status put_asked(struct sr_json_writer *w, const struct sr_request *request)
{
    const struct sr_act *act = sr_act_text_view(request->act);
    SR_TRY(sr_fields_hex(w, "request", sr_bytes(request->digest, SR_SHA256_BYTES)));
    SR_TRY(sr_fields_bytes(w, "what", act->field[SR_FIELD_what].text));
    SR_TRY(sr_fields_bytes(w, "subject", act->subjects[0].name));
    SR_TRY(sr_fields_bytes(w, "requester", act->actor));
    SR_TRY(put_text(w, act, "why", SR_FIELD_reason));
    SR_TRY(put_text(w, act, "ticket", SR_FIELD_ticket));
    SR_TRY(put_text(w, act, "host", SR_FIELD_host));
    SR_TRY(put_text(w, act, "workload", SR_FIELD_workload));
    SR_TRY(put_number(w, act, "lasts_ms", SR_FIELD_lasts_ms));
    SR_TRY(put_number(w, act, "bytes", SR_FIELD_bytes));
    SR_TRY(sr_fields_u64(w, "bytes_served", request->bytes_served));
    SR_TRY(sr_fields_u64(w, "uses", request->uses));
    SR_TRY(sr_fields_bool(w, "break_glass", request->is_break_glass));
    return sr_fields_time(w, "made", request->time_utc_ms);
}

static enum sr_status put_needs(struct sr_json_writer *w, const struct sr_policy *policy,
                                const struct sr_standing *standing)
{
    size_t needs = standing->rule == NULL ? 0 : standing->rule->needs;
    SR_TRY(standing->rule == NULL ? sr_fields_null(w, "rule")
                                  : sr_fields_text(w, "rule", standing->rule->name));
    SR_TRY(sr_fields_array(w, "needs"));
    for (size_t i = 0; i < needs; i++) {
        const struct sr_policy_need *need = &standing->rule->need[i];
        SR_TRY(sr_json_open_object(w));
        SR_TRY(sr_fields_text(w, "role", policy->role[need->role]));
        SR_TRY(sr_fields_u64(w, "count", need->count));
        SR_TRY(sr_fields_u64(w, "have", standing->have[i]));
        SR_TRY(sr_json_close_object(w));
    }
    return sr_json_close_array(w);
}

static enum sr_status put_review(struct sr_json_writer *w, const struct sr_review *review)
{
    SR_TRY(sr_json_open_object(w));
    SR_TRY(sr_fields_text(w, "reviewer", review->reviewer));
    SR_TRY(sr_fields_bool(w, "approves", review->approves));
    SR_TRY(sr_fields_bool(w, "withdrawn", review->is_withdrawn));
    SR_TRY(sr_fields_bool(w, "hardware_key", review->is_hardware));
    SR_TRY(sr_fields_time(w, "at", review->time_utc_ms));
    return sr_json_close_object(w);
}

enum sr_status sr_request_view_put(struct sr_json_writer *w, const struct sr_state *s,
                                   const struct sr_request *request, const struct sr_moment *moment)
{
    struct sr_standing standing = sr_policy_standing(s, request, moment);
    SR_TRY(put_asked(w, request));
    SR_TRY(sr_fields_text(w, "state", sr_request_state_word(standing.state)));
    SR_TRY(standing.until_utc_ms == 0 || standing.until_utc_ms == INT64_MAX
               ? sr_fields_null(w, "until")
               : sr_fields_time(w, "until", standing.until_utc_ms));
    SR_TRY(put_needs(w, sr_state_policy(s), &standing));
    SR_TRY(sr_fields_array(w, "reviews"));
    for (size_t i = 0; i < request->reviews; i++) {
        SR_TRY(put_review(w, &request->review[i]));
    }
    return sr_json_close_array(w);
}
