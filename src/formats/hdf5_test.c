/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that h5py wrote, in the formats of the oldest and the newest library, one for each feature:
 * all their bytes are explained, or the file is refused. Then each is broken.
 */
#include "formats/hdf5.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tests/check.h"
#include "tests/hdf5_repair.h"

#define FILE_BYTES_MAX 65536

struct seen {
    struct sr_bytes file;
    uint64_t claimed;
    unsigned texts[SR_HDF5_TAG + 1];
    unsigned datasets;
    uint64_t bytes;
    uint64_t stored;
    unsigned features[SR_HDF5_FILTER + 1];
    char text[256]; /* of the last feature, or value of an attribute */
    bool is_outside;
};

static void keep(struct seen *s, struct sr_bytes text)
{
    size_t len = text.len < sizeof s->text - 1 ? text.len : sizeof s->text - 1;
    memset(s->text, 0, sizeof s->text);
    memcpy(s->text, text.len > 0 ? text.ptr : (const uint8_t *)"", len);
}

static void on_claim(void *ctx, uint64_t offset, uint64_t len)
{
    struct seen *s = ctx;
    s->claimed += len;
    s->is_outside = s->is_outside || len == 0 || offset > s->file.len || len > s->file.len - offset;
}

static void on_text(void *ctx, const struct sr_hdf5_text *text)
{
    struct seen *s = ctx;
    s->texts[text->kind]++;
    if (text->kind == SR_HDF5_ATTRIBUTE || text->kind == SR_HDF5_COMMENT) {
        keep(s, text->text);
    }
}

static void on_dataset(void *ctx, const struct sr_hdf5_dataset *dataset)
{
    struct seen *s = ctx;
    s->datasets++;
    s->bytes += dataset->bytes;
    s->stored += dataset->stored;
}

static void on_feature(void *ctx, enum sr_hdf5_feature feature, uint64_t offset,
                       struct sr_bytes text)
{
    struct seen *s = ctx;
    s->features[feature]++;
    s->is_outside = s->is_outside || offset > s->file.len;
    keep(s, text);
}

static enum sr_status decode(struct sr_bytes file, struct seen *s, struct sr_err *err)
{
    *s = (struct seen){.file = file};
    struct sr_hdf5_events events = {
        .claim = on_claim, .text = on_text, .dataset = on_dataset, .feature = on_feature, .ctx = s};
    return sr_hdf5_decode(file, &events, err);
}

static uint8_t buffer[FILE_BYTES_MAX];

static struct sr_bytes load(const char *name)
{
    char path[4096];
    const char *root = getenv("STRONGROOM_SOURCE");
    (void)snprintf(path, sizeof path, "%s/fuzz/corpus/hdf5/%s", root != NULL ? root : ".", name);
    FILE *f = fopen(path, "rb");
    CHECK(f != NULL);
    size_t len = f != NULL ? fread(buffer, 1, sizeof buffer, f) : 0;
    if (f != NULL) {
        (void)fclose(f);
    }
    CHECK(len > 0);
    return sr_bytes(buffer, len);
}

/* What each file holds. gap: bytes that nobody claims, which are zero between blocks. */
struct expected {
    const char *name;
    enum sr_status status;
    unsigned links, attributes, datasets;
    uint64_t bytes, stored;
    uint64_t gap;
};

static const struct expected FILES[] = {
    {"earliest_chunked", SR_OK, 1, 0, 1, 512, 648, 0},
    {"earliest_comment", SR_OK, 1, 0, 0, 0, 0, 0},
    {"earliest_deflate", SR_OK, 1, 0, 1, 12800, 320, 0},
    {"earliest_empty", SR_OK, 0, 0, 0, 0, 0, 0},
    {"earliest_extlink", SR_MALFORMED, 1, 0, 0, 0, 0, 0},
    {"earliest_extstorage", SR_OK, 1, 0, 1, 10, 10, 0},
    {"earliest_fill", SR_OK, 1, 0, 1, 40, 0, 0},
    {"earliest_hardlink", SR_OK, 4, 0, 1, 24, 24, 2088},
    {"earliest_keras", SR_OK, 5, 6, 2, 64, 64, 2016},
    {"earliest_lzf", SR_OK, 1, 0, 1, 12800, 272, 0},
    {"earliest_manyattrs", SR_OK, 0, 0, 0, 0, 0, 0},
    {"earliest_modattr", SR_OK, 0, 5, 0, 0, 0, 952},
    {"earliest_resizable", SR_OK, 1, 0, 1, 1280, 1280, 0},
    {"earliest_scaleoff", SR_OK, 1, 0, 1, 6400, 1152, 0},
    {"earliest_softlink", SR_OK, 1, 0, 0, 0, 0, 0},
    {"earliest_types", SR_OK, 13, 0, 13, 141, 141, 1915},
    {"earliest_unwritten", SR_OK, 1, 0, 1, 8796093022208, 0, 0},
    {"earliest_vlen", SR_OK, 3, 0, 3, 70, 70, 104},
    {"latest_chunked", SR_OK, 1, 0, 1, 512, 648, 1467},
    {"latest_comment", SR_OK, 1, 0, 0, 0, 0, 0},
    {"latest_deflate", SR_OK, 1, 0, 1, 12800, 320, 1299},
    {"latest_empty", SR_OK, 0, 0, 0, 0, 0, 0},
    {"latest_extlink", SR_OK, 1, 0, 0, 0, 0, 0},
    {"latest_extstorage", SR_OK, 1, 0, 1, 10, 10, 0},
    {"latest_fill", SR_OK, 1, 0, 1, 40, 0, 0},
    {"latest_hardlink", SR_OK, 4, 0, 1, 24, 24, 1438},
    {"latest_keras", SR_OK, 5, 6, 2, 64, 64, 536},
    {"latest_lzf", SR_OK, 1, 0, 1, 12800, 272, 1299},
    {"latest_manyattrs", SR_OK, 0, 0, 0, 0, 0, 272},
    {"latest_modattr", SR_OK, 0, 5, 0, 0, 0, 1747},
    {"latest_named", SR_OK, 1, 0, 0, 0, 0, 0},
    {"latest_nested", SR_OK, 11, 0, 1, 4, 4, 115},
    {"latest_resizable", SR_UNSUPPORTED, 1, 0, 0, 0, 0, 0},
    {"latest_resizable2", SR_UNSUPPORTED, 1, 0, 0, 0, 0, 0},
    {"latest_scaleoff", SR_OK, 1, 0, 1, 6400, 1152, 1299},
    {"latest_single", SR_OK, 1, 0, 1, 128, 12, 1585},
    {"latest_softlink", SR_OK, 1, 0, 0, 0, 0, 0},
    {"latest_track", SR_OK, 14, 0, 1, 8, 8, 2504},
    {"latest_types", SR_OK, 14, 0, 14, 189, 141, 2237},
    {"latest_unwritten", SR_OK, 1, 0, 1, 8796093022208, 0, 0},
    {"latest_vlen", SR_OK, 3, 0, 3, 70, 70, 1049},
    {"latest_early", SR_OK, 1, 0, 1, 256, 256, 1569},
    {"latest_manylinks", SR_OK, 71, 0, 1, 8, 8, 2847},
    {"latest_tracked", SR_OK, 2, 0, 0, 0, 0, 0},
    {"latest_nestedvlen", SR_UNSUPPORTED, 1, 0, 0, 0, 0, 0},
    {"earliest_nestedvlen", SR_UNSUPPORTED, 1, 0, 0, 0, 0, 0},
    {"userblock", SR_MALFORMED, 0, 0, 0, 0, 0, 0},
    {"virtual", SR_OK, 1, 0, 1, 16, 16, 5665},
};

static void what_h5py_writes_is_explained(void)
{
    for (size_t i = 0; i < sizeof FILES / sizeof FILES[0]; i++) {
        const struct expected *e = &FILES[i];
        struct seen s;
        struct sr_err err = {0};
        struct sr_bytes file = load(e->name);
        enum sr_status status = decode(file, &s, &err);
        bool is_right = status == e->status && s.texts[SR_HDF5_LINK_NAME] == e->links &&
                        s.texts[SR_HDF5_ATTRIBUTE] == e->attributes && s.datasets == e->datasets &&
                        s.bytes == e->bytes && s.stored == e->stored &&
                        (status != SR_OK || s.claimed + e->gap == file.len);
        CHECK(is_right && !s.is_outside);
        if (!is_right) {
            printf("# {\"%s\", SR_%s, %u, %u, %u, %llu, %llu, %lld}, %s\n", e->name,
                   sr_status_info(status)->slug, s.texts[SR_HDF5_LINK_NAME],
                   s.texts[SR_HDF5_ATTRIBUTE], s.datasets, (unsigned long long)s.bytes,
                   (unsigned long long)s.stored, (long long)(file.len - s.claimed), err.message);
        }
    }
}

static void features_are_told(void)
{
    static const struct {
        const char *name;
        enum sr_hdf5_feature feature;
        const char *text;
    } CASES[] = {
        {"earliest_extlink", SR_HDF5_EXTERNAL_LINK, "/etc/passwd"},
        {"latest_extlink", SR_HDF5_EXTERNAL_LINK, "/etc/passwd"},
        {"earliest_softlink", SR_HDF5_SOFT_LINK, "/a"},
        {"latest_softlink", SR_HDF5_SOFT_LINK, "/a"},
        {"earliest_extstorage", SR_HDF5_EXTERNAL_STORAGE, "/etc/passwd"},
        {"latest_extstorage", SR_HDF5_EXTERNAL_STORAGE, "/etc/passwd"},
        {"earliest_lzf", SR_HDF5_FILTER, "lzf"},
        {"latest_lzf", SR_HDF5_FILTER, "lzf"},
        {"latest_scaleoff", SR_HDF5_FILTER, ""},
        {"virtual", SR_HDF5_VIRTUAL, ""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct seen s;
        (void)!decode(load(CASES[i].name), &s, NULL);
        CHECK(s.features[CASES[i].feature] == 1 && strcmp(s.text, CASES[i].text) == 0);
    }
}

static void texts_are_told(void)
{
    struct seen s;
    CHECK(decode(load("earliest_keras"), &s, NULL) == SR_OK);
    CHECK(s.texts[SR_HDF5_ATTRIBUTE_NAME] == 5 && s.texts[SR_HDF5_ATTRIBUTE] == 6);
    CHECK(decode(load("earliest_comment"), &s, NULL) == SR_OK && strcmp(s.text, "hello") == 0);
    CHECK(s.texts[SR_HDF5_COMMENT] == 1);
    CHECK(decode(load("latest_vlen"), &s, NULL) == SR_OK && s.texts[SR_HDF5_DATA] == 6);
    CHECK(decode(load("earliest_types"), &s, NULL) == SR_OK && s.texts[SR_HDF5_TAG] > 2);
}

static void longer_files_are_refused(void)
{
    struct seen s;
    struct sr_err err = {0};
    struct sr_bytes file = load("latest_keras");
    CHECK(decode(sr_bytes(file.ptr, file.len + 1), &s, &err) == SR_MALFORMED);
    CHECK(strstr(err.message, "1 bytes after the end") != NULL);
}

static void shorter_files_are_refused(void)
{
    static const char *const NAMES[] = {"earliest_keras", "latest_keras", "latest_deflate"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        struct sr_bytes file = load(NAMES[i]);
        for (size_t len = 0; len < file.len; len += len < 128 ? 1 : 37) {
            struct seen s;
            enum sr_status status = decode(sr_bytes(file.ptr, len), &s, NULL);
            CHECK(status == SR_TRUNCATED || status == SR_MALFORMED);
            CHECK(!s.is_outside);
        }
    }
}

/* Whatever a byte is changed to: nothing outside the file is told of, and it ends. */
static void single_changes_are_contained(void)
{
    static const char *const NAMES[] = {"earliest_keras",   "latest_keras",     "earliest_deflate",
                                        "latest_deflate",   "latest_manyattrs", "earliest_types",
                                        "latest_manylinks", "latest_types"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        struct sr_bytes file = load(NAMES[i]);
        for (size_t at = 0; at < file.len; at++) {
            struct seen s;
            uint8_t was = buffer[at];
            if (was == 0 && at % 5 != 0) {
                continue; /* most of an old file is zeros */
            }
            buffer[at] = (uint8_t)(was ^ (1u << at % 8));
            (void)!decode(file, &s, NULL);
            CHECK(!s.is_outside);
            buffer[at] = was;
        }
    }
}

/* Changes that break one rule each. `find` is looked for and what follows it is changed. */
struct change {
    const char *name;
    const char *find; /* "" for the beginning of the file */
    size_t find_len;
    size_t at; /* from the beginning of what is found */
    uint8_t to;
    enum sr_status status;
    const char *message; /* a part of it */
};

static const struct change CHANGES[] = {
    {"earliest_keras", "", 0, 0, 0, SR_MALFORMED, "no signature"},
    {"earliest_keras", "", 0, 8, 4, SR_UNSUPPORTED, "version 4"},
    {"earliest_keras", "", 0, 9, 1, SR_UNSUPPORTED, "version of a part"},
    {"earliest_keras", "", 0, 13, 4, SR_UNSUPPORTED, "sizes of 4"},
    {"earliest_keras", "", 0, 16, 0, SR_MALFORMED, "superblock"},
    {"earliest_keras", "", 0, 24, 8, SR_UNSUPPORTED, "base address 8"},
    {"earliest_keras", "", 0, 32, 8, SR_UNSUPPORTED, "free-space"},
    {"earliest_keras", "", 0, 42, 1, SR_TRUNCATED, "it says"},
    {"earliest_keras", "", 0, 40, 0, SR_MALFORMED, "after the end"},
    {"earliest_keras", "", 0, 48, 0, SR_UNSUPPORTED, "driver"},
    {"earliest_keras", "", 0, 56, 1, SR_MALFORMED, "superblock"},
    {"earliest_keras", "", 0, 67, 1, SR_MALFORMED, "past the end"},
    {"earliest_keras", "", 0, 72, 0, SR_OK, ""},
    {"earliest_keras", "", 0, 80, 9, SR_MALFORMED, "another symbol table"},
    {"earliest_keras", "", 0, 96, 2, SR_MALFORMED, "no object header"},
    {"earliest_keras", "", 0, 98, 9, SR_MALFORMED, "messages, not 9"},
    {"earliest_keras", "TREE", 4, 0, 'X', SR_MALFORMED, "no signature 'TREE'"},
    {"earliest_keras", "TREE", 4, 4, 1, SR_MALFORMED, "tree node"},
    {"earliest_keras", "TREE", 4, 5, 1, SR_MALFORMED, "'TREE'"},
    {"earliest_keras", "TREE", 4, 6, 99, SR_MALFORMED, "99 entries"},
    {"earliest_keras", "SNOD", 4, 4, 2, SR_MALFORMED, "symbols at byte"},
    {"earliest_keras", "SNOD", 4, 6, 9, SR_MALFORMED, "9 entries"},
    {"earliest_keras", "SNOD", 4, 9, 9, SR_MALFORMED, "name at"},
    {"earliest_keras", "SNOD", 4, 24, 3, SR_UNSUPPORTED, "cache type 3"},
    {"earliest_keras", "SNOD", 4, 32, 1, SR_MALFORMED, "another symbol table"},
    {"earliest_keras", "HEAP", 4, 4, 1, SR_UNSUPPORTED, "local heap"},
    {"earliest_keras", "HEAP", 4, 8, 4, SR_MALFORMED, "local heap"},
    {"earliest_keras", "HEAP", 4, 11, 1, SR_MALFORMED, "past the end"},
    {"earliest_keras", "HEAP", 4, 17, 1, SR_MALFORMED, "free block"},
    {"earliest_keras", "GCOL", 4, 0, 'X', SR_MALFORMED, "no signature 'GCOL'"},
    {"earliest_keras", "GCOL", 4, 4, 2, SR_MALFORMED, "global heap at byte"},
    {"earliest_keras", "GCOL", 4, 16, 77, SR_MALFORMED, "no object 1"},
    {"earliest_keras", "GCOL", 4, 24, 1, SR_MALFORMED, "global heap: object"},
    {"earliest_keras", "GCOL", 4, 30, 1, SR_MALFORMED, "global heap: object 1"},
    {"earliest_hardlink", "\x08\0\x18\0", 4, 18, 32, SR_MALFORMED, "the shape says"},
    {"earliest_hardlink", "SNOD", 4, 48, 8, SR_MALFORMED, "used twice"},
    {"earliest_comment", "hello", 5, 6, 1, SR_MALFORMED, "message 0x0d"},
    {"earliest_empty", "HEAP", 4, 49, 1, SR_MALFORMED, "free block at"},
    {"latest_keras", "", 0, 11, 1, SR_MALFORMED, "checksum"},
    {"latest_keras", "OHDR", 4, 20, 0x55, SR_MALFORMED, "checksum"},
    {"latest_keras", "OHDR", 4, 4, 3, SR_MALFORMED, "no object header"},
    {"latest_keras", "OHDR", 4, 5, 3, SR_MALFORMED, "bytes"},
    {"latest_keras", "OHDR", 4, 5, 0xff, SR_MALFORMED, "no object header"},
    {"latest_keras", "OCHK", 4, 0, 'X', SR_MALFORMED, "no signature 'OCHK'"},
    {"latest_keras", "OCHK", 4, 9, 9, SR_MALFORMED, "checksum"},
    {"latest_manylinks", "FRHP", 4, 5, 9, SR_MALFORMED, "checksum"},
    {"latest_manylinks", "FHIB", 4, 5, 9, SR_MALFORMED, "checksum"},
    {"latest_manylinks", "FHDB", 4, 5, 9, SR_MALFORMED, "block of the fractal heap"},
    {"latest_manylinks", "BTHD", 4, 5, 9, SR_MALFORMED, "checksum"},
    {"latest_manylinks", "BTIN", 4, 5, 9, SR_MALFORMED, "checksum"},
    {"latest_manylinks", "BTLF", 4, 5, 9, SR_MALFORMED, "checksum"},
    {"latest_manylinks", "FSHD", 4, 5, 9, SR_MALFORMED, "checksum"},
    {"latest_manylinks", "FSSE", 4, 5, 9, SR_MALFORMED, "checksum"},
    {"latest_manylinks", "FHDB", 4, 22, 9, SR_TRUNCATED, "too early"},
    {"latest_manylinks", "FRHP", 4, 7, 1, SR_UNSUPPORTED, "filters or huge"},
    {"latest_manylinks", "FRHP", 4, 110, 3, SR_MALFORMED, "table of the fractal heap"},
    {"latest_manylinks", "FRHP", 4, 128, 60, SR_MALFORMED, "table of the fractal heap"},
    {"latest_manylinks", "FRHP", 4, 132, 9, SR_MALFORMED, "no signature 'FHIB'"},
    {"latest_manylinks", "FRHP", 4, 141, 1, SR_MALFORMED, "rows of the fractal heap"},
    {"latest_manylinks", "BTHD", 4, 5, 6, SR_MALFORMED, "tree at byte"},
    {"latest_manylinks", "BTHD", 4, 12, 3, SR_MALFORMED, "'BTIN'"},
    {"latest_manylinks", "BTHD", 4, 24, 200, SR_MALFORMED, "node of the tree"},
    {"latest_manylinks", "BTHD", 4, 26, 99, SR_MALFORMED, "number of records"},
    {"latest_manylinks", "BTLF", 4, 5, 6, SR_MALFORMED, "node of the tree"},
    {"latest_manylinks", "BTLF", 4, 10, 0x10, SR_UNSUPPORTED, "identifier of"},
    {"latest_manylinks", "BTLF", 4, 10, 0x20, SR_TRUNCATED, "too early"},
    {"latest_manylinks", "BTLF", 4, 14, 9, SR_MALFORMED, "identifier of"},
    {"latest_manylinks", "FSHD", 4, 62, 1, SR_MALFORMED, "list of free space"},
    {"latest_chunked", "FAHD", 4, 6, 9, SR_MALFORMED, "entries of 9"},
    {"latest_chunked", "FAHD", 4, 7, 0, SR_UNSUPPORTED, "in pages"},
    {"latest_chunked", "FAHD", 4, 8, 99, SR_MALFORMED, "99 entries"},
    {"latest_chunked", "FADB", 4, 5, 1, SR_MALFORMED, "array block"},
    {"latest_chunked", "FAHD", 4, 5, 1, SR_MALFORMED, "checksum"},
    {"latest_chunked", "FADB", 4, 5, 1, SR_MALFORMED, "checksum"},
    {"earliest_chunked", "TREE\1", 5, 24, 1, SR_MALFORMED, "chunk at byte"},
    {"earliest_chunked", "TREE\1", 5, 32, 1, SR_MALFORMED, "its place"},
};

static void broken_files_are_refused(void)
{
    for (size_t i = 0; i < sizeof CHANGES / sizeof CHANGES[0]; i++) {
        const struct change *c = &CHANGES[i];
        struct sr_bytes file = load(c->name);
        uint8_t *found = c->find_len == 0 ? buffer : memmem(buffer, file.len, c->find, c->find_len);
        struct seen s;
        struct sr_err err = {0};
        CHECK(found != NULL);
        if (found == NULL) {
            continue;
        }
        found[c->at] = c->to;
        enum sr_status status = decode(file, &s, &err);
        while (strcmp(c->message, "checksum") != 0 && hdf5_repair(buffer, file.len, &err)) {
            err = (struct sr_err){0};
            status = decode(file, &s, &err);
        }
        CHECK(status == c->status && strstr(err.message, c->message) != NULL);
        if (status != c->status || strstr(err.message, c->message) == NULL) {
            printf("# %s %zu: %s %s\n", c->name, i, sr_status_info(status)->slug, err.message);
        }
    }
}

int main(void)
{
    RUN(what_h5py_writes_is_explained);
    RUN(features_are_told);
    RUN(texts_are_told);
    RUN(longer_files_are_refused);
    RUN(shorter_files_are_refused);
    RUN(single_changes_are_contained);
    RUN(broken_files_are_refused);
    return check_done();
}
