/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/deposit_signature.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/folder.h"
#include "base/text.h"

#define CHUNK_BYTES 65536
/* More than one is rare: a publisher's, and that of whoever checked it. */
#define CANDIDATES_MAX 16

/* The signatures of one source. */
struct looking {
    const struct sr_walk *walk;
    const struct sr_signature_trust *trust;
    unsigned threads;
    struct sr_buf *bundles[CANDIDATES_MAX];
    struct sr_bytes names[CANDIDATES_MAX]; /* in the walk */
    size_t count;
    char beside[PATH_MAX]; /* of a single file */
};

static void looking_clear(struct looking *l)
{
    for (size_t i = 0; i < l->count; i++) {
        sr_buf_free(l->bundles[i]);
    }
}

const char *sr_publisher_state_name(enum sr_publisher_state state)
{
    static const char *const NAMES[] = {[SR_PUBLISHER_NONE] = "none",
                                        [SR_PUBLISHER_UNVERIFIED] = "present, not verified",
                                        [SR_PUBLISHER_VERIFIED] = "verified"};
    return NAMES[state];
}

static bool is_signature_name(const char *path)
{
    size_t len = strlen(path);
    return len > 4 && strcmp(path + len - 4, ".sig") == 0 && strchr(path, '/') == NULL;
}

static enum sr_status read_all(int fd, const char *path, struct sr_buf *out, struct sr_err *err)
{
    for (;;) {
        uint8_t chunk[CHUNK_BYTES];
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n == 0) {
            return SR_OK;
        }
        if (n < 0 && errno != EINTR) {
            return sr_fail(err, SR_IO, "cannot read '%s': %s", path, strerror(errno));
        }
        SR_TRY(sr_buf_append(out, sr_bytes(chunk, n < 0 ? 0 : (size_t)n)));
    }
}

/* Keep what the open file fd holds, if it is a bundle. */
static enum sr_status keep(struct looking *l, int fd, const char *path, struct sr_err *err)
{
    SR_AUTO(sr_buf) text = NULL;
    SR_AUTO(sr_oms_bundle) bundle = NULL;
    SR_TRY(sr_buf_new(SR_OMS_BUNDLE_BYTES_MAX, &text));
    enum sr_status status = read_all(fd, path, text, err);
    if (status == SR_TOO_LARGE) {
        return SR_OK;
    }
    SR_TRY(status);
    status = sr_oms_bundle_decode(sr_buf_view(text), &bundle, NULL);
    if (status != SR_OK) {
        return status == SR_NO_MEMORY ? status : SR_OK;
    }
    if (l->count == CANDIDATES_MAX) {
        return sr_fail(err, SR_TOO_LARGE, "more than %d signatures", CANDIDATES_MAX);
    }
    l->names[l->count] = sr_text_view(path);
    l->bundles[l->count++] = SR_TAKE(text);
    return SR_OK;
}

static enum sr_status find_beside(struct looking *l, struct sr_err *err)
{
    int bytes = snprintf(l->beside, sizeof l->beside, "%s.sig", sr_walk_source(l->walk));
    if (bytes <= 0 || bytes >= PATH_MAX) {
        return SR_OK;
    }
    SR_AUTO_FD fd = open(l->beside, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    return fd < 0 ? SR_OK : keep(l, fd, strrchr(l->beside, '/') + 1, err);
}

static enum sr_status find(struct looking *l, struct sr_err *err)
{
    const char *source = sr_walk_source(l->walk);
    const char *only = sr_walk_at(l->walk, 0)->path;
    struct stat found;
    if (sr_walk_count(l->walk) == 1 && stat(source, &found) == 0 && S_ISREG(found.st_mode) &&
        strcmp(strrchr(source, '/') + 1, only) == 0) {
        return find_beside(l, err);
    }
    for (size_t i = 0; i < sr_walk_count(l->walk); i++) {
        const char *path = sr_walk_at(l->walk, i)->path;
        if (is_signature_name(path)) {
            SR_AUTO_FD fd = -1;
            SR_TRY(sr_walk_open(l->walk, i, &fd, err));
            SR_TRY(keep(l, fd, path, err));
        }
    }
    return SR_OK;
}

static bool is_git(const char *path)
{
    for (size_t i = 0; SR_MANIFEST_GIT[i] != NULL; i++) {
        if (strcmp(path, SR_MANIFEST_GIT[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* What a signer left out comes into custody with the rest, and nobody vouches for it. */
static enum sr_status check_left_out(const struct looking *l, const struct sr_manifest *m,
                                     struct sr_err *err)
{
    for (size_t i = 0; i < sr_manifest_ignored_count(m); i++) {
        const char *path = sr_manifest_ignored_at(m, i)->path;
        bool is_known = is_git(path);
        for (size_t j = 0; j < l->count && !is_known; j++) {
            is_known = sr_text_equal(l->names[j], sr_text_view(path));
        }
        if (!is_known) {
            return sr_fail(err, SR_UNTRUSTED, "the signer left out '%s'", path);
        }
    }
    return SR_OK;
}

/* Whether this signature says nothing that could be held against the files. */
static bool is_no_answer(enum sr_status status, bool has_trust)
{
    /* Without trust, a signature that its own certificate does not verify is a forgery. */
    return status == SR_UNSUPPORTED || status == SR_MALFORMED ||
           (has_trust && status == SR_UNTRUSTED);
}

static enum sr_status check_one(const struct looking *l, size_t index, struct sr_publisher *out,
                                struct sr_err *err)
{
    static const struct sr_signature_trust NOBODY = {0};
    struct sr_signature_result result = {0};
    struct sr_signature_check params = {
        .path = sr_walk_source(l->walk),
        .bundle = sr_buf_view(l->bundles[index]),
        .trust = l->trust != NULL ? *l->trust : NOBODY,
        .ignored = l->names,
        .ignored_count = l->count,
        .threads = l->threads,
    };
    enum sr_status status = sr_signature_check(&params, &result, err);
    SR_AUTO(sr_manifest) files = result.files_found;
    if (status == SR_OK && l->trust != NULL) {
        status = check_left_out(l, files, err);
    }
    if (status == SR_OK || (l->trust == NULL && is_no_answer(status, false))) {
        out->state = result.is_trusted ? SR_PUBLISHER_VERIFIED : SR_PUBLISHER_UNVERIFIED;
        (void)snprintf(out->file, sizeof out->file, "%.*s", (int)l->names[index].len,
                       (const char *)l->names[index].ptr);
        memcpy(out->hint, result.hint, sizeof out->hint);
        memcpy(out->signer, result.signer, sizeof out->signer);
        return SR_OK;
    }
    return sr_context(err, status, "signature '%.*s'", (int)l->names[index].len,
                      (const char *)l->names[index].ptr);
}

enum sr_status sr_deposit_signature_check(const struct sr_walk *walk,
                                          const struct sr_signature_trust *trust, unsigned threads,
                                          struct sr_publisher *out, struct sr_err *err)
{
    SR_CLEANUP(looking_clear)
    struct looking l = {.walk = walk, .trust = trust, .threads = threads};
    struct sr_publisher publisher = {0};
    enum sr_status refusal = SR_OK;
    SR_TRY(find(&l, err));
    for (size_t i = 0; i < l.count && publisher.state != SR_PUBLISHER_VERIFIED; i++) {
        enum sr_status status = check_one(&l, i, &publisher, err);
        if (!is_no_answer(status, trust != NULL)) {
            SR_TRY(status);
        } else {
            refusal = status;
        }
    }
    if (trust != NULL && publisher.state != SR_PUBLISHER_VERIFIED) {
        return refusal != SR_OK
                   ? refusal
                   : sr_fail(err, SR_UNTRUSTED, "nobody signed '%s'", sr_walk_source(walk));
    }
    *out = publisher;
    return SR_OK;
}
