/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: each tile has one path; bundles come apart into their entries, or are refused. */
#include "formats/tile.h"

#include <string.h>

#include "base/text.h"
#include "tests/check.h"

static void paths_come_back(void)
{
    static const struct {
        const char *path;
        struct sr_tile tile;
    } CASES[] = {
        {"tile/0/000", {.level = 0, .index = 0, .width = 256}},
        {"tile/0/x001/x234/067", {.level = 0, .index = 1234067, .width = 256}},
        {"tile/0/x001/000", {.level = 0, .index = 1000, .width = 256}},
        {"tile/2/000.p/1", {.level = 2, .index = 0, .width = 1}},
        {"tile/7/255.p/255", {.level = 7, .index = 255, .width = 255}},
        {"tile/entries/x273/112.p/112", {.is_entries = true, .index = 273112, .width = 112}},
        {"tile/0/x072/x057/x594/x037/x927/935", {.index = ((uint64_t)1 << 56) - 1, .width = 256}},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct sr_tile t = {0};
        char path[SR_TILE_PATH_BYTES_MAX];
        CHECK(sr_tile_decode(sr_text_view(CASES[i].path), &t, NULL) == SR_OK);
        CHECK(t.is_entries == CASES[i].tile.is_entries && t.level == CASES[i].tile.level);
        CHECK(t.index == CASES[i].tile.index && t.width == CASES[i].tile.width);
        sr_tile_path(&CASES[i].tile, path);
        CHECK(strcmp(path, CASES[i].path) == 0);
    }
}

static void other_paths_are_refused(void)
{
    static const char *const PATHS[] = {
        "",
        "checkpoint",
        "/tile/0/000",
        "tile/0",
        "tile/8/000",                          /* T-1 */
        "tile/00/000",                         /* T-1 */
        "tile/entries",                        /* T-1 */
        "tile/0/0",                            /* T-2 */
        "tile/0/0000",                         /* T-3 */
        "tile/0/x000/001",                     /* T-2 */
        "tile/0/001/000",                      /* T-3 */
        "tile/0/x001",                         /* T-2 */
        "tile/0/x001/0a0",                     /* T-2 */
        "tile/0/x072/x057/x594/x037/x927/936", /* T-2 */
        "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
        "tile/0/000.p/0",   /* T-3 */
        "tile/0/000.p/256", /* T-3 */
        "tile/0/000.p/01",  /* T-3 */
        "tile/0/000.p/",    /* T-3 */
        "tile/0/000/",      /* T-3 */
        "tile/0/../000",    /* T-2 */
    };
    for (size_t i = 0; i < sizeof PATHS / sizeof PATHS[0]; i++) {
        struct sr_tile t;
        struct sr_err err = {0};
        CHECK(sr_tile_decode(sr_text_view(PATHS[i]), &t, &err) == SR_MALFORMED);
        CHECK(err.message[0] != '\0');
    }
}

/* The example of the specification. */
static void seventy_thousand_leaves_have_these_widths(void)
{
    CHECK(sr_tile_partial_width(0, 70000) == 112);
    CHECK(sr_tile_partial_width(1, 70000) == 17);
    CHECK(sr_tile_partial_width(2, 70000) == 1);
    CHECK(sr_tile_partial_width(3, 70000) == 0);
    CHECK(sr_tile_partial_width(0, 256) == 0 && sr_tile_partial_width(1, 256) == 1);
    CHECK(sr_tile_partial_width(7, UINT64_MAX) == 255);
}

static void bundles_come_apart(void)
{
    static uint8_t large[SR_TILE_LEAF_BYTES_MAX + 1];
    SR_AUTO(sr_buf) out = NULL;
    struct sr_bytes entry;
    CHECK(sr_buf_new(SR_TILE_BUNDLE_BYTES_MAX, &out) == SR_OK);
    CHECK(sr_tile_put_entry(sr_text_view("one"), out) == SR_OK);
    CHECK(sr_tile_put_entry(sr_bytes(NULL, 0), out) == SR_OK);
    CHECK(sr_tile_put_entry(sr_bytes(large, sizeof large - 1), out) == SR_OK);
    CHECK(sr_tile_put_entry(sr_bytes(large, sizeof large), out) == SR_TOO_LARGE);
    struct sr_bytes rest = sr_buf_view(out);
    CHECK(rest.len == 5 + 2 + 2 + SR_TILE_LEAF_BYTES_MAX);
    CHECK(sr_tile_next_entry(&rest, &entry) == SR_OK && entry.len == 3);
    CHECK(sr_tile_next_entry(&rest, &entry) == SR_OK && entry.len == 0);
    struct sr_bytes cut = sr_bytes(rest.ptr, rest.len - 1);
    CHECK(sr_tile_next_entry(&cut, &entry) == SR_TRUNCATED && cut.len == rest.len - 1);
    CHECK(sr_tile_next_entry(&rest, &entry) == SR_OK && entry.len == SR_TILE_LEAF_BYTES_MAX);
    CHECK(rest.len == 0 && sr_tile_next_entry(&rest, &entry) == SR_TRUNCATED);
}

int main(void)
{
    RUN(paths_come_back);
    RUN(other_paths_are_refused);
    RUN(seventy_thousand_leaves_have_these_widths);
    RUN(bundles_come_apart);
    return check_done();
}
