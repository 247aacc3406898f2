/* SPDX-License-Identifier: Apache-2.0 */
/* Run a fuzz target over every file of a folder, without a fuzzer: corpora are regression tests. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An allocation of the exact size lets sanitizers see a read of one byte too many. */
static int replay(const char *path, const char *label, int number)
{
    static uint8_t data[1 << 20];
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        perror(path);
        return 1;
    }
    size_t size = fread(data, 1, sizeof data, f);
    (void)fclose(f);
    uint8_t *exact = malloc(size > 0 ? size : 1);
    if (exact == NULL) {
        return 1;
    }
    memcpy(exact, data, size);
    (void)LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    printf("ok %d - %s\n", number, label);
    return 0;
}

int main(int argc, char **argv)
{
    struct dirent **entries = NULL;
    int count = argc == 2 ? scandir(argv[1], &entries, NULL, alphasort) : -1;
    int replayed = 0;
    int failed = count < 0;
    for (int i = 0; i < count; i++) {
        char path[4096];
        (void)snprintf(path, sizeof path, "%s/%s", argv[1], entries[i]->d_name);
        if (entries[i]->d_name[0] != '.') {
            failed |= replay(path, entries[i]->d_name, ++replayed);
        }
        free(entries[i]);
    }
    free(entries);
    printf("1..%d\n", replayed);
    return failed || replayed == 0; /* an empty corpus tests nothing */
}
