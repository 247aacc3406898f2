/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_ARTIFACT_CARD_H
#define SR_ARTIFACT_CARD_H

#include "artifact/finding.h"
#include "formats/event.h"

/*
 * What a publisher says of a model: in the settings at the top of its card (README.md) and in its
 * configuration (config.json), both at the artifact's root, as model hubs have them. Reported as
 * facts (sr_inspection_fact()): claims for the lineage, which no verdict depends on.
 * source  docs/formats/lineage.md (LN-6)
 */

struct sr_inspection;

/* Start with in, the rest zero. */
struct sr_card {
    struct sr_inspection *in;
    bool is_config;  /* config.json; else a model card */
    bool is_listing; /* the list that is open has facts of this key */
    bool is_first;   /* and is at its first element */
    enum sr_fact_key key;
};

/* Whether a file says such things; path: in the artifact, hostile. */
bool sr_card_is_card(struct sr_bytes path);
bool sr_card_is_config(struct sr_bytes path);

/* Take in what a walk over the settings meets; ctx is a struct sr_card. */
void sr_card_visit(void *ctx, const struct sr_event *event);

#endif /* SR_ARTIFACT_CARD_H */
