/* SPDX-License-Identifier: Apache-2.0 */
/* The public numbers are the list's exit codes; the calls refuse what makes no sense. */
#include <strongroom/strongroom.h>

#include <string.h>

#include "base/status.h"
#include "tests/check.h"

static void numbers_are_those_of_the_list(void)
{
    static const struct {
        enum strongroom_status number;
        enum sr_status status;
    } PAIRS[] = {
#define STATUS(name, slug, exit, http, expose, title) {STRONGROOM_##name, SR_##name},
#include "base/status.def"
#undef STATUS
    };
    CHECK(sizeof PAIRS / sizeof PAIRS[0] == SR_STATUS_COUNT);
    for (size_t i = 0; i < sizeof PAIRS / sizeof PAIRS[0]; i++) {
        CHECK((int)PAIRS[i].number == sr_status_info(PAIRS[i].status)->exit_code);
    }
}

static void missing_arguments_are_refused(void)
{
    struct strongroom_room *room = NULL;
    struct strongroom_version *version = NULL;
    struct strongroom_error error = {0};
    CHECK(strongroom_room_open(NULL, "x", &room, &error) == STRONGROOM_USAGE);
    CHECK(error.status == STRONGROOM_USAGE && error.message[0] != '\0');
    CHECK(strongroom_version_open(NULL, "x", &version, &error) == STRONGROOM_USAGE);
    CHECK(room == NULL && version == NULL);
    strongroom_version_close(NULL);
    strongroom_room_close(NULL);
}

static void a_room_that_is_not_there_is_said_so(void)
{
    struct strongroom_room *room = NULL;
    struct strongroom_error error = {0};
    CHECK(strongroom_room_open("/nonexistent/room", "/nonexistent/passphrase", &room, &error) ==
          STRONGROOM_NOT_FOUND);
    CHECK(strstr(error.message, "/nonexistent/") != NULL);
    CHECK(strongroom_room_open("/nonexistent/room", "/nonexistent/passphrase", &room, NULL) ==
          STRONGROOM_NOT_FOUND);
    CHECK(strcmp(strongroom_library_version(), "") != 0);
}

int main(void)
{
    RUN(numbers_are_those_of_the_list);
    RUN(missing_arguments_are_refused);
    RUN(a_room_that_is_not_there_is_said_so);
    return check_done();
}
