/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_STORE_CATALOG_DRIVER_H
#define SR_STORE_CATALOG_DRIVER_H

#include "store/catalog.h"

/*
 * What a driver of the catalog port supplies: one member for each function of store/catalog.h, with
 * that contract. The dispatcher has checked what goes in (sizes, ranges, terminated strings, NULLs)
 * and checks what comes out; a driver checks what it reads from its database, which is hostile.
 *
 * A driver is src/store/catalog_<scheme>.c, exporting one `const struct sr_catalog_driver
 * sr_catalog_<scheme>`, a line in drivers.def, sql/<scheme>/ (its migrations), a fixture in
 * tests/conformance/catalog_test.c and docs/backends/catalog-<scheme>.md. It embeds struct
 * sr_catalog as the first member of its own.
 */
struct sr_catalog_driver {
    const char *scheme;  /* [a-z0-9]+, unique */
    const char *summary; /* one line */

    enum sr_status (*create)(const char *rest, const struct sr_catalog_room *room,
                             const struct sr_group *group, const struct sr_act_record *act,
                             struct sr_err *err);
    enum sr_status (*open)(const char *rest, struct sr_catalog **out, struct sr_err *err);
    void (*close)(struct sr_catalog *c);
    enum sr_status (*room)(struct sr_catalog *c, struct sr_catalog_room *out, struct sr_err *err);

    enum sr_status (*reserve)(struct sr_catalog *c, struct sr_catalog_version *version,
                              const struct sr_catalog_file *files, const struct sr_slot *slots,
                              struct sr_err *err);
    enum sr_status (*file_sealed)(struct sr_catalog *c, const struct sr_id *version,
                                  uint32_t file_index, const struct sr_body_facts *facts,
                                  struct sr_err *err);
    enum sr_status (*put_document)(struct sr_catalog *c, const struct sr_id *version,
                                   const char *name, struct sr_bytes body, struct sr_err *err);
    enum sr_status (*commit_deposit)(struct sr_catalog *c, const struct sr_id *version,
                                     const uint8_t digest[SR_SHA256_BYTES],
                                     const struct sr_id *parents, size_t parent_count,
                                     struct sr_act_record *act, struct sr_err *err);
    enum sr_status (*drop_staged)(struct sr_catalog *c, const struct sr_id *version,
                                  struct sr_err *err);
    enum sr_status (*append_acts)(struct sr_catalog *c, struct sr_act_record *acts, size_t count,
                                  struct sr_err *err);
    enum sr_status (*put_text)(struct sr_catalog *c, const uint8_t digest[SR_SHA256_BYTES],
                               struct sr_bytes body, struct sr_err *err);
    enum sr_status (*rotate)(struct sr_catalog *c, const struct sr_group *groups,
                             size_t group_count,
                             enum sr_status (*rewrap)(void *ctx, struct sr_slot *slot,
                                                      struct sr_err *err),
                             void *ctx, struct sr_act_record *act, struct sr_err *err);

    enum sr_status (*groups)(struct sr_catalog *c, struct sr_group **out, size_t *out_count,
                             struct sr_err *err);
    enum sr_status (*versions)(struct sr_catalog *c, const char *name,
                               struct sr_catalog_version **out, size_t *out_count,
                               struct sr_err *err);
    enum sr_status (*versions_by_digest)(struct sr_catalog *c,
                                         const uint8_t digest[SR_SHA256_BYTES],
                                         struct sr_catalog_version **out, size_t *out_count,
                                         struct sr_err *err);
    enum sr_status (*version_by_id)(struct sr_catalog *c, const struct sr_id *version,
                                    struct sr_catalog_version *out, struct sr_err *err);
    enum sr_status (*files)(struct sr_catalog *c, const struct sr_id *version,
                            struct sr_catalog_file **out, size_t *out_count, struct sr_err *err);
    enum sr_status (*slot)(struct sr_catalog *c, const struct sr_id *object, struct sr_slot *out,
                           struct sr_group *out_group, struct sr_err *err);
    enum sr_status (*parents)(struct sr_catalog *c, const struct sr_id *version, struct sr_id **out,
                              size_t *out_count, struct sr_err *err);
    enum sr_status (*document)(struct sr_catalog *c, const struct sr_id *version, const char *name,
                               struct sr_buf *out, struct sr_err *err);
    enum sr_status (*documents)(struct sr_catalog *c, const struct sr_id *version,
                                struct sr_catalog_document **out, size_t *out_count,
                                struct sr_err *err);
    enum sr_status (*knows_object)(struct sr_catalog *c, const struct sr_id *object, bool *out,
                                   struct sr_err *err);
    enum sr_status (*text)(struct sr_catalog *c, const uint8_t digest[SR_SHA256_BYTES],
                           struct sr_buf *out, struct sr_err *err);
    enum sr_status (*last_act)(struct sr_catalog *c, uint64_t *out_seq, int64_t *out_time_utc_ms,
                               struct sr_err *err);
    enum sr_status (*acts)(struct sr_catalog *c, const struct sr_acts_query *query,
                           enum sr_status (*visit)(void *ctx, const struct sr_act_record *act,
                                                   struct sr_err *err),
                           void *ctx, struct sr_err *err);
    enum sr_status (*deeds)(struct sr_catalog *c, uint64_t after_seq,
                            enum sr_status (*visit)(void *ctx, const struct sr_deed_record *deed,
                                                    struct sr_err *err),
                            void *ctx, struct sr_err *err);
};

#endif /* SR_STORE_CATALOG_DRIVER_H */
