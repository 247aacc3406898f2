/* SPDX-License-Identifier: Apache-2.0 */
/*
 * List the files of a version in custody and print the byte sum of one tensor.
 *
 *     cc tensor_sum.c $(pkg-config --cflags --libs strongroom) -o tensor_sum
 *     ./tensor_sum ROOM PASSPHRASE_FILE REF [TENSOR]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <strongroom/strongroom.h>

static int fail(const struct strongroom_error *error)
{
    (void)fprintf(stderr, "tensor_sum: %s\n", error->message);
    return (int)error->status;
}

static int print_sum(const struct strongroom_version *version, const char *name)
{
    struct strongroom_error error = {0};
    struct strongroom_tensor tensor;
    if (strongroom_tensor_find(version, name, &tensor) != STRONGROOM_OK) {
        (void)fprintf(stderr, "tensor_sum: no tensor '%s'\n", name);
        return 1;
    }
    uint8_t *bytes = malloc(tensor.bytes > 0 ? tensor.bytes : 1);
    if (bytes == NULL) {
        return 1;
    }
    if (strongroom_tensor_read(version, &tensor, bytes, &error) != STRONGROOM_OK) {
        free(bytes);
        return fail(&error);
    }
    uint64_t sum = 0;
    for (uint64_t i = 0; i < tensor.bytes; i++) {
        sum += bytes[i];
    }
    free(bytes);
    printf("%s %s %" PRIu64 " bytes, sum %" PRIu64 "\n", tensor.name, tensor.dtype, tensor.bytes,
           sum);
    return 0;
}

int main(int argc, char **argv)
{
    struct strongroom_error error = {0};
    struct strongroom_room *room = NULL;
    struct strongroom_version *version = NULL;
    if (argc < 4) {
        (void)fprintf(stderr, "usage: tensor_sum ROOM PASSPHRASE_FILE REF [TENSOR]\n");
        return 2;
    }
    if (strongroom_room_open(argv[1], argv[2], &room, &error) != STRONGROOM_OK) {
        return fail(&error);
    }
    if (strongroom_version_open(room, argv[3], &version, &error) != STRONGROOM_OK) {
        strongroom_room_close(room);
        return fail(&error);
    }
    for (size_t i = 0; i < strongroom_file_count(version); i++) {
        struct strongroom_file file;
        if (strongroom_file_at(version, i, &file) == STRONGROOM_OK) {
            printf("%s %s %" PRIu64 " bytes, %" PRIu64 " tensors\n", file.path, file.kind,
                   file.bytes, file.tensor_count);
        }
    }
    int result = argc > 4 ? print_sum(version, argv[4]) : 0;
    strongroom_version_close(version);
    strongroom_room_close(room);
    return result;
}
