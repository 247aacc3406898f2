/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/crc32.h"

#include <zlib.h>

#include "build_config.h"

#if SR_HAVE_ISAL
#include <isa-l/crc.h>
#endif

uint32_t sr_crc32_portable(uint32_t crc, struct sr_bytes data)
{
    return data.len == 0 ? crc : (uint32_t)crc32_z(crc, data.ptr, data.len);
}

uint32_t sr_crc32(uint32_t crc, struct sr_bytes data)
{
#if SR_HAVE_ISAL
    return data.len == 0 ? crc : crc32_gzip_refl(crc, data.ptr, data.len);
#else
    return sr_crc32_portable(crc, data);
#endif
}
