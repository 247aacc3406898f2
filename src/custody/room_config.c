/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/room_config.h"

#include <stdio.h>
#include <string.h>

#include "formats/json.h"

#define FORMAT 1
#define DEPTH_MAX 1

const struct sr_room_config sr_room_config_default = {
    .blobs = "dir:blobs",
    .catalog = "sqlite:catalog.db",
    .keys = "file:keys/root.key",
};

static enum sr_status put(struct sr_json_writer *w, const char *key, const char *uri)
{
    SR_TRY(sr_json_key(w, key));
    return sr_json_put_string(w, sr_text_view(uri));
}

enum sr_status sr_room_config_encode(const struct sr_room_config *config, struct sr_buf *out)
{
    struct sr_json_writer w = {.out = out};
    SR_TRY(sr_json_open_object(&w));
    SR_TRY(put(&w, "blobs", config->blobs));
    SR_TRY(put(&w, "catalog", config->catalog));
    SR_TRY(sr_json_key(&w, "format"));
    SR_TRY(sr_json_put_u64(&w, FORMAT));
    SR_TRY(put(&w, "keys", config->keys));
    SR_TRY(sr_json_close_object(&w));
    return sr_buf_append(out, sr_bytes("\n", 1));
}

static enum sr_status get(struct sr_json_value object, const char *key, char *out,
                          struct sr_err *err)
{
    struct sr_json_value value;
    if (!sr_json_find(object, key, &value) || sr_json_kind(value) != SR_JSON_STRING) {
        return sr_fail(err, SR_CORRUPT, SR_ROOM_CONFIG_FILE ": '%s' is not there", key);
    }
    struct sr_bytes text = sr_json_string(value);
    const uint8_t *colon = text.len == 0 ? NULL : memchr(text.ptr, ':', text.len);
    if (text.len >= SR_ROOM_CONFIG_URI_BYTES || colon == NULL || colon == text.ptr ||
        colon == text.ptr + text.len - 1) {
        return sr_fail(err, SR_CORRUPT, SR_ROOM_CONFIG_FILE ": '%s' is not a URI", key);
    }
    memcpy(out, text.ptr, text.len);
    out[text.len] = '\0';
    return SR_OK;
}

static enum sr_status check_format(struct sr_json_value root, struct sr_err *err)
{
    struct sr_json_value format;
    if (sr_json_kind(root) != SR_JSON_OBJECT || !sr_json_find(root, "format", &format) ||
        sr_json_kind(format) != SR_JSON_INTEGER) {
        return sr_fail(err, SR_CORRUPT, SR_ROOM_CONFIG_FILE ": 'format' is not there");
    }
    if (sr_json_integer(format) != FORMAT) {
        return sr_fail(err, SR_UNSUPPORTED,
                       SR_ROOM_CONFIG_FILE ": format %lld is not known; use a later program",
                       (long long)sr_json_integer(format));
    }
    if (sr_json_count(root) != 4) {
        return sr_fail(err, SR_CORRUPT, SR_ROOM_CONFIG_FILE ": has other members than it may");
    }
    return SR_OK;
}

enum sr_status sr_room_config_decode(struct sr_bytes text, struct sr_room_config *out,
                                     struct sr_err *err)
{
    SR_AUTO(sr_json) json = NULL;
    enum sr_status status = sr_json_decode(text, DEPTH_MAX, &json, err);
    if (status != SR_OK) {
        return sr_context(err, status == SR_NO_MEMORY ? status : SR_CORRUPT, SR_ROOM_CONFIG_FILE);
    }
    struct sr_json_value root = sr_json_root(json);
    struct sr_room_config config = {0};
    SR_TRY(check_format(root, err));
    SR_TRY(get(root, "blobs", config.blobs, err));
    SR_TRY(get(root, "catalog", config.catalog, err));
    SR_TRY(get(root, "keys", config.keys, err));
    *out = config;
    return SR_OK;
}

static bool climbs(const char *path)
{
    for (const char *part = path; part != NULL;) {
        const char *slash = strchr(part, '/');
        size_t len = slash == NULL ? strlen(part) : (size_t)(slash - part);
        if (len == 2 && part[0] == '.' && part[1] == '.') {
            return true;
        }
        part = slash == NULL ? NULL : slash + 1;
    }
    return false;
}

/* What follows the scheme, or schemes: a driver may hold a driver. */
static const char *skip_schemes(const char *uri)
{
    const char *rest = uri;
    for (const char *at = uri;
         (*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9') || *at == ':'; at++) {
        rest = *at == ':' ? at + 1 : rest;
    }
    return rest;
}

enum sr_status sr_room_config_resolve(const char *uri, const char *dir, char *out, size_t out_bytes,
                                      struct sr_err *err)
{
    const char *rest = skip_schemes(uri);
    if (rest == uri || climbs(rest)) {
        return sr_fail(err, SR_CORRUPT, SR_ROOM_CONFIG_FILE ": '%s' is not a place in the room",
                       uri);
    }
    int schemes = (int)(rest - uri);
    bool is_absolute = rest[0] == '/';
    int len = snprintf(out, out_bytes, "%.*s%s%s%s", schemes, uri, is_absolute ? "" : dir,
                       is_absolute ? "" : "/", rest);
    if (len < 0 || (size_t)len >= out_bytes) {
        return sr_fail(err, SR_TOO_LARGE, "the path of the room is too long");
    }
    return SR_OK;
}
