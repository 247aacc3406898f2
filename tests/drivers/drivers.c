/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The drivers of a test binary: those that are built in, and the two that exist for tests. Linked
 * into a test, this takes the place of src/store/drivers.c, which then stays in its archive.
 */
#include "store/drivers.h"

#include <stddef.h>

extern const struct sr_blobs_driver sr_blobs_memory;
extern const struct sr_blobs_driver sr_blobs_faulty;

#define BLOBS(scheme) extern const struct sr_blobs_driver sr_blobs_##scheme;
#define CATALOG(scheme) extern const struct sr_catalog_driver sr_catalog_##scheme;
#include "store/drivers.def"
#undef BLOBS
#undef CATALOG

const struct sr_blobs_driver *const sr_drivers_blobs[] = {
    &sr_blobs_memory,
    &sr_blobs_faulty,
#define BLOBS(scheme) &sr_blobs_##scheme,
#define CATALOG(scheme)
#include "store/drivers.def"
#undef BLOBS
#undef CATALOG
    NULL,
};

const struct sr_catalog_driver *const sr_drivers_catalog[] = {
#define BLOBS(scheme)
#define CATALOG(scheme) &sr_catalog_##scheme,
#include "store/drivers.def"
#undef BLOBS
#undef CATALOG
    NULL,
};
