/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_ROOM_IMPL_H
#define SR_CUSTODY_ROOM_IMPL_H

#include "acts/act.h"
#include "custody/room.h"
#include "keys/wrapper.h"
#include "store/blobs.h"

/* The inside of a room, for the other files of custody/ only. */

#define SR_ROOM_URI_BYTES 5120
#define SR_ROOM_LOCK_FILE "lock"
#define SR_ROOM_DEPOSITS "deposits"
#define SR_ROOM_SESSIONS "sessions"
#define SR_ROOM_FINGERPRINT_BYTES 64

struct sr_room {
    char *dir;       /* absolute, without links */
    int dir_fd;      /* on it */
    int deposits_fd; /* on deposits/ */
    char actor[SR_ROOM_ACTOR_BYTES_MAX + 1];
    char keys_uri[SR_ROOM_URI_BYTES];
    struct sr_catalog_room facts;
    struct sr_catalog *catalog;
    struct sr_blobs *blobs;
    struct sr_wrapper *wrapper;     /* NULL: locked */
    struct sr_book *book;           /* book.h; NULL: not opened yet */
    const struct sr_custody_as *as; /* sr_room_act_as() */
};

/* A permit: what was allowed, by which recorded act. */
struct sr_permit {
    const struct sr_room *room;
    enum sr_verb verb;
    struct sr_id version;
    uint8_t digest[SR_SHA256_BYTES]; /* of its manifest */
    uint64_t seq;
    bool has_request;
    uint8_t request[SR_SHA256_BYTES];
    bool is_room; /* the room's own key signed */
    char actor[SR_ACT_ACTOR_BYTES_MAX + 1];
    char fingerprint[SR_ROOM_FINGERPRINT_BYTES]; /* of the key that signed */
};

struct sr_book;
struct sr_custody_as;

/* errors  UNAUTHENTICATED  the room is locked; err says how to unlock it */
enum sr_status sr_room_need_keys(const struct sr_room *r, struct sr_err *err) SR_MUST_USE;

/*
 * The group that new versions get, as the catalog has it now, with its KEK.
 *
 * errors  UNAUTHENTICATED  the room is locked
 *         CONFLICT         the keys were rotated since the room was unlocked
 *         CORRUPT          no such group; also those of sr_group_open()
 */
enum sr_status sr_room_first_group(struct sr_room *r, struct sr_group *out,
                                   struct sr_secret **out_kek, struct sr_err *err) SR_MUST_USE;

/* The data key of a version, from the slot of one of its bodies. errors  as sr_room_open_body() */
enum sr_status sr_room_dek(struct sr_room *r, const struct sr_body_name *body,
                           struct sr_secret **out, struct sr_err *err) SR_MUST_USE;

/* As sr_room_open_body(), without a permit: for what checks and releases nothing. */
enum sr_status sr_room_open_unreleased(struct sr_room *r, const struct sr_id *version,
                                       const struct sr_catalog_file *file, struct sr_pool *pool,
                                       struct sr_room_body **out, struct sr_err *err) SR_MUST_USE;

/* The same under a data key that the caller has (NULL: from the file's slot): a deposit goes on
 * with the one it began with when the room's keys are rotated meanwhile. */
enum sr_status sr_room_open_under(struct sr_room *r, const struct sr_id *version,
                                  const struct sr_catalog_file *file, const struct sr_secret *dek,
                                  struct sr_pool *pool, struct sr_room_body **out,
                                  struct sr_err *err) SR_MUST_USE;

/*
 * Open the holder of the root key and, when a rotation was interrupted, finish or undo what it left
 * there: only the generation that the catalog uses stays. Needs the exclusive lock on the room.
 */
enum sr_status sr_room_open_wrapper(struct sr_room *r, const struct sr_secret *passphrase,
                                    struct sr_wrapper **out, struct sr_err *err) SR_MUST_USE;

#endif /* SR_CUSTODY_ROOM_IMPL_H */
