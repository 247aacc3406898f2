/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_BASE_WRITER_H
#define SR_BASE_WRITER_H

#include "base/buf.h"

/*
 * The reader's mirror: put integers and blocks at the end of a buffer. Big-endian, as all our own
 * formats are.
 *
 * errors of all  TOO_LARGE  the buffer's limit, or a block longer than its length field can say
 *                NO_MEMORY
 */
enum sr_status sr_writer_u8(struct sr_buf *b, uint8_t value) SR_MUST_USE;
enum sr_status sr_writer_u16be(struct sr_buf *b, uint16_t value) SR_MUST_USE;
enum sr_status sr_writer_u32be(struct sr_buf *b, uint32_t value) SR_MUST_USE;
enum sr_status sr_writer_u64be(struct sr_buf *b, uint64_t value) SR_MUST_USE;
/* A 2-byte length, or one of 4 bytes, then data. */
enum sr_status sr_writer_block_u16be(struct sr_buf *b, struct sr_bytes data) SR_MUST_USE;
enum sr_status sr_writer_block_u32be(struct sr_buf *b, struct sr_bytes data) SR_MUST_USE;

/* The same into fixed memory, for headers and associated data of known size. */
void sr_writer_put_u32be(uint8_t out[4], uint32_t value);
void sr_writer_put_u64be(uint8_t out[8], uint64_t value);

#endif /* SR_BASE_WRITER_H */
