/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TL_SAFETENSORS_H
#define TL_SAFETENSORS_H

#include <stddef.h>
#include <stdint.h>

#include "file.h"
#include "json.h"

/*
 * safetensors files (huggingface/safetensors, README "Format"): 8 bytes of header length, a JSON
 * header, the data. The reader maps the file as the Hugging Face loader does. Only the types that
 * this tool computes with are converted; the others are listed but not read.
 */
struct tl_safetensors {
    struct tl_map map;
    struct tl_json header;
    const uint8_t *data;
    size_t data_len;
    char *path;
};

#define TL_RANK_MAX 8

struct tl_safetensor {
    char dtype[16];
    size_t rank;
    uint64_t dims[TL_RANK_MAX];
    uint64_t count; /* elements */
    const uint8_t *at;
    size_t len;
};

/* Map and check a file. On success every tensor in it lies inside it. */
bool tl_safetensors_open(const char *path, struct tl_safetensors *out,
                         struct tl_err *err) SR_MUST_USE;
void tl_safetensors_close(struct tl_safetensors *file);
#define TL_AUTO_SAFETENSORS SR_CLEANUP(tl_safetensors_close) struct tl_safetensors

/* A tensor by name; the view lives as long as the file is open. */
bool tl_safetensors_find(const struct tl_safetensors *file, const char *name,
                         struct tl_safetensor *out, struct tl_err *err) SR_MUST_USE;

/* Convert F32, F16 or BF16 to out[0..tensor->count). */
bool tl_safetensor_floats(const struct tl_safetensors *file, const char *name,
                          const struct tl_safetensor *tensor, float *out,
                          struct tl_err *err) SR_MUST_USE;

/*
 * The header of a file that is to be written: the length, the JSON and spaces up to a multiple of
 * eight bytes. tl_safetensors_header_add() is called once for each tensor in the order of the data.
 */
struct tl_safetensors_header {
    struct tl_buf json;
    uint64_t offset;
};
void tl_safetensors_header_add(struct tl_safetensors_header *header, const char *name,
                               const char *dtype, const uint64_t *dims, size_t rank, uint64_t len);
void tl_safetensors_header_end(struct tl_safetensors_header *header, struct tl_buf *out);
void tl_safetensors_header_clear(struct tl_safetensors_header *header);

#endif /* TL_SAFETENSORS_H */
