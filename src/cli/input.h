/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CLI_INPUT_H
#define SR_CLI_INPUT_H

#include "artifact/signature.h"
#include "cli/args.h"

/*
 * Files that options name: keys, certificates, signatures. Paths are trusted, links are followed;
 * what is in the files is hostile.
 */

/*
 * Append the file at path to out.
 * errors  NOT_FOUND, MALFORMED (no regular file), TOO_LARGE (over out's limit), IO, NO_MEMORY
 */
enum sr_status sr_input_file(const char *path, struct sr_buf *out, struct sr_err *err) SR_MUST_USE;

/* A public key, or certificates, in PEM. errors  those of sr_input_file() and the decoder */
enum sr_status sr_input_public_key(const char *path, struct sr_public_key **out,
                                   struct sr_err *err) SR_MUST_USE;
enum sr_status sr_input_certificates(const char *path, struct sr_x509 **out,
                                     struct sr_err *err) SR_MUST_USE;

/* Whoever --require-signer names: a public key or roots, with --signer-name. */
struct sr_input_signer {
    struct sr_public_key *key;
    struct sr_x509 *roots;
    struct sr_signature_trust trust; /* points to these */
    bool is_given;
};
/* errors  USAGE (--signer-name alone, or with a key); those of the above. Clear *out also then. */
enum sr_status sr_input_signer(const struct sr_args *args, struct sr_input_signer *out,
                               struct sr_err *err) SR_MUST_USE;
void sr_input_signer_clear(struct sr_input_signer *s);

/*
 * The values of --ignore as relative plain paths: "./" before and "/" after are dropped. *out has
 * *out_count views of the arguments; free() it.
 * errors  USAGE  a path that is not inside the model; NO_MEMORY
 */
enum sr_status sr_input_ignored(const struct sr_args *args, struct sr_bytes **out,
                                size_t *out_count, struct sr_err *err) SR_MUST_USE;
/* For SR_CLEANUP. */
void sr_input_free_ignored(struct sr_bytes **p);

#endif /* SR_CLI_INPUT_H */
