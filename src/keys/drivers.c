/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/drivers.h"

#define WRAPPER(scheme) extern const struct sr_wrapper_driver sr_wrapper_##scheme;
#include "keys/drivers.def"
#undef WRAPPER

const struct sr_wrapper_driver *const sr_drivers_wrapper[] = {
#define WRAPPER(scheme) &sr_wrapper_##scheme,
#include "keys/drivers.def"
#undef WRAPPER
    NULL,
};
