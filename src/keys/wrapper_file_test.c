/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver "file" beyond what every wrapper does (tests/conformance/wrapper_test.c): what each
 * field of the key file protects, against accidents and against somebody who can write the file but
 * lacks the passphrase; and a kill or a full disk at any step of a change.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keys/keyfile.h"
#include "keys/passphrase.h"
#include "keys/wrapper.h"
#include "tests/check.h"
#include "tests/scratch.h"
#include "tests/steps.h"

static char scratch_dir[] = "/tmp/sr-keyfile-XXXXXX";
static char uri[64];
static const char *path; /* in uri */

/* Offsets of a file with two generations. source  docs/formats/key-file.md */
#define SALT_AT 16
#define CHECK_AT 48
#define GENERATIONS_AT 80
#define SEAL_AT 232
#define CHECKSUM_AT 264
#define FILE_BYTES 296

static const struct sr_bytes AAD = {(const uint8_t *)"group 1", 7};

static struct sr_secret *make_text(const char *text)
{
    struct sr_secret *p = NULL;
    CHECK(sr_secret_new(strlen(text), &p, NULL) == SR_OK);
    memcpy(sr_secret_bytes(p), text, strlen(text));
    return p;
}

/* Generated ones are cheap, and the same in every process. */
static struct sr_secret *make_passphrase(void)
{
    return make_text("srk1-000g40r-40m30e2-09185gr-38e1w81-24gk2ga-hc5rr34-d1p70x3-rft5wf7");
}

static struct sr_secret *make_other_passphrase(void)
{
    return make_text("srk1-chjpcsv-8d5n6pv-3ddsqq0-wbjedt7-axkqf1w-qmyvwfn-z7z041g-a1ncgy8");
}

/* A new key file with this many generations. */
static void make_file(size_t generations)
{
    SR_AUTO(sr_secret) p = make_passphrase();
    SR_AUTO(sr_wrapper) w = NULL;
    (void)unlink(path);
    CHECK(sr_wrapper_create(uri, p, NULL) == SR_OK);
    CHECK(sr_wrapper_open(uri, p, &w, NULL) == SR_OK);
    while (--generations > 0) {
        CHECK(sr_wrapper_add_generation(w, NULL, NULL) == SR_OK);
    }
}

static size_t read_file(uint8_t *out, size_t bytes_max)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, out, bytes_max);
    CHECK(got > 0 && close(fd) == 0);
    return (size_t)got;
}

/* Without O_TRUNC, for which ext4 waits for the disk: this is called thousands of times. */
static void write_file(const uint8_t *image, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    CHECK(fd >= 0 && write(fd, image, len) == (ssize_t)len && ftruncate(fd, (off_t)len) == 0);
    CHECK(close(fd) == 0);
}

static enum sr_status open_status(const struct sr_secret *passphrase, struct sr_err *err)
{
    SR_AUTO(sr_wrapper) w = NULL;
    enum sr_status status = sr_wrapper_open(uri, passphrase, &w, err);
    CHECK((status == SR_OK) == (w != NULL));
    CHECK(status == SR_OK || strstr(err->message, "key wrapper 'file': ") == err->message);
    return status;
}

/* What opening says of these bytes, with a checksum made to fit. */
static enum sr_status status_of(const uint8_t *image, size_t len)
{
    SR_AUTO(sr_secret) p = make_passphrase();
    struct sr_err err = {0};
    uint8_t repaired[2 * FILE_BYTES];
    memcpy(repaired, image, len);
    CHECK(sr_sha256_once(sr_bytes(repaired, len - SR_SHA256_BYTES),
                         repaired + len - SR_SHA256_BYTES) == SR_OK);
    write_file(repaired, len);
    return open_status(p, &err);
}

static void any_flipped_bit_is_damage_not_a_wrong_passphrase(void)
{
    SR_AUTO(sr_secret) p = make_passphrase();
    uint8_t image[FILE_BYTES + 1];
    make_file(2);
    CHECK(read_file(image, sizeof image) == FILE_BYTES);
    for (size_t bit = 0; bit < 8 * (size_t)FILE_BYTES; bit++) {
        struct sr_err err = {0};
        image[bit / 8] ^= (uint8_t)(1U << bit % 8);
        write_file(image, FILE_BYTES);
        CHECK(open_status(p, &err) == SR_CORRUPT);
        CHECK(strstr(err.message, path) != NULL);
        image[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    for (size_t len = 0; len < FILE_BYTES; len++) {
        struct sr_err err = {0};
        write_file(image, len);
        CHECK(open_status(p, &err) == SR_CORRUPT);
    }
    uint8_t extended[SR_KEYFILE_BYTES_MAX + 100] = {0};
    struct sr_err err = {0};
    memcpy(extended, image, FILE_BYTES);
    write_file(extended, FILE_BYTES + 1);
    CHECK(open_status(p, &err) == SR_CORRUPT);
    write_file(extended, sizeof extended);
    CHECK(open_status(p, &err) == SR_CORRUPT);
}

/* F-7: what somebody can do who has the file but not the passphrase. */
static void no_change_of_any_byte_is_accepted(void)
{
    uint8_t image[FILE_BYTES];
    make_file(2);
    CHECK(read_file(image, sizeof image) == FILE_BYTES);
    for (size_t at = 0; at < CHECKSUM_AT; at++) {
        uint8_t right = image[at];
        image[at] ^= (uint8_t)(1U << at % 8);
        enum sr_status status = status_of(image, FILE_BYTES);
        CHECK(status != SR_OK);
        if (at >= SALT_AT && at < GENERATIONS_AT) {
            CHECK(status == SR_UNAUTHENTICATED);
        } else if (at >= GENERATIONS_AT) {
            CHECK(status == SR_CORRUPT);
        }
        image[at] = right;
    }
    CHECK(status_of(image, FILE_BYTES) == SR_OK);
}

static void generations_cannot_be_dropped_swapped_or_brought_in(void)
{
    uint8_t image[FILE_BYTES];
    uint8_t other[FILE_BYTES];
    uint8_t mixed[FILE_BYTES];
    const size_t each = SR_KEYFILE_GENERATION_BYTES;
    make_file(2);
    CHECK(read_file(other, sizeof other) == FILE_BYTES);
    make_file(2); /* same passphrase, another file */
    CHECK(read_file(image, sizeof image) == FILE_BYTES);

    memcpy(mixed, image, FILE_BYTES); /* the second one dropped */
    mixed[13] = 1;
    memmove(mixed + GENERATIONS_AT + each, mixed + SEAL_AT, FILE_BYTES - SEAL_AT);
    CHECK(status_of(mixed, FILE_BYTES - each) == SR_CORRUPT);

    memcpy(mixed, image, FILE_BYTES); /* the two swapped */
    memcpy(mixed + GENERATIONS_AT, image + GENERATIONS_AT + each, each);
    memcpy(mixed + GENERATIONS_AT + each, image + GENERATIONS_AT, each);
    CHECK(status_of(mixed, FILE_BYTES) == SR_CORRUPT);

    memcpy(mixed, image, FILE_BYTES); /* another file's, with its seal */
    memcpy(mixed + GENERATIONS_AT, other + GENERATIONS_AT, FILE_BYTES - GENERATIONS_AT);
    CHECK(status_of(mixed, FILE_BYTES) == SR_CORRUPT);

    memcpy(mixed, image, FILE_BYTES); /* a check that fits another file's salt */
    memcpy(mixed + CHECK_AT, other + CHECK_AT, GENERATIONS_AT - CHECK_AT);
    CHECK(status_of(mixed, FILE_BYTES) == SR_UNAUTHENTICATED);
}

/* 0xff is 2^255 blocks: nobody may try to allocate them. */
static void absurd_costs_are_refused_before_they_are_paid(void)
{
    uint8_t image[FILE_BYTES];
    make_file(2);
    CHECK(read_file(image, sizeof image) == FILE_BYTES);
    static const uint8_t ABSURD[] = {0, 1, 9, 21, 24, 31, 63, 64, 255};
    for (size_t i = 0; i < sizeof ABSURD; i++) {
        image[10] = ABSURD[i];
        CHECK(status_of(image, FILE_BYTES) == SR_CORRUPT);
    }
}

static void cost_follows_the_kind_of_passphrase(void)
{
    SR_AUTO(sr_secret) typed = make_text("tr0ub4dor&3");
    SR_AUTO(sr_secret) wrong = make_text("tr0ub4dor&4");
    SR_AUTO(sr_wrapper) w = NULL;
    uint8_t image[FILE_BYTES];
    struct sr_err err = {0};
    make_file(1);
    (void)read_file(image, sizeof image);
    CHECK(image[10] == 10 && image[11] == 8 && image[12] == 1);
    CHECK(unlink(path) == 0);
    CHECK(sr_wrapper_create(uri, typed, NULL) == SR_OK);
    (void)read_file(image, sizeof image);
    CHECK(image[10] == 17 && image[11] == 8 && image[12] == 1);
    CHECK(open_status(wrong, &err) == SR_UNAUTHENTICATED);
    CHECK(strstr(err.message, "typing error") == NULL);

    /* A change of passphrase changes the cost, and the salt. */
    uint8_t after[FILE_BYTES];
    SR_AUTO(sr_secret) generated = make_passphrase();
    CHECK(sr_wrapper_open(uri, typed, &w, &err) == SR_OK);
    CHECK(sr_wrapper_add_generation(w, generated, NULL) == SR_OK);
    (void)read_file(after, sizeof after);
    CHECK(after[10] == 10);
    CHECK(memcmp(after + SALT_AT, image + SALT_AT, SR_KEYFILE_SALT_BYTES) != 0);
    CHECK(open_status(generated, &err) == SR_OK);
}

static void a_mistyped_generated_passphrase_is_called_that(void)
{
    SR_AUTO(sr_secret) p = make_passphrase();
    SR_AUTO(sr_secret) other = make_other_passphrase();
    struct sr_err err = {0};
    make_file(1);
    CHECK(open_status(other, &err) == SR_UNAUTHENTICATED);
    CHECK(strstr(err.message, "typing error") == NULL);
    sr_secret_bytes(p)[20] ^= 1;
    CHECK(open_status(p, &err) == SR_UNAUTHENTICATED);
    CHECK(strstr(err.message, "typing error") != NULL);
}

static void needs_a_passphrase_and_a_private_file(void)
{
    SR_AUTO(sr_secret) p = make_passphrase();
    struct sr_err err = {0};
    struct stat info;
    CHECK(sr_wrapper_create(uri, NULL, NULL) == SR_USAGE);
    CHECK(open_status(NULL, &err) == SR_USAGE);
    make_file(1);
    CHECK(stat(path, &info) == 0 && (info.st_mode & 07777) == 0600);
    CHECK(chmod(path, 0640) == 0);
    CHECK(open_status(p, &err) == SR_DENIED);
    CHECK(strstr(err.message, "chmod 600") != NULL);
    CHECK(unlink(path) == 0 && symlink("/etc/hostname", path) == 0);
    CHECK(open_status(p, &err) == SR_DENIED);
    CHECK(unlink(path) == 0);
}

/* A key wrapped by the file as make_file(1) made it. */
static struct sr_wrapped wrap_one(const struct sr_secret *key)
{
    SR_AUTO(sr_secret) p = make_passphrase();
    SR_AUTO(sr_wrapper) w = NULL;
    struct sr_wrapped wrapped = {.len = 0};
    make_file(1);
    CHECK(sr_wrapper_open(uri, p, &w, NULL) == SR_OK);
    CHECK(sr_wrapper_wrap(w, key, AAD, &wrapped, NULL) == SR_OK);
    return wrapped;
}

/* Whether the file, under this passphrase, still opens what it wrapped. */
static bool opens(const struct sr_secret *passphrase, const struct sr_wrapped *wrapped,
                  const struct sr_secret *key)
{
    SR_AUTO(sr_wrapper) w = NULL;
    SR_AUTO(sr_secret) back = NULL;
    return sr_wrapper_open(uri, passphrase, &w, NULL) == SR_OK &&
           sr_wrapper_unwrap(w, wrapped, AAD, &back, NULL) == SR_OK && sr_secret_equal(key, back);
}

/* In a child, whose secrets are its own: change the passphrase, and be killed on the way. */
static bool is_killed_at(unsigned nth)
{
    pid_t child = fork();
    if (child == 0) {
        SR_AUTO(sr_secret) p = make_passphrase();
        SR_AUTO(sr_secret) other = make_other_passphrase();
        SR_AUTO(sr_wrapper) w = NULL;
        enum sr_status status = sr_wrapper_open(uri, p, &w, NULL);
        steps_arm(nth, STEPS_KILL);
        status = status != SR_OK ? status : sr_wrapper_add_generation(w, other, NULL);
        /* Not _exit(): a leak checker would count what belongs to the parent. */
        (void)raise(status == SR_OK ? SIGTERM : SIGABRT);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) != SIGABRT);
    return WTERMSIG(status) == SIGKILL;
}

static void a_kill_at_any_step_leaves_one_passphrase_and_all_keys(void)
{
    SR_AUTO(sr_secret) p = make_passphrase();
    SR_AUTO(sr_secret) other = make_other_passphrase();
    SR_AUTO(sr_secret) key = make_text("0123456789abcdef0123456789abcdef");
    unsigned nth = 0;
    bool killed = true;
    while (killed) {
        const struct sr_wrapped wrapped = wrap_one(key);
        killed = is_killed_at(++nth);
        bool is_new = opens(other, &wrapped, key);
        CHECK(is_new != opens(p, &wrapped, key));
        CHECK(killed || is_new);
        SR_AUTO(sr_wrapper) w = NULL;
        CHECK(sr_wrapper_open(uri, is_new ? other : p, &w, NULL) == SR_OK);
        CHECK(sr_wrapper_add_generation(w, NULL, NULL) == SR_OK);
    }
    CHECK(nth == 6);
}

static void a_full_disk_changes_nothing(void)
{
    SR_AUTO(sr_secret) p = make_passphrase();
    SR_AUTO(sr_secret) other = make_other_passphrase();
    SR_AUTO(sr_secret) key = make_text("0123456789abcdef0123456789abcdef");
    SR_AUTO(sr_secret) back = NULL;
    const struct sr_wrapped wrapped = wrap_one(key);
    SR_AUTO(sr_wrapper) w = NULL;
    CHECK(sr_wrapper_open(uri, p, &w, NULL) == SR_OK);
    struct sr_err err = {0};
    steps_arm(2, STEPS_FAIL_SPACE); /* the write */
    CHECK(sr_wrapper_add_generation(w, other, &err) == SR_IO);
    CHECK(steps_fired() && strstr(err.message, "No space left") != NULL);
    steps_arm(0, STEPS_FAIL_SPACE);
    CHECK(opens(p, &wrapped, key));
    CHECK(sr_wrapper_unwrap(w, &wrapped, AAD, &back, NULL) == SR_OK);
    CHECK(sr_wrapper_add_generation(w, other, NULL) == SR_OK); /* the same, with room again */
    CHECK(opens(other, &wrapped, key));
}

int main(void)
{
    if (!scratch_make(scratch_dir)) {
        return 1;
    }
    (void)snprintf(uri, sizeof uri, "file:%s/key", scratch_dir);
    path = uri + strlen("file:");
    RUN(any_flipped_bit_is_damage_not_a_wrong_passphrase);
    RUN(no_change_of_any_byte_is_accepted);
    RUN(generations_cannot_be_dropped_swapped_or_brought_in);
    RUN(absurd_costs_are_refused_before_they_are_paid);
    RUN(cost_follows_the_kind_of_passphrase);
    RUN(a_mistyped_generated_passphrase_is_called_that);
    RUN(needs_a_passphrase_and_a_private_file);
    RUN(a_kill_at_any_step_leaves_one_passphrase_and_all_keys);
    RUN(a_full_disk_changes_nothing);
    scratch_remove(scratch_dir);
    return check_done();
}
