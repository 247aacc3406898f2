/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_FORMATS_HDF5_PARTS_H
#define SR_FORMATS_HDF5_PARTS_H

#include "base/reader.h"
#include "formats/hdf5.h"
#include "formats/nameset.h"

/*
 * What the parts of the HDF5 reader (hdf5*.c) share; nobody else includes this. All bytes are
 * hostile. Statuses are those of sr_hdf5_decode(); a part that says TRUNCATED without a message is
 * given one by its caller, who knows where it stands.
 */

#define SR_HDF5_NOWHERE UINT64_MAX /* an address that is not set */

/* An object that is to be looked at, with what its link says of it. */
struct sr_hdf5_object {
    uint64_t address;
    uint64_t tree; /* of the symbol table, where the link has it cached; else NOWHERE */
    uint64_t heap;
};

struct sr_hdf5_file {
    struct sr_bytes bytes;
    const struct sr_hdf5_events *events;
    struct sr_err *err;
    uint64_t work;
    uint32_t group_leaf_k;
    uint32_t group_node_k;
    uint32_t chunk_node_k;
    void **objects; /* pages of struct sr_hdf5_object: the set points there, so they never move */
    size_t object_count;
    struct sr_nameset *object_set;
    void **blocks; /* pages of uint64_t: addresses of blocks that may be met only once */
    size_t block_count;
    struct sr_nameset *block_set;
};

#define SR_HDF5_PAGE 1024

/* hdf5.c */

/* So much more to do. errors TOO_LARGE */
enum sr_status sr_hdf5_work(struct sr_hdf5_file *f, uint64_t steps) SR_MUST_USE;
/* len bytes at address. errors MALFORMED, past the end; `what` names them. */
enum sr_status sr_hdf5_view(struct sr_hdf5_file *f, const char *what, uint64_t address,
                            uint64_t len, struct sr_bytes *out) SR_MUST_USE;
/* The same for a block that may be met only once and begins with a signature of 4 bytes. */
enum sr_status sr_hdf5_block(struct sr_hdf5_file *f, const char *signature, uint64_t address,
                             uint64_t len, struct sr_bytes *out) SR_MUST_USE;
/* Note that the block at address is being read. errors MALFORMED, it was already; TOO_LARGE */
enum sr_status sr_hdf5_enter(struct sr_hdf5_file *f, const char *what,
                             uint64_t address) SR_MUST_USE;
/* Its last 4 bytes have to be the checksum of the others. */
enum sr_status sr_hdf5_checksum(struct sr_hdf5_file *f, struct sr_bytes block) SR_MUST_USE;
uint64_t sr_hdf5_offset(const struct sr_hdf5_file *f, struct sr_bytes view);
void sr_hdf5_claim(const struct sr_hdf5_file *f, struct sr_bytes view);
/* Space that is not in use: claimed when it is all zero, else left to be reported. */
void sr_hdf5_unused(const struct sr_hdf5_file *f, struct sr_bytes view);
void sr_hdf5_text(const struct sr_hdf5_file *f, enum sr_hdf5_text_kind kind, struct sr_bytes name,
                  struct sr_bytes text);
void sr_hdf5_feature(const struct sr_hdf5_file *f, enum sr_hdf5_feature feature, uint64_t offset,
                     struct sr_bytes text);
/* A hard link leads to an object. Each is looked at once, later. */
enum sr_status sr_hdf5_push(struct sr_hdf5_file *f,
                            const struct sr_hdf5_object *object) SR_MUST_USE;
/* size bytes (1 to 8) as a number, least significant first. */
enum sr_status sr_hdf5_uint(struct sr_reader *r, size_t size, uint64_t *out) SR_MUST_USE;
/* Text up to its NUL, with the NUL and what fills it up to a multiple of `align`. */
enum sr_status sr_hdf5_cstring(struct sr_reader *r, size_t align, struct sr_bytes *out) SR_MUST_USE;

/* hdf5_type.c: the descriptions of data. */

struct sr_hdf5_space {
    bool is_null;
    uint8_t rank;
    uint64_t dims[SR_HDF5_RANK_MAX];
    uint64_t elements;
};

enum sr_hdf5_class {
    SR_HDF5_CLASS_FIXED,
    SR_HDF5_CLASS_FLOAT,
    SR_HDF5_CLASS_TIME,
    SR_HDF5_CLASS_STRING,
    SR_HDF5_CLASS_BITS,
    SR_HDF5_CLASS_OPAQUE,
    SR_HDF5_CLASS_COMPOUND,
    SR_HDF5_CLASS_REFERENCE,
    SR_HDF5_CLASS_ENUM,
    SR_HDF5_CLASS_VLEN,
    SR_HDF5_CLASS_ARRAY,
    SR_HDF5_CLASS_COUNT
};

struct sr_hdf5_type {
    enum sr_hdf5_class class;
    uint32_t size;
    uint32_t base_size;  /* of a VLEN's elements */
    bool is_text;        /* a VLEN of characters */
    bool has_inner_vlen; /* somewhere inside: elements point into heaps */
};

enum sr_status sr_hdf5_read_space(struct sr_hdf5_file *f, struct sr_reader *r,
                                  struct sr_hdf5_space *out) SR_MUST_USE;
enum sr_status sr_hdf5_read_type(struct sr_hdf5_file *f, struct sr_reader *r,
                                 struct sr_hdf5_type *out) SR_MUST_USE;
/* elements x size; MALFORMED when it overflows. */
enum sr_status sr_hdf5_data_bytes(struct sr_hdf5_file *f, const struct sr_hdf5_space *space,
                                  const struct sr_hdf5_type *type, uint64_t *out) SR_MUST_USE;
/* Elements, whole, of a data set or an attribute: its texts, and what they have in heaps. */
enum sr_status sr_hdf5_elements(struct sr_hdf5_file *f, const struct sr_hdf5_type *type,
                                enum sr_hdf5_text_kind kind, struct sr_bytes name,
                                struct sr_bytes data) SR_MUST_USE;

/* hdf5_heap.c: names, and values of any length. */

struct sr_hdf5_heap {
    struct sr_bytes segment;
};
/* The local heap at address, its free space claimed. */
enum sr_status sr_hdf5_heap_open(struct sr_hdf5_file *f, uint64_t address,
                                 struct sr_hdf5_heap *out) SR_MUST_USE;
/* The text at offset of the heap; claims it. */
enum sr_status sr_hdf5_heap_text(struct sr_hdf5_file *f, const struct sr_hdf5_heap *heap,
                                 uint64_t offset, struct sr_bytes *out) SR_MUST_USE;
/* Object index of the global heap collection at address; claims it. */
enum sr_status sr_hdf5_global(struct sr_hdf5_file *f, uint64_t address, uint32_t index,
                              struct sr_bytes *out) SR_MUST_USE;

/* hdf5_tree.c: groups of the old kind, and chunks. */

struct sr_hdf5_filters {
    bool is_filtered;
    bool is_unknown;
};
struct sr_hdf5_layout {
    uint8_t version;
    uint8_t class; /* 0 compact, 1 contiguous, 2 chunked, 3 virtual */
    uint8_t rank;  /* of chunks, with the element as the last dimension */
    uint8_t index; /* version 4: how chunks are found */
    uint8_t page_bits;
    bool is_single_filtered;
    uint64_t address;
    uint64_t bytes; /* contiguous: as the file says */
    struct sr_bytes compact;
    uint64_t chunk[SR_HDF5_RANK_MAX + 1];
    uint64_t chunk_bytes;
};
struct sr_hdf5_dataset_parts {
    struct sr_hdf5_space space;
    struct sr_hdf5_type type;
    struct sr_hdf5_layout layout;
    struct sr_hdf5_filters filters;
    uint64_t stored; /* so far */
};

enum sr_status sr_hdf5_symbols(struct sr_hdf5_file *f, uint64_t tree, uint64_t heap) SR_MUST_USE;
enum sr_status sr_hdf5_chunk_tree(struct sr_hdf5_file *f,
                                  struct sr_hdf5_dataset_parts *d) SR_MUST_USE;
/* One chunk: claims it, and looks at its texts. bytes: as the file says. */
enum sr_status sr_hdf5_chunk(struct sr_hdf5_file *f, struct sr_hdf5_dataset_parts *d,
                             uint64_t address, uint64_t bytes) SR_MUST_USE;

/* hdf5_index.c: chunks as newer versions of the library find them. */
enum sr_status sr_hdf5_chunk_index(struct sr_hdf5_file *f,
                                   struct sr_hdf5_dataset_parts *d) SR_MUST_USE;

/* hdf5_object.c: object headers. */
enum sr_status sr_hdf5_read_object(struct sr_hdf5_file *f,
                                   const struct sr_hdf5_object *object) SR_MUST_USE;
/* The body of a message, wherever it is stored. */
enum sr_status sr_hdf5_link(struct sr_hdf5_file *f, struct sr_reader *r) SR_MUST_USE;
enum sr_status sr_hdf5_attribute(struct sr_hdf5_file *f, struct sr_reader *r) SR_MUST_USE;

/* hdf5_dense.c: many links or attributes, in a fractal heap. */

/* The type of the tree by name; that by order of creation is the next. */
enum sr_hdf5_dense { SR_HDF5_DENSE_LINKS = 5, SR_HDF5_DENSE_ATTRIBUTES = 8 };
/* order_tree: NOWHERE when there is none. */
enum sr_status sr_hdf5_dense(struct sr_hdf5_file *f, uint64_t heap, uint64_t tree,
                             uint64_t order_tree, enum sr_hdf5_dense type) SR_MUST_USE;

#endif /* SR_FORMATS_HDF5_PARTS_H */
