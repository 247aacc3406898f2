/* SPDX-License-Identifier: Apache-2.0 */
/*
 * room.json: whatever is accepted is written back to a text that is accepted as the same, and its
 * places resolve to nothing above the room.
 */
#include <stdlib.h>
#include <string.h>

#include "custody/room_config.h"
#include "fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void resolve(const char *uri)
{
    char out[2 * SR_ROOM_CONFIG_URI_BYTES];
    enum sr_status status = sr_room_config_resolve(uri, "/room", out, sizeof out, NULL);
    REQUIRE(status == SR_OK || status == SR_CORRUPT);
    if (status == SR_OK) {
        REQUIRE(strstr(out, "/../") == NULL);
        REQUIRE(strchr(out, '/') != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sr_room_config config;
    struct sr_room_config again;
    SR_AUTO(sr_buf) text = NULL;
    if (sr_room_config_decode(sr_bytes(data, size), &config, NULL) != SR_OK) {
        return 0;
    }
    REQUIRE(sr_buf_new(16384, &text) == SR_OK);
    REQUIRE(sr_room_config_encode(&config, text) == SR_OK);
    REQUIRE(sr_room_config_decode(sr_buf_view(text), &again, NULL) == SR_OK);
    REQUIRE(strcmp(config.blobs, again.blobs) == 0 && strcmp(config.catalog, again.catalog) == 0 &&
            strcmp(config.keys, again.keys) == 0);
    resolve(config.blobs);
    resolve(config.catalog);
    resolve(config.keys);
    return 0;
}
