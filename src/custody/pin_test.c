/* SPDX-License-Identifier: Apache-2.0 */
#include "custody/pin.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/folder.h"
#include "tests/check.h"
#include "tests/scratch.h"

static char scratch_dir[] = "/tmp/sr-pin-XXXXXX";

static bool is_private_folder(const char *below)
{
    char path[256];
    struct stat st;
    (void)snprintf(path, sizeof path, "%s/%s", scratch_dir, below);
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode) && (st.st_mode & 0777) == 0700;
}

static void is_made_in_the_state_folder(void)
{
    SR_AUTO_FD fd = -1;
    SR_AUTO_FD again = -1;
    char path[256];
    (void)snprintf(path, sizeof path, "%s/a/b", scratch_dir);
    CHECK(setenv("XDG_STATE_HOME", path, 1) == 0);
    CHECK(sr_pin_folder(&fd, NULL) == SR_OK && is_private_folder("a/b/strongroom"));
    CHECK(sr_pin_folder(&again, NULL) == SR_OK && again != fd);
}

static void is_in_the_home_without_one(void)
{
    SR_AUTO_FD fd = -1;
    CHECK(setenv("XDG_STATE_HOME", "relative/does/not/count", 1) == 0);
    CHECK(setenv("HOME", scratch_dir, 1) == 0);
    CHECK(sr_pin_folder(&fd, NULL) == SR_OK && is_private_folder(".local/state/strongroom"));
}

static void says_what_it_cannot_make(void)
{
    struct sr_err err = {0};
    int fd = -1;
    char path[256];
    (void)snprintf(path, sizeof path, "%s/file", scratch_dir);
    CHECK(symlink("/dev/null", path) == 0);
    CHECK(setenv("XDG_STATE_HOME", path, 1) == 0);
    CHECK(sr_pin_folder(&fd, &err) == SR_IO && fd == -1);
    CHECK(strstr(err.message, path) != NULL);
}

static void is_named_by_the_room(void)
{
    const struct sr_id room = {.bytes = {0xab, 0x01}};
    char name[SR_PIN_NAME_BYTES];
    sr_pin_name(&room, name);
    CHECK(strcmp(name, "ab010000000000000000000000000000.pin") == 0);
}

int main(void)
{
    if (!scratch_make(scratch_dir)) {
        return 1;
    }
    RUN(is_made_in_the_state_folder);
    RUN(is_in_the_home_without_one);
    RUN(says_what_it_cannot_make);
    RUN(is_named_by_the_room);
    scratch_remove(scratch_dir);
    return check_done();
}
