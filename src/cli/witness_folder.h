/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CLI_WITNESS_FOLDER_H
#define SR_CLI_WITNESS_FOLDER_H

#include "cli/cli.h"
#include "ledger/vkey.h"

/*
 * The folder of a witness as the commands `witness ...` share it: what ledger/witness.h keeps
 * there, and beside it `witness.key`, its private key in PEM, readable by its owner alone and
 * encrypted where a passphrase was given, and `witness.vkey`, its public one.
 */
struct sr_witness_folder {
    int fd; /* -1: not open */
    struct sr_vkey *key;
    struct sr_signer *signer; /* NULL: it was not asked for */
};
void sr_witness_folder_clear(struct sr_witness_folder *f);

/*
 * Make the folder, if it is not there, and a new key for the witness name in it. The passphrase is
 * that of --passphrase-file or --passphrase-fd; without one the key is not encrypted. Fills *out
 * but for the signer; start from {.fd = -1} and clear.
 *
 * errors  CONFLICT  there is a witness; MALFORMED  the name; NOT_FOUND  the folder above
 *         IO, NO_MEMORY, INTERNAL, those of the passphrase
 */
enum sr_status sr_witness_folder_make(const struct sr_cli *cli, const char *path, const char *name,
                                      struct sr_witness_folder *out,
                                      struct sr_err *err) SR_MUST_USE;

/*
 * Open it, with the private key if with_signer says so. Start from {.fd = -1} and clear.
 *
 * errors  NOT_FOUND        there is no witness
 *         UNAUTHENTICATED  no passphrase, or a wrong one
 *         CONFLICT         private and public key do not belong together
 *         DENIED (others can read the private key), MALFORMED, TOO_LARGE, IO, NO_MEMORY, INTERNAL
 */
enum sr_status sr_witness_folder_open(const struct sr_cli *cli, const char *path, bool with_signer,
                                      struct sr_witness_folder *out,
                                      struct sr_err *err) SR_MUST_USE;

#endif /* SR_CLI_WITNESS_FOLDER_H */
