/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first byte is the depth limit, the rest a text. Checked: the tree is no deeper than allowed,
 * decoding took no more memory than was computed beforehand, what the writer makes of the tree
 * reads as the same tree, and an object split into members says the same as the object read whole.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "formats/json.h"
#include "fuzz/require.h"

/* Reals and negative integers, which the writer does not have, become null. */
static void write_value(struct sr_json_writer *w, struct sr_json_value v, unsigned depth_left);

static void write_object(struct sr_json_writer *w, struct sr_json_value v, unsigned depth_left)
{
    size_t members = 0;
    struct sr_json_iter it = sr_json_iter(v);
    REQUIRE(sr_json_open_object(w) == SR_OK);
    while (sr_json_next(&it)) {
        struct sr_json_value found = v;
        const char *key = (const char *)it.key.ptr;
        REQUIRE(sr_text_is_utf8(it.key));
        REQUIRE(sr_json_find(v, key, &found) && found.node == it.value.node);
        REQUIRE(sr_json_key(w, key) == SR_OK);
        write_value(w, it.value, depth_left - 1);
        members++;
    }
    REQUIRE(members == sr_json_count(v));
    REQUIRE(sr_json_close_object(w) == SR_OK);
}

static void write_array(struct sr_json_writer *w, struct sr_json_value v, unsigned depth_left)
{
    REQUIRE(sr_json_open_array(w) == SR_OK);
    for (size_t i = 0; i < sr_json_count(v); i++) {
        write_value(w, sr_json_at(v, i), depth_left - 1);
    }
    REQUIRE(sr_json_close_array(w) == SR_OK);
}

static void write_integer(struct sr_json_writer *w, int64_t value)
{
    enum sr_status status = value < 0 ? sr_json_put_null(w) : sr_json_put_u64(w, (uint64_t)value);
    REQUIRE(status == SR_OK);
}

static void write_value(struct sr_json_writer *w, struct sr_json_value v, unsigned depth_left)
{
    switch (sr_json_kind(v)) {
    case SR_JSON_OBJECT:
        REQUIRE(depth_left > 0);
        write_object(w, v, depth_left);
        return;
    case SR_JSON_ARRAY:
        REQUIRE(depth_left > 0);
        write_array(w, v, depth_left);
        return;
    case SR_JSON_STRING:
        REQUIRE(sr_json_put_string(w, sr_json_string(v)) == SR_OK);
        return;
    case SR_JSON_INTEGER:
        write_integer(w, sr_json_integer(v));
        return;
    case SR_JSON_BOOL:
        REQUIRE(sr_json_put_bool(w, sr_json_bool(v)) == SR_OK);
        return;
    case SR_JSON_REAL:
    case SR_JSON_NULL:
        REQUIRE(sr_json_put_null(w) == SR_OK);
        return;
    }
    abort();
}

static struct sr_buf *written(const struct sr_json *j, unsigned depth_max, size_t bytes_max)
{
    struct sr_buf *buf = NULL;
    REQUIRE(sr_buf_new(bytes_max, &buf) == SR_OK);
    struct sr_json_writer w = {.out = buf};
    write_value(&w, sr_json_root(j), depth_max);
    return buf;
}

static void check_writer(const struct sr_json *j, unsigned depth_max, size_t bytes_max)
{
    SR_AUTO(sr_buf) once = written(j, depth_max, bytes_max);
    SR_AUTO(sr_json) back = NULL;
    REQUIRE(sr_json_decode(sr_buf_view(once), depth_max, &back, NULL) == SR_OK);
    SR_AUTO(sr_buf) twice = written(back, depth_max, bytes_max);
    REQUIRE(sr_text_equal(sr_buf_view(once), sr_buf_view(twice)));
}

/* Whether text splits into members that decode, and only white space follows; counts them. */
static bool splits(struct sr_bytes text, unsigned depth_max, size_t *out_count)
{
    struct sr_json_members m = {.text = text};
    size_t count = 0;
    for (;; count++) {
        struct sr_json_member member = {0};
        bool found = false;
        SR_AUTO(sr_json) key = NULL;
        SR_AUTO(sr_json) value = NULL;
        if (sr_json_members_next(&m, &found, &member, NULL) != SR_OK) {
            return false;
        }
        if (!found) {
            break;
        }
        if (sr_json_decode(member.key, 0, &key, NULL) != SR_OK ||
            sr_json_decode(member.value, depth_max - 1, &value, NULL) != SR_OK) {
            return false;
        }
        REQUIRE(sr_json_kind(sr_json_root(key)) == SR_JSON_STRING);
        REQUIRE(member.value_offset + member.value.len <= text.len);
    }
    for (size_t i = m.at; i < text.len; i++) {
        if (memchr(" \t\r\n", text.ptr[i], 4) == NULL) {
            return false;
        }
    }
    *out_count = count;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); /* lint: callback */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) /* lint: callback */
{
    if (size == 0) {
        return 0;
    }
    unsigned depth_max = data[0] % 64;
    struct sr_bytes text = sr_bytes(data + 1, size - 1);
    SR_AUTO(sr_json) j = NULL;
    struct sr_err err = {0};
    enum sr_status status = sr_json_decode(text, depth_max, &j, &err);
    REQUIRE((status == SR_OK) == (j != NULL));
    REQUIRE(status == SR_OK || (err.status == status && err.message[0] != '\0'));
    REQUIRE(status != SR_NO_MEMORY);

    size_t count = 0;
    bool is_split = depth_max > 0 && splits(text, depth_max, &count);
    if (j == NULL) {
        /* What is left for the whole to refuse is a key that is there twice. */
        REQUIRE(!is_split || count > 1);
        return 0;
    }
    REQUIRE(sr_json_peak_bytes(j) <= sr_json_cost_bytes(j));
    check_writer(j, depth_max, 6 * size + 100);
    REQUIRE(is_split == (sr_json_kind(sr_json_root(j)) == SR_JSON_OBJECT));
    REQUIRE(!is_split || sr_json_count(sr_json_root(j)) == count);
    return 0;
}
