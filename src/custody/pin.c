/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/pin.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/folder.h"

/* The user's state folder. A path that is not absolute does not count (XDG). */
static enum sr_status state_folder(char out[PATH_MAX], struct sr_err *err)
{
    const char *state = secure_getenv("XDG_STATE_HOME");
    const char *home = secure_getenv("HOME");
    char lookup[4096];
    struct passwd entry;
    struct passwd *found = NULL;
    int len = 0;
    if (state != NULL && state[0] == '/') {
        len = snprintf(out, PATH_MAX, "%s/strongroom", state);
    } else {
        if (home == NULL || home[0] != '/') {
            (void)getpwuid_r(geteuid(), &entry, lookup, sizeof lookup, &found);
            home = found == NULL ? NULL : found->pw_dir;
        }
        if (home == NULL || home[0] != '/') {
            return sr_fail(err, SR_IO,
                           "this user has no home for what was signed last; set 'HOME' "
                           "or 'XDG_STATE_HOME'");
        }
        len = snprintf(out, PATH_MAX, "%s/.local/state/strongroom", home);
    }
    return len > 0 && len < PATH_MAX ? SR_OK
                                     : sr_fail(err, SR_TOO_LARGE, "the path of the state folder");
}

/* Make a folder with all above it, mode 0700. */
static enum sr_status make_path(char *path, struct sr_err *err)
{
    for (char *at = path + 1;; at++) {
        bool is_end = *at == '\0';
        if (*at != '/' && !is_end) {
            continue;
        }
        *at = '\0';
        int failed = mkdir(path, 0700);
        int error = errno;
        *at = is_end ? '\0' : '/';
        if (failed != 0 && error != EEXIST) {
            return sr_fail(err, SR_IO, "cannot make '%s': %s", path, strerror(error));
        }
        if (is_end) {
            return SR_OK;
        }
    }
}

enum sr_status sr_pin_folder(int *out_fd, struct sr_err *err)
{
    char path[PATH_MAX];
    SR_TRY(state_folder(path, err));
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        SR_TRY(make_path(path, err));
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    if (fd < 0) {
        return sr_fail(err, SR_IO, "cannot open '%s': %s", path, strerror(errno));
    }
    *out_fd = fd;
    return SR_OK;
}

void sr_pin_name(const struct sr_id *room, char out[SR_PIN_NAME_BYTES])
{
    char hex[SR_ID_TEXT_BYTES];
    sr_text_hex(sr_bytes(room->bytes, SR_ID_BYTES), hex);
    (void)snprintf(out, SR_PIN_NAME_BYTES, "%s.pin", hex);
}
