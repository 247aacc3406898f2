/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_CRC32_H
#define SR_FORMATS_CRC32_H

#include "base/bytes.h"

/*
 * The checksum of zip and gzip (polynomial 0x04c11db7, reflected). By ISA-L where it is there: over
 * 10 GB/s with carry-less multiplication; else by zlib. Of data in pieces: start from 0 and give
 * each result to the next call.
 * source  ISO/IEC 8802-3:2017, section 3.2.9
 */
uint32_t sr_crc32(uint32_t crc, struct sr_bytes data);

/* The one of the two that zlib has, so that tests can compare them. */
uint32_t sr_crc32_portable(uint32_t crc, struct sr_bytes data);

#endif /* SR_FORMATS_CRC32_H */
