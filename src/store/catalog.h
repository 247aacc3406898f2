/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_STORE_CATALOG_H
#define SR_STORE_CATALOG_H

#include "base/limits.h"
#include "keys/slot.h"
#include "seal/body.h"

/*
 * Port: the catalog, which artifacts, versions, files, slots and acts there are. SQLite now,
 * PostgreSQL later. It is a projection of the acts; custody/ is the only room that writes to it.
 *
 * One function is one business transaction: it begins, does all, commits durably, or does nothing.
 * No transaction stays open across a call. Several processes use one catalog at once; a writer
 * waits a few seconds for another (then BUSY).
 *
 * One thread per opened catalog, and one process: after fork() the child may free it and no more.
 */

#define SR_CATALOG_KIND_BYTES 32
#define SR_CATALOG_ACT_BODY_BYTES_MAX 65536
#define SR_CATALOG_SOURCE_BYTES 4096 /* PATH_MAX, with the NUL */
#define SR_CATALOG_DOCUMENT_NAME_BYTES 64
#define SR_CATALOG_DOCUMENT_BYTES_MAX ((size_t)16 << 20)
#define SR_CATALOG_DOCUMENTS_MAX 16 /* of one version */
#define SR_CATALOG_PARENTS_MAX 1024 /* merges of hundreds of models have been published */

/* A version's life: staged (its bodies are being written; invisible), then sealed (in custody). */
enum sr_version_state { SR_VERSION_STAGED = 0, SR_VERSION_SEALED = 1 };

struct sr_catalog_room {
    struct sr_id id;
    int64_t created_utc_ms;
};

struct sr_catalog_version {
    struct sr_id id;
    char name[SR_LIMIT_NAME_BYTES + 1]; /* of the artifact */
    uint64_t number;                    /* 1, 2, ... within the artifact */
    enum sr_version_state state;
    char kind[SR_CATALOG_KIND_BYTES]; /* base, instruct, adapter, ...: custody/ knows the list */
    uint8_t digest[SR_SHA256_BYTES];  /* of the manifest; all zero while staged */
    int64_t created_utc_ms;
    uint64_t file_count;
    uint64_t plain_bytes;
    char source[SR_CATALOG_SOURCE_BYTES]; /* staged only: the absolute path it is read from */
};

struct sr_catalog_file {
    char path[SR_LIMIT_PATH_BYTES + 1]; /* inside the artifact, '/'-separated, relative */
    struct sr_id object;
    uint32_t file_index; /* 0-based, by byte order of path */
    bool sealed;         /* facts are known and the body is published */
    struct sr_body_facts facts;
};

/* A text about a version: "inspection.json", "lineage.json", "model.sig". */
struct sr_catalog_document {
    char name[SR_CATALOG_DOCUMENT_NAME_BYTES]; /* of a-z, 0-9, '.' and '-' */
};

/* Bytes of an entry of the ledger (acts/entry.h), of the reason in it, of a text. */
#define SR_CATALOG_ENTRY_BYTES_MAX 2048
#define SR_CATALOG_REASON_BYTES 64
#define SR_CATALOG_SALT_BYTES 32
#define SR_CATALOG_TEXT_BYTES_MAX ((size_t)1 << 20)

/* An act that came in, with what its leaf in the ledger is made of. Views are owned by the caller,
 * or by the walk while it visits. */
struct sr_act_record {
    struct sr_id id; /* the first half of the act's digest */
    uint64_t seq;    /* 1, 2, ...: the order in which acts took effect. To append: the one that is
                        expected; 0: whichever comes */
    char verb[32];
    char actor[128];
    int64_t time_utc_ms; /* the room's clock */
    uint8_t nonce[SR_ID_BYTES];
    bool is_refused;
    bool folds; /* the state that decides follows from it */
    bool has_version;
    bool has_request;
    char reason[SR_CATALOG_REASON_BYTES]; /* of a refusal, else "" */
    struct sr_id version;                 /* that it is about, when has_version */
    uint8_t request[SR_SHA256_BYTES];     /* that it is, or names, when has_request */
    uint8_t salt[SR_CATALOG_SALT_BYTES];  /* of its leaf; these three are not read by a walk that */
    struct sr_bytes entry;                /* does not ask for leaves */
    struct sr_bytes body;                 /* the envelope, as it came */
};

/* A record of before acts were signed: a JSON text. */
struct sr_deed_record {
    struct sr_id id;
    uint64_t seq;
    char verb[32];
    char actor[128];
    int64_t time_utc_ms;
    struct sr_bytes body;
};

/* Which acts a walk visits. */
enum sr_acts {
    SR_ACTS_ALL,
    SR_ACTS_THAT_FOLD,
    SR_ACTS_THAT_GOVERN, /* of those, the ones about people, policies and versions themselves */
    SR_ACTS_BY_ACTOR,
    SR_ACTS_BY_VERSION,
    SR_ACTS_BY_REQUEST,
    SR_ACTS_BY_ID,
    SR_ACTS_BY_NONCE /* of those that were not refused */
};
struct sr_acts_query {
    enum sr_acts which;
    uint64_t after_seq;
    const char *actor;      /* BY_ACTOR */
    const struct sr_id *id; /* BY_VERSION: the version's; BY_ID: the act's */
    const uint8_t *nonce;   /* BY_NONCE: SR_ID_BYTES */
    const uint8_t *request; /* BY_REQUEST: SR_SHA256_BYTES */
    bool with_leaves;       /* also salt, entry and body */
};

struct sr_catalog {
    const struct sr_catalog_driver *driver;
};

/*
 * The driver's table has one member for each function below, with the same contract and without
 * the checks; see store/catalog_driver.h.
 *
 * errors of all  BUSY (locked for too long), IO (disk full and EIO included), CORRUPT (the catalog
 *                is damaged or altered), NO_MEMORY
 */

/* Make a catalog with its room, first group and, unless it is NULL, first act, in one transaction.
 * CONFLICT if there is one. */
enum sr_status sr_catalog_create(const char *uri, const struct sr_catalog_room *room,
                                 const struct sr_group *group, const struct sr_act_record *act,
                                 struct sr_err *err) SR_MUST_USE;
/* Open; runs pending migrations, after a backup of the file. NOT_FOUND; USAGE for the uri;
 * UNSUPPORTED for its scheme, and for a catalog that a later version has written. */
enum sr_status sr_catalog_open(const char *uri, struct sr_catalog **out,
                               struct sr_err *err) SR_MUST_USE;
void sr_catalog_free(struct sr_catalog *c);
SR_DEFINE_AUTO(sr_catalog)

enum sr_status sr_catalog_room(struct sr_catalog *c, struct sr_catalog_room *out,
                               struct sr_err *err) SR_MUST_USE;

/*
 * Reserve a version and record everything a resume needs: version (state staged), its files (not
 * sealed) and one slot for each file, in one transaction. number 0 means the next free one, which
 * is stored back.
 *
 * version  file_count is the length of files and slots; digest is ignored
 * errors   CONFLICT  that name and number exists, staged or sealed; err says which
 *          BUSY      the keys were rotated since the slots were made; make them again
 */
enum sr_status sr_catalog_reserve(struct sr_catalog *c, struct sr_catalog_version *version,
                                  const struct sr_catalog_file *files, const struct sr_slot *slots,
                                  struct sr_err *err) SR_MUST_USE;
/* One file's body is published: store its facts. NOT_FOUND; CONFLICT if it is sealed already. */
enum sr_status sr_catalog_file_sealed(struct sr_catalog *c, const struct sr_id *version,
                                      uint32_t file_index, const struct sr_body_facts *facts,
                                      struct sr_err *err) SR_MUST_USE;
/*
 * Keep a document of a staged version, in the place of one of that name. Once the version is in
 * custody, its documents do not change; when it is dropped, they go with it.
 *
 * errors  NOT_FOUND  no such version
 *         CONFLICT   it is in custody already
 *         TOO_LARGE  it has SR_CATALOG_DOCUMENTS_MAX others
 */
enum sr_status sr_catalog_put_document(struct sr_catalog *c, const struct sr_id *version,
                                       const char *name, struct sr_bytes body,
                                       struct sr_err *err) SR_MUST_USE;
/*
 * The act of deposit: state becomes sealed, digest and plain_bytes are set, parents are recorded
 * and the act is appended (act->seq is stored back), in one transaction.
 *
 * errors  NOT_FOUND  no such version, or no such parent
 *         CONFLICT   it is not staged, a file is not sealed, or a parent is not in custody
 */
enum sr_status sr_catalog_commit_deposit(struct sr_catalog *c, const struct sr_id *version,
                                         const uint8_t digest[SR_SHA256_BYTES],
                                         const struct sr_id *parents, size_t parent_count,
                                         struct sr_act_record *act, struct sr_err *err) SR_MUST_USE;
/* Forget a staged version with its files and slots. NOT_FOUND; CONFLICT if it is sealed. */
enum sr_status sr_catalog_drop_staged(struct sr_catalog *c, const struct sr_id *version,
                                      struct sr_err *err) SR_MUST_USE;
/*
 * Append acts that change nothing else here (export, use, read; an enrolment), all or none. Each
 * seq is stored back.
 *
 * errors  CONFLICT  one of that id is there already
 *         BUSY      another act has the seq that was expected (here and wherever an act is
 * appended)
 */
enum sr_status sr_catalog_append_acts(struct sr_catalog *c, struct sr_act_record *acts,
                                      size_t count, struct sr_err *err) SR_MUST_USE;
/* Keep a text under its SHA-256, which the caller has made; nothing to do when it is there. */
enum sr_status sr_catalog_put_text(struct sr_catalog *c, const uint8_t digest[SR_SHA256_BYTES],
                                   struct sr_bytes body, struct sr_err *err) SR_MUST_USE;
/*
 * The act of rotation: replace every group's wrap and every slot, and append the act, in one
 * transaction. rewrap is called for each slot (old in, new out, same body and group, the group's
 * new epoch, an id of its own because the wrap is bound to it) and must not use c.
 *
 * groups  every group there is, each with its next epoch
 * errors  CONFLICT  those are not the groups and epochs that come next: somebody else has rotated
 *         (and what rewrap returns)
 */
enum sr_status
sr_catalog_rotate(struct sr_catalog *c, const struct sr_group *groups, size_t group_count,
                  enum sr_status (*rewrap)(void *ctx, struct sr_slot *slot, struct sr_err *err),
                  void *ctx, struct sr_act_record *act, struct sr_err *err) SR_MUST_USE;

/* Queries. *out is an array the caller frees with free(). */
enum sr_status sr_catalog_groups(struct sr_catalog *c, struct sr_group **out, size_t *out_count,
                                 struct sr_err *err) SR_MUST_USE;
/* name NULL: all artifacts. By name, then number; both states. */
enum sr_status sr_catalog_versions(struct sr_catalog *c, const char *name,
                                   struct sr_catalog_version **out, size_t *out_count,
                                   struct sr_err *err) SR_MUST_USE;
/* Sealed versions with this digest. */
enum sr_status sr_catalog_versions_by_digest(struct sr_catalog *c,
                                             const uint8_t digest[SR_SHA256_BYTES],
                                             struct sr_catalog_version **out, size_t *out_count,
                                             struct sr_err *err) SR_MUST_USE;
/* NOT_FOUND. */
enum sr_status sr_catalog_version_by_id(struct sr_catalog *c, const struct sr_id *version,
                                        struct sr_catalog_version *out,
                                        struct sr_err *err) SR_MUST_USE;
/* Of one version, by file_index. NOT_FOUND: no such version. */
enum sr_status sr_catalog_files(struct sr_catalog *c, const struct sr_id *version,
                                struct sr_catalog_file **out, size_t *out_count,
                                struct sr_err *err) SR_MUST_USE;
/* The slot of one body, and the group whose key wraps it as it was at that moment: read apart, a
 * rotation could come between them. out_group may be NULL. NOT_FOUND. */
enum sr_status sr_catalog_slot(struct sr_catalog *c, const struct sr_id *object,
                               struct sr_slot *out, struct sr_group *out_group,
                               struct sr_err *err) SR_MUST_USE;
/* Ids of the versions this one was made from, in the order they were given. */
enum sr_status sr_catalog_parents(struct sr_catalog *c, const struct sr_id *version,
                                  struct sr_id **out, size_t *out_count,
                                  struct sr_err *err) SR_MUST_USE;
/* Append a document to out. NOT_FOUND: the version has none of that name; TOO_LARGE (out's limit).
 */
enum sr_status sr_catalog_document(struct sr_catalog *c, const struct sr_id *version,
                                   const char *name, struct sr_buf *out,
                                   struct sr_err *err) SR_MUST_USE;
/* The documents of a version, by name; none for a version that is not there. */
enum sr_status sr_catalog_documents(struct sr_catalog *c, const struct sr_id *version,
                                    struct sr_catalog_document **out, size_t *out_count,
                                    struct sr_err *err) SR_MUST_USE;
/* Whether some version, staged or sealed, has a body of this object id. */
enum sr_status sr_catalog_knows_object(struct sr_catalog *c, const struct sr_id *object, bool *out,
                                       struct sr_err *err) SR_MUST_USE;
/* Append a text to out; whether it is what its digest says is for the caller to see. NOT_FOUND;
 * TOO_LARGE (out's limit). */
enum sr_status sr_catalog_text(struct sr_catalog *c, const uint8_t digest[SR_SHA256_BYTES],
                               struct sr_buf *out, struct sr_err *err) SR_MUST_USE;
/* The seq and time of the last act; 0 and 0 when there is none. */
enum sr_status sr_catalog_last_act(struct sr_catalog *c, uint64_t *out_seq,
                                   int64_t *out_time_utc_ms, struct sr_err *err) SR_MUST_USE;
/* Visit acts in order of seq, until visit fails. visit must not use c. */
enum sr_status sr_catalog_acts(struct sr_catalog *c, const struct sr_acts_query *query,
                               enum sr_status (*visit)(void *ctx, const struct sr_act_record *act,
                                                       struct sr_err *err),
                               void *ctx, struct sr_err *err) SR_MUST_USE;
/* The same for the records of before. */
enum sr_status sr_catalog_deeds(struct sr_catalog *c, uint64_t after_seq,
                                enum sr_status (*visit)(void *ctx,
                                                        const struct sr_deed_record *deed,
                                                        struct sr_err *err),
                                void *ctx, struct sr_err *err) SR_MUST_USE;

#endif /* SR_STORE_CATALOG_H */
