/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_STORE_DRIVERS_H
#define SR_STORE_DRIVERS_H

#include "store/blobs.h"
#include "store/catalog_driver.h"

/*
 * All drivers of the two ports, from drivers.def; each list ends with NULL. drivers.c holds these
 * lists and nothing else, so that a test binary can bring lists of its own (tests/drivers/).
 */
extern const struct sr_blobs_driver *const sr_drivers_blobs[];
extern const struct sr_catalog_driver *const sr_drivers_catalog[];

#endif /* SR_STORE_DRIVERS_H */
