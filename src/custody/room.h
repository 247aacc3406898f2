/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CUSTODY_ROOM_H
#define SR_CUSTODY_ROOM_H

#include "base/secret.h"
#include "base/text.h"
#include "seal/body.h"
#include "store/catalog.h"

/*
 * A room: one folder with its catalog, its sealed bodies and its keys, opened by one actor.
 *
 *     room.json   where the parts are          catalog.db  what is in custody
 *     blobs/      sealed bodies                keys/       the wrapped root key
 *     deposits/   deposits in progress         lock        taken by key rotation
 *
 * A room can be open and locked: the catalog answers, keys do not. Several processes may have one
 * room open at once. One thread at a time per opened room, but bodies that were opened from it may
 * be read by any number of threads, and they stay good until they are freed; free them first.
 * source  docs/formats/room.md (MUSTs R-n)
 */
struct sr_room;
struct sr_permit; /* submit.h */

#define SR_ROOM_ACTOR_BYTES_MAX 127

/* Who a room begins with; all of it may be left out. */
struct sr_room_founding {
    const struct sr_bytes *roster; /* the first people: lines of acts/roster.h */
    size_t roster_count;
    struct sr_bytes policy; /* the text of the policy (docs/policy.md); empty: "local", under which
                               whoever unlocks the room may do everything */
    const char *organisation; /* whose room it is; NULL: not said */
};

/*
 * Make a room in dir, which must be absent or empty (its parent must be there), with actor as its
 * owner. All or nothing: after a crash the same call finishes the job.
 *
 * dir    NUL-terminated path; created with mode 0700
 * actor  who acts: 1..SR_ROOM_ACTOR_BYTES_MAX bytes of UTF-8 without control characters
 * founding  NULL: nobody but the owner
 * errors CONFLICT   there is a room, or something else is in the folder; err says what
 *        BUSY       another process is making this room now
 *        NOT_FOUND  no parent folder
 *        MALFORMED  actor, policy, roster; DENIED  they do not go together; err says how
 *        IO, NO_MEMORY, INTERNAL; those of sr_wrapper_create(), sr_blobs_create() and
 *        sr_catalog_create()
 */
enum sr_status sr_room_create(const char *dir, const char *actor,
                              const struct sr_secret *passphrase,
                              const struct sr_room_founding *founding,
                              struct sr_err *err) SR_MUST_USE;

/*
 * Open a room. With passphrase NULL it is open but locked.
 *
 * actor   as above: who all acts through this room are by
 * errors  NOT_FOUND        no room there; err says what to do
 *         CORRUPT          room.json is not what it must be
 *         UNSUPPORTED      room.json is of a later format
 *         UNAUTHENTICATED  wrong passphrase
 *         MALFORMED        actor
 *         BUSY, IO, NO_MEMORY; those of sr_wrapper_open(), sr_blobs_open(), sr_catalog_open()
 */
enum sr_status sr_room_open(const char *dir, const char *actor, const struct sr_secret *passphrase,
                            struct sr_room **out, struct sr_err *err) SR_MUST_USE;
void sr_room_free(struct sr_room *r);
SR_DEFINE_AUTO(sr_room)

/* Unlock an open room; nothing to do when it is unlocked. errors  as sr_room_open() */
enum sr_status sr_room_unlock(struct sr_room *r, const struct sr_secret *passphrase,
                              struct sr_err *err) SR_MUST_USE;
bool sr_room_is_unlocked(const struct sr_room *r);

/* Who acts: as given to sr_room_open() or, since then, sr_room_act_as(). Valid as long as that. */
const char *sr_room_actor(const struct sr_room *r);
const char *sr_room_dir(const struct sr_room *r);
const struct sr_catalog_room *sr_room_facts(const struct sr_room *r);
/* Bytes that can still be deposited, about; UINT64_MAX if the store cannot tell. errors  IO */
enum sr_status sr_room_free_bytes(struct sr_room *r, uint64_t *out, struct sr_err *err) SR_MUST_USE;

/*
 * A body opened for reading, with what it needs to stay so.
 */
struct sr_room_body;

/*
 * Open one file's body under a permit to release its version's plaintext (sr_custody_do() with
 * EXPORT, READ or USE). What the body says of itself must be what the catalog says.
 *
 * file    of the permit's version, from sr_query_files()
 * pool    lends segment buffers (SR_BODY_SEGMENT_BYTES each); outlives the body
 * errors  UNAUTHENTICATED  the room is locked; err says how to unlock it
 *         DENIED           the permit is for another version, or not to release plaintext
 *         CONFLICT         the keys were rotated since the room was opened; err says so
 *         CORRUPT          body, slot or catalog do not agree; err names the file
 *         NOT_FOUND        the body is missing from the store
 *         UNSUPPORTED, NO_MEMORY, IO, BUSY
 */
enum sr_status sr_room_open_body(struct sr_room *r, const struct sr_permit *permit,
                                 const struct sr_catalog_file *file, struct sr_pool *pool,
                                 struct sr_room_body **out, struct sr_err *err) SR_MUST_USE;
void sr_room_body_free(struct sr_room_body *b);
SR_DEFINE_AUTO(sr_room_body)

/* To read with sr_body_read(); any number of threads. Valid as long as b. */
struct sr_body *sr_room_body_view(const struct sr_room_body *b);

#endif /* SR_CUSTODY_ROOM_H */
