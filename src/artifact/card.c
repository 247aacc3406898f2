/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/card.h"

#include "artifact/inspection.h"
#include "base/text.h"

/* Where a fact stands: a member of the outermost map, a text or (is_list) a list of texts. */
struct place {
    const char *name;
    enum sr_fact_key key;
    bool is_list;
};

static const struct place CARD[] = {
    {"license", SR_FACT_LICENCE, true},
    {"license_link", SR_FACT_LICENCE_LINK, false},
    {"pipeline_tag", SR_FACT_PIPELINE_TAG, false},
    {"library_name", SR_FACT_LIBRARY, false},
    {"base_model", SR_FACT_BASE_MODEL, true},
    {"base_model_relation", SR_FACT_BASE_MODEL_RELATION, false},
    {"datasets", SR_FACT_DATASET, true},
    {"language", SR_FACT_LANGUAGE, true},
};
static const struct place CONFIG[] = {
    {"architectures", SR_FACT_ARCHITECTURE, true},
    {"model_type", SR_FACT_MODEL_TYPE, false},
};

bool sr_card_is_card(struct sr_bytes path)
{
    return sr_text_equal(path, sr_text_view("README.md"));
}

bool sr_card_is_config(struct sr_bytes path)
{
    return sr_text_equal(path, sr_text_view("config.json"));
}

static const struct place *find_place(const struct sr_card *c, struct sr_bytes key)
{
    const struct place *places = c->is_config ? CONFIG : CARD;
    size_t count = c->is_config ? sizeof CONFIG / sizeof *CONFIG : sizeof CARD / sizeof *CARD;
    for (size_t i = 0; i < count; i++) {
        if (sr_text_equal(key, sr_text_view(places[i].name))) {
            return &places[i];
        }
    }
    return NULL;
}

static void visit_member(struct sr_card *c, const struct sr_event *event)
{
    const struct place *place = find_place(c, event->key);
    c->is_listing = false;
    if (place == NULL) {
        return;
    }
    if (event->kind == SR_EVENT_TEXT) {
        sr_inspection_fact(c->in, place->key, event->text);
    }
    c->is_listing = event->kind == SR_EVENT_LIST && place->is_list;
    c->is_first = true;
    c->key = place->key;
}

void sr_card_visit(void *ctx, const struct sr_event *event)
{
    struct sr_card *c = ctx;
    if (event->depth == 1 && event->has_key) {
        visit_member(c, event);
        return;
    }
    if (!c->is_listing || event->depth != 2 || event->kind != SR_EVENT_TEXT) {
        return;
    }
    /* Of the classes of a configuration, the first is what is loaded. */
    if (c->is_first || !c->is_config) {
        sr_inspection_fact(c->in, c->key, event->text);
    }
    c->is_first = false;
}
