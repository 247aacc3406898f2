/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/wrapper.h"

#include <assert.h>
#include <string.h>

#include "keys/drivers.h"
#include "keys/passphrase.h"

/* Put the driver's scheme in front of what it says. */
static enum sr_status named(const struct sr_wrapper_driver *driver, enum sr_status status,
                            struct sr_err *err)
{
    return status == SR_OK ? SR_OK : sr_context(err, status, "key wrapper '%s'", driver->scheme);
}

/* The driver that uri names; *out_rest is what comes after the colon. */
static enum sr_status find_driver(const char *uri, const struct sr_wrapper_driver **out,
                                  const char **out_rest, struct sr_err *err)
{
    const char *colon = strchr(uri, ':');
    if (colon == NULL) {
        return sr_fail(err, SR_USAGE, "key wrapper '%s' is not <scheme>:<rest>", uri);
    }
    struct sr_bytes scheme = sr_bytes(uri, (size_t)(colon - uri));
    for (size_t i = 0; sr_drivers_wrapper[i] != NULL; i++) {
        if (sr_text_equal(sr_text_view(sr_drivers_wrapper[i]->scheme), scheme)) {
            *out = sr_drivers_wrapper[i];
            *out_rest = colon + 1;
            return SR_OK;
        }
    }
    return sr_fail(err, SR_UNSUPPORTED, "no key wrapper '%.*s' in this build", (int)scheme.len,
                   uri);
}

static bool is_passphrase(const struct sr_secret *p)
{
    return p == NULL || sr_secret_len(p) <= SR_PASSPHRASE_BYTES_MAX;
}

enum sr_status sr_wrapper_create(const char *uri, const struct sr_secret *passphrase,
                                 struct sr_err *err)
{
    assert(is_passphrase(passphrase));

    const struct sr_wrapper_driver *driver = NULL;
    const char *rest = NULL;
    SR_TRY(find_driver(uri, &driver, &rest, err));
    return named(driver, driver->create(rest, passphrase, err), err);
}

enum sr_status sr_wrapper_open(const char *uri, const struct sr_secret *passphrase,
                               struct sr_wrapper **out, struct sr_err *err)
{
    assert(is_passphrase(passphrase));

    const struct sr_wrapper_driver *driver = NULL;
    const char *rest = NULL;
    SR_AUTO(sr_wrapper) w = NULL;
    SR_TRY(find_driver(uri, &driver, &rest, err));
    SR_TRY(named(driver, driver->open(rest, passphrase, &w, err), err));
    assert(w != NULL);
    assert(w->driver == driver);
    *out = SR_TAKE(w);
    return SR_OK;
}

enum sr_status sr_wrapper_wrap(struct sr_wrapper *w, const struct sr_secret *key,
                               struct sr_bytes aad, struct sr_wrapped *out, struct sr_err *err)
{
    assert(sr_secret_len(key) == SR_KEK_BYTES);
    assert(aad.len <= SR_WRAP_AAD_BYTES_MAX);

    struct sr_wrapped wrapped = {.len = 0};
    SR_TRY(named(w->driver, w->driver->wrap(w, key, aad, &wrapped, err), err));
    assert(wrapped.len > SR_KEK_BYTES); /* shorter than key and tag: a driver's bug */
    assert(wrapped.len <= SR_WRAPPED_BYTES_MAX);
    *out = wrapped;
    return SR_OK;
}

enum sr_status sr_wrapper_unwrap(struct sr_wrapper *w, const struct sr_wrapped *wrapped,
                                 struct sr_bytes aad, struct sr_secret **out, struct sr_err *err)
{
    assert(wrapped->len <= SR_WRAPPED_BYTES_MAX);
    assert(aad.len <= SR_WRAP_AAD_BYTES_MAX);

    SR_AUTO(sr_secret) key = NULL;
    SR_TRY(named(w->driver, w->driver->unwrap(w, wrapped, aad, &key, err), err));
    assert(key != NULL);
    assert(sr_secret_len(key) == SR_KEK_BYTES);
    *out = SR_TAKE(key);
    return SR_OK;
}

/* What every holder must say of itself at any time. */
static void check_current(const struct sr_wrapper *w, struct sr_id *out_id, size_t *out_count)
{
    *out_count = 0;
    w->driver->current(w, out_id, out_count);
    assert(*out_count >= 1);
    assert(*out_count <= SR_WRAPPER_GENERATIONS_MAX);
}

enum sr_status sr_wrapper_add_generation(struct sr_wrapper *w,
                                         const struct sr_secret *new_passphrase, struct sr_err *err)
{
    assert(is_passphrase(new_passphrase));

    struct sr_id before;
    struct sr_id after;
    size_t count_before;
    size_t count_after;
    check_current(w, &before, &count_before);
    enum sr_status status = w->driver->add_generation(w, new_passphrase, err);
    check_current(w, &after, &count_after);
    assert(count_after == count_before + (status == SR_OK));
    assert(sr_text_id_equal(&before, &after) == (status != SR_OK));
    return named(w->driver, status, err);
}

enum sr_status sr_wrapper_keep_only(struct sr_wrapper *w, const struct sr_id *key_id,
                                    struct sr_err *err)
{
    SR_TRY(named(w->driver, w->driver->keep_only(w, key_id, err), err));

    struct sr_id kept;
    size_t count;
    check_current(w, &kept, &count);
    assert(count == 1);
    assert(sr_text_id_equal(&kept, key_id));
    return SR_OK;
}

void sr_wrapper_current(const struct sr_wrapper *w, struct sr_id *out_key_id, size_t *out_count)
{
    check_current(w, out_key_id, out_count);
}

void sr_wrapper_free(struct sr_wrapper *w)
{
    if (w != NULL) {
        w->driver->close(w);
    }
}
