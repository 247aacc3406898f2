/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast pickles are interpreted: `pickle_bench FILE...`, files from pickle_make.py. Prints the
 * best of five runs in processor time, which other work on the machine disturbs least, and the
 * peak of memory above the file.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/findings.h"

#define RUNS 5

static double now_s(void)
{
    struct timespec t = {0};
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static long peak_kib(void)
{
    struct rusage usage = {0};
    (void)getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static void measure(const char *path, struct sr_bytes bytes)
{
    volatile uint8_t touched = 0;
    for (size_t i = 0; i < bytes.len; i += 4096) {
        touched = bytes.ptr[i]; /* the file is in memory before it counts */
    }
    (void)touched;
    long before = peak_kib();
    double best = 1e9;
    struct findings f = {0};
    for (int run = 0; run < RUNS; run++) {
        double begin = now_s();
        f = findings_of("model.pkl", SR_PROFILE_TENSORS, bytes);
        double taken = now_s() - begin;
        best = taken < best ? taken : best;
    }
    printf("%s: %.1f MB, %s, %.0f MB/s, %ld MiB\n", path, (double)bytes.len / 1e6,
           sr_verdict_name(f.verdict), (double)bytes.len / best / 1e6,
           (peak_kib() - before) / 1024);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct stat st = {0};
        int fd = open(argv[i], O_RDONLY | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &st) != 0) {
            perror(argv[i]);
            return 1;
        }
        void *mapped = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (mapped != MAP_FAILED) {
            measure(argv[i], sr_bytes(mapped, (size_t)st.st_size));
            (void)munmap(mapped, (size_t)st.st_size);
        }
        (void)close(fd);
    }
    return 0;
}
