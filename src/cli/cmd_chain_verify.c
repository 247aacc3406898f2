/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "cli/command.h"
#include "cli/handoff_view.h"
#include "cli/input.h"

extern const struct sr_command sr_command_chain_verify;

#define FILES_MAX 32
#define CARDS_MAX 32

/* Chains of the command line; each is freed. */
struct given {
    struct sr_chain *chain[FILES_MAX];
    size_t count;
    uint8_t known[CARDS_MAX * SR_SHA256_BYTES];
    size_t known_count;
};

static void given_clear(struct given *g)
{
    for (size_t i = 0; i < g->count; i++) {
        sr_chain_free(g->chain[i]);
    }
}

static enum sr_status read_cards(const struct sr_args *args, struct given *g, struct sr_err *err)
{
    size_t count = sr_args_count(args, "card");
    if (count > CARDS_MAX) {
        return sr_fail(err, SR_USAGE, "'--card' is given %zu times; at most %d", count, CARDS_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        SR_AUTO(sr_buf) text = NULL;
        struct sr_room_card card;
        const char *path = sr_args_value_at(args, "card", i);
        SR_TRY(sr_handoff_view_card(path, &text, err));
        enum sr_status status =
            sr_room_card_open(sr_buf_view(text), &card, g->known + i * SR_SHA256_BYTES, err);
        if (status != SR_OK) {
            return sr_context(err, status, "'%s'", path);
        }
        g->known_count++;
    }
    return SR_OK;
}

static enum sr_status read_chains(const struct sr_args *args, struct given *g, struct sr_err *err)
{
    size_t count = sr_args_positional_count(args);
    if (count > FILES_MAX) {
        return sr_fail(err, SR_USAGE, "%zu files; at most %d", count, FILES_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        SR_AUTO(sr_buf) text = NULL;
        const char *path = sr_args_positional(args, i);
        SR_TRY(sr_buf_new(SR_CHAIN_BYTES_MAX, &text));
        SR_TRY(sr_input_file(path, text, err));
        enum sr_status status = sr_chain_decode(sr_buf_view(text), &g->chain[i], err);
        if (status != SR_OK) {
            return sr_context(err, status, "'%s'", path);
        }
        g->count++;
    }
    return SR_OK;
}

static enum sr_status run(struct sr_cli *cli, const struct sr_args *args, struct sr_err *err)
{
    SR_CLEANUP(given_clear) struct given g = {.count = 0};
    SR_AUTO(sr_chain) all = NULL;
    struct sr_chain_verdict verdict;
    SR_TRY(read_cards(args, &g, err));
    SR_TRY(read_chains(args, &g, err));
    SR_TRY(sr_chain_merge((const struct sr_chain *const *)g.chain, g.count, &all, err));
    SR_TRY(sr_handoff_view_chain(cli, all, g.known, g.known_count, &verdict, err));
    cli->has_result = true;
    if (verdict.state == SR_CHAIN_BROKEN) {
        return sr_fail(err, SR_UNTRUSTED, "the custody chain is broken at event %zu: %s",
                       verdict.at, verdict.reason);
    }
    if (g.known_count > 0 && !verdict.is_anchored && verdict.state != SR_CHAIN_EMPTY) {
        return sr_fail(err, SR_UNTRUSTED, "the chain begins in another room than '--card' says");
    }
    return SR_OK;
}

static const struct sr_option OPTIONS[] = {
    {.name = "card",
     .value = "CARD",
     .help = "the card of the room where the chain has to begin; may be given several times",
     .completes = SR_COMPLETES_FILE,
     .is_repeatable = true},
    {.name = NULL},
};
static const struct sr_positional POSITIONALS[] = {
    {.name = "FILE",
     .help = "a custody chain; several of one version are verified together",
     .completes = SR_COMPLETES_FILE,
     .is_repeatable = true},
    {.name = NULL},
};
static const struct sr_example EXAMPLES[] = {
    {"strongroom chain verify llama.chain --card north.card", "without a room, without a network"},
    {"strongroom chain verify north.chain south.chain", "forks that neither shows alone"},
    {.line = NULL},
};
static const enum sr_status STATUSES[] = {
    SR_MALFORMED, SR_TOO_LARGE, SR_NOT_FOUND, SR_UNTRUSTED, SR_UNSUPPORTED, SR_NO_MEMORY, SR_OK,
};
static const struct sr_field FIELDS[] = {
    SR_HANDOFF_VIEW_CHAIN_FIELDS,
    {.name = NULL},
};

const struct sr_command sr_command_chain_verify = {
    .name = "chain verify",
    .group = "Handing over",
    .synopsis = "FILE... [--card CARD]...",
    .summary = "verify a custody chain, offline",
    .description =
        "Every signature by the key of the room whose turn it was, the order, the digests, that "
        "each answer is to its offer, in time, about the same files; and forks, also over several "
        "files. Says 'complete', 'offered only', 'refused', 'returned', 'disposed' or 'broken' and "
        "why.\n\nWithout '--card' it is shown that whoever made the cards in the file made the "
        "chain; whose rooms they are is for you to know.",
    .options = OPTIONS,
    .positionals = POSITIONALS,
    .examples = EXAMPLES,
    .statuses = STATUSES,
    .fields = FIELDS,
    .run = run,
};
