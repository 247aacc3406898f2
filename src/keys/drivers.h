/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_KEYS_DRIVERS_H
#define SR_KEYS_DRIVERS_H

#include "keys/wrapper.h"

/* All wrapper drivers of this build, in the order of drivers.def, ending with NULL. */
extern const struct sr_wrapper_driver *const sr_drivers_wrapper[];

#endif /* SR_KEYS_DRIVERS_H */
