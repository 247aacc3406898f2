/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every wrapper driver must do, run against each one that is built in. A driver needs only a
 * fixture here: a way to name a place where no holder is yet. What follows the fixtures' suite is
 * particular to a driver.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "crypto/rand.h"
#include "keys/drivers.h"
#include "keys/passphrase.h"
#include "keys/wrapper.h"
#include "tests/check.h"
#include "tests/fault.h"
#include "tests/scratch.h"

#define URI_BYTES 128

static char scratch_dir[] = "/tmp/sr-wrapper-XXXXXX";

/* A new place each time. */
static void make_file_uri(char uri[URI_BYTES])
{
    static unsigned made;
    (void)snprintf(uri, URI_BYTES, "file:%s/key-%u", scratch_dir, made++);
}

static const struct fixture {
    const char *scheme;
    void (*make_uri)(char uri[URI_BYTES]);
} FIXTURES[] = {
    {"file", make_file_uri},
};

static const struct fixture *fixture; /* of the driver under test */

static const struct sr_bytes AAD = {(const uint8_t *)"group 1", 7};

/* Generated ones: they need no stretching, and the tests no patience. */
static struct sr_secret *make_passphrase(void)
{
    struct sr_secret *p = NULL;
    CHECK(sr_passphrase_generate(&p, NULL) == SR_OK);
    return p;
}

static struct sr_secret *make_key(void)
{
    struct sr_secret *key = NULL;
    CHECK(sr_rand_secret(SR_KEK_BYTES, &key, NULL) == SR_OK);
    return key;
}

static struct sr_wrapper *open_at(const char *uri, const struct sr_secret *passphrase)
{
    struct sr_wrapper *w = NULL;
    CHECK(sr_wrapper_open(uri, passphrase, &w, NULL) == SR_OK);
    return w;
}

/* A new holder, opened; its place goes to uri. */
static struct sr_wrapper *make_wrapper(char uri[URI_BYTES], const struct sr_secret *passphrase)
{
    fixture->make_uri(uri);
    CHECK(sr_wrapper_create(uri, passphrase, NULL) == SR_OK);
    return open_at(uri, passphrase);
}

static bool unwraps_to(struct sr_wrapper *w, const struct sr_wrapped *wrapped,
                       const struct sr_secret *key)
{
    SR_AUTO(sr_secret) back = NULL;
    return sr_wrapper_unwrap(w, wrapped, AAD, &back, NULL) == SR_OK && sr_secret_equal(back, key);
}

static void unwraps_what_it_wrapped(void)
{
    char uri[URI_BYTES];
    SR_AUTO(sr_secret) passphrase = make_passphrase();
    SR_AUTO(sr_wrapper) w = make_wrapper(uri, passphrase);
    SR_AUTO(sr_secret) key = make_key();
    struct sr_wrapped wrapped;
    struct sr_wrapped again;

    CHECK(sr_wrapper_wrap(w, key, AAD, &wrapped, NULL) == SR_OK);
    CHECK(sr_wrapper_wrap(w, key, AAD, &again, NULL) == SR_OK);
    CHECK(unwraps_to(w, &wrapped, key));
    CHECK(memcmp(wrapped.bytes, again.bytes, wrapped.len) != 0); /* a random part each time */

    SR_AUTO(sr_wrapper) later = open_at(uri, passphrase);
    CHECK(unwraps_to(later, &wrapped, key));
}

static void refuses_every_flipped_bit_length_and_key_id(void)
{
    char uri[URI_BYTES];
    SR_AUTO(sr_secret) passphrase = make_passphrase();
    SR_AUTO(sr_wrapper) w = make_wrapper(uri, passphrase);
    SR_AUTO(sr_secret) key = make_key();
    struct sr_wrapped wrapped;
    SR_AUTO(sr_secret) back = NULL;
    CHECK(sr_wrapper_wrap(w, key, AAD, &wrapped, NULL) == SR_OK);

    for (size_t bit = 0; bit < 8 * wrapped.len; bit++) {
        struct sr_wrapped changed = wrapped;
        changed.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        CHECK(sr_wrapper_unwrap(w, &changed, AAD, &back, NULL) == SR_CORRUPT);
    }
    for (size_t bit = 0; bit < 8 * sizeof wrapped.key_id; bit++) {
        struct sr_wrapped changed = wrapped;
        changed.key_id.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        CHECK(sr_wrapper_unwrap(w, &changed, AAD, &back, NULL) == SR_CORRUPT);
    }
    for (size_t len = 0; len <= SR_WRAPPED_BYTES_MAX; len++) {
        struct sr_wrapped changed = wrapped;
        changed.len = len;
        CHECK(len == wrapped.len || sr_wrapper_unwrap(w, &changed, AAD, &back, NULL) == SR_CORRUPT);
    }
    CHECK(back == NULL);
}

static void refuses_other_associated_data(void)
{
    char uri[URI_BYTES];
    SR_AUTO(sr_secret) passphrase = make_passphrase();
    SR_AUTO(sr_wrapper) w = make_wrapper(uri, passphrase);
    SR_AUTO(sr_secret) key = make_key();
    SR_AUTO(sr_secret) back = NULL;
    uint8_t longest[SR_WRAP_AAD_BYTES_MAX + 1] = "group 1";
    struct sr_wrapped wrapped;
    CHECK(sr_wrapper_wrap(w, key, AAD, &wrapped, NULL) == SR_OK);
    CHECK(sr_wrapper_unwrap(w, &wrapped, sr_bytes("group 2", 7), &back, NULL) == SR_CORRUPT);
    CHECK(sr_wrapper_unwrap(w, &wrapped, sr_bytes("group 1", 6), &back, NULL) == SR_CORRUPT);
    CHECK(sr_wrapper_unwrap(w, &wrapped, sr_bytes(longest, 8), &back, NULL) == SR_CORRUPT);
    CHECK(sr_wrapper_unwrap(w, &wrapped, sr_bytes(NULL, 0), &back, NULL) == SR_CORRUPT);
    CHECK(back == NULL);

    struct sr_bytes all = sr_bytes(longest, SR_WRAP_AAD_BYTES_MAX);
    CHECK(sr_wrapper_wrap(w, key, all, &wrapped, NULL) == SR_OK);
    CHECK(sr_wrapper_unwrap(w, &wrapped, all, &back, NULL) == SR_OK);
}

static void refuses_another_holder_s_keys(void)
{
    char uri[URI_BYTES];
    SR_AUTO(sr_secret) passphrase = make_passphrase();
    SR_AUTO(sr_wrapper) w = make_wrapper(uri, passphrase);
    SR_AUTO(sr_wrapper) other = make_wrapper(uri, passphrase);
    SR_AUTO(sr_secret) key = make_key();
    SR_AUTO(sr_secret) back = NULL;
    struct sr_wrapped wrapped;
    struct sr_id id;
    size_t count = 0;
    CHECK(sr_wrapper_wrap(w, key, AAD, &wrapped, NULL) == SR_OK);
    CHECK(sr_wrapper_unwrap(other, &wrapped, AAD, &back, NULL) == SR_CORRUPT);
    sr_wrapper_current(other, &id, &count);
    CHECK(count == 1 && !sr_text_id_equal(&id, &wrapped.key_id));
    wrapped.key_id = id;
    CHECK(sr_wrapper_unwrap(other, &wrapped, AAD, &back, NULL) == SR_CORRUPT);
    CHECK(back == NULL);
}

static void wants_the_passphrase(void)
{
    char uri[URI_BYTES];
    SR_AUTO(sr_secret) passphrase = make_passphrase();
    SR_AUTO(sr_secret) wrong = make_passphrase();
    SR_AUTO(sr_wrapper) w = make_wrapper(uri, passphrase);
    struct sr_wrapper *none = NULL;
    struct sr_err err = {0};
    CHECK(sr_wrapper_open(uri, wrong, &none, &err) == SR_UNAUTHENTICATED);
    CHECK(strstr(err.message, fixture->scheme) != NULL);
    CHECK(none == NULL);
}

static void does_not_make_a_second_holder_over_the_first(void)
{
    char uri[URI_BYTES];
    SR_AUTO(sr_secret) passphrase = make_passphrase();
    SR_AUTO(sr_secret) other = make_passphrase();
    SR_AUTO(sr_wrapper) w = make_wrapper(uri, passphrase);
    CHECK(sr_wrapper_create(uri, other, NULL) == SR_CONFLICT);
    SR_AUTO(sr_wrapper) again = open_at(uri, passphrase);
}

static void says_that_there_is_no_holder(void)
{
    char uri[URI_BYTES];
    fixture->make_uri(uri);
    SR_AUTO(sr_secret) passphrase = make_passphrase();
    struct sr_wrapper *none = NULL;
    CHECK(sr_wrapper_open(uri, passphrase, &none, NULL) == SR_NOT_FOUND);
    CHECK(none == NULL);
}

static void wraps_with_the_newest_and_unwraps_with_all(void)
{
    char uri[URI_BYTES];
    SR_AUTO(sr_secret) passphrase = make_passphrase();
    SR_AUTO(sr_wrapper) w = make_wrapper(uri, passphrase);
    SR_AUTO(sr_secret) key = make_key();
    struct sr_wrapped old;
    struct sr_wrapped new;
    struct sr_id id;
    size_t count = 0;
    CHECK(sr_wrapper_wrap(w, key, AAD, &old, NULL) == SR_OK);
    CHECK(sr_wrapper_add_generation(w, NULL, NULL) == SR_OK);
    CHECK(sr_wrapper_wrap(w, key, AAD, &new, NULL) == SR_OK);
    CHECK(!sr_text_id_equal(&old.key_id, &new.key_id));
    CHECK(unwraps_to(w, &old, key) && unwraps_to(w, &new, key));

    SR_AUTO(sr_wrapper) later = open_at(uri, passphrase);
    CHECK(unwraps_to(later, &old, key) && unwraps_to(later, &new, key));
    sr_wrapper_current(later, &id, &count);
    CHECK(count == 2 && sr_text_id_equal(&id, &new.key_id));
}

static void keeps_only_what_it_is_told(void)
{
    char uri[URI_BYTES];
    SR_AUTO(sr_secret) passphrase = make_passphrase();
    SR_AUTO(sr_wrapper) w = make_wrapper(uri, passphrase);
    SR_AUTO(sr_secret) key = make_key();
    struct sr_wrapped wrapped[3];
    for (size_t i = 0; i < 3; i++) {
        CHECK(i == 0 || sr_wrapper_add_generation(w, NULL, NULL) == SR_OK);
        CHECK(sr_wrapper_wrap(w, key, AAD, &wrapped[i], NULL) == SR_OK);
    }
    struct sr_id unknown = {{0}};
    CHECK(sr_wrapper_keep_only(w, &unknown, NULL) == SR_NOT_FOUND);
    CHECK(unwraps_to(w, &wrapped[0], key));

    CHECK(sr_wrapper_keep_only(w, &wrapped[1].key_id, NULL) == SR_OK);
    SR_AUTO(sr_wrapper) later = open_at(uri, passphrase);
    for (size_t i = 0; i < 3; i++) {
        CHECK(unwraps_to(w, &wrapped[i], key) == (i == 1));
        CHECK(unwraps_to(later, &wrapped[i], key) == (i == 1));
    }
    struct sr_id id;
    size_t count = 0;
    sr_wrapper_current(later, &id, &count);
    CHECK(count == 1 && sr_text_id_equal(&id, &wrapped[1].key_id));
}

static void changes_its_passphrase(void)
{
    char uri[URI_BYTES];
    SR_AUTO(sr_secret) passphrase = make_passphrase();
    SR_AUTO(sr_secret) new_passphrase = make_passphrase();
    SR_AUTO(sr_wrapper) w = make_wrapper(uri, passphrase);
    SR_AUTO(sr_secret) key = make_key();
    struct sr_wrapped wrapped;
    CHECK(sr_wrapper_wrap(w, key, AAD, &wrapped, NULL) == SR_OK);
    CHECK(sr_wrapper_add_generation(w, new_passphrase, NULL) == SR_OK);

    struct sr_wrapper *none = NULL;
    CHECK(sr_wrapper_open(uri, passphrase, &none, NULL) == SR_UNAUTHENTICATED);
    SR_AUTO(sr_wrapper) later = open_at(uri, new_passphrase);
    CHECK(unwraps_to(later, &wrapped, key));
    /* Without a new passphrase, the last one stays. */
    CHECK(sr_wrapper_add_generation(w, NULL, NULL) == SR_OK);
    SR_AUTO(sr_wrapper) last = open_at(uri, new_passphrase);
    CHECK(unwraps_to(last, &wrapped, key));
}

static void has_a_limit_on_generations(void)
{
    char uri[URI_BYTES];
    SR_AUTO(sr_secret) passphrase = make_passphrase();
    SR_AUTO(sr_wrapper) w = make_wrapper(uri, passphrase);
    for (size_t i = 1; i < SR_WRAPPER_GENERATIONS_MAX; i++) {
        CHECK(sr_wrapper_add_generation(w, NULL, NULL) == SR_OK);
    }
    CHECK(sr_wrapper_add_generation(w, NULL, NULL) == SR_TOO_LARGE);
    SR_AUTO(sr_wrapper) later = open_at(uri, passphrase);
    struct sr_id id;
    size_t count = 0;
    sr_wrapper_current(later, &id, &count);
    CHECK(count == SR_WRAPPER_GENERATIONS_MAX);
}

/* Two that have it open: the second to change it must not undo what the first did. */
static void notices_a_change_by_another(void)
{
    char uri[URI_BYTES];
    SR_AUTO(sr_secret) passphrase = make_passphrase();
    SR_AUTO(sr_wrapper) first = make_wrapper(uri, passphrase);
    SR_AUTO(sr_wrapper) second = open_at(uri, passphrase);
    SR_AUTO(sr_secret) key = make_key();
    struct sr_wrapped wrapped;
    CHECK(sr_wrapper_add_generation(first, NULL, NULL) == SR_OK);
    CHECK(sr_wrapper_wrap(first, key, AAD, &wrapped, NULL) == SR_OK);
    CHECK(sr_wrapper_add_generation(second, NULL, NULL) == SR_CONFLICT);
    SR_AUTO(sr_wrapper) later = open_at(uri, passphrase);
    CHECK(unwraps_to(later, &wrapped, key));
}

static void survives_every_failing_call(void)
{
    SR_AUTO(sr_secret) passphrase = make_passphrase();
    SR_AUTO(sr_secret) new_passphrase = make_passphrase();
    SR_AUTO(sr_secret) key = make_key();

    FAULT_SWEEP {
        SR_AUTO(sr_wrapper) w = NULL;
        SR_AUTO(sr_secret) back = NULL;
        struct sr_wrapped wrapped;
        struct sr_err err = {0};
        char uri[URI_BYTES];
        fixture->make_uri(uri);
        enum sr_status status = sr_wrapper_create(uri, passphrase, &err);
        status = status != SR_OK ? status : sr_wrapper_open(uri, passphrase, &w, &err);
        status = status != SR_OK ? status : sr_wrapper_wrap(w, key, AAD, &wrapped, &err);
        status = status != SR_OK ? status : sr_wrapper_add_generation(w, new_passphrase, &err);
        status = status != SR_OK ? status : sr_wrapper_unwrap(w, &wrapped, AAD, &back, &err);
        status = status != SR_OK ? status : sr_wrapper_keep_only(w, &wrapped.key_id, &err);
        CHECK((status == SR_OK) == !fault_fired());
        CHECK(status == SR_OK || strstr(err.message, fixture->scheme) != NULL);
    }
    CHECK(fault_sweep_faults() >= 20);
}

static void unknown_scheme_is_named_in_the_message(void)
{
    struct sr_wrapper *w = NULL;
    struct sr_err err = {0};
    SR_AUTO(sr_secret) p = make_passphrase();
    CHECK(sr_wrapper_open("floppy:a", p, &w, &err) == SR_UNSUPPORTED);
    CHECK(strstr(err.message, "floppy") != NULL);
    CHECK(sr_wrapper_open("floppy", p, &w, &err) == SR_USAGE);
    CHECK(sr_wrapper_create("fil:a", p, &err) == SR_UNSUPPORTED);
    CHECK(sr_wrapper_create("filed:a", p, &err) == SR_UNSUPPORTED);
}

static void run_suite(void)
{
    RUN(unwraps_what_it_wrapped);
    RUN(refuses_every_flipped_bit_length_and_key_id);
    RUN(refuses_other_associated_data);
    RUN(refuses_another_holder_s_keys);
    RUN(wants_the_passphrase);
    RUN(does_not_make_a_second_holder_over_the_first);
    RUN(says_that_there_is_no_holder);
    RUN(wraps_with_the_newest_and_unwraps_with_all);
    RUN(keeps_only_what_it_is_told);
    RUN(changes_its_passphrase);
    RUN(has_a_limit_on_generations);
    RUN(notices_a_change_by_another);
    RUN(survives_every_failing_call);
}

int main(void)
{
    if (!scratch_make(scratch_dir)) {
        return 1;
    }
    for (size_t i = 0; sr_drivers_wrapper[i] != NULL; i++) {
        fixture = NULL;
        for (size_t j = 0; j < sizeof FIXTURES / sizeof FIXTURES[0]; j++) {
            if (strcmp(FIXTURES[j].scheme, sr_drivers_wrapper[i]->scheme) == 0) {
                fixture = &FIXTURES[j];
            }
        }
        assert(fixture != NULL); /* a driver without a fixture is untested: add one above */
        printf("# driver %s\n", fixture->scheme);
        run_suite();
    }
    RUN(unknown_scheme_is_named_in_the_message);
    scratch_remove(scratch_dir);
    return check_done();
}
