/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/founding.h"

#include <string.h>
#include <unistd.h>

#include "acts/key.h"
#include "acts/roster.h"
#include "cli/input.h"
#include "policy/policy.h"

#define PEOPLE_MAX (sizeof((struct sr_founding *)0)->lines / sizeof(struct sr_bytes))
#define LINE_BYTES_MAX 2048
#define KEY_FILE_BYTES_MAX 16384
#define OPTION "--officer NAME=KEYFILE[:ROLE,...]"

void sr_founding_clear(struct sr_founding *f)
{
    sr_buf_free(f->roster);
    sr_buf_free(f->policy);
}

/* The roles behind the last ':', which no path has behind it that holds '/'; without: officer. */
static struct sr_bytes split_roles(struct sr_bytes *path)
{
    const uint8_t *colon = memrchr(path->ptr, ':', path->len);
    if (colon == NULL) {
        return sr_text_view("officer");
    }
    size_t before = (size_t)(colon - path->ptr);
    struct sr_bytes roles = sr_bytes(colon + 1, path->len - before - 1);
    if (memchr(roles.ptr, '/', roles.len) != NULL) {
        return sr_text_view("officer");
    }
    path->len = before;
    return roles;
}

static enum sr_status take_roles(struct sr_bytes text, struct sr_roster *out, struct sr_err *err)
{
    while (text.len > 0) {
        const uint8_t *comma = memchr(text.ptr, ',', text.len);
        size_t len = comma == NULL ? text.len : (size_t)(comma - text.ptr);
        if (out->roles == SR_ROSTER_ROLES_MAX) {
            return sr_fail(err, SR_USAGE, "'%s': too many roles", OPTION);
        }
        out->role[out->roles++] = sr_bytes(text.ptr, len);
        text =
            len == text.len ? sr_bytes(NULL, 0) : sr_bytes(text.ptr + len + 1, text.len - len - 1);
    }
    return SR_OK;
}

static enum sr_status read_key(struct sr_bytes path, struct sr_act_key **out, struct sr_err *err)
{
    char name[4096];
    SR_AUTO(sr_buf) text = NULL;
    if (path.len == 0 || path.len >= sizeof name) {
        return sr_fail(err, SR_USAGE, "'%s': no file of a key", OPTION);
    }
    memcpy(name, path.ptr, path.len);
    name[path.len] = '\0';
    SR_TRY(sr_buf_new(KEY_FILE_BYTES_MAX, &text));
    SR_TRY(sr_input_file(name, text, err));
    enum sr_status status = sr_act_key_parse(sr_buf_view(text), out, err);
    return status == SR_OK ? SR_OK : sr_context(err, status, "'%s'", name);
}

/* One person: a line of the roster. */
static enum sr_status add(struct sr_founding *f, const char *given, struct sr_err *err)
{
    SR_AUTO(sr_act_key) key = NULL;
    struct sr_roster line = {0};
    const char *equals = strchr(given, '=');
    if (equals == NULL) {
        return sr_fail(err, SR_USAGE, "'%s' is not %s", given, OPTION);
    }
    struct sr_bytes path = sr_text_view(equals + 1);
    struct sr_bytes roles = split_roles(&path);
    line.name = sr_bytes(given, (size_t)(equals - given));
    SR_TRY(take_roles(roles, &line, err));
    SR_TRY(read_key(path, &key, err));
    line.key = sr_text_view(sr_act_key_line(key));
    enum sr_status status = sr_roster_put(&line, f->roster);
    return status == SR_OK ? SR_OK
                           : sr_fail(err, status, "'%.*s': not a name, or roles, of people",
                                     (int)line.name.len, given);
}

static enum sr_status read_people(const struct sr_args *args, struct sr_founding *f,
                                  struct sr_err *err)
{
    size_t ends[PEOPLE_MAX + 1] = {0};
    size_t count = sr_args_count(args, "officer");
    if (count > PEOPLE_MAX) {
        return sr_fail(err, SR_USAGE, "at most %zu people; others are enrolled afterwards",
                       PEOPLE_MAX);
    }
    SR_TRY(sr_buf_new(PEOPLE_MAX * LINE_BYTES_MAX, &f->roster));
    for (size_t i = 0; i < count; i++) {
        SR_TRY(add(f, sr_args_value_at(args, "officer", i), err));
        ends[i + 1] = sr_buf_view(f->roster).len;
    }
    for (size_t i = 0; i < count; i++) {
        f->lines[i] = sr_bytes(sr_buf_view(f->roster).ptr + ends[i], ends[i + 1] - ends[i]);
    }
    f->room.roster = f->lines;
    f->room.roster_count = count;
    return SR_OK;
}

static enum sr_status read_policy(const struct sr_args *args, struct sr_founding *f,
                                  struct sr_err *err)
{
    const char *given = sr_args_value(args, "policy");
    const char *name = given != NULL ? given : f->room.roster_count > 0 ? "tier-3" : "local";
    if (sr_policy_builtin(name, &f->room.policy) == SR_OK) {
        return SR_OK;
    }
    if (strchr(name, '/') == NULL && access(name, F_OK) != 0) {
        return sr_fail(err, SR_NOT_FOUND,
                       "'%s' is neither a file nor a built-in policy: local, tier-1 to tier-5",
                       name);
    }
    SR_TRY(sr_buf_new(SR_POLICY_BYTES_MAX, &f->policy));
    SR_TRY(sr_input_file(name, f->policy, err));
    f->room.policy = sr_buf_view(f->policy);
    return SR_OK;
}

enum sr_status sr_founding_read(const struct sr_args *args, struct sr_founding *out,
                                struct sr_err *err)
{
    out->room.organisation = sr_args_value(args, "organisation");
    SR_TRY(read_people(args, out, err));
    return read_policy(args, out, err);
}
