/* SPDX-License-Identifier: Apache-2.0 */
/*
 * make_body BODY SIZE SEED: seal SIZE made-up bytes under keys and names made from SEED into the
 * file BODY, and print a line of JSON that says all that a decoder needs and must find.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "tests/sealed.h"

static void print_hex(const char *label, const uint8_t *bytes, size_t len)
{
    printf("\"%s\": \"", label);
    for (size_t i = 0; i < len; i++) {
        printf("%02x", bytes[i]);
    }
    printf("\", ");
}

static bool store(const char *path, const struct sealed_memory *m)
{
    FILE *f = fopen(path, "wb");
    if (f == NULL) {
        return false;
    }
    bool is_written = fwrite(m->data, 1, m->bytes, f) == m->bytes;
    return fclose(f) == 0 && is_written;
}

static void print_entry(const char *path, const struct sealed_one *one, const uint8_t *dek)
{
    const char *slash = strrchr(path, '/');
    const struct sr_body_name *name = &one->job.name;
    const bool has_tensor = one->facts.tensor_count > 0;
    printf("{\"body\": \"%s\", \"opens\": true, ", slash == NULL ? path : slash + 1);
    print_hex("dek", dek, 32);
    print_hex("object", name->object.bytes, sizeof name->object.bytes);
    print_hex("version", name->version.bytes, sizeof name->version.bytes);
    print_hex("sha256", one->facts.sha256, SR_SHA256_BYTES);
    print_hex("root", one->facts.root, SR_SHA256_BYTES);
    print_hex("body_root", one->facts.body_root, SR_SHA256_BYTES);
    printf("\"file_index\": %" PRIu32 ", \"kind\": %d, \"plain_bytes\": %" PRIu64
           ", \"tensors\": [%s]}\n",
           name->file_index, (int)one->facts.kind, one->facts.plain_bytes,
           has_tensor ? "{\"name\": \"layers.0.weight\", \"shape\": [2, 4], \"begin\": 16, "
                        "\"end\": 32}"
                      : "");
}

static bool seal(const char *path, uint64_t size, uint64_t seed)
{
    struct sealed_memory plain;
    struct sealed_memory body;
    SR_AUTO(sr_secret) dek = NULL;
    SR_AUTO(sr_tensors) tensors = NULL;
    if (sr_secret_new(32, &dek, NULL) != SR_OK || sr_tensors_new(&tensors) != SR_OK) {
        return false;
    }
    static const uint64_t SHAPE[] = {2, 4};
    const struct sr_tensor tensor = {sr_bytes("layers.0.weight", 15), "BF16", 2, SHAPE, 16, 32};
    if (size >= tensor.end && sr_tensors_add(tensors, &tensor) != SR_OK) {
        return false;
    }
    sealed_fill(sr_secret_bytes(dek), 32, seed);
    sealed_memory_new(&plain, (size_t)size);
    sealed_fill(plain.data, (size_t)size, seed);
    plain.bytes = (size_t)size;
    sealed_memory_new(&body, sealed_capacity((size_t)size));
    struct sealed_one one = {.job = {.name = {.file_index = (uint32_t)seed},
                                     .kind = (enum sr_file_kind)(seed % SR_FILE_KIND_COUNT),
                                     .tensors = tensors,
                                     .source = sealed_memory_source(&plain),
                                     .sink = sealed_memory_sink(&body)}};
    sealed_fill(one.job.name.object.bytes, 16, seed + 1000);
    sealed_fill(one.job.name.version.bytes, 16, seed + 2000);
    struct sr_err err = {0};
    bool is_done = sealed_write(&one, dek, 2, &err) == SR_OK && store(path, &body);
    if (is_done) {
        print_entry(path, &one, sr_secret_view(dek));
    } else {
        (void)fprintf(stderr, "%s\n", err.message);
    }
    sealed_memory_free(&body);
    sealed_memory_free(&plain);
    return is_done;
}

int main(int argc, char **argv)
{
    uint64_t size = 0;
    uint64_t seed = 0;
    if (argc != 4 ||
        sr_text_parse_u64(sr_text_view(argv[2]), 0, (uint64_t)1 << 30, &size) != SR_OK ||
        sr_text_parse_u64(sr_text_view(argv[3]), 0, UINT32_MAX, &seed) != SR_OK) {
        (void)fprintf(stderr, "usage: make_body BODY SIZE SEED\n");
        return 2;
    }
    return seal(argv[1], size, seed) ? 0 : 1;
}
