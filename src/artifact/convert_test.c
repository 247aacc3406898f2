/* SPDX-License-Identifier: Apache-2.0 */
/* What is converted is bit by bit what was there; what cannot be is refused. CV-n of pytorch.md. */
#include "artifact/convert.h"

#include "base/limits.h"
#include "base/text.h"
#include "formats/safetensors.h"
#include "tests/memory_sink.h"
#include "tests/torches.h"
#include "tests/zips.h"

static struct zips zip;
static struct torches pickle;
static struct memory_sink sink;
static struct sr_converted converted;
static struct sr_err err;
static uint8_t data[256];

static enum sr_status convert(const char *name, struct sr_bytes input)
{
    struct sr_sink to = memory_sink(&sink);
    unsigned writes_left = sink.writes_left;
    memset(&sink, 0, sizeof sink);
    sink.writes_left = writes_left;
    err = (struct sr_err){0};
    converted = (struct sr_converted){0};
    return sr_convert(sr_text_view(name), input, &to, &converted, &err);
}

/* The bytes of a tensor of the output; empty when it is not there, or of another type or shape. */
static struct sr_bytes tensor(const char *name, const char *dtype, uint8_t rank,
                              const uint64_t *shape)
{
    SR_AUTO(sr_tensors) tensors = NULL;
    struct sr_tensor found;
    CHECK(sr_safetensors_decode(sr_bytes(sink.bytes, (size_t)converted.bytes), converted.bytes,
                                &tensors, NULL) == SR_OK);
    if (tensors == NULL || !sr_tensors_find(tensors, sr_text_view(name), &found) ||
        strcmp(found.dtype, dtype) != 0 || found.rank != rank) {
        return sr_bytes(NULL, 0);
    }
    for (uint8_t i = 0; i < rank; i++) {
        CHECK(found.shape[i] == shape[i]);
    }
    return sr_bytes(sink.bytes + found.begin, (size_t)(found.end - found.begin));
}

static struct sr_bytes torch_file(const char *byteorder)
{
    zip = (struct zips){0};
    zips_add(&zip, "m/data.pkl", pickle.bytes, pickle.len);
    zips_add(&zip, "m/version", "3\n", 2);
    zips_add(&zip, "m/byteorder", byteorder, strlen(byteorder));
    zips_add(&zip, "m/data/0", data, 24);
    return zips_end(&zip);
}

static void begin(void)
{
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)(i * 5 + 1);
    }
    pickle = (struct torches){0};
    torches_begin(&pickle);
}

static const uint64_t SIZES[] = {2, 3};
static const uint64_t STRIDES[] = {3, 1};
static const uint64_t TRANSPOSED[] = {1, 2};
static const struct torches_tensor PLAIN = {.rank = 2, .sizes = SIZES, .strides = STRIDES};
static const struct torches_tensor VIEW = {.rank = 2, .sizes = SIZES, .strides = TRANSPOSED};

static void tensors_of_one_storage_become_copies(void)
{
    static const uint64_t ONE[] = {1};
    begin();
    torches_item(&pickle, "plain", &PLAIN);
    torches_item(&pickle, "view", &VIEW);
    torches_item(&pickle, "part",
                 &(struct torches_tensor){.offset = 4, .rank = 1, .sizes = SIZES, .strides = ONE});
    torches_item(&pickle, "one",
                 &(struct torches_tensor){.offset = 5, .sizes = SIZES, .strides = SIZES});
    (void)torches_end(&pickle);
    CHECK(convert("m.pt", torch_file("little")) == SR_OK);
    CHECK(converted.tensors == 4 && converted.verdict == SR_VERDICT_PASS);
    CHECK(sink.written == converted.bytes);
    struct sr_bytes plain = tensor("plain", "F32", 2, SIZES);
    CHECK(plain.len == 24 && memcmp(plain.ptr, data, 24) == 0);
    struct sr_bytes view = tensor("view", "F32", 2, SIZES);
    for (size_t i = 0; i < 6 && view.len == 24; i++) {
        CHECK(memcmp(view.ptr + 4 * i, data + 4 * (i / 3 + i % 3 * 2), 4) == 0);
    }
    CHECK(view.len == 24);
    struct sr_bytes part = tensor("part", "F32", 1, SIZES);
    CHECK(part.len == 8 && memcmp(part.ptr, data + 16, 8) == 0);
    struct sr_bytes one = tensor("one", "F32", 0, SIZES);
    CHECK(one.len == 4 && memcmp(one.ptr, data + 20, 4) == 0);
}

/* A file of two storages, the second one of the bytes that follow the first one's. */
static struct sr_bytes file_of_two(void)
{
    zip = (struct zips){0};
    zips_add(&zip, "m/data.pkl", pickle.bytes, pickle.len);
    zips_add(&zip, "m/version", "3\n", 2);
    zips_add(&zip, "m/data/0", data, 24);
    zips_add(&zip, "m/data/1", data + 24, 24);
    return zips_end(&zip);
}

static void tensors_take_turns_in_storages(void)
{
    static const uint64_t SIX[] = {6};
    begin();
    torches_item(&pickle, "a", &PLAIN);
    torches_item(&pickle, "b", &(struct torches_tensor){.key = "1"});
    torches_item(&pickle, "c", &(struct torches_tensor){.key = "0"});
    torches_item(&pickle, "d", &(struct torches_tensor){.key = "1"});
    (void)torches_end(&pickle);
    CHECK(convert("m.pt", file_of_two()) == SR_OK && sink.written == converted.bytes);
    struct sr_bytes b = tensor("b", "F32", 1, SIX);
    struct sr_bytes c = tensor("c", "F32", 1, SIX);
    struct sr_bytes d = tensor("d", "F32", 1, SIX);
    CHECK(b.len == 24 && memcmp(b.ptr, data + 24, 24) == 0);
    CHECK(c.len == 24 && memcmp(c.ptr, data, 24) == 0);
    CHECK(d.len == 24 && memcmp(d.ptr, data + 24, 24) == 0);
}

/* CV-3 */
static void a_storage_without_a_tensor_is_refused(void)
{
    begin();
    torches_item(&pickle, "a", &PLAIN);
    torches_text(&pickle, "b");
    torches_storage(&pickle, &(struct torches_tensor){.key = "1"});
    (void)torches_end(&pickle);
    CHECK(convert("m.pt", file_of_two()) == SR_UNSUPPORTED);
    CHECK(strcmp(err.message, "storage 1 of 2 is of no plain tensor") == 0);
}

static void keys_are_joined_and_the_origin_is_noted(void)
{
    begin();
    torches_text(&pickle, "model");
    torches_op(&pickle, "}(");
    torches_item(&pickle, "w", &PLAIN);
    torches_op(&pickle, "u");
    (void)torches_end(&pickle);
    CHECK(convert("m.pt", torch_file("little")) == SR_OK);
    CHECK(tensor("model.w", "F32", 2, SIZES).len == 24);
    CHECK(strstr((const char *)sink.bytes + 8, "{\"__metadata__\":{\"format\":\"pt\","
                                               "\"strongroom.converted_from_sha256\":\"") != NULL);
}

static void big_endian_files_are_swapped(void)
{
    begin();
    torches_item(&pickle, "w", &PLAIN);
    (void)torches_end(&pickle);
    CHECK(convert("m.pt", torch_file("big")) == SR_OK);
    struct sr_bytes bytes = tensor("w", "F32", 2, SIZES);
    CHECK(bytes.len == 24);
    for (size_t i = 0; i < bytes.len; i++) {
        CHECK(bytes.ptr[i] == data[i / 4 * 4 + 3 - i % 4]);
    }
}

static void a_file_that_does_not_pass_is_refused(void)
{
    begin();
    torches_item(&pickle, "w", &(struct torches_tensor){.offset = 1});
    (void)torches_end(&pickle);
    CHECK(convert("m.pt", torch_file("little")) == SR_REFUSED);
    CHECK(strstr(err.message, "its verdict is BLOCK: pickle-tensor-extent at byte ") != NULL);
    CHECK(strstr(err.message, " of m/data.pkl: a tensor needs 28 bytes") != NULL);
    CHECK(sink.written == 0);
    CHECK(convert("m.pt", sr_bytes("what?", 5)) == SR_UNINSPECTED);
    begin();
    torches_item(&pickle, "w", &PLAIN);
    (void)torches_end(&pickle);
    CHECK(convert("m.pt", torch_file("big?")) == SR_UNINSPECTED);
    static const uint8_t SAFETENSORS[] = {2, 0, 0, 0, 0, 0, 0, 0, '{', '}'};
    CHECK(convert("m.safetensors", sr_bytes(SAFETENSORS, 10)) == SR_UNSUPPORTED);
    CHECK(sink.written == 0);
}

static void what_safetensors_cannot_hold_is_refused(void)
{
    static const uint64_t HUGE[] = {1 << 20, 1 << 20};
    static const uint64_t ZERO[] = {0, 0};
    begin();
    (void)torches_end(&pickle);
    zip = (struct zips){0};
    zips_add(&zip, "m/data.pkl", pickle.bytes, pickle.len);
    zips_add(&zip, "m/version", "3\n", 2);
    CHECK(convert("m.pt", zips_end(&zip)) == SR_UNSUPPORTED);
    CHECK(strcmp(err.message, "there are no tensors in it") == 0);
    begin();
    torches_item(&pickle, "w", &(struct torches_tensor){.rank = 2, .sizes = HUGE, .strides = ZERO});
    (void)torches_end(&pickle);
    CHECK(convert("m.pt", torch_file("little")) == SR_TOO_LARGE);
    CHECK(sink.written == 0);
}

/* The elements alone are not what the tensor is. */
static void a_conjugate_view_is_refused(void)
{
    struct torches_tensor tensor = PLAIN;
    tensor.storage = "ComplexFloatStorage";
    tensor.numel = 3;
    tensor.rank = 1;
    tensor.sizes = SIZES + 1;
    tensor.strides = STRIDES + 1;
    begin();
    torches_item(&pickle, "w", &tensor);
    (void)torches_end(&pickle);
    CHECK(convert("m.pt", torch_file("little")) == SR_OK);
    tensor.is_conjugate = true;
    begin();
    torches_item(&pickle, "w", &tensor);
    (void)torches_end(&pickle);
    CHECK(convert("m.pt", torch_file("little")) == SR_UNSUPPORTED);
}

static void a_file_may_be_one_tensor(void)
{
    begin();
    pickle = (struct torches){0};
    torches_proto(&pickle);
    torches_put_tensor(&pickle, &PLAIN);
    torches_op(&pickle, ".");
    CHECK(convert("m.pt", torch_file("little")) == SR_OK);
    CHECK(tensor("tensor", "F32", 2, SIZES).len == 24);
}

/* CV-3 */
static void a_tensor_that_has_no_name_is_refused(void)
{
    begin();
    pickle = (struct torches){0};
    torches_proto(&pickle);
    torches_op(&pickle, "}");
    torches_text(&pickle, "a");
    torches_put_tensor(&pickle, &PLAIN);
    torches_op(&pickle, "\x85s.");
    CHECK(convert("m.pt", torch_file("little")) == SR_UNSUPPORTED);
    CHECK(strcmp(err.message, "tensor 0 of 1 has no name") == 0);
    pickle = (struct torches){0};
    torches_proto(&pickle);
    torches_op(&pickle, "](");
    torches_put_tensor(&pickle, &PLAIN);
    torches_put_tensor(&pickle, &PLAIN);
    torches_op(&pickle, "e.");
    CHECK(convert("m.pt", torch_file("little")) == SR_CONFLICT);
}

static struct sr_bytes npy(const char *header, size_t data_bytes)
{
    static uint8_t file[1024];
    size_t header_len = strlen(header);
    memcpy(file, "\x93NUMPY\1\0", 8);
    file[8] = (uint8_t)header_len;
    file[9] = 0;
    memcpy(file + 10, header, header_len);
    memcpy(file + 10 + header_len, data, data_bytes);
    return sr_bytes(file, 10 + header_len + data_bytes);
}

static void arrays_are_converted(void)
{
    begin();
    CHECK(convert("a.npy", npy("{'descr': '<i2', 'fortran_order': True, 'shape': (2, 3), }\n",
                               12)) == SR_OK);
    struct sr_bytes bytes = tensor("tensor", "I16", 2, SIZES);
    CHECK(bytes.len == 12);
    for (size_t i = 0; i < 6 && bytes.len == 12; i++) {
        CHECK(memcmp(bytes.ptr + 2 * i, data + 2 * (i / 3 + i % 3 * 2), 2) == 0);
    }
    CHECK(convert("a.npy", npy("{'descr': '<U1', 'fortran_order': True, 'shape': (2,), }\n", 8)) ==
          SR_UNSUPPORTED);
    struct sr_bytes member = npy("{'descr': '>f8', 'fortran_order': False, 'shape': (3,), }\n", 24);
    zip = (struct zips){0};
    zips_add(&zip, "sub/x.npy", member.ptr, member.len);
    CHECK(convert("a.npz", zips_end(&zip)) == SR_OK);
    bytes = tensor("sub/x", "F64", 1, SIZES + 1);
    CHECK(bytes.len == 24 && bytes.ptr[0] == data[7] && bytes.ptr[7] == data[0]);
}

static void a_sink_that_fails_is_told(void)
{
    begin();
    torches_item(&pickle, "w", &PLAIN);
    (void)torches_end(&pickle);
    sink.writes_left = 1;
    CHECK(convert("m.pt", torch_file("little")) == SR_IO);
    sink.writes_left = 2;
    CHECK(convert("m.pt", torch_file("little")) == SR_IO);
    CHECK(strcmp(err.message, "tensor 'w': the disk is full") == 0);
    sink.writes_left = 0;
}

int main(void)
{
    RUN(tensors_of_one_storage_become_copies);
    RUN(tensors_take_turns_in_storages);
    RUN(a_storage_without_a_tensor_is_refused);
    RUN(keys_are_joined_and_the_origin_is_noted);
    RUN(big_endian_files_are_swapped);
    RUN(a_file_that_does_not_pass_is_refused);
    RUN(what_safetensors_cannot_hold_is_refused);
    RUN(a_conjugate_view_is_refused);
    RUN(a_file_may_be_one_tensor);
    RUN(a_tensor_that_has_no_name_is_refused);
    RUN(arrays_are_converted);
    RUN(a_sink_that_fails_is_told);
    return check_done();
}
