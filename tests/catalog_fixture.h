/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_TESTS_CATALOG_FIXTURE_H
#define SR_TESTS_CATALOG_FIXTURE_H

#include <stdio.h>
#include <string.h>

#include "store/catalog.h"

/* Rows for catalogs in tests. All that is in them follows from a number. */

/* Distinct ids; the number is in the last bytes, so that ids sort as numbers do. */
static inline struct sr_id id(unsigned n)
{
    struct sr_id out = {{0}};
    out.bytes[13] = (uint8_t)(n >> 16);
    out.bytes[14] = (uint8_t)(n >> 8);
    out.bytes[15] = (uint8_t)n;
    return out;
}

static inline struct sr_group group_at(uint64_t epoch)
{
    struct sr_group g = {.id = id(9), .epoch = epoch, .wrapped = {.key_id = id(8), .len = 60}};
    memset(g.wrapped.bytes, (int)('a' + epoch), g.wrapped.len);
    return g;
}

static inline struct sr_act_record act_of(unsigned n, const char *verb)
{
    struct sr_act_record act = {.id = id(n), .time_utc_ms = 1000 + n, .actor = "owner"};
    (void)snprintf(act.verb, sizeof act.verb, "%s", verb);
    act.body = sr_text_view("{\"a\":1}");
    return act;
}

#define FILES 3U

/* A version of FILES files; all its ids follow from base, which is a multiple of 100. */
struct deposit {
    struct sr_catalog_version version;
    struct sr_catalog_file files[FILES];
    struct sr_slot slots[FILES];
};

static inline struct deposit deposit_of(unsigned base, const char *name, uint64_t number)
{
    struct deposit d = {.version = {.id = id(base),
                                    .number = number,
                                    .kind = "base",
                                    .created_utc_ms = 5,
                                    .file_count = FILES,
                                    .source = "/some/where"}};
    (void)snprintf(d.version.name, sizeof d.version.name, "%s", name);
    for (unsigned i = 0; i < FILES; i++) {
        d.files[i] = (struct sr_catalog_file){.object = id(base + 10 + i), .file_index = i};
        (void)snprintf(d.files[i].path, sizeof d.files[i].path, "dir/file-%u", i);
        d.slots[i] = (struct sr_slot){
            .id = id(base + 20 + i),
            .body = {.object = id(base + 10 + i), .version = id(base), .file_index = i},
            .group = id(9),
            .group_epoch = 1};
        memset(d.slots[i].wrapped, (int)(base / 100 + i), sizeof d.slots[i].wrapped);
        memset(d.slots[i].commitment, (int)(base / 100 + i + 1), sizeof d.slots[i].commitment);
    }
    return d;
}

static inline struct sr_body_facts facts_of(unsigned i)
{
    struct sr_body_facts facts = {
        .kind = SR_FILE_GGUF, .plain_bytes = 1000 + i, .tensor_count = i, .body_bytes = 5000 + i};
    memset(facts.sha256, (int)(1 + i), sizeof facts.sha256);
    memset(facts.root, (int)(2 + i), sizeof facts.root);
    memset(facts.body_root, (int)(3 + i), sizeof facts.body_root);
    return facts;
}

static inline enum sr_status reserve(struct sr_catalog *c, struct deposit *d, struct sr_err *err)
{
    return sr_catalog_reserve(c, &d->version, d->files, d->slots, err);
}

static inline enum sr_status seal_all(struct sr_catalog *c, const struct deposit *d)
{
    for (unsigned i = 0; i < FILES; i++) {
        const struct sr_body_facts facts = facts_of(i);
        SR_TRY(sr_catalog_file_sealed(c, &d->version.id, i, &facts, NULL));
    }
    return SR_OK;
}

static const uint8_t DIGEST[SR_SHA256_BYTES] = {0xd1, 0x6e, 0x57};

static inline enum sr_status commit_deposit(struct sr_catalog *c, const struct deposit *d,
                                            unsigned act_id, const struct sr_id *parents,
                                            size_t parent_count, struct sr_err *err)
{
    struct sr_act_record act = act_of(act_id, "deposit");
    return sr_catalog_commit_deposit(c, &d->version.id, DIGEST, parents, parent_count, &act, err);
}

#endif /* SR_TESTS_CATALOG_FIXTURE_H */
