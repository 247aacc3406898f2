/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program for store_crash_test.c to kill: makes a store and a catalog in the directory that its
 * argument names and puts one version of FILES files into custody, going on from whatever an
 * earlier run left. Exits with 0 when all of it is there, with 10 when it failed.
 */
#include <stdlib.h>
#include <unistd.h>

#include "store/blobs.h"
#include "tests/catalog_fixture.h"

static enum sr_status unless(enum sr_status allowed, enum sr_status status)
{
    return status == allowed ? SR_OK : status;
}

static enum sr_status store_body(struct sr_blobs *b, const struct sr_id *object, struct sr_err *err)
{
    SR_AUTO(sr_staged) s = NULL;
    struct sr_sink sink;
    struct sr_source source;
    enum sr_status status = sr_blobs_stage(b, object, &s, err);
    if (status == SR_CONFLICT) {
        return SR_OK; /* published by a run that did not come to say so */
    }
    SR_TRY(status);
    sr_staged_io(s, &sink, &source);
    SR_TRY(sr_staged_reserve(s, 8192, err));
    SR_TRY(sink.write_at(sink.ctx, 4, sr_text_view("body"), err));
    sr_staged_flush_hint(s, 4, 4);
    SR_TRY(sink.write_at(sink.ctx, 0, sr_text_view("some"), err));
    return sr_staged_publish(SR_TAKE(s), 8, err);
}

static enum sr_status store_files(struct sr_catalog *c, struct sr_blobs *b,
                                  const struct sr_id *version, struct sr_err *err)
{
    struct sr_catalog_file *files = NULL;
    size_t count = 0;
    SR_TRY(sr_catalog_files(c, version, &files, &count, err));
    enum sr_status status = SR_OK;
    for (uint32_t i = 0; i < count && status == SR_OK; i++) {
        const struct sr_body_facts facts = facts_of(i);
        if (!files[i].sealed) {
            status = store_body(b, &files[i].object, err);
            if (status == SR_OK) {
                status = sr_catalog_file_sealed(c, version, i, &facts, err);
            }
        }
    }
    free(files);
    return status;
}

static enum sr_status run(const char *blobs_uri, const char *catalog_uri, struct sr_err *err)
{
    SR_AUTO(sr_blobs) b = NULL;
    SR_AUTO(sr_catalog) c = NULL;
    const struct sr_catalog_room room = {.id = id(7)};
    const struct sr_group group = group_at(1);
    const struct sr_act_record act = act_of(1, "init");
    SR_TRY(unless(SR_CONFLICT, sr_blobs_create(blobs_uri, err)));
    SR_TRY(unless(SR_CONFLICT, sr_catalog_create(catalog_uri, &room, &group, &act, err)));
    SR_TRY(sr_blobs_open(blobs_uri, &b, err));
    SR_TRY(sr_catalog_open(catalog_uri, &c, err));

    struct deposit d = deposit_of(100, "a", 1);
    struct sr_catalog_version v = {0};
    enum sr_status status = sr_catalog_version_by_id(c, &d.version.id, &v, NULL);
    if (status == SR_NOT_FOUND) {
        SR_TRY(reserve(c, &d, err));
    } else {
        SR_TRY(status);
    }
    if (v.state == SR_VERSION_SEALED) {
        return SR_OK;
    }
    SR_TRY(store_files(c, b, &d.version.id, err));
    return commit_deposit(c, &d, 2, NULL, 0, err);
}

int main(int argc, char **argv)
{
    char blobs_uri[256];
    char catalog_uri[256];
    struct sr_err err = {0};
    if (argc != 2) {
        return 2;
    }
    (void)snprintf(blobs_uri, sizeof blobs_uri, "dir:%s/blobs", argv[1]);
    (void)snprintf(catalog_uri, sizeof catalog_uri, "sqlite:%s/catalog", argv[1]);
    if (run(blobs_uri, catalog_uri, &err) == SR_OK) {
        return 0;
    }
    (void)fprintf(stderr, "%s\n", err.message);
    return 10;
}
