/* SPDX-License-Identifier: Apache-2.0 */
#include "acts/roster.h"

#include "acts/act.h"

static bool is_word(struct sr_bytes text, const char *stops)
{
    for (size_t i = 0; i < text.len; i++) {
        for (const char *stop = stops; *stop != '\0'; stop++) {
            if (text.ptr[i] == (uint8_t)*stop) {
                return false;
            }
        }
    }
    return text.len > 0 && sr_text_is_plain(text);
}

static enum sr_status check(const struct sr_roster *line, struct sr_err *err)
{
    if (!is_word(line->name, " ") || line->name.len > SR_ACT_ACTOR_BYTES_MAX) {
        return sr_fail(err, SR_MALFORMED, "roster: not a name of 1 to %d bytes",
                       SR_ACT_ACTOR_BYTES_MAX);
    }
    if (line->roles < 1 || line->roles > SR_ROSTER_ROLES_MAX) {
        return sr_fail(err, SR_MALFORMED, "roster: %zu roles, not 1 to %d", line->roles,
                       SR_ROSTER_ROLES_MAX);
    }
    for (size_t i = 0; i < line->roles; i++) {
        if (!is_word(line->role[i], " ,")) {
            return sr_fail(err, SR_MALFORMED, "roster: role %zu is not a word", i + 1);
        }
        for (size_t j = 0; j < i; j++) {
            if (sr_text_equal(line->role[i], line->role[j])) {
                return sr_fail(err, SR_MALFORMED, "roster: role %zu is there twice", i + 1);
            }
        }
    }
    return is_word(line->key, "") ? SR_OK : sr_fail(err, SR_MALFORMED, "roster: no key");
}

/* Take what is before the first stop from *rest, and the stop; all of it when there is none. */
static struct sr_bytes take(struct sr_bytes *rest, char stop)
{
    size_t len = 0;
    while (len < rest->len && rest->ptr[len] != (uint8_t)stop) {
        len++;
    }
    struct sr_bytes taken = sr_bytes(rest->ptr, len);
    size_t used = len < rest->len ? len + 1 : len;
    *rest = sr_bytes(rest->ptr + used, rest->len - used);
    return taken;
}

enum sr_status sr_roster_parse(struct sr_bytes text, struct sr_roster *out, struct sr_err *err)
{
    struct sr_roster line = {0};
    if (text.len < 1 || text.len > SR_ACT_ITEM_BYTES_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "roster: a line of %zu bytes, not 1 to %d", text.len,
                       SR_ACT_ITEM_BYTES_MAX);
    }
    line.name = take(&text, ' ');
    struct sr_bytes roles = take(&text, ' ');
    line.key = text;
    /* A comma at the end would be an empty role that take() does not see. */
    bool has_more = roles.len > 0;
    while (has_more && line.roles < SR_ROSTER_ROLES_MAX) {
        struct sr_bytes before = roles;
        line.role[line.roles] = take(&roles, ',');
        has_more = line.role[line.roles].len < before.len;
        line.roles++;
    }
    if (has_more) {
        return sr_fail(err, SR_MALFORMED, "roster: over %d roles", SR_ROSTER_ROLES_MAX);
    }
    SR_TRY(check(&line, err));
    *out = line;
    return SR_OK;
}

enum sr_status sr_roster_put(const struct sr_roster *line, struct sr_buf *out)
{
    SR_AUTO(sr_buf) text = NULL;
    SR_TRY(check(line, NULL));
    SR_TRY(sr_buf_new(SR_ACT_ITEM_BYTES_MAX, &text));
    SR_TRY(sr_buf_append(text, line->name));
    for (size_t i = 0; i < line->roles; i++) {
        SR_TRY(sr_buf_append(text, sr_text_view(i == 0 ? " " : ",")));
        SR_TRY(sr_buf_append(text, line->role[i]));
    }
    SR_TRY(sr_buf_append(text, sr_text_view(" ")));
    SR_TRY(sr_buf_append(text, line->key));
    return sr_buf_append(out, sr_buf_view(text));
}
