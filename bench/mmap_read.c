/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Map a file as model loaders do and read random extents of it: `mmap_read FILE EXTENT_MIB COUNT`.
 * Prints the rate of the first and of the second touch of the same extents, in GB/s.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static double now_s(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* One pass over the extents, reading one word of each cache line; deterministic places. */
static uint64_t touch(const uint8_t *map, size_t bytes, size_t extent, unsigned count)
{
    uint64_t sum = 0;
    uint64_t state = 12345;
    for (unsigned i = 0; i < count; i++) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        size_t at = (size_t)((state >> 20) % ((bytes - extent) / 4096)) * 4096;
        for (size_t j = 0; j < extent; j += 64) {
            sum += *(const uint64_t *)(const void *)(map + at + j);
        }
    }
    return sum;
}

int main(int argc, char **argv)
{
    int fd = argc == 4 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0) {
        (void)fprintf(stderr, "usage: mmap_read FILE EXTENT_MIB COUNT\n");
        return 2;
    }
    size_t bytes = (size_t)st.st_size;
    size_t extent = (size_t)strtoul(argv[2], NULL, 10) << 20;
    unsigned count = (unsigned)strtoul(argv[3], NULL, 10);
    const uint8_t *map = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED || extent == 0 || extent + 4096 > bytes) {
        (void)fprintf(stderr, "mmap_read: cannot map %s\n", argv[1]);
        return 1;
    }
    double moved = (double)extent * count * 1e-9;
    double start = now_s();
    uint64_t first_sum = touch(map, bytes, extent, count);
    double middle = now_s();
    uint64_t second_sum = touch(map, bytes, extent, count);
    double end = now_s();
    printf("%.3f %.3f %llu\n", moved / (middle - start), moved / (end - middle),
           (unsigned long long)first_sum);
    return first_sum == second_sum ? 0 : 1;
}
