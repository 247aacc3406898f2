/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "artifact/signature.h"
#include "base/limits.h"
#include "base/text.h"
#include "crypto/hash.h"

#define GIT_COUNT 4

/* A signature on its way. */
struct making {
    const struct sr_signature_make *params;
    struct sr_manifest *manifest;
    struct sr_manifest_piece *pieces;
    struct sr_oms_statement statement; /* its lists are ours, its views point into the manifest */
    char inside[PATH_MAX];             /* where the signature will lie in the model; "" elsewhere */
};

static void making_clear(struct making *g)
{
    sr_manifest_free(g->manifest);
    free(g->pieces);
    free(g->statement.resources);
    free(g->statement.ignored);
}

static int compare_views(const void *a, const void *b) /* lint: callback */
{
    const struct sr_bytes *one = a;
    const struct sr_bytes *other = b;
    size_t len = one->len < other->len ? one->len : other->len;
    int order = memcmp(one->ptr, other->ptr, len);
    return order != 0 ? order : (one->len > other->len) - (one->len < other->len);
}

/* The folder that the signature will lie in, absolute and without links. */
static bool find_folder(const char *signature, const char *name, char out[PATH_MAX])
{
    char folder[PATH_MAX];
    if (name == signature) {
        return realpath(".", out) != NULL;
    }
    int bytes = snprintf(folder, sizeof folder, "%.*s", (int)(name - signature), signature);
    return bytes < PATH_MAX && realpath(folder, out) != NULL;
}

/* The part of the signature's path below the model, when it lies there. */
static void find_inside(const struct sr_signature_make *p, char out[PATH_MAX])
{
    char below[PATH_MAX];
    char top[PATH_MAX];
    out[0] = '\0';
    if (p->signature == NULL || realpath(p->path, top) == NULL) {
        return;
    }
    const char *slash = strrchr(p->signature, '/');
    const char *name = slash == NULL ? p->signature : slash + 1;
    size_t len = strlen(top);
    if (!find_folder(p->signature, name, below) || strncmp(below, top, len) != 0 ||
        (below[len] != '/' && below[len] != '\0')) {
        return;
    }
    const char *rest = below[len] == '/' ? below + len + 1 : "";
    int bytes = snprintf(out, PATH_MAX, "%s%s%s", rest, rest[0] == '\0' ? "" : "/", name);
    if (bytes >= PATH_MAX || !sr_oms_is_plain(sr_text_view(out))) {
        out[0] = '\0';
    }
}

static void put_ignored(struct sr_oms_statement *s, struct sr_bytes path)
{
    for (size_t i = 0; i < s->ignored_count; i++) {
        if (sr_text_equal(s->ignored[i], path)) {
            return;
        }
    }
    s->ignored[s->ignored_count++] = path;
}

static enum sr_status list_ignored(struct making *g, struct sr_err *err)
{
    const struct sr_signature_make *p = g->params;
    struct sr_oms_statement *s = &g->statement;
    s->ignored = calloc(p->ignored_count + GIT_COUNT + 1, sizeof *s->ignored);
    if (s->ignored == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory to sign");
    }
    for (size_t i = 0; SR_MANIFEST_GIT[i] != NULL; i++) {
        put_ignored(s, sr_text_view(SR_MANIFEST_GIT[i]));
    }
    for (size_t i = 0; i < p->ignored_count; i++) {
        put_ignored(s, p->ignored[i]);
    }
    find_inside(p, g->inside);
    if (g->inside[0] != '\0') {
        put_ignored(s, sr_text_view(g->inside));
    }
    qsort(s->ignored, s->ignored_count, sizeof *s->ignored, compare_views);
    return SR_OK;
}

static enum sr_status find_files(struct making *g, struct sr_err *err)
{
    struct sr_manifest_params params = {
        .path = g->params->path,
        .ignored = g->statement.ignored,
        .ignored_count = g->statement.ignored_count,
        .signature = g->params->signature,
    };
    SR_TRY(sr_manifest_new(&params, &g->manifest, err));
    size_t count = sr_manifest_count(g->manifest);
    g->pieces = calloc(count, sizeof *g->pieces);
    g->statement.resources = calloc(count, sizeof *g->statement.resources);
    if (g->pieces == NULL || g->statement.resources == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory to sign");
    }
    for (size_t i = 0; i < count; i++) {
        g->pieces[i] = (struct sr_manifest_piece){
            .file = i, .end = (uint64_t)sr_manifest_at(g->manifest, i)->found.st_size};
    }
    return sr_manifest_hash(g->manifest, SR_OMS_SHA256, g->pieces, count, g->params->threads, err);
}

static enum sr_status make_statement(struct making *g)
{
    struct sr_oms_statement *s = &g->statement;
    SR_AUTO(sr_sha256) root = NULL;
    SR_TRY(sr_sha256_new(&root));
    s->subject = sr_text_view(sr_manifest_name(g->manifest));
    s->resource_count = sr_manifest_count(g->manifest);
    for (size_t i = 0; i < s->resource_count; i++) {
        struct sr_oms_resource *r = &s->resources[i];
        r->name = sr_text_view(sr_manifest_at(g->manifest, i)->path);
        memcpy(r->digest, g->pieces[i].digest, SR_SHA256_BYTES);
        SR_TRY(sr_sha256_update(root, sr_bytes(r->digest, SR_SHA256_BYTES)));
    }
    return sr_sha256_final(root, s->root);
}

static enum sr_status check_certificate(const struct sr_x509 *certificates,
                                        const struct sr_signer *signer, struct sr_err *err)
{
    SR_AUTO(sr_public_key) key = NULL;
    if (certificates == NULL) {
        return SR_OK;
    }
    SR_TRY(sr_x509_leaf_key(certificates, &key, err));
    return sr_public_key_equal(key, signer->public_key)
               ? SR_OK
               : sr_fail(err, SR_UNTRUSTED, "the first certificate is not of the key that signs");
}

static enum sr_status encode(const struct sr_signer *signer, const struct sr_x509 *certificates,
                             struct sr_bytes payload, struct sr_bytes signature, struct sr_buf *out)
{
    struct sr_buf *der[SR_OMS_CERTIFICATES_MAX] = {0};
    struct sr_bytes views[SR_OMS_CERTIFICATES_MAX];
    char hint[SR_SIGN_HINT_BYTES];
    size_t count = certificates == NULL ? 0 : sr_x509_count(certificates);
    enum sr_status status = sr_public_key_hint(signer->public_key, hint);
    if (count > SR_OMS_CERTIFICATES_MAX) {
        return SR_TOO_LARGE;
    }
    for (size_t i = 0; i < count && status == SR_OK; i++) {
        status = sr_buf_new(SR_SIGN_PEM_BYTES_MAX, &der[i]);
        status = status == SR_OK ? sr_x509_der(certificates, i, der[i]) : status;
        views[i] = status == SR_OK ? sr_buf_view(der[i]) : sr_bytes(NULL, 0);
    }
    if (status == SR_OK) {
        status = sr_oms_bundle_encode(hint, views, count, payload, signature, out);
    }
    for (size_t i = 0; i < count; i++) {
        sr_buf_free(der[i]);
    }
    return status;
}

enum sr_status sr_signature_sign(const struct sr_oms_statement *statement, struct sr_signer *signer,
                                 const struct sr_x509 *certificates, struct sr_buf *out,
                                 struct sr_err *err)
{
    SR_AUTO(sr_buf) payload = NULL;
    SR_AUTO(sr_buf) message = NULL;
    SR_AUTO(sr_buf) signature = NULL;
    if (sr_public_key_algorithm(signer->public_key) == SR_SIGN_ED25519) {
        return sr_fail(err, SR_UNSUPPORTED, "models are not signed with Ed25519 keys");
    }
    SR_TRY(check_certificate(certificates, signer, err));
    SR_TRY(sr_buf_new(SR_OMS_BUNDLE_BYTES_MAX / 2, &payload));
    SR_TRY(sr_buf_new(SR_OMS_BUNDLE_BYTES_MAX, &message));
    SR_TRY(sr_buf_new(SR_SIGN_SIGNATURE_BYTES_MAX, &signature));
    enum sr_status status = sr_oms_statement_encode(statement, payload);
    if (status != SR_OK) {
        return sr_fail(err, status, "cannot write the statement to sign");
    }
    SR_TRY(sr_dsse_pae(sr_text_view(SR_OMS_PAYLOAD_TYPE), sr_buf_view(payload), message));
    SR_TRY(sr_signer_sign(signer, sr_buf_view(message), signature, err));
    status = encode(signer, certificates, sr_buf_view(payload), sr_buf_view(signature), out);
    return status == SR_OK ? SR_OK : sr_fail(err, status, "cannot write the signature's bundle");
}

enum sr_status sr_signature_make(const struct sr_signature_make *params, struct sr_buf *out,
                                 struct sr_signature_made *made, struct sr_err *err)
{
    SR_CLEANUP(making_clear) struct making g = {.params = params};
    SR_TRY(check_certificate(params->certificates, params->signer, err));
    SR_TRY(list_ignored(&g, err));
    SR_TRY(find_files(&g, err));
    SR_TRY(make_statement(&g));
    SR_TRY(sr_signature_sign(&g.statement, params->signer, params->certificates, out, err));
    made->files = sr_manifest_count(g.manifest);
    made->bytes = sr_manifest_bytes(g.manifest);
    memcpy(made->root, g.statement.root, sizeof made->root);
    return SR_OK;
}
