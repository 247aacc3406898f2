/* SPDX-License-Identifier: Apache-2.0 */
/* Inspect each file of a folder that hdf5_files.py filled: the verdict is what its name says. */
#include <dirent.h>

#include "tests/findings.h"

#define FILE_BYTES_MAX ((size_t)1 << 20)
#define FILES_MIN 60

static const char *folder;

static bool is_verdict(const char *name, enum sr_verdict verdict)
{
    static const char *const WORDS[] = {"pass-", "review-", "unparsable-", "block-"};
    return strncmp(name, WORDS[verdict], strlen(WORDS[verdict])) == 0;
}

static void inspect_one(const char *name)
{
    static uint8_t data[FILE_BYTES_MAX];
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    CHECK(f != NULL);
    size_t len = f != NULL ? fread(data, 1, sizeof data, f) : 0;
    if (f != NULL) {
        (void)fclose(f);
    }
    struct findings found = findings_of("model.h5", SR_PROFILE_TENSORS, sr_bytes(data, len));
    bool is_right = is_verdict(name, found.verdict);
    CHECK(is_right && (found.verdict != SR_VERDICT_PASS || found.covered == len));
    if (!is_right) {
        printf("# %s: %s, %s\n", name, sr_verdict_name(found.verdict), found.evidence);
    }
}

static void each_file_gets_its_verdict(void)
{
    unsigned files = 0;
    DIR *dir = opendir(folder);
    CHECK(dir != NULL);
    for (const struct dirent *e = dir != NULL ? readdir(dir) : NULL; e != NULL; e = readdir(dir)) {
        if (e->d_name[0] != '.') {
            inspect_one(e->d_name);
            files++;
        }
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    CHECK(files >= FILES_MIN);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        SKIP(each_file_gets_its_verdict, "no h5py; see tools/deps");
        return check_done();
    }
    folder = argv[1];
    RUN(each_file_gets_its_verdict);
    return check_done();
}
