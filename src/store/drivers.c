/* SPDX-License-Identifier: Apache-2.0 */
#include "store/drivers.h"

#include <stddef.h>

#define BLOBS(scheme) extern const struct sr_blobs_driver sr_blobs_##scheme;
#define CATALOG(scheme) extern const struct sr_catalog_driver sr_catalog_##scheme;
#include "store/drivers.def"
#undef BLOBS
#undef CATALOG

const struct sr_blobs_driver *const sr_drivers_blobs[] = {
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
