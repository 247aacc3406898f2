/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/output_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/folder.h"

/* What sr_folder_write_file() has room for. */
#define NAME_BYTES_MAX 100

static void free_text(char **text)
{
    free(*text);
}

enum sr_status sr_output_file_write(const char *path, struct sr_bytes content, struct sr_err *err)
{
    SR_CLEANUP(free_text) char *folder = strdup(path);
    if (folder == NULL) {
        return sr_fail(err, SR_NO_MEMORY, "no memory for a path");
    }
    char *slash = strrchr(folder, '/');
    const char *name = slash != NULL ? path + (slash - folder) + 1 : path;
    if (name[0] == '\0' || strlen(name) > NAME_BYTES_MAX) {
        return sr_fail(err, name[0] == '\0' ? SR_USAGE : SR_TOO_LARGE,
                       "'%s' is no name for a file here", path);
    }
    if (slash != NULL) {
        slash[slash == folder ? 1 : 0] = '\0';
    }
    SR_AUTO_FD fd = -1;
    SR_TRY(sr_folder_open(AT_FDCWD, slash != NULL ? folder : ".", &fd, err));
    return sr_folder_write_file(fd, name, content, err);
}
