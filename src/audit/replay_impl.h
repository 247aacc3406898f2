/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_AUDIT_REPLAY_IMPL_H
#define SR_AUDIT_REPLAY_IMPL_H

#include "audit/replay.h"

/* What the files of the replay share. Private to src/audit/replay*.c. */

/* Keys by fingerprint. Filled first, then read by all threads. */
#define SR_REPLAY_KEYS_MAX ((size_t)1 << 16)
struct sr_replay_keys {
    struct sr_act_key **key;
    size_t count;
    size_t room; /* bytes of the array, in elements */
};
void sr_replay_keys_clear(struct sr_replay_keys *k);
/* line is hostile. errors  those of sr_act_key_parse(), TOO_LARGE */
enum sr_status sr_replay_keys_add(struct sr_replay_keys *k, struct sr_bytes line,
                                  struct sr_err *err) SR_MUST_USE;
/* The room's own, from its vkey; out is its fingerprint, which lives as long as k. */
enum sr_status sr_replay_keys_add_room(struct sr_replay_keys *k, const struct sr_vkey *vkey,
                                       const char **out, struct sr_err *err) SR_MUST_USE;
void sr_replay_keys_sort(struct sr_replay_keys *k);
/* NULL: not there. fingerprint is hostile. */
const struct sr_act_key *sr_replay_keys_find(const struct sr_replay_keys *k,
                                             const char *fingerprint);

/* A line, and what could be seen of it without those before it. */
struct sr_replay_line {
    uint64_t number;     /* of the line */
    struct sr_bytes raw; /* the batch's */
    enum sr_status status;
    enum sr_replay_finding finding; /* NONE: nothing is wrong with it alone */
    struct sr_err err;              /* of status or finding */
    struct sr_pack_line line;
    struct sr_entry entry;
    uint8_t leaf[SR_SHA256_BYTES];
    struct sr_envelope *envelope; /* NULL: could not be taken apart */
    const struct sr_act_key *key; /* that signed */
    struct sr_act_proof proof;
};
/* raw and number are set; the rest is all zero. Any number of threads. */
void sr_replay_line_check(struct sr_replay_line *item, const struct sr_replay_keys *keys);
void sr_replay_line_clear(struct sr_replay_line *item);

/* Texts by digest. */
struct sr_replay_texts {
    struct sr_pack_line *slot; /* a hash table; .json is NULL where nothing is */
    size_t slots;              /* a power of two, or 0 */
    size_t count;
    size_t bytes;
};
void sr_replay_texts_clear(struct sr_replay_texts *t);
/* Takes line's memory when it succeeds. errors  TOO_LARGE, NO_MEMORY */
enum sr_status sr_replay_texts_add(struct sr_replay_texts *t, struct sr_pack_line *line,
                                   struct sr_err *err) SR_MUST_USE;
/* false: not there */
bool sr_replay_texts_find(const struct sr_replay_texts *t, const uint8_t digest[SR_SHA256_BYTES],
                          struct sr_bytes *out);

/* Lines handed to threads in batches and taken back in order. */
#define SR_REPLAY_BATCH_LINES 64
#define SR_REPLAY_BATCH_BYTES ((size_t)1 << 18)
struct sr_replay_batch {
    struct sr_buf *bytes;
    size_t count;
    struct sr_replay_line item[SR_REPLAY_BATCH_LINES];
};
struct sr_replay_crew;
/* threads 1: the caller's alone. keys outlives it. errors  NO_MEMORY */
enum sr_status sr_replay_crew_new(unsigned threads, const struct sr_replay_keys *keys,
                                  struct sr_replay_crew **out, struct sr_err *err) SR_MUST_USE;
void sr_replay_crew_free(struct sr_replay_crew *c);
SR_DEFINE_AUTO(sr_replay_crew)
/* An empty batch to fill; NULL: all are on their way. */
struct sr_replay_batch *sr_replay_crew_empty(struct sr_replay_crew *c);
/* Hand over the batch that was got from sr_replay_crew_empty(). */
void sr_replay_crew_put(struct sr_replay_crew *c);
/* The oldest, when it is done, waiting for it; NULL: none is on its way. Valid until
 * sr_replay_crew_drop(), which clears it. */
struct sr_replay_batch *sr_replay_crew_take(struct sr_replay_crew *c);
void sr_replay_crew_drop(struct sr_replay_crew *c);

/* What judges lines, in order. */
struct sr_replay_judge;
enum sr_status sr_replay_judge_new(const struct sr_replay_options *options,
                                   struct sr_replay_report *report, struct sr_replay_judge **out,
                                   struct sr_err *err) SR_MUST_USE;
void sr_replay_judge_free(struct sr_replay_judge *j);
SR_DEFINE_AUTO(sr_replay_judge)
const struct sr_replay_keys *sr_replay_judge_keys(const struct sr_replay_judge *j);
/* No KEY line may come after this. */
void sr_replay_judge_keys_end(struct sr_replay_judge *j);
/* errors  UNTRUSTED  the report has the finding; and all of sr_replay() */
enum sr_status sr_replay_judge_line(struct sr_replay_judge *j, struct sr_replay_line *item,
                                    struct sr_err *err) SR_MUST_USE;
/* After the last line; digest is that of all lines before it. */
enum sr_status sr_replay_judge_end(struct sr_replay_judge *j, const uint8_t digest[SR_SHA256_BYTES],
                                   struct sr_state **out_state, struct sr_err *err) SR_MUST_USE;

#endif /* SR_AUDIT_REPLAY_IMPL_H */
