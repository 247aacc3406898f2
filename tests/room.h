/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_TESTS_ROOM_H
#define SR_TESTS_ROOM_H

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "artifact/worker.h"
#include "custody/deposit.h"
#include "custody/query.h"
#include "custody/room.h"
#include "custody/submit.h"

/*
 * Rooms and models for tests, in the folder that scratch_make() made. Failures here are
 * assertions; the calls under test are the tests' own.
 */

#define ROOM_ACTOR "tester"
/* Of the form that keys/passphrase.h generates: these are not stretched, so that rooms open at
 * once. */
#define ROOM_PASSPHRASE "srk1-43m9j5v-egte6pf-m8vc8c6-j0tyazx-8qx488h-pfdj1dk-yqp490h-mw5b4rq"
#define ROOM_PASSPHRASE_NEW "srk1-1q6x15e-m25nxaj-t9zxm77-51kbzdr-nxvrvfd-r3f4dx7-xzsaeha-zzd86n4"

/*
 * Make the folder "/dev/shm/sr-name-XXXXXX": in memory, because these tests make thousands of
 * files durable. Where there is no such place, in /tmp.
 */
static inline bool room_scratch(char *template)
{
    size_t prefix = strlen("/dev/shm/");
    if (access("/dev/shm", W_OK) != 0) {
        size_t rest = strlen(template + prefix);
        memmove(template + strlen("/tmp/"), template + prefix, rest + 1);
        memcpy(template, "/tmp/", strlen("/tmp/"));
    }
    /* Pins of rooms too; nobody's home is written to by a test. */
    return mkdtemp(template) != NULL && setenv("XDG_STATE_HOME", template, 1) == 0;
}

/* "<dir>/<name>"; the same few buffers are used in turn. */
static inline const char *room_path(const char *dir, const char *name)
{
    static char buffers[8][2048];
    static unsigned next;
    char *out = buffers[next++ % 8];
    size_t dir_len = strlen(dir);
    size_t name_len = strlen(name);
    assert(dir_len + name_len + 2 <= sizeof buffers[0]);
    memmove(out, dir, dir_len);
    out[dir_len] = '/';
    memcpy(out + dir_len + 1, name, name_len + 1);
    return out;
}

static inline void room_write(const char *dir, const char *name, const void *data, size_t len)
{
    const char *path = room_path(dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert(fd >= 0);
    for (size_t done = 0; done < len;) {
        ssize_t n = write(fd, (const char *)data + done, len - done);
        assert(n > 0);
        done += (size_t)n;
    }
    assert(close(fd) == 0);
}

static inline void room_mkdir(const char *dir, const char *name)
{
    int failed = mkdir(room_path(dir, name), 0700);
    assert(failed == 0);
    (void)failed;
}

/* Bytes that are the same for the same seed and otherwise all different; freed with free(). */
static inline uint8_t *room_bytes(size_t len, uint64_t seed)
{
    uint8_t *out = malloc(len == 0 ? 1 : len);
    assert(out != NULL);
    uint64_t x = seed * 2 + 1;
    for (size_t i = 0; i < len; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        out[i] = (uint8_t)(x >> 56);
    }
    return out;
}

static inline void room_write_random(const char *dir, const char *name, size_t len, uint64_t seed)
{
    uint8_t *bytes = room_bytes(len, seed);
    room_write(dir, name, bytes, len);
    free(bytes);
}

/* A safetensors file with one U8 tensor "w" of len bytes. */
static inline void room_write_safetensors(const char *dir, const char *name, size_t len,
                                          uint64_t seed)
{
    char header[256];
    int n =
        snprintf(header, sizeof header,
                 "{\"w\":{\"dtype\":\"U8\",\"shape\":[%zu],\"data_offsets\":[0,%zu]}}", len, len);
    assert(n > 0);
    while (n % 8 != 0) {
        header[n++] = ' ';
    }
    uint8_t *data = room_bytes(len, seed);
    uint8_t *file = calloc(1, 8 + (size_t)n + len);
    assert(file != NULL);
    file[0] = (uint8_t)n;
    memcpy(file + 8, header, (size_t)n);
    memcpy(file + 8 + n, data, len);
    room_write(dir, name, file, 8 + (size_t)n + len);
    free(file);
    free(data);
}

/* The content of a file; freed with free(). */
static inline uint8_t *room_read(const char *dir, const char *name, size_t *out_len)
{
    int fd = open(room_path(dir, name), O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0) {
        *out_len = 0;
        if (fd >= 0) {
            (void)close(fd);
        }
        return NULL;
    }
    uint8_t *out = malloc((size_t)st.st_size + 1);
    assert(out != NULL);
    ssize_t n = read(fd, out, (size_t)st.st_size);
    assert(n == st.st_size);
    (void)close(fd);
    *out_len = (size_t)n;
    return out;
}

static inline bool room_same_file(const char *dir_a, const char *name_a, const char *dir_b,
                                  const char *name_b)
{
    size_t len_a = 0;
    size_t len_b = 0;
    uint8_t *a = room_read(dir_a, name_a, &len_a);
    uint8_t *b = room_read(dir_b, name_b, &len_b);
    bool same = a != NULL && b != NULL && len_a == len_b && memcmp(a, b, len_a) == 0;
    free(a);
    free(b);
    return same;
}

/* A model of a few files: over one segment, a small one, an empty one, one in a folder. */
static inline void room_make_model(const char *dir, const char *name, uint64_t seed)
{
    room_mkdir(dir, name);
    const char *model = room_path(dir, name);
    room_mkdir(model, "sub");
    room_write_safetensors(model, "model.safetensors", 2500000, seed);
    room_write(model, "config.json", "{}", 2);
    room_write(model, ".hidden", "", 0);
    room_write_random(model, "sub/data.bin", 70000, seed + 1);
}

static inline struct sr_secret *room_secret(const char *text)
{
    struct sr_secret *s = NULL;
    enum sr_status status = sr_secret_new(strlen(text), &s, NULL);
    assert(status == SR_OK);
    (void)status;
    memcpy(sr_secret_bytes(s), text, strlen(text));
    return s;
}

/* A fresh room "<dir>/<name>", open and unlocked. */
static inline struct sr_room *room_new(const char *dir, const char *name)
{
    SR_AUTO(sr_secret) passphrase = room_secret(ROOM_PASSPHRASE);
    struct sr_room *r = NULL;
    struct sr_err err = {0};
    const char *path = room_path(dir, name);
    if (sr_room_create(path, ROOM_ACTOR, passphrase, NULL, &err) != SR_OK ||
        sr_room_open(path, ROOM_ACTOR, passphrase, &r, &err) != SR_OK) {
        printf("# %s\n", err.message);
        abort();
    }
    return r;
}

/* Open it once more, as another process would. */
static inline struct sr_room *room_open(const char *dir, const char *name)
{
    SR_AUTO(sr_secret) passphrase = room_secret(ROOM_PASSPHRASE);
    struct sr_room *r = NULL;
    struct sr_err err = {0};
    if (sr_room_open(room_path(dir, name), ROOM_ACTOR, passphrase, &r, &err) != SR_OK) {
        printf("# %s\n", err.message);
        abort();
    }
    return r;
}

/* For SR_CLEANUP. */
static inline void room_free_versions(struct sr_catalog_version **p)
{
    free(*p);
}
static inline void room_free_files(struct sr_catalog_file **p)
{
    free(*p);
}
static inline void room_free_interrupted(struct sr_query_interrupted **p)
{
    free(*p);
}

static inline void room_free_ids(struct sr_id **p)
{
    free(*p);
}

/* In place of the inspection, for tests of everything else: whatever it is, it passes. */
static inline void room_pass(struct sr_inspection *in, struct sr_bytes path, struct sr_bytes bytes,
                             struct sr_inspected *out)
{
    (void)in;
    (void)path;
    *out = (struct sr_inspected){.verdict = SR_VERDICT_PASS, .format = "any", .bytes = bytes.len};
    out->covered = bytes.len;
}

static const struct sr_worker_look ROOM_PASSES = {.file = room_pass};

/* Deposit with these parameters and a worker that looks so; NULL: as the program's does. report
 * NULL: nobody wants it. */
static inline enum sr_status room_deposit_looked(struct sr_room *r,
                                                 const struct sr_deposit_params *params,
                                                 const struct sr_worker_look *look,
                                                 struct sr_report *report,
                                                 struct sr_deposit_result *out, struct sr_err *err)
{
    SR_AUTO(sr_report) own = NULL;
    SR_AUTO(sr_inspector) inspector = NULL;
    struct sr_deposit_params all = *params;
    struct sr_inspector_params how = {.look = look};
    SR_TRY(sr_report_new(SR_PROFILE_TENSORS, &own));
    SR_TRY(sr_inspector_start(&how, &inspector, err));
    all.inspector = inspector;
    all.report = report != NULL ? report : own;
    return sr_deposit(r, &all, out, err);
}

/* The same, and everything passes. */
static inline enum sr_status room_deposit_with(struct sr_room *r,
                                               const struct sr_deposit_params *params,
                                               struct sr_deposit_result *out, struct sr_err *err)
{
    return room_deposit_looked(r, params, &ROOM_PASSES, NULL, out, err);
}

/* Deposit with usual parameters. */
static inline enum sr_status room_deposit(struct sr_room *r, const char *path, const char *name,
                                          uint64_t number, struct sr_deposit_result *out,
                                          struct sr_err *err)
{
    struct sr_deposit_params params = {.path = path, .name = name, .number = number, .threads = 2};
    return room_deposit_with(r, &params, out, err);
}

static inline enum sr_status room_resolve(struct sr_room *r, const char *ref,
                                          struct sr_catalog_version *out, struct sr_err *err)
{
    return sr_query_resolve(r, sr_text_view(ref), out, err);
}

/* EXPORT to, READ of or USE at text, by whoever has unlocked the room. out may be NULL. */
static inline enum sr_status room_act(struct sr_room *r, enum sr_verb verb,
                                      const struct sr_catalog_version *version, const char *text,
                                      struct sr_permit **out, struct sr_err *err)
{
    struct sr_act act = {.verb = verb};
    sr_custody_about(&act, version);
    sr_act_set_word(&act,
                    verb == SR_VERB_EXPORT ? SR_FIELD_to
                    : verb == SR_VERB_READ ? SR_FIELD_file
                                           : SR_FIELD_at,
                    text);
    return verb == SR_VERB_USE ? sr_custody_use(r, &act, version->digest, out, err)
                               : sr_custody_do(r, NULL, &act, version->digest, out, NULL, err);
}

/* Whether the statement of a recorded act has these words in it. */
static inline bool room_act_says(const struct sr_act_record *act, const char *words)
{
    SR_AUTO(sr_envelope) e = NULL;
    if (sr_envelope_open(act->body, &e, NULL) != SR_OK) {
        return false;
    }
    struct sr_bytes statement = sr_envelope_statement(e);
    return memmem(statement.ptr, statement.len, words, strlen(words)) != NULL;
}

/* The path of a body in the store. */
static inline const char *room_body_path(const struct sr_room *r,
                                         const struct sr_catalog_file *file)
{
    char id[SR_ID_TEXT_BYTES];
    char name[64];
    sr_text_hex(sr_bytes(file->object.bytes, SR_ID_BYTES), id);
    (void)snprintf(name, sizeof name, "blobs/%.2s/%s.body", id, id);
    return room_path(sr_room_dir(r), name);
}

/* Flip one bit of a body in the store; once more puts it right. */
static inline void room_damage(const struct sr_room *r, const struct sr_catalog_file *file,
                               off_t at)
{
    const char *path = room_body_path(r, file);
    uint8_t byte = 0;
    int failed = chmod(path, 0600);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert(failed == 0 && fd >= 0);
    ssize_t n = pread(fd, &byte, 1, at);
    assert(n == 1);
    byte ^= 4;
    n = pwrite(fd, &byte, 1, at);
    assert(n == 1);
    (void)n;
    (void)failed;
    (void)close(fd);
}

#endif /* SR_TESTS_ROOM_H */
