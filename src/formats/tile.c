/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/tile.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/reader.h"
#include "base/text.h"
#include "base/writer.h"

#define INDEX_MAX (((uint64_t)1 << 56) - 1)

static bool take_prefix(struct sr_bytes *rest, const char *prefix)
{
    size_t len = strlen(prefix);
    if (rest->len < len || memcmp(rest->ptr, prefix, len) != 0) {
        return false;
    }
    *rest = sr_bytes(rest->ptr + len, rest->len - len);
    return true;
}

/* Three digits, of which *out = *out * 1000 + them. */
static bool take_group(struct sr_bytes *rest, uint64_t *out)
{
    unsigned value = 0;
    if (rest->len < 3) {
        return false;
    }
    for (size_t i = 0; i < 3; i++) {
        if (rest->ptr[i] < '0' || rest->ptr[i] > '9') {
            return false;
        }
        value = value * 10 + (unsigned)(rest->ptr[i] - '0');
    }
    if (*out > INDEX_MAX / 1000) {
        return false;
    }
    *out = *out * 1000 + value;
    *rest = sr_bytes(rest->ptr + 3, rest->len - 3);
    return *out <= INDEX_MAX;
}

/* Groups of three digits, all but the last with an 'x', the first not 0 if there are several. */
static bool take_index(struct sr_bytes *rest, uint64_t *out)
{
    uint64_t index = 0;
    while (take_prefix(rest, "x")) {
        if (!take_group(rest, &index) || index == 0 || !take_prefix(rest, "/")) {
            return false;
        }
    }
    if (!take_group(rest, &index)) {
        return false;
    }
    *out = index;
    return true;
}

static bool take_level(struct sr_bytes *rest, struct sr_tile *tile)
{
    if (take_prefix(rest, "entries/")) {
        tile->is_entries = true;
        return true;
    }
    if (rest->len < 2 || rest->ptr[0] < '0' || rest->ptr[0] >= '0' + SR_TILE_LEVELS) {
        return false;
    }
    tile->level = (unsigned)(rest->ptr[0] - '0');
    *rest = sr_bytes(rest->ptr + 1, rest->len - 1);
    return take_prefix(rest, "/");
}

enum sr_status sr_tile_decode(struct sr_bytes path, struct sr_tile *out, struct sr_err *err)
{
    struct sr_bytes rest = path;
    struct sr_tile tile = {.width = SR_TILE_WIDTH};
    if (!take_prefix(&rest, "tile/") || !take_level(&rest, &tile)) {
        return sr_fail(err, SR_MALFORMED, "a tile's path does not begin with its level (T-1)");
    }
    if (!take_index(&rest, &tile.index)) {
        return sr_fail(err, SR_MALFORMED, "a tile's path has no proper number (T-2)");
    }
    if (rest.len > 0) {
        uint64_t width = 0;
        if (!take_prefix(&rest, ".p/") ||
            sr_text_parse_u64(rest, 1, SR_TILE_WIDTH - 1, &width) != SR_OK) {
            return sr_fail(err, SR_MALFORMED, "a tile's path has no proper width (T-3)");
        }
        tile.width = (unsigned)width;
    }
    *out = tile;
    return SR_OK;
}

/* The groups of index, each "x123/" but the last, "123"; returns the bytes written. */
static size_t put_index(uint64_t index, char out[SR_TILE_PATH_BYTES_MAX])
{
    unsigned group[8];
    size_t groups = 0;
    size_t len = 0;
    do {
        group[groups++] = (unsigned)(index % 1000);
        index /= 1000;
    } while (index > 0);
    while (groups > 0) {
        groups--;
        len += (size_t)snprintf(out + len, SR_TILE_PATH_BYTES_MAX - len,
                                groups > 0 ? "x%03u/" : "%03u", group[groups]);
    }
    return len;
}

void sr_tile_path(const struct sr_tile *tile, char out[SR_TILE_PATH_BYTES_MAX])
{
    assert(tile->index <= INDEX_MAX && tile->level < SR_TILE_LEVELS);
    assert(tile->width >= 1 && tile->width <= SR_TILE_WIDTH);
    char index[SR_TILE_PATH_BYTES_MAX];
    char level[16] = "entries";
    char width[8] = "";
    (void)put_index(tile->index, index);
    if (!tile->is_entries) {
        (void)snprintf(level, sizeof level, "%u", tile->level);
    }
    if (tile->width < SR_TILE_WIDTH) {
        (void)snprintf(width, sizeof width, ".p/%u", tile->width % SR_TILE_WIDTH);
    }
    (void)snprintf(out, SR_TILE_PATH_BYTES_MAX, "tile/%s/%.40s%s", level, index, width);
}

unsigned sr_tile_partial_width(unsigned level, uint64_t size)
{
    assert(level < SR_TILE_LEVELS);
    return (unsigned)(size >> (8 * level)) % SR_TILE_WIDTH;
}

enum sr_status sr_tile_next_entry(struct sr_bytes *rest, struct sr_bytes *out)
{
    struct sr_reader r = sr_reader(*rest);
    SR_TRY(sr_reader_block_u16be(&r, SR_TILE_LEAF_BYTES_MAX, out));
    *rest = sr_bytes(rest->ptr + r.offset, rest->len - r.offset);
    return SR_OK;
}

enum sr_status sr_tile_put_entry(struct sr_bytes entry, struct sr_buf *out)
{
    return sr_writer_block_u16be(out, entry);
}
