/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_PIN_H
#define SR_CUSTODY_PIN_H

#include "base/text.h"

/*
 * Where the pins of rooms are: what each ledger signed last, kept apart from the rooms, so that one
 * that was restored from an old copy is seen to be that. One file for each room, in the state
 * folder of the user: $XDG_STATE_HOME/strongroom, or ~/.local/state/strongroom.
 * source  docs/design/0013-acts.md; XDG Base Directory Specification 0.8
 */

#define SR_PIN_NAME_BYTES (SR_ID_TEXT_BYTES + 4)

/* Open the folder; it is made when it is not there. errors  IO, TOO_LARGE */
enum sr_status sr_pin_folder(int *out_fd, struct sr_err *err) SR_MUST_USE;
/* "<room id>.pin" */
void sr_pin_name(const struct sr_id *room, char out[SR_PIN_NAME_BYTES]);

#endif /* SR_CUSTODY_PIN_H */
