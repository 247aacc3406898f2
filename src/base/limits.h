/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_BASE_LIMITS_H
#define SR_BASE_LIMITS_H

#include <stdint.h>

/* Every limit, each with its reason. What is over a limit is refused with TOO_LARGE. */

/* Names of artifacts: they become parts of URLs, paths and DNS-like labels. */
#define SR_LIMIT_NAME_BYTES 128
/* Paths inside an artifact: Linux PATH_MAX less room for a mount point. */
#define SR_LIMIT_PATH_BYTES 1024
/* Files of one version: the largest published checkpoints have under 2,000 shards. */
#define SR_LIMIT_FILES 100000
/* One sealed file: FLOE has room for 2^63 bytes; ext4 ends at 16 TiB. */
#define SR_LIMIT_FILE_BYTES ((uint64_t)1 << 44)
/* A safetensors header: the format's own rule. */
#define SR_LIMIT_SAFETENSORS_HEADER_BYTES ((uint64_t)100000000)
/* GGUF metadata before the data: vocabularies have a few MiB, no published file reaches 64. */
#define SR_LIMIT_GGUF_HEADER_BYTES ((uint64_t)128 << 20)
/* GGUF keys: published files have under 100. */
#define SR_LIMIT_GGUF_KEYS 65536
/* GGUF alignment: files have 32; a huge page is the most that could be of use. */
#define SR_LIMIT_GGUF_ALIGNMENT ((uint64_t)2 << 20)
/* Tensors of one file: DeepSeek-V3 has 91,991 in all its shards together. */
#define SR_LIMIT_TENSORS 262144
#define SR_LIMIT_TENSOR_NAME_BYTES 1024
#define SR_LIMIT_TENSOR_RANK 64
/* What decoding one JSON text may allocate, whatever it says. */
#define SR_LIMIT_JSON_HEAP_BYTES ((size_t)96 << 20)
/* The same for a signature's list of files: 100,000 of them with usual names take 218 MB. */
#define SR_LIMIT_SIGNATURE_HEAP_BYTES ((size_t)384 << 20)
/* The encrypted trailer of a sealed body: a tensor index of the size above with usual names. */
#define SR_LIMIT_TRAILER_BYTES ((uint64_t)64 << 20)
/* What inspection may unpack from one file, in all: larger than any published compressed model. */
#define SR_LIMIT_INSPECT_UNPACKED_BYTES ((uint64_t)2 << 30)
/* And how many times its packed size: DEFLATE reaches 1,032 on zeros, weights reach 2. */
#define SR_LIMIT_INSPECT_RATIO 200
/* What interpreting one pickle may take: a state dict has 20 opcodes for each tensor, the largest
 * published ones under 100,000 tensors; plain data has more. */
#define SR_LIMIT_PICKLE_OPCODES ((uint64_t)200000000)
#define SR_LIMIT_PICKLE_STACK ((size_t)4000000)
#define SR_LIMIT_PICKLE_MEMO ((size_t)16000000)
/* Slots of the memo far beyond those before; picklers number them one after the other. */
#define SR_LIMIT_PICKLE_SPARSE ((size_t)1 << 20)
/* 8 bytes each: 256 MB of values. */
#define SR_LIMIT_PICKLE_CELLS ((size_t)32000000)
/* Names that are imported; a pickler does it once for each. */
#define SR_LIMIT_PICKLE_IMPORTS ((size_t)1 << 18)
/* Members of one archive. */
#define SR_LIMIT_INSPECT_MEMBERS 100000
/* Fields and numbers of one Protocol Buffers message: 2 GiB of them is its own limit; a graph of
 * published models has under a million, and integers one by one are rare. */
#define SR_LIMIT_PROTOBUF_ITEMS ((uint64_t)1 << 28)
/* Objects (groups, data sets) of one HDF5 file: two or three for each tensor of a model. */
#define SR_LIMIT_HDF5_OBJECTS 262144
/* Blocks of its trees and heaps, names and values of any length. */
#define SR_LIMIT_HDF5_BLOCKS 1048576
/* What is done for it in all, in steps of one entry, chunk or block: about a second. */
#define SR_LIMIT_HDF5_WORK ((uint64_t)1 << 24)
/* Findings of one rule in one file: a report is for people. */
#define SR_LIMIT_INSPECT_FINDINGS 64
/* What conversion may write: views that share a storage become copies. So many times the input...
 */
#define SR_LIMIT_CONVERT_RATIO 16
/* ...or this, for small inputs. */
#define SR_LIMIT_CONVERT_FREE_BYTES ((uint64_t)64 << 20)

#endif /* SR_BASE_LIMITS_H */
