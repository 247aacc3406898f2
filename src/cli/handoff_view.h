/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_CLI_HANDOFF_VIEW_H
#define SR_CLI_HANDOFF_VIEW_H

#include "cli/command.h"
#include "custody/handoff.h"

/* Handing over, as several commands read and show it. */

/* The card in a file. errors  those of sr_input_file() */
enum sr_status sr_handoff_view_card(const char *path, struct sr_buf **out,
                                    struct sr_err *err) SR_MUST_USE;

/*
 * Draw a chain, or print it as JSON: its events and what verifying says.
 * known  as sr_chain_verify(); *out_verdict is what that said
 * errors those of sr_chain_decode() and sr_chain_verify(); TOO_LARGE, NO_MEMORY
 */
enum sr_status sr_handoff_view_chain(struct sr_cli *cli, const struct sr_chain *chain,
                                     const uint8_t *known, size_t known_count,
                                     struct sr_chain_verdict *out_verdict,
                                     struct sr_err *err) SR_MUST_USE;
#define SR_HANDOFF_VIEW_CHAIN_FIELDS                                                               \
    {"state", "string",                                                                            \
     "'empty', 'offered only', 'complete', 'refused', 'returned', 'disposed' or 'broken'"},        \
        {"anchored", "boolean", "whether the first room's card is one that was given"},            \
        {"custodian", "string or null", "of record: the origin of its room"},                      \
        {"reason", "string or null", "why it is broken"},                                          \
        {"at", "integer or null", "the event where it is broken, from 0"},                         \
        {"events", "array", "in order"}, {"events[].verb", "string", "what was done"},             \
        {"events[].event", "integer", "its number in its room"},                                   \
        {"events[].room", "string", "the origin of the room it was done in"},                      \
        {"events[].actor", "string", "who did it, as that room says"},                             \
        {"events[].time", "string", "when, as they say; RFC 3339 in UTC"},                         \
        {"events[].subject", "string", "name and number in that room"},                            \
        {"events[].act", "string", "its digest, hexadecimal"},                                     \
    {                                                                                              \
        "events[].key", "string", "the key of who did it, unverified"                              \
    }

/* An answer: print it, and write its chain to a file. errors  those of sr_output_file_write() */
enum sr_status sr_handoff_view_answer(struct sr_cli *cli,
                                      const struct sr_handoff_answer_result *result,
                                      const struct sr_buf *chain, const char *path,
                                      struct sr_err *err) SR_MUST_USE;
#define SR_HANDOFF_VIEW_ANSWER_FIELDS                                                              \
    {"ref", "string", "the version, 'llama@3'"}, {"handoff", "string", "32 hexadecimal digits"},   \
        {"verb", "string", "what was recorded"},                                                   \
    {                                                                                              \
        "chain", "string or null", "the file with the custody chain"                               \
    }

/*
 * The whole of a command that makes one of the receiver's acts, or the last of a chain: REF is its
 * first argument, option names its text, --out its file. make is sr_handoff_accept() or one of its
 * like.
 */
struct sr_args;
enum sr_status sr_handoff_view_do(struct sr_cli *cli, const struct sr_args *args,
                                  enum sr_status (*make)(struct sr_room *r, const char *ref,
                                                         const char *text, struct sr_buf *chain,
                                                         struct sr_handoff_answer_result *out,
                                                         struct sr_err *err),
                                  const char *option, struct sr_err *err) SR_MUST_USE;

#endif /* SR_CLI_HANDOFF_VIEW_H */
