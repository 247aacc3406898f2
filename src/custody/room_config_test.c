/* SPDX-License-Identifier: Apache-2.0 */
/* room.json is read back as it was written, and nothing else is read at all. */
#include "custody/room_config.h"

#include <string.h>

#include "tests/check.h"

static enum sr_status decode(const char *text, struct sr_room_config *out)
{
    struct sr_err err = {0};
    enum sr_status status = sr_room_config_decode(sr_text_view(text), out, &err);
    CHECK((status == SR_OK) == (err.message[0] == '\0'));
    return status;
}

static void encodes_the_frozen_text(void)
{
    SR_AUTO(sr_buf) text = NULL;
    CHECK(sr_buf_new(SR_ROOM_CONFIG_BYTES_MAX, &text) == SR_OK);
    CHECK(sr_room_config_encode(&sr_room_config_default, text) == SR_OK);
    CHECK(sr_text_equal(sr_buf_view(text),
                        sr_text_view("{\"blobs\":\"dir:blobs\",\"catalog\":\"sqlite:catalog.db\","
                                     "\"format\":1,\"keys\":\"file:keys/root.key\"}\n")));
    struct sr_room_config back = {0};
    CHECK(sr_room_config_decode(sr_buf_view(text), &back, NULL) == SR_OK);
    CHECK(strcmp(back.blobs, "dir:blobs") == 0 && strcmp(back.catalog, "sqlite:catalog.db") == 0 &&
          strcmp(back.keys, "file:keys/root.key") == 0);
}

static void refuses_others(void)
{
    struct sr_room_config out = {0};
    static const char *const corrupt[] = {
        "",
        "[]",
        "{}",
        "{\"format\":1}",
        "{\"format\":\"1\",\"blobs\":\"a:b\",\"catalog\":\"a:b\",\"keys\":\"a:b\"}",
        "{\"format\":1,\"blobs\":\"ab\",\"catalog\":\"a:b\",\"keys\":\"a:b\"}",
        "{\"format\":1,\"blobs\":\":b\",\"catalog\":\"a:b\",\"keys\":\"a:b\"}",
        "{\"format\":1,\"blobs\":\"a:\",\"catalog\":\"a:b\",\"keys\":\"a:b\"}",
        "{\"format\":1,\"blobs\":1,\"catalog\":\"a:b\",\"keys\":\"a:b\"}",
        "{\"format\":1,\"blobs\":\"a:b\",\"catalog\":\"a:b\",\"keys\":\"a:b\",\"more\":1}",
        "{\"format\":1,\"blobs\":\"a:b\",\"catalog\":\"a:b\",\"keys\":\"a:b\"} x",
        "{\"format\":1,\"blobs\":\"a:b\",\"blobs\":\"a:b\",\"catalog\":\"a:b\",\"keys\":\"a:b\"}",
    };
    for (size_t i = 0; i < sizeof corrupt / sizeof corrupt[0]; i++) {
        CHECK(decode(corrupt[i], &out) == SR_CORRUPT);
    }
    CHECK(decode("{\"format\":2}", &out) == SR_UNSUPPORTED);
}

static void resolves_places_in_the_room(void)
{
    char out[64];
    CHECK(sr_room_config_resolve("dir:blobs", "/r", out, sizeof out, NULL) == SR_OK);
    CHECK(strcmp(out, "dir:/r/blobs") == 0);
    CHECK(sr_room_config_resolve("dir:/else/where", "/r", out, sizeof out, NULL) == SR_OK);
    CHECK(strcmp(out, "dir:/else/where") == 0);
    CHECK(sr_room_config_resolve("slow:dir:blobs", "/r", out, sizeof out, NULL) == SR_OK);
    CHECK(strcmp(out, "slow:dir:/r/blobs") == 0);
    CHECK(sr_room_config_resolve("dir:../x", "/r", out, sizeof out, NULL) == SR_CORRUPT);
    CHECK(sr_room_config_resolve("dir:/a/..", "/r", out, sizeof out, NULL) == SR_CORRUPT);
    CHECK(sr_room_config_resolve("dir:a..b", "/r", out, sizeof out, NULL) == SR_OK);
    CHECK(sr_room_config_resolve("blobs", "/r", out, sizeof out, NULL) == SR_CORRUPT);
    CHECK(sr_room_config_resolve("dir:blobs", "/r", out, 12, NULL) == SR_TOO_LARGE);
}

int main(void)
{
    RUN(encodes_the_frozen_text);
    RUN(refuses_others);
    RUN(resolves_places_in_the_room);
    return check_done();
}
