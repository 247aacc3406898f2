/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_DEPOSIT_SIGNATURE_H
#define SR_CUSTODY_DEPOSIT_SIGNATURE_H

#include "artifact/signature.h"
#include "artifact/walk.h"

/*
 * The signature that a publisher left with a model, looked at before the model comes into custody:
 * files `*.sig` at the top of a folder that are bundles of OpenSSF Model Signing; of a single file,
 * `<file>.sig` beside it. Other files of such names are files like any other.
 */

enum sr_publisher_state {
    SR_PUBLISHER_NONE,       /* there is no signature */
    SR_PUBLISHER_UNVERIFIED, /* there is one; whose it is was not asked or cannot be told */
    SR_PUBLISHER_VERIFIED    /* somebody who was named has signed all files */
};
/* "none", "present, not verified", "verified" */
const char *sr_publisher_state_name(enum sr_publisher_state state);

struct sr_publisher {
    enum sr_publisher_state state;
    char file[SR_LIMIT_PATH_BYTES + 1]; /* the signature's; "" for none */
    char hint[SR_OMS_HINT_BYTES];       /* of the key; "" when not known */
    char signer[SR_X509_NAME_BYTES];    /* the certificate's subject; "" for a key */
};

/*
 * trust   who must have signed; NULL: nobody has to. With it, every file must be signed but for the
 *         signatures and the files of Git
 * errors  UNTRUSTED  trust names somebody, and no signature is theirs; or they left a file out
 *         CORRUPT    a signature says that the files are others: refused whoever is trusted
 *         CONFLICT   a file changed meanwhile
 *         IO, NO_MEMORY, TOO_LARGE
 */
enum sr_status sr_deposit_signature_check(const struct sr_walk *walk,
                                          const struct sr_signature_trust *trust, unsigned threads,
                                          struct sr_publisher *out, struct sr_err *err) SR_MUST_USE;

#endif /* SR_CUSTODY_DEPOSIT_SIGNATURE_H */
