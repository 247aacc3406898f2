/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_SIGNATURE_H
#define SR_ARTIFACT_SIGNATURE_H

#include "artifact/manifest.h"
#include "crypto/x509.h"

/*
 * Signing the files of a model, and checking such a signature: OpenSSF Model Signing v1.0. What is
 * accepted is what the specification says and no more; what old signers wrote is accepted as well
 * where nothing is lost by it. Files that nobody signed are a failure, and files that the signer
 * left out are reported.
 * source  docs/signing.md; docs/formats/oms.md
 */

struct sr_signature_make {
    const char *path;               /* folder or file; trusted */
    const char *signature;          /* where the bundle will be: left out; NULL: elsewhere */
    const struct sr_bytes *ignored; /* beside those of git; relative plain paths */
    size_t ignored_count;
    struct sr_signer *signer;
    const struct sr_x509 *certificates; /* of the signer, leaf first; NULL: none */
    unsigned threads;                   /* 0: one for each core */
};

struct sr_signature_made {
    uint64_t files;
    uint64_t bytes;
    uint8_t root[SR_OMS_ROOT_BYTES];
};

/*
 * Hash the files and sign what they are; the bundle is appended to out.
 *
 * errors  MALFORMED    the model has no files, or a name that is not UTF-8
 *         UNSUPPORTED  a link or special file
 *         UNTRUSTED    the first certificate is not of the signer's key
 *         those of sr_manifest_new(), sr_manifest_hash() and the signer
 */
enum sr_status sr_signature_make(const struct sr_signature_make *params, struct sr_buf *out,
                                 struct sr_signature_made *made, struct sr_err *err) SR_MUST_USE;

/*
 * Sign a statement (sr_oms_statement_encode()): for files that are not in a folder. The bundle is
 * appended to out. errors  as sr_signature_make()
 */
enum sr_status sr_signature_sign(const struct sr_oms_statement *statement, struct sr_signer *signer,
                                 const struct sr_x509 *certificates, struct sr_buf *out,
                                 struct sr_err *err) SR_MUST_USE;

/* Who may have signed. One of key and roots; neither: nobody is trusted, see sr_signature_check().
 */
struct sr_signature_trust {
    const struct sr_public_key *key;
    const struct sr_x509 *roots;
    struct sr_x509_policy policy; /* for roots */
};

enum sr_signature_problem {
    SR_SIGNATURE_DIFFERS, /* a file is not what was signed */
    SR_SIGNATURE_MISSING, /* a file was signed and is not there */
    SR_SIGNATURE_EXTRA    /* a file is there and was not signed */
};
/* "differs", "missing", "extra" */
const char *sr_signature_problem_name(enum sr_signature_problem problem);

struct sr_signature_check {
    const char *path;       /* folder or file; trusted */
    struct sr_bytes bundle; /* hostile */
    const char *signature;  /* where the bundle lies: left out; NULL: elsewhere */
    struct sr_signature_trust trust;
    const struct sr_bytes *ignored; /* beside what the signer left out */
    size_t ignored_count;
    bool ignore_unsigned; /* files that nobody signed are reported, and no failure */
    unsigned threads;     /* 0: one for each core */
    /* Called for each file that is not as it was signed, in order of paths. May be NULL. */
    void (*on_problem)(void *ctx, enum sr_signature_problem problem, const char *path);
    void *ctx;
};

struct sr_signature_result {
    bool is_trusted; /* somebody trusted has signed; else nobody was to be trusted */
    enum sr_oms_material material;
    char hint[SR_OMS_HINT_BYTES];    /* of the key that signed; "" when it is not known */
    char signer[SR_X509_NAME_BYTES]; /* the leaf's subject; "" for a key */
    uint8_t root[SR_OMS_ROOT_BYTES]; /* zero for SR_OMS_DIGESTS */
    enum sr_oms_method method;
    uint64_t files; /* signed and good */
    uint64_t bytes; /* of these */
    uint64_t problems;
    uint64_t unsigned_files;         /* with ignore_unsigned */
    bool is_ordered;                 /* the files are signed in the order of the specification */
    struct sr_manifest *files_found; /* for what was ignored; the caller frees it; may be NULL */
};

/*
 * Check a signature and the files. First the signature over the bytes of the statement; only then
 * are these decoded. Without trust the signature itself is checked as far as the bundle allows
 * (against its own certificate or key), the files are compared all the same, and is_trusted is
 * false: such a result says that the signature does not contradict the files, and nothing else.
 *
 * out  filled in as far as the check came, also when it fails; start with all zero
 * errors  MALFORMED    the bundle or the statement is not as the specification says
 *         UNTRUSTED    not signed by whom trust names
 *         CORRUPT      the signature is good and the files are not what was signed
 *         UNSUPPORTED  keyless bundles; statements, hashes or files of kinds we do not know
 *         those of sr_manifest_new() and sr_manifest_hash()
 */
enum sr_status sr_signature_check(const struct sr_signature_check *params,
                                  struct sr_signature_result *out, struct sr_err *err) SR_MUST_USE;

/*
 * The same up to the files: what a bundle says, once its signature is verified. bundle is hostile.
 * errors  as sr_signature_check(), but CORRUPT
 */
enum sr_status sr_signature_open(struct sr_bytes bundle, const struct sr_signature_trust *trust,
                                 struct sr_signature_result *out,
                                 struct sr_oms_statement **out_statement,
                                 struct sr_err *err) SR_MUST_USE;

#endif /* SR_ARTIFACT_SIGNATURE_H */
